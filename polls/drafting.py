"""What a poll asks, as an editor writes it: made as a draft, rewritten until the first vote, copied.

The only writer of questions and options, apart from the correction of a typing error in `polls/lifecycle.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from modeltrans.utils import build_localized_fieldname

from polls.characters import storable
from polls.models import SINGLE, Option, Poll, Question, Series
from polls.questions import TYPES

Translations = Mapping[str, Mapping[str, Any]]

OPTIONS_LIMIT = 100
SLUG_LENGTH = 80
# Types whose ballots have a row an option; nobody chooses how many, and the database admits as many as there are.
ROW_AN_OPTION = ("matrix", "points")
COPIED = (
    "title",
    "intro",
    "note",
    "opens_at",
    "closes_at",
    "results_shown",
    "results_from",
    "minimum_base",
    "step",
    "repeat_rule",
    "may_change",
    "flow",
    "panel",
)
# What may be set freely until the first vote; times and publication belong to `polls/lifecycle.py`.
SETTINGS = tuple(name for name in COPIED if name not in ("opens_at", "closes_at"))


class Frozen(Exception):
    """Votes exist: neither wording nor rules may change any more."""


@dataclass(frozen=True)
class Offered:
    """One option as an editor writes it; `settings` are its marks: fixed, exclusive, other, dont_know, picture.

    `translations` by language, {"fr": {"text": "…"}}; None leaves those of an option that stays as they are.
    """

    text: str
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    translations: Translations | None = None


@dataclass(frozen=True)
class Asked:
    """One question as an editor writes it; `options` in the order in which readers see them."""

    text: str
    options: tuple[Offered, ...] = ()
    kind: str = SINGLE
    min_choices: int = 1
    max_choices: int = 1
    help: str = ""
    required: bool = True
    name: str = ""
    page: int = 1
    labels: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    show_if: Any = None
    about: bool = False
    translations: Translations | None = None

    @classmethod
    def of(cls, question: Question) -> Asked:
        return cls(
            text=question.text,
            options=tuple(
                Offered(option.text, option.name, option.settings, translations_of(option, "text"))
                for option in question.options.all()
            ),
            translations=translations_of(question, "text", "help", "labels"),
            kind=question.kind,
            min_choices=question.min_choices,
            max_choices=1 if question.kind in ROW_AN_OPTION else question.max_choices,
            help=question.help,
            required=question.required,
            name=question.name,
            page=question.page,
            labels=tuple(question.labels.splitlines()),
            settings=question.settings,
            show_if=question.show_if,
            about=question.about,
        )


def translations_of(row: Any, *fields: str) -> Translations | None:
    """The translations of a row of ours, by language, None where there are none; labels as a list."""
    found: dict[str, dict[str, Any]] = {}
    for language in settings.MODELTRANS_AVAILABLE_LANGUAGES:
        for name in fields:
            if text := (row.i18n or {}).get(build_localized_fieldname(name, language)):
                found.setdefault(language, {})[name] = text.splitlines() if name == "labels" else text
    return found or None


def _translate(row: Any, translations: Translations | None) -> None:
    """Set the translations of a row; None leaves them."""
    if translations is None:
        return
    row.i18n = {
        build_localized_fieldname(name, language): "\n".join(text) if name == "labels" else text
        for language, words in translations.items()
        for name, text in words.items()
    }


def _same(one: Asked, stored: Asked) -> bool:
    """Whether a question is asked as it is stored, translations left alone where nothing is said of them."""
    if len(one.options) != len(stored.options):
        return False
    options = tuple(
        replace(offer, translations=known.translations if offer.translations is None else offer.translations or None)
        for offer, known in zip(one.options, stored.options, strict=True)
    )
    own = stored.translations if one.translations is None else one.translations or None
    return replace(one, options=options, translations=own) == stored


def offered(*texts: str) -> tuple[Offered, ...]:
    """Plain options of these texts, in order."""
    return tuple(map(Offered, texts))


def one_line(text: str) -> str:
    """Text as it is stored: composed characters, no white space but single spaces between words."""
    return " ".join(unicodedata.normalize("NFC", storable(text)).replace("\u200b", "").split())


def options_of(text: str) -> tuple[str, ...]:
    """The options written one a line; raises `ValidationError` with a sentence for every fault."""
    options = [line for line in map(one_line, text.splitlines()) if line]
    limit = Option._meta.get_field("text").max_length or 300
    faults: list[str] = []
    if len(options) < 2:
        faults.append(_("Please write at least two options, one per line."))
    if len(options) > OPTIONS_LIMIT:
        faults.append(
            _("There are %(n)d options; a reader can be asked to choose from %(most)d at most.")
            % {"n": len(options), "most": OPTIONS_LIMIT}
        )
    seen: set[str] = set()
    for option in options:
        if option.casefold() in seen:
            faults.append(_("The option “%(option)s” appears twice here.") % {"option": option})
        seen.add(option.casefold())
        if len(option) > limit:
            faults.append(
                _("The option “%(option)s…” has %(n)d characters; an option may have %(most)d at most.")
                % {"option": option[:40], "n": len(option), "most": limit}
            )
    if faults:
        raise ValidationError(faults)
    return tuple(options)


def check_choices(kind: str, least: int, most: int, options: int) -> None:
    """Whether readers can choose so many; raises `ValidationError` in words. One answer needs no numbers."""
    if kind == SINGLE:
        return
    if least < 1:
        raise ValidationError(_("Readers choose at least one option."))
    if most < least:
        raise ValidationError(_("“At most” must not be smaller than “at least”."))
    if most > options:
        raise ValidationError(
            _("Readers cannot choose %(most)d options: there are only %(n)d.") % {"most": most, "n": options}
        )


def fault(asked: Asked) -> str:
    """What keeps a question from being asked, in a sentence for the editor; empty where nothing does."""
    kind = TYPES.get(asked.kind)
    if kind is None:
        return _("There is no such type of question.")
    least, most = kind.OPTIONS
    if len(asked.options) < least:
        return ngettext("It needs at least %(n)d option.", "It needs at least %(n)d options.", least) % {"n": least}
    if len(asked.options) > most:
        if not most:
            return _("This type has no options.")
        return ngettext("It can have %(n)d option.", "It can have at most %(n)d options.", most) % {"n": most}
    return next(iter(kind.faults(asked)), "")


def free_slug(text: str) -> str:
    """An address made of `text` that no poll has yet."""
    base = slugify(text)[:SLUG_LENGTH].strip("-") or "poll"
    taken = set(Poll.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def name_of(poll: Poll) -> str:
    """What editors know a poll by: its title, else its first question (loaded before, for lists), else its address."""
    return poll.title or next((question.text for question in poll.questions.all()), poll.slug)


def has_votes(poll: Poll) -> bool:
    """Whether the database has frozen the wording: ballots exist, or figures carried over from a former site."""
    return poll.ballots.exists() or poll.carried.exists()


@transaction.atomic
def create(*, asked: Sequence[Asked], opens_at: datetime, closes_at: datetime, slug: str = "", **values: Any) -> Poll:
    """A new draft with a series of its own; its address, unless given, is made of the title or the first question."""
    poll = Poll.objects.create(
        slug=slug or free_slug(values.get("title") or asked[0].text),
        series=Series.objects.create(),
        opens_at=opens_at,
        closes_at=closes_at,
        **_known(values),
    )
    _ask(poll, asked)
    return poll


@transaction.atomic
def rewrite(*, poll: Poll, asked: Sequence[Asked], **values: Any) -> Poll:
    """Change the wording and settings of a poll that nobody has voted in; raises `Frozen` once somebody has.

    An option whose text stays keeps its id.
    """
    poll = Poll.objects.select_for_update(of=("self",)).get(pk=poll.pk)
    if has_votes(poll):
        raise Frozen
    changed = [name for name, value in _known(values).items() if getattr(poll, name) != value]
    for name in changed:
        setattr(poll, name, values[name])
    if changed:
        poll.save(update_fields=changed)
    stored = [Asked.of(question) for question in poll.questions.prefetch_related("options")]
    if len(asked) != len(stored) or not all(map(_same, asked, stored)):
        _ask(poll, asked)
    return poll


def copy(poll: Poll, asked: Sequence[Asked] | None = None) -> Poll:
    """A draft with the same settings and, unless others are given, the same questions; never its votes or series.

    A corrected copy starts its own series too: who voted in which of two polls is not joined unseen.
    """
    same = asked or [Asked.of(question) for question in poll.questions.prefetch_related("options")]
    values = {name: getattr(poll, name) for name in COPIED}
    return create(asked=same, **values)


def _known(values: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = set(values) - set(SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a poll: {', '.join(sorted(unknown))}")
    return values


def _ask(poll: Poll, asked: Sequence[Asked]) -> None:
    """Make the poll's questions those given, by position; unchanged rows keep their ids."""
    questions = {question.position: question for question in poll.questions.all()}
    poll.questions.exclude(name="").update(name="")  # names may change places, and none may stand twice
    for position, one in enumerate(asked):
        question = questions.pop(position, None) or Question(poll=poll, position=position)
        for name in ("text", "help", "kind", "required", "name", "page", "show_if", "about"):
            setattr(question, name, getattr(one, name))
        question.labels = "\n".join(one.labels)
        question.settings = dict(one.settings)
        _translate(question, one.translations)
        single = one.kind == SINGLE
        question.min_choices = 1 if single else one.min_choices
        question.max_choices = 1 if single else one.max_choices
        if one.kind in ROW_AN_OPTION:
            question.min_choices, question.max_choices = 1, len(one.options)
        question.save()
        _offer(question, one.options)
    for question in questions.values():
        question.delete()


def _offer(question: Question, offered: Sequence[Offered]) -> None:
    known = {option.text: option for option in question.options.all()}
    for text in set(known) - {one.text for one in offered}:
        known.pop(text).delete()
    # Names may change places among the options, and none may stand twice even for a moment.
    question.options.exclude(name="").update(name="")
    for position, one in enumerate(offered):
        option = known.get(one.text) or Option(question=question, text=one.text)
        option.position, option.name, option.settings = position, one.name, dict(one.settings)
        _translate(option, one.translations)
        option.save()
