"""The whole way of a reader, by keyboard alone and without scripts; and what any page asks of the network."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, Response, expect

from tests.browser.conftest import Reader
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ARTICLE = "/articles/what-washington-wants/"
POLL = "/polls/us-aims-open/"
PAGES = [
    "/",
    ARTICLE,
    "/articles/after-the-war-without-an-aftermath/",
    "/polls/",
    POLL,
    "/polls/us-aims-closed/",
    "/polls/corridor-tests/",
    "/polls/reading-polls/",
    "/polls/reading-polls/answer/",
    f"{POLL}mine/",
    "/search/?q=russia",
    "/archive/",
    "/pages/privacy/",
    f"/ar{ARTICLE}",
    "/no-such-page/",
]
FOCUS = """() => {
  const focused = document.activeElement
  const style = getComputedStyle(focused)
  const place = focused.getBoundingClientRect()
  const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
  const seen = place.width > 0 && place.bottom > 0 && place.top < innerHeight
  const at = focused === document.body ? null : [...document.querySelectorAll('*')].indexOf(focused)
  return { at, seen: ringed && seen, what: focused.outerHTML.slice(0, 120) }
}"""
MOST = 120  # stops on a page


def go_to(page: Page, wanted: Locator) -> None:
    """Tab on until `wanted` has the focus: every stop is seen, and each comes after the one before."""
    before = -1
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["at"] is not None, f"never reached: {wanted}"
        assert (focus["what"], focus["seen"], focus["at"] > before) == (focus["what"], True, True)
        before = focus["at"]
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"never reached: {wanted}")


def test_the_whole_way_by_keyboard_alone(reader: Reader) -> None:
    page = reader()
    page.goto("/")
    go_to(page, page.locator(f'main a[href="{ARTICLE}"]:not([tabindex])').first)
    page.keyboard.press("Enter")
    expect(page.locator(".article h1")).to_be_visible()
    go_to(page, page.locator(".poll input[type=radio]").first)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".poll input[type=radio]").nth(1)).to_be_checked()
    go_to(page, page.get_by_role("button", name="Vote"))
    page.keyboard.press("Enter")
    expect(page.locator(".counted")).to_be_focused()
    go_to(page, page.get_by_role("button", name="Pause updates"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Resume updates")).to_be_focused()
    method = page.get_by_role("link", name="How this poll is taken")
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        if method.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{POLL}#method")
    expect(page.get_by_role("heading", name="How this poll is taken")).to_be_in_viewport()
    go_to(page, page.locator("#method").get_by_role("link", name="JSON"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/results.json")
    assert '"selection":"self-selected"' in page.content()


@pytest.mark.parametrize("path", [ARTICLE, POLL, "/polls/corridor-tests/"])
def test_nothing_holds_the_focus_and_every_stop_is_seen(reader: Reader, path: str) -> None:
    page = reader(width=390)
    page.goto(path)
    before = -1
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus["at"] is None:  # past the last stop
            break
        assert (focus["what"], focus["seen"], focus["at"] > before) == (focus["what"], True, True)
        before = focus["at"]
    else:
        raise AssertionError("the focus never leaves the page")
    assert before > 20


def test_the_whole_way_without_scripts(reader: Reader) -> None:
    page = reader(java_script_enabled=False, width=390)
    page.goto("/")
    page.locator(f'main a[href="{ARTICLE}"]:not([tabindex])').first.click()
    expect(page.locator(".article h1")).to_be_visible()
    page.locator(".poll label.text").nth(1).click()
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your vote")
    page.get_by_role("button", name="Confirm my vote").click()
    counted = "Your vote was counted: The security of its European allies."
    expect(page.get_by_role("heading", level=1)).to_have_text(counted)
    assert all("%" in figure for figure in page.locator(".poll .count").all_inner_texts())
    page.get_by_role("button", name="Hide my choice on this device").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A vote from this browser was counted.")
    expect(page.locator(".poll .own")).to_have_count(0)
    page.get_by_role("link", name="How this poll is taken").click()
    assert page.url.endswith(f"{POLL}#method")
    expect(page.locator("#method")).to_contain_text("None is stated")
    page.get_by_text("The figures as a table").click()
    expect(page.locator(".tables table")).to_be_visible()
    page.locator("#method").get_by_role("link", name="JSON").click()
    assert '"selection":"self-selected"' in page.content()


def test_no_page_needs_more_than_30_kilobytes_of_our_scripts_or_asks_anything_of_another_site(
    reader: Reader, stack: Stack
) -> None:
    for path in PAGES:
        page = reader()
        answers: list[Response] = []
        asked: list[str] = []  # also what never answers

        def heard(answer: Response, seen: list[Response] = answers) -> None:
            seen.append(answer)

        def sent(request: Request, hosts: list[str] = asked) -> None:
            hosts.append(urlsplit(request.url).netloc)

        page.on("response", heard)
        page.on("request", sent)
        page.goto(path)
        page.locator(".poll").first.scroll_into_view_if_needed() if page.locator(".poll").count() else None
        page.wait_for_timeout(300)
        scripts = {answer.url: answer for answer in answers if urlsplit(answer.url).path.endswith(".js")}
        weight = sum(len(gzip.compress(answer.body())) for answer in scripts.values())
        assert (path, set(asked)) == (path, {urlsplit(stack.base_url).netloc})
        assert (path, weight < 30_000) == (path, True)
        page.close()
