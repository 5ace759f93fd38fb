"""Rule 4, second half: when their time is over, keys are destroyed; nothing that is proved or counted changes."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.commands import PublishScores
from services.forgetting import retention
from services.intake.commands import CloseCase, FollowUpCase, ReopenCase, ResolveCase, VoidCase
from services.intake.ledgers.cases import Row
from services.intake.retention import BACKLOG, HANDLED, NOT_TAKEN_ON, PERIODS, VOIDED, expired, expiry
from services.together import SERVICES
from shared.audit.compare import compare
from shared.audit.verify import verify_log
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Role
from shared.contracts.days import start_of
from shared.contracts.event import Recorded
from shared.contracts.personal import personal, sealed_copy
from shared.errors import Unusable
from shared.log import keys
from shared.log.vault import Unreadable
from shared.runtime import Storage
from shared.settings import load
from tests.harm.invented import ID_NUMBER, NAME, PHONE
from tests.harm.office import Office, office, person
from tests.system.cli import sanguan
from tests.web.campaign import LOG, adopt_plan, day

OVER = date(2015, 7, 10)
OPEN = (CaseStatus.REPORTED, CaseStatus.ACCEPTED)


def case(
    status: CaseStatus, kind: CaseKind = CaseKind.DISPUTE, over_on: date = OVER, id: str = "c-1", **more: Any
) -> Row:
    """A case of invented people."""
    moment = None if status in OPEN else start_of(over_on)
    times = {"voided_at": moment} if status is CaseStatus.VOIDED else {"ended_at": moment}
    return Row(
        id=id, community=f"{LOG}001", grid=None, kind=kind, dispute_type=DisputeType.OTHER, source=None, status=status,
        basis=Basis.ACT, paper=None, summary="sealed:box", parties=(), reported_at=start_of(date(2015, 6, 1)),
        **(times | more),
    )  # fmt: skip


# when ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "period", "first_day"),
    [
        (CaseStatus.CLOSED, CaseKind.DISPUTE, HANDLED, "2026-01-01"),
        (CaseStatus.RESOLVED, CaseKind.INSTABILITY, HANDLED, "2026-01-01"),
        (CaseStatus.CLOSED, CaseKind.BACKLOG, BACKLOG, "2046-01-01"),
        (CaseStatus.DECLINED, CaseKind.DISPUTE, NOT_TAKEN_ON, "2018-01-01"),
        (CaseStatus.LINKED, CaseKind.DISPUTE, NOT_TAKEN_ON, "2018-01-01"),
        (CaseStatus.VOIDED, CaseKind.DISPUTE, VOIDED, "2017-01-01"),
        (CaseStatus.VOIDED, CaseKind.BACKLOG, VOIDED, "2017-01-01"),
    ],
)
def test_a_case_is_kept_for_its_period_from_the_next_year_on(
    status: CaseStatus, kind: CaseKind, period: object, first_day: str
) -> None:
    row, due = case(status, kind), date.fromisoformat(first_day)
    assert expired([row], due - timedelta(days=1)) == []
    (found,) = expired([row], due)
    assert (found.period, found.over_on, found.due_on) == (period, OVER, due)


@given(st.sampled_from(OPEN), st.sampled_from(list(CaseKind)), st.dates(date(2015, 6, 1), date(2199, 1, 1)))
def test_what_is_open_is_never_forgotten(status: CaseStatus, kind: CaseKind, day_: date) -> None:
    assert expired([case(status, kind)], day_) == []


@given(
    st.sampled_from([one for one in CaseStatus if one not in OPEN]), st.sampled_from(list(CaseKind)),
    st.dates(date(2015, 6, 1), date(2100, 1, 1)), st.dates(date(2015, 6, 1), date(2199, 1, 1)),
)  # fmt: skip
def test_every_case_that_is_over_has_a_day_and_none_comes_before_it(
    status: CaseStatus, kind: CaseKind, over_on: date, day_: date
) -> None:
    row = case(status, kind, over_on)
    found = expiry(row)
    assert found is not None
    assert found.period in PERIODS
    assert found.due_on >= over_on + timedelta(days=365 * found.period.years)
    assert bool(expired([row], day_)) is (day_ >= found.due_on)


def test_time_runs_from_the_last_thing_that_happened() -> None:
    row = case(CaseStatus.CLOSED, followed_up_at=start_of(date(2016, 1, 2)), closed_at=start_of(date(2017, 3, 1)))
    found = expiry(row)
    assert found is not None
    assert (found.over_on, found.due_on) == (date(2017, 3, 1), date(2028, 1, 1))


def test_every_period_says_what_it_rests_on_and_that_it_is_a_proposal() -> None:
    for period in PERIODS:
        assert "建议" in period.rests_on
        assert period.years > 0


# and then -----------------------------------------------------------------------------------------------------------


def run(play: Callable[[Office], Any], data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made)

    asyncio.run(whole())


NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)


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
    found: list[bool] = []

    def look(_: str, box: str) -> str:
        try:
            storage.vault.open(LOG, box)
            found.append(True)
        except Unreadable:
            found.append(False)
        return box

    history: list[Recorded] = [*storage.log.stream(LOG, f"case/{case}"), *storage.log.stream(LOG, f"handling/{case}")]
    for recorded in history:
        sealed_copy(recorded.event, personal(type(recorded.event)), look)
    return found


def proved(storage: Storage) -> tuple[Any, ...]:
    """What an auditor finds: ledgers, scores, the tree; and every byte of the log."""
    compared = compare(storage, LOG)
    verified = verify_log(storage.log_engine, LOG, str(keys.load_verifier(storage.settings.data_dir, LOG)))
    assert compared.ok, compared.as_text()
    assert verified.ok
    replayed = [(one["name"], one["replayed"]) for one in compared.as_json()["ledgers"]]
    return compared.as_json()["scores"], replayed, verified.as_json()["root"], storage.log.raw(LOG, -1, 10_000)


def test_what_is_due_is_forgotten_and_every_proof_ledger_and_score_stays(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        storage = made.node.storage
        closed, reopened, running, voided = await season(made)
        before = proved(storage)
        assert before[0]["checked"] > 0

        early = retention(storage, LOG, date(2016, 12, 31), NOW, destroy=True)
        assert (early.due, early.destroyed) == ([], 0)
        dry = retention(storage, LOG, date(2026, 1, 1), NOW, destroy=False)
        assert [(one.case, one.period.code) for one in dry.due] == [(voided, "voided"), (closed, "handled")]
        assert dry.destroyed is None
        assert all(all(readable(storage, id)) for id in (closed, reopened, running, voided))

        done = retention(storage, LOG, date(2026, 1, 1), NOW, destroy=True)
        assert (done.due, done.destroyed) == (dry.due, 2)
        assert readable(storage, closed) == [False] * len(readable(storage, closed))
        assert len(readable(storage, closed)) > 5
        assert not any(readable(storage, voided))
        assert all(readable(storage, reopened))
        assert all(readable(storage, running))
        assert proved(storage) == before

        again = retention(storage, LOG, date(2026, 1, 1), NOW, destroy=True)
        assert (again.due, again.destroyed) == ([], 0)

    run(play, tmp_path)


def test_no_key_is_left_in_any_file(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        storage = made.node.storage
        closed, *_ = await season(made)
        wrapped = [*storage.vault.keys_of([(LOG, f"case/{closed}")])[LOG, f"case/{closed}"].wrapped.values()]
        assert len(wrapped) >= 2
        assert all(held(tmp_path, key) for key in wrapped)
        retention(storage, LOG, date(2026, 1, 1), NOW, destroy=True)
        assert [key for key in wrapped if held(tmp_path, key)] == []

    run(play, tmp_path)


def held(data: Path, key: bytes) -> list[str]:
    """The files that hold a key."""
    return [file.name for file in data.rglob("*") if file.is_file() and key in file.read_bytes()]


def test_nothing_is_destroyed_before_its_day_by_naming_another(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        closed, *_ = await season(made)
        with pytest.raises(Unusable, match="day_to_come"):
            retention(made.node.storage, LOG, date(2099, 1, 1), NOW, destroy=True)
        assert all(readable(made.node.storage, closed))
        assert len(retention(made.node.storage, LOG, date(2099, 1, 1), NOW, destroy=False).due) == 2

    run(play, tmp_path)


def test_a_forgotten_case_takes_nothing_personal_any_more_and_its_page_still_shows(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        closed, *_ = await season(made)
        retention(made.node.storage, LOG, date(2026, 1, 1), NOW, destroy=True)
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
        cookie = {"cookie": f"sanguan_session={made.token(Role.OFFICE)}", "accept": "text/html"}
        page = await made.web.get(f"/cases/{closed}", headers=cookie)
        assert page.status_code == 200
        assert NAME not in page.text

    run(play, tmp_path)


def test_a_log_that_is_not_wholly_read_forgets_nothing(tmp_path: Path) -> None:
    """An event that this version does not know may have opened a case again."""

    async def play(made: Office) -> None:
        storage = made.node.storage
        closed, *_ = await season(made)
        codec = storage.log.codec
        known = codec._decoders.pop(b"sanguan.intake.case-reopened.v1")
        with pytest.raises(Unusable, match="log_unreadable"):
            retention(storage, LOG, date(2026, 1, 1), NOW, destroy=True)
        codec._decoders[b"sanguan.intake.case-reopened.v1"] = known
        assert all(readable(storage, closed))

    run(play, tmp_path)


def test_the_command_lists_and_with_destroy_forgets(tmp_path: Path) -> None:
    data, cases = tmp_path / "data", list[str]()

    async def play(made: Office) -> None:
        cases.extend(await season(made))

    run(play, data)
    closed, _, _, voided = cases
    listed = sanguan("retention", "--data", data, "--as-of", "2026-01-01", "--json")
    assert listed.code == 0
    told = json.loads(listed.out)
    assert [one["case"] for one in told["due"]] == [voided, closed]
    assert told["due"][1] == {
        "case": closed, "period": "handled", "years": 10, "over_on": "2015-07-01", "due_on": "2026-01-01",
    }  # fmt: skip
    assert told["destroyed"] is None
    done = json.loads(sanguan("retention", "--data", data, "--as-of", "2026-01-01", "--destroy", "--json").out)
    assert done["destroyed"] == 2
    for words in (("audit", "replay"), ("audit", "verify")):
        assert sanguan(*words, "--data", data, "--json").code == 0
    storage = Storage(load(data), SERVICES)
    try:
        assert not any(readable(storage, closed))
    finally:
        storage.close()
    for day_, code in (("2099-01-01", "day_to_come"), ("soon", "bad_day")):
        refused = sanguan("retention", "--data", data, "--as-of", day_, "--destroy", "--json")
        assert (refused.code, json.loads(refused.out)["code"]) == (2, code)
