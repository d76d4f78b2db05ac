"""What the form of an article says to the server by itself: that it is open, and what is being typed into it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import revisions, writings
from articles.models import Article
from polls.dates import clock_time

if TYPE_CHECKING:
    from articles.admin.article import ArticleAdmin


def answer(desk: ArticleAdmin, request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """GET: a new token for a page that has outlived its own, and who else is here. POST: the same, after keeping."""
    if not desk.admin_site.has_permission(request):
        return _refuse(HTTPStatus.UNAUTHORIZED, _("You are logged out."))
    article = desk.get_queryset(request).filter(pk=pk).first() if pk is not None else None
    if pk is not None and article is None:
        return _refuse(HTTPStatus.NOT_FOUND, _("This article has been deleted, or is no longer yours to work on."))
    allowed = desk.has_add_permission(request) if article is None else desk.has_change_permission(request, article)
    if not allowed:
        return _refuse(HTTPStatus.FORBIDDEN, _("You may no longer change this article: what you type is not kept."))
    user = cast(AbstractBaseUser, request.user)
    if request.method == "POST" and request.POST.get("discard"):
        writings.forget(user, article)
        return HttpResponseRedirect(_form_of(article))
    kept = False
    if request.method == "POST":
        try:
            fields = _fields(request)
        except writings.Unreadable as unreadable:
            return _refuse(HTTPStatus.BAD_REQUEST, str(unreadable))
        writings.keep(user, article, fields)
        kept = fields is not None
    return JsonResponse({**state_of(user, article), "token": get_token(request), "user": user.pk, "kept": kept})


def state_of(user: AbstractBaseUser, article: Article | None) -> dict[str, Any]:
    """What the form says beside itself: who else is here, and whether somebody has saved meanwhile."""
    if article is None:
        return {"others": [], "version": 0, "newer": "", "at": clock_time(timezone.now())}
    saved = revisions.kept(article).filter(version=article.version).last()
    mine = saved is None or saved.history_user_id == user.pk
    newer = "" if mine else _saved_meanwhile(saved)
    return {
        "others": writings.others(user, article),
        "version": article.version,
        "newer": newer,
        "at": clock_time(timezone.now()),
    }


def _saved_meanwhile(saved: Any) -> str:
    values = {"who": revisions.name_of(saved.history_user), "at": clock_time(saved.history_date)}
    return (
        _("%(who)s has saved this article at %(at)s. When you save, you are shown both texts; nothing is overwritten.")
        % values
    )


def _fields(request: HttpRequest) -> writings.Fields | None:
    if len(request.body) > writings.LONGEST:
        raise writings.Unreadable(_("This is too long to be kept here; it stays in this browser until you save."))
    try:
        return writings.read(json.loads(request.body))
    except (ValueError, RecursionError) as error:
        if isinstance(error, writings.Unreadable):
            raise
        raise writings.Unreadable(_("This could not be kept: it is not one of our forms.")) from None


def _form_of(article: Article | None) -> str:
    return (
        reverse("admin:articles_article_change", args=[article.pk])
        if article
        else reverse("admin:articles_article_add")
    )


def _refuse(status: HTTPStatus, sentence: str) -> JsonResponse:
    return JsonResponse({"sentence": sentence}, status=status)
