"""The pages of the admin on which a survey is written, taken up from a file, and written to one.

Buttons that move or copy a question send the whole form and get it back in the new order; nothing is stored before
“Save”. So everything works by keyboard and without scripts, and a script only hides what a type does not need.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from polls import (
    arranging,
    bank,
    drafting,
    interchange,
    lifecycle,
    pictures,
    questionnaire,
    survey_fields,
    wording,
    writing,
)
from polls.dates import moment
from polls.interchange import Report, surveyjs, xlsform
from polls.models import FIELD_PERIOD, Poll, Saved
from polls.questions import TYPES
from polls.steps import WriteForm
from polls.writing import Sheet

if TYPE_CHECKING:
    Pages = admin.ModelAdmin[Poll]
else:
    Pages = object

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: dict[str, tuple[Promise, str, str]] = {
    "json": (gettext_lazy("Our own format: everything, exactly"), "json", "application/json"),
    "xlsform": (gettext_lazy("XLSForm, for ODK, KoboToolbox and others"), "xlsx", XLSX),
    "surveyjs": (gettext_lazy("SurveyJS"), "json", "application/json"),
}


class ImportForm(forms.Form):
    """A file with a questionnaire, or the questionnaire that a report was shown of."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("Ours (.json), XLSForm (.xlsx) or SurveyJS (.json); 2 MB at most."),
        widget=forms.FileInput(attrs={"accept": ".json,.xlsx"}),
    )
    found = forms.CharField(required=False, widget=forms.HiddenInput(), max_length=4_000_000)


class WritingPages(Pages):
    """What `PollAdmin` shows of the writing of polls."""

    # --- writing ------------------------------------------------------------------------------------------------

    def write(self, request: HttpRequest, poll: Poll | None) -> HttpResponse:
        """Questions, options, pages, rules and settings of a poll that nobody has voted in."""
        if poll is not None and drafting.has_votes(poll):
            messages.error(request, _("Readers have voted: the wording is locked."))
            return self.to_page(poll)
        posted = request.POST if request.method == "POST" else None
        form, sheet = WriteForm(posted, poll=poll), writing.sheet_of(poll, posted)
        look: int | None = None
        pressed = ""
        if posted is not None and posted.get("do"):
            form = WriteForm(poll=poll, initial={name: form[name].data for name in form.fields})
            pressed = str(posted["do"]).partition(":")[0]
            sheet, look = self.arranged(request, sheet, str(posted["do"]))
            whole = bank.chosen(request.POST.get("from", "")) if pressed == "insert" else None
            for name in ("title", "intro") if whole else ():  # of a poll that has none yet
                form.initial[name] = form.initial[name] or (whole or {})[name]
            if look is not None and pressed not in ("up", "down", "keep"):  # a new question is written next
                sheet.questions[look].fields["kind"].widget.attrs["autofocus"] = True
        elif posted is not None:
            with transaction.atomic():
                if poll is not None:
                    form.poll = Poll.objects.select_for_update(of=("self",)).get(pk=poll.pk)
                written = self.store(request, form, sheet)
            if written:
                messages.success(request, _("The poll has been saved."))
                if written.panel is None and written.questions.filter(settings__panel=True).exists():
                    sentence = _("A question asks readers to join a panel. Choose one under “More settings” first.")
                    messages.warning(request, sentence)
                return self.to_page(written)
        title = _("Change %(poll)s") % {"poll": drafting.name_of(poll)} if poll else _("A new poll")
        context = {
            "form": form,
            "sheet": sheet,
            "look": look,
            "pressed": pressed,
            "kinds": survey_fields.grouped(),
            "bank": bank.choices(),
            "advice": advice_on(sheet),
        }
        return self.render(request, "admin/polls/poll/write.html", poll, title, **context)

    def arranged(self, request: HttpRequest, sheet: Sheet, do: str) -> tuple[Sheet, int | None]:
        """The form in the order that a button asks for, and the question to look at; nothing is stored."""
        name, _colon, place = do.partition(":")
        if name == "keep":
            self.keep(request, sheet, place)
            return sheet, int(place) if place.isdigit() else None
        if name == "check":
            return Sheet(rows=sheet.rows()), None
        rows = sheet.rows()
        if name == "insert":
            whole = bank.chosen(request.POST.get("from", ""))
            if whole is None:
                messages.error(request, _("Please choose what to insert."))
                return Sheet(rows=rows), None
            rows.questions = [row for row in rows.questions if _is_written(row)]
            look: int | None = rows.append(whole)
            rows.settle()
        else:
            look = arranging.act(rows, do)
        return Sheet(rows=rows), look

    def keep(self, request: HttpRequest, sheet: Sheet, place: str) -> None:
        """Keep a question, or with no place the whole questionnaire, in the bank."""
        title = drafting.one_line(request.POST.get("title", ""))
        whole = sheet.whole(title=title[:200])
        if whole is None:
            messages.error(request, _("Please correct what is marked below; then it can be kept."))
            return
        if place.isdigit():
            written = [n for n, form in enumerate(sheet.questions) if not form.is_empty()]
            if int(place) not in written:
                return
            text = sheet.questions[int(place)].cleaned_data["question"]
            one = next(question for question in whole["questions"] if question["text"] == text)
            whole = {**whole, "title": "", "flow": {}, "questions": [{**one, "page": 1, "show_if": None}]}
        name = title if not place.isdigit() and title else whole["questions"][0]["text"]
        saved = bank.keep(whole, name=name, who=request.user.get_username())
        messages.success(request, _("Saved in the question bank as “%(name)s”.") % {"name": saved.name})

    def store(self, request: HttpRequest, form: WriteForm, sheet: Sheet) -> Poll | None:
        now = timezone.now()
        published_at = form.poll.published_at if form.poll else None
        valid = form.is_valid()
        whole = sheet.whole(title=form.cleaned_data.get("title", ""), intro="")
        for fault in sheet.faults:
            form.add_error(None, fault)
        form.clean_dates(published_at=published_at, now=now)
        if whole is None and not sheet.faulty and not sheet.faults:
            form.add_error(None, _("Please write at least one question with its options."))
        if whole is not None:
            form.clean_consent(questionnaire.asked_of(whole))
        if not valid or whole is None or form.errors:
            return None
        try:
            return form.save_as(
                questionnaire.asked_of(whole),
                published_at=published_at,
                who=request.user.get_username(),
                now=now,
                flow=whole["flow"],
            )
        except drafting.Frozen:
            form.add_error(None, _("Readers have since voted: the wording is locked."))
        except lifecycle.Refused as refused:
            form.add_error(None, refused.message)
        return None

    def advice(self, request: HttpRequest) -> HttpResponse:
        """Advice on what stands in the form at this moment, for its script; nothing is stored."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        return JsonResponse(advice_on(Sheet(request.POST)))

    def pictures(self, request: HttpRequest) -> HttpResponse:
        """Pictures of the library that fit some words, for the script of the form."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        return JsonResponse({"pictures": list(pictures.search(request.GET.get("q", "")[:100]))})

    # --- files --------------------------------------------------------------------------------------------------

    def take_up(self, request: HttpRequest) -> HttpResponse:
        """A questionnaire from a file: first a report, and a draft when somebody says so."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        whole: dict[str, Any] | None = None
        report = Report()
        if form.is_valid():
            whole, report = self.read_file(form)
            if whole and form.cleaned_data["found"]:
                poll = self.make(whole)
                messages.success(request, _("This is the draft. Nobody sees it until you publish it."))
                return self.to_page(poll)
        context = {
            "form": form,
            "report": report,
            "whole": whole,
            "found": json.dumps(whole, ensure_ascii=False) if whole else "",
            "questions": [
                (TYPES[one["kind"]].LABEL, code, one) for code, one in questionnaire.codes(whole or {"questions": []})
            ],
            "doubts": wording.doubts(questionnaire.asked_of(whole)) if whole else [],
        }
        return self.render(request, "admin/polls/poll/import.html", None, _("Import a questionnaire"), **context)

    def read_file(self, form: ImportForm) -> tuple[dict[str, Any] | None, Report]:
        """What a file says, or what was shown before; the form says why where it cannot be read."""
        try:
            if found := form.cleaned_data["found"]:
                return questionnaire.loads(found.encode()), Report()
            file = form.cleaned_data["file"]
            if file is None:
                form.add_error("file", _("Please choose a file."))
                return None, Report()
            if file.size > questionnaire.LARGEST_FILE:
                form.add_error("file", _("The file is larger than a questionnaire can be: 2 MB at most."))
                return None, Report()
            whole, report = interchange_read(file.read())
            for fault in questionnaire.faults(whole):
                report.leave("", fault)
            return whole, report
        except (interchange.Refused, questionnaire.Unreadable) as refused:
            for fault in refused.faults if isinstance(refused, questionnaire.Unreadable) else [refused.message]:
                form.add_error("file", fault)
        return None, Report()

    def make(self, whole: dict[str, Any]) -> Poll:
        now = timezone.now()
        values = {"title": whole["title"], "intro": whole["intro"], "flow": whole["flow"]}
        asked = questionnaire.asked_of(whole)
        return drafting.create(asked=asked, opens_at=now, closes_at=now + FIELD_PERIOD + timedelta(minutes=1), **values)

    def export(self, request: HttpRequest, poll: Poll) -> HttpResponse:
        """The questionnaire of a poll in three formats, each with what it cannot say."""
        whole = questionnaire.of_poll(poll)
        reports = {"json": Report(), "xlsform": xlsform.write(whole)[1], "surveyjs": surveyjs.write(whole)[1]}
        formats = [(name, label, reports[name].left) for name, (label, _suffix, _type) in FORMATS.items()]
        return self.render(
            request, "admin/polls/poll/export.html", poll, _("The questionnaire as a file"), formats=formats
        )

    def download(self, request: HttpRequest, poll: Poll, name: str) -> HttpResponse:
        """The file."""
        if name not in FORMATS:
            raise Http404
        whole = questionnaire.of_poll(poll)
        write = {"xlsform": xlsform.write, "surveyjs": surveyjs.write}
        content = write[name](whole)[0] if name in write else questionnaire.dumps(whole)
        _label, suffix, type_ = FORMATS[name]
        ending = ".surveyjs.json" if name == "surveyjs" else f".{suffix}"
        return HttpResponse(
            content,
            content_type=type_,
            headers={"Content-Disposition": f'attachment; filename="{poll.slug}{ending}"'},
        )

    if TYPE_CHECKING:  # of `PollAdmin`

        def render(
            self, request: HttpRequest, template: str, poll: Any, title: str, **context: Any
        ) -> HttpResponse: ...

        def to_page(self, poll: Poll) -> HttpResponseRedirect: ...


def interchange_read(content: bytes) -> tuple[dict[str, Any], Report]:
    """A questionnaire from the bytes of a file in any of the three formats; raises `Refused` or `Unreadable`."""
    if content[:2] == b"PK":
        return xlsform.read(content)
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        given = None
    if isinstance(given, dict) and "format" not in given and any(key in given for key in ("pages", "elements")):
        return surveyjs.read(content)
    report, whole = Report(), questionnaire.loads(content)
    report.count(whole["questions"])
    return whole, report


def advice_on(sheet: Sheet) -> dict[str, Any]:
    """What a methodologist would say of the form as it stands, and how long readers will take."""
    drafts = sheet.drafts()
    long = wording.minutes(drafts)
    n = max(1, round(long))
    time = (
        ngettext("About %(n)d minute.", "About %(n)d minutes.", n) % {"n": n} if long >= 0.75 else _("Under a minute.")
    )
    return {
        "minutes": time if drafts else "",
        "advice": [doubt.sentence for doubt in wording.doubts(drafts)],
    }


def _is_written(row: dict[str, Any]) -> bool:
    return any(str(row.get(name) or "").strip() for name in ("question", "options", "labels"))


@admin.register(Saved)
class SavedAdmin(admin.ModelAdmin):
    """The question bank: what is kept there, in words; it is filled from the page on which polls are written."""

    list_display = ("name", "asks", "who", "when")
    search_fields = ("name",)
    list_per_page = 50
    actions = None
    fields = ("name", "asks", "who", "when")
    readonly_fields = ("asks", "who", "when")

    @admin.display(description=gettext_lazy("asks"))
    def asks(self, saved: Saved) -> str:
        try:
            whole = questionnaire.read(saved.questionnaire)
        except questionnaire.Unreadable:
            return _("can no longer be read")
        return " · ".join(question["text"] for question in whole["questions"][:10])

    @admin.display(description=gettext_lazy("saved at"), ordering="at")
    def when(self, saved: Saved) -> str:
        return moment(saved.at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
