"""The media library: pictures and their renditions, files to take away, recordings that are played elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField


class Picture(models.Model):
    """A picture as it was taken up: decoded, turned upright, written anew without its camera's data."""

    file = models.ImageField(upload_to="pictures", width_field="width", height_field="height", editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, help_text=_("For editors, to find it again."))
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        help_text=_("What the picture shows, for readers who cannot see it."),
    )
    credit = models.CharField(_("credit"), max_length=200, help_text=_("Who made it, and under which licence."))
    caption = models.CharField(_("caption"), max_length=400, blank=True)
    added_at = models.DateTimeField(auto_now_add=True, editable=False)
    added_by = models.CharField(_("added by"), max_length=150, blank=True, editable=False)
    i18n = TranslationField(fields=("alt", "credit", "caption"))
    alt_i18n: str
    credit_i18n: str
    caption_i18n: str

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(alt=""), name="picture_has_alternative_text"),
            models.CheckConstraint(condition=~Q(credit=""), name="picture_has_credit"),
        ]

    def __str__(self) -> str:
        return self.name


class Rendition(models.Model):
    """A picture in one width, as WebP; made by Celery, made again where it is lost."""

    picture = models.ForeignKey(Picture, models.CASCADE, related_name="renditions")
    file = models.FileField(upload_to="renditions")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["width"]
        constraints = [models.UniqueConstraint(fields=["picture", "width"], name="rendition_once_a_width")]


class Document(models.Model):
    """A file to take away: PDF, XLSX or CSV."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "XLSX"
        CSV = "csv", "CSV"

    file = models.FileField(upload_to="documents", editable=False)
    kind = models.CharField(_("type"), max_length=4, choices=Kind.choices, editable=False)
    bytes = models.PositiveIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    language = models.CharField(_("language"), max_length=12, choices=settings.LANGUAGES, default="en")
    dated = models.DateField(_("date"), help_text=_("When its content was written."))
    added_at = models.DateTimeField(auto_now_add=True, editable=False)
    added_by = models.CharField(_("added by"), max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-added_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="document_has_title")]

    def __str__(self) -> str:
        return self.title


class ArticleFile(models.Model):
    """A file that is offered under an article, in its place."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="files")
    document = models.ForeignKey(Document, models.PROTECT, related_name="uses", verbose_name=_("file"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("file of the article")
        verbose_name_plural = _("files of the article")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["article", "document"], name="article_file_once")]

    def __str__(self) -> str:
        return self.document.title


class Recording(models.Model):
    """A video or sound that another site plays: shown as a still whose player loads when the reader asks for it."""

    url = models.URLField(_("link"), max_length=400, unique=True)
    title = models.CharField(_("title"), max_length=200)
    still = models.ForeignKey(
        Picture, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("still picture")
    )
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    added_at = models.DateTimeField(auto_now_add=True, editable=False)
    i18n = TranslationField(fields=("title",))
    title_i18n: str

    class Meta:
        verbose_name = _("video or audio")
        verbose_name_plural = _("videos and audio")
        ordering = ["-added_at", "-pk"]

    def __str__(self) -> str:
        return self.title
