"""Whatever stands in the cells, a reading comes out, the same one each time, and its report opens."""

import json
from datetime import date, datetime, time, timedelta
from io import BytesIO

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.importer import read_workbook, report
from services.intake.importer.reading import read
from services.intake.importer.values import Scalar
from services.intake.importer.workbook import Box, Cell, Sheet, Workbook
from tests.intake.workbooks import CASE, HEADER, TITLE, ledger, workbook

_WORDS = st.sampled_from(
    [
        "同上",
        "〃",
        "小计",
        "合计",
        "无",
        "/",
        "待定",
        "=1+1",
        "6月31日",
        "2015年13月1日",
        "六月三十一日",
        "1网格",
        "十百网格",
        "邻里、物业",
    ]
    + [str(value) for value in CASE.values() if value]
)
_VALUES: st.SearchStrategy[Scalar] = st.one_of(
    st.text(max_size=30).filter(lambda text: text != ""),
    _WORDS,
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)
_ROWS = st.dictionaries(st.tuples(st.integers(1, 9), st.integers(1, len(HEADER) + 1)), _VALUES, max_size=40)
_BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 4), st.integers(0, 4),
)  # fmt: skip


def _book(below: dict[tuple[int, int], Scalar], boxes: list[Box], hidden: set[int]) -> Workbook:
    cells = {(1, 1): Cell(TITLE[0], False, "General")}
    cells |= {(2, column): Cell(text, False, "General") for column, text in enumerate(HEADER, start=1)}
    cells |= {(row + 2, column): Cell(value, False, "General") for (row, column), value in below.items()}
    return Workbook(
        "台账.xlsx", (Sheet("测试社区", False, cells, tuple(boxes), frozenset(hidden)),), date(1899, 12, 30)
    )


@settings(max_examples=60, deadline=None)
@given(_ROWS, st.lists(_BOXES, max_size=3), st.sets(st.integers(1, 9)))
def test_every_sheet_gives_a_reading_of_its_own(
    below: dict[tuple[int, int], Scalar], boxes: list[Box], hidden: set[int]
) -> None:
    boxes = [Box(box.left, box.top + 2, box.right, box.bottom + 2) for box in boxes]
    reading = read(_book(below, boxes, hidden))
    said = reading.to_json()
    assert json.loads(json.dumps(said, ensure_ascii=False)) == said
    assert said["rows"] == said["accepted"] + len(said["rejected"])
    keys = [row.key for row in reading.rows if row.key]
    contents = {row.key: row.content() for row in reading.rows}
    assert all(contents[row.key] == row.content() for row in reading.rows if row.key)
    assert len(set(keys)) == len({row.content() for row in reading.rows if row.key})
    assert read(_book(below, boxes, hidden)) == reading
    for row in reading.accepted:
        assert row.occurred_on is not None
        assert row.occurred_on.isoformat().startswith("2015-06")
        assert row.dispute_type is not None
        assert row.summary
        assert row.resolved_on is None or row.resolved_on >= row.occurred_on
        assert all(0 < len(party.name) <= 100 for party in row.parties)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40))
def test_the_report_of_any_text_opens_and_is_inert(text: str) -> None:
    content = workbook({"测试社区": ledger({"备注": text, "基本情况": f"{text}测试"})})
    reading = read_workbook(content)
    page = openpyxl.load_workbook(BytesIO(report(content, reading)))["测试社区"]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    assert str(page.cell(3, HEADER.index("基本情况") + 1).value) == f"{text}测试"


def test_days_at_the_edges_of_the_calendar() -> None:
    values: list[Scalar] = [
        datetime(9999, 12, 31, 23, 59),
        datetime(1, 1, 1),
        date.max,
        time.max,
        timedelta.max,
        79_999.5,
        1e308,
        -1,
        10**19,
    ]
    below: dict[tuple[int, int], Scalar] = {}
    for row, value in enumerate(values, start=1):
        below |= {(row, column): CASE[name] for column, name in enumerate(HEADER, start=1) if CASE[name] is not None}
        below |= {(row, 1): row, (row, HEADER.index("登记日期") + 1): value, (row, HEADER.index("办理期限") + 1): value}
    reading = read(_book(below, [], set()))
    assert [row.rejected for row in reading.rows] == ["date"] * len(values)
