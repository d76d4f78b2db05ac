"""The addresses that search engines are told of: articles, sections, audiences and polls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from articles.models import Article, Section
from articles.reading import canonical
from polls.models import Poll
from polls.pages import public_page


class Articles(Sitemap):
    changefreq = "weekly"

    def items(self) -> QuerySet[Article]:
        return Article.objects.public().only("slug", "updated_at").order_by("-published_at", "-pk")

    def lastmod(self, item: Article) -> datetime:
        return item.updated_at


class Sections(Sitemap):
    changefreq = "daily"

    def items(self) -> QuerySet[Section]:
        published = Section.objects.filter(articles__in=Article.objects.published())
        return published.annotate(newest=Max("articles__updated_at")).order_by("position", "name")

    def lastmod(self, item: Any) -> datetime:
        return item.newest


class Polls(Sitemap):
    changefreq = "daily"

    def items(self) -> QuerySet[Poll]:
        return Poll.objects.public().only("slug", "changed_at").order_by("-opens_at", "-pk")

    def lastmod(self, item: Poll) -> datetime:
        return item.changed_at


SITEMAPS: dict[str, type[Sitemap]] = {"articles": Articles, "sections": Sections, "polls": Polls}


@public_page
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may fetch: everything that is for readers."""
    sitemap = canonical(request, reverse("sitemap"))
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        "Disallow: /polls/*/mine/",
        f"Sitemap: {sitemap}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
