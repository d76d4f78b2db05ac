"""Text that comes from a word processor, cleaned until only what an article may hold is left.

It runs on every body that is stored, and on what an editor pastes, before it stands in the editor. Each step undoes one
habit of Word, Google Docs or LibreOffice; on text that was written here none finds anything to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import nh3
from bs4 import BeautifulSoup, NavigableString, Tag

# The first pass makes any input well-formed and harmless, and keeps what the steps below read. The field's own
# cleaning, by what the editor offers, comes after them and has the last word.
BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "td", "th", "dd", "dt", "figcaption", "pre")
WRAPPERS = ("div", "section", "article", "header", "footer", "main", "aside", "center", "figure", "dl")
KEPT_WHOLE = ("table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "hr", "br")
SPANS = ("span", "font", "b", "strong", "i", "em", "u", "ins", "small", "big", "cite", "sup", "sub", "a", "code")
_first = nh3.Cleaner(
    tags={*BLOCKS, *WRAPPERS, *KEPT_WHOLE, *SPANS, "img"},
    attributes={
        "*": {"style", "class", "id"},
        "a": {"href", "rel", "title", "name"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        "ol": {"start", "type", "data-type"},
    },
    clean_content_tags={"script", "style", "title", "xml", "noscript", "template"},
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
)

BOLD = re.compile(r"(?<![-\w])font-weight:\s*(bold|bolder|[6-9]00)", re.I)
NOT_BOLD = re.compile(r"(?<![-\w])font-weight:\s*(normal|lighter|[1-5]00)", re.I)
ITALIC = re.compile(r"font-style:\s*(italic|oblique)", re.I)
RAISED = re.compile(r"vertical-align:\s*(super|sub)", re.I)
HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all|visibility:\s*hidden", re.I)
IGNORED = re.compile(r"mso-list:\s*Ignore", re.I)
LISTED = re.compile(r"mso-list:\s*l\d+\s+level(\d)", re.I)
ORDINAL = re.compile(r"\s*[(]?(\d{1,3}|[a-z]|[ivx]{1,5})[.)]", re.I)
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
# A space that must not break is typography beside French marks and inside figures; anywhere else it came by accident.
ACCIDENTAL = re.compile("(?<!«)(?:(?<!\\d)\u00a0|\u00a0(?!\\d))(?![:;?!»%€])")
EMPTIED = ("p", "h2", "h3", "li", "ul", "ol", "blockquote", "strong", "em", "sup", "sub", "a")
OWN_ANCHORS = ("#h-", "#poll-")
SPACES = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True)
class Cleaned:
    html: str
    pictures: int  # that were left out: they are taken up through the library, with their texts


def clean(html: str) -> str:
    """The text as HTML without a word processor's traces; the field's own cleaning is to follow."""
    return read(html).html


def read(html: str) -> Cleaned:
    """What `clean` gives, and how many pictures stayed behind."""
    soup = BeautifulSoup(_first.clean(html), "html.parser")
    pictures = [image.extract() for image in soup.find_all("img")]
    for step in STEPS:
        step(soup)
    return Cleaned(soup.decode(formatter="minimal").strip(), len(pictures))


def _style(tag: Tag) -> str:
    return str(tag.get("style") or "")


def _hidden(soup: BeautifulSoup) -> None:
    for tag in soup.find_all(style=HIDDEN):
        tag.extract()
    for line in soup.select("[style*=footnote-list] > hr, [style*=endnote-list] > hr"):
        line.extract()


def _footnotes(soup: BeautifulSoup) -> None:
    """Two links that lead to each other are a footnote's number and its text: that moves to where the number stands."""
    named = {str(tag.get("id") or tag.get("name") or ""): tag for tag in soup.find_all("a")}
    for number in soup.find_all("a", href=re.compile("^#.")):
        below = named.get(str(number["href"])[1:])
        own = number.get("id") or number.get("name")
        if below is None or below is number or not own or below.get("href") != f"#{own}":
            continue
        block = below.find_parent(["p", "li"]) or below.parent
        if block is None or _within(block, number) or not _before(number, below):
            continue
        below.extract()
        note = block.get_text().strip().removeprefix("]").strip()
        block.extract()
        raised = number.find_parent("sup")
        (raised if raised and raised.get_text() == number.get_text() else number).replace_with(f"[[note: {note}]]")


def _within(block: Tag, tag: Tag) -> bool:
    """Whether a block is this very tag or holds it; two tags that look alike are equal and yet not the same."""
    return block is tag or any(each is tag for each in block.descendants)


def _before(one: Tag, other: Tag) -> bool:
    return any(tag is other for tag in one.next_elements)


def _lists(soup: BeautifulSoup) -> None:
    """Word's lists are paragraphs with a drawn bullet: runs of them become lists."""
    current: tuple[Tag, Tag] | None = None  # the last paragraph of the run, and its list
    for paragraph in soup.find_all("p", style=LISTED):
        marks = paragraph.find_all(style=IGNORED)
        text = "".join(mark.get_text() for mark in marks)
        for mark in marks:
            mark.extract()
        name = "ol" if ORDINAL.match(text) else "ul"
        item = soup.new_tag("li")
        before = paragraph.find_previous_sibling()
        if current is None or before is not current[0] or current[1].name != name:
            listed = soup.new_tag(name)
            paragraph.insert_before(listed)
            current = (listed, listed)
        current[1].append(item)
        paragraph.attrs = {}
        item.append(paragraph.extract())


def _wrappers(soup: BeautifulSoup) -> None:
    """A box around paragraphs goes; a box around bare words is a paragraph."""
    for box in reversed(soup.find_all([*WRAPPERS, "figcaption", "dd", "dt", "pre"])):
        if box.find([*BLOCKS, "table", "ul", "ol", "hr"]):
            box.unwrap()
        else:
            box.name, box.attrs = "p", {}


def _marks(soup: BeautifulSoup) -> None:
    """Bold and italics by style become bold and italics; every other look goes."""
    for span in reversed(soup.find_all([name for name in SPANS if name not in ("a", "sup", "sub")])):
        style, wanted = _style(span), []
        if BOLD.search(style) or (span.name in ("b", "strong") and not NOT_BOLD.search(style)):
            wanted.append("strong")
        if ITALIC.search(style) or span.name in ("i", "em", "cite"):
            wanted.append("em")
        raised = RAISED.search(style)
        if raised:
            wanted.append("sup" if raised[1].lower() == "super" else "sub")
        for name in wanted:
            if not span.find_parent(name):
                span.wrap(soup.new_tag(name))
        span.unwrap()


def _breaks(soup: BeautifulSoup) -> None:
    """A line's end inside a paragraph begins a new paragraph; elsewhere it is a space."""
    for line_end in soup.find_all("br"):
        parent = line_end.parent
        if parent is None or parent.name not in ("p", "[document]"):
            line_end.replace_with(" ")
            continue
        if parent.name == "p":
            rest = soup.new_tag("p")
            for after in list(line_end.next_siblings):
                rest.append(after.extract())
            parent.insert_after(rest)
            line_end.extract()
        else:
            line_end.extract()


def _headings(soup: BeautifulSoup) -> None:
    """Two levels, the second only below the first; a heading that is bold as a whole is not bold."""
    shift = 1 if soup.find("h1") else 0
    below_first = False
    for heading in soup.find_all(re.compile("^h[1-6]$")):
        level = min(max(int(heading.name[1]) + shift, 2), 3)
        below_first = below_first or level == 2
        heading.name = f"h{level if below_first else 2}"
        inside = [child for child in heading.contents if str(child).strip()]
        if len(inside) == 1 and isinstance(inside[0], Tag) and inside[0].name == "strong":
            inside[0].unwrap()


def _spaces(soup: BeautifulSoup) -> None:
    for text in soup.find_all(string=True):
        if not str(text).strip() and _stands_between_blocks(text):
            text.extract()
            continue
        plain = SPACES.sub(" ", ACCIDENTAL.sub(" ", INVISIBLE.sub("", str(text))))
        if plain != str(text):
            text.replace_with(NavigableString(plain))
    soup.smooth()
    for block in soup.find_all(["p", "h2", "h3", "li"]):
        _trim(block, first=True)
        _trim(block, first=False)


def _stands_between_blocks(text: NavigableString) -> bool:
    beside = (text.previous_sibling, text.next_sibling)
    return all(one is None or (isinstance(one, Tag) and one.name in (*BLOCKS, *KEPT_WHOLE)) for one in beside) and (
        text.parent is None or text.parent.name not in ("p", "h2", "h3", *SPANS)
    )


def _trim(block: Tag, *, first: bool) -> None:
    edge = block.contents[0 if first else -1] if block.contents else None
    if isinstance(edge, NavigableString):
        plain = str(edge).lstrip(" ") if first else str(edge).rstrip(" ")
        if plain != str(edge):
            edge.replace_with(NavigableString(plain))


def _empty(soup: BeautifulSoup) -> None:
    """Blocks and marks without a word; a table's empty cell stays."""
    for tag in reversed(soup.find_all(EMPTIED)):
        if not tag.get_text().strip(" \n\t\u00a0") and not tag.find("hr"):
            tag.replace_with(" ") if tag.name in ("strong", "em") and tag.get_text() else tag.extract()


def _links(soup: BeautifulSoup) -> None:
    """Anchors that lead nowhere outside the document they come from."""
    for link in soup.find_all("a"):
        target = str(link.get("href") or "")
        if not target or (target.startswith("#") and not target.startswith(OWN_ANCHORS)):
            link.unwrap()


STEPS: Iterable[Callable[[BeautifulSoup], None]] = (
    _hidden,
    _footnotes,
    _lists,
    _wrappers,
    _marks,
    _breaks,
    _headings,
    _links,
    _spaces,
    _empty,
    _spaces,
)
