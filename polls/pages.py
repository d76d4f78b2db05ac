"""Public pages: the same bytes for everybody, so kept for a second by this process and by any cache on the way."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_cache_control, set_response_etag
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_safe

# As old as the figures are between two counts. A page kept longer would make its own figures look slow.
SECONDS = 1
# What a cache may still show while it fetches the new page; the figures in it say when they were counted.
STALE_SECONDS = 60

# A browser that names gzip with a weight of nothing refuses it (RFC 9110, section 12.5.3).
TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)

View = Callable[..., HttpResponse]


class Compression(GZipMiddleware):
    """A third of the bytes, made once for each page that is kept.

    Without the random padding that hides the length of what is secret: nothing on a public page is.
    """

    max_random_bytes = 0


def public_page(*reads: str) -> Callable[[View], View]:
    """A page that depends on its address alone; it may be kept by every cache for a second.

    Of the query only the parameters named in `reads` count. What else stands there, such as the marks by which other
    sites follow a link, is dropped before the page is looked up, so that a shared link does not make it anew each time.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def with_headers(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            patch_cache_control(response, public=True, max_age=SECONDS, stale_while_revalidate=STALE_SECONDS)
            set_response_etag(response)  # of what is read, so that both forms are known by one
            return response

        kept = cast(View, cache_page(SECONDS, cache="pages")(decorator_from_middleware(Compression)(with_headers)))

        @functools.wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            query = urlencode([(name, request.GET[name]) for name in reads if name in request.GET])
            request.META["QUERY_STRING"] = query
            request.GET = QueryDict(query, encoding=request.encoding)
            # Browsers write down what they take in many ways; each would be kept for itself.
            takes = TAKES_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
            request.META["HTTP_ACCEPT_ENCODING"] = "gzip" if takes else ""
            return kept(request, *args, **kwargs)

        return require_safe(asked)

    return decorate
