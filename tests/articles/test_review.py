"""Review links: an article before it is published, for a stranger; what they say; and the checklist of the desk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import checklist, lifecycle, reviewing
from articles.models import Article, Correction, FormerAddress, Page, Picture, ReviewLink, ReviewNote, Topic, Writing
from polls.models import Ballot
from tests import pages
from tests.articles.test_lifecycle import change, step
from tests.factories import make_article, make_poll, make_section

pytestmark = pytest.mark.django_db


def at_desk(article: Article) -> str:
    return reverse("admin:articles_article_reviews", args=[article.pk])


def made(desk: Client, article: Article, reader: str = "Prof. Lind", days: int = 7) -> str:
    """A link as an editor makes it; its path."""
    token = pages.read(desk.get(at_desk(article))).one("input", name="token")["value"]
    answer = desk.post(at_desk(article), {"token": token, "reader": reader, "days": days})
    shown = pages.read(answer).one("input", readonly="")["value"]
    assert shown == f"http://testserver/review/{token}/"
    return f"/review/{token}/"


def draft(**fields: Any) -> Article:
    return make_article(**{"published_at": None, "title": "Harbours", "body": "<p>Secret words.</p>", **fields})


@pytest.fixture
def stranger(redis_cache: Any) -> Client:
    return Client(enforce_csrf_checks=True)


def send(stranger: Client, path: str, **fields: str) -> Any:
    token = pages.read(stranger.get(path)).one("form", method="post").one("input", name="csrfmiddlewaretoken")["value"]
    return stranger.post(path, {"csrfmiddlewaretoken": token, **fields})


# --- the page -----------------------------------------------------------------------------------------------------


def test_a_stranger_reads_the_draft_and_no_cache_search_engine_or_other_site_learns_of_it(
    desk: Client, stranger: Client
) -> None:
    article = draft()
    answer = stranger.get(made(desk, article))
    page = pages.read(answer)
    assert answer.status_code == 200
    assert page.one("h1").text == "Harbours"
    assert "Secret words." in page.text
    assert "asks Prof. Lind to read this article before it is published" in page.text
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert page.one("meta", name="robots")["content"] == "noindex, nofollow"
    assert page.all("link", rel="canonical") == []
    assert page.all("section", class_="share") == []
    assert "script-src 'self'; style-src 'self'" in answer["Content-Security-Policy"]
    assert stranger.get(article.get_absolute_url()).status_code == 404


def test_a_vote_on_the_page_is_a_test_and_stores_nothing(desk: Client, stranger: Client) -> None:
    poll = make_poll(text="Who pays?", state="draft")
    path = made(desk, draft(poll=poll))
    page = pages.read(stranger.get(path))
    assert page.one("form", class_="ask")["method"] == "get"
    question = poll.questions.get()
    answer = stranger.get(path, {f"q{question.pk}": question.options.get(text="Yes").pk})
    assert "Test vote: Yes. Nothing was stored." in answer.content.decode()
    for wild in ("q9999999999999999999999", f"q{question.pk}"):
        assert stranger.get(path, {wild: "9" * 40}).status_code == 200
    assert Ballot.objects.count() == 0


def test_only_a_digest_is_kept_and_the_same_form_sent_twice_makes_one_link(desk: Client) -> None:
    article = draft()
    token = pages.read(desk.get(at_desk(article))).one("input", name="token")["value"]
    for _twice in range(2):
        desk.post(at_desk(article), {"token": token, "reader": "Prof. Lind", "days": "7"})
    link = ReviewLink.objects.get()
    assert link.digest == reviewing.digest(token)
    assert token not in str(ReviewLink.objects.values().get())
    assert token not in desk.get(at_desk(article)).content.decode()
    assert link.expires_at - link.made_at - timedelta(days=7) < timedelta(seconds=5)
    said = LogEntry.objects.get(object_id=str(article.pk)).change_message
    assert said.startswith("A review link was made for Prof. Lind, valid until ")
    assert token not in said


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"reader": ""}, {"reader": ["This field is required."]}),
        ({"reader": "x" * 121}, {"reader": ["This has 121 characters; at most 120 are allowed."]}),
        ({"days": "0"}, {"days": ["Ensure this value is greater than or equal to 1."]}),
        ({"days": "31"}, {"days": ["Ensure this value is less than or equal to 30."]}),
        ({"days": "x"}, {"days": ["Enter a whole number."]}),
        ({"token": "short"}, {"token": ["Please reload this page."]}),
        ({"token": "a" * 44}, {"token": ["Please reload this page."]}),
    ],
)
def test_a_link_that_cannot_be_made_is_said_at_its_field(
    desk: Client, sent: dict[str, str], errors: dict[str, list[str]]
) -> None:
    article = draft()
    given = {"token": reviewing.new_token(), "reader": "Prof. Lind", "days": "7", **sent}
    answer = desk.post(at_desk(article), given)
    assert answer.context["form"].errors == errors
    assert ReviewLink.objects.count() == 0


def test_an_expired_or_revoked_link_says_so_and_nothing_of_the_article(desk: Client, stranger: Client) -> None:
    article = draft()
    expired, revoked = made(desk, article, "A"), made(desk, article, "B")
    ReviewLink.objects.filter(reader="A").update(expires_at=timezone.now() - timedelta(seconds=1))
    link = ReviewLink.objects.get(reader="B")
    for _twice in range(2):
        assert desk.post(at_desk(article), {"revoke": link.pk}).status_code == 302
    for path in (expired, revoked):
        answer = stranger.get(path)
        assert answer.status_code == 410
        html = answer.content.decode()
        assert "This review link no longer works" in html
        assert "Harbours" not in html
        assert "Secret" not in html
        assert answer["Cache-Control"] == "no-store"
    said = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert said[2:] == ["The review link for B was revoked."]
    listed = desk.get(at_desk(article)).content.decode()
    assert "Expired on" in listed
    assert "Revoked on" in listed


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 44, "%00", "ä" * 43, "../admin"])
def test_an_address_that_never_was_one_is_not_found(stranger: Client, token: str) -> None:
    assert stranger.get(f"/review/{token}/").status_code == 404


def test_a_link_of_another_article_is_not_revoked(desk: Client) -> None:
    mine, other = draft(), draft()
    made(desk, other)
    for wild in (ReviewLink.objects.get().pk, "x", "9" * 40):
        desk.post(at_desk(mine), {"revoke": wild})
    assert ReviewLink.objects.get().revoked_at is None


def test_who_asks_too_often_is_told_to_wait(desk: Client, stranger: Client, settings: Any) -> None:
    path = made(desk, draft())
    settings.VOTE_LIMITS_VOTER = ["3/60"]
    assert [stranger.get(path).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = stranger.get(path)
    assert int(answer["Retry-After"]) > 0
    assert "requested too often" in answer.content.decode()
    assert "Harbours" not in answer.content.decode()


# --- what is said -------------------------------------------------------------------------------------------------


def test_what_a_reviewer_says_is_read_at_the_desk_with_the_version_it_was_said_of(
    desk: Client, stranger: Client
) -> None:
    article = draft()
    path = made(desk, article)
    answer = send(stranger, path, verdict="comment", text="<b>Too</b> long.\nCut it.")
    assert answer["Location"] == f"{path}?said=1#review"
    thanks = stranger.get(answer["Location"]).content.decode()
    assert "Thank you: the editors will read what you wrote." in thanks
    assert "&lt;b&gt;Too&lt;/b&gt; long." in thanks
    assert send(stranger, path, verdict="approve").status_code == 302
    notes = list(ReviewNote.objects.values_list("approves", "text", "version"))
    assert notes == [(False, "<b>Too</b> long.\nCut it.", 1), (True, "", 1)]
    form = pages.read(desk.get(change(article))).one("section", class_="life").text
    assert "Prof. Lind" in form
    assert "<b>Too</b> long." in form
    assert "version 1" in form
    assert "changed since" not in form
    Article.objects.update(version=2)
    assert "changed since" in pages.read(desk.get(change(article))).one("section", class_="life").text
    rows = pages.read(desk.get("/admin/articles/article/")).one("td", class_="field-reviewed")
    assert rows.text == "1 approve, 1 comment"


def test_the_same_answer_sent_twice_is_kept_once(desk: Client, stranger: Client) -> None:
    path = made(desk, draft())
    for _twice in range(2):
        assert send(stranger, path, verdict="comment", text="Cut it.").status_code == 302
    assert ReviewNote.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"verdict": ["Please choose one of the two."]}),
        ({"verdict": "burn"}, {"verdict": ["Select a valid choice. burn is not one of the available choices."]}),
        ({"verdict": "comment", "text": " \n "}, {"text": ["Please write what should be changed."]}),
        (
            {"verdict": "comment", "text": "x" * 4001},
            {"text": ["This has 4001 characters; at most 4000 are allowed."]},
        ),
        ({"verdict": "approve", "text": "a\x00b"}, {"text": ["Null characters are not allowed."]}),
    ],
)
def test_an_answer_that_says_nothing_is_said_at_its_field_and_not_kept(
    desk: Client, stranger: Client, sent: dict[str, str], errors: dict[str, list[str]]
) -> None:
    path = made(desk, draft())
    answer = send(stranger, path, **sent)
    assert (answer.status_code, answer.context["form"].errors) == (200, errors)
    assert ReviewNote.objects.count() == 0


def test_an_answer_without_a_token_or_through_a_closed_link_is_not_kept(desk: Client, stranger: Client) -> None:
    path = made(desk, draft())
    assert stranger.post(path, {"verdict": "approve"}).status_code == 403
    token = pages.read(stranger.get(path)).one("form", method="post").one("input", name="csrfmiddlewaretoken")["value"]
    ReviewLink.objects.update(revoked_at=timezone.now())
    assert stranger.post(path, {"verdict": "approve", "csrfmiddlewaretoken": token}).status_code == 410
    link = ReviewLink.objects.select_related("article").get()
    with pytest.raises(lifecycle.Refused, match="since been closed"):
        reviewing.say(link=link, approves=True, text="")
    assert ReviewNote.objects.count() == 0


def test_a_link_takes_no_endless_number_of_notes(desk: Client) -> None:
    article = draft()
    made(desk, article)
    link = ReviewLink.objects.select_related("article").get()
    ReviewNote.objects.bulk_create(ReviewNote(link=link, text=f"No {n}", version=1) for n in range(50))
    with pytest.raises(lifecycle.Refused, match="A great deal has been said"):
        reviewing.say(link=link, approves=True, text="")


def test_who_may_not_change_the_article_makes_no_link(client: Client) -> None:
    article = draft()
    writer = User.objects.create(username="writer", is_staff=True)
    known = Permission.objects.filter(content_type__app_label="articles")
    writer.user_permissions.add(*known.filter(codename__in=["view_article", "change_article"]))
    client.force_login(writer)
    assert client.get(at_desk(article)).status_code == 403
    assert at_desk(article) not in client.get(change(article)).content.decode()


def test_reviews_in_the_list_of_articles_cost_the_same_for_one_and_for_many(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    def reviewed() -> None:
        article = draft()
        for number in range(3):
            link = ReviewLink.objects.create(
                article=article, reader="R", digest=f"{article.pk}-{number}", expires_at=timezone.now()
            )
            link.notes.create(approves=True, version=1)

    def queries() -> int:
        with django_assert_max_num_queries(100) as counted:
            assert desk.get("/admin/articles/article/").status_code == 200
        return len(counted)

    reviewed()
    one = queries()
    reviewed()
    reviewed()
    assert queries() == one


# --- the preview --------------------------------------------------------------------------------------------------


def test_a_preview_is_looked_at_as_wide_as_a_phone_in_a_frame_of_our_own_alone(desk: Client, client: Client) -> None:
    article = draft()
    preview = reverse("admin:articles_article_preview", args=[article.pk])
    phone = reverse("admin:articles_article_width", args=[article.pk, 390])
    assert phone in desk.get(preview).content.decode()
    frame = pages.read(desk.get(phone)).one("iframe")
    assert (frame["src"], frame["width"]) == (f"{preview}?framed=1", "390")
    framed = desk.get(frame["src"])
    assert "frame-ancestors 'self'" in framed["Content-Security-Policy"]
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert "Back to the form" not in framed.content.decode()
    other = desk.get(change(article))
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
    assert other["X-Frame-Options"] == "DENY"
    assert desk.get(reverse("admin:articles_article_width", args=[article.pk, 391])).status_code == 404


# --- the checklist ------------------------------------------------------------------------------------------------


def found(article: Article) -> list[tuple[str, bool]]:
    return [(one.sentence, one.blocks) for one in checklist.check(article, now=timezone.now())]


def picture(**fields: Any) -> Picture:
    given = {"file": "x.jpg", "width": 1, "height": 1, "sha256": fields.get("name", "x"), "credit": "c", **fields}
    return Picture.objects.create(**given)


def test_nothing_is_found_in_an_article_that_lacks_nothing(desk: Client) -> None:
    poll = make_poll(text="Who pays?", options=["The town", "I don’t know"], state="draft")
    good = picture(name="harbour.jpg", alt="A crane lifts a container")
    linked = make_article("linked")
    body = (
        "<h2>One</h2><h3>Two</h3><h2>Three</h2>"
        f"<p>[[picture:{good.pk}]]</p>"
        '<p><a href="/articles/linked/">x</a> <a href="/de/articles/linked/#h-one">x</a> <a href="/">x</a> '
        '<a href="https://example.org/nowhere">x</a> <a href="mailto:a@example.org">x</a> <a href="#h-one">x</a></p>'
    )
    article = draft(body=body, poll=poll)
    assert found(article) == []
    assert linked
    assert "thing to look at" not in desk.get(change(article)).content.decode()


def test_everything_that_lacks_is_said_on_the_form_and_before_publishing_and_only_a_missing_text_stops_it(
    desk: Client,
) -> None:
    poor = picture(name="IMG_1.jpg", alt="IMG_1")
    vague = make_poll("vague", text="Harbours", options=["Yes", "No"], state="draft")
    body = (
        "<h3>Small</h3><p>[[poll:vague]]</p><p>[[picture:999]]</p>"
        '<p><a href="/articles/nowhere/">x</a> <a href="/no/such/page/">x</a></p>'
    )
    article = draft(body=body, standfirst="", authors=0, lead_picture=poor)
    sentences = [
        "There is no summary: lists and search engines show nothing under the title.",
        "The article has no author.",
        "The heading “Small” is one level too low for its place; screen readers rely on the levels.",
        "The text places picture 999, which is not in the library.",
        "The alternative text of the picture “IMG_1.jpg” does not say what it shows.",
        "The link /no/such/page/ does not lead to a page that readers can see.",
        "The link /articles/nowhere/ does not lead to a page that readers can see.",
        "“Harbours” is not a question: it has no question mark.",
        "“Harbours” has no answer for readers who do not know.",
    ]
    assert found(article) == [(sentence, False) for sentence in sentences]
    assert vague
    for address in (change(article), step(article, "publish")):
        items = pages.read(desk.get(address)).one("section", class_="checklist").all("li")
        assert [item.text for item in items] == sentences
    assert desk.post(step(article, "publish"), {"at": ""}).status_code == 302
    # An article without text is not published.
    empty = draft(body="<p> </p>")
    assert found(empty)[0] == ("The article has no text.", True)
    answer = desk.post(step(empty, "publish"), {"at": ""})
    assert answer.context["form"].non_field_errors() == ["This article has no text yet: it cannot be published."]


def test_links_within_the_site_lead_to_what_readers_can_see(settings: Any) -> None:
    settings.BASE_URL = "https://review.example"
    draft(slug="hidden")
    make_article("gone", withdrawn_at=timezone.now(), withdrawal_notice="Wrong.")
    old = make_article("old", archived_at=timezone.now())
    FormerAddress.objects.create(slug="former", article=old)
    make_section("world")
    Topic.objects.create(name="Sea", slug="sea")
    Page.objects.create(title="About", slug="about", published_at=timezone.now())
    Page.objects.create(title="Plan", slug="plan")
    make_poll("open")
    make_poll("not-yet", state="draft")
    good = ["/articles/old/", "/articles/former/", "/sections/world/", "/topics/sea/", "/pages/about/", "/polls/open/"]
    good += ["https://review.example/articles/old/", "/articles/mine/", "/fr/sections/world/", "/feed/", "/archive/"]
    bad = ["/articles/hidden/", "/articles/gone/", "/sections/no/", "/topics/no/", "/pages/plan/", "/polls/not-yet/"]
    bad += ["/de/articles/hidden/", "/xx/articles/old/"]
    text = "".join(f'<p><a href="{path}">x</a></p>' for path in [*good, *bad, "https://review.example/nowhere/", "//["])
    assert set(checklist.leading_nowhere(text, own="mine")) == {*bad, "/nowhere/"}


def test_a_poll_whose_wording_is_seen_already_is_not_found_fault_with() -> None:
    assert found(draft(poll=make_poll(text="Harbours"))) == []


def test_the_heading_of_a_poll_in_another_script_is_a_question() -> None:
    for text in ("من يدفع؟", "谁来付钱？"):
        poll = make_poll(text=text, options=["A", "No opinion"], state="draft")
        assert found(draft(poll=poll)) == []


def test_what_is_deleted_with_an_article_is_said_by_names_that_people_know(desk: Client, editor: User) -> None:
    article = draft()
    made(desk, article)
    ReviewNote.objects.create(link=article.review_links.get(), approves=True, version=1)
    Writing.objects.create(user=editor, article=article)
    Correction.objects.create(article=article, text="It opened in 1974.")
    page = pages.read(desk.get(reverse("admin:articles_article_delete", args=[article.pk])))
    assert [line.text for line in page.one("ul", id="deleted-objects").all("li")] == ["Correction: It opened in 1974."]


def test_the_page_of_publishing_says_what_comes_of_it(desk: Client) -> None:
    poll = make_poll(text="Who pays?", state="draft")
    what = pages.read(desk.get(step(draft(slug="harbours", poll=poll), "publish"))).one("ul", class_="what").text
    assert "Readers will find the article at /articles/harbours/" in what
    assert re.search(r"The poll “Who pays\?” is published with it and closes on \d+ \w+ \d{4}, \d\d:\d\d UTC\.", what)
