"""Signing in and out over HTTP, and one's own account. Everyone is invented (synthetic)."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from services.together import application, together
from shared.access.passwords import Passwords
from shared.access.throttle import BY_ACCOUNT
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.errors import ACCESS_CODES
from shared.runtime import Node
from shared.settings import load
from shared.web.session import PLAIN_COOKIE, SAFE_COOKIE
from tests.access.parts import CHEAP, COMMUNITY, LOG, PASSWORD
from tests.access.provider import OpenId, openid

Scenario = Callable[[Node, httpx.AsyncClient], Awaitable[None]]
HTML = {"accept": "text/html", "accept-language": "zh-CN"}


def on(data: Path, scenario: Scenario, base: str = "http://test", **settings: Any) -> None:
    """A node at work, with one account, and a browser."""

    async def play() -> None:
        async with together(load(data, seal_seconds=60, **settings), stream=False) as node:
            node.storage.sign_in.accounts.passwords = Passwords(CHEAP)
            node.storage.sign_in.accounts.open("clerk-zhao", password=PASSWORD)
            node.storage.sign_in.accounts.grant("clerk-zhao", Role.CLERK, LOG, "test")
            async with browser_of(application(node), base) as browser:
                await scenario(node, browser)

    asyncio.run(play())


@asynccontextmanager
async def browser_of(
    app: Any, base: str = "http://test", address: str = "192.0.2.7"
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=HTML) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, name: str = "clerk-zhao", password: str = PASSWORD) -> httpx.Response:
    return await browser.post("/sign-in?next=/record", data={"name": name, "password": password})


def fields(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the first form that goes to an address."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
    assert form, page.text
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in found}


def sentence(code: str) -> str:
    return ACCESS_CODES[code].zh


# passwords ------------------------------------------------------------------------------------------------------------


def test_a_name_and_a_password_open_a_session(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        page = await browser.get("/sign-in?next=/record")
        assert page.status_code == 200
        assert "<script" not in page.text
        done = await sign_in(browser)
        assert (done.status_code, done.headers["location"]) == (303, "/record")
        cookie = done.headers["set-cookie"]
        assert re.match(rf"{PLAIN_COOKIE}=[A-Za-z0-9_-]{{43}}; HttpOnly; Path=/; SameSite=strict$", cookie), cookie
        assert (await browser.get("/record")).status_code == 200
        account = await browser.get("/account")
        assert "clerk-zhao" in account.text
        out = await browser.post("/sign-out")
        assert out.headers["location"] == "/sign-in"
        browser.cookies.set(PLAIN_COOKIE, cookie.split("=")[1].split(";")[0])
        assert (await browser.get("/record")).headers["location"].startswith("/sign-in"), "it is over, not only dropped"

    on(tmp_path, scenario)


def test_on_an_encrypted_connection_the_cookie_is_this_hosts_alone(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        done = await sign_in(browser)
        cookie = done.headers["set-cookie"]
        assert cookie.startswith(f"{SAFE_COOKIE}=")
        assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} == set(cookie.split("; ")[1:])
        assert done.headers["strict-transport-security"] == "max-age=31536000"
        assert "domain" not in cookie.lower()
        held = browser.cookies[SAFE_COOKIE]
        browser.cookies.clear()
        browser.cookies.set(PLAIN_COOKIE, held)
        assert (await browser.get("/record")).status_code == 303, "what came under the plain name counts for nothing"

    on(tmp_path, scenario, "https://test")


def test_a_new_sign_in_is_a_new_session_and_ends_the_old_one(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        first = browser.cookies[PLAIN_COOKIE]
        await sign_in(browser)
        assert browser.cookies[PLAIN_COOKIE] != first
        assert len(node.storage.sessions.of_account("clerk-zhao")) == 1
        browser.cookies.clear()
        given, planted = {"name": "clerk-zhao", "password": PASSWORD}, {"cookie": f"{PLAIN_COOKIE}=planted"}
        done = await browser.post("/sign-in", data=given, headers=planted)
        assert done.status_code == 303
        assert "planted" not in done.headers["set-cookie"]

    on(tmp_path, scenario)


def test_a_wrong_password_is_told_alike_on_a_page_and_to_a_program(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        told = []
        for name in ("clerk-zhao", "nobody"):
            page = await sign_in(browser, name, "wrong password")
            assert page.status_code == 401
            assert sentence("sign_in_refused") in page.text
            assert "set-cookie" not in page.headers
            assert name not in page.text
            assert "wrong password" not in page.text
            told.append(page.text)
        assert told[0] == told[1]
        given = {"name": "clerk-zhao", "password": "wrong password"}
        program = await browser.post("/sign-in", data=given, headers={"accept": "application/json"})
        assert (program.status_code, program.json()["code"]) == (401, "sign_in_refused")

    on(tmp_path, scenario)


def test_who_guesses_is_told_to_wait_and_the_right_password_is_too(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        for _ in range(BY_ACCOUNT.free + 3):
            page = await sign_in(browser, password="wrong password")
        assert page.status_code == 429
        page = await sign_in(browser)
        assert page.status_code == 429
        assert int(page.headers["retry-after"]) >= 1
        assert "set-cookie" not in page.headers
        given = {"name": "clerk-zhao", "password": PASSWORD}
        program = await browser.post("/sign-in", data=given, headers={"accept": "application/json"})
        assert (program.status_code, program.json()["code"]) == (429, "too_many_attempts")
        assert program.headers["retry-after"] == str(program.json()["seconds"])

    on(tmp_path, scenario)


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://test"}, True),
        ({"origin": "http://test"}, True),
        ({"sec-fetch-site": "none"}, True),
    ],
)
def test_another_sites_form_is_not_taken(tmp_path: Path, headers: dict[str, str], good: bool) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        given = {"name": "clerk-zhao", "password": PASSWORD}
        answer = await browser.post("/sign-in", data=given, headers=headers)
        assert answer.status_code == (303 if good else 400)
        assert ("set-cookie" in answer.headers) is good

    on(tmp_path, scenario)


def test_a_form_that_is_none_is_refused(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        for body, status in (
            (b"name=\xff\xfe&password=x", 401),
            (b"", 401),
            (b"%ff=%ff", 401),
            (b"&".join(b"a=b" for _ in range(200)), 400),
            (b"password=" + b"x" * 20_000, 413),
            (b"name=a%00b&password=c%00d", 401),
        ):
            answer = await browser.post("/sign-in", content=body)
            assert answer.status_code in (status, 400), body[:20]
            assert answer.status_code < 500

    on(tmp_path, scenario)


def test_a_full_queue_is_told_and_nothing_is_held_up(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        node.storage.sign_in.accounts.passwords = Passwords()  # at its real price
        asked = [sign_in(browser, f"guess-{number}", "wrong password") for number in range(60)]
        codes = [answer.status_code for answer in await asyncio.gather(*asked)]
        assert set(codes) <= {401, 429, 503}
        assert 503 in codes

    on(tmp_path, scenario)


# tokens ---------------------------------------------------------------------------------------------------------------


def test_a_token_opens_a_session_that_ends_with_it_and_is_not_kept_in_the_browser(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        token = node.storage.tokens.mint(Role.OFFICE, LOG, subject="office-1", valid=timedelta(minutes=5))
        done = await browser.post("/sign-in", data={"token": token})
        assert done.status_code == 303
        assert token not in done.headers["set-cookie"]
        visitor = node.storage.sessions.visitor(browser.cookies[PLAIN_COOKIE])
        assert (visitor.actor.id, visitor.actor.role, visitor.log) == ("office-1", Role.OFFICE, LOG)
        (session,) = node.storage.sessions.of(visitor)
        assert session.ends_at <= utc_now() + timedelta(minutes=5)
        assert (await browser.get("/account")).status_code == 200
        browser.cookies.clear()
        browser.cookies.set(PLAIN_COOKIE, token)
        assert (await browser.get("/record")).status_code == 303, "a token is no cookie"

    on(tmp_path, scenario)


def test_a_programs_token_opens_no_session(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        kept = node.storage.machines.open("portal", Role.SUBSCRIBER, LOG, ("record",), timedelta(days=1))
        scoped = node.storage.tokens.mint(
            Role.SUBSCRIBER, LOG, subject="portal", valid=timedelta(hours=1), scopes=("record",)
        )
        for token in (kept, scoped):
            answer = await browser.post("/sign-in", data={"token": token})
            assert answer.status_code == 401
            assert "set-cookie" not in answer.headers
        bearer = {"authorization": f"Bearer {kept}", "accept": "application/json"}
        assert (await browser.get("/record/events", headers=bearer)).status_code == 200
        assert (await browser.get("/intake/ledgers/cases", headers=bearer)).status_code == 403
        node.storage.machines.end("portal")
        assert (await browser.get("/record/events", headers=bearer)).status_code == 401

    on(tmp_path, scenario)


# the second factor ----------------------------------------------------------------------------------------------------


def test_an_auditor_sets_a_second_factor_up_and_then_needs_it(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        node.storage.sign_in.accounts.open("auditor-wu", password=PASSWORD)
        node.storage.sign_in.accounts.grant("auditor-wu", Role.AUDITOR, LOG, "test")
        page = await sign_in(browser, "auditor-wu")
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
        assert "<svg" in page.text
        assert "style=" not in page.text
        assert (await browser.get("/record")).status_code == 303, "not yet"
        uri = unescape(re.search(r'href="(otpauth://[^"]+)"', page.text)[1])  # type: ignore[index]  # else it fails
        totp = pyotp.parse_uri(uri)
        assert isinstance(totp, pyotp.TOTP)
        wrong = await browser.post("/sign-in/factor", data={**fields(page, "/sign-in/factor"), "code": "abcdef"})
        assert wrong.status_code == 401
        assert totp.secret in wrong.text, "the same one, to try again"
        code = totp.at(int(utc_now().timestamp()))
        given = {**fields(wrong, "/sign-in/factor"), "code": code}
        done = await browser.post("/sign-in/factor", data=given)
        assert (done.status_code, done.headers["location"]) == (303, "/record")
        assert (await browser.get("/record")).status_code == 200
        again = await sign_in(browser, "auditor-wu")
        assert totp.secret not in again.text
        assert "<svg" not in again.text
        used = await browser.post("/sign-in/factor", data={**fields(again, "/sign-in/factor"), "code": code})
        assert used.status_code == 401
        assert sentence("factor_refused") in used.text
        stale = await browser.post("/sign-in/factor", data={"note": "x", "code": code})
        assert stale.status_code == 403

    on(tmp_path, scenario)


# one's own account ----------------------------------------------------------------------------------------------------


def test_a_form_of_the_account_needs_the_sessions_token(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        page = await browser.get("/account")
        token = fields(page, "/account/password")["form_token"]
        new = {"old": PASSWORD, "new": "another good password"}
        for given in ({}, {"form_token": ""}, {"form_token": token[:-1] + "x"}):
            answer = await browser.post("/account/password", data=new | given)
            assert answer.status_code == 403
        forged = await browser.post(
            "/account/password", data=new | {"form_token": token}, headers={"sec-fetch-site": "cross-site"}
        )
        assert forged.status_code == 400
        bearer = node.storage.tokens.mint(Role.CLERK, LOG, subject="clerk-zhao", valid=timedelta(hours=1))
        browser.cookies.clear()
        programs = {"authorization": f"Bearer {bearer}", "accept": "application/json"}
        answer = await browser.post("/account/password", data=new | {"form_token": token}, headers=programs)
        assert answer.status_code == 401
        shown = node.storage.sign_in.by_password("clerk-zhao", PASSWORD, "x")
        assert shown.account.name == "clerk-zhao", "the password is as it was"

    on(tmp_path, scenario)


def test_a_changed_password_ends_all_sessions_but_this_browsers(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        elsewhere = browser.cookies[PLAIN_COOKIE]
        browser.cookies.clear()
        await sign_in(browser)
        held = fields(await browser.get("/account"), "/account/password")
        for old, new, code in (
            ("wrong password", "another good password", "sign_in_refused"),
            (PASSWORD, "short", "password_too_short"),
            (PASSWORD, "clerk-zhaoclerk", "password_like_name"),
        ):
            answer = await browser.post("/account/password", data={**held, "old": old, "new": new})
            assert answer.status_code == ACCESS_CODES[code].status
            assert ACCESS_CODES[code].zh.split("{")[0] in answer.text
            assert new not in answer.text
        answer = await browser.post("/account/password", data={**held, "old": PASSWORD, "new": "another good password"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert (await browser.get("/account")).status_code == 200
        browser.cookies.clear()
        browser.cookies.set(PLAIN_COOKIE, elsewhere)
        assert (await browser.get("/account")).status_code == 303
        assert (await sign_in(browser)).status_code == 401
        assert (await sign_in(browser, password="another good password")).status_code == 303

    on(tmp_path, scenario)


def test_roles_and_sessions_of_ones_own(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        node.storage.sign_in.accounts.grant("clerk-zhao", Role.CLERK, COMMUNITY, "test")
        node.storage.sign_in.accounts.grant("clerk-zhao", Role.OFFICE, LOG, "test")
        await sign_in(browser)
        elsewhere = browser.cookies[PLAIN_COOKIE]
        browser.cookies.clear()
        await sign_in(browser)
        page = await browser.get("/account")
        assert page.text.count('name="held"') == 2
        token = fields(page, "/account/role")["form_token"]
        refused = await browser.post("/account/role", data={"form_token": token, "held": f"auditor@{LOG}"})
        assert refused.status_code == 404
        assert sentence("no_such_membership") in refused.text
        done = await browser.post("/account/role", data={"form_token": token, "held": f"clerk@{COMMUNITY}"})
        assert done.status_code == 303
        visitor = node.storage.sessions.visitor(browser.cookies[PLAIN_COOKIE])
        assert (visitor.actor.role, visitor.community) == (Role.CLERK, COMMUNITY)
        page = await browser.get("/account")
        assert page.status_code == 200, "of those of one community too"
        token = fields(page, "/account/sessions")["form_token"]
        other = node.storage.sessions.visitor(elsewhere).session
        done = await browser.post("/account/sessions", data={"form_token": token, "session": other})
        assert done.status_code == 303
        again = await browser.post("/account/sessions", data={"form_token": token, "session": other})
        assert again.status_code == 404
        browser.cookies.clear()
        browser.cookies.set(PLAIN_COOKIE, elsewhere)
        assert (await browser.get("/account")).status_code == 303

    on(tmp_path, scenario)


def test_a_second_factor_of_ones_own_choice(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        page = await browser.get("/account")
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)[1]  # type: ignore[index]  # else it fails
        given = fields(page, "/account/factor")
        wrong = await browser.post("/account/factor", data={**given, "code": "000000x"})
        assert wrong.status_code == 401
        code = pyotp.TOTP(secret).at(int(utc_now().timestamp()))
        assert (await browser.post("/account/factor", data={**given, "code": code})).status_code == 303
        assert secret not in (await browser.get("/account")).text
        assert (await sign_in(browser)).status_code == 200, "the code is asked for from now on"

    on(tmp_path, scenario)


def test_nobodys_account_is_shown_to_who_has_no_session(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        assert (await browser.get("/account")).headers["location"] == "/sign-in?next=%2Faccount"
        bearer = node.storage.tokens.mint(Role.CLERK, LOG, subject="clerk-zhao", valid=timedelta(hours=1))
        headers = {"authorization": f"Bearer {bearer}", "accept": "application/json"}
        assert (await browser.get("/account", headers=headers)).status_code == 401

    on(tmp_path, scenario)


def test_who_follows_a_link_of_another_site_stays_signed_in(tmp_path: Path) -> None:
    """A browser keeps a strict cookie to itself then: the page asks for the same once more, from here."""

    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        held = browser.cookies[PLAIN_COOKIE]
        browser.cookies.clear()
        followed = await browser.get("/record?log=410105010", headers={"sec-fetch-site": "cross-site"})
        assert followed.status_code == 200
        assert followed.headers["refresh"] == "0; url=/record?log=410105010"
        assert "set-cookie" not in followed.headers
        once_more = await browser.get("/record", headers={"sec-fetch-site": "same-origin"})
        assert once_more.headers["location"] == "/sign-in?next=%2Frecord", "who has no session signs in"
        assert "set-cookie" not in once_more.headers
        away = await browser.get("http://test//elsewhere.example/", headers={"sec-fetch-site": "cross-site"})
        assert "refresh" not in away.headers
        browser.cookies.set(PLAIN_COOKIE, held)
        assert (await browser.get("/record")).status_code == 200
        await browser.post("/sign-out")
        browser.cookies.set(PLAIN_COOKIE, held)
        over = await browser.get("/record", headers={"sec-fetch-site": "same-origin"})
        assert 'sanguan_session=""' in over.headers["set-cookie"], "what is a session no more is taken away"

    on(tmp_path, scenario)


# the provider ---------------------------------------------------------------------------------------------------------


def with_provider(data: Path, scenario: Callable[[Node, httpx.AsyncClient, OpenId], Awaitable[None]]) -> None:
    """The same, with a real OpenID provider that knows the account's owner."""
    with openid(utc_now) as provider:

        async def linked(node: Node, browser: httpx.AsyncClient) -> None:
            node.storage.sign_in.accounts.link("clerk-zhao", provider.issuer, "subject-1")
            await scenario(node, browser, provider)

        on(
            data, linked, oidc_issuer=provider.issuer, oidc_client_id=provider.client_id,
            oidc_client_secret=provider.client_secret, oidc_title="示例认证",
        )  # fmt: skip


async def came_back(browser: httpx.AsyncClient) -> httpx.Response:
    """To the provider and back, as a browser goes."""
    page = await browser.get("/sign-in?next=/record")
    assert "示例认证" in page.text
    link = unescape(re.search(r'href="(/sign-in/oidc[^"]*)"', page.text)[1])  # type: ignore[index]  # else it fails
    away = await browser.get(link)
    assert away.status_code == 303
    assert "SameSite=lax" in away.headers["set-cookie"]
    assert "HttpOnly" in away.headers["set-cookie"]
    async with httpx.AsyncClient(trust_env=False) as outside:
        there = await outside.get(away.headers["location"])
    return await browser.get(there.headers["location"])


def test_a_provider_opens_a_session(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient, provider: OpenId) -> None:
        done = await came_back(browser)
        assert done.status_code == 200, "no redirect: from elsewhere, the browser would keep the strict cookie"
        assert done.headers["refresh"] == "0; url=/record"
        assert 'href="/record"' in done.text
        assert "SameSite=strict" in done.headers["set-cookie"]
        assert "sanguan_way" not in browser.cookies
        assert (await browser.get("/record")).status_code == 200
        provider.rotate("ES256")
        assert (await came_back(browser)).headers["refresh"], "its keys have changed"

    with_provider(tmp_path, scenario)


def test_a_provider_that_says_something_wrong_opens_none(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient, provider: OpenId) -> None:
        provider.spoil = lambda claims: claims.update(nonce="another")
        assert_refused(await came_back(browser), 401, "sign_in_refused")
        provider.spoil = lambda claims: claims.update(sub="somebody else")
        assert_refused(await came_back(browser), 403, "no_account")
        provider.answers = 502
        assert_refused(await came_back(browser), 503, "provider_away")
        assert_refused(await browser.get("/sign-in/oidc/callback?code=x&state=y"), 403, "form_expired")
        assert (await browser.get("/record")).status_code == 303
        assert node.storage.sessions.of_account("clerk-zhao") == []

    def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
        assert answer.status_code == status
        assert sentence(code) in answer.text
        assert PLAIN_COOKIE not in answer.headers.get("set-cookie", "")

    with_provider(tmp_path, scenario)


def test_a_provider_that_does_not_answer_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """And keeps nobody waiting who has a password."""

    async def scenario(node: Node, browser: httpx.AsyncClient, provider: OpenId) -> None:
        provider.away = True
        for _ in range(20):
            answer = await browser.get("/sign-in/oidc")
            assert answer.status_code == 503
            assert sentence("provider_away") in answer.text
        assert sum(provider.asked.values()) == 1
        assert (await sign_in(browser)).status_code == 303

    with_provider(tmp_path, scenario)


def test_who_needs_a_second_factor_is_asked_for_it_after_the_provider(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient, provider: OpenId) -> None:
        node.storage.sign_in.accounts.grant("clerk-zhao", Role.AUDITOR, LOG, "test")
        page = await came_back(browser)
        assert fields(page, "/sign-in/factor")["note"]
        assert PLAIN_COOKIE not in browser.cookies
        provider.amr = ["pwd", "otp"]
        assert (await came_back(browser)).headers["refresh"] == "0; url=/record"

    with_provider(tmp_path, scenario)


def test_without_a_provider_there_is_no_way_to_one(tmp_path: Path) -> None:
    async def scenario(node: Node, browser: httpx.AsyncClient) -> None:
        assert "/sign-in/oidc" not in (await browser.get("/sign-in")).text
        answer = await browser.get("/sign-in/oidc")
        assert answer.status_code == 404
        assert sentence("no_provider") in answer.text

    on(tmp_path, scenario)
