"""Every way in which the mechanism refuses, said once: code → status, Chinese, English.

A refusal raised anywhere is `Refused(code, …)`; it becomes an RFC 9457 problem here, at the edge, and nowhere else. The
domain's own codes stand in each service's `refusals.py` and are joined to these by the runtime.

    400 syntax · 401 who are you · 403 you may not · 404 no such thing · 409 not in this state · 413 too large ·
    422 input · 503 not yet
"""

import re
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
    "scope_not_granted": Sentence(
        403, "此令牌不用于此事（需要 {scope}）。", "This token is not for that: it lacks the scope {scope}."
    ),
    "person_needed": Sentence(
        403, "此项须由本人办理，程序的令牌不能代办：请由有此角色的人员登录后办理。",
        "This takes a person: no program's token does it. Somebody of that role has to ask for it themselves.",
    ),
    "wider_reach_needed": Sentence(
        403, "此项涉及全街道，只对街道一级的人员开放。",
        "This concerns the whole sub-district: it is not open to those of one community.",
    ),
    "not_of_this_case": Sentence(
        403,
        "密封信息只对经办的人员开放：您不经办此案、此事项。确有需要的，请申请查阅（ask-unmasking），由另一人批准。",
        "What is sealed is for those who have to do with the case or the matter: you do not. If you need it, ask for"
        " an unmasking (ask-unmasking), which another person grants.",
    ),
    "unmasking_needed": Sentence(
        403, "须先申请查阅（ask-unmasking，注明案件和事由）并经另一人批准，在批准时限内以同一事由查阅。",
        "It takes an unmasking: ask for it with the case and the purpose (ask-unmasking); when another person has "
        "granted it, open it for that purpose while it holds.",
    ),
    "restricted": Sentence(
        409, "该信息已限制处理：仅可经批准后用于本人申请查阅或诉讼、仲裁、复议。",
        "Its use is restricted: it is opened for the person's own request or a legal claim only, once another person "
        "has granted that.",
    ),
    "no_such_field": Sentence(
        404, "没有这一项密封内容；现有：{fields}。", "There is no such sealed field; there are: {fields}."
    ),
    "too_many_requests": Sentence(
        429, "请求过于频繁，请在 {seconds} 秒后再试。", "Too many requests: try again in {seconds} seconds."
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
    "too_long_to_print": Sentence(
        422, "内容过多，不能印成 PDF：请缩小范围（如只选一个社区），或导出 XLSX 后打印。",
        "That is too long for a PDF: ask for less, such as one community's, or print it from the workbook.",
    ),
    "no_cjk_font": Sentence(
        503,
        "服务器上没有中文字体，不能出 PDF：请管理员安装（如 fonts-noto-cjk），或用 SANGUAN_PAPER_FONTS 指定字体目录。",
        "The server has no Chinese font to print with: the operator installs one, such as fonts-noto-cjk, or names a "
        "directory of fonts in SANGUAN_PAPER_FONTS.",
    ),
    "not_in_font": Sentence(
        503, "内容中有字体里没有的字（如生僻字），不能出 PDF：请管理员安装字数更多的字体。",
        "A character, perhaps a rare one, is in none of the server's fonts: the operator installs a larger font.",
    ),
    "busy": Sentence(503, "同时请求者太多，请稍后再试。", "Too many are asking for this at once: try again."),
    "ledger_behind": Sentence(
        503, "台账尚未追上记录，请稍后再试。", "The ledger has not caught up with the log yet: try again."
    ),
    "event_unreadable": Sentence(
        500, "位置 {position} 的事件无法读取：其字节被改动，或由更新的版本写入。请告知审计员，"
        "运行 sanguan audit verify 查明原因。",
        "The event at position {position} cannot be read: its bytes were altered, or a newer version wrote it. Tell "
        "the auditor; `sanguan audit verify` says why.",
    ),
    "internal": Sentence(500, "系统出错，已记录。", "Something went wrong here; it has been recorded."),
}  # fmt: skip


ACCESS_CODES: Final[Mapping[str, Sentence]] = {
    "sign_in_refused": Sentence(
        401, "账号、口令不对，或身份认证没有通过：请核对后重试。",
        "The name or the password is not right, or the provider did not confirm it: check, and try again.",
    ),
    "factor_refused": Sentence(
        401, "动态码不对或已用过：请等下一个动态码再试。", "The code is not right, or was used: wait for the next one."
    ),
    "too_many_attempts": Sentence(
        429, "尝试次数过多：请在 {seconds} 秒后再试。", "Too many attempts: try again in {seconds} seconds."
    ),
    "form_expired": Sentence(
        403, "页面已过期：请重新打开页面后再试。", "This page is out of date: open it again, then send it."
    ),
    "no_account": Sentence(
        403, "您的身份尚未关联本系统的账号：请联系管理员。",
        "No account here is linked to your identity: ask the administrator.",
    ),
    "no_membership": Sentence(
        403, "该账号还没有任何角色：请联系管理员。", "This account holds no role yet: ask the administrator."
    ),
    "factor_needed": Sentence(403, "此账号须有第二因素。", "This account needs a second factor."),
    "factor_there": Sentence(
        409, "第二因素已经设置：遗失的，请管理员重置。",
        "A second factor is set up already: where it was lost, the administrator resets it.",
    ),
    "no_provider": Sentence(404, "没有设置统一身份认证。", "No identity provider is set up here."),
    "provider_away": Sentence(
        503, "统一身份认证暂时不可用：请稍后再试。", "The identity provider does not answer as it should: try again."
    ),
    "not_synthetic": Sentence(
        409, "演示账号只用于示例数据：此处还有别的记录。",
        "Accounts of the sample are for sample data: there is another record here.",
    ),
    "unknown_session": Sentence(404, "没有这个会话。", "There is no such session."),
    "unknown_account": Sentence(404, "没有这个账号。", "There is no such account."),
    "account_exists": Sentence(
        409, "账号名或代号已有人用：请另选。", "The account's name or its actor's is taken: choose another."
    ),
    "account_closed": Sentence(409, "账号已注销。", "The account is closed."),
    "subject_linked": Sentence(
        409, "该身份已关联另一账号。", "That identity is linked to another account already."
    ),
    "bad_name": Sentence(
        422, "名称须为不超过64位的代码，不能是电话或身份证号码。",
        "A name is a code of at most 64 characters, and no telephone or ID number.",
    ),
    "bad_place": Sentence(
        422, "辖区应为区划代码：市4位，区县6位，街道9位，社区12位。",
        "A place is a division code: 4 digits for a city, 6 a district, 9 a sub-district, 12 a community.",
    ),
    "role_not_granted": Sentence(
        422, "这个角色不能授予账号。", "That role is not given to an account: its holders come in another way."
    ),
    "no_such_membership": Sentence(404, "没有这个任职。", "No such role is held at that place."),
    "password_too_short": Sentence(
        422, "口令至少 {least} 个字符。", "A password has at least {least} characters."
    ),
    "password_like_name": Sentence(
        422, "口令不能主要由账号名组成。", "A password has at least eight characters beside the account's name."
    ),
    "unknown_machine": Sentence(
        404, "没有这个有效的机器令牌。", "There is no token of that name that is still good."
    ),
    "machine_exists": Sentence(409, "这个名称已有令牌：请另选。", "There is a token of that name: choose another."),
    "bad_scope": Sentence(
        422, "权限范围应如 record 或 command:intake/commands/report-case。",
        "A scope is a kind, such as record, or one address of it: command:intake/commands/report-case.",
    ),
}  # fmt: skip
"""What sign-in, accounts and kept tokens refuse."""


class Unusable(Exception):
    """What a process or a command of `sanguan` was given cannot be used: a stable code, and what to do, in both
    languages. It ends that process; what a client sends is a `Refused` instead."""

    def __init__(self, code: str, detail_zh: str, detail_en: str) -> None:
        self.code, self.detail_zh, self.detail_en = code, detail_zh, detail_en
        super().__init__(f"{code}: {detail_en} / {detail_zh}")


class Sentences:
    """All codes of a running process: the mechanism's and its services'."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self.codes: dict[str, Sentence] = {**CODES, **ACCESS_CODES}
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
            "field": named(refused.field),
            "detail_zh": sentence.zh.format_map(_Known(refused, "zh")),
            "detail_en": sentence.en.format_map(_Known(refused, "en")),
        }
        if refused.allowed:
            body["allowed"] = list(refused.allowed)
        body.update({name: value for name, value in refused.known.items() if isinstance(value, str | int)})
        return body


_PART: Final = "(?:[A-Za-z_-]{1,40}|[0-9]{1,3})"
_OURS: Final = re.compile(f"{_PART}(?:[./]{_PART})*")
"""A field's path of names as ours are, which hold no digit, and of places in lists."""


def named(field: str | None) -> str | None:
    """The field, as far as it is named as ours are. A key or a parameter that a client made up may be somebody's name
    or number: it is not said again, and what stands before it remains."""
    if field is None or _OURS.fullmatch(str(field)):
        return field
    before = re.match(f"(?:{_PART}[./])+", field)
    return before[0][:-1] if before else None


class _Known(dict[str, Any]):
    """What a refusal quotes, in one language; what it does not quote stays visible as a gap rather than failing the
    answer."""

    def __init__(self, refused: Refused, language: Literal["zh", "en"]) -> None:
        field = named(refused.field) or {"zh": "（名称从略）", "en": "(its name is left out)"}[language]
        known = {"field": field, **refused.known}
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
