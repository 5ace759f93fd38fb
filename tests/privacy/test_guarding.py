"""The privacy officer's page, the metric, and what the commands answer over HTTP. All data is invented (synthetic)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.privacy.commands import BreakGlass, PlaceRestriction, ReceivePersonRequest, ReviewGlass
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.privacy import Emergency, RequestKind, RestrictionReason
from tests.harm.invented import NAME, PHONE
from tests.harm.office import COMMUNITY, Office, office, person
from tests.web.campaign import LOG, day


def run(play: Callable[[Office], Any], data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made)

    asyncio.run(whole())


async def page(made: Office, role: Role = Role.PRIVACY, language: str = "zh") -> str:
    headers = made.bearer(role) | {"accept": "text/html"}
    answer = await made.web.get(f"/privacy?lang={language}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def unreviewed(made: Office) -> str:
    text = (await made.web.get("/-/metrics")).text
    (line,) = (one for one in text.splitlines() if one.startswith("sanguan_glass_unreviewed{") and LOG in one)
    return line.rpartition(" ")[2]


async def ask(
    made: Office, name: str, role: Role, who: str, data: dict[str, Any], stream: str | None = None
) -> tuple[int, dict[str, Any]]:
    """A command over HTTP: the status and the answer."""
    body = {"log": LOG, "occurred_at": utc_now().isoformat(), "data": data} | ({"stream": stream} if stream else {})
    headers = made.bearer(role, who) | {"idempotency-key": f"{name}-{who}-{len(stream or '')}"}
    answer = await made.web.post(f"/privacy/commands/{name}", json=body, headers=headers)
    return answer.status_code, answer.json()


def test_a_broken_glass_stays_in_sight_until_it_was_looked_at(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME, PHONE))
        assert await unreviewed(made) == "0.0"
        broken = BreakGlass(case=f"case/{case}", community=COMMUNITY, purpose=Emergency.DANGER_TO_LIFE)
        glass = await made.campaign.send(broken, day("07-01"), role=Role.OFFICER, who="officer-7")
        await made.campaign.settle()
        assert await unreviewed(made) == "1.0"
        for language, word in (("zh", "危及生命健康"), ("en", "danger to life")):
            text = await page(made, language=language)
            assert word in text
            assert f"unmasking/{glass}" in text
            assert "officer-7" in text
            assert NAME not in text
        await made.campaign.send(ReviewGlass(justified=True), day("07-02"), glass, Role.PRIVACY)
        await made.campaign.settle()
        assert await unreviewed(made) == "0.0"
        assert f"unmasking/{glass}" not in await page(made)

    run(play, tmp_path)


def test_what_waits_for_somebody_stands_on_the_page(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME))
        subject = f"case/{case}"
        send = made.campaign.send
        receive = ReceivePersonRequest(subject=subject, community=COMMUNITY, request=RequestKind.ACCESS)
        request = await send(receive, day("07-01"), role=Role.CLERK)
        place = PlaceRestriction(subject=subject, because=RestrictionReason.OBJECTION)
        await send(place, day("07-02"), role=Role.PRIVACY)
        await made.campaign.settle()
        text = await page(made)
        assert f"request/{request}" in text
        assert "已逾期" in text
        assert "本人限制或拒绝处理" in text
        english = await page(made, Role.AUDITOR, "en")
        assert "the person objects to the use" in english
        assert "overdue" in english

    run(play, tmp_path)


@pytest.mark.parametrize("role", [Role.CLERK, Role.OFFICER, Role.LEADER, Role.SUBSCRIBER, Role.OPERATOR])
def test_nobody_else_sees_the_page(role: Role, tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        answer = await made.web.get("/privacy", headers=made.bearer(role) | {"accept": "text/html"})
        assert answer.status_code == 403
        assert 'href="/privacy"' not in answer.text

    run(play, tmp_path)


def test_two_people_open_a_case_over_http(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME))
        data = {"case": f"case/{case}", "community": COMMUNITY, "purpose": "supervision"}
        status, asked = await ask(made, "ask-unmasking", Role.OFFICE, "office-1", data)
        assert status == 201, asked
        stream = asked["stream"]
        status, refused = await ask(made, "grant-unmasking", Role.OFFICE, "office-1", {"hours": 2}, stream)
        assert (status, refused["code"]) == (403, "same_person")
        status, late = await ask(made, "grant-unmasking", Role.PRIVACY, "privacy-9", {"hours": 73}, stream)
        assert (status, late["field"]) == (422, "data.hours")
        status, _ = await ask(made, "grant-unmasking", Role.PRIVACY, "privacy-1", {"hours": 2}, stream)
        assert status == 201
        await made.campaign.settle()
        path = f"/privacy/ledgers/unmaskings?log={LOG}"
        (row,) = (await made.web.get(path, headers=made.bearer(Role.AUDITOR))).json()["rows"]
        assert (row["case"], row["actor"], row["granted"]) == (f"case/{case}", "office-1", True)
        assert row["until"] > utc_now().isoformat()
        assert row["until"] < (utc_now() + timedelta(hours=3)).isoformat()
        forbidden = await made.web.get(path, headers=made.bearer(Role.CLERK))
        assert (forbidden.status_code, forbidden.json()["code"]) == (403, "role_not_allowed")

    run(play, tmp_path)


def test_what_belongs_to_another_community_does_not_exist(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME))
        for community in (None, "410105010002"):
            data = {"case": f"case/{case}", "community": community, "purpose": "missing_person"}
            status, answer = await ask(made, "break-glass", Role.CLERK, f"clerk-{community}", data)
            assert (status, answer["code"], answer["field"]) == (404, "unknown_subject", "case")

    run(play, tmp_path)
