"""The blind index: a value is found again where it was told again, and nobody finds the value. Everyone is invented."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from shared.contracts.days import start_of
from shared.contracts.model import Trace
from shared.log.append import Conflict, Proposal
from shared.log.blind import MONTHS_KEPT, BlindIndex, Entry
from shared.log.tables import vault_blind
from shared.log.vault import NewKey, Vault, part_of
from tests.parts import LOG, MASTER, NOW, OTHER_LOG, appended, log_on, proposal, withdrawn

CASE = "case/0f3a"
PHONE = "13900001234"
JUNE = NOW.date()
ALGORITHMS = sorted(hashlib.algorithms_guaranteed - {"shake_128", "shake_256"})


def phone(number: str = PHONE, of: str = "parties/0") -> Trace:
    return Trace("phone", number, of)


def numbers(count: int, first: int = 13_900_000_000) -> Iterator[str]:
    """Invented telephone numbers, each once."""
    return (str(first + n) for n in range(count))


@pytest.fixture
def index(log_engine: Engine) -> BlindIndex:
    return Vault(log_engine, MASTER).blind


def entries(index: BlindIndex, *traces: Trace, log: str = LOG, case: str = CASE, apart: str = "") -> tuple[Entry, ...]:
    return index.entries(log, traces, lambda of: part_of(case, of, apart), NOW)


def indexed(index: BlindIndex, *traces: Trace, log: str = LOG, case: str = CASE, apart: str = "") -> Proposal:
    """What a command with such traces would append, its parties' keys with it."""
    keys = tuple(NewKey(log, part_of(case, of, apart), b"wrapped") for of in dict.fromkeys(t.of for t in traces))
    made = proposal(f"{case}{apart}", 0, log=log, keys=keys)
    return _with(made, entries(index, *traces, log=log, case=case, apart=apart))


def _with(made: Proposal, some: tuple[Entry, ...], sealed_under: str | None = None) -> Proposal:
    return Proposal(
        owner=made.owner, log=made.log, stream=made.stream, expected=made.expected, command_id=made.command_id,
        actor=made.actor, cause=made.cause, occurred_at=made.occurred_at, facts_at=made.facts_at, events=made.events,
        body_mac=made.body_mac, keys=made.keys, sealed_under=sealed_under, entries=some,
    )  # fmt: skip


def stored(engine: Engine) -> list[str]:
    """Whose entries there are."""
    with engine.connect() as connection:
        return list(connection.scalars(select(vault_blind.c.subject).order_by(vault_blind.c.subject)))


# told again, found again ----------------------------------------------------------------------------------------------


def test_a_value_is_found_under_the_part_that_told_it(log_engine: Engine, index: BlindIndex) -> None:
    log_on(log_engine).append([indexed(index, phone(), phone("13900009999", "parties/1"))])
    elsewhere = Vault(log_engine, MASTER).blind
    assert elsewhere.subjects(LOG, [phone()], NOW) == {f"{CASE}#parties/0"}
    assert elsewhere.subjects(LOG, [phone("13900009999")], NOW) == {f"{CASE}#parties/1"}
    assert elsewhere.subjects(LOG, [phone("13911112222")], NOW) == set()
    assert elsewhere.subjects(LOG, [], NOW) == set()


def test_the_same_digits_as_another_kind_of_value_are_not_found(log_engine: Engine, index: BlindIndex) -> None:
    log_on(log_engine).append([indexed(index, phone())])
    assert index.subjects(LOG, [Trace("id_number", PHONE, "parties/0")], NOW) == set()


def test_another_log_never_finds_it_though_the_value_is_the_same(log_engine: Engine, index: BlindIndex) -> None:
    log_on(log_engine).append([indexed(index, phone())])
    log_on(log_engine).append([indexed(index, phone(), log=OTHER_LOG, case="case/other")])
    assert index.subjects(LOG, [phone()], NOW) == {f"{CASE}#parties/0"}
    assert index.subjects(OTHER_LOG, [phone()], NOW) == {"case/other#parties/0"}


def test_entries_go_in_with_their_events_and_only_with_them(log_engine: Engine, index: BlindIndex) -> None:
    log, one = log_on(log_engine), indexed(index, phone())
    other = indexed(index, phone("13900009999"), case="case/other")
    # A batch that is judged one by one: an event without entries, one with, one whose stream has moved on.
    appended(log.append([proposal("case/plain", 0)])[0])
    stale = _with(proposal("case/plain", 0, command_id="late"), entries(index, phone("13911112222")))
    outcomes = log.append([one, proposal("case/quiet", 0), stale, other])
    assert [type(outcome).__name__ for outcome in outcomes] == ["Appended", "Appended", "Conflict", "Appended"]
    assert stored(log_engine) == [f"{CASE}#parties/0", "case/other#parties/0"]
    assert appended(log.append([one])[0]).repeated
    assert len(stored(log_engine)) == 2


def test_two_values_that_share_an_entry_do_not_stand_in_the_appends_way(log_engine: Engine) -> None:
    again = Entry("2015-06", 7, f"{CASE}#parties/0")
    appended(log_on(log_engine).append([_with(proposal(CASE, 0), (again, again))])[0])
    appended(log_on(log_engine).append([_with(proposal(CASE, 1, withdrawn(1)), (again,))])[0])
    assert stored(log_engine) == [f"{CASE}#parties/0"]


# nobody finds the value -----------------------------------------------------------------------------------------------


def tokens(index: BlindIndex, log: str = LOG, day: date = JUNE) -> list[int]:
    made = index.entries(log, [phone(number) for number in numbers(64)], lambda of: of, start_of(day))
    return [entry.token for entry in made]


def test_each_log_each_month_and_each_installation_has_entries_of_its_own(
    index: BlindIndex, log_engine: Engine
) -> None:
    one = tokens(index)
    others = [
        tokens(index, OTHER_LOG), tokens(index, day=date(2015, 7, 1)),
        tokens(BlindIndex(log_engine, lambda: b"k" * 32)),
    ]  # fmt: skip
    assert tokens(index, day=date(2015, 6, 30)) == one
    for other in others:
        assert sum(mine == its for mine, its in zip(one, other, strict=True)) <= 1  # sixteen bits meet by chance


def test_no_hash_without_the_key_leads_from_a_value_to_its_entry(index: BlindIndex) -> None:
    """Every hash that Python has, of the number alone and with its label, either end of it."""
    made = tokens(index)
    for algorithm in ALGORITHMS:
        for said in ("{}", "phone{}", "phone\0{}", f"{LOG}{{}}"):
            digests = [hashlib.new(algorithm, said.format(n).encode()).digest() for n in numbers(64)]
            for end in (slice(2), slice(-2, None)):
                hits = sum(int.from_bytes(d[end], "big") == mine for d, mine in zip(digests, made, strict=True))
                assert hits <= 1, f"{algorithm} of {said}"


def test_even_who_has_the_key_does_not_learn_the_number_from_its_entry(index: BlindIndex) -> None:
    (mine,) = entries(index, phone())
    tried = numbers(300_000, 13_800_000_000)
    fitting = [number for number in tried if entries(index, phone(number)) == (mine,)]
    assert len(fitting) > 1
    assert PHONE not in fitting


def test_the_table_says_where_to_look_and_nothing_else(log_engine: Engine, index: BlindIndex) -> None:
    log_on(log_engine).append([indexed(index, phone(), Trace("name", "虚构张三", "parties/0"))])
    with log_engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(select(vault_blind))]
    assert {row[:2] + row[3:] for row in rows} == {(LOG, "2015-06", f"{CASE}#parties/0")}
    assert all(0 <= token < 2**16 for _, _, token, _ in rows)
    assert len(rows) == 2


# whole texts ----------------------------------------------------------------------------------------------------------


def text(said: str, of: str = "visits/v1") -> Trace:
    return Trace("diary", said, of, whole=True)


def test_a_whole_text_is_found_by_its_entry_and_no_value_is_by_the_same(log_engine: Engine, index: BlindIndex) -> None:
    log_on(log_engine).append([indexed(index, text(PHONE), phone())])
    assert index.subjects(LOG, [text(PHONE)], NOW) == {f"{CASE}#visits/v1"}
    assert index.subjects(LOG, [phone()], NOW) == {f"{CASE}#parties/0"}


def test_texts_have_entries_that_values_never_have_and_hardly_ever_share_one(index: BlindIndex) -> None:
    made = [entry.token for entry in entries(index, *(text(said) for said in numbers(20_000)))]
    assert all(2**30 <= token < 2**31 for token in made)
    assert all(entry.token < 2**16 for entry in entries(index, *(phone(said) for said in numbers(200))))
    assert len(set(made)) >= len(made) - 3, "of sixteen bits, a quarter would meet"
    assert {token % 4 for token in made} == {0, 1, 2, 3}
    assert max(made) - min(made) > 2**29, "all bits are the digest's"


def test_a_forgotten_case_takes_its_texts_along(log_engine: Engine, index: BlindIndex) -> None:
    log_on(log_engine).append([indexed(index, text("虚构的日记"), phone())])
    log_on(log_engine).append([indexed(index, text("虚构的日记"), case="case/0f3b")])
    Vault(log_engine, MASTER).destroy(LOG, CASE, 7)
    assert index.subjects(LOG, [text("虚构的日记")], NOW) == {"case/0f3b#visits/v1"}


# gone -----------------------------------------------------------------------------------------------------------------


def test_after_three_more_months_nothing_is_found_and_the_sweep_leaves_nothing(
    log_engine: Engine, index: BlindIndex
) -> None:
    log_on(log_engine).append([indexed(index, phone())])
    last, over = start_of(date(2015, 10, 1)) - timedelta(seconds=1), start_of(date(2015, 10, 1))
    assert MONTHS_KEPT == 3
    assert index.subjects(LOG, [phone()], last) == {f"{CASE}#parties/0"}
    assert index.sweep(last) == 0
    assert index.subjects(LOG, [phone()], over) == set()
    assert index.sweep(over) == 1
    assert stored(log_engine) == []


def test_months_are_counted_over_the_turn_of_the_year(log_engine: Engine, index: BlindIndex) -> None:
    december = start_of(date(2015, 12, 31))
    made = index.entries(LOG, [phone()], lambda of: f"{CASE}#{of}", december)
    log_on(log_engine).append([_with(proposal(CASE, 0), made)])
    assert index.subjects(LOG, [phone()], start_of(date(2016, 3, 31))) == {f"{CASE}#parties/0"}
    assert index.subjects(LOG, [phone()], start_of(date(2016, 4, 1))) == set()


def forgotten(engine: Engine, index: BlindIndex, subject: str) -> Sequence[str]:
    """Whose entries are left when the keys of a subject were destroyed, of a case with a correction, and two others."""
    log_on(engine).append(
        [
            indexed(index, phone(), phone("13900009999", "parties/1")),
            indexed(index, phone("13911112222"), apart="c0ffee"),
            indexed(index, phone(), case="case/0f3b"),
        ]
    )
    log_on(engine).append([indexed(index, phone(), log=OTHER_LOG)])
    Vault(engine, MASTER).destroy(LOG, subject, 7)
    return stored(engine)


def test_a_forgotten_case_leaves_no_entry_and_others_keep_theirs(log_engine: Engine, index: BlindIndex) -> None:
    assert forgotten(log_engine, index, CASE) == [f"{CASE}#parties/0", "case/0f3b#parties/0"]
    assert index.subjects(LOG, [phone()], NOW) == {"case/0f3b#parties/0"}
    assert index.subjects(OTHER_LOG, [phone()], NOW) == {f"{CASE}#parties/0"}


def test_a_forgotten_party_leaves_none_and_the_other_parties_keep_theirs(log_engine: Engine, index: BlindIndex) -> None:
    forgotten(log_engine, index, f"{CASE}#parties/0")
    assert index.subjects(LOG, [phone()], NOW) == {"case/0f3b#parties/0"}
    assert index.subjects(LOG, [phone("13900009999")], NOW) == {f"{CASE}#parties/1"}
    assert index.subjects(LOG, [phone("13911112222")], NOW) == {f"{CASE}#parties/0.c0ffee"}


def test_what_is_appended_for_a_forgotten_case_brings_no_entry_back(log_engine: Engine, index: BlindIndex) -> None:
    forgotten(log_engine, index, CASE)
    late = _with(proposal(CASE, 1, withdrawn(1)), entries(index, phone()), sealed_under=CASE)
    assert isinstance(log_on(log_engine).append([late])[0], Conflict)
    assert index.subjects(LOG, [phone()], NOW) == {"case/0f3b#parties/0"}
