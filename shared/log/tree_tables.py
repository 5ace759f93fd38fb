"""Where a log's tree and its signed checkpoints are kept."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from shared.log.tables import KEY, METADATA

tiles: Final = Table(
    "tiles",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="up to 256 hashes of 32 bytes; grows at its end only"),
)

checkpoints: Final = Table(
    "checkpoints",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False, comment="events covered"),
    Column("previous", BigInteger, nullable=False, comment="size of the checkpoint that this one extends, or 0"),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False, comment="the signed checkpoint, as it is published"),
    Column("signed_at", BigInteger, nullable=False, comment="microseconds since 1970"),
    # A checkpoint has one successor: of two sealers at once, the database refuses the second.
    UniqueConstraint("log", "previous", name="checkpoints_chain"),
)
