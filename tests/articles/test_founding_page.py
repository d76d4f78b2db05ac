"""The demo publication's pages: the founding page again, in its order, with the figures of its poll."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from polls import connections, tally
from tests import pages

pytestmark = pytest.mark.django_db
LEAD = "after-the-war-without-an-aftermath"


def page(path):
    answer = Client().get(path)
    assert answer.status_code == 200
    return pages.read(answer)


@pytest.fixture(scope="module", autouse=True)
def demo(django_db_setup, django_db_blocker):
    """The demo publication, loaded once for the tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_demo", stdout=io.StringIO())
        tally.beat_heart()
        yield
        transaction.set_rollback(True)
    connections.cache().flushdb()


@pytest.fixture
def lead():
    return page(f"/articles/{LEAD}/")


def test_the_elements_of_the_founding_page_stand_in_their_order(lead):
    main = lead.one("main")
    text = main.text
    marks = [
        "Russia and the Middle East: Diplomacy and Security",
        main.one("h1").text,
        "2 June 2016",
        "World affairs desk",
        main.one("p", class_="standfirst").text,
        *[heading.text for heading in main.one("div", class_="prose").all("h2")],
        "Share this article",
        "Poll conducted",
        main.one("section", class_="poll").one(class_="question").text,
        "33 (31%)",
        "30 (28%)",
        "24 (22%)",
        "21 (19%)",
        "For business",
        "For researchers",
        "For students",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert len(set(places)) == len(marks)


def test_the_lead_article_has_exactly_two_subheadings_in_its_body(lead):
    prose = lead.one("div", class_="prose")
    assert len(prose.all("h2")) == 2
    assert prose.all("h3") == []


def test_the_closed_poll_shows_its_figures_to_somebody_who_never_voted_and_has_no_form(lead):
    card = lead.one("section", class_="poll")
    assert card.one(class_="label").text == "Poll conducted"
    assert (card["data-state"], card["data-face"], card["data-shown"]) == ("closed", "figures", "1")
    assert card.all("form") == []
    assert [count.text for count in card.all("span", class_="count")] == [
        "33 (31%)",
        "30 (28%)",
        "24 (22%)",
        "21 (19%)",
    ]
    assert [spoken.text for spoken in card.all("span", class_="spoken")] == [
        "33 votes, 31 per cent",
        "30 votes, 28 per cent",
        "24 votes, 22 per cent",
        "21 votes, 19 per cent",
    ]
    assert [bar["width"] for bar in card.all("rect", class_="value")] == ["31%", "28%", "22%", "19%"]
    assert {count["aria-hidden"] for count in card.all("span", class_="count")} == {"true"}


def test_the_caveat_with_base_and_time_stands_under_the_figures_open(lead):
    card = lead.one("section", class_="poll")
    caveat = card.one("p", class_="taken")
    assert "hidden" not in caveat.attributes
    assert re.fullmatch(
        r"108 readers chose to take part, \d+ \w+ \d{4}\. This is not a sample of the public\. "
        r"Counted at \d+ \w+ \d{4}, \d\d:\d\d:\d\d UTC\..*",
        caveat.text,
    )
    assert card.one(class_="base-sentence").text == "Base: 108 voters."
    assert [element.tag for element in card if element.tag in ("details", "summary", "dialog")] == []


def test_the_demo_s_home_page_leads_with_an_open_poll_whose_figures_show_to_everybody():
    home = page("/")
    card = home.one("section", class_="poll")
    assert (card["data-state"], card["data-face"]) == ("open", "ask-figures")
    assert [count.text for count in card.all("span", class_="count")] == [
        "14 (20%)",
        "19 (27%)",
        "17 (25%)",
        "12 (17%)",
        "3 (4%)",
        "5 (7%)",
    ]


def test_the_three_audiences_each_have_a_page_that_lists_their_articles(lead):
    links = lead.one("nav", class_="audiences").all("a")
    assert [link["href"] for link in links] == ["/for/business/", "/for/researchers/", "/for/students/"]
    lead_title = lead.one("h1").text
    for link in links:
        assert lead_title in page(link["href"]).text
