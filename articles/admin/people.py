"""People and invitations in the admin, for administrators. Nobody is deleted."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache

from articles import people, roles
from articles.models import Invitation, Person, Section
from articles.people import Refused
from articles.reading import canonical
from articles.roles import WHAT, Role
from polls.dates import moment

SECTIONS_HELP = gettext_lazy(
    "The sections whose articles they work on, with the sections within; none chosen means all."
)


class RightsForm(forms.ModelForm):
    """A role, and the sections in which it holds."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        widget=forms.RadioSelect,
        choices=lambda: [(role.value, f"{str(role.label).capitalize()}. {WHAT[role]}") for role in Role],
    )
    sections: Any = forms.ModelMultipleChoiceField(
        Section.objects.all(),
        label=gettext_lazy("Sections"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=SECTIONS_HELP,
    )

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("role") == Role.ADMINISTRATOR and self.cleaned_data.get("sections"):
            self.add_error("sections", _("An administrator works in all sections."))
        return data


class PersonForm(RightsForm):
    class Meta:
        model = Person
        fields = ("first_name", "last_name", "is_active")
        labels = {"is_active": gettext_lazy("May log in")}
        help_texts = {"is_active": gettext_lazy("Untick to close the account; what they did stays theirs.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        person = kwargs.get("instance")
        if person:
            staff = getattr(person, "staff", None)
            shown = {"role": roles.role_of(person), "sections": staff.sections.all() if staff else ()}
            kwargs["initial"] = shown | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if not self.errors:
            try:
                people.check_still_administered(
                    self.instance, role=Role(self.cleaned_data["role"]), active=self.cleaned_data["is_active"]
                )
            except Refused as refused:
                self.add_error(None, refused.message)
        return data


class RoleFilter(admin.SimpleListFilter):
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Role.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(groups__name=self.value()) if self.value() in Role.values else queryset


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    form = PersonForm
    fields = ("username", "email", "first_name", "last_name", "role", "sections", "is_active", "second_factor")
    readonly_fields = ("username", "email", "second_factor")
    list_display = ("username", "rights", "second_factor", "seen", "is_active")
    list_filter = (RoleFilter, "is_active")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
        known = super().get_queryset(request).filter(is_staff=True).annotate(has_factor=Exists(factors))
        return known.select_related("staff").prefetch_related("groups", "staff__sections")

    @admin.display(description=gettext_lazy("role and sections"))
    def rights(self, person: Person) -> str:
        return people.in_words(person)

    @admin.display(description=gettext_lazy("last login"), ordering="last_login")
    def seen(self, person: Person) -> str:
        return moment(person.last_login) if person.last_login else _("never")

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def second_factor(self, person: Any) -> bool:
        return bool(person.has_factor)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("People"), **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # by invitation

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        User.objects.filter(pk=obj.pk).update(first_name=obj.first_name, last_name=obj.last_name)
        given = form.cleaned_data
        role = Role(given["role"])
        people.set_rights(
            obj,
            role=role,
            # Whose last section was deleted works in none; a change of something else does not give them all.
            sections=given["sections"] if "sections" in form.changed_data or role == Role.ADMINISTRATOR else None,
            active=given["is_active"],
            by=cast(User, request.user),
            now=timezone.now(),
        )

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """What changed is in the audit list already, in words."""

    def get_urls(self) -> list[URLPattern]:
        reset = self.admin_site.admin_view(never_cache(self.reset))
        return [path("<int:pk>/second-factor/", reset, name="articles_person_second_factor"), *super().get_urls()]

    def reset(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A page that says what taking the second factor away does; its POST does it."""
        person = self.get_queryset(request).filter(pk=pk).first()
        if person is None:
            raise Http404
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if request.method == "POST":
            mailed = people.reset_second_factor(person, by=cast(User, request.user))
            messages.success(request, _("The second factor has been removed."))
            if not mailed:
                messages.warning(request, _("The email about it could not be sent: please tell the person yourself."))
            return HttpResponseRedirect(reverse("admin:articles_person_change", args=[pk]))
        title = _("Remove the second factor of %(person)s") % {"person": person}
        context = {**self.admin_site.each_context(request), "opts": self.opts, "person": person, "title": title}
        return TemplateResponse(request, "admin/articles/person/second_factor.html", context)


class InvitationForm(RightsForm):
    class Meta:
        model = Invitation
        fields = ("email", "role", "sections")

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if "email" in self.cleaned_data:
            try:
                people.check_invitation(email=self.cleaned_data["email"], now=timezone.now())
            except Refused as refused:
                self.add_error(refused.field, refused.message)
        return data


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    form = InvitationForm
    list_display = ("email", "role_in_words", "who", "when", "until", "state")
    list_select_related = ("invited_by", "accepted_by")
    search_fields = ("email", "invited_by__username")
    list_per_page = 50
    actions = None

    @admin.display(description=gettext_lazy("invited by"), ordering="invited_by__username")
    def who(self, invitation: Invitation) -> str:
        return invitation.invited_by.get_username()

    @admin.display(description=gettext_lazy("sent"), ordering="invited_at")
    def when(self, invitation: Invitation) -> str:
        return moment(invitation.invited_at)

    @admin.display(description=gettext_lazy("valid until"), ordering="expires_at")
    def until(self, invitation: Invitation) -> str:
        return moment(invitation.expires_at)

    @admin.display(description=gettext_lazy("role"))
    def role_in_words(self, invitation: Invitation) -> str:
        return str(Role(invitation.role).label)

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_by:
            return _("used by %(name)s") % {"name": invitation.accepted_by}
        if invitation.withdrawn_at:
            return pgettext("invitation", "withdrawn")
        return _("valid") if invitation.expires_at > timezone.now() else _("expired")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Invitations"), **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        one = {"title": _("Invite somebody"), "show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**one, **(extra_context or {})})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("email", "role", "sections")
        return ("email", "role_in_words", "sections", "who", "when", "until", "state")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it can be withdrawn, and another one sent

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = form.cleaned_data
        invitation, secret = people.invite(
            email=given["email"],
            role=Role(given["role"]),
            sections=given["sections"],
            by=cast(User, request.user),
            now=timezone.now(),
        )
        obj.pk = invitation.pk
        request.invitation = (invitation, secret)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The sections are stored with the invitation."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit list has it already."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The only page that ever shows the link. It is mailed first, so that it can say whether that went well."""
        invitation, secret = request.invitation  # type: ignore[attr-defined]
        link = canonical(request, reverse("invitation", args=[secret]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "invitation": invitation,
            "link": link,
            "until": moment(invitation.expires_at),
            "mailed": people.send_invitation(invitation, link=link),
            "title": _("The invitation is ready"),
        }
        return TemplateResponse(request, "admin/articles/invitation/link.html", context)

    def get_urls(self) -> list[URLPattern]:
        withdraw = self.admin_site.admin_view(never_cache(self.withdraw))
        return [path("<int:pk>/withdraw/", withdraw, name="articles_invitation_withdraw"), *super().get_urls()]

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A page that says what withdrawing does; its POST does it."""
        invitation = self.get_queryset(request).filter(pk=pk).first()
        if invitation is None:
            raise Http404
        if not request.user.has_perm("articles.change_invitation"):
            raise PermissionDenied
        if request.method == "POST":
            try:
                people.withdraw(invitation, by=cast(User, request.user), now=timezone.now())
                messages.success(request, _("The invitation has been withdrawn."))
            except Refused as refused:
                messages.error(request, refused.message)
            return HttpResponseRedirect(reverse("admin:articles_invitation_changelist"))
        title = _("Withdraw the invitation of %(email)s") % {"email": invitation.email}
        context = {**self.admin_site.each_context(request), "opts": self.opts, "invitation": invitation, "title": title}
        return TemplateResponse(request, "admin/articles/invitation/withdraw.html", context)
