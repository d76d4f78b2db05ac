"""Pictures, recordings and notes in the form of an article and on its page."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import insets
from articles.models import Article, ArticleFile, Document, Recording
from articles.players import player
from tests import pages
from tests.articles.test_admin import ADD, errors, written
from tests.articles.test_pasted import WORD, WORD_STORED
from tests.factories import make_article, make_picture, make_section

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_folder")]
YOUTUBE = "https://www.youtube.com/watch?v=abcdefghijk"


@pytest.fixture
def desk(client: Client) -> Client:
    user = User.objects.create(username="ed", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client.force_login(user)
    return client


def page(article):
    answer = Client().get(article.get_absolute_url())
    assert answer.status_code == 200
    return pages.read(answer)


# --- the form -----------------------------------------------------------------------------------------------------


def test_a_placed_picture_and_recording_are_stored_as_written(desk):
    picture, recording = make_picture(), Recording.objects.create(url=YOUTUBE, title="A talk")
    body = f"<p>One [[note: a note]].</p><p>[[picture:{picture.pk}]]</p><p>[[recording:{recording.pk}]]</p>"
    assert desk.post(ADD, written(make_section(), body=body)).status_code == 302
    assert Article.objects.get().body == body


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("<p>[[picture:9999]]</p>", "There is no picture 9999 in the library."),
        ("<p>[[recording:9999]]</p>", "There is no recording 9999 in the library."),
        ("<p>See [[picture:1]] here</p>", "Please check: [[picture:1]]"),
        ("<p>[[pictur:1]]</p>", "Please check: [[pictur:1]]"),
        ("<p>[[picture:a map]]</p>", "Please check: [[picture:a map]]"),
        ("<p>[[picture:1]</p>", "Please check: [[picture:1]"),
        ("<p>[[Picture:1]]</p>", "Please check: [[Picture:1]]"),
        ("<p>a [[note about it]]</p>", "Please check: [[note about it]]"),
        ("<p>a [[note: about it</p>", "Please check: [[note: about it"),
        ("<p>a [[note: ]]</p>", "A note is empty: write its text after [[note:"),
        (f"<p>a [[note: {'x' * 1501}]]</p>", "A note has more than 1500 characters: “" + "x" * 40 + "…”"),
        ("<p>[[<em>picture</em>:<script>alert(1)</script>1]]</p>", "Please check: [[picture:1]]"),
    ],
)
def test_a_line_that_places_nothing_is_said_at_the_text(desk, line, sentence):
    answer = desk.post(ADD, written(make_section(), body=f"<p>Before.</p>{line}"))
    (message,) = errors(answer)["body"]
    assert message.endswith(sentence)
    assert Article.objects.count() == 0


def test_faults_of_polls_are_not_said_twice(desk):
    answer = desk.post(ADD, written(make_section(), body="<p>See [[poll:other]] here</p>"))
    assert len(errors(answer)["body"]) == 1


def test_pasted_text_is_stored_clean_through_the_form(desk):
    assert desk.post(ADD, written(make_section(), body=WORD)).status_code == 302
    assert Article.objects.get().body == WORD_STORED


def test_a_placement_that_was_pasted_from_a_word_processor_is_one(desk):
    picture = make_picture()
    body = f'<p class="MsoNormal"><span lang="EN-GB">[[picture:{picture.pk}]]<o:p></o:p></span></p>'
    desk.post(ADD, written(make_section(), body=body))
    assert Article.objects.get().body == f"<p>[[picture:{picture.pk}]]</p>"


def test_a_good_body_has_no_faults_and_takes_two_queries_at_most(django_assert_num_queries):
    pictures = [make_picture() for _ in range(3)]
    body = "".join(f"<p>[[picture:{picture.pk}]]</p>" for picture in pictures) + "<p>a[[note: b]]</p>"
    with django_assert_num_queries(1):  # Django asks nothing for an empty set of recordings
        assert insets.faults(body) == []


# --- the page -----------------------------------------------------------------------------------------------------


def test_a_picture_stands_in_the_text_with_its_widths_its_room_and_its_words():
    picture = make_picture(1000, 600, rendered=True, alt='A "map" <of> it', caption="The coast.", credit="© <us>")
    article = make_article("a", body=f"<p>One.</p><p>[[picture:{picture.pk}]]</p><p>Two.</p>")
    figure = page(article).one("figure", class_="picture")
    image = figure.one("img")
    renditions = {rendition.width: rendition.file.url for rendition in picture.renditions.all()}
    assert image["src"] == renditions[960]
    assert image["srcset"] == ", ".join(f"{url} {width}w" for width, url in renditions.items())
    assert (image["width"], image["height"], image["alt"]) == ("1000", "600", 'A "map" <of> it')
    assert (image["loading"], image["decoding"]) == ("lazy", "async")
    assert figure.one("figcaption").text == "The coast. © <us>"


def test_before_its_renditions_are_there_a_picture_shows_as_it_is():
    picture = make_picture(1000, 600)
    image = page(make_article("a", body=f"<p>[[picture:{picture.pk}]]</p>")).one("figure").one("img")
    assert image["src"] == picture.file.url
    assert "srcset" not in image.attributes
    assert (image["width"], image["height"]) == ("1000", "600")


def test_what_is_gone_from_the_library_leaves_no_gap():
    article = make_article("a", body="<p>One.</p><p>[[picture:77]]</p><p>[[recording:77]]</p><p>Two.</p>")
    prose = page(article).one("div", class_="prose")
    assert (prose.all("figure"), prose.text) == ([], "One. Two.")


def test_the_leading_picture_stands_under_the_title_in_lists_and_where_the_article_is_shared():
    picture = make_picture(1400, 700, rendered=True)
    article = make_article("a", lead_picture=picture)
    shown = page(article)
    image = shown.one("div", class_="lead-picture").one("img")
    assert (image["fetchpriority"], "loading" in image.attributes) == ("high", False)
    shared = {meta["property"]: meta["content"] for meta in shown.all("meta") if "property" in meta.attributes}
    assert shared["og:image"] == f"http://testserver{picture.renditions.get(width=1280).file.url}"
    assert (shared["og:image:width"], shared["og:image:height"]) == ("1280", "640")
    assert shared["og:image:alt"] == "A map of the coast."
    for path in ("/", article.section.get_absolute_url()):
        assert len(pages.read(Client().get(path)).one("main").all("img")) == 1


def test_without_a_leading_picture_no_page_has_an_image():
    article = make_article("a")
    for path in ("/", article.get_absolute_url(), article.section.get_absolute_url()):
        answer = Client().get(path)
        assert pages.read(answer).all("img") == []
        assert "og:image" not in answer.content.decode()


def test_pictures_take_the_same_queries_however_many_there_are():
    numbers = []
    section = make_section("s")
    make_article("related", section=section, lead_picture=make_picture(rendered=True))
    for count in (1, 3):
        body = "".join(f"<p>[[picture:{make_picture(rendered=True).pk}]]</p>" for _ in range(count))
        article = make_article(f"a{count}", section=section, body=body, lead_picture=make_picture(rendered=True))
        found = []
        for path in (article.get_absolute_url(), "/sections/s/", "/feed/"):
            with CaptureQueriesContext(connection) as context:
                assert Client().get(path).status_code == 200
            found.append(len(context))
        numbers.append(found)
    assert numbers[0] == numbers[1]


def test_notes_stand_at_the_end_and_lead_back():
    shown = page(make_article("a", body="<p>Oil [[note: in <em>barrels</em>]] and gas [[note: in m³]].</p>"))
    notes = shown.one("section", class_="notes")
    assert [note["id"] for note in notes.all("li")] == ["note-1", "note-2"]
    assert notes.all("li")[0].text.startswith("in barrels")
    marks = shown.one("div", class_="prose").all("a")
    assert [(mark["href"], mark["id"]) for mark in marks] == [("#note-1", "note-1-here"), ("#note-2", "note-2-here")]
    back = notes.all("a")[1]
    assert (back["href"], back["aria-label"]) == ("#note-2-here", "Back to note 2 in the text")


@pytest.mark.parametrize(("number", "listed"), [(0, 0), (2, 0), (3, 0), (4, 4), (5, 5)])
def test_four_headings_make_a_list_of_them(number, listed):
    body = "".join(f"<h2>Part {n}</h2><p>Text.</p><h3>Detail</h3>" for n in range(number))
    shown = page(make_article("a", body=body))
    links = [link for nav in shown.all("nav", class_="contents") for link in nav.all("a")]
    ids = [element["id"] for element in shown if "id" in element.attributes]
    assert len(links) == listed
    assert len(ids) == len(set(ids))
    assert {link["href"].removeprefix("#") for link in links} <= set(ids)


def test_every_heading_can_be_linked_to():
    shown = page(make_article("a", body="<h2>Costs</h2><p>x</p><h3>Steel</h3>"))
    assert [shown.one("h2", id="h-costs").text, shown.one("h3", id="h-steel").text] == ["Costs", "Steel"]


def test_files_stand_under_the_article_with_what_they_are():
    article = make_article("a")
    for position, (kind, size) in enumerate([("pdf", 2_500_000), ("csv", 900)]):
        document = Document.objects.create(
            file=f"documents/{position:032}.{kind}",
            kind=kind,
            bytes=size,
            sha256=str(position),
            title=f"The <{kind}> figures",
            language="de",
            dated=datetime.date(2026, 5, 1),
        )
        ArticleFile.objects.create(article=article, document=document, position=-position + 5)
    entries = page(article).one("section", class_="files").all("li")
    assert [" ".join(entry.text.split()) for entry in entries] == [
        "The <csv> figures CSV, 900 bytes · German · 1 May 2026",
        "The <pdf> figures PDF, 2.4 MB · German · 1 May 2026",
    ]
    link = entries[1].one("a")
    assert (link["href"], link["download"]) == (f"/media/documents/{0:032}.pdf", "the-pdf-figures.pdf")


def test_a_feed_has_the_pictures_with_whole_addresses():
    picture = make_picture(rendered=True)
    make_article("a", body=f"<p>One [[note: a note]].</p><p>[[picture:{picture.pk}]]</p>")
    feed = Client().get("/feed/").content.decode()
    assert f"http://testserver{picture.file.url}" in feed
    assert "[[" not in feed
    assert "a note" in feed


# --- recordings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "source", "kept"),
    [
        (YOUTUBE, "https://www.youtube-nocookie.com/embed/abcdefghijk?autoplay=1", YOUTUBE),
        (
            "https://youtu.be/abcdefghijk?t=30&si=x",
            "https://www.youtube-nocookie.com/embed/abcdefghijk?autoplay=1",
            YOUTUBE,
        ),
        (
            "https://m.youtube.com/shorts/abcdefghijk",
            "https://www.youtube-nocookie.com/embed/abcdefghijk?autoplay=1",
            YOUTUBE,
        ),
        (
            "https://vimeo.com/123456",
            "https://player.vimeo.com/video/123456?autoplay=1&dnt=1",
            "https://vimeo.com/123456",
        ),
        (
            "https://vimeo.com/123456/abcdef0123",
            "https://player.vimeo.com/video/123456?autoplay=1&dnt=1&h=abcdef0123",
            "https://vimeo.com/123456/abcdef0123",
        ),
        (
            "https://www.dailymotion.com/video/x8abcde",
            "https://geo.dailymotion.com/player.html?video=x8abcde",
            "https://www.dailymotion.com/video/x8abcde",
        ),
        (
            "https://dai.ly/x8abcde",
            "https://geo.dailymotion.com/player.html?video=x8abcde",
            "https://www.dailymotion.com/video/x8abcde",
        ),
        (
            "https://soundcloud.com/who/what?utm_source=x",
            "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fwho%2Fwhat&auto_play=true",
            "https://soundcloud.com/who/what",
        ),
        ("https://a.example/b/talk.MP3#t=5", "https://a.example/b/talk.MP3", "https://a.example/b/talk.MP3"),
        ("https://a.example/b.mp4?x=1", "https://a.example/b.mp4?x=1", "https://a.example/b.mp4?x=1"),
    ],
)
def test_a_link_is_played_by_its_host_and_kept_under_one_address(link, source, kept):
    found = player(link)
    assert found is not None
    assert (found.source, found.page) == (source, kept)
    again = player(found.page)
    assert again == found


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://www.youtube.com/watch?v=abcdefghijk",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/watch?v=abcdefghij%22",
        "https://www.youtube.com.evil.example/watch?v=abcdefghijk",
        "https://evil.example/?x=youtube.com/watch?v=abcdefghijk",
        "https://user@vimeo.com/123456",
        "https://vimeo.com:444/123456",
        "https://vimeo.com/channels/x",
        "https://soundcloud.com/who",
        "https://rutube.ru/video/1/",
        "https://a.example/b.exe",
        "javascript:alert(1)//.mp4",
        "data:video/mp4,x.mp4",
        "//a.example/b.mp4",
        "https://[::1",
        "https:///b.mp4",
    ],
)
def test_nothing_else_is_played(link):
    assert player(link) is None


def test_a_recording_is_a_link_that_names_its_host_and_nothing_of_it_is_on_the_page():
    still = make_picture(rendered=True)
    recording = Recording.objects.create(url=YOUTUBE, title="A <talk>", still=still, minutes=12)
    answer = Client().get(make_article("a", body=f"<p>[[recording:{recording.pk}]]</p>").get_absolute_url())
    figure = pages.read(answer).one("figure", class_="recording")
    link = figure.one("a")
    assert (link["href"], link["rel"]) == (YOUTUBE, "noopener noreferrer external")
    assert "A <talk> 12 minutes · Play — loads from www.youtube-nocookie.com" in " ".join(link.text.split())
    assert figure["data-source"] == "https://www.youtube-nocookie.com/embed/abcdefghijk?autoplay=1"
    assert figure.one("img")["src"].startswith("/media/")
    shown = pages.read(answer)
    assert [element for tag in ("iframe", "video", "audio", "object", "embed") for element in shown.all(tag)] == []
    assert [
        script["src"] for script in shown.all("script") if "src" in script.attributes and "recordings" in script["src"]
    ]


def test_a_page_without_a_recording_does_not_load_its_script():
    assert "recordings.js" not in Client().get(make_article("a").get_absolute_url()).content.decode()


def test_a_passage_found_shows_the_words_of_notes_and_no_brackets():
    picture = make_picture()
    make_article("a", body=f"<p>[[picture:{picture.pk}]]</p><p>Barrels [[note: of <em>crude</em> oil]] were sold.</p>")
    shown = pages.read(Client().get("/search/?q=barrels")).one("main").text
    assert "Barrels of crude oil were sold." in " ".join(shown.split())
    assert "[[" not in shown
