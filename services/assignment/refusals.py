"""Every way in which assignment refuses: code → (Chinese, English), and the status where it is not 409.

Each sentence says what is wrong and what to do. `{name}` quotes what the refusal knows; never anything personal.
"""

from collections.abc import Mapping
from typing import Final

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    # communities
    "not_registered": ("该社区尚未登记：请先登记社区。", "This community is not registered: register it first."),
    "already_registered": (
        "该社区代码已经登记：请核对代码。",
        "This community's code is registered already: check the code.",
    ),
    "directory_not_empty": (
        "本日志中已经登记过社区或已作声明：合成数据声明只能在登记社区之前作出一次。",
        "Communities were entered in this log already, or it was declared: data are declared synthetic once, before "
        "the first community is registered.",
    ),
    "foreign_code": (
        "社区代码应为十二位，前九位为本街道代码（{log}）：请核对。",
        "A community's code has twelve digits and begins with this sub-district's ({log}): check it.",
    ),
    "foreign_sub_district": (
        "街道代码应为本日志的九位代码（{log}）：请核对。",
        "The sub-district's code is the nine digits of this log ({log}): check it.",
    ),
    "name_taken": (
        "已有同名社区：请核对，或使用全称。",
        "Another community has that name: check it, or use the full name.",
    ),
    "studio_open": (
        "工作室已经设立：如迁址，请先登记关闭。",
        "The studio is open already: close it first if it moves.",
    ),
    "studio_not_open": ("工作室尚未设立：请先登记设立。", "No studio is open: open one first."),
    "unknown_community": (
        "没有登记过这个社区：请填写已登记社区的十二位代码或名称。",
        "No such community is registered: give the twelve-digit code or the name of one that is.",
    ),
    # officers and roster
    "already_enrolled": ("该人员已经登记：请核对编号。", "This officer is enrolled already: check the id."),
    "officer_not_enrolled": (
        "没有登记过这名干警或律师：请先登记人员。",
        "No such officer is enrolled: enrol the officer first.",
    ),
    "already_posted": (
        "该人员已派驻本社区：如需调整，请先登记调离。",
        "This officer is posted here already: end that posting first.",
    ),
    "posting_overlaps": (
        "派驻起始日（{from_day}）不晚于上次派驻的最后一日（{last_day}）：请核对日期。",
        "The posting would begin ({from_day}) before the last one was over ({last_day}): check the day.",
    ),
    "no_open_posting": (
        "该人员目前没有派驻本社区：请先登记派驻。",
        "This officer is not posted here now: post the officer first.",
    ),
    "ends_before_it_begins": (
        "最后一日（{last_day}）早于派驻起始日（{from_day}）：请核对日期。",
        "The posting would end ({last_day}) before it began ({from_day}): check the day.",
    ),
    # handling
    "unknown_handling": (
        "没有正在办理的这个案件：请核对编号；案件须先受理。",
        "No such case is being handled: check its id; it must have been accepted first.",
    ),
    "already_open": ("该案件已在办理中。", "This case is being handled already."),
    "handling_ended": (
        "案件现为“{standing_zh}”，办理已经结束：如需继续，请先重启案件。",
        "The case is {standing} and its handling is over: to go on, the case must be reopened first.",
    ),
    "before_reported": (
        "发生时间（{occurred_at}）早于案件登记时间（{reported_at}）：请核对时间，或先更正登记时间。",
        "It would have happened ({occurred_at}) before the case was reported ({reported_at}): "
        "check the time, or first correct when it was reported.",
    ),
    "handler_assigned": (
        "已有承办人（{handler}）：如需更换，请用“更换承办人”。",
        "The case has a handler ({handler}): replace the handler instead.",
    ),
    "no_handler": ("尚无承办人：请先指定。", "The case has no handler yet: assign one."),
    "same_handler": (
        "承办人就是 {handler}：请指定另一名人员。",
        "{handler} is the handler already: name another officer.",
    ),
    "conflict_already_declared": (
        "{officer} 已就本案申报回避，无须重复。",
        "{officer} has declared a conflict in this case already: nothing more is needed.",
    ),
    "conflict_of_interest": (
        "{officer} 已申报回避，不能办理本案：请换人。",
        "{officer} has declared a conflict of interest in this case: take another officer.",
    ),
    "not_posted": (
        "{officer} 在 {day} 未派驻该社区（{community}）：请换人，或先登记派驻。",
        "{officer} was not posted to the community ({community}) on {day}: take another, or enter the posting first.",
    ),
    "visit_exists": (
        "走访编号 {visit} 已有：请换一个，或不填由系统编号。",
        "There is a visit {visit} already: take another id, or leave it out.",
    ),
    "class_without_must": (
        "不是必访的走访不登记必访类别：请留空，或改为必访。",
        "Only a must-visit has a class: leave it out, or make the visit one.",
    ),
    "unknown_visit": ("没有计划过走访 {visit}：请先登记走访计划。", "No visit {visit} was planned: plan it first."),
    "visit_already_done": (
        "走访 {visit} 已经登记完成或谢绝，不能重复登记。",
        "Visit {visit} is done or declined already and cannot be entered twice.",
    ),
    "visit_after_end": (
        "走访时间（{occurred_at}）晚于案件办结时间（{ended_at}）：请核对时间；如需继续走访，请先重启案件。",
        "The visit would come ({occurred_at}) after the case was over ({ended_at}): check the time; "
        "to visit again, the case must be reopened first.",
    ),
    "mediation_over": (
        "调解已经结束（达成协议或终止）：如需再调解，请先重启案件。",
        "Mediation is over, agreed or terminated: to mediate again, the case must be reopened first.",
    ),
    "unknown_party": (
        "没有这名当事人：本案共有 {parties} 名，请按登记顺序填写。",
        "There is no such party: the case has {parties}, counted in the order of the report.",
    ),
    "parties_unknown": (
        "案件没有登记当事人，不能调解：请先更正案件，补录当事人。",
        "The case names no party and cannot be mediated: first correct the case and name them.",
    ),
    "consent_already_recorded": (
        "当事人 {party} 的同意已经登记，无须重复。",
        "Party {party}'s consent is recorded already: nothing more is needed.",
    ),
    "consent_not_recorded": (
        "当事人 {party} 没有登记过同意，无从撤回：如拒绝调解，请终止调解。",
        "Party {party} has given no consent to withdraw: if the party refuses, terminate mediation.",
    ),
    "consent_missing": (
        "以下当事人尚未同意调解：{parties}。请先登记同意，或终止调解。",
        "These parties have not agreed to mediation: {parties}. Record their consent, or terminate mediation.",
    ),
    "officers_missing": ("没有填写调解人员：请至少填写一名。", "No officer is named: name at least one."),
    "mediation_missing": (
        "尚未登记过调解：请先登记调解情况。",
        "No mediation session has been recorded: record it first.",
    ),
    "nothing_was_tried": (
        "尚未登记过调解，不能以“调解不成”终止：请先登记调解情况，或另选理由。",
        "No mediation session has been recorded that could have failed: record it first, or give another reason.",
    ),
    "no_agreement": (
        "本案没有达成调解协议：请核对案件。",
        "No agreement was reached in this case: check which case it is.",
    ),
    "confirmation_too_late": (
        "申请司法确认的期限（{apply_by}）已过：双方仍可就协议另行起诉。",
        "The time for asking a court to confirm it ({apply_by}) is over: the parties may still sue on the agreement.",
    ),
    "confirmation_not_offered": (
        "尚未登记告知司法确认：请先登记告知。",
        "The parties have not been told of judicial confirmation: record that first.",
    ),
    "not_handed_down": (
        "本案不是交办的信访积案，无须签订包案稳控责任书。",
        "This case was not handed down: it needs no responsibility letter.",
    ),
    "no_handover": ("本案没有待移交事项。", "Nothing in this case waits to be handed over."),
    # corrections, retractions, leave
    "nothing_changes": (
        "没有任何改动：请填写要改成的内容。",
        "Nothing would change: give what is to be different.",
    ),
    "community_in_use": (
        "该社区仍有派驻人员、在办案件或工作室：请先处理，再作废。",
        "Officers serve this community, cases are handled there or its studio is open: end that first.",
    ),
    "officer_posted": (
        "该人员有派驻记录：请先将误登的派驻作废。",
        "The officer has been posted: make the mistaken posting void first.",
    ),
    "no_ended_posting": (
        "没有可撤销的调离：该人员现仍派驻，或从未派驻。",
        "There is no end to take back: the officer is posted now, or never was.",
    ),
    "leave_days_wrong": (
        "请假日期有误（派驻自{from_day}，请假{first_day}至{last_day}）：请核对。",
        "The days do not fit (posted from {from_day}, leave {first_day} to {last_day}): check them.",
    ),
    "leave_overlaps": (
        "与已登记的请假重叠：请先销假。",
        "This overlaps a leave that is recorded already: end that one first.",
    ),
    "no_such_leave": ("没有从这一天起的请假：请核对。", "No leave begins on that day: check which one is meant."),
    "cover_unfit": (
        "顶岗人员须是另一名在册的同类人员（{profession}）。",
        "Who covers must be another enrolled officer of the same profession ({profession}).",
    ),
    "on_leave": (
        "{officer} 在 {day} 请假：请由顶岗人员办理，或先销假。",
        "{officer} was on leave on {day}: let the cover do it, or end the leave first.",
    ),
    "meeting_voided": (
        "该会议已作废：如确有会议，请重新登记。",
        "This meeting was made void: if there was one, enter it anew.",
    ),
    "item_missing": (
        "没有说明要撤销哪一项（{act_zh}）：请填写。",
        "It is not said which one is to be taken back ({act}): name it.",
    ),
    "item_not_needed": (
        "撤销{act_zh}无须填写此项：请留空。",
        "Taking back {act} needs nothing here: leave it empty.",
    ),
    "ending_rests_on_it": (
        "案件的结果以此为据，不能单独撤销：请先撤销案件的办结（retract-step），再撤销此项。",
        "How the case ended rests on it: take the ending back first (retract-step), then this.",
    ),
    "nothing_to_retract": (
        "没有登记过可撤销的这一项（{act_zh}）：请核对。",
        "Nothing of the kind stands recorded ({act}): check what is to be taken back.",
    ),
    # entries
    "nothing_given": ("没有填写任何服务：请至少填写一类。", "No service is counted: give at least one kind."),
    "counted_twice": ("同一类服务填写了两次：请合并。", "A kind of service is counted twice: add the two up."),
    "not_a_joint_conference": (
        "该会议不是本社区的联席会议：请核对会议编号。",
        "That meeting is no joint conference of this community: check its id.",
    ),
    "not_its_leader": (
        "{leader} 在 {day} 没有分包本社区：请核对人员，或先登记包抓。",
        "{leader} did not answer for this community on {day}: check who came, or enter the appointment first.",
    ),
    # meetings
    "unknown_meeting": ("没有这次会议：请核对编号。", "There is no such meeting: check its id."),
    "already_convened": (
        "这次会议已经登记：请登记新的会议，或报送纪要。",
        "This meeting is recorded already: record a new one, or submit its minutes.",
    ),
    "minutes_already_submitted": (
        "这次会议的纪要已经报送，不能重复报送。",
        "The minutes of this meeting were submitted already and cannot be submitted twice.",
    ),
    "before_held": (
        "报送时间（{occurred_at}）早于会议时间（{held_at}）：请核对时间。",
        "The minutes would have been submitted ({occurred_at}) before the meeting ({held_at}): check the time.",
    ),
}

MISSING: Final = ("not_registered", "unknown_handling", "unknown_meeting")
"""Refusals because the aggregate does not exist."""

INPUT: Final = (
    "foreign_code", "foreign_sub_district", "name_taken",
    "nothing_changes", "leave_days_wrong", "no_such_leave", "cover_unfit", "on_leave",
    "item_missing", "item_not_needed", "nothing_to_retract", "unknown_community", "officer_not_enrolled",
    "posting_overlaps", "ends_before_it_begins", "before_reported", "same_handler", "conflict_of_interest",
    "not_posted", "visit_exists", "visit_after_end", "unknown_visit", "unknown_party", "officers_missing",
    "class_without_must",
    "nothing_was_tried", "before_held", "nothing_given", "counted_twice", "not_a_joint_conference", "not_its_leader",
)  # fmt: skip
"""Refusals of what was sent: with other data the same command might be taken now."""

STATUSES: Final[Mapping[str, int]] = {**dict.fromkeys(MISSING, 404), **dict.fromkeys(INPUT, 422)}
