"""What a browser asks for beside the pages: the mark in its sizes, and the manifest of the site."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from articles import colours, icons
from articles.models.publication import ACCENT
from articles.publication import current

A_DAY = 86_400  # seconds: so long a browser may show the mark in a former accent
LARGE = (192, 512)
DRAWN: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "favicon.ico": ("image/x-icon", icons.ico),
    "icon.svg": ("image/svg+xml", lambda accent: icons.svg(accent).encode()),
    "apple-touch-icon.png": ("image/png", lambda accent: icons.png(accent, 180)),
    "icon-192.png": ("image/png", lambda accent: icons.png(accent, 192)),
    "icon-512.png": ("image/png", lambda accent: icons.png(accent, 512)),
}


@require_safe
def icon(request: HttpRequest, name: str) -> HttpResponse:
    """The mark under the names by which browsers ask for it."""
    kind, draw = DRAWN[name]
    accent = current().accent.lower()
    response = HttpResponse(draw(accent if colours.COLOUR.fullmatch(accent) else ACCENT), content_type=kind)
    patch_cache_control(response, public=True, max_age=A_DAY)
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """For who puts the site on a home screen: it stays a page in the browser, with its address in sight."""
    record = current()
    response = JsonResponse(
        {
            "name": record.name,
            "short_name": record.name,
            "lang": record.default_language,
            "dir": "auto",
            "start_url": "/",
            "scope": "/",
            "display": "minimal-ui",
            "background_color": colours.LIGHT_PAPER,
            "theme_color": colours.LIGHT_PAPER,
            "icons": [
                {"src": "/icon.svg", "type": "image/svg+xml", "sizes": "any"},
                *(
                    {"src": f"/icon-{side}.png", "type": "image/png", "sizes": f"{side}x{side}", "purpose": purpose}
                    for side in LARGE
                    for purpose in ("any", "maskable")
                ),
            ],
        },
        json_dumps_params={"ensure_ascii": False},
        content_type="application/manifest+json",
    )
    patch_cache_control(response, public=True, max_age=A_DAY)
    return response
