"""Who votes: a random number in a cookie, set only when somebody votes, and the key that a series makes of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# As long as browsers keep a cookie at most; whoever clears it is a new voter, and the site says so.
COOKIE_AGE = 400 * 86_400
VALUE = re.compile(r"([0-9a-f]{8})\.([A-Za-z0-9_-]{22})\.([0-9a-f]{32})", re.ASCII)


def read(request: HttpRequest) -> str | None:
    """The voter's random number, or None without a cookie that we made.

    The cookie names the key it was signed with, so it outlives a rotation of `SECRET_KEY` as long as the former key
    stands in `SECRET_KEY_FALLBACKS`.
    """
    match = VALUE.fullmatch(request.COOKIES.get(cookie_name(request), ""))
    if match is None:
        return None
    key_id, number, signature = match.groups()
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if _key_id(key) == key_id and hmac.compare_digest(_signature(key, number), signature):
            return number
    return None


def give_cookie(request: HttpRequest, response: HttpResponse, number: str = "") -> None:
    """Set a new voter cookie: readable by no script, sent to this host alone."""
    number = number or new_number()
    key = settings.SECRET_KEY
    response.set_cookie(
        cookie_name(request),
        f"{_key_id(key)}.{number}.{_signature(key, number)}",
        max_age=COOKIE_AGE,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def new_number() -> str:
    """The random number of a new voter."""
    return secrets.token_urlsafe(16)


def cookie_name(request: HttpRequest) -> str:
    """`__Host-voter` over https; over http the port tells two sites on one machine apart."""
    return "__Host-voter" if settings.SECURE else f"voter-{request.get_port()}"


def voter_key(*, series_key: bytes, voter: str) -> bytes:
    """32 bytes that join a voter's ballots inside one series and nowhere else (HMAC-SHA256)."""
    return hmac.new(series_key, b"cookie:" + voter.encode(), hashlib.sha256).digest()


def member_key(panel_key: bytes | None, voter: str) -> bytes | None:
    """32 bytes that join a voter's ballots in the waves of a panel, where they consent; None without one."""
    return None if panel_key is None else hmac.new(panel_key, b"member:" + voter.encode(), hashlib.sha256).digest()


def _key_id(key: str) -> str:
    return hashlib.sha256(b"voter cookie id:" + key.encode()).hexdigest()[:8]


def _signature(key: str, number: str) -> str:
    return hmac.new(b"voter cookie:" + key.encode(), number.encode(), hashlib.sha256).hexdigest()[:32]
