"""The polls of the chaos tests; made inside the site, and described for voters who know nothing of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.factories import make_poll

# Of two questions, sent together; a survey is kept and sent by pages of its own.
ABOUT: list[dict[str, Any]] = [
    {"text": "First?", "options": ["a", "b", "c"]},
    {"text": "Second?", "options": ["d", "e", "f", "g"], "kind": "multiple", "max_choices": 3, "about": True},
]


def make(*, closing: float) -> list[dict[str, Any]]:
    """Make six open polls of every kind, one of which closes after `closing` seconds; what voters need to know."""
    polls = [
        make_poll("once", options=["a", "b", "c", "d"]),
        make_poll("twice", options=["yes", "no", "perhaps"]),
        make_poll("several", kind="multiple", options=["a", "b", "c", "d", "e"]),
        make_poll("changeable", options=["a", "b", "c"], may_change=True),
        make_poll("about", questions=ABOUT),
        make_poll("closing", step=10, closes_at=timezone.now() + timedelta(seconds=closing)),
    ]
    described: list[dict[str, Any]] = [
        {
            "slug": poll.slug,
            "may_change": poll.may_change,
            "questions": [
                {"id": question.pk, "most": question.max_choices, "options": [o.pk for o in question.options.all()]}
                for question in poll.questions.all()
            ],
        }
        for poll in polls
    ]
    for own, other in zip(described, described[1:] + described[:1], strict=True):
        own["foreign_option"] = other["questions"][0]["options"][0]
    return described
