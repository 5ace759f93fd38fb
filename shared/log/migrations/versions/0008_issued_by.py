"""Who handed a resident's card out (docs/decisions/0024)."""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import KEY

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_codes", sa.Column("issued_by", KEY))
