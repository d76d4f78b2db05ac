"""Arabic: 6 ديسمبر 2026, without a comma inside a date that stands in sentences."""

DATE_FORMAT = "j F Y"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"
# As browsers write numbers of Arabic in European digits, in which dates and shares stand here, too.
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
DECIMAL_SEPARATOR = "."
