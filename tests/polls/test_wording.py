"""The adviser on wording: it finds what a methodologist would, and keeps silent on what is well made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls import wording


@dataclass(frozen=True)
class Option:
    text: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    text: str
    options: Sequence[Option] = ()
    kind: str = "single"
    labels: Sequence[str] = ()
    help: str = ""
    required: bool = True
    about: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


def ask(text: str, *options: str | Option, **fields: Any) -> Question:
    return Question(text, tuple(Option(one) if isinstance(one, str) else one for one in options), **fields)


def rules(*questions: Question) -> list[str]:
    return [doubt.rule for doubt in wording.doubts(questions)]


DONT_KNOW = Option("Don’t know", {"dont_know": True})
AGREE = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")

BAD = [
    (ask("Don't you think that the harbour should be closed?", "Yes", "No", DONT_KNOW), ["leading"]),
    (ask("Is the government not wasting money?", "Yes", "No", DONT_KNOW), ["negative"]),
    (
        ask("Most experts agree that taxes are too low. What do you think?", "Too low", "Too high", DONT_KNOW),
        ["leading"],
    ),
    (ask("How terrible was the service at our event?", *AGREE), ["leading"]),
    (ask("The plan is good for the region, isn't it?", "Yes", "No", DONT_KNOW), ["leading"]),
    (ask("Do you agree that the harbour should be closed?", "Yes", "No", DONT_KNOW), ["one-sided"]),
    (ask("What do you think of the draconian new rules?", "Good", "Bad", DONT_KNOW), ["loaded"]),
    (ask("How satisfied are you with the price and the quality of the paper?", *AGREE), ["double"]),
    (ask("Do you support or oppose higher taxes and lower spending?", "Support", "Oppose", DONT_KNOW), ["double"]),
    (ask("Should readers and/or members decide on this?", "Yes", "No", DONT_KNOW), ["double"]),
    (ask("When and where do you read the paper?", kind="text"), ["double"]),
    (ask("Do you read it? And do you like it?", "Yes", "No"), ["two"]),
    (
        ask("Does it seem possible or impossible to you that it never happened?", "Possible", "Impossible", DONT_KNOW),
        ["absolute"],
    ),
    (ask("Should nobody be without a house?", "Yes", "No", DONT_KNOW), ["negative"]),
    (ask("Do you oppose not allowing ships into the harbour?", "I do", "I do not", DONT_KNOW), ["negative"]),
    (ask("Should the bridge not be built?", "Yes", "No", DONT_KNOW), ["negative"]),
    (ask("Do you always vote in elections?", "Yes", "No"), ["absolute"]),
    (ask("Do you regularly read what we write on the region?", "Yes", "No"), ["vague"]),
    (ask("How would you rate the event?", "Excellent", "Very good", "Good", "Poor"), ["unbalanced"]),
    (
        ask("How do you rate your health?", kind="likert", labels=("Excellent", "Very good", "Good", "Fair", "Poor")),
        ["unbalanced"],
    ),
    (
        ask("How satisfied are you?", "Extremely satisfied", "Very satisfied", "Satisfied", "Dissatisfied"),
        ["unbalanced"],
    ),
    (ask("How old are you?", "18-25", "25-34", "35 or older"), ["overlap"]),
    (ask("How old are you?", "Under 18", "18-24", "30-39", "40+"), ["gap"]),
    (ask("How old are you?", "18-25", "26-35", "36-45"), ["open-end"]),
    (ask("How much do you spend a month?", "€0–100", "€100–200", "More than €200"), ["overlap"]),
    (ask("Should the harbour be closed?", "Yes", "No"), ["no-answer"]),
    (ask("Which of these is the most important problem of the country?", "Jobs", "Schools"), ["no-answer"]),
    (ask("What is your income?", "Low", "High"), ["sensitive"]),
    (ask("Which of these do you read?", "Papers", "Books", kind="multiple"), ["none"]),
    (ask("Which of these do you read?", "Papers", "None of these", kind="multiple"), ["mark"]),
    (ask("How did you hear of us?", "From friends", "Other"), ["mark"]),
    (ask("How did you hear of us?", "From friends", "In the paper", "All of the above"), ["all"]),
    (ask("How did you hear of us?", "From friends.", "In the paper"), ["parallel"]),
    (ask("How did you hear of us?", "From friends", "in the paper"), ["parallel"]),
    (ask("How did you hear of us?", "In the paper", "In the paper!"), ["twice"]),
    (ask("How did you come to this page of ours?", *[f"By way {chr(65 + n)}" for n in range(11)]), ["many"]),
    (ask("Please rank these.", *[f"Thing {chr(65 + n)}" for n in range(8)], kind="ranking"), ["many-ranked"]),
    (ask("How much do you trust these?", *[f"Body {chr(65 + n)}" for n in range(11)], kind="matrix"), ["many-rows"]),
    (
        ask("How far do you agree?", "The staff were friendly and competent all day", kind="matrix", labels=AGREE),
        ["double"],
    ),
    (ask("How did you hear of us? " + "Think of the whole time that you have known of us, " * 4, "Friends"), ["long"]),
    (
        ask("How did you hear of us?", "From friends", "In a paper " + "that somebody left on the train " * 5),
        ["long-option"],
    ),
]


@pytest.mark.parametrize(
    ("question", "expected"), BAD, ids=lambda value: value.text[:40] if hasattr(value, "text") else ""
)
def test_each_fault_is_found_by_its_name(question: Question, expected: list[str]) -> None:
    found = rules(question)
    assert expected[0] in found
    assert set(found) <= {*expected, "parallel"} if expected == ["long-option"] else found == expected


# After the pattern of batteries that large surveys have used for decades (ESS, Gallup, Pew, Eurobarometer, NPS).
GOOD = [
    ask("How interested would you say you are in politics?", "Very", "Quite", "Hardly", "Not at all", DONT_KNOW),
    ask("All things considered, how satisfied are you with life nowadays?", kind="rating", settings={"points": 10}),
    ask("How likely are you to recommend us to a friend?", kind="recommend"),
    ask(
        "How much do you personally trust each of these?",
        "Parliament",
        "The courts",
        "The police",
        "Political parties",
        kind="matrix",
        labels=("A great deal", "A fair amount", "Not very much", "Not at all"),
        settings={"dont_know": True},
    ),
    ask("How far do you agree or disagree with this?", kind="likert", labels=AGREE),
    ask("Do you approve or disapprove of the way the mayor does the job?", "Approve", "Disapprove", DONT_KNOW),
    ask("Are things going in the right direction or on the wrong track?", "Right direction", "Wrong track", DONT_KNOW),
    ask("Do you support or oppose the ban on cars in the old town?", "Support", "Oppose", "No opinion"),
    ask("How satisfied are you?", "Very satisfied", "Somewhat satisfied", "Not too satisfied",
        "Not at all satisfied"),
    ask("How important is this to you?", kind="likert",
        labels=("Not at all important", "Slightly important", "Moderately important", "Very important",
                "Extremely important")),
    ask("How would you rate it?", kind="likert",
        labels=("Very good", "Good", "Neither good nor poor", "Poor", "Very poor")),
    ask("How often do you attend services?", "Every day", "Every week", "Every month", "Less often", "Never"),
    ask("How old are you?", "Under 18", "18–24", "25–34", "35–44", "45–54", "55–64", "65 or over", about=True),
    ask("How many people live in your household?", "1", "2", "3", "4", "5 or more", about=True),
    ask("How would you describe the relations between Russia and Iran?", "Good", "Poor", DONT_KNOW),
    ask("How much do you trust the Ministry of Trade and Industry?", kind="rating"),
    ask("What is to be done about law and order?", "More police", "More social work", DONT_KNOW),
    ask("Which party would you vote for?", "Party A", "Party B", Option("Another party", {"other": True}),
        "Would not vote", "Prefer not to say", DONT_KNOW),
    ask("Which of these have you read in the last seven days?", "A newspaper", "A magazine",
        Option("None of these", {"exclusive": True}), kind="multiple"),
    ask("What is the main reason for your answer?", kind="longtext"),
    ask("How many hours did you sleep?", "Less than 4", "4 to 5", "6 to 7", "8 or more"),
    ask("What share of your income goes on rent?", "0-24%", "25-49%", "50-74%", "75-100%", "Prefer not to say"),
    ask("Do you think people can be trusted, or that one cannot be too careful?", "They can be trusted",
        "One cannot be too careful", DONT_KNOW),
    ask("Do you sometimes, often or never talk about politics?", "Often", "Sometimes", "Never"),
    ask("How much have you heard of the plan?", "A lot", "A little", "Nothing at all"),
]  # fmt: skip


@pytest.mark.parametrize("question", GOOD, ids=lambda question: question.text[:40])
def test_well_made_questions_are_left_in_peace(question: Question) -> None:
    assert wording.doubts([question]) == []


def test_a_doubt_names_its_place_and_says_what_to_do() -> None:
    fine = ask("How old are you?", "Under 18", "18 or older")
    (doubt,) = wording.doubts([fine, ask("How old is your house?", "1-25 years", "25 or more years")])
    assert doubt.question == 1
    assert doubt.sentence == (
        "Question 2: “1-25 years” and “25 or more years” overlap: where does 25 belong? Begin the second one higher."
    )


GERMAN = ask("Finden Sie nicht auch, dass der Hafen geschlossen und verkauft werden sollte?", "Ja", "Nein")


def test_other_languages_are_read_by_the_rules_of_every_language_alone() -> None:
    assert rules(GERMAN) == []
    assert rules(ask("Wie alt sind Sie?", "18-25", "25-34", "35+")) == ["overlap"]
    assert rules(ask("Сколько вам лет?", "18–25", "25–34", "35+")) == ["overlap"]
    assert rules(ask("您多大年纪？您住在哪里？", "十八岁以上", "十八岁以下")) == ["two"]
    assert rules(ask("Woher kennen Sie uns?", "Von Freunden.", "Aus der Zeitung")) == ["parallel"]


def test_questions_about_the_reader_belong_at_the_end() -> None:
    me, subject = ask("How old are you?", "Under 18", "18 or older", about=True), ask("Your view?", kind="text")
    assert rules(me, subject) == ["about-first"]
    assert rules(subject, me) == []
    assert rules(me) == []


def test_a_survey_of_more_than_a_quarter_of_an_hour_is_said_to_be_long() -> None:
    (doubt,) = wording.doubts([ask(f"What do you say of thing {n}?", kind="longtext") for n in range(20)])
    assert (doubt.question, doubt.rule) == (None, "minutes")
    assert doubt.sentence.startswith("It takes about 16 minutes;")


def test_minutes_follow_words_and_types() -> None:
    plain = ask("On the whole, how satisfied are you with the way in which democracy works in this country today?",
                "Very satisfied", "Fairly satisfied", "Not very satisfied", "Not at all satisfied")  # fmt: skip
    assert 8 <= wording.minutes([plain]) * 60 <= 13  # Pew's ten seconds for a stand-alone question
    assert wording.minutes([plain, plain]) == 2 * wording.minutes([plain])
    four = ask("How much do you trust these?", "A", "B", "C", "D", kind="matrix")
    assert wording.minutes([four]) * 60 == pytest.approx((10 / 238) * 60 + 12)
    assert wording.minutes([ask("Why?", kind="longtext")]) > 2 * wording.minutes([plain])
    assert wording.minutes([]) == 0


def test_ideographs_are_read_two_for_a_word() -> None:
    assert wording.minutes([ask("您对我们的报纸满意吗", kind="rating")]) == wording.minutes(
        [ask("one two three four five", kind="rating")]
    )


TEXT = st.text(max_size=80)


@given(
    st.lists(
        st.builds(
            Question,
            text=TEXT,
            options=st.lists(st.builds(Option, text=TEXT), max_size=4).map(tuple),
            kind=st.sampled_from(["single", "multiple", "matrix", "ranking", "likert", "text", "nothing we know"]),
            labels=st.lists(TEXT, max_size=4).map(tuple),
            help=TEXT,
        ),
        max_size=3,
    )
)
def test_whatever_is_written_there_is_advice_and_no_failure(questions: list[Question]) -> None:
    for doubt in wording.doubts(questions):
        assert doubt.sentence
    assert wording.minutes(questions) >= 0


def test_hostile_texts_take_no_time() -> None:
    long = ask("how " * 5000 + "and " * 5000 + "or not " * 3000, *["1 " * 2000 + "-" * 2000] * 3)
    assert "long" in rules(long)
