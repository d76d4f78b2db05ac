"""Child processes: started, watched, restarted, ended. None outlives its supervisor."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Loaded before any fork: between fork and exec a child may only call what is already there.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
ENDINGS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

# Seconds before a dead child is started again: quickly at first, calmly when it keeps dying.
_BACK_OFF = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
_STABLE_AFTER = 10.0  # what ran for so long does not die of its own start, whatever killed it
_LOG_BYTES = 10_000_000  # a longer log is put aside at the next start


class Ended(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


def defer_signals() -> None:
    """From now on the signals that end a run wait until `pause` looks for them.

    A handler that raised would do so anywhere: in a place where Python drops the exception, or between taking a lock
    and the `try` that gives it back. Where SIGHUP is ignored, as under nohup, it stays ignored.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)


def pause(seconds: float) -> None:
    """Sleep; Ended where one of the deferred signals has arrived."""
    time.sleep(seconds)
    for signum in signal.sigpending() & ENDINGS:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            raise Ended


def become_child(parent: int, signum: int) -> None:
    """In a new child, before exec: the kernel ends it when its supervisor is gone, even by SIGKILL."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
        if os.getppid() != parent:  # the supervisor died before the line above
            os._exit(1)


@dataclass
class Child:
    """One program of the run. `popen` holds further arguments of `subprocess.Popen` (user, pass_fds)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    popen: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    restart_at: float | None = None

    def start(self) -> None:
        """Start the program in a session of its own, its output appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        parent, signum = os.getpid(), self.stop_signal
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor alone
                preexec_fn=lambda: become_child(parent, signum),
                **self.popen,
            )
        self.started = time.monotonic()
        self.restart_at = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process and self.running():
            self.process.send_signal(self.stop_signal)

    def kill_group(self) -> None:
        """End whatever is left of the program and of the processes that it started."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, for an error message."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 20_000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])


def stop(children: Iterable[Child], *, seconds: float) -> None:
    """Ask all of them to stop, wait at most `seconds` together, then kill what is left."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + seconds
    while any(child.running() for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    for child in children:
        child.kill_group()


def restart_the_dead(children: Iterable[Child], say: Callable[[str], None]) -> bool:
    """Start dead children again, each after its back-off; True when one was started. Called often."""
    now = time.monotonic()
    restarted = False
    for child in children:
        if child.running():
            continue
        if child.restart_at is None:
            child.deaths = 1 if now - child.started > _STABLE_AFTER else child.deaths + 1
            wait = _BACK_OFF[min(child.deaths, len(_BACK_OFF)) - 1]
            child.restart_at = now + wait
            say(f"{child.name} stopped ({_how(child)}); starting it again in {wait:g} s, see {child.log}")
        elif now >= child.restart_at:
            child.kill_group()  # what a killed program left behind would stand in the way of the new one
            child.start()
            restarted = True
    return restarted


def _how(child: Child) -> str:
    code = child.process.returncode if child.process else 0
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
