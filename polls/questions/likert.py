"""Agreement, frequency, satisfaction: a scale of which every point has its words (Likert, 1932)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.paper import Given, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import numbers, options
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Agreement scale")
HELP = gettext_lazy("A scale with words for every point, from “strongly disagree” to “strongly agree”.")
GROUP = "scales"
LABELS, SEVERAL = (2, 11), False
SETTINGS: tuple[str, ...] = ()
OPTIONS = (0, 2)
GIVEN: tuple[str, ...] = ()
ADDS_UP = True
TEMPLATE = "scale"


def points(question: Any) -> list[int]:
    """As many points as there are words."""
    return list(range(1, len(question.labels) + 1))


def faults(asked: Any) -> list[str]:
    if not 2 <= len(asked.labels) <= 11:
        return [_("An agreement scale needs the words of its points, one per line: between 2 and 11.")]
    return [] if len(set(asked.labels)) == len(asked.labels) else [_("Two points of the scale have the same words.")]


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return numbers.scale_control(question, given, points(question))


def limits(question: PaperQuestion) -> str:
    return _("Choose one.")


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    allowed = [Decimal(point) for point in points(question)]
    return numbers.check_one(question, given, allowed, _("Please choose one point of the scale."))


def words(question: PaperQuestion, given: Given) -> list[str]:
    number = numbers.read(given.values.get(0, ""))
    text = question.labels[int(number) - 1] if number is not None and number in points(question) else ""
    return numbers.number_words(question, given, text)


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """Every point of the scale."""
    return numbers.scale_rows(question, counted, points(question))


def row_text(question: PaperQuestion, row: Any) -> str:
    return numbers.scale_row_text(question, row, points(question))


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the answers, one per point."""
    return shares(votes)


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """Mean and median of the points, the first counting 1."""
    return numbers.spread(counted.numbers.get(0, {}))


sentences = numbers.sentences
drawing = options.drawing


def columns(question: PaperQuestion) -> list[Column]:
    codes = {str(point): label for point, label in enumerate(question.labels, 1)}
    return numbers.number_columns(question, codes)
