"""`manage.py keep_roles`: gives the five roles exactly their permissions, after every `migrate`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from articles import roles


class Command(BaseCommand):
    help = "Make the five roles, and give each exactly the permissions of docs/roles.md; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            unknown = roles.keep()
        if unknown:
            raise CommandError(f"These permissions are not in the database: {', '.join(unknown)}. Run `migrate` first.")
        self.stdout.write("The roles are as they should be.")
