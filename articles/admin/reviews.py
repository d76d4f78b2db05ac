"""The review links of an article at the desk: made, listed with what was said, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import lifecycle, reviewing
from articles.models import Article
from articles.publication import current
from articles.reading import canonical
from polls.panel import too_long

if TYPE_CHECKING:
    from articles.admin.article import ArticleAdmin


class LinkForm(forms.Form):
    """Asks for whom a link is, and for how long; its secret is made with the page, so that a repeat makes no second."""

    token = forms.CharField(
        widget=forms.HiddenInput,
        validators=[RegexValidator(rf"\A{reviewing.TOKEN.pattern}\Z", gettext_lazy("Please reload this page."))],
    )
    reader = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=120,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("So that you know whose answer it is; the page addresses them by this name."),
        error_messages=too_long(),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Valid for (days)"),
        min_value=1,
        max_value=reviewing.MOST_DAYS,
        initial=reviewing.DAYS,
    )


def page(desk: ArticleAdmin, request: HttpRequest, article: Article) -> HttpResponse:
    """All links of an article with what was said; its POST makes one or revokes one."""
    if not request.user.has_perm("articles.add_reviewlink"):
        raise PermissionDenied
    by = cast(AbstractBaseUser, request.user)
    here = reverse("admin:articles_article_reviews", args=[article.pk])
    if "revoke" in request.POST:
        link = article.review_links.filter(pk=_number(request.POST["revoke"])).select_related("article").first()
        if link:
            reviewing.revoke(link=link, by=by)
            messages.success(request, _("The link for %(reader)s no longer works.") % {"reader": link.reader})
        return HttpResponseRedirect(here)
    form, made = LinkForm(request.POST or None, initial={"token": reviewing.new_token()}), ""
    if request.method == "POST" and form.is_valid():
        reviewing.make(article=article, by=by, **form.cleaned_data)
        with translation.override(current().default_language):
            made = canonical(request, reverse("articles:review", args=[form.cleaned_data["token"]]))
        form = LinkForm(initial={"token": reviewing.new_token()})
    now = lifecycle.clock()
    links: list[tuple[Any, bool]] = [(link, reviewing.is_open(link, now=now)) for link in reviewing.of(article)]
    context = {"form": form, "made": made, "links": links}
    return desk.render(request, "admin/articles/article/reviews.html", article, here=_("Reviews"), **context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
