"""The pages on which a survey is answered: beginning, one page after another, a last look, sending, the receipt.

They belong to one respondent and are kept by no cache. Every one of them works without scripts; every refusal is a
sentence, and what was typed is in the draft, or in the page that says so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from polls import (
    answer_form,
    answering,
    cards,
    client_address,
    flow,
    hiding,
    origin,
    paper,
    questions,
    ratelimit,
    respondents,
    tally,
    voting,
    wording,
)
from polls.answer_form import PageForm, Sent
from polls.answering import Kept, Survey
from polls.dates import moment
from polls.forms import Malformed
from polls.models import Poll, State
from polls.paper import Given

RETRY_SECONDS = 3


class Stopped(Exception):
    """A page that ends the way here, in words; `again` where the same POST may be sent once more."""

    def __init__(
        self,
        status: int,
        heading: str,
        message: str,
        *,
        to: tuple[str, str] | None = None,
        again: bool = False,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.heading = heading
        self.message = message
        self.to = to
        self.again = again
        self.retry_after = retry_after


class Elsewhere(Exception):
    """The reader is to look at another page of this survey; `why` is a key of the sentences there."""

    def __init__(self, url: str, why: str = "") -> None:
        super().__init__(url)
        self.url = f"{url}?{urlencode({'why': why})}" if why else url


@dataclass(frozen=True)
class Visit:
    """A request for a page of a survey: whose it is, and in which state the survey is."""

    request: HttpRequest
    poll: Poll
    survey: Survey
    voter: str | None
    now: datetime

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"polls:{name}", args=[self.poll.slug, *args])

    @property
    def posted(self) -> bool:
        return self.request.method == "POST"

    @property
    def step(self) -> str:
        return self.request.POST.get("step", "")

    @property
    def hidden(self) -> bool:
        """Whether this browser is to tell nobody what was answered in the ballot that it has sent."""
        return hiding.is_hidden(self.request, self.poll.slug)

    @property
    def receipt(self) -> voting.Receipt | None:
        if self.voter is None:
            return None
        return voting.find_receipt(poll_id=self.poll.pk, voter_key=self.survey.key)


View = Callable[..., HttpResponse]


def door(view: View) -> Callable[..., HttpResponse]:
    """A page of one respondent: who that is, whose page sent the form, and a sentence for all that goes wrong."""

    @functools.wraps(view)
    def answered(request: HttpRequest, slug: str, **more: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        try:
            visit = _arrive(request, slug)
            if visit.posted:
                _limit(visit, voter=visit.voter, page=True)
            return view(visit, **more)
        except Elsewhere as elsewhere:
            return _see_other(elsewhere.url)
        except Malformed as error:
            stopped = Stopped(error.status, _("That could not be read"), error.message)
        except Stopped as error:
            stopped = error
        except voting.AWAY:
            stopped = _away()
        return _stop(request, slug, stopped)

    # `origin.judge` takes the token's place; the pages carry one all the same, for browsers that say nothing.
    return csrf_exempt(never_cache(answered))


def _arrive(request: HttpRequest, slug: str) -> Visit:
    if request.method == "POST":
        answer_form.check_length(request)
        _check_origin(request)
    poll = Poll.objects.public().with_state().filter(slug=slug).first()
    if poll is None:
        raise Http404
    voter = respondents.read(request)
    survey = _survey(slug, voter)
    if not survey.paper.is_survey:
        raise Elsewhere(poll.get_absolute_url())
    return Visit(request, poll, survey, voter, timezone.now())


def _survey(slug: str, voter: str | None) -> Survey:
    try:
        survey = Survey.of(slug, voter=voter)
        survey.plan  # noqa: B018 - read here, so that what cannot be read is said once
    except paper.UnknownPoll as error:
        raise Http404 from error
    except flow.FlowFault as error:
        sentence = _("This survey cannot be answered just now: an editor must correct it first.")
        raise Stopped(503, _("Not just now"), sentence) from error
    return survey


def _check_origin(request: HttpRequest) -> None:
    verdict = origin.judge(request)
    if verdict is origin.Origin.OWN or (verdict is origin.Origin.UNKNOWN and origin.carries_token(request)):
        return
    sentence = _(
        "Answers are accepted only from this site’s own pages, and this browser did not say that yours came "
        "from one. Allow cookies for this site, go back and send the page again."
    )
    raise Stopped(403, _("That was not stored"), sentence)


# --- beginning and leaving ----------------------------------------------------------------------------------------


@door
def start(visit: Visit) -> HttpResponse:
    """What the survey is about, and what becomes of the answers; it begins with a POST."""
    if visit.posted:
        return _discard(visit) if visit.step == "discard" else _begin(visit)
    kept = _laid_out(visit) if visit.voter else None
    receipt = None if kept else visit.receipt
    expired = visit.voter is not None and kept is None and answering.out_of_time(visit.survey, now=visit.now)
    context = {
        "kept": kept,
        "kept_until": moment(kept.expires_at) if kept and kept.expires_at else "",
        "expired": expired,
        "receipt": receipt,
        "may_change": receipt is not None and visit.poll.may_change and not visit.hidden,
        "open": visit.poll.state_now == State.OPEN,
        "over": visit.poll.state_now in (State.CLOSED, State.FINAL),
        "state_sentence": cards.state_sentence(visit.poll, State(visit.poll.state_now)),
        "length": _length(visit.survey),
        "until": moment(min(visit.now + answering.KEPT_FOR, visit.poll.closes_at)),
    }
    return _page(visit, "polls/answer/start.html", context)


def _begin(visit: Visit) -> HttpResponse:
    _only_open(visit)
    receipt = visit.receipt
    if receipt and (not visit.poll.may_change or visit.hidden):
        raise Elsewhere(visit.url("answer_thanks"))
    number = visit.voter or respondents.new_number()
    if visit.voter is None:
        _limit(visit, voter=None)
        visit = replace(visit, survey=_survey(visit.poll.slug, number))
    kept = answering.begin(
        visit.survey,
        closes_at=visit.poll.closes_at,
        now=visit.now,
        given=receipt.given if receipt else None,
        replaces=receipt.revision if receipt else None,
    )
    response = _see_other(_where_to_go_on(visit, kept))
    if visit.voter is None:
        respondents.give_cookie(visit.request, response, number)
    return response


def _discard(visit: Visit) -> HttpResponse:
    if visit.voter:
        answering.discard(visit.survey)
    return _see_other(f"{visit.url('answer')}?why=discarded")


@door
def later(visit: Visit) -> HttpResponse:
    """How to go on another time: here at once, elsewhere by a link."""
    kept = _kept(visit)
    token = answering.link(visit.survey, now=visit.now)
    base = settings.BASE_URL or f"{visit.request.scheme}://{visit.request.get_host()}"
    until = min(kept.expires_at or visit.now, visit.now + answering.LINK_FOR)
    context = {
        "kept_until": moment(kept.expires_at) if kept.expires_at else "",
        "link": base.rstrip("/") + visit.url("answer_go_on", token),
        "link_until": moment(until),
        "here": visit.url("answer"),
        "go_on": _where_to_go_on(visit, kept),
    }
    return _page(visit, "polls/answer/later.html", context)


@door
def go_on(visit: Visit, token: str) -> HttpResponse:
    """Move what another browser keeps to this one; says so first.

    The voter cookie is set with the page that asks, so that nothing moves to a browser that keeps none.
    """
    if visit.receipt:
        sentence = _("A vote from this browser has already been counted. The answers stay where they are.")
        raise Stopped(409, _("Nothing was moved"), sentence, to=(visit.url("answer_thanks"), _("See the receipt")))
    if visit.posted:
        _needs_cookie(visit)
    try:
        replaced = answering.move(visit.survey, token, now=visit.now, really=visit.posted)
    except answering.NoLink as error:
        sentence = _(
            "This link has already been used, or has expired, or its answers have been sent or deleted. If "
            "they still exist, they are in the browser in which you began."
        )
        raise Stopped(410, _("This link no longer works"), sentence) from error
    if visit.posted:
        kept = answering.find(visit.survey, now=visit.now)
        return _see_other(_where_to_go_on(visit, kept) if kept else visit.url("answer"))
    response = _page(visit, "polls/answer/go_on.html", {"replaced": replaced})
    if visit.voter is None:
        respondents.give_cookie(visit.request, response)
    return response


# --- one page after another ---------------------------------------------------------------------------------------


@door
def page(visit: Visit, page: int) -> HttpResponse:
    """One page of questions: given out, or taken in and kept."""
    if visit.posted:
        return _take_in(visit, page, answer_form.read_page(visit.request))
    _only_open(visit)
    kept = _kept(visit)
    _in_turn(visit, kept, page)
    form = PageForm(answer_form.parts(visit.survey, page, kept.given))
    return _questions(visit, page, kept, form)


def _take_in(visit: Visit, page: int, sent: Sent) -> HttpResponse:
    if visit.poll.state_now not in (State.OPEN, State.PAUSED):
        _only_open(visit)
    kept = _kept(visit)
    here = {question.id for question in visit.survey.on_page(page)}
    given = {
        **{question: one for question, one in kept.given.items() if question not in here},
        **{question: one for question, one in sent.given.items() if question in here},
    }
    _in_turn(visit, replace(kept, given=given), page)
    parts = answer_form.parts(visit.survey, page, given, asked=sent.asked)
    form = PageForm(parts, visit.request.POST)
    valid = form.is_valid()
    if any(one for question, one in sent.given.items() if question not in here):
        notice = _(
            "Some of what was sent does not belong to any question on this page. Nothing was stored; please look again."
        )
        return _questions(visit, page, kept, form, notice=notice, status=422)
    fresh = any(part.fresh for part in parts)
    onward = sent.step == "next" and valid and not fresh
    arranged = {
        part.question.id: replace(given[part.question.id], shown=part.given.shown)
        for part in parts
        if part.question.id in given
    }
    try:
        kept = answering.keep(
            visit.survey,
            page=page,
            given=arranged,
            seen=sent.seen,
            passed=onward,
            closes_at=visit.poll.closes_at,
            now=visit.now,
        )
    except answering.NoDraft as error:
        raise Elsewhere(visit.url("answer"), "gone") from error
    except answering.Stale as stale:
        return _stale(visit, page, stale, form)
    _only_open(visit)
    if sent.step == "back":
        before = visit.survey.way(kept.given).before(page)
        return _see_other(visit.url("answer_page", before) if before else visit.url("answer"))
    if sent.step == "later":
        return _see_other(visit.url("answer_later"))
    if not valid:
        return _questions(visit, page, kept, form, status=422)
    if fresh:
        notice = _("Your answer adds a question to this page: please answer it too.")
        return _questions(visit, page, kept, form, notice=notice)
    return _onward(visit, page, kept, to_review="review" in visit.request.POST)


def _onward(visit: Visit, page: int, kept: Kept, *, to_review: bool) -> HttpResponse:
    _stop_at_quota(visit, kept)
    after = visit.survey.way(kept.given).after(page)
    if after is None or (to_review and visit.survey.open_page(kept) is None):
        return _see_other(visit.url("answer_review"))
    return _see_other(visit.url("answer_page", after))


def _stale(visit: Visit, page: int, stale: answering.Stale, form: PageForm) -> HttpResponse:
    """The page once more, as it was just typed, with what is stored in words: sent again it is kept."""
    if stale.edited:
        notice = _("An editor has just changed this page. Please look at it again; what you typed is still here.")
    else:
        given = stale.kept.given
        words = [
            f"{question.text} – {answering.spoken(question, given.get(question.id, Given())) or _('no answer')}"
            for question in visit.survey.on_page(page)
        ]
        notice = _(
            "This page has since been answered differently in another tab. Stored there: %(words)s. What you "
            "see here is what you have just sent; it replaces the other answers only if you continue."
        ) % {"words": "; ".join(words)}
    return _questions(visit, page, stale.kept, form, notice=notice, status=409)


def _questions(
    visit: Visit, page: int, kept: Kept, form: PageForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    survey = visit.survey
    way = survey.way(kept.given)
    numbers = way.pages if page in way.pages else (*way.pages, page)
    place, total = numbers.index(page) + 1, len(numbers)
    about = _("Page %(n)d of about %(total)d") if survey.branches else _("Page %(n)d of %(total)d")
    context = {
        "form": form,
        "faults": form.faults if form.is_bound else [],
        "notice": notice or (_changed() if kept.changed else ""),
        "seen": survey.seen(page, kept.given),
        "heading": survey.title(page, kept.given),
        "progress": about % {"n": place, "total": total},
        "place": place,
        "total": total,
        "action": visit.url("answer_page", page),
        "to_review": "review" in (visit.request.POST if visit.posted else visit.request.GET),
        "kept_until": moment(kept.expires_at) if kept.expires_at else "",
    }
    return _page(visit, "polls/answer/page.html", context, status=status)


# --- the last look, and sending -----------------------------------------------------------------------------------


@door
def review(visit: Visit) -> HttpResponse:
    """Everything that was answered, page by page, before it is sent; and the sending."""
    _only_open(visit)
    kept = _kept(visit)
    open_page = visit.survey.open_page(kept)
    if open_page is not None:
        raise Elsewhere(visit.url("answer_page", open_page), "changed" if kept.changed else "order")
    if visit.posted and visit.step == "send":
        return _send(visit, kept)
    return _look(visit, kept)


def _look(visit: Visit, kept: Kept, *, fault: str = "", status: int = 200) -> HttpResponse:
    survey = visit.survey
    asked = survey.asked(kept.given)
    pages = [
        {
            "number": number,
            "title": survey.title(stop.page, kept.given),
            "url": visit.url("answer_page", stop.page) + "?review",
            "answers": [
                (
                    survey.worded(question, kept.given).text,
                    questions.TYPES[question.kind].words(question, asked[question.id]),
                )
                for question in map(survey.by_code.__getitem__, stop.questions)
            ],
        }
        for number, stop in enumerate(survey.way(kept.given).stops, 1)
    ]
    context = {
        "pages": pages,
        "fault": fault,
        "ended": survey.way(kept.given).ended,
        "replaces": kept.replaces,
        "kept_until": moment(kept.expires_at) if kept.expires_at else "",
        "back": pages[-1]["url"] if pages else visit.url("answer"),
    }
    return _page(visit, "polls/answer/review.html", context, status=status)


def _send(visit: Visit, kept: Kept) -> HttpResponse:
    _stop_at_quota(visit, kept)
    verdict = _limit(visit, voter=visit.voter)
    seconds = int((visit.now - kept.began).total_seconds()) if kept.began else None
    circumstances = voting.Circumstances(
        language=get_language() or "",
        with_scripts=visit.request.POST.get("scripted") == "1",
        weaker_limit=verdict.weaker,
        seconds=seconds,
    )
    member_key = respondents.member_key(visit.survey.paper.panel_key, visit.voter or "")
    try:
        answering.send(visit.survey, kept, circumstances=circumstances, member_key=member_key)
    except paper.InvalidAnswers as error:
        return _look(visit, kept, fault=error.message, status=422)
    except voting.AlreadyVoted as error:
        to = (visit.url("answer_thanks"), _("See the vote that was counted"))
        raise Stopped(409, _("That was not counted"), error.message, to=to) from error
    except voting.NotOpen as error:
        raise Stopped(403, _("That was not counted"), error.message) from error
    except voting.Unconfirmed as error:
        raise _away() from error
    return _see_other(visit.url("answer_thanks"))


@door
def thanks(visit: Visit) -> HttpResponse:
    """The receipt, and the figures where this respondent may see them."""
    receipt = visit.receipt
    if receipt is None:
        raise Elsewhere(visit.url("answer"))
    if visit.hidden:
        raise Elsewhere(reverse("mine", args=[visit.poll.slug]))
    context: dict[str, Any] = {"receipt": receipt.code, "counted_at": moment(receipt.counted_at, seconds=True)}
    try:
        document = tally.results(visit.poll.slug, voter=True, since=receipt.counted_at)
        poll = Poll.objects.public().whole().get(pk=visit.poll.pk)
        words = questions.words(visit.survey.paper.questions, receipt.given)
        context["card"] = cards.build(poll, document=document, receipt=receipt, words=words)
    except tally.CountingAway:
        context["card"] = None  # the vote is counted all the same
    return _page(visit, "polls/answer/thanks.html", context)


# --- what the pages share -----------------------------------------------------------------------------------------


def _changed() -> str:
    return _("An editor has changed this survey since you began. What has changed is asked again.")


def _why(visit: Visit) -> str:
    """The sentence for a reader who was sent to this page."""
    sentences: Mapping[str, Callable[[], str]] = {
        "order": lambda: _("Please answer this page first: the pages follow one another."),
        "gone": lambda: _("Nothing is kept in this browser for this survey. You can start again."),
        "discarded": lambda: _("Your answers were deleted. Nothing was counted."),
        "changed": _changed,
    }
    found = sentences.get(visit.request.GET.get("why", ""))
    return found() if found else ""


def _page(visit: Visit, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    sheet = visit.survey.paper
    wording = {"title": sheet.title, "intro": sheet.intro, "wording_in": sheet.written_in}
    shared = {"poll": visit.poll, **wording, "why": _why(visit), "home": visit.url("answer")}
    return render(visit.request, template, {**shared, **context}, status=status)


def _kept(visit: Visit) -> Kept:
    """What the respondent has answered so far; sends elsewhere whoever has not begun, or is done."""
    _needs_cookie(visit)
    kept = _laid_out(visit)
    if kept is None:
        raise Elsewhere(visit.url("answer_thanks")) if visit.receipt else Elsewhere(visit.url("answer"), "gone")
    return kept


def _laid_out(visit: Visit) -> Kept | None:
    """What is kept; of a vote that is hidden on this device not even the change that was begun, until it is shown."""
    kept = answering.find(visit.survey, now=visit.now)
    return None if kept and visit.hidden and kept.replaces is not None else kept


def _needs_cookie(visit: Visit) -> None:
    if visit.voter is None:
        sentence = _(
            "This browser does not keep this site’s cookie, so we could neither keep your answers nor tell "
            "whether it votes twice. Allow the cookie and start again."
        )
        to = (visit.url("answer"), _("Start again"))
        raise Stopped(403, _("This needs a cookie"), sentence, to=to)


def _in_turn(visit: Visit, kept: Kept, page: int) -> None:
    """Send elsewhere whoever asks for a page that is not on the way, or not yet."""
    way = visit.survey.way(kept.given)
    open_page = visit.survey.open_page(kept)
    if page not in way.pages or (open_page is not None and way.pages.index(open_page) < way.pages.index(page)):
        raise Elsewhere(_where_to_go_on(visit, kept), "changed" if kept.changed else "order")


def _where_to_go_on(visit: Visit, kept: Kept) -> str:
    page = visit.survey.open_page(kept)
    return visit.url("answer_review") if page is None else visit.url("answer_page", page)


def _only_open(visit: Visit) -> None:
    state = State(visit.poll.state_now)
    if state == State.OPEN:
        return
    sentences = {
        State.PAUSED: _("Voting is paused. What you have answered is kept; please come back later."),
        State.SCHEDULED: _("Voting has not begun yet."),
    }
    closed = _("This survey is closed. Answers that had not been sent were not counted.")
    to = (visit.poll.get_absolute_url(), _("To the page of the survey"))
    heading = _("Not just now") if state in sentences else _("This survey has closed")
    raise Stopped(403, heading, sentences.get(state, closed), to=to)


def _stop_at_quota(visit: Visit, kept: Kept) -> None:
    quota = visit.survey.full(kept.given)
    if quota is None:
        return
    answering.discard(visit.survey)
    message = quota.message or _(
        "Enough readers like you have already answered this survey. Thank you for your interest; nothing was "
        "counted, and your answers were deleted."
    )
    to = (visit.poll.get_absolute_url(), _("To the page of the survey"))
    raise Stopped(200, _("Thank you"), message, to=to)


def _limit(visit: Visit, *, voter: str | None, page: bool = False) -> ratelimit.Verdict:
    verdict = ratelimit.check(network=client_address.network_of(visit.request), voter=voter, page=page)
    if verdict.allowed:
        return verdict
    minutes = math.ceil(verdict.retry_after / 60)
    sentence = ngettext(
        "Too many answers are coming from your network just now. Nothing is lost: what you have just sent is "
        "kept on this page. Please send it again in %(n)d minute.",
        "Too many answers are coming from your network just now. Nothing is lost: what you have just sent is "
        "kept on this page. Please send it again in %(n)d minutes.",
        minutes,
    )
    raise Stopped(429, _("Not just now"), sentence % {"n": minutes}, again=True, retry_after=verdict.retry_after)


def _away() -> Stopped:
    sentence = _(
        "The site cannot store anything at the moment. What you have just sent is kept on this page: press the "
        "button to send it again. It counts once, however often it is sent."
    )
    return Stopped(503, _("Not stored yet"), sentence, again=True, retry_after=RETRY_SECONDS)


def _stop(request: HttpRequest, slug: str, stopped: Stopped) -> HttpResponse:
    again = stopped.again and request.method == "POST"
    held = [
        (name, value)
        for name, values in (request.POST.lists() if again else ())
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    context = {
        "heading": stopped.heading,
        "message": stopped.message,
        "to": stopped.to,
        "again": again,
        "held": held,
        "action": request.path,
        "poll_url": reverse("polls:poll", args=[slug]),
    }
    response = render(request, "polls/answer/stopped.html", context, status=stopped.status)
    if stopped.retry_after:
        response["Retry-After"] = str(stopped.retry_after)
    return response


def _see_other(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def _length(survey: Survey) -> str:
    """How many minutes it takes, all questions read and answered."""
    minutes = max(1, math.ceil(wording.minutes([_Worded(question) for question in survey.paper.questions])))
    if survey.branches:
        return ngettext("It takes %(n)d minute at most.", "It takes %(n)d minutes at most.", minutes) % {"n": minutes}
    return ngettext("It takes about %(n)d minute.", "It takes about %(n)d minutes.", minutes) % {"n": minutes}


class _Worded:
    """A question of the paper as the advice on wording reads it."""

    def __init__(self, question: paper.PaperQuestion) -> None:
        self.text, self.kind, self.help = question.text, question.kind, question.help
        self.options, self.labels = tuple(question.options.values()), question.labels
        self.required, self.about, self.settings = question.required, question.about, question.settings
