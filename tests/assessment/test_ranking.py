"""The communities' order: ties are said, and so is why a community has no place. All in it is invented."""

from datetime import date
from typing import Any

import pytest

from services.assessment.ledgers.scores import Row
from services.assessment.scoring.ranking import NoPlace, Place, Ranking, ranking, ranks, reasons
from shared.contracts.assessment import RankUse, RulebookAdopted
from shared.contracts.codes import Role
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from tests.assessment.campaign import EAST, LOG, RULEBOOK, WEST, Campaign, Looking
from tests.assessment.test_score import STREAM, publish

PUBLICATION = STREAM.partition("/")[2]
MINIMUM = next(one.minimum for one in RULEBOOK.indicators if one.code == "resolve_rate")
SOUTH, NORTH = "410105010003", "410105010004"


def season(**settled: int) -> Campaign:
    """As many cases in each community as are needed for a place, and so many settled: `east=3`."""
    made = Campaign().adopt()
    codes = {"east": EAST, "west": WEST, "south": SOUTH, "north": NORTH}
    for name, count in settled.items():
        made.community(codes[name])
        for number in range(MINIMUM):
            made.case(f"{name}{number}", "2015-06-12", codes[name])
            if number < count:
                made.resolve(f"{name}{number}", "2015-06-20")
    return made


def published(made: Campaign) -> list[Row]:
    publish(made)
    return [row for row in made.rows()["scores"] if row.publication == PUBLICATION]


def asked(made: Campaign, role: str = Role.OFFICE) -> Ranking:
    return ranking(Looking(made), PUBLICATION, role)


def test_equal_shares_have_one_place_and_the_next_is_passed_over() -> None:
    rows = published(season(east=5, west=3, south=3, north=1))
    found = ranks(rows, RankUse.PUBLIC, None)
    by_community = {row.community: found.get(row.id) for row in rows}
    assert by_community == {
        LOG: None, EAST: Place(1, shared=False), WEST: Place(2, shared=True), SOUTH: Place(2, shared=True),
        NORTH: Place(4, shared=False),
    }  # fmt: skip


def test_shares_are_compared_exactly_and_not_by_what_is_shown() -> None:
    """A third is no 0.3333: two that look alike in four places are no tie."""
    first, second = (row for row in published(season(east=2, west=2)) if row.community != LOG)
    thousandth = replace(first.points, exact="1/3"), replace(first.points, exact="3333/10000")
    one = replace(first.possible, exact="1/1")
    rows = [replace(row, points=of, possible=one) for row, of in zip((first, second), thousandth, strict=True)]
    assert ranks(rows, RankUse.PUBLIC, None) == {
        first.id: Place(1, shared=False), second.id: Place(2, shared=False)
    }  # fmt: skip


def test_the_answer_says_places_ties_and_what_they_rest_on() -> None:
    made = season(east=3, west=3)
    rows = {row.community: row for row in published(made)}
    found = asked(made)
    assert (found.publication, found.shown_to, found.period.name, found.as_of) == (
        PUBLICATION, RankUse.OFFICE, "2015-06", date(2015, 7, 6)
    )  # fmt: skip
    assert [(one.community, one.place, one.shared) for one in found.places] == [(EAST, 1, True), (WEST, 1, True)]
    assert found.places[0].points == rows[EAST].points.exact
    assert found.without == ()


def test_a_community_below_a_minimum_has_no_place_and_is_told_of_which_indicator() -> None:
    made = season(east=3)
    made.community(WEST)
    made.case("w", "2015-06-12", WEST)
    publish(made)
    found = asked(made)
    assert [one.community for one in found.places] == [EAST]
    (west,) = found.without
    (why,) = west.reasons
    assert (west.community, why.why, why.indicator, why.clause) == (WEST, NoPlace.BELOW_MINIMUM, "resolve_rate", "5.1")
    assert (why.denominator, why.minimum) == (1, MINIMUM)


def test_where_nothing_is_measured_that_is_the_reason() -> None:
    made = Campaign().adopt()
    unweighed = tuple(replace(one, weight="0", minimum=0) for one in RULEBOOK.indicators)
    _adopt(made, indicators=unweighed)
    made.community(EAST)
    (_, east) = published(made)
    assert [one.why for one in reasons(east, replace(RULEBOOK, indicators=unweighed))] == [NoPlace.NOT_MEASURED]
    assert [one.reasons[0].why for one in asked(made).without] == [NoPlace.NOT_MEASURED]


def test_everybody_has_either_a_place_or_a_reason() -> None:
    made = season(east=3, west=1)
    made.community(SOUTH)
    rows = published(made)
    found = asked(made)
    placed, without = {one.community for one in found.places}, {one.community for one in found.without}
    assert placed | without == {row.community for row in rows} - {LOG}
    assert not placed & without


def test_it_is_kept_from_those_whom_the_rulebook_does_not_name() -> None:
    made = season(east=3)
    publish(made)
    for role in (Role.CLERK, Role.OFFICER, Role.LEADER):
        _refused(made, "role_not_allowed", role)
    assert asked(made, Role.AUDITOR).places


def test_a_rulebook_that_ranks_nobody_is_said_to() -> None:
    made = season(east=3)
    _adopt(made, ranks=RankUse.NOBODY)
    publish(made)
    _refused(made, "not_ranked", Role.OFFICE)


def test_an_order_for_the_public_is_for_every_reader() -> None:
    made = season(east=3)
    _adopt(made, ranks=RankUse.PUBLIC)
    publish(made)
    assert asked(made, Role.CLERK).places


def test_of_what_was_never_published_there_is_no_order() -> None:
    _refused(season(east=1), "unknown_publication", Role.OFFICE)


def _refused(made: Campaign, code: str, role: str) -> None:
    with pytest.raises(Refused) as caught:
        asked(made, role)
    assert caught.value.code == code


def _adopt(made: Campaign, **changed: Any) -> None:
    """A new version of the rulebook."""
    adopted = RulebookAdopted(rulebook=replace(RULEBOOK, **changed), version=2, author="办公室", reason="调整")
    made.put(f"rulebook/{RULEBOOK.code}", adopted, "2015-06-11")
