"""Which colours can be read as text on our paper, and what an accent becomes on the dark one (WCAG 2.2, contrast)."""

from __future__ import annotations

import colorsys
import hashlib
import re

LIGHT_PAPER, DARK_PAPER = "#fbfaf7", "#14161a"  # `--paper` of tokens.css, by day and by night
LEAST = 4.5  # WCAG AA for text
# Ours is 8 by night: a shade that only just passes looks tired on a dark page.
LEAST_AT_NIGHT = 6.5
COLOUR = re.compile(r"#[0-9a-f]{6}")
STEPS = 400


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (`#rrggbb`), from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def reads_well(colour: str) -> bool:
    """Whether text in this colour can be read on the light paper, links and labels being set in it."""
    return contrast(colour, LIGHT_PAPER) >= LEAST


def nearest_that_reads(colour: str) -> str:
    """The same hue, darker by as little as it takes."""
    return _moved(colour, paper=LIGHT_PAPER, least=LEAST, towards=0.0)


def at_night(colour: str) -> str:
    """The same hue, lighter until it can be read on the dark paper."""
    return _moved(colour, paper=DARK_PAPER, least=LEAST_AT_NIGHT, towards=1.0)


def style_sheet(colour: str) -> str:
    """The rules that set an accent, by day and by night; print has that of the day."""
    return (
        f":root {{ --accent: {colour} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ --accent: {at_night(colour)} }} }}\n"
    )


def digest(colour: str) -> str:
    """A name for the rules of a colour: another one when colour or rules are others, so they may be kept for ever."""
    return hashlib.sha256(style_sheet(colour).encode()).hexdigest()[:12]


def _moved(colour: str, *, paper: str, least: float, towards: float) -> str:
    if contrast(colour, paper) >= least:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    for step in range(1, STEPS + 1):
        moved = colorsys.hls_to_rgb(hue, lightness + (towards - lightness) * step / STEPS, saturation)
        found = "#" + "".join(f"{round(part * 255):02x}" for part in moved)
        if contrast(found, paper) >= least:
            return found
    raise AssertionError("black and white pass on every paper")  # pragma: no cover


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255
