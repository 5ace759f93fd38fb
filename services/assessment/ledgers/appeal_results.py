"""What appeals have changed 申诉结果 (§3.3.5): evidence of scores. One row per appeal; nothing of it is personal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from services.assessment.evidence.items import Item
from services.assessment.evidence.marks import Mark, mark, marked
from shared.contracts.assessment import Period
from shared.contracts.assessment_entries import AppealDecided, Excused, ScoreAppealed, SupervisionVoided
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held

EXCUSED = "excused"
"""The mark of a decision that leaves members out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An appeal, and what its decision leaves out of which indicators."""

    id: str
    community: str
    publication: str
    """Of the scores that it is against."""
    indicator: str | None
    """The one that it is against; none where it is against all of them."""
    excused: tuple[Excused, ...]
    excused_in: Period | None
    marks: tuple[Mark, ...]
    """lodged, decided or excused, voided."""
    earlier: tuple[tuple[int, "Row"], ...] = ()


def stands(row: Row) -> bool:
    """Whether it leaves anything out: it was decided so, and that was not made void."""
    told = {m.what for m in row.marks}
    return EXCUSED in told and "voided" not in told


STATES: Final = frozenset({"communities", "postings", "cards"})
"""Tables that are looked at on one day: a row says something else of each period, under the same key."""


def reaches(row: Row, table: str, period: Period) -> bool:
    """Whether what an appeal leaves out of a table is left out in a period: what happened, in every period that has a
    day in common with that of the scores appealed against (the month, its quarter, its year); a state in that period
    alone."""
    of = row.excused_in
    if of is None or of.to_day < period.from_day or period.to_day < of.from_day:
        return False
    return table not in STATES or (of.kind, of.name) == (period.kind, period.name)


def applied(
    tables: Mapping[str, Sequence[Item]], rows: Sequence[Row], period: Period
) -> Mapping[str, Sequence[Item]]:  # fmt: skip
    """The tables of a period, whose items know from which indicators they are left out, and by which decisions (those
    that were made void, too: they explain what changed)."""
    told: dict[tuple[str, str], dict[str, tuple[Mark, ...]]] = defaultdict(dict)
    left_out: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if (marks := tuple(m for m in row.marks if m.what in (EXCUSED, "voided"))) and marks[0].what == EXCUSED:
            for one in (one for one in dict.fromkeys(row.excused) if reaches(row, one.table, period)):
                by_indicator = told[one.table, one.member]
                by_indicator[one.indicator] = (*by_indicator.get(one.indicator, ()), *marks)
                if stands(row):
                    left_out[one.table, one.member].add(one.indicator)
    if not told:
        return tables

    def known(item: Item) -> Item:
        at = (item.table, item.key)
        return replace(item, appeals=told[at], excused_from=frozenset(left_out[at])) if at in told else item

    return {name: [known(item) for item in items] for name, items in tables.items()}


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    match recorded.event:
        case ScoreAppealed(community=community, publication=publication, indicator=indicator):
            return Row(
                id=key, community=community, publication=publication, indicator=indicator, excused=(), excused_in=None,
                marks=(mark(recorded, "lodged"),),
            )  # fmt: skip
        case AppealDecided(excused=excused, excused_in=excused_in):
            what = EXCUSED if excused else "decided"
            return marked(held(row, recorded), recorded, what, excused=excused, excused_in=excused_in)
        case _:
            return marked(held(row, recorded), recorded, "voided")


def _keys(recorded: Recorded) -> Iterable[str]:
    """Entries of every kind are made void by the same event."""
    event = recorded.event
    return () if isinstance(event, SupervisionVoided) and event.kind != "appeals" else (recorded.id,)


LEDGER = Ledger(
    name="appeal_results",
    row=Row,
    handles=(ScoreAppealed, AppealDecided, SupervisionVoided),
    keys=_keys,
    evolve=_evolve,
    title_zh="申诉结果（考核依据）",
    title_en="What appeals changed (evidence)",
    clause="3.3.5",
    filters=("community", "publication"),
)
