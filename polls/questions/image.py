"""One picture, or several, from a row of pictures; each has its words."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from django.utils.translation import gettext_lazy

from polls.paper import Given, Mark, PaperQuestion
from polls.percentages import shares_of_voters
from polls.questions import multiple, options, single
from polls.questions.counted import Column

LABEL = gettext_lazy("Pictures")
HELP = gettext_lazy("Readers choose among pictures from the library; each needs words, which are read out and counted.")
GROUP = "choosing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order",), True
OPTIONS = (2, 24)
GIVEN: tuple[str, ...] = ()
ADDS_UP = False
TEMPLATE = "image"
ONLY_OPTIONS = True
ONE_OPTION = True

control = options.control
faults = options.no_faults
words = options.words
rows = options.rows
row_text = options.row_text
measures = options.measures
sentences = options.sentences
drawing = options.drawing


def limits(question: PaperQuestion) -> str:
    return str(_like(question).limits(question))


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    marks: list[Mark] = _like(question).check(question, given)
    return marks


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the voters, one per picture."""
    return shares_of_voters(votes, base)


def columns(question: PaperQuestion) -> list[Column]:
    found: list[Column] = _like(question).columns(question)
    return found


def _like(question: PaperQuestion) -> ModuleType:
    return single if question.maximum == 1 else multiple
