"""Readers with browsers of their own, on the running site of the `stack` fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests import chromium
from tests.stack import Stack

# Nobody is held to a time here: a busy machine may take long, and what never comes still fails.
expect.set_options(timeout=60_000)

Reader = Callable[..., Page]
Editor = Callable[..., Page]
SECOND = """
from django.contrib.auth.models import User
first = User.objects.get(username="editor")
user, _ = User.objects.get_or_create(username="{name}", defaults={{"is_staff": True}})
user.set_password("{password}")
user.save()
user.groups.set(first.groups.all())
user.user_permissions.set(first.user_permissions.all())
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file at a time: while it runs, Django refuses the ORM to this thread."""
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def reader(browser: Browser, stack: Stack) -> Iterator[Reader]:
    """A new reader on each call, with cookies and storage of their own.

    Whatever a page does that its policy forbids, and any error in a script, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    def arrive(*, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(
            base_url=stack.base_url, viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def editor(reader: Reader, stack: Stack) -> Editor:
    """A browser in which the editor of `make run` has signed in, or another account with the same rights."""

    def sign_in(account: str = "editor", **options: Any) -> Page:
        password = (stack.directory / "editor-password").read_text().strip()
        if account != "editor":
            stack.manage("shell", "--no-imports", "-c", SECOND.format(name=account, password=password))
        page = reader(**options)
        page.goto("/admin/")
        page.get_by_label("Username").fill(account)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="The editors’ desk")).to_be_visible()
        return page

    return sign_in


def violations(page: Page, *rules: str) -> list[tuple[str, list[str]]]:
    """What axe finds on the page as it stands, rule by rule: of these rules, or of all."""
    page.wait_for_load_state()  # a click leads to a page that comes bit by bit
    # Before its font is there an icon is a word, and its colours are judged as a word's.
    page.evaluate("document.fonts.ready.then(() => true)")
    # Without axe's own parsing of style sheets, which the policy forbids it.
    options = {"preload": False, **({"runOnly": list(rules)} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found]


def accessible(page: Page) -> None:
    """Nothing that axe finds, and nothing wider than the screen."""
    page.wait_for_load_state()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (page.url, violations(page), overflow) == (page.url, [], 0)


def check(page: Page, address: str) -> None:
    """The same of the page at an address."""
    page.goto(address)
    accessible(page)
