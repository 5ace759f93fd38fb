"""What witnesses have cosigned, and what each of them holds (docs/decisions/0032)."""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import KEY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cosignatures",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("witness", KEY, primary_key=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("cosigned_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "witness_states",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("witness", KEY, primary_key=True),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("refusal", KEY),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
