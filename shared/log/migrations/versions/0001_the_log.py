"""The log, its head rows, the vault's keys, the tree and its checkpoints.

Written out, not taken from the metadata: a migration says what was, whatever the code says later. There is no way
down: a record is not unmade.
"""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import GUARDS, KEY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stream", KEY, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("command_id", KEY, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("body_mac", sa.LargeBinary),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("log", "stream", "version", name="events_stream_version"),
        sa.UniqueConstraint("log", "command_id", "ordinal", name="events_command"),
    )
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "heads",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "vault_keys",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("subject", KEY, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "vault_destroyed",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("subject", KEY, primary_key=True),
        sa.Column("destroyed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tiles",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("previous", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("log", "previous", name="checkpoints_chain"),
    )
    op.create_table(
        "reactions",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("service", KEY, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "refused_reactions",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("command_id", KEY, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("code", KEY, nullable=False),
    )
