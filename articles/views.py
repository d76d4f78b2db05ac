"""The pages of the publication: home, article, plain page, and the lists of articles."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import addresses, colours, feeds, languages, linked_data, lists
from articles.models import Article, ArticleQuerySet, Audience, Author, Page, Section, Topic
from articles.publication import current, lead_ids
from articles.reading import Reading, Text, canonical
from articles.search import PARAMETERS, Offered, Wanted, alike, find, passage
from polls import cards
from polls.models import Poll
from polls.pages import public_page

NAMES_A_PAGE = 200
FOR_EVER = 31_536_000  # seconds, a year: longer is kept by no cache
OTHER_POLLS = 3
# In the lists to choose from; the page of any author or topic leads to the search with its name chosen.
NAMES_OFFERED = 200


@public_page()
def home(request: HttpRequest) -> HttpResponse:
    """What the editors put at the top, else the newest article that asks something; its poll; the newest by section."""
    published = Article.objects.published().for_lists()
    lead_poll = _featured_poll() or _newest_open_poll()
    chosen = lead_ids()
    leads = sorted(published.filter(pk__in=chosen), key=lambda article: chosen.index(article.pk)) if chosen else []
    if not leads:
        newest = (lead_poll and published.filter(poll=lead_poll).first()) or published.first()
        leads = [newest] if newest else []
    context = {
        "lead": leads[0] if leads else None,
        "leads": leads[1:],
        "lead_poll": lead_poll,
        "other_polls": _other_open_polls(lead_poll) if lead_poll else [],
        "sections": lists.newest_by_section(without=leads),
        "spoken_in": languages.OF_PUBLICATION,
    }
    return render(request, "articles/home.html", context)


def _other_open_polls(lead: Poll) -> list[cards.Row]:
    """Those that close first."""
    others = Poll.objects.open().whole().exclude(pk=lead.pk).select_related("tally")
    return cards.rows(others.order_by("closes_at", "pk")[:OTHER_POLLS])


@public_page()
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article with its polls; a notice in place of a withdrawn one; a former address leads to the present one."""
    public = lists.with_candidates(Article.objects.public()).prefetch_related("authors", "corrections")
    found = public.select_related("section__parent__parent", "lead_picture").filter(slug=slug).first()
    if found is None:
        return _no_longer_there(request, slug)
    reading = Reading(found, canonical=canonical(request, languages.address_of(found, *languages.ARTICLE)))
    context = {
        "article": reading,
        "spoken_in": languages.of(found, *languages.ARTICLE),
        "audiences": Audience.objects.all(),
        "topics": found.topics.all(),
        "related": lists.related(found),
        "linked_data": linked_data.of_article(reading, home=_home(request)),
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


@public_page()
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A plain page: about, contact, imprint, privacy, accessibility."""
    found = get_object_or_404(Page.objects.published(), slug=slug)
    context = {
        "page": found,
        "text": Text(found.body_i18n),
        "canonical": canonical(request, languages.address_of(found, *languages.PAGE)),
        "spoken_in": languages.of(found, *languages.PAGE),
    }
    return render(request, "articles/page.html", context)


@require_safe
def accent(request: HttpRequest, colour: str, digest: str) -> HttpResponse:
    """The publication's colour as a style sheet; its address changes with its content, so it may be kept for ever."""
    if colours.digest(f"#{colour}") != digest:
        raise Http404
    response = HttpResponse(colours.style_sheet(f"#{colour}"), content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=FOR_EVER, immutable=True)
    return response


@public_page("page")
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles of a section and of what lies in it, newest first, and the sections in it."""
    found: Section = get_object_or_404(Section.objects.with_ancestors(), slug=slug)
    context = {
        "section": found,
        "inside": list(found.children.all()),
        "feeds": feeds.addresses("section", found),
        "linked_data": linked_data.of_section(found, home=_home(request)),
    }
    return _list(
        request, "articles/section.html", lists.in_section(found), context, spoken_in=languages.of(found, "name")
    )


@public_page("page")
def audience(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles for an audience, newest first."""
    found = get_object_or_404(Audience, slug=slug)
    return _list(
        request,
        "articles/audience.html",
        found.articles.published().for_lists(),
        {"audience": found, "feeds": feeds.addresses("audience", found)},
        spoken_in=languages.of(found, "name"),
    )


@public_page("page")
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Who writes, and the articles, newest first."""
    found: Any = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    context = {
        "author": found,
        "feeds": feeds.addresses("author", found),
        "linked_data": linked_data.of_author(found, home=_home(request)),
    }
    articles = found.articles.published().for_lists()
    return _list(request, "articles/author.html", articles, context, spoken_in=languages.of(found, "name"))


@public_page("page")
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles on a topic, newest first."""
    found = get_object_or_404(Topic, slug=slug)
    return _list(
        request,
        "articles/topic.html",
        found.articles.published().for_lists(),
        {"topic": found, "feeds": feeds.addresses("topic", found)},
        spoken_in=languages.of(found, "name"),
    )


@public_page("page")
def authors(request: HttpRequest) -> HttpResponse:
    """Everybody who has signed an article, by name."""
    signed = Article.objects.published().filter(authors=OuterRef("pk"))
    return _names(request, Author.objects.filter(Exists(signed)), _("Authors"))


@public_page("page")
def topics(request: HttpRequest) -> HttpResponse:
    """Every topic on which there is an article, by name."""
    on_it = Article.objects.published().filter(topics=OuterRef("pk"))
    return _names(request, Topic.objects.filter(Exists(on_it)), _("Topics"))


@public_page()
def archive(request: HttpRequest) -> HttpResponse:
    """The months in which something was published."""
    address = canonical(request, languages.at_home(request, languages.OF_PUBLICATION))
    context = {"years": lists.months(), "canonical": address, "spoken_in": languages.OF_PUBLICATION}
    return render(request, "articles/archive.html", context)


@public_page("page")
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The articles of one month, newest first."""
    try:
        first = lists.start_of(year, month)
        articles = lists.in_month(first)
    except ValueError as error:
        raise Http404 from error
    return _list(request, "articles/month.html", articles, {"month": first}, spoken_in=languages.OF_PUBLICATION)


@public_page(*PARAMETERS, "page")
def search(request: HttpRequest) -> HttpResponse:
    """Articles that hold the words asked for, best first, each with the passage where they stand."""
    wanted = Wanted.of(request.GET)
    offered = _offered(wanted)
    sections = offered["Section"]
    page = lists.page_of(find(wanted, language=get_language() or "", sections=sections), request.GET.get("page"))
    guessed = wanted.words != "" and page.paginator.count == 0
    if guessed:
        page = lists.page_of(alike(wanted, sections=sections), request.GET.get("page"))
    context = {
        "wanted": wanted,
        "guessed": guessed,
        "sections": sections,
        "authors": offered["Author"],
        "topics": offered["Topic"],
        "page_obj": page,
        "found": [(article, passage(article)) for article in page],
        "keep": wanted.keep,
    }
    return render(request, "articles/search.html", context)


def _featured_poll() -> Poll | None:
    """The poll that the editors chose for the home page, while readers may see it."""
    chosen = current().featured_poll_id
    return Poll.objects.public().whole().filter(pk=chosen).first() if chosen else None


def _newest_open_poll() -> Poll | None:
    asked = Poll.objects.open().filter(articles__in=Article.objects.published()).order_by("-articles__published_at")
    return Poll.objects.whole().filter(pk__in=asked.values("pk")[:1]).first()


def _home(request: HttpRequest) -> str:
    return canonical(request, reverse("articles:home"))


def _offered(wanted: Wanted) -> dict[str, list[Offered]]:
    """What a search can be narrowed to, in one query; what is chosen is among it however many names there are."""
    held = []
    for model, chosen in ((Section, ""), (Author, wanted.author), (Topic, wanted.topic)):
        above = F("parent_id") if model is Section else Value(None, output_field=BigIntegerField())
        rows = model._default_manager.annotate(kind=Value(model.__name__), above=above)
        first = Case(When(slug=chosen, then=0), default=1)
        order = ("position", "name") if model is Section else (first, Lower("name"), "pk")
        held.append(rows.order_by(*order).values_list("kind", "pk", "above", "slug", "name", "i18n")[:NAMES_OFFERED])
    found: dict[str, list[Offered]] = {"Section": [], "Author": [], "Topic": []}
    suffix = (get_language() or "").replace("-", "_")
    for kind, pk, above, slug, name, i18n in held[0].union(*held[1:], all=True):
        found[kind].append(Offered(pk, above, slug, (i18n or {}).get(f"name_{suffix}") or name))
    return found


def _list(
    request: HttpRequest, template: str, articles: ArticleQuerySet, context: dict[str, Any], *, spoken_in: Any
) -> HttpResponse:
    page = lists.page_of(articles, request.GET.get("page"))
    path = languages.at_home(request, spoken_in)
    address = path if page.number == 1 else f"{path}?page={page.number}"
    context |= {"page_obj": page, "canonical": canonical(request, address), "spoken_in": spoken_in}
    return render(request, template, context)


def _names(request: HttpRequest, rows: QuerySet[Any], title: str) -> HttpResponse:
    page = lists.page_of(rows.order_by(Lower("name_i18n"), "pk"), request.GET.get("page"), per_page=NAMES_A_PAGE)
    address = canonical(request, languages.at_home(request, languages.OF_PUBLICATION))
    context = {"title": title, "page_obj": page, "canonical": address, "spoken_in": languages.OF_PUBLICATION}
    return render(request, "articles/names.html", context)
