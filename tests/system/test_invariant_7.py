"""Invariant 7: nothing personal is in the stream, the logs, the metrics or on a page; and, of invariant 6, a case is
forgotten as a whole, its reasons included.

Every field of every command in which a person may be named is given a word of its own, a canary. All are invented.
"""

import base64

import pytest

from services.installation import SERVICES
from shared.contracts.codes import READERS, Role
from shared.contracts.personal import personal
from shared.settings import load
from shared.storage import Storage
from tests.system import searching
from tests.system.aviary import COMMANDS, Aviary, answers, asked, ledgers, opened, pages, paths, play
from tests.system.searching import Search
from tests.system.server import LOG, Server


@pytest.fixture(scope="module")
def aviary(server: Server) -> Aviary:
    """All commands with canaries, and time for what follows from them."""
    made = Aviary(server)
    play(made)
    return made


@pytest.fixture(scope="module")
def search(aviary: Aviary) -> Search:
    """Looks for them all."""
    return Search(aviary.words())


# nowhere ------------------------------------------------------------------------------------------------------------


def test_every_field_that_may_name_somebody_was_tried(aviary: Aviary) -> None:
    wanted = {(name, path) for name, command in COMMANDS.items() for path in paths(personal(command))}
    assert set(aviary.sent) == wanted
    assert len(set(aviary.words())) == len(aviary.words()) > 50


def test_no_canary_is_in_a_file_of_the_installation(aviary: Aviary, search: Search) -> None:
    files = dict(searching.files(aviary.server.data))
    assert {"log.db", "ledgers.db"} <= set(files)
    for name, content in files.items():
        assert not search.found(content), name
    for name in ("log.db", "ledgers.db"):
        for table, content in searching.tables(aviary.server.data / name):
            assert not search.found(content), table


def test_no_canary_is_in_the_stream_or_under_any_key_of_valkey(aviary: Aviary, search: Search) -> None:
    streamed = 0
    with aviary.server.redis() as client:
        for key, content, entries in searching.keys(client):
            assert not search.found(content), key
            streamed += entries
    assert streamed >= len(aviary.streams)


def test_no_canary_is_in_what_the_process_said(aviary: Aviary, search: Search) -> None:
    said = aviary.server.errors.read_bytes()
    assert b"sanguan is at" in said
    assert not search.found(said)


def test_no_canary_comes_back_in_an_answer(aviary: Aviary, search: Search) -> None:
    assert len(aviary.answers) > 4 * 20
    assert not search.found(b"\n".join(aviary.answers))


LOOKS = (Role.AUDITOR, Role.CLERK, Role.RESIDENT, None)
"""Who looks on every push: who reads most, who reports, who comes by a code, and nobody."""


@pytest.mark.parametrize(
    "role",
    [
        pytest.param(role, marks=() if role in LOOKS else pytest.mark.long)
        for role in (*sorted(set(Role) - {Role.SERVICE}), None)
    ],
    ids=str,
)
def test_no_canary_is_served_to_anyone(aviary: Aviary, search: Search, role: Role | None) -> None:
    served = 0
    documents = ("/openapi.json", "/asyncapi.json")
    # Another day's rows are folded anew for each question: once as whoever reads most, and as nobody, is enough.
    days = ledgers() if role in (Role.AUDITOR, None) else [path for path in ledgers() if "as_of" not in path]
    for path, answer in asked(aviary.server, (*pages(aviary), *answers(aviary), *days, *documents), role):
        assert answer.status_code < 500, path
        served += answer.status_code == 200
        assert not search.found(answer.content), path
    assert served >= (60 if role in READERS else 4)


def test_no_canary_is_in_the_records_own_bytes(aviary: Aviary, search: Search) -> None:
    after, read = -1, 0
    while page := aviary.server.get("/record/events", log=LOG, after=after, limit=1000).json()["events"]:
        for one in page:
            assert not search.found(base64.b64decode(one["bytes"])), one["position"]
        after, read = page[-1]["position"], read + len(page)
    assert read == aviary.server.size()


# and yet ------------------------------------------------------------------------------------------------------------


def test_who_holds_the_vault_reads_every_canary_until_a_case_is_forgotten_as_a_whole(aviary: Aviary) -> None:
    storage = Storage(load(aviary.server.data), SERVICES)
    try:
        streams = dict.fromkeys(aviary.streams)
        events = {stream: storage.log.stream(LOG, stream) for stream in streams}
        told = [text for held in events.values() for recorded in held for text in opened(storage, recorded)]
        assert set(aviary.words()) <= set(told)
        root = storage.root(LOG, aviary.server.size())
        case = next(stream for stream in streams if stream.startswith("handling/")).partition("/")[2]
        storage.vault.destroy(LOG, f"case/{case}", 1)
        mine = [*storage.log.stream(LOG, f"case/{case}"), *storage.log.stream(LOG, f"handling/{case}")]
        boxes = [text for recorded in mine for text in opened(storage, recorded)]
        assert len(boxes) > 15
        assert set(boxes) == {None}
        assert storage.root(LOG, aviary.server.size()) == root
    finally:
        storage.close()
