"""Scores checked by strangers 复算 (§3.3.5): what assessment puts into a bundle, and the script that recomputes every
published score from it.

    rescore.py      the script, without its statements: read it from the top
    sql/            its statements: the record, what never took place, the calendar, communities, cases, entries, what
                    is due, the tables of evidence, and how members are added up
    script.py       puts the two together into the one file that goes into a bundle
    enclosing.py    that file, and the plans, rulebooks, calendars and scores beside it

The script is written from `docs/rulebook.md` and shares no line with the program, so that one checks the other:
`tests/recomputed/` holds them against each other, row by row. Decision 29 says why it is so.
"""

from services.assessment.rescoring.enclosing import enclosures

__all__ = ["enclosures"]
