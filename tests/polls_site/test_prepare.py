"""What can be wrong with a machine is said in one sentence, before anything is started."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from polls_site import prepare
from polls_site.prepare import CannotStart
from tests.stack import free_port

SYSTEM_PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without `.venv`, as far as the first half of `make run` looks at it."""
    root = tmp_path / "check out"
    (root / "polls_site").mkdir(parents=True)
    shutil.copy(prepare.ROOT / "polls_site" / "prepare.py", root / "polls_site")
    shutil.copy(prepare.ROOT / "Makefile", root)
    return root


def refusal(checkout: Path, environment: Mapping[str, str]) -> str:
    """What `make run` says; nothing was started or installed."""
    done = subprocess.run(
        ["make", "run", f"PYTHON={SYSTEM_PYTHON}"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1), done
    assert not (checkout / ".venv").exists()
    assert not (checkout / "var" / "postgres").exists()
    return said[0]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "http"}, "PORT=http is not a port: choose a number from 1 to 65535."),
        ({"PORT": "0"}, "PORT=0 is not a port: choose a number from 1 to 65535."),
        ({"PORT": "65536"}, "PORT=65536 is not a port: choose a number from 1 to 65535."),
        ({"PORT": "８０"}, "PORT=８０ is not a port: choose a number from 1 to 65535."),
        ({"HOST": "no.such.host.invalid"}, "HOST=no.such.host.invalid is not an address of this machine."),
        ({"HOST": "bad host"}, "HOST=bad host is not an address of this machine."),
        (
            {"HOST": "192.0.2.1", "PORT": "8000"},
            "HOST=192.0.2.1 is not an address of this machine (Cannot assign requested address).",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value.values()),
)
def test_a_wrong_host_or_port_is_named(checkout: Path, environment: dict[str, str], sentence: str) -> None:
    assert refusal(checkout, environment) == sentence


@pytest.mark.parametrize("listens_on", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - a stranger's choice
def test_a_port_in_use_is_named_with_one_to_try(checkout: Path, listens_on: str) -> None:
    with socket.socket() as listener:
        listener.bind((listens_on, 0))
        listener.listen()
        port = listener.getsockname()[1]
        sentence = f"Port {port} is in use: choose another, as in `make run PORT={port % 65535 + 1}`."
        assert refusal(checkout, {"PORT": str(port)}) == sentence


def test_a_python_without_ensurepip_is_told_what_to_install(checkout: Path) -> None:
    fake = checkout / "fake"
    fake.mkdir()
    (fake / "ensurepip.py").write_text("raise ImportError\n")
    sentence = "Python's venv module is missing: apt install python3-venv"
    assert refusal(checkout, {"PYTHONPATH": str(fake), "PORT": str(free_port())}) == sentence


def test_a_directory_that_cannot_be_written_is_named(checkout: Path) -> None:
    (checkout / "file").touch()
    sentence = f"{checkout / 'file' / 'var'} is not writable (Not a directory)."
    assert refusal(checkout, {"VAR": str(checkout / "file" / "var")}) == sentence


def test_a_checkout_that_runs_already_is_named_before_its_port(checkout: Path) -> None:
    directory = checkout / "var"
    directory.mkdir()
    state = {"supervisor": 4711, "address": "http://127.0.0.1:8000"}
    (directory / "running.json").write_text(json.dumps(state))
    with prepare.hold(directory):
        sentence = "This checkout is already running at http://127.0.0.1:8000 (process 4711): stop it first."
        assert refusal(checkout, {}) == sentence


@pytest.mark.parametrize(
    ("target", "value", "sentence"),
    [
        ("sys.version_info", (3, 9, 2), r"Python 3\.11 or newer is needed; .* is 3\.\d+"),
        ("platform.machine", lambda: "riscv64", r"no PostgreSQL and Valkey wheels for this platform \(Linux riscv64\)"),
        ("platform.libc_ver", lambda: ("musl", "1.2"), "no PostgreSQL and Valkey wheels for this platform"),
        ("platform.system", lambda: "FreeBSD", r"wheels for this platform \(FreeBSD"),
        (
            "shutil.disk_usage",
            lambda place: shutil._ntuple_diskusage(0, 0, 2**27),
            "has 128 MB left; 700 MB are needed",
        ),
    ],
    ids=["old Python", "architecture", "musl", "system", "disk"],
)
def test_a_machine_that_will_not_do_is_told_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, target: str, value: object, sentence: str
) -> None:
    monkeypatch.setattr(prepare, "PYTHON", tmp_path / "nothing")
    monkeypatch.setenv("VAR", str(tmp_path))
    prepare.check_machine()  # this machine will do
    monkeypatch.setattr(target, value)
    with pytest.raises(CannotStart, match=sentence):
        prepare.check_machine()


def test_a_port_below_1024_says_that_it_needs_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("VAR", str(tmp_path))
    monkeypatch.setenv("PORT", "80")
    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(CannotStart, match="Port 80 needs root: choose one above 1023"):
        prepare.check_address()


def test_after_a_crash_only_what_is_ours_is_ended(tmp_path: Path) -> None:
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    ours, stranger = (
        subprocess.Popen(["sleep", "60"], cwd=place, start_new_session=True) for place in (prepare.ROOT, "/")
    )
    state = {"children": {"web": ours.pid, "beat": stranger.pid, "worker": None}, "sockets": str(sockets)}
    (tmp_path / "running.json").write_text(json.dumps(state))
    try:
        prepare.end_leftovers(tmp_path)
        assert ours.wait(30) == -signal.SIGTERM
        assert stranger.poll() is None
        assert not sockets.exists()
        assert prepare.recorded(tmp_path) is None
    finally:
        stranger.kill()
        stranger.wait()


# --- .venv --------------------------------------------------------------------------------------------------------


class Commands:
    """Notes the commands that `install` would run; the one that starts like `fails` fails."""

    def __init__(self, venv: Path) -> None:
        self.venv = venv
        self.ran: list[str] = []
        self.fails = "nothing"

    def __call__(self, command: list[object], log: Path, environment: Mapping[str, str]) -> None:
        words = " ".join(map(str, command[1:]))
        self.ran.append(words)
        self.venv.mkdir(exist_ok=True)
        if words.startswith(self.fails):
            raise CannotStart("no network")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    """In a checkout whose `.venv` is not there yet."""
    commands = Commands(tmp_path / ".venv")
    monkeypatch.setattr(prepare, "VENV", commands.venv)
    monkeypatch.setattr(prepare, "quietly", commands)
    return commands


def test_what_is_installed_is_not_installed_again(commands: Commands) -> None:
    prepare.install(tests=False)
    assert [words.split()[1] for words in commands.ran] == ["venv", "pip", "uv"]
    assert "sync --locked" in commands.ran[2]
    assert "--extra embedded --no-dev" in commands.ran[2]
    prepare.install(tests=False)
    assert len(commands.ran) == 3


def test_the_tools_of_the_tests_come_with_make_test_and_stay(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare.install(tests=False)
    prepare.install(tests=True)
    assert "--group dev" in commands.ran[-1]
    prepare.install(tests=False)
    assert len(commands.ran) == 4
    monkeypatch.setattr(prepare, "UV", "uv==another")
    prepare.install(tests=False)
    assert "--group dev" in commands.ran[-1]


def test_where_uv_cannot_fetch_pip_installs_the_same_locked_versions(commands: Commands) -> None:
    commands.fails = "-m uv sync"
    prepare.install(tests=False)
    assert "uv export --frozen --no-emit-project --extra embedded --no-dev" in commands.ran[-2]
    assert "pip install --quiet --require-hashes -r" in commands.ran[-1]


def test_an_installation_that_failed_is_tried_again(commands: Commands) -> None:
    commands.fails = "-m pip"
    with pytest.raises(CannotStart):
        prepare.install(tests=False)
    commands.fails = "nothing"
    prepare.install(tests=False)
    assert [words.split()[1] for words in commands.ran] == ["venv", "pip", "venv", "pip", "uv"]


def test_a_venv_that_may_be_in_use_is_brought_up_to_date_and_not_made_anew(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare.install(tests=False)
    monkeypatch.setattr(prepare, "ROOT", commands.venv)
    for name in ("uv.lock", "pyproject.toml"):
        (commands.venv / name).write_text("changed")
    commands.fails = "-m uv"
    with pytest.raises(CannotStart):
        prepare.install(tests=False)
    commands.fails = "nothing"
    prepare.install(tests=False)
    assert [words.split()[1] for words in commands.ran] == ["venv", "pip", "uv", "uv", "uv", "uv"]
