"""The newest articles as a feed, in three forms; an article's polls stand in its entry as everybody sees them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.translation import override

from articles import languages, lists
from articles.models import Article, ArticleQuerySet, Audience, Author, Section, Topic
from articles.publication import current
from articles.reading import Reading, canonical, media_in, polls_in
from polls import cards, spoken
from polls.pages import public_page

ENTRIES = 20
KINDS: dict[str, type[Section] | type[Author] | type[Topic] | type[Audience]] = {
    "section": Section,
    "author": Author,
    "topic": Topic,
    "audience": Audience,
}
# An entry is read elsewhere, where an address without a host leads nowhere.
OWN_ADDRESS = re.compile(r'(<[^<>]*\b(?:href|src)=")(/[^"/][^"]*)(")')
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class _Newest(SyndicationFeed):
    """A feed without entries is as old as no feed can be, so that it stays the same bytes."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else NEVER


class Atom(_Newest, Atom1Feed):
    """Each entry says in which language it is, and where it stands in the others."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {**super().item_attributes(item), "xml:lang": item["language"]}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for language, url in item["elsewhere"]:
            link = {"rel": "alternate", "type": "text/html", "hreflang": language, "href": url}
            handler.addQuickElement("link", "", link)


class Rss(_Newest, Rss201rev2Feed):
    """RSS has no word for the language of an entry; Dublin Core, which names its author, has."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("dc:language", item["language"], {"xmlns:dc": "http://purl.org/dc/elements/1.1/"})


class JsonFeed(SyndicationFeed):
    """JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: Any, encoding: str) -> None:
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["subtitle"] or self.feed["description"],
            "language": self.feed["language"],
            "items": [self._item(item) for item in self.items],
        }
        outfile.write(json.dumps(_without_nothing(document), ensure_ascii=False, indent=1))

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        return _without_nothing(
            {
                "id": item["unique_id"] or item["link"],
                "url": item["link"],
                "title": item["title"],
                "content_html": item["description"],
                "summary": item["summary"],
                "image": item["image"],
                "date_published": item["pubdate"].isoformat(),
                "date_modified": item["updateddate"].isoformat(),
                "authors": item["authors"],
                "tags": list(item["categories"]),
                "language": item["language"],
            }
        )


def _without_nothing(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value not in (None, "", []) or name == "items"}


FORMS: dict[str, type[SyndicationFeed]] = {"atom": Atom, "rss": Rss, "json": JsonFeed}
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


def addresses(kind: str, of: Section | Author | Topic | Audience) -> list[dict[str, str]]:
    """Media type, title and address of the feeds of a section, author, topic or audience, for its page to name."""
    return [
        {
            "type": TYPES[form],
            "title": of.name_i18n,
            "url": reverse(f"articles:{kind}-feed", kwargs={kind: of.slug, "form": form}),
        }
        for form in FORMS
    ]


@public_page()
def feed(request: HttpRequest, form: str = "atom", **of: str) -> HttpResponse:
    """The feed, asked for again by its ETag alone: figures move without any article being edited.

    `of` names a section, an author, a topic or an audience by its address, or nothing: then it is of the whole site.
    """
    response = Newest(FORMS[form])(request, **of)
    del response["Last-Modified"]
    return response


@dataclass(frozen=True)
class Asked:
    """Whose articles are asked for: a section, an author, a topic, an audience, or everybody's."""

    request: HttpRequest
    articles: ArticleQuerySet
    of: Section | Author | Topic | Audience | None = None


class Newest(Feed):
    """The twenty newest articles."""

    def __init__(self, form: type[SyndicationFeed]) -> None:
        self.feed_type = form

    def subtitle(self, asked: Asked) -> str:
        return current().strapline_i18n

    description = subtitle

    def get_object(self, request: HttpRequest, **of: str) -> Asked:
        for name, slug in of.items():
            found: Any = get_object_or_404(KINDS[name], slug=slug)
            articles = lists.in_section(found) if name == "section" else found.articles.published().for_lists()
            return Asked(request, articles, found)
        return Asked(request, Article.objects.published().for_lists())

    def title(self, asked: Asked) -> str:
        name = current().name_i18n
        return f"{asked.of.name_i18n} · {name}" if asked.of else name

    def link(self, asked: Asked) -> str:
        path = asked.of.get_absolute_url() if asked.of else reverse("articles:home")
        return canonical(asked.request, path)

    def feed_url(self, asked: Asked) -> str:
        return canonical(asked.request, asked.request.path)

    def items(self, asked: Asked) -> list[Reading]:
        newest = list(asked.articles.prefetch_related("topics")[:ENTRIES])
        polls, media = polls_in(newest), media_in(newest)
        self.home = canonical(asked.request, "/").rstrip("/")
        return [
            Reading(article, canonical=canonical(asked.request, article.get_absolute_url()), polls=polls, media=media)
            for article in newest
        ]

    def item_title(self, item: Reading) -> str:
        return str(item.title_i18n)

    def item_description(self, item: Reading) -> str:
        shown = [cards.for_everybody(poll) for poll in [*(p.poll for p in item.parts), item.poll_below] if poll]
        entry = render_to_string("articles/_entry.html", {"article": item, "cards": shown})
        return OWN_ADDRESS.sub(rf"\g<1>{self.home}\g<2>\g<3>", entry)

    def item_link(self, item: Reading) -> str:
        return str(item.canonical)

    def item_pubdate(self, item: Reading) -> datetime:
        return item.published_at

    def item_updateddate(self, item: Reading) -> datetime:
        return item.updated_at

    def item_author_name(self, item: Reading) -> str:
        return str(item.byline)

    def item_categories(self, item: Reading) -> list[str]:
        return [topic.name_i18n for topic in item.topics.all()]

    def item_extra_kwargs(self, item: Reading) -> dict[str, Any]:
        authors = [
            {"name": author.name_i18n, "url": f"{self.home}{author.get_absolute_url()}"}
            for author in item.authors.all()
        ]
        picture = item.lead_picture
        language = spoken.language_of(item.article, *languages.ARTICLE)
        return {
            "language": language,
            "elsewhere": self._elsewhere(item.article, language),
            "summary": item.standfirst_i18n,
            "authors": authors,
            "image": f"{self.home}{picture.file.url}" if picture else None,
        }

    def _elsewhere(self, article: Article, language: str) -> list[tuple[str, str]]:
        """The other languages in which an article can really be read, with its address there."""
        found = []
        for code in languages.of(article, *languages.ARTICLE):
            if code != language:
                with override(code):
                    found.append((code, f"{self.home}{article.get_absolute_url()}"))
        return found
