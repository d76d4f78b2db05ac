"""What every answer shares: here, what becomes of a connection to PostgreSQL that dies between two requests."""

from __future__ import annotations

import time

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.factories import make_poll

pytestmark = pytest.mark.django_db(transaction=True)


def terminate_our_connection() -> None:
    """End the server process behind this thread's connection, as a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    given = connection.settings_dict
    with psycopg.connect(host=given["HOST"], user=given["USER"], dbname=given["NAME"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        until = time.monotonic() + 5
        while other.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            assert time.monotonic() < until


def test_a_reader_does_not_notice_that_the_server_closed_an_idle_connection() -> None:
    poll = make_poll()
    terminate_our_connection()
    assert Client().get(poll.get_absolute_url()).status_code == 200


def test_a_living_connection_is_kept() -> None:
    poll = make_poll()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
    Client().get(poll.get_absolute_url())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == before
