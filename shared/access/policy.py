"""The policy 访问规则: one table of who may do what, put together from the declarations, and checked in one place.

Every address has a row, or the process does not start. A row names the roles that are let in, and how who belongs to
one community alone is kept to it. Whatever is not allowed here is refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from shared.access.visitor import Visitor, Way
from shared.contracts.codes import Named, Role
from shared.contracts.model import Refused, Within

ANYONE: Final[frozenset[Role]] = frozenset()
"""No sign-in is needed."""


class Kind(Named):
    """What an address is for. A machine's scope may name a kind, or one address of it."""

    COMMAND = "command", "命令", "command"
    FORM = "form", "表单", "form that sends a command"
    LEDGER = "ledger", "台账", "ledger"
    QUESTION = "question", "查询", "question"
    READING = "reading", "查阅", "reading of what is sealed"
    CARD = "card", "查询码", "code for a resident's card"
    RECORD = "record", "记录", "the record and its stream"
    PAGE = "page", "网页", "page"
    OWN = "own", "本人", "one's own account or case"
    SIGN_IN = "sign_in", "登录", "sign-in"
    PUBLIC = "public", "公开", "public figures"
    DOCUMENT = "document", "文档", "document of the system"
    HEALTH = "health", "运行", "health and numbers"


CHANGES: Final = frozenset({Kind.COMMAND, Kind.FORM, Kind.CARD})
"""Kinds that change something in a log: for those who belong to it, not for those above it."""
ABOUT_A_LOG: Final = frozenset({Kind.LEDGER, Kind.QUESTION, Kind.READING, Kind.CARD, Kind.RECORD, Kind.PAGE})
"""Kinds that are about the log which the query names, else the visitor's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row: one method at one address."""

    method: str
    path: str
    kind: Kind
    roles: frozenset[Role]
    """Who is let in; `ANYONE` for everybody."""
    within: Within = Within.CLOSED
    """What those of one community get of it."""
    clause: str = ""
    """The § of the plan, or of the law, that it serves."""
    by_person: bool = False
    """Whether it takes a person: programs are refused, whatever their role (see `is_program`)."""

    @property
    def scope(self) -> str:
        """What a machine's token must name to be let in: this, or the kind alone."""
        return f"{self.kind.value}:{self.path.strip('/')}"


class Policy:
    """All rows of a process."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str], Rule] = {}

    def add(self, rule: Rule) -> Rule:
        """A new row; raises `ValueError` where the address has one."""
        at = rule.method, rule.path
        if at in self._rules:
            raise ValueError(f"{rule.method} {rule.path} has two rows in the policy")
        self._rules[at] = rule
        return rule

    def __iter__(self) -> Iterator[Rule]:
        kinds = list(Kind)
        return iter(sorted(self._rules.values(), key=lambda rule: (kinds.index(rule.kind), rule.path, rule.method)))

    def require(self, served: Iterable[tuple[str, str]]) -> None:
        """That every address that is served, as method and path, has a row and every row an address; raises
        `LookupError` that names them. What nobody wrote a row for is not served."""
        addresses = set(served)
        if odd := addresses ^ set(self._rules):
            named = ", ".join(f"{method} {path}" for method, path in sorted(odd))
            raise LookupError(f"the policy and the addresses do not agree about: {named}")

    def as_json(self) -> list[dict[str, Any]]:
        """The table, for programs."""
        return [
            {
                "method": rule.method, "path": rule.path, "kind": rule.kind.value,
                "roles": sorted(rule.roles) if rule.roles else "anyone", "within": rule.within.value,
                "clause": rule.clause, "by_person": rule.by_person,
            }
            for rule in self
        ]  # fmt: skip


def admit(rule: Rule, visitor: Visitor) -> None:
    """The one check of a known visitor against a row; raises `Refused`."""
    if rule.roles and visitor.actor.role not in rule.roles:
        raise Refused("role_not_allowed", roles=", ".join(sorted(rule.roles)))
    if rule.by_person and is_program(visitor):
        raise Refused("person_needed")
    if visitor.scopes is not None and not ({rule.scope, rule.kind.value} & visitor.scopes):
        raise Refused("scope_not_granted", scope=rule.scope)
    if visitor.above and rule.kind in CHANGES:
        raise Refused("wrong_jurisdiction", field="log")
    if visitor.community is not None and rule.within is Within.CLOSED and rule.kind in ABOUT_A_LOG | CHANGES:
        raise Refused("wider_reach_needed")


def is_program(visitor: Visitor) -> bool:
    """Whether it is a program that asks: by a kept token, by one that was given scopes, or as a service. Two of them
    are not two people, and nobody looks at what one of them approves."""
    return visitor.way is Way.MACHINE or visitor.scopes is not None or visitor.actor.role is Role.SERVICE
