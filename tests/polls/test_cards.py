"""What a card says, in words."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from polls import cards, tally, voting
from polls.cards import CardOption, CardQuestion
from polls.models import CarriedVotes, Poll
from polls.questions import words
from tests.factories import answers, as_given, cast, cast_many, close, finalise, make_poll, paper_of, voter

pytestmark = pytest.mark.django_db


def card_of(poll, **more):
    return cards.for_everybody(Poll.objects.whole().get(pk=poll.pk), **more)


def own_card(poll, *chosen):
    receipt = voting.cast_ballot(paper=paper_of(poll), voter_key=voter(), given=as_given(answers(poll, *chosen)))
    document = tally.results(poll.slug, voter=True, since=receipt.counted_at)
    whole = Poll.objects.whole().get(pk=poll.pk)
    return cards.build(whole, document=document, receipt=receipt, words=words(paper_of(poll).questions, receipt.given))


# --- figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "percent", "figure", "spoken"),
    [
        (33, 31, "33 (31%)", "33 votes, 31 per cent"),
        (1, 100, "1 (100%)", "1 vote, 100 per cent"),
        (0, 0, "0 (0%)", "0 votes, 0 per cent"),
        (1234567, 50, "1,234,567 (50%)", "1,234,567 votes, 50 per cent"),
        (None, None, "", ""),
    ],
)
def test_a_figure_is_printed_one_way_and_read_out_another(votes, percent, figure, spoken):
    option = CardOption(1, "An option", votes, percent, own=False)
    assert (option.figure, option.spoken) == (figure, spoken)


def question(kind, base, sums_to):
    return CardQuestion(1, "?", "", kind, 1, 1 + (kind == "multiple"), True, "", base, sums_to, (), "choice", {})


@pytest.mark.parametrize(
    ("kind", "base", "sums_to", "sentence", "note"),
    [
        ("single", 108, 100, "Base: 108 voters.", ""),
        ("single", 1, 100, "Base: 1 voter.", ""),
        ("single", 0, 0, "Base: 0 voters.", ""),
        ("single", None, None, "", ""),
        (
            "single",
            3,
            99,
            "Base: 3 voters.",
            "Rounded shares total 99 per cent.",
        ),
        (
            "multiple",
            1200,
            180,
            "Base: 1,200 voters. Each could choose several options, so the shares do not add up to 100 per cent.",
            "",
        ),
    ],
)
def test_the_base_is_said_under_every_figure_and_rounding_where_it_shows(kind, base, sums_to, sentence, note):
    asked = question(kind, base, sums_to)
    assert (asked.base_sentence, asked.rounding_note) == (sentence, note)


# --- the face -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "shown", "expected"),
    [
        ("open", "always", ("ask-figures", "Poll", True)),
        ("open", "after_vote", ("ask", "Poll", True)),
        ("open", "after_close", ("ask", "Poll", True)),
        ("open", "staff", ("ask", "Poll", True)),
        ("paused", "always", ("figures", "Poll", False)),
        ("scheduled", "always", ("figures", "Poll", False)),
        ("closed", "always", ("figures", "Poll conducted", False)),
        ("closed", "after_vote", ("figures", "Poll conducted", False)),
    ],
)
def test_the_face_follows_from_state_and_visibility(state, shown, expected):
    card = card_of(make_poll(state=state, results_shown=shown))
    assert (card.face, card.label, card.can_vote) == expected


def test_who_voted_sees_figures_and_the_choice_in_words():
    card = own_card(make_poll(options=["Left.", "Right."], results_shown="after_vote"), "Left.")
    assert (card.face, card.shown) == ("figures", True)
    assert card.counted is not None
    assert card.counted.sentence == "Your vote was counted: Left."
    assert [(option.text, option.own, option.figure) for option in card.questions[0].options] == [
        ("Left.", True, "1 (100%)"),
        ("Right.", False, "0 (0%)"),
    ]


def test_a_poll_of_several_questions_is_a_survey_until_it_was_conducted():
    survey = make_poll(questions=[{"text": "One?"}, {"text": "Two?"}])
    assert card_of(survey).label == "Survey"
    close(survey)
    assert card_of(survey).label == "Poll conducted"


def test_a_choice_in_several_questions_is_one_sentence():
    survey = make_poll(
        questions=[
            {"text": "One?", "options": ["A.", "B."]},
            {"text": "Two?", "options": ["C", "D", "E"], "kind": "multiple"},
        ]
    )
    card = own_card(survey, "B.", ["E", "C"])
    assert card.counted is not None
    assert card.counted.sentence == "Your vote was counted: B; C; E."


# --- who took part ------------------------------------------------------------------------------------------------


def test_who_took_part_and_when_is_said_of_an_open_and_of_a_closed_poll(redis_cache):
    begin = timezone.now() - timedelta(days=400)
    poll = make_poll(opens_at=begin, published_at=begin)
    said = []
    for votes in ([1, 0], [2, 1]):
        cast_many(poll, votes)
        tally.recount(poll.pk)
        tally.beat_heart()
        said.append(card_of(poll).taken)
    finalise(poll)
    said.append(card_of(poll).taken)
    since = f"since {cards.day(begin)}"
    assert said == [
        f"1 reader chose to take part {since}.",
        f"4 readers chose to take part {since}.",
        f"4 readers chose to take part, {cards.period(begin, poll.closes_at)}.",
    ]


def test_nobody_and_hidden_are_told_apart():
    assert card_of(make_poll()).taken == "No reader has voted yet."
    hidden = make_poll(results_shown="after_vote")
    cast(hidden)
    assert card_of(hidden).taken == ""


def test_votes_of_a_former_site_are_said_to_be_carried_over():
    poll = make_poll(state="closed", options=["Yes", "No"])
    asked = poll.questions.get()
    yes, no = asked.options.all()
    for option, votes in ((yes, 1500), (no, 500)):
        CarriedVotes.objects.create(poll=poll, question=asked, option=option, votes=votes)
    card = card_of(poll)
    assert card.taken == "2,000 votes, carried over from the former site."
    assert [option.figure for option in card.questions[0].options] == ["1,500 (75%)", "500 (25%)"]


def test_the_time_of_the_count_is_told_to_the_second_with_its_zone(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Europe/Berlin"):
        sentence = card_of(make_poll()).counted_sentence
    assert re.fullmatch(r"Counted at \d{1,2} \w+ \d{4}, \d\d:\d\d:\d\d (CET|CEST)\.", sentence)


# --- states and reasons -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("open", r"Open until \d{1,2} \w+ \d{4}, \d\d:\d\d UTC"),
        ("paused", "Voting is paused"),
        ("scheduled", r"Opens on \d{1,2} \w+ \d{4}, \d\d:\d\d UTC"),
        ("closed", r"Closed on \d{1,2} \w+ \d{4}"),
    ],
)
def test_the_state_is_a_sentence(state, sentence):
    assert re.fullmatch(sentence, card_of(make_poll(state=state)).state_sentence)


def test_a_final_count_is_called_so():
    assert re.fullmatch(r"Closed on .*; final count", card_of(finalise(make_poll())).state_sentence)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"results_shown": "after_vote"}, "Results are shown after you vote."),
        ({"results_shown": "after_close"}, "Results are shown after closing."),
        ({"results_shown": "staff"}, "The results of this poll are not published."),
        ({"minimum_base": 5}, "Too few readers have voted so far for the results to be shown."),
        ({"state": "scheduled"}, "Voting has not begun yet."),
        ({}, ""),
    ],
)
def test_why_figures_are_hidden_is_a_sentence(fields, sentence):
    card = card_of(make_poll(**fields))
    assert (card.hidden_sentence, card.shown) == (sentence, sentence == "")


def test_a_date_from_which_results_show_is_named():
    at = timezone.now() + timedelta(days=40)
    card = card_of(make_poll(results_shown="from_date", results_from=at))
    assert card.hidden_sentence == f"Results are shown from {cards.moment(at)}."


@pytest.mark.parametrize(
    ("may_change", "rule"),
    [
        (False, "One vote per browser. We store your choice and no name, address or device."),
        (
            True,
            "One vote per browser; you may change it while the poll is open. "
            "We store your choice and no name, address or device.",
        ),
    ],
)
def test_the_rule_says_how_often_one_votes_and_what_is_stored(may_change, rule):
    assert card_of(make_poll(may_change=may_change)).rule == rule


def test_the_addresses_of_a_card_are_the_same_in_every_language():
    poll = make_poll("a-poll")
    with override("de"):
        card = card_of(poll)
        assert (card.vote_url, card.results_url, card.mine_url, card.live_url, card.page_url) == (
            "/polls/a-poll/vote/",
            "/polls/a-poll/results.json",
            "/polls/a-poll/mine/",
            "/live/polls/a-poll/",
            "/de/polls/a-poll/",
        )


# --- dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-05-03", "2026-05-17", "3–17 May 2026"),
        ("2026-05-03", "2026-05-03", "3 May 2026"),
        ("2026-05-30", "2026-06-02", "30 May – 2 June 2026"),
        ("2025-12-30", "2026-01-02", "30 December 2025 – 2 January 2026"),
    ],
)
def test_a_period_does_not_repeat_what_its_ends_share(start, end, words):
    first, last = datetime.fromisoformat(f"{start}T01:00Z"), datetime.fromisoformat(f"{end}T20:00Z")
    assert cards.period(first, last) == words


# --- surveys ------------------------------------------------------------------------------------------------------


def test_a_survey_in_an_article_says_its_length_and_where_it_begins():
    asked: list[dict[str, Any]] = [{"text": f"{word}?", "options": ["Yes", "No"]} for word in ("One", "Two", "Three")]
    card = cards.for_everybody(Poll.objects.whole().get(pk=make_poll("three", questions=asked).pk))
    assert (card.face, card.label, card.length_sentence) == ("start", "Survey", "3 questions, about 1 minute.")
    assert card.answer_url == "/polls/three/answer/"


def test_questions_about_the_reader_make_no_survey():
    asked: list[dict[str, Any]] = [
        {"text": "Which?", "options": ["A", "B"]},
        {"text": "Age?", "options": ["20", "40"], "about": True},
    ]
    card = cards.for_everybody(Poll.objects.whole().get(pk=make_poll(questions=asked).pk))
    assert (card.face, card.label) == ("ask-figures", "Poll")
    assert [q.text for q in card.main_questions] == ["Which?"]
    assert [q.text for q in card.about_questions] == ["Age?"]
