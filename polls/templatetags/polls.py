"""`{% poll_card poll place=article.slug %}` puts a poll's card into any page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from polls import cards, dates, linked_data, spoken
from polls.models import Poll

register = template.Library()


@register.simple_tag
def written_in(language: str) -> SafeString:
    """The attributes of an element whose words are in a language that is not the page's; nothing for ""."""
    if not language:
        return mark_safe("")
    return format_html(' lang="{}" dir="{}"', language, "rtl" if spoken.right_to_left(language) else "ltr")


register.simple_tag(spoken.comma)
register.simple_tag(spoken.colon)
register.filter("moment", dates.moment)


@register.simple_tag
def poll_data(card: cards.Card, address: str, publisher: str) -> SafeString:
    """The JSON-LD of a poll's page."""
    return linked_data.of_poll(card, address=address, publisher=publisher)


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
