"""An officer's archive is facts and votes: nothing in it measures, compares or orders, and nothing else brings one
officer's acts together (§3.3.6)."""

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

from services.assessment import pages
from services.assessment.evidence.gathered import LEDGERS as EVIDENCE
from services.assessment.ledgers import officer_acts, officers_enrolled
from services.assessment.pages.texts import TEXTS
from services.assessment.papers.kinds import BY_CODE, KINDS
from services.assessment.papers.layout import Part, Table, laid_out
from services.assessment.papers.outcome import InstitutionOutcome, Result
from services.assessment.papers.performance_archive import PerformanceArchive
from services.assessment.scoring.recomputing import SCORER
from services.installation import SERVICES
from shared.contracts.assessment import IndicatorScore
from shared.contracts.codes import Role
from tests.assessment.test_papers import archive, reviewed, served
from tests.harm.language import PERSON_KEYS, Told, inner_types, told_by
from tests.harm.test_no_person_is_scored import JUDGING

WRITTEN_DOWN = {
    "position": "where in the log it stands", "positions": "the same",
    "good": "votes of a public review, as they were cast", "fair": "the same", "poor": "the same",
}  # fmt: skip
"""Every number of the archive, and what it is."""


def within(content: type) -> dict[type, tuple[Told, ...]]:
    """Every class that a paper is made of, with its fields."""
    found: dict[type, tuple[Told, ...]] = {}

    def gather(cls: type) -> None:
        if cls not in found:
            found[cls] = tuple(told_by(cls))
            for told in found[cls]:
                for inner in inner_types(told.hint):
                    if is_dataclass(inner):
                        gather(inner)

    gather(content)
    return found


def fields_of(content: type) -> Iterator[Told]:
    return (told for of in within(content).values() for told in of)


def test_no_field_of_the_archive_measures_or_judges_the_officer() -> None:
    fields = list(fields_of(PerformanceArchive))
    assert len(fields) > 40
    assert [told.label for told in fields if JUDGING.search(told.name)] == []
    assert {told.name for told in fields if inner_types(told.hint) & {int, float, bool}} == set(WRITTEN_DOWN)
    assert not set(within(PerformanceArchive)) & {InstitutionOutcome, Result, IndicatorScore}


def test_no_number_stands_on_its_page_that_is_not_written_down() -> None:
    """Of what a row holds within, a page tells the number: in an archive that would count what an officer did."""
    for name, value in cells(laid_out(archive(reviewed(served())))):
        if isinstance(value, int):
            assert name in WRITTEN_DOWN, name


def cells(part: Part) -> Iterator[tuple[str, Any]]:
    yield from part.facts
    for one in part.within:
        if isinstance(one, Table):
            for row in one.rows:
                yield from zip(one.columns, row, strict=True)
        else:
            yield from cells(one)


def test_an_archive_is_asked_for_one_by_one_by_those_who_may() -> None:
    kind = BY_CODE["performance-archive"]
    assert kind.needs == kind.parameters == ("officer",)
    assert kind.by == {Role.OFFICE, Role.AUDITOR, Role.OFFICER}
    assert [one.code for one in KINDS if "officer" in one.parameters] == [kind.code]


OTHERS = [kind for kind in KINDS if kind.content is not PerformanceArchive]


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.code)
def test_no_other_paper_tells_of_an_officer_but_by_the_votes(kind: Any) -> None:
    pointing = {told.label for told in fields_of(kind.content) if told.name in PERSON_KEYS}
    assert pointing <= {"Review.officer", "Reply.officer"}
    if kind.code != "debriefing-record":
        assert pointing == set()


def test_what_officers_did_is_no_evidence_and_is_served_by_the_archive_alone() -> None:
    for ledger in (officer_acts.LEDGER, officers_enrolled.LEDGER):
        assert ledger not in EVIDENCE
        assert ledger not in SCORER.ledgers
        assert not set(ledger.filters) & PERSON_KEYS
    assert officer_acts.LEDGER.internal
    rows = {ledger.row for service in SERVICES for ledger in service.served}
    assert [row for row in rows if "officers" in {told.label.rpartition(".")[2] for told in fields_of(row)}] == []
    numbers = [told.label for told in fields_of(officer_acts.Row) if inner_types(told.hint) & {int, float}]
    assert numbers == ["Mark.position"]


def test_its_page_does_not_say_how_many_there_are() -> None:
    """Forty rows are shown and the rest is in the data; neither number is told."""
    template = (Path(pages.__file__).parent / "templates" / "paper.html").read_text(encoding="utf-8")
    assert [found for found in re.findall(r"{{(.*?)}}", template) if "length" in found] == []
    assert not any("{" in text for text in TEXTS["paper_more"])
