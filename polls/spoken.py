"""In which language words are shown: that of the page where they are translated, else the one they were written in.

A poll is shown in a language only where all of its wording is translated, so that nobody is asked in two languages at
once; every other row field by field.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, get_language_info, gettext, override
from modeltrans.utils import build_localized_fieldname

if TYPE_CHECKING:
    from polls.models import Poll

# The language of the publication, in which its rows are written; and whether the page is one of the editors’ desk,
# which speaks another language than the pages of the publication to which it leads. The middleware says both.
own_language: ContextVar[str] = ContextVar("language of the publication", default=settings.LANGUAGE_CODE)
at_desk: ContextVar[bool] = ContextVar("whether this is a page of the desk", default=False)

WORDING = {"poll": ("title", "intro"), "question": ("text", "help", "labels"), "option": ("text",)}


@contextmanager
def page(*, own: str, desk: bool) -> Iterator[None]:
    """While a page is made: the language of the publication, and whether the page is one of the desk."""
    before = own_language.set(own), at_desk.set(desk)
    try:
        yield
    finally:
        own_language.reset(before[0])
        at_desk.reset(before[1])


def here() -> str:
    """The language of the page."""
    return get_language() or settings.LANGUAGE_CODE


def text_of(row: Any, name: str, language: str) -> str:
    """The translation of a field; empty where there is none."""
    return str((row.i18n or {}).get(build_localized_fieldname(name, language)) or "")


def translated(row: Any, *fields: str, language: str) -> bool:
    """Whether each of these texts that was written is there in a language; never where none was written."""
    written = [name for name in fields if getattr(row, name)]
    return bool(written) and all(text_of(row, name, language) for name in written)


def language_of(row: Any, *fields: str) -> str:
    """The language in which the page shows these fields: its own where all of them are translated."""
    language = here()
    return language if language != own_language.get() and translated(row, *fields, language=language) else own()


def own() -> str:
    return own_language.get()


def attributes(language: str) -> dict[str, str]:
    """What a field or an editor says of itself that holds a text in this language."""
    return {"lang": language, "dir": "rtl" if right_to_left(language) else "ltr"}


def elsewhere(language: str) -> str:
    """`language` where that is not the page's own; else empty: nothing has to be said of it."""
    return "" if language == here() else language


# --- what stands between words ------------------------------------------------------------------------------------


def comma() -> str:
    """What stands between the names of a list, in the language of the page."""
    return gettext("%(one)s, %(next)s") % {"one": "", "next": ""}


def colon() -> str:
    """What stands between a name and what is said of it, in the language of the page."""
    return gettext("%(name)s: %(text)s") % {"name": "", "text": ""}


def in_a_row(words: Iterable[str]) -> str:
    return comma().join(words)


# --- polls --------------------------------------------------------------------------------------------------------


def whole(poll: Poll, *, language: str) -> bool:
    """Whether all the wording of a poll (loaded by `PollQuerySet.whole`) is there in a language."""
    found: dict[str, bool] = vars(poll).setdefault("_spoken", {})
    if language not in found:
        found[language] = not any(lacking(poll, language=language))
    return found[language]


def lacking(poll: Poll, *, language: str) -> list[tuple[Any, str]]:
    """The rows and fields of a poll whose translation is missing."""
    rows: list[tuple[Any, tuple[str, ...]]] = [(poll, (*WORDING["poll"], *course(poll.flow)))]
    for question in poll.questions.all():
        rows += [(question, WORDING["question"]), *((one, WORDING["option"]) for one in question.options.all())]
    return [
        (row, name) for row, names in rows for name in names if written(row, name) and not _fits(row, name, language)
    ]


def _fits(row: Any, name: str, language: str) -> bool:
    """The words of a scale are there only where there are as many."""
    text = text_of(row, name, language)
    return bool(text) and (name != "labels" or len(text.splitlines()) == len(row.labels.splitlines()))


def course(flow: Mapping[str, Any]) -> dict[str, str]:
    """What the course of a survey says, by names as if they were fields: titles of pages, words of full quotas."""
    titles = {f"page_{n}_title": page.get("title", "") for n, page in enumerate(flow.get("pages", ()), 1)}
    words = {f"quota_{n}_message": quota.get("message", "") for n, quota in enumerate(flow.get("quotas", ()), 1)}
    return {name: text for name, text in {**titles, **words}.items() if text}


def written(row: Any, name: str) -> str:
    """A text as it was written: of a field, or of the course of a survey."""
    return str(getattr(row, name, None) or (course(row.flow).get(name) if hasattr(row, "flow") else "") or "")


def course_in(poll: Poll, language: str) -> dict[str, Any]:
    """The course of a survey with its titles and words in a language, as far as they are translated."""
    found: dict[str, Any] = copy.deepcopy(poll.flow)
    for part, key in (("page", "title"), ("quota", "message")):
        for n, entry in enumerate(found.get(f"{part}s", ()), 1):
            if text := text_of(poll, f"{part}_{n}_{key}", language):
                entry[key] = text
    return found


def shown_translated(poll: Poll) -> bool:
    """Whether the page shows the translation of a poll."""
    language = here()
    return language != own() and whole(poll, language=language)


def languages_of(poll: Poll) -> list[str]:
    """The languages in which a poll can be read, that of the publication first."""
    codes = [code for code, _name in settings.LANGUAGES if code != own()]
    return [own(), *(code for code in codes if whole(poll, language=code))]


# --- addresses ----------------------------------------------------------------------------------------------------


def address(name: str, *args: Any) -> str:
    """The address of a page for readers: in the language of this page, and from the desk in the publication's own."""
    if not at_desk.get():
        return reverse(name, args=args)
    with override(own()):
        return reverse(name, args=args)


def name_of(language: str) -> str:
    """A language by its own name."""
    return dict(settings.LANGUAGES).get(language) or str(get_language_info(language)["name_local"])


def right_to_left(language: str) -> bool:
    return bool(get_language_info(language)["bidi"])
