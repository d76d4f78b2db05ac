"""Reader panels: waves are joined where readers consent, and withdrawn is withdrawn in all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from polls import drafting, lifecycle, membership
from polls.drafting import Asked, offered
from polls.models import Ballot, Member, Poll, Series
from tests import pages
from tests.factories import make_poll
from tests.readers import OWN_PAGE, Reader

pytestmark = pytest.mark.django_db

CONSENT = {"text": "May we?", "kind": "consent", "options": ["I agree"], "required": False, "settings": {"panel": True}}


@pytest.fixture
def panel() -> Series:
    return membership.panel_named("Readers of the coast")


def wave(panel: Series | None) -> Poll:
    """A poll of one question, with the question whether the vote may be joined beside it."""
    about: dict[str, Any] = {**CONSENT, "about": True}
    return make_poll(questions=[{"text": "First?"}, about], panel=panel)


def vote(reader: Reader, poll: Poll, *, agree: bool = True) -> None:
    answer = reader.vote(poll, "Yes", ["I agree"] if agree else [])
    assert answer.status_code == 201, answer.content


def mine(poll: Poll) -> str:
    return f"/polls/{poll.slug}/mine/"


def leave(reader: Reader, poll: Poll, *, token: bool = True, site: str = "same-origin") -> Any:
    form = pages.read(reader.get(mine(poll))).one("section", class_="membership").one("form")
    data = {"csrfmiddlewaretoken": form.one("input", name="csrfmiddlewaretoken")["value"]} if token else {}
    return reader.client.post(form["action"], data, headers={"Sec-Fetch-Site": site}, **reader.environ)


def keys(poll: Poll) -> list[bytes | None]:
    return [
        None if member.key is None else bytes(member.key) for member in Member.objects.filter(poll=poll).order_by("pk")
    ]


# --- joining ------------------------------------------------------------------------------------------------------


def test_waves_are_joined_only_where_the_voter_consented(panel: Series) -> None:
    first, second = wave(panel), wave(panel)
    ann, bob = Reader(), Reader()
    for reader, agrees in ((ann, True), (bob, False)):
        vote(reader, first, agree=agrees)
        vote(reader, second)
    (joined,) = keys(first)
    assert len(keys(second)) == 2
    assert keys(second).count(joined) == 1  # Ann's; Bob's first vote is nobody's
    assert len(set(Ballot.objects.values_list("voter_key", flat=True))) == 4  # nothing else joins them


def test_without_a_panel_consent_joins_nothing() -> None:
    poll = wave(None)
    vote(Reader(), poll)
    assert keys(poll) == []


def test_another_panel_gives_the_same_voter_another_key(panel: Series) -> None:
    first, other = wave(panel), wave(membership.panel_named("Another"))
    reader = Reader()
    vote(reader, first)
    vote(reader, other)
    assert keys(first) != keys(other)


# --- leaving ------------------------------------------------------------------------------------------------------


def test_withdrawn_is_withdrawn_in_all_waves_and_of_nobody_else(panel: Series) -> None:
    first, second, ann, bob = wave(panel), wave(panel), Reader(), Reader()
    for reader in (ann, bob):
        for poll in (first, second):
            vote(reader, poll)
    page = pages.read(ann.get(mine(second)))
    assert "“Readers of the coast”" in page.text
    assert "deleted from all your votes in this panel" in page.text
    answer = leave(ann, second)
    assert (answer.status_code, answer["Location"]) == (303, mine(second))
    for poll in (first, second):
        assert [key is None for key in keys(poll)] == [True, False]
        assert "You left this panel on" in ann.get(mine(poll)).content.decode()
        assert "Leave the panel" not in ann.get(mine(poll)).content.decode()
        assert "Leave the panel" in bob.get(mine(poll)).content.decode()
    assert Ballot.objects.count() == 4
    assert not Member.objects.filter(key=None, withdrawn_at=None).exists()


def test_leaving_twice_changes_nothing_and_somebody_new_may_join_again(panel: Series) -> None:
    first, second, reader = wave(panel), wave(panel), Reader()
    vote(reader, first)
    form = pages.read(reader.get(mine(first))).one("section", class_="membership").one("form")
    data = {"csrfmiddlewaretoken": form.one("input", name="csrfmiddlewaretoken")["value"]}
    for _twice in range(2):
        assert reader.client.post(form["action"], data, headers=OWN_PAGE, **reader.environ).status_code == 303
    left = Member.objects.get().withdrawn_at
    vote(reader, second)
    assert [keys(first), [key is None for key in keys(second)]] == [[None], [False]]
    assert Member.objects.get(poll=first).withdrawn_at == left


def test_another_site_or_a_page_without_a_token_takes_nobody_out(panel: Series) -> None:
    poll, reader = wave(panel), Reader()
    vote(reader, poll)
    assert leave(reader, poll, token=False).status_code == 403
    foreign = leave(reader, poll, site="cross-site")
    assert foreign.status_code == 403
    assert "leave a reader panel only on this site" in foreign.content.decode()
    assert reader.get(f"{mine(poll)}leave/").status_code == 405
    assert None not in keys(poll)


def test_who_did_not_join_is_not_asked_to_leave_and_the_page_is_kept_by_no_cache(panel: Series) -> None:
    poll, reader, visitor = wave(panel), Reader(), Reader()
    vote(reader, poll, agree=False)
    for one in (reader, visitor):
        answer = one.get(mine(poll))
        assert "Leave the panel" not in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
    token = {"csrfmiddlewaretoken": "x" * 64}
    assert visitor.client.post(f"{mine(poll)}leave/", token, headers=OWN_PAGE, **visitor.environ).status_code == 403
    assert "csrftoken" not in str(Client().get(poll.get_absolute_url()).cookies)


# --- at the desk --------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(client: Client) -> Client:
    user = User.objects.create(username="ed", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client.force_login(user)
    return client


def draft(*, asks: bool = True) -> Poll:
    asked = [Asked("First?", offered("Yes", "No"))]
    if asks:
        asked.append(Asked("May we?", offered("I agree"), kind="consent", required=False, settings={"panel": True}))
    now = timezone.now()
    return drafting.create(asked=asked, title="Wave", opens_at=now, closes_at=now + timedelta(days=3))


def saved(desk: Client, poll: Poll, **changed: str) -> Any:
    """The form of a poll as the page gives it out, with some fields changed."""
    address = reverse("admin:polls_poll_write", args=[poll.pk])
    form = pages.read(desk.get(address)).one("form", class_="writing")
    sent: dict[str, Any] = {}
    for field in form.all("input") + form.all("textarea") + form.all("select"):
        name = field.attributes.get("name", "")
        ticked = field.attributes.get("type") not in ("checkbox", "radio") or "checked" in field.attributes
        if not name or not ticked:
            continue
        value = field.attributes.get("value", "on" if field.attributes.get("type") == "checkbox" else "")
        if field.tag == "textarea":
            value = "".join(str(child) for child in field.children).removeprefix("\n")
        if field.tag == "select":
            chosen = [option for option in field.all("option") if "selected" in option.attributes]
            value = chosen[0]["value"] if chosen else ""
        sent[name] = value
    return desk.post(address, {**sent, **changed})


def test_an_editor_makes_a_panel_and_chooses_it_for_the_next_wave(desk: Client) -> None:
    first, second = draft(), draft()
    assert saved(desk, first, new_panel=" Readers  of the coast ").status_code == 302
    panel = Series.objects.get(name="Readers of the coast")
    assert saved(desk, second, panel=str(panel.pk)).status_code == 302
    assert saved(desk, first, panel="", new_panel="Readers of the coast").status_code == 302
    assert Series.objects.exclude(name="").get() == panel
    assert list(Poll.objects.values_list("panel", flat=True)) == [panel.pk, panel.pk]
    lifecycle.publish(poll=first, who="ed")


def test_who_asks_to_join_a_panel_and_has_chosen_none_is_told(desk: Client) -> None:
    poll = draft()
    page = desk.get(saved(desk, poll)["Location"]).content.decode()
    assert "A question asks readers to join a panel. Choose one" in page
    page = desk.get(saved(desk, poll, new_panel="A")["Location"]).content.decode()
    assert "A question asks readers to join a panel" not in page


@pytest.mark.parametrize(
    ("asks", "sent", "fault"),
    [
        (False, {"new_panel": "A"}, "Nobody would join it: please add a consent question that joins the panel."),
        (True, {"new_panel": "A", "panel": "THE ONE"}, "Please choose a panel or name a new one, not both."),
        (True, {"panel": "999999999"}, "Select a valid choice."),
        (True, {"new_panel": "x" * 201}, "at most 200 characters"),
    ],
)
def test_a_panel_that_nobody_could_join_is_not_stored(
    desk: Client, panel: Series, asks: bool, sent: dict[str, str], fault: str
) -> None:
    poll = draft(asks=asks)
    answer = saved(desk, poll, **{name: str(panel.pk) if value == "THE ONE" else value for name, value in sent.items()})
    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert Poll.objects.get(pk=poll.pk).panel is None
    assert Series.objects.filter(name="A").count() == 0
