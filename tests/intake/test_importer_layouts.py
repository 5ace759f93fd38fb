"""Small ledgers of other offices, each with one thing that is different there."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from services.intake.importer import WorkbookRefused, read_workbook
from tests.intake.workbooks import CASE, HEADER, TITLE, ledger, only, packed, read_lines, workbook


def test_a_plain_ledger() -> None:
    row = only(read_lines(ledger({})))
    assert row.findings == ()
    assert (row.key, row.grid, row.dispute_type, row.source, row.outcome) == (
        "测试社区/2015-06/1",
        "1网格",
        "neighbours",
        "sweep",
        "resolved",
    )
    assert (row.occurred_on, row.due_on, row.resolved_on) == (date(2015, 6, 3), date(2015, 7, 3), date(2015, 6, 9))
    assert [(party.role, party.name, party.phone) for party in row.parties] == [
        ("applicant", "测试甲", "19900000001"),
        ("respondent", "测试乙", None),
    ]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"登记日期": None}, "date"),
        ({"登记日期": "待定"}, "date"),
        ({"登记日期": "2015.6.31"}, "date"),
        ({"登记日期": "5月31日"}, "date"),
        ({"登记日期": datetime(2024, 6, 3)}, "date"),
        ({"纠纷类型": None}, "type"),
        ({"纠纷类型": "???"}, "type"),
        ({"基本情况": None}, "summary_missing"),
        ({"基本情况": " / "}, "summary_missing"),
        ({"办结时间": "5月31日"}, "resolved_before_reported"),
        ({"基本情况": "测" * 4001}, "text_too_long"),
        ({"甲方姓名": "测" * 101}, "text_too_long"),
    ],
)
def test_rejections(case: dict[str, Any], code: str) -> None:
    assert only(read_lines(ledger(case))).rejected == code


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ({"甲方电话": "199000006"}, {"phone"}),
        ({"甲方身份证号": "410105196312070001"}, {"id_check_digit"}),
        ({"甲方身份证号": "41010519631207000X\n"}, {"id_check_digit"}),
        ({"甲方身份证号": 410105196312070000}, {"id_check_digit"}),
        ({"甲方身份证号": 4.1010519631207e17}, {"id_check_digit"}),
        ({"基本情况": "=HYPERLINK(\"http://example.invalid\")测试纠纷"}, {"formula_text"}),
        ({"备注": "＝1+1"}, {"formula_text"}),
        ({"备注": "+多次上门"}, {"formula_text"}),
        ({"备注": "-多次上门"}, {"formula_text"}),
        ({"备注": "@测试"}, {"formula_text"}),
        ({"乙方姓名": "\t测试乙"}, {"formula_text"}),
        ({"备注": "-"}, set()),
        ({"甲方电话": "+86 19900000001"}, set()),
        ({"来源": "不清楚"}, {"source"}),
        ({"处理结果": "见附件", "办结时间": None}, {"outcome"}),
        ({"是否积案": "再看"}, {"backlog"}),
        ({"办理期限": "尽快"}, {"due_date"}),
        ({"办结时间": "月底"}, {"resolved_date"}),
        ({"处理结果": "未化解"}, {"resolved_but_open"}),
        ({"办结时间": None}, set()),
        ({"来源": None}, set()),
        ({"甲方姓名": None, "甲方电话": None, "乙方姓名": None}, set()),
    ],
)  # fmt: skip
def test_warnings(case: dict[str, Any], codes: set[str]) -> None:
    row = only(read_lines(ledger(case)))
    assert row.rejected is None
    assert set(row.warnings) == codes


def test_a_later_row_with_the_same_summary_and_parties_may_be_a_duplicate() -> None:
    again = {"登记日期": "6月9日", "办结时间": "6月10日", "基本情况": " 测试甲与测试乙因楼道堆物发生纠纷 "}
    other = {"乙方姓名": "测试丙"}
    reading = read_lines(ledger({}, again, other))
    assert [row.warnings for row in reading.rows] == [(), ("possible_duplicate",), ()]
    apart = read_workbook(workbook({"测试社区": ledger({}), "测试二社区": ledger({})}))
    assert [row.warnings for row in apart.rows] == [(), ()]


def test_repeats_reach_over_totals_blank_rows_and_headers_of_the_next_page() -> None:
    lines: list[Any] = [
        *ledger({"网格": "3网格"}, {"网格": "同上", "乙方姓名": "测试丙"}),
        ["小计", "共2件"],
        [],
        TITLE,
        HEADER,
        *ledger({"序号": 3, "网格": "〃", "纠纷类型": "同上", "乙方姓名": "测试丁"})[2:],
        ["合　计", 3],
        ["填表人：测试", None, None, None, "审核人：测试"],
        ["备注：本表一式两份。"],
    ]
    reading = read_lines(lines)
    assert [(row.row, row.number, row.grid, row.dispute_type) for row in reading.rows] == [
        (3, "1", "3网格", "neighbours"),
        (4, "2", "3网格", "neighbours"),
        (9, "3", "3网格", "neighbours"),
    ]
    assert all(row.findings == () for row in reading.rows)


def test_communities_below_each_other_in_one_sheet() -> None:
    case = ledger({})[2]
    lines: list[Any] = [
        TITLE,
        HEADER,
        ["文博社区"],
        case,
        ["文博社区小计", "1件"],
        ["二、优胜社区（1件）"],
        case,
        ["总计", 2],
    ]
    reading = read_lines(lines, "6月")
    assert [row.key for row in reading.rows] == ["文博社区/2015-06/1", "优胜社区/2015-06/1"]


def test_tables_below_each_other_each_with_its_own_title_and_columns() -> None:
    july = ["测试街道台账（2015年7月）"]
    columns = ["序号", "类别", "受理日期", "简要情况", "当事人", "结果"]
    lines: list[Any] = [
        *ledger({}),
        [],
        july,
        columns,
        [1, "物业", "7月2日", "因停车发生纠纷", "测试甲、测试乙", "未化解"],
    ]
    first, second = read_lines(lines).rows
    assert (first.key, second.key) == ("测试社区/2015-06/1", "测试社区/2015-07/1")
    assert (second.dispute_type, second.occurred_on, second.outcome) == (
        "property_management",
        date(2015, 7, 2),
        "open",
    )
    assert [party.role for party in second.parties] == ["applicant", "respondent"]


def test_choices_ticked_in_columns_of_their_own_and_a_date_in_two_columns() -> None:
    lines: list[Any] = [
        ["二〇一五年六月 文博社区矛盾纠纷登记表"],
        [
            "序号",
            "排查日期",
            None,
            "当事人",
            "纠纷类型",
            None,
            None,
            "来源",
            None,
            "简要情况",
            "是否化解",
            None,
            "化解日期",
        ],
        [None, "月", "日", None, "婚姻", "邻里", "物业", "排查", "申请", None, "是", "否", None],
        [
            "（1）",
            "（2）",
            "（3）",
            "（4）",
            "（5）",
            "（6）",
            "（7）",
            "（8）",
            "（9）",
            "（10）",
            "（11）",
            "（12）",
            "（13）",
        ],
        [1, 6, 18, "测试甲与测试乙", None, "√", None, "√", None, "因漏水发生纠纷", "√", None, "6月20日"],
        [2, 6, 19, "测试丙与测试丁", "√", None, None, None, "√", "因赡养发生纠纷", None, "√", None],
    ]
    first, second = read_lines(lines, "Sheet1", ["B2:C2", "E2:G2", "H2:I2", "K2:L2"]).rows
    assert (first.dispute_type, first.source, first.outcome, first.occurred_on, first.resolved_on) == (
        "neighbours",
        "sweep",
        "resolved",
        date(2015, 6, 18),
        date(2015, 6, 20),
    )
    assert (second.dispute_type, second.source, second.outcome) == ("marriage_family", "application", "open")
    assert first.community == "文博社区"


def test_a_case_over_several_rows_with_one_party_each() -> None:
    lines: list[Any] = [
        ["文博社区2015年6月台账"],
        ["序号", "日期", "类型", "当事人", "联系电话", "基本情况", "结果"],
        [1, "6月3日", "邻里", "测试甲", "19900000001", "因漏水发生纠纷", "化解"],
        [None, None, None, "测试乙", "19900000002", None, None],
        [2, "6月4日", "物业", "测试丙", "19900000003", "因停车发生纠纷", "未化解"],
    ]
    merges = [f"{column}3:{column}4" for column in "ABCFG"]
    for merged in (merges, []):
        first, second = read_lines(lines, "Sheet1", merged).rows
        assert [(party.name, party.phone) for party in first.parties] == [
            ("测试甲", "19900000001"),
            ("测试乙", "19900000002"),
        ]
        assert [party.role for party in first.parties] == ["applicant", "respondent"]
        assert [party.name for party in second.parties] == ["测试丙"]


@pytest.mark.parametrize(
    ("limit", "day"), [("30日内", (2015, 7, 3)), ("一个月", (2015, 7, 3)), ("6月30日", (2015, 6, 30))]
)
def test_a_time_limit_may_be_a_length(limit: str, day: tuple[int, int, int]) -> None:
    assert only(read_lines(ledger({"办理期限": limit}))).due_on == date(*day)


def test_a_row_that_only_repeats_and_names_a_party_goes_on_with_the_case_above() -> None:
    lines = ledger({}, {"序号": None, "登记日期": "同上", "纠纷类型": "〃", "甲方姓名": "测试丙"})
    further = [
        text if name in ("登记日期", "纠纷类型", "甲方姓名") else None
        for name, text in zip(HEADER, lines[3], strict=True)
    ]
    row = only(read_lines([*lines[:3], further]))
    assert [party.name for party in row.parties] == ["测试甲", "测试乙", "测试丙"]


def test_ranges_merged_over_several_cases() -> None:
    lines = ledger({"网格": "2网格"}, {"网格": None, "乙方姓名": "测试丙"}, {"网格": "3网格", "乙方姓名": "测试丁"})
    reading = read_lines(lines, merges=["C3:C4"])
    assert [row.grid for row in reading.rows] == ["2网格", "2网格", "3网格"]


def test_the_handlers_telephone_is_no_partys() -> None:
    lines: list[Any] = [
        TITLE,
        ["序号", "日期", "类型", "申请人", "被申请人", "联系电话", "联系电话", "内容", "责任人", "联系电话", "结果"],
        [
            1,
            "6月3日",
            "邻里",
            "测试甲",
            "测试乙",
            "19900000001",
            "19900000002",
            "因漏水发生纠纷",
            "测试员",
            "19900000009",
            "化解",
        ],
    ]
    assert [party.phone for party in only(read_lines(lines)).parties] == ["19900000001", "19900000002"]


def test_header_far_down_under_notes_with_line_breaks_and_unknown_columns() -> None:
    lines: list[Any] = [
        ["附件3"],
        ["测试街道矛盾纠纷排查调处工作台账"],
        ["（2015年6月）"],
        ["填报单位：文博社区", None, None, None, "填报时间：2015年7月1日"],
        ["注：本表每月5日前报综治办。"],
        [],
        [
            "序\n号",
            "风险等级",
            "登 记\n时 间",
            "纠纷\n类型\n（必填）",
            "涉及人数",
            "主要\n内容",
            "甲方",
            "处理\n结果",
            "填报人",
        ],
        ["1、", "一般", "6月3日", "邻里", 3, "因漏水发生纠纷", "测试甲", "化解", "测试员"],
    ]
    row = only(read_lines(lines, "Sheet1"))
    assert (row.key, row.dispute_type, row.occurred_on) == ("文博社区/2015-06/1", "neighbours", date(2015, 6, 3))


def test_of_two_columns_with_like_names_the_one_whose_values_fit_is_read() -> None:
    lines: list[Any] = [
        TITLE,
        ["序号", "日期", "类别", "案由", "当事人", "内容", "化解措施", "办理情况", "是否化解", "发生时间"],
        [1, "6月3日", "一般", "邻里", "测试甲", "因漏水发生纠纷", "上门", "已多次走访", "是", "2014年"],
        [2, "6月4日", "重大", "物业", "测试乙", "因停车发生纠纷", "上门", "已多次走访", "否", "2013年"],
    ]
    reading = read_lines(lines)
    assert [(row.dispute_type, row.outcome) for row in reading.rows] == [
        ("neighbours", "resolved"),
        ("property_management", "open"),
    ]
    assert [row.occurred_on for row in reading.rows] == [date(2015, 6, 3), date(2015, 6, 4)]


def test_a_column_with_an_odd_name_is_known_by_its_values() -> None:
    cases = [
        [n, f"6月{n}日", kind, f"测试{n}", "因琐事发生纠纷，请求协调", "化解"]
        for n, kind in enumerate(("邻里", "物业", "合同"), 1)
    ]
    reading = read_lines([TITLE, ["序号", "台账日", "门类", "当事人", "案情", "结果"], *cases])
    assert [row.dispute_type for row in reading.rows] == ["neighbours", "property_management", "contract"]
    assert [row.rejected for row in reading.rows] == [None, None, None]


def test_numbers_as_text_or_decimals_missing_or_begun_anew() -> None:
    reading = read_lines(
        ledger(
            {"序号": 1.0},
            {"序号": "０2", "乙方姓名": "测试丙"},
            {"序号": None, "乙方姓名": "测试丁"},
            {"序号": 1, "乙方姓名": "测试戊"},
            {"序号": "A-01", "乙方姓名": "测试己"},
        )
    )
    assert [row.key for row in reading.rows] == [
        "测试社区/2015-06/1",
        "测试社区/2015-06/2",
        None,
        "测试社区/2015-06/1~2",
        "测试社区/2015-06/A-01",
    ]


def test_keys_stay_when_a_row_is_inserted_and_content_tells_a_changed_row() -> None:
    old = read_lines(ledger({}, {"序号": 2, "乙方姓名": "测试丙"}))
    new = read_lines(
        ledger({}, {"序号": 3, "乙方姓名": "测试丁"}, {"序号": 2, "乙方姓名": "测试丙", "处理结果": "撤回申请"})
    )
    before = {row.key: row.content() for row in old.rows}
    after = {row.key: row.content() for row in new.rows}
    assert before["测试社区/2015-06/1"] == after["测试社区/2015-06/1"]
    assert before["测试社区/2015-06/2"] != after["测试社区/2015-06/2"]
    assert set(after) - set(before) == {"测试社区/2015-06/3"}


def test_the_same_row_on_two_sheets_has_one_key() -> None:
    reading = read_workbook(
        workbook({"文博社区": ledger({}), "总台账": [TITLE, ["填报单位：文博社区"], *ledger({})[1:]]})
    )
    assert [row.key for row in reading.rows] == ["文博社区/2015-06/1"] * 2


def test_one_sheet_per_month() -> None:
    def month(number: int) -> list[list[Any]]:
        return [
            ["文博社区2015年矛盾纠纷台账"],
            HEADER,
            [{**CASE, "登记日期": f"{number}月3日", "办结时间": None}[name] for name in HEADER],
        ]

    reading = read_workbook(workbook({f"{number}月": month(number) for number in (6, 7, 12)}))
    assert [row.key for row in reading.rows] == ["文博社区/2015-06/1", "文博社区/2015-07/1", "文博社区/2015-12/1"]
    assert [row.rejected for row in reading.rows] == [None, None, None]


def test_a_ledger_over_several_months_is_keyed_by_the_reports_month() -> None:
    lines = ledger(
        {}, {"登记日期": "4月30日", "办结时间": "5月2日"}, {"登记日期": "3月31日"}, title=["2015年第二季度台账"]
    )
    reading = read_lines(lines)
    assert [(row.month, row.rejected) for row in reading.rows] == [("2015-06", None), ("2015-04", None), (None, "date")]


def test_a_ledger_without_any_month_takes_whole_dates_only() -> None:
    reading = read_lines(ledger({}, {"登记日期": "6月3日"}, title=["矛盾纠纷台账"]))
    assert [row.rejected for row in reading.rows] == [None, "date"]


def test_covers_summaries_and_hidden_sheets_are_not_read() -> None:
    book = workbook(
        {
            "封面": [["测试街道矛盾纠纷台账"], ["2015年6月"]],
            "测试社区": ledger({}),
            "汇总": [
                ["社区", "排查数", "化解数", "化解率", "邻里", "物业"],
                ["测试社区", 1, 1, 1.0, 1, 0],
                ["合计", 1, 1, 1.0, 1, 0],
            ],
            "字典": [["纠纷类型", "来源", "处理结果"], ["邻里", "排查", "化解"]],
        }
    )
    reading = read_workbook(book)
    assert len(reading.rows) == 1
    assert {sheet.title: sheet.note for sheet in reading.sheets} == {
        "封面": "no_table",
        "测试社区": None,
        "汇总": "no_table",
        "字典": "no_table",
    }
    with pytest.raises(WorkbookRefused, match="workbook_without_ledger"):
        read_workbook(workbook({"封面": [["测试街道矛盾纠纷台账"]]}))


def test_hidden_sheets_are_left_and_hidden_rows_are_read() -> None:
    book = openpyxl.load_workbook(
        BytesIO(workbook({"测试社区": ledger({}, {"乙方姓名": "测试丙"}), "旧表": ledger({})}))
    )
    book["旧表"].sheet_state = "hidden"
    book["测试社区"].row_dimensions[4].hidden = True
    reading = read_workbook(packed(book))
    assert [(row.sheet, row.findings) for row in reading.rows] == [("测试社区", ()), ("测试社区", ("hidden_row",))]
    assert reading.sheets[1].note == "hidden_sheet"


def test_rows_that_are_only_numbered_in_advance_are_no_cases() -> None:
    lines: list[Any] = [
        *ledger({}),
        [2],
        [3, None, "1网格"],
        [4, None, None, None, None, None, None, None, None, None, None, None, None, "否"],
    ]
    assert len(read_lines(lines).rows) == 1


def test_live_formulas_are_read_by_their_last_values() -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("测试社区")
    for at, line in enumerate(ledger({})):
        for column, value in enumerate(line):
            if value is not None:
                page.write(at, column, value)
    page.write_formula(2, 0, "=ROW()-2", value=1)
    page.write_formula(2, 1, "=DATE(2015,6,3)", book.add_format({"num_format": "yyyy-mm-dd"}), 42158)
    page.write_formula(
        2, 8, '=HYPERLINK("http://example.invalid","测试甲与测试乙发生纠纷")', value="测试甲与测试乙发生纠纷"
    )
    book.close()
    row = only(read_workbook(out.getvalue()))
    assert (row.number, row.occurred_on, row.summary) == ("1", date(2015, 6, 3), "测试甲与测试乙发生纠纷")
    assert row.warnings == ("formula_text",)
