"""The ASGI entry point: `/live/` goes to the hub of live streams, everything else to Django."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from django.conf import settings

from polls.live import Hub
from polls_site.bridge import Bridge
from polls_site.wsgi import application as django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polls_site.settings")

Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# The largest body a path accepts. A vote has at most 16 kB; only the editors' admin takes pictures and files,
# of 50 MB at most.
BODY_BYTES = {"/": 128 * 1024, "/admin/": 52 * 1024 * 1024}

# Each thread keeps a connection of its own to the database.
pages = Bridge(django, threads=settings.WEB_THREADS, body_bytes=BODY_BYTES)
live = Hub(settings.REDIS_URL, limit=settings.LIVE_STREAMS)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """The site as one ASGI application."""
    if scope["type"] == "http":
        await (live if scope["path"].startswith("/live/") else pages)(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _live_and_die(receive, send)
    else:
        await send({"type": "websocket.close"})


async def _live_and_die(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _end_streams_on_signal()
            await send({"type": "lifespan.startup.complete"})
        else:
            await live.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _end_streams_on_signal() -> None:
    """End the streams as soon as the process is told to stop.

    Servers say `lifespan.shutdown` only after the last connection is closed, and a stream stays open for minutes:
    without this every stop would last until the server loses patience and kills the process, votes in flight included.
    The handler that was there is called as before.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def stop(number: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(_stop, loop)
            before(number, frame)

        with contextlib.suppress(ValueError):  # only a main thread may do this; elsewhere streams end later
            signal.signal(number, stop)


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    live.shut()
    # asyncio hears of a signal by one byte in a small pipe, and a burst of leaving readers can fill that pipe: then the
    # server missed the signal (seen with 2,000 streams). So it is said again until the process is gone.
    loop.call_later(1, signal.raise_signal, signal.SIGTERM)
