"""What privacy publishes: what is restricted, erased, opened by two, and asked for by persons (个人信息保护法 44–50).

Subjects, codes, ids and times only: no event of this service holds a text, or anything that was sealed.
"""

from typing import Annotated, Final

from shared.contracts.access import Purpose
from shared.contracts.codes import Named
from shared.contracts.event import Event, event
from shared.contracts.fields import Code, Count, Day, Division, Moment, Text

Subject = Annotated[
    str,
    Text(
        160, code=True, plain=True,
        pattern=r"^[a-z]{1,32}/[0-9A-Za-z\u3400-\u9fff._:-]{1,64}(#[a-z_]{1,32}/[0-9]{1,3}(\.[0-9a-f]{1,12})?)?$",
    ),
]  # fmt: skip
"""Whose or what's personal data 个人信息主体所在: a case, an entry, an officer, as the vault names their keys
(`case/0f3a`); or one party alone, as its boxes name it (`case/0f3a#parties/0`)."""


class RestrictionReason(Named):
    """Why personal data are restricted 限制处理理由."""

    RETENTION = "retention", "保管期限届满", "kept long enough"
    OBJECTION = "objection", "本人限制或拒绝处理", "the person objects to the use"
    DISPUTED = "disputed", "内容有异议，核实中", "what they say is disputed"
    ERASURE_REQUEST = "erasure_request", "本人请求删除", "the person asks for erasure"


class LiftReason(Named):
    """Why a restriction ends 解除限制理由."""

    NOT_DUE = "not_due", "期限不再届满（如案件重启）", "not due any more"
    WITHDRAWN = "withdrawn", "本人撤回", "withdrawn by the person"
    UNFOUNDED = "unfounded", "经核实不成立", "found to be unfounded"
    MISTAKEN = "mistaken", "误设", "placed by mistake"


class ErasureReason(Named):
    """Why personal data are erased 删除理由 (个人信息保护法 47)."""

    RETENTION = "retention", "保管期限届满", "kept long enough"
    REQUEST = "request", "本人请求", "the person's request"


class ErasureRefusal(Named):
    """Why an erasure is not approved 不同意删除理由."""

    STILL_NEEDED = "still_needed", "仍有必要保存", "still needed"
    LAW_KEEPS_IT = "law_keeps_it", "法律规定须保存", "the law asks for it to be kept"
    WITHDRAWN = "withdrawn", "提出人撤回", "withdrawn by who proposed it"
    RESTRICTION_LIFTED = "restriction_lifted", "限制已解除", "the restriction was lifted"


class HoldReason(Named):
    """Why nothing may be erased meanwhile 暂缓删除理由."""

    LITIGATION = "litigation", "诉讼、仲裁", "a lawsuit or arbitration"
    INVESTIGATION = "investigation", "调查、监察", "an investigation"
    REVIEW = "review", "信访复查复核", "a petition's review"
    AUDIT = "audit", "审计", "an audit"


class UnmaskingRefusal(Named):
    """Why nothing is opened 不予解封理由."""

    NOT_NEEDED = "not_needed", "该事由无须查阅", "not needed for that purpose"
    OTHER_WAY = "other_way", "可由经办人员办理", "those whose work it is can do it"
    WRONG_CASE = "wrong_case", "案件或事项不符", "another case is meant"


MOST_UNREVIEWED: Final = 3
"""How many emergencies 紧急查阅 of one person may wait to be looked at: enough for one incident that takes a
neighbour's case as well, too few to leaf through a register. This product's proposal."""


class Emergency(Named):
    """For what one person may open what is sealed at once 紧急查阅事由 (个人信息保护法 13)."""

    DANGER_TO_LIFE = "danger_to_life", "危及生命健康", "danger to life or health"
    MISSING_PERSON = "missing_person", "人员走失", "a missing person"
    VIOLENCE = "violence", "正在发生的暴力", "violence under way"
    DISASTER = "disaster", "火灾等突发事件", "a fire or another disaster"


class RequestKind(Named):
    """What a person asks for 本人请求事项 (个人信息保护法 44–47)."""

    ACCESS = "access", "查阅、复制", "access and a copy"
    CORRECTION = "correction", "更正、补充", "correction"
    ERASURE = "erasure", "删除", "erasure"
    RESTRICTION = "restriction", "限制处理", "restriction"
    OBJECTION = "objection", "拒绝处理", "objection"


class RequestOutcome(Named):
    """How a person's request ended 办理结果."""

    GRANTED = "granted", "同意", "granted"
    PARTLY = "partly", "部分同意", "granted in part"
    REFUSED = "refused", "不同意", "refused"
    WITHDRAWN = "withdrawn", "撤回", "withdrawn"


class AnswerReason(Named):
    """Why it ended so 办理理由 (个人信息保护法 50: a refusal gives its reasons)."""

    AS_ASKED = "as_asked", "依请求办理", "done as asked"
    BY_THE_PERSON = "by_the_person", "本人撤回", "withdrawn by the person"
    MISTAKEN = "mistaken", "误登", "entered by mistake"
    IDENTITY_UNPROVEN = "identity_unproven", "身份未能核实", "who asks could not be verified"
    NOTHING_HELD = "nothing_held", "未保存其个人信息", "nothing is held about them"
    IS_RIGHT = "is_right", "经核实登记无误", "what was entered is right"
    LAW_KEEPS_IT = "law_keeps_it", "法律规定须保存", "the law asks for it to be kept"
    OTHERS_AFFECTED = "others_affected", "涉及他人权益", "it would affect others"


# subject/<subject> ----------------------------------------------------------------------------------------------


@event("sanguan.privacy.restriction-placed.v1")
class RestrictionPlaced(Event):
    """Personal data are kept and no longer used 限制处理 (个人信息保护法 44, 47): nobody opens them but for the
    person's own request and legal claims."""

    subject: Subject
    because: RestrictionReason
    request: Code | None
    """The person's request that it answers."""


@event("sanguan.privacy.restriction-lifted.v1")
class RestrictionLifted(Event):
    """Restricted data may be used again 解除限制 (个人信息保护法 44)."""

    subject: Subject
    because: LiftReason


@event("sanguan.privacy.erasure-proposed.v1")
class ErasureProposed(Event):
    """Somebody proposes to erase restricted data 提请删除 (个人信息保护法 47): another person has to approve it."""

    subject: Subject
    because: ErasureReason
    request: Code | None
    by: Code
    """Who proposed it: somebody else has to approve it."""
    on_behalf_of: Code | None = None
    """For whom they did: neither may approve it."""


@event("sanguan.privacy.erasure-approved.v1")
class ErasureApproved(Event):
    """Another person approved the erasure 批准删除 (个人信息保护法 47): the keys are destroyed now."""

    subject: Subject
    because: ErasureReason


@event("sanguan.privacy.erasure-refused.v1")
class ErasureRefused(Event):
    """The erasure was not approved, or its proposal withdrawn 不同意删除 (个人信息保护法 47)."""

    subject: Subject
    reason: ErasureRefusal


@event("sanguan.privacy.erasure-held.v1")
class ErasureHeld(Event):
    """Nothing of it may be erased until this is taken back 暂缓删除 (个人信息保护法 47): a legal hold."""

    subject: Subject
    because: HoldReason


@event("sanguan.privacy.erasure-hold-released.v1")
class ErasureHoldReleased(Event):
    """The legal hold is over 解除暂缓 (个人信息保护法 47)."""

    subject: Subject


@event("sanguan.privacy.personal-data-erased.v1")
class PersonalDataErased(Event):
    """The keys of these personal data have been destroyed 个人信息已删除 (个人信息保护法 47). The record, its proofs
    and its numbers stay as they are. Whoever keeps a copy of what was opened deletes it."""

    subject: Subject
    kind: Code
    """Of what: the subject's category."""
    because: ErasureReason


# unmasking/<id> -------------------------------------------------------------------------------------------------


@event("sanguan.privacy.unmasking-asked.v1")
class UnmaskingAsked(Event):
    """Somebody asks to open what is sealed of a case that is not in their hands 申请解封: another person decides."""

    case: Subject
    community: Division | None
    purpose: Purpose
    by: Code
    """Who asks: somebody else decides."""
    on_behalf_of: Code | None = None
    """For whom they ask: neither may decide."""


@event("sanguan.privacy.unmasking-granted.v1")
class UnmaskingGranted(Event):
    """Another person granted it, for some hours 准予解封."""

    case: Subject
    until: Moment


@event("sanguan.privacy.unmasking-refused.v1")
class UnmaskingRefused(Event):
    """Another person refused it 不予解封."""

    case: Subject
    reason: UnmaskingRefusal


@event("sanguan.privacy.unmasking-ended.v1")
class UnmaskingEnded(Event):
    """It is over before its time, or was withdrawn before it was decided 终止解封."""

    case: Subject


@event("sanguan.privacy.glass-broken.v1")
class GlassBroken(Event):
    """In an emergency one person opens what is sealed of a case at once 紧急查阅, for an hour; the privacy officer
    looks at it afterwards. Every reading is recorded as always."""

    case: Subject
    community: Division | None
    purpose: Emergency
    until: Moment
    by: Code
    """Who opened it: somebody else looks at it afterwards."""
    on_behalf_of: Code | None = None
    """For whom they did: neither may look at it."""


@event("sanguan.privacy.glass-reviewed.v1")
class GlassReviewed(Event):
    """The privacy officer looked at an emergency's opening afterwards 紧急查阅复核."""

    case: Subject
    justified: bool


# request/<id> ---------------------------------------------------------------------------------------------------


@event("sanguan.privacy.person-request-received.v1")
class PersonRequestReceived(Event):
    """A person asked about their own data 本人请求 (个人信息保护法 44–50)."""

    subject: Subject
    community: Division | None
    request: RequestKind
    due_on: Day
    """By when it is to be answered."""


@event("sanguan.privacy.person-request-answered.v1")
class PersonRequestAnswered(Event):
    """The person got an answer 本人请求答复 (个人信息保护法 50)."""

    subject: Subject
    request: RequestKind
    outcome: RequestOutcome
    reason: AnswerReason
    corrected_position: Count | None
    """Of a correction that was granted: the event that put it right, by its position in this log."""


SubjectEvent = (
    RestrictionPlaced | RestrictionLifted | ErasureProposed | ErasureApproved | ErasureRefused | ErasureHeld
    | ErasureHoldReleased | PersonalDataErased
)  # fmt: skip
UnmaskingEvent = (
    UnmaskingAsked | UnmaskingGranted | UnmaskingRefused | UnmaskingEnded | GlassBroken | GlassReviewed
)  # fmt: skip
RequestEvent = PersonRequestReceived | PersonRequestAnswered

EVENTS = (
    RestrictionPlaced, RestrictionLifted, ErasureProposed, ErasureApproved, ErasureRefused, ErasureHeld,
    ErasureHoldReleased, PersonalDataErased, UnmaskingAsked, UnmaskingGranted, UnmaskingRefused, UnmaskingEnded,
    GlassBroken, GlassReviewed, PersonRequestReceived, PersonRequestAnswered,
)  # fmt: skip
