"""Refuses a PostgreSQL that could lose an acknowledged vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


def unsafe_settings(alias: str = "default") -> list[str]:
    """Those of `SETTINGS` that are off for our connections to the database `alias`, sorted."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off' ORDER BY name", [list(SETTINGS)]
        )
        return [name for (name,) in cursor.fetchall()]


def refuse_unsafe_database() -> None:
    """ImproperlyConfigured where a vote could be lost; a database that is away for a moment is no reason."""
    try:
        off = unsafe_settings()
    except OperationalError:
        return
    finally:
        connections["default"].close()  # a server may fork after this
    if off:
        raise ImproperlyConfigured(_sentence(off))


@register(Tags.database)
def check_durability(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`manage.py check --database default` and `migrate` refuse the same servers."""
    found = {alias: unsafe_settings(alias) for alias in databases or ()}
    return [Error(_sentence(off), id="polls_site.E001") for off in found.values() if off]


class Durability(AppConfig):
    """Listed in INSTALLED_APPS so that Django's commands know the check above."""

    name = "polls_site"
    verbose_name = "Durability of votes"


def _sentence(off: list[str]) -> str:
    return f"PostgreSQL could lose an acknowledged vote: turn on {', '.join(off)}."
