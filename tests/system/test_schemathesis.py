"""The API's document held against a running server: what schemathesis makes of it is asked, and every answer must be
one that the document gives. All data are invented (synthetic).

Some of what is asked fits the document, some breaks it in one place. Where a part fits, it is aimed at what is there: a
random id would only ever be told that there is no such thing.
"""

import contextlib
import json
import re
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any, Final, cast

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, CheckFunction, GenerationMode, Response
from schemathesis import Case as AnyCase
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from services.installation import SERVICES
from shared.access.tokens import Tokens, load_token_key
from shared.contracts.codes import Role
from shared.contracts.model import slug
from shared.settings import load
from tests.papers.fonts import printing_in
from tests.system.cli import environment
from tests.system.demo import Demo
from tests.system.server import AT, COMMUNITY, LOG, OTHER_LOG, Server

Operation = APIOperation[Any, Any, Any, Any]
Case = AnyCase[Any]
SEED: Final = 20150618
FITS, BREAKS = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CHECKED: Final = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
)  # fmt: skip
"""Every answer's status and shape are documented, of a refusal the code too (its schema lists them); what breaks the
document is refused."""
CATEGORIES: Final = {
    **{
        f"/{service.name}/commands/{slug(accepts.command)}": decider.category
        for service in SERVICES for decider in service.deciders for accepts in decider.accepts
    },
    **{f"/{service.name}/{one.path}": one.category for service in SERVICES for one in service.compartments},
}  # fmt: skip
"""Of which aggregates an address is."""
BY_SEGMENT: Final = {"/intake/cases/": "case", "/assessment/scores/": "score"}
COLUMNS: Final = {
    f"/{service.name}/{one.path}": one.ledger.sealed
    for service in SERVICES for one in service.compartments if one.ledger is not None
}  # fmt: skip
"""What may be opened at an address."""
KNOWN: Final = {
    "log": LOG, "community": COMMUNITY, "as_of": "2015-12-31", "month": "2015-06", "from": "2015-06-01",
    "to": "2015-07-31", "period_kind": "month", "period": "2015-06", "version": "1", "occurred_at": AT,
}  # fmt: skip
"""Parts by their names that the sample has something to say about."""
FITTING: Final = {
    "log": "[0-9A-Za-z]{1,64}", "community": "[0-9]{9}|[0-9]{12}|", "occurred_at": r".*T.*\+08:00|.*T.*Z",
    "stream": r"[a-z]+/[^/]{1,100}", "Idempotency-Key": "[!-~]{1,200}",
}  # fmt: skip
"""How a part looks that breaks nothing; any other text fits."""
REFUSED: Final = {"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}}
"""With what a request that breaks the document is answered: 413 too, where it is too large to be looked at."""
HAN: Final = r"\\u3400-\\u9fff"
"""All Chinese characters, in the document's patterns. Hypothesis looks at each of them each time: of what is sent,
three do."""


@dataclass
class Asker:
    """Asks a running server for what its document offers, and notes which answers it does not."""

    server: Server
    asked: Counter[str] = field(default_factory=Counter)
    """How often, by operation."""
    answered: Counter[int] = field(default_factory=Counter)
    """How often, by status."""
    wrong: list[str] = field(default_factory=list)
    _random: Random = field(default_factory=lambda: Random(SEED))

    def __post_init__(self) -> None:
        load_all_checks()
        self._checks = cast("list[CheckFunction]", CHECKS.get_by_names(list(CHECKED)))
        self.session = requests.Session()
        self.session.trust_env = False
        served = self.session.get(f"{self.server.url}/openapi.json", timeout=60).text
        paths: dict[str, dict[str, Any]] = json.loads(served)["paths"]
        self.documented = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
        self._schema = schemathesis.openapi.from_dict(json.loads(served.replace(HAN, "一二三")))
        self._served = schemathesis.openapi.from_dict(json.loads(served), config=SchemathesisConfig.from_dict(REFUSED))
        self._tokens = Tokens(load_token_key(load(self.server.data)), lambda: datetime.now(UTC))

    @cached_property
    def operations(self) -> Sequence[Operation]:
        return [found.ok() for found in self._schema.get_all_operations() if isinstance(found, Ok)]

    @cached_property
    def _ids(self) -> Mapping[str, Sequence[str]]:
        """What is there, by category: read off the record."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        after: int | None = -1
        while after is not None:
            page = self.server.get("/record/events", after=after, limit=1000).json()
            for one in page["events"]:
                category, _, id = json.loads(b64decode(one["bytes"]))["stream"].partition("/")
                found[category][id] = None
            after = page["next"]
        found["score"] = dict.fromkeys(row["id"] for row in self.server.rows("assessment/scores"))
        return {category: list(ids) for category, ids in found.items()}

    # asking -----------------------------------------------------------------------------------------------------------

    def ask(self, cases: Iterable[Case]) -> None:
        """Ask for each, and note what is wrong with the answers."""
        for case in cases:
            self.asked[case.operation.label] += 1
            if (response := self._answer(case)) is None:
                continue
            try:
                case.validate_response(response, checks=self._checks)
            except FailureGroup as found:
                said = "; ".join(f"{type(one).__name__}: {' '.join(one.message.split())}" for one in found.exceptions)
                self.wrong.append(f"{response.status_code}: {said[:500]}: {case.as_curl_command()[:1_000]}")

    def _answer(self, case: Case) -> Response | None:
        """The answer; None for the stream of events where it begins, as it does not end."""
        given = case.as_transport_kwargs(base_url=self.server.url, headers=self._proof(case))
        answer = self.session.request(**given, stream=True, timeout=60)
        self.answered[answer.status_code] += 1
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            assert (answer.status_code, case.operation.path) == (200, "/record/stream")
            answer.close()
            return None
        return Response.from_requests(answer, verify=True)

    def _proof(self, case: Case) -> dict[str, str]:
        """The token of one of the operation's roles; of another role or another log now and then."""
        without = case.meta is not None and getattr(case.meta.phase.data, "parameter", None) == "Authorization"
        if without or case.operation.definition.raw.get("security") == []:
            return {}
        roles = [Role(one) for one in case.operation.definition.raw["x-roles"] if one != Role.SERVICE]
        role = self._random.choice(roles) if roles and self._random.randrange(12) else Role.OPERATOR
        log = LOG if self._random.randrange(12) else OTHER_LOG
        own = f"case/{self._ids['case'][0]}" if role is Role.RESIDENT else None
        token = self._tokens.mint(role, log, subject=f"{role}-1", valid=timedelta(hours=1), case=own)
        return {"authorization": f"Bearer {token}"}

    # what to ask ------------------------------------------------------------------------------------------------------

    def covering(self, operation: Operation, fits: int, breaks: int, among: int) -> Iterator[Case]:
        """Some of the first cases that cover an operation's schema: each bound, part missing, wrong type, method."""
        made = self._schema.iter_coverage_cases(
            operation, generation_modes=[FITS, BREAKS], generation_config=self._schema.config.generation
        )
        found: dict[bool, list[Case]] = {True: [], False: []}
        for case in islice(made, among):
            found[_fits(case)].append(case)
        for those, most in ((found[True], fits), (found[False], breaks)):
            yield from map(self._aimed, self._random.sample(those, min(most, len(those))))

    def by_chance(self, operation: Operation, mode: GenerationMode, most: int) -> Iterator[Case]:
        """What fits an operation's schema, or does not, by chance: the same each time."""
        found: list[Case] = []

        @hypothesis.seed(SEED)
        @hypothesis.settings(
            max_examples=most, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def collect(case: Case) -> None:
            found.append(case)

        with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # where there is nothing to break
            collect()
        return map(self._aimed, found)

    def _aimed(self, case: Case) -> Case:
        """The case about what is there; what breaks the document stays as it is."""
        case.operation = self._served[case.operation.path][case.operation.method]
        path = case.operation.path
        category = CATEGORIES.get(path) or next((c for part, c in BY_SEGMENT.items() if path.startswith(part)), "")
        ids = self._ids.get(category, ())
        if case.path_parameters:
            id = {next(iter(case.path_parameters)): self._random.choice(ids)} if ids else {}
            case.path_parameters = {**case.path_parameters, **self._told(case.path_parameters, id)}
        if case.query:
            case.query = self._sometimes_less(case, {**case.query, **self._told(case.query)})
        if case.headers and "Idempotency-Key" in case.headers:
            key = {"Idempotency-Key": f"schemathesis-{self._random.getrandbits(64):x}"}
            case.headers.update(self._told(case.headers, key))
            if _fits(case) and self._random.randrange(4):
                case.headers.pop("If-Match", None)  # the version that a stream has, chance does not hit
        if isinstance(case.body, dict):
            case.body = self._aimed_body(
                case.operation.path, case.body, f"{category}/{self._random.choice(ids)}" if ids else ""
            )
        return case

    def _told(self, parts: Mapping[str, Any], more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Those of the parts that can be aimed and break nothing, aimed."""
        known = {**KNOWN, **(more or {})}
        return {
            name: known[name] for name, said in parts.items()
            if name in known and isinstance(said, str) and re.fullmatch(FITTING.get(name, ".*"), said, re.DOTALL)
            and self._random.randrange(8)
        }  # fmt: skip

    def _sometimes_less(self, case: Case, query: Mapping[str, Any]) -> dict[str, Any]:
        """The query, often without texts that say nothing to the sample: each would be refused alone."""
        if not _fits(case) or not self._random.randrange(4):
            return dict(query)
        needed = {one.name for one in case.operation.query if one.is_required}
        return {n: said for n, said in query.items() if n in KNOWN or n in needed or not isinstance(said, str)}

    def _aimed_body(self, path: str, said: Mapping[str, Any], stream: str) -> dict[str, Any]:
        body = {**said, **self._told(said)}
        if isinstance(data := body.get("data"), dict):
            body["data"] = {**data, **self._told(data)}
            if (
                stream
                and re.fullmatch(FITTING["stream"], str(body.get("stream") or stream))
                and self._random.randrange(4)
            ):
                body["stream"] = stream
        if (columns := COLUMNS.get(path)) and body.get("fields") and self._random.randrange(8):
            body["fields"] = [self._random.choice(columns)]
        return body


def _fits(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode is FITS


@pytest.fixture(scope="module")
def asker(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    data = demo.copy(tmp_path_factory.mktemp("schemathesis") / "data")
    limits = {f"SANGUAN_{name}_PER_MINUTE": "1000000" for name in ("REQUESTS", "READINGS", "REFUSALS")}
    with (
        printing_in(tmp_path_factory.mktemp("fonts")) as fonts,
        # else the limits, and a machine without a Chinese font, would answer for the API
        Server.on(data, env={**environment(SANGUAN_PAPER_FONTS=str(fonts)), **limits}) as server,
    ):
        made = Asker(server)
        yield made
        made.session.close()


def judge(asker: Asker) -> None:
    """That every operation was asked, every kind of answer was heard, and every answer is documented."""
    assert not asker.wrong, "\n".join(
        [f"{len(asker.wrong)} answers that the document does not give:", *asker.wrong[:20]]
    )
    assert asker.asked.keys() == asker.documented
    assert {200, 201, 400, 401, 403, 404, 405, 409, 422} <= asker.answered.keys()


def test_every_operation_answers_as_the_document_says(asker: Asker) -> None:
    for operation in asker.operations:
        asker.ask(asker.covering(operation, fits=2, breaks=2, among=100))
    judge(asker)


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_ten_thousand_answers_are_as_the_document_says(asker: Asker) -> None:
    for operation in asker.operations:
        asker.ask(asker.covering(operation, fits=14, breaks=20, among=400))
        asker.ask(asker.by_chance(operation, FITS, 8))
        asker.ask(asker.by_chance(operation, BREAKS, 6))
    judge(asker)
    assert asker.asked.total() >= 10_000
