"""Settings: from the environment (`SANGUAN_…`), from secret files, or from the command line's `--data`."""

import os
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

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


Key = Annotated[str, AfterValidator(_key)]


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
    master_key: Key | None = Field(None, description="The vault's master key, base64; else DATA_DIR/keys/master.key.")
    token_key: Key | None = Field(None, description="The tokens' key, base64; else DATA_DIR/keys/token.key.")
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
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"


def load(data_dir: Path | None = None, **over: object) -> Settings:
    """The settings of this process; what is given here goes before the environment."""
    given = {name: value for name, value in over.items() if value is not None}
    if data_dir is not None:
        given["data_dir"] = data_dir
    secrets = os.environ.get("SANGUAN_SECRETS_DIR")
    return Settings(_secrets_dir=secrets, **given)  # type: ignore[arg-type, call-arg]  # given by name, validated by pydantic
