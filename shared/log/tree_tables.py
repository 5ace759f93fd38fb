"""Where a log's tree, its signed checkpoints, what witnesses have cosigned and what replays have found are kept."""

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

cosignatures: Final = Table(
    "cosignatures",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False, comment="of the checkpoint"),
    Column("witness", KEY, primary_key=True, comment="the witness's public key"),
    Column("line", Text, nullable=False, comment="the signature line that the witness added to the checkpoint"),
    Column("cosigned_at", BigInteger, nullable=False, comment="by the witness's clock; microseconds since 1970"),
)

witness_states: Final = Table(
    # What was last heard. It is no record: a witness says again what it holds.
    "witness_states",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("witness", KEY, primary_key=True),
    Column("held", BigInteger, nullable=False, comment="the size that the witness holds"),
    Column("refusal", KEY, comment="why it does not cosign what the log has now; none where it does, or is away"),
    Column("changed_at", BigInteger, nullable=False, comment="microseconds since 1970"),
)

audit_runs: Final = Table(
    # What a running system found when it compared itself with a replay (see shared.audit.checks). It is no record.
    "audit_runs",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("service", KEY, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False, comment="when it was found first; microseconds"),
    Column("at", BigInteger, nullable=False, comment="when it was found last; microseconds since 1970"),
    Column("looks", BigInteger, nullable=False, comment="that found the same, one after the other"),
    Column("position", BigInteger, nullable=False, comment="up to which it was compared; -1 for nothing"),
    Column("ledgers", BigInteger, nullable=False, comment="that the service has"),
    Column("compared", BigInteger, nullable=False, comment="of these"),
    Column("waiting", BigInteger, nullable=False, comment="rows that wait at parked keys, and were not compared"),
    Column("differences", Text, nullable=False, comment="ledgers and scores that differ, by name; a JSON list"),
    Column("failed", Text, comment="the kind of what kept it from looking at everything"),
    Column("micros", BigInteger, nullable=False, comment="how long the last one took"),
)
