"""The life of an article: every step by PostgreSQL's clock, noted, safe to repeat; and what readers find meanwhile."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import lifecycle, sitemaps
from articles.lifecycle import Refused
from articles.models import Article, State
from polls.models import Poll
from tests import pages
from tests.factories import cast, make_article, make_poll, make_publication, make_section

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
SEEN = "This article is published: it can be archived or withdrawn."
GONE = "This article is withdrawn; it can be shown to readers again."
WAITS = "This article is scheduled; it can be made a draft again."
WHY = "Please say why: readers find this notice in place of the article."


def draft(**fields: Any) -> Article:
    return make_article(**{"published_at": None, **fields})


def step(article: Article, name: str) -> str:
    return reverse("admin:articles_article_step", args=[article.pk, name])


def change(article: Article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


def state(article: Article) -> State:
    """The state as the database says it, which is also what the row says of itself at PostgreSQL's time."""
    found: Any = Article.objects.with_state().get(pk=article.pk)
    assert found.state(now=lifecycle.clock()) == found.state_now
    return State(found.state_now)


def noted(article: Article) -> list[str]:
    return list(
        LogEntry.objects.filter(object_id=str(article.pk)).order_by("pk").values_list("change_message", flat=True)
    )


# --- the steps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "expected", "public", "published", "withdrawn"),
    [
        ({}, State.DRAFT, 0, 0, 0),
        ({"in_review_at": -1}, State.REVIEW, 0, 0, 0),
        ({"published_at": 1}, State.SCHEDULED, 0, 0, 0),
        ({"published_at": -1}, State.PUBLISHED, 1, 1, 0),
        ({"published_at": -2, "archived_at": -1}, State.ARCHIVED, 1, 0, 0),
        ({"published_at": -2, "withdrawn_at": -1}, State.WITHDRAWN, 0, 0, 1),
        ({"published_at": -3, "archived_at": -2, "withdrawn_at": -1}, State.WITHDRAWN, 0, 0, 1),
    ],
)
def test_the_state_follows_from_the_times_in_python_as_in_the_database(
    times: dict[str, int], expected: State, public: int, published: int, withdrawn: int
) -> None:
    given = {name: timezone.now() + timedelta(hours=hours) for name, hours in times.items()}
    article = draft(withdrawal_notice="Wrong.", **given)
    assert state(article) is expected
    counted = (Article.objects.public(), Article.objects.published(), Article.objects.withdrawn())
    assert [found.count() for found in counted] == [public, published, withdrawn]


def test_a_whole_life_is_noted_line_by_line_and_kept_as_revisions(editor: User) -> None:
    article = draft()
    steps: list[tuple[Any, dict[str, str], State, str]] = [
        (lifecycle.send_to_review, {}, State.REVIEW, "Sent for review."),
        (lifecycle.take_back, {}, State.DRAFT, "Made a draft again."),
        (lifecycle.publish, {}, State.PUBLISHED, "Published."),
        (lifecycle.archive, {}, State.ARCHIVED, "Archived."),
        (lifecycle.withdraw, {"notice": " Wrong figures. "}, State.WITHDRAWN, "Withdrawn: Wrong figures."),
        (lifecycle.withdraw, {"notice": "False."}, State.WITHDRAWN, "The notice was changed: False."),
        (lifecycle.restore, {}, State.ARCHIVED, "Shown to readers again."),
        (lifecycle.unarchive, {}, State.PUBLISHED, "Taken out of the archive."),
    ]
    revisions = article.history.count()
    for do, given, expected, _said in steps:
        for _twice in range(2):
            do(article=article, by=editor, **given)
            assert state(article) is expected
    said = [sentence for *_, sentence in steps]
    assert noted(article) == said
    newest = article.history.all()[: len(steps)]
    assert [(row.history_change_reason, row.history_user) for row in newest] == [(s, editor) for s in reversed(said)]
    assert article.history.count() == revisions + len(steps)


@pytest.mark.parametrize(
    ("times", "do", "given", "sentence"),
    [
        ({"published_at": -1}, "send_to_review", {}, SEEN),
        ({"published_at": -1}, "take_back", {}, SEEN),
        ({}, "withdraw", {"notice": "x"}, "This article is a draft."),
        (
            {"published_at": 1},
            "withdraw",
            {"notice": "x"},
            WAITS,
        ),
        (
            {"published_at": -1},
            "withdraw",
            {"notice": " "},
            "Please say why: readers find this notice in place of the article.",
        ),
        ({"published_at": -1}, "withdraw", {"notice": "x" * 501}, "The notice is too long: 500 characters at most."),
        ({"in_review_at": -1}, "archive", {}, "This article is in review."),
        (
            {"published_at": -1},
            "set_embargo",
            {"until": NOW},
            SEEN,
        ),
        (
            {"published_at": -2, "withdrawn_at": -1},
            "publish",
            {},
            GONE,
        ),
        (
            {"published_at": -2, "withdrawn_at": -1},
            "archive",
            {},
            GONE,
        ),
        ({"body": "<p> </p>"}, "publish", {}, "This article has no text yet: it cannot be published."),
    ],
)
def test_what_is_not_possible_now_is_refused_in_a_sentence_and_changes_nothing(
    editor: User, times: dict[str, Any], do: str, given: dict[str, Any], sentence: str
) -> None:
    now = timezone.now()
    fields = {name: now + timedelta(hours=at) if isinstance(at, int) else at for name, at in times.items()}
    article = draft(withdrawal_notice="Wrong.", **fields)
    before = Article.objects.values().get(pk=article.pk)
    with pytest.raises(Refused) as refused:
        getattr(lifecycle, do)(article=article, by=editor, **given)
    assert refused.value.message == sentence
    assert (Article.objects.values().get(pk=article.pk), noted(article)) == (before, [])


def test_nobody_publishes_before_the_embargo(desk: Client, editor: User) -> None:
    article = draft()
    until = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    asked = desk.post(step(article, "embargo"), {"until": until.strftime("%Y-%m-%dT%H:%M")})
    assert asked["Location"] == change(article)
    article.refresh_from_db()
    assert article.embargo_until == until
    for at in (None, until - timedelta(minutes=1)):
        with pytest.raises(Refused, match=r"under embargo until .*: it cannot be published before"):
            lifecycle.publish(article=article, by=editor, at=at)
    assert "Under embargo until" in desk.get(change(article)).content.decode()
    lifecycle.publish(article=article, by=editor, at=until)
    with pytest.raises(Refused, match="please give it a later time first"):
        lifecycle.set_embargo(article=article, by=editor, until=until + timedelta(minutes=1))
    lifecycle.set_embargo(article=article, by=editor, until=None)
    lifecycle.publish(article=article, by=editor, at=until - timedelta(days=1))
    assert state(article) is State.SCHEDULED


def test_an_article_appears_with_its_poll_at_its_second_without_anybody_doing_anything(
    desk: Client, editor: User, client: Client
) -> None:
    article = draft(poll=make_poll(state="draft"))
    at = lifecycle.clock() + timedelta(seconds=4)
    lifecycle.publish(article=article, by=editor, at=at)
    assert client.get(article.get_absolute_url()).status_code == 404
    # One transaction has one `now()`; the clock of a statement is what decides.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(greatest(0, extract(epoch from %s - clock_timestamp())) + 0.1)", [at])
    assert client.get(article.get_absolute_url()).status_code == 200
    assert state(article) is State.PUBLISHED
    assert article.poll
    assert article.poll.__class__.objects.open().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_step_waits_for_another_editor_and_gives_up_in_words() -> None:
    article, editor = draft(), User.objects.create(username="ed")
    holding, enough = threading.Event(), threading.Event()

    def other() -> None:
        with transaction.atomic():
            Article.objects.select_for_update().get(pk=article.pk)
            holding.set()
            enough.wait(120)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert holding.wait(60)
    begin = time.monotonic()
    with pytest.raises(Refused, match="Nothing was changed; please try again"):
        lifecycle.publish(article=article, by=editor)
    enough.set()
    thread.join()
    assert time.monotonic() - begin >= 1.5
    lifecycle.publish(article=article, by=editor)
    assert state(article) is State.PUBLISHED


# --- what readers find --------------------------------------------------------------------------------------------


def surfaces(client: Client, article: Article) -> dict[str, bool]:
    """On which pages that list articles this one stands."""
    author = article.authors.get()
    places = {
        "home": "/",
        "section": article.section.get_absolute_url(),
        "author": author.get_absolute_url(),
        "feed": "/feed/",
        "section feed": f"/feed/sections/{article.section.slug}/",
        "sitemap": f"/sitemap-articles-{article.pk // sitemaps.A_PART}.xml",
        "search": f"/search/?q={article.title.split()[0]}",
    }
    return {name: article.get_absolute_url() in client.get(path).content.decode() for name, path in places.items()}


def test_drafts_and_scheduled_articles_are_nowhere(client: Client) -> None:
    for at in (None, timezone.now() + timedelta(hours=1)):
        article = make_article(title="Harbours", published_at=at)
        assert client.get(article.get_absolute_url()).status_code == 404
        assert set(surfaces(client, article).values()) == {False}


def test_in_place_of_a_withdrawn_article_stand_title_notice_and_date_and_it_is_in_no_list(
    client: Client, editor: User
) -> None:
    poll = make_poll(text="Who pays?")
    cast(poll, "Yes")
    article = make_article(title="Harbours", body="<p>Secret words.</p>", poll=poll)
    assert set(surfaces(client, article).values()) == {True}
    lifecycle.withdraw(article=article, by=editor, notice="<b>The figures</b> were wrong.")
    answer = client.get(article.get_absolute_url())
    page = pages.read(answer)
    assert answer.status_code == 410
    assert page.one("h1").text == "Harbours"
    assert page.one("p", class_="standfirst").text == "<b>The figures</b> were wrong."
    today = timezone.now()
    assert page.one("p", class_="byline").text == f"This article was withdrawn on {today.day} {today:%B %Y}."
    assert page.one("meta", name="robots")["content"] == "noindex"
    assert "Secret" not in answer.content.decode()
    assert "max-age=1" in answer["Cache-Control"]
    assert client.get(f"/de{article.get_absolute_url()}").status_code == 410
    assert set(surfaces(client, article).values()) == {False}
    # Its poll stays as it is.
    assert client.get(poll.get_absolute_url()).status_code == 200
    assert (poll.ballots.count(), Poll.objects.open().count()) == (1, 1)
    lifecycle.restore(article=article, by=editor)
    assert client.get(article.get_absolute_url()).status_code == 200
    assert set(surfaces(client, article).values()) == {True}


def test_an_archived_article_is_read_with_a_note_and_found_by_search_and_in_no_list(
    client: Client, editor: User
) -> None:
    article = make_article(title="Harbours")
    assert pages.read(client.get(article.get_absolute_url())).all("p", class_="archived") == []
    lifecycle.archive(article=article, by=editor)
    answer = client.get(article.get_absolute_url())
    assert answer.status_code == 200
    assert "This article has been archived since" in pages.read(answer).one("p", class_="archived").text
    found = surfaces(client, article)
    assert {name for name, stands in found.items() if stands} == {"search", "sitemap"}


# --- the pages of the steps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "offered"),
    [
        ({}, ["publish", "review", "embargo"]),
        ({"in_review_at": -1}, ["publish", "take-back", "embargo"]),
        ({"published_at": 1}, ["publish", "unschedule", "embargo"]),
        ({"published_at": -1}, ["archive", "withdraw"]),
        ({"published_at": -1, "archived_at": -1}, ["unarchive", "withdraw"]),
        ({"published_at": -1, "withdrawn_at": -1}, ["notice", "restore"]),
    ],
)
def test_the_form_says_the_state_and_offers_the_next_steps_each_with_a_page(
    desk: Client, times: dict[str, int], offered: list[str]
) -> None:
    given = {name: timezone.now() + timedelta(hours=hours) for name, hours in times.items()}
    article = draft(withdrawal_notice="Wrong.", **given)
    page = pages.read(desk.get(change(article)))
    assert page.one("strong", class_="state").text == state(article).label
    buttons = [link["href"] for link in page.one("ul", class_="steps").all("a")]
    assert buttons == [step(article, name) for name in offered]
    for address in buttons:
        answer = desk.get(address)
        assert pages.read(answer).one("ul", class_="what").text
        assert state(article).label == page.one("strong", class_="state").text  # looking changes nothing


def test_withdrawing_says_what_becomes_of_the_polls_and_asks_for_a_notice(desk: Client) -> None:
    poll = make_poll(text="Who pays?")
    article = make_article(poll=poll)
    page = pages.read(desk.get(step(article, "withdraw")))
    assert (
        "Its polls stay as they are, with their pages and their votes: “Who pays?”."
        in page.one("ul", class_="what").text
    )
    empty = desk.post(step(article, "withdraw"), {"notice": ""})
    assert empty.context["form"].errors == {"notice": [WHY]}
    assert state(article) is State.PUBLISHED
    done = desk.post(step(article, "withdraw"), {"notice": "Wrong."}, follow=True)
    assert "The article has been withdrawn." in done.content.decode()
    # A second press, or another editor's, is told how it stands.
    again = desk.post(step(article, "withdraw"), {"notice": "Wrong."}, follow=True)
    assert "This article is withdrawn: that is not possible now." in again.content.decode()
    assert noted(article) == ["Withdrawn: Wrong."]


@pytest.mark.parametrize(
    ("name", "times", "permission"),
    [
        ("publish", {}, "publish_article"),
        ("embargo", {}, "publish_article"),
        ("unschedule", {"published_at": 1}, "publish_article"),
        ("archive", {"published_at": -1}, "publish_article"),
        ("withdraw", {"published_at": -1}, "withdraw_article"),
    ],
)
def test_who_may_only_write_is_offered_no_step_that_readers_notice(
    client: Client, name: str, times: dict[str, int], permission: str
) -> None:
    writer = User.objects.create(username="writer", is_staff=True)
    known = Permission.objects.filter(content_type__app_label="articles")
    writer.user_permissions.add(*known.filter(codename__in=["view_article", "change_article"]))
    client.force_login(writer)
    article = draft(**{at: timezone.now() + timedelta(hours=hours) for at, hours in times.items()})
    before = state(article)
    assert step(article, name) not in client.get(change(article)).content.decode()
    assert client.get(step(article, name)).status_code == 403
    assert client.post(step(article, name), {"notice": "x"}).status_code == 403
    assert state(article) is before
    writer.user_permissions.add(known.get(codename=permission))
    client.force_login(User.objects.get(pk=writer.pk))
    assert step(article, name) in client.get(change(article)).content.decode()
    # Without the right to change the article none of them is of use.
    writer.user_permissions.remove(known.get(codename="change_article"))
    assert client.get(step(article, name)).status_code == 403


def test_a_step_that_does_not_exist_or_an_article_that_is_gone_is_404(desk: Client) -> None:
    article = draft()
    assert desk.get(step(article, "burn")).status_code == 404
    address = step(article, "publish")
    Article.objects.all().delete()
    assert desk.post(address).status_code == 404


# --- dates as they are typed --------------------------------------------------------------------------------------


@pytest.fixture
def berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2027-03-28T01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28T03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31T01:59", datetime(2027, 10, 30, 23, 59, tzinfo=UTC)),
        ("2027-10-31T03:00", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_date_means_the_clock_on_the_wall_on_both_sides_of_a_change_of_clocks(
    berlin: None, desk: Client, typed: str, meant: datetime
) -> None:
    article = draft()
    assert desk.post(step(article, "embargo"), {"until": typed}).status_code == 302
    assert desk.post(step(article, "publish"), {"at": typed}).status_code == 302
    article.refresh_from_db()
    assert (article.published_at, article.embargo_until) == (meant, meant)
    assert f'value="{typed}"' in desk.get(step(article, "publish")).content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            "2027-03-28T02:30",
            "On 28 March 2027 the clocks of Europe/Berlin go forward, and 02:30 does not exist. Did you mean 03:30?",
        ),
        (
            "2027-10-31T02:30",
            "On 31 October 2027 the clocks of Europe/Berlin go back, and 02:30 occurs twice. "
            "Please choose another time.",
        ),
        ("soon", "Please give a date and a time, such as 6 December 2026, 18:00."),
        ("2027-02-30T10:00", "Please give a date and a time, such as 6 December 2026, 18:00."),
        ("9999999-01-01T00:00", "Please give a date and a time, such as 6 December 2026, 18:00."),
    ],
)
@pytest.mark.parametrize(("name", "field"), [("publish", "at"), ("embargo", "until")])
def test_a_time_that_the_clocks_skip_or_strike_twice_is_refused_in_a_sentence(
    berlin: None, desk: Client, name: str, field: str, typed: str, sentence: str
) -> None:
    article = draft()
    answer = desk.post(step(article, name), {field: typed})
    assert answer.context["form"].errors == {field: [sentence]}
    assert state(article) is State.DRAFT


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_by_every_state_section_and_author_and_searched(desk: Client) -> None:
    now = timezone.now()
    harbour = make_section("harbour")
    lives: dict[str, dict[str, Any]] = {
        "draft": {},
        "review": {"in_review_at": now},
        "scheduled": {"published_at": now + timedelta(days=1)},
        "published": {"published_at": now, "section": harbour},
        "archived": {"published_at": now, "archived_at": now},
        "withdrawn": {"published_at": now, "withdrawn_at": now, "withdrawal_notice": "Wrong."},
    }
    for name, fields in lives.items():
        draft(slug=name, title=name, **fields)

    def listed(**query: Any) -> list[str]:
        return [article.title for article in desk.get("/admin/articles/article/", query).context["cl"].result_list]

    for name in lives:
        assert listed(state=name) == [name]
    assert listed(section__id__exact=harbour.pk) == ["published"]
    assert listed(authors__id__exact=Article.objects.get(slug="review").authors.get().pk) == ["review"]
    assert listed(q="withdrawn 0") == ["withdrawn"]
    assert len(listed()) == len(lives)


def test_dates_are_typed_in_the_time_zone_of_the_publication(desk: Client) -> None:
    make_publication(time_zone="Europe/Berlin")
    article = draft()
    assert "Times are in Europe/Berlin." in desk.get(step(article, "publish")).content.decode()
    assert desk.post(step(article, "publish"), {"at": "2027-07-01T10:00"}).status_code == 302
    article.refresh_from_db()
    assert article.published_at == datetime(2027, 7, 1, 8, 0, tzinfo=UTC)
    assert "It will be published on 1 July 2027, 10:00 CEST." in desk.get(change(article)).content.decode()
    skipped = desk.post(step(article, "publish"), {"at": "2027-03-28T02:30"})
    assert "does not exist. Did you mean 03:30?" in skipped.context["form"].errors["at"][0]
