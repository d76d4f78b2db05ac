"""First half of `make run` and `make test`: looks whether this machine will do, then makes `.venv`.

Run by path with the system's Python, where nothing but its standard library exists. Everything that can be wrong
is looked at before anything is started, and is said in one sentence.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.9"
# Megabytes: the packages with their downloads; the database with its log of changes.
DISK_FOR_PACKAGES, DISK_FOR_DATA = 700, 200


class CannotStart(Exception):
    """One clear sentence for the person at the terminal."""


class AlreadyRunning(CannotStart):
    """Another process holds the servers of this directory."""


# What both halves say and run ----------------------------------------------------------------------------------


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Say what happens while it happens, and how long it took: "Installing the locked packages … 12 s"."""
    print(f"{text} …", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f"{time.monotonic() - began:.0f} s", flush=True)


def quietly(command: Iterable[str | Path], log: Path, environment: Mapping[str, str]) -> None:
    """Run a command with its output in the file `log`; CannotStart with the end of it where it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with log.open("wb") as out:
        done = subprocess.run(
            words, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False
        )
    if done.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
        raise CannotStart(f"`{' '.join(words[1:4])}` failed, see {log}:\n{end}")


def var() -> Path:
    """Where this checkout keeps its data: VAR, as in the settings, or `var/`."""
    return Path(os.environ.get("VAR") or ROOT / "var").resolve()


def address() -> tuple[str, int]:
    """HOST and PORT as a numeric address and a number."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise CannotStart(f"PORT={port} is not a port: choose a number from 1 to 65535.")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise CannotStart(f"HOST={host} is not an address of this machine.") from None
    found.sort(key=lambda each: each[0] != socket.AF_INET)  # `localhost` is both: 127.0.0.1 is what people expect
    return str(found[0][4][0]), int(port)


# One run in a checkout, and what a crashed one left ------------------------------------------------------------


def hold(directory: Path) -> IO[str]:
    """Take the lock of `directory`, which ends with this process; AlreadyRunning where somebody has it."""
    lock = (directory / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        state = recorded(directory) or {}
        where = f" at {state['address']}" if "address" in state else ""
        who = state.get("supervisor", "unknown")
        raise AlreadyRunning(f"This checkout is already running{where} (process {who}): stop it first.") from None
    return lock


def recorded(directory: Path) -> dict[str, Any] | None:
    """What the holder of the lock noted last; None after an orderly end."""
    try:
        state: dict[str, Any] = json.loads((directory / "running.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return state


def leftovers(directory: Path, sessions: Iterable[int] = ()) -> dict[int, str]:
    """Living processes of an earlier run by number: of its recorded sessions, or PostgreSQL in `directory`.

    A recorded number may belong to a stranger by now, so the working directory has to be ours as well.
    Without /proc (macOS) nothing is found, and PostgreSQL's own lock file decides.
    """
    wanted, found = set(sessions), {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (name) state ppid pgrp session ...": the name may hold spaces and brackets.
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
            state, _, _, session = rest.split()[:4]
            where = Path(os.readlink(entry / "cwd"))
        except (OSError, ValueError):
            continue
        recorded = int(session) in wanted and (where.is_relative_to(ROOT) or where.is_relative_to(directory))
        if state != "Z" and (recorded or (name == "postgres" and where.is_relative_to(directory))):
            found[int(entry.name)] = name
    return found


def end_leftovers(directory: Path) -> None:
    """Wait until the processes of a crashed run are gone, and end those that stay: at most 10 s.

    Only for the holder of the lock. PostgreSQL notices by itself that its supervisor or its postmaster died, and
    gets 5 s for it; the workers of a killed web server notice nothing.
    """
    before = recorded(directory)
    if before is None:
        return
    sessions = [pid for pid in before["children"].values() if pid]
    began = time.monotonic()
    asked: set[int] = set()
    while (left := leftovers(directory, sessions)) and (waited := time.monotonic() - began) < 10:
        for pid, name in left.items():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if waited > 8:
                    os.kill(pid, signal.SIGKILL)
                elif pid not in asked and (name != "postgres" or waited > 5):
                    os.kill(pid, signal.SIGTERM)
                    asked.add(pid)
        time.sleep(0.05)
    if not left:
        shutil.rmtree(before["sockets"], ignore_errors=True)
        (directory / "running.json").unlink(missing_ok=True)


# What can be wrong ---------------------------------------------------------------------------------------------


def check_machine() -> None:
    """CannotStart where the packages cannot be installed or the servers cannot run."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the system's Python may be older than ours
        raise CannotStart(
            f"Python 3.11 or newer is needed; {sys.executable} is {platform.python_version()} "
            "(choose another, as in `make run PYTHON=python3.12`)."
        )
    system, machine = platform.system(), platform.machine().lower()
    known = {"Linux": ("x86_64", "aarch64"), "Darwin": ("x86_64", "arm64")}
    if machine not in known.get(system, ()) or (system == "Linux" and platform.libc_ver()[0] != "glibc"):
        raise CannotStart(
            f"There are no PostgreSQL and Valkey wheels for this platform ({system} {machine}): set DATABASE_URL, "
            "REDIS_URL and BROKER_URL to servers of yours and use manage.py, see README."
        )
    if not PYTHON.exists():
        for module in ("venv", "ensurepip"):
            try:
                importlib.import_module(module)
            except ImportError:
                raise CannotStart("Python's venv module is missing: apt install python3-venv") from None
    directory = var()
    for place, megabytes in ((ROOT, 0 if PYTHON.exists() else DISK_FOR_PACKAGES), (directory, DISK_FOR_DATA)):
        try:
            place.mkdir(parents=True, exist_ok=True)
            probe = place / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise CannotStart(f"{place} is not writable ({error.strerror}).") from None
        free = shutil.disk_usage(place).free // 2**20
        if free < megabytes:
            raise CannotStart(f"The disk that holds {place} has {free} MB left; {megabytes} MB are needed.")


def check_address() -> None:
    """CannotStart where this checkout runs already, or HOST and PORT cannot be had."""
    host, port = address()
    with hold(var()):
        end_leftovers(var())  # a crashed run of ours may still be at the port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            reason = {
                errno.EADDRINUSE: f"Port {port} is in use: choose another, as in `make run PORT={port % 65535 + 1}`.",
                errno.EACCES: f"Port {port} needs root: choose one above 1023, as in `make run PORT=8000`.",
            }.get(error.errno or 0, f"HOST={host} is not an address of this machine ({error.strerror}).")
            raise CannotStart(reason) from None


# .venv ---------------------------------------------------------------------------------------------------------


def install(*, tests: bool) -> None:
    """Bring `.venv` to what `uv.lock` says; done in no time where it is there already."""
    inputs = b"".join((ROOT / name).read_bytes() for name in ("uv.lock", "pyproject.toml"))
    stamp = VENV / "installed.json"
    try:
        have = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):  # not made yet, or cut off while it was
        have = {}
    tests = tests or have.get("tests", False)  # `make run` after `make test` does not take the tools away
    made = {"python": sys.version, "uv": UV}
    wanted = {**made, "packages": hashlib.sha256(inputs).hexdigest(), "tests": tests}
    if have == wanted:
        return
    log = var() / "log" / "install.log"
    # uv reads its own settings and pip reads its own; both may need the certificates that this machine trusts.
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")}
    environment |= {"UV_PROJECT_ENVIRONMENT": str(VENV), "UV_PYTHON_DOWNLOADS": "never", "PIP_USER": "0"}
    if "SSL_CERT_FILE" not in environment:
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    if not os.access(os.path.expanduser("~"), os.W_OK):
        environment.setdefault("UV_NO_CACHE", "true")
    parts = ["--extra", "embedded", *(["--group", "dev"] if tests else ["--no-dev"]), "--no-install-project"]
    if have | made != have:  # else it may be in use by a site that runs
        with step("Making .venv"):
            quietly([sys.executable, "-m", "venv", "--clear", VENV], log, environment)
            quietly([PYTHON, "-m", "pip", "install", "--quiet", UV], log, environment)
            stamp.write_text(json.dumps(made))
    with step("Installing the locked packages"):
        try:
            quietly([PYTHON, "-m", "uv", "sync", "--locked", "--python", PYTHON, *parts], log, environment)
        except CannotStart:
            # Behind a mirror that only pip knows: the same locked versions and hashes, fetched by pip.
            listed = VENV / "locked.txt"
            export: list[str | Path] = [
                PYTHON,
                "-m",
                "uv",
                "export",
                "--frozen",
                "--no-emit-project",
                *parts[:-1],
                "-o",
                listed,
            ]
            quietly(export, log.with_name("export.log"), environment)
            fetch: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", listed]
            quietly(fetch, log.with_name("pip.log"), environment)
    stamp.write_text(json.dumps(wanted))


def main() -> None:
    """`prepare.py run`: checks everything, installs, goes on as `polls_site.stack`; `prepare.py test`: installs."""
    serve = sys.argv[1:] == ["run"]
    try:
        check_machine()
        if serve:
            check_address()
        install(tests=not serve)
    except CannotStart as reason:
        sys.exit(str(reason))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    if serve:
        os.chdir(ROOT)
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(PYTHON, [str(PYTHON), "-m", "polls_site.stack"])  # noqa: S606 - the same process goes on


if __name__ == "__main__":
    main()
