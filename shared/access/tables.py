"""What sign-in keeps, beside the log and in its database: accounts, roles held, sessions, machines' tokens, places.

Nothing here is part of the record: a session is not history. No secret stands here in clear: passwords are argon2
digests, tokens and sessions SHA-256 digests of 256 random bits, a second factor's secret is wrapped by the master key.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, UniqueConstraint

from shared.log.tables import KEY, METADATA

accounts: Final = Table(
    "accounts",
    METADATA,
    Column("name", KEY, primary_key=True, comment="what is typed to sign in: a code, nobody's name"),
    Column("actor", KEY, nullable=False, unique=True, comment="the pseudonym that events and readings name"),
    Column("password", String, comment="argon2id; none where another provider signs in"),
    Column("password_at", BigInteger, comment="microseconds since 1970"),
    Column("factor", LargeBinary, comment="the second factor's secret, wrapped"),
    Column("factor_step", BigInteger, comment="the last time step that was used: none is good twice"),
    Column("issuer", KEY, comment="of the provider that signs in"),
    Column("subject", KEY, comment="the person's name there"),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("demo", BigInteger, nullable=False, server_default="0", comment="1 for an account of the sample campaign"),
    UniqueConstraint("issuer", "subject", name="accounts_subject"),
)

memberships: Final = Table(
    "memberships",
    METADATA,
    Column("actor", KEY, primary_key=True),
    Column("role", KEY, primary_key=True),
    Column("place", KEY, primary_key=True, comment="a community, sub-district, district or city"),
    Column("granted_at", BigInteger, nullable=False),
    Column("granted_by", KEY, nullable=False),
)

sessions: Final = Table(
    "sessions",
    METADATA,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("name", KEY, nullable=False, unique=True, comment="by which it is listed and ended"),
    Column("account", KEY, index=True, comment="none where a token was shown"),
    Column("actor", KEY, nullable=False),
    Column("on_behalf_of", KEY),
    Column("role", KEY, nullable=False),
    Column("place", KEY, nullable=False),
    Column("case", KEY, comment="the one case that a resident reaches"),
    Column("opened_at", BigInteger, nullable=False, comment="when what was shown was looked up"),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, comment="at the latest"),
    Column("ended_at", BigInteger),
)

machine_tokens: Final = Table(
    "machine_tokens",
    METADATA,
    Column("name", KEY, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the token's 256 random bits"),
    Column("actor", KEY, nullable=False),
    Column("role", KEY, nullable=False),
    Column("place", KEY, nullable=False),
    Column("scopes", String, nullable=False, comment="JSON list"),
    Column("opened_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

attempts: Final = Table(
    "sign_in_attempts",
    METADATA,
    Column("key", LargeBinary, primary_key=True, comment="keyed digest of a name, or of where it came from"),
    Column("failures", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

places: Final = Table(
    "places",
    METADATA,
    Column("code", KEY, primary_key=True, comment="a sub-district or a district"),
    Column("within", KEY, nullable=False, comment="a district or a city"),
)

case_codes: Final = Table(
    "case_codes",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("code", LargeBinary, primary_key=True, comment="keyed digest of the code on a resident's card"),
    Column("case", KEY, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("issued_by", KEY, comment="whoever handed the card out; none in rows of before that was kept"),
    Column("ended_at", BigInteger),
)
