"""Take the pictures of the README and of the editors' guide from a running site.

    python docs/take_pictures.py http://127.0.0.1:8000 var/editor-password

It votes in the demo's open poll as a new reader would and writes a draft at the desk, so run it on a demo publication
that `make run` has just made, never where readers are.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
ARTICLE = "/articles/what-washington-wants/"
DESK = {
    "desk": "/admin/",
    "publication": "/admin/articles/publication/",
    "library": "/admin/articles/picture/",
    "people": "/admin/articles/person/",
}


def main(site: str, password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        as_a_reader(page, site)
        as_an_editor(page, site, password)
        browser.close()


def as_a_reader(page: Page, site: str) -> None:
    """The home page, and an article after voting."""
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


def as_an_editor(page: Page, site: str, password: str) -> None:
    """The desk, and a draft on its way: written, compared, about to be published."""
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("text=The editors’ desk")
    for name, address in DESK.items():
        page.goto(site + address)
        page.screenshot(path=PICTURES / f"{name}.png")
    page.goto(f"{site}/admin/articles/article/add/")
    page.get_by_label("Section").select_option(label="Economy")
    page.get_by_role("textbox", name="Title:").press_sequentially("The harbour that was built twice")
    page.get_by_label("Summary").fill("What the harbour costs, and whom.")
    page.get_by_role("textbox", name="Text").click()
    page.keyboard.type("The harbour was built twice, and it is still too small.")
    page.get_by_label("Question").fill("Who should pay for the harbour?")
    page.get_by_label("Options").fill("The town\nThe state\nWhoever uses it")
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=PICTURES / "article-form.png", full_page=True)
    page.get_by_role("button", name="Save and continue editing").click()
    page.wait_for_selector("text=was added successfully")
    page.get_by_label("Summary").fill("What the harbour costs, who pays, and who should.")
    page.get_by_role("button", name="Save and continue editing").click()
    page.wait_for_selector("text=was changed successfully")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Compare").click()
    page.screenshot(path=PICTURES / "versions.png")
    page.go_back()
    page.go_back()
    page.get_by_role("link", name="Publish or schedule").click()
    page.screenshot(path=PICTURES / "publish.png")
    page.goto(f"{site}/admin/polls/poll/add/")
    page.get_by_label("Insert", exact=True).select_option(label="Satisfaction with what we publish")
    page.get_by_role("button", name="Insert it").click()
    page.wait_for_selector("text=Question 10")
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=PICTURES / "survey.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]).read_text().strip())
