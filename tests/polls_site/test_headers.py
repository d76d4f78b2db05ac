"""What every answer of the site shares: its policy, its language, and what is said when PostgreSQL is away."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from polls import tally
from polls_site.headers import PUBLIC_POLICY
from tests import pages
from tests.factories import make_article, make_poll
from tests.polls.crowd import postgres_away

pytestmark = pytest.mark.django_db


def policy(answer):
    return dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))


def test_the_public_policy_admits_our_own_files_and_the_four_players_and_nothing_else():
    assert PUBLIC_POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; object-src 'none'; "
        "frame-src https://www.youtube-nocookie.com https://player.vimeo.com https://geo.dailymotion.com "
        "https://w.soundcloud.com; media-src https:; frame-ancestors 'self'"
    )


@pytest.mark.parametrize(
    "path", ["/", "/polls/", "/feed/", "/no-such-page/", "/polls/x/results.json", "/static/none.css", "/articles"]
)
def test_every_public_answer_has_the_same_policy(path):
    answer = Client().get(path)
    assert answer["Content-Security-Policy"] == PUBLIC_POLICY
    assert answer["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.get("X-Frame-Options", "DENY") == "DENY"


def test_in_the_admin_each_answer_has_a_nonce_of_its_own_and_no_frame_around_it():
    editor = Client()
    editor.force_login(User.objects.create_superuser("editor", password="editor-password"))
    first, second = (policy(editor.get("/admin/")) for _ in range(2))
    assert first["script-src"].startswith("'self' 'nonce-")
    assert first["script-src"] != second["script-src"]
    assert (first["frame-ancestors"], first["object-src"], first["base-uri"]) == ("'none'", "'none'", "'none'")
    assert "unsafe" not in str(first)


def test_over_https_the_site_is_asked_for_by_https_alone(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    plain, secure = Client().get("/polls/"), Client().get("/polls/", secure=True)
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/polls/")
    assert secure["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "a b", ""])
def test_a_host_that_is_not_ours_gets_no_page(host, caplog):
    answer = Client().get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert pages.read(answer).one("h1").text == "This request could not be understood"


def test_an_error_of_ours_is_told_in_words_and_shows_nothing(settings):
    settings.ROOT_URLCONF = "tests.polls_site.broken_urls"
    client = Client(raise_request_exception=False)
    answer = client.get("/broken/")
    assert answer.status_code == 500
    assert pages.read(answer).one("h1").text == "Something went wrong here"
    assert answer["Content-Security-Policy"] == PUBLIC_POLICY
    assert "a secret inside" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_postgresql_a_page_says_when_to_try_again_and_is_kept_by_no_cache():
    make_article("an-article")
    with postgres_away():
        answers = [Client().get(path) for path in ("/", "/articles/an-article/", "/polls/", "/feed/", "/polls/x/mine/")]
    for answer in answers:
        assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
        assert pages.read(answer).one("h1").text == "We cannot answer just now"
        assert "nowhere" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_postgresql_the_last_document_is_given_still(redis_cache):
    poll = make_poll("a-poll")
    tally.recount(poll.pk)
    with postgres_away():
        stale = Client().get("/polls/a-poll/results.json")
        tally.beat_heart()
        ready = Client().get("/polls/a-poll/results.json")
    assert [(answer.status_code, answer.json()["delayed"]) for answer in (stale, ready)] == [(200, True), (200, False)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_while_it_was_idle_costs_no_reader_a_page():
    make_article("an-article")
    assert Client().get("/articles/an-article/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()
    held = connection.connection
    connection.connection = None  # the killing needs another connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [own])
    connection.close()
    connection.connection = held
    assert Client().get("/articles/an-article/").status_code == 200


def test_the_language_of_an_answer_is_that_of_its_address():
    for path, language in (
        ("/", "en"),
        ("/de/", "de"),
        ("/zh-hans/polls/", "zh-hans"),
        ("/no-such-page/", "en"),
        ("/ru/none/", "ru"),
    ):
        answer = Client().get(path, headers={"Accept-Language": "fr"})
        assert (path, answer["Content-Language"]) == (path, language)
        assert pages.read(answer).one("html")["lang"] == language
