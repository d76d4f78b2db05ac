"""`manage.py rescue NAME`: for when the last administrator has lost password or second factor."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles import people, roles


class Command(BaseCommand):
    help = "Open an account again, as an administrator with a new password and without a second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name with which the person logs in")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["name"]).first()
        if person is None:
            names = ", ".join(people.administrators().values_list("username", flat=True)) or "none"
            raise CommandError(f"Nobody here has this name. Administrators: {names}.")
        roles.keep()
        password = people.rescue(person)
        self.stdout.write(f"{person.username} is an administrator. New password: {password}")
        self.stdout.write("At the first log-in a second factor is to be set up. The audit list says what was done.")
