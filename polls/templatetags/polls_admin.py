"""What the admin's pages of polls draw and gather."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin

from polls import dates, drawings
from polls.models import Alarm, Poll

register = template.Library()
register.simple_tag(drawings.bar, name="bar")
register.filter("moment", dates.moment)


@register.filter
def named(field: Any) -> Any:
    """A field in a row of a table: its column says what it is to the eye, and this to everybody else."""
    return field.as_widget(attrs={**field.field.widget.attrs, "aria-label": field.label})


@register.simple_tag(takes_context=True)
def standing_alarms(context: template.Context) -> list[Alarm]:
    """What the verifier found and nobody has seen to yet, newest first, in polls that this person may see."""
    request, table = context["request"], admin.site._registry[Poll]
    if not table.has_view_permission(request):
        return []
    seen = table.get_queryset(request).order_by().values("pk")
    standing = Alarm.objects.filter(settled_at__isnull=True, poll__in=seen)
    return list(standing.select_related("poll").order_by("-raised_at")[:20])
