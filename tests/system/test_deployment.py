"""The set of processes that `deploy/compose.yaml` names, started without containers, with the same environment."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from shared.access.tokens import Tokens
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.delivery.embedded import EmbeddedValkey

ROOT = Path(__file__).parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
CADDY = (ROOT / "deploy" / "Caddyfile").read_text()
LOG = "410105010"
KEY = bytes(range(32))
SERVED = ("record", "intake", "assignment", "assessment", "privacy")


@dataclass(frozen=True)
class Deployed:
    """The running processes: where each listens."""

    urls: dict[str, str]
    environment: dict[str, str]
    data: Path

    def token(self, role: str) -> str:
        """A token under the key that all the processes were given."""
        tokens = Tokens(KEY, utc_now)
        return tokens.mint(Role(role), LOG, subject=f"{role}-1", valid=timedelta(hours=1))

    def send(self, service: str, name: str, role: str, key: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(
            f"{self.urls[service]}/{service}/commands/{name}", json=body, timeout=30,
            headers={"Authorization": f"Bearer {self.token(role)}", "Idempotency-Key": key},
        )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def secrets(folder: Path, database_url: str) -> None:
    """The secret files that compose hands to its containers."""
    folder.mkdir()
    key = b64encode(KEY).decode()
    for name, text in {
        "sanguan_database_url": database_url, "sanguan_master_key": key, "sanguan_token_key": key,
    }.items():  # fmt: skip
        (folder / name).write_text(text)


@pytest.fixture(scope="module")
def deployed(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    data = tmp_path_factory.mktemp("deployed")
    given = COMPOSE["services"]["intake"]["environment"]
    secrets(data / "secrets", postgres_server)
    with EmbeddedValkey(data) as valkey:
        environment = {
            **os.environ, **given, "SANGUAN_REDIS_URL": valkey.url, "SANGUAN_SECRETS_DIR": str(data / "secrets"),
            "SANGUAN_DATA_DIR": str(data),
        }  # fmt: skip
        command = [sys.executable, "-m", "services"]
        subprocess.run(
            [*command, *COMPOSE["services"]["migrate"]["command"]], env=environment, cwd=ROOT, check=True, timeout=60
        )
        urls, running = {}, []
        try:
            for name in SERVED:
                port = free_port()
                urls[name] = f"http://127.0.0.1:{port}"
                running.append(
                    subprocess.Popen(
                        [*command, *COMPOSE["services"][name]["command"]],
                        env={**environment, "SANGUAN_PORT": str(port)},
                        cwd=ROOT,
                        stderr=subprocess.DEVNULL,
                    )
                )
            for url in urls.values():
                wait_until_ready(url)
            yield Deployed(urls, environment, data)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(20)


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/-/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not become ready")


def eventually(deployed: Deployed, path: str, service: str, wanted: Any) -> Any:
    """The answer once it is as wanted: reactions travel through the stream."""
    deadline = time.monotonic() + 30
    headers = {"Authorization": f"Bearer {deployed.token('office')}"}
    while time.monotonic() < deadline:
        found = httpx.get(f"{deployed.urls[service]}{path}", headers=headers, timeout=10).json()
        if wanted(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{path} never became as wanted")


def test_a_case_travels_through_all_processes(deployed: Deployed) -> None:
    at = "2015-06-11T09:00:00+08:00"
    community = {"code": f"{LOG}001", "name": "示例社区", "grids": ["1网格"], "households": 100}
    body = {"log": LOG, "occurred_at": at, "data": community}
    assert deployed.send("assignment", "register-community", "office", "d-1", body).status_code == 201
    report = {
        "community": "示例社区", "grid": "1网格", "kind": "dispute", "dispute_type": "neighbours", "source": "sweep",
        "summary": "示例", "parties": [{"role": "applicant", "name": "示例甲", "phone": None, "id_number": None}],
    }  # fmt: skip
    # intake learns of the community from the log alone: a refusal is never given on stale facts
    answer = deployed.send("intake", "report-case", "clerk", "d-2", {"log": LOG, "occurred_at": at, "data": report})
    assert answer.status_code == 201, answer.text
    stream = answer.json()["stream"]
    accept = {"log": LOG, "stream": stream, "occurred_at": "2015-06-12T09:00:00+08:00", "data": {}}
    assert deployed.send("intake", "accept-case", "clerk", "d-3", accept).status_code == 201
    case = stream.partition("/")[2]
    handling = eventually(deployed, f"/assignment/ledgers/handling?log={LOG}", "assignment", lambda f: f["rows"])
    assert [row["key"] for row in handling["rows"]] == [case]
    eventually(deployed, f"/assessment/ledgers/case_results?log={LOG}", "assessment", lambda f: f["rows"])


def test_the_record_signs_what_the_services_appended(deployed: Deployed) -> None:
    headers = {"Authorization": f"Bearer {deployed.token('auditor')}"}
    note = httpx.get(f"{deployed.urls['record']}/record/checkpoint?log={LOG}", headers=headers).text
    assert note.startswith(f"sanguan/{LOG}\n")
    verified = subprocess.run(
        [sys.executable, "-m", "services", "audit", "verify", "--json"],
        env=deployed.environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(verified.stdout)["ok"], verified.stdout


def test_every_address_is_served_by_the_process_that_the_front_sends_it_to(deployed: Deployed) -> None:
    """Every row of every process's policy, pages and what is open to all included."""
    rows = {
        name: {(rule["method"], rule["path"]) for rule in httpx.get(f"{url}/-/policy.json", timeout=30).json()["rules"]}
        for name, url in deployed.urls.items()
    }
    every = set[tuple[str, str]]().union(*rows.values())
    assert len(every) > 300
    assert [one for one in sorted(every) if one not in rows[front(one[1])]] == []


def test_a_stranger_sees_the_public_figures_through_the_front(deployed: Deployed) -> None:
    answer = httpx.get(f"{deployed.urls[front(f'/public/{LOG}')]}/public/{LOG}.json", timeout=10)
    assert answer.json()["log"] == LOG


def front(path: str) -> str:
    """The process that the Caddyfile sends a path to."""
    for name, patterns in re.findall(r"@(\w+) path (.+)", CADDY):
        for pattern in patterns.split():
            if path == pattern or (pattern.endswith("/*") and path.startswith(pattern[:-1])):
                return str(name)
    return "record"
