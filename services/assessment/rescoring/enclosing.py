"""What assessment encloses in a bundle: the rules and the scores as files of their own, which people read and scripts
compare with the events, and the script that recomputes the scores."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import select

from services.assessment.rescoring.script import NAME, script
from shared.audit.bundle.layout import Enclosure
from shared.calendar import notices
from shared.contracts.assessment import PlanAdopted, PlanAmended, RulebookAdopted, ScorePublished, ScoreRestated
from shared.contracts.event import Event
from shared.contracts.intake import CalendarAmended
from shared.log.database import reading
from shared.log.tables import events
from shared.storage import Storage

_PAGE: Final = 100
"""Scores that are read at a time: each may be large."""
_RULES: Final[Sequence[type[Event]]] = (PlanAdopted, PlanAmended, RulebookAdopted, CalendarAmended)
"""What scores rest on, whenever it was put in force."""
_SCORES: Final[Sequence[type[Event]]] = (ScorePublished, ScoreRestated)


def enclosures(storage: Storage, log: str, first: int, last: int) -> Iterator[Enclosure]:
    """The files of a bundle from one position to another, one by one.

    Every version of a plan and a rulebook that was put in force by `last`, and all that was entered of the calendar:
    scores rest on them even where that was before `first`. The scores that were published in between. What the State
    Council announced. The script lies in a part of a log as well, and says that it needs the whole.
    """
    yield Enclosure("calendars/state-council.json", _readable(_announced()))
    for position, kind, data in _told(storage, log, _RULES, 0, last):
        yield Enclosure(*_rules(position, kind, data))
    for position, _, data in _told(storage, log, _SCORES, first, last):
        yield Enclosure(f"scores/{position}.json", _readable(data))
    yield Enclosure(NAME, script())


def _rules(position: int, kind: str, data: Mapping[str, Any]) -> tuple[str, bytes]:
    """The file that tells of an event of the rules: of a plan and a rulebook the text itself, so that `sanguan plan
    check` reads it."""
    if kind == CalendarAmended.NAME:
        return f"calendars/amended-{position}.json", _readable(data)
    what = "rulebook" if kind == RulebookAdopted.NAME else "plan"
    return f"{what}s/{_name(data[what]['code'])}-v{data['version']}.json", _readable(data[what])


def _name(code: str) -> str:
    """A code as a file's name begins with it: with a letter, a digit, or a stroke that says that it did not."""
    return code if code[0].isalnum() else f"_{code}"


def _announced() -> Sequence[Mapping[str, Any]]:
    """The State Council's notices, in the order of their days."""
    return [
        {
            "announced_on": notice.announced.on.isoformat(), "document": notice.announced.document,
            "of_year": notice.of_year, "off": [day.isoformat() for day in notice.off],
            "worked": [day.isoformat() for day in notice.worked],
        }
        for notice in notices()
    ]  # fmt: skip


def _told(
    storage: Storage, log: str, kinds: Sequence[type[Event]], first: int, last: int
) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Events of some kinds, by a page at a time: position, stored name and data, as the log holds them."""
    names = [kind.NAME for kind in kinds]
    query = (
        select(events.c.position, events.c.type, events.c.bytes)
        .where(events.c.log == log, events.c.position <= last, events.c.type.in_(names))
        .order_by(events.c.position)
        .limit(_PAGE)
    )
    while first <= last:
        with reading(storage.log_engine, log) as connection:
            page = connection.execute(query.where(events.c.position >= first)).all()
        for row in page:
            yield row.position, row.type, msgspec.json.decode(row.bytes)["data"]
        first = page[-1].position + 1 if len(page) == _PAGE else last + 1


def _readable(value: object) -> bytes:
    """JSON for people, too."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
