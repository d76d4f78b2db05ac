"""Finding articles by words: PostgreSQL's full-text search, forgiving of typing errors where it can be."""

from __future__ import annotations

import functools
import re

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import connection
from django.db.models import F
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article, ArticleQuerySet

LONGEST_QUERY = 200
# Marks that no text holds: what stands between them is escaped before it becomes HTML.
START, STOP = "\ue000", "\ue001"
LIKE_ENOUGH = 0.45
# Whoever writes quotes or a minus means it; only plain words are guessed at.
PLAIN = re.compile(r"[\w'’.]+(?: [\w'’.]+)*")


def find(words: str, *, section: str = "") -> ArticleQuerySet:
    """Published and archived articles that hold the words, best first; `"in quotes"`, `-without` and `or` work.

    Where nothing does and PostgreSQL offers pg_trgm, titles that look like the words.
    """
    words = " ".join(words.replace("\x00", " ").split())[:LONGEST_QUERY]
    published = Article.objects.public().for_lists()
    if section:
        published = published.filter(section__slug=section)
    if not words:
        return published.none()
    query = SearchQuery(words, search_type="websearch", config="english")
    found = published.filter(search=query).annotate(
        rank=SearchRank(F("search"), query),
        headline=SearchHeadline(
            "body", query, config="english", start_sel=START, stop_sel=STOP, max_words=35, min_words=15
        ),
    )
    if found.exists() or not PLAIN.fullmatch(words) or not forgiving():
        return found.order_by("-rank", "-published_at", "-pk")
    alike = published.annotate(rank=TrigramWordSimilarity(words, "title")).filter(rank__gte=LIKE_ENOUGH)
    return alike.order_by("-rank", "-published_at", "-pk")


def passage(article: Article) -> SafeString:
    """The passage of an article found, its words marked; the standfirst where it was found by its title's look."""
    text = strip_tags(getattr(article, "headline", "") or article.standfirst_i18n)
    marked = escape(text).replace(START, "<mark>").replace(STOP, "</mark>")
    return mark_safe(marked)  # noqa: S308 - escaped just above


@functools.cache
def forgiving() -> bool:
    """Whether this database has pg_trgm; no migration requires it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')")
        (offered,) = cursor.fetchone()
    return bool(offered)
