"""What the ledgers' columns are called in Chinese and English: for files and pages. JSON keeps the names themselves."""

from collections.abc import Mapping
from typing import Final

COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "key": ("编号", "Key"),
    # who and where
    "id": ("标识", "Id"),
    "community": ("社区", "Community"),
    "grid": ("网格", "Grid"),
    "name": ("名称", "Name"),
    "case": ("案件", "Case"),
    "officer": ("三官一师", "Officer"),
    "profession": ("职业", "Profession"),
    "unit": ("单位", "Unit"),
    "households": ("户数", "Households"),
    "moved_from": ("原登记社区", "Entered before under"),
    # what
    "kind": ("类别", "Kind"),
    "dispute_type": ("纠纷类型", "Type of dispute"),
    "source": ("来源", "Source"),
    "status": ("状态", "Status"),
    "basis": ("依据", "Basis"),
    "paper": ("纸质台账出处", "Row of the paper ledger"),
    "taken_over": ("纸质台账转录", "Taken over from paper"),
    "summary": ("基本情况", "Summary"),
    "parties": ("当事人", "Parties"),
    "marks": ("经过", "Transitions"),
    "document": ("文号", "Document"),
    "by_unit": ("交办单位", "Handed down by"),
    "month": ("月份", "Month"),
    "must": ("必访", "Must be visited"),
    # when
    "on": ("日期", "Day"),
    "from_day": ("起始日", "First day"),
    "last_day": ("截止日", "Last day"),
    "reported_at": ("登记时间", "Reported at"),
    "handed_down_at": ("交办时间", "Handed down at"),
    "accepted_at": ("受理时间", "Accepted at"),
    "due_on": ("办理期限", "Due on"),
    "due_rule": ("期限依据", "Rule of the due day"),
    "last_contact_at": ("最近接触时间", "Last contact at"),
    "ended_at": ("办结时间", "Ended at"),
    "day_known": ("办结日期明确", "Day of the ending known"),
    "followed_up_at": ("回访时间", "Followed up at"),
    "closed_at": ("结案时间", "Closed at"),
    "reopened_at": ("重启时间", "Reopened at"),
    "voided_at": ("作废时间", "Voided at"),
    "adopted_at": ("施行时间", "Adopted at"),
    # how it came out
    "to_be_handled": ("交派驻人员办理", "To be handled"),
    "handler": ("承办人", "Handler"),
    "ending": ("办理结果", "Ending"),
    "because": ("事由或去向", "Why, or where to"),
    "reason": ("事由", "Reason"),
    "remedies_told": ("已告知救济途径", "Remedies told"),
    "outside": ("移送至街道以外", "Referred outside"),
    "tier": ("化解层级", "Settled at"),
    "by_agreement": ("达成协议", "By agreement"),
    "satisfied": ("满意", "Satisfied"),
    "stable": ("稳控", "Stable"),
    "follow_up_note": ("回访记录", "Note of the follow-up"),
    # how often
    "contacts": ("接触次数", "Contacts"),
    "reopened": ("重启次数", "Times reopened"),
    "corrections": ("更正次数", "Corrections"),
    "visits_done": ("已走访次数", "Visits done"),
    "visits_declined": ("谢绝走访次数", "Visits declined"),
    "mediations": ("调解次数", "Mediations"),
    # plan, rulebook, scores
    "code": ("代码", "Code"),
    "version": ("版本", "Version"),
    "plan": ("方案", "Plan"),
    "rulebook": ("考核办法", "Rulebook"),
    "author": ("录入单位", "Entered by"),
    "position": ("记录位置", "Position in the log"),
    "root": ("树根", "Root of the tree"),
    "subject": ("考核对象", "Scored institution"),
    "period": ("周期", "Period"),
    "as_of": ("截至", "As of"),
    "points": ("得分", "Points"),
    "possible": ("满分", "Points possible"),
    "per_cent": ("得分率", "Per cent"),
}
"""Column → (Chinese, English)."""


def title_zh(column: str) -> str:
    """A column's Chinese title, or its own name where it has none."""
    return COLUMNS.get(column, (column, column))[0]


def title_en(column: str) -> str:
    """A column's English title, or its own name where it has none."""
    return COLUMNS.get(column, (column, column))[1]
