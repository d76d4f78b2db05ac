"""Conditions of a survey: what they say, when they hold, and what is no condition."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.rules import (
    DEPTH,
    SIZE,
    All,
    Answer,
    Answered,
    AnyOf,
    AtLeast,
    AtMost,
    Chosen,
    InGroup,
    Names,
    Not,
    Rule,
    RuleFault,
    dump,
    holds,
    names,
    parse,
)

CODES = st.sampled_from(["a", "b", "c", "18-24"])
QUESTIONS = st.sampled_from(["q1", "q2", "age", "trust"])
GROUPS = st.fixed_dictionaries({"wording": st.sampled_from(["A", "B"])})
NUMBERS = st.integers(-10, 10).map(Decimal) | st.decimals(-1000, 1000, places=3).map(lambda n: n + 0)
STATEMENTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(Chosen, QUESTIONS, st.lists(CODES, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(AtLeast, QUESTIONS, NUMBERS, st.none() | CODES),
    st.builds(AtMost, QUESTIONS, NUMBERS, st.none() | CODES),
    st.builds(Answered, QUESTIONS, st.booleans()),
    st.builds(InGroup, st.just("wording"), st.sampled_from(["A", "B", "C"])),
)


def joined(rules: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(rules, min_size=1, max_size=3).map(tuple)
    return st.builds(All, several) | st.builds(AnyOf, several) | st.builds(Not, rules)


RULES = st.recursive(STATEMENTS, joined, max_leaves=8)
ANSWERS = st.dictionaries(
    QUESTIONS,
    st.builds(Answer, st.frozensets(CODES), st.none() | NUMBERS, st.dictionaries(CODES, NUMBERS, max_size=3)),
)
# What JSON can say at all, and what only looks like it.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda part: (
        st.lists(part, max_size=4)
        | st.dictionaries(st.sampled_from(["all", "any", "not", "question", "is", "in", "group", "row", "x"]), part)
    ),
    max_leaves=20,
)


def depth(rule: Rule) -> int:
    match rule:
        case All(rules) | AnyOf(rules):
            return 1 + max(map(depth, rules))
        case Not(part):
            return 1 + depth(part)
    return 1


@given(RULES.filter(lambda rule: depth(rule) <= DEPTH))
def test_a_rule_written_as_json_and_read_again_is_the_same_rule(rule: Rule) -> None:
    assert parse(json.loads(json.dumps(dump(rule)))) == rule


@given(RULES, ANSWERS, GROUPS)
def test_de_morgans_laws_hold(rule: Rule, answers: dict[str, Answer], groups: dict[str, str]) -> None:
    other = Not(rule)
    both, either = Not(All((rule, other))), AnyOf((Not(rule), Not(other)))
    assert holds(both, answers, groups) == holds(either, answers, groups)
    neither = Not(AnyOf((rule, other)))
    assert holds(neither, answers, groups) == holds(All((Not(rule), Not(other))), answers, groups)
    assert holds(Not(Not(rule)), answers, groups) == holds(rule, answers, groups)


@given(st.lists(RULES, min_size=1, max_size=4), ANSWERS, GROUPS)
def test_all_and_any_are_what_the_words_say(rules: list[Rule], answers: dict[str, Answer], groups: Any) -> None:
    each = [holds(rule, answers, groups) for rule in rules]
    assert holds(All(tuple(rules)), answers, groups) == (False not in each)
    assert holds(AnyOf(tuple(rules)), answers, groups) == (True in each)


@given(STATEMENTS.filter(lambda one: isinstance(one, Chosen | AtLeast | AtMost)), ANSWERS, GROUPS)
def test_every_comparison_with_an_unanswered_question_is_false_and_its_opposite_true(
    rule: Any, answers: dict[str, Answer], groups: dict[str, str]
) -> None:
    without = {name: answer for name, answer in answers.items() if name != rule.question}
    assert not holds(rule, without, groups)
    assert holds(Not(rule), without, groups)


@given(RULES, ANSWERS, ANSWERS, GROUPS)
def test_a_rule_looks_at_nothing_but_what_it_names(
    rule: Rule, answers: dict[str, Answer], others: dict[str, Answer], groups: dict[str, str]
) -> None:
    said = names(rule).questions
    changed = {**{name: one for name, one in others.items() if name not in said}} | {
        name: one for name, one in answers.items() if name in said
    }
    assert holds(rule, changed, groups) == holds(rule, answers, groups)


@given(JSON)
def test_whatever_json_says_is_a_rule_or_a_sentence(said: Any) -> None:
    with contextlib.suppress(RuleFault):
        rule = parse(said)
        assert parse(dump(rule)) == rule


AGE = {"age": Answer(frozenset({"18-24"}))}
TOPICS = {"topics": Answer(frozenset({"health", "money"}))}
TRUST = {"trust": Answer(number=Decimal(5), rows={})}
BATTERY = {"battery": Answer(rows={"press": Decimal(4), "courts": Decimal(1)})}


@pytest.mark.parametrize(
    ("said", "answers", "true"),
    [
        ({"question": "age", "is": "18-24"}, AGE, True),
        ({"question": "age", "is": "25-34"}, AGE, False),
        ({"question": "age", "in": ["25-34", "18-24"]}, AGE, True),
        ({"question": "topics", "is": "money"}, TOPICS, True),
        ({"question": "topics", "in": ["sport", "work"]}, TOPICS, False),
        ({"question": "trust", "at_least": 5}, TRUST, True),
        ({"question": "trust", "at_least": 5.5}, TRUST, False),
        ({"question": "trust", "at_most": 5}, TRUST, True),
        ({"question": "trust", "at_most": 4}, TRUST, False),
        ({"question": "battery", "row": "press", "at_least": 4}, BATTERY, True),
        ({"question": "battery", "row": "courts", "at_least": 4}, BATTERY, False),
        ({"question": "battery", "row": "church", "at_most": 5}, BATTERY, False),
        ({"question": "battery", "at_most": 5}, BATTERY, False),
        ({"question": "age", "answered": True}, AGE, True),
        ({"question": "age", "answered": False}, AGE, False),
        ({"question": "name", "answered": True}, AGE, False),
        ({"question": "name", "answered": False}, AGE, True),
        ({"group": "wording", "is": "A"}, {}, True),
        ({"group": "wording", "is": "B"}, {}, False),
        ({"group": "colour", "is": "A"}, {}, False),
    ],
)
def test_what_a_condition_says(said: dict[str, Any], answers: dict[str, Answer], true: bool) -> None:
    assert holds(parse(said), answers, {"wording": "A"}) is true


def deep(levels: int) -> dict[str, Any]:
    said: dict[str, Any] = {"question": "age", "answered": True}
    for _level in range(levels - 1):
        said = {"not": said}
    return said


WHICH = "A condition says which “question” or which “group” it is about."
ONE_ONLY = "A condition about a question says one of these, and one only: is, in, at_least, at_most, answered."
QUOTED = 'Questions, options and groups are named in quotation marks, such as "age".'
BRACES = 'A condition is written in braces, such as {"question": "age", "is": "18-24"}.'
NUMBER = "“at_least” and “at_most” need a number."


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (None, BRACES),
        ([], BRACES),
        ("age", BRACES),
        (True, BRACES),
        ({}, WHICH),
        ({"is": "A"}, WHICH),
        ({"question": "age"}, ONE_ONLY),
        ({"question": "age", "is": "a", "in": ["b"]}, ONE_ONLY),
        ({"question": "age", "at_least": 1, "at_most": 2}, ONE_ONLY),
        ({"all": []}, "“all” needs a list with one condition at least."),
        ({"any": {"question": "age", "is": "a"}}, "“any” needs a list with one condition at least."),
        ({"all": [{"question": "age"}]}, ONE_ONLY),
        ({"all": [deep(1)], "any": [deep(1)]}, "A condition with “all” cannot also say “any”."),
        (
            {"question": 10**5000, "is": "a"},
            QUOTED,
        ),
        ({"not": deep(1), "question": "age"}, "A condition with “not” cannot also say “question”."),
        ({"question": "age", "is": "a", "row": "b"}, "A condition with “is” cannot also say “row”."),
        ({"group": "wording", "is": "A", "in": ["B"]}, "A condition with “is” cannot also say “in”."),
        ({"question": "age", "in": []}, "“in” needs a list of one to 100 options."),
        ({"question": "age", "in": "ab"}, "“in” needs a list of one to 100 options."),
        ({"question": "age", "in": ["a"] * 10_000}, "“in” needs a list of one to 100 options."),
        ({"question": "age", "answered": 1}, "“answered” is true or false."),
        ({"question": "age", "at_least": "5"}, NUMBER),
        ({"question": "age", "at_least": True}, NUMBER),
        ({"question": "age", "at_least": float("nan")}, NUMBER),
        ({"question": "age", "at_most": float("inf")}, NUMBER),
        ({"question": "age", "at_most": 10**400}, "A number to compare with has at most 14 digits before the point."),
        ({"question": "age", "at_most": 0.1234567}, "A number to compare with has at most 6 decimals."),
        (
            {"question": "age;drop", "is": "a"},
            "Questions, options and groups are named by letters, digits, - and _, 40 at most; “age;drop” is not.",
        ),
        (
            {"question": "a" * 41, "is": "a"},
            f"Questions, options and groups are named by letters, digits, - and _, 40 at most; “{'a' * 40}” is not.",
        ),
        (
            {"group": "wording"},
            QUOTED,
        ),
    ],
)
def test_what_is_no_condition_is_answered_in_a_sentence(said: Any, sentence: str) -> None:
    with pytest.raises(RuleFault) as refused:
        parse(said)
    assert refused.value.message == sentence


def test_rules_may_lie_so_deep_and_no_deeper() -> None:
    assert dump(parse(deep(DEPTH))) == deep(DEPTH)
    with pytest.raises(RuleFault, match="too deep"):
        parse(deep(DEPTH + 1))


def test_a_rule_of_any_depth_is_refused_and_never_a_crash() -> None:
    with pytest.raises(RuleFault, match="too deep"):
        parse(deep(100_000))


def test_a_rule_may_be_so_large_and_no_larger() -> None:
    parts = [{"question": "age", "is": "a"}] * (SIZE - 1)
    assert len(dump(parse({"all": parts}))["all"]) == SIZE - 1
    with pytest.raises(RuleFault, match="100 conditions at most"):
        parse({"all": [*parts, parts[0]]})


def test_one_of_one_option_is_that_option_and_repeats_are_dropped() -> None:
    assert dump(parse({"question": "age", "in": ["a", "a"]})) == {"question": "age", "is": "a"}
    assert dump(parse({"question": "age", "in": ["b", "a", "b"]})) == {"question": "age", "in": ["b", "a"]}


def test_the_names_that_a_rule_speaks_of() -> None:
    rule = parse(
        {
            "any": [
                {"not": {"question": "age", "in": ["18-24", "25-34"]}},
                {"all": [{"question": "battery", "row": "press", "at_least": 3}, {"question": "vote", "at_most": 2}]},
                {"group": "wording", "is": "B"},
            ]
        }
    )
    assert names(rule) == Names(
        questions=frozenset({"age", "battery", "vote"}),
        options=frozenset({("age", "18-24"), ("age", "25-34"), ("battery", "press")}),
        groups=frozenset({("wording", "B")}),
    )
