"""Real services for every test, started before Django reads its settings.

With DATABASE_URL set (as in `make test`, or by a developer with servers of their own) they are used; without
it, throw-away servers are started here and gone at the end. No fixture replaces PostgreSQL, Redis or Celery.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.urls import clear_url_caches
from hypothesis import HealthCheck
from hypothesis import settings as of_hypothesis
from xdist.scheduler import LoadScopeScheduling

from polls_site import local
from tests import chromium
from tests.stack import UNLIMITED, Stack

# Two processes of one run (pytest -n 2) share no server: one empties its Redis while the other looks into its own.
if not os.environ.get("DATABASE_URL") or os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
    _servers = contextlib.ExitStack()
    atexit.register(_servers.close)
    _directory = _servers.enter_context(tempfile.TemporaryDirectory(prefix="polls-test-"))
    os.environ.update(_servers.enter_context(local.throw_away_services(Path(_directory))))
# Named for this moment only, and not in pyproject.toml: pytest-django would read the settings before this file could
# start the servers, here or in a process that `pytest -n` starts.
os.environ["DJANGO_SETTINGS_MODULE"] = "polls_site.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]
# No example has to be ready in a fifth of a second: that would tell of the machine.
of_hypothesis.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
of_hypothesis.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def plain_static_files(django_test_environment: None) -> Iterator[None]:
    """Templates render without `collectstatic`; the hashed names are tested on the running stack."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture(scope="session", autouse=True)
def pages_are_made_anew(django_test_environment: None) -> Iterator[None]:
    """A page is kept for a second; a test that asks twice means to see what changed between."""
    anew = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    with override_settings(CACHES={**settings.CACHES, "pages": anew}), pytest.MonkeyPatch.context() as patch:
        patch.setattr("articles.publication.KEPT_SECONDS", 0)
        yield


@pytest.fixture(scope="session", autouse=True)
def a_busy_redis_is_not_away() -> Iterator[None]:
    """The site does without a Redis that is silent for a tenth of a second; on a busy machine that says nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("polls.connections.TIMEOUT", 20.0)
        patch.setattr("polls.live.REDIS_TIMEOUT", 20.0)
        patch.setattr("polls.ratelimit.REDIS_TIMEOUT", 20.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def admin_without_second_factor(django_test_environment: None) -> Iterator[None]:
    """Tests of other things open the admin with a session that nothing was asked for; those of signing in ask."""
    with override_settings(WITHOUT_SECOND_FACTOR=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_nothing(django_test_environment: None) -> Iterator[None]:
    """A fifth of a second of work for each, as on the site, would be a third of what tests of the desk take."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """What a process keeps for a second or two is of another database after each test."""
    yield
    importlib.import_module("articles.publication").forget()
    importlib.import_module("polls.paper").forget()
    importlib.import_module("polls.tally").forget()
    prefix = importlib.import_module("polls_site.languages").OwnPrefix
    if prefix.built_for != settings.LANGUAGE_CODE:  # addresses of a publication in another language
        prefix.built_for = settings.LANGUAGE_CODE
        clear_url_caches()


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_guards() -> Iterator[None]:
    """Tests with real commits end in a TRUNCATE, which our triggers refuse to every ordinary session."""

    def flush(self: Any, sql_list: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for sql in sql_list:
                cursor.execute(sql)
            cursor.execute("SET LOCAL session_replication_role = origin")
            for table in ("articles_audience", "articles_page"):
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1, false)", [table])
        # The rows that a migration made are there for the next test again, with the numbers that they had.
        importlib.import_module("articles.migrations.0002_audiences").fill(apps, None)
        importlib.import_module("articles.migrations.0008_pages").fill(apps, None)
        importlib.import_module("articles.migrations.0012_accessibility_statement").state(apps, None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "execute_sql_flush", flush)
        yield


# Which files share a whole site, by its name: those in which a part of it is killed, those with editors' browsers and
# those with readers'. `loadgroup` of xdist 3.8 does nothing under pytest 9.2, which no longer knows `_nodeid`.
FAULTS = {"tests/chaos/test_alone.py", "tests/chaos/test_chaos.py", "tests/polls_site/test_stack.py"}
DESK = {f"tests/browser/test_{name}.py" for name in ("desk", "editor", "life", "media")}


def site_of(test: str) -> str | None:
    """The name of the whole site that a test looks at; None where it starts none."""
    path = test.partition("::")[0]
    if path in FAULTS:
        return "faults"
    if path in DESK:
        return "desk"
    return "readers" if path.startswith("tests/browser/") else None


class Sites(LoadScopeScheduling):
    """Tests of one site run in one process of `pytest -n`, those of another beside them: most of the time they wait."""

    def _split_scope(self, nodeid: str) -> str:
        return site_of(nodeid) or nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sites:
    """Used wherever tests run in several processes."""
    return Sites(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test on the whole site knows which; browser tests say that they need Chromium, or fail where it must be."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()) and not site_of(item.nodeid):
            raise pytest.UsageError(f"{item.nodeid}: whose site is it? See `site_of` in tests/conftest.py")
    if chromium.found():
        return
    browser = [item for item in items if item.get_closest_marker("browser")]
    if browser and os.environ.get("BROWSER_TESTS") == "required":
        raise pytest.UsageError(
            "BROWSER_TESTS=required, and no Chromium is installed: apt install chromium-headless-shell"
        )
    for item in browser:
        item.add_marker(pytest.mark.skip(reason="needs Chromium: apt install chromium-headless-shell"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole site as `make run` starts it, once for all tests that ask for it (mark them `stack`).

    All its readers sit at one address, so it takes more votes from there than readers send.
    """
    with Stack(tmp_path_factory.mktemp("stack") / "var", **UNLIMITED) as site:
        yield site


@pytest.fixture
def media_folder(tmp_path: Path, settings: Any) -> Path:
    """A folder of the test's own for pictures and files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def redis_cache() -> Iterator[redis.Redis]:
    """A client on REDIS_URL (results, live channel, limiter), emptied before the test and after it."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield client
        client.flushdb()
