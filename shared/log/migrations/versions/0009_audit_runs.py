"""What a running system finds when it compares itself with a replay (docs/decisions/0033)."""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import KEY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_runs",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("service", KEY, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("differences", sa.Text, nullable=False),
        sa.Column("micros", sa.BigInteger, nullable=False),
    )
