"""What editors upload: judged by its bytes before it is decoded, and pictures written anew before they are kept.

Nothing that was uploaded is served as it came but a PDF, a table or a CSV that was found harmless. What is refused is
refused with a sentence, and nothing of it is stored. The name of a stored file is the digest of its bytes, so the same
picture or file is found again instead of stored twice.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import date
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from articles import attachments
from articles.models import Document, Picture

PICTURE_BYTES = 20 * 1024 * 1024
PIXELS = 40_000_000
LONGEST_SIDE = 16_000  # WebP, in which renditions are stored, ends at 16,383
DIGEST = 32  # hexadecimal digits of a file's name
# By what a file begins with; Pillow then tries that one reader and no other.
BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")


def take_picture(
    upload: BinaryIO, *, name: str, alt: str, credit: str, caption: str = "", who: str = ""
) -> tuple[Picture, bool]:
    """Store a picture, or find the one that is there already; with it, whether it is new.

    Raises ValidationError with a sentence for whoever uploads. A picture that is there keeps its own texts.
    """
    content, ending, size = _rewritten(_whole(upload, PICTURE_BYTES, _too_large_a_picture()))
    digest = hashlib.sha256(content).hexdigest()
    picture = Picture(
        file=f"pictures/{digest[:DIGEST]}.{ending}",
        width=size[0],
        height=size[1],
        sha256=digest,
        name=name.strip()[:200],
        alt=alt.strip(),
        credit=credit.strip(),
        caption=caption.strip(),
        added_by=who,
    )
    return _store(picture, content)


def take_document(
    upload: BinaryIO, *, filename: str, title: str, dated: date, language: str = "en", who: str = ""
) -> tuple[Document, bool]:
    """Store a PDF, XLSX or CSV, or find the one that is there already; with it, whether it is new.

    Raises ValidationError with a sentence for whoever uploads.
    """
    content = _whole(upload, attachments.LARGEST, _("This file is larger than 50 MB."))
    digest = hashlib.sha256(content).hexdigest()
    kind = attachments.kind_of(content, filename=filename)
    document = Document(
        file=f"documents/{digest[:DIGEST]}.{kind}",
        kind=kind,
        bytes=len(content),
        sha256=digest,
        title=title.strip(),
        language=language,
        dated=dated,
        added_by=who,
    )
    return _store(document, content)


def readable_name(filename: str) -> str:
    """A name to find a picture by, from that of the uploaded file."""
    stem = filename.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return slugify(stem, allow_unicode=True).replace("-", " ").replace("_", " ").strip()[:200]


def _store(row: Any, content: bytes) -> tuple[Any, bool]:
    """The row and its file, or the row that has this digest already: also when two upload it in the same moment."""
    found = type(row).objects.filter(sha256=row.sha256).first()
    if found:
        return found, False
    row.full_clean(exclude=["i18n", "file"])  # whose bytes were judged already; it would be opened
    # The file first: a row never names a file that is not there. Its bytes decide its name, so twice is once.
    default_storage.save(row.file.name, ContentFile(content))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return type(row).objects.get(sha256=row.sha256), False
    return row, True


def _whole(upload: BinaryIO, limit: int, too_large: str) -> bytes:
    upload.seek(0)
    content = upload.read(limit + 1)
    if len(content) > limit:
        raise ValidationError(too_large, code="too_large")
    if not content:
        raise ValidationError(_("This file is empty."), code="empty")
    return content


# --- pictures -----------------------------------------------------------------------------------------------------


def _too_large_a_picture() -> str:
    return _("This picture is larger than 20 MB; please save it smaller, as a JPEG for example.")


def _kind(content: bytes) -> str:
    """Which of the four kinds of picture this is by its first bytes."""
    for beginning, kind in BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in HEIC:
        raise ValidationError(_("Not all browsers show this kind of photograph; please save it as a JPEG."))
    if b"<svg" in content[:4096].lower():
        raise ValidationError(_("A drawing in SVG can contain a program; please save it as a PNG."))
    raise ValidationError(_("This is not a picture that can be shown here: JPEG, PNG, GIF or WebP."))


def _rewritten(content: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """The picture decoded, upright, in sRGB and written anew, with nothing beside its pixels; its ending and size."""
    kind = _kind(content)
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=[kind])  # reads the head alone
        _check_size(image)
        if getattr(image, "is_animated", False):
            raise ValidationError(_("This picture is animated; readers get still ones. Please save one frame of it."))
        image.load()
        image = _in_srgb(ImageOps.exif_transpose(image))
        out = io.BytesIO()
        ending, options = _format(kind, image)
        image.info = {}  # pixels and nothing else: no chunk, comment, profile or place comes along
        image.save(out, **options)
    except ValidationError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except Exception as error:  # Pillow's readers fail in many ways on bytes that were made to hurt
        raise ValidationError(
            _("This picture cannot be read: it is damaged or incomplete. Please save it again."), code="unreadable"
        ) from error
    return out.getvalue(), ending, image.size


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > PIXELS or max(width, height) > LONGEST_SIDE:
        raise _too_many_pixels()


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("This picture has more than 40 million pixels, or a side of more than 16,000; please make it smaller."),
        code="too_many_pixels",
    )


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture as grey, RGB or RGBA, its colours turned into those that browsers take for granted."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):  # sixteen bits of grey
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    profile = image.info.get("icc_profile")
    if "transparency" in image.info or image.mode in ("PA", "LA", "RGBa", "La"):
        image = image.convert("RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGB")
    if profile:
        converted = _by_profile(image, profile)
        if converted is not None:
            return converted
    return image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture in sRGB by its own profile; None where that cannot be used, as when it is of another kind."""
    try:
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        source = image.convert("RGB") if alpha else image
        converted = ImageCms.profileToProfile(
            source,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="L" if source.mode == "L" else "RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if converted is not None and alpha is not None:
        converted.putalpha(alpha)
    return converted


def _format(kind: str, image: Image.Image) -> tuple[str, Mapping[str, Any]]:
    """Photographs stay JPEG, drawings PNG; a WebP becomes what its transparency asks for."""
    if kind == "JPEG" or (kind == "WEBP" and image.mode != "RGBA"):
        return "jpg", {"format": "JPEG", "quality": 90, "optimize": True, "progressive": True}
    return "png", {"format": "PNG"}
