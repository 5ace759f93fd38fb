"""The texts of assignment's pages: key → (Chinese, English)."""

from collections.abc import Mapping
from typing import Final

from shared.web.words import Pair

TEXTS: Final[Mapping[str, Pair]] = {
    "synthetic": (
        "合成数据，人物与事件均为虚构 · Synthetic data: everyone and everything in it is invented",
        "Synthetic data: everyone and everything in it is invented · 合成数据，人物与事件均为虚构",
    ),
    "communities": ("社区", "Communities"),
    "communities_title": ("社区与派驻人员", "Communities and who serves them"),
    "communities_lead": (
        "每个社区至少各有一名法官、检察官、警官、律师（方案三（一）3）。",
        "Each community is served by at least one judge, prosecutor, police officer and lawyer (plan, §3.1.3).",
    ),
    "communities_none": ("还没有登记社区", "No community is registered yet"),
    "communities_none_lead": (
        "由街道登记社区之后，这里会显示工作室和派驻情况。",
        "Once the sub-district has registered one, its studio and officers will show here.",
    ),
    "complete": ("四类齐全的社区", "Communities with all four"),
    "of": ("{part} / {whole}", "{part} of {whole}"),
    "glyph.judge": ("法", "J"),
    "glyph.prosecutor": ("检", "P"),
    "glyph.police": ("警", "O"),
    "glyph.lawyer": ("律", "L"),
    "serving": ("{profession}：已派驻", "{profession}: posted"),
    "missing": ("{profession}：空缺", "{profession}: vacant"),
    "four_of_four": ("四类齐全", "All four"),
    "some_of_four": ("缺 {count} 类", "{count} missing"),
    "studio": ("工作室", "Studio"),
    "studio_open": ("已设立：{place}", "Open: {place}"),
    "studio_none": ("尚未设立", "Not open"),
    "cards": ("便民联系卡", "Contact cards"),
    "households_of": ("{part} / {whole} 户", "{part} of {whole} households"),
    "grids": ("网格", "Grids"),
    "as_of_today": ("截至 {day}", "As of {day}"),
    "officers_now": ("在任派驻人员", "Who serves now"),
    "officers_before": ("曾派驻人员", "Who served before"),
    "officers_none": ("目前没有派驻人员。", "Nobody is posted at present."),
    "since": ("自 {day}", "since {day}"),
    "until": ("至 {day}（{reason}）", "until {day} ({reason})"),
    "times_unset": ("下社区时间未定", "visit times not set"),
    "its_cases": ("该社区的案件", "Cases of this community"),
    "meetings": ("例会", "Meetings"),
    "meetings_title": ("例会与纪要", "Meetings and minutes"),
    "meetings_lead": (
        "各社区每月召开一次例会，并将纪要报领导小组办公室（方案三（三）3）。",
        "Each community meets every month and sends the minutes to the leading group's office (plan, §3.3.3).",
    ),
    "meetings_none": ("还没有会议记录", "No meeting is recorded yet"),
    "meetings_none_lead": ("社区召开会议之后，会列在这里。", "Meetings will be listed here once they are held."),
    "months": ("月例会一览", "Monthly meetings at a glance"),
    "cell.filed": ("纪要已报", "minutes filed"),
    "cell.held": ("已开会，纪要未报", "held, no minutes"),
    "cell.none": ("无记录", "nothing recorded"),
    "all_meetings": ("全部会议", "All meetings"),
    "held": ("召开", "Held"),
    "attended": ("{count} 人参加", "{count} present"),
    "minutes": ("纪要", "Minutes"),
    "minutes_at": ("{day} 报送", "filed {day}"),
    "minutes_missing": ("未报", "not filed"),
    "decisions": ("议定事项", "Decisions"),
    "count_decisions": ("{count} 项", "{count}"),
}
