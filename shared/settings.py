"""Settings: from the environment (`SANGUAN_…`), from secret files, or from the command line's `--data`."""

import os
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from shared.log.cosigning import witnesses_in

_KEY_BYTES: Final = 32


def _key(text: str) -> str:
    """Base64 of a key that is long enough; raises ValueError, which does not quote it."""
    try:
        long_enough = len(b64decode(text, validate=True)) >= _KEY_BYTES
    except ValueError:
        long_enough = False
    if not long_enough:
        raise ValueError(f"a key is at least {_KEY_BYTES} random bytes in base64")
    return text


def _database(text: str) -> str:
    """The URL of a PostgreSQL; raises ValueError, which does not quote it: it may hold a password."""
    try:
        known = make_url(text).get_backend_name() == "postgresql"
    except ArgumentError:
        known = False
    if not known:
        raise ValueError("this is not a PostgreSQL's URL, such as postgresql://user@host/database")
    return text


def _redis(text: str) -> str:
    """The URL of a Redis; raises ValueError."""
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("this is not a Redis's URL, such as redis://host:6379")
    return text


def _keys(text: str) -> str:
    """Several of them, separated by commas."""
    for one in text.split(","):
        _key(one.strip())
    return text


def _issuer(text: str) -> str:
    """The address of an OpenID provider: encrypted, unless it is on this machine; raises ValueError."""
    address = urlsplit(text)
    local = address.scheme == "http" and address.hostname in ("127.0.0.1", "localhost", "::1")
    if not (address.hostname and (address.scheme == "https" or local)) or address.query or address.fragment:
        raise ValueError("this is not an OpenID provider's issuer, such as https://id.example.org")
    return text


def _witnesses(text: str) -> str:
    """A list of witnesses; raises ValueError."""
    witnesses_in(text)
    return text


Key = Annotated[str, AfterValidator(_key)]
Keys = Annotated[str, AfterValidator(_keys)]


class Settings(BaseSettings):
    """All that an operator may set. Secrets may also stand in files named after them in `SANGUAN_SECRETS_DIR`."""

    model_config = SettingsConfigDict(env_prefix="SANGUAN_", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Where the embedded databases and the keys are kept.")
    database_url: Annotated[str, AfterValidator(_database)] | None = Field(
        None, description="PostgreSQL; without it, SQLite files in the data directory."
    )
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(
        None, description="Redis or Valkey; without it, `up` starts the embedded Valkey."
    )
    host: str = Field("127.0.0.1", description="The address to serve on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to serve on; 0 takes a free one.")
    shards: int = Field(1, ge=1, le=256, description="Streams that the logs are spread over.")
    stream_length: int = Field(100_000, ge=1_000, description="Entries that a stream keeps, about.")
    seal_seconds: float = Field(1.0, gt=0, description="How often the tree is extended and signed.")
    check_minutes: float = Field(
        15, ge=0, description="How often what is served is compared with a replay of the log; 0 for never."
    )
    witnesses: Annotated[str, AfterValidator(_witnesses)] | None = Field(
        None, description="Who cosigns the checkpoints: `URL KEY`, several by commas or on a line each."
    )
    master_key: Key | None = Field(None, description="The vault's master key, base64; else DATA_DIR/keys/master.key.")
    master_key_old: Keys | None = Field(
        None, description="Further master keys that may still be read, comma separated: older ones, or the next one."
    )
    suite: str = Field("2", description="Seals new boxes and wraps new keys: 2 is AES-256-GCM, 3 is SM4-GCM.")
    token_key: Key | None = Field(None, description="The tokens' key, base64; else DATA_DIR/keys/token.key.")
    trusted_proxies: str = Field(
        "127.0.0.1", description="Proxies whose word is taken for where a request comes from, comma separated, or *."
    )
    session_hours: int = Field(12, ge=1, le=72, description="How long a sign-in holds at most.")
    session_idle_minutes: int = Field(60, ge=1, le=1_440, description="How long a session may lie idle.")
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None, description="An OpenID provider that signs people in, by its issuer; with OIDC_CLIENT_ID."
    )
    oidc_client_id: str | None = Field(None, description="How the provider knows this installation.")
    oidc_client_secret: str | None = Field(None, description="The secret of that client; none for a public one.")
    oidc_title: str = Field("统一身份认证", description="What the sign-in page calls the provider.")
    paper_fonts: Path | None = Field(
        None, description="A directory with the fonts that papers are printed in; without it, the system's."
    )
    requests_per_minute: int = Field(600_000, ge=1, description="What one actor may ask of a process in a minute.")
    readings_per_minute: int = Field(120, ge=1, description="How often one actor may open what is sealed in a minute.")
    refusals_per_minute: int = Field(
        3_000, ge=1, description="Requests without a valid token or session from one address in a minute."
    )
    open_requests_per_minute: int = Field(
        6_000, ge=1, description="Requests for what is open to anyone, from one address in a minute."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

    @property
    def log_url(self) -> str:
        """The database of the log."""
        return self.database_url or f"sqlite:///{self.data_dir / 'log.db'}"

    @property
    def ledgers_url(self) -> str:
        """The database of the ledgers: a file of its own on SQLite, so that ledgers never wait for appends."""
        return self.database_url or f"sqlite:///{self.data_dir / 'ledgers.db'}"

    @property
    def master_keys_old(self) -> list[str]:
        return [one.strip() for one in (self.master_key_old or "").split(",") if one.strip()]

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"


def load(data_dir: Path | None = None, **over: object) -> Settings:
    """The settings of this process; what is given here goes before the environment."""
    given = {name: value for name, value in over.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir
    secrets = os.environ.get("SANGUAN_SECRETS_DIR")
    return Settings(_secrets_dir=secrets, **given)  # type: ignore[arg-type, call-arg]  # given by name, validated by pydantic
