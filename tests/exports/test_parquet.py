"""`sanguan export parquet`: the same as OCEL in typed columns, each as docs/export-schema.md says."""

import json
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.exporting import parquet_files
from services.exporting.projection import plain
from services.exporting.schema_document import as_markdown
from services.exporting.tables import EVENTS, SAID, TABLES, Table
from services.exporting.vocabulary import Type
from tests.exports.conftest import Exported
from tests.exports.record import CASE, COMMUNITY, LOG, OFFICERS
from tests.system.cli import called

Told = tuple[Path, dict[str, Any]]
ARROW = {
    Type.TEXT: pa.string(), Type.WHOLE: pa.int64(), Type.TRUTH: pa.bool_(), Type.DAY: pa.date32(),
    Type.MOMENT: pa.timestamp("us", tz="+08:00"), Type.EXACT: pa.decimal128(19, 4),
}  # fmt: skip


@pytest.fixture(scope="module")
def directory(exported: Exported) -> Told:
    return exported.to("parquet", "tables")


def rows(told: Told, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(told[0] / f"{table}.parquet").to_pylist()
    return found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_files_have_the_columns_that_are_documented(directory: Told, table: Table) -> None:
    schema = pq.read_schema(directory[0] / f"{table.name}.parquet")
    assert schema.names == [column.name for column in table.columns]
    documented = as_markdown().split(f"### {table.name}\n")[1].split("###")[0]
    for column in table.columns:
        field = schema.field(column.name)
        wanted = pa.list_(ARROW[column.type]) if column.many else ARROW[column.type]
        assert field.type.equals(wanted), column.name
        assert field.nullable is not column.always
        assert field.metadata[b"description"].decode() == column.means
        assert f"| `{column.name}` |" in documented
    said = {name.decode(): value.decode() for name, value in schema.metadata.items() if name.startswith(b"sanguan.")}
    assert said == {
        "sanguan.format": "sanguan-export/1", "sanguan.log": LOG, "sanguan.position": str(directory[1]["position"]),
        "sanguan.root": directory[1]["root"],
    }  # fmt: skip


def test_it_tells_what_ocel_tells(directory: Told, json_file: Told) -> None:
    log = json.loads(json_file[0].read_bytes())
    for told, row in zip(log["events"], rows(directory, "events"), strict=True):
        assert (row["id"], row["activity"], row["type"].split(".")[2]) == (told["id"], told["type"], told["type"])
        said = {one["name"]: one["value"] for one in told["attributes"]}
        found = {name: _text(row[name]) for name in ("position", "role", *(column.name for column in SAID))}
        found["recorded_at"] = row["recorded_at"].isoformat()
        assert {name: text for name, text in found.items() if text is not None} == said
        assert row["occurred_at"] == datetime.fromisoformat(told["time"])
    related = [(one["id"], r["objectId"], r["qualifier"]) for one in log["events"] for r in one["relationships"]]
    assert [tuple(row.values()) for row in rows(directory, "event_objects")] == related
    assert [(row["id"], row["type"]) for row in rows(directory, "objects")] == [
        (one["id"], one["type"]) for one in log["objects"]
    ]
    tied = [(one["id"], r["objectId"], r["qualifier"]) for one in log["objects"] for r in one["relationships"]]
    assert [tuple(row.values()) for row in rows(directory, "object_objects")] == tied
    lived = [(one["id"], a["name"], a["value"]) for one in log["objects"] for a in one["attributes"]]
    assert [(row["object"], row["attribute"], row["value"]) for row in rows(directory, "object_changes")] == lived


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(timespec="microseconds")
        case _:
            return str(plain(value))


def test_values_are_of_their_types(directory: Told) -> None:
    found = {row["activity"]: row for row in rows(directory, "events")}
    accepted = found["case-accepted"]
    assert accepted["due_on"] == date(2015, 7, 18)
    assert accepted["occurred_at"].utcoffset() == timedelta(hours=8)
    assert (accepted["parties"], accepted["to_be_handled"]) == (2, True)
    assert found["score-published"]["points"] == Decimal("12.3456")
    assert (accepted["case"], accepted["community"]) == (f"case/{CASE}", f"community/{COMMUNITY}")
    assert accepted["officers"] == []
    assert len(found["mediation-held"]["officers"]) == 2
    (case,) = [row for row in rows(directory, "objects") if row["id"] == f"case/{CASE}"]
    assert (case["status"], case["dispute_type"], case["due_on"]) == ("closed", "housing", date(2015, 7, 18))


def test_nothing_typed_or_sealed_and_no_persons_id_leaves(directory: Told, exported: Exported) -> None:
    content = repr([rows(directory, table.name) for table in TABLES])
    words = [*exported.canaries.words, *OFFICERS, "sealed:", "canary", "=机密"]
    assert [word for word in words if word in content] == []


def test_a_file_alone_holds_the_events(exported: Exported, directory: Told) -> None:
    file, told = exported.to("parquet", "events.parquet")
    assert file.is_file()
    assert pq.read_table(file).to_pylist() == rows(directory, EVENTS.name)
    assert set(told["files"]) == {"events.parquet"}
    assert set(directory[1]["files"]) == {f"{table.name}.parquet" for table in TABLES}


def test_what_is_written_in_many_groups_is_the_same(
    exported: Exported, directory: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_files, "GROUP_ROWS", 10)
    monkeypatch.setattr("services.exporting.telling.PAGE_EVENTS", 7)
    again = exported.to("parquet", "groups")
    assert pq.ParquetFile(again[0] / "events.parquet").num_row_groups > 5
    for table in TABLES:
        assert rows(again, table.name) == rows(directory, table.name)


def test_where_pyarrow_is_absent_it_says_what_to_install(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = called("export", "parquet", tmp_path / "a.parquet", "--data", exported.data, "--json")
    assert "pip install pyarrow" in done.problem("pyarrow_missing")["detail_en"]
    assert list(tmp_path.iterdir()) == []
    assert called("export", "ocel", tmp_path / "a.json", "--data", exported.data).code == 0, "nothing else needs it"
