"""The corrections under an article; a new one is written in the article's form."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from articles.admin.rights import BesideArticles
from articles.models import Correction


@admin.register(Correction)
class CorrectionAdmin(BesideArticles):
    """One correction, to put its date or its text right; reached from its article."""

    fields = ("article", "at", "text")
    readonly_fields = ("article",)
    actions = None  # nothing is deleted in bulk

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False
