"""What the polls that take votes say at this moment, for the editors' first page: a few queries, however many polls.

The figures are those of the last count, which is seconds old; the page of a poll counts anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls import drawings
from polls.cards import number, state_sentence
from polls.characters import apart
from polls.dates import moment
from polls.drafting import name_of
from polls.leading import too_close
from polls.models import Ballot, Poll, Question, State
from polls.paper import question_of
from polls.questions import TYPES
from polls.questions.counted import QuestionCount

SHOWN = 10
HOURS = 24
RUNNING = (State.OPEN, State.PAUSED)


@dataclass(frozen=True)
class Line:
    """A running poll in one line: how many voted, what leads, until when."""

    id: int
    name: str
    state: str
    sentence: str
    votes: str
    leading: str
    percent: int


def polls(*, among: QuerySet[Poll]) -> QuerySet[Poll]:
    """Polls that take votes or are paused, the first to close first, `among` those that somebody may see."""
    running = Poll.objects.whole().select_related("tally").filter(state_now__in=RUNNING)
    running = running.filter(pk__in=among.order_by().values("pk"))
    return running.defer("tally__public", "tally__voters", "tally__pending").order_by("closes_at", "pk")


def figures(*, among: QuerySet[Poll]) -> dict[str, Any]:
    """The lines of the running polls `among` those that somebody may see, in a form that JSON keeps."""
    found = list(polls(among=among)[: SHOWN + 1])
    counts = [poll.tally.checked_at for poll in found if hasattr(poll, "tally")]
    return {
        "lines": [asdict(_line(poll)) for poll in found[:SHOWN]],
        "more": len(found) > SHOWN,
        "counted": _("Counted at %(time)s.") % {"time": moment(max(counts), seconds=True)} if counts else "",
    }


def _line(poll: Poll) -> Line:
    counts: Mapping[str, Any] = poll.tally.counts if hasattr(poll, "tally") else {}
    state = State(poll.state_now)
    first = next(iter(poll.questions.all()), None)
    leading, percent = _leading(first, counts) if first else ("", 0)
    return Line(
        id=poll.pk,
        name=name_of(poll),
        state=str(state.label),
        sentence=state_sentence(poll, state),
        votes=number(counts.get("ballots", 0)),
        leading=leading,
        percent=percent,
    )


def _leading(question: Question, counts: Mapping[str, Any]) -> tuple[str, int]:
    """The answer that most chose and its share; words without a share where readers are told of none either."""
    counted = counts.get("questions", {}).get(str(question.pk), {})
    asked, kind = question_of(question), TYPES[question.kind]
    if not counted:
        return "", 0
    rows = kind.rows(asked, QuestionCount.from_canonical(counted))
    votes = [row.votes for row in rows]
    if not votes or max(votes) == 0:
        return "", 0
    if votes.count(max(votes)) > 1:
        return _("several are level"), 0
    if too_close(asked, votes, counted["base"]):
        return _("too close to order"), 0
    place = votes.index(max(votes))
    return kind.row_text(asked, rows[place].id), kind.percentages(asked, votes, counted["base"])[place]


@dataclass(frozen=True)
class Hours:
    """Votes in each of the last hours, and their drawing; the last hour is the one that runs."""

    per_hour: list[tuple[datetime, int]]

    @property
    def total(self) -> int:
        return sum(votes for _at, votes in self.per_hour)

    @property
    def sentence(self) -> str:
        if not self.total:
            return _("Nobody has voted in the last 24 hours.")
        at, most = max(self.per_hour, key=lambda pair: pair[1])
        votes = ngettext("%(n)s vote", "%(n)s votes", self.total) % {"n": number(self.total)}
        return _("%(votes)s in the last 24 hours; most in the hour from %(at)s: %(most)s.") % {
            "votes": votes,
            "at": apart(moment(at)),
            "most": number(most),
        }

    @property
    def drawing(self) -> SafeString:
        return drawings.columns([votes for _at, votes in self.per_hour], self.sentence)


def hours(*, now: datetime) -> Hours:
    """First votes of all polls per hour, for the last 24 hours; a vote that was changed counts once."""
    running = now.replace(minute=0, second=0, microsecond=0)
    first = running - timedelta(hours=HOURS - 1)
    # By way of the polls that took votes then, whose ballots are in order of time: no ballot of an older poll is read.
    recent = Ballot.objects.filter(poll__closes_at__gt=first, cast_at__gte=first, revision=1)
    found = dict(recent.values_list(TruncHour("cast_at", tzinfo=UTC)).annotate(n=Count("pk")).order_by())
    steps = (first + timedelta(hours=step) for step in range(HOURS))
    return Hours([(timezone.localtime(at), found.get(at, 0)) for at in steps])
