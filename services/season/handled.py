"""What those do who handle a case (§3.2.1, 3.3.2): it is assigned, visited, mediated where the parties want it, agreed
or not; and what follows from that."""

from datetime import timedelta
from typing import Final

from services.assignment.commands import (
    AssignHandler,
    CheckPerformance,
    CompleteVisit,
    DeclareConflict,
    DeclineVisit,
    HoldMediation,
    OfferJudicialConfirmation,
    PlanVisit,
    ReachAgreement,
    RecordConsent,
    RecordJudicialConfirmation,
    RetractWork,
    SignResponsibilityLetter,
    TerminateMediation,
    WithdrawConsent,
)
from services.season.life import Life, PastTheEnd
from services.season.scenario import one_of
from services.season.stories import Fate, Story, Twist
from shared.contracts.assignment import Confirmation, Performance, WorkAct
from shared.contracts.codes import AgreementForm, Termination, Tier

MUST: Final = 0.6
"""Visits that are must-visits: families with a dispute are a class of them (§3.3.2)."""
VISIT_DAYS: Final = (1, 4)
VISIT_DAYS_BEHIND: Final = (6, 25)
"""From the day for which a visit was planned to the day on which it is made, where the officers are behind."""
ENTERED_LATE: Final = 0.08
"""Visits that stay in a notebook for weeks before they are entered; where the officers are behind, half of them."""
NOT_VISITED: Final = 0.04
DRAWN_OUT_DAYS: Final = (12, 18)
"""How long petition backlog takes longer than a dispute."""
CONTACT_DAYS: Final = 30
"""How often those who signed for a case must see its parties."""
VISIT_EVERY_DAYS: Final = (12, 18)
"""How often they do."""
ORAL: Final = 0.35
SETTLED_AT: Final = ((Tier.COMMUNITY, 85), (Tier.SUBDISTRICT, 13), (Tier.ABOVE, 2))
KEPT: Final = ((Performance.PERFORMED, 88), (Performance.PARTLY, 8), (Performance.NOT_PERFORMED, 4))
CONFIRMED: Final = ((Confirmation.CONFIRMED, 85), (Confirmation.NOT_ASKED, 10), (Confirmation.REFUSED, 5))
_DIARIES: Final = (
    "入户了解情况，双方愿意调解。",
    "听取双方意见，约定下周面谈。",
    "查看现场，拍照留存。",
    "双方情绪平稳，愿意协商。",
)


def told(life: Life, story: Story) -> None:
    """The handling of an accepted case, as its story has it."""
    life.later(1, 4)
    who = life.whoever()
    if story.slip is WorkAct.HANDLER:
        life.leader("assign-early", AssignHandler(officer=who))
        life.soon()
        life.officer("assign-taken-back", RetractWork(act=WorkAct.HANDLER, reason="尚未商定"))
        life.soon()
    life.leader("assign", AssignHandler(officer=who))
    life.taken_by(who)
    if story.twist is Twist.CONFLICT or story.slip is WorkAct.CONFLICT:
        _conflict(life, who, story.slip is WorkAct.CONFLICT)
    if story.twist is Twist.HANDED_DOWN:
        _letter(life, story.slip is WorkAct.LETTER)
    _visit(life, "v1", story.twist is Twist.VISIT_DECLINED)
    if story.slip is WorkAct.VISIT:
        _mistaken_visit(life)
    if story.twist is Twist.HANDED_DOWN:
        for visit in ("v2", "v3", "v4"):
            life.later(*VISIT_EVERY_DAYS)
            _visit(life, visit, declined=False)
    match story.fate:
        case Fate.STAYS_OPEN:
            raise PastTheEnd
        case Fate.REFUSED:
            life.later(1, 6)
            _terminated(life, Termination.REFUSED)
        case _:
            _mediated(life, story)


def told_again(life: Life) -> None:
    """A reopened case: whoever had it and has left is replaced; the parties agree anew."""
    life.later(1, 3)
    life.replaced("replace-again", "原承办人不在岗")
    _visit(life, "v9", declined=False)
    life.later(1, 4)
    for party in range(1, life.parties + 1):
        life.officer(f"consent-again-{party}", RecordConsent(party=party))
        life.soon()
    _held(life, "mediate-again")
    life.soon()
    agreed = ReachAgreement(form=AgreementForm.WRITTEN, terms="示例：分两期付清。", tier=Tier.SUBDISTRICT)
    life.officer("agree-again", agreed)
    life.over = True


# handlers and letters


def _conflict(life: Life, who: str, mistaken: bool) -> None:
    life.soon()
    life.officer("conflict", DeclareConflict(officer=who, reason="与一方当事人系亲属"))
    if mistaken:
        life.soon()
        wrong = RetractWork(act=WorkAct.CONFLICT, item=who, reason="同名误报")
        life.officer("conflict-taken-back", wrong)
        return
    life.conflicted.append(who)
    life.later(0, 2)
    life.replaced("replace", "回避")


def _letter(life: Life, mistaken: bool) -> None:
    life.later(0, 3)
    letter = SignResponsibilityLetter(
        unit="示例街道信访办", person=f"示例包案人{life.number + 1}", contact_days=CONTACT_DAYS
    )  # fmt: skip
    life.leader("letter", letter)
    if mistaken:
        life.soon()
        life.officer("letter-taken-back", RetractWork(act=WorkAct.LETTER, reason="签订单位有误"))
        life.soon()
        life.leader("letter-again", letter)


# visits


def _visit(life: Life, visit: str, declined: bool) -> None:
    """Planned; then done, declined, or neither."""
    random, behind = life.random, life.pace.behind(life.at.date())
    on = life.rhythm.working(life.at.date() + timedelta(days=random.randint(*VISIT_DAYS)))
    planned = life.roster.at_work(on, life.conflicted)
    if planned is None:
        return
    life.officer(f"{visit}-plan", PlanVisit(officer=planned, on=on, must=random.random() < MUST, visit=visit))
    if not declined and random.random() < NOT_VISITED:
        return
    life.later(*(VISIT_DAYS_BEHIND if behind else VISIT_DAYS))
    if declined:
        life.officer(f"{visit}-declined", DeclineVisit(visit=visit, reason="当事人表示不便"))
        return
    done = CompleteVisit(visit=visit, officer=life.whoever(), diary=_diary(life, random.choice(_DIARIES)))
    life.officer(f"{visit}-done", done, late=random.random() < (0.5 if behind else ENTERED_LATE))


def _diary(life: Life, heard: str) -> str:
    """What was heard on that day."""
    return f"示例：{life.at.month}月{life.at.day}日，{heard}"


def _mistaken_visit(life: Life) -> None:
    """A visit of another case was entered here."""
    on, who = life.rhythm.working(life.at.date()), life.whoever()
    planned = life.roster.at_work(on, life.conflicted) or who
    life.officer("v8-plan", PlanVisit(officer=planned, on=on, must=False, visit="v8"))
    life.soon()
    life.officer("v8-taken-back", RetractWork(act=WorkAct.VISIT, item="v8", reason="登错案件"))


# mediation


def _mediated(life: Life, story: Story) -> None:
    life.later(*(DRAWN_OUT_DAYS if story.twist is Twist.HANDED_DOWN else (1, 7)))
    _consents(life, story)
    if story.fate is Fate.CONSENT_WITHDRAWN:
        life.later(1, 5)
        life.officer("unwilling", WithdrawConsent(party=1))
        life.soon()
        _terminated(life, Termination.CONSENT_WITHDRAWN)
        return
    life.later(1, 6)
    _held(life, "mediate")
    if story.slip is WorkAct.MEDIATION:
        life.soon()
        life.officer("mediate-taken-back", RetractWork(act=WorkAct.MEDIATION, reason="改期，当日未调解"))
        life.later(1, 5)
        _held(life, "mediate-really")
    if story.fate is Fate.NO_AGREEMENT:
        life.later(3, 9)
        _held(life, "mediate-once-more")
        life.later(1, 6)
        _terminated(life, Termination.NO_AGREEMENT)
    else:
        life.later(0, 9)
        _agreed(life, story)


def _consents(life: Life, story: Story) -> None:
    for party in range(1, life.parties + 1):
        life.officer(f"consent-{party}", RecordConsent(party=party))
        life.soon()
    if story.slip is WorkAct.CONSENT:
        life.officer("consent-taken-back", RetractWork(act=WorkAct.CONSENT, item="1", reason="尚未征得同意"))
        life.later(0, 3)
        life.officer("consent-really", RecordConsent(party=1))
    if story.twist is Twist.UNWILLING:
        life.later(1, 3)
        life.officer("unwilling", WithdrawConsent(party=2))
        life.later(1, 4)
        life.officer("willing", RecordConsent(party=2))


def _held(life: Life, what: str) -> None:
    session = HoldMediation(officers=(life.whoever(),), place="社区调解室", record="示例：当面沟通，分头做工作。")
    life.officer(what, session)


def _terminated(life: Life, reason: Termination) -> None:
    life.officer("terminate", TerminateMediation(reason=reason, remedies_told=True))
    life.over = True


def _agreed(life: Life, story: Story) -> None:
    """The parties agree; told of judicial confirmation; looked after some weeks later."""
    random = life.random
    told = story.twist is Twist.CONFIRMED or story.slip is WorkAct.CONFIRMATION_OFFER
    oral = not told and random.random() < ORAL
    agreed = ReachAgreement(
        form=AgreementForm.ORAL if oral else AgreementForm.WRITTEN, terms="示例：双方各自承担一部分，当场履行。",
        tier=Tier.SUBDISTRICT if story.twist is Twist.CLOCK else one_of(random, SETTLED_AT),
    )  # fmt: skip
    life.officer("agree", agreed)
    life.over = True
    if not oral:
        life.soon()
        life.officer("tell", OfferJudicialConfirmation())
        if story.slip is WorkAct.CONFIRMATION_OFFER:
            life.soon()
            life.officer("tell-taken-back", RetractWork(act=WorkAct.CONFIRMATION_OFFER, reason="当日未告知"))
            life.later(1, 5)
            life.officer("tell-really", OfferJudicialConfirmation())
    if story.twist is Twist.CONFIRMED:
        life.later(6, 16)
        found = one_of(random, CONFIRMED)
        document = f"示确{life.at.year}-{life.id}" if found is Confirmation.CONFIRMED else None
        life.officer("confirm", RecordJudicialConfirmation(confirmation=found, document=document))
    life.later(8, 18)
    life.officer("check", CheckPerformance(performance=one_of(random, KEPT)))
    if story.slip is WorkAct.PERFORMANCE:
        life.soon()
        life.officer("check-taken-back", RetractWork(act=WorkAct.PERFORMANCE, reason="登错案件"))
        life.later(2, 6)
        life.officer("check-really", CheckPerformance(performance=Performance.PERFORMED))
