"""What is known of translations beside their texts: from which words each was made."""

from __future__ import annotations

from django.db import models


class Translated(models.Model):
    """From which original somebody translated a row, so that the desk can tell when the original has changed since.

    A translation without this row came with a file and is taken to be up to date.
    """

    kind = models.CharField(max_length=20)
    row = models.PositiveBigIntegerField()
    language = models.CharField(max_length=12)
    original = models.CharField(max_length=64)  # SHA-256 of the texts it was made from
    who = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()  # it is written with the translation
        constraints = [models.UniqueConstraint(fields=["kind", "row", "language"], name="translated_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row} {self.language}"
