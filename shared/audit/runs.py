"""The runs 核对记录: what a running system found each time that it compared itself with a replay of its log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, Row, delete, func, insert, select

from shared.log.append import microseconds, moment
from shared.log.database import reading, writing
from shared.log.tree_tables import audit_runs

KEPT: Final = timedelta(days=90)
"""How long a run is kept in which nothing was found. One that found something stays."""
_LATEST: Final = 20


@dataclass(frozen=True, slots=True)
class Run:
    """One comparison of one service's ledgers and scores with the log."""

    service: str
    at: datetime
    position: int
    """Up to which it was compared; -1 for nothing."""
    differences: tuple[str, ...]
    """The ledgers and scores that were not the same, by their names. Never what stands in them."""
    micros: int
    """How long it took."""

    @property
    def kind(self) -> str:
        """What was compared, as a page names it."""
        return self.service

    @property
    def ok(self) -> bool:
        return not self.differences


def record(engine: Engine, log: str, run: Run) -> None:
    """Put a run down, and let go of those that are old and found nothing."""
    table = audit_runs.c
    old = delete(audit_runs).where(
        table.log == log, table.service == run.service, table.ok.is_(True), table.at < microseconds(run.at - KEPT)
    )
    row = insert(audit_runs).values(
        log=log, service=run.service, at=microseconds(run.at), position=run.position, ok=run.ok,
        differences=json.dumps(run.differences), micros=run.micros,
    )  # fmt: skip
    with writing(engine) as connection:
        connection.execute(old)
        connection.execute(row)


def runs(engine: Engine, log: str, limit: int = _LATEST) -> Sequence[Run]:
    """The newest runs of a log, the newest first."""
    query = select(audit_runs).where(audit_runs.c.log == log).order_by(audit_runs.c.at.desc()).limit(limit)
    with reading(engine, log) as connection:
        return [_run(row) for row in connection.execute(query)]


def standing(engine: Engine, log: str) -> Sequence[Run]:
    """The newest run of each service: what is known of it now."""
    newest = (
        select(audit_runs.c.service, func.max(audit_runs.c.at).label("at"))
        .where(audit_runs.c.log == log)
        .group_by(audit_runs.c.service)
        .subquery()
    )
    query = (
        select(audit_runs)
        .join(newest, (audit_runs.c.service == newest.c.service) & (audit_runs.c.at == newest.c.at))
        .where(audit_runs.c.log == log)
        .order_by(audit_runs.c.service)
    )
    with reading(engine, log) as connection:
        return [_run(row) for row in connection.execute(query)]


def _run(row: Row[Any]) -> Run:
    return Run(row.service, moment(row.at), row.position, tuple(json.loads(row.differences)), row.micros)
