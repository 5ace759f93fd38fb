"""The script itself: `rescore.py` with its statements in it, one file that needs Python's standard library and nothing
else. Here they are files of their own, which are read, changed and compared more easily."""

from functools import cache
from pathlib import Path
from typing import Final

NAME: Final = "rescore.py"
_HERE: Final = Path(__file__).parent
_EMPTY: Final = "SQL: dict[str, str] = {}"
"""What stands in their place."""


@cache
def script() -> bytes:
    """As it goes into a bundle."""
    source = (_HERE / NAME).read_text(encoding="utf-8")
    before, found, after = source.partition(_EMPTY)
    if not found:
        raise ValueError(f"{NAME} has no place for its statements")
    rest = after.partition("\n")[2]  # without the remark behind it
    return f"{before}SQL: dict[str, str] = {{}}\n{_statements()}{rest}".encode()


def _statements() -> str:
    """Each by its name, as it stands in its file: nothing in it needs escaping."""
    found = []
    for path in sorted((_HERE / "sql").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if "\\" in text or '"""' in text:
            raise ValueError(f"{path.name} cannot stand in a raw text")
        found.append(f'SQL["{path.stem}"] = """\\\n{text}"""\n')
    return "".join(found)
