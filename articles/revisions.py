"""Every saved version of an article: kept once a save, listed, compared, and brought back as a new one."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from articles.models import Article

LONGEST_REASON = 100


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
