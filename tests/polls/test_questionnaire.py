"""The questionnaire as JSON: read whole or not at all, its faults named by their places, written and read again."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls import bank, questionnaire, wording
from polls.questionnaire import Unreadable
from tests.polls.questionnaires import EVERYTHING, wild

SMALL: dict[str, Any] = {
    "format": "polls-questionnaire/1",
    "questions": [{"text": "Which road?", "options": ["North", "South"]}],
}


def faults(given: Any) -> list[str]:
    with pytest.raises(Unreadable) as refused:
        questionnaire.read(given)
    return refused.value.faults


def asking(**fields: Any) -> dict[str, Any]:
    return {**SMALL, "questions": [{**SMALL["questions"][0], **fields}]}


def test_the_shortest_questionnaire_gets_every_default() -> None:
    assert questionnaire.read(SMALL) == {
        "format": "polls-questionnaire/1",
        "title": "",
        "intro": "",
        "flow": {},
        "translations": {},
        "questions": [
            {
                "name": "",
                "kind": "single",
                "page": 1,
                "text": "Which road?",
                "help": "",
                "required": True,
                "min": 1,
                "max": 1,
                "labels": [],
                "settings": {},
                "show_if": None,
                "about": False,
                "translations": {},
                "options": [
                    {"name": "", "text": "North", "settings": {}, "translations": {}},
                    {"name": "", "text": "South", "settings": {}, "translations": {}},
                ],
            }
        ],
    }


def test_what_is_written_is_read_again_the_same() -> None:
    whole = questionnaire.read(EVERYTHING)
    assert {question["kind"] for question in whole["questions"]} == set(questionnaire.SHAPES) - {"image"}
    assert questionnaire.loads(questionnaire.dumps(whole)) == whole
    assert questionnaire.read(whole) == whole


@given(wild())
def test_every_questionnaire_survives_its_file(whole: dict[str, Any]) -> None:
    assert questionnaire.read(whole) == whole
    assert questionnaire.loads(questionnaire.dumps(whole)) == whole


def test_a_file_says_nothing_that_goes_without_saying() -> None:
    assert json.loads(questionnaire.dumps(questionnaire.read(SMALL))) == {
        "format": "polls-questionnaire/1",
        "questions": [{"kind": "single", "text": "Which road?", "options": ["North", "South"]}],
    }


FAULTY = [
    ([], ["A questionnaire is a JSON object with “format”, “title” and “questions”."]),
    ({"questions": []}, ["This is not a questionnaire of this program: “format” is not “polls-questionnaire/1”."]),
    ({**SMALL, "questions": []}, ["“questions” is a list with one question at least."]),
    ({**SMALL, "questions": [SMALL["questions"][0]] * 201},
     ["There are 201 questions; a survey may have 200 at most."]),
    ({**SMALL, "colour": "red"}, ["There is nothing called “colour” here."]),
    ({**SMALL, "title": 7}, ["“title” is a text."]),
    ({**SMALL, "title": "x" * 201}, ["“title” has 201 characters; at most 200 are allowed."]),
    ({**SMALL, "flow": []}, ["“flow” is an object with pages, groups and quotas."]),
    ({**SMALL, "questions": [7]}, [
        "Question 1: it is an object with “kind” and “text”.",
        "Question 1: it has no text.",
        "Question 1: the type “single” has 2 to 100 options; here are 0.",
    ]),
    (asking(kind="poem"), [
        "Question 1: there is no type “poem”. The types are " + ", ".join(sorted(questionnaire.SHAPES)) + ".",
    ]),
    (asking(text=" "), ["Question 1: it has no text."]),
    (asking(name="a b"), ["Question 1: a name has 1 to 40 letters, digits, - and _; “a b” is none."]),
    (asking(page=0), ["Question 1: “page” must be a whole number from 1 to 100."]),
    (asking(page=True), ["Question 1: “page” must be a whole number from 1 to 100."]),
    (asking(required="yes"), ["Question 1: “required” must be true or false."]),
    (asking(min=2), ["Question 1: “min” belongs to types with several answers only."]),
    (asking(kind="multiple", max=3), ["Question 1: “max” must be a whole number from 1 to 2."]),
    (asking(kind="multiple", min=2, max=1), ["Question 1: “min” is larger than “max”."]),
    (asking(options=["North"]), ["Question 1: the type “single” has 2 to 100 options; here are 1."]),
    (asking(options="North"), ["Question 1: “options” is a list."]),
    (asking(options=["North", 8]), [
        "Question 1, option 2: it is an object with “text”.", "Question 1, option 2: it has no text.",
    ]),
    (asking(options=["North", "north "]), ["Question 1: two options have the text “north”."]),
    (asking(options=["North", {"text": "South", "settings": {"other": "yes"}}]), [
        "Question 1, option 2: “other” must be true or false.",
    ]),
    (asking(kind="text"), ["Question 1: the type “text” has no options."]),
    (asking(kind="rating", options=["Never"]), [
        "Question 1: only options marked “dont_know” can be added to this scale.",
    ]),
    (asking(kind="likert", options=[], labels=["Good"]), [
        "Question 1: the type “likert” has 2 to 11 labels; here are 1.",
    ]),
    (asking(labels=["Good"]), ["Question 1: the type “single” has no labels."]),
    (asking(kind="likert", options=[], labels=["Good", "good"]), ["Question 1: two labels are the same."]),
    (asking(settings={"order": "backwards"}), ["Question 1: “order” must be “random” or “rotate”."]),
    (asking(settings={"points": 5}), ["Question 1: there is nothing called “points” here."]),
    (asking(kind="number", options=[], settings={"min": 5, "max": 5}), [
        "Question 1: the smallest value is not smaller than the largest.",
    ]),
    (asking(kind="slider", options=[], settings={"step": 0}), ["Question 1: “step” must be greater than zero."]),
    (asking(kind="date", options=[], settings={"from": "30.11.2026"}), [
        "Question 1: “from” must be a date such as 2026-11-30.",
    ]),
    (asking(show_if={"question": "x"}), [
        "Question 1: A condition about a question says one of these, and "
        "one only: is, in, at_least, at_most, answered.",
    ]),
    (asking(translations={"xx": {"text": "?"}}), ["Question 1: this site does not have the language “xx”."]),
    (asking(translations=["fr"]), [
        "Question 1: “translations” is an object by language, such as {\"fr\": {\"text\": \"…\"}}.",
    ]),
    (asking(text="a\x00b"), ["Question 1: “text” contains characters "
                             "that are not text.", "Question 1: it has no text."]),
    ({**SMALL, "questions": [{**SMALL["questions"][0], "name": n} for n in ("a", "A")]}, [
        "Question 2: it has the same name as question 1: “A”.",
    ]),
    ({**SMALL, "questions": [{**SMALL["questions"][0], "name": "q2"}, SMALL["questions"][0]]}, [
        "Question 2: it has the same name as question 1: “q2”.",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), FAULTY)
def test_every_fault_is_named_by_its_place(given: Any, expected: list[str]) -> None:
    assert faults(given) == expected


def test_all_faults_are_named_at_once() -> None:
    broken = copy.deepcopy(EVERYTHING)
    broken["questions"][0]["kind"] = "poem"
    broken["questions"][4]["page"] = "two"
    broken["questions"][7]["labels"] = []
    assert [fault.partition(":")[0] for fault in faults(broken)] == [
        "Question 1 (often)",
        "Question 5 (stars)",
        "Question 8 (trust)",
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "The file is not JSON: line 1, column 1 cannot be read."),
        (b'{"a": "\xff"}', "The file is not JSON: it is not text in UTF-8."),
        (b'{"a": 1, "a": 2}', "The file is not JSON: a name appears twice in one object."),
        (b'{"a": NaN}', "The file is not JSON: NaN is no number."),
        (b"[" * 100_000, "The file is not JSON: it is nested too deeply."),
        (b" " * 2_100_000, "The file is larger than a questionnaire can be: 2 MB at most."),
    ],
)
def test_what_is_no_file_of_ours_is_refused_in_a_sentence(content: bytes, fault: str) -> None:
    with pytest.raises(Unreadable) as refused:
        questionnaire.loads(content)
    assert refused.value.faults == [fault]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["format", "title", "questions", "options", "text", "kind", "settings", "labels", "show_if",
                         "translations", "fr", "name", "page", "min", "max"]) | st.text(max_size=5), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.sampled_from(sorted(EVERYTHING["questions"][1])))
def test_wild_json_is_read_or_refused_and_never_fails(wild: Any, key: str) -> None:
    said: list[list[str]] = []
    for given_ in (wild, {**SMALL, "questions": [wild]}, asking(**{key: wild}), asking(kind="slider", settings=wild)):
        try:
            whole = questionnaire.read(given_)
        except Unreadable as refused:
            said.append(refused.faults)
        else:
            assert questionnaire.read(whole) == whole
    assert all(0 < len(faults) <= questionnaire.MOST_FAULTS for faults in said)


@pytest.mark.parametrize("name", sorted(bank.READY_MADE))
def test_ready_made_questionnaires_are_sound(name: str) -> None:
    whole = bank.ready_made(name)
    assert questionnaire.faults(whole) == []
    assert [doubt.sentence for doubt in wording.doubts(questionnaire.asked_of(whole))] == []
    assert whole["title"]


def test_every_file_in_the_folder_is_offered() -> None:
    assert {path.stem for path in bank.FOLDER.glob("*.json")} == set(bank.READY_MADE)
