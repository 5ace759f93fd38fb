"""`sanguan import` beside what was done in the system meanwhile. Everyone in the workbooks is invented (synthetic)."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from services.intake.commands import (
    CloseCase,
    CorrectCase,
    DeclineCase,
    FollowUpCase,
    LinkCase,
    PaperOutcome,
    ResolveCase,
    TakeOverCase,
)
from services.intake.ledgers import cases
from services.intake.takeover import taken_over_id
from services.taking_over import import_id, import_workbook
from services.together import settled, together
from shared.command import Asked
from shared.contracts.codes import CaseKind, DeclineReason, DisputeType, Role
from shared.contracts.event import Actor, Recorded
from shared.contracts.intake import PaperRow
from shared.runtime import Node
from shared.settings import load
from tests.intake.workbooks import ledger, workbook

LOG: Final = "410105010"
FIRST: Final = f"{LOG}001-2015-06-1"
OPEN: Final = {"处理结果": "未化解", "办结时间": None}
DONE: Final = {"taken_over": 0, "unchanged": 0, "corrected": 0, "voided": 0, "registered": 0}
Row = dict[str, Any]


class Office:
    """An installation into which a clerk imports, and where others work meanwhile."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data, self._capsys = data, capsys

    def file(self, *rows: Row, sheet: str = "测试社区") -> Path:
        """A workbook of these rows; the same rows give the same file, whatever the hour."""
        return self.written({sheet: ledger(*rows)})

    def written(self, sheets: dict[str, Any]) -> Path:
        name = f"{abs(hash(repr(sheets)))}.xlsx"
        if not (file := self.data / name).exists():
            file.write_bytes(workbook(sheets))
        return file

    def imports(self, file: Path, *, undo: bool = False, report: Path | None = None) -> dict[str, Any]:
        """What the import says that it did."""
        asyncio.run(
            import_workbook(
                load(self.data), file, LOG, dry_run=False, report_to=report, strict=False, undo=undo, as_json=True,
                notes=Console(file=StringIO()),
            )
        )  # fmt: skip
        told: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return told

    def takes(self, *rows: Row) -> dict[str, int]:
        """What was done, where nothing was refused."""
        told = self.imports(self.file(*rows))
        assert told["rejected"] == []
        return {name: count for name, count in told["done"].items() if count}

    def works(self, *todo: tuple[Any, str | None]) -> None:
        """A clerk at the counter does these, each about a case."""

        async def work(node: Node) -> None:
            for number, (command, id) in enumerate(todo):
                asked = Asked(
                    log=LOG, command_id=f"by-hand-{number}-{type(command).__name__}", command=command, id=id,
                    occurred_at=node.storage.log.clock(), actor=Actor(id="clerk", role=Role.CLERK),
                )  # fmt: skip
                await node.desks["intake"].send(asked)

        self._with(work)

    def cases(self) -> dict[str, cases.Row]:
        async def look(node: Node) -> dict[str, cases.Row]:
            with node.look("intake", LOG) as at:
                return {row.id: row for row in at.rows(cases.LEDGER)}

        found: dict[str, cases.Row] = self._with(look)
        return found

    def standing(self) -> dict[str, str]:
        return {id: row.status.value for id, row in self.cases().items()}

    def events(self) -> list[Recorded]:
        async def read(node: Node) -> list[Recorded]:
            return list(node.storage.log.recorded(LOG, -1, 10_000))

        found: list[Recorded] = self._with(read)
        return found

    def _with(self, work: Callable[[Node], Coroutine[Any, Any, Any]]) -> Any:
        async def run() -> Any:
            async with together(load(self.data), stream=False) as node:
                await settled(node)
                done = await work(node)
                await settled(node)
                return done

        return asyncio.run(run())


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, capsys)


def by_hand(**paper: Any) -> TakeOverCase:
    given: dict[str, Any] = {"import_id": "by-hand", "sheet": "s", "row": 1, "month": "2015-06", "number": "1"}
    return TakeOverCase(
        community=f"{LOG}001", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=None, summary="x",
        parties=(), outcome=PaperOutcome.OPEN, paper=PaperRow(**(given | paper)),
    )  # fmt: skip


# what was worked on since ---------------------------------------------------------------------------------------------


def test_a_case_that_was_worked_on_since_is_corrected_and_stays(office: Office) -> None:
    office.takes(OPEN)
    office.works((ResolveCase(), FIRST), (FollowUpCase(stable=True), FIRST), (CloseCase(), FIRST))
    ended_at = office.cases()[FIRST].ended_at
    assert office.takes(OPEN | {"基本情况": "改了一个字"}) == {"corrected": 1}
    assert office.standing() == {FIRST: "closed"}
    # Nor does the paper's own end, when at last it is written down, change what the system has recorded.
    assert office.takes({"基本情况": "改了一个字"}) == {"corrected": 1}
    assert office.standing() == {FIRST: "closed"}
    assert office.cases()[FIRST].ended_at == ended_at


def test_what_others_put_right_is_not_put_wrong_again_by_another_correction(office: Office) -> None:
    office.takes(OPEN)
    office.works((CorrectCase(reason="核对", grid="9网格", dispute_type=DisputeType.MARRIAGE_FAMILY), FIRST))
    assert office.takes(OPEN | {"基本情况": "改了一个字"}) == {"corrected": 1}
    assert (office.cases()[FIRST].grid, office.cases()[FIRST].dispute_type) == ("9网格", DisputeType.MARRIAGE_FAMILY)
    assert office.takes(OPEN | {"基本情况": "改了一个字", "网格": "2网格"}) == {"corrected": 1}
    assert office.cases()[FIRST].grid == "2网格"


def test_paper_that_contradicts_the_work_since_is_refused_each_time_and_changes_nothing(office: Office) -> None:
    office.takes({}, OPEN | {"基本情况": "二"})
    office.works((FollowUpCase(stable=True), FIRST))
    before = len(office.events())
    for _ in range(2):
        told = office.imports(office.file(OPEN, OPEN | {"基本情况": "二"}))
        assert [one["code"] for one in told["rejected"]] == ["not_possible_now"]
        assert told["done"] == DONE | {"unchanged": 1}
    assert len(office.events()) == before


def test_a_new_outcome_that_is_refused_leaves_the_case_as_it_was(office: Office) -> None:
    office.takes({})
    told = office.imports(office.file({"处理结果": "撤回", "办结时间": "2035年6月9日"}))
    assert [one["code"] for one in told["rejected"]] == ["in_the_future"]
    assert office.standing() == {FIRST: "resolved"}


def test_an_ending_that_is_refused_after_its_correction_is_told_again_and_corrects_once(office: Office) -> None:
    office.takes(OPEN)
    for _ in range(2):
        told = office.imports(office.file({"办结时间": "2035年6月9日"}))
        assert [one["code"] for one in told["rejected"]] == ["in_the_future"]
    assert office.cases()[FIRST].corrections == 1
    assert office.takes({}) == {"corrected": 1}
    assert office.standing() == {FIRST: "resolved"}
    assert office.takes({}) == {"unchanged": 1}


def test_a_case_that_was_declined_or_linked_since_stops_no_other_row(office: Office) -> None:
    declined, two, three = OPEN | {"处理结果": "不予受理"}, OPEN | {"基本情况": "二"}, OPEN | {"基本情况": "三"}
    office.takes(declined, two, three)
    second, third = FIRST[:-1] + "2", FIRST[:-1] + "3"
    remedy = "可向人民法院起诉"
    office.works(
        (DeclineCase(reason=DeclineReason.OTHER_AUTHORITY, remedy=remedy), FIRST),
        (LinkCase(duplicate_of=third), second),
    )
    changed = {"基本情况": "改了"}
    assert office.takes(declined | changed, two | changed, three) == {"corrected": 2, "unchanged": 1}
    assert office.standing() == {FIRST: "declined", second: "linked", third: "accepted"}
    told = office.imports(office.file({}, {"基本情况": "二"}, three | changed))
    assert [one["code"] for one in told["rejected"]] == ["not_possible_now"] * 2
    assert told["done"] == DONE | {"corrected": 1}


def test_what_was_taken_over_by_hand_is_corrected_by_the_workbook_then_known(office: Office) -> None:
    office.takes(OPEN | {"序号": 9})
    office.works((by_hand(), None))
    rows = (OPEN | {"序号": 9}, OPEN | {"序号": 1, "基本情况": "二"})
    assert office.takes(*rows) == {"unchanged": 1, "corrected": 1}
    assert office.takes(*rows) == {"unchanged": 2}


# undoing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"基本情况": "改正"}, OPEN], ids=["corrected", "taken-back"])
def test_undoing_an_import_voids_what_it_brought_in_and_not_what_it_corrected(office: Office, change: Row) -> None:
    first, second = office.file({}), office.file(change, {"基本情况": "又一件"})
    office.imports(first)
    assert office.imports(second)["done"] == DONE | {"taken_over": 1, "corrected": 1}
    other = FIRST[:-1] + "2"
    before = office.standing()
    assert office.imports(second, undo=True)["done"] == DONE | {"voided": 1}
    assert office.standing() == before | {other: "voided"}
    assert office.imports(first, undo=True)["done"] == DONE | {"voided": 1}
    assert set(office.standing().values()) == {"voided"}


def test_all_that_an_import_does_has_it_for_its_cause(office: Office) -> None:
    files = [office.file({}, OPEN), office.file({"基本情况": "改正"}, {}), office.file(OPEN, {})]
    for file in files:
        office.imports(file)
    office.imports(files[0], undo=True)
    mine = [event for event in office.events() if event.actor.id == "importer"]
    assert {event.cause for event in mine} == {import_id(file) for file in files}
    assert {event.type.split(".")[-2] for event in mine} >= {
        "community-registered", "case-reported", "case-corrected", "case-resolved", "case-voided"
    }  # fmt: skip
    assert all(event.command_id.startswith(" ") for event in mine), "ids that no client can send"


# numbers ------------------------------------------------------------------------------------------------------------


def test_a_row_that_was_undone_does_not_get_in_another_rows_way(office: Office) -> None:
    rows = [{"序号": "3", "基本情况": "甲事"}, {"序号": "3-1", "基本情况": "另一事"}, {"序号": "3.1", "基本情况": "三"}]
    assert office.takes(*rows) == {"registered": 1, "taken_over": 3}
    assert office.takes(rows[0] | OPEN, *rows[1:]) == {"corrected": 1, "unchanged": 2}
    standing = sorted(office.standing().values())
    assert standing == ["accepted", "resolved", "resolved", "voided"]


@pytest.mark.parametrize("number", ["6:1", "6/1", "6_1", "（六）：1", "9" * 30, "第" * 40])
def test_any_number_is_known_again_and_told_from_its_like(office: Office, number: str) -> None:
    rows = [{"序号": number}, {"序号": "6-1", "基本情况": "另一事"}]
    assert office.takes(*rows) == {"registered": 1, "taken_over": 2}
    assert office.takes(*rows) == {"unchanged": 2}


def test_a_case_id_can_always_be_addressed() -> None:
    adapter: TypeAdapter[TakeOverCase] = TypeAdapter(TakeOverCase)

    def read(undone: int, number: str) -> TakeOverCase:
        return adapter.validate_json(adapter.dump_json(replace(by_hand(number=number), undone=undone), warnings=False))

    assert len(taken_over_id(read(999, "9" * 32))) <= 64
    for undone, number in ((999, "9" * 33), (999, "6:1"), (1000, "9")):
        with pytest.raises(ValidationError):
            read(undone, number)


# what clerks are told ---------------------------------------------------------------------------------------------


def test_the_report_says_why_a_row_was_refused(office: Office, tmp_path: Path) -> None:
    report = tmp_path / "report.xlsx"
    told = office.imports(office.file({"办结时间": "2035年6月9日"}, {"基本情况": "二"}), report=report)
    assert [one["code"] for one in told["rejected"]] == ["in_the_future"]
    page = openpyxl.load_workbook(report).worksheets[0]
    said = [str(page.cell(row, page.max_column).value) for row in (3, 4)]
    assert said[0].startswith("✗ 退回：已经发生的事不能在将来")
    assert said[1].startswith("✓")


def test_a_community_that_cannot_be_registered_costs_only_its_own_rows(office: Office) -> None:
    title = ["测试街道矛盾纠纷排查化解台账（2015年6月）"]
    long = f"{'很长的名字' * 20}社区"
    lines = [list(line) for line in ledger({}, {"基本情况": "二"})]
    lines[1].append("社区")
    lines[2].append(long)
    lines[3].append("测试社区")
    told = office.imports(office.written({"六月": [title, *lines[1:]]}))
    assert [one["code"] for one in told["rejected"]] == ["too_long"]
    assert told["done"] == DONE | {"registered": 1, "taken_over": 1}
