"""What the page that asks before deleting says: what will be gone, and what will be otherwise afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise


class Deletable(admin.ModelAdmin):
    """Deleted one at a time, after a page that says in sentences what it means."""

    actions = None  # nothing is deleted in bulk
    when_deleted: tuple[str | Promise, ...] = ()
    while_used: str | Promise = ""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        said = {"when_deleted": self.when_deleted, "while_used": self.while_used}
        return super().delete_view(request, object_id, {**said, **(extra_context or {})})
