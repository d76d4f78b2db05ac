"""The body of an article: which marks an editor may use, and what stands in it: polls, pictures, recordings, notes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext
from django_prose_editor.fields import create_sanitizer
from markdown_it import MarkdownIt
from markdownify import ATX, MarkdownConverter

from articles import pasted

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

# What stands on a line of its own: a poll by its address, a picture or a recording by its number in the library.
PLACEMENT = re.compile(r"<p>\s*\[\[(poll|picture|recording):([-a-zA-Z0-9_]+)\]\]\s*</p>")
PLACED = re.compile(r"\[\[poll:([-a-zA-Z0-9_]+)\]\]")  # also asked of PostgreSQL
LINE = re.compile(r"\[\[(?:poll|picture|recording):[-a-zA-Z0-9_]+\]\]")
LINES = re.compile(r"\[\[(?:poll|picture|recording)\b[^\]]{0,140}\]\]")
BRACKETS = re.compile(r"\s*\[\[note:|\]\]")
NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
# A note stands inside running text, with bold, italics and links but no blocks.
INLINE = r"</?(?:strong|em|sub|sup|a)(?:\s[^<>]*)?>"
NOTE = re.compile(rf"\s*\[\[note:\s*((?:[^<\]]|\](?!\])|{INLINE})*?)\s*\]\]")
TAG = re.compile(r"<(/?)([a-z]+)[^<>]*>")
HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.S)
BLANK_LINES = re.compile(r"\n{3,}")
# brackets of a note or placement, which the writer of Markdown escapes; before "(" they would be read as a link
ESCAPED_NOTE = re.compile(r"\\\[\\\[note:(.*?)\\\]\\\](?!\()")
WORDS_A_MINUTE = 220
CHARACTERS_A_MINUTE = 255
CHARACTERS = "[\u3400-\u4dbf\u4e00-\u9fff]"  # of Chinese
WORD = re.compile(r"\S*\w\S*")
# What one cleaning leaves, such as a list in a list that was none, the next one finds: saving again changes nothing.
CLEANINGS = 5


@dataclass(frozen=True)
class Part:
    """A stretch of text, or what stands between two stretches: the address of a poll, the number of a picture or
    recording."""

    html: SafeString | str = ""
    poll: str = ""
    picture: int = 0
    recording: int = 0


@dataclass(frozen=True)
class Heading:
    """A heading with the anchor under which it is found."""

    anchor: str
    text: str
    level: int


def stored(html: str) -> str:
    """The body as it is kept: without a word processor's traces, and with nothing but what the editor offers."""
    for _ in range(CLEANINGS):
        cleaned = str(_sanitise(pasted.clean(html)))
        if cleaned == html:
            break
        html = cleaned
    return html


_sanitise = create_sanitizer(EXTENSIONS)


def parts(body: str) -> list[Part]:
    """Split a stored (already sanitised) body at the lines that place something."""
    found: list[Part] = []
    end = 0
    for line in PLACEMENT.finditer(body):
        placed = _placed(line[1], line[2])
        if placed:
            _add_text(found, body[end : line.start()])
            found.append(placed)
            end = line.end()
    _add_text(found, body[end:])
    return found


def _add_text(found: list[Part], piece: str) -> None:
    if piece.strip():
        found.append(Part(html=mark_safe(piece)))  # noqa: S308 - sanitised by the field when it was stored


def _placed(kind: str, name: str) -> Part | None:
    if kind == "poll":
        return Part(poll=name)
    if not NUMBER.fullmatch(name):
        return None
    return Part(picture=int(name)) if kind == "picture" else Part(recording=int(name))


def polls_placed(body: str) -> list[str]:
    """The addresses of the polls that the body places, in order."""
    return [name for kind, name in PLACEMENT.findall(body) if kind == "poll"]


def pictures_placed(body: str) -> list[int]:
    """The numbers of the pictures that the body places, in order."""
    return _numbers(body, "picture")


def recordings_placed(body: str) -> list[int]:
    """The numbers of the recordings that the body places, in order."""
    return _numbers(body, "recording")


def _numbers(body: str, of: str) -> list[int]:
    return [int(name) for kind, name in PLACEMENT.findall(body) if kind == of and NUMBER.fullmatch(name)]


# --- anchors and notes --------------------------------------------------------------------------------------------


def with_anchors(body: str) -> tuple[str, list[Heading]]:
    """The body with an id at every heading, and the headings. The same words always have the same anchor."""
    seen: dict[str, int] = {}
    headings: list[Heading] = []

    def add(found: re.Match[str]) -> str:
        words = " ".join(unescape(strip_tags(NOTE.sub("", found[2]))).split())
        anchor = f"h-{slugify(words, allow_unicode=True)[:80] or 'part'}"
        seen[anchor] = seen.get(anchor, 0) + 1
        if seen[anchor] > 1:
            anchor = f"{anchor}--{seen[anchor]}"
        headings.append(Heading(anchor, words, int(found[1])))
        return f'<h{found[1]} id="{anchor}">{found[2]}</h{found[1]}>'

    return HEADING.sub(add, body), headings


def with_notes(body: str) -> tuple[str, list[SafeString]]:
    """The body with a number in place of each `[[note: …]]`, and the notes as HTML, in order."""
    notes: list[SafeString] = []

    def number(found: re.Match[str]) -> str:
        text, left = found[1], ""
        if not _balanced(text):  # bold begins in the note and ends outside: the tags stay outside, the words go along
            text, left = strip_tags(text), "".join(tag[0] for tag in TAG.finditer(text))
        if not strip_tags(text).strip():
            return left
        notes.append(mark_safe(text))  # noqa: S308 - a stretch of the sanitised body, its tags in pairs
        n = len(notes)
        label = gettext("Note %(number)d") % {"number": n}
        return (
            f'{left}<sup class="note"><a href="#note-{n}" id="note-{n}-here" role="doc-noteref" aria-label="{label}">'
            f"{n}</a></sup>"
        )

    return NOTE.sub(number, body), notes


def _balanced(html: str) -> bool:
    open_tags: list[str] = []
    for tag in TAG.finditer(html):
        if not tag[1]:
            open_tags.append(tag[2])
        elif not open_tags or open_tags.pop() != tag[2]:
            return False
    return not open_tags


def words_of(body: str) -> str:
    """The running text alone, without the lines that place something."""
    return unescape(strip_tags(PLACEMENT.sub(" ", body).replace("</", " </")))


def without_brackets(text: str) -> str:
    """Plain text taken from a body, with the words of its notes and nothing of what its lines place."""
    return BRACKETS.sub(" ", LINES.sub(" ", text))


def minutes_to_read(body: str) -> int:
    """Whole minutes, one at least, at 220 words a minute; of Chinese, which has no spaces, at 255 characters.

    Characters: Trauzettel-Klosinski and Dietz, IOVS 53 (2012), where English is read at 228 words.
    """
    text = words_of(body)
    characters = len(re.findall(CHARACTERS, text))
    words = len(WORD.findall(re.sub(CHARACTERS, " ", text)))
    return max(1, round(words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE))


def from_markdown(text: str) -> str:
    """CommonMark (raw HTML not passed through) as the body's HTML."""
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


def to_markdown(html: str) -> str:
    """The body as Markdown, which `from_markdown` turns into a body that is written the same again.

    Markdown cannot say everything: two lists side by side become one, a space at the end of a cell goes. What it
    cannot say is given up here, once, so that no later way round changes a text again.
    """
    text = _written(html)
    for _ in range(CLEANINGS):
        again = _written(stored(from_markdown(text)))
        if again == text:
            break
        text = again
    return text


def _written(html: str) -> str:
    text = _Markdown(heading_style=ATX, bullets="-", escape_misc=True, table_infer_header=True).convert(html)
    text = ESCAPED_NOTE.sub(r"[[note:\1]]", text)
    return BLANK_LINES.sub("\n\n", text).strip() + "\n"


class _Markdown(MarkdownConverter):
    """A line that places something stays as editors know it."""

    def convert_p(self, el: Any, text: str, parent_tags: Any) -> str:
        found = LINE.fullmatch(el.get_text().strip())
        return f"\n\n{found[0]}\n\n" if found else str(super().convert_p(el, text, parent_tags))  # type: ignore[misc]
