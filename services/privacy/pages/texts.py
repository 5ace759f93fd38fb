"""The texts of privacy's page: key → (Chinese, English)."""

from collections.abc import Mapping
from typing import Final

from shared.web.words import Pair

TEXTS: Final[Mapping[str, Pair]] = {
    "privacy": ("个人信息", "Privacy"),
    "privacy_title": ("个人信息保护", "Protection of personal data"),
    "privacy_lead": (
        "只列编号、时间和代码，不列任何内容。删除和解封须由两人办理。",
        "Ids, times and codes only, nothing that anybody said. Erasing and opening take two persons.",
    ),
    "glasses_wait": (
        "有{count}项紧急查阅待您复核：见“个人信息”。",
        "Emergencies that wait for you to look at them: {count}. See Privacy.",
    ),
    "glasses": ("紧急查阅，待复核", "Emergencies to be looked at"),
    "glasses_none": ("没有待复核的紧急查阅。", "No emergency's opening waits to be looked at."),
    "unmaskings_waiting": ("解封申请，待另一人决定", "Unmaskings that wait for a second person"),
    "unmaskings_none": ("没有待决定的解封申请。", "No unmasking waits to be decided."),
    "unmaskings_open": ("有效的解封", "What is open now"),
    "unmaskings_open_none": ("目前没有有效的解封。", "Nothing is open now."),
    "erasures_waiting": ("已提请删除，待另一人批准", "Erasures that wait for a second person"),
    "erasures_none": ("没有待批准的删除。", "No erasure waits to be approved."),
    "requests_open": ("本人请求，待答复", "Requests of persons to be answered"),
    "requests_none": ("没有待答复的本人请求。", "No request waits for an answer."),
    "request_overdue": ("已逾期", "overdue"),
    "restricted": ("限制处理中", "Restricted"),
    "restricted_none": ("目前没有限制处理的个人信息。", "Nothing is restricted now."),
    "proposable": ("可提请删除", "its erasure may be proposed"),
    "due_now": ("保管期限已届满，尚未限制处理", "Kept long enough, and not restricted yet"),
    "due_none": ("没有届满而未限制处理的记录。", "Nothing that was kept long enough is unrestricted."),
    "due_by_year": ("各年届满的记录", "What is due in which year"),
    "due_by_year_none": ("目前没有起算的保管期限。", "No period runs yet."),
    "periods": ("保管期限及其依据", "How long what is kept, and why"),
    "years": ("{count} 年", "{count} years"),
    "rests_on": ("依据", "Rests on"),
    "open_until": ("至 {at}", "until {at}"),
    "more_lines": ("另有 {count} 项，见台账。", "{count} more: see the ledger."),
}
