"""`sanguan export xlsx`: ledgers as offices print them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection, func, select
from xlsxwriter.exceptions import XlsxWriterException

from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.exporting.app import export_app
from services.exporting.files import digest_of, ending, whole_file
from services.installation import LOG, SERVICES, opened
from shared.clock import utc_now
from shared.errors import Unusable
from shared.ledger.schema import columns_of
from shared.ledger.tables import Rows, digest
from shared.ledger.tables import progress as reached
from shared.ledger.waiting import stuck
from shared.log.database import snapshot
from shared.storage import Storage
from shared.web.exports import cells_of
from shared.web.workbook import Workbook, headings, standing

PAGE_ROWS: Final = 5_000


@export_app.command("xlsx")
def export_xlsx(
    out: Annotated[Path, typer.Argument(help="The workbook to write: FILE.xlsx.")],
    ledger: Annotated[
        list[str] | None, typer.Option(help="service.ledger, for example intake.cases. Repeatable; default: all.")
    ] = None,
    community: Annotated[str, typer.Option(help="Only this community's rows, by its division code.")] = "",
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write ledgers as offices print them 台账 (XLSX): a sheet each, A4 across, headers in two levels on every page.

    Each says the log, the position, the number of rows, the root of the tree there and when it was made, so that a
    printed one can be held against the record. What is sealed is masked.

    Examples:

    sanguan export xlsx 台账.xlsx --ledger intake.cases --ledger assignment.meetings --data data/sample

    sanguan export xlsx 文博社区.xlsx --community 410105010001 --json
    """
    ending(out, (".xlsx",))
    with opened(existing(settings(data)), audits=True) as storage, whole_file(out) as partial, bar() as progress:
        known_log(storage, log)
        wanted = _wanted(storage, ledger or [], community)
        task = progress.add_task("exporting", total=len(wanted))
        try:
            with Workbook(partial) as book, snapshot(storage.ledgers_engine, log) as connection:
                made = []
                for rows in wanted:
                    made.append(_written(storage, connection, book, log, rows, community))
                    progress.advance(task)
        except XlsxWriterException as error:
            raise OSError(f"The file cannot be written: {error}.") from error
    body = {
        "ok": True, "file": str(out), "sha256": digest_of(out), "bytes": out.stat().st_size, "log": log,
        "ledgers": made,
    }  # fmt: skip
    lines = [f"{one['name']:<34} {one['rows']:>8} rows at position {one['position']}" for one in made]
    say(body, as_json, "\n".join([*lines, f"{out}: sha256 {body['sha256']}"]))


def _wanted(storage: Storage, named: list[str], community: str) -> list[Rows[Any]]:
    """The ledgers that are asked for, in the house's order; raises `Unusable`."""
    there = {
        f"{service.name}.{ledger.name}": storage.tables[service.name][ledger.name]
        for service in SERVICES for ledger in service.served
    }  # fmt: skip
    if unknown := [name for name in named if name not in there]:
        raise Unusable(
            "unknown_ledger", f"没有台账 {'、'.join(unknown)}。现有：{'、'.join(there)}",
            f"There is no ledger {', '.join(unknown)}. There are: {', '.join(there)}",
        )  # fmt: skip
    wanted = [rows for name, rows in there.items() if name in named or not named]
    if not community:
        return wanted
    if whole := [rows.follower for rows in wanted if named and "community" not in rows.names]:
        raise Unusable(
            "not_by_community", f"台账 {'、'.join(whole)} 不分社区：请去掉 --community。",
            f"{', '.join(whole)} is not kept by community: leave --community out.",
        )  # fmt: skip
    return [rows for rows in wanted if "community" in rows.names]


def _written(
    storage: Storage, connection: Connection, book: Workbook, log: str, rows: Rows[Any], community: str
) -> dict[str, Any]:
    """Write a ledger as it is served; gives what was written. Raises `Unusable` where it does not follow the log."""
    of_this_shape = columns_of(connection, rows.table) == [column.name for column in rows.table.columns]
    if not of_this_shape or stuck(storage.ledgers_engine, log, rows.follower):
        raise Unusable(
            "ledger_behind", f"台账 {rows.follower} 停在中途或结构已旧：见 sanguan doctor，可用 sanguan rebuild 重建。",
            f"{rows.follower} is halted, waits, or is of an older shape: `sanguan doctor` says why, `sanguan rebuild`"
            " folds it again.",
        )  # fmt: skip
    equal = {"community": community} if community else {}
    at, count = _position(connection, log, rows), _count(connection, log, rows, equal)
    # The line above the rows says their digest: they are read twice, in one snapshot, and never held.
    again = digest(_rows(connection, log, rows, equal))
    stands = replace(standing(storage, log, at, count, utc_now(), equal), ledger=rows.follower, digest=again)
    cells = cells_of(rows.ledger, rows.names, _rows(connection, log, rows, equal))
    book.add(rows.ledger, headings(rows.ledger.row, rows.names, rows.ledger.sealed), cells, stands)
    return {"name": rows.follower, "position": at, "rows": count, "root": stands.root, "digest": again}


def _position(connection: Connection, log: str, rows: Rows[Any]) -> int:
    """The last position that a ledger follows; -1 for none."""
    query = select(reached.c.position).where(reached.c.log == log, reached.c.follower == rows.follower)
    found = connection.execute(query).scalar()
    return -1 if found is None else int(found)


def _count(connection: Connection, log: str, rows: Rows[Any], equal: Mapping[str, str]) -> int:
    query = select(func.count()).select_from(rows.table).where(rows.table.c.log == log)
    for name, value in equal.items():
        query = query.where(rows.table.c[name] == value)
    return int(connection.execute(query).scalar_one())


def _rows(connection: Connection, log: str, rows: Rows[Any], equal: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """The rows in the order of their keys, a page in memory at a time."""
    after: str | None = None
    while page := rows.query(connection, log, equal, after, PAGE_ROWS):
        yield from page
        after = page[-1][0]
