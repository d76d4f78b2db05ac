"""Who may do what: every page of the admin as every role, compared with `docs/roles.md`; and the sections."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from articles import people, roles
from articles.models import Article, AuditEntry, Delivery, Page, Person, Section
from articles.roles import Role
from articles.steps import STEPS
from polls.models import Alarm, Poll, Saved
from tests.articles.test_admin import errors, reopened, written
from tests.factories import make_article, make_poll, make_publication, make_section

pytestmark = pytest.mark.django_db

PAGE = Path(settings.ROOT, "docs/roles.md").read_text()
_LISTS, _OWN = PAGE.split("\n## ")[1:]
LISTS = {
    (table, kind): {role: set(cell.split()) - {"–"} for role, cell in zip(Role, cells.split(" | "), strict=True)}
    for table, kind, cells in re.findall(r"^\| `([\w.]+)`(?:, ([\w ]+))? \| (.*) \|$", _LISTS, re.M)
}
OWN = {
    (name, kind): set(cell.split())
    for name, kind, cell in re.findall(r"^\| `(\w+)`(?:, ([\w ]+))? \| (.*) \|$", _OWN, re.M)
}
SHOWN = {f"{model._meta.app_label}.{model._meta.model_name}": model for model in admin.site._registry}


@pytest.fixture(autouse=True)
def groups() -> None:
    roles.keep()


def somebody(role: Role, *sections: Section) -> User:
    user = User.objects.create(username=f"{role}-{User.objects.count()}", is_staff=True)
    roles.give(user, role, sections)
    return user


def desk_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.user = user  # type: ignore[attr-defined]
    return client


def thing(table: str, kind: str) -> models.Model:
    """A row of the table, in the state that the page names."""
    match table, kind:
        case "articles.article", "a draft":
            return make_article(published_at=None)
        case "articles.article", _:
            return make_article()
        case "articles.correction", _:
            return make_article().corrections.create(text="The year was 1923.")
        case "articles.section", _:
            return make_section()
        case "polls.poll", "a draft":
            return make_poll(state="draft")
        case "polls.poll", _:
            return make_poll()
        case "articles.person", _:
            return Person.objects.get(pk=somebody(Role.AUTHOR).pk)
        case "articles.invitation", _:
            return people.invite(
                email="ann@example.org", role=Role.AUTHOR, sections=(), by=somebody(Role.EDITOR), now=timezone.now()
            )[0]
        case "articles.auditentry", _:
            return AuditEntry.objects.create(user=somebody(Role.AUTHOR), action_flag=1, object_repr="x")
        case "articles.delivery", _:
            return Delivery.objects.create(name="a.zip", stage="checked")
        case "articles.publication", _:
            return make_publication()
        case "polls.saved", _:
            return Saved.objects.create(name="Trust", questionnaire={})
        case "articles.page", _:
            return Page.objects.create(title="About", slug="about")
        case (("articles.author" | "articles.topic" | "articles.audience"), _):
            return apps.get_model(table)._default_manager.create(name="A name", slug="a-name")
    return apps.get_model(table)()  # where a row needs a file, the admin's own rules are asked


def done(desk: Client, table: str, row: models.Model) -> set[str]:
    """What the pages of the admin let this person do with a row."""
    if row.pk is None:
        request = RequestFactory().get("/")
        request.user = desk.user  # type: ignore[attr-defined]
        rules = admin.site._registry[type(row)]
        asked = {"see": "view", "add": "add", "change": "change", "delete": "delete"}
        return {word for word, verb in asked.items() if getattr(rules, f"has_{verb}_permission")(request)}
    names = table.replace(".", "_")
    at: dict[str, list[Any]] = {"changelist": [], "add": [], "change": [row.pk], "delete": [row.pk]}
    answers = {name: desk.get(reverse(f"admin:{names}_{name}", args=args), follow=True) for name, args in at.items()}
    found = {name for name, answer in answers.items() if answer.status_code == 200}
    assert {answer.status_code for answer in answers.values()} <= {200, 403}
    assert ("changelist" in found) == ("change" in found), "seen in the list and not by itself, or the other way"
    may = {"see"} if "changelist" in found else set()
    if "change" in found:
        html = answers["change"].content.decode()
        if table == "polls.poll":  # the page of a poll changes nothing by itself
            html = "_save" if desk.get(reverse("admin:polls_poll_write", args=[row.pk])).status_code != 403 else ""
        may |= {"change"} if "_save" in html else set()
    return may | (found & {"add", "delete"})


def test_the_page_names_every_table_of_the_admin() -> None:
    assert {table for table, _kind in LISTS} == set(SHOWN)


@pytest.mark.parametrize(("table", "kind"), LISTS)
def test_every_role_does_in_the_admin_what_the_page_says(table: str, kind: str) -> None:
    row = thing(table, kind)
    found = {role: done(desk_of(somebody(role)), table, row) for role in Role}
    assert found == LISTS[table, kind]


def own_pages() -> set[str]:
    """The names of all addresses under the admin that are not Django's own."""
    (root,) = [one for one in get_resolver().url_patterns if isinstance(one, URLResolver) and one.namespace == "admin"]
    found, ours = set(), re.compile(r"_(changelist|add|history|delete|change|autocomplete)$")
    for part in root.url_patterns:
        for one in part.url_patterns if isinstance(part, URLResolver) else [part]:
            if isinstance(one, URLPattern) and one.name and not ours.search(one.name) and "_" in one.name:
                found.add(one.name)
    return found - {"password_change", "password_change_done", "app_list", "view_on_site"}


def test_the_page_names_every_page_of_our_own() -> None:
    assert {name for name, _kind in OWN} == own_pages()


@pytest.mark.parametrize(("name", "kind"), OWN)
def test_a_page_of_our_own_opens_for_the_roles_that_the_page_says(name: str, kind: str) -> None:
    draft = kind == "a draft"
    args: list[Any]
    if name == "articles_person_second_factor":
        args = [thing("articles.person", "").pk]
    elif name == "articles_invitation_withdraw":
        args = [thing("articles.invitation", "").pk]
    elif name == "articles_delivery_take_up":
        args = [thing("articles.delivery", "").pk]
    elif name == "articles_delivery_export":
        args = []
    elif name.startswith("articles_translation"):
        make_publication(languages=["en", "de"])
        args = ["article", make_article(published_at=None).pk, *(["de"] if name.endswith("translation") else [])]
    elif name.startswith("articles_article"):
        args = [make_article(published_at=None).pk]
    else:
        args = [make_poll(state="draft" if draft else "open").pk]
    if name.endswith("running") or name.startswith("articles_picture"):
        args = []
    if name in ("polls_poll_import", "polls_poll_advice", "polls_poll_pictures"):
        args = []
    if name.endswith("try"):
        args.append(1)
    if name.endswith("download"):
        args.append("json")
    if name.endswith("width"):
        args.append(390)
    if name.endswith("step"):
        args.append(kind.removeprefix("to ") or "pause")
    if name in ("polls_poll_text", "polls_poll_empty"):
        args.append(1)
    if name.endswith("settle"):
        args.append(Alarm.objects.create(poll_id=args[0], found="x", details="").pk)
    address = reverse(f"admin:{name}", args=args)
    ask = Client.post if name.endswith("take_up") else Client.get
    opened = {role.value for role in Role if ask(desk_of(somebody(role)), address).status_code != 403}
    assert opened == OWN[name, kind]


def test_a_visitor_and_somebody_without_a_role_open_nothing() -> None:
    nobody = User.objects.create(username="nobody", is_staff=True)
    for table in SHOWN:
        address = reverse(f"admin:{table.replace('.', '_')}_changelist")
        assert desk_of(nobody).get(address).status_code == 403, table
        assert Client().get(address).status_code == 302, table


# --- the groups ---------------------------------------------------------------------------------------------------


def test_a_role_has_exactly_its_permissions_again_whatever_was_done_to_it() -> None:
    author = Group.objects.get(name="author")
    right = set(author.permissions.values_list("pk", flat=True))
    author.permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    Group.objects.get(name="moderator").delete()
    assert roles.keep() == []
    assert set(author.permissions.values_list("pk", flat=True)) == right
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_no_role_may_change_votes_counts_accounts_of_django_or_the_audit_list() -> None:
    for model in ("ballot", "answer", "tally", "tallyhistory", "pollevent", "logentry", "auditentry", "user", "group"):
        held = Group.objects.filter(
            permissions__codename__in=[f"{verb}_{model}" for verb in ("add", "change", "delete")]
        )
        assert list(held) == [], model


def test_the_command_says_which_permission_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("keep_roles", verbosity=0)
    monkeypatch.setitem(roles.MAY, Role.RESEARCHER, {"polls.view_poll", "polls.read_minds"})
    with pytest.raises(CommandError, match=r"not in the database: polls\.read_minds\."):
        call_command("keep_roles", verbosity=0)


# --- publishing ---------------------------------------------------------------------------------------------------


def test_an_author_sends_a_draft_to_review_and_takes_no_other_step() -> None:
    section, desk = make_section(), desk_of(somebody(Role.AUTHOR))
    forged = {"published_at": "2020-01-01", "published_at_0": "2020-01-01", "published_at_1": "10:00"}
    assert desk.post(reverse("admin:articles_article_add"), written(section, **forged)).status_code == 302
    article = Article.objects.get()
    assert article.published_at is None
    html = desk.get(reverse("admin:articles_article_change", args=[article.pk])).content.decode()
    assert 'name="_publish"' not in html
    for name in [step.name for step in STEPS if step.permission != "change"]:
        address = reverse("admin:articles_article_step", args=[article.pk, name])
        assert desk.get(address).status_code == 403, name
        assert desk.post(address, {"at": "", "notice": "x"}).status_code == 403, name
    assert desk.post(reverse("admin:articles_article_step", args=[article.pk, "review"]), {}).status_code == 302
    article.refresh_from_db()
    assert (article.published_at, article.in_review_at is not None) == (None, True)


def test_an_author_reads_a_published_article_and_changes_nothing_in_it() -> None:
    article, author = make_article(), desk_of(somebody(Role.AUTHOR))
    address = reverse("admin:articles_article_change", args=[article.pk])
    assert b"_save" not in author.get(address).content
    sent = reopened(desk_of(somebody(Role.EDITOR)), article, title="Another title")
    assert author.post(address, sent).status_code == 403
    article.refresh_from_db()
    assert article.title != "Another title"


def test_an_author_rewrites_no_poll_that_readers_see() -> None:
    poll = make_poll()
    article = make_article(published_at=None, poll=poll)
    desk = desk_of(somebody(Role.AUTHOR))
    address = reverse("admin:articles_article_change", args=[article.pk])
    said = errors(desk.post(address, reopened(desk, article, question="Quite another?")))
    assert said == {"question": ["This poll is published: only an editor can change it."]}
    assert poll.questions.get().text == "What is to be done?"


# --- sections -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.EDITOR, Role.RESEARCHER])
def test_an_article_of_another_section_is_not_there(role: Role) -> None:
    mine, other = make_article(published_at=None), make_article(published_at=None)
    desk = desk_of(somebody(role, mine.section))
    listed = desk.get(reverse("admin:articles_article_changelist")).context["cl"].result_list
    assert [article.pk for article in listed] == [mine.pk]
    for name in ("change", "delete", "history"):
        assert desk.get(reverse(f"admin:articles_article_{name}", args=[other.pk])).status_code in (302, 403, 404), name
    assert desk.get(reverse("admin:articles_article_preview", args=[other.pk])).status_code == 404
    assert desk.get(reverse("admin:articles_article_preview", args=[mine.pk])).status_code == 200
    sent = reopened(desk_of(somebody(Role.EDITOR)), other, title="Taken over")
    desk.post(reverse("admin:articles_article_change", args=[other.pk]), sent)
    other.refresh_from_db()
    assert other.title != "Taken over"


def test_nobody_moves_an_article_into_a_section_that_is_not_theirs() -> None:
    mine, other = make_article(published_at=None), make_section()
    desk = desk_of(somebody(Role.EDITOR, mine.section))
    address = reverse("admin:articles_article_change", args=[mine.pk])
    said = errors(desk.post(address, reopened(desk, mine, section=other.pk)))
    assert list(said) == ["section"]
    said = errors(desk.post(reverse("admin:articles_article_add"), written(other)))
    assert list(said) == ["section"]


def test_a_section_takes_those_within_it_along_and_none_chosen_means_all() -> None:
    world, town = make_section("world"), make_section("town")
    europe = make_section("europe", parent=world)
    balkans = make_section("balkans", parent=europe)
    assert roles.sections_of(somebody(Role.AUTHOR, world)) == {world.pk, europe.pk, balkans.pk}
    assert roles.sections_of(somebody(Role.AUTHOR, town)) == {town.pk}
    assert roles.sections_of(somebody(Role.AUTHOR)) is None


def test_whose_last_section_is_deleted_works_in_none() -> None:
    gone = make_section()
    author = somebody(Role.AUTHOR, gone)
    article = make_article()
    gone.delete()
    assert roles.sections_of(User.objects.get(pk=author.pk)) == set()
    assert not roles.reaches(User.objects.get(pk=author.pk), article)


def test_an_editor_changes_the_sections_in_which_they_work() -> None:
    mine, other = make_section(), make_section()
    desk = desk_of(somebody(Role.EDITOR, mine))
    assert b"_save" in desk.get(reverse("admin:articles_section_change", args=[mine.pk])).content
    assert b"_save" not in desk.get(reverse("admin:articles_section_change", args=[other.pk])).content


# --- polls --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf() -> dict[str, Any]:
    """A section of one's own with a poll under an article and one in its text, and the same elsewhere."""
    mine, other = make_section(), make_section()
    found: dict[str, Any] = {"mine": mine, "other": other, "nowhere": make_poll(state="draft")}
    for name, section in (("here", mine), ("there", other)):
        found[f"under {name}"] = make_poll()
        found[f"in {name}"] = make_poll()
        make_article(
            section=section, poll=found[f"under {name}"], body=f"<p>A</p><p>[[poll:{found[f'in {name}'].slug}]]</p>"
        )
    return found


def test_a_poll_belongs_to_the_sections_of_the_articles_in_which_it_stands(shelf: dict[str, Any]) -> None:
    desk = desk_of(somebody(Role.EDITOR, shelf["mine"]))
    listed = {poll.pk for poll in desk.get(reverse("admin:polls_poll_changelist")).context["cl"].result_list}
    assert listed == {shelf[name].pk for name in ("under here", "in here", "nowhere")}
    for name in ("under there", "in there"):
        poll = shelf[name]
        for page in ("change", "figures", "write"):
            assert desk.get(reverse(f"admin:polls_poll_{page}", args=[poll.pk])).status_code == 403, (name, page)
        assert desk.post(reverse("admin:polls_poll_step", args=[poll.pk, "pause"]), {"reason": "x"}).status_code == 403
        poll.refresh_from_db()
        assert poll.paused_at is None
    assert desk.get(reverse("admin:polls_poll_step", args=[shelf["in here"].pk, "pause"])).status_code == 200


def test_nobody_gets_at_another_section_s_figures_by_placing_its_poll(shelf: dict[str, Any]) -> None:
    article = make_article(section=shelf["mine"], published_at=None)
    desk = desk_of(somebody(Role.EDITOR, shelf["mine"]))
    address = reverse("admin:articles_article_change", args=[article.pk])
    line = f"<p>[[poll:{shelf['in there'].slug}]]</p>"
    assert errors(desk.post(address, reopened(desk, article, poll=shelf["under there"].pk))) == {
        "poll": ["This poll belongs to another section."]
    }
    assert errors(desk.post(address, reopened(desk, article, body=line))) == {
        "body": [f"The poll “{shelf['in there'].slug}” belongs to another section."]
    }
    assert desk.post(address, reopened(desk, article, poll=shelf["nowhere"].pk)).status_code == 302


def test_the_first_page_shows_no_figures_of_another_section(shelf: dict[str, Any]) -> None:
    desk = desk_of(somebody(Role.EDITOR, shelf["mine"]))
    lines = desk.get(reverse("admin:polls_poll_running")).json()["lines"]
    assert {line["id"] for line in lines} == {shelf["under here"].pk, shelf["in here"].pk}
    html = desk.get(reverse("admin:index")).content.decode()
    assert reverse("admin:polls_poll_change", args=[shelf["in here"].pk]) in html
    assert reverse("admin:polls_poll_change", args=[shelf["in there"].pk]) not in html


def test_alarms_are_shown_to_those_who_see_the_poll(shelf: dict[str, Any]) -> None:
    for name in ("here", "there"):
        Alarm.objects.create(poll=shelf[f"in {name}"], found=name, details=f"found {name}")
    html = desk_of(somebody(Role.EDITOR, shelf["mine"])).get(reverse("admin:index")).content.decode()
    assert "found here" in html
    assert "found there" not in html


def test_a_draft_poll_is_changed_by_its_author_until_it_is_published() -> None:
    poll, desk = make_poll(state="draft"), desk_of(somebody(Role.AUTHOR))
    write = reverse("admin:polls_poll_write", args=[poll.pk])
    assert desk.get(write).status_code == 200
    assert desk.post(reverse("admin:polls_poll_step", args=[poll.pk, "publish"]), {}).status_code == 403
    Poll.objects.filter(pk=poll.pk).update(published_at=timezone.now())
    assert desk.get(write).status_code == 403


def test_a_list_asks_the_database_as_often_for_many_articles_and_polls_as_for_few(shelf: dict[str, Any]) -> None:
    desk = desk_of(somebody(Role.EDITOR, shelf["mine"]))
    desk.get(reverse("admin:index"))  # notes once that somebody is here
    counted = []
    for _ in range(2):
        for name in ("articles_article", "polls_poll"):
            with CaptureQueriesContext(connection) as queries:
                desk.get(reverse(f"admin:{name}_changelist"))
            counted.append(len(queries))
        for _n in range(5):
            make_article(section=shelf["mine"], poll=make_poll())
    assert counted[:2] == counted[2:]
