"""Figures appear exactly where everybody, or a voter, may see them: one walk over every surface that knows a poll."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from articles.models import Audience
from polls import connections, passes, tally
from polls.models import Poll
from tests import pages
from tests.factories import cast, make_article, make_poll, make_section, move, unguarded
from tests.readers import Reader

pytestmark = pytest.mark.django_db

STATES = ("draft", "scheduled", "open", "paused", "closed", "final")
CASES = ("always", "after_vote", "after_close", "from a past date", "from a future date", "staff")
# Numbers that stand nowhere else on a page: a leak is found by searching for them.
VOTES = ((1337, 719), (1447, 613), (1559, 541))

BALLOTS = """
WITH ballot AS (
  INSERT INTO polls_ballot (poll_id, voter_key, revision, digest, nonce, cast_at, xid, language, place, wording_version,
    audience, with_scripts, weaker_limit)
  SELECT %(poll)s, sha256(convert_to(%(option)s || ':' || n, 'UTF8')), 1, sha256('x'), substring(sha256('x') FOR 16),
    statement_timestamp(), pg_current_xact_id(), '', '', 1, '', false, false
  FROM generate_series(1, %(number)s) n RETURNING id
)
INSERT INTO polls_answer (ballot_id, poll_id, question_id, option_id)
SELECT id, %(poll)s, %(question)s, %(option)s FROM ballot
"""


def plant(poll, votes):
    """So many ballots for each option at once; the triggers that would judge each are not what is tested here."""
    question = poll.questions.get()
    with unguarded(), connection.cursor() as cursor:
        for option, number in zip(question.options.all(), votes, strict=True):
            cursor.execute(BALLOTS, {"poll": poll.pk, "question": question.pk, "option": option.pk, "number": number})


class Site:
    """One poll with its article, a reader who voted in it and an editor."""

    def __init__(self, case: str, **fields) -> None:
        now = timezone.now()
        shown = case if " " not in case else "from_date"
        date = {"from a past date": now - timedelta(days=1), "from a future date": now + timedelta(days=400)}.get(case)
        self.poll = make_poll("a-poll", options=["Left", "Right"], results_shown=shown, results_from=date, **fields)
        section = make_section("a-section")
        article = make_article("an-article", section=section, poll=self.poll)
        article.audiences.add(Audience.objects.get(slug="students"))
        make_article("within", section=section, body="<p>a</p><p>[[poll:a-poll]]</p>", days_ago=3)
        self.preview = f"/admin/articles/article/{article.pk}/preview/"
        self.voter, self.other, self.editor = Reader(), Client(), Client()
        assert self.voter.vote(self.poll, "Left").status_code == 201
        self.editor.force_login(User.objects.create_superuser("editor", password="editor-password"))
        taken = set(self.poll.questions.get().options.values_list("pk", flat=True)) | {self.poll.questions.get().pk}
        self.votes = next(votes for votes in VOTES if not taken & {*votes, sum(votes)})
        plant(self.poll, [self.votes[0] - 1, self.votes[1]])

    def turn(self, state: str) -> None:
        """Let the poll be in this state, counted and published."""
        now = timezone.now()
        day = timedelta(days=1)
        fields: dict[str, datetime | None] = {
            "published_at": now - day,
            "opens_at": now - day,
            "closes_at": now + day,
            "paused_at": None,
        }
        moved: dict[str, dict[str, datetime | None]] = {
            "draft": {"published_at": None},
            "scheduled": {"opens_at": now + day, "closes_at": now + 2 * day},
            "paused": {"paused_at": now},
            "closed": {"closes_at": now - timedelta(seconds=10)},
            "final": {"closes_at": now - timedelta(seconds=10)},
        }
        move(self.poll, **{**fields, **moved.get(state, {})})
        if state == "final":
            tally.finalise(self.poll.pk)
        tally.recount(self.poll.pk)
        tally.beat_heart()

    def public(self) -> dict[str, str]:
        """What everybody can be given, by the name of the surface."""
        addresses = {
            "article": "/articles/an-article/",
            "article with the poll in its body": "/articles/within/",
            "home": "/",
            "home in German": "/de/",
            "section": "/sections/a-section/",
            "audience": "/for/students/",
            "poll": "/polls/a-poll/",
            "poll in Arabic": "/ar/polls/a-poll/",
            "archive": "/polls/",
            "feed": "/feed/",
            "document": "/polls/a-poll/results.json",
            "document with a wrong pass": "/polls/a-poll/results.json?pass=x",
            "page of a vote that is none": "/polls/a-poll/mine/",
        }
        found = {name: self.other.get(address).content.decode() for name, address in addresses.items()}
        nobody = self.other.get("/polls/a-poll/mine/", headers={"Accept": "application/json"})
        found["vote that is none"] = nobody.content.decode()
        found["vote by nobody"] = self.vote(Reader())
        found["preview of the editor"] = self.editor.get(self.preview).content.decode()
        found["stream"] = self.in_redis("public")
        return found

    def personal(self) -> dict[str, str]:
        """What a voter can be given."""
        json_please = {"Accept": "application/json"}
        address = f"/polls/a-poll/results.json?pass={passes.issue('a-poll')}"
        return {
            "document with the pass": self.other.get(address).content.decode(),
            "page of my vote": self.voter.get("/polls/a-poll/mine/").content.decode(),
            "my vote": self.voter.get("/polls/a-poll/mine/", **json_please).content.decode(),
            "answer to my vote": self.vote(self.voter, "Left"),
            "refusal of another vote": self.vote(self.voter, "Right"),
            "stream with the pass": self.in_redis("voters"),
        }

    def vote(self, reader: Reader, choice: str = "Left") -> str:
        question = self.poll.questions.get()
        answer = reader.send_json(self.poll, {question.pk: [question.options.get(text=choice).pk]})
        return str(answer.content.decode())

    def in_redis(self, variant: str) -> str:
        return str(connections.cache().hget("results:a-poll", variant) or "")

    def figures_in(self, text: str) -> set[str]:
        """Which of the poll's figures a text holds, in any spelling."""
        left, right = self.votes
        percent = round(100 * left / (left + right))
        spelled: dict[str, list[int] | list[str]] = {
            "votes": [left, right],
            "base": [left + right],
            "percent": [f"{percent}%", f"{percent} per cent", f'"percent":{percent}', f'"percent": {percent}'],
        }
        found = set()
        for name, values in spelled.items():
            for value in values:
                ways = {str(value)}
                if isinstance(value, int):  # in every language's spelling
                    ways = {f"{value:,}".replace(",", mark) for mark in ("", ",", ".", " ", "\xa0", "\u202f", "’", "٬")}
                if any(re.search(rf"(?<![\w.]){re.escape(way)}(?!\d)", text) for way in ways):
                    found.add(name)
        if re.search(r'"(votes|percent|ballots|base|asked|set_aside|sums_to|sha256)":', text):
            found.add("keys")
        return found


FULL = {"votes", "base", "percent"}
DOCUMENT = FULL | {"keys"}
# What a surface shows where it may; every other surface shows no figure ever.
SHOWS = {
    "article": FULL,
    "article with the poll in its body": FULL,
    "poll": FULL,
    "poll in Arabic": FULL,
    "archive": {"base"},
    "feed": FULL,
    "document": DOCUMENT,
    "document with a wrong pass": DOCUMENT,
    "page of a vote that is none": FULL,
    "preview of the editor": FULL,
    "stream": DOCUMENT,
    "document with the pass": DOCUMENT,
    "page of my vote": FULL,
    "answer to my vote": DOCUMENT,
    "stream with the pass": DOCUMENT,
}


def may_see(case, state, *, voter):
    """The rule in the words of the issue, written down a second time."""
    if state in ("draft", "scheduled"):
        return False
    closed = state in ("closed", "final")
    return {
        "always": True,
        "after_vote": closed or voter,
        "after_close": closed,
        "from a past date": True,
        "from a future date": False,
        "staff": False,
    }[case]


def expected(name, case, state, *, voter):
    if name in ("home", "home in German"):  # the poll beside the lead is an open one
        return FULL if state == "open" and may_see(case, state, voter=voter) else set()
    if state == "draft" and name in ("stream", "stream with the pass"):
        return set()
    return SHOWS.get(name, set()) if may_see(case, state, voter=voter) else set()


def walk(site, case, states=STATES, *, enough=True):
    """Every surface in every state: what it shows and what it should."""
    shows, should = {}, {}
    for state in states:
        site.turn(state)
        for voter, surfaces in ((False, site.public()), (True, site.personal())):
            for name, text in surfaces.items():
                shows[state, name] = site.figures_in(text)
                should[state, name] = expected(name, case, state, voter=voter) if enough else set()
    return shows, should


@pytest.mark.parametrize("case", CASES)
def test_figures_stand_exactly_where_they_may_be_seen(case, redis_cache):
    shows, should = walk(Site(case), case)
    assert {at: found for at, found in shows.items() if found != should[at]} == {}


@pytest.mark.parametrize("case", CASES)
def test_below_the_smallest_base_no_figure_stands_anywhere(case, redis_cache):
    shows, should = walk(Site(case, minimum_base=10_000), case, ("open", "closed", "final"), enough=False)
    assert {at: found for at, found in shows.items() if found} == {}
    assert set(shows) == set(should)


@pytest.mark.parametrize("case", CASES)
def test_before_the_first_step_is_full_no_figure_stands_anywhere(case, redis_cache):
    shows, _ = walk(Site(case, step=10_000), case, ("open", "closed"), enough=False)
    assert {at: found for at, found in shows.items() if found} == {}


def test_the_search_finds_every_figure_that_is_there(redis_cache):
    site = Site("always")
    site.turn("open")
    left, right = site.votes
    planted = {
        f"<td>{left}</td>": {"votes"},
        f"{right:,} votes": {"votes"},
        f"<strong>{left + right:,} readers": {"base"},
        "(65%)" if site.votes == VOTES[0] else f"({round(100 * left / (left + right))}%)": {"percent"},
        '{"ballots":0}': {"keys"},
        f"12:00:00.{left}+00:00 v{left} {left}0": set(),
    }
    assert {text: site.figures_in(text) for text in planted} == planted


def test_a_question_that_few_answered_is_withheld_by_itself_on_every_surface(redis_cache):
    poll = make_poll(
        "a-poll",
        questions=[{"text": "One?", "options": ["A", "B"]}, {"text": "Two?", "options": ["C", "D"], "required": False}],
        minimum_base=5,
    )
    make_article("an-article", poll=poll)
    for number in range(7):
        cast(poll, "A", "C" if number < 3 else [])
    tally.recount(poll.pk)
    tally.beat_heart()
    document = json.loads(tally.results("a-poll"))
    assert ["base" in question for question in document["questions"]] == [True, False]
    assert ["votes" in option for question in document["questions"] for option in question["options"]] == [
        True,
        True,
        False,
        False,
    ]
    card = pages.read(Client().get("/polls/a-poll/")).one("section", class_="poll")
    assert [count.text for count in card.all("span", class_="count")] == ["7 (100%)", "0 (0%)", "", ""]
    assert [sentence.text for sentence in card.all(class_="base-sentence")] == [
        "Base: 7 voters.",
        "Too few readers have answered this question for its figures to be shown.",
    ]
    assert "None" not in [cell.text for cell in pages.read(Client().get("/polls/a-poll/")).all("td")]
    assert pages.read(Client().get("/articles/an-article/")).all("span", class_="count") == []
    assert "None" not in Client().get("/feed/").content.decode()


def test_a_reader_who_has_not_voted_cannot_tell_from_the_document_that_others_vote(redis_cache):
    poll = make_poll("a-poll", results_shown="after_close")
    tally.recount(poll.pk)
    tally.beat_heart()
    before = Client().get("/polls/a-poll/results.json")
    for choice in ("Yes", "No", "Yes"):
        Reader().vote(poll, choice)
        tally.recount(poll.pk)
    tally.beat_heart()
    after = Client().get("/polls/a-poll/results.json")
    assert (after.content, after["ETag"]) == (before.content, before["ETag"])
    assert Poll.objects.get().ballots.count() == 3
