"""What evidence is called in words 用语: every table, field and code that a rulebook may name, in Chinese and English.

It is as closed as `items.TABLES`: a test fails where either has what the other lacks. Conditions are put in words by
`wording.py`; what a rulebook asks a field for is held against its codes (`codes_of`) when it is checked.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from services.assessment.due.obligation import State
from services.assessment.due.of_cases import CONTACT, MUST_VISIT, SETTLE
from services.assessment.due.of_findings import FILING
from services.assessment.due.of_findings import KINDS as FOUND
from services.assessment.due.of_people import VACANCY
from services.assessment.ledgers import deeds
from shared.contracts.assessment import Sequel, Work
from shared.contracts.assessment_entries import SurveyKind
from shared.contracts.assignment_entries import HelperKind, LawField, OutreachForm, TeamKind
from shared.contracts.codes import CaseKind, MeetingKind, Named, PostingEnd, Profession, Tier
from shared.contracts.intake_entries import AreaKind, FireGrade, HazardKind, OpinionTopic, VenueKind

Pair = tuple[str, str]
"""Chinese, English."""


class Words(NamedTuple):
    """What a field is called, and what is said of a row in which it is known (or true), or is not."""

    name: Pair
    known: Pair
    unknown: Pair


def _of(zh: str, en: str, known: Pair, unknown: Pair) -> Words:
    return Words((zh, en), known, unknown)


def _plain(zh: str, en: str) -> Words:
    return Words((zh, en), (f"有{zh}", f"the {en} is known"), (f"无{zh}", f"the {en} is not known"))


def _posted(profession: Profession) -> Words:
    zh, en = profession.zh, profession.en
    return Words(
        (f"派驻{zh}之日", f"day since which a {en} is posted"), (f"有{zh}派驻", f"a {en} is posted"),
        (f"没有{zh}派驻", f"no {en} is posted"),
    )  # fmt: skip


TABLES: Final[Mapping[str, Pair]] = {
    "communities": ("社区", "communities"),
    "postings": ("派驻任期", "postings"),
    "cards": ("便民联系卡发放记录", "issues of contact cards"),
    "visits": ("走访任务", "visits"),
    "cases": ("案件", "cases"),
    "voids": ("作废的案件", "cases that were made void"),
    "deeds": ("履职记录", "entries of work"),
    "duties": ("应办事项", "duties"),
}

_SETTLED: Final[Mapping[str, Words]] = {
    "settle_by": _plain("办理时限", "day by which the case was to be settled"),
    "settled_entered_on": _of(
        "化解的录入日期", "day on which it was entered that the case was settled",
        ("已录入化解", "it was entered as settled"), ("未录入化解", "it was not entered as settled"),
    ),
}  # fmt: skip

FIELDS: Final[Mapping[str, Mapping[str, Words]]] = {
    "communities": {
        "registered_on": _plain("登记日期", "day of registration"),
        "households": _plain("户数", "number of households"),
        "studio": _of(
            "工作室启用日期", "day since which the studio is open",
            ("设有工作室", "a studio is open"), ("未设工作室", "no studio is open"),
        ),
        **{one.value: _posted(one) for one in Profession},
    },
    "postings": {
        "profession": _plain("职业", "profession"),
        "from_day": _plain("派驻起始日", "first day"),
        "in_force_until": _plain("在任截止日", "last day in force"),
        "ended_on": _of("离任日期", "last day", ("已离任", "it has ended"), ("仍在任", "it has not ended")),
        "ended_early": _of(
            "任期未满即调整", "early end",
            ("任期未满即调整", "it ended before its time"), ("未提前调整", "it did not end before its time"),
        ),
        "reason": _plain("调整理由", "reason of its end"),
    },
    "cards": {
        "issued_on": _plain("发放日期", "day of issue"),
        "households": _plain("发放户数", "number of households"),
    },
    "visits": {
        "must": _of("必访", "must-visit", ("属于必访", "it is a must-visit"), ("不属于必访", "it is no must-visit")),
        "due_on": _of(
            "应走访日期", "due day", ("有应走访日期", "it has a due day"), ("已无需走访", "it is no longer due"),
        ),
        "done_on": _of(
            "走访（或对方谢绝）日期", "day of the visit, or on which it was declined",
            ("已走访或对方谢绝", "it was done, or declined"), ("未走访", "it was not done"),
        ),
        "result": _plain("走访结果", "result"),
    },
    "cases": {
        "grid": _of("网格", "grid", ("注明网格", "a grid is named"), ("未注明网格", "no grid is named")),
        "kind": _plain("类别", "kind"),
        "reported_on": _plain("登记日期", "day of report"),
        "accepted_on": _of(
            "受理日期", "day of acceptance",
            ("已受理或逾期未决定", "it was accepted, or nobody decided in time"), ("未受理", "it was not accepted"),
        ),
        "handed_down_on": _of(
            "交办日期", "day on which it was handed down",
            ("属于交办", "it was handed down"), ("不属于交办", "it was not handed down"),
        ),
        "ended": _of(
            "处理结果", "outcome", ("已办结", "it is over"), ("尚未办结", "it is not over yet"),
        ),
        "ended_on": _of(
            "办结日期", "day on which it was over", ("已办结", "it is over"), ("尚未办结", "it is not over yet"),
        ),
        "tier": _plain("化解层级", "tier at which it was settled"),
        "kept_since": _of(
            "落实承办人之日", "day since which somebody answers for it",
            ("已落实承办人", "somebody answers for it"), ("未落实承办人", "nobody answers for it"),
        ),
        "unstable_on": _of(
            "回访反映不稳定之日", "day on which a follow-up found it unsettled",
            ("最近一次回访反映不稳定", "the last follow-up found it unsettled"),
            ("最近一次回访未反映不稳定", "the last follow-up did not find it unsettled"),
        ),
        "letter_on": _of(
            "责任书签订日期", "day on which the letter was signed",
            ("已签订包案稳控责任书", "a responsibility letter was signed"),
            ("未签订包案稳控责任书", "no responsibility letter was signed"),
        ),
        "contact_missed_on": _of(
            "首次错过约定联系之日", "first day of contact that was missed",
            ("错过约定的联系日期", "an agreed contact was missed"),
            ("约定的联系日期无一错过", "no agreed contact was missed"),
        ),
        "letter_owed": _of(
            "逾期未签责任书", "letter owed",
            ("签订责任书已逾期", "the letter was owed"), ("签订责任书未逾期", "no letter was owed yet"),
        ),
        "over_on_paper": _of(
            "转录时已办结", "over on paper",
            ("从纸质台账转录时已办结", "it was over when it was taken over from paper"),
            ("并非转录时已办结", "it was not over when it was taken over from paper"),
        ),
        "settled_in_time": _of(
            "按期化解", "settled in time",
            ("已按期化解", "it was settled in time"), ("未按期化解", "it was not settled in time"),
        ),
        **_SETTLED,
    },
    "voids": {
        "reported_on": _plain("登记日期", "day of report"),
        "voided_on": _plain("作废日期", "day on which it was made void"),
        "ended": _of(
            "作废前的处理结果", "outcome before that",
            ("作废时已办结", "it was over by then"), ("作废时尚未办结", "it was open"),
        ),
    },
    "deeds": {
        "work": _plain("事项", "kind of work"),
        "detail": _plain("细类", "kind within it"),
        "grid": _of("网格", "grid", ("注明网格", "a grid is named"), ("未注明网格", "no grid is named")),
        "begun_on": _plain("登记日期", "day of entry"),
        "due_on": _plain("期限", "due day"),
        "done_on": _of(
            "完成日期", "day on which it was done", ("已完成", "it was done"), ("未完成", "it was not done"),
        ),
        "entered_on": _of(
            "录入日期", "day on which that was entered", ("已录入", "it was entered"), ("未录入", "it was not entered"),
        ),
        "told_from": _plain("所属期间首日", "first day that it tells of"),
        "told_to": _plain("所属期间末日", "last day that it tells of"),
        "whole": _of(
            "全街道", "of the whole", ("属于全街道", "it is of the sub-district as a whole"),
            ("属于某一社区", "it is of one community"),
        ),
        "count": _plain("数量", "count"),
        "of": _plain("总数", "total"),
    },
    "duties": {
        "what": _plain("事项", "duty"),
        "about": _plain("所涉对象", "matter"),
        "begins_on": _plain("起算日", "first day"),
        "due_on": _plain("期限", "due day"),
        "turn_ends_on": _plain("所属周期末日", "last day of its turn"),
        "done_on": _of(
            "办理日期", "day on which it was done", ("已办理", "it was done"), ("未办理", "it was not done"),
        ),
        "entered_on": _of(
            "录入日期", "day on which it was entered", ("已录入", "it was entered"), ("未录入", "it was not entered"),
        ),
        "state": _plain("状态", "state"),
        "days": _plain("天数", "number of days"),
        "settled_in_time": _of(
            "所涉案件按期化解", "case settled in time",
            ("所涉案件已按期化解", "its case was settled in time"),
            ("所涉案件未按期化解", "its case was not settled in time"),
        ),
        **_SETTLED,
        "planned_in_time": _of(
            "届时已有必访到期", "must-visit due by then",
            ("届时已有必访到期，另行计算", "a must-visit of the case is due by then, and counted by itself"),
            ("届时没有另行计算的必访", "no must-visit of the case is due by then"),
        ),
        "belongs_on": _plain("归属日期", "day by which it belongs to a period"),
        "decided_on": _of(
            "可判定日期", "day from which it is known whether it was done",
            ("可以判定", "it is known whether it was done"),
            ("在方案期内不到期", "it does not fall due while the plan lasts"),
        ),
        "vacant_days": _plain("空缺天数", "number of vacant days"),
    },
}  # fmt: skip

ENDINGS: Final[Mapping[str, Pair]] = {
    "declined": ("不予受理", "declined"),
    "linked": ("并案", "linked to another case"),
    "withdrawn": ("撤回", "withdrawn"),
    "resolved": ("化解", "resolved"),
    "terminated": ("依法终止", "lawfully terminated"),
    "terminated_untold": ("终止而未告知救济途径", "terminated without word of the remedies"),
    "referred": ("移送街道内单位", "referred within the sub-district"),
    "referred_outside": ("移送街道以外", "referred outside the sub-district"),
}

_RESULTS: Final[Mapping[str, Pair]] = {
    "planned": ("未走访", "not done"),
    "completed": ("已走访", "done"),
    "declined": ("对方谢绝", "declined"),
}

ENTERED: Final[Mapping[str, Pair]] = {
    **{one.value: (one.zh, one.en) for one in Work},
    deeds.HAZARD: ("隐患", "hazard"),
    deeds.KEY_AREA: ("重点地区", "key area"),
    deeds.RECTIFICATION: ("限期整改", "order to rectify"),
    deeds.OPINION: ("民情意见", "opinion"),
    deeds.MAJOR_FIRE: ("重特大火灾", "major fire"),
    deeds.YOUTH_RATE: ("青少年违法犯罪情况", "youth offending reported"),
    deeds.MEDIATION: ("调解", "mediation session"),
}
"""What a row of entered work may be."""

WORKS: Final[Mapping[str, Pair]] = {
    **{one.value: (one.zh, one.en.partition(" (")[0]) for one in MeetingKind},  # their clause stands beside them
    **ENTERED,
    **{one.value: (one.zh, one.en) for one in Sequel},
    SETTLE.code: (SETTLE.title_zh, SETTLE.title_en),
    MUST_VISIT: ("必访", "must-visit"),
    VACANCY: ("空缺", "vacancy"),
    "tenure": ("派驻保持", "a posting that is kept"),
    "cover": ("请假期间顶岗", "cover while on leave"),
}
"""What is done or owed. A plan's own duty has its code."""

_SUFFIXES: Final[Mapping[str, Pair]] = {
    "minutes": ("纪要上报", "minutes"),
    "filing": ("逐件报送", "each that was begun"),
    **{one.value: (one.zh, one.en) for one in Profession},
}
"""What stands behind a duty's point: `monthly.minutes`, `refill.judge`."""

DUTIES: Final = (
    *(f"{one}{suffix}" for one in MeetingKind for suffix in ("", ".minutes")), *Work,
    *(one for one in Sequel if one not in (Sequel.REFILL, Sequel.CONTACT)),
    *(f"{of}.{one}" for of in (Sequel.REFILL, VACANCY) for one in Profession),
    SETTLE.code, CONTACT.code, MUST_VISIT, FILING, *FOUND, "tenure", "cover",
)  # fmt: skip
"""What a duty may be (`duties.what`)."""

_DETAILS: Final[Mapping[str, type[Named]]] = {
    Work.SURVEY: SurveyKind, Work.PATROL: TeamKind, Work.ADVICE: LawField, Work.AID: LawField,
    Work.HELPER: HelperKind, Work.VENUE: VenueKind, Work.OUTREACH: OutreachForm, deeds.HAZARD: HazardKind,
    deeds.KEY_AREA: AreaKind, deeds.OPINION: OpinionTopic, deeds.MAJOR_FIRE: FireGrade,
}  # fmt: skip
"""Of what kind the detail of an entry is."""


def _codes(named: type[Named]) -> Mapping[str, Pair]:
    return {one.value: (one.zh, one.en) for one in named}


_VALUES: Final[Mapping[tuple[str, str], Mapping[str, Pair]]] = {
    ("postings", "profession"): _codes(Profession),
    ("postings", "reason"): _codes(PostingEnd),
    ("visits", "result"): _RESULTS,
    ("cases", "kind"): _codes(CaseKind),
    ("cases", "ended"): ENDINGS,
    ("cases", "tier"): _codes(Tier),
    ("voids", "ended"): ENDINGS,
    ("deeds", "work"): ENTERED,
    ("duties", "state"): _codes(State),
}


def codes_of(table: str, field: str, works: Collection[str]) -> Collection[str] | None:
    """The codes that a field may hold; None where it may hold anything (a grid, what a duty is about). `works` are the
    kinds of work that a detail is of; all kinds where none is named."""
    match table, field:
        case "duties", "what":
            return DUTIES
        case "deeds", "detail":
            named = [_DETAILS[work] for work in works or _DETAILS if work in _DETAILS]
            return [code.value for kind in named for code in kind]
        case _:
            return _VALUES.get((table, field))


def table_name(table: str) -> Pair:
    """What a table is called; itself where it has no name: an older rulebook may name one that is no more."""
    return TABLES.get(table, (table, table))


def field_words(table: str, field: str) -> Words:
    """What is said of a field; by its code where it has no name."""
    return FIELDS.get(table, {}).get(field) or _plain(field, field)


def coded(table: str, field: str, code: str, work: str | None = None) -> Pair:
    """What a code of a field is called; itself where it has no name (a plan's own codes, a grid). `work` tells of what
    kind of work a detail is."""
    if (table, field) == ("duties", "what"):
        return duty(code)
    kind = _DETAILS.get(work or "") if (table, field) == ("deeds", "detail") else None
    names = _codes(kind) if kind is not None else _VALUES.get((table, field), {})
    return names.get(code, (code, code))


def duty(what: str) -> Pair:
    """What a duty is called: `monthly.minutes` 月例会（纪要上报）."""
    base, _, suffix = what.partition(".")
    zh, en = WORKS.get(base, (base, base))
    if not suffix:
        return zh, en
    suffix_zh, suffix_en = _SUFFIXES.get(suffix, (suffix, suffix))
    return f"{zh}（{suffix_zh}）", f"{en} ({suffix_en})"
