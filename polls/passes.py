"""A poll's pass: the token that opens the figures of a poll whose results show after voting.

A pass is given with the receipt of a counted ballot. It proves that somebody's ballot in this one poll was
counted under this site's `SECRET_KEY`, and nothing else: not who voted, not what was chosen, not when. It is
the same for all voters of a poll, so the address that carries it can be cached and joins nobody's visits, and
a voter may hand it on. That is the price, and it is a small one: a pass keeps readers from being swayed
before they vote, it guards no secret.
"""

from __future__ import annotations

import base64

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "polls.passes"


def issue(slug: str) -> str:
    """The pass of the poll `slug`: 22 characters that need no escaping in an address."""
    return _sign(slug, settings.SECRET_KEY)


def valid(slug: str, value: str) -> bool:
    """Whether `value` is the pass of the poll `slug`, under the present key or a former one in use."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(value, _sign(slug, key)) for key in keys)


def _sign(slug: str, key: str) -> str:
    digest = salted_hmac(SALT, slug, secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
