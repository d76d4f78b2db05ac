"""The pages on which a survey is answered."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core import signing
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from polls import answering, drafting, ratelimit, tally
from polls.drafting import Asked, Offered
from polls.models import Answer, Ballot, Draft, Poll, Reach
from tests import pages
from tests.factories import move
from tests.polls.crowd import postgres_away
from tests.polls.surveys import Respondent, hidden, question, survey, text, thirty
from tests.stack import until

pytestmark = pytest.mark.django_db
OWN = {"Sec-Fetch-Site": "same-origin"}


def is_(code: str, option: str) -> dict[str, Any]:
    return {"question": code, "is": option}


def two_pages(**more: Any) -> Poll:
    return survey(
        question("fruit", options=("apple", "pear")),
        question("why", "text", page=2, required=False),
        question("more", options=("yes", "no"), page=2),
        **more,
    )


def branching(**more: Any) -> Poll:
    """Page 1: more? and, where yes, what; page 2 for those alone; page 3 for all."""
    return survey(
        question("more", options=("yes", "no")),
        question("what", options=("apple", "pear"), show_if=is_("more", "yes")),
        question("why", "text", page=2, show_if=is_("what", "pear")),
        question("end", options=("yes", "no"), page=3, required=False),
        **more,
    )


def stored() -> list[tuple[str, Any, Any, Any, Any]]:
    rows = Answer.objects.order_by("question__position", "option__position")
    return list(rows.values_list("question__name", "option__name", "number", "verbatim__text", "missing"))


# --- the way through ----------------------------------------------------------------------------------------------


def test_a_survey_is_answered_page_by_page_looked_at_and_counted_once() -> None:
    reader = Respondent(two_pages())
    page = reader.begin()
    assert "Page 1 of 2" in text(page)
    page = reader.turn(page, fruit="pear")
    assert "Page 2 of 2" in text(page)
    page = reader.turn(page, why="It is sweet.", more="yes")
    assert "A last look before you send it" in text(page)
    assert "“It is sweet.”" in text(page)
    assert Ballot.objects.count() == 0
    done = reader.post("review/", {"step": "send"})
    assert done.status_code == 303
    page = reader.follow(done)
    assert "Thank you: your answers are counted" in text(page)
    assert stored() == [
        ("fruit", "pear", None, None, None),
        ("why", None, None, "It is sweet.", None),
        ("more", "yes", None, None, None),
    ]
    assert Draft.objects.count() == 0
    assert list(Reach.objects.order_by("page").values_list("page", "respondents")) == [(1, 1), (2, 1)]


def test_the_first_page_says_what_becomes_of_the_answers_and_stores_nothing() -> None:
    reader = Respondent(two_pages(intro="About fruit."))
    page = reader.get()
    said = text(page)
    assert "What readers think" in said
    assert "About fruit." in said
    assert "It takes about 1 minute." in said
    assert "so that you can stop and continue later. It is not counted until you send it at the end." in said
    assert "You can delete it at any time" in said
    assert (Draft.objects.count(), Reach.objects.count()) == (0, 0)
    assert [name for name in page.cookies if "voter" in name] == []
    assert "no-store" in page["Cache-Control"]


def test_a_draft_is_kept_a_fortnight_or_until_the_poll_closes() -> None:
    poll = two_pages()
    Respondent(poll).begin()
    left = Draft.objects.get().expires_at - timezone.now()
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)
    Draft.objects.all().delete()
    move(poll, closes_at=timezone.now() + timedelta(days=2))
    Respondent(poll).begin()
    assert Draft.objects.get().expires_at == poll.closes_at


def test_what_is_required_is_asked_for_at_the_field_and_in_a_summary() -> None:
    reader = Respondent(two_pages())
    page = reader.begin()
    response = reader.send(page)
    assert response.status_code == 422
    body = response.content.decode()
    name = f"q{reader.questions['fruit'].pk}"
    assert f'<a href="#{name}"><bdi>Fruit?</bdi></a> <span>Please choose one of the options first.</span>' in body
    assert f'id="{name}-error">Please choose one of the options first.' in body
    assert f'aria-describedby="{name}-error {name}-limits"' in body
    assert 'role="alert" tabindex="-1" id="faults" autofocus' in body
    assert "<title>Please look again: Page 1 of 2 · What readers think" in body


def test_back_and_forward_keep_what_was_typed_even_what_cannot_be_sent() -> None:
    reader = Respondent(two_pages())
    second = reader.turn(reader.begin(), fruit="apple")
    back = reader.send(second, "back", why="half a sent", more=[])
    first = reader.follow(back)
    assert "Page 1 of 2" in text(first)
    assert (
        f'value="{reader.option("fruit", "apple")}" id="answer-q{reader.questions["fruit"].pk}'
        in first.content.decode()
    )
    assert " checked" in first.content.decode()
    second = reader.turn(first, fruit="apple")
    assert 'value="half a sent"' in second.content.decode()


def test_a_question_that_an_answer_brings_in_is_asked_on_the_same_page() -> None:
    reader = Respondent(branching())
    page = reader.begin()
    response = reader.send(page, more="yes")
    assert response.status_code == 200
    assert "Your answer adds a question to this page" in text(response)
    assert "Please choose one of the options first." not in text(response)
    assert reader.send(response, more="yes").status_code == 422
    page = reader.turn(response, more="yes", what="pear")
    assert "Why?" in text(page)


def test_a_page_is_not_passed_before_what_came_in_has_been_asked() -> None:
    may_say = question("what", "text", show_if=is_("more", "yes"), required=False)
    reader = Respondent(survey(question("more", options=("yes", "no")), may_say, question("end", "text", page=2)))
    response = reader.send(reader.begin(), more="yes")
    assert response.status_code == 200
    assert "Please answer this page first" in text(reader.follow(reader.get("2/")))
    assert "End?" in text(reader.turn(response, more="yes"))


def test_hidden_questions_are_neither_required_nor_stored() -> None:
    reader = Respondent(branching())
    page = reader.begin()
    # Answered while it was shown, and hidden again by another answer.
    response = reader.send(page, more="yes", what="pear")
    page = reader.follow(response) if response.status_code == 303 else response
    page = reader.get("1/")
    page = reader.turn(page, more="no", what="pear")
    assert "End?" in text(page)
    reader.turn(page)
    assert reader.post("review/", {"step": "send"}).status_code == 303
    assert stored() == [("more", "no", None, None, None), ("end", None, None, None, "skipped")]


def test_an_answer_changed_from_the_last_look_comes_back_to_it_where_nothing_opens() -> None:
    reader = Respondent(branching())
    review = reader.turn(reader.turn(reader.begin(), more="no"), end="yes")
    assert "A last look" in text(review)
    page = reader.get("3/", review="")
    assert 'name="review"' in page.content.decode()
    assert "A last look" in text(reader.turn(page, end="no"))
    page = reader.get("1/", review="")
    brought = reader.send(page, more="yes")
    assert "Why?" in text(reader.turn(brought, more="yes", what="pear"))


def test_a_jump_to_the_end_leads_to_the_last_look() -> None:
    flow = {"pages": [{"jumps": [{"if": is_("fruit", "apple"), "to": "end"}]}]}
    reader = Respondent(two_pages(flow=flow))
    assert "A last look" in text(reader.turn(reader.begin(), fruit="apple"))
    assert reader.post("review/", {"step": "send"}).status_code == 303
    assert stored() == [("fruit", "apple", None, None, None)]


def test_earlier_answers_stand_in_later_questions_escaped() -> None:
    poll = survey(
        question("city", "text", required=False),
        question("happy", options=("yes", "no"), page=2, text="Happy in {{city|your place}}?"),
    )
    reader = Respondent(poll)
    page = reader.turn(reader.begin(), city="<b>Ghent</b>")
    assert "Happy in &lt;b&gt;Ghent&lt;/b&gt;?" in page.content.decode()
    other = Respondent(poll)
    assert "Happy in your place?" in text(other.turn(other.begin()))
    results = f"/polls/{poll.slug}/"
    assert "Happy in" not in text(other.client.get(results))  # nobody has answered: there are no figures to stand over
    assert "The questions are printed here with the results." in text(other.client.get(results))
    assert "A last look" in text(reader.turn(page, happy="yes"))
    assert reader.post("review/", {"step": "send"}).status_code == 303
    tally.recount(poll.pk)
    tally.forget()
    assert "Happy in your place?" in text(other.client.get(results))
    assert "As printed above." in text(other.client.get(results))
    assert "{{" not in text(other.client.get(results))


def test_options_stand_in_the_respondents_own_order_which_is_stored() -> None:
    codes = tuple("abcdefgh")
    poll = survey(question("one", options=codes, settings={"order": "random"}), question("two", options=("yes", "no")))
    reader = Respondent(poll)
    one = reader.questions["one"].pk

    def order(page: Any) -> list[int]:
        body = page.content.decode()
        ids = [reader.option("one", code) for code in codes]
        return sorted(ids, key=lambda option: body.index(f'id="answer-q{one}-{option}"'))

    page = reader.begin()
    first = order(page)
    refused = reader.send(page, one="c")
    assert refused.status_code == 422
    assert order(refused) == first
    # Whatever order is sent beside it.
    data = {**hidden(refused), **reader.fields(one="c", two="yes"), "step": "next"}
    assert reader.post("1/", {**data, f"q{one}.shown": "1,2"}).status_code == 303
    assert order(reader.get("1/")) == first
    reader.post("review/", {"step": "send"})
    assert Answer.objects.get(option__name="c").position_shown == first.index(reader.option("one", "c")) + 1


def test_the_pages_are_there_in_every_language() -> None:
    reader = Respondent(two_pages(), language="/de")
    page = reader.begin()
    assert page.wsgi_request.path.startswith("/de/polls/")
    page = reader.turn(page, fruit="pear")
    reader.turn(page, more="no")
    reader.post("review/", {"step": "send"})
    assert Ballot.objects.get().language == "de"


def test_the_ballot_says_how_long_it_took_and_whether_scripts_ran() -> None:
    reader = Respondent(two_pages())
    page = reader.turn(reader.begin(), fruit="pear")
    reader.turn(page, more="no")
    began = Draft.objects.get()
    began.answers["began"] = (timezone.now() - timedelta(seconds=90)).isoformat()
    began.save()
    reader.post("review/", {"step": "send", "scripted": "1"})
    ballot = Ballot.objects.get()
    assert ballot.with_scripts
    assert ballot.seconds is not None
    assert 90 <= ballot.seconds < 100


# --- interrupted and resumed --------------------------------------------------------------------------------------


def test_whoever_comes_back_goes_on_where_the_first_open_page_is() -> None:
    reader = Respondent(two_pages())
    reader.send(reader.turn(reader.begin(), fruit="pear"), "later", why="More to say")
    page = reader.get()
    assert "You have begun" in text(page)
    page = reader.follow(reader.post("", {"step": "start"}))
    assert "Page 2 of 2" in text(page)
    assert "More to say" in page.content.decode()
    assert Reach.objects.get(page=1).respondents == 1


def test_a_link_moves_the_answers_to_another_browser_once() -> None:
    poll = two_pages()
    first = Respondent(poll)
    later = first.follow(first.send(first.turn(first.begin(), fruit="pear"), "later", why="Moved"))
    link = later.content.decode().partition('readonly value="')[2].partition('"')[0]
    place = link.partition("/answer/")[2]
    second = Respondent(poll)
    asks = second.get(place)
    assert "They will no longer be in the browser in which they were begun" in text(asks)
    assert Draft.objects.count() == 1
    page = second.follow(second.post(place, {}))
    assert "Page 2 of 2" in text(page)
    assert "Moved" in page.content.decode()
    gone = first.follow(first.get("2/"))
    assert "Nothing is kept in this browser" in text(gone)
    third = Respondent(poll).get(place)
    assert third.status_code == 410
    second.turn(page, more="no")
    assert second.post("review/", {"step": "send"}).status_code == 303
    assert Ballot.objects.count() == 1


def test_a_link_to_a_browser_that_keeps_no_cookie_moves_nothing() -> None:
    poll = two_pages()
    first = Respondent(poll)
    later = first.follow(first.send(first.begin(), "later", fruit="pear"))
    place = later.content.decode().partition("/answer/go-on/")[2].partition('"')[0]
    second = Respondent(poll)
    response = second.post(f"go-on/{place}", {})
    assert response.status_code == 403
    assert "This browser does not keep this site’s cookie" in text(response)
    assert "Page 1 of 2" in text(first.get("1/"))


def test_a_link_that_is_forged_or_too_old_says_so() -> None:
    poll = two_pages()
    reader = Respondent(poll)
    reader.begin()
    for token in ("x", signing.dumps({"draft": Draft.objects.get().pk, "owner": "x"}, salt="polls.answering.link")):
        response = reader.get(f"go-on/{token}/")
        assert response.status_code == 410
        assert "This link has already been used, or has expired" in text(response)


def test_answers_can_be_deleted_and_are_gone() -> None:
    reader = Respondent(two_pages())
    reader.turn(reader.begin(), fruit="pear")
    page = reader.follow(reader.post("", {"step": "discard"}))
    assert "Your answers were deleted. Nothing was counted." in text(page)
    assert Draft.objects.count() == 0


def test_answers_whose_time_is_over_are_gone_and_the_reader_is_told() -> None:
    reader = Respondent(two_pages())
    second = reader.turn(reader.begin(), fruit="pear")
    Draft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    response = reader.send(second, more="yes")
    page = reader.follow(response)
    assert "their time was up" in text(page)
    assert "Page 1 of 2" in text(reader.begin())
    assert Draft.objects.count() == 1


# --- two tabs, editors, forged pages ------------------------------------------------------------------------------


def test_a_stale_tab_does_not_overwrite_newer_answers_unseen() -> None:
    reader = Respondent(two_pages())
    first_tab = reader.begin()
    reader.turn(first_tab, fruit="pear")
    response = reader.send(first_tab, fruit="apple")
    assert response.status_code == 409
    assert "Stored there: Fruit? – Pear." in text(response)
    stored_now = Draft.objects.get().answers["given"][str(reader.questions["fruit"].pk)]
    assert stored_now[0] == [reader.option("fruit", "pear")]
    # Seen, and meant.
    reader.turn(response, fruit="apple")
    stored_now = Draft.objects.get().answers["given"][str(reader.questions["fruit"].pk)]
    assert stored_now[0] == [reader.option("fruit", "apple")]


def test_the_same_page_sent_twice_is_no_conflict() -> None:
    reader = Respondent(two_pages())
    page = reader.begin()
    assert reader.send(page, fruit="pear").status_code == 303
    assert reader.send(page, fruit="pear").status_code == 303
    assert Reach.objects.get(page=2).respondents == 1


def test_a_page_that_an_editor_changed_meanwhile_is_asked_again() -> None:
    poll = two_pages()
    reader = Respondent(poll)
    page = reader.turn(reader.begin(), fruit="pear")
    asked = [Asked.of(one) for one in poll.questions.prefetch_related("options")]
    new = Asked(text="Which vegetable?", name="fruit", options=(Offered("Leek", "apple"), Offered("Pea", "pear")))
    drafting.rewrite(poll=poll, asked=[new, *asked[1:]])
    response = reader.send(page, more="yes")
    again = reader.follow(response)
    assert "An editor has changed this survey since you began." in text(again)
    assert "Which vegetable?" in text(again)
    assert " checked" not in again.content.decode()


def test_the_very_page_that_an_editor_changed_is_shown_again_with_what_was_typed() -> None:
    poll = two_pages()
    reader = Respondent(poll)
    page = reader.turn(reader.begin(), fruit="pear")
    asked = [Asked.of(one) for one in poll.questions.prefetch_related("options")]
    drafting.rewrite(poll=poll, asked=[asked[0], Asked("Why really?", kind="text", name="why", page=2), asked[2]])
    response = reader.send(page, why="So", more="yes")
    assert response.status_code == 409
    assert "An editor has just changed this page." in text(response)
    assert 'value="So"' in response.content.decode()
    assert "A last look" in text(reader.turn(response, why="So", more="yes"))


def test_pages_out_of_turn_lead_to_the_first_open_one() -> None:
    reader = Respondent(branching())
    page = reader.begin()
    for place in ("3/", "2/", "7/", "review/"):
        assert "Please answer this page first" in text(reader.follow(reader.get(place)))
    response = reader.send(page, place="3/", end="yes")
    assert "Please answer this page first" in text(reader.follow(response))
    assert Draft.objects.get().answers["given"] == {}
    sent = reader.post("review/", {"step": "send"})
    assert "Please answer this page first" in text(reader.follow(sent))
    assert Ballot.objects.count() == 0


def test_answers_to_hidden_and_foreign_questions_are_not_stored() -> None:
    reader = Respondent(branching())
    page = reader.begin()
    response = reader.send(page, more="no", end="yes")
    assert response.status_code == 422
    assert "does not belong to any question on this page" in text(response)
    assert Draft.objects.get().answers["given"] == {}
    response = reader.post("1/", {**hidden(page), **reader.fields(more="no"), "q999999": "1", "step": "next"})
    assert response.status_code == 422
    reader.turn(page, more="no", what="pear")
    assert list(Draft.objects.get().answers["given"]) == [str(reader.questions["more"].pk)]


def test_options_of_another_question_are_answered_with_a_sentence() -> None:
    reader = Respondent(two_pages())
    page = reader.begin()
    foreign = reader.option("more", "yes")
    response = reader.post("1/", {**hidden(page), f"q{reader.questions['fruit'].pk}": foreign, "step": "next"})
    assert response.status_code == 422
    assert "This poll has no such option." in text(response)


# --- wild input ---------------------------------------------------------------------------------------------------


WILD: list[tuple[str, dict[str, Any], str]] = [
    ("household", {"household": "NaN"}, "Please give a number from 1 to 20."),
    ("household", {"household": "1e309"}, "Please give a number from 1 to 20."),
    ("household", {"household": "9" * 400}, "Please give a number from 1 to 20."),
    ("household", {"household": "<script>"}, "Please give a number from 1 to 20."),
    ("moved", {"moved": "2026-02-31"}, "Please pick a day. A day from 1 January 1920"),
]


def at_page(poll: Poll, number: int) -> tuple[Respondent, Any]:
    """Somebody who has come to a page of the survey of thirty questions."""
    reader = Respondent(poll)
    page = reader.begin()
    answers: dict[int, dict[str, Any]] = {
        1: {"agree": "yes", "lives": "town"},
        2: {"household": "2", "children": "no"},
        3: {"travel": "foot", "bicycle_safe": 4},
        5: {"tell_a": 3, "tell_b": 3, "trust": {"courts": "1", "press": "3", "council": "0"}},
        6: {"first": {"buses": "1", "parks": "2"}, "money": {"health": "100"}},
        7: {"picture": "trees", "seen": ["play"]},
    }
    while (here := int(page.wsgi_request.path.rstrip("/").rpartition("/")[2])) != number:
        body = page.content.decode()
        given = {code: a for code, a in answers[here].items() if f'data-code="{code}"' in body}
        response = reader.send(page, **given)
        if response.status_code == 200:
            response = reader.send(response, **given)
        assert response.status_code == 303, text(response)
        page = reader.follow(response)
    return reader, page


@pytest.mark.parametrize(("code", "answers", "sentence"), WILD)
def test_wild_numbers_and_dates_are_answered_at_the_field_and_kept(
    code: str, answers: dict[str, Any], sentence: str
) -> None:
    reader, page = at_page(thirty(), 2)
    response = reader.send(page, **answers)
    assert response.status_code == 422
    name = f"q{reader.questions[code].pk}"
    assert f'id="{name}-error">{sentence}' in response.content.decode()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"first": {"buses": "1", "parks": "1"}}, "Two options have the same place"),
        ({"first": {"buses": "1", "parks": "3"}}, "without a gap"),
        ({"first": {"buses": "NaN", "parks": "1"}}, "A place is a number from 1 to 4."),
        ({"money": {"health": "60", "roads": "30"}}, "Please share out 100 points in all; so far it is 90."),
        ({"money": {"health": "1e309"}}, "Points are whole numbers from 0 to 100."),
    ],
)
def test_ranks_twice_and_sums_that_miss_are_answered_in_words(answers: dict[str, Any], sentence: str) -> None:
    poll = survey(
        question("first", "ranking", ("buses", "parks", "schools", "streets"), min_choices=2),
        question("money", "points", ("health", "roads")),
    )
    reader = Respondent(poll)
    response = reader.send(reader.begin(), **answers)
    assert response.status_code == 422
    assert sentence in text(response)


def test_a_text_that_is_too_long_is_shown_again_whole_and_named() -> None:
    reader = Respondent(two_pages())
    page = reader.turn(reader.begin(), fruit="pear")
    response = reader.send(page, why="x" * 20_000, more="yes")
    assert response.status_code == 422
    assert "This text has 20000 characters; there is room for 300." in text(response)
    assert "x" * 20_000 in response.content.decode()
    assert str(reader.questions["why"].pk) not in Draft.objects.get().answers["given"]


def test_a_megabyte_of_text_and_thousands_of_options_are_refused_in_a_sentence() -> None:
    reader = Respondent(two_pages())
    page = reader.turn(reader.begin(), fruit="pear")
    response = reader.send(page, why="x" * 2**20, more="yes")
    assert response.status_code == 413
    assert "That is too much for one page." in text(response)
    name = f"q{reader.questions['more'].pk}"

    def tick(number: int) -> Any:
        data = urlencode({**hidden(page), name: list(range(1, number + 1)), "step": "next"}, doseq=True)
        return reader.client.post(f"{reader.base}2/", data, "application/x-www-form-urlencoded", headers=OWN)

    assert "This poll has no such option." in text(tick(1_000))
    response = tick(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)
    assert response.status_code == 400
    assert "it contains more answers than any survey asks for" in text(response)
    assert "Page 2 of 2" in text(reader.get("2/"))


@pytest.mark.parametrize("value", ["\0", "a\0b", "\ud7ff\uffff", "<script>alert(1)</script>", "‮", " \n\t"])
def test_what_no_keyboard_writes_is_kept_or_dropped_and_never_breaks(value: str) -> None:
    reader = Respondent(two_pages())
    page = reader.turn(reader.begin(), fruit="pear")
    response = reader.send(page, why=value, more="yes")
    assert response.status_code == 303
    review = reader.follow(response)
    assert "<script>alert" not in review.content.decode()
    assert reader.post("review/", {"step": "send"}).status_code == 303


@pytest.mark.parametrize(
    "data",
    [
        {"asked": ["x", "-1", "9" * 40], "seen": "x" * 10_000, "step": "fly"},
        {"asked": [], "seen": "", "step": "next"},
        {"step": "send"},
    ],
)
def test_forged_fields_beside_the_answers_break_nothing(data: dict[str, Any]) -> None:
    reader = Respondent(two_pages())
    reader.begin()
    response = reader.post("1/", data)
    assert response.status_code in (200, 409, 422)
    assert Draft.objects.get().answers["given"] == {}


# --- doors --------------------------------------------------------------------------------------------------------


def test_pages_of_others_cannot_send_answers() -> None:
    reader = Respondent(two_pages())
    page = reader.begin()
    response = reader.post("1/", {**hidden(page), **reader.fields(fruit="pear")}, HTTP_SEC_FETCH_SITE="cross-site")
    assert response.status_code == 403
    assert "Answers are accepted only from this site’s own pages" in text(response)
    assert Draft.objects.get().answers["given"] == {}


def test_a_browser_that_says_nothing_is_known_by_the_token_of_the_page() -> None:
    reader = Respondent(two_pages())
    page = reader.begin()
    token = page.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    data = {**hidden(page), **reader.fields(fruit="pear"), "step": "next"}
    assert reader.client.post(f"{reader.base}1/", data).status_code == 403
    assert reader.client.post(f"{reader.base}1/", {**data, "csrfmiddlewaretoken": token}).status_code == 303


def test_a_browser_without_cookies_is_told_why_it_cannot_go_on() -> None:
    reader = Respondent(two_pages())
    started = reader.post("", {"step": "start"})
    reader.client.cookies.clear()
    response = reader.follow(started)
    assert response.status_code == 403
    assert "This browser does not keep this site’s cookie" in text(response)


def test_a_poll_that_is_paused_or_closed_says_so_and_keeps_what_was_typed() -> None:
    poll = two_pages()
    reader = Respondent(poll)
    page = reader.turn(reader.begin(), fruit="pear")
    move(poll, paused_at=timezone.now())
    response = reader.send(page, why="Kept", more="yes")
    assert response.status_code == 403
    assert "Voting is paused. What you have answered is kept" in text(response)
    assert "paused" in text(reader.get())
    move(poll, paused_at=None)
    assert "Kept" in reader.get("2/").content.decode()
    move(poll, closes_at=timezone.now() - timedelta(seconds=1))
    assert "This survey is closed." in text(reader.send(page, more="yes"))
    assert reader.get("2/").status_code == 403
    assert reader.post("review/", {"step": "send"}).status_code == 403
    assert Respondent(poll).post("", {"step": "start"}).status_code == 403
    assert Ballot.objects.count() == 0


def test_whoever_has_voted_sees_the_receipt_and_counts_once() -> None:
    reader = Respondent(two_pages())
    page = reader.turn(reader.begin(), fruit="pear")
    reader.turn(page, more="no")
    reader.post("review/", {"step": "send"})
    assert "A vote from this browser has already been counted." in text(reader.get())
    assert "Thank you" in text(reader.follow(reader.post("", {"step": "start"})))
    assert "Thank you" in text(reader.follow(reader.post("review/", {"step": "send"})))
    assert Ballot.objects.count() == 1


def test_where_votes_may_be_changed_the_counted_answers_are_there_to_be_changed() -> None:
    reader = Respondent(two_pages(may_change=True))
    page = reader.turn(reader.begin(), fruit="pear")
    reader.turn(page, more="no", why="First")
    reader.post("review/", {"step": "send"})
    page = reader.follow(reader.post("", {"step": "start"}))
    assert " checked" in page.content.decode()
    page = reader.turn(page, fruit="apple")
    assert 'value="First"' in page.content.decode()
    review = reader.turn(page, more="yes", why="Second")
    assert "These answers will replace the ones that were counted before." in text(review)
    reader.post("review/", {"step": "send"})
    assert list(Ballot.objects.order_by("revision").values_list("revision", flat=True)) == [1, 2]
    assert list(Reach.objects.order_by("page").values_list("page", "respondents")) == [(1, 1), (2, 1)]


def test_too_many_votes_from_a_network_wait_and_lose_nothing(settings: Any, redis_cache: Any) -> None:
    ratelimit._limiter.cache_clear()
    settings.VOTE_LIMITS_NETWORK = ["1/3600"]
    settings.VOTE_LIMITS_VOTER = ["100/60"]
    reader = Respondent(two_pages())
    page = reader.turn(reader.begin(), fruit="pear")
    reader.turn(page, more="no")
    response = reader.post("review/", {"step": "send"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Nothing is lost: what you have just sent is kept on this page." in text(response)
    assert 'name="step" hidden>\nsend</textarea>' in response.content.decode()
    assert (Ballot.objects.count(), Draft.objects.count()) == (0, 1)


def test_too_many_new_respondents_from_a_network_wait_and_nothing_is_stored(settings: Any, redis_cache: Any) -> None:
    ratelimit._limiter.cache_clear()
    settings.VOTE_LIMITS_NETWORK = ["1/3600"]
    poll = two_pages()
    Respondent(poll).begin()
    response = Respondent(poll).post("", {"step": "start"})
    assert response.status_code == 429
    assert "Too many answers are coming from your network" in text(response)
    assert Draft.objects.count() == 1


def test_pages_have_a_limit_of_their_own_ten_times_that_of_votes_and_the_page_that_says_so_holds_what_was_typed(
    settings: Any, redis_cache: Any
) -> None:
    ratelimit._limiter.cache_clear()
    settings.VOTE_LIMITS_NETWORK = ["1000/60"]
    settings.VOTE_LIMITS_VOTER = ["1/3600"]
    reader = Respondent(two_pages())
    page = reader.begin()  # before there is a number of theirs to count under
    outcomes = [reader.send(page, fruit="pear", place="1/").status_code for _ in range(9)]
    second = reader.follow(reader.send(page, fruit="pear", place="1/"))
    refused = reader.send(second, more="no", why="Because <b>")
    assert outcomes == [303] * 9
    assert (refused.status_code, int(refused["Retry-After"]) > 300) == (429, True)
    assert "Too many answers are coming from your network just now." in text(refused)
    assert "Because &lt;b&gt;</textarea>" in refused.content.decode()
    assert len(Draft.objects.get().answers["given"]) == 1  # of the first page
    settings.VOTE_LIMITS_VOTER = ["1000/60"]  # the time has come, and the button is pressed
    held = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', refused.content.decode())
    sent: dict[str, list[str]] = {}
    for name, value in held:
        sent.setdefault(name, []).append(unescape(value))
    assert "Because <b>" in text_of(reader.follow(reader.post("2/", sent)))


def text_of(page: Any) -> str:
    return unescape(text(page))


def test_pages_take_nothing_from_what_votes_are_allowed(settings: Any, redis_cache: Any) -> None:
    ratelimit._limiter.cache_clear()
    settings.VOTE_LIMITS_NETWORK = ["2/3600"]  # a new respondent, and the vote
    reader = Respondent(two_pages())
    reader.turn(reader.turn(reader.begin(), fruit="pear"), more="no")
    assert "Thank you" in text(reader.follow(reader.post("review/", {"step": "send"})))


def hidden_choice(poll: Poll) -> Respondent:
    """Somebody who has answered two pages, and pressed the button on the page that thanks."""
    reader = Respondent(poll)
    reader.turn(reader.turn(reader.begin(), fruit="pear"), more="no", why="A secret")
    thanks = reader.follow(reader.post("review/", {"step": "send"}))
    form = re.search(r'<form method="post" action="([^"]+)" class="hide-choice">', thanks.content.decode())
    back = re.search(r'name="next" value="([^"]+)"', thanks.content.decode())
    assert form
    assert back
    assert "To show it again, keep this receipt:" in text(thanks)
    gone = reader.client.post(form[1], {"next": back[1]}, headers=OWN)
    assert (gone.status_code, gone["Location"]) == (303, f"/polls/{poll.slug}/mine/?back=%2Fpolls%2F{poll.slug}%2F")
    return reader


@pytest.mark.parametrize("results_shown", ["always", "after_close"])
def test_what_was_answered_in_a_survey_is_hidden_from_the_page_that_thanks_on(results_shown: str) -> None:
    poll = two_pages(may_change=True, results_shown=results_shown)
    reader = hidden_choice(poll)
    mine = reader.client.get(f"/polls/{poll.slug}/mine/").content.decode()
    assert "A vote from this browser was counted." in mine
    assert ("A secret" in mine, ' class="option own"' in mine, 'class="show-choice"' in mine) == (False, False, True)
    assert reader.get("thanks/")["Location"] == f"/polls/{poll.slug}/mine/"
    start = reader.get()
    assert "A vote from this browser has already been counted." in text(start)
    assert "Change my answers" not in text(start)
    assert reader.post("", {"step": "start"})["Location"].endswith("/answer/thanks/")
    assert (Ballot.objects.count(), Draft.objects.count()) == (1, 0)


def test_a_change_that_was_begun_is_hidden_with_the_vote_and_goes_on_when_the_vote_is_shown_again() -> None:
    poll = two_pages(may_change=True)
    reader = Respondent(poll)
    reader.turn(reader.turn(reader.begin(), fruit="pear"), more="no", why="A secret")
    reader.post("review/", {"step": "send"})
    receipt = reader.client.get(f"/polls/{poll.slug}/mine/", headers={"Accept": "application/json"}).json()["receipt"]
    page = reader.follow(reader.post("", {"step": "start"}))
    assert " checked" in page.content.decode()
    reader.client.post(f"/polls/{poll.slug}/mine/hide/", headers=OWN)
    for place in ("1/", "2/", "review/", "later/"):
        assert reader.get(place)["Location"].endswith("/answer/thanks/"), place
    assert reader.send(page, fruit="apple", place="1/")["Location"].endswith("/answer/thanks/")
    assert "You have begun" not in text(reader.get())
    reader.client.post(f"/polls/{poll.slug}/mine/show/", {"receipt": receipt}, headers=OWN)
    assert "You have begun" in text(reader.get())
    assert " checked" in reader.get("1/").content.decode()


def test_a_course_that_cannot_be_read_is_said_in_a_sentence() -> None:
    poll = two_pages()
    Poll.objects.filter(pk=poll.pk).update(flow={"pages": "none"})
    response = Respondent(poll).get()
    assert response.status_code == 503
    assert "an editor must correct it first" in text(response)


def test_an_unknown_survey_is_not_found_and_a_single_question_has_its_own_page() -> None:
    poll = survey(question("only", options=("yes", "no")))
    assert Respondent(poll).get()["Location"] == f"/polls/{poll.slug}/"
    reader = Respondent(two_pages())
    assert reader.client.get("/polls/nowhere/answer/").status_code == 404
    assert reader.client.delete(reader.base).status_code == 405


# --- quotas -------------------------------------------------------------------------------------------------------


def test_a_full_quota_ends_the_survey_and_counts_nothing() -> None:
    flow = {"quotas": [{"question": "fruit", "option": "pear", "limit": 1, "message": "Enough pears."}]}
    poll = two_pages(flow=flow)
    first = Respondent(poll)
    first.turn(first.turn(first.begin(), fruit="pear"), more="no")
    second = Respondent(poll)
    waiting = second.turn(second.turn(second.begin(), fruit="pear"), more="no")
    assert "A last look" in text(waiting)
    assert first.post("review/", {"step": "send"}).status_code == 303
    tally.recount(poll.pk)
    third = Respondent(poll)
    stopped = third.send(third.begin(), fruit="pear")
    assert (stopped.status_code, "Enough pears." in text(stopped)) == (200, True)
    stopped = second.post("review/", {"step": "send"})
    assert "Enough pears." in text(stopped)
    assert (Ballot.objects.count(), Draft.objects.count()) == (1, 0)
    fourth = Respondent(poll)
    assert "Page 2 of 2" in text(fourth.turn(fourth.begin(), fruit="apple"))


# --- the price of a page ------------------------------------------------------------------------------------------


def queries(reader: Respondent, place: str) -> int:
    """What a page costs when the paper is at hand, beside what every page of the site costs."""
    reader.get(place)
    with CaptureQueriesContext(connection) as found:
        reader.client.get(f"{reader.base}{place}")
    return sum("polls_" in one["sql"] for one in found)


def test_a_page_costs_two_queries_however_many_questions_there_are() -> None:
    few, many = Respondent(two_pages()), Respondent(thirty())
    few.begin()
    many.begin()
    assert (queries(few, "1/"), queries(many, "1/")) == (2, 2)


# --- what fails ---------------------------------------------------------------------------------------------------


def held(page: Any) -> dict[str, list[str]]:
    """What a page that could not be stored holds, to be sent again."""
    found: dict[str, list[str]] = {}
    fields = re.compile(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', re.DOTALL)
    for name, value in fields.findall(page.content.decode()):
        found.setdefault(name, []).append(unescape(value))
    return found


@pytest.mark.django_db(transaction=True)
def test_without_the_database_a_page_is_held_and_sent_again() -> None:
    reader = Respondent(two_pages(), hurried=True)
    page = reader.turn(reader.begin(), fruit="pear")
    with postgres_away():
        response = reader.send(page, why="One line,\nand “another” <b>.", more="yes")
        asking = reader.get("2/")
    assert (response.status_code, response["Retry-After"], "no-store" in response["Cache-Control"]) == (503, "3", True)
    assert "What you have just sent is kept on this page" in text(response)
    assert asking.status_code == 503
    again = reader.post("2/", held(response))
    assert again.status_code == 303
    assert "“One line, and “another” <b>.”" in text(reader.follow(again))


@pytest.mark.django_db(transaction=True)
def test_without_the_database_nothing_is_said_to_be_counted_and_it_can_be_sent_again() -> None:
    reader = Respondent(two_pages(), hurried=True)
    reader.turn(reader.turn(reader.begin(), fruit="pear"), more="no")
    with postgres_away():
        response = reader.post("review/", {"step": "send"})
    assert response.status_code == 503
    assert "It counts once, however often it is sent." in text(response)
    for _time in range(2):
        assert reader.post("review/", held(response)).status_code == 303
    assert Ballot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_ballot_sent_by_two_tabs_at_once_counts_once() -> None:
    reader = Respondent(two_pages(), hurried=True)
    reader.turn(reader.turn(reader.begin(), fruit="pear"), more="no")

    def send(_number: int) -> int:
        client = Client()
        client.cookies = reader.client.cookies
        try:
            return client.post(f"{reader.base}review/", {"step": "send"}, headers=OWN).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {303}
    assert Ballot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_different_answers_at_once_do_not_overwrite_each_other() -> None:
    reader = Respondent(two_pages(), hurried=True)
    page = reader.begin()
    data = {**hidden(page), **reader.fields(fruit="apple"), "step": "next"}

    def send() -> int:
        try:
            client = Client()
            client.cookies = reader.client.cookies
            return client.post(f"{reader.base}1/", data, headers=OWN).status_code
        finally:
            connection.close()

    draft = Draft.objects.get()
    fruit = str(reader.questions["fruit"].pk)
    pear = {fruit: [[reader.option("fruit", "pear")], {}, []]}
    prints = answering.Survey.of(reader.poll.slug, voter="x").prints
    other = connections.create_connection("default")
    try:
        with ThreadPoolExecutor(1) as pool, other.cursor() as cursor:
            # The other tab has written, and has not committed yet.
            cursor.execute("BEGIN")
            changed = {**draft.answers, "given": pear, "prints": {fruit: prints[int(fruit)]}}
            cursor.execute("UPDATE polls_draft SET answers = %s WHERE id = %s", [json.dumps(changed), draft.pk])
            sent = pool.submit(send)
            until(_somebody_waits)
            cursor.execute("COMMIT")
            assert sent.result(30) == 409
    finally:
        other.close()
    assert Draft.objects.get().answers["given"] == pear


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_the_bar_of_progress_is_as_full_as_there_are_pages_behind() -> None:
    reader = Respondent(two_pages())
    first = reader.begin()
    second = reader.turn(first, fruit="apple")
    bars = [pages.read(page).one("progress") for page in (first, second)]
    assert [(bar["value"], bar["max"]) for bar in bars] == [("0", "2"), ("1", "2")]
