"""Scores explained 得分说明: which rows made them, which events made the rows, and all of it in words."""
