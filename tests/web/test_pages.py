"""The pages, asked for over HTTP on a real node with an invented campaign (synthetic)."""

import asyncio
import re
import shutil
import string
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner

from services.__main__ import app as cli
from services.assessment.pages.boards import line_of
from services.assessment.rules.plan_file import load_plan
from services.assignment.commands import RegisterCommunity
from services.intake.deadlines import BY_CODE, DUE_AS_CORRECTED, DUE_AS_WRITTEN, DueStanding
from services.together import SECTIONS
from shared.audit.proven import Verdict
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Role
from shared.log.tree import node_hash
from shared.runtime import Node
from shared.web import pages, questions
from shared.web.app import make_app
from shared.web.door import Doorkeeper
from shared.web.exports import MASK
from shared.web.heavy import HeavyReads
from shared.web.pages import Page, Site
from shared.web.texts import TEXTS
from shared.web.words import RECORD, Words
from tests.web.campaign import (
    COMMUNITIES,
    LOG,
    OTHER_LOG,
    SCRIPT,
    SECRETS,
    Campaign,
    adopt_plan,
    client_of,
    code,
    day,
    fill,
    join,
    opened,
    report,
    signed_in,
)

HTML_LIMIT_BYTES = 100_000
PUBLICATION = "phase-2.2015-08-10"
PAGES = (
    "/clauses", "/clauses/3.2.1", "/clauses/3.4.3",
    "/grids", "/grids?from=2015-06-01&to=2015-08-31", "/duties", "/duties?as_of=2015-08-01&state=overdue",
    f"/duties?as_of=2015-07-20&community={LOG}002&skip=2",
    "/what-if", "/what-if?other_rulebook=default@1", "/what-if?publication=now&other_plan=dongfeng-2015-28",
    "/", "/scores", f"/scores?publication={PUBLICATION}", f"/scores/{PUBLICATION}.{LOG}",
    f"/scores/{PUBLICATION}.{LOG}002",
    "/cases", "/cases?status=resolved&community=410105010002", "/cases?dispute_type=nothing-of-the-kind",
    "/cases/{handled}", "/cases/{backlog}", "/cases/{declined}", "/cases/{voided}", "/communities",
    f"/communities/{LOG}004", f"/communities/{LOG}005", "/meetings", "/record", "/record?before=10", "/record/3",
    "/audit", "/record/check", f"/scores/{PUBLICATION}.{LOG}002/proof",
    "/papers", "/papers/circular", "/papers/summary?as_of=2015-12-31",
    "/papers/monthly-report?month=2015-06&as_of=2015-08-10", f"/papers/circular?publication={PUBLICATION}",
    "/flags", f"/flags?month=2015-07&community={LOG}002", "/sign-in",
)  # fmt: skip
EMPTY_PAGES = (
    "/", "/papers", "/duties", "/grids", "/flags", "/scores", "/what-if", "/cases", "/communities", "/meetings",
    "/record",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A campaign that was filled once, on disk."""

    data: Path
    cases: dict[str, str]
    elsewhere: str
    """A case in another sub-district's log."""


ALL_TEXTS = {key: pair for texts in (TEXTS, *(section.texts for section in SECTIONS)) for key, pair in texts.items()}
TOLD = {**RECORD, **{name: said for section in SECTIONS for name, said in section.events.items()}}
ZH, EN = Words("zh", ALL_TEXTS, TOLD), Words("en", ALL_TEXTS, TOLD)

Scenario = Callable[[Node, Any], Coroutine[Any, Any, None]]


def on(data: Path, scenario: Scenario) -> None:
    """Run a scenario on a node that opens this data."""

    async def work() -> None:
        async with opened(data) as (node, app):
            await scenario(node, app)

    asyncio.run(work())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    data, kept = tmp_path_factory.mktemp("campaign"), {}

    async def scenario(node: Node, app: Any) -> None:
        campaign = await fill(node)
        await campaign.send(_registered(), day("06-11"), log=OTHER_LOG)
        await campaign.settle()
        kept["elsewhere"] = await report(campaign, day("06-12"), log=OTHER_LOG)
        await campaign.settle()
        node.storage.seal(LOG)
        kept.update(campaign.cases)

    on(data, scenario)
    return Made(data, kept, kept["elsewhere"])


def _registered() -> RegisterCommunity:
    return RegisterCommunity(code=f"{OTHER_LOG}001", name="邻街社区", grids=("G01-1",), households=100)


# every page ---------------------------------------------------------------------------------------------------------


def test_every_page_answers_in_both_languages_and_holds_nothing_personal_or_live(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for path in PAGES:
                for language, tag in (("zh", "zh-CN"), ("en", "en")):
                    where = path.format(**made.cases)
                    answer = await browser.get(where, params={**httpx.URL(where).params, "lang": language})
                    assert answer.status_code == 200, (path, answer.text)
                    assert f'<html lang="{tag}">' in answer.text
                    _sound(answer)

    on(made.data, scenario)


def _sound(answer: httpx.Response) -> None:
    """Nothing personal, nothing that the policy would have to block, not too large."""
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["content-type"].startswith("text/html")
    assert len(answer.content) <= HTML_LIMIT_BYTES
    page = answer.text
    for secret in SECRETS:
        assert secret not in page
    assert "sealed:" not in page
    tags = re.findall(r"<[a-zA-Z][^>]*>", page)
    for tag in tags:
        assert not re.match(r"<(script|style|iframe|object|embed)\b", tag), tag
        assert not re.search(r"\s(style|on[a-z]+)\s*=", tag), tag
        assert not re.search(r"""(src|href|action)=["']?(javascript|data|https?|//)""", tag), tag
    assert _unbalanced(tags + re.findall(r"</[a-z]+[0-9]?>", page)) == set()


def _unbalanced(tags: list[str]) -> set[str]:
    """Elements that are opened and closed unequally often."""
    void = {"meta", "link", "img", "br", "input", "hr"}
    opened_tags = [
        re.match(r"<([a-zA-Z]+[0-9]?)", tag) for tag in tags if not tag.startswith("</") and not tag.endswith("/>")
    ]
    names = [found[1] for found in opened_tags if found and found[1] not in void and found[1] not in _OPTIONAL]
    closed = [tag[2:-1] for tag in tags if tag.startswith("</") and tag[2:-1] not in _OPTIONAL]
    return {name for name in {*names, *closed} if names.count(name) != closed.count(name)}


_OPTIONAL = {"option", "rect", "line", "circle"}


def test_every_page_stands_on_an_empty_record(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for path in EMPTY_PAGES:
                answer = await browser.get(path)
                assert answer.status_code == 200, (path, answer.text)
                _sound(answer)
                assert 'class="empty"' in answer.text
            assert (await browser.get("/record/0")).status_code == 404
            assert (await browser.get("/cases/none")).status_code == 404
            assert (await browser.get(f"/scores/{PUBLICATION}.{LOG}")).status_code == 404

    on(tmp_path, scenario)


DERIVED = (
    "/duties", "/grids", "/scores", f"/scores/{PUBLICATION}.{LOG}", "/flags", "/what-if", "/papers/summary",
    "/papers/monthly-report?month=2015-06",
)  # fmt: skip


def test_what_is_derived_from_a_whole_log_waits_in_line_and_the_other_pages_do_not(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = HeavyReads(threads=1, waiting=-1)
    for module in (pages, questions):
        monkeypatch.setattr(module, "HEAVY", full)

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for path in (*DERIVED, "/assessment/grids", "/assessment/papers/summary", "/assessment/flags"):
                assert (await browser.get(path)).status_code == 503, path
            for path in ("/", "/cases", "/communities", "/meetings", "/papers", "/record"):
                assert (await browser.get(path)).status_code == 200, path

    on(made.data, scenario)


def test_what_people_wrote_is_shown_as_text(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            page = (await browser.get("/communities/410105010001")).text
            assert SCRIPT not in page
            assert f"综治工作站二楼 {SCRIPT}" in unescape(page)

    on(made.data, scenario)


# a case --------------------------------------------------------------------------------------------------------------


def test_a_case_tells_every_event_of_both_its_streams_with_sealed_values_masked(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        id = made.cases["handled"]
        log = node.storage.log
        events = [*log.stream(LOG, f"case/{id}"), *log.stream(LOG, f"handling/{id}")]
        assert len(events) > 12
        async with signed_in(node, app, language="en") as browser:
            page = (await browser.get(f"/cases/{id}")).text
        positions = [int(found) for found in re.findall(r'href="/record/(\d+)"', page)]
        assert positions == sorted(recorded.position for recorded in events)
        words = EN
        for recorded in events:
            assert f"<h3>{words.event_title(recorded.type)}</h3>" in page
        assert f"Diary: {MASK}" in page
        assert f"Terms: {MASK}" in page
        assert f"Put right: Grid: G01-2. Reason: {MASK}" in page
        assert f"At {MASK}, by " in page
        assert "Mediation is normally concluded within a month of acceptance" in page
        assert "Ended in time" in page

    on(made.data, scenario)


def test_a_case_of_another_jurisdiction_is_not_found_like_one_that_does_not_exist(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, log=OTHER_LOG) as theirs:
            assert (await theirs.get(f"/cases/{made.elsewhere}")).status_code == 200
        async with signed_in(node, app) as ours:
            with structlog.testing.capture_logs() as logged:
                there = await ours.get(f"/cases/{made.elsewhere}")
                nowhere = await ours.get("/cases/ffffffffffffffffffff")
        assert there.status_code == nowhere.status_code == 404
        assert there.content == nowhere.content
        assert dict(there.headers) == dict(nowhere.headers)
        attempts = [line for line in logged if line["event"] == "refused"]
        assert [(line["actor"], line["code"], line["path"]) for line in attempts] == 2 * [
            ("office-1", "not_found", "/cases/{id}")
        ]
        assert made.elsewhere not in str(logged)

    on(made.data, scenario)


def test_the_ledger_pages_through_every_case_once_and_filters(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        with node.storage.ledgers_engine.connect() as connection:
            rows = node.followers["intake"].runner.tables["cases"].query(connection, LOG, {})
        async with signed_in(node, app) as browser:
            assert await _listed(browser, "/cases") == sorted(key for key, _ in rows)
            resolved = [key for key, row in rows if row.status == "resolved" and row.community == code(2)]
            assert resolved
            assert await _listed(browser, f"/cases?status=resolved&community={code(2)}") == sorted(resolved)
            page = (await browser.get(f"/cases?community={code(2)}")).text
            assert f'href="/intake/ledgers/cases?community={code(2)}&amp;format=csv"' in page
            export = await browser.get(f"/intake/ledgers/cases?community={code(2)}&format=csv")
            assert export.status_code == 200

    on(made.data, scenario)


async def _listed(browser: httpx.AsyncClient, path: str) -> list[str]:
    """The cases on a page and on all that follow it."""
    found: list[str] = []
    following: str | None = path
    while following:
        page = (await browser.get(following)).text
        found += re.findall(r'href="/cases/([0-9a-f]{20})"', page)
        older = re.search(r'href="(/cases\?[^"]*before=[^"]*)"', page)
        following = unescape(older[1]) if older else None
    return sorted(found)


# scores -------------------------------------------------------------------------------------------------------------


def test_the_scoreboard_shows_what_was_published_with_its_fractions(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        with node.storage.ledgers_engine.connect() as connection:
            rows = node.followers["assessment"].runner.tables["scores"].query(connection, LOG, {})
        assert len(rows) == len(COMMUNITIES) + 1
        async with signed_in(node, app, language="en") as browser:
            page = (await browser.get("/scores")).text
            for _, row in rows:
                assert f"/scores/{row.id}" in page
                for one in row.indicators:
                    if one.standing == "measured":
                        number = f"{one.numerator:,}"
                        assert (number if one.kind == "count" else f"{number} / {one.denominator:,}") in page
                    if one.excluded:
                        assert f"unadjusted {one.unadjusted_numerator} / {one.unadjusted_denominator}" in page
            assert any(one.excluded for _, row in rows for one in row.indicators)
            assert any(one.standing != "measured" for _, row in rows for one in row.indicators)
            assert "As of 10 Aug 2015" in page
            assert (await browser.get("/scores?publication=month-1999-01.1999-02-01")).status_code == 404

    on(made.data, scenario)


def test_only_those_whom_the_rulebook_names_see_ranks(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.OFFICE, language="en") as office:
            assert ">rank 1 (of " in (await office.get("/scores")).text
        async with signed_in(node, app, Role.CLERK, language="en") as clerk:
            assert ">rank " not in (await clerk.get("/scores")).text

    on(made.data, scenario)


def test_before_anything_is_published_the_board_is_provisional(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        campaign = Campaign(node)
        await adopt_plan(campaign)
        await campaign.settle()
        async with signed_in(node, app, language="en") as browser:
            assert "There is no community to score yet" in (await browser.get("/scores")).text
            await join(campaign, 1, "学院社区")
            await campaign.settle()
            page = (await browser.get("/scores")).text
            assert "Provisional" in page
            assert "870 / 870" in page
            home = (await browser.get("/")).text
            assert "No scores are published yet" in home
            assert "870 / 870" not in home, "the way in computes nothing"

    on(tmp_path, scenario)


def test_a_score_is_explained_down_to_events_that_exist(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            page = (await browser.get(f"/scores/{PUBLICATION}.{LOG}002")).text
            assert "Excluded: Referred outside the sub-district (1)" in page
            assert "differs from the published numbers" not in page
            positions = {int(found) for found in re.findall(r'href="/record/(\d+)"', page)}
            assert len(positions) > 10
            assert max(positions) < node.storage.log.size(LOG)
            cases = set(re.findall(r'href="/cases/([^"]+)"', page))
            assert made.cases["backlog"] in cases
            for case in cases:
                assert (await browser.get(f"/cases/{case}")).status_code == 200

    on(made.data, scenario)


def test_the_campaign_is_drawn_to_scale() -> None:
    plan, today = load_plan(), date(2015, 9, 1)
    line = line_of(plan, date(2015, 8, 10), today)
    assert line
    assert [phase.state for phase in line.phases] == ["past", "now", "ahead"]
    assert sum(Decimal(phase.width.rstrip("%")) for phase in line.phases) == pytest.approx(100, abs=0.02)
    assert [phase.at for phase in line.phases] == ["0.00%", "4.67%", "94.86%"]  # of 214 days: 0, 10 and 203
    assert line.as_of_at == "32.71%"  # 70 of 214
    assert line.today_at == "42.99%"  # 92 of 214
    assert [(duty.on, duty.at) for duty in line.duties] == [(date(2015, 11, 14), "77.57%")]
    after = line_of(plan, date(2016, 2, 1), date(2026, 1, 1))
    assert after
    assert (after.ended, after.today_at) == (date(2015, 12, 31), None)
    assert {phase.state for phase in after.phases} == {"past"}


# the record -----------------------------------------------------------------------------------------------------------


def test_the_hashes_of_a_proof_lead_to_the_signed_root(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        size = node.storage.log.size(LOG)
        async with signed_in(node, app, Role.OPERATOR) as browser:
            note = re.search(r"<pre>sanguan/410105010\n(\d+)\n", (await browser.get("/record")).text)
            assert note
            assert int(note[1]) == size
            for position in (0, 1, size // 2, size - 1):
                page = (await browser.get(f"/record/{position}")).text
                assert ZH("proof_holds") in page
                sides = re.findall(r'<li class="(left|right)">', page)
                leaf, *path, root = (bytes.fromhex(found) for found in re.findall(r"<code>([0-9a-f]{64})</code>", page))
                for side, hash in zip(sides, path, strict=True):
                    leaf = node_hash(hash, leaf) if side == "left" else node_hash(leaf, hash)
                assert leaf == root

    on(made.data, scenario)


def test_the_record_names_only_commands_and_addresses_that_exist(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            page = (await browser.get("/record")).text
            commands = re.findall(r"sanguan (audit \w+) --log", page)
            assert commands
            for command in commands:
                assert CliRunner().invoke(cli, [*command.split(), "--help"]).exit_code == 0, command
            addresses = re.findall(r"GET (/\S+?)(?:<|\n)", page)
            assert addresses
            for address in addresses:  # 400: it is there, and wants its parameters
                assert (await browser.get(address, headers={"accept": "*/*"})).status_code in (200, 400), address

    on(made.data, scenario)


def test_a_proof_of_an_altered_event_says_so(made: Made, tmp_path: Path) -> None:
    data = tmp_path / "altered"
    shutil.copytree(made.data, data)

    async def scenario(node: Node, app: Any) -> None:
        with node.storage.log_engine.begin() as connection:
            connection.execute(text("DROP TRIGGER events_no_update"))
            altered = "CAST(replace(bytes, '综治工作站', '综治工作点') AS BLOB)"
            connection.execute(text(f"UPDATE events SET bytes = {altered} WHERE log = '{LOG}' AND position = 5"))
        async with signed_in(node, app) as browser:
            assert ZH("proof_fails") in (await browser.get("/record/5")).text
            assert ZH("proof_holds") in (await browser.get("/record/6")).text

    on(data, scenario)


# sign-in --------------------------------------------------------------------------------------------------------------


def test_who_has_not_signed_in_is_sent_to_do_so_and_comes_back(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        token = node.storage.tokens.mint(Role.CLERK, LOG, subject="clerk-1", valid=timedelta(hours=1))
        async with client_of(app) as browser:
            away = await browser.get("/cases?status=resolved")
            assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=%2Fcases%3Fstatus%3Dresolved")
            page = await browser.get(away.headers["location"])
            _sound(page)
            action = unescape(re.findall(r'action="([^"]+)"', page.text)[0])
            failed = await browser.post(action, data={"token": "x.y.z"})
            assert failed.status_code == 401
            assert ZH("token_bad") in failed.text
            assert "set-cookie" not in failed.headers
            done = await browser.post(action, data={"token": f" {token}\n"})
            assert (done.status_code, done.headers["location"]) == (303, "/cases?status=resolved")
            cookie = done.headers["set-cookie"]
            assert cookie.startswith(f"{Doorkeeper.COOKIE}=")
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert (await browser.get("/cases")).status_code == 200
            out = await browser.post("/sign-out")
            assert out.headers["location"] == "/sign-in"
            assert "cases" in (await browser.get("/cases")).headers["location"]

    on(made.data, scenario)


def test_a_sign_in_leads_to_this_site_only_and_comes_from_it_only(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        token = node.storage.tokens.mint(Role.CLERK, LOG, subject="clerk-1", valid=timedelta(hours=1))
        async with client_of(app) as browser:
            for elsewhere in (
                "//evil.example",
                "https://evil.example",
                "/\\evil.example",
                "javascript:alert(1)",
                "/a\nb",
            ):
                done = await browser.post("/sign-in", params={"next": elsewhere}, data={"token": token})
                assert done.headers["location"] == "/"
            forged = await browser.post("/sign-in", data={"token": token}, headers={"sec-fetch-site": "cross-site"})
            assert forged.status_code == 400
            assert "set-cookie" not in forged.headers
            huge = await browser.post("/sign-in", content=b"token=" + b"x" * 50_000)
            assert huge.status_code == 413

    on(made.data, scenario)


def test_a_stale_session_is_ended_and_an_operator_sees_no_case(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        stale = node.storage.tokens.mint(Role.CLERK, LOG, subject="clerk-1", valid=timedelta(seconds=-1))
        async with client_of(app, {Doorkeeper.COOKIE: stale}) as browser:
            away = await browser.get("/cases")
            assert away.headers["location"].startswith("/sign-in")
            assert f'{Doorkeeper.COOKIE}=""' in away.headers["set-cookie"]
        async with signed_in(node, app, Role.OPERATOR) as operator:
            refused = await operator.get("/cases")
            assert refused.status_code == 403
            assert ZH("problem_403") in refused.text
            _sound(refused)
            assert (await operator.get("/record")).status_code == 200

    on(made.data, scenario)


# languages and problems -------------------------------------------------------------------------------------------


def test_the_language_is_the_one_asked_for_then_remembered_then_the_browsers(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="fr, en;q=0.8, zh;q=0.5") as browser:
            assert 'lang="en"' in (await browser.get("/cases")).text
            assert 'lang="zh-CN"' in (await browser.get("/cases?lang=zh")).text
            assert 'html lang="zh-CN"' in (await browser.get("/cases")).text
            switch = re.search(r'class="language" href="([^"]+)"', (await browser.get("/cases?status=resolved")).text)
            assert switch
            assert unescape(switch[1]) == "?status=resolved&lang=en"
        for said, tag in (
            ("fr", "zh-CN"),
            ("", "zh-CN"),
            ("en-GB", "en"),
            ("zh;q=0.1,en;q=0.9", "en"),
            ("en;q=x", "zh-CN"),
        ):
            async with signed_in(node, app, language=said) as browser:
                assert f'<html lang="{tag}">' in (await browser.get("/cases")).text

    on(made.data, scenario)


def test_programs_get_problem_documents_and_browsers_get_pages(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for path, status in (
                ("/nowhere", 404),
                ("/static/nothing.css", 404),
                ("/intake/ledgers/none", 404),
                ("/cases/x", 404),
            ):
                page = await browser.get(path)
                assert page.status_code == status
                _sound(page)
                document = await browser.get(path, headers={"accept": "application/json"})
                assert document.status_code == status
                assert document.headers["content-type"] == "application/problem+json"
                assert document.json()["status"] == status

    on(made.data, scenario)


def test_hostile_addresses_are_refused_and_break_nothing(made: Made) -> None:
    hostile = (
        "/cases/%00", "/cases?community=%00", "/cases?before=%00%7C", "/cases?before=x", "/cases?status=%27%20OR%201=1",
        "/record/99999999999999999999999", "/record?before=x", "/record?before=99999999999999999999", "/record/-1",
        "/scores?publication=%00", "/scores?publication=..%2F..%2Fetc", "/scores/%F0%9F%92%A9",
        "/communities/" + "1" * 5000,
        "/static/..%2F..%2Fapp.py", "/cases?lang=xx&lang=%0d%0aset-cookie:x=y",
    )  # fmt: skip

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for path in hostile:
                answer = await browser.get(path)
                assert answer.status_code in (200, 400, 404), path
                assert "x" not in answer.cookies
                _sound(answer)
            every = {"community", "status", "kind", "dispute_type"}
            for name in every:
                value = COMMUNITIES[0] if name == "community" else "x"
                export = await browser.get(f"/intake/ledgers/cases?{name}={value}&format=csv")
                assert export.status_code == 200, "what the page filters by, its export can"

    on(made.data, scenario)


def test_a_fault_shows_a_page_without_any_detail(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        doorkeeper = Doorkeeper(node)
        site = Site(node, doorkeeper, SECTIONS)

        def broken(ask: Any) -> Page:
            raise ValueError("虚构甲 13900000000")

        broken_app = site.dress(make_app(node, doorkeeper, lambda *_: [site.page("/broken", broken), *site.routes()]))
        async with signed_in(node, broken_app) as browser:
            page = await browser.get("/broken")
            assert page.status_code == 500
            assert ZH("problem_500") in page.text
            _sound(page)

    on(tmp_path, scenario)


def test_the_style_sheet_may_be_kept_and_its_colours_can_be_read(made: Made) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with client_of(app) as browser:
            page = (await browser.get("/sign-in")).text
            links = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
            assert len(links) >= 2
            for link in links:
                assert "immutable" in (await browser.get(link)).headers["cache-control"]
            css = (await browser.get(links[0])).text
            assert len(css) < 30_000
            _readable(css)

    on(made.data, scenario)


def _readable(css: str) -> None:
    """WCAG AA: 4.5 to 1 for every pair of text and ground that the sheet uses, in light and in dark."""
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        pairs = [
            (one, ground) for one in ("ink", "soft", "blue", "good", "bad", "warn") for ground in ("sheet", "paper")
        ]
        pairs += [("good", "good-tint"), ("bad", "bad-tint"), ("warn", "warn-tint"), ("blue", "blue-tint")]
        pairs += [("ink", "track"), ("ink", "good-tint"), ("ink", "warn-tint"), ("on-colour", "blue")]
        for one, ground in pairs:
            assert _contrast(tokens[one], tokens[ground]) >= 4.5, (one, ground)


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# words ----------------------------------------------------------------------------------------------------------------


def test_every_event_has_words_that_quote_only_its_own_fields() -> None:
    assert set(TOLD) == {event.NAME for event in EVENTS}
    for section in SECTIONS:
        assert {event.NAME for event in EVENTS if section.service == event.OWNER} == set(section.events)
    for event in EVENTS:
        known = {field.name for field in fields(event)} | {"given"}
        quoted = [_quoted(sentence) for sentence in TOLD[event.NAME].sentence]
        assert quoted[0] == quoted[1]
        assert quoted[0] <= known, event.NAME
        assert all(TOLD[event.NAME].title)


def test_every_text_is_whole_in_both_languages_and_used() -> None:
    root = Path(__file__).parents[2]
    sources = [
        *root.glob("shared/web/**/*.py"),
        *root.glob("services/*/pages/**/*.py"),
        *root.glob("**/templates/*.html"),
    ]
    said = "\n".join(source.read_text(encoding="utf-8") for source in sources if source.name != "texts.py")
    prefixes = ("problem_", "cell.", "glyph.", "rule.", "quick_", "counted.", "due_", "chapter.")
    verdicts = {
        "reached",
        "missed",
        "counted",
        "not_yet_due",
        "nothing",
        *(f"{what}_{one}" for what in ("proof", "proven", "check", "check_tree") for one in Verdict),
    }
    for texts in (TEXTS, *(section.texts for section in SECTIONS)):
        for key, (zh, en) in texts.items():
            assert zh.strip()
            assert en.strip()
            assert _quoted(zh) == _quoted(en), key
            used = f'"{key}"' in said or f"'{key}'" in said or key.startswith(prefixes) or key in verdicts
            assert used, f"{key} is on no page"
    keys = [key for texts in (TEXTS, *(section.texts for section in SECTIONS)) for key in texts]
    assert len(keys) == len(set(keys)), "two parts of the site use one key"


def test_every_rule_of_a_deadline_has_words() -> None:
    for rule in (*BY_CODE, DUE_AS_WRITTEN, DUE_AS_CORRECTED):
        assert EN(f"rule.{rule}")
    of_choices = {DueStanding.LAPSED}  # nobody has to settle a case by then
    for standing in set(DueStanding) - of_choices:
        assert EN(f"due_{standing}")


def _quoted(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_an_unknown_text_fails_rather_than_being_shown() -> None:
    with pytest.raises(KeyError):
        ZH("no_such_text")
