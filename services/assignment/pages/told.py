"""What assignment's events tell people: stored name → title and sentence. A test fails where an event lacks them."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.assignment import (
    AgreementReached,
    CommunityCorrected,
    CommunityRegistered,
    CommunityVoided,
    CommunityWorkRetracted,
    ConflictDeclared,
    ConsentRecorded,
    ConsentWithdrawn,
    ContactCardsIssued,
    HandlerAssigned,
    HandlerReplaced,
    HandlingEnded,
    HandlingOpened,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    LeaveEnded,
    LeaveRecorded,
    MediationHeld,
    MediationTerminated,
    MeetingConvened,
    MeetingVoided,
    MinutesSubmitted,
    OfficerCorrected,
    OfficerEnrolled,
    OfficerPosted,
    OfficerVoided,
    PerformanceChecked,
    PostingEnded,
    PostingEndRetracted,
    PostingVoided,
    ResponsibilityLetterSigned,
    StudioClosed,
    StudioOpened,
    SyntheticDeclared,
    VisitCompleted,
    VisitDeclined,
    VisitPlanned,
    VisitTimesSet,
    WorkRetracted,
)
from shared.web.words import Said

EVENTS: Final[Mapping[str, Said]] = {
    SyntheticDeclared.NAME: Said(
        ("合成数据声明", "Declared synthetic"),
        (
            "本日志中的人物与事件均为虚构，由{made_by}编造。",
            "Everyone and everything in this log is invented, by {made_by}.",
        ),
    ),
    CommunityRegistered.NAME: Said(
        ("社区登记", "Community registered"),
        ("{name}（{code}）参加活动，{households}户。", "{name} ({code}) joined, with {households} households."),
    ),
    CommunityCorrected.NAME: Said(
        ("社区信息更正", "Community corrected"),
        (
            "名称：{name}；网格：{grids}；户数：{households}。理由：{reason}",
            "Name: {name}; grids: {grids}; households: {households}. Reason: {reason}",
        ),
    ),
    CommunityVoided.NAME: Said(
        ("社区作废", "Community voided"), ("{code}系误登。理由：{reason}", "{code} was a mistake. Reason: {reason}")
    ),
    StudioOpened.NAME: Said(("工作室设立", "Studio opened"), ("设在{place}。", "At {place}.")),
    StudioClosed.NAME: Said(("工作室关闭", "Studio closed"), ("原因：{reason}", "Reason: {reason}")),
    ContactCardsIssued.NAME: Said(
        ("发放便民联系卡", "Contact cards issued"),
        ("本次发放{households}户。", "To {households} households this time."),
    ),
    CommunityWorkRetracted.NAME: Said(
        ("撤销登记", "Taken back"),
        (
            "“{act}”系误登（户数：{households}）。理由：{reason}",
            "The {act} was recorded by mistake (households: {households}). Reason: {reason}",
        ),
    ),
    OfficerEnrolled.NAME: Said(
        ("人员入册", "Officer enrolled"),
        ("{profession}，{unit}，姓名{name}。", "A {profession} of {unit}, name {name}."),
    ),
    OfficerCorrected.NAME: Said(
        ("人员信息更正", "Officer corrected"),
        (
            "类别：{profession}；单位：{unit}。理由：{reason}",
            "Profession: {profession}; unit: {unit}. Reason: {reason}",
        ),
    ),
    OfficerVoided.NAME: Said(("人员作废", "Enrolment voided"), ("误登。理由：{reason}", "A mistake. Reason: {reason}")),
    OfficerPosted.NAME: Said(
        ("派驻", "Officer posted"), ("{profession}自{from_day}起派驻。", "A {profession}, from {from_day}.")
    ),
    VisitTimesSet.NAME: Said(("下社区时间", "Visit times set"), ("{times}", "{times}")),
    PostingEnded.NAME: Said(
        ("派驻结束", "Posting ended"),
        ("{profession}至{last_day}止，原因：{reason}。", "The {profession} served until {last_day}: {reason}."),
    ),
    PostingEndRetracted.NAME: Said(
        ("撤销调离", "End of posting taken back"),
        ("{last_day}的调离系误登。理由：{reason}", "The end on {last_day} was a mistake. Reason: {reason}"),
    ),
    PostingVoided.NAME: Said(
        ("派驻作废", "Posting voided"),
        ("自{from_day}起的派驻系误登。理由：{reason}", "The posting from {from_day} was a mistake. Reason: {reason}"),
    ),
    LeaveRecorded.NAME: Said(
        ("请假", "Leave recorded"), ("{officer}请假：{leave}。", "{officer} is on leave: {leave}.")
    ),
    LeaveEnded.NAME: Said(
        ("销假", "Leave ended"),
        ("{officer}自{first_day}起的请假至{last_day}止。", "{officer}: from {first_day} to {last_day}."),
    ),
    HandlingOpened.NAME: Said(
        ("转入办理", "Handling opened"),
        ("转交派驻人员办理，应于{due_on}前化解。", "Passed to those who handle it, to be settled by {due_on}."),
    ),
    HandlerAssigned.NAME: Said(("指定承办人", "Handler assigned"), ("承办人：{officer}。", "Handler: {officer}.")),
    HandlerReplaced.NAME: Said(
        ("更换承办人", "Handler replaced"),
        ("由{officer}接替{replaced}。原因：{reason}", "{officer} took over from {replaced}. Reason: {reason}"),
    ),
    ConflictDeclared.NAME: Said(
        ("回避", "Conflict declared"), ("{officer}回避。原因：{reason}", "{officer} stands aside. Reason: {reason}")
    ),
    VisitPlanned.NAME: Said(
        ("计划走访", "Visit planned"),
        ("{officer}计划于{on}走访。必访：{must}。", "{officer}, for {on}. A must-visit: {must}."),
    ),
    VisitCompleted.NAME: Said(
        ("走访", "Visit completed"),
        ("{officer}上门走访。民情日记：{diary}", "{officer} called on the household. Diary: {diary}"),
    ),
    VisitDeclined.NAME: Said(
        ("谢绝走访", "Visit declined"), ("对方谢绝。说明：{reason}", "The household declined. Note: {reason}")
    ),
    ConsentRecorded.NAME: Said(
        ("同意调解", "Consent recorded"), ("第{party}方当事人同意调解。", "Party {party} agreed to mediation.")
    ),
    ConsentWithdrawn.NAME: Said(
        ("撤回同意", "Consent withdrawn"), ("第{party}方当事人撤回同意。", "Party {party} withdrew its consent.")
    ),
    MediationHeld.NAME: Said(
        ("调解", "Mediation held"),
        ("在{place}调解，参加：{officers}。笔录：{record}", "At {place}, by {officers}. Record: {record}"),
    ),
    AgreementReached.NAME: Said(("达成协议", "Agreement reached"), ("{form}。内容：{terms}", "{form}. Terms: {terms}")),
    MediationTerminated.NAME: Said(
        ("调解终止", "Mediation ended"),
        ("{reason}。已告知救济途径：{remedies_told}。", "{reason}. Remedies told: {remedies_told}."),
    ),
    PerformanceChecked.NAME: Said(
        ("履行回访", "Performance checked"),
        ("协议履行情况：{performance}。{note}", "The agreement is {performance}. {note}"),
    ),
    JudicialConfirmationOffered.NAME: Said(
        ("告知司法确认", "Confirmation offered"),
        ("可于{apply_by}前共同向法院申请司法确认。", "A court may be asked to confirm it until {apply_by}."),
    ),
    JudicialConfirmationRecorded.NAME: Said(
        ("司法确认", "Judicial confirmation"),
        ("{confirmation}；文号：{document}。", "{confirmation}; document: {document}."),
    ),
    ResponsibilityLetterSigned.NAME: Said(
        ("包案稳控责任书", "Responsibility letter"),
        (
            "{unit}签订责任书，至少每{contact_days}日联系一次。",
            "{unit} signed; contact at least every {contact_days} days.",
        ),
    ),
    HandoverOpened.NAME: Said(
        ("待移交", "To be handed over"),
        ("承办人{officer}离任，案件待移交。", "{officer} leaves: the case is to be handed over."),
    ),
    HandoverCompleted.NAME: Said(
        ("移交完成", "Handed over"), ("由{replaced}移交{officer}承办。{note}", "From {replaced} to {officer}. {note}")
    ),
    WorkRetracted.NAME: Said(
        ("撤销登记", "Taken back"),
        ("“{act}”系误登：{item}。理由：{reason}", "The {act} was a mistake: {item}. Reason: {reason}"),
    ),
    HandlingResumed.NAME: Said(("恢复办理", "Handling resumed"), ("办结已撤销，继续办理。", "It is handled again.")),
    HandlingEnded.NAME: Said(("办理结束", "Handling ended"), ("案件现为：{status}。", "The case is now: {status}.")),
    MeetingVoided.NAME: Said(
        ("会议作废", "Meeting voided"),
        ("{month}的{kind}系误登。理由：{reason}", "The {kind} of {month} was a mistake. Reason: {reason}"),
    ),
    MeetingConvened.NAME: Said(
        ("会议", "Meeting held"),
        ("{kind}（{month}），{attended}人参加。", "{kind} ({month}), {attended} present."),
    ),
    MinutesSubmitted.NAME: Said(
        ("会议纪要报送", "Minutes submitted"),
        ("{kind}（{month}）的纪要。", "Of: {kind} ({month})."),
    ),
}
