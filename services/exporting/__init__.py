"""`sanguan export` 导出: the record for other people's tools. One module for each command.

`vocabulary.py` declares what leaves and what stays; `projection.py` tells an event by it, `telling.py` a log, to what
writes it down. `docs/export-schema.md` is made of the same declarations.
"""

from services.exporting import ledgers, ocel, parquet
from services.exporting.app import export_app

__all__ = ["export_app", "ledgers", "ocel", "parquet"]
