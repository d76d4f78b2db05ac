"""Russian: 6 декабря 2026, without the «г.» whose stop would meet the stop of a sentence."""

DATE_FORMAT = "j E Y"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j E"
