"""The feed of the newest articles; an article's poll stands in its entry as everybody sees it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from articles.models import Article
from articles.publication import Publication
from articles.reading import Reading, canonical, polls_in
from polls import cards
from polls.pages import public_page

ENTRIES = 20


@public_page
def feed(request: HttpRequest) -> HttpResponse:
    """The feed, asked for again by its ETag alone: figures move without any article being edited."""
    response = Newest()(request)
    del response["Last-Modified"]
    return response


class Newest(Feed):
    """Atom, the twenty newest articles."""

    feed_type = Atom1Feed
    title = Publication.name
    subtitle = Publication.strapline

    def get_object(self, request: HttpRequest) -> HttpRequest:
        return request

    def link(self) -> str:
        return reverse("articles:home")

    def items(self, request: HttpRequest) -> list[Reading]:
        newest = list(Article.objects.published().for_lists()[:ENTRIES])
        polls = polls_in(newest)
        return [
            Reading(article, canonical=canonical(request, article.get_absolute_url()), polls=polls)
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
