"""The staff's page of components: every state of the real templates, and not a row written."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from articles import styleguide
from polls import samples
from polls.models import State
from polls.questions import TYPES
from polls.sample_words import ARABIC
from tests import pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("editor", password="editor-password"))
    return client


def rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_it_shows_every_component_and_stores_nothing(staff):
    before = rows()
    page = pages.read(staff.get("/styleguide/"))
    assert rows() == before
    named = [heading.text for heading in page.all("h3", class_="label")]
    assert len(named) == len(set(named)) + 2  # "Open", "Final" and the like stand in two rooms
    faces = {poll["data-face"] for poll in page.all("section", class_="poll")}
    states = {poll["data-state"] for poll in page.all("section", class_="poll")}
    assert faces == {"ask", "ask-figures", "start", "figures"}
    assert states == {str(state.value) for state in State} - {"draft"}


def test_every_type_of_question_is_shown_before_and_after(staff):
    assert {asks.kind for asks in samples.EVERY_TYPE} == set(TYPES)
    page = pages.read(staff.get("/styleguide/"))
    shown = {element["data-type"] for element in page if "data-type" in element.attributes}
    assert shown == set(TYPES)
    pictured = [image["src"] for image in page.all("img", class_="choice-picture")]
    assert pictured == ["/icon-512.png"] * 3


def test_files_are_shown_without_asking_the_database_for_any(staff):
    page = pages.read(staff.get("/styleguide/"))
    names = [link.text for link in page.one("section", class_="files").all("a")]
    assert names == ["The accounts of the harbour", "Tonnage by month"]


def test_it_speaks_the_language_of_the_address_or_of_the_account(staff):
    for address, language in (("/styleguide/", "en"), ("/styleguide/?language=ar", "ar")):
        page = pages.read(staff.get(address))
        assert (page.one("html")["lang"], page.one("html")["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    words = {element.text for element in page.all("label", class_="text")}
    assert {"سكة حديد جديدة", "طريق أوسع"} <= words
    session = staff.session
    session["language"] = "ar"
    session.save()
    assert pages.read(staff.get("/styleguide/")).one("html")["lang"] == "ar"
    for address, language in (("?language=de", "de"), ("paper/?language=de", "de"), ("?language=xx", "ar")):
        assert pages.read(staff.get(f"/styleguide/{address}")).one("html")["lang"] == language


def test_every_word_of_a_sample_has_its_arabic(staff):
    said = [(one.text, *one.options, (one.fields or {}).get("labels", "Yes")) for one in samples.EVERY_TYPE]
    words = [word for each in said for word in each]
    assert [word for word in words if word not in ARABIC] == []


def test_no_id_stands_on_it_twice(staff):
    page = pages.read(staff.get("/styleguide/"))
    ids = [element["id"] for element in page if "id" in element.attributes]
    assert [each for each in sorted(set(ids)) if ids.count(each) > 1] == []


def test_no_script_of_it_may_run_and_no_cache_may_keep_it(staff):
    answer = staff.get("/styleguide/")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "private" in answer["Cache-Control"]


def test_on_paper_it_is_the_same_components_with_all_that_the_style_sheets_say_of_paper(staff):
    screen, paper = (pages.read(staff.get(address)) for address in ("/styleguide/", "/styleguide/paper/"))
    assert [heading.text for heading in paper.all("h3")] == [heading.text for heading in screen.all("h3")]
    sheets = [link["href"] for link in paper.all("link", rel="stylesheet")]
    assert sheets[-2:] == ["/styleguide/paper.css", "/static/articles/print.css"]
    assert "/styleguide/paper.css" not in [link["href"] for link in screen.all("link", rel="stylesheet")]
    answer = staff.get("/styleguide/paper.css")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    said = answer.content.decode()
    for sheet in settings.ROOT.glob("*/static/*/*.css"):
        if sheet.name in ("tokens.css", "site.css", "polls.css", "answer.css"):
            for block in re.findall(r"@media print \{(.*?)\n?\}$", sheet.read_text(), re.DOTALL | re.MULTILINE):
                assert block in said
    assert (settings.ROOT / "articles/static/articles/print.css").read_text() in said
    assert "@media print" not in said


@pytest.mark.parametrize(
    "address", ["/styleguide/", "/styleguide/paper/", "/styleguide/paper.css", "/styleguide/errors/500/"]
)
def test_it_is_for_those_who_work_here(address):
    stranger, reader = Client(), Client()
    assert stranger.get(address)["Location"] == f"/account/login/?next={address}"
    reader.force_login(User.objects.create_user("somebody", password="a-password"))
    assert reader.get(address).status_code == 404


@pytest.mark.parametrize("name", ["400", "403", "404", "413", "429", "500", "503"])
def test_each_error_page_can_be_looked_at(staff, name):
    answer = staff.get(f"/styleguide/errors/{name}/")
    assert (answer.status_code, pages.read(answer).all("p", class_="label")[0].text) == (200, name)


def test_no_other_template_can_be_looked_at(staff):
    assert staff.get("/styleguide/errors/base/").status_code == 404


def test_the_state_of_a_card_after_a_script_is_told_in_the_words_of_the_card(staff):
    page = pages.read(staff.get("/styleguide/"))
    busy = [button.text for button in page.all("button", aria_disabled="true", type="submit")]
    assert busy == ["Sending…", "Sending…"]
    said = [notice.text for notice in page.all("p", class_="notice") if "hidden" not in notice.attributes]
    assert [sentence.split()[0] for sentence in said] == ["Not", "Your", "This"]


def test_what_is_written_from_the_right_stands_in_its_own_language(staff):
    page = pages.read(staff.get("/styleguide/"))
    right = page.all("div", dir="rtl")
    assert [each["lang"] for each in right] == ["ar", "ar", "ar"]


@pytest.mark.parametrize("asks", samples.EVERY_TYPE, ids=lambda asks: asks.kind)
@pytest.mark.parametrize("votes", [0, 1, 108, 1_234_567])
def test_the_figures_of_a_sample_are_sound(asks, votes):
    card = samples.card(asks, votes=votes, state=State.CLOSED)
    (question,) = card.questions
    assert (question.base, card.document["ballots"]) == (votes, votes)
    if TYPES[asks.kind].ADDS_UP and question.options and votes:
        assert sum(option.votes or 0 for option in question.options) == votes
    assert all((option.votes or 0) <= votes for option in question.options)


def test_rooms_have_names_of_their_own(rf):
    request = rf.get("/styleguide/")
    request.user = User(username="editor")
    names = [room.name for room in styleguide.rooms(request)]
    assert len(names) == len(set(names)) == 6
