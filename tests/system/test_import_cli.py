"""`sanguan import` on the sample workbook and on what clerks make of it later. Everyone in it is invented (synthetic)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shared.audit.compare import compare  # noqa: F401
from tests.system.cli import TRUTH, WORKBOOK, Done, sanguan
from tests.system.server import LOG, Server, count
