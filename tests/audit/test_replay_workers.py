"""Several processes at one replay hold what one holds, on both databases. Everyone in it is invented (synthetic)."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.installation import SERVICES, opened
from shared.audit.compare import AsOf, compare
from shared.audit.parts import Part, PartReplay
from shared.audit.scores import Span
from shared.audit.workers import Alone, Several, Workers
from shared.contracts.model import Ledger, Service
from shared.errors import Unusable
from shared.ledger.replay import Replay
from shared.ledger.tables import digest
from shared.settings import load
from shared.storage import Storage
from tests.audit.misdeclared import SERVICE as MISDECLARED
from tests.audit.recorded import DECLARED, Record, several
from tests.audit.test_compare import alter
from tests.web.campaign import LOG, day

LEDGERS: list[tuple[Service, Ledger[Any]]] = [(service, ledger) for service in SERVICES for ledger in service.ledgers]


@pytest.fixture(scope="module")
def storage(record: Record) -> Iterator[Storage]:
    with opened(load(record.data), audits=True) as found:
        yield found


@pytest.fixture(scope="module")
def workers(storage: Storage) -> Iterator[Workers]:
    """Two processes that have come to the log's end."""
    with _workers(storage, 2) as found:
        found.to(storage.log.size(LOG) - 1)
        yield found


@pytest.fixture
def copied(record: Record, tmp_path: Path) -> Iterator[Storage]:
    """A copy that may be spoilt."""
    shutil.copytree(record.data, tmp_path / "data")
    with opened(load(tmp_path / "data"), audits=True) as found:
        yield found


# parts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [2, 3, 7])
def test_every_row_comes_about_in_one_part_from_all_its_events(storage: Storage, of: int) -> None:
    """And so every ledger's `across` is declared rightly, as far as this campaign goes."""
    last = storage.log.size(LOG) - 1
    whole = Replay(storage.log, LOG, LEDGERS).to(last)
    parts = [PartReplay(storage.log, LOG, LEDGERS, Part(number, of)) for number in range(of)]
    for part in parts:
        part.go(last, lambda done: None)
    assert sum(part.events for part in parts) == last + 1, "each event is one part's"
    for follower in whole.ledgers:
        held = [{key for key, _ in part.lines(follower)} for part in parts]
        assert sum(map(len, held)) == len(set().union(*held)), follower
        rows = sorted((key, row) for part in parts for key, row in part.rows(follower))
        assert rows == whole.rows(follower), follower


def test_a_part_goes_on_from_where_it_stands(storage: Storage) -> None:
    last = storage.log.size(LOG) - 1
    steps = PartReplay(storage.log, LOG, LEDGERS, Part(1, 2))
    for upto in (-1, 0, last // 3, last // 3, last - 1, last):
        steps.go(upto, lambda done: None)
    once = PartReplay(storage.log, LOG, LEDGERS, Part(1, 2))
    once.go(last, lambda done: None)
    assert steps.events == once.events
    assert all(steps.lines(follower) == once.lines(follower) for follower in once.ledgers)


def test_each_name_is_one_parts() -> None:
    for name in ("case/a", "文博社区", "7", "𠮷", ""):
        assert sum(Part(number, 3).holds(name) for number in range(3)) == 1


# processes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.long), pytest.param(5, marks=pytest.mark.long)])
def test_as_many_processes_as_one_likes_give_one_digest(storage: Storage, record: Record, count: int) -> None:
    alone, together = compare(storage, LOG), compare(storage, LOG, several=several(count))
    assert together.ok, together.as_text()
    assert replace(together, workers=1) == alone
    assert together.as_json()["workers"] == count


def _known(record: Record) -> AsOf:
    return AsOf(record.then)


def _happened(record: Record) -> AsOf:
    return AsOf(record.size - 1, day("07-20"), occurred=True)


def _before(record: Record) -> AsOf:
    return AsOf(-1)


@pytest.mark.parametrize(
    "when", [_happened, pytest.param(_known, marks=pytest.mark.long), pytest.param(_before, marks=pytest.mark.long)]
)
def test_as_of_an_earlier_moment_too(storage: Storage, record: Record, when: Callable[[Record], AsOf]) -> None:
    alone = compare(storage, LOG, as_of=when(record))
    assert replace(compare(storage, LOG, as_of=when(record), several=several(2)), workers=1) == alone


def test_none_of_our_ledgers_has_to_be_folded_whole(storage: Storage, workers: Workers) -> None:
    alone = Alone(Replay(storage.log, LOG, LEDGERS).to())
    for service, ledger in LEDGERS:
        name = f"{service.name}.{ledger.name}"
        assert workers.digest(name) == alone.digest(name)
        assert [*workers.lines(name)] == [*alone.lines(name)]
    assert workers.folded_whole == ()
    assert workers.events == alone.events


def test_the_scores_are_computed_by_one_of_them(workers: Workers, record: Record) -> None:
    read: list[int] = []
    found = workers.again("assessment", Span(last=record.then))(read.append)
    assert {one.wrong for one in found} == {None}
    assert max(one.position for one in found) <= record.then
    assert read, "and it says how far it has come"


def test_a_ledger_that_is_declared_wrongly_is_seen_and_folded_whole(storage: Storage) -> None:
    wrong: list[tuple[Service, Ledger[Any]]] = [(MISDECLARED, ledger) for ledger in MISDECLARED.ledgers]
    alone = Replay(storage.log, LOG, wrong).to()
    declared = Several(2, ("tests.audit.misdeclared:SERVICE",))
    with Workers(declared, storage.settings.log_url, storage.log, LOG, wrong) as workers:
        workers.to(storage.log.size(LOG) - 1)
        for follower in alone.ledgers:
            assert workers.digest(follower) == digest(alone.rows(follower))
        assert "assignment.communities" in workers.folded_whole
        assert "assignment.handling" not in workers.folded_whole


def test_what_halts_or_parks_does_so_as_it_does_alone(copied: Storage) -> None:
    """One part alone meets the event that nobody knows, and the others' ledgers must not go beyond it; a visit that was
    never planned cannot be completed, and waits."""
    recorded = copied.log.recorded(LOG, -1, 1_000)
    unknown = next(one.position for one in recorded if one.type == "sanguan.intake.case-resolved.v1")
    unplanned = next(one.position for one in recorded if one.type == "sanguan.assignment.visit-completed.v1")
    alter(copied, unknown, lambda stored: stored.replace(b"case-resolved.v1", b"case-resolved.v9"))
    alter(copied, unplanned, lambda stored: stored.replace(b'"visit":"', b'"visit":"x'))
    when = AsOf(copied.log.size(LOG) - 1)
    alone, together = (compare(copied, LOG, as_of=when, several=some) for some in (None, several(2)))
    assert alone.ledgers == together.ledgers
    of = {one.name: one for one in together.ledgers}
    assert (of["intake.cases"].position, of["intake.cases"].findings[0][:6]) == (unknown - 1, "HALTED")
    assert of["assignment.visits"].findings[0].startswith("PARKED")


def test_a_process_that_is_killed_is_one_clear_line_and_none_is_left_behind(storage: Storage) -> None:
    with _workers(storage, 2) as workers:
        processes = [worker._process for worker in workers._workers]
        workers.begin(storage.log.size(LOG) - 1)
        processes[1].kill()
        with pytest.raises(Unusable) as ended:
            workers.to(storage.log.size(LOG) - 1)
    assert ended.value.code == "worker_ended"
    assert all(process.poll() is not None for process in processes)


def test_what_a_process_cannot_do_is_one_clear_line(storage: Storage) -> None:
    """It has no such service: what it says is the kind of error, and nothing of its message."""
    with Workers(
        Several(1, ("tests.audit.nowhere:SERVICE",)), storage.settings.log_url, storage.log, LOG, LEDGERS
    ) as workers, pytest.raises(Unusable, match="ModuleNotFoundError") as ended:  # fmt: skip
        workers.to(10)
    assert "nowhere" not in ended.value.detail_en


def _workers(storage: Storage, count: int) -> Workers:
    return Workers(Several(count, DECLARED), storage.settings.log_url, storage.log, LOG, LEDGERS)
