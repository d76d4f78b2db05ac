"""Consent: one box that is ticked or not; where it is required nobody goes on without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drawings
from polls.drawings import Bar, Drawn, Table
from polls.paper import Given, Mark, PaperQuestion
from polls.percentages import shares_of_voters
from polls.questions import numbers, options

LABEL = gettext_lazy("Consent")
HELP = gettext_lazy(
    "One box to tick; where it is required, nobody can continue without it. It can ask readers to join a reader panel."
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
columns = options.a_column_each


def limits(question: PaperQuestion) -> str:
    return "" if question.required else _("You may leave this blank.")


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    chosen = options.chosen(question, given)
    if not chosen:
        return options.unanswered(question, _("This survey can only be answered by readers who agree."))
    return options.marks(question, given, chosen)


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """The share of those who answered, which is everybody who agreed."""
    return shares_of_voters(votes, base)


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """How many of those who were asked agreed: of those who answered it is everybody."""
    words = {"n": numbers.whole(figures["base"]), "asked": numbers.whole(figures["asked"])}
    return [_("%(n)s of the %(asked)s who were asked agreed.") % words]


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """The share of those who were asked, agreed or not."""
    agreed, asked = figures["base"], figures["asked"]
    parts = shares_of_voters([agreed, asked - agreed], asked)
    (option,) = question.options.values()
    lines = ((option.text, agreed, parts[0]), (_("not agreed"), asked - agreed, parts[1]))
    rows = tuple((text, numbers.whole(n), str(share)) for text, n, share in lines)
    picture = drawings.bars([Bar(option.text, parts[0], numbers.share(agreed, parts[0]))])
    table = Table(question.text, (_("Answer"), _("Votes"), _("Per cent of those asked")), rows)
    return [Drawn("", tuple(sentences(question, figures)), picture, table)]
