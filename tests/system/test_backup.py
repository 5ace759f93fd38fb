"""`sanguan backup`, `restore` and `keys` as an operator calls them, on both databases. Everyone is invented."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from services.installation import SERVICES
from shared import backup as backups
from shared.access.tables import accounts, memberships, sessions
from shared.contracts.privacy import PersonalDataErased
from shared.ledger.runner import Runner
from shared.log.append import Appended
from shared.log.database import writing
from shared.log.destroyed import NAME, Destroyed, DestroyedList
from shared.log.sealer import root_at
from shared.log.tables import METADATA, vault_keys
from shared.log.vault import Unreadable
from shared.runtime import Node
from shared.settings import load
from shared.storage import Storage
from tests.log.test_vault import LI, PHONE, REPORT, SUMMARY, ZHANG, Report, boxes, event_of
from tests.parts import LOG, NOW, OTHER_LOG, Clock, everything, proposal
from tests.system.cli import Done, called

CASES = 40


@dataclass
class Installation:
    """A data directory and, on PostgreSQL, a database."""

    data: Path
    url: str | None

    @property
    def env(self) -> dict[str, str]:
        return {} if self.url is None else {"SANGUAN_DATABASE_URL": self.url}

    @contextmanager
    def opened(self) -> Iterator[Storage]:
        storage = Storage(load(self.data, database_url=self.url), SERVICES)
        try:
            storage.migrate()
            yield storage
        finally:
            storage.close()

    def sanguan(self, *words: object, **env: str) -> Done:
        return called(*words, "--data", self.data, "--json", env={**self.env, **env})

    def filled(self) -> dict[str, Report]:
        """Cases in two logs, sealed and signed; what was sealed of each."""
        with self.opened() as storage:
            made = {}
            for n in range(CASES):
                subject, log = f"case/{n:04}", (LOG, OTHER_LOG)[n % 2]
                sealed, keys = storage.vault.seal(log, subject, REPORT, fresh=True)
                mac = storage.vault.body_mac([subject])
                wanted = proposal(subject, 0, event_of(sealed), log=log, keys=keys, body=mac)
                assert isinstance(storage.log.append([wanted])[0], Appended)
                made[subject] = sealed
                if n == CASES // 2:
                    storage.seal(LOG)
            for log in (LOG, OTHER_LOG):
                storage.seal(log)
            account = {"name": "a-1", "actor": "clerk-1", "opened_at": 1,
                       "factor": storage.masters.wrap(b"SECRET", b"factor|a-1")}  # fmt: skip
            member = {"actor": "clerk-1", "role": "clerk", "place": LOG, "granted_at": 1, "granted_by": "o-1"}
            session = {"digest": b"d", "name": "s", "account": "a-1", "actor": "clerk-1", "role": "clerk",
                       "place": LOG, "opened_at": 1, "seen_at": 1, "ends_at": 2}  # fmt: skip
            with writing(storage.log_engine) as connection:
                for table, row in (accounts, account), (memberships, member), (sessions, session):
                    connection.execute(insert(table), [row])
            return made

    def said(self) -> list[Any]:
        """All that the record says, and what it remembers."""
        with self.opened() as storage:
            logs = dict(sorted(storage.log.heads().items()))
            return [
                logs, [everything(storage.log, log) for log in logs],
                [root_at(storage.log_engine, log, size) for log, size in logs.items()], storage.vault.body_mac(["x"]),
            ]  # fmt: skip

    def opens(self, sealed: Report, log: str = LOG) -> bool:
        """Whether all boxes open; else none does."""
        with self.opened() as storage:
            try:
                assert [storage.vault.open(log, box) for box in boxes(sealed)] == [SUMMARY, ZHANG, PHONE, LI]
            except Unreadable:
                assert storage.vault.open_all(log, boxes(sealed)) == {}
                return False
        return True


def kinds(request: pytest.FixtureRequest, kind: str, data: Path) -> Installation:
    return Installation(data, str(request.getfixturevalue("postgres_url")) if kind == "postgresql" else None)


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    return kinds(request, request.param, tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "there", None)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def raw(path: Path) -> bytes:
    """All bytes of a file, or of all files beneath a directory."""
    files = [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file())
    return b"".join(file.read_bytes() for file in files)


# there and back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target"), [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]
)
def test_what_was_backed_up_comes_back_on_either_database(
    request: pytest.FixtureRequest, tmp_path: Path, kept: Path, source: str, target: str
) -> None:
    here = kinds(request, source, tmp_path / "here")
    made = here.filled()
    before = here.said()
    done = here.sanguan("backup", kept)
    assert done.code == 0, done.err
    assert (done.json["events"], done.json["keys"]) == (CASES, CASES * 3)
    there = kinds(request, target, tmp_path / "there") if source != target else Installation(tmp_path / "there", None)
    restored = there.sanguan("restore", kept, "--no-list")
    assert restored.code == 0, restored.err
    assert restored.json == {"ok": True, "events": CASES, "forgotten": 0, "logs": [LOG, OTHER_LOG]}
    assert there.said() == before
    assert there.opens(made["case/0000"])
    assert there.sanguan("audit", "verify", "--log", OTHER_LOG).code == 0
    with there.opened() as storage:
        with storage.log_engine.connect() as connection:
            assert connection.scalars(select(memberships.c.place)).all() == [LOG]
            factor = connection.scalar(select(accounts.c.factor))
            assert factor is not None
            assert storage.masters.unwrap(factor, b"factor|a-1") == b"SECRET"
            assert connection.execute(select(sessions)).all() == [], "whoever was signed in signs in again"
        runner = Runner(SERVICES[0], storage.log, storage.ledgers_engine, Clock())
        assert runner.catch_up(LOG) == CASES // 2 - 1, "ledgers are folded again"
        more, keys = storage.vault.seal(LOG, "case/new", REPORT, fresh=True)
        assert isinstance(storage.log.append([proposal("case/new", 0, event_of(more), keys=keys)])[0], Appended)
    assert there.opens(more)


def test_the_record_holds_no_key_and_the_keys_no_record(here: Installation, kept: Path) -> None:
    here.filled()
    with here.opened() as storage, storage.log_engine.connect() as connection:
        wrapped = [bytes(one) for one in connection.scalars(select(vault_keys.c.wrapped))]
        told = [event.bytes for event in everything(storage.log)]
    assert here.sanguan("backup", kept).code == 0
    assert sorted(path.name for path in kept.iterdir()) == ["keys.db", "record.db"]
    assert {path.stat().st_mode & 0o777 for path in (*kept.iterdir(), kept)} == {0o600, 0o700}
    record, keys = raw(kept / "record.db"), raw(kept / "keys.db")
    master = (here.data / "keys" / "master.key").read_bytes()
    assert all(one in keys and one not in record for one in (*wrapped, master))
    assert all(one in record and one not in keys for one in told)


def test_every_table_is_of_the_record_or_of_the_keys_or_left_out() -> None:
    named = [*backups.RECORD, *backups.KEYS, *backups.LEFT_OUT]
    assert sorted(named) == sorted(METADATA.tables)


def test_it_is_of_one_moment_while_others_append(here: Installation, there: Installation, kept: Path) -> None:
    here.filled()
    stop = threading.Event()
    with here.opened() as storage:

        def append() -> None:
            n = 0
            while not stop.is_set():
                sealed, keys = storage.vault.seal(LOG, f"case/w{n}", REPORT, fresh=True)
                storage.log.append([proposal(f"case/w{n}", 0, event_of(sealed), keys=keys)])
                storage.seal(LOG)
                n += 1

        writer = threading.Thread(target=append)
        writer.start()
        try:
            backups_made = [here.sanguan("backup", kept / str(n)) for n in range(3)]
        finally:
            stop.set()
            writer.join()
        grown = storage.log.size(LOG) + storage.log.size(OTHER_LOG)
    sizes = [done.json["events"] for done in backups_made]
    assert CASES <= sizes[0] <= sizes[1] <= sizes[2] <= grown
    for n, done in enumerate(backups_made):
        assert done.json["keys"] == done.json["events"] * 3, "as many keys as there are events of that moment"
        again = Installation(there.data / str(n), None)
        assert again.sanguan("restore", kept / str(n), "--no-list").code == 0


# what was destroyed stays destroyed -----------------------------------------------------------------------------------


def test_what_was_destroyed_since_gets_no_key_again(here: Installation, there: Installation, kept: Path) -> None:
    made = here.filled()
    assert here.sanguan("backup", kept).code == 0
    with here.opened() as storage:
        with storage.log_engine.connect() as connection:
            query = select(vault_keys.c.wrapped).where(vault_keys.c.subject.startswith("case/0000#"))
            wrapped = [bytes(one) for one in connection.scalars(query)]
        assert len(wrapped) == 3
        storage.vault.destroy(LOG, "case/0000", 7)
        storage.vault.destroy(LOG, "case/0002#parties/0", 8)
    there.sanguan("restore", kept).problem("destroyed_list_required")
    assert not there.data.exists()
    done = there.sanguan("restore", kept, "--destroyed", here.data / "keys" / NAME)
    assert done.code == 0, done.err
    assert done.json["forgotten"] == 4
    assert not there.opens(made["case/0000"])
    assert there.opens(made["case/0004"])
    with there.opened() as storage:
        with pytest.raises(Unreadable, match="destroyed"):
            storage.vault.open(LOG, made["case/0002"].parties[0].name)
        assert storage.vault.open(LOG, made["case/0002"].summary) == SUMMARY
        assert {one.at for one in DestroyedList(there.data / "keys" / NAME).read()} == {
            (LOG, "case/0000"), (LOG, "case/0002#parties/0"),
        }  # fmt: skip
    assert not any(one in raw(there.data) for one in wrapped), "the keys never reached the new installation"
    assert there.said()[:3] == here.said()[:3]


def test_a_list_that_lacks_what_the_backup_knew_of_is_not_the_newest(
    here: Installation, there: Installation, kept: Path, tmp_path: Path
) -> None:
    here.filled()
    with here.opened() as storage:
        storage.vault.destroy(LOG, "case/0000", 7)
    assert here.sanguan("backup", kept).code == 0
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    there.sanguan("restore", kept, "--destroyed", empty).problem("destroyed_list_stale")
    there.sanguan("restore", kept, "--destroyed", empty, "--destroyed", here.data / "keys" / NAME)


def test_a_backup_knows_what_was_destroyed_before_it(here: Installation, there: Installation, kept: Path) -> None:
    """By its table, by its list, and by what the record itself says was erased, whichever of them was tampered with."""
    made = here.filled()
    erased = PersonalDataErased(subject="case/0004", kind="case", because="request")  # type: ignore[arg-type]  # as stored
    with here.opened() as storage:
        storage.vault.destroy(LOG, "case/0000", 7)
        (here.data / "keys" / NAME).unlink()
        DestroyedList(here.data / "keys" / NAME).add([Destroyed(LOG, "case/0002", 8)])
        storage.log.append([proposal("erasure/1", 0, erased, owner="privacy")])
        storage.seal(LOG)
        backups.backup(storage.log_engine, here.data / "keys", kept, storage.masters, NOW)
    there.sanguan("restore", kept, "--no-list")
    for case, opens in {"case/0000": False, "case/0002": False, "case/0004": False, "case/0006": True}.items():
        assert there.opens(made[case]) is opens, case


def test_the_list_goes_with_each_backup_also_where_it_was_lost(
    here: Installation, there: Installation, kept: Path
) -> None:
    here.filled()
    with here.opened() as storage:
        storage.vault.destroy(LOG, "case/0000", 7)
    (here.data / "keys" / NAME).unlink()
    assert here.sanguan("backup", kept).code == 0
    assert there.sanguan("restore", kept, "--no-list").code == 0
    for one in (here, there):
        assert DestroyedList(one.data / "keys" / NAME).read() == [Destroyed(LOG, "case/0000", 7)]


def test_keys_that_came_back_behind_its_back_go_when_the_system_starts(here: Installation) -> None:
    """As where somebody restores the database alone, by its own tools."""
    made = here.filled()
    with here.opened() as storage:
        with storage.log_engine.connect() as connection:
            backup = [dict(row) for row in connection.execute(select(vault_keys)).mappings()]
        storage.vault.destroy(LOG, "case/0000", 7)
        gone = [row for row in backup if row["subject"].startswith("case/0000#")]
        with writing(storage.log_engine) as connection:
            connection.execute(insert(vault_keys), gone)
    assert here.opens(made["case/0000"])

    async def start() -> None:
        with here.opened() as storage:
            async with Node(storage, SERVICES, record=True, redis_url=None).running():
                for _ in range(600):
                    if not storage.vault.keys_of([(LOG, "case/0000")])[LOG, "case/0000"].wrapped:
                        return
                    await asyncio.sleep(0.05)
        raise AssertionError("they are there still")

    asyncio.run(start())
    assert not here.opens(made["case/0000"])


# what is refused ------------------------------------------------------------------------------------------------------


def test_an_altered_backup_is_a_finding_and_leaves_nothing(there: Installation, kept: Path, tmp_path: Path) -> None:
    here = Installation(tmp_path / "here", None)
    here.filled()
    assert here.sanguan("backup", kept).code == 0
    with closing(sqlite3.connect(kept / "record.db")) as record, record:
        record.execute("DROP TRIGGER events_no_update")
        record.execute("UPDATE events SET bytes = replace(bytes, 'clerk-1', 'clerk-2') WHERE position = 3")
    done = there.sanguan("restore", kept, "--no-list")
    assert (done.code, done.json["ok"], done.json["code"]) == (1, False, "backup_altered")
    assert (done.json["log"], done.json["first_bad"]["position"]) == (LOG, 3)
    assert list(there.data.iterdir()) == []


def test_only_an_empty_installation_is_restored_into(here: Installation, kept: Path, tmp_path: Path) -> None:
    here.filled()
    before = here.said()
    assert here.sanguan("backup", kept).code == 0
    here.sanguan("restore", kept, "--no-list").problem("not_empty")
    if here.url is not None:  # a new directory, but the database is in use
        beside = Installation(tmp_path / "beside", here.url)
        beside.sanguan("restore", kept, "--no-list").problem("not_empty")
        assert list(beside.data.iterdir()) == []
    assert here.said() == before


def test_halves_that_do_not_belong_together_are_refused(there: Installation, kept: Path, tmp_path: Path) -> None:
    here = Installation(tmp_path / "here", None)
    here.filled()
    for name in ("one", "two"):
        assert here.sanguan("backup", kept / name).code == 0
    (kept / "one" / "keys.db").write_bytes((kept / "two" / "keys.db").read_bytes())
    there.sanguan("restore", kept / "one", "--no-list").problem("backup_mixed")
    (kept / "one" / "keys.db").write_bytes(b"no database")
    there.sanguan("restore", kept / "one", "--no-list").problem("no_backup")
    (kept / "one" / "keys.db").unlink()
    there.sanguan("restore", kept / "one", "--no-list").problem("no_backup")
    there.sanguan("restore", tmp_path / "nowhere", "--no-list").problem("no_backup")
    here.sanguan("backup", kept / "two").problem("backup_exists")


def test_a_backup_of_a_newer_version_is_refused(there: Installation, kept: Path, tmp_path: Path) -> None:
    here = Installation(tmp_path / "here", None)
    here.filled()
    assert here.sanguan("backup", kept).code == 0
    for name in ("record.db", "keys.db"):
        with closing(sqlite3.connect(kept / name)) as file, file:
            file.execute("UPDATE backup SET value = '0999' WHERE name = 'revision'")
    there.sanguan("restore", kept, "--no-list").problem("schema_ahead")


def test_a_backup_without_its_master_key_is_not_restored(there: Installation, kept: Path, tmp_path: Path) -> None:
    """Where the settings give the master key, it is not part of the backup: they must give it again."""
    key = {"SANGUAN_MASTER_KEY": b64encode(b"a master key out of the settings").decode()}
    here = Installation(tmp_path / "here", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANGUAN_MASTER_KEY", key["SANGUAN_MASTER_KEY"])
        made = here.filled()
    assert here.sanguan("backup", kept, **key).code == 0
    assert b64encode(b"a master key out of the settings")[:20] not in raw(kept)
    there.sanguan("restore", kept, "--no-list").problem("master_key_missing")
    assert list(there.data.iterdir()) == []
    assert there.sanguan("restore", kept, "--no-list", **key).code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANGUAN_MASTER_KEY", key["SANGUAN_MASTER_KEY"])
        assert there.opens(made["case/0000"])


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from services.installation import SERVICES
    from shared import backup
    from shared.clock import utc_now
    from shared.runtime import Node
    from shared.storage import Storage
    from shared.settings import load

    storage = Storage(load(Path(sys.argv[1])), SERVICES)
    die = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done > total // 2 else None
    backup.backup(storage.log_engine, storage.settings.keys_dir, Path(sys.argv[2]), storage.masters, utc_now(), die)
"""


def test_a_backup_that_was_killed_is_none(kept: Path, tmp_path: Path) -> None:
    here = Installation(tmp_path / "here", None)
    here.filled()
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(here.data), str(kept)]
    killed = subprocess.run(command, env={**os.environ}, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not kept.exists()
    assert here.sanguan("backup", kept).code == 0


# master keys ----------------------------------------------------------------------------------------------------------


def test_master_keys_are_listed_changed_and_retired(here: Installation) -> None:
    made = here.filled()
    before = here.said()
    listed = here.sanguan("keys", "list")
    assert listed.code == 0, listed.err
    (old,) = listed.json["masters"]
    assert (old["current"], old["wraps"]) == (True, CASES * 3 + 3)
    done = here.sanguan("keys", "rotate")
    assert done.code == 0, done.err
    assert done.json == {"ok": True, "master": done.json["master"], "rewrapped": CASES * 3 + 3, "resumed": False}
    rows = here.sanguan("keys", "list").json["masters"]
    assert [(row["name"], row["current"], row["wraps"]) for row in rows] == [
        (done.json["master"], True, CASES * 3 + 3), (old["name"], False, 0),
    ]  # fmt: skip
    assert here.sanguan("keys", "retire", old["name"]).code == 0
    here.sanguan("keys", "retire", old["name"]).problem("no_older_master")
    assert here.said() == before
    assert here.opens(made["case/0000"])


def test_a_backup_from_before_a_rotation_brings_its_master_key_along(
    here: Installation, there: Installation, kept: Path
) -> None:
    made = here.filled()
    assert here.sanguan("backup", kept).code == 0
    old = here.sanguan("keys", "list").json["masters"][0]["name"]
    assert here.sanguan("keys", "rotate").code == 0
    assert here.sanguan("keys", "retire", old).code == 0
    assert there.sanguan("restore", kept, "--no-list").code == 0
    assert there.opens(made["case/0000"])


@pytest.mark.parametrize("held", ["", "c2hvcnQ=", "not base64 at all"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, held: str) -> None:
    here = Installation(tmp_path / "here", None)
    here.filled()
    (tmp_path / "key").write_text(held)
    here.sanguan("keys", "rotate", "--new", tmp_path / "key").problem("bad_key_file")
    assert here.sanguan("keys", "list").json["masters"][0]["wraps"] == CASES * 3 + 3
