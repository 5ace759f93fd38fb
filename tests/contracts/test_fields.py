"""What a name may hold. All names are invented (synthetic)."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.fields import Code, Line, Name, Note, PersonName, Statement

ONE_LINE = (Name, Line, PersonName)


def code_of(hint: Any, text: str) -> str | None:
    """Why a text is refused for such a field; None where it is not."""
    try:
        TypeAdapter(hint).validate_python(text)
    except ValidationError as error:
        first = error.errors()[0]
        return str(getattr(first.get("ctx", {}).get("error"), "code", first["type"]))
    return None


@pytest.mark.parametrize("hint", [*ONE_LINE, Note, Statement])
@pytest.mark.parametrize(
    "text", ["\u200d", "\u200c\u200d \u200c", "\u3164", "\u2800\u2800", "\ufe0f", "\u115f\u1160", "\u034f", "\u180e"]
)
def test_text_of_which_nothing_would_be_seen_is_none(hint: Any, text: str) -> None:
    assert code_of(hint, text) == "too_short"


@pytest.mark.parametrize("hint", [*ONE_LINE, Note, Statement, Code])
@pytest.mark.parametrize("sign", ["\u200b", "\u2060", "\u2063", "\u00ad", "\ufeff", "\u202e", "\u200f"])
def test_signs_without_width_or_meaning_are_refused_alone_and_among_others(hint: Any, sign: str) -> None:
    assert code_of(hint, sign) == code_of(hint, f"虚构{sign}甲") == "control_character"


@pytest.mark.parametrize("hint", ONE_LINE)
@pytest.mark.parametrize("sign", ["\n", "\u2028", "\u2029", "\r", "\u0085"])
def test_a_name_is_one_line(hint: Any, sign: str) -> None:
    for text in (f"虚构甲{sign}虚构乙", f"虚构甲{sign}", f"fictitious{sign}name"):
        assert code_of(hint, text) == "control_character"


def test_a_statement_has_as_many_lines_as_it_needs() -> None:
    assert code_of(Statement, "虚构的第一行\n第二行") is None
    assert code_of(Note, "虚构的第一行\n第二行") is None


@pytest.mark.parametrize(("hint", "limit"), [(Name, 80), (PersonName, 100), (Line, 300)])
def test_a_names_length_is_counted_as_it_would_be_read(hint: Any, limit: int) -> None:
    ligature = "\ufdfa"  # eighteen letters in one sign
    assert code_of(hint, ligature) is None
    assert code_of(hint, ligature * (limit // 18)) is None
    assert code_of(hint, ligature * (limit // 18 + 1)) == code_of(hint, ligature * limit) == "too_long"
    assert code_of(hint, "甲" * limit) is None
    assert code_of(hint, "x" * 1_000_000) in ("too_long", "string_too_long")


@pytest.mark.parametrize(
    "name",
    ["买买提·艾力", "扎西\u0f0b", "ᠪᠠᠶᠠᠷ\u180eᠠ", "नि\u200dशा", "欧阳 虚构", "㐱\U00020000", "O'Neill-Ng", "a\tb"],
)
def test_names_of_all_scripts_stay_as_they_are(name: str) -> None:
    assert TypeAdapter(PersonName).validate_python(name) == name
