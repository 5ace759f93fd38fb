"""The hard rules: what the product must never do to anybody, each with an attempt to make it do so."""
