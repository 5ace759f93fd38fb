"""`sanguan demo`: the whole job to its end, with counts that agree with what is known of the sample workbook."""

import json
import re

import pytest

from services.assessment.plan_file import load_plan
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


def test_it_ends_with_what_became_of_the_campaign(demo: Demo) -> None:
    told = demo.done.json["summary"]
    plan = load_plan()
    assert (told["plan"], told["phases"], told["targets"]) == (plan.code, len(plan.phases), len(plan.targets))
    verdicts = told["targets_reached"] + told["targets_missed"] + told["targets_not_measured"]
    assert verdicts == told["targets"]
    assert told["targets_reached"] > 0
    assert told["targets_missed"] > 0, "a season in which all goes well would show nothing"
    assert told["anomalies"] == len(plan.anomalies)
    assert told["flags"] >= told["flags_answered"] > 0
    assert told["restatements"] == demo.done.json["event_types"]["sanguan.assessment.score-restated.v1"]
    assert told["numbers_restated"] >= told["restatements"] > 0
    assert told["appeals"] == demo.done.json["event_types"]["sanguan.assessment.score-appealed.v1"]
    assert told["appeals_decided"] == demo.done.json["event_types"]["sanguan.assessment.appeal-decided.v1"]


def test_people_read_the_summary_in_both_languages(demo: Demo) -> None:
    for heading in (
        "活动总结 The campaign's summary", "阶段  Phases", "方案目标  The plan's targets", "疑点提示（不计分）",
        "文件疑点  Oddities of the document", "更正  Restatements", "申诉  Appeals",
    ):  # fmt: skip
        assert heading in demo.done.err
    for phase in load_plan().phases:
        assert f"{phase.code} {phase.title_zh}" in demo.done.err
        assert str(phase.from_day) in demo.done.err
    rate = re.search(r"矛盾纠纷化解率.*?(\d+)/(\d+)", demo.done.err)
    assert rate is not None
    assert int(rate[1]) <= int(rate[2])
    assert "名次 place" in demo.done.err
