"""Celery's tasks: thin, carrying ids at most, harmless when lost, late or repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.core.management import call_command
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now

from polls import tally
from polls.models import Alarm, BallotRisk, Draft, Poll

logger = logging.getLogger(__name__)
# One line in the log and not a hundred each second: the next tick does the work when PostgreSQL is back.
AWAY = (OperationalError, InterfaceError)


@shared_task(throws=AWAY)
def tick() -> None:
    """Count what was hinted at and what moved by the clock; every second."""
    due = Poll.objects.due_for_final_count().values_list("pk", flat=True)
    counted = _each(_recount, [*tally.take_hints(), *tally.changed_by_time()])
    if _each(tally.finalise, due) and counted:
        # Where a count failed the heart stops, and whoever reads counts for himself.
        tally.beat_heart()


@shared_task(throws=AWAY)
def sweep() -> None:
    """Count polls whose hint was lost, and put back copies that Redis lost; every ten seconds."""
    _each(tally.recount, tally.changed_by_votes())
    tally.publish_missing()


@shared_task(throws=AWAY)
def verify() -> None:
    """Compare ballots, counts and copies, and raise an alarm in the admin for any difference; every ten minutes."""
    recent = Poll.objects.public().filter(closes_at__gt=Now() - timedelta(days=1))
    _each(_verify, recent.values_list("pk", flat=True))


@shared_task(throws=AWAY)
def purge() -> None:
    """Delete what was promised to be gone: risk hints 30 days after closing, expired drafts and sessions."""
    BallotRisk.objects.filter(poll__closes_at__lt=Now() - timedelta(days=30)).delete()
    Draft.objects.filter(expires_at__lt=Now()).delete()
    call_command("clearsessions")


def _each(work: Callable[[int], object], polls: Iterable[int]) -> bool:
    """Do the work for every poll: one that fails keeps none of the others waiting. True when none failed."""
    failed = 0
    for poll in dict.fromkeys(polls):
        try:
            work(poll)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            failed += 1
            logger.exception("Poll %s could not be counted", poll)
    return not failed


def _recount(poll: int) -> None:
    if tally.recount(poll) is None:
        # Somebody else is just counting it and may have begun before the ballot that is hinted at.
        tally.look_again(poll)


def _verify(poll: int) -> None:
    problems = tally.verify(poll)
    for problem in problems:
        logger.error("Verifier: poll %s: %s", poll, problem)
        Alarm.objects.get_or_create(poll_id=poll, found=problem[:40], settled_at=None, defaults={"details": problem})
    if (problems or tally.reworded(poll)) and (counted := tally.recount(poll, wait=True)):
        tally.publish(counted)
