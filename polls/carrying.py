"""Polls whose figures come from a former site: closed for good, and said to be carried over.

The only writer of carried votes. A poll has these or ballots, never both; the database sees to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from polls import drafting, tally
from polls.drafting import Asked
from polls.models import CarriedVotes, Poll, ResultsShown


@transaction.atomic
def carry_over(
    *,
    slug: str,
    asked: Asked,
    votes: Sequence[int],
    voters: int | None,
    opened_at: datetime,
    closed_at: datetime,
) -> Poll:
    """A final poll of one question with the votes of each option, in their order.

    `voters` is the base; without it that is the sum of the votes, which is right for a single choice only. The dates
    must lie in the past, the opening first. Its figures show to everybody, as those of any closed poll.
    """
    if len(votes) != len(asked.options):
        raise ValueError("votes are given for every option or for none")
    poll = drafting.create(
        asked=[asked], opens_at=opened_at, closes_at=closed_at, slug=slug, results_shown=ResultsShown.ALWAYS
    )
    Poll.objects.filter(pk=poll.pk).update(published_at=opened_at)
    question = poll.questions.get()
    rows = [CarriedVotes(poll=poll, question=question, votes=sum(votes) if voters is None else voters)]
    for option, number in zip(question.options.order_by("position"), votes, strict=True):
        rows.append(CarriedVotes(poll=poll, question=question, option=option, votes=number))
    CarriedVotes.objects.bulk_create(rows)
    Poll.objects.filter(pk=poll.pk).update(finalised_at=closed_at)
    transaction.on_commit(lambda: tally.recount(poll.pk, wait=True), robust=True)
    poll.refresh_from_db()
    return poll


def votes_of(poll: Poll) -> tuple[int, list[int]] | None:
    """The voters and the votes of each option, in order, of a poll with carried votes; None of any other."""
    rows = {row.option_id: row.votes for row in poll.carried.all()}
    if not rows:
        return None
    question = poll.questions.get()
    return rows[None], [rows.get(option.pk, 0) for option in question.options.order_by("position")]
