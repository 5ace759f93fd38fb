"""Ledgers as offices print them: how they are laid out, what they say of themselves, and that they stream."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest
from openpyxl.utils import get_column_letter

from services.installation import SERVICES
from shared.ledger.replay import Replay
from shared.ledger.runner import Runner
from shared.ledger.tables import digest
from shared.ledger.waiting import stuck
from shared.web.columns import title_en, title_zh
from shared.web.exports import cells_of
from shared.web.workbook import HEADERS, Group, Standing, Workbook, headings
from tests.exports.record import COMMUNITY, LOG, RECORDED_AT, append, life, storage_at
from tests.system.cli import called
from tests.system.test_audit_cli import altered
from tests.web.test_exports import NAMES, row
from tests.web.toy import FILES, Row

ROOT = "ab" * 32
STANDS = Standing(LOG, 41, ROOT, 3, datetime(2015, 9, 1, 3, 4, tzinfo=UTC), {"community": COMMUNITY})
SERVED = [(service.name, ledger) for service in SERVICES for ledger in service.served]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose ledgers follow: three cases, two of them in one community."""
    home = tmp_path_factory.mktemp("ledgers")
    storage = storage_at(home)
    for number in range(3):
        append(storage.log, life(f"case-{number}"))
    follow(storage)
    storage.close()
    return home


def follow(storage: Any) -> None:
    """Fold all that the log holds into every ledger."""
    for service in SERVICES:
        runner = Runner(service, storage.log, storage.ledgers_engine, lambda: RECORDED_AT)
        while runner.advance(LOG):
            pass


def exported(data: Path, out: Path, *more: object) -> tuple[Any, dict[str, Any]]:
    done = called("export", "xlsx", out, *more, "--data", data, "--json")
    assert done.code == 0, done.err
    return openpyxl.load_workbook(out), done.json


@pytest.fixture(scope="module")
def printed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    """All ledgers, as the command writes them."""
    return exported(data, tmp_path_factory.mktemp("xlsx") / "台账.xlsx")


# how it looks -----------------------------------------------------------------------------------------------------


def test_every_served_ledger_has_a_sheet_laid_out_to_be_printed(printed: tuple[Any, dict[str, Any]]) -> None:
    book, _ = printed
    assert book.sheetnames == [ledger.title_zh for _, ledger in SERVED]
    for sheet in book:
        setup = sheet.page_setup
        assert (setup.orientation, int(setup.paperSize), setup.fitToHeight) == ("landscape", 9, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$4", "$A:$B")
        assert sheet.freeze_panes == "C5"
        foot = sheet.oddFooter
        assert "&P" in foot.center.text
        assert "&N" in foot.center.text
        assert foot.left.text.strip().startswith(f"{LOG} #")
        assert len(sheet.HeaderFooter.oddFooter.left.text) < 200


@pytest.mark.parametrize(("service", "ledger"), SERVED, ids=lambda one: getattr(one, "name", one))
def test_headers_stand_in_two_levels_in_both_languages(
    service: str, ledger: Any, printed: tuple[Any, dict[str, Any]]
) -> None:
    sheet = printed[0][ledger.title_zh]
    names = list(ledger.row.__dataclass_fields__)
    columns = headings(ledger.row, names, ledger.sealed)
    lower = [cell.value for cell in sheet[HEADERS]]
    assert lower == [f"{one.title_zh}\n{one.title_en}".strip() for one in columns]
    assert {title_zh(name) for name in ("key", *names)} == {one.title_zh for one in columns[1:]}
    groups = [one.group for one in columns]
    assert groups == sorted(groups, key=list(Group).index), "each group once"
    spans = {str(span) for span in sheet.merged_cells.ranges}
    for group in dict.fromkeys(groups):
        first, count = groups.index(group) + 1, groups.count(group)
        assert sheet.cell(HEADERS - 1, first).value == f"{group.zh}\n{group.en}"
        if count > 1:
            assert f"{get_column_letter(first)}3:{get_column_letter(first + count - 1)}3" in spans
    for name in ledger.sealed:
        assert next(one for one in columns if one.title_zh == title_zh(name)).group is Group.SEALED
    assert all(7 <= one.width <= 60 for one in columns)
    english = {title_zh(name): title_en(name) for name in names if title_en(name) != title_zh(name)}
    assert {one.title_zh: one.title_en for one in columns if one.title_zh in english} == english


def test_a_title_spans_the_first_page_and_says_where_it_stands(printed: tuple[Any, dict[str, Any]]) -> None:
    book, said = printed
    told = {one["name"]: one for one in said["ledgers"]}
    for service, ledger in SERVED:
        sheet, stands = book[ledger.title_zh], told[f"{service}.{ledger.name}"]
        assert sheet["A1"].value == f"{ledger.title_zh} {ledger.title_en}"
        spans = [span for span in sheet.merged_cells.ranges if span.min_row in (1, 2)]
        assert len(spans) == 2
        assert all(span.max_col <= sheet.max_column for span in spans)
        line = sheet["A2"].value
        for word in ("position", "rows", "root", "digest"):
            assert f"{word} {stands[word]} · " in line
        assert f"ledger {service}.{ledger.name} · 日志 log {LOG} · " in line
        assert sheet.max_row == HEADERS + stands["rows"]


def test_it_can_be_held_against_the_record(data: Path, printed: tuple[Any, dict[str, Any]]) -> None:
    storage = storage_at(data)
    pairs = [(service, ledger) for service in SERVICES for ledger in service.served]
    replay = Replay(storage.log, LOG, pairs).to()
    for one in printed[1]["ledgers"]:
        assert one["position"] == replay.position
        assert one["root"] == storage.root(LOG, one["position"] + 1)
        assert one["digest"] == digest(replay.rows(one["name"]))
    storage.close()


def test_rows_are_numbered_and_what_was_asked_for_is_said(data: Path, tmp_path: Path) -> None:
    options = ("--ledger", "intake.cases", "--community", COMMUNITY)
    book, said = exported(data, tmp_path / "a.xlsx", *options)
    (sheet,) = book
    assert [row[0].value for row in sheet.iter_rows(min_row=HEADERS + 1)] == [1, 2, 3]
    assert f"仅 only 社区 Community {COMMUNITY}" in sheet["A2"].value
    assert [one["name"] for one in said["ledgers"]] == ["intake.cases"]
    none, _ = exported(data, tmp_path / "b.xlsx", "--ledger", "intake.cases", "--community", f"{LOG}009")
    assert none.active.max_row == HEADERS


def test_what_is_sealed_is_masked(data: Path, tmp_path: Path) -> None:
    exported(data, tmp_path / "a.xlsx", "--ledger", "intake.cases")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        content = b"".join(parts.read(name) for name in parts.namelist())
    assert b"sealed:" not in content
    assert "•••".encode() in content


# what cannot be printed -------------------------------------------------------------------------------------------


def test_what_there_is_not_is_named(data: Path, tmp_path: Path) -> None:
    def refused(code: str, *options: object) -> None:
        called("export", "xlsx", tmp_path / "a.xlsx", *options, "--data", data, "--json").problem(code)

    refused("unknown_ledger", "--ledger", "intake.nothing")
    refused("unknown_ledger", "--ledger", "assessment.did_work")  # which is served to nobody
    refused("not_by_community", "--ledger", "assignment.officers", "--community", COMMUNITY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE progress SET halted = 'synthetic' WHERE follower = 'intake.cases'",
        "INSERT INTO parked VALUES ('410105010', 'intake.cases', 'x', 3, 'synthetic')",
        "ALTER TABLE ledger_intake_cases RENAME COLUMN tier TO level",
        "DROP TABLE ledger_intake_cases",
    ],
)
def test_a_ledger_that_does_not_follow_is_not_printed(statement: str, tmp_path: Path) -> None:
    storage = storage_at(tmp_path / "data")
    append(storage.log, life())
    follow(storage)
    assert not stuck(storage.ledgers_engine, LOG, "intake.cases")
    storage.close()
    altered(tmp_path / "data" / "ledgers.db", lambda connection: connection.execute(statement))
    done = called("export", "xlsx", tmp_path / "a.xlsx", "--data", tmp_path / "data", "--json")
    assert "intake.cases" in done.problem("ledger_behind")["detail_en"]
    assert not (tmp_path / "a.xlsx").exists()


# much of it -------------------------------------------------------------------------------------------------------


def big(rows: int, file: io.BytesIO | Path) -> None:
    """A workbook of so many rows of the cases' ledger."""
    one = row()
    with Workbook(file) as book:
        found = ((f"c-{number}", one) for number in range(rows))
        book.add(FILES, headings(Row, NAMES, FILES.sealed), cells_of(FILES, NAMES, found), STANDS)


def test_what_is_too_long_for_a_sheet_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.workbook.SHEET_ROWS", 4)
    file = io.BytesIO()
    big(9, file)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["案卷台账", "案卷台账 2", "案卷台账 3"]
    numbers = [[row[0].value for row in sheet.iter_rows(min_row=HEADERS + 1)] for sheet in book]
    assert numbers == [[1, 2, 3, 4], [5, 6, 7, 8], [9]]
    assert all(sheet["A1"].value == "案卷台账 Files" for sheet in book)


@pytest.mark.long
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    big(5_000, tmp_path / "a.xlsx")
    before = psutil.Process().memory_info().rss
    big(80_000, tmp_path / "a.xlsx")
    assert psutil.Process().memory_info().rss < before + 30 * 2**20
