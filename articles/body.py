"""The body of an article: which marks an editor may use, and where polls stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdownify import ATX, MarkdownConverter

# What the editor offers is also what is kept when the text is stored: everything else is removed.
EXTENSIONS: dict[str, object] = {
    "Bold": True,
    "Italic": True,
    "Strike": False,
    "Subscript": True,
    "Superscript": True,
    "Blockquote": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "HorizontalRule": True,
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "History": True,
    "HTML": False,
    "Typographic": False,
}

POLL_LINE = re.compile(r"<p>\s*\[\[poll:([-a-zA-Z0-9_]+)\]\]\s*</p>")
PLACED = re.compile(r"\[\[poll:([-a-zA-Z0-9_]+)\]\]")
BLANK_LINES = re.compile(r"\n{3,}")
WORDS_A_MINUTE = 220


@dataclass(frozen=True)
class Part:
    """A stretch of text, or the address of the poll that stands between two stretches."""

    html: SafeString | str = ""
    poll: str = ""


def parts(body: str) -> list[Part]:
    """Split a stored (already sanitised) body at its `[[poll:address]]` lines."""
    pieces = POLL_LINE.split(body)
    found: list[Part] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            found.append(Part(poll=piece))
        elif piece.strip():
            found.append(Part(html=mark_safe(piece)))  # noqa: S308 - sanitised by the field when it was stored
    return found


def polls_placed(body: str) -> list[str]:
    """The addresses of the polls that the body places, in order."""
    return POLL_LINE.findall(body)


def minutes_to_read(body: str) -> int:
    """Whole minutes at 220 words a minute, one at least."""
    return max(1, round(len(strip_tags(body).split()) / WORDS_A_MINUTE))


def from_markdown(text: str) -> str:
    """CommonMark (raw HTML not passed through) as the body's HTML."""
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


def to_markdown(html: str) -> str:
    """The body as Markdown, which `from_markdown` turns into the same body again."""
    text = _Markdown(heading_style=ATX, bullets="-", escape_misc=True, table_infer_header=True).convert(html)
    return BLANK_LINES.sub("\n\n", text).strip() + "\n"


class _Markdown(MarkdownConverter):
    """A poll's line stays as editors know it."""

    def convert_p(self, el: Any, text: str, parent_tags: Any) -> str:
        found = PLACED.fullmatch(el.get_text().strip())
        return f"\n\n[[poll:{found[1]}]]\n\n" if found else str(super().convert_p(el, text, parent_tags))  # type: ignore[misc]
