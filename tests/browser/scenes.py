"""Every page and state of the site as a visitor meets it: what the gallery draws and what axe looks at.

The scenes stand in three files, by who comes: `scenes_reader.py`, `scenes_respondent.py`, `scenes_desk.py`; what a
scene is, in `scene.py`; the rows that the demo does not have, in `scenes_planted.py`. Each is met in every language
that the publication shows: readers by the address, who works here as somebody whose desk speaks it.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser import scenes_desk, scenes_reader, scenes_respondent
from tests.browser.scene import ARABIC_EDITOR, PLANT, Scene, Visit
from tests.stack import Stack

SCENES: list[Scene] = [*scenes_reader.SCENES, *scenes_respondent.SCENES, *scenes_desk.SCENES]
# A session is used again, for each signing in costs a second of hashing.
_signed_in: dict[tuple[str, str], list[Any]] = {}


def prepare(site: Stack) -> None:
    """Add what the demo does not have."""
    site.manage("shell", "--no-imports", "-c", PLANT)


def meet(page: Page, site: Stack, scene: Scene, language: str, *, own: str) -> None:
    """Bring a new page to a scene, in a language."""
    if scene.desk:
        sign_in(page, site, language)
    scene.arrive(Visit(page, "" if language == own else f"/{language}", site))


def sign_in(page: Page, site: Stack, language: str = "en") -> None:
    """As the editor of `make run`, or as one whose desk speaks Arabic."""
    key = (site.base_url, language)
    if key in _signed_in:
        page.context.add_cookies(_signed_in[key])
        return
    page.goto("/admin/")
    page.locator("input[name=login], input[name=username]").fill(ARABIC_EDITOR if language == "ar" else "editor")
    page.locator("input[type=password]").fill((site.directory / "editor-password").read_text().strip())
    page.locator("main button[type=submit], #content-main [type=submit]").first.click()
    page.locator("#site-name").wait_for()
    _signed_in[key] = list(page.context.cookies())


def languages(site: Stack, wanted: tuple[str, ...] = ("en", "ar")) -> list[str]:
    """Those of `wanted` that the publication shows, the first its own."""
    said = site.manage(
        "shell",
        "--no-imports",
        "-c",
        "from articles.publication import current as c; r = c(); print(r.default_language, *r.languages)",
    ).split()
    own, shown = said[0], said[1:]
    return [own, *(language for language in wanted if language in shown and language != own)]
