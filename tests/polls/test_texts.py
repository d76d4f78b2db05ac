"""Text answers: who reads them, what readers see of them, and emptying one for good."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import roles
from articles.roles import Role
from polls import counting, tally, texts, voting
from polls.models import Answer, Ballot, Poll, SetAside, Shown, Verbatim
from polls.paper import Given
from tests import pages
from tests.factories import close, make_poll, paper_of, voter

pytestmark = pytest.mark.django_db


def written(*words: str, **settings: Any) -> Poll:
    """A poll in which readers wrote these words, each in a vote of its own."""
    word = {"text": "In a word?", "kind": "text", "options": [], "required": False}
    poll = make_poll(questions=[{"text": "First?"}, word], **settings)
    for one in words:
        write(poll, one)
    return poll


def write(poll: Poll, words: str, by: object = None) -> voting.Receipt:
    sheet = paper_of(poll)
    first, second = sheet.questions
    given = {first.id: Given((next(iter(first.options)),)), second.id: Given(values={0: words})}
    return voting.cast_ballot(paper=sheet, voter_key=voter(by), given=given)


def text(words: str) -> Verbatim:
    return Verbatim.objects.get(text=words)


def let_through(poll: Poll, *words: str) -> None:
    for one in words:
        texts.let_through(text(one).pk, poll=poll, who="mo")


def public(poll: Poll, query: str = "") -> pages.Element:
    tally.recount(poll.pk)
    tally.forget()
    return pages.read(Client().get(poll.get_absolute_url() + query))


def quotes(poll: Poll, query: str = "") -> list[str]:
    return [quote.text for part in public(poll, query).all("ul", class_="quotes") for quote in part.all("q")]


def desk(role: Role, name: str = "") -> Client:
    user = User.objects.create(username=name or role.value, is_staff=True)
    roles.keep()
    roles.give(user, role)
    client = Client()
    client.force_login(user)
    return client


def listed(poll: Poll) -> str:
    return reverse("admin:polls_poll_texts", args=[poll.pk])


def one(poll: Poll, words: str, name: str = "text") -> str:
    return reverse(f"admin:polls_poll_{name}", args=[poll.pk, text(words).pk])


# --- what readers see ---------------------------------------------------------------------------------------------


def test_readers_see_what_was_let_through_in_order_of_the_alphabet_and_nothing_else() -> None:
    poll = written("beta", "alpha", "gamma")
    assert quotes(poll) == []
    let_through(poll, "beta", "alpha")
    assert quotes(poll) == ["alpha", "beta"]
    texts.take_back(text("beta").pk, poll=poll)
    assert quotes(poll) == ["alpha"]


@pytest.mark.parametrize("fields", [{"results_shown": "after_close"}, {"minimum_base": 3}, {"step": 3}])
def test_no_text_shows_before_the_figures_do(fields: dict[str, Any]) -> None:
    poll = written("early", "bird", **fields)
    let_through(poll, "early", "bird")
    assert quotes(poll) == []
    for words in ("a", "b", "c", "d", "e"):
        write(poll, words)
        tally.recount(poll.pk)
    close(poll)
    tally.finalise(poll.pk)
    assert quotes(poll) == ["bird", "early"]


def test_a_text_shows_only_where_its_question_has_figures() -> None:
    poll = written("lonely", minimum_base=2)
    sheet = paper_of(poll)
    first = sheet.questions[0]
    voting.cast_ballot(paper=sheet, voter_key=voter(), given={first.id: Given((next(iter(first.options)),))})
    let_through(poll, "lonely")
    assert quotes(poll) == []
    write(poll, "second")
    assert quotes(poll) == ["lonely"]


def test_a_text_of_a_vote_that_is_not_counted_is_not_shown() -> None:
    poll = written("kept", "aside")
    let_through(poll, "kept", "aside")
    ballot = text("aside").answer.ballot
    SetAside.objects.create(ballot=ballot, poll=poll, rule="test", reason="for the test")
    assert quotes(poll) == ["kept"]
    texts.take_back(text("aside").pk, poll=poll)
    with pytest.raises(texts.Refused, match="set aside"):
        texts.let_through(text("aside").pk, poll=poll, who="mo")


def test_a_text_that_is_newer_than_the_count_waits_for_it() -> None:
    poll = written("old")
    tally.recount(poll.pk)
    write(poll, "new")
    let_through(poll, "old", "new")
    until = counting.Count.from_stored(poll.tally.counts).as_of
    shown = texts.for_readers(poll, questions=[q.pk for q in poll.questions.all()], until=until)
    assert [found.text for found in shown] == ["old"]


def test_texts_are_searched_by_every_word_and_the_page_is_for_everybody() -> None:
    poll = written("a cold harbour", "a warm harbour", "nothing")
    let_through(poll, "a cold harbour", "a warm harbour", "nothing")
    assert quotes(poll, "?words=HARBOUR+a") == ["a cold harbour", "a warm harbour"]
    assert quotes(poll, "?words=harbour+cold") == ["a cold harbour"]
    page = public(poll, "?words=%3Cb%3Enowhere")
    assert "No answer contains these words." in page.text
    assert page.one("input", name="words")["value"] == "<b>nowhere"
    for junk in ("?words=%00", "?words=" + "x" * 5000, "?page=-1", "?page=x", "?words=%25", "?words=&page=9"):
        answer = Client().get(poll.get_absolute_url() + junk)
        assert (answer.status_code, answer.cookies.keys() or None) == (200, None)
        assert "public" in answer["Cache-Control"]


def test_a_long_list_comes_in_pages_and_keeps_the_search() -> None:
    poll = written(*(f"word {n:02d}" for n in range(23)))
    let_through(poll, *(f"word {n:02d}" for n in range(23)))
    assert quotes(poll, "?words=word") == [f"word {n:02d}" for n in range(20)]
    assert public(poll, "?words=word").one("a", rel="next")["href"] == "?words=word&page=2#said-title"
    assert quotes(poll, "?words=word&page=2") == [f"word {n:02d}" for n in range(20, 23)]


def test_one_more_text_is_not_one_more_query() -> None:
    poll = written("a", "b", "c")
    let_through(poll, "a")
    public(poll)
    counts = []
    for words in ("b", "c"):
        let_through(poll, words)
        tally.recount(poll.pk)
        tally.forget()
        with CaptureQueriesContext(connection) as context:
            Client().get(poll.get_absolute_url())
        counts.append(len(context))
    assert counts[0] == counts[1]


# --- at the desk --------------------------------------------------------------------------------------------------


def test_moderators_search_and_filter_the_texts_of_a_poll() -> None:
    poll, moderator = written("first words", "second words", "third"), desk(Role.MODERATOR)
    let_through(poll, "first words")
    texts.empty(text("third").pk, poll=poll, reason="A name.", who="ann")

    def found(query: str) -> list[str]:
        page = pages.read(moderator.get(listed(poll) + query))
        return (
            [quote.text for quote in page.one("ol", class_="texts").all("blockquote")]
            if "No text" not in page.text
            else []
        )

    assert found("") == ["second words", "first words"]
    assert found("?q=words+first") == ["first words"]
    assert found("?state=waiting") == ["second words"]
    assert found("?state=shown") == ["first words"]
    assert found("?state=emptied") == []
    assert found("?q=third") == []
    assert found(f"?question={poll.questions.get(text='First?').pk}") == []
    html = moderator.get(listed(poll) + "?state=emptied").content.decode()
    assert "Emptied by ann on " in html
    assert "A name." in html
    for junk in ("?page=x", "?question=x", "?question=" + "9" * 40, "?state=x", "?q=%00"):
        assert moderator.get(listed(poll) + junk).status_code == 200


def test_the_list_of_texts_costs_the_same_however_long_it_is() -> None:
    poll, moderator = written("a"), desk(Role.MODERATOR)
    counts = []
    for words in ("b", "c", "d"):
        with CaptureQueriesContext(connection) as context:
            moderator.get(listed(poll))
        counts.append(len(context))
        write(poll, words)
        let_through(poll, words)
    assert len(set(counts)) == 1


def test_a_text_is_let_through_and_taken_back_as_often_as_one_likes() -> None:
    poll, moderator = written("words"), desk(Role.MODERATOR)
    back = listed(poll) + "?state=waiting&q=words"
    for _twice in range(2):
        answer = moderator.post(one(poll, "words"), {"show": "1", "back": back})
        assert (answer.status_code, answer["Location"]) == (302, back)
    shown = Shown.objects.get()
    assert (shown.verbatim.text, shown.who) == ("words", "moderator")
    for _twice in range(2):
        moderator.post(one(poll, "words"), {"hide": "1", "back": "https://elsewhere.example/"})
    assert not Shown.objects.exists()
    assert [entry.change_message.split()[-1] for entry in LogEntry.objects.order_by("pk")] == [
        "through",
        "through",
        "back",
        "back",
    ]
    assert moderator.get(one(poll, "words")).status_code == 302  # looking changes nothing
    assert not Shown.objects.exists()


def test_a_text_of_another_poll_is_not_there() -> None:
    poll, other, moderator = written("mine"), written("other"), desk(Role.MODERATOR)
    wrong = reverse("admin:polls_poll_text", args=[poll.pk, text("other").pk])
    assert moderator.post(wrong, {"show": "1"}).status_code == 404
    assert moderator.get(reverse("admin:polls_poll_empty", args=[poll.pk, text("other").pk])).status_code == 404
    assert not Shown.objects.exists()
    assert other.pk


def test_emptying_says_what_it_does_asks_for_a_reason_and_keeps_vote_and_count() -> None:
    poll, moderator = written("a name", "b"), desk(Role.MODERATOR)
    let_through(poll, "a name")
    before = counting.count(Poll.objects.whole().get(pk=poll.pk)).canonical()
    ballots = list(Ballot.objects.values_list("pk", "digest"))
    address = one(poll, "a name", "empty")
    page = pages.read(moderator.get(address))
    assert "Nobody can restore them" in page.text
    assert "a name" in page.one("blockquote").text
    refused = moderator.post(address, {"reason": " "})
    assert "Please give the reason." in refused.content.decode()
    assert text("a name").redacted_at is None
    assert moderator.post(address, {"reason": "It names somebody."}).status_code == 302
    emptied = Verbatim.objects.get(text="")
    assert (emptied.redaction_reason, emptied.redacted_by) == ("It names somebody.", "moderator")
    assert not Shown.objects.exists()
    assert counting.count(Poll.objects.whole().get(pk=poll.pk)).canonical() == before
    assert list(Ballot.objects.values_list("pk", "digest")) == ballots
    entry = LogEntry.objects.get()
    assert entry.change_message == f"text answer {emptied.pk} emptied: It names somebody."
    assert (entry.object_id, entry.user.username) == (str(poll.pk), "moderator")
    again = moderator.post(address, {"reason": "Another."}, follow=True)
    assert "This text had already been erased." in again.content.decode()
    assert Verbatim.objects.get(text="").redaction_reason == "It names somebody."
    assert LogEntry.objects.count() == 1
    with pytest.raises(texts.Refused, match="nothing left"):
        texts.let_through(emptied.pk, poll=poll, who="mo")


def test_who_wrote_an_emptied_text_is_still_told_that_the_vote_counts() -> None:
    poll = written()
    receipt = write(poll, "a name", by="me")
    texts.empty(text("a name").pk, poll=poll, reason="It names somebody.", who="mo")
    standing = voting.find_receipt(poll_id=poll.pk, voter_key=voter("me"))
    assert standing is not None
    assert (standing.code, standing.digest) == (receipt.code, receipt.digest)
    assert write(poll, "a name", by="me").code == receipt.code
    assert Answer.objects.filter(ballot__poll=poll).count() == 2


@pytest.mark.parametrize(
    ("role", "reads", "decides"),
    [
        (Role.AUTHOR, False, False),
        (Role.EDITOR, True, False),
        (Role.RESEARCHER, True, False),
        (Role.MODERATOR, True, True),
        (Role.ADMINISTRATOR, True, True),
    ],
)
def test_each_role_reads_and_decides_as_its_rights_say(role: Role, reads: bool, decides: bool) -> None:
    poll, client = written("words"), desk(role)
    answer = client.get(listed(poll))
    assert answer.status_code == (200 if reads else 403)
    page = client.get(reverse("admin:polls_poll_change", args=[poll.pk])).content.decode()
    assert (listed(poll) in page) is reads
    assert ("Show to readers" in answer.content.decode()) is decides
    client.post(one(poll, "words"), {"show": "1"})
    assert Shown.objects.exists() is decides
    client.post(one(poll, "words", "empty"), {"reason": "For the test."})
    assert Verbatim.objects.filter(text="").exists() is decides


def test_somebody_without_a_role_and_a_visitor_read_nothing() -> None:
    poll = written("words")
    user = User.objects.create(username="nobody", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(listed(poll)).status_code == 403
    assert Client().get(listed(poll)).status_code == 302
