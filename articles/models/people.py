"""Who works on the publication: which sections are theirs, and who was invited."""

from __future__ import annotations

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.models.filing import Section


class Person(User):
    """An account, as the administrators see it."""

    class Meta:
        proxy = True
        default_permissions = ("view", "change")
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]


class AuditEntry(LogEntry):
    """A line of the audit list, as the administrators see it (`articles/audit.py`)."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("entry of the audit list")
        verbose_name_plural = _("audit list")
        ordering = ["-action_time", "-pk"]


class Staff(models.Model):
    """What an account may work on, beside the role that its group gives."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff")
    sections = models.ManyToManyField(
        Section,
        blank=True,
        related_name="+",
        verbose_name=_("sections"),
        help_text=_("The sections whose articles they may work on; none chosen means all."),
    )
    language = models.CharField(
        _("language of the desk"), max_length=12, choices=settings.LANGUAGES, blank=True, default="", db_default=""
    )
    # Kept beside them: when the last section of somebody is deleted, they work in none and not in all.
    limited = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        default_permissions = ()  # it is written with the person
        verbose_name = _("sections of the account")
        verbose_name_plural = _("sections of the account")

    def __str__(self) -> str:
        return str(self.user)


class Invitation(models.Model):
    """A link by which somebody makes an account with a role; it works once and expires."""

    email = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=20)
    sections = models.ManyToManyField(
        Section, blank=True, related_name="+", verbose_name=_("sections"), help_text=_("None chosen means all.")
    )
    # Only a digest is kept: whoever reads the database cannot use the link.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    invited_at = models.DateTimeField(auto_now_add=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="invitation", editable=False
    )
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ("view", "add", "change")  # withdrawn, never deleted
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(email=""), name="invitation_has_address")]

    def __str__(self) -> str:
        return self.email
