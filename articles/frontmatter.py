"""The file in which an article travels: Markdown with YAML front matter. `docs/import.md` describes it for editors.

Reading and writing are exact opposites: what is written is read back as the same entry. Nothing here knows a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from polls import spoken

FENCE = "---"
# Front matter is a few lines; what is larger is a mistake or an attack on the parser.
LARGEST_FRONT = 64 * 1024
LARGEST_FILE = 2 * 1024 * 1024
LONGEST_LINE = 512 * 1024
# New keys come last and may always be left out: what this version reads, later ones read.
KEYS = ("title", "slug", "date", "section", "authors", "topics", "audiences", "standfirst", "poll")
LIFE = ("polls", "embargo", "archived", "withdrawn", "corrections", "former")
TRANSLATION_KEYS = ("title", "slug", "language", "standfirst")
POLL_KEYS = ("slug", "question", "kind", "options", "voters", "closes")
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,120}", re.ASCII)
KINDS = ("single", "multiple")
EARLIEST = 1000  # the first year that a date may have


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
class Said:
    """What was said at a time: a correction, or why an article was withdrawn."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Entry:
    """An article as it travels; `body` is Markdown, `date` None is a draft.

    With a `language` it is the translation of the article that has this slug, and has no more than texts. What belongs
    to an article's life is None or empty where the file does not speak of it.
    """

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
    polls: tuple[PollEntry, ...] = ()  # further ones, which lines of the body place
    embargo: datetime | None = None
    archived: datetime | None = None
    withdrawn: Said | None = None
    corrections: tuple[Said, ...] = ()
    former: tuple[str, ...] = ()
    language: str = ""


# --- reading ------------------------------------------------------------------------------------------------------


def read(raw: bytes) -> Entry:
    """The entry in a file; raises `Malformed` with a sentence and a line."""
    front, body, offset = _split(raw)
    node = _compose(front, offset)
    if any(key.value == "language" for key, _value in node.value):
        return _translation(_Fields(node, offset, TRANSLATION_KEYS), body)
    fields = _Fields(node, offset, (*KEYS, *LIFE))
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
        polls=_polls(fields, offset),
        embargo=fields.moment("embargo"),
        archived=fields.moment("archived"),
        withdrawn=_withdrawn(fields),
        corrections=_corrections(fields),
        former=tuple(_slug(slug, fields.line("former")) for slug in fields.texts("former")),
    )


def _translation(fields: _Fields, body: str) -> Entry:
    language = fields.text("language", needed=True)
    offered = [code for code, _name in settings.LANGUAGES if code != spoken.own()]
    if language not in offered:
        raise Malformed(
            _("“language” must be one of %(languages)s.") % {"languages": ", ".join(offered)}, fields.line("language")
        )
    return Entry(
        title=fields.text("title"),
        slug=_slug(fields.text("slug", needed=True), fields.line("slug")),
        section="",
        body=body.strip() + "\n" if body.strip() else "",
        standfirst=fields.text("standfirst"),
        language=language,
    )


def _withdrawn(fields: _Fields) -> Said | None:
    if fields.empty("withdrawn"):
        return None
    return _said(fields, fields.nodes["withdrawn"], "withdrawn", "notice")


def _corrections(fields: _Fields) -> tuple[Said, ...]:
    if fields.empty("corrections"):
        return ()
    node = fields.nodes["corrections"]
    if not isinstance(node, SequenceNode):
        raise Malformed(_("“corrections” must be a list."), fields.line("corrections"))
    return tuple(_said(fields, item, "corrections", "text") for item in node.value)


def _said(fields: _Fields, node: Node, name: str, words: str) -> Said:
    line = node.start_mark.line + fields.offset
    if not isinstance(node, MappingNode):
        raise Malformed(_("“%(name)s” needs “at” and “%(words)s”.") % {"name": name, "words": words}, line)
    inner = _Fields(node, fields.offset, ("at", words))
    at = inner.moment("at")
    if at is None:
        raise Malformed(_("“%(name)s” is missing.") % {"name": "at"}, line)
    return Said(at, inner.text(words, needed=True))


def _split(raw: bytes) -> tuple[str, str, int]:
    if len(raw) > LARGEST_FILE:
        raise Malformed(_("This file is larger than 2 MB; an article is text, and pictures are uploaded separately."))
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Malformed(_("This is not UTF-8 text; please save the file as “plain text, UTF-8”."), line) from error
    lines = text.split("\n")
    long = next((number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE), 0)
    if long:
        raise Malformed(_("This line is longer than 500,000 characters; is this really text?"), long)
    if "\x00" in text:
        raise Malformed(
            _("This file contains a zero byte; it is not a text file."), text[: text.index("\x00")].count("\n") + 1
        )
    if lines[0].strip() != FENCE:
        raise Malformed(_("The first line must be “---”; below it come title, slug and section."))
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
                raise Malformed(_("“%(key)s” appears twice here.") % {"key": key.value}, line)
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
                return self.in_time(name, datetime.combine(date.fromisoformat(text), time(), UTC))
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as error:
            raise Malformed(
                _("“%(name)s” must be a date such as 2016-06-02, or 2016-06-02T09:00+03:00.") % {"name": name},
                self.line(name),
            ) from error
        return self.in_time(name, found if found.tzinfo else found.replace(tzinfo=UTC))

    def in_time(self, name: str, found: datetime) -> datetime:
        if not EARLIEST <= found.year < MAXYEAR:
            raise Malformed(_("“%(name)s” must be between the years 1000 and 9998.") % {"name": name}, self.line(name))
        return found.astimezone(UTC)


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
    return _one_poll(fields.nodes["poll"], offset)


def _polls(fields: _Fields, offset: int) -> tuple[PollEntry, ...]:
    if fields.empty("polls"):
        return ()
    node = fields.nodes["polls"]
    if not isinstance(node, SequenceNode):
        raise Malformed(_("“polls” must be a list."), fields.line("polls"))
    return tuple(_one_poll(item, offset) for item in node.value)


def _one_poll(node: Node, offset: int) -> PollEntry:
    line = node.start_mark.line + offset
    if isinstance(node, ScalarNode):
        return PollEntry(_slug(" ".join(str(node.value).split()), line))
    if not isinstance(node, MappingNode):
        raise Malformed(_("A poll is an address, or slug, question and options."), line)
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
    if entry.language:
        return _whole(
            {"slug": entry.slug, "language": entry.language, "title": entry.title, "standfirst": entry.standfirst},
            entry.body,
        )
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
    if entry.polls:
        front["polls"] = [_poll_out(poll) for poll in entry.polls]
    if entry.embargo:
        front["embargo"] = _moment(entry.embargo)
    if entry.archived:
        front["archived"] = _moment(entry.archived)
    if entry.withdrawn:
        front["withdrawn"] = {"at": _moment(entry.withdrawn.at), "notice": entry.withdrawn.text}
    if entry.corrections:
        front["corrections"] = [{"at": _moment(said.at), "text": said.text} for said in entry.corrections]
    if entry.former:
        front["former"] = list(entry.former)
    return _whole(front, entry.body)


def _whole(front: dict[str, Any], body: str) -> str:
    dumped = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10**6)
    return f"{FENCE}\n{dumped}{FENCE}\n\n{body.strip()}\n"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


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
