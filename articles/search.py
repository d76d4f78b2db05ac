"""Finding articles by words: PostgreSQL's full-text search, in the language of the page, forgiving of typing errors."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import Case, F, Q, TextField, When
from django.db.models.functions import Coalesce
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from articles.body import CHARACTERS, without_brackets
from articles.models import Article, ArticleQuerySet, Section
from articles.models.words import CONFIGS, apart, column, translated
from polls import spoken

LONGEST_QUERY = 200
# Marks that no text holds: what stands between them is escaped before it becomes HTML.
START, STOP = "\ue000", "\ue001"
LIKE_ENOUGH = 0.45
MOST_ALIKE = 24
# Whoever writes quotes or a minus means it; only plain words are guessed at.
PLAIN = re.compile(r"[\w'’.]+(?: [\w'’.]+)*")
CHINESE = re.compile(f"{CHARACTERS}+")
GAP = re.compile(f"({CHARACTERS}[{START}{STOP}]*) +(?=[{START}{STOP}]*{CHARACTERS})")
# What is left of a placement or a note where a passage begins or ends within it.
CUT = re.compile(r"\[\[[^\]]*\Z|\A[^\[]*\]\]")
FILTERS = ("section", "author", "topic", "year", "poll")
PARAMETERS = ("q", *FILTERS)
# PostgreSQL's web search knows straight quotes alone; keyboards and word processors make others of them.
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»‹›", '"'))


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for: words, and what narrows them; all of it stands in the page's address."""

    words: str = ""
    section: str = ""
    author: str = ""
    topic: str = ""
    year: str = ""
    poll: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wanted:
        words = " ".join(str(given.get("q", "")).replace("\x00", " ").translate(QUOTES).split())[:LONGEST_QUERY]
        return cls(words, *(str(given.get(name, "")).replace("\x00", "")[:120] for name in FILTERS))

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, name) for name in FILTERS)

    @property
    def keep(self) -> str:
        """The address's query, for the links to further pages."""
        return urlencode({"q": self.words, **{name: getattr(self, name) for name in FILTERS if getattr(self, name)}})


@dataclass(frozen=True)
class Offered:
    """A section, author or topic to which a search can be narrowed."""

    pk: int
    parent_id: int | None
    slug: str
    name: str


def find(wanted: Wanted, *, language: str, sections: Sequence[Offered | Section]) -> ArticleQuerySet:
    """Published and archived articles that hold the words, best first; `"in quotes"`, `-without` and `or` work.

    In another language than the publication's, the translations are searched, and beside them the articles that are
    not translated, as its pages show them. Without words everything that is not narrowed away, newest first.
    """
    published = narrowed(wanted, sections=sections)
    if not wanted.words:
        return published if wanted.narrowed else published.none()
    english = SearchQuery(wanted.words, search_type="websearch", config="english")
    headline = _headline(F("body"), english, "english")
    if language not in CONFIGS or language == spoken.own():
        found: Any = published.filter(search=english).annotate(rank=SearchRank(F("search"), english), headline=headline)
        return found.order_by("-rank", "-published_at", "-pk")
    words, config = column(language), CONFIGS[language]
    query = SearchQuery(in_order(wanted.words), search_type="websearch", config=config)
    text: Any = Coalesce(translated("body", language), F("body"), output_field=TextField())
    own = _headline(apart(text) if language.startswith("zh") else text, query, config)
    found = published.filter(Q(**{words: query}) | Q(**{f"{words}__isnull": True}, search=english)).annotate(
        rank=Coalesce(SearchRank(F(words), query), SearchRank(F("search"), english)),
        headline=Case(When(**{f"{words}__isnull": True}, then=headline), default=own),
    )
    return found.order_by("-rank", "-published_at", "-pk")


def narrowed(wanted: Wanted, *, sections: Sequence[Offered | Section]) -> ArticleQuerySet:
    """The articles, archived ones too, that section (with what lies in it), author, topic, year and poll leave over."""
    found = Article.objects.public().for_lists()
    if wanted.section:
        found = found.filter(section__in=_inside(wanted.section, sections))
    if wanted.author:
        found = found.filter(authors__slug=wanted.author)
    if wanted.topic:
        found = found.filter(topics__slug=wanted.topic)
    if wanted.poll:
        found = found.filter(Q(poll__isnull=False) | Q(body__contains="[[poll:"))
    if wanted.year:
        known = re.fullmatch(r"[1-9][0-9]{3}", wanted.year, re.ASCII) and wanted.year != "9999"
        found = found.filter(published_at__year=int(wanted.year)) if known else found.none()
    return found


def _inside(slug: str, sections: Sequence[Offered | Section]) -> list[int]:
    """The ids of a section and of everything that lies in it, out of all sections."""
    found = [section.pk for section in sections if section.slug == slug]
    for _level in sections:
        below = [section.pk for section in sections if section.parent_id in found and section.pk not in found]
        if not below:
            break
        found += below
    return found


def alike(wanted: Wanted, *, sections: Sequence[Offered | Section]) -> list[Article]:
    """Articles whose titles, in any language, look like plain words, best first; none where pg_trgm is not offered."""
    if not PLAIN.fullmatch(wanted.words) or not forgiving():
        return []
    near = narrowed(wanted, sections=sections).filter(titles__trigram_word_similar=wanted.words)
    likeness = TrigramWordSimilarity(wanted.words, "titles")
    with transaction.atomic(), connection.cursor() as cursor:
        # The operator that the index knows goes by this setting; it ends with the transaction.
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKE_ENOUGH)])
        return list(near.order_by(likeness.desc(), "-published_at", "-pk")[:MOST_ALIKE])


def in_order(words: str) -> str:
    """The words with every run of Chinese characters as characters in that order, for so they are kept."""
    if not CHINESE.search(words):
        return words
    return CHINESE.sub(lambda run: f' "{" ".join(run[0])}" ', words.replace('"', " "))


def _headline(text: Any, query: SearchQuery, config: str) -> SearchHeadline:
    return SearchHeadline(text, query, config=config, start_sel=START, stop_sel=STOP, max_words=35, min_words=15)


def passage(article: Article) -> SafeString:
    """The passage of an article found, its words marked; the standfirst where it was found by its title's look."""
    held = getattr(article, "headline", "") or article.standfirst_i18n
    words = CUT.sub(" ", without_brackets(GAP.sub(r"\1", html.unescape(strip_tags(held.replace("<", " <"))))))
    text = " ".join(words.split())
    if text and held != article.standfirst_i18n:
        text = _as_a_part(text)
    marked = escape(text).replace(STOP + START, "").replace(START, "<mark>").replace(STOP, "</mark>")
    return mark_safe(marked)  # noqa: S308 - escaped just above


def _as_a_part(text: str) -> str:
    """Three points where a passage begins or ends within a sentence."""
    bare = text.replace(START, "").replace(STOP, "")
    begins = "" if bare[:1].isupper() else "… "
    ends = "" if bare[-1:] in ".!?…。！？؟" else " …"
    return f"{begins}{text}{ends}"


@functools.cache
def forgiving() -> bool:
    """Whether this database has pg_trgm; no migration requires it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')")
        (offered,) = cursor.fetchone()
    return bool(offered)
