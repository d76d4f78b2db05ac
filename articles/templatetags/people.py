"""What the admin says of how one has signed in."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def without_second_factor() -> bool:
    """Whether this site lets people into the admin by a password alone."""
    return bool(settings.WITHOUT_SECOND_FACTOR)
