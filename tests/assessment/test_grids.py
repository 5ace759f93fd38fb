"""Work by grid 网格 (§5.2), counted between two days."""

from datetime import date

import pytest

from services.assessment.grids import Grid, between, by_community, grids
from shared.contracts.assignment import MediationHeld, WorkAct, WorkRetracted
from shared.contracts.assignment_entries import (
    LawField,
    LegalAidGranted,
    OutreachForm,
    OutreachHeld,
    PatrolCompleted,
    TeamKind,
    WorkVoided,
)
from shared.contracts.intake import CaseCorrected, CaseVoided
from shared.contracts.intake_entries import HazardCleared, HazardFound, HazardKind, Severity
from shared.contracts.model import Refused
from tests.assessment.campaign import EAST, WEST, Campaign, Looking

JUNE = (date(2015, 6, 1), date(2015, 6, 30))
ONE, TWO = "01", "02"


def campaign() -> Campaign:
    made = Campaign()
    made.community(EAST)
    made.community(WEST)
    return made


def of(made: Campaign, grid: str | None = ONE, community: str = EAST, days: tuple[date, date] = JUNE) -> Grid | None:
    """The line of one grid."""
    rows = grids(Looking(made), *days).grids
    return next((row for row in rows if (row.community, row.grid) == (community, grid)), None)


def outreach(grid: str | None, community: str = EAST) -> OutreachHeld:
    return OutreachHeld(community=community, grid=grid, form=OutreachForm.LECTURE, topic="示例", audience=40)


HELD = MediationHeld(officers=("judge-1",), place="sealed:p", record=None)
HAZARD = HazardFound(
    community=EAST, grid=ONE, hazard=HazardKind.FIRE, severity=Severity.GENERAL, place="示例楼道",
    responsible_unit="物业", due_on=date(2015, 6, 20),
)  # fmt: skip


def test_outreach_mediation_hazards_and_legal_aid_are_counted_in_their_grid() -> None:
    made = campaign()
    made.case("a", "2015-06-10")
    made.visit("a", "v1", "2015-06-12")
    made.put("handling/a", HELD, "2015-06-14")
    made.put("handling/a", HELD, "2015-06-16")
    made.resolve("a", "2015-06-18")
    made.put("work/o1", outreach(ONE), "2015-06-11")
    made.put("work/o2", outreach(TWO), "2015-06-12")
    aid = LegalAidGranted(community=EAST, grid=ONE, law=LawField.LABOUR, matters=3, by_unit="司法所")
    made.put("work/l1", aid, "2015-06-13")
    made.put("hazard/h1", HAZARD, "2015-06-10")
    made.put("hazard/h1", HazardCleared(checked_by="综治办", how=None), "2015-06-15")
    assert of(made) == Grid(
        community=EAST, grid=ONE, cases=1, resolved=1, mediations=2, visits=1, outreach=1, aid=3, hazards=1,
        hazards_cleared=1,
    )  # fmt: skip
    assert of(made, TWO) == Grid(community=EAST, grid=TWO, outreach=1)


def test_only_what_happened_between_the_days_counts_both_days_included() -> None:
    made = campaign()
    for number, day in enumerate(("2015-05-31", "2015-06-01", "2015-06-30", "2015-07-01")):
        made.put(f"work/o{number}", outreach(ONE), day)
    row = of(made)
    assert row is not None
    assert row.outreach == 2


def test_what_names_no_grid_counts_for_the_community_and_the_sums_are_the_community_s() -> None:
    made = campaign()
    made.put("work/o1", outreach(ONE), "2015-06-11")
    made.put("work/o2", outreach(None), "2015-06-11")
    made.put("work/o3", outreach(ONE, WEST), "2015-06-11")
    patrol = PatrolCompleted(
        community=EAST, grid=None, team=TeamKind.RED_ARMBANDS, participants=6, minutes=90, matters=0
    )  # fmt: skip
    made.put("work/p1", patrol, "2015-06-11")
    sums = by_community(grids(Looking(made), *JUNE).grids)
    assert (sums[EAST].outreach, sums[EAST].patrols, sums[WEST].outreach) == (2, 1, 1)
    assert of(made, None) == Grid(community=EAST, grid=None, outreach=1, patrols=1)


def test_a_correction_moves_a_case_and_what_is_void_or_taken_back_counts_nowhere() -> None:
    made = campaign()
    made.case("a", "2015-06-10")
    made.case("b", "2015-06-10")
    made.put("handling/a", HELD, "2015-06-14")
    made.put("work/o1", outreach(ONE), "2015-06-11")
    made.put("case/a", CaseCorrected(reason="网格", grid=TWO), "2015-06-20")
    made.put("case/b", CaseVoided(reason="误录"), "2015-06-20")
    made.put("work/o1", WorkVoided(kind="outreach", reason="误录"), "2015-06-20")
    taken_back = WorkRetracted(act=WorkAct.MEDIATION, item=None, visit=None, community=EAST, reason="误登")
    assert of(made, TWO) == Grid(community=EAST, grid=TWO, cases=1, mediations=1)
    made.put("handling/a", taken_back, "2015-06-21")
    assert of(made, TWO) == Grid(community=EAST, grid=TWO, cases=1)
    assert of(made) is None


def test_the_days_are_read_or_named() -> None:
    today = date(2015, 9, 1)
    assert between({}, today) == (date(2015, 1, 1), today)
    assert between({"from": "2015-06-01", "to": "2015-06-30"}, today) == JUNE
    for said, code, field in (
        ({"from": "June"}, "malformed", "from"), ({"to": "2015-06-31"}, "malformed", "to"),
        ({"from": "2015-09-02"}, "ends_before_it_begins", "to"),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            between(said, today)
        assert (caught.value.code, caught.value.field) == (code, field)
