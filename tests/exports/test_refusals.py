"""`sanguan export` on what cannot be exported or written: one line, exit code 2, and nothing half written."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from services.exporting import ocel_json
from services.exporting.files import whole_directory, whole_file
from tests.exports.conftest import Exported
from tests.exports.record import LOG, append, life, storage_at
from tests.system.cli import ROOT, called

FORMS = {"ocel": "a.jsonocel", "parquet": "a.parquet", "xlsx": "a.xlsx"}


@pytest.mark.parametrize("form", FORMS)
def test_unusable_input_is_one_line_and_leaves_nothing(form: str, exported: Exported, tmp_path: Path) -> None:
    name, data = FORMS[form], ("--data", exported.data, "--json")
    called("export", form, tmp_path / name, "--data", tmp_path / "nowhere", "--json").problem("no_record")
    called("export", form, tmp_path / name, "--log", "410105099", *data).problem("unknown_log")
    called("export", form, tmp_path / "no" / name, *data).problem("no_directory")
    called("export", form, *data).problem("bad_usage")
    if form != "xlsx":
        called("export", form, tmp_path / name, "--position", 10_000, *data).problem("beyond_the_end")
        called("export", form, tmp_path / name, "--position", -1, *data).problem("bad_usage")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("form", "name"), [("ocel", "a.csv"), ("ocel", "a"), ("xlsx", "a.xls"), ("xlsx", "a.json")])
def test_an_ending_that_says_nothing_is_refused(form: str, name: str, exported: Exported, tmp_path: Path) -> None:
    done = called("export", form, tmp_path / name, "--data", exported.data, "--json")
    done.problem("unknown_ending")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_stands_in_the_way_of_a_file_and_a_full_one_of_tables(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    called("export", "ocel", tmp_path / "a.json", "--data", exported.data, "--json").problem("out_is_directory")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept").write_text("mine")
    called("export", "parquet", tmp_path / "full", "--data", exported.data, "--json").problem("out_exists")
    assert (tmp_path / "full" / "kept").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert called("export", "parquet", tmp_path / "empty", "--data", exported.data).code == 0
    (tmp_path / "nowhere").symlink_to(tmp_path / "nothing")
    called("export", "parquet", tmp_path / "nowhere", "--data", exported.data, "--json").problem("out_exists")
    assert {file.name for file in tmp_path.iterdir()} == {"a.json", "full", "empty", "nowhere"}


def unguarded(file: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """What a database administrator can do."""
    connection = sqlite3.connect(file)
    with connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        change(connection)
    connection.close()


@pytest.mark.parametrize("form", ["ocel", "parquet"])
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE events SET bytes = CAST(replace(bytes, 'closed.v1', 'closed.v9') AS BLOB)", "unknown_event"),
        ("UPDATE events SET bytes = X'7b22' WHERE position = 3", "log_damaged"),
        ("UPDATE events SET bytes = CAST(replace(bytes, '2015-06-18', '2015-66-18') AS BLOB)", "log_damaged"),
        ("DELETE FROM events WHERE position > 2", "log_damaged"),
        ("UPDATE events SET bytes = CAST(replace(bytes, '1网格', '9网格') AS BLOB)", "log_damaged"),
        ("UPDATE tiles SET hashes = X'00'", "log_damaged"),
    ],
)
def test_a_record_that_was_altered_is_not_exported(form: str, statement: str, code: str, tmp_path: Path) -> None:
    storage = storage_at(tmp_path / "data")
    append(storage.log, life())
    storage.seal(LOG)
    storage.close()
    unguarded(tmp_path / "data" / "log.db", lambda connection: connection.execute(statement))
    (tmp_path / "out").mkdir()
    done = called("export", form, tmp_path / "out" / FORMS[form], "--data", tmp_path / "data", "--json")
    assert re.search("position [0-9]|tree", done.problem(code)["detail_en"])
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("form", ["ocel", "parquet"])
def test_where_writing_fails_what_stood_there_stays(
    form: str, exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / FORMS[form]
    out.write_bytes(b"the one of before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("services.exporting.telling.Objects.flush", full)
    done = called("export", form, out, "--data", exported.data, "--json")
    done.problem("file_or_network")
    assert [file.name for file in tmp_path.iterdir()] == [out.name]
    assert out.read_bytes() == b"the one of before"


def test_a_file_is_replaced_as_a_whole(exported: Exported, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    out.write_bytes(b"the one of before")
    assert called("export", "ocel", out, "--data", exported.data).code == 0
    assert out.read_bytes().startswith(b'{\n"eventTypes"')
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_what_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def half_a_file() -> None:
        with whole_file(tmp_path / "a.sqlite") as partial:
            partial.write_bytes(b"half")
            partial.with_name(partial.name + "-journal").write_bytes(b"half")
            raise KeyboardInterrupt

    def half_a_directory() -> None:
        with whole_directory(tmp_path / "tables") as partial:
            (partial / "events.parquet").write_bytes(b"half")
            raise KeyboardInterrupt

    for half in (half_a_file, half_a_directory):
        with pytest.raises(KeyboardInterrupt):
            half()
    assert list(tmp_path.iterdir()) == []


def test_neither_the_product_nor_the_development_needs_what_is_under_the_agpl() -> None:
    """pm4py reads the exports in a test that stands apart; pyarrow is asked for by one command alone."""
    for lock in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        assert "pm4py" not in (ROOT / lock).read_text()
    assert "pyarrow==" not in (ROOT / "requirements.lock").read_text()
    asking = {
        (file.name, line.startswith(" "))
        for package in ("services", "shared") for file in (ROOT / package).rglob("*.py")
        for line in file.read_text().splitlines() if re.match(r"\s*(import|from) pyarrow", line)
    }  # fmt: skip
    assert asking == {("parquet_files.py", True)}, "within a function: only where it is used"


def test_a_value_is_one_text() -> None:
    assert [ocel_json.written(value) for value in (True, False, 0, 17, "x")] == ["true", "false", "0", "17", "x"]
