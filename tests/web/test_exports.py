"""A ledger's files: the same rows as the JSON, nothing sealed, nothing that runs (ATTACKS 21, 22)."""

import csv
import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from starlette.responses import Response

from shared.contracts.codes import CaseKind, PartyRole
from shared.contracts.intake import Party
from shared.web.columns import title_zh
from shared.web.exports import CSV_TYPE, XLSX_TYPE, csv_response, inert
from shared.web.workbook import HEADERS, Standing, xlsx_response
from tests.web.toy import AT, COMMUNITY, FILES, LOG, OTHER_COMMUNITY, Row, Running, scene

NAMES = tuple(Row.__dataclass_fields__)
MADE_AT = datetime.fromisoformat("2015-09-01T03:04:05+00:00")
LIVE = [
    '=HYPERLINK("http://evil.example","点我")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1",
    "－1", "＠SUM(A1)", " =1", "\u3000＝1", "\ufeff=1", "=cmd|' /C calc'!A0",
]  # fmt: skip
"""What spreadsheets have been made to run."""


def row(**changed: Any) -> Row:
    party = Party(role=PartyRole.APPLICANT, name="sealed:1:case/1#parties/0:QUJD", phone=None, id_number=None)
    given: dict[str, Any] = {
        "id": "c-1", "community": COMMUNITY, "by_unit": "某单位（虚构）", "kind": CaseKind.DISPUTE,
        "summary": "sealed:1:case/1#:QUJD", "parties": (party,), "reported_at": datetime.fromisoformat(AT),
        "due_on": date(2015, 7, 18), "closed": False, "marks": ("reported", "handed-down"), "happenings": 2,
    }  # fmt: skip
    return Row(**{**given, **changed})


def content(response: Response) -> bytes:
    return bytes(response.body)


def csv_lines(*rows: Row) -> list[list[str]]:
    response = csv_response(FILES, NAMES, [(one.id, one) for one in rows], LOG, 7)
    assert content(response).startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content(response).decode("utf-8-sig"), newline="")))


def xlsx_of(*rows: Row) -> bytes:
    stands = Standing(LOG, 7, "0a" * 32, len(rows), MADE_AT, {})
    return content(xlsx_response(FILES, Row, NAMES, [(one.id, one) for one in rows], stands))


def sheet_of(*rows: Row) -> Any:
    return openpyxl.load_workbook(io.BytesIO(xlsx_of(*rows))).active


def cells_of(sheet: Any, number: int = 1) -> dict[str, Any]:
    """The cells of a row of the ledger, each by what its column is called in Chinese."""
    headers = [cell.value.partition("\n")[0] for cell in sheet[HEADERS]]
    return dict(zip(headers, sheet[HEADERS + number], strict=True))


def test_csv_reads_as_people_expect() -> None:
    header, line = csv_lines(row())
    assert header == [title_zh(name) for name in ("key", *NAMES)]
    assert header[:4] == ["编号", "标识", "社区", "交办单位"]
    assert header[-2:] == ["经过", "happenings"]  # without a title: its own name
    shown = dict(zip(("key", *NAMES), line, strict=True))
    assert shown == {
        "key": "c-1", "id": "c-1", "community": COMMUNITY, "by_unit": "某单位（虚构）", "kind": "矛盾纠纷",
        "summary": "•••", "parties": "•••", "reported_at": AT, "due_on": "2015-07-18", "closed": "否",
        "marks": "reported；handed-down", "happenings": "2",
    }  # fmt: skip


def test_what_is_sealed_is_masked_even_where_the_declaration_forgot_it() -> None:
    forgetful = csv_response(FILES.__class__(
        name="files", row=Row, handles=FILES.handles, keys=FILES.keys, evolve=FILES.evolve, title_zh="案卷台账",
        title_en="Files", clause="3.2.1", sealed=(),
    ), NAMES, [("c-1", row())], LOG, 7)  # fmt: skip
    text = content(forgetful).decode()
    assert "sealed:" not in text
    assert "申请人" in text  # a party's role is not sealed


@pytest.mark.parametrize("text", LIVE)
def test_live_text_is_inert_in_csv(text: str) -> None:
    _, line = csv_lines(row(by_unit=text))
    assert line[3] == f"'{text}"
    raw = content(csv_response(FILES, NAMES, [("c-1", row(by_unit=text))], LOG, 7)).decode("utf-8-sig")
    # All cells are quoted, so that a semicolon within one begins no other where a list is separated by semicolons.
    assert re.fullmatch(r'(?:"(?:[^"]|"")*"(?:,|\r\n))+', raw)


@pytest.mark.parametrize("text", LIVE)
def test_live_text_is_a_string_in_xlsx(text: str) -> None:
    written = xlsx_of(row(by_unit=text, marks=(text,)))
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in "".join(parts.namelist()) + sheet.lower().replace("=hyperlink(", "")
    cells = cells_of(openpyxl.load_workbook(io.BytesIO(written)).active)
    for cell in (cells["交办单位"], cells["经过"]):
        assert cell.data_type != "f"
        assert cell.quotePrefix  # it stays text when somebody edits it


@pytest.mark.parametrize("text", ["http://a.example", "mailto:a@b.example", "internal:Sheet1!A1", "123", "00410105"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text
    cell = cells_of(sheet_of(row(by_unit=text)))["交办单位"]
    assert (cell.value, cell.hyperlink) == (text, None)


def test_xlsx_says_what_it_is_and_holds_real_days_and_numbers() -> None:
    sheet = sheet_of(row(), row(id="c-2", due_on=None, closed=True))
    assert sheet["A1"].value == "案卷台账 Files"
    for said in (f"log {LOG}", "position 7", "rows 2", "root " + "0a" * 32, "made 2015-09-01 11:04 +08:00"):
        assert said in sheet["A2"].value
    assert sorted(cells_of(sheet)) == sorted(["序号", *(title_zh(name) for name in ("key", *NAMES))])
    shown = {name: cell.value for name, cell in cells_of(sheet).items()}
    assert (shown["序号"], shown["登记时间"], shown["办理期限"]) == (
        1,
        datetime(2015, 6, 18, 9, 30),
        datetime(2015, 7, 18),
    )
    assert (shown["happenings"], shown["社区"], shown["基本情况"], shown["closed"]) == (
        2, COMMUNITY, "•••", "否",
    )  # fmt: skip
    second = {name: cell.value for name, cell in cells_of(sheet, 2).items()}
    assert (second["序号"], second["编号"], second["办理期限"], second["closed"]) == (2, "c-2", None, "是")


def test_moments_are_shown_in_one_time_whatever_offset_they_came_with() -> None:
    sheet = sheet_of(row(reported_at=datetime.fromisoformat("2015-06-18T01:30:00+00:00")))
    assert cells_of(sheet)["登记时间"].value == datetime(2015, 6, 18, 9, 30)


def test_a_text_too_long_for_a_cell_is_cut_visibly_and_not_dropped() -> None:
    value = cells_of(sheet_of(row(by_unit="长" * 40_000)))["交办单位"].value
    assert len(value) == 32_767
    assert value.endswith("…")


def test_an_empty_ledger_is_a_file_too() -> None:
    assert len(csv_lines()) == 1
    assert sheet_of().max_row == HEADERS


def test_codes_have_the_same_names_in_both_files() -> None:
    kind = cells_of(sheet_of(row(kind=CaseKind.BACKLOG)))["类别"].value
    assert csv_lines(row(kind=CaseKind.BACKLOG))[1][4] == kind == "信访积案"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nset-cookie: x=1", '"; filename="evil.exe'])
def test_the_server_names_the_file(name: str, tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        answer = await toy.open_file("k-1")
        at_least = answer["positions"][-1]
        for form, kind in (("csv", CSV_TYPE), ("xlsx", XLSX_TYPE)):
            path = f"/intake/ledgers/files?format={form}&at_least={at_least}"
            found = await toy.get(path)
            assert found.headers["content-type"] == kind
            assert found.headers["content-disposition"] == f'attachment; filename="files-{LOG}-{at_least}.{form}"'
            refused = await toy.get(f"{path}&filename={quote(name)}")
            assert (refused.status_code, refused.json()["code"]) == (400, "bad_parameter")

    scene(play, tmp_path)


def test_a_file_holds_all_rows_and_what_was_written_comes_back_inert(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        for number, text in enumerate(["=1+1", "＝1+1", "@x", "某单位（虚构）"]):
            answer = await toy.open_file(f"k-{number}", text, COMMUNITY if number % 2 else OTHER_COMMUNITY)
        query = f"at_least={answer['positions'][-1]}&limit=1"
        page = (await toy.get(f"/intake/ledgers/files?{query}")).json()
        assert len(page["rows"]) == 1
        assert page["next"]
        text = (await toy.get(f"/intake/ledgers/files?{query}&format=csv")).content.decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text, newline="")))
        assert sorted(line["交办单位"] for line in lines) == ["'=1+1", "'@x", "'＝1+1", "某单位（虚构）"]
        assert "测试甲" not in text
        assert "漏水" not in text
        book = openpyxl.load_workbook(io.BytesIO((await toy.get(f"/intake/ledgers/files?{query}&format=xlsx")).content))
        last = answer["positions"][-1]
        assert f"position {last} · 行数 rows 4 · 树根 root {toy.node.storage.root(LOG, last + 1)}" in _stands(book)
        asked = await toy.get(f"/intake/ledgers/files?format=xlsx&community={COMMUNITY}&as_of=2099-01-01")
        book = openpyxl.load_workbook(io.BytesIO(asked.content))
        assert f"仅 only 社区 Community {COMMUNITY} · 仅 only 截至 As of 2099-01-01T23:59:59" in _stands(book)
        only = await toy.get(f"/intake/ledgers/files?format=csv&community={COMMUNITY}")
        assert len(only.content.decode().splitlines()) == 3

    scene(play, tmp_path)


def test_a_ledger_of_a_damaged_tree_can_be_read_and_says_that_there_is_no_root(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await toy.open_file("k-1")
        toy.node.storage.seal(LOG)
        with toy.node.storage.log_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE tiles SET hashes = X'00'")
        found = await toy.get("/intake/ledgers/files?format=xlsx&at_least=1")
        assert found.status_code == 200
        assert "树根 root — ·" in _stands(openpyxl.load_workbook(io.BytesIO(found.content)))

    scene(play, tmp_path)


def _stands(book: Any) -> str:
    """What a workbook says of where it stands."""
    return str(book.active["A2"].value)
