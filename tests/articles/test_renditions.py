"""Pictures in several widths, made by Celery, and how they are given out."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from articles import renditions, tasks
from articles.models import Picture, Rendition
from tests.factories import make_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_folder")]


def sizes(picture):
    return list(picture.renditions.values_list("width", "height"))


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((2400, 1200), [320, 640, 960, 1280, 1920]),
        ((1920, 100), [320, 640, 960, 1280, 1920]),
        ((1000, 600), [320, 640, 960, 1000]),
        ((320, 320), [320]),
        ((7, 5), [7]),
    ],
)
def test_no_rendition_is_wider_than_its_picture(size, widths):
    picture = make_picture(*size)
    assert renditions.make(picture) == len(widths)
    assert sizes(picture) == [(width, round(size[1] * width / size[0])) for width in widths]
    for rendition in picture.renditions.all():
        with rendition.file.open("rb") as stream:
            image = Image.open(stream)
            assert (image.format, image.size) == ("WEBP", (rendition.width, rendition.height))


def test_a_see_through_picture_stays_see_through():
    picture = make_picture(320, 300, mode="RGBA")
    renditions.make(picture)
    with picture.renditions.get().file.open("rb") as stream:
        assert Image.open(stream).mode == "RGBA"


def test_making_them_again_changes_nothing():
    picture = make_picture(rendered=True)
    before = list(picture.renditions.values())
    tasks.make_renditions(picture.pk)
    tasks.sweep_renditions()
    assert (renditions.make(picture), list(picture.renditions.values())) == (0, before)


def test_the_sweep_makes_what_was_never_made_or_lost():
    whole, never, rowless, fileless = (make_picture(rendered=number != 1) for number in range(4))
    rowless.renditions.filter(width=640).delete()
    default_storage.delete(str(fileless.renditions.get(width=320).file.name))
    assert {picture.pk for picture in renditions.incomplete()} == {never.pk, rowless.pk, fileless.pk}
    tasks.sweep_renditions()
    assert list(renditions.incomplete()) == []
    assert [sizes(picture) for picture in (never, rowless, fileless)] == [sizes(whole)] * 3


def test_one_picture_whose_file_is_lost_keeps_no_other_waiting(caplog):
    lost, other = make_picture(), make_picture()
    default_storage.delete(str(other.file.name))
    tasks.sweep_renditions()
    assert (lost.renditions.count(), other.renditions.count()) == (4, 0)
    assert f"Picture {other.pk} got no renditions" in caplog.text


def test_a_task_for_a_picture_that_is_gone_does_nothing():
    tasks.make_renditions(12345)
    assert Rendition.objects.count() == 0


def test_without_a_broker_a_picture_is_stored_all_the_same(django_capture_on_commit_callbacks, caplog, monkeypatch):
    picture = make_picture()
    monkeypatch.setattr(tasks.make_renditions.app.conf, "broker_url", "redis+socket:///nowhere.sock")
    monkeypatch.setattr(tasks.make_renditions.app, "_pool", None)
    monkeypatch.setattr(tasks.make_renditions.app.amqp, "_producer_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.ask_for_renditions(picture)
    assert "wait for the sweep" in caplog.text


# --- giving them out ----------------------------------------------------------------------------------------------


@pytest.fixture
def picture():
    return make_picture(rendered=True)


def test_a_picture_is_given_out_for_good_and_does_nothing(picture):
    answer = Client().get(picture.file.url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.getvalue() == picture.file.open("rb").read()
    assert int(answer["Content-Length"]) == picture.file.size
    assert "Set-Cookie" not in answer
    assert "Cookie" not in answer.get("Vary", "")
    rendition = Client().get(picture.renditions.all()[0].file.url)
    assert (rendition.status_code, rendition["Content-Type"]) == (200, "image/webp")


def test_whoever_has_it_already_is_told_so(picture):
    tag = Client().get(picture.file.url)["ETag"]
    answer = Client().get(picture.file.url, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
    assert Client().get(picture.file.url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=5-99999999", 5, None)],
)
def test_a_part_can_be_asked_for(picture, asked, first, last):
    whole = picture.file.open("rb").read()
    answer = Client().get(picture.file.url, headers={"Range": asked})
    expected = whole[first:] if last is None else whole[first : last + 1]
    assert (answer.status_code, answer.content) == (206, expected)
    begin = first % len(whole) if first < 0 else first
    assert answer["Content-Range"] == f"bytes {begin}-{begin + len(expected) - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=5-2", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(picture, asked):
    answer = Client().get(picture.file.url, headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{picture.file.size}")


@pytest.mark.parametrize("asked", ["bytes=a-b", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=0-9999999999999999999"])
def test_what_is_no_part_gives_the_whole(picture, asked):
    assert Client().get(picture.file.url, headers={"Range": asked}).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "",
        "pictures/",
        "../secret-key",
        "pictures/../../secret-key",
        "pictures/..%2f..%2fsecret-key",
        "%2e%2e/secret-key",
        "/etc/passwd",
        "pictures//etc/passwd",
        "pictures/" + "a" * 32 + ".png",
        "pictures/" + "a" * 32 + ".svg",
        "pictures/" + "a" * 32 + ".png\n",
        "pictures/" + "a" * 32 + ".png%00.html",
        "secret-key",
        "beat-schedule",
    ],
)
def test_no_address_leads_out_of_the_folder(picture, media_folder, name):
    (media_folder.parent / "secret-key").write_text("secret")
    (media_folder / "secret-key").write_text("secret")
    assert Client().get(f"/media/{name}").status_code == 404


def test_files_are_only_read(picture):
    assert Client().post(picture.file.url).status_code == 405
    assert Client().head(picture.file.url).status_code == 200
    assert Picture.objects.count() == 1
