"""Drawings of figures as SVG, made on the server: they print, need no script, and carry no style attribute.

The numbers stand in a table beside each drawing, so a drawing is hidden from screen readers or named in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

COLUMNS_HEIGHT = 90
HISTOGRAM_HEIGHT = 120
# More columns than this are too narrow for a number over each.
MOST_NUMBERED = 12
# A part of a bar that is smaller, in per cent, has no room for its number.
LEAST_NUMBERED = 6
# The tones of `polls.css` lie between the accent (t0) and the slate of the bars (t10); "none" is only outlined.
TONES = 11
NO_TONE = "none"
COURSE_TOP, COURSE_HEIGHT = 20, 180
LINE_HEIGHT = 16
DASHES = ("none", "none", "7 3", "2 3", "9 3 2 3", "4 6")


@dataclass(frozen=True)
class Table:
    """A table of figures: the first cell of each row names it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Drawn:
    """One drawing with the table that says the same; without a picture the table stands open."""

    title: str = ""
    sentences: tuple[str, ...] = ()
    picture: SafeString | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Bar:
    """A line of a drawing: its words, how much of the width it fills in per cent, and the figure beside it."""

    text: str
    percent: int
    figure: str


@dataclass(frozen=True)
class Line:
    """A line over time: its words, and its per cent at each point."""

    text: str
    percentages: tuple[int, ...]


@dataclass(frozen=True)
class Stack:
    """A line of a drawing whose bar is divided: the percentage of each part, in the order of the legend, or of none."""

    text: str
    percentages: tuple[int, ...]
    note: str = ""


def bar(percent: int) -> SafeString:
    """One bar on a track of a hundred per cent, as wide as the room it is given."""
    return format_html(
        '<svg class="bar" width="100%" height="12" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100%" height="12"></rect><rect class="value" width="{}%" height="12"></rect></svg>',
        percent,
    )


def columns(values: Sequence[int], name: str) -> SafeString:
    """Columns side by side, the highest filling the height; `name` is the sentence that is read out."""
    return format_html(
        '<svg class="columns" width="100%" height="{}" role="img" aria-label="{}">{}</svg>',
        COLUMNS_HEIGHT,
        name,
        _columns(values, COLUMNS_HEIGHT),
    )


def _columns(values: Sequence[int], height: int, top: int = 0) -> SafeString:
    width = 100 / max(len(values), 1)
    return format_html_join(
        "",
        '<rect class="value" x="{}%" y="{}" width="{}%" height="{}"></rect>',
        (
            (f"{place * width:.3f}", top + height - tall, f"{width * 0.86:.3f}", tall)
            for place, tall in enumerate(_heights(values, height))
        ),
    )


def _heights(values: Sequence[int], height: int) -> list[int]:
    highest = max(values, default=0) or 1
    return [round(value / highest * height) for value in values]


def bars(lines: Sequence[Bar]) -> SafeString:
    """Lines of words, each with its figure and a bar under both."""
    return format_html(
        '<ul class="bars" aria-hidden="true">{}</ul>',
        format_html_join(
            "",
            '<li><span class="text">{}</span> <span class="figure">{}</span>{}</li>',
            ((line.text, line.figure, bar(line.percent)) for line in lines),
        ),
    )


def histogram(values: Sequence[int], texts: Sequence[str], percentages: Sequence[int]) -> SafeString:
    """Columns that stand for classes in their order, on an axis that names the first and the last."""
    numbered = len(values) <= MOST_NUMBERED
    top = 18 if numbered else 2
    width = 100 / max(len(values), 1)
    ground = top + HISTOGRAM_HEIGHT
    numbers = [
        (f"{(place + 0.43) * width:.3f}", ground - tall - 5, percent)
        for place, (tall, percent) in enumerate(zip(_heights(values, HISTOGRAM_HEIGHT), percentages, strict=True))
        if percent and numbered
    ]
    ends = [texts[0], texts[-1]] if len(texts) > 1 else texts
    return format_html(
        '<div class="histogram" aria-hidden="true"><svg class="columns" width="100%" height="{}" focusable="false">{}{}'
        '<rect class="ground" y="{}" width="100%" height="1"></rect></svg><p class="axis">{}</p></div>',
        ground + 1,
        _columns(values, HISTOGRAM_HEIGHT, top),
        format_html_join("", '<text x="{}%" y="{}">{}</text>', numbers),
        ground,
        format_html_join(" ", "<span>{}</span>", ((text,) for text in ends)),
    )


def tones(parts: int, *, apart: int = 0) -> list[str]:
    """A tone for each part of a scale, from one end to the other; the last `apart` parts lie outside the scale."""
    scale = parts - apart
    found = [f"t{round(place * (TONES - 1) / max(scale - 1, 1))}" for place in range(scale)]
    return [*found, *[NO_TONE] * apart]


def stacks(lines: Sequence[Stack], legend: Sequence[str], shades: Sequence[str]) -> SafeString:
    """Divided bars, a hundred per cent wide each, under the legend that names their parts."""
    keys = format_html_join(
        "",
        '<li><svg class="key" width="14" height="14" focusable="false"><rect class="part {}" width="14" height="14">'
        "</rect></svg>{}</li>",
        zip(shades, legend, strict=True),
    )
    drawn = format_html_join(
        "",
        '<li><span class="text">{}</span> <span class="figure">{}</span>{}</li>',
        ((line.text, line.note, _stack(line.percentages, shades)) for line in lines),
    )
    return format_html(
        '<div class="stacked" aria-hidden="true"><ul class="legend">{}</ul><ul class="bars">{}</ul></div>', keys, drawn
    )


def _stack(percentages: Sequence[int], shades: Sequence[str]) -> SafeString:
    begin = 0
    parts, numbers = [], []
    for percent, shade in zip(percentages, shades, strict=bool(percentages)):
        if percent:
            parts.append((shade, begin, percent))
            if percent >= LEAST_NUMBERED:
                numbers.append((f"{begin + percent / 2:g}", percent))
        begin += percent
    return format_html(
        '<svg class="stack" width="100%" height="40" focusable="false">{}{}</svg>',
        format_html_join("", '<rect class="part {}" x="{}%" width="{}%" height="22"></rect>', parts),
        format_html_join("", '<text x="{}%" y="37">{}</text>', numbers),
    )


def course(lines: Sequence[Line], places: Sequence[float], ends: tuple[str, str]) -> SafeString:
    """Lines over time, each with a letter and its last figure at its end, over a legend that names them.

    `places` are the times of the points, from 0 to 1. Lines are told apart by letter and dash as well as by tone.
    """
    top = max(20, -(-max(percent for line in lines for percent in line.percentages) // 20) * 20)
    ticks = [(f"{_level(tick, top):g}", f"{_level(tick, top) - 4:g}", tick) for tick in range(0, top + 1, 20)]
    last = [line.percentages[-1] for line in lines]
    letters = [chr(ord("A") + n) for n in range(len(lines))]
    dashes = [DASHES[n % len(DASHES)] for n in range(len(lines))]
    return format_html(
        '<div class="course" aria-hidden="true"><svg width="100%" height="{}" focusable="false">{}'
        '<svg y="{}" width="86%" height="{}" viewBox="0 0 1000 1000" preserveAspectRatio="none">{}</svg>{}{}</svg>'
        '<p class="axis"><span>{}</span> <span>{}</span></p><ol class="legend">{}</ol></div>',
        COURSE_TOP + COURSE_HEIGHT + 4,
        format_html_join("", '<line class="grid" x2="86%" y1="{0}" y2="{0}"></line>', ticks),
        COURSE_TOP,
        COURSE_HEIGHT,
        format_html_join(
            "",
            '<polyline class="line" stroke-dasharray="{}" points="{}"></polyline>',
            ((dash, _points(line, places, top)) for dash, line in zip(dashes, lines, strict=True)),
        ),
        format_html_join("", '<text class="tick" y="{1}">{2}%</text>', ticks),
        format_html_join(
            "",
            '<text class="end" x="87.5%" y="{}">{} {}%</text>',
            zip((f"{y + 4:g}" for y in _levels(last, top)), letters, last, strict=True),
        ),
        *ends,
        format_html_join(
            "",
            '<li><svg class="key" width="26" height="14" focusable="false"><line class="line" x2="26" y1="7" y2="7" '
            'stroke-dasharray="{}"></line></svg><b>{}</b> {}</li>',
            ((dash, letter, line.text) for dash, letter, line in zip(dashes, letters, lines, strict=True)),
        ),
    )


def _points(line: Line, places: Sequence[float], top: int) -> str:
    """In units of a thousandth of the width and of the height."""
    pairs = zip(places, line.percentages, strict=True)
    return " ".join(f"{place * 1000:.0f},{1000 - percent * 1000 / top:.0f}" for place, percent in pairs)


def _level(percent: int, top: int) -> float:
    return COURSE_TOP + COURSE_HEIGHT * (1 - percent / top)


def _levels(percentages: Sequence[int], top: int) -> list[float]:
    """Where the figures at the ends of lines stand, from high to low, each a line of letters apart from the next."""
    levels: list[float] = []
    for percent in percentages:  # in the order of the lines: the highest first
        level = _level(percent, top)
        levels.append(max(level, levels[-1] + LINE_HEIGHT) if levels else level)
    over = levels[-1] - (COURSE_TOP + COURSE_HEIGHT)
    if over > 0:
        for n in range(len(levels) - 1, -1, -1):
            below = levels[n + 1] - LINE_HEIGHT if n + 1 < len(levels) else COURSE_TOP + COURSE_HEIGHT
            levels[n] = min(levels[n], below)
    return levels
