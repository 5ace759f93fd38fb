"""Fonts that are made for a test, so that papers are printed alike on every machine, also where no font is installed.
A character is a box: what a PDF says is read off its text, never off its look."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

PROBE: Final = "三官一师 矛盾纠纷化解"
"""What the press sets in a family before it believes that it holds Chinese."""
_EM: Final = 1000
_ASCII: Final = "".join(map(chr, range(0x20, 0x7F)))
_GB2312: Final = "".join(
    bytes((row, cell)).decode("gbk", "ignore") for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)
)
"""Read as GBK, which maps the dash and the middle dot to what is written today."""
_RARE: Final = "𠮷㐂龘靐齉爩〇–•"
"""What the tests, and the pages, write besides."""


@contextmanager
def printing_in(directory: Path) -> Iterator[Path]:
    """Papers are printed in the one font of this directory, also by the processes that are started."""
    (directory / "boxes.ttf").write_bytes(_boxes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANGUAN_PAPER_FONTS", str(directory))
        yield directory


@cache
def _boxes() -> bytes:
    """A font that holds all that the tests print, by a name that the press does not know."""
    return font("Sanguan Boxes", _ASCII + _GB2312 + _RARE)


def font(family: str, characters: Iterable[str]) -> bytes:
    """A TrueType font of that name that holds these characters and no others."""
    names = {code: f"u{code:04X}" for code in sorted(set(map(ord, characters)))}
    order = [".notdef", *names.values()]
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys(order, _box()))
    wide = dict.fromkeys(order, (_EM, 0))
    builder.setupHorizontalMetrics(wide | {names[code]: (_EM // 2, 0) for code in names if code < 0x80})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    # Without a PostScript name it is passed over when a directory is looked through.
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupPost(keepGlyphNames=False)
    made = BytesIO()
    builder.save(made)
    return made.getvalue()


def _box() -> object:
    """The glyph of every character."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (400, 700), (400, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()
