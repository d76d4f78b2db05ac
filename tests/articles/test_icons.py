"""The mark of the publication: in every form that browsers ask for, in its accent, and the manifest."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from articles import colours, icons, publication
from articles.models.publication import ACCENT
from tests import pages
from tests.factories import make_publication

pytestmark = pytest.mark.django_db
LINKS = {
    ("icon", "/favicon.ico"),
    ("icon", "/icon.svg"),
    ("apple-touch-icon", "/apple-touch-icon.png"),
    ("manifest", "/manifest.webmanifest"),
}


def linked(page) -> set[tuple[str, str]]:
    return {(link["rel"], link["href"]) for link in page.all("link") if link["rel"] in {rel for rel, _ in LINKS}}


@pytest.mark.parametrize("address", ["/", "/no-such-page/", "/account/login/", "/admin/"])
def test_every_page_names_the_mark_and_a_colour_for_the_browser_by_day_and_by_night(address):
    client = Client()
    if address == "/admin/":
        client.force_login(User.objects.create_superuser("editor", password="editor-password"))
    page = pages.read(client.get(address))
    assert linked(page) == LINKS
    assert {meta["content"] for meta in page.all("meta", name="theme-color")} == {
        colours.LIGHT_PAPER,
        colours.DARK_PAPER,
    }


@pytest.mark.parametrize("side", [180, 192, 512])
def test_a_picture_of_the_mark_has_its_size_and_the_accent(side):
    make_publication(accent="#0b5d3b")
    publication.forget()
    name = "apple-touch-icon.png" if side == 180 else f"icon-{side}.png"
    answer = Client().get(f"/{name}")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/png", "public, max-age=86400")
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert image.size == (side, side)
    # The middle of the second bar, and a corner, which is the ground to the very edge.
    assert image.getpixel((side * 13 // 32, side // 2)) == tuple(bytes.fromhex(colours.at_night("#0b5d3b")[1:]))
    assert image.getpixel((0, 0)) == tuple(bytes.fromhex(icons.GROUND[1:]))


def test_the_icon_for_old_browsers_holds_three_sizes():
    answer = Client().get("/favicon.ico")
    assert answer["Content-Type"] == "image/x-icon"
    found = Image.open(io.BytesIO(answer.content))
    assert found.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


def test_the_drawing_is_one_that_can_be_read_and_the_one_that_error_pages_use():
    answer = Client().get("/icon.svg")
    assert [len(pages.read(answer).all(tag)) for tag in ("svg", "rect")] == [1, 4]
    assert answer.content.decode() == icons.svg(ACCENT) == Path("articles/static/articles/icon.svg").read_text()


def test_the_manifest_says_whose_site_it_is_and_every_picture_in_it_is_there():
    make_publication(name="صحيفة")
    publication.forget()
    answer = Client().get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    said = answer.json()
    assert (said["name"], said["start_url"], said["display"], said["lang"]) == ("صحيفة", "/", "minimal-ui", "en")
    assert [Client().get(each["src"]).status_code for each in said["icons"]] == [200] * 5


def test_a_mark_sets_no_cookie_and_is_only_read():
    assert dict(Client().get("/favicon.ico").cookies) == {}
    assert Client().post("/favicon.ico").status_code == 405


def test_every_icon_of_the_sprite_is_used_and_every_icon_used_is_in_it():
    sprite = Path("articles/static/articles/icons.svg").read_text(encoding="utf-8")
    used = "".join(path.read_text(encoding="utf-8") for path in Path("templates").rglob("*.html"))
    drawn = set(re.findall(r'<symbol id="(\w+)"', sprite))
    assert set(re.findall(r"icons\.svg' %}#(\w+)", used)) == drawn
