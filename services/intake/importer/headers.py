"""Recognising the columns of a ledger by what their headers mean, wherever they stand and however they are grouped.

A header may span one to four rows (`甲方` over `姓名`, `电话`; `化解情况` over `结果`, `时间`) or be flat (`甲方姓名`).
Each column has a path of header texts from top to bottom. The lowest text decides; where it is general (时间, 结果),
the group above completes it (化解时间). Of several columns with one meaning the most exact is taken.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from itertools import pairwise
from typing import Final

from services.intake.importer import vocabulary
from services.intake.importer.values import (
    id_numbers,
    marked,
    phone_numbers,
    repeats,
    says_nothing,
    squeezed,
    text_of,
    written_day,
)
from services.intake.importer.workbook import Cell, Sheet


class Field(Enum):
    """What a column of a ledger tells."""

    NUMBER = auto()  # 序号
    COMMUNITY = auto()  # 社区
    GRID = auto()  # 网格
    OCCURRED = auto()  # 排查、登记、受理时间
    TYPE = auto()  # 纠纷类型
    SOURCE = auto()  # 来源
    BACKLOG = auto()  # 是否信访积案
    DUE = auto()  # 化解时限
    RESOLVED = auto()  # 化解时间
    OUTCOME = auto()  # 结果
    MEASURE = auto()  # 措施
    SUMMARY = auto()  # 基本情况
    UNIT = auto()  # 责任单位
    HANDLER = auto()  # 责任人
    FOLLOW_UP = auto()  # 回访情况
    REMARK = auto()  # 备注
    NAME = auto()  # 当事人姓名
    PHONE = auto()  # 当事人电话
    ID = auto()  # 当事人身份证号


PARTY: Final = frozenset((Field.NAME, Field.PHONE, Field.ID))
BOTH: Final = 0
"""The side of a column that holds all parties 双方当事人."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header says a column holds."""

    field: Field
    rank: int = 0
    """How exact the wording is; 0 is the most exact."""
    side: int | None = None
    """Of party columns: 1, 2, 3, `BOTH`, or None where the header does not say whose."""
    choice: object = None
    """Of a column to be ticked: the value that a tick stands for."""
    part: str | None = None
    """Of a date spread over columns: 年, 月 or 日."""


@dataclass(frozen=True, slots=True)
class Column:
    """A recognised column."""

    index: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Header:
    """A recognised header: its rows, and its columns by meaning."""

    top: int
    bottom: int
    columns: tuple[Column, ...]

    def of(self, field: Field) -> tuple[Column, ...]:
        """The columns of one meaning, from left to right."""
        return tuple(column for column in self.columns if column.meaning.field is field)


# ---- one header text ------------------------------------------------------------------------------------------------

_FIRST = (
    "甲方当事人|(?:当事人|纠纷)?甲方|甲|申请当事人|申请人|申请方|申诉人|投诉人|投诉方|反映人|反映方|信访人|上访人|来访人|来访者|报告人|诉求人|诉求方"
    "|求助人|举报人|报案人|权利人|受害人|受害方|原告|第一当事人|第一方|一方当事人|一方|当事[人方][一1甲a]"
)
_SECOND = (
    "乙方当事人|(?:当事人|纠纷)?乙方|乙|被申请人|被申请方|被申诉人|被投诉人|被投诉方|被投诉单位|被反映人|被反映方|被反映单位|被诉求人|被诉求方|被求助人"
    "|被举报人|义务人|责任方|侵权人|侵权方|被告|第二当事人|第二方|对方当事人|对方|另一方当事人|另一方|他方|相对人|相对方|当事[人方][二2乙b]"
)
_THIRD = "丙方当事人|(?:当事人)?丙方|丙|第三当事人|第三人|第三方|当事[人方][三3丙c]|其他当事人|其他方"
_BOTH = (
    "甲乙双方|双方当事人|当事人双方|当事双方|纠纷双方|纠纷当事人|涉事双方|涉事人员?|涉及当事人|涉及人员|主要当事人|当事人员"
    "|当事[人方]|双方"
)
_SIDES = f"(?P<both>(?:{_BOTH})+)|(?P<second>(?:{_SECOND})+)|(?P<third>{_THIRD})|(?P<first>(?:{_FIRST})+)"
_NAME = "姓名或?(?:单位)?名称|姓名或单位|姓名单位|人员姓名|单位或?姓名|姓名|名称|名字|全称|name"
_PHONE = "(?:联系|移动|固定)?(?:电话|手机|座机)(?:号码?|手机|电话)*|联系(?:方式|号码)|tel|phone|mobile"
_ID = "(?:公民|居民|有效)?身份证?件?(?:证件)?(?:号码?|编号|证|信息)*|(?:有效)?证件(?:号码?|编号)|身份号码|idno|idnumber"
_IGNORED = (
    "性别|年龄|出生(?:年月|日期|年月日)|(?:家庭|现|居|详细|联系)*住?(?:地址|址|所|处)|民族|职业|文化程度|工作单位|人数"
    "|户籍.*|政治面貌|与.*关系"
)
_ATTRIBUTE = f"(?P<name>{_NAME})|(?P<phone>{_PHONE})|(?P<id>{_ID})|(?P<ignored>{_IGNORED})"
_MIXED = f"(?:{_NAME})?(?:及|和|与)?其?(?:{_PHONE})(?:及|和|与)?(?:{_ID})?|(?:{_NAME})(?:及|和|与)?(?:{_ID})"
_OF_SIDE = re.compile(f"(?:{_SIDES})(?:基本)?(?:信息|情况|资料|概况)?的?(?:{_ATTRIBUTE}|(?P<mixed>{_MIXED}))?")
_SIDE_AFTER = re.compile(f"(?:{_ATTRIBUTE})(?:{_SIDES})")
_ALONE = re.compile(f"(?:{_ATTRIBUTE})")

_THING = "(?:矛盾|纠纷|案件|信访|事件|事项|问题|隐患|诉求|不稳定因素|案)*"
_START = (
    "(?:排查|登记|受理|上报|报告|报送|来访|接访|走访|申请|收案|收件|接件|接报|接待|受案|立案|建档|建账|录入|发现|收到|反映"
    "|投诉|提出|摸排|及|和)+"
)
_ENDED = "(?:化解|办结|调结|结案|解决|了结|办毕|处结|销案|终结|调解成功|调处成功|达成协议|履行)"
_DONE = "(?:化解|调处|调解|处理|办理|处置|解决|办结|结案|最终|工作|稳控|调结)+"
_SETTLED = "(?:化解|调处|调解|处理|办理|解决|办结|结案|调结|处置|销案|销号|完成)+"
_DAY = "(?:时间|日期|年月日|时点|日)"
_WHO = (
    "责任人|承办人|经办人|调解员|调解人|调处人|办理人|包案人|包案领导|包保人|包保领导|责任领导|责任民警|责任干警|主办人"
    "|主持人|网格员|网格长|化解人|处理人|办案人|负责人"
)

_RULES: Final = tuple(
    (field, rank, re.compile(words))
    for field, rank, words in (
        (Field.HANDLER, 0, f"{_THING}(?:具体|直接|主要|第一|首席|社区|驻区|{_DONE})*(?:{_WHO})(?:姓名)?"),
        (
            Field.HANDLER,
            1,
            f"(?:责任|{_DONE}|承办|经办)人员|(?:{_WHO})(?:姓名)?(?:及|和)(?:{_PHONE})|三官一师(?:人员|姓名)?|法官检察官警官律师",
        ),
        (
            Field.GRID,
            0,
            f"{_THING}(?:所属|所在|发生|归属|责任|辖区)*网格(?:化)?(?:编?号|名称|编码|代码|片区|区域|单元)?",
        ),
        (Field.GRID, 1, "(?:所属|所在)?(?:片区|社区网格)"),
        (
            Field.BACKLOG,
            0,
            "(?:是否|是不是|属于|为|属|系)*(?:上级|市级|区级|集中|重点)*(?:信访|交办|历史|疑难)*(?:积案|交办件|交办案件|交办)(?:件|标识|标记|标志|与否|情况|是否)?",
        ),
        (Field.BACKLOG, 1, "是否.{0,4}(?:积案|交办).{0,3}"),
        (
            Field.DUE,
            0,
            f"(?!是否|有无|超).{{0,6}}(?:时限|期限|到期{_DAY}?|截止{_DAY}?|限期|限时|限办{_DAY}?)(?:要求|{_DAY}|至)?",
        ),
        (
            Field.DUE,
            0,
            f"{_THING}(?:应当?|计划|拟|拟定|预计|要求|规定|预期|目标|限定)(?:化解|办结|办|结|完成|解决|调处|结案|处理)*{_DAY}",
        ),
        (Field.RESOLVED, 0, f"{_THING}(?:实际|最终)?{_ENDED}(?:完成|完毕|到位)?的?{_DAY}"),
        (Field.RESOLVED, 1, f"(?:实际|最终)?(?:调处|完成|结束|终止|签订协议|协议)(?:完成|结束|完毕)?{_DAY}"),
        (Field.RESOLVED, 2, f"{_THING}(?:实际|最终)?(?:调解|处理|办理|处置)(?:完成|结束|完毕)?{_DAY}"),
        (Field.OCCURRED, 0, f"{_THING}(?:排查|登记|受理){_DAY}"),
        (Field.OCCURRED, 1, f"{_THING}{_START}的?{_DAY}"),
        (Field.OCCURRED, 2, f"{_THING}发生的?{_DAY}"),
        (Field.OCCURRED, 3, f"{_DAY}|月日|{_THING}(?:交办|填报|接警|来电){_DAY}"),
        (
            Field.FOLLOW_UP,
            0,
            "(?!已|.*(?:人|员|电话|单位)$).{0,4}回访.{0,6}|.{0,4}满意(?:度|情况|程度)?(?:评价)?|是否满意|群众(?:反馈|评价)|反馈情况",
        ),
        (Field.TYPE, 0, f"(?:所属|主要|具体)?{_THING}(?:调解)?的?(?:大类|类型|类别)"),
        (Field.TYPE, 1, f"{_THING}(?:种类|分类)|案由|纠纷类"),
        (Field.TYPE, 2, f"{_THING}(?:性质|属性)"),
        (
            Field.SOURCE,
            0,
            f"{_THING}(?:信息|线索|{_START})*(?:来源|渠道|途径|来源渠道|案源)(?:及?渠道|及?方式|类型|类别|途径)?|案源",
        ),
        (Field.SOURCE, 1, f"{_THING}(?:{_START}|启动|发起|获取|收集)(?:方式|类型|形式)"),
        (
            Field.OUTCOME,
            0,
            f"{_THING}是否(?:已经?|成功)?{_SETTLED}(?:成功|完毕|到位)?|{_THING}(?:{_DONE}|办结)?的?(?:结果|结论|与否|状态)|{_DONE}是否成功|(?:当前|目前|案件)状态|是否成功",
        ),
        (
            Field.OUTCOME,
            1,
            f"(?:结案|办结)(?:方式|情况)|{_THING}{_DONE}(?:结果)?(?:情况|进展|进度|程度|效果|成效)(?:及结果)?|(?:目前|当前)?进展(?:情况)?|{_DONE}(?:情况|意见)?及?结果",
        ),
        (Field.MEASURE, 0, f"(?:采取的?|{_DONE}|{_THING})*(?:措施|办法|举措)"),
        (Field.MEASURE, 1, f"{_THING}{_DONE}(?:过程|经过|方式|方法|途径|记录|方案|意见)|工作情况|采取措施及.*"),
        (Field.UNIT, 0, f"{_THING}(?:主要|第一|{_DONE})*(?:责任|承办|主办|包案|牵头)(?:单位|部门|主体|科室)(?:名称)?"),
        (
            Field.UNIT,
            1,
            f"(?:{_DONE}|受理|经办|承接|包保|主管)(?:单位|部门|组织|主体|机构|科室)(?:名称)?|(?:人民)?(?:调委会|调解委员会)(?:名称)?",
        ),
        (Field.UNIT, 2, f"(?:责任|承办|主办)单位(?:及|和|与)?(?:{_WHO})(?:及?(?:{_PHONE}))?"),
        (
            Field.COMMUNITY,
            0,
            "(?:所属|所在|发生|涉及|归属|排查|辖区)*(?:社区村居?|村居?社区|村居|社区|居委会|村委会)(?:名称|居委会)?",
        ),
        (Field.COMMUNITY, 1, "(?:填报|上报|报送|排查|登记)(?:单位|社区)|单位名称"),
        (
            Field.SUMMARY,
            0,
            f"{_THING}(?:基本|简要|主要|大致|具体)*(?:案情|情况|内容|事实|概况|简况|简介|摘要|事由|问题|诉求|经过|描述|概述|情节)+(?:简介|简述|概述|摘要|描述|说明)?(?:及(?:主要)?诉求)?",
        ),
        (
            Field.SUMMARY,
            1,
            f"{_START}(?:的?(?:主要|具体))?(?:事项|内容|问题|情况)|(?:具体|主要)事项|信访事项|案情.{{0,4}}",
        ),
        (
            Field.SUMMARY,
            2,
            f"(?:{_START}的?)?矛盾纠纷(?:名称|标题|原因)?|纠纷(?:名称|标题|原因|起因)?|案件名称|事项(?:名称)?|标题|主题|{_THING}(?:起因|原因|缘由)",
        ),
        (Field.REMARK, 0, "备注.{0,4}|附注|备考|(?:其他|补充)?说明"),
        (Field.NUMBER, 0, "序号?|顺序号|顺号|项次|no|nr"),
        (Field.NUMBER, 1, f"{_THING}(?:登记|受理|台账|卷宗|档案|流水|收案|立案)?(?:编号|号|序号|编码)|id"),
    )
)
_DATES: Final = frozenset((Field.OCCURRED, Field.DUE, Field.RESOLVED))
_GENERAL: Final = re.compile(
    f"{_DAY}|结果|情况|方式|单位|部门|人员|人|姓名|措施|内容|类型|类别|来源|渠道|状态|责任人|负责人"
    f"|时限|期限|意见|编号|满意度|进展|经过|过程|是否成功|(?:{_PHONE})"
)
_GROUP_TAIL = re.compile("(?:基本)?(?:情况|信息|工作|内容|部分|栏)$")
_NO_MATTER: Final = re.compile(
    "填报人|填表人|登记人|录入人|审核人|报告人签字|签字|签名|盖章|是否.*|有无.*|.*人数|.*金额|.*编码"
)


def normal(text: str) -> str:
    """A header text without white space and punctuation: `纠 纷\\n类型*` → 纠纷类型, `姓名（甲方）` → 姓名甲方."""
    return re.sub(r"[\W_]+", "", squeezed(text))


def _without_brackets(text: str) -> str:
    return normal(re.sub(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】", "", squeezed(text)))


@lru_cache(maxsize=4096)
def meaning(path: tuple[str, ...]) -> Meaning | None:
    """What a column holds whose header reads, from top to bottom, `path`; None where it is none of ours."""
    if not path:
        return None
    *groups, leaf = path
    for form in dict.fromkeys((normal(leaf), _without_brackets(leaf))):
        if form and (found := _of_leaf(form, [normal(group) for group in groups])):
            return found
    return _of_choice(groups, leaf)


def _of_leaf(leaf: str, groups: Sequence[str]) -> Meaning | None:
    if own := (_OF_SIDE.fullmatch(leaf) or _SIDE_AFTER.fullmatch(leaf)):
        return _party(own, _side_of(own))
    side = next((_side_of(found) for group in reversed(groups) if (found := _OF_SIDE.fullmatch(group))), None)
    attribute = _ALONE.fullmatch(leaf)
    if side is not None and attribute:
        return _party(attribute, side)
    if leaf in ("年", "月", "日", "年份", "月份"):
        day = next((held for group in reversed(groups) if (held := _by_rules(group)) and held.field in _DATES), None)
        return replace(day or Meaning(Field.OCCURRED, 5), part=leaf[0])
    within = next((held for group in reversed(groups) if (held := _by_rules(_GROUP_TAIL.sub("", group) + leaf))), None)
    if within and (attribute or _GENERAL.fullmatch(leaf)):
        return within
    if attribute:
        others = any(_by_rules(group) or _NO_MATTER.fullmatch(group) for group in groups)
        return None if others else _party(attribute, None)
    return _by_rules(leaf) or (within and replace(within, rank=within.rank + 1))


def _side_of(found: re.Match[str]) -> int:
    return next(side for name, side in (("both", BOTH), ("first", 1), ("second", 2), ("third", 3)) if found[name])


def _party(found: re.Match[str], side: int | None) -> Meaning | None:
    groups = found.groupdict()
    if groups.get("ignored"):
        return None
    field = Field.PHONE if groups.get("phone") else Field.ID if groups.get("id") else Field.NAME
    return Meaning(field, side=side)


def _by_rules(text: str) -> Meaning | None:
    return next((Meaning(field, rank) for field, rank, words in _RULES if words.fullmatch(text)), None)


def _of_choice(groups: Sequence[str], leaf: str) -> Meaning | None:
    """A column to be ticked: 是 and 否 under 是否化解, 邻里 and 物业 under 纠纷类型."""
    for group in reversed(groups):
        if (over := _by_rules(normal(group))) is None:
            continue
        choice: object = None
        match over.field:
            case Field.TYPE:
                choice = vocabulary.dispute_type(leaf)
            case Field.SOURCE:
                choice = vocabulary.source(leaf)
            case Field.OUTCOME:
                choice = vocabulary.outcome(leaf)
            case Field.BACKLOG:
                choice = marked(leaf)
            case _:
                continue
        if choice is not None:
            return Meaning(over.field, over.rank, choice=choice)
    return None


def _is_term(text: str) -> bool:
    """Whether a text could stand in a header at all."""
    plain = normal(text)
    return bool(
        plain
        and (
            meaning((text,))
            or _GENERAL.fullmatch(plain)
            or _ALONE.fullmatch(plain)
            or _NO_MATTER.fullmatch(plain)
            or plain in ("年", "月", "日")
        )
    )


# ---- a header in a sheet --------------------------------------------------------------------------------------------

_DEEPEST: Final = 4
_SAMPLE_ROWS: Final = 60


def find_header(sheet: Sheet, row: int) -> Header | None:
    """The header that begins at this row, or None."""
    texts = {column: text for column in sheet.columns if (text := _header_text(sheet, row, column))}
    if len(texts) < sum((row, column) in sheet.cells for column in sheet.columns):
        return None
    if len({text for text in texts.values() if _is_term(text)}) < 3:
        return None
    bottom = _bottom(sheet, row, texts)
    top = _with_groups_above(sheet, row)
    paths = _paths(sheet, top, bottom)
    found = {column: held for column, path in paths.items() if (held := meaning(path))}
    # A row of data may hold words that occur in headers (调解员, 交办), but never mostly.
    if len({held.field for held in found.values()}) < 4 or len(found) * 2 < sum(map(bool, paths.values())):
        return None
    samples = _Samples(sheet, bottom)
    strangers = {column for column, path in paths.items() if path and column not in found and not _is_term(path[-1])}
    columns = _guessed(_sided(_chosen(found, samples), strangers), paths, samples)
    fields = {column.meaning.field for column in columns}
    if len(fields) < 4 or not fields & {Field.SUMMARY, Field.NAME}:
        return None
    if not fields & {Field.OCCURRED, Field.TYPE, Field.OUTCOME}:
        return None
    return Header(top, bottom, tuple(sorted(columns, key=lambda column: column.index)))


def _header_text(sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.at(row, column)
    if cell is None or type(cell.value) not in (str, int):  # 12345 may be a header, a day never is
        return ""
    text = text_of(cell.value)
    return text if len(text) <= 60 else ""


def _bottom(sheet: Sheet, row: int, texts: Mapping[int, str]) -> int:
    """The header's last row: as deep as its merged cells reach, and on while rows hold nothing but header terms."""
    bottom = max((sheet.box_bottom(row, column) for column in texts), default=row)
    bottom = min(bottom, row + _DEEPEST - 1)
    while bottom < row + _DEEPEST - 1:
        below = bottom + 1
        own = [column for column in sheet.columns if (below, column) in sheet.cells]
        paths = _paths(sheet, row, below)
        terms = [column for column in own if _is_header_below(column, paths)]
        if not terms or len(terms) * 5 < len(own) * 3 or not all(_header_text(sheet, below, column) for column in own):
            break
        bottom = below
    return bottom


def _is_header_below(column: int, paths: Mapping[int, tuple[str, ...]]) -> bool:
    """Whether the lowest text of a column's path goes on with the header: a term, or a choice beside other choices."""
    if not paths[column]:
        return False
    *groups, leaf = paths[column]
    if _is_term(leaf):
        return True
    held = meaning(paths[column]) if groups else None
    beside = sum(path[:-1] == tuple(groups) for path in paths.values())
    return held is not None and (held.choice is None or beside > 1)


def _with_groups_above(sheet: Sheet, row: int) -> int:
    """The row above belongs to the header if it holds short merged group names, and is no title or note."""
    above = row - 1
    own = [(column, sheet.cells[above, column].value) for column in sheet.columns if (above, column) in sheet.cells]
    short = [
        value
        for _, value in own
        if isinstance(value, str) and len(squeezed(value)) <= 12 and ":" not in squeezed(value)
    ]
    spanning = any(sheet.box_right(above, column) > column for column, _ in own)
    return above if len(own) >= 2 and len(short) == len(own) and spanning else row


def _paths(sheet: Sheet, top: int, bottom: int) -> dict[int, tuple[str, ...]]:
    """Each column's header texts from top to bottom. An empty cell beside a group name, with a header text below it,
    belongs to that group even where the cells were not merged."""
    rows = [{column: _header_text(sheet, row, column) for column in sheet.columns} for row in range(top, bottom + 1)]
    for upper, lower in pairwise(rows):
        group = ""
        for column in sheet.columns:
            if upper[column]:
                # A header that stands over nothing, or reaches down itself, is no group.
                own_below = lower[column] if lower[column] != upper[column] else ""
                group = upper[column] if own_below else ""
            elif lower[column] and group:
                upper[column] = group
            else:
                group = ""
    return {column: tuple(dict.fromkeys(text for texts in rows if (text := texts[column]))) for column in sheet.columns}


class _Samples:
    """The first values below a header, by column, for telling apart headers of one wording."""

    def __init__(self, sheet: Sheet, bottom: int) -> None:
        rows = [row for row in sheet.rows if row > bottom][:_SAMPLE_ROWS]
        self._cells = {
            column: [
                cell
                for row in rows
                if (cell := sheet.cells.get((row, column)))
                and not repeats(text_of(cell.value))
                and not says_nothing(text_of(cell.value))
            ]
            for column in sheet.columns
        }

    def count(self, column: int) -> int:
        """How many values the column has."""
        return len(self._cells[column])

    def share(self, column: int, field: Field) -> float:
        """The share of a column's values that can be read as the field; 1 where there is nothing to judge by."""
        cells = self._cells[column]
        return sum(_readable(cell, field) for cell in cells) / len(cells) if cells else 1.0


def _readable(cell: Cell, field: Field) -> bool:
    text = text_of(cell.value)
    match field:
        case Field.TYPE:
            return vocabulary.dispute_type(text) is not None
        case Field.SOURCE:
            return vocabulary.source(text) is not None
        case Field.OUTCOME:
            return vocabulary.outcome(text) is not None
        case Field.OCCURRED | Field.DUE | Field.RESOLVED:
            return written_day(cell.value, cell.number_format) is not None
        case Field.GRID:
            return "网格" in text
        case Field.SUMMARY:
            return len(text) >= 10
        case Field.PHONE:
            return phone_numbers(text) != ((), True) and phone_numbers(text)[1]
        case Field.ID:
            return id_numbers(text) != ((), True) and id_numbers(text)[1]
        case _:
            return True


_SEVERAL: Final = frozenset((Field.FOLLOW_UP, Field.MEASURE, Field.REMARK))
"""Fields whose columns are read together."""


def _chosen(found: Mapping[int, Meaning], samples: _Samples) -> list[Column]:
    """Of several columns with one meaning: the one whose values fit and whose wording is the most exact."""
    chosen: list[Column] = []
    for field in Field:
        columns = [Column(index, held) for index, held in sorted(found.items()) if held.field is field]
        if field in PARTY or not columns:
            chosen += columns
            continue
        best = min(
            (column for column in columns),
            key=lambda column, field=field: (  # type: ignore[misc]  # mypy cannot type a lambda's default
                column.meaning.choice is None and samples.share(column.index, field) < 0.5,
                column.meaning.rank,
                column.index,
            ),
        )
        if best.meaning.choice is not None:
            chosen += [column for column in columns if column.meaning.choice is not None]
        elif best.meaning.part is not None:
            chosen += [column for column in columns if column.meaning.part and column.meaning.rank == best.meaning.rank]
        elif field in _SEVERAL:
            chosen += [column for column in columns if column.meaning.choice is None]
        else:
            chosen.append(best)
    return chosen


def _sided(columns: Iterable[Column], strangers: Set[int]) -> list[Column]:
    """Tells whose a telephone or ID column is that does not say so: the nearest party's to its left, if no other
    column (`strangers`: 联系人) stands between."""
    columns = sorted(columns, key=lambda column: column.index)
    names = [column for column in columns if column.meaning.field is Field.NAME]
    if len(names) > 1:  # two columns 当事人, or 姓名 twice: one for each side
        free = iter(side for side in (1, 2, 3, 3, 3, 3) if side not in {column.meaning.side for column in names})
        named = {column.index: column.meaning.side or next(free) for column in names}
    else:
        named = {column.index: column.meaning.side or BOTH for column in names}
    sided: list[Column] = []
    waiting: list[int] = []
    """Sides whose names stand before, since the last telephone or ID column."""
    given: set[tuple[Field, int]] = set()
    before: Column | None = None
    for column in columns:
        held = column.meaning
        if held.field is Field.NAME:
            if before is not None and before.meaning.field is not Field.NAME:
                waiting = []
            held = replace(held, side=named[column.index])
            waiting.append(named[column.index])
        elif held.field in PARTY and (held.side is None or (held.side == BOTH and len(names) > 1)):
            beside_party = (
                before is not None
                and before.meaning.field in PARTY
                and not strangers & set(range(before.index + 1, column.index))
            )
            side = next((side for side in waiting if (held.field, side) not in given), None)
            if not beside_party or side is None:
                continue  # another's telephone: the handler's, the clerk's
            held = replace(held, side=side)
        if held.field in PARTY and held.side is not None:
            given.add((held.field, held.side))
        before = replace(column, meaning=held)
        sided.append(before)
    return sided


def _guessed(columns: list[Column], paths: Mapping[int, tuple[str, ...]], samples: _Samples) -> list[Column]:
    """Fills what no header named from columns whose values leave no doubt, e.g. dates under 台账日."""
    known = {column.meaning.field for column in columns}
    taken = {column.index for column in columns}
    for field, least in (
        (Field.OCCURRED, 0.7),
        (Field.TYPE, 0.8),
        (Field.OUTCOME, 0.8),
        (Field.SOURCE, 0.8),
        (Field.GRID, 0.5),
        (Field.SUMMARY, 0.7),
    ):
        if field in known:
            continue
        fitting = [
            column
            for column, path in paths.items()
            if column not in taken
            and path
            and not _NO_MATTER.fullmatch(normal(path[-1]))
            and not _ALONE.fullmatch(normal(path[-1]))
            and meaning(path) is None
            and samples.count(column) >= 3
            and samples.share(column, field) >= least
        ]
        if fitting:
            columns = [*columns, Column(fitting[0], Meaning(field, 9))]
            taken.add(fitting[0])
    return columns
