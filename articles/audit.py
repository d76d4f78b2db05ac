"""The audit list: Django's own log of the admin, and beside it who signed in and what became of accounts.

PostgreSQL refuses to change or delete any of its rows (`docs/constraints.md`).
"""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class Act(models.IntegerChoices):
    """What happened, beside Django's own: 1 added, 2 changed, 3 deleted."""

    SIGNED_IN = 11, _("logged in")
    FACTOR_FAILED = 12, _("second factor failed")
    FACTOR_CHANGED = 13, _("second factor changed")
    PASSWORD_CHANGED = 14, _("password changed")
    INVITED = 15, _("invited")
    WITHDRAWN = 16, _("invitation withdrawn")
    JOINED = 17, _("joined")
    RIGHTS_CHANGED = 18, _("role or sections changed")
    CLOSED = 19, _("account closed")
    OPENED = 20, _("account opened again")
    FACTOR_RESET = 21, _("second factor removed")
    RESCUED = 22, _("access restored from the command line")


def record(act: Act, *, by: AbstractBaseUser, on: models.Model, text: str = "") -> None:
    """Write down what somebody did, and to whom or what."""
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(on, for_concrete_model=False),
        object_id=str(on.pk),
        object_repr=str(on)[:200],
        action_flag=act,
        change_message=text,
    )
