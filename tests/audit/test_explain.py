"""`audit explain`: a score down to its events, computed again, and proven to be in the log. Everyone in it is invented
(synthetic)."""

import json
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, text, update

from services.assessment.explaining.telling import told
from services.assessment.ledgers.scores import LEDGER
from services.assessment.service import SERVICE as ASSESSMENT
from services.installation import SERVICES, opened
from shared.contracts.assessment import ScorePublished, ScoreRestated
from shared.contracts.event import Recorded
from shared.log.codec import canonical
from shared.log.note import Verifier, open_checkpoint
from shared.log.tree_tables import checkpoints, tiles
from shared.runtime import Node
from shared.settings import load
from shared.storage import Storage
from tests.audit.recorded import SCORE, Record
from tests.audit.test_compare import alter, forge
from tests.system.cli import called
from tests.web.campaign import LOG, SECRETS

ID: Final = f"{SCORE}.{LOG}"
"""The sub-district's score, which was put right."""


@pytest.fixture(scope="module")
def storage(record: Record) -> Iterator[Storage]:
    with opened(load(record.data), audits=True) as found:
        yield found


@pytest.fixture
def copied(record: Record, tmp_path: Path) -> Iterator[Storage]:
    """A copy that may be spoilt."""
    shutil.copytree(record.data, tmp_path / "data")
    with opened(load(tmp_path / "data"), audits=True) as found:
        yield found


@cache
def explained(data: Path, score: object, *words: str, code: int = 0) -> Mapping[str, Any]:
    done = called("audit", "explain", score, "--data", data, "--json", *words)
    assert done.code == code, done.err
    return done.json


def stated(storage: Storage) -> list[Recorded]:
    every = storage.log.recorded(LOG, -1, 100_000)
    return [one for one in every if isinstance(one.event, ScorePublished | ScoreRestated)]


# what it rests on -----------------------------------------------------------------------------------------------------


def test_each_number_rests_on_events_with_their_positions(storage: Storage, record: Record) -> None:
    found = explained(record.data, ID)
    assert found["ok"]
    assert (found["score"], found["position"], found["stream"]) == (ID, record.restated, f"score/{SCORE}")
    event = next(one.event for one in stated(storage) if one.position == record.restated)
    assert set(found["rests_on"]) == {one.code for one in event.score.indicators}
    recorded = {one.position: one for one in storage.log.recorded(LOG, -1, 100_000)}
    late = {position for position, one in recorded.items() if one.stream == record.late}
    assert late & {*found["rests_on"]["resolve_rate"]}, "the late case is among them"
    for positions in found["rests_on"].values():
        assert positions == sorted(set(positions))
        assert all(position <= event.score.position for position in positions)


def test_the_events_of_its_rows_are_those_that_it_rests_on(record: Record) -> None:
    found = explained(record.data, ID, "--rows", "100000")
    assert found["explanation"]["next"] is None
    for one in found["explanation"]["indicators"]:
        members = [*one["numerator"], *one["denominator"]]
        for part in ("missed", "spared", "excluded", "not_yet_due"):
            members += [told["member"] for told in one[part]]
        told = [event for member in members for event in member["events"]]
        assert {event["position"] for event in told if event["decides"]} == {*found["rests_on"][one["indicator"]]}


def test_a_number_rests_on_events_that_tell_of_what_its_rule_asks(storage: Storage, record: Record) -> None:
    """Cards are counted in households: who was posted to the community is behind its row, and behind no card."""
    types = {one.position: one.type for one in storage.log.recorded(LOG, -1, 100_000)}
    cards = {types[at] for at in explained(record.data, ID)["rests_on"]["contact_cards"]}
    assert cards == {"sanguan.assignment.community-registered.v1", "sanguan.assignment.contact-cards-issued.v1"}


def test_it_is_explained_as_the_api_explains_it(storage: Storage, record: Record) -> None:
    """By the same words, from the log alone rather than from the ledgers as they are served."""
    node = Node(storage, SERVICES, record=False, redis_url=None)
    with node.look(ASSESSMENT.name, LOG) as look:
        row = look.row(LEDGER, ID)
    assert row is not None
    assert explained(record.data, ID)["explanation"] == json.loads(canonical(told(node).page(LOG, row, None, 0, 200)))


def test_one_indicator_alone(record: Record) -> None:
    found = explained(record.data, ID, "--indicator", "resolve_rate")
    assert [*found["rests_on"]] == ["resolve_rate"]
    assert [one["indicator"] for one in found["explanation"]["indicators"]] == ["resolve_rate"]


def test_by_a_position_it_is_the_score_as_stated_there(storage: Storage, record: Record) -> None:
    first = next(one for one in stated(storage) if one.event.score.subject == LOG)
    then, now = explained(record.data, first.position), explained(record.data, ID)
    assert then["score"] == now["score"] == ID
    assert (then["position"], now["position"]) == (first.position, record.restated)
    assert then["explanation"]["restatements"] == []
    assert len(now["explanation"]["restatements"]) == 1
    assert then["evidence"]["position"] < now["evidence"]["position"]


@pytest.mark.parametrize("number", [0, -1])
def test_every_stated_score_can_be_named_by_its_position(storage: Storage, record: Record, number: int) -> None:
    one = stated(storage)[number]
    found = explained(record.data, one.position)
    assert found["ok"]
    assert found["score"] == f"{one.id}.{one.event.score.subject}"


# proofs ---------------------------------------------------------------------------------------------------------------


def _root(leaf: bytes, position: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.1, read backwards; not this program's code)."""
    if size == 1:
        assert not hashes
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    *rest, sibling = hashes
    if position < left:
        return sha256(b"\x01" + _root(leaf, position, left, rest) + sibling).digest()
    return sha256(b"\x01" + sibling + _root(leaf, position - left, size - left, rest)).digest()


def test_the_log_holds_it_under_a_signed_root(storage: Storage, record: Record) -> None:
    found = explained(record.data, ID)
    proof = found["proof"]
    assert proof["holds"]
    inclusion, hashes = proof["inclusion"], [b64decode(one) for one in proof["inclusion"]["hashes"]]
    ((position, data),) = storage.log.raw(LOG, record.restated - 1, 1)
    leaf = sha256(b"\x00" + data).digest()
    assert b64decode(inclusion["leaf"]) == leaf
    assert _root(leaf, position, inclusion["size"], hashes).hex() == proof["root"] == found["root"]
    key = Verifier.parse((record.data / "keys" / f"{LOG}.pub").read_text(encoding="utf-8"))
    said = open_checkpoint(proof["checkpoint"], key)
    assert (said.size, said.root.hex()) == (inclusion["size"], proof["root"])


def test_it_names_the_root_of_what_it_rests_on(storage: Storage, record: Record) -> None:
    evidence = explained(record.data, ID)["evidence"]
    assert evidence["root"] == evidence["recomputed_root"] == storage.root(LOG, evidence["position"] + 1)


def test_what_is_not_signed_yet_is_proven_in_the_tree_of_all_events(copied: Storage) -> None:
    with copied.log_engine.begin() as connection:
        for table in (tiles, checkpoints):
            connection.execute(delete(table).where(table.c.log == LOG))
    found = explained(copied.settings.data_dir, ID)
    assert (found["ok"], found["proof"]["checkpoint"]) == (True, None)
    assert found["size"] == copied.log.size(LOG)


def test_people_are_shown_all_of_it(record: Record) -> None:
    done = called("audit", "explain", ID, "--data", record.data)
    assert done.code == 0
    found = explained(record.data, ID)
    for wanted in (f"#{record.restated}", found["evidence"]["root"], found["root"], "resolve_rate", "§5.1"):
        assert wanted in done.out
    for hash_ in found["proof"]["inclusion"]["hashes"]:
        assert b64decode(hash_).hex() in done.out


def test_nothing_personal_is_told(record: Record) -> None:
    for words in (("--json", "--rows", "100000"), ()):
        done = called("audit", "explain", ID, "--data", record.data, *words)
        for secret in SECRETS:
            assert secret not in done.out
        assert "sealed:" not in done.out


# what does not hold ---------------------------------------------------------------------------------------------------


def _other_points(storage: Storage, position: int) -> Any:
    event = next(one.event for one in stated(storage) if one.position == position)
    shown = f'"points":{{"decimal":"{event.score.points.decimal}"'.encode()
    return lambda data: data.replace(shown, b'"points":{"decimal":"99.9999"')


def test_a_forged_digit_is_not_computed_again(copied: Storage, record: Record) -> None:
    """Forged with the signing key: every proof holds, and the digits do not."""
    forge(copied, record.restated, _other_points(copied, record.restated))
    found = explained(copied.settings.data_dir, ID, code=1)
    assert (found["ok"], found["recomputed"], found["proof"]["holds"]) == (False, False, True)
    assert found["first_bad"] == {"position": record.restated, "reason": "is recomputed to other digits"}


def test_an_altered_score_is_not_in_the_tree(copied: Storage, record: Record) -> None:
    alter(copied, record.restated, lambda stored: stored.replace(b'"command_id":"', b'"command_id":"x'))
    found = explained(copied.settings.data_dir, ID, code=1)
    assert (found["recomputed"], found["proof"]["holds"]) == (True, False)


def test_altered_evidence_has_another_root(copied: Storage) -> None:
    alter(copied, 3, lambda stored: stored.replace(b'"command_id":"', b'"command_id":"x'))
    found = explained(copied.settings.data_dir, ID, code=1)
    assert found["evidence"]["root"] != found["evidence"]["recomputed_root"]
    assert found["recomputed"], "no number hangs on what was altered"


def test_a_tree_that_is_damaged_proves_nothing(copied: Storage) -> None:
    with copied.log_engine.begin() as connection:
        connection.execute(delete(tiles).where(tiles.c.log == LOG, tiles.c.level == 0))
    found = explained(copied.settings.data_dir, ID, code=1)
    assert (found["proof"]["holds"], found["proof"]["inclusion"]["hashes"]) == (False, [])


def test_a_score_that_cannot_be_read_is_a_finding(copied: Storage, record: Record) -> None:
    alter(copied, record.restated, lambda stored: stored.replace(b'"points":', b'"pointz":'))
    found = explained(copied.settings.data_dir, ID, code=1)
    assert "cannot be read" in found["first_bad"]["reason"]
    assert found["first_bad"]["position"] == record.restated


@pytest.mark.parametrize("spoil", [lambda data: b"\xff" + data, lambda data: b"{" + data[2:]])
def test_evidence_that_cannot_be_read_is_named_by_its_position(
    copied: Storage, spoil: Callable[[bytes], bytes]
) -> None:
    position = next(one.position for one in copied.log.recorded(LOG, -1, 1_000) if "case-resolved" in one.type)
    alter(copied, position, spoil)
    found = explained(copied.settings.data_dir, ID, code=1)
    assert f"event {position} cannot be read" in found["first_bad"]["reason"]
    assert (found["explanation"], found["proof"]["holds"]) == (None, False)


def test_bytes_that_are_stored_as_text_are_read_as_the_bytes_that_they_are(copied: Storage, record: Record) -> None:
    """SQLite keeps what it is given; `audit verify` says that it is no bytes."""
    with copied.log_engine.begin() as connection:
        for (trigger,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(
            text(f"UPDATE events SET bytes = CAST(bytes AS TEXT) WHERE position IN (5, {record.restated})")
        )
    assert explained(copied.settings.data_dir, ID)["ok"]
    for words in (["replay"], ["replay", "--workers", "2"], ["diff", "3", record.restated]):
        done = called("audit", *words, "--data", copied.settings.data_dir, "--json")
        assert (done.code, done.json["first_bad"]["position"]) == (1, 5), done.err


def test_a_public_key_that_is_damaged_vouches_for_nothing(copied: Storage) -> None:
    (copied.settings.keys_dir / f"{LOG}.pub").write_bytes(b"\xff garbage")
    found = explained(copied.settings.data_dir, ID, code=1)
    assert (found["proof"]["signature"], found["proof"]["holds"]) == ("bad", False)


def test_where_the_public_key_is_not_kept_the_signature_is_told_to_be_unchecked(copied: Storage) -> None:
    (copied.settings.keys_dir / f"{LOG}.pub").unlink()
    done = called("audit", "explain", ID, "--data", copied.settings.data_dir)
    assert done.code == 0
    assert "signature not checked" in done.out


def test_a_checkpoint_whose_row_names_another_root_does_not_fit(copied: Storage) -> None:
    with copied.log_engine.begin() as connection:
        connection.execute(update(checkpoints).where(checkpoints.c.log == LOG).values(root=b"\x00"))
    assert explained(copied.settings.data_dir, ID, code=1)["proof"]["signature"] == "bad"


@pytest.mark.parametrize(
    ("score", "code"),
    [
        ("5", "no_such_score"), ("99999", "no_such_score"), ("nonsense", "no_such_score"), (SCORE, "no_such_score"),
        ("１２", "malformed"), ("a\x07b", "bad_parameter"), ("1" * 40, "malformed"),
    ],
)  # fmt: skip
def test_what_names_no_score_is_one_line_and_exit_code_2(record: Record, score: str, code: str) -> None:
    called("audit", "explain", score, "--data", record.data, "--json").problem(code)


def test_an_indicator_that_it_has_not_is_refused(record: Record) -> None:
    called("audit", "explain", ID, "--indicator", "x", "--data", record.data, "--json").problem("unknown_indicator")
