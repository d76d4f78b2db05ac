"""Django's WSGI application under an ASGI server: one port serves pages and live streams.

Django's own ASGI handler costs a request 0.7 to 1.0 milliseconds before a synchronous view begins; this
bridge costs 0.1 to 0.15. A fixed number of threads runs the views. A request enters a thread only when its body
is complete, and leaves it when its answer is small enough to be held, so that slow readers occupy no thread.
"""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 30  # for a whole body: one that trickles in is given up; longer where a large one may come,
SLOWEST = 1 << 20  # which has to come with so many bytes a second
CHUNK_SECONDS = 30  # for a reader to take one piece of a long answer
MEMORY_BYTES = 1 << 20  # of a body or an answer; more of a body goes to a file, more of an answer in pieces

PLAIN = {
    408: "The request did not arrive in time.",
    413: "The request is too large.",
    500: "Something went wrong here. It has been logged.",
}


class Refused(Exception):
    """The request does not reach Django; the argument is the status."""


class Gone(Exception):
    """The client left."""


class Bridge:
    """An ASGI application for scopes of type "http".

    `body_bytes` maps the beginning of a path to the largest body accepted there; the longest beginning
    counts.
    """

    def __init__(self, application: Any, *, threads: int, body_bytes: Mapping[str, int]) -> None:
        self._application = application
        # Each thread keeps its own context over all requests, as under any WSGI server. A copy for each
        # request would give each a new connection to the cache, because Django keeps those in context
        # variables.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="view")
        self._limits = sorted(body_bytes.items(), key=lambda item: len(item[0]), reverse=True)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            limit = next((limit for start, limit in self._limits if scope["path"].startswith(start)), 0)
            async with asyncio.timeout(BODY_SECONDS + limit / SLOWEST):
                body, length = await self._body(scope, receive, limit)
        except Gone:
            return
        except Refused as refusal:
            await _send_all(_plain(refusal.args[0]), send)
            return
        except TimeoutError:
            await _send_all(_plain(408), send)
            return
        sender = Sender(receive, send)
        with body:
            exchange = Exchange(scope, body, length, sender.push)
            rest = await sender.loop.run_in_executor(self._threads, exchange.run, self._application)
        sender.close()
        await _send_all(rest, send)

    async def _body(self, scope: Message, receive: Receive, limit: int) -> tuple[BinaryIO, int]:
        """The whole body, rewound, and its length; raises Refused when it is too large, Gone."""
        announced = _announced(scope)
        if announced == 0:
            return io.BytesIO(), 0
        if announced > limit:
            raise Refused(413)
        body: Any = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                more = message.get("more_body", False)
                body.write(message.get("body", b""))
                if body.tell() > limit:
                    raise Refused(413)
        except BaseException:
            body.close()
            raise
        length = body.tell()
        body.seek(0)
        return body, length


class Sender:
    """The way from a thread to the client, for answers too long to be held."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.loop = asyncio.get_running_loop()
        self._receive = receive
        self._send = send
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def push(self, message: Message) -> None:
        """Called in a thread: waits until the server has taken `message`; raises Gone."""
        asyncio.run_coroutine_threadsafe(self._push(message), self.loop).result()

    async def _push(self, message: Message) -> None:
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(CHUNK_SECONDS):
                await self._send(message)
        except (TimeoutError, OSError) as error:
            raise Gone from error
        if self._gone:
            raise Gone

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True

    def close(self) -> None:
        """No more messages from the thread."""
        if self._watcher is not None:
            self._watcher.cancel()


class Exchange:
    """One request and its answer, in a thread."""

    def __init__(self, scope: Message, body: BinaryIO, length: int, push: Callable[[Message], None]) -> None:
        self._environ = _environ(scope, body, length)
        self._push = push
        self._start: Message = {}
        self._started = False
        self._head = scope["method"] == "HEAD"

    def run(self, application: Any) -> list[Message]:
        """Answer the request; what is left to send when the thread is done is returned.

        After an error in the middle of an answer nothing is left: the server cuts the connection, and the
        client sees that something is missing.
        """
        try:
            return self._answer(application)
        except Gone:
            return []
        except Exception:
            logger.exception("%s %s failed", self._environ["REQUEST_METHOD"], self._environ["PATH_INFO"])
            return [] if self._started else _plain(500)

    def _answer(self, application: Any) -> list[Message]:
        result = application(self._environ, self._start_response)
        try:
            return self._drain(() if self._head else result)
        finally:
            # Django closes files and database connections here, which belong to this thread.
            if hasattr(result, "close"):
                result.close()

    def _drain(self, result: Iterable[bytes]) -> list[Message]:
        held, size = [], 0
        for chunk in result:
            held.append(chunk)
            size += len(chunk)
            if size > MEMORY_BYTES:
                self._push_start()
                self._push(_part(b"".join(held), more=True))
                held, size = [], 0
        last = _part(b"".join(held), more=False)
        return [last] if self._started else [self._start, last]

    def _push_start(self) -> None:
        if not self._started:
            self._started = True
            self._push(self._start)

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}


def _environ(scope: Message, body: BinaryIO, length: int) -> dict[str, Any]:
    server = scope.get("server") or ("localhost", None)
    root = scope.get("root_path", "")
    raw = scope.get("raw_path")  # as sent; in `path` bytes that are no text are already lost
    path = unquote_to_bytes(raw) if raw else scope["path"].encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": path.removeprefix(root.encode()).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # X_Forwarded_For would arrive under the name of X-Forwarded-For
        key, text = _key(name), value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    if length or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(length)  # what has arrived, not what was announced
    return environ


@functools.lru_cache(maxsize=512)
def _key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def _announced(scope: Message) -> int:
    """How long a body the request announces; 1 where it comes without a length, 0 where none comes."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    if length.isdigit():
        return int(length)
    return 0 if scope["method"] in ("GET", "HEAD") and b"transfer-encoding" not in headers else 1


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _plain(status: int) -> list[Message]:
    body = f"{PLAIN[status]}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return [{"type": "http.response.start", "status": status, "headers": headers}, _part(body, more=False)]


async def _send_all(messages: list[Message], send: Send) -> None:
    for message in messages:
        await send(message)
