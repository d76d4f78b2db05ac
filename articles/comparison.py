"""Two versions of a text side by side, the words that differ marked in text and not by colour alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
# Beyond these a comparison word by word takes seconds; then whole paragraphs are marked.
MOST_TOKENS = 4_000
MOST_BLOCKS = 2_000
CONTEXT = 1
EMPTY = mark_safe("")


@dataclass(frozen=True)
class Row:
    """Two stretches that stand beside each other; one may be empty. `skipped` says what is left out instead."""

    former: SafeString = EMPTY
    present: SafeString = EMPTY
    changed: bool = False
    skipped: str = ""


def of_lines(former: str, present: str) -> list[Row]:
    """Plain text, a title or a summary, as one row; none where both are the same."""
    return [_pair(former, present)] if former != present else []


def of_bodies(former: str, present: str) -> list[Row]:
    """Two bodies paragraph by paragraph; what stayed the same is left out but for its neighbours."""
    if former == present:
        return []
    before, after = blocks(former), blocks(present)
    if before == after:
        return [Row(skipped=_("The words are the same; only their form differs, such as bold or italic type."))]
    rows = list(_rows(before, after))
    return list(_without_the_same(rows))


def blocks(html: str) -> list[str]:
    """The paragraphs of a body as plain text; headings and items say what they are, links where they lead."""
    reader = _Blocks()
    reader.feed(html)
    reader.close()
    reader.end()
    return reader.found


def _rows(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    if len(before) + len(after) > MOST_BLOCKS:
        yield Row(_marked("del", "\n".join(before)), _marked("ins", "\n".join(after)), changed=True)
        return
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Row(format_html("{}", text), format_html("{}", text)) for text in before[a:b])
            continue
        for place in range(max(b - a, d - c)):
            left = before[a + place] if a + place < b else ""
            right = after[c + place] if c + place < d else ""
            yield _pair(left, right)


def _without_the_same(rows: Sequence[Row]) -> Iterator[Row]:
    """Only what changed and its neighbours; in place of the rest how much was left out."""
    near = {at + step for at, row in enumerate(rows) if row.changed for step in range(-CONTEXT, CONTEXT + 1)}
    left_out = 0
    for at, row in enumerate([*rows, None]):
        if row is not None and at not in near:
            left_out += 1
            continue
        if left_out:
            words = ngettext("%(n)d paragraph is the same.", "%(n)d paragraphs are the same.", left_out)
            yield Row(skipped=words % {"n": left_out})
            left_out = 0
        if row is not None:
            yield row


def _pair(former: str, present: str) -> Row:
    """Two stretches of text with the words marked that are only in one of them."""
    if not former or not present:
        return Row(_marked("del", former), _marked("ins", present), changed=True)
    before, after = TOKEN.findall(former), TOKEN.findall(present)
    if len(before) + len(after) > MOST_TOKENS:
        return Row(_marked("del", former), _marked("ins", present), changed=True)
    left, right = [], []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            left.append(format_html("{}", "".join(before[a:b])))
            right.append(format_html("{}", "".join(after[c:d])))
        else:
            left.append(_marked("del", "".join(before[a:b])))
            right.append(_marked("ins", "".join(after[c:d])))
    return Row(_joined(left), _joined(right), changed=True)


def _marked(tag: str, text: str) -> SafeString:
    """Text within `<del>` or `<ins>`, which says so to whoever hears it and shows it by its line."""
    if not text:
        return EMPTY
    words = _("removed:") if tag == "del" else _("added:")
    return format_html(
        '<{0}><span class="visually-hidden">[{1} </span>{2}<span class="visually-hidden">] </span></{0}>',
        mark_safe(tag),  # noqa: S308 - one of two words of ours
        words,
        text,
    )


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


class _Blocks(HTMLParser):
    """Reads a stored body, which is well-formed: the editor's text as it was cleaned."""

    STARTS = {"p", "h2", "h3", "h4", "li", "blockquote", "tr", "hr", "figure", "figcaption", "pre", "ul", "ol", "table"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._text: list[str] = []
        self._before = ""
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.STARTS:
            self.end()
        if tag in ("h2", "h3", "h4"):
            self._before = _("Heading: ")
        elif tag == "li":
            self._before = "• "
        elif tag == "blockquote":
            self._before = _("Quotation: ")
        elif tag == "hr":
            self.found.append("———")
        elif tag in ("td", "th") and self._text:
            self._text.append(" | ")
        elif tag == "br":
            self._text.append(" ")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._text.append(f" ({self._links.pop()})")
        elif tag in self.STARTS:
            self.end()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def end(self) -> None:
        """Close the paragraph that is being read; what introduces it stays for the one inside it."""
        text = " ".join("".join(self._text).split())
        self._text = []
        if text:
            self.found.append(self._before + text)
            self._before = ""
