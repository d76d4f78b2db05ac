"""The feed of the newest articles; an article's poll stands in its entry as everybody sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from articles.models import Article, ArticleQuerySet, Audience, Author, Section, Topic
from articles.publication import current
from articles.reading import Reading, canonical, media_in, polls_in
from polls import cards
from polls.pages import public_page

ENTRIES = 20
KINDS: dict[str, type[Section] | type[Author] | type[Topic] | type[Audience]] = {
    "section": Section,
    "author": Author,
    "topic": Topic,
    "audience": Audience,
}


@public_page
def feed(request: HttpRequest, **of: str) -> HttpResponse:
    """The feed, asked for again by its ETag alone: figures move without any article being edited.

    `of` names a section, an author, a topic or an audience by its address, or nothing: then it is of the whole site.
    """
    response = Newest()(request, **of)
    del response["Last-Modified"]
    return response


@dataclass(frozen=True)
class Asked:
    """Whose articles are asked for: a section, an author, a topic, an audience, or everybody's."""

    request: HttpRequest
    articles: ArticleQuerySet
    of: Section | Author | Topic | Audience | None = None


class Newest(Feed):
    """Atom, the twenty newest articles."""

    feed_type = Atom1Feed

    def subtitle(self, asked: Asked) -> str:
        return current().strapline_i18n

    def get_object(self, request: HttpRequest, **of: str) -> Asked:
        published = Article.objects.published()
        for name, slug in of.items():
            found: Any = get_object_or_404(KINDS[name], slug=slug)
            return Asked(request, found.articles.published(), found)
        return Asked(request, published)

    def title(self, asked: Asked) -> str:
        name = current().name_i18n
        return f"{asked.of.name_i18n} · {name}" if asked.of else name

    def link(self, asked: Asked) -> str:
        return asked.of.get_absolute_url() if asked.of else reverse("articles:home")

    def items(self, asked: Asked) -> list[Reading]:
        newest = list(asked.articles.for_lists()[:ENTRIES])
        polls, media = polls_in(newest), media_in(newest)
        return [
            Reading(article, canonical=canonical(asked.request, article.get_absolute_url()), polls=polls, media=media)
            for article in newest
        ]

    def item_title(self, item: Reading) -> str:
        return str(item.title_i18n)

    def item_description(self, item: Reading) -> str:
        shown = [cards.for_everybody(poll) for poll in [*(p.poll for p in item.parts), item.poll_below] if poll]
        return render_to_string("articles/_entry.html", {"article": item, "cards": shown})

    def item_link(self, item: Reading) -> str:
        return str(item.canonical)

    def item_pubdate(self, item: Reading) -> datetime:
        return item.published_at

    def item_updateddate(self, item: Reading) -> datetime:
        return item.updated_at

    def item_author_name(self, item: Reading) -> str:
        return str(item.byline)
