"""Articles from files into the site: one report, idempotent by address, one bad file harms no other."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles import body, frontmatter, site_file
from articles.frontmatter import Entry, Malformed, PollEntry
from articles.models import Article, Audience, Author, Correction, FormerAddress, Section, Topic
from polls import carrying, drafting
from polls.characters import quoted
from polls.drafting import Asked
from polls.models import FIELD_PERIOD, Poll

Named = TypeVar("Named", Section, Author, Topic, Audience)

# A translation is a file of its own; it is taken up after the article that it translates.
TRANSLATION = re.compile(r"\.[a-z]{2}(-[a-z]+)?\.md$")
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
            found = ([site] if site.exists() else []) + sorted(path.rglob("*.md"), key=lambda each: in_turn(each.name))
        else:
            found = [path]
        for each in found:
            # Read no more than can be an article: a larger file is refused by its size.
            with each.open("rb") as handle:
                yield str(each), handle.read(frontmatter.LARGEST_FILE + 1)


def in_turn(name: str) -> tuple[int, str]:
    """The order in which files are taken up: what they name, the articles, their translations."""
    return (0 if name.rpartition("/")[2] == site_file.NAME else 2 if TRANSLATION.search(name) else 1), name


def import_files(
    files: Iterable[tuple[str, bytes]], *, dry_run: bool = False, seen: dict[str, str] | None = None, by: Any = None
) -> Report:
    """Take up every file, each in a transaction of its own; with `dry_run` nothing stays.

    `seen` says which file each address was in so far, where the files come in several goes; `by` is who does it.
    """
    report = Report()
    sites: list[bytes] = []  # they name articles and polls, too: those are here when all files have been taken up
    seen = {} if seen is None else seen
    for name, raw in files:
        notes: list[str] = []
        try:
            with transaction.atomic():
                line = _one(name, raw, seen, notes, dry_run=dry_run, by=by)
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


def _one(name: str, raw: bytes, seen: dict[str, str], notes: list[str], *, dry_run: bool, by: Any) -> Line:
    if Path(name).name == site_file.NAME:
        return Line(CHANGED if site_file.take_up(raw) else SKIPPED, name, _("the publication and what orders it"))
    entry = frontmatter.read(raw)
    if entry.language:
        return _translation(name, entry, seen, dry_run=dry_run, by=by)
    if entry.slug in seen:
        raise Malformed(
            _("The address “%(slug)s” is also that of %(file)s; please give one of them another.")
            % {"slug": entry.slug, "file": seen[entry.slug]}
        )
    seen[entry.slug] = name
    article = Article.objects.filter(slug=entry.slug).select_related("section").first()
    outcome = _store(article, entry, notes, by=by)
    return Line(outcome, name, f"/articles/{entry.slug}/")


def _translation(name: str, entry: Entry, seen: dict[str, str], *, dry_run: bool, by: Any) -> Line:
    """The texts of an article in another language."""
    key = f"{entry.slug}.{entry.language}"
    if key in seen:
        raise Malformed(
            _("The address “%(slug)s” is also that of %(file)s; please give one of them another.")
            % {"slug": entry.slug, "file": seen[key]}
        )
    seen[key] = name
    path = f"/{entry.language}/articles/{entry.slug}/"
    article = Article.objects.filter(slug=entry.slug).first()
    if article is None:
        if dry_run and entry.slug in seen:  # its article would be here by then
            return Line(MADE, name, path)
        raise Malformed(_("There is no article “%(slug)s” for this to translate.") % {"slug": entry.slug})
    suffix = entry.language.replace("-", "_")
    texts = {"title": entry.title, "standfirst": entry.standfirst, "body": body.from_markdown(entry.body)}
    before = dict(article.i18n or {})
    for field_name, text in texts.items():
        field: Any = Article._meta.get_field(field_name)
        try:
            kept = field.clean(text, article) if text.strip() else ""
        except ValidationError as error:
            raise Malformed(f"{field_name}: {error.messages[0]}") from error
        setattr(article, f"{field_name}_{suffix}", kept or None)
    after = {name: text for name, text in (article.i18n or {}).items() if text}
    if after == before:
        return Line(SKIPPED, name, path)
    _save(article, made=False, by=by)
    known = any(name.endswith(f"_{suffix}") for name in before)
    return Line(CHANGED if known else MADE, name, path)


def _save(article: Article, *, made: bool, by: Any) -> None:
    article._history_user = by  # type: ignore[attr-defined]
    if not made:
        article.version += 1  # whoever has the older one open in a form is told
    try:
        with transaction.atomic():
            article.save()
    except DatabaseError as error:
        if "tsvector" not in str(error):
            raise
        raise Malformed(_("This text has too many different words to be searched; please split it in two.")) from error


def _store(article: Article | None, entry: Entry, notes: list[str], *, by: Any) -> str:
    made = article is None
    article = article or Article(slug=entry.slug)
    before = None if made else _state(article)
    article.title = entry.title
    article.standfirst = entry.standfirst
    article.section = _named(Section, entry.section, notes)
    article.published_at = entry.date
    article.body = body.from_markdown(entry.body)
    article.poll = _poll(entry.poll, entry.date, notes) if entry.poll else None
    for further in entry.polls:
        _poll(further, entry.date, notes)
    _live(article, entry)
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
    if before != after:
        _save(article, made=made, by=by)
        for name, rows in related.items():
            getattr(article, name).set(rows)
    said = _set_corrections(article, entry)
    left = _set_former(article, entry)
    if before == after and not said and not left:
        return SKIPPED
    return MADE if made else CHANGED


def _live(article: Article, entry: Entry) -> None:
    """What the file says of the article's life; what it does not speak of stays as it is."""
    if entry.embargo:
        if entry.date and entry.date < entry.embargo:
            raise Malformed(
                _("The article cannot be published before its embargo ends; please correct one of the dates.")
            )
        article.embargo_until = entry.embargo
    if entry.archived:
        article.archived_at = entry.archived
    if entry.withdrawn:
        article.withdrawn_at = entry.withdrawn.at
        article.set_notice(entry.withdrawn.text)
        if len(entry.withdrawn.text) > 500:
            raise Malformed(_("The notice of a withdrawn article may have 500 characters at most."))
    if article.embargo_until and article.published_at and article.published_at < article.embargo_until:
        raise Malformed(_("This article is under embargo here for longer; it was left as it is."))


def _set_corrections(article: Article, entry: Entry) -> bool:
    """Whether the corrections of the file are others than those that were here, in whose place they now are."""
    before = [(one.at, one.text) for one in article.corrections.all()]
    after = sorted((said.at, said.text) for said in entry.corrections)
    if not after or sorted(before) == after:
        return False
    known = {(one.at, one.text): one.i18n for one in article.corrections.all()}
    rows = [Correction(article=article, at=at, text=text, i18n=known.get((at, text))) for at, text in after]
    for row in rows:
        if len(row.text) > 600:
            raise Malformed(_("A correction may have 600 characters at most."))
    article.corrections.all().delete()
    Correction.objects.bulk_create(rows)
    return True


def _set_former(article: Article, entry: Entry) -> bool:
    known = set(article.former_addresses.values_list("slug", flat=True))
    new = [slug for slug in entry.former if slug not in known and slug != article.slug]
    for slug in new:
        if FormerAddress.objects.filter(slug=slug).exists() or Article.objects.filter(slug=slug).exists():
            raise Malformed(_("The former address “%(slug)s” is that of another article.") % {"slug": slug})
    FormerAddress.objects.bulk_create(FormerAddress(article=article, slug=slug) for slug in new)
    return bool(new)


def _fields(article: Article) -> tuple[Any, ...]:
    return (
        article.title,
        article.standfirst,
        article.section_id,
        article.published_at,
        article.body,
        article.poll_id,
        article.embargo_until,
        article.archived_at,
        article.withdrawn_at,
        article.withdrawal_notice,
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
    rows = model._default_manager
    found = rows.filter(slug=name).first() or rows.filter(name__iexact=name).order_by("pk").first()
    if found:
        return found
    row = model(name=name, slug=_free_slug(model, name))
    try:
        row.full_clean(exclude=["i18n"])
    except ValidationError as error:
        raise Malformed(f"{model._meta.verbose_name} {quoted(name[:60])}: {_first_sentence(error)}") from error
    row.save()
    notes.append(_("New %(kind)s: %(name)s") % {"kind": model._meta.verbose_name, "name": name})
    return row


def _free_slug(model: type[Named], name: str) -> str:
    """An address made of a name; a name without Latin letters gets one by number."""
    base: str = slugify(name)[:70].strip("-") or str(model._meta.model_name)
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in itertools.count(2))
    return next(slug for slug in itertools.chain([base], numbered) if slug not in taken)


# --- polls --------------------------------------------------------------------------------------------------------


def _poll(entry: PollEntry, published_at: datetime | None, notes: list[str]) -> Poll:
    poll = Poll.objects.filter(slug=entry.slug).first()
    if poll is None:
        return _new_poll(entry, published_at)
    if entry.options and not _same(poll, entry):
        raise Malformed(
            _("The poll “%(slug)s” is already here with different wording or different votes; it was left as it is.")
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
    return Asked(
        text=drafting.one_line(entry.question), options=drafting.offered(*options), kind=entry.kind, max_choices=most
    )


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
        raise Malformed(_("With a single choice there are as many voters as votes: %(n)d.") % {"n": total})
    if entry.kind == "multiple" and entry.voters is None:
        raise Malformed(_("Please give “voters”, how many took part: each could choose several options."))
    if entry.kind == "multiple" and not max(entry.votes) <= (entry.voters or 0) <= total:
        raise Malformed(
            _(
                "“voters” cannot be right: it must be at least as many as chose any one option, and at most as "
                "many as all votes."
            )
        )


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
        tuple(option.text for option in asked.options),
        entry.votes,
    )
