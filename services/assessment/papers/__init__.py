"""The office's papers as data 文书 (§3.3.6, 3.3.7, 3.4, 6.5): assembled from the ledgers alone.

Nothing is entered for a paper, and nothing that a paper says is kept: the same position of the log and the same
question give the same bytes.
"""
