"""In which language and time zone a page is: by its address, and by what the record of the publication says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, clear_url_caches
from django.urls.resolvers import LocalePrefixPattern
from django.utils import timezone, translation

from articles import desk_language, publication
from polls import spoken

# What asks for no page: votes and figures name their language themselves, and wait for no record of ours.
DOORS = re.compile(r"/(?:static|media|live|accent)/|/polls/[^/]+/(?:vote/|mine/|results\.json)\Z")
ADMIN, ACCOUNT, STAFF = "/admin/", "/account/", "/styleguide/"


class OwnPrefix(LocalePrefixPattern):
    """`/de/` before the address of a page; nothing where it is in the publication's own language.

    Django keeps what `reverse` is built of, prefixes and all: `built_for` says of which language it took none.
    """

    built_for = settings.LANGUAGE_CODE

    @property
    def language_prefix(self) -> str:
        OwnPrefix.built_for = publication.current().default_language
        language = translation.get_language() or settings.LANGUAGE_CODE
        return "" if language == OwnPrefix.built_for else f"{language}/"


def in_every_language(*addresses: URLPattern | URLResolver) -> URLResolver:
    """These addresses, once in each language."""
    return URLResolver(OwnPrefix(), list(addresses))


class LanguageAndZone:
    """Language by the address alone, so that a page never varies by header or cookie; dates in the publication's zone.

    A language that the publication does not show is no language: its addresses lead nowhere. Who works here is spoken
    to in a language of their own; who signs in, in that of their browser. None of these pages is kept by a cache.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        with publication.one_request():
            record = publication.last_known() if DOORS.match(request.path_info) else publication.current()
            if record.default_language != OwnPrefix.built_for:
                clear_url_caches()
            language = _language(request, record)
            page = spoken.page(own=record.default_language, desk=request.path_info.startswith(ADMIN))
            with page, translation.override(language), timezone.override(record.zone):
                request.LANGUAGE_CODE = language
                response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _language(request: HttpRequest, record: publication.Publication) -> str:
    path = request.path_info
    shown_in = request.GET.get("language", "") if path.startswith(STAFF) else ""
    if shown_in in desk_language.KNOWN:
        return shown_in  # components are looked at in any language, whoever looks
    if path.startswith((ADMIN, ACCOUNT, STAFF)):
        own = desk_language.of_request(request)
        browser = desk_language.of_browser(request) if path.startswith(ACCOUNT) else ""
        return own or browser or record.default_language
    asked = translation.get_language_from_path(path)
    return asked if asked in record.languages else record.default_language
