"""What the commands of `sanguan export` hang on, and what they share."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer

export_app: Final = typer.Typer(
    no_args_is_help=True,
    help="Write the record for other people's tools 导出: process mining, statistics, the office's printed ledgers.",
)

Position = Annotated[int | None, typer.Option(min=0, help="As the record stood at this position (default: all of it).")]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh-pseudonyms", help="Persons get pseudonyms of this export alone, which nobody can lay beside another's."
    ),
]


@contextmanager
def written() -> Iterator[None]:
    """What the writing libraries raise where there is no more room is what any file would raise."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"The file cannot be written: {error}.") from error
