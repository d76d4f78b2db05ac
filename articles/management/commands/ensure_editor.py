"""`manage.py ensure_editor`: the account with which `make run` lets one try the admin."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from articles import roles
from articles.roles import Role

NAME = "editor"


class Command(BaseCommand):
    help = "Makes the user `editor`, an administrator; the password is in VAR/editor-password."

    def handle(self, *args: Any, **options: Any) -> None:
        user, new = get_user_model().objects.get_or_create(username=NAME, defaults={"is_staff": True})
        if roles.role_of(user) is None:  # from then on it is the administrators' affair
            roles.keep()
            roles.give(user, Role.ADMINISTRATOR)
            user.user_permissions.clear()
        file = settings.VAR / "editor-password"
        password = file.read_text().strip() if file.exists() else ""
        if new or not file.exists():
            password = password or secrets.token_urlsafe(12)
            user.set_password(password)
            user.save(update_fields=["password"])
        elif not user.check_password(password):
            password = ""  # the editor has chosen another one, which we neither know nor replace
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(password)
