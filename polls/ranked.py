"""Counts of a ranking question: first choices, points, run-off with its rounds, and every pair compared.

All of them take `profiles`: how many ballots ranked the options so, from the first place to the last that was given.
Ranking some of the options only is allowed. Numbers are whole or exact fractions; nothing is drawn by lot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Profiles = Mapping[tuple[int, ...], int]
Pairs = dict[tuple[int, int], int]


@dataclass(frozen=True)
class Round:
    """One round of a run-off: votes of the options still in it, ballots that rank none of them, and who drops out."""

    votes: Mapping[int, int]
    exhausted: int
    dropped: tuple[int, ...] = ()


@dataclass(frozen=True)
class Runoff:
    """All rounds, and the winner; `winner` is None without a ballot, or where the last ones left are level."""

    rounds: tuple[Round, ...]
    winner: int | None


def first_choices(options: Sequence[int], profiles: Profiles) -> dict[int, int]:
    """How many ballots rank each option first."""
    _check(options, profiles)
    return _votes(options, profiles)


def borda(options: Sequence[int], profiles: Profiles) -> dict[int, Fraction]:
    """Points of each option: of n options the first has n - 1 on a ballot, the next n - 2, the last 0.

    Options that a ballot does not rank share the points that are left equally, so that a short ballot gives away as
    many points as a long one and ranking only a favourite gains nothing: the averaged variant in N. Narodytska and
    T. Walsh, The computational impact of partial votes on strategic voting, ECAI 2014. Source of the count: J.-C. de
    Borda, Mémoire sur les élections au scrutin, 1781.
    """
    _check(options, profiles)
    points = dict.fromkeys(options, Fraction(0))
    for ranking, ballots in profiles.items():
        for place, option in enumerate(ranking, start=1):
            points[option] += (len(options) - place) * ballots
        # The points left are 0 … m - 1 for m options, (m - 1) / 2 for each.
        share = Fraction(len(options) - len(ranking) - 1, 2) * ballots
        for option in set(options) - set(ranking):
            points[option] += share
    return points


def instant_runoff(options: Sequence[int], profiles: Profiles) -> Runoff:
    """The alternative vote: while none has more than half of the ballots that count, the last drops out.

    A ballot counts for the first option it ranks that is still there; when none is, it is exhausted. Where several are
    last, the one drops out that had fewer votes in the latest earlier round in which they differ; if they never did,
    they drop out together; and if that would be everybody, it is a tie and nobody wins. Sources: N. Tideman, Collective
    Decisions and Voting, 2006; on ties J. O'Neill, Tie-breaking with the single transferable vote, Voting matters 18,
    2004 (the "backwards" rule).
    """
    _check(options, profiles)
    rounds: list[Round] = []
    left: list[int] = list(options)
    while left:
        votes = _votes(left, profiles)
        counting = sum(votes.values())
        exhausted = sum(profiles.values()) - counting
        leader = max(left, key=lambda option: votes[option])
        if 2 * votes[leader] > counting:
            return Runoff((*rounds, Round(votes, exhausted)), leader)
        dropped = _last(left, [votes, *(former.votes for former in reversed(rounds))])
        if len(dropped) == len(left):
            return Runoff((*rounds, Round(votes, exhausted)), None)
        rounds.append(Round(votes, exhausted, dropped))
        left = [option for option in left if option not in dropped]
    return Runoff(tuple(rounds), None)


def pairs(options: Sequence[int], profiles: Profiles) -> Pairs:
    """For each two options how many ballots put the first before the second.

    A ranked option stands before every one that the ballot does not rank; of two that it does not rank it says nothing.
    """
    _check(options, profiles)
    table: Pairs = {(a, b): 0 for a in options for b in options if a != b}
    for ranking, ballots in profiles.items():
        behind = set(options)
        for option in ranking:
            behind.discard(option)
            for other in behind:
                table[option, other] += ballots
    return table


def condorcet_winner(options: Sequence[int], profiles: Profiles) -> int | None:
    """The option that more ballots put before than behind every other, one by one; None where there is none.

    Source: M. de Condorcet, Essai sur l'application de l'analyse à la probabilité des décisions, 1785.
    """
    table = pairs(options, profiles)
    if not any(profiles.values()):
        return None
    return next((a for a in options if all(table[a, b] > table[b, a] for b in options if a != b)), None)


def _check(options: Collection[int], profiles: Profiles) -> None:
    """Raises ValueError for rankings that no ballot can hold: a fault of the caller, never of a respondent."""
    known = set(options)
    if len(known) != len(options):
        raise ValueError("an option is listed twice")
    for ranking, ballots in profiles.items():
        if ballots < 0 or len(set(ranking)) != len(ranking) or not known.issuperset(ranking):
            raise ValueError(f"no ballot ranks {ranking!r}, {ballots} times")


def _votes(left: Collection[int], profiles: Profiles) -> dict[int, int]:
    votes = Counter(dict.fromkeys(left, 0))
    for ranking, ballots in profiles.items():
        first = next((option for option in ranking if option in votes), None)
        if first is not None:
            votes[first] += ballots
    return dict(votes)


def _last(left: Sequence[int], counts: Sequence[Mapping[int, int]]) -> tuple[int, ...]:
    """Those with the fewest votes, told apart by one count after another."""
    last = list(left)
    for votes in counts:
        fewest = min(votes[option] for option in last)
        last = [option for option in last if votes[option] == fewest]
    return tuple(last)
