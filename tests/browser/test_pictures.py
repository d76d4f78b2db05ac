"""A question with pictures has room for its pictures and for their words, on a phone and on a wide screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Reader, accessible
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]
MAKE = """
from articles.models import Picture
from polls.models import Option, Poll
from tests.factories import make_poll
if not Poll.objects.filter(slug="kind-image").exists():
    poll = make_poll("kind-image", kind="image", options=["The northern quay", "The bridge", "The market at six"])
    for option, picture in zip(poll.questions.get().options.all(), Picture.objects.all(), strict=False):
        shown = {"id": picture.pk, "src": picture.file.url, "width": picture.width, "height": picture.height}
        Option.objects.filter(pk=option.pk).update(settings={"picture": shown})
"""


def width(part: Locator) -> float:
    box = part.bounding_box()
    assert box
    return box["width"]


def roomy(page: Page, *, beside: int) -> None:
    """So many options stand beside each other; each picture and its words are as wide as the option."""
    options = page.locator(".poll .pictures .option").all()
    assert len({round(option.bounding_box()["x"]) for option in options}) == beside  # type: ignore[index]
    for option in options:
        whole = width(option)
        assert (whole > 140, width(option.locator(".choice-picture"))) == (True, whole)
        assert width(option.locator("label.text")) == whole
        # The words stand in lines, not letter under letter.
        assert option.locator("label.text span").evaluate("e => e.getClientRects().length") <= 2


@pytest.mark.parametrize(("screen", "beside"), [(320, 1), (390, 2), (768, 3), (1280, 3)])
def test_pictures_and_their_words_have_the_whole_width_of_an_option_before_and_after_the_vote(
    reader: Reader, stack: Stack, screen: int, beside: int
) -> None:
    stack.manage("shell", "--no-imports", "-c", MAKE)
    page = reader(width=screen)
    page.goto("/polls/kind-image/")
    roomy(page, beside=beside)
    accessible(page)
    page.locator("label.text").nth(1).click()
    expect(page.locator(".pictures input").nth(1)).to_be_checked()
    page.get_by_role("button", name="Vote", exact=True).click()
    expect(page.locator(".counted")).to_be_visible()
    roomy(page, beside=beside)
    accessible(page)
