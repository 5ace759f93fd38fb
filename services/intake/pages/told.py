"""What intake's events tell people: stored name → title and sentence. A test fails where an event lacks them."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.intake import (
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
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
    CaseCorrected.NAME: Said(
        ("更正", "Corrected"), ("更正为：{given}。理由：{reason}", "Put right: {given}. Reason: {reason}")
    ),
    CaseVoided.NAME: Said(
        ("作废", "Voided"),
        (
            "登记作废，不再计入；记录保留。理由：{reason}",
            "Made void: it counts nowhere, and stays in the record. Reason: {reason}",
        ),
    ),
}
