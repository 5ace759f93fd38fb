"""The press 排版: a process that sets one paper. It reads an order from its standard input, a JSON object, and writes
the PDF to its standard output; or, with the exit code `REFUSED`, why there is none.

It is run by its path (`typesetting.py`), and so uses nothing of ours. What a paper says reaches typst as data, never as
markup. It keeps to a share of memory and of time, and tells nobody anything: a message of typst's may quote the data.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

import typst

REFUSED: Final = 3
SERIFS: Final = (
    "FangSong_GB2312", "FangSong", "STFangsong", "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC",
    "Source Han Serif CN", "SimSun", "NSimSun", "STSong", "Songti SC", "AR PL UMing CN",
)  # fmt: skip
"""What papers are set in 正文: the first of these that is there. GB/T 9704 asks for FangSong 仿宋."""
SANS: Final = (
    "SimHei", "STHeiti", "Heiti SC", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback",
)  # fmt: skip
"""What their titles are set in 黑体, and the rest where there is none of the others."""
Standard = Literal["a-2a", "a-2u"]
TAGGED: Final = "a-2a"
"""PDF/A-2a: text that can be read out again, tags for those who hear it, and no character that shows as a box."""
PLAIN: Final = "a-2u"
"""The same without tags, which make a ledger of a thousand rows sixteen times as large: its page is there to hear."""
_ROOT: Final = Path(__file__).parents[2]
_MEMORY_BYTES: Final = 4 * 1024**3
_PROBE: Final = (
    '#set document(title: "probe")\n'
    '#set text(font: sys.inputs.family, fallback: false, lang: "zh")\n'
    "三官一师 矛盾纠纷化解"
)
_MISSING: Final = "could not be displayed with font"


class Refusal(Exception):
    """There is no paper, by the code that the refusal has in `shared.errors`."""


def fonts_in(directory: str | None) -> typst.Fonts:
    """The fonts of a directory, and no others; the system's where none is named."""
    return typst.Fonts(
        include_system_fonts=directory is None, include_embedded_fonts=False,
        font_paths=[] if directory is None else [directory],
    )  # fmt: skip


def chosen(fonts: typst.Fonts, directory: str | None) -> tuple[str, str]:
    """The families for text and for titles; raises `Refusal("no_cjk_font")`. That they hold Chinese is tried, not
    believed: of an operator's own directory any family will do that does."""
    there = fonts.families()
    others = () if directory is None else sorted(set(there) - {*SERIFS, *SANS})
    text = next(_holding(fonts, [*_of(SERIFS, there), *_of(SANS, there), *others]), None)
    if text is None:
        raise Refusal("no_cjk_font")
    return text, next(_holding(fonts, _of(SANS, there)), text)


def _of(known: Iterable[str], there: Iterable[str]) -> list[str]:
    """Those that are there, in the order in which they are wanted; by the name that typst gives them."""
    names = {name.casefold(): name for name in there}
    return [names[one.casefold()] for one in known if one.casefold() in names]


def _holding(fonts: typst.Fonts, families: Iterable[str]) -> Iterator[str]:
    for family in families:
        with suppress(typst.TypstError):
            _pdf(_PROBE.encode(), fonts, {"family": family})
            yield family


def press(
    template: str, data: Mapping[str, Any], fonts: typst.Fonts, families: tuple[str, str], standard: Standard = TAGGED
) -> bytes:
    """The paper as PDF; raises `Refusal("not_in_font")`. The template is a file's path below the packages' root."""
    source = (
        f'#import "/{template}": paper\n'
        '#import "/shared/printing/look.typ": official\n'
        "#let inputs = json(bytes(sys.inputs.inputs))\n"
        "#show: official.with(inputs)\n"
        "#paper(inputs.data)\n"
    )
    inputs = {"data": data, "text": families[0], "title": families[1]}
    try:
        return _pdf(source.encode(), fonts, {"inputs": json.dumps(inputs, ensure_ascii=False)}, standard)
    except typst.TypstError as error:
        if _MISSING in error.message:
            raise Refusal("not_in_font") from None
        raise


def _pdf(source: bytes, fonts: typst.Fonts, inputs: dict[str, str], standard: Standard = PLAIN) -> bytes:
    compiler = typst.Compiler(source, root=str(_ROOT), font_paths=fonts, sys_inputs=inputs)
    made = compiler.compile(format="pdf", pdf_standards=standard, pdf_tags=standard == TAGGED)
    assert isinstance(made, bytes), "a PDF is one file, however many pages it has"
    return made


def _kept_small(seconds: int) -> None:
    """Keep this process to its share, also where nobody waits for it any more; Windows knows no such thing."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (2 * seconds, 2 * seconds))  # of all its threads together
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def main() -> int:
    """Set what is ordered; gives the exit code."""
    order = json.load(sys.stdin.buffer)
    _kept_small(order["seconds"])
    try:
        fonts = fonts_in(order["fonts"])
        families = chosen(fonts, order["fonts"])
        made = press(order["template"], order["data"], fonts, families, TAGGED if order["tagged"] else PLAIN)
    except Refusal as refusal:
        sys.stdout.write(str(refusal))
        return REFUSED
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
