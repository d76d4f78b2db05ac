"""One answer from a list of options."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import options

LABEL = gettext_lazy("One answer")
HELP = gettext_lazy("Readers choose one of the options.")
GROUP = "choosing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order",), False
OPTIONS = (2, 100)
GIVEN: tuple[str, ...] = ()
# Shares are of the votes, so that they can be made to add up to 100.
ADDS_UP = True
TEMPLATE = "choice"
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
columns = options.one_column


def limits(question: PaperQuestion) -> str:
    return _("Choose one.")


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    chosen = options.chosen(question, given)
    if len(chosen) > 1:
        raise InvalidAnswers(_("Please choose one option only."), question.id)
    if not chosen:
        options.own_words(question, given, chosen)
        return options.unanswered(question, _("Please choose one of the options first."))
    return options.marks(question, given, chosen)


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the votes, one per option."""
    return shares(votes)
