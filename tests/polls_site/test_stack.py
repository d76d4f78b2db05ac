"""`make run` from outside: what it says, how it ends, and that nothing is lost when it is killed."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import urllib.error
import urllib.request

import pytest

from polls_site.prepare import leftovers
from polls_site.stack import _on_this_machine_alone
from tests.stack import NAMES, Stack, until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A site that each test starts and ends as it likes; the data stay, so that later starts are quick."""
    return Stack(tmp_path_factory.mktemp("site with a space") / "var", HOST="0.0.0.0")  # noqa: S104


def get(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_the_block_names_addresses_that_answer_and_the_editors_password(stack: Stack) -> None:
    said = stack.said()
    for address in re.findall(r"http://\S+", said):
        until(lambda address=address: get(address) == 200)  # type: ignore[misc] # after what others killed
    assert f"{stack.base_url}/articles/after-the-war-without-an-aftermath/" in said
    assert f"{stack.base_url}/articles/what-washington-wants/" in said
    file = stack.directory / "editor-password"
    assert f"name: editor   password: {file.read_text()}" in said
    assert file.stat().st_mode & 0o777 == 0o600
    check = "from django.contrib.auth import authenticate as a; print(a(username='editor', password={!r}))"
    assert "editor" in stack.manage("shell", "-c", check.format(file.read_text()))


def test_manage_py_uses_the_servers_that_run(stack: Stack) -> None:
    pages = "from articles.models import Article; print(Article.objects.count())"
    environment = {k: v for k, v in stack.environment().items() if k not in ("DATABASE_URL", "REDIS_URL", "BROKER_URL")}
    other = Stack(stack.directory)
    other.environment = lambda: environment  # type: ignore[method-assign]
    assert other.manage("shell", "-c", pages).split()[-1] == stack.manage("shell", "-c", pages).split()[-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_child_is_started_again_and_said_so(stack: Stack, name: str) -> None:
    killed = stack.kill(name)
    until(lambda: stack.pids()[name] != killed)
    stack.until_running()
    assert not set(leftovers(stack.directory, [killed])) - set(leftovers(stack.directory, stack.pids().values()))
    assert re.search(rf"^{name} stopped \(signal SIGKILL\); starting it again in", stack.said(), re.M)


def test_sigterm_ends_every_process_with_100_streams_open(site: Stack) -> None:
    def opened() -> http.client.HTTPConnection | None:
        stream = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        stream.request("GET", "/live/polls/us-aims-open/", headers={"Accept": "text/event-stream"})
        return stream if stream.getresponse().status == 200 else None

    with site:
        # The cache starts empty: the first sweep, within ten seconds, puts the documents there.
        until(lambda: opened() is not None)
        streams = [opened() for _ in range(100)]
        assert all(streams)
        everyone = site.processes()
        assert len(everyone) > len(NAMES)
        assert site.stop(signal.SIGTERM) < 60  # ten seconds where nothing else runs
        assert site.exit_code == 0
        assert not leftovers(site.directory, everyone)
        assert site.said().endswith("Stopped.\n")


@pytest.mark.long
def test_on_all_addresses_a_phone_finds_the_site_under_the_name_it_uses(site: Stack) -> None:
    with site:
        name = socket.gethostname()
        for host, status in ((f"{name}:{site.port}", 200), (f"{name}.local", 200), ("elsewhere.example", 400)):
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
            connection.request("GET", "/", headers={"Host": host})
            assert connection.getresponse().status == status, host
        assert re.search(r"^  From a phone +(http://[\d.]+:\d+/ ?)*$", site.said(), re.M)
        everyone = site.processes()
        assert site.stop(signal.SIGHUP) < 60  # the terminal was closed
        assert not leftovers(site.directory, everyone)


@pytest.mark.long
def test_a_signal_during_the_start_ends_it_as_well(site: Stack) -> None:
    for said in ("Starting PostgreSQL", "Preparing", "Loading", "Starting the site"):
        site.begin()
        until(lambda said=said: said in site.said(), seconds=120)  # type: ignore[misc]
        assert site.stop(signal.SIGINT) < 60
        assert site.exit_code == 0


@pytest.mark.long
def test_after_a_crash_the_next_start_works_and_every_vote_is_there(site: Stack) -> None:
    def ballots() -> object:
        with site.database() as database:
            return database.execute("SELECT count(*), sum(id) FROM polls_ballot").fetchone()

    with site:
        before = ballots()
        site.crash()
    with site:
        assert ballots() == before != (0, None)
        everyone = site.processes()
        os.kill(site.process.pid, signal.SIGKILL)  # and now the supervisor alone: its children are on their own
        site.process.wait()
    with site:
        assert ballots() == before
        assert not set(everyone) & set(site.processes())
        until(lambda: get(site.base_url) == 200)


@pytest.mark.long
def test_two_sites_run_side_by_side_and_one_directory_holds_only_one(stack: Stack, site: Stack) -> None:
    with site as other:
        until(lambda: get(other.base_url) == get(stack.base_url) == 200)
        assert "From a phone" not in stack.said()
        assert not set(other.pids().values()) & set(stack.pids().values())
        second = Stack(other.directory)
        with pytest.raises(AssertionError, match=f"already running at {other.base_url}"), second:
            pass
        assert second.exit_code == 1


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - judged, not bound
        ("::", False),
        ("192.168.1.20", False),
        ("example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_a_second_factor_is_left_out_only_where_no_other_machine_can_ask(host: str, alone: bool) -> None:
    assert _on_this_machine_alone(host) is alone
