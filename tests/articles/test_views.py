"""The pages of the publication, and the founding page in its order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Audience, Section, Topic
from articles.reading import Reading
from polls import tally
from polls.models import Poll
from tests import pages
from tests.factories import cast, cast_many, make_article, make_poll, make_section

pytestmark = pytest.mark.django_db


def page(path):
    answer = Client().get(path)
    assert answer.status_code == 200
    return pages.read(answer)


def titles(element, tag="h3"):
    return [heading.text for heading in element.all(tag)]


# --- home ---------------------------------------------------------------------------------------------------------


def test_the_home_page_leads_with_the_newest_article_that_asks_something_and_its_poll_beside_it():
    poll = make_poll("a-poll", text="Which way?")
    make_article("asking", title="It asks", poll=poll, days_ago=3)
    make_article("newest", title="The newest", days_ago=1)
    make_article("closed", title="It asked", poll=make_poll(state="closed"), days_ago=2)
    make_article("draft", title="A draft", poll=make_poll("draft-poll"), published_at=None)
    home = page("/")
    assert home.one("article", class_="lead").one("h2").text == "It asks"
    assert home.one("section", class_="poll")["data-poll"] == "a-poll"
    below = [heading.text for river in home.all("section", class_="river") for heading in river.all("h3")]
    assert sorted(below) == ["It asked", "The newest"]


def test_beside_the_lead_stand_three_other_polls_that_take_votes_the_first_to_close_first():
    for days in (1, 5, 4, 3, 2):
        make_poll(f"in-{days}", text=f"In {days} days?", closes_at=timezone.now() + timedelta(days=days))
    make_poll("over", text="Over?", state="closed")
    make_poll("rests", text="Rests?", state="paused")
    make_article("asking", poll=Poll.objects.get(slug="in-1"), days_ago=1)
    others = page("/").one("section", class_="other-polls")
    lead = page("/").one("section", class_="poll")["data-poll"]
    rest = [f"In {days} days?" for days in range(1, 6) if lead != f"in-{days}"]
    assert [heading.text for heading in others.all("h3")] == rest[:3]
    assert others.all("a")[0]["href"] == f"/polls/in-{rest[0][3]}/"


def test_a_draft_that_shares_the_lead_s_poll_does_not_change_the_lead():
    older, newer = make_poll("older-poll"), make_poll("newer-poll")
    make_article(title="Older", poll=older, days_ago=5)
    make_article(title="Newer", poll=newer, days_ago=2)
    make_article(title="Draft", poll=older, published_at=None)
    make_article(title="Coming", poll=older, days_ago=-3)
    assert page("/").one("article", class_="lead").one("h2").text == "Newer"


def test_without_an_open_poll_the_newest_article_leads_alone():
    make_article(title="Older", days_ago=2)
    make_article(title="Newer", days_ago=1, poll=make_poll(state="closed"))
    home = page("/")
    assert home.one("article", class_="lead").one("h2").text == "Newer"
    assert home.all("section", class_="poll") == []


def test_the_home_page_shows_the_three_newest_of_each_section_in_the_order_of_the_menu():
    second, first = make_section("b", name="Second", position=2), make_section("a", name="First", position=1)
    make_section("c", name="Empty", position=0)
    make_article(title="Lead", section=first, days_ago=0.5)
    for number in range(5):
        make_article(title=f"First {number}", section=first, days_ago=number + 1)
        make_article(title=f"Second {number}", section=second, days_ago=number + 1)
    rivers = page("/").all("section", class_="river")
    assert [titles(river, "h2") for river in rivers] == [["First"], ["Second"]]
    assert [titles(river) for river in rivers] == [[f"{name} {n}" for n in range(3)] for name in ("First", "Second")]


def test_an_empty_publication_has_a_home_page():
    assert page("/").one(class_="empty").text == "Nothing has been published yet."


def test_a_page_names_the_sections_in_its_menu_and_marks_its_own():
    make_section("a", name="A long name", menu_name="Short", position=1)
    make_section("b", name="Other", position=2)
    links = page("/sections/a/").one("header", class_="masthead").one("nav").all("a")
    assert [(link["href"], link.text, link.attributes.get("aria-current")) for link in links] == [
        ("/sections/a/", "Short", "true"),
        ("/sections/b/", "Other", None),
        ("/polls/", "Polls", None),
        ("/search/", "Search", None),
    ]


# --- sections and audiences ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sections/a/", "/for/students/"])
def test_a_list_shows_its_published_articles_newest_first_by_pages_of_twelve(path):
    section = make_section("a")
    students = Audience.objects.get(slug="students")
    for number in range(14):
        make_article(title=f"Article {number}", section=section, days_ago=number + 1).audiences.add(students)
    make_article(title="Of another section and for nobody")
    make_article(title="Draft", section=section, published_at=None).audiences.add(students)
    make_article(title="Coming", section=section, days_ago=-1).audiences.add(students)
    first, second = page(path).one("main"), page(f"{path}?page=2").one("main")
    heading = "h3" if first.all("h3") else "h2"
    assert titles(first, heading) == [f"Article {number}" for number in range(12)]
    assert titles(second, heading) == ["Article 12", "Article 13"]


@pytest.mark.parametrize(
    "path", ["/sections/none/", "/for/nobody/", "/articles/none/", "/articles/draft/", "/articles/coming/"]
)
def test_what_is_not_there_or_not_published_is_not_found(path):
    make_article("draft", published_at=None)
    make_article("coming", days_ago=-0.01)
    assert Client().get(path).status_code == 404


# --- an article ---------------------------------------------------------------------------------------------------


def test_a_poll_stands_where_the_body_places_it_and_is_not_repeated_under_the_article():
    within = make_poll("within")
    make_article(
        "an-article", body="<p>Before.</p><p>[[poll:within]]</p><p>After.</p><p>[[poll:within]]</p>", poll=within
    )
    article = page("/articles/an-article/")
    (card,) = article.all("section", class_="poll")
    order = [
        element
        for element in article
        if element is card or (element.tag == "p" and element.text in ("Before.", "After."))
    ]
    assert [element.text if element.tag == "p" else "card" for element in order] == ["Before.", "card", "After."]
    assert card["data-place"] == "an-article"


def test_several_polls_stand_in_one_article_each_once():
    make_poll("one"), make_poll("two")
    make_article("an-article", body="<p>[[poll:two]]</p><p>a</p><p>[[poll:one]]</p>", poll=make_poll("three"))
    cards = page("/articles/an-article/").all("section", class_="poll")
    assert [card["data-poll"] for card in cards] == ["two", "one", "three"]
    identities = [element["id"] for card in cards for element in card if "id" in element.attributes]
    assert len(identities) == len(set(identities))


def test_a_poll_that_is_no_more_than_a_draft_or_a_name_leaves_no_trace():
    make_poll("draft", state="draft", text="Secret?")
    make_article(
        "an-article", body="<p>a</p><p>[[poll:draft]]</p><p>[[poll:no-such]]</p>", poll=make_poll(state="draft")
    )
    article = page("/articles/an-article/")
    assert article.all("section", class_="poll") == []
    assert "[[" not in article.text
    assert "Secret?" not in article.text


def test_an_editor_s_reading_has_the_drafts_too():
    make_poll("draft", state="draft")
    article = make_article(body="<p>[[poll:draft]]</p>", poll=make_poll("under", state="draft"))
    reading = Reading(article, canonical="", drafts=True)
    assert [str(part.poll) for part in reading.parts] == ["draft"]
    assert str(reading.poll_below) == "under"


def test_texts_of_editors_are_text_wherever_they_stand(redis_cache):
    attack = '"><script>alert(1)</script>&amp;'
    poll = make_poll("a-poll", text=attack, options=[attack, "b"], title=attack, note=attack, intro=attack)
    section = make_section("a", name=attack, description=attack, menu_name=attack[:40])
    article = make_article("an-article", title=attack, standfirst=attack, section=section, poll=poll)
    article.audiences.add(Audience.objects.get(slug="students"))
    cast(poll)
    for path in ("/", "/articles/an-article/", "/sections/a/", "/for/students/", "/polls/", "/polls/a-poll/"):
        content = Client().get(path).content.decode()
        assert "<script>alert" not in content
        assert attack in page(path).one("html").text
    assert "<script>alert" not in Client().get("/feed/").content.decode()
    document = Client().get("/polls/a-poll/results.json", headers={"Accept": "text/html"})
    assert document["Content-Type"] == "application/json"


# --- figures --------------------------------------------------------------------------------------------------------


def test_equal_counts_print_equal_shares_and_the_card_says_where_they_miss_a_hundred(redis_cache):
    poll = make_poll("thirds", options="ABC")
    cast_many(poll, [1, 1, 1])
    make_article("an-article", poll=poll)
    card = page("/articles/an-article/").one("section", class_="poll")
    assert [count.text for count in card.all("span", class_="count")] == ["1 (33%)"] * 3
    assert card.one(class_="rounding").text == ("Rounded shares total 99 per cent.")
    assert card.all("span", class_="spoken")[0].text == "1 vote, 33 per cent"


def test_where_several_could_be_chosen_the_card_says_that_shares_are_of_voters(redis_cache):
    poll = make_poll("several", kind="multiple", options="ABC")
    for chosen in (["A", "B", "C"], ["A", "B"], ["A"]):
        cast(poll, chosen)
    make_article("an-article", poll=poll)
    card = page("/articles/an-article/").one("section", class_="poll")
    assert [count.text for count in card.all("span", class_="count")] == ["3 (100%)", "2 (67%)", "1 (33%)"]
    assert card.one(class_="base-sentence").text == (
        "Base: 3 voters. Each could choose several options, so the shares do not add up to 100 per cent."
    )
    assert card.all(class_="rounding") == []


# --- languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ru", "ltr"), ("fr", "ltr"), ("es", "ltr"), ("de", "ltr"), ("ar", "rtl"), ("zh-hans", "ltr")],
)
def test_every_language_has_the_pages_under_its_prefix_and_the_same_vote_door(language, direction):
    poll = make_poll("a-poll")
    article = make_article("an-article", poll=poll)
    for path in (
        "/",
        "/articles/an-article/",
        f"/sections/{article.section.slug}/",
        "/for/students/",
        "/polls/",
        "/polls/a-poll/",
    ):
        answer = Client().get(f"/{language}{path}")
        html = pages.read(answer).one("html")
        assert (answer.status_code, html["lang"], html["dir"]) == (200, language, direction)
        assert answer["Content-Language"] == language
        masthead = html.one("header", class_="masthead").all("a")
        inside = [link for link in masthead if "hreflang" not in link.attributes]  # the others lead to other languages
        assert {link["href"].split("/")[1] for link in inside} == {language}
    card = pages.read(Client().get(f"/{language}/articles/an-article/")).one("section", class_="poll")
    assert card.one("form")["action"] == "/polls/a-poll/vote/"
    assert (card["data-results"], card["data-mine"], card["data-live"]) == (
        "/polls/a-poll/results.json",
        "/polls/a-poll/mine/",
        "/live/polls/a-poll/",
    )
    assert card.one("input", name="language")["value"] == language
    for neutral in ("vote/", "mine/", "results.json"):
        assert Client().post(f"/{language}/polls/a-poll/{neutral}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/en/", "/xx/", "/de-at/", "/DE/", "/zh/", "/ar/articles/none/", "/en/polls/", "/xx/polls/"]
)
def test_an_unknown_language_is_not_found(path):
    assert Client().get(path).status_code == 404


def test_neither_cookie_nor_header_chooses_the_language():
    client = Client(headers={"Accept-Language": "de, ar;q=0.9"})
    client.cookies["django_language"] = "de"
    assert pages.read(client.get("/")).one("html")["lang"] == "en"


def test_the_translated_texts_of_an_article_and_its_poll_stand_on_the_page_of_that_language():
    poll = make_poll("a-poll", text="Which way?", options=["Left", "Right"])
    poll.questions.update(i18n={"text_de": "Welcher Weg?"})
    for text, german in (("Left", "Links"), ("Right", "Rechts")):
        poll.questions.get().options.filter(text=text).update(i18n={"text_de": german})
    article = make_article("an-article", title="The way", title_de="Der Weg", body_de="<p>Auf Deutsch.</p>", poll=poll)
    Section.objects.filter(pk=article.section_id).update(i18n={"name_de": "Abteilung"})
    german = page("/de/articles/an-article/")
    assert german.one("h1").text == "Der Weg"
    assert "Auf Deutsch." in german.text
    assert "Welcher Weg?" in german.one("section", class_="poll").text
    assert "Abteilung" in german.one("header", class_="masthead").text
    assert page("/articles/an-article/").one("h1").text == "The way"


# --- how many queries ---------------------------------------------------------------------------------------------


def publish(number, *, section, students, topic):
    """An article with two desks, topics, a poll in its body and one under it."""
    placed, under = make_poll(f"placed-{number}"), make_poll(f"under-{number}")
    article = make_article(
        f"article-{number}", body=f"<p>a</p><p>[[poll:placed-{number}]]</p>", section=section, poll=under, authors=2
    )
    article.audiences.add(students)
    article.topics.add(topic)
    for poll in (placed, under):
        cast(poll)
        tally.recount(poll.pk)
    tally.beat_heart()


def test_every_page_takes_the_same_few_queries_for_one_article_and_for_three(redis_cache):
    section, students = make_section("a"), Audience.objects.get(slug="students")
    topic = Topic.objects.create(slug="a-topic", name="A topic")
    paths = ["/", "/articles/article-0/", "/sections/a/", "/for/students/", "/topics/a-topic/", "/search/?q=title"]
    paths += [
        "/polls/",
        "/polls/under-0/",
        "/feed/",
        "/feed/sections/a/",
        "/feed/for/students/",
        "/feed/topics/a-topic/",
    ]
    numbers: dict[str, list[int]] = {}
    for number in range(4):
        publish(number, section=section, students=students, topic=topic)
        for path in paths:
            tally.beat_heart()  # a slow machine is no counting service that is away
            with CaptureQueriesContext(connection) as context:
                assert Client().get(path).status_code == 200
            numbers.setdefault(path, []).append(len(context))
    # The first article leads the home page and leaves its section empty.
    assert {path: found[1:] for path, found in numbers.items()} == {
        path: [found[-1]] * 3 for path, found in numbers.items()
    }
    # The first article has nothing that is related to it.
    grown = {path: found[-1] - found[0] for path, found in numbers.items() if path != "/" and found[-1] != found[0]}
    assert grown == {"/articles/article-0/": 1}
    most = {"/": 14, "/articles/article-0/": 15}
    assert {path: found[-1] for path, found in numbers.items() if found[-1] > most.get(path, 10)} == {}
