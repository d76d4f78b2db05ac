"""Which poll stands under an article: its own, else that of its section, else the one under every article."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from articles.reading import Reading
from polls import lifecycle, tally
from polls.drafting import Asked, offered
from tests import pages
from tests.factories import make_article, make_poll, make_publication, make_section

pytestmark = pytest.mark.django_db


def polls_at(path):
    answer = Client().get(path)
    assert answer.status_code == 200
    return [card["data-poll"] for card in pages.read(answer).all("section", class_="poll")]


@pytest.fixture
def places():
    """A section with a poll, a poll under every article, and articles of all kinds."""
    section = make_section("asking", default_poll=make_poll("of-the-section"))
    make_publication(slot_poll=make_poll("of-the-site"))
    make_article("plain-here", section=section)
    make_article("plain-there")
    make_article("own", section=section, poll=make_poll("its-own"))
    make_poll("within")
    make_article("placed", section=section, body="<p>a</p><p>[[poll:within]]</p>")
    make_article("own-draft", section=section, poll=make_poll("its-draft", state="draft"))
    return section


def test_an_article_without_a_poll_gets_that_of_its_section_or_of_the_site(places):
    found = {slug: polls_at(f"/articles/{slug}/") for slug in Article.objects.values_list("slug", flat=True)}
    assert found == {
        "plain-here": ["of-the-section"],
        "plain-there": ["of-the-site"],
        "own": ["its-own"],
        "placed": ["within"],
        "own-draft": [],
    }


def test_the_card_names_the_article_in_which_it_was_answered(places):
    card = pages.read(Client().get("/articles/plain-here/")).one("section", class_="poll")
    assert card["data-place"] == "plain-here"


@pytest.mark.parametrize(
    ("state", "shown"),
    [("draft", False), ("scheduled", True), ("open", True), ("paused", True), ("closed", True)],
)
def test_it_stands_there_while_readers_may_see_it(state, shown):
    make_publication(slot_poll=make_poll("of-the-site", state=state))
    make_article("an-article", section=make_section(default_poll=make_poll("hidden", state="draft")))
    assert polls_at("/articles/an-article/") == (["of-the-site"] if shown else [])


def test_a_preview_shows_no_draft_in_place_of_a_poll_of_the_article():
    article = make_article(section=make_section(default_poll=make_poll(state="draft")))
    assert Reading(article, canonical="", drafts=True).poll_below is None


@pytest.mark.parametrize(
    ("begins", "ends", "shown"),
    [(None, None, True), (-1, 1, True), (-2, -1, False), (1, 2, False), (None, -1, False), (1, None, False)],
)
def test_the_poll_under_every_article_stands_there_from_its_first_to_its_last_day(begins, ends, shown):
    now = timezone.now()
    days = [now + timedelta(days=n) if n is not None else None for n in (begins, ends)]
    make_publication(slot_poll=make_poll("of-the-site"), slot_from=days[0], slot_until=days[1])
    make_article("an-article")
    assert polls_at("/articles/an-article/") == (["of-the-site"] if shown else [])


def test_a_corrected_copy_takes_the_place_of_the_poll_it_replaces():
    poll = make_poll("of-the-section")
    make_article("an-article", section=make_section(default_poll=poll))
    copy = lifecycle.replace(
        poll=poll, asked=[Asked("Why?", offered("Yes", "No"))], closes_at=poll.closes_at, who="x", reason="a slip"
    )
    assert polls_at("/articles/an-article/") == [copy.slug]


def test_feeds_carry_it_and_lists_take_no_more_queries_for_it(places, redis_cache):
    text = Client().get("/feed/").content.decode()
    assert text.count("#poll-of-the-section") == 1
    assert text.count("#poll-of-the-site") == 1
    numbers = []
    for number in range(3):
        section = make_section(default_poll=make_poll(f"more-{number}"))
        make_article(section=section)
        for poll in ("of-the-section", "of-the-site", "its-own", "within", f"more-{number}"):
            tally.recount(tally.Poll.objects.get(slug=poll).pk)
        tally.beat_heart()
        with CaptureQueriesContext(connection) as context:
            assert Client().get("/feed/").status_code == 200
        numbers.append(len(context))
    assert numbers == [numbers[0]] * 3
    assert numbers[0] <= 10
