"""Articles and what orders them: sections, authors, topics, audiences."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from modeltrans.fields import TranslationField

from articles import body as text_of
from articles.body import EXTENSIONS


class Section(models.Model):
    name = models.CharField(_("name"), max_length=120)
    menu_name = models.CharField(_("name in the menu"), max_length=40, blank=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    i18n = TranslationField(fields=("name", "menu_name", "description"))
    name_i18n: str
    menu_name_i18n: str
    articles: ArticleQuerySet

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:section", args=[self.slug])


class Author(models.Model):
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    i18n = TranslationField(fields=("name", "description"))
    name_i18n: str
    description_i18n: str
    articles: ArticleQuerySet

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:author", args=[self.slug])


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
        return reverse("articles:topic", args=[self.slug])


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
        return reverse("articles:audience", args=[self.slug])


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> ArticleQuerySet:
        """What readers may see, decided by PostgreSQL's clock."""
        return self.filter(published_at__lte=Now())

    def for_lists(self) -> ArticleQuerySet:
        """Newest first, with section and authors; with the body too, for a list says how long an article is."""
        return (
            self.defer("search").select_related("section").prefetch_related("authors").order_by("-published_at", "-pk")
        )


class Article(models.Model):
    section = models.ForeignKey(Section, models.PROTECT, related_name="articles", verbose_name=_("section"))
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    standfirst = models.TextField(
        _("standfirst"), max_length=500, blank=True, help_text=_("One or two sentences under the title.")
    )
    body = ProseEditorField(
        _("body"),
        blank=True,
        extensions=EXTENSIONS,
        sanitize=True,
        help_text=_("A line [[poll:address]] of its own places a poll there."),
    )
    authors = models.ManyToManyField(Author, related_name="articles", blank=True, verbose_name=_("authors"))
    topics = models.ManyToManyField(Topic, related_name="articles", blank=True, verbose_name=_("topics"))
    audiences = models.ManyToManyField(Audience, related_name="articles", blank=True, verbose_name=_("audiences"))
    poll = models.ForeignKey(
        "polls.Poll",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name=_("poll"),
        help_text=_("It stands under the article, unless a line in the body places it there."),
    )
    published_at = models.DateTimeField(
        _("published at"),
        null=True,
        blank=True,
        help_text=_("Empty: a draft. In future: published at that time."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # Kept by PostgreSQL itself, so that no way of writing an article can forget it. Its parser passes over HTML tags.
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("standfirst", weight="B", config="english")
        + SearchVector("body", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
        editable=False,
    )
    i18n = TranslationField(fields=("title", "standfirst", "body"))
    title_i18n: str
    standfirst_i18n: str
    body_i18n: str

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="article_has_title"),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="article_newest"),
            models.Index(fields=["section", "-published_at"], name="article_newest_in_section"),
            GinIndex(fields=["search"], name="article_search"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])

    @property
    def byline(self) -> str:
        """ "By the World affairs desk": desks take an article, persons do not."""
        names = [author.name_i18n for author in self.authors.all()]
        if not names:
            return ""
        joined = get_text_list(names, gettext("and"))
        return gettext("By the %(names)s") % {"names": joined} if names[0].endswith("desk") else joined

    @property
    def minutes(self) -> int:
        return text_of.minutes_to_read(self.body_i18n)
