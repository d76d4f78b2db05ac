"""Questionnaires for tests: one with everything in it, and wild ones by hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from polls import questionnaire
from polls.questionnaire import SHAPES
from polls.questions import TYPES

EVERYTHING: dict[str, Any] = {
    "format": questionnaire.FORMAT,
    "title": "A survey of everything",
    "intro": "We ask what we can ask.",
    "flow": {
        "pages": [
            {"title": "Reading", "show_if": None},
            {"title": "Trust", "show_if": {"question": "reads", "in": ["papers", "books"]}},
            {"title": "", "show_if": None},
        ]
    },
    "translations": {},
    "questions": [
        {"name": "often", "kind": "single", "text": "How often do you read?", "help": "On any device.",
         "options": [{"name": "daily", "text": "Every day", "translations": {"fr": {"text": "Tous les jours"}}},
                     {"name": "never", "text": "Never"}],
         "translations": {"fr": {"text": "Lisez-vous souvent ?", "help": "Peu importe sur quoi."}}},
        {"name": "reads", "kind": "multiple", "text": "What do you read?", "required": False, "min": 1, "max": 2,
         "settings": {"order": "random"}, "show_if": {"not": {"question": "often", "is": "never"}},
         "options": [{"name": "papers", "text": "Papers"}, {"name": "books", "text": "Books"},
                     {"name": "none", "text": "None of these", "settings": {"exclusive": True}},
                     {"name": "other", "text": "Other", "settings": {"other": True}}]},
        {"name": "country", "kind": "dropdown", "text": "Where do you live?",
         "options": ["Here", "There", "Elsewhere"]},
        {"name": "voted", "kind": "yesno", "text": "Did you vote?",
         "options": [{"name": "yes", "text": "Yes"}, {"name": "no", "text": "No"},
                     {"name": "dontknow", "text": "Don’t know", "settings": {"dont_know": True}}]},
        {"name": "stars", "kind": "rating", "page": 2, "text": "How good was it?", "settings": {"points": 5},
         "labels": ["Very bad", "Very good"], "translations": {"fr": {"text": "Bien ?", "labels": ["Mauvais", "Bon"]}}},
        {"name": "tell", "kind": "recommend", "page": 2, "text": "How likely are you to recommend us?"},
        {"name": "agree", "kind": "likert", "page": 2, "text": "How far do you agree or disagree?",
         "labels": ["Agree", "Neither", "Disagree"],
         "show_if": {"all": [{"question": "stars", "at_least": 2}, {"question": "tell", "at_most": 9}]}},
        {"name": "trust", "kind": "matrix", "page": 2, "text": "How much do you trust these?",
         "labels": ["Not at all", "A little", "Much"], "settings": {"dont_know": True},
         "options": [{"name": "press", "text": "The press"}, {"name": "courts", "text": "The courts"}],
         "translations": {"de": {"text": "Wie sehr vertrauen Sie ihnen?", "labels": ["Gar nicht", "Etwas", "Sehr"]}}},
        {"name": "age", "kind": "number", "page": 3, "text": "How old are you?", "settings": {"min": 0, "max": 120},
         "labels": ["years"], "about": True,
         "show_if": {"any": [{"question": "trust", "row": "press", "at_least": 2},
                             {"question": "voted", "answered": False}]}},
        {"name": "height", "kind": "number", "page": 3, "text": "How tall are you?", "settings": {"decimals": 2}},
        {"name": "warmth", "kind": "slider", "page": 3, "text": "How warm do you feel?",
         "settings": {"min": 0, "max": 100, "step": 10}},
        {"name": "when", "kind": "date", "page": 3, "text": "When did you last come?",
         "settings": {"from": "2026-01-01", "to": "2026-11-30"}},
        {"name": "order", "kind": "ranking", "page": 3, "text": "Please put these in order.",
         "options": ["Price", "Pace", "Place"]},
        {"name": "share", "kind": "points", "page": 3, "text": "Share out these points.", "settings": {"total": 10},
         "options": [{"name": "a", "text": "Schools"}, {"name": "b", "text": "Roads"}]},
        {"name": "could", "kind": "approval", "page": 3, "text": "Whom could you accept?", "options": ["Ada", "Bo"]},
        {"name": "line", "kind": "text", "page": 3, "text": "In one word?", "settings": {"limit": 40},
         "required": False},
        {"name": "more", "kind": "longtext", "page": 3, "text": "Anything else?", "required": False},
        {"name": "panel", "kind": "consent", "page": 3, "text": "May we ask you again?", "required": False,
         "settings": {"panel": True}, "options": ["I agree"]},
    ],
}  # fmt: skip

WORDS = (
    st.text(
        st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="<>&{}"),
        min_size=1,
        max_size=30,
    )
    .map(lambda text: questionnaire.one_line(text))
    .filter(bool)
)
NAMES = st.sampled_from(["none", "other", "dontknow", "yes", "no"]) | st.from_regex(
    r"[a-z][a-z0-9_]{0,8}", fullmatch=True
).filter(lambda name: not name.startswith("q"))


def _translated(draw: st.DrawFn, labels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for language in draw(st.sets(st.sampled_from(["fr", "de", "zh-hans"]), max_size=1)):
        found[language] = {"text": draw(WORDS)}
        if labels:
            found[language]["labels"] = draw(st.lists(WORDS, min_size=labels, max_size=labels, unique_by=str.casefold))
    return found


@st.composite
def wild(draw: st.DrawFn) -> dict[str, Any]:
    """A questionnaire without faults, with every default filled in."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.casefold))
    questions: list[dict[str, Any]] = []
    page = 1
    for name in names:
        kind = draw(st.sampled_from(sorted(SHAPES)))
        shape = SHAPES[kind]
        least, most = shape.labels
        labels = draw(st.lists(WORDS, min_size=least, max_size=min(most, 4), unique_by=str.casefold))
        texts = draw(
            st.lists(
                WORDS, min_size=TYPES[kind].OPTIONS[0], max_size=min(TYPES[kind].OPTIONS[1], 4), unique_by=str.casefold
            )
        )
        option_names = draw(st.lists(NAMES, min_size=len(texts), max_size=len(texts), unique_by=str.casefold))
        options: list[dict[str, Any]] = []
        for text, option in zip(texts, option_names, strict=True):
            marks: dict[str, bool] = {"dont_know": True} if questionnaire.beside_only(kind) else {}
            if kind in ("single", "dropdown", "multiple", "approval", "ranking"):
                marks = dict.fromkeys(draw(st.sampled_from([(), (), ("exclusive",), ("dont_know",), ("other",)])), True)
            options.append({"name": option, "text": text, "settings": marks, "translations": _translated(draw, 0)})
        settings: dict[str, Any] = {}
        if "order" in shape.settings and draw(st.booleans()):
            settings["order"] = draw(st.sampled_from(questionnaire.ORDERS))
        if kind == "matrix" and draw(st.booleans()):
            settings["dont_know"] = True
        if kind == "rating":
            settings["points"] = draw(st.integers(2, 11))
        if kind == "slider":
            settings |= {"min": draw(st.integers(-50, 0)), "max": draw(st.integers(1, 99)), "step": 1}
        if kind == "points":
            settings["total"] = draw(st.integers(1, 200))
        several = shape.several and kind != "ranking"
        page = min(page + draw(st.integers(0, 1)), len(questions) + 1)
        rule: dict[str, Any] | None = None
        if draw(st.booleans()) and questions:
            before: dict[str, Any] = questions[draw(st.integers(0, len(questions) - 1))]
            rule = {"question": before["name"], "answered": bool(draw(st.integers(0, 1)))}
            if (
                before["options"]
                and not questionnaire.beside_only(before["kind"])
                and before["kind"] not in ("matrix", "ranking", "points")
            ):
                rule = {"question": before["name"], "is": before["options"][0]["name"]}
            elif before["kind"] in ("rating", "recommend", "slider"):
                rule = {"question": before["name"], "at_most": draw(st.integers(1, 9))}
        questions.append(
            {
                "name": name,
                "kind": kind,
                "page": page,
                "text": draw(WORDS),
                "help": draw(WORDS | st.just("")),
                "required": draw(st.booleans()),
                "min": 1,
                "max": draw(st.integers(1, len(options))) if several else len(options) if shape.several else 1,
                "labels": labels,
                "settings": settings,
                "show_if": rule,
                "about": draw(st.booleans()),
                "options": options,
                "translations": _translated(draw, len(labels)),
            }
        )
    numbers = {page: n for n, page in enumerate(sorted({question["page"] for question in questions}), 1)}
    for question in questions:
        question["page"] = numbers[question["page"]]
    return {
        "format": questionnaire.FORMAT,
        "title": draw(WORDS | st.just("")),
        "intro": "",
        "flow": {},
        "questions": questions,
        "translations": {},
    }
