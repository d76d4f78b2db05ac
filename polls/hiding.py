"""A choice that its voter hides on a shared device: a cookie of this browser, and nothing on the server.

The ballot stays counted and this browser stays one that has voted; only what it chose is told to nobody here any more.
Whoever has the receipt, which tells nothing of the choice, shows it again.
"""

from __future__ import annotations

import dataclasses
import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from polls import respondents
from polls.voting import Receipt


def is_hidden(request: HttpRequest, slug: str) -> bool:
    """Whether this browser is to tell nobody what it chose in a poll."""
    return request.COOKIES.get(_cookie(slug)) == "1"


def hide(response: HttpResponse, slug: str) -> None:
    """Let this browser tell nobody what it chose in a poll, as long as it counts as a voter."""
    response.set_cookie(
        _cookie(slug), "1", max_age=respondents.COOKIE_AGE, secure=settings.SECURE, httponly=True, samesite="Lax"
    )


def show(response: HttpResponse, slug: str) -> None:
    response.delete_cookie(_cookie(slug), samesite="Lax")


def without_choice(receipt: Receipt) -> Receipt:
    """The same receipt, which says that there is a vote and nothing of what is in it."""
    return dataclasses.replace(receipt, marks=(), code="")


def is_receipt(typed: str, receipt: Receipt) -> bool:
    """Whether somebody typed the code of this receipt, however they wrote its letters and hyphens."""
    plain = "".join(typed.upper().replace("-", " ").split())
    return hmac.compare_digest(plain.encode(), receipt.code.replace("-", "").encode())


def _cookie(slug: str) -> str:
    return f"hidden-{slug}"
