"""How far respondents of a survey come: page by page, from numbers that name nobody."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.db.models import Count
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from polls import drawings
from polls.models import Ballot, Draft, Poll, Reach
from polls.questions import numbers
from polls.spoken import colon


@dataclass(frozen=True)
class Page:
    """A page of a survey: how many ever came to it, and how many unfinished ones stand there now."""

    number: int
    title: str
    reached: int
    unfinished: int

    @property
    def name(self) -> str:
        plain = _("Page %(n)d") % {"n": self.number}
        return f"{plain}{colon()}{self.title}" if self.title else plain


@dataclass(frozen=True)
class Progress:
    """Pages in their order, how many sent their answers, and how long that took them (median)."""

    pages: list[Page]
    sent: int
    took: timedelta | None

    @property
    def began(self) -> int:
        return max((page.reached for page in self.pages), default=0)

    @property
    def came_otherwise(self) -> bool:
        """Whether votes came that no page saw begin: then those who sent are no share of those who began."""
        return self.sent > self.began

    def percent(self, n: int) -> int | None:
        """The share of those who began, rounded; None where it would be none."""
        return (200 * n + self.began) // (2 * self.began) if n <= self.began and self.began else None

    @property
    def rows(self) -> list[tuple[str, int, int | None, int | None]]:
        """Page by page how many came, their share of those who began, and who stands there; then those who sent."""
        pages = [(page.name, page.reached, self.percent(page.reached), page.unfinished) for page in self.pages]
        return [*pages, (_("Sent"), self.sent, self.percent(self.sent), None)]

    @property
    def drawing(self) -> SafeString:
        shares = [(name, n, share) for name, n, share, _there in self.rows if share is not None]
        return drawings.bars([drawings.Bar(name, share, numbers.share(n, share)) for name, n, share in shares])

    @property
    def minutes(self) -> str:
        """The median time from the first page to sending, in words; empty where nobody's time is known."""
        if self.took is None:
            return ""
        seconds = max(1, math.ceil(self.took.total_seconds()))
        return _("Half of those who sent it took %(minutes)d min %(seconds)d s or less.") % {
            "minutes": seconds // 60,
            "seconds": seconds % 60,
        }


def of(poll: Poll) -> Progress | None:
    """How far the respondents of a survey came; None where nobody began one page by page."""
    reached = dict(Reach.objects.filter(poll=poll).values_list("page", "respondents"))
    if not reached:
        return None
    unfinished = Draft.objects.filter(poll=poll, expires_at__gt=timezone.now()).order_by().values_list("page")
    there = dict(unfinished.annotate(n=Count("pk")))
    titles = {place: page.get("title", "") for place, page in enumerate(poll.flow.get("pages", []), 1)}
    numbers = sorted({question.page for question in poll.questions.all()} | set(reached))
    # A vote that was changed is one respondent's, and counts with the first time it was sent.
    seconds = Ballot.objects.filter(poll=poll, revision=1).values_list("seconds", flat=True)
    known = [taken for taken in seconds if taken is not None]
    return Progress(
        [Page(n, titles.get(n, ""), reached.get(n, 0), there.get(n, 0)) for n in numbers],
        len(seconds),
        timedelta(seconds=median(known)) if known else None,
    )
