"""The media library in the admin: pictures, files, recordings, where each is used; and what the panel asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from modeltrans.utils import build_localized_fieldname

from articles import body, intake, library, pasted, players, tasks
from articles.forms import PictureField
from articles.models import ArticleFile, Document, Picture, Recording
from polls.characters import apart, quoted
from polls.dates import moment

OFFERED = 24
LONGEST_PASTE = 2_000_000


# --- forms --------------------------------------------------------------------------------------------------------


class UploadForm(forms.ModelForm):
    """A form whose file is judged with its texts; what is there already is found, and kept with its own texts."""

    upload = forms.FileField(label=gettext_lazy("File"))
    new = True

    def take(self, upload: Any, who: str) -> tuple[Any, bool]:
        raise NotImplementedError

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        if not self.errors and data.get("upload"):
            try:
                self.instance, self.new = self.take(data["upload"], who=self.who)
            except ValidationError as error:
                if hasattr(error, "error_dict"):
                    self.add_error(None, error)
                else:
                    self.add_error("upload", error)
        return data

    who = ""

    def _post_clean(self) -> None:
        """The row was checked when it was taken up, in `clean`."""

    def save(self, commit: bool = True) -> Any:
        return self.instance

    def save_m2m(self) -> None:
        """Nothing is kept beside the row."""


class NewPictureForm(UploadForm):
    upload = forms.FileField(
        label=gettext_lazy("Picture"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
        help_text=gettext_lazy("JPEG, PNG, GIF or WebP; 20 MB and 40 million pixels at most."),
    )

    class Meta:
        model = Picture
        fields = ("alt", "credit", "caption", "name")
        widgets = {
            "alt": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
            "caption": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        }
        help_texts = {"name": gettext_lazy("For editors, to find it again. Leave empty to use the name of the file.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False

    def take(self, upload: Any, who: str) -> tuple[Any, bool]:
        data = self.cleaned_data
        name = data.get("name") or intake.readable_name(upload.name) or data["alt"][:60]
        return intake.take_picture(
            upload, name=name, alt=data["alt"], credit=data["credit"], caption=data.get("caption", ""), who=who
        )


class PictureForm(forms.ModelForm):
    class Meta:
        model = Picture
        fields = ("name", "alt", "credit", "caption")
        widgets = NewPictureForm.Meta.widgets


class NewDocumentForm(UploadForm):
    upload = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.xlsx,.csv"}),
        help_text=gettext_lazy("PDF, XLSX or CSV; 50 MB at most."),
    )

    class Meta:
        model = Document
        fields = ("title", "language", "dated")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dated"].initial = timezone.localdate

    def take(self, upload: Any, who: str) -> tuple[Any, bool]:
        data = self.cleaned_data
        return intake.take_document(
            upload, filename=upload.name, title=data["title"], language=data["language"], dated=data["dated"], who=who
        )


class RecordingForm(forms.ModelForm):
    """A link to a recording; it is kept under one address, however it was copied."""

    class Meta:
        model = Recording
        fields = ("url", "title", "minutes", "still")
        help_texts = {
            "url": gettext_lazy(
                "The address of a page on YouTube, Vimeo, Dailymotion or SoundCloud, or of a file ending in .mp4, "
                ".mp3 or .ogg. Nothing is loaded from there until a reader presses Play."
            ),
            "still": gettext_lazy(
                "A picture from the library, shown in its place. Leave empty to show its title alone."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"] = forms.CharField(
            label=self.fields["url"].label,
            max_length=400,
            help_text=self.fields["url"].help_text,
            widget=forms.URLInput(attrs={"class": "vLargeTextField"}),
        )
        if "still" in self.fields:
            self.fields["still"] = PictureField(
                label=self.fields["still"].label, help_text=self.fields["still"].help_text, required=False
            )

    def clean_url(self) -> str:
        found = players.player(self.cleaned_data["url"])
        if found is None:
            raise ValidationError(
                _(
                    "Recordings can be shown from YouTube, Vimeo, Dailymotion and SoundCloud, and from files ending in "
                    ".mp4, .mp3 or .ogg, by an address that begins with https://. Another page can be linked to in "
                    "the text."
                )
            )
        return found.page


# --- the lists ----------------------------------------------------------------------------------------------------


class UsedFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("yes", _("used")), ("no", _("not used anywhere"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.filter(pk__in=library.used(queryset.model))
            case "no":
                return queryset.exclude(pk__in=library.used(queryset.model))
        return queryset


class MissingAltFilter(admin.SimpleListFilter):
    title = gettext_lazy("alternative text")
    parameter_name = "alt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        names = dict(Document._meta.get_field("language").choices or ())
        return [(code, _("missing in %(language)s") % {"language": names[code]}) for code in library.languages()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        language = self.value() or ""
        return library.without_alt(queryset, language) if language in library.languages() else queryset


class InLibrary(admin.ModelAdmin):
    """What pictures, files and recordings have in common: used somewhere, or to be deleted one at a time."""

    actions = None
    list_per_page = 48
    new_form: type[forms.ModelForm] | None = None

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        uses = library.uses(changes.result_list)
        for thing in changes.result_list:
            thing.places = uses[thing.pk]
        return changes

    @admin.display(description=gettext_lazy("added"), ordering="added_at")
    def added(self, thing: Any) -> str:
        return moment(thing.added_at)

    @admin.display(description=gettext_lazy("used in"))
    def used_in(self, thing: Any) -> SafeString:
        uses = thing.places if hasattr(thing, "places") else library.uses([thing])[thing.pk]
        return render_to_string("admin/articles/_uses.html", {"uses": uses})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None and self.new_form is not None:
            return type(self.new_form.__name__, (self.new_form,), {"who": request.user.get_username()})
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not isinstance(form, UploadForm):
            super().save_model(request, obj, form, change)
        elif not form.new:
            said = _("This is already in the library, as “%(name)s”; it keeps its texts.")
            messages.warning(request, said % {"name": obj})
        if isinstance(obj, Picture) and not change:
            tasks.ask_for_renditions(obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What is used is not deleted, and the page says where it is used."""
        thing = self.get_object(request, object_id)
        if thing is not None and self.has_delete_permission(request, thing):
            uses = library.uses([thing])[thing.pk]
            if uses:
                names = ", ".join(f"{use.what} {quoted(use.name)}" for use in uses[:10])
                messages.error(
                    request,
                    _("“%(name)s” is in use and cannot be deleted: %(uses)s. Remove it there first.")
                    % {"name": thing, "uses": names},
                )
                meta = self.opts
                return HttpResponseRedirect(reverse(f"admin:articles_{meta.model_name}_change", args=[thing.pk]))
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        library.remove(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A picture's renditions go with it and are nobody's to decide on."""
        return [str(obj) for obj in objs], {}, set(), []


@admin.register(Picture)
class PictureAdmin(InLibrary):
    form = PictureForm
    new_form = NewPictureForm
    list_display = ("thumb", "about", "used_in", "measures", "added")
    list_display_links = ("thumb", "about")
    list_filter = (UsedFilter, MissingAltFilter)
    search_fields = ("name", "alt", "credit", "caption", "i18n")
    readonly_fields = ("shown", "used_in", "measures", "added", "added_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        return super().get_queryset(request).prefetch_related("renditions")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("upload", "alt", "credit", "caption", "name")})]
        own = (None, {"fields": ("shown", "name", "alt", "credit", "caption")})
        about = (_("About this picture"), {"fields": ("used_in", "measures", "added", "added_by")})
        return [own, *self.translations(), about]

    def translations(self) -> list[Any]:
        names = dict(Document._meta.get_field("language").choices or ())
        found = []
        for code in library.languages():
            fields = tuple(build_localized_fieldname(name, code) for name in ("alt", "credit", "caption"))
            found.append((str(names[code]), {"fields": fields, "classes": ("collapse",)}))
        return found

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            more = [name for _title, options in self.translations() for name in options["fields"]]
            kwargs["fields"] = ["name", "alt", "credit", "caption", *more]
        return super().get_form(request, obj, change=change, **kwargs)

    @admin.display(description=gettext_lazy("picture"))
    def thumb(self, picture: Picture) -> SafeString:
        offered = library.offered(picture)
        return format_html('<img class="thumb" src="{}" alt="{}" loading="lazy">', offered["thumb"], picture.alt)

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def about(self, picture: Picture) -> SafeString:
        return format_html('<b dir="auto">{}</b><span class="said" dir="auto">{}</span>', picture.name, picture.alt)

    @admin.display(description=gettext_lazy("picture"))
    def shown(self, picture: Picture) -> SafeString:
        widest = max(picture.renditions.all(), key=lambda rendition: rendition.width, default=picture)
        return format_html(
            '<img class="whole" src="{}" width="{}" height="{}" alt="{}"><p class="help">{}</p>',
            widest.file.url,
            picture.width,
            picture.height,
            picture.alt,
            _("To place it in a text, write [[picture:%(n)d]] on a line of its own.") % {"n": picture.pk},
        )

    @admin.display(description=gettext_lazy("size"))
    def measures(self, picture: Picture) -> str:
        return apart(f"{picture.width}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{picture.height}")

    # --- the panel beside an article --------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("offered/", self.for_writers(offered_pictures), name="articles_picture_offered"),
            path("take/", self.for_writers(take_picture), name="articles_picture_take"),
            path("recordings/", self.for_writers(offered_recordings), name="articles_picture_recordings"),
            path("recordings/take/", self.for_writers(take_recording), name="articles_picture_take_recording"),
            path("pasted/", self.for_writers(clean_paste), name="articles_picture_pasted"),
        ]
        return [*own, *super().get_urls()]

    def for_writers(self, view: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
        """For those who may add pictures: whoever writes articles."""

        def guarded(request: HttpRequest) -> HttpResponse:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return view(request)

        return self.admin_site.admin_view(never_cache(guarded))


@admin.register(Document)
class DocumentAdmin(InLibrary):
    new_form = NewDocumentForm
    fields = ("title", "language", "dated")
    list_display = ("title", "kind", "measures", "language", "dated", "used_in", "added")
    list_filter = (UsedFilter, "kind", "language")
    search_fields = ("title",)
    readonly_fields = ("download", "used_in", "measures", "added", "added_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("upload", "title", "language", "dated")})]
        about = (_("About this file"), {"fields": ("download", "used_in", "measures", "added", "added_by")})
        return [(None, {"fields": ("title", "language", "dated")}), about]

    @admin.display(description=gettext_lazy("size"), ordering="bytes")
    def measures(self, document: Document) -> str:
        return filesizeformat(document.bytes)

    @admin.display(description=gettext_lazy("file"))
    def download(self, document: Document) -> SafeString:
        return format_html('<a href="{}" download>{}</a>', document.file.url, document.get_kind_display())


@admin.register(Recording)
class RecordingAdmin(InLibrary):
    form = RecordingForm
    list_display = ("title", "host", "minutes", "used_in", "added")
    list_filter = (UsedFilter,)
    search_fields = ("title", "url")
    readonly_fields = ("used_in", "line")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = (None, {"fields": ("url", "title", "minutes", "still")})
        return [fields] if obj is None else [fields, (_("About this recording"), {"fields": ("line", "used_in")})]

    @admin.display(description=gettext_lazy("host"))
    def host(self, recording: Recording) -> str:
        found = players.player(recording.url)
        return found.host if found else "–"

    @admin.display(description=gettext_lazy("in a text"))
    def line(self, recording: Recording) -> str:
        return f"[[recording:{recording.pk}]]"


class FilesFormSet(forms.BaseInlineFormSet):
    """A page that says nothing of files leaves them as they are."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        prefix = kwargs.get("prefix") or self.get_default_prefix()
        if data is not None and f"{prefix}-TOTAL_FORMS" not in data:
            data = {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
        super().__init__(data, *args, **kwargs)


class FilesInline(admin.StackedInline):
    """The files under an article, in the form of the article."""

    model = ArticleFile
    formset = FilesFormSet
    fields = ("document", "position")
    autocomplete_fields = ("document",)
    extra = 0
    verbose_name = gettext_lazy("file")
    verbose_name_plural = gettext_lazy("Files under the article")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleFile]:
        return super().get_queryset(request).select_related("document")


# --- what the panel asks for --------------------------------------------------------------------------------------


@require_safe
def offered_pictures(request: HttpRequest) -> HttpResponse:
    """Pictures by words or by numbers, newest first."""
    pictures = Picture.objects.prefetch_related("renditions")
    return _page(request, pictures, Q(name__icontains=_words(request)) | _anywhere(request), library.offered)


@require_safe
def offered_recordings(request: HttpRequest) -> HttpResponse:
    """Recordings by words or by numbers, newest first."""
    recordings = Recording.objects.select_related("still").prefetch_related("still__renditions")
    words = _words(request)
    return _page(request, recordings, Q(title__icontains=words) | Q(url__icontains=words), library.offered_recording)


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:100]


def _anywhere(request: HttpRequest) -> Q:
    words = _words(request)
    return Q(alt__icontains=words) | Q(credit__icontains=words) | Q(caption__icontains=words)


def _page(request: HttpRequest, rows: Any, by_words: Q, show: Callable[[Any], Any]) -> HttpResponse:
    asked = request.GET.get("ids", "").split(",")[:200]
    numbers = [int(number) for number in asked if body.NUMBER.fullmatch(number)]
    if "ids" in request.GET:
        return JsonResponse({"found": [show(row) for row in rows.filter(pk__in=numbers)], "more": False})
    page = Paginator(rows.filter(by_words) if _words(request) else rows, OFFERED).get_page(request.GET.get("page"))
    return JsonResponse({"found": [show(row) for row in page], "more": page.has_next()})


@require_POST
def take_picture(request: HttpRequest) -> HttpResponse:
    """Take a picture up from the panel; its faults are said by field."""
    form = NewPictureForm(request.POST, request.FILES)
    form.who = request.user.get_username()
    if not form.is_valid():
        return _faults(form)
    picture = form.save()
    tasks.ask_for_renditions(picture)
    return JsonResponse({"found": [library.offered(picture)], "new": form.new})


@require_POST
def take_recording(request: HttpRequest) -> HttpResponse:
    """Take a recording up from the panel, or find the one that is there."""
    form = RecordingForm(request.POST)
    address = players.player(request.POST.get("url", "")[:400])
    known = Recording.objects.filter(url=address.page).first() if address else None
    if known:
        return JsonResponse({"found": [library.offered_recording(known)], "new": False})
    if not form.is_valid():
        return _faults(form)
    return JsonResponse({"found": [library.offered_recording(form.save())], "new": True})


def _faults(form: forms.ModelForm) -> HttpResponse:
    errors = {name: [str(fault) for fault in faults] for name, faults in form.errors.items()}
    return JsonResponse({"errors": errors}, status=400)


@require_POST
def clean_paste(request: HttpRequest) -> HttpResponse:
    """What an editor pastes, as it will be stored; with it, what was left out."""
    try:
        html = str(json.loads(request.body)["html"])
    except (ValueError, KeyError, TypeError):
        return JsonResponse({}, status=400)
    if len(html) > LONGEST_PASTE:
        return JsonResponse({}, status=413)
    pictures = pasted.read(html).pictures
    said = ngettext(
        "A picture was left out: add it with the button “Insert a picture”.",
        "%(n)d pictures were left out: add them with the button “Insert a picture”.",
        pictures,
    )
    return JsonResponse({"html": body.stored(html), "said": said % {"n": pictures} if pictures else ""})
