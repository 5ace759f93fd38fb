"""The speed table, measured against the peer and against the limit, side by side in one run (`make bench`)."""
