"""Who may see the figures of a poll: one pure rule, used when the documents of a poll are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from polls.models import Poll, ResultsShown, State

# Why figures are not shown, in the reader's words; the codes stand in `results.json`.
REASONS = {
    "not_open": _("Voting has not begun yet."),
    "after_vote": _("Results are shown after you vote."),
    "after_close": _("Results are shown after closing."),
    "from_date": _("Results are shown from a later date."),
    "staff": _("The results of this poll are not published."),
    "base": _("Too few readers have voted so far for the results to be shown."),
    "waiting": _("Results appear after the next votes have been counted."),
}


@dataclass(frozen=True)
class Visibility:
    """For everybody and for a voter: None where figures show, else the code of the reason."""

    public: str | None
    voters: str | None


def decide(poll: Poll, *, state: State, base: int, now: datetime, coming: int = 0) -> Visibility:
    """Who may see figures of `base` counted ballots at `now` in `state`; default is nobody.

    `coming` ballots stand in the count that is published with the next step.
    """
    if state in (State.DRAFT, State.SCHEDULED):
        return Visibility("not_open", "not_open")
    closed = state in (State.CLOSED, State.FINAL)
    public: str | None
    voters: str | None
    match poll.results_shown:
        case ResultsShown.ALWAYS:
            public = voters = None
        case ResultsShown.AFTER_VOTE:
            public, voters = (None if closed else "after_vote"), None
        case ResultsShown.AFTER_CLOSE:
            public = voters = None if closed else "after_close"
        case ResultsShown.FROM_DATE:
            public = voters = None if poll.results_from and poll.results_from <= now else "from_date"
        case _:
            public = voters = "staff"
    if base < smallest_base(poll):
        few = "waiting" if coming >= smallest_base(poll) else "base"
        public, voters = public or few, voters or few
    return Visibility(public, voters)


def smallest_base(poll: Poll) -> int:
    """The fewest voters of whom figures show: a poll published in steps never shows less than one step."""
    return max(poll.minimum_base, poll.step if poll.step > 1 else 0)
