"""The cache that may be gone: nobody waits for it twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from polls import connections
from tests.polls.conftest import OwnValkey


@pytest.fixture
def valkey(own_valkey: OwnValkey, settings: Any) -> Iterator[OwnValkey]:
    settings.REDIS_URL = own_valkey.url
    connections.cache.cache_clear()
    yield own_valkey
    connections.cache.cache_clear()


def ask() -> Any:
    with connections.asked() as cache:
        return cache.ping()


def test_a_cache_that_answers_is_asked_each_time(valkey: OwnValkey) -> None:
    assert [ask(), ask()] == [True, True]


def test_a_silent_cache_is_waited_for_once_and_then_not_asked(valkey: OwnValkey) -> None:
    ask()
    valkey.freeze()
    with pytest.raises(TimeoutError):
        ask()
    valkey.thaw()  # it would answer now, so `Away` shows that it was not asked
    with pytest.raises(connections.Away):
        ask()


def test_a_dead_cache_is_not_asked_again_at_once(valkey: OwnValkey) -> None:
    valkey.kill()
    with pytest.raises(ConnectionError) as first:
        ask()
    with pytest.raises(connections.Away):
        ask()
    assert not isinstance(first.value, connections.Away)


def test_after_the_pause_one_asks_while_the_others_go_on_without(valkey: OwnValkey) -> None:
    connections.cache().ask_again_at = time.monotonic() - 0.001
    with connections.asked() as cache:
        with pytest.raises(connections.Away):
            ask()
        assert cache.ping()
    assert ask(), "an answer ends the pause"


def test_a_command_that_fails_is_no_sign_of_absence(valkey: OwnValkey) -> None:
    with pytest.raises(ResponseError), connections.asked() as cache:
        cache.execute_command("NONSENSE")
    assert ask()
