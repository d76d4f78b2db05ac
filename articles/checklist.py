"""What an editor is told before an article is published. Only a missing text stands in the way; the rest is advice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from articles import body, lifecycle
from articles.models import Article, Audience, Author, FormerAddress, Page, Picture, Section, Topic
from articles.publication import current
from polls.drafting import name_of
from polls.models import Poll
from polls.wording import NO_ANSWER

HREF = re.compile(r'<a\s[^>]*?href="([^"]*)"')


@dataclass(frozen=True)
class Finding:
    """One thing that is missing or doubtful, in a sentence; `blocks` where nothing can be published so."""

    sentence: str
    blocks: bool = False


def check(article: Article, *, now: datetime) -> list[Finding]:
    """Everything found in an article as it is stored, in the order in which an editor sees to it."""
    return [
        *_of_the_head(article),
        *_of_the_headings(article.body),
        *_of_the_pictures(article),
        *_of_the_links(article),
        *_of_the_polls(lifecycle.polls_of(article), now=now),
    ]


def _of_the_head(article: Article) -> Iterator[Finding]:
    if not strip_tags(article.body).strip():
        yield Finding(_("The article has no text."), blocks=True)
    if not article.standfirst.strip():
        yield Finding(_("There is no summary: lists and search engines show nothing under the title."))
    if not article.authors.all():
        yield Finding(_("The article has no author."))


def _of_the_headings(text: str) -> Iterator[Finding]:
    _marked, headings = body.with_anchors(text)
    if any(not heading.text for heading in headings):
        yield Finding(_("A heading is empty."))
    level = 1
    for heading in headings:
        if heading.level > level + 1:
            yield Finding(
                _("The heading “%(heading)s” is one level too low for its place; screen readers rely on the levels.")
                % {"heading": heading.text}
            )
        level = heading.level


def _of_the_pictures(article: Article) -> Iterator[Finding]:
    placed = body.pictures_placed(article.body)
    wanted = {*placed, *([article.lead_picture_id] if article.lead_picture_id else [])}
    known = Picture.objects.in_bulk(wanted)
    for number in sorted(set(placed) - known.keys()):
        yield Finding(_("The text places picture %(number)d, which is not in the library.") % {"number": number})
    for picture in known.values():
        said = picture.alt.strip().casefold()
        if said in (picture.name.casefold(), PurePosixPath(picture.name).stem.casefold()) or len(said) < 5:
            yield Finding(
                _("The alternative text of the picture “%(name)s” does not say what it shows.") % {"name": picture.name}
            )


def _of_the_polls(polls: Iterable[Poll], *, now: datetime) -> Iterator[Finding]:
    """How a poll is worded, as long as that can still be changed."""
    for poll in polls:
        if poll.published_at is not None and poll.published_at <= now:
            continue
        questions = list(poll.questions.prefetch_related("options"))
        if not questions:
            yield Finding(_("The poll “%(poll)s” asks nothing yet.") % {"poll": name_of(poll)}, blocks=True)
        for question in questions:
            options = [option.text for option in question.options.all()]
            values = {"question": question.text}
            if len(options) < 2:
                yield Finding(_("The question “%(question)s” has fewer than two options.") % values, blocks=True)
            if "?" not in question.text and "؟" not in question.text and "？" not in question.text:
                yield Finding(_("“%(question)s” is not a question: it has no question mark.") % values)
            if len(options) > 1 and not any(NO_ANSWER.search(option) for option in options):
                yield Finding(_("“%(question)s” has no answer for readers who do not know.") % values)


# --- links within the site ----------------------------------------------------------------------------------------


def _of_the_links(article: Article) -> Iterator[Finding]:
    for path in leading_nowhere(article.body, own=article.slug):
        yield Finding(_("The link %(path)s does not lead to a page that readers can see.") % {"path": path})


def leading_nowhere(text: str, *, own: str = "") -> list[str]:
    """The links of a body to addresses of this site at which readers find nothing; `own` is its article's address."""
    named: dict[str, dict[str, str]] = defaultdict(dict)
    own_language = current().default_language  # whose pages have no prefix
    nowhere: list[str] = []
    for path in dict.fromkeys(filter(None, map(_path, HREF.findall(text)))):
        with translation.override(translation.get_language_from_path(path) or own_language):
            try:
                found = resolve(path)
            except Resolver404:
                nowhere.append(path)
                continue
        if found.view_name in READABLE and "slug" in found.kwargs:
            named[found.view_name][path] = found.kwargs["slug"]
    for view, paths in named.items():
        there = READABLE[view](set(paths.values()))
        nowhere += [path for path, slug in paths.items() if slug not in there and slug != own]
    return nowhere


def _path(href: str) -> str:
    """The path of a link within this site; "" for every other link."""
    try:
        parts = urlsplit(unescape(href))
    except ValueError:
        return ""
    here = not parts.scheme and not parts.netloc
    by_name = parts.netloc and parts.netloc == urlsplit(settings.BASE_URL).netloc
    return unquote(parts.path) if (here or by_name) and parts.path.startswith("/") else ""


def _slugs(rows: Callable[[], QuerySet[Any]]) -> Callable[[set[str]], set[str]]:
    return lambda wanted: set(rows().filter(slug__in=wanted).values_list("slug", flat=True))


def _articles(wanted: set[str]) -> set[str]:
    public = Article.objects.public().filter(slug__in=wanted).values_list("slug", flat=True)
    former = FormerAddress.objects.filter(slug__in=wanted, article__in=Article.objects.public())
    return {*public, *former.values_list("slug", flat=True)}


READABLE: dict[str, Callable[[set[str]], set[str]]] = {
    "articles:article": _articles,
    "articles:section": _slugs(Section.objects.all),
    "articles:author": _slugs(Author.objects.all),
    "articles:topic": _slugs(Topic.objects.all),
    "articles:audience": _slugs(Audience.objects.all),
    "articles:page": _slugs(Page.objects.published),
    "polls:poll": _slugs(Poll.objects.public),
}
