"""A number with its unit, within a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.drawings import Drawn
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import numbers
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Number")
HELP = gettext_lazy("Readers write a number, such as hours or an age; give the range, and the unit as its words.")
GROUP = "writing"
LABELS, SETTINGS, SEVERAL = (0, 1), ("min", "max", "decimals"), False
OPTIONS = (0, 2)
GIVEN: tuple[str, ...] = ()
ADDS_UP = True
TEMPLATE = "number"
LARGEST = 10**12


def lowest(question: Any) -> Decimal:
    return Decimal(str(question.settings.get("min", 0)))


def highest(question: Any) -> Decimal:
    return Decimal(str(question.settings.get("max", 100)))


def decimals(question: Any) -> int:
    return int(question.settings.get("decimals", 0))


def unit(question: PaperQuestion) -> str:
    return question.labels[0] if question.labels else ""


def faults(asked: Any) -> list[str]:
    written = [str(asked.settings.get(name, default)) for name, default in (("min", 0), ("max", 100))]
    if any(numbers.read(value) is None for value in written):
        return [_("The range of a number is given by two numbers.")]
    found = []
    if lowest(asked) >= highest(asked) or max(-lowest(asked), highest(asked)) > LARGEST:
        found.append(_("The range of a number begins below its end and stays under a million million."))
    places = asked.settings.get("decimals", 0)
    if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= 6:
        found.append(_("A number has between 0 and 6 decimals."))
    if len(asked.labels) > 1:
        found.append(_("A number has one unit."))
    return found


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return numbers.field_control(
        question,
        given,
        min=numbers.plain(lowest(question)),
        max=numbers.plain(highest(question)),
        step=numbers.plain(Decimal(1).scaleb(-decimals(question))),
        unit=unit(question),
    )


def limits(question: PaperQuestion) -> str:
    sentence = _("A number from %(low)s to %(high)s.")
    return sentence % {"low": numbers.said(lowest(question)), "high": numbers.said(highest(question))}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    marks = numbers.check_one(question, given, None, _("Please give %(what)s") % {"what": _small(limits(question))})
    number = numbers.given_number(marks)
    if not isinstance(number, Decimal):
        return marks
    if not lowest(question) <= number <= highest(question):
        raise InvalidAnswers(_("Please give %(what)s") % {"what": _small(limits(question))}, question.id)
    if -int(number.as_tuple().exponent) > decimals(question):
        whole = _("Please give a whole number.")
        fine = _("Please give a number with at most %(n)d decimals.") % {"n": decimals(question)}
        raise InvalidAnswers(fine if decimals(question) else whole, question.id)
    return marks


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def words(question: PaperQuestion, given: Given) -> list[str]:
    number = numbers.read(given.values.get(0, ""))
    text = f"{numbers.said(number)} {unit(question)}".strip() if number is not None else ""
    return numbers.number_words(question, given, text)


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """The numbers in classes of equal width over the whole range."""
    step = Decimal(1).scaleb(-decimals(question))
    return numbers.class_rows(question, counted, numbers.classes(lowest(question), highest(question), step))


def row_text(question: PaperQuestion, row: Any) -> str:
    text = numbers.class_row_text(question, row)
    return f"{text} {unit(question)}" if isinstance(row, str) and unit(question) else text


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the answers, one per class."""
    return shares(votes)


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """Mean and median of the numbers given."""
    return numbers.spread(counted.numbers.get(0, {}))


sentences = numbers.sentences


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """How often the numbers of each class were given, side by side."""
    return numbers.classes_drawing(question, figures, row_text, sentences(question, figures))


def columns(question: PaperQuestion) -> list[Column]:
    return numbers.number_columns(question)
