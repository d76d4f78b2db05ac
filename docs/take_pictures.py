"""Take the pictures of the README from a running site: `python docs/take_pictures.py http://127.0.0.1:8000`.

It votes in the demo's open poll as a new reader would, so run it on a demo publication, never where readers are.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parent / "pictures"
ARTICLE = "/articles/what-washington-wants/"


def main(site: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(site)
        page.screenshot(path=PICTURES / "home.png")
        page.goto(site + ARTICLE)
        card = page.locator(".poll")
        card.locator("label").nth(1).click()
        card.locator("button.button").click()
        page.wait_for_selector(".poll .counted")
        page.wait_for_timeout(1500)  # the bars have grown
        card.evaluate("card => window.scrollTo(0, card.getBoundingClientRect().top + window.scrollY - 90)")
        page.screenshot(path=PICTURES / "article-voted.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
