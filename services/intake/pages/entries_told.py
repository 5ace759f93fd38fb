"""What intake's entries tell people: stored name → title and sentence."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.intake_entries import (
    FindingVoided,
    HazardCleared,
    HazardFound,
    KeyAreaListed,
    KeyAreaReinspected,
    MajorFireReported,
    OpinionAnswered,
    OpinionRecorded,
    VenueInspected,
)
from shared.web.words import Said

ENTRIES: Final[Mapping[str, Said]] = {
    OpinionRecorded.NAME: Said(
        ("收集意见", "Opinion recorded"), ("{topic}方面的意见，渠道：{channel}。", "On {topic}, by {channel}.")
    ),
    OpinionAnswered.NAME: Said(
        ("答复意见", "Opinion answered"), ("{answered_by}答复：{outcome}。", "{answered_by} answered: {outcome}.")
    ),
    KeyAreaListed.NAME: Said(
        ("挂牌整治", "Key area listed"),
        (
            "{area}：{place}，由{lead_unit}牵头，应于{due_on}前整治到位。",
            "{area}: {place}, led by {lead_unit}, to be cleaned up by {due_on}.",
        ),
    ),
    KeyAreaReinspected.NAME: Said(
        ("整治验收", "Key area reinspected"),
        ("{inspected_by}验收，合格：{passed}。", "Inspected by {inspected_by}; passed: {passed}."),
    ),
    VenueInspected.NAME: Said(
        ("场所检查", "Venue inspected"),
        (
            "{venue}（{place}），发现问题{faults}处；责令：{ordered}。",
            "{venue} ({place}): {faults} faults; ordered: {ordered}.",
        ),
    ),
    HazardFound.NAME: Said(
        ("发现隐患", "Hazard found"),
        (
            "{hazard}（{severity}）：{place}，由{responsible_unit}负责，应于{due_on}前消除。",
            "{hazard} ({severity}): {place}, {responsible_unit} answers, to be cleared by {due_on}.",
        ),
    ),
    HazardCleared.NAME: Said(("隐患消除", "Hazard cleared"), ("{checked_by}复查确认。", "Confirmed by {checked_by}.")),
    MajorFireReported.NAME: Said(
        ("重特大火灾", "Major fire"),
        ("{grade}，{place}；死亡{dead}人，受伤{injured}人。", "{grade}, {place}: {dead} dead, {injured} injured."),
    ),
    FindingVoided.NAME: Said(
        ("登记作废", "Entry made void"),
        ("作废，不再计入；记录保留。理由：{reason}", "Made void; it stays in the record. Reason: {reason}"),
    ),
}
