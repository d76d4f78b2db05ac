"""Would you recommend it, from 0 to 10: net recommendation is the share of 9 and 10 less that of 0 to 6.

Source: F. F. Reichheld, “The One Number You Need to Grow”, Harvard Business Review, December 2003.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drawings
from polls.drawings import Drawn, Table
from polls.paper import Given, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import numbers
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Recommendation, 0 to 10")
HELP = gettext_lazy("How likely readers are to recommend something; the net recommendation is counted with it.")
GROUP = "scales"
LABELS, SEVERAL = (0, 11), False
SETTINGS: tuple[str, ...] = ()
OPTIONS = (0, 2)
GIVEN: tuple[str, ...] = ()
ADDS_UP = True
TEMPLATE = "scale"
POINTS = list(range(11))


def points(question: Any) -> list[int]:
    """Eleven points, from 0 to 10."""
    return POINTS


def faults(asked: Any) -> list[str]:
    return numbers.ends_faults(asked.labels, 11, what=_("A recommendation"))


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return numbers.scale_control(question, given, points(question))


def limits(question: PaperQuestion) -> str:
    return _("Choose a number from %(low)d to %(high)d.") % {"low": 0, "high": 10}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    return numbers.check_one(question, given, [Decimal(point) for point in POINTS], limits(question))


def words(question: PaperQuestion, given: Given) -> list[str]:
    return numbers.number_words(question, given, given.values.get(0, "").strip())


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """Every number from 0 to 10."""
    return numbers.scale_rows(question, counted, POINTS)


def row_text(question: PaperQuestion, row: Any) -> str:
    return numbers.scale_row_text(question, row, POINTS)


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the answers, one per number."""
    return shares(votes)


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """Mean and median, how many promote (9, 10), are passive (7, 8) or detract (0 to 6), and the net of them.

    `net` is 100 × (promoters − detractors) / all of them, with one decimal, half up: from −100 to 100.
    """
    given = counted.numbers.get(0, {})
    total = sum(given.values())
    if not total:
        return {}
    promoters = sum(n for value, n in given.items() if value >= 9)
    detractors = sum(n for value, n in given.items() if value <= 6)
    net = Decimal(100 * (promoters - detractors)) / total
    return {
        **numbers.spread(given),
        "promoters": promoters,
        "passives": total - promoters - detractors,
        "detractors": detractors,
        "net": numbers.rounded(net, "0.1"),
    }


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """Mean and median, and the net recommendation with what it is made of."""
    measures = figures.get("measures", {})
    if "net" not in measures:
        return []
    net = numbers.fixed(measures["net"])
    sentence = _("Net recommendation: %(net)s (%(promoters)s gave 9 or 10, %(detractors)s gave 0 to 6).")
    words = {
        "net": net if Decimal(measures["net"]) <= 0 else f"+{net}",
        "promoters": numbers.whole(measures["promoters"]),
        "detractors": numbers.whole(measures["detractors"]),
    }
    return [*numbers.sentences(question, figures), sentence % words]


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """The three groups in one divided bar, and all eleven numbers as columns."""
    measures = figures.get("measures", {})
    if "net" not in measures:
        return []
    groups = (
        (_("0 to 6"), measures["detractors"]),
        (_("7 or 8"), measures["passives"]),
        (_("9 or 10"), measures["promoters"]),
    )
    votes = [n for _text, n in groups]
    parts = shares(votes)
    shown = drawings.stacks(
        [drawings.Stack(_("Recommendation"), tuple(parts), sentences(question, figures)[-1])],
        [text for text, _n in groups],
        drawings.tones(len(groups)),
    )
    rows = tuple((text, numbers.whole(n), str(part)) for (text, n), part in zip(groups, parts, strict=True))
    head = (_("Group"), _("Votes"), _("Per cent"))
    (spread,) = numbers.sentences(question, figures)
    return [
        Drawn("", (), shown, Table(_("The three groups"), head, rows)),
        *numbers.classes_drawing(question, figures, row_text, [spread]),
    ]


def columns(question: PaperQuestion) -> list[Column]:
    return numbers.number_columns(question)
