"""People: invited by a link that works once, given a role, closed and never deleted; and the list of what was done."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import people, roles
from articles.audit import Act
from articles.models import Invitation, Staff
from articles.people import Refused
from articles.roles import Role
from tests import pages
from tests.factories import make_publication, make_section

pytestmark = pytest.mark.django_db
INVITE = "/admin/articles/invitation/add/"
PASSWORD = "seven green herons"


@pytest.fixture(autouse=True)
def house(settings: Any, tmp_path: Path, redis_cache: Any) -> None:
    settings.VAR = tmp_path
    settings.EMAIL_BACKEND = "articles.mail.ToFiles"
    make_publication()
    roles.keep()


@pytest.fixture
def boss() -> User:
    return somebody("boss", Role.ADMINISTRATOR)


@pytest.fixture
def desk(boss: User) -> Client:
    return desk_of(boss)


def somebody(name: str, role: Role, *sections: Any) -> User:
    user = User.objects.create(username=name, is_staff=True, email=f"{name}@example.org")
    roles.give(user, role, sections)
    return user


def desk_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def letters(settings: Any) -> list[str]:
    return [file.read_text() for file in sorted((settings.VAR / "mail").glob("*"))]


def link_in(text: str) -> str:
    found = re.search(r"/account/invitation/[\w-]+/", text)
    assert found, text
    return found[0]


def invited(desk: Client, **fields: Any) -> str:
    """The path of the link that the page shows after an invitation."""
    answer = desk.post(INVITE, {"email": "ann@example.org", "role": "editor", **fields})
    assert answer.status_code == 200, answer.status_code
    return link_in(pages.read(answer).one("textarea", id="link").text)


def joining(**fields: str) -> dict[str, str]:
    return {
        "username": "ann",
        "first_name": "Ann",
        "last_name": "",
        "password1": PASSWORD,
        "password2": PASSWORD,
    } | fields


def change(person: User) -> str:
    return reverse("admin:articles_person_change", args=[person.pk])


def rights(role: Role, *, active: bool = True, sections: Any = ()) -> dict[str, Any]:
    given = {"role": role.value, "sections": [section.pk for section in sections], "first_name": "", "last_name": ""}
    return {**given, "is_active": "on"} if active else given


def acts(person: User | None = None) -> list[Act]:
    known = LogEntry.objects.filter(action_flag__in=Act.values).order_by("pk")
    return [Act(entry.action_flag) for entry in (known.filter(user=person) if person else known)]


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer.status_code
    form = answer.context["adminform"].form if "adminform" in answer.context else answer.context["form"]
    return {field: list(messages) for field, messages in form.errors.items()}


# --- invitations --------------------------------------------------------------------------------------------------


def test_whoever_opens_the_link_chooses_name_and_password_and_has_the_role(desk: Client, settings: Any) -> None:
    section = make_section()
    link = invited(desk, sections=[section.pk])
    (letter,) = letters(settings)
    assert link_in(letter) == link
    assert letter.startswith(
        "From: noreply@localhost\nTo: ann@example.org\nSubject: The Meridian Review: you have been invited\n"
    )
    guest = Client()
    page = pages.read(guest.get(link))
    assert page.one("h1").text == "You are invited to work at The Meridian Review"
    answer = guest.post(link, joining())
    assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/")
    ann = User.objects.get(username="ann")
    assert (ann.email, ann.is_staff, ann.is_superuser, ann.get_full_name()) == ("ann@example.org", True, False, "Ann")
    assert (roles.role_of(ann), roles.sections_of(ann)) == (Role.EDITOR, {section.pk})
    assert EmailAddress.objects.get(user=ann).verified
    assert ann.check_password(PASSWORD)
    assert guest.get("/account/2fa/").status_code == 200
    assert Invitation.objects.get().accepted_by == ann
    assert acts() == [Act.INVITED, Act.JOINED, Act.SIGNED_IN]


def test_the_link_is_shown_once_and_only_its_digest_is_kept(desk: Client) -> None:
    secret = invited(desk).split("/")[-2]
    invitation = Invitation.objects.get()
    assert secret not in str(Invitation.objects.values().get())
    assert secret not in str(list(LogEntry.objects.values()))
    for name, args in (("changelist", []), ("change", [invitation.pk])):
        html = desk.get(reverse(f"admin:articles_invitation_{name}", args=args)).content.decode()
        assert secret not in html
        assert "ann@example.org" in html


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            {"accepted": True},
            "This invitation has already been used. If it was you who used it, log in with your username.",
        ),
        (
            {"withdrawn_at": timezone.now()},
            "This invitation has been withdrawn. Please ask the person who invited you.",
        ),
        (
            {"expires_at": timezone.now()},
            "This invitation has expired. Please ask the person who invited you for a new one.",
        ),
    ],
)
def test_a_link_that_works_no_longer_says_why(desk: Client, spoil: dict[str, Any], sentence: str) -> None:
    link = invited(desk)
    if spoil.pop("accepted", False):
        Client().post(link, joining())
    Invitation.objects.update(**spoil) if spoil else None
    before = User.objects.count()
    for answer in (Client().get(link), Client().post(link, joining(username="bob"))):
        assert answer.status_code == 410
        assert sentence in pages.read(answer).one("main").text
        assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert User.objects.count() == before


def test_it_works_for_seven_days(desk: Client) -> None:
    invited(desk)
    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.invited_at == pytest.approx(timedelta(days=7), abs=timedelta(seconds=5))


def test_a_link_that_was_guessed_is_not_there_and_guessing_is_stopped() -> None:
    answers = [Client().get(f"/account/invitation/{'x' * 43}{n}/").status_code for n in range(21)]
    assert answers == [404] * 20 + [429]


@pytest.mark.django_db(transaction=True)
def test_two_who_open_one_link_at_once_become_one_account() -> None:
    """The second waits for the first and is then told; without the lock both would be let in."""
    roles.keep()
    boss, now = somebody("boss", Role.ADMINISTRATOR), timezone.now()
    _invitation, secret = people.invite(email="ann@example.org", role=Role.EDITOR, sections=(), by=boss, now=now)
    start, refused = threading.Barrier(2), []

    def join(name: str) -> None:
        start.wait(60)
        try:
            people.accept(secret, username=name, password=PASSWORD, first_name="", last_name="", now=now)
        except Refused as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=join, args=[name]) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refused == ["This invitation has already been used. If it was you who used it, log in with your username."]
    assert User.objects.exclude(pk=boss.pk).count() == 1


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"username": "BOSS"}, "username", "This username is already taken."),
        ({"username": "<script>"}, "username", "Enter a valid username."),
        ({"username": ""}, "username", "This field is required."),
        ({"password2": "other words entirely"}, "password2", "The two passwords do not match."),
        ({"password1": "short", "password2": "short"}, "password1", "This password is too short."),
        ({"password1": "p" * 300, "password2": "p" * 300}, "password1", "Ensure this value has at most 200"),
        ({"first_name": "A" * 151}, "first_name", "Ensure this value has at most 150"),
    ],
)
def test_a_fault_is_said_at_its_field_and_the_link_still_works(
    desk: Client, fields: dict[str, str], field: str, sentence: str
) -> None:
    link = invited(desk)
    found = errors(Client().post(link, joining(**fields)))
    assert found[field][0].startswith(sentence)
    assert Client().post(link, joining()).status_code == 302


def test_the_role_comes_from_the_invitation_whatever_is_posted(desk: Client) -> None:
    forged = {
        "role": "administrator",
        "is_superuser": "on",
        "is_staff": "on",
        "groups": "1",
        "email": "evil@example.org",
    }
    Client().post(invited(desk, role="author"), joining(**forged))
    ann = User.objects.get(username="ann")
    assert (roles.role_of(ann), ann.is_superuser, ann.email) == (Role.AUTHOR, False, "ann@example.org")


def test_nobody_is_invited_twice_and_an_invitation_that_is_sent_again_is_not_made_again(
    desk: Client, boss: User
) -> None:
    invited(desk)
    again = errors(desk.post(INVITE, {"email": "Ann@Example.org", "role": "editor"}))
    assert again["email"][0].startswith("An invitation to this address is valid until ")
    known = errors(desk.post(INVITE, {"email": "BOSS@example.org", "role": "editor"}))
    assert known == {"email": ["Somebody already works here with this address."]}
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@b.org\nBcc: all@b.org"}, "email"),
        ({"role": "owner"}, "role"),
        ({"role": ""}, "role"),
        ({"sections": ["x"]}, "sections"),
    ],
)
def test_a_fault_of_an_invitation_is_said_at_its_field(desk: Client, fields: dict[str, Any], field: str) -> None:
    answer = desk.post(INVITE, {"email": "ann@example.org", "role": "editor", **fields})
    assert list(errors(answer)) == [field]
    assert not Invitation.objects.exists()


def test_a_withdrawn_invitation_is_kept_and_withdrawn_once(desk: Client) -> None:
    invited(desk)
    invitation = Invitation.objects.get()
    address = reverse("admin:articles_invitation_withdraw", args=[invitation.pk])
    assert "no longer works" in desk.get(address).content.decode()
    for sentence in ("The invitation has been withdrawn.", "This invitation has already been used or withdrawn."):
        answer = desk.post(address, follow=True)
        assert [str(message) for message in answer.context["messages"]] == [sentence]
    assert acts() == [Act.INVITED, Act.WITHDRAWN]


def test_a_mail_that_cannot_be_sent_loses_nothing(desk: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    answer = desk.post(INVITE, {"email": "ann@example.org", "role": "editor"})
    page = pages.read(answer)
    assert "The mail to ann@example.org could not be sent." in page.one(class_="errornote").text
    assert Client().get(link_in(page.one("textarea", id="link").text)).status_code == 200


def test_letters_are_files_for_their_owner_alone(desk: Client, settings: Any) -> None:
    invited(desk)
    (file,) = (settings.VAR / "mail").glob("*.txt")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


# --- people -------------------------------------------------------------------------------------------------------


def test_the_list_says_role_sections_second_factor_and_last_log_in(desk: Client, boss: User) -> None:
    world = make_section("world", name="World")
    ann = somebody("ann", Role.EDITOR, world)
    Authenticator.objects.create(user=ann, type=Authenticator.Type.TOTP, data={"secret": "x"})
    User.objects.create(username="reader")  # no staff
    rows = {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in listed(desk)}
    assert (rows["ann"][0], rows["boss"][0]) == ("editor (World)", "administrator")
    assert rows["ann"][2] == "never"
    assert set(rows) == {"ann", "boss"}
    marks = {row.all("th")[0].text: row.one(class_="field-second_factor").one("img")["alt"] for row in listed(desk)}
    assert marks == {"ann": "True", "boss": "False"}


def listed(desk: Client) -> list[Any]:
    table = pages.read(desk.get("/admin/articles/person/")).one("table", id="result_list")
    return table.one("tbody").all("tr")


def test_the_list_asks_the_database_as_often_for_many_people_as_for_few(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    listed(desk)
    with django_assert_max_num_queries(30) as few:
        desk.get("/admin/articles/person/")
    for n in range(5):
        somebody(f"p{n}", Role.EDITOR, make_section())
    with django_assert_max_num_queries(30) as many:
        desk.get("/admin/articles/person/")
    assert len(many) == len(few)


def test_an_administrator_changes_role_and_sections_and_it_is_written_down(desk: Client, boss: User) -> None:
    world, ann = make_section("world", name="World"), somebody("ann", Role.AUTHOR)
    assert desk.post(change(ann), rights(Role.EDITOR, sections=[world])).status_code == 302
    ann = User.objects.get(pk=ann.pk)
    assert (roles.role_of(ann), roles.sections_of(ann)) == (Role.EDITOR, {world.pk})
    entry = LogEntry.objects.get(action_flag=Act.RIGHTS_CHANGED)
    assert (entry.user, entry.object_id, entry.change_message) == (boss, str(ann.pk), "author → editor (World)")
    # The same once more changes nothing and is no news.
    desk.post(change(ann), rights(Role.EDITOR, sections=[world]))
    assert LogEntry.objects.filter(action_flag=Act.RIGHTS_CHANGED).count() == 1


def test_whose_last_section_was_deleted_is_not_given_all_by_a_change_of_something_else(desk: Client) -> None:
    section = make_section()
    ann = somebody("ann", Role.EDITOR, section)
    section.delete()
    desk.post(change(ann), {**rights(Role.EDITOR), "first_name": "Ann"})
    ann = User.objects.get(pk=ann.pk)
    assert (ann.first_name, roles.sections_of(ann)) == ("Ann", set())
    assert "editor (no section)" in desk.get("/admin/articles/person/").content.decode()
    world = make_section("world")
    desk.post(change(ann), rights(Role.EDITOR, sections=[world]))
    assert roles.sections_of(User.objects.get(pk=ann.pk)) == {world.pk}


def test_a_closed_account_is_out_at_once_keeps_what_it_did_and_can_be_opened_again(desk: Client) -> None:
    ann = somebody("ann", Role.EDITOR)
    theirs = desk_of(ann)
    assert theirs.get("/admin/").status_code == 200
    desk.post(change(ann), rights(Role.EDITOR, active=False))
    assert theirs.get("/admin/").status_code == 302
    assert roles.role_of(User.objects.get(pk=ann.pk)) == Role.EDITOR
    desk.post(change(ann), rights(Role.EDITOR))
    assert User.objects.get(pk=ann.pk).is_active
    assert acts() == [Act.CLOSED, Act.OPENED]


def test_nobody_is_deleted_and_nobody_is_added_by_hand(desk: Client) -> None:
    ann = somebody("ann", Role.EDITOR)
    assert desk.post(reverse("admin:articles_person_delete", args=[ann.pk]), {"post": "yes"}).status_code == 403
    assert desk.post("/admin/articles/person/add/", rights(Role.ADMINISTRATOR)).status_code == 403
    posted = {"action": "delete_selected", "_selected_action": [ann.pk], "post": "yes"}
    desk.post("/admin/articles/person/", posted)
    assert User.objects.filter(pk=ann.pk).exists()


def test_nobody_raises_themselves_by_posting_fields(desk: Client) -> None:
    ann = somebody("ann", Role.EDITOR)
    theirs = desk_of(ann)
    assert theirs.post(change(ann), rights(Role.ADMINISTRATOR)).status_code == 403
    assert theirs.post(INVITE, {"email": "me@example.org", "role": "administrator"}).status_code == 403
    desk.post(change(ann), {**rights(Role.AUTHOR), "is_superuser": "on", "username": "root", "user_permissions": "1"})
    ann = User.objects.get(pk=ann.pk)
    assert (ann.is_superuser, ann.username, roles.role_of(ann)) == (False, "ann", Role.AUTHOR)


@pytest.mark.parametrize(("role", "active"), [(Role.EDITOR, True), (Role.ADMINISTRATOR, False)])
def test_the_last_administrator_stays(desk: Client, boss: User, role: Role, active: bool) -> None:
    said = errors(desk.post(change(boss), rights(role, active=active)))
    assert said == {"__all__": ["This is the last administrator: give somebody else that role first."]}
    second = somebody("second", Role.ADMINISTRATOR)
    assert desk.post(change(second), rights(role, active=active)).status_code == 302
    boss.refresh_from_db()
    assert (roles.role_of(boss), boss.is_active) == (Role.ADMINISTRATOR, True)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_at_once_leave_one() -> None:
    roles.keep()
    first, second = somebody("first", Role.ADMINISTRATOR), somebody("second", Role.ADMINISTRATOR)
    start, refused = threading.Barrier(2), []

    def demote(person: User, by: User) -> None:
        try:
            with transaction.atomic():
                start.wait(60)
                people.set_rights(person, role=Role.EDITOR, sections=(), active=True, by=by, now=timezone.now())
        except Refused as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refused == ["This is the last administrator: give somebody else that role first."]
    assert len(people.administrators()) == 1


def test_whoever_is_demoted_or_closed_cannot_come_back_by_an_invitation_of_theirs(desk: Client) -> None:
    second = somebody("second", Role.ADMINISTRATOR)
    link = invited(desk_of(second), email="friend@example.org", role="administrator")
    desk.post(change(second), rights(Role.EDITOR))
    assert Client().post(link, joining()).status_code == 410


def test_a_lost_second_factor_is_taken_away_written_down_and_mailed(desk: Client, settings: Any) -> None:
    ann = somebody("ann", Role.EDITOR)
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=ann, type=kind, data={"secret": "x"})
    address = reverse("admin:articles_person_second_factor", args=[ann.pk])
    assert "logged out everywhere" in desk.get(address).content.decode()
    desk.post(address)
    assert not Authenticator.objects.exists()
    assert acts() == [Act.FACTOR_RESET]
    (letter,) = letters(settings)
    assert "To: ann@example.org\nSubject: The Meridian Review: your second factor has been removed\n" in letter


def test_an_administrator_works_in_all_sections(desk: Client) -> None:
    ann, section = somebody("ann", Role.EDITOR), make_section()
    said = errors(desk.post(change(ann), rights(Role.ADMINISTRATOR, sections=[section])))
    assert said == {"sections": ["An administrator works in all sections."]}


def test_whoever_was_made_at_the_command_line_is_an_administrator_and_can_be_given_another_role(desk: Client) -> None:
    root = User.objects.create_superuser("root", email="root@example.org")
    assert roles.role_of(root) == Role.ADMINISTRATOR
    desk.post(change(root), rights(Role.EDITOR))
    root = User.objects.get(pk=root.pk)
    assert (root.is_superuser, roles.role_of(root), root.has_perm("articles.change_person")) == (
        False,
        Role.EDITOR,
        False,
    )


def test_an_administrator_who_is_locked_out_is_let_in_at_the_command_line(capsys: Any) -> None:
    ann = somebody("ann", Role.EDITOR, make_section())
    User.objects.update(is_active=False)
    Authenticator.objects.create(user=ann, type=Authenticator.Type.TOTP, data={"secret": "x"})
    call_command("rescue", "ann")
    password = re.search(r"New password: (\S+)", capsys.readouterr().out)
    assert password
    ann = User.objects.get(pk=ann.pk)
    assert (ann.is_active, ann.check_password(password[1]), roles.role_of(ann)) == (True, True, Role.ADMINISTRATOR)
    assert (roles.sections_of(ann), Authenticator.objects.count()) == (None, 0)
    assert acts(ann) == [Act.RESCUED]
    with pytest.raises(CommandError, match=r"Nobody here has this name\. Administrators: ann\."):
        call_command("rescue", "bob")


def test_the_account_of_make_run_is_an_administrator_and_keeps_its_password(settings: Any) -> None:
    call_command("ensure_editor")
    editor, file = User.objects.get(username="editor"), settings.VAR / "editor-password"
    password = file.read_text()
    assert (roles.role_of(editor), editor.is_superuser, editor.check_password(password)) == (
        Role.ADMINISTRATOR,
        False,
        True,
    )
    # Another role that an administrator gives it stays.
    roles.give(editor, Role.RESEARCHER)
    call_command("ensure_editor")
    editor = User.objects.get(username="editor")
    assert (roles.role_of(editor), file.read_text(), editor.check_password(password)) == (
        Role.RESEARCHER,
        password,
        True,
    )


def test_a_role_given_again_leaves_no_rights_of_the_former_one() -> None:
    ann = somebody("ann", Role.ADMINISTRATOR)
    roles.give(ann, Role.RESEARCHER)
    ann = User.objects.get(pk=ann.pk)
    assert not ann.has_perm("articles.change_person")
    assert [group.name for group in ann.groups.all()] == ["researcher"]
    assert Staff.objects.filter(user=ann).count() == 1


# --- the audit list -----------------------------------------------------------------------------------------------


def test_the_audit_list_is_read_filtered_and_searched_and_changed_by_nobody(desk: Client, boss: User) -> None:
    ann = somebody("ann", Role.EDITOR)
    desk.post(change(ann), rights(Role.AUTHOR))
    invited(desk, email="ben@example.org")
    audit = "/admin/articles/auditentry/"

    def found(query: str) -> list[str]:
        table = pages.read(desk.get(audit + query)).all("table", id="result_list")
        return [row.all("td")[1].text for row in table[0].one("tbody").all("tr")] if table else []

    everything = ["invited: editor", "role or sections changed: editor → author"]
    assert found("") == everything
    assert found(f"?what={Act.INVITED.value}") == everything[:1]
    assert found("?q=ben@example.org") == everything[:1]
    assert found("?what=nonsense") == everything
    entry = LogEntry.objects.earliest("pk")
    assert desk.post(f"{audit}{entry.pk}/change/", {"change_message": "x"}).status_code == 403
    assert desk.post(f"{audit}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.post(f"{audit}add/", {}).status_code == 403
    assert LogEntry.objects.count() == 2
