"""The verifier against someone who owns the database: every alteration is named by its first position."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from shared.audit import verify
from shared.audit.verify import REASONS, FirstBad, Verification, verify_bytes, verify_log
from shared.contracts.event import Actor, Event, event
from shared.log.append import Proposal
from shared.log.codec import Codec
from shared.log.cosigning import Cosigner
from shared.log.database import sqlite_engine
from shared.log.keys import origin
from shared.log.note import Checkpoint, NoteRefused, Signer, sign
from shared.log.opening import open_log
from shared.log.sealer import LogDamaged, latest, seal
from shared.log.tables import METADATA, events, heads
from shared.log.tree import EMPTY_ROOT, Frontier, leaf_hash
from shared.log.tree_tables import checkpoints, cosignatures, tiles
from tests.log.invented import BEGAN, LOG, append, append_rows, envelope, leaves_of, row
from tests.log.test_tree import mth

SIGNER = Signer.generate(origin(LOG))
KEY = str(SIGNER.verifier)
NOW = BEGAN + timedelta(days=1)
SEALED = (100, 300, 600)
SIZE = 640


def build(engine: Engine) -> None:
    """640 events, sealed at 100, 300 and 600; another log beside it."""
    append(engine, SIZE)
    append(engine, 5, log="410105011")
    for size in SEALED:
        seal(engine, LOG, SIGNER, NOW, upto=size)


def unguard(connection: Connection) -> None:
    """The attacker owns the database: the triggers go first."""
    if connection.dialect.name == "sqlite":
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in names:
            connection.execute(text(f"DROP TRIGGER {name}"))
    else:
        connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))


def alter(engine: Engine, at: int, **columns: Any) -> None:
    """Change columns of the event at a position behind the log's back."""
    with engine.begin() as connection:
        unguard(connection)
        connection.execute(update(events).where(events.c.log == LOG, events.c.position == at).values(columns))


def written_at(engine: Engine, position: int) -> bytes:
    with engine.connect() as connection:
        query = select(events.c.bytes).where(events.c.log == LOG, events.c.position == position)
        return bytes(connection.scalars(query).one())


def one_byte_off(written: bytes, at: int) -> bytes:
    return written[:at] + bytes([written[at] ^ 1]) + written[at + 1 :]


def otherwise(position: int, **said: Any) -> dict[str, Any]:
    """The row of an event that says something else, in agreement with itself."""
    return row(position, envelope(LOG, position) | said)


def rebuild_tiles(engine: Engine, upto: int = SEALED[-1]) -> None:
    """Make the stored tree fit the altered events."""
    grown = Frontier().extend(b"".join(leaves_of(engine)[:upto]))
    with engine.begin() as connection:
        connection.execute(delete(tiles).where(tiles.c.log == LOG))
        connection.execute(
            insert(tiles),
            [{"log": LOG, "level": at[0], "index": at[1], "hashes": hashes} for at, hashes in grown.items()],
        )


def found(engine: Engine, **more: Any) -> FirstBad:
    """What the verifier names; it must not be well."""
    verification = verify_log(engine, LOG, KEY, **more)
    assert not verification.ok
    assert verification.first_bad is not None
    return verification.first_bad


def named(engine: Engine, **more: Any) -> tuple[int, str]:
    first_bad = found(engine, **more)
    return first_bad.position, first_bad.code


def test_an_untouched_log_is_well(database: Engine) -> None:
    build(database)
    told: list[tuple[int, int]] = []
    verification = verify_log(database, LOG, KEY, lambda done, there: told.append((done, there)))
    assert verification == Verification(True, LOG, SIZE, mth(leaves_of(database)), None, 3, 600)
    assert told[-1] == (SIZE, SIZE)


def test_an_empty_log_is_well(database: Engine) -> None:
    assert verify_log(database, LOG, KEY) == Verification(True, LOG, 0, EMPTY_ROOT, None, 0, 0)


@event("sanguan.intake.case-noted.v1")
class CaseNoted:
    """An invented event."""

    number: int
    note: str


def test_what_the_appender_writes_is_well(database: Engine) -> None:
    clock = iter(BEGAN + timedelta(microseconds=n * 1_000_001) for n in range(9)).__next__
    appender = open_log(database, Codec([cast("type[Event]", CaseNoted)]), clock)
    for number in range(6):
        proposal = Proposal(
            owner="intake",
            log=LOG,
            stream=f"case/{number % 2}",
            expected=number // 2 * 2,
            command_id=f"c-{number}",
            actor=Actor(id="clerk-1", role="clerk"),
            cause=None,
            occurred_at=BEGAN,
            facts_at=number or None,
            events=[CaseNoted(number=number, note="synthetic 合成 \u0001"), CaseNoted(number=-number, note="\n")],
            body_mac=b"mac",
        )
        appender.append([proposal])
    seal(database, LOG, SIGNER, NOW, upto=8)
    assert verify_log(database, LOG, KEY) == Verification(True, LOG, 12, mth(leaves_of(database)), None, 1, 8)
    alter(database, 11, bytes=one_byte_off(written_at(database, 11), 40))
    assert named(database) == (11, "leaf")


@pytest.mark.parametrize("page", [1, 7, 256, 300, 1000])
def test_the_page_size_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    engine = built_on(tmp_path)
    monkeypatch.setattr(verify, "PAGE_EVENTS", page)
    monkeypatch.setattr(verify, "_PAGE_CHECKPOINTS", 1)
    assert verify_log(engine, LOG, KEY) == Verification(True, LOG, SIZE, mth(leaves_of(engine)), None, 3, 600)
    alter(engine, 299, bytes=one_byte_off(written_at(engine, 299), 20))
    assert named(engine) == (299, "leaf")


def built_on(directory: Path) -> Engine:
    engine = sqlite_engine(directory / "log.db")
    METADATA.create_all(engine)
    build(engine)
    return engine


@pytest.mark.parametrize("position", [0, 99, 100, 255, 256, 599, 600, 639])
def test_one_byte_of_an_event(database: Engine, position: int) -> None:
    build(database)
    written = written_at(database, position)
    alter(database, position, bytes=one_byte_off(written, len(written) // 2))
    assert named(database) == (position, "leaf")
    verification = verify_log(database, LOG, KEY)
    assert (verification.size, verification.root) == (SIZE, None)
    assert verification.sealed == max(size for size in (0, *SEALED) if size <= position)


@pytest.mark.parametrize("position", [0, 99, 100, 255, 256, 599])
def test_an_event_and_its_leaf(database: Engine, position: int) -> None:
    build(database)
    alter(database, position, **otherwise(position, data={"note": "nothing happened"}))
    assert named(database) == (position, "tree")


def test_an_event_its_leaf_and_its_leaf_tile(database: Engine) -> None:
    build(database)
    alter(database, 310, **otherwise(310, data={"note": "nothing happened"}))
    hashes = b"".join(leaves_of(database)[256:512])
    with database.begin() as connection:
        where = (tiles.c.log == LOG, tiles.c.level == 0, tiles.c.index == 1)
        connection.execute(update(tiles).where(*where).values(hashes=hashes))
    first_bad = found(database)
    assert (first_bad.position, first_bad.code) == (
        300,
        "tile",
    )  # what came before 300 is under a good checkpoint
    assert first_bad.reason == "one of the events 300 to 511, or the stored tree above them, was altered"


def test_an_event_its_leaf_and_the_whole_tree(database: Engine) -> None:
    build(database)
    alter(database, 310, **otherwise(310, data={"note": "nothing happened"}))
    rebuild_tiles(database)
    first_bad = found(database)
    assert (first_bad.position, first_bad.code) == (300, "checkpoint_root")
    assert "events 300 to 599" in first_bad.reason
    assert "300 至 599" in first_bad.reason_zh
    assert verify_log(database, LOG, KEY).checkpoints_checked == 2


def test_a_forged_checkpoint_over_a_rewritten_log(database: Engine) -> None:
    build(database)
    alter(database, 310, **otherwise(310, data={"note": "nothing happened"}))
    rebuild_tiles(database)
    root = mth(leaves_of(database)[:600])
    said = Checkpoint(origin(LOG), 600, root).text()
    forger = Signer.generate(origin(LOG))
    mixed = f"{said}\n{SIGNER.signature_line('another text')}"
    for note in (sign(said, forger), mixed, said, ""):
        with database.begin() as connection:
            connection.execute(update(checkpoints).where(checkpoints.c.size == 600).values(root=root, note=note))
        first_bad = found(database)
        assert (first_bad.position, first_bad.code) == (300, "checkpoint_note")


def test_rewriting_and_dropping_the_checkpoints_is_seen_by_a_witness(database: Engine) -> None:
    build(database)
    sealed = latest(database, LOG)
    assert sealed is not None
    assert verify_log(database, LOG, KEY, witnessed=[sealed.note, sealed.note]).checkpoints_checked == 5
    alter(database, 310, **otherwise(310, data={"note": "nothing happened"}))
    rebuild_tiles(database, upto=300)
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.size == 600))
    assert verify_log(database, LOG, KEY).ok  # the log alone cannot know
    assert named(database, witnessed=[sealed.note]) == (300, "checkpoint_root")


def test_a_witness_vouches_for_what_it_cosigned_and_no_line_stands_in_its_name_that_is_not_by_it(
    database: Engine,
) -> None:
    build(database)
    court, other = Cosigner.generate("court.example/w1"), Cosigner.generate("court.example/w1")
    newest = latest(database, LOG)
    assert newest is not None
    text = newest.note.partition("\n\n")[0] + "\n"
    assert named(database, witnesses=[court.witness]) == (0, "not_witnessed")
    row = {"log": LOG, "size": 600, "witness": str(court.witness), "line": court.line(text, 1), "cosigned_at": 0}
    with database.begin() as connection:
        connection.execute(insert(cosignatures).values(row))
    verification = verify_log(database, LOG, KEY, witnesses=[court.witness])
    assert (verification.ok, verification.vouched) == (True, ((court.witness, 600),))
    assert "court.example/w1 vouches for the first 600 events" in verification.as_text()
    assert named(database, witnesses=[other.witness]) == (300, "cosignature")
    kept = newest.note + court.line(text, 2)
    assert verify_log(database, LOG, KEY, witnessed=[kept], witnesses=[court.witness]).ok
    for false in ({"line": other.line(text, 1)}, {"line": "nonsense"}, {"line": court.line(text.replace("6", "7"), 1)}):
        with database.begin() as connection:
            connection.execute(update(cosignatures).values(false))
        assert named(database) == (300, "cosignature"), "whether the auditor trusts the witness or not"


def test_two_signed_trees_of_one_size(database: Engine) -> None:
    build(database)
    other = sign(Checkpoint(origin(LOG), 300, leaf_hash(b"another history")).text(), SIGNER)
    assert named(database, witnessed=[other]) == (0, "checkpoint_root")


def test_a_log_cut_off_at_its_end(database: Engine) -> None:
    build(database)
    sealed = latest(database, LOG)
    assert sealed is not None
    with database.begin() as connection:
        unguard(connection)
        connection.execute(delete(events).where(events.c.log == LOG, events.c.position >= 450))
    assert named(database) == (450, "missing")
    with database.begin() as connection:
        connection.execute(update(heads).where(heads.c.log == LOG).values(size=450))
    assert named(database) == (450, "truncated")
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.size == 600))
    assert named(database) == (300, "checkpoint_gone")
    rebuild_tiles(database, upto=300)
    assert verify_log(database, LOG, KEY).ok  # only who holds a later checkpoint can know
    assert named(database, witnessed=[sealed.note]) == (450, "truncated")


def test_checkpoints_that_are_gone(database: Engine) -> None:
    build(database)
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.log == LOG, checkpoints.c.size == 600))
    assert named(database) == (300, "checkpoint_gone")
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.log == LOG))
    first_bad = found(database)
    assert (first_bad.position, first_bad.code) == (0, "checkpoint_gone")
    assert "600" in first_bad.reason
    with database.begin() as connection:
        connection.execute(delete(tiles).where(tiles.c.log == LOG))
    assert named(database) == (0, "never_signed")
    assert verify_bytes(database, LOG).ok, "without a key nobody can say that it was signed"


def test_a_sealer_does_not_sign_over_checkpoints_that_are_gone(database: Engine) -> None:
    build(database)
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.log == LOG, checkpoints.c.size > 100))
    with pytest.raises(LogDamaged, match="goes on after 100"):
        seal(database, LOG, SIGNER, NOW)
    assert named(database) == (100, "checkpoint_gone")


def test_a_note_kept_elsewhere_finds_a_log_that_was_cut_and_signed_again(database: Engine) -> None:
    """Whoever has the key, too, can make a shorter log that is well in itself."""
    build(database)
    kept = latest(database, LOG)
    assert kept is not None
    with database.begin() as connection:
        unguard(connection)
        connection.execute(delete(events).where(events.c.log == LOG, events.c.position >= 450))
        connection.execute(update(heads).where(heads.c.log == LOG).values(size=450))
        for table in (tiles, checkpoints):
            connection.execute(delete(table).where(table.c.log == LOG))
    seal(database, LOG, SIGNER, NOW)
    assert verify_log(database, LOG, KEY).ok
    assert named(database, witnessed=[kept.note]) == (450, "truncated")
    append(database, 500)  # another history, longer than the note
    seal(database, LOG, SIGNER, NOW)
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.log == LOG))
    alter(database, 500, **otherwise(500, data={"note": "another history"}))
    with database.begin() as connection:
        connection.execute(delete(tiles).where(tiles.c.log == LOG))
    seal(database, LOG, SIGNER, NOW)
    assert verify_log(database, LOG, KEY).ok
    assert named(database, witnessed=[kept.note])[1] == "checkpoint_root"


@pytest.mark.parametrize("position", [0, 17, 639])
def test_a_dropped_event(database: Engine, position: int) -> None:
    build(database)
    with database.begin() as connection:
        unguard(connection)
        connection.execute(delete(events).where(events.c.log == LOG, events.c.position == position))
    assert named(database) == (position, "missing")


def test_a_dropped_event_with_the_rest_moved_up(database: Engine) -> None:
    build(database)
    with database.begin() as connection:
        unguard(connection)
        connection.execute(delete(events).where(events.c.log == LOG, events.c.position == 17))
        for position in range(18, SIZE):
            where = (events.c.log == LOG, events.c.position == position)
            connection.execute(update(events).where(*where).values(position=position - 1))
        connection.execute(update(heads).where(heads.c.log == LOG).values(size=SIZE - 1))
    assert named(database) == (17, "tree")


def test_swapped_events(database: Engine) -> None:
    build(database)
    with database.begin() as connection:
        unguard(connection)
        for old, new in ((42, -1), (43, 42), (-1, 43)):
            where = (events.c.log == LOG, events.c.position == old)
            connection.execute(update(events).where(*where).values(position=new))
    assert named(database) == (42, "tree")


def test_a_leaf_column_alone(database: Engine) -> None:
    build(database)
    alter(database, 12, leaf=leaf_hash(b""))
    assert named(database) == (12, "leaf")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("stream", "case/another"),
        ("version", 9_999),
        ("type", "sanguan.intake.case-closed.v1"),
        ("command_id", "c-other"),
        ("ordinal", 7),
        ("recorded_at", 1_433_145_600_000_001),
    ],
)
def test_a_column_that_says_something_else(database: Engine, column: str, value: Any) -> None:
    build(database)
    alter(database, 33, **{column: value})
    first_bad = found(database)
    assert (first_bad.position, first_bad.code) == (33, "columns")
    assert column in first_bad.reason
    assert column in first_bad.reason_zh


def test_an_event_of_another_log(database: Engine) -> None:
    append_rows(database, LOG, [row(0, envelope("410105099", 0)) | {"log": LOG}])
    assert named(database) == (0, "columns")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"version": 3}, "version"),
        ({"version": 0}, "version"),
        ({"stream": "case/9", "version": 2}, "version"),
        ({"recorded_at": BEGAN - timedelta(microseconds=1)}, "time_goes_back"),
    ],
)
def test_what_the_log_should_never_have_taken(database: Engine, said: dict[str, Any], code: str) -> None:
    second = envelope(LOG, 0) | {"command_id": "c-1", "version": 2} | said
    append_rows(database, LOG, [row(0, envelope(LOG, 0)), row(1, second)])
    assert named(database) == (1, code)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda written: written.replace(b'"log":', b'"log": '),
        lambda written: written[:-1] + b',"version":1}',
        lambda written: written.replace(b"\xe5\x90\x88", b"\\u5408"),
        lambda written: written[:-1],
        lambda written: b"[" * 100_000,
        lambda written: b"\xff" + written,
        lambda written: b"[]",
        lambda written: b"1",
        lambda written: b"",
        lambda written: msgspec.json.encode(dict(reversed(msgspec.json.decode(written).items()))),
    ],
)
def test_bytes_that_are_not_canonical(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    engine = sqlite_engine(tmp_path / "log.db")
    METADATA.create_all(engine)
    good = row(0, envelope(LOG, 0))
    spoiled = spoil(good["bytes"])
    append_rows(engine, LOG, [good | {"bytes": spoiled, "leaf": leaf_hash(spoiled)}])
    assert named(engine) == (0, "not_canonical")


@pytest.mark.parametrize("recorded_at", ["2015-06-01T08:00:00", "yesterday", "", None, 5])
def test_a_recorded_moment_that_is_none(tmp_path: Path, recorded_at: Any) -> None:
    engine = sqlite_engine(tmp_path / "log.db")
    METADATA.create_all(engine)
    written = msgspec.json.encode(envelope(LOG, 0) | {"recorded_at": recorded_at}, order="sorted")
    append_rows(engine, LOG, [row(0, envelope(LOG, 0)) | {"bytes": written, "leaf": leaf_hash(written)}])
    assert named(engine) == (0, "not_canonical")


def test_a_head_that_knows_less_or_more(database: Engine) -> None:
    build(database)
    with database.begin() as connection:
        connection.execute(update(heads).where(heads.c.log == LOG).values(size=SIZE - 1))
    assert named(database) == (SIZE - 1, "beyond_head")
    with database.begin() as connection:
        connection.execute(update(heads).where(heads.c.log == LOG).values(size=SIZE + 1))
    assert named(database) == (SIZE, "missing")
    with database.begin() as connection:
        connection.execute(delete(heads))
    assert named(database) == (0, "beyond_head")


@pytest.mark.parametrize(("level", "first"), [(0, (256, "tree")), (1, (100, "tile"))])
def test_tiles_that_were_tampered_with(database: Engine, level: int, first: tuple[int, str]) -> None:
    build(database)
    with database.begin() as connection:
        connection.execute(delete(tiles).where(tiles.c.log == LOG, tiles.c.level == level, tiles.c.index == 1 - level))
    assert named(database) == first
    rebuild_tiles(database)
    assert verify_log(database, LOG, KEY).ok


def test_checkpoint_rows_that_were_tampered_with(database: Engine) -> None:
    build(database)

    def change(at: int, **columns: Any) -> None:
        with database.begin() as connection:
            connection.execute(update(checkpoints).where(checkpoints.c.size == at).values(columns))

    with database.connect() as connection:
        root = connection.scalars(select(checkpoints.c.root).where(checkpoints.c.size == 300)).one()
    change(300, root=leaf_hash(b""))
    assert named(database) == (100, "checkpoint_row")
    change(300, root=root, size=299)
    assert named(database) == (100, "checkpoint_row")
    change(299, size=300, previous=99)
    assert named(database) == (100, "checkpoint_chain")
    with database.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.size == 300))
    assert named(database) == (100, "checkpoint_chain")


def test_a_key_or_a_witness_that_is_unusable_is_said(database: Engine) -> None:
    build(database)
    with pytest.raises(NoteRefused):
        verify_log(database, LOG, "sanguan/410105010+00000000+")
    with pytest.raises(NoteRefused):
        verify_log(database, LOG, KEY, witnessed=["not a note"])
    other = str(Signer.generate(origin(LOG)).verifier)
    verification = verify_log(database, LOG, other)
    assert verification.first_bad is not None
    assert verification.first_bad.code == "checkpoint_note"


def test_it_goes_by_a_snapshot_while_the_log_grows(database: Engine) -> None:
    build(database)

    def grow(_done: int, _there: int) -> None:
        append(database, 10)
        seal(database, LOG, SIGNER, NOW)

    assert verify_log(database, LOG, KEY, grow) == Verification(
        True, LOG, SIZE, mth(leaves_of(database)[:SIZE]), None, 3, 600
    )
    after = verify_log(database, LOG, KEY)
    assert after.ok
    assert (after.size, after.sealed, after.checkpoints_checked) == (650, 650, 4)


def test_a_byte_changed_in_the_file_itself(tmp_path: Path) -> None:
    engine = built_on(tmp_path)
    written = written_at(engine, 412)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    file = tmp_path / "log.db"
    raw = bytearray(file.read_bytes())
    (at,) = (place for place in range(len(raw)) if raw.startswith(written, place))
    raw[at + 30] ^= 1
    file.write_bytes(raw)
    assert named(sqlite_engine(file)) == (412, "leaf")


@pytest.mark.parametrize("column", ["stream", "leaf", "bytes", "version", "recorded_at"])
def test_a_column_of_a_wrong_kind(tmp_path: Path, column: str) -> None:
    engine = built_on(tmp_path)
    with engine.begin() as connection:
        unguard(connection)
        connection.execute(
            text(f"UPDATE events SET {column} = CAST(x'ff00' AS TEXT) WHERE log = '{LOG}' AND position = 77")
        )
    assert found(engine).position == 77


@pytest.mark.parametrize("where", ["tiles SET hashes", "checkpoints SET note", "checkpoints SET root"])
def test_a_tree_of_a_wrong_kind(tmp_path: Path, where: str) -> None:
    engine = built_on(tmp_path)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {where} = 5"))
    assert found(engine).position == 0


def test_every_reason_speaks_two_languages() -> None:
    words = {"field": "F", "first": 1, "last": 2, "size": 3, "why": "W"}
    for english, chinese in REASONS.values():
        assert english.format(**words).isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.format(**words))


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_any_change_of_any_event_is_named(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = sqlite_engine(tmp_path_factory.mktemp("log") / "log.db")
    METADATA.create_all(engine)
    append(engine, 40)
    for size in sorted(data.draw(st.sets(st.integers(1, 39), max_size=4)) | {40}):
        seal(engine, LOG, SIGNER, NOW, upto=size)
    altered = data.draw(st.sets(st.integers(0, 39), min_size=1, max_size=5))
    for position in altered:
        written = written_at(engine, position)
        changed = one_byte_off(written, random.Random(position).randrange(len(written)))
        also = {"leaf": leaf_hash(changed)} if data.draw(st.booleans()) else {}
        alter(engine, position, bytes=changed, **also)
    assert found(engine).position == min(altered)
    engine.dispose()
