"""`make gallery`: a picture of every page and state, in each width, by day and by night, in two languages.

It starts a site of its own with the demo, ends it, and leaves the pictures in `var/gallery/`, with `index.html` to look
at them. `.venv/bin/python -m tests.gallery poll-voted desk` takes only the scenes whose names begin so.
"""

from __future__ import annotations

import html
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from polls_site.prepare import ROOT
from tests import chromium
from tests.browser import scenes
from tests.browser.scene import Scene
from tests.browser.scenes import SCENES
from tests.stack import UNLIMITED, Stack

FOLDER = ROOT / "var" / "gallery"
WIDTHS = (390, 768, 1280)
SCHEMES = ("light", "dark")
TALLEST = 12_000  # pixels: a longer page is drawn in several pictures


def main(wanted: list[str]) -> None:
    """Draw the scenes whose names begin with one of `wanted`, or all."""
    chosen = [scene for scene in SCENES if not wanted or scene.name.startswith(tuple(wanted))]
    if not chosen:
        sys.exit(f"No scene is called so. There are: {' '.join(scene.name for scene in SCENES)}")
    if not wanted:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="polls-gallery-") as directory:
        print("Starting a site with the demo …", flush=True)
        with Stack(Path(directory) / "var", **UNLIMITED) as site, sync_playwright() as playwright:
            scenes.prepare(site)
            spoken = scenes.languages(site)
            browser = chromium.launched(playwright)
            missing = _draw_all(site, browser, chosen, spoken)
            browser.close()
    (FOLDER / "index.html").write_text(contact_sheet(spoken), encoding="utf-8")
    print(f"{FOLDER / 'index.html'}")
    if missing:
        _complain(missing)


def _draw_all(site: Stack, browser: Browser, chosen: list[Scene], spoken: list[str]) -> list[str]:
    rounds = [(scene, language) for scene in chosen for language in spoken]
    missing, began = [], time.monotonic()
    for number, (scene, language) in enumerate(rounds, 1):
        context = new_context(browser, site)
        try:
            page = met(context, site, scene, language, own=spoken[0])
            draw(page, scene, language)
            said = "drawn"
        except Exception as error:  # one page that cannot be met must not cost the others
            missing.append(f"{scene.name} ({language}): {str(error).splitlines()[0]}")
            said = "not drawn"
        context.close()
        print(f"{number}/{len(rounds)} {scene.name} {language}: {said}, {time.monotonic() - began:.0f} s", flush=True)
    return missing


def new_context(browser: Browser, site: Stack) -> BrowserContext:
    """A visitor of their own."""
    context = browser.new_context(
        base_url=site.base_url, viewport={"width": WIDTHS[-1], "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    return context


def met(context: BrowserContext, site: Stack, scene: Scene, language: str, *, own: str) -> Page:
    """The page of a scene, in a language."""
    page = context.new_page()
    scenes.meet(page, site, scene, language, own=own)
    page.wait_for_load_state()
    page.evaluate(EVERYTHING_THERE)
    return page


def looks(page: Page, widths: tuple[int, ...] = WIDTHS) -> Iterator[tuple[int, str]]:
    """The page in each width, by day and by night."""
    for width in widths:
        for scheme in SCHEMES:
            look(page, width, scheme)
            yield width, scheme


def look(page: Page, width: int, scheme: str) -> None:
    """Let the page be as wide as that, by day (`light`) or by night (`dark`)."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    # The desk's colours change by degrees; what is between two is neither.
    page.evaluate("document.getAnimations().forEach(each => each.playState === 'running' && each.finish())")


def draw(page: Page, scene: Scene, language: str) -> None:
    """The pictures of a page: one in each look, or more where it is long or a scene has parts."""
    for width, scheme in looks(page):
        for number, (top, height) in enumerate(_cut(page, scene.parts)):
            page.screenshot(
                path=FOLDER / f"{scene.name}.{language}.{width}.{scheme}{f'.{number + 1}' if number else ''}.png",
                full_page=True,
                clip={"x": 0, "y": top, "width": width, "height": height},
            )


def _cut(page: Page, parts: str) -> Iterator[tuple[int, int]]:
    """Where each picture of a page begins, and how tall it is."""
    whole = int(page.evaluate("document.documentElement.scrollHeight"))
    boxes = [part.bounding_box() for part in page.locator(parts).all()] if parts else []
    for top, bottom in [(int(box["y"]), int(box["y"] + box["height"])) for box in boxes if box] or [(0, whole)]:
        for begin in range(top, bottom, TALLEST):
            yield begin, min(TALLEST, bottom - begin)


def contact_sheet(spoken: list[str]) -> str:
    """One page with all pictures, a line for each scene and language."""
    parts = ["<!doctype html><meta charset=utf-8><title>Gallery</title><style>", SHEET, "</style><h1>Gallery</h1>"]
    for scene in SCENES:
        for language in spoken:
            found = [
                (drawn.name, width, scheme)
                for width in WIDTHS
                for scheme in SCHEMES
                for drawn in sorted(FOLDER.glob(f"{scene.name}.{language}.{width}.{scheme}*.png"))
            ]
            if not found:
                continue
            parts.append(f"<h2>{html.escape(scene.name)} <small>{language}</small></h2><div>")
            parts += [
                f'<a href="{name}"><img loading=lazy src="{name}" alt="" style="width:{width // 4}px">'
                f"<small>{width} {scheme}</small></a>"
                for name, width, scheme in found
            ]
            parts.append("</div>")
    return "\n".join(parts)


# Letters, and pictures that wait for the reader to come near.
EVERYTHING_THERE = """async () => {
  for (const image of document.querySelectorAll("img[loading=lazy]")) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await document.fonts.ready;
}"""
SHEET = (
    "body{font:14px system-ui;margin:24px;background:#ddd}div{display:flex;gap:12px;align-items:start}"
    "a{display:block;max-height:460px;overflow:hidden;text-decoration:none;color:inherit}img{display:block}"
)


def _complain(missing: list[str]) -> NoReturn:
    sys.exit("Not drawn:\n  " + "\n  ".join(missing))


if __name__ == "__main__":
    main(sys.argv[1:])
