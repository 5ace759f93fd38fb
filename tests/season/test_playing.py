"""A season that is played through the real desks: every kind of event, and a record that stands up to its audit."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pytest

from services.assessment.due.listing import Line, Wanted, duties
from services.assignment.commands import RegisterCommunity
from services.season import Played, Scenario, drawn, names_of, play
from shared.audit.compare import compare
from shared.command import Asked
from shared.contracts.access import AccessAnchored
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.errors import Unusable
from shared.ledger.waiting import refused, troubles
from shared.log.store import Stored
from shared.runtime import Node
from tests.season.test_drawing import SMALL
from tests.system.cli import called, sanguan
from tests.web.campaign import client_of, opened, signed_in

OTHER = Scenario(
    log="410105011", seed=7, from_day=date(2015, 11, 1), to_day=date(2015, 12, 31), communities=names_of(1), cases=12
)  # fmt: skip
LONGER = replace(OTHER, to_day=date(2016, 3, 31))


@dataclass(slots=True)
class Outcome:
    """What came of playing two sub-districts, again, and one of them for longer."""

    first: Played
    again: Played
    after_first: dict[str, int]
    after_again: dict[str, int]
    types: dict[str, Counter[str]]
    codes: dict[str, set[str]]
    """The communities that a log's events name."""
    waits: Sequence[object]
    equal: dict[str, bool]
    pages: dict[str, str]
    owed: Sequence[Line]
    """What the longer season owes on a day after its campaign."""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return asyncio.run(_played(tmp_path_factory.mktemp("season")))


async def _played(data: Path) -> Outcome:
    async with opened(data) as (node, app):
        seasons = {SMALL.log: drawn(SMALL), OTHER.log: drawn(OTHER)}
        first = await play(node, seasons)
        after_first = dict(node.storage.log.heads())
        again = await play(node, seasons)
        after_again = dict(node.storage.log.heads())
        await play(node, {LONGER.log: drawn(LONGER)})
        for log in seasons:
            node.storage.seal(log)
        waits = [*troubles(node.storage.ledgers_engine), *refused(node.storage.log_engine)]
        pages = {}
        for path in ("/", "/communities", "/record", "/no-such-page"):
            async with signed_in(node, app) as browser:
                pages[path] = (await browser.get(path)).text
        async with client_of(app) as stranger:
            pages["public"] = (await stranger.get(f"/public/{SMALL.log}")).text
        with node.look("assessment", LONGER.log) as look:
            owed = duties(look, Wanted(as_of=LONGER.to_day), LONGER.to_day).lines
        types, codes = _told(node, seasons)
        equal = {log: compare(node.storage, log).ok for log in seasons}
    return Outcome(first, again, after_first, after_again, types, codes, waits, equal, pages, owed)


def _told(node: Node, logs: Iterable[str]) -> tuple[dict[str, Counter[str]], dict[str, set[str]]]:
    types: dict[str, Counter[str]] = {}
    codes: dict[str, set[str]] = {}
    for log in logs:
        stored = list(_stored(node, log))
        types[log] = Counter(one.type for one in stored)
        events = [
            recorded.event
            for stream in {one.stream for one in stored}
            for recorded in node.storage.log.stream(log, stream)
        ]
        codes[log] = {code for event in events if (code := getattr(event, "community", None)) is not None}
    return types, codes


def _stored(node: Node, log: str) -> Iterator[Stored]:
    after = -1
    while page := node.storage.log.read(log, after, 5_000):
        yield from page
        after = page[-1].position


def test_every_kind_of_event_occurs(outcome: Outcome) -> None:
    """All but what the record makes fast by itself: nobody opens what is sealed in a season."""
    assert {event.NAME for event in EVENTS} - set(outcome.types[SMALL.log]) == {AccessAnchored.NAME}


def test_no_reaction_is_refused_and_nothing_waits(outcome: Outcome) -> None:
    assert outcome.waits == []


def test_played_again_it_changes_nothing(outcome: Outcome) -> None:
    assert outcome.again.commands.total() == 0
    assert outcome.again.repeated == outcome.first.commands.total()
    assert outcome.after_again == outcome.after_first


def test_a_longer_season_goes_on_where_the_shorter_one_ended(outcome: Outcome) -> None:
    assert outcome.types[OTHER.log].total() > outcome.after_again[OTHER.log]
    assert outcome.types[OTHER.log]["sanguan.assignment.community-registered.v1"] == 2, "and one that is void"


def test_after_the_campaign_it_goes_on_under_the_standing_plan_with_the_campaign_s_duties_beside(
    outcome: Outcome,
) -> None:
    assert outcome.types[OTHER.log]["sanguan.assessment.plan-adopted.v1"] == 2
    months = {
        (line.plan, line.about) for line in outcome.owed if line.clause == "3.3.3" and ".minutes" not in line.code
    }
    assert {("dongfeng-2015-28", "2015-12"), ("standing", "2016-01"), ("standing", "2016-03")} <= months
    assert ("dongfeng-2015-28", "2016-01") not in months


def test_two_sub_districts_in_one_installation_do_not_mix(outcome: Outcome) -> None:
    for log, named in outcome.codes.items():
        assert named
        assert all(code.startswith(log) for code in named)


def test_every_ledger_and_score_equals_its_replay(outcome: Outcome) -> None:
    assert outcome.equal == {SMALL.log: True, OTHER.log: True}


def test_every_page_says_that_all_is_invented(outcome: Outcome) -> None:
    for path, page in outcome.pages.items():
        assert "合成数据，人物与事件均为虚构" in page, path
        assert "everyone and everything in it is invented" in page, path


def test_a_log_of_real_communities_is_left_alone_and_no_page_says_that_it_is_invented(tmp_path: Path) -> None:
    async def real() -> tuple[int, str]:
        async with opened(tmp_path) as (node, app):
            command = RegisterCommunity(code=f"{SMALL.log}001", name="真实社区（示例）", grids=(), households=10)
            at, office = datetime.fromisoformat("2015-06-01T09:00:00+08:00"), Actor(id="office-1", role=Role.OFFICE)
            asked = Asked(SMALL.log, "k-1", command, at, office)
            await node.desks["assignment"].send(asked)
            with pytest.raises(Unusable, match="not_synthetic"):
                await play(node, {SMALL.log: drawn(SMALL)})
            async with signed_in(node, app) as browser:
                return node.storage.log.size(SMALL.log), (await browser.get("/communities")).text

    size, page = asyncio.run(real())
    assert size == 1
    assert "真实社区" in page
    assert "合成数据" not in page


def test_another_season_is_not_mixed_into_a_log(tmp_path: Path) -> None:
    async def mixed() -> tuple[int, int]:
        async with opened(tmp_path) as (node, _):
            short = replace(OTHER, to_day=date(2015, 11, 30))
            await play(node, {short.log: drawn(short)})
            before = node.storage.log.size(short.log)
            for other in (replace(short, seed=8), replace(short, cases=13)):
                with pytest.raises(Unusable, match="another_season"):
                    await play(node, {other.log: drawn(other)})
            return before, node.storage.log.size(short.log)

    before, after = asyncio.run(mixed())
    assert before == after > 0


# on the command line


def test_the_command_says_how_many_events_of_each_type_there_are(tmp_path: Path) -> None:
    words = ("season", "--log", "410105010", "--log", "410105012", "--communities", "1", "--cases", "5", "--json")
    told = sanguan(*words, "--data", tmp_path).json
    assert told["ok"] is True
    assert set(told["logs"]) == {"410105010", "410105012"}
    assert told["events"] == sum(told["logs"].values()) == sum(told["event_types"].values())
    assert told["event_types"]["sanguan.assignment.synthetic-declared.v1"] == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--log", "12"), "bad_log"),
        (("--year", "2190"), "year_not_over"),
        (("--communities", "0"), "bad_usage"),
        (("--year", "2014"), "bad_usage"),
    ],
)
def test_what_cannot_be_invented_is_told(words: tuple[str, ...], code: str, tmp_path: Path) -> None:
    called("season", *words, "--data", tmp_path / "none", "--json").problem(code)
    assert not (tmp_path / "none").exists()
