"""The accessibility statement: on every site, in the footer, naming its measure and what falls short."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import translation

from articles import translations
from articles.body import stored
from articles.models import Page, Translated
from polls import spoken
from tests import pages
from tests.factories import make_publication

pytestmark = pytest.mark.django_db
migration = import_module("articles.migrations.0012_accessibility_statement")


def test_it_names_its_measure_what_is_tested_what_falls_short_and_whom_to_tell():
    page = pages.read(Client().get("/pages/accessibility/")).one("main")
    assert [heading.text for heading in page.all("h2")] == [
        "What is tested, and how",
        "What falls short, as far as we know",
        "If something keeps you out",
    ]
    assert "Web Content Accessibility Guidelines (WCAG) 2.2 at level AA" in page.text
    assert [len(each.all("li")) for each in page.all("ul")] == [6, 6]


@pytest.mark.parametrize("address", ["/", "/polls/", "/no-such-page/"])
def test_every_page_leads_to_it_from_its_footer(address):
    footer = pages.read(Client().get(address)).one("footer")
    assert "/pages/accessibility/" in [link["href"] for link in footer.all("a")]


def test_a_statement_that_the_editors_have_written_is_left_as_it_is():
    Page.objects.filter(role="accessibility").update(body="<p>Our own.</p>")
    migration.state(apps, None)
    assert Page.objects.get(role="accessibility").body == "<p>Our own.</p>"


def test_it_is_stored_as_the_editor_s_field_would_store_it():
    page = Page.objects.get(role="accessibility")
    page.clean_fields(exclude=["i18n"])
    assert page.body == migration.as_stored(migration.STATEMENT)


# --- in the other languages -----------------------------------------------------------------------------------------

in_languages = import_module("articles.migrations.0017_pages_in_other_languages")
OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@pytest.mark.parametrize("role", ["privacy", "accessibility"])
def test_the_pages_with_which_a_site_starts_are_there_in_every_language_part_by_part(role: str) -> None:
    make_publication(languages=[settings.LANGUAGE_CODE, *OTHERS], strapline="")
    page: Any = Page.objects.get(role=role)
    found = dict.fromkeys([settings.LANGUAGE_CODE], (page.title, page.body))
    for code in OTHERS:
        with translation.override(code):
            found[code] = (page.title_i18n, page.body_i18n)
        assert stored(found[code][1]) == found[code][1]
    parts = {code: re.findall(r"<(/?\w+)>", text) for code, (_title, text) in found.items()}
    assert parts == dict.fromkeys(found, parts["en"])
    numbers = {
        code: sorted(re.findall(r"\d+(?:[.,]\d)?", text.replace(",", "."))) for code, (_t, text) in found.items()
    }
    assert numbers == dict.fromkeys(found, numbers["en"])
    assert len({title for title, _body in found.values()}) == len(found)
    assert {each.language: each.complete and not each.stale for each in translations.standing(page)} == dict.fromkeys(
        OTHERS, True
    )
    shown = pages.read(Client().get(f"/zh-hans/pages/{role}/"))
    assert shown.all(class_="original") == []
    links = [each.attributes.get("hreflang") for each in shown.one("head").all("link", rel="alternate")]
    assert [code for code in links if code] == [settings.LANGUAGE_CODE, *OTHERS, "x-default"]


@pytest.mark.parametrize(
    ("now", "languages"),
    [
        ({"body": "<p>Our own.</p>"}, set()),
        ({"title": "Our privacy"}, set()),
        ({"i18n": {"title_de": "Unser Titel"}}, set(OTHERS) - {"de"}),
    ],
)
def test_no_translation_is_put_beside_other_words_or_over_what_editors_have_translated(
    now: dict[str, Any], languages: set[str]
) -> None:
    Translated.objects.all().delete()
    Page.objects.filter(role="privacy").update(**{"i18n": {}, **now})
    in_languages.translate(apps, None)
    page = Page.objects.get(role="privacy")
    assert {code for code in OTHERS if spoken.text_of(page, "body", code)} == languages
    assert spoken.text_of(page, "title", "de") == now.get("i18n", {}).get("title_de", "")
    assert set(Translated.objects.filter(kind="page", row=page.pk).values_list("language", flat=True)) == languages


def test_no_translation_is_put_beside_a_publication_that_is_not_written_in_english() -> None:
    Page.objects.filter(role="privacy").update(i18n={})
    make_publication(default_language="fr", languages=["fr"])
    in_languages.translate(apps, None)
    assert Page.objects.get(role="privacy").i18n == {}
