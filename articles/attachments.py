"""Files to take away: whether a PDF, a table or a CSV is what it says, and does nothing by itself.

They are stored as they came, for a researcher compares them with the original; so what could act is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LARGEST = 50 * 1024 * 1024
UNPACKED = 200 * 1024 * 1024
PARTS = 5_000
CELL = 128 * 1024

ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|XFA(?=[\s\[/(<]))")
NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"(?<!end)stream\r?\n")
PACKED_OBJECTS = re.compile(rb"/Type\s*/ObjStm")
WORKBOOK = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
ACTIVE_PARTS = ("vbaproject", "/macrosheets/", "/activex/", "/embeddings/", "/dialogsheets/", "customui")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def kind_of(content: bytes, *, filename: str) -> str:
    """`pdf`, `xlsx` or `csv`; raises ValidationError with a sentence for anything else or anything doubtful."""
    ending = filename.rpartition(".")[2].lower()
    if content.startswith(b"%PDF-") and ending == "pdf":
        _check_pdf(content)
        return "pdf"
    if content.startswith(b"PK\x03\x04") and ending == "xlsx":
        _check_xlsx(content)
        return "xlsx"
    if ending == "csv":
        _check_csv(content)
        return "csv"
    if ending in ("pdf", "xlsx"):
        raise ValidationError(
            _("The name of this file ends in .%(ending)s, but it is something else. Please save it again as %(kind)s.")
            % {"ending": ending, "kind": ending.upper()}
        )
    raise ValidationError(_("Readers can be offered PDF, XLSX and CSV; please save this file as one of them."))


# --- PDF ----------------------------------------------------------------------------------------------------------


def _check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2048:]:
        raise ValidationError(_("This PDF is incomplete; please save or fetch it again."))
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise ValidationError(_("This PDF is also an archive; please save it again as a PDF."))
    plain = _names_written_out(content)
    if b"/Encrypt" in plain:
        raise ValidationError(_("This PDF is protected, so it cannot be checked; please save it without protection."))
    if ACTIVE.search(plain) or any(ACTIVE.search(_names_written_out(part)) for part in _packed_objects(content)):
        raise ValidationError(
            _(
                "This PDF contains a program, a form or another file; please save it as a plain PDF (PDF/A, for "
                "example)."
            )
        )


def _names_written_out(content: bytes) -> bytes:
    """The bytes with `/J#61vaScript` as `/JavaScript`, as a reader of PDFs reads it."""
    return NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), content)


def _packed_objects(content: bytes) -> Iterator[bytes]:
    """What object streams unpack to: names stand there unseen by a search of the file."""
    left = UNPACKED
    for begin in STREAM.finditer(content):
        start = content.rfind(b"obj", max(0, begin.start() - 4096), begin.start())
        head = _names_written_out(content[max(start, 0) : begin.start()])
        if not PACKED_OBJECTS.search(head):
            continue
        unpacking = zlib.decompressobj()
        try:
            part = unpacking.decompress(content[begin.end() : content.find(b"endstream", begin.end())], left)
        except zlib.error as error:
            raise ValidationError(_("This PDF cannot be checked; please save it again.")) from error
        left -= len(part)
        if not unpacking.eof or left <= 0:  # cut off, packed in another way, or a bomb
            raise ValidationError(_("This PDF cannot be checked; please save it again."))
        yield part


# --- XLSX ---------------------------------------------------------------------------------------------------------


def _check_xlsx(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            _check_parts(parts)
            _unpack(package, parts)
            types = package.read("[Content_Types].xml")
            package.getinfo("xl/workbook.xml")
    except KeyError as error:
        raise ValidationError(
            _("This file is not an XLSX table; please save it again from your spreadsheet.")
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ValidationError(_("This table is damaged; please save it again from your spreadsheet.")) from error
    if WORKBOOK not in types or b"macroEnabled" in types:
        raise ValidationError(_("This table can contain macros; please save it as an ordinary XLSX."))


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.orig_filename.replace("\\", "/") for part in parts]
    for name in names:
        if name.startswith("/") or ".." in name.split("/") or "\x00" in name or ":" in name:
            raise ValidationError(
                _("This table refers to something outside itself; please save it from your spreadsheet.")
            )
        if any(active in f"/{name.lower()}" for active in ACTIVE_PARTS):
            raise ValidationError(_("This table contains a macro or another file; please save it without."))
    if len(names) > PARTS or len(set(names)) != len(names):
        raise ValidationError(_("This table is damaged; please save it again from your spreadsheet."))
    if sum(part.file_size for part in parts) > UNPACKED:
        raise ValidationError(_("This table unpacks to more than 200 MB; please make it smaller, or offer a CSV."))


def _unpack(package: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Read every part to its end: a size that was announced too small or a wrong checksum shows here."""
    for part in parts:
        with package.open(part) as stream:
            while stream.read(1 << 20):
                pass


# --- CSV ----------------------------------------------------------------------------------------------------------


def _check_csv(content: bytes) -> None:
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValidationError(
            _("This CSV is not UTF-8 text (line %(line)d); please save it as “CSV UTF-8”.") % {"line": line}
        ) from error
    found = CONTROL.search(text)
    if found:
        line = text[: found.start()].count("\n") + 1
        raise ValidationError(_("This CSV contains a character that is not text, in line %(line)d.") % {"line": line})
    csv.field_size_limit(CELL)
    try:
        rows = csv.reader(io.StringIO(text, newline=""))
        for row in rows:
            if any(cell.lstrip().startswith("=") for cell in row):
                raise ValidationError(
                    _(
                        "In line %(line)d a cell begins with “=”: a spreadsheet would calculate it. Please keep "
                        "only the value."
                    )
                    % {"line": rows.line_num}
                )
    except csv.Error as error:
        raise ValidationError(_("This CSV cannot be read as a table; please save it again.")) from error
