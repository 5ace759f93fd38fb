"""Exports of a long log, and of one as others' tools read it. All data are invented."""

import itertools
import json
import os
import subprocess
import sys
import textwrap
import venv
from pathlib import Path

import pytest

from bench.season import EVENTS_PER_CASE, season
from tests.exports.conftest import Exported
from tests.exports.record import LOG, storage_at
from tests.system.cli import ROOT, environment

PEAK = textwrap.dedent(
    """
    import resource, sys
    from services.__main__ import app
    app(sys.argv[1:], standalone_mode=False)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
    """
)
READ = textwrap.dedent(
    """
    import contextlib, io, json, sys, warnings
    told = io.StringIO()
    with contextlib.redirect_stdout(told), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        import pm4py
        from pm4py.objects.ocel.validation import ocel20_rel_validation
        warned.clear()  # of its own parts
        found = []
        for file in sys.argv[1:]:
            log = pm4py.read_ocel2(file)
            found.append({
                "events": len(log.events), "objects": len(log.objects), "relations": len(log.relations),
                "o2o": len(log.o2o), "changes": len(log.object_changes),
                "activities": sorted(log.events["ocel:activity"].unique()),
                "first": str(log.events["ocel:timestamp"].min()),
                "flat": len(pm4py.ocel_flattening(log, "case")),
                "edges": len(pm4py.discover_ocdfg(log)["edges"]["event_couples"]["case"]),
            })
        broken = list(ocel20_rel_validation.apply(sys.argv[-1])[1])
    print(json.dumps({"found": found, "broken": broken, "warned": [str(one.message) for one in warned]}))
    """
)


@pytest.mark.long
@pytest.mark.timeout(900)  # the most of it is fetched and installed first
def test_pm4py_opens_both_without_a_warning(exported: Exported, tmp_path: Path) -> None:
    """In an environment of its own, which it is installed into for this alone: it is under the AGPL, and large."""
    files = [exported.to("ocel", name) for name in ("pm.jsonocel", "pm.sqlite")]
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "pm4py>=2.7.15"], check=True, timeout=600)
    done = subprocess.run(
        [python, "-c", READ, *(file for file, _ in files)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["warned"], said["broken"]) == ([], [])
    for found, (_, told) in zip(said["found"], files, strict=True):
        assert {name: found[name] for name in ("events", "objects", "relations")} == {
            name: told[name] for name in ("events", "objects", "relations")
        }, "it drops what it does not understand"
        assert found["first"] == "2015-06-18 01:30:00+00:00"
        assert len(found["activities"]) > 100
        assert found["flat"] > 7
        assert found["edges"] > 5
    (from_json, from_sqlite) = said["found"]
    assert {**from_json, "changes": 0} == {**from_sqlite, "changes": 0}


@pytest.mark.long
@pytest.mark.parametrize(("form", "name"), [("ocel", "a.jsonocel"), ("ocel", "a.sqlite"), ("parquet", "tables")])
def test_memory_does_not_grow_with_the_log(form: str, name: str, tmp_path: Path) -> None:
    cases = 15_000
    storage = storage_at(tmp_path / "data")
    coming = season(cases)
    while batch := list(itertools.islice(coming, 500)):
        storage.log.append(batch)
    size = storage.log.size(LOG)
    storage.seal(LOG)
    storage.close()
    assert size == cases * EVENTS_PER_CASE

    def peak_kb(position: int) -> int:
        words = ["export", form, tmp_path / f"{position}-{name}", "--data", tmp_path / "data", "--position", position]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False,
            env=environment(PYTHONPATH=os.fspath(ROOT)),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return int(done.stderr.split()[-1])

    assert peak_kb(size - 1) < 1.3 * peak_kb(size // 4)
