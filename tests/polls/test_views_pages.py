"""The pages of polls, and what every public page promises: the same bytes for everybody, and nothing inline."""

from __future__ import annotations

import gzip
import json
import re
import threading
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from django.utils import translation

from articles import colours
from articles.models import Audience, Topic
from polls import dates, lifecycle, passes, tally
from polls.drafting import Asked, offered
from polls_site.headers import PUBLIC_POLICY
from tests import pages
from tests.factories import cast, cast_many, close, finalise, make_article, make_poll, make_section
from tests.readers import Reader
from tests.shared_cache import shared_cache

pytestmark = pytest.mark.django_db


@pytest.fixture
def counting(redis_cache):
    """The counting service is at work: documents are in Redis and its heart beats."""

    def count(*polls):
        for poll in polls:
            tally.recount(poll.pk)
        tally.beat_heart()

    return count


@pytest.fixture
def site():
    """An article with a poll under it and one in its body, and the pages on which they stand."""
    under, within = make_poll("under", options=["Yes", "No"]), make_poll("within", state="closed")
    body = "<p>Text.</p><p>[[poll:within]]</p><p>More.</p>"
    # A number in the first part of the sitemap, however many articles other tests have made.
    article = make_article("an-article", id=4_999, body=body, poll=under, section=make_section("a-section"))
    article.topics.add(Topic.objects.create(slug="a-topic", name="A topic"))
    article.audiences.add(Audience.objects.get(slug="students"))
    return under, within


# Every address of the site by its name. Who adds one says here what it is: a page like any other is in PUBLIC and
# keeps the promises below.
PUBLIC = {
    "articles:home": "/",
    "articles:search": "/search/?q=text",
    "articles:article": "/articles/an-article/",
    "articles:page": "/pages/privacy/",
    "articles:section": "/sections/a-section/",
    "articles:audience": "/for/students/",
    "articles:author": "/authors/an-article-0/",
    "articles:topic": "/topics/a-topic/",
    "articles:authors": "/authors/",
    "articles:topics": "/topics/",
    "articles:archive": "/archive/",
    "articles:month": "/archive/2016/6/",
    "articles:feed": "/feed/",
    "articles:section-feed": "/feed/sections/a-section/",
    "articles:author-feed": "/feed/authors/an-article-0/",
    "articles:topic-feed": "/feed/topics/a-topic/",
    "articles:audience-feed": "/feed/for/students/",
    "polls:archive": "/polls/",
    "polls:poll": "/polls/under/",
}
DATA = {"results": "/polls/under/results.json", "robots": "/robots.txt", "sitemap": "/sitemap.xml"}
DATA |= {"sitemap-part": "/sitemap-pages.xml", "sitemap-articles": "/sitemap-articles-0.xml"}
DATA |= {"accent": f"/accent/0b5d3b-{colours.digest('#0b5d3b')}.css"}
DATA |= {"icon": "/favicon.ico", "manifest": "/manifest.webmanifest"}
PERSONAL = {"mine": "/polls/under/mine/"}
POSTED = {"vote": "/polls/under/vote/", "leave": "/polls/under/mine/leave/"}
POSTED |= {f"{step}_choice": f"/polls/under/mine/{step}/" for step in ("hide", "show")}
# One respondent's pages of a survey (tests/polls/test_views_answer.py).
ANSWERING = {f"polls:answer{page}" for page in ("", "_page", "_review", "_thanks", "_later", "_go_on")}
FILES = {"media"}  # given out where there is a file (tests/articles/test_renditions.py)
SECRET = {"articles:review"}  # for whoever has the link (tests/articles/test_review.py)
# tests/articles/test_styleguide.py
STAFF = {f"styleguide{each}" for each in ("", "-on-paper", "-paper", "-mail", "-error")}
LANGUAGES = ("de", "ar", "zh-hans", "ru", "fr", "es")
PAGES = [*PUBLIC.values(), "/polls/within/", "/polls/?page=2"]
PAGES += [f"/{language}{path}" for language, path in zip(LANGUAGES * 3, PUBLIC.values(), strict=False)]


def names(patterns, prefix=""):
    """The names of all addresses but those of the admin and of signing in (`tests/articles/test_signing_in.py`)."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + str(pattern.name)
        elif pattern.namespace != "admin" and str(pattern.pattern) != "account/":
            yield from names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix)


# --- what every public page promises ------------------------------------------------------------------------------


def test_every_address_of_the_site_is_known_to_these_tests(site):
    assert set(names(get_resolver().url_patterns)) == {
        *PUBLIC,
        *DATA,
        *PERSONAL,
        *POSTED,
        *FILES,
        *SECRET,
        *STAFF,
        *ANSWERING,
    }
    for address in [*PUBLIC.values(), *DATA.values(), *PERSONAL.values()]:
        assert (address, Client().get(address).status_code) == (address, 200)


def test_a_public_page_sets_no_cookie_varies_by_its_coding_alone_and_may_be_kept_by_every_cache(site):
    for path in PAGES:
        answer = Client().get(path, headers={"Accept-Language": "ar", "Cookie": "a=b"})
        assert answer.status_code == 200
        assert dict(answer.cookies) == {}
        assert (path, answer.get("Vary", "")) == (path, "Accept-Encoding")
        assert (path, answer["Cache-Control"]) == (path, "public, max-age=1, stale-while-revalidate=60")


def test_a_public_page_comes_compressed_to_who_takes_that_and_is_the_same_page(site):
    tally.beat_heart()
    plain = Client().get("/articles/an-article/", headers={"Accept-Encoding": "br, gzip;q=0, identity"})
    short = Client().get("/articles/an-article/", headers={"Accept-Encoding": "deflate, gzip, br, zstd"})
    assert "Content-Encoding" not in plain
    assert short["Content-Encoding"] == "gzip"
    assert gzip.decompress(short.content) == plain.content
    assert int(short["Content-Length"]) == len(short.content) < len(plain.content) / 2
    again = Client().get("/articles/an-article/", headers={"Accept-Encoding": "gzip"})
    assert again.content == short.content  # made anew: the same bytes for everybody
    # Who has kept one form is told that nothing has changed, whichever they ask for.
    for kept in (plain["ETag"], short["ETag"]):
        for takes in ("gzip", "identity"):
            again = Client().get("/articles/an-article/", headers={"Accept-Encoding": takes, "If-None-Match": kept})
            assert (kept, takes, again.status_code) == (kept, takes, 304)


def test_a_page_is_made_once_for_all_ways_of_writing_that_it_may_be_compressed(site, settings):
    kept = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "codings", "TIMEOUT": 60}
    settings.CACHES = {**settings.CACHES, "pages": kept}
    Client().get("/articles/an-article/", headers={"Accept-Encoding": "gzip"})
    with CaptureQueriesContext(connection) as queries:
        for takes in ("gzip, deflate", "GZIP;q=0.5", "br, gzip;q=1.0, *;q=0"):
            answer = Client().get("/articles/an-article/", headers={"Accept-Encoding": takes})
            assert (takes, answer["Content-Encoding"]) == (takes, "gzip")
    assert not any("articles_article" in query["sql"] for query in queries)


def test_a_public_page_is_the_same_bytes_for_a_voter_for_others_and_for_staff(site, counting):
    under, within = site
    counting(under, within)
    voter, staff = Reader(), Client()
    staff.force_login(User.objects.create_superuser("editor", password="editor-password"))
    voter.vote(under, "Yes")
    counting(under)
    for path in PAGES:
        tally.beat_heart()  # a slow machine is no counting service that is away
        plain = Client().get(path).content
        assert voter.get(path).content == plain
        assert staff.get(path, headers={"Accept-Language": "ru", "User-Agent": "x"}).content == plain


def test_a_page_is_not_made_anew_for_the_marks_that_other_sites_hang_on_its_address(site, settings):
    kept = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "marks", "TIMEOUT": 60}
    settings.CACHES = {**settings.CACHES, "pages": kept}
    pages_kept = caches["pages"]
    for path, page_2 in (("/articles/an-article/", False), ("/polls/under/", True), ("/polls/", True)):
        pages_kept.clear()
        plain = Client().get(path)
        with CaptureQueriesContext(connection) as queries:
            marked = [Client().get(f"{path}?fbclid={n}&utm_source=a&page=1&page={n}") for n in (3, 3)]
        made_anew = any("articles_article" in query["sql"] or "polls_poll" in query["sql"] for query in queries)
        assert (path, made_anew) == (path, page_2)  # another page of a list is another page
        if not page_2:
            assert {answer.content for answer in marked} == {plain.content}


def test_every_answer_has_the_constant_policy_and_the_other_headers(site):
    for path in [*PAGES, "/polls/under/results.json", "/polls/under/mine/", "/no-such-page/"]:
        answer = Client().get(path)
        assert {
            name: answer[name] for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
        } == {
            "Content-Security-Policy": PUBLIC_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
    assert "unsafe" not in PUBLIC_POLICY
    assert "nonce" not in PUBLIC_POLICY


def test_no_public_page_has_anything_inline_from_elsewhere_or_a_token(site):
    reader = Reader()
    found = [Client().get(path) for path in PAGES if "/feed/" not in path]
    found += [
        # A question that no poll has: refused. The page that asks for the same vote again carries a token, and may.
        reader.send_form("/polls/under/vote/", {"q999999999": "1"}),
        Client().get("/nowhere/"),
        Client().get("/polls/under/mine/"),
    ]
    for answer in found:
        for element in pages.read(answer):
            inline = [name for name in element.attributes if name == "style" or name.startswith("on")]
            assert (answer.request["PATH_INFO"], element.tag, inline) == (answer.request["PATH_INFO"], element.tag, [])
            assert element.tag not in ("style", "iframe", "object", "embed", "base")
            if element.attributes.get("type") == "application/ld+json":
                continue  # data for search engines: no browser runs it
            assert element.tag != "script" or (element["src"].startswith("/static/") and element.children == [])
            for name in ("src", "srcset", "action"):
                assert re.match(r"(/[^/]|$)", element.attributes.get(name, ""))
            assert element.tag != "link" or element["href"].startswith(("/", "http://testserver/"))
            assert element.attributes.get("name") != "csrfmiddlewaretoken"
            assert not element.attributes.get("href", "").lower().startswith("javascript:")


def test_a_page_may_be_asked_for_its_headers_alone_and_for_nothing_else(site):
    for path in [*PAGES, "/polls/under/results.json", "/polls/under/mine/"]:
        answers = [Client().generic(method, path) for method in ("HEAD", "POST", "PUT", "DELETE")]
        assert (path, [answer.status_code for answer in answers]) == (path, [200, 405, 405, 405])
        assert answers[0].content == b""


@pytest.mark.parametrize(
    "path", ["/polls/nothing/", "/polls/draft/", "/polls/draft/mine/", "/polls/draft/results.json"]
)
def test_what_is_not_published_is_not_found(path):
    make_poll("draft", state="draft")
    assert Client().get(path).status_code == 404


def test_a_page_that_is_not_there_says_so_in_the_site_s_own_words():
    page = pages.read(Client().get("/no-such-page/"))
    assert page.one("h1").text == "There is no page at this address"


# --- the poll's page ----------------------------------------------------------------------------------------------


def test_the_poll_s_page_shows_card_table_method_and_the_articles_in_which_it_stands(counting):
    poll = make_poll("a-poll", text="Which way?", options=["Left", "Right"], note="A note.")
    make_article("older", title="The older", poll=poll, days_ago=9)
    make_article("newer", title="The newer", poll=poll, days_ago=2)
    make_article("coming", title="Not yet", poll=poll, days_ago=-2)
    cast_many(poll, [3, 1])
    counting(poll)
    page = pages.read(Client().get("/polls/a-poll/"))
    assert page.one("h1").text == "Which way?"
    named = page.one(class_="byline").all("a")
    assert [(link["href"], link.text) for link in named] == [
        ("/articles/newer/", "The newer"),
        ("/articles/older/", "The older"),
    ]
    rows = [[cell.text for cell in row.all("th") + row.all("td")] for row in page.one("tbody").all("tr")]
    assert rows == [["Left", "3", "75"], ["Right", "1", "25"]]
    assert [term.text for term in page.one("dl", class_="method").all("dt")] == [
        "Who answers",
        "Questions",
        "Field period",
        "Votes",
        "Repeat votes",
        "When results are shown",
        "Weighting",
        "Precision",
        "Carried out by",
        "How to cite",
        "Data",
    ]


@pytest.mark.parametrize("language", ["en", "de", "ar", "zh-hans"])
def test_the_field_period_is_written_as_the_language_writes_dates(language):
    poll = make_poll("a-poll")
    prefix = "" if language == "en" else f"/{language}"
    method = pages.read(Client().get(f"{prefix}/polls/a-poll/")).one("dl", class_="method")
    with translation.override(language):
        written = f"{dates.moment(poll.opens_at)} – {dates.moment(poll.closes_at)}"
    assert written in [row.text for row in method.all("dd")]


def test_the_poll_s_page_tells_what_happened_to_it():
    poll = make_poll("a-poll")
    lifecycle.pause(poll=poll, who="an editor", reason="a doubt")
    page = pages.read(Client().get("/polls/a-poll/"))
    (event,) = page.one("ol", class_="events").all("li")
    assert re.fullmatch(r"Voting was paused on .* Reason: a doubt\.", event.text)
    assert "an editor" not in page.text


# --- the archive --------------------------------------------------------------------------------------------------


def test_a_replaced_poll_and_its_corrected_copy_lead_to_each_other():
    poll = make_poll("with-an-error", options=["Tea", "Cofee"])
    asked = [Asked(text="Which?", options=offered("Tea", "Coffee"))]
    copy = lifecycle.replace(poll=poll, asked=asked, who="ed", reason="A typing error.")
    links = {slug: pages.read(Client().get(f"/polls/{slug}/")) for slug in (poll.slug, copy.slug)}
    assert [a["href"] for a in links[poll.slug].one("p", class_="counted").all("a")] == [f"/polls/{copy.slug}/"]
    assert [a["href"] for a in links[copy.slug].one("p", class_="back").all("a")] == [f"/polls/{poll.slug}/"]


def test_the_archive_lists_running_polls_first_then_closed_ones_by_pages():
    make_poll("running", text="Running?")
    make_poll("coming", text="Coming?", state="scheduled")
    make_poll("resting", text="Resting?", state="paused")
    make_poll("hidden", text="Hidden?", state="draft")
    for number in range(23):
        close(make_poll(f"closed-{number}", text=f"Closed {number}?"), ago=3600 * (number + 1))
    page = pages.read(Client().get("/polls/"))
    running, closed = page.one("main").all("section")
    assert [row.text for row in running.all("h3")] == ["Running?", "Coming?", "Resting?"]
    assert [row.text for row in closed.all("h3")] == [f"Closed {number}?" for number in range(20)]
    assert [link["href"] for link in page.one("nav", class_="pagination").all("a")] == ["?page=2"]
    second = pages.read(Client().get("/polls/?page=2")).one("main").all("section")[1]
    assert [row.text for row in second.all("h3")] == ["Closed 20?", "Closed 21?", "Closed 22?"]


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "", "1e9", "9" * 400, "%00", "٢"])
def test_a_page_number_that_is_none_shows_the_first_or_the_last_page(page):
    make_poll(state="closed")
    assert Client().get(f"/polls/?page={page}").status_code == 200


def test_the_archive_says_of_each_poll_its_state_and_who_took_part(counting):
    poll = make_poll("a-poll")
    cast_many(poll, [2, 1])
    finalise(poll)
    hidden = make_poll("b-poll", results_shown="after_vote")
    cast(hidden, "Yes")
    counting(poll, hidden)
    running, closed = pages.read(Client().get("/polls/")).one("main").all("section")
    assert re.fullmatch(
        r"Closed on .*; final count 3 readers chose to take part, .*\.", closed.one("p", class_="small").text
    )
    assert re.fullmatch(r"Open until [^·]*", running.one("p", class_="small").text)


# --- what was mine ------------------------------------------------------------------------------------------------


def test_my_vote_is_told_to_my_browser_alone_and_kept_by_no_cache(site):
    under = site[0]
    voter, other = Reader(), Reader()
    voted = voter.vote(under, "No").json()
    del voted["results"]
    mine = voter.get("/polls/under/mine/", Accept="application/json")
    assert mine.json() == voted
    assert other.get("/polls/under/mine/", Accept="application/json").json() == {"voted": False}
    for answer in (mine, voter.get("/polls/under/mine/"), other.get("/polls/under/mine/")):
        assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
        assert set(answer.cookies) <= {"csrftoken"}  # of the form that hides the choice


def test_the_page_of_my_vote_shows_choice_receipt_and_the_figures_a_voter_may_see():
    poll = make_poll("a-poll", options=["Left", "Right"], results_shown="after_vote")
    voter = Reader()
    receipt = voter.vote(poll, "Right").json()["receipt"]
    page = pages.read(voter.get("/polls/a-poll/mine/"))
    assert page.one("h1").text == "Your vote was counted: Right."
    assert page.one("code").text == receipt
    card = page.one("section", class_="poll")
    assert (card["data-face"], "data-voted" in card.attributes) == ("figures", True)
    own = card.one("li", class_="own")
    assert (own.one(class_="text").text, own.one(class_="count").text) == ("Right", "1 (100%)")
    assert "hidden" not in own.one(class_="mine").attributes
    others = pages.read(Reader().get("/polls/a-poll/mine/"))
    assert others.one("h1").text == "This browser has not voted in this poll."
    assert [count.text for count in others.all("span", class_="count")] == ["", ""]


def test_a_vote_in_one_poll_is_none_in_another(site):
    voter = Reader()
    voter.vote(make_poll("elsewhere"), "Yes")
    assert voter.get("/polls/under/mine/", Accept="application/json").json() == {"voted": False}


# --- the document -------------------------------------------------------------------------------------------------


def test_the_document_is_kept_for_a_second_and_asked_for_again_by_its_etag(site, counting):
    counting(site[0])
    first = Client().get("/polls/under/results.json")
    again = Client().get("/polls/under/results.json", headers={"If-None-Match": first["ETag"]})
    weak = Client().get("/polls/under/results.json", headers={"If-None-Match": f'"x", W/{first["ETag"]}'})
    cast(site[0])
    counting(site[0])
    moved = Client().get("/polls/under/results.json", headers={"If-None-Match": first["ETag"]})
    assert [(a.status_code, a["Cache-Control"]) for a in (first, again, weak, moved)] == [
        (200, "public, max-age=1"),
        (304, "public, max-age=1"),
        (304, "public, max-age=1"),
        (200, "public, max-age=1"),
    ]
    assert (again["ETag"], again.content) == (first["ETag"], b"")
    assert moved["ETag"] != first["ETag"]
    assert moved.json()["version"] > first.json()["version"]


def test_the_document_has_the_fields_that_were_promised(counting):
    poll = make_poll("a-poll", text="Which?", options=["Left", "Right"], note="A note.")
    cast_many(poll, [2, 1])
    counting(poll)
    document = Client().get("/polls/a-poll/results.json").json()
    question = poll.questions.get()
    left, right = question.options.all()
    assert re.fullmatch("[0-9a-f]{64}", document.pop("sha256"))
    assert document.pop("version") >= 1
    assert document.pop("as_of") > poll.opens_at.isoformat()
    assert document == {
        "poll": "a-poll",
        "state": "open",
        "opens_at": poll.opens_at.isoformat(),
        "closes_at": poll.closes_at.isoformat(),
        "delayed": False,
        "ballots": 3,
        "set_aside": 0,
        "source": "ballots",
        "selection": "self-selected",
        "note": "A note.",
        "figures": {"shown": True},
        "questions": [
            {
                "id": question.pk,
                "name": "q1",
                "text": "Which?",
                "type": "single",
                "asked": 3,
                "base": 3,
                "sums_to": 100,
                "too_close": True,
                "options": [
                    {"id": left.pk, "text": "Left", "votes": 2, "percent": 67},
                    {"id": right.pk, "text": "Right", "votes": 1, "percent": 33},
                ],
            }
        ],
    }


def test_a_pass_opens_the_figures_of_its_own_poll_and_of_no_other(counting):
    mine, other = make_poll("mine-poll", results_shown="after_vote"), make_poll("other", results_shown="after_vote")
    for poll in (mine, other):
        cast(poll)
    counting(mine, other)

    def shown(slug, value):
        return Client().get(f"/polls/{slug}/results.json", {"pass": value}).json()["figures"]["shown"]

    good = passes.issue("mine-poll")
    wrong = ["", "x", good[:-1], good + "A", good.lower(), "ä", "\x00", "A" * 5_000]
    assert shown("mine-poll", good) is True
    assert [shown("other", good), *(shown("mine-poll", value) for value in wrong)] == [False] * 9
    assert Client().get("/polls/mine-poll/results.json").json()["figures"]["shown"] is False


def test_an_unknown_document_is_a_sentence_as_json():
    answer = Client().get("/polls/nothing/results.json")
    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "unknown", "message": "There is no such poll."}}


# --- counting services away ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_page_waits_for_the_first_count_that_another_process_is_making(redis_cache):
    poll = make_poll("a-poll")
    given = connection.settings_dict
    other = psycopg.connect(host=given["HOST"], user=given["USER"], dbname=given["NAME"])
    other.execute("SELECT pg_advisory_xact_lock(%s, %s)", [tally.ADVISORY_SPACE, poll.pk % 2**31])
    threading.Timer(0.3, other.close).start()
    assert Client().get("/polls/a-poll/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_where_no_figures_can_be_had_a_page_says_so_and_when_to_try_again(redis_cache):
    poll = make_poll("a-poll")
    given = connection.settings_dict
    with psycopg.connect(host=given["HOST"], user=given["USER"], dbname=given["NAME"]) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", [tally.ADVISORY_SPACE, poll.pk % 2**31])
        page, document = Client().get("/polls/a-poll/"), Client().get("/polls/a-poll/results.json")
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "5", "no-store")
    assert pages.read(page).one("h1").text == "We cannot answer just now"
    assert (document.status_code, document["Retry-After"]) == (503, "5")
    assert document.json()["error"]["code"] == "away"


# --- a shared cache between readers -------------------------------------------------------------------------------


class Browser:
    """A reader behind the shared cache, with a cookie jar, over real HTTP."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        data = None if body is None else json.dumps(body).encode()
        given = {"Sec-Fetch-Site": "same-origin", **({"Content-Type": "application/json"} if data else {}), **headers}
        request = urllib.request.Request(f"{self.base}{path}", data, given)
        try:
            with self.opener.open(request, timeout=10) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


@pytest.mark.django_db(transaction=True)
def test_a_voter_and_another_reader_behind_one_shared_cache_get_the_same_pages_and_each_their_own_vote(
    live_server, redis_cache
):
    poll = make_poll("under", options=["Yes", "No"])
    article = make_article("an-article", poll=poll)
    (question,) = poll.questions.all()
    vote = {"answers": {question.pk: [question.options.all()[1].pk]}, "place": article.slug}
    tally.recount(poll.pk)
    tally.beat_heart()
    page, mine, results = "/articles/an-article/", "/polls/under/mine/", "/polls/under/results.json"
    json_please = {"Accept": "application/json"}
    with shared_cache(live_server.url.removeprefix("http://")) as cache:
        voter, other = Browser(f"http://{cache.address}"), Browser(f"http://{cache.address}")
        before = voter.ask(page)
        first = voter.ask("/polls/under/vote/", vote)
        second = voter.ask("/polls/under/vote/", vote | {"again": True})
        after, others = voter.ask(page), other.ask(page)
        figures = [reader.ask(results) for reader in (voter, other)]
        own = [reader.ask(mine, **json_please) for reader in (voter, other, voter)]
        cache.now += 1
        later = other.ask(results)
        cache.now += 10
        tally.recount(poll.pk)
        tally.beat_heart()
        late = [reader.ask(page) for reader in (voter, other)]
    assert [answer[0] for answer in (before, first, second, after, others)] == [200, 428, 201, 200, 200]
    assert before == after == others
    assert "set-cookie" not in before[1]
    assert len(voter.jar) == 1
    assert len(other.jar) == 0
    assert figures[0] == figures[1]
    assert later[2] != b""
    assert [json.loads(answer[2])["voted"] for answer in own] == [True, False, True]
    assert late[0] == late[1]
    assert b"1 (100%)" in late[1][2]
    assert b"1 (100%)" not in others[2]
    assert cache.log == [
        ("miss", "GET", page),
        ("passed", "POST", "/polls/under/vote/"),
        ("passed", "POST", "/polls/under/vote/"),
        ("hit", "GET", page),
        ("hit", "GET", page),
        ("miss", "GET", results),
        ("hit", "GET", results),
        ("passed", "GET", mine),
        ("passed", "GET", mine),
        ("passed", "GET", mine),
        (cache.log[10][0], "GET", results),
        ("miss", "GET", page),
        ("hit", "GET", page),
    ]
    assert cache.log[10][0] in ("miss", "revalidated")
    assert set(cache.stored) == {page, results}


def test_a_page_kept_by_the_process_is_given_to_all_and_mixes_neither_languages_nor_sites(site, counting, settings):
    counting(*site)
    ready = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "of this test"}
    settings.CACHES = {**settings.CACHES, "pages": ready}
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    voter = Reader()
    voter.vote(site[0], "Yes")
    first = voter.get("/articles/an-article/")
    with CaptureQueriesContext(connection) as context:
        kept = Client().get("/articles/an-article/")
    german = Client().get("/de/articles/an-article/")
    other = Client().get("/articles/an-article/", headers={"Host": "other.example"})
    assert kept.content == first.content
    assert kept["Cache-Control"] == first["Cache-Control"]
    assert len(context) == 0
    languages = [pages.read(answer).one("html")["lang"] for answer in (kept, german, other)]
    canonical = [pages.read(answer).one("link", rel="canonical")["href"] for answer in (kept, german, other)]
    assert languages == ["en", "de", "en"]
    assert canonical == [
        "http://testserver/articles/an-article/",
        "http://testserver/articles/an-article/",  # it is not translated: the original is its one address
        "http://other.example/articles/an-article/",
    ]


# --- how many queries ---------------------------------------------------------------------------------------------


def queries(path):
    tally.beat_heart()
    with CaptureQueriesContext(
        connection,
    ) as context:
        assert Client().get(path).status_code == 200
    return len(context)


def test_a_list_of_polls_takes_the_same_queries_for_one_and_for_three(counting):
    for number in (0, 1, 2):
        running, closed = make_poll(f"open-{number}"), close(make_poll(f"closed-{number}"))
        make_article(f"article-{number}", poll=running)
        lifecycle.pause(poll=running, who="x")
        counting(running, closed)
        if number == 0:
            one = queries("/polls/"), queries("/polls/open-0/")
    assert (queries("/polls/"), queries("/polls/open-0/")) == one
    assert max(one) <= 10


def test_the_page_of_a_poll_with_many_questions_events_and_articles_takes_ten_queries_at_most(counting):
    poll = make_poll("a-poll", questions=[{"text": f"Question {n}?", "options": "ABCDE"} for n in range(6)])
    for number in range(4):
        make_article(f"article-{number}", poll=poll)
        lifecycle.pause(poll=poll, who="x")
        lifecycle.resume(poll=poll, who="x")
    counting(poll)
    assert queries("/polls/a-poll/") <= 10


def test_the_document_is_read_without_any_query_while_the_counting_service_is_at_work(site, counting):
    counting(site[0])
    assert queries("/polls/under/results.json") == 0


def test_my_vote_takes_few_queries(site, counting):
    voter = Reader()
    voter.vote(site[0], "Yes")
    counting(site[0])
    with CaptureQueriesContext(connection) as context:
        voter.get("/polls/under/mine/", Accept="application/json")
    assert len(context) <= 5


def test_a_vote_is_changed_without_scripts_where_the_poll_allows_it():
    poll = make_poll(slug="changeable", may_change=True, options=["Yes", "No"])
    yes, no = (option.pk for option in poll.questions.get().options.order_by("position"))
    name = f"q{poll.questions.get().pk}"
    reader = Reader()
    reader.send_form("/polls/changeable/vote/", {name: yes})
    reader.send_form("/polls/changeable/vote/", {name: yes, "again": 1})
    counted = pages.read(reader.get("/polls/changeable/mine/"))
    (link,) = [a for a in counted.all("a") if a.text == "Change my vote"]
    asked = pages.read(reader.get(f"/polls/changeable/mine/{link['href']}"))
    form = asked.one("form", class_="ask")
    fields = {field["name"]: field["value"] for field in form.all("input") if field["type"] == "hidden"}
    (checked,) = [field for field in form.all("input") if "checked" in field.attributes]
    assert (fields["replaces"], checked["value"]) == ("1", str(yes))
    answer = reader.send_form("/polls/changeable/vote/", {**fields, name: no})
    assert answer.status_code == 303
    assert "Your vote was counted: No." in reader.get("/polls/changeable/mine/").content.decode()
