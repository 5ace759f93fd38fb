"""The pages in a real Chromium, on a phone and on a desk, without JavaScript. All data are invented (synthetic)."""

import asyncio
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Request, sync_playwright

from shared.contracts.codes import Role
from tests.web.campaign import LOG, SECRETS, fill, opened

pytestmark = pytest.mark.browser

PASSWORD = "一句只在测试中用的口令 9"
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
PATHS = (
    "/", "/scores", "/scores/phase-2.2015-08-10.410105010", "/cases", "/cases/{handled}", "/cases/{voided}",
    "/communities", "/communities/410105010004", "/meetings", "/record", "/record/3", "/flags", "/what-if", "/privacy",
    "/policy",
)  # fmt: skip
ARGUMENTS = (
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--no-first-run",
)  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A campaign that is being served."""

    url: str
    token: str
    cases: dict[str, str]


class Serving(threading.Thread):
    """A node and its server on a loop of their own; it stops when it is told to."""

    def __init__(self, data: Path) -> None:
        super().__init__(name="pages", daemon=True)
        self._data = data
        self.ready = threading.Event()
        self.served: Served | None = None
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._work())
        finally:
            self.ready.set()

    async def _work(self) -> None:
        async with opened(self._data) as (node, app):
            campaign = await fill(node)
            accounts = node.storage.sign_in.accounts
            accounts.open("auditor-9", password=PASSWORD)
            accounts.grant("auditor-9", Role.AUDITOR, LOG, "operator-1")
            token = node.storage.tokens.mint(Role.OFFICE, LOG, subject="office-1", valid=timedelta(hours=1))
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
                self._server = uvicorn.Server(config)
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                self.served = Served(url, token, campaign.cases)
                listener.listen()
                self.ready.set()
                await self._server.serve(sockets=[listener])

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self.join(30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    serving = Serving(tmp_path_factory.mktemp("pages"))
    serving.start()
    serving.ready.wait(120)
    assert serving.served is not None
    yield serving.served
    serving.stop()
    assert not serving.is_alive()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "this suite needs Chromium (Debian: apt install chromium fonts-noto-cjk)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Watched:
    """A page of a browser, with all that it complained of and asked for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self._url = page, url
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # given up as the test went on to the next page
            self.complaints.append(f"{request.failure} {request.url}")

    def go(self, path: str) -> int:
        answer = self.page.goto(self._url + path)
        assert answer is not None
        return answer.status

    def sign_in(self, token: str) -> None:
        """As a person does it: follow the redirect, paste, press the button."""
        self.go("/cases?lang=en")
        assert urlsplit(self.page.url).path == "/sign-in"
        self.page.get_by_text("Sign in with a token").click()
        self.page.get_by_label("Token").fill(token)
        self.page.get_by_role("button", name="Sign in").last.click()
        self.page.wait_for_url("**/cases?lang=en")

    def is_clean(self) -> None:
        assert self.complaints == []
        assert self.hosts == {urlsplit(self._url).netloc}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_and_is_quiet(served: Served, chromium: Browser, size: str, language: str) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    watched = Watched(context.new_page(), served.url)
    watched.sign_in(served.token)
    for path in PATHS:
        where = path.format(**served.cases)
        assert watched.go(f"{where}?lang={language}") == 200, path
        body = watched.page.locator("body").inner_text()
        assert not any(secret in body for secret in SECRETS)
        _fits(watched.page, width, path)
    watched.is_clean()
    context.close()


def _fits(page: Page, width: int, path: str) -> None:
    """Nothing sticks out to the side: what is wider scrolls within itself. Headings and controls are large enough."""
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width, path
    for sheet in page.locator("main .sheet").all():
        inner = sheet.bounding_box()
        assert inner is not None
        assert inner["x"] + inner["width"] <= width, path
    for button in page.locator("main button, main select").all():
        control = button.bounding_box()
        assert control is not None
        assert control["height"] >= 40, path


def test_nothing_scrolls_sideways_and_no_policy_is_broken(served: Served, chromium: Browser) -> None:
    """With JavaScript on, the browser itself can be asked; it must have found nothing to block."""
    for width, height in SIZES.values():
        context = chromium.new_context(viewport={"width": width, "height": height})
        watched = Watched(context.new_page(), served.url)
        watched.sign_in(served.token)
        for path in PATHS:
            for language in ("zh", "en"):
                watched.go(f"{path.format(**served.cases)}?lang={language}")
                assert watched.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
                assert (
                    watched.page.evaluate("document.scripts.length + document.querySelectorAll('[style]').length") == 0
                )
        watched.is_clean()
        context.close()


def test_a_person_finds_a_case_and_its_proof_by_keyboard_and_links(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    watched = Watched(context.new_page(), served.url)
    watched.sign_in(served.token)
    page = watched.page
    page.get_by_label("Status").select_option("closed")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=served.cases["handled"][:8]).click()
    assert page.get_by_role("heading", name="Agreement reached").is_visible()
    assert page.get_by_text("Ended in time").is_visible()
    page.get_by_role("link", name="Proof").first.click()
    assert page.get_by_text("It holds").is_visible()
    page.get_by_role("link", name="中文").click()
    assert page.get_by_role("heading", name=re.compile("条事件的证明")).is_visible()
    page.keyboard.press("Tab")
    assert page.locator(".skip:focus").is_visible()
    page.get_by_role("button", name="退出").click()
    assert urlsplit(page.url).path == "/sign-in"
    watched.go("/cases")
    assert urlsplit(page.url).path == "/sign-in"
    watched.is_clean()
    context.close()


def test_an_auditor_signs_in_with_a_password_and_a_second_factor(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    watched = Watched(context.new_page(), served.url)
    page = watched.page
    watched.go("/record?lang=en")
    page.get_by_label("Account").fill("auditor-9")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").first.click()
    _fits(page, 390, "/sign-in/factor")
    assert page.locator("figure svg").is_visible()
    code = pyotp.TOTP(page.locator("dd code").inner_text().replace(" ", "")).now()
    page.get_by_role("textbox", name="Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/record?lang=en")
    page.locator("header").get_by_role("link", name="Account").click()
    assert urlsplit(page.url).path == "/account"
    _fits(page, 390, "/account")
    page.get_by_role("button", name="Sign out").click()
    assert urlsplit(page.url).path == "/sign-in"
    watched.go("/account")
    assert urlsplit(page.url).path == "/sign-in"
    watched.is_clean()
    context.close()
