"""Properties of scores that must hold for every campaign (hypothesis draws them; all are synthetic)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assessment.evidence.gathered import LEDGERS
from services.assessment.evidence.items import TABLES
from services.assessment.evidence.tables import tables
from services.assessment.ledgers import deeds, plans, rulebooks
from services.assessment.rules.versions import current
from services.assessment.scoring.exact import decimal_of, exactly, figure
from services.assessment.scoring.measuring import Institution, Measured, Tally, explain, score
from services.assessment.scoring.publishing import scores
from services.assessment.scoring.restating import Restating, differing
from shared.contracts.assessment import IndicatorKind, Period, Score, Standing
from shared.contracts.assessment_entries import FlagAnswered
from shared.contracts.assignment import (
    CardsLeft,
    CommunityAct,
    CommunityVoided,
    CommunityWorkRetracted,
    MeetingVoided,
    PostingEndRetracted,
    PostingVoided,
    StudioOpened,
    WorkAct,
)
from shared.contracts.codes import CaseKind, CaseStatus, MeetingKind, PostingEnd, Profession
from shared.contracts.intake import CalendarAmended, CaseFollowedUp, CaseStep, CaseVoided
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, WHOLE, Campaign, Looking, moment
from tests.assessment.entered import ENTRIES, VOID
from tests.assessment.histories import (
    AS_OF,
    ASKED,
    COMMUNITIES,
    DAYS,
    FIRST,
    PERIODS,
    Act,
    Parts,
    case,
    entry,
    later,
    open_case,
    put,
    retracted,
    shuffled,
    streams,
    taken_back,
    written,
)
from tests.examples import examples

PLENTY = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
Asked = tuple[Period, date]


def tallies(campaign: Campaign, asked: Asked) -> tuple[Tally, ...]:
    return score(RULEBOOK, PLAN, campaign.evidence(), *asked, whole=WHOLE).tallies


def share(tally: Tally) -> Fraction:
    return tally.points / tally.possible if tally.possible else Fraction(0)


def assert_never_lower(before: tuple[Tally, ...], after: tuple[Tally, ...]) -> None:
    """Of the whole and each community, neither the sum nor any indicator is lower than it was; whoever had all points
    would keep them: what is measured newly is attained in full, and what is measured no more had not been attained."""
    now = {one.subject: one for one in after}
    for was in before:
        then = now[was.subject]
        if was.possible and then.possible:
            assert share(then) >= share(was), was.subject
        stood = {one.code: one for one in was.indicators}
        for one in then.indicators:
            earlier, points = stood[one.code].points, one.points
            at_least = Fraction(one.weight) if earlier is None else exactly(earlier)
            if points is not None:
                assert exactly(points) >= at_least, (was.subject, one.code)
            elif earlier is not None:
                assert at_least == 0, (was.subject, one.code)


@PLENTY
@given(streams(), ASKED)
def test_a_score_lies_in_its_range(parts: Parts, asked: Asked) -> None:
    for tally in tallies(written(parts), asked):
        assert 0 <= tally.points <= tally.possible <= 100
        for one in tally.indicators:
            assert one.numerator >= 0
            shares = one.kind not in (
                IndicatorKind.COUNT,
                IndicatorKind.ZERO_INCIDENT,
            )  # of incidents there may be many
            assert not shares or one.numerator <= one.denominator
            assert one.denominator + one.excluded == one.unadjusted_denominator
            assert (one.points is None) == (one.standing is not Standing.MEASURED or one.target is None)
            if one.points is not None:
                assert 0 <= exactly(one.points) <= Fraction(one.weight)
            if one.rate is not None:
                assert 0 <= Fraction(one.rate) <= (1 if shares else one.numerator)
            assert one.reached is None or one.points is not None


@PLENTY
@given(st.data())
def test_the_order_of_unrelated_events_changes_nothing(data: st.DataObject) -> None:
    parts, asked = data.draw(streams()), data.draw(ASKED)
    assert tallies(written(parts), asked) == tallies(written(shuffled(data.draw, parts)), asked)


# fair to those who register and do their work -------------------------------------------------------------------------


@PLENTY
@given(st.data())
def test_settling_a_due_case_on_time_never_lowers_a_score(data: st.DataObject) -> None:
    parts, asked = data.draw(streams()), data.draw(ASKED)
    acts, (first, last) = open_case(data.draw, "due", data.draw(COMMUNITIES))
    on = str(first + timedelta(days=data.draw(st.integers(0, (last - first).days))))
    before, after = written([*parts, acts]), written([*parts, acts])
    after.resolve("due", on)
    assert_never_lower(tallies(before, asked), tallies(after, asked))


@PLENTY
@given(st.data())
def test_registering_a_case_that_is_settled_on_time_never_lowers_a_score(data: st.DataObject) -> None:
    """Of every kind, with or without visits, letters and handovers; compared with not registering it at all."""
    parts, period = data.draw(streams()), data.draw(st.sampled_from(PERIODS))
    acts, (first, last) = open_case(data.draw, "new", data.draw(COMMUNITIES))
    as_of = data.draw(st.sampled_from([day for day in AS_OF if day >= first]))
    on = str(first + timedelta(days=data.draw(st.integers(0, (min(last, as_of) - first).days))))
    registered = written([*parts, acts])
    registered.resolve("new", on)
    if data.draw(st.booleans()):
        registered.put("case/new", CaseFollowedUp(satisfied=True, stable=True, note=None), on)
    assert_never_lower(tallies(written(parts), (period, as_of)), tallies(registered, (period, as_of)))


@PLENTY
@given(st.data())
def test_refusing_or_lawfully_ending_mediation_never_lowers_a_score(data: st.DataObject) -> None:
    """Compared with leaving it open."""
    parts, asked = data.draw(streams()), data.draw(ASKED)
    acts, (first, _) = open_case(data.draw, "ended", data.draw(COMMUNITIES))
    on = str(first + timedelta(days=data.draw(st.integers(0, 60))))
    before, after = written([*parts, acts]), written([*parts, acts])
    after.terminate("ended", on, told=True)
    assert_never_lower(tallies(before, asked), tallies(after, asked))


@PLENTY
@given(st.data())
def test_completing_a_due_visit_never_lowers_a_score(data: st.DataObject) -> None:
    """Nor does one that the household declines; planned or not, whatever else is due of the case."""
    parts, asked, code = data.draw(streams()), data.draw(ASKED), data.draw(COMMUNITIES)
    acts, (first, _) = open_case(data.draw, "due", code)
    if data.draw(st.booleans()):
        due = data.draw(DAYS)
        acts.append(lambda c: c.plan_visit("due", "x", due, str(first), True, code))
    on = str(first + timedelta(days=data.draw(st.integers(0, 40))))
    before, after = written([*parts, acts]), written([*parts, acts])
    (after.decline if data.draw(st.booleans()) else after.visit)("due", "x", on, True, code)
    assert_never_lower(tallies(before, asked), tallies(after, asked))


@PLENTY
@given(streams(), COMMUNITIES, ASKED)
def test_filing_due_minutes_on_time_never_lowers_a_score(parts: Parts, code: str, asked: Asked) -> None:
    before, after = written(parts), written(parts)
    after.minutes("2015-06", "2015-07-04", code=code)
    assert_never_lower(tallies(before, asked), tallies(after, asked))


def test_no_score_rests_on_what_is_said_about_a_flag() -> None:
    assert [ledger.name for ledger in LEDGERS if FlagAnswered in ledger.handles] == []


# void, as though it had not been --------------------------------------------------------------------------------------

Mistake = Callable[[Any, str], tuple[list[Act], list[Act]]]
"""What is entered by mistake for a community, and what makes it void or takes it back."""


def _case(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    return case(draw, "mistaken", code), [put("case/mistaken", CaseVoided(reason="误录"), draw(DAYS))]


def _entry(kind: str) -> Mistake:
    def made(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
        stream = f"{ENTRIES[kind].category}/mistaken"
        acts = entry(draw, "mistaken", (kind,))
        return acts, [put(stream, VOID[ENTRIES[kind].category], draw(DAYS))]

    return made


def _visit(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    must, on = draw(st.booleans()), draw(DAYS)
    acts: list[Act] = [partial(Campaign.visit, case="a", visit="mistaken", on=on, must=must, code=code)]
    if draw(st.booleans()):
        due = draw(DAYS)
        planned = partial(Campaign.plan_visit, case="a", visit="mistaken", due=due, planned=on, must=must, code=code)
        acts.insert(0, planned)
    return acts, [put("handling/a", taken_back(code, WorkAct.VISIT, "mistaken"), on)]


def _letter(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    on = draw(DAYS)
    signed = partial(Campaign.sign, id="a", on=on, contact_days=draw(st.integers(1, 20)), code=code)
    return [signed], [put("handling/a", taken_back(code, WorkAct.LETTER), on)]


def _step(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    on = draw(DAYS)
    wrong, step = draw(st.sampled_from([
        (partial(Campaign.resolve, id="open", on=on), CaseStep.RESOLVED),
        (partial(Campaign.terminate, id="open", on=on), CaseStep.TERMINATED),
        (partial(Campaign.refer, id="open", on=on, outside=True), CaseStep.REFERRED),
    ]))  # fmt: skip
    return [wrong], [put("case/open", retracted(code, step, CaseStatus.ACCEPTED), on)]


def _meeting(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    kind, held, filed = draw(st.sampled_from(list(MeetingKind))), draw(DAYS), draw(DAYS)
    acts: list[Act] = [
        partial(Campaign.meet, month="2015-06", on=held, code=code, kind=kind),
        partial(Campaign.minutes, month="2015-06", on=filed, code=code, kind=kind),
    ]
    void = MeetingVoided(
        community=code, kind=kind, month="2015-06", held_at=moment(held), minutes_at=moment(filed), reason="误录"
    )  # fmt: skip
    return acts, [put(f"meeting/{code}-{kind}-2015-06", void, draw(DAYS))]


def _cards(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    stream = f"community/{code}"

    def retract(campaign: Campaign) -> None:
        version = sum(one.stream == stream for one in campaign.written)
        left = CardsLeft(version=version, households=0)
        void = CommunityWorkRetracted(act=CommunityAct.CARDS, households=7, reason="误录", cards=(left,))
        campaign.put(stream, void, "2015-07-01")

    return [partial(Campaign.cards, households=7, on=draw(DAYS), code=code)], [retract]


def _studio(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    void = CommunityWorkRetracted(act=CommunityAct.STUDIO_OPENED, households=None, reason="误录")
    opened = put(f"community/{code}", StudioOpened(place="警务室"), draw(DAYS))
    return [opened], [put(f"community/{code}", void, draw(DAYS))]


def _posting(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    on = draw(DAYS)
    void = PostingVoided(officer="mistaken", from_day=date.fromisoformat(on), reason="误录", open_cases=())
    profession = draw(st.sampled_from(list(Profession)))
    posted = partial(Campaign.post, officer="mistaken", profession=profession, on=on, code=code)
    return [posted], [put(f"roster/{code}", void, draw(DAYS))]


def _end(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    last = draw(DAYS.filter(lambda day: day >= "2015-06-01"))
    back = PostingEndRetracted(
        officer="kept", from_day=date(2015, 6, 1), last_day=date.fromisoformat(last), reason="误录"
    )  # fmt: skip
    ended = partial(
        Campaign.end, officer="kept", profession=Profession.JUDGE, last=last, reason=PostingEnd.CONDUCT, code=code
    )  # fmt: skip
    return [ended], [put(f"roster/{code}", back, draw(DAYS))]


def _community(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    third = "410105010003"
    void = CommunityVoided(code=third, names=("虚构",), reason="误录")
    return [partial(Campaign.community, code=third, on=draw(DAYS))], [put(f"community/{third}", void, draw(DAYS))]


def _calendar(draw: Any, code: str) -> tuple[list[Act], list[Act]]:
    day = FIRST + timedelta(days=draw(st.integers(0, 75)))
    wrong = CalendarAmended(
        year=None, off=(day,), worked=(), announced_on=date.fromisoformat(draw(DAYS)), document="示例通知"
    )  # fmt: skip
    back = CalendarAmended(
        year=None, off=(), worked=(), announced_on=wrong.announced_on, document="示例通知", withdrawn=(day,)
    )  # fmt: skip
    return [put(f"calendar/{LOG}", wrong, draw(DAYS))], [put(f"calendar/{LOG}", back, draw(DAYS))]


MISTAKES: Mapping[str, Mistake] = {
    "case": _case, "visit": _visit, "letter": _letter, "step": _step, "meeting": _meeting, "cards": _cards,
    "studio": _studio, "posting": _posting, "end": _end, "community": _community, "calendar": _calendar,
    **{kind: _entry(kind) for kind in ENTRIES},
}  # fmt: skip


def _ground(code: str) -> Parts:
    """What a mistake is made about: an open case, another, and a judge who stays."""
    return [
        [partial(Campaign.community, code=code, households=40)],
        [partial(Campaign.case, id="a", on="2015-06-03", code=code, kind=CaseKind.BACKLOG, due="2015-07-03")],
        [partial(Campaign.case, id="open", on="2015-06-03", code=code, due="2015-07-03")],
        [partial(Campaign.post, officer="kept", profession=Profession.JUDGE, on="2015-06-01", code=code)],
    ]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
@settings(PLENTY, max_examples=examples(15))
@given(data=st.data())
def test_voiding_a_mistaken_entry_gives_what_would_have_been_without_it(mistake: Mistake, data: st.DataObject) -> None:
    others = [acts for acts in data.draw(streams()) if not _about_the_same(acts)]
    asked, code = data.draw(ASKED), data.draw(COMMUNITIES)
    wrong, right = mistake(data.draw, code)
    place = data.draw(st.integers(0, len(others)))
    without = [*_ground(code), *others]
    with_it = [*_ground(code), *others[:place], [*wrong, *right], *others[place:]]
    assert _but_voids(written(with_it), asked) == _but_voids(written(without), asked)


def _but_voids(campaign: Campaign, asked: Asked) -> Sequence[Tally]:
    """All but the count of the cases that were made void."""
    return [
        replace(tally, indicators=tuple(one for one in tally.indicators if one.code != "voided"))
        for tally in tallies(campaign, asked)
    ]  # fmt: skip


def _about_the_same(acts: list[Act]) -> bool:
    """Whether they would write into the streams of the ground that the mistakes are made on."""
    made = Campaign()
    for act in acts:
        act(made)
    said = {one.stream for one in made.written}
    ground = ("community/", "meeting/", "calendar/")
    return any(one.startswith(ground) or one in ("case/a", "handling/a") for one in said)


# restating ------------------------------------------------------------------------------------------------------------


@PLENTY
@given(st.data())
def test_evidence_is_had_as_it_was_at_any_position(data: st.DataObject) -> None:
    """Whatever was corrected, taken back or made void since: the same rows as a log that ends there gives."""
    campaign = written(data.draw(streams()))
    for act in data.draw(later()):
        act(campaign)
    (period, as_of), position = data.draw(ASKED), data.draw(st.integers(0, len(campaign.written) - 1))
    rewound = tables(campaign.evidence().before(position), PLAN, period, as_of)
    assert rewound == tables(campaign.evidence(position), PLAN, period, as_of)


@settings(PLENTY, max_examples=examples(100))
@given(streams(), later(), ASKED)
def test_every_changed_number_names_the_events_that_changed_it(parts: Parts, more: list[Act], asked: Asked) -> None:
    """Whatever is written later: the events came after the publication, there is one at least, and each of them is
    one at which the members of that very indicator became others."""
    campaign = written(parts)
    first, position = _published(campaign, asked), len(campaign.written) - 1
    for act in more:
        act(campaign)
    basis = _basis(campaign, asked)
    rules, prefixes = {one.position for one in basis.versions}, _Prefixes(campaign, basis)
    before = {one.subject: one for one in first}
    for now in _published(campaign, asked):
        if (was := before.get(now.subject)) is None:
            continue
        changes = basis.changes(was, now)
        assert [(one.indicator, one.number, one.before, one.after) for one in changes] == list(differing(was, now))
        for change in changes:
            assert change.causes
            assert all(position < cause < len(campaign.written) for cause in change.causes)
            if (code := change.indicator) is None:
                continue
            for cause in {*change.causes} - rules:
                subject = Institution(now.subject)
                stood, stands = (prefixes.members(at, subject, code) for at in (cause - 1, cause))
                assert stood != stands, (change, campaign.written[cause])


class _Prefixes:
    """What each indicator is made of, by logs that end at a position."""

    def __init__(self, campaign: Campaign, basis: Restating) -> None:
        self._campaign, self._basis = campaign, basis
        self._known: dict[int, Mapping[Institution, tuple[Measured, ...]]] = {}

    def members(self, position: int, subject: Institution, code: str) -> list[Any]:
        if position not in self._known:
            basis, evidence = self._basis, self._campaign.evidence(position)
            self._known[position] = explain(
                RULEBOOK, basis.plan.plan, evidence, basis.period, basis.as_of, whole=WHOLE
            )  # fmt: skip
        found = self._known[position].get(subject, ())
        return next((list(_sorted_out(one)) for one in found if one.indicator.code == code), [])


def _sorted_out(one: Measured) -> Iterator[Any]:
    adds = {measure.adds for measure in (one.indicator.numerator, one.indicator.denominator) if measure is not None}

    def told(items: Any) -> Any:
        return sorted(
            (item.table, item.key, item.taken_over, *(str(item.fields.get(name)) for name in adds if name))
            for item in items
        )

    yield from map(told, (one.denominator, one.numerator, one.unadjusted_numerator, one.later))
    yield sorted((why.code, item.key) for why, item in one.excluded)


def _basis(campaign: Campaign, asked: Asked) -> Restating:
    look = Looking(campaign)
    plan_rows, rulebook_rows = look.rows(plans.LEDGER), look.rows(rulebooks.LEDGER)
    plan = current(plan_rows, PLAN.code)
    assert plan is not None
    versions = (*plan_rows, *rulebook_rows)
    return Restating(plan, rulebook_rows[0], campaign.evidence(), *asked, WHOLE, versions)


def _published(campaign: Campaign, asked: Asked) -> list[Score]:
    look = Looking(campaign)
    return scores(_basis(campaign, asked), look.position, look.root())


def test_every_kind_of_entry_that_is_evidence_is_drawn() -> None:
    made = {type(one.begins(EAST, FIRST)) for one in ENTRIES.values()}
    begin = {event for event in deeds.LEDGER.handles if deeds.begins(event)}
    assert begin - made == {StudioOpened}  # a community's stream tells of it


# institutions only ----------------------------------------------------------------------------------------------


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True), st.from_regex(r"1[0-9]{10}")))
def test_nothing_but_a_division_can_be_scored(code: str) -> None:
    """Names, ID numbers and telephone numbers are refused; so is a division code with anything after it."""
    division = code.isascii() and code.isdigit() and len(code) in (9, 12) and "1" <= code[0] <= "8"
    if division:
        assert Institution(code).code == code
    else:
        with pytest.raises(ValueError, match="only institutions"):
            Institution(code)


@given(streams())
def test_only_the_communities_and_their_sub_district_have_scores(parts: Parts) -> None:
    subjects = [tally.subject.code for tally in tallies(written(parts), (PERIODS[0], date(2015, 7, 31)))]
    assert subjects[0] == LOG
    assert set(subjects[1:]) <= {EAST, WEST}
    assert len(subjects) == len(set(subjects))


def test_evidence_has_no_field_for_a_person() -> None:
    """No table of evidence names an officer, a party or a household, so that no rulebook can ask about one."""
    fields = {field for table in TABLES.values() for field in table}
    assert not fields & {"officer", "name", "phone", "id_number", "party", "parties", "household", "summary", "diary"}


# numbers --------------------------------------------------------------------------------------------------------


@given(st.fractions(min_value=0, max_value=10**6))
def test_four_places_are_rounded_half_up(number: Fraction) -> None:
    shown = decimal_of(number)
    assert len(shown.partition(".")[2]) == 4
    assert -Fraction(1, 20_000) <= number - Fraction(shown) < Fraction(1, 20_000)
    assert exactly(figure(number)) == number


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Fraction(2, 3), "0.6667"),
        (Fraction(1, 20_000), "0.0001"),
        (Fraction(1, 20_001), "0.0000"),
        (Fraction(5), "5.0000"),
    ],
)
def test_rounding_by_hand(number: Fraction, shown: str) -> None:
    assert decimal_of(number) == shown
