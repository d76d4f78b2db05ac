"""A choice hidden on a shared device: told to nobody there without the receipt, and counted all the same."""

from __future__ import annotations

import pytest
from django.test import Client

from polls.models import Ballot
from tests import pages
from tests.factories import answers, make_poll, make_publication
from tests.readers import Reader

pytestmark = pytest.mark.django_db

HIDDEN = "A vote from this browser was counted."


@pytest.fixture
def poll():
    return make_poll("a-poll", options=["Peace", "War"], results_shown="after_vote", may_change=True)


@pytest.fixture
def voter(poll):
    found = Reader()
    found.vote(poll, "Peace")
    return found


@pytest.fixture
def receipt(voter):
    return voter.get("/polls/a-poll/mine/", Accept="application/json").json()["receipt"]


def post(reader, address, fields=None, **headers):
    given = {**reader.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return reader.client.post(address, fields or {}, headers=given, **reader.environ)


def press(reader, page, name):
    """Press the button of one of the forms on a page, with what its fields hold."""
    form = pages.read(page).one("form", class_=name)
    fields = {field["name"]: field.attributes.get("value", "") for field in form.all("input")}
    return reader.client.post(form["action"], fields, headers=reader.headers, **reader.environ)


def own_rows(page):
    return [row.one(class_="text").text for row in page.all("li", class_="own")]


def test_by_the_form_of_the_page_the_choice_is_gone_and_the_vote_is_not(voter, poll, receipt):
    page = voter.get("/polls/a-poll/mine/?back=/polls/a-poll/")
    assert own_rows(pages.read(page)) == ["Peace"]
    answer = press(voter, page, "hide-choice")
    assert (answer.status_code, answer["Location"]) == (
        303,
        "/polls/a-poll/mine/?back=%2Fpolls%2Fa-poll%2F&language=en",
    )
    page = pages.read(voter.get("/polls/a-poll/mine/"))
    assert page.one("h1").text == HIDDEN
    assert own_rows(page) == []
    assert [count.text for count in page.all("span", class_="count")] == ["1 (100%)", "0 (0%)"]
    assert receipt not in page.text
    assert page.all("form", class_="hide-choice") == []
    assert "Change my vote" not in page.text
    assert Ballot.objects.count() == 1


def test_the_cookie_is_of_one_poll_readable_by_no_script_and_lives_as_long_as_the_voters(voter, poll):
    answer = post(voter, "/polls/a-poll/mine/hide/")
    cookie = answer.cookies["hidden-a-poll"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 400 * 86_400)
    assert "no-store" in answer["Cache-Control"]


def test_the_script_is_told_that_there_is_a_vote_and_nothing_of_it(voter, poll):
    assert post(voter, "/polls/a-poll/mine/hide/", Accept="application/json").json() == {"hidden": True}
    mine = voter.get("/polls/a-poll/mine/", Accept="application/json").json()
    told = {name: mine[name] for name in ("voted", "hidden", "words", "receipt", "may_change", "revision")}
    assert told == {"voted": True, "hidden": True, "words": "", "receipt": "", "may_change": False, "revision": 1}
    assert list(mine["choice"].values()) == [[]]
    figures = voter.get(f"/polls/a-poll/results.json?pass={mine['pass']}").json()
    assert figures["figures"] == {"shown": True}


@pytest.mark.parametrize("guess", ["Peace", "War"])
def test_whoever_guesses_by_voting_again_learns_nothing_and_adds_nothing(voter, poll, guess):
    post(voter, "/polls/a-poll/mine/hide/")
    answer = voter.send_json(poll, answers(poll, guess))
    told = answer.json()
    mine = told.get("mine", told)
    assert (mine["hidden"], mine["words"], mine["receipt"]) == (True, "", "")
    assert Ballot.objects.count() == 1


@pytest.mark.parametrize("written", [str.lower, str, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_the_receipt_shows_it_again_however_it_is_written(voter, poll, receipt, written):
    post(voter, "/polls/a-poll/mine/hide/")
    answer = post(voter, "/polls/a-poll/mine/show/", {"receipt": written(receipt)})
    assert answer.status_code == 303
    assert own_rows(pages.read(voter.get("/polls/a-poll/mine/"))) == ["Peace"]


@pytest.mark.parametrize("typed", ["", "AAAA-BBBB-CCCC-DDDD", "<script>", "é" * 5000, "\0"])
def test_any_other_words_show_nothing_and_are_answered_at_the_field(voter, poll, typed):
    post(voter, "/polls/a-poll/mine/hide/")
    answer = post(voter, "/polls/a-poll/mine/show/", {"receipt": typed})
    page = pages.read(answer)
    assert answer.status_code == 422
    field = page.one("input", id="receipt")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "receipt-fault")
    assert page.one(id="receipt-fault").text == "This is not the receipt of the vote from this browser."
    assert own_rows(page) == []


def test_the_page_keeps_its_language_through_hiding_a_wrong_receipt_and_the_right_one(voter, poll, receipt):
    make_publication(languages=["en", "ar"])

    def language(answer):
        return pages.read(answer).one("html")["lang"]

    answer = press(voter, voter.get("/polls/a-poll/mine/?language=ar"), "hide-choice")
    hidden = voter.get(answer["Location"])
    wrong = press(voter, hidden, "show-choice")
    assert (answer.status_code, language(hidden), wrong.status_code, language(wrong)) == (303, "ar", 422, "ar")
    fields = {"receipt": receipt, "language": "ar"}
    answer = post(voter, "/polls/a-poll/mine/show/", fields)
    assert (answer["Location"], language(voter.get(answer["Location"]))) == ("/polls/a-poll/mine/?language=ar", "ar")
    assert post(voter, "/polls/a-poll/mine/show/", fields | {"language": "xx"})["Location"] == "/polls/a-poll/mine/"


@pytest.mark.parametrize("step", ["hide", "show"])
def test_no_other_site_hides_or_shows_anything(voter, poll, step):
    page = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    answer = voter.client.post(f"/polls/a-poll/mine/{step}/", headers=page, **voter.environ)
    assert (answer.status_code, "hidden-a-poll" in answer.cookies) == (403, False)
    assert own_rows(pages.read(voter.get("/polls/a-poll/mine/"))) == ["Peace"]


def test_without_the_browsers_word_the_token_of_the_page_is_needed(voter, poll):
    reader = Reader(headers={})
    reader.client.cookies = voter.client.cookies
    assert post(reader, "/polls/a-poll/mine/hide/").status_code == 403
    page = reader.get("/polls/a-poll/mine/")
    assert press(reader, page, "hide-choice").status_code == 303
    assert pages.read(reader.get("/polls/a-poll/mine/")).one("h1").text == HIDDEN


def test_who_has_not_voted_hides_nothing(poll):
    reader = Reader()
    assert post(reader, "/polls/a-poll/mine/hide/", Accept="application/json").json() == {"hidden": False}
    assert dict(reader.client.cookies) == {}
    assert post(reader, "/polls/unknown/mine/hide/").status_code == 404
    assert Client().get("/polls/a-poll/mine/hide/").status_code == 405
