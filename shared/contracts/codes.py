"""The closed lists of the language, each with its Chinese and English name: codes are stored, names are shown."""

from enum import StrEnum
from typing import Final, Self


class Named(StrEnum):
    """A code with its names. The code is what is stored, for ever; the names may be bettered."""

    zh: str
    en: str

    def __new__(cls, code: str, zh: str = "", en: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh, member.en = zh, en
        return member


class Role(Named):
    """Who may ask: the roles of actors 角色."""

    CLERK = "clerk", "社区专干", "community clerk"
    OFFICER = "officer", "三官一师", "judge, prosecutor, police officer or lawyer"
    LEADER = "leader", "包社区领导", "leader who answers for a community"
    OFFICE = "office", "领导小组办公室", "the leading group's office"
    AUDITOR = "auditor", "审计员", "auditor"
    PRIVACY = "privacy", "个人信息保护负责人", "privacy officer"
    OPERATOR = "operator", "运维", "operator"
    SUBSCRIBER = "subscriber", "订阅方", "subscribing service"
    RESIDENT = "resident", "居民", "resident, by the code of their own case"
    SERVICE = "service", "系统", "a service of the product, reacting"


READERS: Final = frozenset(Role) - {Role.OPERATOR, Role.RESIDENT, Role.SERVICE}
"""Roles that may read ledgers, masked. An operator runs the system and sees no case; a resident sees their own."""
RECORD_READERS: Final = frozenset({Role.AUDITOR, Role.OFFICE, Role.SUBSCRIBER, Role.LEADER})
"""Roles that may read the log itself (its personal fields are sealed)."""


class Profession(Named):
    """The four of 三官一师 (§3.1.3)."""

    JUDGE = "judge", "法官", "judge"
    PROSECUTOR = "prosecutor", "检察官", "prosecutor"
    POLICE = "police", "警官", "police officer"
    LAWYER = "lawyer", "律师", "lawyer"


class CaseKind(Named):
    """What kind of matter a case is (§3.2.1)."""

    DISPUTE = "dispute", "矛盾纠纷", "dispute"
    BACKLOG = "backlog", "信访积案", "handed-down petition backlog"
    INSTABILITY = "instability", "不稳定因素", "instability factor"


class DisputeType(Named):
    """纠纷类型."""

    MARRIAGE_FAMILY = "marriage_family", "婚姻家庭", "marriage and family"
    NEIGHBOURS = "neighbours", "邻里", "neighbours"
    HOUSING = "housing", "房屋宅基地", "housing and homestead"
    CONTRACT = "contract", "合同", "contract"
    BUSINESS = "business", "生产经营", "production and business"
    DAMAGES = "damages", "损害赔偿", "damages"
    FOREST_LAND = "forest_land", "山林土地", "forest and land"
    EXPROPRIATION = "expropriation", "征地拆迁", "expropriation and demolition"
    ENVIRONMENT = "environment", "环境污染", "environmental pollution"
    LABOUR = "labour", "劳动争议", "labour"
    CONSUMPTION = "consumption", "消费", "consumption"
    MEDICAL = "medical", "医疗", "medical"
    TRAFFIC = "traffic", "交通事故", "traffic accident"
    PROPERTY_MANAGEMENT = "property_management", "物业", "property management"
    OTHER = "other", "其他", "other"


class Source(Named):
    """来源: how the office came to know."""

    SWEEP = "sweep", "主动排查", "sweep"
    APPLICATION = "application", "申请", "application"
    HANDED_DOWN = "handed_down", "交办", "handed down"
    TRANSFERRED = "transferred", "移送", "transferred"
    HOTLINE = "hotline", "12345热线", "hotline 12345"


class PartyRole(Named):
    """当事人."""

    APPLICANT = "applicant", "申请人", "applicant"
    RESPONDENT = "respondent", "被申请人", "respondent"
    OTHER = "other", "其他当事人", "other party"


class Basis(Named):
    """What a fact rests on."""

    ACT = "act", "当时登记", "recorded as it was done"
    PAPER_LEDGER = "paper_ledger", "纸质台账转录", "taken over from a paper ledger"


class CaseStatus(Named):
    """Where a case stands in its life 案件状态."""

    REPORTED = "reported", "已登记", "reported"
    ACCEPTED = "accepted", "已受理", "accepted"
    DECLINED = "declined", "不予受理", "declined"
    LINKED = "linked", "并案", "linked as a duplicate"
    RESOLVED = "resolved", "已化解", "resolved"
    TERMINATED = "terminated", "终止", "terminated"
    REFERRED = "referred", "移送", "referred"
    WITHDRAWN = "withdrawn", "撤回", "withdrawn"
    FOLLOWED_UP = "followed_up", "已回访", "followed up"
    CLOSED = "closed", "结案", "closed"
    VOIDED = "voided", "作废", "voided"


class DeclineReason(Named):
    """Why a case is not taken on 不予受理理由."""

    NOT_IN_SCOPE = "not_in_scope", "不属于受理范围", "not within the scope of mediation"
    OTHER_AUTHORITY = "other_authority", "应由其他机关处理", "for another authority"
    ALREADY_DECIDED = "already_decided", "已有生效裁决", "already decided with legal effect"
    DUPLICATE = "duplicate", "重复登记", "registered twice"


class Termination(Named):
    """Why mediation ended without an agreement (人民调解法 17, 26)."""

    REFUSED = "refused", "当事人拒绝调解", "a party refused mediation"
    CONSENT_WITHDRAWN = "consent_withdrawn", "当事人撤回同意", "a party withdrew consent"
    NO_AGREEMENT = "no_agreement", "调解不成", "no agreement was reached"
    UNLAWFUL = "unlawful", "不宜调解", "not fit for mediation"


class Tier(Named):
    """Where a case was settled 化解层级 (§3.2.1: 小事不出社区)."""

    COMMUNITY = "community", "社区", "community"
    SUBDISTRICT = "subdistrict", "街道", "sub-district"
    ABOVE = "above", "上级", "above the sub-district"


class VisitResult(Named):
    """How a planned visit ended 走访结果 (§3.3.2)."""

    PLANNED = "planned", "已计划", "planned"
    COMPLETED = "completed", "已走访", "completed"
    DECLINED = "declined", "对方谢绝", "declined by the household"
    RETRACTED = "retracted", "已撤销", "taken back"


class AgreementForm(Named):
    """人民调解法 28, 29."""

    ORAL = "oral", "口头协议", "oral agreement"
    WRITTEN = "written", "书面协议书", "written agreement"


class MeetingKind(Named):
    """会议类型."""

    MONTHLY = "monthly", "月例会", "monthly meeting (§3.3.3)"
    JOINT = "joint", "联席会议", "joint conference (§3.2.6)"
    DEBRIEFING = "debriefing", "述职评议", "debriefing (§3.3.4)"
    MOBILISATION = "mobilisation", "动员大会", "mobilisation (§3.4.1)"


class PostingEnd(Named):
    """Why a posting ended 调整原因 (§3.1.3: kept at least a year)."""

    TERM = "term", "任期届满", "the term ran out"
    RETIRED = "retired", "退休", "retired"
    ILLNESS = "illness", "病休", "ill"
    TRANSFER = "transfer", "工作调动", "transferred by the unit"
    CONDUCT = "conduct", "不适任", "unfit for the post"


EXCUSING = frozenset({PostingEnd.TERM, PostingEnd.RETIRED, PostingEnd.ILLNESS})
"""Reasons that excuse an early end of a posting; the plan (§3.1.3) says 原则上, so the product names them."""
