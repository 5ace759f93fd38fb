"""Sign-in, roles held, machines' tokens, places, residents' codes, and keys of the installation (decisions 24, 25)."""

import sqlalchemy as sa
from alembic import op

from shared.log.tables import KEY

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("actor", KEY, nullable=False, unique=True),
        sa.Column("password", sa.String),
        sa.Column("password_at", sa.BigInteger),
        sa.Column("factor", sa.LargeBinary),
        sa.Column("factor_step", sa.BigInteger),
        sa.Column("issuer", KEY),
        sa.Column("subject", KEY),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("demo", sa.BigInteger, nullable=False, server_default="0"),
        sa.UniqueConstraint("issuer", "subject", name="accounts_subject"),
    )
    op.create_table(
        "memberships",
        sa.Column("actor", KEY, primary_key=True),
        sa.Column("role", KEY, primary_key=True),
        sa.Column("place", KEY, primary_key=True),
        sa.Column("granted_at", sa.BigInteger, nullable=False),
        sa.Column("granted_by", KEY, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("name", KEY, nullable=False, unique=True),
        sa.Column("account", KEY),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("on_behalf_of", KEY),
        sa.Column("role", KEY, nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("case", KEY),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "machine_tokens",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", KEY, nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "places",
        sa.Column("code", KEY, primary_key=True),
        sa.Column("within", KEY, nullable=False),
    )
    op.create_table(
        "case_codes",
        sa.Column("log", KEY, primary_key=True),
        sa.Column("code", sa.LargeBinary, primary_key=True),
        sa.Column("case", KEY, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "system_keys",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
