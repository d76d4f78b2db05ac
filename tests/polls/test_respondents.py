"""Who votes without an account: the cookie, its key, and the key of a ballot."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from polls import respondents
from polls.models import Ballot, Series
from tests.factories import make_poll
from tests.readers import Reader

FORMER, PRESENT = "f" * 50, "p" * 50


def request_with(cookies=None, port="80"):
    request = RequestFactory().get("/", SERVER_PORT=port)
    request.META["SERVER_PORT"] = port
    request.COOKIES = cookies or {}
    return request


def new_cookie(port="80"):
    """Name and value of a cookie as it is given to a browser."""
    response = HttpResponse()
    respondents.give_cookie(request_with(port=port), response)
    ((name, morsel),) = response.cookies.items()
    return name, morsel.value


def read(name, value, port="80"):
    return respondents.read(request_with({name: value}, port))


def test_every_cookie_is_another_number_that_tells_nothing():
    numbers = {read(*new_cookie()) for _ in range(100)}
    assert len(numbers) == 100
    assert {len(number) for number in numbers if number} == {22}


def test_a_browser_without_our_cookie_is_nobody():
    assert respondents.read(request_with()) is None
    assert respondents.read(request_with({"sessionid": new_cookie()[1]})) is None


def test_one_changed_letter_makes_a_cookie_void():
    name, value = new_cookie()
    for place, letter in enumerate(value):
        other = "A" if letter != "A" else "B"
        assert read(name, value[:place] + other + value[place + 1 :]) is None
    assert read(name, value) is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "x" * 64,
        "\x00",
        "ä",
        "{value} ",
        " {value}",
        "{value}.x",
        "{value}\n",
        '"{value}"',
        "x" * 5_000,
    ],
)
def test_what_we_did_not_write_is_nobody(value):
    name, good = new_cookie()
    assert read(name, value.replace("{value}", good)) is None


@given(st.text())
def test_no_text_is_taken_for_a_cookie_of_ours(text):
    assert read("voter-80", text) is None


def test_the_cookie_of_another_port_is_of_another_site():
    name, value = new_cookie(port="8001")
    assert name == "voter-8001"
    assert read(name, value, port="8001") is not None
    assert read(name, value, port="8002") is None


def test_two_sites_with_different_keys_do_not_know_each_other_s_voters():
    with override_settings(SECRET_KEY=FORMER):
        name, value = new_cookie()
    with override_settings(SECRET_KEY=PRESENT, SECRET_KEY_FALLBACKS=[]):
        assert read(name, value) is None


def test_a_cookie_of_a_former_key_names_the_same_voter_while_that_key_is_a_fallback():
    with override_settings(SECRET_KEY=FORMER):
        name, value = new_cookie()
        before = read(name, value)
    with override_settings(SECRET_KEY=PRESENT, SECRET_KEY_FALLBACKS=["x" * 50, FORMER]):
        assert read(name, value) == before
        assert new_cookie()[1].split(".")[0] != value.split(".")[0]


@pytest.mark.django_db
def test_who_voted_before_the_secret_was_changed_still_votes_once(settings):
    poll, reader = make_poll(), Reader()
    settings.SECRET_KEY = FORMER
    first = reader.vote(poll, "Yes")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = PRESENT, [FORMER]
    again, other = reader.vote(poll, "Yes"), reader.vote(poll, "No")
    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert again.json()["receipt"] == first.json()["receipt"]
    assert Ballot.objects.filter(poll=poll).count() == 1


@pytest.mark.django_db
def test_a_pass_given_before_the_secret_was_changed_still_opens_the_figures(settings):
    poll, reader = make_poll(results_shown="after_vote"), Reader()
    settings.SECRET_KEY = FORMER
    given_pass = reader.vote(poll, "Yes").json()["pass"]
    address = f"/polls/{poll.slug}/results.json?pass={given_pass}"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = PRESENT, [FORMER]
    assert reader.get(address).json()["figures"] == {"shown": True}
    settings.SECRET_KEY_FALLBACKS = []
    assert reader.get(address).json()["figures"]["shown"] is False


def test_the_key_of_a_ballot_joins_inside_a_series_and_nowhere_else():
    here, there = b"h" * 32, b"t" * 32
    key = respondents.voter_key(series_key=here, voter="one")
    assert len(key) == 32
    assert key == respondents.voter_key(series_key=here, voter="one")
    assert (
        len(
            {
                key,
                respondents.voter_key(series_key=here, voter="two"),
                respondents.voter_key(series_key=there, voter="one"),
            }
        )
        == 3
    )


@pytest.mark.django_db
def test_the_ballots_of_one_browser_have_one_key_in_a_series_and_another_in_each_other_poll():
    series = Series.objects.create()
    first, second, other = make_poll(series=series), make_poll(series=series), make_poll()
    reader = Reader()
    for poll in (first, second, other):
        reader.vote(poll, "Yes")
    keys = [bytes(Ballot.objects.get(poll=poll).voter_key) for poll in (first, second, other)]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


@pytest.mark.django_db
def test_a_second_browser_is_a_second_voter_and_a_cleared_one_too():
    poll = make_poll()
    reader = Reader()
    outcome = [reader.vote(poll, "Yes").status_code, Reader().vote(poll, "No").status_code]
    reader.client.cookies.clear()
    outcome.append(reader.vote(poll, "No").status_code)
    assert outcome == [201, 201, 201]  # not preventable without an account: limited, and said on the page
