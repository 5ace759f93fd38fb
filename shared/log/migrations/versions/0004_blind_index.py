"""The blind index, by which possible duplicates are found (docs/decisions/0014)."""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import KEY

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_blind",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("epoch", KEY, primary_key=True),
        sa.Column("token", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subject", KEY, primary_key=True),
    )
