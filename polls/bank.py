"""Questionnaires to begin with: those that editors have kept, and the ready-made ones in `polls/questionnaires/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from polls import questionnaire
from polls.models import Saved

FOLDER = Path(__file__).parent / "questionnaires"
# The files and what an editor reads of them, in the order in which they are offered.
READY_MADE: Mapping[str, Promise] = {
    "satisfaction": gettext_lazy("Satisfaction with what we publish"),
    "event": gettext_lazy("After an event"),
    "panel": gettext_lazy("Joining a reader panel"),
    "election": gettext_lazy("Before an election"),
    "trust": gettext_lazy("Trust in institutions"),
    "about-you": gettext_lazy("About you: audience, age, region, gender"),
}


@lru_cache(maxsize=32)
def ready_made(name: str) -> dict[str, Any]:
    """A ready-made questionnaire; raises `KeyError` where there is none of this name."""
    if name not in READY_MADE:
        raise KeyError(name)
    return questionnaire.loads((FOLDER / f"{name}.json").read_bytes())


def choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Everything that can be inserted, in two groups."""
    kept = [(f"kept:{pk}", name) for pk, name in Saved.objects.order_by("name").values_list("pk", "name")[:500]]
    ready = [(f"ready:{name}", title) for name, title in READY_MADE.items()]
    return [(gettext_lazy("Ready-made"), ready), *([(gettext_lazy("Question bank"), kept)] if kept else [])]


def chosen(value: str) -> dict[str, Any] | None:
    """The questionnaire that was chosen; None where it is gone, or can no longer be read."""
    group, _colon, name = value.partition(":")
    try:
        if group == "ready":
            return ready_made(name)
        if group == "kept" and name.isdigit() and len(name) < 10:
            return questionnaire.read(Saved.objects.get(pk=int(name)).questionnaire)
    except (KeyError, Saved.DoesNotExist, questionnaire.Unreadable):
        return None
    return None


def keep(whole: Mapping[str, Any], *, name: str, who: str) -> Saved:
    """Keep a questionnaire under a name; one that is kept under it already is replaced."""
    values = {"questionnaire": questionnaire.compact(whole), "who": who, "at": timezone.now()}
    saved, _new = Saved.objects.update_or_create(name=name[:120].strip(), defaults=values)
    return saved
