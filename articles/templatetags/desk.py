"""`{% load desk %}`: what the editors' first page gathers, by what its reader may see."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin
from django.contrib.admin.templatetags import admin_list
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import desk
from articles.models import Article, Page, Picture, Publication
from polls import running
from polls.models import Poll

register = template.Library()


@register.inclusion_tag("admin/change_list_results.html")
def labelled_list(cl: Any) -> dict[str, Any]:
    """The rows of a list as Django draws them, each cell with the name of its column, which a phone shows before it."""
    drawn: dict[str, Any] = dict(admin_list.result_list(cl))
    names = [format_html('<td data-label="{}"', capfirst(str(header["text"]))) for header in drawn["result_headers"]]
    for row in drawn["results"]:
        row[:] = [SafeString(cell.replace("<td", name, 1)) for cell, name in zip(row, names, strict=True)]
    return drawn


@register.simple_tag(takes_context=True)
def first_page(context: template.Context) -> dict[str, Any]:
    """Everything on the first page of the desk; nothing of what its reader may not see."""
    request, now = context["request"], timezone.now()
    articles = _seen(request, Article.objects.all()).defer("body", "search")
    polls = _seen(request, Poll.objects.with_state())
    pictures = _seen(request, Picture.objects.all())
    known = desk.polls_of_interest(polls, now=now)
    votes = request.user.has_perm("polls.view_poll")
    return {
        "links": _quick_links(request),
        "running": running.figures(among=polls) if votes else None,
        "hours": running.hours(now=now) if votes else None,
        "coming": desk.coming(articles=articles, polls=known, now=now),
        "attention": desk.attention(articles=articles, polls=known, pictures=pictures, now=now),
    }


def _seen(request: Any, rows: Any) -> Any:
    """The rows that this person may see in the admin; none where the table is not for them."""
    table = admin.site._registry.get(rows.model)
    if table is None or not table.has_view_permission(request):
        return rows.none()
    return table.get_queryset(request)


def _quick_links(request: Any) -> list[tuple[str, str]]:
    """What is done most often, for those who may."""
    wanted = (
        (Article, "add", _("Write an article")),
        (Poll, "add", _("Make a poll or survey")),
        (Publication, "change", _("The publication and its home page")),
        (Page, "view", _("Plain pages")),
    )
    return [(words, _address(model, action)) for model, action, words in wanted if _may(request, model, action)]


def _may(request: Any, model: Any, action: str) -> bool:
    table = admin.site._registry.get(model)
    return table is not None and bool(getattr(table, f"has_{action}_permission")(request))


def _address(model: Any, action: str) -> str:
    page = "add" if action == "add" else "changelist"
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
