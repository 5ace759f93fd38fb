"""What scores rest on 依据: rows of the evidence ledgers, as a rulebook sees them at the end of a day."""
