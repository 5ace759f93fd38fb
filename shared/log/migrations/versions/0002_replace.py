"""REPLACE is refused as UPDATE and DELETE are, whatever the client's settings.

SQLite's `INSERT OR REPLACE` deletes the rows that stand in its way, and runs the triggers of that deletion only where
`recursive_triggers` is on: it is off by default. So the insertion itself is refused where any key is taken.
"""

from alembic import op

from shared.log.tables import REPLACE_GUARDS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in REPLACE_GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
