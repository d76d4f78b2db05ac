"""The question types: what each accepts, how it is stored, counted, put into words and exported."""
# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import given as draw
from hypothesis import settings as limits_of
from hypothesis import strategies as st

from polls import counting, tally
from polls.drafting import Asked
from polls.forms import read_given
from polls.models import Answer, Poll, Verbatim
from polls.paper import Given, InvalidAnswers, Mark, PaperOption, PaperQuestion
from polls.questions import TYPES, numbers, options, own_rows
from polls.questions.counted import QuestionCount
from polls.voting import cast_ballot, find_receipt
from tests.factories import paper_of, voter
from tests.polls.every import AGREE, every_type, sample


def asked(kind: str, *texts: str, marks: dict[int, dict[str, Any]] | None = None, **fields: Any) -> PaperQuestion:
    """A question on paper with options 1, 2, 3 … of these texts."""
    several = kind not in ("single", "dropdown", "yesno", "rating", "likert", "recommend", "image")
    values: dict[str, Any] = {
        "required": True,
        "minimum": 1,
        "maximum": max(len(texts), 1) if several else 1,
        "options": {
            number: PaperOption(text, str(number), (marks or {}).get(number, {}))
            for number, text in enumerate(texts, 1)
        },
        "code": "q1",
        **fields,
    }
    return PaperQuestion(7, kind, "What?", **values)


def stored(question: PaperQuestion, given: Given) -> list[tuple[Any, ...]]:
    marks = TYPES[question.kind].check(question, given)
    assert {mark.question for mark in marks} == {question.id}
    return [(mark.option, mark.rank, mark.number, mark.missing, mark.text) for mark in marks]


def refusal(question: PaperQuestion, given: Given) -> str:
    with pytest.raises(InvalidAnswers) as refused:
        TYPES[question.kind].check(question, given)
    assert refused.value.question == question.id
    return refused.value.message


def row(
    option: int | None = None, *, rank: int | None = None, number: int | str | None = None, text: str | None = None
):
    return (option, rank, None if number is None else Decimal(number), None, text)


SKIPPED = [(None, None, None, "skipped", None)]
OTHER = {3: {"other": True}}
NONE = {3: {"exclusive": True}}
DONT_KNOW = {1: {"dont_know": True}}
ACCEPTED: list[tuple[PaperQuestion, Given, list[tuple[Any, ...]]]] = [
    (asked("single", "a", "b"), Given((2,)), [row(2)]),
    (asked("single", "a", "b", "Else", marks=OTHER), Given((3,), {3: " my  own "}), [row(3, text="my  own")]),
    (asked("multiple", "a", "b", "c"), Given((3, 1)), [row(3), row(1)]),
    (asked("multiple", "a", "b", "None", marks=NONE, minimum=2), Given((3,)), [row(3)]),
    (asked("approval", "a", "b"), Given((1, 2)), [row(1), row(2)]),
    (asked("dropdown", "a", "b"), Given((1,)), [row(1)]),
    (asked("yesno", "Yes", "No"), Given((1,)), [row(1)]),
    (asked("image", "a", "b"), Given((2,)), [row(2)]),
    (asked("image", "a", "b", maximum=2), Given((2, 1)), [row(2), row(1)]),
    (asked("consent", "I agree"), Given((1,)), [row(1)]),
    (asked("rating"), Given(values={0: "5"}), [row(number=5)]),
    (asked("rating", settings={"points": 7}), Given(values={0: " 7 "}), [row(number=7)]),
    (asked("rating", "Don’t know", marks=DONT_KNOW), Given((1,)), [row(1)]),
    (asked("likert", labels=AGREE), Given(values={0: "3"}), [row(number=3)]),
    (asked("recommend"), Given(values={0: "0"}), [row(number=0)]),
    (asked("number", settings={"max": 80, "decimals": 1}), Given(values={0: "37,5"}), [row(number="37.5")]),
    (asked("number", settings={"min": -5}), Given(values={0: "−5"}), [row(number=-5)]),
    (asked("slider", settings={"step": 5}), Given(values={0: "15"}), [row(number=15)]),
    (asked("date", settings={"from": "2026-01-01"}), Given(values={0: "2026-02-28"}), [row(number=20260228)]),
    (asked("matrix", "x", "y", labels=AGREE), Given(values={1: "3", 2: "1"}), [row(1, number=3), row(2, number=1)]),
    (asked("matrix", "x", "y", labels=AGREE, settings={"dont_know": True}, required=False), Given(values={2: "0"}), [row(2, number=0)]),
    (asked("ranking", "a", "b", minimum=2), Given(values={2: "1", 1: "2"}), [row(2, rank=1), row(1, rank=2)]),
    (asked("points", "a", "b"), Given(values={1: "100"}), [row(1, number=100), row(2, number=0)]),
    (asked("text"), Given(values={0: " two  words "}), [row(text="two words")]),
    (asked("longtext"), Given(values={0: "one\r\ntwo\0"}), [row(text="one\ntwo")]),
    (asked("text"), Given(values={0: "half \ud800a\0 character"}), [row(text="half a character")]),
    (asked("single", "a", "Else", marks={2: {"other": True}}), Given((2,), {2: "\udfffown"}), [row(2, text="own")]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "given", "rows"), ACCEPTED)
def test_an_answer_is_stored_as_these_rows(question: PaperQuestion, given: Given, rows: list[Any]) -> None:
    assert stored(question, given) == rows


def test_every_type_stands_in_the_table_of_accepted_answers() -> None:
    assert {question.kind for question, _given, _rows in ACCEPTED} == set(TYPES)


@pytest.mark.parametrize(("question", "given", "rows"), ACCEPTED)
def test_what_is_stored_says_what_was_given_and_counts_in_its_own_rows(
    question: PaperQuestion, given: Given, rows: list[Any]
) -> None:
    kind = TYPES[question.kind]
    marks = kind.check(question, given)
    assert kind.words(question, Given.of(marks)) == kind.words(question, given) != []
    own = own_rows(question, marks)
    known = [one.id for one in kind.rows(question, QuestionCount.of(marks))]
    assert set(own) <= set(known)
    assert bool(own) is (question.kind not in ("text", "longtext"))
    assert all(kind.row_text(question, one) for one in known)
    assert kind.check(question, Given.of(marks)) == [
        Mark(m.question, m.option, m.rank, m.number, m.position_shown, m.missing, m.text)
        for m in sorted(marks, key=lambda m: (m.rank or 0, m.option or 0))
    ]


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_given_is_skipped_or_asked_for(kind: str) -> None:
    texts = ("a", "b") if TYPES[kind].OPTIONS[0] else ()
    assert stored(asked(kind, *texts, required=False, labels=AGREE), Given()) == SKIPPED
    assert refusal(asked(kind, *texts, labels=AGREE), Given()).endswith((".", "”."))


def test_every_type_says_what_an_editor_needs_to_know() -> None:
    for kind, module in TYPES.items():
        texts = ("a", "b") if module.OPTIONS[0] else ()
        question = asked(kind, *texts, labels=AGREE)
        assert [str(module.LABEL), str(module.HELP)] == [str(module.LABEL).strip(), str(module.HELP).strip()]
        assert module.columns(question) != []
        assert module.control(question, Given()) != {}


BOTH = Given((1,), {0: "3"})
REFUSED: list[tuple[PaperQuestion, Given, str]] = [
    (asked("single", "a", "b"), Given((9,)), "This poll has no such option. Please reload the page and choose again."),
    (asked("single", "a", "b"), Given((1, 2)), "Please choose one option only."),
    (asked("single", "a", "b", "Else", marks=OTHER), Given((3,)), "Please write your own answer beside “Else”."),
    (asked("single", "a", "b", "Else", marks=OTHER), Given((1,), {3: "x"}), "You wrote an answer beside “Else” without choosing it: please choose it, or clear the text."),
    (asked("single", "a", "b", "Else", marks=OTHER), Given((3,), {3: "x" * 301}), "This text has 301 characters; there is room for 300."),
    (asked("multiple", "a", "b", "None", marks=NONE), Given((1, 3)), "“None” cannot be chosen together with another option."),
    (asked("multiple", "a", "b", "c", minimum=2), Given((1,)), "Please choose at least 2 options."),
    (asked("multiple", "a", "b", "c", maximum=2), Given((1, 2, 3)), "Please choose at most 2 options."),
    (asked("rating"), Given(values={0: "6"}), "Choose a number from 1 to 5."),
    (asked("rating"), Given(values={0: "0"}), "Choose a number from 1 to 5."),
    (asked("rating"), Given(values={0: "2.5"}), "Choose a number from 1 to 5."),
    (asked("rating", "Don’t know", marks=DONT_KNOW), BOTH, "Please give a number or choose “Don’t know”, not both."),
    (asked("likert", labels=AGREE), Given(values={0: "4"}), "Please choose one point of the scale."),
    (asked("recommend"), Given(values={0: "11"}), "Choose a number from 0 to 10."),
    *[
        (asked("number"), Given(values={0: written}), "Please give a number from 0 to 100.")
        for written in ("NaN", "1e309", "Infinity", "-1", "101", "twelve", "١٢", "0x10", "1" * 30, "--5", "5.")
    ],
    (asked("number"), Given(values={0: "1.5"}), "Please give a whole number."),
    (asked("number", settings={"decimals": 1}), Given(values={0: "1.55"}), "Please give a number with at most 1 decimals."),
    (asked("slider", settings={"step": 5}), Given(values={0: "12"}), "Please set the slider between 0 and 100."),
    (asked("slider"), Given(values={0: "1e309"}), "Please set the slider between 0 and 100."),
    (asked("date", settings={"from": "2026-01-01", "to": "2026-12-31"}), Given(values={0: "2025-12-31"}), "Please pick a day. A day from 1 January 2026 to 31 December 2026."),
    (asked("date"), Given(values={0: "2026-02-30"}), "Please pick a day."),
    (asked("matrix", "x", "y", labels=AGREE), Given(values={1: "3"}), "Please choose one in each row; still without an answer: “y”."),
    (asked("matrix", "x", "y", labels=AGREE), Given(values={1: "4", 2: "1"}), "Please choose one of the points of the scale."),
    (asked("matrix", "x", "y", labels=AGREE), Given(values={1: "0", 2: "1"}), "Please choose one of the points of the scale."),
    (asked("matrix", "x", "y", labels=AGREE), Given(values={1: "3", 9: "1"}), "This poll has no such option. Please reload the page and choose again."),
    (asked("ranking", "a", "b", "c", minimum=3), Given(values={1: "1", 2: "1", 3: "2"}), "Two options have the same place: please give each a place of its own."),
    (asked("ranking", "a", "b", "c", minimum=3), Given(values={1: "1", 2: "2"}), "Please give places to 3 options."),
    (asked("ranking", "a", "b", "c"), Given(values={1: "1", 2: "3"}), "Please give the places 1, 2, 3 and so on without a gap."),
    (asked("ranking", "a", "b", "c"), Given(values={1: "4"}), "A place is a number from 1 to 3."),
    (asked("ranking", "a", "b", "c", maximum=1), Given(values={1: "1", 2: "2"}), "Please give places to no more than 1 options."),
    (asked("points", "a", "b"), Given(values={1: "60", 2: "50"}), "Please share out 100 points in all; so far it is 110."),
    (asked("points", "a", "b"), Given(values={1: "-10", 2: "110"}), "Points are whole numbers from 0 to 100."),
    (asked("points", "a", "b"), Given(values={1: "NaN"}), "Points are whole numbers from 0 to 100."),
    (asked("text"), Given(values={0: "x" * 301}), "This text has 301 characters; there is room for 300."),
    (asked("longtext", settings={"limit": 5}), Given(values={0: "x" * 1_000_000}), "This text has 1000000 characters; there is room for 5."),
    (asked("consent", "I agree"), Given(), "This survey can only be answered by readers who agree."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "given", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_in_words(question: PaperQuestion, given: Given, sentence: str) -> None:
    assert refusal(question, given) == sentence


@limits_of(deadline=None, max_examples=200)
@draw(
    st.sampled_from(sorted(TYPES)),
    st.lists(st.integers(0, 4), max_size=4),
    st.dictionaries(st.integers(0, 4), st.text(max_size=12) | st.integers(-3, 120).map(str), max_size=4),
    st.booleans(),
)
def test_anything_given_is_a_whole_answer_or_a_sentence(
    kind: str, chosen: list[int], values: dict[int, str], required: bool
) -> None:
    texts = ("a", "b", "c") if TYPES[kind].OPTIONS[1] > 2 else ("a",) if kind == "consent" else ()
    question = asked(kind, *texts, labels=AGREE, required=required)
    try:
        marks = TYPES[kind].check(question, Given(tuple(chosen), values))
    except InvalidAnswers:
        return
    assert all(mark.option is None or mark.option in question.options for mark in marks)
    assert len({mark.option for mark in marks}) == len(marks) > 0
    assert all(mark.number is None or mark.number.is_finite() for mark in marks)
    if any(mark.missing for mark in marks):
        assert (len(marks), required) == (1, False)


# --- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "shown", "places"),
    [
        ("random", (3, 1, 2, 4), {3: 1, 1: 2, 2: 3, 4: 4}),
        ("random", (), {1: 1, 2: 2, 3: 3, 4: 4}),
        ("random", (4, 1, 2, 3), {}),
        ("random", (1, 2, 3), {}),
        ("random", (1, 1, 2, 4), {}),
        ("rotate", (2, 3, 1, 4), {2: 1, 3: 2, 1: 3, 4: 4}),
        ("rotate", (2, 1, 3, 4), {}),
        ("", (3, 1, 2, 4), {}),
    ],
)
def test_the_place_of_an_option_is_stored_where_it_can_have_stood_there(order, shown, places):
    question = asked("single", "a", "b", "c", "Else", marks={4: {"fixed": True}}, settings={"order": order})
    assert options.positions(question, shown) == places
    if places:
        assert TYPES["single"].check(question, Given((3,), shown=shown))[0].position_shown == places[3]


# --- figures ------------------------------------------------------------------------------------------------------


def count(given: dict[str, int]) -> QuestionCount:
    values = {Decimal(value): n for value, n in given.items()}
    total = sum(given.values())
    return QuestionCount.counted(total, total, votes={}, numbers={0: values}, profiles={})


def test_net_recommendation_is_promoters_less_detractors():
    measures = TYPES["recommend"].measures(asked("recommend"), count({"10": 4, "9": 1, "8": 2, "6": 2, "0": 1}))
    assert measures == {
        "numbers": 10, "mean": "7.70", "median": "8.5", "promoters": 5, "passives": 2, "detractors": 3, "net": "20.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "step", "found"),
    [
        ("0", "10", "1", [str(n) for n in range(11)]),
        ("0", "100", "1", ["0–9", "10–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70–79", "80–89", "90–99", "100"]),
        ("16", "99", "1", ["16–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70–79", "80–89", "90–99"]),
        ("0", "1", "0.25", ["0", "0.25", "0.5", "0.75", "1"]),
        ("-50", "50", "5", ["-50–-45", "-40–-35", "-30–-25", "-20–-15", "-10–-5", "0–5", "10–15", "20–25", "30–35", "40–45", "50"]),
    ],
)  # fmt: skip
def test_numbers_fall_into_classes_as_on_a_ruler(low, high, step, found):
    classes = numbers.classes(Decimal(low), Decimal(high), Decimal(step))
    plain = numbers.plain
    assert [plain(a) if a == b else f"{plain(a)}–{plain(b)}" for a, b in classes] == found


@limits_of(deadline=None)
@draw(st.integers(-1000, 1000), st.integers(1, 100_000), st.sampled_from(["0.01", "0.5", "1", "5", "10"]))
def test_classes_cover_every_step_of_a_range_once(low: int, span: int, step: str) -> None:
    by = Decimal(step)
    high = low + span * by
    classes = numbers.classes(Decimal(low), high, by)
    assert (classes[0][0], classes[-1][1]) == (low, high)
    assert all(after[0] - before[1] == by for before, after in pairwise(classes))
    assert len(classes) <= numbers.MOST_CLASSES + 1


@limits_of(deadline=None)
@draw(st.lists(st.integers(0, 10), min_size=1, max_size=40))
def test_mean_and_median_are_those_of_the_numbers(values: list[int]) -> None:
    spread = numbers.spread({Decimal(value): n for value, n in Counter(values).items()})
    ordered = sorted(values)
    middle = Decimal(ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
    assert Decimal(spread["median"]) == middle
    assert abs(Decimal(spread["mean"]) - Decimal(sum(values)) / len(values)) <= Decimal("0.005")


def test_days_are_counted_by_month_and_over_two_years_by_year():
    date = TYPES["date"]
    question = asked("date")
    short = date.rows(question, count({"20251130": 1, "20260102": 2}))
    assert [(date.row_text(question, one.id), one.votes) for one in short] == [
        ("November 2025", 1), ("December 2025", 0), ("January 2026", 2),
    ]  # fmt: skip
    long = date.rows(question, count({"20240101": 1, "20260102": 2}))
    assert [(date.row_text(question, one.id), one.votes) for one in long] == [("2024", 1), ("2025", 0), ("2026", 2)]


def test_numbers_are_written_as_readers_of_the_language_do():
    question = asked("number", settings={"decimals": 1}, labels=("h",))
    with translation.override("de"):
        assert TYPES["number"].words(question, Given(values={0: "37.5"})) == ["37,5 h"]


# --- what an editor has to mend -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields", "faults"),
    [
        ("rating", {"settings": {"points": 1}}, ["A rating has between 2 and 11 points."]),
        ("rating", {"settings": {"points": "5"}}, ["A rating has between 2 and 11 points."]),
        ("rating", {"labels": ("bad", "so", "good")}, ["A rating needs words for its two ends, or for each of its 5 points; there are 3."]),
        ("likert", {"labels": ("Yes",)}, ["An agreement scale needs the words of its points, one per line: between 2 and 11."]),
        ("likert", {"labels": ("Yes", "Yes")}, ["Two points of the scale have the same words."]),
        ("matrix", {"labels": ()}, ["A battery needs the words of its scale, one per line: between 2 and 11."]),
        ("number", {"settings": {"min": 5, "max": 5}}, ["The range of a number begins below its end and stays under a million million."]),
        ("number", {"settings": {"max": "NaN"}}, ["The range of a number is given by two numbers."]),
        ("number", {"settings": {"decimals": 7}}, ["A number has between 0 and 6 decimals."]),
        ("slider", {"settings": {"step": 3}}, ["A slider goes from a lower to a higher number in at most a thousand equal steps."]),
        ("points", {"settings": {"total": 0}}, ["The points to share out are between 2 and 1000."]),
        ("date", {"settings": {"from": "tomorrow"}}, ["The first and the last day are dates, such as 2026-12-06."]),
        ("date", {"settings": {"from": "2026-12-06", "to": "2026-12-05"}}, ["The first day of a date question comes before the last."]),
        ("text", {"settings": {"limit": 0}}, ["A text has room for between 1 and 1000 characters."]),
        ("longtext", {"settings": {"limit": 20_000}}, ["A text has room for between 1 and 10000 characters."]),
        ("rating", {}, []),
        ("slider", {}, []),
        ("single", {}, []),
    ],
)  # fmt: skip
def test_a_type_says_what_an_editor_has_to_mend(kind, fields, faults):
    assert TYPES[kind].faults(Asked("What?", kind=kind, **fields)) == faults


# --- as a form sends it -------------------------------------------------------------------------------------------


def test_the_names_of_the_fields_say_what_was_given():
    data = QueryDict("q7=3&q7=1&q7.3=my+own&q7.shown=3,1,2&q8=n4&q9.0=37&q10.11=2&q10.12=1&q12=&place=x&q0=1&q7.x=1")
    assert read_given(data) == {
        7: Given((3, 1), {3: "my own"}, (3, 1, 2)),
        8: Given((), {0: "4"}),
        9: Given((), {0: "37"}),
        10: Given((), {11: "2", 12: "1"}),
        12: Given(),
    }


# --- all of it through the database -------------------------------------------------------------------------------


@pytest.fixture
def every(db: None) -> Poll:
    return every_type()


def test_a_ballot_of_every_type_is_stored_and_given_back(every):
    given = sample(every, 1)
    receipt = cast_ballot(paper=paper_of(every), voter_key=voter("me"), given=given)
    standing = find_receipt(poll_id=every.pk, voter_key=voter("me"))
    assert standing is not None
    assert (standing.code, standing.digest) == (receipt.code, receipt.digest)
    assert sorted(standing.marks, key=str) == sorted(receipt.marks, key=str)
    again = cast_ballot(paper=paper_of(every), voter_key=voter("me"), given=given)
    assert (again.code, again.fresh) == (receipt.code, False)
    texts = [
        value.values[0] for question, value in given.items() if every.questions.get(pk=question).kind.endswith("text")
    ]
    assert sorted(Verbatim.objects.values_list("text", flat=True)) == sorted(texts)


def test_the_digest_of_a_text_is_not_found_without_the_key_of_the_site(every, settings):
    question = every.questions.get(kind="text")
    given = {question.pk: Given(values={0: "secret"})}
    digests = set()
    for key in ("a" * 50, "b" * 50):
        settings.SECRET_KEY = key
        digests.add(cast_ballot(paper=paper_of(every), voter_key=voter(), given=given).digest)
    assert len(digests) == 2


def test_the_figures_are_those_of_an_independent_count_of_the_rows(every):
    for number in range(12):
        cast_ballot(paper=paper_of(every), voter_key=voter(number), given=sample(every, number))
    counted = counting.count(Poll.objects.whole().get(pk=every.pk))
    for question in every.questions.all():
        rows = list(Answer.objects.filter(question=question))
        entry = counted.questions[question.pk]
        assert entry.asked == len({row.ballot_id for row in rows}) == 12
        assert entry.base == len({row.ballot_id for row in rows if row.missing is None})
        given = Counter((row.option_id or 0, row.number) for row in rows if row.number is not None)
        assert {(o, n): times for o, per in entry.numbers.items() for n, times in per.items()} == given
        ranks = Counter((row.option_id, row.rank) for row in rows if row.rank is not None)
        assert {(o, r): times for o, per in entry.ranks.items() for r, times in per.items()} == ranks
        chosen = Counter(row.option_id for row in rows if row.option_id and row.number is None and row.rank is None)
        assert {option: n for option, n in entry.votes.items() if n} == chosen
    assert sum(counted.questions[every.questions.get(kind="ranking").pk].profiles.values()) == 8


def test_a_stored_count_is_read_back_as_it_was(every):
    for number in range(4):
        cast_ballot(paper=paper_of(every), voter_key=voter(number), given=sample(every, number))
    counted = counting.count(Poll.objects.whole().get(pk=every.pk))
    assert counting.Count.from_stored(counted.stored()) == counted
    tally.recount(every.pk)
    assert tally.verify(every.pk) == []


def test_every_column_of_an_export_reads_its_marks(every):
    receipt = cast_ballot(paper=paper_of(every), voter_key=voter(), given=sample(every, 2))
    for question in paper_of(every).questions:
        marks = [mark for mark in receipt.marks if mark.question == question.id]
        cells = {column.name: column.value(marks) for column in TYPES[question.kind].columns(question)}
        answered = any(mark.missing is None for mark in marks)
        assert any(value is not None for value in cells.values()) is answered, question.kind


def test_a_ranking_says_its_points_its_rounds_and_its_pairs():
    question = asked("ranking", "a", "b", "c")
    profiles: dict[tuple[int, ...], int] = {(1, 2, 3): 4, (2, 3, 1): 3, (3, 2, 1): 2}
    counted = QuestionCount.counted(9, 9, votes={}, numbers={}, profiles=profiles)
    measures = TYPES["ranking"].measures(question, counted)
    assert measures["places"]["1"] == {"1": 4, "3": 5}
    assert [one["votes"] for one in measures["rounds"]] == [{"1": 4, "2": 3, "3": 2}, {"1": 4, "2": 5}]
    assert (measures["winner"], measures["condorcet"], measures["pairs"]["2.1"]) == (2, 2, 5)
    assert TYPES["ranking"].measures(question, QuestionCount()) == {}
