"""`sanguan audit diff`: what changed between two moments of the log, and by which events."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby, islice
from typing import Annotated, Any, Final

import typer

from services.auditing.app import audit_app
from services.auditing.numbers import ChangedScore, changed_scores
from services.cli import Data, Json, LogName, bar, existing, known_log, settings
from services.installation import LOG, opened
from shared.audit.differing import ChangedRow, Differences, Named
from shared.errors import Unusable

_FEW: Final = 10
_FEW_EVENTS: Final = 6

_MOMENT: Final = "a position of this log, or a time by when it was recorded: 2026-06-18T09:30:00+08:00, or a day."
First = Annotated[str, typer.Argument(metavar="A", help=f"The earlier moment: {_MOMENT}")]
Second = Annotated[str, typer.Argument(metavar="B", help=f"The later moment: {_MOMENT}")]


@audit_app.command("diff")
def audit_diff(
    first: First,
    second: Second,
    rows: Annotated[
        int | None, typer.Option(min=0, help="Rows of each ledger to list (default: all with --json, else ten).")
    ] = None,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say which ledger rows and which published numbers are others at moment B of a log than at moment A, and name the
    events behind each number: position, type, stream, when. No personal value is told.

    The record is verified first, as for a replay; the roots at both are computed from the bytes that were read, and
    every score stated in between is computed again. Exits with 1 where the record does not hold, not where there are
    differences. Two installations are compared otherwise: by the digest of `sanguan audit replay --as-of`.

    Example: sanguan audit diff 1200 1300 --data data/sample

    Example: sanguan audit diff 1200 "$(date --iso-8601=seconds)" --data data/sample --json
    """
    from services.auditing.moments import as_of
    from shared.audit.compare import first_bad, verified_log
    from shared.audit.differing import differences, named
    from shared.audit.scores import Span, again

    with opened(existing(settings(data)), audits=True) as storage, bar() as progress:
        known_log(storage, log)
        a, b = as_of(storage, log, first, "A"), as_of(storage, log, second, "B")
        if a.position > b.position:
            raise Unusable(
                "wrong_order", "A 晚于 B：请把较早的写在前面。", "A comes after B: write the earlier moment first."
            )
        task = progress.add_task("verifying", total=b.position + 1)

        def told(what: str, done: int) -> None:
            progress.update(task, description=what, completed=done)

        verified = verified_log(storage, log, lambda done, _: told("verifying", done))
        found = differences(
            storage.log, log, storage.services, a.position, b.position, lambda done: told("replaying", done)
        )
        scores = changed_scores(storage.log, log, a.position, b.position)
        events = named(storage.log, log, (at for score in scores for one in score.numbers for at in one.events))
        span = Span(after=a.position, last=b.position)
        checked = [one for service in storage.services for one in again(storage.log, log, service, span)]
    bad = first_bad(verified, sorted(checked, key=lambda one: one.position))
    body: dict[str, Any] = {
        "ok": bad is None and not found.troubles, "log": log, "size": found.second.size, "root": found.second.root,
        "from": asdict(found.first) | {"asked": first}, "to": asdict(found.second) | {"asked": second},
        "scores": {"checked": len(checked), "equal": sum(one.wrong is None for one in checked)},
        "first_bad": bad, "troubles": dict(found.troubles),
        "numbers": [_told(score, events) for score in scores],
    }  # fmt: skip
    if as_json:
        _print_json(body, found, rows)
    else:
        for line in (*_head(body), *_numbers(scores, events), *_rows(found, _FEW if rows is None else rows)):
            print(line)
    raise typer.Exit(0 if body["ok"] else 1)


# for programs ---------------------------------------------------------------------------------------------------------


def _told(score: ChangedScore, events: Mapping[int, Named]) -> dict[str, Any]:
    """A score with its numbers, and with each number the events behind it."""
    told = asdict(score)
    told["numbers"] = [
        asdict(one) | {"events": [_event(events[at]) for at in one.events if at in events]} for one in score.numbers
    ]
    return told


def _event(one: Named) -> dict[str, Any]:
    return asdict(one) | {"occurred_at": _time(one.occurred_at), "recorded_at": _time(one.recorded_at)}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _print_json(body: Mapping[str, Any], found: Differences, rows: int | None) -> None:
    """One object. The rows are written one by one: there may be as many as the log has events."""
    write = sys.stdout.write
    write(json.dumps(body, ensure_ascii=False)[:-1] + ', "ledgers": [')
    for number, ledger in enumerate(found.ledgers):
        counts, there = Counter[str](), 0
        write(("" if number == 0 else ", ") + json.dumps({"name": ledger})[:-1] + ', "rows": [')
        for row in found.rows(ledger):
            if rows is None or there < rows:
                write(("" if there == 0 else ", ") + json.dumps(asdict(row), ensure_ascii=False))
            there, counts[row.what] = there + 1, counts[row.what] + 1
        write("], " + json.dumps({what: counts[what] for what in ("added", "removed", "changed")})[1:])
    write("]}\n")


# for people -----------------------------------------------------------------------------------------------------------


def _head(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("from", "to"):
        stand = body[name]
        yield f"{name:<5} {stand['asked']}: position {stand['position']}, root {stand['root']}"
    scores = body["scores"]
    yield f"scores stated in between: {scores['equal']} of {scores['checked']} recomputed to the same digits"
    if body["first_bad"]:
        yield f"first bad: position {body['first_bad']['position']}: {body['first_bad']['reason']}"
    yield from (f"{ledger}: {why}" for ledger, why in body["troubles"].items())


def _numbers(scores: list[ChangedScore], events: Mapping[int, Named]) -> Iterator[str]:
    yield f"published scores that are new or others: {len(scores)}"
    for score in scores:
        stated = ", ".join(f"#{at}" for at in score.stated_at)
        how = "published" if score.new else "restated"
        yield f"  {score.score}: {how} by {stated}, {len(score.numbers)} numbers"
        # Of a new score all numbers are new: its sum tells enough.
        numbers = (one for one in score.numbers if not score.new or one.indicator is None)
        for (indicator, by), together in groupby(numbers, key=lambda one: (one.indicator, one.events)):
            yield from (f"    {indicator or 'sum'} {one.number}: {one.before} → {one.after}" for one in together)
            yield from _behind(by, events)


def _behind(by: Sequence[int], events: Mapping[int, Named]) -> Iterator[str]:
    for said in (events[at] for at in by[:_FEW_EVENTS] if at in events):
        yield f"      #{said.position} {said.type} {said.stream} {_time(said.occurred_at)}"
    if len(by) > _FEW_EVENTS:
        yield f"      and {len(by) - _FEW_EVENTS} more"


def _rows(found: Differences, most: int) -> Iterator[str]:
    """Each ledger with rows that differ; a ledger without any says nothing."""
    for ledger in found.ledgers:
        counts = Counter(row.what for row in found.rows(ledger))
        if not counts:
            continue
        yield f"{ledger}: " + ", ".join(f"{counts[what]} {what}" for what in ("added", "removed", "changed"))
        yield from (_row(row) for row in islice(found.rows(ledger), most))
        if (more := sum(counts.values()) - most) > 0:
            yield f"  and {more} more"


def _row(row: ChangedRow) -> str:
    by = ", ".join(f"#{at}" for at in row.events[:_FEW_EVENTS])
    more = "" if len(row.events) <= _FEW_EVENTS else f" and {len(row.events) - _FEW_EVENTS} more"
    return f"  {row.what:<8}{row.key}  {', '.join(row.columns)}  by {by}{more}"
