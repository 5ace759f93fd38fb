"""`sanguan up` and `sanguan audit witness` as processes, which know each other by address and key alone."""

import re
import shutil
import signal
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from shared.log.keys import load_chain, origin, rotations_of
from shared.log.note import open_checkpoint
from tests.audit.telling import Story
from tests.system.cli import ROOT, SANGUAN, called, environment
from tests.system.server import COMMUNITY, LOG, OTHER_LOG, Server, wait_for

_ANNOUNCED = re.compile(r'the witness is at (http://[0-9.:]+).*\n +SANGUAN_WITNESSES="(\S+ \S+)"')
_HELD = f"/checkpoint?origin={origin(LOG)}"


@dataclass
class WitnessProcess:
    """`sanguan audit witness` as a process; it comes back on the port that it had."""

    data: Path
    port: int = 0
    url: str = ""
    named: str = ""
    """As SANGUAN_WITNESSES has it."""
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self, *files: Path) -> "WitnessProcess":
        errors = self.data.parent / f"witness-{uuid.uuid4().hex[:8]}"
        keys = [word for file in files for word in ("--log-key", str(file))]
        command = [*SANGUAN, "audit", "witness", "--data", str(self.data), "--port", str(self.port), *keys]
        with errors.open("wb") as written:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=written,
            )  # fmt: skip

        def said() -> bool:
            assert self.process.poll() is None, errors.read_text()
            return _ANNOUNCED.search(errors.read_text()) is not None

        wait_for(said, "the witness's announcement")
        found = _ANNOUNCED.search(errors.read_text())
        assert found
        self.url, self.named = found.groups()
        self.port = int(self.url.rpartition(":")[2])
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30, trust_env=False)

    def held(self) -> int:
        """The size that it holds, by what it gives an auditor."""
        answer = self.get(_HELD)
        return int(answer.text.split("\n")[1]) if answer.status_code == 200 else 0


@contextmanager
def ended(witness: WitnessProcess) -> Iterator[WitnessProcess]:
    try:
        yield witness
    finally:
        if witness.process.poll() is None:
            witness.process.kill()
            witness.process.wait()


def quick(witness: WitnessProcess) -> dict[str, str]:
    """The environment of a record that knows this witness."""
    return environment(SANGUAN_WITNESSES=witness.named, SANGUAN_SEAL_SECONDS="0.1")


def opened(server: Server, community: str = COMMUNITY, log: str = LOG) -> None:
    """The first events of a log."""
    said = {"code": community, "name": f"虚构社区{community[-1]}", "grids": ["1网格"], "households": 1}
    server.done("assignment/register-community", said, role="office", log=log)


def metric(server: Server, name: str, **labels: str) -> float | None:
    """A number of the record's; None where it is not told."""
    for line in server.get("/-/metrics", None).text.splitlines():
        if line.startswith(f"sanguan_{name}{{") and all(f'{n}="{v}"' in line for n, v in labels.items()):
            return float(line.rpartition(" ")[2])
    return None


def refusal(server: Server) -> str | None:
    """Why the witness refuses, as the metric says."""
    found = re.search(r'^sanguan_witness_refuses\{.*code="(\w+)"', server.get("/-/metrics", None).text, re.MULTILINE)
    return found[1] if found else None


def cosigned(server: Server, witness: WitnessProcess) -> int:
    """Wait until the witness holds all that the log has; the size."""
    size = server.quiet()
    wait_for(lambda: witness.held() == size, f"the witness to hold {size}")
    published = [""]

    def there() -> bool:
        published[0] = server.get("/record/checkpoint", "office", log=LOG).text
        return published[0].count("\n— ") == 2

    wait_for(there, "the cosignature")
    assert published[0] == witness.get(_HELD).text
    assert open_checkpoint(published[0], load_chain(server.data, LOG).current).size == size
    return size


@pytest.fixture(scope="module")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a log that was signed: an operator gives its public key to the witness's."""
    data = tmp_path_factory.mktemp("signed") / "data"
    with Server.on(data, env=environment(SANGUAN_SEAL_SECONDS="0.1")) as server:
        opened(server)
        server.quiet()
    return data


@pytest.fixture
def first(signed_once: Path, tmp_path: Path) -> Path:
    """One of its own for each test."""
    return Path(shutil.copytree(signed_once, tmp_path / "data", ignore=shutil.ignore_patterns("valkey")))


@pytest.mark.long
def test_a_witness_that_comes_and_goes_and_a_key_that_is_changed(first: Path, tmp_path: Path) -> None:
    public = first / "keys" / f"{LOG}.pub"
    with ended(WitnessProcess(tmp_path / "witness").start(public)) as witness:
        with Server.on(first, env=quick(witness)) as server:
            size = cosigned(server, witness)
            assert witness.get("/").text == f"{witness.named.split(' ')[1]}\n\n{public.read_text()}"

            witness.stop(signal.SIGKILL)
            server.report()  # nobody waits for it
            size = server.quiet()
            wait_for(lambda: (metric(server, "witness_behind_events", log=LOG) or 0) > 0, "the lag")
            wait_for(lambda: metric(server, "witness_reachable") == 0, "that it is away")
            assert server.get("/-/health/ready", None).status_code == 200, "nobody else is in need of it"
            assert refusal(server) is None
            witness.start()  # what it was told it remembers
            assert cosigned(server, witness) == size
            assert metric(server, "witness_behind_events", log=LOG) == 0

            kept = tmp_path / "kept.txt"
            kept.write_text(witness.get(_HELD).text)
            changed = called("audit", "rotate-key", "--log", LOG, "--data", first, "--json").json
            assert (changed["ok"], changed["size"]) == (True, size)
            server.report()
            wait_for(lambda: refusal(server) == "forbidden", "the alarm")
            assert witness.held() == size
            wrong = called("audit", "witness", "--data", witness.data, "--show", "--log-key", public, "--json")
            wrong.problem("log_key_changed")
            assert witness.stop() == 0
            witness.start(public, rotations_of(first, LOG))
            assert cosigned(server, witness) > size
            wait_for(lambda: refusal(server) is None, "the end of the alarm")
            opened(server, f"{OTHER_LOG}001", OTHER_LOG)
            wait_for(lambda: refusal(server) == "unknown_log", "the alarm of a log that nobody told the witness of")
        told = called("audit", "witness", "--data", witness.data, "--show", "--json")
        assert (told.code, told.json["ok"]) == (0, True)
        kept_now = tmp_path / "kept-now.txt"
        kept_now.write_text(told.json["logs"][0]["note"])
        words = ("audit", "verify", "--data", first, "--checkpoint", kept, "--checkpoint", kept_now, "--json")
        assert called(*words).json["ok"], "notes of either key"
        assert witness.stop() == 0


@pytest.mark.long
def test_a_restored_older_backup_that_goes_on_otherwise_is_caught(first: Path, tmp_path: Path) -> None:
    again, held = tmp_path / "again", tmp_path / "held.txt"
    with ended(WitnessProcess(tmp_path / "witness").start(first / "keys" / f"{LOG}.pub")) as witness:
        assert called("backup", tmp_path / "kept", "--data", first).code == 0
        with Server.on(first, env=quick(witness)) as server:
            size = 0
            while size & (size - 1) == 0:  # from a power of two a fork is refused, and not proven (`test_witness`)
                server.report()
                size = cosigned(server, witness)
        held.write_text(witness.get(_HELD).text)
        assert called("restore", tmp_path / "kept", "--no-list", "--data", again).code == 0
        with Server.on(again, env=quick(witness)) as server:
            wait_for(lambda: refusal(server) == "ahead", "the alarm that the witness holds more")
            while server.quiet() <= size:
                server.report()
            wait_for(lambda: refusal(server) in ("inconsistent", "forked", "forbidden"), "the alarm of the fork")
            assert witness.held() == size, "it holds what it held"
            assert server.report()["positions"], "an alarm keeps nobody from working"
        assert called("audit", "verify", "--data", again).code == 0, "by itself it looks well"
        found = called("audit", "verify", "--data", again, "--checkpoint", held, "--json")
        assert (found.code, found.json["first_bad"]["code"]) == (1, "checkpoint_root")
        assert called("audit", "verify", "--data", first, "--checkpoint", held).code == 0

        assert held.read_text() in witness.get(f"/fork?origin={origin(LOG)}").text
        assert witness.stop() == 1
        witness.start()
        assert witness.get("/-/health/ready").json() == {"status": "fork", "origins": [origin(LOG)]}
        assert called("audit", "witness", "--data", witness.data, "--show").code == 1
        body = b"old %d\n\n%s" % (size, held.read_text().encode())
        answer = httpx.post(f"{witness.url}/add-checkpoint", content=body, timeout=30, trust_env=False)
        assert answer.status_code == 403, "what it held itself it does not cosign again: never anything of this log"


def test_a_lying_log_and_a_replayed_checkpoint_over_the_wire(tmp_path: Path) -> None:
    """Whoever has a log's key, without any record."""
    story, key = Story().grow(300), tmp_path / "log.pub"
    key.write_text(f"{story.signer.verifier}\n")
    with ended(WitnessProcess(tmp_path / "witness").start(key)) as witness:

        def shown(body: bytes) -> tuple[int, str]:
            answer = httpx.post(f"{witness.url}/add-checkpoint", content=body, timeout=30, trust_env=False)
            return answer.status_code, answer.text

        assert shown(story.shown(0, 50))[0] == 200
        assert shown(story.shown(50, 90))[0] == 200
        assert shown(story.shown(0, 50)) == (409, "90\n"), "replayed"
        assert witness.held() == 90
        lie = story.another(60).grow(300, "lie")
        assert shown(lie.shown(90, 200))[0] == 422
        assert shown(story.shown(90, 200))[0] == 403
        fork = witness.get(f"/fork?origin={origin(LOG)}").text
        assert story.note(90) in fork
        assert lie.note(200) in fork
        assert shown(b"x" * 70_000)[0] == 413
        assert witness.stop() == 1


def test_what_is_wrong_with_the_call_is_one_line(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.mkdir()
    (record / "log.db").touch()
    (tmp_path / "no.key").write_text("nothing\n")
    witness = ("audit", "witness", "--data")
    called(*witness, record, "--port", "0", "--json").problem("witness_apart")
    called(*witness, tmp_path / "w", "--log-key", tmp_path / "no.key", "--json").problem("log_key_unusable")
    called(*witness, tmp_path / "w", "--log-key", tmp_path / "none", "--json").problem("file_or_network")
    called(*witness, tmp_path / "w", "--name", "a b", "--json").problem("bad_witness_name")
    called(*witness, tmp_path / "none", "--show", "--json").problem("no_witness")
    assert not (tmp_path / "none").exists()
    for value in ("http://a", "nonsense", f"http://a {Story().signer.verifier}"):
        called("audit", "replay", "--json", env={"SANGUAN_WITNESSES": value}).problem("bad_setting")
    called("audit", "rotate-key", "--data", tmp_path / "none", "--json").problem("no_record")


def test_a_memory_that_somebody_wrote_into_is_refused(tmp_path: Path) -> None:
    assert called("audit", "witness", "--data", tmp_path, "--show", "--json").code == 2
    connection = sqlite3.connect(tmp_path / "witness.db")
    connection.execute("CREATE TABLE another (thing TEXT)")
    connection.close()
    called("audit", "witness", "--data", tmp_path, "--show", "--json").problem("no_witness")
