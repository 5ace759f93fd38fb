"""What a command may not carry in clear, how much it may carry, and which reads wait for each other."""

import asyncio
import base64
import hashlib
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import jwt
import pytest
from starlette.requests import Request

from services.assessment.service import SERVICE as ASSESSMENT
from services.installation import SERVICES
from services.intake.commands import HandDownCase, ReportCase, TakeOverCase
from services.intake.takeover import taken_over_id
from shared.access.tokens import Tokens
from shared.command import own_id
from shared.contracts.codes import CaseKind, DisputeType, Role
from shared.contracts.fields import Many, names_someone
from shared.contracts.intake import CaseReported, PaperRow
from shared.contracts.model import Refused
from shared.contracts.personal import personal
from shared.errors import CODES
from shared.web import ledgers
from shared.web.commands import idempotency_key
from shared.web.gate import Gate
from shared.web.heavy import HeavyReads
from tests.web import campaign
from tests.web.toy import AT, COMMUNITY, LOG, Running, scene

GOOD_ID = "11010519491231002X"
"""The standard's own example number (GB 11643); nobody's."""
PHONE = "13800000000"
"""Invented (synthetic)."""
TELLING = [
    GOOD_ID,
    GOOD_ID.lower(),
    f"张三{GOOD_ID}报错",
    "110105 19491231 002X",
    "110105-1949-1231-002X",
    "１１０１０５１９４９１２３１００２Ｘ",
    PHONE,
    f"电话{PHONE}",
    f"tel:{PHONE}",
    f"tel{PHONE}",
    "138 0000 0000",
    "138-0000-0000",
    "138—0000—0000",
    "１３８００００００００",
    f"+86{PHONE}",
    "+86 138 0000 0000",
    "2015-06-18 13800000000",
]
SILENT = [
    COMMUNITY,
    f"{COMMUNITY}-2015-06-12",
    f"{COMMUNITY}-2015-06-第3号-1",
    "110105194912310021",  # its check digit does not fit
    "110105194913310026",  # nobody is born in a thirteenth month
    "1380000000",
    "138000000000",
    "12800000000",
    "2015-06-18 09:30",
    "1998-2003 年第 1234 号",
    "金信〔2015〕7号",
    "0371-65500000",
    str(uuid.UUID("11813900-0000-4000-8000-00000000000a")),
    "a13800000000bcdef012",  # a derived id
    "import-c13800000000d0e1",
    hashlib.sha256(b"x").hexdigest(),
]


@pytest.mark.parametrize("text", TELLING)
def test_what_names_someone_is_seen(text: str) -> None:
    assert names_someone(text)


@pytest.mark.parametrize("text", SILENT)
def test_codes_days_and_digests_name_nobody(text: str) -> None:
    assert not names_someone(text)


def body(data: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"log": LOG, "occurred_at": AT, "data": data, **more}).encode()


def read(command: type, data: dict[str, Any], **more: Any) -> Any:
    return Gate(command).read(body(data, **more), datetime(2016, 1, 1, tzinfo=UTC))


def case(**changed: Any) -> dict[str, Any]:
    return {
        "community": COMMUNITY, "kind": "dispute", "dispute_type": "neighbours", "source": "sweep", "summary": "虚构",
        "parties": [{"role": "applicant", "name": "虚构甲"}], **changed,
    }  # fmt: skip


@pytest.mark.parametrize("text", TELLING)
def test_a_line_that_names_someone_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read(HandDownCase, {"by_unit": text})
    assert (refused.value.code, refused.value.field) == ("personal_in_plain_field", "data.by_unit")
    assert text not in str(refused.value)
    assert CODES["personal_in_plain_field"].status == 422


def test_so_are_a_name_a_code_and_a_stream() -> None:
    for data, more, field in (
        (case(community=f"社区{PHONE}"), {}, "data.community"),
        (case(grid=GOOD_ID), {}, "data.grid"),
        (case(), {"stream": f"case/张三-{GOOD_ID}"}, "stream"),
    ):
        with pytest.raises(Refused) as refused:
            read(ReportCase, data, **more)
        assert refused.value.code == "personal_in_plain_field"
        assert refused.value.field is not None
        assert refused.value.field.startswith(field)


def test_what_is_sealed_may_say_it() -> None:
    party = {"role": "applicant", "name": "虚构甲", "phone": PHONE, "id_number": GOOD_ID}
    assert read(ReportCase, case(summary=f"来电 {PHONE}，{GOOD_ID}", parties=[party])).data.parties[0].phone == PHONE


def test_a_case_taken_over_from_paper_can_be_named() -> None:
    for number in ("第3号", "9" * 64):
        paper = PaperRow(import_id="i", sheet="s", row=1, month="2015-06", number=number)
        command = TakeOverCase(
            community=COMMUNITY, kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=None, summary="x",
            parties=(), paper=paper, outcome="open", undone=2,  # type: ignore[arg-type]  # its text serves here
        )  # fmt: skip
        stream = f"case/{taken_over_id(command)}"
        assert read(HandDownCase, {"by_unit": "区信访局"}, stream=stream).stream == stream


# ids --------------------------------------------------------------------------------------------------------------


def keyed(key: str) -> Request:
    return Request({"type": "http", "headers": [(b"idempotency-key", key.encode())]})


def test_no_client_can_take_an_id_of_the_systems_own() -> None:
    assert idempotency_key(keyed("reaction-1")) == "reaction-1"
    with pytest.raises(Refused) as refused:
        idempotency_key(keyed(own_id("reaction-1")))
    assert (refused.value.code, refused.value.field) == ("bad_header", "Idempotency-Key")


@pytest.mark.parametrize("key", [f"tel:{PHONE}", GOOD_ID])
def test_a_key_that_names_someone_is_refused(key: str) -> None:
    with pytest.raises(Refused) as refused:
        idempotency_key(keyed(key))
    assert (refused.value.code, refused.value.field) == ("personal_in_plain_field", "Idempotency-Key")


def test_every_uuid_and_digest_will_do_as_a_key() -> None:
    for number in range(20_000):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        for key in (digest, digest[:32], digest[:20], str(uuid.UUID(digest[:32])), f"import-{digest[:16]}"):
            assert idempotency_key(keyed(key)) == key


def test_what_is_new_gets_its_id_from_the_client_or_from_the_system(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        data = {"community": COMMUNITY, "by_unit": "虚构", "name": "虚构甲", "summary": "虚构"}
        unfit = ("张三", "a" * 65, "ab" * 10, f"{COMMUNITY}-2015-06-1", "-x", "a:b")
        for number, id in enumerate(unfit):
            refused = await toy.send("open-file", data, f"u{number}", stream=f"case/{id}")
            assert (refused.status_code, refused.json()["code"]) == (422, "stream_not_chosen"), id
        assert toy.node.storage.log.size(LOG) == 0
        chosen = await toy.send("open-file", data, "k1", stream="case/2015-A.7_b")
        assert (chosen.status_code, chosen.json()["stream"]) == (201, "case/2015-A.7_b")
        again = await toy.send("open-file", data, "k1", stream="case/2015-A.7_b")
        assert again.content == chosen.content
        elsewhere = await toy.send("open-file", data, "k1", stream="case/2015-A.8")
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "command_id_reused")
        stream = (await toy.open_file("k2"))["stream"]
        assert (await toy.send("close-file", {}, "k3", stream=stream)).status_code == 201

    scene(play, tmp_path)


# tokens -----------------------------------------------------------------------------------------------------------

KEY = b"k" * 32


def tokens() -> Tokens:
    return Tokens(KEY, lambda: datetime.now(UTC))


def forged(**changed: Any) -> str:
    """A token under the right key with any claims, as an older version might have minted it."""
    now = datetime.now(UTC)
    claims = {
        "iss": "sanguan", "aud": "sanguan", "sub": "x", "role": "clerk", "log": LOG, "iat": now,
        "exp": now + timedelta(hours=1), **changed,
    }  # fmt: skip
    return jwt.encode(claims, KEY, algorithm="HS256")


def test_services_show_no_tokens() -> None:
    with pytest.raises(ValueError, match="services"):
        tokens().mint(Role.SERVICE, LOG, subject="x", valid=timedelta(hours=1))
    assert tokens().read(forged()).actor.role == "clerk"
    with pytest.raises(Refused, match="unauthenticated"):
        tokens().read(forged(role="service"))


@pytest.mark.parametrize("name", ["张 三", GOOD_ID, PHONE, "a" * 65, "", "a\nb"])
def test_an_actors_name_is_a_code(name: str) -> None:
    for names in ({"subject": name}, {"subject": "x", "on_behalf_of": name}):
        with pytest.raises(ValueError, match="an actor's name") as error:
            tokens().mint(Role.CLERK, LOG, valid=timedelta(hours=1), **names)
        assert not name or name not in str(error.value)
    for claim in ("sub", "obo"):
        with pytest.raises(Refused, match="unauthenticated"):
            tokens().read(forged(**{claim: name}))


# how much ---------------------------------------------------------------------------------------------------------


def test_parties_are_counted() -> None:
    party = {"role": "applicant", "name": "虚构甲"}
    assert len(read(ReportCase, case(parties=50 * [party])).data.parties) == 50
    with pytest.raises(Refused) as refused:
        read(ReportCase, case(parties=51 * [party]))
    assert (refused.value.code, refused.value.field) == ("too_many", "data.parties")
    assert CODES["too_many"].status == 422


def unlimited(hint: Any, where: str) -> list[str]:
    """The tuples within a type that have no limit."""
    if get_origin(hint) is Annotated:
        bare, *markers = get_args(hint)
        if get_origin(bare) is tuple and any(isinstance(marker, Many) for marker in markers):
            return unlimited(get_args(bare)[0], where)
        return unlimited(bare, where)
    if get_origin(hint) is tuple:
        return [where]
    if get_origin(hint) in (UnionType, Union):
        return [found for arm in get_args(hint) for found in unlimited(arm, where)]
    if hasattr(hint, "__dataclass_fields__"):
        hints = get_type_hints(hint, include_extras=True)
        return [found for name in hint.__dataclass_fields__ for found in unlimited(hints[name], f"{where}.{name}")]
    return []


def test_no_command_holds_as_much_as_one_likes() -> None:
    commands = [accepts.command for service in SERVICES for decider in service.deciders for accepts in decider.accepts]
    assert len(commands) > 30
    assert [found for command in commands for found in unlimited(command, command.__name__)] == []


def test_what_stands_in_a_limited_tuple_is_sealed_all_the_same() -> None:
    for cls in (ReportCase, TakeOverCase, CaseReported):
        [(name, plan, many)] = personal(cls).within
        assert (name, set(plan.fields), many) == ("parties", {"name", "phone", "id_number"}, True)


# reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "field"), [("community=%00", "community"), ("cursor=AA==", "cursor"), ("log=%1f", "log")]
)
def test_control_characters_are_no_value_of_a_query(tmp_path: Path, query: str, field: str) -> None:
    async def play(toy: Running) -> None:
        answer = await toy.get(f"/intake/ledgers/files?{query}")
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_parameter", field)
        whole = base64.urlsafe_b64encode("案-1".encode()).decode()
        assert (await toy.get(f"/intake/ledgers/files?cursor={whole}")).status_code == 200

    scene(play, tmp_path)


def test_nor_of_a_scores_address(tmp_path: Path) -> None:
    async def play() -> None:
        async with campaign.opened(tmp_path) as (node, app), campaign.signed_in(node, app) as client:
            for path in ("%00", "%00/explanation"):
                answer = await client.get(f"/{ASSESSMENT.name}/scores/{path}", headers={"accept": "application/json"})
                assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
            assert (await client.get(f"/{ASSESSMENT.name}/scores/none")).status_code == 404

    asyncio.run(play())


def test_heavy_reads_wait_for_each_other_and_for_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heavy, going_on = HeavyReads(threads=1, waiting=1), threading.Event()
    monkeypatch.setattr(ledgers, "HEAVY", heavy)

    async def play(toy: Running) -> None:
        await toy.open_file("k1")
        blocked = [asyncio.ensure_future(heavy.run(going_on.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        for query in ("as_of=2100-01-01", "format=csv", "format=xlsx"):
            answer = await toy.get(f"/intake/ledgers/files?{query}")
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert (await toy.get("/intake/ledgers/files")).status_code == 200
        await toy.open_file("k2")
        going_on.set()
        await asyncio.gather(*blocked)
        for query in ("as_of=2100-01-01", "format=csv", "format=xlsx"):
            assert (await toy.get(f"/intake/ledgers/files?{query}")).status_code == 200

    try:
        scene(play, tmp_path)
    finally:
        going_on.set()
