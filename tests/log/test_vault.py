"""The vault: what is personal is sealed before it is hashed, and can be erased while every proof stays."""

import hmac
import os
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select, update

import shared.log.vault
from shared.contracts.assignment import MinutesSubmitted
from shared.contracts.codes import Basis, CaseKind, DisputeType, MeetingKind, PartyRole, Source
from shared.contracts.event import value
from shared.contracts.fields import Note, PersonName, Phone, Statement
from shared.contracts.intake import CaseReported, Party
from shared.contracts.model import Refused
from shared.contracts.personal import personal, unsealed_field
from shared.log.append import Appended, Conflict, Outcome, Proposal
from shared.log.codec import canonical
from shared.log.database import sqlite_engine, writing
from shared.log.keys import KeyUnusable, origin
from shared.log.note import Signer
from shared.log.schema import migrate
from shared.log.sealer import root_at, seal
from shared.log.tables import events, heads, vault_destroyed, vault_keys
from shared.log.vault import NewKey, Unreadable, Vault, key_context
from shared.log.wrapping import Masters, load_master
from tests.parts import LOG, MASTER, NOW, OTHER_LOG, everything, log_on, proposal

CASE = "case/0f3a"
SUMMARY, ZHANG, LI, PHONE = "虚构的借款三万元", "虚构张三", "虚构李四", "000-0000"


@value
class Someone:
    name: PersonName
    phone: Phone | None


@value
class Report:
    summary: Statement
    parties: tuple[Someone, ...]


@value
class Count:
    number: int


REPORT = Report(summary=SUMMARY, parties=(Someone(name=ZHANG, phone=PHONE), Someone(name=LI, phone=None)))


@pytest.fixture
def vault(log_engine: Engine) -> Vault:
    return Vault(log_engine, MASTER)


def event_of(sealed: Report) -> CaseReported:
    """The event that a decider makes of a sealed command: it copies strings that it cannot read."""
    parties = tuple(
        Party(role=PartyRole.APPLICANT, name=one.name, phone=one.phone, id_number=None) for one in sealed.parties
    )
    return CaseReported(
        community="410105010001", grid=None, kind=CaseKind.DISPUTE, dispute_type=DisputeType.OTHER,
        source=Source.SWEEP, summary=sealed.summary, parties=parties, basis=Basis.ACT, paper=None,
    )  # fmt: skip


def report(engine: Engine, vault: Vault, subject: str = CASE, expected: int = 0, fresh: bool = True) -> Report:
    """Seal the report and append it with its keys; the sealed command."""
    sealed, keys = vault.seal(LOG, subject, REPORT, fresh=fresh)
    outcome = log_on(engine).append([proposal(subject, expected, event_of(sealed), keys=keys)])[0]
    assert isinstance(outcome, Appended)
    return sealed  # type: ignore[no-any-return]  # seal gives back what it was given


def boxes(sealed: Report) -> list[str]:
    parts = [text for one in sealed.parties for text in (one.name, one.phone) if text is not None]
    return [sealed.summary, *parts]


def stored_subjects(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(vault_keys.c.subject).order_by(vault_keys.c.subject)))


# sealed and opened --------------------------------------------------------------------------------------------------


def test_what_is_sealed_is_opened_again_by_whoever_has_the_master_key(log_engine: Engine, vault: Vault) -> None:
    sealed = report(log_engine, vault)
    elsewhere = Vault(log_engine, MASTER)
    assert [elsewhere.open(LOG, box) for box in boxes(sealed)] == [SUMMARY, ZHANG, PHONE, LI]
    assert sealed.parties[1].phone is None


def test_each_party_has_a_key_of_its_own(log_engine: Engine, vault: Vault) -> None:
    sealed = report(log_engine, vault)
    assert stored_subjects(log_engine) == [f"{CASE}#", f"{CASE}#parties/0", f"{CASE}#parties/1"]
    assert sealed.summary.startswith(f"sealed:2:{CASE}#:")
    assert sealed.parties[0].phone is not None
    assert sealed.parties[0].phone.startswith(f"sealed:2:{CASE}#parties/0:")


def test_a_known_subject_keeps_its_key(log_engine: Engine, vault: Vault) -> None:
    first = report(log_engine, vault)
    again, keys = Vault(log_engine, MASTER).seal(LOG, CASE, REPORT, fresh=False)
    assert keys == ()
    assert [vault.open(LOG, box) for box in boxes(again)] == [vault.open(LOG, box) for box in boxes(first)]
    assert not set(boxes(again)) & set(boxes(first)), "two boxes of one value must not be seen to be equal"


def test_a_command_without_personal_fields_is_left_alone(vault: Vault) -> None:
    assert vault.seal(LOG, CASE, Count(number=3), fresh=False) == (Count(number=3), ())


def test_a_subject_whose_id_holds_colons_and_chinese_letters(log_engine: Engine, vault: Vault) -> None:
    sealed = report(log_engine, vault, subject="case/410105010001-2015-06-沙门:12")
    assert vault.open(LOG, sealed.parties[0].name) == ZHANG


def test_invariant_7_nothing_personal_is_in_the_log(log_engine: Engine, vault: Vault) -> None:
    report(log_engine, vault)
    with log_engine.connect() as connection:
        whole = b"".join(bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                         for row in connection.execute(select(events)) for cell in row)  # fmt: skip
    for text in (SUMMARY, ZHANG, LI, PHONE):
        assert text.encode() not in whole
        assert text.encode("unicode_escape") not in whole
    assert b"sealed:2:" in whole


# what does not open -------------------------------------------------------------------------------------------------


def test_a_box_of_another_log_or_subject_or_master_key_does_not_open(log_engine: Engine, vault: Vault) -> None:
    box = report(log_engine, vault).parties[0].name
    report(log_engine, vault, subject="case/other")
    with pytest.raises(Unreadable):
        vault.open(OTHER_LOG, box)
    with pytest.raises(Unreadable):
        vault.open(LOG, box.replace(CASE, "case/other"))
    stranger = Vault(log_engine, Masters([b"another master key"]))
    with pytest.raises(Unreadable, match="master key"):
        stranger.open(LOG, box)
    with pytest.raises(Unreadable, match="master key"):  # and it makes no second key beside the one it cannot open
        stranger.seal(LOG, CASE, REPORT, fresh=False)


def test_a_tampered_box_does_not_open(log_engine: Engine, vault: Vault) -> None:
    box = report(log_engine, vault).summary
    head, _, sealed = box.rpartition(":")
    for at in range(0, len(sealed), 7):
        other = "B" if sealed[at] != "B" else "C"
        with pytest.raises(Unreadable):
            vault.open(LOG, f"{head}:{sealed[:at]}{other}{sealed[at + 1 :]}")
    for broken in ("", "sealed:", "sealed:2", box.replace(":2:", ":1:"), f"{head}:", f"{head}:AAAA", f"{head}:é", head):
        with pytest.raises(Unreadable):
            vault.open(LOG, broken)
    assert vault.open(LOG, box) == SUMMARY


# erasure ------------------------------------------------------------------------------------------------------------


def test_invariant_6_an_erased_person_is_nowhere_and_every_proof_stays(log_engine: Engine, vault: Vault) -> None:
    sealed, kept = report(log_engine, vault), report(log_engine, vault, subject="case/kept")
    signer = Signer.generate(origin(LOG))
    before = everything(log_on(log_engine))
    checkpoint = seal(log_engine, LOG, signer, NOW)
    assert checkpoint is not None

    assert vault.destroy(LOG, CASE, 7) == 3
    for box in boxes(sealed):
        for whoever in (vault, Vault(log_engine, MASTER)):
            with pytest.raises(Unreadable, match="destroyed"):
                whoever.open(LOG, box)
    assert stored_subjects(log_engine) == ["case/kept#", "case/kept#parties/0", "case/kept#parties/1"]
    assert vault.open(LOG, kept.summary) == SUMMARY
    assert everything(log_on(log_engine)) == before
    assert root_at(log_engine, LOG, 2) == checkpoint.root
    with log_engine.connect() as connection:
        listed = connection.execute(select(vault_destroyed).order_by(vault_destroyed.c.subject)).all()
    assert [(row.subject, row.destroyed_at) for row in listed] == [
        (CASE, 7), (f"{CASE}#", 7), (f"{CASE}#parties/0", 7), (f"{CASE}#parties/1", 7),
    ]  # fmt: skip


def test_an_erased_subject_gets_no_new_key(log_engine: Engine) -> None:
    """Neither in this process nor in another that has used the key before; nor for a part that it never had."""
    vault, elsewhere = Vault(log_engine, MASTER), Vault(log_engine, MASTER)
    report(log_engine, vault)
    elsewhere.seal(LOG, CASE, REPORT, fresh=False)
    vault.destroy(LOG, CASE, 7)
    more = replace(REPORT, parties=(*REPORT.parties, Someone(name=LI, phone=None)))
    for whoever in (vault, elsewhere, Vault(log_engine, MASTER)):
        for command in (REPORT, more):
            with pytest.raises(Refused) as refused:
                whoever.seal(LOG, CASE, command, fresh=False)
            assert refused.value.code == "erased"
    assert stored_subjects(log_engine) == []
    assert vault.seal(LOG, CASE, Count(number=3), fresh=False) == (Count(number=3), ())  # what is not personal goes on


def test_a_subject_that_never_had_keys_can_be_erased_beforehand(vault: Vault) -> None:
    assert vault.destroy(LOG, CASE, 7) == 0
    with pytest.raises(Refused, match="erased"):
        vault.seal(LOG, CASE, REPORT, fresh=False)
    vault.seal(OTHER_LOG, CASE, REPORT, fresh=False)


def test_destroying_again_takes_what_a_restore_brought_back(log_engine: Engine, vault: Vault) -> None:
    sealed = report(log_engine, vault)
    with log_engine.connect() as connection:
        backup = [tuple(row) for row in connection.execute(select(vault_keys))]
    vault.destroy(LOG, CASE, 7)
    with log_engine.execution_options(writes=True).begin() as connection:
        connection.execute(vault_keys.insert(), [dict(zip(vault_keys.c.keys(), row, strict=True)) for row in backup])
    assert vault.open(LOG, sealed.summary) == SUMMARY
    assert vault.destroy(LOG, CASE, 9) == 3
    with pytest.raises(Unreadable):
        vault.open(LOG, sealed.summary)
    assert vault.destroy(LOG, CASE, 11) == 0


def test_only_the_named_subject_is_erased(log_engine: Engine, vault: Vault) -> None:
    neighbours = ["case/0F3A", "case/0f3a1", "case/0f3", "case/0f3_", "party/0f3a"]
    kept = [report(log_engine, vault, subject=subject) for subject in neighbours]
    report(log_engine, vault)
    assert vault.destroy(LOG, CASE, 7) == 3
    assert vault.destroy(LOG, "case/0f3_", 7) == 3  # an underscore is no wildcard
    assert [vault.open(LOG, sealed.summary) for sealed in (kept[0], kept[1], kept[2], kept[4])] == [SUMMARY] * 4


# two at once --------------------------------------------------------------------------------------------------------


def test_two_vaults_that_race_for_a_subject_s_key(log_engine: Engine) -> None:
    """Only one key can be stored, with the events that it seals; the other seals again under it."""
    ours, theirs = Vault(log_engine, MASTER), Vault(log_engine, MASTER)
    log = log_on(log_engine)
    (first, first_keys), (second, second_keys) = (
        vault.seal(LOG, CASE, REPORT, fresh=False) for vault in (ours, theirs)
    )
    outcomes = log.append(
        [
            proposal(CASE, 0, event_of(first), command_id="k-1", keys=first_keys),
            proposal("handling/1", 0, event_of(second), command_id="k-2", keys=second_keys),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [Appended, Conflict]
    again, keys = theirs.seal(LOG, CASE, REPORT, fresh=False)
    assert keys == ()
    assert isinstance(log.append([proposal("handling/1", 0, event_of(again), command_id="k-2")])[0], Appended)
    for sealed in (first, again):
        assert [ours.open(LOG, box) for box in boxes(sealed)] == [SUMMARY, ZHANG, PHONE, LI]
    with pytest.raises(Unreadable):
        theirs.open(LOG, second.summary)  # the box under the key that lost is in no event


def test_a_key_is_stored_with_the_events_that_it_seals_or_not_at_all(log_engine: Engine, vault: Vault) -> None:
    log = log_on(log_engine)
    log.append([proposal(CASE, 0)])
    sealed, keys = vault.seal(LOG, CASE, REPORT, fresh=False)
    assert isinstance(log.append([proposal(CASE, 0, event_of(sealed), command_id="late", keys=keys)])[0], Conflict)
    assert stored_subjects(log_engine) == []


# keys that are held in memory ---------------------------------------------------------------------------------------


def noted(
    engine: Engine, vault: Vault, subject: str = CASE, command_id: str = "k-noted", expected: int = 1
) -> tuple[Report, Proposal]:
    """The report sealed with what the vault holds in memory, and the proposal that says so."""
    held = vault.held(LOG, subject)
    assert held is not None, "or nothing here would be shown"
    sealed, keys = vault.seal(LOG, subject, REPORT, fresh=False, stored=held)
    proposed = proposal(subject, expected, event_of(sealed), command_id=command_id, keys=keys)
    return sealed, replace(proposed, sealed_under=subject, held_keys=tuple(held.wrapped))


def holding(engine: Engine, vault: Vault, *subjects: str) -> None:
    """Report them; another vault has looked at their keys, and holds them."""
    for subject in subjects:
        report(engine, Vault(engine, MASTER), subject=subject)
    vault.keys_of([(LOG, subject) for subject in subjects])


def lose(engine: Engine, *names: str) -> None:
    """Key rows go without having been destroyed, as after a backup was restored that is older than they are."""
    with engine.execution_options(writes=True).begin() as connection:
        for name in names:
            connection.execute(vault_keys.delete().where(vault_keys.c.subject == name))


def test_what_was_sealed_with_keys_from_memory_goes_in_while_these_stand(log_engine: Engine, vault: Vault) -> None:
    holding(log_engine, vault, CASE)
    sealed, proposed = noted(log_engine, vault)
    assert proposed.keys == ()
    assert isinstance(log_on(log_engine).append([proposed])[0], Appended)
    assert [Vault(log_engine, MASTER).open(LOG, box) for box in boxes(sealed)] == [SUMMARY, ZHANG, PHONE, LI]


def test_what_was_sealed_under_a_destroyed_key_never_goes_in(log_engine: Engine, vault: Vault) -> None:
    """Attack: the key is destroyed elsewhere, after this process has read it, and even after it has sealed with it."""
    holding(log_engine, vault, CASE)
    _, before = noted(log_engine, vault)
    assert Vault(log_engine, MASTER).destroy(LOG, CASE, 7) == 3
    _, after = noted(log_engine, vault, command_id="k-after")  # memory knows no better
    log = log_on(log_engine)
    for proposed in (before, after):
        assert log.append([proposed]) == [Conflict(1)]
    assert log.append([before, after]) == [Conflict(1)] * 2
    assert log.size(LOG) == 1
    assert stored_subjects(log_engine) == []
    vault.forget(LOG, CASE)
    assert vault.held(LOG, CASE) is None
    with pytest.raises(Refused, match="erased"):
        vault.seal(LOG, CASE, REPORT, fresh=False)


def test_a_subject_that_is_destroyed_is_stale_also_where_its_keys_came_back(log_engine: Engine, vault: Vault) -> None:
    """A restore brought the rows back: what is listed as destroyed is destroyed all the same."""
    holding(log_engine, vault, CASE)
    with log_engine.connect() as connection:
        backup = [dict(row) for row in connection.execute(select(vault_keys)).mappings()]
    Vault(log_engine, MASTER).destroy(LOG, CASE, 7)
    with log_engine.execution_options(writes=True).begin() as connection:
        connection.execute(vault_keys.insert(), backup)
    assert log_on(log_engine).append([noted(log_engine, vault)[1]]) == [Conflict(1)]


def test_one_party_s_key_that_was_destroyed_elsewhere(log_engine: Engine, vault: Vault) -> None:
    """What names that party again is refused; what seals under the case's own key goes on, once it has looked."""
    holding(log_engine, vault, CASE)
    Vault(log_engine, MASTER).destroy(LOG, f"{CASE}#parties/1", 7)
    log = log_on(log_engine)
    assert log.append([noted(log_engine, vault)[1]]) == [Conflict(1)]
    vault.keys_of([(LOG, CASE)])
    with pytest.raises(Refused, match="erased"):
        noted(log_engine, vault)
    minutes, keys = vault.seal(LOG, CASE, Minutes(decisions=(ZHANG,)), fresh=False, stored=vault.held(LOG, CASE))
    assert keys == ()
    assert vault.open(LOG, minutes.decisions[0]) == ZHANG
    assert stored_subjects(log_engine) == [f"{CASE}#", f"{CASE}#parties/0"]


def test_a_key_that_is_lost_without_having_been_destroyed(log_engine: Engine, vault: Vault) -> None:
    """It is a conflict, and what is sealed after a look is sealed under a new key, which is stored."""
    holding(log_engine, vault, CASE)
    lose(log_engine, f"{CASE}#parties/0")
    log = log_on(log_engine)
    assert log.append([noted(log_engine, vault)[1]]) == [Conflict(1)]
    assert log.size(LOG) == 1
    vault.keys_of([(LOG, CASE)])
    sealed, proposed = noted(log_engine, vault)
    assert [key.subject for key in proposed.keys] == [f"{CASE}#parties/0"]
    assert isinstance(log.append([proposed])[0], Appended)
    assert [Vault(log_engine, MASTER).open(LOG, box) for box in boxes(sealed)] == [SUMMARY, ZHANG, PHONE, LI]
    vault.learn(LOG, CASE, proposed.keys, fresh=False)
    _, more = noted(log_engine, vault, command_id="k-more", expected=2)
    assert more.keys == (), "what was stored is held"
    assert isinstance(log.append([more])[0], Appended)


@pytest.mark.parametrize("how", ["destroyed", "a party destroyed", "lost"])
def test_in_a_batch_only_what_is_stale_fails(log_engine: Engine, vault: Vault, how: str) -> None:
    subjects = [CASE, "case/one", "case/two"]
    holding(log_engine, vault, *subjects)
    match how:
        case "destroyed":
            Vault(log_engine, MASTER).destroy(LOG, CASE, 7)
        case "a party destroyed":
            Vault(log_engine, MASTER).destroy(LOG, f"{CASE}#parties/0", 7)
        case _:
            lose(log_engine, f"{CASE}#")
    sealed, batch = zip(*(noted(log_engine, vault, subject, f"k {subject}") for subject in subjects), strict=True)
    mixed = [batch[1], batch[0], proposal("case/plain", 0), batch[2]]
    log = log_on(log_engine)
    assert [type(outcome) for outcome in log.append(mixed)] == [Appended, Conflict, Appended, Appended]
    assert len(everything(log)) == 6
    assert log.answered(LOG, f"k {CASE}") is None
    assert [vault.open(LOG, one.summary) for one in sealed[1:]] == [SUMMARY] * 2
    # Whose keys were destroyed is of no concern to what is not personal, nor to an answer that was given before.
    again = [batch[1], proposal(CASE, 1)]
    assert [type(outcome) for outcome in log.append(again)] == [Appended, Appended]
    assert len(everything(log)) == 7


def test_of_the_same_subject_in_another_log_nothing_is_said(log_engine: Engine, vault: Vault) -> None:
    holding(log_engine, vault, CASE)
    Vault(log_engine, MASTER).destroy(OTHER_LOG, CASE, 7)
    assert isinstance(log_on(log_engine).append([noted(log_engine, vault)[1]])[0], Appended)


def test_what_a_vault_holds_of_a_subject(log_engine: Engine, vault: Vault) -> None:
    assert vault.held(LOG, CASE) is None
    _, keys = vault.seal(LOG, CASE, REPORT, fresh=True)
    assert vault.held(LOG, CASE) is None, "nothing is stored yet"
    vault.learn(LOG, CASE, keys, fresh=False)
    assert vault.held(LOG, CASE) is None, "what else it may have is not known"
    vault.learn(LOG, CASE, keys, fresh=True)
    held = vault.held(LOG, CASE)
    assert held is not None
    assert (held.wrapped, held.destroyed) == ({key.subject: key.wrapped for key in keys}, set())
    assert vault.held(OTHER_LOG, CASE) is None
    vault.destroy(LOG, f"{CASE}#parties/0", 7)
    assert vault.held(LOG, CASE) is None, "who destroys forgets"
    found = vault.keys_of([(LOG, CASE), (LOG, "case/other")])
    assert vault.held(LOG, CASE) == found[LOG, CASE]
    assert found[LOG, CASE].destroyed == {f"{CASE}#parties/0"}
    other = vault.held(LOG, "case/other")
    assert other is not None
    assert (other.wrapped, other.destroyed) == ({}, set())


def test_no_more_subjects_are_held_than_may_be(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.log.vault, "_MOST_HELD", 2)
    for n in range(4):
        vault.keys_of([(LOG, f"case/{n}")])
    assert [n for n in range(4) if vault.held(LOG, f"case/{n}") is not None] == [2, 3]


# keyed digests and the master key -----------------------------------------------------------------------------------


def test_a_body_s_digest_tells_nothing_without_the_key(log_engine: Engine, vault: Vault) -> None:
    body = ["ReportCase", None, NOW, REPORT]
    mac = vault.body_mac(body)
    assert mac == Vault(log_engine, MASTER).body_mac(body)
    assert mac != hmac.digest(b"another key", canonical(body), "sha256")
    with pytest.raises(Unreadable, match="master key"):
        Vault(log_engine, Masters([b"another master key"])).body_mac(body)
    assert mac != vault.body_mac(["ReportCase", None, NOW, replace(REPORT, summary=SUMMARY + "。")])
    assert len(mac) == 32


def test_the_wrapped_key_is_not_the_key(log_engine: Engine) -> None:
    drawn: list[bytes] = []

    def draw(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    _, keys = Vault(log_engine, MASTER, draw).seal(LOG, CASE, REPORT, fresh=True)
    secrets = [MASTER.unwrap(key.wrapped, key_context(LOG, key.subject)) for key in keys]
    assert len(set(secrets)) == len(keys) == 3
    assert all(secret in b"".join(drawn) for secret in secrets)
    assert not any(secret in key.wrapped for key in keys for secret in secrets)


def test_the_master_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = load_master(path)
    assert len(made) == 32
    assert load_master(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["master.key"]
    assert re.fullmatch(rb"[A-Za-z0-9+/=]+\n", path.read_bytes())


def test_invariant_6_no_destroyed_key_is_left_in_the_database_s_files(tmp_path: Path) -> None:
    """SQLite overwrites what is deleted. (PostgreSQL's pages are its own affair: see the deployment's notes.)"""
    engine = sqlite_engine(tmp_path / "log.db")
    migrate(engine)
    vault = Vault(engine, MASTER)
    report(engine, vault)
    with engine.connect() as connection:
        wrapped = [bytes(found) for found in connection.scalars(select(vault_keys.c.wrapped))]

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("log.db*"))

    assert all(key in files() for key in wrapped)
    vault.destroy(LOG, CASE, 7)
    assert not any(key in files() for key in wrapped)
    engine.dispose()


def test_one_party_of_a_case_can_be_forgotten(log_engine: Engine, vault: Vault) -> None:
    sealed = report(log_engine, vault)
    assert vault.destroy(LOG, f"{CASE}#parties/1", 1) == 1
    with pytest.raises(Unreadable):
        vault.open(LOG, sealed.parties[1].name)
    assert vault.open(LOG, sealed.parties[0].name) == ZHANG
    assert vault.open(LOG, sealed.summary) == SUMMARY


def test_whom_a_correction_replaced_is_forgotten_without_the_one_who_took_the_place(
    log_engine: Engine, vault: Vault
) -> None:
    first = report(log_engine, vault)
    instead = replace(REPORT, parties=(Someone(name="虚构王五", phone=None), REPORT.parties[1]))
    second, keys = vault.seal(LOG, CASE, instead, fresh=False, apart="c0ffee")
    assert [key.subject for key in keys] == [f"{CASE}#parties/0.c0ffee", f"{CASE}#parties/1.c0ffee"]
    log_on(log_engine).append([proposal(CASE, 1, event_of(second), keys=keys)])
    assert vault.destroy(LOG, f"{CASE}#parties/0", 1) == 1
    with pytest.raises(Unreadable):
        vault.open(LOG, first.parties[0].name)
    assert vault.open(LOG, second.parties[0].name) == "虚构王五"
    assert vault.open(LOG, second.summary) == SUMMARY, "the case's own key is the same as before"
    assert vault.destroy(LOG, f"{CASE}#parties/0.c0ffee", 2) == 1
    with pytest.raises(Unreadable):
        vault.open(LOG, second.parties[0].name)
    assert vault.open(LOG, first.parties[1].name) == vault.open(LOG, second.parties[1].name) == LI
    assert vault.destroy(LOG, CASE, 3) == 3


@value
class Minutes:
    decisions: tuple[Note, ...]


def test_each_text_of_a_list_is_sealed(vault: Vault) -> None:
    sealed, keys = vault.seal(LOG, "meeting/1", Minutes(decisions=(SUMMARY, ZHANG)), fresh=True)
    assert [key.subject for key in keys] == ["meeting/1#"]
    assert all(box.startswith("sealed:2:meeting/1#:") for box in sealed.decisions)
    assert len(set(sealed.decisions)) == 2
    assert vault.seal(LOG, "meeting/1", Minutes(decisions=()), fresh=True) == (Minutes(decisions=()), ())
    half = MinutesSubmitted(
        community="410105010001", kind=MeetingKind.MONTHLY, month="2015-06", held_at=NOW,
        decisions=(sealed.decisions[0], ZHANG),
    )  # fmt: skip
    assert unsealed_field(half, personal(MinutesSubmitted)) == "decisions"
    assert unsealed_field(replace(half, decisions=sealed.decisions), personal(MinutesSubmitted)) is None


@pytest.mark.parametrize("held", [b"", b"c2hvcnQ=\n"])
def test_a_key_file_without_a_whole_key_is_refused(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(held)
    with pytest.raises(KeyUnusable):
        load_master(file)


def test_what_waited_while_its_subject_was_destroyed_is_a_conflict(log_engine: Engine) -> None:
    """The destruction (as `destroy` does it, held up before its commit) comes between sealing and appending: no key of
    the subject may be stored after it."""
    log = log_on(log_engine)
    log.append([proposal("case/1", 0, keys=(NewKey(LOG, "case/1#", b"k" * 60),))])
    waiting = replace(
        proposal("case/1", 1, keys=(NewKey(LOG, "case/1#parties/0", b"k" * 60),)),
        sealed_under="case/1", held_keys=("case/1#",),
    )  # fmt: skip
    outcomes: list[Outcome] = []
    with writing(log_engine) as destroying:
        destroying.execute(update(heads).where(heads.c.log == LOG).values(erasures=heads.c.erasures + 1))
        appending = threading.Thread(target=lambda: outcomes.extend(log.append([waiting])))
        appending.start()
        time.sleep(0.3)  # it stands before the head by now; were it late, it would be a conflict all the same
        destroying.execute(delete(vault_keys).where(vault_keys.c.log == LOG))
        destroying.execute(insert(vault_destroyed).values(log=LOG, subject="case/1", destroyed_at=1))
    appending.join()
    assert outcomes == [Conflict(1)]
    with log_engine.connect() as connection:
        assert connection.execute(select(vault_keys.c.subject)).all() == []


def test_a_part_that_was_destroyed_before_it_had_a_key_gets_none(log_engine: Engine) -> None:
    log = log_on(log_engine)
    log.append([proposal("case/1", 0, keys=(NewKey(LOG, "case/1#", b"k" * 60),))])
    Vault(log_engine, MASTER).destroy(LOG, "case/1#parties/0", 1)
    from_memory = replace(
        proposal("case/1", 1, keys=(NewKey(LOG, "case/1#parties/0", b"k" * 60),)),
        sealed_under="case/1", held_keys=("case/1#",),
    )  # fmt: skip
    assert log.append([from_memory]) == [Conflict(1)]
