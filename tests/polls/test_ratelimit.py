"""The limit on votes, on a real Valkey."""

from __future__ import annotations

import math
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings as configured
from redis import Redis

from polls import client_address, ratelimit


@pytest.fixture
def redis():
    return Redis.from_url(configured.REDIS_URL, decode_responses=True)


@pytest.fixture
def network():
    """A network that no other test counts under."""
    return f"network {secrets.token_hex(8)}"


def attempts(network, number, voter=lambda n: secrets.token_hex(8)):
    return [ratelimit.check(network=network, voter=voter(n)).allowed for n in range(number)]


def limit(settings, *, network=("1000000/60",), voter=("1000000/60",)):
    settings.VOTE_LIMITS_NETWORK, settings.VOTE_LIMITS_VOTER = list(network), list(voter)


def test_with_the_defaults_300_voters_behind_one_address_vote_and_the_2000th_attempt_is_refused(network):
    outcome = attempts(network, 2_000)
    assert outcome[:300] == [True] * 300
    assert outcome[1_999] is False
    assert sum(outcome) <= 1_200


def test_with_the_defaults_one_voter_may_repeat_twenty_times():
    outcome, took = [], math.inf
    while took > 2:  # after three seconds another attempt is free
        name, began = f"network {secrets.token_hex(8)}", time.monotonic()
        outcome = attempts(name, 25, voter=lambda n, name=name: name)
        took = time.monotonic() - began
    assert outcome == [True] * 20 + [False] * 5


def test_sixteen_threads_get_exactly_the_limit_together(settings, network):
    limit(settings, network=["100/3600"])
    with ThreadPoolExecutor(16) as threads:
        outcomes = threads.map(lambda _: attempts(network, 50), range(16))
    assert sum(sum(outcome) for outcome in outcomes) == 100


def test_networks_and_voters_do_not_share_a_bucket(settings, network):
    limit(settings, network=["1/3600"], voter=["1/3600"])
    assert ratelimit.check(network=network, voter=network + "a").allowed
    assert not ratelimit.check(network=network, voter=network + "b").allowed
    assert ratelimit.check(network=network + "b", voter=network).allowed


def test_a_voter_not_known_yet_counts_for_the_network_alone(settings, network):
    limit(settings, network=["2/3600"], voter=["1/3600"])
    assert [ratelimit.check(network=network, voter=None).allowed for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("away", [False, True])
def test_a_refusal_by_one_bucket_takes_nothing_from_the_others(settings, network, own_valkey, away):
    limit(settings, network=["3/3600"], voter=["1/3600"])
    settings.REDIS_URL = own_valkey.url
    if away:
        own_valkey.kill()
    greedy = [ratelimit.check(network=network, voter=network).allowed for _ in range(10)]
    others = attempts(network, 4)
    assert greedy == [True] + [False] * 9
    assert others == [True, True, False, False]


@pytest.mark.parametrize("away", [False, True])
def test_waiting_as_long_as_told_is_enough_and_asking_meanwhile_prolongs_nothing(settings, network, own_valkey, away):
    limit(settings, network=["2/6"], voter=["1000/1"])
    settings.REDIS_URL = own_valkey.url
    if away:
        own_valkey.kill()
    first = time.monotonic()
    assert attempts(network, 2) == [True, True]
    while time.monotonic() < first + 1:
        refused = ratelimit.check(network=network, voter="x")
        told = time.monotonic()
        assert (refused.allowed, refused.retry_after) in [(False, wait) for wait in (1, 2, 3)]
        time.sleep(0.05)
    time.sleep(max(0, told + refused.retry_after - time.monotonic()))
    assert ratelimit.check(network=network, voter="x").allowed is True


def test_the_wait_is_that_of_the_slowest_bucket(settings, network):
    limit(settings, network=["2/60", "1/3600"])
    assert attempts(network, 1) == [True]
    assert 3_000 < ratelimit.check(network=network, voter="x").retry_after <= 3_600


def test_1000_addresses_of_one_ipv6_64_are_one_network(settings):
    limit(settings, network=["100/3600"])
    prefix = f"2001:db8:{secrets.randbelow(2**16):x}:{secrets.randbelow(2**16):x}"
    networks = [client_address.network(peer=f"{prefix}:{n:x}::{n:x}", forwarded="") for n in range(1_000)]
    allowed = [ratelimit.check(network=name, voter=secrets.token_hex(8)).allowed for name in networks]
    assert sum(allowed) == 100


def test_redis_holds_no_address_and_no_cookie(settings, own_valkey):
    settings.REDIS_URL = own_valkey.url
    ratelimit.check(network="203.0.113.7/32", voter="cookie-of-a-reader")
    client = own_valkey.client()
    text = " ".join(f"{key}={client.get(key)}" for key in client.keys("*"))
    assert "limit:" in text
    assert "203.0.113" not in text
    assert "cookie" not in text


def test_everything_in_redis_expires_buckets_within_their_window_the_day_key_within_48_hours(settings, own_valkey):
    settings.REDIS_URL = own_valkey.url
    for _ in range(30):
        ratelimit.check(network="203.0.113.7/32", voter="v")
    client = own_valkey.client()
    lives = {key: client.ttl(key) for key in client.keys("*")}
    day_keys = [life for key, life in lives.items() if key.startswith("limit:key:")]
    assert len(lives) == 5
    assert day_keys == [pytest.approx(48 * 3600, abs=300)]
    assert all(0 < life <= 3_600 for key, life in lives.items() if not key.startswith("limit:key:"))


def test_two_processes_and_a_flushed_redis_end_up_with_one_day_key(settings, own_valkey, network):
    limit(settings, network=["10/3600"])
    processes = [ratelimit.Limiter(own_valkey.url) for _ in range(2)]
    first = [processes[n % 2].check(network, f"{n}").allowed for n in range(20)]
    own_valkey.client().flushall()
    second = [processes[n % 2].check(network, f"{n}").allowed for n in range(20)]
    assert first == second == [True] * 10 + [False] * 10


def test_one_attempt_is_one_command_to_redis(settings, own_valkey, network):
    settings.REDIS_URL = own_valkey.url
    ratelimit.check(network=network, voter="v")
    before = own_valkey.client().info("commandstats")["cmdstat_evalsha"]["calls"]
    processed = own_valkey.client().info("stats")["total_reads_processed"]
    attempts(network, 100)
    stats = own_valkey.client()
    assert stats.info("commandstats")["cmdstat_evalsha"]["calls"] - before == 100
    assert stats.info("stats")["total_reads_processed"] - processed <= 100 + 6


def test_with_redis_killed_the_limit_holds_in_the_process_says_so_and_recovers(
    settings, own_valkey, network, monkeypatch
):
    limit(settings, network=["5/3600"])
    monkeypatch.setattr(ratelimit, "REDIS_PAUSE", 0.2)
    settings.REDIS_URL = own_valkey.url
    assert ratelimit.check(network=network, voter="v") == (True, 0, False)
    own_valkey.kill()
    verdicts = [ratelimit.check(network=network, voter="v") for _ in range(20)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 15
    assert {verdict.weaker for verdict in verdicts} == {True}
    own_valkey.start()
    time.sleep(0.25)
    assert ratelimit.check(network=network, voter="v") == (True, 0, False)


def test_a_silent_redis_costs_one_wait_and_not_one_for_every_vote(settings, own_valkey, network, monkeypatch):
    monkeypatch.setattr(ratelimit, "REDIS_PAUSE", 60)
    monkeypatch.setattr(ratelimit, "REDIS_TIMEOUT", 2)
    settings.REDIS_URL = own_valkey.url
    ratelimit.check(network=network, voter="v")
    own_valkey.freeze()
    started = time.monotonic()
    verdicts = [ratelimit.check(network=network, voter="v") for _ in range(15)]
    waited = time.monotonic() - started
    own_valkey.thaw()
    assert {verdict.weaker for verdict in verdicts} == {True}
    assert waited < 20  # two seconds; without the pause it would be thirty


def test_while_redis_is_away_one_thread_asks_again_and_the_others_do_not_wait(own_valkey, monkeypatch):
    monkeypatch.setattr(ratelimit, "REDIS_PAUSE", 0.05)
    limiter = ratelimit.Limiter(own_valkey.url)
    own_valkey.kill()
    limiter.check("n", "v")
    time.sleep(0.1)
    monkeypatch.setattr(ratelimit, "REDIS_PAUSE", 30)
    asked, ready = [], threading.Barrier(8)

    def ask():
        ready.wait()
        asked.append(limiter._may_ask())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == [False] * 7 + [True]


def test_a_redis_that_refuses_to_write_is_as_good_as_away(settings, own_valkey, network):
    settings.REDIS_URL = own_valkey.url
    own_valkey.client().config_set("maxmemory", "1")
    assert ratelimit.check(network=network, voter="v") == (True, 0, True)


def test_the_weaker_limit_keeps_a_bounded_number_of_buckets(monkeypatch):
    monkeypatch.setattr(ratelimit, "MEMORY_BUCKETS", 100)
    memory = ratelimit.Memory()
    for n in range(1_000):
        memory.take([ratelimit.Bucket(f"{n}", 1, 60)])
    assert len(memory._full_at) == 100


def test_a_clock_of_redis_that_went_back_locks_nobody_out(settings, own_valkey, network):
    limit(settings, network=["2/3"], voter=["1000/1"])
    settings.REDIS_URL = own_valkey.url
    attempts(network, 1)
    client = own_valkey.client()
    bucket = next(key for key in client.keys("limit:*:2/3"))
    assert re.fullmatch(r"\d{16}", client.get(bucket)), "microseconds, none rounded away"
    client.set(bucket, int((time.time() + 86_400) * 1_000_000))
    assert ratelimit.check(network=network, voter="x").retry_after <= math.ceil(3 / 2)


@pytest.mark.parametrize("text", ["", "600", "600/", "/60", "0/60", "600/0", "a/b", "-1/60", "600/60/60", "1.5/60"])
def test_a_limit_that_cannot_be_read_is_an_error_not_an_open_door(settings, text):
    limit(settings, network=[text])
    with pytest.raises(ValueError, match="number/seconds"):
        ratelimit.check(network="n", voter="v")
