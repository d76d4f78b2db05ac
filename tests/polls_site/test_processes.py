"""Supervision with stand-ins: `sleep` in the place of a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from polls_site import processes
from polls_site.processes import Child
from tests.stack import lives, until

STUBBORN = "trap '' TERM; sleep 60 & wait; wait"  # ignores SIGTERM and has a child of its own


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


def child(directory: Path, script: str, name: str = "server") -> Child:
    return Child(name, ["sh", "-c", script], {"PATH": os.defpath}, directory, directory / "log" / f"{name}.log")


def test_a_child_ends_when_its_supervisor_is_killed(directory: Path) -> None:
    program = f"""
import os, pathlib, time
from polls_site.processes import Child
server = Child("server", ["sleep", "60"], {{"PATH": os.defpath}}, pathlib.Path({str(directory)!r}),
               pathlib.Path({str(directory / "log")!r}))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""
    supervisor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout
    pid = int(supervisor.stdout.readline())
    assert lives(pid)
    supervisor.kill()
    supervisor.wait()
    until(lambda: not lives(pid))


def test_a_dead_child_is_said_and_started_again_each_time_later(directory: Path) -> None:
    said: list[str] = []
    server = child(directory, "exit 3")
    server.start()
    until(lambda: processes.restart_the_dead([server], said.append))
    until(lambda: processes.restart_the_dead([server], said.append))
    log = directory / "log" / "server.log"
    assert said == [
        f"server stopped (exit code 3); starting it again in 0.2 s, see {log}",
        f"server stopped (exit code 3); starting it again in 1 s, see {log}",
    ]


def test_a_child_that_lived_long_is_started_again_at_once(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    server = child(directory, "exit 3")
    server.deaths = 6
    server.start()
    until(lambda: not server.running())
    server.started -= 11
    processes.restart_the_dead([server], said.append)
    assert "in 0.2 s" in said[0]


def test_a_running_child_is_left_alone(directory: Path) -> None:
    server = child(directory, "sleep 60")
    server.start()
    pid = server.pid
    assert not processes.restart_the_dead([server], pytest.fail)
    assert server.pid == pid
    processes.stop([server], seconds=1)


def test_stopping_ends_a_program_that_does_not_want_to_and_what_it_started(directory: Path) -> None:
    servers = [child(directory, STUBBORN, name) for name in ("first", "second")]
    for server in servers:
        server.start()
    groups = [server.pid for server in servers]
    until(lambda: len(_groups(groups)) == 4)
    began = time.monotonic()
    processes.stop(servers, seconds=0.3)
    assert time.monotonic() - began < 30  # and not the minute that they sleep
    until(lambda: not _groups(groups))


def test_deferred_signals_end_a_run_at_its_next_pause(directory: Path) -> None:
    program = """
import os, signal
from polls_site import processes
processes.defer_signals()
os.kill(os.getpid(), signal.SIGTERM)
print("still here", flush=True)
try:
    processes.pause(0)
except processes.Ended:
    print("ended in order", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "still here\nended in order\n"


def test_a_child_of_a_run_that_defers_signals_takes_them(directory: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, processes.ENDINGS)
    try:
        server = child(directory, "")
        server.command = ["sleep", "60"]  # a shell would take them by itself
        server.start()
        server.ask_to_stop()
        until(lambda: not server.running())
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, processes.ENDINGS)


def test_the_end_of_a_log_explains_a_failure(directory: Path) -> None:
    server = child(directory, "for i in 1 2 3 4 5; do echo line $i; done")
    server.start()
    until(lambda: not server.running())
    assert server.last_lines(2) == "line 4\nline 5"


def _groups(groups: list[int | None]) -> list[int]:
    """Living processes of these process groups."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except FileNotFoundError:
            continue
        if int(group) in groups and state != "Z":
            found.append(int(entry.name))
    return found
