"""Kafka by librdkafka, for tests of what siembox reads: makes hubs, fills them, reads them as another
member of a group, and tells how far a group is.

Standard input is one of these:
{"do": "fill", "port", "hub", "partitions", "messages": [[partition, body]]}, a body that is no text
as a list of its bytes;
{"do": "read", "port", "ca", "user", "password", "token", "hub", "group", "count", "seconds"};
{"do": "count", "port", "ca", "user", "password", "hub", "group", "count"};
{"do": "offsets", "port", "ca", "user", "password", "hub", "group"}.
Standard output of "fill": {"delivered": [count of each partition]}; of "read":
{"messages": [[partition, offset, body]], "errors": [text]}; of "count": {"seconds"}, from the share
to the last of so many messages; of "offsets": {"partitions": [[partition, committed or null, first,
behind the newest]]}.
"""
import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

# Event Hubs takes messages up to 1 MB, librdkafka less unless it is told
MOST_BYTES = 1_200_000


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
    delivered = [0] * asked["partitions"]

    def count(error, message):
        if error is None:
            delivered[message.partition()] += 1

    producer = Producer(
        {
            **servers,
            "queue.buffering.max.messages": 2_000_000,
            "linger.ms": 5,
            "message.max.bytes": MOST_BYTES,
            # a message that is sent again keeps its place
            "max.in.flight.requests.per.connection": 1,
        }
    )
    for partition, body in asked["messages"]:
        value = body if isinstance(body, str) else bytes(body)
        producer.produce(asked["hub"], value=value, partition=partition, on_delivery=count)
        producer.poll(0)
    producer.flush(120)
    print(json.dumps({"delivered": delivered}))


def member(asked):
    """What a member of a group is made with, before the face."""
    settings = {
        "bootstrap.servers": f"127.0.0.1:{asked['port']}",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": asked["ca"],
        "sasl.mechanisms": "OAUTHBEARER" if asked.get("token") else "PLAIN",
        "group.id": asked["group"],
        "client.id": "librdkafka",
    }
    if asked.get("token"):
        settings["oauth_cb"] = lambda _: (asked["token"], time.time() + 3600)
    else:
        settings["sasl.username"] = asked["user"]
        settings["sasl.password"] = asked["password"]
    return settings


def read(asked):
    errors, messages = [], []
    consumer = Consumer(
        {
            **member(asked),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": True,
            "auto.commit.interval.ms": 1000,
            "session.timeout.ms": 10000,
            "error_cb": lambda error: errors.append(str(error)),
        }
    )
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
        body = message.value().decode(errors="replace")
        messages.append([message.partition(), message.offset(), body])
    consumer.close()
    print(json.dumps({"messages": messages, "errors": errors}))


def count(asked):
    began = []
    consumer = Consumer({**member(asked), "auto.offset.reset": "earliest"})
    consumer.subscribe([asked["hub"]], on_assign=lambda *_: began.append(time.monotonic()))
    end = time.time() + 3600
    got = 0
    while got < asked["count"] and time.time() < end:
        got += sum(1 for message in consumer.consume(10_000, 0.2) if not message.error())
    seconds = time.monotonic() - began[0]
    consumer.close()
    assert got >= asked["count"], got
    print(json.dumps({"seconds": seconds}))


def offsets(asked):
    consumer = Consumer(member(asked))
    hub = consumer.list_topics(asked["hub"], timeout=30).topics[asked["hub"]]
    partitions = [TopicPartition(asked["hub"], number) for number in sorted(hub.partitions)]
    told = []
    for of in consumer.committed(partitions, timeout=30):
        first, behind = consumer.get_watermark_offsets(of, timeout=30)
        told.append([of.partition, of.offset if of.offset >= 0 else None, first, behind])
    consumer.close()
    print(json.dumps({"partitions": told}))


asked = json.load(sys.stdin)
{"fill": fill, "read": read, "count": count, "offsets": offsets}[asked["do"]](asked)
