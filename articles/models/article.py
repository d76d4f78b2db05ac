"""Articles: what they say, where they are in their life, and what was said about them before and after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from modeltrans.fields import TranslatedVirtualField, TranslationField
from simple_history.models import HistoricalRecords

from articles import body as text_of
from articles.body import EXTENSIONS
from articles.models import words
from articles.models.filing import Audience, Author, Section, Topic
from polls import spoken


class State(models.TextChoices):
    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    SCHEDULED = "scheduled", _("scheduled")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ArticleQuerySet(models.QuerySet["Article"]):
    def public(self) -> ArticleQuerySet:
        """What readers may read under its address, decided by PostgreSQL's clock: archived articles too."""
        return self.filter(published_at__lte=Now(), withdrawn_at__isnull=True)

    def published(self) -> ArticleQuerySet:
        """What stands in lists, feeds and on the home page: public and not archived."""
        return self.public().filter(archived_at__isnull=True)

    def withdrawn(self) -> ArticleQuerySet:
        """What readers could read once and find a notice in place of."""
        return self.filter(published_at__lte=Now(), withdrawn_at__isnull=False)

    def with_state(self) -> ArticleQuerySet:
        """Each with its state by PostgreSQL's clock, as `state_now`."""
        waits = Q(published_at__isnull=True)
        return self.annotate(
            state_now=Case(
                When(waits & Q(in_review_at__isnull=True), then=Value(State.DRAFT)),
                When(waits, then=Value(State.REVIEW)),
                When(published_at__gt=Now(), then=Value(State.SCHEDULED)),
                When(withdrawn_at__isnull=False, then=Value(State.WITHDRAWN)),
                When(archived_at__isnull=False, then=Value(State.ARCHIVED)),
                default=Value(State.PUBLISHED),
                output_field=models.CharField(),
            )
        )

    def for_lists(self) -> ArticleQuerySet:
        """Newest first, with section and authors; with the body too, for a list says how long an article is."""
        return (
            self.select_related("section", "lead_picture")
            .prefetch_related("authors", "lead_picture__renditions")
            .order_by("-published_at", "-pk")
        )


class ArticleManager(models.Manager.from_queryset(ArticleQuerySet)):  # type: ignore[misc]
    """What PostgreSQL keeps for finding articles is not fetched with them: it is longer than they are."""

    def get_queryset(self) -> ArticleQuerySet:
        found: ArticleQuerySet = super().get_queryset().defer(*words.KEPT)
        return found


class Revisions(HistoricalRecords):
    """Keeps every saved version of an article; its translations are kept in the one column that stores them."""

    def fields_included(self, model: Any) -> list[models.Field]:
        return [f for f in super().fields_included(model) if not isinstance(f, TranslatedVirtualField)]


class Article(models.Model):
    section = models.ForeignKey(Section, models.PROTECT, related_name="articles", verbose_name=_("section"))
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("web address"), max_length=120, unique=True)
    standfirst = models.TextField(
        _("standfirst"), max_length=500, blank=True, help_text=_("One or two sentences under the title.")
    )
    body = ProseEditorField(
        _("body"),
        blank=True,
        extensions=EXTENSIONS,
        sanitize=text_of.stored,
        help_text=_("[[poll:address]] on a line of its own places a poll there."),
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
        help_text=_("It appears under the article, unless a line in the body places it there."),
    )
    published_at = models.DateTimeField(
        _("published at"),
        null=True,
        blank=True,
        help_text=_("Leave empty for a draft. With a future date it is published at that time."),
    )
    # The rest of its life. The state follows from these times and the clock, and is stored nowhere.
    in_review_at = models.DateTimeField(null=True, blank=True, editable=False)
    embargo_until: datetime | None = models.DateTimeField(  # type: ignore[assignment]
        _("embargo until"), null=True, blank=True, help_text=_("Nobody can publish it before then.")
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawal_notice = models.CharField(_("notice"), max_length=500, blank=True, default="", editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Raised by every save of an editor: whoever saves an older one is told and overwrites nothing unseen.
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    lead_picture = models.ForeignKey(
        "articles.Picture",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("picture"),
        help_text=_("It appears under the title and in lists, and where the article is shared."),
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
    search_en = words.words_in("en")
    search_ru = words.words_in("ru")
    search_fr = words.words_in("fr")
    search_es = words.words_in("es")
    search_de = words.words_in("de")
    search_ar = words.words_in("ar")
    search_zh_hans = words.words_in("zh-hans")
    titles = words.all_titles()
    i18n = TranslationField(fields=("title", "standfirst", "body", "withdrawal_notice"))
    title_i18n: str
    standfirst_i18n: str
    body_i18n: str
    withdrawal_notice_i18n: str

    objects = ArticleManager()
    history = Revisions(
        excluded_fields=[*words.KEPT, "updated_at", "created_at"], m2m_fields=[authors, topics, audiences]
    )

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        permissions = [
            ("publish_article", _("Can publish, schedule and archive articles")),
            ("withdraw_article", _("Can withdraw articles and show them again")),
        ]
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="article_has_title"),
            models.CheckConstraint(
                condition=Q(embargo_until__isnull=True)
                | Q(published_at__isnull=True)
                | Q(published_at__gte=F("embargo_until")),
                name="article_not_before_its_embargo",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawal_notice=""), name="article_withdrawn_with_notice"
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="article_newest"),
            models.Index(fields=["section", "-published_at"], name="article_newest_in_section"),
            GinIndex(fields=["search"], name="article_search"),
            GinIndex(fields=["search_en"], name="article_search_en"),
            GinIndex(fields=["search_ru"], name="article_search_ru"),
            GinIndex(fields=["search_fr"], name="article_search_fr"),
            GinIndex(fields=["search_es"], name="article_search_es"),
            GinIndex(fields=["search_de"], name="article_search_de"),
            GinIndex(fields=["search_ar"], name="article_search_ar"),
            GinIndex(fields=["search_zh_hans"], name="article_search_zh_hans"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return spoken.address("articles:article", self.slug)

    def state(self, *, now: datetime) -> State:
        """The state at `now`, by the same rules as the querysets."""
        if self.published_at is None:
            return State.REVIEW if self.in_review_at else State.DRAFT
        if now < self.published_at:
            return State.SCHEDULED
        if self.withdrawn_at:
            return State.WITHDRAWN
        return State.ARCHIVED if self.archived_at else State.PUBLISHED

    def set_notice(self, notice: str) -> None:
        """The notice in place of the article; the translations of another one go with it."""
        if notice != self.withdrawal_notice:
            held = self.i18n or {}
            self.i18n = {name: text for name, text in held.items() if not name.startswith("withdrawal_notice_")}
        self.withdrawal_notice = notice

    @property
    def byline(self) -> str:
        """Who signs, without a word before the names: that word would differ by person and desk in each language."""
        return spoken.in_a_row(author.name_i18n for author in self.authors.all())

    @property
    def minutes(self) -> int:
        return text_of.minutes_to_read(self.body_i18n)


class FormerAddress(models.Model):
    """An address under which an article was published once: it leads to the present one, for good."""

    slug = models.SlugField(max_length=120, unique=True)
    article = models.ForeignKey(Article, models.CASCADE, related_name="former_addresses")
    left_at = models.DateTimeField(auto_now_add=True)


class Correction(models.Model):
    """What was put right in a published article, with its date, as readers read it under the article."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="corrections")
    at = models.DateTimeField(_("when"), default=timezone.now)
    text = models.CharField(_("what was corrected"), max_length=600)
    who = models.CharField(max_length=150, blank=True, editable=False)
    i18n = TranslationField(fields=("text",))
    text_i18n: str

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="correction_has_text")]

    def __str__(self) -> str:
        return self.text


class Writing(models.Model):
    """What an editor has typed into an article's form and not saved yet, and when the form was last open."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # None: an article that has never been saved; one such form a user.
    article = models.ForeignKey(Article, models.CASCADE, null=True, related_name="writings")
    version = models.PositiveIntegerField(default=1)
    data = models.JSONField(default=dict)
    typed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "article"], name="writing_once_an_article"),
            models.UniqueConstraint(fields=["user"], condition=Q(article__isnull=True), name="writing_once_if_new"),
        ]


class ReviewLink(models.Model):
    """A secret address under which somebody without an account reads an article before it is published."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="review_links")
    reader = models.CharField(_("for whom"), max_length=120)
    # Only a digest is kept: whoever reads the database cannot use the link.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.CharField(max_length=150, editable=False)
    made_at = models.DateTimeField(auto_now_add=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.reader


class ReviewNote(models.Model):
    """What a reviewer said of an article, and of which of its versions."""

    link = models.ForeignKey(ReviewLink, models.CASCADE, related_name="notes")
    approves = models.BooleanField(_("approves"), default=False)
    text = models.TextField(_("comment"), max_length=4000, blank=True)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(approves=True) | ~Q(text=""), name="review_note_says_something")
        ]
