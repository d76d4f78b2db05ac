"""A short answer in the reader’s own words, on one line; readers see it only where a moderator has let it through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from polls.characters import quoted
from polls.drawings import Drawn
from polls.paper import Given, Mark, PaperQuestion
from polls.questions import options
from polls.questions.counted import Column, QuestionCount, Row

LABEL = gettext_lazy("Short text")
HELP = gettext_lazy("A line in the reader’s own words. Others see it only if a moderator lets it through.")
GROUP = "writing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("limit",), False
OPTIONS = (0, 0)
GIVEN: tuple[str, ...] = ()
ADDS_UP = False
TEMPLATE = "text"
ONLY_OPTIONS = True
LONGEST = 300


def longest(question: Any) -> int:
    return int(question.settings.get("limit", LONGEST))


def faults(asked: Any) -> list[str]:
    return limit_faults(asked, LONGEST, 1000)


def limit_faults(asked: Any, default: int, most: int) -> list[str]:
    limit = asked.settings.get("limit", default)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= most:
        return [_("A text has room for between 1 and %(n)d characters.") % {"n": most}]
    return []


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return {"name": f"q{question.id}.0", "value": given.values.get(0, ""), "most": longest(question)}


def limits(question: PaperQuestion) -> str:
    return _("Up to %(n)d characters.") % {"n": longest(question)}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    return text_mark(question, " ".join(options.plain_text(given.values.get(0, "")).split()), longest(question))


def text_mark(question: PaperQuestion, value: str, limit: int) -> list[Mark]:
    written = options.clean_text(value, question=question, limit=limit)
    if not written:
        return options.unanswered(question, _("Please write an answer."))
    return [Mark(question=question.id, text=written)]


def words(question: PaperQuestion, given: Given) -> list[str]:
    written = " ".join(options.plain_text(given.values.get(0, "")).split())
    return [quoted(written)] if written else []


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """None: texts are not counted, only who wrote one."""
    return []


def row_text(question: PaperQuestion, row: Any) -> str:
    return ""


def percentages(question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
    return []


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    return {}


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """How many wrote something; what they wrote stands elsewhere, where a moderator lets it through."""
    n = figures["base"]
    sentence = ngettext("%(n)s reader wrote an answer.", "%(n)s readers wrote an answer.", n)
    return [sentence % {"n": formats.number_format(n, force_grouping=True)}]


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """The sentence alone: there is nothing to draw."""
    return [Drawn(sentences=tuple(sentences(question, figures)))]


def columns(question: PaperQuestion) -> list[Column]:
    def written(marks: Sequence[Mark]) -> str | None:
        return next((mark.text for mark in marks if mark.text is not None), None)

    return [Column(question.code, question.text, written, {})]
