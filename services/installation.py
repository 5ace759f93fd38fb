"""An installation 部署: which services there are, and the storage that a command opens.

Nothing here serves or listens, so that a command is there at once; `together` runs them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.assessment.service import SERVICE as ASSESSMENT
from services.assignment.service import SERVICE as ASSIGNMENT
from services.intake.service import SERVICE as INTAKE
from services.privacy.service import SERVICE as PRIVACY
from shared.contracts.model import Service
from shared.settings import Settings
from shared.storage import Storage

SERVICES: Final[tuple[Service, ...]] = (INTAKE, ASSIGNMENT, ASSESSMENT, PRIVACY)

LOG: Final = "410105010"
"""The sub-district of the sample, and the default of `--log`."""


def named(names: Sequence[str]) -> tuple[Service, ...]:
    """The services of these names, in the house's order."""
    return tuple(service for service in SERVICES if service.name in names)


def declared(services: Sequence[Service]) -> tuple[str, ...]:
    """Where services are declared, `module:attribute`: for a process of its own, which is told by name."""
    return tuple(f"services.{one.name}.service:SERVICE" for one in services)


@contextmanager
def opened(settings: Settings, *, audits: bool = False) -> Iterator[Storage]:
    """The storage for a command that only reads or mends: nothing runs.

    What `audits` mends nothing first, for a table of another shape is a finding; raises `SchemaBehind` where the log's
    tables are not this version's.
    """
    storage = Storage(settings, SERVICES)
    try:
        if audits:
            storage.require_migrated()
        else:
            storage.migrate()
        yield storage
    finally:
        storage.close()


def data_exists(data_dir: Path) -> bool:
    """Whether an embedded installation is there."""
    return (data_dir / "log.db").exists()
