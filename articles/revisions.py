"""Every saved version of an article: kept once a save, listed, compared, and brought back as a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import comparison
from articles.comparison import Row
from articles.models import Article, Audience, Author, Picture, Section, Topic
from polls.dates import moment
from polls.models import Poll

LONGEST_REASON = 100
# What is brought back; an address, the dates and the poll stay as they are, and so does every vote.
BROUGHT_BACK = ("section", "title", "standfirst", "lead_picture", "body", "authors", "topics", "audiences")
TEXTS = {"title": gettext_lazy("Title"), "standfirst": gettext_lazy("Summary"), "body": gettext_lazy("Text")}
RELATED: dict[str, type[Model]] = {
    "section": Section,
    "poll": Poll,
    "lead_picture": Picture,
    "authors": Author,
    "topics": Topic,
    "audiences": Audience,
}
SEVERAL = ("authors", "topics", "audiences")
OTHERS = {
    "section": gettext_lazy("Section"),
    "slug": gettext_lazy("Address"),
    "authors": gettext_lazy("Authors"),
    "topics": gettext_lazy("Topics"),
    "audiences": gettext_lazy("Audiences"),
    "poll": gettext_lazy("Poll"),
    "lead_picture": gettext_lazy("Picture"),
    "published_at": gettext_lazy("Published at"),
    "in_review_at": gettext_lazy("In review since"),
    "embargo_until": gettext_lazy("Embargo until"),
    "archived_at": gettext_lazy("Archived at"),
    "withdrawn_at": gettext_lazy("Withdrawn at"),
    "withdrawal_notice": gettext_lazy("Notice"),
    "i18n": gettext_lazy("Translations"),
}
LABELS = {**TEXTS, **OTHERS}


# --- keeping ------------------------------------------------------------------------------------------------------


def begin(article: Article) -> None:
    """Let the several writes of one save make no revisions of their own; `keep` makes the one."""
    article.skip_history_when_saving = True  # type: ignore[attr-defined]


def keep(article: Article, *, by: AbstractBaseUser, reason: str = "") -> None:
    """End a save: the next version, kept as one revision with who saved it and why."""
    vars(article).pop("skip_history_when_saving", None)
    article._history_user = by  # type: ignore[attr-defined]
    article._change_reason = reason[:LONGEST_REASON]  # type: ignore[attr-defined]
    article.version += 1
    article.save(update_fields=["version", "updated_at"])


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Revision:
    """One saved version: when, by whom, why, and what was changed in it since the one before, in words."""

    id: int
    at: datetime
    who: str
    reason: str
    changed: tuple[str, ...]
    first: bool


@dataclass(frozen=True)
class Other:
    """A field that is no running text, as it was and as it is, in words."""

    label: str
    former: str
    present: str


@dataclass(frozen=True)
class Compared:
    """What differs between two versions."""

    texts: list[tuple[str, list[Row]]]
    others: list[Other]

    def __bool__(self) -> bool:
        return bool(self.texts or self.others)


def kept(article: Article) -> QuerySet[Any]:
    """The revisions of an article, newest first, each with who saved it and what it was filed under."""
    found: QuerySet[Any] = article.history.select_related("history_user").prefetch_related(*map(_rows_of, SEVERAL))
    return found.order_by("-history_date", "-history_id")


def listed(rows: Sequence[Any], *, before: Any | None) -> list[Revision]:
    """Revisions as a list shows them; `before` is the one that follows the last of them, where there is one."""
    found = []
    for row, former in zip(rows, [*rows[1:], before], strict=True):
        changed = _changed(_values(former), _values(row)) if former else []
        found.append(
            Revision(
                id=row.history_id,
                at=row.history_date,
                who=name_of(row.history_user),
                reason=row.history_change_reason or "",
                changed=tuple(str(LABELS[name]) for name in changed),
                first=former is None,
            )
        )
    return found


def compare(former: Any, present: Any) -> Compared:
    """Two revisions of an article."""
    return compared(_values(former), _values(present))


def compared(former: dict[str, Any], present: dict[str, Any]) -> Compared:
    """Two versions as mappings of field names to what is stored; only what both name is compared."""
    changed = _changed(former, present)
    texts = [(str(label), _rows(name, former, present)) for name, label in TEXTS.items() if name in changed]
    words = _words_of([former, present])
    others = [
        Other(str(label), words(name, former[name]), words(name, present[name]))
        for name, label in OTHERS.items()
        if name in changed
    ]
    return Compared(texts, others)


def content(revision: Any) -> dict[str, Any]:
    """What a revision brings back, as the form of an article takes it."""
    values = _values(revision)
    return {name: values[name] for name in BROUGHT_BACK}


def name_of(user: Any) -> str:
    """Who it was, in words: a command of the server has no name."""
    if user is None:
        return _("Server command")
    return str(user.get_full_name() or user.get_username())


def last_made(user: AbstractBaseUser) -> str:
    """The address of the article that this account made last; "" where it made none."""
    made = Article.history.filter(history_user_id=user.pk, version=2).order_by("-history_date", "-history_id")
    return made.values_list("slug", flat=True).first() or ""


def _values(revision: Any) -> dict[str, Any]:
    """What a revision stored, rows of other tables by their ids."""
    values = {
        name: getattr(revision, f"{name}_id" if name in RELATED else name) for name in LABELS if name not in SEVERAL
    }
    for name in SEVERAL:
        column = f"{RELATED[name]._meta.model_name}_id"
        values[name] = sorted(getattr(row, column) for row in getattr(revision, _rows_of(name)).all())
    return values


def _rows_of(name: str) -> str:
    """How a revision calls the rows that it keeps of one of these, for reading many at once."""
    return f"historicalarticle_{name}_set"


def _changed(former: dict[str, Any], present: dict[str, Any]) -> list[str]:
    return [name for name in LABELS if name in former and name in present and former[name] != present[name]]


def _rows(name: str, former: dict[str, Any], present: dict[str, Any]) -> list[Row]:
    rows = comparison.of_bodies if name == "body" else comparison.of_lines
    return rows(former[name], present[name])


def _words_of(versions: Iterable[dict[str, Any]]) -> Callable[[str, Any], str]:
    """How to say the values of these versions; each table is asked once for all of them."""
    wanted: dict[str, set[int]] = {}
    for version in versions:
        for name in RELATED.keys() & version.keys():
            ids = version[name] if name in SEVERAL else [version[name]]
            wanted.setdefault(name, set()).update(pk for pk in ids if pk)
    names = {
        name: {row.pk: str(row) for row in RELATED[name]._default_manager.filter(pk__in=ids)}
        for name, ids in wanted.items()
        if ids
    }

    def words(name: str, value: Any) -> str:
        if name in SEVERAL:
            return ", ".join(words_of_row(name, pk) for pk in value) or _("none")
        if not value:
            return _("none")
        if name in RELATED:
            return words_of_row(name, value)
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, dict):
            return ", ".join(f"{key}: {text}" for key, text in sorted(value.items()))
        return str(value)

    def words_of_row(name: str, pk: int) -> str:
        return names.get(name, {}).get(pk) or _("one that no longer exists")

    return words
