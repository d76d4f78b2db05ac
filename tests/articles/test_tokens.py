"""The one file of colours and sizes: nobody else names any, both nights are one, and what must be read can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from articles import colours
from tests import pages

TOKENS = Path("articles/static/articles/tokens.css")
DESK = TOKENS.with_name("admin.css")
SHEETS = sorted({*Path("articles/static").rglob("*.css"), *Path("polls/static").rglob("*.css")} - {TOKENS})
NAMED = "black|white|red|green|blue|gr[ae]y|silver|navy|maroon|orange|yellow|purple|teal|pink|brown|gold|beige|ivory"
RAW_COLOUR = re.compile(rf"#[0-9a-f]{{3,8}}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb|color)\(|\b(?:{NAMED})\b", re.I)
NO_COLOUR = r"var\(--[\w-]+\)|\"[^\"]*\"|url\([^)]*\)"
SIZE = re.compile(r"\d*\.?\d+(?:rem|em|px|pt|%|vw|cqi)")


def declarations(sheet: str) -> list[tuple[str, str]]:
    """Each property with its value, comments and selectors left out."""
    plain = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    found = [part for block in re.findall(r"\{([^{}]*)\}", plain) for part in block.split(";")]
    return [(name.strip(), value.strip()) for name, _, value in (part.partition(":") for part in found) if value]


def block(opening: str) -> dict[str, str]:
    """The tokens that follow `opening` in the file."""
    rest = TOKENS.read_text(encoding="utf-8").split(opening, 1)[1]
    return {name: value for name, value in declarations("{" + rest.split("}", 1)[0] + "}") if name.startswith("--")}


LIGHT, AUTO_DARK = block("\n:root {"), block(':root:where(:not([data-theme="light"])) {')
CHOSEN_DARK, PRINT = block('\n:root[data-theme="dark"] {'), block(":root, :root[data-theme] {")


@pytest.mark.parametrize("path", SHEETS, ids=str)
def test_no_other_style_sheet_names_a_colour(path):
    found = [(name, value) for name, value in declarations(path.read_text(encoding="utf-8"))]
    assert [
        pair for pair in found if RAW_COLOUR.search(re.sub(r"var\(--[\w-]+\)|\"[^\"]*\"|url\([^)]*\)", "", pair[1]))
    ] == []


@pytest.mark.parametrize("path", SHEETS, ids=str)
def test_no_other_style_sheet_names_a_size_of_letters(path):
    wrong = []
    for name, value in declarations(path.read_text(encoding="utf-8")):
        size = value.partition("/")[0] if name == "font" else value if name == "font-size" else ""
        if SIZE.search(re.sub(r"var\(--[\w-]+\)", "", size)):
            wrong.append((name, value))
    assert wrong == []


@pytest.mark.parametrize("path", [*SHEETS, TOKENS], ids=str)
def test_every_token_that_is_used_is_there(path):
    sheet = path.read_text(encoding="utf-8")
    ours = {name for name, _ in declarations(sheet)} | set(LIGHT)
    if path.name in {"admin.css", "life.css", "writing.css"} or path == Path("polls/static/polls/admin.css"):
        ours |= {
            name for name, _ in declarations(Path("articles/static/articles/admin.css").read_text(encoding="utf-8"))
        }
    assert set(re.findall(r"var\((--[\w-]+)", sheet)) - ours == set()


def test_no_token_is_there_for_nothing():
    used = "".join(path.read_text(encoding="utf-8") for path in [*SHEETS, TOKENS])
    assert {name for name in LIGHT if not re.search(rf"var\({name}\b", used)} == set()


def test_the_night_is_the_same_whether_the_system_or_the_switch_of_the_desk_says_so():
    assert AUTO_DARK == CHOSEN_DARK
    assert set(AUTO_DARK) <= set(LIGHT)


def test_the_papers_are_those_that_accents_are_measured_on():
    assert [LIGHT["--paper"], AUTO_DARK["--paper"]] == [colours.LIGHT_PAPER, colours.DARK_PAPER]


@pytest.mark.parametrize("tokens", [LIGHT, LIGHT | AUTO_DARK, LIGHT | PRINT], ids=["day", "night", "print"])
@pytest.mark.parametrize(
    ("front", "ground", "least"),
    [
        *((text, ground, 4.5) for text in ("ink", "quiet", "accent", "bad") for ground in ("paper", "raised")),
        *(
            ("ink", ground, 4.5)
            for ground in ("bad-ground", "warn-ground", "good-ground", "chosen-ground", "track", "hair")
        ),
        ("bad", "bad-ground", 4.5),
        ("paper", "ink", 4.5),
        ("paper", "accent", 4.5),
        ("accent-strong", "paper", 4.5),
        ("on-band", "band", 4.5),
        *(("on-button", f"button{kind}", 4.5) for kind in ("", "-over", "-bad", "-bad-over")),
        *(("on-button-main", f"button-main{kind}", 4.5) for kind in ("", "-over")),
        *((edge, "paper", 3.0) for edge in ("edge", "bar", "focus", "slate")),
        *((edge, "raised", 3.0) for edge in ("edge", "focus")),
    ],
)
def test_letters_and_edges_stand_out_from_their_ground(tokens, front, ground, least):
    found = colours.contrast(as_hex(tokens[f"--{front}"]), as_hex(tokens[f"--{ground}"]))
    assert round(found, 2) >= least


def as_hex(colour: str) -> str:
    return "#" + "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 else colour


def test_every_font_of_the_site_is_free_and_its_licence_stands_beside_it():
    fonts = TOKENS.parent / "fonts"
    families = {path.name.split("-latin")[0].split("-cyrillic")[0] for path in fonts.glob("*.woff2")}
    assert {f"{family}-OFL.txt" for family in families} == {path.name for path in fonts.glob("*.txt")}
    for path in fonts.glob("*.txt"):
        assert "SIL OPEN FONT LICENSE Version 1.1" in path.read_text(encoding="utf-8")
    named = set(re.findall(r'url\("fonts/([^"]+)"\)', TOKENS.read_text(encoding="utf-8")))
    assert named == {path.name for path in fonts.glob("*.woff2")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "fonts"),
    [
        ("/", ["source-serif-4-latin", "source-serif-4-latin-display", "public-sans-latin"]),
        ("/ru/", ["source-serif-4-cyrillic"]),
        ("/ar/", []),
        ("/zh-hans/", []),
    ],
)
def test_a_page_asks_beforehand_for_the_letters_of_its_own_script_alone(address, fonts):
    page = pages.read(Client().get(address))
    asked = [link["href"] for link in page.all("link", rel="preload")]
    assert asked == [f"/static/articles/fonts/{font}.woff2" for font in fonts]
