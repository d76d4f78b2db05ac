"""What search engines read of a page: schema.org's NewsArticle, Person, Organization and BreadcrumbList as JSON-LD."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from django.utils.safestring import SafeString

from articles.models import Author, Picture, Section
from articles.publication import current
from articles.reading import Reading
from polls.linked_data import document

HEADLINE = 110  # characters, the most that search engines show


def of_article(article: Reading, *, home: str) -> SafeString:
    """The JSON-LD of an article; `home` is the full address of the home page."""
    picture = article.lead_picture
    news = {
        "@type": "NewsArticle",
        "headline": article.title_i18n[:HEADLINE],
        "description": article.standfirst_i18n,
        "url": article.canonical,
        "mainEntityOfPage": article.canonical,
        "datePublished": article.published_at.isoformat(),
        "dateModified": article.updated_at.isoformat(),
        "articleSection": article.section.name_i18n,
        "keywords": [topic.name_i18n for topic in article.topics.all()],
        "author": [_author(author, home=home) for author in article.authors.all()],
        "publisher": _publisher(home),
        "isAccessibleForFree": True,
    }
    if corrections := article.corrections.all():
        news["correction"] = [
            {"@type": "CorrectionComment", "text": one.text_i18n, "datePublished": one.at.isoformat()}
            for one in corrections
        ]
    if picture:
        news["image"] = [_picture(picture, home=home)]
    way = [*article.section.path]
    return document(news, _crumbs([(each.name_i18n, each.get_absolute_url()) for each in way], home=home, here=article))


def of_section(section: Section, *, home: str) -> SafeString:
    """The JSON-LD of a section: where it lies."""
    return document(_crumbs(_way_to(section), home=home))


def of_author(author: Author, *, home: str) -> SafeString:
    """The JSON-LD of an author's page: a person, or a desk of the publication."""
    about = _author(author, home=home)
    if author.description_i18n:
        about["description"] = author.description_i18n
    if author.website:
        about["sameAs"] = [author.website]
    if author.portrait:
        about["image"] = _picture(author.portrait, home=home)
    about["worksFor" if author.is_person else "parentOrganization"] = _publisher(home)
    return document(about, _crumbs([(author.name_i18n, author.get_absolute_url())], home=home))


def _author(author: Author, *, home: str) -> dict[str, Any]:
    kind = "Person" if author.is_person else "Organization"
    return {"@type": kind, "name": author.name_i18n, "url": urljoin(home, author.get_absolute_url())}


def _publisher(home: str) -> dict[str, Any]:
    record = current()
    publisher = {"@type": "Organization", "name": record.name_i18n, "url": home}
    return publisher | ({"logo": _picture(record.logo, home=home)} if record.logo else {})


def _picture(picture: Picture, *, home: str) -> dict[str, Any]:
    return {
        "@type": "ImageObject",
        "url": urljoin(home, picture.file.url),
        "width": picture.width,
        "height": picture.height,
    }


def _way_to(section: Section) -> list[tuple[str, str]]:
    return [(each.name_i18n, each.get_absolute_url()) for each in section.path]


def _crumbs(way: Iterable[tuple[str, str]], *, home: str, here: Reading | None = None) -> dict[str, Any]:
    steps = [(current().name_i18n, home), *((name, urljoin(home, path)) for name, path in way)]
    if here is not None:
        steps.append((here.title_i18n, here.canonical))
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": address}
        for position, (name, address) in enumerate(steps, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}
