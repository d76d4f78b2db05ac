"""What PostgreSQL keeps of an article's words, language by language, so that they are found."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Case, F, Func, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Concat, NullIf
from django.db.models.lookups import IsNull

from articles.body import CHARACTERS

FIELDS = {"title": "A", "standfirst": "B", "body": "C"}
# How words are brought to their stem. PostgreSQL has nothing for Chinese, where no space parts the words: there every
# character is kept by itself, and what is looked for is their order.
CONFIGS = {
    "en": "english",
    "ru": "russian",
    "fr": "french",
    "es": "spanish",
    "de": "german",
    "ar": "arabic",
    "zh-hans": "simple",
}


def column(language: str) -> str:
    """The column that holds the words of a translation; `search` holds those of the language of the publication."""
    return f"search_{suffix(language)}"


def suffix(language: str) -> str:
    """A language as django-modeltrans writes it after the name of a field."""
    return language.replace("-", "_")


def translated(name: str, language: str) -> NullIf:
    """The translation of a field; NULL where there is none."""
    return NullIf(KeyTextTransform(f"{name}_{suffix(language)}", "i18n"), Value(""), output_field=models.TextField())


def apart(text: Combinable) -> Func:
    """Chinese text with its characters apart."""
    parts = (Value(f"({CHARACTERS})"), Value(r" \1 "), Value("g"))
    return Func(text, *parts, function="regexp_replace", output_field=models.TextField())


def words_in(language: str) -> models.GeneratedField:
    """The words of a translation as its readers see it: what is not translated stands there as it was written.

    NULL where nothing is translated, so that a language costs nothing until it is used.
    """
    texts = {name: translated(name, language) for name in FIELDS}
    vector: Any = None
    for name, weight in FIELDS.items():
        shown: Combinable = Coalesce(texts[name], F(name), output_field=models.TextField())
        shown = apart(shown) if language.startswith("zh") else shown
        part = SearchVector(shown, weight=weight, config=CONFIGS[language])
        vector = part if vector is None else vector + part
    is_translated = IsNull(Coalesce(*texts.values()), False)
    return models.GeneratedField(
        expression=Case(When(is_translated, then=vector), output_field=SearchVectorField()),
        output_field=SearchVectorField(),
        db_persist=True,
        editable=False,
        null=True,
    )


def all_titles() -> models.GeneratedField:
    """The titles in every language one after another, for what looks like them."""
    titles = [
        Coalesce(translated("title", language), Value(""), output_field=models.TextField()) for language in CONFIGS
    ]
    parts = [part for title in titles for part in (Value(" "), title)]
    return models.GeneratedField(
        expression=Concat(F("title"), *parts, output_field=models.TextField()),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )


KEPT = ("search", "titles", *(column(language) for language in CONFIGS))
