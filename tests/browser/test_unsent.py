"""A vote that could not be sent: kept, sent by itself while the page is open, later only when its reader says so."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

OPEN = "/articles/what-washington-wants/"
POLL = "us-aims-open"
NEVER = "Its rivalry with China. That vote was never confirmed."


def stored(stack: Stack) -> int:
    with stack.database() as connection:
        question = "SELECT count(*) FROM polls_ballot b JOIN polls_poll p ON p.id = b.poll_id WHERE p.slug = %s"
        row = connection.execute(question, [POLL]).fetchone()
    return int(row[0]) if row else 0


def press_without_network(page: Page) -> None:
    page.goto(OPEN)
    page.locator(".poll label.text").nth(2).click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Vote", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("No connection. Your choice is kept on this device")


def kept(page: Page) -> Any:
    return page.evaluate(f"localStorage.getItem('unsent:{POLL}')")


def test_it_is_sent_by_itself_when_there_is_a_network_and_counted_once(reader: Reader, stack: Stack) -> None:
    page = reader()
    before = stored(stack)
    press_without_network(page)
    assert stored(stack) == before
    page.context.set_offline(False)
    expect(page.locator(".counted")).to_have_text("Your vote was counted: Its rivalry with China.")
    assert stored(stack) == before + 1
    assert kept(page) is None


def test_in_a_later_visit_it_is_laid_out_and_not_sent_before_its_reader_says_so(reader: Reader, stack: Stack) -> None:
    page = reader()
    before = stored(stack)
    press_without_network(page)
    page.close(run_before_unload=False)
    later = page.context.new_page()
    later.context.set_offline(False)
    later.goto(OPEN)
    expect(later.locator(".notice")).to_contain_text(NEVER)
    expect(later.locator(".poll .option input").nth(2)).to_be_checked()
    later.wait_for_timeout(2500)
    assert stored(stack) == before
    later.get_by_role("button", name="Send it now").click()
    expect(later.locator(".counted")).to_have_text("Your vote was counted: Its rivalry with China.")
    assert stored(stack) == before + 1
    later.reload()
    expect(later.locator(".counted")).to_have_text("A vote from this browser was counted.")
    assert stored(stack) == before + 1


def test_what_is_discarded_is_never_spoken_of_again(reader: Reader, stack: Stack) -> None:
    page = reader()
    before = stored(stack)
    press_without_network(page)
    page.route("**/vote/", lambda route: route.abort())  # before the network is back: the page sends at once
    page.context.set_offline(False)
    page.reload()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("button", name="Vote", exact=True)).to_be_focused()
    assert page.locator(".poll .option input:checked").count() == 0
    page.reload()
    expect(page.get_by_role("button", name="Vote", exact=True)).to_be_visible()
    expect(page.locator(".notice")).to_be_hidden()
    assert (kept(page), stored(stack)) == (None, before)


def test_a_vote_whose_confirmation_was_lost_counts_once_also_in_a_later_visit(reader: Reader, stack: Stack) -> None:
    page = reader()
    before = stored(stack)
    page.goto(OPEN)

    def lose(route: Any) -> None:  # it arrives, and nobody hears the answer
        route.fetch()
        route.abort()

    page.route("**/vote/", lose)
    page.locator(".poll label.text").nth(2).click()
    page.get_by_role("button", name="Vote", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("Not confirmed yet")
    page.wait_for_timeout(3000)  # the first contact only brings the cookie
    page.unroute("**/vote/")
    page.reload()
    expect(page.locator(".notice")).to_contain_text(NEVER)
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".counted")).to_have_text("Your vote was counted: Its rivalry with China.")
    assert stored(stack) == before + 1


def test_where_voting_has_ended_meanwhile_the_reader_is_told_and_nothing_is_sent(reader: Reader) -> None:
    page = reader()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/vote/" in request.url else None)
    page.add_init_script("""localStorage.setItem('unsent:us-aims-closed', JSON.stringify(
        { ballot: { answers: { 1: [1] } }, words: 'Something', at: Date.UTC(2026, 5, 3) }))""")
    page.goto("/polls/us-aims-closed/")
    expect(page.locator(".counted")).to_contain_text("You chose on 3 June 2026: Something. That vote was never")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(".counted")).to_have_count(0)
    assert sent == []


# --- a choice that others on the device are not to see --------------------------------------------------------------


def test_a_hidden_choice_stays_hidden_until_the_receipt_is_given(reader: Reader, stack: Stack) -> None:
    page = reader()
    page.goto(OPEN)
    page.locator(".poll label.text").nth(2).click()
    page.get_by_role("button", name="Vote", exact=True).click()
    page.locator(".counted").wait_for()
    count = stored(stack)
    page.get_by_role("button", name="Hide my choice on this device").click()
    banner = page.locator(".counted")
    expect(banner).to_contain_text("Once hidden, your choice no longer shows on this device; your vote still counts.")
    expect(banner).to_be_focused()
    receipt = banner.inner_text().rsplit(" ", 1)[1]
    expect(page.locator(".poll .own")).to_have_count(0)
    page.reload()
    expect(banner).to_have_text("A vote from this browser was counted.")
    expect(page.locator(".poll .own")).to_have_count(0)
    assert page.locator(".poll .button:visible").count() == 0
    page.get_by_role("button", name="Show my choice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A vote from this browser was counted.")
    page.get_by_label("Receipt").fill(receipt)
    page.get_by_role("button", name="Show my choice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was counted: Its rivalry with China.")
    assert stored(stack) == count
