"""What a PDF says, as pdfium, which prints it in Chrome, reads it back."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import pypdfium2
import zxingcpp

_GAPS: Final = re.compile(r"\s+")
_HYPHEN: Final = "\x02"
"""What pdfium says where a line ends with a hyphen: it may be no part of the word. Ours always is."""
_SCALE: Final = 3
"""Dots of a rendered page to a point."""


def pages_of(content: bytes) -> list[str]:
    """The text of each page, without blanks: where a line breaks is the page's affair."""
    with closing(pypdfium2.PdfDocument(content)) as document:
        return [close(page.get_textpage().get_text_bounded()) for page in document]


def text_of(content: bytes) -> str:
    return "".join(pages_of(content))


def close(text: str) -> str:
    """The text without blanks."""
    return _GAPS.sub("", text.replace(_HYPHEN, "-"))


def codes_of(content: bytes, page: int = 0) -> list[str]:
    """What the QR codes of a page say, read off the page as it is printed."""
    with closing(pypdfium2.PdfDocument(content)) as document:
        drawn = document[page].render(scale=_SCALE, grayscale=True)
        dots = memoryview(bytes(drawn.buffer))
        rows = b"".join(dots[drawn.stride * row : drawn.stride * row + drawn.width] for row in range(drawn.height))
    shape: Any = [drawn.height, drawn.width]
    return [one.text for one in zxingcpp.read_barcodes(memoryview(rows).cast("B", shape=shape))]


def made_on(content: bytes) -> str:
    """The day that the file says it was made on."""
    with closing(pypdfium2.PdfDocument(content)) as document:
        return str(document.get_metadata_value("CreationDate"))[:10]


def texts_in(data: Any) -> Iterator[str]:
    """Every text in what a paper is made of."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for held in data.values():
            yield from texts_in(held)
    elif isinstance(data, Sequence):
        for held in data:
            yield from texts_in(held)
