"""An article as readers see it or will see it, for those who may read it before: its polls answer and store nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Audience
from articles.reading import Reading, canonical
from polls import paper
from polls.forms import Malformed, read_given
from polls.questions import TYPES, words


def page(request: HttpRequest, article: Article) -> dict[str, Any]:
    """What the template of an article needs to show it as a rehearsal."""
    if article.published_at is None:
        article.published_at = timezone.now()  # the date that readers would see; nothing is stored
    reading = Reading(article, canonical=canonical(request, article.get_absolute_url()), drafts=True)
    return {
        "article": reading,
        "audiences": Audience.objects.all(),
        "topics": article.topics.all(),
        "preview": True,
        "answer": answer_to_test_vote(request.GET, reading),
    }


def answer_to_test_vote(sent: QueryDict, reading: Reading) -> str:
    """Without scripts the card's form comes back with the choice: checked as a vote is, and thrown away."""
    try:
        given = read_given(sent)
    except Malformed as malformed:
        return malformed.message
    if not given and "place" not in sent:
        return ""
    polls = [part.poll for part in reading.parts if part.poll] + [reading.poll_below]
    for poll in filter(None, polls):
        sheet = paper.from_poll(poll)
        if given.keys() & {question.id for question in sheet.questions}:
            try:
                for question in sheet.questions:
                    TYPES[question.kind].check(question, given.get(question.id, paper.Given()))
            except paper.InvalidAnswers as invalid:
                return _("Test vote: %(sentence)s Nothing was stored.") % {"sentence": invalid.message}
            return _("Test vote: %(choice)s. Nothing was stored.") % {"choice": words(sheet.questions, given)}
    return _("Test vote: please choose one of the options first. Nothing was stored.")
