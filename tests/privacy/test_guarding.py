"""The privacy officer's page, the metric, and what the commands answer over HTTP. All data is invented (synthetic)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from services.intake.commands import VoidCase
from services.privacy.commands import BreakGlass, PlaceRestriction, ReceivePersonRequest, ReviewGlass
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
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
    made: Office, name: str, role: Role, who: str, data: dict[str, Any], stream: str | None = None,
    at: datetime | None = None, token: str | None = None,
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    """A command over HTTP: the status and the answer."""
    body = {"log": LOG, "occurred_at": (at or utc_now()).isoformat(), "data": data}
    body |= {"stream": stream} if stream else {}
    headers = {"authorization": f"Bearer {token or made.token(role, who)}", "idempotency-key": uuid4().hex}
    answer = await made.web.post(f"/privacy/commands/{name}", json=body, headers=headers)
    return answer.status_code, answer.json()


async def kept_long_enough(made: Office) -> str:
    """A case that was made void in 2015; its subject."""
    case = await made.case(person(NAME, PHONE))
    await made.campaign.send(VoidCase(reason="误登"), day("07-05"), case)
    await made.campaign.settle()
    return f"case/{case}"


def test_a_restriction_of_a_day_gone_by_leaves_nobody_less_time(tmp_path: Path) -> None:
    """The thirty days are counted from when the log took it, not from the day that the officer names."""

    async def play(made: Office) -> None:
        subject = await kept_long_enough(made)
        data = {"subject": subject, "because": "retention"}
        month_ago = utc_now() - timedelta(days=31)
        status, answer = await ask(made, "place-restriction", Role.PRIVACY, "privacy-1", data, at=month_ago)
        assert status == 201, answer
        status, answer = await ask(made, "propose-erasure", Role.PRIVACY, "privacy-1", data)
        assert (status, answer["code"], answer["field"]) == (409, "restricted_too_short", "because")
        assert answer["from_day"] == civil_day(utc_now() + timedelta(days=30)).isoformat()
        path = f"/privacy/ledgers/restrictions?log={LOG}"
        (row,) = (await made.web.get(path, headers=made.bearer(Role.AUDITOR))).json()["rows"]
        assert row["propose_from"] == answer["from_day"]
        made.node.desks["privacy"]._clock = lambda: utc_now() + timedelta(days=30, seconds=1)
        status, answer = await ask(made, "propose-erasure", Role.PRIVACY, "privacy-1", data)
        assert status == 201, answer

    run(play, tmp_path)


def test_who_acts_for_the_proposer_is_no_second_person(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME))
        data = {"case": f"case/{case}", "community": COMMUNITY, "purpose": "supervision"}
        status, asked = await ask(made, "ask-unmasking", Role.PRIVACY, "privacy-1", data)
        assert status == 201, asked
        mint = made.node.storage.tokens.mint
        hour = timedelta(hours=1)
        deputy = mint(Role.OFFICE, LOG, subject="deputy-2", valid=hour, on_behalf_of="privacy-1")
        stream = asked["stream"]
        status, answer = await ask(made, "grant-unmasking", Role.OFFICE, "", {"hours": 2}, stream, token=deputy)
        assert (status, answer["code"]) == (403, "same_person")
        proxy = mint(Role.PRIVACY, LOG, subject="privacy-7", valid=hour, on_behalf_of="office-1")
        status, asked = await ask(made, "ask-unmasking", Role.PRIVACY, "", data, token=proxy)
        assert status == 201, asked
        status, answer = await ask(made, "grant-unmasking", Role.OFFICE, "office-1", {"hours": 2}, asked["stream"])
        assert (status, answer["code"]) == (403, "same_person")
        (row,) = (
            row for row in await rows(made, "unmaskings") if row["actor"] == "privacy-7"
        )  # fmt: skip
        assert row["on_behalf_of"] == "office-1"

    run(play, tmp_path)


async def rows(made: Office, ledger: str) -> list[dict[str, Any]]:
    await made.campaign.settle()
    path = f"/privacy/ledgers/{ledger}?log={LOG}"
    found: list[dict[str, Any]] = (await made.web.get(path, headers=made.bearer(Role.AUDITOR))).json()["rows"]
    return found


def test_two_programs_are_not_two_people(tmp_path: Path) -> None:
    """Whatever their roles: what guards personal data takes people, and a kept token is nobody."""

    async def play(made: Office) -> None:
        subject = await kept_long_enough(made)
        storage = made.node.storage
        kept = {
            role: storage.machines.open(f"m-{role}", role, LOG, ("command", "reading"), timedelta(days=9))
            for role in (Role.PRIVACY, Role.OFFICE, Role.CLERK)
        }
        scoped = storage.tokens.mint(
            Role.PRIVACY, LOG, subject="portal", valid=timedelta(hours=1), scopes=("command", "reading")
        )
        case = {"case": subject, "community": COMMUNITY}
        for name, role, data in (
            ("propose-erasure", Role.PRIVACY, {"subject": subject, "because": "retention"}),
            ("approve-erasure", Role.OFFICE, {"subject": subject}),
            ("refuse-erasure", Role.OFFICE, {"subject": subject, "reason": "still_needed"}),
            ("release-erasure-hold", Role.OFFICE, {"subject": subject}),
            ("lift-restriction", Role.PRIVACY, {"subject": subject, "because": "mistaken"}),
            ("answer-person-request", Role.PRIVACY, {"outcome": "granted", "reason": "as_asked"}),
            ("ask-unmasking", Role.PRIVACY, {**case, "purpose": "supervision"}),
            ("grant-unmasking", Role.OFFICE, {"hours": 2}),
            ("refuse-unmasking", Role.OFFICE, {"reason": "not_needed"}),
            ("break-glass", Role.CLERK, {**case, "purpose": "violence"}),
            ("review-glass", Role.PRIVACY, {"justified": True}),
        ):
            for token in (kept[role], *((scoped,) if role is Role.PRIVACY else ())):
                status, answer = await ask(made, name, role, "", data, token=token)
                assert (status, answer["code"]) == (403, "person_needed"), name
        for path, body in (
            (f"cases/{subject[5:]}/held", {"purpose": "subject_request", "party": 0}),
            ("people/find", {"purpose": "subject_request", "request": "r-1", "name": NAME, "phone": PHONE}),
        ):
            headers = {"authorization": f"Bearer {kept[Role.PRIVACY]}"}
            refused = await made.web.post(f"/intake/{path}", json=body, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "person_needed")
        status, answer = await ask(
            made, "place-restriction", Role.PRIVACY, "", {"subject": subject, "because": "retention"},
            token=kept[Role.PRIVACY],
        )  # fmt: skip
        assert status == 201, "a program may restrict: that opens nothing and erases nothing"

    run(play, tmp_path)


def test_a_token_alone_opens_the_privacy_officer_no_session(tmp_path: Path) -> None:
    """A token shows no second factor, which that role takes."""

    async def play(made: Office) -> None:
        for role, status in ((Role.PRIVACY, 401), (Role.AUDITOR, 401), (Role.OFFICE, 303)):
            answer = await made.web.post("/sign-in", data={"token": made.token(role)})
            assert answer.status_code == status, role
            assert ("set-cookie" in answer.headers) is (status == 303)

    run(play, tmp_path)


async def break_glass(made: Office, case: str, who: str = "officer-7") -> tuple[int, dict[str, Any]]:
    data = {"case": f"case/{case}", "community": COMMUNITY, "purpose": "violence"}
    return await ask(made, "break-glass", Role.OFFICER, who, data)


async def opens(made: Office, case: str, who: str = "officer-7") -> tuple[int, str]:
    """Whether what is sealed of a case opens in that emergency."""
    body = {"purpose": "violence", "fields": ["summary"]}
    headers = made.bearer(Role.OFFICER, who)
    answer = await made.web.post(f"/intake/cases/{case}/personal", json=body, headers=headers)
    return answer.status_code, answer.json().get("code", "")


def test_who_has_three_emergencies_to_be_looked_at_breaks_no_further_glass(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        cases = [await made.case(person(NAME)) for _ in range(4)]
        with capture_logs() as logs:
            broken = [await break_glass(made, case) for case in cases[:3]]
        assert [status for status, _ in broken] == [201] * 3
        told = [one for one in logs if one["log_level"] == "warning" and "broke the glass" in one["event"]]
        assert [(one["log"], one["actor"], one["role"]) for one in told] == [(LOG, "officer-7", "officer")] * 3
        assert not any(case in str(told) for case in cases)
        assert [await opens(made, case) for case in cases[:3]] == [(200, "")] * 3
        status, answer = await break_glass(made, cases[3])
        assert (status, answer["code"], answer["count"]) == (409, "unreviewed_emergencies", 3)
        assert (await break_glass(made, cases[3], "officer-8"))[0] == 201, "another has their own"
        stream = broken[0][1]["stream"]
        status, _ = await ask(made, "review-glass", Role.PRIVACY, "privacy-1", {"justified": True}, stream)
        assert status == 201
        assert (await break_glass(made, cases[3]))[0] == 201
        await made.campaign.settle()
        metrics = (await made.web.get("/-/metrics")).text
        assert f'sanguan_glass_broken_total{{log="{LOG}"}} 5.0' in metrics

    run(play, tmp_path)


def test_of_many_emergencies_at_one_moment_those_that_came_past_the_limit_open_nothing(tmp_path: Path) -> None:
    """Each is decided in a stream of its own: what several at once get past, the opening does not let pass."""

    async def play(made: Office) -> None:
        cases = [await made.case(person(NAME)) for _ in range(8)]
        send = made.campaign.send
        at_once = await asyncio.gather(*(break_glass(made, case) for case in cases))
        broken = [case for case, (status, _) in zip(cases, at_once, strict=True) if status == 201]
        assert len(broken) >= 3
        if len(broken) > 3:
            assert {await opens(made, case) for case in broken} == {(403, "not_of_this_case")}
        waits = [row["id"] for row in await rows(made, "unmaskings") if row["unreviewed"]]
        for id in waits[3:]:
            await send(ReviewGlass(justified=False), utc_now(), id, Role.PRIVACY)
        assert (200, "") in {await opens(made, case) for case in broken}

    run(play, tmp_path)


def test_every_page_tells_who_looks_at_emergencies_how_many_wait(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME))

        async def notice(role: Role, path: str, language: str = "zh") -> bool:
            headers = {"cookie": f"sanguan_session={made.session(role)}", "accept": "text/html"}
            answer = await made.web.get(f"{path}?lang={language}", headers=headers)
            assert answer.status_code == 200, answer.text
            word = {"zh": "有1项紧急查阅待您复核", "en": "wait for you to look at them: 1"}[language]
            return word in answer.text

        pages = ("/privacy", "/communities", f"/cases/{case}")
        assert not any([await notice(Role.PRIVACY, path) for path in pages])
        status, broken = await break_glass(made, case)
        assert status == 201
        await made.campaign.settle()
        for path in pages:
            assert await notice(Role.PRIVACY, path)
            assert await notice(Role.PRIVACY, path, "en")
        assert not await notice(Role.CLERK, "/communities"), "who does not look at them is not told"
        await made.campaign.send(
            ReviewGlass(justified=True), utc_now(), broken["stream"].partition("/")[2], Role.PRIVACY
        )  # fmt: skip
        await made.campaign.settle()
        assert not await notice(Role.PRIVACY, "/privacy")

    run(play, tmp_path)


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
