"""Polls that nobody ever answers, for looking at: every type and every state, in memory alone.

Nothing is stored and nothing counted: the figures are made up, and only the staff's page of components shows them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from polls import cards, documents, visibility
from polls.counting import Count
from polls.models import Option, Poll, Question, State
from polls.paper import Mark, PaperQuestion, question_of
from polls.questions import TYPES
from polls.questions.counted import QuestionCount
from polls.sample_words import say
from polls.voting import Receipt

# Far from the numbers of rows that are stored, so that no address of a sample leads to a real poll.
_numbers = itertools.count(9_000_000_000)
SHARES = (33, 30, 24, 21, 8, 3)
AGREE = "Disagree\nRather disagree\nNeither\nRather agree\nAgree"
PLACES = ("A new railway", "A wider road", "A longer quay")
# The mark of the publication, which every site has.
PICTURE = {"id": 0, "src": "/icon-512.png", "width": 512, "height": 512}
OPTIONS = ("A working partnership", "Containment at a distance", "A settlement of single questions", "Don’t know")


@dataclass(frozen=True)
class Asks:
    """A question to be looked at: its type and the fields that differ from a plain one."""

    kind: str
    text: str
    options: Sequence[str] = ()
    fields: Mapping[str, Any] | None = None


EVERY_TYPE = (
    Asks("single", "What should be built first?", PLACES),
    Asks("multiple", "Which of these should be built at all?", PLACES, {"max_choices": 3}),
    Asks("dropdown", "How do you travel most often?", ("On foot", "By train", "By car")),
    Asks("yesno", "Have you used the harbour this year?", ("Yes", "No")),
    Asks("rating", "How do you rate the harbour?", (), {"labels": "poor\nexcellent"}),
    Asks("likert", "The town listens to those who work there.", (), {"labels": AGREE}),
    Asks("matrix", "How far do you agree?", ("It is clean", "It is safe"), {"labels": AGREE, "max_choices": 2}),
    Asks("recommend", "Would you recommend it to a friend?"),
    Asks("number", "How many people live in your household?"),
    Asks("slider", "What share of the costs should the state bear?"),
    Asks("ranking", "Put these in order.", PLACES, {"max_choices": 3}),
    Asks("points", "Share out a hundred points.", PLACES, {"max_choices": 3}),
    Asks("approval", "Which of these could you live with?", PLACES, {"max_choices": 3}),
    Asks("date", "When were you there last?"),
    Asks("text", "In one word: what is it like?"),
    Asks("longtext", "What should be different?"),
    Asks("consent", "May your answers be compared with later ones?", ("I agree",)),
    Asks("image", "Which of these drawings should lead?", PLACES),
)


def card(
    *asks: Asks,
    state: State = State.OPEN,
    votes: int = 108,
    own: int | None = None,
    results_shown: str = "always",
    **fields: Any,
) -> cards.Card:
    """The card of a poll in `state`, as if `votes` readers had voted; `own` is the row that this reader chose."""
    poll = _poll(asks, state=state, results_shown=results_shown, **fields)
    asked = [question_of(question) for question in poll.questions.all()]
    counted = {question.id: _count(question, votes) for question in asked}
    now = timezone.now()
    receipt = None if own is None else _receipt(poll, asked, own)
    seen = visibility.decide(poll, state=state, base=votes, now=now)
    hidden = seen.public if own is None else seen.voters
    body = documents.body(poll, Count(now, votes, votes, votes, 0, "ballots", counted), state, hidden)
    words = "" if own is None else list(asked[0].options.values())[own].text
    document = documents.as_text({**body, "version": 1, "as_of": now.isoformat()})
    return cards.build(poll, document=document, receipt=receipt, words=words, place="")


def _poll(asks: Sequence[Asks], *, state: State, **fields: Any) -> Poll:
    now = timezone.now()
    ends = now - timedelta(days=1) if state in (State.CLOSED, State.FINAL) else now + timedelta(days=14)
    begins = now + timedelta(days=2) if state == State.SCHEDULED else now - timedelta(days=14)
    number = next(_numbers)
    dates: dict[str, Any] = {"opens_at": begins, "closes_at": ends, "published_at": begins}
    said = {name: say(value) if isinstance(value, str) else value for name, value in fields.items()}
    poll = Poll(pk=number, slug=f"sample-{number}", **dates, **said)
    poll.state_now = state.value
    hold(poll, "questions", [_question(place, one) for place, one in enumerate(asks)])
    return poll


def _question(place: int, asks: Asks) -> Question:
    fields = {"required": True, **(asks.fields or {})}
    if "labels" in fields:
        fields["labels"] = say(fields["labels"])
    question = Question(pk=next(_numbers), position=place, kind=asks.kind, text=say(asks.text), **fields)
    settings = {"picture": PICTURE} if asks.kind == "image" else {}
    offered = [
        Option(pk=next(_numbers), position=n, text=say(text), settings=settings) for n, text in enumerate(asks.options)
    ]
    hold(question, "options", offered)
    return question


def hold(instance: Model, name: str, rows: list[Any]) -> None:
    """Let `instance.<name>.all()` be these rows, as if they had been fetched with it."""
    held: QuerySet[Any] = type(rows[0]).objects.none() if rows else Option.objects.none()
    held._result_cache = rows
    instance._prefetched_objects_cache = {name: held}  # type: ignore[attr-defined]


def _receipt(poll: Poll, asked: Sequence[PaperQuestion], own: int) -> Receipt:
    marks = tuple(Mark(question.id, list(question.options)[own]) for question in asked if question.options)
    return Receipt(poll.pk, 1, marks, timezone.now(), "SAMPLE-0000")


def _count(question: PaperQuestion, votes: int) -> QuestionCount:
    """Figures for a question, the same each time, that add up as its type wants them to."""
    made: dict[str, Callable[[], QuestionCount]] = {
        "rating": lambda: _numbers_of(votes, {0: range(1, 6)}),
        "likert": lambda: _numbers_of(votes, {0: range(1, len(question.labels) + 1)}),
        "matrix": lambda: _numbers_of(votes, {row: range(1, len(question.labels) + 1) for row in question.options}),
        "recommend": lambda: _numbers_of(votes, {0: (9, 10, 8, 7, 6, 3)}),
        "number": lambda: _numbers_of(votes, {0: range(1, 6)}),
        "slider": lambda: _numbers_of(votes, {0: (50, 60, 40, 75, 20, 100)}),
        "date": lambda: _numbers_of(votes, {0: (20260115, 20260215, 20260315, 20260416)}),
        "points": lambda: _points(question, votes),
        "ranking": lambda: _ranks(question, votes),
        "text": lambda: QuestionCount(votes, votes),
        "longtext": lambda: QuestionCount(votes, votes),
    }
    return made.get(question.kind, lambda: _choices(question, votes))()


def _dealt(votes: int, places: int) -> list[int]:
    """So many votes in so many places, most in the first, none left over."""
    weights = [SHARES[place % len(SHARES)] for place in range(places)]
    found = [votes * weight // sum(weights) for weight in weights]
    found[0] += votes - sum(found)
    return found


def _choices(question: PaperQuestion, votes: int) -> QuestionCount:
    dealt = _dealt(votes, len(question.options))
    if not TYPES[question.kind].ADDS_UP:  # each could choose several
        dealt = [min(votes, 2 * n) for n in dealt]
    chosen = dict(zip(question.options, dealt, strict=True))
    return QuestionCount.counted(votes, votes, votes=chosen, numbers={}, profiles={})


def _numbers_of(votes: int, given: Mapping[int, Sequence[int]]) -> QuestionCount:
    numbers = {
        row: {Decimal(n): dealt for n, dealt in zip(values, _dealt(votes, len(values)), strict=True) if dealt}
        for row, values in given.items()
    }
    return QuestionCount.counted(votes, votes, votes={}, numbers=numbers if votes else {}, profiles={})


def _points(question: PaperQuestion, votes: int) -> QuestionCount:
    shared = zip(question.options, (50, 30, 20), strict=True)
    numbers = {row: {Decimal(points): votes} for row, points in shared}
    return QuestionCount.counted(votes, votes, votes={}, numbers=numbers if votes else {}, profiles={})


def _ranks(question: PaperQuestion, votes: int) -> QuestionCount:
    orders = list(itertools.permutations(question.options))
    dealt = zip(orders, _dealt(votes, len(orders)), strict=True)
    profiles = {order: n for order, n in dealt if n}
    return QuestionCount.counted(votes, votes, votes={}, numbers={}, profiles=profiles)
