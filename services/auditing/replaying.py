"""`sanguan audit replay`: what is served, beside what the log alone gives."""

import typer

from services.auditing.app import audit_app
from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.together import LOG, opened


@audit_app.command("replay")
def audit_replay(log: LogName = LOG, data: Data = None, as_json: Json = False) -> None:
    """Fold the log again in memory and compare every ledger and every published score with what is served.

    Every event's bytes are held against the tree first, so that an altered log does not vouch for itself.

    Example: sanguan audit replay --data data/sample --json
    """
    from shared.audit.compare import compare

    with opened(existing(settings(data)), audits=True) as storage, bar() as progress:
        task = progress.add_task("replaying", total=known_log(storage, log))
        found = compare(storage, log, lambda done: progress.update(task, completed=done))
    say(found.as_json(), as_json, found.as_text())
    raise typer.Exit(0 if found.ok else 1)
