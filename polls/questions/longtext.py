"""An answer in the reader’s own words, of several lines."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.characters import quoted
from polls.paper import Given, Mark, PaperQuestion
from polls.questions import options, text

LABEL = gettext_lazy("Long text")
HELP = gettext_lazy("Several lines in the reader’s own words. Others see them only if a moderator lets them through.")
GROUP = "writing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("limit",), False
OPTIONS = (0, 0)
GIVEN: tuple[str, ...] = ()
ADDS_UP = False
TEMPLATE = "longtext"
ONLY_OPTIONS = True
LONGEST = 2000

rows = text.rows
row_text = text.row_text
percentages = text.percentages
measures = text.measures
sentences = text.sentences
drawing = text.drawing
columns = text.columns


def words(question: PaperQuestion, given: Given) -> list[str]:
    written = options.plain_text(given.values.get(0, ""))
    return [quoted(written)] if written else []


def longest(question: Any) -> int:
    return int(question.settings.get("limit", LONGEST))


def faults(asked: Any) -> list[str]:
    return text.limit_faults(asked, LONGEST, 10_000)


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    return {"name": f"q{question.id}.0", "value": given.values.get(0, ""), "most": longest(question)}


def limits(question: PaperQuestion) -> str:
    return _("Up to %(n)d characters.") % {"n": longest(question)}


def check(question: PaperQuestion, given: Given) -> list[Mark]:
    return text.text_mark(question, given.values.get(0, ""), longest(question))
