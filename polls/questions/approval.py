"""Approval: every option that a reader finds acceptable; the shares are of the voters (Brams and Fishburn, 1978)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.paper import PaperQuestion
from polls.questions import multiple

LABEL = gettext_lazy("Approval")
HELP = gettext_lazy("Readers mark every option that they could accept, without ranking them.")
GROUP = "choosing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order",), True
OPTIONS = multiple.OPTIONS
GIVEN: tuple[str, ...] = ()
ADDS_UP = multiple.ADDS_UP
TEMPLATE = multiple.TEMPLATE
ONLY_OPTIONS = True

control = multiple.control
faults = multiple.faults
check = multiple.check
words = multiple.words
rows = multiple.rows
row_text = multiple.row_text
percentages = multiple.percentages
measures = multiple.measures
sentences = multiple.sentences
drawing = multiple.drawing
columns = multiple.columns


def limits(question: PaperQuestion) -> str:
    return _("Mark every one that you could accept.")
