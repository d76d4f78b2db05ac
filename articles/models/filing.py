"""What orders articles: sections, authors, topics, audiences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from polls import spoken

if TYPE_CHECKING:
    from articles.models.article import ArticleQuerySet

# A section, what lies in it, and what lies in that: a reader keeps no more in mind, and every question about the tree
# is answered by joins of fixed depth, without recursion.
LEVELS = 3


class SectionQuerySet(models.QuerySet["Section"]):
    def within(self, section: Section) -> SectionQuerySet:
        """The section itself and everything that lies in it."""
        return self.filter(Q(pk=section.pk) | Q(parent=section.pk) | Q(parent__parent=section.pk))

    def with_ancestors(self) -> SectionQuerySet:
        return self.select_related("parent__parent")


class Section(models.Model):
    """A department of the publication; it may lie inside another one."""

    name = models.CharField(_("name"), max_length=120)
    menu_name = models.CharField(_("name in the menu"), max_length=40, blank=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("Leave empty for a section of its own, which appears in the menu."),
    )
    default_poll = models.ForeignKey(
        "polls.Poll",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("poll of the section"),
        help_text=_(
            "It appears under every article of this section that has no poll of its own, while readers may see it."
        ),
    )
    i18n = TranslationField(fields=("name", "menu_name", "description"))
    name_i18n: str
    menu_name_i18n: str
    description_i18n: str
    articles: ArticleQuerySet
    children: SectionQuerySet

    objects = SectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "name"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="section_not_in_itself")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return spoken.address("articles:section", self.slug)

    @property
    def path(self) -> list[Section]:
        """From the section in the menu down to this one."""
        found, above = [self], self.parent
        while above is not None and len(found) < LEVELS:
            found.insert(0, above)
            above = above.parent
        return found

    def clean(self) -> None:
        super().clean()
        self.check_place()

    def check_place(self) -> None:
        """Refuse a circle and a fourth level; raises `ValidationError` at the field `parent`."""
        above: list[Section] = []
        each = self.parent
        while each is not None and len(above) < LEVELS:
            above.append(each)
            each = each.parent
        if self.pk and any(one.pk == self.pk for one in above):
            raise ValidationError(
                {"parent": _("A section cannot be part of itself, nor of a section within it. Choose another one.")}
            )
        if self.parent is not None and len(above) + 1 + self._levels_below() > LEVELS:
            raise ValidationError(
                {"parent": _("Sections can be nested three levels deep. Choose a section further up, or none.")}
            )

    def _levels_below(self) -> int:
        if self.pk is None or not self.children.exists():
            return 0
        return 2 if Section.objects.filter(parent__parent=self).exists() else 1


class Author(models.Model):
    """Who signs: a desk of the publication, or a person with a biography and a portrait."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    is_person = models.BooleanField(
        _("a person"), default=False, help_text=_("Rather than a desk: search engines are told so.")
    )
    biography = models.TextField(
        _("biography"), max_length=4000, blank=True, help_text=_("Plain text; an empty line starts a new paragraph.")
    )
    portrait = models.ForeignKey(
        "articles.Picture", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("portrait")
    )
    website = models.URLField(_("website"), blank=True)
    i18n = TranslationField(fields=("name", "description", "biography"))
    name_i18n: str
    description_i18n: str
    biography_i18n: str
    articles: ArticleQuerySet

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return spoken.address("articles:author", self.slug)


class Topic(models.Model):
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    i18n = TranslationField(fields=("name",))
    name_i18n: str
    articles: ArticleQuerySet

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return spoken.address("articles:topic", self.slug)


class Audience(models.Model):
    """A group of readers with a page of its own: "For business", "For researchers", "For students"."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.CharField(_("what they find there"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    i18n = TranslationField(fields=("name", "summary"))
    name_i18n: str
    articles: ArticleQuerySet

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return spoken.address("articles:audience", self.slug)
