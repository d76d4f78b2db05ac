"""The ballot paper: what a poll asks, in the form in which a vote is checked against it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language

from polls.models import Poll

# A paper may be this old in a process: the database checks every ballot again, so age can only refuse, never admit.
KEPT_SECONDS = 2.0
KEPT_PAPERS = 512

_kept: dict[tuple[str, str], tuple[float, Paper]] = {}


class UnknownPoll(Exception):
    """There is no published poll of this address."""


class InvalidAnswers(Exception):
    """The answers do not fit the paper; the message is for the reader, `question` says where."""

    def __init__(self, message: str, question: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.question = question


@dataclass(frozen=True)
class Mark:
    """One row of a ballot: an option chosen, or a question left unanswered."""

    question: int
    option: int | None = None
    rank: int | None = None
    number: Decimal | None = None
    position_shown: int | None = None
    missing: str | None = None


@dataclass(frozen=True)
class PaperQuestion:
    id: int
    kind: str
    text: str
    required: bool
    minimum: int
    maximum: int
    options: Mapping[int, str]


@dataclass(frozen=True)
class Paper:
    poll_id: int
    slug: str
    key: bytes
    may_change: bool
    questions: tuple[PaperQuestion, ...]

    def words(self, choice: Mapping[int, list[int]]) -> str:
        """A choice in words: the chosen options' texts, in the order of the paper."""
        texts = [
            text
            for question in self.questions
            for option, text in question.options.items()
            if option in choice.get(question.id, [])
        ]
        return "; ".join(text.rstrip(".") for text in texts)


def get(slug: str) -> Paper:
    """The paper of a published poll in the active language, at most two seconds old; raises `UnknownPoll`."""
    place = (slug, get_language() or "")
    kept = _kept.get(place)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    paper = _load(slug)
    if len(_kept) >= KEPT_PAPERS:
        _kept.clear()
    _kept[place] = (time.monotonic() + KEPT_SECONDS, paper)
    return paper


def forget() -> None:
    """Drop what this process keeps; for tests and for whoever has just changed a poll."""
    _kept.clear()


def _load(slug: str) -> Paper:
    poll = Poll.objects.public().whole().select_related("series").filter(slug=slug).first()
    if poll is None:
        raise UnknownPoll(slug)
    return from_poll(poll)


def from_poll(poll: Poll) -> Paper:
    """The paper of a poll loaded by `PollQuerySet.whole`."""
    return Paper(
        poll_id=poll.pk,
        slug=poll.slug,
        key=bytes(poll.series.key),
        may_change=poll.may_change,
        questions=tuple(
            PaperQuestion(
                id=question.pk,
                kind=question.kind,
                text=question.text_i18n,
                required=question.required,
                minimum=question.min_choices,
                maximum=question.max_choices,
                options={option.pk: option.text_i18n for option in question.options.all()},
            )
            for question in poll.questions.all()
        ),
    )
