"""`sanguan audit bundle`: the record, or a part of it, in one file that is checked without this program."""

from pathlib import Path
from typing import Annotated

import typer

from services.auditing.app import audit_app
from services.auditing.given import text_in
from services.cli import Data, Json, LogName, bar, existing, known_log, options, say, settings
from services.installation import LOG, opened
from shared.errors import Unusable


@audit_app.command("bundle")
def audit_bundle(
    out: Annotated[Path, typer.Argument(help="The zip to write. What is there already is not written over.")],
    log: LogName = LOG,
    first: Annotated[int, typer.Option("--from", min=0, help="The first position.")] = 0,
    last: Annotated[
        int | None, typer.Option("--to", min=0, help="The last position (default: the log's last).")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="A checkpoint that the auditor keeps: the bundle will show that it goes on from it. Repeatable."
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write a bundle 核验包: events, signed checkpoints, rules, scores, ledgers, and the two scripts that check them.

    What is not under a checkpoint yet is signed first. Ledgers go in where it is of the whole log. Personal fields stay
    sealed. Whoever gets it checks it with `python3 verify.py BUNDLE --key FILE`, or `sanguan audit verify BUNDLE`.

    Example: sanguan audit bundle june.zip --data data/sample

    Example: sanguan audit bundle part.zip --from 1200 --to 1500 --checkpoint kept-in-june.txt --json
    """
    from services.assessment.rescoring import enclosures
    from shared.audit.bundle.writing import write_bundle
    from shared.delivery.channels import is_published
    from shared.log.sealer import LogDamaged

    made = existing(settings(data))
    held = [text_in(file) for file in checkpoint or ()]
    if not is_published(log):
        raise Unusable("not_published", "查阅日志不对外提供。", "A log of readings is given to nobody.")
    with opened(made, audits=True) as storage, bar() as progress, options({"from": "--from", "to": "--to"}):
        known_log(storage, log)
        task = progress.add_task("sealing", total=None)
        try:
            written = write_bundle(
                storage, log, first, last, lambda a, b: enclosures(storage, log, a, b), out,
                lambda what, done, total: progress.update(task, description=what, completed=done, total=total), held,
            )  # fmt: skip
        except LogDamaged as damaged:
            zh, en = (
                "日志与所签名的不符，未写出：请运行 sanguan audit verify。",
                "nothing was written: `sanguan audit verify`",
            )
            body = {"ok": False, "code": "log_damaged", "detail_zh": zh, "detail_en": f"{damaged}; {en} says where"}
            say(body, as_json, f"{zh} {damaged}; {en} says where")
            raise typer.Exit(1) from None
    say(written.as_json(), as_json, written.as_text())
