"""Upload in the admin: kept, tried, reported, taken up; and the whole site as a zip."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles import deliveries, exporting, importing, roles, tasks
from articles.frontmatter import Malformed
from articles.models import Article, DeliveredFile, Delivery, Section
from articles.models.delivery import Stage
from articles.roles import Role
from polls import tally
from polls.models import Poll
from tests import pages
from tests.articles.test_interchange import FILE, RUSSIAN, take_up
from tests.articles.test_wordpress import CLASSIC, DUMP, FOOT, HEAD, item

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/delivery/add/"


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("editor", password="editor-password"))
    return client


def zipped(files: dict[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def upload(desk: Client, *files: tuple[str, str | bytes], polls: Any = ()) -> Any:
    def given(some: Any) -> list[SimpleUploadedFile]:
        return [SimpleUploadedFile(name, raw.encode() if isinstance(raw, str) else raw) for name, raw in some]

    return desk.post(ADD, {"uploads": given(files), **({"polls": given(polls)} if polls else {})})


def errors(answer: Any) -> str:
    assert answer.status_code == 200
    assert not Delivery.objects.exists()
    return " ".join(part.text for part in pages.read(answer).all(class_="errorlist"))


def report(desk: Client) -> Any:
    return pages.read(desk.get(f"/admin/articles/delivery/{Delivery.objects.get().pk}/change/"))


def rows(desk: Client) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in report(desk).one("div", class_="results").all("tr")][1:]


# --- the way of an upload -----------------------------------------------------------------------------------------


def test_files_are_tried_reported_and_taken_up_when_somebody_says_so(desk):
    answer = upload(desk, ("a.md", FILE), ("bad.md", "nothing"), ("a.ru.md", RUSSIAN))
    address = f"/admin/articles/delivery/{Delivery.objects.get().pk}/change/"
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert report(desk).one(role="status").text.startswith("Being checked: 0 of 3 files.")
    assert report(desk).one("meta", http_equiv="refresh")["content"] == "3"
    assert not report(desk).all("input", value="Import")

    tasks.go_through_deliveries()
    assert report(desk).one(role="status").text.startswith("Checked. Nothing is stored yet")
    assert not report(desk).all("meta", http_equiv="refresh")
    assert rows(desk) == [
        ["refused", "bad.md", "1", "The first line must be “---”; below it come title, slug and section."],
        ["created", "a.md", "", "/articles/order-a-price/"],
        ["created", "a.ru.md", "", "/ru/articles/order-a-price/"],
    ]
    assert not Article.objects.exists()
    assert not Section.objects.exists()

    take_up_address = address.replace("change/", "take-up/")
    assert desk.get(take_up_address).status_code == 405
    assert desk.post(take_up_address)["Location"] == address
    desk.post(take_up_address)  # a second press changes nothing
    tasks.go_through_deliveries()
    assert [row[0] for row in rows(desk)] == ["refused", "created", "created"]
    assert report(desk).one(role="status").text == "Imported. This is what happened to each file."
    article = Article.objects.get()
    assert article.history.latest().history_user.username == "editor"
    assert set(DeliveredFile.objects.values_list("content", flat=True)) == {None}
    desk.post(take_up_address)
    assert Delivery.objects.get().stage == Stage.DONE


@pytest.mark.django_db(transaction=True)
def test_the_poll_of_an_uploaded_article_shows_its_carried_votes_everywhere():
    roles.keep()
    desk = Client()
    desk.force_login(User.objects.create_superuser("editor", password="editor-password"))
    upload(desk, ("all.zip", zipped({"folder/a.md": FILE})))
    tasks.go_through_deliveries()
    deliveries.take_up(Delivery.objects.get())
    tasks.go_through_deliveries()
    assert "carried over from the former site" in Client().get("/articles/order-a-price/").content.decode()
    assert '"source":"carried"' in tally.results("aims")
    poll = Poll.objects.get(slug="aims")
    shown = desk.get(f"/admin/polls/poll/{poll.pk}/change/").content.decode()
    assert "These votes were carried over from the former site" in shown


def test_work_goes_on_where_it_was_left(desk):
    upload(desk, *((f"{n}.md", FILE.replace("order-a-price", f"a-{n}").replace("aims", f"p-{n}")) for n in range(3)))
    delivery = Delivery.objects.get()
    deliveries._one(delivery, delivery.files.get(position=0), {})  # and then the worker was killed
    assert report(desk).one(role="status").text.startswith("Being checked: 1 of 3 files.")
    assert deliveries.work(seconds=0) is True
    assert deliveries.work(seconds=60) is False
    assert Delivery.objects.get().stage == Stage.CHECKED


def test_two_files_with_one_address_are_told_apart_over_several_goes(desk):
    upload(desk, ("a.md", FILE), ("b.md", FILE))
    delivery = Delivery.objects.get()
    deliveries._one(delivery, delivery.files.get(position=0), {})
    deliveries.work(seconds=60)
    assert [row[:2] for row in rows(desk)] == [["refused", "b.md"], ["created", "a.md"]]
    assert "is also that of a.md" in rows(desk)[0][3]


def test_what_is_thrown_away_is_gone(desk):
    upload(desk, ("a.md", FILE))
    assert (
        desk.post(f"/admin/articles/delivery/{Delivery.objects.get().pk}/delete/", {"post": "yes"}).status_code == 302
    )
    assert not DeliveredFile.objects.exists()


def test_an_administrator_imports_and_an_editor_does_not():
    roles.keep()
    for role, status in ((Role.ADMINISTRATOR, 200), (Role.EDITOR, 403)):
        user = User.objects.create(username=role, is_staff=True)
        roles.give(user, role)
        client = Client()
        client.force_login(user)
        for address in (ADD, "/admin/articles/delivery/", "/admin/articles/delivery/export/"):
            assert (role, address, client.get(address).status_code) == (role, address, status)


def test_a_wordpress_export_is_uploaded_with_its_polls(desk):
    upload(
        desk,
        ("site.xml", HEAD + item(11, CLASSIC) + FOOT),
        polls=[("polls.sql", DUMP.replace("10,4,NULL", "10,4,'B'"))],
    )
    deliveries.work(seconds=60)
    assert [row[0] for row in rows(desk)] == ["created", "changed"]
    assert "not carried over: https://old.example/map.png" in report(desk).one(id="content-main").text
    deliveries.take_up(Delivery.objects.get())
    deliveries.work(seconds=60)
    assert [section.slug for section in Article.objects.get().section.path] == ["world", "libya"]
    assert set(Poll.objects.values_list("slug", flat=True)) == {"wp-poll-3", "wp-poll-4"}


# --- what is no upload --------------------------------------------------------------------------------------------


def link() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo("link.md")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return held.getvalue()


def renamed(name: bytes) -> bytes:
    """A zip whose one entry has a name that no honest packer writes."""
    return zipped({"x" * len(name): FILE}).replace(b"x" * len(name), name)


def locked() -> bytes:
    raw = bytearray(zipped({"a.md": FILE}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1
    return bytes(raw)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("up.zip", zipped({"../a.md": FILE}), "names a place outside itself: ../a.md"),
        ("up.zip", zipped({"a/../../b.md": FILE}), "names a place outside itself"),
        ("up.zip", zipped({"/etc/a.md": FILE}), "names a place outside itself"),
        ("up.zip", renamed(b"C:\\a.md"), "names a place outside itself"),
        ("up.zip", renamed(b"a\x00b.md"), "names a place outside itself"),
        ("up.zip", link(), "contains a link instead of a file"),
        ("up.zip", locked(), "protected by a password"),
        ("up.zip", b"PK\x03\x04 no zip", "cannot be opened as a zip"),
        ("up.zip", zipped({"a.md": FILE})[:-30], "cannot be opened as a zip"),
        ("up.zip", zipped({"a.md": FILE}).replace(b"aims", b"AIMS"), "There is nothing"),
        ("up.zip", zipped({"picture.jpg": "x"}), "There is nothing to import"),
        ("up.zip", zipped({}), "There is nothing to import"),
        ("a.docx", b"x", "“a.docx” is not a .md, .zip or .xml file."),
        ("a.xml", b"<x/>", "not a WordPress export"),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY a "a">]><x/>', "document type"),
    ],
)
def test_what_cannot_be_taken_up_is_refused_in_a_sentence_and_nothing_is_kept(desk, name, content, words):
    if words == "There is nothing":  # deflated: the replacement finds nothing to replace, and the zip is whole
        assert upload(desk, (name, content)).status_code == 302
        return
    assert words in errors(upload(desk, (name, content)))


def test_a_zip_of_a_hundred_thousand_files_is_refused(desk):
    raw = zipped({f"{number}.md": b"" for number in range(100_000)})
    assert "holds 100000 files; 5,000 are allowed" in errors(upload(desk, ("many.zip", raw)))


def test_a_bomb_is_unpacked_no_further_than_an_article_is_long(desk):
    raw = zipped({f"{number}.md": b"0" * (4 * 1024 * 1024) for number in range(80)})
    assert len(raw) < 1024 * 1024
    assert "more than 5,000 files or 128 MB" in errors(upload(desk, ("bomb.zip", raw)))
    upload(desk, ("one.zip", zipped({"a.md": b"0" * (50 * 1024 * 1024)})))
    deliveries.work(seconds=60)
    assert "larger than 2 MB" in rows(desk)[0][3]


def test_files_too_large_together_and_none_at_all_are_said_at_the_field(desk, monkeypatch):
    monkeypatch.setattr(deliveries, "LARGEST_UPLOAD", 100)
    assert "larger than 50 MB together" in errors(upload(desk, ("a.md", FILE)))
    assert "This field is required." in errors(desk.post(ADD, {}))
    assert "go with a WordPress export" in errors(upload(desk, ("a.md", "x"), polls=[("p.sql", "x")]))


def test_other_encodings_are_refused_file_by_file(desk):
    upload(
        desk, ("a.md", FILE.encode("utf-16")), ("b.md", FILE.replace("Who", "Größe").encode("latin-1")), ("c.md", FILE)
    )
    deliveries.work(seconds=60)
    assert [row[:2] for row in rows(desk)] == [["refused", "a.md"], ["refused", "b.md"], ["created", "c.md"]]


def test_what_lies_beside_articles_is_left_out_and_said(desk):
    upload(desk, ("a.zip", zipped({"a.md": FILE, "__MACOSX/._a.md": "x", ".DS_Store": "x", "p.png": "x"})))
    assert [file.name for file in DeliveredFile.objects.all()] == ["a.md"]
    assert Delivery.objects.get().notes == ["p.png: not an article, left out"]


def test_script_in_a_files_name_is_text_in_the_report(desk):
    upload(desk, ("<script>alert(1)<.md", FILE))
    deliveries.work(seconds=60)
    assert (
        "<script>alert"
        not in desk.get(f"/admin/articles/delivery/{Delivery.objects.get().pk}/change/").content.decode()
    )


# --- giving out ---------------------------------------------------------------------------------------------------


def test_the_whole_site_is_given_out_as_a_zip_that_can_be_uploaded_again(desk):
    take_up(("a.md", FILE), ("a.ru.md", RUSSIAN))
    answer = desk.get("/admin/articles/delivery/export/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="site-')
    raw = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name).decode() for name in archive.namelist()} == dict(exporting.files())
    upload(desk, ("site.zip", raw))
    deliveries.work(seconds=60)
    assert {row[0] for row in rows(desk)} == {"skipped"}
    assert raw == b"".join(desk.get("/admin/articles/delivery/export/").streaming_content)


def test_nothing_is_refused_by_accident(desk):
    with pytest.raises(Malformed):
        deliveries.receive([], by=None)
    assert importing.in_turn("x/site.yaml") < importing.in_turn("a.md") < importing.in_turn("a.ru.md")
