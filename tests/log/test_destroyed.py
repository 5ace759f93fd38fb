"""The list of what was destroyed, and the destroying again of what came back. Everyone is invented."""

import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from shared.errors import Unusable
from shared.log.database import writing
from shared.log.destroyed import Destroyed, DestroyedList, read_list
from shared.log.tables import vault_destroyed, vault_keys
from shared.log.vault import Unreadable, Vault
from tests.log.test_vault import CASE, SUMMARY, report, stored_subjects
from tests.parts import LOG, MASTER, OTHER_LOG


@pytest.fixture
def listed(tmp_path: Path) -> DestroyedList:
    return DestroyedList(tmp_path / "keys" / "destroyed.jsonl")


@pytest.fixture
def vault(log_engine: Engine, listed: DestroyedList) -> Vault:
    return Vault(log_engine, MASTER, destroyed=listed)


# the list -------------------------------------------------------------------------------------------------------------


def test_what_is_put_down_is_read_again(listed: DestroyedList) -> None:
    assert listed.read() == ()
    some = [Destroyed(LOG, f"case/沙门:{n}#parties/0", n) for n in range(3)]
    listed.add(some[:1])
    listed.add(some[1:])
    listed.add([])
    assert listed.read() == read_list(listed.path) == some
    assert listed.path.stat().st_mode & 0o777 == 0o600
    assert json.loads(listed.path.read_text().splitlines()[0]) == {"log": LOG, "subject": some[0].subject, "at": 0}


def test_several_write_at_once(listed: DestroyedList) -> None:
    each = [[Destroyed(LOG, f"case/{n}-{k}", k) for k in range(20)] for n in range(4)]

    def put_down(some: list[Destroyed]) -> None:
        for one in some:
            listed.add([one])

    threads = [threading.Thread(target=put_down, args=(some,)) for some in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(listed.read(), key=repr) == sorted((one for some in each for one in some), key=repr)


@pytest.mark.parametrize("torn", ['{"log": "4101', '{"log": "410105010", "subject": "case/1", "at": 1', "\x00\x00"])
def test_a_line_that_a_power_cut_has_torn_is_none_and_spoils_no_other(listed: DestroyedList, torn: str) -> None:
    one, other = Destroyed(LOG, "case/1", 1), Destroyed(LOG, "case/2", 2)
    listed.add([one])
    with listed.path.open("a") as file:
        file.write(torn)
    assert listed.read() == [one]
    with pytest.raises(Unusable, match="Line 2"):
        read_list(listed.path)  # a list that somebody gives is whole
    listed.add([other])
    assert listed.read() == read_list(listed.path) == [one, other]


def test_a_last_line_without_its_end_counts(listed: DestroyedList) -> None:
    one, other = Destroyed(LOG, "case/1", 1), Destroyed(LOG, "case/2", 2)
    listed.add([one])
    listed.path.write_text(listed.path.read_text().rstrip())
    assert listed.read() == read_list(listed.path) == [one]
    listed.add([other])
    assert listed.read() == [one, other]


NO_ENTRIES = (
    "x", "[]", "{}", '{"log": 1, "subject": "a", "at": 1}', '{"log": "l", "subject": "", "at": 1}',
    '{"log": "l", "subject": "s", "at": true}', "[" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("line", NO_ENTRIES, ids=range(len(NO_ENTRIES)))
def test_what_is_no_list_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list"
    path.write_text(f'{{"log": "l", "subject": "s", "at": 1}}\n\n{line}\n')
    with pytest.raises(Unusable, match="Line 3"):
        read_list(path)
    with pytest.raises(Unusable, match="cannot be read"):
        read_list(tmp_path / "nowhere")


# destroying -----------------------------------------------------------------------------------------------------------


def keys_of(engine: Engine) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(vault_keys)).mappings()]


def put_back(engine: Engine, rows: list[dict[str, object]]) -> None:
    """As a database that was restored from a backup behind the system's back."""
    with writing(engine) as connection:
        connection.execute(insert(vault_keys), rows)


def test_each_destruction_is_put_down_once_and_says_nothing_else(
    log_engine: Engine, vault: Vault, listed: DestroyedList
) -> None:
    report(log_engine, vault)
    vault.destroy(LOG, f"{CASE}#parties/1", 6)
    vault.destroy(LOG, CASE, 7)
    vault.destroy(LOG, CASE, 8)
    assert listed.read() == [Destroyed(LOG, f"{CASE}#parties/1", 6), Destroyed(LOG, CASE, 7)]


def test_what_cannot_be_put_down_is_not_destroyed(log_engine: Engine, tmp_path: Path) -> None:
    """The list comes first: a destruction that it does not know would be undone by the next restore."""
    in_the_way = tmp_path / "list"
    in_the_way.mkdir()
    vault = Vault(log_engine, MASTER, destroyed=DestroyedList(in_the_way))
    sealed = report(log_engine, vault)
    with pytest.raises(OSError, match="list"):
        vault.destroy(LOG, CASE, 7)
    assert vault.open(LOG, sealed.summary) == SUMMARY


def test_keys_that_came_back_are_destroyed_again(log_engine: Engine, vault: Vault, listed: DestroyedList) -> None:
    sealed, kept = report(log_engine, vault), report(log_engine, vault, subject="case/kept")
    report(log_engine, vault, subject="case/half")
    backup = keys_of(log_engine)
    vault.destroy(LOG, CASE, 7)
    vault.destroy(LOG, "case/half#parties/0", 7)
    assert vault.destroy_again(9) == 0
    put_back(log_engine, [row for row in backup if row["subject"] not in stored_subjects(log_engine)])
    assert vault.open(LOG, sealed.summary) == SUMMARY
    before = listed.read()
    assert vault.destroy_again(9) >= 2
    with pytest.raises(Unreadable, match="destroyed"):
        vault.open(LOG, sealed.summary)
    assert vault.open(LOG, kept.summary) == SUMMARY
    assert stored_subjects(log_engine) == [
        "case/half#", "case/half#parties/1", "case/kept#", "case/kept#parties/0", "case/kept#parties/1",
    ]  # fmt: skip
    assert listed.read() == before
    assert vault.destroy_again(11) == 0


def test_the_list_and_the_table_learn_of_each_other(log_engine: Engine, vault: Vault, listed: DestroyedList) -> None:
    """A database that went back in time; a list that went lost; another installation's list."""
    report(log_engine, vault)
    report(log_engine, vault, subject="case/2")
    listed.add([Destroyed(LOG, CASE, 7)])
    with writing(log_engine) as connection:
        connection.execute(insert(vault_destroyed).values(log=OTHER_LOG, subject="case/3", destroyed_at=3))
        connection.execute(insert(vault_destroyed).values(log=OTHER_LOG, subject="case/3#", destroyed_at=3))
    assert vault.destroy_again(9, [Destroyed(LOG, "case/2", 8)]) == 2
    assert stored_subjects(log_engine) == []
    assert {one.at for one in listed.read()} == {(LOG, CASE), (LOG, "case/2"), (OTHER_LOG, "case/3")}
    with log_engine.connect() as connection:
        query = select(vault_destroyed).where(vault_destroyed.c.subject.in_([CASE, "case/2"]))
        assert {(row.subject, row.destroyed_at) for row in connection.execute(query)} == {(CASE, 7), ("case/2", 8)}
