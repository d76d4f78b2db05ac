"""Drawings of figures as SVG, made on the server: they print, need no script, and carry no style attribute.

The numbers stand in a table beside each drawing, so a drawing is hidden from screen readers or named in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

COLUMNS_HEIGHT = 90


def bar(percent: int) -> SafeString:
    """One bar on a track of a hundred per cent, as wide as the room it is given."""
    return format_html(
        '<svg class="bar" width="100%" height="12" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100%" height="12"></rect><rect class="value" width="{}%" height="12"></rect></svg>',
        percent,
    )


def columns(values: Sequence[int], name: str) -> SafeString:
    """Columns side by side, the highest filling the height; `name` is the sentence that is read out."""
    highest = max(values, default=0) or 1
    width = 100 / max(len(values), 1)
    drawn = format_html_join(
        "",
        '<rect class="value" x="{}%" y="{}" width="{}%" height="{}"></rect>',
        (
            (f"{place * width:.3f}", COLUMNS_HEIGHT - height, f"{width * 0.86:.3f}", height)
            for place, height in enumerate(round(value / highest * COLUMNS_HEIGHT) for value in values)
        ),
    )
    return format_html(
        '<svg class="columns" width="100%" height="{}" role="img" aria-label="{}">{}</svg>',
        COLUMNS_HEIGHT,
        name,
        drawn,
    )
