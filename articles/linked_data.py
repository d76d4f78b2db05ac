"""What search engines read of an article: schema.org's NewsArticle and BreadcrumbList as JSON-LD."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from django.utils.safestring import SafeString, mark_safe

from articles.publication import current
from articles.reading import Reading

# Data, not script: nothing in it may end the element that holds it.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
HEADLINE = 110  # characters, the most that search engines show


def of_article(article: Reading, *, home: str) -> SafeString:
    """The JSON-LD of an article; `home` is the full address of the home page."""
    name = current().name_i18n
    publisher = {"@type": "Organization", "name": name, "url": home}
    section = urljoin(home, article.section.get_absolute_url())
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "headline": article.title_i18n[:HEADLINE],
                "description": article.standfirst_i18n,
                "url": article.canonical,
                "mainEntityOfPage": article.canonical,
                "datePublished": article.published_at.isoformat(),
                "dateModified": article.updated_at.isoformat(),
                "articleSection": article.section.name_i18n,
                "keywords": [topic.name_i18n for topic in article.topics.all()],
                "author": [
                    {
                        "@type": "Organization",
                        "name": author.name_i18n,
                        "url": urljoin(home, author.get_absolute_url()),
                    }
                    for author in article.authors.all()
                ],
                "publisher": publisher,
                "isAccessibleForFree": True,
                "correction": [
                    {"@type": "CorrectionComment", "text": row.text_i18n, "datePublished": row.at.isoformat()}
                    for row in article.corrections.all()
                ],
            },
            {
                "@type": "BreadcrumbList",
                "itemListElement": [
                    _crumb(1, name, home),
                    _crumb(2, article.section.name_i18n, section),
                    _crumb(3, article.title_i18n, article.canonical),
                ],
            },
        ],
    }
    text = json.dumps(document, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(text)  # noqa: S308 - escaped just above


def _crumb(position: int, name: str, address: str) -> dict[str, Any]:
    return {"@type": "ListItem", "position": position, "name": name, "item": address}
