"""`/record/check`: whether today's log still gives what a printed ledger says 核对打印件.

Somebody types in, or pastes, the line that every copy carries. The log is folded again up to the position that the copy
names: the ledgers that are served are not asked, and what was appended since makes no difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.routing import Route

from shared.contracts.codes import READERS, Role
from shared.contracts.model import Ledger, Refused, Service
from shared.ledger.replay import Replay
from shared.ledger.tables import digest
from shared.log.sealer import LogDamaged
from shared.log.tree import TreeDamaged
from shared.queries import Form, malformed, moment, visible, whole
from shared.runtime import Node
from shared.web.pages import Ask, Page, Site
from shared.web.printed import Said, hexadecimal, read_line

SEEN_BY: Final = READERS | {Role.OPERATOR}
_FIELDS: Final = ("ledger", "position", "rows", "root", "digest", "only")
_LONGEST: Final = 4_000
"""Characters of a line that is pasted."""


def routes(site: Site) -> list[Route]:
    """`/record/check`."""
    return [site.page("/record/check", CheckPage(site.node).check, SEEN_BY, heavy=True)]


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that a copy says, and what the log gives."""

    what: str
    """A text's key."""
    said: str
    found: str
    same: bool


class CheckPage:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def check(self, ask: Ask) -> Page:
        """The form; with a copy's line or its fields, what the log gives at its position."""
        there = self._ledgers(ask.visitor.actor.role)
        given = self._given(ask, there)
        shows: dict[str, Any] = {
            "ledgers": [(name, ask.words.pick(one.title_zh, one.title_en)) for name, (_, one) in there.items()],
            "given": {name: given.get(name, "") for name in _FIELDS}, "line": ask.query("line"),
            "unread": bool(ask.query("line").strip()) and not given, "compared": None, "beyond": None, "holds": None,
        }  # fmt: skip
        if given.get("ledger"):
            shows |= self._compared(ask, there, _said(given))
        return Page("site/check.html", ask.words("check_title"), shows)

    def _ledgers(self, role: str) -> Mapping[str, tuple[Service, Ledger[Any]]]:
        """Those that the visitor may read, or run, by `<service>.<ledger>`."""
        return {
            f"{service.name}.{ledger.name}": (service, ledger)
            for service in self._node.storage.services for ledger in service.served
            if role in ledger.by or role == Role.OPERATOR
        }  # fmt: skip

    @staticmethod
    def _given(ask: Ask, there: Mapping[str, tuple[Service, Ledger[Any]]]) -> Mapping[str, str]:
        """The fields, out of the line that was pasted where there is one; raises `Refused`."""
        if len(ask.query("line")) > _LONGEST:
            raise Refused("too_long", field="line")
        names = dict.fromkeys(name for _, ledger in there.values() for name in ledger.filters)
        if ask.query("line").strip():
            read = read_line(visible(ask.query("line").strip(), "line"), [*names])
            if read.get("log", ask.log) != ask.log:
                raise Refused("bad_parameter", field="log")
            return read
        return {name: visible(ask.query(name).strip(), name) for name in _FIELDS if ask.query(name).strip()}

    def _compared(
        self, ask: Ask, there: Mapping[str, tuple[Service, Ledger[Any]]], said: Said
    ) -> Mapping[str, Any]:  # fmt: skip
        """What the log gives, beside what the copy says; raises `Refused("unknown_ledger")`."""
        if said.ledger not in there:
            raise Refused("unknown_ledger", field="ledger")
        storage = self._node.storage
        if said.position >= (size := storage.log.size(ask.log)):
            return {"beyond": size, "holds": False}
        compared = []
        if said.root is not None:
            root = self._root(ask.log, said.position)
            compared.append(Compared("check_root", said.root, root, root.startswith(said.root)))
        found = self._rows(ask.log, *there[said.ledger], said)
        if said.rows is not None:
            there_are = ask.words.number(len(found))
            compared.append(Compared("check_rows", ask.words.number(said.rows), there_are, said.rows == len(found)))
        if said.digest is not None:
            again = digest(found)
            compared.append(Compared("check_digest", said.digest, again, again.startswith(said.digest)))
        return {"compared": compared, "holds": all(one.same for one in compared)} if compared else {}

    def _root(self, log: str, position: int) -> str:
        try:
            return self._node.storage.root(log, position + 1)
        except (ValueError, LogDamaged, TreeDamaged):
            return "—"

    def _rows(self, log: str, service: Service, ledger: Ledger[Any], said: Said) -> Sequence[tuple[str, Any]]:
        """The ledger's rows as the log gives them at the copy's position: those that it was made of."""
        only, by = dict(said.only), None
        if (as_of := only.pop("as_of", None)) is not None:
            time, _, basis = as_of.partition(" (")
            by = moment(time, "only") if basis.startswith("occurred") else None
        if unknown := only.keys() - set(ledger.filters):
            raise Refused("bad_parameter", field=sorted(unknown)[0])
        replay = Replay(self._node.storage.log, log, [(service, ledger)], by).to(said.position)
        rows = replay.rows(f"{service.name}.{ledger.name}")
        return [(key, row) for key, row in rows if all(_text(getattr(row, n)) == v for n, v in only.items())]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _said(given: Mapping[str, str]) -> Said:
    """What the copy says; raises `Refused` naming the field that cannot be read."""
    if "position" not in given:
        raise malformed("position", Form.NUMBER)
    position = -1 if given["position"] == "-1" else whole(given["position"], "position")
    return Said(
        ledger=given["ledger"], position=position, rows=whole(given["rows"], "rows") if "rows" in given else None,
        root=hexadecimal(given.get("root", ""), "root"), digest=hexadecimal(given.get("digest", ""), "digest"),
        only=dict(parse_qsl(given.get("only", ""))),
    )  # fmt: skip
