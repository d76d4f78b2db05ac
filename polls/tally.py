"""The published count of each poll: counted anew, kept in PostgreSQL, copied to Redis, read by every surface.

Counts are taken in `counting.py`, and `documents.py` says how they are published. Versions are given here alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from redis.exceptions import RedisError

from polls import connections, documents, visibility
from polls.counting import Count, count, nothing, unsound
from polls.models import Poll, State, Tally, TallyHistory

logger = logging.getLogger(__name__)

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

# An older count never replaces a newer one, whichever process is the last to write.
PUBLISH = """
local known = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if known > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'public', ARGV[2], 'voters', ARGV[3])
if known < tonumber(ARGV[1]) then redis.call('PUBLISH', KEYS[2], ARGV[4]) end
return 1
"""


class CountingAway(Exception):
    """Neither a count nor an earlier document can be had: PostgreSQL and Redis are both away."""


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
        "public": documents.body(poll, published, state, seen.public),
        "voters": documents.body(poll, published, state, seen.voters),
    }
    former = tally or Tally(poll=poll, version=0, public="{}", voters="{}", counts={}, state="")
    version = former.version + 1
    texts = {
        name: documents.text_of(getattr(former, name), new, version=version, as_of=published.as_of)
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
    last = Count.from_stored(tally.counts) if tally else nothing(poll, counted.as_of)
    pending = Count.from_stored(tally.pending) if tally and tally.pending else None
    if pending is None:
        return last, counted if counted.voters >= last.voters + poll.step else None
    if counted.voters >= pending.voters + poll.step:
        return pending, counted
    return last, pending


def _worth_keeping(former: Tally, fresh: Tally) -> bool:
    if fresh.state != former.state:
        return True
    last = TallyHistory.objects.filter(poll=fresh.poll_id).order_by("-version").values_list("as_of", flat=True).first()
    return last is None or fresh.as_of - last >= HISTORY_EVERY


def publish(tally: Tally) -> None:
    """Copy a tally to Redis and to the live channel; a lost copy is made again by the sweep."""
    message = documents.as_text(
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
    if text and documents.version_of(text) < _known.get(place, 0):
        text = None
    believed = text and not connections.silent_within(COMPARED_WITHIN_SECONDS)
    if believed and text and alive and (since is None or documents.as_of(text) >= since):
        return text
    kept = _fresh.get(place)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    try:
        found = _from_database(slug, variant, since, alive=alive)
    except (DatabaseError, InterfaceError) as error:
        if text or kept:
            return documents.delayed(text or kept[1])  # type: ignore[index]
        raise CountingAway(slug) from error
    if len(_fresh) > 1000:
        _fresh.clear()
        _known.clear()
    _fresh[place] = (time.monotonic() + FRESH_SECONDS, found)
    _known[place] = documents.version_of(found)
    return found


def forget() -> None:
    """Drop what this process keeps; for tests."""
    _fresh.clear()
    _known.clear()
    connections.cache().failed_at = -math.inf


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
    return documents.delayed(text) if late else text


def _first_count(poll_id: int) -> Tally:
    with _flight:
        tally = Tally.objects.filter(pk=poll_id).first() or recount(poll_id, wait=True)
    assert tally  # noqa: S101 - a recount that waits comes to an end or raises
    return tally


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
        problems = unsound(poll, counted)
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
    if any(documents.figures(kept) != documents.figures(due) for kept, due in _kept_and_due(poll, tally)):
        problems.append("The stored count and its documents differ.")
    return problems


def _kept_and_due(poll: Poll, tally: Tally) -> list[tuple[Any, Any]]:
    """Both documents of a count: as they are kept, and as this program would write them."""
    stored, state = Count.from_stored(tally.counts), State(tally.state)
    coming = tally.pending["ballots"] if tally.pending else 0
    seen = visibility.decide(poll, state=state, base=stored.ballots, coming=coming, now=tally.checked_at)
    return [
        (documents.said(json.loads(text)), documents.body(poll, stored, state, hidden))
        for text, hidden in ((tally.public, seen.public), (tally.voters, seen.voters))
    ]


def reworded(poll_id: int) -> bool:
    """Whether this program says something else beside the same figures than the one that wrote the documents."""
    poll, tally = Poll.objects.whole().get(pk=poll_id), Tally.objects.filter(pk=poll_id).first()
    return tally is not None and any(kept != due for kept, due in _kept_and_due(poll, tally))
