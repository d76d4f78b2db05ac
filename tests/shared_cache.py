"""A shared cache as RFC 9111 describes it, between real readers and the real server; its clock is moved by hand."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


@dataclass
class Stored:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    until: float
    varies: dict[str, str]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass
class SharedCache:
    """What was stored and what happened to each request: "hit", "miss", "revalidated" or "passed"."""

    upstream: str
    now: float = 0.0
    stored: dict[str, Stored] = field(default_factory=dict)
    log: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Stored:
        known = self.stored.get(path) if method == "GET" else None
        if known and any(headers.get(name, "") != value for name, value in known.varies.items()):
            known = None
        if known and known.until > self.now:
            return self._noted("hit", method, path, known)
        if known and known.header("etag"):
            headers = {**headers, "if-none-match": known.header("etag")}
        fresh = self._fetch(method, path, headers, body)
        if known and fresh.status == 304:
            known.until = fresh.until
            return self._noted("revalidated", method, path, known)
        if method == "GET" and fresh.until > self.now:
            self.stored[path] = fresh
            return self._noted("miss", method, path, fresh)
        return self._noted("passed", method, path, fresh)

    def _noted(self, what: str, method: str, path: str, found: Stored) -> Stored:
        self.log.append((what, method, path))
        return found

    def _fetch(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Stored:
        connection = http.client.HTTPConnection(self.upstream, timeout=10)
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        kept = [(key, value) for key, value in answer.getheaders() if key.lower() not in HOP_BY_HOP]
        varies = {name.strip().lower(): "" for name in answer.getheader("Vary", "").split(",") if name.strip()}
        varies = {name: headers.get(name, "") for name in varies}
        return Stored(answer.status, kept, content, self.now + self._lifetime(answer), varies)

    def _lifetime(self, answer: http.client.HTTPResponse) -> int:
        """Seconds for which a shared cache may keep an answer: RFC 9111 asks nothing of the request's cookies."""
        said = {part.strip().lower() for part in answer.getheader("Cache-Control", "").split(",")}
        if {"no-store", "private", "no-cache"} & said or answer.status not in (200, 304, 404):
            return 0
        ages = dict(part.split("=", 1) for part in said if "=" in part)
        return int(ages.get("s-maxage", ages.get("max-age", 0)))


@contextmanager
def shared_cache(upstream: str) -> Iterator[SharedCache]:
    """A cache before the server at `upstream` (host:port); its own is in `.address`."""
    cache = SharedCache(upstream)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = cache.answer(self.command, self.path, headers, self.rfile.read(length))
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cache.address = f"127.0.0.1:{server.server_port}"
    try:
        yield cache
    finally:
        server.shutdown()
        server.server_close()
