"""Pictures and recordings in pages: `{% picture %}` is an image in all its widths, `{% player %}` who plays what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.text import slugify

from articles.models import ArticleFile, Document, Picture, Recording, Rendition
from articles.players import Player
from articles.players import player as player_of

register = template.Library()
# How wide a picture is shown, so that a browser fetches the width it needs; measures of `site.css`.
SIZES = {
    "column": "(min-width: 46rem) 39rem, calc(100vw - 2rem)",
    "lead": "(min-width: 76rem) 41rem, (min-width: 60rem) 56vw, calc(100vw - 2rem)",
    "wide": "(min-width: 60rem) 54rem, calc(100vw - 2rem)",
    "teaser": "(min-width: 48rem) 16rem, calc(100vw - 2rem)",
    "thumb": "8rem",
}
FALLBACK = 960  # the width given to a browser that knows no other way
SHARED = 1280


@register.inclusion_tag("articles/_picture.html")
def picture(of: Picture, place: str = "column", *, eager: bool = False) -> dict[str, Any]:
    """An image in the widths that are there; the original while there are none. Its room is kept from the start."""
    renditions = list(of.renditions.all())
    return {
        "picture": of,
        "source": _nearest(renditions, FALLBACK).file.url if renditions else of.file.url,
        "set": ", ".join(f"{rendition.file.url} {rendition.width}w" for rendition in renditions),
        "sizes": SIZES[place],
        "eager": eager,
    }


def _nearest(renditions: list[Rendition], width: int) -> Rendition:
    """The narrowest that is as wide as `width`, or else the widest."""
    wide = [rendition for rendition in renditions if rendition.width >= width]
    return min(wide, key=lambda rendition: rendition.width) if wide else max(renditions, key=lambda r: r.width)


@register.simple_tag
def shared(of: Picture) -> Picture | Rendition:
    """The picture as it is shown where an article is shared: file, width and height."""
    renditions = list(of.renditions.all())
    return _nearest(renditions, SHARED) if renditions else of


@register.simple_tag
def absolute(address: str, *, of: str) -> str:
    """The whole address of something on the same site as the page `of`."""
    return urljoin(of, address)


@register.simple_tag
def player(of: Recording) -> Player | None:
    """Who plays a recording; None for one whose host is not known any more."""
    return player_of(of.url)


@register.simple_tag
def files_of(article: Any) -> list[ArticleFile]:
    """The files under an article, in their order; one query."""
    return list(article.files.select_related("document"))


@register.filter
def filename(document: Document) -> str:
    """The name under which a reader's browser keeps a file."""
    return f"{slugify(document.title)[:80] or 'file'}.{document.kind}"


@register.filter
def size(document: Document) -> str:
    return filesizeformat(document.bytes)
