"""The page of a poll in the admin, the steps an editor can take, and what nobody can do there."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from polls import drafting, drawings, lifecycle, tally
from polls.models import Alarm, Ballot, Option, Poll, Question, Saved, Series, SetAside, State
from polls.steps import STEPS
from tests import pages
from tests.factories import cast, cast_many, close, finalise, make_poll

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    user = User.objects.create(username="ed", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client.force_login(user)
    return client


def page(poll: Poll) -> str:
    return reverse("admin:polls_poll_change", args=[poll.pk])


def step(poll: Poll, name: str) -> str:
    return reverse("admin:polls_poll_step", args=[poll.pk, name])


def figures(poll: Poll) -> str:
    return reverse("admin:polls_poll_figures", args=[poll.pk])


def write(poll: Poll) -> str:
    return reverse("admin:polls_poll_write", args=[poll.pk])


def state(poll: Poll) -> str:
    return Poll.objects.with_state().get(pk=poll.pk).state_now


def local(ahead: timedelta) -> str:
    return (timezone.now() + ahead).strftime("%Y-%m-%dT%H:%M")


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def questions(*asked: tuple[str, str], known: int = 0, **fields: str) -> dict[str, str]:
    """What the browser sends of the questions of a poll, of which `known` were stored before."""
    sent = {"questions-TOTAL_FORMS": str(len(asked)), "questions-INITIAL_FORMS": str(known)}
    for place, (text, options) in enumerate(asked):
        one = {"question": text, "options": options, "kind": "single", "required": "on", **fields}
        sent |= {f"questions-{place}-{name}": value for name, value in one.items()}
    return sent


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_shows_votes_as_table_and_drawing_and_who_sees_them(desk: Client) -> None:
    poll = make_poll(options=["Yes", "No"], results_shown="after_vote")
    cast_many(poll, [3, 1])
    html = desk.get(page(poll)).content.decode()
    assert re.search(r"<strong data-figure=\"ballots\">4</strong>\s*votes counted", html)
    rows = re.findall(r"data-votes>(\d+)</td><td[^>]*data-percent>(\d+)</td>.*?class=\"value\" width=\"(\d+)%\"", html)
    assert rows == [("3", "75", "75"), ("1", "25", "25")]
    assert "Readers who have voted see these results; the others are told: “Results are shown after you vote.”" in html
    assert f"Open until {poll.closes_at.day}" in html


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"results_shown": "always"}, "Everybody sees these results."),
        (
            {"results_shown": "staff"},
            "Readers do not see these results; they are told: “The results of this poll are not published.”",
        ),
        (
            {"results_shown": "always", "minimum_base": 5},
            "Readers do not see these results; they are told: “Too few readers have voted so far for the results to "
            "be shown.”",
        ),
        (
            {"results_shown": "always", "step": 2},
            "Everybody sees these results. They are published in steps of 2 votes: readers see those of the first 2.",
        ),
    ],
)
def test_the_page_says_what_readers_see(desk: Client, settings: dict[str, Any], sentence: str) -> None:
    poll = make_poll(**settings)
    for _ in range(2):
        cast(poll, "Yes")
        tally.recount(poll.pk)
    for _ in range(2):
        cast(poll, "No")
    tally.recount(poll.pk)
    assert desk.get(figures(poll)).json()["seen"] == sentence


def test_live_figures_are_those_of_this_moment_and_for_staff_alone(desk: Client, client: Client) -> None:
    poll = make_poll(options=["Yes", "No"], results_shown="staff")
    cast(poll, "Yes")
    answer = desk.get(figures(poll))
    (question,) = answer.json()["questions"]
    assert [(o["text"], o["votes"], o["percent"]) for o in question["options"]] == [("Yes", "1", 100), ("No", "0", 0)]
    assert (answer.json()["ballots"], answer.json()["live"], "no-store" in answer["Cache-Control"]) == ("1", True, True)
    cast(poll, "No")
    assert desk.get(figures(poll)).json()["ballots"] == "2"
    finalise(poll)
    assert (desk.get(figures(poll)).json()["state"], desk.get(figures(poll)).json()["live"]) == ("final", False)
    desk.logout()
    assert desk.get(figures(poll)).status_code == 302


def test_set_aside_votes_are_counted_apart(desk: Client) -> None:
    poll = make_poll()
    cast_many(poll, [2, 1])
    ballot = poll.ballots.earliest("pk")
    SetAside.objects.create(ballot=ballot, poll=poll, rule="test", reason="a test of ours")
    answer = desk.get(figures(poll)).json()
    assert (answer["ballots"], answer["set_aside"]) == ("2", "1")


def test_votes_by_day_are_drawn_with_a_sentence(desk: Client) -> None:
    drawing = drawings.columns([1, 4, 0], "Votes <per> day")
    assert drawing.count("<rect") == 3
    assert re.findall(r'height="(\d+)"></rect>', drawing) == ["22", "90", "0"]
    assert 'role="img" aria-label="Votes &lt;per&gt; day"' in drawing
    assert "style=" not in drawing + drawings.bar(31)


def test_the_page_of_an_unknown_poll_is_not_found(desk: Client) -> None:
    assert desk.get("/admin/polls/poll/999/change/").status_code == 404
    assert desk.get("/admin/polls/poll/abc/change/").status_code == 404


def test_what_happened_and_what_was_corrected_stand_on_the_page(desk: Client) -> None:
    poll = make_poll(options=["Yes", "Nay"])
    cast(poll, "Yes")
    option = Option.objects.get(text="Nay")
    lifecycle.correct_wording(poll=poll, option=option, corrected="No", who="ed", reason="A misprint")
    lifecycle.pause(poll=poll, who="boss", reason="Lunch")
    answer = desk.get(page(poll))
    assert "a typing error was corrected: “Nay” became “No”" in answer.content.decode()
    rows = [[cell.text for cell in row.all("td")][1:] for row in pages.read(answer).all("tr")]
    assert ["Nay", "No", "A misprint", "ed"] in rows
    assert ["paused", "boss", "Lunch"] in rows


# --- the steps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sent", "becomes", "action"),
    [
        ("pause", {"reason": "A wrong map"}, State.PAUSED, "paused"),
        ("close", {"reason": "Enough"}, State.CLOSED, "closed"),
        ("extend", {"closes_at": local(timedelta(days=30)), "reason": ""}, State.OPEN, "extended"),
        ("duplicate", {}, State.OPEN, "duplicated"),
        (
            "settings",
            {"results_shown": "after_close", "note": "By hand", "reason": "So agreed"},
            State.OPEN,
            "setting",
        ),
    ],
)
def test_a_step_is_told_before_it_is_done_and_written_down_after(
    desk: Client, name: str, sent: dict[str, str], becomes: State, action: str
) -> None:
    poll = make_poll()
    cast(poll, "Yes")
    before = list(Poll.objects.values())
    asked = desk.get(step(poll, name))
    assert re.search(r'<ul class="what"><li>.{20,}</li></ul>', asked.content.decode())
    assert (list(Poll.objects.values()), poll.events.count()) == (before, 0)  # looking changes nothing
    answer = desk.post(step(poll, name), sent, follow=True)
    assert said(answer)
    event = poll.events.get()
    assert (state(poll), event.action, event.who, event.reason) == (becomes, action, "ed", sent.get("reason", ""))
    assert poll.ballots.count() == 1


def test_a_paused_poll_is_resumed(desk: Client) -> None:
    poll = make_poll(state="paused")
    desk.post(step(poll, "resume"), {"reason": ""})
    assert state(poll) == State.OPEN


def test_a_draft_is_published_at_a_date(desk: Client) -> None:
    poll = make_poll(state="draft")
    at = local(timedelta(days=2))
    assert desk.post(step(poll, "publish"), {"at": at}).status_code == 302
    poll.refresh_from_db()
    assert f"{poll.published_at:%Y-%m-%dT%H:%M}" == at


def test_what_is_wrong_with_a_step_is_said_on_its_page(desk: Client) -> None:
    poll = make_poll()
    answer = desk.post(step(poll, "extend"), {"closes_at": local(timedelta(days=1))})
    assert "The new closing date must be later than the current one" in answer.content.decode()
    answer = desk.post(step(poll, "extend"), {"closes_at": ""})
    assert "This field is required." in answer.content.decode()
    answer = desk.post(step(poll, "settings"), {"results_shown": "from_date", "note": ""})
    assert "Please give the date from which results are shown." in answer.content.decode()
    assert poll.events.count() == 0


@pytest.mark.parametrize("name", ["pause", "resume", "extend", "replace", "close", "publish"])
def test_a_closed_poll_can_neither_be_opened_nor_closed_again(desk: Client, name: str) -> None:
    poll = close(make_poll())
    for answer in (desk.get(step(poll, name), follow=True), desk.post(step(poll, name), {}, follow=True)):
        assert said(answer) in (
            "This poll is closed: that is not possible now.",
            "This poll is closed: that is not possible now. This poll is closed: that is not possible now.",
        )
    assert (state(poll), poll.events.count()) == (State.CLOSED, 0)


def test_a_typing_error_is_corrected_in_any_text(desk: Client) -> None:
    poll = make_poll(text="Wat?", options=["Yes", "No"])
    cast(poll, "Yes")
    question = poll.questions.get()
    assert f'<option value="q{question.pk}">Question: Wat?</option>' in desk.get(step(poll, "correct")).content.decode()
    sent = {"text": f"q{question.pk}", "corrected": "What?", "reason": "A letter was missing"}
    assert desk.post(step(poll, "correct"), sent).status_code == 302
    question.refresh_from_db()
    assert question.text == "What?"
    stranger = make_poll(text="Other?").questions.get()
    answer = desk.post(step(poll, "correct"), {**sent, "text": f"q{stranger.pk}"})
    assert "Select a valid choice" in answer.content.decode()
    assert "Please write the corrected text." not in answer.content.decode()
    answer = desk.post(step(poll, "correct"), {**sent, "reason": ""})
    assert "This field is required." in answer.content.decode()


def test_a_duplicate_leads_to_the_copy(desk: Client) -> None:
    poll = make_poll("first", text="Why not?")
    answer = desk.post(step(poll, "duplicate"), {}, follow=True)
    copy = Poll.objects.exclude(pk=poll.pk).get()
    assert answer.redirect_chain[-1][0] == page(copy)
    assert (copy.slug, state(copy), said(answer)) == ("why-not", State.DRAFT, "This is the copy. It is a draft.")


def test_a_corrected_copy_replaces_a_poll(desk: Client) -> None:
    poll = make_poll(text="Red?", options=["Yes", "No"])
    cast(poll, "Yes")
    form = desk.get(step(poll, "replace")).content.decode()
    assert "polls/writing.js" in form  # a type shows only its own fields
    assert 'class="writing"' in form
    assert "keeps its 1 vote. They are not carried over." in form
    assert "Yes\nNo</textarea>" in form
    closes = local(timedelta(days=9))
    sent = {**questions(("Red?", "Yes\nNo\nBoth"), known=1), "closes_at": closes, "reason": "An option was missing"}
    answer = desk.post(step(poll, "replace"), {**sent, "questions-0-options": "Yes"})
    assert "Please write at least two options, one per line." in answer.content.decode()
    answer = desk.post(step(poll, "replace"), {**sent, "questions-0-question": "", "questions-0-options": ""})
    assert (answer.status_code, Poll.objects.count()) == (200, 1)
    answer = desk.post(step(poll, "replace"), sent, follow=True)
    poll.refresh_from_db()
    copy = poll.replaced_by
    assert copy is not None
    assert answer.redirect_chain[-1][0] == page(copy)
    assert (state(poll), state(copy), copy.ballots.count()) == (State.CLOSED, State.OPEN, 0)
    assert list(copy.questions.get().options.values_list("text", flat=True)) == ["Yes", "No", "Both"]
    assert f'<a href="{page(copy)}"' in desk.get(page(poll)).content.decode()


def test_every_step_needs_the_right_to_change_polls_and_a_token(desk: Client) -> None:
    poll = make_poll()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ed"))
    looker = User.objects.create(username="looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_poll"))
    for one in STEPS:
        assert strict.post(step(poll, one.name), {}).status_code == 403
        assert Client().post(step(poll, one.name), {}).status_code == 302
    desk.force_login(looker)
    html = desk.get(page(poll)).content.decode()
    assert 'class="steps"' not in html
    for address in [step(poll, one.name) for one in STEPS] + [write(poll)]:
        assert desk.get(address).status_code == 403
    assert desk.get("/admin/polls/poll/add/").status_code == 403
    assert (desk.get(figures(poll)).status_code, poll.events.count()) == (200, 0)


# --- writing ------------------------------------------------------------------------------------------------------


def test_a_survey_is_written_by_itself(desk: Client) -> None:
    sent = questions(("First?", "A\nB"), ("Second?", "C\nD\nE"), ("", ""))
    sent |= {"title": "Two things", "closes_at": local(timedelta(days=7)), "results_shown": "after_close"}
    answer = desk.post("/admin/polls/poll/add/", sent, follow=True)
    poll = Poll.objects.get()
    assert answer.redirect_chain[-1][0] == page(poll)
    assert (poll.slug, poll.title, poll.results_shown, state(poll)) == (
        "two-things",
        "Two things",
        "after_close",
        State.DRAFT,
    )
    assert [question.text for question in poll.questions.all()] == ["First?", "Second?"]
    assert [question.required for question in poll.questions.all()] == [True, True]


def test_a_question_that_is_emptied_is_taken_out(desk: Client) -> None:
    poll = make_poll(questions=[{"text": "First?"}, {"text": "Second?"}], state="draft")
    sent = {**questions(("", ""), ("Second?", "Yes\nNo"), ("", ""), known=2), "closes_at": local(timedelta(days=7))}
    assert desk.post(write(poll), sent).status_code == 302
    assert [question.text for question in poll.questions.all()] == ["Second?"]


def test_a_poll_without_any_question_is_not_stored(desk: Client) -> None:
    answer = desk.post("/admin/polls/poll/add/", {**questions(("", "")), "closes_at": ""})
    assert "Please write at least one question with its options." in answer.content.decode()
    answer = desk.post("/admin/polls/poll/add/", {**questions(("Why?", "Because")), "closes_at": ""})
    assert "Please write at least two options, one per line." in answer.content.decode()
    assert Series.objects.count() == 0


def test_the_wording_of_a_poll_with_votes_is_not_written(desk: Client) -> None:
    poll = make_poll()
    cast(poll, "Yes")
    assert write(poll) not in desk.get(page(poll)).content.decode()
    for answer in (
        desk.get(write(poll), follow=True),
        desk.post(write(poll), questions(("New?", "A\nB")), follow=True),
    ):
        assert "Readers have voted: the wording is locked." in said(answer)
    assert Question.objects.get().text == "What is to be done?"


# --- what nobody can do -------------------------------------------------------------------------------------------


def test_a_poll_with_votes_cannot_be_deleted_by_anybody(desk: Client) -> None:
    poll = make_poll()
    cast(poll, "Yes")
    desk.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    answer = desk.post(reverse("admin:polls_poll_delete", args=[poll.pk]), {"post": "yes"})
    assert (answer.status_code, Ballot.objects.count()) == (403, 1)
    assert "Delete" not in desk.get(page(poll)).content.decode()


def test_polls_are_not_deleted_in_bulk(desk: Client) -> None:
    poll = make_poll(state="draft")
    assert "delete_selected" not in desk.get("/admin/polls/poll/").content.decode()
    desk.post("/admin/polls/poll/", {"action": "delete_selected", "_selected_action": [poll.pk], "post": "yes"})
    assert Poll.objects.filter(pk=poll.pk).exists()


def test_a_draft_that_nobody_has_seen_can_be_deleted_with_its_series(desk: Client) -> None:
    poll = make_poll(state="draft")
    assert desk.post(reverse("admin:polls_poll_delete", args=[poll.pk]), {"post": "yes"}).status_code == 302
    assert (Poll.objects.count(), Question.objects.count(), Series.objects.count()) == (0, 0, 0)


def test_a_draft_with_a_history_stays(desk: Client) -> None:
    poll = make_poll(state="draft")
    lifecycle.duplicate(poll=poll, who="ed")
    assert desk.post(reverse("admin:polls_poll_delete", args=[poll.pk]), {"post": "yes"}).status_code == 403


def test_of_the_tables_of_a_poll_only_the_poll_and_the_bank_are_in_the_admin() -> None:
    registered = {model for model in admin.site._registry if model._meta.app_label == "polls"}
    assert registered == {Poll, Saved}
    assert Ballot in apps.get_app_config("polls").get_models()


def test_no_address_of_the_admin_resets_anything() -> None:
    patterns = get_resolver("polls_site.urls").reverse_dict
    names = {name for name in patterns if isinstance(name, str)} | {
        str(pattern.name) for pattern in admin.site._registry[Poll].get_urls() if isinstance(pattern, URLPattern)
    }
    # A forgotten password is another matter.
    names = {name for name in names if not name.startswith("account_reset_password")}
    assert [name for name in names if re.search(r"reset|clear|wipe|reopen", name)] == []
    assert [one.name for one in STEPS] == [
        "publish",
        "pause",
        "resume",
        "extend",
        "settings",
        "correct",
        "duplicate",
        "replace",
        "close",
    ]


# --- alarms -------------------------------------------------------------------------------------------------------


def test_an_alarm_stands_on_the_first_page_and_at_the_poll_until_somebody_has_seen_to_it(desk: Client) -> None:
    poll, other = make_poll(), make_poll()
    alarm = Alarm.objects.create(poll=poll, found="A recount", details="A recount and the stored count differ.")
    for address in ("/admin/", page(poll)):
        assert "A recount and the stored count differ." in desk.get(address).content.decode()
    assert "differ" not in desk.get(page(other)).content.decode()
    settle = reverse("admin:polls_poll_settle", args=[poll.pk, alarm.pk])
    desk.get(settle)
    assert "differ" in desk.get("/admin/").content.decode()
    desk.post(settle)
    alarm.refresh_from_db()
    assert alarm.settled_at is not None
    for address in ("/admin/", page(poll)):
        assert "differ" not in desk.get(address).content.decode()


def test_a_member_of_staff_without_polls_sees_no_alarm(client: Client) -> None:
    Alarm.objects.create(poll=make_poll(), found="A recount", details="They differ.")
    client.force_login(User.objects.create(username="clerk", is_staff=True))
    assert "They differ." not in client.get("/admin/").content.decode()


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_one_poll_and_for_three(desk: Client, django_assert_max_num_queries: Any) -> None:
    def queries() -> int:
        with django_assert_max_num_queries(100) as counted:
            assert desk.get("/admin/polls/poll/").status_code == 200
        return len(counted)

    def add() -> None:
        poll = make_poll()
        cast(poll, "Yes")
        tally.recount(poll.pk)

    add()
    one = queries()
    add()
    add()
    assert queries() == one


def test_the_list_shows_votes_and_finds_by_state_and_words(desk: Client) -> None:
    poll = make_poll(text="Which harbour?")
    cast_many(poll, [2, 0])
    tally.recount(poll.pk)
    make_poll(text="Which road?", state="paused")
    drafting.create(
        asked=[drafting.Asked("Which rail?", drafting.offered("A", "B"))],
        opens_at=timezone.now(),
        closes_at=timezone.now() + timedelta(days=1),
    )

    def found(**query: str) -> list[tuple[str, ...]]:
        answer = desk.get("/admin/polls/poll/", query)
        model = answer.context["cl"].model_admin
        return [
            (model.name(poll), model.state_in_words(poll), model.votes(poll))
            for poll in answer.context["cl"].result_list
        ]

    assert found(state="open") == [("Which harbour?", "open", "2")]
    assert found(state="paused") == [("Which road?", "paused", "0")]
    assert found(q="rail") == [("Which rail?", "draft", "0")]
    assert len(found()) == 3


def test_pages_of_polls_hold_the_strict_policy(desk: Client) -> None:
    poll = make_poll()
    cast(poll, "Yes")
    Alarm.objects.create(poll=poll, found="A recount", details="They differ.")
    addresses = [page(poll), "/admin/polls/poll/", "/admin/polls/poll/add/", *[step(poll, one.name) for one in STEPS]]
    for address in addresses:
        html = desk.get(address, follow=True).content.decode()
        scripts = [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag]
        assert [tag for tag in scripts if "application/json" not in tag] == []
        assert re.findall(r"<[^>]+\s(?:style|on[a-z]+)=[^>]*>", html) == []


def test_the_script_of_the_page_knows_what_the_server_sends(desk: Client) -> None:
    """Every name that the page marks for refreshing is a name that the figures have."""
    poll = make_poll()
    html = desk.get(page(poll)).content.decode()
    sent = desk.get(figures(poll)).json()
    assert set(re.findall(r'data-figure="(\w+)"', html)) <= set(sent)
    assert json.dumps(sent)
