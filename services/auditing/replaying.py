"""`sanguan audit replay`: what is served, or what was known at a moment, beside what the log alone gives."""

from pathlib import Path
from typing import Annotated

import typer

from services.auditing.app import audit_app
from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.installation import LOG, SERVICES, opened
from shared.audit.workers import MOST
from shared.contracts.assessment import Rulebook
from shared.contracts.model import Refused
from shared.errors import Unusable


@audit_app.command("replay")
def audit_replay(
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="As of a position, or of a time by when it was recorded: 2026-06-18T09:30:00+08:00, or a day.",
        ),
    ] = None,
    occurred: Annotated[
        bool, typer.Option("--occurred", help="With --as-of TIME: what had happened by then, however late it was told.")
    ] = False,
    rules: Annotated[
        Path | None, typer.Option(help="A rulebook (.yaml): what the published scores would be under it, beside them.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=MOST, help="Processes that share the replaying.")] = 1,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fold the log again in memory and compare every ledger and every published score with what is served.

    Every event's bytes are held against the tree first, so that an altered log does not vouch for itself. As of an
    earlier moment nothing is served to compare with: the digests are those that anyone has who replays that prefix.

    Example: sanguan audit replay --data data/sample --json

    Example: sanguan audit replay --data data/sample --as-of 1200 --workers 2

    Example: sanguan audit replay --data data/sample --as-of 2015-06-30 --occurred
    """
    from services.auditing.moments import as_of as moment
    from services.auditing.under_rules import as_json as rules_json
    from services.auditing.under_rules import as_text, beside
    from shared.audit.compare import compare
    from shared.audit.scores import EVERYTHING, Span
    from shared.audit.workers import Several

    draft = None if rules is None else _draft(rules)
    if occurred and as_of is None:
        raise Refused("missing_parameter", field="--as-of", example="--as-of 2015-06-30 --occurred")
    several = (
        Several(workers, tuple(f"services.{one.name}.service:SERVICE" for one in SERVICES)) if workers > 1 else None
    )
    with opened(existing(settings(data)), audits=True) as storage, bar() as progress:
        size = known_log(storage, log)
        at = moment(storage, log, as_of, "--as-of", occurred=occurred) if as_of is not None else None
        task = progress.add_task("replaying", total=size if at is None else at.position + 1)

        def told(what: str, done: int) -> None:
            progress.update(task, description=what, completed=done)

        found = compare(storage, log, told, as_of=at, several=several)
        body, lines = found.as_json(), [found.as_text()]
        body["rules"] = None
        if draft is not None and rules is not None:
            span = EVERYTHING if at is None else Span(last=at.position, occurred_by=at.occurred_by)
            other = [*beside(storage.log, log, draft, span, lambda done: told("other rules", done))]
            body["rules"] = rules_json(draft, rules.name, other)
            lines += as_text(draft, rules.name, other)
    say(body, as_json, "\n".join(lines))
    raise typer.Exit(0 if found.ok else 1)


def _draft(file: Path) -> Rulebook:
    """The rulebook in a file; raises `Unusable` with the first that is wrong with it."""
    from services.assessment.rules.documents import DocumentFault, load
    from services.documents_cli import RULEBOOK

    try:
        found: Rulebook = load(file, RULEBOOK.form)
    except DocumentFault as fault:
        first = fault.mistakes[0]
        raise Unusable(
            "document_faulty",
            f"{file.name} 第 {first.line} 行：{first.why_zh}（`sanguan rulebook check` 列出全部错误）",
            f"{file.name}, line {first.line}: {first.why_en} (`sanguan rulebook check` tells all that is wrong.)",
        ) from None
    return found
