"""What happens while a reader has a poll open: voting ends, another tab votes, the browser goes back and forth."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Reader
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

MAKE = """
from tests.factories import cast_many, make_poll
cast_many(make_poll("{slug}", options=["Peace", "War"], results_shown="{shown}", may_change=True), [2, 1])
"""
END = """
from datetime import timedelta
from django.utils import timezone
from polls import tally
from polls.models import Poll
from tests.factories import move
poll = Poll.objects.get(slug="{slug}")
now = timezone.now()
move(poll, **{{"paused": {{"paused_at": now}}, "closed": {{"closes_at": now}}}}["{state}"])
tally.recount(poll.pk)
"""
ENDED = {
    "closed": "This poll is closed. Your vote was not counted.",
    "paused": "Voting is paused. Your vote was not counted; please try again later.",
}


def make(stack: Stack, slug: str, *, shown: str = "always") -> str:
    """A poll of two answers; its address."""
    stack.manage("shell", "--no-imports", "-c", MAKE.format(slug=slug, shown=shown))
    return f"/polls/{slug}/"


def end(stack: Stack, slug: str, state: str) -> None:
    stack.manage("shell", "--no-imports", "-c", END.format(slug=slug, state=state))


def stored(stack: Stack, slug: str) -> int:
    with stack.database() as connection:
        question = "SELECT count(*) FROM polls_ballot b JOIN polls_poll p ON p.id = b.poll_id WHERE p.slug = %s"
        row = connection.execute(question, [slug]).fetchone()
    return int(row[0]) if row else 0


def choose(page: Page, number: int = 0) -> None:
    page.locator(".poll label.text").nth(number).click()


def press(page: Page) -> None:
    page.get_by_role("button", name="Vote", exact=True).click()


def vote(page: Page) -> None:
    choose(page)
    press(page)
    expect(page.locator(".counted")).to_have_text("Your vote was counted: Peace.")


# --- voting ends ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(ENDED))
def test_where_voting_ends_while_a_reader_chooses_the_card_says_so_with_the_choice_and_becomes_figures(
    reader: Reader, stack: Stack, state: str
) -> None:
    slug = f"ends-while-choosing-{state}"
    page = reader()
    page.goto(make(stack, slug))
    page.locator(".poll").scroll_into_view_if_needed()
    choose(page)
    end(stack, slug, state)
    notice = page.locator(".poll .notice")
    expect(notice).to_have_text(f"{ENDED[state]} Your choice: Peace")
    expect(notice).to_be_focused()
    expect(page.locator(".poll .status")).to_have_text(f"{ENDED[state]} Your choice: Peace")
    expect(page.get_by_role("button", name="Vote", exact=True)).to_be_hidden()
    expect(page.locator(".poll .count").first).to_have_text("2 (67%)")
    assert stored(stack, slug) == 3


@pytest.mark.parametrize("state", list(ENDED))
def test_where_voting_ends_before_vote_is_pressed_the_answer_says_so_with_the_choice_and_the_card_becomes_figures(
    reader: Reader, stack: Stack, state: str
) -> None:
    slug = f"ends-before-pressing-{state}"
    page = reader()
    page.route("**/live/**", lambda route: route.abort())  # nobody has told the page
    sent: list[str] = []

    def count(route: Route) -> None:
        sent.append(route.request.url)
        route.continue_()

    page.route("**/vote/", count)
    page.route("**/results.json*", lambda route: route.continue_() if len(sent) == 2 else route.abort())
    page.goto(make(stack, slug))
    choose(page)
    end(stack, slug, state)
    press(page)
    notice = page.locator(".poll .notice")
    expect(notice).to_have_text(f"{ENDED[state]} Your choice: Peace")
    expect(notice).to_be_focused()
    expect(page.locator(".poll[data-face=figures]")).to_be_visible()
    expect(page.get_by_role("button", name="Vote", exact=True)).to_be_hidden()
    assert page.evaluate(f"localStorage.getItem('unsent:{slug}')") is None
    assert stored(stack, slug) == 3


@pytest.mark.parametrize("state", list(ENDED))
def test_without_scripts_the_page_that_refuses_says_why_and_holds_the_choice_in_words(
    reader: Reader, stack: Stack, state: str
) -> None:
    slug = f"ends-without-scripts-{state}"
    page = reader(java_script_enabled=False, width=390)
    page.goto(make(stack, slug))
    choose(page)
    press(page)  # the first contact sets the cookie alone
    end(stack, slug, state)
    page.get_by_role("button", name="Confirm my vote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was not counted")
    expect(page.locator(".standfirst")).to_have_text(ENDED[state])
    expect(page.locator(".counted")).to_have_text("Your choice: Peace")
    page.get_by_role("link", name="Back to the page you came from").click()
    expect(page.locator(".poll .count").first).to_have_text("2 (67%)")
    assert stored(stack, slug) == 3


# --- two tabs, back and forth -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["always", "after_vote"])
def test_a_vote_in_one_tab_is_said_in_the_other_and_hiding_it_hides_it_in_both(
    reader: Reader, stack: Stack, shown: str
) -> None:
    slug = f"two-tabs-{shown.replace('_', '-')}"
    path = make(stack, slug, shown=shown)
    first = reader()
    first.goto(path)
    second = first.context.new_page()
    second.goto(path)
    choose(second, 1)
    vote(first)
    expect(second.locator(".counted")).to_have_text("A vote from this browser was counted.")
    expect(second.locator(".poll .own")).to_contain_text("Peace")
    expect(second.get_by_role("button", name="Vote", exact=True)).to_be_hidden()
    first.get_by_role("button", name="Hide my choice on this device").click()
    expect(first.locator(".counted")).to_contain_text("Once hidden, your choice no longer shows on this device")
    expect(second.locator(".poll .own")).to_have_count(0)
    expect(second.get_by_role("button", name="Show my choice")).to_be_visible()
    assert stored(stack, slug) == 4


def go_back(page: Page) -> None:
    """As a browser does that kept the page as it was; Chromium keeps none while Playwright looks on."""
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")


def test_a_page_that_the_browser_kept_shows_the_vote_and_no_choice_hidden_since(reader: Reader, stack: Stack) -> None:
    path = make(stack, "kept-page")
    page = reader()
    # Of the vote on the other page this one hears nothing.
    page.add_init_script("addEventListener('storage', event => event.stopImmediatePropagation(), true)")
    page.goto(path)
    other = page.context.new_page()
    other.goto(path)
    vote(other)
    other.close()
    go_back(page)
    expect(page.locator(".counted")).to_have_text("A vote from this browser was counted.")
    expect(page.locator(".poll .own")).to_contain_text("Peace")
    page.request.post(f"{path}mine/hide/", headers={"Sec-Fetch-Site": "same-origin"})
    go_back(page)
    expect(page.locator(".poll .own")).to_have_count(0)


def test_back_and_forward_after_voting_the_card_says_that_a_vote_was_counted(reader: Reader, stack: Stack) -> None:
    path = make(stack, "back-and-forward")
    page = reader()
    page.goto(path)
    vote(page)
    page.goto("/polls/")
    page.go_back()
    expect(page.locator(".counted")).to_contain_text("was counted")
    expect(page.locator(".poll .own")).to_contain_text("Peace")
    page.go_forward()
    page.go_back()
    expect(page.locator(".counted")).to_contain_text("was counted")
    assert stored(stack, "back-and-forward") == 4


# --- pressed twice ----------------------------------------------------------------------------------------------------


def test_vote_pressed_again_and_again_on_a_slow_network_is_sent_and_counted_once(reader: Reader, stack: Stack) -> None:
    path = make(stack, "pressed-twice")
    page = reader()
    page.goto(path)
    sent: list[Any] = []

    def slowly(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["again"])
        time.sleep(1)
        route.continue_()

    page.route("**/vote/", slowly)
    choose(page)
    button = page.locator(".poll .actions .button")
    button.dblclick()
    expect(button).to_have_text("Sending…")
    expect(button).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    button.evaluate("button => button.click()")
    expect(page.locator(".counted")).to_have_text("Your vote was counted: Peace.")
    assert sent[:2] == [
        False,
        True,
    ]  # the first contact, which sets the cookie, and the vote; a busy site asks for more
    assert stored(stack, "pressed-twice") == 4


def test_without_scripts_a_vote_sent_twice_is_counted_once_and_says_so_both_times(reader: Reader, stack: Stack) -> None:
    path = make(stack, "sent-twice")
    page = reader(java_script_enabled=False)
    page.goto(path)
    choose(page)
    press(page)
    page.get_by_role("button", name="Confirm my vote").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was counted: Peace.")
    page.goto(path)
    choose(page)
    press(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was counted: Peace.")
    assert stored(stack, "sent-twice") == 4


# --- one count a page -------------------------------------------------------------------------------------------------


def test_how_the_poll_is_taken_and_how_to_cite_it_move_with_the_figures(reader: Reader, stack: Stack) -> None:
    path = make(stack, "one-count")
    page = reader()
    page.goto(path)
    page.locator(".poll").scroll_into_view_if_needed()
    method = page.locator("#method")
    expect(method.locator(".became")).to_have_text("3 received, 0 set aside, 3 counted.")
    other = reader()
    other.goto(path)
    vote(other)
    expect(page.locator(".poll .count").first).to_have_text("3 (75%)")
    # At once: not after a moment in which the page says two things.
    said = page.evaluate("[...document.querySelectorAll('.became, .cite .taken-by')].map(each => each.textContent)")
    assert said == ["4 received, 0 set aside, 4 counted.", page.locator(".poll .taken-by").inner_text()]
    times = page.locator(".counted-at").all_inner_texts()
    assert (len(times), len(set(times))) == (3, 1)
    fresh = reader()
    fresh.goto(path)
    until(lambda: fresh.reload() and fresh.locator("#method .became").inner_text() == said[0])
    assert fresh.locator(".counted-at").all_inner_texts() == times
