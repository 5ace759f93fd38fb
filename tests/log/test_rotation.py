"""Rotation of the master key: everything is wrapped again, nothing that was recorded changes, and the old key opens
nothing. It may be killed anywhere. Everyone is invented."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from shared.access.factor import factor_context
from shared.access.tables import accounts
from shared.contracts.model import Trace
from shared.errors import Unusable
from shared.log import rotation
from shared.log.append import Appended, Reused, microseconds
from shared.log.database import close_engine, sqlite_engine, writing
from shared.log.schema import migrate
from shared.log.sealer import root_at
from shared.log.tables import system_keys, vault_keys
from shared.log.vault import Unreadable, Vault
from shared.log.wrapping import (
    Masters,
    MasterUnknown,
    load_master,
    master_name,
    masters_of,
    older_files,
    read_files,
)
from shared.settings import Settings, load
from tests.log.test_vault import CASE, LI, PHONE, REPORT, SUMMARY, ZHANG, boxes, event_of, report
from tests.log.test_wrapping import RAW, given, wrapped_before
from tests.parts import LOG, NOW, OTHER_LOG, everything, log_on, proposal

KEYS = rotation.BATCH * 2 + 7
TRACE = Trace("phone", PHONE, "parties/0")
ROOT = Path(__file__).parents[2]


class House:
    """An installation with sealed cases, a second factor, and keys from before masters had names."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings
        self.old = load_master(settings.keys_dir / "master.key")
        self.vault = Vault(engine, masters_of(settings))
        self.sealed = report(engine, self.vault)
        self.mac = self.vault.body_mac(["a body"])
        self.entries = self.vault.blind.entries(LOG, [TRACE], lambda of: of, NOW)
        masters = masters_of(settings)
        factor = masters.wrap(b"SECRET", factor_context("a-1"))
        account = {"name": "a-1", "actor": "clerk-1", "factor": factor, "opened_at": microseconds(NOW)}
        rows = [
            {"log": OTHER_LOG, "subject": f"case/{n:06}#",
             "wrapped": wrapped_before(self.old, RAW, f"{OTHER_LOG}|case/{n:06}#".encode())}
            for n in range(KEYS)
        ]  # fmt: skip
        with writing(engine) as connection:
            connection.execute(insert(vault_keys), rows)
            connection.execute(insert(accounts), [account, {**account, "name": "a-2", "actor": "c-2", "factor": None}])
        self.before = everything(log_on(engine)), root_at(engine, LOG, 1)

    def rotate(self, new: bytes | None = None) -> rotation.Rotated:
        return rotation.rotate(self.settings, self.vault, self.engine, new, sleep=lambda _: None)

    def is_as_before(self, vault: Vault) -> None:
        """What was recorded and remembered is the same, and opens."""
        assert (everything(log_on(self.engine)), root_at(self.engine, LOG, 1)) == self.before
        assert [vault.open(LOG, box) for box in boxes(self.sealed)] == [SUMMARY, ZHANG, PHONE, LI]
        assert vault.body_mac(["a body"]) == self.mac
        assert vault.blind.entries(LOG, [TRACE], lambda of: of, NOW) == self.entries
        again, keys = vault.seal(LOG, CASE, REPORT, fresh=False)
        assert keys == ()
        assert vault.open(LOG, again.summary) == SUMMARY

    def wrapped(self) -> list[bytes]:
        with self.engine.connect() as connection:
            tables = vault_keys.c.wrapped, system_keys.c.wrapped, accounts.c.factor
            return [bytes(one) for column in tables for one in connection.scalars(select(column)) if one is not None]

    def factor(self, masters: Masters) -> bytes:
        with self.engine.connect() as connection:
            wrapped = connection.scalar(select(accounts.c.factor).where(accounts.c.name == "a-1"))
        assert wrapped is not None
        return masters.unwrap(wrapped, factor_context("a-1"))


@pytest.fixture
def house(log_engine: Engine, tmp_path: Path) -> House:
    return House(log_engine, load(tmp_path / "data"))


def test_everything_is_wrapped_again_and_the_old_master_opens_nothing(house: House) -> None:
    done = house.rotate()
    new = load_master(house.settings.keys_dir / "master.key")
    assert new != house.old
    assert (done.name, done.resumed, done.rewrapped) == (master_name(new), False, KEYS + 3 + 2 + 1)
    assert rotation.under(house.engine) == {master_name(new): KEYS + 6}
    house.is_as_before(Vault(house.engine, Masters([new])))
    assert house.factor(Masters([new])) == b"SECRET"
    house.is_as_before(house.vault)  # it held keys wrapped under the old one, and goes on
    old = Masters([house.old])
    for box in boxes(house.sealed):
        with pytest.raises(Unreadable, match="master key"):
            Vault(house.engine, old).open(LOG, box)
    with pytest.raises(MasterUnknown):
        house.factor(old)
    with pytest.raises(Unusable):
        Vault(house.engine, old).prepare()


def test_commands_of_before_get_their_answers_and_duplicates_are_found(house: House) -> None:
    log = log_on(house.engine)
    sealed, keys = house.vault.seal(LOG, "case/2", REPORT, fresh=True)
    mac = house.vault.body_mac(["first"])
    entries = house.vault.blind.entries(LOG, [TRACE], lambda of: f"case/2#{of}", NOW)
    first = replace(proposal("case/2", 0, event_of(sealed), command_id="k-2", body=mac, keys=keys), entries=entries)
    answer = log.append([first])[0]
    assert isinstance(answer, Appended)
    house.rotate()
    later = Vault(house.engine, masters_of(house.settings))
    again = log.append([replace(first, body_mac=later.body_mac(["first"]), keys=(), entries=())])[0]
    assert isinstance(again, Appended)
    assert (again.position, again.repeated) == (answer.position, True)
    assert log.append([replace(first, body_mac=later.body_mac(["other"]), keys=(), entries=())]) == [Reused()]
    assert later.blind.subjects(LOG, [TRACE], NOW) == {"case/2#parties/0"}


def test_rotating_again_takes_another_master_and_older_ones_are_retired_when_nothing_is_under_them(
    house: House,
) -> None:
    first, second = house.rotate(), house.rotate(b"the operator's own master key...")
    assert second.name == master_name(b"the operator's own master key...")
    assert (second.rewrapped, second.resumed) == (first.rewrapped, False)
    directory = house.settings.keys_dir
    assert len(older_files(directory)) == 2
    for name in (master_name(house.old), first.name):
        rotation.retire(house.settings, house.engine, name)
    assert read_files(directory) == [b"the operator's own master key..."]
    house.is_as_before(Vault(house.engine, masters_of(house.settings)))
    for name in (first.name, second.name, "0" * 16):
        with pytest.raises(Unusable, match="no_older_master"):
            rotation.retire(house.settings, house.engine, name)
    assert read_files(directory) == [b"the operator's own master key..."]


def test_what_a_slow_process_wrapped_under_the_old_master_is_wrapped_again_before_that_goes(house: House) -> None:
    slow = Masters([house.old])  # has not looked since
    house.rotate()
    with writing(house.engine) as connection:
        row = {"log": LOG, "subject": "case/late#", "wrapped": slow.wrap(RAW, f"{LOG}|case/late#".encode())}
        connection.execute(insert(vault_keys), [row])
    assert rotation.under(house.engine)[master_name(house.old)] == 1
    rotation.retire(house.settings, house.engine, master_name(house.old))
    assert list(rotation.under(house.engine)) == [masters_of(house.settings).name]


def test_a_key_that_was_destroyed_meanwhile_stays_destroyed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The destruction comes between the reading of a batch and its writing."""
    store: Callable[..., int] = rotation._store

    def late(engine: Engine, one: object, *rest: object) -> int:
        if one is rotation.WRAPPED[0]:
            house.vault.destroy(LOG, CASE, 7)
        return store(engine, one, *rest)

    monkeypatch.setattr(rotation, "_store", late)
    house.rotate()
    with house.engine.connect() as connection:
        left = connection.scalars(select(vault_keys.c.subject).where(vault_keys.c.log == LOG)).all()
    assert left == []


def test_settings_give_the_next_master_and_the_old_one(house: House, tmp_path: Path) -> None:
    new = b"a master key out of the settings"
    settings = load(tmp_path / "elsewhere", **given(new, house.old))
    vault = Vault(house.engine, masters_of(settings))
    done = rotation.rotate(settings, vault, house.engine, None, sleep=lambda _: None)
    assert (done.name, done.rewrapped) == (master_name(new), KEYS + 6)
    house.is_as_before(Vault(house.engine, masters_of(load(tmp_path / "elsewhere", **given(new)))))
    assert rotation.rotate(settings, vault, house.engine, None, sleep=lambda _: None).rewrapped == 0
    with pytest.raises(Unusable, match="SANGUAN_MASTER_KEY_OLD"):
        rotation.rotate(settings, vault, house.engine, RAW, sleep=lambda _: None)
    assert not settings.keys_dir.exists()


def test_no_key_as_it_was_wrapped_before_is_left_in_the_database_s_files(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "data" / "log.db")
    migrate(engine)
    house = House(engine, load(tmp_path / "data"))
    before = house.wrapped()
    house.rotate()
    files = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("log.db*"))
    assert not any(wrapped in files for wrapped in before)
    close_engine(engine)


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from shared.log import rotation
    from shared.log.database import open_engine
    from shared.log.vault import Vault
    from shared.log.wrapping import masters_of
    from shared.settings import load
    import shared.log.wrapping as wrapping

    url, data, where = sys.argv[1:]
    die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    settings, engine = load(Path(data)), open_engine(url)
    if where == "before the switch":
        draft = wrapping._draft
        wrapping._draft = lambda path, key: die() if path.name == "master.key" else draft(path, key)
    if where == "after the switch":
        rotation.rewrap = die
    progress = (lambda done: die()) if where == "in the middle" else (lambda done: None)
    rotation.rotate(settings, Vault(engine, masters_of(settings)), engine, None, progress)
"""


@pytest.mark.parametrize("where", ["before the switch", "after the switch", "in the middle"])
def test_killed_it_is_taken_up_again(house: House, log_url: str, where: str) -> None:
    """SIGKILL at each place where it matters: the system serves on, and the next call ends it."""
    command = [sys.executable, "-c", textwrap.dedent(KILLED), log_url, str(house.settings.data_dir), where]
    killed = subprocess.run(command, cwd=ROOT, env={**os.environ}, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    half = rotation.under(house.engine)
    assert (len(half) > 2) == (where == "in the middle"), half
    house.is_as_before(house.vault)
    house.is_as_before(Vault(house.engine, masters_of(house.settings)))
    masters = masters_of(house.settings).names
    done = house.rotate()
    assert done.resumed == (where != "before the switch")
    assert not done.resumed or done.name == masters[0], "it goes on under the same new master"
    only = Masters([load_master(house.settings.keys_dir / "master.key")])
    assert list(rotation.under(house.engine)) == [only.name]
    assert only.name != master_name(house.old)
    house.is_as_before(Vault(house.engine, only))


def test_a_key_that_does_not_open_stops_it_and_when_that_is_mended_it_goes_on(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(
            update(vault_keys).where(vault_keys.c.log == LOG).values(wrapped=Masters([b"x"]).wrap(RAW, b""))
        )
    with pytest.raises(MasterUnknown):
        house.rotate()
    with writing(house.engine) as connection:
        connection.execute(delete(vault_keys).where(vault_keys.c.log == LOG))
    assert house.rotate().resumed
