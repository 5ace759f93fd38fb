"""The `sanguan` command line. Each command says what it will do, shows its progress, and answers in JSON with --json.

Exit codes: 0 well · 1 a finding (a difference, an altered record, a fault) · 2 unusable input or settings. With --json
stdout holds one object and nothing else, also where it did not go well: then `ok` is false, with the `code` and what
to do. Whatever is told beside that, logs too, goes to stderr.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from socket import socket
from typing import Annotated, Any, Final, NamedTuple, cast

import structlog
import typer
from rich.markup import escape
from sqlalchemy.exc import DBAPIError

from services.cli import Data, Json, LogName, bar, check_log, existing, known_log, notes, run_loop, say, settings
from services.installation import LOG, SERVICES, declared, named, opened
from services.parts import WithParts
from shared import logging
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.days import civil_day, read_day
from shared.contracts.event import Actor
from shared.contracts.model import Refused, Service
from shared.errors import Sentences, Unusable
from shared.ledger.runner import Runner
from shared.log.codec import UnreadableEvent
from shared.storage import Storage

app: Final = typer.Typer(
    name="sanguan",
    cls=WithParts,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="三官一师: a record of community dispute work that anyone can replay and verify.\n\n"
    "Start with [bold]sanguan up --with-sample[/], or [bold]sanguan demo[/].",
)
docs_app: Final = typer.Typer(no_args_is_help=True, help="Documents made from the code.")
app.add_typer(docs_app, name="docs")


class Part(StrEnum):
    """What `run` runs."""

    INTAKE = "intake"
    ASSIGNMENT = "assignment"
    ASSESSMENT = "assessment"
    PRIVACY = "privacy"
    RECORD = "record"


# serving ----------------------------------------------------------------------------------------------------------


@app.command()
def up(
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="The port (default 8000).")] = None,
    with_sample: Annotated[bool, typer.Option("--with-sample", help="With the sample campaign (synthetic).")] = False,
) -> None:
    """Serve the whole system: all services, the record, the pages, on one port.

    Example: sanguan up --data data/sample --with-sample
    """
    from services.serving import listening
    from services.together import serve, together

    made = settings(data, port=port)

    async def work(listener: socket) -> None:
        async with together(made, timed=True) as node:
            guest = None
            if with_sample:
                from services import sample  # with the importer, which nothing else here needs

                await sample.ensure(node, notes.print)
                guest = Visitor(Actor(id="guest", role=Role.LEADER), LOG)
            await serve(node, listener, guest, lambda url: _announce(url, node.redis_url))

    with listening(made) as listener:
        run_loop(work(listener))


@app.command()
def run(
    part: Annotated[Part, typer.Argument(help="Which process to run.")],
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="The port to serve on.")] = None,
) -> None:
    """Run one service, or the record (relay, sealer, the log's API), against given servers.

    Example: SANGUAN_DATABASE_URL=postgresql://… SANGUAN_REDIS_URL=redis://… sanguan run intake --port 8001
    """
    from services.serving import listening
    from services.together import serve
    from shared.runtime import Node

    made = settings(data, port=port)

    async def work(listener: socket) -> None:
        with opened(existing(made), audits=True) as storage:
            if made.redis_url is None:
                absent = "SANGUAN_REDIS_URL is not set: the ledgers poll the log, nothing is published."
                notes.print(f"[yellow]![/] {absent}")
            services = named([part])
            node = Node(
                storage, services, record=part is Part.RECORD, redis_url=made.redis_url, timed=True,
                declared=declared(services),
            )  # fmt: skip
            async with node.running():
                await serve(node, listener, None, _announce)

    with listening(made) as listener:
        run_loop(work(listener))


def _announce(url: str, stream: str | None = None) -> None:
    notes.print(f"[green]✓[/] sanguan is at [bold]{url}[/]  (Ctrl-C stops it)", highlight=False, soft_wrap=True)
    if stream is not None:
        shown = stream if stream.startswith("unix:") else "SANGUAN_REDIS_URL"  # which may hold a password
        read = f"python docs/read_case_events.py {shown}" if shown is stream else "docs/read_case_events.py"
        notes.print(f"  events are on the stream at {shown}  ({read} reads them)", highlight=False, soft_wrap=True)


@app.command()
def migrate(data: Data = None, as_json: Json = False) -> None:
    """Bring the databases to this version's tables. Safe to run again. (`sanguan up` does so by itself.)"""
    with opened(existing(settings(data))) as storage:
        say({"ok": True, "revision": storage.revision()}, as_json, f"The databases are at {storage.revision()}.")


# the main job -----------------------------------------------------------------------------------------------------


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Keep what it makes here (default: nothing is kept).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Do the whole job once: plan, import, a season of work, scores, audit. Synthetic data.

    It ends with the scoreboard and the campaign's summary: phases, targets reached and missed, anomalies, flags.

    Example: sanguan demo --data demo-data   (keeps what it made)
    """
    from services.demo import demo as whole_job

    with _kept_or_not(data) as directory:
        raise typer.Exit(run_loop(whole_job(settings(directory), data is not None, notes, as_json)))


@app.command()
def season(
    log: Annotated[list[str] | None, typer.Option(help="A log, by its nine-digit division code. Repeatable.")] = None,
    year: Annotated[int, typer.Option(min=2015, max=2199, help="The first year.")] = 2015,
    years: Annotated[int, typer.Option(min=1, max=50, help="How many years.")] = 1,
    communities: Annotated[int, typer.Option(min=1, max=900, help="Communities in each sub-district.")] = 8,
    cases: Annotated[int, typer.Option(min=1, max=5000, help="Disputes of a middling community in a year.")] = 24,
    volume: Annotated[int, typer.Option(min=1, max=50, help="How many times as much public work as usual.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other years.")] = 2015,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make up years of work in invented sub-districts, for exercises and tests. Their logs are declared synthetic.

    The same arguments again change nothing; more --years add to them.

    Example: sanguan season --log 410105010 --log 410105011 --year 2015 --years 2 --data data/exercise
    """
    from services.season.command import invent, scenarios

    logs = log or [LOG]
    for one in logs:
        check_log(one)
    wanted = scenarios(
        logs, utc_now(), year=year, years=years, communities=communities, cases=cases, volume=volume,
        seed=seed,
    )  # fmt: skip
    raise typer.Exit(run_loop(invent(settings(data), wanted, bar, as_json)))


@contextmanager
def _kept_or_not(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="sanguan-") as directory:
        yield Path(directory)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The clerk's workbook (.xlsx).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge; change nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Give the workbook back with what was wrong in each row.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 where a row was rejected.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Make everything void that this workbook brought in.")] = False,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take a paper ledger over from a clerk's workbook 台账导入. The same file again changes nothing.

    Example: sanguan import 台账.xlsx --dry-run --report 意见.xlsx
    """
    from services.taking_over import import_workbook

    raise typer.Exit(
        run_loop(
            import_workbook(
                settings(data), file, log, dry_run=dry_run, report_to=report, strict=strict, undo=undo,
                as_json=as_json, notes=notes,
            )
        )
    )  # fmt: skip


# operating --------------------------------------------------------------------------------------------------------


def known_ledger(storage: Storage, ledger: str) -> tuple[Service, str]:
    """The service and the name of a ledger that is called `service.name`; ends with what there are."""
    service, _, name = ledger.partition(".")
    for found in named([service]):
        if name in storage.tables[found.name]:
            return found, name
    names = ", ".join(f"{s}.{n}" for s, tables in storage.tables.items() for n in tables)
    raise Unusable(
        "unknown_ledger", f"没有台账 {ledger}。现有：{names}", f"There is no ledger {ledger}. There are: {names}"
    )


@app.command()
def rebuild(
    ledger: Annotated[str, typer.Argument(help="service.ledger, for example intake.cases")],
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fold a ledger again from the log's beginning and put it in place of the old one.

    Example: sanguan rebuild intake.cases
    """
    with opened(existing(settings(data))) as storage:
        service, name = known_ledger(storage, ledger)
        known_log(storage, log)
        position = Runner(service, storage.log, storage.ledgers_engine, utc_now).rebuild(log, name)
    say({"ok": True, "ledger": ledger, "position": position}, as_json, f"{ledger} rebuilt up to position {position}.")


@app.command()
def doctor(data: Data = None, as_json: Json = False) -> None:
    """Look for what waits: halted ledgers, parked keys, refused reactions and timed commands; and for what is served
    otherwise than the log has it, or could not be compared (docs/runbook.md).

    Exits with 1 where there is something.
    """
    from shared.audit.runs import standing
    from shared.ledger.waiting import Trouble, refused, troubles
    from shared.log import cosignatures

    with opened(existing(settings(data))) as storage:
        found = troubles(storage.ledgers_engine) + refused(storage.log_engine)
        logs = storage.log.heads()
        compared = [(log, run) for log in logs for run in standing(storage.log_engine, log)]
        untimely = [(log, count) for log in logs if (count := cosignatures.untimely(storage.log_engine, log))]
    for log, run in compared:
        if not run.ok:
            found.append(Trouble(log, run.service, "differs", str(run.position), ", ".join(run.differences)))
        if run.failed is not None:
            found.append(Trouble(log, run.service, "not compared", str(run.position), run.failed))
    why = "rows of a time that no clock has given"
    found += [Trouble(log, "checkpoints and witnesses", "differs", str(count), why) for log, count in untimely]
    compared = [(log, run) for log, run in compared if not run.altered]
    lines = [f"{one.log} {one.follower} {one.kind} at {one.where}: {one.why}" for one in found] or ["Nothing waits."]
    lines += [
        f"{log} {run.service}: {run.compared} of {run.ledgers} ledgers compared {run.minutes_ago(utc_now())} minutes"
        f" ago, up to {run.position}; {run.waiting} rows wait and were not compared"
        for log, run in compared
    ]
    body = {
        "ok": not found, "troubles": [{n: getattr(t, n) for n in t.__slots__} for t in found],
        "compared": [
            {
                "log": log, "service": run.service, "at": run.at.isoformat(), "position": run.position,
                "ledgers": run.ledgers, "compared": run.compared, "waiting": run.waiting,
            }
            for log, run in compared
        ],
    }  # fmt: skip
    say(body, as_json, "\n".join(lines))
    raise typer.Exit(1 if found else 0)


@app.command()
def retention(
    as_of: Annotated[str | None, typer.Option(help="Due on which day (YYYY-MM-DD; default: today).")] = None,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the personal data that have been kept long enough 保管期限, and how far their erasure has come.

    Nothing is erased here: that takes two persons, the one who proposes it and the one who approves it.

    Example: sanguan retention --as-of 2027-01-01
    """
    from services.forgetting import due_on

    day = civil_day(utc_now()) if as_of is None else read_day(as_of)
    if day is None:
        raise Unusable("bad_day", f"{as_of} 不是日期。", f"{as_of} is no day: write it as 2027-01-01.")
    with opened(existing(settings(data)), audits=True) as storage:
        known_log(storage, log)
        found = due_on(storage, log, day)
    say(found.as_json(), as_json, found.as_text())


@app.command()
def unpark(
    ledger: Annotated[str, typer.Argument(help="service.ledger, as `sanguan doctor` names it")],
    key: Annotated[str, typer.Argument(help="The parked key.")],
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Try a parked key's events again, in order. It is recorded that this was done. Exits with 1 where they still wait.

    Example: sanguan unpark intake.cases 0f3a
    """
    with opened(existing(settings(data))) as storage:
        service, name = known_ledger(storage, ledger)
        try:
            went_on = Runner(service, storage.log, storage.ledgers_engine, utc_now).unpark(log, name, key)
        except LookupError:
            raise Unusable(
                "nothing_parked", f"日志 {log} 的台账 {ledger} 中，{key} 没有待处理的事件。",
                f"Nothing waits at {key} in {ledger} of log {log}.",
            ) from None  # fmt: skip
    say({"ok": went_on, "ledger": ledger, "key": key}, as_json, "It goes on." if went_on else "It still waits.")
    raise typer.Exit(0 if went_on else 1)


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="The actor's role.")],
    log: LogName,
    subject: Annotated[str | None, typer.Option(help="Who it is (a pseudonym).")] = None,
    hours: Annotated[
        int | None, typer.Option(min=1, max=24, help="How long it is valid (default: 12, or 8 for these three roles).")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Mint a token for a role in one sub-district's log.

    It cannot be ended before its time: a day at most, eight hours for auditor, privacy and operator. Programs that stay
    have `sanguan machine open`.

    Example: sanguan token --role clerk --log 410105010
    """
    from shared.access.tokens import Tokens, load_token_key, longest

    made = settings(data)
    if made.token_key is None:  # else it needs no more
        existing(made)
    check_log(log)
    hours = min(12, longest(role) // timedelta(hours=1)) if hours is None else hours
    try:
        text = Tokens(load_token_key(made), utc_now).mint(
            role, log, subject=subject or f"{role}-1", valid=timedelta(hours=hours)
        )
    except ValueError as error:
        raise Unusable("token_refused", "不签发这样的令牌。", f"No such token is minted: {error}.") from None
    say({"token": text, "role": role, "log": log, "hours": hours}, as_json, text)


# documents --------------------------------------------------------------------------------------------------------


@docs_app.command("openapi")
def docs_openapi() -> None:
    """The OpenAPI document of the whole system."""
    from shared.web.documents import openapi

    print(json.dumps(openapi(SERVICES), ensure_ascii=False, indent=1))


@docs_app.command("asyncapi")
def docs_asyncapi() -> None:
    """The AsyncAPI document of the event stream."""
    from shared.web.documents import asyncapi

    print(json.dumps(asyncapi(SERVICES), ensure_ascii=False, indent=1))


@docs_app.command("events")
def docs_events(as_json: Json = False) -> None:
    """The catalogue of events."""
    from shared.contracts.catalogue import EVENTS

    rows = [{"type": e.NAME, "owner": e.OWNER, "meaning": (e.__doc__ or "").strip()} for e in EVENTS]
    say({"events": rows}, as_json, "\n".join(f"{row['type']:<55} {row['meaning'].splitlines()[0]}" for row in rows))


@docs_app.command("clauses")
def docs_clauses(as_json: Json = False) -> None:
    """What lives of each clause of the plan, read off the code; tests where their sources lie beside it."""
    from services.clauses import clauses

    rows = clauses(SERVICES)
    lines = (f"§{row['clause']:<6} {row['title_zh']}（{row['lead']}） {len(row['events'])} events" for row in rows)
    say({"clauses": rows}, as_json, "\n".join(lines))


@docs_app.command("schema")
def docs_schema(name: Annotated[str, typer.Argument(help="plan or rulebook")]) -> None:
    """The JSON Schema of a document that an office writes: editors complete and check by it.

    Example: sanguan docs schema plan > plan.schema.json
    """
    from shared.web.documents import document_schema

    documents = {document.name: document for service in SERVICES for document in service.documents}
    if name not in documents:
        there = ", ".join(documents)
        raise Unusable("unknown_document", f"没有“{name}”这种文件。现有：{there}", f"No document is a {name}: {there}")
    print(json.dumps(document_schema(documents[name]), ensure_ascii=False, indent=1))


@docs_app.command("policy")
def docs_policy() -> None:
    """Who may do what, address by address: the table that every process keeps to."""
    from services.together import whole_policy
    from shared.web.health import policy

    print(json.dumps(policy(SERVICES, whole_policy()), ensure_ascii=False, indent=1))


# the end ----------------------------------------------------------------------------------------------------------

_UsageError: Final = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""What typer raises for any call that cannot be read; it publishes this one of its kinds alone."""


class Trouble(NamedTuple):
    """Why a command did not do its work."""

    code: str
    zh: str
    en: str
    exit: int = 2


def trouble(error: Exception) -> Trouble:
    """An error as it is told: what a user can mend by name, and what is our fault without its messages."""
    match error:
        case Refused():
            problem, field = Sentences(SERVICES).problem(error), error.field or ""
            of = "" if not field.startswith("--") or field in problem["detail_en"] else f"{field}: "
            return Trouble(error.code, f"{of}{problem['detail_zh']}", f"{of}{problem['detail_en']}")
        case Unusable():
            return Trouble(error.code, error.detail_zh, error.detail_en)
        case UnreadableEvent(position=at):
            problem = Sentences(SERVICES).problem(Refused("event_unreadable", position=at))
            return Trouble("event_unreadable", problem["detail_zh"], problem["detail_en"], exit=1)
        case typer.Abort():
            return Trouble("given_up", "已中止。", "It was given up before anything was done.", exit=1)
        case OSError():
            return Trouble("file_or_network", "文件或网络不可用。", str(error))
        case DBAPIError():
            kind = type(error.orig).__name__
            return Trouble("database", "数据库没有正常应答。", f"The database does not answer as it should ({kind}).")
        case _ if isinstance(error, _UsageError):
            said = cast(Any, error).format_message() or "Name one of the commands."  # it was shown them already
            return Trouble("bad_usage", "命令的写法不对：--help 有说明。", said)
        case _:
            structlog.get_logger(__name__).error("fault", exc_info=error)
            what = f"Something went wrong here ({type(error).__name__}); the log on stderr says where."
            return Trouble("internal", "系统出错，日志中有出错位置。", what, exit=1)


def main() -> None:
    """Run the command line: what a user can mend is one line and exit code 2, never a traceback."""
    as_json = "--json" in sys.argv[1:]
    logging.configure("info", json=not sys.stderr.isatty())  # until the settings say otherwise
    try:
        code = app(standalone_mode=False)  # else it would draw a box around what is wrong with a call
    except Exception as error:
        why = trouble(error)
        if as_json:
            say({"ok": False, "code": why.code, "detail_zh": why.zh, "detail_en": why.en}, as_json, "")
        notes.print(f"[red]✗[/] {escape(f'{why.zh} {why.en} ({why.code})')}", highlight=False, soft_wrap=True)
        code = why.exit
    sys.exit(code)


if __name__ == "__main__":
    main()
