"""What looks odd about an institution 疑点: raised beside a score, never in it."""
