"""Dates as they are written in each language of the site."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from polls import dates

AT = {day: datetime(2026, 5, day, 9, 5, tzinfo=UTC) for day in (3, 17)}
JUNE, NEXT_YEAR = datetime(2026, 6, 6, 9, 5, tzinfo=UTC), datetime(2027, 1, 2, 9, 5, tzinfo=UTC)
WRITTEN = {
    "en": ("3 May 2026", "3–17 May 2026", "3 May – 6 June 2026", "3 May 2026 – 2 January 2027"),
    "de": ("3. Mai 2026", "3.–17. Mai 2026", "3. Mai – 6. Juni 2026", "3. Mai 2026 – 2. Januar 2027"),
    "fr": ("3 mai 2026", "3–17 mai 2026", "3 mai – 6 juin 2026", "3 mai 2026 – 2 janvier 2027"),
    "es": (
        "3 de mayo de 2026",
        "3–17 de mayo de 2026",
        "3 de mayo – 6 de junio de 2026",
        "3 de mayo de 2026 – 2 de enero de 2027",
    ),
    "ru": ("3 мая 2026", "3–17 мая 2026", "3 мая – 6 июня 2026", "3 мая 2026 – 2 января 2027"),
    "ar": ("3 مايو 2026", "3–17 مايو 2026", "3 مايو – 6 يونيو 2026", "3 مايو 2026 – 2 يناير 2027"),
    "zh-hans": ("2026年5月3日", "2026年5月3日–17日", "5月3日 – 2026年6月6日", "2026年5月3日 – 2027年1月2日"),
}


@pytest.mark.parametrize("language", WRITTEN)
def test_a_day_and_the_days_between_two_are_written_as_the_language_writes_them(language):
    with translation.override(language), timezone.override(UTC):
        first = dates.day(AT[3])
        ends = [dates.period(AT[3], end) for end in (AT[17], JUNE, NEXT_YEAR)]
        assert (first, *ends) == WRITTEN[language]
        assert dates.period(AT[3], AT[3]) == first


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "3 May 2026, 09:05 UTC"),
        ("ru", "3 мая 2026, 09:05 UTC"),
        ("ar", "3 مايو 2026، 09:05 UTC"),
        ("zh-hans", "2026年5月3日 09:05 UTC"),
    ],
)
def test_between_a_day_and_its_hour_stands_what_the_language_puts_there(language, written):
    with translation.override(language), timezone.override(UTC):
        assert dates.moment(AT[3]) == written
