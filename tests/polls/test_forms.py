"""The shape of what is sent, and the form that holds a choice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st

from polls.forms import ConfirmationForm, Malformed, Post, own_path, read_post
from polls.paper import Given

FORM = "application/x-www-form-urlencoded"


def posted(body, content_type="application/json"):
    data = body if isinstance(body, bytes) else body.encode()
    return read_post(RequestFactory().generic("POST", "/", data, content_type))


def test_a_vote_as_json_and_as_a_form_say_the_same():
    sent = {"answers": {"7": [3, 4], "8": [9]}, "place": "an-article", "language": "de", "seconds": 12, "again": True}
    by_script = posted(json.dumps({**sent, "replaces": 2}))
    by_form = posted("q7=3&q7=4&q8=9&place=an-article&language=de&seconds=12&again=1&replaces=2&next=/x/", FORM)
    whole: dict[str, Any] = {
        "given": {7: Given((3, 4)), 8: Given((9,))},
        "place": "an-article",
        "language": "de",
        "seconds": 12,
        "again": True,
        "replaces": 2,
    }
    assert by_script == Post(**whole, scripted=True)
    assert by_form == Post(**whole, back="/x/")


def test_what_is_left_out_has_a_plain_meaning():
    assert posted('{"answers": {}}') == Post(scripted=True)
    assert posted("{}") == Post(scripted=True)
    assert posted("x=1", FORM) == Post()


def test_a_form_s_own_fields_are_no_questions():
    assert posted("q=1&q7x=1&xq7=1&q 7=1&Q7=1&q07=1&q0=1&csrfmiddlewaretoken=x&submit=Vote", FORM) == Post()


@pytest.mark.parametrize(("one", "ids"), [("5", [5]), ("[5]", [5]), ('"5"', [5]), (str(10**18), [10**18]), ("[]", [])])
def test_an_option_may_stand_alone_and_be_a_number_in_quotes(one, ids):
    assert posted(f'{{"answers": {{"7": {one}}}}}').given == {7: Given(tuple(ids))}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("", FORM, 415),  # nothing sent has no type
        ("x", "text/plain", 415),
        ("{", "application/json", 400),
        ("{}" + " " * 66_000, "application/json", 413),
        ("q7=x", FORM, 400),
    ],
)
def test_what_is_no_vote_has_a_status_and_a_sentence(body, content_type, status):
    with pytest.raises(Malformed) as refused:
        posted(body, content_type)
    assert refused.value.status == status
    assert refused.value.message.endswith(".")


@given(st.binary(max_size=300), st.sampled_from(["application/json", FORM, "multipart/form-data; boundary=x"]))
def test_any_bytes_are_a_vote_or_malformed_and_nothing_else(body, content_type):
    try:
        post = posted(body, content_type)
    except Malformed:
        return
    assert all(0 < question < 10**19 for question in post.given)
    assert all(0 < option < 10**19 for given in post.given.values() for option in given.options)


@example("\\")
@given(st.text())
def test_a_path_of_ours_begins_with_one_slash_and_holds_no_trick(text):
    for path in (text, "/" + text, "/" + text + "//evil.example"):
        found = own_path(path)
        assert found in ("", path)
        assert not found.startswith(("//", "/\\"))
        assert not set("\t\r\n\x00") & set(found)


@pytest.mark.django_db  # the address is looked up, which asks for the languages of the site
def test_the_form_holds_the_choice_and_what_belongs_to_it_and_nothing_else():
    sent = QueryDict("q7=3&q7=4&place=a&language=de&seconds=9&next=/x/&again=1&evil=1&csrfmiddlewaretoken=x&q=1")
    form = ConfirmationForm(sent, action="/polls/a/vote/", again=False)
    assert form.initial == {"q7": ["3", "4"], "place": ["a"], "language": ["de"], "seconds": ["9"], "next": ["/x/"]}
    assert ConfirmationForm(sent, action="/", again=True).initial["again"] == ["1"]
    assert ConfirmationForm(sent, action="/", again=True, replaces=3).initial["replaces"] == ["3"]
    assert form.helper.form_action == "/polls/a/vote/"
