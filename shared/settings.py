"""Settings: from the environment (`SANGUAN_…`), from secret files, or from the command line's `--data`."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All that an operator may set. Secrets may also stand in files named after them in `SANGUAN_SECRETS_DIR`."""

    model_config = SettingsConfigDict(env_prefix="SANGUAN_", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Where the embedded databases and the keys are kept.")
    database_url: str | None = Field(None, description="PostgreSQL; without it, SQLite files in the data directory.")
    redis_url: str | None = Field(None, description="Redis or Valkey; without it, `up` starts the embedded Valkey.")
    host: str = Field("127.0.0.1", description="The address to serve on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to serve on; 0 takes a free one.")
    shards: int = Field(1, ge=1, le=256, description="Streams that the logs are spread over.")
    stream_length: int = Field(100_000, ge=1_000, description="Entries that a stream keeps, about.")
    seal_seconds: float = Field(1.0, gt=0, description="How often the tree is extended and signed.")
    master_key: str | None = Field(None, description="The vault's master key, base64; else DATA_DIR/keys/master.key.")
    token_key: str | None = Field(None, description="The tokens' key, base64; else DATA_DIR/keys/token.key.")
    log_level: str = Field("info", description="debug, info, warning or error.")

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
