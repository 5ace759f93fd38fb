"""A witness 见证: a small process of somebody else's, which remembers what a log has signed (C2SP tlog-witness).

It has its own key and its own memory, one file for both, and no way to the record's database. It cosigns a checkpoint
only where that is the one before, gone on with; a log that it has caught telling two stories it cosigns never again.
"""
