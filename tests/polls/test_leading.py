"""Who may be called the first: one printed rule, and no test."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from polls import documents, leading, tally
from polls.models import Poll, State
from polls.paper import PaperOption, PaperQuestion, question_of
from polls.questions import TYPES
from tests import pages
from tests.factories import cast_many, finalise, make_article, make_poll


def asked(kind: str, *, maximum: int = 1) -> PaperQuestion:
    options = {1: PaperOption("A"), 2: PaperOption("B")}
    return PaperQuestion(1, kind, "?", required=True, minimum=1, maximum=maximum, options=options)


BASE, LEAD = "Too close to order: base under 100.", "Too close to order: lead under 5 points."


@pytest.mark.parametrize(
    ("votes", "close"),
    [
        ([50, 45, 5], False),  # five points are enough
        ([500, 451, 49], True),  # 4.9 points, which are printed as 50 and 45
        ([50, 49], True),  # base 99
        ([99], True),
        ([98, 1], True),
        ([100, 0], False),
        ([0, 40, 60], False),
        ([50, 50], True),
        ([1, 0], True),
        ([0, 0], None),  # nobody has voted: there is nothing to order
    ],
)
def test_the_first_needs_a_base_of_a_hundred_and_a_lead_of_five_points(votes, close):
    assert leading.too_close(asked("single"), [*votes, 0], sum(votes)) is close


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=8))
def test_the_rule_is_of_exact_shares_and_of_no_order_of_the_options(votes):
    question, base = asked("single"), sum(votes)
    expected = None
    if base:
        first, second = sorted((Fraction(100 * n, base) for n in votes), reverse=True)[:2]
        expected = base < 100 or first - second < 5
    assert leading.too_close(question, votes, base) is expected
    assert leading.too_close(question, votes[::-1], base) is expected


@pytest.mark.parametrize(("base", "sentence"), [(1, BASE), (99, BASE), (100, LEAD), (5000, LEAD)])
def test_the_half_of_the_rule_that_says_so_is_named_with_its_number(base, sentence):
    assert leading.sentence(base) == sentence
    assert (f"base under {leading.LEAST_BASE}." in BASE, f"lead under {leading.LEAST_LEAD} points." in LEAD) == (
        True,
        True,
    )


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_of_other_types_than_one_choice_nothing_is_said(kind):
    expected = True if kind in ("single", "yesno", "dropdown", "image") else None
    assert leading.too_close(asked(kind), [2, 1], 3) is expected


def test_of_several_pictures_nothing_is_said():
    assert leading.too_close(asked("image", maximum=2), [2, 1], 3) is None


@pytest.mark.django_db
def test_card_page_method_and_document_say_the_same(redis_cache):
    poll = make_poll("a-poll", options=["Left", "Right"])
    cast_many(poll, [2, 1])
    page = pages.read(Client().get("/polls/a-poll/"))
    assert page.one("span", class_="close").text == BASE
    assert "hidden" not in page.one("span", class_="close").attributes
    assert "“Too close to order” follows one editorial rule" in page.one("section", id="method").text
    (question,) = Client().get("/polls/a-poll/results.json").json()["questions"]
    assert question["too_close"] is True


@pytest.mark.django_db
@pytest.mark.parametrize(("votes", "said", "rule"), [([2, 1], 1, BASE), ([60, 55], 1, LEAD), ([90, 30], 0, LEAD)])
def test_feed_and_front_page_say_it_with_the_figures_and_only_where_it_is_so(redis_cache, votes, said, rule):
    poll = make_poll("a-poll", options=["Left", "Right"])
    cast_many(poll, votes)
    make_article("an-article", poll=poll)
    feed = Client().get("/feed/").content.decode()
    assert (feed.count(f"{votes[0]} ("), feed.count(rule)) == (1, said)
    note = pages.read(Client().get("/")).one("span", class_="close")
    assert (note.text, "hidden" in note.attributes) == (rule, not said)


@pytest.mark.parametrize(
    ("votes", "may"),
    [
        ([90, 30], True),  # base 120
        ([100, 99], True),
        ([150, 49], True),  # base 199
        ([110, 90], False),  # ten points of 200
        ([109, 91], True),
        ([1000, 0], False),
    ],
)
def test_what_is_said_of_the_order_may_change_soon_under_twice_the_least_base_or_lead(votes, may):
    assert leading.may_change([*votes, 0], sum(votes)) is may


@pytest.mark.django_db
def test_while_votes_come_in_the_sentence_keeps_its_room_and_in_the_final_count_it_does_not(redis_cache):
    poll = make_poll("a-poll", options=["Left", "Right"])
    cast_many(poll, [90, 30])
    said = pages.read(Client().get("/polls/a-poll/")).one("span", class_="close")
    assert {"hidden", "data-room"} <= said.attributes.keys()
    finalise(poll)
    said = pages.read(Client().get("/polls/a-poll/?final")).one("span", class_="close")
    assert said.attributes.keys() == {"class", "data-least-base", "hidden"}


@pytest.mark.django_db
def test_what_is_not_shown_is_not_ordered_either():
    poll = make_poll(results_shown="after_close")
    cast_many(poll, [2, 1])
    counted = tally.count(Poll.objects.whole().get(pk=poll.pk))
    hidden = documents.body(poll, counted, State.OPEN, "after_close")
    assert "too_close" not in json.dumps(hidden)


@pytest.mark.django_db
def test_a_question_of_another_type_prints_no_rule(redis_cache):
    make_poll("several", kind="multiple", options=["A", "B"])
    page = pages.read(Client().get("/polls/several/"))
    assert page.all(class_="close") == []
    assert "Too close" not in page.one("section", id="method").text
    assert question_of(Poll.objects.get(slug="several").questions.get()).kind == "multiple"
