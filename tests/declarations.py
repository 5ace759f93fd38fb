"""What every service's declaration must keep to: tried on each service by its own tests."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from string import Formatter
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from shared.contracts.codes import Role
from shared.contracts.days import CIVIL
from shared.contracts.event import Actor, Recorded
from shared.contracts.fields import Text, Whole
from shared.contracts.frozen import replace
from shared.contracts.model import Refused, Service, slug
from shared.errors import CODES


def assert_refusal_is_told(service: Service, refused: Refused) -> None:
    """The code has its sentences, they quote only what the refusal knows, and `allowed` names real commands."""
    sentences = service.refusals.get(refused.code)
    if sentences is None:
        assert refused.code in CODES, f"{refused.code} has no sentence"
        sentences = (CODES[refused.code].zh, CODES[refused.code].en)
    for sentence in sentences:
        quoted = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        known = refused.known.keys() | ({"field"} if refused.field else set())
        assert quoted <= known, f"{refused.code} quotes {quoted - known}"
    assert set(refused.allowed) <= {_slug(a.command) for d in service.deciders for a in d.accepts}
    assert not refused.known.keys() & {"type", "title", "status", "code", "field", "detail_zh", "detail_en"}


def codes_raised(module: Any) -> set[str]:
    """The codes that a module's source refuses with."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call))
    refusals = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Refused")
    arms = ([code.body, code.orelse] if isinstance(code, ast.IfExp) else [code] for code in refusals)
    return {str(code.value) for either in arms for code in either if isinstance(code, ast.Constant)}


def assert_exhaustive(function: Any) -> None:
    """Every `match` of the function ends in `assert_never`: what it does not know fails the type checker."""
    matches = [node for node in ast.walk(ast.parse(inspect.getsource(function))) if isinstance(node, ast.Match)]
    assert matches, f"{function.__qualname__} matches nothing"
    for match in matches:
        last = match.cases[-1]
        assert isinstance(last.pattern, ast.MatchAs), ast.unparse(last)
        assert last.pattern.pattern is None
        assert "assert_never(" in ast.unparse(last), f"{function.__qualname__}: {ast.unparse(last)}"


def assert_tables_are_bilingual(service: Service) -> None:
    """Each refusal speaks Chinese and English, quotes the same in both, and has a fitting status."""
    for code, (zh, en) in service.refusals.items():
        assert re.fullmatch(r"[a-z][a-z_]*", code)
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert not re.search(r"[\u4e00-\u9fff]", en)
        assert _quoted(zh) == _quoted(en), code
        assert service.statuses.get(code, 409) in {403, 404, 409, 422}
    assert service.statuses.keys() <= service.refusals.keys()


def _quoted(sentence: str) -> set[str]:
    """What a sentence quotes; a status is quoted by its name in Chinese, by its code in English."""
    return {name.removesuffix("_zh") for _, name, _, _ in Formatter().parse(sentence) if name}


def _slug(command: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", command.__name__).lower()


def sample(cls: type) -> Any:
    """Any event of that class, made from its types: for what must hold of every event alike."""
    hints = get_type_hints(cls, include_extras=True)
    return cls(**{name: _value(hint) for name, hint in hints.items() if name not in ("NAME", "OWNER")})


def _value(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        bare, marker = get_args(hint)[0], get_args(hint)[1]
        if get_origin(bare) is tuple:
            return _value(bare)
        if bare is str:
            return _text(marker)
        if isinstance(marker, Whole):
            return max(1, marker.least)
        return {date: date(2015, 6, 20), datetime: datetime(2015, 6, 20, 9, tzinfo=CIVIL)}[bare]
    if get_origin(hint) in (UnionType, Union):
        return _value(next(arm for arm in get_args(hint) if arm is not type(None)))
    if get_origin(hint) is tuple:
        return (_value(get_args(hint)[0]),)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return True if hint is bool else sample(hint)


def _text(marker: Text) -> str:
    candidates = ("甲", "1", "2015-06", "410105010001", "sealed:box", "19900000000", "case/1", "petition")
    return next(text for text in candidates if not marker.pattern or re.fullmatch(marker.pattern, text))


def recorded(event: Any, id: str = "1", position: int = 0) -> Recorded:
    """The event as a fold meets it."""
    at = datetime(2015, 6, 21, 9, tzinfo=CIVIL)
    clerk = Actor(id="clerk-1", role="clerk")
    return Recorded(
        log="410105010", position=position, stream=f"any/{id}", id=id, version=1, type=event.NAME, command_id="k",
        actor=clerk, cause=None, occurred_at=at, recorded_at=at, event=event,
    )  # fmt: skip


def assert_ledgers_take_what_they_handle(service: Service, beginnings: Sequence[type]) -> None:
    """Every fold takes each event that it says it handles, on a row that the beginnings have made."""
    for ledger in service.ledgers:
        for handled in ledger.handles:
            rows: dict[str, Any] = {}
            for position, event in enumerate([*beginnings, handled]):
                if event in ledger.handles:
                    said = sample(event)
                    if {field.name for field in fields(said)} == {"kind", "reason"}:  # an entry made void
                        said = replace(said, kind=ledger.name)
                    item = recorded(said, "410105010001", position)  # as the samples of codes have it
                    keys = tuple(ledger.keys(item))
                    assert keys, f"{ledger.name}: {event.__name__} touches nothing"
                    for key in keys:
                        rows[key] = ledger.evolve(rows.get(key), item, key)
            assert rows, f"{ledger.name}: {handled.__name__}"
            assert all(row is None or isinstance(row, ledger.row) for row in rows.values())


def assert_ledgers_are_declared_well(service: Service) -> None:
    """Filters and sealed columns are columns; sealed ones are all those that hold boxes; names are those of tables."""
    for ledger in service.ledgers:
        columns = {field.name for field in fields(ledger.row)}
        assert set(ledger.filters) <= columns, ledger.name
        assert set(ledger.sealed) <= columns, ledger.name
        assert re.fullmatch(r"[a-z_]+", ledger.name)
        assert len(set(ledger.handles)) == len(ledger.handles), ledger.name


def assert_commands_are_declared_well(service: Service) -> None:
    """Each command is taken once, by known roles, for a clause of the plan; each event is some decider's."""
    taken = [accepts.command for decider in service.deciders for accepts in decider.accepts]
    assert len(set(taken)) == len(taken)
    for decider in service.deciders:
        for accepts in decider.accepts:
            assert accepts.by
            assert accepts.by <= set(Role), accepts.command
            assert re.fullmatch(r"\d(\.\d){1,2}", accepts.clause)
            assert slug(accepts.command) == _slug(accepts.command)
    events = [event for decider in service.deciders for event in decider.events]
    assert Counter(events) == Counter(service.events)
    assert {event.OWNER for event in events} == {service.name}
