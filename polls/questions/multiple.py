"""Several answers from a list of options, between a least and a greatest number."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from polls.paper import Given, Mark, PaperQuestion
from polls.percentages import shares_of_voters
from polls.questions import options

LABEL = gettext_lazy("Several answers")
HELP = gettext_lazy("Readers choose several of the options, as many as you allow.")
GROUP = "choosing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order",), True
OPTIONS = (2, 100)
GIVEN: tuple[str, ...] = ()
# Shares are of the voters, who may choose several: they do not add up to 100 and the card says so.
ADDS_UP = False
TEMPLATE = "choice"
ONLY_OPTIONS = True

control = options.control
faults = options.no_faults
words = options.words
rows = options.rows
row_text = options.row_text
measures = options.measures
sentences = options.sentences
drawing = options.drawing
columns = options.a_column_each


def limits(question: PaperQuestion) -> str:
    """What the reader is told about how many options to choose."""
    least, most = question.minimum, question.maximum
    if least == most:
        return ngettext("Choose %(n)d.", "Choose %(n)d.", most) % {"n": most}
    if least <= 1:
        return ngettext("Choose up to %(n)d.", "Choose up to %(n)d.", most) % {"n": most}
    return _("Choose between %(least)d and %(most)d.") % {"least": least, "most": most}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    chosen = options.chosen(question, given)
    if not chosen and not question.required:
        options.own_words(question, given, chosen)
        return options.unanswered(question, "")
    options.none_beside(question, chosen)
    options.within(question, chosen)
    return options.marks(question, given, chosen)


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the voters, one per option."""
    return shares_of_voters(votes, base)
