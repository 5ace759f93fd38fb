"""What appeals have changed 申诉结果 (§3.3.5): evidence of scores. One row per appeal; nothing of it is personal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.assessment.items import Item
from services.assessment.marks import Mark, mark, marked
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
    excused: tuple[Excused, ...]
    marks: tuple[Mark, ...]
    """lodged, decided or excused, voided."""
    earlier: tuple[tuple[int, "Row"], ...] = ()


def stands(row: Row) -> bool:
    """Whether it leaves anything out: it was decided so, and that was not made void."""
    told = {m.what for m in row.marks}
    return EXCUSED in told and "voided" not in told


def applied(tables: Mapping[str, Sequence[Item]], rows: Sequence[Row]) -> Mapping[str, Sequence[Item]]:
    """The tables, whose items know from which indicators they are left out, and by which decisions (those that were
    made void, too: they explain what changed)."""
    told: dict[tuple[str, str], dict[str, tuple[Mark, ...]]] = defaultdict(dict)
    left_out: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if (marks := tuple(m for m in row.marks if m.what in (EXCUSED, "voided"))) and marks[0].what == EXCUSED:
            for one in dict.fromkeys(row.excused):
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
        case ScoreAppealed(community=community, publication=publication):
            return Row(
                id=key, community=community, publication=publication, excused=(), marks=(mark(recorded, "lodged"),)
            )
        case AppealDecided(excused=excused):
            return marked(held(row, recorded), recorded, EXCUSED if excused else "decided", excused=excused)
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
