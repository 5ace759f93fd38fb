"""Files that are no harmless workbook: each is refused with its code, and before it is unpacked to memory."""

import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from services.intake.importer import REFUSALS, WorkbookRefused, read_workbook
from services.intake.importer.workbook import MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS, MAX_SHEETS
from tests.intake.workbooks import ledger, workbook

NEED_LOADING = {"workbook_damaged", "workbook_too_many_sheets", "workbook_without_ledger"}
MEMORY_BYTES = 64 * 2**20
GOOD = workbook({"测试社区": ledger({})})
SHEET = "xl/worksheets/sheet1.xml"


def altered(changes: Mapping[str, bytes | None], content: bytes = GOOD) -> bytes:
    """The workbook with parts replaced, added, or (None) left out."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            body = changes[name] if name in changes else old.read(name)
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


def part(name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(GOOD)) as package:
        return package.read(name)


def bomb() -> bytes:
    """300 MB of zeros in one part, some 300 kB packed."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            package.writestr(name, part(name))
        with package.open(SHEET, "w", force_zip64=True) as stream:
            for _ in range(300):
                stream.write(bytes(2**20))
    return out.getvalue()


def lying_bomb() -> bytes:
    """The same, with a directory that claims one kilobyte for it."""
    content = bytearray(bomb())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 1024)
    return bytes(content)


def other_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<a/>")
    return out.getvalue()


def with_rows(rows: bytes) -> bytes:
    return altered({SHEET: part(SHEET).replace(b"</sheetData>", rows + b"</sheetData>")})


def huge_text() -> bytes:
    return with_rows(b"<row><c t='inlineStr'><is><t>" + b"x" * 2**22 + b"</t></is></c></row>")


def many_cells() -> bytes:
    return with_rows(b"<row>%s</row>" % (b'<c t="inlineStr"><is><t>x</t></is></c>' * 40) * 15_000)


def many_formatted_rows() -> bytes:
    return with_rows(b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (row, row) for row in range(10, 450_000)))


def many_styles() -> bytes:
    return altered({"xl/styles.xml": part("xl/styles.xml").replace(b"</cellXfs>", b"<xf/>" * 200_001 + b"</cellXfs>")})


def merged(reference: bytes) -> bytes:
    merges = b'</sheetData><mergeCells count="1"><mergeCell ref="%s"/></mergeCells>' % reference
    return altered({SHEET: part(SHEET).replace(b"</sheetData>", merges)})


def entity(declaration: bytes, part_name: str = SHEET) -> bytes:
    body = part(part_name)
    at = body.index(b"?>") + 2 if body.startswith(b"<?xml") else 0
    return altered({part_name: body[:at] + declaration + body[at:]})


def entity_in_utf_16() -> bytes:
    return altered({SHEET: f'<?xml version="1.0" encoding="UTF-16"?>{EXTERNAL.decode()}<worksheet/>'.encode("utf-16")})


LAUGHS = b"<!DOCTYPE x [" + b'<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip
EXTERNAL = b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
OLE2 = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)


def macro_types() -> bytes:
    types = part("[Content_Types].xml")
    return types.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )


ATTACKS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("workbook_empty", lambda: b""),
    "csv": ("workbook_not_xlsx", lambda: "序号,日期\n1,6月3日\n".encode("gbk")),
    "html": ("workbook_not_xlsx", lambda: b"<html><table></table></html>"),
    "zip of something else": ("workbook_not_xlsx", other_zip),
    "binary workbook": ("workbook_not_xlsx", lambda: altered({"xl/workbook.bin": b"x"})),
    "old xls": ("workbook_old_xls", lambda: OLE2),
    "password": ("workbook_encrypted", lambda: OLE2 + "EncryptedPackage".encode("utf-16-le")),
    "macros": ("workbook_macros", lambda: altered({"xl/vbaProject.bin": b"x"})),
    "old macros": ("workbook_macros", lambda: altered({"xl/macrosheets/sheet1.xml": b"<a/>"})),
    "macro type": ("workbook_macros", lambda: altered({"[Content_Types].xml": macro_types()})),
    "bomb": ("workbook_too_large", bomb),
    "bomb with a lying directory": ("workbook_damaged", lying_bomb),
    "many cells": ("workbook_too_large", many_cells),
    "many formatted rows": ("workbook_too_large", many_formatted_rows),
    "merged everywhere": ("workbook_too_large", lambda: merged(b"A9:XFD1048576")),
    "many styles": ("workbook_too_large", many_styles),
    "many merged ranges": ("workbook_too_large", lambda: merged(b'"/><mergeCell ref="'.join([b"C9:D9"] * 20_001))),
    "large file": ("workbook_too_large", lambda: bytes(MAX_FILE_BYTES + 1)),
    "many parts": ("workbook_too_large", lambda: altered({f"xl/media/{n}.txt": b"x" for n in range(2_001)})),
    "huge text": ("workbook_too_large", huge_text),
    "many sheets": ("workbook_too_many_sheets", lambda: workbook({f"{n}": [["x"]] for n in range(MAX_SHEETS + 1)})),
    "many rows": ("workbook_too_many_rows", lambda: workbook({"测试社区": [[n] for n in range(MAX_ROWS + 1)]})),
    "many columns": ("workbook_too_wide", lambda: workbook({"测试社区": [list(range(MAX_COLUMNS + 1))]})),
    "laughs": ("workbook_entities", lambda: entity(LAUGHS)),
    "external entity": ("workbook_entities", lambda: entity(EXTERNAL)),
    "external entity in a relationship": ("workbook_entities", lambda: entity(EXTERNAL, "xl/_rels/workbook.xml.rels")),
    "external entity in UTF-16": ("workbook_entities", entity_in_utf_16),
    "cut off": ("workbook_damaged", lambda: GOOD[: len(GOOD) // 2]),
    "broken XML": ("workbook_damaged", lambda: altered({SHEET: part(SHEET)[:-40]})),
    "no workbook part": ("workbook_damaged", lambda: altered({"xl/workbook.xml": None})),
    "sheet missing": ("workbook_without_ledger", lambda: altered({SHEET: None})),
    "bad cell reference": ("workbook_damaged", lambda: altered({SHEET: part(SHEET).replace(b'r="A1"', b'r="A1:B2"')})),
    "bad merged range": ("workbook_damaged", lambda: merged(b"x")),
    "bad number": ("workbook_damaged", lambda: altered({SHEET: part(SHEET).replace(b"<v>1</v>", b"<v>one</v>")})),
}  # fmt: skip


@pytest.mark.parametrize(("code", "attack"), ATTACKS.values(), ids=ATTACKS)
def test_refused(code: str, attack: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    if code not in NEED_LOADING:  # what is soon told is told before openpyxl sees the file
        monkeypatch.setattr(openpyxl, "load_workbook", None)
    with pytest.raises(WorkbookRefused) as refused:
        read_workbook(attack(), "台账.xlsx")
    assert refused.value.code == code
    assert refused.value.detail_zh
    assert refused.value.detail_en.isascii()


@pytest.mark.parametrize("attack", [bomb, lying_bomb, many_cells], ids=lambda attack: attack.__name__)
def test_refused_with_little_memory(attack: Callable[[], bytes]) -> None:
    content = attack()
    tracemalloc.start()
    try:
        with pytest.raises(WorkbookRefused):
            read_workbook(content, "台账.xlsx")
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()


def test_a_refusal_is_the_same_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(bomb())
    with pytest.raises(WorkbookRefused, match="workbook_too_large"):
        read_workbook(path)
    with pytest.raises(WorkbookRefused, match="workbook_unreadable"):
        read_workbook(tmp_path / "none.xlsx")


def test_each_code_is_tried_here() -> None:
    tried = {code for code, _ in ATTACKS.values()} | {"workbook_unreadable", "workbook_without_ledger"}
    assert tried == set(REFUSALS)


def test_a_far_off_formatted_cell_and_a_lying_dimension_do_no_harm() -> None:
    body = part(SHEET).replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')
    body = body.replace(b'<dimension ref="A1:O3"', b'<dimension ref="A1:A1"')
    assert body != part(SHEET)
    assert len(read_workbook(altered({SHEET: body})).rows) == 1


def test_no_personal_value_is_in_a_refusal() -> None:
    with pytest.raises(WorkbookRefused) as refused:
        read_workbook(altered({SHEET: part(SHEET).replace(b"<v>1</v>", b"<v>19900000001x</v>")}))
    assert "199" not in str(refused.value)
    assert refused.value.__cause__ is None
