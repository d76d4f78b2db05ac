"""What a scene is: a page of the site in one state, and the way there.

`arrive` takes a visit and leaves its page in the state that the scene is called after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.stack import Stack


@dataclass(frozen=True)
class Visit:
    """Somebody new at the site: their page, and the address before every path ("" or "/ar")."""

    page: Page
    prefix: str
    site: Stack

    def go(self, path: str) -> None:
        """To a page of the publication, in the language of the visit."""
        self.page.goto(self.prefix + path)

    def see(self, what: str) -> None:
        """Wait until something is there."""
        self.page.locator(what).first.wait_for()

    def press(self, what: str) -> None:
        self.page.locator(what).first.click()

    @property
    def password(self) -> str:
        """Of whoever works here."""
        return (self.site.directory / "editor-password").read_text().strip()

    def carry_out(self, code: str) -> None:
        """Something that happens elsewhere meanwhile: Python on the site."""
        self.site.manage("shell", "--no-imports", "-c", code)


Arrive = Callable[[Visit], None]
# What scenes know of the rows that are planted for them, and what happens on the site meanwhile.
REVIEW, CLOSED_REVIEW, INVITATION, USED_INVITATION = "r" * 43, "c" * 43, "invited", "invited-and-joined"
ARABIC_EDITOR = "editor-ar"
PLANT = "from tests.browser.scenes_planted import plant; plant()"
CLOSE, REOPEN = (f"from tests.browser.scenes_planted import shift; shift({days})" for days in (-0.001, 20))


@dataclass(frozen=True)
class Scene:
    """A page in one state.

    `desk` where an editor has signed in, `short` where the fast tests look at it too, `parts` where a long page is
    drawn in parts, each of these.
    """

    name: str
    arrive: Arrive
    desk: bool = False
    short: bool = False
    parts: str = ""


def at(path: str) -> Arrive:
    def arrive(visit: Visit) -> None:
        visit.go(path)

    return arrive


def first(path: str, links: str) -> Arrive:
    """Where the first of some links leads."""

    def arrive(visit: Visit) -> None:
        visit.go(path)
        visit.page.goto(str(visit.page.locator(links).first.get_attribute("href")))

    return arrive


def own(path: str) -> Arrive:
    """An address that is the same in every language and is told which it is."""

    def arrive(visit: Visit) -> None:
        language = visit.prefix.strip("/")
        visit.page.goto(f"{path}{'&' if '?' in path else '?'}language={language}" if language else path)

    return arrive


def row(table: str, words: str, then: str = "change/") -> Arrive:
    """A page of the desk about the first row of a table that is found by some words."""

    def arrive(visit: Visit) -> None:
        visit.page.goto(f"/admin/{table}/?q={words}")
        link = str(visit.page.locator("#result_list tbody a[href*='/change/']").first.get_attribute("href"))
        found = re.search(r"/(\d+)/change/", link)
        assert found, link
        visit.page.goto(f"/admin/{table}/{found[1]}/{then}")

    return arrive


def followed(arrive: Arrive, *steps: Callable[[Visit], None]) -> Arrive:
    """A way that goes on."""

    def whole(visit: Visit) -> None:
        arrive(visit)
        for step in steps:
            step(visit)
            visit.page.wait_for_load_state()

    return whole


def pressing(what: str) -> Callable[[Visit], None]:
    return lambda visit: visit.press(what)


def seeing(what: str) -> Callable[[Visit], None]:
    return lambda visit: visit.see(what)


def filling(what: str, words: str) -> Callable[[Visit], None]:
    return lambda visit: visit.page.locator(what).first.fill(words)


def as_json(**said: object) -> dict[str, object]:
    """The answer of a door for scripts, as `route.fulfill` takes it."""
    return {"content_type": "application/json", "body": json.dumps(said)}
