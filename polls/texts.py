"""What readers wrote in their own words: who reads it, letting it through to readers, and emptying it for good.

The one writer of `Shown`, and of `Verbatim` after its ballot was cast. Nothing here changes a vote or a count.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from polls.models import Poll, SetAside, Shown, Verbatim

A_PAGE = 20
LONGEST_SEARCH = 100
# What a moderator picks from.
WAITING, SHOWN, EMPTIED = "waiting", "shown", "emptied"
ASIDE = Exists(SetAside.objects.filter(ballot=OuterRef("answer__ballot")))


class Refused(Exception):
    """It cannot be done with this text; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def of_poll(poll: Poll) -> QuerySet[Verbatim]:
    """Every text of a poll with its question, its option and whether its vote was set aside; the newest first."""
    texts = Verbatim.objects.filter(answer__poll=poll).annotate(aside=ASIDE).order_by("-pk")
    return texts.select_related("answer__question", "answer__option", "shown")


def in_state(texts: QuerySet[Verbatim], state: str) -> QuerySet[Verbatim]:
    """Those that wait, that readers see, or that were emptied; all of them for any other word."""
    match state:
        case "waiting":
            return texts.filter(shown__isnull=True, redacted_at__isnull=True)
        case "shown":
            return texts.filter(shown__isnull=False)
        case "emptied":
            return texts.filter(redacted_at__isnull=False)
    return texts


def with_words(texts: QuerySet[Verbatim], words: str) -> QuerySet[Verbatim]:
    """Those in which every one of these words stands."""
    for word in searched(words).split():
        texts = texts.filter(text__icontains=word)
    return texts


def searched(words: str) -> str:
    """What was typed into a field of a search, as it is looked for."""
    return " ".join(words.replace("\0", "").split())[:LONGEST_SEARCH]


def for_readers(poll: Poll, *, questions: Collection[int], until: datetime) -> QuerySet[Verbatim]:
    """What a moderator let through, of questions whose figures show and of votes in the count taken at `until`.

    In order of the alphabet: the order of the votes is nobody's business.
    """
    texts = of_poll(poll).filter(
        ~ASIDE,
        shown__isnull=False,
        redacted_at__isnull=True,
        answer__question__in=questions,
        answer__ballot__cast_at__lte=until,
    )
    return texts.order_by("answer__question__position", "answer__option__position", "text", "pk")


@transaction.atomic
def let_through(text: int, *, poll: Poll, who: str) -> Verbatim:
    """Let readers see a text, once their figures show; safe to repeat. Raises `Refused`."""
    held = _held(text, poll)
    if held.redacted_at is not None:
        raise Refused(_("This text has been erased: there is nothing left to show."))
    if SetAside.objects.filter(ballot=held.answer.ballot_id).exists():
        raise Refused(_("The vote to which this text belongs was set aside: readers do not see it."))
    Shown.objects.get_or_create(verbatim=held, defaults={"who": who})
    return held


@transaction.atomic
def take_back(text: int, *, poll: Poll) -> Verbatim:
    """Let readers no longer see a text; safe to repeat."""
    held = _held(text, poll)
    Shown.objects.filter(verbatim=held).delete()
    return held


@transaction.atomic
def empty(text: int, *, poll: Poll, reason: str, who: str) -> bool:
    """Delete the words of a text for good; the vote and its answer stay. False where that was done before."""
    held = _held(text, poll)
    if held.redacted_at is not None:
        return False
    Shown.objects.filter(verbatim=held).delete()
    Verbatim.objects.filter(pk=held.pk).update(text="", redacted_at=Now(), redaction_reason=reason, redacted_by=who)
    return True


def _held(text: int, poll: Poll) -> Verbatim:
    """A text of this poll, held so that nobody lets it through while somebody empties it."""
    return Verbatim.objects.select_for_update().get(pk=text, answer__poll=poll)


def numbers(poll: Poll) -> dict[str, int]:
    """How many texts wait, are shown and were emptied."""
    return {state: in_state(of_poll(poll), state).count() for state in (WAITING, SHOWN, EMPTIED)}


def kept(poll: Poll) -> bool:
    """Whether anybody wrote anything."""
    return Verbatim.objects.filter(answer__poll=poll).exists()
