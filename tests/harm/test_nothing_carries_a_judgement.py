"""Rule 1, everywhere: no answer, schema, page, text, command-line output or line of the product carries a score, a rank
or a risk of a person. Scores and what stands beside them name institutions, and none of their people."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from pydantic import TypeAdapter

from services.assessment.evidence.tables import tables
from services.assessment.flags.raising import flags
from services.assessment.ledgers import scores, visits_made
from services.assessment.pages.texts import TEXTS as OF_ASSESSMENT
from services.assessment.papers.labels import LABELS
from services.assessment.what_if.comparing import Rules, what_if
from services.assignment.pages.texts import TEXTS as OF_ASSIGNMENT
from services.installation import SERVICES
from services.intake.pages.texts import TEXTS as OF_INTAKE
from shared.contracts.assessment import Sequel
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import PostingEnd, Profession
from shared.contracts.frozen import replace
from shared.contracts.intake import CaseFollowedUp, CaseVoided
from shared.log.codec import canonical
from shared.web.texts import TEXTS as OF_THE_SITE
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, Campaign, folded, month
from tests.assessment.published import compared, publish, told
from tests.harm.language import PERSON_KEYS, Told, about_a_person, gather, inner_types, told_by
from tests.harm.test_no_person_is_scored import COUNTED_BESIDE_PEOPLE, JUDGING, properties

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")])
PREDICTING = re.compile(
    "risk|probab|rating|predict|likel|danger|threat|credit|reputation|propens|recidiv|profile|watch|blacklist|suspic"
    "|priority|得分|评分|排名|风险|等级|信用|概率|预测|画像",
    re.IGNORECASE,
)
"""Of what is judged, all but the words for communities' scores."""


# answers --------------------------------------------------------------------------------------------------------------

ANSWERED = {
    "Explanation.score": "the id of a community's published score",
    "Explained.score": "one indicator of a community",
    "IndicatorScore.points": "a community's",
    "IndicatorScore.weight": "an indicator's",
    "Since.score": "the id of a community's published score",
    "Total.points": "a community's",
    "Total.per_cent": "a community's",
    "Total.rankable": "whether a community has enough to be compared",
    "Placed.points": "a community's",
    "Placed.per_cent": "a community's",
    "InstitutionOutcome.points": "an institution's",
    "InstitutionOutcome.per_cent": "an institution's",
    "InstitutionOutcome.rankable": "whether a community has enough to be compared",
    "Result.score": "one indicator of an institution",
}
"""Every field of an answer that judges anything, and whom."""


@cache
def answered() -> tuple[type, ...]:
    """Every class that an answer to a question is made of."""
    found: dict[type, None] = {}
    for service in SERVICES:
        for question in service.questions:
            gather(question.answer, found)
    return tuple(found)


def in_answers() -> Iterator[Told]:
    return (one for cls in answered() for one in told_by(cls))


def test_every_field_of_an_answer_that_judges_is_known_and_is_no_person_s() -> None:
    judging = {one.label: one.owner for one in in_answers() if JUDGING.search(one.name)}
    assert set(judging) == set(ANSWERED)
    assert [label for label, owner in judging.items() if about_a_person(owner)] == []


def test_beside_a_person_an_answer_has_plain_counts_alone() -> None:
    people = [cls for cls in answered() if about_a_person(cls)]
    assert people
    numbers = {one.name for cls in people for one in told_by(cls) if inner_types(one.hint) & {int, float}}
    assert numbers <= set(COUNTED_BESIDE_PEOPLE), numbers - set(COUNTED_BESIDE_PEOPLE)


def test_what_is_about_a_person_holds_nothing_that_judges_within() -> None:
    """An institution's results, put into an officer's paper, would be read as the officer's own."""
    for cls in (cls for cls in answered() if about_a_person(cls)):
        within: dict[type, None] = {}
        gather(cls, within)
        assert [one.label for inner in within for one in told_by(inner) if JUDGING.search(one.name)] == []


def test_no_answer_holds_a_float() -> None:
    assert [one.label for one in in_answers() if float in inner_types(one.hint)] == []


def test_nobody_can_ask_for_the_score_of_a_person() -> None:
    """Only an officer's archive, which is words and votes, is asked for by an officer's pseudonym."""
    asked = {
        (question.path, name)
        for service in SERVICES for question in service.questions for name in question.parameters
        if name in PERSON_KEYS | {"name", "phone", "id_number", "person"}
    }  # fmt: skip
    assert asked == {("papers/performance-archive", "officer")}


# what answers say of a campaign ---------------------------------------------------------------------------------------


def busy() -> Campaign:
    """Two communities whose officers do and miss a great deal: some leave early, cases are reopened."""
    made = Campaign().adopt()
    for code in (EAST, WEST):
        made.community(code)
        made.post_all(code)
        for number in range(6):
            id = f"c{code[-1]}-{number}"
            made.case(id, "2015-06-12", code, due="2015-07-12")
            made.plan_visit(id, "v1", "2015-06-20", "2015-06-13", code=code)
            if number % 2:
                made.visit(id, "v1", "2015-06-20", code=code)
                made.resolve(id, "2015-06-29")
    made.end("judge-1", Profession.JUDGE, "2015-06-25", PostingEnd.CONDUCT)
    made.reopen("c1-1", "2015-07-05")
    publish(made, "2015-06", "2015-07-20")
    made.put("case/c1-0", CaseVoided(reason="误录"), "2015-07-22")
    made.put("case/c2-1", CaseFollowedUp(satisfied=None, stable=False, note=None), "2015-07-10", "2015-07-22")
    publish(made, "2015-06", "2015-07-20")
    publish(made, "2015-07", "2015-08-20")
    return made


OFFICERS = {f"{one.value}-{code[-1]}" for one in Profession for code in (EAST, WEST)} | {"police-1"}


@cache
def answers() -> Mapping[str, str]:
    """What is answered about the scores of that campaign, as JSON."""
    made = busy()
    recorded = made.recorded()
    june, july = "month-2015-06.2015-07-20", "month-2015-07.2015-08-20"
    looser = replace(
        PLAN, terms=tuple(replace(one, days=40) if one.sequel == Sequel.VISIT else one for one in PLAN.terms)
    )  # fmt: skip
    rules = Rules(plan=PLAN, plan_version=1, rulebook=RULEBOOK, rulebook_version=1, period=month("2015-06"))
    other = replace(rules, plan=looser, plan_version=None)
    day = date(2015, 8, 20)
    visits = list(folded(visits_made.LEDGER, recorded).values())
    found: dict[str, Any] = {
        "events": [one.event for one in recorded if one.stream.startswith("score/")],
        "scores": list(folded(scores.LEDGER, recorded).values()),
        "since": [compared(made, july, june, subject) for subject in (LOG, EAST, WEST)],
        "what-if": what_if(made.evidence(), rules, other, day, log=LOG, position=1, everything=True),
        "flags": flags(RULEBOOK.flags, made.evidence(), visits, day),
        "explanation": [told(made, june, subject) for subject in (LOG, EAST, WEST)],
    }
    return {name: canonical(one).decode() for name, one in found.items()}


@pytest.mark.parametrize("about", ["events", "scores", "since", "what-if", "flags", "explanation"])
def test_what_is_said_about_scores_names_none_of_the_people_behind_them(about: str) -> None:
    said = answers()[about]
    assert EAST in said, "it is about communities"
    assert [who for who in sorted(OFFICERS) if re.search(rf"\b{who}\b", said)] == []


def test_no_row_of_evidence_is_called_by_a_person() -> None:
    everything = tables(busy().evidence(), PLAN, month("2015-06"), date(2015, 8, 20))
    keys = [item.key for items in everything.values() for item in items]
    assert len(keys) > 100
    assert [key for key in keys if set(key.split("/")) & OFFICERS] == []


# schemas --------------------------------------------------------------------------------------------------------------


def test_the_schemas_of_documents_judge_nobody() -> None:
    found = {
        (path.stem, name)
        for path in ROOT.glob("docs/schemas/*.json")
        for _, name, _ in properties(json.loads(path.read_text(encoding="utf-8")))
        if JUDGING.search(name)
    }
    assert found == {
        ("rulebook.schema", "ranks"), ("rulebook.schema", "weight"), ("rulebook.schema", "weight_given")
    }  # fmt: skip


OF_EVENTS = {
    "points", "per_cent", "weight", "weight_given", "ranks", "rankable", "score",  # of communities
    "grade", "severity",  # of fires and hazards
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_no_event_s_schema_judges_a_person(event: type) -> None:
    schema = TypeAdapter(event).json_schema()
    names = {name for _, name, _ in properties(schema)}
    judging = {name for name in names if JUDGING.search(name)}
    assert judging <= OF_EVENTS
    assert not judging or not names & PERSON_KEYS


def test_every_ledger_that_judges_is_known_and_points_at_nobody() -> None:
    judging = {}
    for service in SERVICES:
        for ledger in service.ledgers:
            within: dict[type, None] = {}
            gather(ledger.row, within)
            if any(JUDGING.search(one.name) for cls in within for one in told_by(cls)):
                judging[f"{service.name}.{ledger.name}"] = {one.name for cls in within for one in told_by(cls)}
    assert set(judging) == {
        "assessment.scores", "assessment.restatements", "assessment.rulebooks", "intake.hazards",
        "intake.major_fires",
    }  # fmt: skip
    assert {name: fields & PERSON_KEYS for name, fields in judging.items() if fields & PERSON_KEYS} == {}


# pages ----------------------------------------------------------------------------------------------------------------

SHOWN = {
    "audit.html": {"audit_checkpoints", "audit_scores", "audit_scores_lead"},  # how many were published, and are proven
    "board.html": {"score", "scores_title", "weight"},
    "parts.html": {"per_cent", "points", "rank", "rank_by", "rank_joint", "score"},
    "score.html": {"per_cent", "points", "score", "score_lead", "score_title", "scores_title", "weight"},
    "what_if.html": {"per_cent", "points", "score", "scores_title", "weight"},
    "paper.html": {"level"},  # of a heading
    "cases.html": {"level"},  # how a notice looks
}
"""Which page shows what that judges: communities' scores, on the pages of scores."""
TEMPLATES = sorted([*ROOT.glob("services/**/*.html"), *ROOT.glob("shared/**/*.html")])


def read(template: Path) -> nodes.Template:
    return Environment(autoescape=True).parse(template.read_text(encoding="utf-8"))


def names_in(template: Path) -> set[str]:
    """Every name, attribute and literal that a template makes use of."""
    page = read(template)
    return {
        *(one.attr for one in page.find_all(nodes.Getattr)), *(one.name for one in page.find_all(nodes.Name)),
        *(one.value for one in page.find_all(nodes.Const) if isinstance(one.value, str)),
    }  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_a_page_shows_only_the_scores_of_communities(template: Path) -> None:
    judging = {name for name in names_in(template) if JUDGING.search(name)}
    assert judging <= SHOWN.get(template.name, set())
    of_people = names_in(template) & (PERSON_KEYS - {"party", "parties"})
    assert not judging - {"level"} or not of_people
    words = " ".join(
        one.data for text in read(template).find_all(nodes.Output) for one in text.find_all(nodes.TemplateData)
    )
    said = re.sub(r"<[^>]*>?", " ", re.sub(r"<pre>.*?</pre>", " ", words, flags=re.DOTALL))  # a command is no word
    assert JUDGING.search(said) is None, "all words are in the texts"


def test_every_template_is_looked_at() -> None:
    assert len(TEMPLATES) > 20
    assert {name for name, shown in SHOWN.items() if name not in {one.name for one in TEMPLATES}} == set()


PEOPLE_IN_WORDS = re.compile(
    "officer|judge|prosecutor|police|lawyer|resident|handler|party|parties|leader|法官|检察官|警官|律师|居民|当事人|承办人",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "texts", [OF_ASSESSMENT, OF_ASSIGNMENT, OF_INTAKE, OF_THE_SITE, LABELS],
    ids=["assessment", "assignment", "intake", "site", "papers"],
)  # fmt: skip
def test_no_text_of_a_page_speaks_of_a_person_s_score_rank_or_risk(texts: Mapping[str, tuple[str, str]]) -> None:
    scoring = re.compile("得分|评分|排名|名次|风险|画像|信用|score|\\brank|risk|predict|rating", re.IGNORECASE)
    said = {key: words for key, words in texts.items() if any(scoring.search(one) for one in words)}
    assert {key: words for key, words in said.items() if any(PEOPLE_IN_WORDS.search(one) for one in words)} == {}


def test_assignment_and_intake_whose_pages_show_people_know_no_word_for_a_score() -> None:
    for texts in (OF_ASSIGNMENT, OF_INTAKE):
        assert [
            key for key, words in texts.items() if re.search("得分|排名|风险|score|rank|risk", " ".join(words))
        ] == []


# the product's own lines ----------------------------------------------------------------------------------------------


def called(path: Path) -> Iterator[str]:
    """Every name that a module gives or uses: of functions, classes, parameters, attributes, variables, keys."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Dict(keys=keys):
                yield from (one.value for one in keys if isinstance(one, ast.Constant) and isinstance(one.value, str))
            case _:
                pass


def test_nothing_in_the_product_is_called_a_risk_a_prediction_or_a_profile() -> None:
    assert len(SOURCES) > 200
    found = {name for path in SOURCES for name in called(path) if PREDICTING.search(name)}
    of_the_server, why_opened = {"watchdog", "die_with_watchdog", "_watchdog"}, {"DANGER_TO_LIFE"}
    assert found == of_the_server | why_opened  # the embedded one's; what an emergency is, and never who


PRINTED = {
    "scores": "the audit: how many were checked, and were equal", "scores_published": "the demo: how many",
    "checkpoints": "signed ones, of the tree",
}  # fmt: skip


def test_what_the_command_line_prints_judges_nobody() -> None:
    """Its JSON is answers, which are looked at above, and what its modules write themselves."""
    modules = [*ROOT.glob("services/*.py"), *ROOT.glob("shared/audit/*.py")]
    found = {
        key.value
        for path in modules
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and JUDGING.search(key.value)
    }
    assert found <= set(PRINTED), found - set(PRINTED)
    assert not found & PERSON_KEYS
