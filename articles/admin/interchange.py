"""Import and export in the admin: upload, a trial, its report, then "take up"; and the whole site as a zip."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from articles import deliveries, exporting, importing, tasks
from articles.admin.deleting import Deletable
from articles.frontmatter import Malformed
from articles.models import Delivery
from articles.models.delivery import Stage
from polls.dates import moment

LINES_SHOWN = 500
OUTCOMES = (importing.REFUSED, importing.MADE, importing.CHANGED, importing.SKIPPED)


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or many."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            super().clean(None, initial)
            return []
        return [super(FilesField, self).clean(one, initial) for one in given]


class UploadForm(forms.Form):
    uploads = FilesField(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy(
            "Articles as Markdown (.md), one zip of them, or a WordPress export (.xml); 50 MB at most."
        ),
    )
    polls = FilesField(
        label=gettext_lazy("Polls from WP-Polls"),
        required=False,
        help_text=gettext_lazy(
            "Only with a WordPress export: the tables pollsq and pollsa, as SQL or CSV. Votes are carried over."
        ),
    )

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        uploads = [*self.cleaned_data.get("uploads", []), *self.cleaned_data.get("polls", [])]
        if sum(upload.size for upload in uploads) > deliveries.LARGEST_UPLOAD:
            self.add_error("uploads", _("These files are larger than 50 MB together; please upload them in parts."))
        return data

    def receive(self, *, by: Any) -> Delivery | None:
        """Keep the files; None, with the reason at the field, where they cannot be taken up."""
        files = [(upload.name, upload.file) for upload in self.cleaned_data["uploads"]]
        polls = [(upload.name, upload.file) for upload in self.cleaned_data["polls"]]
        try:
            return deliveries.receive(files, polls=polls, by=by)
        except Malformed as fault:
            place = _("Line %(n)d: ") % {"n": fault.line} if fault.line > 1 else ""
            self.add_error("uploads", place + fault.message)
            return None


@admin.register(Delivery)
class DeliveryAdmin(Deletable):
    list_display = ("name", "uploaded", "made_by", "stage")
    list_select_related = ("made_by",)
    search_fields = ("name",)
    when_deleted = (gettext_lazy("The uploaded files will be discarded. Articles that have been imported stay."),)

    @admin.display(description=gettext_lazy("uploaded"), ordering="made_at")
    def uploaded(self, delivery: Delivery) -> str:
        return moment(delivery.made_at)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        busy = obj is not None and obj.stage == Stage.TAKING
        return not busy and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/take-up/", site(require_POST(self.take_up)), name="articles_delivery_take_up"),
            path("export/", site(require_GET(self.export)), name="articles_delivery_export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Imports"), **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Upload: the files are kept and tried; nothing of them is stored yet."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        delivery = form.receive(by=request.user) if form.is_bound and form.is_valid() else None
        if delivery:
            self.log_addition(request, delivery, _("Uploaded."))
            tasks.ask_for_deliveries()
            return HttpResponseRedirect(reverse("admin:articles_delivery_change", args=[delivery.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload articles"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/articles/delivery/upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The report: what would become of each file, or what became of it; it goes on by itself while it works."""
        delivery = self.get_object(request, object_id) if object_id.isdigit() else None
        if delivery is None:
            raise Http404
        if not self.has_view_permission(request, delivery):
            raise PermissionDenied
        counts = dict(delivery.files.order_by().values_list("outcome").annotate(n=Count("pk")))
        total = sum(counts.values())
        lines = [
            line
            for outcome in OUTCOMES
            for line in delivery.files.filter(outcome=outcome).defer("content")[:LINES_SHOWN]
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": delivery.name,
            "opts": self.opts,
            "delivery": delivery,
            "counts": [(outcome, counts.get(outcome, 0)) for outcome in OUTCOMES],
            "done": total - counts.get("", 0),
            "total": total,
            "lines": lines[:LINES_SHOWN],
            "cut": total - counts.get("", 0) > LINES_SHOWN,
            "may_take_up": delivery.stage == Stage.CHECKED and self.has_add_permission(request),
            "may_delete": self.has_delete_permission(request, delivery),
        }
        return TemplateResponse(request, "admin/articles/delivery/report.html", context)

    def take_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take up what was checked; asked for a second time it changes nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        delivery = get_object_or_404(Delivery, pk=pk)
        if deliveries.take_up(delivery):
            self.log_change(request, delivery, _("Imported."))
            tasks.ask_for_deliveries()
        else:
            messages.info(request, _("This has already been imported, or is still being checked."))
        return HttpResponseRedirect(reverse("admin:articles_delivery_change", args=[pk]))

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """The whole site as a zip of the files that `import_articles` and this page read."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        answer = StreamingHttpResponse(deliveries.packed(exporting.files()), content_type="application/zip")
        day = timezone.localdate().isoformat()
        answer["Content-Disposition"] = f'attachment; filename="site-{day}.zip"'
        answer["Cache-Control"] = "no-store"
        return answer
