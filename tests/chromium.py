"""The browser of the tests: Chromium, where Debian has it without the windows that nobody looks at.

`chromium-headless-shell` is the same engine in the same version and costs half the processor.
"""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

HOW = "apt install chromium-headless-shell"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")


def found() -> str | None:
    """Where it is installed; None where it is not."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launched(playwright: Playwright) -> Browser:
    """A browser, for its caller to close."""
    # Debian's Chromium finds no sandbox for root, who runs the tests in a container; without hinting, letters are as
    # wide in the shell as in a reader's browser.
    return playwright.chromium.launch(executable_path=found(), args=["--no-sandbox", "--font-render-hinting=none"])
