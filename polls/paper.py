"""The ballot paper: what a poll asks, in the form in which a vote is checked against it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from polls import spoken
from polls.models import Poll, Question

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
class Given:
    """What was sent for one question, none of it checked.

    `options` are the chosen options by id; `values` what was written or set, by option id, or under 0 for the question
    itself: numbers, ranks, points, texts, as text; `shown` the order in which the options stood.
    """

    options: tuple[int, ...] = ()
    values: Mapping[int, str] = field(default_factory=dict)
    shown: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.options or any(value.strip() for value in self.values.values()))

    @classmethod
    def of(cls, marks: Iterable[Mark]) -> Given:
        """What must have been given for these marks of one question to be made."""
        options, values = [], {}
        for mark in marks:
            value = mark.number if mark.number is not None else mark.rank if mark.rank is not None else mark.text
            if value is not None:
                values[mark.option or 0] = f"{value:f}" if isinstance(value, Decimal) else str(value)
            if mark.option is not None and mark.number is None and mark.rank is None:
                options.append(mark.option)
        return cls(tuple(sorted(options)), values)


@dataclass(frozen=True)
class Mark:
    """One row of a ballot: an option chosen, a number, rank or text given, or a question left unanswered."""

    question: int
    option: int | None = None
    rank: int | None = None
    number: Decimal | None = None
    position_shown: int | None = None
    missing: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class PaperOption:
    """An option as readers see it; `settings` are its marks: fixed, exclusive, other, dont_know, picture."""

    text: str
    code: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PaperQuestion:
    """A question as readers see it; `labels` are the words of its scale, `show_if` the rule under which it is asked."""

    id: int
    kind: str
    text: str
    required: bool
    minimum: int
    maximum: int
    options: Mapping[int, PaperOption]
    code: str = ""
    page: int = 1
    help: str = ""
    labels: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    show_if: Any = None
    about: bool = False

    def marked(self, name: str) -> list[int]:
        """The options that bear a mark, such as `other`."""
        return [option for option, one in self.options.items() if one.settings.get(name)]


@dataclass(frozen=True)
class Paper:
    poll_id: int
    slug: str
    key: bytes
    may_change: bool
    questions: tuple[PaperQuestion, ...]
    flow: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    intro: str = ""
    written_in: str = ""  # the language of the wording where it is not that of the page
    panel_key: bytes | None = None
    panel_id: int | None = None

    @property
    def is_survey(self) -> bool:
        """Whether it is answered page by page at an address of its own, and not in the card."""
        return is_survey(self.questions, self.flow)


def is_survey(questions: Iterable[Any], flow: Mapping[str, Any]) -> bool:
    """Whether a poll of these questions is a survey: more than one beside those about the reader, or a course."""
    return bool(flow) or sum(not question.about for question in questions) > 1


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
    poll = Poll.objects.public().whole().select_related("series", "panel").filter(slug=slug).first()
    if poll is None:
        raise UnknownPoll(slug)
    return from_poll(poll)


def from_poll(poll: Poll) -> Paper:
    """The paper of a poll loaded by `PollQuerySet.whole`, in the active language where all of it is translated."""
    translated = spoken.shown_translated(poll)
    return Paper(
        poll_id=poll.pk,
        slug=poll.slug,
        key=bytes(poll.series.key),
        may_change=poll.may_change,
        questions=tuple(question_of(question, translated=translated) for question in poll.questions.all()),
        flow=spoken.course_in(poll, spoken.here()) if translated else poll.flow,
        title=(poll.title_i18n if translated else poll.title) or "",
        intro=(poll.intro_i18n if translated else poll.intro) or "",
        written_in=spoken.elsewhere(spoken.here() if translated else spoken.own()),
        panel_key=bytes(poll.panel.key) if poll.panel else None,
        panel_id=poll.panel_id,
    )


def question_of(question: Question, *, translated: bool = False) -> PaperQuestion:
    """A question, with its options loaded before, as it was written or translated into the active language."""

    def said(row: Any, name: str) -> str:
        return getattr(row, f"{name}_i18n" if translated else name) or ""

    return PaperQuestion(
        id=question.pk,
        kind=question.kind,
        text=said(question, "text"),
        required=question.required,
        minimum=question.min_choices,
        maximum=question.max_choices,
        options={
            option.pk: PaperOption(said(option, "text"), option.code, option.settings)
            for option in question.options.all()
        },
        code=question.code,
        page=question.page,
        help=said(question, "help"),
        labels=tuple(said(question, "labels").splitlines()),
        settings=question.settings,
        show_if=question.show_if,
        about=question.about,
    )
