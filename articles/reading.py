"""An article as a page shows it: its stretches of text and what stands between and under them."""

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
from articles.models import Article, Picture, Recording
from articles.publication import current
from polls.models import Poll


@dataclass(frozen=True)
class Part:
    """A stretch of text, or one thing that stands between two stretches."""

    html: SafeString | str = ""
    poll: Poll | None = None
    picture: Picture | None = None
    recording: Recording | None = None


@dataclass(frozen=True)
class Media:
    """What the bodies of some articles place, by number."""

    pictures: Mapping[int, Picture]
    recordings: Mapping[int, Recording]


# From so many headings on an article has a list of them at its beginning.
HEADINGS_LISTED = 4


class Text:
    """A body as a page shows it: in parts, its headings with anchors, its notes numbered and taken out."""

    def __init__(self, text: str, *, polls: Iterable[Poll] = (), media: Media | None = None) -> None:
        media = media or media_of([text])
        known, copies = {poll.slug: poll for poll in polls}, {poll.pk: poll for poll in polls}
        text, headings = body.with_anchors(text)
        text, self.notes = body.with_notes(text)
        sections = [heading for heading in headings if heading.level == 2]
        self.contents = sections if len(sections) >= HEADINGS_LISTED else []
        self.parts: list[Part] = []
        for piece in body.parts(text):
            if piece.poll:
                if piece.poll in known:  # a card stands once on a page, whatever the body says twice
                    self.parts.append(Part(poll=_newest(known.pop(piece.poll), copies, known)))
            elif piece.picture:
                if piece.picture in media.pictures:
                    self.parts.append(Part(picture=media.pictures[piece.picture]))
            elif piece.recording:
                if piece.recording in media.recordings:
                    self.parts.append(Part(recording=media.recordings[piece.recording]))
            else:
                self.parts.append(Part(piece.html))
        self.polls_left = list(known.values())
        # Whether the page needs the script that loads players.
        self.plays = any(part.recording for part in self.parts)


class Reading:
    """An article with what a page needs beside its fields; everything else is read from the article itself."""

    def __init__(
        self,
        article: Article,
        *,
        canonical: str,
        drafts: bool = False,
        polls: Iterable[Poll] | None = None,
        media: Media | None = None,
    ) -> None:
        self.article = article
        self.canonical = canonical
        found = list(polls_in([article], drafts=drafts) if polls is None else polls)
        media = media or media_in([article])
        text = Text(article.body_i18n, polls=found, media=media)
        self.parts, self.notes, self.contents, self.plays = text.parts, text.notes, text.contents, text.plays
        self.lead_picture = media.pictures.get(article.lead_picture_id or 0)
        self.poll_below = next((poll for poll in text.polls_left if poll.pk == article.poll_id), None)
        now, copies = timezone.now(), {poll.pk: poll for poll in found}
        for pk in substitutes(article, now=now):
            poll = copies.get(pk)
            if self.poll_below is None and poll and poll.published_at and poll.published_at <= now:
                self.poll_below = _newest(poll, copies, {})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.article, name)


def media_in(articles: Sequence[Article]) -> Media:
    """The pictures and recordings of articles, leading pictures too, in three queries at most."""
    leads = {article.lead_picture_id for article in articles if article.lead_picture_id}
    return media_of([article.body_i18n for article in articles], leads)


def media_of(bodies: Sequence[str], leads: Iterable[int] = ()) -> Media:
    """The pictures and recordings that bodies place, and `leads` beside them."""
    wanted = {number for text in bodies for number in body.recordings_placed(text)}
    recordings = Recording.objects.select_related("still").prefetch_related("still__renditions") if wanted else None
    pictures = {number for text in bodies for number in body.pictures_placed(text)} | set(leads)
    return Media(
        Picture.objects.prefetch_related("renditions").in_bulk(pictures) if pictures else {},
        recordings.in_bulk(wanted) if recordings is not None else {},
    )


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
