"""The maps that newcomers are given lead somewhere: every path in a README, and in assessment's own map, is there."""

import re
from pathlib import Path

import pytest

import services.assessment
from tests.system.cli import ROOT

PATH = re.compile(r"`((?:services|shared|deploy|docs|tests|plans|rulebooks)/[\w./-]*)`|\]\(([\w./-]+)\)")


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_path_of_a_readme_is_there(name: str) -> None:
    named = {one or other for one, other in PATH.findall((ROOT / name).read_text(encoding="utf-8"))}
    assert len(named) > 10
    rooms = (ROOT, ROOT / "services" / "assessment")  # where the line begins with the latter, it names files below it
    assert {one for one in named if not any((room / one).exists() for room in rooms)} == set()


def test_every_room_of_assessment_is_on_its_map() -> None:
    said = services.assessment.__doc__ or ""
    rooms = {f"{path.name}/" for path in Path(services.assessment.__path__[0]).iterdir() if path.is_dir()}
    rooms |= {path.stem for path in Path(services.assessment.__path__[0]).glob("*.py")} - {"__init__"}
    named = set(re.findall(r"`([\w/]+)`", said))
    assert rooms - {"__pycache__/", "service", "reactions"} <= named
    assert {one for one in named if one.endswith("/")} <= rooms
