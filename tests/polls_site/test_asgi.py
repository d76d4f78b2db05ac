"""One port for pages and live streams, under a real server."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from polls_site.processes import become_child
from tests.stack import free_port

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """The web server as `make run` starts it, on a port of its own."""

    def __init__(self, log: Path, database: str) -> None:
        self.port = free_port()
        self.log = log
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--backpressure", "500", "polls_site.asgi:application"]
        parent = os.getpid()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database}"},
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: become_child(parent, signal.SIGTERM),
            )
        deadline = time.monotonic() + 180
        while True:
            with contextlib.suppress(OSError), self.connect():
                return
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, method: str, path: str, **options: object) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, **options)  # type: ignore[arg-type]
        return connection.getresponse()

    def stop(self) -> None:
        """SIGTERM, until it has ended."""
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(120)


@pytest.fixture
def server(tmp_path: Path, db: None) -> Iterator[Server]:
    server = Server(tmp_path / "log", connection.settings_dict["NAME"])
    yield server
    with contextlib.suppress(ProcessLookupError):  # with its workers, which a killed parent would leave behind
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


@pytest.fixture
def poll(settings) -> str:
    """The slug of a poll whose document lies in Redis."""
    slug = f"poll-{secrets.token_hex(4)}"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.hset(f"results:{slug}", mapping={"version": 3, "public": '{"a": 1}', "voters": "{}"})
        client.expire(f"results:{slug}", 600)
    return slug


def open_stream(server: Server, slug: str) -> socket.socket:
    stream = server.connect()
    stream.sendall(f"GET /live/polls/{slug}/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    received = b""
    while b'data: {"a": 1}\n\n' not in received:
        piece = stream.recv(4096)
        assert piece, received
        received += piece
    assert b"200 OK" in received
    assert b"content-type: text/event-stream; charset=utf-8" in received
    return stream


def test_live_streams_and_pages_share_one_port(server, poll):
    open_stream(server, poll).close()
    unknown = server.ask("GET", "/live/polls/no-such-poll/")
    assert (unknown.status, unknown.headers["Content-Security-Policy"]) == (404, None)
    page = server.ask("GET", "/livery/", headers={"Host": "evil.example"})
    assert (page.status, "default-src 'none'" in page.headers["Content-Security-Policy"]) == (400, True)


def test_a_body_too_large_for_a_public_page_is_refused(server):
    assert server.ask("POST", "/polls/a/vote/", body=b"x" * 200_000).status == 413


def test_the_server_stops_by_itself_with_a_hundred_streams_open(server, poll):
    streams = [open_stream(server, poll) for _ in range(100)]
    server.stop()
    ends = [stream.recv(4096)[-5:] for stream in streams]
    assert server.process.returncode is not None
    assert set(ends) == {b"0\r\n\r\n"}, "each stream ended as a complete answer"


def test_a_stream_left_by_its_reader_is_closed_without_a_word_in_the_log(server, poll):
    streams = [open_stream(server, poll) for _ in range(20)]
    for stream in streams:
        stream.close()
    time.sleep(0.3)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.publish("live", f'{{"poll": "{poll}", "version": 4, "public": "p", "voters": "v"}}')
    time.sleep(0.3)
    server.stop()
    assert "ERROR" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


BURST = """
import asyncio, os, signal
from polls_site import asgi

async def main():
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    asgi._end_streams_on_signal()
    for _ in range(100_000):
        loop.call_soon_threadsafe(int)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(told.wait(), 60)

asyncio.run(main())
"""


def test_a_signal_lost_in_a_burst_of_leaving_readers_is_said_again():
    done = subprocess.run([sys.executable, "-c", BURST], cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert "signal wakeup fd" in done.stderr, "the burst filled the pipe"
    assert (done.returncode, "TimeoutError" in done.stderr) == (0, False)
