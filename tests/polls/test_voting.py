"""Casting a ballot: once, whole, in words, and told of only when it is on disk."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polls import voting
from polls.models import Answer, Ballot, BallotRisk, Poll, SetAside, State
from polls.paper import InvalidAnswers, Paper
from polls.voting import AlreadyVoted, Circumstances, NotOpen, Risk, Unconfirmed, cast_ballot, find_receipt
from tests.factories import answers, as_given, cast, close, finalise, make_poll, move, paper_of, unguarded, voter
from tests.polls.crowd import another_session, wait_until_somebody_waits

pytestmark = pytest.mark.django_db
in_the_open = pytest.mark.django_db(transaction=True)


def stored(poll: Poll) -> set[tuple[Any, ...]]:
    return set(Answer.objects.filter(poll=poll).values_list("ballot_id", "question_id", "option_id", "missing"))


# --- once -----------------------------------------------------------------------------------------------------------


def test_a_ballot_is_stored_with_its_answers_and_told_by_its_receipt() -> None:
    poll = make_poll(
        questions=[
            {"options": ["a", "b"]},
            {"text": "And?", "options": ["c", "d", "e"], "kind": "multiple"},
            {"text": "Else?", "options": ["f", "g"], "required": False},
        ]
    )
    given = answers(poll, "b", ["e", "c"])
    receipt = cast(poll, "b", ["e", "c"], by="me")
    ballot = Ballot.objects.get()
    one, two, three = poll.questions.order_by("position")
    assert stored(poll) == {
        (ballot.pk, one.pk, given[one.pk][0], None),
        (ballot.pk, two.pk, given[two.pk][0], None),
        (ballot.pk, two.pk, given[two.pk][1], None),
        (ballot.pk, three.pk, None, "skipped"),
    }
    assert (receipt.poll_id, receipt.revision, receipt.fresh) == (poll.pk, 1, True)
    assert receipt.choice == {one.pk: given[one.pk], two.pk: sorted(given[two.pk])}
    assert receipt.counted_at == ballot.cast_at
    assert find_receipt(poll_id=poll.pk, voter_key=voter("me")) == replace(receipt, fresh=False)


def test_the_same_answers_again_give_the_same_receipt() -> None:
    poll = make_poll(options=["a", "b", "c"], kind="multiple")
    first = cast(poll, ["a", "c"], by="me")
    again = cast(poll, ["c", "a", "c"], by="me")
    assert (again.code, again.counted_at, again.fresh) == (first.code, first.counted_at, False)
    assert Ballot.objects.count() == 1


def test_other_answers_are_refused_and_the_first_stand() -> None:
    poll = make_poll()
    first = cast(poll, "Yes", by="me")
    with pytest.raises(AlreadyVoted) as refusal:
        cast(poll, "No", by="me")
    assert (refusal.value.receipt.code, refusal.value.receipt.choice) == (first.code, first.choice)
    assert Ballot.objects.count() == 1


def test_a_skipped_question_and_an_answered_one_are_other_answers() -> None:
    poll = make_poll(questions=[{"options": ["a", "b"]}, {"text": "And?", "options": ["c", "d"], "required": False}])
    cast(poll, "a", by="me")
    assert not cast(poll, "a", by="me").fresh
    with pytest.raises(AlreadyVoted):
        cast(poll, "a", "c", by="me")


def test_each_voter_of_each_poll_has_a_ballot() -> None:
    poll, other = make_poll(), make_poll()
    codes = {cast(where, by=who).code for where in (poll, other) for who in ("me", "you")}
    assert (len(codes), Ballot.objects.count()) == (4, 4)


def test_two_receipts_of_the_same_choice_do_not_look_alike() -> None:
    poll = make_poll()
    one, two = cast(poll, "Yes"), cast(poll, "Yes")
    assert one.code != two.code
    assert all(len(code) == 19 and code.count("-") == 3 for code in (one.code, two.code))


# --- changing -------------------------------------------------------------------------------------------------------


def test_a_vote_that_may_be_changed_is_replaced_and_the_former_ballot_set_aside() -> None:
    poll = make_poll(may_change=True)
    first = cast(poll, "Yes", by="me")
    second = cast(poll, "No", by="me", replaces=1)
    third = cast(poll, "Yes", by="me", replaces=2)
    assert [r.revision for r in (first, second, third)] == [1, 2, 3]
    assert len({first.code, second.code, third.code}) == 3
    former = SetAside.objects.order_by("ballot__revision")
    assert [(row.ballot.revision, row.rule, row.reason) for row in former] == [
        (1, "replaced", "replaced by its voter"),
        (2, "replaced", "replaced by its voter"),
    ]
    assert find_receipt(poll_id=poll.pk, voter_key=voter("me")) == replace(third, fresh=False)


def test_a_change_sent_twice_is_one_change() -> None:
    poll = make_poll(may_change=True)
    cast(poll, "Yes", by="me")
    second = cast(poll, "No", by="me", replaces=1)
    again = cast(poll, "No", by="me", replaces=1)
    assert (again.code, again.revision, again.fresh) == (second.code, 2, False)


def test_a_change_of_what_was_changed_meanwhile_is_refused() -> None:
    poll = make_poll(options=["a", "b", "c"], may_change=True)
    cast(poll, "a", by="me")
    cast(poll, "b", by="me", replaces=1)
    with pytest.raises(AlreadyVoted) as refusal:
        cast(poll, "c", by="me", replaces=1)
    assert refusal.value.receipt.revision == 2
    assert Ballot.objects.count() == 2


def test_a_vote_that_may_not_be_changed_stands() -> None:
    poll = make_poll()
    cast(poll, "Yes", by="me")
    with pytest.raises(AlreadyVoted):
        cast(poll, "No", by="me", replaces=1)
    assert Ballot.objects.count() == 1


def test_nobody_changes_somebody_elses_vote() -> None:
    poll = make_poll(may_change=True)
    cast(poll, "Yes", by="me")
    with pytest.raises(NotOpen):
        cast(poll, "No", by="you", replaces=1)
    assert (Ballot.objects.count(), SetAside.objects.count()) == (1, 0)


def test_a_ballot_that_was_set_aside_is_not_brought_back_by_changing_it() -> None:
    poll = make_poll(may_change=True)
    cast(poll, "Yes", by="me")
    SetAside.objects.create(ballot=Ballot.objects.get(), poll=poll, rule="network", reason="a script", who="editor")
    with pytest.raises(AlreadyVoted):
        cast(poll, "No", by="me", replaces=1)
    assert Ballot.objects.count() == 1


# --- not open -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("draft", "This poll is closed. Your vote was not counted."),
        ("scheduled", "Voting has not begun yet. Your vote was not counted."),
        ("paused", "Voting is paused. Your vote was not counted; please try again later."),
        ("closed", "This poll is closed. Your vote was not counted."),
    ],
)
def test_a_poll_that_is_not_open_takes_no_vote_and_says_why(state: str, words: str) -> None:
    poll = make_poll(state=state)
    with pytest.raises(NotOpen) as refusal:
        cast(poll)
    assert (refusal.value.state, refusal.value.message) == (State(state), words)
    assert Ballot.objects.count() == 0


def test_a_final_poll_takes_no_vote_and_still_knows_whose_it_has() -> None:
    poll = make_poll()
    receipt = cast(poll, by="me")
    finalise(poll)
    with pytest.raises(NotOpen) as refusal:
        cast(poll, by="you")
    assert refusal.value.state == State.FINAL
    assert cast(poll, by="me").code == receipt.code


def test_a_paused_poll_changes_no_vote() -> None:
    poll = make_poll(may_change=True)
    cast(poll, "Yes", by="me")
    Poll.objects.filter(pk=poll.pk).update(paused_at=timezone.now())
    with pytest.raises(AlreadyVoted):
        cast(poll, "No", by="me", replaces=1)
    assert Ballot.objects.count() == 1


def test_the_moment_of_closing_is_outside_and_that_of_opening_inside() -> None:
    """By PostgreSQL's clock, whatever ours says: the paper of this process knows no times at all."""
    poll = make_poll()
    sheet = paper_of(poll)
    move(poll, closes_at=timezone.now() + timedelta(milliseconds=300))
    counted = 0
    with pytest.raises(NotOpen):  # noqa: PT012 - it ends by being refused
        while True:
            cast_ballot(paper=sheet, voter_key=voter(), given=as_given(answers(poll, "Yes")))
            counted += 1
    assert counted == Ballot.objects.filter(cast_at__lt=poll.closes_at).count() == Ballot.objects.count() > 0


@pytest.mark.parametrize("state", State.values)
def test_the_state_in_python_the_state_in_sql_and_the_door_agree(state: str) -> None:
    poll = make_poll(state="open" if state == "final" else state)
    if state == "final":
        cast(poll)
        finalise(poll)
    assert Poll.objects.with_state().get(pk=poll.pk).state_now == poll.state(now=timezone.now()) == state
    assert (poll in Poll.objects.open()) == (state == "open")
    assert (poll in Poll.objects.closed()) == (state in ("closed", "final"))
    assert (poll in Poll.objects.public()) == (state != "draft")


# --- what fits the paper --------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_refused_in_words_and_stores_nothing() -> None:
    poll = make_poll(
        questions=[
            {"options": ["a", "b"]},
            {"text": "And?", "options": ["c", "d", "e"], "kind": "multiple", "min_choices": 2, "max_choices": 2},
        ]
    )
    other = make_poll(options=["x", "y"])
    one, two = poll.questions.order_by("position")
    a, c, x = one.options.first(), two.options.first(), other.questions.get().options.first()
    assert a
    assert c
    assert x
    fitting = answers(poll, "a", ["c", "d"])
    cases: list[tuple[dict[int, list[int]], str]] = [
        ({}, "Please choose one of the options first."),
        ({**fitting, one.pk: [x.pk]}, "This poll has no such option. Please reload the page and choose again."),
        ({**fitting, one.pk: [c.pk]}, "This poll has no such option. Please reload the page and choose again."),
        ({**fitting, one.pk: [-1]}, "This poll has no such option. Please reload the page and choose again."),
        ({**fitting, one.pk: [a.pk, a.pk + 1]}, "Please choose one option only."),
        ({**fitting, two.pk: [c.pk]}, "Please choose at least 2 options."),
        ({**fitting, two.pk: [c.pk, c.pk + 1, c.pk + 2]}, "Please choose at most 2 options."),
        ({**fitting, 10**9: [a.pk]}, "This poll has no such question. Please reload the page and choose again."),
        (
            {**fitting, other.questions.get().pk: [x.pk]},
            "This poll has no such question. Please reload the page and choose again.",
        ),
    ]
    for given_answers, words in cases:
        with pytest.raises(InvalidAnswers) as refusal:
            cast_ballot(paper=paper_of(poll), voter_key=voter(), given=as_given(given_answers))
        assert refusal.value.message == words
    assert Ballot.objects.count() == 0


def test_a_ballot_of_nothing_but_skipped_questions_is_none() -> None:
    poll = make_poll(questions=[{"options": ["a", "b"], "required": False}])
    with pytest.raises(InvalidAnswers, match="Please answer at least one question first"):
        cast_ballot(paper=paper_of(poll), voter_key=voter(), given={})


@in_the_open
def test_a_paper_that_is_out_of_date_admits_nothing_that_the_poll_does_not_ask() -> None:
    poll = make_poll(options=["a", "b", "c"], kind="multiple")
    sheet = paper_of(poll)
    poll.questions.update(max_choices=1)
    with pytest.raises(InvalidAnswers, match="This poll has just changed"):
        cast_ballot(paper=sheet, voter_key=voter(), given=as_given(answers(poll, ["a", "b"])))
    gone = answers(poll, "c")
    poll.questions.get().options.get(text="c").delete()
    with pytest.raises(InvalidAnswers, match="This poll has just changed"):
        cast_ballot(paper=sheet, voter_key=voter(), given=as_given(gone))
    assert Ballot.objects.count() == 0


@pytest.fixture
def survey() -> tuple[Poll, Paper]:
    poll = make_poll(
        questions=[
            {"options": ["a", "b"]},
            {"text": "Some?", "options": ["c", "d", "e"], "kind": "multiple", "min_choices": 2, "max_choices": 3},
            {"text": "Else?", "options": ["f", "g"], "required": False},
            {"text": "Many?", "options": ["h", "i", "j"], "kind": "multiple", "max_choices": 2, "required": False},
        ]
    )
    make_poll(options=["x", "y"])
    return poll, paper_of(poll)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=150
)
@given(data=st.data())
def test_what_is_stored_is_valid_whatever_was_sent(survey: tuple[Poll, Paper], data: st.DataObject) -> None:
    """Payloads near the truth and far from it, judged again by rules written here on their own."""
    poll, sheet = survey
    options = sorted(option for question in sheet.questions for option in question.options)
    some_id = st.sampled_from([*options, options[0] - 1, options[-1] + 1, options[-1] + 2, 0, -1, 2**62])
    near = st.fixed_dictionaries(
        {}, optional={q.id: st.lists(st.sampled_from([*q.options]), max_size=4) for q in sheet.questions}
    )
    far = st.dictionaries(
        st.sampled_from([q.id for q in sheet.questions] + [0, -1, 10**9]), st.lists(some_id, max_size=4), max_size=5
    )
    sent = data.draw(near | far)
    key = voter()
    try:
        receipt = cast_ballot(paper=sheet, voter_key=key, given=as_given(sent))
    except InvalidAnswers as refusal:
        assert refusal.message.endswith(".")  # noqa: PT017 - either end is right
        assert not Ballot.objects.filter(voter_key=key).exists()
        return
    assert set(sent) <= {question.id for question in sheet.questions}
    rows = Answer.objects.filter(ballot__voter_key=key)
    for question in sheet.questions:
        chosen = {row.option_id for row in rows if row.question_id == question.id and row.option_id}
        assert chosen == set(sent.get(question.id, [])) <= set(question.options)
        least = question.minimum if question.required or chosen else 0
        assert least <= len(chosen) <= question.maximum
        assert receipt.choice.get(question.id, []) == sorted(chosen)
    assert {row.poll_id for row in rows} == {poll.pk}
    assert any(row.option_id for row in rows)


# --- what stands beside a ballot ------------------------------------------------------------------------------------


def test_the_circumstances_of_a_ballot_are_stored_and_its_risk_apart() -> None:
    poll = make_poll()
    how = Circumstances(
        language="fr", place="an-article", audience="students", with_scripts=True, weaker_limit=True, seconds=12,
        risk=Risk(network="n1", browser="firefox", timing="fast"),
    )  # fmt: skip
    cast(poll, circumstances=how)
    ballot = Ballot.objects.get()
    assert (ballot.language, ballot.place, ballot.audience, ballot.seconds) == ("fr", "an-article", "students", 12)
    assert (ballot.with_scripts, ballot.weaker_limit) == (True, True)
    risk = BallotRisk.objects.get()
    assert (risk.ballot_id, risk.poll_id) == (ballot.pk, poll.pk)
    assert (risk.network, risk.browser, risk.timing) == ("n1", "firefox", "fast")


def test_a_ballot_without_a_risk_hint_has_no_row_of_it() -> None:
    cast(make_poll())
    assert BallotRisk.objects.count() == 0


@pytest.mark.parametrize("seconds", [-1, 2**31, 10**20])
def test_no_vote_is_lost_for_what_stands_beside_it(seconds: int) -> None:
    long = "x\0" * 500
    how = Circumstances(language=long, place=long, audience=long, seconds=seconds, risk=Risk(long, long, long))
    assert cast(make_poll(), circumstances=how).fresh
    ballot = Ballot.objects.get()
    assert (ballot.language, len(ballot.place), ballot.seconds) == ("x" * 12, 120, None)


def test_the_wording_of_the_moment_is_noted_on_the_ballot() -> None:
    poll = make_poll()
    cast(poll)
    Poll.objects.filter(pk=poll.pk).update(wording_version=2)
    cast(poll)
    assert [*Ballot.objects.order_by("pk").values_list("wording_version", flat=True)] == [1, 2]


# --- told only when it is on disk -----------------------------------------------------------------------------------


def test_a_vote_is_one_statement(django_assert_num_queries: Any) -> None:
    poll = make_poll()
    sheet, given_answers = paper_of(poll), answers(poll, "Yes")
    with django_assert_num_queries(1):
        cast_ballot(paper=sheet, voter_key=voter(), given=as_given(given_answers))


@in_the_open
def test_commits_wait_for_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


@in_the_open
def test_there_is_no_receipt_when_the_commit_fails() -> None:
    """A rule that is seen at COMMIT only, after every row was written and the statement had its result."""
    poll = make_poll()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$;"
            "CREATE CONSTRAINT TRIGGER never AFTER INSERT ON polls_ballot DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION never()"
        )
    try:
        with pytest.raises(Unconfirmed):
            cast(poll, by="me")
        assert find_receipt(poll_id=poll.pk, voter_key=voter("me")) is None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION never CASCADE")
    assert cast(poll, by="me").fresh


@in_the_open
def test_a_connection_that_died_is_replaced_and_the_vote_counted_once() -> None:
    poll = make_poll()
    sheet, given_answers = paper_of(poll), answers(poll, "Yes")
    with connection.cursor() as cursor, another_session(autocommit=True) as other:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
        other.execute("SELECT pg_terminate_backend(%s, 1000)", [mine])
    assert cast_ballot(paper=sheet, voter_key=voter("me"), given=as_given(given_answers)).fresh
    assert Ballot.objects.count() == 1


@in_the_open
def test_a_connection_to_a_server_that_became_a_read_only_copy_is_replaced() -> None:
    poll = make_poll()
    sheet, given_answers = paper_of(poll), answers(poll, "Yes")
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert cast_ballot(paper=sheet, voter_key=voter("me"), given=as_given(given_answers)).fresh
    assert Ballot.objects.count() == 1


@in_the_open
def test_a_vote_whose_answer_was_lost_is_known_again() -> None:
    """Committed, and then the connection broke: the statement runs again and finds its own ballot."""
    poll = make_poll(may_change=True)
    sheet, given_answers = paper_of(poll), answers(poll, "Yes")
    broken: list[Any] = []

    def loses_the_first_answer(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "INSERT INTO polls_ballot" in sql and not broken:
            broken.append(context["cursor"].fetchone())
            raise voting.OperationalError("server closed the connection unexpectedly")
        return result

    with connection.execute_wrapper(loses_the_first_answer):
        receipt = cast_ballot(paper=sheet, voter_key=voter("me"), given=as_given(given_answers))
    assert [receipt.counted_at] == [row[0] for row in broken]
    assert Ballot.objects.count() == 1
    broken.clear()
    with connection.execute_wrapper(loses_the_first_answer):
        changed = cast_ballot(paper=sheet, voter_key=voter("me"), given=as_given(answers(poll, "No")), replaces=1)
    assert (changed.revision, Ballot.objects.count(), SetAside.objects.count()) == (2, 2, 1)


@in_the_open
def test_a_vote_that_waits_too_long_is_unconfirmed_and_may_be_sent_again() -> None:
    poll = make_poll()
    with another_session(autocommit=True) as other, other.transaction():
        other.execute("SELECT 1 FROM polls_poll WHERE id = %s FOR UPDATE", [poll.pk])
        with pytest.raises(Unconfirmed) as refusal:
            cast(poll, by="me")
    assert "safe to send it again" in refusal.value.message
    assert cast(poll, by="me").fresh


@in_the_open
def test_a_vote_that_met_a_pause_under_way_waits_and_is_judged_by_it() -> None:
    poll = make_poll()
    outcome: list[object] = []

    def vote() -> None:
        try:
            outcome.append(cast(poll))
        except NotOpen as refusal:
            outcome.append(refusal.state)
        finally:
            connection.close()

    with another_session(autocommit=True) as other:
        with other.transaction():
            # An UPDATE as any tool would write it, without a lock of its own.
            other.execute("UPDATE polls_poll SET paused_at = clock_timestamp() WHERE id = %s", [poll.pk])
            reader = threading.Thread(target=vote)
            reader.start()
            wait_until_somebody_waits()
        reader.join()
    assert outcome == [State.PAUSED]


def test_unguarded_rows_are_for_tests_alone() -> None:
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("replica",)
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
    assert close(make_poll()).state(now=timezone.now()) == State.CLOSED
