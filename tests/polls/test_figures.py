"""What a poll's page draws and says of each type of question, and that nothing of it shows before figures do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from polls import tally, voting
from polls.models import Poll, Question
from polls.paper import Given
from tests import pages
from tests.factories import add_question, close, make_poll, move, paper_of, unguarded, voter
from tests.polls.every import EVERY, every_type, sample

pytestmark = pytest.mark.django_db


def survey(kind: str, *options: str, **more: Any) -> tuple[Poll, Question]:
    """A poll in which this question stands after a plain one."""
    poll = make_poll(questions=[{"text": "First?"}], **more.pop("settings_of_poll", {}))
    more = {"max_choices": max(len(options), 1), "required": False, **more}
    return poll, add_question(poll, position=1, kind=kind, text="The question?", options=options, **more)


def answer(poll: Poll, question: Question, *given: Mapping[int, str] | tuple[int, ...]) -> None:
    """A ballot for each, by values or by options of the question; all of them answer the plain one too."""
    sheet = paper_of(poll)
    (first, *_rest) = sheet.questions
    for one in given:
        mine = Given(one) if isinstance(one, tuple) else Given(values=one)
        answers = {first.id: Given((next(iter(first.options)),)), question.pk: mine}
        voting.cast_ballot(paper=sheet, voter_key=voter(), given=answers)


def shown(poll: Poll, question: Question) -> pages.Element:
    """The question on the poll's page after closing."""
    close(poll)
    tally.recount(poll.pk)
    tally.forget()
    return pages.read(Client().get(poll.get_absolute_url())).one("div", data_question=str(question.pk), class_="asked")


def table(element: pages.Element) -> list[list[str]]:
    return [[cell.text for cell in row if cell.tag in ("th", "td")] for row in element.all("tr")]


def ids(question: Question) -> list[int]:
    return list(question.options.values_list("pk", flat=True))


def said(element: pages.Element) -> list[str]:
    return [line.text for line in element.all("p", class_="said")]


# --- type by type -------------------------------------------------------------------------------------------------


def test_a_battery_is_a_divided_bar_a_row_with_base_and_mean_of_its_own() -> None:
    poll, battery = survey("matrix", "Press", "Courts", labels="No\nPerhaps\nYes", settings={"dont_know": True})
    press, courts = ids(battery)
    answer(poll, battery, {press: "1", courts: "3"}, {press: "3"}, {press: "3"}, {press: "0"}, {})
    drawn = shown(poll, battery)
    assert [key.text for key in drawn.one("ul", class_="legend").all("li")] == ["No", "Perhaps", "Yes", "Don’t know"]
    bars = [
        [(part["class"], part["x"], part["width"]) for part in bar.all("rect", height="22")]
        for bar in drawn.all("svg", class_="stack")
    ]
    assert bars == [
        [("part t0", "0%", "25%"), ("part t10", "25%", "50%"), ("part none", "75%", "25%")],
        [("part t10", "0%", "100%")],
    ]
    assert table(drawn) == [
        ["Statement", "No", "Perhaps", "Yes", "Don’t know", "Base", "Mean"],
        ["Press", "1 (25%)", "0 (0%)", "2 (50%)", "1 (25%)", "4", "2.33"],
        ["Courts", "0 (0%)", "0 (0%)", "1 (100%)", "0 (0%)", "1", "3.00"],
    ]
    assert [line.text for line in drawn.all("span", class_="figure")] == [
        "Base: 4. Mean: 2.33.",
        "Base: 1. Mean: 3.00.",
    ]
    assert drawn.one("p", class_="base").text == "Base: 4 voters. Asked: 5. Skipped: 1. Not asked: 0."


def test_a_recommendation_shows_its_three_groups_and_the_net_of_them() -> None:
    poll, question = survey("recommend")
    answer(poll, question, *({0: n} for n in ("10", "9", "9", "8", "6")))
    drawn = shown(poll, question)
    groups, numbers = drawn.all("table")
    assert table(groups) == [
        ["Group", "Votes", "Per cent"],
        ["0 to 6", "1", "20"],
        ["7 or 8", "1", "20"],
        ["9 or 10", "3", "60"],
    ]
    assert drawn.one("div", class_="stacked").one("span", class_="figure").text == (
        "Net recommendation: +40.0 (3 gave 9 or 10, 1 gave 0 to 6)."
    )
    assert [row[0] for row in table(numbers)[1:]] == [str(n) for n in range(11)]
    assert said(drawn) == ["Mean: 8.40. Median: 9."]


def test_a_ranking_shows_points_every_round_and_every_pair() -> None:
    poll, question = survey("ranking", "A", "B", "C")
    a, b, c = ids(question)
    orders = [(a, b, c)] * 4 + [(b, c, a)] * 3 + [(c, b, a)] * 2
    answer(poll, question, *({one: str(place) for place, one in enumerate(order, 1)} for order in orders), {c: "1"})
    drawn = shown(poll, question)
    first, points, rounds, pairs = drawn.all("table")
    assert table(first)[1:] == [["A", "4", "40"], ["B", "3", "30"], ["C", "3", "30"]]
    assert table(points) == [
        ["Option", "Points", "Place 1", "Place 2", "Place 3"],
        ["B", "12.50", "3", "6", "0"],
        ["C", "9.00", "3", "3", "4"],
        ["A", "8.50", "4", "0", "5"],
    ]
    assert table(rounds) == [
        ["Option", "Round 1", "Round 2"],
        ["A", "4", "9"],
        ["B", "3, out", ""],
        ["C", "3, out", ""],
        ["Votes that rank none of the remaining options", "0", "1"],
    ]
    assert said(drawn)[1].startswith("“A” wins in round 2, with 9 of the 9 votes that count there. While no option")
    assert table(pairs)[0] == ["Votes that rank … above …", "A", "B", "C"]
    assert table(pairs)[2] == ["B", "5", "–", "7"]
    assert said(drawn)[-1] == "“B” is ranked above every other one in more votes than below it: the Condorcet winner."


def test_a_ranking_that_goes_round_in_circles_says_that_nobody_wins() -> None:
    poll, question = survey("ranking", "A", "B", "C")
    a, b, c = ids(question)
    orders = [(a, b, c), (b, c, a), (c, a, b)]
    answer(poll, question, *({one: str(place) for place, one in enumerate(order, 1)} for order in orders))
    drawn = shown(poll, question)
    assert said(drawn)[1].startswith("The run-off ends in a tie between “A”, “B”, “C”: nobody wins.")
    assert said(drawn)[2] == (
        "No option is ranked above every other one in more votes than below it: there is no Condorcet winner."
    )


def test_points_are_drawn_by_their_share_with_their_mean() -> None:
    poll, question = survey("points", "A", "B")
    a, b = ids(question)
    answer(poll, question, {a: "70", b: "30"}, {a: "100"})
    drawn = shown(poll, question)
    assert table(drawn) == [
        ["Option", "Mean points", "Per cent of all points", "Voters who gave it any"],
        ["A", "85.00", "85", "2"],
        ["B", "15.00", "15", "1"],
    ]
    assert [bar["width"] for bar in drawn.all("rect", class_="value")] == ["85%", "15%"]
    assert [line.text for line in drawn.all("span", class_="figure")] == ["85.00 points (85%)", "15.00 points (15%)"]


@pytest.mark.parametrize(
    ("kind", "more", "given", "first", "columns", "sentence"),
    [
        ("number", {"settings": {"max": 4}}, ["1", "3", "3"], ["0", "0", "0"], 5, "Mean: 2.33. Median: 3."),
        ("slider", {"settings": {"step": 50}}, ["50", "100"], ["0", "0", "0"], 3, "Mean: 75.00. Median: 75."),
        (
            "date",
            {},
            ["2026-01-05", "2026-03-01", "2026-01-31"],
            ["January 2026", "2", "67"],
            3,
            "Median: 31 January 2026. Earliest: 5 January 2026. Latest: 1 March 2026.",
        ),
    ],
)  # fmt: skip
def test_numbers_and_dates_are_columns_in_their_order_with_their_middle(
    kind: str, more: dict[str, Any], given: list[str], first: list[str], columns: int, sentence: str
) -> None:
    poll, question = survey(kind, **more)
    answer(poll, question, *({0: value} for value in given))
    drawn = shown(poll, question)
    assert len(drawn.one("svg", class_="columns").all("rect", class_="value")) == columns
    assert table(drawn)[1] == first
    assert said(drawn) == [sentence]


def test_texts_are_counted_and_not_printed() -> None:
    poll, question = survey("text")
    answer(poll, question, {0: "unheard"}, {0: "of"}, {})
    drawn = shown(poll, question)
    assert said(drawn) == ["2 readers wrote an answer."]
    assert drawn.one("p", class_="base").text == "Base: 2 voters. Asked: 3. Skipped: 1. Not asked: 0."


def test_a_consent_is_a_share_of_those_who_were_asked() -> None:
    poll, question = survey("consent", "I agree")
    answer(poll, question, (ids(question)[0],), (ids(question)[0],), (), ())
    drawn = shown(poll, question)
    assert said(drawn) == ["2 of the 4 who were asked agreed."]
    assert table(drawn)[1:] == [["I agree", "2", "50"], ["not agreed", "2", "50"]]
    assert drawn.one("rect", class_="value")["width"] == "50%"


@pytest.mark.parametrize(
    ("fields", "flow", "said"),
    [
        ({}, {"pages": [{"title": "One"}]}, "As printed above. The options are in the same order for everybody."),
        (
            {"settings": {"order": "random"}},
            {"groups": {"wording": ["A", "B"]}},
            "As printed above. In some questions, each reader saw the options in an order of their own. Not "
            "everybody was asked everything, or in the same order: each base says how many were.",
        ),
    ],
)
def test_the_method_says_how_questions_and_options_stood(
    fields: dict[str, Any], flow: dict[str, Any], said: str
) -> None:
    poll = make_poll(questions=[{"text": "First?", **fields}], flow=flow, state="closed")
    terms = pages.read(Client().get(poll.get_absolute_url())).one("dl", class_="method").all("div")
    assert [term.one("dd").text for term in terms if term.one("dt").text == "Questions"] == [said]


def test_who_was_not_asked_is_among_the_voters_and_not_in_the_base() -> None:
    poll, question = survey("yesno", "Yes", "No", max_choices=1)
    sheet = paper_of(poll)
    (first, *_rest) = sheet.questions
    for n in range(5):
        given = {first.id: Given((next(iter(first.options)),))}
        asked = {first.id} if n < 2 else {first.id, question.pk}
        voting.cast_ballot(paper=sheet, voter_key=voter(), given=given, asked=asked)
    base = shown(poll, question).one("p", class_="base")
    said = [base.one(class_=name).text for name in ("base-sentence", "bases")]
    assert said == ["Base: 0 voters.", "Asked: 3. Skipped: 3. Not asked: 2."]
    assert {"rounding", "close"} == {span["class"] for span in base.all("span") if "hidden" in span.attributes}


def test_every_type_has_its_figures_in_every_language() -> None:
    poll = every_type(state="open")
    for number in range(7):
        voting.cast_ballot(paper=paper_of(poll), voter_key=voter(), given=sample(poll, number))
    close(poll)
    tally.recount(poll.pk)
    tally.forget()
    for language in ("en", "de", "ar"):
        with translation.override(language):
            page = pages.read(Client().get(poll.get_absolute_url()))
        assert len(page.all("div", class_="asked")) == len(EVERY)
        html = Client().get(poll.get_absolute_url()).content.decode()
        assert "style=" not in html
        for question in page.all("div", class_="asked"):
            figures = question.all("figure") or question.one("ol", class_="figures").all("li")
            assert figures, question["data-type"]
            assert all(figure.one("table").all("tr") for figure in question.all("figure") if figure.all("svg"))


# --- nothing before figures show ----------------------------------------------------------------------------------


FIGURES = re.compile(r"<table|<figure|\bMean:|\bwins\b|Condorcet|Net recommendation|wrote an answer|Skipped:")


@pytest.mark.parametrize(
    "fields",
    [
        {"results_shown": "after_vote"},
        {"results_shown": "after_close"},
        {"results_shown": "staff"},
        {"results_shown": "always", "minimum_base": 8},
        {"results_shown": "always", "step": 8},
    ],
)
def test_no_winner_mean_round_or_base_leaks_while_figures_are_hidden(fields: dict[str, Any]) -> None:
    poll = every_type(**fields)
    empty = _public(poll)
    for number in range(7):
        voting.cast_ballot(paper=paper_of(poll), voter_key=voter(), given=sample(poll, number))
    tally.recount(poll.pk)
    tally.forget()
    page, document = _public(poll)
    assert (page, document) == empty
    assert not FIGURES.search(page)
    assert [set(question) for question in document["questions"]] == [{"id", "name", "text", "type", "options"}] * len(
        EVERY
    )
    assert not any(set(row) - {"id", "text"} for question in document["questions"] for row in question["options"])
    with unguarded():
        Poll.objects.filter(pk=poll.pk).update(results_shown="always", minimum_base=0, step=1)
    assert len(set(FIGURES.findall(_public(poll)[0]))) == 8  # what is searched for is there once figures show


def _public(poll: Poll) -> tuple[str, Any]:
    """The poll's page without its words for scripts, and its document."""
    tally.recount(poll.pk)
    tally.forget()
    html = Client().get(poll.get_absolute_url()).content.decode()
    document = json.loads(Client().get(f"/polls/{poll.slug}/results.json").content)
    return re.sub(r"<template.*?</template>", "", html, flags=re.S), document


def test_a_question_and_a_row_that_few_answered_are_withheld_by_themselves() -> None:
    poll, battery = survey("matrix", "Press", "Courts", labels="No\nYes", settings_of_poll={"minimum_base": 3})
    order = add_question(
        poll, position=2, kind="ranking", text="Order?", options=["A", "B"], max_choices=2, required=False
    )
    press, courts = ids(battery)
    answer(poll, battery, {press: "1", courts: "2"}, {press: "2", courts: "2"}, {press: "2"})
    drawn = shown(poll, battery)
    few = "Too few readers have answered this row for its figures to be shown."
    assert [line.text for line in drawn.all("span", class_="figure")] == ["Base: 3. Mean: 1.67.", few]
    assert table(drawn)[2] == ["Courts", "–", "–", "–", "–"]
    document = json.loads(Client().get(f"/polls/{poll.slug}/results.json").content)
    entry = document["questions"][1]
    assert [row["id"] for row in entry["options"]] == [f"r{press}.1", f"r{press}.2"]
    assert list(entry["measures"]["rows"]) == [str(press)]
    assert tally.verify(poll.pk) == []
    answer(make_open(poll), order, {ids(order)[0]: "1"}, {ids(order)[1]: "1"})
    few = "Too few readers have answered this question for its figures to be shown."
    assert shown(poll, order).one("p", class_="base").text == few
    document = json.loads(Client().get(f"/polls/{poll.slug}/results.json").content)
    assert set(document["questions"][2]) == {"id", "name", "text", "type", "options"}


def make_open(poll: Poll) -> Poll:
    return move(poll, closes_at=timezone.now() + timedelta(days=1))


def test_the_document_and_the_page_say_what_stands_in_place_of_an_earlier_answer(redis_cache):
    poll = make_poll(questions=[{"text": "First?"}, {"text": "And with {{first|that}}?"}])
    tally.recount(poll.pk)
    document = json.loads(Client().get(f"/polls/{poll.slug}/results.json").content)
    assert [question["text"] for question in document["questions"]] == ["First?", "And with that?"]
    page = pages.read(Client().get(poll.get_absolute_url()))
    assert "And with that?" in page.text
    assert "{{" not in page.text
