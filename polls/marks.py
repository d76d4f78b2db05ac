"""Options as editors write them, one a line; what an option does is marked at the end of its line.

Something else [other]      with room for words         Neither [none]      cannot be chosen with others
Don’t know [don't know]     outside scales and means    Nobody [fixed]      keeps its place in a random order
The harbour [picture 12]    with a picture of the library                   Every day [=daily]  its name in exports
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from polls import drafting, questionnaire

MARK = re.compile(r"\s*\[([^\[\]]{1,60})\]\s*$")
MARKS = {
    "other": "other",
    "none": "exclusive",
    "none of these": "exclusive",
    "don't know": "dont_know",
    "dont know": "dont_know",
    "fixed": "fixed",
}
WRITTEN = {"fixed": "fixed", "exclusive": "none", "other": "other", "dont_know": "don't know"}


def options_from(text: str) -> list[dict[str, Any]]:
    """The options written one a line, each with its name and marks."""
    return [_option_from(line) for line in map(drafting.one_line, text.splitlines()) if line]


def _option_from(line: str) -> dict[str, Any]:
    marks: dict[str, Any] = {}
    name = ""
    while found := MARK.search(line):
        mark = found[1].strip().replace("’", "'").casefold()
        if mark in MARKS:
            marks[MARKS[mark]] = True
        elif picture := re.fullmatch(r"picture (\d{1,9})", mark):
            marks["picture"] = int(picture[1])
        elif found[1].startswith("="):
            name = found[1][1:].strip()
        else:
            break  # square brackets of the text itself
        line = line[: found.start()]
    return {"text": line.strip(), "name": name, "settings": marks}


def options_as(options: Sequence[Mapping[str, Any]]) -> str:
    """Options as they are written, one a line."""
    return "\n".join(map(_option_as, options))


def _option_as(option: Mapping[str, Any]) -> str:
    marks = [WRITTEN[mark] for mark in questionnaire.MARKS if option["settings"].get(mark)]
    picture = option["settings"].get("picture", {}).get("id")
    marks += [f"picture {picture}"] if picture else []
    marks += [f"={option['name']}"] if option["name"] else []
    return " ".join([option["text"], *(f"[{mark}]" for mark in marks)])
