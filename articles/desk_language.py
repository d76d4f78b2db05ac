"""In which language the desk speaks to whom: each account chooses, and until then it is that of the publication."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_supported_language_variant, gettext_lazy, override
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import never_cache

from articles import publication
from articles.models import Staff

# Kept in the session too, so that a page of the desk asks nothing more to know it.
IN_SESSION = "language"
KNOWN = dict(settings.LANGUAGES)


def of(user: Any) -> str:
    """The language in which somebody is spoken to, at the desk and by mail."""
    chosen = Staff.objects.filter(user=getattr(user, "pk", None) or 0).values_list("language", flat=True).first()
    return chosen or publication.current().default_language


def of_address(email: str) -> str:
    """The same by an e-mail address, whoever has it."""
    chosen = Staff.objects.filter(user__email__iexact=email).exclude(language="").values_list("language", flat=True)
    return chosen.first() or publication.current().default_language


def of_request(request: HttpRequest) -> str:
    """The language of a page of the desk or of signing in; empty where nobody has said anything."""
    chosen = request.session.get(IN_SESSION, "")
    if chosen in KNOWN:
        return str(chosen)
    asked = request.GET.get("language", "")
    return asked if asked in KNOWN else ""


def of_browser(request: HttpRequest) -> str:
    """The first language that somebody's browser asks for and the program speaks; empty where it asks for none."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return ""


def begin(request: HttpRequest) -> None:
    """Note in a new session what its account has chosen."""
    request.session[IN_SESSION] = of(request.user)


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)


@never_cache
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Where somebody chooses the language of the desk and of mails to them."""
    form = LanguageForm(request.POST or None, initial={"language": of(request.user)})
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        Staff.objects.update_or_create(user=cast(User, request.user), defaults={"language": language})
        request.session[IN_SESSION] = language
        with override(language):
            messages.success(request, _("From now on the desk will be in this language for you."))
        return HttpResponseRedirect(reverse("account_language"))
    return render(request, "account/language.html", {"form": form})
