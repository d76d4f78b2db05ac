"""Nothing moves: from the first paint over choosing and voting to the votes of others, the layout shift is nought."""

from __future__ import annotations

import functools
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Reader
from tests.browser.test_survey import THIRTY, asked, choose, heading, press, write
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

OPEN = "/articles/what-washington-wants/"
SEVERAL = "/polls/corridor-tests/"  # results after voting
# What moves within half a second of a press is the reader's own doing, and the browser says so.
WATCH = """
window.moved = []
new PerformanceObserver(list => {
  for (const shift of list.getEntries()) {
    const place = rect => [rect.x, rect.y, rect.width, rect.height].map(Math.round).join()
    // Less than a pixel is none, and what has no node is inside the browser's own fields.
    const seen = shift.sources.filter(s => s.node && place(s.previousRect) !== place(s.currentRect))
    if (shift.hadRecentInput || !seen.length) continue
    moved.push([shift.value, ...seen.map(s => s.node?.outerHTML?.slice(0, 80))])
  }
}).observe({ type: 'layout-shift', buffered: true })
"""


def slowly(route: Route) -> None:
    """Answer after the half second in which the browser still takes a movement for the reader's own."""
    time.sleep(0.8)
    route.continue_()


def moved(page: Page) -> list[Any]:
    page.wait_for_timeout(300)
    return list(page.evaluate("moved"))


def watched(reader: Reader, *, width: int, path: str) -> Page:
    page = reader(width=width)
    page.add_init_script(WATCH)
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.locator(".poll").scroll_into_view_if_needed()
    assert sum(shift for shift, *_ in moved(page)) < 0.02  # our fonts, which have a test of their own
    page.evaluate("moved.length = 0")
    return page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("path", "chosen"), [(OPEN, [1]), (SEVERAL, [0, 2])])
def test_reading_choosing_voting_and_the_votes_of_others_move_nothing(
    reader: Reader, stack: Stack, path: str, chosen: list[int], width: int
) -> None:
    page = watched(reader, width=width, path=path)
    page.route("**/vote/", slowly)
    for number in chosen:
        page.locator(".poll label.text").nth(number).click()
    page.get_by_role("button", name="Vote").click()
    page.locator(".counted").wait_for()
    page.wait_for_timeout(700)
    before = page.locator(".poll .count").all_inner_texts()
    for _ in range(3):
        other = reader()
        other.goto(path)
        other.locator(".poll label.text").nth(chosen[0]).click()
        other.get_by_role("button", name="Vote").click()
        other.locator(".counted").wait_for()
    until(lambda: page.locator(".poll .count").all_inner_texts() != before)
    assert moved(page) == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", [OPEN, SEVERAL])
def test_coming_back_to_ones_own_vote_moves_nothing(reader: Reader, path: str, width: int) -> None:
    """Also where the page is painted long before its script runs, and all of it can be seen."""
    page = watched(reader, width=width, path=path)
    page.set_viewport_size({"width": width, "height": 6000})
    page.locator(".poll label.text").nth(1).click()
    page.get_by_role("button", name="Vote").click()
    page.locator(".counted").wait_for()
    expect(page.locator(".poll .count").first).to_contain_text("%")
    page.route("**/mine/*", slowly)
    page.route("**/polls/polls.*js", slowly)
    page.reload()
    expect(page.locator(".counted")).to_contain_text("A vote from this browser was counted")
    expect(page.locator(".poll[data-face=figures] .count").first).to_contain_text("%")
    assert moved(page) == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "path", [OPEN, SEVERAL, "/polls/us-aims-closed/", "/polls/pipeline-risk/", "/polls/reading-polls/"]
)
def test_a_card_whose_script_comes_late_stands_as_it_was_painted(reader: Reader, path: str, width: int) -> None:
    page = watched(reader, width=width, path=path)
    page.set_viewport_size({"width": width, "height": 6000})
    page.route("**/polls/polls.*js", slowly)
    with page.expect_response("**/polls/polls.*js"):
        page.reload()
    if page.locator("form.ask").count():
        expect(page.locator("form.ask")).to_have_attribute("novalidate", "")
    assert moved(page) == []


SHORT_SURVEY = "/polls/reading-polls/answer/"  # of the demo


@pytest.mark.parametrize("width", [390, 1280])
def test_on_the_way_through_a_survey_nothing_moves_by_itself(reader: Reader, stack: Stack, width: int) -> None:
    """Every page, its faults, the questions that come with an answer, the last look and the thanks."""
    stack.manage("shell", "--no-imports", "-c", THIRTY.format(slug=f"still-{width}"))
    page = watched(reader, width=width, path=f"/polls/still-{width}/")
    page.set_viewport_size({"width": width, "height": 6000})
    still = functools.partial(stands, page)
    page.goto(f"/polls/still-{width}/answer/")
    still("start")
    page.get_by_role("button", name="Start").click()
    still("first page")
    press(page, "Next")
    expect(page.locator("#faults")).to_be_visible()
    still("faults")
    choose(page, "agree", "I agree")
    write(page, "city", "Ghent")
    choose(page, "lives", "A town")
    press(page, "Next")
    heading(page, "Your household")
    still("second page")
    write(page, "moved", "2011-05-01")
    write(page, "household", "4")
    choose(page, "children", "Yes")
    expect(asked(page, "ages")).to_be_visible()
    still("a question that came with an answer")
    choose(page, "children", "No")
    expect(asked(page, "ages")).to_be_hidden()
    still("and went with another")
    press(page, "Stop here and continue later")
    still("later")
    page.goto(SHORT_SURVEY)
    page.locator("main form button.button").first.click()
    page.locator(".answer-steps").wait_for()
    for question in page.locator("fieldset.asked").all():
        question.locator("input[type=radio], input[type=checkbox]").first.check(force=True)
    press(page, "Next")
    page.locator(".answer-page").first.wait_for()
    still("the last look")
    press(page, "Send my answers")
    page.wait_for_url("**/thanks/**")
    still("thanks")


def stands(page: Page, where: str) -> None:
    page.wait_for_load_state()
    assert (where, moved(page)) == (where, [])


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_said_of_the_order_comes_and_goes_without_moving_anything(reader: Reader, width: int) -> None:
    page = reader(width=width)
    page.add_init_script(WATCH)
    page.clock.install()
    document = page.request.get("/polls/us-aims-open/results.json").json()
    given: list[bool] = []

    def other(route: Route) -> None:  # as if a hundred thousand had come, or a lead had gone
        given.append(len(given) % 2 == 0)
        question = document["questions"][0] | {"too_close": not given[-1], "sums_to": 100 + given[-1]}
        route.fulfill(json=document | {"version": document["version"] + len(given), "questions": [question]})

    page.route("**/live/**", lambda route: route.fulfill(status=503))
    page.route("**/results.json", other)
    with page.expect_response("**/live/**"):
        page.goto(OPEN)
        page.locator(".poll").scroll_into_view_if_needed()
    said = page.get_by_text("Too close to order")
    expect(said).to_be_visible()
    page.evaluate("moved.length = 0")

    def comes(clear: bool) -> bool:
        page.clock.fast_forward(4_000)
        page.wait_for_timeout(150)
        return said.is_hidden() is clear

    for clear in (True, False, True):
        until(functools.partial(comes, clear))
        assert page.get_by_text("Rounded shares total 101").is_visible() is clear
    assert moved(page) == []
