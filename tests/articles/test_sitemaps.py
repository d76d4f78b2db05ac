"""What search engines are told: the map of the site in parts, and the data in its pages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import sitemaps
from articles.models import Article, Audience, Author, Page, Topic
from polls.models import Option, Question
from tests import pages
from tests.factories import (
    add_question,
    make_article,
    make_picture,
    make_poll,
    make_publication,
    make_section,
    translate,
)

pytestmark = pytest.mark.django_db
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
XHTML = "{http://www.w3.org/1999/xhtml}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def xml(address: str) -> Any:
    answer = Client().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml; charset=utf-8")
    return ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer


def addresses(address: str) -> list[str]:
    return [loc.text.removeprefix("http://testserver") for loc in xml(address).iter(f"{MAP}loc")]


@pytest.fixture
def article() -> Article:
    world = make_section("world")
    article = make_article(
        "an-article",
        title="War & <peace>",
        section=make_section("africa", parent=world),
        lead_picture=make_picture(name="port", alt="A port", credit="Somebody"),
        days_ago=1,
    )
    article.topics.add(Topic.objects.create(name="Energy", slug="energy"))
    article.audiences.add(Audience.objects.get(slug="students"))
    return article


# --- the map ------------------------------------------------------------------------------------------------------


def test_the_index_names_the_parts_that_say_anything(article):
    make_poll("a-poll")
    part = article.pk // sitemaps.A_PART
    assert set(addresses("/sitemap.xml")) == {
        f"/sitemap-articles-{part}.xml",
        *(f"/sitemap-{name}.xml" for name in sitemaps.PARTS),
    }
    Article.objects.update(published_at=None)
    assert set(addresses("/sitemap.xml")) == {"/sitemap-pages.xml", "/sitemap-polls.xml"}


def test_each_part_names_its_own(article):
    make_poll("a-poll")
    make_section("empty")
    Author.objects.create(name="Silent", slug="silent")
    Topic.objects.create(name="Empty", slug="empty")
    Page.objects.create(title="About", slug="about", published_at=timezone.now())
    Page.objects.create(title="Draft", slug="draft")
    assert addresses(f"/sitemap-articles-{article.pk // sitemaps.A_PART}.xml") == ["/articles/an-article/"]
    assert addresses("/sitemap-sections.xml") == ["/sections/world/", "/sections/africa/"]
    assert addresses("/sitemap-authors.xml") == ["/authors/an-article-0/"]
    assert addresses("/sitemap-topics.xml") == ["/topics/energy/"]
    assert addresses("/sitemap-audiences.xml") == ["/for/students/"]
    assert addresses("/sitemap-polls.xml") == ["/polls/a-poll/"]
    own = addresses("/sitemap-pages.xml")
    assert own[:5] == ["/", "/archive/", "/authors/", "/topics/", "/polls/"]
    assert [path for path in own if path.startswith("/pages/")][-1] == "/pages/about/"
    assert "/pages/draft/" not in own


def test_articles_come_in_parts_that_do_not_move(monkeypatch):
    monkeypatch.setattr(sitemaps, "A_PART", 2)
    made = [make_article(f"a-{number}") for number in range(5)]
    make_article("draft", published_at=None)
    make_article("withdrawn", withdrawn_at=timezone.now(), withdrawal_notice="Wrong.")
    parts = [path for path in addresses("/sitemap.xml") if "articles" in path]
    named = [addresses(part) for part in parts]
    assert all(len(part) <= 2 for part in named)
    assert sorted(path for part in named for path in part) == [f"/articles/a-{number}/" for number in range(5)]
    first = named[0]
    Article.objects.filter(pk=made[-1].pk).delete()
    assert addresses(parts[0]) == first


def test_an_article_brings_its_picture_and_its_date(article):
    (url,) = xml(f"/sitemap-articles-{article.pk // sitemaps.A_PART}.xml")
    picture = url.findtext(f"{IMAGE}image/{IMAGE}loc")
    assert picture == f"http://testserver{article.lead_picture.file.url}"
    assert url.findtext(f"{MAP}lastmod")[:19] == article.updated_at.isoformat()[:19]


def test_news_are_what_is_younger_than_two_days(article):
    make_publication(name="The Meridian Review")
    make_article("old", days_ago=2.1)
    make_article("to-come", days_ago=-0.1)
    (url,) = xml("/sitemap-news.xml")
    news = url.find(f"{NEWS}news")
    assert news.findtext(f"{NEWS}publication/{NEWS}name") == "The Meridian Review"
    assert news.findtext(f"{NEWS}publication/{NEWS}language") == "en"
    assert news.findtext(f"{NEWS}title") == "War & <peace>"
    assert news.findtext(f"{NEWS}publication_date")[:19] == article.published_at.isoformat()[:19]


@pytest.mark.parametrize("address", ["/sitemap-nothing.xml", "/sitemap-articles-99999999999999.xml"])
def test_a_part_that_there_is_not_is_not_found(address):
    assert Client().get(address).status_code == 404


def test_an_empty_part_is_empty():
    assert addresses("/sitemap-articles-7.xml") == []
    assert addresses("/sitemap-news.xml") == []


@pytest.mark.parametrize("name", ["/sitemap.xml", "/sitemap-sections.xml", "/sitemap-authors.xml", "articles"])
def test_a_part_takes_the_same_few_queries_however_much_it_names(article, name):
    address = f"/sitemap-articles-{article.pk // sitemaps.A_PART}.xml" if name == "articles" else name
    numbers = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as context:
            xml(address)
        numbers.append(len(context))
        for _number in range(5):
            make_article(lead_picture=article.lead_picture)
    assert numbers[0] == numbers[1] < 10


# --- the data in a page -------------------------------------------------------------------------------------------


def fits(value, shape) -> bool:
    """Whether a document has a shape: types and documents of them; what stands in a list is there at least once."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and value.keys() == shape.keys() and all(fits(value[n], shape[n]) for n in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and len(value) >= 1 and all(fits(one, shape[0]) for one in value)
    if isinstance(shape, type):
        return isinstance(value, shape) and value != ""
    return value == shape


class Address(str):
    """Of full addresses only."""

    def __eq__(self, other):
        return isinstance(other, str) and other.startswith("http://testserver/")

    __hash__ = str.__hash__


ADDRESS = Address()
PICTURE = {"@type": "ImageObject", "url": ADDRESS, "width": int, "height": int}
PUBLISHER = {"@type": "Organization", "name": str, "url": ADDRESS, "logo": PICTURE}
CRUMBS = {
    "@type": "BreadcrumbList",
    "itemListElement": [{"@type": "ListItem", "position": int, "name": str, "item": ADDRESS}],
}
NEWS_ARTICLE = {
    "@type": "NewsArticle",
    "headline": str,
    "description": str,
    "url": ADDRESS,
    "mainEntityOfPage": ADDRESS,
    "datePublished": str,
    "dateModified": str,
    "articleSection": str,
    "keywords": [str],
    "author": [{"@type": "Organization", "name": str, "url": ADDRESS}],
    "publisher": PUBLISHER,
    "isAccessibleForFree": True,
    "image": [PICTURE],
}
PERSON = {
    "@type": "Person",
    "name": str,
    "url": ADDRESS,
    "description": str,
    "sameAs": ["https://example.org/zoe"],
    "image": PICTURE,
    "worksFor": PUBLISHER,
}


def data(address: str) -> list[dict]:
    page = pages.read(Client().get(address))
    document = json.loads(str(page.one("script", type="application/ld+json").children[0]))
    assert document.keys() == {"@context", "@graph"}
    return document["@graph"]


@pytest.fixture
def publication():
    return make_publication(name="The Meridian Review", logo=make_picture(name="logo", alt="Logo", credit="Us"))


def test_an_article_has_the_shape_that_search_engines_ask_for(article, publication):
    news, crumbs = data("/articles/an-article/")
    assert fits(news, NEWS_ARTICLE), news
    assert fits(crumbs, CRUMBS), crumbs
    assert [(crumb["position"], crumb["name"]) for crumb in crumbs["itemListElement"]] == [
        (1, "The Meridian Review"),
        (2, "Section world"),
        (3, "Section africa"),
        (4, "War & <peace>"),
    ]


def test_a_person_signs_as_a_person(article, publication):
    Author.objects.update(is_person=True)
    assert data("/articles/an-article/")[0]["author"][0]["@type"] == "Person"


def test_the_page_of_a_person_says_who_that_is_and_that_of_a_desk_whose_it_is(article, publication):
    portrait = make_picture(name="zoe", alt="Zoe", credit="Us")
    zoe = Author.objects.create(
        name="Zoe", slug="zoe", is_person=True, description="Writes.", website="https://example.org/zoe"
    )
    Author.objects.filter(pk=zoe.pk).update(portrait=portrait)
    person, crumbs = data("/authors/zoe/")
    assert fits(person, PERSON), person
    assert fits(crumbs, CRUMBS)
    desk, _crumbs = data("/authors/an-article-0/")
    assert fits(desk, {"@type": "Organization", "name": str, "url": ADDRESS, "parentOrganization": PUBLISHER}), desk


def test_a_section_says_where_it_lies(article, publication):
    (crumbs,) = data("/sections/africa/")
    assert fits(crumbs, CRUMBS)
    assert [crumb["item"] for crumb in crumbs["itemListElement"]] == [
        "http://testserver/",
        "http://testserver/sections/world/",
        "http://testserver/sections/africa/",
    ]


def test_the_data_cannot_leave_their_element(article):
    Article.objects.update(title="</script><script>alert(1)</script>")
    assert data("/articles/an-article/")[0]["headline"] == "</script><script>alert(1)</script>"


def test_a_shared_article_shows_its_picture(article):
    page = pages.read(Client().get("/articles/an-article/"))
    told = {meta["property"]: meta["content"] for meta in page.all("meta") if "property" in meta.attributes}
    assert told["og:image"] == f"http://testserver{article.lead_picture.file.url}"
    assert told["og:image:alt"] == "A port"
    assert told["og:type"] == "article"
    assert told["og:url"] == page.one("link", rel="canonical")["href"] == "http://testserver/articles/an-article/"
    assert told["article:tag"] == "Energy"
    assert timedelta(0) < timezone.now() - datetime.fromisoformat(told["article:modified_time"])


def test_a_translated_article_stands_there_in_each_of_its_languages_with_all_of_them(article):
    make_publication(languages=["en", "de", "ar", "ru"], default_language="en")
    Article.objects.filter(pk=article.pk).update(
        i18n={
            "title_de": "Krieg",
            "body_de": "<p>Ja.</p>",
            "title_ar": "حرب",
            "title_fr": "Guerre",
            "body_fr": "<p>Oui.</p>",
        }
    )
    make_article("english", section=article.section)
    found = xml(f"/sitemap-articles-{article.pk // sitemaps.A_PART}.xml")
    links = {
        url.find(f"{MAP}loc").text: [(link.get("hreflang"), link.get("href")) for link in url.iter(f"{XHTML}link")]
        for url in found
    }
    both = [("en", "http://testserver/articles/an-article/"), ("de", "http://testserver/de/articles/an-article/")]
    assert links == {
        "http://testserver/articles/an-article/": both,
        "http://testserver/de/articles/an-article/": both,
        "http://testserver/articles/english/": [],
    }
    Topic.objects.update(i18n={"name_ru": "Энергия"})
    assert addresses("/sitemap-topics.xml") == ["/topics/energy/", "/ru/topics/energy/"]


def test_a_poll_stands_there_in_each_language_in_which_all_of_it_is_said() -> None:
    make_publication(languages=["en", "de", "ar"])
    whole, half, scale = make_poll("whole"), make_poll("half", title="Ports"), make_poll("scale", title="Harbours")
    add_question(scale, position=1, text="How far?", kind="likert", options=(), labels="Not at all\nA lot")
    make_poll("english")
    for poll in (whole, half, scale):
        translate(poll, "de")
    Option.objects.filter(question__poll=half).update(i18n={})
    assert [path for path in addresses("/sitemap-polls.xml") if path.startswith("/de/")] == [
        "/de/polls/whole/",
        "/de/polls/scale/",
    ]
    links = next(url for url in xml("/sitemap-polls.xml") if "/de/polls/whole/" in str(url.find(f"{MAP}loc").text))
    assert [(link.get("hreflang"), link.get("href")) for link in links.iter(f"{XHTML}link")] == [
        ("en", "http://testserver/polls/whole/"),
        ("de", "http://testserver/de/polls/whole/"),
    ]
    # What the map says of a poll is what its page says of itself.
    for poll in (whole, half, scale):
        said = pages.read(Client().get(f"/polls/{poll.slug}/")).one("head").all("link", rel="alternate")
        assert ("de" in [each.attributes.get("hreflang") for each in said]) is (poll is not half)
    Question.objects.filter(poll=scale).exclude(labels="").update(
        i18n={"text_de": "Wie sehr?", "labels_de": "Gar nicht"}
    )
    assert "/de/polls/scale/" not in addresses("/sitemap-polls.xml")
    with CaptureQueriesContext(connection) as context:
        xml("/sitemap-polls.xml")
    assert len(context) < 8
