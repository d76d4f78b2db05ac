"""Celery's tasks: harmless when lost, late, repeated or interrupted; and once on a real worker."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from celery.contrib.testing.worker import start_worker
from django.contrib.sessions.models import Session
from django.utils import timezone

from polls import tally, tasks
from polls.models import Alarm, BallotRisk, Draft, Poll, Tally
from polls.voting import Circumstances, Risk
from polls_site.celery import app
from tests.factories import cast, cast_many, close, finalise, make_poll, move, unguarded, voter
from tests.polls.crowd import another_session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_cache")]
in_the_open = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_poll_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a count of one ballot may take long enough to earn a rest."""
    monkeypatch.setattr(tally, "RECOUNT_SHARE", 1000.0)


def ballots(poll: Poll) -> int | None:
    counted = Tally.objects.filter(poll=poll).first()
    return counted.counts["ballots"] if counted else None


def test_a_tick_counts_what_was_hinted_at_and_nothing_else(redis_cache: redis.Redis) -> None:
    hinted, other = make_poll(), make_poll()
    tasks.tick()
    cast(hinted)
    cast(other)
    tally.look_again(hinted.pk)
    tasks.tick()
    assert (ballots(hinted), ballots(other)) == (1, 0)
    assert redis_cache.smembers("hints") == set()


def test_a_lost_hint_is_made_good_by_the_sweep() -> None:
    poll = make_poll()
    tasks.tick()
    cast(poll)
    tasks.tick()
    assert ballots(poll) == 0
    tasks.sweep()
    assert ballots(poll) == 1


def test_the_sweep_leaves_polls_at_rest_alone(django_assert_num_queries: Any) -> None:
    poll = make_poll()
    cast(poll)
    with unguarded():
        poll.ballots.update(cast_at=timezone.now() - timedelta(minutes=5))
    tasks.tick()
    before = Tally.objects.get().checked_at
    tasks.sweep()
    assert Tally.objects.get().checked_at == before
    with django_assert_num_queries(2):
        tasks.sweep()


def test_what_redis_lost_is_put_back_by_the_sweep(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    tasks.tick()
    redis_cache.flushdb()
    tasks.sweep()
    assert redis_cache.hget(f"results:{poll.slug}", "public") == Tally.objects.get().public.encode()


def test_a_poll_closes_for_its_readers_at_the_next_tick_and_is_final_five_seconds_later() -> None:
    poll = make_poll()
    cast(poll)
    tasks.tick()
    close(poll, ago=0)
    tasks.tick()
    closed = json.loads(Tally.objects.get().public)
    close(poll, ago=5.1)
    tasks.tick()
    final = json.loads(Tally.objects.get().public)
    assert [(d["state"], d["version"], d["ballots"]) for d in (closed, final)] == [("closed", 2, 1), ("final", 3, 1)]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))])
def test_tasks_done_never_once_or_thrice_in_any_order_change_nothing(seed: int) -> None:
    """Deliveries as a broker may make them, among votes; what is known in the end is what the ballots say."""
    chance = random.Random(seed)
    polls = [make_poll(), make_poll(step=3, may_change=True), make_poll(results_shown="after_vote")]
    for turn in range(8):
        poll = chance.choice(polls)
        cast(poll, chance.choice(["Yes", "No"]), by=turn)
        if chance.random() < 0.7:
            tally.look_again(poll.pk)
        deliver(chance)
    for poll in polls:
        finalise(poll)
    expected = {row.poll_id: (row.public, row.voters, row.version, row.sha256) for row in Tally.objects.all()}
    for _ in range(3):
        deliver(chance)
    now = {row.poll_id: (row.public, row.voters, row.version, row.sha256) for row in Tally.objects.all()}
    assert now == expected
    assert all(ballots(poll) == poll.ballots.count() for poll in polls)
    assert not Alarm.objects.exists()


def deliver(chance: random.Random) -> None:
    due = [task for task in (tasks.tick, tasks.sweep, tasks.verify, tasks.purge) for _ in range(chance.randrange(4))]
    chance.shuffle(due)
    for task in due:
        task()


@in_the_open
def test_a_hint_at_a_poll_that_is_just_being_counted_is_kept_for_the_next_tick(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    tasks.tick()
    cast(poll)
    tally.look_again(poll.pk)
    with another_session() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [tally.ADVISORY_SPACE, poll.pk])
        tasks.tick()
        assert ballots(poll) == 0
        assert redis_cache.smembers("hints") == {str(poll.pk).encode()}
    tasks.tick()
    assert ballots(poll) == 1


@in_the_open
def test_one_poll_that_cannot_be_counted_stops_the_heart_and_nothing_else(
    redis_cache: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = make_poll(), make_poll()
    tasks.tick()
    redis_cache.delete("tick")
    with unguarded():
        Tally.objects.filter(poll=broken).update(counts={"nonsense": 1})
        Tally.objects.filter(poll=broken).update(as_of=timezone.now() + timedelta(days=1))
    for poll in (broken, sound):
        cast(poll)
        tally.look_again(poll.pk)
    with caplog.at_level(logging.ERROR):
        tasks.tick()
    assert ballots(sound) == 1
    assert redis_cache.get("tick") is None
    assert [record.message for record in caplog.records] == [f"Poll {broken.pk} could not be counted"]


# --- the verifier ---------------------------------------------------------------------------------------------------


def test_the_verifier_raises_one_alarm_and_mends_the_figure() -> None:
    poll = make_poll()
    cast(poll)
    tasks.tick()
    tasks.verify()
    assert not Alarm.objects.exists()
    for _ in range(2):
        tamper(poll)
        tasks.verify()
    standing = Alarm.objects.filter(settled_at=None).order_by("pk")
    assert [(alarm.poll, alarm.details) for alarm in standing] == [
        (poll, "The stored count and its documents differ."),
        (poll, "The copy in Redis and the stored document differ."),
    ]
    assert json.loads(Tally.objects.get().public)["ballots"] == 1
    assert tally.verify(poll.pk) == []
    standing.update(settled_at=timezone.now())
    tamper(poll)
    tasks.verify()
    assert (standing.count(), Alarm.objects.count()) == (2, 4)


def tamper(poll: Poll) -> None:
    row = Tally.objects.get(poll=poll)
    with unguarded():
        Tally.objects.filter(poll=poll).update(public=row.public.replace('"ballots":1', '"ballots":2'))


def test_the_verifier_mends_the_copy_in_redis_too(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    tasks.tick()
    redis_cache.hset(f"results:{poll.slug}", "public", "{}")
    tasks.verify()
    assert redis_cache.hget(f"results:{poll.slug}", "public") == Tally.objects.get().public.encode()
    assert Alarm.objects.get().details == "The copy in Redis and the stored document differ."


# --- what is to be gone ---------------------------------------------------------------------------------------------


def test_risk_hints_go_thirty_days_after_closing_and_expired_drafts_and_sessions_too() -> None:
    old, new = make_poll(), make_poll()
    for poll in (old, new):
        cast(poll, circumstances=Circumstances(risk=Risk(network="n")))
    close(new, ago=29 * 86_400)
    close(old, ago=30 * 86_400 + 60)
    for days in (-1, 1):
        expires = timezone.now() + timedelta(days=days)
        Draft.objects.create(poll=new, voter_key=voter(), expires_at=expires)
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=expires)
    tasks.purge()
    assert [risk.poll for risk in BallotRisk.objects.all()] == [new]
    assert Draft.objects.get().expires_at > timezone.now()
    assert Session.objects.get().session_key == "s1"
    assert (old.ballots.count(), new.ballots.count()) == (1, 1)


# --- on a real worker -----------------------------------------------------------------------------------------------


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    with start_worker(app, pool="solo", concurrency=1, perform_ping_check=False, loglevel="ERROR"):
        yield


def eventually(true: Callable[[], object], seconds: float = 120) -> None:
    """Send ticks as beat does, until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        tasks.tick.apply_async(expires=2)
        time.sleep(0.2)


@in_the_open
@pytest.mark.usefixtures("worker")
def test_on_a_real_worker_a_hint_leads_to_a_count_and_a_closing_to_a_final_one(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    eventually(lambda: ballots(poll) == 0)
    cast(poll)
    tally.look_again(poll.pk)
    eventually(lambda: ballots(poll) == 1)
    assert time.time() - float(redis_cache.get("tick") or 0) < 60
    ends = timezone.now()
    move(poll, closes_at=ends)
    eventually(lambda: Tally.objects.get().state in ("closed", "final"))
    closed = Tally.objects.get()  # for five seconds; a machine that was busy so long finds it final
    assert closed.version == 3
    eventually(lambda: Tally.objects.get().state == "final")
    poll.refresh_from_db()
    assert poll.finalised_at
    assert poll.finalised_at >= ends + timedelta(seconds=5)
    document = json.loads(redis_cache.hget(f"results:{poll.slug}", "public") or "{}")
    assert (document["state"], document["version"], document["ballots"]) == ("final", 3 + (closed.state == "closed"), 1)


def test_documents_of_a_former_program_are_written_anew_and_are_no_alarm(redis_cache):
    poll = make_poll(options=["Yes", "No"])
    cast_many(poll, [3, 2])
    tally.recount(poll.pk)
    stored = Tally.objects.get(poll=poll)
    document = json.loads(stored.public)
    del document["questions"][0]["too_close"]
    with unguarded():
        Tally.objects.filter(poll=poll).update(public=json.dumps(document), voters=json.dumps(document))
    redis_cache.flushdb()
    tasks.verify()
    assert Alarm.objects.count() == 0
    assert json.loads(tally.results(poll.slug))["questions"][0]["too_close"] is True
    document["questions"][0]["options"][0]["votes"] = 4
    with unguarded():
        Tally.objects.filter(poll=poll).update(public=json.dumps(document))
    redis_cache.flushdb()
    tasks.verify()
    assert "documents" in Alarm.objects.get().details
