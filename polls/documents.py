"""The one document in which the figures of a poll are published: what it says, and how its texts are told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from polls import flow, leading, visibility
from polls.counting import Count, nothing
from polls.models import Poll, State
from polls.paper import PaperQuestion, question_of
from polls.questions import TYPES
from polls.questions.counted import QuestionCount

VERSION = re.compile(r'"version":([0-9]+)')  # inside a text of the document the quotes would be escaped


def body(poll: Poll, counted: Count, state: State, hidden: str | None) -> dict[str, Any]:
    """The document of a poll without version and time; figures are absent, not zero, where `hidden` says why."""
    document: dict[str, Any] = {
        "poll": poll.slug,
        "state": state.value,
        "opens_at": poll.opens_at.isoformat(),
        "closes_at": poll.closes_at.isoformat(),
        "delayed": False,
        "source": counted.source,
        "selection": "self-selected",
        "note": poll.note,
        "figures": {"shown": False, "reason": hidden, "message": _words(hidden)} if hidden else {"shown": True},
    }
    # A question that few answered is withheld by itself: its figures would show single ballots.
    shown = counted.without_small(visibility.smallest_base(poll))
    if hidden is None:
        document |= {
            "ballots": shown.ballots,
            "set_aside": shown.set_aside,
            "sha256": shown.sha256(poll.slug),
        }
    with translation.override(settings.LANGUAGE_CODE):  # the words of the poll itself, whoever causes the count
        document["questions"] = [
            _question(question_of(question), None if hidden else shown.questions.get(question.pk))
            for question in poll.questions.all()
        ]
    return document


def _words(reason: str) -> str:
    # Not in the language of whoever happens to cause the count: the document is everybody's.
    with translation.override(settings.LANGUAGE_CODE):
        return str(visibility.REASONS[reason])


def _question(question: PaperQuestion, counted: QuestionCount | None) -> dict[str, Any]:
    """A question with its rows: of figures that are not shown, the options alone."""
    kind = TYPES[question.kind]
    text = flow.pipe(question.text, {})  # as those read it who answered nothing before
    entry: dict[str, Any] = {"id": question.id, "name": question.code, "text": text, "type": question.kind}
    rows = kind.rows(question, counted or QuestionCount())
    options = [{"id": row.id, "text": kind.row_text(question, row.id)} for row in rows]
    if counted is not None:
        votes = [row.votes for row in rows]
        percentages = kind.percentages(question, votes, counted.base)
        for option, number, percent in zip(options, votes, percentages, strict=True):
            option |= {"votes": number, "percent": percent}
        entry |= {"asked": counted.asked, "base": counted.base, "sums_to": sum(percentages)}
        if (close := leading.too_close(question, votes, counted.base)) is not None:
            entry["too_close"] = close
        if measures := kind.measures(question, counted):
            entry["measures"] = measures
    return {**entry, "options": options}


def text_of(former: str, new: dict[str, Any], *, version: int, as_of: datetime) -> str:
    """The document's text; one that says nothing new keeps version and time, so it betrays no hidden vote."""
    if said(json.loads(former)) == new:
        return former
    questions = new.pop("questions")
    return as_text({**new, "version": version, "as_of": as_of.isoformat(), "questions": questions})


def said(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("version", "as_of")}


def figures(document: Mapping[str, Any]) -> list[Any]:
    """Everything in a document that is counted; what is said beside it may change with the program."""
    counted: list[Any] = [document["state"], document["figures"]["shown"]]
    counted += [document.get(name) for name in ("ballots", "set_aside", "sha256")]
    for question in document["questions"]:
        counted += [question["id"], question.get("base"), question.get("measures")]
        counted += [(option["id"], option.get("votes"), option.get("percent")) for option in question["options"]]
    return counted


def as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def before_the_first_vote(poll: Poll) -> str:
    """The document that a poll (loaded by `whole`) will have when it opens, for the preview of a draft."""
    now = timezone.now()
    seen = visibility.decide(poll, state=State.OPEN, base=0, now=now)
    document = body(poll, nothing(poll, now), State.OPEN, seen.public)
    return as_text({**document, "version": 0, "as_of": now.isoformat()})


def version_of(text: str) -> int:
    found = VERSION.search(text)
    return int(found[1]) if found else 0


def as_of(text: str) -> datetime:
    return datetime.fromisoformat(json.loads(text)["as_of"])


def delayed(text: str) -> str:
    return as_text({**json.loads(text), "delayed": True})
