"""`site.yaml`: the publication, its pages, the tree of its sections, and what stands in its places, there and back."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import exporting, importing, site_file
from articles.frontmatter import Malformed
from articles.models import Article, Author, HomeLead, Page, Publication, Section, SocialLink
from polls.models import Poll
from tests.factories import make_article, make_poll, make_publication, make_section

pytestmark = pytest.mark.django_db


@pytest.fixture
def whole_site() -> None:
    """A publication with everything that the file carries."""
    outer = make_section("world", name="World", position=1)
    inner = make_section("ports", name="Ports", parent=outer, default_poll=make_poll("of-the-section", state="closed"))
    Author.objects.create(slug="ada", name="A desk", is_person=False, biography="Two\n\nparagraphs.")
    article = make_article("an-article", section=inner, authors=0, poll=make_poll("featured"))
    record = make_publication(
        name="The Harbour Letter",
        strapline="Ports: what they cost",
        name_de="Der Hafenbrief",
        accent="#0b5d3b",
        contact_email="desk@harbour.example",
        footer="One\nTwo # three",
        time_zone="Europe/Berlin",
        default_language="de",
        languages=["en", "de"],
        featured_poll=article.poll,
        slot_poll=Poll.objects.get(slug="of-the-section"),
        slot_from=timezone.now(),
    )
    SocialLink.objects.create(publication=record, name="Elsewhere", url="https://a.example/@h", position=1)
    HomeLead.objects.create(publication=record, article=article, position=1)
    Page.objects.create(
        title="About: us",
        slug="about",
        body="<h2>Who</h2><p>We <em>write</em>.</p>",
        title_de="Über uns",
        body_de="<p>Wir <em>schreiben</em>.</p>",
        published_at=timezone.now(),
    )


def taken_up(text: str, **options: Any) -> importing.Report:
    return importing.import_files([(site_file.NAME, text.encode())], **options)


def test_the_whole_site_goes_into_files_and_comes_back_as_it_was(whole_site):
    files = dict(exporting.files())
    # The polls stay: those with votes travel by other ways than a new article.
    HomeLead.objects.all().delete()
    Publication.objects.all().delete()
    Article.objects.all().delete()
    Section.objects.filter(parent__isnull=False).delete()
    Section.objects.all().delete()
    Page.objects.all().delete()
    Author.objects.all().delete()
    report = importing.import_files([(name, text.encode()) for name, text in files.items()])
    assert (report.counts()["refused"], report.notes) == (0, [])
    assert dict(exporting.files()) == files
    record = Publication.objects.select_related("featured_poll", "slot_poll").get()
    assert (str(record.featured_poll), str(record.slot_poll)) == ("featured", "of-the-section")
    assert [lead.article.slug for lead in record.leads.all()] == ["an-article"]
    ports = Section.objects.get(slug="ports")
    assert (str(ports.parent), str(ports.default_poll)) == ("World", "of-the-section")
    about: Any = Page.objects.get(slug="about")
    assert "<em>write</em>" in about.body
    assert (about.title_de, about.body_de) == ("Über uns", "<p>Wir <em>schreiben</em>.</p>")
    assert record.i18n == {"name_de": "Der Hafenbrief"}


def test_a_translated_text_is_cleaned_as_every_text_is():
    page = {"slug": "a", "title": "A", "translations": {"body_de": "<script>alert(1)</script>\n\n*kursiv*"}}
    taken_up(yaml.safe_dump({"pages": [page]}))
    about: Any = Page.objects.get(slug="a")
    assert "<script>" not in about.body_de
    assert "<em>kursiv</em>" in about.body_de


def test_taking_it_up_again_changes_nothing(whole_site):
    text = site_file.write()
    taken_up(text)
    again = taken_up(site_file.write())
    assert again.counts() == {"made": 0, "changed": 0, "skipped": 1, "refused": 0}
    assert site_file.write() == text


def test_a_dry_run_changes_nothing(whole_site):
    text = site_file.write()
    assert taken_up(text.replace("The Harbour Letter", "Another"), dry_run=True).counts()["changed"] == 1
    assert site_file.write() == text


def test_what_is_not_here_is_named_and_everything_else_is_taken_up():
    given = {
        "publication": {"name": "A", "featured_poll": "no-poll", "leads": ["no-article"]},
        "sections": [{"slug": "s", "name": "S", "default_poll": "none"}],
    }
    report = taken_up(yaml.safe_dump(given))
    assert report.notes == [
        "There is no poll “none” for a section to show.",
        "There is no poll “no-poll” for the publication to show.",
        "There is no article “no-article” to lead the home page.",
    ]
    assert Publication.objects.get().name == "A"
    assert Section.objects.get().slug == "s"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"publication": {"name": ""}}, "“publication” has a value that does not fit."),
        ({"publication": {"name": "A", "accent": "#ffcc00"}}, "“publication” has a value that does not fit."),
        ({"publication": {"name": "A", "time_zone": "Mars/Olympus"}}, "“publication” has a value that does not fit."),
        ({"publication": {"name": "A", "slot_from": "soon", "slot_until": "2026-99-99T00:00"}}, "does not fit."),
        ({"publication": {"name": "A", "links": [{"name": "x", "url": "javascript:x"}]}}, "“links” has a value"),
        ({"publication": {"name": "A", "footer": None}}, "“publication” has a value that does not fit."),
        ({"publication": {"name": "A", "languages": None}}, "“publication” has a value that does not fit."),
        ({"publication": {"name": "A", "languages": {}}}, "“publication” has a value that does not fit."),
        ({"publication": {"name": "A", "links": ["x"]}}, "“links” has a value that does not fit."),
        ({"pages": [{"slug": "a", "title": "A", "role": "king"}]}, "“a” has a value that does not fit."),
        ({"pages": [{"slug": "a"}]}, "Under “pages”, each entry needs a slug and a name."),
        ({"sections": [{"slug": "a", "name": "A", "parent": "b"}]}, "There is no section “b”."),
        (
            {"sections": [{"slug": "a", "name": "A", "parent": "b"}, {"slug": "b", "name": "B", "parent": "a"}]},
            "The section “b” would be part of itself.",
        ),
        ({"topics": [{"slug": ["a"], "name": {"b": 1}}]}, "has a value that does not fit."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_a_sentence_and_nothing_stays(given, sentence):
    report = taken_up(yaml.safe_dump(given))
    (line,) = report.lines
    assert (line.outcome, sentence in line.message) == ("refused", True), line.message
    assert not Publication.objects.exists()
    assert not Section.objects.exists()


@pytest.mark.parametrize("text", ["[1, 2]", "a", "", "sections: 3", "sections: {a: b}", "publication: []"])
def test_a_file_that_says_nothing_changes_nothing(text):
    assert taken_up(text).counts() == {"made": 0, "changed": 0, "skipped": 1, "refused": 0}


@pytest.mark.parametrize(
    "raw",
    [
        b'sections: [{slug: "a\\0", name: a}]',
        b'publication: {leads: ["\\uD800"]}',
        b"\xff",
        b"a: [",
        b"a: &a [x]\nb: [*a, *a]",
        b"x" * (2 * 1024 * 1024 + 1),
        b"{" * 3000,
        b"a: !!python/x 1",
    ],
)
def test_what_cannot_be_read_is_refused(raw):
    with pytest.raises(Malformed):
        site_file.take_up(raw)


wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
known = st.sampled_from(sorted({*site_file.RECORD, *site_file.PLACES, "links", "leads", "slug", "title", "parent"}))
entries = st.dictionaries(known, wild, max_size=6)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.fixed_dictionaries({}, optional={"publication": entries, "sections": st.lists(entries, max_size=2)}))
def test_no_values_are_too_strange_to_be_refused_or_taken_up(content):
    report = taken_up(yaml.safe_dump(content))
    assert len(report.lines) == 1
