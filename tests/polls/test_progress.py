"""How far respondents come, for editors; quotas with what was counted, for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from polls import progress, tally, voting
from polls.models import Poll
from polls.paper import Given
from tests import pages
from tests.factories import cast, close, make_poll, paper_of, voter
from tests.polls.surveys import Respondent, question, survey

pytestmark = pytest.mark.django_db


def three_pages() -> Poll:
    asked = [question(name, options=("yes", "no"), page=page) for page, name in enumerate(("a", "b", "c"), 1)]
    return survey(*asked, flow={"pages": [{"title": "Beginning"}, {"title": ""}, {"title": "End"}]})


def test_pages_say_how_many_came_and_how_many_stand_there_now() -> None:
    poll = three_pages()
    for n in range(4):
        respondent = Respondent(poll)
        page = respondent.begin()
        if n:
            respondent.follow(respondent.send(page, a="yes"))
    found = progress.of(Poll.objects.whole().get(pk=poll.pk))
    assert found is not None
    assert found.rows == [
        ("Page 1: Beginning", 4, 100, 1),
        ("Page 2", 3, 75, 3),
        ("Page 3: End", 0, 0, 0),
        ("Sent", 0, 0, None),
    ]
    assert found.minutes == ""


def test_the_median_time_is_of_those_who_sent_once_each() -> None:
    poll = make_poll(may_change=True)
    sheet = paper_of(poll)
    (asked,) = sheet.questions
    yes, no = asked.options

    def cast(option: int, seconds: int | None, by: object, replaces: int | None = None) -> None:
        how = voting.Circumstances(seconds=seconds)
        given = {asked.id: Given((option,))}
        voting.cast_ballot(paper=sheet, voter_key=voter(by), given=given, circumstances=how, replaces=replaces)

    for n, seconds in enumerate((30, 90, 600, None)):
        cast(yes, seconds, n)
    cast(no, 5, 0, replaces=1)
    poll.reached.create(page=1, respondents=6)
    found = progress.of(Poll.objects.whole().get(pk=poll.pk))
    assert found is not None
    assert (found.sent, found.took) == (4, timedelta(seconds=90))
    assert found.minutes == "Half of those who sent it took 1 min 30 s or less."
    assert found.rows[-1] == ("Sent", 4, 67, None)


def test_votes_that_no_page_saw_begin_are_no_share_of_those_who_began() -> None:
    poll = make_poll()
    for _ in range(3):
        cast(poll, "Yes", circumstances=voting.Circumstances(seconds=0))
    poll.reached.create(page=1, respondents=2)
    found = progress.of(Poll.objects.whole().get(pk=poll.pk))
    assert found is not None
    assert found.rows == [("Page 1", 2, 100, 0), ("Sent", 3, None, None)]
    assert (found.came_otherwise, "3 (" in found.drawing) == (True, False)
    assert found.minutes == "Half of those who sent it took 0 min 1 s or less."


def test_a_poll_that_is_not_answered_page_by_page_has_no_pages_to_come_to() -> None:
    assert progress.of(Poll.objects.whole().get(pk=make_poll().pk)) is None


def test_the_desk_shows_pages_as_drawing_and_table_and_the_bases_of_each_question() -> None:
    poll = three_pages()
    page = Respondent(poll).begin()
    assert page.status_code == 200
    client = Client()
    client.force_login(User.objects.create_superuser("ed", password="x"))
    html = client.get(reverse("admin:polls_poll_change", args=[poll.pk])).content.decode()
    assert "How far readers get" in html
    assert 'class="bars"' in html
    assert html.count("data-asked") == 3
    figures = client.get(reverse("admin:polls_poll_figures", args=[poll.pk])).json()
    assert [(one["asked"], one["base"]) for one in figures["questions"]] == [("0", "0")] * 3


# --- quotas -------------------------------------------------------------------------------------------------------


def quotas(poll: Poll) -> str:
    tally.recount(poll.pk)
    tally.forget()
    terms = pages.read(Client().get(poll.get_absolute_url())).one("dl", class_="method").all("div")
    return next((term.one("dd").text for term in terms if term.one("dt").text == "Quotas"), "")


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (2, "Who? “A”: at most 2; 3 were counted, 1 more than that."),
        (3, "Who? “A”: at most 3; 3 were counted."),
    ],
)
def test_a_quota_says_its_limit_and_how_many_were_counted(limit: int, said: str) -> None:
    flow = {"quotas": [{"question": "who", "option": "a", "limit": limit, "message": ""}]}
    poll = survey(question("who", options=("a", "b")), flow=flow, results_shown="after_close")
    sheet = paper_of(poll)
    (asked,) = sheet.questions
    for _each in range(3):
        given = {asked.id: Given((next(iter(asked.options)),))}
        voting.cast_ballot(paper=sheet, voter_key=voter(), given=given)
    hidden = quotas(poll)
    assert hidden.startswith(f"Who? “A”: at most {limit}. A quota follows the last count")
    assert "counted," not in hidden
    close(poll)
    assert quotas(poll).startswith(said)
    assert quotas(make_poll()) == ""
