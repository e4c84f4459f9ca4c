"""What one would write oneself: JSON lines in, CEF lines out, a file in between that is synced for each 64 KB.

spool.py LISTEN_PORT SIEM_PORT FILE
"""

import html
import json
import os
import re
import signal
import socket
import sys

TAG = re.compile(r"<[^>]*>")
BATCH = 64 * 1024


def clean(text):
    if "<" in text or "&" in text:
        text = html.unescape(TAG.sub("", text))
    return escaped(text)


def escaped(text):
    if "=" in text or "\\" in text or "\n" in text:
        text = text.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n")
    return text


def line(record):
    made = record["timestamp"]
    ident = record["_id"]
    seconds, ms = divmod(made, 1000)
    stamp = stamps(seconds)
    device = record.get("device") or {}
    address = device.get("clientIP") or ""
    objects = ",".join(escaped(o.get("name") or "") for o in (record.get("mainInfo") or {}).get("eventObjects") or ())
    label = (record.get("description_metadata") or {}).get("event_category") or record["eventTypeName"]
    user = (record.get("user") or {}).get("userName") or (record.get("failedUserData") or {}).get("userName") or ""
    v4, v6 = ("", address) if ":" in address else (address, "")
    return (
        f"<109>{stamp}.{ms:03}Z bench CEF:0|MCAS|SIEM_Agent|0.207.251|{record['eventTypeName']}|{label}|0|externalId={ident} "
        f"start={made} end={made} msg={clean(record.get('description') or '')} suser={escaped(user)} "
        f"destinationServiceName={escaped(record.get('appName') or '')} dvc={v4} "
        f"requestClientApplication={escaped(device.get('userAgent') or '')} cs1Label=portalURL "
        f"cs1=https://contoso.portal.cloudappsecurity.com/#/audits?activity.id\\=eq({ident},) "
        f"cs2Label=uniqueServiceAppIds cs2=APPID_{record.get('appId')} cs3Label=targetObjects cs3={objects} "
        f'c6a1Label="Device IPv6 Address" c6a1={v6}\n'
    )


def stamps(seconds, known={}):
    if seconds not in known:
        import time

        known.clear()
        known[seconds] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return known[seconds]


def main():
    listen, siem, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    out = socket.create_connection(("127.0.0.1", siem))
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    server = socket.create_server(("127.0.0.1", listen))
    connection, _ = server.accept()
    batch, size = [], 0

    def pass_on():
        data = "".join(batch).encode()
        os.write(file, data)
        os.fdatasync(file)
        out.sendall(data)

    for text in connection.makefile("rb", buffering=1 << 20):
        made = line(json.loads(text))
        batch.append(made)
        size += len(made)
        if size >= BATCH:
            pass_on()
            batch, size = [], 0
    if batch:
        pass_on()
    signal.pause()


main()
