"""Files that somebody uploaded, to be taken up as articles."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked: import or discard it")
    TAKING = "taking", _("being imported")
    DONE = "done", _("imported")


class Delivery(models.Model):
    """Files that came together. They are kept until they have been taken up, or are thrown away with this row."""

    name = models.CharField(_("files"), max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    stage = models.CharField(_("state"), max_length=10, choices=Stage.choices, default=Stage.CHECKING)
    # What was noticed beside the outcome of each file: new sections, pictures that are not carried over.
    notes = models.JSONField(default=list)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def works(self) -> bool:
        return self.stage in (Stage.CHECKING, Stage.TAKING)


class DeliveredFile(models.Model):
    """One file, and what became of it at this stage; an empty outcome: its turn is to come."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    content = models.BinaryField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="")
    message = models.TextField(blank=True, default="")
    line = models.PositiveIntegerField(default=0)
    slug = models.CharField(max_length=140, blank=True, default="")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["delivery", "position"], name="delivered_file_position")]

    def __str__(self) -> str:
        return self.name
