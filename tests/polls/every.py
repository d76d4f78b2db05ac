"""A poll with a question of every type, and ballots that differ from voter to voter."""

from __future__ import annotations

from typing import Any

from polls import voting
from polls.models import Poll
from polls.paper import Given
from tests.factories import add_question, make_poll, paper_of, voter

AGREE = ("Disagree", "Neither", "Agree")
EVERY: list[dict[str, Any]] = [
    {"kind": "single", "options": ["a", "b", "Else"]},
    {"kind": "multiple", "options": ["a", "b", "c"]},
    {"kind": "dropdown", "options": ["a", "b"]},
    {"kind": "yesno", "options": ["Yes", "No"]},
    {"kind": "rating", "options": []},
    {"kind": "likert", "options": [], "labels": "\n".join(AGREE)},
    {"kind": "matrix", "options": ["x", "y"], "labels": "\n".join(AGREE), "max_choices": 2},
    {"kind": "recommend", "options": []},
    {"kind": "number", "options": [], "settings": {"decimals": 2}},
    {"kind": "slider", "options": []},
    {"kind": "ranking", "options": ["a", "b", "c"], "max_choices": 3},
    {"kind": "points", "options": ["a", "b"], "max_choices": 2},
    {"kind": "approval", "options": ["a", "b"], "max_choices": 2},
    {"kind": "date", "options": []},
    {"kind": "text", "options": []},
    {"kind": "longtext", "options": []},
    {"kind": "image", "options": ["a", "b"]},
    {"kind": "consent", "options": ["I agree"]},
]


def every_type(**settings: Any) -> Poll:
    """A poll with a question of every type, in this order; none of them must be answered."""
    poll = make_poll(questions=[], **settings)
    poll.questions.all().delete()
    for position, fields in enumerate(EVERY):
        add_question(poll, position=position, text=f"Question {position}?", **{"required": False, **fields})
    last = poll.questions.get(kind="single").options.get(text="Else")
    last.settings = {"other": True}
    last.save()
    return poll


def sample(poll: Poll, number: int) -> dict[int, Given]:
    """The ballot of voter `number`, different from voter to voter, with every third question left open."""
    found = {}
    for question in paper_of(poll).questions:
        ids = list(question.options)
        turn = number % len(ids) if ids else 0
        turned = ids[turn:] + ids[:turn]
        answers = {
            "rating": Given(values={0: str(number % 5 + 1)}),
            "likert": Given(values={0: str(number % 3 + 1)}),
            "matrix": Given(values={one: str((number + place) % 3 + 1) for place, one in enumerate(ids)}),
            "recommend": Given(values={0: str(number % 11)}),
            "number": Given(values={0: f"{number}.25"}),
            "slider": Given(values={0: str(number * 7 % 101)}),
            "ranking": Given(values={one: str(place) for place, one in enumerate(turned, 1)}),
            "points": Given(values=dict(zip(turned, ("70", "30"), strict=False))),
            "date": Given(values={0: f"2026-{number % 12 + 1:02d}-15"}),
            "text": Given(values={0: f"Words of {number}"}),
            "longtext": Given(values={0: f"More words\nof {number}"}),
        }
        own = {one: "else" for one in turned[:1] if question.options[one].text == "Else"}
        if (question.id + number) % 3:
            found[question.id] = answers.get(question.kind, Given(tuple(turned[:1]), own))
    return found


def cast_sample(poll: Poll, number: int) -> voting.Receipt:
    """The ballot of voter `number`, cast by the real door."""
    return voting.cast_ballot(paper=paper_of(poll), voter_key=voter(), given=sample(poll, number))
