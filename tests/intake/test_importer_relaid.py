"""The sample's cases laid out as other offices lay them out: other headers, orders, groups, sheets and titles.

Whatever the layout, every row must be judged and read as in the sample.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from services.intake.importer import Reading, read_workbook
from tests.intake.workbooks import SAMPLE, TRUTH, fill, packed

Truth = dict[tuple[str, int], dict[str, Any]]
Group = tuple[str, Sequence[tuple[str | None, str] | tuple[str | None, str, str]] | str]

_ORDER = (
    "no date grid type a_name a_phone a_id b_name b_phone summary source unit handler due measure outcome resolved"
    " backlog follow remark"
)
COLUMNS = _ORDER.split(" ")

FLAT = {
    "编号 and 登记日期": (
        "编号 登记日期 网格编号 纠纷类别 申请人姓名 申请人联系电话 申请人身份证号码 被申请人 被申请人电话 纠纷简况 "
        "来源渠道 承办单位 承办人 办理期限 采取措施 调处结果 办结时间 积案 回访 备注"
    ),
    "当事人一 and 是否化解": (
        "序\u3000号 受理时间 网格 案件类型 当事人一 联系电话 身份证号 当事人二 联系电话 案情简介 "
        "受理方式 责任部门 调解员 时限 处理措施 是否化解 化解日期 交办件 回访结果 说明"
    ),
    "投诉人 and 发生时间": (
        "No. 发生时间 所属网格号 矛盾类型 投诉人名称 投诉人手机 投诉人证件号码 被投诉人名称 被投诉人手机号 "
        "主要内容 信息来源 调处单位 经办人 到期日 化解措施 处理结果 调结日期 是否交办积案 群众满意度 附注"
    ),
    "甲方（姓名） and 时间": (
        "序号 时间 所在网格 类别 甲方（姓名） 甲方（电话） 甲方（身份证） 乙方（姓名） 乙方（电话） "
        "矛盾纠纷基本情况 来源 包案单位 包案领导 应办结日期 调处措施 办理情况 结案日期 信访积案 回访情况 备注"
    ),
}
GROUPED: dict[str, list[Group]] = {
    "two rows": [
        ("序号", "no"),
        ("案由", "type"),
        (
            "申请人",
            [("a_name", "姓名或名称"), (None, "性别"), ("a_id", "身份证号码"), ("a_phone", "联系方式"), (None, "住址")],
        ),
        ("被申请人", [("b_name", "姓名或名称"), ("b_phone", "联系方式")]),
        ("受理情况", [("source", "来源"), ("date", "日期")]),
        ("纠纷事由", "summary"),
        ("网格", "grid"),
        (
            "调解情况",
            [("unit", "调解组织"), ("handler", "调解员"), ("due", "期限"), ("measure", "过程"), ("outcome", "结果")],
        ),
        ("办结", [("resolved", "日期"), ("backlog", "是否为交办积案")]),
        ("回访", [("follow", "情况")]),
        ("备注", "remark"),
    ],
    "three rows": [
        ("序号", "no"),
        ("登记信息", [("date", "时间"), ("source", "渠道"), ("grid", "网格"), ("type", "类别")]),
        (
            "当事人信息",
            [
                ("a_name", "甲方", "姓名"),
                ("a_phone", "", "电话"),
                ("a_id", "", "身份证号"),
                ("b_name", "乙方", "姓名"),
                ("b_phone", "", "电话"),
            ],
        ),
        ("主要诉求", "summary"),
        (
            "办理信息",
            [
                ("unit", "责任单位"),
                ("handler", "责任人"),
                ("due", "办结时限"),
                ("measure", "办理过程"),
                ("outcome", "办理结果"),
                ("resolved", "办结日期"),
            ],
        ),
        ("积案标识", "backlog"),
        ("满意度", "follow"),
        ("备注", "remark"),
    ],
}


@pytest.fixture(scope="module")
def truth() -> Truth:
    return {(row["sheet"], row["row"]): row for row in json.loads(TRUTH.read_text(encoding="utf-8"))["rows"]}


@pytest.fixture(scope="module")
def sample() -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """Sheet → (row, its cells by column name), totals and blank rows included."""
    book = openpyxl.load_workbook(SAMPLE)
    return {
        page.title: [
            (row[0].row or 0, dict(zip(COLUMNS, (cell.value for cell in row), strict=True)))
            for row in page.iter_rows(min_row=5, max_col=len(COLUMNS))
        ]
        for page in book.worksheets
        if page.title != "汇总"
    }


class Layout:
    """Writes the sample's rows into new sheets and remembers which truth each new row has."""

    def __init__(self, truth: Truth) -> None:
        self.book = Workbook()
        self.book.remove(self.book.worksheets[0])
        self.truth = truth
        self.moved: Truth = {}

    def rows(
        self,
        page: Worksheet,
        first: int,
        rows: list[tuple[int, dict[str, Any]]],
        sheet: str,
        order: Sequence[str | None],
    ) -> int:
        for offset, (row, cells) in enumerate(rows):
            case = self.truth.get((sheet, row))
            line = [cells.get(name) if name else None for name in order] if case else [cells["no"], cells["date"]]
            fill(
                page,
                [[sheet if name == "community" and case else value for name, value in zip(order, line, strict=False)]],
                first + offset,
            )
            if case:
                self.moved[page.title, first + offset] = case
        return first + len(rows)

    def judge(self, name: str = "台账.xlsx", **changed: Any) -> Reading:
        """Every moved row is judged as before, but for the fields that the layout leaves out (`changed`)."""
        reading = read_workbook(packed(self.book), name)
        rows = {(row.sheet, row.row): row for row in reading.rows}
        read = {(row["sheet"], row["row"]): row for row in reading.to_json()["read"]}
        assert set(rows) == set(self.moved)
        for place, case in self.moved.items():
            assert rows[place].rejected == case["reject"], place
            if case["reject"]:
                continue
            lost = changed.get("without_warnings", ())
            assert set(rows[place].warnings) == {code for code in case["warn"] if code not in lost}, place
            expected = {**case, **{key: value for key, value in changed.items() if key in case}}
            assert all(read[place][key] == expected[key] for key in read[place] if key not in ("sheet", "row")), place
        return reading


def flat(truth: Truth, sample: Mapping[str, Any], headers: str, lines: Sequence[str], order: Sequence[str]) -> Layout:
    """One header row, one sheet per community."""
    layout = Layout(truth)
    words = dict(zip(COLUMNS, headers.split(" "), strict=True))
    for sheet, rows in sample.items():
        page = layout.book.create_sheet(sheet)
        fill(page, [[line.format(community=sheet)] for line in lines])
        fill(page, [[words[name] for name in order]], len(lines) + 1)
        layout.rows(page, len(lines) + 2, rows, sheet, order)
    return layout


@pytest.mark.parametrize("headers", FLAT.values(), ids=FLAT)
@pytest.mark.parametrize("seed", [None, 4, 17])
def test_flat_headers_in_any_order(truth: Truth, sample: Mapping[str, Any], headers: str, seed: int | None) -> None:
    order = list(COLUMNS)
    # A bare 联系电话 belongs to whoever stands before it, so such a layout keeps each party's columns together.
    if seed is not None and "联系电话 身份证号 当事人二" not in headers:
        random.Random(seed).shuffle(order)
    elif seed is not None:
        blocks = [order[4:7], order[7:9], *([name] for name in order[:4] + order[9:])]
        random.Random(seed).shuffle(blocks)
        order = [name for block in blocks for name in block]
    flat(
        truth, sample, headers, ["测试街道台账（2015年6月）", "填报单位：{community}  填报时间：2015年6月30日"], order
    ).judge()


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "not merged"])
@pytest.mark.parametrize("groups", GROUPED.values(), ids=GROUPED)
def test_grouped_headers(truth: Truth, sample: Mapping[str, Any], groups: list[Group], merged: bool) -> None:
    layout = Layout(truth)
    depth = 3 if any(len(sub) == 3 for _, subs in groups for sub in subs if not isinstance(subs, str)) else 2
    for sheet, rows in sample.items():
        page = layout.book.create_sheet(sheet)
        fill(page, [["2015年6月份矛盾纠纷排查调处情况登记表"], [], [f"上报单位：{sheet}（盖章）"]])
        order = list(_write_groups(page, 4, depth, groups, merged))
        layout.rows(page, 4 + depth, rows, sheet, order)
    layout.judge()


def _write_groups(page: Worksheet, top: int, depth: int, groups: list[Group], merged: bool) -> Iterator[str | None]:
    column = 1
    for word, subs in groups:
        page.cell(top, column, word)
        if isinstance(subs, str):
            if merged:
                page.merge_cells(None, top, column, top + depth - 1, column)
            yield subs
            column += 1
            continue
        if merged and len(subs) > 1:
            page.merge_cells(None, top, column, top, column + len(subs) - 1)
        for sub in subs:
            for below, text in enumerate(sub[1:], start=1):
                if text:
                    page.cell(top + below, column, text)
            if merged and len(sub) == 2 and depth == 3:
                page.merge_cells(None, top + 1, column, top + 2, column)
            yield sub[0]
            column += 1


def test_one_sheet_with_a_column_of_communities(truth: Truth, sample: Mapping[str, Any]) -> None:
    layout = Layout(truth)
    page = layout.book.create_sheet("台账")
    words = dict(zip(COLUMNS, FLAT["编号 and 登记日期"].split(" "), strict=True)) | {"community": "所属社区"}
    order = ["community", *COLUMNS]
    fill(page, [["测试街道矛盾纠纷台账（2015年6月）"], [words[name] for name in order]])
    row = 3
    for sheet, rows in sample.items():
        row = layout.rows(page, row, rows, sheet, order)
    reading = layout.judge()
    assert {row.community for row in reading.rows} == set(sample)
    assert len({row.key for row in reading.rows}) == len(reading.rows)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["矛盾纠纷台账", "单位：{community}"], "2015年6月.xlsx"),
        (["矛盾纠纷台账", "{community}"], "台账201506.xlsx"),
        (["矛盾纠纷台账", "填报时间：2015年7月2日"], "台账.xlsx"),
        (["二〇一五年六月份矛盾纠纷排查调处登记表", "说明：本表按月填报，2014年起使用。"], "台账.xlsx"),
        (["矛盾纠纷台账（2015.06）"], "台账.xlsx"),
        (["2015年度矛盾纠纷台账", "6月份"], "台账.xlsx"),
        (["测试街道2015年6月1日至6月30日矛盾纠纷台账"], "台账.xlsx"),
    ],
)
def test_the_month_is_found_wherever_it_stands(
    truth: Truth, sample: Mapping[str, Any], lines: list[str], name: str
) -> None:
    reading = flat(truth, sample, FLAT["编号 and 登记日期"], lines, COLUMNS).judge(name)
    assert {row.month for row in reading.rows} == {"2015-06"}


@pytest.mark.parametrize(
    ("left_out", "changed"),
    [
        (["grid"], {"grid": None}),
        (["backlog"], {"backlog": False}),
        (["due"], {"due_on": None}),
        (["source"], {"source": None}),
        (["no"], {}),
        (["a_id", "a_phone", "b_phone"], {"without_warnings": ("id_check_digit", "phone")}),
        (["follow", "remark", "measure", "unit", "handler"], {}),
    ],
)
def test_columns_may_be_missing(
    truth: Truth, sample: Mapping[str, Any], left_out: list[str], changed: dict[str, Any]
) -> None:
    order = [name for name in COLUMNS if name not in left_out]
    flat(truth, sample, FLAT["编号 and 登记日期"], ["测试街道台账（2015年6月）"], order).judge(**changed)
