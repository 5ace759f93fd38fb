"""The texts of intake's pages: key → (Chinese, English)."""

from collections.abc import Mapping
from typing import Final

from services.intake.deadlines import DUE_AS_CORRECTED, DUE_AS_WRITTEN
from shared.web.words import Pair

TEXTS: Final[Mapping[str, Pair]] = {
    "cases": ("案件", "Cases"),
    "cases_title": ("矛盾纠纷台账", "Case ledger"),
    "cases_lead": (
        "每件案件一行，由记录算出。个人信息密封保存，这里以 ••• 表示。",
        "One line per case, computed from the record. Personal data are sealed, and shown as •••.",
    ),
    "cases_none": ("还没有案件", "There are no cases yet"),
    "cases_none_lead": (
        "社区登记案件，或用 sanguan import 导入原有台账之后，会列在这里。",
        "They will be listed here once a community reports one, or a ledger is taken over with sanguan import.",
    ),
    "cases_no_match": ("没有符合条件的案件", "No case matches"),
    "cases_no_match_lead": ("请放宽查询条件。", "Ask for less."),
    "count_cases": ("{count} 件", "{count} cases"),
    "by_status": ("案件状态分布", "Cases by status"),
    "case": ("案件 {id}", "Case {id}"),
    "paper_number": ("{month} 第 {number} 号", "{month} no. {number}"),
    "life": ("办理进程", "Progress"),
    "deadline": ("办理期限", "Deadline"),
    "deadline_none": ("受理之后才有期限。", "There is none before the case is accepted."),
    "deadline_rule": ("依据", "Rule"),
    "due_in_time": ("按期办结", "Ended in time"),
    "due_late": ("逾期办结", "Ended late"),
    "due_running": ("办理中，尚未到期", "Under way, not due yet"),
    "due_overdue": ("已逾期", "Overdue"),
    "due_soon": ("临近期限", "Due soon"),
    "due_paused": ("中止计算", "The clock stands"),
    "deadline_provisional": (
        "暂定：该年放假安排尚未公布，公布后可能变动。",
        "Provisional: that year's working calendar has not been announced yet.",
    ),
    "deadline_moved_since": (
        "按现行工作日历应为{on}；以上为办理时告知的日期。",
        "By the calendar as it is now it would be {on}; the day above is what was told.",
    ),
    "deadline_unverified": ("条文未经核对", "text not checked against a published copy"),
    "by_calendar": ("所据放假安排", "By the working calendar as announced in"),
    "warned": ("预警督办", "Who is to be told"),
    "warned_lead": (
        "在办案件按办理期限：到期前提醒，逾期后督办。时点为本系统建议。",
        "Of cases under way: before their deadline, and after it. From which day on is this product's proposal.",
    ),
    "warned_proposed": ("时点为本系统建议", "the days are this product's proposal"),
    "reckoning": ("期限如何计算", "How it was counted"),
    "counted.from": ("自{on}起算，当日不计", "From {on}, which is not counted"),
    "counted.days": ("{length} 日，至{on}", "{length} days, to {on}"),
    "counted.months": ("{length} 个月，至{on}", "{length} month, to {on}"),
    "counted.working_days": ("{length} 个工作日，至{on}", "{length} working days, to {on}"),
    "counted.extended": ("延期 {length} 日，至{on}", "extended by {length} days, to {on}"),
    "counted.paused": ("中止 {length} 日，至{on}", "paused for {length} days, to {on}"),
    "counted.moved": ("末日为休息日，顺延至{on}", "the last day is not worked: {on}"),
    "due_moot": ("不再计算", "No longer counted"),
    "due_unclear": ("已办结，台账未写明日期", "Ended; the paper gives no day"),
    "span": ("从登记到办结", "From report to ending"),
    "span_due": ("期限", "Due"),
    "facts": ("基本信息", "The case"),
    "possible_duplicates": ("疑似重复", "Possible duplicates"),
    "possible_duplicates_lead": (
        "只是提示，不入记录。核对后确属同一事项的，请用“并案”（link-case）登记，填写另一案件的编号。",
        "Hints only, not recorded. Where one proves to be the same matter, link the case (link-case), giving its id.",
    ),
    "possible_reported_on": ("{on}登记", "reported on {on}"),
    "timeline": ("经过", "What happened"),
    "timeline_lead": (
        "以下是这件案件在记录中的全部事件，按记录的先后排列。",
        "Every event of this case in the record, in the order in which they were recorded.",
    ),
    "recorded_at": ("记录于 {at}", "Recorded {at}"),
    "entered_later": ("事后补录", "Entered later"),
    "by_role": ("记录者：{role}", "By: {role}"),
    "position": ("位置 {position}", "Position {position}"),
    "as_recorded": ("记录原文", "As recorded"),
    "rule.mediation-one-month": (
        "调解一般在受理后一个月内办结（若干规定第33条）",
        "Mediation is normally concluded within a month of acceptance (若干规定 33)",
    ),
    "rule.petition-60-days": (
        "信访事项自受理之日起60日内办结（信访条例第33条）",
        "A petition is answered within 60 days of acceptance (信访条例 33)",
    ),
    "rule.petition-60-days-2022": (
        "信访事项自受理之日起60日内办结（信访工作条例第34条）",
        "A petition is answered within 60 days of acceptance (信访工作条例 34, since May 2022)",
    ),
    "rule.petition-register-15-days": (
        "自收到之日起15日内告知是否受理（信访条例第22条）",
        "Whether it is taken on is told within 15 days (信访条例 22)",
    ),
    "rule.petition-register-handed-down-15-days": (
        "自收到转送、交办之日起15日内决定是否受理并告知（信访条例第21条）",
        "Whether what was handed down is taken on is decided and told within 15 days (信访条例 21)",
    ),
    "rule.petition-register-15-days-2022": (
        "自收到之日起15日内告知接收情况和处理途径（信访工作条例第23条）",
        "That it was received, and how it will be dealt with, is told within 15 days (信访工作条例 23, since May 2022)",
    ),
    "rule.petition-register-handed-down-15-days-2022": (
        "自收到转送、交办之日起15日内告知接收情况和处理途径（信访工作条例第23条）",
        "How what was handed down will be dealt with is told within 15 days (信访工作条例 23, since May 2022)",
    ),
    "rule.petition-object-5-working-days": (
        "不属于本单位职权的，5个工作日内提出异议（信访工作条例第23条）",
        "Who is not competent objects to it within five working days (信访工作条例 23, since May 2022)",
    ),
    "rule.agreement-confirm-30-days": (
        "协议生效之日起30日内可共同申请司法确认（人民调解法第33条）",
        "A court may be asked together to confirm the agreement within 30 days (人民调解法 33)",
    ),
    "agreement_pdf": ("调解协议书用纸（PDF）", "Paper for a mediation agreement (PDF)"),
    f"rule.{DUE_AS_WRITTEN}": ("纸质台账写明的日期", "The day written in the paper ledger"),
    f"rule.{DUE_AS_CORRECTED}": ("经更正的日期", "A day that was put right by hand"),
}
