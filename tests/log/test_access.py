"""A reading is recorded whole before a box is opened, on both databases; where it cannot be, nothing is opened."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from services.intake.commands import Person, ReportCase
from shared.contracts.access import READINGS, Purpose, SealedFieldRead
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import CaseKind, DisputeType, PartyRole, Source
from shared.contracts.event import Actor
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from shared.contracts.personal import boxes
from shared.log.access import Opened, Reading, access_log, of_subject, read_of, read_sealed
from shared.log.append import Appended, Proposal
from shared.log.appender import Appender
from shared.log.codec import Codec
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.tables import vault_keys
from shared.log.vault import Vault
from shared.log.wrapping import Masters
from shared.web.readings import readings_of
from tests.log.invented import LOG

AT = datetime(2015, 6, 20, tzinfo=UTC)
REPORT = ReportCase(
    community=f"{LOG}001", grid=None, kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=Source.SWEEP,
    summary="虚构的经过", parties=(Person(role=PartyRole.APPLICANT, name="虚构甲", phone="19900001234"),),
)  # fmt: skip
SAID = {"summary": "虚构的经过", "parties/0/name": "虚构甲", "parties/0/phone": "19900001234"}


class Made:
    """A log, a vault that says what it opened, and a case that is sealed in it."""

    def __init__(self, engine: Engine) -> None:
        self.log: Log = open_log(engine, Codec((*EVENTS, *READINGS)), lambda: AT)
        self.vault = Vault(engine, Masters([b"m" * 32]))
        sealed, new = self.vault.seal(LOG, "case/c-1", REPORT, fresh=True)
        with engine.begin() as connection:
            rows = [{"log": one.log, "subject": one.subject, "wrapped": one.wrapped} for one in new]
            connection.execute(vault_keys.insert(), rows)
        self.boxes = dict(boxes(sealed, ("summary", "parties")))
        self.opened: list[str] = []
        really = self.vault.open_all

        def watched(log: str, boxes: Collection[str]) -> dict[str, str]:
            self.opened.extend(boxes)
            return really(log, boxes)

        self.vault.open_all = watched  # type: ignore[method-assign]  # the test watches it

    def read(self, id: str = "r-1", **over: Any) -> Opened:
        reading = Reading(
            id=id, log=LOG, actor=Actor(id="clerk-1", role="clerk", on_behalf_of="unit-1"), subject="case/c-1",
            case="c-1", item=None, purpose=Purpose.CONTACT, boxes=self.boxes, at=AT, grant="g-1",
        )  # fmt: skip

        async def whole() -> Opened:
            appender = Appender(self.log)
            try:
                return await read_sealed(replace(reading, **over), appender, self.vault)
            finally:
                await appender.close()

        return asyncio.run(whole())

    def readings(self) -> list[Any]:
        return self.log.recorded(access_log(LOG), -1, 100)


@pytest.fixture
def made(log_engine: Engine) -> Made:
    return Made(log_engine)


def test_every_field_has_a_reading_of_its_own_in_one_append(made: Made) -> None:
    assert made.read() == Opened(SAID, [], 0)
    assert [one.event.field for one in made.readings()] == [*SAID]
    assert {(one.event.grant, one.event.subject, one.actor.on_behalf_of) for one in made.readings()} == {
        ("g-1", "case/c-1", "unit-1")
    }
    assert {one.command_id for one in made.readings()} == {"r-1"}
    raw = b"".join(data for _, data in made.log.raw(access_log(LOG), -1, 10))
    assert not any(value.encode() in raw for value in SAID.values())
    assert made.log.size(LOG) == 0, "nothing of it is in the log that is published"


def test_where_the_log_is_away_nothing_is_opened(made: Made) -> None:
    with made.log.engine.begin() as connection:
        connection.execute(text("ALTER TABLE events RENAME TO away"))
    with pytest.raises(Exception) as failed:  # each driver's own
        made.read()
    assert isinstance(failed.value, DBAPIError) or "events" in str(failed.value)
    assert made.opened == []
    with made.log.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO events"))
    assert made.readings() == []
    assert made.read().values == SAID


def test_an_id_that_was_used_before_opens_nothing(made: Made) -> None:
    made.read()
    made.opened.clear()
    for again in ({}, {"purpose": Purpose.VISIT}):
        with pytest.raises(Refused, match="busy"):
            made.read(**again)
    assert made.opened == []
    assert len(made.readings()) == len(SAID)


def test_a_box_of_another_subject_is_no_part_of_a_reading(made: Made) -> None:
    with pytest.raises(ValueError, match="another subject"):
        made.read(subject="case/c-2")
    assert (made.opened, made.readings()) == ([], [])


def test_what_was_erased_is_told_apart_and_all_of_it_is_refused(made: Made) -> None:
    made.vault.destroy(LOG, "case/c-1#parties/0", 1)
    assert made.read() == Opened({"summary": SAID["summary"]}, ["parties/0/name", "parties/0/phone"], 0)
    made.vault.destroy(LOG, "case/c-1", 2)
    with pytest.raises(Refused, match="erased"):
        made.read("r-2")
    assert len(made.readings()) == 2 * len(SAID), "the attempt is on record"


def recorded(made: Made, stream: str, subject: str | None, number: int) -> None:
    """A reading in the log, whoever it is of."""
    told = SealedFieldRead(
        case=(subject or "case/c-1").partition("/")[2], field="summary", item=None, purpose=Purpose.VISIT,
        subject=subject,
    )  # fmt: skip
    (outcome,) = made.log.append(
        [
            Proposal(
                owner=SealedFieldRead.OWNER, log=access_log(LOG), stream=stream, expected=0, command_id=f"k-{number}",
                actor=Actor(id=f"clerk-{number}", role="clerk"), cause=None, occurred_at=AT, facts_at=None,
                events=(told,), body_mac=b"mac",
            )
        ]
    )  # fmt: skip
    assert isinstance(outcome, Appended)


def test_a_subject_s_readings_are_found_without_reading_those_of_all_others(made: Made) -> None:
    """Those of before they were kept by subject, too; and of no other subject whose name begins or ends alike."""
    recorded(made, "reading/0f3a", "case/c-1", 0)
    recorded(made, "reading/1f3a", "case/c-2", 1)
    recorded(made, "reading/2f3a", None, 2)
    others = ("case/c-10", "case/c-", "case/c", "finding/c-1", "case/C-1", "case/c-1.a", "case/c-2")
    for number, subject in enumerate(others * 20, 3):
        recorded(made, f"{of_subject(subject)}{number}", subject, number)
    made.read("r-1")
    recorded(made, f"{of_subject('case/c-1')}last", "case/c-1", 999)
    decoded = list[int]()
    really = made.log.codec.decode

    def watched(position: int, data: Any) -> Any:
        decoded.append(position)
        return really(position, data)

    made.log.codec.decode = watched  # type: ignore[method-assign]  # the test watches it
    found = readings_of(made.log, LOG, "case/c-1")
    end = 3 + len(others) * 20
    assert [one.position for one in found] == [0, end, end + 1, end + 2, end + 3]
    assert {one.event.subject for one in found} == {"case/c-1"}
    assert sorted(decoded) == [0, 1, 2, end, end + 1, end + 2, end + 3]
    assert readings_of(made.log, LOG, "case/none") == []


def test_a_part_of_a_stream_s_name_is_a_whole_part(made: Made) -> None:
    for beginning in ("", "read", "read/case/c-1"):
        with pytest.raises(ValueError, match="slash"):
            made.log.beneath(access_log(LOG), beginning)


def test_a_log_of_readings_knows_whose_it_is() -> None:
    assert access_log(LOG) == f"{LOG}.access"
    assert read_of(access_log(LOG)) == LOG
    assert read_of(LOG) is None
