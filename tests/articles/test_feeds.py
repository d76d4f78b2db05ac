"""The feed of the newest articles."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from polls import tally
from tests.factories import cast_many, make_article, make_poll

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
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "By the an-article 0 desk"
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
    assert "The results show after you vote." in plain
    assert "Who? One Two" in plain
    assert "(50%)" not in plain


def test_the_feed_is_asked_for_again_by_its_etag_alone():
    make_article()
    first = Client().get("/feed/")
    again = Client().get("/feed/", headers={"If-None-Match": first["ETag"]})
    assert "Last-Modified" not in first
    assert (again.status_code, again.content) == (304, b"")


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
