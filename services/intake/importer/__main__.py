"""`python -m services.intake.importer FILE [--json] [--report OUT.xlsx]`: reads a workbook and says what was read."""

import argparse
import json
import sys
from pathlib import Path

from services.intake.importer import WorkbookRefused, read_workbook, report


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 for a workbook that is refused."""
    parser = argparse.ArgumentParser(prog="python -m services.intake.importer", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--report", type=Path, metavar="OUT.xlsx", help="write the workbook back with the results")
    chosen = parser.parse_args(arguments)
    try:
        reading = read_workbook(chosen.file)
        if chosen.report:
            chosen.report.write_bytes(report(chosen.file, reading))
    except WorkbookRefused as refused:
        problem = {"code": refused.code, "detail_zh": refused.detail_zh, "detail_en": refused.detail_en}
        print(json.dumps(problem, ensure_ascii=False) if chosen.json else f"{refused.detail_zh} {refused.detail_en}")
        return 2
    said = reading.to_json()
    if chosen.json:
        print(json.dumps(said, ensure_ascii=False))
    else:
        print(f"{said['rows']} 行，接收 {said['accepted']} 行，退回 {len(said['rejected'])} 行")
    return 0


if __name__ == "__main__":
    sys.exit(main())
