"""`make run` on a bare machine: a fresh copy, the system's Python, another account, a private home."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from polls_site.prepare import ROOT, leftovers
from tests.stack import free_port, until

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
NOBODY, NAMELESS = 65534, 12345


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that everybody may pass through; pytest's own are private to us."""
    with tempfile.TemporaryDirectory(prefix="polls-homes-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
@pytest.mark.parametrize("uid", [NOBODY, NAMELESS], ids=["an ordinary user", "an account without a name"])
def test_make_run_works_for_everybody_and_leaves_a_private_home_as_it_is(place: Path, uid: int) -> None:
    home = place / "home"
    checkout = home / "my checkout"
    checkout.mkdir(parents=True)
    for name in subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")[:-1]:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    for path in (home, *home.rglob("*")):
        os.chown(path, uid, uid)
    home.chmod(0o700)
    kept = {name: value for name, value in os.environ.items() if "CERT" in name or "CA_BUNDLE" in name}
    port = free_port()
    terminal = place / "terminal"
    with terminal.open("wb") as out:
        make = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=checkout,
            env={**kept, "HOME": str(home), "PATH": SYSTEM},
            user=uid,
            group=uid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    until(lambda: "Ctrl-C" in terminal.read_text() or make.poll() is not None, seconds=300)
    said = terminal.read_text()
    assert make.poll() is None, said
    addresses = re.findall(r"http://\S+", said)
    assert len(addresses) == 4
    for address in addresses:
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
    os.killpg(make.pid, signal.SIGINT)  # as Ctrl-C does: to make and to the supervisor
    make.wait(10)
    assert leftovers(checkout, ()) == {}
    assert not [path for path in home.rglob("*") if path.lstat().st_uid != uid]
    assert home.stat().st_mode & 0o777 == 0o700
