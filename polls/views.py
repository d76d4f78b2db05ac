"""The pages and doors of a poll: voting, what was mine, the figures, the poll's page, the archive."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, get_language_from_path, ngettext, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from polls import (
    cards,
    client_address,
    hiding,
    membership,
    origin,
    over_time,
    paper,
    passes,
    questions,
    ratelimit,
    respondents,
    spoken,
    tally,
    texts,
    voting,
)
from polls.forms import ConfirmationForm, Malformed, Post, own_path, read_post
from polls.models import Poll, State
from polls.pages import public_page

CLOSED_A_PAGE = 20
RETRY_SECONDS = 3


class Refusal(Exception):
    """An answer to a POST that counts no vote: a code for scripts and a sentence for readers.

    `words` are the choice, where the page that refuses is the last that knows it.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int = 0, words: str = "", **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.words = words
        self.more = more


# --- the vote -----------------------------------------------------------------------------------------------------


@csrf_exempt  # `origin.judge` takes the token's place, so that cached pages need none
@never_cache
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """Count a vote: 201 or 303 only after the COMMIT, everything else in words and with nothing stored."""
    post = Post(scripted=request.content_type == "application/json")
    refusal: Refusal | None = None
    try:
        if request.method != "POST":
            raise Refusal(405, "post_only", _("Votes are sent to this address; there is nothing to read here."))
        post = read_post(request)
        with override(post.language or get_language()):
            return _named(_vote(request, slug, post))
    except Malformed as error:
        refusal = Refusal(error.status, "malformed", error.message)
    except Refusal as error:
        refusal = error
    except (OperationalError, InterfaceError):
        refusal = None
    with override(post.language or get_language()):
        return _named(_refuse(request, slug, post, refusal or _unconfirmed()))


def _vote(request: HttpRequest, slug: str, post: Post) -> HttpResponse:
    known = _check_origin(request, post)
    try:
        ballot_paper = paper.get(slug)
    except paper.UnknownPoll as error:
        raise Refusal(404, "unknown", _("There is no such poll.")) from error
    if ballot_paper.is_survey:
        sentence = _("This survey is answered on its own pages.")
        raise Refusal(409, "survey", sentence, address=reverse("polls:answer", args=[slug]))
    voter = respondents.read(request)
    if voter is None or not known:
        return _ask_again(request, slug, post, voter)
    verdict = ratelimit.check(network=client_address.network_of(request), voter=voter)
    if not verdict.allowed:
        raise Refusal(429, "too_many", _too_many(verdict.retry_after), retry_after=verdict.retry_after)
    key = respondents.voter_key(series_key=ballot_paper.key, voter=voter)
    member_key = respondents.member_key(ballot_paper.panel_key, voter)
    circumstances = voting.Circumstances(
        language=post.language,
        place=post.place,
        with_scripts=post.scripted,
        weaker_limit=verdict.weaker,
        seconds=post.seconds,
    )
    receipt = _cast(request, ballot_paper, key, post, circumstances, member_key)
    if receipt.fresh:
        tally.look_again(receipt.poll_id)
    if not post.scripted:
        return _see_other(slug, post)
    counted = _mine(request, ballot_paper, receipt) | {"results": _results_with(receipt, slug)}
    return JsonResponse(counted, status=201 if receipt.fresh else 200)


def _results_with(receipt: voting.Receipt, slug: str) -> Any:
    """The figures that the voter may see, or None: nothing that fails here may hide that the vote is counted."""
    try:
        return json.loads(tally.results(slug, voter=True, since=receipt.counted_at))
    except (tally.CountingAway, Poll.DoesNotExist):
        return None


def _check_origin(request: HttpRequest, post: Post) -> bool:
    """True where our own page sent this, by the browser's word or by the confirmation page's token."""
    verdict = origin.judge(request)
    foreign = Refusal(403, "foreign_page", _("Votes are accepted only from this site’s own pages."))
    if verdict is origin.Origin.FOREIGN or (verdict is origin.Origin.UNKNOWN and post.scripted):
        raise foreign
    if verdict is origin.Origin.OWN:
        return True
    if "csrfmiddlewaretoken" not in request.POST or settings.CSRF_COOKIE_NAME not in request.COOKIES:
        return False  # the confirmation page is to come, or its cookies did not come back
    if not origin.carries_token(request):
        raise foreign
    return True


def _ask_again(request: HttpRequest, slug: str, post: Post, voter: str | None) -> HttpResponse:
    """The first contact: set the cookie, store nothing, ask for the same vote once more."""
    if post.again and voter is None:
        raise Refusal(
            403,
            "cookies_blocked",
            _(
                "Your vote was not counted: this browser does not keep this site’s cookie, so we could not "
                "tell whether it votes twice. Allow the cookie and vote again."
            ),
        )
    ballot_paper = paper.get(slug)
    try:
        voting.check_answers(ballot_paper, post.given)
    except paper.InvalidAnswers as error:
        raise Refusal(422, "invalid", error.message, question=error.question) from error
    if post.scripted:
        response: HttpResponse = JsonResponse(
            {"error": {"code": "cookie_needed", "message": _("Please send the same vote again.")}}, status=428
        )
    else:
        context = {
            "form": ConfirmationForm(request.POST, action=reverse("vote", args=[slug]), again=True),
            "question": ballot_paper.questions[0].text if len(ballot_paper.questions) == 1 else ballot_paper.title,
            "question_in": ballot_paper.written_in,
            "words": questions.words(ballot_paper.questions, post.given),
            "back_url": post.back or reverse("polls:poll", args=[slug]),
        }
        response = render(request, "polls/confirm.html", context)
    if voter is None:
        respondents.give_cookie(request, response)
    return response


def _cast(
    request: HttpRequest,
    ballot_paper: paper.Paper,
    key: bytes,
    post: Post,
    circumstances: voting.Circumstances,
    member_key: bytes | None,
) -> voting.Receipt:
    try:
        return voting.cast_ballot(
            paper=ballot_paper,
            voter_key=key,
            given=post.given,
            circumstances=circumstances,
            replaces=post.replaces,
            member_key=member_key,
        )
    except paper.InvalidAnswers as error:
        raise Refusal(422, "invalid", error.message, question=error.question) from error
    except voting.AlreadyVoted as error:
        mine = _mine(request, ballot_paper, error.receipt)
        raise Refusal(409, "already_voted", error.message, mine=mine) from error
    except voting.NotOpen as error:
        if error.state == State.OPEN and post.replaces is not None:
            sentence = _("There is no vote from this browser to change. Please reload the page and vote.")
            raise Refusal(409, "nothing_to_change", sentence) from error
        code = {State.PAUSED: "paused", State.SCHEDULED: "not_open", State.OPEN: "unconfirmed"}.get(
            error.state, "closed"
        )
        retry = 1 if code == "unconfirmed" else 0
        words = questions.words(ballot_paper.questions, post.given)
        raise Refusal(503 if retry else 403, code, error.message, retry_after=retry, words=words) from error
    except voting.Unconfirmed as error:
        raise _unconfirmed() from error


def _mine(request: HttpRequest, ballot_paper: paper.Paper, receipt: voting.Receipt) -> dict[str, Any]:
    # Whoever sends a vote just now knows it; a repeat may be somebody else's guess.
    hidden = hiding.is_hidden(request, ballot_paper.slug) and not receipt.fresh
    receipt = hiding.without_choice(receipt) if hidden else receipt
    return {
        "voted": True,
        "hidden": hidden,
        "choice": {
            str(question.id): questions.own_rows(question, receipt.marks) for question in ballot_paper.questions
        },
        "words": questions.words(ballot_paper.questions, receipt.given),
        "counted_at": receipt.counted_at.isoformat(),
        "receipt": receipt.code,
        "pass": passes.issue(ballot_paper.slug),
        "may_change": ballot_paper.may_change and not hidden,
        "revision": receipt.revision,
    }


def _unconfirmed() -> Refusal:
    message = _("Your vote is not confirmed yet. Your choice is kept; it is safe to send it again.")
    return Refusal(503, "unconfirmed", message, retry_after=RETRY_SECONDS)


def _named(response: HttpResponse) -> HttpResponse:
    """With the language that it is written in, where the address does not tell it."""
    response["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    return response


def _too_many(seconds: int) -> str:
    if seconds < 90:
        wait = ngettext("Please vote again in %(n)d second.", "Please vote again in %(n)d seconds.", seconds)
        again = wait % {"n": seconds}
    else:
        minutes = math.ceil(seconds / 60)
        wait = ngettext("Please vote again in %(n)d minute.", "Please vote again in %(n)d minutes.", minutes)
        again = wait % {"n": minutes}
    return " ".join((_("Too many votes are coming from your network just now."), again))


def _see_other(slug: str, post: Post) -> HttpResponse:
    response = redirect("mine", slug=slug)
    response.status_code = 303
    if post.back:
        response["Location"] += "?" + urlencode({"back": post.back})
    return response


def _refuse(request: HttpRequest, slug: str, post: Post, refusal: Refusal) -> HttpResponse:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.retry_after:
        error["retry_after"] = refusal.retry_after
    if post.scripted:
        response: HttpResponse = JsonResponse({"error": error, **refusal.more}, status=refusal.status)
    else:
        context = {
            **error,
            "words": refusal.words,
            "heading": _("Your vote is not confirmed yet") if refusal.status == 503 else _("Your vote was not counted"),
            "form": _form_to_repeat(request, slug, post, refusal),
            "mine_url": reverse("mine", args=[slug]) if refusal.code == "already_voted" else "",
            "back_url": post.back or (reverse("polls:poll", args=[slug]) if refusal.status != 404 else "/"),
        }
        response = render(request, "polls/refused.html", context, status=refusal.status)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 405:
        response["Allow"] = "POST"
    return response


def _form_to_repeat(request: HttpRequest, slug: str, post: Post, refusal: Refusal) -> ConfirmationForm | None:
    """The choice, held by the page that asks to try later or to confirm a change, for readers without scripts."""
    action = reverse("vote", args=[slug])
    mine = refusal.more.get("mine", {})
    if refusal.retry_after:
        return ConfirmationForm(request.POST, action=action, again=post.again, button=_("Send my vote again"))
    if mine.get("may_change"):
        button = _("Change my vote")
        return ConfirmationForm(request.POST, action=action, again=True, replaces=mine["revision"], button=button)
    return None


# --- what was mine ------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """The counted choice of this browser: the one personal address, never kept by any cache."""
    try:
        ballot_paper = paper.get(slug)
    except paper.UnknownPoll as error:
        raise Http404 from error
    voter = respondents.read(request)
    receipt = key = None
    if voter is not None:
        key = respondents.voter_key(series_key=ballot_paper.key, voter=voter)
        receipt = voting.find_receipt(poll_id=ballot_paper.poll_id, voter_key=key)
    back = own_path(request.GET.get("back", ""))
    with override(_language_of(request.GET.get("language", ""), back)):
        return _named(_what_was_mine(request, slug, receipt, back, key))


def _language_of(said: str, back: str) -> str:
    """The address is the same in every language: the script says the page's, a page to go back to shows it."""
    return (
        said
        if said in dict(settings.LANGUAGES)
        else get_language_from_path(back) or get_language() or settings.LANGUAGE_CODE
    )


def _what_was_mine(
    request: HttpRequest,
    slug: str,
    receipt: voting.Receipt | None,
    back: str,
    key: bytes | None,
    *,
    wrong_receipt: str = "",
) -> HttpResponse:
    ballot_paper = paper.get(slug)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(_mine(request, ballot_paper, receipt) if receipt else {"voted": False})
    hidden = receipt is not None and hiding.is_hidden(request, slug)
    receipt = hiding.without_choice(receipt) if receipt and hidden else receipt
    poll = get_object_or_404(Poll.objects.public().whole(), slug=slug)
    document = tally.results(slug, voter=receipt is not None, since=receipt.counted_at if receipt else None)
    words = questions.words(ballot_paper.questions, receipt.given) if receipt else ""
    changing = "change" in request.GET and not hidden
    card = cards.build(poll, document=document, receipt=receipt, words=words, changing=changing)
    change = "?" + urlencode({"change": 1, **({"back": back} if back else {})})
    context = {
        "card": card,
        "back_url": back or poll.get_absolute_url(),
        "change_url": change,
        "hidden": hidden,
        "wrong_receipt": wrong_receipt,
        "next": back,
        "membership": membership.of_voter(poll_id=poll.pk, voter_key=key) if key else None,
    }
    return render(request, "polls/mine.html", context, status=422 if wrong_receipt else 200)


@csrf_exempt  # the card's button stands in a cached page, and the page of one's own vote sends Django's token
@require_POST
@never_cache
def hide_choice(request: HttpRequest, slug: str) -> HttpResponse:
    """Let this browser tell nobody any more what it chose; the vote stays counted."""
    receipt, _key = _receipt_of(request, slug)
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"hidden": receipt is not None})
    else:
        response = _back_to_mine(request, slug)
    if receipt:
        hiding.hide(response, slug)
    return response


@csrf_exempt
@require_POST
@never_cache
def show_choice(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell this browser again what it chose, to whoever has the receipt."""
    receipt, key = _receipt_of(request, slug)
    typed, back = request.POST.get("receipt", "")[:100], own_path(request.POST.get("next", ""))
    if receipt and hiding.is_hidden(request, slug) and not hiding.is_receipt(typed, receipt):
        with override(_language_of(request.POST.get("language", ""), back)):
            return _named(_what_was_mine(request, slug, receipt, back, key, wrong_receipt=typed or " "))
    response = _back_to_mine(request, slug)
    hiding.show(response, slug)
    return response


def _receipt_of(request: HttpRequest, slug: str) -> tuple[voting.Receipt | None, bytes | None]:
    """The receipt of this browser for a POST of our own page; any other page is refused, an unknown poll not found."""
    verdict = origin.judge(request)
    if verdict is not origin.Origin.OWN and not (verdict is origin.Origin.UNKNOWN and origin.carries_token(request)):
        raise PermissionDenied
    try:
        ballot_paper = paper.get(slug)
    except paper.UnknownPoll as error:
        raise Http404 from error
    voter = respondents.read(request)
    if voter is None:
        return None, None
    key = respondents.voter_key(series_key=ballot_paper.key, voter=voter)
    return voting.find_receipt(poll_id=ballot_paper.poll_id, voter_key=key), key


def _back_to_mine(request: HttpRequest, slug: str) -> HttpResponse:
    back = own_path(request.POST.get("next", ""))
    response = redirect("mine", slug=slug)
    response.status_code = 303
    language = request.POST.get("language", "")
    named = {"back": back, "language": language if language in dict(settings.LANGUAGES) else ""}
    if said := urlencode({name: value for name, value in named.items() if value}):
        response["Location"] += f"?{said}"
    return response


@require_POST
@never_cache
def leave_panel(request: HttpRequest, slug: str) -> HttpResponse:
    """Take this browser's voter out of the poll's panel, in all its waves; Django's token guards it too."""
    if origin.judge(request) is origin.Origin.FOREIGN:
        context = {
            "heading": _("Nothing was changed"),
            "message": _("You can leave a reader panel only on this site’s own pages."),
            "back_url": reverse("mine", args=[slug]),
        }
        return _named(render(request, "polls/refused.html", context, status=403))
    try:
        ballot_paper = paper.get(slug)
    except paper.UnknownPoll as error:
        raise Http404 from error
    voter = respondents.read(request)
    member_key = respondents.member_key(ballot_paper.panel_key, voter or "")
    if voter and ballot_paper.panel_id and member_key:
        membership.leave(panel_id=ballot_paper.panel_id, member_key=member_key)
    response = redirect("mine", slug=slug)
    response.status_code = 303
    return response


# --- figures and pages --------------------------------------------------------------------------------------------


@require_safe
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """The document of a poll as JSON: the same for everybody, or for whoever holds the poll's pass."""
    voter = passes.valid(slug, request.GET.get("pass", ""))
    try:
        text = tally.results(slug, voter=voter)
    except Poll.DoesNotExist:
        message = _("There is no such poll.")
        return JsonResponse({"error": {"code": "unknown", "message": message}}, status=404)
    except tally.CountingAway:
        message = _("The figures are not available just now. Please try again.")
        response = JsonResponse({"error": {"code": "away", "message": message}}, status=503)
        response["Retry-After"] = "5"
        return response
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    document = HttpResponse(text, content_type="application/json")
    document["ETag"] = etag
    patch_cache_control(document, public=True, max_age=1)
    return document


@public_page("words", "page")
def poll(request: HttpRequest, slug: str) -> HttpResponse:
    """The poll's own page: the card, how it was taken, and the articles in which it stands."""
    found = get_object_or_404(Poll.objects.public().whole().select_related("replaced_by", "replaces"), slug=slug)
    card = cards.for_everybody(found)
    articles = [
        {"title": article.title_i18n, "url": article.get_absolute_url()}
        for article in found.articles.published().order_by("-published_at", "-pk")
    ]
    context = {
        "card": card,
        "poll": found,
        "articles": articles,
        "events": card.events,
        "canonical": _address(request, found, card),
        "spoken_in": spoken.languages_of(found),
    }
    if card.shown:
        context |= _own_words(request, found, card) | {"course": over_time.drawn(found, now=timezone.now())}
    return render(request, "polls/poll.html", context)


def _address(request: HttpRequest, poll: Poll, card: cards.Card) -> str:
    """The one full address of a poll's page: that of its own language where it is not translated into this one."""
    with override(card.written_in or get_language()):
        path = poll.get_absolute_url()
    return f"{settings.BASE_URL.rstrip('/')}{path}" if settings.BASE_URL else request.build_absolute_uri(path)


def _own_words(request: HttpRequest, poll: Poll, card: cards.Card) -> dict[str, Any]:
    """What readers wrote and a moderator let through: searched by the address alone, so that caches keep it."""
    shown = [question.id for question in card.questions if question.shown]
    said = texts.for_readers(poll, questions=shown, until=card.as_of)
    words = texts.searched(request.GET.get("words", ""))
    page = Paginator(texts.with_words(said, words), texts.A_PAGE).get_page(request.GET.get("page"))
    if not page.object_list and not (words and said.exists()):
        return {}
    return {"said": page, "words": words, "keep": urlencode({"words": words}) if words else ""}


@public_page("page")
def archive(request: HttpRequest) -> HttpResponse:
    """Every published poll: those that take votes, then the closed ones by pages."""
    running = Poll.objects.public().whole().exclude(state_now__in=[State.CLOSED, State.FINAL])
    closed = Poll.objects.closed().whole().order_by("-closes_at", "-pk")
    page = Paginator(closed.select_related("tally"), CLOSED_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = cards.rows(page.object_list)
    context = {
        "spoken_in": "publication",
        "open_polls": cards.rows(running.select_related("tally").order_by("closes_at")),
        "page_obj": page,
    }
    return render(request, "polls/archive.html", context)
