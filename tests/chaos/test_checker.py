"""The checker sees what it is there to see: each planted error fails the check that is named for it, and no other."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from polls.models import Answer, Ballot, Poll
from tests.chaos import checker, load, polls
from tests.factories import cast, move, unguarded


@dataclass
class World:
    """A few votes by the real door, and what was written down of them."""

    journals: Path
    site: str
    polls: list[dict[str, Any]]

    def failing(self, *, settle: float = 4) -> set[str]:
        """The names of the checks that found something."""
        given = connection.settings_dict
        database = f"host={given['HOST']} user={given['USER']} dbname={given['NAME']}"
        _, problems = checker.check(self.journals, database, self.site, settle=settle)
        return {name.split()[0] for name, found in problems.items() if found}

    def write(self, journal: str, **line: Any) -> None:
        load.Journal(self.journals / journal).write(**line)

    def attempts(self) -> list[dict[str, Any]]:
        """What was sent and acknowledged, as it stands in the journal."""
        found = list(checker.lines(self.journals, "votes-*.jsonl"))
        sent = {line["attempt"]: line for line in found if line["event"] == "send"}
        return [{**sent[line["attempt"]], **line} for line in found if line["event"] == "acked" and "receipt" in line]

    def write_attempt(self, like: dict[str, Any], event: str, **more: Any) -> None:
        """One more vote of a known reader, with an outcome of our invention."""
        attempt = f"planted {event}"
        names = ("voter", "poll", "cookie", "answers")
        self.write("votes-planted.jsonl", event="send", attempt=attempt, **{name: like[name] for name in names})
        self.write("votes-planted.jsonl", event=event, attempt=attempt, **more)


@pytest.fixture
def world(transactional_db: None, live_server: Any, tmp_path: Path, redis_cache: Redis) -> World:
    found = World(tmp_path, live_server.url, polls.make(closing=3600)[:5])
    journal, chance, pace = load.Journal(tmp_path / "votes-1.jsonl"), random.Random(7), load.Pace(1000)
    for number in range(4):
        load.Voter(f"voter-{number}", live_server.url, journal, chance).visit(found.polls, pace)
    for poll in found.polls:
        found.write("figures-1.jsonl", event="asked", **load.probe(live_server.url, poll["slug"]))
    return found


def lose_a_vote(world: World) -> None:
    with unguarded():
        ballot = Ballot.objects.filter(set_aside=None, poll__slug="once").first()
        assert ballot
        Answer.objects.filter(ballot=ballot).delete()
        ballot.delete()


def acknowledge_what_was_never_stored(world: World) -> None:
    like = {**world.attempts()[0], "voter": "nobody", "cookie": "voter-1=0.nobody.0"}
    world.write_attempt(like, "acked", receipt="AAAA-BBBB-CCCC-DDDD", choice=like["answers"])


def acknowledge_another_choice(world: World) -> None:
    like = world.attempts()[0]
    question, options = next(iter(like["answers"].items()))
    other = {**like, "answers": {**like["answers"], question: [options[0] + 1000]}}
    world.write_attempt(other, "acked", receipt=like["receipt"], choice=other["answers"])


def store_what_nobody_sent(world: World) -> None:
    cast(Poll.objects.get(slug="once"), by="a stranger")


def count_a_voter_twice(world: World) -> None:
    with unguarded():
        ballot = Ballot.objects.filter(set_aside=None, poll__slug="once").first()
        assert ballot
        former, ballot.pk, ballot.revision = ballot.pk, None, 2
        ballot.save(force_insert=True)
        for answer in Answer.objects.filter(ballot=former):
            answer.pk, answer.ballot = None, ballot
            answer.save(force_insert=True)


def publish_a_wrong_sum(world: World) -> None:
    keep_what_is_published(world)
    with Redis.from_url(settings.REDIS_URL, decode_responses=True) as redis:
        document = json.loads(str(redis.hget("results:once", "public")))
        document["questions"][0]["options"][0]["votes"] += 1
        redis.hset("results:once", "public", json.dumps(document, separators=(",", ":")))


def keep_what_is_published(world: World) -> None:
    """As if the counting service were at work, so that nobody who reads counts anew."""
    world.failing()  # counts
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.set("tick", time.time() + 3600)


def leave_an_outcome_unknown(world: World) -> None:
    like = {**world.attempts()[0], "voter": "nobody", "cookie": "voter-1=0.nobody.0"}
    world.write_attempt(like, "unknown", why="no answer")


def accept_a_vote_after_closing(world: World) -> None:
    first = Ballot.objects.filter(poll__slug="once").order_by("-cast_at").first()
    assert first
    move(first.poll, closes_at=first.cast_at)


def show_an_older_version(world: World) -> None:
    for line in two_answers(apart=6):
        world.write("figures-1.jsonl", **line)


def store_what_was_refused(world: World) -> None:
    world.write_attempt(world.attempts()[0], "refused", status=403, code="closed")


def give_no_results(world: World) -> None:
    world.write("figures-1.jsonl", **NO_ANSWER)


PLANTS: dict[Callable[[World], None], str] = {
    acknowledge_what_was_never_stored: "C1",
    leave_an_outcome_unknown: "C5",
    show_an_older_version: "C7",
    store_what_was_refused: "C9",
    give_no_results: "C10",
    store_what_nobody_sent: "C2",
    count_a_voter_twice: "C3",
    accept_a_vote_after_closing: "C6",
    publish_a_wrong_sum: "C4",
}


def test_an_honest_world_passes_and_each_planted_error_fails_the_check_named_for_it(world: World) -> None:
    assert len(world.attempts()) > 12
    assert world.failing(settle=60) == set()
    found = set()
    for plant, name in PLANTS.items():
        plant(world)
        found.add(name)
        assert world.failing() == found


@pytest.mark.parametrize("plant", [lose_a_vote, acknowledge_another_choice])
def test_a_vote_that_is_lost_or_altered_is_found(world: World, plant: Callable[[World], None]) -> None:
    plant(world)
    assert world.failing() == {"C1"}


NO_ANSWER = {"poll": "once", "asked_at": 100.0, "answered_at": 101.0, "status": 0, "why": "refused"}


def two_answers(*, apart: float) -> list[dict[str, Any]]:
    """A version, and some seconds later an older one."""
    common = {"poll": "once", "status": 200, "as_of": "2026-11-22T12:00:00+00:00"}
    return [
        {**common, "asked_at": at, "answered_at": at + 0.1, "version": version}
        for at, version in ((1.0, 5), (1.1 + apart, 4))
    ]


@pytest.mark.parametrize(("apart", "found"), [(6.0, 1), (4.0, 0)])
def test_an_answer_as_old_as_a_cache_may_keep_it_is_no_step_back(apart: float, found: int) -> None:
    evidence: Any = SimpleNamespace(probes=two_answers(apart=apart))
    assert len(list(checker.versions_never_go_back(evidence))) == found


@pytest.mark.parametrize(
    ("kind", "at", "found"),
    [
        ("web parent", 99.0, 0),
        ("postgres tree", 99.0, 0),
        ("web parent", 101.5, 1),
        ("cache", 99.0, 1),
        ("beat", 99.0, 1),
    ],
)
def test_results_may_be_missing_only_while_web_or_postgres_is_away(kind: str, at: float, found: int) -> None:
    evidence: Any = SimpleNamespace(probes=[NO_ANSWER], faults=[{"kind": kind, "at": at, "over": 102.0}])
    assert len(list(checker.results_always_answered(evidence))) == found
