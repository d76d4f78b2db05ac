"""`/live/polls/<slug>/`: a poll's results document as server-sent events.

A bare ASGI application, because a stream through Django costs three times the memory and the processor time.
It knows Redis and no database: one subscription a process, and for each stream one place for the newest
document, so that a slow reader skips versions instead of filling the memory. What cannot be served (Redis
away, no room, unknown poll) is answered with a plain status; the page then fetches `results.json`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from polls import client_address, passes

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = re.compile(r"/live/polls/([-a-zA-Z0-9_]{1,120})/")
CHANNEL = "live"
# Found without parsing: inside a text of the document the quotes would be escaped.
OWN_VERSION = re.compile(r'"version":\s*([0-9]{1,15})')

# Seconds. Proxies close a silent connection after 30 or 60; so early is a reader noticed who left without a word.
HEARTBEAT = 15
# A stream ends politely after five minutes, a fifth more or less, and the browser opens the next one: so
# streams spread over new processes after a deployment, and one that leaked is gone soon.
MAXIMUM_AGE = 300
REDIS_TIMEOUT = 0.5
# Without news from Redis for so long the streams end: a page that fetches is better off than one that waits in vain.
REDIS_PATIENCE = 5
# After so long a silence Redis is pinged, and taken for dead when it is silent once more as long.
REDIS_PING = 5
RETRY_MILLISECONDS = (2_000, 4_000)  # drawn for each stream, so that readers do not come back all at once
# No network holds more than this part of a process's streams (500 of 2,000): a campus fits in, a crowd does
# not push everybody else out.
NETWORK_SHARE = 4

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Refused(Exception):
    """No stream: the status, the sentence, and the headers that go with them."""

    def __init__(self, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


class Event(NamedTuple):
    """A document as a ready-made event, with the version that stands in it."""

    version: int
    text: bytes


class Document(NamedTuple):
    """One version of a poll's results, for everybody and for those who voted.

    Where figures are hidden the public document keeps its own version while votes come in, and nothing is sent:
    an event for each vote would tell how many there are.
    """

    version: int
    public: Event
    voters: Event

    @classmethod
    def of(cls, version: int, public: str, voters: str) -> Document:
        return cls(version, _event(version, public), _event(version, voters))


def _event(version: int, document: str) -> Event:
    own = OWN_VERSION.search(document)
    version = int(own[1]) if own else version
    data = document.replace("\r", "").replace("\n", "\ndata: ")
    return Event(version, f"id: {version}\nevent: results\ndata: {data}\n\n".encode())


class Stream:
    """One open connection: which document its reader may see, and the newest one not sent yet."""

    def __init__(self, *, voter: bool, seen: bytes) -> None:
        self.voter = voter
        self.ended = False
        self.left = False
        self._seen = seen  # the Last-Event-ID a returning browser names
        self._version = -1
        self._event: bytes | None = None
        self._waiting: asyncio.Future[None] | None = None

    def offer(self, document: Document) -> None:
        """Put `document` in place of an older one; an equal or older one is passed over."""
        event = document.voters if self.voter else document.public
        if event.version <= self._version:
            return
        first, self._version = self._version < 0, event.version
        if first and self._seen == str(event.version).encode():
            return
        self._event = event.text
        self._wake()

    def end(self) -> None:
        self.ended = True
        self._wake()

    def take(self) -> bytes:
        """The newest event, or nothing."""
        event, self._event = self._event or b"", None
        return event

    async def next(self) -> bytes:
        """The newest event as soon as there is one, or a comment after a while without."""
        if self._event is None and not self.ended:
            # A bare future and a bare timer: asyncio.Event and asyncio.timeout would double the cost of an event.
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            heartbeat = loop.call_later(HEARTBEAT, self._wake)
            try:
                await self._waiting
            finally:
                heartbeat.cancel()
        return self.take() or b":\n\n"

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def watch(self, receive: Receive) -> None:
        """Ends the stream when its reader leaves."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left = True
        self.end()


class Hub:
    """All streams of one process, and its one subscription to Redis."""

    def __init__(self, redis_url: str, *, limit: int) -> None:
        self._url = redis_url
        self._limit = limit
        self._streams: dict[str, set[Stream]] = {}
        self._documents: dict[str, Document] = {}  # the newest of each watched poll
        self._networks: Counter[str] = Counter()
        self.held = 0  # streams of this process
        self._reading: dict[str, asyncio.Task[Document | None]] = {}
        self._redis: Redis | None = None
        self._listener: asyncio.Task[None] | None = None
        self._subscribed = False
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        try:
            slug = _slug(scope)
            network = client_address.network_of_scope(scope)
            self._check_room(network)
        except Refused as refusal:
            await _refuse(refusal, send)
            return
        stream = Stream(voter=_has_pass(scope, slug), seen=_header(scope, b"last-event-id"))
        # The place is taken before the document is read, so that no version falls between reading and
        # listening; it is freed here and nowhere else, whatever happens to the reader.
        self._streams.setdefault(slug, set()).add(stream)
        self._networks[network] += 1
        self.held += 1
        try:
            self._listen()
            stream.offer(await self._current(slug))
            await _serve(stream, receive, send)
        except Refused as refusal:
            await _refuse(refusal, send)
        finally:
            self._leave(slug, network, stream)

    def _check_room(self, network: str) -> None:
        share = max(1, self._limit // NETWORK_SHARE)
        if self._closed or self.held >= self._limit or self._networks[network] >= share:
            raise Refused(503, "No room for another live stream.", (b"retry-after", b"60"))

    def _leave(self, slug: str, network: str, stream: Stream) -> None:
        self._streams[slug].discard(stream)
        if not self._streams[slug]:
            del self._streams[slug]
            self._documents.pop(slug, None)
        self.held -= 1
        self._networks[network] -= 1
        if not self._networks[network]:
            del self._networks[network]

    # ---- documents

    async def _current(self, slug: str) -> Document:
        """The newest document: that at hand while we hear every change, else one reading for all who ask."""
        if self._subscribed and slug in self._documents:
            return self._documents[slug]
        reading = self._reading.get(slug)
        if reading is None:
            reading = self._reading[slug] = asyncio.create_task(self._read(slug))
            reading.add_done_callback(lambda _: self._reading.pop(slug, None))
        try:
            document = await asyncio.shield(reading)
        except (RedisError, OSError) as error:
            raise Refused(503, "Live results are away.", (b"retry-after", b"10")) from error
        if document is None:
            raise Refused(404, "There are no results of such a poll yet.")
        return document

    async def _read(self, slug: str) -> Document | None:
        return (await self._read_all([slug]))[0]

    async def _read_all(self, slugs: list[str]) -> list[Document | None]:
        """The stored documents, None where there is none, in one round trip; they are handed on like news."""
        async with self._client().pipeline(transaction=False) as pipeline:
            for slug in slugs:
                pipeline.hmget(f"results:{slug}", ["version", "public", "voters"])
            rows = await pipeline.execute()
        documents = [None if None in row else Document.of(int(row[0]), row[1], row[2]) for row in rows]
        for slug, document in zip(slugs, documents, strict=True):
            if document is not None:
                self._publish(slug, document)
        return documents

    def _publish(self, slug: str, document: Document) -> None:
        """Hand a document to everybody who watches the poll, unless a newer one is known."""
        known = self._documents.get(slug)
        if slug not in self._streams or (known and document.version <= known.version):
            return
        self._documents[slug] = document
        for stream in self._streams[slug]:
            stream.offer(document)

    # ---- Redis

    def _client(self) -> Redis:
        if self._redis is None:
            pool = BlockingConnectionPool.from_url(
                self._url,
                max_connections=8,
                timeout=REDIS_TIMEOUT,
                socket_timeout=REDIS_TIMEOUT,
                socket_connect_timeout=REDIS_TIMEOUT,
                retry=Retry(NoBackoff(), 0),
                decode_responses=True,
            )
            self._redis = Redis.from_pool(pool)
        return self._redis

    def _listen(self) -> None:
        """Starts with the first stream, because not every server tells an application that it begins."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._keep_subscribed())

    async def _keep_subscribed(self) -> None:
        heard = time.monotonic()
        pause = 0.1
        while True:
            try:
                await self._subscribe()
            except Exception as error:  # whatever it is: a process that hears nothing for ever is worse
                if self._subscribed:
                    heard, pause = time.monotonic(), 0.1
                    logger.warning("Live results: lost Redis: %r", error)
                self._subscribed = False
            if time.monotonic() - heard > REDIS_PATIENCE:
                self.end_streams()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing
            pause = min(pause * 2, 2)

    async def _subscribe(self) -> None:
        """Hears messages until the connection fails. A client of its own: waiting long is normal here."""
        client = Redis.from_url(
            self._url,
            socket_timeout=None,
            socket_connect_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(CHANNEL)
                await self._hear(channel)
        finally:
            await client.aclose()

    async def _hear(self, channel: PubSub) -> None:
        asked = False
        while True:
            message = await channel.get_message(timeout=REDIS_PING)
            if message is None:
                if asked:
                    raise ConnectionError("Redis does not answer a ping")
                await channel.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "subscribe":
                # Also after every reconnection: what was published meanwhile is read from the documents
                # themselves.
                await self._read_all(list(self._streams))
                self._subscribed = True
            elif message["type"] == "message":
                self._understand(message["data"])

    def _understand(self, data: str) -> None:
        try:
            message = json.loads(data)
            slug, version = message["poll"], int(message["version"])
            document = Document.of(version, message["public"], message["voters"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("Live results: a message that cannot be read: %r", error)
            return
        self._publish(slug, document)

    # ---- the end

    def end_streams(self) -> None:
        """End every stream politely; the browsers come back by themselves."""
        for streams in self._streams.values():
            for stream in streams:
                stream.end()

    def shut(self) -> None:
        """End every stream and take no new one: the process is about to stop."""
        self._closed = True
        self.end_streams()

    async def close(self) -> None:
        """Shut, and let go of Redis."""
        self.shut()
        while self._listener is not None and not self._listener.done():
            # Again and again: a cancellation that arrives in the middle of redis-py's handshake can get lost there.
            self._listener.cancel()
            await asyncio.wait([self._listener], timeout=0.1)
        if self._redis is not None:
            await self._redis.aclose()


async def _serve(stream: Stream, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    watcher = asyncio.create_task(stream.watch(receive))
    age = MAXIMUM_AGE * random.uniform(0.8, 1.2)  # noqa: S311
    event = f"retry: {random.randint(*RETRY_MILLISECONDS)}\n\n".encode() + stream.take()  # noqa: S311
    try:
        async with asyncio.timeout(age):
            while not stream.ended:
                await send({"type": "http.response.body", "body": event, "more_body": True})
                event = await stream.next()
    except TimeoutError:
        pass  # old enough, or its reader takes nothing any more
    finally:
        watcher.cancel()
    if not stream.left:
        await _finish(send)


async def _finish(send: Send) -> None:
    try:
        async with asyncio.timeout(1):
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        pass  # the reader's buffers are full; the server cuts the connection


async def _refuse(refusal: Refused, send: Send) -> None:
    body = f"{refusal.sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
        *refusal.headers,
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _slug(scope: Scope) -> str:
    match = PATH.fullmatch(scope["path"])
    if not match:
        raise Refused(404, "There is no such live stream.")
    if scope["method"] != "GET":
        raise Refused(405, "A live stream is only read.", (b"allow", b"GET"))
    return match[1]


def _has_pass(scope: Scope, slug: str) -> bool:
    """Whether the address carries the poll's pass; a wrong one opens what everybody sees, no more."""
    query = scope["query_string"][:1_000].decode("latin-1")
    return passes.valid(slug, parse_qs(query).get("pass", [""])[0])


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
