"""Reading single cells: text, days, grids, telephone and ID numbers, people, marks, as clerks write them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from stdnum.cn import ric, uscc

Scalar = str | int | float | bool | datetime | date | time | timedelta

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_PLAIN: Final = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F) if chr(full - 0xFEE0).isalnum()}


def text_of(value: Scalar | None) -> str:
    """A cell's content as text; whole numbers without a decimal point, days as 2015-06-18."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer():
            return str(int(float(f"{value:.15g}")) if abs(value) < 1e15 else f"{value:.15g}")
        case float():
            return f"{value:.15g}"
        case datetime() if (value.hour, value.minute, value.second) == (0, 0, 0):
            return value.date().isoformat()
        case str():
            return value
        case _:
            return str(value)


def folded(text: str) -> str:
    """For recognising: NFKC (full-width to plain), without invisible characters and outer space."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()


def squeezed(text: str) -> str:
    """For comparing: folded, without any white space, in lower case."""
    return re.sub(r"\s+", "", folded(text)).lower()


def prose(text: str) -> str:
    """For keeping: digits and letters made plain, Chinese punctuation left as it was written."""
    text = unicodedata.normalize("NFC", text.translate(_PLAIN)).replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", text).strip()


_REPEATS: Final = frozenset(
    (
        "同上",
        "同前",
        "同上行",
        "同上栏",
        "上同",
        "同",
        "ditto",
        "do.",
        "〃",
        "〞",
        '"',
        '""',
        "''",
        "′′",
        "“",
        "”",
        "“”",
        "``",
        "´´",
        "々",
        "↑",
        ",,",
        "\u2033",
    )
)


def repeats(text: str) -> bool:
    """Whether the cell repeats the one above: 同上, 〃 and their like."""
    return squeezed(text).strip("-—–_.。·()") in _REPEATS


_NOTHING: Final = frozenset(
    (
        "",
        "无",
        "暂无",
        "没有",
        "不详",
        "未知",
        "空",
        "缺",
        "未填",
        "未提供",
        "n/a",
        "na",
        "none",
        "null",
        "nil",
        "#n/a",
        "#ref!",
        "#value!",
        "#name?",
        "#null!",
        "#num!",
        "#div/0!",
    )
)


def says_nothing(text: str) -> bool:
    """Whether the cell holds only a sign for nothing: 无, /, —, an error value of the program."""
    return squeezed(text).strip("-—–_/\\.。·*()、,") in _NOTHING


def begins_like_formula(raw: str) -> bool:
    """Whether a spreadsheet program could take the text for a formula (= + - @, a leading tab or carriage return)."""
    if raw[:1] in ("\t", "\r"):
        return True
    return folded(raw)[:1] in ("=", "+", "-", "@") and not says_nothing(raw)


# ---- numerals -------------------------------------------------------------------------------------------------------

_DIGITS: Final = {
    "〇": 0,
    "○": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_NUMERAL = re.compile("[〇○零一二两三四五六七八九十廿卅百]+")


def _arabic(numeral: str) -> str:
    if not re.search("[十廿卅百]", numeral):
        return "".join(str(_DIGITS[digit]) for digit in numeral)
    total, digit = 0, None
    for sign in numeral.replace("廿", "二十").replace("卅", "三十"):
        match sign:
            case "百":
                total, digit = total + 100 * (1 if digit is None else digit), None
            case "十":
                total, digit = total + 10 * (digit or 1), None
            case _:
                digit = _DIGITS[sign]
    return str(total + (digit or 0))


def with_arabic(text: str) -> str:
    """Chinese numerals to Arabic ones: 二〇一五年六月十八日 → 2015年6月18日."""
    return _NUMERAL.sub(lambda numeral: _arabic(numeral[0]), text)


# ---- days -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """A day as written; year and month may have been left to the title."""

    year: int | None
    month: int | None
    day: int
    ambiguous: bool = False
    """Whether it was a decimal number such as 6.1, which a program also makes of 6.10."""


_SEP = r"\s*(?:[-./。、,·年月_—–]|\s)\s*"
_REST = r"(?:\s*[日号])?(?:\s*$|[\sT].*|[(~至到起止前许左上下凌早中晚星周,;、。.—–-].*|\d{1,2}[:时点].*)"
_FULL = re.compile(
    rf"['‘]?(?P<year>\d{{4}}|\d{{2}}){_SEP}(?P<month>\d{{1,2}}){_SEP}(?P<day>\d{{1,2}}){_REST}",
    re.ASCII | re.DOTALL,
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d\d|\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)", re.ASCII)
_AMERICAN = re.compile(r"(?P<first>\d{1,2})\s*[-/.]\s*(?P<second>\d{1,2})\s*[-/.]\s*(?P<year>\d{4})(?:\s.*)?", re.ASCII)
_MONTH_DAY = re.compile(rf"(?P<month>\d{{1,2}})\s*[月./·、\-]\s*(?P<day>\d{{1,2}}){_REST}", re.ASCII | re.DOTALL)
_SERIAL = re.compile(r"[3-7]\d{4}(?:\.\d+)?", re.ASCII)
_PADDED = re.compile(r"(?P<month>[01]\d)(?P<day>[0-3]\d)", re.ASCII)
_DAY = re.compile(r"(?:本月|当月)?(?P<day>\d{1,2})(?:[日号].{0,6})?", re.ASCII)


def written_day(value: Scalar, number_format: str = "General", epoch: date = date(1899, 12, 30)) -> WrittenDay | None:
    """The day that a cell names, or None where no day can be made out."""
    match value:
        case bool():
            return None
        case datetime() | date():
            return WrittenDay(value.year, value.month, value.day)
        case int() | float():
            return _numeric_day(value, number_format, epoch)
        case str():
            plain = folded(value)
            if _SERIAL.fullmatch(plain):  # a day number that was kept as text
                return _numeric_day(float(plain), number_format, epoch)
            return _day_in_text(with_arabic(plain.replace("元月", "1月")))
        case _:
            return None


def _numeric_day(value: float, number_format: str, epoch: date) -> WrittenDay | None:
    if 30_000 <= value < 80_000:  # a spreadsheet's day number: 1982 to 2119
        moment = epoch + timedelta(days=int(value))
        return WrittenDay(moment.year, moment.month, moment.day)
    if float(value).is_integer():
        return _day_in_text(str(int(value)))
    text = f"{value:.15g}"
    if len(text.partition(".")[2]) == 1:
        if number_format.startswith("0.00"):
            text += "0"
        elif text.endswith((".1", ".2", ".3")):
            day = _day_in_text(text)
            return day and WrittenDay(day.year, day.month, day.day, ambiguous=True)
    return _day_in_text(text)


def _day_in_text(text: str) -> WrittenDay | None:
    text = re.sub(r"\s*([年月日])\s*", r"\1", text)
    if found := (_FULL.fullmatch(text) or _COMPACT.fullmatch(text)):
        year = int(found["year"])
        return _sound(year + 2000 if year < 100 else year, int(found["month"]), int(found["day"]))
    if found := _AMERICAN.fullmatch(text):
        first, second = int(found["first"]), int(found["second"])
        return _sound(int(found["year"]), *((first, second) if first <= 12 else (second, first)))
    if found := (_MONTH_DAY.fullmatch(text) or _PADDED.fullmatch(text)):
        return _sound(None, int(found["month"]), int(found["day"]))
    if found := _DAY.fullmatch(text):
        return _sound(None, None, int(found["day"]))
    return None


def _sound(year: int | None, month: int | None, day: int) -> WrittenDay | None:
    try:
        date(
            2000 if year is None else year, 1 if month is None else month, day
        )  # 2000: a leap year, so that a bare 2月29日 stands until its year is known
    except ValueError:
        return None
    return WrittenDay(year, month, day)


_SPAN = re.compile(r"(?:限|自.{0,6}起)?(\d{1,3})(?:个)?(日|天|月|周)(?:以?之?内|办结|期限)?", re.ASCII)


def written_span(text: str) -> timedelta | int | None:
    """A time limit given as a length: 30日内 as days, 一个月 as a number of months; working days are not guessed."""
    found = _SPAN.fullmatch(squeezed(with_arabic(folded(text).replace("半个月", "15天"))))
    if found is None or (found[2] == "日" and "内" not in text and "限" not in text):
        return None
    count = int(found[1])
    return count if found[2] == "月" else timedelta(days=count * (7 if found[2] == "周" else 1))


# ---- places, numbers, marks -----------------------------------------------------------------------------------------

_BEFORE_GRID = re.compile(r"^.*(?:社区|街道|办事处|居委会|村委会|村)(?=.)")
_GRID = re.compile(r"第?(\d{1,3})号?(?:大|小|子|基础|综治)?(?:网格|格|网|片区)?(?:区|化)?(?:\(.*\))?", re.ASCII)
_GRID_AFTER = re.compile(r"(?:网格|片区)(?:编号|号)?[-_:]?第?(\d{1,3})号?(?:\(.*\))?", re.ASCII)


def grid_code(text: str, community: str | None = None) -> str | None:
    """The canonical grid 网格: 第一网格, 1号网格, 网格1 and 1.0 are all 1网格; an office's own code stays as it is."""
    if says_nothing(text):
        return None
    plain = squeezed(with_arabic(folded(text)))
    plain = _BEFORE_GRID.sub("", plain)
    if community and (stem := re.sub("(社区|村)$", "", community)):
        plain = plain.removeprefix(stem) or plain
    if found := (_GRID.fullmatch(plain) or _GRID_AFTER.fullmatch(plain)):
        return f"{int(found[1])}网格"
    own = re.sub(r"[^0-9A-Za-z\u3400-\u9fff._:-]+", "-", re.sub(r"\s+", "", folded(text))).strip("-")
    return own[:64] or None


_MOBILE = r"(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}"
_LANDLINE = r"(?:\(?0\d{2,3}\)?[- ]?)?[2-9]\d{2,3}[- ]?\d{4}(?:(?:-|转|x|ext\.?)\d{1,6})?"
_SERVICE = r"[48]00[- ]?\d{3}[- ]?\d{4}"
_PHONE = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_SERVICE}|{_LANDLINE})(?!\d)", re.ASCII | re.IGNORECASE)


def phone_numbers(text: str) -> tuple[tuple[str, ...], bool]:
    """The telephone numbers in a cell, and whether all that was written there is sound.

    A number that is not sound is kept where it at least looks like one.
    """
    if says_nothing(text):
        return (), True
    plain = folded(text)
    found = tuple(_plain_phone(match[0]) for match in _PHONE.finditer(plain))
    rest = _PHONE.sub(" ", plain)
    if found and not re.search(r"\d", rest):
        return found, True
    odd = tuple(part for part in re.split(r"[\s,;/、。]+", rest) if re.fullmatch(r"[0-9+()-]{3,40}", part))
    return found + odd, False


def _plain_phone(number: str) -> str:
    number = re.sub(r"转|x|ext\.?", "-", number, flags=re.IGNORECASE).replace(" ", "")
    if re.fullmatch(rf"{_MOBILE}", number, re.ASCII):
        return number.replace("-", "").removeprefix("+").removeprefix("86")
    return number


_ID_SEPARATOR = re.compile(r"[,;/、|]|(?<=[0-9Xx])\s+(?=\d{6})")


def id_numbers(raw: str, stored_as_number: bool = False) -> tuple[tuple[str, ...], bool]:
    """The ID numbers in a cell, and whether each is sound by its check digit; birthplaces are never looked up.

    A number of fifteen digits (the first generation) and a passport have no check digit and pass. A line break within
    the cell, or an 18-digit number that a program stored as a number and so rounded, does not.
    """
    if says_nothing(raw):
        return (), True
    spaced = re.fullmatch(r"\d{6}[\s-]\d{8}[\s-]\d{3}[0-9Xx]", folded(raw), re.ASCII)
    parts = [
        re.sub(r"^(身份证|证件)(号码?)?:?", "", squeezed(part)).strip("'`‘’").replace("-", "").upper()
        for part in ([raw] if spaced else _ID_SEPARATOR.split(folded(raw)))
    ]
    numbers = tuple(part for part in parts if part)
    sound = all(map(_sound_id, numbers)) and not (stored_as_number and raw.endswith("000"))
    return numbers, sound and not raw.rstrip(" \u3000").endswith(("\n", "\r", "\t"))


def _sound_id(number: str) -> bool:
    if re.fullmatch(r"\d{17}[0-9X]", number, re.ASCII):
        return ric.calc_check_digit(number) == number[-1]  # ric.validate would look up birthplaces
    if re.fullmatch(r"[0-9A-Z]{18}", number, re.ASCII):
        return uscc.is_valid(number)  # a firm's credit code 统一社会信用代码 in the ID column
    return re.fullmatch(r"\d{15}|[A-Z]{1,2}\d{7,9}", number, re.ASCII) is not None


_YES: Final = frozenset(
    (
        "是",
        "有",
        "对",
        "属",
        "属于",
        "√",
        "✓",
        "✔",
        "☑",
        "■",
        "●",
        "▲",
        "★",
        "*",
        "y",
        "yes",
        "true",
        "t",
        "1",
        "v",
        "已",
        "积案",
        "信访积案",
        "交办",
        "交办件",
        "交办积案",
        "是积案",
        "真",
    )
)
_NO: Final = frozenset(
    (
        "否",
        "不",
        "不是",
        "非",
        "无",
        "没有",
        "没",
        "未",
        "×",
        "✗",
        "✘",
        "☒",
        "□",
        "○",
        "x",
        "n",
        "no",
        "false",
        "f",
        "0",
        "非积案",
        "不属于",
        "普通",
        "一般",
        "假",
        "空",
    )
)


def marked(text: str) -> bool | None:
    """Whether a yes-or-no cell says yes; an empty one says no; None where it says neither."""
    plain = squeezed(text).strip("()。.、")
    if plain in _YES:
        return True
    if plain in _NO or says_nothing(text):
        return False
    return None


_TICKED = re.compile(r"[☑☒■√✓✔▣]\s*([^□☐☑☒■√✓✔▣○\s,;、]+)|([^□☐☑☒■√✓✔▣○\s,;、()]+)\s*\(?[√✓✔]")


def ticked(text: str) -> str:
    """Of a cell with boxes to tick (□婚姻 ☑邻里) the ticked choice; any other text as it is."""
    if not re.search("[□☐]", text) or not (found := _TICKED.search(text)):
        return text
    return found[1] or found[2]


# ---- people ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Someone named in a cell, with what else that cell told of them; `side` is 1 or 2 where it said whose."""

    name: str
    side: int | None = None
    phone: str | None = None
    id_number: str | None = None


_ID_IN_TEXT = re.compile(r"(?:身份证|证件)?(?:号码?)?:?\s*(?<!\d)(\d{17}[0-9Xx])(?!\d)", re.ASCII)
_MOBILE_IN_TEXT = re.compile(
    rf"(?:联系)?(?:电话|手机|方式|tel)?(?:号码?)?:?\s*(?<!\d)({_MOBILE})(?!\d)", re.ASCII | re.IGNORECASE
)
_SIDE_LABEL = re.compile(
    r"(?:(?P<second>乙方|被申请人|被申请方|被投诉人|被反映人|对方|另一方|当事人[二2乙b])"
    r"|(?P<first>甲方|申请人|申请方|投诉人|反映人|一方|当事人[一1甲a]))(?:当事人|姓名)?[:为]?",
    re.IGNORECASE,
)
_BETWEEN = ("诉", "vs.", "vs", "——", "—", "--", "与", "跟", "及", "和", "同", "-")
_LIST = re.compile(r"[、,;/|\n]+")


def people(text: str, both_sides: bool = False) -> tuple[Person, ...]:
    """Who is named in a cell. `both_sides`: the column holds all parties (甲与乙, 甲诉乙, 甲、乙)."""
    if says_nothing(text):
        return ()
    plain = prose(text).replace("，", ",").replace("；", ";").replace("／", "/").replace("：", ":")
    if not both_sides:
        return tuple(_person(part, None) for part in _split_names(_SIDE_LABEL.sub("", plain, count=1)))
    if len(labels := list(_SIDE_LABEL.finditer(plain))) > 1:
        bounds = [*(label.start() for label in labels), len(plain)]
        return tuple(
            _person(part, 2 if label["second"] else 1)
            for label, stop in zip(labels, bounds[1:], strict=True)
            for part in _split_names(plain[label.end() : stop])
        )
    for sign in _BETWEEN:
        left, found, right = plain.partition(sign)
        if found and len(squeezed(left)) > 1 and len(squeezed(right)) > 1 and not re.search(r"\d$", left):
            return tuple(_person(part, side) for side, half in ((1, left), (2, right)) for part in _split_names(half))
    parts = _split_names(plain, by_space=True)
    return tuple(_person(part, min(place, 3)) for place, part in enumerate(parts, start=1))


def _split_names(text: str, by_space: bool = False) -> list[str]:
    parts = _LIST.split(text)
    if by_space and len(parts) == 1 and all(len(word) > 1 for word in text.split()):
        parts = text.split()
    # A part without a letter (a phone after a comma) belongs to the person before it.
    joined: list[str] = []
    for part in parts:
        rest = _MOBILE_IN_TEXT.sub("", _ID_IN_TEXT.sub("", part))
        if joined and not re.search(r"[^\W\d_]", rest):
            joined[-1] += " " + part
        elif part.strip():
            joined.append(part)
    return joined


def _person(part: str, side: int | None) -> Person:
    number = _ID_IN_TEXT.search(part)
    part = _ID_IN_TEXT.sub(" ", part)
    phone = _MOBILE_IN_TEXT.search(part)
    name = re.sub(r"[(（]\s*[)）]", "", _MOBILE_IN_TEXT.sub(" ", part)).strip(" ,:;、。")
    if len(name) <= 5 and all(len(word) == 1 for word in name.split()):
        name = "".join(name.split())  # 张　三 is padded to the width of three characters
    return Person(re.sub(r"\s+", " ", name), side, phone and _plain_phone(phone[1]), number and number[1].upper())


def key_text(parts: Sequence[str]) -> str:
    """Texts as they are compared for repetition: squeezed, without punctuation."""
    return "|".join(re.sub(r"[^\w]+", "", squeezed(part)) for part in parts)
