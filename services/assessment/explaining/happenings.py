"""What happened 经过: an event behind a row or a number, as people are told of it.

The words are those of the three services' pages, which a program that serves assessment alone has not.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from services.assessment.explaining.vocabulary import Pair
from shared.contracts.assessment import Change
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded, value
from shared.contracts.fields import Code, Count, Day, Line


@value
class Event:
    """An event behind a row or a number: what happened, to what, on which day, when it was recorded and where it
    stands."""

    position: Count
    type: Code
    says_zh: Line
    says_en: Line
    on: Day
    """The day on which it happened; where that was put right since, as it is told now."""
    recorded_on: Day
    case: Code | None = None
    """The case that it is about."""
    community: Code | None = None
    """Whose it is, where the event says so: a community's division code."""
    taken_back: bool = False
    """Whether a later event took it back 撤销."""
    decides: bool = True
    """Whether it tells of what the indicator looks at; what else is known of the row stands beside it."""


At = Callable[[int], Event]
"""The event at a position of the log."""


def happened(recorded: Recorded[Any]) -> Event:
    """What an event of the record did."""
    says_zh, says_en = words_of(recorded.type)
    category, _, id = recorded.stream.partition("/")
    return Event(
        position=recorded.position, type=recorded.type, says_zh=says_zh, says_en=says_en,
        on=civil_day(recorded.occurred_at), recorded_on=civil_day(recorded.recorded_at),
        case=id if category in _OF_CASES else None,
        community=id if category in _OF_COMMUNITIES else getattr(recorded.event, "community", None),
    )  # fmt: skip


_OF_CASES: Final = frozenset({"case", "handling"})
_OF_COMMUNITIES: Final = frozenset({"community", "roster"})
"""The streams that are called by a case, and by a community."""


def causes(changes: Iterable[Change], at: At) -> tuple[Event, ...]:
    """What the events did that changes name as their causes, each once, in the order of the log: whoever shows changes
    (a page, a circular) can tell people more than positions. `telling.at` reads them from a log; what a change itself
    says, `wording.changed` puts in words."""
    return tuple(at(position) for position in sorted({position for one in changes for position in one.causes}))


def words_of(type: str) -> Pair:
    """What kind of event it is; its stored name where no words are known."""
    return WORDS.get(type.removeprefix("sanguan.").rpartition(".v")[0], (type, type))


WORDS: Final[Mapping[str, Pair]] = {
    "assessment.appeal-decided": ("答复申诉", "Appeal decided"),
    "assessment.archive-entry-added": ("实绩档案", "Archive entry added"),
    "assessment.archive-filed": ("报备", "Archive filed"),
    "assessment.circular-issued": ("通报", "Circular issued"),
    "assessment.commendation-awarded": ("表彰", "Commendation awarded"),
    "assessment.community-plan-filed": ("社区方案", "Community plan filed"),
    "assessment.funds-allocated": ("经费", "Funds allocated"),
    "assessment.inspection-conducted": ("督导检查", "Inspection"),
    "assessment.leading-group-constituted": ("成立领导小组", "Leading group constituted"),
    "assessment.model-case-recommended": ("典型案例", "Model case recommended"),
    "assessment.plan-adopted": ("方案印发", "Plan adopted"),
    "assessment.plan-amended": ("方案调整", "Plan amended"),
    "assessment.public-review-recorded": ("群众评议", "Public review"),
    "assessment.rectification-completed": ("整改完成", "Rectification completed"),
    "assessment.rectification-ordered": ("责令整改", "Rectification ordered"),
    "assessment.rulebook-adopted": ("考核办法施行", "Rulebook adopted"),
    "assessment.score-appealed": ("申诉", "Score appealed"),
    "assessment.summary-submitted": ("活动总结", "Summary submitted"),
    "assessment.supervision-voided": ("登记作废", "Entry made void"),
    "assessment.survey-concluded": ("问卷调查", "Survey concluded"),
    "assessment.youth-offence-rate-reported": ("青少年违法犯罪率", "Youth offending reported"),
    "assignment.agreement-reached": ("达成协议", "Agreement reached"),
    "assignment.coached-case-completed": ("传帮带", "Case coached"),
    "assignment.community-corrected": ("社区信息更正", "Community corrected"),
    "assignment.community-registered": ("社区登记", "Community registered"),
    "assignment.community-voided": ("社区作废", "Community voided"),
    "assignment.community-work-retracted": ("撤销登记", "Taken back"),
    "assignment.contact-cards-issued": ("发放便民联系卡", "Contact cards issued"),
    "assignment.enterprise-security-established": ("企业内保", "Enterprise security"),
    "assignment.handler-assigned": ("指定承办人", "Handler assigned"),
    "assignment.handler-replaced": ("更换承办人", "Handler replaced"),
    "assignment.handling-resumed": ("恢复办理", "Handling resumed"),
    "assignment.handover-completed": ("移交完成", "Handed over"),
    "assignment.handover-opened": ("待移交", "To be handed over"),
    "assignment.helper-enrolled": ("五员入册", "Helper enrolled"),
    "assignment.helper-released": ("五员离任", "Helper released"),
    "assignment.leader-appointed": ("领导包抓", "Leader appointed"),
    "assignment.leader-relieved": ("不再包抓", "Leader relieved"),
    "assignment.leader-visit-completed": ("领导下社区", "Leader visit"),
    "assignment.leave-ended": ("销假", "Leave ended"),
    "assignment.leave-recorded": ("请假", "Leave recorded"),
    "assignment.legal-advice-given": ("法律咨询", "Legal advice given"),
    "assignment.legal-aid-granted": ("法律援助", "Legal aid granted"),
    "assignment.mediation-held": ("调解", "Mediation held"),
    "assignment.meeting-convened": ("会议", "Meeting held"),
    "assignment.meeting-voided": ("会议作废", "Meeting voided"),
    "assignment.minutes-submitted": ("会议纪要报送", "Minutes submitted"),
    "assignment.notice-posted": ("公示", "Notice posted"),
    "assignment.officer-posted": ("派驻", "Officer posted"),
    "assignment.outreach-held": ("普法宣传", "Outreach held"),
    "assignment.patrol-completed": ("巡逻", "Patrol completed"),
    "assignment.performance-checked": ("履行回访", "Performance checked"),
    "assignment.posting-end-retracted": ("撤销调离", "End of posting taken back"),
    "assignment.posting-ended": ("派驻结束", "Posting ended"),
    "assignment.posting-voided": ("派驻作废", "Posting voided"),
    "assignment.procedure-adopted": ("建章立制", "Procedure adopted"),
    "assignment.responsibility-letter-signed": ("包案稳控责任书", "Responsibility letter"),
    "assignment.studio-closed": ("工作室关闭", "Studio closed"),
    "assignment.studio-opened": ("工作室设立", "Studio opened"),
    "assignment.support-provided": ("服务帮扶", "Support provided"),
    "assignment.training-held": ("调解员培训", "Training held"),
    "assignment.visit-completed": ("走访", "Visit completed"),
    "assignment.visit-declined": ("谢绝走访", "Visit declined"),
    "assignment.visit-planned": ("计划走访", "Visit planned"),
    "assignment.work-retracted": ("撤销登记", "Taken back"),
    "assignment.work-voided": ("登记作废", "Entry made void"),
    "assignment.working-body-formed": ("工作机构", "Working body formed"),
    "intake.calendar-amended": ("工作日历调整", "Working calendar amended"),
    "intake.case-accepted": ("受理", "Accepted"),
    "intake.case-corrected": ("更正", "Corrected"),
    "intake.case-declined": ("不予受理", "Declined"),
    "intake.case-followed-up": ("回访", "Followed up"),
    "intake.case-handed-down": ("交办", "Handed down"),
    "intake.case-linked-as-duplicate": ("并案", "Linked"),
    "intake.case-reclassified": ("改类", "Reclassified"),
    "intake.case-referred": ("移送", "Referred"),
    "intake.case-reopened": ("重启", "Reopened"),
    "intake.case-reported": ("登记", "Reported"),
    "intake.case-resolved": ("化解", "Resolved"),
    "intake.case-step-retracted": ("撤销登记", "Taken back"),
    "intake.case-terminated": ("终止调解", "Terminated"),
    "intake.case-voided": ("作废", "Voided"),
    "intake.case-withdrawn": ("撤回", "Withdrawn"),
    "intake.clock-paused": ("期限中止", "Clock paused"),
    "intake.clock-resumed": ("期限恢复", "Clock resumed"),
    "intake.deadline-extended": ("延期", "Deadline extended"),
    "intake.finding-voided": ("登记作废", "Entry made void"),
    "intake.hazard-cleared": ("隐患消除", "Hazard cleared"),
    "intake.hazard-found": ("发现隐患", "Hazard found"),
    "intake.key-area-listed": ("挂牌整治", "Key area listed"),
    "intake.key-area-reinspected": ("整治验收", "Key area reinspected"),
    "intake.major-fire-reported": ("重特大火灾", "Major fire"),
    "intake.opinion-answered": ("答复意见", "Opinion answered"),
    "intake.opinion-recorded": ("收集意见", "Opinion recorded"),
    "intake.venue-inspected": ("场所检查", "Venue inspected"),
}
"""What can be the cause of a number: all that evidence is made of, and the rules. A test holds them to the pages'."""
