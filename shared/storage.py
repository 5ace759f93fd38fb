"""The storage of an installation: its databases, its log, its vault and keys, and who is known to it.

Every process and every command opens it; nothing in it runs. It imports neither the web nor the stream, so that a
command is there at once.
"""

import gc
import sys
from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import Engine, select

from shared.access.case_codes import CaseCodes
from shared.access.machines import Machines
from shared.access.sign_in import SignIn
from shared.access.tokens import Tokens, load_token_key
from shared.clock import utc_now
from shared.contracts.access import READINGS
from shared.contracts.assignment import SyntheticDeclared
from shared.contracts.catalogue import EVENTS
from shared.contracts.model import Service
from shared.delivery.channels import is_published
from shared.errors import Sentences
from shared.ledger.schema import prepare
from shared.ledger.tables import Rows, tables_of
from shared.log import destroyed, keys, schema, sealer
from shared.log.codec import Codec
from shared.log.database import close_engine, open_engine
from shared.log.destroyed import DestroyedList
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.suites import usable
from shared.log.system_keys import CODES, SystemKeys
from shared.log.tables import events, heads
from shared.log.vault import Vault
from shared.log.wrapping import masters_of
from shared.settings import Settings

logger: Final = structlog.get_logger(__name__)


class Storage:
    """The databases and keys of an installation: what every process and every command of `sanguan` opens."""

    def __init__(self, settings: Settings, services: Sequence[Service]) -> None:
        _tune()
        self.settings, self.services = settings, tuple(services)
        self.sentences = Sentences(self.services)
        self.log_engine: Engine = open_engine(settings.log_url)
        self.ledgers_engine: Engine = (
            self.log_engine
            if settings.database_url
            else open_engine(settings.ledgers_url, durable=False)  # ledgers can be rebuilt from the log
        )
        self.tables: dict[str, dict[str, Rows[object]]] = {
            service.name: tables_of(service) for service in self.services
        }
        self.log: Log = open_log(self.log_engine, Codec((*EVENTS, *READINGS)), utc_now)
        self.masters = masters_of(settings)
        self.vault = Vault(
            self.log_engine, self.masters, suite=usable(settings.suite),
            destroyed=DestroyedList(settings.keys_dir / destroyed.NAME),
        )  # fmt: skip
        key = load_token_key(settings)
        self.tokens = Tokens(key, utc_now)
        self.sign_in = SignIn.of(
            self.log_engine, settings, utc_now, self.masters, key, lambda: is_synthetic(self.log_engine)
        )
        self.sessions = self.sign_in.sessions
        self.machines = Machines(self.log_engine, utc_now)
        own = SystemKeys(self.log_engine, self.masters)
        self.case_codes = CaseCodes(self.log_engine, lambda: own.get(CODES), utc_now)

    def migrate(self) -> None:
        """Bring both databases to this version's tables. Safe to run again."""
        schema.migrate(self.log_engine)
        again = prepare(self.ledgers_engine, self._all_rows())
        if again:
            logger.info("ledgers of a new shape are folded again", ledgers=again)

    def require_migrated(self) -> None:
        """Raises `SchemaBehind` where `sanguan migrate` was not run."""
        schema.require(self.log_engine)

    def revision(self) -> str | None:
        """The log tables' revision."""
        return schema.revision(self.log_engine)

    def _all_rows(self) -> list[Rows[object]]:
        return [rows for tables in self.tables.values() for rows in tables.values()]

    def root(self, log: str, size: int) -> str:
        """The tree's root over the first `size` events, in hexadecimal."""
        return sealer.root_at(self.log_engine, log, size).hex()

    def seal(self, log: str) -> sealer.SignedCheckpoint | None:
        """Extend the tree and sign a checkpoint, where there is something new."""
        with keys.signing(self.settings.data_dir, log) as (signer, since):
            return sealer.seal(self.log_engine, log, signer, utc_now(), since=since)

    def close(self) -> None:
        for engine in {self.log_engine, self.ledgers_engine}:
            close_engine(engine)


def is_synthetic(engine: Engine) -> bool:
    """Whether an installation holds something, and every log of it was declared to be invented (§3.1.4)."""
    with engine.connect() as connection:
        logs = [log for log in connection.execute(select(heads.c.log)).scalars() if is_published(log)]
        declared = select(events.c.log).where(events.c.type == SyntheticDeclared.NAME)  # at its beginning, if at all
        return bool(logs) and all(connection.execute(declared.where(events.c.log == log)).first() for log in logs)


def _tune() -> None:
    """Set the interpreter up for this kind of work, as measured by the bench."""
    # Folding makes many small things and no cycles: the collector's default took a third of all time.
    gc.set_threshold(50_000, 20, 20)
    # The loop, the appender and the ledgers share the interpreter: by default each waits 5 ms for its turn.
    sys.setswitchinterval(0.0005)
