"""Lists of articles: the tree of sections, pages, months, names, what is related; each in few queries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import lists
from articles.models import Article, Audience, Author, Section, Topic
from tests import pages
from tests.factories import make_article, make_section

pytestmark = pytest.mark.django_db


def titles(page) -> list[str]:
    return [heading.text for heading in page.one(class_="list").all("h2")]


def read(address: str):
    answer = Client().get(address)
    assert answer.status_code == 200
    return pages.read(answer)


# --- the tree of sections -----------------------------------------------------------------------------------------


@pytest.fixture
def tree() -> list[Section]:
    world = make_section("world", name="World")
    africa = make_section("africa", name="Africa", parent=world)
    libya = make_section("libya", name="Libya", parent=africa)
    return [world, africa, libya]


def fault(section: Section) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        section.full_clean(exclude=["i18n"])
    return refused.value.message_dict


def test_a_section_cannot_lie_in_itself_nor_in_what_lies_in_it(tree):
    world, africa, libya = tree
    words = ["A section cannot be part of itself, nor of a section within it. Choose another one."]
    for parent in (world, africa, libya):
        world.parent = parent
        assert fault(world)["parent"] == words


def test_a_fourth_level_is_refused_from_above_and_from_below(tree):
    world, _africa, libya = tree
    words = ["Sections can be nested three levels deep. Choose a section further up, or none."]
    assert fault(Section(name="Tripoli", slug="tripoli", parent=libya)) == {"parent": words}
    world.parent = make_section("top")
    assert fault(world) == {"parent": words}


def test_three_levels_are_allowed_and_a_section_may_be_moved(tree):
    world, africa, libya = tree
    for section in tree:
        section.full_clean(exclude=["i18n"])
    libya.parent = world
    libya.full_clean(exclude=["i18n"])
    africa.parent = None
    africa.full_clean(exclude=["i18n"])


def test_a_circle_planted_in_the_database_ends_nowhere_in_a_loop(tree):
    world, _africa, libya = tree
    Section.objects.filter(pk=world.pk).update(parent=libya)
    world.refresh_from_db()
    assert [section.slug for section in world.path] == ["africa", "libya", "world"]
    assert "parent" in fault(world)
    assert Client().get("/sections/world/").status_code == 200
    make_article(section=libya)
    assert Client().get("/").status_code == 200


def test_a_section_lists_what_lies_in_it_and_says_where_it_lies(tree):
    world, africa, libya = tree
    make_article(title="Of Libya", section=libya, days_ago=1)
    make_article(title="Of Africa", section=africa, days_ago=2)
    make_article(title="Of the world", section=world, days_ago=3)
    make_article(title="Elsewhere", days_ago=4)
    top = read("/sections/world/")
    assert titles(top) == ["Of Libya", "Of Africa", "Of the world"]
    assert [link.text for link in top.one("nav", class_="inside").all("a")] == ["Africa"]
    assert not top.all(class_="crumbs")
    lowest = read("/sections/libya/")
    assert titles(lowest) == ["Of Libya"]
    assert [(link.text, link["href"]) for link in lowest.one("nav", class_="crumbs").all("a")] == [
        ("World", "/sections/world/"),
        ("Africa", "/sections/africa/"),
    ]
    assert not lowest.all("nav", class_="inside")


def test_an_article_says_the_way_to_it(tree):
    make_article("an-article", section=tree[2])
    way = read("/articles/an-article/").one("nav", class_="crumbs")
    assert [link.text for link in way.all("a")] == ["World", "Africa", "Libya"]


def test_the_home_page_shows_what_lies_in_a_section_under_the_section_of_the_menu(tree):
    lead = make_article(title="Lead", days_ago=0.5)
    for number in range(4):
        make_article(title=f"Libya {number}", section=tree[2], days_ago=number + 1)
    make_article(title="World", section=tree[0], days_ago=2.5)
    make_article(title="Draft", section=tree[0], published_at=None)
    found = lists.newest_by_section(without=[lead])
    assert [(section.slug, [article.title for article in articles]) for section, articles in found] == [
        ("world", ["Libya 0", "Libya 1", "World"])
    ]


# --- pages --------------------------------------------------------------------------------------------------------


def test_a_list_has_pages_and_each_has_an_address_of_its_own():
    section = make_section("economy")
    for number in range(14):
        make_article(title=f"Article {number}", section=section, days_ago=number + 1)
    second = read("/sections/economy/?page=2")
    assert titles(second) == ["Article 12", "Article 13"]
    assert second.one("link", rel="canonical")["href"] == "http://testserver/sections/economy/?page=2"
    assert read("/sections/economy/").one("link", rel="canonical")["href"] == "http://testserver/sections/economy/"


@pytest.mark.parametrize("number", ["0", "-1", "x", "999999999999999999999", "2.5", "", "%00"])
def test_a_page_that_does_not_exist_is_the_first_or_the_last(number):
    section = make_section("economy")
    for _ in range(13):
        make_article(section=section)
    assert Client().get(f"/sections/economy/?page={number}").status_code == 200


def test_nobody_leafs_further_than_the_last_page_and_is_led_to_the_archive(monkeypatch):
    monkeypatch.setattr(lists, "MOST_PAGES", 2)
    section = make_section("economy")
    for number in range(26):
        make_article(title=f"Article {number}", section=section, days_ago=number + 1)
    last = read("/sections/economy/?page=99")
    assert titles(last) == [f"Article {number}" for number in range(12, 24)]
    assert last.one("nav", class_="pagination").text == "Newer Page 2 of 2 Older, by month"


# --- months and names ---------------------------------------------------------------------------------------------


def test_the_archive_names_the_months_in_which_something_was_published():
    for date in ((2016, 6, 2), (2016, 6, 30), (2014, 12, 31)):
        make_article(title=f"Of {date}", published_at=datetime(*date, tzinfo=UTC))
    make_article(published_at=None)
    make_article(days_ago=-40)
    page = read("/archive/")
    assert [heading.text for heading in page.all("section", class_="year")] == ["2016 June", "2014 December"]
    assert [link["href"] for link in page.one("main").all("a")] == ["/archive/2016/6/", "/archive/2014/12/"]
    assert titles(read("/archive/2016/6/")) == ["Of (2016, 6, 30)", "Of (2016, 6, 2)"]
    assert titles(read("/archive/2014/12/")) == ["Of (2014, 12, 31)"]


def test_an_empty_site_has_an_empty_archive():
    assert read("/archive/").one(class_="empty").text == "Nothing has been published yet."


@pytest.mark.parametrize("address", ["/archive/2016/13/", "/archive/2016/0/", "/archive/0/1/", "/archive/99999/1/"])
def test_a_month_that_there_is_not_is_not_found(address):
    assert Client().get(address).status_code == 404


def test_the_last_month_of_all_time_has_an_end():
    assert Client().get("/archive/9998/12/").status_code == 200
    assert Client().get("/archive/9999/12/").status_code == 404
    assert Client().get("/archive/9999/11/").status_code == 200


def test_authors_and_topics_are_listed_where_they_have_articles():
    article = make_article()
    article.authors.set([Author.objects.create(name="Zoe Writer", slug="zoe", description="Writes.")])
    article.topics.set([Topic.objects.create(name="Energy", slug="energy")])
    Author.objects.create(name="Silent", slug="silent")
    Topic.objects.create(name="Empty", slug="empty")
    assert [item.text for item in read("/authors/").one(class_="names").all("li")] == ["Zoe Writer Writes."]
    assert [link["href"] for link in read("/topics/").one(class_="names").all("a")] == ["/topics/energy/"]
    Article.objects.update(published_at=None)
    assert read("/topics/").one(class_="empty").text == "Nothing has been published here yet."


def test_an_author_page_says_who_writes():
    Author.objects.create(
        name="Zoe Writer",
        slug="zoe",
        is_person=True,
        biography="She writes.\n\n<script>alert(1)</script>",
        website="https://example.org/zoe",
    )
    page = read("/authors/zoe/")
    assert [part.text for part in page.one(class_="biography").all("p")] == [
        "She writes.",
        "<script>alert(1)</script>",
        "https://example.org/zoe",
    ]
    assert page.one("meta", property="og:type")["content"] == "profile"


# --- related ------------------------------------------------------------------------------------------------------


def related(article: Article) -> list[Article]:
    return lists.related(lists.with_candidates(Article.objects.all()).get(pk=article.pk))


def test_related_articles_share_topics_first_then_the_section_and_the_newest_come_first():
    section = make_section()
    energy, libya = (Topic.objects.create(name=name, slug=name) for name in ("energy", "libya"))
    article = make_article(section=section, title="This one")
    article.topics.set([energy, libya])

    def other(title: str, topics, days: float, **more):
        make_article(title=title, days_ago=days, **more).topics.set(topics)

    other("Both topics, old", [energy, libya], 900)
    other("One topic, elsewhere", [energy], 2)
    other("One topic, in the section", [libya], 5, section=section)
    other("The section, newer", [], 3, section=section)
    other("The section, older", [], 4, section=section)
    other("Nothing in common", [], 1)
    other("A draft", [energy, libya], 1, published_at=None)
    assert [one.title for one in related(article)] == [
        "Both topics, old",
        "One topic, in the section",
        "One topic, elsewhere",
        "The section, newer",
    ]
    shown = read(article.get_absolute_url()).one("section", class_="related")
    assert len(shown.all("h3")) == 4


def test_an_article_that_stands_alone_shows_no_empty_heading():
    make_article("alone")
    assert not read("/articles/alone/").all("section", class_="related")


# --- few queries --------------------------------------------------------------------------------------------------


def queries(address: str) -> int:
    with CaptureQueriesContext(connection) as context:
        assert Client().get(address).status_code == 200
    return len(context)


ADDRESSES = [
    "/",
    "/sections/world/",
    "/sections/libya/",
    "/authors/zoe/",
    "/topics/energy/",
    "/for/students/",
    "/archive/",
    "/archive/2016/6/",
    "/authors/",
    "/topics/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_list_takes_the_same_few_queries_for_one_article_and_for_thirteen(address, tree):
    zoe = Author.objects.create(name="Zoe", slug="zoe")
    energy = Topic.objects.create(name="Energy", slug="energy")

    def fill(number: int) -> None:
        for _ in range(number):
            article = make_article(section=tree[2], published_at=datetime(2016, 6, 2, tzinfo=UTC), authors=2)
            article.authors.add(zoe)
            article.topics.add(energy)
            article.audiences.set(Audience.objects.all())

    fill(2)
    few = queries(address)
    fill(11)
    assert queries(address) == few
    assert few < 10


def test_an_article_takes_the_same_queries_however_much_is_related(tree):
    energy = Topic.objects.create(name="Energy", slug="energy")
    article = make_article("this", section=tree[2])
    article.topics.add(energy)
    for _ in range(2):
        make_article(section=tree[2], authors=2).topics.add(energy)
    few = queries("/articles/this/")
    for number in range(8):
        article = make_article(section=tree[1] if number % 2 else tree[2], authors=3)
        article.topics.set([energy, Topic.objects.create(name=f"T{number}", slug=f"t{number}")])
    assert queries("/articles/this/") == few
