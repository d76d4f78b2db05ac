"""What figures say beside shares, in sentences: mean and median, net recommendation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from polls.questions import numbers


def sentences(measures: Mapping[str, Any]) -> Iterator[str]:
    """The measures of a question (`TYPES[kind].measures`) for readers, one sentence each."""
    if "mean" in measures:
        yield _("Mean: %(mean)s. Median: %(median)s.") % {
            "mean": fixed(measures["mean"]),
            "median": numbers.said(measures["median"]),
        }
    if "net" in measures:
        net = fixed(measures["net"])
        yield _("Net recommendation: %(net)s (%(promoters)s gave 9 or 10, %(detractors)s gave 0 to 6).") % {
            "net": net if Decimal(measures["net"]) <= 0 else f"+{net}",
            "promoters": formats.number_format(measures["promoters"], force_grouping=True),
            "detractors": formats.number_format(measures["detractors"], force_grouping=True),
        }


def fixed(value: str) -> str:
    """A figure with the decimals that it was rounded to, as readers of the active language write it."""
    decimals = len(value.partition(".")[2])
    return formats.number_format(Decimal(value), decimal_pos=decimals, force_grouping=True)
