"""Trying a survey out in the admin: every branch as readers get it, and nothing is stored."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from polls import branches, drafting, questionnaire
from polls.models import FIELD_PERIOD, Ballot, Draft, Poll, Reach
from tests.polls.questionnaires import EVERYTHING

pytestmark = pytest.mark.django_db

BRANCHING: dict[str, Any] = {
    "format": questionnaire.FORMAT,
    "title": "Ships",
    "flow": {
        "pages": [
            {"title": "Sailing", "jumps": [{"if": {"question": "sails", "is": "no"}, "to": "end"}]},
            {"title": "Boats", "show_if": {"question": "boats", "at_least": 2}},
            {"title": "Last"},
        ]
    },
    "questions": [
        {"name": "sails", "text": "Do you sail?",
         "options": [{"name": "yes", "text": "Yes"}, {"name": "no", "text": "No"}]},
        {"name": "boats", "kind": "number", "text": "How many boats have you?", "required": False,
         "show_if": {"question": "sails", "is": "yes"}},
        {"name": "which", "kind": "text", "page": 2, "text": "What are they called?", "required": False},
        {"name": "last", "kind": "text", "page": 3, "text": "Anything else?", "required": False},
    ],
}  # fmt: skip


@pytest.fixture
def desk(client: Client) -> Client:
    user = User.objects.create(username="ed", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client.force_login(user)
    return client


@pytest.fixture
def poll() -> Poll:
    return make(BRANCHING)


def make(json: dict[str, Any]) -> Poll:
    whole, now = questionnaire.read(json), timezone.now()
    return drafting.create(
        asked=questionnaire.asked_of(whole),
        opens_at=now,
        closes_at=now + FIELD_PERIOD,
        title=whole["title"],
        flow=whole["flow"],
    )


def at(poll: Poll, page: int) -> str:
    return reverse("admin:polls_poll_try", args=[poll.pk, page])


def post(desk: Client, poll: Poll, page: int, step: str = "next", **given: str) -> Any:
    """Answer a page: options by their text, numbers and texts as written, by the questions' names."""
    sent: dict[str, Any] = {"step": step, "asked": []}
    for question in poll.questions.filter(page=page):
        sent["asked"].append(str(question.pk))
        if question.name in given:
            option = question.options.filter(text=given[question.name]).first()
            name = f"q{question.pk}" if option else f"q{question.pk}.0"
            sent[name] = str(option.pk) if option else given[question.name]
    return desk.post(at(poll, page), sent)


def nothing_stored() -> bool:
    return not (Ballot.objects.exists() or Draft.objects.exists() or Reach.objects.exists())


def test_every_branch_is_walked_and_nothing_is_stored(desk: Client, poll: Poll) -> None:
    assert "A trial: nothing you answer here is stored or counted." in desk.get(at(poll, 1)).content.decode()
    assert post(desk, poll, 1, sails="Yes", boats="3")["Location"] == at(poll, 2)
    assert post(desk, poll, 2, which="Mary")["Location"] == at(poll, 3)
    assert post(desk, poll, 3)["Location"] == at(poll, 0)
    end = desk.get(at(poll, 0)).content.decode()
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", end)[:3] == [
        ("Do you sail?", "Yes"), ("How many boats have you?", "3"), ("What are they called?", "“Mary”"),
    ]  # fmt: skip
    # One boat: no page about boats. Back keeps what was answered.
    assert post(desk, poll, 3, step="back")["Location"] == at(poll, 2)
    assert post(desk, poll, 1, sails="Yes", boats="1")["Location"] == at(poll, 3)
    # Who does not sail is at the end.
    assert post(desk, poll, 1, sails="No")["Location"] == at(poll, 0)
    assert "This way ended early, by a jump." in desk.get(at(poll, 0)).content.decode()
    assert nothing_stored()


def test_faults_are_said_as_readers_are_told(desk: Client, poll: Poll) -> None:
    answer = post(desk, poll, 1)
    assert answer.status_code == 422
    assert "Please choose one of the options first." in answer.content.decode()


def test_a_question_that_an_answer_brings_in_is_asked_first(desk: Client, poll: Poll) -> None:
    sails, boats = poll.questions.get(name="sails"), poll.questions.get(name="boats")
    yes = sails.options.get(text="Yes")
    answer = desk.post(at(poll, 1), {"step": "next", "asked": [str(sails.pk)], f"q{sails.pk}": str(yes.pk)})
    assert "Your answer adds a question to this page: please answer it too." in answer.content.decode()
    assert f'id="q{boats.pk}"' in answer.content.decode()


def test_beginning_anew_forgets_everything(desk: Client, poll: Poll) -> None:
    post(desk, poll, 1, sails="Yes", boats="3")
    assert desk.post(at(poll, 0), {"step": "anew"})["Location"] == reverse("admin:polls_poll_branches", args=[poll.pk])
    assert " checked" not in desk.get(at(poll, 1)).content.decode()


def test_every_type_can_be_tried(desk: Client) -> None:
    poll = make({**EVERYTHING, "flow": {}})
    for page in (1, 2, 3):
        assert desk.get(at(poll, page)).status_code == 200
    assert nothing_stored()


def test_a_page_out_of_the_way_leads_back_to_it(desk: Client, poll: Poll) -> None:
    assert desk.get(at(poll, 2))["Location"] == at(poll, 1)
    assert desk.get(at(poll, 99)).status_code == 404


def test_wild_answers_are_no_failure(desk: Client, poll: Poll) -> None:
    first = poll.questions.first()
    assert first is not None
    for sent in ({f"q{first.pk}": "x"}, {"asked": "9" * 30}, {f"q{first.pk}.0": "x" * 600_000}, {"step": "fly"}):
        assert desk.post(at(poll, 1), sent).status_code in (200, 400, 413, 422)


def test_a_course_that_cannot_be_read_is_said(desk: Client, poll: Poll) -> None:
    Poll.objects.filter(pk=poll.pk).update(flow={"pages": "x"})
    answer = desk.get(at(poll, 1), follow=True)
    assert "The course of this survey cannot be read." in answer.content.decode()


def test_the_map_says_in_words_what_it_draws(desk: Client, poll: Poll) -> None:
    first, second, third = branches.stages(questionnaire.read(BRANCHING))
    assert first.leaps == (branches.Leap("“Do you sail?” is “No”", None),)
    assert first.questions == (("Do you sail?", ""), ("How many boats have you?", "“Do you sail?” is “Yes”"))
    assert second.condition == "“How many boats have you?” is at least 2"
    assert (third.condition, third.leaps) == ("", ())
    html = desk.get(reverse("admin:polls_poll_branches", args=[poll.pk])).content.decode()
    assert html.count('<rect class="box') == 4
    assert html.count('class="way leap sometimes"') == 1
    assert "If “Do you sail?” is “No”: to the end." in html
    assert "Only if “How many boats have you?” is at least 2." in html


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"question": "sails", "in": ["yes", "no"]}, "“Do you sail?” is “Yes” or “No”"),
        ({"not": {"question": "sails", "answered": True}}, "not: “Do you sail?” was answered"),
        ({"question": "boats", "at_most": 3}, "“How many boats have you?” is at most 3"),
        ({"group": "wording", "is": "A"}, "in half A of “wording”"),
        (
            {
                "any": [
                    {"all": [{"group": "w", "is": "A"}, {"group": "v", "is": "B"}]},
                    {"question": "boats", "answered": False},
                ]
            },
            "(in half A of “w” and in half B of “v”) or “How many boats have you?” was not answered",
        ),
    ],
)
def test_rules_are_said_in_words(rule: dict[str, Any], words: str) -> None:
    assert branches.in_words(rule, dict(questionnaire.codes(questionnaire.read(BRANCHING)))) == words


def test_titles_cannot_break_out_of_the_drawing(desk: Client) -> None:
    poll = make({**BRANCHING, "flow": {"pages": [{"title": "<script>x</script>"}]}})
    html = desk.get(reverse("admin:polls_poll_branches", args=[poll.pk])).content.decode()
    assert "<script>x" not in html
