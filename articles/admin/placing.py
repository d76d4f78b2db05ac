"""A field in which an editor picks a poll for a place of its own: the home page, a section, every article."""

from __future__ import annotations

from typing import Any

from polls.models import Poll

POLLS_OFFERED = 200


def choose_poll(field: Any, chosen: int | None, *, nothing: str) -> None:
    """Offer the newest polls and the one that is chosen now, each with its state."""
    newest = list(Poll.objects.order_by("-pk").values_list("pk", flat=True)[:POLLS_OFFERED])
    offered = Poll.objects.filter(pk__in=[*newest, chosen] if chosen else newest).order_by("-pk").with_state()
    field.queryset = offered.prefetch_related("questions")
    field.empty_label = nothing
