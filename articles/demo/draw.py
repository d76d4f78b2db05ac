"""The pictures of the demo publication, drawn: no photograph, nothing of anybody else's.

Each is drawn at twice its size and made smaller, so that edges are smooth. They are taken up through the same door as
every upload (`articles/intake.py`).
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Iterable, Sequence

from PIL import Image, ImageDraw, ImageFilter

Point = tuple[float, float]
PAPER, INK, RULE = (244, 240, 230), (27, 29, 34), (206, 199, 183)
ACCENT, SEA, LAND = (122, 31, 43), (190, 203, 209), (224, 214, 192)
DEEP, SAND, NIGHT = (38, 58, 72), (201, 178, 138), (20, 27, 36)
FINE = 2  # drawn so many times larger


def drawings() -> dict[str, Callable[[], bytes]]:
    """The drawings by the names under which the demo's files place them."""
    return {"corridor": corridor, "treaties": treaties, "sea": sea, "pipeline": pipeline}


class Sheet:
    """A sheet of `width` × `height`; everything is drawn in its measures."""

    def __init__(self, width: int, height: int, ground: tuple[int, int, int]) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * FINE, height * FINE), ground)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def line(self, points: Iterable[Point], colour: Sequence[int], width: float = 2) -> None:
        at = [(x * FINE, y * FINE) for x, y in points]
        self.pen.line(at, fill=tuple(colour), width=round(width * FINE), joint="curve")

    def area(self, points: Iterable[Point], colour: Sequence[int]) -> None:
        self.pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=tuple(colour))

    def dot(self, at: Point, radius: float, fill: Sequence[int], edge: Sequence[int] | None = None) -> None:
        (x, y), r = at, radius
        box = ((x - r) * FINE, (y - r) * FINE, (x + r) * FINE, (y + r) * FINE)
        self.pen.ellipse(box, fill=tuple(fill), outline=tuple(edge) if edge else None, width=2 * FINE)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.image.resize((self.width, self.height), Image.Resampling.LANCZOS).save(out, format="PNG")
        return out.getvalue()


def smooth(points: Sequence[Point], steps: int = 24) -> list[Point]:
    """A curve through the points (Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    found: list[Point] = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(steps):
            t = step / steps
            found.append(tuple(_between(a[i], b[i], c[i], d[i], t) for i in (0, 1)))  # type: ignore[arg-type]
    return [*found, points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def corridor() -> bytes:
    """Two coasts, and a line that leads from one to the other by way of its halts."""
    sheet, dice = Sheet(1920, 1080, SEA), random.Random(7)
    north = smooth([(-60, 420), (180, 380), (420, 470), (640, 360), (900, 400), (1180, 300), (1500, 380), (1980, 290)])
    south = smooth([(-60, 940), (240, 860), (520, 930), (760, 820), (1040, 900), (1320, 790), (1640, 870), (1980, 760)])
    for depth in range(8, 0, -1):
        for coast, away in ((north, depth * 12), (south, depth * -12)):
            sheet.area([*((x, y + away) for x, y in coast), *reversed(coast)], (*DEEP, 11))
    sheet.area([(-80, -80), (2000, -80), *reversed(north)], LAND)
    sheet.area([*south, (2000, 1200), (-80, 1200)], LAND)
    for coast in (north, south):
        sheet.line(coast, (*DEEP, 150), 3)
    for _ in range(26):  # hills
        x, y = dice.uniform(0, 1920), dice.choice([dice.uniform(20, 250), dice.uniform(970, 1060)])
        for ring in range(4):
            r = 26 + ring * 17
            turns = [number / 18 * math.pi for number in range(37)]
            hill = [(x + 1.9 * r * math.cos(turn), y + 0.55 * r * math.sin(turn)) for turn in turns]
            sheet.line(hill, (*SAND, 150 - ring * 30), 2)
    halts = [(150, 1010), (470, 960), (720, 850), (860, 620), (1010, 380), (1250, 250), (1520, 190), (1800, 90)]
    way = smooth(halts, 40)
    sheet.line(way, (*PAPER, 255), 17)
    sheet.line(way, INK, 9)
    for first in range(0, len(way) - 6, 12):
        sheet.line(way[first : first + 6], PAPER, 3.5)
    for number, halt in enumerate(halts):
        large = number in (0, 3, 7)
        sheet.dot(halt, 19 if large else 12, PAPER, INK)
        if large:
            sheet.dot(halt, 8, ACCENT)
    return sheet.bytes()


def treaties() -> bytes:
    """Bars for the years in which treaties were in force; some end early, one has just ended."""
    sheet = Sheet(1920, 1080, PAPER)
    black, left, ended = INK, ACCENT, DEEP
    spans = [(60, 1290, black), (330, 1160, left), (470, 1230, left), (560, 1560, black), (930, 1560, black)]
    spans += [(1130, 1740, ended), (250, 700, black)]
    for year in range(0, 13):
        x = 60 + year * 150
        sheet.line([(x, 90), (x, 990)], (*RULE, 255), 2)
    for row, (begin, end, colour) in enumerate(spans):
        y = 165 + row * 122
        sheet.area([(begin, y - 21), (end, y - 21), (end, y + 21), (begin, y + 21)], colour)
        if colour == left:  # left before its term
            for stroke in range(0, 220, 22):
                x = end + 14 + stroke
                sheet.line([(x, y + 19), (x + 12, y - 19)], (*ACCENT, 210 - stroke // 2), 4)
        if colour == ended:
            sheet.dot((end, y), 30, PAPER, DEEP)
            sheet.dot((end, y), 12, DEEP)
    sheet.line([(60, 1010), (1860, 1010)], INK, 5)
    return sheet.bytes()


def sea() -> bytes:
    """A strait at night: the lanes of ships between two dark coasts, and their lights."""
    sheet, dice = Sheet(1920, 1080, NIGHT), random.Random(11)
    for row in range(70):
        level = 150 + row * 12
        wave = [
            (x, level + 5 * math.sin(x / 95 + row * 0.9) + 3 * math.sin(x / 33 + row)) for x in range(-20, 1960, 20)
        ]
        sheet.line(wave, (86, 112, 128, 22 + row // 2), 2)
    left = smooth([(-40, -40), (260, 160), (400, 380), (330, 640), (520, 860), (470, 1130)])
    right = smooth([(1960, -40), (1620, 120), (1450, 330), (1530, 590), (1330, 800), (1420, 1130)])
    sheet.area([(-80, -80), *left, (-80, 1200)], (12, 16, 22))
    sheet.area([(2000, -80), *right, (2000, 1200)], (12, 16, 22))
    for coast in (left, right):
        sheet.line(coast, (201, 178, 138, 90), 2.5)
    for offset in (-105, 0, 105):
        lane = smooth([(930 + offset, -60), (900 + offset * 0.8, 260), (960 + offset * 0.8, 560), (900 + offset, 1140)])
        for first in range(0, len(lane) - 2, 5):
            sheet.line(lane[first : first + 3], (214, 224, 228, 85), 2)
    glow, lights = Image.new("RGB", (sheet.width // 2, sheet.height // 2)), []  # blurred, so it needs no more
    pen = ImageDraw.Draw(glow)
    for number in range(22):
        x, y = 900 + dice.choice([-105, 0, 105]) * 0.9 + dice.gauss(0, 14), 40 + number * 46 + dice.uniform(-14, 14)
        colour = ((255, 214, 140), (235, 120, 110), (150, 214, 190))[number % 3]
        lights.append(((x, y), colour))
        pen.ellipse((x / 2 - 13, y / 2 - 13, x / 2 + 13, y / 2 + 13), fill=tuple(part // 2 for part in colour))
    glow = glow.filter(ImageFilter.GaussianBlur(11)).resize(sheet.image.size)
    sheet.image = Image.blend(sheet.image, _lighter(sheet.image, glow), 0.9)
    sheet.pen = ImageDraw.Draw(sheet.image, "RGBA")
    for at, colour in lights:
        sheet.dot(at, 4.5, colour)
    return sheet.bytes()


def _lighter(below: Image.Image, light: Image.Image) -> Image.Image:
    bands = zip(below.split(), light.split(), strict=True)
    return Image.merge("RGB", [Image.composite(Image.new("L", a.size, 255), a, b) for a, b in bands])


def pipeline() -> bytes:
    """A pipe in section through a hilly country: what lies in the ground stays there."""
    sheet, dice = Sheet(1920, 1080, (232, 226, 212)), random.Random(3)
    for ridge in range(5):
        base = 330 + ridge * 62
        hills = smooth([(x, base + dice.uniform(-70, 55)) for x in range(-120, 2161, 240)])
        tone = tuple(round(a + (b - a) * ridge / 4) for a, b in zip((208, 208, 200), (138, 146, 138), strict=True))
        sheet.area([*hills, (2160, 1200), (-120, 1200)], tone)
    ground = smooth([(x, 640 + dice.uniform(-34, 34)) for x in range(-120, 2161, 190)])
    sheet.area([*ground, (2160, 1200), (-120, 1200)], (104, 86, 68))
    for layer in range(1, 6):
        sheet.line([(x, y + layer * 78) for x, y in ground], (70, 56, 44, 120), 2.5)
    for _ in range(420):
        x, y = dice.uniform(0, 1920), dice.uniform(700, 1080)
        sheet.dot((x, y), dice.uniform(1, 3.4), (196, 178, 150, dice.randrange(50, 130)))
    sheet.line(ground, (58, 66, 52), 9)
    pipe = [(x, y + 150) for x, y in ground]
    sheet.line(pipe, (30, 32, 37), 62)
    sheet.line(pipe, (88, 94, 102), 48)
    sheet.line([(x, y - 11) for x, y in pipe], (150, 157, 164), 10)
    for number in range(14, len(pipe) - 8, 24):
        x, y = pipe[number]
        sheet.line([(x, y - 36), (x, y + 36)], (30, 32, 37), 9)
    x, y = pipe[len(pipe) * 2 // 3]
    sheet.line([(x, y - 30), (x, y - 250)], (30, 32, 37), 14)
    sheet.dot((x, y - 262), 46, (0, 0, 0, 0), ACCENT)
    sheet.line([(x - 46, y - 262), (x + 46, y - 262)], ACCENT, 8)
    sheet.line([(x, y - 308), (x, y - 216)], ACCENT, 8)
    return sheet.bytes()
