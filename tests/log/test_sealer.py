"""The sealer on both databases: what it signs, what it proves, and that it never forks."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, insert, select, update
from sqlalchemy.exc import OperationalError

from shared.log.keys import origin
from shared.log.note import Checkpoint, Signer, open_checkpoint
from shared.log.proofs import verify_consistency, verify_inclusion
from shared.log.sealer import (
    STEP_EVENTS,
    LogDamaged,
    SignedCheckpoint,
    consistency,
    inclusion,
    latest,
    root_at,
    seal,
)
from shared.log.tables import events
from shared.log.tree import EMPTY_ROOT, leaf_hash
from shared.log.tree_tables import checkpoints, tiles
from tests.log.invented import BEGAN, LOG, append, append_rows, envelope, leaves_of, row
from tests.log.test_tree import mth

SIGNER = Signer.generate(origin(LOG))
NOW = BEGAN + timedelta(days=1)


def sizes_and_previous(engine: Engine) -> list[tuple[int, int]]:
    with engine.connect() as connection:
        query = select(checkpoints.c.size, checkpoints.c.previous).order_by(checkpoints.c.size)
        return [(found.size, found.previous) for found in connection.execute(query)]


def stored_tiles(engine: Engine) -> dict[tuple[int, int], bytes]:
    with engine.connect() as connection:
        query = select(tiles.c.level, tiles.c.index, tiles.c.hashes)
        return {(level, index): hashes for level, index, hashes in connection.execute(query)}


def test_an_empty_log_has_nothing_to_seal(database: Engine) -> None:
    assert seal(database, LOG, SIGNER, NOW) is None
    assert latest(database, LOG) is None
    assert root_at(database, LOG, 0) == EMPTY_ROOT
    with pytest.raises(ValueError, match="0 events"):
        root_at(database, LOG, 1)


def test_a_checkpoint_covers_what_was_appended(database: Engine) -> None:
    append(database, 300)
    sealed = seal(database, LOG, SIGNER, NOW)
    assert sealed is not None
    assert sealed == latest(database, LOG)
    assert (sealed.size, sealed.root, sealed.signed_at) == (300, mth(leaves_of(database)), NOW)
    assert open_checkpoint(sealed.note, SIGNER.verifier) == Checkpoint(origin(LOG), 300, sealed.root)
    assert seal(database, LOG, SIGNER, NOW) is None
    assert sizes_and_previous(database) == [(300, 0)]


def test_it_goes_on_where_it_stopped_and_the_tiles_are_the_same_as_at_once(database: Engine) -> None:
    for count in (1, 254, 1, 1, 255, 200):
        append(database, count)
        append(database, count, log="410105011")
        assert seal(database, LOG, SIGNER, NOW) is not None
    in_pieces = stored_tiles(database)
    with database.begin() as connection:
        connection.execute(delete(checkpoints))
        connection.execute(delete(tiles))
    sealed = seal(database, LOG, SIGNER, NOW)
    assert sealed is not None
    assert sealed.root == mth(leaves_of(database))
    assert stored_tiles(database) == in_pieces
    assert len(in_pieces[0, 2]) == 200 * 32
    assert len(in_pieces[1, 0]) == 2 * 32


def test_upto_seals_exactly_that_much(database: Engine) -> None:
    append(database, 20)
    sealed = seal(database, LOG, SIGNER, NOW, upto=12)
    assert sealed is not None
    assert (sealed.size, sealed.root) == (12, mth(leaves_of(database)[:12]))
    assert seal(database, LOG, SIGNER, NOW, upto=12) is None
    assert seal(database, LOG, SIGNER, NOW, upto=5) is None
    sealed = seal(database, LOG, SIGNER, NOW, upto=99)
    assert sealed is not None
    assert sealed.size == 20


def test_a_long_backlog_is_sealed_in_steps(database: Engine) -> None:
    leaf = leaf_hash(b"synthetic")
    template = row(0, envelope(LOG, 0)) | {"leaf": leaf, "bytes": b"{}"}
    count = STEP_EVENTS + 10
    append_rows(
        database,
        LOG,
        [template | {"position": n, "version": n + 1, "command_id": str(n)} for n in range(count)],
    )
    sealed = seal(database, LOG, SIGNER, NOW)
    assert sealed is not None
    assert sealed.root == mth([leaf] * count)
    assert sizes_and_previous(database) == [(STEP_EVENTS, 0), (count, STEP_EVENTS)]


def test_roots_and_proofs_at_any_size_sealed_or_not(database: Engine) -> None:
    append(database, 700)
    seal(database, LOG, SIGNER, NOW, upto=257)
    seal(database, LOG, SIGNER, NOW, upto=520)
    leaves = leaves_of(database)
    for size in (1, 2, 100, 255, 256, 257, 258, 511, 520, 521, 640, 700):
        root = root_at(database, LOG, size)
        assert root == mth(leaves[:size])
        for position in {0, size // 2, size - 1}:
            proof = inclusion(database, LOG, position, size)
            assert verify_inclusion(leaves[position], position, size, proof, root)
        for first in {1, size // 2 or 1, size}:
            proof = consistency(database, LOG, first, size)
            assert verify_consistency(first, size, proof, mth(leaves[:first]), root)
    assert sizes_and_previous(database) == [(257, 0), (520, 257)]  # asking seals nothing
    with pytest.raises(ValueError, match="700 events"):
        inclusion(database, LOG, 0, 701)
    with pytest.raises(ValueError, match="700 events"):
        consistency(database, LOG, 1, 701)
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion(database, LOG, 9, 9)
    with pytest.raises(ValueError, match="negative"):
        root_at(database, LOG, -1)


class Overtaken(Signer):
    """A signer that is overtaken by another sealer at the moment of signing."""

    engine: Engine
    other: SignedCheckpoint | None

    def signature_line(self, text: str) -> str:
        append(self.engine, 5)
        object.__setattr__(self, "other", seal(self.engine, LOG, SIGNER, NOW))
        return super().signature_line(text)


def test_the_second_of_two_sealers_steps_back(database: Engine) -> None:
    append(database, 250)
    seal(database, LOG, SIGNER, NOW)
    append(database, 10)
    slow = Overtaken(SIGNER.name, SIGNER.seed)
    object.__setattr__(slow, "engine", database)
    assert seal(database, LOG, slow, NOW) is None
    assert slow.other is not None
    assert slow.other == latest(database, LOG)
    assert sizes_and_previous(database) == [(250, 0), (265, 250)]
    assert root_at(database, LOG, 265) == mth(leaves_of(database))
    append(database, 1)
    assert seal(database, LOG, SIGNER, NOW) is not None
    assert root_at(database, LOG, 266) == mth(leaves_of(database))


def test_sealers_at_once_while_the_log_grows_make_one_chain(database: Engine) -> None:
    append(database, 1)

    def work(number: int) -> None:
        for _ in range(15):
            if number == 0:
                append(database, random.Random(number).randrange(1, 90))
            seal(database, LOG, SIGNER, NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    seal(database, LOG, SIGNER, NOW)
    leaves, chain = leaves_of(database), sizes_and_previous(database)
    assert [previous for _, previous in chain] == [0, *[size for size, _ in chain[:-1]]]
    assert chain[-1][0] == len(leaves)
    with database.connect() as connection:
        for checkpoint in connection.execute(select(checkpoints)):
            assert checkpoint.root == mth(leaves[: checkpoint.size])
            assert open_checkpoint(checkpoint.note, SIGNER.verifier).root == checkpoint.root
    for size in range(1, len(leaves), 13):
        assert root_at(database, LOG, size) == mth(leaves[:size])


def test_a_crash_between_checkpoint_and_tiles_leaves_neither(database: Engine) -> None:
    append(database, 10)
    seal(database, LOG, SIGNER, NOW)
    before, last = stored_tiles(database), latest(database, LOG)
    append(database, 10)

    def crash(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO tiles"):
            raise OperationalError(statement, {}, Exception("the connection is gone"))

    event.listen(database, "before_cursor_execute", crash)
    with pytest.raises(OperationalError):
        seal(database, LOG, SIGNER, NOW)
    event.remove(database, "before_cursor_execute", crash)
    assert (stored_tiles(database), latest(database, LOG)) == (before, last)
    assert seal(database, LOG, SIGNER, NOW) is not None
    assert root_at(database, LOG, 20) == mth(leaves_of(database))


def test_nothing_is_signed_over_a_tree_that_lost_its_signed_root(database: Engine) -> None:
    append(database, 10)
    seal(database, LOG, SIGNER, NOW)
    append(database, 10)
    forged = stored_tiles(database)[0, 0][32:] + leaf_hash(b"forged")
    with database.begin() as connection:
        connection.execute(update(tiles).values(hashes=forged))
    with pytest.raises(LogDamaged, match="signed at 10"):
        seal(database, LOG, SIGNER, NOW)
    assert sizes_and_previous(database) == [(10, 0)]


def test_a_gap_is_not_sealed_over(database: Engine) -> None:
    append(database, 3)
    append_rows(database, LOG, [row(4, envelope(LOG, 4))])
    with pytest.raises(LogDamaged, match="gap"):
        seal(database, LOG, SIGNER, NOW)
    with pytest.raises(LogDamaged, match="gap"):
        root_at(database, LOG, 5)
    assert latest(database, LOG) is None


def test_another_violated_constraint_is_not_taken_for_another_sealer(database: Engine) -> None:
    append(database, 3)
    strange = {"log": LOG, "level": 1, "index": 0, "hashes": b""}
    append(database, 300)
    with database.begin() as connection:
        connection.execute(insert(tiles), [strange | {"index": 1}, strange | {"level": 0, "index": 1}])
    with pytest.raises(Exception, match=r"(?i)unique"):
        seal(database, LOG, SIGNER, NOW)
    with database.connect() as connection:
        assert connection.scalars(select(events.c.position)).all()  # nothing is left locked
