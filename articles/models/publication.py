"""The publication itself: what it is called, how it looks, its plain pages and what leads its home page."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField
from modeltrans.fields import TranslationField

from articles import colours
from articles.body import EXTENSIONS, stored
from polls import spoken

# The accent of tokens.css; a publication that keeps it needs no style sheet of its own.
ACCENT = "#7a1f2b"


def known_time_zone(name: str) -> None:
    """Refuse what is no name of the time zone database."""
    if name and name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone; write Europe/Berlin, for example."), params={"name": name}
        )


def readable(colour: str) -> None:
    """Refuse an accent in which text could not be read, and propose the nearest one that can."""
    if colours.COLOUR.fullmatch(colour.lower()) and not colours.reads_well(colour):
        raise ValidationError(
            _(
                "On the light background, text in %(colour)s is hard to read. The nearest colour that works: "
                "%(nearest)s."
            ),
            params={"colour": colour, "nearest": colours.nearest_that_reads(colour)},
        )


def all_languages() -> list[str]:
    return [settings.LANGUAGE_CODE]


class Publication(models.Model):
    """The one record of what every page says of the publication."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=80)
    strapline = models.CharField(
        _("strapline"), max_length=160, blank=True, help_text=_("One line saying what it is about.")
    )
    logo = models.ForeignKey(
        "articles.Picture",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo"),
        help_text=_("It appears before the name; leave empty to show the name alone."),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        default=ACCENT,
        validators=[
            RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six digits, such as #7a1f2b.")),
            readable,
        ],
        help_text=_("For links, labels and marks. In dark mode a lighter shade is used automatically."),
    )
    contact_email = models.EmailField(_("email address for readers"), blank=True)
    footer = models.TextField(_("text in the footer"), max_length=600, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=60,
        blank=True,
        validators=[known_time_zone],
        help_text=_("Dates and times are shown and entered in this time zone; leave empty to use the server’s."),
    )
    default_language = models.CharField(
        _("language"), max_length=12, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    languages = ArrayField(
        models.CharField(max_length=12, choices=settings.LANGUAGES),
        verbose_name=_("languages shown"),
        default=all_languages,
        blank=True,
    )
    featured_poll = models.ForeignKey(
        "polls.Poll",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("poll on the home page"),
        help_text=_("Leave empty for the newest open poll of an article."),
    )
    slot_poll = models.ForeignKey(
        "polls.Poll",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("poll under all articles"),
        help_text=_("It appears under every article that has no poll of its own and none from its section."),
    )
    slot_from = models.DateTimeField(_("from"), null=True, blank=True)
    slot_until = models.DateTimeField(_("until"), null=True, blank=True)
    i18n = TranslationField(fields=("name", "strapline", "footer"))
    name_i18n: str
    strapline_i18n: str
    footer_i18n: str

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publication")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="publication_is_one"),
            models.CheckConstraint(condition=~Q(name=""), name="publication_has_name"),
            models.CheckConstraint(
                condition=Q(slot_from__isnull=True) | Q(slot_until__isnull=True) | Q(slot_from__lt=F("slot_until")),
                name="publication_slot_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def slot(self, *, now: datetime) -> int | None:
        """The poll that stands under every article without one, at `now`."""
        begun = self.slot_from is None or self.slot_from <= now
        return self.slot_poll_id if begun and (self.slot_until is None or now < self.slot_until) else None

    @property
    def zone(self) -> tzinfo:
        """In which dates are shown and typed."""
        return ZoneInfo(self.time_zone) if self.time_zone else timezone.get_default_timezone()


class SocialLink(models.Model):
    """Where else the publication can be found; shown in the footer."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="social_links")
    name = models.CharField(_("name"), max_length=40)
    url = models.URLField(_("link"), max_length=300)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("link elsewhere")
        verbose_name_plural = _("links elsewhere")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class HomeLead(models.Model):
    """An article that an editor put at the top of the home page; while there is none, the newest leads."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="leads")
    article = models.OneToOneField(
        "articles.Article", models.CASCADE, related_name="home_lead", verbose_name=_("article")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("lead article")
        verbose_name_plural = _("lead articles of the home page")
        ordering = ["position", "pk"]


class PageQuerySet(models.QuerySet["Page"]):
    def published(self) -> PageQuerySet:
        """What readers may see, decided by PostgreSQL's clock."""
        return self.filter(published_at__lte=Now())


class Page(models.Model):
    """A plain page that is no article: about, contact, imprint, privacy, accessibility."""

    class Role(models.TextChoices):
        PRIVACY = "privacy", _("Privacy: every poll links to it")
        ACCESSIBILITY = "accessibility", _("Accessibility statement")
        OTHER = "", _("Another page")

    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    role = models.CharField(_("purpose"), max_length=16, choices=Role.choices, blank=True, default="")
    body = ProseEditorField(_("text"), blank=True, extensions=EXTENSIONS, sanitize=stored)
    in_menu = models.BooleanField(_("in the menu"), default=False)
    in_footer = models.BooleanField(_("in the footer"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    published_at: datetime | None = models.DateTimeField(  # type: ignore[assignment]
        _("published at"), null=True, blank=True, help_text=_("Leave empty for a draft.")
    )
    updated_at = models.DateTimeField(auto_now=True)
    i18n = TranslationField(fields=("title", "body"))
    title_i18n: str
    body_i18n: str

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["position", "title"]
        constraints = [
            models.UniqueConstraint(fields=["role"], condition=~Q(role=""), name="page_role_once"),
            models.CheckConstraint(condition=~Q(title=""), name="page_has_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return spoken.address("articles:page", self.slug)
