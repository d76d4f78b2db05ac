"""A WordPress export (WXR), with the polls of WP-Polls, as the files that `importing` takes up.

Posts become Markdown files with front matter, categories and tags and authors the file `site.yaml`: so everything goes
through one door, with one report. The export is read as it comes, never whole; a document type declaration, from which
an XML bomb needs one, is refused.
"""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import unquote
from xml.parsers import expat

import yaml
from django.utils.html import strip_tags
from django.utils.text import Truncator, slugify
from django.utils.translation import gettext as _

from articles import body, frontmatter, site_file
from articles.frontmatter import Entry, Malformed, PollEntry
from articles.models.filing import LEVELS

LARGEST = 256 * 1024 * 1024
LARGEST_TEXT = 2 * 1024 * 1024
LARGEST_POLLS = 32 * 1024 * 1024
DEEPEST = 12
CHUNK = 64 * 1024
RECORDS = ("item", "author", "category", "tag")
NO_DATE = "0000-00-00 00:00:00"
PUBLIC = ("publish", "future")
LEFT_OUT = ("trash", "auto-draft", "inherit")

BLOCK_POLL = re.compile(r"<!--\s+wp:(?:[a-z0-9-]+/)?polls?\b[a-z-]*\s+(\{.*?\})\s*/?-->", re.S)
SHORT_POLL = re.compile(r"\[poll\s*(?:=|\s+id\s*=)\s*[\"'”“]?(-?\d+)[\"'”“]?[^\]]*\]", re.I)
COMMENT = re.compile(r"<!--.*?-->", re.S)
CAPTION = re.compile(r"\[/?caption[^\]]*\]", re.I)
SHORTCODE = re.compile(r"\[/?(gallery|embed|audio|video|playlist|contact-form[-\w]*|more|toc)\b[^\]]*\]", re.I)
BLOCK_TAG = r"(?:p|div|h[1-6]|ul|ol|li|table|thead|tbody|tr|td|th|blockquote|pre|hr|figure|section|article|dl|dt|dd)"
BEGINS_BLOCK = re.compile(rf"</?{BLOCK_TAG}\b", re.I)
IMAGE = re.compile(r"<img\b[^>]*\bsrc=[\"']([^\"']+)[\"']", re.I)
FRAME = re.compile(r"<(?:iframe|embed|object|video|audio)\b[^>]*\bsrc=[\"']([^\"']+)[\"']", re.I)
HEADINGS = {"1": "2", "4": "3", "5": "3", "6": "3"}
HEADING = re.compile(r"<(/?)h([1456])\b", re.I)


@dataclass
class Export:
    """What an export says: files to take up, in order; and sentences on what is not taken up, with their places."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Record:
    """An author, category, tag or item, with the line on which it begins."""

    kind: str
    line: int
    texts: dict[str, str] = field(default_factory=dict)
    filed: list[tuple[str, str, str]] = field(default_factory=list)  # domain, address, name

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "").strip()


def convert(source: BinaryIO, *, name: str = "wordpress.xml", polls: Mapping[int, PollEntry] | None = None) -> Export:
    """The files of an export; raises `Malformed` where it is none, or where it cannot be read to its end."""
    export, site, posts = Export(), _Site(), _Posts(polls or {})
    for record in records(source):
        if record.kind != "item":
            site.add(record)
        elif record["post_type"] == "post" and record["status"] not in LEFT_OUT:
            posts.add(record, site, name=name, notes=export.notes)
        else:
            _note_left_out(record, name, export.notes)
    if not posts.files and not site.rows["sections"]:
        raise Malformed(_("This is not a WordPress export: it contains no posts and no categories."))
    export.files = [(site_file.NAME, site.write(export.notes)), *posts.files]
    return export


def _note_left_out(record: Record, name: str, notes: list[str]) -> None:
    place = f"{name}:{record.line}"
    if record["post_type"] == "attachment":
        notes.append(
            _("%(place)s: not carried over, a file: %(address)s")
            % {"place": place, "address": record["attachment_url"]}
        )
    elif record["post_type"] in ("post", "page"):
        words = {"place": place, "kind": record["post_type"], "title": record["title"][:80], "status": record["status"]}
        notes.append(_("%(place)s: not carried over, a %(kind)s (%(status)s): %(title)s") % words)


# --- reading XML ----------------------------------------------------------------------------------------------------


def records(source: BinaryIO) -> Iterator[Record]:
    """The records of an export, one after another, however long it is."""
    reader = _Reader()
    read = 0
    while chunk := source.read(CHUNK):
        read += len(chunk)
        if read > LARGEST:
            raise Malformed(_("This export is larger than 256 MB; please export it in parts, by year."), reader.line)
        yield from reader.feed(chunk)
    yield from reader.feed(b"", last=True)


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.refuse_doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.open: list[str] = []
        self.record: Record | None = None
        self.depth = 0
        self.pieces: list[str] = []
        self.length = 0
        self.filed: tuple[str, str] = ("", "")
        self.done: list[Record] = []

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber

    def feed(self, chunk: bytes, *, last: bool = False) -> list[Record]:
        self.done = []
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise Malformed(
                _("The export cannot be read here; it is not XML, or was cut off. Please export it again."),
                error.lineno,
            ) from error
        return self.done

    def refuse_doctype(self, *_given: Any) -> None:
        raise Malformed(
            _("A document type is declared here; WordPress writes none, and it could hide something."), self.line
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _gap, local = name.rpartition(" ")
        self.open.append(local)
        if len(self.open) > DEEPEST:
            raise Malformed(_("The export is nested too deeply here."), self.line)
        ours = local == "item" or "wordpress.org/export" in space
        if self.record is None and self.open[1:2] == ["channel"] and len(self.open) == 3 and local in RECORDS and ours:
            self.record, self.depth = Record(local, self.line), len(self.open)
        self.pieces, self.length = [], 0
        self.filed = (attributes.get("domain", ""), attributes.get("nicename", ""))

    def text(self, text: str) -> None:
        if self.record is None:
            return
        self.length += len(text)
        if self.length > LARGEST_TEXT:
            raise Malformed(
                _("A text is longer than 2 MB here; an article is text, and pictures are added separately."),
                self.line,
            )
        self.pieces.append(text)

    def end(self, name: str) -> None:
        space, _gap, local = name.rpartition(" ")
        record, text = self.record, "".join(self.pieces)
        if record is not None and len(self.open) == self.depth + 1:
            if record.kind == "item" and local == "category":
                record.filed.append((*self.filed, text))
            else:  # content and excerpt are both called "encoded"
                record.texts.setdefault("excerpt" if "excerpt" in space else local, text)
        elif record is not None and len(self.open) == self.depth:
            self.done.append(record)
            self.record = None
        self.open.pop()
        self.pieces = []


# --- what posts refer to ------------------------------------------------------------------------------------------


def address(nicename: str, otherwise: str, *, longest: int = 80) -> str:
    """An address as ours are: WordPress writes letters beyond Latin as %d0%bf."""
    return slugify(unquote(nicename))[:longest].strip("-") or otherwise


def plain(text: str) -> str:
    return " ".join(html.unescape(strip_tags(html.unescape(text))).split())


class _Site:
    """Sections from categories, topics from tags, authors; each with the address by which posts name it."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {"sections": {}, "authors": {}, "topics": {}}
        self.lies_in: dict[str, str] = {}

    def add(self, record: Record) -> None:
        if record.kind == "author":
            login = record["author_login"]
            self.name("authors", login, plain(record["author_display_name"]) or login, is_person=True)
        elif record.kind == "tag":
            self.name("topics", record["tag_slug"], plain(record["tag_name"]))
        else:
            self.name("sections", record["category_nicename"], plain(record["cat_name"]))
            self.lies_in[record["category_nicename"]] = record["category_parent"]

    def name(self, table: str, key: str, name: str, **more: Any) -> str:
        """The address of what WordPress calls `key`, known from now on."""
        rows = self.rows[table]
        if key not in rows:
            kind = table[:-1]
            slug = address(key, address(name, f"{kind}-{len(rows) + 1}"))
            taken = {row["slug"] for row in rows.values()}
            numbered = (f"{slug[:70]}-{n}" for n in itertools.count(2))
            slug = next(each for each in itertools.chain([slug], numbered) if each not in taken)
            rows[key] = {"slug": slug, "name": name[: 80 if table == "topics" else 120] or slug, **more}
        return str(rows[key]["slug"])

    def write(self, notes: list[str]) -> bytes:
        """The file `site.yaml`: sections first that others lie in; what lies deeper than ours may is moved up."""
        sections = self.rows["sections"]
        ways = {key: self._way(key) for key in sections}
        for key, way in ways.items():
            if len(way) > LEVELS:
                notes.append(
                    _("The category “%(name)s” is more than three levels deep; it was moved up.") % sections[key]
                )
            above = way[:-1][: LEVELS - 1]
            if above:
                sections[key]["parent"] = sections[above[-1]]["slug"]
        ordered = sorted(sections.values(), key=lambda row: len(ways[_key(sections, row)]))
        tables = {"sections": ordered, **{t: list(self.rows[t].values()) for t in ("authors", "topics")}}
        return yaml.safe_dump(tables, sort_keys=False, allow_unicode=True).encode()

    def _way(self, key: str) -> list[str]:
        """From the top down to a category; one that would lie in itself lies in nothing."""
        way = [key]
        while (above := self.lies_in.get(way[0], "")) in self.rows["sections"]:
            if above in way:
                return [key] if above == key else way
            way.insert(0, above)
        return way


def _key(rows: Mapping[str, Any], row: Any) -> str:
    return next(key for key, each in rows.items() if each is row)


# --- posts --------------------------------------------------------------------------------------------------------


class _Posts:
    def __init__(self, polls: Mapping[int, PollEntry]) -> None:
        self.polls = polls
        self.files: list[tuple[str, bytes]] = []
        self.slugs: set[str] = set()

    def add(self, record: Record, site: _Site, *, name: str, notes: list[str]) -> None:
        """The post as a file, named by its place in the export."""
        number = record["post_id"] or str(record.line)
        place = f"{name}:{record.line}, post {number}"
        slug = address(record["post_name"], address(plain(record["title"]), f"post-{number}", longest=110), longest=110)
        if slug in self.slugs:  # WordPress keeps addresses apart by date; ours must be one each
            slug = f"{slug}-{number}"
        self.slugs.add(slug)
        text, placed = self._text(record, place, notes)
        categories = [(key, plain(label)) for domain, key, label in record.filed if domain == "category"]
        tags = [(key, plain(label)) for domain, key, label in record.filed if domain == "post_tag"]
        section = site.name("sections", *(categories[0] if categories else ("uncategorised", _("Uncategorised"))))
        login = record["creator"]
        standfirst = plain(record["excerpt"])
        entry = Entry(
            title=plain(record["title"]) or _("Untitled (post %(number)s)") % {"number": number},
            slug=slug,
            section=section,
            date=_date(record) if record["status"] in PUBLIC else None,
            authors=(site.name("authors", login, login, is_person=True),) if login else (),
            # An article stands in one section: further categories are topics.
            topics=tuple(dict.fromkeys(site.name("topics", *each) for each in [*tags, *categories[1:]])),
            standfirst=Truncator(standfirst).chars(500),
            poll=placed[0] if placed else None,
            polls=tuple(placed[1:]),
            body=text,
        )
        if len(standfirst) > 500:
            notes.append(
                _("%(place)s: the excerpt is longer than 500 characters; it was shortened.") % {"place": place}
            )
        if record["status"] not in ("draft", *PUBLIC):
            notes.append(
                _("%(place)s: it was “%(status)s”; here it is a draft.") % {"place": place, "status": record["status"]}
            )
        self.files.append((f"{place}.md", frontmatter.write(entry).encode()))

    def _text(self, record: Record, place: str, notes: list[str]) -> tuple[str, list[PollEntry]]:
        """The content as Markdown, and the polls that it places."""
        content = record["encoded"]
        for address in [*IMAGE.findall(content), *FRAME.findall(content)]:
            notes.append(_("%(place)s: not carried over: %(address)s") % {"place": place, "address": address[:300]})
        placed: dict[int, PollEntry] = {}

        def place_poll(number: int) -> str:
            poll = self.polls.get(number)
            if poll is None:
                notes.append(
                    _("%(place)s: poll %(number)d is not in the files provided.") % {"place": place, "number": number}
                )
                return ""
            if number in placed:
                return ""
            placed[number] = poll
            return f"\n\n<p>[[poll:{poll.slug}]]</p>\n\n"

        content = BLOCK_POLL.sub(lambda found: place_poll(_number_in(found[1])), content)
        content = SHORT_POLL.sub(lambda found: place_poll(int(found[1])), content)
        classic = "<!-- wp:" not in content
        content = SHORTCODE.sub("", CAPTION.sub("", COMMENT.sub("", content)))
        content = HEADING.sub(lambda found: f"<{found[1]}h{HEADINGS[found[2]]}", content)
        return body.to_markdown(body.stored(paragraphs(content) if classic else content)), list(placed.values())


def _number_in(attributes: str) -> int:
    """The number of the poll in a block's attributes, whatever they call it."""
    try:
        given = json.loads(attributes)
    except ValueError:
        return 0
    values = given.values() if isinstance(given, dict) else []
    return next((int(value) for value in values if str(value).isdigit() and not isinstance(value, bool)), 0)


def paragraphs(text: str) -> str:
    """The classic editor's text: an empty line parts paragraphs, which it writes without tags."""
    found = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        part = part.strip()
        if part:
            found.append(part if BEGINS_BLOCK.match(part) else f"<p>{part}</p>")
    return "\n".join(found)


def _date(record: Record) -> datetime | None:
    """In GMT; where WordPress left that empty, its local time is all there is."""
    for text in (record["post_date_gmt"], record["post_date"]):
        if text and text != NO_DATE:
            try:
                return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            except ValueError:
                continue
    return None


# --- WP-Polls -----------------------------------------------------------------------------------------------------

QUESTION_COLUMNS = (
    "pollq_id",
    "pollq_question",
    "pollq_timestamp",
    "pollq_totalvotes",
    "pollq_active",
    "pollq_expiry",
    "pollq_multiple",
    "pollq_totalvoters",
)
ANSWER_COLUMNS = ("polla_aid", "polla_qid", "polla_answers", "polla_votes")
INSERT = re.compile(r"INSERT\s+(?:IGNORE\s+)?INTO\s+[`\"]?\w*?(pollsq|pollsa)[`\"]?\s*(\([^)]*\))?\s*VALUES\s*", re.I)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "", "Z": "", "b": ""}
VALUE = re.compile(r"\s*(?:'((?:[^'\\]|\\.|'')*)'|([^,()'\s]+))\s*([,)])", re.S)


def polls_of(files: Iterable[tuple[str, bytes]]) -> dict[int, PollEntry]:
    """The polls of WP-Polls from a dump of its tables (SQL) or from CSV files of them, by their numbers."""
    questions: list[dict[str, str]] = []
    answers: list[dict[str, str]] = []
    for name, raw in files:
        if len(raw) > LARGEST_POLLS:
            raise Malformed(
                _("%(file)s is larger than 32 MB; only the two tables of the polls are needed.") % {"file": name}
            )
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Malformed(
                _("%(file)s is not UTF-8 text; please export the tables as UTF-8.") % {"file": name},
                raw[: error.start].count(b"\n") + 1,
            ) from error
        for row in _sql_rows(text, name) if INSERT.search(text) else _csv_rows(text, name):
            (questions if "pollq_id" in row else answers).append(row)
    return dict(_poll(row, answers) for row in questions)


def _poll(row: Mapping[str, str], answers: Iterable[Mapping[str, str]]) -> tuple[int, PollEntry]:
    number = _whole(row.get("pollq_id"))
    own = sorted(
        (one for one in answers if _whole(one.get("polla_qid")) == number), key=lambda one: _whole(one["polla_aid"])
    )
    multiple = _whole(row.get("pollq_multiple")) > 0
    expiry = _whole(row.get("pollq_expiry"))
    closes = datetime.fromtimestamp(expiry, UTC) if 0 < expiry < datetime.now(UTC).timestamp() else None
    return number, PollEntry(
        slug=f"wp-poll-{number}",
        question=plain(row.get("pollq_question", "")),
        kind="multiple" if multiple else "single",
        options=tuple(plain(one.get("polla_answers", "")) for one in own),
        votes=tuple(_whole(one.get("polla_votes")) for one in own),
        voters=_whole(row.get("pollq_totalvoters")) if multiple else None,
        closes=closes,
    )


def _whole(text: str | None) -> int:
    found = re.fullmatch(r"\s*([0-9]{1,10})\s*", text or "", re.ASCII)
    return int(found[1]) if found else 0


def _csv_rows(text: str, name: str) -> Iterator[dict[str, str]]:
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text), dialect=dialect)
    names = {str(column).strip() for column in rows.fieldnames or []}
    if not {"pollq_id", "pollq_question"} <= names and not {"polla_qid", "polla_answers", "polla_votes"} <= names:
        raise Malformed(
            _("%(file)s contains neither the table pollsq nor pollsa of WP-Polls, with the names of their columns.")
            % {"file": name}
        )
    try:
        yield from ({str(k).strip(): v or "" for k, v in row.items() if isinstance(v, str)} for row in rows)
    except csv.Error as error:
        raise Malformed(_("%(file)s cannot be read as CSV here.") % {"file": name}, rows.line_num) from error


def _sql_rows(text: str, name: str) -> Iterator[dict[str, str]]:
    """The rows of a mysqldump: quoted text with backslashes, numbers, NULL."""
    for insert in INSERT.finditer(text):
        usual = QUESTION_COLUMNS if insert[1].lower() == "pollsq" else ANSWER_COLUMNS
        columns = re.findall(r"\w+", insert[2]) if insert[2] else usual
        at = insert.end()
        while at < len(text) and text[at] == "(":
            values: list[str] = []
            at += 1
            ended = ""
            while ended != ")":
                value = VALUE.match(text, at)
                if value is None:
                    raise Malformed(
                        _("%(file)s cannot be read here; was the dump cut off?") % {"file": name},
                        text.count("\n", 0, at) + 1,
                    )
                values.append(_unquoted(value[1]) if value[1] is not None else "" if value[2] == "NULL" else value[2])
                at, ended = value.end(), value[3]
            yield dict(zip(columns, values, strict=False))
            rest = re.compile(r"\s*,\s*").match(text, at)
            if rest is None:
                break
            at = rest.end()


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)|''", lambda found: ESCAPES.get(found[1], found[1]) if found[1] else "'", text, flags=re.S)
