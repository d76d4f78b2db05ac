"""Articles from files into the site: one report, idempotent by address, one bad file harms no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles import body, frontmatter, site_file
from articles.frontmatter import Entry, Malformed, PollEntry
from articles.models import Article, Audience, Author, Section, Topic
from polls import carrying, drafting
from polls.drafting import Asked
from polls.models import FIELD_PERIOD, Poll

Named = TypeVar("Named", Section, Author, Topic, Audience)

MADE, CHANGED, SKIPPED, REFUSED = "made", "changed", "skipped", "refused"


@dataclass(frozen=True)
class Line:
    """What became of one file."""

    outcome: str
    file: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.outcome}: {place}: {self.message}"


@dataclass
class Report:
    """What became of all files, in their order."""

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        found = Counter(line.outcome for line in self.lines)
        return {outcome: found[outcome] for outcome in (MADE, CHANGED, SKIPPED, REFUSED)}


class _DryRun(Exception):
    """Takes back what one file did."""


def files_in(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """The Markdown files of files and folders, sorted, the file of sections and authors first."""
    for path in paths:
        if path.is_dir():
            site = path / site_file.NAME
            found = ([site] if site.exists() else []) + sorted(path.rglob("*.md"))
        else:
            found = [path]
        for each in found:
            # Read no more than can be an article: a larger file is refused by its size.
            with each.open("rb") as handle:
                yield str(each), handle.read(frontmatter.LARGEST_FILE + 1)


def import_files(files: Iterable[tuple[str, bytes]], *, dry_run: bool = False) -> Report:
    """Take up every file, each in a transaction of its own; with `dry_run` nothing stays."""
    report = Report()
    seen: dict[str, str] = {}
    sites: list[bytes] = []  # they name articles and polls, too: those are here when all files have been taken up
    for name, raw in files:
        notes: list[str] = []
        try:
            with transaction.atomic():
                line = _one(name, raw, seen, notes)
                report.lines.append(line)
                if dry_run:
                    raise _DryRun
        except _DryRun:
            pass
        except Malformed as error:
            report.lines.append(Line(REFUSED, name, error.message, error.line))
            continue
        report.notes += [note for note in notes if note not in report.notes]
        if Path(name).name == site_file.NAME:
            sites.append(raw)
    for raw in sites if not dry_run else []:
        with transaction.atomic():
            report.notes += site_file.place(raw)
    return report


def _one(name: str, raw: bytes, seen: dict[str, str], notes: list[str]) -> Line:
    if Path(name).name == site_file.NAME:
        return Line(CHANGED if site_file.take_up(raw) else SKIPPED, name, _("the publication and what orders it"))
    entry = frontmatter.read(raw)
    if entry.slug in seen:
        raise Malformed(
            _("The address “%(slug)s” is that of %(file)s too; please give one of them another.")
            % {"slug": entry.slug, "file": seen[entry.slug]}
        )
    seen[entry.slug] = name
    article = Article.objects.filter(slug=entry.slug).select_related("section").first()
    outcome = _store(article, entry, notes)
    return Line(outcome, name, f"/articles/{entry.slug}/")


def _store(article: Article | None, entry: Entry, notes: list[str]) -> str:
    made = article is None
    article = article or Article(slug=entry.slug)
    before = None if made else _state(article)
    article.title = entry.title
    article.standfirst = entry.standfirst
    article.section = _named(Section, entry.section, notes)
    article.published_at = entry.date
    article.body = body.from_markdown(entry.body)
    article.poll = _poll(entry.poll, entry.date, notes) if entry.poll else None
    try:
        article.full_clean(exclude=["i18n"])
    except ValidationError as error:
        raise Malformed(_first_sentence(error)) from error
    related: dict[str, list[Any]] = {
        "authors": [_named(Author, name, notes) for name in entry.authors],
        "topics": [_named(Topic, name, notes) for name in entry.topics],
        "audiences": [_named(Audience, name, notes) for name in entry.audiences],
    }
    after = (*_fields(article), *({row.pk for row in rows} for rows in related.values()))
    if before == after:
        return SKIPPED
    article.save()
    for name, rows in related.items():
        getattr(article, name).set(rows)
    return MADE if made else CHANGED


def _fields(article: Article) -> tuple[Any, ...]:
    return (
        article.title,
        article.standfirst,
        article.section_id,
        article.published_at,
        article.body,
        article.poll_id,
    )


def _state(article: Article) -> tuple[Any, ...]:
    related = (article.authors, article.topics, article.audiences)
    return (*_fields(article), *({row.pk for row in rows.all()} for rows in related))


def _first_sentence(error: ValidationError) -> str:
    for name, messages in error.message_dict.items():
        return messages[0] if name == "__all__" else f"{name}: {messages[0]}"
    return ""


def _named(model: type[Named], name: str, notes: list[str]) -> Named:
    """The section, author, topic or audience of this address or name; an unknown one is made and named."""
    found = model._default_manager.filter(models.Q(slug=name) | models.Q(name__iexact=name)).first()
    if found:
        return found
    slug = slugify(name)[:80] or "unnamed"
    row = model(name=name, slug=slug)
    try:
        row.full_clean(exclude=["i18n"])
    except ValidationError as error:
        raise Malformed(f"{model._meta.verbose_name} “{name[:60]}”: {_first_sentence(error)}") from error
    row.save()
    notes.append(_("New %(kind)s: %(name)s") % {"kind": model._meta.verbose_name, "name": name})
    return row


# --- polls --------------------------------------------------------------------------------------------------------


def _poll(entry: PollEntry, published_at: datetime | None, notes: list[str]) -> Poll:
    poll = Poll.objects.filter(slug=entry.slug).first()
    if poll is None:
        return _new_poll(entry, published_at)
    if entry.options and not _same(poll, entry):
        raise Malformed(
            _("The poll “%(slug)s” is here already with another wording or other votes; it was left as it is.")
            % {"slug": entry.slug}
        )
    return poll


def _new_poll(entry: PollEntry, published_at: datetime | None) -> Poll:
    if not entry.options:
        raise Malformed(_("There is no poll “%(slug)s”; please give its question and options.") % {"slug": entry.slug})
    asked = _asked(entry)
    now = timezone.now()
    if entry.votes:
        return _carried(entry, asked, published_at, now)
    opens = max(published_at or now, now)
    closes = entry.closes or opens + FIELD_PERIOD
    if closes <= opens:
        raise Malformed(
            _("The poll “%(slug)s” closed in the past; with the votes of each option it can be carried over.")
            % {"slug": entry.slug}
        )
    poll = drafting.create(asked=[asked], opens_at=opens, closes_at=closes, slug=entry.slug)
    if published_at:
        Poll.objects.filter(pk=poll.pk).update(published_at=published_at)
    return poll


def _asked(entry: PollEntry) -> Asked:
    try:
        options = drafting.options_of("\n".join(entry.options))
    except ValidationError as error:
        raise Malformed(error.messages[0]) from error
    if len(entry.question) > 500:
        raise Malformed(_("The question is longer than 500 characters."))
    most = 1 if entry.kind == "single" else len(options)
    return Asked(text=drafting.one_line(entry.question), options=options, kind=entry.kind, max_choices=most)


def _carried(entry: PollEntry, asked: Asked, published_at: datetime | None, now: datetime) -> Poll:
    _check_votes(entry)
    closed = min(entry.closes or now, now)
    opened = published_at if published_at and published_at < closed else closed - timedelta(days=1)
    return carrying.carry_over(
        slug=entry.slug, asked=asked, votes=entry.votes, voters=entry.voters, opened_at=opened, closed_at=closed
    )


def _check_votes(entry: PollEntry) -> None:
    total = sum(entry.votes)
    if entry.kind == "single" and entry.voters not in (None, total):
        raise Malformed(_("Of a single choice there are as many voters as votes: %(n)d.") % {"n": total})
    if entry.kind == "multiple" and entry.voters is None:
        raise Malformed(_("Please give “voters”, how many took part: each could choose several options."))
    if entry.kind == "multiple" and not max(entry.votes) <= (entry.voters or 0) <= total:
        raise Malformed(_("“voters” cannot be right: no option has more votes than there are voters."))


def _same(poll: Poll, entry: PollEntry) -> bool:
    question = poll.questions.prefetch_related("options").first()
    if question is None or poll.questions.count() != 1:
        return False
    carried = carrying.votes_of(poll)
    votes = tuple(carried[1]) if carried else ()
    asked = _asked(entry)
    return (question.text, question.kind, tuple(option.text for option in question.options.all()), votes) == (
        asked.text,
        asked.kind,
        asked.options,
        entry.votes,
    )
