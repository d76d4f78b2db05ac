"""What axe cannot see: reflow, the size of what is pressed, forced colours, motion, and what a first visit weighs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from tests.browser.conftest import Reader
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ARTICLE = "/articles/what-washington-wants/"
PAGES = [
    "/",
    ARTICLE,
    "/polls/us-aims-closed/",
    "/polls/corridor-tests/",
    "/polls/",
    "/polls/reading-polls/answer/",
    "/search/?q=pipeline",
    "/archive/",
    "/authors/",
    "/no-such-page/",
    "/account/login/",
]
# What a thumb hits: of a radio button its whole row. Links inside a sentence are exempt (WCAG 2.5.8), and what only a
# screen reader is told; "least" is 44 for controls and lists of links, 24 for the titles and labels of teasers.
TARGETS = """() => {
  const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const lesser = ".teaser, .lead, .label, .crumbs, .prose, h1, h2, h3, .base, .caveat, dd";
  const seen = element => element.checkVisibility({ visibilityProperty: true })
    && !element.closest("template, .visually-hidden, .skip");
  const others = link => [...link.parentElement.childNodes].filter(node => node !== link);
  const inText = link => link.tagName === "A" && getComputedStyle(link).display === "inline"
    && others(link).some(node => node.textContent.trim().length > 1);
  const small = [];
  for (const each of document.querySelectorAll(pressed)) {
    if (!seen(each) || each.tabIndex < 0 || inText(each)) continue;
    const row = each.matches("[type=radio], [type=checkbox]") && each.closest(".option, .point");
    const box = (row || each).getBoundingClientRect();
    if (!box.width || box.left < -100) continue;
    const least = each.closest(lesser) ? 24 : 44;
    if (box.height < least - .5 || box.width < 24)
      small.push([each.outerHTML.slice(0, 120), Math.round(box.width), Math.round(box.height)]);
  }
  return small;
}"""
CUT = """() => [...document.querySelectorAll("main *, header *, footer *")].filter(element => {
  const byItself = "svg, template, .visually-hidden, .scrolls, .prose table, .skip";
  if (element.closest(byItself) || !element.checkVisibility()) return false;
  const box = element.getBoundingClientRect();
  return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1);
}).map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("address", PAGES)
def test_at_four_hundred_per_cent_nothing_is_cut_off_and_nothing_stays_in_the_way(reader: Reader, address: str) -> None:
    page = reader(width=320)
    page.set_viewport_size({"width": 320, "height": 256})  # of 1280 × 1024, enlarged four times
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.evaluate(CUT) == []
    stays = "[...document.querySelectorAll('body *')].filter(e => /fixed|sticky/.test(getComputedStyle(e).position))"
    assert page.evaluate(f"{stays}.map(e => e.outerHTML.slice(0, 80))") == []


@pytest.mark.parametrize("address", PAGES)
def test_what_is_pressed_is_large_enough_for_a_thumb(reader: Reader, address: str) -> None:
    page = reader(width=390)
    page.goto(address)
    assert page.evaluate(TARGETS) == []


def test_with_forced_colours_what_was_chosen_and_what_was_counted_can_be_seen(reader: Reader) -> None:
    page = reader(width=390, forced_colors="active")
    page.goto(ARTICLE)
    page.locator(".poll label.text").nth(1).click()
    chosen, other = (page.locator(f".poll .option:nth-child({n}) input") for n in (2, 1))
    assert pixel(page, chosen, 0.5) != pixel(page, other, 0.5)
    button = page.locator(".poll .actions .button")
    assert pixel(page, button, 0) != pixel(page, page.locator(".poll .actions"), 0.99)
    page.get_by_role("button", name="Vote").click()
    page.locator(".poll .counted").wait_for()
    own = page.locator(".poll .own .bar")
    other = page.locator(".poll .option:not(.own):has(rect.value:not([width='0%'])) .bar").first
    bars = [pixel(page, bar, place) for bar in (own, other) for place in (0.01, 0.99)]
    assert bars[1] == bars[3]  # the ground of both
    assert len(set(bars)) == 3


def pixel(page: Page, locator: Locator, place: float) -> Any:
    """The colour that is drawn in the middle of an element's height, so far along its width: no style sheet's word."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    x, y = box["x"] + min(place * box["width"], box["width"] - 1), box["y"] + box["height"] / 2
    drawn = page.screenshot(clip={"x": int(x), "y": int(y), "width": 1, "height": 1})
    return Image.open(io.BytesIO(drawn)).convert("RGB").getpixel((0, 0))


def test_the_mark_of_focus_is_seen_on_every_control(reader: Reader) -> None:
    page = reader(width=1280)
    page.goto(ARTICLE)
    unmarked = []
    for _ in range(60):
        page.keyboard.press("Tab")
        here: Any = page.evaluate("""() => { const e = document.activeElement, s = getComputedStyle(e);
            return [e.outerHTML.slice(0, 100), s.outlineStyle, parseFloat(s.outlineWidth), e === document.body] }""")
        if here[3]:
            break
        if here[1] != "solid" or here[2] < 2:
            unmarked.append(here)
    assert unmarked == []


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_bars_grow_only_for_who_has_not_asked_for_less_motion(
    browser: Browser, stack: Stack, motion: Any, moves: bool
) -> None:
    context = browser.new_context(base_url=stack.base_url, reduced_motion=motion)
    page = context.new_page()
    page.goto(ARTICLE)
    moving = """[...document.querySelectorAll('*')].filter(e =>
        parseFloat(getComputedStyle(e).transitionDuration) > 0 || parseFloat(getComputedStyle(e).animationDuration) > 0)
        .map(e => e.getAttribute('class'))"""
    found = set(page.evaluate(moving))
    assert found == ({"value"} if moves else set())
    context.close()


def test_an_article_without_pictures_weighs_less_than_150_kb_on_a_first_visit(browser: Browser, stack: Stack) -> None:
    """Everything that comes over the wire, headers and fonts included, until nothing more comes."""
    context = browser.new_context(base_url=stack.base_url, viewport={"width": 390, "height": 844})
    page = context.new_page()
    weights: list[float] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.route("**/media/**", lambda route: route.abort())
    page.goto(ARTICLE, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(1000)
    assert len(weights) > 5
    assert sum(weights) < 150_000
    context.close()


def style(page: Page, selector: str, name: str, pseudo: str | None = None) -> str:
    found = page.locator(selector).first.evaluate(
        "(element, [name, pseudo]) => getComputedStyle(element, pseudo)[name]", [name, pseudo]
    )
    return str(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_stand_words_and_figures_in_black_and_a_survey_has_boxes_to_fill_in(
    reader: Reader, scheme: Any
) -> None:
    page = reader(color_scheme=scheme)
    page.emulate_media(media="print", color_scheme=scheme)
    page.goto("/polls/us-aims-closed/")
    assert style(page, "body", "color") == "rgb(0, 0, 0)"
    for gone in (".masthead nav", ".foot-of-page nav", ".poll .foot", ".tables"):
        assert not page.locator(gone).first.is_visible()
    assert page.locator(".poll .count").first.is_visible()
    page.goto("/polls/reading-polls/answer/")
    page.emulate_media(media="screen")
    page.locator("main form button.button").first.click()
    page.locator(".answer-steps").wait_for()
    page.emulate_media(media="print", color_scheme=scheme)
    assert page.locator(".answer input[type=radio]").first.is_visible()
    assert not page.locator(".answer-steps").is_visible()
    assert len(page.pdf(format="A4").split(b"/Type /Page\n")) - 1 in (2, 3)
