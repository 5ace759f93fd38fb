"""Flags on institutions (§3.3.7): each kind at its thresholds, just below and just above; beside the score, never in
it. Everyone and everything is invented (synthetic)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assessment.commands import AdoptRulebook
from services.assessment.entry_commands import AnswerFlag, VoidSupervision
from services.assessment.evidence.marks import Mark
from services.assessment.flags import raising as assessment_flags
from services.assessment.flags.asked import Flagged, flags_asked, flags_at
from services.assessment.flags.raising import Flag, flags, months_of
from services.assessment.ledgers import visits_made
from services.assessment.rules.rulebook import check
from services.assessment.scoring.measuring import score
from services.assessment.service import SERVICE
from services.closing import closing
from shared.contracts.assessment import FlagKind, FlagRule, Given
from shared.contracts.assignment import CommunityVoided, VisitCompleted, VisitPlanned, WorkAct, WorkRetracted
from shared.contracts.codes import Basis, Profession, VisitResult
from shared.contracts.intake import CaseCorrected, CaseVoided
from shared.contracts.model import Refused
from tests.assessment.campaign import (
    EAST,
    PLAN,
    RULEBOOK,
    STANDING_PLAN,
    WEST,
    WHOLE,
    Campaign,
    Looking,
    inquiry,
    month,
)
from tests.assessment.published import publish
from tests.assessment.test_papers import drawn
from tests.declarations import assert_refusal_is_told

LATER = date(2015, 12, 31)


def rule(kind: FlagKind, share: str = "0.5", least: int = 2, days: int | None = None, code: str = "") -> FlagRule:
    return FlagRule(
        code=code or kind.value, kind=kind, clause="3.3.7", title_zh="虚构规则", title_en="an invented rule",
        share=share, least=least, days=days, given=Given.PROPOSAL,
    )  # fmt: skip


MONTH_END = rule(FlagKind.MONTH_END, days=3)
REOPENED = rule(FlagKind.REOPENED, days=30)
BACKDATED = rule(FlagKind.BACKDATED, days=15)
REPEATED = rule(FlagKind.REPEATED_TEXT)
IMPOSSIBLE = rule(FlagKind.IMPOSSIBLE_TIMES)
VOIDED = rule(FlagKind.VOIDED, share="0.2", least=3, days=3)
EVERY = (MONTH_END, REOPENED, BACKDATED, REPEATED, IMPOSSIBLE, VOIDED)


def begun(*codes: str) -> Campaign:
    """A campaign with communities."""
    made = Campaign().adopt()
    for code in codes or (EAST,):
        made.community(code)
    return made


def raised(made: Campaign, *rules: FlagRule, visits: Sequence[visits_made.Row] = (), as_of: date = LATER) -> list[Flag]:
    return flags(rules, made.evidence(), visits, as_of)


def told(found: Sequence[Flag]) -> list[tuple[str, str, str, int, int]]:
    return [(one.community, one.month, one.code, one.numerator, one.denominator) for one in found]


# month-end closings ---------------------------------------------------------------------------------------------------


def ended(*days: str, **how: Any) -> Campaign:
    """Cases that were settled on these days."""
    made = begun()
    for number, day in enumerate(days):
        made.case(f"c{number}", "2015-06-01", **how)
        made.resolve(f"c{number}", day)
    return made


def test_half_of_a_month_s_closings_in_its_last_three_days_are_a_flag() -> None:
    made = ended("2015-06-10", "2015-06-27", "2015-06-28", "2015-06-30")
    (flag,) = raised(made, MONTH_END)
    assert told([flag]) == [(EAST, "2015-06", "month_end", 2, 4)]
    assert flag.share.exact == "1/2"
    assert flag.share.decimal == "0.5000"
    assert [(one.key, one.why_en) for one in flag.members] == [
        ("c2", "ended on 2015-06-28"), ("c3", "ended on 2015-06-30")
    ]  # fmt: skip
    assert "2015-06办结（化解或依法终止）4件，其中2件在当月最后3天办结；纸质台账转录的不计（50.0%）" in flag.says_zh
    assert "Of 4 cases that ended (settled, or mediation ended) in 2015-06, 2 did in its last 3 days" in flag.says_en
    assert "达到50%且不少于2项" in flag.says_zh


def test_a_smaller_share_or_fewer_of_them_are_none() -> None:
    assert raised(ended("2015-06-10", "2015-06-12", "2015-06-27", "2015-06-28", "2015-06-30"), MONTH_END) == []
    assert raised(ended("2015-06-30"), MONTH_END) == []
    assert raised(ended("2015-06-27", "2015-06-27"), MONTH_END) == [], "the 27th is not of June's last three days"


def test_mediation_that_ended_counts_and_what_was_referred_does_not() -> None:
    made = ended("2015-06-10")
    for id, end in (("t1", True), ("t2", None)):
        made.case(id, "2015-06-01")
        made.terminate(id, "2015-06-29", told=end)
    made.case("r", "2015-06-01")
    made.refer("r", "2015-06-29", outside=True)
    assert told(raised(made, MONTH_END)) == [(EAST, "2015-06", "month_end", 2, 3)]


def test_paper_tells_of_no_haste() -> None:
    made = ended("2015-06-29", "2015-06-30", basis=Basis.PAPER_LEDGER)
    assert told(raised(made, MONTH_END)) == [(EAST, "2015-06", "month_end", 2, 2)], "told late is not taken over"
    made.taken_in("2015-07-05")
    assert raised(made, MONTH_END) == []


def test_what_is_void_counts_in_neither_number() -> None:
    made = ended("2015-06-10", "2015-06-11", "2015-06-29", "2015-06-30")
    assert told(raised(made, MONTH_END)) == [(EAST, "2015-06", "month_end", 2, 4)]
    made.put("case/c0", CaseVoided(reason="sealed:r"), "2015-07-02")
    assert told(raised(made, MONTH_END)) == [(EAST, "2015-06", "month_end", 2, 3)]
    made.put("case/c3", CaseVoided(reason="sealed:r"), "2015-07-02")
    assert raised(made, MONTH_END) == []


def test_a_case_counts_once_in_a_month_and_again_in_another() -> None:
    made = ended("2015-06-10", "2015-06-28")
    made.reopen("c0", "2015-06-15")
    made.resolve("c0", "2015-06-30")
    assert told(raised(made, MONTH_END)) == [(EAST, "2015-06", "month_end", 2, 2)]
    for case in ("c0", "c1"):
        made.reopen(case, "2015-07-10")
        made.resolve(case, "2015-07-31")
    assert told(raised(made, MONTH_END)) == [
        (EAST, "2015-07", "month_end", 2, 2), (EAST, "2015-06", "month_end", 2, 2)
    ]  # fmt: skip


def test_a_day_before_it_happened_nothing_is_known_of_it() -> None:
    made = ended("2015-06-29", "2015-06-30")
    assert raised(made, MONTH_END, as_of=date(2015, 6, 29)) == []
    assert told(raised(made, MONTH_END, as_of=date(2015, 6, 30))) == [(EAST, "2015-06", "month_end", 2, 2)]


# opened again ---------------------------------------------------------------------------------------------------------


def test_cases_opened_again_within_thirty_days_are_put_to_the_month_of_that() -> None:
    made = ended("2015-06-05", "2015-06-20", "2015-06-20", "2015-07-01", "2015-07-02")
    made.reopen("c1", "2015-07-20")  # thirty days
    made.reopen("c2", "2015-07-21")  # thirty-one
    made.reopen("c3", "2015-07-09")
    (flag,) = raised(made, rule(FlagKind.REOPENED, share="0.4", days=30))
    # In July, or in the thirty days before: all five, as the 5th of June lies within them.
    assert told([flag]) == [(EAST, "2015-07", "reopened", 2, 5)]
    assert [one.key for one in flag.members] == ["c1", "c3"]
    assert flag.members[0].why_en == "settled on 2015-06-20, opened again 30 days later (2015-07-20)"
    assert all(len(one.positions) == 2 for one in flag.members)
    assert raised(made, rule(FlagKind.REOPENED, share="0.41", days=30)) == []
    assert raised(made, rule(FlagKind.REOPENED, share="0.4", least=3, days=30)) == []


def test_what_was_settled_too_long_before_the_month_stands_beside_none_of_its_cases() -> None:
    made = ended("2015-06-01", "2015-06-02", "2015-07-01", "2015-07-02")
    for case in ("c2", "c3"):
        made.reopen(case, "2015-07-10")
    (flag,) = raised(made, REOPENED)
    assert told([flag]) == [(EAST, "2015-07", "reopened", 2, 4)], "the 1st of June: thirty days before July"
    made.case("c4", "2015-05-01")
    made.resolve("c4", "2015-05-31")
    assert told(raised(made, REOPENED)) == [(EAST, "2015-07", "reopened", 2, 4)]


def test_what_was_opened_again_twice_is_one_case() -> None:
    made = ended("2015-06-01", "2015-06-02")
    for day in ("2015-06-05", "2015-06-10"):
        made.reopen("c0", day)
        made.resolve("c0", f"{day[:-2]}{int(day[-2:]) + 1:02}")
    assert told(raised(made, rule(FlagKind.REOPENED, least=1, days=30))) == [(EAST, "2015-06", "reopened", 1, 2)]


# entered long afterwards ----------------------------------------------------------------------------------------------


def test_entries_made_more_than_fifteen_days_afterwards_are_put_to_the_month_of_their_entering() -> None:
    made = begun()
    made.meet("2015-06", "2015-06-28")
    made.minutes("2015-06", "2015-07-03", recorded="2015-07-18")  # fifteen days
    made.case("c", "2015-07-02")
    made.resolve("c", "2015-07-10", recorded="2015-07-26")  # sixteen
    made.meet("2015-07", "2015-07-28", code=EAST)
    made.minutes("2015-07", "2015-08-01", recorded="2015-08-30")
    assert raised(made, BACKDATED) == []
    found = raised(made, rule(FlagKind.BACKDATED, share="0.2", least=1, days=15))
    assert told(found) == [(EAST, "2015-08", "backdated", 1, 1), (EAST, "2015-07", "backdated", 1, 5)]
    assert [(one.key, one.why_en) for one in found[1].members] == [
        ("c", "of 2015-07-10, entered 16 days later (2015-07-26)")
    ]


def test_one_event_is_one_entry_though_two_ledgers_tell_of_it() -> None:
    made = begun()
    made.case("c", "2015-06-15")  # reported and accepted, and the latter is what its terms begin with
    assert raised(made, rule(FlagKind.BACKDATED, share="0.0001", least=1, days=15)) == []
    made.resolve("c", "2015-06-20", recorded="2015-07-20")
    found = raised(made, rule(FlagKind.BACKDATED, share="0.3", least=1, days=15))
    assert told(found) == [(EAST, "2015-07", "backdated", 1, 1)]


def test_what_is_void_is_not_backdated_and_what_is_told_late_from_paper_is() -> None:
    made = begun()
    for number in range(3):
        made.case(f"p{number}", "2015-06-02", basis=Basis.PAPER_LEDGER)
        made.resolve(f"p{number}", "2015-06-09", recorded="2015-07-31")
        made.case(f"v{number}", "2015-06-02")
        made.resolve(f"v{number}", "2015-06-09", recorded="2015-07-31")
    assert told(raised(made, BACKDATED)) == [(EAST, "2015-07", "backdated", 6, 6)]
    for number in range(3):
        made.put(f"case/v{number}", CaseVoided(reason="sealed:r"), "2015-08-01")
    assert told(raised(made, BACKDATED)) == [(EAST, "2015-07", "backdated", 3, 3)]


# made void ------------------------------------------------------------------------------------------------------------


def discarded(voided: int, resolved: int, void_on: str = "2015-07-20") -> Campaign:
    """So many cases of 1 July made void while they were open, and so many settled."""
    made = begun()
    for number in range(voided + resolved):
        made.case(f"c{number}", "2015-07-01")
        if number < voided:
            made.put(f"case/c{number}", CaseVoided(reason="sealed:r"), void_on)
        else:
            made.resolve(f"c{number}", "2015-07-10")
    return made


def test_many_open_cases_that_are_made_void_are_a_flag_of_the_month_in_which_they_were() -> None:
    (flag,) = raised(discarded(4, 6), VOIDED)
    assert told([flag]) == [(EAST, "2015-07", "voided", 4, 10)]
    assert [one.key for one in flag.members] == ["c0", "c1", "c2", "c3"]
    assert flag.members[0].why_en == "entered on 2015-07-01, open, made void 19 days later (2015-07-20)"
    assert "2015-07了结的案件10件，其中4件尚未办结即作废，且登记已超过3天（40.0%）" in flag.says_zh


def test_a_mistake_that_is_seen_soon_a_few_of_many_and_what_was_over_are_none() -> None:
    assert raised(discarded(4, 6, void_on="2015-07-04"), VOIDED) == []
    assert raised(discarded(2, 0), VOIDED) == []
    assert raised(discarded(3, 13), VOIDED) == []
    made = discarded(0, 4)
    for number in range(4):
        made.put(f"case/c{number}", CaseVoided(reason="sealed:r"), "2015-07-20")
    assert raised(made, VOIDED) == []


def test_a_case_is_made_void_on_the_day_on_which_the_log_took_that() -> None:
    made = discarded(0, 0)
    for number in range(3):
        made.case(f"c{number}", "2015-07-01")
        made.put(f"case/c{number}", CaseVoided(reason="sealed:r"), "2015-07-02", recorded="2015-08-20")
    assert told(raised(made, VOIDED)) == [(EAST, "2015-08", "voided", 3, 3)]
    assert raised(made, VOIDED, as_of=date(2015, 8, 19)) == []


def test_what_happened_before_the_log_took_the_community_in_can_only_be_from_paper() -> None:
    made = Campaign().adopt()
    made.put(f"community/{EAST}", begun().written[2].event, "2015-06-01", "2015-09-01")
    for number, day in enumerate(("2015-08-31", "2015-09-01", "2015-09-02")):
        made.reported(f"c{number}", day)
        made.written[-1] = replace(made.written[-1], recorded="2015-10-10")
    assert told(raised(made, BACKDATED)) == [(EAST, "2015-10", "backdated", 2, 2)]


# diaries and times ----------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def visit(
    number: int, when: str, officer: str = "police-1", code: str = EAST, diary: bool = True, repeated: int = 0
) -> visits_made.Row:
    """A visit in the community's own case."""
    day = at(when).date()
    return visits_made.Row(
        id=f"{code[-1]}/v{number}", case=code[-1], community=code, officer=officer, at=at(when), with_diary=diary,
        repeated=repeated, marks=(Mark("completed", day, day, 100 + number),),
    )  # fmt: skip


def places(*codes: str) -> Campaign:
    """A case in each community, by its last digit."""
    made = begun(*codes)
    for code in codes or (EAST,):
        made.case(code[-1], "2015-06-01", code)
    return made


def test_half_of_the_diaries_saying_what_an_earlier_one_said_are_a_flag() -> None:
    copies = [visit(n, f"2015-06-1{n}T10:00:00", repeated=max(0, n - 2)) for n in range(1, 5)]
    made = places()
    (flag,) = raised(made, REPEATED, visits=copies)
    assert told([flag]) == [(EAST, "2015-06", "repeated_text", 2, 4)]
    assert [(one.key, one.why_en) for one in flag.members] == [
        ("1/v3", "the same as 1 before it"), ("1/v4", "the same as 2 before it")
    ]  # fmt: skip
    unlike = visit(5, "2015-06-15T10:00:00")
    assert raised(made, REPEATED, visits=[*copies, unlike]) == []
    silent = replace(unlike, with_diary=False)
    assert len(raised(made, REPEATED, visits=[*copies, silent])) == 1, "a visit without a diary says nothing"
    assert raised(made, REPEATED, visits=copies[:3]) == [], "one is fewer than two"


@pytest.mark.parametrize(
    ("when", "odd"),
    [("05:59:59", True), ("06:00:00", False), ("12:00:00", False), ("22:00:00", False), ("22:00:01", True),
     ("00:00:00", True)],
)  # fmt: skip
def test_before_six_and_after_ten_nobody_visits(when: str, odd: bool) -> None:
    found = raised(places(), rule(FlagKind.IMPOSSIBLE_TIMES, least=1), visits=[visit(1, f"2015-06-15T{when}")])
    assert bool(found) is odd
    if odd:
        assert found[0].members[0].why_zh == f"{when[:5]}开始"


def test_the_hour_is_the_civil_one_whatever_offset_it_was_written_in() -> None:
    utc = replace(visit(1, "2015-06-15T10:00:00"), at=datetime.fromisoformat("2015-06-14T21:30:00+00:00"))
    (flag,) = raised(places(), rule(FlagKind.IMPOSSIBLE_TIMES, least=1), visits=[utc])
    assert (flag.month, flag.members[0].why_en) == ("2015-06", "it began at 05:30")


@pytest.mark.parametrize(("minutes", "odd"), [(0, True), (10, True), (11, False)])
def test_nobody_is_in_two_communities_within_ten_minutes(minutes: int, odd: bool) -> None:
    made = places(EAST, WEST)
    pair = [visit(1, "2015-06-15T10:00:00"), visit(2, f"2015-06-15T10:{minutes:02}:00", code=WEST)]
    found = raised(made, rule(FlagKind.IMPOSSIBLE_TIMES, least=1), visits=pair)
    assert [one.community for one in found] == ([EAST, WEST] if odd else [])
    another = replace(pair[1], officer="police-2")
    assert raised(made, rule(FlagKind.IMPOSSIBLE_TIMES, least=1), visits=[pair[0], another]) == []
    at_home = [pair[0], replace(pair[1], case="1", community=EAST)]
    assert raised(made, rule(FlagKind.IMPOSSIBLE_TIMES, least=1), visits=at_home) == []


def test_a_visit_between_them_hides_nobody_s_haste() -> None:
    made = places(EAST, WEST)
    three = [
        visit(1, "2015-06-15T10:00:00"), visit(2, "2015-06-15T10:05:00"), visit(3, "2015-06-15T10:10:00", code=WEST)
    ]  # fmt: skip
    found = raised(made, rule(FlagKind.IMPOSSIBLE_TIMES, least=1), visits=three)
    assert told(found) == [(EAST, "2015-06", "impossible_times", 2, 2), (WEST, "2015-06", "impossible_times", 1, 1)]


def test_twenty_visits_a_day_can_be_made_and_twenty_one_cannot() -> None:
    day = [visit(n, f"2015-06-15T{8 + n // 4:02}:{n % 4 * 15:02}:00") for n in range(21)]
    another = visit(30, "2015-06-16T09:00:00")
    assert raised(places(), IMPOSSIBLE, visits=[*day[:20], another]) == []
    (flag,) = raised(places(), IMPOSSIBLE, visits=[*day, another])
    assert told([flag]) == [(EAST, "2015-06", "impossible_times", 21, 22)]


def test_no_flag_says_whose_visits_they_were() -> None:
    made, who = places(EAST, WEST), "police-17"
    day = [visit(n, f"2015-06-15T{8 + n // 4:02}:{n % 4 * 15:02}:00", who, repeated=1) for n in range(21)]
    near = visit(40, "2015-06-15T08:05:00", who, WEST, repeated=1)
    found = raised(made, *EVERY, rule(FlagKind.IMPOSSIBLE_TIMES, least=1, code="times"), visits=[*day, near])
    assert {one.code for one in found} == {"repeated_text", "impossible_times", "times"}
    assert who not in repr(found)
    renamed = [replace(one, officer="judge-3") for one in (*day, near)]
    assert raised(made, *EVERY, visits=renamed) == raised(made, *EVERY, visits=[*day, near])


def test_a_visit_goes_with_its_case_to_another_community_and_is_void_with_it() -> None:
    made = places(EAST, WEST)
    copies = [visit(n, f"2015-06-1{n}T10:00:00", repeated=1) for n in (1, 2)]
    assert told(raised(made, REPEATED, visits=copies)) == [(EAST, "2015-06", "repeated_text", 2, 2)]
    void = replace(copies[0], marks=(*copies[0].marks, Mark("voided", date(2015, 6, 20), date(2015, 6, 20), 200)))
    assert raised(made, REPEATED, visits=[void, copies[1]]) == []
    moved = CaseCorrected(
        reason="sealed:r", community=WEST, grid=None, kind=None, dispute_type=None, source=None, summary=None,
        parties=None, reported_on=None, resolved_on=None,
    )  # fmt: skip
    made.put("case/1", moved, "2015-06-25")
    assert told(raised(made, REPEATED, visits=copies)) == [(WEST, "2015-06", "repeated_text", 2, 2)]
    made.put("case/1", CaseVoided(reason="sealed:r"), "2015-06-26")
    assert raised(made, REPEATED, visits=copies) == []


# the ledger of visits -------------------------------------------------------------------------------------------------


def test_what_took_place_is_kept_and_what_was_taken_back_is_void() -> None:
    made = places()
    planned = VisitPlanned(
        visit="v1", officer="police-1", community=EAST, grid="01", on=date(2015, 6, 15), must=True
    )  # fmt: skip
    done = VisitCompleted(
        visit="v2", officer="police-2", community=EAST, grid="01", must=True, diary="sealed:d", repeated=3
    )  # fmt: skip
    back = WorkRetracted(act=WorkAct.VISIT, item="v2", visit=VisitResult.COMPLETED, community=EAST, reason="sealed:r")
    made.put("handling/1", planned, "2015-06-13")
    position = made.put("handling/1", done, "2015-06-15", "2015-06-17")
    made.put("handling/1", replace(back, item="v1"), "2015-06-18")
    (row,) = made.rows()["visits_made"]
    assert (row.id, row.case, row.community, row.with_diary, row.repeated) == ("1/v2", "1", EAST, True, 3)
    assert [(m.what, m.position) for m in row.marks] == [("completed", position)]
    made.put("handling/1", back, "2015-06-19")
    (row,) = made.rows()["visits_made"]
    assert [m.what for m in row.marks] == ["completed", "voided"]


def test_an_old_visit_repeats_nothing() -> None:
    made = places()
    made.visit("1", "v1", "2015-06-15")
    (row,) = made.rows()["visits_made"]
    assert (row.repeated, row.with_diary) == (0, False)


# what they are not ----------------------------------------------------------------------------------------------------


def odd_season() -> Campaign:
    """A campaign that raises flags."""
    made = begun(EAST, WEST)
    made.post_all(EAST)
    for number in range(6):
        made.case(f"c{number}", "2015-06-12", due="2015-08-01")
        made.resolve(f"c{number}", "2015-06-30", recorded="2015-07-30" if number % 2 else None)
    for number in range(3):
        made.reopen(f"c{number}", "2015-07-10", due="2015-08-30")
    for number in range(6):
        done = VisitCompleted(
            visit="v1", officer="police-1", community=EAST, grid="01", must=True, diary="sealed:d", repeated=number
        )  # fmt: skip
        made.put(f"handling/c{number}", done, "2015-06-20")
    return made


def test_no_score_knows_of_a_flag() -> None:
    made = odd_season()
    assert len({one.code for one in raised(made, *EVERY, visits=made.rows()["visits_made"])}) >= 4
    before = made.scores(month("2015-06"), "2015-07-31")
    without = replace(RULEBOOK, flags=())
    severe = replace(RULEBOOK, flags=tuple(replace(one, share="0.0001", least=1) for one in RULEBOOK.flags))
    for rulebook in (without, severe):
        again = score(rulebook, PLAN, made.evidence(), month("2015-06"), date(2015, 7, 31), whole=WHOLE)
        assert again == before


def test_a_diary_that_repeats_changes_no_score() -> None:
    made = odd_season()
    before = made.scores(month("2015-06"), "2015-07-31")
    for number, one in enumerate(made.written):
        if isinstance(one.event, VisitCompleted):
            made.written[number] = replace(one, event=replace(one.event, repeated=0))
    assert raised(made, REPEATED, visits=made.rows()["visits_made"]) == []
    assert made.scores(month("2015-06"), "2015-07-31") == before


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_in_which_unrelated_things_were_entered_changes_no_flag(order: list[int]) -> None:
    def entered(numbers: Sequence[int]) -> Campaign:
        made = begun(EAST, WEST)
        for number in numbers:
            code = WEST if number % 3 == 0 else EAST
            made.case(f"c{number}", "2015-06-12", code)
            made.resolve(f"c{number}", f"2015-06-{20 + number % 11}", recorded="2015-07-20" if number % 2 else None)
            if number % 4 == 0:
                made.reopen(f"c{number}", "2015-07-05", code)
        return made

    rules = (replace(MONTH_END, share="0.1"), replace(REOPENED, share="0.1"), BACKDATED)
    one, other = raised(entered(range(12)), *rules), raised(entered(order), *rules)
    assert told(one) == told(other)
    assert len(one) >= 3
    assert [{m.key for m in flag.members} for flag in one] == [{m.key for m in flag.members} for flag in other]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([EAST, WEST]), st.sampled_from("ab")), max_size=40),
    st.integers(0, 10_000),
)
def test_within_ten_minutes_is_what_comparing_each_with_each_says(
    drawn: list[tuple[int, str, str]], shift: int
) -> None:
    made = places(EAST, WEST)
    rows = [
        replace(visit(n, "2015-06-15T08:00:00", who, code), at=at("2015-06-15T08:00:00") + timedelta(minutes=m + shift))
        for n, (m, code, who) in enumerate(drawn)
    ]
    found = raised(made, rule(FlagKind.IMPOSSIBLE_TIMES, share="0.0001", least=1), visits=rows)
    two_places = {m.key for flag in found for m in flag.members if "另一社区" in m.why_zh}
    assert two_places == {
        one.id for one in rows for other in rows
        if one.officer == other.officer and one.community != other.community
        and abs(one.at - other.at) <= timedelta(minutes=10)
    }  # fmt: skip


def test_numbers_are_exact_and_never_a_float() -> None:
    made = ended("2015-06-10", "2015-06-29", "2015-06-30")
    (flag,) = raised(made, replace(MONTH_END, share="0.6666"))
    assert (flag.share.exact, flag.share.decimal) == ("2/3", "0.6667")
    assert "66.7%" in flag.says_en
    assert raised(made, replace(MONTH_END, share="0.6667")) == []


# the default rules, and others' ---------------------------------------------------------------------------------------


def test_the_default_rulebook_has_a_rule_of_every_kind_marked_as_a_proposal() -> None:
    assert {one.kind for one in RULEBOOK.flags} == set(FlagKind)
    assert {one.given for one in RULEBOOK.flags} == {Given.PROPOSAL}


@pytest.mark.parametrize(
    ("rules", "code", "field"),
    [
        ((replace(MONTH_END, days=None),), "flag_unfit", "rulebook.flags.0.days"),
        ((replace(REOPENED, days=None),), "flag_unfit", "rulebook.flags.0.days"),
        ((replace(BACKDATED, days=None),), "flag_unfit", "rulebook.flags.0.days"),
        ((replace(REPEATED, days=3),), "flag_unfit", "rulebook.flags.0.days"),
        ((MONTH_END, replace(IMPOSSIBLE, days=3)), "flag_unfit", "rulebook.flags.1.days"),
        ((replace(REPEATED, share="0"),), "flag_unfit", "rulebook.flags.0.share"),
        ((replace(REPEATED, share="1.0001"),), "flag_unfit", "rulebook.flags.0.share"),
        ((REPEATED, replace(MONTH_END, code="repeated_text")), "repeated_code", "rulebook.flags.1.code"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_refused(rules: tuple[FlagRule, ...], code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        check(replace(RULEBOOK, flags=rules))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_share_of_one_and_two_rules_of_a_kind_are_fit() -> None:
    check(replace(RULEBOOK, flags=(*EVERY, replace(MONTH_END, code="week", days=7, share="1"))))


# asked for, and answered ----------------------------------------------------------------------------------------------


def look_at(made: Campaign) -> Looking:
    return Looking(made)


JUNE = AnswerFlag(community=EAST, flag="month_end", month="2015-06", answer="sealed:a")


def test_a_flag_is_answered_and_the_answer_stands_beside_it() -> None:
    made = odd_season()
    raised_now = {one.code: one for one in flags_at(look_at(made), RULEBOOK.flags, months={"2015-06"}, community=EAST)}
    assert raised_now["month_end"].answers == ()
    made.send(JUNE, "2015-08-02")
    answered = {one.code: one for one in flags_at(look_at(made), RULEBOOK.flags, months={"2015-06"}, community=EAST)}
    assert [one.on for one in answered["month_end"].answers] == [date(2015, 8, 2)]
    assert {code for code, one in answered.items() if one.answers} == {"month_end"}
    assert replace(answered["month_end"], answers=()) == raised_now["month_end"], "an answer changes nothing of it"


def test_a_flag_is_answered_when_its_month_is_over() -> None:
    early = odd_season()
    with pytest.raises(Refused) as caught:
        early.send(JUNE, "2015-06-30", recorded="2015-08-02")
    assert (caught.value.code, caught.value.field) == ("month_not_over", "occurred_at")
    assert_refusal_is_told(SERVICE, caught.value)
    early.send(JUNE, "2015-07-01", recorded="2015-08-02")


def test_an_answer_that_was_made_void_stands_there_no_more() -> None:
    made = odd_season()
    made.send(JUNE, "2015-08-02", id="said")
    made.send(VoidSupervision(reason="sealed:r"), "2015-08-03", id="said")
    found = flags_at(look_at(made), RULEBOOK.flags, months={"2015-06"}, community=EAST)
    assert found
    assert [one.answers for one in found] == [()] * len(found)


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (replace(JUNE, flag="no_rule"), "no_such_flag", "flag"),
        (replace(JUNE, month="2015-05"), "no_such_flag", "flag"),
        (replace(JUNE, community=WEST), "no_such_flag", "flag"),
        (replace(JUNE, flag="impossible_times"), "no_such_flag", "flag"),
        (replace(JUNE, community="410105010009"), "unknown_community", "community"),
    ],
)
def test_what_is_not_raised_is_not_answered(command: AnswerFlag, code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        odd_season().send(command, "2015-08-02")
    assert (caught.value.code, caught.value.field) == (code, field)


def test_what_can_be_refused_without_the_evidence_is_refused_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = odd_season()

    def unasked(look: Any) -> Any:
        raise AssertionError("the evidence was asked for")

    monkeypatch.setattr(assessment_flags, "evidence_at", unasked)
    for command, code in (
        (replace(JUNE, flag="no_rule"), "no_such_flag"), (replace(JUNE, month="2015-08"), "month_not_over"),
        (replace(JUNE, community="410105010009"), "unknown_community"),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            made.send(command, "2015-08-02")
        assert caught.value.code == code
    with pytest.raises(AssertionError):
        made.send(JUNE, "2015-08-02")


def test_a_rulebook_by_which_no_plan_publishes_changes_no_flag_and_gives_its_own_where_it_is_named() -> None:
    made = odd_season()
    before = asked_of(made)
    trial = replace(RULEBOOK, code="trial", flags=(replace(MONTH_END, code="hurry", least=1),))
    made.send(AdoptRulebook(rulebook=trial, author="办公室", reason="试行"), "2015-08-01", id="trial")
    assert before.flags
    assert asked_of(made).flags == before.flags
    assert (asked_of(made).rulebook, asked_of(made, rulebook="trial").rulebook) == ("default", "trial")
    assert {one.code for one in asked_of(made, rulebook="trial").flags} == {"hurry"}


def test_a_rulebook_by_which_no_plan_publishes_changes_no_paper() -> None:
    made = odd_season()
    id = publish(made, "2015-06", "2015-07-31")
    asked_with = {"circular": {"publication": id}, "summary": {}, "monthly-report": {"month": "2015-06"}}
    before = {kind: drawn(made, kind, as_of="2015-08-31", **said).paper for kind, said in asked_with.items()}
    ended = closing(look_at(made), PLAN.code, date(2015, 8, 31))
    assert all(one.flags for one in (*before.values(), ended))
    trial = replace(RULEBOOK, code="trial", flags=())
    made.send(AdoptRulebook(rulebook=trial, author="办公室", reason="试行"), "2015-08-20", id="trial")
    for kind, said in asked_with.items():
        assert drawn(made, kind, as_of="2015-08-31", **said).paper == before[kind], kind
    assert closing(look_at(made), PLAN.code, date(2015, 8, 31)) == ended


def test_a_month_s_flags_are_by_the_rulebook_of_that_month_s_plan() -> None:
    made = odd_season()
    later = replace(RULEBOOK, code="later", flags=(replace(MONTH_END, code="hurry", least=1),))
    made.send(AdoptRulebook(rulebook=later, author="办公室", reason="常设"), "2016-01-01", id="later")
    publishing = tuple(replace(one, rulebook="later") for one in STANDING_PLAN.publishing)
    first = date(2016, 1, 1)
    made.plan(replace(STANDING_PLAN, since=first, until=None, issued_on=first, publishing=publishing))
    found = flags_asked(look_at(made), inquiry(made, {"month": "2015-06"}, date(2016, 2, 1)))
    assert (found.rulebook, found.flags) == ("default", asked_of(made, month="2015-06").flags)
    assert flags_asked(look_at(made), inquiry(made, {}, date(2016, 2, 1))).rulebook == "later"


def test_a_flag_of_any_rulebook_is_answered() -> None:
    made = odd_season()
    hurry = replace(MONTH_END, code="hurry", least=1)
    trial = AdoptRulebook(rulebook=replace(RULEBOOK, code="trial", flags=(hurry,)), author="办公室", reason="试行")
    made.send(trial, "2015-08-01", id="trial")
    made.send(JUNE, "2015-08-02")
    made.send(replace(JUNE, flag="hurry"), "2015-08-02")
    assert [one.code for one in asked_of(made, rulebook="trial").flags if one.answers] == ["hurry"]


def asked_of(made: Campaign, **said: str) -> Flagged:
    return flags_asked(look_at(made), inquiry(made, said, LATER))


def asked(**said: str) -> Flagged:
    return asked_of(odd_season(), **said)


def test_what_is_asked_for_is_what_is_told() -> None:
    every = asked()
    assert (every.rulebook, every.as_of) == ("default", LATER)
    assert {one.month for one in every.flags} == {"2015-06", "2015-07"}
    assert [one.month for one in every.flags] == sorted((one.month for one in every.flags), reverse=True)
    assert {one.month for one in asked(month="2015-07").flags} == {"2015-07"}
    assert asked(community=WEST).flags == ()
    assert "month_end" not in {one.code for one in asked(as_of="2015-06-29").flags}


@pytest.mark.parametrize(
    ("said", "code"),
    [({"month": "2015-6"}, "malformed"), ({"month": "2015-13"}, "malformed"), ({"as_of": "morgen"}, "malformed"),
     ({"as_of": "2016-01-01"}, "in_the_future"), ({"rulebook": "none"}, "unknown_rulebook"),
     ({"community": "zz"}, "unknown_community")],
)  # fmt: skip
def test_what_cannot_be_read_or_is_not_there_is_refused(said: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as caught:
        asked(**said)
    assert (caught.value.code, caught.value.field) == (code, *said)


def test_a_community_that_was_made_void_is_unknown() -> None:
    made = odd_season()
    third = "410105010009"
    made.community(third)
    assert asked_of(made, community=third).flags == ()
    made.put(f"community/{third}", CommunityVoided(code=third, names=("虚构社区9",), reason="误"), "2015-07-01")
    with pytest.raises(Refused) as caught:
        asked_of(made, community=third)
    assert caught.value.code == "unknown_community"


def test_where_no_rulebook_is_in_force_nothing_is_odd() -> None:
    made = Campaign()
    made.community(EAST)
    made.post("police-1", Profession.POLICE)
    found = asked_of(made)
    assert (found.rulebook, found.flags) == (None, ())


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert list(months_of(date(2015, 11, 30), date(2016, 1, 1))) == ["2015-11", "2015-12", "2016-01"]
