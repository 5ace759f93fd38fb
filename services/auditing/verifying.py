"""`sanguan audit verify`: the log's tree again, from the bytes of its events."""

from pathlib import Path
from typing import Annotated

import typer

from services.auditing.app import audit_app
from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.together import LOG, opened
from shared.errors import Unusable


@audit_app.command("verify")
def audit_verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept elsewhere: the log must still hold what it signed. Repeatable."),
    ] = None,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Recompute the tree from the bytes of every event and check every signed checkpoint; the same of the log of
    readings 查阅日志, which is held against its anchors here.

    Example: sanguan audit verify --data data/sample --checkpoint kept-in-june.txt --json
    """
    from shared.audit.readings import verify_readings
    from shared.audit.verify import verify_log
    from shared.log.keys import load_verifier
    from shared.log.note import NoteRefused

    made = existing(settings(data))
    kept = [file.read_text(encoding="utf-8", errors="replace") for file in checkpoint or ()]
    with opened(made, audits=True) as storage, bar() as progress:
        known_log(storage, log)
        task = progress.add_task("verifying")
        try:
            found = verify_log(
                storage.log_engine, log, str(load_verifier(made.data_dir, log)),
                lambda done, total: progress.update(task, completed=done, total=total), kept,
            )  # fmt: skip
        except NoteRefused as refused:
            raise Unusable(
                "checkpoint_refused", "所给检查点不是本日志公钥签名的文本。",
                f"A given checkpoint is not one that this log's key has signed: {refused}.",
            ) from None  # fmt: skip
        # Where the log itself does not hold, none of its anchors says anything.
        readings = verify_readings(storage.log, log, made.data_dir) if found.ok else None
    ok = found.ok and (readings is None or readings.ok)
    body = {**found.as_json(), "ok": ok, "readings": None if readings is None else readings.as_json()}
    say(body, as_json, "\n".join([found.as_text(), *([] if readings is None else [readings.as_text()])]))
    raise typer.Exit(0 if ok else 1)
