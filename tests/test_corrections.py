"""Whatever a person of the office enters by mistake can be put right, and then it is as though it had never been made.

A second office, which never made the mistake, says what that means: the ledgers of all services, row by row, and
all that scores and duties rest on, day by day. What differs of the ledgers' bookkeeping is named below, and no more.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.assessment.due import obligations
from services.assessment.due.ground import ground_at, plans_of
from services.assessment.evidence.gathered import evidence_at
from services.assessment.evidence.tables import tables
from services.assessment.rules import periods
from services.assessment.service import SERVICE as ASSESSMENT
from services.assignment import commands as work
from services.assignment.handling import allowed
from services.intake import commands as intake
from services.privacy.periods import Kept
from shared.contracts.assessment import PeriodKind
from shared.contracts.assignment import WorkAct
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import CaseStatus, DeclineReason, Termination, Tier, VisitResult
from shared.contracts.days import civil_day
from shared.contracts.event import Event
from shared.contracts.intake import CaseStep, PauseReason
from shared.contracts.model import Refused
from tests.assignment.test_case_and_handling import fitting
from tests.assignment.test_case_and_handling import histories as case_histories
from tests.mistakes import (
    ENTERED_BY_NOBODY,
    ERROR,
    KEPT_FOR_ACCOUNT,
    MISTAKEN,
    MISTAKES,
    OFFICE,
    ONLY_OF_AN_EMPTY_LOG,
    PLAN,
    Mistake,
    day,
    say,
)
from tests.world import ALL, Looking, World, fold, kept_as

_STATED = {
    "position", "first_position", "evidence_position", "root", "published_at", "recorded_on", "restated_at",
    "restatements", "changes",
}  # fmt: skip
BOOKKEEPING: Final[Mapping[str, set[str]]] = {
    "cases": {"corrections"},
    "retention": {"corrected_position"},
    "handling": {"times_opened", "opened_at"},
    "case_results": {"moved_from", "marks", "tiers"},  # kinds and endings are compared as they are counted
    "plans": {"version", "author", "reason", "adopted_at", "position"},
    "rulebooks": {"version", "author", "reason", "adopted_at", "position"},
    "scores": {"plan_version", "rulebook_version", *_STATED},
}
"""Columns, by ledger, that tell of corrections themselves, or of where in the log an event stands."""
IN_DAYS: Final = frozenset({"reported_at", "ended_at"})
"""A correction knows days, not hours."""
IN_THE_LOG: Final = frozenset({"acts", "clocks", "letters", "handovers"})
"""Columns of what was told and done, with where in the log that stands."""


@pytest.mark.parametrize(
    ("event", "mistake"),
    [
        pytest.param(event, mistake, id=f"{event.__name__}-{number}")
        for event, mistakes in MISTAKES.items()
        for number, mistake in enumerate(mistakes, start=1)
    ],
)
def test_a_mistake_that_was_put_right_has_never_been_made(event: type[Event], mistake: Mistake) -> None:
    mended, truth = OFFICE.copy(), OFFICE.copy()
    say(mended, *mistake.given)
    say(truth, *mistake.given)
    before = len(mended.log)
    say(mended, *mistake.wrong)
    assert event in {type(recorded.event) for recorded in mended.log[before:]}, "the mistake is made"
    say(mended, *mistake.right)
    say(truth, *mistake.true)
    assert_alike(mended, truth, mistake)
    say(mended, *mistake.goes_on)
    say(truth, *mistake.goes_on)
    assert_alike(mended, truth, mistake)


def test_every_event_can_be_put_right_or_is_entered_by_nobody() -> None:
    lists = (MISTAKES.keys(), ENTERED_BY_NOBODY.keys(), ONLY_OF_AN_EMPTY_LOG.keys(), KEPT_FOR_ACCOUNT.keys())
    assert set().union(*lists) == set(EVENTS)
    assert sum(map(len, lists)) == len(EVENTS), "each stands in one list"


# alike


def assert_alike(mended: World, truth: World, mistake: Mistake) -> None:
    """Nobody can tell the two offices by what their ledgers say, nor by what is scored or due."""
    assert (mended.refused_reactions, truth.refused_reactions) == ([], [])
    for service in ALL:
        for ledger in service.ledgers:
            name = kept_as(service, ledger)
            found, expected = (
                column_by_column(world, name, mistake.but.get(name, frozenset()), anew)
                for world, anew in ((mended, mistake.anew), (truth, {}))
            )
            assert not unlike(found, expected), name
    for as_of in DAYS:
        assert not unlike(counted(mended, as_of, mistake.anew), counted(truth, as_of, {})), as_of
        assert not unlike(due(mended, as_of, mistake.anew), due(truth, as_of, {})), as_of


DAYS: Final = tuple(day(number) for number in (0, 1, 2, 4, 9, 40))


def unlike(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """What stands under each key in which the two differ."""
    keys = [*found, *(key for key in expected if key not in found)]
    return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


def column_by_column(
    world: World, name: str, but: frozenset[str], anew: Mapping[str, str]
) -> Mapping[tuple[str, str], Any]:
    """The columns of a ledger's rows that stand, without bookkeeping."""
    ignored = BOOKKEEPING.get(name, set()) | but | {"earlier"}  # what a row was before it was put right
    if name.endswith(".calendar"):
        ignored |= {"position"}
    return {
        (renamed(key, anew), field.name): plain(field.name, getattr(row, field.name), anew)
        for key, row in world.rows.get(name, {}).items()
        if stands(name, key, row, world)
        for field in fields(row)
        if field.name not in ignored
    }


def plain(column: str, value: Any, anew: Mapping[str, str]) -> Any:
    """A value without where in the log the event stands that it tells of."""
    if column == "marks":
        return without_struck(value)
    if column in IN_DAYS and value is not None:
        return civil_day(value)
    if column in IN_THE_LOG:
        said = re.sub(r"(recorded_on=[^)]*\), )?position=\d+", "", repr(value))
        return re.sub("|".join(map(re.escape, anew)) or "$^", lambda found: anew[found[0]], said)
    return renamed(value, anew)


def stands(name: str, key: str, row: Any, world: World) -> bool:
    """Whether a row is not of something that was made void, taken back as a whole, or given another text."""
    if name == "responsibility_letters":
        return bool(row.letters) or not row.mistaken
    if name == "did_work":  # what was taken back was done all the same: who did it does not score it
        return False
    if name == "restatements":  # each tells of a correction
        return False
    if name in ("plans", "rulebooks"):
        versions = [one.version for one in world.rows[name].values() if one.code == row.code]
        return bool(row.version == max(versions) and row.code != MISTAKEN)
    if name == "places":  # a name that a community bore stands for it until another bears it
        return key in (row.community, world.rows[name][row.community].name)
    if name.endswith(".calendar"):  # that a weekday is worked needs no announcement; what was withdrawn says nothing
        return row.year is not None or (row.day is not None and row.works is not (row.day.weekday() < 5))
    if name == "case_terms" and not any(m.what == "accepted" for m in row.marks):  # nothing is due of such a case
        return False
    if name == "contact_cards":
        return bool(row.households != 0)
    return not was_void(row)


def was_void(row: Any) -> bool:
    """What a row itself says of it."""
    marks = getattr(row, "marks", None)
    said = (
        getattr(row, "no_backlog_since", None) is not None,
        getattr(row, "voided_at", None) is not None,
        getattr(row, "voided", False),
        getattr(row, "status", None) is CaseStatus.VOIDED,
        getattr(row, "kept", None) is Kept.VOIDED,
        getattr(row, "kept", None) is Kept.COMMUNITY and row.over_on is not None,
        getattr(row, "ended_as", None) is CaseStatus.REPORTED,
        getattr(row, "result", None) is VisitResult.RETRACTED,
        marks is not None and (not without_struck(marks) or any(m.what == "voided" for m in marks)),
    )
    return any(said)


def without_struck(marks: Any) -> list[tuple[str, date]]:
    """What marks tell, and of which day; not where in the log, nor that they were put right."""
    return sorted((m.what, m.on) for m in marks if not m.what.startswith("struck:") and m.what != "corrected")


def counted(world: World, as_of: date, anew: Mapping[str, str]) -> Mapping[Any, Any]:
    """What scores rest on: every row of evidence that counts, as it stood at the end of a day. That a case was made
    void stays told: it is what tells the two apart."""
    look = Looking(world.rows, len(world.log) - 1, ASSESSMENT)
    period = periods.period(PeriodKind.DATES, "2015-06-01_2015-08-31", PLAN)
    flat = tables(evidence_at(look), PLAN, period, as_of)
    return {
        (name, renamed(item.key, anew)): (
            item.community,
            item.taken_over,
            {field: renamed(value, anew) for field, value in item.fields.items()},
        )
        for name, items in flat.items()
        for item in items
        if item.counts and name != "voids"
    }


def due(world: World, as_of: date, anew: Mapping[str, str]) -> Mapping[Any, int]:
    """What is due on a day, and how it stands."""
    look = Looking(world.rows, len(world.log) - 1, ASSESSMENT)
    found = obligations(plans_of(look), ground_at(look, as_of, as_of))
    return Counter(
        (one.kind.code, one.kind.plan or "", one.subject, renamed(one.about, anew), str(one.begins_on),
         str(one.due_on), one.provisional, str(one.done_on), one.state.value, one.days, one.taken_over)
        for one in found
    )  # fmt: skip


def renamed(value: Any, anew: Mapping[str, str]) -> Any:
    """A value with the ids under which something was entered anew given back those that it had."""
    if isinstance(value, str) and not isinstance(value, Enum):
        for new, old in anew.items():
            value = value.replace(new, old)
    return value


# whatever went before

CASE_1: Final = "case-1"


def told_twice(world: World) -> World:
    """The same record, followed by all three services."""
    followed = world.copy()
    return replace(followed, services=ALL, rows=fold(world.log, {}, ALL))


def undone_by(name: str, world: World) -> tuple[Any, Any] | None:
    """A command about the case that could be a mistake now, and the one that takes it back; none where it is idle."""
    handling = world.states.get(f"handling/{CASE_1}")
    if name in OF_THE_CASE:
        command, step = OF_THE_CASE[name]
        return command, intake.RetractStep(step=step, reason=ERROR)
    if handling is None or name not in allowed(handling):
        return None
    command = fitting(name, handling)
    act = OF_THE_HANDLING[name]
    if act is WorkAct.VISIT:
        command = replace(command, visit="mistaken")
    named = {WorkAct.VISIT: "visit", WorkAct.CONSENT: "party", WorkAct.CONFLICT: "officer"}
    item = str(getattr(command, named[act])) if act in named else None
    return command, work.RetractWork(act=act, item=item, reason=ERROR)


OF_THE_CASE: Final[Mapping[str, tuple[Any, CaseStep]]] = {
    "accept-case": (intake.AcceptCase(), CaseStep.ACCEPTED),
    "decline-case": (intake.DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉"), CaseStep.DECLINED),
    "link-case": (intake.LinkCase(duplicate_of="other"), CaseStep.LINKED),
    "refer-case": (intake.ReferCase(to_unit="区法院", outside=True), CaseStep.REFERRED),
    "withdraw-case": (intake.WithdrawCase(reason="和解"), CaseStep.WITHDRAWN),
    "resolve-case": (intake.ResolveCase(), CaseStep.RESOLVED),
    "terminate-case": (intake.TerminateCase(reason=Termination.REFUSED, remedies_told=True), CaseStep.TERMINATED),
    "follow-up-case": (intake.FollowUpCase(stable=False), CaseStep.FOLLOWED_UP),
    "close-case": (intake.CloseCase(), CaseStep.CLOSED),
    "void-case": (intake.VoidCase(reason=ERROR), CaseStep.VOIDED),
    "escalate-case": (intake.EscalateCase(to=Tier.ABOVE, reason="久拖"), CaseStep.ESCALATED),
    "pause-clock": (intake.PauseClock(reason=PauseReason.APPRAISAL), CaseStep.PAUSED),
    "resume-clock": (intake.ResumeClock(), CaseStep.RESUMED),
    "extend-deadline": (intake.ExtendDeadline(days=1, approved_by="主任", reason="复杂"), CaseStep.EXTENDED),
    "correct-case": (intake.CorrectCase(reason=ERROR, due_on=day(99)), CaseStep.DUE_CORRECTED),
}
OF_THE_HANDLING: Final[Mapping[str, WorkAct]] = {
    "assign-handler": WorkAct.HANDLER,
    "replace-handler": WorkAct.HANDLER,
    "complete-handover": WorkAct.HANDLER,
    "declare-conflict": WorkAct.CONFLICT,
    "plan-visit": WorkAct.VISIT,
    "record-consent": WorkAct.CONSENT,
    "hold-mediation": WorkAct.MEDIATION,
    "check-performance": WorkAct.PERFORMANCE,
    "offer-judicial-confirmation": WorkAct.CONFIRMATION_OFFER,
    "sign-responsibility-letter": WorkAct.LETTER,
}


UNFIT: Final = frozenset({"conflict_of_interest", "not_posted", "on_leave"})


@given(case_histories(), st.sampled_from([*OF_THE_CASE, *OF_THE_HANDLING]))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_went_before_what_is_taken_back_has_never_been(world: World, name: str) -> None:
    pair = undone_by(name, world)
    assume(pair is not None)
    assert pair is not None
    mended, truth = told_twice(world), told_twice(world)
    at = world.log[-1].occurred_at + timedelta(hours=1)
    try:
        mended.send(pair[0], CASE_1, at)
    except Refused:
        assume(False)
    try:
        mended.send(pair[1], CASE_1, at + timedelta(hours=1))
    except Refused as refused:  # whoever answered before may not work on it any more
        assume(refused.code not in UNFIT)
        raise
    assert_alike(mended, truth, Mistake((), ()))
