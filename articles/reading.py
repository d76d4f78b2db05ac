"""An article as a page shows it: its stretches of text and the polls that stand between and under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString

from articles import body
from articles.models import Article
from polls.models import Poll


@dataclass(frozen=True)
class Part:
    html: SafeString | str = ""
    poll: Poll | None = None


class Reading:
    """An article with what a page needs beside its fields; everything else is read from the article itself."""

    def __init__(self, article: Article, *, canonical: str, drafts: bool = False) -> None:
        self.article = article
        self.canonical = canonical
        pieces = body.parts(article.body_i18n)
        placed = [piece.poll for piece in pieces if piece.poll]
        polls = Poll.objects.whole() if drafts else Poll.objects.public().whole()
        wanted = {poll.slug: poll for poll in polls.filter(slug__in=placed)} if placed else {}
        self.parts = [
            Part(piece.html, wanted.get(piece.poll)) for piece in pieces if not piece.poll or piece.poll in wanted
        ]
        self.poll_below: Poll | None = None
        if article.poll_id and article.poll_id not in {poll.pk for poll in wanted.values()}:
            self.poll_below = polls.filter(pk=article.poll_id).first()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.article, name)


def canonical(request: HttpRequest, path: str) -> str:
    """The one address of a page, by `BASE_URL` where it is set."""
    return f"{settings.BASE_URL.rstrip('/')}{path}" if settings.BASE_URL else request.build_absolute_uri(path)
