"""What a Django developer types, with servers of their own named by the environment."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from polls_site.prepare import ROOT
from tests.stack import free_port

PASSWORD = "a-long-enough-password"
CREATE_SUPERUSER = ["createsuperuser", "--noinput", "--username", "chief", "--email", "chief@example.org"]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty database beside the others, and nothing of ours in the environment but the four names."""
    url, name = os.environ["DATABASE_URL"], f"developer_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "SECRET_KEY": "s" * 40,
            "DATABASE_URL": url.rpartition("/")[0] + f"/{name}",
            "REDIS_URL": os.environ["REDIS_URL"],
            "BROKER_URL": os.environ["BROKER_URL"],
            "VAR": str(tmp_path / "var"),
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        }
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def manage(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(what, seconds: float = 120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.2)
    pytest.fail("it did not happen in time")


@pytest.mark.stack
def test_the_ordinary_commands_work_with_servers_named_by_the_environment(environment, tmp_path):
    manage(environment, "migrate", "--noinput")
    manage(environment, *CREATE_SUPERUSER)
    port = free_port()
    manage(environment, "collectstatic", "--noinput")
    manage(environment, "seed_demo")
    server = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    worker = [sys.executable, "-m", "celery", "-A", "polls_site", "worker", "-B", "-c", "1"]
    with redis.Redis.from_url(environment["REDIS_URL"], decode_responses=True) as cache:
        cache.delete("tick")
        with (
            running(server, environment, tmp_path / "server.log"),
            running(worker, environment, tmp_path / "worker.log"),
        ):
            site = f"http://127.0.0.1:{port}"
            assert "What Washington wants" in wait_for(lambda: page(f"{site}/"))
            assert wait_for(lambda: cache.get("tick")), "the worker counts"
            assert '"state":"final"' in wait_for(lambda: "final" in (text := page(closed(site))) and text)
            # `runserver` cannot hold streams: the page is told so at once and fetches the figures instead.
            assert status(f"{site}/live/polls/us-aims-open/") == 404


def closed(site: str) -> str:
    return f"{site}/polls/us-aims-closed/results.json"


def page(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return str(answer.read().decode())
    except OSError:  # also one that took too long
        return ""


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.long
def test_the_project_installs_with_plain_pip(tmp_path):
    """`pip install -e .` in a virtual environment of its own; the installed project knows its commands."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    python = tmp_path / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "-e", str(ROOT)], check=True, timeout=600)
    found = subprocess.run(
        [
            python,
            "-c",
            "import polls_site.celery, polls.apps, articles.apps, kombu.transport.redis, granian; print('found')",
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout == "found\n", found.stderr
