"""A rating on a scale of 1 to n whose two ends, or all of whose points, have words."""

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

LABEL = gettext_lazy("Rating")
HELP = gettext_lazy("A scale of 1 to 5, or to as many as you say, with words at both ends.")
GROUP = "scales"
LABELS, SETTINGS, SEVERAL = (0, 11), ("points",), False
OPTIONS = (0, 2)
GIVEN: tuple[str, ...] = ()
ADDS_UP = True
TEMPLATE = "scale"
POINTS = 5


def points(question: Any) -> list[int]:
    """The points of the scale, of a question on paper or as it is being written."""
    return list(range(1, int(question.settings.get("points", POINTS)) + 1))


def faults(asked: Any) -> list[str]:
    count = asked.settings.get("points", POINTS)
    if not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= 11:
        return [_("A rating has between 2 and 11 points.")]
    return numbers.ends_faults(asked.labels, count, what=_("A rating"))


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return numbers.scale_control(question, given, points(question))


def limits(question: PaperQuestion) -> str:
    return _("Choose a number from %(low)d to %(high)d.") % {"low": points(question)[0], "high": points(question)[-1]}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    allowed = [Decimal(point) for point in points(question)]
    return numbers.check_one(question, given, allowed, limits(question))


def words(question: PaperQuestion, given: Given) -> list[str]:
    number = numbers.read(given.values.get(0, ""))
    known = number is not None and number in points(question)
    text = numbers.point_text(question.labels, int(number), points(question)) if number is not None and known else ""
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
    """Mean and median of the points given."""
    return numbers.spread(counted.numbers.get(0, {}))


sentences = numbers.sentences
drawing = options.drawing


def columns(question: PaperQuestion) -> list[Column]:
    codes = {str(point): numbers.point_text(question.labels, point, points(question)) for point in points(question)}
    return numbers.number_columns(question, codes)
