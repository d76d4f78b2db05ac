"""Polls in the admin: the page of a poll with its live figures, and the steps an editor can take, each with a page.

Nothing here deletes, resets or edits votes; every step is done by `polls/lifecycle.py` and `polls/drafting.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.db.models.functions import Now, TruncDay, TruncHour
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from polls import counting, drafting, drawings, lifecycle, progress, running, texts, visibility, writing
from polls.admin_texts import TextPages
from polls.admin_trying import TryingPages
from polls.admin_writing import WritingPages
from polls.cards import number, state_sentence
from polls.characters import apart
from polls.dates import day, moment
from polls.drafting import name_of
from polls.models import Alarm, Correction, Poll, ResultsShown, State, Tally
from polls.paper import question_of
from polls.questions import TYPES
from polls.steps import OVER, RUNNING, STEPS, Step, StepForm

# --- figures ------------------------------------------------------------------------------------------------------


def live_figures(poll: Poll) -> dict[str, Any]:
    """What the votes say at this moment, for the editors only: the same for the page and for its refreshing."""
    counted = counting.count(poll)
    state = poll.state(now=counted.as_of)
    questions = []
    for question in poll.questions.all():
        entry = counted.questions[question.pk]
        asked, kind = question_of(question), TYPES[question.kind]
        counts = kind.rows(asked, entry)
        percentages = kind.percentages(asked, [row.votes for row in counts], entry.base)
        rows = [
            {"id": row.id, "text": kind.row_text(asked, row.id), "votes": number(row.votes), "percent": percent}
            for row, percent in zip(counts, percentages, strict=True)
        ]
        bases = {"base": number(entry.base), "asked": number(entry.asked)}
        questions.append({"id": question.pk, "text": question.text, **bases, "options": rows})
    return {
        "state": str(State(state).label),
        "state_sentence": state_sentence(poll, state),
        "ballots": number(counted.ballots),
        "set_aside": number(counted.set_aside),
        "counted": _("Counted at %(time)s.") % {"time": moment(counted.as_of, seconds=True)},
        "seen": seen_by_readers(poll, counted, state),
        "live": state in RUNNING,
        "questions": questions,
    }


def seen_by_readers(poll: Poll, counted: counting.Count, state: State) -> str:
    """Who sees which figures, in a sentence or two; where they are hidden, why."""
    published = Tally.objects.filter(pk=poll.pk).first()
    if published:
        public, voters = (json.loads(text)["figures"].get("reason") for text in (published.public, published.voters))
    else:
        hidden = visibility.decide(poll, state=state, base=counted.ballots, now=counted.as_of)
        public, voters = hidden.public, hidden.voters
    if public and voters:
        return _("Readers do not see these results; they are told: “%(reason)s”") % {
            "reason": visibility.REASONS[public]
        }
    who = _("Everybody sees these results.")
    if public:
        who = _("Readers who have voted see these results; the others are told: “%(reason)s”") % {
            "reason": visibility.REASONS[public]
        }
    if published and published.counts["ballots"] != counted.ballots and poll.step > 1:
        who += " " + _("They are published in steps of %(step)s votes: readers see those of the first %(n)s.") % {
            "step": number(poll.step),
            "n": number(published.counts["ballots"]),
        }
    return who


def course(poll: Poll) -> dict[str, Any] | None:
    """The votes of a poll per hour, or per day where it runs longer than three days."""
    end = min(poll.closes_at, timezone.now())
    daily = (end - poll.opens_at).days >= 3
    when = TruncDay("cast_at") if daily else TruncHour("cast_at", tzinfo=UTC)
    per = dict(poll.ballots.values_list(when).annotate(n=Count("pk")).order_by())
    if not per:
        return None
    step = timedelta(days=1) if daily else timedelta(hours=1)
    at, last = min(per), max(per)
    values: list[tuple[datetime, int]] = []
    while at <= last and len(values) < 1000:
        values.append((at, per.get(at, 0)))
        at += step
    if len(values) < 3:
        return None  # two columns say nothing that the table does not
    most = max(values, key=lambda pair: pair[1])
    written: Callable[[datetime], str] = day if daily else moment
    name = (
        (_("Votes per day") if daily else _("Votes per hour"))
        + ": "
        + _("from %(first)s to %(last)s; most on %(most)s (%(n)s).")
        % {"first": written(min(per)), "last": written(last), "most": written(most[0]), "n": number(most[1])}
    )
    return {"name": name, "drawing": drawings.columns([n for _at, n in values], name)}


def with_words(row: Correction) -> Correction:
    """A correction as it is read: of a translation, which is stored with all others of its row, what was changed."""
    try:
        former, corrected = json.loads(row.former), json.loads(row.corrected)
    except ValueError:
        return row
    if isinstance(former, dict) and isinstance(corrected, dict):
        changed = [name for name in former if former[name] != corrected.get(name)]
        row.former = " · ".join(former[name] for name in changed)
        row.corrected = " · ".join(corrected.get(name, "–") for name in changed)
    return row


# --- the admin ----------------------------------------------------------------------------------------------------


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state_now=self.value()) if self.value() in State.values else queryset


@admin.register(Poll)
class PollAdmin(TextPages, WritingPages, TryingPages, admin.ModelAdmin):
    list_display = ("name", "state_in_words", "votes", "opens", "closes")
    list_filter = (StateFilter, "results_shown")
    search_fields = ("title", "slug", "questions__text")
    date_hierarchy = "closes_at"
    list_per_page = 50
    actions = None  # nothing is done to many polls at once, and nothing is deleted in bulk

    def get_queryset(self, request: HttpRequest) -> QuerySet[Poll]:
        polls = Poll.objects.with_state().select_related("tally").prefetch_related("questions")
        return polls.defer("tally__public", "tally__voters", "tally__pending").order_by("-opens_at", "-pk")

    @admin.display(description=gettext_lazy("poll"))
    def name(self, poll: Poll) -> str:
        return name_of(poll)

    @admin.display(description=gettext_lazy("state"), ordering="state_now")
    def state_in_words(self, poll: Any) -> str:
        return str(State(poll.state_now).label)

    @admin.display(description=gettext_lazy("votes"), ordering="tally__counts__ballots")
    def votes(self, poll: Poll) -> str:
        counted = getattr(poll, "tally", None)
        return number(counted.counts["ballots"]) if counted else "0"

    @admin.display(description=gettext_lazy("opens"), ordering="opens_at")
    def opens(self, poll: Poll) -> str:
        return moment(poll.opens_at)

    @admin.display(description=gettext_lazy("closes"), ordering="closes_at")
    def closes(self, poll: Poll) -> str:
        return moment(poll.closes_at)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Polls"), **(extra_context or {})})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft is changed by whoever writes polls; what is published only by whoever steers them."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.published_at is None or self.has_steer_permission(request, obj))

    def has_steer_permission(self, request: HttpRequest, poll: Poll) -> bool:
        """Whether somebody may take a poll's steps: publish, pause, extend, correct, close."""
        return self.has_view_permission(request, poll) and bool(request.user.has_perm("polls.steer_poll"))

    def has_settle_permission(self, request: HttpRequest, poll: Poll) -> bool:
        """Whether somebody may put an alarm of the poll away."""
        return self.has_view_permission(request, poll) and bool(request.user.has_perm("polls.change_alarm"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a draft that nobody ever saw, one at a time."""
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return obj.published_at is None and not obj.events.exists() and not drafting.has_votes(obj)

    def delete_model(self, request: HttpRequest, obj: Poll) -> None:
        series = obj.series
        obj.delete()
        if not series.polls.exists():
            series.delete()

    # --- pages ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        see, change = self.has_view_permission, self.has_change_permission
        steer, settle = self.has_steer_permission, self.has_settle_permission
        own = [
            path("running/", self.admin_site.admin_view(never_cache(self.running)), name="polls_poll_running"),
            path("<int:pk>/figures/", self.page(self.figures, see), name="polls_poll_figures"),
            path("<int:pk>/write/", self.page(self.write, change), name="polls_poll_write"),
            path("<int:pk>/branches/", self.page(self.branches, see), name="polls_poll_branches"),
            path("<int:pk>/try/<int:page>/", self.page(self.try_out, see), name="polls_poll_try"),
            path("<int:pk>/export/", self.page(self.export, see), name="polls_poll_export"),
            path("<int:pk>/export/<slug:name>/", self.page(self.download, see), name="polls_poll_download"),
            path("import/", self.admin_site.admin_view(never_cache(self.take_up)), name="polls_poll_import"),
            path("advice/", self.admin_site.admin_view(never_cache(self.advice)), name="polls_poll_advice"),
            path("pictures/", self.admin_site.admin_view(never_cache(self.pictures)), name="polls_poll_pictures"),
            path("<int:pk>/step/<slug:name>/", self.page(self.take_step, steer), name="polls_poll_step"),
            path("<int:pk>/alarms/<int:alarm>/", self.page(self.settle, settle), name="polls_poll_settle"),
        ]
        return [*own, *self.text_urls(), *super().get_urls()]

    def page(self, view: Callable[..., HttpResponse], allowed: Callable[..., bool]) -> Callable[..., Any]:
        """A view for those who are `allowed` it, given the poll; never kept by a cache."""

        def guarded(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
            poll = Poll.objects.whole().filter(pk=pk).first()
            if poll is None:
                raise Http404
            if not allowed(request, poll):
                raise PermissionDenied
            return view(request, poll, **more)

        return self.admin_site.admin_view(never_cache(guarded))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A poll or survey by itself; a poll of one question is more quickly made in the form of its article."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.write(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of a poll: state, figures, steps, what happened. It changes nothing by itself."""
        poll = Poll.objects.whole().filter(pk=object_id).first() if object_id.isdigit() else None
        if poll is None:
            raise Http404
        if not self.has_view_permission(request, poll):
            raise PermissionDenied
        frozen = drafting.has_votes(poll)
        state = State(poll.state_now)
        may_change = self.has_change_permission(request, poll)
        context = {
            "figures": live_figures(poll),
            "bars": drawings.bar,
            "course": course(poll),
            "progress": progress.of(poll),
            "frozen": frozen,
            "steps": steps_for(state, frozen=frozen) if self.has_steer_permission(request, poll) else [],
            "may_read_texts": self.has_texts_permission(request, poll) and texts.kept(poll),
            "may_settle": self.has_settle_permission(request, poll),
            "may_translate": may_change,
            "may_write": may_change and not frozen and state not in OVER,
            "settings": settings_in_words(poll),
            "alarms": poll.alarms.filter(settled_at__isnull=True),
            "events": poll.events.order_by("-at", "-pk"),
            "said": lifecycle.sentences(poll),
            "corrections": [with_words(row) for row in poll.corrections.order_by("-at")],
            "articles": poll.articles.order_by("-published_at"),
            "public": poll.published_at is not None and poll.published_at <= timezone.now(),
            "has_delete_permission": self.has_delete_permission(request, poll),
        }
        return self.render(request, "admin/polls/poll/page.html", poll, name_of(poll), **context)

    def render(
        self, request: HttpRequest, template: str, poll: Poll | None, title: str, **context: Any
    ) -> TemplateResponse:
        everything = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "poll": poll,
            "name": name_of(poll) if poll else "",
            "title": title,
            **context,
        }
        return TemplateResponse(request, template, everything)

    def figures(self, request: HttpRequest, poll: Poll) -> HttpResponse:
        """The live figures, for the script of the page."""
        return JsonResponse(live_figures(poll))

    def running(self, request: HttpRequest) -> HttpResponse:
        """The figures of all running polls, for the script of the first page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse(running.figures(among=self.get_queryset(request)))

    def take_step(self, request: HttpRequest, poll: Poll, name: str) -> HttpResponse:
        """A page that says what the step will do; its POST does it."""
        step = next((step for step in STEPS if step.name == name), None)
        if step is None:
            raise Http404
        state = State(poll.state_now)
        if state not in step.states:
            messages.error(request, _("This poll is %(state)s: that is not possible now.") % {"state": state.label})
            return self.to_page(poll)
        posted = request.POST if request.method == "POST" else None
        form = step.form(posted, poll=poll)
        questions = writing.sheet_of(poll, posted) if step.name == "replace" else None
        if posted is not None and (changed := self.carry_out(request, step, poll, form, questions)):
            return self.to_page(changed)
        return self.render(
            request,
            "admin/polls/poll/step.html",
            poll,
            f"{step.label}: {name_of(poll)}",
            step=step,
            what=step.what(poll),
            form=form,
            questions=questions,
        )

    def carry_out(self, request: HttpRequest, step: Step, poll: Poll, form: StepForm, questions: Any) -> Poll | None:
        """Do a step as its form says; None where the form then says why not."""
        asked = questions.asked() if questions is not None else None
        if not form.is_valid() or asked == []:
            return None
        given = form.given() if asked is None else {**form.given(), "asked": asked}
        try:
            changed = step.do(poll=poll, who=request.user.get_username(), **given)
        except lifecycle.Refused as refused:
            form.add_error(None, refused.message)
            return None
        messages.success(request, str(step.done))
        return changed

    def settle(self, request: HttpRequest, poll: Poll, alarm: int) -> HttpResponse:
        """Somebody has seen to an alarm."""
        if request.method == "POST":
            Alarm.objects.filter(pk=alarm, poll=poll, settled_at__isnull=True).update(settled_at=Now())
            messages.success(request, _("The alarm has been dismissed."))
        return self.to_page(poll)

    def to_page(self, poll: Poll) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:polls_poll_change", args=[poll.pk]))


def steps_for(state: State, *, frozen: bool) -> list[Step]:
    """What can be done in this state; until somebody has voted a typing error is simply overwritten."""
    return [step for step in STEPS if state in step.states and (frozen or step.name != "correct")]


def settings_in_words(poll: Poll) -> list[tuple[str, str]]:
    """The settings of a poll as an editor reads them."""
    rows = [
        (_("Voting"), f"{apart(moment(poll.opens_at))} – {apart(moment(poll.closes_at))}"),
        (_("Results shown"), str(ResultsShown(poll.results_shown).label)),
    ]
    if poll.results_shown == ResultsShown.FROM_DATE and poll.results_from:
        rows.append((_("From"), moment(poll.results_from)))
    if visibility.smallest_base(poll):
        rows.append((_("Fewest voters shown"), number(visibility.smallest_base(poll))))
    if poll.step > 1:
        rows.append((_("Published after"), _("every %(n)s new votes") % {"n": number(poll.step)}))
    rows.append((_("Repeat votes"), str(poll.get_repeat_rule_display())))
    rows.append((_("A vote may be changed"), _("yes") if poll.may_change else _("no")))
    return rows
