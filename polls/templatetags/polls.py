"""`{% poll_card poll place=article.slug %}` puts a poll's card into any page."""

from __future__ import annotations

from typing import Any

from django import template

from polls import cards
from polls.models import Poll

register = template.Library()


@register.inclusion_tag("polls/_card.html", takes_context=True)
def poll_card(context: template.Context, poll: Poll, place: str = "") -> dict[str, Any]:
    """The card of a poll loaded by `PollQuerySet.whole`, as everybody sees it; in a preview its vote is a test."""
    build = cards.for_preview if context.get("preview") else cards.for_everybody
    # The publication, for the page about privacy to which the card leads: polls know it by its name in the page alone.
    return {
        "card": build(poll, place=place),
        "request": context.get("request"),
        "publication": context.get("publication"),
    }
