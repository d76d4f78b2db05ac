"""The pages of the admin on which text answers are read, let through to readers, and emptied.

Whoever may see text answers reads them; whoever may change them (moderators, administrators) decides about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import texts
from polls.cards import number
from polls.drafting import name_of
from polls.models import Poll, Verbatim

if TYPE_CHECKING:
    Pages = admin.ModelAdmin[Poll]
else:
    Pages = object

A_PAGE = 50
STATES = (
    ("", gettext_lazy("all")),
    (texts.WAITING, gettext_lazy("waiting")),
    (texts.SHOWN, gettext_lazy("shown to readers")),
    (texts.EMPTIED, gettext_lazy("erased")),
)


class EmptyForm(forms.Form):
    """Why a text is emptied."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text=gettext_lazy(
            "It appears in place of the text, for those who work here. Do not repeat the words in it."
        ),
        error_messages={"required": gettext_lazy("Please give the reason.")},
    )


class TextPages(Pages):
    """What `PollAdmin` shows of text answers."""

    def text_urls(self) -> list[URLPattern]:
        see, decide = self.has_texts_permission, self.has_decide_permission
        return [
            path("<int:pk>/texts/", self.page(self.texts, see), name="polls_poll_texts"),
            path("<int:pk>/texts/<int:text>/", self.page(self.decide, decide), name="polls_poll_text"),
            path("<int:pk>/texts/<int:text>/empty/", self.page(self.empty, decide), name="polls_poll_empty"),
        ]

    def has_texts_permission(self, request: HttpRequest, poll: Poll) -> bool:
        """Whether somebody may read what readers wrote."""
        return self.has_view_permission(request, poll) and bool(request.user.has_perm("polls.view_verbatim"))

    def has_decide_permission(self, request: HttpRequest, poll: Poll) -> bool:
        """Whether somebody may let a text through to readers, take it back, or empty it."""
        return self.has_texts_permission(request, poll) and bool(request.user.has_perm("polls.change_verbatim"))

    def texts(self, request: HttpRequest, poll: Poll) -> HttpResponse:
        """The text answers of a poll: searched, filtered, by pages."""
        state, words = request.GET.get("state", ""), texts.searched(request.GET.get("q", ""))
        asked = request.GET.get("question", "")
        found = texts.with_words(texts.in_state(texts.of_poll(poll), state), words)
        if asked.isdecimal():
            found = found.filter(answer__question=int(asked[:9]))
        counts = texts.numbers(poll)
        keep = {"state": state, "q": words, "question": asked}
        links = [
            {
                "label": label,
                "n": number(counts.get(name, sum(counts.values()))),
                "here": name == state,
                "query": urlencode({**keep, "state": name}),
            }
            for name, label in STATES
        ]
        wrote = texts.of_poll(poll).order_by().values("answer__question").distinct()
        context = {
            "page_obj": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
            "links": links,
            "words": words,
            "state": state,
            "asked": asked,
            "questions": poll.questions.filter(pk__in=wrote),
            "keep": urlencode(keep),
            "may_decide": self.has_decide_permission(request, poll),
            "back": request.get_full_path(),
        }
        title = _("Text answers: %(poll)s") % {"poll": name_of(poll)}
        return self.render(request, "admin/polls/poll/texts.html", poll, title, **context)

    def decide(self, request: HttpRequest, poll: Poll, text: int) -> HttpResponse:
        """Let readers see a text, or take it back: a button of the list, which can be pressed the other way again."""
        if request.method == "POST":
            try:
                if "show" in request.POST:
                    texts.let_through(text, poll=poll, who=request.user.get_username())
                    said = _("Readers now see this text wherever the results are shown.")
                else:
                    texts.take_back(text, poll=poll)
                    said = _("Readers no longer see this text.")
            except Verbatim.DoesNotExist as error:
                raise Http404 from error
            except texts.Refused as refused:
                messages.error(request, refused.message)
            else:
                what = "let through" if "show" in request.POST else "taken back"
                self.log_change(request, poll, f"text answer {text} {what}")
                messages.success(request, said)
        return self.to_texts(request, poll)

    def empty(self, request: HttpRequest, poll: Poll, text: int) -> HttpResponse:
        """A page that says what emptying means; its POST does it, and nobody can undo it."""
        found = texts.of_poll(poll).filter(pk=text).first()
        if found is None:
            raise Http404
        if found.redacted_at is not None:
            messages.error(request, _("This text had already been erased."))
            return self.to_texts(request, poll)
        form = EmptyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            if texts.empty(text, poll=poll, reason=reason, who=request.user.get_username()):
                self.log_change(request, poll, f"text answer {text} emptied: {reason}")
            messages.success(request, _("The text has been erased. The vote and its answer stay counted."))
            return self.to_texts(request, poll)
        what = [
            _("The words are deleted at once and permanently. Nobody can restore them, not even an administrator."),
            _("The vote stays, and so does the answer in every count: no figure changes."),
            _("Your name and the reason appear in their place, for those who work here. Readers see none of this."),
            _("The audit list says that you erased a text, and why; not what it said."),
            _("Files downloaded earlier, and backups of the database, still contain the words."),
        ]
        title = _("Erase a text answer")
        context = {"text": found, "form": form, "what": what, "back": request.GET.get("back", "")}
        return self.render(request, "admin/polls/poll/empty_text.html", poll, title, **context)

    def to_texts(self, request: HttpRequest, poll: Poll) -> HttpResponseRedirect:
        """Back to the list as it was searched and filtered."""
        address = reverse("admin:polls_poll_texts", args=[poll.pk])
        back = request.POST.get("back", "")
        return HttpResponseRedirect(back if back.startswith(f"{address}?") else address)

    if TYPE_CHECKING:  # of `PollAdmin`

        def page(self, view: Any, allowed: Any) -> Any: ...

        def render(
            self, request: HttpRequest, template: str, poll: Poll | None, title: str, **context: Any
        ) -> HttpResponse: ...
