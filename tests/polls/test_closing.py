"""Closing while readers vote: nothing after the final count, and what was acknowledged is stored and counted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from polls import lifecycle, tally, tasks, voting
from polls.models import Ballot, Poll, State, Tally
from polls.voting import NotOpen, Receipt, Unconfirmed, cast_ballot
from tests.factories import answers, as_given, cast, make_poll, move, paper_of, unguarded, voter
from tests.polls.crowd import another_session, at_once, wait_until_somebody_waits
from tests.stack import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_cache")]


class Closing:
    """One poll that writers vote in until it takes no more; it closes by time or by an editor."""

    def __init__(self, *, seconds: float, by_editor: bool, step: int = 1) -> None:
        self.seconds, self.by_editor = seconds, by_editor
        self.poll = make_poll(options=["a", "b", "c"], step=step)
        self.paper = paper_of(self.poll)
        self.acknowledged: dict[bytes, Receipt] = {}
        self.refusals: list[State] = []

    def write(self) -> None:
        """A reader after the other; what is not confirmed is sent again, as the page does it."""
        (question,) = self.paper.questions
        while True:
            key, given = voter(), as_given({question.id: [list(question.options)[len(self.acknowledged) % 3]]})
            while True:
                try:
                    self.acknowledged[key] = cast_ballot(paper=self.paper, voter_key=key, given=given)
                    break
                except Unconfirmed:
                    continue
                except NotOpen as refusal:
                    self.refusals.append(refusal.state)
                    return

    def edit(self) -> None:
        until(lambda: len(self.acknowledged) > 3)
        if self.by_editor:
            time.sleep(self.seconds)
            lifecycle.close_now(poll=self.poll, who="editor")
        else:
            ends = timezone.now() + timedelta(seconds=self.seconds)
            Poll.objects.filter(pk=self.poll.pk).update(closes_at=ends)

    def judge(self) -> None:
        self.poll.refresh_from_db()
        assert self.poll.finalised_at
        ballots = {bytes(ballot.voter_key): ballot for ballot in self.poll.ballots.all()}
        assert set(ballots) == set(self.acknowledged)
        assert len(ballots) > 3
        assert set(self.refusals) <= {State.CLOSED, State.FINAL}
        for key, receipt in self.acknowledged.items():
            assert receipt.fresh
            assert receipt.counted_at == ballots[key].cast_at < self.poll.closes_at
        final = Tally.objects.get(poll=self.poll)
        document = json.loads(tally.results(self.poll.slug))
        assert document == json.loads(final.public)
        assert (document["state"], document["ballots"]) == ("final", len(ballots))
        chosen = [receipt.choice[self.paper.questions[0].id][0] for receipt in self.acknowledged.values()]
        assert {o["id"]: o["votes"] for o in document["questions"][0]["options"]} == {
            option: chosen.count(option) for option in self.paper.questions[0].options
        }
        assert tally.verify(self.poll.pk) == []


def run(closings: list[Closing], *, writers: int) -> None:
    """All of them at once, with the clock of Celery ticking as it does."""
    over = threading.Event()

    def beat() -> None:
        while Poll.objects.filter(finalised_at__isnull=True).exists():
            tasks.tick()
            time.sleep(0.2)
        over.set()

    works = [closing.write for closing in closings for _ in range(writers)]
    at_once(beat, *works, *[closing.edit for closing in closings])
    assert over.is_set()
    for closing in closings:
        closing.judge()
    # Whoever comes later finds it closed, and nothing moves any more.
    for closing in closings:
        before = Tally.objects.get(poll=closing.poll).public
        with pytest.raises(NotOpen):
            cast(closing.poll)
        tally.recount(closing.poll.pk, wait=True)
        assert Tally.objects.get(poll=closing.poll).public == before


def test_four_closings_under_load_lose_no_vote_and_add_none() -> None:
    closings = [Closing(seconds=0.5 + 0.2 * n, by_editor=n % 2 == 0, step=10 if n == 3 else 1) for n in range(4)]
    run(closings, writers=4)


@pytest.mark.long
def test_twenty_closings_under_load_lose_no_vote_and_add_none() -> None:
    for turn in range(4):
        closings = [Closing(seconds=0.5 + 0.3 * n, by_editor=n % 2 == turn % 2, step=1) for n in range(5)]
        run(closings, writers=8)


@contextmanager
def vote_under_way(poll: Poll) -> Iterator[psycopg.Connection]:
    """A vote whose statement was accepted in time and whose COMMIT is still to come."""
    sheet = paper_of(poll)
    marks = voting.check_answers(sheet, as_given(answers(poll, "Yes")))
    with another_session() as other:
        other.execute(voting.CAST, voting._parameters(sheet, voter("slow"), 1, marks, voting.Circumstances()))
        yield other


def test_the_final_count_waits_for_a_vote_under_way() -> None:
    poll = make_poll()
    cast(poll)
    with vote_under_way(poll) as other:
        move(poll, closes_at=timezone.now() - timedelta(seconds=6))
        with pytest.raises(OperationalError, match="lock timeout"):
            tally.finalise(poll.pk)
        assert Poll.objects.get(pk=poll.pk).finalised_at is None
        other.commit()
    final = tally.finalise(poll.pk)
    assert final
    assert final.counts["ballots"] == Ballot.objects.count() == 2


def test_a_final_count_that_does_not_wait_misses_it() -> None:
    """The negative control: a plain check of the clock and a plain UPDATE, which the trigger would make wait."""
    poll = make_poll()
    cast(poll)
    with vote_under_way(poll) as other:
        move(poll, closes_at=timezone.now() - timedelta(seconds=6))
        with unguarded():
            Poll.objects.filter(pk=poll.pk).update(finalised_at=timezone.now())
        final = tally.recount(poll.pk)
        other.commit()
    assert final
    assert final.counts["ballots"] == 1 < Ballot.objects.count() == 2


def test_a_plain_update_of_the_closing_time_waits_too_and_no_ballot_lies_after_it() -> None:
    """Also where somebody closes a poll from a shell, by the clock of that machine."""
    poll = make_poll()
    early = timezone.now()

    def update() -> None:
        Poll.objects.filter(pk=poll.pk).update(closes_at=early)
        connection.close()

    with vote_under_way(poll) as other:
        closer = threading.Thread(target=update)
        closer.start()
        wait_until_somebody_waits()
        assert Poll.objects.get(pk=poll.pk).closes_at > timezone.now()
        other.commit()
        closer.join()
    ballot = Ballot.objects.get()
    poll.refresh_from_db()
    assert early < ballot.cast_at < poll.closes_at < timezone.now()
    with pytest.raises(NotOpen):
        cast(poll)


def test_one_poll_whose_final_count_must_wait_keeps_no_other_waiting() -> None:
    slow, other_poll = make_poll(), make_poll()
    cast(slow)
    cast(other_poll)
    with vote_under_way(slow):
        for poll in (slow, other_poll):
            move(poll, closes_at=timezone.now() - timedelta(seconds=6))
        tasks.tick()
        assert [p.finalised_at is None for p in Poll.objects.order_by("pk")] == [True, False]
    tasks.tick()
    assert not Poll.objects.filter(finalised_at=None).exists()
