"""Finding and sharing as readers do it: by keyboard, without scripts, on a narrow phone, on paper."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import check

pytestmark = [pytest.mark.browser, pytest.mark.stack]
ARTICLE = "/articles/after-the-war-without-an-aftermath/"
SHEET = """
navigator.share = async (given) => { window.shared = given };
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def test_the_devices_own_sheet_is_offered_where_there_is_one_and_nothing_moves(reader: Any) -> None:
    page = reader(width=390)
    page.add_init_script(SHEET)
    page.goto(ARTICLE)
    button = page.get_by_role("button", name="More…")
    expect(button).to_be_visible()
    button.press("Enter")
    shared = page.wait_for_function("window.shared").json_value()
    assert shared["url"].endswith(ARTICLE)
    assert shared["title"].startswith("After the war")
    assert page.evaluate("window.moved") < 0.01


def test_without_a_sheet_no_button_is_seen_or_reached(reader: Any) -> None:
    page = reader()
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'share', { value: undefined })")
    page.goto(ARTICLE)
    expect(page.locator("button[data-share]")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_search_needs_no_mouse_and_no_script(reader: Any, scripts: bool) -> None:
    page = reader(width=320, java_script_enabled=scripts)
    page.goto("/search/")
    page.get_by_label("Words").focus()
    page.keyboard.type("tariffs or libya")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("article")
    assert page.locator("mark").count() >= 1
    if scripts:
        page.keyboard.press("Tab")
        page.get_by_text("Narrow the search").focus()
        page.keyboard.press("Enter")
    else:
        page.get_by_text("Narrow the search").click()
    page.get_by_label("Only articles with a poll").check()
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("poll=1"))
    expect(page.get_by_label("Only articles with a poll")).to_be_checked()
    width = page.evaluate("document.documentElement.scrollWidth") if scripts else 320
    assert width <= 320


def test_on_paper_stands_the_article_and_not_what_leads_elsewhere(reader: Any) -> None:
    page = reader()
    page.goto(ARTICLE)
    page.emulate_media(media="print")
    for gone in (".share", ".masthead nav", ".related", ".pagination"):
        for element in page.locator(gone).all():
            expect(element).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    assert page.locator(".prose p").count() > 3


@pytest.mark.parametrize("width", [320, 1280])
def test_the_lists_have_no_fault_that_axe_knows(reader: Any, width: int) -> None:
    page = reader(width=width)
    for address in ("/search/?q=libya&year=2016", "/archive/", "/topics/", "/authors/", "/sections/world-affairs/"):
        check(page, address)


def test_an_import_is_tried_reported_and_taken_up_in_the_browser(editor: Any) -> None:
    page = editor()
    check(page, "/admin/articles/delivery/add/")
    text = "---\ntitle: Taken up\nslug: taken-up-in-the-browser\nsection: economy\n---\n\nText.\n"
    page.get_by_label("Files").set_input_files({"name": "a.md", "mimeType": "text/markdown", "buffer": text.encode()})
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("button", name="Import", exact=True).click(timeout=60_000)
    expect(page.get_by_role("link", name="/articles/taken-up-in-the-browser/")).to_be_visible(timeout=60_000)
    check(page, page.url)
