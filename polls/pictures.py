"""The pictures from which image questions choose. They belong to whoever publishes; polls know only where to ask.

The setting `POLLS_PICTURES` names a function: asked for a number it lists that picture, asked for words those that fit.
Without the setting there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypedDict, cast

from django.conf import settings
from django.utils.module_loading import import_string


class Picture(TypedDict):
    """A picture as an option keeps it: its number in the library, its address, and its size in pixels."""

    id: int
    src: str
    width: int
    height: int


class Found(Picture):
    """A picture as a search shows it: with its name there and its alternative text."""

    name: str
    alt: str


def picture_of(number: int) -> Picture | None:
    """The picture of this number, None where there is none."""
    found = [one for one in _library()(number=number) if one["id"] == number]
    if not found:
        return None
    return {"id": number, "src": found[0]["src"], "width": found[0]["width"], "height": found[0]["height"]}


def search(words: str) -> Sequence[Found]:
    """Pictures that fit some words; the newest where there are none."""
    return _library()(words=words)


@lru_cache(maxsize=1)
def _library() -> Callable[..., Sequence[Found]]:
    path = getattr(settings, "POLLS_PICTURES", "")
    return cast(Callable[..., Sequence[Found]], import_string(path)) if path else _nothing


def _nothing(**_asked: Any) -> Sequence[Found]:
    return ()
