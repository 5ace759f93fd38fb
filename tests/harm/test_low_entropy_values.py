"""Rule 5: what has few possible values, a telephone or an ID number, is never kept as a plain hash.

A telephone number has ten digits that vary: whoever holds its plain digest tries them all in an afternoon. Every file
and every row of both databases and every key of Valkey is searched for digests that somebody without the vault's key
could compute.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import inspect, text

from services.assignment.commands import EnrolOfficer
from services.intake.commands import CorrectCase
from shared.contracts.codes import Profession
from shared.delivery.embedded import running_url
from tests.harm.invented import ID_NUMBER, NAME, PHONE
from tests.harm.office import Office, office, person
from tests.web.campaign import LOG, day

OFFICER_PHONE = "19900009999"
REPLACED_ID = "410105194902330012"
VALUES = (PHONE, ID_NUMBER, OFFICER_PHONE, REPLACED_ID, NAME)
ALGORITHMS = sorted(hashlib.algorithms_guaranteed | ({"sm3"} & hashlib.algorithms_available))
SHOWN = 10
"""Bytes of a digest that must be found: a table may keep a part of one."""


def written(value: str) -> Iterator[str]:
    """A value as it may have been before it was hashed."""
    yield value
    yield value.lower()
    if value.isascii() and value.isdigit() and len(value) == 11:
        yield from (f"+86{value}", f"86{value}", f"0086{value}", f"{value[:3]} {value[3:7]} {value[7:]}")
        yield from (f"{value[:3]}-{value[3:7]}-{value[7:]}", f"tel:{value}")


def salted(value: str, case: str) -> Iterator[bytes]:
    """The value with everything in its way that somebody without the key could know."""
    salts = ("", LOG, case, f"case/{case}", f"{LOG}/{case}", "sanguan", f"sanguan/{LOG}", "phone", "id_number", "name")
    for salt, between in itertools.product(salts, ("", "|", ":", "\0", "/")):
        yield f"{salt}{between}{value}".encode()
        yield f"{value}{between}{salt}".encode()
    yield f'"{value}"'.encode()
    yield value.encode("utf-16-le")
    if not value.isascii():
        yield value.encode("gbk")


def digests(case: str, values: tuple[str, ...] = VALUES) -> dict[bytes, str]:
    """The beginnings of all digests that are looked for, with what each is of."""
    found: dict[bytes, str] = {}
    for value in values:
        for form in written(value):
            for said in dict.fromkeys(salted(form, case)):
                for name in ALGORITHMS:
                    made = hashlib.new(name, said)
                    digest = made.digest(32) if name.startswith("shake") else made.digest()  # type: ignore[call-arg]  # shake's digests have any length
                    found[digest[:SHOWN]] = f"{name} of {value}"
            for key in (LOG, "sanguan", case, "", "secret", "key"):
                for name in ("md5", "sha1", "sha256", "sha512"):
                    found[hmac.digest(key.encode(), form.encode(), name)[:SHOWN]] = f"hmac-{name} of {value}"
            # The leaf of a tree over the value itself.
            found[hashlib.sha256(b"\x00" + form.encode()).digest()[:SHOWN]] = f"leaf of {value}"
    return found


def traces(content: bytes, wanted: dict[bytes, str]) -> set[str]:
    """What of the digests is in some bytes: as it is, in hexadecimal, in base64."""
    hexes = {digest.hex().encode(): meaning for digest, meaning in wanted.items()}
    # Nine bytes are twelve letters of base64, with which the text of a digest begins.
    letters = {base64.b64encode(digest[:9]): meaning for digest, meaning in wanted.items()}
    found = {wanted[piece] for piece in pieces(content, SHOWN) & wanted.keys()}
    for run in re.findall(rb"[0-9a-f]{20,}", content.lower()):
        found |= {hexes[piece] for piece in pieces(run, 2 * SHOWN) & hexes.keys()}
    for run in re.findall(rb"[0-9A-Za-z+/]{12,}", content.translate(bytes.maketrans(b"-_", b"+/"))):
        found |= {letters[piece] for piece in pieces(run, 12) & letters.keys()}
    return found


def pieces(content: bytes, length: int) -> set[bytes]:
    """Every piece of a length."""
    return {content[at : at + length] for at in range(len(content) - length + 1)}


def kept(made: Office, data: Path) -> dict[str, bytes]:
    """All that the installation keeps: its files, the cells of every table, every key of Valkey."""
    found = {str(file.relative_to(data)): file.read_bytes() for file in data.rglob("*") if file.is_file()}
    storage = made.node.storage
    for engine in (storage.log_engine, storage.ledgers_engine):
        with engine.connect() as connection:
            for table in inspect(engine).get_table_names():
                cells = [value for row in connection.execute(text(f"SELECT * FROM {table}")) for value in row]
                as_bytes = [value if isinstance(value, bytes) else str(value).encode() for value in cells]
                found[f"table {table}"] = b"\n".join(as_bytes)
    url = running_url(data)
    assert url is not None
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            value: Any = client.dump(key)
            entries: Any = client.xrange(key) if client.type(key) == b"stream" else []
            said = [part for _, fields in entries for pair in fields.items() for part in pair]
            found[f"valkey {key.decode()}"] = b"\n".join([key, value or b"", *said])
    return found


async def written_down(made: Office) -> str:
    """A case with a telephone and an ID number, corrected once; an officer with a telephone."""
    case = await made.case(person(NAME, PHONE, ID_NUMBER))
    corrected = CorrectCase(reason="误填", parties=(person(NAME, PHONE, REPLACED_ID), person("虚构乙")))
    await made.campaign.send(corrected, day("06-17"), case)
    enrol = EnrolOfficer(profession=Profession.JUDGE, unit="虚构法院", name="虚构法官", phone=OFFICER_PHONE)
    await made.campaign.send(enrol, day("06-17"))
    await made.campaign.settle()
    made.node.storage.seal(LOG)
    relay, last = made.node.relay, made.node.storage.log.size(LOG) - 1
    while relay is None or relay.position(LOG) < last:  # noqa: ASYNC110  # the relay has no event to wait for
        await asyncio.sleep(0.01)
    return case


def test_no_digest_of_a_number_or_a_name_is_kept_anywhere(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path, stream=True) as made:
            case = await written_down(made)
            wanted = digests(case)
            assert len(wanted) > 20_000
            everything = await asyncio.to_thread(kept, made, tmp_path)
        assert {"log.db", "ledgers.db", "table events", "table vault_keys", "table vault_blind"} <= set(everything)
        assert any(name.startswith("valkey sanguan:events") and len(held) > 1000 for name, held in everything.items())
        for name, content in everything.items():
            for value in VALUES:
                assert value.encode() not in content, name
            assert traces(content, wanted) == set(), name

    asyncio.run(play())


@pytest.mark.parametrize("how", ["raw", "hex", "HEX", "base64", "urlsafe", "salted", "keyed with the log's name"])
def test_a_digest_that_is_kept_would_be_found(how: str, tmp_path: Path) -> None:
    """That the search can fail: a digest is planted in a table, in each form."""
    digest = hashlib.sha256(PHONE.encode()).digest()
    forms: dict[str, bytes | str] = {
        "raw": digest, "hex": digest.hex(), "HEX": digest.hex().upper(), "base64": base64.b64encode(digest).decode(),
        "urlsafe": base64.urlsafe_b64encode(digest).decode(),
        "salted": hashlib.sha1(f"{LOG}|{PHONE}".encode()).hexdigest(),
        "keyed with the log's name": hmac.digest(LOG.encode(), PHONE.encode(), "sha256").hex(),
    }  # fmt: skip
    file = tmp_path / "planted.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE planted (value)")
    connection.execute("INSERT INTO planted VALUES (?)", (forms[how],))
    connection.commit()
    connection.close()
    assert traces(file.read_bytes(), digests("c-1", (PHONE,)))


def test_what_remembers_a_body_is_another_under_another_key_and_another_command(tmp_path: Path) -> None:
    """A command's body is remembered by a keyed digest: without the key no number can be tried against it, and with it
    still nobody sees from two of them that the same was said twice."""

    async def play() -> None:
        async with office(tmp_path) as made:
            for _ in range(2):
                await made.case(person(NAME, PHONE, ID_NUMBER))
            with made.node.storage.log_engine.connect() as connection:
                kept_macs = [row[0] for row in connection.execute(text("SELECT body_mac FROM events"))]
            macs = [bytes(mac) for mac in kept_macs if mac is not None]
            assert len(macs) > 10
            assert len(set(macs)) == len(macs)
            plain = {hashlib.new(name, PHONE.encode()).digest() for name in ("md5", "sha1", "sha256")}
            assert made.node.storage.vault.body_mac([PHONE]) not in plain

    asyncio.run(play())
