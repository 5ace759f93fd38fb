"""A ledger's table gives back exactly what the fold put in, whatever the database."""

from dataclasses import fields, replace
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from shared.ledger.tables import Rows, digest, row_bytes
from shared.log.database import writing
from tests.ledger.drill import Colour, Item, Mark, service
from tests.parts import LOG, NOW, OTHER_LOG
from tests.strategies import DAYS, MOMENTS, TEXTS, instances

EXAMPLES = count()
TABLE: Rows[Item] = Rows("drill", service().ledgers[0])

_NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS, "number": _NUMBERS, "flag": st.booleans(), "day": DAYS, "at": MOMENTS,
    "colour": st.sampled_from(Colour), "marks": st.lists(instances(Mark), max_size=3).map(tuple),
}  # fmt: skip
ITEMS = st.builds(
    Item,
    **{
        field.name: st.none() | _KINDS[field.name.removeprefix("maybe_")]
        if field.name.startswith("maybe_")
        else _KINDS[field.name]
        for field in fields(Item)
    },
)
FULL = Item(
    text="全角１２３ \n\t'\"\\%_", number=-(2**53) + 1, flag=False, day=NOW.date(), at=NOW, colour=Colour.RED,
    marks=(Mark(number=0, at=NOW, day=None, colour=Colour.BLUE),), maybe_text="", maybe_number=0, maybe_flag=False,
    maybe_day=None, maybe_at=None, maybe_colour=None, maybe_marks=(),
)  # fmt: skip


def exactly(one: object, other: object) -> bool:
    """Equal in every type, code and offset, which `==` does not compare."""
    return one == other and repr(one) == repr(other)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.dictionaries(TEXTS, ITEMS, min_size=1, max_size=4))
def test_every_kind_of_column_comes_back_as_it_went_in(ledgers_engine: Engine, rows: dict[str, Item]) -> None:
    log = f"log-{next(EXAMPLES)}"
    with writing(ledgers_engine) as connection:
        TABLE.store(connection, log, rows)
    with ledgers_engine.connect() as connection:
        fetched = TABLE.fetch(connection, log, [*rows, "no such key"])
        queried = dict(TABLE.query(connection, log, {}))
        listed = list(TABLE.all(connection, log))
        assert digest(listed) == digest(sorted(rows.items()))
    for found in (fetched, queried, dict(listed)):
        assert found.keys() == rows.keys()
        for key, row in rows.items():
            assert exactly(found[key], row)
            assert row_bytes(key, found[key]) == row_bytes(key, row)


def test_every_column_can_be_asked_for(ledgers_engine: Engine) -> None:
    other = replace(
        FULL, text="x", number=1, flag=True, colour=Colour.BLUE, marks=(), maybe_text=None, maybe_number=None,
        maybe_flag=None, maybe_day=NOW.date(), maybe_at=NOW, maybe_colour=Colour.RED, maybe_marks=FULL.marks,
    )  # fmt: skip
    with writing(ledgers_engine) as connection:
        TABLE.store(connection, LOG, {"full": FULL, "other": other})
    with ledgers_engine.connect() as connection:
        for field in fields(Item):
            for key, row in (("full", FULL), ("other", other)):
                found = TABLE.query(connection, LOG, {field.name: getattr(row, field.name)})
                assert (key, row) in found, field.name
                assert all(getattr(one, field.name) == getattr(row, field.name) for _, one in found)
        assert TABLE.query(connection, LOG, {"number": 1, "flag": False}) == []


def test_rows_are_replaced_and_taken_out_in_their_own_log_only(ledgers_engine: Engine) -> None:
    with writing(ledgers_engine) as connection:
        for log in (LOG, OTHER_LOG):
            TABLE.store(connection, log, {"a": FULL, "b": FULL, "c": FULL})
        TABLE.store(connection, LOG, {"a": replace(FULL, number=7), "b": None, "d": None})
    with ledgers_engine.connect() as connection:
        assert {key: row.number for key, row in TABLE.all(connection, LOG)} == {"a": 7, "c": FULL.number}
        assert list(TABLE.fetch(connection, OTHER_LOG, "abcd")) == ["a", "b", "c"]
        assert TABLE.fetch(connection, LOG, []) == {}
    with writing(ledgers_engine) as connection:
        TABLE.clear(connection, LOG)
    with ledgers_engine.connect() as connection:
        assert list(TABLE.all(connection, LOG)) == []
        assert len(list(TABLE.all(connection, OTHER_LOG))) == 3


def test_keys_are_ordered_byte_by_byte_and_paged(ledgers_engine: Engine) -> None:
    """Whatever the server's locale: the digest depends on it."""
    keys = ["B", "a", "Z", "é", "10", "9", "沙", "_", "a b", "a-b", "ab"]
    with writing(ledgers_engine) as connection:
        TABLE.store(connection, LOG, dict.fromkeys(keys, FULL))
    with ledgers_engine.connect() as connection:
        assert [key for key, _ in TABLE.all(connection, LOG)] == sorted(keys)
        paged: list[str] = []
        while page := TABLE.query(connection, LOG, {}, paged[-1] if paged else None, 4):
            paged += [key for key, _ in page]
        assert paged == sorted(keys)


def test_a_value_that_was_altered_by_hand_is_told_from_the_right_one(ledgers_engine: Engine) -> None:
    """Whatever someone puts there, the audit must be able to name the row rather than fail."""
    with writing(ledgers_engine) as connection:
        TABLE.store(connection, LOG, {"a": FULL})
    with ledgers_engine.connect() as connection:
        right = digest(TABLE.all(connection, LOG))
    table = TABLE.table
    changes: list[dict[str, Any]] = [
        {"text": "y"}, {"number": 0}, {"flag": True}, {"day": "2015-06-12"}, {"day": "no day"},
        {"at": "2015-06-11T01:00:00+00:00"}, {"at": "x"}, {"colour": "green"}, {"colour": None}, {"marks": "[]"},
        {"marks": "{"}, {"maybe_marks": '[{"number":1}]'}, {"maybe_text": None},
    ]  # fmt: skip
    for change in changes:
        with writing(ledgers_engine) as connection:
            TABLE.store(connection, LOG, {"a": FULL})
            connection.execute(table.update().values(change))
        with ledgers_engine.connect() as connection:
            assert digest(TABLE.all(connection, LOG)) != right, change
