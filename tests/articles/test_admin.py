"""The form of an article: text, poll and date in one go, each fault said at its field, and a preview."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Author, Section
from polls import lifecycle
from polls.drafting import Asked, offered
from polls.models import Ballot, Option, Poll, Question, Series, State
from tests.factories import cast, make_poll, make_publication

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"


@pytest.fixture
def section() -> Section:
    return Section.objects.create(name="World", slug="world")


def written(section: Section, **fields: Any) -> dict[str, Any]:
    """What the browser sends of the form, the defaults of a new article as they stand in it."""
    return {
        "section": section.pk,
        "title": "On tea",
        "slug": "on-tea",
        "standfirst": "",
        "body": "<p>Tea is a drink.</p>",
        "question": "",
        "options": "",
        "closes_at": local(timedelta(days=14)),
        "kind": "single",
        "results_shown": "after_vote",
        "minimum_base": "0",
        "step": "1",
        "repeat_rule": "browser",
        "poll": "",
        **fields,
    }


def local(ahead: timedelta) -> str:
    return (timezone.now() + ahead).strftime("%Y-%m-%dT%H:%M")


def errors(response: Any) -> dict[str, list[str]]:
    """What the page says, by field; a page that stored the form says nothing."""
    assert response.status_code == 200, response.headers.get("Location")
    return {field: list(messages) for field, messages in response.context["adminform"].form.errors.items()}


def change(article: Article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


def reopened(desk: Client, article: Article, **changes: Any) -> dict[str, Any]:
    """What the browser sends of the form of a stored article when only `changes` were made in it."""
    form = desk.get(change(article)).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    dates = {name: at.strftime("%Y-%m-%dT%H:%M") for name, at in sent.items() if hasattr(at, "strftime")}
    # Where readers read the article already, they are not told of the change.
    told = {"untold": "on"} if "untold" in form.fields else {}
    return {**{name: "" if value is None else value for name, value in sent.items()}, **dates, **told, **changes}


def step(article: Article, name: str) -> str:
    return reverse("admin:articles_article_step", args=[article.pk, name])


def publish(desk: Client, article: Article | None = None, *, at: str = "") -> Article:
    """Take the step that publishes an article, or the only one there is, as its page does."""
    article = article or Article.objects.get()
    answer = desk.post(step(article, "publish"), {"at": at})
    assert answer.status_code == 302, answer.context["form"].errors
    article.refresh_from_db()
    return article


POLL = {"question": "Tea or coffee?", "options": "Tea\nCoffee"}


# --- writing ------------------------------------------------------------------------------------------------------


def test_the_empty_form_asks_three_things_of_a_poll_and_closes_it_in_fourteen_days(desk: Client) -> None:
    page = desk.get(ADD)
    form = page.context["adminform"].form
    fieldsets = {str(fieldset.name): fieldset for fieldset in page.context["adminform"]}
    assert [name for line in fieldsets["Poll"] for name in line.fields] == ["question", "options", "closes_at"]
    assert fieldsets["More poll settings"].is_collapsible
    assert timedelta(days=13, hours=22) < form.initial["closes_at"] - timezone.now() <= timedelta(days=14)


def test_question_options_and_date_make_a_poll_with_the_stated_defaults(desk: Client, section: Section) -> None:
    sent = written(section, **POLL)
    assert desk.post(ADD, sent).status_code == 302
    article = publish(desk)
    poll = article.poll
    assert poll is not None
    assert poll.slug == "tea-or-coffee"
    assert (poll.results_shown, poll.repeat_rule, poll.may_change, poll.step, poll.minimum_base, poll.note) == (
        "after_vote",
        "browser",
        False,
        1,
        0,
        "",
    )
    assert poll.published_at is not None
    assert article.published_at is not None
    assert poll.opens_at == poll.published_at >= article.published_at
    assert poll.closes_at == datetime.fromisoformat(sent["closes_at"] + "+00:00")
    question = poll.questions.get()
    assert (question.text, question.kind, question.max_choices) == ("Tea or coffee?", "single", 1)
    assert list(question.options.values_list("text", flat=True)) == ["Tea", "Coffee"]
    assert Series.objects.count() == 1
    assert cast(poll, "Tea").fresh


def test_without_a_closing_date_a_poll_runs_fourteen_days(desk: Client, section: Section) -> None:
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    before = timezone.now()
    desk.post(ADD, written(section, **POLL, closes_at=""))
    assert before <= Poll.objects.get().closes_at - timedelta(days=14) <= timezone.now()
    article, poll = publish(desk, at=at.strftime("%Y-%m-%dT%H:%M")), Poll.objects.get()
    assert (poll.published_at, poll.opens_at, article.published_at) == (at, at, at)


def test_an_article_without_a_poll_stores_no_poll(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section))
    assert (Article.objects.get().poll, Series.objects.count()) == (None, 0)


def test_the_text_is_cleaned_of_what_readers_must_not_get(desk: Client, section: Section) -> None:
    bad = '<p onclick="x()">Hi<script>alert(1)</script> <a href="javascript:x()">there</a></p>'
    desk.post(ADD, written(section, body=bad + "<ul><li><p>one</p></li></ul>"))
    stored = Article.objects.get().body
    assert "script" not in stored
    assert "onclick" not in stored
    assert "<li><p>one</p></li>" in stored


def test_more_settings_are_kept(desk: Client, section: Section) -> None:
    opens, results = local(timedelta(days=2)), local(timedelta(days=5))
    more = {
        "kind": "multiple",
        "min_choices": "1",
        "max_choices": "2",
        "results_shown": "from_date",
        "results_from": results,
        "minimum_base": "20",
        "step": "10",
        "may_change": "on",
        "opens_at": opens,
        "note": "By hand.",
    }
    desk.post(ADD, written(section, question="Which?", options="A\nB\nC", **more))
    publish(desk)
    poll = Poll.objects.get()
    assert (poll.results_shown, poll.minimum_base, poll.step, poll.may_change, poll.note) == (
        "from_date",
        20,
        10,
        True,
        "By hand.",
    )
    assert poll.opens_at.strftime("%Y-%m-%dT%H:%M") == opens
    assert poll.state(now=timezone.now()) is State.SCHEDULED
    question = poll.questions.get()
    assert (question.kind, question.min_choices, question.max_choices) == ("multiple", 1, 2)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"question": "Why?"}, "options", "Please write at least two options, one per line."),
        ({"question": "Why?", "options": "One\n \n"}, "options", "Please write at least two options, one per line."),
        ({"options": "A\nB"}, "question", "Please write the question."),
        ({"question": " \u00a0 ", "options": "A\nB"}, "question", "Please write the question."),
        ({"question": "Why?", "options": "A\n a "}, "options", "The option “a” appears twice here."),
        (
            {"question": "Why?", "options": "\n".join(f"Option {n}" for n in range(101))},
            "options",
            "There are 101 options; a reader can be asked to choose from 100 at most.",
        ),
        (
            {"question": "Why?", "options": f"A\n{'b' * 301}"},
            "options",
            f"The option “{'b' * 40}…” has 301 characters; an option may have 300 at most.",
        ),
        (
            {"question": "q" * 501, "options": "A\nB"},
            "question",
            "This has 501 characters; at most 500 are allowed.",
        ),
        (
            {**POLL, "kind": "multiple", "max_choices": "3"},
            "max_choices",
            "Readers cannot choose 3 options: there are only 2.",
        ),
        (
            {**POLL, "kind": "multiple", "min_choices": "2", "max_choices": "1"},
            "max_choices",
            "“At most” must not be smaller than “at least”.",
        ),
        ({**POLL, "results_shown": "from_date"}, "results_from", "Please give the date from which results are shown."),
        (
            {**POLL, "closes_at": "soon"},
            "closes_at",
            "Please give a date and a time, such as 6 December 2026, 18:00.",
        ),
    ],
)
def test_a_fault_is_said_at_its_field_and_nothing_is_stored(
    desk: Client, section: Section, fields: dict[str, str], field: str, sentence: str
) -> None:
    assert errors(desk.post(ADD, written(section, **fields))) == {field: [sentence]}
    assert (Article.objects.count(), Series.objects.count()) == (0, 0)


def test_all_faults_of_a_poll_are_said_at_once(desk: Client, section: Section) -> None:
    faulty = {
        "question": "Why?",
        "options": "One",
        "results_shown": "from_date",
        "closes_at": local(timedelta(days=-1)),
    }
    said = errors(desk.post(ADD, written(section, **faulty)))
    assert set(said) == {"options", "results_from", "closes_at"}


def test_a_poll_that_would_close_before_it_opens_is_refused(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    article = Article.objects.get()
    answer = desk.post(step(article, "publish"), {"at": local(timedelta(days=20))})
    assert answer.context["form"].non_field_errors() == [
        "The poll “Tea or coffee?” would close before it opens: please give it a later closing date."
    ]
    publish(desk, at=local(timedelta(days=10)))
    answer = desk.post(change(article), reopened(desk, article, closes_at=local(timedelta(days=5))))
    (sentence,) = errors(answer)["closes_at"]
    assert re.fullmatch(r"The poll would close before it opens, on \d+ \w+ \d{4}, \d\d:\d\d UTC\.", sentence)
    yesterday = local(timedelta(days=-1))
    answer = desk.post(
        ADD, written(section, **POLL, slug="other", opens_at=local(timedelta(days=-3)), closes_at=yesterday)
    )
    assert errors(answer) == {"closes_at": ["This date has passed: the poll would be closed from the start."]}


# --- changing -----------------------------------------------------------------------------------------------------


def test_the_form_of_a_stored_article_shows_what_was_stored_and_saving_it_changes_nothing(
    desk: Client, section: Section
) -> None:
    desk.post(ADD, written(section, **POLL, note="By hand."))
    publish(desk)
    article = Article.objects.get()

    def stored() -> list[Any]:
        article_row = {**Article.objects.values().get(), "updated_at": None}
        return [article_row, Poll.objects.values().get(), list(Option.objects.values())]

    before = stored()
    sent = reopened(desk, article)
    assert sent["title"] == "On tea"
    assert desk.post(change(article), sent).status_code == 302
    assert stored() == before


def test_until_the_first_vote_the_wording_is_changed_in_the_panel(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    publish(desk)
    article = Article.objects.get()
    new = {"question": "Coffee or tea?", "options": "Coffee\nTea\nWater"}
    assert desk.post(change(article), reopened(desk, article, **new)).status_code == 302
    question = Question.objects.get()
    assert question.text == "Coffee or tea?"
    assert list(question.options.values_list("text", flat=True)) == ["Coffee", "Tea", "Water"]


def test_help_and_other_things_the_panel_does_not_show_stay(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    article = Article.objects.get()
    Question.objects.update(help="Think twice.", required=False)
    Poll.objects.update(title="Drinks")
    desk.post(change(article), reopened(desk, article, title="Other"))
    question = Question.objects.get()
    article.refresh_from_db()
    assert (question.help, question.required, Poll.objects.get().title, article.title) == (
        "Think twice.",
        False,
        "Drinks",
        "Other",
    )


def test_the_closing_date_of_an_open_poll_is_moved_later_and_logged_and_never_earlier(
    desk: Client, section: Section
) -> None:
    desk.post(ADD, written(section, **POLL))
    publish(desk)
    article = Article.objects.get()
    later = reopened(desk, article, closes_at=local(timedelta(days=20)))
    assert desk.post(change(article), later).status_code == 302
    assert Poll.objects.get().events.latest("pk").action == "extended"
    earlier = reopened(desk, article, closes_at=local(timedelta(days=3)))
    assert errors(desk.post(change(article), earlier)) == {
        "closes_at": ["Voting has begun: the closing date can only be moved to a later one."],
    }
    opening = reopened(desk, article, opens_at=local(timedelta(days=1)))
    assert errors(desk.post(change(article), opening)) == {
        "opens_at": ["Voting has begun: the opening date stays."],
    }


def test_from_the_first_vote_on_the_wording_is_shown_and_not_asked(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    publish(desk)
    article = Article.objects.get()
    assert article.poll
    cast(article.poll, "Tea")
    page = desk.get(change(article))
    assert "question" not in page.context["adminform"].form.fields
    html = page.content.decode()
    assert "Locked since the first vote" in html
    assert reverse("admin:polls_poll_change", args=[article.poll_id]) in html
    # Text and date can still be changed.
    assert desk.post(change(article), reopened(desk, article, title="New title")).status_code == 302
    former = article.poll
    article.refresh_from_db()
    assert (article.title, article.poll) == ("New title", former)


def test_a_first_vote_while_the_editor_writes_is_said_and_what_was_written_is_not_lost(
    desk: Client, section: Section
) -> None:
    desk.post(ADD, written(section, **POLL))
    publish(desk)
    article = Article.objects.get()
    assert article.poll
    late = reopened(desk, article, question="Coffee?")
    cast(article.poll, "Tea")
    answer = desk.post(change(article), late)
    assert errors(answer) == {"question": ["Readers have since voted: this can no longer be changed here."]}
    assert 'value="Coffee?"' in answer.content.decode()
    assert Question.objects.get().text == "Tea or coffee?"


def test_an_existing_poll_is_chosen_or_a_new_one_written_not_both(desk: Client, section: Section) -> None:
    poll = make_poll(text="Red or blue?", options=["Red", "Blue"])
    answer = desk.post(ADD, written(section, **POLL, poll=poll.pk))
    assert errors(answer) == {"poll": ["Please either write a question above or choose a poll here, not both."]}
    assert desk.post(ADD, written(section, poll=poll.pk)).status_code == 302
    assert Article.objects.get().poll == poll
    assert Poll.objects.count() == 1


def test_a_poll_is_taken_out_of_an_article_and_stays_itself(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    publish(desk)
    article = Article.objects.get()
    assert desk.post(change(article), reopened(desk, article, poll="")).status_code == 302
    article.refresh_from_db()
    assert (article.poll, Poll.objects.count()) == (None, 1)


def test_an_emptied_panel_is_answered_in_words(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    article = Article.objects.get()
    answer = desk.post(change(article), reopened(desk, article, question="", options=""))
    assert errors(answer) == {"question": ["To take the poll out of the article, choose “No poll” further down."]}


# --- publishing ---------------------------------------------------------------------------------------------------


def test_poll_and_article_wait_for_the_same_moment_and_move_together(desk: Client, section: Section) -> None:
    desk.post(ADD, written(section, **POLL))
    article, poll = publish(desk, at=local(timedelta(days=2))), Poll.objects.get()
    assert article.published_at == poll.published_at == poll.opens_at
    assert poll.state(now=timezone.now()) is State.SCHEDULED
    for at in (local(timedelta(days=4)), local(timedelta(days=1))):
        publish(desk, article, at=at)
        poll.refresh_from_db()
        assert article.published_at == poll.published_at == poll.opens_at
        assert f"{article.published_at:%Y-%m-%dT%H:%M}" == at
    assert desk.post(step(article, "unschedule")).status_code == 302
    poll.refresh_from_db()
    assert poll.state(now=timezone.now()) is State.DRAFT
    publish(desk, article)
    poll.refresh_from_db()
    assert poll.state(now=timezone.now()) is State.OPEN


def test_an_article_of_an_earlier_date_keeps_it_and_its_poll_opens_now(desk: Client, section: Section) -> None:
    before = timezone.now()
    desk.post(ADD, written(section, **POLL))
    article, poll = publish(desk, at="2016-06-02T09:00"), Poll.objects.get()
    assert article.published_at is not None
    assert article.published_at.year == 2016
    assert poll.opens_at >= before


def test_an_article_that_is_held_back_does_not_hide_a_poll_that_readers_have_seen(
    desk: Client, section: Section
) -> None:
    poll = make_poll()
    desk.post(ADD, written(section, poll=poll.pk))
    article = publish(desk, at=local(timedelta(days=2)))
    assert desk.post(step(article, "unschedule")).status_code == 302
    article.refresh_from_db()
    assert article.published_at is None
    assert Poll.objects.get().state(now=timezone.now()) is State.OPEN


# --- a poll in the body -------------------------------------------------------------------------------------------


def test_a_line_places_the_articles_own_poll_and_other_polls_which_are_published_with_it(
    desk: Client, section: Section
) -> None:
    other = make_poll("other", state="draft")
    body = "<p>One</p><p>[[poll]]</p><p>Two</p><p>[[poll:other]]</p>"
    assert desk.post(ADD, written(section, **POLL, body=body)).status_code == 302
    publish(desk)
    assert Article.objects.get().body == "<p>One</p><p>[[poll:tea-or-coffee]]</p><p>Two</p><p>[[poll:other]]</p>"
    other.refresh_from_db()
    assert other.state(now=timezone.now()) is State.OPEN


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("<p>[[poll:nowhere]]</p>", "There is no poll with the address “nowhere”."),
        ("<p>[[poll]]</p>", "The line [[poll]] places the poll of this article, but it has none."),
        ("<p>[[poll:other]]</p><p>[[poll:other]]</p>", "A poll can appear only once in an article."),
        (
            "<p>See [[poll:other]] here</p>",
            "A poll is placed by a plain line of its own: [[poll:address]], or [[poll]] for the poll of this article. "
            "Please check: [[poll:other]]",
        ),
        (
            "<p>[[poll other]]</p>",
            "A poll is placed by a plain line of its own: [[poll:address]], or [[poll]] for the poll of this article. "
            "Please check: [[poll other]]",
        ),
    ],
)
def test_a_line_that_places_no_poll_is_said_at_the_text(
    desk: Client, section: Section, body: str, sentence: str
) -> None:
    make_poll("other")
    assert errors(desk.post(ADD, written(section, body=body))) == {"body": [sentence]}


def test_a_placed_draft_that_cannot_be_published_keeps_the_article_back(desk: Client, section: Section) -> None:
    make_poll("late", state="draft", closes_at=timezone.now() - timedelta(hours=1), opens_at="2020-01-01T00:00Z")
    assert desk.post(ADD, written(section, body="<p>[[poll:late]]</p>")).status_code == 302
    answer = desk.post(step(Article.objects.get(), "publish"), {"at": ""})
    assert "would close before it opens" in answer.context["form"].non_field_errors()[0]
    assert Article.objects.get().published_at is None
    # Nor does it come into an article that readers read already.
    desk.post(ADD, written(section, slug="second"))
    second = publish(desk, Article.objects.get(slug="second"))
    answer = desk.post(change(second), reopened(desk, second, body="<p>[[poll:late]]</p>"))
    assert "would close before it opens" in errors(answer)["body"][0]


def test_a_chosen_draft_that_cannot_be_published_keeps_the_article_back(desk: Client, section: Section) -> None:
    late = make_poll(state="draft", closes_at=timezone.now() - timedelta(hours=1), opens_at="2020-01-01T00:00Z")
    assert desk.post(ADD, written(section, poll=late.pk)).status_code == 302
    answer = desk.post(step(Article.objects.get(), "publish"), {"at": ""})
    assert "would close before it opens" in answer.context["form"].non_field_errors()[0]
    assert Article.objects.get().published_at is None
    desk.post(ADD, written(section, slug="second"))
    second = publish(desk, Article.objects.get(slug="second"))
    answer = desk.post(change(second), reopened(desk, second, poll=late.pk))
    assert "would close before it opens" in errors(answer)["poll"][0]


def test_where_a_poll_stood_its_corrected_copy_stands(desk: Client, section: Section) -> None:
    poll = make_poll("first", text="Red?")
    for slug, body, under in (
        ("under", "", poll),
        ("inside", "<p>[[poll:first]]</p>", None),
        ("both", "<p>[[poll:first]]</p>", poll),
    ):
        Article.objects.create(
            section=section, title=slug, slug=slug, body=body, poll=under, published_at=timezone.now()
        )
    copy = poll
    for text in ("Redd?", "Red or blue?"):
        asked = [Asked(text, offered("Yes", "No"))]
        copy = lifecycle.replace(poll=copy, asked=asked, who="ed", reason="An error")
    for slug in ("under", "inside", "both"):
        html = desk.get(preview(Article.objects.get(slug=slug))).content.decode()
        assert re.findall(r'data-poll="([^"]+)"', html) == [copy.slug]
    middle = Poll.objects.get(replaces=poll)
    assert f'href="{middle.get_absolute_url()}"' in desk.get(poll.get_absolute_url()).content.decode()
    assert f'href="{copy.get_absolute_url()}"' in desk.get(middle.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("fields", "flow", "short"),
    [({}, {}, True), ({"kind": "multiple"}, {}, True), ({"kind": "rating", "options": ()}, {}, False),
     ({}, {"pages": [{"title": "One"}]}, False)],
)  # fmt: skip
def test_the_short_form_shows_only_what_it_has_fields_for(
    desk: Client, section: Section, fields: dict[str, Any], flow: dict[str, Any], short: bool
) -> None:
    poll = make_poll(state="draft", questions=[{"text": "Which road?", **fields}], flow=flow)
    article = Article.objects.create(section=section, title="x", slug="x", body="<p>x</p>", poll=poll)
    html = desk.get(f"/admin/articles/article/{article.pk}/change/").content.decode()
    assert ('name="question"' in html) == short
    assert ("are written on a page of their own." in html) != short


# --- preview ------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(desk: Client, section: Section) -> Article:
    desk.post(ADD, written(section, **POLL, results_shown="always"))
    return Article.objects.get()


def preview(article: Article) -> str:
    return reverse("admin:articles_article_preview", args=[article.pk])


def test_a_draft_is_previewed_with_a_test_vote_that_stores_nothing(desk: Client, draft: Article) -> None:
    answer = desk.get(preview(draft))
    html = answer.content.decode()
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    assert "<h1>On tea</h1>" in html
    assert "Test vote" in html
    assert "/vote/" not in html
    tea = Option.objects.get(text="Tea")
    voted = desk.get(preview(draft), {f"q{tea.question_id}": tea.pk})
    assert "Test vote: Tea. Nothing was stored." in voted.content.decode()
    assert Ballot.objects.count() == 0
    wrong = desk.get(preview(draft), {f"q{tea.question_id}": tea.pk + 999})
    assert "This poll has no such option." in wrong.content.decode()
    none = desk.get(preview(draft), {"place": ""})
    assert "please choose one of the options first" in none.content.decode()
    assert draft.published_at is None


def test_a_preview_shows_hidden_figures_to_nobody(desk: Client, section: Section) -> None:
    poll = make_poll(options=["Yes", "No"], results_shown="after_vote")
    for _ in range(7):
        cast(poll, "Yes")
    desk.post(ADD, written(section, poll=poll.pk))
    html = desk.get(preview(Article.objects.get())).content.decode()
    assert "Results are shown after you vote." in html
    assert "7 (100%)" not in html


def test_only_staff_see_a_preview(client: Client, section: Section) -> None:
    article = Article.objects.create(section=section, title="Secret", slug="secret")
    answer = client.get(preview(article))
    assert (answer.status_code, "/admin/login/" in answer["Location"]) == (302, True)
    reader = User.objects.create(username="reader", is_staff=True)
    client.force_login(reader)
    assert client.get(preview(article)).status_code == 404
    assert b"Secret" not in client.get("/articles/secret/").content


def test_save_and_preview_leads_there(desk: Client, section: Section) -> None:
    answer = desk.post(ADD, written(section, _preview="1"))
    assert answer["Location"] == preview(Article.objects.get())


# --- the list and the pages ---------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_one_article_and_for_three(
    desk: Client, section: Section, django_assert_max_num_queries: Any
) -> None:
    author = Author.objects.create(name="World desk", slug="world-desk")

    def add(number: int) -> None:
        article = Article.objects.create(
            section=section, title=f"No {number}", slug=f"no-{number}", poll=make_poll(), published_at=timezone.now()
        )
        article.authors.add(author)

    def queries() -> int:
        with django_assert_max_num_queries(100) as counted:
            assert desk.get("/admin/articles/article/").status_code == 200
        return len(counted)

    add(1)
    one = queries()
    add(2)
    add(3)
    assert queries() == one


def test_articles_are_not_deleted_in_bulk(desk: Client, section: Section) -> None:
    article = Article.objects.create(section=section, title="One", slug="one")
    desk.post(
        "/admin/articles/article/", {"action": "delete_selected", "_selected_action": [article.pk], "post": "yes"}
    )
    assert Article.objects.count() == 1


def test_only_a_published_article_is_linked_to_its_page(desk: Client, section: Section) -> None:
    article = Article.objects.create(section=section, title="One", slug="one")
    assert "View on site" not in desk.get(change(article)).content.decode()
    Article.objects.update(published_at=timezone.now())
    assert "View on site" in desk.get(change(article)).content.decode()


@pytest.mark.parametrize("state", ["draft", "scheduled", "published"])
def test_articles_are_filtered_by_state(desk: Client, section: Section, state: str) -> None:
    dates = {"draft": None, "scheduled": timezone.now() + timedelta(days=1), "published": timezone.now()}
    for name, at in dates.items():
        Article.objects.create(section=section, title=name, slug=name, published_at=at)
    page = desk.get("/admin/articles/article/", {"state": state})
    assert [article.title for article in page.context["cl"].result_list] == [state]


def test_every_script_is_a_file_or_carries_the_nonce_and_no_style_is_inline(
    desk: Client, section: Section, draft: Article
) -> None:
    pages = [ADD, change(draft), preview(draft), "/admin/", "/admin/articles/article/", "/admin/articles/section/add/"]
    for address in pages:
        answer = desk.get(address)
        html = answer.content.decode()
        nonce = re.search(r"'nonce-([^']+)'", answer["Content-Security-Policy"])
        assert nonce
        inline = [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag]
        inline += re.findall(r"<style[^>]*>", html)
        assert [tag for tag in inline if f'nonce="{nonce[1]}"' not in tag and "application/json" not in tag] == []
        assert re.findall(r"<[^>]+\sstyle=[^>]*>", html) == []
        assert re.findall(r"<[^>]+\son[a-z]+=[^>]*>", html) == []


def test_the_admin_bears_the_name_of_the_publication(desk: Client) -> None:
    make_publication(name="The Meridian Review")
    assert "The Meridian Review" in desk.get("/admin/").content.decode()


def test_a_poll_that_was_held_back_by_its_article_stays_published_for_another(desk: Client, section: Section) -> None:
    at = timezone.now() + timedelta(days=2)
    poll = make_poll(state="draft", closes_at=timezone.now() + timedelta(days=30))
    lifecycle.publish(poll=poll, at=at, who="ed")
    for slug in ("first", "second"):
        Article.objects.create(section=section, title=slug, slug=slug, poll=poll, published_at=at)
    first = Article.objects.get(slug="first")
    assert desk.post(step(first, "unschedule")).status_code == 302
    poll.refresh_from_db()
    assert poll.published_at == at
