"""Kafka by librdkafka, for tests of what siembox reads: makes hubs, fills them, and reads them as
another member of a group.

Standard input: {"do": "fill", "port", "hub", "partitions", "messages": [[partition, body]]}
or {"do": "read", "port", "ca", "user", "password", "token", "hub", "group", "count", "seconds"}.
Standard output of "read": {"messages": [[partition, offset, body]], "errors": [text]}.
"""
import json
import sys
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic


def fill(asked):
    servers = {"bootstrap.servers": f"127.0.0.1:{asked['port']}"}
    admin = AdminClient(servers)  # whose end would end what it was asked for
    made = admin.create_topics(
        [NewTopic(asked["hub"], num_partitions=asked["partitions"], replication_factor=1)]
    )
    for of in made.values():
        try:
            of.result(30)
        except Exception as error:  # it may be there already
            if "exist" not in str(error).lower():
                raise
    producer = Producer({**servers, "queue.buffering.max.messages": 2_000_000, "linger.ms": 5})
    for partition, body in asked["messages"]:
        producer.produce(asked["hub"], value=body, partition=partition)
        producer.poll(0)
    left = producer.flush(120)
    print(json.dumps({"left": left}))


def read(asked):
    settings = {
        "bootstrap.servers": f"127.0.0.1:{asked['port']}",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": asked["ca"],
        "sasl.mechanisms": "OAUTHBEARER" if asked.get("token") else "PLAIN",
        "group.id": asked["group"],
        "client.id": "librdkafka",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": True,
        "auto.commit.interval.ms": 1000,
        "session.timeout.ms": 10000,
    }
    if asked.get("token"):
        settings["oauth_cb"] = lambda _: (asked["token"], time.time() + 3600)
    else:
        settings["sasl.username"] = asked["user"]
        settings["sasl.password"] = asked["password"]
    errors, messages = [], []
    settings["error_cb"] = lambda error: errors.append(str(error))
    consumer = Consumer(settings)
    consumer.subscribe([asked["hub"]])
    end = time.time() + asked["seconds"]
    while len(messages) < asked["count"] and time.time() < end:
        message = consumer.poll(0.5)
        if message is None:
            if errors and any("AUTHENTICATION" in error.upper() for error in errors):
                break
            continue
        if message.error():
            errors.append(str(message.error()))
            continue
        body = message.value().decode()
        messages.append([message.partition(), message.offset(), body])
    consumer.close()
    print(json.dumps({"messages": messages, "errors": errors}))


asked = json.load(sys.stdin)
{"fill": fill, "read": read}[asked["do"]](asked)
