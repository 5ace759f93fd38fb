"""What privacy's events tell people: stored name → title and sentence. A test fails where an event lacks them."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.privacy import (
    ErasureApproved,
    ErasureHeld,
    ErasureHoldReleased,
    ErasureProposed,
    ErasureRefused,
    GlassBroken,
    GlassReviewed,
    PersonalDataErased,
    PersonRequestAnswered,
    PersonRequestReceived,
    RestrictionLifted,
    RestrictionPlaced,
    UnmaskingAsked,
    UnmaskingEnded,
    UnmaskingGranted,
    UnmaskingRefused,
)
from shared.web.words import Said

EVENTS: Final[Mapping[str, Said]] = {
    RestrictionPlaced.NAME: Said(
        ("限制处理", "Restricted"), ("{subject}限制处理：{because}。", "{subject} is restricted: {because}.")
    ),
    RestrictionLifted.NAME: Said(
        ("解除限制", "Restriction lifted"),
        ("{subject}解除限制：{because}。", "{subject} is restricted no more: {because}."),
    ),
    ErasureProposed.NAME: Said(
        ("提请删除", "Erasure proposed"),
        ("提请删除{subject}：{because}。", "The erasure of {subject} is proposed: {because}."),
    ),
    ErasureApproved.NAME: Said(
        ("批准删除", "Erasure approved"),
        ("另一人批准删除{subject}：{because}。", "Another person approved the erasure of {subject}: {because}."),
    ),
    ErasureRefused.NAME: Said(
        ("不同意删除", "Erasure refused"), ("{subject}不删除：{reason}。", "{subject} is not erased: {reason}.")
    ),
    ErasureHeld.NAME: Said(
        ("暂缓删除", "Legal hold"), ("{subject}暂缓删除：{because}。", "{subject} may not be erased: {because}.")
    ),
    ErasureHoldReleased.NAME: Said(
        ("解除暂缓", "Legal hold released"), ("{subject}不再暂缓删除。", "The legal hold on {subject} is over.")
    ),
    PersonalDataErased.NAME: Said(
        ("个人信息已删除", "Personal data erased"),
        (
            "{subject}的密钥已销毁：{because}。记录、证明和数字不变。",
            "The keys of {subject} were destroyed: {because}. Record, proofs and numbers stay as they are.",
        ),
    ),
    UnmaskingAsked.NAME: Said(
        ("申请解封", "Unmasking asked for"), ("申请查阅{case}：{purpose}。", "To open {case}, for: {purpose}.")
    ),
    UnmaskingGranted.NAME: Said(
        ("准予解封", "Unmasking granted"), ("{case}至{until}可以查阅。", "{case} may be opened until {until}.")
    ),
    UnmaskingRefused.NAME: Said(
        ("不予解封", "Unmasking refused"), ("{case}不予查阅：{reason}。", "{case} is not opened: {reason}.")
    ),
    UnmaskingEnded.NAME: Said(("终止解封", "Unmasking ended"), ("{case}不再开放。", "{case} is open no more.")),
    GlassBroken.NAME: Said(
        ("紧急查阅", "Glass broken"),
        ("紧急查阅{case}：{purpose}，至{until}。", "{case} was opened in an emergency: {purpose}, until {until}."),
    ),
    GlassReviewed.NAME: Said(
        ("紧急查阅复核", "Glass reviewed"),
        (
            "{case}的紧急查阅已复核，理由充分：{justified}。",
            "The emergency's opening of {case} was justified: {justified}.",
        ),
    ),
    PersonRequestReceived.NAME: Said(
        ("本人请求", "Request of a person"),
        ("就{subject}请求{request}，应于{due_on}前答复。", "About {subject}: {request}, to be answered by {due_on}."),
    ),
    PersonRequestAnswered.NAME: Said(
        ("本人请求答复", "Request answered"),
        ("{subject}的{request}请求：{outcome}（{reason}）。", "{request} of {subject}: {outcome} ({reason})."),
    ),
}
