"""An editor builds a survey of five pages without touching code, by keyboard where it matters."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Editor, accessible, check

pytestmark = [pytest.mark.browser, pytest.mark.stack]


# Fields that stick out of the box of their question: the page is not wider for them, they are cut off.
CUT_OFF = """() => [...document.querySelectorAll(".question .form-row :is(input, select, textarea)")]
  .filter((field) => field.offsetWidth > 1)
  .filter((field) => field.getBoundingClientRect().right > field.closest(".question").getBoundingClientRect().right)
  .map((field) => field.name)"""


def question(page: Page, n: int) -> Locator:
    return page.get_by_role("group").filter(has=page.get_by_role("heading", name=f"Question {n}", exact=True)).last


def press(page: Page, name: str) -> None:
    """Press a button as somebody does who has no mouse, and wait for the form in its new order."""
    page.get_by_role("button", name=name, exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def ask(page: Page, n: int, text: str, *, kind: str = "One answer", options: str = "", labels: str = "") -> None:
    one = question(page, n)
    one.get_by_label("Type:").select_option(label=kind)
    one.get_by_label("Question:", exact=True).fill(text)
    if options:
        one.get_by_label("Options:", exact=True).fill(options)
    if labels:
        one.get_by_label("Words of the scale:").fill(labels)


def test_a_survey_of_five_pages_with_a_rule_a_battery_and_a_ranking(editor: Editor) -> None:
    stamp = f"{time.time():.0f}"
    desk = editor()
    desk.goto("/admin/polls/poll/add/")
    ask(desk, 1, "How often do you read the paper?", options="Every day\nNow and then\nNever")
    press(desk, "Add a page")
    expect(question(desk, 2).get_by_label("Type:")).to_be_focused()
    ask(desk, 2, "What do you read it for?", kind="Several answers", options="News\nEssays\nNothing of it [none]")
    # Only what a type needs is there; what it is for stands under it.
    two = question(desk, 2)
    expect(two.get_by_label("at most")).to_be_visible()
    expect(two.get_by_label("Words of the scale:")).to_be_hidden()
    expect(two.get_by_text("Readers choose several of the options, as many as you allow.")).to_be_visible()
    expect(two.get_by_label("Type:")).to_have_accessible_description(re.compile("Readers choose several"))

    # The rule, by keyboard: its answers are picked from the options of the question that it asks about.
    two.get_by_text("Show only if…").focus()
    desk.keyboard.press("Enter")
    two.get_by_label("Question, condition 1").select_option(label="1. How often do you read the paper?")
    two.get_by_label("Comparison, condition 1").select_option(label="is not")
    answer = two.get_by_label("Answer, condition 1")
    expect(answer).to_have_js_property("tagName", "SELECT")
    answer.select_option(label="Never")

    press(desk, "Add a page")
    ask(desk, 3, "How much do you trust each of these?", kind="Battery of statements", options="The press\nThe courts",
        labels="Not at all\nSlightly\nVery much")  # fmt: skip
    press(desk, "Add a page")
    ask(desk, 4, "Which of these matter most?", kind="Ranking", options="Depth\nSpeed\nPrice")
    press(desk, "Add a page")
    ask(desk, 5, "Is there anything else?", kind="Long text")
    expect(desk.get_by_role("heading", name="Page 5")).to_be_visible()
    # What was typed is there after every button, the rule too.
    expect(question(desk, 2).get_by_label("Answer, condition 1")).to_have_value("Never")

    # Advice follows what is typed.
    advice = desk.get_by_role("complementary")
    question(desk, 5).get_by_label("Question:", exact=True).fill("Don't you think that we are doing well?")
    expect(advice.get_by_text("Question 5: it suggests an answer.")).to_be_visible()
    question(desk, 5).get_by_label("Question:", exact=True).fill("Is there anything else?")
    expect(advice.get_by_text("No advice on the wording.")).to_be_visible()
    expect(advice.get_by_text(re.compile(r"About \d minutes?\."))).to_be_visible()

    # Up and down keep the place of whoever presses them.
    press(desk, "Up: question 5")
    expect(desk.get_by_role("button", name="Up: question 5", exact=True)).to_be_focused()
    expect(desk.get_by_role("heading", name="Page 5")).to_have_count(0)
    press(desk, "Up: question 5")
    expect(question(desk, 4).get_by_label("Question:", exact=True)).to_have_value("Is there anything else?")
    press(desk, "Down: question 4")
    expect(desk.get_by_role("button", name="Down: question 5", exact=True)).to_be_focused()
    press(desk, "Down: question 5")
    expect(desk.get_by_role("heading", name="Page 5")).to_be_visible()

    for width in (1280, 390):
        desk.set_viewport_size({"width": width, "height": 900})
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
        accessible(desk)
        assert desk.evaluate(CUT_OFF) == []

    desk.set_viewport_size({"width": 1280, "height": 900})
    # Whoever presses Enter in a field saves; no question moves. A fault is said where it is.
    four = question(desk, 4)
    four.get_by_label("Options:", exact=True).fill("Depth")
    desk.get_by_label("Title:", exact=True).fill(f"Reading {stamp}")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(question(desk, 4).get_by_text("Please write at least two options, one per line.")).to_be_visible()
    question(desk, 4).get_by_label("Options:", exact=True).fill("Depth\nSpeed\nPrice")
    with desk.expect_navigation():
        desk.get_by_label("Title:", exact=True).press("Enter")
    expect(desk.get_by_text("The poll has been saved.")).to_be_visible()
    for text in ("How often do you read the paper?", "What do you read it for?", "Which of these matter most?"):
        expect(desk.get_by_role("table", name=text).or_(desk.get_by_text(text)).first).to_be_visible()

    # Every branch can be tried: who never reads is not asked what for.
    desk.get_by_role("link", name="Branches, and try it out").click()
    expect(desk.get_by_text("only if not: “How often do you read the paper?” is “Never”")).to_be_visible()
    accessible(desk)
    desk.get_by_role("link", name="Try it out as a reader").click()
    accessible(desk)
    desk.get_by_text("Never", exact=True).click()
    desk.get_by_role("button", name="Next").last.click()
    expect(desk.get_by_text("How much do you trust each of these?")).to_be_visible()
    desk.set_viewport_size({"width": 390, "height": 900})
    accessible(desk)
    desk.get_by_role("link", name="The map of the branches").click()
    accessible(desk)


def test_a_questionnaire_is_inserted_and_taken_away_without_scripts(editor: Editor) -> None:
    desk = editor(java_script_enabled=False)
    desk.goto("/admin/polls/poll/add/")
    desk.get_by_label("Insert", exact=True).select_option(label="Trust in institutions")
    press(desk, "Insert it")
    expect(question(desk, 2).get_by_label("Question:", exact=True)).to_have_value(
        "How much do you personally trust each of these?"
    )
    # Without a script every field is there, for every type.
    expect(question(desk, 2).get_by_label("Maximum length")).to_be_visible()
    desk.get_by_role("button", name="Save", exact=True).last.click()
    expect(desk.get_by_text("The poll has been saved.")).to_be_visible()
    desk.get_by_role("link", name="Download as a file").click()
    expect(desk.get_by_text("Everything is in the file.").first).to_be_visible()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download: XLSForm, for ODK, KoboToolbox and others").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    desk.goto("/admin/polls/poll/import/")
    desk.get_by_label("File:").set_input_files(download.value.path())
    desk.get_by_role("button", name="Read the file").click()
    expect(desk.get_by_text("What was found; nothing is stored yet")).to_be_visible()
    desk.get_by_role("button", name="Create a draft from it").click()
    expect(desk.get_by_text("This is the draft. Nobody sees it until you publish it.")).to_be_visible()


def test_the_pages_of_files_and_of_the_bank_are_accessible(editor: Editor) -> None:
    desk = editor(width=390)
    for address in ("/admin/polls/poll/import/", "/admin/polls/saved/"):
        check(desk, address)
