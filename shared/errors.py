"""Every way in which the mechanism refuses, said once: code → status, Chinese, English.

A refusal raised anywhere is `Refused(code, …)`; it becomes an RFC 9457 problem here, at the edge, and nowhere else. The
domain's own codes stand in each service's `refusals.py` and are joined to these by the runtime.

    400 syntax · 401 who are you · 403 you may not · 404 no such thing · 409 not in this state · 413 too large ·
    422 input · 503 not yet
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from shared.contracts.codes import Named
from shared.contracts.days import CIVIL
from shared.contracts.model import Refused, Service


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a code means to a client: the status, and what went wrong and what to do, in both languages."""

    status: int
    zh: str
    en: str


CODES: Final[Mapping[str, Sentence]] = {
    "malformed_json": Sentence(400, "请求正文不是有效的 JSON。", "The body is not valid JSON."),
    "duplicate_key": Sentence(400, "JSON 中有重复的键。", "A key stands twice in the JSON."),
    "idempotency_key_required": Sentence(
        400, "缺少 Idempotency-Key 请求头：请为每个命令给出一个新的编号。",
        "The Idempotency-Key header is missing: give each command an id of its own.",
    ),
    "bad_header": Sentence(400, "请求头的值不能接受。", "A header's value cannot be accepted."),
    "bad_parameter": Sentence(400, "查询参数 {field} 不能接受。", "The query parameter {field} cannot be accepted."),
    "missing_parameter": Sentence(
        400, "缺少参数 {field}；写法如：{example}。", "The parameter {field} is missing; write, for example, {example}."
    ),
    "malformed": Sentence(
        400, "参数 {field} 应为{form} {example}。", "The parameter {field} should be {form} {example}."
    ),
    "unauthenticated": Sentence(401, "请先登录，或出示有效的令牌。", "Sign in, or show a valid token."),
    "wrong_jurisdiction": Sentence(403, "此令牌不属于该街道。", "This token is not for that sub-district's log."),
    "role_not_allowed": Sentence(403, "您的角色不能这样做。", "Your role may not do this."),
    "not_of_this_case": Sentence(
        403, "密封信息只对经办的人员开放：您不经办此案、此事项。",
        "What is sealed is for those who have to do with the case or the matter: you do not.",
    ),
    "bad_request": Sentence(400, "请求不能接受。", "The request cannot be accepted."),
    "method_not_allowed": Sentence(405, "此地址不支持这种请求方法。", "This address does not take that method."),
    "not_found": Sentence(404, "没有找到。", "There is no such thing."),
    "unknown_command": Sentence(404, "没有这个命令。", "There is no such command."),
    "unknown_ledger": Sentence(404, "没有这个台账。", "There is no such ledger."),
    "version_conflict": Sentence(
        409, "此后已有新的记录（当前版本 {version}）：请重新读取后再试。",
        "It has changed since (its version is {version} now): read it again, then decide.",
    ),
    "command_id_reused": Sentence(
        409, "该命令编号已用于另一内容：请换一个编号。", "This command id was used with another body: take a new one."
    ),
    "unknown_entry": Sentence(404, "没有这条登记：请核对编号。", "There is no such entry: check its id."),
    "already_entered": Sentence(
        409, "这个编号已有登记：请换一个编号，或在原登记上继续。",
        "There is an entry under this id already: take another, or go on with that one.",
    ),
    "entry_voided": Sentence(
        409, "这条登记已经作废：请重新登记。", "This entry was made void: enter the matter anew."
    ),
    "entry_not_now": Sentence(
        409, "这条登记现在不能这样办理：可办事项见 allowed。",
        "This cannot be done with the entry as it stands: `allowed` says what can.",
    ),
    "before_last_step": Sentence(
        422, "发生时间（{occurred_at}）早于上一步（{last_at}）：请核对时间。",
        "It would have happened ({occurred_at}) before the step that it follows ({last_at}): check the time.",
    ),
    "erased": Sentence(
        409, "有关个人信息已依法删除，不能再登记其内容。",
        "The personal data of this subject were erased: nothing personal can be added to it.",
    ),
    "too_large": Sentence(413, "请求过大（上限 {limit} 字节）。", "The request is too large (limit {limit} bytes)."),
    "missing_field": Sentence(422, "缺少必填项。", "A required field is missing."),
    "unknown_field": Sentence(
        422, "不认识的字段：不能由请求方给出。", "An unknown field: it is not the client's to give."
    ),
    "wrong_type": Sentence(422, "值的类型不对。", "The value is of the wrong type."),
    "not_in_list": Sentence(422, "不在可选的代码之中。", "The value is not one of the codes."),
    "too_long": Sentence(422, "内容过长。", "The text is too long."),
    "too_many": Sentence(422, "数量过多。", "There are too many of them."),
    "personal_in_plain_field": Sentence(
        422, "此项不加密保存：请勿填写身份证号码或电话号码，请写入“基本情况”。",
        "This field is not sealed: leave out ID and telephone numbers; put it in the statement.",
    ),
    "too_short": Sentence(422, "内容为空或过短。", "The text is empty or too short."),
    "bad_format": Sentence(422, "格式不对。", "The value has the wrong form."),
    "out_of_range": Sentence(422, "超出允许的范围。", "The value is out of range."),
    "control_character": Sentence(
        422, "含有控制字符或不可见的方向字符。", "The text holds control or invisible direction characters."
    ),
    "beyond_the_end": Sentence(
        422, "记录还没有这么长（最后位置 {last}）：请核对位置。",
        "The log is not that long yet (its last position is {last}): check the position.",
    ),
    "no_such_community": Sentence(
        422, "没有这个名称或代码的社区：请核对。", "No community has that name or code: check it."
    ),
    "offset_required": Sentence(
        422, "时间必须带时区，例如 2015-06-18T09:30:00+08:00。",
        "A time needs its offset, as in 2015-06-18T09:30:00+08:00.",
    ),
    "in_the_future": Sentence(
        422, "已经发生的事不能在将来（现在是 {now}）。", "What has happened cannot lie in the future (it is {now} now)."
    ),
    "bad_check_digit": Sentence(422, "身份证号校验位不符，请核对。", "The ID number's check digit does not fit."),
    "stream_required": Sentence(422, "请指明对象（stream）。", "Say which one: `stream` is missing."),
    "stream_mismatch": Sentence(
        422, "stream 与内容不符（应为 {expected}）。", "`stream` does not fit the data (expected {expected})."
    ),
    "stream_not_chosen": Sentence(
        422,
        "新对象的编号只能用字母、数字和 . _ -，不超过64位，不能用系统自编的形式：请改用其他编号，或去掉 stream。",
        "An id for what is new has at most 64 letters, digits, dots, dashes or underscores, and not the form of the "
        "ids made here: choose another, or leave `stream` out.",
    ),
    "record_silent": Sentence(
        503, "记录久无登记：请核对服务器时钟；时钟无误的，有人登记后自动办理。",
        "Nothing has been recorded for long: is the clock right? If it is, this is done when somebody enters anything.",
    ),
    "busy": Sentence(503, "同时请求者太多，请稍后再试。", "Too many are asking for this at once: try again."),
    "ledger_behind": Sentence(
        503, "台账尚未追上记录，请稍后再试。", "The ledger has not caught up with the log yet: try again."
    ),
    "internal": Sentence(500, "系统出错，已记录。", "Something went wrong here; it has been recorded."),
}  # fmt: skip


class Unusable(Exception):
    """What a process or a command of `sanguan` was given cannot be used: a stable code, and what to do, in both
    languages. It ends that process; what a client sends is a `Refused` instead."""

    def __init__(self, code: str, detail_zh: str, detail_en: str) -> None:
        self.code, self.detail_zh, self.detail_en = code, detail_zh, detail_en
        super().__init__(f"{code}: {detail_en} / {detail_zh}")


class Sentences:
    """All codes of a running process: the mechanism's and its services'."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self.codes: dict[str, Sentence] = dict(CODES)
        for service in services:
            for code, (zh, en) in service.refusals.items():
                status = service.statuses.get(code, 409)
                self.codes[code] = Sentence(status, zh, en)

    def problem(self, refused: Refused) -> dict[str, Any]:
        """The refusal as an RFC 9457 problem document."""
        sentence = self.codes.get(refused.code, CODES["internal"])
        body: dict[str, Any] = {
            "type": f"urn:sanguan:problem:{refused.code}",
            "title": refused.code.replace(
                "_", " "
            ).capitalize(),  # of the kind, not of this occurrence (RFC 9457 §3.1.4)
            "status": sentence.status,
            "code": refused.code,
            "field": refused.field,
            "detail_zh": sentence.zh.format_map(_Known(refused, "zh")),
            "detail_en": sentence.en.format_map(_Known(refused, "en")),
        }
        if refused.allowed:
            body["allowed"] = list(refused.allowed)
        body.update({name: value for name, value in refused.known.items() if isinstance(value, str | int)})
        return body


class _Known(dict[str, Any]):
    """What a refusal quotes, in one language; what it does not quote stays visible as a gap rather than failing the
    answer."""

    def __init__(self, refused: Refused, language: Literal["zh", "en"]) -> None:
        known = {"field": refused.field, **refused.known}
        super().__init__({name: _readable(value, language) for name, value in known.items()})

    def __missing__(self, key: str) -> str:
        return "…"


def _readable(value: Any, language: Literal["zh", "en"]) -> str:
    """A code by its name in that language; a moment in China's time, to the minute."""
    match value:
        case Named():
            return value.zh if language == "zh" else value.en
        case datetime():
            return value.astimezone(CIVIL).isoformat(sep=" ", timespec="minutes")
        case tuple() | list():
            return ("、" if language == "zh" else ", ").join(_readable(one, language) for one in value)
        case _:
            return str(value)
