"""Public pages: the same bytes for everybody, so kept for a second by this process and by any cache on the way."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_safe

# As old as the figures are between two counts. A page kept longer would make its own figures look slow.
SECONDS = 1
# What a cache may still show while it fetches the new page; the figures in it say when they were counted.
STALE_SECONDS = 60

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """A page that depends on its address alone; it may be kept by every cache for a second."""

    @functools.wraps(view)
    def with_headers(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, public=True, max_age=SECONDS, stale_while_revalidate=STALE_SECONDS)
        return response

    return require_safe(cache_page(SECONDS, cache="pages")(with_headers))
