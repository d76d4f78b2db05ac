"""What is said when a page cannot be given: in plain words, with a way on, without a database where it may be away."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone, translation

from articles.models import Article
from polls_site import headers
from polls_site.urls import handler400, handler429
from polls_site.urls import urlpatterns as of_the_site
from tests import pages
from tests.factories import make_article


def raising(error: Exception):
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    path("too-big/", raising(RequestDataTooBig("a secret inside"))),
    path("closed/", raising(PermissionDenied("a secret inside"))),
    path("too-often/", headers.too_often),
    path("broken/", raising(RuntimeError("a secret inside"))),
    *of_the_site,
]
BARE = ["400", "413", "429", "500", "503"]
WAYS = {"/search/", "/", "/archive/", "/polls/"}


def ways(page):
    """Where the page itself leads, its masthead and footer left out."""
    main = page.one("main")
    return {link["href"] for link in main.all("a")} | {form["action"] for form in main.all("form")}


@pytest.mark.parametrize("status", BARE)
def test_a_page_for_what_is_broken_needs_neither_database_nor_request_nor_manifest(status):
    # Without `django_db`: a query would fail this test.
    page = pages.read(HttpResponse(render_to_string(f"{status}.html")))
    assert [label.text for label in page.all("p", class_="label")] == [status]
    assert page.one("h1").text
    assert len(page.one("p", class_="standfirst").text) > 30
    assert [sheet["href"] for sheet in page.all("link", rel="stylesheet")] == [
        "/static/articles/tokens.css",
        "/static/articles/site.css",
    ]
    assert ways(page) == (WAYS if status in {"400", "413", "429"} else {"", "/"})


@pytest.mark.parametrize("status", BARE)
def test_it_is_mirrored_where_the_language_is_written_from_the_right(status):
    with translation.override("ar"):
        page = pages.read(HttpResponse(render_to_string(f"{status}.html")))
    assert (page.one("html")["lang"], page.one("html")["dir"]) == ("ar", "rtl")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/no-such-page/", 404, "There is no page at this address"),
        ("/closed/", 403, "You do not have access to this page"),
        ("/too-big/", 413, "This is too long to send"),
        ("/too-often/", 429, "This has been tried too often"),
        ("/broken/", 500, "Something went wrong here"),
    ],
)
def test_each_error_has_its_status_its_words_and_a_way_on(settings, address, status, heading):
    settings.ROOT_URLCONF = "tests.polls_site.test_errors"
    answer = Client(raise_request_exception=False).get(address)
    page = pages.read(answer)
    assert (answer.status_code, page.one("h1").text) == (status, heading)
    assert page.all("p", class_="label")[0].text == str(status)
    assert "/" in ways(page)
    assert "a secret inside" not in answer.content.decode()


@pytest.mark.django_db
def test_a_page_that_is_not_there_leads_to_the_search_in_its_own_language():
    assert ways(pages.read(Client().get("/de/no-such-page/"))) == {f"/de{way}" for way in WAYS}


@pytest.mark.django_db
def test_a_withdrawn_article_says_why_and_leads_on():
    article = make_article("an-article")
    withdrawn = {"withdrawn_at": timezone.now(), "withdrawal_notice": "Its figures were wrong."}
    Article.objects.filter(pk=article.pk).update(**withdrawn)
    answer = Client().get("/articles/an-article/")
    page = pages.read(answer)
    assert (answer.status_code, page.one("p", class_="standfirst").text) == (410, "Its figures were wrong.")
    assert ways(page) == WAYS


@pytest.mark.django_db
def test_when_to_try_again_is_said_to_programs_as_to_readers():
    answer = headers.too_often(RequestFactory().get("/account/login/"))
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert "wait a few minutes" in pages.read(answer).one("p", class_="standfirst").text


def test_django_and_the_accounts_use_these_pages():
    assert (handler400, handler429) == ("polls_site.headers.not_understood", "polls_site.headers.too_often")
