"""What a scoreboard shows: published scores, or, before any are published, those computed just now.

Bars and places are per cent of their width, as text, computed from the exact numbers; a drawing never decides anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.scoring.exact import decimal_of
from services.assessment.scoring.measuring import Institution, Scores
from services.assessment.scoring.ranking import Place, Reason, reasons, shown_to
from shared.contracts.assessment import Indicator, IndicatorKind, IndicatorScore, Period, Plan, RankUse, Standing

Book = tuple[str, int]
"""A rulebook's code and version."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on the campaign's line."""

    on: date
    at: str
    label: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A phase on the campaign's line."""

    code: str
    title: tuple[str, str]
    clause: str
    from_day: date
    to_day: date
    at: str
    width: str
    state: str
    """past, now or ahead."""


@dataclass(frozen=True, slots=True)
class Line:
    """The campaign on a line of time."""

    phases: Sequence[Stretch]
    duties: Sequence[Mark]
    as_of: date
    as_of_at: str
    today_at: str | None
    """None where today lies outside the campaign, or is the as-of day."""
    ended: date | None
    """The campaign's last day, where the as-of day is later."""


def line_of(plan: Plan, as_of: date, today: date) -> Line | None:
    """The plan's phases, duties with a day, and where we stand; None for a plan without phases."""
    if not plan.phases:
        return None
    start, end = min(p.from_day for p in plan.phases), max(p.to_day for p in plan.phases)
    days = (end - start).days + 1

    def at(day: date) -> str:
        return _per_cent(Decimal((min(max(day, start), end) - start).days) / days)

    return Line(
        phases=[
            Stretch(
                code=p.code,
                title=(p.title_zh, p.title_en),
                clause=p.clause,
                from_day=p.from_day,
                to_day=p.to_day,
                at=at(p.from_day),
                width=_per_cent(Decimal((p.to_day - p.from_day).days + 1) / days),
                state="past" if p.to_day < as_of else "now" if p.from_day <= as_of else "ahead",
            )
            for p in plan.phases
        ],
        duties=[Mark(d.due_on, at(d.due_on), (d.title_zh, d.title_en)) for d in plan.duties if d.due_on],
        as_of=as_of,
        as_of_at=at(as_of),
        today_at=at(today) if start <= today <= end and today != as_of else None,
        ended=end if as_of > end else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One institution by one indicator, ready to be drawn."""

    score: IndicatorScore
    verdict: str
    """A text's key: reached, missed, not_yet_due, nothing; or `plain`, without a text, where there is no target."""
    width: str
    """Of the bar."""
    target_at: str | None
    unadjusted_at: str | None
    """Where the unadjusted rate lies; None where nothing was excluded."""


def result_of(score: IndicatorScore) -> Result:
    zero = score.kind is IndicatorKind.ZERO_INCIDENT
    return Result(
        score=score,
        verdict=_verdict(score),
        width=_per_cent(Decimal(score.rate or 0)),
        target_at=None if score.target is None or zero else _per_cent(Decimal(score.target)),
        unadjusted_at=_per_cent(Decimal(score.unadjusted_rate)) if score.excluded and score.unadjusted_rate else None,
    )


def _verdict(score: IndicatorScore) -> str:
    match score.standing:
        case Standing.NOT_YET_DUE:
            return "not_yet_due"
        case Standing.NOTHING:
            return "nothing"
        case Standing.MEASURED if score.reached is None:
            return "plain"
        case Standing.MEASURED:
            return "reached" if score.reached else "missed"


def _per_cent(share: Decimal) -> str:
    return f"{min(max(share, Decimal(0)), Decimal(1)) * 100:.2f}%"


@dataclass(frozen=True, slots=True)
class Restated:
    """That a published score was put right since."""

    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One institution on the board."""

    code: str
    name: str | None
    """None for the sub-district as a whole."""
    id: str | None
    """Of the published score; None while nothing is published."""
    results: Mapping[str, Result]
    points: str
    possible: str
    per_cent: str | None
    """A share of 1."""
    rank: Place | None = None
    restated: Restated | None = None
    rulebook: rulebooks.Row | None = None
    """Where that is another than the board's."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One indicator, with every institution that it is measured for."""

    indicator: Indicator
    lines: Sequence[tuple[Entry, Result]]


@dataclass(frozen=True, slots=True)
class Board:
    """A scoreboard."""

    plan: plans.Row
    rulebook: rulebooks.Row
    """The newest that one of the scores names; those that were not put right since may name another."""
    period: Period
    as_of: date
    entries: Sequence[Entry]
    published_at: datetime | None = None
    """Where the board is published: when that was done first."""
    position: int | None = None
    """Of the evidence of that; none where every score was put right since."""
    restated_position: int | None = None
    """Of the evidence of the last restatement."""
    without: Sequence[tuple[Entry, Sequence[Reason]]] = ()
    """Communities without a place in the order, and why; nobody where there is no order to be shown."""

    @property
    def restated(self) -> Sequence[Entry]:
        """What was put right since it was published."""
        return [entry for entry in self.entries if entry.restated]

    @property
    def last_restated(self) -> datetime | None:
        return max((entry.restated.last_at for entry in self.entries if entry.restated), default=None)

    @property
    def whole(self) -> Entry | None:
        return next((entry for entry in self.entries if entry.name is None), None)

    @property
    def indicators(self) -> Sequence[Indicator]:
        """Those of the board's rulebook, and what only the others have."""
        books = (self.rulebook, *(entry.rulebook for entry in self.entries if entry.rulebook))
        found: dict[str, Indicator] = {}
        for one in (one for book in books for one in book.rulebook.indicators):
            found.setdefault(one.code, one)
        return list(found.values())

    @property
    def weighed(self) -> Sequence[Indicator]:
        """The indicators that have a weight; all of them, where none has."""
        return [one for one in self.indicators if Decimal(one.weight) > 0] or self.indicators

    @property
    def titles(self) -> Mapping[str, tuple[str, str]]:
        """The indicators' titles by their codes."""
        return {one.code: (one.title_zh, one.title_en) for one in self.indicators}

    @property
    def panels(self) -> Sequence[Panel]:
        return [
            Panel(i, [(entry, entry.results[i.code]) for entry in self.entries if i.code in entry.results])
            for i in self.indicators
        ]


def published_board(
    rows: Sequence[scores.Row],
    plan: plans.Row,
    books: Mapping[Book, rulebooks.Row],
    names: Mapping[str, str],
    ranks: Mapping[str, Place],
) -> Board:
    """The board of one publication's rows (at least one), and the rulebooks that they name."""
    rulebook = max(books.values(), key=lambda book: book.position)
    entries = [_entry(row, _book(row, books), rulebook, names, ranks) for row in rows]
    ordered = ranks or (_in_order(books) and not any(row.rankable for row in rows))
    why = [(entry, reasons(row, _book(row, books).rulebook)) for entry, row in zip(entries, rows, strict=True)]
    first = min(rows, key=lambda row: (row.published_at, row.restatements))
    return Board(
        plan, rulebook, first.full_period,
        first.as_of, _ordered(entries), published_at=first.published_at,
        position=None if first.restatements else first.evidence_position,
        restated_position=max((row.evidence_position for row in rows if row.restatements), default=None),
        without=[one for one in why if one[1]] if ordered else (),
    )  # fmt: skip


def _entry(
    row: scores.Row, own: rulebooks.Row, board: rulebooks.Row, names: Mapping[str, str], ranks: Mapping[str, Place]
) -> Entry:
    return Entry(
        row.community, _name(row.community, names), row.id, _results(row.indicators), row.points.decimal,
        row.possible.decimal, _share(row.per_cent), rank=ranks.get(row.id),
        restated=Restated(row.restatements, row.restated_at) if row.restated_at else None,
        rulebook=None if own == board else own,
    )  # fmt: skip


def _book(row: scores.Row, books: Mapping[Book, rulebooks.Row]) -> rulebooks.Row:
    return books[row.rulebook, row.rulebook_version]


def _in_order(books: Mapping[Book, rulebooks.Row]) -> bool:
    """Whether communities are put in an order at all."""
    return shown_to(book.rulebook for book in books.values()) is not RankUse.NOBODY


def computed_board(
    computed: Scores, plan: plans.Row, rulebook: rulebooks.Row, names: Mapping[str, str], period: Period, as_of: date
) -> Board:
    """The board of scores that are not published."""
    entries = [
        Entry(
            tally.subject.code, _name(tally.subject.code, names), None, _results(tally.indicators),
            decimal_of(tally.points), decimal_of(tally.possible),
            _share(tally.per_cent),
        )
        for tally in computed.tallies
    ]  # fmt: skip
    return Board(plan, rulebook, period, as_of, _ordered(entries))


def _name(code: str, names: Mapping[str, str]) -> str | None:
    return None if Institution(code).whole else names.get(code, code)


def _results(indicators: Iterable[IndicatorScore]) -> dict[str, Result]:
    return {one.code: result_of(one) for one in indicators}


def _share(per_cent: str | None) -> str | None:
    return None if per_cent is None else str(Decimal(per_cent) / 100)


def _ordered(entries: list[Entry]) -> list[Entry]:
    """The whole first, then the communities in the order of their codes: never by points."""
    return sorted(entries, key=lambda entry: (entry.name is not None, entry.code))


def latest(rows: Iterable[scores.Row]) -> dict[str, scores.Row]:
    """One row per publication, the newest publication first."""
    first: dict[str, scores.Row] = {}
    for row in rows:
        first.setdefault(row.publication, row)
    return dict(sorted(first.items(), key=lambda one: (one[1].as_of, one[1].published_at, one[0]), reverse=True))
