"""Pages in several languages: which are real translations, the way from one to another, what is said of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from articles import languages
from articles.models import Page, Section, Topic
from polls import spoken, tally
from polls.models import Ballot, Option, Question
from tests import pages
from tests.factories import answers, make_article, make_poll, make_publication
from tests.readers import Reader

pytestmark = pytest.mark.django_db
GERMAN: dict[str, Any] = {"title_de": "Der Hafen", "standfirst_de": "Kurz gesagt.", "body_de": "<p>Am Hafen.</p>"}


def page(path: str, status: int = 200) -> pages.Element:
    answer = Client().get(path)
    assert (path, answer.status_code) == (path, status)
    return pages.read(answer)


def alternates(path: str) -> list[tuple[str, str]]:
    links = page(path).one("head").all("link", rel="alternate")
    return [
        (each["hreflang"], each["href"].removeprefix("http://testserver"))
        for each in links
        if "hreflang" in each.attributes
    ]


def canonical(path: str) -> str:
    return page(path).one("link", rel="canonical")["href"].removeprefix("http://testserver")


def switcher(path: str) -> list[tuple[str, str, str]]:
    """Language, address and what is said beside it of each choice."""
    found = page(path).one("details", class_="languages").all("a")
    return [(each["hreflang"], each["href"], " ".join(s.text for s in each.all(class_="small"))) for each in found]


@pytest.fixture
def three() -> Any:
    return make_publication(languages=["en", "de", "ar"], strapline="", footer="")


# --- what is a translation ------------------------------------------------------------------------------------------


def test_only_a_translated_title_and_text_make_an_alternate_for_search_engines(three: Any) -> None:
    make_article("harbour", **GERMAN)
    expected = [("en", "/articles/harbour/"), ("de", "/de/articles/harbour/"), ("x-default", "/articles/harbour/")]
    assert alternates("/articles/harbour/") == alternates("/de/articles/harbour/") == expected
    make_article("half", title_de="Nur ein Titel")
    assert alternates("/articles/half/") == alternates("/de/articles/half/") == []


def test_a_language_that_is_not_shown_is_no_alternate() -> None:
    make_publication(languages=["en", "ar"])
    make_article("harbour", **GERMAN)
    assert alternates("/articles/harbour/") == []
    assert Client().get("/de/articles/harbour/").status_code == 404


def test_the_one_address_of_what_is_not_translated_is_the_original(three: Any) -> None:
    make_article("harbour", **GERMAN)
    make_article("english")
    assert canonical("/de/articles/harbour/") == "/de/articles/harbour/"
    assert canonical("/de/articles/english/") == canonical("/articles/english/") == "/articles/english/"


def test_lists_are_pages_of_the_languages_in_which_their_names_are_given(three: Any) -> None:
    Section.objects.create(slug="ports", name="Ports", name_de="Häfen")
    assert [code for code, _url in alternates("/sections/ports/")] == ["en", "de", "x-default"]
    assert canonical("/ar/sections/ports/") == "/sections/ports/"
    assert [code for code, _url in alternates("/archive/")] == ["en", "de", "ar", "x-default"]
    three.strapline, three.strapline_ar = "Analysis", "تحليل"
    three.save()
    assert [code for code, _url in alternates("/archive/")] == ["en", "ar", "x-default"]


def test_a_plain_page_and_a_poll_have_alternates_by_the_same_rule(three: Any) -> None:
    Page.objects.filter(slug="privacy").update(i18n={"title_de": "Datenschutz", "body_de": "<p>Was wir speichern.</p>"})
    assert [code for code, _url in alternates("/pages/privacy/")] == ["en", "de", "x-default"]
    poll = make_poll("harbour-poll", text="Which port?", options=["North", "South"])
    Question.objects.filter(poll=poll).update(i18n={"text_de": "Welcher Hafen?"})
    assert alternates("/polls/harbour-poll/") == []
    options = Option.objects.filter(question__poll=poll).order_by("position")
    for option, text in zip(options, ["Nord", "Süd"], strict=True):
        Option.objects.filter(pk=option.pk).update(i18n={"text_de": text})
    assert [code for code, _url in alternates("/polls/harbour-poll/")] == ["en", "de", "x-default"]


def test_the_own_language_need_not_be_english_and_can_be_translated_into_english() -> None:
    make_publication(default_language="de", languages=["de", "en"], name="Der Hafenbrief", strapline="")
    make_article("hafen", title="Der Hafen", body="<p>Am Hafen.</p>", title_en="The harbour", body_en="<p>There.</p>")
    make_article("nur-deutsch", title="Nur deutsch", body="<p>So.</p>")
    assert page("/articles/hafen/").one("h1").text == "Der Hafen"
    english = page("/en/articles/hafen/")
    assert (english.one("h1").text, "lang" in english.one("h1").attributes) == ("The harbour", False)
    assert alternates("/en/articles/hafen/")[-1] == ("x-default", "/articles/hafen/")
    other = page("/en/articles/nur-deutsch/")
    assert (other.one("h1").text, other.one("h1")["lang"]) == ("Nur deutsch", "de")


# --- the switcher ---------------------------------------------------------------------------------------------------


def test_the_switcher_leads_to_the_same_page_and_says_what_is_not_translated(three: Any) -> None:
    make_article("harbour", **GERMAN)
    assert switcher("/de/articles/harbour/") == [
        ("en", "/articles/harbour/", ""),
        ("de", "/de/articles/harbour/", ""),
        ("ar", "/ar/articles/harbour/", switcher_word("de")),
    ]
    links = page("/articles/harbour/").one("details", class_="languages").all("a")
    assert [(each.one("span", lang=each["hreflang"]).text) for each in links] == ["English", "Deutsch", "العربية"]
    assert [each.attributes.get("aria-current") for each in links] == ["true", None, None]


def switcher_word(language: str) -> str:
    with translation.override(language):
        return translation.gettext("not translated")


def test_the_switcher_keeps_what_was_asked_for(three: Any) -> None:
    found = {code: url for code, url, _said in switcher("/de/search/?q=port+%22deep%22&year=2016")}
    assert found["en"] == "/search/?q=port+%22deep%22&year=2016"
    assert found["ar"] == "/ar/search/?q=port+%22deep%22&year=2016"


def test_a_site_of_one_language_has_no_switcher() -> None:
    make_publication(languages=["en"])
    assert page("/polls/").all("details", class_="languages") == []


def test_the_page_of_ones_own_vote_keeps_its_address_and_changes_its_language(three: Any) -> None:
    make_poll("harbour-poll")
    found = {code: url for code, url, _said in switcher("/polls/harbour-poll/mine/?back=/polls/")}
    assert found["de"] == "/polls/harbour-poll/mine/?back=%2Fpolls%2F&language=de"
    assert page("/polls/harbour-poll/mine/?language=de").one("html")["lang"] == "de"


def test_an_error_page_offers_the_languages_too(three: Any) -> None:
    found = page("/de/articles/none/", 404).one("details", class_="languages").all("a")
    assert [each["href"] for each in found] == ["/articles/none/", "/de/articles/none/", "/ar/articles/none/"]


# --- what is not translated -----------------------------------------------------------------------------------------


def test_an_untranslated_article_says_so_and_names_the_language_of_every_part(three: Any) -> None:
    make_article("harbour", title="The harbour", body="<p>Down there.</p>", title_ar="الميناء")
    found = page("/ar/articles/harbour/")
    assert found.one("html")["dir"] == "rtl"
    assert "lang" not in found.one("h1").attributes
    original = found.one(class_="original").one("a")
    assert (original["href"], original["lang"], original.text) == ("/articles/harbour/", "en", "English")
    text = found.one(class_="prose").one("div", lang="en")
    assert (text["dir"], text.text) == ("ltr", "Down there.")
    english = page("/articles/harbour/")
    assert english.all(class_="original") == []
    assert english.one("main").all(lang="en") == []


def test_a_poll_is_shown_in_a_language_only_where_all_of_it_is_translated(three: Any) -> None:
    poll = make_poll("harbour-poll", text="Which port?", options=["North", "South"])
    question = poll.questions.get()
    Question.objects.filter(pk=question.pk).update(i18n={"text_de": "Welcher Hafen?"})
    half = page("/de/polls/harbour-poll/")
    assert (half.one("h1").text, half.one("h1")["lang"]) == ("Which port?", "en")
    assert {each["lang"] for each in half.one(class_="poll").all("span", lang="en")} == {"en"}
    assert len(half.one(class_="poll").all(class_="original")) == 1
    for option, text in zip(question.options.order_by("position"), ["Nord", "Süd"], strict=True):
        Option.objects.filter(pk=option.pk).update(i18n={"text_de": text})
    whole = page("/de/polls/harbour-poll/")
    assert (whole.one("h1").text, "lang" in whole.one("h1").attributes) == ("Welcher Hafen?", False)
    assert whole.one(class_="poll").all(class_="original") == []


def test_a_scale_is_translated_only_where_it_has_as_many_words() -> None:
    poll = make_poll(questions=[{"text": "How far?", "kind": "likert", "options": (), "labels": "Not at all\nA lot"}])
    question = poll.questions.get()
    for labels, whole in (("Gar nicht", False), ("Gar nicht\nSehr", True)):
        Question.objects.filter(pk=question.pk).update(i18n={"text_de": "Wie sehr?", "labels_de": labels})
        assert spoken.whole(type(poll).objects.whole().get(pk=poll.pk), language="de") is whole


# --- one poll, one count --------------------------------------------------------------------------------------------


def test_votes_cast_in_three_languages_are_one_count(three: Any) -> None:
    poll = make_poll("harbour-poll", text="Which port?", options=["North", "South"])
    Question.objects.filter(poll=poll).update(i18n={"text_de": "Welcher Hafen?", "text_ar": "أي ميناء؟"})
    options = Option.objects.filter(question__poll=poll).order_by("position")
    for option, german, arabic in zip(options, ["Nord", "Süd"], ["الشمال", "الجنوب"], strict=True):
        Option.objects.filter(pk=option.pk).update(i18n={"text_de": german, "text_ar": arabic})
    given = answers(poll, "South")
    for language in ("en", "de", "ar"):
        reader = Reader()
        assert reader.send_json(poll, given, language=language).status_code == 428
        assert reader.send_json(poll, given, language=language, again=True).status_code == 201
    assert sorted(Ballot.objects.values_list("language", flat=True)) == ["ar", "de", "en"]
    tally.recount(poll.pk, wait=True)
    for path, words in (("", "South"), ("/de", "Süd"), ("/ar", "الجنوب")):
        found = page(f"{path}/polls/harbour-poll/")
        rows = found.one("form", class_="ask").all("li", class_="option")
        assert [(row.one("label").text, row.one(class_="count").text) for row in rows][1][0] == words
        assert "3" in rows[1].one(class_="count").text or "٣" in rows[1].one(class_="count").text


# --- who has read the translation -----------------------------------------------------------------------------------


def test_the_footer_says_where_no_native_speaker_has_read_the_interface(three: Any) -> None:
    assert languages.reviewed("en")
    assert page("/polls/").one("footer").all(class_="unreviewed") == []
    for language in ("de", "ar"):
        expected = 0 if languages.reviewed(language) else 1
        assert len(page(f"/{language}/polls/").one("footer").all(class_="unreviewed")) == expected


def test_what_a_request_knows_of_languages_ends_with_it() -> None:
    make_publication(default_language="de", languages=["de", "en"])
    for path in ("/", "/admin/login/"):
        Client().get(path)
        assert (path, spoken.own(), spoken.at_desk.get()) == (path, "en", False)


# --- the other languages of a publication that is not written in English --------------------------------------------


@pytest.fixture
def german() -> Any:
    """A publication in German with English beside it, and an article of which the English is there."""
    make_publication(default_language="de", languages=["de", "en"], strapline="")
    section = Section.objects.create(slug="haefen", name="Häfen", name_en="Ports")
    words: dict[str, Any] = {"title": "Der Hafen", "body": "<p>Die Schiffe liegen am Kai.</p>"}
    english: dict[str, Any] = {"title_en": "The harbour", "body_en": "<p>Ships lie alongside the quays.</p>"}
    article = make_article("hafen", section=section, **words, **english)
    make_article("nur-deutsch", title="Nur deutsch", body="<p>Ohne Schleusen.</p>", section=section)
    article.topics.add(Topic.objects.create(slug="seefahrt", name="Seefahrt", name_en="Seafaring"))
    make_poll("welcher-hafen", text="Welcher Hafen?", options=["Nord", "Süd"])
    return article


def test_lists_search_and_feeds_of_english_stay_in_english(german: Any) -> None:
    at = german.published_at
    places = ["", "sections/haefen/", "topics/", "topics/seefahrt/", "authors/", "archive/", "polls/", "search/?q=quay"]
    for path in (*places, f"archive/{at.year}/{at.month}/", "for/students/", "articles/hafen/", "pages/privacy/"):
        found = page(f"/en/{path}")
        assert (path, found.one("html")["lang"]) == (path, "en")
        leads = [each for each in found.one("body").all("a") if each.attributes.get("href", "").startswith("/")]
        elsewhere = {each["href"] for each in leads if not each["href"].startswith("/en/")}
        ways = {each["href"] for each in found.all("a") if each.attributes.get("hreflang") == "de"}
        back = {each["href"] for each in found.all("a") if each.attributes.get("lang") == "de"}
        files = {href for href in elsewhere if href.startswith(("/media/", "/static/"))}
        assert (path, elsewhere - ways - back - files) == (path, set())
        for each in found.one("head").all("link", rel="alternate"):
            if "hreflang" not in each.attributes:
                assert each["href"].startswith("/en/feed/")


def test_translations_into_english_are_found_by_their_words_and_untranslated_articles_by_their_own(german: Any) -> None:
    def found(path: str) -> list[str]:
        return [each.text for each in page(path).one("main").all("h2") if each.all("a")]

    assert found("/en/search/?q=ship") == ["The harbour"]
    assert found("/en/search/?q=schleusen") == ["Nur deutsch"]
    assert found("/en/search/?q=harbuor") == ["The harbour"]
    assert found("/search/?q=schiffe") == ["Der Hafen"]
    assert found("/search/?q=quays") == []


def test_the_feeds_of_english_are_english(german: Any) -> None:
    feed = json.loads(Client().get("/en/feed/sections/haefen/json/").content)
    assert (feed["language"], feed["home_page_url"]) == ("en", "http://testserver/en/sections/haefen/")
    assert sorted((item["title"], item["language"]) for item in feed["items"]) == [
        ("Nur deutsch", "de"),
        ("The harbour", "en"),
    ]
