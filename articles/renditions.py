"""A picture in the widths that screens ask for, as WebP."""

from __future__ import annotations

import io
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from articles.models import Picture, Rendition

WIDTHS = (320, 640, 960, 1280, 1920)
QUALITY = 80


def widths_of(picture: Picture) -> list[int]:
    """The widths a picture is offered in: never wider than it is, and its own width where that is small."""
    return sorted({min(width, picture.width) for width in WIDTHS})


def make(picture: Picture) -> int:
    """Make what is missing of a picture's renditions; how many were made. Doing it again changes nothing."""
    missing = list(_missing(picture))
    if not missing:
        return 0
    with picture.file.open("rb") as stored:
        original = Image.open(stored)
        original.load()
    for width in missing:
        _write(picture, original, width)
    return len(missing)


def incomplete() -> Iterator[Picture]:
    """Pictures of which a rendition is missing, in the table or on the disk."""
    for picture in Picture.objects.prefetch_related("renditions").iterator(chunk_size=500):
        if any(_missing(picture)):
            yield picture


def _missing(picture: Picture) -> Iterator[int]:
    there = {rendition.width: rendition for rendition in picture.renditions.all()}
    for width in widths_of(picture):
        if width not in there or not default_storage.exists(str(there[width].file.name)):
            yield width


def _write(picture: Picture, original: Image.Image, width: int) -> None:
    height = max(1, round(picture.height * width / picture.width))
    resized = original if width == original.width else original.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    resized.save(out, format="WEBP", quality=QUALITY, method=4)
    name = f"renditions/{picture.sha256[:32]}-{width}.webp"
    default_storage.save(name, ContentFile(out.getvalue()))
    Rendition.objects.update_or_create(picture=picture, width=width, defaults={"file": name, "height": height})
