"""One answer from a long list, picked from a menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from polls.questions import single

LABEL = gettext_lazy("One answer from a menu")
HELP = gettext_lazy("For long lists of short options, such as countries. Short lists are better shown in full.")
GROUP = "choosing"
LABELS, SETTINGS, SEVERAL = (0, 0), ("order",), False
OPTIONS = (2, 300)
GIVEN: tuple[str, ...] = ()
ADDS_UP = single.ADDS_UP
TEMPLATE = "dropdown"
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
