"""What a person may ask for: their cases, and all that is held about them in one. Everyone is invented (synthetic)."""

import asyncio
import json
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.intake.held import OWN
from services.privacy.commands import (
    AnswerPersonRequest,
    AskUnmasking,
    GrantUnmasking,
    PlaceRestriction,
    ReceivePersonRequest,
)
from shared.clock import utc_now
from shared.contracts.access import READINGS, PersonSought, Purpose
from shared.contracts.codes import Role
from shared.contracts.event import Actor, Envelope
from shared.contracts.privacy import AnswerReason, RequestKind, RequestOutcome, RestrictionReason
from shared.log.access import access_log
from shared.log.codec import Codec
from tests.harm.invented import ID_NUMBER, NAME, OTHER_ID_NUMBER, OTHER_NAME, OTHER_PHONE, PHONE
from tests.harm.office import COMMUNITY, SUMMARY, Office, office, person
from tests.web.campaign import LOG, code

OTHERS = (OTHER_NAME, OTHER_PHONE, SUMMARY, "kanari_class")


def run(play: Any, data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            case = await made.case(
                person(NAME, PHONE, ID_NUMBER), person(OTHER_NAME, OTHER_PHONE), household_class="kanari_class"
            )
            await play(made, case)

    asyncio.run(whole())


async def post(made: Office, path: str, body: Any, role: Role = Role.PRIVACY, who: str | None = None) -> Any:
    return await made.web.post(f"/intake/{path}", json=body, headers=made.bearer(role, who))


async def held(made: Office, case: str, party: int = 0, **more: Any) -> Any:
    return await post(made, f"cases/{case}/held", {"purpose": "subject_request", "party": party}, **more)


async def granted(made: Office, case: str, who: str = "privacy-1") -> str:
    """An unmasking for the person's own request; its id."""
    ask = AskUnmasking(case=f"case/{case}", community=COMMUNITY, purpose=Purpose.SUBJECT_REQUEST)
    id = await made.campaign.send(ask, utc_now(), role=Role.PRIVACY, who=who)
    await made.campaign.send(GrantUnmasking(hours=24), utc_now(), id, Role.OFFICE, who="office-9")
    return id


def readings(made: Office) -> list[Any]:
    return list(made.node.storage.log.recorded(access_log(LOG), -1, 1_000))


# what is held ---------------------------------------------------------------------------------------------------------


def test_a_person_gets_all_that_is_held_about_them_and_nothing_of_others(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        made.node.storage.machines.open("reader-1", Role.SUBSCRIBER, LOG, ("record",), timedelta(days=1))
        made.node.storage.machines.open("reporter-1", Role.CLERK, LOG, ("command",), timedelta(days=1))
        before = {"purpose": "contact", "fields": ["parties/0/phone", "parties/1/phone", "summary"]}
        assert (await post(made, f"cases/{case}/personal", before, Role.CLERK)).status_code == 200
        grant = await granted(made, case)
        answer = await held(made, case)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["person"] == {
            "role": "applicant", "name": NAME, "phone": PHONE, "id_number": ID_NUMBER, "erased": []
        }  # fmt: skip
        assert not any(value in answer.text for value in OTHERS)
        assert (told["facts"]["community"], told["facts"]["status"]) == (COMMUNITY, "accepted")
        of = {one["type"].split(".")[2] for one in told["events"]}
        assert {"case-reported", "case-accepted", "handler-assigned", "visit-completed"} <= of
        positions = [one["position"] for one in told["events"]]
        assert positions == sorted(positions)
        reported = next(one for one in told["events"] if one["type"].endswith("case-reported.v1"))
        assert "summary" in reported["sealed"], "what stays sealed is named"
        seen = [(one["who"], one["field"], one["purpose"]) for one in told["readings"]]
        assert seen == [("clerk-1", "parties/0/phone", "contact"), ("clerk-1", "summary", "contact")]
        assert told["clock"] == {"kept": "handled", "over_on": None, "due_on": None, "restricted_since": None}
        names = {(one["kind"], one["name"]) for one in told["recipients"]}
        assert ("machine", "reader-1") in names
        assert ("machine", "reporter-1") not in names
        assert {("service", service.name) for service in made.node.services} <= names
        read = readings(made)[3:]
        assert [one.event.field for one in read] == [f"parties/0/{name}" for name in OWN]
        assert {(one.event.grant, one.event.purpose) for one in read} == {(grant, Purpose.SUBJECT_REQUEST)}
        assert told["reading"] == f"{access_log(LOG)}/3"

    run(play, tmp_path)


def test_it_takes_the_privacy_officer_an_unmasking_of_this_case_and_this_purpose(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        for role in set(Role) - {Role.PRIVACY, Role.SERVICE}:
            answer = await held(made, case, role=role)
            assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")
        without = await held(made, case)
        nothing = await held(made, "no-such-case")
        assert (without.status_code, without.json()["code"]) == (403, "unmasking_needed")
        assert without.text == nothing.text, "whether there is such a case is told to nobody"
        await granted(made, case)
        assert (await held(made, case, who="privacy-2")).status_code == 403
        beyond = await held(made, case, party=7)
        assert (beyond.status_code, beyond.json()["code"]) == (422, "out_of_range")
        wrong = await post(made, f"cases/{case}/held", {"purpose": "audit", "party": 0})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "not_in_list")
        purpose = {"purpose": "subject_request"}
        bodies: tuple[Any, ...] = ({}, purpose, {**purpose, "party": -1}, [], "x")
        for body in bodies:
            assert (await post(made, f"cases/{case}/held", body)).status_code == 422
        assert readings(made) == []

    run(play, tmp_path)


def test_restricted_data_are_told_to_the_person_and_what_was_erased_is_told_as_erased(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        grant = await granted(made, case)
        place = PlaceRestriction(subject=f"case/{case}", because=RestrictionReason.OBJECTION)
        await made.campaign.send(place, utc_now(), role=Role.PRIVACY)
        told = (await held(made, case)).json()
        assert told["person"]["name"] == NAME
        assert told["clock"]["restricted_since"] is not None
        made.node.storage.vault.destroy(LOG, f"case/{case}#parties/0", 1)
        gone = await held(made, case)
        assert (gone.status_code, gone.json()["code"]) == (409, "erased")
        assert {one.event.grant for one in readings(made)} == {grant}

    run(play, tmp_path)


# whose cases ----------------------------------------------------------------------------------------------------------


async def received(made: Office, subject: str, who: str = "clerk-1", role: Role = Role.CLERK) -> str:
    """A person's request about what is held of them, entered at a desk; its id."""
    receive = ReceivePersonRequest(subject=subject, community=COMMUNITY, request=RequestKind.ACCESS)
    return await made.campaign.send(receive, utc_now(), role=role, who=who)


async def find(made: Office, request: str, /, role: Role = Role.PRIVACY, **said: Any) -> Any:
    body = {"purpose": "subject_request", "request": request, **said}
    return await post(made, "people/find", body, role)


def test_somebody_s_cases_are_found_by_name_and_number_and_only_ids_are_told(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        second = await made.case(person("虚构旁人"), person(NAME, None, ID_NUMBER))
        await made.case(person(NAME, OTHER_PHONE))  # another of that name
        request = await received(made, f"case/{case}")
        by_id = await find(made, request, name=NAME, id_number=ID_NUMBER)
        assert by_id.status_code == 200, by_id.text
        found = {(one["case"], one["party"]) for one in by_id.json()["cases"]}
        assert found == {(case, 0), (second, 1)}
        spelt = unicodedata.normalize("NFKC", "１９９") + PHONE[3:6] + " " + PHONE[6:]
        by_phone = (await find(made, request, name=f" {NAME} ", phone=spelt)).json()
        assert by_phone["cases"] == [{"case": case, "party": 0}]
        wrong: tuple[dict[str, Any], ...] = (
            {"name": OTHER_NAME, "phone": PHONE}, {"name": NAME, "id_number": OTHER_ID_NUMBER},
        )  # fmt: skip
        for these in wrong:
            neither = await find(made, request, **these)
            assert (neither.status_code, neither.json()["code"]) == (403, "not_who_asked"), "both must fit"
        for answer in (by_id, by_phone):
            said = json.dumps(answer if isinstance(answer, dict) else answer.json(), ensure_ascii=False)
            assert not any(value in said for value in (NAME, PHONE, ID_NUMBER, SUMMARY))

    run(play, tmp_path)


def test_each_search_is_on_record_with_how_many_were_found_and_nothing_of_whom(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        request = await received(made, f"case/{case}")
        told = (await find(made, request, name=NAME, phone=PHONE)).json()
        await find(made, request, name=OTHER_NAME, phone=PHONE)
        first, second, third = readings(made)
        assert told["reading"] == f"{access_log(LOG)}/0"
        assert {one.type for one in (first, second, third)} == {"sanguan.record.person-sought.v1"}
        assert [one.event.found for one in (first, second, third)] == [None, 1, None], "the intent comes first"
        assert {one.event.request for one in (first, second, third)} == {request}
        assert (second.cause, third.cause) == (f"{access_log(LOG)}/0", None)
        assert (first.actor.id, first.event.purpose) == ("privacy-1", Purpose.SUBJECT_REQUEST)
        raw = b"".join(data for _, data in made.node.storage.log.raw(access_log(LOG), -1, 10))
        for value in (NAME, OTHER_NAME, PHONE):
            assert value.encode() not in raw
        shown = await made.web.get("/record/readings", headers=made.bearer(Role.AUDITOR))
        assert [(one["found"], one["request"]) for one in shown.json()["readings"]] == [
            (None, request), (1, request), (None, request),
        ]  # fmt: skip

    run(play, tmp_path)


def test_who_did_not_ask_is_not_looked_for(tmp_path: Path) -> None:
    """It takes a request that waits for its answer, that another entered, and a party of the case that it is about."""

    async def play(made: Office, case: str) -> None:
        await made.case(person(OTHER_NAME, OTHER_PHONE))
        opened = watched(made)

        async def refused(request: str, **said: Any) -> tuple[int, str]:
            answer = await find(made, request, **said)
            return answer.status_code, answer.json()["code"]

        known: dict[str, Any] = {"name": NAME, "phone": PHONE}
        assert await refused("no-such-request", **known) == (422, "no_open_request")
        own = await received(made, f"case/{case}", "privacy-1", Role.PRIVACY)
        assert await refused(own, **known) == (403, "own_request"), "the officer alone asks about nobody"
        answered = await received(made, f"case/{case}")
        answer = AnswerPersonRequest(outcome=RequestOutcome.GRANTED, reason=AnswerReason.AS_ASKED)
        await made.campaign.send(answer, utc_now(), answered, Role.PRIVACY)
        assert await refused(answered, **known) == (422, "no_open_request")
        assert readings(made) == []
        assert opened == []
        one_party = await received(made, f"case/{case}#parties/0")
        before = len(opened)
        assert await refused(one_party, name=OTHER_NAME, phone=OTHER_PHONE) == (403, "not_who_asked")
        assert len(opened) - before <= 5, "of that one case, and of no other"
        assert [one.event.found for one in readings(made)] == [None], "that it was tried is on record"
        assert (await find(made, one_party, **known)).json()["cases"] == [{"case": case, "party": 0}]
        whole = await received(made, f"case/{case}")
        assert (await find(made, whole, name=OTHER_NAME, phone=OTHER_PHONE)).status_code == 200

    run(play, tmp_path)


def watched(made: Office) -> list[str]:
    """The boxes that are opened from now on; none before what is wanted with them is on record."""
    vault, opened = made.node.storage.vault, list[str]()
    really = vault.open_all

    def open_all(log: str, boxes: Any) -> dict[str, str]:
        assert readings(made), "the intent is recorded first"
        opened.extend(boxes)
        return really(log, boxes)

    vault.open_all = open_all  # type: ignore[method-assign]  # the test watches it
    return opened


def test_a_search_of_before_a_request_was_asked_for_is_still_read() -> None:
    codec = Codec(READINGS)
    actor = Actor(id="privacy-1", role="privacy")
    told = PersonSought(purpose=Purpose.SUBJECT_REQUEST, found=2, request=None)
    envelope = Envelope(
        log=access_log(LOG), stream="reading/0f3a", version=1, type=PersonSought.NAME, command_id="0f3a", ordinal=0,
        actor=actor, cause=None, occurred_at=utc_now(), recorded_at=utc_now(), facts_at=None, data=told,
    )  # fmt: skip
    body = json.loads(codec.encode(envelope))
    body["data"].pop("request", None)
    assert body["data"] == {"purpose": "subject_request", "found": 2}
    old = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert codec.decode(0, old).event == told


def test_what_cannot_be_recorded_is_not_told(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        request = await received(made, f"case/{case}")
        with made.node.storage.log_engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER away BEFORE INSERT ON events WHEN NEW.log LIKE '%.access'"
                " BEGIN SELECT RAISE(ABORT, 'away'); END"
            )
        answer = await find(made, request, name=NAME, phone=PHONE)
        assert answer.status_code == 500
        assert case not in answer.text

    run(play, tmp_path)


def test_nobody_else_looks_for_anybody_nor_by_less_than_name_and_number(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        request = await received(made, f"case/{case}")
        for role in set(Role) - {Role.PRIVACY, Role.SERVICE}:
            answer = await find(made, request, role, name=NAME, phone=PHONE)
            assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")
        narrow = made.node.storage.tokens.mint(
            Role.PRIVACY, LOG, subject="privacy-1", valid=timedelta(hours=1), community=code(1)
        )
        answer = await made.web.post(
            "/intake/people/find", headers={"authorization": f"Bearer {narrow}"},
            json={"purpose": "subject_request", "request": request, "name": NAME, "phone": PHONE},
        )  # fmt: skip
        assert answer.status_code == 403
        faulty: tuple[tuple[dict[str, Any], str], ...] = (
            ({"name": NAME}, "missing_field"), ({"phone": PHONE}, "missing_field"),
            ({"name": "何", "phone": PHONE}, "too_short"), ({"name": NAME, "phone": "110"}, "missing_field"),
            ({"name": NAME, "phone": PHONE, "purpose": "audit"}, "not_in_list"),
            ({"name": NAME, "phone": PHONE, "q": "x"}, "unknown_field"),
        )  # fmt: skip
        for said, refused in faulty:
            answer = await find(made, request, **said)
            assert (answer.status_code, answer.json()["code"]) == (422, refused), said
            assert NAME not in answer.text
        body = {"purpose": "subject_request", "name": NAME, "phone": PHONE}
        without = (await post(made, "people/find", body)).json()
        assert (without["code"], without["field"]) == ("missing_field", "request")
        assert readings(made) == []

    run(play, tmp_path)
