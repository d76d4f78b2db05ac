"""What the page that asks before deleting says: what will be gone, and what will be otherwise afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import capfirst

from polls import spoken


class Deletable(admin.ModelAdmin):
    """Deleted one at a time, after a page that says in sentences what it means."""

    actions = None  # nothing is deleted in bulk
    when_deleted: tuple[str | Promise, ...] = ()
    while_used: str | Promise = ""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with it, by the names that people know; rows that only the program tells apart go unsaid."""
        _everything, *others = super().get_deleted_objects(objs, request)
        found = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        found.collect(objs)
        with_it: dict[Any, set[Any]] = dict(found.model_objs)
        said = [
            f"{capfirst(str(model._meta.verbose_name))}{spoken.colon()}{row}"
            for model, rows in with_it.items()
            if isinstance(model._meta.verbose_name, Promise) and not model._meta.auto_created
            for row in sorted(rows, key=lambda row: row.pk)
            if row not in objs
        ]
        return [str(objs[0]), said], *others

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        said = {"when_deleted": self.when_deleted, "while_used": self.while_used}
        return super().delete_view(request, object_id, {**said, **(extra_context or {})})
