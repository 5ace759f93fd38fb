"""By what is scored 方案与考核办法: plans, rulebooks, their versions, periods, and the language of their conditions."""
