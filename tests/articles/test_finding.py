"""Search, topics, authors, feeds of one kind, the map of the site and what search engines read."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from articles import search
from articles.models import Article, Author, Section, Topic
from tests import pages
from tests.factories import make_article, make_poll, make_publication

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


def found(words: str, language: str = "en", **narrowed: str) -> list[Article]:
    wanted = search.Wanted.of({"q": words, **narrowed})
    return list(search.find(wanted, language=language, sections=list(Section.objects.all())))


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("words", ["pipelines", "pay tariff", '"paid twice"', "nothing or tariffs", "price -gas"])
def test_an_article_is_found_by_its_words_in_any_form(article, words):
    assert found(words) == [article]


@pytest.mark.parametrize("words", ["", "  ", "gas", "pipeline -price", "b", "<b>", "\x00", "'", "a" * 5_000, "!|&:*()"])
def test_what_does_not_fit_finds_nothing_and_breaks_nothing(article, words):
    assert found(words) == []


def test_a_typing_error_is_forgiven_where_the_database_can(article):
    if not search.forgiving():
        pytest.skip("this PostgreSQL does not offer pg_trgm")
    assert found("pipelnie") == []
    assert list(search.alike(search.Wanted("pipelnie"), sections=[])) == [article]


def test_drafts_are_never_found(article):
    Article.objects.update(published_at=None)
    assert found("pipeline") == []


TRANSLATED = {
    "ru": ("Цена трубопровода", "<p>Компании годами платили пошлины за россию.</p>", "компания платила", "Компании"),
    "de": ("Der Preis der Leitung", "<p>Die Firmen zahlten jahrelang Zölle.</p>", "firmen zoll", "Firmen"),
    "fr": ("Le prix", "<p>Les entreprises payaient des taxes.</p>", "entreprise payer", "entreprises"),
    "es": ("El precio", "<p>Las empresas pagaban aranceles.</p>", "empresa arancel", "empresas"),
    "ar": ("ثمن", "<p>دفعت الشركات الرسوم لسنوات.</p>", "الرسوم", "الرسوم"),
    "zh-hans": ("管道的价格", "<p>公司多年来一直支付关税。</p>", "关税", "关税"),
}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_found_on_the_pages_of_its_language_and_marked(client, article, language):
    title, text, words, marked = TRANSLATED[language]
    suffix = language.replace("-", "_")
    Article.objects.update(i18n={f"title_{suffix}": title, f"body_{suffix}": text})
    assert found(words, language) == [article]
    assert found("tariffs", language) == []  # what is translated stands there in translation
    assert found(words, "en") == []
    shown = page(client, f"/{language}/search/?q={words}")
    assert f"<mark>{marked}</mark>" in shown
    assert title in shown


def test_chinese_characters_are_found_in_their_order_alone(article):
    Article.objects.update(i18n={"body_zh_hans": "<p>读者投票结果</p>"})
    assert found("投票", "zh-hans") == [article]
    assert found("读者 结果", "zh-hans") == [article]
    assert found("票投", "zh-hans") == []


def test_what_is_not_translated_is_found_on_every_page_as_it_is_shown_there(client, article):
    assert found("tariff", "ru") == [article]
    assert "<mark>tariffs</mark>" in page(client, "/ru/search/?q=tariff")


@pytest.mark.parametrize(
    ("narrowed", "fits"),
    [
        ({"section": "economy"}, True),
        ({"section": "all"}, True),
        ({"section": "elsewhere"}, False),
        ({"section": "x" * 500}, False),
        ({"author": "economy-desk"}, True),
        ({"author": "nobody"}, False),
        ({"topic": "energy"}, True),
        ({"topic": "libya"}, False),
        ({"year": "2016"}, True),
        ({"year": "2015"}, False),
        ({"year": "9999"}, False),
        ({"year": "20x6"}, False),
        ({"year": "٢٠١٦"}, False),
        ({"poll": "1"}, False),
        ({"author": "economy-desk", "topic": "energy", "year": "2016", "section": "all"}, True),
    ],
)
def test_a_search_is_narrowed_with_words_and_without(client, article, narrowed, fits):
    Section.objects.filter(slug="economy").update(parent=Section.objects.create(name="All", slug="all"))
    Section.objects.create(name="Elsewhere", slug="elsewhere")
    Article.objects.update(published_at=datetime(2016, 6, 2, tzinfo=UTC))
    assert found("pipeline", **narrowed) == [article] * fits
    assert found("", **narrowed) == [article] * fits
    assert ("The price of a pipeline" in page(client, "/search/?" + urlencode(narrowed))) == fits


def test_articles_with_a_poll_are_those_with_one_under_them_or_in_their_text(article):
    poll = make_poll("placed")
    within = make_article(title="Pipeline one", body="<p>[[poll:placed]]</p>")
    under = make_article(title="Pipeline two", poll=poll)
    assert set(found("pipeline", poll="1")) == {within, under}


def test_nothing_found_says_what_may_help(client, article):
    shown = page(client, "/search/?q=gas&section=economy")
    assert "Nothing was found. Try fewer words, or different ones." in shown
    assert '<a href="?q=gas">Search everywhere</a>' in shown
    assert "Nothing was found" not in page(client, "/search/")


def test_a_guess_is_called_a_guess(client, article):
    if not search.forgiving():
        pytest.skip("this PostgreSQL does not offer pg_trgm")
    assert "Nothing contains these words. These titles are similar:" in page(client, "/search/?q=pipelnie")


def test_an_archived_article_is_found_and_a_withdrawn_one_is_not(article):
    Article.objects.update(archived_at=timezone.now())
    assert found("pipeline") == [article]
    Article.objects.update(withdrawn_at=timezone.now(), withdrawal_notice="Wrong.")
    assert found("pipeline") == []


def test_the_passage_is_marked_and_everything_else_is_text(client, article):
    Article.objects.update(body="<p>They paid tariffs &lt;script&gt;alert(1)&lt;/script&gt; then.</p>")
    shown = page(client, "/search/?q=tariff")
    assert "<mark>tariffs</mark>" in shown
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; then." in shown


def test_a_passage_that_is_part_of_a_sentence_says_so(client, article):
    before, after = " ".join(["word"] * 60), " ".join(["thing"] * 60)
    Article.objects.update(body=f"<p>It began {before} tariffs {after} ended.</p>")
    shown = pages.read(client.get("/search/?q=tariff")).one("article").one("p", class_="standfirst").text
    assert (shown[:2], shown[-2:]) == ("… ", " …")
    Article.objects.update(body="<p>They paid tariffs then.</p>")
    shown = pages.read(client.get("/search/?q=tariffs")).one("article").one("p", class_="standfirst").text
    assert shown == "They paid tariffs then."


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
    query, parameters = search.find(search.Wanted("pipeline"), language="en", sections=[]).query.sql_with_params()
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


def test_topics_stand_in_the_order_of_the_language_of_the_page(client, article):
    make_publication(languages=["en", "de"])
    for slug, name, german in (("sea", "Law of the sea", "Seerecht"), ("census", "census", "Volkszählung")):
        article.topics.add(Topic.objects.create(slug=slug, name=name, name_de=german))

    def shown(address):
        return [link.text for link in pages.read(client.get(address)).one("ul", class_="names").all("a")]

    assert shown("/topics/") == ["census", "Energy", "Law of the sea"]
    assert shown("/de/topics/") == ["Energy", "Seerecht", "Volkszählung"]


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


def test_robots_are_told_where_the_map_is(client):
    assert "Sitemap: http://testserver/sitemap.xml" in page(client, "/robots.txt")
