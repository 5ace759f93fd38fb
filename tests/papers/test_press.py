"""The press: what comes out is what was put in, or nothing, and why. Names are invented (synthetic)."""

import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from services.assessment.pages.printed import ANY, LETTERS
from services.assignment.pages.printed import BOARD, CARD, MINUTES, qr
from services.intake.pages.printed import AGREEMENT
from shared.contracts.model import Refused
from shared.errors import CODES
from shared.printing import press, typesetting
from shared.printing.typesetting import PressFailed, about, chinese_day, pdf_response, typeset
from shared.settings import load
from tests.papers.fonts import PROBE, font, printing_in
from tests.papers.pdf import close, codes_of, made_on, pages_of, text_of
from tests.system.cli import ROOT

DAY: Final = date(2015, 6, 1)
RARE: Final = "𠮷野㐂一郎 龘靐齉爩 〇"
ODD: Final = (
    "虚构#甲", "虚构\"乙", "虚构$丙$", "#read(\"/pyproject.toml\")", "*粗* _斜_ `码`", "@引 <标> <script>",
    "\\u{4e00} \\n", "= 标题", "- 列 / 项: 目", "// 注 /* 释 */", "https://example.org/a--b...c",
    "#panic(\"虚构\")", "'单' \"双\" ~ ---", "{a: 1}",
    "]", ")", "#]", "$", "\\", RARE,
)  # fmt: skip
"""Names and other texts that would mean something in typst's own markup."""


def sheet(**more: Any) -> dict[str, Any]:
    """The data of a paper of facts and tables."""
    part = {"kind": "part", "label": "", "facts": [], "within": []}
    return {
        **about("虚构月报", date(2015, 6, 11), "410105010 #7"), "standing": "数据截至", "seal": "（盖章）",
        "by_hand": [], "part": part, **more,
    }  # fmt: skip


def part(facts: list[list[str]], *tables: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "part", "label": "", "facts": facts, "within": list(tables)}


def table(label: str, columns: list[str], rows: list[list[str]]) -> dict[str, Any]:
    widths = [10] * len(columns)
    return {"kind": "table", "label": label, "columns": columns, "rows": rows, "widths": widths}


class Press:
    """The press of this process, so that not every paper starts another one."""

    def __init__(self, directory: Path) -> None:
        self._fonts = press.fonts_in(str(directory))
        self._families = press.chosen(self._fonts, str(directory))

    def __call__(self, template: Path, data: dict[str, Any], standard: press.Standard = press.TAGGED) -> bytes:
        path = template.relative_to(ROOT).as_posix()
        return press.press(path, data, self._fonts, self._families, standard)


@pytest.fixture(scope="module", autouse=True)
def paper_fonts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with printing_in(tmp_path_factory.mktemp("fonts")) as directory:
        yield directory


@pytest.fixture(scope="module")
def printed(paper_fonts: Path) -> Press:
    return Press(paper_fonts)


def installed(directory: Path, *families: str) -> str:
    """The directory, in which these families now are; each holds the Chinese that the press tries, and no more."""
    for family in families:
        (directory / f"{family}.ttf").write_bytes(font(family, PROBE))
    return str(directory)


# what comes out ---------------------------------------------------------------------------------------------------


def test_texts_come_out_as_themselves_whatever_they_would_mean_to_typst(printed: Press) -> None:
    facts = [[f"第{number}项", text] for number, text in enumerate(ODD)]
    data = sheet(part=part(facts, table("虚构表", ["甲#", "乙$"], [[text, text] for text in ODD])))
    text = text_of(printed(ANY, data))
    for number, odd in enumerate(ODD):
        assert f"第{number}项{close(odd)}" in text
        assert text.count(close(odd)) >= 3
    assert "sanguan" not in text  # what a file of ours says


@pytest.mark.parametrize("odd", ODD)
def test_a_party_s_name_is_never_markup_in_any_template(printed: Press, odd: str) -> None:
    board = {
        **about(odd, DAY, odd), "community": odd, "studio": odd, "leaders": [odd], "address": odd, "qr": qr("虚构"),
        "posts": [{"zh": odd, "en": odd, "officers": [{"unit": odd, "times": odd}]}],
    }  # fmt: skip
    letter = {**about(odd, DAY, odd), "standing": odd, "letters": [{"facts": [[odd, odd]], "unit": odd, "days": odd}]}
    minutes = {**about(odd, DAY, odd), "facts": [[odd, odd]], "decisions": 1}
    agreement = {
        **about(odd, DAY, odd), "facts": [[odd, odd]], "parties": [odd], "agreed": odd, "confirm_by": odd,
    }  # fmt: skip
    for template, data, times in (
        (BOARD, board, 6),
        (LETTERS, letter, 5),
        (MINUTES, minutes, 2),
        (AGREEMENT, agreement, 5),
    ):
        assert text_of(printed(template, data)).count(close(odd)) >= times, template.name


def test_a_long_table_goes_on_with_its_headers_and_loses_no_row(printed: Press) -> None:
    rows = [[f"虚构社区{number:03}", f"第{number:03}件" * 3] for number in range(150)]
    pages = pages_of(printed(ANY, sheet(part=part([], table("明细", ["社区名称", "事项内容"], rows)))))
    assert len(pages) > 3
    holding = [page for page in pages if "虚构社区" in page]
    assert all("社区名称事项内容" in page for page in holding)
    text = "".join(pages)
    assert [number for number in range(150) if text.count(f"虚构社区{number:03}") != 1] == []
    for number, page in enumerate(pages, 1):
        assert page.endswith(f"—{number}—")
        assert "410105010#7" in page


def test_a_row_that_would_fill_a_page_is_broken_and_not_cut(printed: Press) -> None:
    long = "虚构的很长的内容" * 400
    text = text_of(printed(ANY, sheet(part=part([], table("明细", ["名", "容"], [["甲", long]])))))
    body = re.sub(r"410105010#7—\d+—|名容", "", text)  # what stands on every page
    assert body.count("虚构的很长的内容") == 400


def test_an_id_is_broken_in_a_narrow_cell_and_stays_the_same_text(printed: Press) -> None:
    id = "0123456789abcdef0123456789abcdef"
    rows = [[id, *["虚构"] * 9]]
    text = text_of(printed(ANY, sheet(part=part([["编号", id]], table("表", ["编号", *"甲乙丙丁戊己庚辛壬"], rows)))))
    assert text.count(id) == 2


def test_the_same_data_give_the_same_bytes_also_in_another_process(printed: Press) -> None:
    data = sheet(part=part([["姓名", RARE]]))
    first = printed(ANY, data)
    assert first == printed(ANY, data) == typeset(ANY, data, load())
    assert printed(ANY, sheet(part=part([["姓名", "虚构甲"]]))) != first
    assert made_on(first) == "D:20150611"


def test_the_qr_code_is_drawn_and_says_its_address(printed: Press) -> None:
    address = "https://sanguan.example.org/public/410105010"
    data = {
        **about("卡", DAY, "f"), "community": "虚构社区", "studio": None, "leaders": [], "address": address,
        "qr": qr(address), "posts": [{"zh": "法官", "en": "judge", "officers": [{"unit": None, "times": None}]}],
    }  # fmt: skip
    card = printed(CARD, data)
    assert codes_of(card) == [address] * 10
    assert b"/Subtype/Image" not in card.replace(b" ", b"")
    assert codes_of(printed(BOARD, data)) == [address]


def test_a_day_is_written_the_chinese_way() -> None:
    assert chinese_day(DAY) == "2015年6月1日"
    assert chinese_day(None) == ""


# what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [{}, {"broken.ttf": b"no font", "read.me": b"x"}], ids=["empty", "no fonts"])
def test_without_a_chinese_font_there_is_no_paper_but_a_clear_answer(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused) as refused:
        typeset(ANY, sheet(), load(paper_fonts=tmp_path))
    assert refused.value.code == "no_cjk_font"
    said = CODES["no_cjk_font"]
    assert "fonts-noto-cjk" in said.zh
    assert "SANGUAN_PAPER_FONTS" in said.en


def test_a_font_without_chinese_is_none(tmp_path: Path) -> None:
    """Whatever it calls itself: that it holds Chinese is tried."""
    (tmp_path / "latin.ttf").write_bytes(font("FangSong", "abc "))
    fonts = press.fonts_in(str(tmp_path))
    assert fonts.families() == ["FangSong"]
    with pytest.raises(press.Refusal, match="no_cjk_font"):
        press.chosen(fonts, str(tmp_path))


@pytest.mark.parametrize(
    ("there", "text", "titles"),
    [
        (["Other", "Noto Sans CJK SC", "SimHei", "simsun", "Noto Serif CJK SC"], "Noto Serif CJK SC", "SimHei"),
        (["Other", "simsun"], "simsun", "simsun"),
        (["Noto Sans CJK SC", "Microsoft YaHei"], "Noto Sans CJK SC", "Noto Sans CJK SC"),
        (["Other"], "Other", "Other"),
    ],
    ids=["text and titles", "text", "titles", "neither"],
)
def test_fonts_are_looked_for_in_a_stated_order(tmp_path: Path, there: list[str], text: str, titles: str) -> None:
    directory = installed(tmp_path, *there)
    assert press.chosen(press.fonts_in(directory), directory) == (text, titles)


def test_an_operator_s_directory_stands_in_place_of_the_system_s_fonts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, family in (("system", "FangSong"), ("own", "Other")):
        (tmp_path / name).mkdir()
        installed(tmp_path / name, family)
    listed = tmp_path / "fonts.conf"  # where fontconfig, which Linux asks for them, is told that the system's are
    listed.write_text(f"<fontconfig><dir>{tmp_path / 'system'}</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(listed))
    own = str(tmp_path / "own")
    assert press.fonts_in(own).families() == ["Other"]
    if sys.platform == "linux":
        assert press.chosen(press.fonts_in(None), None) == ("FangSong", "FangSong")


def test_a_character_that_no_font_holds_is_refused_and_not_shown_as_a_box() -> None:
    with pytest.raises(Refused) as refused:
        typeset(ANY, sheet(part=part([["姓名", "虚构\ue123甲"]])), load())
    assert refused.value.code == "not_in_font"
    assert "虚构" not in str(refused.value)


def test_what_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "MOST_SECONDS", 0.05)
    with pytest.raises(Refused) as refused:
        typeset(ANY, sheet(), load())
    assert refused.value.code == "too_long_to_print"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_press_that_comes_to_its_limits_has_too_much_to_print(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stopped = tmp_path / "press.py"
    stopped.write_text("import os, signal, sys; sys.stdin.read(); os.kill(os.getpid(), signal.SIGXCPU)")
    monkeypatch.setattr(typesetting, "_PRESS", stopped)
    with pytest.raises(Refused) as refused:
        typeset(ANY, sheet(), load())
    assert refused.value.code == "too_long_to_print"


@pytest.mark.parametrize("limit", ["MOST_DATA_BYTES", "MOST_PDF_BYTES"])
def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(typesetting, limit, 100)
    with pytest.raises(Refused) as refused:
        typeset(ANY, sheet(), load())
    assert refused.value.code == "too_long_to_print"


def test_a_template_that_fails_tells_nothing_of_the_data(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PressFailed) as failed:
        typeset(ANY, {"title": "虚构甲", "part": "虚构甲"}, load())
    assert "虚构" not in str(failed.value)
    assert capfd.readouterr() == ("", "")


def test_the_process_that_serves_does_not_load_the_press() -> None:
    assert typesetting._REFUSED == press.REFUSED
    source = (ROOT / "shared" / "printing" / "typesetting.py").read_text(encoding="utf-8")
    assert not re.search(r"import.*\bpress\b|import typst", source)


def test_a_file_s_name_is_chosen_by_the_server() -> None:
    header = pdf_response(b"", "notice-board", "公示栏", "410105010001", '虚构"\r\n/..').headers["content-disposition"]
    assert header == (
        'attachment; filename="notice-board-410105010001-______...pdf"; '
        "filename*=UTF-8''%E5%85%AC%E7%A4%BA%E6%A0%8F-410105010001-%E8%99%9A%E6%9E%84____...pdf"
    )
