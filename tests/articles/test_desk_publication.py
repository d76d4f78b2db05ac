"""The forms of the publication, its pages and its sections: each fault at its field, each danger in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import roles
from articles.models import HomeLead, Page, Publication, Section, SocialLink
from articles.roles import Role
from tests import pages
from tests.factories import make_article, make_poll, make_publication, make_section

pytestmark = pytest.mark.django_db
RECORD = "/admin/articles/publication/1/change/"
NEW = "/admin/articles/publication/add/"


def filled(response, **changes):
    """What the browser sends of an admin page's form as it stands, with some fields filled in otherwise."""
    assert response.status_code == 200
    # The admin names its form; the panel of the library has forms of its own below it, without names.
    forms = pages.read(response).all("form", method="post")
    form = next((form for form in forms if form.attributes.get("id", "").endswith("_form")), forms[-1])
    fields: dict[str, Any] = {}
    for field in form.all("input"):
        kind, name = field.attributes.get("type", "text"), field.attributes.get("name", "")
        if name and kind not in ("submit", "checkbox", "radio"):
            fields[name] = field.attributes.get("value", "")
        elif name and kind != "submit" and "checked" in field.attributes:
            fields.setdefault(name, []).append(field.attributes.get("value", "on"))
    for area in form.all("textarea"):
        fields[area["name"]] = "".join(child for child in area.children if isinstance(child, str)).removeprefix("\n")
    for choice in form.all("select"):
        chosen = [option["value"] for option in choice.all("option") if "selected" in option.attributes]
        fields[choice["name"]] = chosen[0] if chosen else ""
    return {**fields, **changes}


def errors(response):
    """What the page says, by field."""
    assert response.status_code == 200, response.headers.get("Location")
    return {name: list(said) for name, said in response.context["adminform"].form.errors.items()}


# --- the publication ------------------------------------------------------------------------------------------------


def test_the_index_leads_to_the_one_form_and_there_is_never_a_second_record(desk):
    assert desk.get("/admin/articles/publication/", follow=True).redirect_chain == [(NEW, 302)]
    answer = desk.post(NEW, filled(desk.get(NEW), name="The Harbour Letter"))
    assert answer.status_code == 302, errors(answer)
    assert Publication.objects.get().name == "The Harbour Letter"
    assert desk.get("/admin/articles/publication/", follow=True).redirect_chain == [(RECORD, 302)]
    assert desk.get(NEW).status_code == 403
    assert desk.get("/admin/articles/publication/1/delete/").status_code == 403


def test_everything_that_an_editor_says_of_the_publication_is_stored_and_shown(desk):
    make_publication()
    article, poll = make_article("an-article"), make_poll("a-poll")
    sent = filled(
        desk.get(RECORD),
        name="The Harbour Letter",
        strapline="Ports",
        accent="#0B5D3B",
        contact_email="desk@harbour.example",
        footer="Bremen",
        default_language="de",
        languages=["en"],
        time_zone="Europe/Berlin",
        featured_poll=str(poll.pk),
        slot_poll=str(poll.pk),
        slot_from="2026-01-01T00:00",
        slot_until="2099-01-01T12:00",
    )
    sent |= {"leads-0-article": str(article.pk), "leads-0-position": "1", "leads-TOTAL_FORMS": "1"}
    sent |= {"social_links-0-name": "Elsewhere", "social_links-0-url": "https://a.example/@h"}
    sent |= {"social_links-0-position": "1", "social_links-TOTAL_FORMS": "1"}
    answer = desk.post(RECORD, sent)
    assert answer.status_code == 302, errors(answer)
    record = Publication.objects.get()
    assert (record.name, record.strapline, record.accent) == ("The Harbour Letter", "Ports", "#0b5d3b")
    assert (record.contact_email, record.footer) == ("desk@harbour.example", "Bremen")
    assert (record.default_language, record.languages, record.time_zone) == ("de", ["en", "de"], "Europe/Berlin")
    assert (record.featured_poll, record.slot_poll) == (poll, poll)
    # The zone that was in force when the form was opened: its fields said so.
    assert record.slot_until == datetime(2099, 1, 1, 12, tzinfo=UTC)
    assert [lead.article for lead in HomeLead.objects.all()] == [article]
    assert [link.url for link in SocialLink.objects.all()] == ["https://a.example/@h"]
    again = filled(desk.get(RECORD))
    assert again["slot_until"] == "2099-01-01T13:00"
    assert again["languages"] == ["en", "de"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("name", "x" * 81, "Ensure this value has at most 80 characters (it has 81)."),
        ("accent", "#ffcc00", "The nearest colour that works: #8c7000."),
        ("accent", "rebeccapurple", "Write the colour as # and six digits"),
        ("contact_email", "nobody", "Enter a valid email address."),
        ("time_zone", "Mars/Olympus", "Select a valid choice."),
        ("languages", ["en", "tlh"], "Select a valid choice."),
        ("default_language", "tlh", "Select a valid choice."),
        ("slot_until", "2025-01-01T00:00", "This is before the start: please give a later date."),
        ("slot_from", "soon", "Please give a date and a time, such as 6 December 2026, 18:00."),
        ("featured_poll", "999999", "Select a valid choice."),
        ("logo", "999999", "Select a valid choice."),
    ],
)
def test_a_fault_is_said_at_its_field_and_nothing_is_stored(desk, field, value, sentence):
    make_publication(name="Before")
    sent = filled(desk.get(RECORD), name="After", slot_from="2026-01-01T00:00") | {field: value}
    said = errors(desk.post(RECORD, sent))
    assert list(said) == [field]
    assert sentence in said[field][0]
    assert Publication.objects.get().name == "Before"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"social_links-0-name": "A", "social_links-0-url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"social_links-0-name": "", "social_links-0-url": "https://a.example/"}, "This field is required."),
        ({"leads-0-article": "999999"}, "Select a valid choice."),
    ],
)
def test_a_fault_in_a_row_is_said_in_its_row(desk, row, sentence):
    make_publication()
    said = desk.post(RECORD, filled(desk.get(RECORD), **row))
    assert said.status_code == 200
    assert sentence in pages.read(said).text
    assert (SocialLink.objects.count(), HomeLead.objects.count()) == (0, 0)


def test_dates_are_typed_in_the_publication_s_zone_and_the_field_says_which(desk):
    make_publication(time_zone="Asia/Tokyo")
    form = desk.get("/admin/articles/page/add/")
    answer = desk.post(
        "/admin/articles/page/add/",
        filled(form, title="About", slug="about", body="<p>a</p>", published_at="2026-03-01T08:00"),
    )
    assert answer.status_code == 302, errors(answer)
    assert Page.objects.get(slug="about").published_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert "Times are in Asia/Tokyo." in desk.get("/admin/articles/article/add/").content.decode()


# --- plain pages ----------------------------------------------------------------------------------------------------


def test_a_page_is_written_shown_and_cleaned_of_what_it_may_not_hold(desk):
    sent = filled(desk.get("/admin/articles/page/add/"), title="About", slug="about", in_menu="on")
    sent |= {"body": "<h2>Who</h2><p onclick='x()'>We<script>alert(1)</script></p>", "published_at": "2026-01-01T00:00"}
    assert desk.post("/admin/articles/page/add/", sent).status_code == 302
    assert Page.objects.get(slug="about").body == "<h2>Who</h2><p>We</p>"
    assert pages.read(Client().get("/pages/about/")).one("main").one("h2").text == "Who"


def test_a_page_written_anew_is_read_in_the_publication_s_language_whatever_was_translated_before(desk):
    make_publication(default_language="de", languages=["de", "fr"])
    address = f"/admin/articles/page/{Page.objects.get(role='privacy').pk}/change/"
    before = pages.read(Client().get("/pages/privacy/"))
    assert before.one("h1").text == "Datenschutz"  # the program's own words, until somebody writes others
    sent = filled(desk.get(address), body="<p>Unser Text.</p>")
    assert desk.post(address, sent).status_code == 302
    found = pages.read(Client().get("/pages/privacy/")).one("main")
    assert (found.one("h1").text, found.one(class_="prose").text) == ("Datenschutz", "Unser Text.")
    assert Page.objects.get(role="privacy").i18n["title_fr"] == "Confidentialité"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "This field is required."),
        ("slug", "privacy", "Another page already has this address; please choose a different one."),
        ("slug", "a b", "Enter a valid “slug”"),
        ("role", "privacy", "There is already such a page: “Privacy”."),
        (
            "body",
            "<p>[[poll:a-poll]]</p>",
            "A poll cannot be placed on a plain page, only in an article or under it.",
        ),
        ("body", "<p>[[poll]]</p>", "A poll cannot be placed on a plain page"),
        ("body", "<p>[[picture:99]]</p>", "There is no picture 99 in the library."),
        ("body", "<p>[[pictures]]</p>", "A picture is placed by a plain line of its own"),
        ("published_at", "tomorrow", "Please give a date and a time, such as 6 December 2026, 18:00."),
    ],
)
def test_a_fault_of_a_page_is_said_at_its_field(desk, field, value, sentence):
    sent = filled(desk.get("/admin/articles/page/add/"), title="About", slug="about", body="<p>a</p>") | {field: value}
    said = errors(desk.post("/admin/articles/page/add/", sent))
    assert list(said) == [field]
    assert sentence in said[field][0]
    assert Page.objects.filter(title="About").count() == 0


def test_before_a_page_is_deleted_it_is_said_what_that_means(desk):
    privacy = Page.objects.get(role="privacy")
    address = f"/admin/articles/page/{privacy.pk}/delete/"
    asked = pages.read(desk.get(address)).one(id="content").text
    assert "“Privacy” will be deleted permanently. This cannot be undone." in asked
    assert "polls link to the short lines in the footer instead" in asked
    assert desk.post(address, {"post": "yes"}).status_code == 302
    assert not Page.objects.filter(role="privacy").exists()


# --- sections -------------------------------------------------------------------------------------------------------


def section_form(desk, section=None, **changes):
    address = f"/admin/articles/section/{section.pk}/change/" if section else "/admin/articles/section/add/"
    return address, filled(desk.get(address), **changes)


def test_a_section_lies_in_another_has_a_poll_and_its_place(desk):
    outer, poll = make_section("outer"), make_poll("a-poll")
    changes = {"name": "Ports", "slug": "ports", "parent": str(outer.pk), "default_poll": str(poll.pk), "position": "3"}
    assert desk.post(*section_form(desk, **changes)).status_code == 302
    made = Section.objects.get(slug="ports")
    assert (made.parent, made.default_poll, made.position) == (outer, poll, 3)


def test_no_section_lies_in_itself_by_whatever_way_round(desk):
    outer = make_section("outer")
    middle = make_section("middle", parent=outer)
    inner = make_section("inner", parent=middle, name="Inner")
    said = errors(desk.post(*section_form(desk, outer, parent=str(inner.pk))))
    assert said == {"parent": ["“Inner” is part of this section: each would then be part of the other."]}
    said = errors(desk.post(*section_form(desk, outer, parent=str(outer.pk))))
    assert list(said) == ["parent"]


def test_a_section_in_use_cannot_be_deleted_and_the_page_says_why_in_words(desk):
    section = make_section("a-section", name="Ports")
    make_article(title="On tea", section=section)
    make_section("inner", name="Docks", parent=section)
    address = f"/admin/articles/section/{section.pk}/delete/"
    said = pages.read(desk.get(address)).one(id="content").text
    assert "“Ports” cannot be deleted, because it is in use:" in said
    assert "On tea" in said
    assert "Docks" in said
    assert "Move these articles and sections to another section first; then this one can be deleted." in said
    desk.post(address, {"post": "yes"})
    assert Section.objects.filter(pk=section.pk).exists()
    free = make_section("free", name="Free")
    asked = pages.read(desk.get(f"/admin/articles/section/{free.pk}/delete/")).one(id="content").text
    assert "Its page and its feed will no longer work" in asked
    assert desk.post(f"/admin/articles/section/{free.pk}/delete/", {"post": "yes"}).status_code == 302


def test_places_are_changed_in_the_list_itself(desk):
    first, second = make_section("a", name="A", position=1), make_section("b", name="B", position=2)
    form = filled(desk.get("/admin/articles/section/"))
    names = {form[f"form-{n}-id"]: f"form-{n}-position" for n in range(2)}
    sent = {**form, names[str(first.pk)]: "9", "_save": "Save"}
    assert desk.post("/admin/articles/section/", sent).status_code == 302
    assert list(Section.objects.values_list("name", "position")) == [("B", 2), ("A", 9)]
    assert second.position == 2


def test_who_may_change_the_home_page_alone_changes_that_and_nothing_else():
    roles.keep()
    editor = User.objects.create(username="an-editor", is_staff=True)
    roles.give(editor, Role.EDITOR)
    desk = Client()
    desk.force_login(editor)
    make_publication(name="Before", accent="#0b5d3b")
    article, poll = make_article(), make_poll()
    form = filled(desk.get(RECORD))
    assert "name" not in form
    assert "social_links-TOTAL_FORMS" not in form
    sent = {**form, "name": "After", "featured_poll": str(poll.pk), "leads-0-article": str(article.pk)}
    assert desk.post(RECORD, sent).status_code == 302
    record = Publication.objects.get()
    assert (record.name, record.accent, record.featured_poll) == ("Before", "#0b5d3b", poll)
    assert [lead.article for lead in record.leads.all()] == [article]


def test_the_form_takes_the_same_queries_for_one_lead_article_and_for_five(desk):
    record = make_publication()
    numbers = []
    for leads in (1, 4):
        for _lead in range(leads):
            HomeLead.objects.create(publication=record, article=make_article(poll=make_poll()))
            SocialLink.objects.create(publication=record, name="A", url="https://a.example/")
        desk.get(RECORD)
        with CaptureQueriesContext(connection) as context:
            page = pages.read(desk.get(RECORD))
        numbers.append(len(context))
    options = [option for select in page.all("select") for option in select.all("option")]
    chosen = [option.text for option in options if "selected" in option.attributes]
    assert sum(text.startswith("Title of article") for text in chosen) == 5
    assert numbers[0] == numbers[1]
