"""What editors have typed and not saved yet, and who else has an article open.

The only writer of `Writing`. A row is of one account and one article (None: the form of a new one); it is no version
of the article, readers and other editors never see it, and it is gone once the form is saved.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.translation import gettext as _

from articles.models import Article, Writing
from articles.revisions import name_of
from polls.dates import clock_time

# A form says every ten seconds that it is open; after this time without a word it counts as closed.
PRESENT = timedelta(seconds=35)
# The text of a form as the browser sends it; an article may have 250,000 characters (`articles/forms.py`).
LONGEST = 1_500_000
MOST_FIELDS = 500
NEVER_KEPT = ("csrfmiddlewaretoken",)

Fields = list[tuple[str, str]]


class Unreadable(ValueError):
    """What the browser sent is no form; the message says so."""


def read(sent: Any) -> Fields | None:
    """The fields of a form as the script sends them, names with values; None where it says only that it is open."""
    fields = sent.get("fields") if isinstance(sent, dict) else sent
    if isinstance(sent, dict) and fields is None:
        return None
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        raise Unreadable(_("This could not be kept: it is not one of our forms."))
    for pair in fields:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            raise Unreadable(_("This could not be kept: it is not one of our forms."))
    return [(_storable(name), _storable(value)) for name, value in fields if name not in NEVER_KEPT]


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot hold: NUL, and halves of characters."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def keep(user: AbstractBaseUser, article: Article | None, fields: Fields | None) -> None:
    """Note that the form is open, and what was typed into it."""
    values: dict[str, Any] = {"seen_at": Now()}
    if fields is not None:
        data = QueryDict(mutable=True)
        for name, value in fields:
            data.appendlist(name, value)
        version = data.get("of_version", "")
        values |= {
            "data": dict(data.lists()),
            "typed_at": Now(),
            "version": int(version) if version.isdecimal() and len(version) < 10 else 1,
        }
    Writing.objects.update_or_create(user_id=user.pk, article=article, defaults=values)


def forget(user: AbstractBaseUser, article: Article | None) -> None:
    """What was typed is saved, or not wanted any more; that the form is open stays known."""
    Writing.objects.filter(user_id=user.pk, article=article).update(data={}, typed_at=None)


def unsaved(user: AbstractBaseUser, article: Article | None) -> Writing | None:
    """What this account typed into the form and never saved."""
    return Writing.objects.filter(user_id=user.pk, article=article, typed_at__isnull=False).first()


def typed(writing: Writing) -> QueryDict:
    """The fields as the form takes them."""
    data = QueryDict(mutable=True)
    for name, values in writing.data.items():
        data.setlist(name, values)
    return data


def others(user: AbstractBaseUser, article: Article) -> list[str]:
    """Who else has the article open at this moment, a sentence for each."""
    said = []
    for writing in _present(article).exclude(user_id=user.pk).order_by("user_id"):
        values = {"who": name_of(writing.user)}
        if writing.typed_at:
            values["at"] = clock_time(writing.typed_at)
            said.append(_("%(who)s also has this article open, and last wrote in it at %(at)s.") % values)
        else:
            said.append(_("%(who)s also has this article open.") % values)
    return said


def _present(article: Article) -> QuerySet[Writing]:
    return Writing.objects.filter(Q(article=article), seen_at__gt=Now() - PRESENT).select_related("user").defer("data")
