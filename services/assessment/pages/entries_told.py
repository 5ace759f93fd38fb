"""What assessment's entries tell people: stored name → title and sentence."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.assessment_entries import (
    AppealDecided,
    AppealHeard,
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveReplyRecorded,
    CircularIssued,
    CommendationAwarded,
    CommunityPlanFiled,
    FlagAnswered,
    FundsAllocated,
    InspectionConducted,
    LeadingGroupConstituted,
    ModelCaseRecommended,
    PortfolioAssigned,
    PublicReviewRecorded,
    RectificationCompleted,
    RectificationOrdered,
    ScoreAppealed,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
    YouthOffenceRateReported,
)
from shared.web.words import Said

ENTRIES: Final[Mapping[str, Said]] = {
    LeadingGroupConstituted.NAME: Said(
        ("成立领导小组", "Leading group constituted"), ("办公室设在{office_at}。", "Its office sits at {office_at}.")
    ),
    PortfolioAssigned.NAME: Said(
        ("分工", "Portfolio assigned"), ("{holder}负责{portfolio}。", "{holder} sees to {portfolio}.")
    ),
    SurveyConcluded.NAME: Said(
        ("问卷调查", "Survey concluded"),
        ("{survey}：有效{valid}份，肯定{positive}份。", "{survey}: {positive} of {valid} valid answers."),
    ),
    PublicReviewRecorded.NAME: Said(
        ("群众评议", "Public review"),
        ("满意{good}票，基本满意{fair}票，不满意{poor}票。", "{good} good, {fair} fair, {poor} poor."),
    ),
    ScoreAppealed.NAME: Said(
        ("申诉", "Score appealed"), ("对{publication}的考核结果提出申诉。", "Against the scores of {publication}.")
    ),
    AppealHeard.NAME: Said(("听取申诉", "Appeal heard"), ("{heard_by}听取了申诉。", "{heard_by} heard the appeal.")),
    AppealDecided.NAME: Said(("答复申诉", "Appeal decided"), ("{decided_by}：{finding}。", "{decided_by}: {finding}.")),
    FlagAnswered.NAME: Said(
        ("疑点说明", "Flag answered"),
        ("对{month}的疑点{flag}作了说明。", "Said what is behind the flag {flag} of {month}."),
    ),
    ArchiveEntryAdded.NAME: Said(
        ("实绩档案", "Archive entry added"), ("{officer}：{archive}（{period}）。", "{officer}: {archive} ({period}).")
    ),
    ArchiveReplyRecorded.NAME: Said(
        ("本人意见", "Archive reply"), ("本人意见已附卷。", "The officer's own word was added.")
    ),
    ArchiveFiled.NAME: Said(
        ("报备", "Archive filed"), ("报{filed_with}备案（{filing}）。", "Filed with {filed_with} ({filing}).")
    ),
    InspectionConducted.NAME: Said(
        ("督导检查", "Inspection"),
        (
            "{inspected_by}检查{looked_at}，发现问题{faults}处。",
            "{inspected_by} looked at {looked_at}: {faults} faults.",
        ),
    ),
    RectificationOrdered.NAME: Said(
        ("责令整改", "Rectification ordered"), ("应于{due_on}前整改到位。", "To be put right by {due_on}.")
    ),
    RectificationCompleted.NAME: Said(
        ("整改完成", "Rectification completed"),
        ("{rechecked_by}复查，合格：{passed}。", "Looked at again by {rechecked_by}; passed: {passed}."),
    ),
    CircularIssued.NAME: Said(
        ("通报", "Circular issued"), ("{circular}：{title}（{document}）。", "{circular}: {title} ({document}).")
    ),
    CommunityPlanFiled.NAME: Said(
        ("社区方案", "Community plan filed"), ("{title}，{measures}项措施。", "{title}, {measures} measures.")
    ),
    SummarySubmitted.NAME: Said(("活动总结", "Summary submitted"), ("{title}", "{title}")),
    CommendationAwarded.NAME: Said(
        ("表彰", "Commendation awarded"), ("{commended} {subject}：{award}。", "{commended} {subject}: {award}.")
    ),
    YouthOffenceRateReported.NAME: Said(
        ("青少年违法犯罪率", "Youth offending reported"),
        ("{period}：{offenders} / {youths}。", "{period}: {offenders} of {youths}."),
    ),
    FundsAllocated.NAME: Said(
        ("经费", "Funds allocated"), ("{purpose}：{amount_fen} 分。", "{purpose}: {amount_fen} fen.")
    ),
    ModelCaseRecommended.NAME: Said(("典型案例", "Model case recommended"), ("{title}", "{title}")),
    SupervisionVoided.NAME: Said(
        ("登记作废", "Entry made void"),
        ("作废，不再计入；记录保留。理由：{reason}", "Made void; it stays in the record. Reason: {reason}"),
    ),
}
