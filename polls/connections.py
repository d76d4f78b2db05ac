"""This process's connection to the cache Valkey, which carries no fact and may be gone at any time."""

from __future__ import annotations

import contextlib
import functools
import math
import threading
import time
from collections.abc import Iterator
from typing import cast

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

TIMEOUT = 0.25
# After a failure nobody waits again for so long: at a silent Redis every page and vote would else stand a quarter of
# a second, several times over, and the threads with them.
PAUSE = 1.0


class Away(ConnectionError):
    """Redis did not answer a moment ago, and was not asked again."""


class Cache(Redis):
    """A client that gives up after a quarter of a second and never retries by itself."""

    ask_again_at = 0.0  # 0: it answered last time
    failed_at = -math.inf  # when it last did not
    turn = threading.Lock()

    def check_pause(self) -> None:
        """Raise `Away` while it is paused; when the pause is over one thread asks and the others go on without."""
        if self.ask_again_at:
            with self.turn:
                if time.monotonic() < self.ask_again_at:
                    raise Away("Redis was away a moment ago")
                self.ask_again_at = time.monotonic() + PAUSE


@functools.lru_cache(maxsize=1)
def cache() -> Cache:
    """The client of this process, shared by its threads."""
    client = Cache.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    return cast(Cache, client)


@contextlib.contextmanager
def asked() -> Iterator[Cache]:
    """The client, to be asked within the block; raises `Away` at once where it failed within the last second."""
    client = cache()
    client.check_pause()
    try:
        yield client
    except (ConnectionError, TimeoutError):
        client.failed_at = time.monotonic()
        client.ask_again_at = client.failed_at + PAUSE
        raise
    client.ask_again_at = 0.0


def silent_within(seconds: float) -> bool:
    """Whether it failed this process so lately: what others meant to write there may then be missing."""
    return time.monotonic() - cache().failed_at < seconds
