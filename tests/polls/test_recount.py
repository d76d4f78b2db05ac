"""`manage.py recount`: counts anew from the ballots alone, and with --verify finds every difference."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.utils import timezone

from polls import counting, documents, tally
from polls.models import Answer, Ballot, Poll, Tally, TallyHistory
from tests.factories import cast, cast_many, finalise, make_poll, unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_cache")]


def recount(*arguments: str) -> str:
    out = StringIO()
    call_command("recount", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def poll() -> Poll:
    made = make_poll("tea", options=["a", "b"])
    cast_many(made, [3, 2])
    tally.recount(made.pk)
    return made


def test_all_polls_or_those_named_are_counted(poll: Poll) -> None:
    make_poll("coffee")
    assert recount() == "tea: 5 ballots, version 1\ncoffee: 0 ballots, version 1\n"
    cast(poll)
    assert recount("tea") == "tea: 6 ballots, version 2\n"


def test_a_poll_that_nobody_knows_is_said_and_nothing_counted(poll: Poll) -> None:
    with pytest.raises(CommandError, match="There is no poll milk, water"):
        recount("water", "tea", "milk")


def test_where_all_agrees_it_is_said(poll: Poll) -> None:
    assert recount("--verify") == "tea: all figures agree\n"


def test_verifying_changes_nothing(poll: Poll) -> None:
    cast(poll)
    before = Tally.objects.values().get()
    recount("--verify")
    assert Tally.objects.values().get() == before


def test_the_counts_alone_are_rebuilt_from_the_ballots(poll: Poll) -> None:
    """Every count deleted: what is counted then says the same, but for version and time."""
    stepped = make_poll("steps", step=5)
    cast_many(stepped, [7, 6])
    finalise(stepped)
    before = {row.poll_id: (documents.said(json.loads(row.public)), row.sha256) for row in Tally.objects.all()}
    with unguarded():
        Tally.objects.all().delete()
        TallyHistory.objects.all().delete()
    recount()
    assert {row.poll_id: (documents.said(json.loads(row.public)), row.sha256) for row in Tally.objects.all()} == before
    assert recount("--verify") == "tea: all figures agree\nsteps: all figures agree\n"


def edited(change: Callable[[dict[str, Any]], None], field: str) -> Callable[[Tally], None]:
    def edit(row: Tally) -> None:
        value = getattr(row, field)
        document = json.loads(value) if isinstance(value, str) else value
        change(document)
        setattr(row, field, documents.as_text(document) if isinstance(value, str) else document)

    return edit


def add_a_vote(counts: dict[str, Any]) -> None:
    for question in counts["questions"].values():
        for option in question["votes"]:
            question["votes"][option] += 1
            return


def with_its_checksum(row: Tally) -> None:
    edited(add_a_vote, "counts")(row)
    row.sha256 = counting.Count.from_stored(row.counts).sha256("tea")


CHECKSUM = "The stored count and its checksum differ."
RECOUNT = "A recount of the ballots and the stored count differ."
DOCUMENTS = "The stored count and its documents differ."


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (edited(add_a_vote, "counts"), [CHECKSUM, DOCUMENTS]),
        (with_its_checksum, [RECOUNT, DOCUMENTS]),
        (lambda row: setattr(row, "sha256", "0" * 64), [CHECKSUM, RECOUNT]),
        (edited(lambda d: d["questions"][0]["options"][0].update(percent=99), "public"), [DOCUMENTS]),
        (edited(lambda d: d.update(ballots=6), "voters"), [DOCUMENTS]),
    ],
    ids=["counts", "counts and checksum", "checksum", "a percentage", "the voters' document"],
)
def test_a_count_that_was_tampered_with_is_found(
    poll: Poll, tamper: Callable[[Tally], None], found: list[str], redis_cache: redis.Redis
) -> None:
    redis_cache.flushdb()
    row = Tally.objects.get()
    tamper(row)
    with unguarded():
        row.save()
    with pytest.raises(CommandError, match="1 of 1 polls differ"):
        recount("--verify")
    assert tally.verify(poll.pk) == found
    recount()
    assert tally.verify(poll.pk) == []


def test_a_copy_in_redis_that_was_tampered_with_is_found(poll: Poll, redis_cache: redis.Redis) -> None:
    for variant in ("public", "voters"):
        redis_cache.hset("results:tea", variant, "{}")
        assert tally.verify(poll.pk) == ["The copy in Redis and the stored document differ."]
        tally.publish(Tally.objects.get())
        assert tally.verify(poll.pk) == []


def test_a_ballot_that_came_in_by_the_window_is_found(poll: Poll) -> None:
    with unguarded():
        Tally.objects.update(checked_at=timezone.now() - timedelta(minutes=3))
        Poll.objects.update(changed_at=timezone.now() - timedelta(minutes=9))
        Ballot.objects.update(cast_at=timezone.now() - timedelta(minutes=8))
        ballot = Ballot.objects.last()
        assert ballot
        answer = ballot.answers.get()
        ballot.pk, ballot.voter_key = None, b"x" * 32
        ballot.save()
        answer.pk, answer.ballot = None, ballot
        answer.save()
    assert tally.verify(poll.pk) == [RECOUNT]


def test_a_ballot_that_vanished_is_found(poll: Poll) -> None:
    with unguarded():
        gone = Ballot.objects.last()
        assert gone
        Answer.objects.filter(ballot=gone).delete()
        Ballot.objects.filter(pk=gone.pk).delete()
        Ballot.objects.update(cast_at=timezone.now() - timedelta(minutes=8))
    assert tally.verify(poll.pk) == [RECOUNT]


def test_an_answer_that_was_changed_is_found(poll: Poll) -> None:
    first, second = poll.questions.get().options.all()
    with unguarded():
        Answer.objects.filter(option=first).update(option=second)
    assert tally.verify(poll.pk) == [RECOUNT]


def test_more_votes_than_voters_are_found(poll: Poll) -> None:
    question = poll.questions.get()
    first, second = question.options.all()
    ballot = Ballot.objects.filter(answers__option=first)[0]
    with unguarded():
        Answer.objects.create(ballot=ballot, poll=poll, question=question, option=second)
    assert tally.verify(poll.pk)[0] == f"Question {question.pk}: 6 votes of 5 voters."


def test_votes_that_came_since_the_last_count_are_no_difference(poll: Poll) -> None:
    cast(poll)
    assert tally.verify(poll.pk) == []
    tally.recount(poll.pk)
    assert tally.verify(poll.pk) == []


def test_a_change_that_the_next_tick_will_count_is_no_difference(poll: Poll) -> None:
    Poll.objects.update(results_shown="staff")
    assert tally.verify(poll.pk) == []
    tally.recount(poll.pk)
    assert tally.verify(poll.pk) == []


def test_polls_in_steps_and_hidden_ones_and_paused_ones_agree_too() -> None:
    for fields in ({"step": 3}, {"results_shown": "after_vote"}, {"results_shown": "staff"}, {"minimum_base": 4}):
        poll = make_poll(may_change=True, **fields)
        for number in range(8):
            cast(poll, by=number)
            tally.recount(poll.pk)
            assert tally.verify(poll.pk) == []
        cast(poll, "No", by=3, replaces=1)
        tally.recount(poll.pk)
        Poll.objects.filter(pk=poll.pk).update(paused_at=timezone.now())
        tally.recount(poll.pk)
        assert tally.verify(poll.pk) == []
        finalise(poll)
        assert tally.verify(poll.pk) == []
