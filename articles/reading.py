"""An article as a page shows it: its stretches of text and the polls that stand between and under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from articles import body
from articles.models import Article
from articles.publication import current
from polls.models import Poll


@dataclass(frozen=True)
class Part:
    html: SafeString | str = ""
    poll: Poll | None = None


class Reading:
    """An article with what a page needs beside its fields; everything else is read from the article itself."""

    def __init__(
        self, article: Article, *, canonical: str, drafts: bool = False, polls: Iterable[Poll] | None = None
    ) -> None:
        self.article = article
        self.canonical = canonical
        found = list(polls_in([article], drafts=drafts) if polls is None else polls)
        known = {poll.slug: poll for poll in found}
        copies = {poll.pk: poll for poll in found}
        self.parts: list[Part] = []
        for piece in body.parts(article.body_i18n):
            if not piece.poll:
                self.parts.append(Part(piece.html))
            elif piece.poll in known:  # a card stands once on a page, whatever the body says twice
                self.parts.append(Part(poll=_newest(known.pop(piece.poll), copies, known)))
        self.poll_below = next((poll for poll in known.values() if poll.pk == article.poll_id), None)
        now = timezone.now()
        for pk in substitutes(article, now=now):
            poll = copies.get(pk)
            if self.poll_below is None and poll and poll.published_at and poll.published_at <= now:
                self.poll_below = _newest(poll, copies, known)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.article, name)


def polls_in(articles: Sequence[Article], *, drafts: bool = False) -> list[Poll]:
    """The polls that stand in the bodies of articles or under them, in three queries whatever their number.

    Where one was replaced by a corrected copy, that is among them.
    """
    placed = {slug for article in articles for slug in body.polls_placed(article.body_i18n)}
    under = {article.poll_id for article in articles if article.poll_id}
    under |= {pk for article in articles for pk in substitutes(article, now=timezone.now())}
    polls = Poll.objects.whole() if drafts else Poll.objects.public().whole()
    found = list(polls.filter(Q(slug__in=placed) | Q(pk__in=under)))
    copies = {poll.replaced_by_id for poll in found}
    while missing := copies - {None} - {poll.pk for poll in found}:
        newer = list(polls.filter(pk__in=missing))
        if not newer:
            break
        found += newer
        copies = {poll.replaced_by_id for poll in newer}
    return found


def substitutes(article: Article, *, now: datetime) -> list[int]:
    """The polls that may stand under an article which has none of its own: of its section, then of every article."""
    if article.poll_id or body.polls_placed(article.body_i18n):
        return []
    return [pk for pk in (article.section.default_poll_id, current().slot(now=now)) if pk]


def _newest(poll: Poll, copies: Mapping[int, Poll], known: dict[str, Poll]) -> Poll:
    """The corrected copy that stands in a poll's place; it then stands nowhere else in the article."""
    while copy := copies.get(poll.replaced_by_id or 0):
        poll = copy
        known.pop(poll.slug, None)
    return poll


def canonical(request: HttpRequest, path: str) -> str:
    """The one address of a page, by `BASE_URL` where it is set."""
    return f"{settings.BASE_URL.rstrip('/')}{path}" if settings.BASE_URL else request.build_absolute_uri(path)
