"""Papers as PDF 文书打印: set by typst, out of data, in a process of their own; the Chinese font is looked for first.

`press.py` is that process, `typesetting.py` who asks it, `look.typ` how all papers look, `ledger.typ` a printed ledger.
The papers' own templates (`*.typ`) stand beside the pages that they belong to.
"""
