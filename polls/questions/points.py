"""Points to share out: a fixed sum, divided among the options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drawings
from polls.drawings import Drawn, Table
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares, shares_of_voters
from polls.questions import numbers, options
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Points to share out")
HELP = gettext_lazy("Readers divide a fixed number of points, 100 unless you say otherwise, among the options.")
GROUP = "ordering"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order", "total"), False
OPTIONS = (2, 20)
GIVEN: tuple[str, ...] = ()
ADDS_UP = False
TEMPLATE = "points"

row_text = options.row_text


def total(question: Any) -> int:
    return int(question.settings.get("total", 100))


def faults(asked: Any) -> list[str]:
    count = asked.settings.get("total", 100)
    if not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= 1000:
        return [_("The points to share out are between 2 and 1000.")]
    return []


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return {**options.fields(question, given), "total": total(question)}


def limits(question: PaperQuestion) -> str:
    return _("Share out %(n)d points; an empty field counts as none.") % {"n": total(question)}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    written = {option: value.strip() for option, value in given.values.items() if value.strip()}
    options.known(question, list(written))
    if not written and not question.required:
        return options.unanswered(question, "")
    shared = {}
    for option in question.options:
        number = numbers.read(written.get(option, "0"))
        if number is None or number != int(number) or not 0 <= number <= total(question):
            sentence = _("Points are whole numbers from 0 to %(n)d.")
            raise InvalidAnswers(sentence % {"n": total(question)}, question.id)
        shared[option] = number
    given_out = int(sum(shared.values()))
    if given_out != total(question):
        sentence = _("Please share out %(total)d points in all; so far it is %(n)d.")
        raise InvalidAnswers(sentence % {"total": total(question), "n": given_out}, question.id)
    places = options.positions(question, given.shown)
    return [Mark(question.id, option, number=n, position_shown=places.get(option)) for option, n in shared.items()]


def words(question: PaperQuestion, given: Given) -> list[str]:
    """Each option with its points, those without any left out."""
    found = []
    for option, one in question.options.items():
        number = numbers.read(given.values.get(option, ""))
        if number:
            found.append(f"{one.text}: {numbers.said(number)}")
    return found


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """How many gave an option any points at all."""
    return [
        Row(option, sum(n for value, n in counted.numbers.get(option, {}).items() if value > 0))
        for option in question.options
    ]


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the voters who gave an option any points."""
    return shares_of_voters(votes, base)


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """By option, under its id: the mean of its points and its share of all points, in whole percentages."""
    sums = [int(sum(value * n for value, n in counted.numbers.get(option, {}).items())) for option in question.options]
    if not counted.base:
        return {}
    parts = shares(sums)
    return {
        "points": {
            str(option): {"mean": numbers.rounded(Decimal(points) / counted.base), "share": part}
            for option, points, part in zip(question.options, sums, parts, strict=True)
        }
    }


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    return []


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """The share of all points that went to each option, with the mean of what a voter gave it."""
    found = figures.get("measures", {}).get("points", {})
    rows, lines = [], []
    for row in figures["options"] if found else []:
        mean, share = found[str(row["id"])]["mean"], found[str(row["id"])]["share"]
        text = row_text(question, row["id"])
        lines.append(
            drawings.Bar(
                text, share, _("%(mean)s points (%(share)d%%)") % {"mean": numbers.fixed(mean), "share": share}
            )
        )
        rows.append((text, numbers.fixed(mean), str(share), numbers.whole(row["votes"])))
    head = (_("Option"), _("Mean points"), _("Per cent of all points"), _("Voters who gave it any"))
    title = _("Mean of the points given, and share of all points")
    return [Drawn(title, (), drawings.bars(lines), Table(question.text, head, tuple(rows)))] if rows else []


def columns(question: PaperQuestion) -> list[Column]:
    """A column an option, with its points."""

    def of(option: int) -> Column:
        def points(marks: Sequence[Mark]) -> Decimal | None:
            return next((mark.number for mark in marks if mark.option == option), None)

        one = question.options[option]
        return Column(f"{question.code}_{one.code}", f"{question.text}: {one.text}", points, {})

    return [of(option) for option in question.options]
