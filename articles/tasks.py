"""Celery's tasks for articles: thin, carrying ids at most, harmless when lost, late or repeated."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from kombu.exceptions import OperationalError as BrokerAway

from articles import deliveries, renditions
from articles.models import Picture

logger = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError)
# One process of the worker counts polls meanwhile; the next sweep goes on.
SWEEP_SECONDS = 20
DELIVERY_SECONDS = 8


@shared_task(throws=AWAY)
def make_renditions(picture: int) -> None:
    """Make a picture's renditions; one that is gone meanwhile needs none."""
    found = Picture.objects.filter(pk=picture).first()
    if found:
        renditions.make(found)


@shared_task(throws=AWAY)
def sweep_renditions() -> None:
    """Make renditions that were lost or never made; every minute, and no longer than it should."""
    until = time.monotonic() + SWEEP_SECONDS
    for picture in renditions.incomplete():
        try:
            renditions.make(picture)
        except SoftTimeLimitExceeded:
            raise
        except AWAY:
            raise
        except Exception:
            logger.exception("Picture %s got no renditions", picture.pk)
        if time.monotonic() > until:
            return


@shared_task(throws=AWAY)
def go_through_deliveries() -> None:
    """Check or take up uploaded files for some seconds; every ten, so that nothing that was lost is missed."""
    deliveries.work(seconds=DELIVERY_SECONDS)


def ask_for_deliveries() -> None:
    """Have them gone through now. The broker may be away: then the sweep does it."""

    def ask() -> None:
        try:
            go_through_deliveries.apply_async(retry=False)
        except (BrokerAway, OSError):
            logger.warning("Uploaded files wait for the sweep: no broker")

    transaction.on_commit(ask)


def ask_for_renditions(picture: Picture) -> None:
    """Have them made as soon as the picture is stored. The broker may be away: then the sweep makes them."""

    def ask() -> None:
        try:
            make_renditions.apply_async((picture.pk,), retry=False)
        except (BrokerAway, OSError):
            logger.warning("Renditions of picture %s wait for the sweep: no broker", picture.pk)

    transaction.on_commit(ask)
