"""What intake's events tell people: stored name → title and sentence. A test fails where an event lacks them."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.intake import (
    CalendarAmended,
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseEscalated,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseStepRetracted,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
)
from shared.web.words import Said

EVENTS: Final[Mapping[str, Said]] = {
    CaseReported.NAME: Said(
        ("登记", "Reported"),
        (
            "{kind}（{dispute_type}），来源：{source}。当事人：{parties}。基本情况：{summary}",
            "{kind} ({dispute_type}). Source: {source}. Parties: {parties}. Summary: {summary}",
        ),
    ),
    CaseAccepted.NAME: Said(
        ("受理", "Accepted"), ("予以受理，应于{due_on}前化解。", "Taken on, to be settled by {due_on}.")
    ),
    CaseDeclined.NAME: Said(
        ("不予受理", "Declined"),
        ("理由：{reason}。已告知救济途径：{remedy}", "Reason: {reason}. Remedy told: {remedy}"),
    ),
    CaseHandedDown.NAME: Said(
        ("交办", "Handed down"),
        (
            "上级交办，列为信访积案。交办单位：{by_unit}；文号：{document}。",
            "Handed down as petition backlog by: {by_unit}; document: {document}.",
        ),
    ),
    CaseLinkedAsDuplicate.NAME: Said(
        ("并案", "Linked"), ("与案件 {duplicate_of} 为同一事项，并入该案。", "The same matter as case {duplicate_of}.")
    ),
    CaseReclassified.NAME: Said(
        ("改类", "Reclassified"),
        ("改为{kind}（{dispute_type}）。理由：{reason}", "Now {kind} ({dispute_type}). Reason: {reason}"),
    ),
    CaseReferred.NAME: Said(
        ("移送", "Referred"),
        ("移送至{to_unit}。属街道以外：{outside}。", "Passed to {to_unit}. Outside the sub-district: {outside}."),
    ),
    CaseWithdrawn.NAME: Said(
        ("撤回", "Withdrawn"), ("申请人撤回。理由：{reason}", "The applicant took it back. Reason: {reason}")
    ),
    CaseResolved.NAME: Said(
        ("化解", "Resolved"),
        ("在{tier}层级化解。达成协议：{by_agreement}。", "Settled at this tier: {tier}. By agreement: {by_agreement}."),
    ),
    CaseTerminated.NAME: Said(
        ("终止调解", "Terminated"),
        ("{reason}。已告知救济途径：{remedies_told}。", "Mediation ended: {reason}. Remedies told: {remedies_told}."),
    ),
    CaseFollowedUp.NAME: Said(
        ("回访", "Followed up"),
        (
            "满意：{satisfied}；保持稳定：{stable}。回访记录：{note}",
            "Satisfied: {satisfied}; still settled: {stable}. Note: {note}",
        ),
    ),
    CaseClosed.NAME: Said(("结案", "Closed"), ("案卷归档。", "The file is closed.")),
    CaseReopened.NAME: Said(
        ("重启", "Reopened"),
        ("重新受理，应于{due_on}前化解。理由：{reason}", "Taken on again, to be settled by {due_on}. Reason: {reason}"),
    ),
    CaseEscalated.NAME: Said(
        ("提级督办", "Escalated"), ("提至{to}督办。理由：{reason}", "Passed up to: {to}. Reason: {reason}")
    ),
    ClockPaused.NAME: Said(
        ("期限中止", "Clock paused"), ("中止计算：{reason}。{note}", "The clock stands: {reason}. {note}")
    ),
    ClockResumed.NAME: Said(
        ("期限恢复", "Clock resumed"),
        (
            "恢复计算，中止{paused_days}日，期限顺延至{due_on}。",
            "The clock goes on after {paused_days} days: due by {due_on} now.",
        ),
    ),
    DeadlineExtended.NAME: Said(
        ("延期", "Deadline extended"),
        (
            "经{approved_by}批准延长{days}日，至{due_on}。理由：{reason}",
            "Put off by {days} days to {due_on}, allowed by {approved_by}. Reason: {reason}",
        ),
    ),
    CalendarAmended.NAME: Said(
        ("工作日历调整", "Working calendar amended"),
        (
            "{document}（{announced_on}公布）：放假 {off}；上班 {worked}；撤销的登记 {withdrawn} {withdrawn_year}。",
            "{document} ({announced_on}): off {off}; worked {worked}; withdrawn {withdrawn} {withdrawn_year}.",
        ),
    ),
    CaseCorrected.NAME: Said(
        ("更正", "Corrected"), ("更正为：{given}。理由：{reason}", "Put right: {given}. Reason: {reason}")
    ),
    CaseStepRetracted.NAME: Said(
        ("撤销登记", "Taken back"),
        (
            "“{step}”系误登，案件恢复为“{back_to}”。理由：{reason}",
            "The {step} was recorded by mistake: the case is {back_to} again. Reason: {reason}",
        ),
    ),
    CaseVoided.NAME: Said(
        ("作废", "Voided"),
        (
            "登记作废，不再计入；记录保留。理由：{reason}",
            "Made void: it counts nowhere, and stays in the record. Reason: {reason}",
        ),
    ),
}
