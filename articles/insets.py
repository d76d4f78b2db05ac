"""Whether everything that a body places is there: each fault is a sentence for whoever writes."""

from __future__ import annotations

import re

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from articles import body
from articles.models import Picture, Recording

ANYTHING = re.compile(r"\[\[([^\[\]]{0,300})(\]\]?)?")
NAMES_A_POLL = re.compile(r"\s*poll", re.IGNORECASE)  # lines of polls are looked after by the form itself
LONGEST_NOTE = 1500


def faults(html: str) -> list[str]:
    """What is wrong with the pictures, recordings and notes of a body that is cleaned already."""
    return [*_misspelt(html), *_missing(html), *_notes(html)]


def _misspelt(html: str) -> list[str]:
    """Every `[[` must begin a placement on a line of its own, or a note."""
    left = body.NOTE.sub("", body.PLACEMENT.sub(lambda line: "" if _is_numbered(line) else line[0], html))
    found = [strip_tags(word[0]) for word in ANYTHING.finditer(left) if not NAMES_A_POLL.match(strip_tags(word[1]))]
    if not found:
        return []
    return [
        _(
            "A picture is placed by a plain line of its own, [[picture:12]], a recording by [[recording:3]]; a "
            "note goes in its sentence as [[note: its text]]. Please check: %(words)s"
        )
        % {"words": " ".join(word[:60] for word in found[:5])}
    ]


def _is_numbered(line: re.Match[str]) -> bool:
    return line[1] != "poll" and bool(body.NUMBER.fullmatch(line[2]))


def _missing(html: str) -> list[str]:
    pictures, recordings = set(body.pictures_placed(html)), set(body.recordings_placed(html))
    pictures -= set(Picture.objects.filter(pk__in=pictures).values_list("pk", flat=True))
    recordings -= set(Recording.objects.filter(pk__in=recordings).values_list("pk", flat=True))
    return [
        *(_("There is no picture %(number)d in the library.") % {"number": number} for number in sorted(pictures)),
        *(_("There is no recording %(number)d in the library.") % {"number": number} for number in sorted(recordings)),
    ]


def _notes(html: str) -> list[str]:
    found = []
    for note in body.NOTE.finditer(html):
        words = strip_tags(note[1]).strip()
        if not words:
            found.append(_("A note is empty: write its text after [[note:"))
        elif len(words) > LONGEST_NOTE:
            found.append(
                _("A note has more than %(n)d characters: “%(start)s…”") % {"n": LONGEST_NOTE, "start": words[:40]}
            )
    return found
