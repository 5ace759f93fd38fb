"""What residents do by themselves: report, see their case, take it back. Everyone is invented (synthetic)."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.residents import REPORTS_PER_MINUTE, VALID
from shared.access import case_codes
from shared.access.case_codes import ALPHABET, Card, CaseCodes
from shared.access.tables import case_codes as table
from shared.access.throttle import BY_SOURCE, CASE_CODE
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from tests.harm.invented import ID_NUMBER, NAME, PHONE
from tests.harm.office import COMMUNITY, Office, office, person
from tests.web.campaign import LOG, OTHER_LOG


def run(play: Any, data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made, await made.case(person(NAME, PHONE, ID_NUMBER)))

    asyncio.run(whole())


def stopped(made: Office) -> None:
    """For the throttle no time passes any more: whoever waits waits on."""
    now = utc_now()
    made.node.storage.sign_in.throttle._clock = lambda: now


async def session(made: Office, code: str | None = None, log: str = LOG) -> Any:
    return await made.web.post("/intake/residents/session", json={"log": log} | ({"code": code} if code else {}))


async def card(made: Office, case: str, headers: Any) -> Any:
    return await made.web.post(f"/intake/cases/{case}/code", json={}, headers=headers)


async def send(made: Office, name: str, data: Any, token: str, stream: str | None = None) -> Any:
    body = {"log": LOG, "occurred_at": utc_now().isoformat(), "data": data} | ({"stream": stream} if stream else {})
    headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid.uuid4().hex}
    return await made.web.post(f"/intake/commands/{name}", json=body, headers=headers)


def reported(source: str = "application") -> dict[str, Any]:
    return {
        "community": COMMUNITY, "kind": "dispute", "dispute_type": "neighbours", "source": source, "summary": "虚构",
        "parties": [{"role": "applicant", "name": NAME, "phone": PHONE, "id_number": None}],
    }  # fmt: skip


def test_the_code_on_the_card_opens_ones_own_case(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        given = await card(made, case, made.bearer(Role.CLERK))
        assert given.status_code == 200, given.text
        code = given.json()["code"]
        assert set(code) <= {*ALPHABET, "-"}
        opened = (await session(made, code.lower().replace("-", ""))).json()
        assert (opened["role"], opened["case"], opened["seconds"]) == ("resident", f"case/{case}", 1800)
        bearer = {"authorization": f"Bearer {opened['token']}"}
        seen = await made.web.get("/intake/residents/case", headers=bearer)
        assert seen.status_code == 200, seen.text
        assert (seen.json()["case"], seen.json()["status"], seen.json()["may_withdraw"]) == (case, "accepted", True)
        assert not any(value in seen.text for value in (NAME, PHONE, ID_NUMBER))
        withdrawn = await send(made, "withdraw-case", {"reason": "虚构：已和好"}, opened["token"], f"case/{case}")
        assert withdrawn.status_code == 201, withdrawn.text
        await made.campaign.settle()
        again = (await made.web.get("/intake/residents/case", headers=bearer)).json()
        assert (again["status"], again["may_withdraw"]) == ("withdrawn", False)

    run(play, tmp_path)


def test_a_code_that_is_none_opens_nothing(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        code = (await card(made, case, made.bearer(Role.OFFICE))).json()["code"]
        assert (await session(made, code, OTHER_LOG)).status_code == 404
        newer = (await card(made, case, made.bearer(Role.OFFICE))).json()["code"]
        assert newer != code
        over = await session(made, code)
        assert (over.status_code, over.json()["code"]) == (404, "unknown_code")
        wrong = await session(made, "2222-2222-2222")
        assert wrong.content == over.content, "a code that was good, and one that never was"
        assert (await session(made, newer)).status_code == 200

    run(play, tmp_path)


def test_who_guesses_waits(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        code = (await card(made, case, made.bearer(Role.CLERK))).json()["code"]
        stopped(made)
        answers = [await session(made, f"22222222222{ALPHABET[number % 30]}") for number in range(31)]
        assert answers[0].status_code == 404
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "too_many_attempts")
        assert int(answers[-1].headers["retry-after"]) == answers[-1].json()["seconds"] >= 1
        assert (await session(made, code)).status_code == 429, "the right one is not tried either"

    run(play, tmp_path)


def test_who_reports_by_themselves_gets_the_code_of_that_case_alone(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        token = (await session(made)).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        assert (await made.web.get("/intake/residents/case", headers=bearer)).status_code == 404
        swept = await send(made, "report-case", reported("sweep"), token)
        assert (swept.status_code, swept.json()["code"], swept.json()["field"]) == (
            422, "only_by_application", "data.source",
        )  # fmt: skip
        answer = await send(made, "report-case", reported(), token)
        assert answer.status_code == 201, answer.text
        own = answer.json()["stream"].removeprefix("case/")
        code = await card(made, own, bearer)
        assert code.status_code == 200, code.text
        assert (await card(made, case, bearer)).content == (await card(made, "0" * 20, bearer)).content
        assert (await session(made, code.json()["code"])).json()["case"] == f"case/{own}"
        other = await send(made, "withdraw-case", {"reason": "虚构"}, token, f"case/{case}")
        assert (other.status_code, other.json()["code"]) == (404, "unknown_case")

    run(play, tmp_path)


def test_what_is_kept_of_a_code_is_a_digest_and_ends(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        engine, codes = made.node.storage.log_engine, made.node.storage.case_codes
        drawn = codes.draw(LOG)
        codes.issue(LOG, case, drawn.code, by="clerk-1")
        with engine.connect() as connection:
            kept = connection.execute(table.select()).all()
        assert [row.issued_by for row in kept] == ["clerk-1"]
        assert not {drawn.code, drawn.card} & {str(value) for row in kept for value in row}
        assert drawn.code.encode() not in b"".join(row.code for row in kept)
        later = CaseCodes(engine, codes._key, lambda: utc_now() + case_codes.VALID + timedelta(seconds=1))
        assert (codes.card_of(LOG, drawn.code), later.card_of(LOG, drawn.code)) == (Card(drawn.card, case), None)
        assert timedelta(hours=1) >= VALID

    run(play, tmp_path)


def test_who_hands_a_card_out_is_on_record_and_so_is_what_its_code_did(tmp_path: Path) -> None:
    """A clerk who takes a case back in the resident's name is found out, and the office undoes it."""

    async def play(made: Office, case: str) -> None:
        given = (await card(made, case, made.bearer(Role.CLERK, "clerk-evil"))).json()
        opened = (await session(made, given["code"])).json()
        withdrawn = await send(made, "withdraw-case", {"reason": "虚构：已和好"}, opened["token"], f"case/{case}")
        assert withdrawn.status_code == 201, withdrawn.text
        last = made.node.storage.log.stream(LOG, f"case/{case}")[-1]
        assert (last.actor.id, last.actor.role) == (f"resident-{given['card']}", "resident")
        asked = {"log": LOG, "case": case}
        for role in (Role.PRIVACY, Role.AUDITOR):
            readings = (await made.web.get("/record/readings", params=asked, headers=made.bearer(role))).json()[
                "readings"
            ]
            handed = [one for one in readings if one["card"] is not None]
            assert [(one["who"], one["role"], one["case"], one["card"]) for one in handed] == [
                ("clerk-evil", "clerk", case, given["card"])
            ]
            assert handed[0]["at"] <= last.recorded_at.isoformat()
        await made.campaign.settle()
        undone = {"step": "withdrawn", "reason": "虚构：并非本人撤回"}
        back = await send(made, "retract-step", undone, made.token(Role.OFFICE), f"case/{case}")
        assert back.status_code == 201, back.text
        await made.campaign.settle()
        again = (await session(made, given["code"])).json()["token"]
        seen = await made.web.get("/intake/residents/case", headers={"authorization": f"Bearer {again}"})
        assert (seen.json()["status"], seen.json()["may_withdraw"]) == ("accepted", True)

    run(play, tmp_path)


def test_no_code_is_good_that_nobody_is_on_record_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(made: Office, case: str) -> None:
        before = (await card(made, case, made.bearer(Role.CLERK))).json()["code"]

        async def full(proposal: Any) -> Any:
            raise OSError("no space left")

        with monkeypatch.context() as broken:
            broken.setattr(made.node.appender, "append", full)
            assert (await card(made, case, made.bearer(Role.CLERK))).status_code == 500
        with made.node.storage.log_engine.connect() as connection:
            assert len(connection.execute(table.select()).all()) == 1, "no second code"
        assert (await session(made, before)).status_code == 200, "and the one before is as good as it was"

    run(play, tmp_path)


def test_a_session_ends_with_the_code_that_opened_it(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        lost = (await card(made, case, made.bearer(Role.OFFICE))).json()["code"]
        token = (await session(made, lost)).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        assert (await made.web.get("/intake/residents/case", headers=bearer)).status_code == 200
        with pytest.raises(Refused, match="unauthenticated"):  # a browser's session would not know of the code's end
            made.node.storage.sessions.open_for(made.node.storage.tokens.read(token))
        newer = (await card(made, case, made.bearer(Role.OFFICE))).json()["code"]
        over = [
            await made.web.get("/intake/residents/case", headers=bearer),
            await send(made, "withdraw-case", {"reason": "虚构"}, token, f"case/{case}"),
            await send(made, "report-case", reported(), token),
            await card(made, case, bearer),
        ]
        assert [(one.status_code, one.json()["code"]) for one in over] == [(401, "unauthenticated")] * 4
        fresh = (await session(made, newer)).json()["token"]
        seen = await made.web.get("/intake/residents/case", headers={"authorization": f"Bearer {fresh}"})
        assert seen.status_code == 200

    run(play, tmp_path)


def test_many_report_from_one_address_and_none_of_it_is_guessing(tmp_path: Path) -> None:
    """A kiosk, or a telephone company's customers behind one address; the office may be behind it, too."""

    async def play(made: Office, case: str) -> None:
        answers = [await session(made) for _ in range(REPORTS_PER_MINUTE)]
        assert {one.status_code for one in answers} == {200}
        beyond = await session(made)
        assert (beyond.status_code, beyond.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(beyond.headers["retry-after"]) <= 60
        code = (await card(made, case, made.bearer(Role.CLERK))).json()["code"]
        assert (await session(made, code)).status_code == 200, "a code is another matter"
        throttle = made.node.storage.sign_in.throttle
        stopped(made)
        for number in range(BY_SOURCE.free):
            throttle.attempt(f"{LOG}/{number}", "127.0.0.1", CASE_CODE)
        assert (await session(made, code)).status_code == 429, "who guesses waits"
        with pytest.raises(Refused) as refused:
            made.node.storage.sign_in.by_password("clerk-1", "wrong password", "127.0.0.1")
        assert refused.value.code == "sign_in_refused", "and keeps nobody from signing in there"

    run(play, tmp_path)
