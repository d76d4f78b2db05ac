"""What roles and sections allow, for the admin of articles and of polls."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from articles import body, roles
from articles.models import Article
from polls.admin import PollAdmin
from polls.models import Poll

# What readers see of an article depends on these alone.
PUBLIC_LIFE = ("published_at", "withdrawn_at", "archived_at")


class WithinRights(admin.ModelAdmin):
    """Articles of the sections in which somebody works; who cannot publish changes drafts only."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return roles.articles_of(request.user, super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and (obj is None or roles.reaches(request.user, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or roles.may_change(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or roles.may_change(request.user, obj))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (FormWithinRights, form), {"person": request.user})

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """The last door, whatever the form offers."""
        stored = Article.objects.filter(pk=obj.pk).values("section", *PUBLIC_LIFE).first() or {}
        moved = any(getattr(obj, name) != stored.get(name) for name in PUBLIC_LIFE)
        if (moved and not roles.may_publish(request.user)) or not roles.reaches(request.user, obj):
            raise PermissionDenied
        super().save_model(request, obj, form, change)


class BesideArticles(admin.ModelAdmin):
    """What belongs to an article, for those who work in its section."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        articles = roles.articles_of(request.user, Article.objects.order_by())
        return super().get_queryset(request).filter(article__in=articles)


class SectionsWithinRights(admin.ModelAdmin):
    """A section is changed by whoever works in it; everybody sees it."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        mine = roles.sections_of(request.user)
        return super().has_change_permission(request, obj) and (obj is None or mine is None or obj.pk in mine)


class FormWithinRights(forms.ModelForm):
    """The form of an article, for somebody who works in some sections."""

    person: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sections = roles.sections_of(self.person)
        section = self.fields.get("section")
        if isinstance(section, forms.ModelChoiceField) and section.queryset is not None and sections is not None:
            section.queryset = section.queryset.filter(pk__in=sections)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        self.check_polls()
        return data

    def check_polls(self) -> None:
        """Whoever places a poll gets at its figures: it must be one of their sections already."""
        former = Article.objects.filter(pk=self.instance.pk).values_list("poll", "body").first() or (None, "")
        chosen: Poll | None = self.cleaned_data.get("poll")
        if chosen is not None and chosen.pk != former[0] and not roles.reaches_poll(self.person, chosen):
            self.add_error("poll", _("This poll belongs to another section."))
        new = set(body.polls_placed(self.cleaned_data.get("body") or "")) - set(body.polls_placed(former[1]))
        for poll in Poll.objects.filter(slug__in=new) if roles.sections_of(self.person) is not None else ():
            if not roles.reaches_poll(self.person, poll):
                self.add_error("body", _("The poll “%(slug)s” belongs to another section.") % {"slug": poll.slug})
        written = getattr(self, "wording", None) and getattr(self, "poll", None)
        if written and written.published_at and not self.person.has_perm("polls.steer_poll"):
            self.add_error("question", _("This poll is published: only an editor can change it."))


class PollsWithinRights(PollAdmin):
    """A poll belongs to the sections of the articles in which it stands; one that stands in none, to everybody."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Poll]:
        return roles.polls_of(request.user, super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and (obj is None or roles.reaches_poll(request.user, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or roles.reaches_poll(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or roles.reaches_poll(request.user, obj))


# Accounts have a page of ours, and the groups are the roles, which are written in the code.
admin.site.unregister([Poll, User, Group, EmailAddress, Authenticator])
admin.site.register(Poll, PollsWithinRights)
