"""What the admin's pages of polls draw and gather."""

from __future__ import annotations

from django import template

from polls import dates, drawings
from polls.models import Alarm

register = template.Library()
register.simple_tag(drawings.bar, name="bar")
register.filter("moment", dates.moment)


@register.simple_tag(takes_context=True)
def standing_alarms(context: template.Context) -> list[Alarm]:
    """What the verifier found and nobody has seen to yet, newest first; nothing for who may not see polls."""
    if not context["request"].user.has_perm("polls.view_poll"):
        return []
    return list(Alarm.objects.filter(settled_at__isnull=True).select_related("poll").order_by("-raised_at")[:20])
