"""The life of an article at the desk: nothing typed is lost, nobody overwrites unseen, versions come back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Editor, Reader, accessible
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]
SIZES = [(390, "dark"), (1280, "light")]


def draft(page: Page, title: str) -> str:
    """A new draft, saved; the address of its form."""
    page.goto("/admin/articles/article/add/")
    page.get_by_label("Section").select_option(index=1)
    page.get_by_role("textbox", name="Title:").press_sequentially(title)
    page.get_by_role("textbox", name="Text").click()
    page.keyboard.type("The harbour was built twice.")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    return page.url


def stored(stack: Stack, query: str, *values: Any) -> Any:
    with stack.database() as connection:
        row = connection.execute(query, values).fetchone()
    return row and row[0]


def title() -> str:
    return f"Harbour {time.time():.3f}".replace(".", "-")


def test_what_is_typed_is_kept_by_itself_and_offered_back(editor: Editor) -> None:
    desk = editor()
    form = draft(desk, title())
    text = desk.get_by_role("textbox", name="Text")
    text.click()
    desk.keyboard.press("Control+End")
    desk.keyboard.type(" It is still too small.")
    desk.get_by_label("Question").fill("Who pays?")
    desk.get_by_label("Options").fill("The town\nThe state")
    expect(desk.get_by_text("Your text was kept at")).to_be_visible(timeout=60_000)
    desk.goto("/admin/")
    desk.goto(form)
    expect(desk.get_by_text("that was not saved")).to_be_visible()
    expect(text).not_to_contain_text("still too small")
    accessible(desk)
    desk.get_by_role("link", name="Restore it").click()
    expect(text).to_contain_text("The harbour was built twice. It is still too small.")
    expect(desk.get_by_label("Options")).to_have_value("The town\nThe state")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    expect(text).to_contain_text("still too small")
    desk.wait_for_timeout(500)
    expect(desk.get_by_text("that was not saved")).to_be_hidden()


def test_what_is_typed_in_the_last_second_is_there_again(editor: Editor) -> None:
    desk = editor()
    form = draft(desk, title())
    desk.get_by_label("Summary").fill("Typed and gone.")
    desk.goto("/admin/")
    desk.goto(form)
    expect(desk.get_by_text("that was not saved")).to_be_visible()
    desk.get_by_role("link", name="Restore it").click()
    expect(desk.get_by_label("Summary")).to_have_value("Typed and gone.")
    # And not wanted any more:
    desk.goto(form)
    desk.get_by_role("button", name="Discard it").click()
    expect(desk.get_by_label("Summary")).to_have_value("")
    expect(desk.get_by_text("that was not saved")).to_be_hidden()


def test_an_expired_login_is_said_and_costs_not_a_word(editor: Editor, stack: Stack) -> None:
    desk = editor()
    name = title()
    form = draft(desk, name)
    cookies = [one for one in desk.context.cookies() if one["name"] != "sessionid"]
    desk.context.clear_cookies(name="sessionid")
    desk.get_by_label("Summary").fill("While signed out.")
    expect(desk.get_by_text("You are logged out")).to_be_visible(timeout=60_000)
    expect(desk.get_by_text("It is kept in this browser and will be tried again.")).to_be_visible()
    accessible(desk)
    # Saving leads to the sign-in page; after it the text is offered back.
    desk.get_by_role("button", name="Save", exact=True).click()
    password = (stack.directory / "editor-password").read_text().strip()
    desk.get_by_label("Username").fill("editor")
    desk.get_by_label("Password").fill(password)
    desk.get_by_role("button", name="Log in").click()
    desk.goto(form)
    expect(desk.get_by_text("that was not saved")).to_be_visible()
    desk.get_by_role("link", name="Restore it").click()
    expect(desk.get_by_label("Summary")).to_have_value("While signed out.")
    # Signed in again in another window, the open form goes on by itself and can be saved.
    desk.context.clear_cookies(name="sessionid")
    desk.get_by_label("Summary").fill("Signed out once more.")
    expect(desk.get_by_text("You are logged out")).to_be_visible(timeout=60_000)
    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name="Log in using a new window").click()
    window = opened.value
    window.get_by_label("Username").fill("editor")
    window.get_by_label("Password").fill(password)
    window.get_by_role("button", name="Log in").click()
    expect(window.get_by_role("heading", name="The editors’ desk")).to_be_visible()
    window.close()
    expect(desk.get_by_text("Your text was kept at")).to_be_visible(timeout=60_000)
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    query = "SELECT standfirst FROM articles_article WHERE title = %s"
    assert stored(stack, query, name) == "Signed out once more."
    assert cookies


def test_two_editors_are_told_of_each_other_and_the_later_one_sees_both_texts(editor: Editor, stack: Stack) -> None:
    first, second = editor(), editor(account="second")
    name = title()
    form = draft(first, name)
    second.goto(form)
    expect(first.locator("[data-beside]")).to_contain_text("also has this article open", timeout=60_000)
    expect(second.locator("[data-beside]")).to_contain_text("editor also has this article open", timeout=60_000)
    first.get_by_label("Summary").fill("The first summary.")
    first.get_by_role("button", name="Save and continue editing").click()
    expect(first.get_by_text("was changed successfully")).to_be_visible()
    expect(second.locator("[data-beside]")).to_contain_text("has saved this article at", timeout=60_000)
    second.get_by_label("Summary").fill("The second summary.")
    second.get_by_role("button", name="Save and continue editing").click()
    expect(second.get_by_text("While you were writing, editor saved this article")).to_be_visible()
    expect(second.locator(".compared del")).to_contain_text(["first"])
    expect(second.locator(".compared ins")).to_contain_text(["second"])
    expect(second.get_by_label("Summary")).to_have_value("The second summary.")
    accessible(second)
    query = "SELECT standfirst FROM articles_article WHERE title = %s"
    assert stored(stack, query, name) == "The first summary."
    second.get_by_role("button", name="Save and continue editing").click()
    expect(second.get_by_text("was changed successfully")).to_be_visible()
    assert stored(stack, query, name) == "The second summary."


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_versions_are_compared_and_one_is_brought_back(editor: Editor, width: int, scheme: str) -> None:
    desk = editor(width=width, color_scheme=scheme)
    draft(desk, title())
    desk.get_by_label("Summary").fill("A second thought.")
    desk.get_by_role("textbox", name="Text").click()
    desk.keyboard.press("Control+End")
    desk.keyboard.type(" And once more.")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    accessible(desk)
    desk.get_by_role("link", name="Versions").click()
    expect(desk.get_by_role("cell", name="Summary, Text")).to_be_visible()
    accessible(desk)
    desk.get_by_role("button", name="Compare").click()
    expect(desk.locator("ins").first).to_contain_text("A second thought.")
    accessible(desk)
    desk.get_by_role("link", name="Restore the version of").click()
    expect(desk.get_by_text("Nothing is stored until you save")).to_be_visible()
    expect(desk.get_by_label("Summary")).to_have_value("")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    desk.get_by_role("link", name="Versions").click()
    expect(desk.get_by_text("Restored: the version of")).to_be_visible()


def test_an_article_is_withdrawn_and_a_reader_finds_the_notice(editor: Editor, reader: Reader) -> None:
    desk = editor()
    name = title()
    draft(desk, name)
    desk.get_by_role("link", name="Publish or schedule").click()
    accessible(desk)
    desk.get_by_role("button", name="Publish or schedule").click()
    expect(desk.get_by_text("The article has been published.")).to_be_visible()
    desk.get_by_role("link", name="Withdraw").click()
    desk.get_by_label("Notice to readers").fill("The figures were wrong.")
    accessible(desk)
    desk.get_by_role("button", name="Withdraw").click()
    expect(desk.get_by_text("The article has been withdrawn.")).to_be_visible()
    visitor = reader(width=390)
    answer = visitor.goto(f"/articles/{name.lower().replace(' ', '-')}/")
    assert answer is not None
    assert answer.status == 410
    expect(visitor.get_by_text("The figures were wrong.")).to_be_visible()
    accessible(visitor)


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_a_stranger_reads_a_draft_by_a_link_and_the_desk_reads_the_answer(
    editor: Editor, reader: Reader, width: int, scheme: str
) -> None:
    desk = editor(width=width, color_scheme=scheme)
    name = title()
    draft(desk, name)
    desk.get_by_role("link", name="Reviews").click()
    desk.get_by_label("For whom").fill("Professor Lind")
    accessible(desk)
    desk.get_by_role("button", name="Create the link").click()
    address = desk.get_by_label("Review link").input_value()
    accessible(desk)
    stranger = reader(width=width, color_scheme=scheme)
    stranger.goto(address)
    expect(stranger.get_by_role("heading", name=name)).to_be_visible()
    expect(stranger.get_by_text("asks Professor Lind to read this article")).to_be_visible()
    accessible(stranger)
    stranger.get_by_label("Something should be changed").check()
    stranger.get_by_role("button", name="Send to the editors").click()
    expect(stranger.get_by_text("Please write what should be changed.")).to_be_visible()
    stranger.get_by_label("Comment", exact=True).fill("The second paragraph is too long.")
    stranger.get_by_role("button", name="Send to the editors").click()
    expect(stranger.get_by_text("Thank you")).to_be_visible()
    accessible(stranger)
    desk.get_by_role("link", name="Back to the form").click()
    desk.get_by_text("What reviewers say").click()
    expect(desk.get_by_text("The second paragraph is too long.")).to_be_visible()
    accessible(desk)
    desk.get_by_role("link", name="Reviews").click()
    desk.get_by_role("button", name="Revoke the link for Professor Lind").click()
    answer = stranger.goto(address)
    assert answer is not None
    assert answer.status == 410
    expect(stranger.get_by_text("This review link no longer works")).to_be_visible()
    expect(stranger.get_by_text(name)).to_have_count(0)


def test_a_preview_is_as_narrow_as_a_phone_and_its_vote_is_a_test(editor: Editor) -> None:
    desk = editor()
    desk.goto("/admin/articles/article/?q=Washington")
    desk.get_by_role("link", name="What Washington wants").click()
    desk.get_by_role("link", name="Preview", exact=True).click()
    accessible(desk)
    desk.get_by_role("link", name="on a phone").click()
    frame = desk.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="What Washington wants")).to_be_visible()
    assert frame.locator("html").evaluate("document.documentElement.clientWidth") <= 390
    frame.locator("label.text", has_text="Its rivalry with China").click()
    frame.get_by_role("button", name="Test vote").click()
    expect(frame.locator(".notice", has_text="Test vote: nothing was sent or stored.")).to_be_visible()
    accessible(desk)
