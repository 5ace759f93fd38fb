"""`audit replay` as of a moment: anyone who replays a prefix has the digests that were served when the log ended there.
Everyone in it is invented (synthetic)."""

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from sqlalchemy import select

from services.assessment.rules.rulebook_file import BUILT_IN
from services.auditing.moments import as_of
from services.installation import SERVICES, opened
from shared.audit.compare import AsOf, Compared, compare
from shared.contracts.days import CIVIL
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.ledger.fold import Folded, fold
from shared.ledger.tables import digest
from shared.log.append import moment
from shared.log.tables import events
from shared.log.tree import EMPTY_ROOT
from shared.settings import load
from shared.storage import Storage
from tests.audit.recorded import Record
from tests.audit.test_compare import alter
from tests.system.cli import called
from tests.web.campaign import LOG, day

EMPTY: Final = digest([])


@pytest.fixture(scope="module")
def storage(record: Record) -> Iterator[Storage]:
    """The record as an auditor opens it."""
    with opened(load(record.data), audits=True) as found:
        yield found


@pytest.fixture(scope="module")
def now(storage: Storage) -> Compared:
    """Beside what is served."""
    return compare(storage, LOG)


@pytest.fixture(scope="module")
def then(storage: Storage, record: Record) -> Compared:
    """As of an earlier position."""
    return compare(storage, LOG, as_of=AsOf(record.then))


def digests(found: Compared) -> dict[str, str]:
    return {one.name: one.replayed for one in found.ledgers}


def recorded(storage: Storage) -> list[Recorded]:
    return storage.log.recorded(LOG, -1, 100_000)


# as of ----------------------------------------------------------------------------------------------------------------


def test_as_of_a_position_it_gives_the_digests_that_were_served_then(
    now: Compared, then: Compared, record: Record
) -> None:
    assert digests(then) == record.served
    assert digests(now) != record.served, "since then it went on"


def test_nothing_is_served_that_an_earlier_moment_could_be_compared_with(
    storage: Storage, then: Compared, record: Record
) -> None:
    assert then.ok
    assert {one.live for one in then.ledgers} == {None}
    assert then.size == record.then + 1
    assert then.root == storage.root(LOG, record.then + 1)
    assert "nothing that is served" in then.as_text()


def test_only_the_scores_of_that_time_are_recomputed(now: Compared, then: Compared) -> None:
    assert (then.scores_equal, now.scores_equal) == (then.scores_checked, now.scores_checked)
    assert 0 < then.scores_checked < now.scores_checked
    assert then.scores == now.scores[: then.scores_checked], "and as today"


def test_the_digest_of_all_tells_two_prefixes_apart(storage: Storage, then: Compared, record: Record) -> None:
    assert compare(storage, LOG, as_of=AsOf(record.then)).digest == then.digest, "and is the same again"
    assert compare(storage, LOG, as_of=AsOf(record.then + 1)).digest != then.digest


def test_of_a_time_it_reads_what_was_recorded_by_then(storage: Storage, record: Record) -> None:
    with storage.log_engine.connect() as connection:
        us = connection.scalar(
            select(events.c.recorded_at).where(events.c.log == LOG, events.c.position == record.then)
        )
    assert us is not None
    at = moment(us)
    assert as_of(storage, LOG, at.isoformat(), "--as-of").position == record.then
    assert as_of(storage, LOG, (at - timedelta(microseconds=1)).isoformat(), "--as-of").position == record.then - 1


def test_before_its_beginning_there_was_nothing(storage: Storage) -> None:
    found = compare(storage, LOG, as_of=AsOf(-1))
    assert (found.size, found.root, found.events) == (0, EMPTY_ROOT.hex(), 0)
    assert set(digests(found).values()) == {EMPTY}


def test_a_time_by_which_nothing_was_recorded_is_no_moment_of_the_log(storage: Storage) -> None:
    """The days on which things happened are not those on which they were recorded: who mixes them up is told."""
    (first,) = storage.log.recorded(LOG, -1, 1)
    with pytest.raises(Unusable, match="nothing_recorded_by_then") as refused:
        as_of(storage, LOG, "2015-06-30", "--as-of")
    assert first.recorded_at.astimezone(CIVIL).isoformat() in refused.value.detail_en
    assert as_of(storage, LOG, "2015-06-30", "--as-of", occurred=True).position > 0


@pytest.mark.parametrize("by", [day("06-30"), day("07-20", 9), day("08-14")])
def test_of_what_had_happened_it_folds_what_is_known_today_in_the_order_of_the_log(
    storage: Storage, by: datetime
) -> None:
    found = compare(storage, LOG, as_of=as_of(storage, LOG, by.isoformat(), "--as-of", occurred=True))
    happened = [one for one in recorded(storage) if one.occurred_at <= by]
    assert found.events == len(happened) > 0
    for service in SERVICES:
        for ledger in service.ledgers:
            folded = Folded()
            touches = [(key, one) for one in happened if type(one.event) in ledger.handles for key in ledger.keys(one)]
            fold(ledger, touches, folded, set())
            rows = sorted((key, row) for key, row in folded.rows.items() if row is not None)
            assert digests(found)[f"{service.name}.{ledger.name}"] == digest(rows)


def test_what_came_late_had_happened_all_the_same(storage: Storage, then: Compared, record: Record) -> None:
    """The late case had been resolved by the day of the scores; nobody knew."""
    by = day("08-10")
    happened = compare(storage, LOG, as_of=AsOf(record.size - 1, by, occurred=True))
    assert record.late in {
        one.stream for one in recorded(storage) if one.occurred_at <= by and one.position >= then.size
    }
    assert digests(happened)["intake.cases"] != digests(then)["intake.cases"]


@pytest.mark.parametrize(
    ("said", "occurred", "code"),
    [
        ("99999", False, "beyond_the_end"), ("soon", False, "malformed"), ("100", True, "malformed"),
        ("2015-06-30T09:00", False, "offset_required"), ("1" * 30, False, "malformed"), ("１２", False, "malformed"),
        ("2015\x00", False, "bad_parameter"),
    ],
)  # fmt: skip
def test_what_names_no_moment_is_refused(storage: Storage, said: str, occurred: bool, code: str) -> None:
    with pytest.raises(Refused) as refused:
        as_of(storage, LOG, said, "--as-of", occurred=occurred)
    assert (refused.value.code, refused.value.field) == (code, "--as-of")


# the command ----------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_is_of(then: Compared, record: Record) -> None:
    done = called("audit", "replay", "--data", record.data, "--as-of", record.then, "--json")
    assert done.code == 0, done.err
    told = done.json
    assert set(told) >= {"ok", "log", "size", "root", "ledgers", "scores", "first_bad", "digest"}
    assert told["as_of"] == {"position": record.then, "moment": None, "basis": "known"}
    assert {one["name"]: one["replayed"] for one in told["ledgers"]} == record.served
    assert {one["live"] for one in told["ledgers"]} == {None}
    assert told["digest"] == then.digest
    assert told["digest"] in then.as_text()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--as-of", "yesterday"), "malformed"), (("--as-of", ""), "malformed"),
        (("--as-of", "999999"), "beyond_the_end"),
        (("--occurred",), "missing_parameter"), (("--workers", "0"), "bad_usage"), (("--workers", "many"), "bad_usage"),
        (("--rules", "nowhere.yaml"), "file_or_network"), (("--rules", "/dev/zero"), "document_faulty"),
        (("--rules", "/dev/null"), "document_faulty"), (("--rules", "."), "file_or_network"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line_and_exit_code_2(record: Record, words: tuple[str, ...], code: str) -> None:
    called("audit", "replay", "--data", record.data, *words, "--json").problem(code)


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "--workers", "0"),
        ("diff", "1", "2", "3"),
        ("diff", "1", "2", "--rows", "-1"),
        ("explain", "-5"),
        ("x",),
    ],
)
def test_a_call_that_cannot_be_read_is_one_line_for_people_too(words: tuple[str, ...]) -> None:
    done = called("audit", *words)
    assert done.code == 2
    assert "bad_usage" in done.one_line_for_people()


# other rules ----------------------------------------------------------------------------------------------------------


def rulebook(path: Path, **weights: str) -> Path:
    """The default rulebook with other weights."""
    written = yaml.safe_load(BUILT_IN.read_text(encoding="utf-8"))
    for one in written["indicators"]:
        one["weight"] = weights.get(one["code"], one["weight"])
    path.write_text(json.dumps(written), encoding="utf-8")
    return path


def under(record: Record, file: Path) -> Mapping[str, Any]:
    done = called("audit", "replay", "--data", record.data, "--rules", file, "--json")
    assert done.code == 0, done.err
    told: Mapping[str, Any] = done.json["rules"]
    return told


def test_under_its_own_rules_every_score_is_as_published(record: Record, tmp_path: Path) -> None:
    told = under(record, rulebook(tmp_path / "same.yaml"))
    assert told["changed"] == 0
    assert len({one["score"] for one in told["scores"]}) == len(told["scores"]) == 12, "each score once, as it stands"
    assert all(one["published"] == one["under"] and not one["indicators"] for one in told["scores"])


def test_under_other_rules_both_numbers_stand_beside_each_other(
    record: Record, storage: Storage, tmp_path: Path
) -> None:
    told = under(record, rulebook(tmp_path / "other.yaml", resolve_rate="30"))
    of = {one["score"]: one for one in told["scores"]}
    stated = {
        f"{one.id}.{one.event.score.subject}": one for one in recorded(storage) if one.stream.startswith("score/")
    }
    assert set(of) == set(stated)
    for id, one in of.items():
        score = stated[id].event.score
        assert one["position"] == stated[id].position
        assert one["published"]["per_cent"] == score.per_cent
        (weighed,) = [indicator for indicator in one["indicators"] if indicator["code"] == "resolve_rate"]
        was, now = weighed["before"], weighed["after"]
        assert (was["numerator"], was["denominator"]) == (now["numerator"], now["denominator"])
        assert (was["weight"], now["weight"]) == ("15", "30")
    assert told["changed"] == len(of)


def test_other_rules_are_asked_of_the_scores_of_that_time(record: Record, tmp_path: Path) -> None:
    """As people are told of it."""
    file = rulebook(tmp_path / "other.yaml", resolve_rate="30")
    done = called("audit", "replay", "--data", record.data, "--rules", file, "--as-of", record.then)
    assert "6 of 6 scores would differ" in done.out
    assert "month-2015-06.2015-07-31" not in done.out, "which was published later"


# what cannot be folded ------------------------------------------------------------------------------------------------


def test_as_of_a_moment_it_says_that_a_ledger_could_not_go_on(record: Record, tmp_path: Path) -> None:
    """An event of a type that this program does not know: the ledgers that follow its owner end before it."""
    shutil.copytree(record.data, data := tmp_path / "data")
    with opened(load(data), audits=True) as storage:
        position = next(one.position for one in recorded(storage) if one.type == "sanguan.intake.case-resolved.v1")
        alter(storage, position, lambda stored: stored.replace(b"case-resolved.v1", b"case-resolved.v9"))
        found = compare(storage, LOG, as_of=AsOf(record.then))
    assert not found.ok
    halted = {one.name: one.position for one in found.ledgers if one.findings}
    assert halted["intake.cases"] == position - 1
    assert "assignment.officers" not in halted
    assert found.first_bad is not None, "and the bytes are not those that were hashed"
    assert found.root is None
