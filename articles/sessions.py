"""How long somebody stays signed in, and that nobody reaches the admin without a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

ADMIN, ACCOUNT = "/admin/", "/account/"
IDLE_SECONDS = 2 * 3600
LONGEST_SECONDS = 12 * 3600
# How exactly the last request is noted; each note is a write.
NOTED_SECONDS = 60
BEGAN, SEEN, FACTORS = "began", "seen", "factors"


def begin(request: HttpRequest) -> None:
    """Somebody has just signed in with all that was asked of them."""
    now = time.time()
    request.session.update({BEGAN: now, SEEN: now, FACTORS: factors_of(request.user)})


def factors_of(user: AbstractBaseUser | object) -> list[str]:
    """The second factors of somebody, so that a change of any of them is seen."""
    found = Authenticator.objects.filter(user_id=getattr(user, "pk", None)).order_by("pk")
    return [f"{kind} {pk}" for pk, kind in found.values_list("pk", "type")]


def has_second_factor(factors: list[str]) -> bool:
    """Whether one of them is more than recovery codes."""
    return any(not factor.startswith(Authenticator.Type.RECOVERY_CODES) for factor in factors)


def by_itself(request: HttpRequest) -> bool:
    """Whether an open page asked this without anybody doing anything: figures that refresh, "who else is here"."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "empty"


class StaffSessions:
    """Ends what is over; sends whoever has no second factor to set one up; public pages pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith((ADMIN, ACCOUNT)) or not request.user.is_authenticated:
            return self.get_response(request)
        factors, now = factors_of(request.user), time.time()
        if over := self.over(request, factors, now):
            logout(request)
            messages.info(request, over)
            return self.get_response(request)
        if BEGAN in request.session and now - request.session.get(SEEN, 0) > NOTED_SECONDS and not by_itself(request):
            request.session[SEEN] = now
        if path.startswith(ADMIN) and not settings.WITHOUT_SECOND_FACTOR and not has_second_factor(factors):
            return HttpResponseRedirect(reverse("mfa_index"))
        response = self.get_response(request)
        if path.startswith(ACCOUNT) and request.method == "POST" and request.user.is_authenticated:
            request.session[FACTORS] = factors_of(request.user)  # changed in this session: only the others end
        return response

    def over(self, request: HttpRequest, factors: list[str], now: float) -> str:
        """Why this session has ended, in a sentence; empty where it goes on."""
        session = request.session
        if settings.WITHOUT_SECOND_FACTOR and BEGAN not in session:
            return ""  # on this machine alone: a session that nothing was asked for
        if now - session.get(BEGAN, 0) > LONGEST_SECONDS or now - session.get(SEEN, 0) > IDLE_SECONDS:
            return _("You have been logged out because too much time has passed. Please log in again.")
        if session.get(FACTORS) != factors:
            return _("You have been logged out because your second factor was changed. Please log in again.")
        return ""
