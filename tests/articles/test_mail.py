"""Letters: each goes out as text and as HTML, and both say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core import mail as sent
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from articles import mail
from tests import pages
from tests.factories import make_publication

pytestmark = pytest.mark.django_db
TEXT = "Somebody <b>invites</b> you & others:\n\nhttps://example.org/a/?b=1&c=2\n\nOnce.\nTwice."


def said(html: str) -> str:
    """What a mail program shows under the subject: the words of the page, lines and paragraphs run together."""
    page = pages.read(HttpResponse(html.replace("<br>", " ")))
    subject, whole = page.one("h1").text, page.one("body").text
    assert page.one("title").text == subject == whole[: len(subject)]
    return " ".join(whole[len(subject) :].split())


def both(letter: EmailMessage) -> tuple[str, str]:
    ((html, kind),) = letter.alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    return str(letter.body), str(html)


@pytest.fixture
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sent.outbox = []
    return sent.outbox


def test_a_letter_of_ours_says_the_same_in_text_and_in_html(outbox):
    make_publication()
    assert mail.send(to="ann@example.org", subject="you are\ninvited", text=TEXT)
    (letter,) = outbox
    text, html = both(letter)
    assert letter.subject == pages.read(HttpResponse(html)).one("h1").text == "The Meridian Review: you are invited"
    assert said(html) == " ".join(text.split())
    assert pages.read(HttpResponse(html)).one("a")["href"] == "https://example.org/a/?b=1&c=2"


@pytest.mark.parametrize("known", [True, False])
def test_a_letter_about_a_password_says_the_same_in_both(outbox, known, django_user_model):
    make_publication()
    if known:
        django_user_model.objects.create_user("ann", email="ann@example.org", password="a-password-of-hers")
    Client().post("/account/password/reset/", {"email": "ann@example.org"})
    (letter,) = outbox
    text, html = both(letter)
    assert said(html) == " ".join(text.split())
    assert text.strip().endswith("The Meridian Review")
    assert [link["href"] for link in pages.read(HttpResponse(html)).all("a")] == re.findall(r"http\S+", text)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=300))
def test_whatever_a_text_holds_its_html_shows_it_and_nothing_acts(text):
    html = mail.as_html(subject=text, text=text)
    assert said(html) == " ".join(text.split())
    assert "<script" not in html.replace(text, "")


def test_it_is_mirrored_where_its_language_is_written_from_the_right():
    with translation.override("ar"):
        page = pages.read(HttpResponse(mail.as_html(subject="x", text="x")))
    assert (page.one("html")["lang"], page.one("html")["dir"]) == ("ar", "rtl")


def test_it_loads_nothing_and_its_colours_are_those_of_the_site():
    template = Path("templates/mail.html").read_text(encoding="utf-8")
    tokens = Path("articles/static/articles/tokens.css").read_text(encoding="utf-8")
    assert set(re.findall(r"#[0-9a-f]{6}", template)) - set(re.findall(r"#[0-9a-f]{6}", tokens)) == set()
    assert re.findall(r"src=|url\(|@import|<link|<img", template) == []
