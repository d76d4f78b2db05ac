"""Readers with browsers of their own, on the running site of the `stack` fixture."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.stack import Stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

Reader = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file at a time: while it runs, Django refuses the ORM to this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
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
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert complaints == []
