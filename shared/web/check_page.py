"""`/record/check`: whether today's log still gives what a printed ledger says 核对打印件.

Somebody types in, or pastes, the line that every copy carries. The log is folded again up to the position that the copy
names: the ledgers that are served are not asked, and what was appended since makes no difference. The root is computed
from the very bytes that are folded, and held against the copy and against the tree that is stored and signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.routing import Route

from shared.audit.proven import Verdict, proven
from shared.contracts.codes import READERS, Role
from shared.contracts.model import Ledger, Refused, Service
from shared.ledger.replay import Replay
from shared.ledger.tables import digest
from shared.log.codec import UnreadableEvent
from shared.log.tree import Frontier
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
    return [site.page("/record/check", CheckPage(site.node).check, SEEN_BY, heavy=True, pasted={"line"})]


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that a copy says, and what the log gives."""

    what: str
    """A text's key."""
    said: str
    found: str
    same: bool | None
    """None where it cannot be told."""


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
            "given": {name: given.get(name, "") for name in _FIELDS}, "line": ask.query("line"), "compared": None,
            "unread": bool(ask.query("line").strip()) and not given, "beyond": None, "fresh": None,
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
        if line := " ".join(ask.query("line").split()):  # as people paste it: with the ends of its lines
            read = read_line(visible(line, "line"), [*names])
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
            return {"beyond": size}
        service, ledger = there[said.ledger]
        only = _chosen(ledger, said)
        if (said.root, said.rows, said.digest) == (None, None, None):
            return {}
        replay, tree = self._folded(ask.log, service, ledger, said)
        rows = replay.rows(said.ledger)
        found = [(key, row) for key, row in rows if all(_text(getattr(row, n)) == v for n, v in only.items())]
        compared = []
        if said.root is not None:
            root = tree.root().hex()
            compared.append(Compared("check_root", said.root, root, root.startswith(said.root)))
        if said.rows is not None:
            there_are = ask.words.number(len(found))
            compared.append(Compared("check_rows", ask.words.number(said.rows), there_are, said.rows == len(found)))
        if said.digest is not None:
            again = digest(found)
            compared.append(Compared("check_digest", said.digest, again, again.startswith(said.digest)))
        verdict = Verdict.HOLDS
        if said.position >= 0:
            proof = proven(storage, ask.log, said.position, tree)
            verdict = proof.verdict
            signed = ask.words(f"check_tree_{verdict}", size=proof.size)
            compared.append(Compared("check_tree", "—", signed, _TOLD.get(verdict)))
        if verdict is not Verdict.FAILS and (halt := replay.ledgers[said.ledger].halt) is not None:
            raise UnreadableEvent(halt.position, "")  # nothing was altered: a newer program wrote it
        if any(one.same is False for one in compared):
            verdict = Verdict.FAILS
        fresh = self._fresh(ask.log, said) if ask.visitor.actor.role in ledger.by else None
        return {"compared": compared, "verdict": verdict, "fresh": fresh}

    def _folded(self, log: str, service: Service, ledger: Ledger[Any], said: Said) -> tuple[Replay, Frontier]:
        """The ledger as the log gives it at the copy's position, and the tree over the bytes that were read."""
        time, _, basis = said.only.get("as_of", "").partition(" (")
        by = moment(time, "only") if basis.startswith("occurred") else None
        replay, tree = Replay(self._node.storage.log, log, [(service, ledger)], by), Frontier()
        replay.to(said.position, raw=tree.read)
        return replay, tree

    def _fresh(self, log: str, said: Said) -> str | None:
        """Where the same rows are printed again as of that position: as of when it was recorded. What had happened by a
        moment cannot be had as it was known at a position."""
        only = dict(said.only)
        _, _, basis = only.pop("as_of", "").partition(" (")
        stored = self._node.storage.log.read(log, said.position - 1, 1) if said.position >= 0 else ()
        if basis.startswith("occurred") or not stored:
            return None
        query = {"format": "html", "as_of": stored[0].recorded_at.isoformat(), **only}
        return f"/{said.ledger.replace('.', '/ledgers/')}?{urlencode(query)}"


_TOLD: Final = {Verdict.HOLDS: True, Verdict.FAILS: False}
"""Of a proof whether it is well; what is not here cannot be told."""


def _chosen(ledger: Ledger[Any], said: Said) -> Mapping[str, str]:
    """By which columns the copy's rows were chosen; raises `Refused` where the ledger has none such."""
    only = {name: value for name, value in said.only.items() if name != "as_of"}
    if unknown := only.keys() - set(ledger.filters):
        raise Refused("bad_parameter", field=sorted(unknown)[0])
    return only


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
