"""A PostgreSQL that could lose an acknowledged vote is refused before anything is served."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from polls_site import durability
from polls_site.local import Services
from polls_site.prepare import ROOT


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a PostgreSQL that does not wait for the disk."""
    with Services(tmp_path_factory.mktemp("forgetful"), durable=False) as services:
        yield {**os.environ, **services.environment()}


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check", "--database", "default"],
        ["manage.py", "migrate"],
        ["-c", "import polls_site.wsgi"],
        ["-c", "import polls_site.asgi"],
    ],
    ids=" ".join,
)
def test_a_forgetful_postgres_is_refused(forgetful: dict[str, str], command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=forgetful, capture_output=True, text=True)
    assert done.returncode == 1
    assert "PostgreSQL could lose an acknowledged vote: turn on fsync, full_page_writes." in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["off", "on"])
def test_synchronous_commit_is_looked_at_as_our_connections_have_it(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit = {value}")
    assert durability.unsafe_settings() == ([] if value == "on" else ["synchronous_commit"])


@pytest.mark.django_db
def test_our_servers_are_accepted() -> None:
    assert durability.check_durability(databases=["default"]) == []
    assert durability.check_durability(databases=None) == []


def test_a_database_that_is_away_does_not_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(alias: str = "default") -> list[str]:
        raise durability.OperationalError

    monkeypatch.setattr(durability, "unsafe_settings", away)
    durability.refuse_unsafe_database()
    monkeypatch.setattr(durability, "unsafe_settings", lambda: ["fsync"])
    with pytest.raises(ImproperlyConfigured, match="turn on fsync"):
        durability.refuse_unsafe_database()
