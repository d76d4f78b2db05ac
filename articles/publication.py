"""What every page says of the publication itself."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from articles.models import Publication, Section

AWAY = (OperationalError, InterfaceError)
UNNAMED = _("A publication without a name")
# The record as this process read it last: without PostgreSQL an error page still says whose it is.
_last: Publication | None = None


def current() -> Publication:
    """The one record; on a site where nobody has written it yet, an unsaved one with every default."""
    global _last
    try:
        _last = Publication.objects.select_related("logo").first() or Publication(name=str(UNNAMED))
    except AWAY:
        return _last or Publication(name=str(UNNAMED))
    return _last


class Shown:
    """The publication as a page shows it; record and menu are read once, and only by a page that shows them."""

    @cached_property
    def record(self) -> Publication:
        return current()

    @property
    def name(self) -> str:
        return self.record.name_i18n

    @property
    def strapline(self) -> str:
        return self.record.strapline_i18n

    @cached_property
    def sections(self) -> list[dict[str, str]]:
        """The menu; without PostgreSQL a page that can say something nevertheless says it without the menu."""
        try:
            sections = list(Section.objects.filter(parent=None))
        except AWAY:
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
    return {"publication": SimpleLazyObject(Shown)}
