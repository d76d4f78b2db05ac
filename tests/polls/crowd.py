"""Many voters at once, each with a database connection of its own, through the real door."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


def at_once(*works: Callable[[], object]) -> None:
    """Run every work in a thread of its own, all from the same moment, and wait; an error in one is raised here."""
    start = threading.Barrier(len(works))
    errors: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            work()
        except BaseException as error:
            errors.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise next((e for e in errors if not isinstance(e, threading.BrokenBarrierError)), errors[0])


@contextmanager
def another_session(**how: Any) -> Iterator[psycopg.Connection]:
    """A connection that knows nothing of Django."""
    at = connection.get_connection_params()
    reach = {key: at[key] for key in ("dbname", "user", "password", "host", "port") if at.get(key)}
    with psycopg.connect(**reach, **how) as other:
        yield other


def wait_until_somebody_waits(seconds: float = 60) -> None:
    """Until a session stands in a queue for a lock."""
    deadline = time.monotonic() + seconds
    with another_session(autocommit=True) as onlooker:
        while not onlooker.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert time.monotonic() < deadline, "nobody waits for anybody"
            time.sleep(0.01)


@contextmanager
def postgres_away() -> Iterator[None]:
    """Connections of this thread lead to a socket that nobody listens to."""
    given = connection.settings_dict
    connection.close()
    connection.settings_dict = {**given, "HOST": "/nowhere"}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = given
