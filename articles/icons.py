"""The mark of the publication for tabs, home screens and bookmarks: three lines of a column, one in its accent.

Drawn, not stored: whoever changes the accent has changed the mark. Measured in thirty-seconds of its side.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

from articles import colours

SIDE = 32
GROUND, LINES = "#1b1d22", "#fbfaf7"  # the ink and the paper of tokens.css
# Left, top, width, height; the second is in the accent. A round mask cuts none of them.
BARS = ((7.0, 8.5, 18.0, 3.0), (7.0, 14.5, 13.5, 3.0), (7.0, 20.5, 9.0, 3.0))
FINER = 4  # drawn so many times larger, so that edges between pixels are smooth
SMALL = (16, 32, 48)  # sides of the pictures in `favicon.ico`


def svg(accent: str) -> str:
    """The mark as SVG, with rounded corners."""
    drawn = "".join(
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'
        for (x, y, width, height), colour in zip(BARS, _fills(accent), strict=True)
    )
    ground = f'<rect width="{SIDE}" height="{SIDE}" rx="4" fill="{GROUND}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">{ground}{drawn}</svg>\n'


@lru_cache(maxsize=32)
def png(accent: str, side: int) -> bytes:
    """The same `side` pixels wide, filling its square: the device rounds the corners as it likes."""
    out = io.BytesIO()
    _drawn(accent, side).save(out, format="PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=8)
def ico(accent: str) -> bytes:
    """The same for browsers that know no SVG, and for whoever asks for `/favicon.ico` unasked."""
    out = io.BytesIO()
    first, *others = (_drawn(accent, side) for side in reversed(SMALL))
    first.save(out, format="ICO", sizes=[(side, side) for side in SMALL], append_images=others)
    return out.getvalue()


def _drawn(accent: str, side: int) -> Image.Image:
    unit = side * FINER / SIDE
    image = Image.new("RGB", (side * FINER, side * FINER), GROUND)
    pen = ImageDraw.Draw(image)
    for (x, y, width, height), colour in zip(BARS, _fills(accent), strict=True):
        pen.rectangle((x * unit, y * unit, (x + width) * unit - 1, (y + height) * unit - 1), fill=colour)
    return image.resize((side, side), Image.Resampling.LANCZOS)


def _fills(accent: str) -> tuple[str, str, str]:
    return LINES, colours.at_night(accent), LINES
