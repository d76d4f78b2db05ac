"""The languages of the pages: which readers can choose from, and in which of them a page can really be read."""

from __future__ import annotations

import functools
import gettext
import re
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from articles.models import Publication
from articles.publication import current
from articles.reading import canonical
from polls import spoken

PREFIX = re.compile(rf"/(?:{'|'.join(code for code, _name in settings.LANGUAGES)})(?=/)")
# Its address is the same in every language, and names the language behind it.
MINE = re.compile(r"/polls/[^/]+/mine/\Z")
REVIEWED = "x-reviewed-by-native-speaker"
# What a page passes as `spoken_in` whose own words are those of the program and of the publication.
OF_PUBLICATION = "publication"
ARTICLE, PAGE, NAMED = ("title", "body"), ("title", "body"), ("name",)


def shown() -> list[str]:
    """The languages in which readers find pages, that of the publication first."""
    record = current()
    others = [code for code, _name in settings.LANGUAGES if code in record.languages]
    return list(dict.fromkeys([record.default_language, *others]))


def of(row: Any, *fields: str) -> list[str]:
    """Those in which a row can really be read, that of the publication first."""
    own, *others = shown()
    return [own, *(code for code in others if spoken.translated(row, *fields, language=code))]


def of_publication() -> list[str]:
    """Those in which the publication says its own few words: so its lists are pages of these languages."""
    record: Publication = current()
    own, *others = shown()
    words = [name for name in ("strapline", "footer") if getattr(record, name)]
    return [own, *(code for code in others if not words or spoken.translated(record, *words, language=code))]


def address_of(row: Any, *fields: str) -> str:
    """The one address of what this page shows: in the language of the page, or where it is not translated the own."""
    with translation.override(spoken.language_of(row, *fields)):
        return str(row.get_absolute_url())


def at_home(request: HttpRequest, spoken_in: Any) -> str:
    """The path of this page in its language, or in that of the publication where it is not translated."""
    return (
        request.path
        if spoken.here() in (_real(spoken_in) or [])
        else in_language(request, shown()[0]).partition("?")[0]
    )


def in_language(request: HttpRequest, language: str) -> str:
    """This very page in another language, with what was asked of it behind the address."""
    path, asked = PREFIX.sub("", request.path, count=1), request.GET.copy()
    if MINE.fullmatch(path):
        asked["language"] = language
        return f"{path}?{asked.urlencode()}"
    path = path if language == current().default_language else f"/{language}{path}"
    return f"{path}?{urlencode(list(asked.lists()), doseq=True)}" if asked else path


def alternates(request: HttpRequest, spoken_in: Any) -> list[tuple[str, str]]:
    """Language and full address of each page that says the same in another language; none where there is but one."""
    found = _real(spoken_in)
    if not found or len(found) < 2:
        return []
    own = [("x-default", canonical(request, in_language(request, found[0])))]
    return [(code, canonical(request, in_language(request, code))) for code in found] + own


def choices(request: HttpRequest, spoken_in: Any) -> list[dict[str, Any]]:
    """What the switcher offers: every language shown, with whether this page is translated into it."""
    real = _real(spoken_in)
    return [
        {
            "code": code,
            "name": spoken.name_of(code),
            "url": in_language(request, code),
            "here": code == spoken.here(),
            "lacking": real is not None and code not in real,
        }
        for code in shown()
    ]


def _real(spoken_in: Any) -> list[str] | None:
    if spoken_in is None:
        return None
    real = of_publication() if spoken_in == OF_PUBLICATION else spoken_in
    return [code for code in shown() if code in real]


@functools.cache
def reviewed(language: str) -> bool:
    """Whether a native speaker has read the program's words in a language; its catalogue says so."""
    if language == settings.LANGUAGE_CODE:
        return True
    locale = translation.to_locale(language)
    catalogue = gettext.translation("django", settings.LOCALE_PATHS[0], [locale], fallback=True)
    return catalogue.info().get(REVIEWED) == "yes"
