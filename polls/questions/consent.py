"""Consent: one box that is ticked or not; where it is required nobody goes on without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.paper import Given, Mark, PaperQuestion
from polls.percentages import shares_of_voters
from polls.questions import options

LABEL = gettext_lazy("Consent")
HELP = gettext_lazy(
    "One box to tick; where it is required nobody goes on without it. It can ask to join a reader panel."
)
GROUP = "choosing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("panel",), False
OPTIONS = (1, 1)
GIVEN = (gettext_lazy("I agree"),)
ADDS_UP = False
TEMPLATE = "choice"
ONLY_OPTIONS = True


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    rows = [options.choice_row(question, given, option, several=True) for option in question.options]
    return {"several": True, "rows": rows}


faults = options.no_faults
words = options.words
rows = options.rows
row_text = options.row_text
measures = options.measures
sentences = options.sentences
drawing = options.drawing
columns = options.a_column_each


def limits(question: PaperQuestion) -> str:
    return "" if question.required else _("You may leave this open.")


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    chosen = options.chosen(question, given)
    if not chosen:
        return options.unanswered(question, _("This survey can only be answered by readers who agree."))
    return options.marks(question, given, chosen)


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """The share of those who answered, which is everybody who agreed."""
    return shares_of_voters(votes, base)
