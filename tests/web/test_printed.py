"""The addresses of papers as PDF: to whom, of what, and that they say what their pages say. Everyone is invented
(synthetic)."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest

from services.assessment.papers.kinds import BY_CODE, KINDS
from services.assignment.ledgers import meetings, roster
from services.intake.ledgers import cases
from services.intake.pages.printed import may_be_agreed
from shared.access.visitor import Visitor
from shared.contracts.codes import Profession, Role
from shared.contracts.event import Actor
from shared.runtime import Node
from shared.settings import load
from shared.web import printed as printed_ledgers
from shared.web.door import Doorkeeper
from shared.web.printed import read_line
from tests.papers.fonts import printing_in
from tests.papers.pdf import close, codes_of, made_on, pages_of, text_of
from tests.web.campaign import COMMUNITIES, LOG, SCRIPT, SECRETS, client_of, code, opened, signed_in
from tests.web.test_papers import ASKED

Scenario = Callable[[Node, Any], Coroutine[Any, Any, None]]
On = Callable[[Scenario], None]
Printed = dict[tuple[str, str], bytes]
"""What was printed for the office already, by address and language."""
BOARD: Final = f"/communities/{code(1)}/notice-board.pdf"
CARD: Final = f"/communities/{code(1)}/contact-card.pdf"
CELL: Final = re.compile(r"<(?:dt|dd|th|td|h\d)\b.*?</(?:dt|dd|th|td|h\d)>")
LEDGER: Final = "/intake/ledgers/cases?format=pdf"


@pytest.fixture(scope="module")
def on(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[On]:
    """Plays a scenario on a node that is at work for all of them."""
    with printing_in(tmp_path_factory.mktemp("fonts")), asyncio.Runner() as runner:
        stack = AsyncExitStack()
        node, app = runner.run(stack.enter_async_context(opened(filled)))
        yield lambda scenario: runner.run(scenario(node, app))
        runner.run(stack.aclose())


@pytest.fixture(scope="module")
def printed() -> Printed:
    return {}


async def pdf(browser: httpx.AsyncClient, path: str) -> bytes:
    """A PDF, in which nothing personal stands."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert re.match(r"attachment; filename=\"[0-9A-Za-z._-]+\.pdf\"; filename\*=UTF-8''%", disposition(answer))
    text = text_of(answer.content)
    assert not [secret for secret in SECRETS if secret in text]
    assert "sealed:" not in text
    return answer.content


async def once(browser: httpx.AsyncClient, path: str, printed: Printed) -> bytes:
    """A PDF for the office that several tests read."""
    known = (path, browser.headers["accept-language"])
    if known not in printed:
        printed[known] = await pdf(browser, path)
    return printed[known]


def disposition(answer: httpx.Response) -> str:
    return str(answer.headers["content-disposition"])


async def refused(browser: httpx.AsyncClient, path: str) -> tuple[int, str]:
    answer = await browser.get(path, headers={"accept": "application/json"})
    assert not answer.content.startswith(b"%PDF")
    return answer.status_code, answer.json()["code"]


def told(text: str) -> list[str]:
    """What a cell of a page tells: a text, or positions beside each other."""
    return text.split() if re.fullmatch(r"[\d ]+", text) else [text]


def judge_of(node: Node) -> str:
    with node.look("assignment", LOG) as look:
        serving = look.rows(roster.LEDGER, community=code(1))
        return next(row.officer for row in serving if row.profession is Profession.JUDGE)


def meeting_of(node: Node, community: str) -> meetings.Row:
    with node.look("assignment", LOG) as look:
        return next(row for row in look.rows(meetings.LEDGER, community=community) if row.decisions)


def cases_of(node: Node) -> list[cases.Row]:
    with node.look("intake", LOG) as look:
        return list(look.rows(cases.LEDGER))


def of_community(app: Any, node: Node, community: str) -> httpx.AsyncClient:
    """A browser of a clerk of one community."""
    visitor = Visitor(Actor(id="clerk-9", role=Role.CLERK), LOG, place=community)
    return client_of(app, {Doorkeeper.COOKIE: node.storage.sessions.open_for(visitor)})


# papers of the office -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind.code for kind in KINDS if kind.code != "responsibility-letters"])
def test_a_paper_says_what_its_page_says(on: On, printed: Printed, kind: str) -> None:
    """Every label and value of the page, and the rows for which the page has no room."""

    async def scenario(node: Node, app: Any) -> None:
        more = {"officer": judge_of(node)} if kind == "performance-archive" else {}
        asked = urlencode({**ASKED[kind], **more})
        for language, side in (("zh-CN", "title_zh"), ("en", "title_en")):
            async with signed_in(node, app, language=language) as browser:
                page = (await browser.get(f"/papers/{kind}?{asked}")).text
                assert f'href="/papers/{kind}/paper.pdf?' in page
                paper = await once(browser, f"/papers/{kind}/paper.pdf?{asked}", printed)
            sheet = page[page.index("<article") : page.index("</article>")]
            said = [one for cell in CELL.findall(sheet) for one in told(unescape(re.sub("<.*?>", "", cell)))]
            text = re.sub(rf"{LOG}#\d+—\d+—", "", text_of(paper))  # a value may go on on the next page
            assert [one for one in said if close(one) not in text] == []
            assert close(getattr(BY_CODE[kind], side)) in text
            assert made_on(paper) == f"D:{ASKED[kind]['as_of'].replace('-', '')}"

    on(scenario)


def test_a_paper_on_paper_has_all_rows(on: On, printed: Printed) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            asked = urlencode(ASKED["summary"])
            data = (await browser.get(f"/assessment/papers/summary?{asked}")).json()["paper"]
            pages = pages_of(await once(browser, f"/papers/summary/paper.pdf?{asked}", printed))
            longest = max((held for held in data.values() if isinstance(held, list)), key=len)
            assert len(longest) > 40, "more than a page shows"
            assert len(pages) > 3
            assert [page for number, page in enumerate(pages, 1) if not page.endswith(f"—{number}—")] == []

    on(scenario)


def test_the_same_paper_twice_is_the_same_file(on: On, printed: Printed) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            path = f"/papers/circular/paper.pdf?{urlencode(ASKED['circular'])}"
            assert await pdf(browser, path) == await once(browser, path, printed)

    on(scenario)


def test_a_responsibility_letter_is_made_for_each_case_and_signed_by_hand(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            asked = urlencode(ASKED["responsibility-letters"])
            path = "/papers/responsibility-letters/paper.pdf"
            known = (await browser.get(f"/assessment/papers/responsibility-letters?{asked}")).json()["paper"]["cases"]
            pages = pages_of(await pdf(browser, f"{path}?{asked}"))
            assert len(pages) == len(known) > 0
            for page, case in zip(pages, known, strict=True):
                assert page.startswith("包案稳控责任书")
                assert case["case"] in page
                assert case["name"] in page
                assert "责任人签字" in page
                assert "不限制其人身自由" in page
            assert await refused(browser, f"{path}?{asked}&community={code(5)}") == (404, "unknown_case")

    on(scenario)


def test_a_paper_is_refused_where_its_data_are(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        archive = f"/papers/performance-archive/paper.pdf?officer={judge_of(node)}"
        async with signed_in(node, app) as browser:
            assert await refused(browser, "/papers/monthly-report/paper.pdf") == (400, "missing_parameter")
            assert await refused(browser, "/papers/summary/paper.pdf?plan=none") == (422, "unknown_plan")
            assert await refused(browser, "/papers/summary/paper.pdf?log=410105011") == (403, "wrong_jurisdiction")
        async with signed_in(node, app, Role.CLERK) as browser:
            assert await refused(browser, archive) == (403, "role_not_allowed")
        async with of_community(app, node, code(1)) as browser:
            assert await refused(browser, "/papers/summary/paper.pdf") == (403, "wider_reach_needed")
        async with client_of(app) as browser:
            assert (await browser.get(archive)).status_code == 303

    on(scenario)


# papers of a community ------------------------------------------------------------------------------------------------


def test_a_notice_board_and_cards_say_who_serves_and_lead_to_the_public_page(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with of_community(app, node, code(1)) as browser:
            board, card = (
                await pdf(browser, f"{BOARD}?as_of=2015-07-01"),
                await pdf(browser, f"{CARD}?as_of=2015-07-01"),
            )
            page = (await browser.get(f"/communities/{code(1)}")).text
        assert f'href="{BOARD}"' in page
        assert f'href="{CARD}"' in page
        for content, times in ((board, 1), (card, 10)):
            text = text_of(content)
            for said in (COMMUNITIES[0], *(one.zh for one in Profession), "每周三上午9:00–11:30", SCRIPT, "电话"):
                assert text.count(close(said)) >= times, said
            assert codes_of(content) == [f"http://test/public/{LOG}"] * times
        assert "2015年7月1日公示" in text_of(board)
        assert made_on(board) == "D:20150701"

    on(scenario)


def test_a_vacant_post_is_shown_as_vacant(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            assert text_of(await pdf(browser, f"{BOARD}?as_of=2015-06-01")).count("暂缺") == 4
            assert await refused(browser, f"{BOARD}?as_of=2199-01-01") == (422, "in_the_future")
            assert await refused(browser, f"{BOARD}?as_of=x") == (400, "malformed")
            browser.headers["host"] = "h" * 300
            assert await refused(browser, BOARD) == (400, "bad_header")

    on(scenario)


def test_minutes_have_a_line_for_what_is_sealed(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        own = meeting_of(node, code(1))
        async with of_community(app, node, code(1)) as browser:
            text = text_of(await pdf(browser, f"/meetings/{own.id}/minutes.pdf"))
            assert f'href="/meetings/{own.id}/minutes.pdf"' in (await browser.get("/meetings")).text
        for said in ("会议纪要", COMMUNITIES[0], own.kind.zh, f"{own.attended}人", "议定事项", "主持人", "完成时限"):
            assert said in text, said

    on(scenario)


def test_an_agreement_names_roles_and_leaves_lines_for_the_parties(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        all_of_them = cases_of(node)
        agreed = next(row for row in all_of_them if row.by_agreement)
        ended = next(row for row in all_of_them if not may_be_agreed(row))
        async with signed_in(node, app) as browser:
            text = text_of(await pdf(browser, f"/cases/{agreed.id}/agreement.pdf"))
            link = 'href="/cases/{}/agreement.pdf"'
            assert link.format(agreed.id) in (await browser.get(f"/cases/{agreed.id}")).text
            assert link.format(ended.id) not in (await browser.get(f"/cases/{ended.id}")).text
            assert await refused(browser, f"/cases/{ended.id}/agreement.pdf") == (404, "not_found")
        for said in ("人民调解协议书", agreed.id, agreed.dispute_type.zh, *(one.role.zh for one in agreed.parties)):
            assert said in text, said
        assert "三十日内共同向人民法院申请司法确认" in text

    on(scenario)


def test_what_lies_in_another_community_is_not_there(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        other = meeting_of(node, code(1)).id
        case = next(row.id for row in cases_of(node) if row.community == code(1) and may_be_agreed(row))
        async with of_community(app, node, code(2)) as browser:
            for path in (BOARD, CARD, f"/meetings/{other}/minutes.pdf", f"/cases/{case}/agreement.pdf"):
                nobody = path.replace(code(1), code(9)).replace(other, "nobody").replace(case, "nobody")
                assert await refused(browser, path) == await refused(browser, nobody) == (404, "not_found"), path

    on(scenario)


# ledgers --------------------------------------------------------------------------------------------------------------


def test_a_printed_ledger_has_its_headers_and_its_line_on_every_sheet(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            answer = await browser.get(LEDGER)
            text = await browser.get(LEDGER.replace("pdf", "html"))
            assert 'href="/intake/ledgers/cases?format=pdf"' in (await browser.get("/cases")).text
        said = {name.removeprefix("sanguan-"): value for name, value in answer.headers.items() if "sanguan-" in name}
        pages = pages_of(answer.content)
        assert disposition(answer).startswith(f'attachment; filename="cases-{LOG}-{said["position"]}.pdf"')
        for number, page in enumerate(pages, 1):
            assert "编号Reference" in page
            assert "序号No.编号Key" in page
            assert page.endswith(f"第{number}页，共{len(pages)}页")
            assert all(said[name] in page for name in ("ledger", "log", "position", "rows", "root", "digest"))
        parts = text.text.count("<table>")
        keys = [row.id for row in cases_of(node)]
        whole = "".join(pages)
        assert len(keys) == int(said["rows"])
        assert [key for key in keys if whole.count(key) != parts + 1] == []  # on every sheet, and once as the case's id
        assert "•••" in whole
        assert not [secret for secret in SECRETS if secret in whole]

    on(scenario)


def test_the_line_of_a_printed_ledger_is_read_off_the_sheet(on: On) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            answer = await browser.get(f"{LEDGER}&status=resolved")
        foot = raw_foot(answer.content)
        assert "\n" in foot, "it takes two lines"
        read = read_line(foot, ("status", "community"))
        for name in ("ledger", "log", "position", "rows", "root", "digest", "only"):
            assert read[name] == answer.headers[f"sanguan-{name}"], name

    on(scenario)


def raw_foot(content: bytes) -> str:
    """The foot of the first sheet, as it is copied out of a PDF."""
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:
        text = str(document[0].get_textpage().get_text_bounded())
    return text[text.rindex("台账 ledger") :]


def test_a_ledger_that_is_too_long_for_a_pdf_is_had_otherwise(on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed_ledgers, "MOST_CELLS", 50)

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            assert await refused(browser, LEDGER) == (422, "too_many")
            assert (await browser.get(LEDGER.replace("pdf", "html"))).status_code == 200

    on(scenario)


# without a font -------------------------------------------------------------------------------------------------------


def test_without_a_chinese_font_every_address_says_so(on: On, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        monkeypatch.setattr(node.storage, "settings", load(node.storage.settings.data_dir, paper_fonts=tmp_path))
        meeting = meeting_of(node, code(1)).id
        case = next(row.id for row in cases_of(node) if may_be_agreed(row))
        paths = [BOARD, CARD, LEDGER, f"/meetings/{meeting}/minutes.pdf", f"/cases/{case}/agreement.pdf"]
        paths += [
            f"/papers/{kind}/paper.pdf?{urlencode(ASKED[kind])}" for kind in ("circular", "responsibility-letters")
        ]
        async with signed_in(node, app) as browser:
            for path in paths:
                assert await refused(browser, path) == (503, "no_cjk_font"), path
            page = await browser.get(BOARD)
        assert page.status_code == 503
        assert "fonts-noto-cjk" in page.text  # what to do, to a person

    on(scenario)
