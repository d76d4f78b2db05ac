"""Lists of articles: in pages, of each section, of one kind with another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import OuterRef, Prefetch, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from articles.models import Article, ArticleQuerySet, Section, Topic

ARTICLES_A_PAGE = 12
ARTICLES_A_SECTION = 3
# Nobody leafs further, and PostgreSQL passes over everything before a page: what is older is found in the archive, by
# month, or by a search with its year. So the dearest page of any list costs the same however much was published.
MOST_PAGES = 100
RELATED = 4
# How many of the newest of each topic are looked at.
CANDIDATES = 30


class Pages(Paginator):
    """Pages of a list whose length is counted only as far as it is shown."""

    @cached_property
    def count(self) -> int:
        most = self.per_page * MOST_PAGES
        rows = self.object_list
        if isinstance(rows, QuerySet):
            # In its order, for which there is an index: without it PostgreSQL would begin to read the whole table.
            return min(rows.values("pk")[: most + 1].count(), most + 1)
        return min(len(rows), most + 1)

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, MOST_PAGES)

    @property
    def cut(self) -> bool:
        """Whether there is more than these pages show."""
        return self.count > self.per_page * MOST_PAGES


def page_of(rows: QuerySet[Any] | Sequence[Any], number: str | None, *, per_page: int = ARTICLES_A_PAGE) -> Page:
    """The page of this number; the first where it is none, the last where it is too high."""
    return Pages(rows, per_page).get_page(number)


def in_section(section: Section) -> ArticleQuerySet:
    """The published articles of a section and of everything that lies in it, newest first."""
    inside = list(Section.objects.within(section).values_list("pk", flat=True))
    return Article.objects.published().for_lists().filter(section__in=inside)


def start_of(year: int, month: int) -> datetime:
    """The first moment of a month, in the time zone of the page; raises `ValueError` where there is no such month."""
    return datetime(year, month, 1, tzinfo=timezone.get_current_timezone())


def _next(first: datetime) -> datetime:
    return start_of(first.year + first.month // 12, first.month % 12 + 1)


def in_month(first: datetime) -> ArticleQuerySet:
    """The published articles of the month that begins at `first`, newest first."""
    return Article.objects.published().for_lists().filter(published_at__gte=first, published_at__lt=_next(first))


def months() -> list[tuple[int, list[datetime]]]:
    """The years in which something was published, newest first, each with the starts of its months.

    Each month between the first article and the last is looked up in the index of dates: no article is read.
    """
    published = Article.objects.published()
    dates = published.values_list("published_at", flat=True)
    first, last = dates.order_by("published_at").first(), dates.order_by("-published_at").first()
    if first is None or last is None:
        return []
    oldest, newest = timezone.localtime(first), timezone.localtime(last)
    starts = [start_of(oldest.year, oldest.month)]
    while (following := _next(starts[-1])) <= newest:
        starts.append(following)
    inside = published.filter(
        published_at__gte=RawSQL("month.first", ()), published_at__lt=RawSQL("month.next", ())
    ).values("pk")
    sql, parameters = inside.order_by().query.sql_with_params()
    statement = (
        "SELECT month.first FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS month(first, next)"  # noqa: S608
        f" WHERE EXISTS ({sql}) ORDER BY month.first DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [starts, [_next(start) for start in starts], *parameters],
        )
        found = [timezone.localtime(start) for (start,) in cursor.fetchall()]
    years: dict[int, list[datetime]] = {}
    for start in found:
        years.setdefault(start.year, []).append(start)
    return list(years.items())


def newest_by_section(*, without: Sequence[Article] = ()) -> list[tuple[Section, list[Article]]]:
    """The newest articles of every section in the menu, with what lies in it; sections without any are left out.

    The newest of each section are looked up in its own index, so it costs the same however many articles there are.
    """
    published = Article.objects.published().exclude(pk__in=[article.pk for article in without])
    newest = published.filter(section=OuterRef("pk")).order_by("-published_at", "-pk").values("pk")[:ARTICLES_A_SECTION]
    sections: dict[int, Any] = {each.pk: each for each in Section.objects.annotate(newest=ArraySubquery(newest))}
    wanted = [pk for section in sections.values() for pk in section.newest]
    found: dict[int, list[Article]] = {}
    for article in Article.objects.filter(pk__in=wanted).for_lists():
        found.setdefault(_top(article.section_id, sections).pk, []).append(article)
    return [(top, found[top.pk][:ARTICLES_A_SECTION]) for top in sections.values() if top.pk in found]


def _top(pk: int, sections: dict[int, Any]) -> Section:
    """The section in the menu under which a section lies."""
    section: Section = sections[pk]
    for _level in sections:
        if section.parent_id is None:
            break
        section = sections[section.parent_id]
    return section


def with_candidates(articles: ArticleQuerySet) -> ArticleQuerySet:
    """Articles with what `related` chooses from, which costs no query more than their topics do."""
    newest = Article.objects.published().order_by("-published_at", "-pk")
    beside = newest.filter(section=OuterRef("section")).values("pk")[: RELATED + 1]
    of_topic = newest.filter(topics=OuterRef("pk")).values("pk")[:CANDIDATES]
    topics = Prefetch("topics", Topic.objects.annotate(newest=ArraySubquery(of_topic)))
    return articles.annotate(beside=ArraySubquery(beside)).prefetch_related(topics)


def related(article: Any) -> list[Article]:
    """What a reader of an article `with_candidates` may read next: what shares most topics, then its section's.

    Among equals the newest. Only the newest of each topic and of the section are looked at, so that an old article
    leads to what is new, and it costs the same however many articles there are.
    """
    newest = [topic.newest for topic in article.topics.all()]
    shared = Counter(pk for each in newest for pk in each)
    age = {pk: place for each in [article.beside, *newest] for place, pk in reversed(list(enumerate(each)))}
    age.pop(article.pk, None)
    best = sorted(age, key=lambda pk: (-shared[pk], pk not in article.beside, age[pk]))[: 3 * RELATED]
    found = list(Article.objects.filter(pk__in=best).for_lists().prefetch_related(None))
    found.sort(key=lambda one: (-shared[one.pk], one.section_id != article.section_id))  # the newest stay first
    return found[:RELATED]
