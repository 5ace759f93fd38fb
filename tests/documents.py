"""The generated documents: `python -m tests.documents` writes them, `--check` says whether they are current."""

import json
import sys
from pathlib import Path

from services.exporting.schema_document import as_markdown as export_schema
from services.installation import SERVICES
from services.together import whole_policy
from shared.web.documents import asyncapi, document_schema, openapi
from shared.web.policy_page import as_markdown

DOCS = Path(__file__).parent.parent / "docs"


def documents() -> dict[Path, str]:
    """Each document's file and what should stand in it."""
    made = {"openapi.json": openapi(SERVICES), "asyncapi.json": asyncapi(SERVICES)}
    for service in SERVICES:
        for document in service.documents:
            made[f"schemas/{document.name}.schema.json"] = document_schema(document)
    texts = {DOCS / "policy.md": as_markdown(whole_policy()), DOCS / "export-schema.md": export_schema()}
    return texts | {
        DOCS / name: json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        for name, document in made.items()
    }


def stale() -> list[Path]:
    """The files that are not what the code says."""
    return [file for file, text in documents().items() if not file.exists() or file.read_text() != text]


def main() -> int:
    if "--check" in sys.argv:
        old = stale()
        for file in old:
            print(f"{file.name} is not current: run `make docs`, look at what changed, and commit it.")
        return 1 if old else 0
    for file, text in documents().items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
