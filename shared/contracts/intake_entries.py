"""What intake publishes beside cases: opinions, key areas, venues, hazards, fires (§3.3.2, 5.4, 5.5)."""

from shared.contracts.codes import Named
from shared.contracts.event import Event, event
from shared.contracts.fields import Code, Count, Day, Division, Line, Sealed


class OpinionTopic(Named):
    """What an opinion is about 意见建议类别."""

    SECURITY = "security", "治安", "public order"
    ENVIRONMENT = "environment", "环境卫生", "environment and hygiene"
    PROPERTY = "property", "物业管理", "property management"
    FACILITIES = "facilities", "公共设施", "public facilities"
    LAW = "law", "法律服务", "legal services"
    LIVELIHOOD = "livelihood", "民生服务", "livelihood"
    WORK = "work", "三官一师工作", "the programme's own work"
    OTHER = "other", "其他", "other"


class OpinionChannel(Named):
    """How an opinion came in 反映渠道."""

    VISIT = "visit", "入户走访", "a visit"
    MEETING = "meeting", "会议", "a meeting"
    CARD = "card", "便民联系卡", "the contact card"
    STUDIO = "studio", "工作室接待", "the studio"
    HOTLINE = "hotline", "12345热线", "hotline 12345"


class OpinionOutcome(Named):
    """What came of an opinion 答复结果."""

    ADOPTED = "adopted", "已采纳", "adopted"
    PARTLY = "partly", "部分采纳", "adopted in part"
    EXPLAINED = "explained", "已解释说明", "explained"
    REFERRED = "referred", "已转有关部门", "passed on"


class AreaKind(Named):
    """The key areas that the plan names 重点地区 (§5.4). It announces ten kinds and names fewer; the names stand as
    issued, and `other` is for what the office counts among them besides."""

    URBAN_FRINGE = "urban_fringe", "城乡结合部", "urban fringe"
    SCHOOL = "school", "学校周边", "around schools"
    ENTERPRISE = "enterprise", "企业周边", "around enterprises"
    ENTERTAINMENT = "entertainment", "歌舞娱乐场所", "song, dance and entertainment venues"
    BATH = "bath", "按摩洗浴场所", "massage and bath venues"
    MARKET = "market", "集贸市场", "markets"
    SCRAP = "scrap", "废旧物品收放站点", "scrap and storage yards"
    OTHER = "other", "其他重点地区", "another key area"


class VenueKind(Named):
    """Special trades and venues under management 特种行业和场所 (§5.5)."""

    INTERNET_CAFE = "internet_cafe", "网吧", "internet café"
    ENTERTAINMENT = "entertainment", "娱乐场所", "entertainment venue"
    BATH = "bath", "洗浴场所", "bath house"
    HOTEL = "hotel", "旅馆", "hotel"
    PAWN = "pawn", "典当", "pawnbroker"
    SEAL = "seal", "印章刻制", "seal maker"
    SCRAP = "scrap", "废旧物品回收", "scrap dealer"
    VEHICLE_REPAIR = "vehicle_repair", "机动车修理", "vehicle repair"
    OTHER = "other", "其他", "other"


class HazardKind(Named):
    """Hazards 隐患 (§5.5)."""

    FIRE = "fire", "消防", "fire"
    PUBLIC_ORDER = "public_order", "治安", "public order"
    BUILDING = "building", "建筑", "building"
    GAS = "gas", "燃气", "gas"
    ELECTRICITY = "electricity", "用电", "electricity"
    TRAFFIC = "traffic", "交通", "traffic"
    OTHER = "other", "其他", "other"


class Severity(Named):
    """How grave a hazard is 隐患等级."""

    GENERAL = "general", "一般隐患", "general"
    MAJOR = "major", "重大隐患", "major"


class FireGrade(Named):
    """The national grading of fires 火灾等级 (生产安全事故报告和调查处理条例 3)."""

    LARGER = "larger", "较大火灾", "larger"
    MAJOR = "major", "重大火灾", "major"
    VERY_MAJOR = "very_major", "特别重大火灾", "very major"


@event("sanguan.intake.opinion-recorded.v1")
class OpinionRecorded(Event):
    """A resident's opinion or suggestion 意见建议 was written down (§3.3.2, 5.2); who gave it is not kept."""

    community: Division
    grid: Code | None
    topic: OpinionTopic
    channel: OpinionChannel
    opinion: Sealed


@event("sanguan.intake.opinion-answered.v1")
class OpinionAnswered(Event):
    """An opinion was answered 意见答复 (§3.3.2)."""

    outcome: OpinionOutcome
    answered_by: Line
    """The unit that answered."""
    answer: Sealed


@event("sanguan.intake.key-area-listed.v1")
class KeyAreaListed(Event):
    """A key area was listed to be cleaned up 挂牌整治 (§5.4, 5.2)."""

    community: Division
    grid: Code | None
    area: AreaKind
    place: Line
    lead_unit: Line
    due_on: Day
    """By when it is to be cleaned up."""


@event("sanguan.intake.key-area-reinspected.v1")
class KeyAreaReinspected(Event):
    """A key area was inspected again 整治验收 (§5.4)."""

    passed: bool
    inspected_by: Line
    inspection_note: Sealed | None


@event("sanguan.intake.venue-inspected.v1")
class VenueInspected(Event):
    """A venue or special trade was inspected 场所检查 (§5.5)."""

    community: Division
    venue: VenueKind
    place: Line
    inspected_by: Line
    faults: Count
    ordered: Line | None
    """What it was told to mend."""


@event("sanguan.intake.hazard-found.v1")
class HazardFound(Event):
    """A hazard was found 隐患排查 (§5.5, 5.2)."""

    community: Division
    grid: Code | None
    hazard: HazardKind
    severity: Severity
    place: Line
    responsible_unit: Line
    due_on: Day
    """By when it is to be cleared."""


@event("sanguan.intake.hazard-cleared.v1")
class HazardCleared(Event):
    """A hazard was cleared 隐患消除, and somebody looked (§5.5)."""

    checked_by: Line
    how: Sealed | None


@event("sanguan.intake.major-fire-reported.v1")
class MajorFireReported(Event):
    """A fire of consequence was reported 重特大火灾 (§5.5); people as numbers only."""

    community: Division
    grade: FireGrade
    place: Line
    dead: Count
    injured: Count
    loss_fen: Count | None
    """Direct loss in fen 分; none while it is not assessed."""


@event("sanguan.intake.finding-voided.v1")
class FindingVoided(Event):
    """An entry was made void 作废 (§3.1.4): it counts nowhere, and stays in the record."""

    kind: Code
    """Its ledger."""
    reason: Sealed


EVENTS = (
    OpinionRecorded, OpinionAnswered, KeyAreaListed, KeyAreaReinspected, VenueInspected, HazardFound, HazardCleared,
    MajorFireReported, FindingVoided,
)  # fmt: skip
