"""The record's side: shows each witness the log's newest checkpoint, and keeps what it answers.

Nothing waits for it. A witness that is away is asked again, each time later; one that refuses is an alarm, and is asked
again too, for it may have been told of a new key, or come back to its senses.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx2
import structlog
from sqlalchemy import Engine, select

from shared.audit.witness.submission import written
from shared.log.cosignatures import WitnessState, keep, say, states
from shared.log.cosigning import WitnessAt, cosignatures
from shared.log.database import reading
from shared.log.note import NoteRefused, read_size
from shared.log.sealer import consistency, latest
from shared.log.tree_tables import checkpoints

REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "forked": (
        "it has cosigned another root of this size: the log has told two stories",
        "见证已签署同一大小的另一树根：本日志前后不一致",
    ),
    "ahead": (
        "it holds more events than this log has: the log was cut, or restored from an older backup",
        "见证所持的事件多于本日志：日志被截短，或由较旧的备份恢复",
    ),
    "inconsistent": ("this log does not go on from what it holds", "本日志与见证所持的检查点不相衔接"),
    "forgetful": (
        "it holds less than it has cosigned: it has lost its memory, and is no witness any more",
        "见证所持少于其已签署的：见证已丢失其记录，不再可信",
    ),
    "forbidden": (
        "it does not trust the key: it was not told of a new one, or has caught the log telling two stories",
        "见证不信任本日志的公钥：未获知密钥更换，或已认定本日志前后不一致",
    ),
    "unknown_log": ("it does not know this log", "见证不认识本日志"),
    "bad_cosignature": (
        "its answer is not signed with the key that was given for it",
        "见证的答复不是用所给的公钥签署的",
    ),
    "odd_answer": ("its answer is none of a witness", "对方的答复不是见证的答复"),
}
"""Why a witness does not cosign: by stable code, in English and Chinese. Each is an alarm."""
_BY_STATUS: Final = {403: "forbidden", 404: "unknown_log", 422: "inconsistent"}
_STEPS: Final = 8
"""Requests for one log at most before others have their turn: one more for each size that is said or key that was
changed."""
_MOST_BYTES: Final = 64 * 1024
_TIMEOUT_SECONDS: Final = 10.0
LONGEST_PAUSE_SECONDS: Final = 60.0

logger: Final = structlog.get_logger(__name__)


class Away(Exception):
    """The witness did not answer, or not now."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is to be shown."""

    old: int
    proof: Sequence[bytes]
    note: str
    size: int
    newest: int


class Submitter:
    """Shows checkpoints to witnesses."""

    def __init__(
        self, engine: Engine, witnesses: Sequence[WitnessAt], logs: Callable[[], Sequence[str]],
        changes: Callable[[str], Sequence[int]], now: Callable[[], datetime],
        client: httpx2.AsyncClient | None = None,
    ) -> None:  # fmt: skip
        """`logs` are those to be witnessed; `changes(log)` the sizes at which its key was changed, in order: a witness
        goes from one key to the next at exactly these."""
        self._engine, self.witnesses, self._logs, self._changes, self._now = engine, witnesses, logs, changes, now
        self._client = client
        self.away: dict[str, str] = {}
        """The witnesses that did not answer the last time, by their keys, and what happened."""

    async def run(self, seconds: float) -> None:
        """Go on for ever, looking for what is new so often."""
        async with self._client or httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as self._client:
            await asyncio.gather(*(self._serve(one, seconds) for one in self.witnesses))

    async def _serve(self, one: WitnessAt, seconds: float) -> None:
        pause = seconds
        while True:
            well = await self.turn(one)
            pause = seconds if well else min(max(1.0, 2 * pause), LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def turn(self, one: WitnessAt) -> bool:
        """Show one witness what is new in every log. Gives whether it is there and refuses nothing."""
        try:
            refusals = [await self._show(one, log) for log in await asyncio.to_thread(self._logs)]
        except Exception as error:  # whatever it is, it is seen, and the next turn is another try
            kind = str(error) if isinstance(error, Away) else type(error).__name__
            if self.away.get(str(one.witness)) != kind:
                logger.warning("a witness cannot be asked", witness=one.witness.name, error=kind)
            self.away[str(one.witness)] = kind
            return False
        if self.away.pop(str(one.witness), None) is not None:
            logger.info("a witness answers again", witness=one.witness.name)
        return not any(refusals)

    async def _show(self, one: WitnessAt, log: str) -> bool:
        """Show a witness a log until it has cosigned the newest checkpoint, or refuses; gives whether it does."""
        for _ in range(_STEPS):
            state = await asyncio.to_thread(self._state, one, log)
            shown = await asyncio.to_thread(self._next, log, state)
            if shown is None:
                return False
            if shown.old > shown.newest:
                return await self._refuses(one, log, state, shown.old, "ahead")
            status, said = await self._ask(one, written(shown.old, shown.proof, shown.note))
            if status == 200:
                try:
                    (given,) = cosignatures(shown.note + said, [one.witness])
                except NoteRefused:
                    return await self._refuses(one, log, state, shown.old, "bad_cosignature")
                await asyncio.to_thread(keep, self._engine, log, shown.size, given, self._now())
                if state is not None and state.refusal is not None:
                    logger.info("a witness cosigns again", witness=one.witness.name, log=log)
            elif (code := _refusal(status, said, shown, state)) is not None:
                return await self._refuses(one, log, state, shown.old, code)
            else:  # it holds another size than was thought
                refusal = state.refusal if state else None
                await asyncio.to_thread(say, self._engine, log, one.witness, read_size(said), refusal, self._now())
        return False

    async def _refuses(self, one: WitnessAt, log: str, before: WitnessState | None, held: int, code: str) -> bool:
        """Put down that it refuses, and tell it once."""
        if before is None or (before.held, before.refusal) != (held, code):
            await asyncio.to_thread(say, self._engine, log, one.witness, held, code, self._now())
        if before is None or before.refusal != code:
            logger.error(
                "ALARM: a witness refuses", witness=one.witness.name, log=log, code=code, why=REFUSALS[code][0]
            )
        return True

    def _state(self, one: WitnessAt, log: str) -> WitnessState | None:
        return next((state for state in states(self._engine, log) if state.key == str(one.witness)), None)

    def _next(self, log: str, state: WitnessState | None) -> _Shown | None:
        """What to show next; None where the newest checkpoint is cosigned, or there is none."""
        newest = latest(self._engine, log)
        held, cosigned = (state.held, state.cosigned) if state else (0, 0)
        if newest is None or (cosigned == newest.size and held <= newest.size and state and state.refusal is None):
            return None
        size, note = newest.size, newest.note
        if (change := next((one for one in self._changes(log) if held < one < size), None)) is not None:
            size, note = change, self._note(log, change)
        proof = consistency(self._engine, log, held, size) if held < size else ()
        return _Shown(held, proof, note, size, newest.size)

    def _note(self, log: str, size: int) -> str:
        query = select(checkpoints.c.note).where(checkpoints.c.log == log, checkpoints.c.size == size)
        with reading(self._engine, log) as connection:
            note: str = connection.execute(query).scalar_one()
        return note

    async def _ask(self, one: WitnessAt, body: str) -> tuple[int, str]:
        """Status and body of the witness's answer; raises `Away`."""
        assert self._client is not None, "it is running"
        try:
            async with self._client.stream(
                "POST", f"{one.url}/add-checkpoint", content=body.encode(), headers={"content-type": "text/plain"}
            ) as answer:
                said = b""
                async for part in answer.aiter_bytes():
                    said += part
                    if len(said) > _MOST_BYTES:
                        return 0, ""
        except (httpx2.HTTPError, OSError) as error:
            raise Away(type(error).__name__) from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Away(f"status {answer.status_code}")
        return answer.status_code, said.decode(errors="replace").removesuffix("\n" if answer.status_code == 409 else "")


def _refusal(status: int, said: str, shown: _Shown, state: WitnessState | None) -> str | None:
    """What an answer that is no cosignature means; None where it only says another size that is held."""
    if status != 409:
        return _BY_STATUS.get(status, "odd_answer")
    try:
        held = read_size(said)
    except NoteRefused:
        return "odd_answer"
    if state is not None and held < state.cosigned:
        return "forgetful"
    return "forked" if held == shown.old else None
