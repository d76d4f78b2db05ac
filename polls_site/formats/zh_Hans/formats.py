"""Chinese: 5月3日, without a nought before the month."""

MONTH_DAY_FORMAT = "n月j日"
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
