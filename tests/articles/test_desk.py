"""The editors' first page: running polls, votes per hour, what is to come, what needs attention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Picture
from polls import running, tally
from polls.models import Alarm, Ballot, Poll
from tests import pages
from tests.factories import cast, cast_many, close, make_article, make_poll, make_publication, move, unguarded

pytestmark = pytest.mark.django_db


def first_page(desk):
    answer = desk.get("/admin/")
    assert answer.status_code == 200
    return pages.read(answer).one(class_="desk")


def matters(desk, title):
    """What a part of the page names: kind, name, address."""
    part = first_page(desk).one("section", aria_labelledby=f"{title}-title")
    return [(one.one(class_="kind").text, one.one("a").text, one.one("a")["href"]) for one in part.all("li")]


def counted(*polls):
    for poll in polls:
        tally.recount(poll.pk)


# --- running polls --------------------------------------------------------------------------------------------------


def test_running_polls_stand_there_with_their_votes_and_the_leading_answer_the_first_to_close_first(desk):
    late, soon = make_poll(text="Late?", options=["Yes", "No"]), make_poll(text="Soon?", options=["A", "B", "C"])
    move(soon, closes_at=timezone.now() + timedelta(days=2))
    near = make_poll(text="Near?", options=["Yes", "No"])
    move(near, closes_at=timezone.now() + timedelta(days=3))
    cast_many(late, [25, 75])
    cast_many(near, [1, 3])
    cast_many(soon, [2, 2, 0])
    counted(late, near, soon)
    make_poll(text="Draft?", state="draft")
    close(make_poll(text="Over?"))
    rows = first_page(desk).one("section", class_="running").one("tbody").all("tr")
    assert [
        (row.one("a").text, row.one("td", class_="number").text, row.one(class_="leading").text) for row in rows
    ] == [("Soon?", "4", "several are level"), ("Near?", "4", "too close to order"), ("Late?", "100", "No 75%")]
    assert [row.one("rect", class_="value")["width"] for row in rows] == ["0%", "0%", "75%"]


def test_a_poll_that_nobody_counted_or_answered_yet_stands_there_with_nothing(desk):
    make_poll(text="New?")
    empty = make_poll(text="Empty?")
    counted(empty)
    rows = first_page(desk).one("section", class_="running").one("tbody").all("tr")
    assert [(row.one("td", class_="number").text, row.one(class_="leading").text) for row in rows] == [("0", "–")] * 2


def test_the_figures_are_fetched_again_as_they_are_now(desk):
    poll = make_poll(options=["Yes", "No"])
    counted(poll)
    address = first_page(desk).one("section", class_="running")["data-running"]
    cast_many(poll, [70, 30])
    counted(poll)
    answer = desk.get(address)
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    (line,) = answer.json()["lines"]
    assert (line["id"], line["votes"], line["leading"], line["percent"]) == (poll.pk, "100", "Yes", 70)


def test_of_a_survey_the_first_question_is_told_and_of_several_answers_the_share_of_voters(desk):
    survey = make_poll(
        title="A survey",
        questions=[{"text": "First?", "options": ["A", "B"], "kind": "multiple"}, {"text": "Second?"}],
    )
    cast(survey, ["A", "B"], "Yes")
    cast(survey, ["B"], "Yes")
    counted(survey)
    (line,) = running.figures(among=Poll.objects.with_state())["lines"]
    assert (line["name"], line["leading"], line["percent"]) == ("A survey", "B", 100)


def test_more_running_polls_than_fit_are_named_by_a_link(desk):
    for _number in range(running.SHOWN + 2):
        make_poll()
    part = first_page(desk).one("section", class_="running")
    assert len(part.one("tbody").all("tr")) == running.SHOWN
    assert part.one("a", href="/admin/polls/poll/?state=open").text == "All open ones"


# --- votes per hour -------------------------------------------------------------------------------------------------


def test_votes_are_counted_by_the_hour_in_which_they_were_cast_a_changed_one_once():
    now = datetime.now(UTC)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    poll, changeable = make_poll(options=["Yes", "No"]), make_poll(options=["Yes", "No"], may_change=True)
    cast_many(poll, [3, 2])
    first = cast(changeable, "Yes", by="somebody")
    cast(changeable, "No", by="somebody", replaces=first.revision)
    with unguarded():
        ids = list(Ballot.objects.filter(poll=poll).values_list("pk", flat=True))
        Ballot.objects.filter(pk__in=ids[:2]).update(cast_at=this_hour - timedelta(hours=5) + timedelta(minutes=59))
        Ballot.objects.filter(pk=ids[2]).update(cast_at=this_hour - timedelta(hours=24))
    found = running.hours(now=now)
    assert [at for at, _votes in found.per_hour] == [this_hour - timedelta(hours=n) for n in range(23, -1, -1)]
    assert [votes for _at, votes in found.per_hour] == [0] * 18 + [2] + [0] * 4 + [3]
    assert found.total == 5
    assert found.sentence.startswith("5 votes in the last 24 hours; most in the hour from ")


def test_the_drawing_and_the_table_say_the_same(desk):
    cast_many(make_poll(options=["Yes", "No"]), [2, 1])
    part = first_page(desk).one("section", aria_labelledby="hours-title")
    rows = part.one("tbody").all("tr")
    assert [int(row.one("td").text) for row in rows] == [0] * 23 + [3]
    bars = part.one("svg").all("rect", class_="value")
    assert [bar["height"] for bar in bars] == ["0"] * 23 + ["90"]
    assert part.one("svg")["aria-label"] == part.one("figcaption").text


def test_without_a_vote_a_sentence_says_so(desk):
    part = first_page(desk).one("section", aria_labelledby="hours-title")
    assert part.all("svg") == []
    assert "Nobody has voted in the last 24 hours." in part.text


# --- what is to come and what needs attention -----------------------------------------------------------------------


def test_what_waits_for_its_date_stands_there_the_next_first(desk):
    make_article(title="Second", days_ago=-2)
    poll = make_poll(text="First?", state="scheduled")
    make_article(title="Third", days_ago=-3)
    make_article(title="Public", days_ago=1)
    make_article(title="Draft", published_at=None)
    found = matters(desk, "coming")
    assert [(kind, name) for kind, name, _url in found] == [
        ("Poll opens", "First?"),
        ("Article", "Second"),
        ("Article", "Third"),
    ]
    assert found[0][2] == f"/admin/polls/poll/{poll.pk}/change/"


def test_what_needs_somebody_stands_there_and_nothing_else(desk):
    now = timezone.now()
    assert matters(desk, "attention") == []
    make_article(title="Reviewed", published_at=None, in_review_at=now)
    make_article(title="Embargoed", published_at=None, embargo_until=now - timedelta(hours=1))
    make_article(title="Under embargo", published_at=None, embargo_until=now + timedelta(hours=1))
    make_article(title="Gone", withdrawn_at=now, withdrawal_notice="It was wrong.")
    make_article(title="Public")
    make_article(title="Draft", published_at=None)
    move(make_poll(text="Closing?"), closes_at=now + timedelta(hours=23))
    move(make_poll(text="Open?"), closes_at=now + timedelta(hours=25))
    move(make_poll(text="Late?", state="draft"), closes_at=now - timedelta(hours=1))
    make_poll(text="Young?", state="draft")
    assert [(kind, name) for kind, name, _url in matters(desk, "attention")] == [
        ("Poll closes soon", "Closing?"),
        ("Awaiting review", "Reviewed"),
        ("Embargo over", "Embargoed"),
        ("Draft of a poll", "Late?"),
        ("Withdrawn", "Gone"),
    ]


def test_alarms_stand_above_everything(desk):
    poll = make_poll(text="Broken?")
    Alarm.objects.create(poll=poll, details="Two counts differ.")
    page = pages.read(desk.get("/admin/"))
    assert "Two counts differ." in page.one("section", class_="alarms").text


def test_texts_of_editors_are_text_there_too(desk):
    attack = "<script>alert(1)</script>"
    make_article(title=attack, days_ago=-1)
    poll = make_poll(text=attack, options=[attack, "b"])
    cast(poll, attack)
    counted(poll)
    assert "<script>alert" not in desk.get("/admin/").content.decode()


# --- who sees what, and what it costs -------------------------------------------------------------------------------


def test_who_may_see_nothing_sees_nothing_of_articles_and_polls():
    make_article(title="Coming", days_ago=-1)
    make_poll(text="Running?")
    somebody = Client()
    somebody.force_login(User.objects.create(username="somebody", is_staff=True))
    text = pages.read(somebody.get("/admin/")).text
    assert "Coming" not in text
    assert "Running?" not in text
    assert somebody.get("/admin/polls/poll/running/").status_code == 403
    assert Client().get("/admin/polls/poll/running/").status_code == 302


def test_the_links_are_those_of_what_somebody_may_do(desk):
    links = [link["href"] for link in first_page(desk).one("ul", class_="steps").all("a")]
    assert links == [
        "/admin/articles/article/add/",
        "/admin/polls/poll/add/",
        "/admin/articles/publication/",
        "/admin/articles/page/",
    ]
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(*Permission.objects.filter(codename__in=("view_article", "add_poll", "view_poll")))
    browser = Client()
    browser.force_login(reader)
    assert [link["href"] for link in first_page(browser).one("ul", class_="steps").all("a")] == [
        "/admin/polls/poll/add/"
    ]


def test_the_first_page_takes_the_same_queries_however_much_there_is(desk, redis_cache):
    make_publication()
    numbers = []
    for number in range(3):
        now = timezone.now()
        for _n in range(1 + 2 * number):
            make_article(published_at=None, in_review_at=now)
            make_article(published_at=None, embargo_until=now - timedelta(hours=1))
            make_article(days_ago=-1)
            make_article(withdrawn_at=now, withdrawal_notice="a")
            make_poll(state="scheduled")
            poll = make_poll(options=["Yes", "No"])
            cast_many(poll, [1, 1])
            counted(poll)
            Alarm.objects.create(poll=poll, details="a")
            move(poll, closes_at=now + timedelta(hours=3))
            move(make_poll(state="draft"), closes_at=now - timedelta(hours=1))
        with CaptureQueriesContext(connection) as context:
            assert desk.get("/admin/").status_code == 200
        numbers.append(len(context))
    assert numbers == [numbers[0]] * 3
    assert numbers[0] <= 26
    assert Article.objects.count() == 4 * 9
    assert Picture.objects.count() == 0


def test_what_somebody_did_last_is_what_they_wrote_and_not_that_they_signed_in(desk, editor):
    kinds = {1: "Added", 2: "Changed", 3: "Deleted", 9: "Signed in"}
    for flag, name in kinds.items():
        LogEntry.objects.create(user=editor, action_flag=flag, object_repr=name)
    page = pages.read(desk.get("/admin/"))
    last = page.one(id="recent-actions-module")
    assert [item.text for item in last.all("li")] == ["Deleted: Deleted", "Changed: Changed", "Added: Added"]
