"""`sanguan demo`: the whole job to its end, with counts that agree with what is known of the sample workbook."""

import json

import pytest

from shared.contracts.catalogue import EVENTS
from tests.system.cli import TRUTH
from tests.system.demo import Demo


@pytest.mark.parametrize("name", ["rows", "accepted", "rejected", "warnings"])
def test_its_counts_are_those_of_the_truth_file(demo: Demo, name: str) -> None:
    rows = json.loads(TRUTH.read_text())["rows"]
    known = {
        "rows": len(rows),
        "accepted": sum(row["reject"] is None for row in rows),
        "rejected": sum(row["reject"] is not None for row in rows),
        "warnings": sum(len(row["warn"]) for row in rows),
    }
    assert demo.done.json["import"][name] == known[name]


def test_it_does_the_whole_job(demo: Demo) -> None:
    assert demo.done.code == 0
    told = demo.done.json
    assert told["ok"] is True
    assert told["events"] == sum(told["event_types"].values()) == told["audit"]["size"]
    assert told["event_types"]["sanguan.assessment.plan-adopted.v1"] == 1
    assert told["import"]["taken_over"] == told["import"]["accepted"]
    assert told["scores_published"] > 0
    scores = told["scores_published"] + told["event_types"]["sanguan.assessment.score-restated.v1"]
    assert told["audit"]["scores"] == {"checked": scores, "equal": scores}
    assert set(told["event_types"]) == {event.NAME for event in EVENTS}, "the season uses every kind of event"
    assert told["audit"]["replay_ok"]
    assert told["audit"]["verify_ok"]
    assert told["streamed"] >= told["events"]
    assert told["waiting"] == 0
    assert all(told["duties"][state] > 0 for state in ("done", "late", "due", "overdue", "not_yet_due"))


def test_json_is_all_that_it_prints_and_people_read_the_rest(demo: Demo) -> None:
    assert demo.done.out.count("\n") == 1
    assert "考核" in demo.done.err
    assert "Traceback" not in demo.done.err
