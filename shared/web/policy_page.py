"""The policy on one page: who may do what, address by address, for anyone to read (see `shared.access.policy`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.access.policy import ANYONE, Kind, Policy, Rule
from shared.contracts.codes import Role
from shared.web.pages import Page, Site
from shared.web.words import language_of

ROLES: Final = tuple(role for role in Role if role is not Role.SERVICE)
"""The columns: a service of the product comes by no address."""
PATH: Final = "/policy"


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one kind."""

    kind: Kind
    rules: Sequence[Rule]


def routes(site: Site) -> list[Route]:
    """`/policy`."""

    async def page(request: Request) -> Response:
        words = site.words(language_of(request))
        shows = {"parts": parts(site.doorkeeper.policy), "roles": ROLES}
        return site.render(request, words, Page("site/policy.html", words("policy"), shows), None)

    return [site.doorkeeper.open_route(Rule(method="GET", path=PATH, kind=Kind.DOCUMENT, roles=ANYONE), page)]


def parts(policy: Policy) -> list[Part]:
    """The policy, kind by kind."""
    return [Part(kind, tuple(rules)) for kind, rules in groupby(policy, lambda rule: rule.kind)]


def as_markdown(policy: Policy) -> str:
    """The same as a document."""
    lines = [
        "# Who may do what 访问规则",
        "",
        "Made from the code by `make docs`: every address with its row; what has no row is not served. `●` lets the"
        " role in. *Within* says what those of one community get of it: nothing (closed), their community's part"
        " (rows), what lies in it (aggregate), or all (open, where it shows nobody's cases). A district's or a city's"
        " members read the logs within and change nothing; a resident reaches their own case; an operator sees no case"
        " at all. *People*: no program's token is let in, whatever its role.",
    ]
    for part in parts(policy):
        lines += [
            "",
            f"## {part.kind.zh} {part.kind.en}",
            "",
            f"| address | {' | '.join(str(role) for role in ROLES)} | within | § |",
            f"|---|{'|'.join(':-:' for _ in ROLES)}|---|---|",
        ]
        for rule in part.rules:
            marks = " | ".join("●" if not rule.roles or role in rule.roles else "" for role in ROLES)
            within = ("anyone" if not rule.roles else rule.within.value) + (", people" if rule.by_person else "")
            lines.append(f"| `{rule.method} {rule.path}` | {marks} | {within} | {rule.clause} |")
    return "\n".join(lines) + "\n"
