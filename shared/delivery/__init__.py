"""Delivery: the stream wakes, the log speaks.

The relay tails the log and publishes CloudEvents to Redis Streams; a service's subscription reads them and wakes the
service's runner, which reads the log from its own checkpoint. No ledger ever applies what a message says, so Redis
may lose, repeat, reorder, invent or forget messages, and every ledger stays right.

Read in this order: `channels` (keys and names), `cloudevent` (the message), `relay` (log to stream), `broker` and
`subscriber` (stream to runner), `asyncapi` (the document), `embedded` and `watchdog` (a server of our own).
"""
