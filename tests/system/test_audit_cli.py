"""`sanguan audit`: finds nothing on what the demo made, and names whatever was altered by hand. Invented data."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from services.installation import SERVICES, opened
from shared.settings import load
from tests.system.cli import called, sanguan
from tests.system.demo import Demo
from tests.system.server import LOG

LEDGERS = [f"{service.name}.{ledger.name}" for service in SERVICES for ledger in service.ledgers]


def altered(database: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """What a database administrator can do: anything."""
    connection = sqlite3.connect(database)
    with connection:
        change(connection)
    connection.close()


def unguarded(connection: sqlite3.Connection) -> None:
    """Drop the triggers that protect events: an attacker's first step."""
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def everything(data: Path) -> dict[str, list[str]]:
    """All that stands in both databases."""
    found = {}
    for name in ("log.db", "ledgers.db"):
        connection = sqlite3.connect(data / name)
        found[name] = list(connection.iterdump())
        connection.close()
    return found


# replay -------------------------------------------------------------------------------------------------------------


def test_replay_recomputes_every_ledger_and_score(demo: Demo, data: Path) -> None:
    before = everything(data)
    done = sanguan("audit", "replay", "--data", data, "--json")
    assert done.code == 0, done.err
    assert everything(data) == before, "an audit changes nothing"
    told = done.json
    assert set(told) >= {"ok", "log", "size", "root", "ledgers", "scores", "first_bad"}
    assert (told["ok"], told["log"], told["first_bad"]) == (True, LOG, None)
    assert (told["size"], told["root"]) == (demo.done.json["events"], demo.done.json["audit"]["root"])
    assert [one["name"] for one in told["ledgers"]] == LEDGERS
    for one in told["ledgers"]:
        assert one["live"] == one["replayed"]
        assert one["first_difference"] is None
    types = demo.done.json["event_types"]
    published = demo.done.json["scores_published"] + types["sanguan.assessment.score-restated.v1"]
    assert told["scores"] == {"checked": published, "equal": published}


def test_what_was_changed_by_hand_is_named(data: Path) -> None:
    changes = {
        "intake.cases": "UPDATE {table} SET status = 'closed' WHERE key = (SELECT min(key) FROM {table}"
        " WHERE status = 'accepted')",
        "assignment.visits": "DELETE FROM {table} WHERE key = (SELECT min(key) FROM {table})",
        "assignment.officers": "INSERT INTO {table} SELECT log, key || 'x', {columns} FROM {table} LIMIT 1",
        "assessment.scores": "UPDATE {table} SET points = '99' WHERE key = (SELECT max(key) FROM {table})",
    }

    def change(connection: sqlite3.Connection) -> None:
        for ledger, statement in changes.items():
            table = "ledger_" + ledger.replace(".", "_")
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")][2:]
            changed = connection.execute(statement.format(table=table, columns=", ".join(columns)))
            assert changed.rowcount == 1

    altered(data / "ledgers.db", change)
    done = called("audit", "replay", "--data", data, "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    different = {one["name"]: one["first_difference"] for one in done.json["ledgers"] if one["live"] != one["replayed"]}
    assert set(different) == set(changes)
    assert different["intake.cases"]["columns"] == ["status"]
    assert different["assignment.visits"]["what"] == "missing from the live ledger"
    assert different["assignment.officers"]["what"] == "not in the replay"
    assert different["assessment.scores"]["columns"] == ["points"]
    people = called("audit", "replay", "--data", data)
    assert people.code == 1
    for ledger, difference in different.items():
        (line,) = [line for line in people.out.splitlines() if ledger in line]
        assert difference["key"] in line


def test_an_emptied_ledger_is_no_well_kept_one(data: Path) -> None:
    def empty(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM ledger_intake_cases")
        connection.execute("DELETE FROM progress WHERE follower = 'intake.cases'")

    altered(data / "ledgers.db", empty)
    done = called("audit", "replay", "--data", data, "--json")
    assert (done.code, done.json["ok"]) == (1, False)
    (found,) = [one for one in done.json["ledgers"] if one["findings"]]
    assert (found["name"], found["position"]) == ("intake.cases", -1)
    assert "BEHIND" in found["findings"][0]


def test_a_table_of_another_shape_is_found_and_not_mended(data: Path) -> None:
    def reshape(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE ledger_intake_cases SET status = 'closed'")
        connection.execute("ALTER TABLE ledger_intake_cases ADD COLUMN another TEXT")

    altered(data / "ledgers.db", reshape)
    before = everything(data)
    done = called("audit", "replay", "--data", data, "--json")
    assert (done.code, done.json["ok"]) == (1, False)
    (found,) = [one for one in done.json["ledgers"] if one["findings"]]
    assert (found["name"], found["first_difference"]["columns"]) == ("intake.cases", ["another"])
    assert everything(data) == before


# verify -------------------------------------------------------------------------------------------------------------


def test_verify_recomputes_the_tree(demo: Demo, data: Path) -> None:
    before = everything(data)
    done = sanguan("audit", "verify", "--data", data, "--json")
    assert done.code == 0, done.err
    assert everything(data) == before, "an audit changes nothing"
    told = done.json
    assert set(told) >= {"ok", "log", "size", "root", "ledgers", "scores", "first_bad"}
    assert (told["ok"], told["first_bad"]) == (True, None)
    assert (told["size"], told["root"]) == (demo.done.json["events"], demo.done.json["audit"]["root"])


@pytest.mark.parametrize("position", [0, -1234])
def test_row_29_one_altered_byte_is_named_by_its_position(demo: Demo, data: Path, position: int) -> None:
    position %= demo.done.json["events"]

    def flip(connection: sqlite3.Connection) -> None:
        unguarded(connection)
        where = "WHERE log = ? AND position = ?"
        (stored,) = connection.execute(f"SELECT bytes FROM events {where}", (LOG, position)).fetchone()
        at = stored.index(b'"occurred_at":"20') + len('"occurred_at":"20')
        spoilt = stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :]  # another year
        connection.execute(f"UPDATE events SET bytes = ? {where}", (spoilt, LOG, position))

    altered(data / "log.db", flip)
    for what in ("verify", "replay"):
        done = called("audit", what, "--data", data, "--json")
        assert done.code == 1
        assert (done.json["ok"], done.json["root"]) == (False, None)
        assert done.json["first_bad"]["position"] == position
        assert done.json["first_bad"]["reason"]


def test_a_truncated_log_is_found(demo: Demo, data: Path) -> None:
    keep = demo.done.json["events"] - 3

    def cut(connection: sqlite3.Connection) -> None:
        unguarded(connection)
        connection.execute("DELETE FROM events WHERE log = ? AND position >= ?", (LOG, keep))
        connection.execute("UPDATE heads SET size = ? WHERE log = ?", (keep, LOG))

    altered(data / "log.db", cut)
    done = called("audit", "verify", "--data", data, "--json")
    assert done.code == 1
    assert done.json["first_bad"]["position"] == keep


@pytest.mark.parametrize("what", ["verify", "replay"])
def test_removed_checkpoints_are_found(data: Path, what: str) -> None:
    altered(data / "log.db", lambda connection: connection.execute("DELETE FROM checkpoints"))
    done = called("audit", what, "--data", data, "--json")
    assert done.code == 1
    assert done.json["first_bad"]["code"] == "checkpoint_gone"
    altered(data / "log.db", lambda connection: connection.execute("DELETE FROM tiles"))
    done = called("audit", what, "--data", data, "--json")
    assert done.code == 1
    assert done.json["first_bad"]["code"] == "never_signed"


def test_a_note_kept_elsewhere_finds_a_log_that_was_cut_and_signed_again(data: Path, tmp_path: Path) -> None:
    """Whoever holds the database and the key makes a record that is well in itself: only the note knows more."""
    note = tmp_path / "kept.txt"

    def cut(connection: sqlite3.Connection) -> None:
        newest = "SELECT note FROM checkpoints WHERE log = ? ORDER BY size DESC LIMIT 1"
        (kept,) = connection.execute(newest, (LOG,)).fetchone()
        note.write_text(kept, encoding="utf-8")
        unguarded(connection)
        connection.execute("DELETE FROM events WHERE log = ? AND position >= 2000", (LOG,))
        connection.execute("UPDATE heads SET size = 2000 WHERE log = ?", (LOG,))
        connection.execute("DELETE FROM checkpoints WHERE log = ?", (LOG,))
        connection.execute("DELETE FROM tiles WHERE log = ?", (LOG,))

    held = ("audit", "verify", "--data", data, "--json", "--checkpoint", note)
    altered(data / "log.db", cut)
    with opened(load(data), audits=True) as storage:
        assert storage.seal(LOG) is not None
    assert called("audit", "verify", "--data", data, "--json").code == 0
    done = called(*held)
    assert done.code == 1
    assert (done.json["first_bad"]["code"], done.json["first_bad"]["position"]) == ("truncated", 2000)


def test_a_note_that_the_log_still_holds_is_one_more_checkpoint(data: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(data / "log.db")
    first = "SELECT note FROM checkpoints WHERE log = ? ORDER BY size LIMIT 1"
    (kept,) = connection.execute(first, (LOG,)).fetchone()
    connection.close()
    note = tmp_path / "kept.txt"
    note.write_text(kept, encoding="utf-8")
    without = called("audit", "verify", "--data", data, "--json")
    done = called("audit", "verify", "--data", data, "--json", "--checkpoint", note, "--checkpoint", note)
    assert (done.code, done.json["checkpoints"]) == (0, without.json["checkpoints"] + 2)
    for spoilt in (kept.replace("sanguan", "other"), kept.replace("\n\n", "\n0\n\n", 1), "", "x" * 100):
        note.write_text(spoilt, encoding="utf-8")
        called("audit", "verify", "--data", data, "--json", "--checkpoint", note).problem("checkpoint_refused")
    note.unlink()
    called("audit", "verify", "--data", data, "--json", "--checkpoint", note).problem("file_or_network")


def test_the_database_itself_refuses_to_change_an_event(data: Path) -> None:
    connection = sqlite3.connect(data / "log.db")
    for change in (
        "UPDATE events SET type = 'x'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 5",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            connection.execute(change)
    connection.close()


# unusable -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["replay", "verify"])
def test_where_there_is_no_record_it_says_so_in_one_line(tmp_path: Path, what: str) -> None:
    done = called("audit", what, "--data", tmp_path / "nowhere", "--json")
    assert done.code == 2
    assert "nowhere" in done.one_line_for_people()
    assert not (tmp_path / "nowhere").exists(), "a question makes nothing"


def test_a_log_that_is_not_there_is_no_well_kept_one(data: Path) -> None:
    for what in ("replay", "verify"):
        done = called("audit", what, "--data", data, "--log", "410105099", "--json")
        assert done.code == 2
        assert done.one_line_for_people()


def test_a_log_of_readings_that_was_shortened_is_a_finding(data: Path) -> None:
    """The sample's one reading is taken away, and all that was signed of it: its anchor tells."""
    sound = called("audit", "verify", "--data", data, "--json")
    assert (sound.code, sound.json["readings"]["anchors"]) == (0, 1)
    readings = f"{LOG}.access"

    def cut(connection: sqlite3.Connection) -> None:
        unguarded(connection)
        for table in ("events", "heads", "checkpoints", "tiles"):
            connection.execute(f"DELETE FROM {table} WHERE log = ?", (readings,))

    altered(data / "log.db", cut)
    for secret in ("key", "pub"):
        (data / "keys" / f"{readings}.{secret}").unlink()
    done = called("audit", "verify", "--data", data, "--json")
    assert (done.code, done.json["ok"], done.json["readings"]["ok"]) == (1, False, False)
    assert done.json["first_bad"] is None, "the sub-district's own log is sound"
    assert done.json["readings"]["first_bad"]["code"] == "anchor"
