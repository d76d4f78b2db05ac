"""This checkout's servers: they start anywhere, as anybody, once; no row is lost when they are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from polls_site import local, postgres
from polls_site.local import Services
from polls_site.prepare import ROOT, AlreadyRunning, CannotStart, leftovers, recorded
from tests.stack import kill_all, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A directory for servers; nothing runs in it at the end."""
    yield tmp_path / "servers"
    assert leftovers(tmp_path, ()) == {}


def connect(services: Services) -> psycopg.Connection:
    return psycopg.connect(services.environment()["DATABASE_URL"], autocommit=True)


def setting(services: Services, name: str) -> str:
    with connect(services) as database:
        return str(database.execute("SELECT current_setting(%s)", [name]).fetchone()[0])  # type: ignore[index]


def test_postgres_is_durable_in_utf8_and_closed_to_the_network(directory: Path) -> None:
    wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on"}
    wanted |= {"server_encoding": "UTF8", "listen_addresses": "", "TimeZone": "UTC"}
    with Services(directory) as services:
        assert {name: setting(services, name) for name in wanted} == wanted
        assert services.sockets.stat().st_mode & 0o777 == 0o700
        with connect(services) as database:
            locale = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'polls'"
            assert database.execute(locale).fetchone() == ("b", "C.UTF-8")


def test_the_cache_forgets_rather_than_refuses_and_the_broker_refuses_rather_than_forgets(directory: Path) -> None:
    with Services(directory) as services:
        names = ("maxmemory-policy", "appendonly", "appendfsync", "save", "port")
        settings = {}
        for name in ("cache", "broker"):
            with redis.Redis(unix_socket_path=f"{services.sockets}/{name}.sock", decode_responses=True) as client:
                settings[name] = [client.config_get(key)[key] for key in names]
                assert (int(client.config_get("maxmemory")["maxmemory"]) > 0) == (name == "cache")
    assert settings == {
        "cache": ["allkeys-lru", "no", "everysec", "", "0"],
        "broker": ["noeviction", "yes", "everysec", "", "0"],
    }


def test_nothing_is_left_of_the_sockets_after_an_orderly_end(directory: Path) -> None:
    with Services(directory) as services:
        assert services.sockets.exists()
    assert not services.sockets.exists()
    assert recorded(directory) is None


def test_a_path_with_spaces_and_one_too_long_for_a_socket_are_no_obstacle(tmp_path: Path) -> None:
    with Services(tmp_path / "a b 'c' %d" / ("long" * 40)) as services:
        assert setting(services, "server_version").startswith("18")


def test_a_long_temporary_directory_is_not_used_for_sockets(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = directory / ("long" * 30)
    long.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with Services(directory) as services:
        assert not services.sockets.is_relative_to(long)
        assert setting(services, "fsync") == "on"


@pytest.mark.parametrize(
    "namespace",
    [
        pytest.param(postgres.NAMESPACE, id="user namespace"),
        pytest.param(["false"], id="nobody", marks=as_root),
    ],
)
def test_a_private_home_stays_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: list[str]) -> None:
    monkeypatch.setattr(postgres, "NAMESPACE", namespace)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for _ in range(2):  # the second start finds the data of the first
        with Services(home / "checkout" / "var") as services, connect(services) as database:
            database.execute("CREATE TABLE IF NOT EXISTS kept ()")
            database.execute("INSERT INTO kept DEFAULT VALUES")
            rows = database.execute("SELECT count(*) FROM kept").fetchone()
    assert rows == (2,)
    for place in (tmp_path, home):
        assert (place.stat().st_mode & 0o777, place.stat().st_uid) == (0o700, os.geteuid())


def test_an_account_without_a_name_is_told_what_it_lacks(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "NAMESPACE", ["false"])
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    with pytest.raises(CannotStart, match="PostgreSQL needs an account with a name: user 12345 has none"):
        Services(directory).__enter__()


HOLD = """
import pathlib, sys, time
from polls_site.local import Services
with Services(pathlib.Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


def started_elsewhere(directory: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(directory)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "ready\n"
    return holder


def test_every_row_is_there_after_kill_9_of_everything(directory: Path) -> None:
    for rows in range(3):
        holder = started_elsewhere(directory)
        state = recorded(directory)
        assert state
        sockets = Path(state["sockets"])
        with psycopg.connect(state["environment"]["DATABASE_URL"], autocommit=True) as database:
            database.execute("CREATE TABLE IF NOT EXISTS kept ()")
            assert database.execute("SELECT count(*) FROM kept").fetchone() == (rows,)
            database.execute("INSERT INTO kept DEFAULT VALUES")
        kill_all(holder, leftovers(directory, state["children"].values()))
    with Services(directory) as services, connect(services) as database:
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (3,)
        assert not sockets.exists()


def test_a_lock_file_that_names_a_stranger_does_not_stop_the_start(directory: Path) -> None:
    with Services(directory):
        pass
    lock = directory / "postgres" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lock.write_text(f"{stranger.pid}\n{directory}\n1\n5432\n\n\n\n")
        with Services(directory) as services:
            assert setting(services, "fsync") == "on"
        stranger.kill()


def test_the_lock_file_of_a_living_postgres_is_left_alone(directory: Path) -> None:
    with Services(directory) as services:
        postgres.remove_stale_lock(directory / "postgres")
        assert (directory / "postgres" / "postmaster.pid").exists()
        assert services.children[0].running()


def test_a_start_that_was_cut_off_while_the_data_directory_was_made_is_made_again(directory: Path) -> None:
    (directory / "postgres.new").mkdir(parents=True)
    (directory / "postgres.new" / "PG_VERSION").write_text("18\n")
    with Services(directory) as services:
        assert setting(services, "fsync") == "on"


def test_one_directory_holds_one_set_of_servers_and_two_directories_two(directory: Path, tmp_path: Path) -> None:
    with Services(directory) as services, Services(tmp_path / "other") as other:
        assert services.sockets != other.sockets
        with pytest.raises(AlreadyRunning, match=rf"already running \(process {os.getpid()}\): stop it first"):
            Services(directory).__enter__()
        assert setting(services, "fsync") == "on"


# --- manage.py ----------------------------------------------------------------------------------------------------


def environment(directory: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY")}
    return kept | {"VAR": str(directory)}


def manage(directory: Path, *command: str) -> str:
    """manage.py without DATABASE_URL; the last line of its output."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(directory),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


ADDRESS = "import os; print(os.environ['DATABASE_URL'])"


def test_manage_py_starts_the_servers_for_itself_and_ends_them(directory: Path) -> None:
    address = manage(directory, "shell", "-v0", "-c", ADDRESS)
    assert address.startswith("postgres://postgres@%2F")
    key = directory / "secret-key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text()) >= 50
    assert recorded(directory) is None


def test_manage_py_uses_the_servers_that_run(directory: Path) -> None:
    with Services(directory) as services:
        assert manage(directory, "shell", "-v0", "-c", ADDRESS) == services.environment()["DATABASE_URL"]
        assert all(child.running() for child in services.children)


def test_manage_py_waits_for_the_other_command_before_it_ends_their_servers(directory: Path) -> None:
    program = "import sys, time; print('here', flush=True); sys.stdin.readline()"
    commands = []
    for _ in range(2):
        command = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", program],
            cwd=ROOT,
            env=environment(directory),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert command.stdout
        assert command.stdout.readline() == "here\n"
        commands.append(command)
    owner, guest = commands
    assert owner.stdin
    owner.stdin.write("\n")
    owner.stdin.flush()
    state = recorded(directory)
    assert state
    with pytest.raises(subprocess.TimeoutExpired):
        owner.wait(1)
    with psycopg.connect(state["environment"]["DATABASE_URL"]) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
    guest.communicate("\n")
    assert owner.wait(60) == 0


def test_with_database_url_nothing_is_started_and_nothing_set(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/polls")
    monkeypatch.setenv("VAR", str(directory))
    before = dict(os.environ)
    with local.services_for_command():
        assert dict(os.environ) == before
    assert not directory.exists()


def test_a_command_without_the_wheels_says_what_to_set(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("VAR", str(directory))
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    expected = pytest.raises(SystemExit, match="DATABASE_URL is not set and the local servers are not installed")
    with expected, local.services_for_command():
        pytest.fail("nothing to serve from")


def test_a_server_that_cannot_start_is_explained_by_its_log(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Services(directory):
        pass
    (directory / "postgres" / "postgresql.conf").write_text("nonsense = 1\n")
    monkeypatch.setattr(local, "START_SECONDS", 0.5)

    def explained() -> bool:
        with pytest.raises(CannotStart) as told:
            Services(directory).__enter__()
        return 'unrecognized configuration parameter "nonsense"' in str(told.value)

    until(explained)  # half a second may be too short for it to have said anything


def test_the_servers_end_when_the_process_that_asked_for_them_is_killed(directory: Path) -> None:
    holder = started_elsewhere(directory)
    state = recorded(directory)
    assert state
    holder.kill()
    holder.wait()
    until(lambda: leftovers(directory, state["children"].values()) == {})
