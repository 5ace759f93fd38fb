"""`GET /{service}/ledgers/{name}`: pages of rows, as they stand, as they stood, or no older than a position."""

import asyncio
import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.codes import READERS, Role
from shared.contracts.model import Refused, Within
from shared.ledger.replay import Replay
from shared.ledger.tables import Rows
from shared.ledger.waiting import stuck
from shared.log.codec import canonical
from shared.log.database import snapshot
from shared.queries import Form, choice, malformed, moment, page_size, visible, whole
from shared.runtime import Node
from shared.web.door import Doorkeeper, Endpoint
from shared.web.exports import FORMATS, MASK, csv_response
from shared.web.heavy import HEAVY
from shared.web.printed import foot_line, headed, html_response, of_rows, pdf_of_ledger
from shared.web.workbook import standing, xlsx_response

FORMS: Final = (*FORMATS, "html", "pdf")
"""In which a ledger may be asked for; the last two are to be printed."""
PAGE_ROWS: Final = 200
"""Rows of a JSON page; a file has them all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for."""

    log: str
    equal: Mapping[str, str]
    as_of: datetime | None
    basis: str
    at_least: int | None
    cursor: str | None
    format: str
    limit: int
    foot: bool = False
    """Whether a file of lines ends with one that says where it stands."""

    @property
    def only(self) -> Mapping[str, str]:
        """What a file says of the rows that it holds: that these alone were asked for, or as of when."""
        as_of = {} if self.as_of is None else {"as_of": f"{self.as_of.isoformat()} ({self.basis})"}
        after = {} if self.cursor is None else {"cursor": self.cursor}
        return {**self.equal, **as_of, **after}


def ledger_routes(node: Node, service: str, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """A route for each ledger that a service serves, for what there are, and for what is none."""
    endpoint = LedgerEndpoint(node, service)

    def rule(path: str, roles: frozenset[Role] = READERS, within: Within = Within.OPEN, clause: str = "") -> Rule:
        return Rule(
            method="GET", path=f"/{service}/ledgers{path}", kind=Kind.LEDGER, roles=roles, within=within, clause=clause
        )

    return [
        doorkeeper.route(rule(""), endpoint.index),
        *(
            doorkeeper.route(rule(f"/{one.name}", one.by, one.shown_within, one.clause), endpoint.of(one.name))
            for one in node.followers[service].service.served
        ),
        doorkeeper.route(rule("/{name}"), endpoint.unknown),
    ]


class LedgerEndpoint:
    """The ledgers of a service."""

    def __init__(self, node: Node, service: str) -> None:
        self._node, self._service = node, service
        tables = node.followers[service].runner.tables
        self._tables = {name: rows for name, rows in tables.items() if not rows.ledger.internal}

    async def index(self, request: Request, visitor: Visitor) -> Response:
        """What ledgers there are for the visitor."""
        return JSONResponse(
            {
                "ledgers": [
                    {
                        "name": name, "title_zh": rows.ledger.title_zh, "title_en": rows.ledger.title_en,
                        "clause": rows.ledger.clause, "columns": list(rows.names), "filters": list(rows.ledger.filters),
                    }
                    for name, rows in self._tables.items()
                    if visitor.actor.role in rows.ledger.by
                ]
            }
        )  # fmt: skip

    async def unknown(self, request: Request, visitor: Visitor) -> Response:
        """There is no such ledger."""
        raise Refused("unknown_ledger", field="name")

    def of(self, name: str) -> Endpoint:
        """What answers for one ledger."""
        return partial(self.page, name)

    async def page(self, name: str, request: Request, visitor: Visitor) -> Response:
        """A page of one ledger, as the query asks for it."""
        rows = self._tables[name]
        wanted = read_query(request, rows, visitor.log)
        if wanted.at_least is not None:
            await self._at_least(wanted.log, wanted.at_least)
            if await asyncio.to_thread(stuck, self._node.storage.ledgers_engine, wanted.log, rows.follower):
                raise Refused("ledger_behind", field="at_least")
        if "community" in wanted.equal:
            wanted = replace(wanted, equal={**wanted.equal, "community": await self._community(wanted)})
        if (
            rows.ledger.shown_within is Within.ROWS
            and (own := only(visitor, wanted.equal.get("community"))) is not None
        ):
            wanted = replace(wanted, equal={**wanted.equal, "community": own})
        light = wanted.as_of is None and wanted.format == "json"
        position, found = await (asyncio.to_thread if light else HEAVY.run)(self._find, rows, wanted)
        if wanted.format != "json":
            return await HEAVY.run(self._file, rows, wanted, position, found)
        more = len(found) > wanted.limit
        page = found[: wanted.limit]
        body = {
            "ledger": rows.ledger.name, "log": wanted.log, "position": position,
            "rows": [shown(rows, key, row) for key, row in page], "next": _cursor(page[-1][0]) if more else None,
        }  # fmt: skip
        return Response(canonical(body), media_type="application/json")

    def _file(self, rows: Rows[Any], wanted: Wanted, position: int, found: list[tuple[str, Any]]) -> Response:
        """All rows that were asked for, as a file or as a page to print; it says of itself where it stands."""
        stands = standing(self._node.storage, wanted.log, position, len(found), utc_now(), wanted.only)
        stands, ledger = of_rows(stands, rows.follower, found), rows.ledger
        match wanted.format:
            case "csv":
                foot = foot_line(stands) if wanted.foot else ()
                made = csv_response(ledger, rows.names, found, wanted.log, position, foot)
            case "html":
                made = html_response(ledger, ledger.row, rows.names, found, stands)
            case "pdf":
                made = pdf_of_ledger(ledger, ledger.row, rows.names, found, stands, self._node.storage.settings)
            case _:
                made = xlsx_response(ledger, ledger.row, rows.names, found, stands)
        return headed(made, stands)

    async def _at_least(self, log: str, position: int) -> None:
        """Wait until the ledgers hold a position; raises `Refused`, at once where the log does not hold it."""
        follower = self._node.followers[self._service]
        if follower.positions().get(log, -1) >= position:
            return
        size = await asyncio.to_thread(self._node.storage.log.size, log)
        if position >= size:
            raise Refused("beyond_the_end", field="at_least", last=size - 1)
        await follower.reach(log, position)

    async def _community(self, wanted: Wanted) -> str:
        """The code of the community that is meant, by its code or its name; raises `Refused("no_such_community")`,
        though not before the ledger of names has caught up with the log."""
        said = wanted.equal["community"]
        names = next((rows for rows in self._tables.values() if {"community", "name"} <= set(rows.names)), None)
        if said == wanted.log or names is None:  # the sub-district as a whole has results too
            return said
        found = await asyncio.to_thread(self._named, names, wanted.log, said)
        if found is None:
            await self._node.followers[self._service].caught_up(wanted.log)
            found = await asyncio.to_thread(self._named, names, wanted.log, said)
        if found is None:
            raise Refused("no_such_community", field="community")
        return found

    def _named(self, names: Rows[Any], log: str, said: str) -> str | None:
        with snapshot(self._node.storage.ledgers_engine, log) as connection:
            for column in ("community", "name"):
                for _, row in names.query(connection, log, {column: said}, limit=1):
                    return str(row.community)
        return None

    def _find(self, rows: Rows[Any], wanted: Wanted) -> tuple[int, list[tuple[str, Any]]]:
        limit = wanted.limit + 1 if wanted.format == "json" else None
        after = None if wanted.cursor is None else _uncursor(wanted.cursor)
        if wanted.as_of is not None:
            return self._as_of(rows, wanted, after, limit)
        with snapshot(self._node.storage.ledgers_engine, wanted.log) as connection:
            checkpoint = self._node.followers[self._service].runner.checkpoints(connection, wanted.log)[rows.follower]
            return checkpoint.position, rows.query(connection, wanted.log, wanted.equal, after, limit)

    def _as_of(
        self, rows: Rows[Any], wanted: Wanted, after: str | None, limit: int | None
    ) -> tuple[int, list[tuple[str, Any]]]:
        """The ledger as it was known by a moment, or as it had occurred by then: folded from the log's prefix."""
        assert wanted.as_of is not None
        log = self._node.storage.log
        known = wanted.basis == "known"
        upto = log.prefix_recorded_by(wanted.log, wanted.as_of) if known else None
        service = self._node.followers[self._service].service
        replay = Replay(log, wanted.log, [(service, rows.ledger)], None if known else wanted.as_of).to(upto)
        found = [
            (key, row)
            for key, row in replay.rows(rows.follower)
            if (after is None or key > after) and all(_text(getattr(row, n)) == v for n, v in wanted.equal.items())
        ]
        return replay.position, found[:limit]


def read_query(request: Request, rows: Rows[Any], own_log: str) -> Wanted:
    """The query's parameters; raises `Refused` naming the first that cannot be accepted."""
    known = {"log", "as_of", "basis", "at_least", "cursor", "format", "limit", "foot", *rows.ledger.filters}
    given = dict(request.query_params)
    for name, said in given.items():
        if name not in known:
            raise Refused("bad_parameter", field=name)
        visible(said, name)
    form, basis = choice(given, "format", FORMS, "json"), choice(given, "basis", ("known", "occurred"), "known")
    return Wanted(
        log=given.get("log", own_log),
        equal={name: given[name] for name in rows.ledger.filters if name in given},
        as_of=moment(given["as_of"], "as_of") if "as_of" in given else None,
        basis=basis,
        at_least=whole(given["at_least"], "at_least") if "at_least" in given else None,
        cursor=given.get("cursor"),
        format=form,
        limit=page_size(given.get("limit"), PAGE_ROWS),
        foot=choice(given, "foot", ("true", "false"), "false") == "true",
    )


def shown(rows: Rows[Any], key: str, row: Any) -> dict[str, Any]:
    """A row as it is shown: the sealed columns masked."""
    masked = rows.ledger.sealed
    shown = {field.name: getattr(row, field.name) for field in fields(row)}
    for name in masked:
        if shown.get(name):
            shown[name] = MASK
    return {"key": key, **shown}


def only(visitor: Visitor, community: str | None) -> str | None:
    """The community that is asked about, which for who belongs to one is that one: raises
    `Refused("no_such_community")` for any other, as for one that nobody has heard of."""
    if visitor.community is not None and community not in (None, visitor.community):
        raise Refused("no_such_community", field="community")
    return community if visitor.community is None else visitor.community


def known_parameters(request: Request, parameters: Collection[str] = ()) -> None:
    """Raises `Refused` for a parameter that there is not beside the log and those named."""
    for name, said in request.query_params.items():
        if name != "log" and name not in parameters:
            raise Refused("bad_parameter", field=name)
        visible(said, name)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _uncursor(cursor: str) -> str:
    try:
        return visible(base64.b64decode(cursor, b"-_", validate=True).decode(), "cursor")
    except ValueError:
        raise malformed("cursor", Form.CURSOR) from None
