"""Changing a log's signing key 签名密钥更换: the old key signs what is there, the new one all that is larger.

Killed anywhere, it leaves a log that signs and verifies: before the rotation is stated the old key is the key, from
then on the new one is, and whoever signs next puts it in its place. Called again, it goes on where it was. Other
processes go on: they take the key anew each time they sign, and wait for the moment in which it changes.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from shared.log import keys, sealer
from shared.log.signing import Rotation
from shared.log.tree import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Changed:
    """That a log's key was changed."""

    rotation: Rotation
    resumed: bool
    """Whether it went on with a rotation that was broken off."""


def change_key(engine: Engine, data_dir: Path, log: str, now: datetime) -> Changed:
    """Sign what is there with the current key, and put a new key in its place.

    Raises `KeyUnusable` where the current key is not there, `LogDamaged` where it does not fit the log.
    """
    with keys.unchanging(data_dir, alone=True):
        if (broken_off := _stated(data_dir, log)) is not None:
            return broken_off
        old = keys.load_or_create(data_dir, log)
        new, resumed = keys.next_signer(data_dir, log)
        sealer.seal(engine, log, old, now, since=keys.load_chain(data_dir, log).since)
        signed = sealer.latest(engine, log)
        size, root = (signed.size, signed.root) if signed else (0, EMPTY_ROOT)
        rotation = Rotation.make(size, root, old, new)
        keys.state_rotation(data_dir, log, rotation)
        keys.load_or_create(data_dir, log)
        return Changed(rotation, resumed)


def _stated(data_dir: Path, log: str) -> Changed | None:
    """Finish a rotation that was stated and whose key is not in its place; None where there is none."""
    if not keys.rotations_of(data_dir, log).exists() or keys.is_in_order(data_dir, log):
        return None
    keys.load_or_create(data_dir, log)
    return Changed(keys.load_chain(data_dir, log).rotations[-1], resumed=True)
