"""What a log promises, shown on SQLite and on PostgreSQL alike."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, text
from sqlalchemy.exc import DBAPIError

from shared.contracts.event import Event
from shared.log.append import Appended, Conflict, NotTheOwner, Outcome, Reused
from shared.log.codec import NotSealed, UnknownEvent, leaf_of
from shared.log.database import open_engine
from shared.log.store import Log
from shared.log.tables import events
from shared.log.vault import NewKey
from tests.log.appending import SHARED_STREAM
from tests.parts import (
    CLERK,
    LOG,
    NOW,
    OTHER_LOG,
    Clock,
    appended,
    assert_dense,
    everything,
    log_on,
    proposal,
    reported,
    studio,
    voided,
    withdrawn,
)

ROOT = Path(__file__).parents[2]
FAR = 100_000_000
"""A page larger than any log here."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(log_engine: Engine, clock: Clock) -> Log:
    return log_on(log_engine, clock)


@contextmanager
def another(log_url: str, clock: Clock | None = None) -> Iterator[Log]:
    """The log as another process opens it: nothing shared but the database."""
    engine = open_engine(log_url)
    yield log_on(engine, clock)
    engine.dispose()


def facts(answer: Outcome) -> tuple[int, int, tuple[str, ...], str]:
    """An answer without whether it is the first or the same again."""
    said = appended(answer)
    return said.position, said.version, said.types, said.stream


# what is appended ---------------------------------------------------------------------------------------------------


def test_an_empty_log_holds_nothing(log: Log) -> None:
    assert log.size(LOG) == 0
    assert log.heads() == {}
    assert log.read(LOG, -1, FAR) == []
    assert log.stream(LOG, "case/1") == []
    assert log.answered(LOG, "k-1") is None
    assert log.prefix_recorded_by(LOG, NOW + timedelta(days=9_999)) == -1


def test_an_acknowledged_event_is_in_the_log_as_it_was_said(log: Log, log_url: str) -> None:
    answer = log.append([proposal("case/1", 0, withdrawn(7), voided(8), command_id="k-1")])[0]
    assert facts(answer) == (0, 2, (withdrawn().NAME, voided().NAME), "case/1")
    assert not appended(answer).repeated
    with another(log_url) as reader:
        first, second = reader.recorded(LOG, -1, FAR)
    assert (first.event, second.event) == (withdrawn(7), voided(8))
    assert (first.log, first.position, first.stream, first.version) == (LOG, 0, "case/1", 1)
    assert (second.position, second.version, second.command_id) == (1, 2, "k-1")
    assert (first.actor, first.cause, first.occurred_at) == (CLERK, None, NOW)
    assert first.occurred_at.utcoffset() == timedelta(hours=8)
    assert first.recorded_at == second.recorded_at


def test_the_columns_agree_with_the_bytes(log: Log, log_engine: Engine) -> None:
    log.append([proposal("case/1", 0, withdrawn(), voided()), proposal("case/2", 0)])
    stored = log.read(LOG, -1, FAR)
    for row, recorded in zip(stored, log.recorded(LOG, -1, FAR), strict=True):
        assert (row.log, row.stream, row.version, row.type) == (LOG, recorded.stream, recorded.version, recorded.type)
        assert row.recorded_at == recorded.recorded_at
    with log_engine.connect() as connection:
        leaves = connection.execute(events.select().order_by(events.c.position)).all()
    assert [bytes(row.leaf) for row in leaves] == [leaf_of(bytes(row.bytes)) for row in leaves]
    assert [row.body_mac for row in leaves] == [b"a body", None, b"a body"]


def test_invariant_1_positions_and_versions_have_no_gap(log: Log) -> None:
    for round_ in range(5):
        batch = [proposal(f"case/{n}", 2 * round_, withdrawn(), voided()) for n in range(4)]
        batch.append(proposal("case/0", 0, command_id=f"stale-{round_}"))  # fits in the first round only, and not then
        outcomes = log.append(batch)
        assert [type(outcome) for outcome in outcomes] == [Appended] * 4 + [Conflict]
    stored = everything(log, page=3)
    assert len(stored) == log.size(LOG) == 40
    assert_dense(stored)


def test_logs_are_apart(log: Log) -> None:
    log.append([proposal("case/1", 0, command_id="k-1")])
    other = log.append([proposal("case/1", 0, command_id="k-1", log=OTHER_LOG)])[0]
    assert appended(other).position == 0
    assert log.heads() == {LOG: 1, OTHER_LOG: 1}
    assert [stored.log for stored in log.read(OTHER_LOG, -1, FAR)] == [OTHER_LOG]


def test_a_page_goes_on_after_a_position(log: Log) -> None:
    log.append([proposal(f"case/{n}", 0) for n in range(10)])
    assert [stored.position for stored in log.read(LOG, 3, 4)] == [4, 5, 6, 7]
    assert [stored.position for stored in log.read(LOG, 7, 100)] == [8, 9]
    assert log.read(LOG, 9, 100) == []


def test_a_stream_is_read_after_a_version(log: Log) -> None:
    log.append([proposal("case/1", 0, *(withdrawn(n) for n in range(4))), proposal("case/12", 0)])
    assert [recorded.event for recorded in log.stream(LOG, "case/1", 2)] == [withdrawn(2), withdrawn(3)]


# commands: once, and for ever ---------------------------------------------------------------------------------------


def test_invariant_2_the_same_command_gets_its_first_answer_for_ever(log: Log, log_url: str) -> None:
    command = proposal("case/1", 0, withdrawn(), voided(), command_id="k-1")
    first = log.append([command])[0]
    log.append([proposal("case/1", 2), proposal("case/2", 0)])
    for expected in (0, 2, 3, 99):  # however the world looks to whoever sends it again
        again = log.append([proposal("case/1", expected, voided(5), command_id="k-1")])[0]
        assert facts(again) == facts(first)
        assert appended(again).repeated
    with another(log_url) as elsewhere:
        assert facts(elsewhere.append([command])[0]) == facts(first)
        known = elsewhere.answered(LOG, "k-1")
        assert known is not None
        assert (known.body_mac, facts(known.answer)) == (b"a body", facts(first))
    assert log.size(LOG) == 4


def test_another_body_under_the_same_command_id_is_refused(log: Log) -> None:
    log.append([proposal("case/1", 0, command_id="k-1")])
    assert log.append([proposal("case/1", 1, command_id="k-1", body=b"another")]) == [Reused()]
    assert log.append([proposal("case/9", 0, command_id="k-1", body=b"another")]) == [Reused()]
    assert log.size(LOG) == 1


def test_the_same_command_twice_in_a_batch_has_one_effect(log: Log) -> None:
    command = proposal("case/1", 0, command_id="k-1")
    outcomes = log.append([command, command, proposal("case/2", 0)])
    assert [type(outcome) for outcome in outcomes] == [Appended, Conflict, Appended]
    assert log.size(LOG) == 2
    assert facts(log.append([command])[0]) == facts(outcomes[0])  # and who tries again gets the first answer
    elsewhere = [proposal(f"case/{n}", 0, command_id="k-2") for n in range(5, 8)]
    assert [type(outcome) for outcome in log.append(elsewhere)] == [Appended, Conflict, Conflict]
    assert log.size(LOG) == 3


def test_a_stale_proposal_fails_alone(log: Log) -> None:
    log.append([proposal("case/1", 0), proposal("case/1", 1)])
    outcomes = log.append(
        [
            proposal("case/2", 0),
            proposal("case/1", 1, command_id="stale"),
            proposal("case/3", 0, withdrawn(), voided()),
            proposal("case/1", 2),
            proposal("case/4", 7, command_id="ahead"),
        ]
    )
    assert [facts(outcomes[n])[:2] for n in (0, 2, 3)] == [(2, 1), (3, 2), (5, 3)]
    assert (outcomes[1], outcomes[4]) == (Conflict(2), Conflict(0))
    assert log.answered(LOG, "stale") is None  # a conflict is not remembered: the command may come again
    assert_dense(everything(log))


def test_two_proposals_for_one_stream_in_a_batch(log: Log) -> None:
    both = [proposal("case/1", 0, command_id="k-1"), proposal("case/1", 0, command_id="k-2")]
    assert [type(outcome) for outcome in log.append(both)] == [Appended, Conflict]
    chained = [proposal("case/1", 1, command_id="k-3"), proposal("case/1", 2, command_id="k-4")]
    assert [facts(outcome)[1] for outcome in log.append(chained)] == [2, 3]
    # The second rests on the first, which is stale: neither may go in.
    broken = [proposal("case/1", 1, command_id="k-5"), proposal("case/1", 2, command_id="k-6")]
    assert log.append(broken) == [Conflict(3), Conflict(3)]
    assert_dense(everything(log))


def test_a_new_key_that_another_has_stored_is_a_conflict(log: Log, log_engine: Engine) -> None:
    ours, theirs = (NewKey(LOG, "case/1#", wrapped) for wrapped in (b"ours", b"theirs"))
    log.append([proposal("case/1", 0, keys=(ours,))])
    outcomes = log.append([proposal("case/1", 1, keys=(theirs,)), proposal("case/2", 0)])
    assert [type(outcome) for outcome in outcomes] == [Conflict, Appended]
    again = log.append(
        [proposal("case/3", 0, keys=(NewKey(LOG, "x#", b"1"),)), proposal("case/4", 0, keys=(NewKey(LOG, "x#", b"2"),))]
    )
    assert [type(outcome) for outcome in again] == [Appended, Conflict]
    with log_engine.connect() as connection:
        kept = connection.execute(text("SELECT subject, wrapped FROM vault_keys ORDER BY subject")).all()
    assert [(subject, bytes(wrapped)) for subject, wrapped in kept] == [("case/1#", b"ours"), ("x#", b"1")]


# what is refused altogether -----------------------------------------------------------------------------------------


def test_invariant_8_another_service_s_event_is_refused_by_the_log(log: Log) -> None:
    """Attack 30: intake's process appends what assignment alone may say, hidden behind an event of its own."""
    good = proposal("case/1", 0)
    for owner, batch in [
        ("intake", [good, proposal("community/1", 0, studio())]),
        ("intake", [proposal("case/1", 0, withdrawn(), studio())]),
        ("assignment", [proposal("case/1", 0, owner="assignment")]),
        ("", [proposal("case/1", 0, owner="")]),
    ]:
        with pytest.raises(NotTheOwner):
            log.append(batch)
        assert log.size(LOG) == 0, owner
    assert [facts(outcome)[0] for outcome in log.append([good])] == [0]


@pytest.mark.parametrize(
    "event",
    [reported("借款三万元（虚构）"), reported("sealed:1:case/1#:AAAA", name="虚构的人"), reported("")],
    ids=["a statement", "within a party", "an empty one"],
)
def test_a_personal_value_that_is_not_in_a_box_is_never_hashed(log: Log, event: Event) -> None:
    with pytest.raises(NotSealed) as refused:
        log.append([proposal("case/1", 0, event), proposal("case/2", 0)])
    assert "虚构" not in str(refused.value)
    assert log.size(LOG) == 0
    log.append([proposal("case/1", 0, reported("sealed:1:case/1#:AAAA"))])
    assert log.size(LOG) == 1


def test_an_event_of_a_newer_program_is_not_decoded_into_something_else(log: Log, log_engine: Engine) -> None:
    log.append([proposal("case/1", 0)])
    stored = log.read(LOG, -1, 1)[0]
    newer = stored.bytes.replace(b"case-withdrawn.v1", b"case-withdrawn.v9")
    with pytest.raises(UnknownEvent) as unknown:
        log.codec.decode(5, newer)
    assert (unknown.value.position, unknown.value.type) == (5, "sanguan.intake.case-withdrawn.v9")


_COLUMNS = "stream, version, type, command_id, ordinal, recorded_at, body_mac, leaf, bytes"
_FORBIDDEN = [
    "UPDATE events SET type = 'x'",
    "UPDATE events SET bytes = bytes WHERE position = 0",
    "DELETE FROM events",
    "DELETE FROM events WHERE position = 1",
    "INSERT INTO events SELECT * FROM events WHERE position = 0 ON CONFLICT (log, position) DO UPDATE SET type = 'x'",
]
_FORBIDDEN_BY_DIALECT = {
    "sqlite": [
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 0",
        f"REPLACE INTO events SELECT log, 7, {_COLUMNS} FROM events WHERE position = 0",
        "UPDATE OR REPLACE events SET position = 1 WHERE position = 0",
    ],
    "postgresql": ["TRUNCATE events", "TRUNCATE events, heads CASCADE"],
}


def test_the_database_itself_protects_what_was_recorded(log: Log, log_engine: Engine) -> None:
    log.append([proposal("case/1", 0), proposal("case/2", 0)])
    before = log.read(LOG, -1, FAR)
    for statement in _FORBIDDEN + _FORBIDDEN_BY_DIALECT[log_engine.dialect.name]:
        with (
            pytest.raises(DBAPIError, match="events are never changed"),
            log_engine.execution_options(writes=True).begin() as connection,
        ):
            connection.execute(text(statement))
        assert log.read(LOG, -1, FAR) == before, statement


# time ---------------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_ten_years_changes_no_order(log: Log, clock: Clock, log_url: str) -> None:
    """Attack 28."""
    log.append([proposal("case/1", 0)])
    clock.now -= timedelta(days=3_653)
    for n in range(3):
        log.append([proposal("case/1", n + 1), proposal(f"case/other-{n}", 0)])
    with another(log_url, Clock(NOW - timedelta(days=7_300))) as elsewhere:
        elsewhere.append([proposal("case/1", 4)])
    stored = everything(log)
    assert len(stored) == 8
    assert_dense(stored)
    assert {event.recorded_us for event in stored} == {stored[0].recorded_us}
    assert all(recorded.recorded_at == stored[0].recorded_at for recorded in log.recorded(LOG, -1, FAR))
    clock.now = NOW + timedelta(days=1)
    log.append([proposal("case/1", 5)])
    assert log.read(LOG, 7, 1)[0].recorded_at > stored[0].recorded_at


def test_another_process_s_later_clock_costs_no_judgement(
    log: Log, clock: Clock, log_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our clock is behind what was recorded last: the batch goes in at once all the same, at the later time."""
    log.append([proposal("case/1", 0)])
    with another(log_url, Clock(NOW + timedelta(days=1))) as ahead:
        ahead.append([proposal("case/2", 0)])
        key = NewKey(LOG, "case/3#", b"wrapped")

        def judged(*_: object) -> list[Outcome]:
            raise AssertionError("nothing here is stale")

        monkeypatch.setattr(log, "_append_locked", judged)
        outcomes = log.append([proposal("case/1", 1, withdrawn(), voided()), proposal("case/3", 0, keys=(key,))])
        assert [facts(outcome)[:2] for outcome in outcomes] == [(2, 3), (4, 1)]
        behind = clock()
        ahead.append([proposal("case/2", 1)])
        clock.now = NOW + timedelta(days=2)
        log.append([proposal("case/1", 3)])
    stored = everything(log)
    assert_dense(stored)
    assert stored[2].recorded_us == stored[1].recorded_us
    assert stored[2].recorded_at > behind
    assert stored[6].recorded_at > stored[5].recorded_at > stored[4].recorded_at
    assert [recorded.recorded_at for recorded in log.recorded(LOG, -1, FAR)] == [one.recorded_at for one in stored]


def test_a_stale_proposal_behind_another_process_s_clock_is_a_conflict(log: Log, log_url: str) -> None:
    with another(log_url, Clock(NOW + timedelta(days=1))) as ahead:
        ahead.append([proposal("case/1", 0)])
    outcomes = log.append([proposal("case/1", 0, command_id="stale"), proposal("case/2", 0)])
    assert outcomes[0] == Conflict(1)
    assert facts(outcomes[1])[:2] == (1, 1)
    assert_dense(everything(log))


def test_the_prefix_that_was_recorded_by_a_moment(log: Log, clock: Clock) -> None:
    for day in range(4):
        clock.now = NOW + timedelta(days=day)
        log.append([proposal("case/1", 2 * day, withdrawn(), voided())])
    moments = {stored.position: stored.recorded_at for stored in everything(log)}
    for position in (1, 3, 5, 7):
        at = moments[position]
        assert log.prefix_recorded_by(LOG, at) == position
        assert log.prefix_recorded_by(LOG, at - timedelta(microseconds=1)) == position - 2
        assert log.prefix_recorded_by(LOG, at + timedelta(hours=1)) == position
    assert log.prefix_recorded_by(OTHER_LOG, NOW + timedelta(days=9)) == -1
    with log.engine.begin() as forging:
        if forging.dialect.name == "sqlite":
            forging.execute(text("DROP TRIGGER events_no_delete"))
        else:
            forging.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        forging.execute(delete(events).where(events.c.log == LOG, events.c.position.in_([2, 3, 7])))
    assert [log.prefix_recorded_by(LOG, moments[at]) for at in (1, 5, 6)] == [1, 5, 6], "around what was taken away"


# many at once -------------------------------------------------------------------------------------------------------


def test_a_reader_never_skips_while_three_processes_append(log: Log, log_url: str) -> None:
    """Invariant 1 under concurrency: whoever has seen position n has seen all before it."""
    batches, size, names = 40, 5, ("a", "b", "c")
    wanted = len(names) * batches * (2 * size + 1)
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.log.appending", log_url, name, str(batches), str(size)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    try:
        last = -1
        while last < wanted - 1:
            page = log.read(LOG, last, 17)
            assert [stored.position for stored in page] == list(range(last + 1, last + 1 + len(page)))
            last += len(page)
            if not page:
                time.sleep(0.001)
            failed = [child.args for child in children if child.poll() not in (None, 0)]
            assert not failed, failed
    finally:
        said = [_end(child).split() for child in children]
    stored = everything(log)
    assert len(stored) == wanted
    assert_dense(stored)
    for name, words in zip(names, said, strict=True):
        acknowledged = words[1:]
        assert len(set(acknowledged)) == batches * (size + 1), name
        assert all(log.answered(LOG, command_id) is not None for command_id in acknowledged)
    assert len(log.stream(LOG, SHARED_STREAM)) == len(names) * batches


def _end(child: "subprocess.Popen[str]") -> str:
    """Wait for a child that is nearly done, or end one that is not; what it said."""
    try:
        return str(child.communicate(timeout=30)[0])
    except subprocess.TimeoutExpired:
        child.kill()
        return str(child.communicate()[0])


def test_a_proposal_without_events_is_a_fault(log: Log) -> None:
    """Every command gives at least one event, or its id could not be remembered."""
    empty = replace(proposal("case/1", 0), events=())
    with pytest.raises(ValueError, match="no event"):
        log.append([proposal("case/2", 0), empty])
    assert log.size(LOG) == 0
