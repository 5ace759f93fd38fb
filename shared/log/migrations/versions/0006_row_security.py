"""Row security on PostgreSQL (docs/decisions/0026).

The statements stand in `shared.log.row_security`: they are the same for the ledgers' tables, which have no migrations,
and `migrate` runs them whenever something lacks them. This revision says that they have been run, so that no process
reads from tables that lack them.
"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
