"""A fresh site, of which somebody has written nothing but its name."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.browser.conftest import check
from tests.factories import make_publication

pytestmark = pytest.mark.browser


def test_a_fresh_site_with_nothing_but_a_name_is_accessible_and_looks_finished(
    transactional_db: None, live_server: Any
) -> None:
    make_publication(name="The Harbour Letter", strapline="Ports and what they cost", accent="#0b5d3b")
    complaints: list[str] = []
    # Its own Chromium, closed before the database is emptied: while it runs, Django refuses the ORM to this thread.
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        sizes: tuple[tuple[int, Any], ...] = ((390, "dark"), (1280, "light"))
        for width, scheme in sizes:
            size: Any = {"width": width, "height": 900}
            page = browser.new_page(base_url=live_server.url, viewport=size, color_scheme=scheme)
            page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
            for address in ("/polls/", "/search/", "/archive/", "/pages/privacy/", "/pages/accessibility/", "/none/"):
                check(page, address)
            check(page, "/")
            expect(page.get_by_role("heading", level=1)).to_have_text("The Harbour Letter")
            expect(page.get_by_text("Nothing has been published yet.")).to_be_visible()
        browser.close()
    assert complaints == []
