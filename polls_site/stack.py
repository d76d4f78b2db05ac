"""Second half of `make run`: the whole site on this machine, started, watched and ended together."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from polls_site import processes
from polls_site.local import Services, secret_key
from polls_site.prepare import ROOT, CannotStart, address, step, var
from polls_site.processes import Child, Ended, pause

LOOK_FIRST = ("after-the-war-without-an-aftermath", "what-washington-wants")
# Before anything serves, in this order; `migrate` runs the check that refuses servers which could lose a vote.
PREPARATIONS = {
    "Preparing the database": (["migrate", "--noinput"], ["keep_roles"]),
    "Loading the demo publication": (["seed_demo"], ["ensure_editor"]),
}
ONE_AFTER_ANOTHER = """
import json, sys
from django.core.management import ManagementUtility
for command in json.loads(sys.argv[1]):
    ManagementUtility(["manage.py", *command]).execute()
"""


def main() -> None:
    """Run the site until a signal ends it: every child is gone 10 s later."""
    processes.defer_signals()
    try:
        run(var(), *address())
    except CannotStart as reason:
        sys.exit(str(reason))
    except Ended:
        say("Stopped.")


def run(directory: Path, host: str, port: int) -> NoReturn:
    """Start everything below `directory` and keep it running; only an exception ends it."""
    _allow_many_connections()
    with contextlib.ExitStack() as stack:
        with step("Starting PostgreSQL and Valkey"):
            services = stack.enter_context(Services(directory))
        environment = _environment(directory, services, host)
        for text, commands in PREPARATIONS.items():
            with step(text):
                _manage(commands, directory, environment)
        _collect_static_files(directory, environment)
        site = _site(directory, environment, host, port)
        stack.callback(processes.stop, site, seconds=5)
        children = [*services.children, *site]
        with step("Starting the site"):
            for child in site:
                child.start()
            services.record(children)
            _wait_for_web(site[-1], host, port)
        services.record(children, ready=True, address=_url(host, port))
        say(_welcome(directory, host, port))
        while True:
            pause(0.2)
            if processes.restart_the_dead(children, say):
                services.record(children, ready=True, address=_url(host, port))


def say(text: str) -> None:
    """Print a line; a closed terminal is no reason to fail."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _environment(directory: Path, services: Services, host: str) -> dict[str, str]:
    # The person's own variables stay, except those that would lead to other servers: a DATABASE_URL of another
    # project must never be migrated or filled by a `make run`.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    hosts = ["localhost", "127.0.0.1", "[::1]", *os.environ.get("ALLOWED_HOSTS", "").split(","), *_names(host)]
    return {
        "SECRET_KEY": secret_key(directory),
        **kept,
        **services.environment(),
        # Whoever reaches this machine's own address sits at it; from elsewhere a second factor is asked for.
        "WITHOUT_SECOND_FACTOR": str(_on_this_machine_alone(host)),
        "ALLOWED_HOSTS": ",".join(filter(None, dict.fromkeys(hosts))),
        "DJANGO_SETTINGS_MODULE": "polls_site.settings",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "VAR": str(directory),
    }


def _on_this_machine_alone(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _collect_static_files(directory: Path, environment: dict[str, str]) -> None:
    # Compressing takes seconds, and most starts find every source as it was.
    sources = [ROOT / "uv.lock", *(ROOT / "polls_site").glob("*.py")]
    sources += [path for room in ("articles", "polls") for path in (ROOT / room / "static").rglob("*")]
    seen = "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in sorted(sources))
    stamp = directory / "static-sources"
    if not (directory / "static").exists() or not stamp.exists() or stamp.read_text() != seen:
        with step("Collecting static files"):
            _manage([["collectstatic", "--noinput"]], directory, environment)
            stamp.write_text(seen)


def _manage(commands: Sequence[list[str]], directory: Path, environment: dict[str, str]) -> None:
    """Django's commands one after another, in one process: loading the site takes longer than most of them."""
    name = commands[0][0]
    log = directory / "log" / f"{name}.log"
    child = Child(name, [sys.executable, "-c", ONE_AFTER_ANOTHER, json.dumps(commands)], environment, ROOT, log)
    child.start()
    try:
        while child.running():
            pause(0.02)
    finally:
        child.kill_group()
    if child.process and child.process.returncode:
        named = " and ".join(f"`manage.py {command[0]}`" for command in commands)
        raise CannotStart(f"{named} failed, see {log}:\n{child.last_lines()}")


def _site(directory: Path, environment: dict[str, str], host: str, port: int) -> list[Child]:
    streams = int(environment.get("LIVE_STREAMS") or 2_000)  # the default of the settings
    programs = {
        # Something happens every second; only what is wrong is worth a line.
        "worker": "celery -A polls_site worker --pool prefork --concurrency 2 --loglevel WARNING "
        "--without-gossip --without-mingle",
        "beat": "celery -A polls_site beat --loglevel WARNING --pidfile=",
        # With open streams granian never stops by itself: the kill timeout is what makes Ctrl-C quick. Each stream
        # occupies one of the `backpressure` places of its process, so there have to be more places than streams.
        "web": f"granian --interface asgi --host {host} --port {port} --workers 2 --workers-kill-timeout 3 "
        f"--respawn-failed-workers --no-ws --backlog 4096 --backpressure {streams + 500} "
        "polls_site.asgi:application",
    }
    return [
        Child(name, [sys.executable, "-m", *words.split()], environment, ROOT, directory / "log" / f"{name}.log")
        for name, words in programs.items()
    ]


def _wait_for_web(web: Child, host: str, port: int, *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and web.running():
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(_nearest(host), port, timeout=30)
            connection.request("GET", "/", headers={"Host": "localhost"})
            if connection.getresponse().status < 500:
                return
        pause(0.1)
    raise CannotStart(f"The web server does not answer, see {web.log}:\n{web.last_lines()}")


def _nearest(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _names(host: str) -> list[str]:
    """What a reader may call this machine: HOST itself, or every address and name when HOST means all of them."""
    if host == _nearest(host):
        return [f"[{host}]" if ":" in host else host]
    name = socket.gethostname()
    found = [name, f"{name}.local"]
    with contextlib.suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(name, None, socket.AF_INET)]
    # No packet is sent: the kernel only chooses the address from which it would speak to the outside.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.append(probe.getsockname()[0])
    return list(dict.fromkeys(found))


def _url(host: str, port: int) -> str:
    host = _nearest(host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _welcome(directory: Path, host: str, port: int) -> str:
    site = _url(host, port)
    password = (directory / "editor-password").read_text().strip() or "the one you chose"
    first, second = (f"{site}/articles/{slug}/" for slug in LOOK_FIRST)
    lines = [
        f"The site        {site}/",
        f"Look first at   {first}",
        f"                {second}",
        f"The admin       {site}/admin/   name: editor   password: {password}",
    ]
    if host != _nearest(host):
        others = [f"http://{name}:{port}/" for name in _names(host) if name[:1].isdigit() and name[:4] != "127."]
        lines.append(f"From a phone    {' '.join(others)}")
    lines.append(f"Data and logs   {directory}   Ctrl-C stops everything.")
    return "\n" + "\n".join(f"  {line}" for line in lines) + "\n"


def _allow_many_connections() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
