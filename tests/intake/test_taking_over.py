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
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.runtime import Node
from shared.settings import load
from tests.intake.workbooks import ledger, workbook

LOG: Final = "410105010"
FIRST: Final = f"{LOG}001-2015-06-1"
OPEN: Final = {"处理结果": "未化解", "办结时间": None}
DONE: Final = {"taken_over": 0, "unchanged": 0, "corrected": 0, "restored": 0, "voided": 0, "registered": 0}
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

    def imports(
        self, file: Path, *, undo: bool = False, report: Path | None = None, dry_run: bool = False
    ) -> dict[str, Any]:
        """What the import says that it did."""
        asyncio.run(
            import_workbook(
                load(self.data), file, LOG, dry_run=dry_run, report_to=report, strict=False, undo=undo, as_json=True,
                notes=Console(file=StringIO()),
            )
        )  # fmt: skip
        told: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return told

    def tries(self, file: Path, *, log: str = LOG, dry_run: bool = False, report_to: Path | None = None) -> None:
        """An import that should not get far."""
        asyncio.run(
            import_workbook(
                load(self.data), file, log, dry_run=dry_run, report_to=report_to, strict=False, undo=False,
                as_json=True, notes=Console(file=StringIO()),
            )
        )  # fmt: skip

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

    def told(self) -> list[tuple[Any, ...]]:
        """What the cases that are not void say, opened."""

        async def look(node: Node) -> list[tuple[Any, ...]]:
            def said(box: str | None) -> str | None:
                return None if box is None else node.storage.vault.open(LOG, box)

            with node.look("intake", LOG) as at:
                return [
                    (row.id.partition(":")[0], row.status, row.grid, row.kind, row.dispute_type, row.source, row.due_on,
                     row.reported_at, row.ended_at, row.paper and row.paper.import_id, said(row.summary),
                     [(party.role, said(party.name), said(party.phone)) for party in row.parties])
                    for row in at.rows(cases.LEDGER) if row.status != "voided" and row.id.partition(":")[0] == FIRST
                ]  # fmt: skip

        found: list[tuple[Any, ...]] = self._with(look)
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


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({}, {"基本情况": "改正", "网格": "2网格", "登记日期": "2015年6月4日"}),
        ({}, OPEN),
        (OPEN, {"基本情况": "改正"}),
        ({}, {"处理结果": "未能调解成功"}),
    ],
    ids=["corrected", "taken-back", "ended", "ended-otherwise"],
)
def test_undoing_an_import_voids_what_it_brought_in_and_puts_back_what_it_corrected(
    office: Office, before: Row, change: Row
) -> None:
    first, second = office.file(before), office.file(change, {"基本情况": "又一件"})
    office.imports(first)
    other, stood = FIRST[:-1] + "2", office.told()
    assert office.imports(second)["done"] == DONE | {"taken_over": 1, "corrected": 1}
    assert office.told() != stood
    would = office.imports(second, undo=True, dry_run=True)["would_do"]
    assert would == DONE | {"voided": 1, "restored": 1}
    undone = office.imports(second, undo=True)
    assert (undone["done"], undone["rejected"]) == (would, [])
    assert office.told() == stood
    assert office.standing()[other] == "voided"
    size = len(office.events())
    assert office.imports(second, undo=True)["done"] == DONE, "it is undone once"
    assert office.imports(first)["done"] == DONE | {"unchanged": 1}, "the paper before says what stands"
    assert len(office.events()) == size
    assert office.imports(second)["done"] == DONE | {"taken_over": 1, "corrected": 1}
    assert office.imports(second, undo=True)["done"] == would
    assert office.told() == stood
    assert office.imports(first, undo=True)["done"] == DONE | {"voided": 1}
    assert set(office.standing().values()) == {"voided"}


def test_what_was_corrected_since_is_not_put_back_and_the_clerk_is_told(office: Office) -> None:
    first, second, third = office.file({}), office.file({"网格": "2网格"}), office.file({"网格": "3网格"})
    for file in (first, second, third):
        office.imports(file)
    size = len(office.events())
    for dry_run in (True, False):
        undone = office.imports(second, undo=True, dry_run=dry_run)
        assert undone["done"] == DONE
        assert undone["warnings"] == [{"sheet": "测试社区", "row": 3, "code": "corrected_since"}]
    assert len(office.events()) == size
    assert office.imports(third, undo=True)["done"] == DONE | {"restored": 1}
    assert office.cases()[FIRST].grid == "2网格"
    assert office.imports(second, undo=True)["done"] == DONE, "as the third said it was: that stood, and is back"


def test_what_others_corrected_since_is_not_put_back_either(office: Office) -> None:
    first, second = office.file({}), office.file({"网格": "2网格"})
    office.imports(first)
    office.imports(second)
    office.works((CorrectCase(reason="核对", grid="9网格"), FIRST))
    assert [one["code"] for one in office.imports(second, undo=True)["warnings"]] == ["corrected_since"]
    assert office.cases()[FIRST].grid == "9网格"


def test_what_others_had_corrected_before_is_what_comes_back(office: Office) -> None:
    first, second = office.file({}), office.file({"网格": "2网格"})
    office.imports(first)
    office.works((CorrectCase(reason="核对", grid="9网格", summary="按核对结果改写"), FIRST))
    stood = office.told()
    office.imports(second)
    assert office.imports(second, undo=True)["done"] == DONE | {"restored": 1}
    assert office.told() == stood


def test_what_was_filled_in_cannot_be_emptied_and_the_clerk_is_told(office: Office) -> None:
    first, second = office.file({"来源": None}), office.file({"来源": "排查", "网格": "2网格"})
    office.imports(first)
    office.imports(second)
    undone = office.imports(second, undo=True)
    assert undone["done"] == DONE | {"restored": 1}
    assert [one["code"] for one in undone["warnings"]] == ["not_all_restored"]
    assert (office.cases()[FIRST].grid, office.cases()[FIRST].source) == ("1网格", "sweep")


def test_an_outcome_that_was_worked_on_since_is_not_undone(office: Office) -> None:
    first, second = office.file(OPEN), office.file({})
    office.imports(first)
    office.imports(second)
    office.works((FollowUpCase(stable=True), FIRST))
    undone = office.imports(second, undo=True)
    assert [one["code"] for one in undone["rejected"]] == ["not_possible_now"]
    assert office.standing() == {FIRST: "followed_up"}


def test_a_case_cannot_be_moved_into_or_out_of_an_import(office: Office) -> None:
    file = office.file({})
    office.imports(file)
    paper = office.cases()[FIRST].paper
    assert paper is not None
    with pytest.raises(Refused) as refused:
        office.works((CorrectCase(reason="虚构", paper=replace(paper, import_id="import-other")), FIRST))
    assert (refused.value.code, refused.value.field) == ("import_stays", "paper.import_id")
    office.works((CorrectCase(reason="虚构", paper=replace(paper, row=9)), FIRST))
    assert office.imports(file, undo=True)["done"] == DONE | {"voided": 1}


# trying ---------------------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_what_would_happen(office: Office) -> None:
    rows: list[Row] = [{}, OPEN | {"基本情况": "二"}, {"基本情况": "三"}]
    fresh = office.imports(office.file(*rows), dry_run=True)
    assert (fresh["done"], fresh["would_do"]) == (DONE, DONE | {"taken_over": 3, "registered": 1})
    assert not (office.data / "log.db").exists()
    office.imports(office.file(*rows))
    size = len(office.events())
    changed = office.file({}, {"基本情况": "二"}, {"基本情况": "三"}, {"基本情况": "四"})
    tried = office.imports(changed, dry_run=True)
    assert tried["done"] == DONE
    assert tried["would_do"] == DONE | {"taken_over": 1, "unchanged": 2, "corrected": 1}
    assert tried["warnings"] == [{"sheet": "测试社区", "row": 4, "code": "row_changed"}]
    assert office.imports(office.file(*rows), undo=True, dry_run=True)["would_do"] == DONE | {"voided": 3}
    assert len(office.events()) == size
    done = office.imports(changed)
    assert (done["done"], done["warnings"]) == (tried["would_do"], tried["warnings"])


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


def test_a_number_that_names_someone_costs_no_row_and_gets_nowhere(office: Office) -> None:
    told = office.imports(
        office.file(
            {"网格": "电话13800000000"}, {"序号": "11010519491231002X", "基本情况": "二"}, sheet="测试社区13900000000"
        )
    )
    assert (told["rejected"], told["done"]["taken_over"]) == ([], 2)
    assert [one["code"] for one in told["warnings"] if one["code"] != "possible_duplicate"] == ["personal_number"] * 2
    record = b"".join(file.read_bytes() for file in office.data.glob("*.db*"))
    for number in (b"13800000000", b"13900000000", b"11010519491231002"):
        assert number not in record
    assert (
        office.imports(office.file({"网格": "电话13800000000"}, sheet="测试社区13900000000"))["done"]["unchanged"] == 1
    )


def test_a_terminal_is_told_which_rows_were_not_taken_and_what_to_do(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    file = office.file(*[{"纠纷类型": "不明", "基本情况": str(n)} for n in range(25)], {}, {"办结时间": "2035年6月9日"})
    run = import_workbook(
        load(office.data), file, LOG, dry_run=False, report_to=None, strict=False, undo=False, as_json=False,
        notes=Console(file=StringIO()),
    )  # fmt: skip
    asyncio.run(run)
    said = capsys.readouterr().out.splitlines()
    assert "退回 26 行" in said[0]
    assert said[1].startswith("  ✗ 测试社区 第3行：纠纷类型缺失")
    assert sum(line.startswith("  ✗") for line in said) == 20
    assert "还有 6 行" in said[21]
    assert "--report" in said[-1]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("log", ["abc", "41010501", "410105010001", "４１０１０５０１０", ""])
def test_what_is_no_log_is_refused_before_anything_is_done(office: Office, log: str, dry_run: bool) -> None:
    with pytest.raises(Unusable) as raised:
        office.tries(office.file({}), log=log, dry_run=dry_run)
    assert raised.value.code == "bad_log"
    assert not (office.data / "log.db").exists()


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_done(office: Office, tmp_path: Path) -> None:
    file = office.file({})
    for place, code in (
        (tmp_path / "nowhere" / "x.xlsx", "report_not_writable"),
        (tmp_path, "report_not_writable"),
        (file, "report_over_workbook"),
    ):
        with pytest.raises(Unusable) as raised:
            office.tries(file, report_to=place)
        assert raised.value.code == code
    assert not (office.data / "log.db").exists()


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
