"""A battery: several statements, one heading, one scale. The options are the statements, the words the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drawings
from polls.characters import quoted
from polls.drawings import Drawn, Table
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import numbers, options
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Battery of statements")
HELP = gettext_lazy("Several statements under one heading, all answered on the one scale whose words you write.")
GROUP = "scales"
LABELS, SETTINGS, SEVERAL = (2, 11), ("order", "dont_know"), False
OPTIONS = (2, 30)
GIVEN: tuple[str, ...] = ()
ADDS_UP = False
TEMPLATE = "matrix"
# “Don’t know” of a row, where the battery offers it; no point of the scale, and in no mean.
DONT_KNOW = 0


def points(question: Any) -> list[int]:
    """The points of the scale, from 1."""
    return list(range(1, len(question.labels) + 1))


def answers(question: PaperQuestion) -> list[int]:
    """What a row may be answered with: the points, and 0 for “don't know” where it is offered."""
    return [*points(question), *([DONT_KNOW] if question.settings.get("dont_know") else [])]


def point_text(question: PaperQuestion, point: int) -> str:
    return _("Don’t know") if point == DONT_KNOW else question.labels[point - 1]


def faults(asked: Any) -> list[str]:
    if not 2 <= len(asked.labels) <= 11:
        return [_("A battery needs the words of its scale, one per line: between 2 and 11.")]
    return [] if len(set(asked.labels)) == len(asked.labels) else [_("Two points of the scale have the same words.")]


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    """Rows with one field each, `q12.34=3`, and the answers that stand over the columns."""
    found = options.fields(question, given)
    for row in found["rows"]:
        set_to = numbers.read(row["value"])
        row["cells"] = [
            {"value": answer, "text": point_text(question, answer), "checked": set_to == answer}
            for answer in answers(question)
        ]
    return {**found, "heads": [point_text(question, answer) for answer in answers(question)]}


def limits(question: PaperQuestion) -> str:
    return _("Choose one in each row.")


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    written = {row: value.strip() for row, value in given.values.items() if value.strip()}
    options.known(question, list(written))
    if not written and not question.required:
        return options.unanswered(question, "")
    open_rows = [row for row in question.options if row not in written]
    if question.required and open_rows:
        sentence = _("Please choose one in each row; still without an answer: “%(row)s”.")
        raise InvalidAnswers(sentence % {"row": question.options[open_rows[0]].text}, question.id)
    places = options.positions(question, given.shown)
    marks = []
    for row in question.options:
        if row in written:
            number = numbers.read(written[row])
            if number is None or number not in answers(question):
                raise InvalidAnswers(_("Please choose one of the points of the scale."), question.id)
            marks.append(Mark(question.id, row, number=number, position_shown=places.get(row)))
    return marks


def words(question: PaperQuestion, given: Given) -> list[str]:
    """Row by row, the statement and the point chosen."""
    found = []
    for row, one in question.options.items():
        number = numbers.read(given.values.get(row, ""))
        if number is not None and number in answers(question):
            found.append(f"{one.text}: {point_text(question, int(number))}")
    return found


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """Every row of the battery with every answer: the id is the row's, a point, and the answer's number."""
    return [
        Row(f"r{row}.{answer}", counted.numbers.get(row, {}).get(Decimal(answer), 0))
        for row in question.options
        if row not in counted.withheld
        for answer in answers(question)
    ]


def row_text(question: PaperQuestion, row: Any) -> str:
    statement, answer = (int(part) for part in row[1:].split("."))
    return f"{question.options[statement].text}: {point_text(question, int(answer))}"


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages row by row, of those who answered that row."""
    width = len(answers(question))
    return [share for begin in range(0, len(votes), width) for share in shares(votes[begin : begin + width])]


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """By row, under its id: how many answered it, how many of them with a point, their mean and median."""
    found = {}
    for row in question.options:
        if row in counted.withheld:
            continue
        given = counted.numbers.get(row, {})
        on_scale = {value: n for value, n in given.items() if value != DONT_KNOW}
        found[str(row)] = {"base": sum(given.values()), **numbers.spread(on_scale)}
    return {"rows": found}


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """Nothing of the battery as a whole: each row has its own base and mean."""
    return []


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """A bar for each row, divided by the answers; “don't know” is outlined, outside the scale and the mean."""
    found = {row["id"]: row for row in figures["options"]}
    measures = figures["measures"]["rows"]
    heads = [point_text(question, answer) for answer in answers(question)]
    stacks, rows = [], []
    for row, one in question.options.items():
        said = measures.get(str(row))
        if said is None:
            few = _("Too few readers have answered this row for its figures to be shown.")
            stacks.append(drawings.Stack(one.text, (), few))
            rows.append((one.text, *["–"] * (len(heads) + 2)))
            continue
        cells = [found[f"r{row}.{answer}"] for answer in answers(question)]
        base, mean = numbers.whole(said["base"]), numbers.fixed(said["mean"]) if "mean" in said else "–"
        note = _("Base: %(base)s. Mean: %(mean)s.") % {"base": base, "mean": mean}
        stacks.append(drawings.Stack(one.text, tuple(cell["percent"] for cell in cells), note))
        rows.append((one.text, *(numbers.share(cell["votes"], cell["percent"]) for cell in cells), base, mean))
    shades = drawings.tones(len(heads), apart=len(heads) - len(points(question)))
    head = (_("Statement"), *heads, _("Base"), _("Mean"))
    title = _("Per cent of those who answered each row; the mean counts %(first)s as 1 and %(last)s as %(n)d.") % {
        "first": quoted(question.labels[0]),
        "last": quoted(question.labels[-1]),
        "n": len(question.labels),
    }
    return [Drawn(title, (), drawings.stacks(stacks, heads, shades), Table(question.text, head, tuple(rows)))]


def columns(question: PaperQuestion) -> list[Column]:
    """A column a row, with the number of the point chosen."""
    codes = {str(answer): point_text(question, answer) for answer in answers(question)}

    def of(row: int) -> Column:
        def point(marks: Sequence[Mark]) -> Decimal | None:
            return next((mark.number for mark in marks if mark.option == row), None)

        one = question.options[row]
        return Column(f"{question.code}_{one.code}", f"{question.text}: {one.text}", point, codes)

    return [of(row) for row in question.options]
