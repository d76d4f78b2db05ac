"""The file in which an article travels: Markdown with YAML front matter. `docs/import.md` describes it for editors.

Reading and writing are exact opposites: what is written is read back as the same entry. Nothing here knows a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import yaml
from django.utils.translation import gettext as _
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

FENCE = "---"
# Front matter is a few lines; what is larger is a mistake or an attack on the parser.
LARGEST_FRONT = 64 * 1024
LARGEST_FILE = 2 * 1024 * 1024
KEYS = ("title", "slug", "date", "section", "authors", "topics", "audiences", "standfirst", "poll")
POLL_KEYS = ("slug", "question", "kind", "options", "voters", "closes")
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,120}", re.ASCII)
KINDS = ("single", "multiple")


class Malformed(Exception):
    """What cannot be read, as a sentence that says what to do, with the line of the file where it stands."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class PollEntry:
    """A poll of one question; `votes` has one number per option where figures are carried over, else it is empty."""

    slug: str
    question: str = ""
    kind: str = "single"
    options: tuple[str, ...] = ()
    votes: tuple[int, ...] = ()
    voters: int | None = None
    closes: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """An article as it travels; `body` is Markdown, `date` None is a draft."""

    title: str
    slug: str
    section: str
    body: str
    date: datetime | None = None
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    standfirst: str = ""
    poll: PollEntry | None = None


# --- reading ------------------------------------------------------------------------------------------------------


def read(raw: bytes) -> Entry:
    """The entry in a file; raises `Malformed` with a sentence and a line."""
    front, body, offset = _split(raw)
    fields = _Fields(_compose(front, offset), offset, KEYS)
    return Entry(
        title=fields.text("title", needed=True),
        slug=_slug(fields.text("slug", needed=True), fields.line("slug")),
        section=fields.text("section", needed=True),
        body=body.strip() + "\n",
        date=fields.moment("date"),
        authors=fields.texts("authors"),
        topics=fields.texts("topics"),
        audiences=fields.texts("audiences"),
        standfirst=fields.text("standfirst"),
        poll=_poll(fields, offset),
    )


def _split(raw: bytes) -> tuple[str, str, int]:
    if len(raw) > LARGEST_FILE:
        raise Malformed(
            _("This file is larger than 2 MB; an article is text, and pictures are uploaded by themselves.")
        )
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Malformed(_("This is no UTF-8 text; please save the file as “plain text, UTF-8”."), line) from error
    if "\x00" in text:
        raise Malformed(
            _("This file holds a zero byte; it is no text file."), text[: text.index("\x00")].count("\n") + 1
        )
    lines = text.split("\n")
    if lines[0].strip() != FENCE:
        raise Malformed(_("The first line must be “---”; below it stand title, slug and section."))
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    if end is None:
        raise Malformed(_("A second line “---” must end the front matter, before the text begins."))
    front = "\n".join(lines[1:end])
    if len(front) > LARGEST_FRONT:
        raise Malformed(_("The front matter is longer than 64 kB; is the second line “---” in its place?"))
    return front, "\n".join(lines[end + 1 :]), 2


def _compose(front: str, offset: int) -> MappingNode:
    try:
        for token in yaml.scan(front, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                line = token.start_mark.line + offset
                raise Malformed(_("Please write out what “&”, “*” or “!” stands for, or put it in quotes."), line)
        node = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + offset
        raise Malformed(
            _("The front matter cannot be read here. A text with “: ” or “#” in it needs quotes around it."), line
        ) from error
    except RecursionError as error:
        raise Malformed(_("The front matter is nested too deeply."), offset) from error
    if not isinstance(node, MappingNode):
        raise Malformed(_("The front matter must be lines such as “title: …”."), offset)
    return node


class _Fields:
    """The fields of a mapping, each with its line, so that a fault can be found in the file."""

    def __init__(self, node: MappingNode, offset: int, known: Iterable[str]) -> None:
        self.offset = offset
        self.start = node.start_mark.line + offset
        self.nodes: dict[str, Node] = {}
        for key, value in node.value:
            line = key.start_mark.line + offset
            if key.value not in known:
                raise Malformed(
                    _("“%(key)s” is not known here. Known are: %(known)s.")
                    % {"key": str(key.value)[:40], "known": ", ".join(known)},
                    line,
                )
            if key.value in self.nodes:
                raise Malformed(_("“%(key)s” stands here twice.") % {"key": key.value}, line)
            self.nodes[key.value] = value

    def line(self, name: str) -> int:
        node = self.nodes.get(name)
        return node.start_mark.line + self.offset if node else self.start

    def empty(self, name: str) -> bool:
        node = self.nodes.get(name)
        return node is None or (isinstance(node, ScalarNode) and node.tag.endswith(":null"))

    def text(self, name: str, *, needed: bool = False) -> str:
        """A text, as it was written: `2016` or `yes` are texts too."""
        if self.empty(name):
            if needed:
                raise Malformed(_("“%(name)s” is missing.") % {"name": name}, self.line(name))
            return ""
        node = self.nodes[name]
        if not isinstance(node, ScalarNode):
            raise Malformed(_("“%(name)s” must be a single text.") % {"name": name}, self.line(name))
        text = " ".join(str(node.value).split())
        if needed and not text:
            raise Malformed(_("“%(name)s” is empty.") % {"name": name}, self.line(name))
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        if self.empty(name):
            return ()
        node = self.nodes[name]
        if isinstance(node, ScalarNode):
            return (self.text(name),)
        if not isinstance(node, SequenceNode) or not all(isinstance(item, ScalarNode) for item in node.value):
            raise Malformed(_("“%(name)s” must be a list, such as [first, second].") % {"name": name}, self.line(name))
        found = (" ".join(str(item.value).split()) for item in node.value)
        return tuple(dict.fromkeys(text for text in found if text))

    def number(self, name: str) -> int | None:
        """A whole number from 0 to 100 million."""
        if self.empty(name):
            return None
        text = self.text(name)
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or int(text) > 10**8:
            raise Malformed(_("“%(name)s” must be a whole number, 0 or more.") % {"name": name}, self.line(name))
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """A date (midnight UTC) or a date and time; without a zone it is UTC."""
        text = self.text(name)
        if not text:
            return None
        try:
            if len(text) <= 10:
                return datetime.combine(date.fromisoformat(text), time(), UTC)
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as error:
            raise Malformed(
                _("“%(name)s” must be a date such as 2016-06-02, or 2016-06-02T09:00+03:00.") % {"name": name},
                self.line(name),
            ) from error
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _slug(text: str, line: int) -> str:
    if not SLUG.fullmatch(text):
        raise Malformed(
            _("“%(slug)s” cannot be an address: letters without accents, digits and hyphens only, 120 at most.")
            % {"slug": text[:60]},
            line,
        )
    return text


def _poll(fields: _Fields, offset: int) -> PollEntry | None:
    if fields.empty("poll"):
        return None
    node = fields.nodes["poll"]
    if isinstance(node, ScalarNode):
        return PollEntry(_slug(fields.text("poll"), fields.line("poll")))
    if not isinstance(node, MappingNode):
        raise Malformed(_("“poll” must be an address, or slug, question and options."), fields.line("poll"))
    inner = _Fields(node, offset, POLL_KEYS)
    slug = _slug(inner.text("slug", needed=True), inner.line("slug"))
    kind = inner.text("kind") or "single"
    if kind not in KINDS:
        raise Malformed(_("“kind” must be single or multiple."), inner.line("kind"))
    options, votes = _options(inner, offset)
    return PollEntry(
        slug=slug,
        question=inner.text("question", needed=bool(options)),
        kind=kind,
        options=options,
        votes=votes,
        voters=inner.number("voters"),
        closes=inner.moment("closes"),
    )


def _options(fields: _Fields, offset: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    if fields.empty("options"):
        return (), ()
    node, line = fields.nodes["options"], fields.line("options")
    if not isinstance(node, SequenceNode):
        raise Malformed(_("“options” must be a list."), line)
    texts, votes = [], []
    for item in node.value:
        line = item.start_mark.line + offset
        if isinstance(item, MappingNode):
            option = _Fields(item, offset, ("text", "votes"))
            texts.append(option.text("text", needed=True))
            votes.append(option.number("votes"))
        elif isinstance(item, ScalarNode):
            texts.append(" ".join(str(item.value).split()))
            votes.append(None)
        else:
            raise Malformed(_("An option is a text, or text and votes."), line)
    given = [number for number in votes if number is not None]
    if given and len(given) != len(texts):
        raise Malformed(_("Votes are given for every option or for none."), fields.line("options"))
    return tuple(texts), tuple(given)


# --- writing ------------------------------------------------------------------------------------------------------


def write(entry: Entry) -> str:
    """The file of an entry; the same entry always gives the same text."""
    front: dict[str, Any] = {
        "title": entry.title,
        "slug": entry.slug,
        "date": entry.date.astimezone(UTC).isoformat() if entry.date else None,
        "section": entry.section,
        "authors": list(entry.authors),
        "topics": list(entry.topics),
        "audiences": list(entry.audiences),
        "standfirst": entry.standfirst,
        "poll": _poll_out(entry.poll) if entry.poll else None,
    }
    dumped = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10**6)
    return f"{FENCE}\n{dumped}{FENCE}\n\n{entry.body.strip()}\n"


def _poll_out(poll: PollEntry) -> Any:
    if not poll.options:
        return poll.slug
    votes: Iterable[int | None] = poll.votes or [None] * len(poll.options)
    options = [
        text if number is None else {"text": text, "votes": number}
        for text, number in zip(poll.options, votes, strict=True)
    ]
    out: dict[str, Any] = {"slug": poll.slug, "question": poll.question, "options": options}
    if poll.kind != "single":
        out["kind"] = poll.kind
    if poll.voters is not None:
        out["voters"] = poll.voters
    if poll.closes:
        out["closes"] = poll.closes.astimezone(UTC).isoformat()
    return out
