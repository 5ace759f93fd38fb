"""What assignment's entries tell people: stored name → title and sentence."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.assignment_entries import (
    CoachedCaseCompleted,
    EnterpriseSecurityEstablished,
    HelperEnrolled,
    HelperReleased,
    IssueSettled,
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    LegalAdviceGiven,
    LegalAidGranted,
    NoticePosted,
    NoticeRevised,
    OutreachHeld,
    PatrolCompleted,
    PatrolTeamFormed,
    ProcedureAdopted,
    SafeUnitDesignated,
    SupportProvided,
    TrainingHeld,
    WorkingBodyFormed,
    WorkVoided,
)
from shared.web.words import Said

ENTRIES: Final[Mapping[str, Said]] = {
    NoticePosted.NAME: Said(("公示", "Notice posted"), ("在{place}公示：{shows}。", "At {place}: {shows}.")),
    NoticeRevised.NAME: Said(
        ("公示更新", "Notice revised"), ("{revision}；现公示：{now_shows}。", "{revision}; it shows {now_shows} now.")
    ),
    ProcedureAdopted.NAME: Said(("建章立制", "Procedure adopted"), ("{title}", "{title}")),
    PatrolTeamFormed.NAME: Said(
        ("组建巡防队伍", "Patrol team formed"), ("{team}，{strength}人。", "{team}, {strength} strong.")
    ),
    PatrolCompleted.NAME: Said(
        ("巡逻", "Patrol completed"),
        (
            "{team}{participants}人，{minutes}分钟，发现{matters}件事。",
            "{team}, {participants} people, {minutes} minutes, {matters} matters noticed.",
        ),
    ),
    TrainingHeld.NAME: Said(
        ("调解员培训", "Training held"),
        ("{topic}，{attended}人参加，{hours}小时。", "{topic}: {attended} attended, {hours} hours."),
    ),
    CoachedCaseCompleted.NAME: Said(
        ("传帮带", "Case coached"), ("带教{mediators}名调解员。", "{mediators} mediators learned by it.")
    ),
    OutreachHeld.NAME: Said(
        ("普法宣传", "Outreach held"), ("{form}：{topic}，{audience}人次。", "{form}: {topic}, {audience} people.")
    ),
    LegalAdviceGiven.NAME: Said(
        ("法律咨询", "Legal advice given"), ("{law}方面，解答{inquiries}件。", "{inquiries} questions on {law}.")
    ),
    LegalAidGranted.NAME: Said(
        ("法律援助", "Legal aid granted"),
        ("{law}方面，{matters}件，由{by_unit}办理。", "{matters} matters of {law}, by {by_unit}."),
    ),
    SupportProvided.NAME: Said(("服务帮扶", "Support provided"), ("{unit}：{services}。", "{unit}: {services}.")),
    IssueSettled.NAME: Said(
        ("解决问题", "Issue settled"),
        ("联席会议解决一件实际问题，参与单位：{units}。", "A joint conference settled a problem, with {units}."),
    ),
    LeaderAppointed.NAME: Said(
        ("领导包抓", "Leader appointed"),
        ("{leader}（{post}）分包本社区。", "{leader} ({post}) answers for the community."),
    ),
    LeaderRelieved.NAME: Said(
        ("不再包抓", "Leader relieved"),
        ("不再分包本社区。理由：{relieved_because}", "No longer answers for it. Reason: {relieved_because}"),
    ),
    LeaderVisitCompleted.NAME: Said(("领导下社区", "Leader visit"), ("{leader}：{purpose}。", "{leader}: {purpose}.")),
    EnterpriseSecurityEstablished.NAME: Said(
        ("企业内保", "Enterprise security"), ("{enterprise}，{staff}人。", "{enterprise}, {staff} strong.")
    ),
    HelperEnrolled.NAME: Said(("五员入册", "Helper enrolled"), ("{helper}", "{helper}")),
    HelperReleased.NAME: Said(("五员离任", "Helper released"), ("{left_because}", "{left_because}")),
    SafeUnitDesignated.NAME: Said(
        ("平安创建", "Safe unit designated"),
        ("{unit_kind}：{title}，由{by_unit}认定。", "{unit_kind}: {title}, recognised by {by_unit}."),
    ),
    WorkingBodyFormed.NAME: Said(
        ("工作机构", "Working body formed"), ("{title}，{members}人。", "{title}, {members} members.")
    ),
    WorkVoided.NAME: Said(
        ("登记作废", "Entry made void"),
        ("作废，不再计入；记录保留。理由：{reason}", "Made void; it stays in the record. Reason: {reason}"),
    ),
}
