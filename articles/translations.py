"""Texts of the publication in other languages: what there is to translate, what is there, and storing it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltrans.utils import build_localized_fieldname

from articles import languages
from articles.models import Article, Audience, Author, Page, Picture, Publication, Recording, Section, Topic, Translated
from polls import flow, spoken
from polls import lifecycle as life_of_polls
from polls.models import Option, Poll, Question

KINDS: dict[str, type[models.Model]] = {
    model._meta.model_name or "": model
    for model in (Article, Page, Section, Author, Topic, Audience, Picture, Recording, Publication, Poll)
}
BODIES = {"body"}
# What the course of a survey says: how it is called, and how long it may be.
OF_COURSE = {
    "page": (gettext_lazy("Title of the page"), flow.TITLE_LENGTH),
    "quota": (gettext_lazy("What readers are told"), flow.MESSAGE_LENGTH),
}


class Refused(Exception):
    """It was not stored; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Text:
    """One text to be translated, with what is there."""

    key: str
    row: Any
    name: str
    original: str
    translation: str

    @property
    def label(self) -> str:
        part, _line, rest = self.name.partition("_")
        if part not in OF_COURSE:
            return str(self.field.verbose_name)
        return f"{OF_COURSE[part][0]}, {rest.partition('_')[0]}"

    @property
    def longest(self) -> int | None:
        part = self.name.partition("_")[0]
        return OF_COURSE[part][1] if part in OF_COURSE else self.field.max_length

    @property
    def field(self) -> Any:
        """The field of the row; the course of a survey is no field."""
        return self.row._meta.get_field(self.name)

    @property
    def is_body(self) -> bool:
        return self.name in BODIES


@dataclass(frozen=True)
class Standing:
    """How far the translation of a row into a language has come."""

    language: str
    there: int
    wanted: int
    stale: bool

    @property
    def name(self) -> str:
        return spoken.name_of(self.language)

    @property
    def complete(self) -> bool:
        return self.there == self.wanted

    @property
    def sentence(self) -> str:
        if not self.there:
            return _("Not translated.")
        if self.stale:
            return _("The original has changed since it was translated.")
        if self.complete:
            return _("Complete.")
        return _("%(there)d of %(wanted)d texts are translated.") % {"there": self.there, "wanted": self.wanted}


def find(kind: str, pk: int) -> Any | None:
    """The row of a kind, whole: a poll with its questions and options."""
    if kind == "poll":
        return Poll.objects.whole().filter(pk=pk).first()
    return KINDS[kind]._default_manager.filter(pk=pk).first() if kind in KINDS else None


def into() -> list[str]:
    """The languages into which rows can be translated: those that readers are shown."""
    return languages.shown()[1:]


def texts(row: Any, language: str) -> list[Text]:
    """What of a row was written and can be translated, in the order in which readers meet it."""
    return [
        Text(f"{kind}-{one.pk}-{name}", one, name, spoken.written(one, name), spoken.text_of(one, name, language))
        for kind, one, names in _rows(row)
        for name in names
        if spoken.written(one, name)
    ]


def _rows(row: Any) -> Iterable[tuple[str, Any, tuple[str, ...]]]:
    kind = row._meta.model_name
    if not isinstance(row, Poll):
        yield kind, row, row._meta.get_field("i18n").fields
        for correction in row.corrections.all() if isinstance(row, Article) else ():
            yield "correction", correction, ("text",)
        return
    yield kind, row, ("title", "intro", "note", *spoken.course(row.flow))
    for question in row.questions.all():
        yield "question", question, spoken.WORDING["question"]
        for option in question.options.all():
            yield "option", option, spoken.WORDING["option"]


def standing(row: Any) -> list[Standing]:
    """How far each translation has come."""
    made_of = dict(_known(row).values_list("language", "original"))
    found = []
    for language in into():
        held = texts(row, language)
        stale = language in made_of and made_of[language] != digest(text.original for text in held)
        there = sum(bool(text.translation) for text in held)
        found.append(Standing(language, there, len(held), stale and there > 0))
    return found


def digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()


def seen(row: Any, language: str) -> str:
    """What a form was made of: original and translation as they stood there."""
    return digest(part for text in texts(row, language) for part in (text.key, text.original, text.translation))


def _known(row: Any) -> models.QuerySet[Translated]:
    return Translated.objects.filter(kind=row._meta.model_name, row=row.pk)


@transaction.atomic
def store(
    row: Any,
    language: str,
    given: Mapping[str, str],
    *,
    by: AbstractBaseUser,
    was: str,
    reason: str = "",
) -> None:
    """Store the translation of a row as a whole; `was` is what `seen` said when it was begun. Raises `Refused`."""
    kind, who = row._meta.model_name, by.get_username()
    list(KINDS[kind]._default_manager.select_for_update(of=("self",)).filter(pk=row.pk).values_list("pk"))
    row = find(kind, row.pk)
    if row is None:
        raise Refused(_("It has since been deleted."))
    if seen(row, language) != was:
        raise Refused(
            _(
                "Somebody else has since changed the original or the translation. Nothing of yours has been "
                "saved yet: look at what is there now, then save again."
            )
        )
    held = texts(row, language)
    changed = [(text, given.get(text.key, "")) for text in held if given.get(text.key, "") != text.translation]
    if isinstance(row, Poll):
        _store_poll(row, language, changed, who=who, reason=reason)
    else:
        _store_rows(language, changed, by=by)
    Translated.objects.update_or_create(
        kind=kind,
        row=row.pk,
        language=language,
        defaults={"original": digest(text.original for text in held), "who": who},
    )


def _by_row(changed: list[tuple[Text, str]]) -> list[tuple[Any, dict[str, str]]]:
    """Each row that was changed, with its new texts by field."""
    rows: dict[tuple[str, int], tuple[Any, dict[str, str]]] = {}
    for text, new in changed:
        rows.setdefault((text.row._meta.model_name, text.row.pk), (text.row, {}))[1][text.name] = new
    return list(rows.values())


def _store_rows(language: str, changed: list[tuple[Text, str]], *, by: AbstractBaseUser) -> None:
    """A row of the publication, and the corrections under an article."""
    for row, new in _by_row(changed):
        row.i18n = _with(row, language, new)
        if isinstance(row, Article):
            row._history_user = by  # type: ignore[attr-defined]
            row._change_reason = _("Translation: %(language)s") % {"language": spoken.name_of(language)}  # type: ignore[attr-defined]
            row.save(update_fields=["i18n", "updated_at"])
        else:
            row.save(update_fields=["i18n"])


def _store_poll(poll: Poll, language: str, changed: list[tuple[Text, str]], *, who: str, reason: str) -> None:
    rows: list[tuple[Poll | Question | Option, dict[str, str]]] = _by_row(changed)
    try:
        life_of_polls.translate(poll=poll, language=language, rows=rows, who=who, reason=reason)
    except life_of_polls.Refused as refused:
        raise Refused(refused.message) from refused


def forget(row: Any, language: str, *names: str) -> None:
    """Take the translations of these fields out of a row that is about to be stored."""
    row.i18n = _with(row, language, dict.fromkeys(names, ""))


def _with(row: Any, language: str, new: Mapping[str, str]) -> dict[str, str]:
    """The translations of a row with these texts set, or taken out where they are empty."""
    after = {**(row.i18n or {}), **{build_localized_fieldname(name, language): text for name, text in new.items()}}
    return {name: text for name, text in after.items() if text}
