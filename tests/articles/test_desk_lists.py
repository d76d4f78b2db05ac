"""Every list of the admin: the same queries for two rows and for six, a search, a title in plain words."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import roles
from articles.models import (
    ArticleFile,
    Audience,
    AuditEntry,
    Author,
    Delivery,
    Document,
    Invitation,
    Page,
    Picture,
    Recording,
    Rendition,
    Topic,
)
from polls import bank, tally
from tests import pages
from tests.factories import cast, make_article, make_poll, make_section

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1)
# One record with a form and no list.
WITHOUT_A_LIST = {"articles.publication"}


def a_poll() -> Any:
    poll = make_poll(title="", text=f"Poll {next(_numbers)}?")
    cast(poll)
    tally.recount(poll.pk)
    return poll


def somebody() -> User:
    roles.keep()
    user = User.objects.create(username=f"user-{next(_numbers)}", is_staff=True)
    roles.give(user, roles.Role.EDITOR, [make_section()])
    return user


def a_picture() -> Picture:
    """A picture that leads an article, with a smaller version; of the files themselves no list knows."""
    number = next(_numbers)
    picture = Picture.objects.create(
        file=f"pictures/{number}.png", sha256=f"{number:064}", width=640, height=480, name="A", alt="A", credit="A"
    )
    Rendition.objects.create(picture=picture, file=f"renditions/{number}.webp", width=320, height=240)
    make_article(lead_picture=picture)
    return picture


def a_document() -> Document:
    number = next(_numbers)
    document = Document.objects.create(
        file=f"documents/{number}.pdf", kind="pdf", bytes=1, sha256=f"{number:064}", title="A", dated=timezone.now()
    )
    ArticleFile.objects.create(article=make_article(), document=document)
    return document


# How a row of each table is made, with whatever its list shows of other tables: a row of its own each time. Who
# registers a table says here how.
MAKERS: dict[str, Callable[[], Any]] = {
    "articles.article": lambda: make_article(authors=2, poll=a_poll()),
    "articles.audience": lambda: Audience.objects.create(name="A", slug=f"a-{next(_numbers)}"),
    "articles.auditentry": lambda: AuditEntry.objects.create(user=somebody(), action_flag=1, object_repr="x"),
    "articles.author": lambda: Author.objects.create(name="A", slug=f"a-{next(_numbers)}"),
    "articles.correction": lambda: make_article().corrections.create(text="The year was 1923."),
    "articles.invitation": lambda: Invitation.objects.create(
        email="a@example.org",
        role="author",
        digest=str(next(_numbers)),
        invited_by=somebody(),
        expires_at=timezone.now(),
    ),
    "articles.delivery": lambda: Delivery.objects.create(name="a.zip", made_by=somebody()),
    "articles.document": a_document,
    "articles.picture": a_picture,
    "articles.recording": lambda: Recording.objects.create(
        url=f"https://example.org/{next(_numbers)}", title="A", still=a_picture()
    ),
    "articles.page": lambda: Page.objects.create(title="A", slug=f"a-{next(_numbers)}"),
    "articles.person": lambda: somebody(),
    "articles.section": lambda: make_section(parent=make_section(), default_poll=a_poll()),
    "articles.topic": lambda: Topic.objects.create(name="A", slug=f"a-{next(_numbers)}"),
    "polls.poll": a_poll,
    "polls.saved": lambda: bank.keep(bank.ready_made("event"), name=f"Event {next(_numbers)}", who="editor"),
}
TABLES = sorted(f"{model._meta.app_label}.{model._meta.model_name}" for model in admin.site._registry)


@pytest.fixture
def everything() -> Client:
    """The desk of somebody who sees every list."""
    client = Client()
    client.force_login(User.objects.create_superuser("all", password="all-password"))
    return client


def address_of(table: str) -> str:
    return reverse(f"admin:{table.replace('.', '_')}_changelist")


@pytest.mark.parametrize("table", [table for table in TABLES if table not in WITHOUT_A_LIST])
def test_a_list_takes_the_same_few_queries_for_two_rows_and_for_six(everything: Client, table: str) -> None:
    assert table in MAKERS, "say in MAKERS how a row of this table is made"
    numbers = []
    for rows in (2, 4):
        for _row in range(rows):
            MAKERS[table]()
        everything.get(address_of(table))  # what a process learns once, it has learnt
        with CaptureQueriesContext(connection) as context:
            answer = everything.get(address_of(table))
        assert answer.status_code == 200
        numbers.append(len(context))
    assert len(answer.context["cl"].result_list) >= 6
    table_of_rows = pages.read(answer).one("table", id="result_list")
    assert all(cell["data-label"] for row in table_of_rows.one("tbody").all("tr") for cell in row.all("td"))
    assert numbers[0] == numbers[1]
    assert numbers[0] <= 16


@pytest.mark.parametrize("table", [table for table in TABLES if table not in WITHOUT_A_LIST])
def test_a_list_says_in_plain_words_what_it_lists_and_can_be_searched(everything: Client, table: str) -> None:
    if table != "articles.correction":  # reached from its article only
        assert admin.site._registry[apps.get_model(table)].search_fields
    page = pages.read(everything.get(f"{address_of(table)}?q=nothing-of-this-name"))
    plural = str(apps.get_model(table)._meta.verbose_name_plural)
    assert page.one(id="content").one("h1").text.casefold() == plural.casefold()


def test_nothing_is_deleted_in_bulk(everything: Client) -> None:
    for table in TABLES:
        if table not in WITHOUT_A_LIST and table in MAKERS:
            MAKERS[table]()
            page = pages.read(everything.get(address_of(table)))
            assert (table, page.all("input", class_="action-select")) == (table, [])
