"""Where a POST comes from, judged by what the browser itself says: only our own pages may vote.

This takes the place of a CSRF token on the vote door, so that cached pages carry neither token nor cookie.
"""

from __future__ import annotations

import ipaddress
import re
from enum import Enum

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

DEFAULT_PORTS = {"http": "80", "https": "443"}
ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", re.ASCII)


class Origin(Enum):
    """Whose page sent the request."""

    OWN = "own"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"  # nobody said: the confirmation page, which carries a CSRF token, asks the reader


def judge(request: HttpRequest) -> Origin:
    """Say whose page sent `request`, from `Sec-Fetch-Site` and `Origin`; when the two disagree it is foreign.

    Raises DisallowedHost, as Django does, when `BASE_URL` is empty and the Host header is not an allowed one.
    """
    site = request.headers.get("Sec-Fetch-Site", "").strip()
    origin = request.headers.get("Origin", "").strip()
    if site in ("cross-site", "same-site"):
        # same-site too: a forum on a neighbouring subdomain is not our page.
        return Origin.FOREIGN
    if origin and origin != "null" and not _is_own(origin, request):
        return Origin.FOREIGN
    if site == "same-origin":
        # `Origin: null` beside it is silence, not contradiction: a browser set to send no referrer does that.
        # A sandboxed frame or a redirect over another site, which also give `null`, are "cross-site" here.
        return Origin.OWN
    if site == "none":
        # The reader repeats the POST by hand (address bar, restored tab). No page can cause it, so it is no
        # attack, and it is not our page either: asking costs one press, refusing would cost the vote.
        return Origin.UNKNOWN
    # Other values of Sec-Fetch-Site are ignored, as the Fetch Metadata standard asks; `Origin` decides alone.
    if origin == "null":
        return Origin.FOREIGN
    return Origin.OWN if origin else Origin.UNKNOWN


def carries_token(request: HttpRequest) -> bool:
    """Whether a POST carries the CSRF token of its own cookie: what speaks for it where the browser says nothing."""
    if "csrfmiddlewaretoken" not in request.POST or settings.CSRF_COOKIE_NAME not in request.COOKIES:
        return False
    check = CsrfViewMiddleware(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, HttpResponse, (), {}) is None


def _is_own(origin: str, request: HttpRequest) -> bool:
    ours = settings.BASE_URL or f"{request.scheme}://{request.get_host()}"
    return _parts(origin) is not None and _parts(origin) == _parts(ours)


def _parts(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port in one spelling; None for what no browser sends as an origin."""
    match = ORIGIN.fullmatch(address.lower())
    if not match:
        return None
    scheme, host, port = match.groups()
    if host.startswith("["):
        try:
            host = str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            return None
    return scheme, host, int(port or DEFAULT_PORTS[scheme])
