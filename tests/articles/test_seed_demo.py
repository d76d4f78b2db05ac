"""Loading the demo publication: by the real vote door, once, and again where it was cut off."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.html import strip_tags

from articles import languages
from articles.management.commands import seed_demo
from articles.models import Article, Audience, Author, Page, Section, Topic
from polls import spoken, tally, voting
from polls.models import Ballot, Poll, PollEvent, SetAside, State, TallyHistory
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def load():
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


def everything():
    """What stands in the database, with the ids and times that a second loading would change."""
    return {
        "ballots": sorted(Ballot.objects.values_list("pk", "cast_at")),
        "polls": sorted(Poll.objects.values_list("pk", "slug", "closes_at", "paused_at")),
        "articles": sorted(Article.objects.values_list("pk", "slug", "updated_at")),
        "events": sorted(PollEvent.objects.values_list("pk", "action")),
        "history": sorted(TallyHistory.objects.values_list("pk", "version")),
    }


def figures(slug):
    document = tally.Tally.objects.get(poll__slug=slug).counts
    return [list(question["votes"].values()) for question in document["questions"].values()]


def test_the_demo_has_nine_articles_in_three_sections_by_three_desks_and_six_polls_in_every_state():
    assert load() == "Loaded 9 articles and 6 polls.\n"
    assert Article.objects.published().count() == 9
    assert (Section.objects.count(), Author.objects.count()) == (3, 3)
    assert {article.authors.count() for article in Article.objects.all()} == {1}
    states = dict(Poll.objects.with_state().values_list("slug", "state_now"))
    assert states == {
        "us-aims-closed": State.CLOSED,
        "us-aims-open": State.OPEN,
        "corridor-tests": State.OPEN,
        "pipeline-risk": State.PAUSED,
        "voting-age": State.SCHEDULED,
        "reading-polls": State.OPEN,
    }
    assert Poll.objects.get(slug="reading-polls").questions.count() == 3
    lead = Article.objects.get(slug="after-the-war-without-an-aftermath")
    assert lead.published_at == datetime(2016, 6, 2, 9, tzinfo=UTC)


def test_every_article_has_six_hundred_words_at_least():
    load()
    words = {article.slug: len(strip_tags(article.body).split()) for article in Article.objects.all()}
    assert {slug: number for slug, number in words.items() if number < 600} == {}


def test_the_votes_of_the_demo_were_cast_by_the_vote_door_and_counted_by_the_recount(monkeypatch):
    cast, real = [], voting.cast_ballot

    def watched(**arguments):
        cast.append(arguments["paper"].slug)
        return real(**arguments)

    monkeypatch.setattr(voting, "cast_ballot", watched)  # it counts the calls and changes nothing
    load()
    assert cast.count("us-aims-closed") == 108
    assert len(cast) == Ballot.objects.count()
    assert figures("us-aims-closed") == [[33, 30, 24, 21]]
    assert figures("us-aims-open") == [[14, 19, 17, 12, 3, 5]]
    assert figures("pipeline-risk") == [[9, 7, 6, 4, 8, 1, 2]]
    assert SetAside.objects.count() == 0
    assert [problem for poll in Poll.objects.all() for problem in tally.verify(poll.pk)] == []


def test_a_note_beside_each_poll_with_votes_says_that_they_are_a_demonstration():
    load()
    voted = Poll.objects.filter(ballots__isnull=False).distinct()
    assert voted.count() == 4
    assert [poll.slug for poll in voted if not poll.note.startswith("Demonstration: these votes were cast by")] == []


def test_a_second_loading_changes_nothing():
    load()
    before = everything()
    assert load() == "There are articles already: the demo publication is not loaded.\n"
    assert everything() == before


def test_a_site_that_has_an_article_is_left_alone():
    make_article()
    before = everything()
    load()
    assert everything() == before


@pytest.mark.parametrize("cut", ["casting", "pausing", "articles"])
def test_a_loading_that_was_cut_off_is_simply_run_again(cut, monkeypatch):
    class Cut(Exception):
        pass

    def break_off(*_, **__):
        raise Cut

    with monkeypatch.context() as patch:
        if cut == "casting":
            votes, real = iter(range(150)), voting.cast_ballot
            patch.setattr(
                voting, "cast_ballot", lambda **a: real(**a) if next(votes, None) is not None else break_off()
            )
        elif cut == "pausing":
            patch.setattr(seed_demo.lifecycle, "pause", break_off)
        else:
            patch.setattr(seed_demo, "make_article", break_off)
        with pytest.raises(Cut):
            load()
    assert Article.objects.count() == 0
    before = set(Ballot.objects.values_list("pk", flat=True))
    assert len(before) >= 150
    load()
    assert before < set(Ballot.objects.values_list("pk", flat=True)) or cut == "articles"
    assert figures("us-aims-closed") == [[33, 30, 24, 21]]
    assert Ballot.objects.filter(poll__slug="reading-polls").count() == 40
    assert Article.objects.count() == 9


def test_the_lead_article_its_poll_and_two_more_are_there_in_every_language():
    load()
    lead = Article.objects.get(slug="what-washington-wants")
    assert languages.of(lead, *languages.ARTICLE) == languages.shown()
    assert len(languages.shown()) == len(languages.of_publication()) == 7
    for slug in ("us-aims-open", "us-aims-closed", "corridor-tests"):
        assert spoken.languages_of(Poll.objects.whole().get(slug=slug)) == languages.shown()
    for section in Section.objects.all():
        assert languages.of(section, "name", "menu_name", "description") == languages.shown()
    for model, fields in ((Topic, ["name"]), (Audience, ["name", "summary"]), (Author, ["name", "description"])):
        for row in model._default_manager.all():
            assert (row, languages.of(row, *fields)) == (row, languages.shown())
    assert lead.lead_picture is not None
    assert languages.of(lead.lead_picture, "alt", "caption", "credit") == languages.shown()


ARTICLES = ("what-washington-wants", "trust-in-polls-polled", "a-corridor-is-not-yet-a-region")


def test_translations_of_the_demo_are_whole_part_by_part() -> None:
    load()
    others = languages.shown()[1:]
    rows: list[Any] = [*Article.objects.filter(slug__in=ARTICLES)]
    rows += Page.objects.filter(slug__in=("about", "contact", "imprint", "privacy", "accessibility"))
    assert len(rows) == 8
    for row in rows:
        parts = re.findall(r"<(/?(?:h2|p|ul|li)\b)|(\[\[poll:[^\]]+\]\])|href=\"([^\"]+)\"", row.body)
        for language in others:
            assert (row.slug, spoken.text_of(row, "title", language) != "") == (row.slug, True)
            text = spoken.text_of(row, "body", language)
            said = re.findall(r"<(/?(?:h2|p|ul|li)\b)|(\[\[poll:[^\]]+\]\])|href=\"([^\"]+)\"", text)
            assert (row.slug, language, said) == (row.slug, language, parts)
