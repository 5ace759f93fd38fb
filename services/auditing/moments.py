"""Moments of the log, as an auditor names them: a position, or a time by when it was recorded or had happened."""

from shared.audit.compare import AsOf
from shared.contracts.days import CIVIL
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.queries import Form, malformed, moment, visible, whole
from shared.storage import Storage


def as_of(storage: Storage, log: str, said: str, option: str, *, occurred: bool = False) -> AsOf:
    """The moment that a text names; raises `Refused` where it names none, or one beyond the log's end, and
    `Unusable` where nothing was recorded by then.

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
    if not occurred and (last := storage.log.prefix_recorded_by(log, found)) < 0:
        raise _before_the_beginning(storage, log)
    return AsOf(last, found, occurred)


def _before_the_beginning(storage: Storage, log: str) -> Unusable:
    begins = "".join(one.recorded_at.astimezone(CIVIL).isoformat() for one in storage.log.read(log, -1, 1))
    return Unusable(
        "nothing_recorded_by_then",
        f"到那时还没有任何记录：本日志始于 {begins}。请给出此后的时间或位置；"
        "问当时已发生的，replay 加 --occurred。",
        f"Nothing was recorded by then; the log begins at {begins}. Name a later time, or a position; `replay` tells "
        "with --occurred of what had happened by a time.",
    )  # fmt: skip
