"""Flags are about a community's record (§3.3.7): nobody is flagged, counted or found by one. All data is invented
(synthetic)."""

import re
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any, get_type_hints

from hypothesis import given, settings
from hypothesis import strategies as st

from services.assessment.entry_commands import AnswerFlag
from services.assessment.evidence.gathered import LEDGERS, Evidence
from services.assessment.evidence.marks import Mark
from services.assessment.flags.asked import Flagged
from services.assessment.flags.raising import Answer, Flag, FlagMember, flags
from services.assessment.ledgers import visits_made
from services.assessment.scoring.recomputing import SCORER
from services.assessment.service import FLAGS, SERVICE
from services.installation import SERVICES
from shared.contracts.assessment import FlagKind, FlagRule
from shared.contracts.assessment_entries import FlagAnswered
from tests.assessment.campaign import EAST, RULEBOOK, WEST, Campaign
from tests.harm.language import PERSON_KEYS, gather, inner_types, told_by


def within(row: type) -> tuple[type, ...]:
    """A row's class, and those of the values within it."""
    found: dict[type, None] = {}
    gather(row, found)
    return tuple(found)


OF_A_PERSON = re.compile(r"officer|handler|leader|name|phone|actor|party|person|who", re.IGNORECASE)
TOLD = (Flagged, Flag, FlagMember, Answer, FlagAnswered, FlagRule, AnswerFlag)


def test_nothing_that_a_flag_says_has_a_place_for_a_person() -> None:
    for cls in TOLD:
        assert [field.name for field in fields(cls) if OF_A_PERSON.search(field.name)] == [], cls.__name__
    assert set(FLAGS.parameters) == {"month", "community", "as_of", "rulebook"}


def test_what_a_community_answers_is_words_and_sealed() -> None:
    numbers = {told.label for told in told_by(FlagAnswered) if inner_types(told.hint) & {int, float, bool}}
    assert numbers == set()
    answers = next(ledger for ledger in SERVICE.ledgers if ledger.name == "flag_answers")
    assert answers.sealed == ("answer",)
    assert set(answers.filters) == {"community", "flag", "month"}


def test_scores_cannot_rest_on_when_whom_or_what_somebody_visited() -> None:
    assert visits_made.LEDGER not in LEDGERS
    assert visits_made.LEDGER not in SCORER.ledgers
    assert visits_made.Row not in {inner for hint in get_type_hints(Evidence).values() for inner in inner_types(hint)}


def test_nobody_is_served_the_visits_with_what_their_diaries_repeat() -> None:
    assert visits_made.LEDGER.internal
    for service in SERVICES:
        for ledger in service.served:
            told = {one.name for inner in within(ledger.row) for one in told_by(inner)}
            assert not ("repeated" in told and told & PERSON_KEYS), ledger.name


RULES = tuple(
    FlagRule(
        code=kind.value, kind=kind, clause="3.3.7", title_zh="虚构", title_en="invented", share="0.0001", least=1,
        days=None if kind in (FlagKind.REPEATED_TEXT, FlagKind.IMPOSSIBLE_TIMES) else 1, given=RULEBOOK.flags[0].given,
    )
    for kind in FlagKind
)  # fmt: skip
START = datetime.fromisoformat("2015-06-15T05:00:00+08:00")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([EAST, WEST]), st.integers(0, 1_200), st.integers(0, 3)),
        min_size=1, max_size=60,
    ),
    st.permutations(["judge-secret-1", "police-secret-2", "lawyer-secret-3"]),
)  # fmt: skip
def test_whoever_made_the_visits_the_flags_are_the_same_and_name_nobody(
    drawn: list[tuple[str, str, int, int]], names: list[str]
) -> None:
    def told(called: dict[str, str]) -> Any:
        rows = [
            visits_made.Row(
                id=f"{code[-1]}/v{n}", case=code[-1], community=code, officer=called[who],
                at=START + timedelta(minutes=minutes), with_diary=True, repeated=repeated,
                marks=(Mark("completed", date(2015, 6, 15), date(2015, 6, 15), 100 + n),),
            )
            for n, (who, code, minutes, repeated) in enumerate(drawn)
        ]  # fmt: skip
        return flags(RULES, MADE.evidence(), rows, date(2015, 12, 31))

    found = told(dict(zip("abc", names, strict=True)))
    assert found == told({"a": "a", "b": "b", "c": "c"})
    assert "secret" not in repr(found)
    assert {one.community for one in found} <= {EAST, WEST}


def _made() -> Campaign:
    made = Campaign().adopt()
    for code in (EAST, WEST):
        made.community(code)
        made.case(code[-1], "2015-06-12", code)
    return made


MADE = _made()


def test_a_flag_can_be_about_no_one_s_case_alone() -> None:
    """What is flagged is a share of a community's month: at least one thing of it, as many as the rule says."""
    two = replace(RULES[0], least=2)
    made = _made()
    made.resolve("1", "2015-06-30")
    assert [one.numerator for one in flags([RULES[0]], made.evidence(), (), date(2015, 12, 31))] == [1]
    assert flags([two], made.evidence(), (), date(2015, 12, 31)) == []
    assert all(rule.least > 1 for rule in RULEBOOK.flags), "the default rules never point at one thing"
