"""What the count of one question holds, and what a type makes of it: rows for readers, columns for an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from polls.paper import Mark


@dataclass(frozen=True)
class QuestionCount:
    """The votes of one question: who was asked, who answered, and how, as numbers that can be added up.

    `votes` by option; `numbers` by option (0: the question itself) how often each number was given; `ranks` by option
    how often it stood at each rank; `profiles` how often each ranking was given, the options from first to last;
    `withheld` the options whose numbers too few gave to be published.
    """

    asked: int = 0
    base: int = 0
    votes: Mapping[int, int] = field(default_factory=dict)
    numbers: Mapping[int, Mapping[Decimal, int]] = field(default_factory=dict)
    ranks: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    profiles: Mapping[tuple[int, ...], int] = field(default_factory=dict)
    withheld: frozenset[int] = frozenset()

    @classmethod
    def counted(
        cls,
        asked: int,
        base: int,
        *,
        votes: Mapping[int, int],
        numbers: Mapping[int, Mapping[Decimal, int]],
        profiles: Mapping[tuple[int, ...], int],
    ) -> QuestionCount:
        """The count of many ballots; how often an option stood at each rank follows from the profiles."""
        ranks: dict[int, dict[int, int]] = {}
        for profile, n in profiles.items():
            for rank, option in enumerate(profile, 1):
                at = ranks.setdefault(option, {})
                at[rank] = at.get(rank, 0) + n
        # Options that were ranked, given points or answered in a battery are not chosen: they have no votes.
        chosen = {option: n for option, n in votes.items() if option not in ranks and option not in numbers}
        return cls(asked, base, chosen, numbers, ranks, profiles)

    def without_small(self, smallest: int) -> QuestionCount:
        """Without the rows of a battery that fewer answered, though more answered the battery."""
        small = {option for option, given in self.numbers.items() if option and sum(given.values()) < smallest}
        kept = {option: given for option, given in self.numbers.items() if option not in small}
        return replace(self, numbers=kept, withheld=frozenset(small))

    def canonical(self) -> dict[str, Any]:
        """Ids and counts only, in a form that JSON keeps: what is hashed and stored."""
        found: dict[str, Any] = {
            "asked": self.asked,
            "base": self.base,
            "votes": {str(option): n for option, n in self.votes.items()},
        }
        if self.numbers:
            found["numbers"] = {
                str(option): {f"{number:f}": n for number, n in given.items()} for option, given in self.numbers.items()
            }
        if self.profiles:
            found["profiles"] = {",".join(map(str, profile)): n for profile, n in self.profiles.items()}
        return found

    @classmethod
    def from_canonical(cls, stored: Mapping[str, Any]) -> QuestionCount:
        return cls.counted(
            stored["asked"],
            stored["base"],
            votes={int(option): n for option, n in stored["votes"].items()},
            numbers={
                int(option): {Decimal(number): n for number, n in given.items()}
                for option, given in stored.get("numbers", {}).items()
            },
            profiles={tuple(map(int, profile.split(","))): n for profile, n in stored.get("profiles", {}).items()},
        )

    @classmethod
    def of(cls, marks: Sequence[Mark]) -> QuestionCount:
        """The count of one ballot's marks in one question: which rows are a voter's own."""
        given = [mark for mark in marks if mark.missing is None]
        votes = {mark.option: 1 for mark in given if mark.option and mark.number is None and mark.rank is None}
        numbers = {mark.option or 0: {mark.number: 1} for mark in given if mark.number is not None}
        ranks = {mark.option: {mark.rank: 1} for mark in given if mark.option and mark.rank}
        return cls(int(bool(marks)), int(bool(given)), votes, numbers, ranks)


@dataclass(frozen=True)
class Row:
    """A line of the figures: an option's id, or a text that names a point of a scale or a class of numbers."""

    id: int | str
    votes: int


@dataclass(frozen=True)
class Column:
    """A column of an export: its value for the marks of one ballot in this question, and what its codes mean."""

    name: str
    label: str
    value: Callable[[Sequence[Mark]], Any]
    codes: Mapping[str, str]
