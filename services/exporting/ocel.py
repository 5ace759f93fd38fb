"""`sanguan export ocel`: the record as an object-centric event log (OCEL 2.0), as process miners read it."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.exporting.app import Fresh, Position, export_app, written
from services.exporting.files import digest_of, ending, whole_file
from services.exporting.ocel_json import OcelJson
from services.exporting.ocel_sqlite import OcelSqlite
from services.exporting.pseudonyms import Pseudonyms
from services.exporting.telling import extent, tell
from services.installation import LOG, opened

WRITERS: Final[dict[str, type[OcelJson | OcelSqlite]]] = {
    ".json": OcelJson, ".jsonocel": OcelJson, ".sqlite": OcelSqlite,
}  # fmt: skip


@export_app.command("ocel")
def export_ocel(
    out: Annotated[Path, typer.Argument(help="The file to write: .json, .jsonocel or .sqlite.")],
    position: Position = None,
    fresh: Fresh = False,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write an object-centric event log 对象中心事件日志 (OCEL 2.0): cases, communities, officers by pseudonym,
    meetings, and every event with what it is about.

    No name, no text that somebody typed, and nothing sealed leaves. docs/export-schema.md says what does.

    Examples:

    sanguan export ocel 2015.jsonocel --data data/sample

    sanguan export ocel 2015.sqlite --log 410105010 --fresh-pseudonyms --json
    """
    writer = WRITERS[ending(out, tuple(WRITERS))]
    with opened(existing(settings(data)), audits=True) as storage, whole_file(out) as partial, bar() as progress:
        told = extent(storage, log, known_log(storage, log), position)
        task = progress.add_task("exporting", total=told.position + 1)
        pseudonyms = Pseudonyms.of(storage, log, fresh=fresh)
        with written(), writer(partial) as file:
            tell(storage, told, pseudonyms, file, lambda done: progress.update(task, completed=done))
    _say(out, told.as_json(), as_json)


def _say(out: Path, told: dict[str, Any], as_json: bool) -> None:
    body = {"ok": True, "file": str(out), "sha256": digest_of(out), "bytes": out.stat().st_size, **told}
    left = sum(told["left_out"].values())
    text = (
        f"{out}: {told['events']} events about {told['objects']} objects, up to position {told['position']} of log"
        f" {told['log']} ({left} events stay in the record)\nroot   {told['root']}\nsha256 {body['sha256']}"
    )
    say(body, as_json, text)
