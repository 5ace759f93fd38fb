"""Deadlines worked out by hand from the law's text and the calendars of 2015, 2022 and 2026."""

from datetime import date, timedelta

import pytest

from services.intake.calendar import Calendar
from services.intake.deadlines import (
    BY_CODE,
    RULES,
    Clock,
    Due,
    Standing,
    counted,
    due,
    put_off,
    rule_of,
    settle_by,
    standing,
)
from services.intake.ledgers import work_calendar
from shared.contracts.codes import CaseKind

DISPUTE, PETITION = CaseKind.DISPUTE, CaseKind.BACKLOG
HANDLE, REGISTER, OBJECT = Clock.HANDLE, Clock.REGISTER, Clock.OBJECT
KNOWN = Calendar(date(2026, 11, 1))


def day(text: str) -> date:
    return date.fromisoformat(text)


BY_HAND = (
    # what, since, extended, paused, due, rule; the reckoning
    (HANDLE, DISPUTE, "2015-06-11", 0, 0, "2015-07-13", "mediation-one-month"),  # 11 July is a Saturday
    (HANDLE, DISPUTE, "2015-01-31", 0, 0, "2015-02-28", "mediation-one-month"),  # no 31st; a Saturday that is worked
    (HANDLE, PETITION, "2015-07-05", 0, 0, "2015-09-06", "petition-60-days"),  # 3 Sep off, 4th too, Sunday 6th worked
    (HANDLE, PETITION, "2015-08-02", 0, 0, "2015-10-08", "petition-60-days"),  # 1 Oct; off until the 7th
    (REGISTER, PETITION, "2015-06-05", 0, 0, "2015-06-23", "petition-register-15-days"),  # 20 Jun Sat, Dragon Boat 22nd
    (HANDLE, PETITION, "2022-04-30", 0, 0, "2022-06-29", "petition-60-days"),  # the day before the new regulation
    (HANDLE, PETITION, "2022-05-02", 0, 0, "2022-07-01", "petition-60-days-2022"),
    (HANDLE, PETITION, "2022-07-04", 30, 0, "2022-10-08", "petition-60-days-2022"),  # 2 Oct; Saturday the 8th is worked
    (OBJECT, PETITION, "2022-09-28", 0, 0, "2022-10-10", "petition-object-5-working-days"),  # 29, 30, 8, 9, 10
    (HANDLE, PETITION, "2022-05-02", 0, 10, "2022-07-11", "petition-60-days-2022"),  # paused for ten days
    (HANDLE, DISPUTE, "2026-01-17", 0, 0, "2026-02-24", "mediation-one-month"),  # Spring Festival until the 23rd
    (HANDLE, PETITION, "2026-08-03", 0, 0, "2026-10-08", "petition-60-days-2022"),  # 2 Oct; off until the 7th
    (REGISTER, PETITION, "2026-04-20", 0, 0, "2026-05-06", "petition-register-15-days-2022"),  # 5 May is off
    (OBJECT, PETITION, "2026-02-12", 0, 0, "2026-02-26", "petition-object-5-working-days"),  # 13, Sat 14, 24, 25, 26
)


@pytest.mark.parametrize(("clock", "kind", "since", "extended", "paused", "on", "rule"), BY_HAND)
def test_deadlines_agree_with_those_worked_out_by_hand(
    clock: Clock, kind: CaseKind, since: str, extended: int, paused: int, on: str, rule: str
) -> None:
    found = due(clock, kind, day(since), KNOWN, extended=extended, paused=paused)
    assert found == Due(day(on), rule)


def test_the_holiday_of_september_2015_is_known_from_the_day_it_was_announced() -> None:
    before, after = Calendar(date(2015, 5, 12)), Calendar(date(2015, 5, 13))
    assert settle_by(PETITION, date(2015, 7, 5), before).on == date(2015, 9, 3)
    assert settle_by(PETITION, date(2015, 7, 5), after).on == date(2015, 9, 6)
    assert [before.works(date(2015, 9, number)) for number in (3, 4, 5, 6)] == [True, True, False, False]
    assert [after.works(date(2015, 9, number)) for number in (3, 4, 5, 6)] == [False, False, False, True]


def test_a_year_that_nobody_announced_makes_a_deadline_provisional() -> None:
    told = settle_by(PETITION, date(2026, 11, 20), KNOWN)
    assert told == Due(date(2027, 1, 19), "petition-60-days-2022", provisional=True)
    assert not settle_by(PETITION, date(2026, 10, 20), KNOWN).provisional
    announced = work_calendar.Row(
        id="2027", year=2027, day=None, works=None, announced_on=date(2026, 11, 10), document="示例〔2026〕1号"
    )
    off = work_calendar.Row(
        id="2027-01-19", year=None, day=date(2027, 1, 19), works=False, announced_on=date(2026, 11, 10), document="同上"
    )
    known = Calendar(date(2026, 11, 20), (announced, off))
    assert settle_by(PETITION, date(2026, 11, 20), known) == Due(date(2027, 1, 20), "petition-60-days-2022")
    earlier = Calendar(date(2026, 11, 9), (announced, off))
    assert settle_by(PETITION, date(2026, 11, 20), earlier).provisional, "what is announced later is not known yet"


def test_a_deadline_tells_how_it_was_counted() -> None:
    steps = [*counted(BY_CODE["petition-60-days-2022"], date(2022, 7, 4), KNOWN, extended=30, paused=0)]
    assert [(step.step, step.length, step.on.isoformat()) for step in steps] == [
        ("from", 0, "2022-07-04"), ("days", 60, "2022-09-02"), ("extended", 30, "2022-10-02"),
        ("moved", 6, "2022-10-08"),
    ]  # fmt: skip


def test_what_is_put_off_is_counted_again_and_what_a_person_gave_goes_on_from_there() -> None:
    began = date(2015, 6, 11)
    told = settle_by(DISPUTE, began, KNOWN)
    assert told.on == date(2015, 7, 13), "moved from Saturday the 11th"
    assert put_off(told, began, KNOWN, extended=0, paused=5, by=5).on == date(2015, 7, 16), "counted from the 11th"
    given = Due(date(2015, 7, 13), "paper")
    assert put_off(given, began, KNOWN, extended=0, paused=5, by=5) == Due(date(2015, 7, 20), "paper")


def test_every_rule_quotes_its_law_and_says_whether_that_was_checked() -> None:
    assert len(BY_CODE) == len(RULES)
    for rule in RULES:
        assert rule.quote.endswith("。")
        assert rule.law
        assert sum((rule.days > 0, rule.months > 0, rule.working_days > 0)) == 1
    assert [rule.code for rule in RULES if rule.verified] == ["mediation-one-month"]
    assert rule_of(OBJECT, PETITION, date(2022, 4, 30)) is None, "the older regulation knows no such objection"
    assert rule_of(REGISTER, DISPUTE, date(2022, 6, 1)) is None


def test_leaders_are_told_before_a_deadline_and_after_it() -> None:
    on = date(2022, 7, 1)
    assert standing(on, on - timedelta(days=8)) is Standing.RUNNING
    assert standing(on, on - timedelta(days=7)) is Standing.SOON
    assert standing(on, on) is Standing.SOON
    assert standing(on, on + timedelta(days=1)) is Standing.OVERDUE
    assert standing(on, on + timedelta(days=1), paused=True) is Standing.PAUSED
    assert standing(on, on + timedelta(days=9), done_on=on) is Standing.IN_TIME
    assert standing(on, on, done_on=on + timedelta(days=1)) is Standing.LATE
