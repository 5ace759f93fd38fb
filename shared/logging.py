"""Logs: one line per event on stderr, JSON where a program reads it, and never anything personal.

Everything goes through one pipeline, the libraries' own loggers too. A traceback says where and what kind, but not its
messages, which may quote what people wrote.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.contracts.catalogue import EVENTS
from shared.contracts.personal import Plan, personal

MASK: Final = "•••"
_PERSONAL_TEXT: Final = re.compile(
    r"sealed:[^\s\"',;]*"
    r"|(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])"  # an identity number
    r"|(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])"  # a mobile number
)


def configure(level: str, json: bool) -> None:
    """Set logging up for this process: from `level` (debug, info, warning, error) up, as JSON lines or for people."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        frames_only,
        without_personal,
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        loud = logging.getLogger(name)
        loud.handlers.clear()
        loud.propagate = True
    # It logs whole messages at this level.
    logging.getLogger("sse_starlette").setLevel(max(logging.INFO, root.level))
    logging.getLogger("alembic").setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def without_personal(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Mask what is personal: values under the names of personal fields, sealed boxes, identity and mobile numbers."""
    return {name: _masked(name, value) for name, value in event.items()}


def frames_only(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """An exception as its kinds and the places in the code, without messages and values."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        if (cause := error.__cause__ or error.__context__) is not None:
            event["cause"] = type(cause).__name__
    return event


def _masked(name: str, value: Any) -> Any:
    if name in PERSONAL_NAMES:
        return MASK
    if isinstance(value, str):
        return _PERSONAL_TEXT.sub(MASK, value)
    if isinstance(value, dict):
        return {key: _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _PERSONAL_TEXT.sub(MASK, str(value))


def _names(plans: Iterable[Plan]) -> set[str]:
    found: set[str] = set()
    for plan in plans:
        inner = _names(within for _, within, _ in plan.within)
        found |= {*plan.fields, *plan.lists, *(name for name, _, _ in plan.within), *inner}
    return found


PERSONAL_NAMES: Final = frozenset(_names(personal(event) for event in EVENTS))
"""Names of the fields of events that hold sealed values, and of what contains them."""
