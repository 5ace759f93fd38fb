"""One record and its exports for every test here. All data are invented."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.exports.record import Canaries, append, proposals, storage_at
from tests.system.cli import called


@dataclass(frozen=True, slots=True)
class Exported:
    """An installation, what could be typed into it, and how it is exported."""

    data: Path
    out: Path
    canaries: Canaries

    def to(self, form: str, name: str, *more: object) -> tuple[Path, dict[str, Any]]:
        """Export it by the command; gives the file and what was said."""
        file = self.out / name
        done = called("export", form, file, *more, "--data", self.data, "--json")
        assert done.code == 0, done.err
        return file, done.json


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    home, canaries = tmp_path_factory.mktemp("exports"), Canaries()
    storage = storage_at(home / "data")
    append(storage.log, proposals(canaries))
    storage.close()
    (home / "out").mkdir()
    return Exported(home / "data", home / "out", canaries)


@pytest.fixture(scope="session")
def json_file(exported: Exported) -> tuple[Path, dict[str, Any]]:
    """The export as OCEL in JSON."""
    return exported.to("ocel", "all.jsonocel")


@pytest.fixture(scope="session")
def sqlite_file(exported: Exported) -> tuple[Path, dict[str, Any]]:
    """The export as OCEL in SQLite."""
    return exported.to("ocel", "all.sqlite")
