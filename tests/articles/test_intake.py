"""What editors upload: good pictures and files come out clean, bad ones are refused in words and leave nothing."""

from __future__ import annotations

import contextlib
import datetime
import io
import random
import struct
import zipfile
import zlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from articles import intake
from articles.models import Document, Picture
from tests.factories import drawn, encoded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_folder")]
TEXTS = {"name": "a map", "alt": "A map of the coast.", "credit": "Our own drawing."}
FILE_TEXTS: dict[str, Any] = {"title": "The figures", "dated": datetime.date(2026, 5, 1)}


def take(content, **texts):
    return intake.take_picture(io.BytesIO(content), **{**TEXTS, **texts})


def take_file(content, filename):
    return intake.take_document(io.BytesIO(content), filename=filename, **FILE_TEXTS)


def refused(work, *args):
    """The sentence with which something is refused; nothing of it is stored."""
    with pytest.raises(ValidationError) as caught:
        work(*args)
    assert (Picture.objects.count(), Document.objects.count()) == (0, 0)
    assert stored_files() == []
    (message,) = caught.value.messages
    return message


def stored_files():
    return [
        f"{folder}/{name}"
        for folder in ("pictures", "documents")
        if default_storage.exists(folder)
        for name in default_storage.listdir(folder)[1]
    ]


def kept(picture):
    """A stored picture, opened again."""
    with picture.file.open("rb") as stream:
        image = Image.open(stream)
        image.load()
        return image


# --- pictures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("GIF", "png"), ("WEBP", "jpg")])
def test_a_picture_is_kept_under_the_digest_of_what_is_kept(kind, ending):
    picture, new = take(encoded(drawn(300, 200), kind))
    assert new
    assert picture.file.name == f"pictures/{picture.sha256[:32]}.{ending}"
    assert (picture.width, picture.height, kept(picture).size) == (300, 200, (300, 200))
    assert stored_files() == [picture.file.name]


def test_the_same_picture_is_found_again_and_keeps_its_texts():
    content = encoded(drawn(300, 200), "JPEG")
    first, _ = take(content)
    again, new = take(content, alt="Other words.")
    assert (again.pk, new, again.alt) == (first.pk, False, "A map of the coast.")
    assert len(stored_files()) == 1


def test_the_same_picture_with_other_camera_data_is_the_same_picture():
    image, exif = drawn(120, 80), Image.Exif()
    exif[0x010E] = "a description"
    first, _ = take(encoded(image, "JPEG"))
    again, new = take(encoded(image, "JPEG", exif=exif))
    assert (again.pk, new) == (first.pk, False)


def test_what_the_camera_wrote_is_gone_and_the_picture_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    picture, _ = take(encoded(drawn(300, 200), "JPEG", exif=exif, comment=b"SecretComment"))
    image = kept(picture)
    assert (image.size, (picture.width, picture.height)) == ((200, 300), (200, 300))
    assert dict(image.getexif()) == {}
    content = picture.file.open("rb").read()
    assert b"Secret" not in content
    assert b"Exif" not in content


def test_colours_of_a_profile_become_those_of_the_screen():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    plain = encoded(Image.new("RGB", (64, 64), (200, 30, 40)), "PNG")
    with_profile = encoded(Image.new("RGB", (64, 64), (200, 30, 40)), "PNG", icc_profile=lab.tobytes())
    first, _ = take(plain)
    second, new = take(with_profile)
    assert (second.pk, new) == (first.pk, False)
    assert "icc_profile" not in kept(first).info


def test_a_profile_that_cannot_be_used_harms_nothing():
    picture, _ = take(encoded(Image.new("RGB", (64, 64), (200, 30, 40)), "PNG", icc_profile=b"no profile at all"))
    assert kept(picture).getpixel((5, 5)) == (200, 30, 40)


def test_a_picture_for_print_is_shown_in_screen_colours():
    picture, _ = take(encoded(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG"))
    image = kept(picture)
    red, green, blue = image.getpixel((20, 15))
    assert (image.mode, red > 200, green < 60, blue < 60) == ("RGB", True, True, True)


def test_sixteen_bits_of_grey_become_eight():
    image = Image.new("I;16", (4, 1))
    for place, value in enumerate((0, 65535, 32768, 256)):
        image.putpixel((place, 0), value)
    picture, _ = take(encoded(image, "PNG"))
    result = kept(picture)
    assert (result.mode, [result.getpixel((x, 0)) for x in range(4)]) == ("L", [0, 255, 128, 1])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_png_is_kept_as_browsers_know_it(mode):
    picture, _ = take(encoded(drawn(60, 40).convert(mode), "PNG"))
    assert kept(picture).mode == {"1": "L", "LA": "RGBA", "P": "RGB"}.get(mode, mode)


def test_a_see_through_gif_stays_see_through():
    image = Image.new("P", (10, 10), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 1)
    picture, _ = take(encoded(image, "GIF", transparency=1))
    assert [kept(picture).getpixel(place)[3] for place in ((0, 0), (5, 5))] == [0, 255]


def test_a_moving_picture_is_refused():
    frames = [drawn(30, 20, seed=seed) for seed in range(3)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert refused(take, content) == "This picture is animated; readers get still ones. Please save one frame of it."


def bomb(width, height):
    """A PNG of a few bytes that says it is so large."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 5001), (100_000, 100_000), (16_001, 10), (10, 16_001), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_one_is_decoded(size, monkeypatch):
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda *_: pytest.fail("decoded"))
    sentence = "This picture has more than 40 million pixels, or a side of more than 16,000; please make it smaller."
    assert refused(take, bomb(*size)) == sentence


def test_forty_million_pixels_are_not_too_many_to_be_tried():
    assert "damaged or incomplete" in refused(take, bomb(8000, 5000))


def test_too_many_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(intake, "PICTURE_BYTES", 1000)
    content = encoded(drawn(300, 200), "JPEG")
    assert refused(take, content) == "This picture is larger than 20 MB; please save it smaller, as a JPEG for example."


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("part", [0.2, 0.6, 0.9])
def test_a_picture_that_is_cut_off_is_refused(kind, part):
    content = encoded(drawn(400, 300), kind)
    sentence = "This picture cannot be read: it is damaged or incomplete. Please save it again."
    assert refused(take, content[: int(len(content) * part)]) == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "save it as a PNG"),
        (b"<?xml version='1.0'?>\n<!-- x --><SVG/>", "save it as a PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "save it as a JPEG"),
        (b"<html><script>alert(1)</script></html>", "This is not a picture that can be shown here"),
        (b"II*\0" + b"\0" * 100, "This is not a picture that can be shown here"),
        (b"BM" + b"\0" * 100, "This is not a picture that can be shown here"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file", "This is not a picture that can be shown here"),
        (b"GIF89a/*\0*/=1;alert(1)//", "damaged or incomplete"),
        (b"\xff\xd8\xff", "damaged or incomplete"),
        (b"\x89PNG\r\n\x1a\n", "damaged or incomplete"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(content, sentence):
    assert sentence in refused(take, content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_that_is_something_else_too_comes_out_as_a_picture_alone(kind):
    hidden = b"<html><script>alert('polyglot')</script></html>"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("polyglot.txt", "polyglot")
    chunk = PngImagePlugin.PngInfo()
    chunk.add_text("Comment", hidden.decode())
    said: dict[str, Any] = {"PNG": {"pnginfo": chunk}, "JPEG": {"comment": hidden}, "GIF": {"comment": hidden}}
    content = encoded(drawn(200, 100), kind, **said.get(kind, {})) + hidden + archive.getvalue()
    picture, _ = take(content)
    stored = picture.file.open("rb").read()
    assert b"polyglot" not in stored
    assert not zipfile.is_zipfile(io.BytesIO(stored))
    assert kept(picture).size == (200, 100)


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_damaged_bytes_never_end_in_anything_but_a_picture_or_a_sentence(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]))
    content = bytearray(encoded(drawn(40, 30), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValidationError):  # nothing else comes out
        picture, _ = take(bytes(content))
        assert kept(picture).size == (picture.width, picture.height)


@pytest.mark.parametrize("field", ["alt", "credit", "name"])
def test_without_its_texts_no_picture_is_stored(field):
    with pytest.raises(ValidationError) as caught:
        take(encoded(drawn(30, 20), "PNG"), **{field: "  "})
    assert list(caught.value.message_dict) == [field]
    assert (Picture.objects.count(), stored_files()) == (0, [])


# --- files --------------------------------------------------------------------------------------------------------


def pdf(extra=b"", *, end=b"%%EOF\n"):
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + extra + b">>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n" + end
    )


def packed(content, head=b"/Type /ObjStm /Filter /FlateDecode"):
    data = zlib.compress(content)
    return pdf().replace(b"trailer", b"3 0 obj\n<< %s >>\nstream\n%s\nendstream\nendobj\ntrailer" % (head, data))


def xlsx(parts=None, **more):
    types = (
        '<Types><Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {"[Content_Types].xml": types, "xl/workbook.xml": "<workbook/>", **(parts or {})}.items():
            if content is not None:
                package.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "filename", "kind"),
    [
        (pdf(), "Report.PDF", "pdf"),
        (packed(b"<< /Type /Font >>"), "a.pdf", "pdf"),
        (xlsx(), "a.xlsx", "xlsx"),
        ("town,votes\nKöln,12\n".encode(), "a.csv", "csv"),
        ("\ufefftown;votes\r\nKöln;-12\r\n".encode(), "a.csv", "csv"),
    ],
)
def test_a_harmless_file_is_kept_as_it_came(content, filename, kind):
    document, new = take_file(content, filename)
    assert (new, document.kind, document.bytes) == (True, kind, len(content))
    assert document.file.name == f"documents/{document.sha256[:32]}.{kind}"
    assert document.file.open("rb").read() == content
    assert take_file(content, filename) == (document, False)


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (pdf(b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "a.pdf", "contains a program"),
        (pdf(b"/OpenAction << /S /J#61vaScript >>"), "a.pdf", "contains a program"),
        (pdf(b"/OpenAction << /S /Launch /F (calc.exe) >>"), "a.pdf", "contains a program"),
        (pdf(b"/Names << /EmbeddedFiles 4 0 R >>"), "a.pdf", "contains a program"),
        (pdf(b"/AcroForm << /XFA [] >>"), "a.pdf", "contains a program"),
        (packed(b"<< /S /JavaScript >>"), "a.pdf", "contains a program"),
        (packed(b"<< /S /Launch >>", head=b"/Type /Obj#53tm /Filter /FlateDecode"), "a.pdf", "contains a program"),
        (packed(b"x", head=b"/Type /ObjStm").replace(zlib.compress(b"x"), b"plain"), "a.pdf", "cannot be checked"),
        (packed(b"\0" * 300_000_000), "a.pdf", "cannot be checked"),
        (pdf(b"/Encrypt 5 0 R"), "a.pdf", "is protected"),
        (pdf(end=b""), "a.pdf", "is incomplete"),
        (pdf() + xlsx() + b"%%EOF", "a.pdf", "is also an archive"),
        (b"<html>" + pdf(), "a.pdf", "but it is something else"),
        (xlsx(), "a.pdf", "but it is something else"),
        (pdf(), "a.xlsx", "but it is something else"),
        (pdf(), "a.exe", "PDF, XLSX and CSV"),
        (b"MZ\x90\0", "a.csv", "not UTF-8 text (line 1)"),
        (xlsx({"xl/workbook.xml": None}), "a.xlsx", "not an XLSX table"),
        (xlsx({"[Content_Types].xml": "<Types/>"}), "a.xlsx", "can contain macros"),
        (xlsx({"xl/vbaProject.bin": "x"}), "a.xlsx", "contains a macro"),
        (xlsx({"xl/Macrosheets/sheet1.xml": "x"}), "a.xlsx", "contains a macro"),
        (xlsx({"xl/embeddings/a.exe": "x"}), "a.xlsx", "contains a macro"),
        (xlsx({"../../etc/cron.d/x": "x"}), "a.xlsx", "outside itself"),
        (xlsx({"xl\\..\\..\\x": "x"}), "a.xlsx", "outside itself"),
        (xlsx({"/etc/passwd": "x"}), "a.xlsx", "outside itself"),
        (xlsx({"xl/big.xml": "0" * 210_000_000}), "a.xlsx", "more than 200 MB"),
        (xlsx()[:-30], "a.xlsx", "is damaged"),
        (xlsx()[:60] + b"XXXX" + xlsx()[64:], "a.xlsx", "is damaged"),
        (b"a,b\n1,\0\n", "a.csv", "in line 2"),
        ("a,b\n1,ü\n".encode("latin-1"), "a.csv", "(line 2)"),
        (b'a,b\n1,"=cmd|x"\n', "a.csv", "In line 2"),
        (b'a,"' + b"x" * 200_000 + b'"\n', "a.csv", "cannot be read as a table"),
        (b"", "a.csv", "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_act_or_is_damaged_is_refused_in_words(content, filename, sentence):
    assert sentence in refused(take_file, content, filename)


def test_a_table_that_says_it_is_small_and_is_not_is_refused():
    content = xlsx({"xl/big.xml": "0" * 1_000_000})
    smaller = content.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10))
    assert "is damaged" in refused(take_file, smaller, "a.xlsx")


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr(intake.attachments, "LARGEST", 100)
    assert refused(take_file, pdf(), "a.pdf") == "This file is larger than 50 MB."


def test_random_bytes_are_no_file_of_ours():
    content = random.Random(1).randbytes(5000)
    for filename in ("a.pdf", "a.xlsx", "a.csv", "a", "../a.csv"):
        refused(take_file, content, filename)
