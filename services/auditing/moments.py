"""Moments of the log, as an auditor names them: a position, or a time by when it was recorded or had happened."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from shared.audit.compare import AsOf
from shared.contracts.model import Refused
from shared.log.append import microseconds
from shared.log.tables import events
from shared.queries import Form, malformed, moment, visible, whole
from shared.storage import Storage


def as_of(storage: Storage, log: str, said: str, option: str, *, occurred: bool = False) -> AsOf:
    """The moment that a text names; raises `Refused` where it names none, or one beyond the log's end.

    A position is that of the last event that counts. Of a time it is the last that was recorded by then; where it is
    asked what had happened by then, all that is known today may tell of it.
    """
    last = storage.log.size(log) - 1
    if visible(said, option).isdigit():
        if occurred:
            raise malformed(option, Form.MOMENT)
        position = whole(said, option)
        if position > last:
            raise Refused("beyond_the_end", field=option, last=last)
        return AsOf(position)
    found = moment(said, option)
    return AsOf(last if occurred else recorded_by(storage, log, found), found, occurred)


def recorded_by(storage: Storage, log: str, found: datetime) -> int:
    """The last position recorded by a moment; -1 for none."""
    try:
        return storage.log.prefix_recorded_by(log, found)
    except NoResultFound:  # a position is missing: only a forger can have made that, and what is left is looked through
        query = select(func.max(events.c.position)).where(
            events.c.log == log, events.c.recorded_at <= microseconds(found)
        )
        with storage.log_engine.connect() as connection:
            position = connection.scalar(query)
        return -1 if position is None else int(position)
