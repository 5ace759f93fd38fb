"""Read case events as CloudEvents from the stream, with nothing but redis-py: python docs/read_case_events.py URL [N]

A consumer of its own group: what it has acknowledged is not given to it again, and it takes nothing from others.
"""

import json
import sys

import redis

url, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
client, stream, group = redis.Redis.from_url(url), "sanguan:events:{0}", "example"
try:
    client.xgroup_create(stream, group, id="0", mkstream=True)
except redis.ResponseError as error:
    if "BUSYGROUP" not in str(error):
        raise
while wanted > 0:
    for _, entries in client.xreadgroup(group, "me", {stream: ">"}, count=100, block=5_000) or sys.exit("no more"):
        for entry, fields in entries:
            event = json.loads(fields[b"__data__"])
            if wanted > 0 and event["type"].startswith("sanguan.intake.case-"):
                print(event["time"], event["id"], event["type"], event["data"].get("dispute_type", ""))
                wanted -= 1
            client.xack(stream, group, entry)
