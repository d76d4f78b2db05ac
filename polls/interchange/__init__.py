"""Questionnaires of other programs, read and written, with a report of what could not be carried over."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.questionnaire import MOST_FAULTS, NAME


class Refused(Exception):
    """The file is nothing that can be read; the message says why, in words for an editor."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass
class Report:
    """What was carried over, in a sentence, and a sentence for everything that was not."""

    carried: str = ""
    left: list[str] = field(default_factory=list)

    def leave(self, place: str, sentence: str) -> None:
        """Note what could not be carried over, each thing once."""
        text = f"{place}: {sentence}" if place else sentence[:1].upper() + sentence[1:]
        if text not in self.left:
            self.left.append(text)

    def count(self, questions: Sequence[Mapping[str, Any]]) -> None:
        """Say what was carried over."""
        pages = len({question["page"] for question in questions})
        asked = ngettext("%(n)d question", "%(n)d questions", len(questions)) % {"n": len(questions)}
        where = ngettext("%(n)d page", "%(n)d pages", pages) % {"n": pages}
        self.carried = _("Carried over: %(questions)s on %(pages)s.") % {"questions": asked, "pages": where}
        if len(self.left) > MOST_FAULTS:
            more = len(self.left) - MOST_FAULTS
            self.left[MOST_FAULTS:] = [ngettext("And %(n)d thing more.", "And %(n)d things more.", more) % {"n": more}]


class Names:
    """Names of another program made names of ours: the same where they fit, else near them, each once."""

    def __init__(self) -> None:
        self.ours: dict[str, str] = {}
        self._taken: set[str] = set()

    def take(self, theirs: str, *, otherwise: str) -> str:
        """Our name for `theirs`, made of `otherwise` where nothing of it can be kept."""
        name = theirs if NAME.fullmatch(theirs) else plain_name(theirs) or otherwise
        free, number = name, 1
        while free.casefold() in self._taken:
            number += 1
            free = f"{name[: 39 - len(str(number))]}_{number}"
        self._taken.add(free.casefold())
        self.ours.setdefault(theirs, free)
        return free


def plain_name(text: str) -> str:
    """A text as a name: its Latin letters and digits, joined by _; empty where there are none."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", ascii_text).strip("_")[:40].strip("_")
