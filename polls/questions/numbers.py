"""What the types answered with a number share: reading it, points of a scale, mean and median with their spread."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from polls import drawings
from polls.drawings import Drawn, Table
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.questions import options
from polls.questions.counted import Column, QuestionCount, Row

LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
# Fourteen digits before the point and six after it: what the table of answers holds.
WRITTEN = re.compile(r"[+-]?[0-9]{1,14}(?:[.,][0-9]{1,6})?", re.ASCII)


def read(value: str) -> Decimal | None:
    """The number that a text is, with a point or a comma; None for anything else, such as NaN, 1e309 or a word."""
    written = value.strip().replace("\u2212", "-").replace("\u00a0", "").replace("\u202f", "")
    return Decimal(written.replace(",", ".")).normalize() if WRITTEN.fullmatch(written) else None


def plain(value: Decimal) -> str:
    """A number as its shortest text, without an exponent: the name of its row."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def said(value: Decimal | str) -> str:
    """A number as readers of the active language write it."""
    number = Decimal(value)
    decimals = max(0, -int(number.as_tuple().exponent))
    return formats.number_format(number, decimal_pos=decimals, force_grouping=True)


def check_one(question: PaperQuestion, given: Given, allowed: Sequence[Decimal] | None, sentence: str) -> list[Mark]:
    """The mark of a question answered by one number, or by an option such as “don't know” in its place."""
    instead = options.chosen(question, given)
    written = given.values.get(0, "").strip()
    if instead and written:
        raise InvalidAnswers(
            _("Please give a number or choose “%(option)s”, not both.") % {"option": question.options[instead[0]].text},
            question.id,
        )
    if len(instead) > 1:
        raise InvalidAnswers(_("Please choose one option only."), question.id)
    if instead:
        return options.marks(question, given, instead)
    if not written:
        return options.unanswered(question, sentence)
    number = read(written)
    if number is None or (allowed is not None and number not in allowed):
        raise InvalidAnswers(sentence, question.id)
    return [Mark(question=question.id, number=number)]


# --- points of a scale -------------------------------------------------------------------------------------------


def point_text(labels: Sequence[str], point: int, points: Sequence[int]) -> str:
    """What a point of a scale is called: its own label, at the ends the label of the end, else its number."""
    if len(labels) == len(points):
        return labels[points.index(point)]
    if len(labels) >= 2 and point in (points[0], points[-1]):
        return f"{point} · {labels[0] if point == points[0] else labels[1]}"
    return str(point)


def scale_rows(question: PaperQuestion, counted: QuestionCount, points: Sequence[int]) -> list[Row]:
    """Every point of the scale in order, then the options beside it, such as “don't know”."""
    given = counted.numbers.get(0, {})
    return [
        *(Row(f"n{point}", given.get(Decimal(point), 0)) for point in points),
        *options.rows(question, counted),
    ]


def scale_row_text(question: PaperQuestion, row: Any, points: Sequence[int]) -> str:
    if isinstance(row, str) and row.startswith("n"):
        return point_text(question.labels, int(row[1:]), points)
    return options.row_text(question, row)


def scale_control(question: PaperQuestion, given: Given, points: Sequence[int]) -> dict[str, Any]:
    """A row a point, `q12=n3`, then the options beside the scale, and the words of its ends."""
    set_to = read(given.values.get(0, ""))
    rows = [
        {
            "id": f"n{point}",
            "name": f"q{question.id}",
            "value": f"n{point}",
            "type": "radio",
            "text": point_text(question.labels, point, points),
            "point": point,
            "checked": set_to == point,
        }
        for point in points
    ]
    beside = [options.choice_row(question, given, option, several=False) for option in question.options]
    ends = question.labels if len(question.labels) == 2 else ()
    return {"several": False, "rows": [*rows, *beside], "points": len(points), "ends": ends}


def field_control(question: PaperQuestion, given: Given, **more: Any) -> dict[str, Any]:
    """One field, `q12.0`, and the options beside it, each of which can be unticked again."""
    beside = [options.choice_row(question, given, option, several=True) for option in question.options]
    return {"name": f"q{question.id}.0", "value": given.values.get(0, ""), "beside": beside, **more}


def ends_faults(labels: Sequence[str], points: int, *, what: str) -> list[str]:
    """Whether the words of a scale are as many as its points, or two for its ends, or none."""
    if len(labels) in (0, 2, points):
        return []
    sentence = _("%(what)s needs words for its two ends, or for each of its %(points)d points; there are %(n)d.")
    return [sentence % {"what": what, "points": points, "n": len(labels)}]


# --- what numbers say together -----------------------------------------------------------------------------------


def spread(given: Mapping[Decimal, int]) -> dict[str, Any]:
    """How many gave a number, their mean (two decimals, half up) and median; empty where nobody did."""
    total = sum(given.values())
    if not total:
        return {}
    mean = sum((value * times for value, times in given.items()), Decimal(0)) / total
    return {"numbers": total, "mean": rounded(mean), "median": plain(median(given))}


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """Mean and median in a sentence; nothing where nobody gave a number."""
    measures = figures.get("measures", {})
    if "mean" not in measures:
        return []
    words = {"mean": fixed(measures["mean"]), "median": said(measures["median"])}
    return [_("Mean: %(mean)s. Median: %(median)s.") % words]


def fixed(value: str) -> str:
    """A figure with the decimals that it was rounded to, as readers of the active language write it."""
    decimals = len(value.partition(".")[2])
    written = formats.number_format(Decimal(value), decimal_pos=decimals, force_grouping=True)
    # From right to left a minus would stand behind its number without a mark of direction before it.
    return written.replace("-", f"{LEFT_TO_RIGHT}\N{MINUS SIGN}" if get_language_bidi() else "\N{MINUS SIGN}")


def whole(value: int) -> str:
    """A whole number as readers of the active language write it."""
    return formats.number_format(value, force_grouping=True)


def rounded(value: Decimal, places: str = "0.01") -> str:
    """A figure as text with two decimals, so that every surface prints the same."""
    return str(value.quantize(Decimal(places), ROUND_HALF_UP))


def median(given: Mapping[Decimal, int]) -> Decimal:
    """The middle number, of an even count the mean of the two in the middle."""
    total = sum(given.values())
    return (_at(given, (total - 1) // 2) + _at(given, total // 2)) / 2


def middle(given: Mapping[Decimal, int]) -> Decimal:
    """The middle number, of an even count the smaller of the two: one that was given."""
    return _at(given, (sum(given.values()) - 1) // 2)


def _at(given: Mapping[Decimal, int], place: int) -> Decimal:
    for value, times in sorted(given.items()):
        place -= times
        if place < 0:
            return value
    raise ValueError("no such place")


def given_number(marks: Iterable[Mark]) -> Decimal | str | None:
    return next((mark.number for mark in marks if mark.number is not None), None)


def number_columns(question: PaperQuestion, codes: Mapping[str, str] | None = None) -> list[Column]:
    """The number as given; where options stand beside it, a column with the code of the one chosen in its place."""
    found = [Column(question.code, question.text, given_number, codes or {})]
    if question.options:
        (instead, *more) = options.one_column(question)
        found += [Column(f"{question.code}_instead", question.text, instead.value, instead.codes), *more]
    return found


def number_words(question: PaperQuestion, given: Given, text: str) -> list[str]:
    """The answer in words: the given text where a number was given, else the option chosen in its place."""
    return [text] if given.values.get(0, "").strip() else options.words(question, given)


# --- classes of a histogram --------------------------------------------------------------------------------------

MOST_CLASSES = 12


def classes(lowest: Decimal, highest: Decimal, step: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Classes of equal width that cover a range: each number of its own where there are few, else ten or so.

    Widths are 1, 2 or 5 times a power of ten, as on a ruler, and never finer than `step`; both ends are included.
    """
    count = (highest - lowest) / step + 1
    if count <= MOST_CLASSES:
        return [(lowest + i * step, lowest + i * step) for i in range(int(count))]
    width = next(w for w in _ruler(step) if (highest - lowest) / w < MOST_CLASSES)
    offset = lowest % step  # of a range whose steps do not begin on the ruler
    first = ((lowest - offset) / width).to_integral_value(rounding="ROUND_FLOOR") * width + offset
    found = []
    while first <= highest:
        found.append((max(first, lowest), min(first + width - step, highest)))
        first += width
    return found


def _ruler(step: Decimal) -> Iterable[Decimal]:
    width = Decimal(1).scaleb(step.adjusted())
    while True:
        for factor in (1, 2, 5):
            if width * factor >= step and width * factor % step == 0:
                yield width * factor
        width *= 10


def class_rows(question: PaperQuestion, counted: QuestionCount, found: Sequence[tuple[Decimal, Decimal]]) -> list[Row]:
    """How many numbers fall into each class, then the options beside them."""
    given = counted.numbers.get(0, {})
    return [
        *(
            Row(f"c{plain(low)}_{plain(high)}", sum(n for value, n in given.items() if low <= value <= high))
            for low, high in found
        ),
        *options.rows(question, counted),
    ]


def classes_drawing(
    question: PaperQuestion, figures: Mapping[str, Any], text: Callable[[PaperQuestion, Any], str], said: Sequence[str]
) -> list[Drawn]:
    """The classes as columns in their order, and as a table with the options beside them."""
    rows = figures["options"]
    columns = [row for row in rows if isinstance(row["id"], str)]
    picture = drawings.histogram(
        [row["votes"] for row in columns],
        [text(question, row["id"]) for row in columns],
        [row["percent"] for row in columns],
    )
    title = _("Per cent of those who answered")
    return [Drawn(title, tuple(said), picture, rows_table(question, figures, text))] if columns else []


def rows_table(question: PaperQuestion, figures: Mapping[str, Any], text: Callable[[PaperQuestion, Any], str]) -> Table:
    """Row by row the votes and their share."""
    rows = tuple((text(question, row["id"]), whole(row["votes"]), str(row["percent"])) for row in figures["options"])
    return Table(question.text, (_("Answer"), _("Votes"), _("Per cent")), rows)


def class_row_text(question: PaperQuestion, row: Any) -> str:
    if not (isinstance(row, str) and row.startswith("c")):
        return options.row_text(question, row)
    low, high = row[1:].split("_")
    return said(low) if low == high else f"{said(low)} – {said(high)}"


def share(votes: int, percent: int) -> str:
    """Votes with their percentage, as every figure is printed: "33 (31%)"."""
    return _("%(votes)s (%(percent)s%%)") % {"votes": whole(votes), "percent": percent}
