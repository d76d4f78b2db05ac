"""An editor's hour: writes an article with a poll, tries it, publishes it, watches the votes and pauses them."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Editor, Reader, accessible
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SIZES = [(390, "dark"), (1280, "light")]


def ballots(stack: Stack, question: str) -> int:
    """How many votes the database holds for the poll that asks this."""
    with stack.database() as connection:
        row = connection.execute(
            "SELECT count(b.id) FROM polls_question q LEFT JOIN polls_ballot b ON b.poll_id = q.poll_id"
            " WHERE q.text = %s",
            [question],
        ).fetchone()
    assert row is not None
    return int(row[0])


def write(page: Page, name: str, *, question: str, options: str) -> None:
    """Fill the form of a new article as an editor does, by its labels."""
    page.goto("/admin/articles/article/add/")
    page.get_by_label("Section").select_option(index=1)
    page.get_by_role("textbox", name="Title:").press_sequentially(name)
    page.get_by_label("Summary").fill("What the harbour costs, and whom.")
    body = page.get_by_role("textbox", name="Text")
    body.click()
    page.keyboard.type("The harbour was built twice.")
    page.keyboard.press("Enter")
    page.keyboard.type("[[poll]]")
    page.keyboard.press("Enter")
    page.keyboard.type("It is still too small.")
    page.get_by_label("Question").fill(question)
    page.get_by_label("Options").fill(options)


def test_an_article_with_a_poll_from_the_first_line_to_the_pause(editor: Editor, reader: Reader, stack: Stack) -> None:
    stamp = f"{time.time():.0f}"
    question = f"Who should pay for the harbour, {stamp}?"
    desk = editor()
    write(desk, f"Harbour {stamp}", question=question, options="The town\n  The state \n\nWho uses it")
    expect(desk.get_by_label("Address")).to_have_value(f"harbour-{stamp}")
    expect(desk.get_by_label("Closing date")).not_to_have_value("")
    expect(desk.get_by_label("Smallest number of voters")).to_be_hidden()

    # A preview, in which a vote is a test.
    desk.get_by_role("button", name="Save and preview").click()
    expect(desk.get_by_text("only editors see this page")).to_be_visible()
    expect(desk.get_by_role("heading", name=question)).to_be_visible()
    desk.locator("label.text", has_text="The state").click()
    desk.get_by_role("button", name="Test vote").click()
    expect(desk.locator(".notice", has_text="Test vote: nothing was sent or stored.")).to_be_visible()
    assert ballots(stack, question) == 0
    visitor = reader()
    answer = visitor.goto(f"/articles/harbour-{stamp}/")
    assert answer is not None
    assert answer.status == 404

    # Published now: a reader reads and votes.
    desk.get_by_role("link", name="Back to the form").click()
    expect(desk.get_by_role("textbox", name="Text")).to_contain_text(f"[[poll:who-should-pay-for-the-harbour-{stamp}]]")
    desk.get_by_role("button", name="Save and publish").click()
    expect(desk.get_by_text(f"The poll “{question}” is published with it")).to_be_visible()
    desk.get_by_role("button", name="Publish or schedule").click()
    expect(desk.get_by_text("The article has been published.")).to_be_visible()
    visitor.goto(f"/articles/harbour-{stamp}/")
    expect(visitor.locator(".prose p").first).to_have_text("The harbour was built twice.")
    expect(visitor.get_by_role("heading", name=question)).to_be_visible()
    assert visitor.locator(".poll .option .text").all_inner_texts() == ["The town", "The state", "Who uses it"]

    # The page of the poll follows the votes by itself.
    desk.goto("/admin/polls/poll/")
    desk.get_by_role("link", name=question).click()
    expect(desk.locator("[data-figure=ballots]")).to_have_text("0")
    visitor.locator("label.text", has_text="The state").click()
    visitor.get_by_role("button", name="Vote", exact=True).click()
    expect(visitor.get_by_text("Your vote was counted: The state")).to_be_visible()
    expect(desk.locator("[data-figure=ballots]")).to_have_text("1", timeout=60_000)
    expect(desk.locator("[data-percent]").nth(1)).to_have_text("100")
    expect(desk.locator("table.results .value").nth(1)).to_have_attribute("width", "100%")
    assert ballots(stack, question) == 1

    # From the first vote on the wording is frozen; the poll can be paused, and its page says so.
    desk.get_by_role("link", name=f"Harbour {stamp}").click()
    expect(desk.get_by_text("Locked since the first vote")).to_be_visible()
    expect(desk.get_by_label("Options")).to_have_count(0)
    desk.get_by_role("link", name="The poll’s page").click()
    desk.get_by_role("link", name="Pause").click()
    expect(desk.get_by_text("nobody can vote until you resume")).to_be_visible()
    desk.get_by_label("Reason").fill("A sum in the text was wrong.")
    desk.get_by_role("button", name="Pause").click()
    expect(desk.get_by_text("Voting is paused.")).to_be_visible()
    expect(desk.locator("[data-figure=state]")).to_have_text("paused")
    address = f"/polls/who-should-pay-for-the-harbour-{stamp}/"
    # A page may be some seconds old in a cache.
    until(lambda: visitor.goto(address) and visitor.get_by_text("Voting was paused on").count())
    expect(visitor.get_by_text("Reason: A sum in the text was wrong.")).to_be_visible()
    newcomer = reader()
    newcomer.goto(address)
    expect(newcomer.get_by_role("button", name="Vote", exact=True)).to_have_count(0)


def test_faults_are_said_at_their_fields_and_nothing_that_was_written_is_lost(editor: Editor) -> None:
    desk = editor()
    write(desk, "Faulty", question="Why?", options="Only one")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".field-options .errorlist")).to_have_text("Please write at least two options, one per line.")
    expect(desk.get_by_role("textbox", name="Text")).to_contain_text("It is still too small.")
    expect(desk.get_by_label("Options")).to_have_value("Only one")


def test_a_preview_without_scripts_answers_a_test_vote_in_words(editor: Editor, stack: Stack) -> None:
    desk = editor(java_script_enabled=False)
    desk.goto("/admin/articles/article/?q=Washington")
    desk.get_by_role("link", name="What Washington wants").click()
    desk.get_by_role("link", name="Preview", exact=True).click()
    desk.locator("label.text", has_text="Its rivalry with China").click()
    desk.get_by_role("button", name="Test vote").click()
    expect(desk.get_by_text("Test vote: Its rivalry with China. Nothing was stored.")).to_be_visible()


def test_the_editor_keeps_lists_links_and_tables_and_is_worked_by_keyboard(editor: Editor) -> None:
    desk = editor()
    desk.goto("/admin/articles/article/add/")
    desk.get_by_role("textbox", name="Text").click()
    desk.keyboard.type("- one")
    desk.keyboard.press("Enter")
    desk.keyboard.type("two")
    desk.keyboard.press("Control+b")
    desk.keyboard.type(" bold")
    html = desk.locator("textarea[name=body]").input_value()
    assert html == "<ul><li><p>one</p></li><li><p>two<strong> bold</strong></p></li></ul>"


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_pages_of_the_desk_are_accessible_and_fit_the_screen(editor: Editor, width: int, scheme: str) -> None:
    desk = editor(width=width, color_scheme=scheme)
    desk.goto("/admin/polls/poll/?state=open")
    desk.locator("#result_list tbody th a").first.click()
    poll = desk.url.split("/change/")[0]
    addresses = [
        "/admin/",
        "/admin/articles/article/",
        "/admin/articles/article/add/",
        "/admin/polls/poll/",
        f"{poll}/change/",
        f"{poll}/step/close/",
        f"{poll}/step/replace/",
        "/admin/polls/poll/add/",
    ]
    for address in addresses:
        desk.goto(address)
        if address.endswith("article/add/"):
            expect(desk.get_by_role("textbox", name="Text")).to_be_visible()
            desk.locator("details > summary").first.click()
        accessible(desk)
