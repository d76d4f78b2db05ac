"""Dates and times as readers see them, in the site's time zone."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import formats, timezone
from django.utils.translation import get_language

# What stands between a day and its hour where that is no comma of ours; the card's script knows the same two.
BEFORE_TIME = {"ar": "، ", "zh-hans": " "}


def moment(at: datetime, *, seconds: bool = False) -> str:
    """A date and time with its zone: "6 December 2026, 18:00 UTC"."""
    local = timezone.localtime(at)
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    between = BEFORE_TIME.get(get_language() or "", ", ")
    return f"{day(at)}{between}{clock} {local.strftime('%Z')}"


def clock_time(at: datetime) -> str:
    """The time of day alone, for what happened just now: "14:05"."""
    return timezone.localtime(at).strftime("%H:%M")


def day(at: datetime) -> str:
    return of_calendar(timezone.localtime(at))


def of_calendar(day: date) -> str:
    """A day by itself, in no time zone: "6 December 2026"."""
    return formats.date_format(day, "DATE_FORMAT")


def period(start: datetime, end: datetime) -> str:
    """Two dates without repeating what they share: "3–17 May 2026", "3.–17. Mai 2026", "2026年5月3日–17日"."""
    first, last = timezone.localtime(start), timezone.localtime(end)
    if first.date() == last.date():
        return day(end)
    if (first.year, first.month) == (last.year, last.month):
        if get_language() == "zh-hans":
            return f"{day(start)}–{last.day}日"
        return f"{first.day}{'.' if get_language() == 'de' else ''}–{day(end)}"
    beginning = formats.date_format(first, "MONTH_DAY_FORMAT") if first.year == last.year else day(start)
    return f"{beginning} – {day(end)}"
