"""Every type of question in the card of a poll: answered with scripts and without, and what the card says then."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from polls import drafting, lifecycle, paper, tally, voting
from polls.dates import day, moment
from polls.drafting import Asked, offered
from polls.models import Correction, Option, Poll, PollEvent, Question, State

TEA = Asked(text="Tea or coffee?", options=offered("Tea", "Cofee"))
DRINKS = Asked(text="What do you drink?", options=offered("Tea", "Coffee", "Water"), kind="multiple", max_choices=2)


def make(*, asked: tuple[Asked, ...] = (TEA,), opened: bool = True, **settings: Any) -> Poll:
    now = timezone.now()
    poll = drafting.create(
        asked=asked, opens_at=now - timedelta(hours=1), closes_at=now + timedelta(days=3), **settings
    )
    return lifecycle.publish(poll=poll, who="ed") if opened else poll


def vote(poll: Poll, text: str = "Tea") -> voting.Receipt:
    question = poll.questions.get(position=0)
    option = question.options.get(text=text)
    return voting.cast_ballot(
        paper=paper.from_poll(Poll.objects.whole().select_related("series").get(pk=poll.pk)),
        voter_key=secrets.token_bytes(32),
        given={question.pk: paper.Given((option.pk,))},
    )


def state(poll: Poll) -> str:
    return Poll.objects.with_state().get(pk=poll.pk).state_now


def last_event(poll: Poll) -> tuple[str, str, str]:
    event = poll.events.latest("pk")
    return (event.action, event.who, event.reason)


pytestmark = pytest.mark.django_db


# --- making and rewriting -----------------------------------------------------------------------------------------


def test_options_come_from_lines_and_white_space_means_nothing() -> None:
    assert drafting.options_of("  Yes \r\n\r\n\tNo,\u00a0 never\n \n") == ("Yes", "No, never")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["Please write at least two options, one per line."]),
        ("Only one\n   \n", ["Please write at least two options, one per line."]),
        ("Yes\nNo\nyes", ["The option “yes” appears twice here."]),
        ("Yes\n" + "n" * 301, [f"The option “{'n' * 40}…” has 301 characters; an option may have 300 at most."]),
        (
            "\n".join(map(str, range(101))),
            ["There are 101 options; a reader can be asked to choose from 100 at most."],
        ),
    ],
)
def test_faulty_options_are_refused_in_words(text: str, sentences: list[str]) -> None:
    with pytest.raises(ValidationError) as refusal:
        drafting.options_of(text)
    assert refusal.value.messages == sentences


def test_a_hundred_options_of_three_hundred_characters_are_kept() -> None:
    texts = tuple(f"{number:0300}" for number in range(100))
    poll = make(asked=(Asked(text="Which?", options=offered(*drafting.options_of("\n".join(texts)))),))
    assert tuple(poll.questions.get().options.values_list("text", flat=True)) == texts


def test_addresses_are_made_of_the_question_and_never_taken_twice() -> None:
    assert [make().slug, make().slug, make().slug] == ["tea-or-coffee", "tea-or-coffee-2", "tea-or-coffee-3"]


def test_an_unvoted_poll_is_rewritten_and_unchanged_options_keep_their_ids() -> None:
    poll = make()
    tea = Option.objects.get(text="Tea")
    drafting.rewrite(poll=poll, asked=[Asked(text="Coffee or tea?", options=offered("Coffee", "Tea"))], note="New")
    poll.refresh_from_db()
    assert poll.note == "New"
    assert list(Question.objects.values_list("text", flat=True)) == ["Coffee or tea?"]
    assert list(Option.objects.order_by("position").values_list("text", "pk"))[1] == ("Tea", tea.pk)


def test_options_can_change_places() -> None:
    poll = make()
    drafting.rewrite(poll=poll, asked=[Asked(text=TEA.text, options=offered("Cofee", "Tea"))])
    assert list(poll.questions.get().options.values_list("text", flat=True)) == ["Cofee", "Tea"]


def test_a_question_less_is_a_question_gone() -> None:
    poll = make(asked=(TEA, DRINKS), opened=False)
    drafting.rewrite(poll=poll, asked=[DRINKS])
    question = poll.questions.get()
    assert (question.text, question.kind, question.max_choices) == (DRINKS.text, "multiple", 2)


def test_a_poll_with_a_vote_is_not_rewritten() -> None:
    poll = make()
    vote(poll)
    with pytest.raises(drafting.Frozen):
        drafting.rewrite(poll=poll, asked=[DRINKS])


# --- publishing and the field period ------------------------------------------------------------------------------


def test_a_draft_is_published_and_does_not_open_before() -> None:
    poll = make(opened=False)
    assert state(poll) == State.DRAFT
    tomorrow = timezone.now() + timedelta(days=1)
    lifecycle.publish(poll=poll, who="ed", at=tomorrow)
    poll.refresh_from_db()
    assert (poll.published_at, poll.opens_at, state(poll)) == (tomorrow, tomorrow, State.SCHEDULED)
    assert last_event(poll) == ("published", "ed", "")
    lifecycle.publish(poll=poll, who="ed")
    assert state(poll) == State.OPEN  # it was to open with its publication, and does
    with pytest.raises(lifecycle.Refused, match=r"^This poll is already published\.$"):
        lifecycle.publish(poll=poll, who="ed")


def test_a_poll_with_an_opening_date_of_its_own_waits_for_it() -> None:
    poll = make(opened=False)
    opens = timezone.now() + timedelta(days=1)
    lifecycle.set_period(poll=poll, opens_at=opens, closes_at=poll.closes_at, who="ed")
    lifecycle.publish(poll=poll, who="ed")
    poll.refresh_from_db()
    assert (state(poll), poll.opens_at) == (State.SCHEDULED, opens)


def test_a_time_that_has_passed_publishes_now() -> None:
    before = timezone.now()
    poll = lifecycle.publish(poll=make(opened=False), who="ed", at=before - timedelta(days=400))
    assert poll.published_at is not None
    assert poll.published_at >= before


def test_a_poll_without_options_is_not_published() -> None:
    poll = make(asked=(Asked(text="And?", options=offered("One")),), opened=False)
    with pytest.raises(lifecycle.Refused, match="at least 2 options"):
        lifecycle.publish(poll=poll, who="ed")
    assert state(poll) == State.DRAFT


def test_a_poll_that_would_close_before_it_opens_is_not_published() -> None:
    poll = make(opened=False)
    with pytest.raises(lifecycle.Refused, match="would close before it opens"):
        lifecycle.publish(poll=poll, who="ed", at=timezone.now() + timedelta(days=5))


def test_a_poll_that_nobody_has_seen_can_be_held_back_and_no_other() -> None:
    poll = make(opened=False)
    lifecycle.publish(poll=poll, who="ed", at=timezone.now() + timedelta(days=1))
    lifecycle.hold_back(poll=poll, who="ed")
    assert state(poll) == State.DRAFT
    assert lifecycle.sentences(poll) == []
    lifecycle.publish(poll=poll, who="ed")
    with pytest.raises(lifecycle.Refused, match="can be paused or closed, not hidden"):
        lifecycle.hold_back(poll=poll, who="ed")


def test_times_of_a_draft_move_freely_and_of_an_open_poll_only_by_extending() -> None:
    poll = make(opened=False)
    opens, closes = timezone.now() + timedelta(days=2), timezone.now() + timedelta(days=4)
    lifecycle.set_period(poll=poll, opens_at=opens, closes_at=closes, who="ed")
    poll.refresh_from_db()
    assert (poll.opens_at, poll.closes_at, poll.events.count()) == (opens, closes, 0)
    with pytest.raises(lifecycle.Refused, match="must close after it opens"):
        lifecycle.set_period(poll=poll, opens_at=opens, closes_at=opens, who="ed")
    running = make()
    with pytest.raises(lifecycle.Refused, match="Voting has begun"):
        lifecycle.set_period(poll=running, opens_at=opens, closes_at=closes, who="ed")


# --- pausing, closing, extending ----------------------------------------------------------------------------------


def test_a_paused_poll_takes_no_vote_and_a_resumed_one_does() -> None:
    poll = make()
    lifecycle.pause(poll=poll, who="ed", reason="A wrong map.")
    assert (state(poll), last_event(poll)) == (State.PAUSED, ("paused", "ed", "A wrong map."))
    with pytest.raises(voting.NotOpen, match="paused"):
        vote(poll)
    with pytest.raises(lifecycle.Refused, match=r"^This poll is already paused\.$"):
        lifecycle.pause(poll=poll, who="ed")
    lifecycle.resume(poll=poll, who="ed")
    assert (state(poll), last_event(poll)) == (State.OPEN, ("resumed", "ed", ""))
    assert vote(poll).fresh


def test_a_closed_poll_is_never_opened_again() -> None:
    poll = make()
    lifecycle.pause(poll=poll, who="ed")
    lifecycle.close_now(poll=poll, who="ed", reason="Enough")
    assert (state(poll), last_event(poll)) == (State.CLOSED, ("closed", "ed", "Enough"))
    later = timezone.now() + timedelta(days=9)
    for again in (
        lambda: lifecycle.resume(poll=poll, who="ed"),
        lambda: lifecycle.pause(poll=poll, who="ed"),
        lambda: lifecycle.close_now(poll=poll, who="ed"),
        lambda: lifecycle.extend(poll=poll, closes_at=later, who="ed"),
    ):
        with pytest.raises(lifecycle.Refused, match=r"^This poll is closed; a closed poll stays closed\.$"):
            again()
    assert poll.events.count() == 3


def test_the_closing_date_moves_only_later() -> None:
    poll = make()
    with pytest.raises(lifecycle.Refused, match="must be later than the current one"):
        lifecycle.extend(poll=poll, closes_at=poll.closes_at, who="ed")
    later = poll.closes_at + timedelta(days=1)
    lifecycle.extend(poll=poll, closes_at=later, who="ed", reason="A holiday")
    poll.refresh_from_db()
    assert (poll.closes_at, last_event(poll)) == (later, ("extended", "ed", "A holiday"))


@pytest.mark.parametrize("step", [lifecycle.pause, lifecycle.close_now])
def test_a_draft_is_neither_paused_nor_closed(step: Callable[..., Poll]) -> None:
    with pytest.raises(lifecycle.Refused, match=r"^This poll is a draft\.$"):
        step(poll=make(opened=False), who="ed")


# --- copies -------------------------------------------------------------------------------------------------------


def test_a_duplicate_is_a_draft_without_votes_and_in_a_series_of_its_own() -> None:
    poll = make(asked=(TEA, DRINKS), results_shown="from_date", results_from=timezone.now(), step=10, note="By hand")
    copy = lifecycle.duplicate(poll=poll, who="ed")
    assert (copy.slug, state(copy), copy.ballots.count(), copy.note, copy.step) == (
        "tea-or-coffee-2",
        State.DRAFT,
        0,
        "By hand",
        10,
    )
    assert copy.series_id != poll.series_id
    assert copy.results_from == copy.closes_at
    assert [Asked.of(question) for question in copy.questions.all()] == [TEA, DRINKS]
    assert last_event(poll) == ("duplicated", "ed", "")


def test_a_replaced_poll_closes_its_copy_opens_and_both_say_so() -> None:
    poll = make()
    vote(poll)
    asked = [Asked(text=TEA.text, options=offered("Tea", "Coffee", "Neither"))]
    copy = lifecycle.replace(poll=poll, asked=asked, who="ed", reason="An option was missing.")
    poll.refresh_from_db()
    assert (state(poll), state(copy), poll.replaced_by) == (State.CLOSED, State.OPEN, copy)
    assert (poll.ballots.count(), copy.ballots.count()) == (1, 0)
    at = moment(poll.closes_at)
    assert lifecycle.sentences(poll) == [
        f"On {at} this poll was closed and replaced by a corrected copy. Reason: An option was missing."
    ]
    assert lifecycle.sentences(copy) == [
        f"This poll replaces an earlier one, closed on {at} because of an error. Reason: An option was missing."
    ]
    assert vote(copy, "Neither").fresh


def test_a_replacement_without_a_reason_or_of_a_closed_poll_is_refused() -> None:
    poll = make()
    with pytest.raises(lifecycle.Refused, match="what was wrong"):
        lifecycle.replace(poll=poll, asked=[TEA], who="ed", reason=" ")
    lifecycle.close_now(poll=poll, who="ed")
    with pytest.raises(lifecycle.Refused, match="is closed"):
        lifecycle.replace(poll=poll, asked=[TEA], who="ed", reason="Wrong")
    assert Poll.objects.count() == 1


# --- wording and settings -----------------------------------------------------------------------------------------


def test_a_typing_error_is_put_right_after_votes_and_both_texts_stay() -> None:
    poll = make()
    vote(poll, "Cofee")
    option = Option.objects.get(text="Cofee")
    lifecycle.correct_wording(poll=poll, option=option, corrected=" Coffee ", who="ed", reason="Two f.")
    poll.refresh_from_db()
    option.refresh_from_db()
    assert (option.text, poll.wording_version, poll.ballots.get().wording_version) == ("Coffee", 2, 1)
    row = Correction.objects.get()
    assert (row.former, row.corrected, row.question_id, row.who) == ("Cofee", "Coffee", option.question_id, "ed")
    assert lifecycle.sentences(poll) == [
        f"On {day(timezone.now())} a typing error was corrected: “Cofee” became “Coffee”. Reason: Two f."
    ]
    with translation.override("ar"):  # what is quoted keeps to itself, or its stop would stand on the wrong side
        (said,) = lifecycle.sentences(poll)
    assert [f"\u2068{words}\u2069" in said for words in ("Cofee", "Coffee", "Two f")] == [True] * 3


def test_question_help_title_and_introduction_can_be_corrected_too() -> None:
    poll = make(
        asked=(Asked(text="Wat?", options=offered("a", "b"), help="chose"),), title="A surwey", intro="Helo\n\nyou"
    )
    vote(poll, "a")
    question = poll.questions.get()
    targets: list[tuple[str, dict[str, Any]]] = [
        ("What?", {"question": question}),
        ("choose", {"question": question, "field": "help"}),
        ("A survey", {}),
        ("Hello\n\nyou", {"field": "intro"}),
    ]
    for corrected, target in targets:
        lifecycle.correct_wording(poll=poll, corrected=corrected, who="ed", reason="Typing error", **target)
    poll.refresh_from_db()
    question.refresh_from_db()
    assert (question.text, question.help, poll.title, poll.intro) == ("What?", "choose", "A survey", "Hello\n\nyou")
    assert poll.wording_version == 5


@pytest.mark.parametrize(
    ("corrected", "reason", "sentence"),
    [
        ("", "x", "Please write the corrected text."),
        ("Coffee", " ", "Please say what was wrong"),
        ("Cofee ", "x", "is the same as the current one"),
        ("TEA", "x", "Another option already has this text."),
        ("x" * 301, "x", "too long: 300 characters at most"),
    ],
)
def test_what_is_no_correction_is_refused(corrected: str, reason: str, sentence: str) -> None:
    poll = make()
    option = Option.objects.get(text="Cofee")
    with pytest.raises(lifecycle.Refused, match=sentence):
        lifecycle.correct_wording(poll=poll, option=option, corrected=corrected, who="ed", reason=reason)
    assert not Correction.objects.exists()


def test_another_polls_option_is_not_corrected() -> None:
    stranger = make(asked=(DRINKS,)).questions.get().options.get(text="Water")
    with pytest.raises(Option.DoesNotExist):
        lifecycle.correct_wording(poll=make(), option=stranger, corrected="Wine", who="ed", reason="x")


def test_a_correction_that_is_not_written_down_is_refused_by_the_database() -> None:
    poll = make()
    vote(poll)
    with pytest.raises(IntegrityError, match="are frozen"), transaction.atomic():
        Option.objects.filter(text="Cofee").update(text="Coffee")


def test_who_sees_results_may_change_and_readers_are_told() -> None:
    poll = make()
    lifecycle.change_settings(poll=poll, who="ed", results_shown="always", note="Counted by hand.")
    poll.refresh_from_db()
    assert (poll.results_shown, poll.note, last_event(poll)) == ("always", "Counted by hand.", ("setting", "ed", ""))
    on = day(timezone.now())
    assert lifecycle.sentences(poll) == [
        f"On {on} the choice of who sees the results was changed from “to a reader who has voted, and to everybody "
        "after closing” to “to everybody, always”.",
        f"On {on} the note on this poll was changed.",
    ]
    lifecycle.change_settings(poll=poll, who="ed", results_shown="always")
    assert poll.events.filter(action="setting").count() == 1
    with pytest.raises(lifecycle.Refused, match="give the date"):
        lifecycle.change_settings(poll=poll, who="ed", results_shown="from_date")
    with pytest.raises(TypeError):
        lifecycle.change_settings(poll=poll, who="ed", repeat_rule="account")


# --- what readers are told ----------------------------------------------------------------------------------------


def told(*rows: tuple[str, str, dict[str, Any], str]) -> list[str]:
    return lifecycle.told(
        PollEvent(action=action, at=datetime.fromisoformat(at + "+00:00"), details=details, reason=reason)
        for action, at, details, reason in rows
    )


def test_a_pause_and_its_end_make_one_sentence() -> None:
    assert told(
        ("published", "2026-05-01T09:00", {"at": "x"}, ""),
        ("paused", "2026-05-03T14:00", {}, "The map was wrong."),
        ("duplicated", "2026-05-03T14:30", {"copy": "x"}, ""),
        ("resumed", "2026-05-03T15:10", {}, ""),
        ("paused", "2026-05-04T08:05", {}, ""),
    ) == [
        "Voting was paused on 3 May 2026, 14:00 UTC and resumed on 3 May 2026, 15:10 UTC. Reason: The map was wrong.",
        "Voting was paused on 4 May 2026, 08:05 UTC.",
    ]


def test_moved_dates_are_told_from_and_to() -> None:
    moved = {"former": "2026-05-10T18:00:00+00:00", "new": "2026-05-12T18:00:00+00:00"}
    assert told(
        ("extended", "2026-05-03T14:00", moved, ""),
        ("closed", "2026-05-11T10:00", {"planned": moved["new"]}, ""),
        ("setting", "2026-05-03T14:00", {"changes": [{"field": "results_from", **moved, "new": None}]}, ""),
    ) == [
        "On 3 May 2026, 14:00 UTC the closing date was moved from 10 May 2026, 18:00 UTC to 12 May 2026, 18:00 UTC.",
        "Voting was closed early, on 11 May 2026, 10:00 UTC; it was to end on 12 May 2026, 18:00 UTC.",
        "On 3 May 2026 the date from which results are shown was moved from 10 May 2026, 18:00 UTC to no date.",
    ]


def test_the_sentences_of_a_poll_cost_one_query(django_assert_num_queries: Any) -> None:
    poll = make()
    for _ in range(3):
        lifecycle.pause(poll=poll, who="ed")
        lifecycle.resume(poll=poll, who="ed")
    with django_assert_num_queries(1):
        assert len(lifecycle.sentences(poll)) == 3


def test_an_event_once_written_stays() -> None:
    poll = make()
    for change in (lambda: poll.events.update(who="nobody"), lambda: poll.events.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


# --- with votes coming in at the same time ------------------------------------------------------------------------


@pytest.fixture
def committed(transactional_db: None, redis_cache: redis.Redis) -> None:
    """Real transactions, with the counting service at work as far as readers can tell."""
    tally.beat_heart()


def test_readers_see_a_pause_as_soon_as_it_is_committed(committed: None) -> None:
    poll = make()
    vote(poll)
    lifecycle.pause(poll=poll, who="ed")
    document = json.loads(tally.results(poll.slug))
    assert (document["state"], document["poll"]) == ("paused", poll.slug)
    lifecycle.close_now(poll=poll, who="ed")
    shown = json.loads(tally.results(poll.slug))
    assert (shown["state"], shown["ballots"], shown["version"] > document["version"]) == ("closed", 1, True)


def test_a_refused_step_leaves_no_trace(committed: None) -> None:
    poll = make()
    tallies = list(poll.tally_history.values())
    with pytest.raises(lifecycle.Refused):
        lifecycle.resume(poll=poll, who="ed")
    assert (poll.events.count(), list(poll.tally_history.values())) == (1, tallies)


@pytest.mark.parametrize("step", [lifecycle.close_now, lifecycle.pause])
def test_no_vote_gets_in_after_the_step_and_none_that_was_acknowledged_is_lost(
    committed: None, step: Callable[..., Poll]
) -> None:
    poll = make()
    receipts: list[voting.Receipt] = []
    refused: list[voting.NotOpen] = []
    begun = threading.Barrier(9)

    def reader() -> None:
        begun.wait()
        try:
            while True:
                receipts.append(vote(poll))
        except voting.NotOpen as answer:
            refused.append(answer)
        finally:
            connection.close()

    readers = [threading.Thread(target=reader) for _ in range(8)]
    for thread in readers:
        thread.start()
    begun.wait()
    threading.Event().wait(0.2)
    stepped = step(poll=poll, who="ed")
    for thread in readers:
        thread.join()
    end = stepped.closes_at if step is lifecycle.close_now else stepped.paused_at
    assert len(refused) == 8
    assert len(receipts) == poll.ballots.count() > 0
    assert not poll.ballots.filter(cast_at__gte=end).exists()
    counted = tally.recount(poll.pk, wait=True)
    assert counted is not None
    assert counted.counts["ballots"] == len(receipts)


def test_a_vote_under_way_is_waited_for(committed: None) -> None:
    poll = make()
    voted, may_commit = threading.Event(), threading.Event()

    def slow_reader() -> None:
        with transaction.atomic():
            vote(poll)
            voted.set()
            may_commit.wait(5)
        connection.close()

    thread = threading.Thread(target=slow_reader)
    thread.start()
    assert voted.wait(5)
    threading.Timer(0.3, may_commit.set).start()
    began = timezone.now()
    closed = lifecycle.close_now(poll=poll, who="ed")
    thread.join()
    assert closed.closes_at - began > timedelta(seconds=0.2)
    assert poll.ballots.filter(cast_at__lt=closed.closes_at).count() == 1


def test_a_poll_that_cannot_be_held_in_time_is_refused_in_words(committed: None) -> None:
    poll = make()
    held, done = threading.Event(), threading.Event()

    def other_editor() -> None:
        with transaction.atomic():
            Poll.objects.select_for_update().get(pk=poll.pk)
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=other_editor)
    thread.start()
    assert held.wait(5)
    with pytest.raises(lifecycle.Refused, match="Nothing was changed; please try again"):
        lifecycle.pause(poll=poll, who="ed")
    done.set()
    thread.join()
    assert state(poll) == State.OPEN


def test_the_first_vote_and_a_change_of_wording_never_meet(committed: None) -> None:
    """Whichever comes first: a ballot only ever belongs to options that stand as they were when it was cast."""
    poll = make()
    started = threading.Barrier(2)
    outcome: list[object] = []

    def editor() -> None:
        started.wait()
        try:
            outcome.append(drafting.rewrite(poll=poll, asked=[Asked(text="New?", options=offered("A", "B"))]))
        except drafting.Frozen as frozen:
            outcome.append(frozen)
        finally:
            connection.close()

    thread = threading.Thread(target=editor)
    thread.start()
    started.wait()
    try:
        vote(poll)
    except voting.InvalidAnswers as changed:
        outcome.append(changed)
    thread.join()
    texts = set(Option.objects.filter(question__poll=poll).values_list("text", flat=True))
    assert texts == ({"Tea", "Cofee"} if poll.ballots.exists() else {"A", "B"})
