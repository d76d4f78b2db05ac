"""The accessibility statement: on every site, in the footer, naming its measure and what falls short."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from articles.models import Page
from tests import pages

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
