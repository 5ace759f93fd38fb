"""Scores computed a second time: plain SQL over the events as `GET /record/events` gives them, with the numbers of the
plan and the rulebook that stand in the record itself. Nothing of the product is imported here, only the standard
library; what the SQL is written from is `docs/rulebook.md`.
"""

import json
import sqlite3
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

SQL = Path(__file__).parent / "sql"
Document = Mapping[str, Any]
"""A plan or a rulebook, as its event carries it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period: its kind, its name, its first and last day."""

    kind: str
    name: str
    from_day: date
    to_day: date


@dataclass(frozen=True, slots=True)
class Found:
    """What one indicator comes to for one institution."""

    numerator: int
    denominator: int
    excluded: int
    unadjusted_numerator: int
    unadjusted_denominator: int
    taken_over: int
    standing: str
    rate: str | None
    unadjusted_rate: str | None
    points: Fraction | None

    share: Fraction | None
    """How much of the target was attained."""

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; none where nothing was to be reached."""
        return None if self.share is None else self.share == 1


@dataclass(frozen=True, slots=True)
class Total:
    """What an institution comes to by all indicators."""

    indicators: Mapping[str, Found]
    points: Fraction
    possible: Fraction

    @property
    def per_cent(self) -> str | None:
        return rounded(100 * self.points / self.possible) if self.possible else None


class Record:
    """One log's events in a database of their own."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        """`events` as the pages of `GET /record/events` hold them: position, and bytes in base64."""
        self._db = sqlite3.connect(":memory:")
        self._run("record.sql", "calendar.sql")
        lines = ((one["position"], b64decode(one["bytes"]).decode()) for one in events)
        self._db.executemany("INSERT INTO line VALUES (?, ?)", lines)
        self._run("loaded.sql")

    def _run(self, *names: str) -> None:
        for name in names:
            self._db.executescript((SQL / name).read_text())

    def documents(self, *kinds: str) -> dict[str, Document]:
        """The plans or rulebooks of the record by their codes, each in its last version."""
        marks = ", ".join("?" * len(kinds))
        rows = self._db.execute(f"SELECT data FROM event WHERE kind IN ({marks}) ORDER BY position", kinds)
        found = (json.loads(data) for (data,) in rows)
        documents = (one.get("plan") or one["rulebook"] for one in found)
        return {document["code"]: document for document in documents}

    @property
    def plans(self) -> dict[str, Document]:
        return self.documents("plan-adopted", "plan-amended")

    @property
    def rulebooks(self) -> dict[str, Document]:
        return self.documents("rulebook-adopted")

    def scores(
        self, plan: Document, rulebook: Document, periods: Sequence[Stretch], as_of: date
    ) -> dict[tuple[str, str], Total]:
        """What every institution comes to, by the period's name and the institution's code ('' = the sub-district)."""
        self._ask(plan, rulebook, periods, as_of)
        begun = as_of.isoformat() >= plan["issued_on"]
        if begun:
            for indicator in rulebook["indicators"]:
                self._measure(indicator["code"])
        self._run("sorted.sql")
        kinds = {period.name: period.kind for period in periods}
        rules = {one["code"]: one for one in rulebook["indicators"]}
        found: dict[tuple[str, str], dict[str, Found]] = {}
        for period, subject, code, *numbers in self._db.execute((SQL / "totals.sql").read_text()):
            if not rules[code]["periods"] or kinds[period] in rules[code]["periods"]:
                found.setdefault((period, subject), {})[code] = _found(rules[code], begun, *numbers)
        return {key: _total(results, rules) for key, results in found.items()}

    def members(self) -> dict[tuple[str, str, str], dict[str, str]]:
        """The denominators' members of what was asked last, by period, institution and indicator: `counted`, why it is
        left out, or nothing where it was missed."""
        found: dict[tuple[str, str, str], dict[str, str]] = {}
        rows = self._db.execute(
            "SELECT period, subject, code, member, coalesce(reason, iif(met, 'counted', '')) FROM sorted"
            " WHERE size > 0 AND NOT waits"
        )
        for period, subject, code, member, standing in rows:
            found.setdefault((period, subject, code), {})[member] = standing
        return found

    def working_days(self, known_on: date, first: date) -> dict[date, bool]:
        """Which days from `first` on are worked, as it was known on a day."""
        self._put("asked", [(known_on.isoformat(), first.isoformat(), first.isoformat(), None, 0, 0, "{}")])
        self._run("working_days.sql")
        return {
            date.fromisoformat(day): bool(works) for day, works in self._db.execute("SELECT day, works FROM calendar")
        }

    def _put(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        rows = list(rows)
        self._db.execute(f"DELETE FROM {table}")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _ask(self, plan: Document, rulebook: Document, periods: Sequence[Stretch], as_of: date) -> None:
        first, last = _days_of(plan)
        day = as_of.isoformat()
        months, grace = plan["posting_months"], rulebook["grace_days"]
        self._put("asked", [(day, plan["issued_on"], first, last, months, grace, json.dumps(plan))])
        days = ((one.name, one.from_day.isoformat(), one.to_day.isoformat()) for one in periods)
        self._put("period", [(*each, min(each[2], day)) for each in days])
        rules = rulebook["indicators"]
        self._put(
            "indicator", [(one["code"], _evidence(one), one["subject"] == "community", _capped(one)) for one in rules]
        )
        self._put("member", [])
        self._run("working_days.sql", "evidence.sql")

    def _measure(self, code: str) -> None:
        members = (SQL / "indicators" / f"{code}.sql").read_text()
        self._db.execute(f"INSERT INTO member SELECT '{code}', * FROM ({members})")


def _days_of(plan: Document) -> tuple[str, str | None]:
    """A standing plan says its days, a campaign's are those of its phases."""
    if plan["since"] is not None:
        return plan["since"], plan["until"]
    return min(one["from_day"] for one in plan["phases"]), max(one["to_day"] for one in plan["phases"])


def _evidence(rule: Document) -> str | None:
    """The table of the denominator: of what it holds, something may be left out on appeal."""
    return None if rule["denominator"] is None else rule["denominator"]["table"]


def _capped(rule: Document) -> bool:
    return rule["kind"] not in ("count", "zero_incident")


def _found(
    rule: Document, begun: bool, numerator: int, denominator: int, excluded: int, all_numerator: int,
    all_denominator: int, taken_over: int, due_later: int,
) -> Found:  # fmt: skip
    counts = rule["denominator"] is None
    measured = begun and (counts or denominator > 0)
    later = not begun or due_later
    share = _attained(rule, numerator, denominator) if measured else None
    return Found(
        numerator, denominator, excluded, all_numerator, all_denominator, taken_over,
        "measured" if measured else "not_yet_due" if later else "nothing",
        rounded(Fraction(numerator, denominator)) if denominator else None,
        rounded(Fraction(all_numerator, all_denominator)) if all_denominator else None,
        None if share is None else Fraction(rule["weight"]) * share, share,
    )  # fmt: skip


def _attained(rule: Document, numerator: int, denominator: int) -> Fraction | None:
    """The share of the target that was attained: all where it was reached."""
    if rule["target"] is None or denominator == 0:
        return None
    rate, target = Fraction(numerator, denominator), Fraction(rule["target"])
    if rule["kind"] == "zero_incident":
        return Fraction(numerator == 0)
    if rule["comparison"] == "below":  # to stay below; whoever does not gets 99 hundredths at most
        return Fraction(1) if rate < target else min(target / rate, Fraction(99, 100))
    return min(rate / target, Fraction(1))


def _total(results: Mapping[str, Found], rules: Mapping[str, Document]) -> Total:
    scored = {code: one.points for code, one in results.items() if one.points is not None}
    return Total(
        results,
        sum(scored.values(), Fraction(0)),
        sum((Fraction(rules[code]["weight"]) for code in scored), Fraction(0)),
    )


def rounded(number: Fraction) -> str:
    """To four places, half up."""
    whole, rest = divmod(int(number * 10_000 + Fraction(1, 2)), 10_000)
    return f"{whole}.{rest:04}"
