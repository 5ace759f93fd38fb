"""`sanguan export parquet`: the record as tables, as statisticians and databases read them."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.exporting.app import Fresh, Position, export_app, written
from services.exporting.files import digest_of, whole_directory, whole_file
from services.exporting.parquet_files import ParquetFiles, arrow
from services.exporting.pseudonyms import Pseudonyms
from services.exporting.telling import extent, tell
from services.installation import LOG, opened

ENDING: Final = ".parquet"


@export_app.command("parquet")
def export_parquet(
    out: Annotated[Path, typer.Argument(help="FILE.parquet for the events, or a directory for every table.")],
    position: Position = None,
    fresh: Fresh = False,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write tables 数据表 (Parquet): the events alone into FILE.parquet; into a directory also the objects, what became
    of them, and how all are related.

    What leaves is the same as with `sanguan export ocel`; docs/export-schema.md describes every column, and so do the
    files. Needs pyarrow, which is not installed with sanguan.

    Examples:

    sanguan export parquet events.parquet --data data/sample

    sanguan export parquet tables/ --log 410105010 --position 1999 --json
    """
    arrow()  # before anything is read
    one = out.name.lower().endswith(ENDING)
    place: AbstractContextManager[Path] = whole_file(out) if one else whole_directory(out)
    with opened(existing(settings(data)), audits=True) as storage, place as partial, bar() as progress:
        told = extent(storage, log, known_log(storage, log), position)
        task = progress.add_task("exporting", total=told.position + 1)
        pseudonyms = Pseudonyms.of(storage, log, fresh=fresh)
        with written(), ParquetFiles(partial, log, told.position, told.root) as files:
            tell(storage, told, pseudonyms, files, lambda done: progress.update(task, completed=done))
    files_there = [out] if one else sorted(out.glob(f"*{ENDING}"))
    made = {file.name: {"sha256": digest_of(file), "bytes": file.stat().st_size} for file in files_there}
    lines = [f"{name}: {file['bytes']} bytes, sha256 {file['sha256']}" for name, file in made.items()]
    lines.append(f"{told.events} events up to position {told.position} of log {told.log}, root {told.root}")
    say({"ok": True, "file": str(out), "files": made, **told.as_json()}, as_json, "\n".join(lines))
