"""What all commands of `sanguan` share: their options, their settings, how they answer and how they end."""

import asyncio
import json
import signal
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from services.installation import data_exists
from shared import logging
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.settings import Settings, load
from shared.storage import Storage

notes: Final = Console(stderr=True)

Data = Annotated[
    Path | None, typer.Option("--data", help="The data directory (default: $SANGUAN_DATA_DIR, else ./data).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
LogName = Annotated[str, typer.Option("--log", help="The sub-district's log: its nine-digit division code.")]


def say(value: dict[str, Any], as_json: bool, text: str) -> None:
    """The answer on stdout: for a program, or for a person."""
    print(json.dumps(value, ensure_ascii=False) if as_json else text)


def bar() -> Progress:
    """A progress bar on a terminal; nothing in a pipe."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=notes, transient=True, disable=not notes.is_terminal,
    )  # fmt: skip


def settings(data: Path | None, **over: object) -> Settings:
    """The settings of this call, logging set up."""
    try:
        made = load(data, **over)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]  # a secret may be what is wrong
        name = f"SANGUAN_{'_'.join(map(str, first['loc'])).upper()}"
        raise Unusable("bad_setting", f"设置 {name} 不能使用。", f"{name}: {first['msg']}") from None
    logging.configure(made.log_level, json=not sys.stderr.isatty())
    return made


def run_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end. Ctrl-C and a service manager's SIGTERM cancel the work, which then stops all that it started.

    Work that serves ends well by it; any other has not been done, which the exit code says.
    """
    stopped_by: list[signal.Signals] = []

    async def stoppable() -> Any:
        task = asyncio.current_task()
        assert task is not None

        def stop(number: signal.Signals) -> None:
            stopped_by.append(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        return await work

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        sys.exit(128 + stopped_by[0])


def existing(made: Settings) -> Settings:
    """Settings of an installation that is there."""
    if made.database_url is None and not data_exists(made.data_dir):
        raise Unusable(
            "no_record",
            f"{made.data_dir} 中没有记录：请用 --data 或 SANGUAN_DATABASE_URL 指明。",
            f"There is no record in {made.data_dir}: give --data, or SANGUAN_DATABASE_URL.",
        )
    return made


@contextmanager
def options(names: Mapping[str, str] | None = None) -> Iterator[None]:
    """A refusal of a parameter names the option that gives it: of the same name, unless told."""
    try:
        yield
    except Refused as refused:
        if refused.field is None:
            raise
        option = (names or {}).get(refused.field) or f"--{refused.field.replace('_', '-')}"
        raise Refused(refused.code, field=option, allowed=refused.allowed, **refused.known) from None


def known_log(storage: Storage, log: str) -> int:
    """The size of a log that is there."""
    if size := storage.log.size(log):
        return size
    there = ", ".join(storage.log.heads()) or "—"
    raise Unusable("unknown_log", f"没有日志 {log}。现有：{there}", f"There is no log {log} here. There are: {there}")


def check_log(log: str) -> None:
    """That a log's name is one; raises `Unusable`."""
    if not (log.isascii() and log.isdigit() and len(log) == 9):
        raise Unusable(
            "bad_log", "日志名是街道的九位区划代码，例如 410105010。",
            "A log is a sub-district's nine-digit division code, for example 410105010.",
        )  # fmt: skip
