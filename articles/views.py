"""The pages of the publication: home, article, and the lists of articles."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from articles import addresses, linked_data, lists
from articles.models import Article, ArticleQuerySet, Audience, Author, Section, Topic
from articles.reading import Reading, canonical
from articles.search import LONGEST_QUERY, find, passage
from polls.models import Poll
from polls.pages import public_page

NAMES_A_PAGE = 200


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
        {"lead": lead, "lead_poll": lead_poll, "sections": lists.newest_by_section(without=lead)},
    )


@public_page
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article with its polls; a notice in place of a withdrawn one; a former address leads to the present one."""
    public = lists.with_candidates(Article.objects.public().defer("search")).prefetch_related("authors", "corrections")
    found = public.select_related("section__parent__parent").filter(slug=slug).first()
    if found is None:
        return _no_longer_there(request, slug)
    reading = Reading(found, canonical=canonical(request, found.get_absolute_url()))
    context = {
        "article": reading,
        "audiences": Audience.objects.all(),
        "topics": found.topics.all(),
        "related": lists.related(found),
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
    """The articles of a section and of what lies in it, newest first, and the sections in it."""
    found: Section = get_object_or_404(Section.objects.with_ancestors(), slug=slug)
    context = {"section": found, "inside": list(found.children.all())}
    return _list(request, "articles/section.html", lists.in_section(found), context)


@public_page
def audience(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles for an audience, newest first."""
    found = get_object_or_404(Audience, slug=slug)
    return _list(request, "articles/audience.html", found.articles.published().for_lists(), {"audience": found})


@public_page
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Who writes, and the articles, newest first."""
    found: Any = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    return _list(request, "articles/author.html", found.articles.published().for_lists(), {"author": found})


@public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles on a topic, newest first."""
    found = get_object_or_404(Topic, slug=slug)
    return _list(request, "articles/topic.html", found.articles.published().for_lists(), {"topic": found})


@public_page
def authors(request: HttpRequest) -> HttpResponse:
    """Everybody who has signed an article, by name."""
    signed = Article.objects.published().filter(authors=OuterRef("pk"))
    return _names(request, Author.objects.filter(Exists(signed)), _("Authors"))


@public_page
def topics(request: HttpRequest) -> HttpResponse:
    """Every topic on which there is an article, by name."""
    on_it = Article.objects.published().filter(topics=OuterRef("pk"))
    return _names(request, Topic.objects.filter(Exists(on_it)), _("Topics"))


@public_page
def archive(request: HttpRequest) -> HttpResponse:
    """The months in which something was published."""
    context = {"years": lists.months(), "canonical": canonical(request, request.path)}
    return render(request, "articles/archive.html", context)


@public_page
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The articles of one month, newest first."""
    try:
        first = lists.start_of(year, month)
        articles = lists.in_month(first)
    except ValueError as error:
        raise Http404 from error
    return _list(request, "articles/month.html", articles, {"month": first})


@public_page
def search(request: HttpRequest) -> HttpResponse:
    """Articles that hold the words asked for, best first, each with the passage where they stand."""
    words, chosen = request.GET.get("q", "").strip()[:LONGEST_QUERY], request.GET.get("section", "")
    page = lists.page_of(find(words, section=chosen), request.GET.get("page"))
    context = {
        "words": words,
        "chosen": chosen,
        "sections": Section.objects.all(),
        "page_obj": page,
        "found": [(article, passage(article)) for article in page],
        "keep": urlencode({name: value for name, value in (("q", words), ("section", chosen)) if value}),
    }
    return render(request, "articles/search.html", context)


def _list(request: HttpRequest, template: str, articles: ArticleQuerySet, context: dict[str, Any]) -> HttpResponse:
    page = lists.page_of(articles, request.GET.get("page"))
    address = request.path if page.number == 1 else f"{request.path}?page={page.number}"
    return render(request, template, {**context, "page_obj": page, "canonical": canonical(request, address)})


def _names(request: HttpRequest, rows: QuerySet[Any], title: str) -> HttpResponse:
    page = lists.page_of(rows, request.GET.get("page"), per_page=NAMES_A_PAGE)
    context = {"title": title, "page_obj": page, "canonical": canonical(request, request.path)}
    return render(request, "articles/names.html", context)
