"""Every indicator of the default rulebook, recomputed in plain SQL over the record, on seasons that are made up."""
