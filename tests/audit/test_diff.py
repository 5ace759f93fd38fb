"""`audit diff`: which rows and which published numbers are others, and the event behind each. Everyone in it is
invented (synthetic)."""

import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.assessment.scoring.restating import differing
from services.auditing.numbers import changed_scores
from services.installation import SERVICES, opened
from shared.audit.differing import Differences, differences, named
from shared.contracts.assessment import ScorePublished, ScoreRestated
from shared.contracts.event import Recorded
from shared.ledger.replay import Replay
from shared.settings import load
from shared.storage import Storage
from tests.audit.recorded import SCORE, Record
from tests.audit.test_compare import alter
from tests.examples import examples
from tests.system.cli import called
from tests.web.campaign import LOG, SECRETS

LEDGERS = [(service, ledger) for service in SERVICES for ledger in service.ledgers]


@pytest.fixture(scope="module")
def storage(record: Record) -> Iterator[Storage]:
    with opened(load(record.data), audits=True) as found:
        yield found


def recorded(storage: Storage) -> list[Recorded]:
    return storage.log.recorded(LOG, -1, 100_000)


@cache
def told(record: Record, first: object, second: object, *words: str, code: int = 0) -> Mapping[str, Any]:
    done = called("audit", "diff", first, second, "--data", record.data, "--json", *words)
    assert done.code == code, done.err
    return done.json


# published numbers ----------------------------------------------------------------------------------------------------


def test_the_event_behind_a_changed_number_is_named(storage: Storage, record: Record) -> None:
    """A case that had been resolved in time was recorded after the scores: one more is in the numerator, because of the
    event that says so."""
    found = told(record, record.then, record.restated)
    assert found["ok"]
    (score,) = found["numbers"]
    assert (score["score"], score["new"], score["stated_at"]) == (f"{SCORE}.{LOG}", False, [record.restated])
    of = {(one["indicator"], one["number"]): one for one in score["numbers"]}
    number = of["resolve_rate", "numerator"]
    assert int(number["after"]) == int(number["before"]) + 1
    (event,) = number["events"]
    assert (event["type"], event["stream"]) == ("sanguan.intake.case-resolved.v1", record.late)
    assert event["occurred_at"] == "2015-07-20T09:00:00+08:00"
    (resolved,) = [one for one in recorded(storage) if one.position == event["position"]]
    assert (resolved.type, resolved.stream) == (event["type"], event["stream"])
    assert datetime.fromisoformat(event["recorded_at"]) == resolved.recorded_at
    assert (found["scores"]["checked"], found["scores"]["equal"]) == (1, 1)


def test_people_are_told_the_same(record: Record) -> None:
    done = called("audit", "diff", record.then, record.restated, "--data", record.data)
    assert done.code == 0
    lines = done.out.splitlines()
    at = next(n for n, line in enumerate(lines) if "resolve_rate numerator" in line)
    assert "case-resolved.v1" in lines[at + 1]
    assert record.late in lines[at + 1]


def test_a_new_score_came_by_its_publication(storage: Storage, record: Record) -> None:
    found = told(record, record.restated + 2, record.size - 1)
    assert all(score["new"] for score in found["numbers"])
    stated = {one.position: one for one in recorded(storage) if isinstance(one.event, ScorePublished)}
    for score in found["numbers"]:
        (at,) = score["stated_at"]
        assert score["score"] == f"{stated[at].id}.{stated[at].event.score.subject}"
        assert {event["position"] for one in score["numbers"] for event in one["events"]} == {at}
        (share,) = [one for one in score["numbers"] if (one["indicator"], one["number"]) == (None, "per_cent")]
        assert (share["before"], share["after"]) == ("–", stated[at].event.score.per_cent)


def test_what_a_score_says_of_its_causes_is_what_the_numbers_say(storage: Storage, record: Record) -> None:
    for one in recorded(storage):
        if not isinstance(one.event, ScoreRestated):
            continue
        (score,) = changed_scores(storage.log, LOG, one.position - 1, one.position)
        causes = {(change.indicator, change.number): change.causes for change in one.event.changes}
        assert {(number.indicator, number.number): number.events for number in score.numbers} == causes
        assert [(n.indicator, n.number, n.before, n.after) for n in score.numbers] == [
            *differing(one.event.was, one.event.score)
        ]
        assert all(position <= one.event.score.position for number in score.numbers for position in number.events)


def test_between_two_publications_no_number_changes(record: Record) -> None:
    found = told(record, record.then, record.restated - 1)
    assert found["numbers"] == []
    assert found["scores"] == {"checked": 0, "equal": 0}
    rows = {row["key"] for ledger in found["ledgers"] for row in ledger["rows"]}
    assert record.late.partition("/")[2] in rows, "though rows do"


# rows -----------------------------------------------------------------------------------------------------------------


def _held(storage: Storage, position: int) -> dict[str, dict[str, Any]]:
    replay = Replay(storage.log, LOG, LEDGERS).to(position)
    return {follower: dict(replay.rows(follower)) for follower in replay.ledgers}


@pytest.mark.parametrize("seed", range(examples(12) // 2))
def test_exactly_those_rows_are_told_that_two_replays_hold_differently(storage: Storage, seed: int) -> None:
    size = storage.log.size(LOG)
    first, second = sorted(random.Random(seed).sample(range(-1, size), 2))
    was, now = _held(storage, first), _held(storage, second)
    found = differences(storage.log, LOG, SERVICES, first, second)
    assert (found.first.root, found.second.root) == tuple(
        storage.root(LOG, position + 1) if position >= 0 else found.first.root for position in (first, second)
    )
    for follower, rows in now.items():
        wanted = {key for key in {*rows, *was[follower]} if rows.get(key) != was[follower].get(key)}
        changed = [*found.rows(follower)]
        assert [row.key for row in changed] == sorted(wanted), follower
        for row in changed:
            before, after = was[follower].get(row.key), rows.get(row.key)
            assert row.what == ("added" if before is None else "removed" if after is None else "changed")
            assert row.events, "something made it another"
            assert all(first < position <= second for position in row.events)


def test_a_row_is_another_from_the_last_of_its_events_on(storage: Storage, record: Record) -> None:
    """The named events are those that changed it, and nobody else's."""
    found = differences(storage.log, LOG, SERVICES, record.then, record.size - 1)
    for row in [*found.rows("intake.cases"), *found.rows("assignment.handling")]:
        follower = "intake.cases" if row in [*found.rows("intake.cases")] else "assignment.handling"
        last = row.events[-1]
        settled = _held(storage, last)[follower].get(row.key)
        assert settled == _held(storage, record.size - 1)[follower].get(row.key)
        assert settled != _held(storage, last - 1)[follower].get(row.key)


def test_as_few_rows_are_listed_as_are_asked_for_and_all_are_counted(record: Record) -> None:
    everything, few = told(record, 100, 200), told(record, 100, 200, "--rows", "1")
    for whole, part in zip(everything["ledgers"], few["ledgers"], strict=True):
        counts = {what: whole[what] for what in ("added", "removed", "changed")}
        assert counts == {what: part[what] for what in counts}
        assert sum(counts.values()) == len(whole["rows"])
        assert part["rows"] == whole["rows"][:1]


def test_nothing_personal_is_told(record: Record) -> None:
    for words in (("--json",), ()):
        done = called("audit", "diff", "0", record.size - 1, "--data", record.data, *words)
        assert done.code == 0
        for secret in SECRETS:
            assert secret not in done.out
        assert "sealed:" not in done.out, "nor the boxes"


# moments --------------------------------------------------------------------------------------------------------------


def test_a_moment_and_itself_do_not_differ(record: Record) -> None:
    found = told(record, record.then, record.then)
    assert found["numbers"] == []
    assert all(not ledger["rows"] for ledger in found["ledgers"])
    assert found["from"]["root"] == found["to"]["root"] == found["root"]


def test_moments_may_be_times(storage: Storage, record: Record) -> None:
    times = {one.position: one.recorded_at.isoformat() for one in recorded(storage)}
    last = max(position for position, time in times.items() if time == times[record.restated])  # of one transaction
    by_time = told(record, times[record.then], times[last])
    by_position = told(record, record.then, last)
    assert by_time["numbers"] == by_position["numbers"]
    assert by_time["ledgers"] == by_position["ledgers"]
    assert by_time["from"]["asked"] == times[record.then]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("9", "3", "wrong_order"),
        ("x", "3", "malformed"),
        ("3", "99999", "beyond_the_end"),
        ("", "3", "malformed"),
        ("2015-07-20", "2015-07-21", "nothing_recorded_by_then"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(record: Record, first: str, second: str, code: str) -> None:
    called("audit", "diff", first, second, "--data", record.data, "--json").problem(code)


def test_one_moment_is_not_enough(record: Record) -> None:
    called("audit", "diff", "3", "--data", record.data, "--json").problem("bad_usage")


# damage ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(record: Record, tmp_path: Path) -> Iterator[Storage]:
    """A copy that may be spoilt."""
    shutil.copytree(record.data, tmp_path / "data")
    with opened(load(tmp_path / "data"), audits=True) as found:
        yield found


def test_where_the_bytes_are_not_those_of_the_tree_it_says_so(copied: Storage, record: Record) -> None:
    alter(copied, 5, lambda stored: stored.replace(b'"command_id":"', b'"command_id":"x'))
    found = told(replace(record, data=copied.settings.data_dir), 3, record.then, code=1)
    assert not found["ok"]
    assert (found["from"]["sound"], found["to"]["sound"]) == (True, False)
    assert found["first_bad"]["position"] == 5, "the event, as a replay names it"


def test_a_time_that_was_altered_is_found_as_a_replay_finds_it(copied: Storage, record: Record) -> None:
    """Moments are looked up by it."""
    with copied.log_engine.begin() as connection:
        for (trigger,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text("UPDATE events SET recorded_at = 1000 WHERE position = 300"))
    found = told(replace(record, data=copied.settings.data_dir), 3, "2099-01-01", code=1)
    assert found["first_bad"]["position"] == 300


def test_a_digit_that_was_altered_in_between_is_not_recomputed(copied: Storage, record: Record) -> None:
    event = recorded(copied)[record.restated].event
    shown = f'"points":{{"decimal":"{event.score.points.decimal}"'.encode()
    alter(copied, record.restated, lambda stored: stored.replace(shown, b'"points":{"decimal":"99.9999"'))
    found = told(replace(record, data=copied.settings.data_dir), record.then, record.restated, code=1)
    assert found["scores"] == {"checked": 1, "equal": 0}


def test_an_event_that_cannot_be_read_is_named_all_the_same(copied: Storage) -> None:
    alter(copied, 7, lambda stored: b"\xff" + stored)
    (event,) = named(copied.log, LOG, [7, 7_000]).values()
    assert (event.position, event.occurred_at) == (7, None)


def test_a_ledger_that_could_not_go_on_is_told(copied: Storage, record: Record) -> None:
    position = next(one.position for one in recorded(copied) if one.type == "sanguan.intake.case-resolved.v1")
    alter(copied, position, lambda stored: stored.replace(b"case-resolved.v1", b"case-resolved.v9"))
    found: Differences = differences(copied.log, LOG, SERVICES, position + 1, record.then)
    assert found.troubles["intake.cases"].startswith(f"HALTED at {position}")
