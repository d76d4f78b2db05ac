"""The whole site as `make run` starts it, for tests that look at it from outside.

    with Stack(directory) as site:               # or the session's fixture `stack`
        site.base_url                            # "http://127.0.0.1:43211", answering, the demo loaded
        site.pids()                              # {"postgres": 17, "cache": 18, …}, the six of NAMES
        site.kill("postgres")                    # SIGKILL; the supervisor starts it again
        site.until_running()                     # every child lives and the site answers
        site.manage("recount", "--verify")       # manage.py on the stack's database; its output
        with site.database() as connection: …    # psycopg on the stack's database
        site.environment()                       # for a program of the test's own
        site.said()                              # what the terminal shows

It has its own PostgreSQL, Valkeys, database, port and directory (`directory/log` holds every log), waits for the disk
like production, and is supervised by a process of its own: nothing of pytest's runs in it.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

from polls_site.prepare import ROOT, leftovers, recorded
from polls_site.processes import become_child

NAMES = ("postgres", "cache", "broker", "worker", "beat", "web")
# Votes of one address in a second, and repetitions of one browser, that no reader comes near.
UNLIMITED = {"VOTE_LIMITS_NETWORK": "1000000/60", "VOTE_LIMITS_VOTER": "100000/60"}


class Stack:
    """One run of the site below `directory`; entering it again after an end finds the data of before."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes]
        self._environment = environment
        self._terminal = directory.with_name(directory.name + ".terminal")

    def __enter__(self) -> Stack:
        self.begin()
        until(lambda: self._state().get("address") or self.exit_code is not None, seconds=300)
        assert self.exit_code is None, self.said()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def begin(self) -> None:
        """Start it without waiting for anything."""
        # DATABASE_URL of the tests stays: a run must not touch the servers of somebody's other project.
        kept = {k: v for k, v in os.environ.items() if k != "SECRET_KEY"}
        place = {"VAR": str(self.directory), "HOST": "127.0.0.1", "PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        parent = os.getpid()

        def prepare() -> None:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests run under nohup
            become_child(parent, signal.SIGTERM)

        with self._terminal.open("wb") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "polls_site.stack"],
                cwd=ROOT,
                env={**kept, **place, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
                preexec_fn=prepare,
            )

    def stop(self, signum: signal.Signals = signal.SIGTERM) -> float:
        """End the run in an orderly way; the seconds that it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signum)
        self.process.wait(120)
        return time.monotonic() - began

    @property
    def exit_code(self) -> int | None:
        """Of `make run`, once it ended."""
        return self.process.poll()

    def crash(self) -> None:
        """SIGKILL to every process of the run at once, as when the machine fails."""
        kill_all(self.process, self.processes())

    def pids(self) -> dict[str, int]:
        """The number of each child by name, as the supervisor started it last."""
        return dict(self._state()["children"])

    def processes(self) -> list[int]:
        """Every living process below the supervisor: the children, their workers, PostgreSQL's backends."""
        return list(leftovers(self.directory, self._state().get("children", {}).values()))

    def kill(self, name: str, signum: signal.Signals = signal.SIGKILL) -> int:
        """Send `signum` to one child (not to its own children); its number."""
        pid = self.pids()[name]
        os.kill(pid, signum)
        return pid

    def until_running(self, *, seconds: float = 120) -> None:
        """Wait until every child lives and the site answers; for after a `kill`."""
        until(lambda: all(lives(pid) for pid in self.pids().values()) and self._answers(), seconds=seconds)

    def manage(self, *command: str) -> str:
        """Run manage.py on the stack's database; what it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", *command],
            cwd=ROOT,
            env=self.environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own, autocommit, to the stack's database."""
        return psycopg.connect(self.environment()["DATABASE_URL"], autocommit=True)

    def environment(self) -> dict[str, str]:
        """What a program needs to work on the stack's servers."""
        return {
            **os.environ,
            **self._state()["environment"],
            "SECRET_KEY": (self.directory / "secret-key").read_text(),
            "VAR": str(self.directory),
            "PYTHONPATH": str(ROOT),
            **self._environment,
        }

    def said(self) -> str:
        """What the terminal shows since the last start."""
        return self._terminal.read_text()

    def _state(self) -> dict[str, Any]:
        state = recorded(self.directory) or {}
        return state if state.get("supervisor") == self.process.pid else {}

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/", timeout=30) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def until(true: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait until `true()` is; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.05)


def kill_all(supervisor: subprocess.Popen[Any], others: Iterable[int]) -> None:
    """SIGKILL to all of them, without letting the supervisor start anything again meanwhile."""
    supervisor.send_signal(signal.SIGSTOP)
    for pid in [*others, supervisor.pid]:
        with contextlib.suppress(ProcessLookupError):  # PostgreSQL's processes follow their postmaster
            os.kill(pid, signal.SIGKILL)
    supervisor.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no client is given by the kernel before somebody does."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.SystemRandom().randrange(10_000, 30_000)))
            return int(probe.getsockname()[1])


def lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
