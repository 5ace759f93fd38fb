"""Deadlines worked out by hand from the law's text and the State Council's calendars, and what holds of all of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assignment.aftercare import CONFIRMATION_DAYS
from services.intake.deadlines import (
    BY_CODE,
    COUNTINGS,
    ESCALATION,
    RULES,
    Clock,
    Counted,
    Due,
    DueStanding,
    Level,
    announced_in,
    counted,
    counting_of,
    due,
    due_between,
    due_of,
    escalation,
    put_off,
    rule_of,
    settle_by,
    standing,
)
from shared.calendar import Calendar, Entered
from shared.contracts.codes import CaseKind

DISPUTE, PETITION = CaseKind.DISPUTE, CaseKind.BACKLOG
HANDLE, REGISTER, OBJECT, CONFIRM = Clock.HANDLE, Clock.REGISTER, Clock.OBJECT, Clock.CONFIRM


def day(text: str) -> date:
    return date.fromisoformat(text)


class ByHand(NamedTuple):
    """A deadline that was worked out on paper, by these steps."""

    known: str
    """As of which day the calendar is known."""
    clock: Clock
    kind: CaseKind
    since: str
    on: str
    rule: str
    reckoning: str
    more: dict[str, Any] = {}
    provisional: bool = False


BY_HAND = (
    # 2015: 18–24 Feb off, 28 Feb (Sat) worked; 20–22 Jun off; since 13 May 3–4 Sep off, 6 Sep (Sun) worked
    # and 1–7 Oct off
    ByHand("2015-12-31", HANDLE, DISPUTE, "2015-06-11", "2015-07-13", "mediation-one-month",
           "若干规定33: a month → 11 Jul, a Saturday → Monday the 13th"),
    ByHand("2015-12-31", HANDLE, DISPUTE, "2015-01-31", "2015-02-28", "mediation-one-month",
           "若干规定33: a month → no 31 Feb, the last day: Saturday the 28th, which is worked"),
    ByHand("2015-05-12", HANDLE, PETITION, "2015-07-05", "2015-09-03", "petition-60-days",
           "信访条例33: 26 days to 31 Jul, 31 to 31 Aug, 3 more → Thursday 3 Sep, a working day as known on 12 May"),
    ByHand("2015-05-13", HANDLE, PETITION, "2015-07-05", "2015-09-06", "petition-60-days",
           "the same, known a day later: the 3rd and 4th are off, the 5th is a Saturday, Sunday the 6th is worked"),
    ByHand("2015-12-31", HANDLE, PETITION, "2015-08-02", "2015-10-08", "petition-60-days",
           "信访条例33: 29 days to 31 Aug, 30 to 30 Sep, 1 more → 1 Oct, off until the 7th"),
    ByHand("2015-12-31", REGISTER, PETITION, "2015-06-05", "2015-06-23", "petition-register-15-days",
           "信访条例22: 15 days → Saturday 20 Jun, Dragon Boat; Sunday; Monday the 22nd off in its place"),
    ByHand("2015-12-31", REGISTER, PETITION, "2015-09-12", "2015-09-28", "petition-register-handed-down-15-days",
           "信访条例21: 15 days → Sunday 27 Sep, Mid-Autumn → Monday", {"handed_down": True}),
    ByHand("2015-12-31", CONFIRM, DISPUTE, "2015-09-01", "2015-10-08", "agreement-confirm-30-days",
           "人民调解法33: 29 days to 30 Sep, 1 more → 1 Oct, off until the 7th"),
    # New Year's Eve of 2018 was made a day off on 6 Dec 2018, by the notice of 2019
    ByHand("2018-12-05", REGISTER, PETITION, "2018-12-16", "2018-12-31", "petition-register-15-days",
           "信访条例22: 15 days → Monday 31 Dec, a working day as known on 5 Dec"),
    ByHand("2018-12-06", REGISTER, PETITION, "2018-12-16", "2019-01-02", "petition-register-15-days",
           "the same, known a day later: Monday 31 Dec and Tuesday 1 Jan are off"),
    # 2022: 30 Apr–4 May off, 7 May (Sat) worked; 1–7 Oct off, 8 and 9 Oct (Sat, Sun) worked; new regulation from 1 May
    ByHand("2022-12-31", REGISTER, PETITION, "2022-04-15", "2022-05-05", "petition-register-15-days",
           "信访条例22 still, as of 15 Apr: 15 days → Saturday 30 Apr, off until 4 May"),
    ByHand("2022-12-31", HANDLE, PETITION, "2022-04-30", "2022-06-29", "petition-60-days",
           "信访条例33 on its last day: 31 days to 31 May, 29 more → Wednesday 29 Jun"),
    ByHand("2022-12-31", HANDLE, PETITION, "2022-05-01", "2022-06-30", "petition-60-days-2022",
           "信访工作条例34 on its first day: 30 days to 31 May, 30 more → Thursday 30 Jun"),
    ByHand("2022-12-31", HANDLE, PETITION, "2022-07-04", "2022-10-08", "petition-60-days-2022",
           "信访工作条例34: 27 to 31 Jul, 31 to 31 Aug, 2 → 2 Sep; 30 days more: 28 to 30 Sep, 2 → 2 Oct, off until "
           "the 7th; Saturday the 8th is worked", {"extended": 30}),
    ByHand("2022-12-31", HANDLE, PETITION, "2022-08-01", "2022-10-08", "petition-60-days-2022",
           "信访工作条例34: 30 to 31 Aug, 30 → 30 Sep; paused for 5 → 5 Oct, off until the 7th", {"paused": 5}),
    ByHand("2022-12-31", OBJECT, PETITION, "2022-09-28", "2022-10-10", "petition-object-5-working-days",
           "信访工作条例23: Thursday 29 (1), Friday 30 (2), week off, Saturday 8 (3), Sunday 9 (4), Monday 10 Oct (5)",
           {"handed_down": True}),
    # 2026: 15–23 Feb off, 14 and 28 Feb (Sat) worked; 1–5 May off; 1–7 Oct off
    ByHand("2026-11-01", HANDLE, DISPUTE, "2026-01-17", "2026-02-24", "mediation-one-month",
           "若干规定33: a month → Tuesday 17 Feb, New Year, off until Monday the 23rd"),
    ByHand("2026-11-01", HANDLE, DISPUTE, "2026-01-31", "2026-02-28", "mediation-one-month",
           "若干规定33: a month → no 31 Feb, the last day: Saturday the 28th, which is worked"),
    ByHand("2026-11-01", OBJECT, PETITION, "2026-02-12", "2026-02-26", "petition-object-5-working-days",
           "信访工作条例23: Friday 13 (1), Saturday 14 worked (2), nine days off, 24 (3), 25 (4), Thursday 26 Feb (5)",
           {"handed_down": True}),
    ByHand("2026-11-01", REGISTER, PETITION, "2026-04-20", "2026-05-06", "petition-register-handed-down-15-days-2022",
           "信访工作条例23: 10 days to 30 Apr, 5 more → 5 May, the last day off → Wednesday", {"handed_down": True}),
    ByHand("2026-11-01", HANDLE, PETITION, "2026-08-03", "2026-10-08", "petition-60-days-2022",
           "信访工作条例34: 28 to 31 Aug, 30 to 30 Sep, 2 more → 2 Oct, off until the 7th"),
    # 2027: nobody had announced anything
    ByHand("2026-11-01", HANDLE, PETITION, "2026-11-20", "2027-01-19", "petition-60-days-2022",
           "信访工作条例34: 10 to 30 Nov, 31 to 31 Dec, 19 more → Tuesday 19 Jan, by plain weeks", provisional=True),
    ByHand("2026-11-01", HANDLE, DISPUTE, "2026-12-10", "2027-01-11", "mediation-one-month",
           "若干规定33: a month → 10 Jan, a Sunday → Monday, by plain weeks", provisional=True),
)  # fmt: skip


@pytest.mark.parametrize("row", BY_HAND, ids=[f"{row.rule}-{row.since}-known-{row.known}" for row in BY_HAND])
def test_deadlines_agree_with_those_worked_out_by_hand(row: ByHand) -> None:
    found = due(row.clock, row.kind, day(row.since), Calendar(day(row.known)), **row.more)
    assert found == Due(day(row.on), row.rule, provisional=row.provisional), row.reckoning


def entered(
    announced: str, year: int | None = None, off: Sequence[str] = (), worked: Sequence[str] = ()
) -> list[Entered]:
    """What an office entered of the calendar (an invented document)."""
    known: dict[str, Any] = {
        "announced_on": day(announced),
        "document": f"示例发电〔{announced[:4]}〕1号",
        "position": 0,
    }
    days = [(text, False) for text in off] + [(text, True) for text in worked]
    rows = [Entered(id=text, year=None, day=day(text), works=works, **known) for text, works in days]
    return rows if year is None else [Entered(id=str(year), year=year, day=None, works=None, **known), *rows]


def test_a_year_that_nobody_announced_makes_a_deadline_provisional_until_the_office_enters_it() -> None:
    accepted = day("2026-11-20")
    notice = entered("2026-11-10", 2027, off=("2027-01-19", "2027-01-20"), worked=("2027-01-16",))
    assert settle_by(PETITION, accepted, Calendar(day("2026-11-09"), notice)) == Due(
        day("2027-01-19"), "petition-60-days-2022", provisional=True
    ), "what is announced later is not known yet"
    assert settle_by(PETITION, accepted, Calendar(day("2026-11-10"), notice)) == Due(
        day("2027-01-21"), "petition-60-days-2022"
    ), "the 19th and 20th are off"
    plain = entered("2026-11-10", 2027)
    assert settle_by(PETITION, accepted, Calendar(day("2026-11-10"), plain)) == Due(
        day("2027-01-19"), "petition-60-days-2022"
    ), "the same day, but no longer provisional"
    assert not settle_by(PETITION, day("2026-10-20"), Calendar(day("2026-11-01"))).provisional, "19 Dec is in 2026"


def test_a_deadline_tells_how_it_was_counted_and_by_which_announcements() -> None:
    known = Calendar(day("2022-12-31"))
    steps = [*counted(BY_CODE["petition-60-days-2022"], day("2022-07-04"), known, extended=30)]
    assert steps == [
        Counted("from", 0, day("2022-07-04")), Counted("days", 60, day("2022-09-02")),
        Counted("extended", 30, day("2022-10-02")), Counted("moved", 6, day("2022-10-08")),
    ]  # fmt: skip
    assert [(one.on.isoformat(), one.document) for one in announced_in(steps, known)] == [
        ("2021-10-25", "国务院办公厅关于2022年部分节假日安排的通知（国办发明电〔2021〕11号）")
    ]
    victory = Calendar(day("2015-05-13"))
    steps = [*counted(BY_CODE["petition-60-days"], day("2015-07-05"), victory)]
    assert [one.document for one in announced_in(steps, victory)] == [
        "国务院办公厅关于2015年部分节假日安排的通知（国办发明电〔2014〕28号）", "国发明电〔2015〕1号",
    ]  # fmt: skip
    early = Calendar(day("2026-11-01"))
    steps = [*counted(BY_CODE["petition-60-days-2022"], day("2026-11-20"), early)]
    assert announced_in(steps, early) == (), "nobody said anything of 2027"


def test_what_is_put_off_is_counted_again_and_what_a_person_gave_goes_on_from_there() -> None:
    began, known = date(2015, 6, 11), Calendar(day("2015-12-31"))
    told = settle_by(DISPUTE, began, known)
    assert told.on == date(2015, 7, 13), "moved from Saturday the 11th"
    assert put_off(told, began, known, extended=0, paused=5, by=5).on == date(2015, 7, 16), "counted from the 11th"
    given_by_hand = Due(date(2015, 7, 13), "paper")
    assert put_off(given_by_hand, began, known, extended=0, paused=5, by=5) == Due(date(2015, 7, 20), "paper")


# the law


def test_every_rule_quotes_its_law_and_says_whether_that_was_compared() -> None:
    assert len(BY_CODE) == len(RULES)
    for rule in RULES:
        assert rule.quote.endswith("。")
        assert "第" in rule.law
        assert sum((rule.days > 0, rule.months > 0, rule.working_days > 0)) == 1
        length = {15: "15日", 60: "60日", 30: "三十日"}.get(rule.days) or ("一个月" if rule.months else "5个工作日")
        assert length in rule.quote
    assert [rule.code for rule in RULES if not rule.verified] == []
    assert [one.law for one in COUNTINGS if not one.verified] == []
    assert BY_CODE["agreement-confirm-30-days"].days == CONFIRMATION_DAYS, "explained here, decided by assignment"


def test_a_rule_is_in_force_from_its_first_day_on() -> None:
    assert rule_of(OBJECT, PETITION, day("2022-04-30"), handed_down=True) is None, "信访条例 knows no such objection"
    assert rule_of(OBJECT, PETITION, day("2022-05-01"), handed_down=False) is None, "nobody handed anything down"
    assert rule_of(REGISTER, DISPUTE, day("2022-06-01")) is None
    assert rule_of(CONFIRM, DISPUTE, day("2010-12-31")) is None
    assert settle_by(DISPUTE, day("2001-06-04"), Calendar(day("2001-06-04"))) == Due(
        day("2001-07-04"), "mediation-one-month"
    )


def test_periods_are_counted_by_the_law_of_their_time() -> None:
    laws = {
        "2017-09-30": "民法通则 第一百五十四条", "2017-10-01": "民法总则 第二百零一条至第二百零三条",
        "2020-12-31": "民法总则 第二百零一条至第二百零三条", "2021-01-01": "民法典 第二百零一条至第二百零三条",
    }  # fmt: skip
    for since, law in laws.items():
        found = counting_of(day(since))
        assert found is not None
        assert found.law == law
    assert counting_of(day("1986-12-31")) is None


# escalation


def test_before_a_deadline_the_handler_and_the_leader_are_told_after_it_the_office_and_the_leading_group() -> None:
    on = date(2022, 7, 1)
    told = {
        -30: Level.NONE, -8: Level.NONE, -7: Level.HANDLER, -4: Level.HANDLER, -3: Level.LEADER, 0: Level.LEADER,
        1: Level.OFFICE, 14: Level.OFFICE, 15: Level.GROUP, 400: Level.GROUP,
    }  # fmt: skip
    for past, level in told.items():
        assert escalation(on, on + timedelta(days=past)) is level, past
    assert [one.from_days for one in ESCALATION] == sorted(one.from_days for one in ESCALATION)
    order = [*Level]
    assert [one.level for one in ESCALATION] == order[1:], "each level comes later than the one below it"


@pytest.mark.parametrize("level", Level)
def test_the_cases_of_a_level_are_found_by_their_deadlines(level: Level) -> None:
    today = date(2022, 7, 1)
    first, last = due_between(level, today)
    for past in range(-30, 31):
        on = today - timedelta(days=past)
        assert ((first is None or first <= on) and (last is None or on <= last)) == (escalation(on, today) is level)


def test_a_deadline_stands_in_one_way_on_a_day() -> None:
    on = date(2022, 7, 1)
    assert standing(on, on - timedelta(days=8)) is DueStanding.RUNNING
    assert standing(on, on - timedelta(days=7)) is DueStanding.SOON
    assert standing(on, on) is DueStanding.SOON
    assert standing(on, on + timedelta(days=1)) is DueStanding.OVERDUE
    assert standing(on, on + timedelta(days=1), paused=True) is DueStanding.PAUSED
    assert standing(on, on + timedelta(days=9), done_on=on) is DueStanding.IN_TIME
    assert standing(on, on, done_on=on + timedelta(days=1)) is DueStanding.LATE


# whatever the calendar

DAYS = st.dates(date(2012, 1, 1), date(2028, 6, 30))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """The calendar as known on some day, with what an office entered (invented)."""
    changed = draw(st.dictionaries(DAYS, st.booleans(), max_size=40))
    announced = draw(st.lists(DAYS, min_size=1, max_size=3))
    rows = [
        Entered(
            id=str(on),
            year=None,
            day=on,
            works=works,
            announced_on=announced[n % len(announced)],
            document="示例",
            position=n,
        )
        for n, (on, works) in enumerate(changed.items())
    ]
    return Calendar(draw(DAYS), rows)


EXTENDED, PAUSED = st.integers(0, 30), st.integers(0, 200)
A_RULE = st.sampled_from(RULES)


@given(A_RULE, DAYS, calendars(), EXTENDED, PAUSED)
def test_a_deadline_is_a_working_day_and_the_last_step_of_its_explanation(
    rule: Any, began: date, known: Calendar, extended: int, paused: int
) -> None:
    steps = [*counted(rule, began, known, extended=extended, paused=paused)]
    found = due_of(rule, steps, known)
    assert known.works(found.on)
    assert found.on == steps[-1].on
    assert steps[0] == Counted("from", 0, began)
    for before, step in pairwise(steps):
        if step.step == "working_days":
            passed = [before.on + timedelta(days=n + 1) for n in range((step.on - before.on).days)]
            assert sum(known.works(one) for one in passed) == step.length
        elif step.step != "months":
            assert step.on - before.on == timedelta(days=step.length)
    if steps[-1].step == "moved":
        moved_over = [steps[-2].on + timedelta(days=n) for n in range(steps[-1].length)]
        assert not any(known.works(one) for one in moved_over)


@given(A_RULE, DAYS, st.integers(0, 400), calendars(), EXTENDED, PAUSED)
def test_what_begins_later_is_never_due_earlier(
    rule: Any, began: date, later: int, known: Calendar, extended: int, paused: int
) -> None:
    first, second = (
        [*counted(rule, began + timedelta(days=passed), known, extended=extended, paused=paused)][-1].on
        for passed in (0, later)
    )
    assert first <= second


@given(A_RULE, DAYS, calendars(), st.integers(0, 200), EXTENDED, PAUSED)
def test_a_longer_pause_or_extension_never_makes_a_deadline_earlier(
    rule: Any, began: date, known: Calendar, more: int, extended: int, paused: int
) -> None:
    def last(extended: int, paused: int) -> date:
        return [*counted(rule, began, known, extended=extended, paused=paused)][-1].on

    assert last(extended, paused) <= last(extended + more, paused)
    assert last(extended, paused) <= last(extended, paused + more)


@given(A_RULE, DAYS, DAYS)
def test_only_a_year_that_was_not_announced_makes_a_deadline_provisional(
    rule: Any, began: date, known_on: date
) -> None:
    known = Calendar(known_on)
    found = due_of(rule, [*counted(rule, began, known)], known)
    if found.provisional:
        assert not known.is_announced(found.on) or not known.is_announced(began)
    else:
        assert known.is_announced(found.on)
        by_then = [*counted(rule, began, Calendar(date(2030, 1, 1)))][-1].on
        changed = {date(2015, 9, 3), date(2019, 5, 2), date(2020, 2, 1), date(2018, 12, 31)}
        if all(abs(found.on - one) > timedelta(days=20) for one in changed):
            assert found.on == by_then, "where nothing was changed within the year, what was announced stayed"
