"""The script `rescore.py`: what is as it was published is found so, and whatever is not is found and named (§3.3.5)."""

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from sqlalchemy import insert, select

from services.assessment.commands import PublishScores
from services.assessment.rescoring import enclosures
from services.assessment.rescoring.enclosing import _RULES as RULES
from services.assessment.rescoring.enclosing import _announced, _rules
from services.assessment.rescoring.script import NAME, script
from services.assessment.rules import periods
from services.assessment.rules.documents import read
from services.assessment.rules.plan_file import FORM as PLAN_FILE
from services.assessment.rules.plan_file import STANDING, load_plan
from services.assessment.rules.rulebook_file import FORM as RULEBOOK
from services.assessment.scoring.recomputing import SCORER
from services.assessment.service import SERVICE
from services.installation import SERVICES
from shared.audit.bundle.writing import write_bundle
from shared.audit.scores import Span, again, misplaced, published
from shared.calendar import Calendar, notices
from shared.contracts.assessment import PeriodKind, RulebookAdopted, ScorePublished, ScoreRestated
from shared.contracts.catalogue import EVENTS
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from shared.ledger.replay import Replay
from shared.log.tables import events
from shared.settings import load
from shared.storage import Storage
from tests.assessment.campaign import EAST, PLAN, WEST, Campaign
from tests.assessment.campaign import RULEBOOK as PLAIN
from tests.declarations import assert_refusal_is_told
from tests.examples import examples
from tests.recomputed.bundles import bundle, whole
from tests.recomputed.forging import Event, Forger, installed
from tests.recomputed.recomputation import RESCORE
from tests.recomputed.seasons import Season, played, scenario

SCORES = ("score-published", "score-restated")


NOT_CHECKED = [
    "what was recorded or restated behind position 463, which is not in the bundle",
    "the events that restatements name as causes (`sanguan audit replay` does that)",
    "the State Council's notices of other years than 2015 to 2017, which are the bundle's own",
    "signatures (verify.py does that)",
]
"""What nobody may conclude from a success."""


@dataclass(frozen=True)
class Bundled:
    """A season of two communities, with scores that were published, restated and appealed against."""

    season: Season
    written: Path
    """The bundle, as the product writes it."""
    part: Path
    """One of a part of the log."""
    data: Path
    """The installation."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Bundled:
    data, out = tmp_path_factory.mktemp("rescored"), tmp_path_factory.mktemp("bundles")
    (season,) = asyncio.run(played(data, [scenario(1)]))
    storage = Storage(load(data), SERVICES)
    try:
        for name, first in (("whole.zip", 0), ("part.zip", 100)):
            last = None if first == 0 else len(season.events) - 1
            write_bundle(
                storage, season.log, first, last, lambda a, b: enclosures(storage, season.log, a, b), out / name
            )
    finally:
        storage.close()
    return Bundled(season, out / "whole.zip", out / "part.zip", data)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The script by itself, with no package beside the standard library."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The script, as whoever has a bundle takes it out of it."""
    (tmp_path / NAME).write_bytes(script())
    return tmp_path / NAME


# what is well ---------------------------------------------------------------------------------------------------------


def test_every_score_of_a_bundle_is_as_published(bundled: Bundled, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundled.written) as archive:
        archive.extractall(tmp_path)
    found = run(tmp_path / NAME, bundled.written)
    assert (found.returncode, found.stderr) == (0, "")
    assert "14 scores recomputed" in found.stdout
    assert "14 个得分" in found.stdout
    unpacked = run(tmp_path / NAME, tmp_path, "--json")
    assert json.loads(unpacked.stdout) == {
        "ok": True, "log": bundled.season.log, "size": len(bundled.season.events),
        "scores": {"checked": 14, "equal": 14}, "first_bad": None, "not_checked": NOT_CHECKED,
    }  # fmt: skip
    assert all(one in found.stdout for one in NOT_CHECKED)


def test_numbers_were_restated_so_that_scores_rest_on_what_was_known_at_their_positions(bundled: Bundled) -> None:
    restated = [event["data"] for event in told(bundled, "score-restated")]
    assert any(change["number"] == "numerator" for one in restated for change in one["changes"])
    assert all(one["was"]["position"] < one["score"]["position"] for one in restated)


def test_the_rules_lie_in_it_as_texts_that_the_product_reads(bundled: Bundled) -> None:
    with zipfile.ZipFile(bundled.written) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".json")}
    plans = [read(text, name, PLAN_FILE) for name, text in texts.items() if name.startswith("plans/")]
    rulebooks = [read(text, name, RULEBOOK) for name, text in texts.items() if name.startswith("rulebooks/")]
    assert [one.code for one in plans] == ["dongfeng-2015-28", "dongfeng-2015-28"]
    assert [one.grace_days for one in rulebooks] == [7, 16]
    assert sum(name.startswith("scores/") for name in texts) == 14


def test_a_part_of_a_log_has_the_rules_of_before_and_the_scores_of_the_part(bundled: Bundled) -> None:
    with zipfile.ZipFile(bundled.written) as archive, zipfile.ZipFile(bundled.part) as part:
        of_all, of_part = (
            {name for name in one.namelist() if name.partition("/")[0] in ("plans", "rulebooks", "calendars", "scores")}
            for one in (archive, part)
        )  # fmt: skip
    assert of_part == of_all


def test_a_part_of_a_log_cannot_be_rescored(bundled: Bundled, here: Path) -> None:
    found = run(here, bundled.part)
    assert (found.returncode, found.stdout) == (2, "")
    assert "begins at position 100" in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.long
def test_postgresql_encloses_the_same(bundled: Bundled, tmp_path: Path, postgres_url: str) -> None:
    ours, theirs = (
        Storage(load(bundled.data), SERVICES), Storage(load(tmp_path, database_url=postgres_url), SERVICES)
    )  # fmt: skip
    theirs.migrate()
    try:
        with ours.log_engine.connect() as reading, theirs.log_engine.begin() as writing:
            writing.execute(insert(events), [dict(row._mapping) for row in reading.execute(select(events))])
        for first, last in ((0, len(bundled.season.events) - 1), (150, 262), (0, 0)):
            same = [
                [(name, whole(content)) for name, content in enclosures(storage, bundled.season.log, first, last)]
                for storage in (ours, theirs)
            ]
            assert same[0] == same[1]
    finally:
        ours.close()
        theirs.close()


def test_a_codes_first_sign_cannot_lead_a_files_name_astray() -> None:
    from services.assessment.rescoring.enclosing import _name

    for code in ("default", "2015", "街道", ".hidden", "..", "-x", "_x", ":"):
        assert _name(code) == RESCORE._begun(code)
        assert _name(code)[0] not in ".-:"
    assert len({_name(code) for code in (".x", "_.x", "x", "_x")}) == 4


def test_the_state_councils_notices_make_the_calendar_that_the_product_counts_by() -> None:
    """Whoever reads the notices alone comes to the same days, on any day on which they were known."""
    listed = list(notices())
    for known_on in sorted({one.announced.on for one in listed}):
        known, told_by = Calendar(known_on), dict[date, bool]()
        for one in sorted(listed, key=lambda one: one.announced.on):
            if one.announced.on <= known_on:
                told_by |= dict.fromkeys(one.off, False) | dict.fromkeys(one.worked, True)
        days = {day for one in listed for day in (*one.off, *one.worked)}
        assert {day: known.works(day) for day in days} == {day: told_by.get(day, day.weekday() < 5) for day in days}


# what is not ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def found(bundled: Bundled, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """What the script finds first in a bundle of these events and files; None where nothing is wrong."""
    season = bundled.season

    def judged(
        events: Sequence[bytes] = season.events, enclosed: Mapping[str, bytes] = season.enclosed, **said: Any
    ) -> Any:
        code = RESCORE.main([str(bundle(tmp_path / "altered.zip", season.log, events, enclosed, **said)), "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert (code, answer["ok"]) in ((0, True), (1, False))
        return answer["first_bad"]

    return judged


def told(bundled: Bundled, kind: str) -> list[Event]:
    """The events of a kind, with their positions."""
    read = [{**json.loads(one), "position": at} for at, one in enumerate(bundled.season.events)]
    return [one for one in read if one["type"].split(".")[2] == kind]


def with_event(bundled: Bundled, position: int, change: Callable[[Event], object]) -> list[bytes]:
    """The events, one of them changed by a forger who writes it as the record would."""
    events, event = list(bundled.season.events), json.loads(bundled.season.events[position])
    change(event)
    events[position] = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return events


def beside(bundled: Bundled, events: Sequence[bytes]) -> dict[str, bytes]:
    """The files that fit these events, whatever scores they publish."""
    rules = {name: one for name, one in bundled.season.enclosed.items() if not name.startswith("scores/")}
    read = ((at, json.loads(one)) for at, one in enumerate(events))
    scores = ((at, one) for at, one in read if one["type"].split(".")[2] in SCORES)
    return {**rules, **{f"scores/{at}.json": json.dumps(one["data"]).encode() for at, one in scores}}


def test_nothing_is_found_where_nothing_is_wrong(bundled: Bundled, found: Callable[..., Any]) -> None:
    assert found() is None
    assert found(enclosed=beside(bundled, bundled.season.events)) is None


def numbers_of(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a score."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers_of(part, (*way, key))
    else:
        yield way


def other(value: Any) -> Any:
    """Another one of its kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value[-1:].isdigit():
            return f"{value[:-1]}{(int(value[-1]) + 1) % 10}"
        case None:
            return "1.0000"
        case _:
            return f"{value}x"


def _restated(bundled: Bundled) -> Event:
    return next(one for one in told(bundled, "score-restated") if len(one["data"]["score"]["subject"]) == 12)


EVERY = 661 // examples(36)
"""Of a score's values every so-manieth is changed."""


@pytest.mark.parametrize("kind", ["score-published", "score-restated"])
def test_any_changed_digit_of_a_score_is_found(bundled: Bundled, found: Callable[..., Any], kind: str) -> None:
    event = told(bundled, kind)[-1]
    for way in list(numbers_of(event["data"]["score"]))[::EVERY]:

        def change(event: Event, way: tuple[Any, ...] = way) -> None:
            at = event["data"]["score"]
            for key in way[:-1]:
                at = at[key]
            at[way[-1]] = other(at[way[-1]])

        events = with_event(bundled, event["position"], change)
        bad = found(events, beside(bundled, events))
        assert bad is not None, way
        assert bad["position"] == event["position"], way


def test_a_changed_number_is_named(bundled: Bundled, found: Callable[..., Any]) -> None:
    event = next(one for one in told(bundled, "score-published") if len(one["data"]["score"]["subject"]) == 12)
    place = next(n for n, one in enumerate(event["data"]["score"]["indicators"]) if one["code"] == "must_visits")
    was = event["data"]["score"]["indicators"][place]["numerator"]
    events = with_event(
        bundled, event["position"], lambda event: event["data"]["score"]["indicators"][place].update(numerator=was + 1)
    )  # fmt: skip
    bad = found(events, beside(bundled, events))
    assert (bad["position"], bad["score"]) == (event["position"], event["stream"].removeprefix("score/"))
    assert (bad["institution"], bad["indicator"]) == (event["data"]["score"]["subject"], "must_visits")
    assert (bad["number"], bad["published"], bad["recomputed"]) == ("numerator", was + 1, was)
    assert f"numerator was published as {was + 1}, recomputed {was}" in bad["reason"]
    assert "复算为" in bad["reason_zh"]


def test_a_number_that_was_changed_in_the_file_alone_is_named(bundled: Bundled, found: Callable[..., Any]) -> None:
    position = told(bundled, "score-published")[0]["position"]
    name = f"scores/{position}.json"
    score = json.loads(bundled.season.enclosed[name])
    score["score"]["points"]["decimal"] = other(score["score"]["points"]["decimal"])
    bad = found(enclosed={**bundled.season.enclosed, name: json.dumps(score).encode()})
    assert (bad["position"], bad["file"]) == (position, name)
    assert "score.points.decimal" in bad["reason"]


def test_a_restatement_that_leaves_out_a_change_or_its_past_is_found(
    bundled: Bundled, found: Callable[..., Any]
) -> None:  # fmt: skip
    event = _restated(bundled)

    def shorter(event: Event) -> None:
        event["data"]["changes"].pop()

    def another_past(event: Event) -> None:
        event["data"]["was"]["per_cent"] = other(event["data"]["was"]["per_cent"])

    for change, said in ((shorter, "change of"), (another_past, "`was` is not what position")):
        events = with_event(bundled, event["position"], change)
        bad = found(events, beside(bundled, events))
        assert bad["position"] == event["position"]
        assert said in bad["reason"]


@pytest.mark.parametrize("folder", ["rulebooks", "plans", "calendars"])
def test_a_changed_file_of_the_rules_is_named(bundled: Bundled, found: Callable[..., Any], folder: str) -> None:
    for name in sorted(name for name in bundled.season.enclosed if name.startswith(f"{folder}/")):
        changed = bundled.season.enclosed[name].replace(b'"2015-09-03"', b'"2015-09-07"').replace(b'"5.1"', b'"5.2"')
        assert changed != bundled.season.enclosed[name]
        assert found(enclosed={**bundled.season.enclosed, name: changed})["file"] == name
        if folder != "calendars":
            gone = {one: content for one, content in bundled.season.enclosed.items() if one != name}
            assert found(enclosed=gone)["file"] == name
    assert (
        found(enclosed={**bundled.season.enclosed, f"{folder}/more-v1.json": b"{}"})["file"] == f"{folder}/more-v1.json"
    )


def test_a_rulebook_that_was_changed_in_file_and_event_gives_other_scores(
    bundled: Bundled, found: Callable[..., Any]
) -> None:  # fmt: skip
    event = told(bundled, "rulebook-adopted")[0]
    first = told(bundled, "score-published")[0]["position"]

    def heavier(event: Event) -> None:
        event["data"]["rulebook"]["indicators"][0]["weight"] = "8"

    def counting_all(event: Event) -> None:
        (rule,) = (one for one in event["data"]["rulebook"]["indicators"] if one["code"] == "must_visits")
        rule["denominator"]["where"] = []

    for change, number in ((heavier, "weight"), (counting_all, "standing")):
        events = with_event(bundled, event["position"], change)
        rulebook = json.dumps(json.loads(events[event["position"]])["data"]["rulebook"]).encode()
        bad = found(events, {**bundled.season.enclosed, "rulebooks/default-v1.json": rulebook})
        assert bad["number"] == number
        assert bad["position"] >= first


def test_a_dropped_event_is_found_by_the_gap_that_it_leaves(bundled: Bundled, found: Callable[..., Any]) -> None:
    events, size = bundled.season.events, len(bundled.season.events)
    for position in range(0, size, max(size // examples(60), 1)):
        dropped = [*events[:position], *events[position + 1 :]]
        assert found(dropped) is not None
        assert found(dropped, to=size - 2) is not None or not rested_on(bundled, position)


def rested_on(bundled: Bundled, position: int) -> bool:
    """Whether any score was published after a position: the script knows what happened by nothing else."""
    return any(one["data"]["score"]["position"] >= position for kind in SCORES for one in told(bundled, kind))


def test_a_gap_is_named_by_the_stream(bundled: Bundled, found: Callable[..., Any]) -> None:
    accepted = told(bundled, "case-accepted")[0]
    later = next(
        at for at, one in enumerate(bundled.season.events)
        if at > accepted["position"] and json.loads(one)["stream"] == accepted["stream"]
    )  # fmt: skip
    position = accepted["position"]
    bad = found([*bundled.season.events[:position], *bundled.season.events[position + 1 :]])
    assert bad["position"] == later - 1
    assert accepted["stream"] in bad["reason"]


def test_an_event_that_was_changed_where_no_number_rests_on_it_leaves_another_root(
    bundled: Bundled, found: Callable[..., Any]
) -> None:  # fmt: skip
    first = told(bundled, "score-published")[0]["position"]
    position = next(one["position"] for one in told(bundled, "visit-times-set") if one["position"] < first)
    bad = found(with_event(bundled, position, lambda event: event["data"].update(times="每周三下午")))
    assert (bad["number"], bad["position"]) == ("root", first)


def test_swapped_and_repeated_events_are_found(bundled: Bundled, found: Callable[..., Any]) -> None:
    events = list(bundled.season.events)
    assert found([*events[:9], events[8], *events[9:]]) is not None
    assert found([*events[:50], events[51], events[50], *events[52:]]) is not None
    assert found(events[:-5]) is not None


def test_an_institution_whose_score_was_kept_back_is_named(bundled: Bundled, found: Callable[..., Any]) -> None:
    """The forger takes the last score out and counts on, so that no gap is left."""
    gone = max(told(bundled, "score-published"), key=lambda one: one["position"])
    kept = []
    for at, one in enumerate(bundled.season.events):
        event = json.loads(one)
        if at != gone["position"]:
            if event["stream"] == gone["stream"] and event["version"] > gone["version"]:
                event["version"] -= 1
            kept.append(json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    bad = found(kept, beside(bundled, kept))
    assert bad["institution"] == gone["data"]["score"]["subject"]
    assert "was not published" in bad["reason"]


# what is made up, each digit as the record gives it -------------------------------------------------------------------


def honest(forger: Forger) -> None:
    forger.publish(forger.scores("2015-07", "2016-05-31", len(forger.events) - 1))


def under_a_superseded_rulebook(forger: Forger) -> None:
    forger.publish(forger.scores("2015-07", "2016-05-30", len(forger.events) - 1, rulebook=1))


def under_a_superseded_plan(forger: Forger) -> None:
    forger.publish(forger.scores("2015-07", "2016-05-29", len(forger.events) - 1, plan=1))


def from_before_what_speaks_against_it(forger: Forger) -> None:
    forger.publish(forger.scores("2015-07", "2015-09-30", 300, rulebook=1), after=timedelta(hours=2))


def back_to_before_what_was_stated_since(forger: Forger) -> None:
    stream = "score/year-2015.2015-10-01"
    first, *_, last = forger.stated(stream, "410105101002")
    forger.restate(stream, last, first)


def by_other_rules_on_the_day_that_the_plan_keeps(forger: Forger) -> None:
    forger.adopt("rulebook", code="lax")
    forger.publish(forger.scores("2015-07", "2015-08-20", len(forger.events) - 1))


FORGERIES: Mapping[Callable[[Forger], None], tuple[str, str]] = {
    under_a_superseded_rulebook: ('"default version 1", recomputed "default version 2"', "default@1 was not in force"),
    under_a_superseded_plan: ('"dongfeng-2015-28 version 1", recomputed', "dongfeng-2015-28@1 was not in force"),
    from_before_what_speaks_against_it: ("leaves out position 301", "leaves out position 301"),
    back_to_before_what_was_stated_since: ("position 281 stated it since", "position 281 stated it since"),
    by_other_rules_on_the_day_that_the_plan_keeps: ('recomputed ["dongfeng-2015-28", "default"]', "kept the day"),
}
"""With what the script says of each, and what the product does."""


def test_the_script_finds_what_was_made_up(bundled: Bundled, found: Callable[..., Any]) -> None:
    forger = Forger(bundled.season.events)
    honest(forger)
    assert found(forger.events, in_files(forger)) is None
    for forge, (said, _) in FORGERIES.items():
        forger = Forger(bundled.season.events)
        forge(forger)
        bad = found(forger.events, in_files(forger))
        assert said in bad["reason"], forge
        assert bad["position"] >= len(bundled.season.events)


def test_the_product_finds_what_was_made_up(bundled: Bundled, tmp_path: Path) -> None:
    forger, expected = Forger(bundled.season.events), dict[int, str | None]()
    for forge, (_, said) in {honest: ("", None), **FORGERIES}.items():
        before = len(forger.events)
        forge(forger)
        stated = range(before, len(forger.events))
        expected |= {at: said for at in stated if b".score-" in forger.events[at]}
    storage, size = installed(tmp_path, forger.events), len(bundled.season.events)
    try:
        judged = {one.position: one.wrong for one in again(storage.log, bundled.season.log, SERVICE)}
        since = {one.position for one in again(storage.log, bundled.season.log, SERVICE, Span(after=size - 1))}
        alone = {
            one.position: misplaced(storage.log, bundled.season.log, SCORER, one)
            for _, one in published(storage.log, bundled.season.log, SCORER, Span(after=size - 1)) if one is not None
        }  # fmt: skip
    finally:
        storage.close()
    assert since == expected.keys()
    assert {at for at, wrong in judged.items() if wrong is not None} == {at for at, said in expected.items() if said}
    for at, said in expected.items():
        assert said is None or said in (judged[at] or "")
        assert alone[at] == (judged[at] if "position" in (said or "") else None)


def test_the_product_goes_by_no_version_that_was_superseded() -> None:
    """What it accepts is what its audit accepts."""
    campaign = Campaign().adopt()
    campaign.community(EAST)
    june = PublishScores(
        plan=PLAN.code, rulebook=PLAIN.code, period_kind=PeriodKind.MONTH, period="2015-06", as_of=date(2015, 7, 6)
    )
    campaign.send(june, "2015-07-07")
    heavier = replace(PLAIN, indicators=tuple(replace(one, weight=f"1{one.weight}") for one in PLAIN.indicators))
    second = RulebookAdopted(rulebook=heavier, version=2, author="办公室", reason="加重")
    campaign.put(f"rulebook/{PLAIN.code}", second, "2015-07-10")
    campaign.community(WEST, recorded="2015-07-11")
    by_the_first = replace(june, rulebook_version=1)
    (new, *_) = campaign.send(by_the_first, "2015-07-12")  # as it was stated last
    campaign.send(june, "2015-07-13")
    campaign.community("410105010007", recorded="2015-07-14")
    for superseded in (by_the_first, replace(by_the_first, as_of=date(2015, 7, 7))):
        with pytest.raises(Refused) as caught:
            campaign.send(superseded, "2015-07-15")
        assert (caught.value.code, caught.value.known["item"]) == ("unknown_rulebook", "default@1")
        assert_refusal_is_told(SERVICE, caught.value)
    for at in (new, campaign.send(june, "2015-07-16")[0]):
        event = campaign.written[at].event
        rows = campaign.rows(up_to=event.score.position)
        assert SCORER.rescored(rows, event.score.position, event.score.root)(event) == event


def in_files(forger: Forger) -> dict[str, bytes]:
    """The files that an operator would write beside these events."""
    files = {"calendars/state-council.json": json.dumps(_announced()).encode()}
    for at, one in enumerate(map(json.loads, forger.events)):
        if one["type"] in {event.NAME for event in RULES}:
            files |= dict([_rules(at, one["type"], one["data"])])
        elif one["type"].split(".")[2] in SCORES:
            files[f"scores/{at}.json"] = json.dumps(one["data"]).encode()
    return files


def test_the_past_of_a_restatement_is_what_was_published_and_not_what_it_says(bundled: Bundled, tmp_path: Path) -> None:
    storage, log = installed(tmp_path, bundled.season.events), bundled.season.log
    try:
        stated = [one.event for _, one in published(storage.log, log, SCORER) if one is not None][-4]
        at, root = SCORER.names(stated)
        replay = Replay(storage.log, log, [(SERVICE, ledger) for ledger in SCORER.ledgers]).to(at)
        rows = {one.name: [row for _, row in replay.rows(f"assessment.{one.name}")] for one in SCORER.ledgers}
    finally:
        storage.close()
    assert isinstance(stated, ScoreRestated)
    compute = SCORER.rescored(rows, at, root)
    assert compute(replace(stated, was=replace(stated.was, per_cent="1.0000"))) == compute(stated) == stated
    assert compute(ScorePublished(score=stated.score)) == stated


def test_the_days_that_plans_keep_are_the_products() -> None:
    for plan in (load_plan(), load_plan(STANDING)):
        document = to_builtins(plan)
        for publishing in plan.publishing:
            for day in (date(2015, 1, 1) + timedelta(days=number) for number in range(800)):
                kept = list(periods.ending(plan, publishing.period_kind, day, day))
                as_of = (day + timedelta(days=publishing.after_days)).isoformat()
                for one in kept:
                    stretch = RESCORE.period_of(one.kind.value, one.name, document)
                    assert publishing.rulebook in RESCORE.keeping(document, stretch, as_of)
                    assert not list(RESCORE.keeping(document, stretch._replace(kind="dates"), as_of))
                if not kept and publishing.period_kind is PeriodKind.MONTH and day.day > 27:
                    stretch = RESCORE.Stretch("month", f"{day:%Y-%m}", f"{day:%Y-%m}-01", day.isoformat())
                    whole_month = (day + timedelta(days=1)).day == 1
                    assert not whole_month or not list(RESCORE.keeping(document, stretch, as_of))


# what cannot be read --------------------------------------------------------------------------------------------------


def test_unusable_input_gets_one_line(bundled: Bundled, here: Path, tmp_path: Path) -> None:
    raw = bundled.written.read_bytes()
    inputs = {
        "empty.zip": b"", "text.zip": b"not a zip", "cut.zip": raw[: len(raw) // 2],
        "flipped.zip": raw[: len(raw) // 3] + bytes([raw[len(raw) // 3] ^ 1]) + raw[len(raw) // 3 + 1 :],
    }  # fmt: skip
    for name, content in inputs.items():
        (tmp_path / name).write_bytes(content)
    events, files = bundled.season.events, bundled.season.enclosed
    bundle(tmp_path / "foreign.zip", "1", [], {}, format="another/1")
    bundle(tmp_path / "nowhere.zip", "1", [], {}, **{"from": "0"})
    bundle(tmp_path / "lacking.zip", "1", events, {})
    bundle(tmp_path / "nonsense.zip", bundled.season.log, events, {**files, "calendars/state-council.json": b"[1]"})
    for path in (*sorted(tmp_path.glob("*.zip")), tmp_path / "missing.zip", tmp_path):
        found = run(here, path)
        lines = (found.stdout if found.returncode == 1 else found.stderr).splitlines()
        assert found.returncode in (1, 2), path
        assert "Traceback" not in found.stderr, path
        assert len(lines) == (2 if found.returncode == 1 else 1), path


def test_a_record_that_is_written_wrongly_is_told_and_no_traceback(bundled: Bundled, found: Callable[..., Any]) -> None:
    position = told(bundled, "score-published")[0]["position"]

    def lacking(event: Event) -> None:
        del event["data"]["score"]["period"]

    def nested(event: Event) -> None:
        event["data"]["score"]["plan_version"] = [1]

    def absurd(event: Event) -> None:
        event["data"]["score"]["as_of"] = "yesterday"

    for change in (lacking, nested, absurd):
        events = with_event(bundled, position, change)
        assert found(events, beside(bundled, events))["position"] == position
    for raw in (b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"log": 1}'):
        events = [*bundled.season.events[:7], raw, *bundled.season.events[8:]]
        assert found(events)["position"] == 7


def test_what_is_as_enormous_as_no_event_is_refused(bundled: Bundled, found: Callable[..., Any]) -> None:
    assert found([*bundled.season.events[:3], b"0" * (RESCORE.LONGEST_EVENT + 1)])["position"] == 3


def test_what_a_newer_program_wrote_is_not_passed_over(
    bundled: Bundled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {event.NAME for event in EVENTS} == RESCORE.KNOWN
    for kind in ("sanguan.assessment.score-published.v2", "sanguan.privacy.case-resolved.v1"):
        forger = Forger(bundled.season.events)
        forger.tell("score/x", kind, {})
        assert RESCORE.main([str(bundle(tmp_path / "newer.zip", bundled.season.log, forger.events, {}))]) == 2
        assert f"does not know {kind}: take a newer one" in capsys.readouterr().err


def test_what_may_be_read_in_two_ways_is_refused(bundled: Bundled, found: Callable[..., Any]) -> None:
    position, enclosed = told(bundled, "score-published")[0]["position"], bundled.season.enclosed
    name = f"scores/{position}.json"
    for twice in (b'{"score": 1,' + enclosed[name].strip()[1:], enclosed[name].replace(b": 1,", b": 1.0,", 1)):
        assert found(enclosed={**enclosed, name: twice})["file"] == name
    event = bundled.season.events[position]
    for other in (b'{"log":"x",' + event[1:], event.replace(b'"ordinal":0', b'"ordinal":NaN')):
        assert other != event
        assert found([*bundled.season.events[:position], other])["position"] == position


def test_numbers_by_which_counting_would_never_end_are_refused(bundled: Bundled, found: Callable[..., Any]) -> None:
    def of_indicators(**changed: Any) -> Callable[[Event], None]:
        return lambda event: event["data"]["rulebook"]["indicators"][0].update(changed)

    def of_conditions(event: Event) -> None:
        event["data"]["rulebook"]["indicators"][0]["numerator"]["where"] *= 3_000

    def of_terms(event: Event) -> None:
        event["data"]["plan"]["terms"][0].update(days=10**9, working_days=None)

    for kind, change in (
        ("rulebook", of_indicators(weight="1e999999999")), ("rulebook", of_indicators(target="1/3")),
        ("rulebook", of_indicators(minimum=None)), ("rulebook", of_conditions), ("plan", of_terms),
        ("plan", lambda event: event["data"]["plan"].update(issued_on="9999-12-31")),
        ("plan", lambda event: event["data"]["plan"].update(posting_months=0)),
    ):  # fmt: skip
        event = told(bundled, f"{kind}-adopted")[0]
        bad = found(with_event(bundled, event["position"], change))
        assert (bad["position"], f"no sanguan.assessment.{kind}-adopted.v1" in bad["reason"]) == (
            event["position"],
            True,
        )
    for plan in (load_plan(), load_plan(STANDING)):
        RESCORE.check_plan(to_builtins(plan))


def test_an_event_that_was_recorded_before_its_forerunner_is_found(bundled: Bundled, found: Callable[..., Any]) -> None:
    bad = found(with_event(bundled, 200, lambda event: event.update(recorded_at="2015-06-11T00:00:00.5Z")))
    assert (bad["position"], bad["reason"]) == (200, "position 200: recorded earlier than position 199")


def test_what_is_no_file_or_unpacks_without_limit_is_not_read(bundled: Bundled, here: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "manifest.json")
    for name, way in (("bzip2.zip", zipfile.ZIP_BZIP2), ("lzma.zip", zipfile.ZIP_LZMA)):
        with zipfile.ZipFile(tmp_path / name, "w", way) as archive:
            archive.writestr("manifest.json", b"{}")
    for path, said in {
        "pipe": "is no file", "folder": "is no file", "bzip2.zip": "is packed", "lzma.zip": "is packed"
    }.items():  # fmt: skip
        found = run(here, tmp_path / path)
        assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
        assert said in found.stderr


@pytest.mark.parametrize("to", ["> /dev/full", "| true", ">&-"])
def test_an_answer_that_nobody_gets_is_no_success(here: Path, to: str, bundled: Bundled) -> None:
    command = f"{sys.executable} -I -S -X utf8 {here} {bundled.part.parent / 'whole.zip'} {to}; exit ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr.count("\n")) == (2, 1)
    assert "could not be written" in found.stderr


def test_what_the_bundle_says_cannot_pass_for_the_answer(
    bundled: Bundled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoof = "1\x1b[2J\u202e all as published"
    RESCORE.main([str(bundle(tmp_path / "spoof.zip", spoof, bundled.season.events, {}))])
    assert "1\ufffd[2J\ufffd all as published" in capsys.readouterr().out
