"""Celery's tasks: thin, carrying ids at most, harmless when lost, late or repeated."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.db.models.functions import Now

from polls import tally
from polls.models import Alarm, BallotRisk, Draft, Poll

logger = logging.getLogger(__name__)


@shared_task
def tick() -> None:
    """Count what was hinted at and what moved by the clock; every second."""
    for poll in dict.fromkeys([*tally.take_hints(), *tally.changed_by_time()]):
        tally.recount(poll)
    for poll in Poll.objects.due_for_final_count().values_list("pk", flat=True):
        tally.finalise(poll)
    tally.beat_heart()


@shared_task
def sweep() -> None:
    """Count polls whose hint was lost, and put back copies that Redis lost; every ten seconds."""
    for poll in tally.changed_by_votes():
        tally.recount(poll)
    tally.publish_missing()


@shared_task
def verify() -> None:
    """Compare ballots, counts and copies, and raise an alarm in the admin for any difference; every ten minutes."""
    recent = Poll.objects.public().filter(closes_at__gt=Now() - timedelta(days=1))
    for poll in recent.values_list("pk", flat=True):
        for problem in tally.verify(poll):
            logger.error("Verifier: poll %s: %s", poll, problem)
            Alarm.objects.get_or_create(
                poll_id=poll, found=problem[:40], settled_at=None, defaults={"details": problem}
            )


@shared_task
def purge() -> None:
    """Delete what was promised to be gone: risk hints 30 days after closing, expired drafts and sessions."""
    BallotRisk.objects.filter(poll__closes_at__lt=Now() - timedelta(days=30)).delete()
    Draft.objects.filter(expires_at__lt=Now()).delete()
    call_command("clearsessions")
