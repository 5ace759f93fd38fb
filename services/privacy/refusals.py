"""Every way in which privacy refuses: code → (Chinese, English), and the status where it is not 409.

Each sentence says what is wrong and what to do. `{name}` quotes what the refusal knows; never anything personal.
"""

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "unknown_subject": (
        "该社区没有这个案件、登记或人员：请核对编号和社区。",
        "There is no such case, entry or officer in that community: check the id and the community.",
    ),
    "same_person": (
        "提出的人不能自己决定：请由另一人办理。",
        "Nobody decides on what they proposed or did themselves: another person has to.",
    ),
    "before_last_act": (
        "时间（{occurred_at}）早于此前的一步（{before}）：请核对时间。",
        "It would have happened ({occurred_at}) before what it follows ({before}): check the time.",
    ),
    "already_erased": (
        "个人信息已经删除，不能再办理：无须再作处理。",
        "These personal data have been erased: nothing is left to be done about them.",
    ),
    # restriction and erasure
    "already_restricted": (
        "已经限制处理：可以解除，或提请删除。",
        "It is restricted already: lift that, or propose its erasure.",
    ),
    "not_restricted": (
        "没有限制处理：先限制处理，才能继续办理。",
        "It is not restricted: restrict it first.",
    ),
    "clock_not_running": (
        "尚在办理或任职中，保管期限没有起算：请以其他理由办理。",
        "It is still under way, and no period runs: give another reason.",
    ),
    "not_due_yet": (
        "保管期限到 {due_on} 才届满：请届时办理，或以其他理由办理。",
        "It has not been kept long enough before {due_on}: wait until then, or give another reason.",
    ),
    "restricted_too_short": (
        "限制处理满三十日（{from_day}）后才能提请删除：请届时办理。",
        "It must have been restricted for thirty days first, until {from_day}: propose it then.",
    ),
    "already_proposed": (
        "已经提请删除：请由另一人批准或者不予批准。",
        "Its erasure is proposed already: another person approves or refuses it.",
    ),
    "not_proposed": ("没有提请删除：请先提请。", "Its erasure is not proposed: propose it first."),
    "not_the_proposer": (
        "只有提出人可以撤回：请选择其他理由。",
        "Only who proposed it withdraws it: give another reason.",
    ),
    "erasure_approved": (
        "删除已经批准，正在执行：不能再改变。",
        "The erasure has been approved and is being done: nothing changes it any more.",
    ),
    "not_approved": (
        "删除没有经过批准：请先由另一人批准。",
        "The erasure was not approved: another person must first.",
    ),
    "on_hold": (
        "已暂缓删除：暂缓解除之前不能删除。",
        "It is under a legal hold: nothing is erased before that is released.",
    ),
    "already_held": ("已经暂缓删除：可以解除。", "It is under a legal hold already: it can be released."),
    "not_held": ("没有暂缓删除：无须解除。", "It is under no legal hold: there is nothing to release."),
    "unknown_request": (
        "没有对应的本人请求：请核对请求编号及其对象、事项。",
        "There is no such request of the person about this: check its id, its subject and what it asks for.",
    ),
    "request_not_granted": (
        "该请求没有得到同意：请先答复请求。",
        "That request was not granted: answer it first.",
    ),
    # unmasking
    "unknown_unmasking": ("没有这项解封申请：请核对编号。", "There is no such unmasking: check its id."),
    "already_asked": ("该编号已经申请过：请换一个编号。", "It was asked for under this id already: take another one."),
    "already_decided": ("该申请已经决定或终止：请另行申请。", "It was decided or has ended: ask anew."),
    "already_over": (
        "解封已经终止或没有准予：无须再终止。",
        "It is over, or was never granted: there is nothing to end.",
    ),
    "not_yours": (
        "只有申请人、个人信息保护负责人和办公室可以终止：请联系他们。",
        "Only who asked, the privacy officer or the office ends it: turn to them.",
    ),
    "unreviewed_emergencies": (
        "您有{count}项紧急查阅尚未复核：请先由个人信息保护负责人复核，或申请解封（ask-unmasking）。",
        "{count} of your emergencies wait to be looked at: the privacy officer does that first, or ask for an unmasking"
        " (ask-unmasking).",
    ),
    "no_emergency": ("这不是紧急查阅：无须复核。", "This was no emergency: it needs no review."),
    "already_reviewed": ("该紧急查阅已经复核。", "This emergency's opening was looked at already."),
    # persons' requests
    "unknown_person_request": ("没有这项本人请求：请核对编号。", "There is no such request: check its id."),
    "already_received": (
        "该编号已经登记过请求：请换一个编号。",
        "A request stands under this id already: take another.",
    ),
    "already_answered": (
        "该请求已经答复：如有变化，请登记新的请求。",
        "It was answered: enter a new request if need be.",
    ),
    "reason_unfit": (
        "该理由与办理结果（{outcome_zh}）不符：请核对二者。",
        "That reason does not fit the outcome ({outcome}): check both.",
    ),
    "correction_missing": (
        "同意更正的，须写明更正记录的位置：请先更正，再填写其位置。",
        "A correction that was granted names its event: make it first, then give its position.",
    ),
    "correction_not_needed": (
        "没有同意更正的，无须填写更正记录的位置：请留空。",
        "Only a correction that was granted names an event: leave it empty.",
    ),
    "not_its_correction": (
        "该位置不是其最近一次更正：请核对位置。",
        "No last correction of it stands at that position: check the position.",
    ),
}

MISSING: Final = ("unknown_subject", "unknown_unmasking", "unknown_person_request")
"""Refusals because there is no such thing."""

FORBIDDEN: Final = ("same_person", "not_yours", "not_the_proposer")
"""Refusals because of who asks."""

INPUT: Final = (
    "before_last_act", "unknown_request", "reason_unfit", "correction_missing", "correction_not_needed",
    "not_its_correction",
)  # fmt: skip
"""Refusals of what was sent: with other data the same command might be taken now."""

STATUSES: Final[Mapping[str, int]] = {
    **dict.fromkeys(MISSING, 404), **dict.fromkeys(FORBIDDEN, 403), **dict.fromkeys(INPUT, 422),
}  # fmt: skip
