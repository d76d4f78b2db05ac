"""One answer from a list of options."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from polls.paper import InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares

# Shares are of the votes, so that they can be made to add up to 100.
ADDS_UP = True


def limits(minimum: int, maximum: int) -> str:
    """What the reader is told about how many options to choose."""
    return _("Choose one.")


def check(question: PaperQuestion, given: Sequence[int]) -> list[Mark]:
    """The marks of an answer; raises `InvalidAnswers` in the reader's words."""
    chosen = list(dict.fromkeys(given))
    if any(option not in question.options for option in chosen):
        raise InvalidAnswers(_("This poll has no such option. Please reload the page and choose again."), question.id)
    if len(chosen) > 1:
        raise InvalidAnswers(_("Please choose one option only."), question.id)
    if not chosen:
        if question.required:
            raise InvalidAnswers(_("Please choose one of the options first."), question.id)
        return [Mark(question=question.id, missing="skipped")]
    return [Mark(question=question.id, option=chosen[0])]


def percentages(votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the votes, one per option."""
    return shares(votes)
