"""Every type of question in the card of a poll: answered with scripts and without, and what the card says then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader, accessible
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

MAKE = """
from datetime import timedelta
from django.utils import timezone
from polls import drafting, lifecycle
from polls.drafting import Asked, Offered, offered
now = timezone.now()
dont_know = (Offered("Don’t know", settings={"dont_know": True}),)
other, none = Offered("Else", settings={"other": True}), Offered("None", settings={"exclusive": True})
marked = (*offered("Print", "Letter"), other, none)
about = [Asked("Your age", kind="dropdown", options=offered("Under 30", "Older"), about=True, required=False)]
three = offered("Trade", "Security", "Climate")
agree = ("Disagree", "Neither", "Agree")
asked = {
    "rating": [Asked("How good?", kind="rating", labels=("Poor", "Good"), options=dont_know), *about],
    "likert": [Asked("It is good.", kind="likert", labels=agree)],
    "recommend": [Asked("Recommend?", kind="recommend", labels=("No", "Yes"))],
    "matrix": [Asked("How much?", kind="matrix", labels=agree, options=three, max_choices=3)],
    "number": [Asked("How many?", kind="number", labels=("hours",), options=dont_know)],
    "slider": [Asked("Where?", kind="slider", labels=("Left", "Right"), settings={"max": 10})],
    "ranking": [Asked("In order?", kind="ranking", options=three, min_choices=3, max_choices=3)],
    "points": [Asked("Share out.", kind="points", options=three, max_choices=3)],
    "date": [Asked("When?", kind="date")],
    "text": [Asked("What next?", kind="text")],
    "longtext": [Asked("Why?", kind="longtext")],
    "dropdown": [Asked("Which?", kind="dropdown", options=three)],
    "yesno": [Asked("Is it?", kind="yesno", options=offered("Yes", "No"))],
    "approval": [Asked("Which ones?", kind="approval", options=three, max_choices=3)],
    "consent": [Asked("May we?", kind="consent", options=offered("I agree"))],
    "multiple": [Asked("Read?", kind="multiple", options=marked, max_choices=4, settings={"order": "random"})],
}
for kind, questions in asked.items():
    poll = drafting.create(asked=questions, opens_at=now, closes_at=now + timedelta(days=9), slug=f"kind-{kind}")
    lifecycle.publish(poll=poll, who="x")
"""


def row(text: str) -> Callable[[Page], None]:
    return lambda page: page.locator(".option .text", has_text=text).first.click()


def field(value: str) -> Callable[[Page], None]:
    return lambda page: page.locator("input.field, textarea.field").first.fill(value)


def rate(page: Page) -> None:
    row("2")(page)
    page.locator(".about-you summary").click()
    page.locator(".about-you select").select_option(label="Older")


def each_row(page: Page) -> None:
    for statement in page.locator(".battery-row").all():
        statement.locator("label").nth(2).click()


def in_order(page: Page) -> None:
    for place, select in enumerate(page.locator(".rank-row select").all()):
        select.select_option(str(3 - place))


def share_out(page: Page) -> None:
    for points, one in zip(("50", "30", "20"), page.locator(".rank-row input").all(), strict=True):
        one.fill(points)


def several(page: Page) -> None:
    for text in ("Letter", "Else"):
        row(text)(page)
    page.locator(".own-words").fill("the radio")


ANSWERS: dict[str, tuple[Callable[[Page], Any], str]] = {
    "rating": (rate, "2; Older"),
    "likert": (row("Neither"), "Neither"),
    "recommend": (row("9"), "9"),
    "matrix": (each_row, "Trade: Agree; Security: Agree; Climate: Agree"),
    "number": (field("12"), "12 hours"),
    "slider": (field("7"), "7"),
    "ranking": (in_order, "1. Climate; 2. Security; 3. Trade"),
    "points": (share_out, "Trade: 50; Security: 30; Climate: 20"),
    "date": (field("2024-03-05"), "5 March 2024"),
    "text": (field("Rail <b>fares</b>"), "“Rail <b>fares</b>”"),
    "longtext": (field("Because."), "“Because.”"),
    "dropdown": (lambda page: page.locator("select").select_option(label="Climate"), "Climate"),
    "yesno": (row("No"), "No"),
    "approval": (row("Security"), "Security"),
    "consent": (row("I agree"), "I agree"),
    "multiple": (several, "Letter; Else: the radio"),
}


@pytest.fixture(scope="module")
def kinds(stack: Stack) -> None:
    stack.manage("shell", "--no-imports", "-c", MAKE)


@pytest.mark.parametrize("scripts", [True, False])
def test_every_type_is_answered_in_its_card(kinds: None, reader: Reader, scripts: bool) -> None:
    page = reader(width=390, java_script_enabled=scripts)
    for kind, (answer, words) in ANSWERS.items():
        page.goto(f"/polls/kind-{kind}/")
        if scripts:
            accessible(page)
        answer(page)
        page.get_by_role("button", name="Vote").click()
        if not scripts and kind == "rating":  # the first vote of this browser
            page.get_by_role("button", name="Confirm my vote").click()
        expect(page.locator("main")).to_contain_text(f"Your vote was counted: {words}." if scripts else words)
        if scripts:
            accessible(page)


def test_options_stand_in_an_order_of_the_reader_s_own_and_results_in_the_editor_s(kinds: None, reader: Reader) -> None:
    listed = ["Print", "Letter", "Else", "None"]
    orders = set()
    for _ in range(12):
        page = reader()
        page.goto("/polls/kind-multiple/")
        orders.add(tuple(page.locator(".option .text").all_inner_texts()))
    assert {order[2:] for order in orders} == {("Else", "None")}
    assert len(orders) == 2
    row("Print")(page)
    page.get_by_role("button", name="Vote").click()
    expect(page.locator(".counted")).to_be_visible()
    assert page.locator(".option .text").all_inner_texts() == listed


def test_none_of_these_unticks_the_others_and_own_words_choose_their_option(kinds: None, reader: Reader) -> None:
    page = reader()
    page.goto("/polls/kind-multiple/")
    row("Print")(page)
    page.locator(".own-words").fill("a friend")
    expect(page.locator(".option", has_text="Else").get_by_role("checkbox")).to_be_checked()
    row("None")(page)
    expect(page.locator("input:checked")).to_have_count(1)


def test_a_slider_that_is_drawn_fills_its_field(kinds: None, reader: Reader) -> None:
    page = reader()
    page.goto("/polls/kind-slider/")
    page.locator("input[type=range]").fill("3")
    expect(page.locator("input.field")).to_have_value("3")
    page.locator("input.field").fill("8")
    expect(page.locator("input[type=range]")).to_have_value("8")
