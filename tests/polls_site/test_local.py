"""This checkout's servers: they start anywhere, as anybody, once, and no row is lost when they are killed."""

import redis


def test_cache_is_empty_before_each_test(redis_cache: redis.Redis) -> None:
    assert redis_cache.dbsize() == 0
