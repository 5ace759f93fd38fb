"""The bundle 核验包: the record, or a part of it, in one file that an auditor checks without this program.

A zip of

    manifest.json            what is in it (`layout.Manifest`), and the SHA-256 of every other file
    manifest.sig             a note over the manifest's SHA-256, signed by the log's key
    events.ndjson            the canonical bytes of one event a line, the first at position `from`
    leaves.bin               their leaf hashes, 32 bytes each: by them an altered event is named by its position
    checkpoints/<size>.txt   signed checkpoints, with the cosignatures of witnesses
    keys/<n>.txt             the rotations of the log's key, in turn
    ledgers/<name>.ndjson    of a whole log: the rows of each ledger as they are served, `[key,row]` a line
    verify.py                the auditor's script

and of what services enclose (`layout.Enclosure`): plans, rulebooks, calendars, scores and `rescore.py`.

A part of a log is proven by the hashes of the subtrees left and right of it: with them and its own events the root over
`size` events is computed, which the newest checkpoint signs. Decision 28 says the rest.
"""
