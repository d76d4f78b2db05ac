"""How the people who work here sign in: what of django-allauth is ours to say."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordKeyForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from articles import audit, desk_language, mail, publication, sessions
from articles.audit import Act
from articles.reading import canonical
from polls.client_address import network_of

# What allauth tells people of by mail is also what the audit list holds, by the name of the mail.
TOLD = {
    "mfa/email/totp_activated": (Act.FACTOR_CHANGED, gettext_lazy("authenticator app added")),
    "mfa/email/totp_deactivated": (Act.FACTOR_CHANGED, gettext_lazy("authenticator app removed")),
    "mfa/email/webauthn_added": (Act.FACTOR_CHANGED, gettext_lazy("passkey added")),
    "mfa/email/webauthn_removed": (Act.FACTOR_CHANGED, gettext_lazy("passkey removed")),
    "mfa/email/recovery_codes_generated": (Act.FACTOR_CHANGED, gettext_lazy("new recovery codes")),
    "account/email/password_changed": (Act.PASSWORD_CHANGED, gettext_lazy("by themselves")),
    "account/email/password_reset": (Act.PASSWORD_CHANGED, gettext_lazy("by a link sent to them")),
}
MEANS = {
    "totp": gettext_lazy("password and authenticator app"),
    "webauthn": gettext_lazy("password and passkey"),
    "recovery_codes": gettext_lazy("password and recovery code"),
}


class Accounts(DefaultAccountAdapter):
    """Accounts are made by invitation only, throttled by network, and told of what becomes of them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return network_of(request)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        used = get_authentication_records(request, user)
        super().login(request, user)
        sessions.begin(request)
        desk_language.begin(request)
        audit.record(Act.SIGNED_IN, by=user, on=user, text=means_in_words(used))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Whether it could be sent is for the log alone: the page says the same for every address."""
        everything = {"email": email, "publication": publication.current(), **context}
        with override(desk_language.of_address(email)):
            mail.deliver(self.render_mail(template_prefix, email, everything))

    def format_email_subject(self, subject: str) -> str:
        return f"{' '.join(publication.current().name.split())}: {subject}"

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        if template_prefix in TOLD:
            act, text = TOLD[template_prefix]
            audit.record(act, by=user, on=user, text=str(text))
        super().send_notification_mail(template_prefix, user, context, email or getattr(user, "email", "") or None)

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return canonical(self.request, path)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")


class SecondFactors(DefaultMFAAdapter):
    """Authenticator apps and passkeys show whose account it is."""

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return str(user.get_username())

    def _get_site_name(self) -> str:
        return publication.current().name


def means_in_words(used: list[dict[str, Any]]) -> str:
    """With what somebody has signed in, from what allauth noted on the way."""
    factors = [one for one in used if one.get("method") == "mfa"]
    if not factors:
        return _("password alone")
    if factors[-1].get("passwordless"):
        return _("passkey")
    return str(MEANS.get(factors[-1].get("type", ""), ""))


# --- forms --------------------------------------------------------------------------------------------------------


class SignIn(LoginForm):
    """Username or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username or email address")
        self.fields["login"].widget = forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
        self.fields["password"].help_text = ""


def _ask_for_new_password(form: forms.Form) -> None:
    """In our words: what is asked twice is a new password."""
    form.fields["password1"].label = _("New password")
    form.fields["password2"].label = _("Repeat password")
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class ChangedPassword(ChangePasswordForm):
    """Another password, by the present one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        _ask_for_new_password(self)


class NewPassword(ResetPasswordKeyForm):
    """Another password, by a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_for_new_password(self)


class CodeForm(forms.Form):
    """A code that fails is written down."""

    user: AbstractBaseUser

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")

    def clean_code(self) -> Any:
        try:
            return super().clean_code()  # type: ignore[misc]
        except ValidationError as error:
            note(self.user, error)
            raise


class PasskeyForm(forms.Form):
    """What a browser says of a passkey; whoever writes something else there is told that it is wrong."""

    user: AbstractBaseUser | None = None

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError as error:
            note(self.user, error)
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise SecondFactors().validation_error("incorrect_code") from error


class NewPasskeyForm(forms.Form):
    """The same for a passkey that is set up."""

    def clean(self) -> Any:
        try:
            return super().clean()
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise SecondFactors().validation_error("incorrect_code") from error


def note(user: AbstractBaseUser | None, error: ValidationError) -> None:
    if user is not None and error.code == "incorrect_code":
        audit.record(Act.FACTOR_FAILED, by=user, on=user)


class Code(CodeForm, AuthenticateForm):
    """A code of the app, or a recovery code, to sign in."""


class CodeAgain(CodeForm, ReauthenticateForm):
    """The same before something is changed that matters."""


class NewApp(ActivateTOTPForm):
    """The first code of an app that is set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")


class Passkey(PasskeyForm, AuthenticateWebAuthnForm):
    """A passkey, to sign in after the password."""


class PasskeyAlone(PasskeyForm, LoginWebAuthnForm):
    """A passkey in place of name and password."""


class PasskeyAgain(PasskeyForm, ReauthenticateWebAuthnForm):
    """A passkey before something is changed that matters."""


class NewPasskey(NewPasskeyForm, AddWebAuthnForm):
    """A passkey that is set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = capfirst(_("name"))


class RenamedPasskey(EditWebAuthnForm):
    """A passkey that gets another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = capfirst(_("name"))
