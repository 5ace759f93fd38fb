"""Every way in which intake refuses: code → (Chinese, English), and the status where it is not 409.

Each sentence says what is wrong and what to do. `{name}` quotes what the refusal knows; never anything personal.
"""

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "unknown_case": ("没有这个案件：请核对案件编号。", "There is no such case: check its id."),
    "only_by_application": (
        "居民自行登记的案件，来源为“申请”（application）：请改正来源。",
        "What a resident reports is an application: put `application` as its source.",
    ),
    "unknown_code": (
        "查询码不正确或已失效：请核对，或向社区索取新的。",
        "No case has this code now: check it, or ask for a new card.",
    ),
    "already_reported": (
        "该案件已经登记（现为 {standing}）：如登记有误，请更正。",
        "This case is registered already (it is {standing}): correct it if the entry is wrong.",
    ),
    "case_voided": (
        "该案件已作废，不能再办理：作废有误的，请撤销作废；否则请重新登记。",
        "This case has been made void: take that back if it was a mistake, or report the case anew.",
    ),
    "not_the_last_step": (
        "案件现为“{standing_zh}”，只能撤销到达此状态的一步（或报上级）：请核对，其他内容用“更正”改正。",
        "The case is {standing}: only the step that led there (or the escalation) can be taken back; correct the rest.",
    ),
    "reopening_stays": (
        "案件是重新受理的，这一步不能撤销：请按实际情况再次办结。",
        "The case was reopened, which cannot be taken back: end it again as it really ended.",
    ),
    "not_possible_now": (
        "案件现为“{standing_zh}”，不能这样办理：请按 allowed 所列办理。",
        "The case is {standing}, where this cannot be done: what can is listed under `allowed`.",
    ),
    "unknown_community": (
        "没有登记过这个社区：请填写已登记社区的十二位代码或名称。",
        "No such community is registered: give the twelve-digit code or the name of one that is.",
    ),
    "parties_missing": ("没有当事人：请至少填写一名。", "No party is named: name at least one."),
    "before_reported": (
        "发生时间（{occurred_at}）早于案件登记时间（{reported_at}）：请核对时间，或先更正登记时间。",
        "It would have happened ({occurred_at}) before the case was reported ({reported_at}): "
        "check the time, or first correct when it was reported.",
    ),
    "already_handed_down": (
        "该案件已按交办积案登记：如交办单位或文号有误，请作废后重新登记。",
        "The case is handed-down backlog already: if unit or document are wrong, void it and report it anew.",
    ),
    "hand_down_instead": (
        "改为信访积案须写明交办单位：请用“交办”。",
        "A case becomes petition backlog by being handed down, with the unit named: hand it down instead.",
    ),
    "handed_down_stays": (
        "交办的信访积案不能改为其他类别：如误登为交办，请更正。",
        "A handed-down case stays petition backlog: if that was entered by mistake, correct it.",
    ),
    "nothing_changes": (
        "没有任何改动：请填写要改成的内容。",
        "Nothing would change: give what is to be different.",
    ),
    "duplicate_of_itself": (
        "案件不能与自身并案：请填写另一案件。",
        "A case is no duplicate of itself: name the other.",
    ),
    "unknown_duplicate": ("没有找到要并入的案件：请核对编号。", "There is no such other case: check its id."),
    "duplicate_unfit": (
        "要并入的案件现为 {standing}，不能再并入：请并入仍在办理的案件。",
        "The other case is {standing} and takes no duplicates: link to the case that goes on.",
    ),
    "not_above": (
        "提级应高于目前层级：请核对要提到哪一级。",
        "The case can only be passed further up than it is: check the tier.",
    ),
    "clock_stands": (
        "办理期限自 {since} 起已中止计算：请先恢复计算。",
        "The deadline's clock has stood since {since}: let it go on first.",
    ),
    "clock_goes": ("办理期限没有中止：无须恢复。", "The deadline's clock is running: there is nothing to resume."),
    "resumed_before_paused": (
        "恢复日期（{day}）早于中止日期（{since}）：请核对日期。",
        "The clock would go on ({day}) before it was stopped ({since}): check the day.",
    ),
    "deadline_passed": (
        "办理期限（{due_on}）已过，不能再中止或延期：请尽快办结；如期限登记有误，请更正。",
        "The deadline ({due_on}) is over and can be neither paused nor put off: settle the case; "
        "if the day was entered wrongly, correct it.",
    ),
    "deadline_of_the_office": (
        "办理期限只能由办公室更正、撤销更正：请报办公室；其他内容可由社区更正。",
        "Only the office corrects a deadline, or takes that back: ask it to; correct the rest yourself.",
    ),
    "extended_too_far": (
        "延期合计不得超过三十日，还可延 {left} 日。",
        "A deadline may be put off by thirty days in all: {left} are left.",
    ),
    "not_announced_yet": (
        "公布日期（{announced_on}）晚于今天（{now}）：请核对日期。",
        "It would be announced ({announced_on}) later than today ({now}): check the day.",
    ),
    "off_and_worked": (
        "{day} 同时列为放假和上班：请核对。",
        "{day} is listed both as off and as worked: check it.",
    ),
    "withdrawn_and_entered": (
        "{said} 同时要求撤销和登记：请只保留一种。",
        "{said} is withdrawn and entered at once: keep one of the two.",
    ),
    "not_of_the_year": (
        "{day} 不属于 {year} 年：请核对，或不填年份。",
        "{day} does not lie in {year}: check it, or leave the year out.",
    ),
    "due_too_far": (
        "期限（{due_on}）距发现日期超过 {most} 天：请填写较近的期限。",
        "It would be due ({due_on}) more than {most} days after it was found: give an earlier day.",
    ),
    "due_before_found": (
        "期限（{due_on}）早于发现日期（{found_on}）：请核对期限。",
        "It would be due ({due_on}) before it was found ({found_on}): check the day.",
    ),
    "not_accepted": (
        "案件尚未受理，没有办理时限：请先受理。",
        "The case has not been accepted and has no due day yet: accept it first.",
    ),
    "not_ended": (
        "案件尚未办结，没有化解日期可更正：请先登记办理结果。",
        "The case has not ended, so that no such day can be put right: enter how it ended first.",
    ),
    "resolved_before_reported": (
        "化解（办结）日期（{resolved_on}）早于登记日期（{reported_on}）：请核对两个日期。",
        "It would have ended ({resolved_on}) before it was reported ({reported_on}): check both days.",
    ),
    "reported_after_first_step": (
        "登记日期（{reported_on}）晚于首次办理日期（{first_step}）：请核对登记日期。",
        "It would have been reported ({reported_on}) after something was done about it ({first_step}): check the day.",
    ),
    "import_stays": (
        "案件属于哪次导入（import_id）不能更改：请照原样填写；不是导入的案件没有 paper。",
        "A case stays with its import: give its own `import_id`; a case that was not imported has no `paper`.",
    ),
    "backlog_kind": (
        "标为交办积案的，案件类别应为信访积案：请改类别。",
        "A row marked as handed-down backlog must be of the kind backlog: change the kind.",
    ),
    "ended_but_open": (
        "填了化解日期，但办理结果是未化解：请核对二者。",
        "There is a day of ending, but the outcome says that the case is open: check both.",
    ),
    "outcome_without_acceptance": (
        "未受理的案件没有办理结果：请核对是否受理。",
        "A case that was not taken on has no outcome: check whether it was.",
    ),
    "no_open_request": (
        "没有这项待答复的本人请求：请先登记其请求，再凭请求编号查找。",
        "No such request of a person waits for an answer: it is received first, and named by its id.",
    ),
    "own_request": (
        "本人登记的请求不能由登记人自己据以查找：请由另一人登记或查找。",
        "Nobody looks for a person on a request that they received themselves: another person does one of the two.",
    ),
    "not_who_asked": (
        "姓名、号码与该请求所涉案件的当事人不符：请核对；登记有误的，请先更正案件。",
        "The name and number are those of no party of the case that the request is about: check them; where the case"
        " has them wrong, it is corrected first.",
    ),
    "referred_to_missing": (
        "移送的案件须写明移送单位：请补填。",
        "A referred case needs the authority that it went to: name it.",
    ),
}

INPUT: Final = (
    "unknown_community", "parties_missing", "before_reported", "hand_down_instead", "nothing_changes",
    "duplicate_of_itself", "unknown_duplicate", "duplicate_unfit", "resolved_before_reported",
    "reported_after_first_step", "import_stays", "backlog_kind", "ended_but_open", "outcome_without_acceptance",
    "referred_to_missing", "not_above", "resumed_before_paused", "extended_too_far", "not_announced_yet",
    "off_and_worked", "withdrawn_and_entered", "not_of_the_year", "due_before_found", "due_too_far",
    "no_open_request",
)  # fmt: skip
"""Refusals of what was sent, whatever the case's state."""

STATUSES: Final[Mapping[str, int]] = {
    "unknown_case": 404,
    "unknown_code": 404,
    "own_request": 403,
    "not_who_asked": 403,
    "only_by_application": 422,
    "deadline_of_the_office": 403,
    **dict.fromkeys(INPUT, 422),
}
