"""Links by which somebody without an account reads an article before it is published, and what they say of it.

The only writer of review links and notes. Of a link only the digest is kept: whoever reads the database cannot use it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from articles import lifecycle
from articles.lifecycle import Refused
from articles.models import Article, ReviewLink, ReviewNote
from polls.dates import day

DAYS = 7
MOST_DAYS = 30
MOST_NOTES = 50
LONGEST_NOTE = 4000
TOKEN = re.compile(r"[-_a-zA-Z0-9]{43}", re.ASCII)


def new_token() -> str:
    """A secret that nobody can guess; it is shown once and stored nowhere."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(*, article: Article, reader: str, token: str, days: int, by: AbstractBaseUser) -> ReviewLink:
    """A link that `reader` may use for so many days; the same token again is the same link."""
    if not TOKEN.fullmatch(token) or not 1 <= days <= MOST_DAYS:
        raise ValueError("not a token of ours, or not so many days")
    with lifecycle.held(article) as (found, now):
        link, new = ReviewLink.objects.get_or_create(
            digest=digest(token),
            article=found,
            defaults={"reader": reader, "made_by": by.get_username(), "expires_at": now + timedelta(days=days)},
        )
        if new:
            values = {"reader": reader, "until": day(link.expires_at)}
            lifecycle.note(found, by, _("A review link was made for %(reader)s, valid until %(until)s.") % values)
    return link


def revoke(*, link: ReviewLink, by: AbstractBaseUser) -> None:
    """Close a link at once; what was said through it stays."""
    with lifecycle.held(link.article) as (found, now):
        if ReviewLink.objects.filter(pk=link.pk, revoked_at__isnull=True).update(revoked_at=now):
            lifecycle.note(found, by, _("The review link for %(reader)s was revoked.") % {"reader": link.reader})


def of(article: Article) -> QuerySet[ReviewLink]:
    """The links of an article with what was said through them, newest first."""
    return article.review_links.prefetch_related("notes")


def found(token: str) -> ReviewLink | None:
    """The link of a token, open or not; None where there never was one."""
    if not TOKEN.fullmatch(token):
        return None
    return ReviewLink.objects.select_related("article").defer("article__search").filter(digest=digest(token)).first()


def is_open(link: ReviewLink, *, now: datetime) -> bool:
    return link.revoked_at is None and now < link.expires_at


def say(*, link: ReviewLink, approves: bool, text: str) -> ReviewNote:
    """Keep what a reviewer says of the version that is stored now; said twice in a row, it is kept once."""
    text = text.strip()
    if not approves and not text:
        raise Refused(_("Please write what should be changed, or approve the article."))
    with transaction.atomic():
        held = ReviewLink.objects.select_for_update(of=("self",)).select_related("article").get(pk=link.pk)
        if not is_open(held, now=lifecycle.clock()):
            raise Refused(_("This link has since been closed: nothing was sent."))
        last = held.notes.last()
        version = held.article.version
        if last and (last.approves, last.text, last.version) == (approves, text, version):
            return last
        if held.notes.count() >= MOST_NOTES:
            raise Refused(_("A great deal has been said through this link already; please write to the editors."))
        return held.notes.create(approves=approves, text=text, version=version)
