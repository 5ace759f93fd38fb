"""Rule 4, second half: what was kept long enough, or what a person had erased, can be opened by nobody any more. Two
persons decide it; nothing that is proved or counted changes."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.assessment.commands import PublishScores
from services.forgetting import due_on
from services.installation import SERVICES
from services.intake.commands import (
    CloseCase,
    DeclineCase,
    FollowUpCase,
    ReopenCase,
    ReportCase,
    ResolveCase,
    RetractStep,
    VoidCase,
)
from services.privacy.commands import ApproveErasure, CompleteErasure, LiftRestriction, ProposeErasure
from services.privacy.ledgers import restrictions
from services.privacy.ledgers.restrictions import RESTRICTED_DAYS
from services.privacy.service import SERVICE as PRIVACY
from shared.audit.compare import compare
from shared.audit.verify import verify_log
from shared.clock import utc_now
from shared.command import Asked
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import CaseKind, DeclineReason, DisputeType, Role, Source
from shared.contracts.days import civil_day
from shared.contracts.event import Actor, Recorded
from shared.contracts.intake import CaseStep
from shared.contracts.model import Refused
from shared.contracts.personal import personal, sealed_copy
from shared.contracts.privacy import ErasureReason, LiftReason, PersonalDataErased
from shared.errors import Unusable
from shared.ledger.replay import Replay
from shared.ledger.tables import digest
from shared.log import keys
from shared.log.vault import Unreadable
from shared.settings import load
from shared.storage import Storage
from tests.harm.invented import ID_NUMBER, NAME, PHONE
from tests.harm.office import COMMUNITY, Office, office, person
from tests.privacy.erasing import GUARD, OTHER, approve, erase_as_asked
from tests.system.cli import sanguan
from tests.web.campaign import LOG, adopt_plan, day


def run(play: Callable[[Office], Any], data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made)

    asyncio.run(whole())


async def season(made: Office) -> tuple[str, str, str, str]:
    """A closed case, one that was opened again, one that is being handled, and one made void; scores published."""
    await adopt_plan(made.campaign)
    closed, reopened, running, voided = [await made.case(person(NAME, PHONE, ID_NUMBER)) for _ in range(4)]
    send = made.campaign.send
    for id in (closed, reopened):
        await send(ResolveCase(by_agreement=True), day("06-20"), id)
        await send(FollowUpCase(satisfied=True, stable=True, note="已和好"), day("06-25"), id)
        await send(CloseCase(), day("07-01"), id)
    await send(ReopenCase(reason="又起争执"), day("07-05"), reopened)
    await send(VoidCase(reason="误登"), day("07-05"), voided)
    await made.campaign.settle()
    publish = PublishScores(
        plan="dongfeng-2015-28", rulebook="default", period_kind=PeriodKind.MONTH, period="2015-06",
        as_of=date(2015, 7, 10),
    )  # fmt: skip
    await send(publish, day("07-11"))
    await made.campaign.settle()
    made.node.storage.seal(LOG)
    return closed, reopened, running, voided


def readable(storage: Storage, case: str) -> list[bool]:
    """Of each box of a case and of its handling, whether it opens."""
    return [*opens(storage, case).values()]


def opens(storage: Storage, case: str) -> dict[str, bool]:
    """The boxes of a case and of its handling, and whether each opens."""
    found: dict[str, bool] = {}

    def look(_: str, box: str) -> str:
        try:
            storage.vault.open(LOG, box)
            found[box] = True
        except Unreadable:
            found[box] = False
        return box

    history: list[Recorded] = [*storage.log.stream(LOG, f"case/{case}"), *storage.log.stream(LOG, f"handling/{case}")]
    for recorded in history:
        sealed_copy(recorded.event, personal(type(recorded.event)), look)
    return found


def proved(storage: Storage, size: int) -> tuple[Any, ...]:
    """What an auditor finds of the log's first events: every byte, the tree, each ledger's rows as they follow from
    them. And that ledgers, scores and the tree are what they should be now."""
    compared = compare(storage, LOG)
    verified = verify_log(storage.log_engine, LOG, str(keys.load_verifier(storage.settings.data_dir, LOG)))
    assert compared.ok, compared.as_text()
    assert verified.ok
    replay = Replay(storage.log, LOG, [(one, ledger) for one in SERVICES for ledger in one.ledgers]).to(size - 1)
    digests = {follower: digest(replay.rows(follower)) for follower in replay.ledgers}
    return storage.log.raw(LOG, -1, size), storage.root(LOG, size), digests, compared.as_json()["scores"]


def restricted(made: Office) -> dict[str, restrictions.Row]:
    with made.node.look(PRIVACY.name, LOG) as look:
        return {row.id: row for row in look.rows(restrictions.LEDGER)}


async def tick(made: Office, on: datetime) -> None:
    """A day on which the service looks at its clocks."""
    await made.node.timers[PRIVACY.name].tick(on)
    await made.campaign.settle()


def at(year: int, month: int, day_: int) -> datetime:
    return datetime(year, month, day_, 9, tzinfo=UTC)


# kept long enough ---------------------------------------------------------------------------------------------------


def test_what_was_kept_long_enough_is_restricted_then_erased_by_two(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        storage, send = made.node.storage, made.campaign.send
        *others, voided = await season(made)
        subject = f"case/{voided}"
        size = storage.log.size(LOG)
        before = proved(storage, size)
        assert before[3]["checked"] > 0

        await tick(made, at(2016, 12, 30))
        assert restricted(made) == {}
        await tick(made, at(2017, 1, 1))
        assert set(restricted(made)) == {subject}
        assert all(readable(storage, voided)), "restricted is not erased"

        propose = ProposeErasure(subject=subject, because=ErasureReason.RETENTION)
        with pytest.raises(Refused, match="restricted_too_short"):  # whatever day is named: the log took it just now
            await send(propose, at(2017, 2, 1), role=Role.PRIVACY, who=GUARD)
        made.node.desks[PRIVACY.name]._clock = lambda: utc_now() + timedelta(days=RESTRICTED_DAYS, seconds=1)
        await send(propose, at(2017, 2, 1), role=Role.PRIVACY, who=GUARD)
        with pytest.raises(Refused, match="same_person"):
            await send(ApproveErasure(subject=subject), at(2017, 2, 2), role=Role.PRIVACY, who=GUARD)
        assert all(readable(storage, voided)), "one person erases nothing"
        await approve(made, subject, at(2017, 2, 2))

        assert len(readable(storage, voided)) > 5
        assert not any(readable(storage, voided))
        for case in others:
            assert all(readable(storage, case))
        assert proved(storage, size) == before

    run(play, tmp_path)


def test_that_it_was_erased_is_told_once_and_without_content(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        storage = made.node.storage
        closed, *_ = await season(made)
        subject = f"case/{closed}"
        await erase_as_asked(made, subject, at(2016, 1, 4))
        told = [
            one for one in storage.log.stream(LOG, f"subject/{subject}") if isinstance(one.event, PersonalDataErased)
        ]
        assert [one.event for one in told] == [
            PersonalDataErased(subject=subject, kind="case", because=ErasureReason.REQUEST)
        ]
        assert told[0].cause is not None, "it follows from the approval"
        again = Asked(
            log=LOG, command_id=told[0].command_id, command=CompleteErasure(subject=subject),
            occurred_at=told[0].occurred_at, actor=Actor(id="service:privacy", role=Role.SERVICE), cause=told[0].cause,
        )  # fmt: skip
        assert (await made.node.desks[PRIVACY.name].send(again)).position == told[0].position
        for command, role in (
            (CompleteErasure(subject=subject), Role.SERVICE),
            (ApproveErasure(subject=subject), Role.OFFICE),
        ):
            with pytest.raises(Refused, match="already_erased"):
                await made.campaign.send(command, at(2016, 2, 1), role=role, who=OTHER)

    run(play, tmp_path)


def test_a_case_that_goes_on_again_is_restricted_no_more(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        send = made.campaign.send
        report = ReportCase(
            community=COMMUNITY, grid="G01-1", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary="虚构", parties=(person(NAME),),
        )  # fmt: skip
        case = await send(report, day("06-15"), role=Role.CLERK)
        decline = DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="可向人民法院起诉")
        await send(decline, day("06-16"), case, Role.CLERK)
        await made.campaign.settle()
        await tick(made, at(2018, 1, 1))
        assert set(restricted(made)) == {f"case/{case}"}
        await send(RetractStep(step=CaseStep.DECLINED, reason="误登"), at(2018, 1, 2), case, Role.CLERK)
        await made.campaign.settle()
        await tick(made, at(2018, 1, 3))
        assert restricted(made) == {}
        assert all(readable(made.node.storage, case))

    run(play, tmp_path)


def test_who_lifted_a_restriction_is_not_overruled_by_the_clock(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        *_, voided = await season(made)
        await tick(made, at(2017, 1, 1))
        lift = LiftRestriction(subject=f"case/{voided}", because=LiftReason.MISTAKEN)
        await made.campaign.send(lift, at(2017, 1, 5), role=Role.PRIVACY)
        await made.campaign.settle()
        await tick(made, at(2017, 1, 6))
        assert restricted(made) == {}
        assert [one.kept.id for one in due_on(made.node.storage, LOG, date(2017, 1, 6)).due] == [f"case/{voided}"]

    run(play, tmp_path)


# asked for by the person --------------------------------------------------------------------------------------------


def test_one_party_alone_is_erased_and_the_other_stays(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        storage = made.node.storage
        case = await made.case(person(NAME, PHONE), person("虚构另一人"))
        await erase_as_asked(made, f"case/{case}#parties/0", at(2016, 1, 4))
        found = opens(storage, case)
        gone = {box for box, opened in found.items() if not opened}
        assert gone == {box for box in found if "#parties/0:" in box}
        assert len(gone) == 2
        assert any("#parties/1:" in box for box in found)
        assert compare(storage, LOG).ok

    run(play, tmp_path)


def test_no_key_is_left_in_any_file(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        storage = made.node.storage
        closed, *_ = await season(made)
        wrapped = [*storage.vault.keys_of([(LOG, f"case/{closed}")])[LOG, f"case/{closed}"].wrapped.values()]
        assert len(wrapped) >= 2
        assert all(held(tmp_path, key) for key in wrapped)
        await erase_as_asked(made, f"case/{closed}", at(2016, 1, 4))
        assert [key for key in wrapped if held(tmp_path, key)] == []

    run(play, tmp_path)


def held(data: Path, key: bytes) -> list[str]:
    """The files that hold a key."""
    return [file.name for file in data.rglob("*") if file.is_file() and key in file.read_bytes()]


def test_a_forgotten_case_takes_nothing_personal_any_more_and_its_page_still_shows(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        closed, *_ = await season(made)
        await erase_as_asked(made, f"case/{closed}", at(2016, 1, 4))
        body = {
            "log": LOG,
            "occurred_at": day("07-20").isoformat(),
            "stream": f"case/{closed}",
            "data": {"reason": NAME},
        }
        answer = await made.web.post(
            "/intake/commands/reopen-case", json=body, headers=made.bearer(Role.CLERK) | {"idempotency-key": "again"}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "erased")
        cookie = {"cookie": f"sanguan_session={made.session(Role.OFFICE)}", "accept": "text/html"}
        page = await made.web.get(f"/cases/{closed}", headers=cookie)
        assert page.status_code == 200
        assert NAME not in page.text

    run(play, tmp_path)


# what the command lists ---------------------------------------------------------------------------------------------


def test_a_log_that_is_not_wholly_read_says_nothing_is_due(tmp_path: Path) -> None:
    """An event that this version does not know may have opened a case again."""

    async def play(made: Office) -> None:
        storage = made.node.storage
        await season(made)
        codec = storage.log.codec
        known = codec._decoders.pop(b"sanguan.intake.case-reopened.v1")
        with pytest.raises(Unusable, match="log_unreadable"):
            due_on(storage, LOG, date(2026, 1, 1))
        codec._decoders[b"sanguan.intake.case-reopened.v1"] = known

    run(play, tmp_path)


def test_the_command_lists_what_is_due_and_how_far_it_has_come(tmp_path: Path) -> None:
    data, cases = tmp_path / "data", list[str]()

    async def play(made: Office) -> None:
        cases.extend(await season(made))
        await tick(made, at(2017, 1, 1))

    taken_on = civil_day(utc_now())
    run(play, data)
    closed, _, _, voided = cases
    listed = sanguan("retention", "--data", data, "--as-of", "2026-01-01", "--json")
    assert listed.code == 0, listed.err
    told = {one.pop("subject"): one for one in json.loads(listed.out)["due"]}
    assert told[f"case/{closed}"] == {
        "kept": "handled", "years": 10, "over_on": "2015-07-01", "due_on": "2026-01-01", "restricted": False,
        "propose_from": None, "erasure": "none",
    }  # fmt: skip
    assert told[f"case/{voided}"]["restricted"] is True
    from_ = date.fromisoformat(told[f"case/{voided}"]["propose_from"])
    assert taken_on <= from_ - timedelta(days=RESTRICTED_DAYS) <= civil_day(utc_now()), "from when the log took it"
    assert json.loads(sanguan("retention", "--data", data, "--as-of", "2016-12-31", "--json").out)["due"] == []
    read = sanguan("retention", "--data", data, "--as-of", "2017-01-01")
    assert "作废的登记" in read.out
    assert "1 due." in read.out
    for words in (("audit", "replay"), ("audit", "verify")):
        assert sanguan(*words, "--data", data, "--json").code == 0
    refused = sanguan("retention", "--data", data, "--as-of", "soon", "--json")
    assert (refused.code, json.loads(refused.out)["code"]) == (2, "bad_day")
    storage = Storage(load(data), SERVICES)
    try:
        assert all(readable(storage, voided)), "a list destroys nothing"
    finally:
        storage.close()
