"""Uploaded files on their way: kept, tried without storing anything, taken up when somebody says so.

Celery goes through them file by file, a few seconds at a time, each file with its outcome in one transaction: whatever
is lost, late or done twice on the way changes nothing.
"""

from __future__ import annotations

import io
import re
import stat
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from articles import frontmatter, importing, site_file, wordpress
from articles.frontmatter import Malformed
from articles.models import DeliveredFile, Delivery
from articles.models.delivery import Stage

Upload = tuple[str, BinaryIO]
LARGEST_UPLOAD = 50 * 1024 * 1024
MOST_FILES = 5_000
MOST_BYTES = 128 * 1024 * 1024
MOST_NOTES = 500
LOCK = 0x6465_6C69  # one worker at a time goes through deliveries
# Files that a person's computer puts beside theirs.
CLUTTER = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\\|[\x00-\x1f]")


# --- receiving ----------------------------------------------------------------------------------------------------


def receive(
    uploads: Sequence[tuple[str, BinaryIO]], *, polls: Sequence[tuple[str, BinaryIO]] = (), by: Any
) -> Delivery:
    """Keep uploaded files: Markdown files, one zip of them, or a WordPress export with its polls.

    Raises `Malformed` where they are none of these; then nothing is kept.
    """
    names = [name for name, _file in uploads]
    found, notes = _unpacked(uploads, polls)
    if not found:
        raise Malformed(_("There is nothing to import in it: no file whose name ends in .md."))
    found.sort(key=lambda file: importing.in_turn(file[0]))
    with transaction.atomic():
        delivery = Delivery.objects.create(name=", ".join(names)[:200], made_by=by, notes=notes[:MOST_NOTES])
        DeliveredFile.objects.bulk_create(
            (
                DeliveredFile(delivery=delivery, position=position, name=name[:300], content=content)
                for position, (name, content) in enumerate(found)
            ),
            batch_size=200,
        )
    return delivery


def _unpacked(uploads: Sequence[Upload], polls: Sequence[Upload]) -> tuple[list[tuple[str, bytes]], list[str]]:
    exports = [upload for upload in uploads if upload[0].lower().endswith(".xml")]
    if exports:
        if len(uploads) > 1:
            raise Malformed(_("Please upload a WordPress export on its own."))
        known = wordpress.polls_of((name, file.read(wordpress.LARGEST_POLLS + 1)) for name, file in polls)
        export = wordpress.convert(exports[0][1], name=exports[0][0], polls=known)
        if len(export.files) > MOST_FILES:
            raise Malformed(_("There are more than 5,000 articles in it; please export it in parts, by year."))
        return export.files, export.notes
    if polls:
        raise Malformed(_("Tables of WP-Polls go with a WordPress export; please choose that as well."))
    files: list[tuple[str, bytes]] = []
    notes: list[str] = []
    total = 0
    for name, content in _each(uploads, notes):
        total += len(content)
        if len(files) >= MOST_FILES or total > MOST_BYTES:
            raise Malformed(_("This is more than 5,000 files or 128 MB at a time; please upload it in parts."))
        files.append((name, content))
    return files, notes


def _each(uploads: Iterable[Upload], notes: list[str]) -> Iterator[tuple[str, bytes]]:
    for name, file in uploads:
        if name.lower().endswith(".zip"):
            yield from _in_zip(name, file, notes)
        elif _is_ours(name):
            yield name, file.read(frontmatter.LARGEST_FILE + 1)
        else:
            raise Malformed(_("“%(file)s” is not a .md, .zip or .xml file.") % {"file": name[:80]})


def _is_ours(name: str) -> bool:
    return name.lower().endswith(".md") or name.rpartition("/")[2] == site_file.NAME


def _in_zip(name: str, file: BinaryIO, notes: list[str]) -> Iterator[tuple[str, bytes]]:
    """The files of a zip, none of which can name a place outside it or unpack to more than is allowed."""
    broken = Malformed(_("“%(file)s” cannot be opened as a zip; please pack it again.") % {"file": name[:80]})
    try:
        with zipfile.ZipFile(file) as packed:
            inside = packed.infolist()
            if len(inside) > 2 * MOST_FILES:
                raise Malformed(
                    _("“%(file)s” contains %(n)d files; 5,000 are allowed. Please pack it in parts.")
                    % {"file": name[:80], "n": len(inside)}
                )
            for entry in inside:
                _check_entry(entry, name)
            for entry in inside:
                if entry.is_dir() or CLUTTER.search(entry.filename):
                    continue
                if not _is_ours(entry.filename):
                    notes.append(_("%(file)s: not an article, left out") % {"file": entry.filename[:200]})
                    continue
                with packed.open(entry) as content:
                    yield entry.filename, content.read(frontmatter.LARGEST_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise broken from error


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    said = {"file": name[:80], "entry": entry.filename[:80]}
    if OUTSIDE.search(entry.orig_filename):
        raise Malformed(_("“%(file)s” names a place outside itself: %(entry)s. Nothing from it was imported.") % said)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Malformed(
            _("“%(file)s” contains a link instead of a file: %(entry)s. Nothing from it was imported.") % said
        )
    if entry.flag_bits & 0x1:
        raise Malformed(_("“%(file)s” is protected by a password; please pack it without one.") % said)


# --- going through them -------------------------------------------------------------------------------------------


def take_up(delivery: Delivery) -> bool:
    """Say that a checked delivery is to be taken up; False where it is not, or no longer, to be decided."""
    with transaction.atomic():
        found = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if found.stage != Stage.CHECKED:
            return False
        found.files.update(outcome="", message="", line=0, slug="")
        found.stage = Stage.TAKING
        found.save(update_fields=["stage"])
    return True


def work(*, seconds: float) -> bool:
    """Go on with what waits, for so long; whether something waits still."""
    until = time.monotonic() + seconds
    with _alone() as alone:
        while alone and time.monotonic() < until:
            delivery = Delivery.objects.filter(stage__in=(Stage.CHECKING, Stage.TAKING)).order_by("pk").first()
            if delivery is None:
                return False
            _go_on(delivery, until=until)
    return True


def _go_on(delivery: Delivery, *, until: float) -> None:
    seen = dict(delivery.files.exclude(slug="").values_list("slug", "name"))
    waiting = delivery.files.filter(outcome="").order_by("position")
    while file := waiting.first():
        if time.monotonic() > until:
            return
        _one(delivery, file, seen)
    _finish(delivery)


def _one(delivery: Delivery, file: DeliveredFile, seen: dict[str, str]) -> None:
    """One file with what became of it, in one transaction."""
    known = set(seen)
    with transaction.atomic():
        report = importing.import_files(
            [(file.name, bytes(file.content or b""))],
            dry_run=delivery.stage == Stage.CHECKING,
            seen=seen,
            by=delivery.made_by,
        )
        (line,) = report.lines
        file.outcome, file.message, file.line = line.outcome, line.message, line.line
        file.slug = next(iter(set(seen) - known), "")
        file.save(update_fields=["outcome", "message", "line", "slug"])
        new = [note for note in report.notes if note not in delivery.notes]
        if new and len(delivery.notes) < MOST_NOTES:
            delivery.notes = [*delivery.notes, *new][:MOST_NOTES]
            delivery.save(update_fields=["notes"])


def _finish(delivery: Delivery) -> None:
    with transaction.atomic():
        if delivery.stage == Stage.CHECKING:
            delivery.stage = Stage.CHECKED
        else:
            # What names articles and polls itself finds them all by now.
            for file in delivery.files.filter(name__endswith=site_file.NAME).exclude(outcome=importing.REFUSED):
                delivery.notes = [*delivery.notes, *site_file.place(bytes(file.content or b""))][:MOST_NOTES]
            delivery.stage = Stage.DONE
            delivery.files.update(content=None)
        delivery.save(update_fields=["stage", "notes"])


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (held,) = cursor.fetchone()
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


# --- giving out ---------------------------------------------------------------------------------------------------


def packed(files: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Files as a zip, in pieces, so that it is never whole in memory; the same files are always the same bytes."""
    stream = _Pieces()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
            yield stream.taken()
    yield stream.taken()


class _Pieces(io.RawIOBase):
    """What was written since it was last asked; it cannot be sought in, and zipfile then writes as it goes."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.held += content
        return len(content)

    def taken(self) -> bytes:
        found, self.held = bytes(self.held), bytearray()
        return found
