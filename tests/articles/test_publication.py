"""The record of the publication on every page: name, colour, pages, language, time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from articles import colours, publication
from articles.models import HomeLead, Page, Picture, Publication, SocialLink
from articles.sitemaps import A_PART
from tests import pages
from tests.factories import make_article, make_poll, make_publication

pytestmark = pytest.mark.django_db


def page(path, status=200):
    answer = Client().get(path)
    assert (path, answer.status_code) == (path, status)
    return pages.read(answer)


def style_sheets(path="/"):
    return [link["href"] for link in page(path).all("link", rel="stylesheet")]


# --- what every page says -------------------------------------------------------------------------------------------


def test_masthead_and_footer_say_what_the_record_says():
    record = make_publication(
        name="The Harbour Letter",
        strapline="Ports and what they cost",
        footer="Printed nowhere.\nRead anywhere.",
        contact_email="desk@harbour.example",
    )
    SocialLink.objects.create(publication=record, name="Second", url="https://b.example/@h", position=2)
    SocialLink.objects.create(publication=record, name="First", url="https://a.example/@h", position=1)
    found = page("/polls/")
    assert found.one("header", class_="masthead").one("a", class_="name").text == "The Harbour Letter"
    footer = found.one("footer")
    assert "Ports and what they cost" in footer.text
    assert "Printed nowhere." in footer.text
    assert footer.one("a", href="mailto:desk@harbour.example").text == "desk@harbour.example"
    links = [link for link in footer.all("a") if link["href"].startswith("https://")]
    assert [(link.text, link["href"]) for link in links] == [
        ("First", "https://a.example/@h"),
        ("Second", "https://b.example/@h"),
    ]
    assert all("noopener" in link["rel"] for link in links)


def test_a_site_with_nothing_but_a_name_has_a_front_page_that_stands():
    make_publication(name="The Harbour Letter", strapline="Ports and what they cost")
    home = page("/")
    assert home.one("main").one("h1").text == "The Harbour Letter"
    assert home.one("main").one(class_="standfirst").text == "Ports and what they cost"
    assert home.one(class_="empty").text == "Nothing has been published yet."
    footer = [link.text for link in home.one("footer").all("a")]
    assert footer[:4] == ["Home", "Privacy", "Accessibility", "All polls"]
    for link in home.all("a"):
        if link["href"].startswith("/"):
            assert (link["href"], Client().get(link["href"]).status_code) == (link["href"], 200)


def test_a_logo_stands_before_the_name_with_its_alternative_text():
    logo = Picture.objects.create(
        file="pictures/logo.png", width=300, height=100, sha256="0" * 64, name="Logo", alt="An anchor", credit="Us"
    )
    # `width` and `height` are read from the file where it is stored; this one is a row without a file.
    Picture.objects.filter(pk=logo.pk).update(width=300, height=100)
    make_publication(logo=logo)
    image = page("/polls/").one("header", class_="masthead").one("a", class_="name").one("img")
    assert (image["alt"], image["src"], image["width"], image["height"]) == (
        "An anchor",
        "/media/pictures/logo.png",
        "300",
        "100",
    )


def test_texts_of_the_record_are_text_wherever_they_stand():
    attack = '"><script>alert(1)</script>'
    record = make_publication(name=attack, strapline=attack, footer=attack)
    SocialLink.objects.create(publication=record, name=attack, url="https://a.example/")
    Page.objects.create(title=attack, slug="a-page", in_menu=True, published_at=timezone.now())
    for path in ("/", "/pages/a-page/", "/feed/", "/none/"):
        assert "<script>alert" not in Client().get(path).content.decode()


# --- the accent -------------------------------------------------------------------------------------------------------


def test_an_accent_of_ones_own_is_a_style_sheet_that_is_kept_for_ever():
    make_publication(accent="#0B5D3B")
    (address,) = [address for address in style_sheets() if "accent" in address]
    assert address == f"/accent/0b5d3b-{colours.digest('#0b5d3b')}.css"
    answer = Client().get(address)
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content.decode() == colours.style_sheet("#0b5d3b")
    assert dict(answer.cookies) == {}


def test_the_accent_of_the_site_s_own_sheet_needs_no_other():
    make_publication()
    with open("articles/static/articles/tokens.css", encoding="utf-8") as css:
        assert re.findall(r"--accent: (#[0-9a-f]{6})", css.read())[0] == Publication().accent
    assert [address for address in style_sheets() if "accent" in address] == []


@pytest.mark.parametrize("address", ["0b5d3b-000000000000", "0b5d3c-" + colours.digest("#0b5d3b"), "zzzzzz-0", "x"])
def test_no_other_style_sheet_can_be_asked_for(address):
    assert Client().get(f"/accent/{address}.css").status_code == 404


@pytest.mark.parametrize(
    ("colour", "sentence"),
    [
        ("#ffcc00", "The nearest colour that works: #"),
        ("#fbfaf7", "The nearest colour that works: #"),
        ("red", "Write the colour as # and six digits, such as #7a1f2b."),
        ("#12345", "Write the colour as # and six digits, such as #7a1f2b."),
        ("#7a1f2b;}", "Write the colour as # and six digits, such as #7a1f2b."),
    ],
)
def test_a_colour_in_which_nothing_could_be_read_is_refused_with_one_that_can(colour, sentence):
    with pytest.raises(ValidationError) as refused:
        Publication(name="A", accent=colour).full_clean()
    (said, *_more) = refused.value.message_dict["accent"]
    assert sentence in said
    if "nearest" in sentence:
        Publication(name="A", accent=re.findall("#[0-9a-f]{6}", said)[-1]).full_clean()


# --- plain pages ----------------------------------------------------------------------------------------------------


def test_a_plain_page_is_read_at_its_address_and_stands_in_menu_and_footer_as_it_says():
    now = timezone.now()
    Page.objects.create(
        title="About us", slug="about", body="<p>We <em>write</em>.</p>", in_menu=True, published_at=now
    )
    Page.objects.create(title="Hidden", slug="hidden", in_footer=False, published_at=now)
    Page.objects.create(title="Draft", slug="draft", in_menu=True)
    Page.objects.create(title="Later", slug="later", in_menu=True, published_at=now + timedelta(hours=1))
    about = page("/pages/about/")
    assert about.one("main").one("h1").text == "About us"
    assert about.one("main").one("em").text == "write"
    sections = about.one("header", class_="masthead").one("nav", **{"aria-label": "Sections"})
    assert [link.text for link in sections.all("a")] == ["Polls", "About us", "Search"]
    footer = [link.text for link in about.one("footer").all("a")]
    assert footer[:5] == ["Home", "About us", "Privacy", "Accessibility", "All polls"]
    assert sections.one("a", href="/pages/about/")["aria-current"] == "true"
    page("/pages/hidden/")
    page("/pages/draft/", 404)
    page("/pages/later/", 404)
    page("/pages/none/", 404)


def test_every_new_site_says_what_a_vote_stores_and_how_accessible_it_is():
    assert [(p.role, p.slug) for p in Page.objects.order_by("position")] == [
        ("privacy", "privacy"),
        ("accessibility", "accessibility"),
    ]
    privacy = page("/pages/privacy/").one("main")
    assert next(heading.text for heading in privacy.all("h2")) == "When you vote in a poll"
    assert "400 days" in privacy.text
    assert "nobody else has confirmed it" in page("/pages/accessibility/").one("main").text


def test_a_card_leads_to_the_page_about_privacy_and_without_one_to_the_footer():
    make_article("an-article", poll=make_poll("a-poll"))
    Page.objects.filter(role="privacy").update(slug="your-data")

    def links():
        cards = [page(path).one("section", class_="poll") for path in ("/articles/an-article/", "/polls/a-poll/", "/")]
        return [link["href"] for card in cards for link in card.all("a") if link.text == "Privacy"]

    assert links() == ["/pages/your-data/"] * 3
    Page.objects.filter(role="privacy").update(published_at=None)
    assert links() == ["#privacy"] * 3
    assert page("/").one(id="privacy").one("h2").text == "What a vote stores"


# --- the home page --------------------------------------------------------------------------------------------------


def test_what_the_editors_put_at_the_top_leads_in_their_order_and_stands_nowhere_else():
    record = make_publication()
    newest, second, first = (make_article(title=title, days_ago=n) for n, title in enumerate(["New", "Two", "One"], 1))
    coming = make_article(title="Coming", days_ago=-1)
    for position, article in ((0, coming), (1, first), (2, second)):
        HomeLead.objects.create(publication=record, article=article, position=position)
    home = page("/")
    assert home.one("article", class_="lead").one("h2").text == "One"
    assert [heading.text for heading in home.one(class_="also-leading").all("h2")] == ["Two"]
    assert [heading.text for heading in home.all("h3")] == [newest.title]


def test_the_featured_poll_stands_on_the_home_page_while_readers_may_see_it():
    featured = make_poll("featured")
    make_article(title="Asking", poll=make_poll("newest"))
    record = make_publication(featured_poll=featured)
    assert page("/").one("section", class_="poll")["data-poll"] == "featured"
    Publication.objects.filter(pk=record.pk).update(featured_poll=make_poll("hidden", state="draft"))
    assert page("/").one("section", class_="poll")["data-poll"] == "newest"


# --- language and time ----------------------------------------------------------------------------------------------


def test_a_language_that_is_not_shown_leads_nowhere():
    make_article("an-article")
    make_publication(languages=["en", "de"])
    for path in ("/de/", "/de/articles/an-article/", "/de/polls/"):
        page(path)
    for path in ("/fr/", "/fr/articles/an-article/", "/fr/polls/", "/en/"):
        assert page(path, 404).one("html")["lang"] == "en"


def test_the_publication_s_own_language_has_no_prefix_and_the_others_have_theirs():
    written = make_article("an-article", title="The way", title_de="Der Weg", poll=make_poll("a-poll"))
    make_publication(name_de="Der Brief", default_language="de", languages=["de", "en"])
    german, english = page("/articles/an-article/"), page("/en/articles/an-article/")
    assert (german.one("html")["lang"], german.one("h1").text) == ("de", "Der Weg")
    assert (english.one("html")["lang"], english.one("h1").text) == ("en", "The way")
    assert german.one("a", class_="name")["href"] == "/"
    assert english.one("a", class_="name")["href"] == "/en/"
    assert german.one("section", class_="poll").one("form")["action"] == "/polls/a-poll/vote/"
    page("/de/articles/an-article/", 404)
    part = Client().get(f"/sitemap-articles-{written.pk // A_PART}.xml").content.decode()
    assert ("/articles/an-article/</loc>" in part, "/en/" in part) == (True, False)
    make_publication(languages=["en", "de"])
    assert page("/articles/an-article/").one("html")["lang"] == "en"
    assert page("/de/articles/an-article/").one("a", class_="name")["href"] == "/de/"


def test_dates_are_those_of_the_record_s_time_zone_and_no_others_after_the_request():
    poll = make_poll("a-poll", closes_at=datetime(2099, 1, 1, 17, 0, tzinfo=UTC))
    make_article("an-article", poll=poll, published_at=datetime(2020, 6, 1, 20, 30, tzinfo=UTC))
    make_publication(time_zone="Asia/Tokyo")
    article = page("/articles/an-article/")
    assert article.one("article", class_="article").all("time")[0].text == "2 June 2020"
    assert article.one(class_="state").text == "Open until 2 January 2099, 02:00 JST"
    card = article.one("section", class_="poll")
    assert (card["data-zone"], card["data-zone-name"]) == ("Asia/Tokyo", "JST")
    assert timezone.get_current_timezone_name() == "UTC"
    make_publication()
    assert page("/articles/an-article/").one(class_="state").text == "Open until 1 January 2099, 17:00 UTC"


def test_after_a_failed_request_language_and_zone_are_those_of_before(settings):
    settings.ROOT_URLCONF = "tests.polls_site.broken_urls"
    make_publication(time_zone="Asia/Tokyo", default_language="de", languages=["de"])
    before = translation.get_language(), timezone.get_current_timezone_name()
    assert Client(raise_request_exception=False).get("/broken/").status_code == 500
    assert (translation.get_language(), timezone.get_current_timezone_name()) == before


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "UTC\n", "europe/berlin"])
def test_what_is_no_time_zone_is_refused_in_a_sentence(name):
    with pytest.raises(ValidationError) as refused:
        Publication(name="A", time_zone=name).full_clean()
    assert "is not a time zone; write Europe/Berlin, for example." in refused.value.message_dict["time_zone"][0]


# --- what it costs --------------------------------------------------------------------------------------------------


def test_a_page_reads_the_record_once_and_votes_and_figures_never(monkeypatch):
    make_article("an-article", poll=make_poll("a-poll"))
    make_publication()
    for path, times in (("/articles/an-article/", 1), ("/feed/", 1), ("/polls/a-poll/results.json", 0)):
        with CaptureQueriesContext(connection) as context:
            assert Client().get(path).status_code == 200
        assert (path, sum("articles_publication" in query["sql"] for query in context)) == (path, times)


def test_a_process_keeps_the_record_as_long_as_a_page_and_reads_it_anew_when_told(monkeypatch):
    monkeypatch.setattr(publication, "KEPT_SECONDS", 60)
    make_publication(name="Before")
    publication.forget()
    assert page("/polls/").one("a", class_="name").text == "Before"
    Publication.objects.update(name="After")
    with CaptureQueriesContext(connection) as context:
        assert page("/polls/").one("a", class_="name").text == "Before"
    assert [query for query in context if "articles_publication" in query["sql"]] == []
    publication.forget()
    assert page("/polls/").one("a", class_="name").text == "After"
