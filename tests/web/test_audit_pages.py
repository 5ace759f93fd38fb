"""The audit page, and printed ledgers that are held against today's log. Everyone in it is invented (synthetic)."""

import asyncio
import csv
import io
import re
import sqlite3
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import openpyxl
import pytest
from sqlalchemy import text

from shared.audit.runs import Run, record
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.ledger.replay import Replay
from shared.ledger.tables import digest
from shared.log import cosignatures, sealer
from shared.log.cosigning import Cosigner
from shared.log.cosigning import cosignatures as cosigned
from shared.log.key_rotation import change_key
from shared.runtime import Node
from shared.web.printed import LEAST_HEX, hexadecimal, read_line
from tests.web.campaign import COMMUNITIES, LOG, SECRETS, code, day, opened, report, signed_in
from tests.web.campaign import Campaign as Made

Scenario = Callable[[Node, Any], Coroutine[Any, Any, None]]
CASES = "/intake/ledgers/cases"


def on(data: Path, scenario: Scenario) -> None:
    async def work() -> None:
        async with opened(data) as (node, app):
            await scenario(node, app)

    asyncio.run(work())


async def got(browser: httpx.AsyncClient, path: str, status: int = 200) -> httpx.Response:
    answer = await browser.get(path)
    assert answer.status_code == status, answer.text
    return answer


def text_of(answer: httpx.Response) -> str:
    return unescape(answer.text)


# the audit page -------------------------------------------------------------------------------------------------------


def test_the_audit_page_shows_signatures_keys_and_witnesses(spoilt: Path) -> None:
    witness = Cosigner.generate("court.example/w1")

    async def scenario(node: Node, app: Any) -> None:
        storage = node.storage
        async with signed_in(node, app, Role.AUDITOR, language="en") as browser:
            before = text_of(await got(browser, "/audit"))
            assert "There is no witness yet" in before
            assert "Key 1" in before
            assert "Key 2" not in before
            changed = change_key(storage.log_engine, storage.settings.data_dir, LOG, utc_now())
            await report(Made(node, sent=10_000), day("08-12"))
            storage.seal(LOG)
            newest = sealer.latest(storage.log_engine, LOG)
            assert newest is not None
            text = newest.note.partition("\n\n")[0] + "\n"
            (given,) = cosigned(newest.note + witness.line(text, int(time.time())), [witness.witness])
            cosignatures.keep(storage.log_engine, LOG, newest.size, given, utc_now())
            other = Cosigner.generate("other.example/w2").witness
            cosignatures.say(storage.log_engine, LOG, other, 3, "ahead", utc_now())
            after = text_of(await got(browser, "/audit"))
            rotation, root = changed.rotation, newest.note.splitlines()[2]
            for said in (
                str(rotation.old),
                str(rotation.new),
                rotation.root.hex(),
                "Key 2",
                str(witness.witness),
                root,
            ):
                assert said in after, said
            assert "it holds more events than this log has" in after
            assert re.search(r'<line class="rotated"', after)
            assert re.search(r'<line class="witnessed"', after)
            (row,) = [row for row in re.findall(r"<tr>.*?</tr>", after, re.DOTALL) if "court.example/w1</span>" in row]
            assert "#key-2" in row
            assert 'class="verdict good"' in row
            assert not any(secret in after for secret in SECRETS)

    on(spoilt, scenario)


def test_a_cosignature_that_does_not_fit_is_told_at_the_top(spoilt: Path) -> None:
    witness = Cosigner.generate("court.example/w1")

    async def scenario(node: Node, app: Any) -> None:
        engine = node.storage.log_engine
        newest = sealer.latest(engine, LOG)
        assert newest is not None
        text = newest.note.partition("\n\n")[0] + "\n"
        (given,) = cosigned(newest.note + witness.line(text, 1_700_000_000), [witness.witness])
        cosignatures.keep(engine, LOG, newest.size, given, utc_now())
        with sqlite3.connect(node.storage.settings.data_dir / "log.db") as connection:
            connection.execute("UPDATE cosignatures SET line = ?", (witness.line("another text\n", 1_700_000_000),))
        async with signed_in(node, app, Role.AUDITOR, language="en") as browser:
            assert "do not fit their checkpoints" in text_of(await got(browser, "/audit"))

    on(spoilt, scenario)


def runs_on(page: str) -> tuple[str, list[str]]:
    """What stands above the list of what looks found, and its lines."""
    (section,) = re.findall(r'<section[^>]*aria-labelledby="runs">.*?</section>', page, re.DOTALL)
    return section.partition("<table")[0], re.findall(r"<tr><td.*?</tr>", section, re.DOTALL)


def test_what_looks_found_is_listed_differences_first_and_what_was_not_compared_is_said(spoilt: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        engine, now = node.storage.log_engine, utc_now()
        async with signed_in(node, app, Role.AUDITOR, language="en") as browser:
            record(engine, LOG, Run("intake", now - timedelta(days=2), 41, ("intake.cases",), 1_000))
            for minutes in range(100, 5, -15):
                well = Run("intake", now - timedelta(minutes=minutes), 42, ledgers=9, compared=8, waiting=3)
                record(engine, LOG, well)
            record(engine, LOG, Run("privacy", now, -1, failed="exit code -9"))
            with engine.begin() as connection:
                made_up = "'{', NULL, 1) "
                connection.execute(
                    text(f"INSERT INTO audit_runs VALUES ('{LOG}', 'assessment', 1, 1, 1, 5, 9, 9, 0, {made_up}")
                )
            above, lines = runs_on(text_of(await got(browser, "/audit")))
            failed, differs, altered, well_again = lines
            assert "could not be compared" in failed
            assert "exit code -9" in failed
            assert "<code>intake.cases</code>" in differs
            assert "written by no look" in altered
            assert "all the same" in well_again
            assert "7 times the same since" in well_again
            assert re.search(r"last compared 1[01] minutes ago, 8 of 9 ledgers", above)
            assert "3 rows wait and were not compared" in above
            assert "1970" not in above

    on(spoilt, scenario)


def test_rows_of_a_time_that_cannot_be_and_a_note_that_is_none_take_no_page_down(spoilt: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        far = 9_000_000_000_000_000_000
        with sqlite3.connect(node.storage.settings.data_dir / "log.db") as connection:
            connection.execute("UPDATE checkpoints SET signed_at = ?, note = x'00ff80'", (far,))
            connection.execute("INSERT INTO witness_states VALUES (?, 'w', 9, 'nonsense', ?)", (LOG, far))
            connection.execute(
                "INSERT INTO cosignatures SELECT log, max(size), 'w', x'ff', 'late' FROM checkpoints WHERE log = ?",
                (LOG,),
            )
            (count,) = connection.execute("SELECT count(*) FROM checkpoints WHERE log = ?", (LOG,)).fetchone()
        async with signed_in(node, app, Role.AUDITOR, language="en") as browser:
            assert f"{count + 2} rows of checkpoints or witnesses" in text_of(await got(browser, "/audit"))
            for path in ("/record", "/record/3", "/-/metrics"):
                await got(browser, path)
            await got(browser, "/-/health/ready", status=200 if not node.troubles() else 503)

    on(spoilt, scenario)


def test_who_sees_it(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        for role in (Role.AUDITOR, Role.OFFICE, Role.LEADER, Role.OPERATOR):
            async with signed_in(node, app, role) as browser:
                page = await got(browser, "/audit")
                assert '<a href="/audit" aria-current="page">' in page.text
        async with signed_in(node, app, Role.CLERK) as browser:
            await got(browser, "/audit", 403)
            assert '<a href="/audit"' not in (await got(browser, "/record")).text

    on(filled, scenario)


def test_before_anything_was_signed(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.OPERATOR, language="en") as browser:
            assert "There is no checkpoint yet" in text_of(await got(browser, "/audit"))

    on(tmp_path, scenario)


# printed ledgers ------------------------------------------------------------------------------------------------------


def said_by(answer: httpx.Response) -> dict[str, str]:
    """What a copy says of itself in its head."""
    return {
        name.removeprefix("sanguan-"): value for name, value in answer.headers.items() if name.startswith("sanguan-")
    }


def again(node: Node, said: Mapping[str, str], ledger: str = "cases") -> str:
    """The digest as a replay has it."""
    service = node.followers["intake"].service
    declared = next(one for one in service.ledgers if one.name == ledger)
    replay = Replay(node.storage.log, LOG, [(service, declared)]).to(int(said["position"]))
    only = dict(parse_qsl(said.get("only", "")))
    return digest(
        (key, row) for key, row in replay.rows(f"intake.{ledger}") if all(getattr(row, n) == v for n, v in only.items())
    )


def test_every_copy_of_a_ledger_says_where_it_stands_and_what_it_holds(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for form in ("csv", "xlsx", "html"):
                for query in ({}, {"community": code(2)}, {"community": COMMUNITIES[1], "status": "resolved"}):
                    answer = await got(browser, f"{CASES}?" + urlencode({"format": form, **query}))
                    said = said_by(answer)
                    assert (said["ledger"], said["log"]) == ("intake.cases", LOG)
                    assert said["root"] == node.storage.root(LOG, int(said["position"]) + 1)
                    assert said["digest"] == again(node, said)
                    assert dict(parse_qsl(said.get("only", ""))).keys() == query.keys()
                    assert int(said["rows"]) > 0

    on(filled, scenario)


def test_a_csv_stays_a_table_unless_the_last_line_is_asked_for(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            plain, footed = [await got(browser, f"{CASES}?format=csv{more}") for more in ("", "&foot=true")]
            lines, longer = [
                list(csv.reader(io.StringIO(one.content.decode("utf-8-sig"), newline=""))) for one in (plain, footed)
            ]
            assert longer[:-1] == lines
            assert {len(line) for line in lines} == {len(lines[0])}
            assert len(lines) == int(said_by(plain)["rows"]) + 1
            assert longer[-1][0] == "sanguan"
            told = dict(cell.split("=", 1) for cell in longer[-1][1:])
            assert told == said_by(footed)

    on(filled, scenario)


def test_the_printed_page_holds_all_rows_masked_and_its_line_on_every_sheet(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            answer = await got(browser, f"{CASES}?format=html")
            page, said = text_of(answer), said_by(answer)
            parts = re.findall(r"<table>.*?</table>", page, re.DOTALL)
            assert len(parts) > 1  # more columns than a sheet has room for
            for part in parts:
                (foot,) = re.findall(r"<tfoot>(.*?)</tfoot>", part)
                assert all(said[name] in foot for name in ("position", "rows", "root", "digest"))
                assert part.count("<tr>") == int(said["rows"]) + 3  # two of headers, one at the foot
                assert "编号" in part
            assert "•••" in page
            assert not any(secret in page for secret in SECRETS)
            assert "<script" not in page
            assert answer.headers["content-security-policy"].startswith("default-src 'self'")
            assert '<a href="/intake/ledgers/cases?format=html">' in (await got(browser, "/cases")).text

    on(filled, scenario)


def test_a_ledger_that_is_too_long_is_printed_from_its_workbook(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.printed.MOST_ROWS", 3)

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            assert "too_many" in (await got(browser, f"{CASES}?format=html", 422)).text
            await got(browser, f"{CASES}?format=xlsx")

    on(filled, scenario)


# held against today's log ---------------------------------------------------------------------------------------------


def line_of(answer: httpx.Response) -> str:
    """The line that a workbook carries."""
    found: str = openpyxl.load_workbook(io.BytesIO(answer.content)).active["A2"].value  # type: ignore[index]  # it has a sheet
    return found


async def checked(browser: httpx.AsyncClient, **fields: str) -> str:
    return text_of(await got(browser, "/record/check?" + urlencode(fields)))


def verdicts(page: str) -> list[str]:
    return re.findall(r'<span class="verdict (\w+)">', page)


def test_a_printed_ledger_agrees_with_the_log_however_much_is_recorded_later(spoilt: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            copies = [
                await got(browser, f"{CASES}?" + urlencode({"format": "xlsx", **query}))
                for query in (
                    {}, {"community": code(2), "kind": "dispute"}, {"as_of": "2015-07-01", "basis": "occurred"},
                    {"as_of": "2035-07-01"},
                )
            ]  # fmt: skip
            for _ in range(3):
                await report(Made(node, sent=20_000 + node.storage.log.size(LOG)), day("08-12"))
            for copy in copies:
                said = said_by(copy)
                assert int(said["rows"]) > 0
                page = await checked(browser, line=line_of(copy))
                assert "It agrees" in page, said
                assert verdicts(page) == ["good"] * 4  # root, rows, digest, the signed tree
                typed = {name: said[name] for name in ("ledger", "position", "rows", "only") if name in said}
                page = await checked(
                    browser, **typed, root=said["root"][:LEAST_HEX], digest=said["digest"][:LEAST_HEX] + "…"
                )
                assert "It agrees" in page
            footed = await got(browser, f"{CASES}?format=csv&foot=true&community={code(2)}")
            (*_, last) = footed.content.decode("utf-8-sig").splitlines()
            assert "It agrees" in await checked(browser, line=last)

    on(spoilt, scenario)


def test_what_was_changed_on_the_copy_or_in_the_record_does_not_agree(spoilt: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            copy = await got(browser, f"{CASES}?format=xlsx")
            said, line = said_by(copy), line_of(copy)
            other = "0" * 64
            for changed, wrong in (
                (line.replace(said["root"], other), 0),
                (line.replace(f"rows {said['rows']} ", f"rows {int(said['rows']) + 1} "), 1),
                (line.replace(said["digest"], other), 2),
            ):
                page = await checked(browser, line=changed)
                assert "It does not agree" in page
                assert [at for at, one in enumerate(verdicts(page)) if one == "bad"] == [wrong]
            page = await checked(browser, line=line.replace(f"position {said['position']}", "position 999999"))
            assert "no such position" in page
            with sqlite3.connect(node.storage.settings.data_dir / "log.db") as connection:  # by one who can
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
                altered = "CAST(replace(CAST(bytes AS TEXT), ':true', ':false') AS BLOB)"
                connection.execute(f"UPDATE events SET bytes = {altered} WHERE type LIKE '%case-resolved%'")
            page = await checked(browser, line=line)
            assert "It does not agree" in page
            assert verdicts(page) == ["bad", "good", "bad", "bad"]  # the same number of rows

    on(spoilt, scenario)


@pytest.mark.parametrize(
    "altered",
    [
        "UPDATE events SET bytes = CAST(replace(CAST(bytes AS TEXT), 'command_id\":\"', 'command_id\":\"x') AS BLOB)"
        " WHERE position = 5",
        "DELETE FROM events WHERE position = 5", "DELETE FROM events WHERE position = {last}",
        "UPDATE events SET bytes = x'ff7b' WHERE position = {last}",
    ],
)  # fmt: skip
def test_a_log_whose_bytes_are_others_vouches_for_no_copy(spoilt: Path, altered: str) -> None:
    """Though no row of the ledger hangs on them, and the stored tree is as it was. The digest alone does not do either:
    a copy need not name the root."""

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            copy = await got(browser, "/assignment/ledgers/communities?format=xlsx")
            said, line = said_by(copy), line_of(copy)
            typed = {name: said[name] for name in ("ledger", "position", "rows", "digest")}
            assert "It agrees" in await checked(browser, **typed)
            with sqlite3.connect(node.storage.settings.data_dir / "log.db") as connection:
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
                assert connection.execute(altered.format(last=said["position"]) + f" AND log = '{LOG}'").rowcount == 1
            page = await checked(browser, line=line)
            assert "It does not agree" in page
            assert (verdicts(page)[0], verdicts(page)[-1]) == ("bad", "bad")
            assert "It does not agree" in await checked(browser, **typed)

    on(spoilt, scenario)


def test_a_line_is_read_as_people_paste_it_and_a_fresh_copy_is_linked(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            copy = await got(browser, f"{CASES}?format=xlsx&community={code(2)}")
            line = line_of(copy)
            for pasted in (f"{line}\r\n", f"\t{line}", line.replace(" · ", "\r\n· ")):
                page = await checked(browser, line=pasted)
                assert "It agrees" in page, pasted
            (link,) = re.findall(r'<a href="(/intake/ledgers/cases[^"]*)">The same ledger as of then', page)
            fresh = said_by(await got(browser, link))
            assert {name: fresh[name] for name in ("ledger", "position", "rows", "root", "digest")} == {
                name: said_by(copy)[name] for name in ("ledger", "position", "rows", "root", "digest")
            }
            await got(browser, "/record/check?line=a%00b", 400)

    on(filled, scenario)


def test_what_is_served_is_not_asked(spoilt: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            line = line_of(await got(browser, f"{CASES}?format=xlsx"))
            with sqlite3.connect(node.storage.settings.data_dir / "ledgers.db") as connection:
                assert connection.execute("UPDATE ledger_intake_cases SET status = 'closed'").rowcount
            assert "It agrees" in await checked(browser, line=line)
            forged = line_of(await got(browser, f"{CASES}?format=xlsx"))
            page = await checked(browser, line=forged)
            assert verdicts(page) == ["good", "good", "bad", "good"]

    on(spoilt, scenario)


def test_what_is_no_line_and_no_ledger_is_told(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            assert "That is no such line" in await checked(browser, line="hello")
            assert verdicts(await checked(browser)) == []
            for status, query in (
                (404, {"ledger": "intake.nothing", "position": "1"}), (400, {"ledger": "intake.cases"}),
                (400, {"ledger": "intake.cases", "position": "x"}),
                (400, {"ledger": "intake.cases", "position": "1", "root": "abc"}),
                (400, {"ledger": "intake.cases", "position": "1", "only": "summary=x"}),
                (422, {"line": "x" * 5_000}),
            ):  # fmt: skip
                await got(browser, "/record/check?" + urlencode(query), status)

    on(filled, scenario)


def test_lines_are_read_whatever_stands_around_them() -> None:
    line = (
        "x 台账 ledger intake.cases · 日志 log 410105010 · 记录位置 position -1 · 行数 rows 0 · 仅 only 社区 Community"
        f" 410105010001 · 树根 root — · 摘要 digest {'0a' * 32} · 制表 made 2015-09-01 10:00 +08:00"
    )
    assert read_line(line, ["community"]) == {
        "ledger": "intake.cases", "log": LOG, "position": "-1", "rows": "0", "root": "—", "digest": "0a" * 32,
        "only": "community=410105010001",
    }  # fmt: skip
    assert read_line("nothing", []) == {}
    assert hexadecimal("—", "root") is None
