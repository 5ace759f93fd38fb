"""`sanguan user`, `place` and `machine`, as an operator calls them. Everyone is invented (synthetic)."""

import io
import sqlite3
import sys
from pathlib import Path

import pytest

from services.installation import SERVICES
from services.sample import DEMO_PASSWORD
from shared.contracts.model import Refused
from shared.settings import load
from shared.storage import Storage
from tests.system.cli import Done, called
from tests.system.demo import Demo

LOG, COMMUNITY, PASSWORD = "410105010", "410105010001", "correct horse 12"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty installation."""
    storage = Storage(load(tmp_path / "data"), SERVICES)
    storage.migrate()
    storage.close()
    return tmp_path / "data"


def ask(data: Path, *words: object, piped: str = "") -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(piped))
        return called(*words, "--data", data, "--json")


def shown(data: Path, name: str, password: str) -> str:
    """What comes of a name and a password: the code of a refusal, or nothing."""
    storage = Storage(load(data), SERVICES)
    try:
        storage.sign_in.by_password(name, password, "192.0.2.7")
    except Refused as refused:
        return refused.code
    finally:
        storage.close()
    return ""


def test_an_account_lives_from_its_opening_to_its_end(data: Path) -> None:
    opened = ask(
        data, "user", "open", "clerk-zhao", "--role", "clerk", "--place", COMMUNITY, piped=f"{PASSWORD}\nnot this\n"
    )
    assert opened.code == 0, opened.err
    assert PASSWORD not in opened.out + opened.err
    assert [(one["role"], one["place"]) for one in opened.json["memberships"]] == [("clerk", COMMUNITY)]
    assert shown(data, "clerk-zhao", PASSWORD) == ""
    assert ask(data, "user", "grant", "clerk-zhao", "--role", "office", "--place", LOG).code == 0
    assert ask(data, "user", "revoke", "clerk-zhao", "--role", "clerk", "--place", COMMUNITY).code == 0
    (held,) = ask(data, "user", "list").json["accounts"]
    assert [(one["role"], one["place"]) for one in held["memberships"]] == [("office", LOG)]
    assert (held["password"], held["factor"], held["demo"]) == (True, False, False)
    changed = ask(data, "user", "password", "clerk-zhao", "--generate").json
    assert shown(data, "clerk-zhao", PASSWORD) == "sign_in_refused"
    assert shown(data, "clerk-zhao", changed["password"]) == ""
    assert ask(data, "user", "close", "clerk-zhao").code == 0
    assert shown(data, "clerk-zhao", changed["password"]) == "sign_in_refused"
    ask(data, "user", "password", "clerk-zhao", piped=PASSWORD).problem("account_closed")


def test_a_generated_password_is_told_once_and_kept_nowhere(data: Path) -> None:
    made = ask(data, "user", "open", "office-li", "--role", "office", "--place", LOG, "--generate").json["password"]
    assert shown(data, "office-li", made) == ""
    assert made not in ask(data, "user", "list").out
    assert all(made.encode() not in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_sessions_are_listed_and_ended(data: Path) -> None:
    ask(data, "user", "open", "office-li", "--role", "office", "--place", LOG, piped=PASSWORD)
    storage = Storage(load(data), SERVICES)
    cookie = storage.sign_in.opened(storage.sign_in.by_password("office-li", PASSWORD, "x"))
    assert len(ask(data, "user", "sessions", "office-li").json["sessions"]) == 1
    assert cookie not in ask(data, "user", "sessions", "office-li").out
    assert ask(data, "user", "end-sessions", "office-li").json["ended"] == 1
    with pytest.raises(Refused):
        storage.sessions.visitor(cookie)
    storage.close()
    assert ask(data, "user", "sessions", "office-li").json["sessions"] == []


def test_somebody_of_a_provider_needs_no_password(data: Path) -> None:
    assert ask(data, "user", "open", "office-li", "--no-password").json["password"] is False
    ask(data, "user", "link", "office-li", "--subject", "5f1c").problem("no_issuer")
    assert ask(data, "user", "link", "office-li", "--subject", "5f1c", "--issuer", "https://id.example").code == 0
    assert ask(data, "user", "factor-reset", "office-li").code == 0
    (held,) = ask(data, "user", "list").json["accounts"]
    assert held["issuer"] == "https://id.example"


@pytest.mark.parametrize(
    ("words", "piped", "code"),
    [
        (("user", "open", "clerk-zhao"), "short", "password_too_short"),
        (("user", "open", "clerk-zhao"), "", "password_too_short"),
        (("user", "open", "clerk-zhao"), "clerk-zhao-clerk", "password_like_name"),
        (("user", "open", "13800000000"), PASSWORD, "bad_name"),
        (("user", "open", "x", "--role", "clerk"), PASSWORD, "bad_usage"),
        (("user", "open", "x", "--role", "clerk", "--place", "41010501"), PASSWORD, "bad_place"),
        (("user", "open", "x", "--role", "service", "--place", LOG), PASSWORD, "role_not_granted"),
        (("user", "grant", "nobody", "--role", "clerk", "--place", LOG), "", "unknown_account"),
        (("user", "sessions", "nobody"), "", "unknown_account"),
        (("user", "end-sessions", "nobody"), "", "unknown_account"),
        (("place", "put", LOG, "--within", COMMUNITY), "", "bad_place"),
        (("machine", "end", "nothing"), "", "unknown_machine"),
        (("machine", "open", "x", "--role", "office", "--place", LOG, "--scope", "all"), "", "bad_scope"),
        (
            ("machine", "open", "x", "--role", "office", "--place", LOG, "--scope", "command:intake/commands/rport"),
            "",
            "bad_scope",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    data: Path, words: tuple[str, ...], piped: str, code: str
) -> None:
    done = ask(data, *words, piped=piped)
    told = done.problem(code)
    assert PASSWORD not in str(told)
    assert ask(data, "user", "list").json["accounts"] == []
    assert ask(data, "machine", "list").json["machines"] == []


def test_places_and_machines(data: Path) -> None:
    assert ask(data, "place", "put", LOG, "--within", "410105").code == 0
    assert ask(data, "place", "list").json["places"] == [{"code": LOG, "within": "410105"}]
    words = ("--role", "subscriber", "--place", "410105", "--scope", "record")
    opened = ask(
        data, "machine", "open", "portal", *words, "--scope", "command:intake/commands/report-case", "--days", "30"
    ).json
    assert opened["token"].startswith("sgm_")
    listed = ask(data, "machine", "list")
    assert opened["token"] not in listed.out
    assert listed.json["machines"][0]["scopes"] == ["command:intake/commands/report-case", "record"]
    storage = Storage(load(data), SERVICES)
    assert storage.machines.visitor(opened["token"]).logs == {LOG}
    storage.close()
    assert ask(data, "machine", "end", "portal").code == 0
    assert ask(data, "machine", "list").json["machines"][0]["ended_at"]
    ask(data, "machine", "open", "portal", *words).problem("machine_exists")


def test_people_are_told_in_words(data: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(PASSWORD))
        done = called("user", "open", "clerk-zhao", "--data", data)
    assert "clerk-zhao" in done.out
    assert PASSWORD not in done.out
    assert "clerk-zhao" in called("user", "list", "--data", data).out
    missing = called("user", "close", "nobody", "--data", data)
    assert (missing.code, missing.out) == (2, "")
    assert "unknown_account" in missing.one_line_for_people()


def test_where_there_is_no_record_nothing_is_made(tmp_path: Path) -> None:
    for words in (("user", "list"), ("place", "list"), ("machine", "list")):
        called(*words, "--data", tmp_path / "nowhere", "--json").problem("no_record")
    assert not (tmp_path / "nowhere").exists()


def test_the_sample_may_have_accounts_that_all_know_and_other_data_may_not(demo: Demo, tmp_path: Path) -> None:
    copied = demo.copy(tmp_path / "sample")
    storage = Storage(load(copied), SERVICES)
    opened = storage.sign_in.accounts.open_demo(LOG, COMMUNITY, DEMO_PASSWORD)
    storage.close()
    assert {one.name for one in opened} >= {"demo-clerk", "demo-auditor", "demo-operator"}
    assert shown(copied, "demo-auditor", DEMO_PASSWORD) == ""
    with sqlite3.connect(copied / "log.db") as connection:
        connection.execute("INSERT INTO heads (log, size, recorded_at) VALUES ('410105011', 1, 0)")
    connection.close()
    assert shown(copied, "demo-auditor", DEMO_PASSWORD) == "not_synthetic"
