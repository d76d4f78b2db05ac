"""What every page says of the publication itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import InterfaceError, OperationalError
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from articles import colours
from articles.models import HomeLead, Page, Publication, Section, SocialLink
from articles.models.publication import ACCENT
from polls import spoken
from polls.pages import SECONDS

AWAY = (OperationalError, InterfaceError)
UNNAMED = _("A publication without a name")
# The record is no older than a page that a process keeps: so a page that is kept costs no query for it.
KEPT_SECONDS = float(SECONDS)

# What belongs to the record comes with it, in one query.
LINKS = SocialLink.objects.filter(publication=OuterRef("pk")).values(json=JSONObject(name="name", url="url"))
LEADS = HomeLead.objects.filter(publication=OuterRef("pk")).values("article")


class _Kept(NamedTuple):
    record: Publication
    read_at: float


_kept: _Kept | None = None
_of_request: ContextVar[Shown | None] = ContextVar("publication of this request", default=None)


class Shown:
    """The publication as a page shows it; each part is read once, and only by a page that shows it."""

    @cached_property
    def record(self) -> Publication:
        return _read()

    @property
    def name(self) -> str:
        return self.record.name_i18n

    @property
    def strapline(self) -> str:
        return self.record.strapline_i18n

    @property
    def accent_sheet(self) -> str:
        """The address of the style sheet with the publication's own accent; empty where it is that of `tokens.css`."""
        colour = self.record.accent.lower()
        if colour == ACCENT or not colours.COLOUR.fullmatch(colour):
            return ""
        return _address("accent", colour[1:], colours.digest(colour))

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
                "written_in": spoken.elsewhere(
                    spoken.language_of(section, "menu_name" if section.menu_name_i18n else "name")
                ),
            }
            for section in sections
        ]

    @cached_property
    def pages(self) -> list[dict[str, Any]]:
        """The plain pages that readers may see, without their texts."""
        try:
            pages = list(Page.objects.published().defer("body"))
        except AWAY:
            return []
        return [
            {
                "title": page.title_i18n,
                "url": _address("articles:page", page.slug),
                "role": page.role,
                "written_in": spoken.elsewhere(spoken.language_of(page, "title")),
                "in_menu": page.in_menu,
                "in_footer": page.in_footer,
            }
            for page in pages
        ]

    @property
    def privacy_url(self) -> str:
        """Where a reader learns what a vote stores: the page for it, or else the lines in the footer."""
        return next((page["url"] for page in self.pages if page["role"] == Page.Role.PRIVACY), "") or "#privacy"

    @property
    def links_elsewhere(self) -> list[dict[str, str]]:
        return getattr(self.record, "links", [])


def lead_ids() -> list[int]:
    """The articles that the editors put at the top of the home page, in their order."""
    return getattr(current(), "lead_ids", [])


def current() -> Publication:
    """The one record; on a site where nobody has written it yet, an unsaved one with every default."""
    return _shown().record


def last_known() -> Publication:
    """The record as this process read it last, without asking PostgreSQL."""
    return _kept.record if _kept else _unwritten()


def forget() -> None:
    """Read the record anew at the next request; for who has just changed it."""
    global _kept
    _kept = None


@contextmanager
def one_request() -> Iterator[None]:
    """Within it everybody is told of one and the same record."""
    token = _of_request.set(Shown())
    try:
        yield
    finally:
        _of_request.reset(token)


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `publication` in every template."""
    return {"publication": SimpleLazyObject(_shown)}


def _shown() -> Shown:
    return _of_request.get() or Shown()


def _read() -> Publication:
    global _kept
    if _kept and time.monotonic() - _kept.read_at < KEPT_SECONDS:
        return _kept.record
    try:
        records = Publication.objects.select_related("logo")
        record = records.annotate(links=ArraySubquery(LINKS), lead_ids=ArraySubquery(LEADS)).first() or _unwritten()
    except AWAY:
        record = last_known()  # an error page still says whose it is
    _kept = _Kept(record, time.monotonic())
    return record


def _unwritten() -> Publication:
    """Before anybody has chosen anything, every language of the program leads to its pages."""
    return Publication(name=str(UNNAMED), languages=[code for code, _name in settings.LANGUAGES])


def _address(name: str, *parts: str) -> str:
    """An address, or nothing where the site's addresses are others (in an error of the address table itself)."""
    try:
        return reverse(name, args=parts)
    except NoReverseMatch:
        return ""
