"""The addresses that search engines are told of: an index, its parts, and what robots may fetch."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.lookups import IsNull
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from articles import languages
from articles.models import Article, Audience, Author, Page, Section, Topic
from articles.models.words import suffix, translated
from articles.publication import current
from articles.reading import canonical
from polls import spoken
from polls.models import Option, Poll, Question
from polls.pages import public_page

# Articles by their number in the database: an old part never moves when new articles come, and each is found in the
# index of its table. 50,000 are allowed in a part, and are too many to write in one answer.
A_PART = 5_000
MOST = 50_000
# What news search looks at; what is older than two days is no news there.
NEWS = timedelta(hours=48)
MOST_NEWS = 1_000


@dataclass(frozen=True)
class Url:
    path: str
    changed: datetime | None = None
    pictures: list[str] = field(default_factory=list)
    news: Article | None = None
    # The same in each of its languages, by language; of what has but one nothing.
    spoken: list[tuple[str, str]] = field(default_factory=list)


def _signed(by: str) -> Exists:
    return Exists(Article.objects.published().filter(**{by: OuterRef("pk")}))


def sections() -> QuerySet[Any]:
    here = Q(section=OuterRef("pk"))
    below = Q(section__parent=OuterRef("pk")) | Q(section__parent__parent=OuterRef("pk"))
    return Section.objects.filter(Exists(Article.objects.published().filter(here | below)))


def authors() -> QuerySet[Any]:
    return Author.objects.filter(_signed("authors"))


def topics() -> QuerySet[Any]:
    return Topic.objects.filter(_signed("topics"))


def audiences() -> QuerySet[Any]:
    return Audience.objects.filter(_signed("audiences"))


def pages() -> QuerySet[Any]:
    return Page.objects.published().defer("body", "i18n")


def polls() -> QuerySet[Any]:
    return Poll.objects.public().only("slug", "changed_at")


def news() -> QuerySet[Any]:
    return Article.objects.published().filter(published_at__gte=timezone.now() - NEWS).order_by("-published_at")


PARTS: dict[str, Callable[[], QuerySet[Any]]] = {
    "sections": sections,
    "authors": authors,
    "topics": topics,
    "audiences": audiences,
    "pages": pages,
    "polls": polls,
    "news": news,
}
# By which fields a row is known to be translated; a poll by all of its wording, see `_polls_with_languages`.
TRANSLATED = dict.fromkeys(("sections", "authors", "topics", "audiences"), languages.NAMED) | {
    "pages": languages.PAGE,
    "news": languages.ARTICLE,
}
# Pages that are no row of any table.
PLACES = ("articles:home", "articles:archive", "articles:authors", "articles:topics", "polls:archive")


@public_page()
def index(request: HttpRequest) -> HttpResponse:
    """The parts of which there is anything to say."""
    held = [rows().order_by().values_list(Value(name))[:1] for name, rows in PARTS.items()]
    found = {name for (name,) in held[0].union(*held[1:])} | {"pages"}
    paths = [reverse("sitemap-articles", args=[part]) for part in _parts_of_articles()]
    paths += [reverse("sitemap-part", args=[name]) for name in PARTS if name in found]
    return _xml(request, "articles/sitemap_index.xml", {"addresses": [canonical(request, path) for path in paths]})


def _parts_of_articles() -> list[int]:
    last = Article.objects.aggregate(last=Max("pk"))["last"]
    if last is None:
        return []
    held = [_articles(part).order_by().values_list("pk")[:1] for part in range(last // A_PART + 1)]
    return sorted(pk // A_PART for (pk,) in (held[0].union(*held[1:]) if held[1:] else held[0]))


def _articles(part: int) -> QuerySet[Article]:
    within = Article.objects.public().filter(pk__gte=part * A_PART, pk__lt=(part + 1) * A_PART)
    return within.order_by("pk")


@public_page()
def articles(request: HttpRequest, part: int) -> HttpResponse:
    """A part of the articles, each with its picture."""
    if part > MOST:
        raise Http404
    rows = _articles(part).select_related("lead_picture").only("slug", "updated_at", "lead_picture")
    rows = _with_languages(rows, languages.ARTICLE)
    return _urls(request, (_article(request, article) for article in rows))


@public_page()
def part(request: HttpRequest, name: str) -> HttpResponse:
    """Everything of one kind."""
    if name not in PARTS:
        raise Http404
    rows = PARTS[name]()
    if name == "news":
        return _urls(request, [Url(row.get_absolute_url(), row.updated_at, news=row) for row in rows[:MOST_NEWS]])
    rows = _with_languages(rows, TRANSLATED.get(name, ())).order_by("pk")[:MOST]
    found = _polls_with_languages() if name == "polls" else list(rows)
    places = [Url(reverse(place)) for place in PLACES] if name == "pages" else []
    changed = {"pages": "updated_at", "polls": "changed_at"}.get(name, "")
    addresses = [Url(row.get_absolute_url(), getattr(row, changed, None), spoken=_spoken(row)) for row in found]
    return _urls(request, [*places, *addresses])


def _article(request: HttpRequest, article: Article) -> Url:
    picture = article.lead_picture
    pictures = [canonical(request, picture.file.url)] if picture else []
    return Url(article.get_absolute_url(), article.updated_at, pictures, spoken=_spoken(article))


def _with_languages(rows: QuerySet[Any], fields: Iterable[str]) -> QuerySet[Any]:
    """Rows with, by language, whether these fields are translated; the texts themselves are not fetched."""
    for language in languages.shown()[1:]:
        said = Q(*(IsNull(translated(name, language), False) for name in fields))
        if said:
            rows = rows.annotate(**{f"in_{suffix(language)}": ExpressionWrapper(said, BooleanField())})
    return rows


def _polls_with_languages() -> list[Any]:
    """Polls, each with the languages in which all of its wording is there.

    PostgreSQL looks for what is lacking. The words of a scale and the course of a survey must fit their originals,
    which only reading tells: so those few polls are read, and only where nothing else is lacking.
    """
    questions = Question.objects.filter(poll=OuterRef("pk"))
    options = Option.objects.filter(question__poll=OuterRef("pk"))
    rows = polls().annotate(to_read=Exists(questions.exclude(labels="")) | ~Q(flow={}))
    others = {language: f"in_{suffix(language)}" for language in languages.shown()[1:]}
    for language, name in others.items():
        asked = [Exists(rows_of.filter(_lacking(rows_of.model, language))) for rows_of in (questions, options)]
        rows = rows.annotate(
            **{name: Case(When(_lacking(Poll, language) | asked[0] | asked[1], then=False), default=True)}
        )
    found = list(rows.order_by("pk")[:MOST])
    read = Poll.objects.whole().in_bulk(
        row.pk for row in found if row.to_read and any(getattr(row, name) for name in others.values())
    )
    for row in found:
        for language, name in others.items() if row.pk in read else ():
            setattr(row, name, spoken.whole(read[row.pk], language=language))
    return found


def _lacking(model: type[Model], language: str) -> Q:
    """Whether a text of a row was written and is not there in a language."""
    names = spoken.WORDING[model._meta.model_name or ""]
    lacks = [~Q(**{name: ""}) & Q(IsNull(translated(name, language), True)) for name in names]
    return functools.reduce(operator.or_, lacks)


def _spoken(row: Any) -> list[tuple[str, str]]:
    own, *others = languages.shown()
    path = row.get_absolute_url()
    also = [(code, f"/{code}{path}") for code in others if getattr(row, f"in_{suffix(code)}", False)]
    return [(own, path), *also] if also else []


def _in_each_language(urls: Iterable[Url]) -> Iterator[Url]:
    """Each address of its own, as search engines want it, and each with all of them."""
    for url in urls:
        yield url
        for _language, path in url.spoken[1:]:
            yield replace(url, path=path)


def _urls(request: HttpRequest, urls: Iterable[Url]) -> HttpResponse:
    context = {
        "urls": _in_each_language(urls),
        "site": canonical(request, "/").rstrip("/"),
        "publication_name": current().name,
        "language_of_news": _of_news(),
    }
    return _xml(request, "articles/sitemap.xml", context)


def _of_news() -> str:
    """The language of the publication as news search writes it."""
    own = current().default_language
    return "zh-cn" if own == "zh-hans" else own


def _xml(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, content_type="application/xml; charset=utf-8")


@public_page()
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may fetch: everything that is for readers."""
    sitemap = canonical(request, reverse("sitemap"))
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        "Disallow: /*/search/",
        "Disallow: /polls/*/mine/",
        f"Sitemap: {sitemap}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
