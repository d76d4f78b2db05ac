"""This process's connection to the cache Valkey, which carries no fact and may be gone at any time."""

from __future__ import annotations

import functools

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@functools.lru_cache(maxsize=1)
def cache() -> Redis:
    """A client that gives up after a quarter of a second and never retries by itself."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.25,
        socket_connect_timeout=0.25,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
