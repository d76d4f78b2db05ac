"""Who may see figures: every rule in every state, below and above the smallest base, for everybody and for voters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from polls.models import Poll, ResultsShown, State
from polls.visibility import REASONS, Visibility, decide, smallest_base

NOW = timezone.now()
EARLY = (State.DRAFT, State.SCHEDULED)
RUNNING = (State.OPEN, State.PAUSED)
OVER = (State.CLOSED, State.FINAL)

# What everybody and what a voter is told, where the base is large enough. None: figures.
RULES: dict[tuple[str, tuple[State, ...]], tuple[str | None, str | None]] = {
    ("always", RUNNING): (None, None),
    ("always", OVER): (None, None),
    ("after_vote", RUNNING): ("after_vote", None),
    ("after_vote", OVER): (None, None),
    ("after_close", RUNNING): ("after_close", "after_close"),
    ("after_close", OVER): (None, None),
    ("from_date", RUNNING): ("from_date", "from_date"),
    ("from_date", OVER): ("from_date", "from_date"),
    ("staff", RUNNING): ("staff", "staff"),
    ("staff", OVER): ("staff", "staff"),
    **{(shown, EARLY): ("not_open", "not_open") for shown in ResultsShown.values},
}
MATRIX = [(shown, state, *told) for (shown, states), told in RULES.items() for state in states]


def poll(**fields: object) -> Poll:
    return Poll(**{"results_from": NOW + timedelta(days=1), **fields})


def test_the_matrix_is_whole() -> None:
    assert len(MATRIX) == len(ResultsShown.values) * len(State.values)


@pytest.mark.parametrize(("shown", "state", "public", "voters"), MATRIX)
def test_figures_of_a_large_enough_base(shown: str, state: State, public: str | None, voters: str | None) -> None:
    assert decide(poll(results_shown=shown), state=state, base=0, now=NOW) == Visibility(public, voters)
    asked = poll(results_shown=shown, minimum_base=5)
    assert decide(asked, state=state, base=5, now=NOW) == Visibility(public, voters)


@pytest.mark.parametrize(("shown", "state", "public", "voters"), MATRIX)
def test_figures_of_a_smaller_base_are_shown_to_nobody(
    shown: str, state: State, public: str | None, voters: str | None
) -> None:
    for asked in (poll(results_shown=shown, minimum_base=5), poll(results_shown=shown, step=5)):
        seen = decide(asked, state=state, base=4, now=NOW)
        assert seen == Visibility(public or "base", voters or "base")


def test_figures_that_come_with_the_next_step_are_announced() -> None:
    stepped = poll(results_shown="always", step=10)
    assert decide(stepped, state=State.OPEN, base=0, coming=9, now=NOW) == Visibility("base", "base")
    assert decide(stepped, state=State.OPEN, base=0, coming=10, now=NOW) == Visibility("waiting", "waiting")


@pytest.mark.parametrize("state", [*RUNNING, *OVER])
def test_figures_show_from_their_date_on_and_not_a_moment_before(state: State) -> None:
    dated = poll(results_shown="from_date", results_from=NOW)
    assert decide(dated, state=state, base=0, now=NOW) == Visibility(None, None)
    before = NOW - timedelta(microseconds=1)
    assert decide(dated, state=state, base=0, now=before) == Visibility("from_date", "from_date")


def test_a_rule_that_nobody_knows_shows_nothing() -> None:
    assert decide(poll(results_shown="?"), state=State.FINAL, base=99, now=NOW) == Visibility("staff", "staff")
    undated = poll(results_shown="from_date", results_from=None)
    assert decide(undated, state=State.FINAL, base=99, now=NOW) == Visibility("from_date", "from_date")


def test_a_poll_in_steps_shows_never_less_than_a_step() -> None:
    assert [smallest_base(poll(step=step, minimum_base=5)) for step in (1, 2, 10)] == [5, 5, 10]
    assert smallest_base(poll(step=1)) == 0


def test_every_reason_has_words_for_the_reader() -> None:
    told = {reason for *_case, public, voters in MATRIX for reason in (public, voters) if reason}
    assert told | {"base", "waiting"} == set(REASONS)
    assert all(str(words).endswith(".") for words in REASONS.values())
