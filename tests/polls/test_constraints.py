"""Every rule of the database, compared with `docs/constraints.md` and broken once by raw SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone

from polls.models import Ballot, CarriedVotes, Correction, Poll, Question
from tests.factories import add_question, cast, close, finalise, make_poll, unguarded, voter
from tests.polls.crowd import another_session

pytestmark = pytest.mark.django_db
in_the_open = pytest.mark.django_db(transaction=True)

PAGE = Path(settings.ROOT, "docs/constraints.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| `(polls_\w+|django_admin_log)` \| \S.* \|$", re.M)
_KEYS, _TRIGGERS, _DJANGO = PAGE.split("\n## ")[1:]
KEYS, TRIGGERS, DJANGO = (set(ROW.findall(part)) for part in (_KEYS, _TRIGGERS, _DJANGO))

CONSTRAINTS = """
SELECT k.conname, t.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
WHERE t.relname LIKE 'polls\\_%%' AND k.contype IN ('c', 'f', 'u', 'p') AND k.convalidated
UNION
SELECT i.relname, t.relname
FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE t.relname LIKE 'polls\\_%%' AND x.indisunique AND x.indpred IS NOT NULL AND x.indisvalid
"""
SET_TRIGGERS = """
SELECT g.tgname, t.relname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
WHERE (t.relname LIKE 'polls\\_%%' OR t.relname = 'django_admin_log') AND NOT g.tgisinternal AND g.tgenabled = 'O'
"""


def run(sql: str, values: Mapping[str, Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(values or {}))
        return cursor.fetchall() if cursor.description else []


@contextmanager
def refused(by: str) -> Iterator[None]:
    """Expect a refusal by the constraint of that name, or by a trigger with that message."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():  # noqa: PT012 - some rules are seen at COMMIT
        yield
        run("SET CONSTRAINTS ALL IMMEDIATE")
    diagnosis = caught.value.__cause__.diag  # type: ignore[union-attr]
    assert (diagnosis.constraint_name or diagnosis.message_primary) == by


def test_the_page_and_the_database_list_the_same_keys_and_checks() -> None:
    assert set(run(CONSTRAINTS)) == KEYS | DJANGO
    assert len(ROW.findall(PAGE)) == len(KEYS) + len(TRIGGERS) + len(DJANGO)


def test_the_page_and_the_database_list_the_same_triggers_and_all_are_on() -> None:
    assert set(run(SET_TRIGGERS)) == TRIGGERS


def test_a_constraint_that_is_dropped_is_missed_by_the_comparison() -> None:
    run("ALTER TABLE polls_ballot DROP CONSTRAINT ballot_once")
    assert set(run(CONSTRAINTS)) != KEYS | DJANGO
    run("ALTER TABLE polls_ballot DISABLE TRIGGER ballot_admitted")
    assert set(run(SET_TRIGGERS)) != TRIGGERS


# --- a house to break into ----------------------------------------------------------------------------------------


@pytest.fixture
def ids() -> dict[str, Any]:
    """A poll with a vote (`poll`), another one without (`other`), and what raw SQL needs to name in them."""
    poll = make_poll(
        questions=[
            {"text": "Who?", "options": ["Ann", "Ben"]},
            {"text": "Which?", "options": ["Red", "Green", "Blue"], "kind": "multiple", "max_choices": 2},
            {"text": "Else?", "options": ["Yes", "No"], "required": False},
        ],
        may_change=True,
    )
    other = make_poll(options=["Up", "Down"])
    cast(poll, "Ann", ["Red"], by="me")
    ballot = Ballot.objects.get(poll=poll)
    who, which, other_asked = [*poll.questions.order_by("position")[:2], other.questions.get()]
    names = {
        "series": poll.series_id,
        "poll": poll.pk,
        "other": other.pk,
        "ballot": ballot.pk,
        "answer": ballot.answers.order_by("pk")[0].pk,
        "mine": voter("me"),
        "you": voter("you"),
        "bytes16": b"n" * 16,
        "bytes31": b"k" * 31,
        "bytes32": b"d" * 32,
        "who": who.pk,
        "which": which.pk,
        "else": poll.questions.get(position=2).pk,
        "other_asked": other_asked.pk,
    }
    for question in (who, which, other_asked):
        names |= {option.text.lower(): option.pk for option in question.options.all()}
    return names


def insert(table: str, values: Mapping[str, str], changed: Mapping[str, str]) -> str:
    row = {**values, **changed}
    return f"INSERT INTO polls_{table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


def ballot(*answers: tuple[str, str], missing: str = "NULL", **changed: str) -> str:
    """SQL for a ballot of somebody new in `poll` with its answers (question, option), in one statement."""
    values = {
        "poll_id": "%(poll)s",
        "voter_key": "%(you)s",
        "revision": "1",
        "digest": "%(bytes32)s",
        "nonce": "%(bytes16)s",
        "cast_at": "statement_timestamp()",
        "xid": "pg_current_xact_id()",
        "language": "''",
        "place": "''",
        "wording_version": "1",
        "audience": "''",
        "with_scripts": "false",
        "weaker_limit": "false",
    }
    marks = ", ".join(
        f"(%({question})s::bigint, {f'%({option})s' if option else 'NULL'}::bigint, {missing}::varchar)"
        for question, option in answers or [("who", "ben")]
    )
    return f"""WITH ballot AS ({insert("ballot", values, changed)} RETURNING id, poll_id)
      INSERT INTO polls_answer (ballot_id, poll_id, question_id, option_id, missing)
      SELECT ballot.id, ballot.poll_id, marks.* FROM ballot, (VALUES {marks}) AS marks"""


def answer(**changed: str) -> str:
    """SQL for one more answer on the ballot that was cast."""
    values = {"ballot_id": "%(ballot)s", "poll_id": "%(poll)s", "question_id": "%(which)s", "option_id": "%(green)s"}
    return insert("answer", values, changed)


def set_aside(**changed: str) -> str:
    values = {"ballot_id": "%(ballot)s", "poll_id": "%(poll)s", "rule": "'fraud'", "reason": "'x'", "who": "''"}
    return insert("setaside", values, changed)


def carried(**changed: str) -> str:
    values = {"poll_id": "%(other)s", "question_id": "%(other_asked)s", "option_id": "%(up)s", "votes": "5"}
    return insert("carriedvotes", values, changed)


def correction(**changed: str) -> str:
    values = {
        "poll_id": "%(poll)s",
        "question_id": "%(who)s",
        "former": "'Who?'",
        "corrected": "'Who then?'",
        "reason": "'typo'",
        "who": "'editor'",
    }
    return insert("correction", values, changed)


def draft(**changed: str) -> str:
    values = {
        "poll_id": "%(poll)s",
        "voter_key": "%(you)s",
        "answers": "'{}'",
        "page": "1",
        "updated_at": "now()",
        "expires_at": "now()",
    }
    return insert("draft", values, changed)


def alarm() -> str:
    return insert("alarm", {"poll_id": "%(poll)s", "found": "'x'", "details": "''"}, {})


def history() -> str:
    values = {
        "poll_id": "%(poll)s",
        "version": "1",
        "as_of": "now()",
        "state": "'open'",
        "counts": "'{}'",
        "sha256": "''",
    }
    return insert("tallyhistory", values, {})


def tally(**changed: str) -> str:
    values = {
        "poll_id": "%(poll)s",
        "version": "5",
        "as_of": "now()",
        "state": "'open'",
        "counts": "'{}'",
        "sha256": "repeat('0', 64)",
        "public": "'{}'",
        "voters": "'{}'",
        "checked_at": "now()",
    }
    return insert("tally", values, changed)


def member(**changed: str) -> str:
    values = {"ballot_id": "%(ballot)s", "poll_id": "%(poll)s", "panel_id": "%(series)s", "key": "%(bytes32)s"}
    return insert("member", values, changed)


def redact(reason: str, text: str) -> str:
    return f"UPDATE polls_verbatim SET redacted_at = now(), redaction_reason = '{reason}', text = '{text}'"


VERBATIM = (
    "INSERT INTO polls_verbatim (answer_id, text, redaction_reason, redacted_by) VALUES (%(answer)s, 'x', '', '')"
)
# Poll, question and option rows as they stand, with one thing changed; `other` has no votes and is not frozen.
OTHER = "UPDATE polls_poll SET {} WHERE id = %(other)s"
ASKED = "UPDATE polls_question SET {} WHERE id = %(other_asked)s"
DOWN = "UPDATE polls_option SET {} WHERE id = %(down)s"
EVENT = "INSERT INTO polls_pollevent (poll_id, action, who, reason, details) VALUES (%(poll)s, 'paused', '', '', '{}')"
NEW_QUESTION = (
    "INSERT INTO polls_question ({}poll_id, position, kind, text, help, required, min_choices, max_choices, settings,"
    " name, page, labels, about) VALUES ({}, 'single', 'And?', '', true, 1, 1, '{{}}', '', 1, '', false)"
)
SAVED = "INSERT INTO polls_saved (name, questionnaire, who, at) VALUES ('Age', '{}', '', now())"
SHOWN = "INSERT INTO polls_shown (verbatim_id, who) SELECT id, '' FROM polls_verbatim"
REACH = "INSERT INTO polls_reach (poll_id, page, respondents) VALUES (%(poll)s, 1, 1)"
RISK = "INSERT INTO polls_ballotrisk (ballot_id, poll_id, network, browser, timing) VALUES (%(ballot)s, {}, '', '', '')"

# One breach for each key and check; where several statements are needed the last one is refused.
BREACHES: dict[str, list[str]] = {
    "series_key_is_whole": ["INSERT INTO polls_series (name, key) VALUES ('', %(bytes31)s)"],
    "poll_opens_before_it_closes": [OTHER.format("opens_at = closes_at")],
    "poll_step_at_least_one": [OTHER.format("step = 0")],
    "poll_results_date_given": [OTHER.format("results_shown = 'from_date'")],
    "poll_results_shown_known": [OTHER.format("results_shown = 'perhaps'")],
    "poll_repeat_rule_known": [OTHER.format("repeat_rule = 'often'")],
    "poll_final_after_it_closed": [OTHER.format("finalised_at = closes_at - interval '1 second'")],
    "question_of_poll": [
        "ALTER TABLE polls_question DROP CONSTRAINT polls_question_pkey CASCADE",
        NEW_QUESTION.format("id, ", "%(other_asked)s, %(other)s, 5"),
    ],
    "question_position": [
        NEW_QUESTION.format("", "%(other)s, 0"),
    ],
    "question_choices_in_order": [ASKED.format("kind = 'multiple', min_choices = 3, max_choices = 2")],
    "question_single_means_one": [ASKED.format("max_choices = 2")],
    "question_name_once": [
        ASKED.format("name = 'age'"),
        NEW_QUESTION.format("", "%(other)s, 5").replace("'', 1, ''", "'age', 1, ''"),
    ],
    "question_page_from_one": [ASKED.format("page = 0")],
    "question_has_wording": [ASKED.format("text = ''")],
    "option_of_question": [
        "ALTER TABLE polls_option DROP CONSTRAINT polls_option_pkey CASCADE",
        DOWN.format("id = %(up)s"),
    ],
    "option_position": [DOWN.format("position = 0")],
    "option_wording_once": [DOWN.format("text = 'Up'")],
    "option_name_once": [DOWN.format("name = 'a'"), "UPDATE polls_option SET name = 'a' WHERE id = %(up)s"],
    "option_has_wording": [DOWN.format("text = ''")],
    "ballot_once": [ballot(), ballot()],
    "ballot_of_poll": [
        "ALTER TABLE polls_ballot DROP CONSTRAINT polls_ballot_pkey CASCADE",
        ballot(id="%(ballot)s"),
    ],
    "ballot_revision_from_one": [ballot(revision="0")],
    "ballot_voter_key_is_whole": [ballot(voter_key="%(bytes31)s")],
    "ballot_digest_is_whole": [ballot(digest="%(bytes31)s")],
    "ballot_nonce_is_whole": [ballot(nonce="%(bytes32)s")],
    "answer_on_its_ballot": [answer(poll_id="%(other)s", question_id="%(other_asked)s", option_id="%(up)s")],
    "answer_to_its_poll": [ballot(("other_asked", "up"))],
    "answer_from_its_question": [ballot(("who", "red"))],
    "answer_option_once": [ballot(("which", "red"), ("which", "red"))],
    "answer_without_option_once": [ballot(("which", ""), ("which", ""), missing="'skipped'")],
    "answer_or_missing": [ballot(("who", "ben"), missing="'skipped'")],
    "answer_number_is_finite": [answer(question_id="%(else)s", option_id="NULL", number="'NaN'")],
    "verbatim_redacted_is_empty": [VERBATIM, redact("", "")],
    "set_aside_of_its_poll": [set_aside(poll_id="%(other)s")],
    "set_aside_once": [set_aside(), set_aside(rule="'doubt'")],
    "set_aside_explained": [set_aside(reason="''")],
    "risk_of_its_poll": [RISK.format("%(other)s")],
    "carried_of_its_poll": [carried(question_id="%(who)s", option_id="NULL")],
    "carried_of_its_question": [carried(option_id="%(ann)s")],
    "carried_option_once": [carried(), carried(votes="6")],
    "carried_voters_once": [carried(option_id="NULL"), carried(option_id="NULL")],
    "member_of_its_poll": [member(poll_id="%(other)s")],
    "member_key_is_whole": [member(key="%(bytes31)s")],
    "member_in_or_withdrawn": [member(withdrawn_at="now()")],
    "reach_once": [REACH, REACH],
    "draft_once": [draft(), draft()],
    "draft_voter_key_is_whole": [draft(voter_key="%(bytes31)s")],
    "tally_sha256_is_whole": [tally(sha256="''")],
    "tally_version_once": [history(), history()],
    "correction_of_its_poll": [correction(question_id="%(other_asked)s")],
    "correction_of_its_question": [correction(option_id="%(red)s")],
    "correction_explained": [correction(reason="''")],
    "alarm_standing_once": [alarm(), alarm()],
}


def test_every_key_and_check_of_the_page_has_its_breach() -> None:
    assert set(BREACHES) == {name for name, _table in KEYS}


@pytest.mark.parametrize("name", BREACHES)
def test_key_or_check_refuses(name: str, ids: dict[str, Any]) -> None:
    *before, breach = BREACHES[name]
    run("SET CONSTRAINTS ALL IMMEDIATE")  # what the fixture inserted is checked, so that tables may be altered
    for statement in before:
        run(statement, ids)
    with refused(by=name):
        run(breach, ids)


def test_the_same_ballots_are_admitted_where_they_break_nothing(ids: dict[str, Any]) -> None:
    """Without it the breaches above could be refused for being nonsense."""
    run(ballot(("who", "ben"), ("which", "red"), ("which", "blue")), ids)
    run(ballot(("who", ""), missing="'skipped'", voter_key="%(bytes32)s"), ids)
    run(set_aside(), ids)
    run(carried(), ids)
    run(carried(option_id="NULL", votes="7"), ids)
    run(draft(), ids)
    run(tally(), ids)
    run(history(), ids)
    run(alarm(), ids)
    run(RISK.format("%(poll)s"), ids)
    run(member(), ids)
    run(REACH, ids)
    run("SET CONSTRAINTS ALL IMMEDIATE")


COLUMNS = """
SELECT k.contype::text, array_agg(a.attname::text) FILTER (WHERE a.attnum = ANY (k.conkey)), array_agg(a.attname::text)
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum > 0 AND NOT a.attisdropped
WHERE k.conname = %(name)s GROUP BY k.oid
"""
OTHERS = """
SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k
WHERE k.conname <> %(name)s AND k.contype IN ('c', 'f', 'u') AND %(table)s::regclass IN (k.conrelid, k.confrelid)
ORDER BY k.contype
"""


@pytest.mark.parametrize(("name", "table"), sorted(DJANGO))
def test_key_or_reference_made_by_django_refuses(name: str, table: str, ids: dict[str, Any]) -> None:
    """Every other rule of the table is taken away first, so that none can refuse in the place of this one."""
    for row in (
        VERBATIM,
        carried(),
        correction(),
        draft(),
        tally(),
        history(),
        alarm(),
        set_aside(),
        EVENT,
        RISK.format("%(poll)s"),
        member(),
        REACH,
        SAVED,
        SHOWN,
    ):
        run(row, ids)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    ((kind, (column,), columns),) = run(COLUMNS, {"name": name})
    run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for its_table, other in run(OTHERS, {"name": name, "table": table}):
        run(f"ALTER TABLE {its_table} DROP CONSTRAINT {other} CASCADE")
    if column == "replaced_by_id":
        run("UPDATE polls_poll SET replaced_by_id = id")
    with refused(by=name):
        if kind in "pu":
            copied = ", ".join(c for c in columns if kind == "p" or c != "id")
            run(f"INSERT INTO {table} ({copied}) SELECT {copied} FROM {table}")
        else:
            run(f"UPDATE {table} SET {column} = -1")


# --- rows that are only ever inserted -------------------------------------------------------------------------------

APPEND_ONLY = [
    "polls_ballot",
    "polls_answer",
    "polls_setaside",
    "polls_carriedvotes",
    "polls_correction",
    "polls_pollevent",
    "polls_tallyhistory",
]


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_row_is_neither_changed_nor_deleted_nor_truncated(table: str, ids: dict[str, Any]) -> None:
    run(set_aside(), ids)
    run(carried(), ids)
    run(correction(), ids)
    run(history(), ids)
    run(EVENT, ids)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(by=f"{table} is append-only: UPDATE is refused"):
        run(f"UPDATE {table} SET poll_id = poll_id")
    with refused(by=f"{table} is append-only: DELETE is refused"):
        run(f"DELETE FROM {table}")
    with refused(by=f"{table} is append-only: TRUNCATE is refused"):
        run(f"TRUNCATE {table} CASCADE")


def test_the_audit_list_is_neither_changed_nor_deleted_nor_truncated() -> None:
    user = User.objects.create(username="ed")
    LogEntry.objects.create(user=user, action_flag=1, object_repr="x")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(by="django_admin_log is append-only: UPDATE is refused"):
        run("UPDATE django_admin_log SET change_message = 'nothing'")
    with refused(by="django_admin_log is append-only: DELETE is refused"):
        run("DELETE FROM django_admin_log")
    with refused(by="django_admin_log is append-only: TRUNCATE is refused"):
        run("TRUNCATE django_admin_log")
    with pytest.raises(DatabaseError, match="django_admin_log is append-only"), transaction.atomic():
        user.delete()
    assert LogEntry.objects.get().user == user


@pytest.mark.parametrize("table", ["polls_poll", "polls_question", "polls_option", "polls_series"])
def test_nothing_a_ballot_hangs_on_is_truncated_away(table: str, ids: dict[str, Any]) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="is append-only: TRUNCATE is refused"), transaction.atomic():
        run(f"TRUNCATE {table} CASCADE")


def test_a_poll_with_ballots_cannot_be_deleted(ids: dict[str, Any]) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(by=f"the questions of poll {ids['poll']} are frozen: votes exist"):
        run("DELETE FROM polls_question WHERE poll_id = %(poll)s", ids)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="violates foreign key constraint"), transaction.atomic():
        run("DELETE FROM polls_poll WHERE id = %(poll)s", ids)


def test_a_count_is_neither_deleted_nor_truncated(ids: dict[str, Any]) -> None:
    run(tally(), ids)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(by="polls_tally is append-only: DELETE is refused"):
        run("DELETE FROM polls_tally")
    with refused(by="polls_tally is append-only: TRUNCATE is refused"):
        run("TRUNCATE polls_tally")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("version = 4", "the count of poll {poll} would go back"),
        ("as_of = as_of - interval '1 microsecond'", "the count of poll {poll} would go back"),
        ("public = '{{\"ballots\": 9}}'", "two documents of poll {poll} under one version"),
        ("voters = '{{\"ballots\": 9}}'", "two documents of poll {poll} under one version"),
    ],
)
def test_a_count_never_goes_back(change: str, words: str, ids: dict[str, Any]) -> None:
    run(tally(), ids)
    with refused(by=words.format(**ids)):
        run(f"UPDATE polls_tally SET {change.replace('{{', '{').replace('}}', '}')}")
    run("UPDATE polls_tally SET version = 6, as_of = now(), public = '[]', checked_at = now()")


# --- ballots --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["draft", "scheduled", "paused", "closed"])
def test_no_ballot_gets_into_a_poll_that_is_not_open(state: str) -> None:
    poll = make_poll(state=state)
    question = poll.questions.get()
    names = {"poll": poll.pk, "who": question.pk, "ben": question.options.first().pk}  # type: ignore[union-attr]
    with refused(by=f"poll {poll.pk} is not open"):
        run(ballot(), {**names, "you": voter(), "bytes16": b"n" * 16, "bytes32": b"d" * 32})


def test_no_ballot_gets_into_a_final_poll(ids: dict[str, Any]) -> None:
    poll = finalise(Poll.objects.get(pk=ids["poll"]))
    with unguarded():  # even were its times to say that it is open
        Poll.objects.filter(pk=poll.pk).update(
            closes_at=timezone.now() + timedelta(days=1), finalised_at=timezone.now() + timedelta(days=2)
        )
    with refused(by=f"poll {poll.pk} is not open"):
        run(ballot(), ids)


@pytest.mark.parametrize(
    "forged",
    [
        {"cast_at": "statement_timestamp() - interval '1 second'"},
        {"cast_at": "statement_timestamp() + interval '1 second'"},
        {"xid": "(pg_current_xact_id()::text::bigint - 1)::text::xid8"},
    ],
)
def test_a_ballot_bears_no_other_time_or_transaction_than_its_own(forged: dict[str, str], ids: dict[str, Any]) -> None:
    with refused(by="a ballot bears the time and the transaction of its casting"):
        run(ballot(**forged), ids)


@in_the_open
def test_a_closing_waits_for_a_ballot_whoever_wrote_its_insert(ids: dict[str, Any]) -> None:
    with another_session() as other:
        other.execute(ballot(), ids)
        with pytest.raises(OperationalError, match="lock timeout"):
            Poll.objects.filter(pk=ids["poll"]).update(paused_at=timezone.now())


def test_a_ballot_without_answers_is_refused(ids: dict[str, Any]) -> None:
    alone = ballot().split("WITH ballot AS (")[1].split(" RETURNING")[0]
    with refused(by="a ballot without an answer"):
        run(alone, ids)


def test_a_revision_without_setting_the_former_ballot_aside_is_refused(ids: dict[str, Any]) -> None:
    second = ballot(voter_key="%(mine)s", revision="2")
    with refused(by="a revision without the ballot that it replaces"):
        run(second, ids)
    run(set_aside(), ids)  # set aside for another reason is not replaced
    with refused(by="a revision without the ballot that it replaces"):
        run(second, ids)


def test_a_revision_of_nothing_is_refused(ids: dict[str, Any]) -> None:
    with refused(by="a revision without the ballot that it replaces"):
        run(ballot(revision="2"), ids)


def test_a_revision_is_refused_where_votes_may_not_be_changed(ids: dict[str, Any]) -> None:
    with unguarded():
        Poll.objects.filter(pk=ids["poll"]).update(may_change=False)
    with refused(by=f"poll {ids['poll']} is not open"):
        run(ballot(voter_key="%(mine)s", revision="2"), ids)


def test_a_ballot_is_set_aside_as_replaced_only_by_a_later_one(ids: dict[str, Any]) -> None:
    with refused(by="a ballot replaced by none"):
        run(set_aside(rule="'replaced'"), ids)


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ([("who", "ann"), ("who", "ben")], "NULL"),
        ([("which", "red"), ("which", "green"), ("which", "blue")], "NULL"),
        ([("who", "")], "NULL"),
        ([("which", "")], "NULL"),
    ],
    ids=["two of a single choice", "three of two", "an answer without an option", "several without an option"],
)
def test_too_many_or_too_few_options_are_refused(
    answers: list[tuple[str, str]], missing: str, ids: dict[str, Any]
) -> None:
    with refused(by="too few or too many options on one ballot"):
        run(ballot(*answers, missing=missing), ids)


def test_one_option_of_a_question_that_asks_for_two_is_refused(ids: dict[str, Any]) -> None:
    with unguarded():
        Question.objects.filter(pk=ids["which"]).update(min_choices=2)
    with refused(by="too few or too many options on one ballot"):
        run(ballot(("which", "red")), ids)


def test_a_question_is_not_answered_and_skipped_at_once(ids: dict[str, Any]) -> None:
    both = ballot(("which", "red")).replace(
        "marks.* FROM ballot, (VALUES ",
        "marks.* FROM ballot, (VALUES (%(which)s::bigint, NULL::bigint, 'skipped'::varchar), ",
    )
    with refused(by="too few or too many options on one ballot"):
        run(both, ids)


@in_the_open
def test_nothing_is_added_to_a_ballot_that_was_cast(ids: dict[str, Any]) -> None:
    with refused(by="nothing is added to a ballot that was cast"):
        run(answer(), ids)  # a second colour, which its limits would admit
    with refused(by="nothing is added to a ballot that was cast"):
        run(VERBATIM, ids)


def test_a_text_answer_may_only_be_emptied_and_once(ids: dict[str, Any]) -> None:
    run(VERBATIM, ids)
    for change in [
        "text = 'y'",
        "text = ''",
        "redacted_by = 'me'",
        "answer_id = answer_id + 1",
        "redacted_at = now(), redaction_reason = 'a name', text = 'y'",
    ]:
        with refused(by="a text answer may only be emptied"):
            run(f"UPDATE polls_verbatim SET {change}")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(by="polls_verbatim is append-only: DELETE is refused"):
        run("DELETE FROM polls_verbatim")
    with refused(by="polls_verbatim is append-only: TRUNCATE is refused"):
        run("TRUNCATE polls_verbatim CASCADE")
    run(redact("a name", ""))
    with refused(by="a text answer may only be emptied"):
        run(redact("another reason", ""))


def test_consent_comes_with_its_ballot_and_can_only_be_withdrawn(ids: dict[str, Any]) -> None:
    run(member(), ids)
    for change in ["key = sha256('x')", "withdrawn_at = now()", "panel_id = panel_id + 1, key = NULL"]:
        with refused(by="consent may only be withdrawn"):
            run(f"UPDATE polls_member SET {change}")
    run("UPDATE polls_member SET key = NULL, withdrawn_at = now()")
    with refused(by="consent may only be withdrawn"):
        run("UPDATE polls_member SET key = sha256('x'), withdrawn_at = NULL")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with refused(by="polls_member is append-only: DELETE is refused"):
        run("DELETE FROM polls_member")
    with refused(by="polls_member is append-only: TRUNCATE is refused"):
        run("TRUNCATE polls_member")


@in_the_open
def test_consent_is_not_added_to_a_ballot_that_was_cast(ids: dict[str, Any]) -> None:
    with refused(by="nothing is added to a ballot that was cast"):
        run(member(), ids)


def test_carried_votes_do_not_stand_beside_ballots(ids: dict[str, Any]) -> None:
    with refused(by=f"poll {ids['poll']} has ballots"):
        run(carried(poll_id="%(poll)s", question_id="%(who)s", option_id="%(ann)s"), ids)
    run(carried(), ids)
    with refused(by=f"poll {ids['other']} has carried votes"):
        run(ballot(("other_asked", "up"), poll_id="%(other)s"), ids)


# --- what is frozen once votes exist --------------------------------------------------------------------------------

QUESTION = "UPDATE polls_question SET {} WHERE id = %(who)s"
OPTION = "UPDATE polls_option SET {} WHERE id = %(ann)s"


@pytest.mark.parametrize(
    "change",
    [
        QUESTION.format("text = 'Whom?'"),
        QUESTION.format("help = 'Think'"),
        QUESTION.format("kind = 'multiple', max_choices = 2"),
        QUESTION.format("required = false"),
        QUESTION.format("position = 7"),
        QUESTION.format("settings = '{{\"a\": 1}}'".replace("{{", "{").replace("}}", "}")),
        "UPDATE polls_question SET poll_id = %(other)s, position = 3 WHERE id = %(else)s",
        "UPDATE polls_question SET poll_id = %(poll)s, position = 3 WHERE id = %(other_asked)s",
        "DELETE FROM polls_question WHERE id = %(else)s",
        NEW_QUESTION.format("", "%(poll)s, 3"),
    ],
)  # fmt: skip
def test_questions_are_frozen_once_votes_exist(change: str, ids: dict[str, Any]) -> None:
    with refused(
        by=f"the questions of poll {ids['poll' if 'other_asked' not in change else 'other']} are frozen: votes exist"
    ):
        run(change, ids)


@pytest.mark.parametrize(
    "change",
    [
        OPTION.format("text = 'Anna'"),
        OPTION.format("position = 7"),
        OPTION.format("settings = '[1]'"),
        "UPDATE polls_option SET question_id = %(other_asked)s, position = 9 WHERE id = %(blue)s",
        "UPDATE polls_option SET question_id = %(which)s, position = 9 WHERE id = %(up)s",
        "DELETE FROM polls_option WHERE id = %(blue)s",
        "INSERT INTO polls_option (question_id, position, name, text, settings) VALUES (%(who)s, 2, '', 'Cleo', '{}')",
    ],
)
def test_options_are_frozen_once_votes_exist(change: str, ids: dict[str, Any]) -> None:
    with refused(
        by=f"the options of poll {ids['poll' if '%(up)s' not in change else 'other']} are frozen: votes exist"
    ):
        run(change, ids)


@pytest.mark.parametrize(
    "change",
    [
        "slug = 'elsewhere'",
        "title = 'Another'",
        "intro = 'Another'",
        "repeat_rule = 'account'",
        "may_change = false",
        "step = 2",
        "minimum_base = 3",
        "opens_at = opens_at - interval '1 day'",
        "published_at = NULL",
        "wording_version = 0",
        "series_id = (SELECT series_id FROM polls_poll WHERE id = %(other)s)",
    ],
)
def test_the_rules_of_a_poll_are_frozen_once_votes_exist(change: str, ids: dict[str, Any]) -> None:
    with refused(by=f"the wording and rules of poll {ids['poll']} are frozen: votes exist"):
        run(f"UPDATE polls_poll SET {change} WHERE id = %(poll)s", ids)


def test_carried_votes_freeze_a_poll_as_ballots_do(ids: dict[str, Any]) -> None:
    before = Poll.objects.get(pk=ids["other"]).changed_at
    run(carried(), ids)
    assert Poll.objects.get(pk=ids["other"]).changed_at > before
    with refused(by=f"the options of poll {ids['other']} are frozen: votes exist"):
        run(DOWN.format("text = 'Aside'"), ids)


def test_a_poll_without_votes_may_be_rewritten(ids: dict[str, Any]) -> None:
    run(OTHER.format("title = 'New', step = 10, repeat_rule = 'account', may_change = true"), ids)
    run(ASKED.format("text = 'New?'"), ids)
    run(DOWN.format("text = 'Aside'"), ids)
    run("DELETE FROM polls_option WHERE id = %(down)s", ids)
    run("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_poll_with_votes_may_be_paused_extended_and_annotated(ids: dict[str, Any]) -> None:
    run(
        "UPDATE polls_poll SET paused_at = now(), note = 'A pause.', closes_at = closes_at + interval '1 day'"
        " WHERE id = %(poll)s",
        ids,
    )


def test_a_closed_poll_with_votes_is_never_reopened(ids: dict[str, Any]) -> None:
    close(Poll.objects.get(pk=ids["poll"]))
    with refused(by=f"poll {ids['poll']} is closed and is never reopened"):
        run("UPDATE polls_poll SET closes_at = now() + interval '1 day' WHERE id = %(poll)s", ids)


def test_a_closing_time_before_the_last_ballot_becomes_the_moment_after_it(ids: dict[str, Any]) -> None:
    run("UPDATE polls_poll SET closes_at = opens_at + interval '1 hour' WHERE id = %(poll)s", ids)
    last = Ballot.objects.get(poll=ids["poll"]).cast_at
    assert Poll.objects.get(pk=ids["poll"]).closes_at == last + timedelta(microseconds=1)


@pytest.mark.parametrize(
    "change",
    [
        "finalised_at = NULL",
        "finalised_at = finalised_at + interval '1 day'",
        "closes_at = closes_at - interval '1 hour'",
        "opens_at = opens_at - interval '1 day'",
    ],
)
def test_the_times_of_a_final_poll_stay(change: str, ids: dict[str, Any]) -> None:
    finalise(Poll.objects.get(pk=ids["poll"]))
    with refused(by=f"poll {ids['poll']} is final"):
        run(f"UPDATE polls_poll SET {change} WHERE id = %(poll)s", ids)


def test_the_key_of_a_series_stays_until_its_polls_are_final(ids: dict[str, Any]) -> None:
    with refused(by=f"the key of series {ids['series']} is in use"):
        run("UPDATE polls_series SET key = %(bytes32)s WHERE id = %(series)s", ids)
    run("UPDATE polls_series SET name = 'Wave' WHERE id = %(series)s", ids)
    finalise(Poll.objects.get(pk=ids["poll"]))
    run("UPDATE polls_series SET key = %(bytes32)s WHERE id = %(series)s", ids)


def test_every_change_of_a_poll_or_of_what_it_asks_is_stamped(ids: dict[str, Any]) -> None:
    poll = Poll.objects.get(pk=ids["other"])
    empty = make_poll()
    empty.questions.all().delete()

    def stamped() -> bool:
        before = poll.changed_at
        poll.refresh_from_db()
        return poll.changed_at > before

    run(OTHER.format("note = 'x', changed_at = now() - interval '1 day'"), ids)
    assert stamped()
    run(ASKED.format("text = 'New?'"), ids)
    assert stamped()
    run(DOWN.format("text = 'New'"), ids)
    assert stamped()
    add_question(poll, position=9)
    assert stamped()
    run("UPDATE polls_question SET poll_id = %(new)s WHERE id = %(other_asked)s", {**ids, "new": empty.pk})
    assert stamped()
    run(ASKED.format("poll_id = %(other)s"), ids)
    assert stamped()
    cast(poll, "Up", "Yes", by="us")
    assert not stamped()
    run(set_aside(ballot_id=str(Ballot.objects.get(poll=poll).pk), poll_id="%(other)s"), ids)
    assert stamped()


# --- corrections ----------------------------------------------------------------------------------------------------


def test_a_correction_is_admitted_in_its_own_transaction_with_its_written_row(ids: dict[str, Any]) -> None:
    run(correction(), ids)
    run(QUESTION.format("text = 'Who then?'"), ids)
    assert Question.objects.get(pk=ids["who"]).text == "Who then?"


@pytest.mark.parametrize(
    "written",
    [
        correction(corrected="'Whom?'"),
        correction(former="'Where?'"),
        correction(question_id="%(which)s"),
        correction(question_id="NULL"),
    ],
)
def test_a_correction_admits_nothing_but_what_it_says(written: str, ids: dict[str, Any]) -> None:
    run(written, ids)
    with refused(by=f"the questions of poll {ids['poll']} are frozen: votes exist"):
        run(QUESTION.format("text = 'Who then?'"), ids)


@in_the_open
def test_a_correction_written_in_an_earlier_transaction_admits_nothing(ids: dict[str, Any]) -> None:
    run(correction(), ids)
    assert Correction.objects.count() == 1
    with refused(by=f"the questions of poll {ids['poll']} are frozen: votes exist"):
        run(QUESTION.format("text = 'Who then?'"), ids)


def test_an_option_and_a_title_are_corrected_in_the_same_way(ids: dict[str, Any]) -> None:
    run(correction(option_id="%(ann)s", former="'Ann'", corrected="'Anne'"), ids)
    run(OPTION.format("text = 'Anne'"), ids)
    run(correction(question_id="NULL", former="''", corrected="'A title'"), ids)
    run("UPDATE polls_poll SET title = 'A title', wording_version = 2 WHERE id = %(poll)s", ids)


def test_translations_may_be_added_and_not_changed_once_votes_exist(ids: dict[str, Any]) -> None:
    run(QUESTION.format('i18n = \'{"text_fr": "Qui ?"}\''), ids)
    run(QUESTION.format('i18n = \'{"text_fr": "Qui ?", "text_de": "Wer?"}\''), ids)
    with refused(by=f"the questions of poll {ids['poll']} are frozen: votes exist"):
        run(QUESTION.format('i18n = \'{"text_fr": "Quoi ?", "text_de": "Wer?"}\''), ids)
    with refused(by=f"the questions of poll {ids['poll']} are frozen: votes exist"):
        run(QUESTION.format("i18n = NULL"), ids)


def test_the_rows_of_these_tests_are_where_they_are_thought_to_be(ids: dict[str, Any]) -> None:
    """The breaches name rows by number: that they hit something is not to be taken on trust."""
    assert run(
        "SELECT count(*) FROM polls_question WHERE id IN (%(who)s, %(which)s, %(else)s) AND poll_id = %(poll)s", ids
    ) == [(3,)]
    assert run("SELECT text FROM polls_option WHERE id = %(ann)s", ids) == [("Ann",)]
    assert CarriedVotes.objects.count() == 0
