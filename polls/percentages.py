"""Whole percentages, by one pure function for every surface on which figures are shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby


def shares(counts: Sequence[int]) -> list[int]:
    """Percentages of single-choice counts by the largest-remainder method (Hamilton), with equality kept.

    Counts are votes per option, none negative; the result is one whole percentage per count. They add up to 100,
    except where that would print different shares for equal counts: then the whole group goes without its extra
    point and the sum stays below 100 (1, 1, 1 -> 33, 33, 33). A larger count never prints a smaller share.
    All zero counts give zeros.
    """
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    percentages = [count * 100 // total for count in counts]
    spare = 100 - sum(percentages)
    # Equal counts have equal remainders; equal remainders of different counts are told apart by the count.
    by_remainder = sorted(range(len(counts)), key=lambda i: (counts[i] * 100 % total, counts[i]), reverse=True)
    for _, group in groupby(by_remainder, key=lambda i: counts[i]):
        members = list(group)
        if len(members) > spare:
            break
        for i in members:
            percentages[i] += 1
        spare -= len(members)
    return percentages


def shares_of_voters(counts: Sequence[int], voters: int) -> list[int]:
    """Percentages of voters who chose each option of a multiple choice, each rounded half up; 0 without voters."""
    return [(count * 200 + voters) // (2 * voters) if voters else 0 for count in counts]
