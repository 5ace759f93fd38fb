"""A service's ledgers as a prefix of the log makes them: so that an answer can be had again as it was."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.contracts.model import Ledger, Refused, Row, Service
from shared.ledger.replay import Replay
from shared.log.store import Log


class PrefixLook:
    """Ledgers, folded again up to a position. Satisfies `contracts.model.Look`. What this program could not fold to
    its end raises `Refused("ledger_behind")`, as it does where decisions look."""

    def __init__(
        self, log: str, position: int, rows: Mapping[str, Mapping[str, Any]], root: Callable[[int], str]
    ) -> None:
        self.log, self.position, self._rows, self._root = log, position, rows, root

    def row(self, ledger: Ledger[Row], key: str) -> Row | None:
        found: Row | None = self._of(ledger).get(key)
        return found

    def rows(self, ledger: Ledger[Row], **equal: object) -> Sequence[Row]:
        found = self._of(ledger).values()
        return [row for row in found if all(getattr(row, name) == value for name, value in equal.items())]

    def _of(self, ledger: Ledger[Any]) -> Mapping[str, Any]:
        if ledger.name not in self._rows:
            raise Refused("ledger_behind", ledger=ledger.name)
        return self._rows[ledger.name]

    def root(self) -> str:
        return self._root(self.position + 1)


def prefix(service: Service, store: Log, log: str, position: int, root: Callable[[str, int], str]) -> PrefixLook:
    """The ledgers as they stood at a position; raises `Refused("beyond_the_end")`."""
    size = store.size(log)
    if position >= size:
        raise Refused("beyond_the_end", field="position", last=size - 1)
    replay = Replay(store, log, [(service, ledger) for ledger in service.ledgers]).to(position)
    folded = {one.name: f"{service.name}.{one.name}" for one in service.ledgers}
    rows = {
        name: dict(replay.rows(follower)) for name, follower in folded.items()
        if replay.ledgers[follower].halt is None and not replay.ledgers[follower].parked
    }  # fmt: skip
    return PrefixLook(log, position, rows, lambda size: root(log, size))
