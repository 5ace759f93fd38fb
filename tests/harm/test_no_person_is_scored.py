"""Rule 1: no resident is scored, ranked or predicted, and no officer has a composite score. Only institutions do."""

import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

import mypy.api
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.assessment.commands import PublishScores
from services.assessment.evidence.items import TABLES, Item
from services.assessment.evidence.tables import tables
from services.assessment.rules.rulebook import check
from services.assessment.scoring import measuring as scoring
from services.assessment.scoring.measuring import Institution, Scores, Tally, score
from services.installation import SERVICES
from shared.contracts.assessment import (
    Filter,
    IndicatorKind,
    Measure,
    Op,
    Score,
    ScorePublished,
    ScoreRestated,
    SubjectKind,
)
from shared.contracts.assessment_entries import ArchiveEntryAdded, ArchiveReplyRecorded
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Profession, Role
from shared.contracts.model import Refused
from shared.web.documents import asyncapi, openapi
from tests.assessment.campaign import EAST, PLAN, RULEBOOK, WEST, WHOLE, Campaign, month
from tests.harm.invented import ID_NUMBER, LANDLINE, NAME, PEOPLE, PHONE
from tests.harm.language import about_a_person, classes, everything, inner_types, told_by
from tests.strategies import instances

ROOT = Path(__file__).parents[2]
JUNE, AS_OF = month("2015-06"), date(2015, 7, 31)


# whom a scorer takes ------------------------------------------------------------------------------------------------


@given(PEOPLE)
def test_nobody_s_number_name_or_id_is_an_institution(somebody: str) -> None:
    with pytest.raises(ValueError, match="only institutions"):
        Institution(somebody)


def test_a_landline_has_as_many_digits_as_a_community_s_code_and_is_none() -> None:
    assert len(LANDLINE) == len(EAST)
    with pytest.raises(ValueError, match="only institutions"):
        Institution(LANDLINE)
    assert Institution(EAST).code == EAST


_ATTACK = """
from datetime import date
from services.assessment.what_if.comparing import Rules, what_if
from services.assessment.evidence.gathered import Evidence
from services.assessment.flags.raising import flags
from services.assessment.ledgers import plans, postings, rulebooks, scores, visits_made
from services.assessment.papers.outcome import of_row, of_tally
from services.assessment.scoring.ranking import ranks, reasons
from services.assessment.explaining.reading import Reading
from services.assessment.scoring.restating import Restating, differing
from services.assessment.scoring.measuring import Institution, Tally, explain, score, tallied
from services.assessment.explaining.since import since
from shared.contracts.assessment import Period, Plan, Rulebook, Score
from shared.contracts.assignment import OfficerEnrolled
from shared.contracts.intake import Party

def attack(
    rules: Rulebook, plan: Plan, facts: Evidence, period: Period, day: date, party: Party, officer: OfficerEnrolled,
    tally: Tally, row: scores.Row, posting: postings.Row, visits: list[visits_made.Row], read: Reading, was: Score,
    restating: Restating, under: Rules, in_force: plans.Row, book: rulebooks.Row,
) -> None:
    score(rules, plan, facts, period, day, whole="judge-1")
    score(rules, plan, facts, period, day, whole=party)
    score(rules, plan, facts, period, day, whole=officer)
    explain(rules, plan, facts, period, day, whole="19900001234")
    Institution(party)
    Tally(subject=party, indicators=tally.indicators, points=tally.points, possible=tally.possible, rankable=True)
    tallied({"judge-1": ()}, begun=True)
    tallied({party: ()}, begun=True)
    Restating(in_force, book, facts, period, day, party)
    restating.changes(officer, was)
    list(differing(posting, row))
    since("410105010", (posting, read), (row, read))
    ranks([posting], rules.ranks, "office")
    ranks([officer], rules.ranks, "office")
    reasons(posting, rules)
    of_row(posting, rules, {})
    of_tally(officer, rules, {})
    flags(rules.flags, facts, visits, day, community=party)
    flags(rules.flags, [officer], visits, day)
    what_if(facts, officer, under, day, log="410105010", position=1)
    what_if([party], under, under, day, log="410105010", position=1)
    read.of(party)
    score(rules, plan, facts, period, day, whole=Institution("410105010"))
"""


def test_the_type_checker_refuses_anybody_else(tmp_path: Path) -> None:
    attack = tmp_path / "attack.py"
    attack.write_text(_ATTACK)
    out, _, code = mypy.api.run(["--strict", "--config-file", str(ROOT / "pyproject.toml"), str(attack)])
    refused = {
        int(found[1]) for found in re.finditer(r"attack\.py:(\d+): error: .*\[(?:arg-type|dict-item|list-item)\]", out)
    }
    lines = _ATTACK.splitlines()
    attempts = {n for n, line in enumerate(lines, 1) if line.startswith("    ") and "(" in line and "def " not in line}
    allowed = {n for n, line in enumerate(lines, 1) if 'Institution("410105010")' in line}
    assert code == 1
    assert len(attempts) == 23
    assert refused == attempts - allowed, out


def test_the_types_of_scores_leave_no_place_for_anybody_else() -> None:
    assert get_type_hints(score)["whole"] == Institution | None
    assert set(get_args(get_type_hints(Scores)["tallies"])) == {Tally, ...}
    assert get_type_hints(Tally)["subject"] is Institution
    assert {one.value for one in SubjectKind} == {"community", "unit"}
    assert {field.name for field in fields(Institution)} == {"code"}
    assert {field.name for field in fields(PublishScores)} == {
        "plan", "plan_version", "rulebook", "rulebook_version", "period_kind", "period", "as_of"
    }  # fmt: skip
    takers = [
        name for name, made in vars(scoring).items() if "Institution" in str(getattr(made, "__annotations__", ""))
    ]
    assert set(takers) >= {"score", "explain", "_tally", "Tally"}


@settings(deadline=None, max_examples=30)
@given(PEOPLE, st.one_of(instances(ScorePublished), instances(ScoreRestated)))
def test_a_score_of_anybody_does_not_pass_as_an_event(somebody: str, event: Any) -> None:
    adapter = TypeAdapter[Any](type(event))
    said = json.loads(adapter.dump_json(event))
    adapter.validate_json(json.dumps(said))
    said["score"]["subject"] = somebody
    with pytest.raises(ValidationError):
        adapter.validate_json(json.dumps(said))


# what a rulebook can ask ----------------------------------------------------------------------------------------------


NAMES_OF_PEOPLE = (
    "officer", "handler", "leader", "id", "key", "case", "visit", "party", "parties", "name", "phone", "id_number",
    "household", "household_class", "actor", "cover",
)  # fmt: skip


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize("field", NAMES_OF_PEOPLE)
def test_a_rulebook_cannot_single_anybody_out(table: str, field: str) -> None:
    """A rule about one officer's visits would be that officer's score under a community's name."""
    indicator = next(one for one in RULEBOOK.indicators if one.kind is IndicatorKind.RATIO)
    one_s_own = Measure(table=table, adds=None, where=(Filter(field=field, op=Op.IS, values=("judge-1",)),))
    with pytest.raises(Refused) as caught:
        check(replace(RULEBOOK, indicators=(replace(indicator, numerator=one_s_own),)))
    assert caught.value.code == "unknown_evidence"


def worked() -> Campaign:
    """Two communities, their officers, cases and visits."""
    made = Campaign().adopt()
    for code in (EAST, WEST):
        made.community(code)
        made.post_all(code)
        made.case(f"c-{code[-1]}", "2015-06-12", code)
        made.assign(f"c-{code[-1]}", "2015-06-12")
        made.plan_visit(f"c-{code[-1]}", "v1", "2015-06-15", "2015-06-13", code=code)
        made.visit(f"c-{code[-1]}", "v1", "2015-06-15", code=code)
        made.resolve(f"c-{code[-1]}", "2015-06-20")
    return made


def test_no_evidence_says_who_did_it() -> None:
    evidence = worked().evidence()
    officers = {f"{one.value}-{code[-1]}" for one in Profession for code in (EAST, WEST)} | {"police-1"}
    items: Sequence[Item] = [item for table in tables(evidence, PLAN, JUNE, AS_OF).values() for item in table]
    assert {item.table for item in items} >= {"visits", "cases", "postings"}
    for item in items:
        assert not officers & {str(value) for value in item.fields.values()}, item


@settings(max_examples=25, deadline=None)
@given(st.permutations([one.value for one in Profession]), st.sampled_from(["a", "judge-", "410105010"]))
def test_who_did_it_changes_no_score(order: list[str], prefix: str) -> None:
    """The same work by others: every officer, case and visit has another id."""
    evidence = worked().evidence()
    renamed = dict(zip((one.value for one in Profession), order, strict=True))

    def other(row: Any) -> Any:
        place, officer, *day = row.id.split("/") if "/" in row.id else (row.id, "")
        name = officer.partition("-")[0]
        return replace(row, id="/".join([f"{place}", f"{prefix}{renamed.get(name, name)}", *day]))

    elsewhere = replace(
        evidence, postings=[other(row) for row in evidence.postings], visits=[other(row) for row in evidence.visits]
    )
    assert {row.id for row in elsewhere.postings} != {row.id for row in evidence.postings}
    assert score(RULEBOOK, PLAN, elsewhere, JUNE, AS_OF, whole=WHOLE) == score(
        RULEBOOK, PLAN, evidence, JUNE, AS_OF, whole=WHOLE
    )


# what can be said of a person ---------------------------------------------------------------------------------------


JUDGING = re.compile(
    "score|rank|risk|probab|rating|grade|level|predict|likel|percent|per_cent|points|weight|danger|threat|severity|"
    "credit|reputation|propens|recidiv|profile|watch|blacklist|suspic|priority|得分|评分|排名|风险|等级|信用|概率|预测|画像",
    re.IGNORECASE,
)
OF_INSTITUTIONS = {
    "Indicator.weight": "an indicator's share of a community's points",
    "Indicator.weight_given": "the same, as the document gives it",
    "IndicatorScore.points": "a community's",
    "IndicatorScore.weight": "an indicator's",
    "Rulebook.ranks": "who may see the communities' order",
    "Score.per_cent": "a community's",
    "Score.points": "a community's",
    "Score.rankable": "whether a community has enough to be compared",
    "ScorePublished.score": "a community's",
    "ScoreRestated.score": "a community's",
    "HazardFound.severity": "of a hazard at a place",
    "HazardsRow.severity": "of a hazard at a place",
    "ReportHazard.severity": "of a hazard at a place",
    "MajorFireReported.grade": "of a fire, as the State Council grades fires",
    "MajorFiresRow.grade": "of a fire",
    "ReportMajorFire.grade": "of a fire",
    "Row.per_cent": "a community's published score",
    "Row.points": "a community's published score",
    "Row.rankable": "a community's published score",
}
"""Every field that judges anything, and why it is no person."""


def test_every_field_that_judges_is_known_and_is_no_person_s() -> None:
    judging = {told.label: told.owner for told in everything() if JUDGING.search(told.name)}
    assert set(judging) == set(OF_INSTITUTIONS)
    assert [label for label, owner in judging.items() if about_a_person(owner)] == []


COUNTED_BESIDE_PEOPLE = {
    "parties": "how many", "party": "the number by which a party stands in the report", "consents": "the same",
    "households": "how many", "attended": "how many came", "mediators": "how many were coached", "hours": "of training",
    "days": "of an extended deadline", "paused_days": "of a deadline", "extended_days": "of a deadline",
    "contact_days": "between two contacts, as signed", "visits_planned": "of a case", "visits_done": "of a case",
    "visits_declined": "of a case", "mediations": "of a case", "corrections": "of an entry", "reopened": "of a case",
    "times_opened": "of a case", "undone": "which time an import was undone",
    "repeated": "earlier diaries of the community that said the same: for a flag on the community (decision 19)",
    "good": "votes of a public review (§3.3.4), as they were cast", "fair": "the same", "poor": "the same",
}  # fmt: skip


def test_no_number_but_plain_counts_stands_beside_a_person() -> None:
    """What names a resident or an officer holds no number that could measure them."""
    people = [cls for cls in classes() if about_a_person(cls)]
    assert len(people) > 80
    numbers = {told.name for cls in people for told in told_by(cls) if inner_types(told.hint) & {int, float}}
    assert numbers <= set(COUNTED_BESIDE_PEOPLE), numbers - set(COUNTED_BESIDE_PEOPLE)


def test_no_float_is_anywhere() -> None:
    assert [told.label for told in everything() if float in inner_types(told.hint)] == []


def properties(node: Any, path: str = "") -> Any:
    """Every property of every schema in a document, with the schema that it is in."""
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield path, name, inner
        for key, inner in node.items():
            yield from properties(inner, f"{path}/{key}")
    elif isinstance(node, list):
        for inner in node:
            yield from properties(inner, path)


@pytest.mark.parametrize("make", [openapi, asyncapi])
def test_no_document_promises_a_judgement_of_a_person(make: Any) -> None:
    found = {(path, name) for path, name, _ in properties(make(SERVICES)) if JUDGING.search(name)}
    assert found
    known = {label.partition(".")[2] for label in OF_INSTITUTIONS}
    assert {name for _, name in found} <= known
    of_a_person = re.compile(
        r"Part(y|ies)|Person|Officer|Archive|Leader|Helper|Visit|Consent|cases|roster", re.IGNORECASE
    )
    assert [where for where in found if of_a_person.search(where[0].rpartition("schemas/")[2].partition("/")[0])] == []


def test_no_command_event_or_ledger_is_about_judging_people() -> None:
    commands = [accepts.command for service in SERVICES for one in service.deciders for accepts in one.accepts]
    named = {cls.__name__ for cls in (*commands, *EVENTS) if JUDGING.search(cls.__name__)}
    assert named == {"PublishScores", "ScorePublished", "ScoreRestated", "AppealScore", "ScoreAppealed"}
    ledgers = {ledger.name for service in SERVICES for ledger in service.ledgers if JUDGING.search(ledger.name)}
    assert ledgers == {"scores"}
    assert get_type_hints(Score, include_extras=True)["subject"].__metadata__[0].pattern == "^[1-8][0-9]{8}([0-9]{3})?$"


# officers -----------------------------------------------------------------------------------------------------------


def test_an_officer_s_archive_is_words_and_the_last_of_them_may_be_the_officer_s() -> None:
    for event in (ArchiveEntryAdded, ArchiveReplyRecorded):
        assert [told.label for told in told_by(event) if inner_types(told.hint) & {int, float, bool}] == []
    assessment = next(service for service in SERVICES if service.name == "assessment")
    archives = next(ledger for ledger in assessment.ledgers if ledger.name == "archives")
    assert [told.name for told in told_by(archives.row) if inner_types(told.hint) & {int, float, bool}] == []
    reply = next(a for d in assessment.deciders for a in d.accepts if a.command.__name__ == "RecordArchiveReply")
    assert Role.OFFICER in reply.by


@pytest.mark.parametrize("who", [NAME, PHONE, ID_NUMBER, "judge-1"])
def test_nobody_can_be_asked_about_as_the_subject_of_a_score(who: str) -> None:
    """The ledger of scores is filtered by institution, publication and period."""
    scores = next(ledger for service in SERVICES for ledger in service.ledgers if ledger.name == "scores")
    assert set(scores.filters) == {"community", "publication", "period_kind", "period"}
    assert who not in {tally.subject.code for tally in worked().scores(JUNE, "2015-07-31").tallies}
