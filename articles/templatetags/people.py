"""What pages of accounts and the admin say of how one signs in."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def in_fours(secret: str) -> SafeString:
    """A secret that is typed off the screen: a line breaks after four characters, never within them."""
    fours = (secret[start : start + 4] for start in range(0, len(secret), 4))
    return format_html_join(SafeString("<wbr>"), "{}", ((four,) for four in fours))


@register.simple_tag
def without_second_factor() -> bool:
    """Whether this site lets people into the admin by a password alone."""
    return bool(settings.WITHOUT_SECOND_FACTOR)
