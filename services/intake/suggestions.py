"""Looking for possible duplicates 疑似重复 of a case: the blind index and the ledger name candidates, boxes decide.

The values are opened in this process, compared, and dropped; what is answered holds none of them.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import structlog
from sqlalchemy import Connection, select

from services.intake.duplicates import (
    NEAR_DAYS,
    Account,
    PossibleDuplicates,
    account,
    days_apart,
    fit,
    in_hand,
    marks_of,
    near,
    suggestions,
)
from services.intake.ledgers.cases import LEDGER, Row
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.contracts.model import Trace
from shared.log.database import snapshot
from shared.runtime import Node

MOST_COMPARED: Final = 60
"""Cases whose boxes are opened at one asking: those that the index names, and then the nearest in time."""

logger: Final = structlog.get_logger(__name__)


class Suggestions:
    """Answers which cases may be the same matter as one."""

    def __init__(self, node: Node) -> None:
        self._rows = node.followers["intake"].runner.tables[LEDGER.name]
        self._engine, self._vault = node.storage.ledgers_engine, node.storage.vault

    def of(self, log: str, row: Row, asker: Actor, community: str | None, now: datetime) -> PossibleDuplicates:
        """Those of a case that somebody has in hand; none of another. Who reaches one `community` alone is told of none
        beyond it: else a number that one gives to a case of one's own would find its owner anywhere."""
        found = PossibleDuplicates(log=log, case=row.id, possible=())
        if in_hand(row):
            told = self._accounts(log, [row])[row.id]
            named = self._vault.blind.subjects(log, (Trace(*mark, of="") for mark in told.marks), now)
            others = self._candidates(log, row, {_case(subject) for subject in named}, community)
            its = self._accounts(log, others)
            possible = suggestions(row, told, ((other, its[other.id]) for other in others))
            found = PossibleDuplicates(log=log, case=row.id, possible=tuple(possible))
        # How many, not which: what two cases share is nobody's to gather from our logs.
        logger.info(
            "possible duplicates were asked for", log=log, case=row.id, actor=asker.id, role=str(asker.role),
            told=len(found.possible),
        )  # fmt: skip
        return found

    def _candidates(self, log: str, row: Row, named: set[str], community: str | None) -> list[Row]:
        with snapshot(self._engine, log) as connection:
            rows: dict[str, Row] = self._rows.fetch(connection, log, named) | self._near(connection, log, row)
        within = (other for other in rows.values() if community in (None, other.community))
        fitting = (other for other in within if fit(row, other))
        return sorted(fitting, key=lambda one: (one.id not in named, days_apart(row, one), one.id))[:MOST_COMPARED]

    def _near(self, connection: Connection, log: str, row: Row) -> dict[str, Row]:
        """Cases of the same place, type and time."""
        table, day = self._rows.table.c, civil_day(row.reported_at)
        # Moments are kept as text, each with its own offset: a day more on either side, and `near` is exact.
        since, until = day - timedelta(days=NEAR_DAYS + 1), day + timedelta(days=NEAR_DAYS + 2)
        query = select(table.key, *(table[name] for name in self._rows.names)).where(
            table.log == log, table.community == row.community, table.dispute_type == row.dispute_type,
            table.reported_at >= since.isoformat(), table.reported_at < until.isoformat(),
        )  # fmt: skip
        found = {key: self._rows.row(values) for key, *values in connection.execute(query)}
        return {key: other for key, other in found.items() if near(row, other)}

    def _accounts(self, log: str, rows: Collection[Row]) -> dict[str, Account]:
        """What cases say; of what was forgotten, nothing."""
        opened = self._vault.open_all(log, {box for row in rows for box in _boxes(row)})
        return {row.id: _account(row, opened) for row in rows}


def _boxes(row: Row) -> Iterator[str]:
    for party in row.parties:
        yield from (box for box in (party.name, party.phone, party.id_number) if box is not None)
    yield row.summary


def _account(row: Row, opened: Mapping[str, str]) -> Account:
    """What a case says, by what its boxes hold."""

    def held(box: str | None) -> str | None:
        return None if box is None else opened.get(box)

    parties = (marks_of(held(party.name), held(party.phone), held(party.id_number)) for party in row.parties)
    return account(chain.from_iterable(parties), held(row.summary))


def _case(subject: str) -> str:
    """The case whose part it is: `case/<id>#parties/0`."""
    return subject.partition("#")[0].partition("/")[2]
