"""Spanish: 12.345 as browsers write it."""

THOUSAND_SEPARATOR = "."
