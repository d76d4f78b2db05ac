"""The media library at the editors’ desk: taking up, finding, seeing where something is used, not deleting it then."""

from __future__ import annotations

import datetime
import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import library, roles
from articles.models import Article, ArticleFile, Author, Document, Page, Picture, Recording
from tests import pages
from tests.articles.test_admin import ADD, errors, written
from tests.articles.test_intake import pdf
from tests.articles.test_pasted import WORD, WORD_STORED
from tests.factories import drawn, encoded, make_article, make_picture, make_poll, make_publication, make_section

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_folder")]
SCRIPT = "<script>alert('x')</script>\"'&"
YOUTUBE = "https://www.youtube.com/watch?v=abcdefghijk"


@pytest.fixture
def desk(client: Client) -> Client:
    roles.keep()
    editor = User.objects.create(username="ed", is_staff=True)
    roles.give(editor, roles.Role.EDITOR)
    client.force_login(editor)
    return client


def upload(content=None, name="My Map.png"):
    return SimpleUploadedFile(name, encoded(drawn(300, 200)) if content is None else content)


def form_errors(response):
    assert response.status_code == 200, response.headers.get("Location")
    return {name: list(faults) for name, faults in response.context["adminform"].form.errors.items()}


def make_document(**fields):
    number = Document.objects.count()
    given = {
        "file": f"documents/{number:032}.pdf",
        "kind": "pdf",
        "bytes": 10,
        "sha256": str(number),
        "title": "Figures",
    }
    return Document.objects.create(**{**given, "dated": datetime.date(2026, 1, 1), **fields})


# --- taking up ----------------------------------------------------------------------------------------------------


def test_a_picture_is_taken_up_with_its_texts(desk):
    sent = {"upload": upload(), "alt": "A map.", "credit": "Ours.", "caption": "", "name": ""}
    assert desk.post("/admin/articles/picture/add/", sent).status_code == 302
    picture = Picture.objects.get()
    assert (picture.name, picture.alt, picture.credit, picture.added_by) == ("my map", "A map.", "Ours.", "ed")
    assert default_storage.exists(str(picture.file.name))


@pytest.mark.parametrize("missing", ["upload", "alt", "credit"])
def test_what_is_missing_is_said_at_its_field_and_nothing_is_stored(desk, missing):
    sent = {"upload": upload(), "alt": "A map.", "credit": "Ours.", missing: ""}
    assert form_errors(desk.post("/admin/articles/picture/add/", sent)) == {missing: ["This field is required."]}
    assert Picture.objects.count() == 0


def test_a_bad_picture_is_refused_at_its_field(desk):
    sent = {"upload": upload(b"<svg><script/></svg>", "a.png"), "alt": "A map.", "credit": "Ours."}
    assert form_errors(desk.post("/admin/articles/picture/add/", sent)) == {
        "upload": ["A drawing in SVG can contain a program; please save it as a PNG."]
    }


def test_the_same_picture_leads_to_the_one_that_is_there(desk):
    sent = {"alt": "A map.", "credit": "Ours."}
    desk.post("/admin/articles/picture/add/", {**sent, "upload": upload()})
    answer = desk.post("/admin/articles/picture/add/", {**sent, "alt": "Other words.", "upload": upload()}, follow=True)
    assert Picture.objects.get().alt == "A map."
    assert "already in the library, as “my map”" in answer.content.decode()


def test_script_in_every_text_is_text(desk):
    sent = {"upload": upload(name=f"{SCRIPT}.png"), "alt": SCRIPT, "credit": SCRIPT, "caption": SCRIPT, "name": SCRIPT}
    assert desk.post("/admin/articles/picture/add/", sent).status_code == 302
    picture = Picture.objects.get()
    recording = Recording.objects.create(url=YOUTUBE, title=SCRIPT)
    article = make_article(
        body=f"<p>[[picture:{picture.pk}]]</p><p>[[recording:{recording.pk}]]</p>", lead_picture=picture
    )
    for path in (
        "/admin/articles/picture/",
        f"/admin/articles/picture/{picture.pk}/change/",
        "/admin/articles/recording/",
        article.get_absolute_url(),
        "/",
        article.section.get_absolute_url(),
        "/feed/",
    ):
        answer = desk.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_a_file_is_taken_up_and_stands_under_its_article(desk):
    sent = {"upload": upload(pdf(), "r.pdf"), "title": "The figures", "language": "en", "dated": "2026-05-01"}
    assert desk.post("/admin/articles/document/add/", sent).status_code == 302
    document = Document.objects.get()
    files = {"files-TOTAL_FORMS": 1, "files-INITIAL_FORMS": 0, "files-0-document": document.pk, "files-0-position": 0}
    assert desk.post(ADD, written(make_section(), **files)).status_code == 302
    assert [entry.document for entry in Article.objects.get().files.all()] == [document]


def test_a_form_that_says_nothing_of_files_leaves_them(desk):
    article = make_article(published_at=None)
    ArticleFile.objects.create(article=article, document=make_document())
    sent = written(article.section, slug=article.slug, of_version=article.version)
    assert desk.post(reverse("admin:articles_article_change", args=[article.pk]), sent).status_code == 302
    assert article.files.count() == 1


def test_a_bad_file_is_refused_at_its_field(desk):
    sent = {"upload": upload(pdf(b"/S /JavaScript"), "r.pdf"), "title": "x", "language": "en", "dated": "2026-05-01"}
    (sentence,) = form_errors(desk.post("/admin/articles/document/add/", sent))["upload"]
    assert sentence.startswith("This PDF contains a program")


def test_a_recording_is_kept_under_one_address(desk):
    sent = {"url": "https://youtu.be/abcdefghijk?si=tracking", "title": "A talk", "minutes": "", "still": ""}
    assert desk.post("/admin/articles/recording/add/", sent).status_code == 302
    assert Recording.objects.get().url == YOUTUBE
    faults = form_errors(desk.post("/admin/articles/recording/add/", sent))
    assert faults == {"url": ["Video or audio with this Link already exists."]}


@pytest.mark.parametrize("url", ["https://rutube.ru/video/1/", "http://a.example/b.mp4", "javascript:alert(1)", "x"])
def test_another_host_is_refused_in_words(desk, url):
    sent = {"url": url, "title": "A talk", "minutes": "", "still": ""}
    (sentence,) = form_errors(desk.post("/admin/articles/recording/add/", sent))["url"]
    assert sentence.startswith("Recordings can be shown from YouTube, Vimeo, Dailymotion and SoundCloud")


# --- where things are used ----------------------------------------------------------------------------------------


@pytest.fixture
def used():
    """A picture in every place where one can stand, and one that stands nowhere."""
    picture, other = make_picture(), make_picture(name="other")
    make_article("lead", lead_picture=picture)
    make_article("inside", body=f"<p>[[picture:{picture.pk}]]</p><p>[[picture:{picture.pk}]]</p>")
    make_article("other", body=f"<p>[[picture:{picture.pk}0]]</p>")
    Article.objects.filter(pk=make_article("translated").pk).update(
        i18n={"body_de": f"<p>[[picture:{picture.pk}]]</p>"}
    )
    Page.objects.create(title="About", slug="about", body=f"<p>[[picture:{picture.pk}]]</p>")
    Author.objects.create(name="Somebody", slug="somebody", portrait=picture)
    Recording.objects.create(url=YOUTUBE, title="A talk", still=picture)
    make_publication(logo=picture)
    return picture, other


def test_every_place_of_a_picture_is_found(used):
    picture, other = used
    found = library.uses([picture, other])
    assert sorted((use.what, use.name) for use in found[picture.pk]) == [
        ("article", "Title of inside"),
        ("article", "Title of lead"),
        ("article", "Title of translated"),
        ("author", "Somebody"),
        ("page", "About"),
        ("publication", "The Meridian Review"),
        ("video or audio", "A talk"),
    ]
    assert found[other.pk] == []
    assert library.used(Picture) >= {picture.pk}
    assert other.pk not in library.used(Picture)


def test_a_picture_in_an_image_question_is_in_use() -> None:
    picture, other = make_picture(), make_picture()
    poll = make_poll(text="Which harbour?")
    option = poll.questions.get().options.get(position=0)
    option.settings = {"picture": {"id": picture.pk, "src": picture.file.url, "width": 1, "height": 1}}
    option.save()
    assert [use.url for use in library.uses([picture, other])[picture.pk]] == [
        reverse("admin:polls_poll_change", args=[poll.pk])
    ]
    assert picture.pk in library.used(Picture)
    assert other.pk not in library.used(Picture)


def test_what_is_used_is_not_deleted_and_the_page_says_where(desk, used):
    picture, _other = used
    address = reverse("admin:articles_picture_delete", args=[picture.pk])
    for answer in (desk.get(address, follow=True), desk.post(address, {"post": "yes"}, follow=True)):
        text = pages.read(answer).text
        assert "is in use and cannot be deleted:" in text
        assert "article “Title of inside”" in text
    assert Picture.objects.filter(pk=picture.pk).exists()


def test_what_is_not_used_is_deleted_with_its_files(desk, used, django_capture_on_commit_callbacks):
    _picture, other = used
    from_renditions = make_picture(rendered=True)
    names = [str(from_renditions.file.name), *from_renditions.renditions.values_list("file", flat=True)]
    assert all(default_storage.exists(name) for name in names)
    address = reverse("admin:articles_picture_delete", args=[from_renditions.pk])
    assert desk.get(address).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(address, {"post": "yes"}).status_code == 302
    assert [name for name in names if default_storage.exists(name)] == []
    assert Picture.objects.filter(pk=other.pk).exists()


def test_a_recording_and_a_file_in_use_are_not_deleted(desk):
    recording, document = Recording.objects.create(url=YOUTUBE, title="A talk"), make_document()
    article = make_article("inside", body=f"<p>[[recording:{recording.pk}]]</p>")
    ArticleFile.objects.create(article=article, document=document)
    for thing in (recording, document):
        address = reverse(f"admin:articles_{thing._meta.model_name}_delete", args=[thing.pk])
        answer = desk.post(address, {"post": "yes"}, follow=True)
        assert "cannot be deleted: article “Title of inside”" in pages.read(answer).text
    assert (Recording.objects.count(), Document.objects.count()) == (1, 1)


def rows(answer):
    return {picture.name for picture in answer.context["cl"].result_list}


def test_pictures_are_found_by_words_by_use_and_by_what_is_missing(desk, used):
    picture, _other = used
    make_publication(logo=picture, languages=["en", "de"])
    Picture.objects.filter(pk=picture.pk).update(i18n={"alt_de": "Eine Karte"}, name="first")
    assert rows(desk.get("/admin/articles/picture/?used=no")) == {"other"}
    assert rows(desk.get("/admin/articles/picture/?used=yes")) == {"first"}
    assert rows(desk.get("/admin/articles/picture/?alt=de")) == {"other"}
    assert rows(desk.get("/admin/articles/picture/?q=Karte")) == {"first"}
    assert rows(desk.get("/admin/articles/picture/?q=coast")) == {"first", "other"}
    form = desk.get(f"/admin/articles/picture/{picture.pk}/change/").context["adminform"].form
    assert [name for name in form.fields if name.startswith("alt")] == ["alt", "alt_de"]


@pytest.mark.parametrize("table", ["picture", "document", "recording"])
def test_the_lists_take_the_same_queries_however_long_they_are(desk, table):
    numbers = []
    for number in range(3):
        picture = make_picture(rendered=True)
        recording = Recording.objects.create(url=f"https://a.example/{number}.mp3", title="x", still=picture)
        body = f"<p>[[picture:{picture.pk}]]</p><p>[[recording:{recording.pk}]]</p>"
        ArticleFile.objects.create(article=make_article(body=body), document=make_document())
        with CaptureQueriesContext(connection) as context:
            assert desk.get(f"/admin/articles/{table}/").status_code == 200
        numbers.append(len(context))
    assert numbers == [numbers[0]] * 3


# --- the panel ----------------------------------------------------------------------------------------------------


def test_the_panel_finds_pictures_by_words_and_by_number(desk):
    first, second = make_picture(name="Harbour"), make_picture(name="Mountain", rendered=True)
    offered = reverse("admin:articles_picture_offered")
    assert [thing["id"] for thing in desk.get(offered).json()["found"]] == [second.pk, first.pk]
    assert [thing["id"] for thing in desk.get(offered, {"q": "harb"}).json()["found"]] == [first.pk]
    (thing,) = desk.get(offered, {"ids": f"{second.pk},999,x,²,-1"}).json()["found"]
    assert (thing["thumb"], thing["alt"]) == (second.renditions.get(width=320).file.url, "A map of the coast.")
    assert desk.get(offered, {"q": "\0" + "x" * 5000}).json() == {"found": [], "more": False}
    assert desk.get(offered, {"page": "x"}).status_code == 200


def test_the_panel_takes_up_a_picture_and_says_faults_by_field(desk):
    take = reverse("admin:articles_picture_take")
    answer = desk.post(take, {"upload": upload(b"x"), "alt": "", "credit": "Ours."})
    assert (answer.status_code, answer.json()) == (400, {"errors": {"alt": ["This field is required."]}})
    answer = desk.post(take, {"upload": upload(b"x"), "alt": "A map.", "credit": "Ours."})
    assert answer.json()["errors"]["upload"][0].startswith("This is not a picture")
    sent = {"alt": "A map.", "credit": "Ours."}
    for new in (True, False):
        answer = desk.post(take, {**sent, "upload": upload()})
        assert (answer.status_code, answer.json()["new"]) == (200, new)
        assert answer.json()["found"][0]["id"] == Picture.objects.get().pk


def test_the_panel_takes_up_a_recording_once(desk):
    take = reverse("admin:articles_picture_take_recording")
    assert "url" in desk.post(take, {"url": "https://rutube.ru/1", "title": "x"}).json()["errors"]
    assert list(desk.post(take, {"url": YOUTUBE, "title": ""}).json()["errors"]) == ["title"]
    first = desk.post(take, {"url": YOUTUBE, "title": "A talk"}).json()
    again = desk.post(take, {"url": "https://youtu.be/abcdefghijk", "title": ""}).json()
    assert (first["new"], again["new"], first["found"], Recording.objects.count()) == (True, False, again["found"], 1)


def test_pasted_text_comes_back_clean_and_says_what_was_left_out(desk):
    address = reverse("admin:articles_picture_pasted")

    def paste(html):
        return desk.post(address, json.dumps({"html": html}), content_type="application/json")

    answer = paste(WORD).json()
    assert answer["html"] == WORD_STORED
    assert answer["said"].startswith("A picture was left out")
    assert paste("<p>a</p>").json() == {"html": "<p>a</p>", "said": ""}
    assert paste("x" * 2_000_001).status_code == 413
    assert desk.post(address, "{", content_type="application/json").status_code == 400
    assert desk.get(address).status_code == 405


def test_the_panel_is_for_those_who_write(client):
    roles.keep()
    researcher = User.objects.create(username="re", is_staff=True)
    roles.give(researcher, roles.Role.RESEARCHER)
    client.force_login(researcher)
    for name in ("offered", "take", "recordings", "take_recording", "pasted"):
        address = reverse(f"admin:articles_picture_{name}")
        assert client.get(address).status_code == 403
        assert Client().get(address).status_code == 302


def test_the_leading_picture_is_chosen_by_its_number(desk):
    picture = make_picture()
    assert desk.post(ADD, written(make_section(), lead_picture=picture.pk)).status_code == 302
    assert Article.objects.get().lead_picture == picture
    answer = desk.post(ADD, written(make_section(), slug="b", lead_picture="999999"))
    assert errors(answer)["lead_picture"] == ["There is no such picture in the library."]
    for wrong in ("x", "-1", "1e400", "9" * 30):
        answer = desk.post(ADD, written(make_section(), slug="b", lead_picture=wrong))
        assert errors(answer)["lead_picture"] == ["There is no such picture in the library."]


def test_a_request_larger_than_the_limit_stores_nothing(desk, monkeypatch):
    monkeypatch.setattr("articles.intake.PICTURE_BYTES", 100)
    sent = {"upload": SimpleUploadedFile("a.png", io.BytesIO(b"x" * 200).read()), "alt": "a", "credit": "b"}
    assert "20 MB" in form_errors(desk.post("/admin/articles/picture/add/", sent))["upload"][0]


def test_a_plain_page_holds_pictures_and_says_what_is_not_there(desk):
    picture = make_picture()
    sent = {"title": "About", "slug": "about", "role": "", "position": 0, "published_at": ""}
    address = "/admin/articles/page/add/"
    assert form_errors(desk.post(address, {**sent, "body": "<p>[[picture:999]]</p>"})) == {
        "body": ["There is no picture 999 in the library."]
    }
    body = f"<p>a [[note: b]]</p><p>[[picture:{picture.pk}]]</p>"
    assert desk.post(address, {**sent, "body": body, "published_at": "2020-01-01T09:00"}).status_code == 302
    shown = pages.read(Client().get("/pages/about/"))
    assert len(shown.one("div", class_="prose").all("figure")) == 1
    assert [note["id"] for note in shown.one("section", class_="notes").all("li")] == ["note-1"]
