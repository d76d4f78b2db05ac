"""Saved versions of an article: one a save, compared word by word, brought back; no save overwrites another unseen."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles import comparison, lifecycle, revisions
from articles.models import Article, Author, Correction, Topic
from polls.models import Poll
from tests import pages
from tests.articles.test_admin import ADD, POLL, change, errors, publish, reopened, written
from tests.factories import cast, make_article, make_poll, make_section

pytestmark = pytest.mark.django_db


def listed(article: Article) -> list[revisions.Revision]:
    rows = list(revisions.kept(article))
    return revisions.listed(rows, before=None)


def page(article: Article, name: str = "revisions") -> str:
    return reverse(f"admin:articles_article_{name}", args=[article.pk])


# --- one revision a save ------------------------------------------------------------------------------------------


def test_every_save_makes_one_revision_that_says_who_when_and_what(desk: Client, editor: User) -> None:
    section = make_section("world", name="World")
    desk.post(ADD, written(section, **POLL))
    article = Article.objects.get()
    topic, author = Topic.objects.create(name="Tea", slug="tea"), Author.objects.create(name="Asia desk", slug="asia")
    new = {"title": "On green tea", "authors": [author.pk], "topics": [topic.pk], "slug": "on-green-tea"}
    before = timezone.now()
    assert desk.post(change(article), reopened(desk, article, **new)).status_code == 302
    publish(desk, article)
    assert (
        desk.post(change(article), reopened(desk, article, correction="A figure.", body="<p>No.</p>")).status_code
        == 302
    )
    found = listed(article)
    assert [(row.who, row.reason, row.changed) for row in found] == [
        ("ed", "A figure.", ("Text",)),
        ("ed", "Published.", ("Published at",)),
        ("ed", "", ("Title", "Address", "Authors", "Topics")),
        ("ed", "", ()),
    ]
    assert [row.first for row in found] == [False, False, False, True]
    assert before <= found[2].at <= found[1].at <= found[0].at <= timezone.now()
    article.refresh_from_db()
    assert article.version == 4  # the making of it, two saves; a step of its life makes no new text


def test_a_form_that_is_saved_unchanged_makes_no_revision_and_no_version(desk: Client) -> None:
    article = make_article()
    before = (article.version, article.history.count())
    assert desk.post(change(article), reopened(desk, article)).status_code == 302
    article.refresh_from_db()
    assert (article.version, article.history.count()) == before


def test_the_list_of_versions_costs_the_same_for_two_and_for_twenty(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    article = make_article()

    def queries() -> int:
        with django_assert_max_num_queries(100) as counted:
            assert desk.get(page(article)).status_code == 200
        return len(counted)

    two = queries()
    for number in range(20):
        article.title = f"No {number}"
        article.save()
    assert queries() == two


# --- comparing ----------------------------------------------------------------------------------------------------


def plain(rows: list[comparison.Row]) -> list[tuple[str, str]]:
    return [(str(row.former), str(row.present)) if not row.skipped else (row.skipped, row.skipped) for row in rows]


def gone(text: str) -> str:
    return f'<del><span class="visually-hidden">[removed: </span>{text}<span class="visually-hidden">] </span></del>'


def new(text: str) -> str:
    return f'<ins><span class="visually-hidden">[added: </span>{text}<span class="visually-hidden">] </span></ins>'


def test_words_that_differ_are_marked_and_what_stayed_is_left_out() -> None:
    former = "<h2>Ports</h2><p>One.</p><p>Two.</p><p>The harbour cost 5 &amp; more.</p><p>Gone.</p>"
    present = "<h2>Ports</h2><p>One.</p><p>Two.</p><p>The harbour cost 7 &amp; more.</p>"
    assert plain(comparison.of_bodies(former, present)) == [
        ("2 paragraphs are the same.",) * 2,
        ("Two.", "Two."),
        (f"The harbour cost {gone('5')} &amp; more.", f"The harbour cost {new('7')} &amp; more."),
        (gone("Gone."), ""),
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>A</h2><h3>B</h3>", ["Heading: A", "Heading: B"]),
        ("<ul><li><p>one</p></li><li><p>two</p></li></ul>", ["• one", "• two"]),
        ('<p>See <a href="/x/">there</a>.</p>', ["See there (/x/)."]),
        ("<blockquote><p>So.</p></blockquote><hr><p>On</p>", ["Quotation: So.", "———", "On"]),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></table>", ["a | b", "c"]),
    ],
)
def test_a_body_is_compared_as_paragraphs_that_say_what_they_are(html: str, text: list[str]) -> None:
    assert comparison.blocks(html) == text


def test_a_change_of_form_alone_is_said_and_script_is_only_text() -> None:
    (row,) = comparison.of_bodies("<p>A word.</p>", "<p>A <strong>word</strong>.</p>")
    assert row.skipped == "The words are the same; only their form differs, such as bold or italic type."
    ((left, right),) = plain(comparison.of_lines("<script>x</script>", "<img onerror=x>"))
    assert "<script" not in left + right
    assert "<img" not in left + right


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_are_whole_in_their_columns_whatever_they_hold(former: str, present: str) -> None:
    for row in comparison.of_lines(former, present):
        for side, text in ((row.former, former), (row.present, present)):
            reader = pages._Reader()
            reader.feed(str(side))
            reader.close()
            for span in reader.root.all("span"):
                span.children.clear()
            shown = "".join(child for element in reader.root for child in element.children if isinstance(child, str))
            assert sorted("".join(shown.split())) == sorted("".join(text.split()))


def test_huge_texts_are_compared_by_paragraphs_in_no_time() -> None:
    long = " ".join(f"word{n}" for n in range(20_000))
    (row,) = comparison.of_lines(long, long + " more")
    assert str(row.former) == gone(long)
    many = "".join(f"<p>{n}</p>" for n in range(5_000))
    assert len(comparison.of_bodies(many, many.replace("<p>7</p>", ""))) == 1


def test_two_versions_stand_side_by_side_with_every_field_in_words(desk: Client, editor: User) -> None:
    article = make_article(title="Harbours", body="<p>It cost 5.</p>", section=make_section(name="World"))
    poll, section = make_poll("who-pays"), make_section(name="Economy")
    article.title, article.body, article.poll, article.section = "Ports", "<p>It cost 7.</p>", poll, section
    article.slug = "ports"
    article.save()
    article.topics.add(Topic.objects.create(name="Sea", slug="sea"))
    lifecycle.withdraw(article=article, by=editor, notice="Wrong.")
    newest, oldest = article.history.first(), article.history.filter(title="Harbours").first()
    answer = desk.get(page(article, "compare"), {"former": newest.history_id, "present": oldest.history_id})
    differs = answer.context["differs"]
    assert [label for label, _rows in differs.texts] == ["Title", "Text"]
    said = {other.label: (other.former, other.present) for other in differs.others}
    assert said.pop("Withdrawn at")[0] == "none"
    assert said == {
        "Section": ("World", "Economy"),
        "Address": (oldest.slug, "ports"),
        "Topics": ("none", "Sea"),
        "Poll": ("none", str(poll)),
        "Notice": ("none", "Wrong."),
    }
    assert pages.read(answer).all("del")[0].text == "[removed:Harbours]"


@pytest.mark.parametrize("query", ["", "?former=x&present=-1", "?former=99999999999999999999&present=0"])
def test_versions_that_do_not_exist_are_answered_in_words(desk: Client, query: str) -> None:
    article = make_article()
    answer = desk.get(page(article, "compare") + query, follow=True)
    assert "Please choose two versions to compare." in answer.content.decode()


def test_versions_of_another_article_are_not_shown(desk: Client) -> None:
    mine, other = make_article(), make_article(title="Other")
    ids = {"former": other.history.first().history_id, "present": other.history.last().history_id}
    assert desk.get(page(mine, "compare"), ids).status_code == 302


# --- bringing back ------------------------------------------------------------------------------------------------


def test_a_version_is_brought_back_as_a_new_one_and_never_a_vote_an_address_or_a_date(desk: Client) -> None:
    section = make_section()
    desk.post(ADD, written(section, **POLL, body="<p>First.</p>"))
    article = publish(desk)
    assert article.poll
    cast(article.poll, "Tea")
    first = article.history.first()
    changed = reopened(desk, article, title="Second", body="<p>Second.</p>", slug="second", untold="on")
    assert desk.post(change(article), changed).status_code == 302
    before = Article.objects.values("slug", "published_at", "poll_id", "version").get()
    opened = desk.get(change(article) + f"?revision={first.history_id}")
    form = opened.context["adminform"].form
    assert (form["title"].value(), form["body"].value(), form["slug"].value()) == ("On tea", "<p>First.</p>", "second")
    assert "Nothing is stored until you save." in opened.content.decode()
    assert Article.objects.get().title == "Second"
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value is not None}
    asked = desk.post(change(article), sent)
    assert list(errors(asked)) == ["correction"]  # readers read it: are they told?
    assert desk.post(change(article), {**sent, "untold": "on"}).status_code == 302
    article.refresh_from_db()
    assert (article.title, article.body) == ("On tea", "<p>First.</p>")
    after = Article.objects.values("slug", "published_at", "poll_id", "version").get()
    assert after == {**before, "version": before["version"] + 1}
    assert listed(article)[0].reason.startswith("Restored: the version of ")
    assert listed(article)[0].changed == ("Title", "Text")
    assert Poll.objects.get().ballots.count() == 1


def test_a_version_whose_section_and_author_are_gone_asks_for_others(desk: Client) -> None:
    article = make_article(section=make_section(name="Old"))
    first = article.history.first()
    old, author = article.section, article.authors.get()
    article.section = make_section(name="New")
    article.save()
    article.authors.clear()
    old.delete()
    author.delete()
    differs = desk.get(
        page(article, "compare"), {"former": first.history_id, "present": article.history.first().history_id}
    ).context["differs"]
    said = {other.label: (other.former, other.present) for other in differs.others}
    assert said == {
        "Section": ("one that no longer exists", "New"),
        "Authors": ("one that no longer exists", "none"),
    }
    opened = desk.get(change(article) + f"?revision={first.history_id}")
    form = opened.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    answer = desk.post(change(article), {name: value for name, value in sent.items() if value is not None})
    assert set(errors(answer)) == {"section", "authors"}


# --- two editors --------------------------------------------------------------------------------------------------


@pytest.fixture
def colleague() -> Client:
    user = User.objects.create(username="ann", is_staff=True, first_name="Ann", last_name="Berg")
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client = Client()
    client.force_login(user)
    return client


def test_who_saves_an_older_version_sees_both_texts_and_may_then_save_on_top(desk: Client, colleague: Client) -> None:
    article = make_article(published_at=None, title="Harbours", body="<p>It cost 5.</p>")
    mine = reopened(desk, article, title="Ports", body="<p>It cost 6.</p>")
    theirs = reopened(colleague, article, body="<p>It cost 7.</p>", standfirst="New.")
    assert colleague.post(change(article), theirs).status_code == 302
    answer = desk.post(change(article), mine)
    article.refresh_from_db()
    assert (article.title, article.body) == ("Harbours", "<p>It cost 7.</p>")
    (sentence,) = answer.context["adminform"].form.non_field_errors()
    assert sentence.startswith("While you were writing, Ann Berg saved this article (")
    shown = pages.read(answer)
    compared = shown.one("section", class_="compared")
    assert [table.one("caption").text for table in compared.all("table")] == ["Title", "Summary", "Text"]
    assert "[removed:7]." in compared.text
    assert "[added:6]." in compared.text
    # Everything typed stands in the form, which now knows the newer version.
    form = answer.context["adminform"].form
    assert (form["title"].value(), form["body"].value()) == ("Ports", "<p>It cost 6.</p>")
    again = {**mine, "of_version": shown.one("input", name="of_version")["value"]}
    assert desk.post(change(article), again).status_code == 302
    article.refresh_from_db()
    assert (article.title, article.body) == ("Ports", "<p>It cost 6.</p>")
    # Nothing is lost: the other text is a version.
    assert [row.who for row in listed(article)][:2] == ["ed", "Ann Berg"]
    assert list(revisions.kept(article))[1].body == "<p>It cost 7.</p>"


def test_the_same_form_sent_twice_is_no_conflict_and_stores_nothing_more(desk: Client) -> None:
    article = make_article(published_at=None)
    sent = reopened(desk, article, title="Ports")
    assert desk.post(change(article), sent).status_code == 302
    kept = article.history.count()
    assert desk.post(change(article), sent).status_code == 302
    article.refresh_from_db()
    assert (article.history.count(), article.title) == (kept, "Ports")


def test_a_form_without_its_version_is_taken_for_an_old_one(desk: Client) -> None:
    article = make_article(published_at=None)
    sent = reopened(desk, article, title="Ports")
    for version in ("", "0", "x", "99999999999999999999"):
        answer = desk.post(change(article), {**sent, "of_version": version})
        assert answer.status_code == 200
    article.refresh_from_db()
    assert article.title != "Ports"


def test_a_step_of_its_life_meanwhile_is_no_conflict_and_is_not_undone(desk: Client, editor: User) -> None:
    article = make_article(published_at=None)
    sent = reopened(desk, article, title="Ports")
    lifecycle.send_to_review(article=article, by=editor)
    assert desk.post(change(article), sent).status_code == 302
    article.refresh_from_db()
    assert article.title == "Ports"
    assert article.in_review_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_stored_and_the_other_shown_both() -> None:
    user = User.objects.create(username="ed", is_staff=True, is_superuser=True)
    article = make_article(published_at=None)
    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        browser.force_login(user)
    forms = [reopened(browser, article, title=f"Title {n}") for n, browser in enumerate(browsers)]
    together, answers = threading.Barrier(len(browsers)), []

    def save(browser: Client, form: dict[str, Any]) -> None:
        together.wait(60)
        answers.append(browser.post(change(article), form).status_code)
        connection.close()

    threads = [threading.Thread(target=save, args=pair) for pair in zip(browsers, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [200, 200, 200, 302]
    article.refresh_from_db()
    assert article.version == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_new_articles_with_one_address_at_the_same_moment_one_is_told(settings: Any) -> None:
    user = User.objects.create(username="ed", is_staff=True, is_superuser=True)
    section = make_section()
    browsers = [Client(raise_request_exception=True) for _ in range(4)]
    for browser in browsers:
        browser.force_login(user)
    together, answers = threading.Barrier(len(browsers)), []

    def save(browser: Client, number: int) -> None:
        together.wait(60)
        answers.append(browser.post(ADD, written(section, title=f"Title {number}")))
        connection.close()

    threads = [threading.Thread(target=save, args=pair) for pair in zip(browsers, range(4), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    assert Article.objects.count() == 1
    said = [errors(answer) for answer in answers if answer.status_code == 200]
    assert said == [{"slug": ["Another article already has this address. Please choose a different one."]}] * 3


# --- what readers are told ----------------------------------------------------------------------------------------


def test_a_change_of_a_published_article_is_asked_about(desk: Client, client: Client) -> None:
    article = make_article(body="<p>It cost 5.</p>")
    quiet = reopened(desk, article, body="<p>It cost 7.</p>", untold="")
    answer = desk.post(change(article), quiet)
    assert errors(answer) == {
        "correction": [
            "Readers will not be told of this change. Please write what was corrected, or tick the box below."
        ]
    }
    assert desk.post(change(article), {**quiet, "untold": "on"}).status_code == 302
    assert Correction.objects.count() == 0
    told = reopened(desk, article, body="<p>It cost 8.</p>", untold="", correction="It cost 8, <b>not</b> 7.")
    assert desk.post(change(article), told).status_code == 302
    assert (Correction.objects.get().text, Correction.objects.get().who) == ("It cost 8, <b>not</b> 7.", "ed")
    # How it is filed is no text: nobody is asked.
    filed = reopened(desk, article, untold="", topics=[Topic.objects.create(name="Sea", slug="sea").pk])
    assert desk.post(change(article), filed).status_code == 302


def test_corrections_stand_under_the_article_in_order_with_their_dates(desk: Client, client: Client) -> None:
    article = make_article()
    now = timezone.now()
    Correction.objects.create(article=article, text="Second & last.", at=now - timedelta(days=1))
    Correction.objects.create(article=article, text="First.", at=now - timedelta(days=40), i18n={"text_de": "Erste."})
    shown = pages.read(client.get(article.get_absolute_url())).one("section", class_="corrections")
    assert [item.one("p").text for item in shown.all("li")] == ["First.", "Second & last."]
    dates = [item.one("time")["datetime"][:10] for item in shown.all("li")]
    assert dates == [f"{now - timedelta(days=days):%Y-%m-%d}" for days in (40, 1)]
    german = client.get(f"/de{article.get_absolute_url()}").content.decode()
    assert "Erste." in german
    plain = make_article()
    assert pages.read(client.get(plain.get_absolute_url())).all("section", class_="corrections") == []
    # Its date and its text are put right on a page of its own.
    second = Correction.objects.get(text="Second & last.")
    address = reverse("admin:articles_correction_change", args=[second.pk])
    assert address in desk.get(change(article)).content.decode()
    assert desk.get(address).status_code == 200


def test_corrections_are_told_to_search_engines(client: Client) -> None:
    article = make_article()
    at = timezone.now()
    Correction.objects.create(article=article, text="It cost </script> 7.", at=at)
    found = pages.read(client.get(article.get_absolute_url())).one("script", type="application/ld+json")
    data = json.loads("".join(child for child in found.children if isinstance(child, str)))
    (news,) = [one for one in data["@graph"] if one["@type"] == "NewsArticle"]
    assert news["correction"] == [
        {"@type": "CorrectionComment", "text": "It cost </script> 7.", "datePublished": at.isoformat()}
    ]


# --- bad input ----------------------------------------------------------------------------------------------------

SCRIPT = '"><script>alert(1)</script>'


def test_script_in_every_field_runs_nowhere(desk: Client) -> None:
    article = make_article(published_at=None)
    fields = dict.fromkeys(("title", "standfirst", "body", "question", "note"), SCRIPT)
    fields |= {"options": f"A{SCRIPT}\nB{SCRIPT}", "body": f"<p>{SCRIPT}</p>"}
    sent = reopened(desk, article, **fields)
    assert desk.post(change(article), sent).status_code == 302
    oldest, newest = article.history.last(), article.history.first()
    publish(desk, article)
    lifecycle_pages = [
        change(article),
        page(article),
        page(article, "compare") + f"?former={oldest.history_id}&present={newest.history_id}",
        page(article, "preview"),
        page(article, "reviews"),
        reverse("admin:articles_article_step", args=[article.pk, "withdraw"]),
        article.get_absolute_url(),
    ]
    for address in lifecycle_pages:
        html = desk.get(address).content.decode()
        assert "<script>alert" not in html, address
    bad = desk.post(change(article), reopened(desk, article, slug=SCRIPT, untold="on"))
    assert list(errors(bad)) == ["slug"]
    assert "<script>alert" not in bad.content.decode()


def test_a_text_that_is_too_long_is_said_at_its_field_and_stands_in_the_form(desk: Client) -> None:
    article = make_article(published_at=None)
    long = "<p>" + "word " * 60_000 + "</p>"
    answer = desk.post(change(article), reopened(desk, article, body=long))
    (sentence,) = errors(answer)["body"]
    assert sentence.startswith("This has 300")
    assert sentence.endswith("at most 250000 are allowed.")
    assert "word word" in answer.content.decode()
    # What PostgreSQL would not index is refused before it comes there: 250,000 characters of it are taken.
    chinese = "<p>" + " ".join(f"{chr(0x4E00 + n % 20000)}{chr(0x4E00 + n // 7)}词" for n in range(62_000)) + "</p>"
    assert 240_000 < len(chinese) <= 250_000
    assert desk.post(change(article), reopened(desk, article, body=chinese)).status_code == 302


def test_five_megabytes_are_answered_with_what_to_do(desk: Client) -> None:
    article = make_article(published_at=None)
    before = Article.objects.values().get()
    answer = desk.post(change(article), {"title": "x", "body": "x" * 5 * 1024 * 1024})
    assert answer.status_code == 413
    assert "The limit is five megabytes" in answer.content.decode()
    assert Article.objects.values().get() == before


def test_an_address_that_is_taken_is_said_in_words_and_nothing_is_stored_twice(desk: Client) -> None:
    section = make_section()
    assert desk.post(ADD, written(section, **POLL)).status_code == 302
    answer = desk.post(ADD, written(section, **POLL))
    assert errors(answer) == {"slug": ["Another article already has this address. Please choose a different one."]}
    assert (Article.objects.count(), Poll.objects.count()) == (1, 1)


def test_what_was_deleted_while_one_wrote_is_said_at_its_field(desk: Client) -> None:
    other, section = make_poll("other", state="draft"), make_section()
    article = make_article(published_at=None)
    sent = reopened(desk, article, poll=other.pk, body="<p>[[poll:other]]</p>", section=section.pk)
    other.delete()
    section.delete()
    found = errors(desk.post(change(article), sent))
    assert set(found) == {"poll", "body", "section"}
    assert found["body"] == ["There is no poll with the address “other”."]
    gone = change(article)
    article.delete()
    assert desk.post(gone, sent).status_code in (302, 404)
    assert Article.objects.count() == 0
