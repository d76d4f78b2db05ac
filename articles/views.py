"""The pages of the publication: home, article, section, audience."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from articles import addresses, linked_data
from articles.models import Article, ArticleQuerySet, Audience, Author, Section, Topic
from articles.reading import Reading, canonical
from articles.search import LONGEST_QUERY, find, passage
from polls.models import Poll
from polls.pages import public_page

ARTICLES_A_PAGE = 12
ARTICLES_A_SECTION = 3


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """The newest article that asks something, its poll beside it, then the newest of each section."""
    published = Article.objects.published().for_lists()
    open_poll = Poll.objects.open().filter(articles__in=Article.objects.published()).order_by("-articles__published_at")
    lead_poll = Poll.objects.whole().filter(pk__in=open_poll.values("pk")[:1]).first()
    lead = (lead_poll and published.filter(poll=lead_poll).first()) or published.first()
    return render(
        request,
        "articles/home.html",
        {"lead": lead, "lead_poll": lead_poll, "sections": _newest_by_section(published, without=lead)},
    )


@public_page
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article with its polls; a notice in place of a withdrawn one; a former address leads to the present one."""
    public = Article.objects.public().defer("search").select_related("section")
    found = public.prefetch_related("authors", "topics").filter(slug=slug).first()
    if found is None:
        return _no_longer_there(request, slug)
    reading = Reading(found, canonical=canonical(request, found.get_absolute_url()))
    context = {
        "article": reading,
        "audiences": Audience.objects.all(),
        "topics": found.topics.all(),
        "linked_data": linked_data.of_article(reading, home=canonical(request, reverse("articles:home"))),
    }
    return render(request, "articles/article.html", context)


def _no_longer_there(request: HttpRequest, slug: str) -> HttpResponse:
    """What stands where no article can be read: a notice, the way to its new address, or 404."""
    withdrawn = Article.objects.withdrawn().filter(slug=slug).first()
    if withdrawn:
        return render(request, "articles/withdrawn.html", {"article": withdrawn}, status=HTTPStatus.GONE)
    moved = addresses.present(slug)
    if moved is None:
        raise Http404
    return HttpResponsePermanentRedirect(moved.get_absolute_url())


@public_page
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles of a section, newest first."""
    found = get_object_or_404(Section, slug=slug)
    articles = found.articles.published().for_lists()
    return render(request, "articles/section.html", {"section": found, "page_obj": _paginate(request, articles)})


@public_page
def audience(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles for an audience, newest first."""
    found = get_object_or_404(Audience, slug=slug)
    articles = found.articles.published().for_lists()
    return render(request, "articles/audience.html", {"audience": found, "page_obj": _paginate(request, articles)})


@public_page
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Who writes, and the articles, newest first."""
    found = get_object_or_404(Author, slug=slug)
    articles = found.articles.published().for_lists()
    return render(request, "articles/author.html", {"author": found, "page_obj": _paginate(request, articles)})


@public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles on a topic, newest first."""
    found = get_object_or_404(Topic, slug=slug)
    articles = found.articles.published().for_lists()
    return render(request, "articles/topic.html", {"topic": found, "page_obj": _paginate(request, articles)})


@public_page
def search(request: HttpRequest) -> HttpResponse:
    """Articles that hold the words asked for, best first, each with the passage where they stand."""
    words, chosen = request.GET.get("q", "").strip()[:LONGEST_QUERY], request.GET.get("section", "")
    page = _paginate(request, find(words, section=chosen))
    context = {
        "words": words,
        "chosen": chosen,
        "sections": Section.objects.all(),
        "page_obj": page,
        "found": [(article, passage(article)) for article in page],
        "keep": urlencode({name: value for name, value in (("q", words), ("section", chosen)) if value}),
    }
    return render(request, "articles/search.html", context)


def _newest_by_section(published: ArticleQuerySet, *, without: Article | None) -> list[tuple[Section, list[Article]]]:
    """The newest of every section in one query, however many articles there are."""
    ranked = published.exclude(pk=without.pk) if without else published
    ranked = ranked.annotate(
        place=Window(RowNumber(), partition_by=F("section"), order_by=[F("published_at").desc(), F("pk").desc()])
    ).filter(place__lte=ARTICLES_A_SECTION)
    sections: dict[int, tuple[Section, list[Article]]] = {}
    for entry in ranked:
        sections.setdefault(entry.section_id, (entry.section, []))[1].append(entry)
    return sorted(sections.values(), key=lambda pair: (pair[0].position, pair[0].name))


def _paginate(request: HttpRequest, articles: ArticleQuerySet) -> Any:
    return Paginator(articles, ARTICLES_A_PAGE).get_page(request.GET.get("page"))
