"""The page behind the link of an invitation: a name and a password, then on to the second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core.ratelimit import consume_or_429
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from articles import people
from articles.people import Refused
from articles.roles import WHAT, Role


class JoinForm(forms.ModelForm):
    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html(),
    )
    password2 = forms.CharField(
        label=gettext_lazy("Repeat password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")
        labels = {"username": gettext_lazy("Username")}
        help_texts = {"username": gettext_lazy("Letters, digits and @ . + - _")}
        widgets = {
            "username": forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }

    def clean_username(self) -> str:
        """Names that differ only in capitals would be mistaken for one another."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("This username is already taken."))
        return name

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        first, second = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords do not match."))
        elif first:
            try:
                password_validation.validate_password(first, self.instance)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return data


@sensitive_post_parameters("password1", "password2")
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """An invitation whose link was opened; 410 and a sentence where it works no longer."""
    refused = consume_or_429(request, action="invitation", limit_get=True)
    if refused:
        return refused
    try:
        found = people.find_invitation(secret, now=timezone.now())
        if found is None:
            raise Http404
        form = JoinForm(request.POST if request.method == "POST" else None, instance=User(email=found.email))
        if form.is_valid() and (user := _joined(secret, form)):
            return _into_the_house(request, user)
    except Refused as over:
        return render(request, "account/invitation_over.html", {"sentence": over.message}, status=410)
    role = Role(found.role)
    context = {"form": form, "invitation": found, "role": role.label, "what": WHAT[role]}
    return render(request, "account/invitation.html", context)


def _joined(secret: str, form: JoinForm) -> User | None:
    """The new account, or None where the form then says why not."""
    given = form.cleaned_data
    try:
        return people.accept(
            secret,
            username=given["username"],
            password=given["password1"],
            first_name=given["first_name"],
            last_name=given["last_name"],
            now=timezone.now(),
        )
    except Refused as refused:
        if refused.field is None:
            raise
        form.add_error(refused.field, refused.message)
        return None


def _into_the_house(request: HttpRequest, user: User) -> HttpResponse:
    """Signed in with the password just chosen, which need not be typed again to set up a second factor."""
    get_adapter().login(request, user)
    record_authentication(request, user, "password", reauthenticated=True)
    return HttpResponseRedirect(reverse("mfa_index"))
