"""What a season draws: the same from the same seed, in the rhythm of a year, nothing that depends on the machine."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.assignment.commands import (
    CompleteVisit,
    ConveneMeeting,
    EndLeave,
    EndPosting,
    PlanVisit,
    RecordLeave,
    RetractCommunityWork,
    RetractWork,
    SubmitMinutes,
    TerminateMediation,
)
from services.installation import SERVICES
from services.intake.commands import ReferCase, ReportCase, RetractStep
from services.paper_ledger import checked
from services.season import Act, Scenario, drawn, names_of, pace
from services.season.rhythm import Rhythm
from shared.calendar import Calendar
from shared.contracts.assignment import CommunityAct, WorkAct
from shared.contracts.codes import DisputeType, Termination
from shared.contracts.intake import CaseStep
from shared.web.commands import _CHOSEN
from tests.system.cli import ROOT

SMALL = Scenario(
    log="410105010", seed=7, from_day=date(2015, 6, 1), to_day=date(2015, 12, 31), communities=names_of(3), cases=20
)  # fmt: skip
TWO_YEARS = Scenario(
    log="410105010", seed=7, from_day=date(2016, 1, 1), to_day=date(2017, 12, 31), communities=names_of(6), cases=80
)  # fmt: skip
SHOWN = """
from datetime import date
from tests.season.test_drawing import SMALL, digest
from services.season import drawn
print(digest(drawn(SMALL)))
"""


def digest(acts: list[Act]) -> str:
    """What tells one season from another."""
    return hashlib.sha256("\n".join(map(repr, acts)).encode()).hexdigest()


@pytest.fixture(scope="module")
def acts() -> list[Act]:
    return drawn(SMALL)


@pytest.fixture(scope="module")
def long() -> list[Act]:
    return drawn(TWO_YEARS)


def test_the_same_seed_draws_the_same_season_whatever_the_hash_seed(acts: list[Act]) -> None:
    seeded = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "America/New_York", "LC_ALL": "C"}
    told = subprocess.run(
        [sys.executable, "-c", SHOWN], cwd=ROOT, env=seeded, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == digest(acts) == digest(drawn(SMALL))


def test_another_seed_and_another_sub_district_draw_other_seasons(acts: list[Act]) -> None:
    others = [replace(SMALL, seed=8), replace(SMALL, log="410105011")]
    assert len({digest(acts), *(digest(drawn(other)) for other in others)}) == 3


def test_more_public_work_leaves_the_cases_as_they_were(acts: list[Act]) -> None:
    more = drawn(replace(SMALL, volume=3))
    assert cases_of(more) == cases_of(acts)
    assert len(more) > len(acts)


def test_a_year_more_changes_nothing_of_the_year_before() -> None:
    one, two = drawn(SMALL), drawn(replace(SMALL, to_day=date(2016, 12, 31)))
    assert set(map(repr, one)) <= set(map(repr, two))
    assert any(act.at.year == 2016 and act.at.month > 6 for act in two)


def test_every_act_has_a_name_of_its_own_and_happens_within_the_season(acts: list[Act]) -> None:
    assert [name for name, count in Counter(act.name for act in acts).items() if count > 1] == []
    assert all(SMALL.from_day <= act.at.date() <= SMALL.last_day for act in acts)


def test_a_streams_acts_are_sent_in_the_order_in_which_they_happened(long: list[Act]) -> None:
    """But for what is entered late: visits that stayed in a notebook."""
    steps: dict[str, list[Act]] = {}
    for act in long:
        if act.name.startswith(("meeting/", "work", "found0", "found1", "supervised")):
            steps.setdefault(act.id or "", []).append(act)
    assert all(one.at <= other.at for acts in steps.values() for one, other in pairwise(acts))


def test_little_is_done_at_weekends_and_on_holidays(long: list[Act]) -> None:
    calendar = Calendar(date(2018, 12, 31))
    off = sum(not calendar.works(act.at.date()) for act in long)
    assert 0 < off / len(long) < 0.06
    days = [TWO_YEARS.from_day + timedelta(days=n) for n in range(730)]
    assert sum(not calendar.works(day) for day in days) / len(days) > 0.3, "a third of all days are off"


def test_work_is_done_in_office_hours_but_for_the_patrols(long: list[Act]) -> None:
    evening = {type(act.command).__name__ for act in long if not 8 <= act.at.hour < 19}
    assert evening == {"CompletePatrol"}


def test_disputes_have_their_seasons(long: list[Act]) -> None:
    reported = [(act.at.month, act.command.dispute_type) for act in long if isinstance(act.command, ReportCase)]

    def share(kind: DisputeType, months: set[int]) -> float:
        in_them = [found for month, found in reported if month in months]
        return in_them.count(kind) / len(in_them)

    assert share(DisputeType.LABOUR, {12, 1}) > 2 * share(DisputeType.LABOUR, {4, 5, 6, 7, 8, 9})
    assert share(DisputeType.NEIGHBOURS, {7, 8}) > 1.3 * share(DisputeType.NEIGHBOURS, {1, 2, 11, 12})
    assert share(DisputeType.PROPERTY_MANAGEMENT, {11, 12}) > share(DisputeType.PROPERTY_MANAGEMENT, {3, 4, 5, 9})


def test_where_officers_fall_behind_visits_and_minutes_come_late(long: list[Act]) -> None:
    slow = pace.drawn(TWO_YEARS)[1].slow
    assert slow
    planned = {
        (act.id, act.command.visit): act.command.on
        for act in long
        if isinstance(act.command, PlanVisit) and (act.id or "")[5:7] == "02"
    }
    waits: dict[bool, list[int]] = {True: [], False: []}
    for act in long:
        if isinstance(act.command, CompleteVisit) and (on := planned.get((act.id, act.command.visit))):
            waits[(on.year, on.month) in slow].append((act.at.date() - on).days)
    assert sum(waits[True]) / len(waits[True]) > 5 + sum(waits[False]) / len(waits[False])
    here = [act for act in long if (act.id or "").endswith("-02")]
    held = {act.id: act.at for act in here if isinstance(act.command, ConveneMeeting)}
    filed = [(held[act.id], act.at) for act in here if isinstance(act.command, SubmitMinutes)]
    late = [(on.year, on.month) in slow for on, at in filed if (at - on).days > 15]
    assert late.count(True) > late.count(False), "in six months more than in eighteen"


def test_communities_report_differently_much(long: list[Act]) -> None:
    communities = Counter(act.command.community for act in long if isinstance(act.command, ReportCase))
    assert len(communities) == 6
    assert max(communities.values()) > 1.5 * min(communities.values())


def test_some_is_entered_weeks_after_it_was_done(long: list[Act]) -> None:
    """Sent in a later wave than what happened a month after it."""
    last, late = TWO_YEARS.from_day, 0
    for act in long:
        late += act.at.date() < last - timedelta(days=45)
        last = max(last, act.at.date())
    assert late > len(long) // 100


def test_every_act_could_have_been_sent_by_somebody_of_its_role_through_the_gate(acts: list[Act]) -> None:
    routes = {
        accepts.command: accepts for service in SERVICES for decider in service.deciders for accepts in decider.accepts
    }
    for act in acts:
        accepts = routes[type(act.command)]
        assert act.role in accepts.by, act.name
        assert checked(act.command) == act.command, act.name
        if act.id is None:
            assert accepts.creates or accepts.id is not None, act.name
        elif accepts.creates:
            assert _CHOSEN.fullmatch(act.id), act.name


def test_everything_that_can_be_taken_back_is_taken_back(long: list[Act]) -> None:
    commands = [act.command for act in long]
    assert {one.step for one in commands if isinstance(one, RetractStep)} == set(CaseStep)
    assert {one.act for one in commands if isinstance(one, RetractWork)} == set(WorkAct) - {WorkAct.HANDOVER}
    assert {one.act for one in commands if isinstance(one, RetractCommunityWork)} == set(CommunityAct)


def test_postings_end_for_various_reasons_and_cases_end_in_every_way(long: list[Act]) -> None:
    commands = [act.command for act in long]
    assert len({one.reason for one in commands if isinstance(one, EndPosting)}) > 2
    reasons = {one.reason for one in commands if isinstance(one, TerminateMediation)}
    assert reasons == {Termination.REFUSED, Termination.CONSENT_WITHDRAWN, Termination.NO_AGREEMENT}
    assert {one.outside for one in commands if isinstance(one, ReferCase)} == {True, False}


def test_leave_is_covered_mostly_by_one_of_the_same_profession_and_ends_as_thought_mostly(long: list[Act]) -> None:
    leaves = [act.command for act in long if isinstance(act.command, RecordLeave)]
    covered = [one for one in leaves if one.cover is not None]
    assert len(leaves) / 2 < len(covered) < len(leaves)
    assert all(one.cover and one.cover.partition("-")[0] == one.officer.partition("-")[0] for one in covered)
    assert 0 < sum(isinstance(act.command, EndLeave) for act in long) < len(leaves)


def test_a_working_day_is_found_behind_a_long_holiday() -> None:
    rhythm = Rhythm(TWO_YEARS)
    assert rhythm.working(date(2016, 2, 7)) == date(2016, 2, 14), "Spring Festival ends with a worked Sunday"
    assert not rhythm.works(date(2016, 10, 5))


def cases_of(acts: list[Act]) -> list[Any]:
    return [repr(act) for act in acts if act.name.startswith("case/")]
