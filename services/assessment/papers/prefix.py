"""The ledgers as a prefix of the log makes them: so that a paper can be had again as it was."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.assessment.service import SERVICE
from shared.contracts.model import Ledger, Refused, Row
from shared.ledger.replay import Replay
from shared.log.store import Log


class PrefixLook:
    """Assessment's ledgers, folded again up to a position. Satisfies `contracts.model.Look`."""

    def __init__(
        self, log: str, position: int, rows: Mapping[str, Mapping[str, Any]], root: Callable[[int], str]
    ) -> None:
        self.log, self.position, self._rows, self._root = log, position, rows, root

    def row(self, ledger: Ledger[Row], key: str) -> Row | None:
        found: Row | None = self._rows[ledger.name].get(key)
        return found

    def rows(self, ledger: Ledger[Row], **equal: object) -> Sequence[Row]:
        found = self._rows[ledger.name].values()
        return [row for row in found if all(getattr(row, name) == value for name, value in equal.items())]

    def root(self) -> str:
        return self._root(self.position + 1)


def prefix(store: Log, log: str, position: int, root: Callable[[str, int], str]) -> PrefixLook:
    """The ledgers as they stood at a position; raises `Refused("beyond_the_end")`."""
    size = store.size(log)
    if position >= size:
        raise Refused("beyond_the_end", field="position", last=size - 1)
    replay = Replay(store, log, [(SERVICE, ledger) for ledger in SERVICE.ledgers]).to(position)
    rows = {one.name: dict(replay.rows(f"{SERVICE.name}.{one.name}")) for one in SERVICE.ledgers}
    return PrefixLook(log, position, rows, lambda size: root(log, size))
