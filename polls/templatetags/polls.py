"""`{% poll_card poll place=article.slug %}` puts a poll's card into any page."""

from __future__ import annotations

from typing import Any

from django import template

from polls import cards
from polls.models import Poll

register = template.Library()


@register.inclusion_tag("polls/_card.html", takes_context=True)
def poll_card(context: template.Context, poll: Poll, place: str = "") -> dict[str, Any]:
    """The card of a poll loaded by `PollQuerySet.whole`, as everybody sees it."""
    return {"card": cards.for_everybody(poll, place=place), "request": context.get("request")}
