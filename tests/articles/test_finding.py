"""Search, topics, authors, feeds of one kind, the map of the site and what search engines read."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from django.db import connection
from django.utils import timezone

from articles import search
from articles.models import Article, Author, Section, Topic
from tests.factories import make_publication

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    section, _ = Section.objects.get_or_create(slug="economy", defaults={"name": "Economy"})
    article = Article.objects.create(
        section=section,
        title="The price of a pipeline",
        slug="pipeline",
        standfirst="Paid twice.",
        body="<p>Companies were paying <b>tariffs</b> for years & more.</p>",
        published_at=timezone.now(),
    )
    article.topics.add(Topic.objects.create(name="Energy", slug="energy"))
    article.authors.add(Author.objects.create(name="Economy desk", slug="economy-desk"))
    return article


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("words", ["pipelines", "pay tariff", '"paid twice"', "nothing or tariffs", "price -gas"])
def test_an_article_is_found_by_its_words_in_any_form(article, words):
    assert list(search.find(words)) == [article]


@pytest.mark.parametrize("words", ["", "  ", "gas", "pipeline -price", "b", "<b>", "\x00", "'", "a" * 5_000, "!|&:*()"])
def test_what_does_not_fit_finds_nothing_and_breaks_nothing(article, words):
    assert list(search.find(words)) == []


def test_a_typing_error_is_forgiven_where_the_database_can(article):
    if not search.forgiving():
        pytest.skip("this PostgreSQL does not offer pg_trgm")
    assert list(search.find("pipelnie")) == [article]


def test_drafts_are_never_found(article):
    Article.objects.update(published_at=None)
    assert list(search.find("pipeline")) == []


def test_the_passage_is_marked_and_everything_else_is_text(client, article):
    Article.objects.update(body="<p>They paid tariffs &lt;script&gt;alert(1)&lt;/script&gt; then.</p>")
    shown = page(client, "/search/?q=tariff")
    assert "<mark>tariffs</mark>" in shown
    assert "<script>alert" not in shown


def test_search_goes_by_section_and_keeps_its_words_over_pages(client, article):
    for number in range(15):
        Article.objects.create(
            section=article.section, title=f"Pipeline {number}", slug=f"p{number}", published_at=timezone.now()
        )
    shown = page(client, "/search/?q=pipeline&section=economy")
    assert "16 articles" in shown
    assert 'href="?q=pipeline&amp;section=economy&amp;page=2"' in shown
    assert "Nothing was found" in page(client, "/search/?q=pipeline&section=society")


def test_the_search_uses_its_index(article):
    query, parameters = search.find("pipeline").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_article"
            " (section_id, title, slug, standfirst, body, published_at, created_at, updated_at)"
            " SELECT section_id, md5(n::text), 'a' || n, md5((2 * n)::text), repeat(md5((3 * n)::text) || ' ', 20),"
            " published_at, created_at, updated_at FROM articles_article, generate_series(1, 3000) n"
        )
        # What waits to be sorted into the index makes it look dear; a vacuum would have sorted it in.
        cursor.execute("SELECT gin_clean_pending_list('article_search')")
        cursor.execute("ANALYZE articles_article")
        cursor.execute("EXPLAIN " + query, parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "article_search" in plan


@pytest.mark.parametrize("address", ["/topics/energy/", "/authors/economy-desk/"])
def test_a_topic_and_an_author_list_their_articles(client, article, address):
    assert "The price of a pipeline" in page(client, address)


@pytest.mark.parametrize(
    "address", ["/feed/", "/feed/sections/economy/", "/feed/topics/energy/", "/feed/authors/economy-desk/"]
)
def test_each_has_a_feed(client, article, address):
    feed = ElementTree.fromstring(page(client, address))  # noqa: S314 - our own
    atom = "{http://www.w3.org/2005/Atom}"
    assert [entry.findtext(f"{atom}title") for entry in feed.findall(f"{atom}entry")] == ["The price of a pipeline"]


def test_the_feed_of_an_audience_holds_its_articles_only(client, article):
    assert "The price" not in page(client, "/feed/for/business/")
    assert client.get("/feed/for/nobody/").status_code == 404


def test_the_map_names_what_is_published(client, article):
    assert "http://testserver/sitemap-articles.xml" in page(client, "/sitemap.xml")
    assert "http://testserver/articles/pipeline/" in page(client, "/sitemap-articles.xml")
    Article.objects.update(published_at=None)
    assert "pipeline" not in page(client, "/sitemap-articles.xml")


def test_robots_are_told_where_the_map_is(client):
    assert "Sitemap: http://testserver/sitemap.xml" in page(client, "/robots.txt")


def test_linked_data_says_what_the_page_says_and_cannot_leave_its_element(client, article):
    make_publication(name="The Meridian Review")
    Article.objects.update(title="</script><script>alert(1)</script>")
    shown = page(client, "/articles/pipeline/")
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', shown, re.DOTALL)
    news, crumbs = json.loads(text)["@graph"]
    assert news["headline"] == "</script><script>alert(1)</script>"
    assert (news["@type"], news["url"]) == ("NewsArticle", "http://testserver/articles/pipeline/")
    assert news["author"] == [
        {"@type": "Organization", "name": "Economy desk", "url": "http://testserver/authors/economy-desk/"}
    ]
    assert [crumb["name"] for crumb in crumbs["itemListElement"]][:2] == ["The Meridian Review", "Economy"]
