"""Who may do what: five roles, each a group with exact permissions, in the sections in which somebody works.

`docs/roles.md` shows what follows from them, page by page, and a test compares it with the admin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, Q, QuerySet, TextChoices, TextField, Value
from django.utils.translation import gettext_lazy as _

from articles import body
from articles.models import Article, Section, Staff
from polls.models import Poll

Somebody = AbstractBaseUser | AnonymousUser | User


class Role(TextChoices):
    """The name of a role is the name of its group."""

    AUTHOR = "author", _("author")
    EDITOR = "editor", _("editor")
    RESEARCHER = "researcher", _("researcher")
    MODERATOR = "moderator", _("moderator")
    ADMINISTRATOR = "administrator", _("administrator")


WHAT = {
    Role.AUTHOR: _("Writes drafts with their polls and sends them for review. Cannot publish."),
    Role.EDITOR: _("Publishes, withdraws and corrects articles; publishes, pauses and closes polls."),
    Role.RESEARCHER: _("Reads articles and the figures of polls. Cannot change anything."),
    Role.MODERATOR: _("Handles alarms, votes set aside and text answers. Cannot publish."),
    Role.ADMINISTRATOR: _(
        "Does everything that an editor and a moderator do, and manages people and the publication itself."
    ),
}


def _of(actions: str, *models: str) -> set[str]:
    """ "see add" of "articles.topic": its permissions by their whole names."""
    found = set()
    for model in models:
        app, _dot, name = model.partition(".")
        found |= {f"{app}.{'view' if action == 'see' else action}_{name}" for action in actions.split()}
    return found


FILED = ("articles.section", "articles.author", "articles.topic", "articles.audience")
MEDIA = ("articles.picture", "articles.document", "articles.recording")
BESIDE = ("articles.articlefile", "articles.reviewlink")  # what is kept in the form of an article
READING = _of("see", "articles.article", "articles.page", "articles.correction", "polls.poll", *FILED, *MEDIA)

_author = (
    READING
    | _of("add change", "articles.article", "polls.poll", *MEDIA)
    | _of("see add change delete", *BESIDE)
    | _of("see", "articles.reviewnote")
    | _of("add", "articles.topic")
    | _of("see", "polls.saved")
)
_editor = (
    _author
    | _of("delete", "articles.article", "polls.poll", *MEDIA)
    | _of("change delete", "polls.saved")
    | {"articles.publish_article", "articles.withdraw_article", "polls.steer_poll", "polls.change_alarm"}
    | _of("see add change delete", "articles.author", "articles.topic", "articles.homelead")
    | _of("see add change", "articles.correction", "articles.page")
    | _of("change", "articles.section")
    | _of("see", "polls.verbatim")
)
_moderator = READING | _of("see change", "polls.alarm", "polls.verbatim") | _of("see add", "polls.setaside")
MAY: dict[Role, set[str]] = {
    Role.AUTHOR: _author,
    Role.EDITOR: _editor,
    Role.RESEARCHER: READING | _of("see", "polls.setaside", "polls.verbatim"),
    Role.MODERATOR: _moderator,
    Role.ADMINISTRATOR: _editor
    | _moderator
    | _of("see add change delete", "articles.page", "articles.sociallink", *FILED)
    | _of("see add change", "articles.publication", "articles.invitation")
    | _of("see change", "articles.person")
    | _of("see add delete", "articles.delivery")
    | _of("see", "articles.auditentry"),
}


def keep(apps: Any = installed) -> list[str]:
    """Give every role's group exactly its permissions; the names that are not known yet.

    To be run as often as one likes, with the models of a migration too. Nothing else in the site writes groups.
    """
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for label in ("articles", "polls", "admin"):  # on a new database they are made only after all migrations
        config = apps.get_app_config(label)
        if not getattr(config, "models_module", None):
            config.models_module = True  # what a migration has of an app says nothing of it
        create_permissions(config, apps=apps, verbosity=0)
    known = {
        f"{label}.{codename}": pk
        for pk, label, codename in permission_model.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role, names in MAY.items():
        group, _new = group_model.objects.get_or_create(name=role.value)
        group.permissions.set([known[name] for name in sorted(names) if name in known])
    return sorted(set().union(*MAY.values()) - known.keys())


def give(user: User, role: Role, sections: Iterable[Section] | None = ()) -> None:
    """Make `role` the one role of somebody, who works in `sections` from now on (none: in all; None: as before)."""
    others = user.groups.filter(name__in=Role.values).exclude(name=role)
    user.groups.remove(*others)
    user.groups.add(Group.objects.get(name=role))
    if sections is None:
        return
    chosen = list(sections)
    staff, _new = Staff.objects.update_or_create(user=user, defaults={"limited": bool(chosen)})
    staff.sections.set(chosen)


def role_of(user: User) -> Role | None:
    """The one role of somebody; whoever was made by `createsuperuser` is an administrator."""
    if user.is_superuser:
        return Role.ADMINISTRATOR
    names = {group.name for group in user.groups.all()}
    return next((role for role in Role if role in names), None)


# --- sections -----------------------------------------------------------------------------------------------------


def sections_of(user: Somebody) -> frozenset[int] | None:
    """The sections somebody works in, with those that lie in them; None: all. Read once a request."""
    if not hasattr(user, "_sections"):
        user._sections = _sections_of(user)  # type: ignore[union-attr]
    return user._sections  # type: ignore[union-attr]


def _sections_of(user: Somebody) -> frozenset[int] | None:
    if getattr(user, "is_superuser", False):
        return None
    staff = Staff.objects.filter(user=user.pk or 0, limited=True).first()
    if staff is None:
        return None
    found = set(staff.sections.order_by().values_list("pk", flat=True))
    tree = list(Section.objects.exclude(parent=None).values_list("pk", "parent"))
    while deeper := {pk for pk, parent in tree if parent in found} - found:
        found |= deeper
    return frozenset(found)


def articles_of(user: Somebody, articles: QuerySet[Article]) -> QuerySet[Article]:
    """Those articles that lie in somebody's sections."""
    sections = sections_of(user)
    return articles if sections is None else articles.filter(section__in=sections)


def polls_of(user: Somebody, polls: QuerySet[Poll]) -> QuerySet[Poll]:
    """Those polls that stand in or under an article of somebody's sections, and those that stand in none."""
    sections = sections_of(user)
    if sections is None:
        return polls
    placed = _placed()
    mine = [slug for section, slug in placed if section in sections]
    elsewhere = [slug for _section, slug in placed]
    nowhere = Q(articles=None) & ~Q(slug__in=elsewhere)
    found = Poll.objects.filter(Q(articles__section__in=sections) | Q(slug__in=mine) | nowhere)
    return polls.filter(pk__in=found.values("pk"))


def _placed() -> set[tuple[int, str]]:
    """Section and poll's address for every line [[poll:address]] in an article, found by PostgreSQL in one look."""
    lines = Func(
        "body",
        Value(body.PLACED.pattern),
        Value("g"),
        function="regexp_matches",
        set_returning=True,
        output_field=ArrayField(TextField()),
    )
    found = Article.objects.order_by().filter(body__contains="[[poll:").annotate(slugs=lines)
    return {(section, slug) for section, (slug,) in found.values_list("section", "slugs")}


# --- single things ------------------------------------------------------------------------------------------------


def may_publish(user: Any) -> bool:
    """Whether somebody decides what readers see: publishes, schedules and archives, or withdraws."""
    return bool(user.has_perm("articles.publish_article") or user.has_perm("articles.withdraw_article"))


def reaches(user: Somebody, article: Article) -> bool:
    """Whether an article lies in somebody's sections."""
    sections = sections_of(user)
    return sections is None or article.section_id in sections


def may_change(user: Somebody, article: Article) -> bool:
    """Whether somebody who writes articles may change this one: what readers see only where they may publish."""
    return reaches(user, article) and (article.published_at is None or may_publish(user))


def reaches_poll(user: Somebody, poll: Poll) -> bool:
    """Whether a poll stands in somebody's sections, or nowhere yet."""
    return sections_of(user) is None or polls_of(user, Poll.objects.filter(pk=poll.pk)).exists()
