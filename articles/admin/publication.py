"""The publication itself in the admin: one form for its record, and its plain pages."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from js_asset import Media

from articles import body, colours, insets, publication, translations
from articles.admin.deleting import Deletable
from articles.admin.placing import ChosenOnly, EditableRows, choose_picture, choose_poll
from articles.admin.translating import TranslationPages
from articles.forms import LONGEST_BODY, PollChoice
from articles.models import Article, HomeLead, Page, Publication, SocialLink
from articles.models.publication import ACCENT, all_languages
from polls import spoken
from polls.dates import moment
from polls.panel import DateAndTime, too_long

POLL = re.compile(r"\[\[\s*poll", re.IGNORECASE)
ARTICLES_OFFERED = 200
LEADS = 6
LINKS = 8


class HomePageForm(forms.ModelForm):
    """What of the record is changed day by day: the poll on the home page, beside its lead articles."""

    class Meta:
        model = Publication
        fields: tuple[str, ...] = ("featured_poll",)
        field_classes = {"featured_poll": PollChoice}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.featured_poll_id
        choose_poll(self.fields["featured_poll"], chosen, nothing=_("The newest one that is open"))


class PublicationForm(HomePageForm):
    """The record, in the words of an editor; each fault is said at its field."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("Readers see dates and times in this time zone, and you enter them in it here."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages shown"),
        choices=settings.LANGUAGES,
        initial=all_languages,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Pages in the other languages will not be found. Anything without a translation is shown as written."
        ),
    )
    accent = forms.CharField(
        label=gettext_lazy("Accent colour"),
        initial=ACCENT,
        widget=forms.TextInput(attrs={"class": "vTextField", "size": 9, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "For links, labels and marks: # and six digits, such as #0b5d3b. It must be dark enough to be read "
            "on the light background; a lighter shade for dark mode is made from it automatically."
        ),
    )
    slot_from = DateAndTime(label=gettext_lazy("From"), help_text=gettext_lazy("Leave empty to start at once."))
    slot_until = DateAndTime(
        label=gettext_lazy("Until"), help_text=gettext_lazy("Leave empty to show it until you remove it.")
    )

    class Meta(HomePageForm.Meta):
        fields = (
            "name",
            "strapline",
            "logo",
            "accent",
            "contact_email",
            "footer",
            "featured_poll",
            "slot_poll",
            "slot_from",
            "slot_until",
            "time_zone",
            "default_language",
            "languages",
        )
        field_classes = {"featured_poll": PollChoice, "slot_poll": PollChoice}
        widgets = {
            "name": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "strapline": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "footer": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }
        help_texts = {
            "contact_email": gettext_lazy("It appears in the footer of every page. Leave empty for none."),
            "footer": gettext_lazy("A few lines of your own: who publishes, where, under which law."),
            "default_language": gettext_lazy(
                "The language in which you write. Its pages have short addresses; the others have /de/ and so on."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record = self.instance
        choose_poll(self.fields["slot_poll"], record.slot_poll_id, nothing=_("None"))
        self.fields["default_language"].label = _("Language of the publication")
        choose_picture(self.fields["logo"], record.logo_id, nothing=_("No logo: the name only"))
        zones: Any = self.fields["time_zone"]
        as_set = _("As set on the server: %(zone)s") % {"zone": settings.TIME_ZONE}
        zones.choices = [("", as_set), *((zone, zone.replace("_", " ")) for zone in sorted(available_timezones()))]

    def clean_accent(self) -> str:
        colour = str(self.cleaned_data["accent"]).lower()
        if not colours.COLOUR.fullmatch(colour):
            raise forms.ValidationError(_("Write the colour as # and six digits, such as #7a1f2b."))
        return colour

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        start, end = self.cleaned_data.get("slot_from"), self.cleaned_data.get("slot_until")
        if start and end and start >= end:
            self.add_error("slot_until", _("This is before the start: please give a later date."))
        own = self.cleaned_data.get("default_language")
        chosen = {own, *self.cleaned_data.get("languages", [])}
        self.cleaned_data["languages"] = [code for code, _name in settings.LANGUAGES if code in chosen]
        return data


class HomeLeadForm(forms.ModelForm):
    class Meta:
        model = HomeLead
        fields = ("article", "position")
        help_texts = {
            "article": gettext_lazy("If there is none, the newest article that asks a question leads."),
            "position": gettext_lazy("The smallest number comes first."),
        }


class HomeLeads(ChosenOnly, admin.TabularInline):
    model = HomeLead
    form = HomeLeadForm
    fields = ("article", "position")
    extra = 1
    max_num = LEADS

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The newest articles that are public or have a date, and those that lead now; read once for all rows."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        dated = Article.objects.filter(published_at__isnull=False, withdrawn_at__isnull=True).order_by("-published_at")
        known = {
            *dated.values_list("pk", flat=True)[:ARTICLES_OFFERED],
            *HomeLead.objects.values_list("article", flat=True),
        }
        field.queryset = Article.objects.filter(pk__in=known).order_by("-published_at").only("title", "published_at")
        field.choices = [("", _("Choose an article")), *((one.pk, str(one)) for one in field.queryset)]
        return field


class SocialLinkForm(forms.ModelForm):
    class Meta:
        model = SocialLink
        fields = ("name", "url", "position")
        help_texts = {"position": gettext_lazy("The smallest number comes first.")}


class SocialLinks(admin.TabularInline):
    model = SocialLink
    form = SocialLinkForm
    fields = ("name", "url", "position")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    extra = 1
    max_num = LINKS
    verbose_name_plural = gettext_lazy("Links in the footer to where else you can be found")


@admin.register(Publication)
class PublicationAdmin(TranslationPages, ChosenOnly, admin.ModelAdmin):
    """One record, so no list: the index leads to its form. Who may change the home page alone sees that part of it."""

    inlines = (HomeLeads, SocialLinks)
    fieldsets = (
        (None, {"fields": ("name", "strapline", "logo", "accent")}),
        (gettext_lazy("In the footer"), {"fields": ("contact_email", "footer")}),
        (gettext_lazy("Language and time"), {"fields": ("default_language", "languages", "time_zone")}),
        (
            gettext_lazy("Polls"),
            {
                "fields": ("featured_poll", "slot_poll", ("slot_from", "slot_until")),
                "description": gettext_lazy(
                    "Each is shown only while readers may see it. An article’s own poll always comes first, "
                    "then that of its section, then the one chosen here."
                ),
            },
        ),
    )

    def get_urls(self) -> list[Any]:
        return [*self.translation_urls(), *super().get_urls()]

    def whole(self, request: HttpRequest) -> bool:
        """Whether this person sees the whole record, or the part about the home page."""
        return super().has_view_permission(request) or super().has_add_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or request.user.has_perm("articles.change_homelead")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or request.user.has_perm("articles.change_homelead")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = PublicationForm if self.whole(request) else HomePageForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if self.whole(request) else ((None, {"fields": ("featured_poll",)}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Publication.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The form of the one record, or of a new one."""
        if not self.has_view_permission(request) and not self.has_add_permission(request):
            raise PermissionDenied
        written = Publication.objects.values_list("pk", flat=True).first()
        name = "admin:articles_publication_change" if written else "admin:articles_publication_add"
        return HttpResponseRedirect(reverse(name, args=[written] if written else []))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        title = _("The publication") if self.whole(request) else _("The home page")
        return super().render_change_form(request, {**context, "title": title, "subtitle": ""}, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        publication.forget()

    def view_on_site(self, obj: Publication) -> str:
        return reverse("articles:home")


class PageForm(forms.ModelForm):
    published_at = DateAndTime(
        label=gettext_lazy("Readers see it from"),
        help_text=gettext_lazy("Leave empty for a draft that only editors see."),
    )

    class Meta:
        model = Page
        fields = ("title", "slug", "role", "body", "in_menu", "in_footer", "position", "published_at")
        widgets = {"title": forms.TextInput(attrs={"class": "vLargeTextField"})}
        help_texts = {
            "slug": gettext_lazy("The last part of its address: /pages/about/."),
            "role": gettext_lazy("Every poll links to the page on privacy. There can be only one of each."),
            "in_menu": gettext_lazy("At the top of every page, after the sections."),
            "in_footer": gettext_lazy("At the bottom of every page."),
            "position": gettext_lazy("The smallest number comes first."),
        }
        error_messages = {
            "slug": {"unique": gettext_lazy("Another page already has this address; please choose a different one.")}
        }

    def clean_body(self) -> str:
        text = str(self.cleaned_data["body"])
        if len(text) > LONGEST_BODY:
            values = {"show_value": len(text), "limit_value": LONGEST_BODY}
            raise forms.ValidationError(too_long()["max_length"], params=values)
        text = body.stored(text)
        if POLL.search(text):
            raise forms.ValidationError(_("A poll cannot be placed on a plain page, only in an article or under it."))
        if faults := insets.faults(text):
            raise forms.ValidationError(faults)
        return text

    def clean_role(self) -> str:
        role = str(self.cleaned_data["role"])
        other = Page.objects.filter(role=role).exclude(pk=self.instance.pk).first() if role else None
        if other:
            raise forms.ValidationError(_("There is already such a page: “%(page)s”."), params={"page": other.title})
        return role


@admin.register(Page)
class PageAdmin(EditableRows, Deletable):
    form = PageForm
    list_display = ("title", "address", "what", "in_menu", "in_footer", "position", "shown")
    list_editable = ("in_menu", "in_footer", "position")
    list_filter = ("role", "in_menu", "in_footer")
    search_fields = ("title", "slug", "body")
    prepopulated_fields = {"slug": ("title",)}
    fieldsets = (
        (None, {"fields": ("title", "slug", "body")}),
        (gettext_lazy("Where it appears"), {"fields": ("role", "in_menu", "in_footer", "position", "published_at")}),
    )
    change_form_template = "admin/articles/page/change_form.html"
    when_deleted = (
        gettext_lazy("Its address will no longer work, even where other sites link to it."),
        gettext_lazy("Without a page on privacy, polls link to the short lines in the footer instead."),
        gettext_lazy("To hide it for a time, clear its date instead: it is then a draft."),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        return super().get_queryset(request).defer("body")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "body":
            field.widget.attrs.update(spoken.attributes(spoken.own()))
        return field

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        """What is written here is in the language of the publication: a translation into it would hide it."""
        translations.forget(obj, spoken.own(), *({"title", "body"} & set(form.changed_data)))
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("address"), ordering="slug")
    def address(self, page: Page) -> str:
        return page.get_absolute_url()

    @admin.display(description=gettext_lazy("purpose"), ordering="role")
    def what(self, page: Page) -> str:
        return {"privacy": _("Privacy"), "accessibility": _("Accessibility")}.get(page.role, "–")

    @admin.display(description=gettext_lazy("readers see it"), ordering="published_at")
    def shown(self, page: Page) -> str:
        if page.published_at is None:
            return _("draft")
        return _("yes") if page.published_at <= timezone.now() else _("from %(at)s") % {"at": moment(page.published_at)}

    def view_on_site(self, page: Page) -> str | None:
        seen = page.published_at is not None and page.published_at <= timezone.now()
        return page.get_absolute_url() if seen else None

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        # The editor's import map is an inline script: without the nonce a strict policy stops it.
        context["media"] = Media.from_media(context["media"]).with_nonce(request.csp_nonce)  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)
