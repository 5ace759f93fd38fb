"""From a clerk's workbook to judged rows (taking over a paper ledger, 工作台账 §3.1.4): sheets → tables → rows.

Nothing is decided about cases here, nothing stored, no clock asked: the same workbook always gives the same reading.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from services.intake.importer import vocabulary
from services.intake.importer.findings import FINDINGS, Level, WorkbookRefused
from services.intake.importer.headers import BOTH, PARTY, Column, Field, Header, find_header
from services.intake.importer.period import Hint, decide_period, filled_on, hint_of, placed
from services.intake.importer.places import community_name, community_of_section, community_of_sheet
from services.intake.importer.values import (
    Person,
    WrittenDay,
    begins_like_formula,
    folded,
    grid_code,
    id_numbers,
    key_text,
    marked,
    people,
    phone_numbers,
    prose,
    repeats,
    says_nothing,
    squeezed,
    text_of,
    ticked,
    written_day,
    written_span,
)
from services.intake.importer.vocabulary import Outcome
from services.intake.importer.workbook import Cell, Sheet, Workbook, open_workbook
from shared.contracts.codes import DisputeType, PartyRole, Source
from shared.contracts.fields import names_someone

MAX_TEXT: Final = 4_000
MAX_NAME: Final = 100
MAX_LINE: Final = 300
_LONG_NUMBER: Final = re.compile("[+(]?[0-9](?:[ ()\u2010\u2013\u2014-]{0,3}[0-9]){9,}[Xx]?")
UNNAMED: Final = "（未填写）"
"""Stands for the name of a party of whom the paper gives only a number."""


@dataclass(frozen=True, slots=True)
class LedgerParty:
    """A party 当事人 of a ledger row; the first side (甲方, 申请人) is the applicant."""

    role: PartyRole
    name: str
    phone: str | None
    """One number, or several with a space between; kept as written where it is no sound number."""
    id_number: str | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row of a paper ledger as it was understood, with what was found wrong with it."""

    sheet: str
    row: int
    number: str | None
    """The row's own number 序号, as it was written; 1.0 and １ are 1."""
    occurrence: int
    """1, or 2 and more where another row of this community and month bears the same number with other content."""
    community: str | None
    month: str | None
    """The ledger's month, e.g. 2015-06; of a ledger over several months, the report's."""
    grid: str | None
    dispute_type: DisputeType | None
    source: Source | None
    outcome: Outcome
    backlog: bool
    """Handed-down petition backlog 信访积案."""
    occurred_on: date | None
    due_on: date | None
    resolved_on: date | None
    """The day on which it ended, also for what was referred or terminated."""
    parties: tuple[LedgerParty, ...]
    summary: str
    unit: str
    handler: str
    measure: str
    follow_up: str
    remark: str
    findings: tuple[str, ...]
    """Codes of `FINDINGS`, the gravest first."""

    @property
    def rejected(self) -> str | None:
        """The code for which the row is not taken; None for an accepted row."""
        return next(iter(self._of(Level.REJECTION)), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The codes of the warnings of an accepted row."""
        return () if self.rejected else self._of(Level.WARNING)

    def _of(self, level: Level) -> tuple[str, ...]:
        return tuple(code for code in self.findings if FINDINGS[code].level is level)

    @property
    def key(self) -> str | None:
        """`community/month/number`: the row's place within its log, the same at every import. None where the paper
        does not give all three; such a row can only be known again by its content."""
        if self.community is None or self.month is None or self.number is None:
            return None
        again = f"~{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.community}/{self.month}/{self.number}{again}"

    def content(self) -> tuple[str, ...]:
        """All that the row says, in one canonical form: another content under the same key is a changed row.

        It holds personal values: only a keyed digest (HMAC) of it may be kept, never a plain hash.
        """
        values: list[object] = [self.community, self.month, self.number, self.grid, self.dispute_type, self.source]
        values += [self.outcome, self.backlog, self.occurred_on, self.due_on, self.resolved_on]
        values += [self.summary, self.unit, self.handler, self.measure, self.follow_up, self.remark]
        for party in self.parties:
            values += [party.role, party.name, party.phone, party.id_number]
        return tuple("" if value is None else str(value) for value in values)


@dataclass(frozen=True, slots=True)
class SheetReading:
    """What a sheet was taken for: its headers, or a code of `SHEET_NOTES` that says why it was not read."""

    title: str
    headers: tuple[Header, ...]
    width: int
    """The last column with content."""
    note: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A workbook's judged rows, in its own order."""

    name: str
    sheets: tuple[SheetReading, ...]
    rows: tuple[LedgerRow, ...]

    @property
    def accepted(self) -> tuple[LedgerRow, ...]:
        """The rows that can be taken over, warned ones included."""
        return tuple(row for row in self.rows if row.rejected is None)

    def to_json(self) -> dict[str, Any]:
        """The object that `sanguan import --json` prints."""
        return {
            "rows": len(self.rows),
            "accepted": len(self.accepted),
            "rejected": [
                {"sheet": row.sheet, "row": row.row, "code": row.rejected} for row in self.rows if row.rejected
            ],
            "warnings": [
                {"sheet": row.sheet, "row": row.row, "code": code} for row in self.rows for code in row.warnings
            ],
            "read": [_read_json(row) for row in self.accepted],
        }


def _read_json(row: LedgerRow) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "row": row.row,
        "type": row.dispute_type and row.dispute_type.zh,
        "source": row.source and row.source.value,
        "outcome": row.outcome.value,
        "backlog": row.backlog,
        "grid": row.grid,
        "occurred_on": row.occurred_on and row.occurred_on.isoformat(),
        "resolved_on": row.resolved_on and row.resolved_on.isoformat(),
        "due_on": row.due_on and row.due_on.isoformat(),
    }


def read_workbook(source: bytes | Path, name: str | None = None) -> Reading:
    """Reads a clerk's workbook. Raises `WorkbookRefused` for one that is unsafe, unsound, or holds no ledger."""
    return read(open_workbook(source, name))


def read(book: Workbook) -> Reading:
    """Judges the rows of an opened workbook. Raises `WorkbookRefused("workbook_without_ledger")`."""
    tables = {sheet.title: ([] if sheet.hidden else list(_tables(sheet))) for sheet in book.sheets}
    titles = [hint for found in tables.values() for table in found if (hint := _hint(table.lines)).period]
    book_hints = titles[:1] if len({hint.period for hint in titles}) == 1 else []
    book_hints.append(hint_of(Path(book.name).stem))
    rows: list[LedgerRow] = []
    for sheet in book.sheets:
        above: dict[object, Cell] = {}
        drafts = [
            draft for table in tables[sheet.title] for draft in _TableReader(book, table, book_hints, above).drafts()
        ]
        rows += _with_duplicates(drafts)
    sheets = tuple(_sheet_reading(sheet, tables[sheet.title]) for sheet in book.sheets)
    if not any(sheet.headers for sheet in sheets):
        raise WorkbookRefused("workbook_without_ledger")
    return Reading(book.name, sheets, tuple(_with_occurrences(rows)))


def _sheet_reading(sheet: Sheet, tables: Sequence["Table"]) -> SheetReading:
    note = "hidden_sheet" if sheet.hidden else None if tables else "no_table"
    return SheetReading(sheet.title, tuple(table.header for table in tables), max(sheet.columns, default=0), note)


# ---- a sheet's tables -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Table:
    """A header, the lines above it, and what stands below it until the next header."""

    sheet: Sheet
    header: Header
    lines: list[str]
    items: list[tuple[int, str]] = field(default_factory=list)
    """(row, "") for a case, (row, text) for a line between the cases."""
    continued: dict[int, list[int]] = field(default_factory=dict)
    """Case row → further rows with parties of the same case."""


_TOTAL = re.compile(
    r"(?:本页|本月|本周|本表|本社区|全街道|全部|截至.*|当月|本季)?(?:小计|合计|总计|累计|共计|总数|汇总|页计).*"
    r"|.*(?:小计|合计|总计|累计):?(?:共?\d+[件起宗条])?"
)
_EXAMPLE: Final = re.compile(r"\(?(?:例|示例|样例|范例|例如|举例|填写示例)[):]?")
_FOOTER = re.compile(
    r"(?:填报|填表|制表|审核|审批|负责|领导|主管|单位|签字|签名|盖章|联系人|联系电话|报送|备注|附注?|注|说明|填表说明|注意|报告人|统计人|经办人签)"
    r".{0,8}[:：(]|(?:备注|注|说明)\d?[、.]|第\d+页|以下空白|此页|打印|共\d+[件页起宗条]|-+第?\d+页?-+"
)
_CORE: Final = frozenset((Field.OCCURRED, Field.TYPE, Field.SUMMARY, Field.OUTCOME, Field.SOURCE, *PARTY))


def _tables(sheet: Sheet) -> Iterator[Table]:
    table: Table | None = None
    lines: list[str] = []
    """Lines since the last case: the title and notes of the table that may follow."""
    for row in sheet.rows:
        if table is not None and row <= table.header.bottom:
            continue
        if header := find_header(sheet, row):
            if table is not None:
                yield table
                lines = lines if any(hint_of(line).period for line in lines) else [*lines, *table.lines]
            table, lines = Table(sheet, header, lines), []
        elif table is None:
            lines.append(_line(sheet, row))
        else:
            match _kind(table, row):
                case "case":
                    table.items.append((row, ""))
                    lines = []
                case "continued":
                    table.continued.setdefault(table.items[-1][0], []).append(row)
                case _:
                    lines.append(_line(sheet, row))
                    table.items.append((row, _line(sheet, row)))
    if table is not None:
        yield table


def _line(sheet: Sheet, row: int) -> str:
    texts = [text_of(cell.value) for column in sheet.columns if (cell := sheet.cells.get((row, column)))]
    return " ".join(folded(text) for text in texts)[:500]


def _kind(table: Table, row: int) -> str:
    """Whether a row below the header is a case, goes on with the parties of the case above, or is a line of its own."""
    sheet, header = table.sheet, table.header
    own = {column: cell for column in sheet.columns if (cell := sheet.cells.get((row, column)))}
    texts = [text_of(cell.value) for cell in own.values()]
    if any(_TOTAL.fullmatch(squeezed(text)) for text in texts[:2] if len(text) <= 20):
        return "line"
    if _FOOTER.match(squeezed(texts[0])) or _EXAMPLE.fullmatch(squeezed(texts[0])):
        return "line"
    if len(texts) > 3 and _counts_up(texts):  # a row that numbers the columns
        return "line"
    core = {
        column.meaning.field: text
        for column in header.columns
        if column.meaning.field in _CORE
        and (cell := own.get(column.index) or _from_above(sheet, row, column.index))
        and not says_nothing(text := text_of(cell.value))
    }
    numbered = [column.index for column in header.of(Field.NUMBER)]
    after_case = bool(table.items) and table.items[-1][1] == ""
    own_fields = {column.meaning.field for column in header.columns if column.index in own}
    said = {column.meaning.field for column in header.columns if (cell := own.get(column.index)) and not _repeats(cell)}
    only_parties = said <= PARTY or (bool(numbered) and sheet.covered(row, numbered[0]))
    if after_case and numbered and numbered[0] not in own and own_fields & PARTY and only_parties:
        return "continued"
    number = text_of(own[numbered[0]].value) if numbered and numbered[0] in own else ""
    if not own_fields & _CORE or not core:
        return "line"
    if len(core) == 1 and (not re.search(r"\d", number) or any(sheet.box_right(row, at) - at > 4 for at in own)):
        return "line"
    return "case"


def _repeats(cell: Cell) -> bool:
    return isinstance(cell.value, str) and repeats(cell.value)


def _from_above(sheet: Sheet, row: int, column: int) -> Cell | None:
    """The cell of a range merged downwards over several rows of one column."""
    return sheet.at(row, column) if sheet.covered(row, column) else None


def _counts_up(texts: Sequence[str]) -> bool:
    numbers = [squeezed(text).strip("()") for text in texts]
    return all(number.isdecimal() for number in numbers) and all(
        int(after) == int(before) + 1 for before, after in pairwise(numbers)
    )


def _hint(lines: Sequence[str]) -> Hint:
    """What the lines above a table say about its period: the first that says a whole one, or the parts together."""
    year = month = None
    for line in lines:
        if len(line) > 200 or re.match(r"注|说明|备注|填表说明", line):
            continue
        hint = hint_of(line)
        if hint.period:
            return hint
        year, month = year or hint.year, month or hint.month
    return Hint(None, year, month)


# ---- a table's rows -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """A row being judged: its values, and the codes found so far."""

    row: LedgerRow
    comparable: str
    """Summary and parties as compared for repetition; empty where there is too little to compare."""


class _TableReader:
    """Reads the rows of one table: knows its community and period, and the cells above for 同上."""

    def __init__(self, book: Workbook, table: Table, book_hints: Sequence[Hint], above: dict[object, Cell]) -> None:
        self.table = table
        self.sheet = table.sheet
        self.header = table.header
        self.epoch = book.epoch
        self.above = above
        self.community = community_of_sheet(table.lines, table.sheet.title, Path(book.name).stem)
        self.grid: str | None = None
        filled = next((hint for line in table.lines if (hint := filled_on(line)).period), Hint())
        hints = [_hint(table.lines), hint_of(table.sheet.title), *book_hints]
        self.period = decide_period(hints, filled, self._written_days())

    def _written_days(self) -> list[WrittenDay]:
        columns = self.header.of(Field.OCCURRED)
        if len(columns) != 1:
            return []
        cells = [self.sheet.cells.get((row, columns[0].index)) for row, line in self.table.items if not line]
        days = [written_day(cell.value, cell.number_format, self.epoch) for cell in cells if cell]
        return [day for day in days if day]

    def drafts(self) -> Iterator[_Draft]:
        """The table's cases in their order."""
        for row, line in self.table.items:
            if not line:
                yield _RowReader(self, row).draft()
            elif community := community_of_section(line):
                self.community = community
            elif (grid := grid_code(line)) and re.fullmatch(r"\d+网格", grid):
                self.grid = grid


class _RowReader:
    """Reads one row, collecting what is wrong with it."""

    def __init__(self, table: _TableReader, row: int) -> None:
        self.table = table
        self.row = row
        self.found: set[str] = set()
        self.cells = {column: cell for column in table.header.columns if (cell := self._cell(column))}
        self.texts = {column: text_of(cell.value) for column, cell in self.cells.items()}

    def _cell(self, column: Column) -> Cell | None:
        """The cell of a column, a range merged from above or 同上 resolved."""
        sheet = self.table.sheet
        cell = sheet.cells.get((self.row, column.index))
        held = column.meaning
        if held.field is Field.NUMBER:
            return cell
        cell = cell or _from_above(sheet, self.row, column.index)
        place = (held.field, held.side, held.choice, held.part)
        if cell is not None and _repeats(cell):
            return self.table.above.get(place)
        if cell is not None:
            self.table.above[place] = cell
        return cell

    def _column(self, wanted: Field) -> Column | None:
        """The one column of a field that is read as a value."""
        return next((column for column in self.table.header.of(wanted) if column.meaning.choice is None), None)

    def _text(self, wanted: Field) -> str:
        """What the field's columns say; nothing where they only say 无 or /."""
        parts = [self.texts.get(column, "") for column in self.table.header.of(wanted)]
        return "；".join(prose(part) for part in parts if not says_nothing(part))

    def _choice(self, wanted: Field) -> object:
        """The value of the ticked one among a field's columns to tick."""
        for column in self.table.header.of(wanted):
            text = self.texts.get(column, "")
            if column.meaning.choice is not None and text and not says_nothing(text) and marked(text) is not False:
                return column.meaning.choice
        return None

    def draft(self) -> _Draft:
        """The row with all that can be said about it alone."""
        community = self._community()
        grid_text = self._plain(self._text(Field.GRID))
        self._plain(self.table.sheet.title)
        occurred_on = self._occurred_on()
        outcome, ended_on = self._outcome(occurred_on)
        kind = self._dispute_type()
        summary = self._text(Field.SUMMARY)
        if not summary:
            self.found.add("summary_missing")
        parties = self._parties()
        source = self._source()
        backlog = self._backlog()
        number = self._number()
        period = self.table.period
        month = period.month if period else None
        self._judge_formulas()
        self._judge_lengths(parties)
        if self.row in self.table.sheet.hidden_rows:
            self.found.add("hidden_row")
        row = LedgerRow(
            sheet=self.table.sheet.title,
            row=self.row,
            number=number,
            occurrence=1,
            community=community,
            month=month or (f"{occurred_on:%Y-%m}" if occurred_on else None),
            grid=grid_code(grid_text, community) if grid_text else self.table.grid,
            dispute_type=kind,
            source=source,
            outcome=outcome,
            backlog=backlog,
            occurred_on=occurred_on,
            due_on=self._due_on(occurred_on),
            resolved_on=ended_on,
            parties=parties,
            summary=summary,
            unit=self._text(Field.UNIT),
            handler=self._text(Field.HANDLER),
            measure=self._text(Field.MEASURE),
            follow_up=self._text(Field.FOLLOW_UP),
            remark=self._text(Field.REMARK),
            findings=tuple(code for code in FINDINGS if code in self.found),
        )
        names = [party.name for party in parties]
        enough = names or len(summary) >= 10
        return _Draft(row, key_text([summary, *names]) if summary and enough else "")

    def _community(self) -> str | None:
        community = community_name(self._plain(self._text(Field.COMMUNITY))) or self.table.community
        community = self._plain(community or "") or None
        if community is None:
            self.found.add("community_missing")
        return community

    def _plain(self, text: str) -> str:
        """Text of a field that stands unsealed for ever, without any long number where one identifies a person."""
        if not names_someone(text):
            return text
        self.found.add("personal_number")
        return _LONG_NUMBER.sub("", unicodedata.normalize("NFKC", text)).strip()

    def _number(self) -> str | None:
        column = self._column(Field.NUMBER)
        text = re.sub(r"\s+", "", folded(self._plain(self.texts.get(column, "")))) if column else ""
        number = re.sub(r"[^0-9A-Za-z\u3400-\u9fff._:-]+", "-", text).strip("-.")[:64]
        if not number:
            self.found.add("number_missing")
            return None
        return str(int(number)) if re.fullmatch(r"[0-9]{1,9}", number) else number

    def _day(self, wanted: Field) -> tuple[WrittenDay | None, bool]:
        """The day in a field's columns, and whether anything is written there."""
        columns = self.table.header.of(wanted)
        if len(columns) > 1:  # 年, 月, 日 in columns of their own
            parts = [(column.meaning.part or "", self.texts.get(column, "")) for column in columns]
            said = [(sign, squeezed(text).rstrip(sign)) for sign, text in parts if not says_nothing(text)]
            return written_day("".join(text + sign for sign, text in said)), bool(said)
        cell = self.cells.get(columns[0]) if columns else None
        if cell is None or says_nothing(text_of(cell.value)):
            return None, False
        return written_day(cell.value, cell.number_format, self.table.epoch), True

    def _occurred_on(self) -> date | None:
        written, _ = self._day(Field.OCCURRED)
        day = placed(written, self.table.period) if written else None
        if day is None or (self.table.period is not None and day not in self.table.period):
            self.found.add("date")
            return None
        if written and written.ambiguous:
            self.found.add("date_ambiguous")
        return day

    def _due_on(self, occurred_on: date | None) -> date | None:
        written, said = self._day(Field.DUE)
        span = written_span(self._text(Field.DUE))  # 30日内 is a length, not the 30th
        if span is not None:
            if occurred_on is None:
                return None
            return occurred_on + span if isinstance(span, timedelta) else _months_later(occurred_on, span)
        due_on = placed(written, self.table.period, occurred_on or self._start()) if written else None
        if said and due_on is None:
            self.found.add("due_date")
        return due_on

    def _start(self) -> date | None:
        return self.table.period.first if self.table.period else None

    def _outcome(self, occurred_on: date | None) -> tuple[Outcome, date | None]:
        """How the case stood, and the day on which it ended."""
        written, said = self._day(Field.RESOLVED)
        ended_on = placed(written, self.table.period, occurred_on or self._start()) if written else None
        text = self._text(Field.OUTCOME)
        outcome: Outcome | None
        match self._choice(Field.OUTCOME):
            case Outcome() as outcome:
                pass
            case _ if text:
                outcome = vocabulary.outcome(text)
                if outcome is None and ended_on is None:
                    self.found.add("outcome")
            case _:
                outcome = None
        if outcome is None:
            outcome = Outcome.RESOLVED if ended_on else Outcome.OPEN
        column = self._column(Field.RESOLVED)
        exact = column is not None and column.meaning.rank < 2  # 调解时间 may be that of an attempt
        if outcome is Outcome.OPEN:
            if ended_on and exact:
                self.found.add("resolved_but_open")
            return outcome, None
        if said and ended_on is None:
            self.found.add("resolved_date")
        if ended_on and occurred_on and ended_on < occurred_on:
            self.found.add("resolved_before_reported")
        if outcome is Outcome.RESOLVED and ended_on is None and not said:
            self.found.add("resolved_date_missing")
        return outcome, ended_on

    def _dispute_type(self) -> DisputeType | None:
        choice = self._choice(Field.TYPE)
        kind = choice if isinstance(choice, DisputeType) else vocabulary.dispute_type(self._text(Field.TYPE))
        if kind is None:
            self.found.add("type")
        return kind

    def _source(self) -> Source | None:
        choice = self._choice(Field.SOURCE)
        if isinstance(choice, Source):
            return choice
        text = self._text(Field.SOURCE)
        source = vocabulary.source(text) if text else None
        if text and source is None:
            self.found.add("source")
        return source

    def _backlog(self) -> bool:
        choice = self._choice(Field.BACKLOG)
        if isinstance(choice, bool):
            return choice
        column = self._column(Field.BACKLOG)
        if column is None:
            return "积案" in self._text(Field.SOURCE)
        text = ticked(self.texts.get(column, ""))
        answer = marked(text)
        if answer is not None:
            return answer
        if re.search("^[否无]|非|不|未", text):
            return False
        if re.search("积案|交办|遗留|是|号", text):
            return True
        self.found.add("backlog")
        return False

    def _parties(self) -> tuple[LedgerParty, ...]:
        parties: list[LedgerParty] = []
        for place, row in enumerate((self.row, *self.table.table.continued.get(self.row, ()))):
            texts = self._further(row) if place else self.texts
            for side in (1, 2, 3, BOTH):
                parties += self._parties_of(side, texts, place)
        if not parties:
            self.found.add("parties_missing")
        return tuple(parties)

    def _further(self, row: int) -> dict[Column, str]:
        cells = {column: self.table.sheet.cells.get((row, column.index)) for column in self.table.header.columns}
        return {column: text_of(cell.value) for column, cell in cells.items() if cell}

    def _parties_of(self, side: int, texts: dict[Column, str], place_of_row: int) -> Iterator[LedgerParty]:
        columns = [column for column in self.table.header.columns if column.meaning.side == side]
        said = {held: [texts.get(column, "") for column in columns if column.meaning.field is held] for held in PARTY}
        persons = [person for text in said[Field.NAME] for person in people(text, both_sides=side == BOTH)]
        phones, sound_phones = _all(phone_numbers(text) for text in said[Field.PHONE])
        numbers, sound_numbers = _all(
            self._ids(column, texts) for column in columns if column.meaning.field is Field.ID
        )
        own_numbers = [person.id_number for person in persons if person.id_number]
        if not sound_phones:
            self.found.add("phone")
        if not sound_numbers or not _all(map(id_numbers, own_numbers))[1]:
            self.found.add("id_check_digit")
        if not persons and (phones or numbers):
            persons = [Person(UNNAMED)]
        alone = len(persons) == 1
        for place, person in enumerate(persons):
            own_side = (person.side or 1) + place_of_row if side == BOTH else side
            role = {1: PartyRole.APPLICANT, 2: PartyRole.RESPONDENT}.get(own_side, PartyRole.OTHER)
            phone = person.phone or (" ".join(phones)[:40] if alone else next(iter(phones[place : place + 1]), None))
            number = person.id_number or next(iter(numbers[place : place + 1]), None)
            yield LedgerParty(role, person.name or UNNAMED, phone or None, number and number[:40])

    def _ids(self, column: Column, texts: dict[Column, str]) -> tuple[tuple[str, ...], bool]:
        cell = self.cells.get(column)
        return id_numbers(texts.get(column, ""), cell is not None and not isinstance(cell.value, str))

    def _judge_formulas(self) -> None:
        for column, cell in self.cells.items():
            if column.meaning.field in (Field.NUMBER, Field.OCCURRED, Field.DUE, Field.RESOLVED, Field.BACKLOG):
                continue
            raw = cell.value
            if column.meaning.field is Field.PHONE and phone_numbers(text_of(raw))[1]:
                continue  # +86 is how a number may begin
            if isinstance(raw, str) and (cell.formula or begins_like_formula(raw)):
                self.found.add("formula_text")

    def _judge_lengths(self, parties: Sequence[LedgerParty]) -> None:
        lines = [self._text(Field.UNIT), self._text(Field.HANDLER)]
        texts = [self._text(each) for each in (Field.SUMMARY, Field.MEASURE, Field.FOLLOW_UP, Field.REMARK)]
        if (
            any(len(party.name) > MAX_NAME for party in parties)
            or any(len(line) > MAX_LINE for line in lines)
            or any(len(text) > MAX_TEXT for text in texts)
        ):
            self.found.add("text_too_long")


def _all(found: Iterable[tuple[tuple[str, ...], bool]]) -> tuple[list[str], bool]:
    values: list[str] = []
    sound = True
    for each, each_sound in found:
        values += each
        sound = sound and each_sound
    return values, sound


def _months_later(day: date, months: int) -> date:
    """The same day some months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _with_duplicates(drafts: Sequence[_Draft]) -> Iterator[LedgerRow]:
    """Marks later rows of a sheet with the summary and parties of an earlier one; only a clerk can say more."""
    seen: set[str] = set()
    for draft in drafts:
        row = draft.row
        if draft.comparable and draft.comparable in seen:
            codes = {*row.findings, "possible_duplicate"}
            row = replace(row, findings=tuple(code for code in FINDINGS if code in codes))
        seen.add(draft.comparable)
        yield row


def _with_occurrences(rows: Sequence[LedgerRow]) -> Iterator[LedgerRow]:
    """Tells apart rows of one community and month that bear the same number, as where each page counts anew."""
    contents: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        if (key := row.key) is None:
            yield row
            continue
        known = contents.setdefault(key, [])
        if (content := row.content()) not in known:
            known.append(content)
        yield replace(row, occurrence=known.index(content) + 1)
