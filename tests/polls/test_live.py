"""The live stream of a poll's results, on a real Valkey."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import pytest
from redis.asyncio import Redis

from polls import live, passes

PUBLIC, VOTERS = '{"for": "everybody"}', '{"for": "voters"}'


def on_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs a test that is a coroutine; none takes longer than two minutes."""

    @wraps(test)
    def run(*args, **kwargs):
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 120))

    return run


class Reader:
    """A browser with a stream open, as the server under the hub shows it."""

    def __init__(self, hub, path, *, query="", method="GET", client=("203.0.113.7", "1"), **headers):
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "client": client,
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        self.status, self.headers, self.text, self.closed = 0, {}, "", False
        self.stalled = asyncio.Event()  # set: the reader takes what is sent
        self.stalled.set()
        self._sent = asyncio.Condition()
        self._left = asyncio.Event()
        self._asked = False
        self.task = asyncio.create_task(hub(self.scope, self._receive, self._send))

    async def _receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        await self.stalled.wait()
        async with self._sent:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                self.text += message["body"].decode()
                self.closed = not message.get("more_body", False)
            self._sent.notify_all()

    @property
    def events(self):
        """(id, data) of each event so far."""
        return [
            (int(number), data) for number, data in re.findall(r"id: (\d+)\nevent: results\ndata: (.*)\n\n", self.text)
        ]

    async def until(self, condition):
        async with self._sent:
            await self._sent.wait_for(condition)

    async def until_event(self, version):
        await self.until(lambda: any(number == version for number, _ in self.events))

    async def answered(self):
        await self.until(lambda: self.status)

    async def leave(self):
        self._left.set()
        await self.task


class Site:
    """What the counting service does to Redis, and a hub that looks on."""

    def __init__(self, url, limit=100):
        self.slug = f"poll-{secrets.token_hex(4)}"
        self.hub = live.Hub(url, limit=limit)
        self.redis = Redis.from_url(url, decode_responses=True)

    async def store(self, version, public=PUBLIC, voters=VOTERS):
        fields: dict[Any, Any] = {"version": version, "public": public, "voters": voters}
        await self.redis.hset(f"results:{self.slug}", mapping=fields)

    async def count(self, version, public=PUBLIC, voters=VOTERS):
        await self.store(version, public, voters)
        message = {"poll": self.slug, "version": version, "public": public, "voters": voters}
        await self.redis.publish("live", json.dumps(message))

    def reader(self, **options):
        return Reader(self.hub, f"/live/polls/{self.slug}/", **options)

    async def listening(self):
        """Until the hub hears messages."""
        while not self.hub._subscribed:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def site(url, limit=100, version=7):
    here = Site(url, limit)
    if version is not None:
        await here.store(version)
    try:
        yield here
    finally:
        await here.hub.close()
        await here.redis.aclose()


@pytest.fixture
def url(settings):
    return settings.REDIS_URL


@on_a_loop
async def test_a_stream_begins_with_the_present_document(url):
    async with site(url) as here:
        reader = here.reader()
        await reader.until_event(7)
        assert reader.status == 200
        assert reader.events == [(7, PUBLIC)]
        assert re.match(r"retry: [234]\d\d\d\n\nid: 7\nevent: results\ndata: ", reader.text)
        assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.headers["cache-control"] == "no-store"
        assert reader.headers["x-accel-buffering"] == "no"


@on_a_loop
async def test_another_readers_vote_arrives_without_asking(url):
    async with site(url) as here:
        reader, second = here.reader(), here.reader()
        await here.listening()
        await here.count(8, public="eight")
        for each in (reader, second):
            await each.until_event(8)
            assert each.events == [(7, PUBLIC), (8, "eight")]


@on_a_loop
async def test_only_the_polls_own_readers_get_its_news(url):
    async with site(url) as here, site(url) as there:
        reader = here.reader()
        await here.listening()
        await there.count(8)
        await here.count(9)
        await reader.until_event(9)
        assert reader.events == [(7, PUBLIC), (9, PUBLIC)]


@on_a_loop
async def test_figures_for_voters_need_the_polls_own_pass(url):
    async with site(url) as here:
        queries = [
            f"pass={passes.issue(here.slug)}",
            f"x=1&pass={passes.issue(here.slug)}",
            "pass=",
            "pass=junk",
            f"pass={passes.issue('another-poll')}",
            f"pass=junk&pass={passes.issue(here.slug)}",
            f"PASS={passes.issue(here.slug)}",
            "pass=%ff%00",
            "",
        ]
        readers = [here.reader(query=query) for query in queries]
        await here.listening()
        await here.count(8)
        for reader in readers:
            await reader.until_event(8)
        shown = [{data for _, data in reader.events} for reader in readers]
        assert shown == [{VOTERS}] * 2 + [{PUBLIC}] * 7


@on_a_loop
async def test_a_returning_reader_gets_nothing_twice(url):
    async with site(url) as here:
        same, older, newer, junk = (here.reader(last_event_id=seen) for seen in ("7", "6", "8", "x" * 1000))
        for reader in (older, newer, junk):
            await reader.until_event(7)
        await same.until(lambda: same.text)
        assert same.events == []
        await here.listening()
        await here.count(8)
        await same.until_event(8)
        assert same.events == [(8, PUBLIC)]


@on_a_loop
async def test_versions_never_go_backwards_and_none_comes_twice(url):
    async with site(url) as here:
        reader = here.reader()
        await here.listening()
        for version in (9, 8, 9, 7, 10, 3, 11):
            await here.count(version)
        await reader.until_event(11)
        numbers = [number for number, _ in reader.events]
        assert numbers == sorted(set(numbers))


@on_a_loop
async def test_a_slow_reader_skips_to_the_newest_document(url):
    async with site(url) as here:
        slow, quick = here.reader(), here.reader()
        await here.listening()
        await slow.until_event(7)
        slow.stalled.clear()
        for version in range(8, 208):
            await here.count(version)
            await quick.until_event(version)
        slow.stalled.set()
        await slow.until_event(207)
        assert len(slow.events) <= 3
        assert len(quick.events) == 201


@on_a_loop
async def test_a_document_of_several_lines_stays_one_event(url):
    async with site(url, version=None) as here:
        await here.store(1, public='{\r\n "a": 1\n}')
        reader = here.reader()
        await reader.until(lambda: "data: }\n\n" in reader.text)
        assert reader.text.endswith('id: 1\nevent: results\ndata: {\ndata:  "a": 1\ndata: }\n\n')


@on_a_loop
async def test_what_is_no_live_stream_is_said_in_words(url):
    async with site(url) as here:
        cases = {
            ("GET", "/live/polls/no-such-poll/"): 404,
            ("GET", f"/live/polls/{here.slug}"): 404,
            ("GET", f"/live/polls/{here.slug}/x"): 404,
            ("GET", f"/x/live/polls/{here.slug}/"): 404,
            ("GET", "/live/polls//"): 404,
            ("GET", "/live/polls/a/b/"): 404,
            ("GET", "/live/polls/../"): 404,
            ("GET", "/live/polls/é/"): 404,
            ("GET", "/live/polls/a\n/"): 404,
            ("GET", f"/live/polls/{'a' * 121}/"): 404,
            ("GET", "/live/"): 404,
            ("POST", f"/live/polls/{here.slug}/"): 405,
            ("HEAD", f"/live/polls/{here.slug}/"): 405,
        }
        for (method, path), status in cases.items():
            reader = Reader(here.hub, path, method=method)
            await reader.task
            assert (method, path, reader.status) == (method, path, status)
            assert reader.headers["content-type"] == "text/plain; charset=utf-8"
            assert reader.headers["cache-control"] == "no-store"
            assert int(reader.headers["content-length"]) == len(reader.text.encode())
        assert here.hub.held == 0


@on_a_loop
async def test_a_document_half_written_is_no_document(url):
    async with site(url, version=None) as here:
        await here.redis.hset(f"results:{here.slug}", "version", 3)
        reader = here.reader()
        await reader.task
        assert reader.status == 404


@on_a_loop
async def test_a_full_process_says_so_and_a_place_is_free_as_soon_as_a_reader_leaves(url):
    async with site(url, limit=3) as here:
        clients = [(f"203.0.113.{n}", "1") for n in range(4)]
        readers = [here.reader(client=client) for client in clients[:3]]
        for reader in readers:
            await reader.until_event(7)
        late = here.reader(client=clients[3])
        await late.task
        assert (late.status, late.headers["retry-after"]) == (503, "60")
        await readers[0].leave()
        assert here.hub.held == 2
        again = here.reader(client=clients[3])
        await again.until_event(7)


@on_a_loop
async def test_one_network_holds_at_most_a_quarter_of_the_places(url):
    async with site(url, limit=8) as here:
        mine = [here.reader(client=(f"2001:db8:1:1::{n:x}", "1")) for n in range(4)]
        for reader in mine:
            await reader.answered()
        other = here.reader(client=("2001:db8:1:2::1", "1"))
        await other.answered()
        assert sorted(reader.status for reader in mine) == [200, 200, 503, 503]
        assert other.status == 200


@on_a_loop
async def test_a_reader_who_leaves_at_any_moment_frees_the_place(url):
    async with site(url, limit=1000) as here:
        readers = [here.reader(client=(f"10.0.{n}.1", "1")) for n in range(50)]
        for turns, reader in enumerate(readers):
            for _ in range(turns % 10):
                await asyncio.sleep(0)
            await reader.leave()
        cancelled = [here.reader(client=(f"10.1.{n}.1", "1")) for n in range(50)]
        for turns, reader in enumerate(cancelled):
            for _ in range(turns % 10):
                await asyncio.sleep(0)
            reader.task.cancel()
        await asyncio.gather(*(reader.task for reader in cancelled), return_exceptions=True)
        assert here.hub.held == 0
        assert (here.hub._streams, here.hub._documents, here.hub._networks) == ({}, {}, {})


@on_a_loop
async def test_nothing_is_sent_to_a_reader_who_left(url):
    async with site(url) as here:
        reader = here.reader()
        await reader.until_event(7)
        await here.listening()
        await reader.leave()
        text = reader.text
        await here.count(8)
        await asyncio.sleep(0.05)
        assert (reader.text, reader.closed) == (text, False)


@on_a_loop
async def test_a_quiet_stream_shows_that_it_lives(url, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)
    async with site(url) as here:
        reader = here.reader()
        await reader.until(lambda: reader.text.endswith(":\n\n:\n\n"))
        assert reader.events == [(7, PUBLIC)]


@on_a_loop
async def test_an_old_stream_ends_politely(url, monkeypatch):
    monkeypatch.setattr(live, "MAXIMUM_AGE", 0.1)
    async with site(url) as here:
        reader = here.reader()
        await reader.task
        assert (reader.status, reader.closed, reader.events) == (200, True, [(7, PUBLIC)])


@on_a_loop
async def test_a_reader_who_takes_nothing_is_given_up_at_the_maximum_age(url, monkeypatch):
    monkeypatch.setattr(live, "MAXIMUM_AGE", 0.1)
    async with site(url) as here:
        reader = here.reader()
        await reader.answered()
        reader.stalled.clear()
        await reader.task
        assert (reader.closed, here.hub.held) == (False, 0)


@on_a_loop
async def test_many_readers_at_once_cost_one_subscription_and_few_readings(own_valkey):
    async with site(own_valkey.url, limit=10_000) as here:
        readers = [here.reader(client=(f"10.{n // 250}.{n % 250}.1", "1")) for n in range(500)]
        await asyncio.gather(*(reader.until_event(7) for reader in readers))
        await here.listening()
        readers = [here.reader(client=(f"10.9.{n}.1", "1")) for n in range(100)]
        await asyncio.gather(*(reader.until_event(7) for reader in readers))
        assert (await here.redis.info("commandstats"))["cmdstat_hmget"]["calls"] <= 2
        assert await here.redis.pubsub_numsub("live") == [("live", 1)]


@on_a_loop
async def test_messages_that_cannot_be_read_are_passed_over(url, caplog):
    async with site(url) as here:
        reader = here.reader()
        await here.listening()
        slug = here.slug
        for junk in ("", "junk", "[]", "7", "null", '{"poll": []}', f'{{"poll": "{slug}"}}',
                     f'{{"poll": "{slug}", "version": "x", "public": "", "voters": ""}}',
                     f'{{"poll": "{slug}", "version": 99, "public": null, "voters": ""}}'):  # fmt: skip
            await here.redis.publish("live", junk)
        await here.count(8)
        await reader.until_event(8)
        assert reader.events == [(7, PUBLIC), (8, PUBLIC)]
        assert "lost Redis" not in caplog.text


@on_a_loop
async def test_with_redis_away_the_page_is_told_to_fetch(own_valkey):
    async with site(own_valkey.url) as here:
        own_valkey.kill()
        reader = here.reader()
        await reader.task
        assert (reader.status, reader.headers["retry-after"]) == (503, "10")
        assert here.hub.held == 0


@on_a_loop
async def test_with_redis_silent_the_page_is_told_to_fetch(own_valkey):
    async with site(own_valkey.url) as here:
        own_valkey.freeze()
        reader = here.reader()
        await reader.task
        own_valkey.thaw()
        assert reader.status == 503


@on_a_loop
async def test_after_redis_came_back_nothing_is_missed(own_valkey):
    async with site(own_valkey.url) as here:
        reader = here.reader()
        await here.listening()
        own_valkey.kill()
        while here.hub._subscribed:
            await asyncio.sleep(0.01)
        own_valkey.start()
        await here.store(8, public="counted while nobody listened")
        await reader.until_event(8)
        await here.listening()
        await here.count(9, public="counted later")
        await reader.until_event(9)
        assert [number for number, _ in reader.events] == [7, 8, 9]
        assert here.hub.held == 1


@on_a_loop
async def test_what_was_published_in_a_gap_of_the_subscription_is_read_from_the_document(own_valkey):
    async with site(own_valkey.url) as here:
        reader = here.reader()
        await here.listening()
        await here.store(8)  # no message: as if it fell into the gap
        await here.redis.client_kill_filter(_type="pubsub")
        await reader.until_event(8)


@on_a_loop
async def test_a_redis_that_stays_away_ends_the_streams_so_that_pages_fetch(own_valkey, monkeypatch):
    monkeypatch.setattr(live, "REDIS_PATIENCE", 0.3)
    async with site(own_valkey.url) as here:
        reader = here.reader()
        await here.listening()
        own_valkey.kill()
        await reader.task
        assert (reader.closed, here.hub.held) == (True, 0)


@on_a_loop
async def test_a_subscription_that_went_dead_without_a_word_is_noticed(own_valkey, monkeypatch):
    monkeypatch.setattr(live, "REDIS_PING", 0.1)

    def calls(command):
        return own_valkey.client().info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"]

    async with site(own_valkey.url) as here:
        reader = here.reader()
        await here.listening()
        before = calls("ping") - calls("subscribe")
        while calls("ping") - calls("subscribe") < before + 3:  # each is answered, and no reason to subscribe anew
            await asyncio.sleep(0.05)
        await here.listening()
        own_valkey.freeze()
        while here.hub._subscribed:
            await asyncio.sleep(0.01)
        own_valkey.thaw()
        await here.listening()
        await here.count(8)
        await reader.until_event(8)


@on_a_loop
async def test_a_hub_that_is_shut_ends_its_streams_and_takes_no_new_one(url):
    async with site(url) as here:
        reader = here.reader()
        await reader.until_event(7)
        here.hub.shut()
        await reader.task
        late = here.reader()
        await late.task
        assert (reader.closed, late.status) == (True, 503)


@on_a_loop
async def test_a_public_document_that_says_nothing_new_is_not_sent_again(url):
    hidden = '{"version":3,"figures":{"shown":false}}'
    async with site(url, version=None) as here:
        await here.store(7, public=hidden)
        reader = here.reader()
        await here.listening()
        await here.count(8, public=hidden)
        await here.count(9, public='{"version":9}')
        await reader.until_event(9)
        assert reader.events == [(3, hidden), (9, '{"version":9}')]
