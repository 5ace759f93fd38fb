"""A paper becomes a PDF 文书成文: ordered from the press, a process of its own, so that it can be stopped and what goes
wrong in it takes nothing along. All or nothing: there is no half of a paper, and no file of it anywhere."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from shared.contracts.model import Refused
from shared.settings import Settings

PDF_TYPE: Final = "application/pdf"
MOST_SECONDS: Final = 45
MOST_DATA_BYTES: Final = 4_000_000
MOST_PDF_BYTES: Final = 32_000_000
_ROOT: Final = Path(__file__).parents[2]
_PRESS: Final = Path(__file__).with_name("press.py")
_REFUSED: Final = 3
"""The exit code with which the press says why it made nothing. It is not imported: typst is large, and works there."""


class PressFailed(RuntimeError):
    """The press ended without a paper and without a reason. What it had to print is not told."""


def about(title: str, day: date, foot: str, lang: str = "zh") -> dict[str, Any]:
    """What every paper says of itself: its name, its day (of the data, never of the clock), and where it stands."""
    return {
        "title": title, "lang": lang, "made": [day.year, day.month, day.day], "day": chinese_day(day), "foot": foot
    }  # fmt: skip


def chinese_day(day: date | None) -> str:
    """2015年6月11日; nothing for none."""
    return "" if day is None else f"{day.year}年{day.month}月{day.day}日"


def typeset(template: Path, data: Mapping[str, Any], settings: Settings, *, tagged: bool = True) -> bytes:
    """The data as a PDF; raises `Refused`: no_cjk_font, not_in_font, too_long_to_print. Same data, same fonts, same
    bytes. It takes a second or several: see `shared.web.heavy`."""
    order = {
        "template": template.relative_to(_ROOT).as_posix(), "data": data, "tagged": tagged,
        "seconds": ceil(MOST_SECONDS),
        "fonts": None if settings.paper_fonts is None else str(settings.paper_fonts.absolute()),
    }  # fmt: skip
    asked = json.dumps(order, ensure_ascii=False).encode()
    if len(asked) > MOST_DATA_BYTES:
        raise Refused("too_long_to_print")
    try:
        done = subprocess.run(  # noqa: S603  # this interpreter and our own file; what is printed goes in as data
            [sys.executable, "-I", _PRESS], input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=MOST_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused("too_long_to_print") from None  # the one caught holds what was to be printed
    if done.returncode == _REFUSED:
        raise Refused(done.stdout.decode())
    if done.returncode < 0:  # it came to the end of its time or its memory
        raise Refused("too_long_to_print")
    if done.returncode:
        raise PressFailed(f"the press ended with {done.returncode}")
    if len(done.stdout) > MOST_PDF_BYTES:
        raise Refused("too_long_to_print")
    return done.stdout


def pdf_response(content: bytes, code: str, title: str, *which: object) -> Response:
    """A PDF that is saved under a name that the server chose: what it is, by its code and, where a name may be Chinese,
    by its title; and which, by codes, days and numbers alone."""
    of = "".join(f"-{one}" for one in which)
    plain = re.sub(r"[^0-9A-Za-z._-]", "_", f"{code}{of}.pdf")
    called = quote(re.sub(r"[\s/\\\\:\"]", "_", f"{title}{of}.pdf"), safe="")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{called}"
    return Response(content, media_type=PDF_TYPE, headers={"content-disposition": disposition})
