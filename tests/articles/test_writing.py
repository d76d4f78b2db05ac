"""What is typed into the form of an article is kept until it is saved, for its writer alone; and who else is here."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.models import Article, Author, Topic, Writing
from tests import pages
from tests.articles.test_admin import ADD, POLL, change, reopened, written
from tests.factories import make_article, make_section

pytestmark = pytest.mark.django_db
NEW = "/admin/articles/article/add/writing/"


def address(article: Article) -> str:
    return reverse("admin:articles_article_writing", args=[article.pk])


def pairs(form: dict[str, Any]) -> list[list[str]]:
    """A form as the script sends it."""
    found = []
    for name, value in form.items():
        found += [[name, str(one)] for one in (value if isinstance(value, list) else [value])]
    return found


def keep(desk: Client, where: Article | str, form: dict[str, Any] | None = None) -> Any:
    body: dict[str, Any] = {} if form is None else {"fields": pairs(form)}
    target = where if isinstance(where, str) else address(where)
    return desk.post(target, json.dumps(body), content_type="application/json")


@pytest.fixture
def colleague() -> Client:
    user = User.objects.create(username="ann", is_staff=True, first_name="Ann", last_name="Berg")
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client = Client()
    client.force_login(user)
    return client


# --- keeping and restoring ----------------------------------------------------------------------------------------


def test_what_was_typed_is_offered_restored_with_every_field_and_gone_once_it_is_saved(desk: Client) -> None:
    article = make_article(published_at=None)
    topic, author = Topic.objects.create(name="Tea", slug="tea"), Author.objects.create(name="Asia desk", slug="asia")
    typed = {
        **reopened(desk, article, title="Half a ti", body="<p>Half a te</p>", **POLL, kind="multiple", may_change="on"),
        "closes_at": "2027-03-01T10:00",
        "authors": [author.pk],
        "topics": [topic.pk],
        "minimum_base": "many",
    }
    answer = keep(desk, article, typed)
    assert (answer.status_code, answer.json()["kept"]) == (200, True)
    assert Article.objects.get(pk=article.pk).title == article.title
    offered = pages.read(desk.get(change(article))).one("div", class_="offer")
    assert "You have text from" in offered.text
    assert "hidden" not in offered.attributes
    assert offered.one("a")["href"] == "?unsaved=1"
    opened = desk.get(change(article) + "?unsaved=1")
    form = opened.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    wanted = {name: typed.get(name, "") for name in form.fields}
    wanted |= {"authors": [str(author.pk)], "topics": [str(topic.pk)], "audiences": [], "may_change": True}
    assert {name: "" if value is None else value for name, value in sent.items()} == {
        name: str(value) if isinstance(value, int) and value is not True else value for name, value in wanted.items()
    }
    assert "None of it is stored until you save." in opened.content.decode()
    html = pages.read(opened)
    chosen = [option.text for option in html.one("select", name="authors").all("option", selected="")]
    assert chosen == ["Asia desk"]
    assert desk.post(change(article), {**typed, "minimum_base": "0"}).status_code == 302
    article.refresh_from_db()
    assert article.title == "Half a ti"
    assert "hidden" in pages.read(desk.get(change(article))).one("div", class_="offer").attributes
    assert Writing.objects.get().data == {}


def test_a_new_article_is_kept_too_and_one_such_form_an_account(desk: Client, colleague: Client) -> None:
    section = make_section()
    for title in ("On te", "On tea"):
        keep(desk, NEW, written(section, title=title, **POLL))
    keep(colleague, NEW, written(section, title="Hers"))
    assert Writing.objects.count() == 2
    form = desk.get(ADD + "?unsaved=1").context["adminform"].form
    assert (form["title"].value(), form["options"].value()) == ("On tea", "Tea\nCoffee")
    assert desk.post(ADD, written(section, title="On tea")).status_code == 302
    assert "hidden" in pages.read(desk.get(ADD)).one("div", class_="offer").attributes
    assert desk.get(ADD + "?unsaved=1").context["adminform"].form["title"].value() is None
    # The script of the next empty form is told what was made last, so that it drops its own copy.
    assert pages.read(desk.get(ADD)).one("section", class_="writing")["data-last-made"] == "on-tea"


def test_what_was_typed_is_discarded_when_asked_to(desk: Client) -> None:
    article = make_article(published_at=None)
    keep(desk, article, reopened(desk, article, title="No"))
    answer = desk.post(address(article), {"discard": "1"})
    assert answer["Location"] == change(article)
    assert "hidden" in pages.read(desk.get(change(article))).one("div", class_="offer").attributes
    assert desk.get(change(article) + "?unsaved=1").context["adminform"].form["title"].value() == article.title


def test_restored_text_keeps_its_version_so_that_a_newer_one_is_not_overwritten(
    desk: Client, colleague: Client
) -> None:
    article = make_article(published_at=None)
    keep(desk, article, reopened(desk, article, title="Mine"))
    assert colleague.post(change(article), reopened(colleague, article, title="Hers")).status_code == 302
    form = desk.get(change(article) + "?unsaved=1").context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    answer = desk.post(change(article), {name: value for name, value in sent.items() if value is not None})
    assert answer.context["adminform"].form.conflict is not None
    assert Article.objects.get(pk=article.pk).title == "Hers"
    # A page that comes back unsaved keeps what it shows, at once.
    assert "data-dirty" in pages.read(answer).one("section", class_="writing").attributes


def test_nobody_sees_what_another_has_not_saved(desk: Client, colleague: Client) -> None:
    article = make_article(published_at=None)
    keep(desk, article, reopened(desk, article, title="Secret"))
    for page in ("", "?unsaved=1"):
        assert "Secret" not in colleague.get(change(article) + page).content.decode()
    assert "Secret" not in keep(colleague, article).content.decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"7", 400),
        (b'{"fields": 7}', 400),
        (b'{"fields": [["title"]]}', 400),
        (b'{"fields": [["title", 7]]}', 400),
        (b'{"fields": [["title", {"a": 1}]]}', 400),
        (b"[" * 100_000, 400),
        (json.dumps({"fields": [["x", "y"]] * 501}).encode(), 400),
        (json.dumps({"fields": [["body", "x" * 1_500_000]]}).encode(), 400),
        (json.dumps({"fields": [["body", "x" * 1_400_000]]}).encode(), 200),
        (json.dumps({"fields": [["title", "a\x00b<script>"], ["of_version", "9" * 30]]}).encode(), 200),
        (b'{"fields": [["title", "half \\ud800"], ["\\u0000", "\\u0000"]]}', 200),
        (b"{}", 200),
    ],
)
def test_what_is_no_form_is_answered_in_words_and_not_kept(desk: Client, body: bytes, status: int) -> None:
    article = make_article(published_at=None)
    answer = desk.post(address(article), body, content_type="application/json")
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["sentence"].startswith("This ")
        assert Writing.objects.count() == 0


@settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(fields=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=50)), max_size=10))
def test_whatever_is_kept_can_be_shown(desk: Client, fields: list[tuple[str, str]]) -> None:
    article = Article.objects.first() or make_article(published_at=None)
    named = [
        ["title", "x"],
        ["poll", "x"],
        ["section", "🙂"],
        ["authors", "x"],
        ["topics", "-1"],
        ["closes_at", "soon"],
    ]
    body = json.dumps({"fields": [*named, *map(list, fields)]})
    assert desk.post(address(article), body, content_type="application/json").status_code == 200
    assert desk.get(change(article) + "?unsaved=1").status_code == 200


# --- who may, and for how long ------------------------------------------------------------------------------------


def test_an_expired_login_is_answered_in_words_and_a_new_one_gives_a_new_token(editor: User) -> None:
    article = make_article(published_at=None)
    desk = Client(enforce_csrf_checks=True)
    desk.force_login(editor)
    token = pages.read(desk.get(change(article))).all("input", name="csrfmiddlewaretoken")[0]["value"]

    def post(token: str) -> Any:
        body = json.dumps({"fields": [["title", "Mine"]]})
        return desk.post(address(article), body, content_type="application/json", headers={"X-CSRFToken": token})

    assert post(token).status_code == 200
    desk.logout()
    assert desk.get(address(article)).status_code == 401
    assert desk.get(address(article)).json() == {"sentence": "You are logged out."}
    desk.force_login(editor)
    desk.get("/admin/login/")
    fresh = desk.get(address(article)).json()
    assert fresh["user"] == editor.pk
    assert post(fresh["token"]).status_code == 200
    # Without a token nothing is kept, and what is said of a form that cannot be stored says what to do.
    assert post("").status_code == 403
    refused = desk.post(change(article), {"title": "x"})
    assert refused.status_code == 403
    assert "This form could not be accepted" in refused.content.decode()


def test_who_may_not_change_the_article_keeps_nothing(client: Client) -> None:
    article = make_article(published_at=None)
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_article"))
    client.force_login(reader)
    for where in (address(article), NEW):
        answer = keep(client, where, {"title": "x"})
        assert answer.status_code == 403
        assert answer.json() == {"sentence": "You may no longer change this article: what you type is not kept."}
    assert "data-writing" not in client.get(change(article)).content.decode()
    assert Writing.objects.count() == 0


def test_of_a_deleted_article_nothing_is_kept(desk: Client) -> None:
    article = make_article(published_at=None)
    where = address(article)
    keep(desk, article, {"title": "x"})
    article.delete()
    answer = keep(desk, where, {"title": "x"})
    assert answer.status_code == 404
    assert answer.json() == {"sentence": "This article has been deleted, or is no longer yours to work on."}
    assert Writing.objects.count() == 0


# --- who else is here ---------------------------------------------------------------------------------------------


def test_two_editors_in_one_article_are_told_of_each_other(desk: Client, colleague: Client) -> None:
    article, other = make_article(published_at=None), make_article(published_at=None)
    assert keep(desk, article).json()["others"] == []
    keep(colleague, other)
    assert keep(desk, article).json()["others"] == []
    assert keep(colleague, article).json()["others"] == ["ed also has this article open."]
    assert keep(desk, article).json()["others"] == ["Ann Berg also has this article open."]
    keep(colleague, article, {"title": "x"})
    (sentence,) = keep(desk, article).json()["others"]
    at = timezone.localtime(Writing.objects.get(article=article, user__username="ann").typed_at)
    assert sentence == f"Ann Berg also has this article open, and last wrote in it at {at:%H:%M}."
    # The page says so itself, before any script.
    assert pages.read(desk.get(change(article))).one("p", class_="beside").text == sentence
    # Nobody who has closed the form is said to be there.
    Writing.objects.filter(user__username="ann").update(seen_at=timezone.now() - timedelta(seconds=40))
    assert keep(desk, article).json()["others"] == []


def test_an_open_form_is_told_that_somebody_has_saved(desk: Client, colleague: Client) -> None:
    article = make_article(published_at=None)
    assert keep(desk, article).json()["version"] == 1
    assert desk.post(change(article), reopened(desk, article, title="Mine")).status_code == 302
    said = keep(desk, article).json()
    assert (said["newer"], said["version"]) == ("", 2)
    assert colleague.post(change(article), reopened(colleague, article, title="Hers")).status_code == 302
    said = keep(desk, article).json()
    assert said["version"] == 3
    assert said["newer"].startswith("Ann Berg has saved this article at ")
    assert said["newer"].endswith("When you save, you are shown both texts; nothing is overwritten.")


def test_saying_that_a_form_is_open_costs_the_same_whoever_is_there(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    article = make_article(published_at=None)
    keep(desk, article)

    def queries(present: int) -> int:
        with django_assert_max_num_queries(30) as counted:
            assert len(keep(desk, article).json()["others"]) == present
        return len(counted)

    def arrive(number: int) -> None:
        Writing.objects.create(user=User.objects.create(username=f"u{number}"), article=article)

    arrive(0)
    one = queries(1)
    for number in range(1, 6):
        arrive(number)
    assert queries(6) == one
