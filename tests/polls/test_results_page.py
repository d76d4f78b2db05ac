"""The page of a poll as somebody links to it, cites it and finds it: addresses, what became of the votes, its data."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from polls import tally
from polls.models import SetAside
from tests import pages
from tests.factories import cast_many, make_article, make_poll, move

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_cache")]


def page_of(slug="a-poll", query=""):
    return pages.read(Client().get(f"/polls/{slug}/{query}"))


def data_of(page):
    (script,) = page.all("script", type="application/ld+json")
    (data,) = json.loads(script.text)["@graph"]
    return data


def row(page, term):
    (found,) = [each for each in page.one("dl", class_="method").all("div") if each.one("dt").text == term]
    return found.one("dd").text


def test_the_method_says_what_became_of_every_vote():
    poll = make_poll("a-poll", options=["Left", "Right"])
    cast_many(poll, [3, 2])
    for ballot in poll.ballots.all()[:2]:
        SetAside.objects.create(ballot=ballot, poll=poll, rule="network", reason="One network, one second.", who="x")
    tally.recount(poll.pk)
    assert row(page_of(), "Votes").startswith("5 received, 2 set aside, 3 counted. Counted at ")


@pytest.mark.parametrize("shown", ["after_vote", "after_close", "staff"])
def test_where_figures_are_hidden_nothing_tells_them(shown):
    poll = make_poll("a-poll", options=["Left", "Right"], results_shown=shown)
    cast_many(poll, [3, 2])
    tally.recount(poll.pk)
    page = page_of()
    terms = [term.text for term in page.one("dl", class_="method").all("dt")]
    assert {"Votes", "How to cite"} & set(terms) == set()
    assert {"distribution", "dateModified"} & data_of(page).keys() == set()
    assert "took part" not in data_of(page)["description"]
    assert "readers chose to take part" not in page.one("section", class_="poll").text


def test_it_is_cited_with_its_base_its_time_and_its_address():
    poll = make_poll("a-poll", text="Which way?", options=["Left", "Right"])
    cast_many(poll, [3, 2])
    tally.recount(poll.pk)
    cited = row(page_of(), "How to cite")
    for words in ("Which way?", "5 readers chose to take part since", "Counted at", "http://testserver/polls/a-poll/"):
        assert words in cited


def test_search_engines_read_a_data_set_that_says_no_more_than_the_page():
    poll = make_poll("a-poll", text="</script><b>Which & way?", options=["Left", "Right"])
    cast_many(poll, [3, 2])
    tally.recount(poll.pk)
    page = page_of()
    data = data_of(page)
    assert (data["@type"], data["name"], data["url"]) == (
        "Dataset",
        "</script><b>Which & way?",
        "http://testserver/polls/a-poll/",
    )
    assert data["variableMeasured"] == ["</script><b>Which & way?"]
    assert data["temporalCoverage"] == f"{poll.opens_at.isoformat()}/{poll.closes_at.isoformat()}"
    assert [each["contentUrl"] for each in data["distribution"]] == ["http://testserver/polls/a-poll/results.json"]
    assert page.one("link", rel="canonical")["href"] == data["url"]


@pytest.mark.parametrize("state", ["open", "closed"])
def test_each_question_has_an_address_on_the_polls_own_page_alone(state):
    poll = make_poll("a-poll", options=["Left", "Right"], state=state)
    make_article("an-article", poll=poll)
    assert page_of().one(id="q1").attributes["data-question"] == str(poll.questions.get().pk)
    assert pages.read(Client().get("/articles/an-article/")).all(id="q1") == []


def test_the_same_address_stands_for_every_way_to_the_page(settings):
    settings.BASE_URL = "https://polls.example"
    make_poll("a-poll")
    assert page_of(query="?words=x").one("link", rel="canonical")["href"] == "https://polls.example/polls/a-poll/"
    # Where it is not translated its own language is its one address.
    page = pages.read(Client().get("/ar/polls/a-poll/", secure=True))
    assert page.one("link", rel="canonical")["href"] == "https://polls.example/polls/a-poll/"


def test_it_is_shared_by_its_own_address_and_name():
    poll = make_poll("a-poll", text="Which way?")
    move(poll, paused_at=None)
    share = page_of().one("section", class_="share")
    assert share.one("h2").text == "Share this poll"
    assert share.all("a")[0]["href"] == "http://testserver/polls/a-poll/"
    assert "subject=Which%20way%3F" in share.all("a")[1]["href"]
