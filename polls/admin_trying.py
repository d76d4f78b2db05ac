"""Trying a survey out in the admin: the pages that readers get, with test answers kept in the editor's session.

Nothing here writes a ballot, a draft or a count; what was tried is gone with the session, or with “Begin anew”.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from polls import answer_form, branches, drafting, paper, questionnaire, questions
from polls.answer_form import PageForm
from polls.answering import Survey
from polls.flow import FlowFault
from polls.forms import Malformed
from polls.models import Poll
from polls.paper import Given

if TYPE_CHECKING:
    Pages = admin.ModelAdmin[Poll]
else:
    Pages = object


class TryingPages(Pages):
    """What `PollAdmin` shows of trying a survey out."""

    def branches(self, request: HttpRequest, poll: Poll) -> HttpResponse:
        """The map of the survey: drawn, and in words; from here it is tried out."""
        faulty = _survey(request, poll) is None
        found = [] if faulty else branches.stages(questionnaire.of_poll(poll))
        context = {"stages": found, "drawing": branches.drawing(found), "faulty": faulty}
        return self.render(request, "admin/polls/poll/branches.html", poll, _("Branches"), **context)

    def try_out(self, request: HttpRequest, poll: Poll, page: int) -> HttpResponse:
        """A page as readers get it, or with page 0 the last look; POST keeps the answers and goes where they lead."""
        survey = _survey(request, poll)
        if survey is None:
            return HttpResponseRedirect(reverse("admin:polls_poll_branches", args=[poll.pk]))
        if request.method == "POST" and request.POST.get("step") == "anew":
            request.session.pop(_place(poll), None)
            return HttpResponseRedirect(reverse("admin:polls_poll_branches", args=[poll.pk]))
        given = _given(request, poll)
        if page == 0:
            return _last_look(request, poll, survey, given)
        way = survey.way(given)
        if page not in way.pages:
            if not way.pages or not 1 <= page <= len(survey.plan.pages):
                raise Http404
            return _to(poll, way.pages[0])
        if request.method != "POST":
            return _show(request, poll, survey, page, given, PageForm(answer_form.parts(survey, page, given)))
        return self.take_in(request, poll, survey, page, given)

    def take_in(
        self, request: HttpRequest, poll: Poll, survey: Survey, page: int, before: dict[int, Given]
    ) -> HttpResponse:
        try:
            answer_form.check_length(request)
            sent = answer_form.read_page(request)
        except Malformed as malformed:
            form = PageForm(answer_form.parts(survey, page, before))
            return _show(request, poll, survey, page, before, form, notice=malformed.message, status=malformed.status)
        here = {question.id for question in survey.on_page(page)}
        given = {id_: one for id_, one in before.items() if id_ not in here}
        given |= {id_: one for id_, one in sent.given.items() if id_ in here}
        parts = answer_form.parts(survey, page, given, asked=sent.asked)
        given |= {
            part.question.id: replace(given[part.question.id], shown=part.given.shown)
            for part in parts
            if part.question.id in given
        }
        request.session[_place(poll)] = {"seed": survey.key.hex(), "given": _packed(given)}
        way = survey.way(given)
        if sent.step == "back":
            earlier = way.before(page)
            return _to(poll, earlier) if earlier else HttpResponseRedirect(_map(poll))
        form = PageForm(parts, request.POST)
        if not form.is_valid():
            return _show(request, poll, survey, page, given, form, status=422)
        if any(part.fresh for part in parts):
            notice = _("Your answer adds a question to this page: please answer it too.")
            return _show(request, poll, survey, page, given, form, notice=notice)
        return _to(poll, way.after(page) or 0)

    if TYPE_CHECKING:  # of `PollAdmin`

        def render(
            self, request: HttpRequest, template: str, poll: Any, title: str, **context: Any
        ) -> HttpResponse: ...


def _place(poll: Poll) -> str:
    return f"trying-{poll.pk}"


def _map(poll: Poll) -> str:
    return reverse("admin:polls_poll_branches", args=[poll.pk])


def _to(poll: Poll, page: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:polls_poll_try", args=[poll.pk, page]))


def _survey(request: HttpRequest, poll: Poll) -> Survey | None:
    """The survey as it is now, its lots drawn from a seed of the session; None where its course cannot be read."""
    kept = request.session.get(_place(poll)) or {}
    seed = bytes.fromhex(kept["seed"]) if kept.get("seed") else secrets.token_bytes(32)
    if not kept:
        request.session[_place(poll)] = {"seed": seed.hex(), "given": {}}
    survey = Survey(paper.from_poll(poll), seed, {})
    try:
        return survey if survey.plan.pages else None
    except FlowFault:
        return None


def _given(request: HttpRequest, poll: Poll) -> dict[int, Given]:
    kept = (request.session.get(_place(poll)) or {}).get("given", {})
    return {
        int(id_): Given(tuple(options), {int(name): value for name, value in values.items()}, tuple(shown))
        for id_, (options, values, shown) in kept.items()
    }


def _packed(given: dict[int, Given]) -> dict[str, Any]:
    return {
        str(id_): [list(one.options), {str(name): value for name, value in one.values.items()}, list(one.shown)]
        for id_, one in given.items()
    }


def _show(
    request: HttpRequest,
    poll: Poll,
    survey: Survey,
    page: int,
    given: dict[int, Given],
    form: PageForm,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    pages = survey.way(given).pages
    place = pages.index(page) + 1 if page in pages else 1
    context = {
        **_common(poll),
        "form": form,
        "faults": form.faults if form.is_bound else [],
        "notice": notice,
        "heading": survey.title(page, given),
        "progress": _("Page %(n)d of %(total)d") % {"n": place, "total": len(pages)},
        "place": place,
        "total": len(pages),
        "action": reverse("admin:polls_poll_try", args=[poll.pk, page]),
        "halves": survey.groups,
    }
    return TemplateResponse(request, "admin/polls/poll/try.html", context, status=status)


def _last_look(request: HttpRequest, poll: Poll, survey: Survey, given: dict[int, Given]) -> HttpResponse:
    asked, way = survey.asked(given), survey.way(given)
    answers = [
        (
            survey.worded(question, given).text,
            questions.TYPES[question.kind].words(question, asked[question.id]),
        )
        for stop in way.stops
        for question in map(survey.by_code.__getitem__, stop.questions)
    ]
    context = {
        **_common(poll),
        "answers": answers,
        "ended": way.ended,
        "back": reverse("admin:polls_poll_try", args=[poll.pk, way.pages[-1]]) if way.pages else _map(poll),
        "anew": reverse("admin:polls_poll_try", args=[poll.pk, 0]),
    }
    return TemplateResponse(request, "admin/polls/poll/tried.html", context)


def _common(poll: Poll) -> dict[str, Any]:
    return {"poll": poll, "title": drafting.name_of(poll), "map": _map(poll)}
