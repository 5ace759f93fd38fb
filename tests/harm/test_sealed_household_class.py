"""Rule 3: what makes a household a must-visit is sealed; it is read by role, for a case and a purpose, and logged."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.assessment.rules.plan_file import load_plan
from services.assignment.commands import DeclareConflict, PlanVisit
from services.assignment.entry_commands import AppointLeader, RelieveLeader
from services.assignment.handling import DECIDER
from services.installation import SERVICES
from shared.audit.verify import verify_log
from shared.clock import utc_now
from shared.contracts.access import READINGS, Purpose, SealedFieldRead
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Profession, Role
from shared.contracts.event import Actor
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from shared.delivery.channels import is_published
from shared.ledger.tables import progress
from shared.log import keys
from shared.log.access import Opened, Reading, access_log, read_sealed
from shared.log.append import Appended
from shared.log.appender import Appender
from shared.log.codec import Codec
from shared.log.opening import open_log
from shared.log.tables import vault_keys
from shared.log.vault import Vault
from shared.log.wrapping import Masters
from shared.web.documents import asyncapi, openapi
from tests.assignment.invented import POSTED, box, opened
from tests.harm.invented import NAME
from tests.harm.office import Office, office, person
from tests.spec import spec
from tests.web.campaign import COMMUNITIES, LOG, code, day, join

SECRET = "kanari_class"
"""A class that stands nowhere else."""
FIELD, ACCESS = "household_class", access_log(LOG)


def run(play: Callable[[Office], Any], data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made)

    asyncio.run(whole())


async def ask(
    made: Office, case: str, role: Role | None, who: str | None = None, purpose: Any = Purpose.VISIT, visit: str = "v1",
    log: str = LOG, **query: str,
) -> Any:  # fmt: skip
    headers = {} if role is None else made.bearer(role, who, log)
    path = f"/assignment/visits/{case}/{visit}/class"
    return await made.web.post(path, json={"purpose": purpose}, headers=headers, params=query)


def readings(made: Office) -> list[Any]:
    return made.node.storage.log.recorded(ACCESS, -1, 1000)


# sealed -------------------------------------------------------------------------------------------------------------


def test_it_is_in_no_byte_of_the_log_the_ledgers_or_any_file(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME), household_class=SECRET)
        box = planned(made, case).household_class
        assert box.startswith("sealed:")
        assert made.node.storage.vault.open(LOG, box) == SECRET
        assert [name for name, content in files(tmp_path).items() if SECRET.encode() in content] == []
        assert [ledger.name for service in SERVICES for ledger in service.ledgers if FIELD in columns(ledger)] == []

    run(play, tmp_path)


def files(data: Path) -> dict[str, bytes]:
    """All files of the installation."""
    found = {str(file.relative_to(data)): file.read_bytes() for file in data.rglob("*") if file.is_file()}
    assert {"log.db", "ledgers.db"} <= set(found)
    return found


def columns(ledger: Any) -> Any:
    return ledger.row.__dataclass_fields__


def planned(made: Office, case: str) -> Any:
    events = made.node.storage.log.stream(LOG, f"handling/{case}")
    return next(one.event for one in events if one.type == "sanguan.assignment.visit-planned.v1")


def test_its_box_does_not_tell_by_its_length_which_class_it_is(tmp_path: Path) -> None:
    """There are few classes, and whoever sees the stream knows them all."""

    async def play(made: Office) -> None:
        classes = [one.code for one in load_plan().must_visits.classes] + ["recovery", "minor", "correction", "a"]
        assert len({len(one) for one in classes}) > 3
        boxes = [planned(made, await made.case(household_class=one)).household_class for one in classes]
        assert len({len(box) for box in boxes}) == 1
        assert len(set(boxes)) == len(boxes)
        again = planned(made, await made.case(household_class=classes[0])).household_class
        assert again.rpartition(":")[2] != boxes[0].rpartition(":")[2]

    run(play, tmp_path)


def test_no_page_export_or_reading_of_the_record_shows_it_to_anybody(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME), household_class=SECRET)
        await ask(made, case, Role.OFFICE)
        paths = [f"/cases/{case}", "/", "/record", "/record/events", "/-/metrics", "/openapi.json"]
        ledgers = [f"/{service.name}/ledgers/{ledger.name}" for service in SERVICES for ledger in service.ledgers]
        paths += [f"{ledger}?format={form}" for ledger in ledgers for form in ("json", "csv")]
        served = 0
        for role in (Role.OFFICE, Role.AUDITOR, Role.SUBSCRIBER, Role.LEADER):
            headers = made.bearer(role) | {"cookie": f"sanguan_session={made.session(role)}"}
            for path in paths:
                answer = await made.web.get(path, headers=headers)
                served += answer.status_code == 200
                assert SECRET not in answer.text, path
        assert served > 200

    run(play, tmp_path)


def test_only_a_must_visit_has_a_class() -> None:
    case = spec(DECIDER).given(opened())
    may, must = (
        PlanVisit(officer="judge-1", on=day("06-20").date(), must=must, household_class=box("a class"))
        for must in (False, True)
    )  # fmt: skip
    case.when(may, facts=POSTED).then_refused("class_without_must", field=FIELD)
    assert [event.household_class for event in case.when(must, facts=POSTED).decided()] == [box("a class")]


# who reads it -------------------------------------------------------------------------------------------------------


def test_those_who_have_to_do_with_the_case_read_it_each_for_a_purpose(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME), household_class=SECRET)
        leader = AppointLeader(community=code(1), leader="leader-1", post="班子成员", name="虚构领导")
        await made.campaign.send(leader, day("06-17"))
        await made.campaign.settle()
        police = made.officer(Profession.POLICE)
        for role, who, purpose in (
            (Role.OFFICER, police, Purpose.VISIT), (Role.OFFICE, "office-1", Purpose.SUPERVISION),
            (Role.LEADER, "leader-1", Purpose.HANDOVER),
        ):  # fmt: skip
            before = len(readings(made))
            answer = await ask(made, case, role, who, purpose)
            assert (answer.status_code, answer.json()["value"]) == (200, SECRET)
            assert answer.json()["reading"] == f"{ACCESS}/{before}"
            assert answer.headers["cache-control"] == "no-store"
            read = readings(made)
            assert len(read) == before + 1
            assert read[-1].actor == Actor(id=who, role=role)
            told = SealedFieldRead(case=case, field=FIELD, item="v1", purpose=purpose, subject=f"case/{case}")
            assert read[-1].event == told

    run(play, tmp_path)


def test_nobody_else_reads_it_and_a_refusal_opens_and_records_nothing(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(person(NAME), household_class=SECRET)
        await join(made.campaign, 2, COMMUNITIES[1])
        await made.campaign.settle()
        elsewhere = AppointLeader(community=code(2), leader="leader-2", post="班子成员", name="虚构领导")
        await made.campaign.send(elsewhere, day("06-17"))
        relieved = AppointLeader(community=code(1), leader="leader-3", post="班子成员", name="虚构领导")
        appointment = await made.campaign.send(relieved, day("06-17"))
        await made.campaign.send(RelieveLeader(relieved_because="另有任用"), day("06-18"), appointment)
        await made.campaign.settle()
        opened_boxes = spy(made)
        police, lawyer = made.officer(Profession.POLICE), made.officer(Profession.LAWYER)
        attempts: list[tuple[Any, int, str]] = [
            (ask(made, case, None), 401, "unauthenticated"),
            *(
                (ask(made, case, role), 403, "role_not_allowed")
                for role in (Role.CLERK, Role.AUDITOR, Role.OPERATOR, Role.SUBSCRIBER)
            ),
            (ask(made, case, Role.OFFICER, lawyer), 403, "not_of_this_case"),  # posted there, and not on this case
            (ask(made, case, Role.OFFICER, made.campaign.cases[f"{Profession.POLICE}-2"]), 403, "not_of_this_case"),
            (ask(made, case, Role.OFFICER, "nobody-1"), 403, "not_of_this_case"),
            (ask(made, case, Role.LEADER, "leader-2"), 403, "not_of_this_case"),
            (ask(made, case, Role.LEADER, "leader-3"), 403, "not_of_this_case"),
            (ask(made, case, Role.OFFICE, log="410105011"), 403, "not_of_this_case"),  # a log that has no such case
            (ask_of(made, case, "410105011"), 403, "wrong_jurisdiction"),
            (ask(made, "no-such-case", Role.OFFICE), 403, "not_of_this_case"),
            (ask(made, case, Role.OFFICE, visit="v9"), 404, "not_found"),
            (ask(made, case, Role.OFFICE, purpose="curiosity"), 422, "not_in_list"),
            (ask(made, case, Role.OFFICE, purpose=None), 422, "not_in_list"),
            (ask(made, case, Role.OFFICER, police, everything="1"), 400, "bad_parameter"),
        ]  # fmt: skip
        for attempt, status, said in attempts:
            answer = await attempt
            assert (answer.status_code, answer.json()["code"]) == (status, said)
            assert SECRET not in answer.text
        assert opened_boxes == []
        assert readings(made) == []

    run(play, tmp_path)


async def ask_of(made: Office, case: str, own: str) -> Any:
    """With a token of one sub-district for a case of another."""
    path = f"/assignment/visits/{case}/v1/class"
    headers = made.bearer(Role.OFFICE, log=own)
    return await made.web.post(path, json={"purpose": "visit"}, headers=headers, params={"log": LOG})


def spy(made: Office) -> list[str]:
    """The boxes that are opened from now on."""
    vault, opened_boxes = made.node.storage.vault, list[str]()
    really = vault.open_all

    def watched(log: str, boxes: Any) -> dict[str, str]:
        opened_boxes.extend(boxes)
        return really(log, boxes)

    vault.open_all = watched  # type: ignore[method-assign]  # the test watches it
    return opened_boxes


def test_without_a_body_a_purpose_or_with_more_than_that_nothing_is_read(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(household_class=SECRET)
        path, headers = f"/assignment/visits/{case}/v1/class", made.bearer(Role.OFFICE)
        bodies: list[tuple[bytes, int, str]] = [
            (b"", 400, "malformed_json"), (b"{}", 422, "missing_field"), (b"[]", 422, "wrong_type"),
            (b'{"purpose": "visit", "why": "x"}', 422, "unknown_field"), (b" " * 9000, 413, "too_large"),
            (b'{"purpose": "visit", "fields": ["diary"]}', 422, "unknown_field"),
        ]  # fmt: skip
        for body, status, said in bodies:
            answer = await made.web.post(path, content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, said)
        assert (await made.web.get(path, headers=headers)).status_code == 405
        cookie = {"cookie": f"sanguan_session={made.session(Role.OFFICE)}"}
        answer = await made.web.post(path, json={"purpose": "visit"}, headers=cookie)
        assert answer.status_code == 401, "a cookie alone, which another site could make a browser send, opens nothing"
        assert readings(made) == []

    run(play, tmp_path)


def test_who_stands_aside_or_has_no_more_to_do_with_it_reads_it_no_more(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        police = made.officer(Profession.POLICE)
        aside = await made.case(household_class=SECRET)
        await made.campaign.send(DeclareConflict(officer=police, reason="邻居"), day("06-18"), aside)
        assert (await ask(made, aside, Role.OFFICER, police)).json()["code"] == "not_of_this_case"
        assert readings(made) == []

    run(play, tmp_path)


# logged first, or not at all ----------------------------------------------------------------------------------------


class Away:
    """An appender whose database is away."""

    async def append(self, proposal: Any) -> Any:
        raise OSError("the disk is away")


class Remembering:
    """An appender that says whether the box was open yet when it was asked to record."""

    def __init__(self, opened_boxes: list[str], answer: Any) -> None:
        self.opened_boxes, self.answer, self.asked = opened_boxes, answer, list[Any]()

    async def append(self, proposal: Any) -> Any:
        assert self.opened_boxes == [], "it was opened before it was recorded"
        self.asked.append(proposal)
        return self.answer


class Watched:
    """A vault that tells what it opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open_all(self, log: str, boxes: Any) -> dict[str, str]:
        self.opened.extend(boxes)
        return {box: SECRET for box in boxes if box != GONE}

    def body_mac(self, body: Any) -> bytes:
        return b"mac"


BOX, GONE = "sealed:2:case/c-1#:QUJD", "sealed:2:case/c-1#:Z29uZQ=="
READING = Reading(
    id="r-1", log=LOG, actor=Actor(id="office-1", role="office"), subject="case/c-1", case="c-1", item="v1",
    purpose=Purpose.VISIT, boxes={FIELD: BOX}, at=datetime(2015, 6, 20, tzinfo=UTC),
)  # fmt: skip
IN_THE_LOG = Appended(7, 1, (SealedFieldRead.__name__,), "reading/r-1")


def read(box: str, appender: Any, vault: Any) -> Any:
    return asyncio.run(read_sealed(replace(READING, boxes={FIELD: box}), appender, vault))


def test_what_cannot_be_recorded_is_not_opened() -> None:
    vault = Watched()
    with pytest.raises(OSError, match="away"):
        read(BOX, Away(), vault)
    assert vault.opened == []


def test_it_is_recorded_before_it_is_opened_and_the_record_does_not_hold_it() -> None:
    vault = Watched()
    appender = Remembering(vault.opened, IN_THE_LOG)
    assert read(BOX, appender, vault) == Opened({FIELD: SECRET}, [], 7)
    assert vault.opened == [BOX]
    (proposal,) = appender.asked
    assert proposal.log == ACCESS
    assert SECRET not in repr(proposal)
    assert "sealed:" not in repr(proposal)


def test_a_box_of_another_case_is_neither_recorded_nor_opened() -> None:
    vault = Watched()
    appender = Remembering(vault.opened, IN_THE_LOG)
    with pytest.raises(ValueError, match="another subject"):
        read("sealed:2:case/c-2#:QUJD", appender, vault)
    assert (vault.opened, appender.asked) == ([], [])


@pytest.mark.parametrize("answer", [Appended(7, 1, (), "reading/r-1", repeated=True), object()])
def test_a_reading_that_was_not_new_opens_nothing(answer: Any) -> None:
    vault = Watched()
    with pytest.raises(Refused, match="busy"):
        read(BOX, Remembering(vault.opened, answer), vault)
    assert vault.opened == []


def test_an_attempt_at_what_was_forgotten_stays_recorded() -> None:
    vault = Watched()
    appender = Remembering(vault.opened, IN_THE_LOG)
    with pytest.raises(Refused, match="erased"):
        read(GONE, appender, vault)
    assert len(appender.asked) == 1


def test_on_both_databases_a_reading_is_in_the_log_of_readings_and_the_box_is_open(log_engine: Engine) -> None:
    log = open_log(log_engine, Codec((*EVENTS, *READINGS)), utc_now)
    vault = Vault(log_engine, Masters([b"m" * 32]))
    plan = PlanVisit(officer="judge-1", on=day("06-16").date(), must=True, household_class=SECRET)
    sealed, new = vault.seal(LOG, "case/c-1", plan, fresh=True)
    with log_engine.begin() as connection:
        connection.execute(
            vault_keys.insert(), [{"log": k.log, "subject": k.subject, "wrapped": k.wrapped} for k in new]
        )

    async def twice() -> list[Opened]:
        appender = Appender(log)
        try:
            first = replace(READING, boxes={FIELD: sealed.household_class})
            return [await read_sealed(one, appender, vault) for one in (first, replace(first, id="r-2"))]
        finally:
            await appender.close()

    assert asyncio.run(twice()) == [Opened({FIELD: SECRET}, [], 0), Opened({FIELD: SECRET}, [], 1)]
    assert [one.event.purpose for one in log.recorded(ACCESS, -1, 10)] == [Purpose.VISIT] * 2
    assert SECRET.encode() not in b"".join(data for _, data in log.raw(ACCESS, -1, 10))


def test_a_server_that_cannot_record_tells_nothing(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(household_class=SECRET)
        opened_boxes = spy(made)
        with made.node.storage.log_engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.log LIKE '%.access'"
                    " BEGIN SELECT RAISE(ABORT, 'full'); END"
                )
            )
        answer = await ask(made, case, Role.OFFICE)
        assert answer.status_code == 500
        assert SECRET not in answer.text
        assert opened_boxes == []
        assert readings(made) == []

    run(play, tmp_path)


def test_a_case_that_was_forgotten_is_forgotten_here_too(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(household_class=SECRET)
        made.node.storage.vault.destroy(LOG, f"case/{case}", 1)
        answer = await ask(made, case, Role.OFFICE)
        assert (answer.status_code, answer.json()["code"]) == (409, "erased")
        assert len(readings(made)) == 1

    run(play, tmp_path)


def test_each_reading_is_one_of_its_own_whatever_the_client_says(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(household_class=SECRET)
        headers = made.bearer(Role.OFFICE) | {"idempotency-key": "the-same"}
        for _ in range(3):
            path = f"/assignment/visits/{case}/v1/class"
            assert (await made.web.post(path, json={"purpose": "visit"}, headers=headers)).status_code == 200
        assert [one.position for one in readings(made)] == [0, 1, 2]

    run(play, tmp_path)


# the log of readings ------------------------------------------------------------------------------------------------


def test_the_log_of_readings_is_published_nowhere_and_yet_verified(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        case = await made.case(household_class=SECRET)
        assert (await ask(made, case, Role.OFFICE)).status_code == 200
        await made.campaign.settle()
        storage = made.node.storage
        assert storage.log.heads()[ACCESS] == 1
        assert not is_published(ACCESS)
        with storage.ledgers_engine.connect() as connection:
            followed = set(connection.execute(progress.select()).scalars())
        assert followed == {LOG}, "no ledger follows it"
        assert all(ACCESS not in follower.positions() for follower in made.node.followers.values())
        assert ACCESS not in (await made.web.get("/-/metrics")).text
        for path in ("/record/events", "/record/checkpoint", "/record/stream", "/assignment/ledgers/visits"):
            answer = await made.web.get(path, params={"log": ACCESS}, headers=made.bearer(Role.AUDITOR))
            assert answer.status_code == 403
        storage.seal(ACCESS)
        key = str(keys.load_verifier(storage.settings.data_dir, ACCESS))
        assert verify_log(storage.log_engine, ACCESS, key).ok
        assert not made.node.troubles()

    run(play, tmp_path)


def test_readings_are_no_part_of_the_published_language() -> None:
    assert not set(READINGS) & set(EVENTS)
    documents = json.dumps([asyncapi(SERVICES), openapi(SERVICES)])
    assert [event.NAME for event in READINGS if event.NAME in documents] == []
    assert [service.name for service in SERVICES if service.name == SealedFieldRead.OWNER] == []


def test_the_vault_pads_and_gives_back_what_it_was_given(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        vault: Vault = made.node.storage.vault
        for value in ("", "a", "a\x00", "\x00\x00", "x" * 31, "x" * 32, "x" * 33, "字" * 11, "\x80"):
            plan = PlanVisit(officer="o", on=day("06-16").date(), must=True, household_class=value)
            sealed, new = vault.seal(LOG, f"case/{len(value)}-{value.encode().hex()}", plan, fresh=True)
            with made.node.storage.log_engine.begin() as connection:
                for one in new:
                    row = {"log": one.log, "subject": one.subject, "wrapped": one.wrapped}
                    connection.execute(text("INSERT INTO vault_keys VALUES (:log, :subject, :wrapped)"), row)
            assert vault.open(LOG, sealed.household_class) == value

    run(play, tmp_path)
