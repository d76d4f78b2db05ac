"""SurveyJS's JSON: what it shares with ours goes there and back; everything else is named in the report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polls import questionnaire
from polls.interchange import Refused, surveyjs
from tests.polls.questionnaires import EVERYTHING, wild


def read(survey: Any) -> tuple[dict[str, Any], list[str]]:
    whole, report = surveyjs.read(json.dumps(survey).encode())
    return whole, report.left


def one(**element: Any) -> dict[str, Any]:
    """A survey with one question, and one before it that conditions can ask about."""
    first = {"type": "radiogroup", "name": "reads", "title": "Do you read?", "choices": ["A lot", "Never"]}
    return {"elements": [first, {"type": "text", "name": "second", "title": "Why?", **element}]}


def made(**element: Any) -> dict[str, Any]:
    whole, left = read(one(**element))
    assert left == []
    return whole["questions"][1]


def left(**element: Any) -> list[str]:
    return read(one(**element))[1]


def test_everything_goes_there_and_back() -> None:
    whole = questionnaire.read(EVERYTHING)
    content, report = surveyjs.write(whole)
    again, back = surveyjs.read(content)
    assert again == whole
    assert report.carried == back.carried == "Carried over: 18 questions on 3 pages."
    assert back.left == []
    assert report.left == [
        "Question “voted”: nothing can be added to yes and no there.",
        "Question “share”: nothing checks there that the points add up.",
    ]


@given(wild())
def test_what_is_not_reported_is_not_lost(whole: dict[str, Any]) -> None:
    content, report = surveyjs.write(whole)
    again, back = surveyjs.read(content)
    told = [sentence for sentence in report.left if "add up" not in sentence and "yes and no" not in sentence]
    if not told and not back.left:
        assert again == whole


def test_the_types_of_surveyjs_become_ours() -> None:
    kinds = {
        question["name"]: (question["kind"], question["settings"], question["labels"])
        for question in read(
            {
                "pages": [
                    {
                        "elements": [
                            {"type": "dropdown", "name": "a", "choices": [1, 2, 3]},
                            {"type": "tagbox", "name": "b", "choices": ["x", "y"]},
                            {"type": "boolean", "name": "c"},
                            {"type": "rating", "name": "d"},
                            {"type": "rating", "name": "e", "rateMin": 0, "rateMax": 10},
                            {"type": "rating", "name": "f", "rateCount": 7},
                            {
                                "type": "rating",
                                "name": "g",
                                "rateValues": [{"value": 1, "text": "Low"}, {"value": 2, "text": "High"}],
                            },
                            {"type": "rating", "name": "h", "rateMin": -2, "rateMax": 2},
                            {"type": "matrix", "name": "i", "columns": ["No", "Yes", "Don’t know"], "rows": ["r", "s"]},
                            {"type": "ranking", "name": "j", "choices": ["x", "y"], "choicesOrder": "random"},
                            {"type": "text", "name": "k", "inputType": "number", "min": 1, "max": 9},
                            {"type": "text", "name": "l", "inputType": "date", "min": "2026-01-01"},
                            {"type": "comment", "name": "m", "maxLength": 200},
                            {"type": "text", "name": "n"},
                        ]
                    }
                ]
            }
        )[0]["questions"]
    }
    assert kinds == {
        "a": ("dropdown", {}, []),
        "b": ("multiple", {}, []),
        "c": ("yesno", {}, []),
        "d": ("rating", {"points": 5}, []),
        "e": ("recommend", {}, []),
        "f": ("rating", {"points": 7}, []),
        "g": ("likert", {}, ["Low", "High"]),
        "h": ("slider", {"min": -2, "max": 2, "step": 1}, []),
        "i": ("matrix", {"dont_know": True}, ["No", "Yes"]),
        "j": ("ranking", {"order": "random"}, []),
        "k": ("number", {"min": 1, "max": 9}, []),
        "l": ("date", {"from": "2026-01-01"}, []),
        "m": ("longtext", {"limit": 200}, []),
        "n": ("text", {}, []),
    }  # fmt: skip


def test_special_choices_become_marks() -> None:
    question = made(
        type="checkbox",
        choices=["x"],
        hasOther=True,
        otherText="Something else",
        showNoneItem=True,
        showDontKnowItem=True,
    )
    assert [(option["text"], option["settings"]) for option in question["options"]] == [
        ("x", {}),
        ("None of these", {"exclusive": True}),
        ("Something else", {"other": True}),
        ("Don’t know", {"dont_know": True}),
    ]


def test_limits_of_a_checkbox_are_kept_where_they_make_sense() -> None:
    question = made(type="checkbox", choices=["x", "y", "z"], minSelectedChoices=2, maxSelectedChoices=99)
    assert (question["min"], question["max"]) == (2, 3)


CONDITIONS = [
    ("{reads} = 'A lot'", {"question": "reads", "is": "A_lot"}),
    ("{reads} <> 'A lot'", {"not": {"question": "reads", "is": "A_lot"}}),
    ("{reads} anyof ['A lot', 'Never']", {"question": "reads", "in": ["A_lot", "Never"]}),
    ("{reads} noneof ['A lot', 'Never']", {"not": {"question": "reads", "in": ["A_lot", "Never"]}}),
    ("{reads} notempty", {"question": "reads", "answered": True}),
    ("{reads} empty", {"question": "reads", "answered": False}),
    ("{reads} = 'A lot' || {reads} = 'Never'", {"question": "reads", "in": ["A_lot", "Never"]}),
    ("!({reads} = 'Never') and {reads} notempty",
     {"all": [{"not": {"question": "reads", "is": "Never"}}, {"question": "reads", "answered": True}]}),
    ("'Never' == {reads}", {"question": "reads", "is": "Never"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), CONDITIONS)
def test_conditions_become_rules(text: str, rule: dict[str, Any]) -> None:
    assert made(visibleIf=text)["show_if"] == rule


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{nothing} = 1", "there is no question “nothing” before it"),
        ("{second} = 1", "there is no question “second” before it"),
        ("{reads} = 'Maybe'", "“reads” has no option “Maybe”"),
        ("{reads} > 3", "“reads” is answered by options, not by numbers"),
        ("today() > {reads}", "“today” is not understood"),
        ("{reads}", "a comparison is missing after a question"),
        ("{reads} = 'Never' and", "“” is not understood"),
        ("{reads} = 'Never' )", "“)” is not understood"),
        ("(" * 60 + "{reads} notempty" + ")" * 60, "it is nested too deeply"),
        ("x" * 5000, "it is too long"),
        ("{reads} = ; drop", "“; drop” is not understood"),
    ],
)
def test_a_condition_that_rules_cannot_say_is_named_with_its_reason(text: str, why: str) -> None:
    (sentence,) = left(visibleIf=text)
    assert sentence == f"Question “second”: its condition is left out, because {why}: {text[:200]}"


@pytest.mark.parametrize(
    ("element", "sentence"),
    [
        ({"type": "file"}, "Question “second”: the type “file” has no counterpart, and is left out."),
        ({"type": "html", "html": "<p>Hello</p>"},
         "Question “second”: text between the questions is left out; put it into the help of the next question."),
        ({"requiredIf": "{reads} notempty"},
         "Question “second”: “requiredIf” is left out: it is required or not."),
        ({"defaultValue": "x"},
         "Question “second”: its default answer is left out: it would count for readers who do not look."),
        ({"visible": False}, "Question “second”: it is never shown there, and is left out."),
        ({"title": "x" * 600}, "Question “second”: a text is longer than 500 characters, and is cut."),
        ({"type": "radiogroup", "choicesByUrl": {"url": "https://x"}},
         "Question “second”: it has fewer than two options of its own, and is left out."),
        ({"type": "imagepicker", "choices": ["a", "b"]},
         "Question “second”: its pictures are not in the file; choose them from the library."),
        ({"title": {"default": "Why?", "xx": "?"}}, "The language “xx” is left out: the site does not have it."),
    ],
)  # fmt: skip
def test_whatever_is_left_out_is_named(element: dict[str, Any], sentence: str) -> None:
    assert left(**element) == [sentence]


def test_panels_lend_their_condition_to_what_is_in_them() -> None:
    survey = one(type="panel", name="p", visibleIf="{reads} = 'Never'", elements=[
        {"type": "text", "name": "why", "title": "Why?", "visibleIf": "{reads} notempty"}])  # fmt: skip
    survey["elements"][1].pop("title")
    whole, said = read(survey)
    assert said == []
    assert whole["questions"][1]["show_if"] == {
        "all": [{"question": "reads", "is": "Never"}, {"question": "reads", "answered": True}]
    }


def test_names_and_markup_become_plain() -> None:
    whole, _said = read({"elements": [
        {"type": "text", "name": "Wie alt? (Jahre)", "title": "<b onclick='x()'>How</b> old?"},
        {"type": "text", "name": "Wie alt? [Jahre]", "title": "And now?"},
    ]})  # fmt: skip
    assert [(q["name"], q["text"]) for q in whole["questions"]] == [
        ("Wie_alt_Jahre", "How old?"), ("Wie_alt_Jahre_2", "And now?"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no", "The file is not JSON."),
        (b"[]", "The file is not a survey from SurveyJS: it has no “pages” and no “elements”."),
        (b'{"pages": []}', "The file has no question that could be carried over."),
        (b"[" * 200_000, "The file is not JSON."),
        (b" " * 2_100_000, "The file is larger than a questionnaire can be: 2 MB at most."),
    ],
)
def test_what_is_no_survey_is_refused_in_a_sentence(content: bytes, message: str) -> None:
    with pytest.raises(Refused) as refused:
        surveyjs.read(content)
    assert refused.value.message == message


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-20, 20) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["value", "text", "default", "fr", "name", "type", "elements"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PROPERTIES = [
    *("name", "title", "description", "choices", "columns", "rows", "rateMin", "rateMax", "rateValues", "visibleIf"),
    *("min", "max", "step", "minSelectedChoices", "items", "validators", "elements", "isRequired", "rateCount"),
    *("hasOther", "pollsMarks", "pollsOptions", "pollsTotal", "inputType", "maxLength", "labelTrue"),
]


@given(
    st.lists(
        st.builds(
            lambda kind, rest: {**rest, "type": kind},
            st.sampled_from(sorted(surveyjs.READERS)),
            st.dictionaries(st.sampled_from(PROPERTIES), VALUE, max_size=6),
        ),
        min_size=1,
        max_size=3,
    )
)
@example([{"type": "points", "items": True}])
@example([{"type": "text", "inputType": "number", "validators": True}])
def test_wild_surveys_are_read_or_refused_and_never_fail(elements: list[dict[str, Any]]) -> None:
    try:
        whole, _said = read({"elements": elements})
    except Refused as refused:
        said = refused.message
    else:
        said = "read"
        assert questionnaire.read(whole) == whole
    assert said
