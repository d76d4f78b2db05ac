"""Casting a ballot: the rules of a vote, and the only writer of ballots."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg.errors
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection
from django.db.models import Prefetch
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from polls.models import Answer, Ballot, Poll, State
from polls.paper import Given, InvalidAnswers, Mark, Paper
from polls.questions import TYPES

Choice = dict[int, list[int]]
# What PostgreSQL or the way to it may raise; `InternalError` also where a server has become a read-only copy.
AWAY = (OperationalError, InterfaceError, InternalError)


class VoteRefused(Exception):
    """A vote that is not counted; the message says why, in the reader's words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotOpen(VoteRefused):
    """The poll takes no votes now; `state` says why."""

    def __init__(self, message: str, state: State) -> None:
        super().__init__(message)
        self.state = state


class AlreadyVoted(VoteRefused):
    """A ballot with other answers stands; `receipt` is that of the standing one."""

    def __init__(self, message: str, receipt: Receipt) -> None:
        super().__init__(message)
        self.receipt = receipt


class Unconfirmed(VoteRefused):
    """The database did not say whether the ballot is stored: the same vote may safely be sent again."""


@dataclass(frozen=True)
class Receipt:
    """What a counted ballot can be told by; `fresh` is false where it had been counted before."""

    poll_id: int
    revision: int
    marks: tuple[Mark, ...]
    counted_at: datetime
    code: str
    digest: bytes = b""
    fresh: bool = False

    @property
    def choice(self) -> Choice:
        """The options chosen, by question."""
        chosen = {question: sorted(given.options) for question, given in self.given.items()}
        return {question: options for question, options in chosen.items() if options}

    @property
    def given(self) -> dict[int, Given]:
        """The answers as they were given, by question."""
        questions = dict.fromkeys(mark.question for mark in self.marks)
        return {one: Given.of(mark for mark in self.marks if mark.question == one) for one in questions}


@dataclass(frozen=True)
class Risk:
    """Hints for finding abuse, stored apart from the ballot: none of them names a reader."""

    network: str = ""
    browser: str = ""
    timing: str = ""


@dataclass(frozen=True)
class Circumstances:
    """How a ballot came: stored with it, none of it tells who cast it."""

    language: str = ""
    place: str = ""
    audience: str = ""
    with_scripts: bool = False
    weaker_limit: bool = False
    seconds: int | None = None
    risk: Risk | None = None


# One statement: "open now" by PostgreSQL's clock, the ballot, its marks, and the setting aside of the ballot that it
# replaces. FOR KEY SHARE makes a vote and the closing of its poll wait for each other. The unique key settles races.
CAST = """
WITH door AS (
  SELECT p.id, p.wording_version FROM polls_poll p
  WHERE p.id = %(poll)s AND p.published_at <= statement_timestamp() AND p.opens_at <= statement_timestamp()
    AND statement_timestamp() < p.closes_at AND p.paused_at IS NULL AND p.finalised_at IS NULL
    AND (%(revision)s = 1 OR p.may_change AND EXISTS (
      SELECT 1 FROM polls_ballot b LEFT JOIN polls_setaside s ON s.ballot_id = b.id
      WHERE b.poll_id = p.id AND b.voter_key = %(voter_key)s AND b.revision = %(revision)s - 1 AND s.id IS NULL))
  FOR KEY SHARE OF p
), ballot AS (
  INSERT INTO polls_ballot (poll_id, voter_key, revision, digest, nonce, cast_at, xid, language, place,
    wording_version, audience, with_scripts, weaker_limit, seconds)
  SELECT door.id, %(voter_key)s, %(revision)s, %(digest)s, %(nonce)s, statement_timestamp(), pg_current_xact_id(),
    %(language)s, %(place)s, door.wording_version, %(audience)s, %(with_scripts)s, %(weaker_limit)s, %(seconds)s
  FROM door
  ON CONFLICT (poll_id, voter_key, revision) DO NOTHING
  RETURNING id, poll_id, cast_at
), marks AS (
  INSERT INTO polls_answer (ballot_id, poll_id, question_id, option_id, rank, number, position_shown, missing)
  SELECT ballot.id, ballot.poll_id, mark.*
  FROM ballot, unnest(%(questions)s::bigint[], %(options)s::bigint[], %(ranks)s::smallint[], %(numbers)s::numeric[],
    %(positions)s::smallint[], %(missing)s::varchar[]) AS mark
  RETURNING id, question_id, option_id
), words AS (
  INSERT INTO polls_verbatim (answer_id, text, redaction_reason, redacted_by)
  SELECT marks.id, said.words, '', ''
  FROM marks JOIN unnest(%(said_questions)s::bigint[], %(said_options)s::bigint[], %(said)s::text[])
    AS said (question, option, words)
    ON said.question = marks.question_id AND said.option IS NOT DISTINCT FROM marks.option_id
), member AS (
  INSERT INTO polls_member (ballot_id, poll_id, panel_id, key)
  SELECT ballot.id, ballot.poll_id, %(panel)s, %(member_key)s::bytea FROM ballot WHERE %(member_key)s::bytea IS NOT NULL
), former AS (
  INSERT INTO polls_setaside (ballot_id, poll_id, rule, reason, who, at)
  SELECT b.id, b.poll_id, 'replaced', 'replaced by its voter', '', statement_timestamp()
  FROM ballot JOIN polls_ballot b ON b.poll_id = ballot.poll_id
  WHERE b.voter_key = %(voter_key)s AND b.revision = %(revision)s - 1
), risk AS (
  INSERT INTO polls_ballotrisk (ballot_id, poll_id, network, browser, timing)
  SELECT ballot.id, ballot.poll_id, %(risk_network)s, %(risk_browser)s, %(risk_timing)s FROM ballot
  WHERE %(risk)s
)
SELECT cast_at FROM ballot
"""


def check_answers(paper: Paper, given: Mapping[int, Given], asked: Collection[int] | None = None) -> list[Mark]:
    """The marks of a whole ballot; raises `InvalidAnswers` for the first question that does not fit.

    `asked` are the questions that the respondent was shown, where not all of them were: the others have no marks.
    """
    shown = {question.id for question in paper.questions if asked is None or question.id in asked}
    if any(question not in shown for question in given):
        raise InvalidAnswers(_("This poll has no such question. Please reload the page and choose again."))
    marks: list[Mark] = []
    for question in paper.questions:
        if question.id in shown:
            marks += TYPES[question.kind].check(question, given.get(question.id, Given()))
    if not any(mark.missing is None for mark in marks):
        raise InvalidAnswers(_("Please answer at least one question first."))
    return marks


def cast_ballot(
    *,
    paper: Paper,
    voter_key: bytes,
    given: Mapping[int, Given],
    asked: Collection[int] | None = None,
    circumstances: Circumstances | None = None,
    replaces: int | None = None,
    member_key: bytes | None = None,
) -> Receipt:
    """Count one respondent's answers once, and return only after the COMMIT.

    `given` maps question ids to answers, `asked` are the questions shown where not all were. `replaces` is the revision
    that the voter means to change, where the poll allows changing. `member_key` joins the ballot with the voter's other
    waves, and is stored only where the ballot itself consents. The same answers sent again give the same receipt.
    Raises `InvalidAnswers`, `NotOpen`, `AlreadyVoted` or `Unconfirmed`; only after `Unconfirmed` is it unknown whether
    the ballot is stored, and then the same call may be repeated.
    """
    marks = check_answers(paper, given, asked)
    revision = 1 if replaces is None else replaces + 1
    parameters = _parameters(paper, voter_key, revision, marks, circumstances or Circumstances())
    parameters["member_key"] = member_key if _consents(paper, marks) else None
    try:
        counted_at = _insert(parameters)
        if counted_at is not None:
            code = _code(parameters["nonce"], parameters["digest"])
            digest = parameters["digest"]
            return Receipt(paper.poll_id, revision, tuple(marks), counted_at, code, digest, fresh=True)
        return _standing(paper, voter_key, parameters["digest"])
    except IntegrityError as error:
        # The paper of this process was out of date; the database refused the marks and stored nothing.
        raise InvalidAnswers(_("This poll has just changed. Please reload the page and choose again.")) from error
    except AWAY as error:
        raise Unconfirmed(
            _("Your vote is not confirmed yet. Your choice is kept; it is safe to send it again.")
        ) from error


def _consents(paper: Paper, marks: Sequence[Mark]) -> bool:
    """Whether the ballot says yes to a question that asks to join the panel."""
    asking = {q.id for q in paper.questions if q.kind == "consent" and q.settings.get("panel")}
    return paper.panel_id is not None and any(mark.question in asking and mark.option for mark in marks)


def find_receipt(*, poll_id: int, voter_key: bytes) -> Receipt | None:
    """The receipt of the ballot that stands for a voter, or None."""
    ballot = (
        Ballot.objects.filter(poll=poll_id, voter_key=voter_key)
        .order_by("-revision")
        .prefetch_related(Prefetch("answers", Answer.objects.select_related("verbatim").order_by("pk")))
        .first()
    )
    if ballot is None:
        return None
    marks = tuple(
        Mark(
            answer.question_id,
            answer.option_id,
            answer.rank,
            None if answer.number is None else answer.number.normalize(),
            answer.position_shown,
            answer.missing,
            getattr(getattr(answer, "verbatim", None), "text", None),
        )
        for answer in ballot.answers.all()
    )
    digest = bytes(ballot.digest)
    code = _code(bytes(ballot.nonce), digest)
    return Receipt(poll_id, ballot.revision, marks, ballot.cast_at, code, digest)


def _standing(paper: Paper, voter_key: bytes, digest: bytes) -> Receipt:
    """Why nothing was inserted: the same answers stand, others stand, or the poll is not open."""
    receipt = find_receipt(poll_id=paper.poll_id, voter_key=voter_key)
    if receipt is None:
        raise _not_open(paper.poll_id)
    if receipt.digest == digest:
        return receipt
    raise AlreadyVoted(
        _(
            "This browser has already voted, with another choice. Each browser votes once; a second person can "
            "vote from another browser or device."
        ),
        receipt,
    )


def _not_open(poll_id: int) -> NotOpen:
    # If the poll opened between the two statements the reader is asked to try again, and nothing is lost.
    state = State(Poll.objects.with_state().values_list("state_now", flat=True).get(pk=poll_id))
    sentences = {
        State.PAUSED: _("Voting is paused. Your vote was not counted; please try again later."),
        State.SCHEDULED: _("Voting has not begun yet. Your vote was not counted."),
        State.OPEN: _("Voting has just begun. Please send your vote again."),
    }
    return NotOpen(sentences.get(state, _("This poll is closed. Your vote was not counted.")), state)


def _insert(parameters: dict[str, Any]) -> datetime | None:
    """Run the statement; a connection that had died is replaced once, which is safe because a repeat is."""
    try:
        return _execute(parameters)
    except AWAY as error:
        waited = isinstance(error.__cause__, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled)
        if waited or connection.in_atomic_block:
            raise
        connection.close()
        return _execute(parameters)


def _execute(parameters: dict[str, Any]) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(CAST, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def _parameters(
    paper: Paper, voter_key: bytes, revision: int, marks: Sequence[Mark], how: Circumstances
) -> dict[str, Any]:
    risk = how.risk or Risk()
    return {
        "poll": paper.poll_id,
        "voter_key": voter_key,
        "revision": revision,
        "digest": _digest(paper.poll_id, marks),
        "nonce": secrets.token_bytes(16),
        "language": _fitting(how.language, 12),
        "place": _fitting(how.place, 120),
        "audience": _fitting(how.audience, 40),
        "with_scripts": how.with_scripts,
        "weaker_limit": how.weaker_limit,
        "seconds": how.seconds if how.seconds is not None and 0 <= how.seconds < 2**31 else None,
        "questions": [mark.question for mark in marks],
        "options": [mark.option for mark in marks],
        "ranks": [mark.rank for mark in marks],
        "numbers": [mark.number for mark in marks],
        "positions": [mark.position_shown for mark in marks],
        "missing": [mark.missing for mark in marks],
        "said_questions": [mark.question for mark in marks if mark.text is not None],
        "said_options": [mark.option for mark in marks if mark.text is not None],
        "said": [mark.text for mark in marks if mark.text is not None],
        "panel": paper.panel_id,
        "member_key": None,
        "risk": how.risk is not None,
        "risk_network": _fitting(risk.network, 32),
        "risk_browser": _fitting(risk.browser, 20),
        "risk_timing": _fitting(risk.timing, 20),
    }


def _fitting(text: str, length: int) -> str:
    """What stands beside a ballot is cut to fit: no vote is lost for it."""
    return text.replace("\0", "")[:length]


def _digest(poll_id: int, marks: Sequence[Mark]) -> bytes:
    """SHA-256 over the answers in canonical order, so that the same answers are known again.

    Texts go in under a key that the database does not hold: what was redacted cannot be guessed from the digest.
    """
    rows = sorted(f"{m.question}:{m.option}:{m.rank}:{m.number}:{m.missing}{_sealed(m.text)}" for m in marks)
    return hashlib.sha256("\n".join([str(poll_id), *rows]).encode()).digest()


def _sealed(text: str | None) -> str:
    return "" if text is None else ":" + salted_hmac("polls.voting.text", text, algorithm="sha256").hexdigest()


def _code(nonce: bytes, digest: bytes) -> str:
    """The receipt a reader can note down: sixteen letters and digits that tell nothing of the choice."""
    raw = hashlib.sha256(nonce + digest).digest()[:10]
    text = base64.b32encode(raw).decode()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))
