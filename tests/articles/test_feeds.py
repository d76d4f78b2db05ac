"""The feed of the newest articles."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Topic
from articles.publication import current
from polls import tally
from tests import pages
from tests.factories import cast_many, make_article, make_picture, make_poll, make_publication, make_section

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def entries(response):
    return ElementTree.fromstring(response.content).findall(f"{ATOM}entry")  # noqa: S314 - our own answer


def test_an_entry_has_title_address_date_desk_and_standfirst():
    at = timezone.now() - timedelta(days=2)
    make_article("an-article", title="Of war & peace", standfirst="It <begins>.", published_at=at)
    response = Client().get("/feed/")
    (entry,) = entries(response)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert entry.findtext(f"{ATOM}title") == "Of war & peace"
    assert entry.find(f"{ATOM}link").attrib["href"] == "http://testserver/articles/an-article/"
    assert entry.findtext(f"{ATOM}published") == at.isoformat()
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "an-article 0 desk"
    assert "<p>It &lt;begins&gt;.</p>" in entry.findtext(f"{ATOM}summary")


def test_the_entry_of_an_article_says_what_its_polls_ask_and_the_figures_that_all_may_see():
    shown = make_poll("shown", text="Which?", options=["Left", "Right"])
    hidden = make_poll("hidden", text="Who?", options=["One", "Two"], results_shown="after_vote")
    cast_many(shown, [71, 29])
    cast_many(hidden, [7, 7])
    make_article(body="<p>a</p><p>[[poll:hidden]]</p>", poll=shown)
    summary = entries(Client().get("/feed/"))[0].findtext(f"{ATOM}summary")
    plain = " ".join(re.sub(r"<[^>]+>", " ", summary).split())
    assert "Which? Left: 71 (71%) Right: 29 (29%) Base: 100 voters." in plain
    assert "100 readers chose to take part since " in plain
    assert "This is not a sample of the public." in plain
    assert "Results are shown after you vote." in plain
    assert "Who? One Two" in plain
    assert "(50%)" not in plain


FORMS = ["/feed/", "/feed/rss/", "/feed/json/", "/feed/sections/a/", "/feed/sections/a/rss/", "/feed/sections/a/json/"]


@pytest.mark.parametrize("address", FORMS)
def test_a_feed_is_asked_for_again_by_its_etag_alone(address):
    section = make_section("a")
    for _ in range(2):
        first = Client().get(address)
        again = Client().get(address, headers={"If-None-Match": first["ETag"]})
        assert "Last-Modified" not in first
        assert (again.status_code, again.content) == (304, b"")
        make_article(section=section)
        assert Client().get(address)["ETag"] != first["ETag"]


@pytest.fixture
def pictured():
    """An article with everything that a feed can say of it."""
    picture = make_picture(name="port", alt="A port", credit="Somebody")
    article = make_article(
        "an-article",
        title="Of war & peace",
        standfirst="It <begins>.",
        body='<p>See <a href="/articles/other/">there</a> and <a href="https://example.org/">here</a>.</p>',
        section=make_section("a", name="World"),
        lead_picture=picture,
    )
    article.topics.add(Topic.objects.create(name="Energy", slug="energy"))
    return article


def test_an_rss_feed_says_the_same_in_its_own_words(pictured):
    response = Client().get("/feed/rss/")
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    channel: Any = ElementTree.fromstring(response.content).find("channel")  # noqa: S314 - our own answer
    item = channel.find("item")
    assert channel.findtext("link") == "http://testserver/"
    assert channel.findtext("language") == "en"
    assert channel.find(f"{ATOM}link").attrib == {"rel": "self", "href": "http://testserver/feed/rss/"}
    assert item.findtext("title") == "Of war & peace"
    assert item.findtext("link") == item.findtext("guid") == "http://testserver/articles/an-article/"
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "an-article 0 desk"
    assert item.findtext("category") == "Energy"
    html = item.findtext("description")
    assert '<a href="http://testserver/articles/other/">there</a>' in html
    assert '<a href="https://example.org/">here</a>' in html
    assert f'<img src="http://testserver{pictured.lead_picture.file.url}"' in html


def test_a_json_feed_is_what_its_specification_asks_for(pictured):
    response = Client().get("/de/feed/sections/a/json/")
    assert response["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(response.content)
    (item,) = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"World · {current().name}",
        "home_page_url": "http://testserver/de/sections/a/",
        "feed_url": "http://testserver/de/feed/sections/a/json/",
        "language": "de",
    } | ({"description": current().strapline} if current().strapline else {})
    html = item.pop("content_html")
    assert '<p lang="en" dir="ltr">It &lt;begins&gt;.</p>' in html
    assert item == {
        "id": "http://testserver/de/articles/an-article/",
        "url": "http://testserver/de/articles/an-article/",
        "title": "Of war & peace",
        "summary": "It <begins>.",
        "image": f"http://testserver{pictured.lead_picture.file.url}",
        "date_published": pictured.published_at.isoformat(),
        "date_modified": pictured.updated_at.isoformat(),
        "authors": [{"name": "an-article 0 desk", "url": "http://testserver/de/authors/an-article-0/"}],
        "tags": ["Energy"],
        "language": "en",
    }


def test_an_entry_says_its_language_and_where_the_article_stands_in_others():
    make_publication(languages=["en", "de", "ar"])
    make_article("english", title="Only English", standfirst="In short.", days_ago=3)
    german: dict[str, Any] = {"title_de": "Der Hafen", "standfirst_de": "Kurz gesagt.", "body_de": "<p>Am Hafen.</p>"}
    make_article("harbour", title="The harbour", days_ago=2, **german)
    lang = "{http://www.w3.org/XML/1998/namespace}lang"

    def told(path: str) -> list[Any]:
        found = entries(Client().get(path))
        links = [[each.attrib for each in entry.findall(f"{ATOM}link")] for entry in found]
        return [
            (
                entry.findtext(f"{ATOM}title"),
                entry.get(lang),
                [(each.get("hreflang"), each["href"].removeprefix("http://testserver")) for each in own],
            )
            for entry, own in zip(found, links, strict=True)
        ]

    original, translation = "/articles/harbour/", "/de/articles/harbour/"
    assert told("/feed/") == [
        ("The harbour", "en", [(None, original), ("de", translation)]),
        ("Only English", "en", [(None, "/articles/english/")]),
    ]
    assert told("/de/feed/") == [
        ("Der Hafen", "de", [(None, translation), ("en", original)]),
        ("Only English", "en", [(None, "/de/articles/english/")]),
    ]
    (_german, english) = entries(Client().get("/de/feed/"))
    assert '<p lang="en" dir="ltr">In short.</p>' in english.findtext(f"{ATOM}summary")
    rss = ElementTree.fromstring(Client().get("/de/feed/rss/").content)  # noqa: S314 - our own answer
    assert [each.text for each in rss.iter("{http://purl.org/dc/elements/1.1/}language")] == ["de", "en"]
    assert [item["language"] for item in json.loads(Client().get("/de/feed/json/").content)["items"]] == ["de", "en"]


def test_a_json_feed_carries_the_figures_too():
    poll = make_poll("shown", text="Which?", options=["Left", "Right"])
    cast_many(poll, [3, 1])
    make_article(poll=poll)
    (item,) = json.loads(Client().get("/feed/json/").content)["items"]
    assert "Left: 3 (75%)" in item["content_html"]


def test_the_site_has_one_address_by_its_setting(pictured, settings):
    settings.BASE_URL = "https://review.example.org"
    for address in ("/feed/", "/feed/rss/", "/feed/json/"):
        text = Client().get(address).content.decode()
        assert "https://review.example.org/articles/an-article/" in text
        assert "testserver" not in text


def test_a_section_feed_holds_what_lies_in_the_section():
    world = make_section("world")
    make_article(title="Inside", section=make_section("africa", parent=world))
    assert [item["title"] for item in json.loads(Client().get("/feed/sections/world/json/").content)["items"]] == [
        "Inside"
    ]


def test_pages_name_their_feeds():
    make_article(section=make_section("a", name="World"))
    named = {
        (link["type"], link["href"]) for link in pages.read(Client().get("/sections/a/")).all("link", rel="alternate")
    }
    kinds = {"atom": "", "rss": "rss/", "feed": "json/"}
    types = {"atom": "application/atom+xml", "rss": "application/rss+xml", "feed": "application/feed+json"}
    assert named == {
        (types[kind], f"/feed/{where}{ending}") for kind, ending in kinds.items() for where in ("", "sections/a/")
    }


def test_drafts_and_articles_to_come_are_not_in_it_and_twenty_are_enough():
    make_article(published_at=None)
    make_article(days_ago=-1)
    for number in range(22):
        make_article(f"article-{number}", days_ago=number + 1)
    links = [entry.find(f"{ATOM}link").attrib["href"] for entry in entries(Client().get("/feed/"))]
    assert links == [f"http://testserver/articles/article-{number}/" for number in range(20)]


def test_the_feed_takes_the_same_queries_for_one_article_and_for_six(redis_cache):
    numbers = []
    for number in range(6):
        placed = make_poll(f"placed-{number}")
        under = make_poll(f"under-{number}")
        make_article(body=f"<p>a</p><p>[[poll:{placed.slug}]]</p>", poll=under, authors=2)
        tally.recount(placed.pk)
        tally.recount(under.pk)
        tally.beat_heart()
        with CaptureQueriesContext(connection) as context:
            assert Client().get("/feed/").status_code == 200
        numbers.append(len(context))
    assert numbers == [numbers[0]] * 6
    assert numbers[0] <= 10
