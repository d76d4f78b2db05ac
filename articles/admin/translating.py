"""The pages of the desk on which texts are translated, beside the original: one for every kind of row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from js_asset import Media

from articles import body, insets, translations
from articles.forms import LONGEST_BODY
from articles.models import Article
from articles.translations import Text
from polls import drafting, spoken
from polls.models import Poll
from polls.panel import too_long

if TYPE_CHECKING:
    Pages = admin.ModelAdmin[Any]
else:
    Pages = object


class TranslationForm(forms.Form):
    """The texts of a row in one language. What is left empty is shown as it was written."""

    was = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, row: Any, language: str, frozen: bool, **kwargs: Any) -> None:
        self.texts = translations.texts(row, language)
        now = translations.seen(row, language)
        kwargs["initial"] = {"was": now, **{text.key: text.translation for text in self.texts}}
        super().__init__(*args, **kwargs)
        for text in self.texts:
            self.fields[text.key] = _field(text, language)
        if frozen:
            self.fields["reason"] = forms.CharField(
                label=_("What was wrong"),
                required=False,
                max_length=300,
                widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
                help_text=_("Only if you change an existing translation: readers may have voted by it."),
                error_messages=too_long(),
            )

    @property
    def pairs(self) -> list[tuple[Text, Any]]:
        """Each original beside its field."""
        return [(text, self[text.key]) for text in self.texts]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        for text in self.texts:
            given = self.cleaned_data.get(text.key)
            if not given:
                continue
            if text.is_body:
                self.cleaned_data[text.key] = given = body.stored(given)
                for fault in insets.faults(given):
                    self.add_error(text.key, fault)
                if body.polls_placed(given) != body.polls_placed(text.original):
                    self.add_error(text.key, _("The translation must place the same polls as the original."))
            elif text.name == "labels" and len(given.splitlines()) != len(text.original.splitlines()):
                self.add_error(text.key, _("Write as many lines as the original has: each names a point of the scale."))
        self._check_options()
        return data

    def _check_options(self) -> None:
        """No two options of a question may read the same."""
        options: dict[tuple[int, str], str] = {}
        for text in self.texts:
            given = (self.cleaned_data.get(text.key) or "").casefold()
            if text.row._meta.model_name != "option" or not given:
                continue
            place = (text.row.question_id, given)
            if place in options:
                self.add_error(text.key, _("Another option already has this text."))
            options[place] = text.key

    def given(self) -> dict[str, str]:
        return {text.key: self.cleaned_data.get(text.key) or "" for text in self.texts}


def _field(text: Text, language: str) -> forms.Field:
    """A field like that of the original, in the direction of the language; nothing has to be filled in."""
    said = spoken.attributes(language)
    if text.is_body:
        field = text.field.formfield(required=False, label=text.label, max_length=LONGEST_BODY)
        field.widget.attrs.update(said)
        field.help_text = _("Lines in double square brackets stay as they are.")
        return cast(forms.Field, field)
    longest = text.longest
    rows = 1 if (longest or 10_000) <= 300 else 4
    lines = max(rows, len(text.original.splitlines()))
    if rows == 1:
        widget: forms.Widget = forms.TextInput(attrs={"class": "vLargeTextField", **said})
    else:
        widget = forms.Textarea(attrs={"class": "vLargeTextField", "rows": lines, **said})
    return forms.CharField(
        label=text.label, required=False, max_length=longest, widget=widget, error_messages=too_long()
    )


class TranslationPages(Pages):
    """What `PublicationAdmin` shows of translations: of every row that somebody may change."""

    def translation_urls(self) -> list[URLPattern]:
        listed, one = (self.admin_site.admin_view(never_cache(view)) for view in (self.translations, self.translation))
        return [
            path("translations/<slug:kind>/<int:pk>/", listed, name="articles_translations"),
            path("translations/<slug:kind>/<int:pk>/<slug:language>/", one, name="articles_translation"),
        ]

    def row_to_translate(self, request: HttpRequest, kind: str, pk: int) -> Any:
        """The row, for whoever may change it."""
        row = translations.find(kind, pk)
        if row is None:
            raise Http404
        table = self.admin_site._registry[translations.KINDS[kind]]
        if not table.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def translations(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """How far each translation of a row has come."""
        row = self.row_to_translate(request, kind, pk)
        context = {"standing": translations.standing(row)}
        return self.page_of_translations(request, "admin/articles/translations.html", row, _("Translations"), **context)

    def translation(self, request: HttpRequest, kind: str, pk: int, language: str) -> HttpResponse:
        """The original and its translation side by side."""
        row = self.row_to_translate(request, kind, pk)
        if language not in translations.into():
            raise Http404
        frozen = isinstance(row, Poll) and drafting.has_votes(row)
        form = TranslationForm(request.POST or None, row=row, language=language, frozen=frozen)
        if request.method == "POST" and form.is_valid():
            try:
                translations.store(
                    row,
                    language,
                    form.given(),
                    by=cast(AbstractBaseUser, request.user),
                    was=form.cleaned_data["was"],
                    reason=form.cleaned_data.get("reason", ""),
                )
            except translations.Refused as refused:
                form.add_error(None, refused.message)
                # Pressed once more it is stored: what stands there now has then been seen, beside each field.
                form.data = request.POST.copy()
                form.data["was"] = translations.seen(translations.find(kind, pk), language)
            else:
                self.log_change(request, row, f"translation: {language}")
                messages.success(request, _("The translation has been saved."))
                return HttpResponseRedirect(reverse("admin:articles_translations", args=[kind, pk]))
        context = {
            "form": form,
            "language": language,
            "own": spoken.own(),
            "own_name": spoken.name_of(spoken.own()),
            "language_name": spoken.name_of(language),
            "media": Media.from_media(self.media + form.media).with_nonce(request.csp_nonce),  # type: ignore[attr-defined]
        }
        template = "admin/articles/translation.html"
        return self.page_of_translations(request, template, row, spoken.name_of(language), **context)

    def page_of_translations(
        self, request: HttpRequest, template: str, row: Any, here: str, **context: Any
    ) -> TemplateResponse:
        kind = row._meta.model_name
        everything = {
            **self.admin_site.each_context(request),
            "opts": row._meta,
            "row": row,
            "kind": kind,
            "here": here,
            "name": drafting.name_of(row) if isinstance(row, Poll) else str(row),
            "change_url": reverse(f"admin:{row._meta.app_label}_{kind}_change", args=[row.pk]),
            "preview": isinstance(row, Article),
            "title": f"{here}: {row}",
            **context,
        }
        return TemplateResponse(request, template, everything)
