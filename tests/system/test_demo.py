"""`sanguan demo`: the whole job to its end, with counts that agree with what is known of the sample workbook."""

import asyncio
import json
import re
from html import unescape
from pathlib import Path

import pytest

from services.assessment.rules.plan_file import load_plan
from shared.contracts.catalogue import EVENTS
from tests.system.cli import TRUTH, called
from tests.system.demo import Demo
from tests.web.campaign import opened, signed_in

YEAR = "year-2015.2016-01-31"


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
    assert told["targets_reached"] + told["targets_missed"] == told["targets"]
    assert told["targets_not_measured"] == 0, "the season has something to say of every target"
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
    rate = re.search(r"矛盾纠纷化解率.*?(\d+)/(\d+)\D+[\d.]+%\D+(\d+)\D+(\d+)/(\d+)", demo.done.err)
    assert rate is not None
    numerator, denominator, left_out, unadjusted_numerator, unadjusted_denominator = map(int, rate.groups())
    assert 0 < numerator <= denominator
    assert (unadjusted_denominator, unadjusted_numerator >= numerator) == (denominator + left_out, True)
    assert "名次 place" in demo.done.err


def test_its_circular_says_in_words_what_changed_a_score_and_why(demo: Demo) -> None:
    told = called("paper", "circular", "--publication", YEAR, "--data", demo.data)
    assert told.code == 0, told.err
    assert re.search(r"达标：否 → 是|分子：\d+ → \d+", told.out)
    assert re.search(r"（2015-12-\d\d 发放便民联系卡 #\d+", told.out)
    assert "True" not in told.out
    assert re.findall(r"\d{3,}/\d{3,} →|\b0\.\d{4}\b", told.out) == [], "no exact fractions for people"
    assert re.search(r"重特大火灾 \| – \|", told.out), "that nothing may happen is no rate to be reached"


def test_so_does_its_page(demo: Demo, tmp_path: Path) -> None:
    async def page() -> str:
        async with opened(demo.copy(tmp_path / "data")) as (node, app), signed_in(node, app) as client:
            return unescape((await client.get("/papers/circular", params={"publication": YEAR})).text)

    text = asyncio.run(page())
    assert "发放便民联系卡" in text
    assert "达标：否 → 是" in text or "分子：" in text
    assert "True" not in text
