"""What orders articles, in the admin: sections, authors, topics, audiences."""

from __future__ import annotations

from django.contrib import admin

from articles.admin.rights import SectionsWithinRights
from articles.models import Audience, Author, Section, Topic


class WithSlug(admin.ModelAdmin):
    """Sections, authors, topics, audiences: a name, an address made of it, and a line about it."""

    prepopulated_fields = {"slug": ("name",)}
    search_fields = ("name",)
    list_display: tuple[str, ...] = ("name", "slug")


@admin.register(Section)
class SectionAdmin(SectionsWithinRights, WithSlug):
    fields = ("name", "menu_name", "slug", "description", "position")
    list_display = ("name", "menu_name", "position")


@admin.register(Author)
class AuthorAdmin(WithSlug):
    fields = ("name", "slug", "is_person", "description", "biography", "portrait", "website")


@admin.register(Topic)
class TopicAdmin(WithSlug):
    fields = ("name", "slug")


@admin.register(Audience)
class AudienceAdmin(WithSlug):
    fields = ("name", "slug", "summary", "position")
    list_display = ("name", "summary", "position")
