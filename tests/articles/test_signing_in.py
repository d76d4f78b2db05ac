"""Signing in with a second factor, how long it lasts, what ends it, and who tries in vain."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from articles import people, roles, sessions
from articles.audit import Act
from articles.roles import Role
from tests import pages
from tests.factories import make_article, make_publication

pytestmark = pytest.mark.django_db
PASSWORD = "seven green herons"
LOGIN, CODE = "/account/login/", "/account/2fa/authenticate/"


@pytest.fixture(autouse=True)
def house(settings: Any, tmp_path: Path, redis_cache: Any) -> None:
    settings.WITHOUT_SECOND_FACTOR = False
    settings.VAR = tmp_path
    settings.EMAIL_BACKEND = "articles.mail.ToFiles"
    make_publication()
    roles.keep()


@pytest.fixture
def ann() -> User:
    user = User.objects.create_user("ann", email="ann@example.org", password=PASSWORD, is_staff=True)
    roles.give(user, Role.EDITOR)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def secret(ann: User) -> str:
    """The secret of the app that Ann has set up."""
    found: str = generate_totp_secret()
    TOTP.activate(ann, found)
    RecoveryCodes.activate(ann)
    return found


def code(secret: str, *, periods: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods)))


def log_in(client: Client, secret: str = "", *, periods: int = 0, name: str = "ann", **more: str) -> Any:
    answer = client.post(LOGIN, {"login": name, "password": PASSWORD, **more})
    if secret:
        assert (answer.status_code, answer["Location"]) == (302, CODE)
        answer = client.post(CODE, {"code": code(secret, periods=periods)})
    return answer


def inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def wrong(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [message for messages in answer.context["form"].errors.values() for message in messages]


def acts() -> list[Act]:
    return [Act(flag) for flag in LogEntry.objects.order_by("pk").values_list("action_flag", flat=True)]


# --- the way in ---------------------------------------------------------------------------------------------------


def test_the_admin_leads_to_the_log_in_and_back(client: Client, ann: User, secret: str) -> None:
    first = client.get("/admin/articles/article/", follow=True)
    assert unquote(first.redirect_chain[-1][0]) == "/account/login/?next=/admin/articles/article/"
    answer = client.post(LOGIN, {"login": "ann", "password": PASSWORD, "next": "/admin/articles/article/"})
    assert not inside(client)
    answer = client.post(CODE, {"code": code(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/articles/article/")
    assert inside(client)
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.user, entry.change_message) == (
        Act.SIGNED_IN,
        ann,
        "password and authenticator app",
    )


def test_the_address_serves_as_a_name(client: Client, ann: User, secret: str) -> None:
    log_in(client, secret, name="Ann@Example.org")
    assert inside(client)


def test_without_a_second_factor_nobody_reaches_a_page_of_the_admin(client: Client, ann: User) -> None:
    log_in(client)
    for path in ("/admin/", "/admin/articles/article/", "/admin/articles/article/add/", "/admin/jsi18n/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/"), path
    assert client.post("/admin/articles/topic/add/", {"name": "x", "slug": "x"})["Location"] == "/account/2fa/"
    page = pages.read(client.get("/account/2fa/"))
    assert page.one(class_="said").text == "Before you can work here, please set up a second factor."


def test_whoever_was_made_at_the_command_line_sets_up_a_second_factor_too(client: Client) -> None:
    User.objects.create_superuser("root", email="root@example.org", password=PASSWORD)
    log_in(client, name="root")
    assert client.get("/admin/")["Location"] == "/account/2fa/"


def test_recovery_codes_alone_are_no_second_factor(client: Client, ann: User) -> None:
    RecoveryCodes.activate(ann)
    log_in(client)
    assert not inside(client)


def test_setting_up_the_app_leads_to_recovery_codes_and_to_the_desk(
    client: Client, ann: User, django_capture_on_commit_callbacks: Any
) -> None:
    log_in(client)
    asked = client.get("/account/2fa/totp/activate/")
    assert asked["Location"].startswith("/account/reauthenticate/?")
    client.post(asked["Location"], {"password": PASSWORD})
    page = pages.read(client.get("/account/2fa/totp/activate/"))
    secret = page.one(id="authenticator_secret").text
    assert page.one("img")["src"].startswith("data:image/svg+xml;base64,")
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/account/2fa/totp/activate/", {"code": code(secret)})
    assert done["Location"] == "/account/2fa/recovery-codes/"
    codes = pages.read(client.get(done["Location"])).one("textarea").text.split()
    assert (len(codes), len(set(codes))) == (10, 10)
    assert inside(client)
    assert acts() == [Act.SIGNED_IN, Act.FACTOR_CHANGED]


def test_a_recovery_code_works_once(ann: User, secret: str) -> None:
    (spare, *_rest) = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    first, second = Client(), Client()
    for client in (first, second):
        log_in(client)
        client.post(CODE, {"code": spare})
    assert (inside(first), inside(second)) == (True, False)
    assert LogEntry.objects.filter(change_message="password and recovery code").count() == 1


def test_a_code_of_the_app_works_once(ann: User, secret: str) -> None:
    used = code(secret)
    first, second = Client(), Client()
    for client in (first, second):
        log_in(client)
        client.post(CODE, {"code": used})
    assert (inside(first), inside(second)) == (True, False)


def test_a_wrong_code_is_said_and_written_down(client: Client, ann: User, secret: str) -> None:
    log_in(client)
    right = code(secret)
    assert wrong(client.post(CODE, {"code": "000000" if right != "000000" else "111111"})) == ["Incorrect code."]
    assert not inside(client)
    assert acts() == [Act.FACTOR_FAILED]


@pytest.mark.parametrize("given", ["", "x" * 5000, "<script>alert(1)</script>", "１２３４５６", "\x00"])
def test_nonsense_for_a_code_or_a_passkey_is_answered_in_words(
    client: Client, ann: User, secret: str, given: str
) -> None:
    log_in(client)
    assert client.post(CODE, {"code": given}).status_code == 200
    for credential in (given, "{}", "[1]", '{"id": 1}', '{"response": {"userHandle": "x"}}'):
        answer = client.post(CODE, {"credential": credential})
        assert answer.status_code == 200, credential
        answer = Client().post("/account/2fa/webauthn/login/", {"credential": credential})
        assert answer.status_code in (200, 302, 429), credential
    assert not inside(client)


def test_on_this_machine_alone_a_password_is_enough_and_every_page_says_so(
    client: Client, ann: User, settings: Any
) -> None:
    settings.WITHOUT_SECOND_FACTOR = True
    log_in(client)
    for path in ("/admin/", "/admin/articles/article/"):
        assert "can be reached from this computer only" in pages.read(client.get(path)).one("p", class_="alone").text
    settings.WITHOUT_SECOND_FACTOR = False
    assert client.get("/admin/")["Location"] == "/account/2fa/"


def test_a_session_that_nothing_was_asked_for_ends_where_a_second_factor_is_asked(
    client: Client, ann: User, secret: str, settings: Any
) -> None:
    settings.WITHOUT_SECOND_FACTOR = True
    client.force_login(ann)
    assert inside(client)
    settings.WITHOUT_SECOND_FACTOR = False
    assert not inside(client)


# --- who tries in vain --------------------------------------------------------------------------------------------


def test_name_and_password_are_refused_in_the_same_words_whether_somebody_has_the_name_or_not(
    client: Client, ann: User
) -> None:
    known = wrong(client.post(LOGIN, {"login": "ann", "password": "wrong"}))
    unknown = wrong(client.post(LOGIN, {"login": "bob", "password": "wrong"}))
    assert known == unknown == ["The username and/or password you specified are not correct."]


def test_passwords_are_guessed_five_times_in_five_minutes_whatever_the_network(ann: User) -> None:
    said = []
    for n in range(7):
        answer = Client(REMOTE_ADDR=f"203.0.113.{n}").post(LOGIN, {"login": "ann", "password": f"wrong {n}"})
        said.append(wrong(answer)[0])
    assert said[:5] == ["The username and/or password you specified are not correct."] * 5
    assert said[5:] == ["Too many failed login attempts. Try again later."] * 2
    right = Client(REMOTE_ADDR="203.0.113.99").post(LOGIN, {"login": "ann", "password": PASSWORD})
    assert wrong(right) == ["Too many failed login attempts. Try again later."]


def test_codes_are_guessed_five_times_in_five_minutes(client: Client, ann: User, secret: str) -> None:
    log_in(client)
    said = [wrong(client.post(CODE, {"code": f"x{n}"}))[0] for n in range(6)]
    assert said == ["Incorrect code."] * 5 + ["Too many failed login attempts. Try again later."]
    assert wrong(client.post(CODE, {"code": code(secret)})) == ["Too many failed login attempts. Try again later."]
    assert acts() == [Act.FACTOR_FAILED] * 5


def test_one_network_guesses_ten_times_a_minute_whatever_the_name() -> None:
    said = [wrong(Client().post(LOGIN, {"login": f"name{n}", "password": "x"}))[0] for n in range(11)]
    assert said[9] == "The username and/or password you specified are not correct."
    assert said[10] == "Too many failed login attempts. Try again later."


def test_without_redis_nobody_signs_in_and_the_page_says_try_again(client: Client, ann: User, secret: str) -> None:
    stays = Client()
    log_in(stays, secret)
    with redis_away():
        answer = client.post(LOGIN, {"login": "ann", "password": PASSWORD})
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert pages.read(answer).one("h1").text == "We cannot answer just now"
        assert inside(stays)
        assert client.get(LOGIN).status_code == 200
    assert not inside(client)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example"],
)
def test_nobody_is_led_elsewhere_after_the_log_in(client: Client, ann: User, secret: str, target: str) -> None:
    answer = client.post(f"{LOGIN}?next={target}", {"login": "ann", "password": PASSWORD, "next": target})
    assert answer["Location"] == CODE
    assert client.post(CODE, {"code": code(secret)})["Location"] == "/admin/"


def test_a_session_that_somebody_planted_is_not_the_one_after_the_log_in(
    client: Client, ann: User, secret: str
) -> None:
    client.get(LOGIN)
    client.get("/account/reauthenticate/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    log_in(client, secret)
    assert client.session.session_key != planted
    other = Client()
    other.cookies["sessionid"] = planted or ""
    assert not inside(other)


@pytest.mark.parametrize(
    "path", [LOGIN, "/account/logout/", "/account/password/reset/", "/account/password/change/", "/admin/logout/"]
)
def test_a_form_of_another_site_is_refused(ann: User, path: str, settings: Any) -> None:
    settings.WITHOUT_SECOND_FACTOR = True
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    assert client.post(path, {"login": "ann", "password": PASSWORD, "email": ann.email}).status_code == 403
    assert inside(client)


def test_nobody_makes_an_account_by_themselves(client: Client) -> None:
    sent = {"username": "eve", "email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", sent)
    assert not User.objects.exists()
    for path in ("/account/email/", "/account/login/code/", "/account/confirm-email/", "/account/password/set/"):
        assert client.get(path).status_code == 404, path


def test_a_closed_account_is_told_so_only_after_the_right_password(client: Client, ann: User) -> None:
    User.objects.update(is_active=False)
    assert wrong(client.post(LOGIN, {"login": "ann", "password": "x"})) == [
        "The username and/or password you specified are not correct."
    ]
    answer = client.post(LOGIN, {"login": "ann", "password": PASSWORD}, follow=True)
    assert pages.read(answer).one("h1").text == "This account is closed"
    assert not inside(client)


# --- how long it lasts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "ago", "stays"),
    [
        (sessions.SEEN, sessions.IDLE_SECONDS - 60, True),
        (sessions.SEEN, sessions.IDLE_SECONDS + 1, False),
        (sessions.BEGAN, sessions.LONGEST_SECONDS - 60, True),
        (sessions.BEGAN, sessions.LONGEST_SECONDS + 1, False),
    ],
)
def test_a_session_ends_after_two_idle_hours_and_after_twelve(
    client: Client, ann: User, secret: str, key: str, ago: int, stays: bool
) -> None:
    log_in(client, secret)
    session = client.session
    session[key] = time.time() - ago
    session.save()
    assert inside(client) is stays
    if not stays:
        page = pages.read(client.get("/admin/", follow=True))
        assert page.one(class_="said").text.startswith("You have been logged out because too much time has passed.")


def test_another_password_ends_every_other_session(ann: User, secret: str) -> None:
    here, there = Client(), Client()
    log_in(here, secret)
    log_in(there, secret, periods=1)
    assert inside(there)
    sent = {"oldpassword": PASSWORD, "password1": "nine grey herons", "password2": "nine grey herons"}
    assert here.post("/account/password/change/", sent).status_code == 302
    assert (inside(here), inside(there)) == (True, False)
    assert Act.PASSWORD_CHANGED in acts()


def test_another_second_factor_ends_every_other_session(
    ann: User, secret: str, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    here, there = Client(), Client()
    log_in(here, secret)
    log_in(there, secret, periods=1)
    asked = here.get("/account/2fa/recovery-codes/generate/")
    here.post(asked["Location"], {"password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        here.post("/account/2fa/recovery-codes/generate/")
    assert (inside(here), inside(there)) == (True, False)
    page = pages.read(there.get("/account/login/"))
    assert page.one(class_="said").text.startswith("You have been logged out because your second factor was changed.")
    (letter,) = [file.read_text() for file in (settings.VAR / "mail").glob("*")]
    assert "To: ann@example.org" in letter


def test_a_second_factor_that_an_administrator_takes_away_ends_every_session(
    client: Client, ann: User, secret: str
) -> None:
    log_in(client, secret)
    people.reset_second_factor(ann, by=User.objects.create(username="boss"))
    assert not inside(client)


def test_before_a_factor_is_changed_one_shows_again_that_it_is_oneself(client: Client, ann: User, secret: str) -> None:
    log_in(client, secret)
    for path in ("totp/deactivate/", "webauthn/add/", "recovery-codes/", "recovery-codes/generate/"):
        answer = client.get(f"/account/2fa/{path}")
        assert (answer.status_code, answer["Location"][:24]) == (302, "/account/reauthenticate/"), path
    assert client.post("/account/2fa/totp/deactivate/").status_code == 302
    assert Authenticator.objects.filter(type="totp").exists()


# --- a forgotten password -----------------------------------------------------------------------------------------


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once_and_the_second_factor_stays(
    client: Client, ann: User, secret: str, settings: Any
) -> None:
    known = client.post("/account/password/reset/", {"email": "ann@example.org"}, follow=True)
    unknown = client.post("/account/password/reset/", {"email": "bob@example.org"}, follow=True)
    assert pages.read(known).one("main").text == pages.read(unknown).one("main").text
    written = {file.read_text() for file in (settings.VAR / "mail").glob("*")}
    (letter,) = [text for text in written if "To: ann@example.org" in text]
    (other,) = [text for text in written if "To: bob@example.org" in text]
    assert "Nobody works here with this address" in other
    found = re.search(r"http://testserver(/account/password/reset/key/\S+)", letter)
    assert found
    form = client.get(found[1], follow=True)
    path = form.redirect_chain[-1][0]
    new = "nine grey herons"
    assert client.post(path, {"password1": new, "password2": new}).status_code == 302
    again = Client().get(found[1])
    assert pages.read(again).one("h1").text == "This link no longer works"
    assert not inside(client)
    answer = client.post(LOGIN, {"login": "ann", "password": new})
    assert answer["Location"] == CODE


def test_a_mail_server_that_is_away_betrays_nobody(client: Client, ann: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    for address in ("ann@example.org", "bob@example.org"):
        answer = client.post("/account/password/reset/", {"email": address})
        assert (answer.status_code, answer["Location"]) == (302, "/account/password/reset/done/")


# --- what is sent -------------------------------------------------------------------------------------------------


def test_pages_of_the_account_are_kept_by_no_cache_and_load_nothing_from_elsewhere(
    client: Client, ann: User, secret: str
) -> None:
    paths = [LOGIN, "/account/password/reset/", "/account/password/reset/done/", "/account/inactive/"]
    answers = [client.get(path) for path in paths]
    log_in(client, secret)
    answers += [client.get(path) for path in ("/account/2fa/", "/account/password/change/", "/account/logout/")]
    for answer in answers:
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        policy = answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        page = pages.read(answer)
        for script in page.all("script"):
            assert script.attributes.get("type") == "application/json" or script["src"].startswith("/static/")
        assert page.all("style") == []
        assert [one for one in page if "style" in one.attributes or "onclick" in one.attributes] == []


def test_a_public_page_asks_for_no_session_and_sets_no_cookie_whoever_reads_it(
    client: Client, ann: User, secret: str, django_assert_max_num_queries: Any
) -> None:
    make_article("an-article")
    stranger = Client().get("/articles/an-article/")
    log_in(client, secret)
    with django_assert_max_num_queries(40) as queries:
        member = client.get("/articles/an-article/")
    assert member.content == stranger.content
    assert (dict(member.cookies), dict(stranger.cookies)) == ({}, {})
    assert "Cookie" not in member.get("Vary", "")
    assert [query["sql"] for query in queries if "session" in query["sql"] or "mfa_" in query["sql"]] == []


@contextlib.contextmanager
def redis_away() -> Iterator[None]:
    """The site's cache leads to a socket that nobody listens to."""
    cache: Any = caches["default"]
    servers, cache._servers = cache._servers, ["unix:///nowhere/redis.sock"]
    cache.__dict__.pop("_cache", None)
    try:
        yield
    finally:
        cache._servers = servers
        cache.__dict__.pop("_cache", None)


def test_who_is_seen_is_noted_once_a_minute(client: Client, ann: User, secret: str) -> None:
    log_in(client, secret)
    first = client.session[sessions.SEEN]
    client.get("/admin/")
    assert client.session[sessions.SEEN] == first
    session = client.session
    session[sessions.SEEN] = time.time() - 61
    session.save()
    client.get("/admin/")
    assert client.session[sessions.SEEN] >= first
    assert timezone.now().timestamp() - client.session[sessions.SEEN] < 10


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(client: Client, ann: User, secret: str) -> None:
    log_in(client, secret)
    session = client.session
    seen = session[sessions.SEEN] = time.time() - 3600
    session.save()
    client.get("/admin/polls/poll/running/", headers={"Sec-Fetch-Dest": "empty"})
    assert client.session[sessions.SEEN] == seen
    client.get("/admin/", headers={"Sec-Fetch-Dest": "document"})
    assert client.session[sessions.SEEN] > seen
