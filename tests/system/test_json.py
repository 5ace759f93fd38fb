"""With --json, stdout holds one object whatever happens: a program never has to guess. All data are invented."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.system.cli import WORKBOOK, called, sanguan
from tests.system.demo import Demo
from tests.system.server import LOG

ABSENT = {
    "migrate": (), "audit replay": (), "audit verify": (), "rebuild": ("intake.cases",), "doctor": (),
    "unpark": ("intake.cases", "a"), "token": ("--role", "clerk", "--log", LOG),
}  # fmt: skip


@pytest.mark.parametrize("command", ABSENT)
def test_where_there_is_no_record_nothing_is_made_and_it_says_so(tmp_path: Path, command: str) -> None:
    nowhere = tmp_path / "nowhere" / "x"
    done = called(*command.split(), *ABSENT[command], "--data", nowhere, "--json")
    assert "nowhere" in done.problem("no_record")["detail_en"]
    assert not nowhere.parent.exists()
    people = called(*command.split(), *ABSENT[command], "--data", nowhere)
    assert (people.code, people.out) == (2, "")
    assert "nowhere" in people.one_line_for_people()


def test_a_token_needs_no_record_where_its_key_is_given(tmp_path: Path) -> None:
    key = {"SANGUAN_TOKEN_KEY": "c3ludGhldGljLXN5bnRoZXRpYy1zeW50aGV0aWMtc3ludGg="}
    done = called("token", "--role", "clerk", "--log", LOG, "--data", tmp_path / "nowhere", "--json", env=key)
    assert done.code == 0
    assert done.json["token"].count(".") == 2


def test_a_second_demo_on_the_same_data_prints_one_object_too(data: Path, demo: Demo) -> None:
    """It logs that the consumers of the first one are dead, which is no answer."""
    again = sanguan("demo", "--data", data, "--json")
    assert again.code == 0, again.err
    assert again.out.count("\n") == 1
    assert again.json["events"] == demo.done.json["events"], "what was done is done once"
    assert all(json.loads(line)["event"] for line in again.err.splitlines() if line.startswith("{"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("audit", "replay", "--log", "410105099"), "unknown_log"),
        (("audit", "verify", "--log", "410105099"), "unknown_log"),
        (("rebuild", "intake.nothing"), "unknown_ledger"),
        (("rebuild", "intake.cases", "--log", "410105099"), "unknown_log"),
        (("unpark", "intake.nothing", "a"), "unknown_ledger"),
        (("unpark", "intake.cases", "a"), "nothing_parked"),
        (("token", "--role", "clerk", "--log", "1"), "bad_log"),
        (("token", "--role", "service", "--log", LOG), "token_refused"),
        (("token", "--role", "clerk", "--log", LOG, "--subject", "19900000000"), "token_refused"),
        (("token", "--role", "nobody", "--log", LOG), "bad_usage"),
        (("token", "--role", "clerk"), "bad_usage"),
        (("rebuild",), "bad_usage"),
        (("audit", "verify", "--nothing"), "bad_usage"),
    ],
)
def test_unusable_input_is_one_object(demo: Demo, words: tuple[str, ...], code: str) -> None:
    called(*words, "--data", demo.data, "--json").problem(code)


def test_so_it_is_in_a_process_of_its_own(demo: Demo) -> None:
    sanguan("audit", "replay", "--log", "410105099", "--data", demo.data, "--json").problem("unknown_log")
    sanguan("audit", "verify", "--nothing", "--data", demo.data, "--json").problem("bad_usage")


def test_an_unusable_setting_is_one_object(demo: Demo) -> None:
    done = called("doctor", "--data", demo.data, "--json", env={"SANGUAN_DATABASE_URL": "nonsense"})
    assert "SANGUAN_DATABASE_URL" in done.problem("bad_setting")["detail_en"]


def test_a_workbook_that_is_none_is_one_object(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"nothing of the kind")
    done = called("import", tmp_path / "a.xlsx", "--data", data, "--json")
    assert done.code == 2
    assert {"code", "detail_zh", "detail_en"} <= set(done.json)
    done = called("import", tmp_path / "absent.xlsx", "--data", data, "--json")
    assert done.code == 2
    assert done.json["code"]


def spoil(database: Path, statement: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("what", ["audit replay", "audit verify", "run intake"])
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE log_revision SET version_num = '0001'", "schema_behind"),
        ("UPDATE log_revision SET version_num = '0999'", "schema_ahead"),
        ("DROP TABLE refused_reactions", "schema_strange"),
    ],
)
def test_a_database_of_another_layout_says_what_to_do(data: Path, what: str, statement: str, code: str) -> None:
    spoil(data / "log.db", statement)
    words = what.split()
    done = called(*words, "--data", data, *(("--port", 0) if words[0] == "run" else ("--json",)))
    assert done.code == 2
    assert f"({code})" in done.one_line_for_people()
    if words[0] == "audit":
        done.problem(code)


def test_a_database_that_is_none_is_one_object(data: Path) -> None:
    (data / "log.db").write_bytes(b"not a database " * 1000)
    for leftover in data.glob("log.db-*"):
        leftover.unlink()
    called("doctor", "--data", data, "--json").problem("database")


def test_a_fault_of_ours_is_one_object_without_a_traceback(data: Path) -> None:
    """What nobody foresaw."""
    spoil(data / "ledgers.db", "DROP TABLE progress")
    spoil(data / "ledgers.db", "CREATE TABLE progress (log TEXT, follower TEXT, position TEXT, halted TEXT)")
    spoil(data / "ledgers.db", f"INSERT INTO progress VALUES ('{LOG}', 'intake.cases', 'x', NULL)")
    done = called("audit", "replay", "--data", data, "--json")
    told = done.problem("internal", exit=1)
    assert re.search(r"\((Type|Value)Error\)", told["detail_en"])
    (fault,) = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert fault["event"] == "fault"
    assert any("compare.py" in place for place in fault["at"])


def test_findings_exit_with_one(data: Path) -> None:
    spoil(data / "ledgers.db", "UPDATE progress SET halted = 'synthetic' WHERE follower = 'intake.cases'")
    done = called("doctor", "--data", data, "--json")
    assert (done.code, done.json["ok"]) == (1, False)
    assert done.json["troubles"][0]["kind"] == "halted"


def test_a_call_that_goes_well_prints_one_object(data: Path) -> None:
    calls: tuple[tuple[object, ...], ...] = (
        ("migrate",), ("doctor",), ("rebuild", "intake.cases"), ("audit", "replay"), ("audit", "verify"),
        ("token", "--role", "clerk", "--log", LOG), ("import", WORKBOOK, "--dry-run"),
    )  # fmt: skip
    for words in calls:
        done = called(*words, "--data", data, "--json")
        assert done.code == 0, done.err
        assert done.out.count("\n") == 1
        assert isinstance(done.json, dict)
