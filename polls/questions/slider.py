"""A number set on a line between two ends, with a step; it can be typed as well."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.drawings import Drawn
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.questions import number, numbers
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Slider")
HELP = gettext_lazy("A number set on a line. Words: the low end, the high end and, if you like, the unit.")
GROUP = "scales"
LABELS, SETTINGS, SEVERAL = (0, 3), ("min", "max", "step"), False
OPTIONS = (0, 2)
GIVEN: tuple[str, ...] = ()
ADDS_UP = True
TEMPLATE = "slider"

limits = number.limits
percentages = number.percentages
measures = number.measures
sentences = number.sentences


def step(question: Any) -> Decimal:
    return Decimal(str(question.settings.get("step", 1)))


def unit(question: PaperQuestion) -> str:
    return question.labels[2] if len(question.labels) > 2 else ""


def faults(asked: Any) -> list[str]:
    written = {
        name: str(asked.settings.get(name, default)) for name, default in (("min", 0), ("max", 100), ("step", 1))
    }
    if any(numbers.read(value) is None for value in written.values()):
        return [_("The range and the step of a slider are numbers.")]
    low, high, by = (Decimal(value) for value in written.values())
    if low >= high or by <= 0 or (high - low) % by or (high - low) / by > 1000:
        return [_("A slider goes from a lower to a higher number in at most a thousand equal steps.")]
    if len(asked.labels) not in (0, 2, 3):
        return [_("A slider needs words for both ends, and may have a unit as the third line.")]
    return []


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return numbers.field_control(
        question,
        given,
        min=numbers.plain(number.lowest(question)),
        max=numbers.plain(number.highest(question)),
        step=numbers.plain(step(question)),
        ends=question.labels[:2],
        unit=unit(question),
    )


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    low, high = number.lowest(question), number.highest(question)
    sentence = _("Please set the slider between %(low)s and %(high)s.")
    marks = numbers.check_one(question, given, None, sentence % {"low": numbers.said(low), "high": numbers.said(high)})
    value = numbers.given_number(marks)
    if isinstance(value, Decimal) and not (low <= value <= high and (value - low) % step(question) == 0):
        message = sentence % {"low": numbers.said(low), "high": numbers.said(high)}
        raise InvalidAnswers(message, question.id)
    return marks


def words(question: PaperQuestion, given: Given) -> list[str]:
    value = numbers.read(given.values.get(0, ""))
    text = f"{numbers.said(value)} {unit(question)}".strip() if value is not None else ""
    return numbers.number_words(question, given, text)


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """The numbers in classes of equal width over the whole line."""
    found = numbers.classes(number.lowest(question), number.highest(question), step(question))
    return numbers.class_rows(question, counted, found)


def row_text(question: PaperQuestion, row: Any) -> str:
    text = numbers.class_row_text(question, row)
    return f"{text} {unit(question)}" if isinstance(row, str) and unit(question) else text


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """How often the numbers of each class were given, side by side."""
    return numbers.classes_drawing(question, figures, row_text, sentences(question, figures))


def columns(question: PaperQuestion) -> list[Column]:
    return numbers.number_columns(question)
