"""The addresses under which an article was published: each leads to the present one, for good."""

from __future__ import annotations

from django.db.models.functions import Now

from articles.models import Article, FormerAddress


def present(slug: str) -> Article | None:
    """The article that readers found at this address once; None where there never was one, or nothing to be seen."""
    former = FormerAddress.objects.filter(slug=slug, article__published_at__lte=Now()).select_related("article")
    found = former.defer("article__search", "article__body", "article__i18n").first()
    return found.article if found else None


def taken(slug: str, *, by: Article | None) -> bool:
    """Whether the address is, or was, that of another published article."""
    return FormerAddress.objects.filter(slug=slug).exclude(article=by).exists()


def leave(article: Article, *, slug: str) -> None:
    """Remember the address that a published article has just left, and no longer the one that it has now.

    Each former address names the article, not the next address: so however often it moves, one step leads there.
    """
    FormerAddress.objects.filter(article=article, slug=article.slug).delete()
    FormerAddress.objects.get_or_create(slug=slug, defaults={"article": article})
