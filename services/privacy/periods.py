"""How long personal data are kept 保管期限: for each kind of record so many years, and what that rests on. Pure.

No law names a period for the files of people's mediation: 人民调解法 27 asks for them and says no more. The rules of
archives (国家档案局令第8号, 2006, 6) know 10 and 30 years beside 永久; 个人信息保护法 19 asks for the shortest time
that the purpose needs. Which of them a kind of record gets is this product's proposal, until an archive office decides.
Years are counted from the first of January after the record was over, as archives count them.

What is destroyed are keys: the log, its proofs, the ledgers and the scores stay as they are (invariant 6).
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from shared.contracts.assessment_entries import (
    AppealDecided,
    AppealHeard,
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveReplyRecorded,
    FlagAnswered,
    LeadingGroupConstituted,
    ModelCaseRecommended,
    RectificationCompleted,
    RectificationOrdered,
    ScoreAppealed,
)
from shared.contracts.assignment_entries import (
    CoachedCaseCompleted,
    HelperEnrolled,
    HelperReleased,
    IssueSettled,
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
)
from shared.contracts.codes import Named
from shared.contracts.event import Event
from shared.contracts.intake_entries import (
    HazardCleared,
    HazardFound,
    KeyAreaListed,
    KeyAreaReinspected,
    OpinionAnswered,
    OpinionRecorded,
)


class Kept(Named):
    """A kind of record 记录类别, by how long it is kept."""

    BACKLOG = "backlog", "信访积案", "handed-down petition backlog"
    HANDLED = "handled", "已受理的案件", "case that was taken on"
    NOT_TAKEN_ON = "not_taken_on", "不予受理、并案的登记", "case that was declined, or linked to another"
    VOIDED = "voided", "作废的登记", "entry made void"
    OFFICER = "officer", "三官一师姓名、电话", "name and telephone of an officer"
    LEADER = "leader", "包抓领导姓名", "name of a leader who answered for a community"
    HELPER = "helper", "五员姓名", "name of a helper"
    GROUP = "group", "领导小组成员姓名", "names of the leading group"
    MEETING = "meeting", "会议议题与议定事项", "subject and decisions of a meeting"
    OPINION = "opinion", "民情意见", "opinion of a resident, and its answer"
    SITE = "site", "隐患、重点地区的说明", "notes on a hazard or a key area"
    WORK = "work", "工作情况的说明", "notes on public work"
    SUPERVISION = "supervision", "督查整改、典型案例的说明", "notes on supervision and model cases"
    APPEAL = "appeal", "申诉材料", "papers of an appeal"
    ARCHIVE = "archive", "实绩档案内容", "entry of a performance archive"
    COMMUNITY = "community", "社区登记的说明", "notes on a community that is one no more"


class Period(NamedTuple):
    """How many years a kind of record is kept, and what that rests on."""

    years: int
    rests_on: str


_THIRTY: Final = "国家档案局令第8号 6（定期30年）；适用于本类为本产品建议"
_TEN: Final = "国家档案局令第8号 6（定期10年）；适用于本类为本产品建议"
_SHORTEST: Final = "个人信息保护法 19；年限为本产品建议"
PERIODS: Final[Mapping[Kept, Period]] = {
    Kept.BACKLOG: Period(30, _THIRTY),
    Kept.HANDLED: Period(10, f"人民调解法 27、{_TEN}"),
    Kept.NOT_TAKEN_ON: Period(2, _SHORTEST),
    Kept.VOIDED: Period(1, f"个人信息保护法 47、{_SHORTEST}"),
    Kept.OFFICER: Period(5, f"方案三（一）3、{_SHORTEST}（满后一届任期）"),
    Kept.LEADER: Period(5, f"方案三（三）1、{_SHORTEST}（满后一届任期）"),
    Kept.HELPER: Period(3, _SHORTEST),
    Kept.GROUP: Period(30, _THIRTY),
    Kept.MEETING: Period(10, _TEN),
    Kept.OPINION: Period(3, _SHORTEST),
    Kept.SITE: Period(3, _SHORTEST),
    Kept.WORK: Period(3, _SHORTEST),
    Kept.SUPERVISION: Period(10, _TEN),
    Kept.APPEAL: Period(10, _TEN),
    Kept.ARCHIVE: Period(5, f"方案三（三）6、{_SHORTEST}（正本已报送备案）"),
    Kept.COMMUNITY: Period(10, _TEN),
}


def due_on(kept: Kept, over_on: date) -> date:
    """The first day on which a record that was over on a day has been kept long enough."""
    return date(over_on.year + 1 + PERIODS[kept].years, 1, 1)


class Stage(NamedTuple):
    """How an entry's clock stands after an event: whose it is, and whether it runs."""

    kept: Kept
    over: bool
    """False as long as something is to follow, or an office is held."""


STAGES: Final[Mapping[type[Event], Stage]] = {
    OpinionRecorded: Stage(Kept.OPINION, over=False),
    OpinionAnswered: Stage(Kept.OPINION, over=True),
    KeyAreaListed: Stage(Kept.SITE, over=False),
    KeyAreaReinspected: Stage(Kept.SITE, over=True),
    HazardFound: Stage(Kept.SITE, over=False),
    HazardCleared: Stage(Kept.SITE, over=True),
    CoachedCaseCompleted: Stage(Kept.WORK, over=True),
    IssueSettled: Stage(Kept.WORK, over=True),
    LeaderVisitCompleted: Stage(Kept.WORK, over=True),
    LeaderAppointed: Stage(Kept.LEADER, over=False),
    LeaderRelieved: Stage(Kept.LEADER, over=True),
    HelperEnrolled: Stage(Kept.HELPER, over=False),
    HelperReleased: Stage(Kept.HELPER, over=True),
    LeadingGroupConstituted: Stage(Kept.GROUP, over=True),
    ScoreAppealed: Stage(Kept.APPEAL, over=False),
    AppealHeard: Stage(Kept.APPEAL, over=False),
    AppealDecided: Stage(Kept.APPEAL, over=True),
    FlagAnswered: Stage(Kept.SUPERVISION, over=True),
    RectificationOrdered: Stage(Kept.SUPERVISION, over=False),
    RectificationCompleted: Stage(Kept.SUPERVISION, over=True),
    ModelCaseRecommended: Stage(Kept.SUPERVISION, over=True),
    ArchiveEntryAdded: Stage(Kept.ARCHIVE, over=True),
    ArchiveReplyRecorded: Stage(Kept.ARCHIVE, over=True),
    ArchiveFiled: Stage(Kept.ARCHIVE, over=True),
}  # fmt: skip
"""Of the entries: every event after which something is sealed, or an entry that seals something goes on. What fails its
second look (an area, a rectification) is looked at again, which moves the clock on."""

CLOCKS: Final[Mapping[str, str]] = {
    "case": "from the last thing that happened to a case that is over; none runs while it is open",
    "officer": "from the last day of the last posting, or from the enrolment where there was none",
    "meeting": "from the day of the meeting, or of its minutes",
    "finding": "from the entry's last step, where nothing is to follow",
    "work": "from the entry's last step, where nothing is to follow and no office is held",
    "supervision": "from the entry's last step, where nothing is to follow",
    "community": "from the day on which the community was made void",
    "roster": "from the day on which the community was made void",
}
"""For each category of subjects: from when its time runs."""
ENDLESS: Final[Mapping[str, str]] = {
    "directory": "one stream for the whole sub-district: it is kept as long as the register, and its keys seal the "
    "reasons of every correction to come",
}
"""Categories of subjects that no clock runs for, and why."""
