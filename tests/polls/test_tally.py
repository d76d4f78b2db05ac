"""The count and its one document: what it says, when it moves, whom it tells, and what stays when parts fail."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import get_language, override

from polls import connections, counting, tally, visibility
from polls.models import Ballot, CarriedVotes, Poll, SetAside, Tally, TallyHistory
from polls.voting import cast_ballot
from tests.factories import (
    answers,
    as_given,
    cast,
    cast_many,
    close,
    finalise,
    make_poll,
    move,
    paper_of,
    unguarded,
    voter,
)
from tests.polls.crowd import another_session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_cache")]
in_the_open = pytest.mark.django_db(transaction=True)
FOUR = ["Oil", "Arms", "Ports", "Nothing"]


def counted(poll: Poll) -> Tally:
    done = tally.recount(poll.pk, wait=True)
    assert done
    return done


def public(poll: Poll) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(counted(poll).public)
    return document


def voters(poll: Poll) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(counted(poll).voters)
    return document


def votes(document: dict[str, Any]) -> list[list[int]]:
    return [[option["votes"] for option in question["options"]] for question in document["questions"]]


# --- what it says ---------------------------------------------------------------------------------------------------


def test_the_document_of_an_open_poll_says_this_and_nothing_else() -> None:
    poll = make_poll("libya", options=FOUR, text="What does it want?", note="A note.")
    cast_many(poll, [33, 30, 24, 21])
    stored = counted(poll)
    question = poll.questions.get()
    options = list(question.options.all())
    assert json.loads(stored.public) == {
        "poll": "libya",
        "state": "open",
        "opens_at": poll.opens_at.isoformat(),
        "closes_at": poll.closes_at.isoformat(),
        "delayed": False,
        "source": "ballots",
        "selection": "self-selected",
        "note": "A note.",
        "figures": {"shown": True},
        "ballots": 108,
        "set_aside": 0,
        "sha256": stored.sha256,
        "version": 1,
        "as_of": stored.as_of.isoformat(),
        "questions": [
            {
                "id": question.pk,
                "name": "q1",
                "text": "What does it want?",
                "type": "single",
                "asked": 108,
                "base": 108,
                "sums_to": 100,
                "too_close": True,
                "options": [
                    {"id": option.pk, "text": option.text, "votes": number, "percent": percent}
                    for option, number, percent in zip(options, [33, 30, 24, 21], [31, 28, 22, 19], strict=True)
                ],
            }
        ],
    }
    assert stored.voters == stored.public


def test_the_checksum_can_be_taken_again_from_the_document_alone() -> None:
    poll = make_poll(options=FOUR)
    cast_many(poll, [3, 2, 1, 0])
    document = public(poll)
    said = {
        "poll": document["poll"],
        "ballots": document["ballots"],
        "set_aside": document["set_aside"],
        "source": document["source"],
        "questions": {
            str(q["id"]): {
                "asked": q["asked"],
                "base": q["base"],
                "votes": {str(o["id"]): o["votes"] for o in q["options"]},
            }
            for q in document["questions"]
        },
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == document["sha256"]


def test_a_survey_is_counted_question_by_question() -> None:
    poll = make_poll(
        questions=[
            {"text": "One?", "options": ["a", "b"]},
            {"text": "Some?", "options": ["c", "d", "e"], "kind": "multiple", "required": False},
        ]
    )
    cast(poll, "a", ["c", "d"])
    cast(poll, "b", ["c"])
    cast(poll, "a")
    document = public(poll)
    assert votes(document) == [[2, 1], [2, 1, 0]]
    assert [(q["asked"], q["base"], q["sums_to"]) for q in document["questions"]] == [(3, 3, 100), (3, 2, 150)]
    assert [o["percent"] for o in document["questions"][1]["options"]] == [100, 50, 0]
    assert document["ballots"] == 3


def test_a_question_of_equal_counts_says_what_its_shares_sum_to() -> None:
    poll = make_poll(options=["a", "b", "c"])
    cast_many(poll, [1, 1, 1])
    (question,) = public(poll)["questions"]
    assert [o["percent"] for o in question["options"]] == [33, 33, 33]
    assert question["sums_to"] == 99


def test_a_poll_nobody_voted_in_shows_zeros() -> None:
    document = public(make_poll())
    assert votes(document) == [[0, 0]]
    assert (document["ballots"], document["questions"][0]["base"], document["questions"][0]["sums_to"]) == (0, 0, 0)


def test_a_ballot_set_aside_is_kept_told_of_and_not_counted() -> None:
    poll = make_poll()
    cast_many(poll, [2, 1])
    ballot = Ballot.objects.filter(poll=poll).first()
    assert ballot
    SetAside.objects.create(ballot=ballot, poll=poll, rule="network", reason="a script", who="editor")
    document = public(poll)
    assert (document["ballots"], document["set_aside"], votes(document)) == (2, 1, [[1, 1]])


def test_a_changed_vote_counts_once_and_is_no_ballot_set_aside() -> None:
    poll = make_poll(may_change=True)
    cast(poll, "Yes", by="me")
    cast(poll, "No", by="me", replaces=1)
    document = public(poll)
    assert (document["ballots"], document["set_aside"], votes(document)) == (1, 0, [[0, 1]])


def test_the_votes_of_a_former_site_are_carried_with_their_number_of_voters() -> None:
    poll = make_poll(options=["a", "b"], kind="multiple", state="closed")
    question = poll.questions.get()
    for option, number in zip([*question.options.all(), None], [5, 4, 7], strict=True):
        CarriedVotes.objects.create(poll=poll, question=question, option=option, votes=number)
    document = public(poll)
    assert (document["source"], document["ballots"], votes(document)) == ("carried", 7, [[5, 4]])


def test_equal_figures_have_the_same_checksum_whoever_voted_and_when() -> None:
    poll = make_poll(may_change=True)
    cast(poll, "Yes", by="one")
    cast(poll, "No", by="two")
    before = counted(poll)
    cast(poll, "No", by="one", replaces=1)
    between = counted(poll)
    cast(poll, "Yes", by="two", replaces=1)
    after = counted(poll)
    assert before.sha256 == after.sha256 != between.sha256
    assert (before.version, after.version) == (1, 3)


# --- when it moves --------------------------------------------------------------------------------------------------


def test_a_recount_that_finds_nothing_new_changes_no_byte() -> None:
    poll = make_poll()
    cast(poll)
    first = counted(poll)
    for _ in range(3):
        again = counted(poll)
        assert (again.public, again.voters, again.version) == (first.public, first.voters, first.version)
    assert again.checked_at > first.checked_at


def test_the_version_rises_with_figures_state_and_note() -> None:
    poll = make_poll()
    seen = [counted(poll).version]
    cast(poll)
    seen.append(counted(poll).version)
    Poll.objects.filter(pk=poll.pk).update(note="A note.")
    seen.append(counted(poll).version)
    Poll.objects.filter(pk=poll.pk).update(paused_at=timezone.now())
    seen.append(counted(poll).version)
    assert seen == [1, 2, 3, 4]


def test_each_state_is_kept_in_the_history_with_its_figures() -> None:
    poll = make_poll()
    counted(poll)
    cast(poll)
    counted(poll)  # within the hour: no row of its own
    close(poll)
    counted(poll)
    tally.finalise(poll.pk)
    history = TallyHistory.objects.filter(poll=poll).order_by("version")
    assert [(row.state, row.counts["ballots"]) for row in history] == [("open", 0), ("closed", 1), ("final", 1)]


def test_the_final_count_is_taken_once_and_not_before_five_seconds() -> None:
    poll = make_poll()
    cast(poll)
    close(poll, ago=4.0)
    assert tally.finalise(poll.pk) is None
    close(poll, ago=5.1)
    final = tally.finalise(poll.pk)
    assert final
    assert json.loads(final.public)["state"] == "final"
    assert tally.finalise(poll.pk) is None


def test_what_somebody_changed_or_the_clock_is_counted_again_without_a_hint() -> None:
    poll, other = make_poll(), make_poll()
    assert set(tally.changed_by_time()) == {poll.pk, other.pk}
    counted(poll)
    counted(other)
    assert tally.changed_by_time() == []
    Poll.objects.filter(pk=poll.pk).update(results_shown="staff")
    assert tally.changed_by_time() == [poll.pk]
    counted(poll)
    cast(poll)
    assert tally.changed_by_time() == []
    ballot = Ballot.objects.get(poll=poll)
    SetAside.objects.create(ballot=ballot, poll=poll, rule="network", reason="a script", who="editor")
    assert tally.changed_by_time() == [poll.pk]
    counted(poll)
    close(other)
    assert tally.changed_by_time() == [other.pk]


# --- whom it tells --------------------------------------------------------------------------------------------------

FIGURES = {"ballots", "set_aside", "sha256", "asked", "base", "sums_to", "votes", "percent"}


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys(inner)}
    return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"results_shown": "after_vote"}, "after_vote"),
        ({"results_shown": "after_close"}, "after_close"),
        ({"results_shown": "from_date", "results_from": timezone.now() + timedelta(days=1)}, "from_date"),
        ({"results_shown": "staff"}, "staff"),
        ({"minimum_base": 99}, "base"),
        ({"step": 10}, "base"),
    ],
)
def test_figures_that_are_hidden_are_absent_and_no_vote_moves_a_byte(fields: dict[str, Any], reason: str) -> None:
    poll = make_poll(**fields)
    first = counted(poll)
    document = json.loads(first.public)
    assert (document["figures"]["shown"], document["figures"]["reason"]) == (False, reason)
    assert keys(document) & FIGURES == set()
    for _ in range(4):
        cast(poll)
        again = counted(poll)
        assert again.public == first.public
        if reason != "after_vote":
            assert (again.voters, again.version) == (first.voters, first.version)


def test_the_document_is_the_same_in_whatever_language_its_count_was_caused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(visibility.REASONS, "staff", lazy(lambda: f"Hidden ({get_language()}).", str)())
    poll = make_poll(results_shown="staff")
    first = counted(poll)
    with override("fr"):
        again = counted(poll)
    assert (again.public, again.version) == (first.public, 1)
    assert json.loads(first.public)["figures"]["message"] == "Hidden (en)."


def test_whoever_voted_sees_what_others_do_not() -> None:
    poll = make_poll(results_shown="after_vote")
    cast(poll)
    stored = counted(poll)
    assert keys(json.loads(stored.public)) & FIGURES == set()
    assert votes(json.loads(stored.voters)) == [[1, 0]]


def test_a_question_that_few_answered_is_withheld_by_itself_and_so_is_its_checksum() -> None:
    poll = make_poll(
        minimum_base=3,
        questions=[{"options": ["a", "b"]}, {"text": "And?", "options": ["c", "d"], "required": False}],
    )
    for _ in range(3):
        cast(poll, "a")
    cast(poll, "b", "c")
    first = public(poll)
    shown, withheld = first["questions"]
    assert votes({"questions": [shown]}) == [[3, 1]]
    assert keys(withheld) & FIGURES == set()
    # The checksum says nothing of the one answer: with the other answer in its place it would be the same.
    said = counting.Count.from_stored(Tally.objects.get(poll=poll).counts)
    asked = said.questions[withheld["id"]]
    other = {option: 1 - number for option, number in asked.votes.items()}
    swapped = replace(said, questions={**said.questions, withheld["id"]: replace(asked, votes=other)})
    assert said.sha256(poll.slug) != swapped.sha256(poll.slug)
    assert said.without_small(3).sha256(poll.slug) == swapped.without_small(3).sha256(poll.slug) == first["sha256"]


# --- the step -------------------------------------------------------------------------------------------------------


class Walk:
    """A poll played at random, and what was published of it; `truth` holds who was in each count."""

    def __init__(self, seed: int, *, step: int, shown: str = "always", watched: bool = False) -> None:
        self.watched = watched
        self.random = random.Random(seed)
        self.poll = make_poll(
            questions=[
                {"options": ["a", "b", "c"]},
                {"text": "And?", "options": ["d", "e"], "kind": "multiple", "required": False},
            ],
            step=step,
            may_change=True,
            results_shown=shown,
        )
        self.paper = paper_of(self.poll)
        self.revisions: dict[int, int] = {}
        self.truth: dict[str, set[tuple[bytes, bytes]]] = {}
        self.published: list[dict[str, Any]] = []

    def play(self, moves: int) -> None:
        actions = [self.vote, self.vote, self.vote, self.change, self.count, self.pause]
        for _ in range(moves):
            self.random.choice(actions)()
        self.end()

    def vote(self) -> None:
        self.revisions[len(self.revisions)] = 1
        self._cast(len(self.revisions) - 1, None)

    def change(self) -> None:
        if self.revisions:
            number = self.random.randrange(len(self.revisions))
            self._cast(number, self.revisions[number])
            self.revisions[number] += 1

    def _cast(self, number: int, replaces: int | None) -> None:
        chosen = self.random.choice("abc"), self.random.choice([[], ["d"], ["e"], ["d", "e"]])
        given = as_given(answers(self.poll, *chosen))
        cast_ballot(paper=self.paper, voter_key=voter(number), given=given, replaces=replaces)
        if self.watched:
            self.count()

    def count(self) -> None:
        done = counted(self.poll)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT voter_key, digest FROM polls_ballot b WHERE poll_id = %s"
                " AND NOT EXISTS (SELECT FROM polls_setaside s WHERE s.ballot_id = b.id)",
                [self.poll.pk],
            )
            self.truth[done.checked_at.isoformat()] = {(bytes(key), bytes(digest)) for key, digest in cursor}
        for text in (done.public, done.voters):
            document = json.loads(text)
            if document["figures"]["shown"] and document not in self.published:
                self.published.append(document)

    def pause(self) -> None:
        Poll.objects.filter(pk=self.poll.pk).update(paused_at=timezone.now())
        self.count()
        Poll.objects.filter(pk=self.poll.pk).update(paused_at=None)

    def end(self) -> None:
        """Closing: a first count, the votes that were still under way, another count, the final one."""
        late = [self.random.choice("abc") for _ in range(self.random.randrange(3))]
        with unguarded():
            Poll.objects.filter(pk=self.poll.pk).update(closes_at=timezone.now())
        self.count()
        with unguarded():
            Poll.objects.filter(pk=self.poll.pk).update(closes_at=timezone.now() + timedelta(hours=1))
        for choice in late:
            self.revisions[len(self.revisions)] = 1
            cast(self.poll, choice, by=len(self.revisions) - 1)
        close(self.poll)
        if self.random.random() < 0.5:
            self.count()
        with unguarded():
            Poll.objects.filter(pk=self.poll.pk).update(finalised_at=timezone.now())
        self.count()

    def differences(self) -> list[int]:
        """How many voters stand behind each step from one published count to the next, from nothing on."""
        sets = [set(), *(self.truth[document["as_of"]] for document in self._counts())]
        return [len({key for key, _digest in before ^ after}) for before, after in pairwise(sets)]

    def recovered(self) -> int:
        """Ballots that an onlooker reads out of the published sequence: a difference that is one ballot's own."""
        found = 0
        former = Counter[int]()
        for document in self._counts():
            now = Counter({o["id"]: o["votes"] for q in document["questions"] for o in q["options"] if "votes" in o})
            gone, come = former - now, now - former
            (first,) = document["questions"][:1]
            single = {option["id"] for option in first["options"]}
            found += sum(come[o] for o in single) == 1 and sum(gone[o] for o in single) <= 1
            former = now
        return found

    def _counts(self) -> list[dict[str, Any]]:
        """The published documents, without those in which only the state moved."""
        kept: list[dict[str, Any]] = []
        for document in self.published:
            if not kept or kept[-1]["as_of"] != document["as_of"]:
                kept.append(document)
        return kept


def walk(seed: int, **how: Any) -> Walk:
    played = Walk(seed, **how)
    played.play(moves=120)
    return played


@pytest.mark.parametrize(("seed", "shown"), [(0, "always"), (1, "always"), (2, "after_vote")])
def test_no_two_published_counts_of_a_poll_in_steps_differ_by_fewer_than_a_step(seed: int, shown: str) -> None:
    played = walk(seed, step=10, shown=shown)
    assert len(played.differences()) >= 3
    assert min(played.differences()) >= 10
    assert played.recovered() == 0
    assert all(document["ballots"] >= 10 for document in played.published)
    assert played.published[-1]["state"] == "final"
    assert played.published[-1]["ballots"] == len(played.revisions)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 160))
def test_no_single_ballot_can_be_read_out_of_many_random_polls_in_steps(seed: int) -> None:
    played = walk(seed, step=10)
    assert min(played.differences()) >= 10
    assert played.recovered() == 0


def test_single_ballots_can_be_read_out_of_a_poll_without_steps() -> None:
    """The negative control: the same onlooker, the same walk, a count after every vote."""
    played = walk(1, step=1, watched=True)
    assert played.recovered() > 30
    assert 1 in played.differences()
    assert walk(1, step=10, watched=True).recovered() == 0


def test_one_voter_who_changes_a_vote_ten_times_makes_no_step_alone() -> None:
    poll = make_poll(step=10, may_change=True)
    for number in range(20):
        cast(poll, by=number)
        counted(poll)
    before = counted(poll)
    assert json.loads(before.public)["ballots"] == 10
    cast(poll, "No", by="somebody else")
    for revision in range(1, 30):
        cast(poll, "No", by=0, replaces=revision)
        assert counted(poll).public == before.public


def test_a_vote_that_was_under_way_at_closing_cannot_be_told_from_the_closing_count() -> None:
    poll = make_poll(step=10)
    for _ in range(30):
        cast(poll)
    counted(poll)
    now = timezone.now()
    move(poll, closes_at=now)
    at_closing = public(poll)
    move(poll, closes_at=now + timedelta(hours=1))
    cast(poll, "No")  # was under way
    final = finalise(poll)
    shown = json.loads(Tally.objects.get(poll=final).public)
    assert at_closing["state"] == "closed"
    assert votes(shown) == [[30, 1]]
    assert at_closing.get("ballots", 0) <= 20


def test_fewer_votes_than_a_step_are_never_shown_not_even_at_the_end() -> None:
    poll = make_poll(step=10)
    for _ in range(9):
        cast(poll)
    counted(poll)
    finalise(poll)
    document = json.loads(Tally.objects.get(poll=poll).public)
    assert (document["state"], document["figures"]["reason"]) == ("final", "base")
    assert keys(document) & FIGURES == set()


# --- Redis: the ready-made copy -------------------------------------------------------------------------------------


def test_results_are_read_ready_made_and_touch_no_database(
    redis_cache: redis.Redis, django_assert_num_queries: Any
) -> None:
    poll = make_poll()
    cast(poll)
    stored = counted(poll)
    tally.beat_heart()
    with django_assert_num_queries(0):
        assert tally.results(poll.slug) == stored.public
        assert tally.results(poll.slug, voter=True) == stored.voters


def test_an_older_count_never_replaces_a_newer_one_and_news_is_told_once(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    first = counted(poll)
    with redis_cache.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe("live")
        channel.get_message(timeout=1)
        cast(poll)
        second = counted(poll)
        tally.publish(first)
        tally.publish(second)
        counted(poll)
        heard = []
        while message := channel.get_message(timeout=0.3):
            heard.append(json.loads(message["data"]))
    assert redis_cache.hget(f"results:{poll.slug}", "version") == b"2"
    assert heard == [{"poll": poll.slug, "version": 2, "public": second.public, "voters": second.voters}]


def test_a_redis_that_lost_everything_gets_the_same_bytes_back(redis_cache: redis.Redis) -> None:
    polls = [make_poll(), make_poll(results_shown="after_vote"), make_poll(state="closed")]
    cast(polls[0])
    for poll in polls:
        counted(poll)
    before = {key: redis_cache.hgetall(key) for key in redis_cache.keys("results:*")}
    redis_cache.flushdb()
    for poll in polls:
        counted(poll)
    tally.publish_missing()
    assert {key: redis_cache.hgetall(key) for key in redis_cache.keys("results:*")} == before
    assert len(before) == 3


def test_a_reader_puts_a_lost_document_back(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    stored = counted(poll)
    redis_cache.flushdb()
    tally.beat_heart()
    assert tally.results(poll.slug) == stored.public
    assert redis_cache.hget(f"results:{poll.slug}", "public") == stored.public.encode()


def test_drafts_and_unknown_polls_have_no_results() -> None:
    for slug in (make_poll(state="draft").slug, "nobody-knows"):
        with pytest.raises(Poll.DoesNotExist):
            tally.results(slug)


# --- what stays when parts fail -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_redis")
def test_without_redis_a_small_poll_is_counted_while_its_reader_waits() -> None:
    poll = make_poll()
    cast(poll, "Yes")
    assert votes(json.loads(tally.results(poll.slug))) == [[1, 0]]
    cast(poll, "No")
    time.sleep(1.05)
    document = json.loads(tally.results(poll.slug))
    assert (votes(document), document["delayed"]) == ([[1, 1]], False)


@pytest.mark.usefixtures("no_redis")
def test_without_redis_and_celery_a_poll_closes_and_becomes_final_all_the_same() -> None:
    poll = make_poll(step=10)
    for _ in range(12):
        cast(poll)
    assert json.loads(tally.results(poll.slug))["state"] == "open"
    close(poll)
    time.sleep(1.05)
    document = json.loads(tally.results(poll.slug))
    assert (document["state"], document["ballots"]) == ("final", 12)


@pytest.mark.usefixtures("no_redis")
def test_without_redis_and_celery_a_final_count_that_is_to_be_hidden_is_hidden() -> None:
    poll = make_poll()
    cast(poll)
    finalise(poll)
    assert json.loads(tally.results(poll.slug))["ballots"] == 1
    Poll.objects.filter(pk=poll.pk).update(results_shown="staff")
    time.sleep(1.05)
    assert keys(json.loads(tally.results(poll.slug))) & FIGURES == set()


def test_while_the_heart_does_not_beat_the_copy_in_redis_is_not_believed(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    counted(poll)
    tally.beat_heart()
    cast(poll)
    assert votes(json.loads(tally.results(poll.slug))) == [[0, 0]]
    redis_cache.set("tick", time.time() - 6)
    time.sleep(1.05)
    assert votes(json.loads(tally.results(poll.slug))) == [[1, 0]]


def test_a_poll_too_large_to_count_meanwhile_is_shown_as_it_was_and_labelled(
    redis_cache: redis.Redis, settings: Any
) -> None:
    settings.RECOUNT_ON_READ_LIMIT = 1
    poll = make_poll()
    cast_many(poll, [2, 0])
    stored = counted(poll)
    cast(poll)
    redis_cache.flushdb()
    assert json.loads(tally.results(poll.slug)) == json.loads(stored.public)  # seconds old: not late yet
    with unguarded():
        Tally.objects.update(checked_at=timezone.now() - timedelta(seconds=6))
    tally.forget()
    assert json.loads(tally.results(poll.slug)) == {**json.loads(stored.public), "delayed": True}


def test_whoever_has_just_voted_finds_the_vote_and_waits_for_no_tick(redis_cache: redis.Redis) -> None:
    poll = make_poll()
    counted(poll)
    tally.beat_heart()
    receipt = cast(poll)
    assert votes(json.loads(tally.results(poll.slug, since=receipt.counted_at))) == [[1, 0]]


def test_a_large_poll_at_rest_is_not_late_because_somebody_votes(redis_cache: redis.Redis, settings: Any) -> None:
    settings.RECOUNT_ON_READ_LIMIT = 0
    poll = make_poll()
    cast(poll)
    stored = counted(poll)
    with unguarded():
        Tally.objects.update(checked_at=timezone.now() - timedelta(hours=1))
    tally.beat_heart()
    receipt = cast(poll)
    assert tally.results(poll.slug, since=receipt.counted_at) == stored.public


class Counts:
    """How often the ballots of a poll were counted, by any connection that is told to look."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.number += "WITH counted AS" in sql
        return execute(sql, params, many, context)


@in_the_open
@pytest.mark.usefixtures("no_redis")
@pytest.mark.parametrize("known", [False, True], ids=["never counted", "counted a while ago"])
def test_a_crowd_of_readers_without_redis_causes_one_count(known: bool) -> None:
    poll = make_poll()
    cast(poll)
    if known:
        counted(poll)
        with unguarded():
            Tally.objects.update(checked_at=timezone.now() - timedelta(seconds=4))
    counts, seen = Counts(), []
    start = threading.Barrier(24)

    def read() -> None:
        start.wait()
        try:
            with connection.execute_wrapper(counts):
                seen.append(tally.results(poll.slug))
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(24)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(seen) == 24
    assert {json.loads(text)["ballots"] for text in seen} == {1}
    assert counts.number == 1


@contextmanager
def nobody_can_read_polls() -> Iterator[None]:
    """Another session holds the table: PostgreSQL gives up every reading with an error."""
    with another_session() as other:
        other.execute("LOCK TABLE polls_poll IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@in_the_open
def test_without_postgresql_the_last_document_in_redis_is_shown_and_labelled() -> None:
    poll = make_poll()
    cast(poll)
    stored = counted(poll)
    with nobody_can_read_polls():
        assert json.loads(tally.results(poll.slug)) == {**json.loads(stored.public), "delayed": True}


@in_the_open
@pytest.mark.usefixtures("no_redis")
def test_without_postgresql_and_redis_there_is_no_document_and_it_is_said() -> None:
    poll = make_poll()
    counted(poll)
    with nobody_can_read_polls(), pytest.raises(tally.CountingAway):
        tally.results(poll.slug)


@pytest.mark.usefixtures("no_redis")
def test_without_redis_hints_ticks_and_copies_are_dropped_and_nothing_fails() -> None:
    poll = make_poll()
    cast(poll)
    tally.look_again(poll.pk)
    tally.beat_heart()
    tally.publish_missing()
    assert tally.take_hints() == []
    assert counted(poll).counts["ballots"] == 1
    assert tally.verify(poll.pk) == []


def test_a_poll_that_was_dear_to_count_rests(redis_cache: redis.Redis) -> None:
    poll, other = make_poll(), make_poll()
    tally._rest(poll.pk, 0.2)
    tally.look_again(poll.pk)
    tally.look_again(other.pk)
    assert tally.take_hints() == [other.pk]
    assert tally.take_hints() == []
    assert 3000 < redis_cache.pttl(f"resting:{poll.pk}") <= 4000
    connections.cache().delete(f"resting:{poll.pk}")
    assert tally.take_hints() == [poll.pk]
