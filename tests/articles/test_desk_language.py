"""The desk speaks to everybody in their own language; readers' pages do not change by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from articles import roles
from articles.models import Staff
from articles.roles import Role
from polls.characters import quoted
from tests import pages
from tests.factories import make_article, make_publication, make_section

pytestmark = pytest.mark.django_db
PASSWORD = "a-quiet-long-password"


@pytest.fixture
def editor() -> User:
    user = User.objects.create_user("ed", "ed@example.org", PASSWORD, is_staff=True)
    roles.give(user, Role.EDITOR, [])
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    return client


def language(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    html = pages.read(answer).one("html")
    assert answer["Content-Language"] == html["lang"]
    assert html["dir"] == ("rtl" if html["lang"] == "ar" else "ltr")
    return html["lang"]


def test_an_account_chooses_its_language_and_keeps_it(editor: User) -> None:
    make_publication(languages=["en"])
    client = signed_in(editor)
    assert language(client, "/admin/") == "en"
    assert client.post("/account/language/", {"language": "ar"}).status_code == 302
    assert Staff.objects.get(user=editor).language == "ar"
    assert (language(client, "/admin/"), language(client, "/account/language/")) == ("ar", "ar")
    assert language(client, "/admin/articles/article/") == "ar"
    assert language(client, "/") == "en"
    assert language(signed_in(editor), "/admin/") == "ar"  # elsewhere, and later


def test_the_sections_of_somebody_stay_when_they_choose_a_language() -> None:
    user = User.objects.create_user("author", "au@example.org", PASSWORD, is_staff=True)
    section = make_section("mine")
    roles.give(user, Role.AUTHOR, [section])
    signed_in(user).post("/account/language/", {"language": "de"})
    staff = Staff.objects.get(user=user)
    assert (list(staff.sections.all()), staff.limited, staff.language) == ([section], True, "de")


def test_what_is_no_language_is_refused(editor: User) -> None:
    client = signed_in(editor)
    answer = client.post("/account/language/", {"language": "xx"})
    assert answer.status_code == 200
    assert not Staff.objects.filter(language="xx").exists()


def test_without_a_choice_the_desk_speaks_the_language_of_the_publication(editor: User) -> None:
    make_publication(default_language="de", languages=["de"])
    assert language(signed_in(editor), "/admin/") == "de"


def test_the_desk_leads_to_pages_in_the_language_of_the_publication(editor: User) -> None:
    make_publication(languages=["en", "de"])
    article = make_article("harbour")
    client = signed_in(editor)
    client.post("/account/language/", {"language": "ru"})
    links = [
        each.attributes.get("href")
        for each in pages.read(client.get(f"/admin/articles/article/{article.pk}/change/")).all("a")
    ]
    assert "/ru/articles/harbour/" not in links
    translated = [each["href"] for each in pages.read(Client().get("/de/")).all("a") if "harbour" in each["href"]]
    assert set(translated) == {"/de/articles/harbour/"}  # and that of another reader is as it was


def test_the_bar_over_a_preview_speaks_to_the_editor_and_the_article_to_its_readers(editor: User) -> None:
    make_publication(languages=["en", "de"])
    article = make_article("harbour")
    client = signed_in(editor)
    client.post("/account/language/", {"language": "ar"})
    page = pages.read(client.get(f"/admin/articles/article/{article.pk}/preview/?language=de"))
    bar = page.one("aside", class_="preview")
    assert (page.one("html")["lang"], bar["lang"], bar["dir"]) == ("de", "ar", "rtl")
    with translation.override("ar"):
        assert bar["aria-label"] == gettext("Preview") != "Preview"


def test_signing_in_speaks_the_language_asked_for_or_that_of_the_browser() -> None:
    make_publication(languages=["en"])
    assert language(Client(), "/account/login/") == "en"
    assert language(Client(), "/account/login/?language=fr") == "fr"
    assert language(Client(headers={"Accept-Language": "xx, de-CH;q=0.9, en;q=0.8"}), "/account/login/") == "de"
    assert language(Client(headers={"Accept-Language": "de"}), "/") == "en"


def test_a_mail_is_in_the_language_of_whom_it_goes_to(editor: User) -> None:
    make_publication(languages=["en"])
    Staff.objects.update_or_create(user=editor, defaults={"language": "de"})
    Client(headers={"Accept-Language": "fr"}).post("/account/password/reset/", {"email": "ed@example.org"})
    (letter,) = mail.outbox
    with translation.override("de"):
        expected = translation.gettext("a new password")
    assert expected != "a new password"
    assert expected in letter.subject


def test_checking_a_row_in_another_language_writes_no_translation(editor: User) -> None:
    article: Any = make_article("harbour")
    with translation.override("de"):
        article.full_clean(exclude=["i18n"])
    assert article.i18n in (None, {})


def test_a_text_runs_in_its_own_direction_at_a_desk_of_the_other(editor: User) -> None:
    make_publication(languages=["en", "ar"])
    article = make_article()
    client = signed_in(editor)
    client.post("/account/language/", {"language": "ar"})
    own = editors(client, reverse("admin:articles_article_change", args=[article.pk]))
    translated = editors(client, reverse("admin:articles_translation", args=["article", article.pk, "ar"]))
    assert (own, translated) == ([("en", "ltr")], [("ar", "rtl")])


def editors(client: Client, path: str) -> list[tuple[str, str]]:
    """Language and direction of what the editors for running text hold."""
    found = pages.read(client.get(path)).all("textarea")
    held = [each for each in found if "data-django-prose-editor-configurable" in each.attributes]
    return [(each["lang"], each["dir"]) for each in held]


def test_a_name_in_a_sentence_from_right_to_left_keeps_its_own_order() -> None:
    with translation.override("ar"):
        assert "\u2068Who pays?\u2069" in quoted("Who pays?")
    with translation.override("de"):
        assert quoted("Who pays?") == "„Who pays?“"
