"""Counting a poll from its ballots: what they say at one moment, in one statement and so in one snapshot.

Nothing is ever added to a number, and nothing is written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from polls.models import Poll, Question
from polls.paper import question_of
from polls.questions import TYPES
from polls.questions.counted import QuestionCount

COUNT = """
WITH counted AS MATERIALIZED (
  SELECT b.id FROM polls_ballot b
  WHERE b.poll_id = %(poll)s AND NOT EXISTS (SELECT 1 FROM polls_setaside s WHERE s.ballot_id = b.id)
), marks AS MATERIALIZED (
  SELECT a.question_id, a.option_id, a.rank, a.number, a.missing, a.ballot_id
  FROM polls_answer a JOIN counted c ON c.id = a.ballot_id WHERE a.poll_id = %(poll)s
)
SELECT statement_timestamp(),
  (SELECT count(*) FROM counted), stored.cast_rows, stored.voters,
  (SELECT count(*) FROM polls_setaside WHERE poll_id = %(poll)s AND rule <> 'replaced'),
  (SELECT coalesce(json_object_agg(option_id, n), '{}') FROM
    (SELECT option_id, count(*) AS n FROM marks WHERE option_id IS NOT NULL GROUP BY option_id) v),
  (SELECT coalesce(json_agg(json_build_array(question_id, coalesce(option_id, 0), number::text, n)), '[]') FROM
    (SELECT question_id, option_id, number, count(*) AS n FROM marks
      WHERE %(beyond)s AND number IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) m),
  (SELECT coalesce(json_agg(json_build_array(question_id, profile, n)), '[]') FROM
    (SELECT question_id, profile, count(*) AS n FROM
      (SELECT question_id, ballot_id, array_agg(option_id ORDER BY rank) AS profile FROM marks
        WHERE %(beyond)s AND rank IS NOT NULL GROUP BY 1, 2) b GROUP BY 1, 2 ORDER BY 1, 2) r),
  (SELECT coalesce(json_object_agg(question_id, json_build_array(asked, base)), '{}') FROM
    (SELECT question_id, count(DISTINCT ballot_id) AS asked,
      count(DISTINCT ballot_id) FILTER (WHERE missing IS NULL) AS base FROM marks GROUP BY question_id) q)
FROM (
  SELECT count(*) AS cast_rows, count(*) FILTER (WHERE revision = 1) AS voters
  FROM polls_ballot WHERE poll_id = %(poll)s
) stored
"""


@dataclass(frozen=True)
class Count:
    """What the ballots say at one moment: `cast` is every ballot row, counted or not, `voters` who cast them."""

    as_of: datetime
    ballots: int
    cast: int
    voters: int
    set_aside: int
    source: str
    questions: Mapping[int, QuestionCount]

    def canonical(self) -> dict[str, Any]:
        """Ids and counts only, in a form that JSON keeps: what is hashed and stored."""
        return {
            "ballots": self.ballots,
            "set_aside": self.set_aside,
            "source": self.source,
            "questions": {str(q): c.canonical() for q, c in self.questions.items()},
        }

    def sha256(self, slug: str) -> str:
        """SHA-256 over the canonical ids and counts, so that the same figures have the same name anywhere."""
        text = json.dumps({"poll": slug, **self.canonical()}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def stored(self) -> dict[str, Any]:
        return {**self.canonical(), "cast": self.cast, "voters": self.voters, "as_of": self.as_of.isoformat()}

    def without_small(self, smallest: int) -> Count:
        """Without the questions, and rows of them, that fewer answered: not even a checksum over them is published."""
        kept = {q: c.without_small(smallest) for q, c in self.questions.items() if not c.base or c.base >= smallest}
        return replace(self, questions=kept)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Count:
        return cls(
            as_of=datetime.fromisoformat(stored["as_of"]),
            ballots=stored["ballots"],
            cast=stored["cast"],
            voters=stored["voters"],
            set_aside=stored["set_aside"],
            source=stored["source"],
            questions={int(q): QuestionCount.from_canonical(c) for q, c in stored["questions"].items()},
        )


def count(poll: Poll) -> Count:
    """Count a poll (loaded by `PollQuerySet.whole`) from its ballots, or from its carried votes, in one snapshot."""
    # Most polls have neither numbers nor ranks, and PostgreSQL then looks for none.
    beyond = not all(getattr(TYPES[question.kind], "ONLY_OPTIONS", False) for question in poll.questions.all())
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"poll": poll.pk, "beyond": beyond})
        as_of, ballots, cast, voters, set_aside, votes, numbers, profiles, bases = cursor.fetchone()
    if not cast and poll.carried.exists():
        return _carried(poll, as_of)
    found = _json(votes), _json(numbers), _json(profiles), _json(bases)
    questions = {question.pk: _of_question(question, *found) for question in poll.questions.all()}
    return Count(as_of, ballots, cast, voters, set_aside, "ballots", questions)


def _of_question(question: Question, votes: Any, numbers: Any, profiles: Any, bases: Any) -> QuestionCount:
    asked, base = bases.get(str(question.pk), (0, 0))
    by_option: dict[int, dict[Decimal, int]] = {}
    for of, option, number, n in numbers:
        if of == question.pk:
            by_option.setdefault(option, {})[Decimal(number).normalize()] = n
    return QuestionCount.counted(
        asked,
        base,
        votes={option.pk: votes.get(str(option.pk), 0) for option in question.options.all()},
        numbers=by_option,
        profiles={tuple(profile): n for of, profile, n in profiles if of == question.pk},
    )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _carried(poll: Poll, as_of: datetime) -> Count:
    rows = {(row.question_id, row.option_id): row.votes for row in poll.carried.all()}
    questions = {}
    for question in poll.questions.all():
        per_option = {option.pk: rows.get((question.pk, option.pk), 0) for option in question.options.all()}
        base = rows.get((question.pk, None), sum(per_option.values()))
        questions[question.pk] = QuestionCount(base, base, per_option)
    ballots = max((c.base for c in questions.values()), default=0)
    return Count(as_of, ballots, ballots, ballots, 0, "carried", questions)


def nothing(poll: Poll, as_of: datetime) -> Count:
    return Count(as_of, 0, 0, 0, 0, "ballots", {q.pk: QuestionCount() for q in poll.questions.all()})


def unsound(poll: Poll, counted: Count) -> list[str]:
    """What no count may show: more votes than voters, or, of a single choice, votes that do not add up."""
    problems = []
    for question in poll.questions.all():
        entry = counted.questions[question.pk]
        votes = [row.votes for row in TYPES[question.kind].rows(question_of(question), entry)]
        if TYPES[question.kind].ADDS_UP and sum(votes) != entry.base:
            problems.append(f"Question {question.pk}: {sum(votes)} votes of {entry.base} voters.")
        if any(n > entry.base for n in votes) or entry.base > counted.ballots:
            problems.append(f"Question {question.pk}: more votes than ballots.")
    return problems
