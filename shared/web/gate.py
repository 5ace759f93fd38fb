"""The gate: a command's body is read, limited, normalised and validated here, and nowhere else.

What comes out is a value of the language; what cannot come out is a `Refused` with a stable code and the field.
"""

import contextlib
import json
import re
from dataclasses import make_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request
from stdnum.cn import ric

from shared.contracts.event import STRICT
from shared.contracts.fields import Code, Moment, Text
from shared.contracts.model import Refused
from shared.contracts.personal import personal

LARGEST_BODY: Final = 256 * 1024
"""Bytes of a command's body."""
_CLOCKS_APART: Final = timedelta(minutes=5)
"""How far ahead of ours a client's clock may be."""

_Stream = Annotated[str, Text(120, code=True, plain=True, pattern=r"^[a-z]+/[0-9A-Za-z\u3400-\u9fff._:-]{1,100}$")]
"""`<category>/<id>`; an id of a case from paper holds its number there, which may be of Chinese characters."""

_CODES: Final = {
    "json_invalid": "malformed_json",
    "missing": "missing_field",
    "missing_argument": "missing_field",
    "missing_keyword_only_argument": "missing_field",
    "unexpected_keyword_argument": "unknown_field",
    "extra_forbidden": "unknown_field",
    "enum": "not_in_list",
    "literal_error": "not_in_list",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_pattern_mismatch": "bad_format",
    "date_parsing": "bad_format",
    "date_from_datetime_parsing": "bad_format",
    "date_from_datetime_inexact": "bad_format",
    "datetime_parsing": "bad_format",
    "datetime_from_date_parsing": "bad_format",
    "timezone_aware": "offset_required",
    "datetime_type": "offset_required",
    "datetime_object_invalid": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "int_parsing_size": "out_of_range",
}
"""pydantic's kinds of error → our stable codes; whatever else it finds is `wrong_type`."""
_LOG: Final = re.compile("[0-9]{9}")
_EIGHTEEN: Final = re.compile("[0-9]{17}[0-9X]")
_T = TypeVar("_T")
_NUMBER_TOO_LONG: Final = "number out of range"
"""What pydantic's reader says of thousands of digits: that is JSON, and no number of ours."""


class Body(Protocol):
    """A command's body, validated."""

    log: str
    stream: str | None
    occurred_at: datetime
    data: Any


@cache  # made when the first such body comes: all of them together would hold a process up for most of a second
def _adapter(command: type) -> TypeAdapter[Any]:
    body = make_dataclass(
        f"{command.__name__}Body",
        [("log", Code), ("occurred_at", Moment), ("data", command), ("stream", _Stream | None, None)],
        frozen=True, slots=True, namespace={"__pydantic_config__": STRICT},
    )  # fmt: skip
    return TypeAdapter(body)


class Gate:
    """Reads the bodies of one command."""

    def __init__(self, command: type) -> None:
        self.command = command
        self._personal = bool(personal(command))

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """What validates a body."""
        return _adapter(self.command)

    def read(self, raw: bytes, now: datetime) -> Body:
        """The body; raises `Refused`."""
        body: Body = validated(self.adapter, raw)
        if body.occurred_at > now + _CLOCKS_APART:
            raise Refused("in_the_future", field="occurred_at", now=now)
        if self._personal:
            check_id_numbers(body.data)
        return body

    def wrong(self, raw: bytes) -> tuple[Refused, ...]:
        """All values of a body that are wrong, where `read` refuses for the first: whoever filled a form in wants to
        hear of them at once."""
        try:
            self.adapter.validate_json(raw)
        except ValidationError as error:
            return tuple(_refusal(one) for one in error.errors(include_input=False, include_url=False))
        return ()


class _OfALog(msgspec.Struct):
    """As much of a body as says whose log it is about."""

    log: str


def named_log(raw: bytes) -> str | None:
    """The log that a body names, whatever else is wrong with it; None where it names none."""
    try:
        named = msgspec.json.decode(raw, type=_OfALog).log
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return named if _LOG.fullmatch(named) else None


def validated(adapter: TypeAdapter[_T], raw: bytes) -> _T:
    """A body as a value of the language; raises `Refused`."""
    try:
        value = adapter.validate_json(raw)
    except ValidationError as error:
        refused = refusal(error)
        if refused.field is not None:  # it is JSON: whether keys stand twice comes before what they say
            _no_duplicate_keys(raw)
        raise refused from None
    _no_duplicate_keys(raw)
    return value


def refusal(error: ValidationError) -> Refused:
    """The first thing that is wrong, as a refusal. Never quotes the input, which may be personal."""
    return _refusal(error.errors(include_input=False, include_url=False)[0])


def _refusal(error: ErrorDetails) -> Refused:
    if error["type"] == "json_invalid" and error["ctx"]["error"].startswith(_NUMBER_TOO_LONG):
        return Refused("out_of_range")
    field = ".".join(str(part) for part in error["loc"]) or None
    if error["type"] == "value_error":
        return Refused(getattr(error["ctx"]["error"], "code", "wrong_type"), field=field)
    return Refused(_CODES.get(error["type"], "wrong_type"), field=field)


def check_id_numbers(data: Any) -> None:
    """Refuse an 18-digit identity number whose check digit does not fit. What is none (a passport, a number of the
    first generation, a firm's code) passes as it was given. Its birthplace is nobody's business."""
    for number, party in enumerate(getattr(data, "parties", None) or ()):
        value = getattr(party, "id_number", None)
        if value is not None and not fits_check_digit(value):
            raise Refused("bad_check_digit", field=f"data.parties.{number}.id_number")


def fits_check_digit(number: str) -> bool:
    """Whether an 18-digit identity number's last digit fits (GB 11643); what has another shape has no such digit."""
    plain = re.sub("[ -]", "", number.upper())
    return not _EIGHTEEN.fullmatch(plain) or bool(ric.calc_check_digit(plain) == plain[17])


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refused("duplicate_key")


_DUPLICATES: Final = json.JSONDecoder(object_pairs_hook=_unique)


def _no_duplicate_keys(raw: bytes) -> None:
    with contextlib.suppress(msgspec.DecodeError, RecursionError):
        if msgspec.json.encode(msgspec.json.decode(raw)) == raw:
            return  # most clients write no spaces; and had a key stood twice, one would be missing now
    _DUPLICATES.decode(raw.decode())


async def body_within(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit; raises `Refused("too_large")`."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > limit:
        raise Refused("too_large", limit=limit)
    chunks, size, more = [], 0, True
    while more:  # as Request.stream does, without a generator
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Refused("too_large", limit=limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)
