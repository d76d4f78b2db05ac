"""What can be done to the processes of a running site from outside, and whether they come back."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from polls_site.prepare import ROOT, recorded
from tests.chaos.load import probe
from tests.stack import Stack, lives

# A service that is not back after so long will not come back by itself.
BACK_SECONDS = 180.0
KINDS = (
    "web parent",
    "web child",
    "web frozen",
    "worker parent",
    "worker child",
    "worker frozen",
    "worker away",
    "beat",
    "cache",
    "cache frozen",
    "cache away",
    "broker",
    "broker frozen",
    "postgres parent",
    "postgres child",
    "postgres tree",
    "postgres frozen",
    "postgres away",
)
TICKS = os.sysconf("SC_CLK_TCK")


# --- processes ----------------------------------------------------------------------------------------------------


def stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on: state, parent, group, session ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    """The living children of a process, oldest first."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = stat(int(entry.name))
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return sorted(found)


def family(pid: int) -> list[int]:
    """A process and everything that descends from it."""
    return [pid, *(member for child in children(pid) for member in family(child))]


def processor_seconds(site: Stack, *names: str) -> float:
    """Processor time that these programs with all their processes have used so far."""
    used = 0
    for name in names:
        for pid in family(site.pids()[name]):
            with contextlib.suppress(OSError):
                used += sum(map(int, stat(pid)[11:15]))
    return used / TICKS


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


# --- faults -------------------------------------------------------------------------------------------------------


class Faults:
    """Kills and freezes by name; each returns once the thing is there again, or fails."""

    def __init__(self, site: Stack, slug: str, *, seed: int) -> None:
        self.site = site
        self.slug = slug
        self.chance = random.Random(seed)
        self.sockets = Path(str(recorded(site.directory)["sockets"]))  # type: ignore[index]
        self.done: list[dict[str, Any]] = []

    def strike(self, kind: str) -> None:
        """One fault, written down with its begin and end."""
        fault: dict[str, Any] = {"kind": kind, "at": 0.0}
        self.done.append(fault)
        name, _, what = kind.partition(" ")
        actions = {"child": self.kill_child, "tree": self.kill_tree, "frozen": self.freeze, "away": self.take_away}
        actions.get(what, self.kill_program)(name)
        self.wait_until(lambda: all(probe(self.site.base_url, self.slug)["status"] == 200 for _ in range(4)), kind)
        fault["over"] = time.time()

    def write(self, path: Path) -> None:
        """The journal of the faults, each with the time of the next."""
        ends = [*(fault["at"] for fault in self.done[1:]), time.time()]
        lines = [json.dumps({**fault, "next": end}) for fault, end in zip(self.done, ends, strict=True)]
        path.write_text("".join(f"{line}\n" for line in lines))

    def kill_program(self, name: str) -> None:
        """kill -9 of what the supervisor started and not of its children: it has to start it again."""
        former = self.pid(name)
        self.hit([former], signal.SIGKILL)
        self.wait_for_new(name, former)

    def kill_tree(self, name: str) -> None:
        """kill -9 of a program with everything that it started."""
        former = self.pid(name)
        self.hit(family(former), signal.SIGKILL)
        self.wait_for_new(name, former)

    def wait_for_new(self, name: str, former: int) -> None:
        self.wait_until(lambda: self.pid(name) != former and lives(self.pid(name)) and self.answers(name), name)

    def kill_child(self, name: str) -> None:
        """kill -9 of one process of a program: the program, or where it was just ending its supervisor, replaces it."""
        self.wait_until(lambda: bool(self.workers(name)), name)  # it may just have been started itself
        before = self.workers(name)
        self.hit([self.chance.choice(before)], signal.SIGKILL)
        self.wait_until(lambda: len(self.workers(name)) >= (1 if name == "postgres" else len(before)), name)
        self.wait_until(lambda: self.answers(name), name)

    def take_away(self, name: str) -> None:
        """kill -9, and nobody there to start it again for longer than all waiting and all caches last."""
        former = self.pid(name)
        self.done[-1]["at"] = time.time()
        with without(self.site, name):
            time.sleep(self.chance.uniform(7, 10))
        self.wait_for_new(name, former)

    def pid(self, name: str) -> int:
        return self.site.pids()[name]

    def hit(self, pids: list[int], number: signal.Signals) -> None:
        self.done[-1]["at"] = time.time()
        send(pids, number)

    def workers(self, name: str) -> list[int]:
        """The processes that do a program's work: those that serve a connection, where it is PostgreSQL."""
        if name != "postgres":
            return children(self.pid(name))
        with self.site.database() as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        known = {pid for (pid,) in rows}
        return [pid for pid in children(self.pid(name)) if pid in known] or children(self.pid(name))[-1:]

    def freeze(self, name: str) -> None:
        """SIGSTOP for some seconds: nothing answers, and nothing says so."""
        frozen = family(self.pid(name))
        if name == "web":
            frozen = [self.chance.choice(self.workers(name))]
        self.hit(frozen, signal.SIGSTOP)
        time.sleep(self.chance.uniform(1.5, 3.5))
        send(frozen, signal.SIGCONT)

    def answers(self, name: str) -> bool:
        """Whether a server takes connections; of programs without a door that they live."""
        try:
            if name == "postgres":
                self.site.database().close()
            elif name in ("cache", "broker"):
                with socket.socket(socket.AF_UNIX) as door:
                    door.settimeout(2)
                    door.connect(f"{self.sockets}/{name}.sock")
                    door.sendall(b"PING\r\n")
                    return door.recv(5) == b"+PONG"
        except (OSError, psycopg.OperationalError):
            return False
        return lives(self.pid(name))

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + BACK_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                if ready():
                    return
            assert time.monotonic() < until, f"{what} is not back after {BACK_SECONDS:.0f} s"
            time.sleep(0.05)


@contextlib.contextmanager
def without(site: Stack, *names: str) -> Iterator[None]:
    """kill -9 of programs with everything that they started, and meanwhile nobody who starts them again."""
    site.process.send_signal(signal.SIGSTOP)
    try:
        for name in names:
            send(family(site.pids()[name]), signal.SIGKILL)
        yield
    finally:
        site.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def programs(*commands: list[str]) -> Iterator[None]:
    """Run programs of ours meanwhile; wait for their own end, and fail with the first that fails."""
    running = [subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) for command in commands]
    try:
        yield
        for program in running:
            assert program.wait(300) == 0
    finally:
        for program in running:
            program.kill()
            program.wait()
