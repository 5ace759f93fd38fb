"""In which language a page speaks, and how it says things: texts, codes, days, shares, and what an event tells.

Texts are plain pairs (Chinese, English), as refusals and codes are: one table per part of the site (`texts.py`), read
by people, checked by mypy and by a test that every text is used. gettext's catalogues were left out on purpose: a
compiled .mo beside the source is a second truth, and a missing English line would fall back in silence; a pair cannot
be half there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from starlette.requests import Request

from shared.contracts.access import AccessAnchored
from shared.contracts.codes import Named
from shared.contracts.days import CIVIL
from shared.contracts.event import Recorded
from shared.contracts.personal import SEALED_MARK
from shared.web.columns import COLUMNS
from shared.web.exports import MASK

Language = Literal["zh", "en"]
Pair = tuple[str, str]
"""Chinese, English."""
LANGUAGE_COOKIE: Final = "sanguan_lang"
_MADE_ID: Final = re.compile("[0-9a-f]{20}")
_LOCALES: Final = {"zh": "zh_Hans_CN", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Said:
    """What an event tells people: its title, and a sentence that may quote the event's fields as `{field}`.

    `{given}` lists the fields that are not None, `reason` left out.
    """

    title: Pair
    sentence: Pair


RECORD: Final[Mapping[str, Said]] = {
    AccessAnchored.NAME: Said(
        ("查阅日志存证", "Log of readings anchored"),
        (
            "截至{day}，查阅日志共{size}条，其树根已存证。",
            "By {day} it held {size} readings; the tree's root is made fast here.",
        ),
    ),
}
"""Words for the record's own events, which belong to no service."""


def language_of(request: Request) -> Language:
    """`?lang=` goes before the cookie, the cookie before Accept-Language; Chinese where nobody says."""
    for said in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if said in ("zh", "en"):
            return "zh" if said == "zh" else "en"
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> Language:
    """The first of our languages in the order of the browser's weights."""
    weighed: list[tuple[float, Language]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        found: Language | None = (
            "zh" if tag.lower().startswith("zh") else "en" if tag.lower().startswith("en") else None
        )
        if found and re.fullmatch(r"(?:0(?:\.\d{1,3})?|1(?:\.0{1,3})?)?", weight):
            weighed.append((-float(weight or 1), found))
    return min(weighed, key=lambda one: one[0])[1] if weighed else "zh"


def _short(text: str) -> str:
    """An id that the product made is told by its beginning; it stands in full among what was recorded."""
    return text[:8] if _MADE_ID.fullmatch(text) else text


class Words:
    """One page's language. Called with a text's key, it says the text."""

    def __init__(self, language: Language, texts: Mapping[str, Pair], events: Mapping[str, Said]) -> None:
        self.language: Language = language
        self._texts, self._events = texts, events
        self._side, self._locale = (0 if language == "zh" else 1), _LOCALES[language]

    def __call__(self, key: str, **known: object) -> str:
        """The text of a key; raises `KeyError` where there is none, so that no page shows a key."""
        text = self._texts[key][self._side]
        return text.format(**{name: self.shown(value) for name, value in known.items()}) if known else text

    def pick(self, zh: str, en: str) -> str:
        """Of two names that data carry, the one in this language."""
        return zh if self.language == "zh" else en

    def shown(self, value: Any, names: Mapping[str, str] | None = None) -> str:
        """A value of an event or a row as people read it; what is sealed is masked. `names` tells codes' names."""
        match value:
            case None:
                return self("none")
            case bool():
                return self("yes" if value else "no")
            case Named():
                return self.pick(value.zh, value.en)
            case int():
                return self.number(value)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case tuple() | list():
                return self("comma").join(self.shown(one, names) for one in value) or self("none")
            case str():
                return MASK if value.startswith(SEALED_MARK) else (names or {}).get(value, _short(value))
            case _ if is_dataclass(value):
                held = (getattr(value, field.name) for field in fields(value))
                return " ".join(self.shown(one, names) for one in held if one is not None)
            case _:
                return str(value)

    def number(self, value: int) -> str:
        return str(format_decimal(value, locale=self._locale))

    def day(self, value: date) -> str:
        """2015年6月11日, 11 Jun 2015."""
        return format_date(value, format="medium", locale=self._locale)

    def moment(self, value: datetime) -> str:
        """A moment in China's civil time, to the minute."""
        here = value.astimezone(CIVIL)
        return f"{self.day(here.date())} {here:%H:%M}"

    def civil_day(self, value: datetime) -> str:
        """The day of the civil calendar in which a moment lies."""
        return self.day(value.astimezone(CIVIL).date())

    def month(self, value: str) -> str:
        """A month written YYYY-MM: 2015年6月, June 2015."""
        first = date.fromisoformat(f"{value}-01")
        return format_date(first, format="yyyy年M月" if self.language == "zh" else "MMMM yyyy", locale=self._locale)

    def share(self, value: str | Decimal | None, places: int = 1) -> str:
        """A share of 1, exact in text, as a percentage; a dash where there is none."""
        if value is None:
            return "—"
        pattern = f"0.{'#' * places}%"
        return str(format_percent(Decimal(value), format=pattern, locale=self._locale))

    def points(self, value: str | Decimal) -> str:
        """A decimal number, at most two places."""
        return str(format_decimal(Decimal(value), format="#,##0.##", locale=self._locale))

    # events -------------------------------------------------------------------------------------------------------

    def event_title(self, type: str) -> str:
        """What kind of event it is; its stored name where no words are known (a newer program wrote it)."""
        said = self._events.get(type)
        return said.title[self._side] if said else type

    def event_sentence(self, recorded: Recorded, names: Mapping[str, str] | None = None) -> str:
        """What happened, in words."""
        said = self._events.get(recorded.type)
        if said is None:
            return ""
        event = recorded.event
        known = {field.name: self.shown(getattr(event, field.name), names) for field in fields(event)}
        return said.sentence[self._side].format(**known, given=self._given(event, names))

    def _given(self, event: Any, names: Mapping[str, str] | None) -> str:
        held = [
            self("labelled", label=self.field(field.name), value=self.shown(value, names))
            for field in fields(event)
            if field.name != "reason" and (value := getattr(event, field.name)) is not None
        ]
        return self("comma").join(held) or self("none")

    def field(self, name: str) -> str:
        """A field's or column's name for people; its code where it has none."""
        return COLUMNS.get(name, (name, name))[self._side]
