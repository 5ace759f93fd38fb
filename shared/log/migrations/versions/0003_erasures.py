"""A head counts how often keys of its log were destroyed, so that an append which waited for the head sees that it must
look at its keys again, and only then."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("heads", sa.Column("erasures", sa.BigInteger, nullable=False, server_default=sa.text("0")))
