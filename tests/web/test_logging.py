"""One pipeline for all logs, and nothing personal in it. Each test is a process of its own, as logging is global."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.installation import SERVICES
from shared.contracts.personal import Plan, personal
from shared.logging import MASK, PERSONAL_NAMES

ROOT = Path(__file__).parents[2]
SET_UP = "import logging, structlog\nfrom shared.logging import configure\nconfigure({level!r}, json={json})\n"


def stderr_of(script: str, *, level: str = "info", as_json: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SET_UP.format(level=level, json=as_json) + script],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == ""
    return done.stderr


def lines(script: str, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr_of(script, **options).splitlines()]


def test_a_line_is_one_json_object_with_its_level_its_logger_and_its_time() -> None:
    (line,) = lines("structlog.get_logger('shared.web.app').warning('redis absent', service='intake', count=3)")
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "redis absent", "level": "warning", "logger": "shared.web.app", "service": "intake",
                    "count": 3}  # fmt: skip


@pytest.mark.parametrize(("level", "events"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_holds_for_ours_and_for_the_libraries(level: str, events: int) -> None:
    for logger in ("structlog.get_logger('ours')", "logging.getLogger('theirs')"):
        script = f"l = {logger}\nl.debug('a'); l.info('b'); l.warning('c'); l.error('d')"
        assert len(lines(script, level=level)) == events


def test_uvicorn_speaks_through_the_same_pipeline() -> None:
    script = (
        "import uvicorn\nuvicorn.Config('x:y', log_config=None)\nlogging.getLogger('uvicorn.error').info('up %s', 1)"
    )
    (line,) = lines(script)
    assert (line["event"], line["logger"], line["level"]) == ("up 1", "uvicorn.error", "info")


def test_on_a_terminal_it_is_for_people() -> None:
    text = stderr_of("structlog.get_logger('ours').info('开始', count=3)", as_json=False)
    assert "开始" in text
    assert "count=3" in text
    assert not text.startswith("{")


def test_colours_are_for_terminals_only() -> None:
    script = SET_UP.format(level="info", json=False) + "structlog.get_logger('ours').info('begun')"
    assert "\x1b[" not in stderr_of("structlog.get_logger('ours').info('begun')", as_json=False)
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, stderr=theirs, check=True, timeout=60)
        assert b"\x1b[" in os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)


PERSONAL = "测试甲"
BOX = "sealed:1:case/1#parties/0:QUJDREVGRw=="
ID_NUMBER = "11010519491231002X"
PHONE = "13800138000"


@pytest.mark.parametrize(
    "said",
    [
        f"log.info('x', name={PERSONAL!r})",
        f"log.info('x', party={{'name': {PERSONAL!r}, 'role': 'applicant'}})",
        f"log.info('x', parties=[{PERSONAL!r}])",
        f"log.info('x', found=[{{'summary': {PERSONAL!r}}}])",
        f"log.info('x', value={BOX!r})",
        f"log.info('x', values=({BOX!r}, 'b'))",
        f"log.info('row {BOX} changed')",
        f"log.info('x', value={ID_NUMBER!r})",
        f"log.info('call {PHONE} back')",
        f"logging.getLogger('theirs').warning('row %s', {BOX!r})",
        f"logging.getLogger('theirs').warning('call %s', {PHONE!r})",
        f"structlog.contextvars.bind_contextvars(phone={PERSONAL!r}); log.info('x')",
        f"log.info('x', thing=type('T', (), {{'__repr__': lambda self: {BOX!r}}})())",
        f"try: raise ValueError({PERSONAL!r})\nexcept ValueError: log.exception('x')",
        f"try: raise ValueError({PERSONAL!r})\nexcept ValueError: logging.getLogger('theirs').exception('x')",
        f"try:\n  try: raise KeyError({PERSONAL!r})\n  except KeyError: raise ValueError({PERSONAL!r})\n"
        "except ValueError: log.exception('x')",
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_personal_gets_out(said: str, as_json: bool) -> None:
    text = stderr_of("log = structlog.get_logger('ours')\n" + said, as_json=as_json)
    assert text
    for personal_text in (PERSONAL, "QUJD", ID_NUMBER, PHONE):
        assert personal_text not in text


def test_an_exception_says_its_kind_its_cause_and_where() -> None:
    (line,) = lines(
        "def deep(): return {}['x']\n"
        "try:\n  try: deep()\n  except KeyError as e: raise ValueError('secret') from e\n"
        "except ValueError: structlog.get_logger('ours').exception('failed')"
    )
    assert (line["event"], line["error"], line["cause"]) == ("failed", "ValueError", "KeyError")
    assert line["at"] == ["<string>:7 <module>"]


def test_ordinary_values_stay_readable() -> None:
    known = {"log": "410105010", "position": 1_234_567, "us": 1_434_590_000_000_000, "code": "not_open", "ok": True,
             "share": 0.5, "none": None, "digest": "ab" * 32}  # fmt: skip
    (line,) = lines(f"structlog.get_logger('ours').info('x', **{known!r})")
    assert {name: line[name] for name in known} == known


def test_every_personal_field_of_every_command_and_event_is_known_by_name() -> None:
    def names(plan: Plan) -> set[str]:
        return {*plan.fields, *plan.lists, *(name for _, inner, _ in plan.within for name in names(inner))}

    for service in SERVICES:
        for decider in service.deciders:
            for cls in (*decider.events, *(accepts.command for accepts in decider.accepts)):
                assert names(personal(cls)) <= PERSONAL_NAMES, cls.__name__
    assert "name" in PERSONAL_NAMES
    assert MASK
