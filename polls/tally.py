"""Counting a poll from its ballots, and the one document in which its figures are published.

Nothing is ever added to a number: each count starts from the ballots, in one statement and so in one snapshot.
Documents and their versions are written here and nowhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone, translation
from redis.exceptions import RedisError

from polls import connections, visibility
from polls.models import Poll, Question, State, Tally, TallyHistory
from polls.paper import PaperQuestion, question_of
from polls.questions import TYPES
from polls.questions.counted import QuestionCount

logger = logging.getLogger(__name__)

# The controls whose answers are options and nothing else.
ONLY_OPTIONS = ("choice", "dropdown", "image", "text", "longtext")
HINTS = "hints"
TICK = "tick"
CHANNEL = "live"
# Without a tick for so long the counting service is taken to be away.
TICK_LATE_SECONDS = 5
# In so long the sweep has put back what was published while Redis was silent; until then PostgreSQL is asked.
COMPARED_WITHIN_SECONDS = 12
# A recount may take this share of a core: a poll that took 50 ms to count rests for a second.
RECOUNT_SHARE = 0.05
# A ballot is stamped when its statement begins and seen when it commits: far within a minute, by every time limit.
COMMITS_WITHIN = timedelta(minutes=1)
HISTORY_EVERY = timedelta(hours=1)
ADVISORY_SPACE = 0x706F6C6C  # "poll": keeps our advisory locks apart from anybody else's

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

# An older count never replaces a newer one, whichever process is the last to write.
PUBLISH = """
local known = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if known > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'public', ARGV[2], 'voters', ARGV[3])
if known < tonumber(ARGV[1]) then redis.call('PUBLISH', KEYS[2], ARGV[4]) end
return 1
"""


VERSION = re.compile(r'"version":([0-9]+)')  # inside a text of the document the quotes would be escaped


class CountingAway(Exception):
    """Neither a count nor an earlier document can be had: PostgreSQL and Redis are both away."""


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


# --- counting -----------------------------------------------------------------------------------------------------


def count(poll: Poll) -> Count:
    """Count a poll (loaded by `PollQuerySet.whole`) from its ballots, or from its carried votes, in one snapshot."""
    # Most polls have neither numbers nor ranks, and PostgreSQL then looks for none.
    beyond = any(TYPES[question.kind].TEMPLATE not in ONLY_OPTIONS for question in poll.questions.all())
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


def recount(poll_id: int, *, wait: bool = False) -> Tally | None:
    """Count a poll anew and publish what may be published; None when another process is just doing so.

    Safe to run any number of times, at once or in any order. With `wait` it queues behind another recount.
    """
    with transaction.atomic():
        if not _lock(poll_id, wait=wait):
            return None
        tally, changed = _recount_locked(poll_id)
    if changed:
        publish(tally)
    return tally


def finalise(poll_id: int) -> Tally | None:
    """Take the final count of a poll that closed at least five seconds ago; None when it is not due.

    `FOR UPDATE` waits for every vote under way, so the set of ballots counted is the set of ballots for ever.
    """
    with transaction.atomic():
        _lock(poll_id, wait=True)
        due = Poll.objects.due_for_final_count().select_for_update()
        if not due.filter(pk=poll_id).exists():
            return None
        Poll.objects.filter(pk=poll_id).update(finalised_at=Now())
        tally, changed = _recount_locked(poll_id)
    if changed:
        publish(tally)
    return tally


def _lock(poll_id: int, *, wait: bool) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [ADVISORY_SPACE, poll_id % 2**31])
        (answer,) = cursor.fetchone()
    return wait or answer


def _recount_locked(poll_id: int) -> tuple[Tally, bool]:
    with connection.cursor() as cursor:
        # Editors' changes wait for this and this for them, so `changed_at` is later than `checked_at` exactly where a
        # change is not in this count; votes take the same lock and go on.
        cursor.execute("SELECT 1 FROM polls_poll WHERE id = %s FOR KEY SHARE", [poll_id])
    started = time.monotonic()
    poll = Poll.objects.whole().get(pk=poll_id)
    counted = count(poll)
    state = poll.state(now=counted.as_of)
    tally = Tally.objects.filter(pk=poll_id).first()
    published, pending = _publishable(poll, tally, counted, state)
    coming = pending.ballots if pending else 0
    seen = visibility.decide(poll, state=state, base=published.ballots, coming=coming, now=counted.as_of)
    bodies = {
        "public": body(poll, published, state, seen.public),
        "voters": body(poll, published, state, seen.voters),
    }
    former = tally or Tally(poll=poll, version=0, public="{}", voters="{}", counts={}, state="")
    version = former.version + 1
    texts = {
        name: _text_of(getattr(former, name), new, version=version, as_of=published.as_of)
        for name, new in bodies.items()
    }
    changed = texts != {"public": former.public, "voters": former.voters}
    fresh = Tally(
        poll=poll,
        version=version if changed else former.version,
        as_of=published.as_of,
        state=state,
        counts=published.stored(),
        sha256=published.sha256(poll.slug),
        pending=pending.stored() if pending else None,
        checked_at=counted.as_of,
        **texts,
    )
    fresh.save(force_insert=tally is None, force_update=tally is not None)
    if changed and _worth_keeping(former, fresh):
        TallyHistory.objects.create(
            poll=poll,
            version=fresh.version,
            as_of=fresh.as_of,
            state=fresh.state,
            counts=published.canonical(),
            sha256=fresh.sha256,
        )
    _rest(poll_id, time.monotonic() - started)
    return fresh, changed


def _publishable(poll: Poll, tally: Tally | None, counted: Count, state: State) -> tuple[Count, Count | None]:
    """What may be published now, and what waits for the next step.

    With a step of k a count is published only when k more voters have come after it. So each published count differs
    from the one before, and the final count from the last, by k voters at least: no difference between two published
    counts shows fewer. Voters are counted, not ballots, else one voter who changes a vote k times makes a step alone;
    and only the final count is whole, because votes under way at closing come after the first count of a closed poll.
    The price is that figures lag by a step.
    """
    if poll.step <= 1 or state == State.FINAL:
        return counted, None
    last = Count.from_stored(tally.counts) if tally else _nothing(poll, counted.as_of)
    pending = Count.from_stored(tally.pending) if tally and tally.pending else None
    if pending is None:
        return last, counted if counted.voters >= last.voters + poll.step else None
    if counted.voters >= pending.voters + poll.step:
        return pending, counted
    return last, pending


def _nothing(poll: Poll, as_of: datetime) -> Count:
    return Count(as_of, 0, 0, 0, 0, "ballots", {q.pk: QuestionCount() for q in poll.questions.all()})


def _worth_keeping(former: Tally, fresh: Tally) -> bool:
    if fresh.state != former.state:
        return True
    last = TallyHistory.objects.filter(poll=fresh.poll_id).order_by("-version").values_list("as_of", flat=True).first()
    return last is None or fresh.as_of - last >= HISTORY_EVERY


# --- the document -------------------------------------------------------------------------------------------------


def body(poll: Poll, counted: Count, state: State, hidden: str | None) -> dict[str, Any]:
    """The document of a poll without version and time; figures are absent, not zero, where `hidden` says why."""
    document: dict[str, Any] = {
        "poll": poll.slug,
        "state": state.value,
        "opens_at": poll.opens_at.isoformat(),
        "closes_at": poll.closes_at.isoformat(),
        "delayed": False,
        "source": counted.source,
        "selection": "self-selected",
        "note": poll.note,
        "figures": {"shown": False, "reason": hidden, "message": _words(hidden)} if hidden else {"shown": True},
    }
    # A question that few answered is withheld by itself: its figures would show single ballots.
    shown = counted.without_small(visibility.smallest_base(poll))
    if hidden is None:
        document |= {
            "ballots": shown.ballots,
            "set_aside": shown.set_aside,
            "sha256": shown.sha256(poll.slug),
        }
    with translation.override(settings.LANGUAGE_CODE):  # the words of the poll itself, whoever causes the count
        document["questions"] = [
            _question(question_of(question), None if hidden else shown.questions.get(question.pk))
            for question in poll.questions.all()
        ]
    return document


def _words(reason: str) -> str:
    # Not in the language of whoever happens to cause the count: the document is everybody's.
    with translation.override(settings.LANGUAGE_CODE):
        return str(visibility.REASONS[reason])


def _question(question: PaperQuestion, counted: QuestionCount | None) -> dict[str, Any]:
    """A question with its rows: of figures that are not shown, the options alone."""
    kind = TYPES[question.kind]
    entry: dict[str, Any] = {"id": question.id, "name": question.code, "text": question.text, "type": question.kind}
    rows = kind.rows(question, counted or QuestionCount())
    options = [{"id": row.id, "text": kind.row_text(question, row.id)} for row in rows]
    if counted is not None:
        votes = [row.votes for row in rows]
        percentages = kind.percentages(question, votes, counted.base)
        for option, number, percent in zip(options, votes, percentages, strict=True):
            option |= {"votes": number, "percent": percent}
        entry |= {"asked": counted.asked, "base": counted.base, "sums_to": sum(percentages)}
        if measures := kind.measures(question, counted):
            entry["measures"] = measures
    return {**entry, "options": options}


def _text_of(former: str, new: dict[str, Any], *, version: int, as_of: datetime) -> str:
    """The document's text; one that says nothing new keeps version and time, so it betrays no hidden vote."""
    if _said(json.loads(former)) == new:
        return former
    questions = new.pop("questions")
    return as_text({**new, "version": version, "as_of": as_of.isoformat(), "questions": questions})


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("version", "as_of")}


def as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def before_the_first_vote(poll: Poll) -> str:
    """The document that a poll (loaded by `whole`) will have when it opens, for the preview of a draft."""
    now = timezone.now()
    seen = visibility.decide(poll, state=State.OPEN, base=0, now=now)
    document = body(poll, _nothing(poll, now), State.OPEN, seen.public)
    return as_text({**document, "version": 0, "as_of": now.isoformat()})


def publish(tally: Tally) -> None:
    """Copy a tally to Redis and to the live channel; a lost copy is made again by the sweep."""
    message = as_text(
        {"poll": tally.poll.slug, "version": tally.version, "public": tally.public, "voters": tally.voters}
    )
    with _courtesy("publish"), connections.asked() as cache:
        cache.eval(
            PUBLISH,
            2,
            f"results:{tally.poll.slug}",
            CHANNEL,
            tally.version,
            tally.public,
            tally.voters,
            message,
        )


def publish_missing() -> None:
    """Put the documents of running and lately closed polls back into a Redis that lost them."""
    recent = list(Tally.objects.select_related("poll").filter(poll__closes_at__gt=Now() - timedelta(days=7)))
    copies: list[str | None] = []
    with _courtesy("publish"), connections.asked() as cache, cache.pipeline(transaction=False) as pipe:
        for tally in recent:
            pipe.hget(f"results:{tally.poll.slug}", "version")
        copies = pipe.execute()
    for tally, version in zip(recent, copies, strict=False):  # no copies are known where Redis is away
        if version != str(tally.version):
            publish(tally)


# --- reading ------------------------------------------------------------------------------------------------------

# So long a document that was read from PostgreSQL is given without asking again.
FRESH_SECONDS = 1.0
_fresh: dict[tuple[str, str], tuple[float, str]] = {}
# The newest version that this process read from PostgreSQL: a Redis that was silent meanwhile comes back with an older.
_known: dict[tuple[str, str], int] = {}
_flight = threading.Lock()


def results(slug: str, *, voter: bool = False, since: datetime | None = None) -> str:
    """The document of a published poll as JSON text, for everybody or for a voter: the one door to figures.

    `since` is the time of a ballot that the reader expects to find in it: an older document is then counted anew.

    Normally it is read ready-made from Redis. When the counting service is away, a small poll is counted here, by one
    thread at a time and at most once a second; else the last document is given, labelled `delayed`. Raises
    `Poll.DoesNotExist`, or `CountingAway` where there is no document at all.
    """
    variant = "voters" if voter else "public"
    place = slug, variant
    text, alive = _from_cache(slug, variant)
    if text and _version(text) < _known.get(place, 0):
        text = None
    believed = text and not connections.silent_within(COMPARED_WITHIN_SECONDS)
    if believed and text and alive and (since is None or _as_of(text) >= since):
        return text
    kept = _fresh.get(place)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    try:
        found = _from_database(slug, variant, since, alive=alive)
    except (DatabaseError, InterfaceError) as error:
        if text or kept:
            return _delayed(text or kept[1])  # type: ignore[index]
        raise CountingAway(slug) from error
    if len(_fresh) > 1000:
        _fresh.clear()
        _known.clear()
    _fresh[place] = (time.monotonic() + FRESH_SECONDS, found)
    _known[place] = _version(found)
    return found


def forget() -> None:
    """Drop what this process keeps; for tests."""
    _fresh.clear()
    _known.clear()
    connections.cache().failed_at = -math.inf


def _version(text: str) -> int:
    found = VERSION.search(text)
    return int(found[1]) if found else 0


def _as_of(text: str) -> datetime:
    return datetime.fromisoformat(json.loads(text)["as_of"])


def _from_cache(slug: str, variant: str) -> tuple[str | None, bool]:
    try:
        with connections.asked() as cache, cache.pipeline(transaction=False) as pipe:
            pipe.hget(f"results:{slug}", variant)
            pipe.get(TICK)
            text, tick = pipe.execute()
    except RedisError:
        return None, False
    return text, tick is not None and time.time() - float(tick) < TICK_LATE_SECONDS


def _from_database(slug: str, variant: str, since: datetime | None, *, alive: bool) -> str:
    """The stored document; counted anew where the poll was not counted since `since`, or nobody else counts."""
    poll = Poll.objects.public().get(slug=slug)
    tally = Tally.objects.filter(pk=poll.pk).first() or _first_count(poll.pk)
    if not alive:
        since = since or timezone.now() - timedelta(seconds=1)
    if since is None or (tally.state == State.FINAL and poll.changed_at <= tally.checked_at):
        publish(tally)  # Redis had lost it
        return str(getattr(tally, variant))
    # Nobody waits for another thread's count: there is a document already.
    if tally.counts["cast"] <= settings.RECOUNT_ON_READ_LIMIT and _flight.acquire(blocking=False):
        try:
            tally.refresh_from_db()
            if tally.checked_at < since:
                due = poll.closes_at < timezone.now() - timedelta(seconds=5)
                tally = (due and finalise(poll.pk)) or recount(poll.pk) or tally
        finally:
            _flight.release()
    late = not alive and timezone.now() - tally.checked_at > timedelta(seconds=TICK_LATE_SECONDS)
    text = str(getattr(tally, variant))
    return _delayed(text) if late else text


def _first_count(poll_id: int) -> Tally:
    with _flight:
        tally = Tally.objects.filter(pk=poll_id).first() or recount(poll_id, wait=True)
    assert tally  # noqa: S101 - a recount that waits comes to an end or raises
    return tally


def _delayed(text: str) -> str:
    return as_text({**json.loads(text), "delayed": True})


# --- hints and the clock ------------------------------------------------------------------------------------------


def look_again(poll_id: int) -> None:
    """Say that a poll has new ballots. It carries no fact and may be lost: the sweep finds them all the same."""
    with _courtesy("hint"), connections.asked() as cache:
        cache.sadd(HINTS, poll_id)


def take_hints() -> list[int]:
    """The polls that somebody hinted at and that have rested long enough; the others stay for the next tick."""
    with _courtesy("hints"), connections.asked() as cache:
        hinted = [int(poll) for poll in cache.spop(HINTS, 1000) or []]
        if not hinted:
            return []
        resting = cache.mget([f"resting:{poll}" for poll in hinted])
        waiting = [poll for poll, rest in zip(hinted, resting, strict=True) if rest]
        if waiting:
            cache.sadd(HINTS, *waiting)
        return [poll for poll, rest in zip(hinted, resting, strict=True) if not rest]
    return []


def beat_heart() -> None:
    """Tell the readers of documents that the counting service is at work."""
    with _courtesy("tick"), connections.asked() as cache:
        cache.set(TICK, time.time(), ex=60)


def changed_by_time() -> list[int]:
    """Polls whose state or visibility moved by the clock, or that somebody changed, since they were last counted."""
    polls = Poll.objects.public().with_state()
    moved = polls.filter(
        Q(tally__isnull=True)
        | ~Q(tally__state=F("state_now"))
        | Q(changed_at__gt=F("tally__checked_at"))
        | Q(results_from__lte=Now(), tally__checked_at__lt=F("results_from"))
    )
    return list(moved.values_list("pk", flat=True))


def changed_by_votes() -> list[int]:
    """Running and just closed polls with a ballot that the last count may have missed, found without any hint."""
    lately = Poll.objects.public().filter(finalised_at__isnull=True, tally__isnull=False)
    return list(
        lately.filter(ballots__cast_at__gt=F("tally__checked_at") - COMMITS_WITHIN)
        .distinct()
        .values_list("pk", flat=True)
    )


def _rest(poll_id: int, seconds: float) -> None:
    """Let a poll that is dear to count rest, so that counting stays a fixed share of a core."""
    milliseconds = int(seconds / RECOUNT_SHARE * 1000)
    if milliseconds > 1000:
        with _courtesy("rest"), connections.asked() as cache:
            cache.set(f"resting:{poll_id}", 1, px=min(milliseconds, 60_000))


@contextlib.contextmanager
def _courtesy(what: str) -> Iterator[None]:
    """Redis is a courtesy: what it was to carry is made again from PostgreSQL."""
    try:
        yield
    except connections.Away:
        pass  # said when it went
    except RedisError as error:
        logger.warning("Redis is away (%s): %s", what, error)


# --- verifying ----------------------------------------------------------------------------------------------------


def verify(poll_id: int) -> list[str]:
    """Compare ballots, stored count, documents and Redis copy of a poll: every difference as a sentence.

    Of a poll published in steps the count of the last step cannot be taken again; its checksum and its documents are
    compared, and all of it when the poll is final.
    """
    with transaction.atomic():
        _lock(poll_id, wait=True)
        poll = Poll.objects.whole().get(pk=poll_id)
        tally = Tally.objects.filter(pk=poll_id).first()
        counted = count(poll)
        problems = _unsound(poll, counted)
        if tally is None or poll.changed_at > tally.checked_at:
            return problems
        problems += _differences(poll, tally, counted)
    with _courtesy("verify"), connections.asked() as cache:
        copy = cache.hmget(f"results:{poll.slug}", "version", "public", "voters")
        if copy[0] == str(tally.version) and copy[1:] != [tally.public, tally.voters]:
            problems.append("The copy in Redis and the stored document differ.")
    return problems


def _differences(poll: Poll, tally: Tally, counted: Count) -> list[str]:
    problems = []
    stored = Count.from_stored(tally.counts)
    if tally.sha256 != stored.sha256(poll.slug):
        problems.append("The stored count and its checksum differ.")
    published, _pending = _publishable(poll, tally, counted, poll.state(now=counted.as_of))
    # Ballots that came since the last count make a difference that is none.
    newer = poll.ballots.filter(cast_at__gt=tally.checked_at - COMMITS_WITHIN).exists()
    if (stored.cast == published.cast or not newer) and published.sha256(poll.slug) != tally.sha256:
        problems.append("A recount of the ballots and the stored count differ.")
    state = State(tally.state)
    coming = tally.pending["ballots"] if tally.pending else 0
    seen = visibility.decide(poll, state=state, base=stored.ballots, coming=coming, now=tally.checked_at)
    for text, hidden in ((tally.public, seen.public), (tally.voters, seen.voters)):
        if _said(json.loads(text)) != body(poll, stored, state, hidden):
            problems.append("The stored count and its documents differ.")
    return list(dict.fromkeys(problems))


def _unsound(poll: Poll, counted: Count) -> list[str]:
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
