"""What the site does while a part of it is away and nobody starts it again."""

from __future__ import annotations

import contextlib
import json
import random
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from polls.ratelimit import REDIS_PAUSE
from tests.chaos.faults import without
from tests.chaos.load import Answer, Browser, Journal, Voter, probe
from tests.stack import Stack, until

pytestmark = pytest.mark.stack

SLUG = "us-aims-open"
PAGES = ("/", "/articles/what-washington-wants/", f"/polls/{SLUG}/", "/polls/", "/account/login/")


@pytest.fixture
def voters(stack: Stack, tmp_path: Path) -> Any:
    """New readers of the demo's open poll, one after another."""
    journal, chance = Journal(tmp_path / "votes-1.jsonl"), random.Random(1)
    return (Voter(f"reader-{number}", stack.base_url, journal, chance) for number in range(100))


def description(stack: Stack) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def read() -> bool:
        """The document; none while what another test killed comes back, even if it was there a moment before."""
        with (
            contextlib.suppress(urllib.error.HTTPError, OSError),
            urllib.request.urlopen(f"{stack.base_url}/polls/{SLUG}/results.json", timeout=10) as answer,
        ):
            found.append(json.load(answer))
        return bool(found)

    stack.until_running()
    until(read)
    document = found[0]
    questions = [
        {"id": question["id"], "most": 1, "options": [option["id"] for option in question["options"]]}
        for question in document["questions"]
    ]
    return {"slug": SLUG, "may_change": False, "questions": questions}


def vote(voter: Voter, poll: dict[str, Any], choice: dict[int, list[int]]) -> Answer:
    """One vote, not repeated whatever comes of it."""
    assert voter.browser.cookie or voter.get_cookie(poll)
    return voter.post(poll, choice, replaces=None)


def confirmed_vote(voter: Voter, poll: dict[str, Any]) -> Answer:
    """One vote, sent again while it is not confirmed: a busy machine may keep it waiting longer than it waits."""
    choice = voter.answers(poll)
    answers: list[Answer] = []

    def confirmed() -> bool:
        answers.append(vote(voter, poll, choice))
        return answers[-1].status != 503

    until(confirmed)
    return answers[-1]


def ballots(stack: Stack) -> int:
    """What the site shows; -1 where it shows nothing just now."""
    return int(probe(stack.base_url, SLUG).get("ballots", -1))


def settled(stack: Stack) -> int:
    """How many ballots there are, once everything runs and the site shows them: whoever voted before is counted."""
    stack.until_running()
    time.sleep(REDIS_PAUSE)  # so long the limiter does without a Redis that was away
    with stack.database() as database:
        row = database.execute(
            "SELECT count(*) FROM polls_ballot b JOIN polls_poll p ON p.id = b.poll_id WHERE p.slug = %s", [SLUG]
        ).fetchone()
    assert row
    until(lambda: ballots(stack) == row[0])
    return int(row[0])


def marked(stack: Stack) -> list[bool]:
    """Whether the limit was the weaker one, for the last three ballots."""
    with stack.database() as database:
        rows = database.execute("SELECT weaker_limit FROM polls_ballot ORDER BY id DESC LIMIT 3").fetchall()
    return [weaker for (weaker,) in rows]


@pytest.mark.parametrize(
    "away",
    [("worker", "beat", "broker", "cache"), ("cache",), ("worker", "beat")],
    ids=["Redis and Celery", "Redis", "Celery"],
)
def test_votes_and_results_still_work_without(stack: Stack, voters: Any, away: tuple[str, ...]) -> None:
    poll = description(stack)
    before = settled(stack)
    with without(stack, *away):
        for number in (1, 2, 3):
            voter = next(voters)
            voter.scripted = number != 3
            answer = confirmed_vote(voter, poll)
            assert answer.status in ((200, 201) if voter.scripted else (303,))
            until(lambda: ballots(stack) == before + number)  # noqa: B023 - called here
        until(lambda: [Browser(stack.base_url).ask("GET", page).status for page in PAGES] == [200] * len(PAGES))
        mine = voter.browser.ask("GET", f"/polls/{SLUG}/mine/", headers={"Accept": "application/json"})
        assert json.loads(mine.body)["voted"] is True
        assert marked(stack) == [True] * 3 if "cache" in away else True
        while "cache" not in away and all(marked(stack)):
            # On a busy machine one vote or another waits too long for a Redis that is there, and is marked as well.
            time.sleep(REDIS_PAUSE)
            assert confirmed_vote(next(voters), poll).status in (200, 201, 303)
            before += 1
    stack.until_running()
    # The process that did not count the last vote may give its own count for a second more, as any cache may.
    until(lambda: ballots(stack) == before + 3)


def test_without_postgres_nothing_is_confirmed_and_the_same_vote_counts_afterwards(stack: Stack, voters: Any) -> None:
    poll = description(stack)
    scripted, plain = next(voters), next(voters)
    scripted.scripted, plain.scripted = True, False
    choice = scripted.answers(poll)
    for voter in (scripted, plain):
        assert voter.get_cookie(poll)
    before = settled(stack)
    with without(stack, "postgres"):
        told, page = vote(scripted, poll, choice), vote(plain, poll, choice)
        assert (told.status, json.loads(told.body)["error"]["code"]) == (503, "unconfirmed")
        assert (page.status, "not confirmed yet" in page.body.decode()) == (503, True)
        assert told.headers["Retry-After"] == page.headers["Retry-After"] == "3"
        shown = probe(stack.base_url, SLUG)
        assert (shown["status"], shown["ballots"]) == (200, before)
        until(lambda: probe(stack.base_url, SLUG).get("delayed") is True)
    stack.until_running()
    until(lambda: vote(scripted, poll, choice).status == 201)
    until(lambda: vote(plain, poll, choice).status == 303)
    assert vote(scripted, poll, choice).status == 200, "the same answers again give the same receipt"
    until(lambda: ballots(stack) == before + 2)
