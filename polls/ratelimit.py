"""How many votes one network and one voter may send: several windows each, one Redis round trip for all.

The limit keeps a flood of new identities small and visible. It is not what makes a vote count once: that is a
constraint of the database. So when Redis is away the door stays open under a weaker limit, kept by each
process alone, and the ballot is marked; an honest reader who is refused does not come back.

"600/60" is a bucket of 600 that refills evenly within 60 seconds: 600 votes at once, then ten a second (GCRA:
one number a bucket, an exact time to wait). The price of the even refill: any 60 seconds may see up to twice
600.

The pages of a survey are sent before its ballot; they have buckets of their own, ten times as large, so that whoever
answers page by page never meets the limit of votes, and a flood of half-answered surveys still ends.

Ask once for each attempt to cast a ballot, when the voter's cookie is there; the first contact, which only
sets that cookie, stores nothing and need not be counted. A post repeated after 503 is a hit like any other
(its limits leave room for it); a refused post takes nothing from any bucket, so waiting is never prolonged by
asking again.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import logging
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# The longest a vote waits for a silent Redis, and how long nobody then waits again (seconds).
REDIS_TIMEOUT = 0.1
REDIS_PAUSE = 2.0
# The day key is random, lives in Redis only and is gone after 48 hours: then no bucket name, dump or backup
# can be turned back into an address. (A key made from SECRET_KEY and the date would need no Redis, but
# whoever has SECRET_KEY could undo it for ever: all of IPv4 is an hour's work.) Price: at midnight UTC all
# buckets start full again.
DAY_KEY_LIFE = 48 * 3600
# Buckets one process keeps while Redis is away (about 200 bytes each); then the longest unused is forgotten.
MEMORY_BUCKETS = 50_000
# Pages that may be sent in the time of one vote.
PAGES_A_VOTE = 10

# KEYS: the day key, then one bucket each. ARGV: our day key, its life in seconds, then for each bucket its
# step and its period in microseconds. A bucket holds the time at which it will be full again. Answer: {0}
# taken from every bucket, {microseconds to wait} taken from none, {-1, day key} all others use another one.
SCRIPT = """
local known = redis.call('GET', KEYS[1])
if not known then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
elseif known ~= ARGV[1] then
  return {-1, known}
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full, wait = {}, 0
for i = 2, #KEYS do
  local step, period = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local at = tonumber(redis.call('GET', KEYS[i]) or now)
  -- never beyond one period ahead, whatever the server's clock did
  at = math.min(math.max(at, now), now + period) + step
  full[i] = at
  wait = math.max(wait, at - now - period)
end
if wait > 0 then
  return {wait}
end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
end
return {0}
"""
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


class Verdict(NamedTuple):
    """What the limiter says about one attempt."""

    allowed: bool
    retry_after: int  # whole seconds after which the same attempt passes; 0 when allowed
    weaker: bool  # Redis was away and this process judged alone


class Bucket(NamedTuple):
    """One window of one network or voter."""

    label: str
    step: int  # microseconds in which one hit refills
    period: int  # microseconds in which the whole bucket refills


def check(*, network: str, voter: str | None, page: bool = False) -> Verdict:
    """Count one attempt of `voter` (None: not known yet) from `network`, or refuse it and count nothing.

    With `page` it is a page of a survey, and no vote. `network` as `client_address.network_of` says it. Costs one Redis
    round trip; never raises for a Redis that is away.
    """
    return _limiter(settings.REDIS_URL).check(network, voter, page)


@functools.lru_cache(maxsize=1)
def _limiter(redis_url: str) -> Limiter:
    return Limiter(redis_url)


class Limiter:
    """The limiter of one process; threads share it."""

    def __init__(self, redis_url: str) -> None:
        # No retries, whatever redis-py's default is: they would hold a vote for seconds when Redis is gone.
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._day = ("", secrets.token_hex(16))
        self._memory = Memory()
        self._lock = threading.Lock()
        self._ask_again_at = 0.0  # 0: Redis answered last time

    def check(self, network: str, voter: str | None, page: bool = False) -> Verdict:
        if self._may_ask():
            try:
                wait = self._ask(network, voter, page)
            except RedisError as error:
                self._ask_again_at = time.monotonic() + REDIS_PAUSE
                logger.warning("Redis is away, this process limits votes alone: %s", error)
            else:
                self._ask_again_at = 0.0
                return _verdict(wait, weaker=False)
        return _verdict(self._memory.take(_buckets(self._day[1], network, voter, page)), weaker=True)

    def _may_ask(self) -> bool:
        """While Redis is away one thread asks every two seconds; the others do not wait with it."""
        if not self._ask_again_at:
            return True
        with self._lock:
            if time.monotonic() < self._ask_again_at:
                return False
            self._ask_again_at = time.monotonic() + REDIS_PAUSE
            return True

    def _ask(self, network: str, voter: str | None, page: bool) -> int:
        """Microseconds to wait, 0 when taken. Asks again when another process's day key is in force."""
        day = time.strftime("%Y-%m-%d", time.gmtime())
        if self._day[0] != day:
            self._day = (day, secrets.token_hex(16))
        for _ in range(3):
            key = self._day[1]
            buckets = _buckets(key, network, voter, page)
            answer = self._run([f"limit:key:{day}", *(bucket.label for bucket in buckets)], key, buckets)
            if answer[0] != -1:
                return int(answer[0])
            self._day = (day, answer[1])
        raise RedisError("the limiter's day key does not hold still")

    def _run(self, keys: Sequence[str], day_key: str, buckets: Sequence[Bucket]) -> Any:
        arguments: list[str | int] = [day_key, DAY_KEY_LIFE]
        for bucket in buckets:
            arguments += [bucket.step, bucket.period]
        try:
            return self._redis.evalsha(SCRIPT_SHA, len(keys), *keys, *arguments)
        except NoScriptError:
            return self._redis.eval(SCRIPT, len(keys), *keys, *arguments)


class Memory:
    """The same buckets in this process, for the time Redis is away.

    Weaker, because each process counts alone and starts with full buckets; bounded, because a flood of
    networks must not eat the memory: whoever commands 50,000 networks is not stopped by a limit per network
    anyway.
    """

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, buckets: Sequence[Bucket]) -> int:
        """Microseconds to wait, 0 when taken from every bucket."""
        with self._lock:
            now = time.monotonic_ns() // 1000
            full = {b.label: max(self._full_at.get(b.label, now), now) + b.step for b in buckets}
            wait = max((full[b.label] - now - b.period for b in buckets), default=0)
            if wait > 0:
                return wait
            for label, at in full.items():
                self._full_at[label] = at
                self._full_at.move_to_end(label)
            while len(self._full_at) > MEMORY_BUCKETS:
                self._full_at.popitem(last=False)
            return 0


def _verdict(wait: int, *, weaker: bool) -> Verdict:
    return Verdict(allowed=wait <= 0, retry_after=math.ceil(max(wait, 0) / 1_000_000), weaker=weaker)


def _buckets(day_key: str, network: str, voter: str | None, page: bool) -> list[Bucket]:
    buckets = _windows_of(day_key, f"network {network}", tuple(settings.VOTE_LIMITS_NETWORK), page)
    if voter is not None:
        buckets += _windows_of(day_key, f"voter {voter}", tuple(settings.VOTE_LIMITS_VOTER), page)
    return buckets


def _windows_of(day_key: str, who: str, limits: tuple[str, ...], page: bool) -> list[Bucket]:
    name = hmac.digest(day_key.encode(), f"page of {who}".encode() if page else who.encode(), "sha256")[:16].hex()
    times = PAGES_A_VOTE if page else 1
    return [
        Bucket(f"limit:{name}:{number}/{seconds}", seconds * 1_000_000 // (number * times), seconds * 1_000_000)
        for number, seconds in map(_window, limits)
    ]


@functools.lru_cache(maxsize=32)
def _window(text: str) -> tuple[int, int]:
    number, _, seconds = text.partition("/")
    if not (number.isdecimal() and seconds.isdecimal() and int(number) and int(seconds)):
        raise ValueError(f"A limit is written number/seconds, for example 600/60, not {text!r}.")
    return int(number), int(seconds)
