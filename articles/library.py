"""Where the pictures, files and recordings of the library are used, and what an editor is offered of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from modeltrans.utils import build_localized_fieldname

from articles.models import Article, Document, Page, Picture, Recording, Rendition
from articles.publication import current
from polls.models import Option
from polls.pictures import Found

Thing = Picture | Document | Recording


@dataclass(frozen=True)
class Use:
    """A place where something stands: what it is, its name, and its page in the admin."""

    what: str
    name: str
    url: str


def uses(things: Iterable[Thing]) -> dict[int, list[Use]]:
    """Where each of these is used, by its number; a few queries whatever their number. All are of one kind."""
    known = list(things)
    found: dict[int, list[Use]] = defaultdict(list)
    if not known:
        return found
    kind, numbers = type(known[0]), [thing.pk for thing in known]
    for relation in _relations(kind):
        row = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": numbers})
        through = relation.related_model._meta.model_name == "articlefile"
        for one in row.select_related("article") if through else row:
            _add(found, getattr(one, relation.field.attname), one.article if through else one)
    for model, name in ((Article, "body"), (Page, "body")):
        word = kind._meta.model_name
        if word != "document":
            for number, one in _placed(model, name, str(word), numbers):
                _add(found, number, one)
    if kind is Picture:
        for option in _with_pictures().filter(settings__picture__id__in=numbers).select_related("question__poll"):
            _add(found, option.settings["picture"]["id"], option.question.poll)
    return found


def _with_pictures() -> QuerySet[Option]:
    """The options of image questions that show a picture of the library."""
    return Option.objects.filter(settings__has_key="picture").order_by("pk")


def _add(found: dict[int, list[Use]], number: int, one: Any) -> None:
    meta = one._meta
    use = Use(
        str(meta.verbose_name), str(one), reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[one.pk])
    )
    if use not in found[number]:
        found[number].append(use)


def _relations(kind: type[models.Model]) -> list[Any]:
    """Every foreign key that keeps such a row from being deleted, whichever table has it."""
    fields = kind._meta.get_fields(include_hidden=True)
    return [field for field in fields if field.one_to_many and getattr(field, "on_delete", None) is models.PROTECT]


def _lines(model: type[models.Model], word: str) -> Any:
    """Rows with every number that a body or one of its translations places, found by PostgreSQL in one look."""
    text = TextField()
    whole = Concat(Cast("body", text), Coalesce(Cast("i18n", text), Value("", text)), output_field=text)
    numbers = Func(
        F("whole"),
        Value(rf"\[\[{word}:([1-9][0-9]{{0,8}})\]\]"),
        Value("g"),
        function="regexp_matches",
        set_returning=True,
        output_field=ArrayField(TextField()),
    )
    rows = model._default_manager.order_by().annotate(whole=whole).filter(whole__contains=f"[[{word}:")
    return rows.annotate(number=numbers)


def _placed(model: Any, field: str, word: str, numbers: Collection[int]) -> Iterable[tuple[int, Any]]:
    wanted = {str(number) for number in numbers}
    pairs = [(pk, found[0]) for pk, found in _lines(model, word).values_list("pk", "number") if found[0] in wanted]
    rows = model._default_manager.defer(field, "i18n").in_bulk({pk for pk, _number in pairs})
    return [(int(number), rows[pk]) for pk, number in pairs]


def used(kind: type[models.Model]) -> set[int]:
    """The numbers of everything of a kind that is used anywhere."""
    found: set[int] = set()
    for relation in _relations(kind):
        rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__isnull": False})
        found |= set(rows.order_by().values_list(relation.field.attname, flat=True).distinct())
    if kind is not Document:
        for model in (Article, Page):
            lines = _lines(model, str(kind._meta.model_name))
            found |= {int(numbers[0]) for numbers in lines.values_list("number", flat=True)}
    if kind is Picture:
        found |= set(_with_pictures().values_list("settings__picture__id", flat=True))
    return found


def without_alt(pictures: QuerySet[Picture], language: str) -> QuerySet[Picture]:
    """Pictures whose alternative text is not there in a language that the publication shows."""
    key = build_localized_fieldname("alt", language)
    said = pictures.annotate(said=KeyTextTransform(key, "i18n"))
    return said.filter(Q(said__isnull=True) | Q(said=""))


def languages() -> list[str]:
    """The languages in which texts are to be given beside the one they are written in."""
    record = current()
    return [code for code in record.languages if code != record.default_language]


def remove(thing: Thing) -> None:
    """Delete a row and, once that is certain, its files."""
    files = [thing.file.name] if isinstance(thing, Picture | Document) else []
    if isinstance(thing, Picture):
        files += Rendition.objects.filter(picture=thing).values_list("file", flat=True)
    thing.delete()

    def delete_files() -> None:
        for name in files:
            default_storage.delete(str(name))

    transaction.on_commit(delete_files)


def offered(picture: Picture) -> Mapping[str, Any]:
    """What the editor's panel shows of a picture."""
    narrow = min(picture.renditions.all(), key=lambda rendition: rendition.width, default=picture)
    return {
        "id": picture.pk,
        "name": picture.name,
        "alt": picture.alt,
        "credit": picture.credit,
        "caption": picture.caption,
        "thumb": narrow.file.url,
        "width": picture.width,
        "height": picture.height,
    }


def pictures_for_polls(*, number: int | None = None, words: str = "") -> list[Found]:
    """Pictures for the image questions of polls: one by its number, or the newest that fit some words."""
    pictures = Picture.objects.prefetch_related("renditions")
    if number is not None:
        pictures = pictures.filter(pk=number)
    for word in words.split()[:5]:
        pictures = pictures.filter(Q(name__icontains=word) | Q(alt__icontains=word) | Q(caption__icontains=word))
    return [_for_polls(picture) for picture in pictures[:24]]


def _for_polls(picture: Picture) -> Found:
    narrow = min(picture.renditions.all(), key=lambda rendition: rendition.width, default=picture)
    return {
        "id": picture.pk,
        "src": narrow.file.url,
        "width": narrow.width,
        "height": narrow.height,
        "name": picture.name,
        "alt": picture.alt,
    }


def offered_recording(recording: Recording) -> Mapping[str, Any]:
    """What the editor's panel shows of a recording."""
    return {
        "id": recording.pk,
        "name": recording.title,
        "alt": recording.url,
        "thumb": offered(recording.still)["thumb"] if recording.still else "",
    }
