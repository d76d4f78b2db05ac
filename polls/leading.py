"""Whether answers may be put in order: one rule, printed with the method and, where it bites, under the figures."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from polls.paper import PaperQuestion
from polls.questions import TYPES

LEAST_BASE = 100
LEAST_LEAD = 5  # percentage points


def too_close(question: PaperQuestion, votes: Sequence[int], base: int) -> bool | None:
    """Whether it is too close to say which answer is first; None where one cannot say so of the question.

    The first of several answers is called the first only with a lead of 5 points, of the shares as they are and not as
    they are rounded, and a base of 100. It is an editorial rule for everybody to check: readers chose to take part, so
    no test could say how sure an order is. Of questions with several answers, ranks or points nothing is said, for
    there the order depends on what is counted; nor where nobody has voted.
    """
    if not orders(question) or not base:
        return None
    first, second = sorted(votes, reverse=True)[:2]
    return base < LEAST_BASE or (first - second) * 100 < LEAST_LEAD * base


def may_change(votes: Sequence[int], base: int) -> bool:
    """Whether what is said of the order may soon change: the lead or the base is under twice the least."""
    first, second = sorted(votes, reverse=True)[:2]
    return base < 2 * LEAST_BASE or (first - second) * 100 < 2 * LEAST_LEAD * base


def orders(question: PaperQuestion) -> bool:
    """Whether each voter chooses one of the question's options."""
    return bool(getattr(TYPES[question.kind], "ONE_OPTION", False)) and question.maximum == 1


def sentence(base: int) -> str:
    """What stands under figures that are too close: which half of the rule says so, the base before the lead."""
    return (
        _("Too close to order: base under 100.") if base < LEAST_BASE else _("Too close to order: lead under 5 points.")
    )
