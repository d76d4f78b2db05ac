"""Axe on every page and state that the gallery draws: no violation of any impact, and nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import gallery
from tests.browser import scenes
from tests.browser.conftest import violations
from tests.browser.scene import Scene
from tests.browser.scenes import SCENES
from tests.stack import UNLIMITED, Stack

pytestmark = pytest.mark.browser
NARROW, WIDE = 390, 1280
# Day and night differ by colours alone: what else axe asks has one answer for both.
OF_COLOURS = ("color-contrast", "link-in-text-block")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, list[str]]]:
    """A site of its own, for what is added to it would stand in the lists that other tests count."""
    with Stack(tmp_path_factory.mktemp("gallery") / "var", **UNLIMITED) as site:
        scenes.prepare(site)
        yield site, scenes.languages(site)


def faults(page: Page, *rules: str) -> tuple[list[tuple[str, list[str]]], int]:
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return violations(page, *rules), overflow


@pytest.mark.stack
@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.short], ids=lambda scene: scene.name)
def test_the_main_pages_have_no_fault_on_a_phone_by_day_and_on_a_desk_by_night(
    browser: Browser, stack: Stack, scene: Scene
) -> None:
    context = gallery.new_context(browser, stack)
    page = gallery.met(context, stack, scene, "en", own="en")
    for width, scheme in ((NARROW, "light"), (WIDE, "dark")):
        gallery.look(page, width, scheme)
        assert (width, scheme, *faults(page)) == (width, scheme, [], 0)
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_page_in_every_state_has_no_fault_by_day_and_by_night_in_both_directions(
    browser: Browser, whole: tuple[Stack, list[str]], scene: Scene
) -> None:
    site, spoken = whole
    for language in spoken:
        context = gallery.new_context(browser, site)
        page = gallery.met(context, site, scene, language, own=spoken[0])
        for width, scheme in gallery.looks(page):
            rules = () if scheme == "light" else OF_COLOURS
            assert (language, width, scheme, *faults(page, *rules)) == (language, width, scheme, [], 0)
        context.close()
