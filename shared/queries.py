"""A query's parameters, read: what is missing, malformed or yet to come is refused by its name, with an example.

Pages, programs and the command line are read alike; a parameter that says nothing counts as not given.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Final

from shared.contracts.codes import Named
from shared.contracts.days import CIVIL, read_day
from shared.contracts.model import Refused

Said = Mapping[str, str]
"""Parameters by their names."""
_MONTH: Final = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])")
_CONTROL: Final = re.compile("[\u0000-\u001f\u007f-\u009f]")
_DIGITS: Final = 15
"""More than any position has, and few enough for every database."""


class Form(Named):
    """What a parameter should look like, as the sentence goes on before its example."""

    DAY = "day", "日期，例如", "a day, for example"
    MONTH = "month", "月份，例如", "a month, for example"
    MOMENT = "moment", "日期或带时区的时间，例如", "a day or a moment with its offset, for example"
    NUMBER = "number", "非负整数，例如", "a whole number, for example"
    CHOICE = "choice", "以下之一：", "one of"
    CURSOR = "cursor", "上一页给出的 next，例如", "the `next` of the page before, for example"


_EXAMPLES: Final[Mapping[Form, str]] = {
    Form.DAY: "2015-07-31", Form.MONTH: "2015-06", Form.MOMENT: "2015-06-18T09:30:00+08:00", Form.NUMBER: "120",
    Form.CURSOR: "200",
}  # fmt: skip


def malformed(name: str, form: Form, example: str = "") -> Refused:
    """The refusal of a parameter that cannot be read."""
    return Refused("malformed", field=name, form=form, example=example or _EXAMPLES[form])


def needed(said: Said, name: str, example: str) -> str:
    """What cannot be done without; raises `Refused("missing_parameter")`."""
    if not (text := said.get(name)):
        raise Refused("missing_parameter", field=name, example=example)
    return text


def day(said: Said, name: str, usual: date) -> date:
    """A day; raises `Refused`."""
    found = read_day(said[name]) if said.get(name) else usual
    if found is None:
        raise malformed(name, Form.DAY)
    return found


def day_by(said: Said, name: str, today: date) -> date:
    """A day that has come, today where none is given; raises `Refused`."""
    found = day(said, name, today)
    if found > today:
        raise Refused("in_the_future", field=name, day=found.isoformat(), now=today.isoformat())
    return found


def month(said: Said, name: str) -> str | None:
    """A month, YYYY-MM; None where none is given. Raises `Refused`."""
    text = said.get(name) or None
    if text is not None and not _MONTH.fullmatch(text):
        raise malformed(name, Form.MONTH)
    return text


def moment(said: str, name: str) -> datetime:
    """A moment with an offset, or a day: its end, in China's time; raises `Refused`."""
    try:
        if len(said) == 10:
            return datetime.combine(date.fromisoformat(said), time.max, CIVIL)
        found = datetime.fromisoformat(said.replace(" ", "+"))  # a plus sign in an address is read as a space
    except ValueError:
        raise malformed(name, Form.MOMENT) from None
    if found.tzinfo is None:
        raise Refused("offset_required", field=name)
    return found


def position(said: Said, name: str = "position") -> int | None:
    """A position of the log; None where none is given. Raises `Refused`."""
    return whole(said[name], name) if said.get(name) else None


def choice(said: Said, name: str, among: Collection[str], usual: str = "") -> str:
    """One of some codes, the usual one where none is given; raises `Refused`, where there is no usual one for a
    missing one too."""
    text = said.get(name) or usual or needed(said, name, ", ".join(among))
    if text not in among:
        raise malformed(name, Form.CHOICE, ", ".join(among))
    return text


def whole(said: str, name: str) -> int:
    """A whole number; raises `Refused`."""
    if not (said.isascii() and said.isdigit() and len(said) <= _DIGITS):
        raise malformed(name, Form.NUMBER)
    return int(said)


def page_size(said: str | None, usual: int, most: int = 1_000) -> int:
    """How many a page shall hold: not more than `most`; raises `Refused` where it is to hold none."""
    if said is None:
        return usual
    if not (asked := whole(said, "limit")):
        raise Refused("out_of_range", field="limit")
    return min(most, asked)


def visible(said: str, name: str) -> str:
    """A text as it is; raises `Refused` where it holds a control character, which no value does."""
    if _CONTROL.search(said):
        raise Refused("bad_parameter", field=name)
    return said
