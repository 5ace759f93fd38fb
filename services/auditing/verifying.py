"""`sanguan audit verify`: the log's tree again, from the bytes of its events; or that of a bundle."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from services.auditing.app import audit_app
from services.auditing.given import text_in, witness_in
from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.installation import LOG, opened
from shared.errors import Unusable
from shared.log.cosigning import Witness


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
    witness: Annotated[
        list[str] | None,
        typer.Option(help="The key of a witness, or a file with it: it must have cosigned a checkpoint. Repeatable."),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="With a bundle: also that every event is in canonical form (slower).")
    ] = False,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Recompute the tree from the bytes of every event and check every signed checkpoint; the same of the log of
    readings 查阅日志, which is held against its anchors here. With a BUNDLE 核验包, the same of that file alone.

    Example: sanguan audit verify --data data/sample --checkpoint kept-in-june.txt --json

    Example: sanguan audit verify june.zip --key kept.pub --witness court.pub
    """
    kept = [text_in(file) for file in checkpoint or ()]
    witnesses = [witness_in(text) for text in witness or ()]
    if bundle is not None:
        _bundle(bundle, None if key is None else text_in(key), kept, witnesses, as_json, exact=exact)
    elif key is not None or exact:
        raise typer.BadParameter("--key and --exact go with a bundle; the log here has its own key, and is held to all")
    else:
        _log(log, data, kept, witnesses, as_json)


def _bundle(
    bundle: Path, key: str | None, kept: Sequence[str], witnesses: Sequence[Witness], as_json: bool, *, exact: bool
) -> None:  # fmt: skip
    from shared.audit.bundle.checking import verify_bundle

    with bar() as progress:
        task = progress.add_task("verifying", total=None)
        found = verify_bundle(
            bundle, key, kept, lambda done, total: progress.update(task, completed=done, total=total), witnesses,
            exact=exact,
        )  # fmt: skip
    scripts = {} if found.manifest is None else _scripts(found.manifest.files)
    words = [f"{name}: {'that of this version' if own else 'NOT this version’s'}" for name, own in scripts.items()]
    say({**found.as_json(), "scripts": scripts}, as_json, "\n".join([found.as_text(), *(words if found.ok else [])]))
    raise typer.Exit(0 if found.ok else 1)


def _scripts(files: Mapping[str, str]) -> dict[str, bool]:
    """Whether each of the scripts in a bundle is the one that this version writes. Another version's is no fault."""
    from services.assessment.rescoring.script import script
    from shared.audit.bundle.layout import RESCORE, SCRIPT, VERIFY

    own = {VERIFY: SCRIPT.read_bytes(), RESCORE: script()}
    return {name: files[name] == sha256(own[name]).hexdigest() for name in own if name in files}


def _log(log: str, data: Path | None, kept: Sequence[str], witnesses: Sequence[Witness], as_json: bool) -> None:
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
                lambda done, total: progress.update(task, completed=done, total=total), kept, witnesses,
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
