"""One voter at many doors at the same moment: one ballot, one fresh receipt, and everybody told the same."""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.utils import ProgrammingError

from polls import counting, tally, voting
from polls.models import Answer, Ballot, Poll, SetAside
from polls.paper import Paper
from polls.voting import AlreadyVoted, NotOpen, Receipt, Unconfirmed, cast_ballot, find_receipt
from tests.factories import as_given, cast, make_poll, paper_of, unguarded, voter
from tests.polls.crowd import at_once
from tests.stack import Stack

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, TRIES = 50, 20


def confirmed(**vote: Any) -> Receipt:
    """A vote, sent again for as long as it waited too long for the others and was not confirmed, as pages do it."""
    while True:
        try:
            return cast_ballot(**vote)
        except Unconfirmed:
            continue


class Storm:
    """A thousand posts of one voter with mixed options, and what each was told."""

    def __init__(self, poll: Poll) -> None:
        self.poll, self.paper, self.key = poll, paper_of(poll), voter("me")
        self.fresh: list[Receipt] = []
        self.same: list[Receipt] = []
        self.refused: list[Receipt] = []

    def run(self) -> None:
        at_once(*[self._thread(number) for number in range(THREADS)])

    def _thread(self, number: int) -> Any:
        (question,) = self.paper.questions
        options = list(question.options)

        def posts() -> None:
            for attempt in range(TRIES):
                given = as_given({question.id: [options[(number + attempt) % len(options)]]})
                try:
                    receipt = confirmed(paper=self.paper, voter_key=self.key, given=given)
                except AlreadyVoted as refusal:
                    self.refused.append(refusal.receipt)
                else:
                    (self.fresh if receipt.fresh else self.same).append(receipt)

        return posts


def judge(storm: Storm) -> None:
    ballot = Ballot.objects.get(poll=storm.poll)
    assert [answer.option_id for answer in Answer.objects.all()] == [ballot.answers.get().option_id]
    (fresh,) = storm.fresh
    told = {(receipt.code, receipt.counted_at) for receipt in (*storm.fresh, *storm.same, *storm.refused)}
    assert told == {(fresh.code, ballot.cast_at)}
    assert len(storm.same) + len(storm.refused) == THREADS * TRIES - 1
    assert storm.same
    assert storm.refused
    assert all(receipt.choice == fresh.choice for receipt in storm.same)


def test_a_thousand_posts_of_one_voter_make_one_ballot() -> None:
    storm = Storm(make_poll(options=["a", "b", "c"]))
    storm.run()
    judge(storm)


@pytest.mark.long
@pytest.mark.parametrize("_round", range(30))
def test_again_and_again_a_thousand_posts_of_one_voter_make_one_ballot(_round: int) -> None:
    storm = Storm(make_poll(options=["a", "b", "c"]))
    storm.run()
    judge(storm)


@pytest.fixture
def without_ballot_once() -> Iterator[None]:
    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    run("ALTER TABLE polls_ballot DROP CONSTRAINT ballot_once")
    try:
        yield
    finally:
        with unguarded():
            run("TRUNCATE polls_ballot CASCADE")
        run("ALTER TABLE polls_ballot ADD CONSTRAINT ballot_once UNIQUE (poll_id, voter_key, revision)")


@pytest.mark.usefixtures("without_ballot_once")
def test_without_the_constraint_a_look_before_the_insert_lets_several_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same storm and the usual mistake."""
    looks_first = voting.CAST.replace("ON CONFLICT (poll_id, voter_key, revision) DO NOTHING", "").replace(
        "FOR KEY SHARE OF p",
        "AND NOT EXISTS (SELECT FROM polls_ballot WHERE poll_id = p.id AND voter_key = %(voter_key)s) FOR KEY SHARE",
    )
    monkeypatch.setattr(voting, "CAST", looks_first)
    storm = Storm(make_poll(options=["a", "b", "c"]))
    storm.run()
    assert Ballot.objects.count() > 1
    with pytest.raises((AssertionError, Ballot.MultipleObjectsReturned)):
        judge(storm)


@pytest.mark.usefixtures("without_ballot_once")
def test_without_the_constraint_the_real_statement_counts_nobody() -> None:
    poll = make_poll()
    with pytest.raises(ProgrammingError, match="no unique or exclusion constraint"):
        cast(poll)
    assert Ballot.objects.count() == 0


# --- changes --------------------------------------------------------------------------------------------------------


def changes(paper: Paper, key: bytes, seed: int, outcomes: list[Receipt]) -> Any:
    """A browser tab that changes the vote again and again, from whatever stands when it looks."""
    (question,) = paper.questions
    chance = random.Random(seed)

    def tab() -> None:
        for _ in range(15):
            standing = find_receipt(poll_id=paper.poll_id, voter_key=key)
            given = as_given({question.id: [chance.choice(list(question.options))]})
            try:
                receipt = confirmed(
                    paper=paper, voter_key=key, given=given, replaces=standing.revision if standing else None
                )
            except AlreadyVoted:
                continue
            if receipt.fresh:
                outcomes.append(receipt)

    return tab


def test_of_the_changes_of_one_voter_in_many_tabs_exactly_one_ballot_counts_at_every_moment() -> None:
    poll = make_poll(options=["a", "b", "c"], may_change=True)
    sheet, key = paper_of(poll), voter("me")
    cast(poll, "a", by=key)
    outcomes: list[Receipt] = []
    counted: Counter[int] = Counter()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            counted[counting.count(poll).ballots] += 1
        connection.close()

    tabs = [changes(sheet, key, seed, outcomes) for seed in range(20)]
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        at_once(*tabs)
    finally:
        done.set()
        watcher.join()
    assert set(counted) == {1}
    assert counted[1]
    revisions = sorted(Ballot.objects.values_list("revision", flat=True))
    assert revisions == list(range(1, len(outcomes) + 2))
    assert len(outcomes) > 10
    assert SetAside.objects.filter(rule="replaced").count() == len(outcomes)
    last = find_receipt(poll_id=poll.pk, voter_key=key)
    assert last
    assert last.code in {receipt.code for receipt in outcomes}
    document = json.loads(tally.recount(poll.pk, wait=True).public)  # type: ignore[union-attr]
    votes = {option["id"]: option["votes"] for option in document["questions"][0]["options"]}
    assert {option for option, number in votes.items() if number} == set(last.choice[sheet.questions[0].id])
    assert sum(votes.values()) == 1


def test_two_changes_of_the_same_ballot_at_the_same_moment_are_one() -> None:
    poll = make_poll(options=["a", "b", "c"], may_change=True)
    for number in range(10):
        cast(poll, "a", by=number)
        outcomes: list[object] = []

        def change(option: str, number: int = number, outcomes: list[object] = outcomes) -> Any:
            def work() -> None:
                try:
                    outcomes.append(cast(poll, option, by=number, replaces=1).revision)
                except (AlreadyVoted, NotOpen) as refusal:
                    outcomes.append(type(refusal))

            return work

        at_once(change("b"), change("c"))
        assert sorted(outcomes, key=str) == [2, AlreadyVoted]
    assert Ballot.objects.count() == 20


# --- by HTTP --------------------------------------------------------------------------------------------------------


class Browser:
    """One browser that sends the same vote with other options again and again."""

    def __init__(self, base_url: str, slug: str) -> None:
        self.base_url, self.path = base_url.removeprefix("http://"), f"/polls/{slug}/vote/"
        self.told: list[tuple[int, str]] = []
        self.cookie = ""

    def post(self, question: int, option: int, door: http.client.HTTPConnection) -> tuple[int, dict[str, Any]]:
        body = json.dumps({"answers": {question: [option]}, "again": bool(self.cookie)})
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        door.request("POST", self.path, body, headers)
        answer = door.getresponse()
        self.cookie = self.cookie or answer.headers["Set-Cookie"].split(";")[0]
        return answer.status, json.loads(answer.read())

    def storm(self, question: int, options: list[int], *, threads: int, tries: int) -> None:
        status, _body = self.post(question, options[0], http.client.HTTPConnection(self.base_url))
        assert (status, self.cookie[:6]) == (428, "voter-")

        def posts(number: int) -> Any:
            def work() -> None:
                door = http.client.HTTPConnection(self.base_url, timeout=120)
                for attempt in range(tries):
                    status = 503
                    while status == 503:  # it waited too long for the others; pages send it again
                        status, body = self.post(question, options[(number + attempt) % len(options)], door)
                    self.told.append((status, body["receipt"] if status < 400 else body["mine"]["receipt"]))
                door.close()

            return work

        at_once(*[posts(number) for number in range(threads)])

    def judge(self, ballots: int) -> None:
        statuses = Counter(status for status, _receipt in self.told)
        assert statuses[201] == 1
        assert set(statuses) == {201, 200, 409}
        assert len({receipt for _status, receipt in self.told}) == 1
        assert ballots == 1


def test_by_http_many_posts_of_one_browser_make_one_ballot(live_server: Any, settings: Any) -> None:
    settings.VOTE_LIMITS_VOTER = settings.VOTE_LIMITS_NETWORK = ["10000/60"]
    poll = make_poll(options=["a", "b", "c"])
    (question,) = paper_of(poll).questions
    browser = Browser(live_server.url, poll.slug)
    browser.storm(question.id, list(question.options), threads=20, tries=10)
    browser.judge(Ballot.objects.count())
    connections.close_all()


@pytest.mark.long
@pytest.mark.stack
def test_on_the_running_site_a_thousand_posts_of_one_browser_make_one_ballot(tmp_path: Path) -> None:
    with Stack(tmp_path / "var", VOTE_LIMITS_VOTER="9999/60", VOTE_LIMITS_NETWORK="9999/60") as site:
        with site.database() as database:
            asked = "SELECT o.question_id, o.id FROM polls_option o JOIN polls_question q ON q.id = o.question_id"
            rows = database.execute(
                f"{asked} JOIN polls_poll p ON p.id = q.poll_id WHERE slug = 'us-aims-open'"
            ).fetchall()
            before = database.execute("SELECT count(*) FROM polls_ballot").fetchone()
            browser = Browser(site.base_url, "us-aims-open")
            browser.storm(rows[0][0], [option for _question, option in rows], threads=50, tries=20)
            after = database.execute("SELECT count(*) FROM polls_ballot").fetchone()
        assert before
        assert after
        browser.judge(after[0] - before[0])
