"""Many voters at once, each with a database connection of its own, through the real door."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

MOST = 60  # sessions, of the hundred that PostgreSQL takes


@contextmanager
def many_connections() -> Iterator[None]:
    """Let this process hold as many connections as it has threads: eight, its usual number, make a queue."""
    connection.ensure_connection()
    connection.pool.resize(0, MOST)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


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
