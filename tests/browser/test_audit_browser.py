"""Verifying in a real Chromium, without JavaScript, as an auditor does it. All data are invented (synthetic)."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_pages_browser import SIZES, Served, Watched, chromium, served
from tests.web.campaign import LOG, SECRETS, code

__all__ = ["chromium", "served"]  # fixtures

pytestmark = pytest.mark.browser

SCORE = f"phase-2.2015-08-10.{code(2)}"


@pytest.mark.parametrize("size", SIZES)
def test_a_score_is_verified_and_a_printed_ledger_checked_without_script(
    served: Served, chromium: Browser, size: str
) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    watched = Watched(context.new_page(), served.url)
    page = watched.page
    watched.sign_in(served.token)
    assert watched.go(f"/scores/{SCORE}?lang=en") == 200
    page.get_by_role("button", name="Verify this score").click()
    page.wait_for_url("**/proof?")
    expect(page.get_by_text("It holds: every digit is the same")).to_be_visible()
    page.get_by_text("Inclusion proof").click()
    expect(page.locator(".climb .root")).to_be_visible()
    fits(watched)

    page.goto(f"{served.url}/intake/ledgers/cases?log={LOG}&format=html&status=resolved")
    line = page.locator("tfoot td").first.inner_text()
    text = page.content()
    assert not any(secret in text for secret in SECRETS)
    assert watched.go("/record/check?lang=en") == 200
    page.get_by_label(re.compile("second line")).fill(line)
    page.get_by_role("button", name="Check").first.click()
    expect(page.get_by_text("It agrees")).to_be_visible()
    assert urlsplit(page.url).path == "/record/check"
    fits(watched)

    assert watched.go("/audit?lang=en") == 200
    expect(page.get_by_role("img", name="The signed record")).to_be_visible()
    page.get_by_role("link", name="Key 1").first.click()
    assert page.url.endswith("#key-1")
    fits(watched)
    watched.is_clean()
    context.close()


def fits(watched: Watched) -> None:
    """Nothing is wider than the screen."""
    box = watched.page.locator("main").bounding_box()
    view = watched.page.viewport_size
    assert box is not None
    assert view is not None
    assert box["x"] + box["width"] <= view["width"]
