"""A running server, asked over HTTP as a client asks it, and looked at from outside: its files and its processes."""

import re
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import redis

from services.installation import SERVICES
from shared.access.tokens import Tokens, load_token_key
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.delivery.embedded import running_url
from shared.settings import load
from shared.storage import Storage
from tests.system.cli import ROOT, SANGUAN, environment

LOG: Final = "410105010"
COMMUNITY: Final = f"{LOG}001"
OTHER_LOG: Final = "410105011"
AT: Final = "2016-02-18T09:30:00+08:00"
"""After all that the demo did."""
PATIENCE: Final = 60.0
"""Seconds that nothing here may take; waiting ends when what is waited for is there."""
_ANNOUNCED: Final = re.compile(r"sanguan is at (http://[0-9.:]+)[^\n]*\n.*on the stream at (\S+)")

Json = dict[str, Any]


def wait_for(there: Callable[[], bool], what: str) -> None:
    """Return when it is there."""
    until = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)


@dataclass
class Server:
    """`sanguan up` as a process."""

    data: Path
    process: subprocess.Popen[bytes]
    errors: Path
    url: str = ""
    stream: str = ""
    """Where it said that its events are."""
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    # life ---------------------------------------------------------------------------------------------------------

    @classmethod
    @contextmanager
    def on(
        cls, data: Path, *words: str, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> Iterator["Server"]:
        """Start on a free port and wait until it serves; stopped, with all that it started, on the way out."""
        data.parent.mkdir(parents=True, exist_ok=True)
        errors = data.parent / f"stderr-{uuid.uuid4().hex[:8]}"
        command = [*prefix, *SANGUAN, "up", "--data", str(data), "--port", "0", *words]
        with errors.open("wb") as written:
            process = subprocess.Popen(
                command, cwd=ROOT, env=env or environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=written,
            )  # fmt: skip
        server = cls(data, process, errors)
        family: list[psutil.Process] = []
        try:
            server._announced()
            family = server.family()
            yield server
        finally:
            server._client.close()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            for one in family:
                if one.is_running():
                    one.wait(20)

    def _announced(self) -> None:
        def said() -> bool:
            assert self.process.poll() is None, self.errors.read_text()
            return _ANNOUNCED.search(self.errors.read_text()) is not None

        wait_for(said, "the server's announcement")
        found = _ANNOUNCED.search(self.errors.read_text())
        assert found
        self.url, self.stream = found.groups()

    def family(self) -> list[psutil.Process]:
        """All processes that it started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def ready(self) -> bool:
        """Wait until all that it needs is there; then true."""
        wait_for(lambda: self.get("/-/health/ready", None).status_code == 200, "readiness")
        return True

    # asking -------------------------------------------------------------------------------------------------------

    def token(self, role: str, log: str = LOG, who: str = "") -> str:
        """A token as an administrator mints it, of the role's first holder unless told."""
        return _minted(self.data, role, log, who or f"{role}-1")

    def bearer(self, role: str, log: str = LOG, who: str = "") -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(role, log, who)}"}

    def session(self, role: str) -> str:
        """What the cookie of somebody of a role holds who signed in, with a second factor where the role takes one."""
        storage = Storage(load(self.data), SERVICES)
        try:
            return storage.sessions.open_for(storage.tokens.read(self.token(role)))
        finally:
            storage.close()

    def get(self, path: str, role: str | None = "auditor", **query: Any) -> httpx.Response:
        """GET as an actor of a role, or as nobody."""
        headers = self.bearer(role) if role else {}
        return self._client.get(self.url + path, params={n: str(v) for n, v in query.items()}, headers=headers)

    def post(self, path: str, raw: bytes | Iterator[bytes], headers: Mapping[str, str]) -> httpx.Response:
        """POST bytes as they are."""
        return self._client.post(self.url + path, content=raw, headers=dict(headers))

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self._client.request(method, self.url + path, **given)

    def send(
        self, path: str, data: Mapping[str, Any], *, role: str = "clerk", stream: str | None = None, at: str = AT,
        id: str | None = None, log: str = LOG, who: str = "", **headers: str,
    ) -> httpx.Response:  # fmt: skip
        """A command `<service>/<name>`; a new id unless one is given. Header names take `_` for `-`."""
        body = {"log": log, "occurred_at": at, "data": data} | ({"stream": stream} if stream else {})
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        service, _, name = path.partition("/")
        return self._client.post(
            f"{self.url}/{service}/commands/{name}", json=body,
            headers={**self.bearer(role, log, who), "idempotency-key": id or uuid.uuid4().hex, **given},
        )  # fmt: skip

    def done(self, path: str, data: Mapping[str, Any], **given: Any) -> Json:
        """The answer of a command that must be accepted."""
        answer = self.send(path, data, **given)
        assert answer.status_code == 201, answer.text
        body: Json = answer.json()
        return body

    def rows(self, ledger: str, **query: Any) -> list[Json]:
        """All rows of `<service>/<ledger>` (one page must hold them)."""
        service, _, name = ledger.partition("/")
        answer = self.get(f"/{service}/ledgers/{name}", limit=1000, **query)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        assert body["next"] is None
        rows: list[Json] = body["rows"]
        return rows

    def report(self, **given: Any) -> Json:
        """Report a case; the answer."""
        return self.done("intake/report-case", case(), **given)

    def redis(self) -> "redis.Redis":
        """A client of the server's own embedded Valkey."""
        url = running_url(self.data)
        assert url is not None
        return redis.Redis.from_url(url)

    # from outside -------------------------------------------------------------------------------------------------

    def size(self, log: str = LOG) -> int:
        """How many events the log holds, as its file says."""
        return count(self.data / "log.db", "SELECT count(*) FROM events WHERE log = ?", log)

    def quiet(self, log: str = LOG) -> int:
        """Wait until ledgers and reactions have taken all that the log holds; the log's size."""
        slowest = "SELECT coalesce(min(position), -1) FROM progress WHERE log = ?"
        wait_for(lambda: count(self.data / "ledgers.db", slowest, log) == self.size(log) - 1, f"the followers of {log}")
        return self.size(log)

    @contextmanager
    def nothing_appended(self, log: str = LOG) -> Iterator[None]:
        """What happens within must leave the log as it was. What the system says by itself meanwhile is left out: the
        ids of its own commands begin with a space."""
        before = self.quiet(log)
        yield
        said = "SELECT count(*) FROM events WHERE log = ? AND position >= ? AND substr(command_id, 1, 1) <> ' '"
        self.quiet(log)
        assert count(self.data / "log.db", said, log, before) == 0


@lru_cache
def _minted(data: Path, role: str, log: str, who: str) -> str:
    """As `sanguan token` mints it, without a process for each."""
    return Tokens(load_token_key(load(data)), utc_now).mint(Role(role), log, subject=who, valid=timedelta(hours=8))


def count(database: Path, query: str, *values: object) -> int:
    """A number out of a database file."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute(query, values).fetchone()[0])
    finally:
        connection.close()


def case(**changed: Any) -> Json:
    """The contract's body of `report-case`, of invented people."""
    return {
        "community": COMMUNITY, "grid": "1网格", "kind": "dispute", "dispute_type": "neighbours", "source": "sweep",
        "summary": "虚构：楼上漏水",
        "parties": [{"role": "applicant", "name": "虚构甲", "phone": "19900000000", "id_number": None}],
        **changed,
    }  # fmt: skip


def is_problem(answer: httpx.Response, status: int, code: str, field: str | None = None) -> Json:
    """The problem document that every refusal is (RFC 9457); gives it."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    body: Json = answer.json()
    assert {"type", "title", "status", "code", "field", "detail_zh", "detail_en"} <= set(body)
    assert (body["status"], body["code"], body["field"]) == (status, code, field)
    assert body["type"] == f"urn:sanguan:problem:{code}"
    assert re.search("[\u4e00-\u9fff]", body["detail_zh"])
    assert body["detail_en"].isascii()
    assert "…" not in body["detail_zh"] + body["detail_en"], "a sentence that quotes what is not known"
    return body
