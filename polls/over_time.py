"""Results over time: the shares of a poll as they were published day by day, as a drawing with its table.

Read from the counts that `polls/tally.py` kept, one an hour: nothing is counted for it, and steps hold here as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.db.models.functions import TruncDay, TruncHour
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from polls import dates, drawings, visibility
from polls.drawings import Drawn, Table
from polls.models import Poll, Tally, TallyHistory
from polls.paper import PaperQuestion, question_of
from polls.questions import TYPES, numbers
from polls.questions.counted import QuestionCount

MOST_POINTS = 30
# Two points are a change and no course.
LEAST_POINTS = 3
# So many voters lie between two points, so that no difference of points shows what one of them chose.
LEAST_APART = 10
LINES = 6
HOURLY_UNTIL = timedelta(hours=48)


@dataclass(frozen=True)
class Point:
    """The published count of the one question at a time."""

    at: datetime
    count: QuestionCount


def drawn(poll: Poll, *, now: datetime) -> Drawn | None:
    """The course of a poll (loaded by `PollQuerySet.whole`) that asks one question of options; None where it has none.

    Only for pages that show its figures: whether they show is not asked here.
    """
    asked = [question_of(one, translated=True) for one in poll.questions.all() if not one.about]
    if len(asked) != 1 or not getattr(TYPES[asked[0].kind], "ONLY_OPTIONS", False):
        return None
    hourly = min(now, poll.closes_at or now) - (poll.opens_at or now) <= HOURLY_UNTIL
    points = _apart(_points(poll, asked[0], hourly=hourly), max(visibility.smallest_base(poll), LEAST_APART))
    shares = [_shares(asked[0], point.count) for point in points]
    if len(points) < LEAST_POINTS or not shares[-1]:
        return None
    return _drawing(asked[0], points, shares, hourly=hourly)


def _points(poll: Poll, question: PaperQuestion, *, hourly: bool) -> list[Point]:
    """The last count of each day, or hour, at most `MOST_POINTS` of them, and the present one."""
    kept = TallyHistory.objects.filter(poll=poll)
    unit = TruncHour("as_of") if hourly else TruncDay("as_of")
    newest = kept.values(unit=unit).annotate(last=Max("version")).order_by("-last")
    versions = list(newest.values_list("last", flat=True))
    if len(versions) < LEAST_POINTS - 1:
        return []
    chosen = versions[:: -(-len(versions) // (MOST_POINTS - 1))]
    rows = kept.filter(version__in=chosen).order_by("version").values_list("version", "as_of", "counts")
    present = Tally.objects.filter(poll=poll).values_list("version", "as_of", "counts").first()
    earlier = [row for row in rows if present and row[0] < present[0]]
    return [
        Point(at, QuestionCount.from_canonical(counts["questions"][str(question.id)]))
        for _version, at, counts in [*earlier, *([present] if present else [])]
        if str(question.id) in counts["questions"]
    ]


def _apart(points: Sequence[Point], least: int) -> list[Point]:
    """Those between which enough voters lie, the last one always among them."""
    found: list[Point] = []
    for point in points:
        if point.count.base - (found[-1].count.base if found else 0) >= least:
            found.append(point)
    if found and found[-1] is not points[-1]:
        found[-1] = points[-1]
    return found


def _shares(question: PaperQuestion, count: QuestionCount) -> dict[int, int]:
    """Per cent by option, rounded as everywhere."""
    kind = TYPES[question.kind]
    rows = kind.rows(question, count)
    found = kind.percentages(question, [row.votes for row in rows], count.base)
    return {row.id: percent for row, percent in zip(rows, found, strict=True)}


def _drawing(
    question: PaperQuestion, points: Sequence[Point], shares: Sequence[dict[int, int]], *, hourly: bool
) -> Drawn:
    kind = TYPES[question.kind]
    said = [_moment(point.at, hourly=hourly) for point in points]
    first, last = points[0].at, points[-1].at
    places = [(point.at - first) / (last - first) for point in points]
    leading = sorted(shares[-1], key=lambda option: -shares[-1][option])[:LINES]
    lines = [
        drawings.Line(kind.row_text(question, option), tuple(share.get(option, 0) for share in shares))
        for option in leading
    ]
    options = list(shares[-1])
    table = Table(
        question.text,
        (
            _("Counted"),
            _("Votes"),
            *(_("%(option)s, per cent") % {"option": kind.row_text(question, o)} for o in options),
        ),
        tuple(
            (when, numbers.whole(point.count.base), *(str(share.get(option, 0)) for option in options))
            for when, point, share in zip(said, points, shares, strict=True)
        ),
    )
    sentences = [
        _("Shares as they were published at the time. Any two points are at least %(n)d votes apart.")
        % {"n": LEAST_APART}
    ]
    if len(options) > LINES:
        sentences.append(
            _("The chart shows the %(n)d options with the most votes; the table has all of them.") % {"n": LINES}
        )
    return Drawn("", tuple(sentences), drawings.course(lines, places, (said[0], said[-1])), table)


def _moment(at: datetime, *, hourly: bool) -> str:
    local = timezone.localtime(at)
    day = formats.date_format(local, "MONTH_DAY_FORMAT")
    return f"{day}, {dates.clock_time(at)}" if hourly else day
