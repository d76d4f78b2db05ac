"""Percentages: whole, honest about ties, never better than the counts."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polls.percentages import shares, shares_of_voters

COUNTS = st.lists(st.integers(0, 50) | st.integers(0, 10**9), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        ([33, 30, 24, 21], [31, 28, 22, 19]),
        ([1, 1, 1], [33, 33, 33]),
        ([0, 0], [0, 0]),
        ([], []),
        ([7], [100]),
        ([0, 1], [0, 100]),
        ([1, 2], [33, 67]),
        ([1, 1, 1, 1, 1, 1], [16, 16, 16, 16, 16, 16]),
        ([2, 1, 1, 1], [40, 20, 20, 20]),
        ([5, 5, 4], [36, 36, 28]),
        ([1, 1, 5], [14, 14, 72]),
        ([2, 2, 2, 1], [28, 28, 28, 14]),
        ([199, 1], [100, 0]),
        ([999, 1], [100, 0]),
        ([10**12, 1], [100, 0]),
    ],
)
def test_known_counts_print_known_shares(counts: list[int], printed: list[int]) -> None:
    assert shares(counts) == printed


@given(COUNTS)
def test_shares_never_add_up_to_more_than_a_hundred(counts: list[int]) -> None:
    assert sum(shares(counts)) <= 100


@given(st.sets(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_shares_of_counts_that_all_differ_add_up_to_a_hundred(counts: set[int]) -> None:
    assert sum(shares(list(counts))) == 100


@given(COUNTS.filter(any))
@example([1, 1, 1])
def test_the_sum_misses_a_hundred_only_where_a_tie_blocks_it(counts: list[int]) -> None:
    printed = shares(counts)
    missing = 100 - sum(printed)
    if missing:
        # Of those that were rounded down the next in line is a group of equal counts larger than what is missing.
        total = sum(counts)
        waiting = [c for c, share in zip(counts, printed, strict=True) if share < Fraction(100 * c, total)]
        next_in_line = max(waiting, key=lambda c: (c * 100 % total, c))
        assert counts.count(next_in_line) > missing


@given(COUNTS)
def test_equal_counts_print_equal_shares_and_larger_ones_never_smaller(counts: list[int]) -> None:
    by_count = sorted(zip(counts, shares(counts), strict=True))
    printed = [share for _count, share in by_count]
    assert printed == sorted(printed)
    assert len({count for count, _share in by_count}) == len(set(by_count))


@given(COUNTS.filter(any))
def test_no_share_is_a_whole_point_away_from_the_exact_one(counts: list[int]) -> None:
    total = sum(counts)
    assert all(
        abs(share - Fraction(100 * count, total)) < 1 for count, share in zip(counts, shares(counts), strict=True)
    )


@given(COUNTS.filter(any))
def test_no_share_is_rounded_up_before_one_that_lacks_less(counts: list[int]) -> None:
    total = sum(counts)
    up = [c * 100 % total for c, share in zip(counts, shares(counts), strict=True) if share > c * 100 // total]
    down = [c * 100 % total for c, share in zip(counts, shares(counts), strict=True) if share == c * 100 // total]
    assert not up or not down or min(up) >= max(down)


@given(COUNTS, st.randoms())
def test_the_order_of_the_options_changes_no_share(counts: list[int], random: Random) -> None:
    order = list(range(len(counts)))
    random.shuffle(order)
    printed = shares(counts)
    assert shares([counts[i] for i in order]) == [printed[i] for i in order]


@given(st.integers(1, 10**9), st.lists(st.fractions(0, 1), max_size=20))
def test_shares_of_voters_are_rounded_to_the_nearest_point(voters: int, parts: list[Fraction]) -> None:
    counts = [int(part * voters) for part in parts]
    for count, share in zip(counts, shares_of_voters(counts, voters), strict=True):
        assert abs(share - Fraction(100 * count, voters)) <= Fraction(1, 2)
        assert 0 <= share <= 100


def test_shares_of_voters_round_a_half_up_and_know_no_voters() -> None:
    assert shares_of_voters([1, 3, 8, 0], 8) == [13, 38, 100, 0]
    assert shares_of_voters([0, 0], 0) == [0, 0]
