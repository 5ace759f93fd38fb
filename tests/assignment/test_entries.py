"""Assignment's entries, told in sentences: what is taken, what is refused, how a ledger follows (synthetic)."""

from datetime import timedelta
from typing import Any

import pytest

from services.assignment.entries import ENTRIES, LEADING, Facts
from services.assignment.entry_commands import (
    AdoptProcedure,
    AppointLeader,
    CompleteCoachedCase,
    CompleteLeaderVisit,
    CompletePatrol,
    DesignateSafeUnit,
    EnrolHelper,
    EstablishEnterpriseSecurity,
    FormPatrolTeam,
    FormWorkingBody,
    GiveLegalAdvice,
    GrantLegalAid,
    HoldOutreach,
    HoldTraining,
    PostNotice,
    ProvideSupport,
    ReleaseHelper,
    RelieveLeader,
    ReviseNotice,
    SettleIssue,
    VoidWork,
)
from services.assignment.ledgers import meetings
from services.assignment.service import SERVICE
from shared.contracts.assignment_entries import (
    CoachedCaseCompleted,
    EnterpriseSecurityEstablished,
    HelperEnrolled,
    HelperKind,
    HelperReleased,
    IssueSettled,
    LawField,
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    LegalAdviceGiven,
    LegalAidGranted,
    NoticePlace,
    NoticePosted,
    NoticeRevised,
    OutreachForm,
    OutreachHeld,
    PatrolCompleted,
    PatrolTeamFormed,
    ProcedureAdopted,
    ReleaseReason,
    SafeUnitDesignated,
    SafeUnitKind,
    Shown,
    SupportCount,
    SupportKind,
    SupportProvided,
    TeamKind,
    TrainingHeld,
    WorkingBodyFormed,
    WorkVoided,
)
from shared.contracts.codes import MeetingKind
from shared.contracts.model import Refused
from tests.assignment.invented import COMMUNITY, WENBO, enrolled
from tests.declarations import assert_refusal_is_told, recorded
from tests.spec import START, at, spec

WORK = spec(ENTRIES.decider)
HERE = Facts(community=COMMUNITY, officer=enrolled())
IN: dict[str, Any] = {"community": WENBO}
SUPPORT = (SupportCount(kind=SupportKind.MIGRANTS, count=3),)
OF_LAW: dict[str, Any] = IN | {"grid": "1网格", "law": LawField.FAMILY}
TAKEN = (
    (
        PostNotice(**IN, place=NoticePlace.BOARD, shows=(Shown.NAMES, Shown.HOURS)),
        NoticePosted(**IN, place=NoticePlace.BOARD, shows=(Shown.NAMES, Shown.HOURS)),
    ),
    (AdoptProcedure(**IN, title="流程"), ProcedureAdopted(**IN, title="流程", document=None)),
    (
        FormPatrolTeam(**IN, team=TeamKind.STEWARDS, strength=9),
        PatrolTeamFormed(**IN, team=TeamKind.STEWARDS, strength=9),
    ),
    (
        CompletePatrol(**IN, team=TeamKind.STEWARDS, participants=3, minutes=60, matters=0),
        PatrolCompleted(**IN, grid=None, team=TeamKind.STEWARDS, participants=3, minutes=60, matters=0),
    ),
    (
        HoldTraining(**IN, officer="judge-1", topic="调解", attended=9, hours=2),
        TrainingHeld(**IN, officer="judge-1", topic="调解", attended=9, hours=2),
    ),
    (
        CompleteCoachedCase(**IN, officer="judge-1", mediators=1, lesson="sealed:l"),
        CoachedCaseCompleted(**IN, officer="judge-1", case=None, mediators=1, lesson="sealed:l"),
    ),
    (
        HoldOutreach(**IN, grid="1网格", form=OutreachForm.LECTURE, topic="民法典", audience=40),
        OutreachHeld(**IN, grid="1网格", form=OutreachForm.LECTURE, topic="民法典", audience=40),
    ),
    (GiveLegalAdvice(**OF_LAW, inquiries=4), LegalAdviceGiven(**OF_LAW, inquiries=4)),
    (GrantLegalAid(**OF_LAW, matters=1, by_unit="司法所"), LegalAidGranted(**OF_LAW, matters=1, by_unit="司法所")),
    (
        ProvideSupport(**IN, unit="司法所", services=SUPPORT),
        SupportProvided(**IN, unit="司法所", services=SUPPORT),
    ),
    (
        AppointLeader(**IN, leader="leader-1", post="副书记", name="sealed:n"),
        LeaderAppointed(**IN, leader="leader-1", post="副书记", name="sealed:n"),
    ),
    (
        EstablishEnterpriseSecurity(**IN, enterprise="示例公司", staff=2),
        EnterpriseSecurityEstablished(**IN, enterprise="示例公司", staff=2),
    ),
    (
        EnrolHelper(**IN, helper=HelperKind.GUARD, name="sealed:n"),
        HelperEnrolled(**IN, helper=HelperKind.GUARD, name="sealed:n"),
    ),
    (
        DesignateSafeUnit(**IN, unit_kind=SafeUnitKind.HOSPITAL, title="示例医院", by_unit="综治办"),
        SafeUnitDesignated(**IN, unit_kind=SafeUnitKind.HOSPITAL, title="示例医院", by_unit="综治办"),
    ),
    (FormWorkingBody(**IN, title="专班", members=5), WorkingBodyFormed(**IN, title="专班", members=5)),
)


@pytest.mark.parametrize(("command", "event"), TAKEN)
def test_an_entry_stands_as_it_was_given_and_only_of_a_registered_community(command: Any, event: Any) -> None:
    WORK.when(command, facts=HERE).then(event)
    refused = WORK.when(command, facts=Facts(officer=enrolled())).then_refused("unknown_community", field="community")
    assert_refusal_is_told(SERVICE, refused)


@pytest.mark.parametrize(("command", "event"), TAKEN)
def test_a_mistaken_entry_is_made_void_and_its_ledger_follows(command: Any, event: Any) -> None:
    kind = next(kind for kind in ENTRIES.kinds if type(event) in kind.events)
    voided = WorkVoided(kind=kind.name, reason="sealed:r")
    WORK.given(event).when(VoidWork(reason="sealed:r")).then(voided)
    rows: dict[str, Any] = {}
    for ledger in ENTRIES.ledgers:
        for position, said in enumerate((event, voided)):
            if type(said) in ledger.handles:
                item = recorded(said, position=position)
                for key in ledger.keys(item):
                    rows[ledger.name] = ledger.evolve(rows.get(ledger.name), item, key)
    assert list(rows) == [kind.name]
    assert rows[kind.name].voided_at == rows[kind.name].happened_at == recorded(event).occurred_at


def test_who_teaches_is_enrolled() -> None:
    for command in (
        HoldTraining(**IN, officer="nobody", topic="调解", attended=9, hours=2),
        CompleteCoachedCase(**IN, officer="nobody", mediators=1, lesson="l"),
    ):
        WORK.when(command, facts=Facts(community=COMMUNITY)).then_refused("officer_not_enrolled", field="officer")
    others = HoldTraining(**IN, topic="调解", attended=9, hours=2)
    WORK.when(others, facts=Facts(community=COMMUNITY)).then(
        TrainingHeld(**IN, officer=None, topic="调解", attended=9, hours=2)
    )


def test_a_notice_is_revised_as_often_as_needed_and_a_helper_leaves_once() -> None:
    posted, revised = TAKEN[0][1], NoticeRevised(now_shows=(Shown.PHOTOS,), revision="补照片")
    revise = ReviseNotice(now_shows=(Shown.PHOTOS,), revision="补照片")
    WORK.given(posted).when(revise).then(revised)
    WORK.given(posted, revised).when(revise).then(revised)
    helper = HelperEnrolled(**IN, helper=HelperKind.GUARD, name="sealed:n")
    left = HelperReleased(left_because=ReleaseReason.TERM)
    WORK.given(helper).when(ReleaseHelper(left_because=ReleaseReason.TERM)).then(left)
    refused = (
        WORK.given(helper, left).when(ReleaseHelper(left_because=ReleaseReason.TERM)).then_refused("entry_not_now")
    )
    assert refused.allowed == ("void-work",)


def test_services_are_counted_once_per_kind_and_never_by_person() -> None:
    WORK.when(ProvideSupport(**IN, unit="司法所", services=()), facts=HERE).then_refused("nothing_given")
    twice = ProvideSupport(**IN, unit="司法所", services=SUPPORT * 2)
    assert_refusal_is_told(SERVICE, WORK.when(twice, facts=HERE).then_refused("counted_twice", field="services"))


def meeting(kind: MeetingKind = MeetingKind.JOINT, community: str = WENBO) -> Facts:
    row = meetings.Row(
        id="m1", community=community, kind=kind, month="2015-06", held_at=START, attended=9, subject="sealed:s"
    )
    return Facts(community=COMMUNITY, meeting=row)


SETTLE = SettleIssue(**IN, meeting="m1", units=("派出所",), issue="sealed:i")


def test_a_problem_is_settled_at_a_joint_conference_of_the_community() -> None:
    settled = IssueSettled(**IN, meeting="m1", units=("派出所",), issue="sealed:i")
    WORK.when(at(1, SETTLE), facts=meeting()).then(settled)
    WORK.when(at(1, SETTLE), facts=HERE).then_refused("unknown_meeting", field="meeting")
    for other in (meeting(MeetingKind.MONTHLY), meeting(community="410105010009")):
        WORK.when(at(1, SETTLE), facts=other).then_refused("not_a_joint_conference", field="meeting")
    WORK.when(at(-1, SETTLE), facts=meeting()).then_refused("before_held", field="occurred_at")


def test_a_leader_visits_the_community_that_they_answer_for_and_while_they_do() -> None:
    row = LEADING.row(
        id="1", community=WENBO, leader="leader-1", post="副书记", name="sealed:n", happened_at=START,
        relieved_at=START + timedelta(days=9),
    )  # fmt: skip
    facts = Facts(community=COMMUNITY, leaders=(row,))
    visit = CompleteLeaderVisit(**IN, leader="leader-1", purpose="调研")
    came = LeaderVisitCompleted(**IN, leader="leader-1", purpose="调研", heard=None)
    WORK.when(at(2, visit), facts=facts).then(came)
    for day in (-1, 10):
        refused = WORK.when(at(day, visit), facts=facts).then_refused("not_its_leader", field="leader")
        assert_refusal_is_told(SERVICE, refused)
    WORK.when(at(2, visit), facts=HERE).then_refused("not_its_leader")
    appointed = LeaderAppointed(**IN, leader="leader-1", post="副书记", name="sealed:n")
    WORK.given(appointed).when(RelieveLeader(relieved_because="sealed:r")).then(
        LeaderRelieved(relieved_because="sealed:r")
    )


def test_every_refusal_of_an_entry_is_told() -> None:
    for code in ("already_entered", "unknown_entry", "entry_voided", "entry_not_now"):
        assert_refusal_is_told(SERVICE, Refused(code))
