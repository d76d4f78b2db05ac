"""Pictures and recordings from the editor's desk to the reader's page, and pasted text, in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.articles.test_pasted import WORD, WORD_STORED
from tests.browser.conftest import Editor, Reader, violations
from tests.browser.test_editor import SIZES
from tests.factories import drawn, encoded
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 700);
})"""
FORM_BODY = "textarea[name=body]"


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    """A picture as it lies on an editor's disk, each time another one."""
    path = tmp_path / "coast.png"
    path.write_bytes(encoded(drawn(1400, 800, seed=time.time_ns())))
    return path


def new_article(desk: Page, title: str) -> Any:
    """The form of a new article with a title, and its editor with the cursor in it."""
    desk.goto("/admin/articles/article/add/")
    desk.get_by_label("Section").select_option(index=1)
    desk.get_by_label("Title").press_sequentially(title)
    body = desk.get_by_role("textbox", name="Text")
    expect(desk.get_by_role("button", name="Insert a picture")).to_be_visible()
    body.click()
    return body


def take_up(desk: Page, file: Path) -> None:
    """Fill in the panel's form for a new picture and send it."""
    panel = desk.locator("dialog.library")
    panel.get_by_text("Add a new picture").click()
    panel.get_by_label("Picture", exact=True).set_input_files(file)
    panel.get_by_label("Alternative text").fill("A map of the coast.")
    panel.get_by_label("Credit").fill("Our own drawing.")
    panel.get_by_role("button", name="Add and insert").click()
    expect(panel).to_be_hidden()


def read_until(page: Page, address: str, selector: str) -> None:
    """Open a page until it has what was just published; it may be a few seconds old in a cache."""
    until(lambda: page.goto(address) and page.locator(selector).count())


def test_a_picture_from_the_disk_to_the_reader(
    editor: Editor,
    reader: Reader,
    stack: Stack,
    map_file: Path,
) -> None:
    stamp = f"{time.time():.0f}"
    desk = editor()
    new_article(desk, f"Coast {stamp}")
    desk.keyboard.type("Before the picture.")
    desk.get_by_role("button", name="Insert a picture").click()
    take_up(desk, map_file)
    expect(desk.locator(".ProseMirror .inset")).to_contain_text("A map of the coast.")
    desk.keyboard.type("After it.")
    stored = desk.locator(FORM_BODY).input_value()
    found = re.fullmatch(r"<p>Before the picture.</p><p>\[\[picture:(\d+)\]\]</p><p>After it.</p>", stored)
    assert found, stored

    # The same picture leads the article: it is found in the panel by its words.
    desk.get_by_role("button", name="Choose a picture").click()
    desk.get_by_label("Find a picture").fill("coast")
    first = desk.locator("dialog.library .found button").first
    expect(first).to_contain_text("coast")  # what was found, and no longer what stood there before
    first.click()
    assert desk.locator("input[name=lead_picture]").input_value() == found[1]

    desk.get_by_role("button", name="Save and preview").click()
    expect(desk.locator(".prose figure img")).to_have_attribute("alt", "A map of the coast.")
    expect(desk.locator(".lead-picture img")).to_be_visible()
    desk.get_by_role("link", name="Back to the form").click()
    expect(desk.locator(".ProseMirror .inset img")).to_be_visible()
    expect(desk.locator(".picture-field img")).to_be_visible()
    desk.get_by_role("button", name="Save and publish").click()
    desk.get_by_role("button", name="Publish or schedule").click()

    for width, scheme in SIZES:
        visitor = reader(width=width, color_scheme=scheme)
        # The renditions are made by Celery within moments.
        read_until(visitor, f"/articles/coast-{stamp}/", ".prose figure img[srcset]")
        image = visitor.locator(".prose figure img")
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0
        used = visitor.locator(".lead-picture img").evaluate("image => image.currentSrc")
        assert used.endswith("-640.webp" if width == 390 else "-960.webp")
        visitor.reload()
        assert visitor.evaluate(SHIFTS) == 0
        overflow = visitor.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (width, overflow, violations(visitor)) == (width, 0, [])


def test_the_panel_is_worked_by_keyboard_and_is_accessible(
    editor: Editor,
    map_file: Path,
) -> None:
    for width, scheme in SIZES:
        desk = editor(width=width, color_scheme=scheme)
        new_article(desk, "Keys")
        desk.get_by_role("button", name="Insert a picture").focus()
        desk.keyboard.press("Enter")
        expect(desk.get_by_label("Find a picture")).to_be_focused()
        expect(desk.locator("dialog.library .found button").first).to_be_visible()
        desk.keyboard.press("Tab")
        expect(desk.locator("dialog.library .found button").first).to_be_focused()
        desk.locator("dialog.library summary").first.click()
        assert (width, violations(desk)) == (width, [])
        overflow = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (width, overflow) == (width, 0)
        desk.keyboard.press("Escape")
        expect(desk.locator("dialog.library")).to_be_hidden()
        desk.get_by_role("button", name="Insert a picture").press("Enter")
        desk.locator("dialog.library .found button").first.press("Enter")
        expect(desk.locator(FORM_BODY)).to_have_value(re.compile(r"\[\[picture:\d+\]\]"))


def test_a_footnote_is_written_where_it_stands(editor: Editor) -> None:
    desk = editor()
    new_article(desk, "Notes")
    desk.keyboard.type("Oil")
    desk.get_by_role("button", name="Insert a footnote").click()
    desk.keyboard.type("In barrels.")
    assert desk.locator(FORM_BODY).input_value() == "<p>Oil[[note: In barrels.]]</p>"


def test_a_bad_picture_is_refused_at_its_field_in_the_panel(
    editor: Editor,
    tmp_path: Path,
) -> None:
    bad = tmp_path / "drawing.png"
    bad.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    desk = editor()
    new_article(desk, "Bad")
    desk.get_by_role("button", name="Insert a picture").click()
    panel = desk.locator("dialog.library")
    panel.get_by_text("Add a new picture").click()
    panel.get_by_label("Picture", exact=True).set_input_files(bad)
    panel.get_by_label("Alternative text").fill("A drawing.")
    panel.get_by_label("Credit").fill("Ours.")
    panel.get_by_role("button", name="Add and insert").click()
    expect(panel.locator(".errorlist")).to_have_text("A drawing in SVG can contain a program; please save it as a PNG.")
    expect(panel.get_by_label("Picture", exact=True)).to_be_focused()


def test_what_is_pasted_from_a_word_processor_arrives_clean(editor: Editor) -> None:
    desk = editor()
    body = new_article(desk, "Pasted")
    # What Word leaves on the clipboard, put there by a real copy and taken from it by a real paste.
    desk.evaluate(
        """html => document.addEventListener("copy", (event) => {
          event.clipboardData.setData("text/html", html);
          event.clipboardData.setData("text/plain", "plain");
          event.preventDefault();
        }, { once: true })""",
        WORD,
    )
    desk.keyboard.press("Control+c")
    desk.keyboard.press("Control+v")
    expect(body.locator("h2")).to_have_text("The harbour")
    # The editor gives every cell of a table a paragraph, also an empty one; and counts its rows and columns.
    written = re.sub(r' (?:colspan="1"|rowspan="1"|data-type="decimal")', "", desk.locator(FORM_BODY).input_value())
    assert written.replace("<td><p></p></td>", "<td></td>").removesuffix("<p></p>") == WORD_STORED
    expect(desk.locator(".library-bar [role=status]")).to_contain_text("A picture was left out")


def test_a_recording_loads_nothing_from_elsewhere_until_it_is_asked_for(
    editor: Editor,
    reader: Reader,
) -> None:
    stamp = f"{time.time():.0f}"
    desk = editor()
    new_article(desk, f"Talk {stamp}")
    desk.get_by_role("button", name="Insert a video or sound").click()
    panel = desk.locator("dialog.library")
    panel.get_by_text("Add a new one").click()
    panel.get_by_label("Link").fill("https://rutube.ru/video/1/")
    panel.get_by_label("What it is called").fill(f"A talk of {stamp}")
    panel.get_by_role("button", name="Add and insert").click()
    expect(panel.locator(".errorlist")).to_contain_text("Recordings can be shown from YouTube, Vimeo")
    panel.get_by_label("Link").fill("https://youtu.be/abcdefghijk?si=x")
    panel.get_by_role("button", name="Add and insert").click()
    expect(panel).to_be_hidden()
    desk.get_by_role("button", name="Save and publish").click()
    desk.get_by_role("button", name="Publish or schedule").click()

    visitor = reader()
    visitor.context.route(re.compile(r"^https://"), lambda route: route.fulfill(body="<p>A player</p>"))
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(urlsplit(request.url).hostname or ""))
    read_until(visitor, f"/articles/talk-{stamp}/", "figure.recording")
    visitor.wait_for_load_state("networkidle")
    link = visitor.locator("figure.recording a.play")
    expect(link).to_contain_text("Play — loads from www.youtube-nocookie.com")
    expect(link).to_have_attribute("href", "https://www.youtube.com/watch?v=abcdefghijk")
    assert set(asked) == {"127.0.0.1"}
    assert violations(visitor) == []
    link.press("Enter")
    frame = visitor.locator("figure.recording iframe")
    expect(frame).to_have_attribute("src", "https://www.youtube-nocookie.com/embed/abcdefghijk?autoplay=1")
    expect(frame).to_be_focused()
    expect(frame.content_frame.get_by_text("A player")).to_be_visible()
    assert set(asked) == {"127.0.0.1", "www.youtube-nocookie.com"}

    plain = reader(java_script_enabled=False)
    plain.goto(f"/articles/talk-{stamp}/")
    expect(plain.locator("figure.recording a.play")).to_have_attribute(
        "href", "https://www.youtube.com/watch?v=abcdefghijk"
    )


def test_the_pages_of_the_library_are_accessible(editor: Editor) -> None:
    for width, scheme in SIZES:
        desk = editor(width=width, color_scheme=scheme)
        desk.goto("/admin/articles/picture/")
        first = desk.locator("#result_list th a, #result_list td a").first.get_attribute("href")
        assert first
        for address in (
            "/admin/articles/picture/",
            "/admin/articles/picture/add/",
            first,
            "/admin/articles/document/add/",
            "/admin/articles/recording/",
            "/admin/articles/recording/add/",
        ):
            desk.goto(address)
            overflow = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert (address, width, overflow, violations(desk)) == (address, width, 0, [])
