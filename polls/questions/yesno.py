"""Yes or no."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from polls.questions import single

LABEL = gettext_lazy("Yes or no")
HELP = gettext_lazy("Two ready-made options; a third, such as “don’t know”, may be added.")
GROUP = "choosing"
LABELS, SEVERAL = (0, 0), False
SETTINGS: tuple[str, ...] = ()
OPTIONS = (2, 4)
GIVEN = (gettext_lazy("Yes"), gettext_lazy("No"))
ADDS_UP = single.ADDS_UP
TEMPLATE = single.TEMPLATE
ONLY_OPTIONS = True
ONE_OPTION = True

control = single.control
faults = single.faults
limits = single.limits
check = single.check
words = single.words
rows = single.rows
row_text = single.row_text
percentages = single.percentages
measures = single.measures
sentences = single.sentences
drawing = single.drawing
columns = single.columns
