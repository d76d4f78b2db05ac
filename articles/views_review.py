"""The page of a review link: an article before it is published, for somebody without an account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from articles import lifecycle, rehearsal, reviewing
from articles.models import ReviewLink
from polls import ratelimit
from polls.client_address import network_of
from polls.panel import too_long


class ReviewForm(forms.Form):
    """What a reviewer can say: that it is good so, or what should be changed."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[
            ("approve", gettext_lazy("Ready to be published")),
            ("comment", gettext_lazy("Something should be changed")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose one of the two.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=reviewing.LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages=too_long(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_action = "#review"
        self.helper.attrs = {"novalidate": ""}  # what is missing is said at the field, in the language of the page
        # Never cached and for one reader alone, this page may carry a token.
        self.helper.disable_csrf = False
        self.helper.add_input(Submit("", _("Send to the editors"), css_class="button"))

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("verdict") == "comment" and self.cleaned_data.get("text") == "":
            self.add_error("text", _("Please write what should be changed."))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, token: str) -> HttpResponse:
    """The article as it would look, and a form to say something of it; nothing of it where the link is closed."""
    response = _review(request, token)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    # The address is the secret: no other site may learn it. Our own form needs to be known as ours.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _review(request: HttpRequest, token: str) -> HttpResponse:
    verdict = ratelimit.check(network=network_of(request), voter=f"review:{reviewing.digest(token)}")
    if not verdict.allowed:
        response = render(request, "articles/review_closed.html", {"busy": True}, status=HTTPStatus.TOO_MANY_REQUESTS)
        response.headers["Retry-After"] = str(verdict.retry_after)
        return response
    link = reviewing.found(token)
    if link is None:
        raise Http404
    if not reviewing.is_open(link, now=lifecycle.clock()):
        return render(request, "articles/review_closed.html", status=HTTPStatus.GONE)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _said(link, form):
        return HttpResponseRedirect(f"{request.path}?said=1#review")
    context = {
        **rehearsal.page(request, link.article),
        "link": link,
        "form": form,
        "said": "said" in request.GET,
        "notes": link.notes.all(),
    }
    return render(request, "articles/review.html", context)


def _said(link: ReviewLink, form: ReviewForm) -> bool:
    approves = form.cleaned_data["verdict"] == "approve"
    try:
        reviewing.say(link=link, approves=approves, text=form.cleaned_data["text"])
    except lifecycle.Refused as refused:
        form.add_error(None, refused.message)
        return False
    return True
