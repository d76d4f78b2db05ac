"""What a first visit loads: bytes over the wire by kind, scripts of ours, requests to others, layout shift."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Request, sync_playwright

from benchmarks.pages import PAGES, table
from tests.stack import Stack

KINDS = ("document", "stylesheet", "script", "font", "image")
WIDTHS = (390, 1280)
# Chromium reports each shift of what a reader sees, apart from those within half a second of a press.
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifted += one.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


def measure(site: Stack, chromium: str) -> str:
    """Each page at two widths, in a browser that has never been there; a table in kilobytes of 1,000 bytes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        rows = [_visit(browser, site, name, width) for name in PAGES for width in WIDTHS]
        browser.close()
    heads = ["page", "width", *KINDS, "all", "without pictures", "requests", "to others", "layout shift"]
    return "## What a first visit loads\n\nKilobytes as sent (compressed, with headers).\n\n" + table(heads, rows)


def _visit(browser: Browser, site: Stack, name: str, width: int) -> list[Any]:
    context = browser.new_context(base_url=site.base_url, viewport={"width": width, "height": 844})
    context.add_init_script(WATCH)
    page = context.new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(PAGES[name], wait_until="load")
    for _ in range(20):  # to the end, as a reader comes to the pictures below
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(100)
    sent: Counter[str] = Counter()
    for request in finished:
        sizes = request.sizes()
        sent[request.resource_type] += sizes["responseHeadersSize"] + sizes["responseBodySize"]
    others = sum(urlsplit(request.url).netloc != urlsplit(site.base_url).netloc for request in finished)
    shift = round(float(page.evaluate("window.shifted")), 4)
    context.close()
    kilobytes = [round(sent[kind] / 1000, 1) for kind in KINDS]
    whole = sent.total() / 1000
    bare = whole - sent["image"] / 1000
    return [name, width, *kilobytes, round(whole, 1), round(bare, 1), len(finished), others, shift]
