"""Which what-if is asked for: what is not named, what is named in which version, and what cannot be compared
(synthetic)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessment.commands import AdoptRulebook
from services.assessment.ledgers import plans, rulebooks
from services.assessment.what_if.asked import Texts, sides, supposed_asked, wanted
from services.assessment.what_if.comparing import Rules
from shared.contracts.assessment import Plan, Rulebook
from shared.contracts.model import Refused
from tests.assessment.campaign import EAST, PLAN, RULEBOOK, Campaign, Looking, inquiry

TODAY = date(2015, 8, 31)
SAID = {"period_kind": "month", "period": "2015-06", "as_of": "2015-07-31"}
TRIAL = replace(RULEBOOK, code="trial", grace_days=0)
DRAFT = replace(RULEBOOK, code="draft")


def campaign() -> tuple[Campaign, int]:
    """One in which a rulebook is amended, and another tried; and the position before both."""
    made = Campaign().adopt()
    made.community(EAST)
    made.case("c1", "2015-06-12", due="2015-06-20")
    before = len(made.written) - 1
    for book in (replace(RULEBOOK, grace_days=1), TRIAL):
        made.send(AdoptRulebook(rulebook=book, author="办公室", reason="试行"), "2015-08-01", id=book.code)
    return made, before


def texts(made: Campaign, position: int | None = None, **drafts: Plan | Rulebook) -> Texts:
    rows = made.rows()
    return Texts(
        plans=rows[plans.LEDGER.name], rulebooks=rows[rulebooks.LEDGER.name], position=position, drafts=drafts
    )  # fmt: skip


def named(position: int | None = None, /, **said: str) -> list[tuple[str, int | None]]:
    """The rulebooks of both sides."""
    made, _ = campaign()
    both = sides(wanted(SAID | said, TODAY), texts(made, position, draft=DRAFT))
    return [_book(side) for side in both]


def _book(side: Rules) -> tuple[str, int | None]:
    return side.rulebook.code, side.rulebook_version


def test_what_is_not_named_is_what_the_plan_publishes_by_whatever_was_adopted_since() -> None:
    assert named(other_rulebook="trial") == [("default", 2), ("trial", 1)]
    assert named(rulebook="default@1", other_rulebook="default") == [("default", 1), ("default", 2)]
    assert named(rulebook="draft", other_rulebook="default@1") == [("draft", None), ("default", 1)]


def test_at_a_position_it_is_what_was_in_force_there_and_what_came_later_is_named() -> None:
    _, before = campaign()
    assert named(before, other_rulebook="default@2") == [("default", 1), ("default", 2)]
    assert named(before, rulebook="trial", other_rulebook="default") == [("trial", 1), ("default", 1)]


def test_the_period_has_the_days_that_each_plan_gives_it() -> None:
    made, _ = campaign()
    before, after = sides(wanted(SAID | {"other_plan": "later", "other_rulebook": "trial"}, TODAY), texts(
        made, later=replace(PLAN, code="later", posting_months=1)
    ))  # fmt: skip
    assert (before.plan, before.plan_version, before.period.to_day) == (PLAN, 1, date(2015, 6, 30))
    assert (after.plan.code, after.plan_version) == ("later", None)


@pytest.mark.parametrize(
    "said",
    [{}, {"rulebook": "default@2"}, {"other_rulebook": "default"}, {"other_plan": PLAN.code},
     {"rulebook": "trial", "other_rulebook": "trial@1"}],
)  # fmt: skip
def test_rules_are_not_compared_with_themselves(said: dict[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        named(**said)
    assert caught.value.code == "same_rules"


def test_a_what_if_at_a_position_has_the_evidence_of_there() -> None:
    made, before = campaign()
    made.case("c2", "2015-06-13", due="2015-06-20")
    asked = SAID | {"rulebook": "default@1", "other_rulebook": "trial", "all": "true"}
    for position, cases in ((before, 1), (None, 2)):
        said = asked if position is None else asked | {"position": str(position)}
        found = supposed_asked(Looking(made), inquiry(made, said, TODAY))
        assert found.position == (len(made.written) - 1 if position is None else position)
        (east,) = [one for one in found.institutions if one.community == EAST]
        (rate,) = [one for one in east.indicators if one.code == "resolve_rate"]
        assert rate.before is not None
        assert rate.before.denominator == cases


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"period_kind": "week"}, "malformed", "period_kind"), ({"as_of": "31.7."}, "malformed", "as_of"),
        ({"period_kind": ""}, "missing_parameter", "period_kind"), ({"period": ""}, "missing_parameter", "period"),
        ({"as_of": "2015-09-01"}, "in_the_future", "as_of"), ({"all": "yes"}, "malformed", "all"),
        ({"position": "-1"}, "malformed", "position"), ({"position": "１"}, "malformed", "position"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(said: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        wanted(SAID | said, TODAY)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"plan": "other"}, "unknown_plan", "plan"), ({"plan": f"{PLAN.code}@2"}, "unknown_version", "plan"),
        ({"rulebook": "x@1"}, "unknown_rulebook", "rulebook"),
        ({"rulebook": "default@x"}, "unknown_version", "rulebook"),
        ({"other_plan": "x"}, "unknown_plan", "other_plan"), ({"plan": "draft"}, "unknown_plan", "plan"),
        ({"other_rulebook": "default@"}, "unknown_version", "other_rulebook"),
        ({"other_rulebook": "trial", "period": "2015-6"}, "unknown_period", "period"),
        ({"other_rulebook": "trial", "as_of": "2015-05-01"}, "period_not_begun", "as_of"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_refused(said: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        named(**said)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(("missing", "code"), [("plans", "no_plan"), ("rulebooks", "no_rulebook")])
def test_where_nothing_was_adopted_there_is_nothing_to_compare(missing: str, code: str) -> None:
    there: dict[str, Any] = {"plans": campaign()[0].rows()["plans"], "rulebooks": campaign()[0].rows()["rulebooks"]}
    with pytest.raises(Refused) as caught:
        sides(wanted(SAID, TODAY), Texts(**{**there, missing: ()}))
    assert caught.value.code == code


def test_an_unknown_version_says_which_there_are() -> None:
    with pytest.raises(Refused) as caught:
        named(rulebook="default@9")
    assert caught.value.known == {"item": "default@9", "there": "default@1, default@2"}
