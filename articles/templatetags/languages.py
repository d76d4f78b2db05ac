"""`{% load languages %}`: the language of a page, of its parts, and the way to the others."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from articles import languages
from polls import spoken
from polls.templatetags.polls import written_in

register = template.Library()
register.simple_tag(written_in)
register.simple_tag(spoken.comma)
register.simple_tag(spoken.colon)


@register.simple_tag
def said_in(row: Any, *fields: str) -> SafeString:
    """The attributes of an element with these fields of a row, where they are not in the language of the page."""
    return written_in(spoken.elsewhere(spoken.language_of(row, *fields)))


@register.simple_tag
def original_of(row: Any, *fields: str) -> dict[str, str] | None:
    """The language in which a row is read here, where that is not the page's, and the address of it there."""
    language = spoken.elsewhere(spoken.language_of(row, *fields))
    if not language:
        return None
    return {"language": language, "name": spoken.name_of(language), "url": languages.address_of(row, *fields)}


@register.simple_tag
def interface_reviewed() -> bool:
    """Whether a native speaker has read the program's words in the language of the page."""
    return languages.reviewed(spoken.here())


@register.inclusion_tag("_alternates.html", takes_context=True)
def alternates(context: template.Context) -> dict[str, Any]:
    """Where the same page stands in other languages, for search engines."""
    request = context.get("request")
    return {"alternates": languages.alternates(request, context.get("spoken_in")) if request else []}


@register.inclusion_tag("_languages.html", takes_context=True)
def language_switcher(context: template.Context) -> dict[str, Any]:
    """The same page in the other languages; nothing in answer to a form, which has no address to come back to."""
    request = context.get("request")
    if request is None or spoken.at_desk.get() or request.method not in ("GET", "HEAD"):
        return {}
    found = languages.choices(request, context.get("spoken_in"))
    return {"languages": found if len(found) > 1 else [], "here": next((one for one in found if one["here"]), None)}
