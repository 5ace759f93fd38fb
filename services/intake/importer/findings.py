"""What can be wrong with a clerk's workbook: one table of codes, each with its Chinese and English sentence."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Level(Enum):
    """How grave a finding about a row is."""

    REJECTION = "退回"
    """The row is not taken: the clerk has to mend it first."""
    WARNING = "提醒"
    """The row is taken as it stands, and the clerk should look at it."""
    NOTE = "提示"
    """How the row was read, where the paper left room; it never counts as a warning."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of finding about a row."""

    code: str
    level: Level
    zh: str
    en: str


FINDINGS: Final = {
    finding.code: finding
    for finding in (
        Finding(
            "date",
            Level.REJECTION,
            "登记（排查）日期缺失、无法识别，或不在台账标题的月份之内",
            "The report date is missing, unreadable, or outside the month of the ledger's title",
        ),
        Finding(
            "type",
            Level.REJECTION,
            "纠纷类型缺失或不在规定的类型之中，请按规定类型填写（不会自动归入“其他”）",
            "The dispute type is missing or not one of the known types (it is never turned into 'other')",
        ),
        Finding("summary_missing", Level.REJECTION, "基本情况未填写", "The summary is missing"),
        Finding(
            "resolved_before_reported",
            Level.REJECTION,
            "化解日期早于登记（排查）日期",
            "The resolution date is before the report date",
        ),
        Finding(
            "text_too_long",
            Level.REJECTION,
            "有单元格的文字过长（姓名限100字，单位和责任人限300字，其他限4000字）",
            "A cell's text is too long (names 100, units and handlers 300, other 4000 characters)",
        ),
        Finding(
            "possible_duplicate",
            Level.WARNING,
            "与本表前面某行的当事人和基本情况相同，可能重复登记",
            "An earlier row of this sheet has the same parties and summary: possibly registered twice",
        ),
        Finding(
            "id_check_digit",
            Level.WARNING,
            "身份证号位数或校验码不对（或被表格软件按数字保存而失真），请核对",
            "An ID number has a wrong length or check digit (or was damaged by being stored as a number)",
        ),
        Finding("phone", Level.WARNING, "联系电话不是有效的号码，请核对", "A telephone number is not valid"),
        Finding(
            "formula_text",
            Level.WARNING,
            "有文字以公式符号（= + - @ 或制表符）开头，已按普通文字处理",
            "A text begins like a formula (= + - @ or a tab); it is kept as plain text",
        ),
        Finding("source", Level.WARNING, "来源无法识别，请核对", "The source is not one of the known ones"),
        Finding(
            "outcome",
            Level.WARNING,
            "办理结果无法识别，暂按未化解登记",
            "The outcome is not one of the known ones; the case is taken as open",
        ),
        Finding("backlog", Level.WARNING, "“是否信访积案”一栏无法识别，暂按否", "The backlog mark cannot be read"),
        Finding("due_date", Level.WARNING, "化解时限无法识别", "The due date cannot be read"),
        Finding("resolved_date", Level.WARNING, "化解时间无法识别", "The resolution date cannot be read"),
        Finding(
            "resolved_but_open",
            Level.WARNING,
            "填了化解时间，但结果是未化解",
            "There is a resolution date, but the outcome says that the case is open",
        ),
        Finding(
            "row_changed",
            Level.WARNING,
            "该行以前导入过，内容已有变动，按更正处理",
            "The row was imported before and has changed since; it leads to a correction",
        ),
        Finding(
            "personal_number",
            Level.WARNING,
            "工作表名、社区、网格或序号里写有电话或身份证号：这些栏目不加密，号码未录入，请改填",
            "A sheet's name, a community, grid or number holds a telephone or ID number: those are not sealed, and the "
            "number was left out; write it elsewhere",
        ),
        Finding(
            "corrected_since",
            Level.WARNING,
            "该案件在本次导入之后又有更正，撤销时没有恢复，请核对后另行更正",
            "The case was corrected again after this import: it was not restored; check it and correct it",
        ),
        Finding(
            "not_all_restored",
            Level.WARNING,
            "撤销时未能全部恢复：本次导入补填的栏目不能改回空白，或原来的个人信息已删除，请核对",
            "Not all of it was restored: what this import filled in cannot be made empty again, or the personal data "
            "that stood there were erased; check it",
        ),
        Finding("community_missing", Level.NOTE, "看不出属于哪个社区", "The row's community cannot be told"),
        Finding("number_missing", Level.NOTE, "没有序号", "The row has no number of its own"),
        Finding("parties_missing", Level.NOTE, "没有填写当事人", "No party is named"),
        Finding(
            "resolved_date_missing",
            Level.NOTE,
            "已化解，但没有填化解时间",
            "Resolved, without a resolution date",
        ),
        Finding(
            "date_ambiguous",
            Level.NOTE,
            "日期写成了小数（如6.1），可能是1日也可能是10日，按1日读",
            "The date is a decimal number such as 6.1, which may be the 1st or the 10th; read as the 1st",
        ),
        Finding(
            "hidden_row",
            Level.NOTE,
            "该行在表中被隐藏，仍已读取",
            "The row is hidden in the sheet, and was read",
        ),
    )
}
"""Every finding by its code. The order is the order in which a row's findings are told."""


class WorkbookRefused(Exception):
    """The workbook as a whole cannot be taken: a stable code, and why in Chinese and English. Nothing was read."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.detail_zh, self.detail_en = REFUSALS[code]
        super().__init__(code)


REFUSALS: Final = {
    "workbook_unreadable": ("文件不存在或无法打开", "The file does not exist or cannot be opened"),
    "workbook_empty": ("文件是空的", "The file is empty"),
    "workbook_not_xlsx": (
        "不是 .xlsx 工作簿（只改扩展名不行），请用表格软件另存为 .xlsx",
        "This is not an .xlsx workbook, whatever its name says; save it as .xlsx",
    ),
    "workbook_old_xls": (
        "这是旧版 .xls 工作簿，请另存为 .xlsx",
        "This is an old .xls workbook; save it as .xlsx",
    ),
    "workbook_encrypted": (
        "工作簿设了打开密码，请取消密码后再导入",
        "The workbook is protected by a password",
    ),
    "workbook_macros": (
        "工作簿带有宏，请另存为不带宏的 .xlsx",
        "The workbook holds macros; save it as .xlsx without them",
    ),
    "workbook_entities": (
        "工作簿里有不允许的外部实体或文档类型声明",
        "The workbook declares entities or a document type, which is not allowed",
    ),
    "workbook_too_large": (
        "工作簿过大，或解压后过大；如有大量空白格式行，请删除后再导入",
        "The workbook is too large, packed or unpacked; delete formatted but empty rows",
    ),
    "workbook_too_many_sheets": ("工作表过多", "The workbook has too many sheets"),
    "workbook_too_many_rows": ("工作表行数过多", "A sheet has too many rows"),
    "workbook_too_wide": ("工作表列数过多", "A sheet has too many columns"),
    "workbook_damaged": ("工作簿已损坏，无法打开", "The workbook is damaged and cannot be opened"),
    "workbook_without_ledger": (
        "没有找到台账表头：至少要有日期、纠纷类型、当事人或基本情况等栏目",
        "No ledger was found: a header needs at least a date, a dispute type, and parties or a summary",
    ),
}
"""Code of a refused workbook → (Chinese, English)."""

SHEET_NOTES: Final = {
    "no_table": ("没有台账表头，未读取", "no ledger header; not read"),
    "hidden_sheet": ("工作表被隐藏，未读取", "the sheet is hidden; not read"),
    "month_unknown": ("看不出台账的月份", "the ledger's month cannot be told"),
}
"""What is told about a whole sheet: code → (Chinese, English)."""
