"""Counts of a ranking question: published elections, and what must hold of any."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from polls.ranked import Profiles, Round, Runoff, borda, condorcet_winner, first_choices, instant_runoff, pairs

# --- published examples -------------------------------------------------------------------------------------------

# The capital of Tennessee, the textbook example of Wikipedia's articles on voting methods: all vote for what is near.
MEMPHIS, NASHVILLE, CHATTANOOGA, KNOXVILLE = CITIES = (1, 2, 3, 4)
TENNESSEE: Profiles = {
    (MEMPHIS, NASHVILLE, CHATTANOOGA, KNOXVILLE): 42,
    (NASHVILLE, CHATTANOOGA, KNOXVILLE, MEMPHIS): 26,
    (CHATTANOOGA, KNOXVILLE, NASHVILLE, MEMPHIS): 15,
    (KNOXVILLE, CHATTANOOGA, NASHVILLE, MEMPHIS): 17,
}


def test_tennessee_most_first_choices_have_memphis() -> None:
    assert first_choices(CITIES, TENNESSEE) == {MEMPHIS: 42, NASHVILLE: 26, CHATTANOOGA: 15, KNOXVILLE: 17}


def test_tennessee_nashville_has_most_points() -> None:
    assert borda(CITIES, TENNESSEE) == {MEMPHIS: 126, NASHVILLE: 194, CHATTANOOGA: 173, KNOXVILLE: 107}


def test_tennessee_knoxville_wins_the_run_off_in_three_rounds() -> None:
    assert instant_runoff(CITIES, TENNESSEE) == Runoff(
        (
            Round({MEMPHIS: 42, NASHVILLE: 26, CHATTANOOGA: 15, KNOXVILLE: 17}, 0, (CHATTANOOGA,)),
            Round({MEMPHIS: 42, NASHVILLE: 26, KNOXVILLE: 32}, 0, (NASHVILLE,)),
            Round({MEMPHIS: 42, KNOXVILLE: 58}, 0),
        ),
        KNOXVILLE,
    )


def test_tennessee_nashville_is_put_before_each_other_city() -> None:
    assert condorcet_winner(CITIES, TENNESSEE) == NASHVILLE
    table = pairs(CITIES, TENNESSEE)
    assert {table[NASHVILLE, MEMPHIS], table[CHATTANOOGA, MEMPHIS], table[KNOXVILLE, MEMPHIS]} == {58}
    assert (table[NASHVILLE, CHATTANOOGA], table[NASHVILLE, KNOXVILLE], table[CHATTANOOGA, KNOXVILLE]) == (68, 68, 83)


# The mayor of Burlington, Vermont, 2009, as far as the ballots rank the last three candidates: the winner of the
# run-off is not the one whom majorities put before each other candidate, and ballots are exhausted.
KISS, MONTROLL, WRIGHT = MAYORS = (10, 20, 30)
BURLINGTON: Profiles = {
    (MONTROLL, KISS, WRIGHT): 1332,
    (MONTROLL, WRIGHT, KISS): 767,
    (MONTROLL,): 455,
    (KISS, MONTROLL, WRIGHT): 2043,
    (KISS, WRIGHT, MONTROLL): 371,
    (KISS,): 568,
    (WRIGHT, MONTROLL, KISS): 1513,
    (WRIGHT, KISS, MONTROLL): 495,
    (WRIGHT,): 1289,
}


def test_burlington_kiss_wins_the_run_off_and_455_ballots_are_exhausted() -> None:
    assert instant_runoff(MAYORS, BURLINGTON) == Runoff(
        (
            Round({KISS: 2982, MONTROLL: 2554, WRIGHT: 3297}, 0, (MONTROLL,)),
            Round({KISS: 4314, WRIGHT: 4064}, 455),
        ),
        KISS,
    )


def test_burlington_montroll_is_put_before_both_others() -> None:
    table = pairs(MAYORS, BURLINGTON)
    assert (table[MONTROLL, KISS], table[KISS, MONTROLL]) == (4067, 3477)
    assert (table[MONTROLL, WRIGHT], table[WRIGHT, MONTROLL]) == (4597, 3668)
    assert (table[KISS, WRIGHT], table[WRIGHT, KISS]) == (4314, 4064)
    assert condorcet_winner(MAYORS, BURLINGTON) == MONTROLL


def test_condorcets_paradox_has_no_winner_and_a_run_off_ends_level() -> None:
    circle: Profiles = {(1, 2, 3): 1, (2, 3, 1): 1, (3, 1, 2): 1}
    assert condorcet_winner((1, 2, 3), circle) is None
    assert pairs((1, 2, 3), circle) == {(1, 2): 2, (2, 1): 1, (2, 3): 2, (3, 2): 1, (3, 1): 2, (1, 3): 1}
    assert instant_runoff((1, 2, 3), circle) == Runoff((Round({1: 1, 2: 1, 3: 1}, 0),), None)


# --- partial ballots, ties, nothing at all ------------------------------------------------------------------------


def test_options_that_a_ballot_does_not_rank_share_the_points_left() -> None:
    assert borda((1, 2, 3, 4), {(2,): 1}) == {1: 1, 2: 3, 3: 1, 4: 1}
    assert borda((1, 2, 3, 4), {(2, 4): 3}) == {1: Fraction(3, 2), 2: 9, 3: Fraction(3, 2), 4: 6}
    assert borda((1, 2), {(): 5}) == {1: Fraction(5, 2), 2: Fraction(5, 2)}


def test_of_two_that_are_last_the_one_drops_out_that_had_fewer_before() -> None:
    ballots = {(1,): 6, (2,): 5, (3,): 4, (4, 3): 1, (5,): 3}
    rounds = instant_runoff((1, 2, 3, 4, 5), ballots).rounds
    assert rounds[:3] == (
        Round({1: 6, 2: 5, 3: 4, 4: 1, 5: 3}, 0, (4,)),
        Round({1: 6, 2: 5, 3: 5, 5: 3}, 0, (5,)),
        Round({1: 6, 2: 5, 3: 5}, 3, (3,)),
    )


def test_the_latest_round_in_which_they_differ_decides_and_not_the_first() -> None:
    ballots = {(1,): 10, (2,): 4, (3,): 3, (4, 3): 2, (5, 2): 1, (5,): 2}
    assert [round_.dropped for round_ in instant_runoff((1, 2, 3, 4, 5), ballots).rounds] == [(4,), (5,), (2,), ()]


def test_those_who_were_level_in_every_round_drop_out_together() -> None:
    assert instant_runoff((1, 2, 3), {(1,): 4, (2, 3): 2, (3, 2): 2}) == Runoff(
        (Round({1: 4, 2: 2, 3: 2}, 0, (2, 3)), Round({1: 4}, 4)), 1
    )


def test_half_of_the_ballots_is_no_majority() -> None:
    assert instant_runoff((1, 2), {(1,): 2, (2,): 2}).winner is None
    assert instant_runoff((1, 2), {(1,): 3, (2,): 2}).winner == 1


def test_without_ballots_nobody_wins() -> None:
    empty: tuple[Profiles, ...] = ({}, {(): 3}, {(1,): 0})
    for ballots in empty:
        assert instant_runoff((1, 2), ballots).winner is None
        assert condorcet_winner((1, 2), ballots) is None
    assert instant_runoff((), {}) == Runoff((), None)
    assert condorcet_winner((1,), {}) is None
    assert condorcet_winner((1,), {(1,): 1}) == 1


@pytest.mark.parametrize(("ranking", "ballots"), [((1, 1), 1), ((1, 3), 1), ((1,), -1)])
def test_what_no_ballot_can_hold_is_refused(ranking: tuple[int, ...], ballots: int) -> None:
    for count in (first_choices, borda, instant_runoff, pairs, condorcet_winner):
        with pytest.raises(ValueError, match="no ballot ranks"):
            count((1, 2), {ranking: ballots})
    with pytest.raises(ValueError, match="listed twice"):
        first_choices((1, 1), {})


# --- any ballots --------------------------------------------------------------------------------------------------

OPTIONS = (1, 2, 3, 4)
WHOLE = st.dictionaries(st.sampled_from(list(permutations(OPTIONS))), st.integers(0, 9), max_size=12)
PARTIAL = st.dictionaries(
    st.sampled_from([ranking for n in range(5) for ranking in permutations(OPTIONS, n)]), st.integers(0, 9), max_size=12
)


@given(PARTIAL, st.sampled_from(OPTIONS))
def test_who_has_more_than_half_of_all_first_places_wins_the_run_off_and_every_pair(
    ballots: Profiles, favourite: int
) -> None:
    others = sum(ballots.values())
    with_majority = dict(ballots)
    with_majority[(favourite,)] = with_majority.get((favourite,), 0) + others + 1
    assert instant_runoff(OPTIONS, with_majority).winner == favourite
    assert len(instant_runoff(OPTIONS, with_majority).rounds) == 1
    assert condorcet_winner(OPTIONS, with_majority) == favourite


@given(WHOLE)
def test_whole_ballots_reversed_reverse_every_pair_and_the_points(ballots: Profiles) -> None:
    backwards = {ranking[::-1]: number for ranking, number in ballots.items()}
    table = pairs(OPTIONS, ballots)
    assert pairs(OPTIONS, backwards) == {(b, a): number for (a, b), number in table.items()}
    most = 3 * sum(ballots.values())
    assert borda(OPTIONS, backwards) == {option: most - points for option, points in borda(OPTIONS, ballots).items()}


@given(PARTIAL, st.permutations(OPTIONS))
def test_names_and_their_order_decide_nothing(ballots: Profiles, names: list[int]) -> None:
    name = dict(zip(OPTIONS, names, strict=True))
    renamed = {tuple(name[option] for option in ranking): number for ranking, number in ballots.items()}
    assert borda(names, renamed) == {name[option]: points for option, points in borda(OPTIONS, ballots).items()}
    winner = condorcet_winner(OPTIONS, ballots)
    assert condorcet_winner(OPTIONS, renamed) == (winner and name[winner])
    there, here = instant_runoff(OPTIONS, renamed), instant_runoff(OPTIONS, ballots)
    assert there.winner == (here.winner and name[here.winner])
    for a, b in zip(there.rounds, here.rounds, strict=True):
        assert a.votes == {name[option]: number for option, number in b.votes.items()}
        assert (a.exhausted, set(a.dropped)) == (b.exhausted, {name[option] for option in b.dropped})


@given(PARTIAL)
def test_no_ballot_is_lost_in_a_round_and_each_round_has_fewer_options(
    ballots: Profiles,
) -> None:
    runoff = instant_runoff(OPTIONS, ballots)
    for round_ in runoff.rounds:
        assert sum(round_.votes.values()) + round_.exhausted == sum(ballots.values())
    for before, after in zip(runoff.rounds, runoff.rounds[1:], strict=False):
        assert set(after.votes) == set(before.votes) - set(before.dropped)
        assert before.dropped
        assert before.exhausted <= after.exhausted
    if runoff.winner is not None:
        last = runoff.rounds[-1].votes
        assert 2 * last[runoff.winner] > sum(last.values())


@given(PARTIAL)
def test_each_ballot_gives_away_the_same_points(ballots: Profiles) -> None:
    assert sum(borda(OPTIONS, ballots).values()) == 6 * sum(ballots.values())


@given(WHOLE)
def test_who_is_put_before_everybody_never_has_the_fewest_points(ballots: Profiles) -> None:
    """A theorem of J. H. Smith, 1973: with whole rankings such a winner has more points than the average."""
    winner = condorcet_winner(OPTIONS, ballots)
    assume(winner is not None)
    points = borda(OPTIONS, ballots)
    assert points[winner or 0] > Fraction(sum(points.values()), len(OPTIONS))
