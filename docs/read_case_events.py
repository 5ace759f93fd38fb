"""Read case events as CloudEvents from the stream, with nothing but redis-py.

    python docs/read_case_events.py [URL [N]]

URL is what `sanguan up` says (by default $SANGUAN_REDIS_URL), N how many to read (by default 10). It reads as a group
of its own: what it has acknowledged is not given to it again, and it takes nothing from others.
"""

import contextlib
import json
import os
import sys

import redis

url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SANGUAN_REDIS_URL", "")
if not url.startswith(("redis:", "rediss:", "unix:")):
    sys.exit(__doc__)
client, stream, group = redis.Redis.from_url(url), "sanguan:events:{0}", "example"
wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 10
with contextlib.suppress(redis.ResponseError):  # it was made before
    client.xgroup_create(stream, group, id="0", mkstream=True)
while wanted > 0:
    for _, entries in client.xreadgroup(group, "me", {stream: ">"}, count=100, block=3_000) or sys.exit("no more"):
        for entry, fields in entries:
            event = json.loads(fields[b"__data__"])
            if wanted > 0 and event["type"].startswith("sanguan.intake.case-"):
                print(event["time"], event["id"], event["type"], event["data"].get("dispute_type", ""))
                wanted -= 1
            client.xack(stream, group, entry)
