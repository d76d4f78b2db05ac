"""An editor's whole day, from the invitation to the withdrawal, with everybody whom it meets."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.articles.test_pasted import WORD
from tests.browser.conftest import Reader
from tests.browser.test_media import map_file, take_up  # noqa: F401 - a fixture
from tests.browser.test_people import Invite, at_the_desk, invite, join, set_up_app  # noqa: F401 - a fixture
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]
PASTE = """(element, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", "pasted");
  element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""

MIDDLE = """(element, word) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const at = walker.currentNode.data.indexOf(word);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + word.length);
    element.scrollIntoView({ block: "center" }); // not under the bar of the editor, which stays at the top
    const { x, y, width, height } = range.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  }
}"""


def select(page: Page, text: Locator, word: str) -> None:
    """Choose a word as a hand does; a selection made by a script is undone by the editor when it gets the focus."""
    page.mouse.dblclick(*text.evaluate(MIDDLE, word))
    until(lambda: page.evaluate("getSelection().toString().trim()") == word)


def write(desk: Page, site: str, *, name: str, question: str, picture: Path) -> None:
    """Write, paste, insert a picture and ask."""
    desk.goto(f"{site}/admin/articles/article/add/")
    desk.get_by_label("Section").select_option(label="Economy")
    desk.get_by_role("textbox", name="Title:").press_sequentially(name)
    desk.get_by_label("Summary").fill("What the harbour costs, and whom.")
    text = desk.get_by_role("textbox", name="Text")
    text.click()
    desk.keyboard.type("The harbour was biult twice.")
    desk.keyboard.press("Enter")
    text.evaluate(PASTE, WORD)
    desk.keyboard.press("Control+End")
    desk.keyboard.press("Enter")
    desk.get_by_role("button", name="Insert a picture").click()
    take_up(desk, picture)
    desk.get_by_label("Question").fill(question)
    desk.get_by_label("Options").fill("The town\nThe state\nWhoever uses it")


def test_an_editors_whole_day(
    invite: Invite,  # noqa: F811
    reader: Reader,
    stack: Stack,
    map_file: Path,  # noqa: F811
) -> None:
    name = f"Harbour {time.time_ns()}"
    question = f"Who should pay for {name}?"
    address = f"/articles/{name.lower().replace(' ', '-')}/"

    # Invited, joined, with a second factor, at the desk.
    desk = reader()
    join(desk, invite("Editor."))
    set_up_app(desk)
    desk.get_by_role("link", name="to the desk").click()
    at_the_desk(desk)
    site = stack.base_url.replace("127.0.0.1", "localhost")

    # Written and looked at on a phone.
    write(desk, site, name=name, question=question, picture=map_file)
    desk.get_by_role("button", name="Save and preview").click()
    desk.get_by_role("link", name="on a phone").click()
    phone = desk.frame_locator("iframe")
    expect(phone.get_by_role("heading", name=question)).to_be_visible()
    expect(phone.locator(".prose figure img")).to_have_attribute("alt", "A map of the coast.")
    assert "mso" not in phone.locator(".prose").inner_html()
    desk.get_by_role("link", name="Back to the form").click()
    form = desk.url

    # Read by somebody without an account, who approves.
    desk.get_by_role("link", name="Reviews").click()
    desk.get_by_label("For whom").fill("The harbour office")
    desk.get_by_role("button", name="Create the link").click()
    stranger = reader(width=390)
    stranger.goto(desk.get_by_label("Review link").input_value())
    stranger.get_by_label("Ready to be published").check()
    stranger.get_by_role("button", name="Send to the editors").click()
    expect(stranger.get_by_text("Thank you")).to_be_visible()

    # Scheduled for tomorrow: nobody reads it yet.
    desk.goto(form)
    desk.get_by_text("What reviewers say").click()
    expect(desk.get_by_text("Approves")).to_be_visible()
    desk.get_by_role("link", name="Publish or schedule").click()
    desk.get_by_label("Publish at").fill(f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}")
    desk.get_by_role("button", name="Publish or schedule").click()
    expect(desk.get_by_text("The article will be published on")).to_be_visible()
    visitor = reader(width=390)
    assert visitor.goto(address).status == 404  # type: ignore[union-attr]

    # A day passes; it is published by the clock alone, and read and voted in.
    a_day_passes(stack, name)
    until(lambda: visitor.goto(address).status == 200)  # type: ignore[union-attr]
    visitor.locator(".poll label.text", has_text="The state").click()
    visitor.get_by_role("button", name="Vote").click()
    expect(visitor.get_by_text("Your vote was counted: The state.")).to_be_visible()

    # A typing error is put right in the open.
    desk.goto(form)
    text = desk.get_by_role("textbox", name="Text")
    select(desk, text, "biult")
    desk.keyboard.type("built")
    expect(text).to_contain_text("The harbour was built twice.")
    desk.get_by_label("Correction").fill("A typing error in the first sentence was put right.")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    until(lambda: visitor.goto(address) and visitor.get_by_text("The harbour was built twice.").count())
    expect(visitor.get_by_text("A typing error in the first sentence was put right.")).to_be_visible()

    # Another address: the former one leads there.
    desk.get_by_label("Address").fill(f"new-{address.split('/')[2]}")
    desk.get_by_label("Save without telling readers").check()
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    until(lambda: visitor.goto(address) and "/articles/new-" in visitor.url)
    expect(visitor.locator(".poll .mine:visible")).to_have_count(1)

    # And withdrawn, with a notice; the vote stays counted.
    desk.get_by_role("link", name="Withdraw").click()
    desk.get_by_label("Notice to readers").fill("The costs were those of another harbour.")
    desk.get_by_role("button", name="Withdraw").click()
    expect(desk.get_by_text("The article has been withdrawn.")).to_be_visible()
    until(lambda: visitor.goto(address).status == 410)  # type: ignore[union-attr]
    expect(visitor.get_by_text("The costs were those of another harbour.")).to_be_visible()
    with stack.database() as database:
        counted = database.execute(
            "SELECT count(*) FROM polls_ballot b JOIN polls_question q ON q.poll_id = b.poll_id WHERE q.text = %s",
            [question],
        ).fetchone()
    assert counted == (1,)


def a_day_passes(stack: Stack, name: str) -> None:
    """What was to be published tomorrow was to be published now: the only way to have a clock that is not stopped."""
    with stack.database() as database:
        database.execute(
            "UPDATE polls_poll SET published_at = now(), opens_at = now() WHERE id ="
            " (SELECT poll_id FROM articles_article WHERE title = %s)",
            [name],
        )
        database.execute("UPDATE articles_article SET published_at = now() WHERE title = %s", [name])
