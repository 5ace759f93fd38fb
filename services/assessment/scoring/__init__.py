"""Scores 考核结果: measured, published by hand and by schedule, restated with causes, ranked, appealed against."""
