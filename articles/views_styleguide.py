"""`/styleguide/`: the components of the site in every state, for those who work here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from articles import styleguide
from polls import spoken

ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500", "503")
View = Callable[..., HttpResponse]


def for_staff(view: View) -> View:
    """For whom the desk is open; who has not signed in is asked to, and to anybody else there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, **given: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "account_login")
        if not admin.site.has_permission(request):
            raise Http404
        response = view(request, **given)
        add_never_cache_headers(response)
        return response

    return require_safe(guarded)


@for_staff
def components(request: HttpRequest, *, on_paper: bool = False) -> HttpResponse:
    """Everything at once. No script runs on it, for none of its polls is there to be voted in."""
    language = get_language() or settings.LANGUAGE_CODE
    with spoken.page(own=language, desk=False):  # samples have no translations: they are in the language of the page
        context = {"rooms": styleguide.rooms(request), "errors": ERRORS, "on_paper": on_paper}
        response = render(request, "articles/styleguide.html", context)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'none'; "
        "manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


@for_staff
def paper(request: HttpRequest) -> HttpResponse:
    """The style sheet that shows on a screen what a printer gets."""
    return HttpResponse(styleguide.paper(), content_type="text/css; charset=utf-8")


@for_staff
def error(request: HttpRequest, name: str) -> HttpResponse:
    """An error page as it looks when there is an error; the status says that there is none."""
    if name not in ERRORS:
        raise Http404
    return render(request, f"{name}.html")


@for_staff
def letter(request: HttpRequest) -> HttpResponse:
    """A mail, in a page that may carry its inline styles and nothing else."""
    response = HttpResponse(styleguide.letter())
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response
