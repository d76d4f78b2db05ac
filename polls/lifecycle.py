"""The life of a poll after it was written: published, paused, closed, extended, copied, corrected.

The only writer of a poll's times and events after its making. Each function holds the poll's row FOR UPDATE, for
which every vote under way is waited for (a vote holds FOR KEY SHARE); judges by PostgreSQL's clock read after that;
writes one event; and lets the count be made again after the COMMIT.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from modeltrans.utils import build_localized_fieldname
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from polls import drafting, paper, spoken, tally
from polls.characters import apart
from polls.dates import day, moment
from polls.drafting import Asked
from polls.models import FIELD_PERIOD, Correction, Option, Poll, PollEvent, Question, ResultsShown, State

Action = PollEvent.Action
CHANGEABLE = ("results_shown", "results_from", "note")


class Refused(Exception):
    """What cannot be done to a poll now; the message is a sentence for the editor."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# --- what an editor can do ----------------------------------------------------------------------------------------


def publish(*, poll: Poll, who: str, at: datetime | None = None) -> Poll:
    """Publish a draft, now or `at` a time to come; a poll that waits for its time may be given another.

    It does not open before it is published.
    """
    with _held(poll) as (held, now):
        if held.published_at is not None and held.published_at <= now:
            raise Refused(_("This poll is already published."))
        check_publishable(held, at=at, now=now)
        published_at = max(at or now, now)
        held.opens_at = _opening(held, published_at)
        held.published_at = published_at
        held.save(update_fields=["published_at", "opens_at"])
        _note(held, Action.PUBLISHED, who, "", at=held.published_at.isoformat())
    return held


def check_publishable(poll: Poll, *, at: datetime | None, now: datetime) -> None:
    """Whether a poll can be published at that time; raises `Refused`. One that is published already passes."""
    if poll.published_at is not None and poll.published_at <= now:
        return
    questions = list(poll.questions.prefetch_related("options"))
    if not questions:
        raise Refused(_("This poll cannot be published yet: it needs a question with at least two options."))
    for question in questions:
        if fault := drafting.fault(Asked.of(question)):
            sentence = _("This poll cannot be published yet. “%(question)s”: %(fault)s")
            raise Refused(sentence % {"question": question.text, "fault": fault})
    if poll.closes_at <= _opening(poll, max(at or now, now)):
        raise Refused(
            _("The poll “%(poll)s” would close before it opens: please give it a later closing date.")
            % {"poll": poll.title or questions[0].text}
        )


def _opening(poll: Poll, published_at: datetime) -> datetime:
    """When a poll opens if published then: at its own date where it has one, else with its publication."""
    if poll.opens_at == poll.published_at:
        return published_at
    return max(poll.opens_at, published_at)


def hold_back(*, poll: Poll, who: str) -> Poll:
    """Make a poll that waits for its publication a draft again; readers have not seen it yet."""
    with _held(poll) as (held, now):
        if held.published_at is None:
            return held
        if held.published_at <= now:
            raise Refused(_("Readers can already see this poll: it can be paused or closed, not hidden."))
        former = held.published_at.isoformat()
        if held.opens_at == held.published_at:
            held.opens_at = now  # it opens with its publication, whenever that will be
        held.published_at = None
        held.save(update_fields=["published_at", "opens_at"])
        _note(held, Action.SETTING, who, "", changes=[{"field": "published_at", "former": former, "new": None}])
    return held


def set_period(*, poll: Poll, opens_at: datetime, closes_at: datetime, who: str) -> Poll:
    """Move opening and closing of a poll that has not opened yet; of an open one only the closing, by `extend`."""
    with _held(poll) as (held, now):
        if (held.opens_at, held.closes_at) == (opens_at, closes_at):
            return held
        state = held.state(now=now)
        if state not in (State.DRAFT, State.SCHEDULED):
            raise Refused(_("Voting has begun: only the closing date can be moved now, and only to a later one."))
        if held.published_at:
            opens_at = max(opens_at, held.published_at)
        if closes_at <= max(opens_at, now):
            raise Refused(_("A poll must close after it opens, and not in the past."))
        changes = [
            {"field": name, "former": getattr(held, name).isoformat(), "new": value.isoformat()}
            for name, value in (("opens_at", opens_at), ("closes_at", closes_at))
            if getattr(held, name) != value
        ]
        held.opens_at, held.closes_at = opens_at, closes_at
        held.save(update_fields=["opens_at", "closes_at"])
        if state is State.SCHEDULED:
            _note(held, Action.SETTING, who, "", changes=changes)
    return held


def pause(*, poll: Poll, who: str, reason: str = "") -> Poll:
    """Take no votes until the poll is resumed; its closing date stays."""
    with _held(poll) as (held, now):
        _must_be(held, now, State.OPEN)
        held.paused_at = now
        held.save(update_fields=["paused_at"])
        _note(held, Action.PAUSED, who, reason)
    return held


def resume(*, poll: Poll, who: str, reason: str = "") -> Poll:
    """Take votes again."""
    with _held(poll) as (held, now):
        _must_be(held, now, State.PAUSED)
        held.paused_at = None
        held.save(update_fields=["paused_at"])
        _note(held, Action.RESUMED, who, reason)
    return held


def close_now(*, poll: Poll, who: str, reason: str = "") -> Poll:
    """End the vote at this moment, for good: a vote that began before is counted, none after."""
    with _held(poll) as (held, now):
        _must_be(held, now, State.OPEN, State.PAUSED)
        planned = held.closes_at.isoformat()
        _close(held, now)
        _note(held, Action.CLOSED, who, reason, planned=planned)
    return held


def extend(*, poll: Poll, closes_at: datetime, who: str, reason: str = "") -> Poll:
    """Move the closing date to a later one, before the poll has closed."""
    with _held(poll) as (held, now):
        _must_be(held, now, State.SCHEDULED, State.OPEN, State.PAUSED)
        if closes_at <= held.closes_at:
            raise Refused(
                _("The new closing date must be later than the current one, %(date)s.")
                % {"date": moment(held.closes_at)}
            )
        former, held.closes_at = held.closes_at, closes_at
        held.save(update_fields=["closes_at"])
        _note(held, Action.EXTENDED, who, reason, former=former.isoformat(), new=closes_at.isoformat())
    return held


def duplicate(*, poll: Poll, who: str) -> Poll:
    """A draft with the same questions, options and settings, at a new address; never its votes."""
    with _held(poll) as (held, now):
        copy = drafting.copy(held)
        copy.opens_at, copy.closes_at = now, now + FIELD_PERIOD
        copy.results_from = None if copy.results_shown != ResultsShown.FROM_DATE else copy.closes_at
        copy.save(update_fields=["opens_at", "closes_at", "results_from"])
        _note(held, Action.DUPLICATED, who, "", copy=copy.slug)
    return copy


def replace(*, poll: Poll, asked: Sequence[Asked], who: str, reason: str, closes_at: datetime | None = None) -> Poll:
    """Close a poll that has an error and open a corrected copy in its place; both say so. Votes stay where they are.

    The copy closes when the former was to close, unless `closes_at` is given. Returns the copy.
    """
    if not reason.strip():
        raise Refused(_("Please say what was wrong: readers of both polls are told."))
    with _held(poll) as (held, now):
        _must_be(held, now, State.OPEN, State.PAUSED)
        closing = closes_at or held.closes_at
        if closing <= now:
            raise Refused(_("The corrected copy must close in the future."))
        copy = drafting.copy(held, asked)
        copy.published_at = copy.opens_at = now
        copy.closes_at = closing
        copy.save(update_fields=["published_at", "opens_at", "closes_at"])
        planned = held.closes_at.isoformat()
        held.replaced_by = copy
        _close(held, now)
        # Where the former stood the copy stands now; lines in the body of an article are followed when it is read.
        held.articles.update(poll=copy)
        _note(held, Action.REPLACED, who, reason, by=copy.slug, planned=planned)
        _note(copy, Action.REPLACED, who, reason, replaces=held.slug)
    return copy


def correct_wording(
    *,
    poll: Poll,
    corrected: str,
    who: str,
    reason: str,
    question: Question | None = None,
    option: Option | None = None,
    field: str = "",
) -> Poll:
    """Put a typing error right: in an option, else in a question (`field` text or help), else in title or intro.

    The former text stays in the log and on the page; ballots keep the wording version under which they were cast.
    """
    reason = reason.strip()
    with _held(poll) as (held, now):
        if held.state(now=now) is State.DRAFT:
            raise Refused(_("This poll is a draft: its wording can simply be changed."))
        target, name = _target(held, question, option, field)
        former = getattr(target, name)
        corrected = corrected.strip() if name == "intro" else drafting.one_line(corrected)
        _must_be_a_correction(target, name, former, corrected, reason)
        Correction.objects.create(
            poll=held,
            question_id=target.question_id if isinstance(target, Option) else question.pk if question else None,
            option=option,
            former=former,
            corrected=corrected,
            reason=reason[:300],
            who=who,
        )
        setattr(target, name, corrected)
        target.save(update_fields=[name])
        held.wording_version += 1
        held.save(update_fields=["wording_version"])
        _note(held, Action.CORRECTED, who, reason, former=former, corrected=corrected)
    return held


def translate(
    *,
    poll: Poll,
    language: str,
    rows: Sequence[tuple[Poll | Question | Option, Mapping[str, str]]],
    who: str,
    reason: str = "",
) -> Poll:
    """Set texts of a poll, its questions and options in another language; "" takes one out.

    The wording that was written stays as it is, so new translations are admitted while votes come in. One that readers
    may have voted by is changed as a typing error is: with a reason, and told on the poll’s page.
    """
    with _held(poll) as (held, _now):
        frozen = drafting.has_votes(held)
        was_whole = spoken.whole(Poll.objects.whole().get(pk=held.pk), language=language)
        former, corrected = [], []
        for row, texts in rows:
            target = _row_of(held, row)
            before = dict(target.i18n or {})
            named = {build_localized_fieldname(name, language): text.strip() for name, text in texts.items()}
            after = {name: text for name, text in {**before, **named}.items() if text}
            replaced = [name for name in named if before.get(name) and before[name] != named[name]]
            if frozen and replaced:
                if not reason.strip():
                    raise Refused(
                        _(
                            "Readers may have voted by this translation. Please say what was wrong in it: they "
                            "will be told."
                        )
                    )
                _write_down(held, target, before, after, reason=reason, who=who)
                former += [before[name] for name in replaced]
                corrected += [named[name] or "–" for name in replaced]
            target.i18n = after
            target.save(update_fields=["i18n"])
        if former:
            held.wording_version += 1
            held.save(update_fields=["wording_version"])
            _note(held, Action.CORRECTED, who, reason, former=" · ".join(former), corrected=" · ".join(corrected))
        if not was_whole and spoken.whole(Poll.objects.whole().get(pk=held.pk), language=language):
            _note(held, Action.TRANSLATED, who, "", language=language)
    return held


def _row_of(poll: Poll, row: Poll | Question | Option) -> Any:
    """The row as it is stored; another poll's rows are not found."""
    if isinstance(row, Option):
        return Option.objects.get(pk=row.pk, question__poll=poll)
    return Question.objects.get(pk=row.pk, poll=poll) if isinstance(row, Question) else poll


def _write_down(
    poll: Poll, row: Any, before: Mapping[str, str], after: Mapping[str, str], *, reason: str, who: str
) -> None:
    """A corrected translation as the trigger knows it again: all translations of the row, as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text, %s::jsonb::text", [json.dumps(before), json.dumps(after)])
        former, corrected = cursor.fetchone()
    Correction.objects.create(
        poll=poll,
        question_id=row.question_id if isinstance(row, Option) else row.pk if isinstance(row, Question) else None,
        option=row if isinstance(row, Option) else None,
        former=former,
        corrected=corrected,
        reason=reason.strip()[:300],
        who=who,
    )


def change_settings(*, poll: Poll, who: str, reason: str = "", **values: Any) -> Poll:
    """Change what may change while votes come in: `results_shown`, `results_from`, `note`; logged."""
    if set(values) - set(CHANGEABLE):
        raise TypeError("only results_shown, results_from and note may change")
    with _held(poll) as (held, _now):
        changes = [
            {"field": name, "former": _plain(getattr(held, name)), "new": _plain(value)}
            for name, value in values.items()
            if getattr(held, name) != value
        ]
        for name, value in values.items():
            setattr(held, name, value)
        if held.results_shown == ResultsShown.FROM_DATE and held.results_from is None:
            raise Refused(_("Please give the date from which results are shown."))
        if changes:
            held.save(update_fields=list(values))
            _note(held, Action.SETTING, who, reason, changes=changes)
    return held


# --- how it is done -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _held(poll: Poll) -> Iterator[tuple[Poll, datetime]]:
    """The poll, held against every vote and every other editor, and the moment since when it is."""
    try:
        with transaction.atomic():
            held = Poll.objects.select_for_update(of=("self",)).get(pk=poll.pk)
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                (now,) = cursor.fetchone()
            yield held, now
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled | DeadlockDetected):
            raise
        raise Refused(_("A great many votes are coming in just now. Nothing was changed; please try again.")) from error


def _note(poll: Poll, action: str, who: str, reason: str, **details: object) -> None:
    PollEvent.objects.create(poll=poll, action=action, who=who, reason=reason.strip()[:300], details=details)
    transaction.on_commit(functools.partial(_show, poll.pk), robust=True)


def _show(poll_id: int) -> None:
    """Let readers see it at once; should that fail, the hint has it done by the next tick."""
    paper.forget()
    if Poll.objects.public().filter(pk=poll_id).exists():
        tally.look_again(poll_id)
        tally.recount(poll_id, wait=True)


def _close(poll: Poll, now: datetime) -> None:
    # A vote whose statement began before `now` and waits for this row is counted still: `now` was read later.
    poll.closes_at = max(now, poll.opens_at + timedelta(microseconds=1))
    poll.paused_at = None
    poll.save(update_fields=["closes_at", "paused_at", "replaced_by"])


def _must_be(poll: Poll, now: datetime, *states: State) -> None:
    state = poll.state(now=now)
    if state not in states:
        raise Refused(
            {
                State.DRAFT: _("This poll is a draft."),
                State.SCHEDULED: _("This poll has not opened yet."),
                State.OPEN: _("This poll is open for voting."),
                State.PAUSED: _("This poll is already paused."),
                State.CLOSED: _("This poll is closed; a closed poll stays closed."),
                State.FINAL: _("This poll is closed and its count is final; that cannot be changed."),
            }[state]
        )


def _target(
    poll: Poll, question: Question | None, option: Option | None, field: str
) -> tuple[Poll | Question | Option, str]:
    """The row and the field that hold the text; another poll's rows are not found."""
    if option is not None:
        return Option.objects.get(pk=option.pk, question__poll=poll), "text"
    if question is not None:
        return Question.objects.get(pk=question.pk, poll=poll), "help" if field == "help" else "text"
    return poll, "intro" if field == "intro" else "title"


def _must_be_a_correction(
    target: Poll | Question | Option, name: str, former: str, corrected: str, reason: str
) -> None:
    limit = getattr(target._meta.get_field(name), "max_length", None)
    if not corrected:
        raise Refused(_("Please write the corrected text."))
    if not reason:
        raise Refused(_("Please say what was wrong: it appears in the log."))
    if corrected == former:
        raise Refused(_("The corrected text is the same as the current one."))
    if limit and len(corrected) > limit:
        raise Refused(_("The corrected text is too long: %(most)d characters at most.") % {"most": limit})
    others = Option.objects.none()
    if isinstance(target, Option):
        others = Option.objects.filter(question=target.question_id).exclude(pk=target.pk)
    if any(other.text.casefold() == corrected.casefold() for other in others):
        raise Refused(_("Another option already has this text."))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


# --- what is said of it -------------------------------------------------------------------------------------------


def sentences(poll: Poll) -> list[str]:
    """What the page of a poll says of its life, in time order; one query."""
    return told(poll.events.order_by("at", "pk"))


def told(events: Iterable[PollEvent]) -> list[str]:
    """The same for events at hand; a pause and its end make one sentence."""
    said: list[str] = []
    paused: tuple[int, PollEvent] | None = None
    for event in events:
        if event.action == Action.RESUMED and paused:
            place, begin = paused
            said[place] = _with_reason(
                _("Voting was paused on %(begin)s and resumed on %(end)s.")
                % {"begin": moment(begin.at), "end": moment(event.at)},
                begin.reason or event.reason,
            )
            paused = None
            continue
        if event.action == Action.PAUSED:
            paused = (len(said), event)
        said += [_with_reason(sentence, event.reason) for sentence in _about(event)]
    return said


def _about(event: PollEvent) -> list[str]:
    at, details = moment(event.at), event.details
    match event.action:
        case Action.PAUSED:
            return [_("Voting was paused on %(at)s.") % {"at": at}]
        case Action.CLOSED:
            values = {"at": at, "planned": _then(details["planned"])}
            return [_("Voting was closed early, on %(at)s; it was to end on %(planned)s.") % values]
        case Action.EXTENDED:
            values = {"at": at, "former": _then(details["former"]), "new": _then(details["new"])}
            return [_("On %(at)s the closing date was moved from %(former)s to %(new)s.") % values]
        case Action.REPLACED if "by" in details:
            return [_("On %(at)s this poll was closed and replaced by a corrected copy.") % {"at": at}]
        case Action.REPLACED:
            return [_("This poll replaces an earlier one, closed on %(at)s because of an error.") % {"at": at}]
        case Action.CORRECTED:
            former, corrected = (apart(details[name]) for name in ("former", "corrected"))
            values = {"on": day(event.at), "former": former, "corrected": corrected}
            return [_("On %(on)s a typing error was corrected: “%(former)s” became “%(corrected)s”.") % values]
        case Action.TRANSLATED:
            values = {"on": day(event.at), "language": spoken.name_of(details["language"])}
            return [_("On %(on)s a translation was added: %(language)s.") % values]
        case Action.SETTING:
            # A poll that was held back had not been seen by readers.
            told_of = [change for change in details["changes"] if change["field"] != "published_at"]
            return [_of_setting(day(event.at), change) for change in told_of]
    return []


def _of_setting(on: str, change: dict[str, Any]) -> str:
    former, new = change["former"], change["new"]
    match change["field"]:
        case "results_shown":
            labels = dict(ResultsShown.choices)
            return _("On %(on)s the choice of who sees the results was changed from “%(former)s” to “%(new)s”.") % {
                "on": on,
                "former": labels.get(former, former),
                "new": labels.get(new, new),
            }
        case "note":
            return _("On %(on)s the note on this poll was changed.") % {"on": on}
        case "opens_at":
            sentence = _("On %(on)s the opening date was moved from %(former)s to %(new)s.")
        case "closes_at":
            sentence = _("On %(on)s the closing date was moved from %(former)s to %(new)s.")
        case _:
            sentence = _("On %(on)s the date from which results are shown was moved from %(former)s to %(new)s.")
    none = _("no date")
    return sentence % {"on": on, "former": _then(former) if former else none, "new": _then(new) if new else none}


def _then(stored: str) -> str:
    return moment(datetime.fromisoformat(stored))


def _with_reason(sentence: str, reason: str) -> str:
    if not reason:
        return sentence
    return sentence + " " + _("Reason: %(reason)s.") % {"reason": apart(reason.rstrip("."))}
