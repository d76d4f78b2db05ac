"""What every page says of the publication itself."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from articles.models import Section


class Publication:
    """The name and the menu; the menu is read once, and only by a page that shows it."""

    name = "The Meridian Review"
    strapline = "Analysis of world affairs, and what its readers make of it"

    @cached_property
    def sections(self) -> list[dict[str, str]]:
        """The menu; without PostgreSQL a page that can say something nevertheless says it without the menu."""
        try:
            sections = list(Section.objects.all())
        except (OperationalError, InterfaceError):
            return []
        return [
            {
                "name": section.name_i18n,
                "menu_name": section.menu_name_i18n or section.name_i18n,
                "url": section.get_absolute_url(),
            }
            for section in sections
        ]


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `publication` in every template."""
    return {"publication": SimpleLazyObject(Publication)}
