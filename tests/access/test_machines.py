"""Machines' kept tokens, and places. Everyone is invented (synthetic)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from shared.access.policy import Kind, Rule, admit
from shared.access.visitor import Way
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from tests.access.parts import CITY, COMMUNITY, DISTRICT, LOG, Entrance

SCOPES = ("record", "command:intake/commands/report-case")


def made(entrance: Entrance, name: str = "district-portal", **changed: object) -> str:
    """A kept token."""
    given = {"role": Role.SUBSCRIBER, "place": LOG, "scopes": SCOPES, "valid": timedelta(days=90)} | changed
    return entrance.machines.open(name, **given)  # type: ignore[arg-type]


def test_a_kept_token_is_an_actor_with_scopes(entrance: Entrance) -> None:
    token = made(entrance)
    assert re.fullmatch("sgm_[A-Za-z0-9_-]{43}", token)
    visitor = entrance.machines.visitor(token)
    assert (visitor.actor.id, visitor.actor.role, visitor.log) == ("district-portal", Role.SUBSCRIBER, LOG)
    assert (visitor.scopes, visitor.way, visitor.session) == (frozenset(SCOPES), Way.MACHINE, None)
    roles = frozenset({Role.SUBSCRIBER})
    admit(Rule(method="GET", path="/record/events", kind=Kind.RECORD, roles=roles), visitor)
    admit(Rule(method="POST", path="/intake/commands/report-case", kind=Kind.COMMAND, roles=roles), visitor)
    for path, kind in (("/intake/commands/close-case", Kind.COMMAND), ("/intake/ledgers/cases", Kind.LEDGER)):
        with pytest.raises(Refused) as refused:
            admit(Rule(method="POST", path=path, kind=kind, roles=roles), visitor)
        assert refused.value.code == "scope_not_granted"


def test_it_reaches_as_far_as_its_place(entrance: Entrance) -> None:
    entrance.places.put(LOG, DISTRICT)
    entrance.places.put(DISTRICT, CITY)
    for place, log, logs in ((COMMUNITY, LOG, ()), (LOG, LOG, ()), (DISTRICT, LOG, (LOG,)), (CITY, LOG, (LOG,))):
        visitor = entrance.machines.visitor(made(entrance, f"at-{place}", place=place))
        assert (visitor.log, visitor.logs, visitor.place) == (log, frozenset(logs), place)


def test_only_its_digest_is_stored(entrance: Entrance) -> None:
    token = made(entrance)
    with entrance.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM machine_tokens")).all()
    assert token[4:] not in repr([bytes(one) if isinstance(one, memoryview) else one for one in row])


def test_it_ends_by_itself_and_by_being_ended(entrance: Entrance) -> None:
    one, two = made(entrance, "one"), made(entrance, "two", valid=timedelta(days=400))
    entrance.clock.on(days=90)
    assert refused_of(entrance, one) == "unauthenticated"
    assert entrance.machines.visitor(two).actor.id == "two"
    entrance.machines.end("two")
    assert refused_of(entrance, two) == "unauthenticated"
    for name in ("two", "none"):
        with pytest.raises(Refused) as refused:
            entrance.machines.end(name)
        assert (refused.value.code, refused.value.field) == ("unknown_machine", "name")
    assert [(held.name, held.ended_at is None) for held in entrance.machines.listed()] == [
        ("one", True),
        ("two", False),
    ]


def refused_of(entrance: Entrance, token: str) -> str:
    with pytest.raises(Refused) as refused:
        entrance.machines.visitor(token)
    return refused.value.code


@pytest.mark.parametrize("token", ["", "sgm_", "sgm_" + "A" * 43, "x.y.z", "sgm_é\0"])
def test_what_is_no_token_is_refused(entrance: Entrance, token: str) -> None:
    good = made(entrance)
    assert refused_of(entrance, token) == "unauthenticated"
    assert refused_of(entrance, good[4:]) == "unauthenticated"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"role": Role.SERVICE}, "role_not_granted", "role"),
        ({"role": Role.RESIDENT}, "role_not_granted", "role"),
        ({"valid": timedelta(days=401)}, "out_of_range", "days"),
        ({"valid": timedelta()}, "out_of_range", "days"),
        ({"valid": timedelta(days=-1)}, "out_of_range", "days"),
        ({"scopes": ()}, "bad_scope", "scope"),
        ({"scopes": ("everything",)}, "bad_scope", "scope"),
        ({"scopes": ("record", "command: x")}, "bad_scope", "scope"),
        ({"place": "41010501"}, "bad_place", "place"),
        ({"name": "13800000000"}, "bad_name", "name"),
        ({"actor": "two words"}, "bad_name", "name"),
    ],
)
def test_what_cannot_be_is_refused(entrance: Entrance, changed: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        made(entrance, **{"name": "district-portal", **changed})  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (code, field)
    assert entrance.machines.listed() == []


def test_a_name_is_given_once(entrance: Entrance) -> None:
    made(entrance)
    with pytest.raises(Refused) as refused:
        made(entrance)
    assert refused.value.code == "machine_exists"


# places ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "within"),
    [(LOG, LOG), (LOG, COMMUNITY), (COMMUNITY, LOG), (DISTRICT, LOG), (DISTRICT, DISTRICT), (CITY, CITY), (CITY, "41"),
     (LOG, ""), ("", CITY), ("nonsense", CITY)],
)  # fmt: skip
def test_a_place_lies_within_a_wider_one(entrance: Entrance, code: str, within: str) -> None:
    with pytest.raises(Refused) as refused:
        entrance.places.put(code, within)
    assert refused.value.code == "bad_place"
    assert entrance.places.listed() == []


def test_what_is_said_last_counts(entrance: Entrance) -> None:
    entrance.places.put(LOG, "410106")
    entrance.places.put(LOG, DISTRICT)
    assert [(one.code, one.within) for one in entrance.places.listed()] == [(LOG, DISTRICT)]
    assert entrance.places.logs_within("410106") == frozenset()
    entrance.places.put(LOG, CITY)
    assert entrance.places.logs_within(CITY) == {LOG}, "a city without districts"
