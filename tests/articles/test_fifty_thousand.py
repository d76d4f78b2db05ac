"""Every public list with fifty thousand articles: few queries, and each by an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import lists, search, sitemaps
from articles.models import Article, Author, Section, Topic
from tests.factories import make_section

pytestmark = pytest.mark.django_db
# Of every article: its section by turns of fifty, an author by turns of twenty, two topics, one of them on every tenth.
FILL = """
INSERT INTO articles_article (section_id, title, slug, standfirst, body, i18n, published_at, created_at, updated_at)
SELECT %(sections)s + n %% 50, CASE WHEN n %% 1000 = 7 THEN 'Pipeline ' ELSE '' END || md5(n::text), 'a-' || n,
  'Standfirst ' || md5((2 * n)::text),
  '<p>' || repeat(md5((3 * n)::text) || ' word' || n %% 1000 || ' ', 30) || '</p>',
  CASE WHEN n %% 20 = 0 THEN jsonb_build_object('title_ru', 'Заглавие ' || n, 'body_ru', 'слово' || n %% 1000) END,
  now() - n * interval '3 hours', now(), now()
FROM generate_series(1, %(articles)s) n
"""
JOIN = """
INSERT INTO articles_article_{table} (article_id, {column}_id)
SELECT a.id, %s + a.id %% %s FROM articles_article a
"""


def fill(articles: int) -> None:
    """So many articles in three hours' steps, by SQL; with what they are filed under."""
    top = make_section("top")
    sections = [make_section(f"s-{n}", parent=top if n < 25 else None) for n in range(50)]
    authors = [Author.objects.create(name=f"Author {n}", slug=f"author-{n}") for n in range(20)]
    topics = [Topic.objects.create(name=f"Topic {n}", slug=f"topic-{n}") for n in range(310)]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(FILL, {"sections": sections[0].pk, "articles": articles})
        cursor.execute(JOIN.format(table="authors", column="author"), [authors[0].pk, 20])
        cursor.execute(JOIN.format(table="topics", column="topic"), [topics[0].pk, 10])
        cursor.execute(JOIN.format(table="topics", column="topic"), [topics[10].pk, 300])
        cursor.execute(JOIN.format(table="audiences", column="audience"), [1, 1])
        for index in ("article_search", "article_search_ru", "article_titles_alike"):
            cursor.execute("SELECT gin_clean_pending_list(oid) FROM pg_class WHERE relname = %s", [index])
        for table in (
            "article",
            "article_authors",
            "article_topics",
            "article_audiences",
            "section",
            "topic",
            "author",
        ):
            cursor.execute(f"ANALYZE articles_{table}")


ADDRESSES = [
    "/",
    "/sections/top/",
    "/sections/s-1/?page=3",
    "/sections/s-40/",
    "/authors/author-3/",
    "/authors/author-3/?page=100",
    "/topics/topic-3/",
    "/topics/topic-200/",
    "/for/{audience}/",
    "/archive/",
    "/archive/{month}/",
    "/authors/",
    "/topics/",
    "/search/?q=word77",
    "/search/?q=pipelnie",
    "/search/?q=word77&section=top&author=author-3",
    "/search/?year={year}&poll=1",
    "/search/?topic=topic-3",
    "/ru/search/?q=слово40",
    "/feed/",
    "/feed/rss/",
    "/feed/sections/top/json/",
    "/feed/topics/topic-3/",
    "/feed/authors/author-3/json/",
    "/sitemap.xml",
    "/sitemap-articles-{part}.xml",
    "/sitemap-news.xml",
    "/articles/a-7/",
]


def address_of(pattern: str) -> str:
    newest = Article.objects.order_by("-published_at")[0]
    audience = newest.audiences.all()[0]
    month = newest.published_at
    assert month
    return pattern.format(
        audience=audience.slug, month=f"{month.year}/{month.month}", year=month.year, part=newest.pk // sitemaps.A_PART
    )


def asked(address: str) -> list[str]:
    with CaptureQueriesContext(connection) as context:
        answer = Client().get(address)
    assert (address, answer.status_code) == (address, 200)
    statements = [query["sql"] for query in context.captured_queries]
    return [sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]


def read_whole(node: dict[str, Any]) -> Iterator[str]:
    """The sequential scans of articles in a plan that were run at all."""
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "articles_article" and node["Actual Loops"]:
        yield str(node.get("Filter", "the whole table"))
    for inner in node.get("Plans", []):
        yield from read_whole(inner)


def scans(statement: str) -> list[str]:
    if not statement.startswith("SELECT") or "articles_article" not in statement:
        return []
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement)
        ((plan,),) = cursor.fetchall()
    return [f"{scan} in {statement[:300]}" for scan in read_whole(plan[0]["Plan"])]


@pytest.mark.long
def test_every_list_is_read_by_an_index_in_few_queries_with_fifty_thousand_articles():
    fill(50_000)
    faults: dict[str, Any] = {}
    for pattern in ADDRESSES:
        address = address_of(pattern)
        statements = asked(address)
        if len(statements) >= (15 if address.startswith("/articles/") else 10):
            faults[address] = f"{len(statements)} queries"
        if found := [scan for statement in statements for scan in scans(statement)]:
            faults[address] = found
    assert faults == {}


def test_every_list_takes_the_same_few_queries_with_two_thousand_articles_as_with_four_hundred():
    fill(400)
    few = {pattern: len(asked(address_of(pattern))) for pattern in ADDRESSES}
    assert {pattern: n for pattern, n in few.items() if n >= (15 if "articles/a-" in pattern else 10)} == {}
    Article.objects.all().delete()
    Section.objects.filter(parent__isnull=False).delete()
    for model in (Section, Topic, Author):
        model._default_manager.all().delete()
    fill(2_000)
    many = {pattern: len(asked(address_of(pattern))) for pattern in ADDRESSES}
    assert {pattern: (few[pattern], many[pattern]) for pattern in ADDRESSES if few[pattern] < many[pattern] - 1} == {}


def test_a_guess_at_a_title_uses_its_index_where_there_is_one():
    if not search.forgiving():
        pytest.skip("this PostgreSQL does not offer pg_trgm")
    fill(3_000)
    with CaptureQueriesContext(connection) as context:
        search.alike(search.Wanted("pipelnie"), sections=[])
    (statement,) = [query["sql"] for query in context.captured_queries if query["sql"].startswith('SELECT "articles')]
    assert re.search(r'"titles" %>', statement)
    assert scans(statement) == []


def test_the_last_page_of_a_list_passes_over_no_more_than_a_hundred_pages():
    assert lists.MOST_PAGES * lists.ARTICLES_A_PAGE == 1_200
