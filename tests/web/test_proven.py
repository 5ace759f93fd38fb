"""The verify button of a published score: computed again there and then, and nothing stored is believed (invariant 4).

Everyone in it is invented (synthetic).
"""

import asyncio
import re
import sqlite3
from base64 import b64decode
from collections.abc import Callable, Coroutine
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from services.assessment.pages import proof
from shared.audit.proven import Signature
from shared.contracts.codes import Role
from shared.runtime import Node
from tests.web.campaign import LOG, SECRETS, code, opened, signed_in

SCORE = f"phase-2.2015-08-10.{code(1)}"
Scenario = Callable[[Node, Any], Coroutine[Any, Any, None]]


def on(data: Path, scenario: Scenario) -> None:
    async def work() -> None:
        async with opened(data) as (node, app):
            await scenario(node, app)

    asyncio.run(work())


def by_hand(file: Path, *statements: str) -> None:
    """What somebody with the database's password does."""
    with sqlite3.connect(file) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0


def looked_at(data: Path, path: str, role: Role = Role.OFFICE) -> str:
    """A page as who signed in sees it, in English."""
    pages: list[str] = []

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, role, language="en") as browser:
            answer = await browser.get(path)
            assert answer.status_code == 200, answer.text
            pages.append(answer.text)

    on(data, scenario)
    return unescape(pages[0])


def verdicts(page: str) -> list[str]:
    """Of every check, whether it holds."""
    (checks,) = re.findall(r'<ol class="checks">(.*?)</ol>', page, re.DOTALL)
    return re.findall(r'<span class="verdict (\w+)">', checks)


def test_every_score_page_has_a_button_and_the_page_behind_it_proves_the_score(filled: Path) -> None:
    assert f'<form method="get" action="/scores/{SCORE}/proof"><button>' in looked_at(filled, f"/scores/{SCORE}")
    page = looked_at(filled, f"/scores/{SCORE}/proof")
    assert "It holds" in page
    assert set(verdicts(page)) == {"good"}
    assert len(verdicts(page)) == 6  # digits, evidence, row, inclusion, consistency, signature
    rows = re.findall(r"<tr><td.*?</tr>", page)
    assert len(rows) > 10
    for row in rows:
        _, published, again, same = re.findall(r"<td[^>]*>(.*?)</td>", row)
        assert published == again
        assert "equal" in same
    for said in ("verify.py", "rescore.py", "sanguan audit bundle", f"sanguan/{LOG}+", "— sanguan/"):
        assert said in page
    assert not any(secret in page for secret in SECRETS)


def test_the_proof_of_the_page_is_the_one_that_programs_get(filled: Path) -> None:
    page = looked_at(filled, f"/scores/{SCORE}/proof", Role.AUDITOR)
    steps = re.findall(r'<li class="(?:left|right)">.*?<code>([0-9a-f]{64})</code>', page)
    (at,) = set(re.findall(r"The event ([\d,]+) that states it is in the tree of ([\d,]+) events", page))
    position, size = (int(number.replace(",", "")) for number in at)

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.AUDITOR) as browser:
            query = f"/record/proof/inclusion?log={LOG}&position={position}&size={size}"
            answer = await browser.get(query, headers={"accept": "application/json"})
            assert [b64decode(one).hex() for one in answer.json()["hashes"]] == steps

    on(filled, scenario)


def test_a_number_that_was_changed_in_the_ledger_is_found_and_the_published_one_is_shown(spoilt: Path) -> None:
    by_hand(
        spoilt / "ledgers.db",
        f"UPDATE ledger_assessment_scores SET per_cent = '99.99', rankable = 1 WHERE key = '{SCORE}'",
    )
    assert "99.99" in looked_at(spoilt, f"/scores/{SCORE}")
    page = looked_at(spoilt, f"/scores/{SCORE}/proof")
    assert "99.99" not in page
    assert "It does not hold" in page
    assert verdicts(page) == ["good", "good", "bad", "good", "good", "good"]  # the row alone


def test_a_score_that_lost_its_row_is_proven_all_the_same_and_that_is_told(spoilt: Path) -> None:
    by_hand(spoilt / "ledgers.db", f"DELETE FROM ledger_assessment_scores WHERE key = '{SCORE}'")
    page = looked_at(spoilt, f"/scores/{SCORE}/proof")
    assert verdicts(page)[2] == "bad"


def stated_at(data: Path) -> int:
    """Where the score is published."""
    with sqlite3.connect(data / "log.db") as connection:
        (position,) = connection.execute(
            "SELECT position FROM events WHERE type LIKE '%score-published%' AND CAST(bytes AS TEXT) LIKE ?",
            (f"%{code(1)}%",),
        ).fetchone()
    return int(position)


def test_a_published_digit_that_was_changed_in_the_log_is_recomputed_to_the_right_one(spoilt: Path) -> None:
    at = stated_at(spoilt)
    with sqlite3.connect(spoilt / "log.db") as connection:
        (data,) = connection.execute("SELECT bytes FROM events WHERE position = ? AND log = ?", (at, LOG)).fetchone()
    (was,) = re.findall(rb'"per_cent":"([0-9.]+)"', data)
    changed = data.replace(b'"per_cent":"' + was + b'"', b'"per_cent":"99.9"')
    by_hand(
        spoilt / "log.db",
        f"UPDATE events SET bytes = x'{changed.hex()}' WHERE position = {at} AND log = '{LOG}'",
    )
    page = looked_at(spoilt, f"/scores/{SCORE}/proof")
    digits, evidence, _, included, *_ = verdicts(page)
    assert (digits, evidence, included) == ("bad", "good", "bad")
    assert "99.9%" in page
    assert f"{was.decode()}%" in page


def test_evidence_that_was_changed_gives_another_root(spoilt: Path) -> None:
    with sqlite3.connect(spoilt / "log.db") as connection:
        position, data = connection.execute(
            "SELECT position, bytes FROM events WHERE log = ? AND type LIKE '%case-resolved%' ORDER BY position", (LOG,)
        ).fetchone()
    changed = data.replace(b'"by_agreement":true', b'"by_agreement":null').replace(b"2015-06", b"2015-07", 1)
    assert changed != data
    by_hand(
        spoilt / "log.db",
        f"UPDATE events SET bytes = x'{changed.hex()}' WHERE position = {position} AND log = '{LOG}'",
    )
    page = looked_at(spoilt, f"/scores/{SCORE}/proof")
    assert "It does not hold" in page
    assert verdicts(page)[1] == "bad"


def test_what_states_the_score_cannot_be_read(spoilt: Path) -> None:
    at = stated_at(spoilt)
    by_hand(spoilt / "log.db", f"UPDATE events SET bytes = x'7b7d' WHERE position = {at}")

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            proof, score = [await browser.get(f"/scores/{SCORE}{path}") for path in ("/proof", "")]
            assert proof.status_code == 200
            assert f"It does not hold: an event that states this score (position {at:,}) cannot be read" in proof.text
            assert score.status_code == 500
            assert "event_unreadable" in score.text
            assert f"The event at position {at} cannot be read" in unescape(score.text)

    on(spoilt, scenario)


def test_a_score_that_nothing_states_does_not_hold(spoilt: Path) -> None:
    """Put into the ledger by hand: every page shows it."""
    invented = SCORE.replace("phase-2", "phase-1")
    by_hand(
        spoilt / "ledgers.db", f"UPDATE ledger_assessment_scores SET key = '{invented}', id = '{invented}',"
        f" publication = replace(publication, 'phase-2', 'phase-1') WHERE key = '{SCORE}'",
    )  # fmt: skip
    assert "the record has no such statement" in looked_at(spoilt, f"/scores/{invented}/proof")


@pytest.mark.parametrize(
    ("signature", "said"),
    [(Signature.UNKNOWN, "signature was not checked"), (Signature.BAD, "It does not hold"),
     (Signature.GOOD, "It holds")],
)  # fmt: skip
def test_a_signature_that_nobody_checked_is_none_that_holds(
    filled: Path, monkeypatch: pytest.MonkeyPatch, signature: Signature, said: str
) -> None:
    """In a process that does not keep the key. Which of them it is, `audit explain` shows (tests/audit)."""
    monkeypatch.setattr("shared.audit.proven._signature", lambda *_: (signature, None))
    for path in (f"/scores/{SCORE}/proof", f"/record/{stated_at(filled)}"):
        page = looked_at(filled, path)
        assert said in page
        assert ("It holds" in page) is (signature is Signature.GOOD)


@pytest.mark.parametrize("column", ["root = x'00'", "size = 100000 + size"])
def test_a_checkpoint_whose_row_says_something_else_fits_nowhere(spoilt: Path, column: str) -> None:
    """On both pages that prove, and in `audit explain` and `audit replay` (tests/audit)."""
    by_hand(spoilt / "log.db", f"UPDATE checkpoints SET {column} WHERE log = '{LOG}'")
    for path in (f"/scores/{SCORE}/proof", f"/record/{stated_at(spoilt)}"):
        assert "It does not hold" in looked_at(spoilt, path)


def test_digits_that_were_worked_out_before_are_believed_under_the_same_root_only(
    spoilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for the first time is told so, by a page that goes on by itself."""
    monkeypatch.setattr(proof, "LONG", 10)

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as browser:
            waiting = await browser.get(f"/scores/{SCORE}/proof")
            assert "It is being verified" in waiting.text
            onward = waiting.headers["refresh"].removeprefix("0; url=")
            pages = [unescape((await browser.get(path)).text) for path in (onward, f"/scores/{SCORE}/proof")]
            assert ["worked out before" in page for page in pages] == [False, True]
            assert verdicts(pages[0]) == verdicts(pages[1]) == ["good"] * 6
            by_hand(spoilt / "log.db", f"UPDATE events SET bytes = bytes || ' ' WHERE log = '{LOG}' AND position = 3")
            page = unescape((await browser.get(f"/scores/{SCORE}/proof")).text)
            assert "worked out before" not in page
            assert "It does not hold" in page

    on(spoilt, scenario)


def test_a_score_that_there_is_not_and_a_statement_that_is_none(filled: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app) as browser:
            for path in (f"/scores/phase-9.2015-08-10.{code(1)}/proof", "/scores/nothing/proof",
                         f"/scores/{SCORE}/proof?at=0"):  # fmt: skip
                assert (await browser.get(path)).status_code == 404, path
            assert (await browser.get(f"/scores/{SCORE}/proof?at=x")).status_code == 400

    on(filled, scenario)
