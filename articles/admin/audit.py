"""The audit list in the admin: read by administrators, changed by nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from articles.audit import Act
from articles.models import AuditEntry
from polls.characters import apart
from polls.dates import moment

WORDS = {
    ADDITION: gettext_lazy("added"),
    CHANGE: gettext_lazy("changed"),
    DELETION: gettext_lazy("deleted"),
    **{act.value: act.label for act in Act},
}


class ActFilter(admin.SimpleListFilter):
    title = gettext_lazy("what")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(str(number), words) for number, words in WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        return queryset.filter(action_flag=int(value)) if value.isdigit() and int(value) in WORDS else queryset


@admin.register(AuditEntry)
class AuditAdmin(admin.ModelAdmin):
    list_display = ("when", "who", "what", "on_what")
    list_display_links = ("when",)
    list_filter = (
        ActFilter,
        ("content_type", admin.RelatedOnlyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "content_type")
    search_fields = ("user__username", "object_repr", "change_message")
    date_hierarchy = "action_time"
    ordering = ("-action_time", "-pk")
    list_per_page = 100
    show_full_result_count = False
    fields = readonly_fields = ("when", "who", "what", "on_what")
    actions = None

    @admin.display(description=gettext_lazy("when"), ordering="action_time")
    def when(self, entry: LogEntry) -> str:
        return moment(entry.action_time, seconds=True)

    @admin.display(description=gettext_lazy("who"), ordering="user__username")
    def who(self, entry: LogEntry) -> str:
        return entry.user.get_username()

    @admin.display(description=gettext_lazy("what"), ordering="action_flag")
    def what(self, entry: LogEntry) -> str:
        words, more = str(WORDS.get(entry.action_flag, entry.action_flag)), entry.get_change_message()
        return f"{words}: {apart(more)}" if more else words

    @admin.display(description=gettext_lazy("on what"), ordering="object_repr")
    def on_what(self, entry: LogEntry) -> str:
        kind = entry.content_type.name if entry.content_type else ""
        return f"{kind}: {apart(entry.object_repr)}" if kind else entry.object_repr

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
