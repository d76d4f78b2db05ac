"""The editors' first page: what waits, what is to come, what somebody should look at; the same queries however much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.models import Article, Picture
from polls.dates import moment
from polls.drafting import name_of
from polls.models import Poll, State

SHOWN = 6
CLOSES_SOON = timedelta(days=1)
# By then the worker has made a picture's smaller versions, at the second try too.
PICTURES_TAKE = timedelta(minutes=15)


@dataclass(frozen=True)
class Matter:
    """One thing that an editor should know of: what it is, where it leads, and what there is to say of it."""

    kind: str
    name: str
    url: str
    said: str = ""


def coming(*, articles: QuerySet[Article], polls: Iterable[Poll], now: datetime) -> list[Matter]:
    """Articles and polls that wait for their time, the next one first."""
    waiting = articles.filter(published_at__gt=now).order_by("published_at", "pk")[:SHOWN]
    dated = [(at, _article(article, _("Article"), moment(at))) for article in waiting if (at := article.published_at)]
    for poll in polls:
        if poll.state_now == State.SCHEDULED:
            at = max(poll.opens_at, poll.published_at or poll.opens_at)
            dated.append((at, _poll(poll, _("Poll opens"), moment(at))))
    return [matter for _at, matter in sorted(dated, key=lambda pair: pair[0])[: 2 * SHOWN]]


def attention(
    *, articles: QuerySet[Article], polls: Iterable[Poll], pictures: QuerySet[Picture], now: datetime
) -> list[Matter]:
    """What somebody should look at, by urgency: polls that close, articles in review, dates that have passed."""
    closing, late = [], []
    for poll in polls:
        if poll.state_now in (State.OPEN, State.PAUSED):
            closing.append(_poll(poll, _("Poll closes soon"), moment(poll.closes_at)))
        elif poll.state_now == State.DRAFT:
            said = _("It was to close on %(at)s, and was never published.") % {"at": moment(poll.closes_at)}
            late.append(_poll(poll, _("Draft of a poll"), said))
    reviewed, embargoed, withdrawn = _by_state(articles, now)
    return [
        *closing,
        *(_article(one, _("Awaiting review"), _since(one.in_review_at)) for one in reviewed),
        *(_article(one, _("Embargo over"), _since(one.embargo_until)) for one in embargoed),
        *late,
        *(_picture(one) for one in pictures.filter(renditions=None, added_at__lt=now - PICTURES_TAKE)[:SHOWN]),
        *(_article(one, _("Withdrawn"), _since(one.withdrawn_at)) for one in withdrawn),
    ]


def polls_of_interest(polls: QuerySet[Poll], *, now: datetime) -> list[Poll]:
    """Polls that are to open, that close within a day, or whose closing date passed while they were drafts."""
    scheduled = Q(state_now=State.SCHEDULED)
    closing = Q(state_now__in=(State.OPEN, State.PAUSED), closes_at__lt=now + CLOSES_SOON)
    late = Q(state_now=State.DRAFT, closes_at__lt=now)
    found = polls.filter(scheduled | closing | late).prefetch_related("questions").order_by("closes_at", "pk")
    return list(found[: 5 * SHOWN])


def _by_state(articles: QuerySet[Article], now: datetime) -> tuple[list[Article], list[Article], list[Article]]:
    """Articles in review, drafts whose embargo is over, withdrawn ones: the oldest first, so none is forgotten."""
    drafts = articles.filter(published_at__isnull=True)
    reviewed = drafts.filter(in_review_at__isnull=False).order_by("in_review_at", "pk")
    embargoed = drafts.filter(in_review_at__isnull=True, embargo_until__lt=now).order_by("embargo_until", "pk")
    withdrawn = articles.filter(published_at__lte=now, withdrawn_at__isnull=False).order_by("-withdrawn_at", "pk")
    return list(reviewed[:SHOWN]), list(embargoed[:SHOWN]), list(withdrawn[:SHOWN])


def _since(at: datetime | None) -> str:
    return _("since %(at)s") % {"at": moment(at)} if at else ""


def _article(article: Article, kind: str, said: str) -> Matter:
    return Matter(kind, article.title, reverse("admin:articles_article_change", args=[article.pk]), said)


def _poll(poll: Any, kind: str, said: str) -> Matter:
    return Matter(kind, name_of(poll), reverse("admin:polls_poll_change", args=[poll.pk]), said)


def _picture(picture: Picture) -> Matter:
    said = _("No smaller versions could be made of it: readers on phones load the whole picture.")
    return Matter(_("Picture"), picture.name, reverse("admin:articles_picture_change", args=[picture.pk]), said)
