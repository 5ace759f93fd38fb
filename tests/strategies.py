"""Valid values of the language, made from the types themselves: whatever a class says that it may hold."""

from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from shared.contracts.fields import EARLIEST_YEAR, LATEST_YEAR, Aware, Text, Unfit, Whole

_OFFSETS = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))
MOMENTS = st.datetimes(datetime(EARLIEST_YEAR, 1, 2), datetime(LATEST_YEAR, 12, 30), timezones=_OFFSETS).map(
    lambda moment: moment.replace(fold=0)  # a fold means nothing beside a fixed offset, and is not written
)
DAYS = st.dates(date(EARLIEST_YEAR, 1, 1), date(LATEST_YEAR, 12, 31))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=20)


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Valid values of a type of the language."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _marked(arguments[0], arguments[1:])
    if origin in (UnionType, Union):
        return st.one_of([values(arm) for arm in arguments])
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if hint is type(None):
        return st.none()
    if hint is bool:
        return st.booleans()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return instances(hint)


@cache
def instances(cls: type) -> st.SearchStrategy[Any]:
    """Valid instances of an event's or a value's class."""
    hints = get_type_hints(cls, include_extras=True)
    return st.builds(cls, **{field.name: values(hints[field.name]) for field in fields(cls)})


def _marked(bare: type, markers: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if get_origin(bare) is tuple:
        return values(bare)
    for marker in markers:
        if isinstance(marker, Text):
            return _texts(marker)
        if isinstance(marker, Whole):
            return st.integers(marker.least, marker.most)
        if isinstance(marker, Aware):
            return MOMENTS
    assert bare is date, bare
    return DAYS


def _texts(marker: Text) -> st.SearchStrategy[str]:
    """Texts as the gate leaves them: normalised, within their length and pattern."""
    raw = st.from_regex(marker.pattern, fullmatch=True) if marker.pattern is not None else TEXTS

    def fits(text: str) -> bool:
        try:
            return marker.normalised(text) == text and marker.min_length <= len(text) <= marker.max_length
        except Unfit:
            return False

    return raw.filter(fits)
