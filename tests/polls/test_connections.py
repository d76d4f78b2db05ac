"""The cache that may be gone: nobody waits for it twice."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from polls import connections, tally
from tests.factories import cast, make_poll
from tests.polls.conftest import OwnValkey


@pytest.fixture
def valkey(own_valkey: OwnValkey, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnValkey]:
    # Seconds may pass on a busy machine between one line of a test and the next.
    monkeypatch.setattr(connections, "PAUSE", 60)
    for name in ("COMPARED_WITHIN_SECONDS", "FRESH_SECONDS", "TICK_LATE_SECONDS"):
        monkeypatch.setattr(tally, name, 60)
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


@pytest.mark.django_db(transaction=True)
def test_a_cache_that_was_silent_while_others_counted_gives_nobody_its_older_figures(valkey: OwnValkey) -> None:
    def versions() -> tuple[int, Any]:
        connections.cache().ask_again_at = 0
        shown = json.loads(tally.results(poll.slug))["version"]
        return shown, valkey.client().hget(f"results:{poll.slug}", "version")

    poll = make_poll()
    tally.beat_heart()
    assert versions() == (1, "1")
    cast(poll)
    valkey.freeze()
    connections.cache().ask_again_at = time.monotonic() + 60
    tally.recount(poll.pk)
    tally._fresh.clear()
    assert json.loads(tally.results(poll.slug))["version"] == 2
    valkey.thaw()
    assert versions() == (2, "1"), "the second in which the own document is kept"
    tally._fresh.clear()
    assert versions() == (2, "2"), "and it was put right for everybody"


@pytest.mark.django_db(transaction=True)
def test_after_a_cache_was_silent_its_copy_is_not_believed_until_it_was_compared(valkey: OwnValkey) -> None:
    """A process that was told nothing of the newer count must not show an older one than others have shown."""
    poll = make_poll()
    tally.beat_heart()
    assert json.loads(tally.results(poll.slug))["version"] == 1
    cast(poll)
    valkey.freeze()
    with pytest.raises(TimeoutError):
        ask()
    connections.cache().ask_again_at = time.monotonic() + 60
    tally.recount(poll.pk)  # and nothing is published: this process has seen that the cache is silent
    valkey.thaw()
    connections.cache().ask_again_at = 0
    tally._fresh.clear()
    assert valkey.client().hget(f"results:{poll.slug}", "version") == "1"
    assert json.loads(tally.results(poll.slug))["version"] == 2
    assert valkey.client().hget(f"results:{poll.slug}", "version") == "2"
    connections.cache().failed_at -= tally.COMPARED_WITHIN_SECONDS
    tally._fresh.clear()
    with CaptureQueriesContext(connection) as queries:
        assert json.loads(tally.results(poll.slug))["version"] == 2
    assert len(queries) == 0, "then it is believed again"
