"""Looks that found the same are one row, which says how much was looked at (docs/decisions/0033).

What stood there is no record: it is found again at the next look.
"""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import KEY

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("audit_runs")
    op.create_table(
        "audit_runs",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("service", KEY, primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("looks", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("ledgers", sa.BigInteger, nullable=False),
        sa.Column("compared", sa.BigInteger, nullable=False),
        sa.Column("waiting", sa.BigInteger, nullable=False),
        sa.Column("differences", sa.Text, nullable=False),
        sa.Column("failed", sa.Text),
        sa.Column("micros", sa.BigInteger, nullable=False),
    )
