"""A date, stored as the number yyyymmdd, so that it keeps its order anywhere."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.dates import of_calendar
from polls.drawings import Drawn
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import numbers, options
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Date")
HELP = gettext_lazy("Readers pick a day; the results show how many fall into each month, or into each year.")
GROUP = "writing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("from", "to"), False
OPTIONS = (0, 2)
GIVEN: tuple[str, ...] = ()
ADDS_UP = True
TEMPLATE = "date"
# Months up to two years, years beyond.
MONTHS = 24
EARLIEST, LATEST = datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)


def earliest(question: Any) -> datetime.date:
    return _day(question.settings.get("from")) or EARLIEST


def latest(question: Any) -> datetime.date:
    return _day(question.settings.get("to")) or LATEST


def _day(written: Any) -> datetime.date | None:
    """A day written as yyyy-mm-dd, or as the number that is stored, yyyymmdd; None for anything else."""
    try:
        return datetime.date.fromisoformat(written) if isinstance(written, str) and len(written) in (8, 10) else None
    except ValueError:
        return None


def faults(asked: Any) -> list[str]:
    bounds = [asked.settings.get(name) for name in ("from", "to")]
    if any(bound is not None and _day(bound) is None for bound in bounds):
        return [_("The first and the last day are dates, such as 2026-12-06.")]
    if earliest(asked) > latest(asked):
        return [_("The first day of a date question comes before the last.")]
    return []


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return numbers.field_control(question, given, min=earliest(question).isoformat(), max=latest(question).isoformat())


def limits(question: PaperQuestion) -> str:
    return _range(question) or _("Pick a day.")


def _range(question: PaperQuestion) -> str:
    if not (question.settings.get("from") or question.settings.get("to")):
        return ""
    words = {"first": of_calendar(earliest(question)), "last": of_calendar(latest(question))}
    return _("A day from %(first)s to %(last)s.") % words


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    written = given.values.get(0, "").strip()
    chosen = options.chosen(question, given)
    if chosen and written:
        sentence = _("Please give a date or choose “%(option)s”, not both.")
        raise InvalidAnswers(sentence % {"option": question.options[chosen[0]].text}, question.id)
    if chosen:
        return options.marks(question, given, chosen[:1])
    if not written:
        return options.unanswered(question, _("Please pick a day."))
    day = _day(written)
    if day is None or not earliest(question) <= day <= latest(question):
        raise InvalidAnswers(" ".join((_("Please pick a day."), _range(question))).strip(), question.id)
    return [Mark(question=question.id, number=Decimal(day.strftime("%Y%m%d")))]


def words(question: PaperQuestion, given: Given) -> list[str]:
    day = _day(given.values.get(0, "").strip())
    return numbers.number_words(question, given, of_calendar(day) if day else "")


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """Month by month from the first to the last day given, or year by year where that is longer than two years."""
    given = counted.numbers.get(0, {})
    if not given:
        return options.rows(question, counted)
    first, last = int(min(given)), int(max(given))
    months = (last // 10_000 - first // 10_000) * 12 + last // 100 % 100 - first // 100 % 100
    if months >= MONTHS:
        found = [(f"{year}", year * 10_000) for year in range(first // 10_000, last // 10_000 + 1)]
        width = 10_000
    else:
        start = first // 10_000 * 12 + first // 100 % 100 - 1
        pairs = [divmod(start + i, 12) for i in range(months + 1)]
        found = [(f"{year}-{month + 1:02d}", year * 10_000 + (month + 1) * 100) for year, month in pairs]
        width = 100
    return [
        *(
            Row(f"d{name}", sum(n for value, n in given.items() if begin <= value < begin + width))
            for name, begin in found
        ),
        *options.rows(question, counted),
    ]


def row_text(question: PaperQuestion, row: Any) -> str:
    if not (isinstance(row, str) and row.startswith("d")):
        return options.row_text(question, row)
    if len(row) == 5:
        return row[1:]
    return formats.date_format(datetime.date(int(row[1:5]), int(row[6:8]), 1), "YEAR_MONTH_FORMAT")


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    """Whole percentages of the answers, one per month or year."""
    return shares(votes)


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    """The first, the middle and the last day given, as yyyy-mm-dd; of two in the middle the earlier."""
    given = counted.numbers.get(0, {})
    if not given:
        return {}
    days = {"first": min(given), "median": numbers.middle(given), "last": max(given)}
    return {name: _written(day) for name, day in days.items()}


def _written(number: Decimal) -> str:
    text = f"{int(number):08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """First, middle and last day; a mean of days would be a day that nobody meant."""
    measures = figures.get("measures", {})
    if "first" not in measures:
        return []
    words = {name: of_calendar(datetime.date.fromisoformat(day)) for name, day in measures.items()}
    return [_("Median: %(median)s. Earliest: %(first)s. Latest: %(last)s.") % words]


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """How many days fall into each month, or year, side by side."""
    return numbers.classes_drawing(question, figures, row_text, sentences(question, figures))


def columns(question: PaperQuestion) -> list[Column]:
    def day(marks: Sequence[Mark]) -> str | None:
        number = numbers.given_number(marks)
        return None if number is None else _written(Decimal(number))

    (first, *more) = numbers.number_columns(question)
    return [Column(first.name, first.label, day, {}), *more]
