"""The way through a survey: pages, halves, orders, jumps, quotas, placeholders, and what an editor must put right."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from polls.flow import (
    FlowFault,
    Plan,
    Question,
    Quota,
    arranged,
    faults,
    full,
    groups,
    order,
    pipe,
    piped,
    read,
    route,
)
from polls.rules import Answer

SEED = b"one respondent"


def seeds(number: int) -> list[bytes]:
    return [b"respondent %d" % n for n in range(number)]


def chosen(*options: str) -> Answer:
    return Answer(options=frozenset(options))


def number(value: int) -> Answer:
    return Answer(number=Decimal(value))


def choice(code: str, page: int = 1, show_if: Any = None, *options: str, **more: Any) -> Question:
    return Question(code, "single", page, show_if, options or ("yes", "no"), **more)


def is_(question: str, option: str) -> dict[str, Any]:
    return {"question": question, "is": option}


# --- the way ------------------------------------------------------------------------------------------------------


def test_without_a_flow_every_page_is_walked_in_order_and_every_question_shown() -> None:
    plan = read([choice("a"), choice("b"), choice("c", 2)], None)
    way = route(plan, {}, SEED)
    assert [(stop.page, stop.questions) for stop in way.stops] == [(1, ("a", "b")), (2, ("c",))]
    assert way.shown == {"a", "b", "c"}
    assert not way.ended
    assert (way.after(1), way.after(2), way.before(2), way.before(1)) == (2, None, 1, None)


def test_a_question_shows_where_its_rule_holds_and_not_before() -> None:
    plan = read([choice("a"), choice("b", 1, is_("a", "yes")), choice("c", 2, is_("b", "no"))], {})
    assert route(plan, {}, SEED).shown == {"a"}
    assert route(plan, {"a": chosen("yes")}, SEED).shown == {"a", "b"}
    assert route(plan, {"a": chosen("yes"), "b": chosen("no")}, SEED).shown == {"a", "b", "c"}


def test_an_answer_that_is_no_longer_asked_for_is_known_to_no_rule() -> None:
    plan = read([choice("a"), choice("b", 1, is_("a", "yes")), choice("c", 2, is_("b", "no"))], {})
    assert route(plan, {"a": chosen("no"), "b": chosen("no")}, SEED).shown == {"a"}


def test_a_page_of_which_nothing_shows_is_passed_over_and_its_jumps_too() -> None:
    flow = {"pages": [{}, {"jumps": [{"if": None, "to": "end"}]}]}
    plan = read([choice("a"), choice("b", 2, is_("a", "yes")), choice("c", 3)], flow)
    assert route(plan, {"a": chosen("no")}, SEED).pages == (1, 3)
    way = route(plan, {"a": chosen("yes")}, SEED)
    assert (way.pages, way.ended) == ((1, 2), True)


def test_the_rule_of_a_page_hides_all_its_questions() -> None:
    flow = {"pages": [{}, {"show_if": {"not": is_("a", "yes")}}]}
    plan = read([choice("a"), choice("b", 2), choice("c", 2), choice("d", 3)], flow)
    assert route(plan, {"a": chosen("yes")}, SEED).shown == {"a", "d"}
    assert route(plan, {"a": chosen("no")}, SEED).shown == {"a", "b", "c", "d"}


def test_the_first_jump_whose_rule_holds_is_taken() -> None:
    jumps = [{"if": is_("a", "x"), "to": 4}, {"if": {"question": "a", "in": ["x", "y"]}, "to": 3}]
    plan = read(
        [choice("a", 1, None, "x", "y", "z"), *(choice(f"p{n}", n) for n in (2, 3, 4))], {"pages": [{"jumps": jumps}]}
    )
    assert route(plan, {"a": chosen("x")}, SEED).pages == (1, 4)
    assert route(plan, {"a": chosen("y")}, SEED).pages == (1, 3, 4)
    assert route(plan, {"a": chosen("z")}, SEED).pages == (1, 2, 3, 4)
    assert route(plan, {}, SEED).pages == (1, 2, 3, 4)


def test_a_jump_to_a_page_that_does_not_show_goes_on_to_the_next_that_does() -> None:
    flow = {"pages": [{"jumps": [{"to": 3}]}, {}, {"show_if": is_("a", "yes")}]}
    plan = read([choice("a"), *(choice(f"p{n}", n) for n in (2, 3, 4))], flow)
    assert route(plan, {"a": chosen("no")}, SEED).pages == (1, 4)


def test_a_jump_to_the_end_ends_early_and_the_last_page_does_not() -> None:
    plan = read([choice("a"), choice("b", 2)], {"pages": [{"jumps": [{"if": is_("a", "no"), "to": "end"}]}]})
    assert route(plan, {"a": chosen("no")}, SEED).ended
    assert not route(plan, {"a": chosen("yes")}, SEED).ended


def test_a_jump_back_that_slipped_in_leads_on_and_not_in_a_circle() -> None:
    plan = read([choice("a"), choice("b", 2), choice("c", 3)], {"pages": [{}, {"jumps": [{"to": 1}]}]})
    assert route(plan, {}, SEED).pages == (1, 2, 3)


def test_page_numbers_off_the_way_are_refused() -> None:
    way = route(read([choice("a")], {}), {}, SEED)
    assert way.stop(2) is None
    with pytest.raises(ValueError, match="not in tuple"):
        way.after(2)


# --- drawn by lot -------------------------------------------------------------------------------------------------


BLOCKS = {"pages": [{"block": "intro"}, {"block": "r.a"}, {"block": "r.a"}, {"block": "r.b"}, {}, {"block": "r.c"}]}


def six_pages(flow: Any = BLOCKS) -> Plan:
    return read([choice(f"p{n}", n) for n in range(1, 7)], flow)


def test_blocks_of_one_family_change_places_and_their_pages_stay_together() -> None:
    drawn = Counter(order(six_pages(), seed) for seed in seeds(600))
    a, b, c = (2, 3), (4,), (6,)
    expected = {(1, *x, *y, 5, *z) for x, y, z in [(a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)]}
    assert set(drawn) == expected
    # 600 draws among six orders: 100 each; less than 60 of one has a chance below one in a million.
    assert min(drawn.values()) > 60


def test_the_order_is_the_same_for_one_respondent_every_time() -> None:
    assert {order(six_pages(), SEED) for _time in range(5)} == {order(six_pages(), SEED)}


def test_split_halves_are_even_independent_and_the_same_every_time() -> None:
    plan = read([choice("a")], {"groups": {"wording": ["A", "B"], "scale": ["5", "7"]}})
    drawn = Counter(tuple(groups(plan, seed).items()) for seed in seeds(800))
    assert len(drawn) == 4
    assert min(drawn.values()) > 140  # of 200 expected
    assert groups(plan, SEED) == groups(plan, SEED)


def test_a_rule_about_the_group_shows_each_half_its_own_question() -> None:
    a, b = {"group": "wording", "is": "A"}, {"group": "wording", "is": "B"}
    plan = read([choice("one", 1, a), choice("two", 1, b)], {"groups": {"wording": ["A", "B"]}})
    shown = {groups(plan, seed)["wording"]: route(plan, {}, seed).shown for seed in seeds(20)}
    assert shown == {"A": {"one"}, "B": {"two"}}


CODES = ["a", "b", "c", "d", "none"]


def test_options_in_random_order_are_all_there_and_fixed_ones_keep_their_place() -> None:
    drawn = Counter(
        tuple(arranged(CODES, order="random", fixed={"none", "b"}, seed=seed, name="q")) for seed in seeds(600)
    )
    assert {(places[1], places[4]) for places in drawn} == {(1, 4)}
    assert {tuple(sorted(places)) for places in drawn} == {(0, 1, 2, 3, 4)}
    assert len(drawn) == 6
    assert min(drawn.values()) > 60


def test_rotated_options_keep_their_circle() -> None:
    drawn = Counter(tuple(arranged(CODES, order="rotate", fixed={"none"}, seed=seed, name="q")) for seed in seeds(400))
    assert set(drawn) == {(0, 1, 2, 3, 4), (1, 2, 3, 0, 4), (2, 3, 0, 1, 4), (3, 0, 1, 2, 4)}
    assert min(drawn.values()) > 60


def test_without_an_order_options_stand_as_written_and_of_none_there_is_nothing_to_draw() -> None:
    assert arranged(CODES, order="", fixed=(), seed=SEED, name="q") == [0, 1, 2, 3, 4]
    assert arranged([], order="rotate", fixed=(), seed=SEED, name="q") == []
    assert arranged(["none"], order="rotate", fixed={"none"}, seed=SEED, name="q") == [0]


@pytest.mark.parametrize("how", ["random", "rotate"])
def test_two_questions_are_drawn_apart(how: str) -> None:
    both = {
        tuple(tuple(arranged(CODES[:2], order=how, fixed=(), seed=seed, name=name)) for name in ("q1", "q2"))
        for seed in seeds(40)
    }
    assert len(both) == 4


# --- quotas and placeholders --------------------------------------------------------------------------------------


QUOTA = {"question": "gender", "option": "women", "limit": 200, "message": "Enough."}


def test_a_full_quota_is_found_by_the_votes_of_its_option() -> None:
    plan = read([choice("gender", 1, None, "women", "men")], {"quotas": [QUOTA]})
    women, men = {"gender": chosen("women")}, {"gender": chosen("men")}
    way = route(plan, women, SEED)
    assert full(plan, way, women, lambda question, option: 199) is None
    assert full(plan, way, women, lambda question, option: 200) == Quota("gender", "women", 200, "Enough.")
    assert full(plan, way, men, lambda question, option: 200) is None
    assert full(plan, way, {}, lambda question, option: 200) is None


def test_a_quota_of_a_question_that_is_not_shown_stops_nobody() -> None:
    plan = read([choice("a"), choice("gender", 1, is_("a", "yes"), "women", "men")], {"quotas": [QUOTA]})
    answers = {"a": chosen("no"), "gender": chosen("women")}
    assert full(plan, route(plan, answers, SEED), answers, lambda question, option: 200) is None


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("How is {{city}}?", {"city": "Ghent"}, "How is Ghent?"),
        ("How is {{ city | your town }}?", {"city": "Ghent"}, "How is Ghent?"),
        ("How is {{city|your town}}?", {}, "How is your town?"),
        ("How is {{city}}?", {}, "How is …?"),
        ("{{a}} and {{b|none}}", {"a": "{{b}}", "b": "<i>"}, "{{b}} and <i>"),
        ("{{not a name}} {x}", {}, "{{not a name}} {x}"),
    ],
)
def test_earlier_answers_stand_in_the_wording_once(text: str, words: dict[str, str], shown: str) -> None:
    assert pipe(text, words) == shown


def test_which_questions_a_text_speaks_of() -> None:
    assert piped("{{a}} {{b|x}} {{ c }} {{d e}}") == ["a", "b", "c"]


# --- what is no flow ----------------------------------------------------------------------------------------------


def refused(flow: Any, *questions: Question) -> list[str]:
    with pytest.raises(FlowFault) as fault:
        read(questions or (choice("a"),), flow)
    assert faults(questions or (choice("a"),), flow) == list(fault.value.faults)
    return list(fault.value.faults)


ONLY_THESE = "only these can be written here: "


@pytest.mark.parametrize(
    ("flow", "sentences"),
    [
        ([], [f"{ONLY_THESE}pages, groups, quotas."]),
        ({"page": []}, [f"{ONLY_THESE}pages, groups, quotas."]),
        ({"pages": {}}, ["Pages: a list is needed here, of 100 entries at most."]),
        ({"pages": [{}] * 101}, ["Pages: a list is needed here, of 100 entries at most."]),
        ({"pages": ["a"]}, [f"Page 1: {ONLY_THESE}title, show_if, jumps, block."]),
        ({"pages": [{"name": "a"}]}, [f"Page 1: {ONLY_THESE}title, show_if, jumps, block."]),
        ({"pages": [{"title": 1}]}, ["Page 1: a text is needed here, of 200 characters at most."]),
        ({"pages": [{"title": "\0"}]}, ["Page 1: a text is needed here, of 200 characters at most."]),
        (
            {"pages": [{"block": "a b"}]},
            ["Page 1: a block is named by letters and digits, such as “random.a”; “a b” is not."],
        ),
        ({"pages": [{"jumps": [{}]}]}, ["Page 1, jump 1: it leads to the number of a page, or to “end”."]),
        ({"pages": [{"jumps": [{"to": True}]}]}, ["Page 1, jump 1: it leads to the number of a page, or to “end”."]),
        ({"pages": [{"jumps": [{"to": 0}]}]}, ["Page 1, jump 1: it leads to the number of a page, or to “end”."]),
        ({"pages": [{"jumps": [{"to": "end"}] * 21}]}, ["Page 1: a list is needed here, of 20 entries at most."]),
        (
            {"pages": [{"show_if": {"all": []}, "jumps": [{"if": 1, "to": "end"}]}]},
            [
                "Page 1: “all” needs a list with one condition at least.",
                'Page 1, jump 1: A condition is written in braces, such as {"question": "age", "is": "18-24"}.',
            ],
        ),
        ({"groups": []}, ['Split ballot: it is written as {"wording": ["A", "B"]}, with 10 splits at most.']),
        (
            {"groups": {"w": ["A"], "x": ["A", "A"], "y z": ["A", "B"], "v": "AB", "u": [1, 2]}},
            [
                f"Split ballot: “{name}” needs from two to 10 groups, each with a short name of its own."
                for name in ("w", "x", "y z", "v", "u")
            ],
        ),
        (
            {"quotas": [{}]},
            [
                "Quota 1: it names a question and one of its options.",
                "Quota 1: its limit is a whole number, 1 at least.",
            ],
        ),
        (
            {"quotas": [{"question": "a", "option": "yes", "limit": 0.5, "message": "x" * 501}]},
            [
                "Quota 1: its limit is a whole number, 1 at least.",
                "Quota 1: a text is needed here, of 500 characters at most.",
            ],
        ),
    ],
)
def test_what_is_no_flow_is_answered_in_sentences(flow: Any, sentences: list[str]) -> None:
    assert refused(flow) == sentences


def test_a_question_with_a_broken_rule_or_page_is_named() -> None:
    assert refused({}, choice("a", 1, {"is": "x"})) == [
        "Question “a”: A condition says which “question” or which “group” it is about."
    ]
    assert refused({}, choice("a", 0)) == ["Question “a”: its page is a number from 1 to 100."]
    assert refused({}, choice("a", 10**9)) == ["Question “a”: its page is a number from 1 to 100."]


# --- what an editor must put right --------------------------------------------------------------------------------


AGE = choice("age", 1, None, "young", "old")
TRUST = Question("trust", "rating", 1)
PRESS = Question("media", "matrix", 1, options=("press", "radio"))
LAST = choice("last", 2)


def test_a_sound_survey_has_no_faults() -> None:
    flow = {
        "pages": [{"jumps": [{"if": is_("age", "old"), "to": 3}]}, {"show_if": {"group": "w", "is": "A"}}],
        "groups": {"w": ["A", "B"]},
        "quotas": [{"question": "age", "option": "old", "limit": 5}],
    }
    questions = [
        AGE,
        TRUST,
        PRESS,
        choice("why", 1, {"all": [is_("age", "old"), {"question": "trust", "at_most": 2}]}),
        choice(
            "more", 2, {"question": "media", "row": "press", "at_least": 4}, wording=("You are {{age|of some age}}.",)
        ),
        choice("end", 3, {"question": "why", "answered": False}),
    ]
    assert faults(questions, flow) == []


LATER = "the rule is about the question “%s”, which is not always asked before."


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (choice("last", 2, is_("gone", "yes")), "Question “last”: there is no question “gone”."),
        (choice("last", 2, is_("last", "yes")), "Question “last”: " + LATER % "last"),
        (choice("last", 2, is_("age", "middle")), "Question “last”: the question “age” has no option “middle”."),
        (
            choice("last", 2, {"question": "age", "in": ["young", "x"]}),
            "Question “last”: the question “age” has no option “x”.",
        ),
        (
            choice("last", 2, is_("trust", "5")),
            "Question “last”: “trust” has no options that can be chosen.",
        ),
        (
            choice("last", 2, {"question": "age", "at_least": 3}),
            "Question “last”: “age” is not answered by a number, so none can be compared.",
        ),
        (
            choice("last", 2, {"question": "trust", "at_least": 3, "row": "press"}),
            "Question “last”: “trust” has no rows, so the rule must not name one.",
        ),
        (
            choice("last", 2, {"question": "media", "at_least": 3}),
            "Question “last”: “media” has a number for each row, so the rule must name the row.",
        ),
        (
            choice("last", 2, {"question": "media", "at_least": 3, "row": "web"}),
            "Question “last”: the question “media” has no option “web”.",
        ),
        (
            choice("last", 2, {"group": "w", "is": "A"}),
            "Question “last”: there is no split ballot “w” with a group “A”.",
        ),
        (choice("last", 2, wording=("{{gone}}?",)), "Question “last”: “{{gone}}” does not refer to a question."),
        (
            choice("last", 1, wording=("So {{age}}?",)),
            "Question “last”: “{{age}}” is not always answered on a page before.",
        ),
        (
            choice("last", 2, wording=("{{ the age }}",)),
            "Question “last”: an earlier answer is written {{name}} or {{name|other words}}; here it is not.",
        ),
        (
            choice("last", 2, options_wording=("yes", "{{age}}")),
            "Question “last”: answers can be quoted in questions and their help, not in options: “{{age}}”.",
        ),
        (choice("age", 2, None, "yes", "no"), "Two questions have the name “age”."),
        (choice("last", 2, None, "a", "b", "a"), "Question “last”: two options have the name “a”."),
        (choice("last", 3), "Page 2: it has no question."),
    ],
)
def test_each_fault_of_a_question_is_a_plain_sentence(question: Question, sentence: str) -> None:
    assert faults([AGE, TRUST, PRESS, question], {}) == [sentence]


BACK = "Page 2, jump 1: it leads back, because page %d does not always come later."
FOUR = [choice("a"), choice("b", 2), choice("c", 3), choice("d", 4)]


@pytest.mark.parametrize(
    ("pages", "sentences"),
    [
        (
            [{}, {"jumps": [{"if": is_("a", "yes"), "to": 1}]}],
            [BACK % 1],
        ),
        (
            [{}, {"jumps": [{"if": is_("a", "yes"), "to": 2}]}],
            [BACK % 2],
        ),
        ([{"jumps": [{"if": is_("a", "yes"), "to": 5}]}], ["Page 1, jump 1: there is no page 5."]),
        ([{"jumps": [{"if": is_("b", "yes"), "to": 3}]}], ["Page 1, jump 1: " + LATER % "b"]),
        ([{}, {"show_if": is_("b", "yes")}], ["Page 2: " + LATER % "b"]),
        ([{"title": "{{a}}"}], ["Page 1: “{{a}}” is not always answered on a page before."]),
        ([{}, {}, {}, {}, {"title": "Too many"}], ["Page 5: it has no question."]),
        ([{"jumps": [{"to": 3}]}], ["Page 2: nobody gets there, because every route goes past it."]),
        (
            [{"jumps": [{"if": is_("a", "yes"), "to": 4}, {"to": "end"}]}],
            [f"Page {n}: nobody gets there, because every route goes past it." for n in (2, 3)],
        ),
        ([{"jumps": [{"if": is_("a", "yes"), "to": 2}, {"to": 3}]}], []),
        # What stands after a jump that is always taken leads nowhere.
        (
            [{"jumps": [{"to": 4}, {"if": is_("a", "yes"), "to": 2}]}],
            [f"Page {n}: nobody gets there, because every route goes past it." for n in (2, 3)],
        ),
        # Who does not see page 2 does not take its jump.
        ([{}, {"show_if": is_("a", "yes"), "jumps": [{"to": "end"}]}], []),
        ([{"block": "x"}, {}, {"block": "x"}], ["The pages of the block “x” must follow one another."]),
        # In random order neither block is always before the other.
        ([{"block": "r.a"}, {"block": "r.b", "show_if": is_("a", "yes")}], ["Page 2: " + LATER % "a"]),
        (
            [{"block": "r.a", "jumps": [{"if": is_("a", "yes"), "to": 2}]}, {"block": "r.b"}],
            ["Page 1, jump 1: it leads back, because page 2 does not always come later."],
        ),
        ([{"block": "r.a"}, {"block": "r.b"}, {"show_if": is_("a", "yes")}], []),
        ([{"block": "r.a"}, {"show_if": is_("a", "yes")}, {"block": "r.b"}], ["Page 2: " + LATER % "a"]),
        ([{"block": "r.a"}, {"block": "r.a", "show_if": is_("a", "yes")}, {"block": "r.b"}], []),
        # One of the blocks always ends the survey, so whoever sees it last misses nothing, and who sees it first all.
        ([{"block": "r.a", "jumps": [{"to": "end"}]}, {"block": "r.b"}], []),
    ],
)
def test_each_fault_of_a_page_is_a_plain_sentence(pages: Any, sentences: list[str]) -> None:
    assert faults(FOUR, {"pages": pages}) == sentences


@pytest.mark.parametrize(
    ("quota", "sentence"),
    [
        (("gone", "yes"), "Quota 1: there is no question “gone”."),
        (("age", "middle"), "Quota 1: the question “age” has no option “middle” to be counted."),
        (("media", "press"), "Quota 1: the question “media” has no option “press” to be counted."),
    ],
)
def test_a_quota_for_what_is_not_there_is_a_fault(quota: tuple[str, str], sentence: str) -> None:
    written = {"quotas": [{"question": quota[0], "option": quota[1], "limit": 5}]}
    assert faults([AGE, PRESS, LAST], written) == [sentence]


# --- anything at all ----------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.floats() | st.sampled_from(["end", "a", "b", "yes", "{{a}}"]),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pages", "groups", "quotas", "jumps", "if", "to", "block", "show_if", "title", "question"]
            ),
            part,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(ANYTHING, ANYTHING)
def test_whatever_is_written_as_a_flow_is_read_or_answered_in_sentences(flow: Any, show_if: Any) -> None:
    found = faults([choice("a"), choice("b", 2, show_if)], flow)
    assert all(sentence.endswith(".") for sentence in found)


def condition(dice: Random, upto: int) -> Any:
    """Something about one of the first questions, now and then about any; of odd ones a number is asked."""
    place = dice.randrange(6) if dice.random() < 0.05 else dice.randrange(max(1, upto))
    said: dict[str, Any] = {"question": f"q{place}", "answered": True}
    if dice.random() < 0.8:
        said.pop("answered")
        if place % 2:
            said[dice.choice(["at_least", "at_most"])] = dice.randint(1, 5)
        else:
            said["is"] = dice.choice(["yes", "no"])
    if upto == 0 or dice.random() < 0.1:
        said = {"group": "w", "is": dice.choice("AB")}
    return {"not": said} if dice.random() < 0.3 else said


def made(number: int) -> tuple[list[Question], Any]:
    """Six questions on up to six pages, with rules, jumps and blocks of any kind, sound ones and others."""
    dice = Random(number)
    pages = [1]
    for _question in range(5):
        pages.append(pages[-1] + (dice.random() < 0.6))
    last = pages[-1]
    families = ["", "s", "r.a", "r.b", "t.a", "t.b"] if dice.random() < 0.4 else [""]

    def rule(upto: int, often: float) -> Any:
        return condition(dice, upto) if dice.random() < often else None

    def entry(number: int) -> dict[str, Any]:
        before, here = pages.index(number), 6 - pages[::-1].index(number)
        targets = ["end", *range(number + 1, last + 1), *([dice.randint(1, 7)] if dice.random() < 0.1 else [])]
        return {
            "show_if": rule(before, 0.3),
            "jumps": [
                {"if": rule(here, 0.9), "to": dice.choice(targets)} for _jump in range(dice.choice([0, 0, 1, 2]))
            ],
            "block": dice.choice(families),
        }

    questions = [
        Question(
            f"q{place}", "rating" if place % 2 else "single", page, rule(place, 0.4), () if place % 2 else ("yes", "no")
        )
        for place, page in enumerate(pages)
    ]
    return questions, {"pages": [entry(number) for number in range(1, last + 1)], "groups": {"w": ["A", "B"]}}


SURVEYS = st.integers(0, 2**32).map(made)
ANSWER: dict[str, st.SearchStrategy[Answer]] = {
    f"q{place}": st.integers(1, 5).map(number) if place % 2 else st.sampled_from([chosen("yes"), chosen("no")])
    for place in range(6)
}
GIVEN = st.fixed_dictionaries({}, optional=ANSWER)


@given(SURVEYS, GIVEN, st.binary(max_size=8))
def test_no_survey_whatsoever_leads_in_a_circle(survey: Any, answers: Any, seed: bytes) -> None:
    plan = read(*survey)
    way = route(plan, answers, seed)
    assert len(set(way.pages)) == len(way.pages) <= 6
    standing = [order(plan, seed).index(page) for page in way.pages]
    assert standing == sorted(standing)


@given(SURVEYS, GIVEN, GIVEN, st.binary(max_size=8))
def test_answers_to_questions_that_are_not_shown_change_nothing(
    survey: Any, answers: Any, others: Any, seed: bytes
) -> None:
    plan = read(*survey)
    way = route(plan, answers, seed)
    kept = {code: answer for code, answer in answers.items() if code in way.shown}
    foreign = {code: answer for code, answer in others.items() if code not in way.shown}
    assert route(plan, kept, seed) == way
    assert route(plan, kept | foreign, seed) == way


def accepted(survey: Any) -> bool:
    return not faults(*survey)


@settings(max_examples=60)
@given(SURVEYS.filter(accepted), GIVEN, GIVEN, st.binary(max_size=8))
def test_in_an_accepted_survey_later_answers_never_change_the_way_so_far(
    survey: Any, answers: Any, later: Any, seed: bytes
) -> None:
    plan = read(*survey)
    way = route(plan, answers, seed)
    for place in range(len(way.stops)):
        passed = {code for before in way.stops[: place + 1] for code in before.questions}
        changed = {code: answer for code, answer in {**answers, **later}.items() if code not in passed}
        same = {code: answer for code, answer in answers.items() if code in passed}
        assert route(plan, same | changed, seed).stops[: place + 1] == way.stops[: place + 1]


def test_generated_surveys_are_accepted_often_enough_to_prove_something() -> None:
    assert 50 < sum(accepted(made(number)) for number in range(300)) < 200


def everywhere(plan: Plan) -> set[int]:
    """All pages that any order and any luck with the rules leads to: every way is walked."""
    runs = plan.runs
    reached: set[int] = set()
    for drawn in permutations(runs):
        if all(a[0].family == b[0].family and (a[0].family or a == b) for a, b in zip(runs, drawn, strict=True)):
            pages = [page for run in drawn for page in run]
            numbers = [page.number for page in pages]
            waiting = [0]
            while waiting:
                place = waiting.pop()
                if place >= len(pages):
                    continue
                page = pages[place]
                reached.add(page.number)
                if page.rule or all(item.rule for item in page.items):
                    waiting.append(place + 1)
                for jump in page.jumps:
                    if jump.to is not None and jump.to in numbers[place + 1 :]:
                        waiting.append(numbers.index(jump.to))
                    if jump.rule is None:
                        break
                else:
                    waiting.append(place + 1)
    return reached


@given(SURVEYS)
def test_a_page_is_called_unreachable_only_where_no_way_whatsoever_leads_to_it(survey: Any) -> None:
    plan = read(*survey)
    found = faults(*survey)
    unreachable = {
        page.number
        for page in plan.pages
        if f"Page {page.number}: nobody gets there, because every route goes past it." in found
    }
    assume(not any(word in sentence for sentence in found for word in ("leads back", "is no page", "must follow")))
    missed = {page.number for page in plan.pages} - everywhere(plan)
    assert unreachable <= missed
    if not any(page.family for page in plan.pages):
        assert unreachable == missed
