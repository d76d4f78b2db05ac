"""Several answers from a list of options, between a least and a greatest number."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.paper import InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares_of_voters

# Shares are of the voters, who may choose several: they do not add up to 100 and the card says so.
ADDS_UP = False


def limits(minimum: int, maximum: int) -> str:
    """What the reader is told about how many options to choose."""
    if minimum == maximum:
        return ngettext("Choose %(n)d.", "Choose %(n)d.", maximum) % {"n": maximum}
    if minimum <= 1:
        return ngettext("Choose up to %(n)d.", "Choose up to %(n)d.", maximum) % {"n": maximum}
    return _("Choose between %(least)d and %(most)d.") % {"least": minimum, "most": maximum}


def check(question: PaperQuestion, given: Sequence[int]) -> list[Mark]:
    """The marks of an answer; raises `InvalidAnswers` in the reader's words."""
    chosen = list(dict.fromkeys(given))
    if any(option not in question.options for option in chosen):
        raise InvalidAnswers(_("This poll has no such option. Please reload the page and choose again."), question.id)
    if not chosen and not question.required:
        return [Mark(question=question.id, missing="skipped")]
    if len(chosen) < question.minimum:
        raise InvalidAnswers(
            ngettext(
                "Please choose at least %(n)d option.",
                "Please choose at least %(n)d options.",
                question.minimum,
            )
            % {"n": question.minimum},
            question.id,
        )
    if len(chosen) > question.maximum:
        raise InvalidAnswers(
            ngettext(
                "Please choose at most %(n)d option.",
                "Please choose at most %(n)d options.",
                question.maximum,
            )
            % {"n": question.maximum},
            question.id,
        )
    return [Mark(question=question.id, option=option) for option in chosen]


def percentages(votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the voters, one per option."""
    return shares_of_voters(votes, base)
