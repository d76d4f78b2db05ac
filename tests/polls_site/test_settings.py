"""Settings come from the environment; what is wrong in it is said at once and before anything runs."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "BASE_URL": "https://polls.example.org",
    "ALLOWED_HOSTS": "polls.example.org",
    "TRUSTED_PROXIES": "unix",
    "DEBUG": "false",
}
SHOW = """
import json
from django.conf import settings
names = {names!r}
print(json.dumps([str(getattr(settings, name)) if not isinstance(getattr(settings, name), list)
                  else getattr(settings, name) for name in names]))
"""


def run(arguments, **changed):
    """A command of its own process in this environment with some values changed; None takes one away."""
    here = {"DJANGO_SETTINGS_MODULE": "polls_site.settings", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    environment = {**os.environ, **here, **changed}
    environment = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def check(*arguments, **changed):
    return run(["manage.py", "check", *arguments], **changed)


def values(*names, **changed):
    """Settings as a process with this environment reads them."""
    done = run(["-c", SHOW.format(names=names)], **changed)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def named(done):
    """The variables that the error names, with their messages."""
    found = re.search(r"Environment variables invalid: (\{.*\})", done.stderr)
    assert found, done.stderr
    return ast.literal_eval(found[1])


def test_the_settings_of_the_tests_are_sound():
    done = check()
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


def test_all_wrong_values_are_named_at_once():
    done = check(
        SECRET_KEY="too short",
        SECRET_KEY_FALLBACKS="x" * 40 + ",short",
        DEBUG="perhaps",
        BASE_URL="polls.example.org",
        REDIS_URL="localhost:6379",
        BROKER_URL="amqp://localhost",
        DATABASE_URL="sqlite:///polls.db",
        TIME_ZONE="Mars/Olympus",
        TRUSTED_PROXIES="10.0.0.0/8,proxy.example",
        CLIENT_ADDRESS_HEADER="X Forwarded For",
        VOTE_LIMITS_NETWORK="600/60,many",
        VOTE_LIMITS_VOTER="20",
        RECOUNT_ON_READ_LIMIT="-1",
        LIVE_STREAMS="0",
        EMAIL_URL="https://mail.example.org",
        DEFAULT_FROM_EMAIL="the desk",
        WITHOUT_SECOND_FACTOR="maybe",
    )
    assert done.returncode == 1
    assert named(done) == {
        "SECRET_KEY": ["Shorter than minimum length 32."],
        "SECRET_KEY_FALLBACKS": ["Shorter than minimum length 32."],
        "DEBUG": ["Not a valid boolean."],
        "BASE_URL": ["Not http(s)://host, without a path."],
        "REDIS_URL": ["Not redis:// or unix://."],
        "BROKER_URL": ["Not redis:// or redis+socket://."],
        "DATABASE_URL": ["Not the address of a PostgreSQL database (postgres://...)."],
        "TIME_ZONE": ["'Mars/Olympus' is no time zone."],
        "TRUSTED_PROXIES": ["'proxy.example' is no address and no network."],
        "CLIENT_ADDRESS_HEADER": ["Not a header's name."],
        "VOTE_LIMITS_NETWORK": ["'many' is not number/seconds, such as 600/60."],
        "VOTE_LIMITS_VOTER": ["'20' is not number/seconds, such as 600/60."],
        "RECOUNT_ON_READ_LIMIT": ["Must be greater than or equal to 0."],
        "LIVE_STREAMS": ["Must be greater than or equal to 1."],
        "EMAIL_URL": ["Not smtp://user:password@host:port or smtps://... ."],
        "DEFAULT_FROM_EMAIL": ["Not an email address."],
        "WITHOUT_SECOND_FACTOR": ["Not a valid boolean."],
    }
    assert "too short" not in done.stderr.replace("SECRET_KEY", "")


def test_what_is_missing_is_named_with_what_is_wrong():
    done = check(SECRET_KEY=None, REDIS_URL=None, LIVE_STREAMS="x")
    assert named(done) == {
        "SECRET_KEY": ["Environment variable not set."],
        "REDIS_URL": ["Environment variable not set."],
        "LIVE_STREAMS": ["Not a valid integer."],
    }


def test_any_value_may_stand_in_a_file_that_ends_with_a_line_break(tmp_path):
    for name, value in (("key", "k" * 40), ("database", os.environ["DATABASE_URL"]), ("hosts", "a.example, b.example")):
        (tmp_path / name).write_text(f"{value}\n")
    files = {
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "DATABASE_URL_FILE": str(tmp_path / "database"),
        "ALLOWED_HOSTS_FILE": str(tmp_path / "hosts"),
    }
    away = dict.fromkeys(("SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"))
    key, hosts = values("SECRET_KEY", "ALLOWED_HOSTS", **files, **away)
    assert (key, hosts) == ("k" * 40, ["a.example", "b.example"])
    assert check("--database", "default", **files, **away).returncode == 0


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    done = check(SECRET_KEY_FILE=str(tmp_path / "none"))
    assert done.returncode == 1
    assert "The value of SECRET_KEY_FILE must be a readable file path." in done.stderr


def test_lists_may_have_spaces_and_be_empty():
    assert values("TRUSTED_PROXIES", "ALLOWED_HOSTS", TRUSTED_PROXIES="10.0.0.0/8, ::1 ,unix", ALLOWED_HOSTS="") == [
        ["10.0.0.0/8", "::1", "unix"],
        [],
    ]


def test_the_settings_of_production_pass_django_s_own_check_of_deployments():
    done = check("--deploy", "--fail-level", "INFO", **PRODUCTION)
    assert (done.returncode, done.stdout, done.stderr) == (0, "System check identified no issues (0 silenced).\n", "")


@pytest.mark.parametrize("name", ["BASE_URL", "ALLOWED_HOSTS"])
def test_a_careless_production_does_not_pass(name):
    careless = {**PRODUCTION, name: ""}
    assert check("--deploy", "--fail-level", "WARNING", **careless).returncode == 1


def test_cookies_are_secure_exactly_where_the_site_is_https():
    names = ("SECURE", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    assert values("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", **PRODUCTION) == ["__Host-sessionid", "__Host-csrftoken"]
    assert values("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", BASE_URL="") == ["sessionid", "csrftoken"]
    assert values(*names, **PRODUCTION) == ["True", "True", "True", "True", "31536000"]
    assert values(*names, BASE_URL="http://192.168.1.20:8000") == ["False", "False", "False", "False", "0"]
    assert values(*names, BASE_URL="") == ["False", "False", "False", "False", "0"]


def test_every_connection_acknowledges_only_what_is_on_disk():
    code = "import django; django.setup(); from django.db import connection as c; k = c.cursor(); "
    code += "k.execute('SHOW synchronous_commit'); print(k.fetchone()[0])"
    assert run(["-c", code]).stdout == "on\n"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example.org", ["mail.example.org", "587", "", "", "False", "False"]),
        ("smtp://me%40x:p%2Fw@mail.example.org:25", ["mail.example.org", "25", "me@x", "p/w", "False", "True"]),
        ("smtps://me:pw@mail.example.org", ["mail.example.org", "465", "me", "pw", "True", "False"]),
    ],
)
def test_a_password_of_the_mail_server_never_travels_in_the_clear(url, read):
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_SSL", "EMAIL_USE_TLS")
    assert values(*names, EMAIL_URL=url) == read
    assert values("EMAIL_BACKEND", "EMAIL_TIMEOUT", EMAIL_URL=url) == [
        "django.core.mail.backends.smtp.EmailBackend",
        "10",
    ]


def test_without_a_mail_server_mails_become_files():
    assert values("EMAIL_BACKEND", EMAIL_URL=None) == ["articles.mail.ToFiles"]


def test_a_second_factor_is_asked_for_unless_told_otherwise_and_deployments_may_not_be():
    assert values("WITHOUT_SECOND_FACTOR", WITHOUT_SECOND_FACTOR=None) == ["False"]
    careless = check("--deploy", **PRODUCTION, WITHOUT_SECOND_FACTOR="true")
    assert careless.returncode == 1
    assert "(articles.E001) WITHOUT_SECOND_FACTOR is for a site that only this machine reaches." in careless.stderr
    assert check(WITHOUT_SECOND_FACTOR="true").returncode == 0


def test_the_site_hashes_passwords_slowly():
    """Django's own choice and not the quick one of these tests; OWASP (2023) asks for 600,000 rounds of it."""
    done = run(
        [
            "-c",
            "from django.contrib.auth import hashers; from django.conf import settings;"
            "print(settings.is_overridden('PASSWORD_HASHERS'), hashers.make_password('x').split('$')[:2])",
        ]
    )
    overridden, found = done.stdout.strip().split(" ", 1)
    name, rounds = ast.literal_eval(found)
    assert (overridden, name, int(rounds) >= 600_000) == ("False", "pbkdf2_sha256", True)
