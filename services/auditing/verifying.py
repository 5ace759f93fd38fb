"""`sanguan audit verify`: the log's tree again, from the bytes of its events; or that of a bundle."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from services.auditing.app import audit_app
from services.auditing.given import text_in
from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.installation import LOG, opened
from shared.errors import Unusable


@audit_app.command("verify")
def audit_verify(
    bundle: Annotated[
        Path | None, typer.Argument(help="A bundle to verify, instead of the log here: the zip, or what it unpacks to.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept elsewhere: the log must still hold what it signed. Repeatable."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="With a bundle: the log's public key, as it was given once by another way.")
    ] = None,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Recompute the tree from the bytes of every event and check every signed checkpoint; the same of the log of
    readings 查阅日志, which is held against its anchors here. With a BUNDLE 核验包, the same of that file alone.

    Example: sanguan audit verify --data data/sample --checkpoint kept-in-june.txt --json

    Example: sanguan audit verify june.zip --key kept.pub
    """
    kept = [text_in(file) for file in checkpoint or ()]
    if bundle is not None:
        _bundle(bundle, None if key is None else text_in(key), kept, as_json)
    elif key is not None:
        raise typer.BadParameter("--key goes with a bundle; the log here has its own")
    else:
        _log(log, data, kept, as_json)


def _bundle(bundle: Path, key: str | None, kept: Sequence[str], as_json: bool) -> None:
    from shared.audit.bundle.checking import verify_bundle

    with bar() as progress:
        task = progress.add_task("verifying", total=None)
        found = verify_bundle(bundle, key, kept, lambda done, total: progress.update(task, completed=done, total=total))
    say(found.as_json(), as_json, found.as_text())
    raise typer.Exit(0 if found.ok else 1)


def _log(log: str, data: Path | None, kept: Sequence[str], as_json: bool) -> None:
    from shared.audit.readings import verify_readings
    from shared.audit.verify import verify_log
    from shared.log.keys import load_chain
    from shared.log.note import NoteRefused

    made = existing(settings(data))
    with opened(made, audits=True) as storage, bar() as progress:
        known_log(storage, log)
        task = progress.add_task("verifying")
        try:
            found = verify_log(
                storage.log_engine, log, load_chain(made.data_dir, log),
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
