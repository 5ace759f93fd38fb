"""What a field of a command or an event may hold: the one place where text, numbers, days and moments are limited.

A marker sits in `typing.Annotated`. pydantic, the only gate, asks the marker for its part of the schema (a plain
dictionary, so that nothing need be imported here); msgspec, which only replays what the gate let in, ignores it.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any, Final, TypeVar

_Day = TypeVar("_Day", date, datetime)

LARGEST_INTEGER: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8785 rests on it)."""

EARLIEST_YEAR: Final = 1949
LATEST_YEAR: Final = 2199

_FORBIDDEN = re.compile(
    # Control characters but newline and tab, bidirectional controls, the byte order mark, non-characters.
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff\ufdd0-\ufdef\ufffe\uffff"
    # What has no width and no meaning in any script that names are written in here.
    "\u00ad\u200b\u2060-\u2064]"
)
_OFFSETS: Final = {timedelta(): UTC, timedelta(hours=8): timezone(timedelta(hours=8))}
_UNSEEN = re.compile(
    "[\\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]*"
)
"""What nobody sees where it stands alone: joiners, fillers, variation selectors. Beside letters some of them matter."""
_BREAKS = re.compile("[\n\u2028\u2029]")
_LINES = re.compile("[\t\n]")
"""What free text may hold and a code may not, at its ends neither: a number followed by a line break is another one."""
_SEPARATED = "[ \u2010\u2013\u2014-]{0,3}"
_ELEVEN_DIGITS = re.compile("(?:[^0-9]*+[0-9]){11}")
"""As many as the shortest number has: possessive, so that no text makes it look twice."""
_MACHINE_MADE = re.compile(
    "(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{16,})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
"""UUIDs, digests and derived ids: among their letters, digits fall into any pattern by chance."""
_MOBILE = re.compile(
    f"(?<![0-9])(?:(?:00)?86{_SEPARATED})?(?!19[0-9][0-9][ -])1{_SEPARATED}[3-9](?:{_SEPARATED}[0-9]){{9}}(?![0-9])"
)
"""A mainland mobile number. What begins like a year of the last century and a gap is a day or a range of years."""
_ID_NUMBER = re.compile(f"(?<![0-9])(?=((?:[0-9]{_SEPARATED}){{17}}[0-9Xx])(?![0-9]))")
_BORN = re.compile("[0-9]{6}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_NUMERAL = re.compile(r"[+-]?[0-9.]+")
_DAY_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Unfit(ValueError):
    """A value that the gate refuses, with the stable code that the client is shown."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def names_someone(text: str) -> bool:
    """Whether a text holds what identifies a person: a mainland mobile number, or an 18-digit identity number whose
    birthday and check digit fit (GB 11643). Spaces, dashes and full-width digits do not hide one."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if len(plain) < 11 or not _ELEVEN_DIGITS.match(plain):
        return False
    plain = _MACHINE_MADE.sub("*", plain)
    return _MOBILE.search(plain) is not None or any(_is_id_number(found[1]) for found in _ID_NUMBER.finditer(plain))


def _is_id_number(written: str) -> bool:
    digits = re.sub(_SEPARATED, "", written)
    if not _BORN.match(digits):
        return False
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits[:17]))
    return "10X98765432"[weighed % 11] == digits[17].upper()


@dataclass(frozen=True, slots=True)
class Text:
    """Text of limited length, counted in characters after normalisation.

    The one rule of normalisation: free text is brought to NFC and stripped; a `code` (numbers, telephone and ID
    numbers, grid and community codes) is brought to NFKC, which turns full-width digits into plain ones, and holds no
    line break or tab. One `line`, such as a name, holds no line break, and its length is counted in NFKC: a sign such
    as U+FDFA stands for eighteen letters. Text of which nothing would be seen is too short.

    `plain` text stands in the log unsealed and for ever: telephone and ID numbers are kept out of it.
    """

    max_length: int
    min_length: int = 1
    code: bool = False
    pattern: str | None = None
    personal: bool = False
    plain: bool = False
    line: bool = False

    def normalised(self, value: object) -> object:
        """The value in its stored form; raises `Unfit`."""
        if not isinstance(value, str):
            return value  # the inner schema says what is wrong with it
        if self.plain and len(value) <= 20 * self.max_length and names_someone(value):
            raise Unfit("personal_in_plain_field")
        if value.isascii() and value.isprintable():
            return value.strip()  # the most of all codes: nothing is forbidden in it, and every normal form is itself
        if _FORBIDDEN.search(value) or (self.code and _LINES.search(value)) or (self.line and _BREAKS.search(value)):
            raise Unfit("control_character")
        if len(value) > 20 * self.max_length:
            raise Unfit("too_long")  # before normalising what could be a megabyte
        stored = unicodedata.normalize("NFKC" if self.code else "NFC", value).strip()
        if stored and _UNSEEN.fullmatch(stored):
            raise Unfit("too_short")
        if self.line and len(unicodedata.normalize("NFKC", stored)) > self.max_length:
            raise Unfit("too_long")
        return stored

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        inner = dict(handler(source), strict=True, max_length=self.max_length, min_length=self.min_length)
        if self.pattern:
            inner["pattern"] = self.pattern
        before = {"type": "no-info", "function": self.normalised}
        return {"type": "function-before", "function": before, "schema": inner}


@dataclass(frozen=True, slots=True)
class Many:
    """A tuple of limited length."""

    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return dict(handler(source), max_length=self.most)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds; `true`, NaN and numerals in quotes are refused."""

    least: int = 0
    most: int = LARGEST_INTEGER

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return dict(handler(source), strict=True, ge=self.least, le=self.most)


@dataclass(frozen=True, slots=True)
class Aware:
    """A moment with an offset, within the years that the programme can know of."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return _written(dict(handler(source), tz_constraint="aware"), self.written, _plain_moment)

    def written(self, value: object) -> object:
        """A moment's text; raises `Unfit("offset_required")` for a number and for a day alone."""
        if not isinstance(value, str) or _NUMERAL.fullmatch(value) or _DAY_TEXT.fullmatch(value):
            raise Unfit("offset_required")
        return value


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the civil calendar, without a time."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return _written(handler(source), self.written, _in_range)

    def written(self, value: object) -> object:
        """A day's text; raises `Unfit`."""
        if not isinstance(value, str):
            raise Unfit("wrong_type")
        if not _DAY_TEXT.fullmatch(value):
            raise Unfit("bad_format")
        return value


def _written(inner: dict[str, Any], text: Callable[[object], object], after: Callable[[_Day], _Day]) -> dict[str, Any]:
    """A day or a moment: in JSON a text that is one, else the value itself; `after` looks at it in either case.

    pydantic's own strictness would take a numeral in quotes for seconds since 1970.
    """
    lax = dict(inner, strict=False)  # what `text` gives is a Python string, which strictness would refuse
    read = {"type": "function-before", "function": {"type": "no-info", "function": text}, "schema": lax}
    either = {"type": "json-or-python", "json_schema": read, "python_schema": dict(inner, strict=True)}
    return {"type": "function-after", "function": {"type": "no-info", "function": after}, "schema": either}


def _in_range(value: _Day) -> _Day:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise Unfit("out_of_range")
    return value


def _plain_moment(value: datetime) -> datetime:
    """The moment with the standard library's offset, which is compared and written twice as fast as pydantic's own."""
    offset = _in_range(value).utcoffset()
    return value if offset is None else value.replace(tzinfo=_OFFSETS.get(offset) or timezone(offset))


Name = Annotated[str, Text(80, plain=True, line=True)]
"""A short name of a thing or an institution (never of a resident)."""
Line = Annotated[str, Text(300, plain=True, line=True)]
"""One line of plain text about institutions: a unit, a title, hours; what may name a resident is a `Note`."""
Code = Annotated[str, Text(64, code=True, plain=True, pattern=r"^[0-9A-Za-z\u3400-\u9fff._:-]{1,64}$")]
"""An identifier or code; full-width characters are brought to their plain forms."""
Division = Annotated[str, Text(12, code=True, pattern=r"^[1-8][0-9]{8}([0-9]{3})?$")]
"""A division code 行政区划代码: nine digits for a sub-district (街道), twelve for a community (社区)."""

PersonName = Annotated[str, Text(100, personal=True, line=True)]
"""A person's or firm's name as given; sealed before anything is decided."""
Phone = Annotated[str, Text(40, code=True, personal=True, pattern=r"^[0-9+() -]{3,40}$")]
"""A telephone number; sealed."""
IdNumber = Annotated[str, Text(40, code=True, personal=True)]
"""An identity number, checked at the edge by its check digit only; sealed."""
Statement = Annotated[str, Text(4000, personal=True)]
"""Free text about people's affairs 基本情况; sealed."""
Note = Annotated[str, Text(300, personal=True)]
"""Short free text in which somebody may be named: a reason, a place, a decision 理由、地点、议定事项; sealed."""

HouseholdClass = Annotated[str, Text(24, code=True, personal=True, pattern=r"^[a-z][a-z0-9_]{0,23}$")]
"""The plan's code of the class that makes a household a must-visit 必访类别 (§3.3.2); sealed, so that it is checked by
its form alone."""

Sealed = Annotated[str, Text(24_000, pattern=r"^sealed:[0-9A-Za-z\u3400-\u9fff_.:/#=+-]+$")]
"""A personal value in its sealed box, as events keep it. The box names its key; without the key it says nothing."""

Count = Annotated[int, Whole()]
Ordinal = Annotated[int, Whole(1)]
Days = Annotated[int, Whole(1, 3_660)]
"""A length of time, in days: ten years at most, so that every day that is counted from it is a day of the calendar."""
Months = Annotated[int, Whole(1, 600)]
DayOfMonth = Annotated[int, Whole(1, 31)]
Day = Annotated[date, CalendarDay()]
Month = Annotated[str, Text(7, code=True, pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A month of the civil calendar, YYYY-MM."""
Moment = Annotated[datetime, Aware()]
