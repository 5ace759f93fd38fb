"""Papers as PDF: set, read back, refused."""
