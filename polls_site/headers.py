"""Headers and outcomes that every answer of the site shares."""

from __future__ import annotations

import secrets
import select
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from redis.exceptions import RedisError

from articles.players import FRAME_HOSTS
from polls.tally import CountingAway

Handler = Callable[[HttpRequest], HttpResponse]

# One constant policy without a nonce: public pages stay the same bytes for everybody and can be cached.
PUBLIC_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; object-src 'none'; "
    # Players of recordings, loaded when a reader asks for one; a sound or video file may lie on any host.
    f"frame-src {' '.join(f'https://{host}' for host in FRAME_HOSTS)}; media-src https:; frame-ancestors 'self'"
)
ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-src 'self'; frame-ancestors 'none'"
)

# The shortest and longest windows of `ACCOUNT_RATE_LIMITS` are a minute and an hour; most open again within this time.
TRY_AGAIN_SECONDS = 300


class SecurityHeaders:
    """Content-Security-Policy for every answer: constant in public, with a nonce only where somebody signs in."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        admin = request.path_info.startswith(("/admin/", "/account/"))
        nonce = secrets.token_urlsafe(16) if admin else ""
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        policy = ADMIN_POLICY.format(nonce=nonce) if admin else PUBLIC_POLICY
        if getattr(response, "framed_at_the_desk", False):
            policy = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
            response.headers["X-Frame-Options"] = "SAMEORIGIN"
        response.headers.setdefault("Content-Security-Policy", policy)
        if request.path_info.startswith("/account/"):
            add_never_cache_headers(response)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read as a request; where it is only too long, that is said, for it can be sent in parts."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return render(request, "400.html", status=HTTPStatus.BAD_REQUEST)


def too_often(request: HttpRequest) -> HttpResponse:
    """A door that was tried too often: signing in, a new password, an invitation. The words are those of the header."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return response


class DatabaseAway:
    """Says "try again" in words, with status 503, when PostgreSQL cannot be reached or figures cannot be had.

    So it is when somebody signs in while Redis is away, which counts the guesses.

    A connection that died while it was idle is no reason: it is replaced before the request begins.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _drop_a_dead_connection()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError | CountingAway | RedisError):
            return None
        response = render(request, "503.html", status=503)
        response.headers["Retry-After"] = "5"
        response.headers["Cache-Control"] = "no-store"
        return response


def _drop_a_dead_connection() -> None:
    """Close this thread's connection where the server has closed it, so that the next query makes a new one.

    A server that ends closes the socket or says why: either can be seen without a round trip. Anything else that an
    idle connection may hold to be read costs one needless reconnection.
    """
    held = connection.connection
    if held is None or connection.in_atomic_block:
        return
    look = select.poll()
    if not held.closed:
        look.register(held.fileno(), select.POLLIN)
    if held.closed or look.poll(0):
        connection.close()
