"""The life of an article after it was written: sent to review, scheduled, published, withdrawn, archived.

The only writer of an article's times after its making. Each function holds the article's row FOR UPDATE, judges by
PostgreSQL's clock read after that, notes what it did in the admin's log, and done a second time changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from articles import body
from articles.models import Article, State
from polls import lifecycle as polls_lifecycle
from polls.dates import moment
from polls.lifecycle import Refused
from polls.models import Poll

__all__ = [
    "Refused",
    "archive",
    "clock",
    "follow",
    "held",
    "note",
    "polls_of",
    "publish",
    "restore",
    "send_to_review",
    "set_embargo",
    "take_back",
    "unarchive",
    "withdraw",
]

LONGEST_NOTICE = 500
UNSEEN = (State.DRAFT, State.REVIEW, State.SCHEDULED)


# --- what an editor can do ----------------------------------------------------------------------------------------


def send_to_review(*, article: Article, by: AbstractBaseUser) -> Article:
    """Tell the desk that a draft is ready to be read by others."""
    with held(article) as (found, now):
        if found.state(now=now) is State.REVIEW:
            return found
        _must_be(found, now, State.DRAFT)
        found.in_review_at = now
        _store(found, by, _("Sent for review."), "in_review_at")
    return found


def take_back(*, article: Article, by: AbstractBaseUser) -> Article:
    """Make an article that waits for review or for its time a draft again; its polls wait with it."""
    with held(article) as (found, now):
        if found.state(now=now) is State.DRAFT:
            return found
        _must_be(found, now, State.REVIEW, State.SCHEDULED)
        found.in_review_at = found.published_at = None
        for poll in polls_of(found):
            follow(poll, found, who=by.get_username(), now=now)
        _store(found, by, _("Made a draft again."), "in_review_at", "published_at")
    return found


def publish(*, article: Article, by: AbstractBaseUser, at: datetime | None = None) -> Article:
    """Publish an article and its polls, now or `at` a time to come; one that waits may be given another time.

    A time that has passed is the date that readers see: the article is published at once.
    """
    with held(article) as (found, now):
        state = found.state(now=now)
        if state in (State.PUBLISHED, State.ARCHIVED) or (at is not None and at == found.published_at):
            return found
        _must_be(found, now, *UNSEEN)
        check_publishable(found, at=at or now)
        found.published_at, found.in_review_at = at or now, None
        for poll in polls_of(found):
            follow(poll, found, who=by.get_username(), now=now)
        if found.published_at > now:
            said = _("Scheduled for %(at)s.") % {"at": moment(found.published_at)}
        else:
            said = _("Published.")
        _store(found, by, said, "published_at", "in_review_at")
    return found


def check_publishable(article: Article, *, at: datetime) -> None:
    """Whether an article may be published at that time; raises `Refused`."""
    if not strip_tags(article.body).strip():
        raise Refused(_("This article has no text yet: it cannot be published."))
    if article.embargo_until and at < article.embargo_until:
        raise Refused(
            _("This article is under embargo until %(until)s: it cannot be published before.")
            % {"until": moment(article.embargo_until)}
        )


def set_embargo(*, article: Article, by: AbstractBaseUser, until: datetime | None) -> Article:
    """Let an article not be published before `until`, by anybody; None lifts the embargo."""
    with held(article) as (found, now):
        _must_be(found, now, *UNSEEN)
        if found.embargo_until == until:
            return found
        if until and found.published_at and found.published_at < until:
            raise Refused(
                _("This article is scheduled for %(at)s, before that: please give it a later time first.")
                % {"at": moment(found.published_at)}
            )
        found.embargo_until = until
        said = _("Under embargo until %(until)s.") % {"until": moment(until)} if until else _("The embargo was lifted.")
        _store(found, by, said, "embargo_until")
    return found


def withdraw(*, article: Article, by: AbstractBaseUser, notice: str) -> Article:
    """Put a notice in place of a published article; a withdrawn one may be given another notice. Its polls stay."""
    notice = notice.strip()
    if not notice:
        raise Refused(_("Please say why: readers find this notice in place of the article."))
    if len(notice) > LONGEST_NOTICE:
        raise Refused(_("The notice is too long: %(most)d characters at most.") % {"most": LONGEST_NOTICE})
    with held(article) as (found, now):
        _must_be(found, now, State.PUBLISHED, State.ARCHIVED, State.WITHDRAWN)
        if found.withdrawn_at and found.withdrawal_notice == notice:
            return found
        said = _("The notice was changed: %(notice)s") if found.withdrawn_at else _("Withdrawn: %(notice)s")
        found.withdrawn_at = found.withdrawn_at or now
        found.set_notice(notice)
        _store(found, by, said % {"notice": notice}, "withdrawn_at", "withdrawal_notice", "i18n")
    return found


def restore(*, article: Article, by: AbstractBaseUser) -> Article:
    """Show a withdrawn article again, with its former date."""
    with held(article) as (found, now):
        if found.state(now=now) in (State.PUBLISHED, State.ARCHIVED):
            return found
        _must_be(found, now, State.WITHDRAWN)
        found.withdrawn_at = None
        found.set_notice("")
        _store(found, by, _("Shown to readers again."), "withdrawn_at", "withdrawal_notice", "i18n")
    return found


def archive(*, article: Article, by: AbstractBaseUser) -> Article:
    """Take an article out of lists and feeds; it stays readable at its address and can be found by search."""
    with held(article) as (found, now):
        if found.state(now=now) is State.ARCHIVED:
            return found
        _must_be(found, now, State.PUBLISHED)
        found.archived_at = now
        _store(found, by, _("Archived."), "archived_at")
    return found


def unarchive(*, article: Article, by: AbstractBaseUser) -> Article:
    """Let an archived article stand in lists and feeds again."""
    with held(article) as (found, now):
        if found.state(now=now) is State.PUBLISHED:
            return found
        _must_be(found, now, State.ARCHIVED)
        found.archived_at = None
        _store(found, by, _("Taken out of the archive."), "archived_at")
    return found


# --- its polls ----------------------------------------------------------------------------------------------------


def polls_of(article: Article) -> list[Poll]:
    """Every poll that stands in an article, in or under its body."""
    placed = Poll.objects.filter(slug__in=body.polls_placed(article.body))
    return list(dict.fromkeys([*([article.poll] if article.poll else []), *placed]))


def follow(poll: Poll, article: Article, *, who: str, now: datetime) -> None:
    """A poll that readers have not seen yet is published when its article is, and waits while that is a draft."""
    if poll.published_at is not None and poll.published_at <= now:
        return
    if article.published_at is None:
        elsewhere = Article.objects.filter(poll=poll, published_at__isnull=False).exclude(pk=article.pk)
        if poll.published_at is not None and not elsewhere.exists():
            polls_lifecycle.hold_back(poll=poll, who=who)
    elif poll.published_at != article.published_at:
        polls_lifecycle.publish(poll=poll, at=article.published_at, who=who)


# --- how it is done -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def held(article: Article) -> Iterator[tuple[Article, datetime]]:
    """The article as it is stored, held against every other editor, and PostgreSQL's time since when it is."""
    try:
        with transaction.atomic():
            found = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
            yield found, clock()
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled | DeadlockDetected):
            raise
        raise Refused(
            _("Somebody else is saving this article just now. Nothing was changed; please try again.")
        ) from error


def clock() -> datetime:
    """PostgreSQL's time at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return cast(datetime, now)


def _store(article: Article, by: AbstractBaseUser, said: str, *fields: str) -> None:
    """Write the times, a revision and a line of the log in one go."""
    article._history_user = by  # type: ignore[attr-defined]
    article._change_reason = said[:100]  # type: ignore[attr-defined]
    article.save(update_fields=fields)
    note(article, by, said)


def note(article: Article, by: AbstractBaseUser, said: str) -> None:
    """A line of the log, in the transaction of what it tells of."""
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(Article),
        object_id=str(article.pk),
        object_repr=str(article)[:200],
        action_flag=CHANGE,
        change_message=said,
    )


def _must_be(article: Article, now: datetime, *states: State) -> None:
    state = article.state(now=now)
    if state not in states:
        raise Refused(
            {
                State.DRAFT: _("This article is a draft."),
                State.REVIEW: _("This article is in review."),
                State.SCHEDULED: _("This article is scheduled; it can be made a draft again."),
                State.PUBLISHED: _("This article is published: it can be archived or withdrawn."),
                State.ARCHIVED: _("This article is archived: readers can read it."),
                State.WITHDRAWN: _("This article is withdrawn; it can be shown to readers again."),
            }[state]
        )
