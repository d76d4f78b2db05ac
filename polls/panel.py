"""The form in which an editor writes a poll: question, options, closing date; everything else has a default.

It knows no article: `articles/forms.py` sets it into the form of an article, `polls/admin.py` shows it by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drafting, lifecycle
from polls.dates import day, moment
from polls.drafting import Asked
from polls.models import FIELD_PERIOD, MULTIPLE, SINGLE, Poll, Question, RepeatRule, ResultsShown, State

SHORT = ("question", "options", "closes_at")
CHOICES = ("kind", "min_choices", "max_choices")
TEXTS = ("title", "intro", "note")
SETTINGS = ("results_shown", "results_from", "minimum_base", "step", "may_change", "repeat_rule", "note")
KINDS = [(SINGLE, gettext_lazy("one answer")), (MULTIPLE, gettext_lazy("several answers"))]
FIELDS = (*SHORT, *CHOICES, *SETTINGS, "opens_at")


def _zone() -> str:
    return _("Times are in %(zone)s.") % {"zone": timezone.get_current_timezone_name()}


zone = lazy(_zone, str)


def in_two_weeks() -> datetime:
    """The default closing date: a full hour, fourteen days from now."""
    return to_the_minute(timezone.localtime()).replace(minute=0) + FIELD_PERIOD


def to_the_minute(at: datetime) -> datetime:
    """As the browser's field for dates shows it: without seconds."""
    return at.replace(second=0, microsecond=0)


class DateAndTime(forms.DateTimeField):
    """A date with a time, picked in the browser's own field, in the site's time zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", zone())
        super().__init__(**kwargs)
        self.error_messages["invalid"] = gettext_lazy("Please give a date and a time, such as 6 December 2026, 18:00.")

    def to_python(self, value: Any) -> Any:
        """The moment meant; a time that the clocks skip or strike twice that day is refused in a sentence."""
        try:
            return super().to_python(value)
        except ValidationError:
            with timezone.override(UTC):  # without a zone: is it a time at all?
                typed = super().to_python(value)
            raise ValidationError(_at_the_change_of_clocks(cast(datetime, typed).replace(tzinfo=None))) from None


def _at_the_change_of_clocks(typed: datetime) -> str:
    """What to say of a time of day that does not exist in the current zone, or comes twice."""
    zone = timezone.get_current_timezone()
    values = {"day": day(typed.replace(tzinfo=UTC)), "time": typed.strftime("%H:%M"), "zone": str(zone)}
    there_and_back = typed.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if there_and_back != typed:
        values["later"] = there_and_back.strftime("%H:%M")
        return (
            _("On %(day)s the clocks of %(zone)s go forward, and %(time)s does not exist. Did you mean %(later)s?")
            % values
        )
    return (
        _("On %(day)s the clocks of %(zone)s go back, and %(time)s occurs twice. Please choose another time.") % values
    )


def too_long() -> dict[str, Any]:
    return {"max_length": gettext_lazy("This has %(show_value)d characters; at most %(limit_value)d are allowed.")}


class QuestionFields(forms.Form):
    """One question with its options."""

    question = forms.CharField(
        label=gettext_lazy("Question"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        error_messages=too_long(),
    )
    options = forms.CharField(
        label=gettext_lazy("Options"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text=gettext_lazy("One per line, at least two."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Readers choose"), choices=KINDS, initial=SINGLE)
    min_choices = forms.IntegerField(label=gettext_lazy("at least"), required=False, min_value=1, max_value=100)
    max_choices = forms.IntegerField(
        label=gettext_lazy("at most"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("For several answers only. Leave empty for as many as there are."),
    )

    def clean_question(self) -> str:
        return drafting.one_line(self.cleaned_data["question"])

    def clean_options(self) -> tuple[str, ...]:
        text = self.cleaned_data["options"]
        return drafting.options_of(text) if text.strip() else ()

    def asked(self) -> Asked | None:
        """The question as written; None where nothing is, or where it is faulty and the form says so."""
        data = self.cleaned_data
        question, options = data.get("question"), data.get("options")
        if question == "" and options:
            self.add_error("question", _("Please write the question."))
        if question and options == ():
            self.add_error("options", _("Please write at least two options, one per line."))
        if not question or not options:
            return None
        least, most = data.get("min_choices") or 1, data.get("max_choices") or len(options)
        if data.get("kind") == SINGLE:
            least = most = 1
        try:
            drafting.check_choices(data.get("kind", SINGLE), least, most, len(options))
        except ValidationError as error:
            self.add_error("max_choices", error)
        return Asked(
            text=question,
            options=drafting.offered(*options),
            kind=data.get("kind", SINGLE),
            min_choices=least,
            max_choices=most,
            help=data.get("help", ""),
            required=data.get("required", True),
        )


class SettingsFields(forms.Form):
    """Dates and settings of a poll; `poll` is the one they stand for, None for a new one."""

    closes_at = DateAndTime(label=gettext_lazy("Closing date"))
    results_shown = forms.ChoiceField(
        label=gettext_lazy("Results shown"),
        choices=ResultsShown.choices,
        initial=ResultsShown.AFTER_VOTE,
        required=False,
    )
    results_from = DateAndTime(
        label=gettext_lazy("Results shown from"), help_text=gettext_lazy("Only if results are shown from a date.")
    )
    minimum_base = forms.IntegerField(
        label=gettext_lazy("Smallest number of voters"),
        initial=0,
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text=gettext_lazy("With fewer voters, no results are shown."),
    )
    step = forms.IntegerField(
        label=gettext_lazy("Publish after this many new votes"),
        initial=1,
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=gettext_lazy("With 10, nobody can tell from the results how a single reader voted."),
    )
    may_change = forms.BooleanField(label=gettext_lazy("Readers may change their vote"), required=False, initial=False)
    repeat_rule = forms.ChoiceField(
        label=gettext_lazy("Repeat votes"),
        choices=[(RepeatRule.BROWSER.value, RepeatRule.BROWSER.label)],
        initial=RepeatRule.BROWSER,
        required=False,
    )
    opens_at = DateAndTime(
        label=gettext_lazy("Opening date"),
        help_text=gettext_lazy("Leave empty to open as soon as the poll is published."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note under the results"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        error_messages=too_long(),
    )
    saved: tuple[str, ...] = SETTINGS
    poll: Poll | None = None

    def clean_dates(self, *, published_at: datetime | None, now: datetime) -> None:
        """Check the dates against the moment at which readers are to see the poll (None: not yet known)."""
        if self.cleaned_data.get("results_shown") == ResultsShown.FROM_DATE and not self.cleaned_data.get(
            "results_from"
        ):
            self.add_error("results_from", _("Please give the date from which results are shown."))
        opens_at, closes_at = self.period(published_at=published_at, now=now)
        if self.poll is not None and self.poll.state(now=now) not in (State.DRAFT, State.SCHEDULED):
            if self._moved("opens_at"):
                self.add_error("opens_at", _("Voting has begun: the opening date stays."))
            if closes_at < self.poll.closes_at:
                self.add_error("closes_at", _("Voting has begun: the closing date can only be moved to a later one."))
        if closes_at <= opens_at:
            self.add_error(
                "closes_at", _("The poll would close before it opens, on %(opens)s.") % {"opens": moment(opens_at)}
            )
        elif closes_at <= now:
            self.add_error("closes_at", _("This date has passed: the poll would be closed from the start."))

    def period(self, *, published_at: datetime | None, now: datetime) -> tuple[datetime, datetime]:
        """Opening and closing as given, as they are, or by default: from publication for fourteen days."""
        poll, earliest = self.poll, max(published_at or now, now)
        opens_at = self.cleaned_data.get("opens_at") or earliest
        if poll is not None and not self._moved("opens_at") and poll.opens_at != poll.published_at:
            opens_at = poll.opens_at
        if published_at and (poll is None or poll.published_at is None):
            opens_at = max(opens_at, earliest)
        closes_at = self.cleaned_data.get("closes_at") or opens_at + FIELD_PERIOD
        if poll is not None and not self._moved("closes_at"):
            closes_at = poll.closes_at
        return opens_at, closes_at

    def save_as(
        self, asked: Sequence[Asked], *, published_at: datetime | None, who: str, now: datetime, **more: Any
    ) -> Poll:
        """Make or rewrite the poll and move its dates, all of which has been found allowed before."""
        opens_at, closes_at = self.period(published_at=published_at, now=now)
        values = {**self.values(), **more}
        if self.poll is None:
            return drafting.create(asked=asked, opens_at=opens_at, closes_at=closes_at, **values)
        poll = drafting.rewrite(poll=self.poll, asked=asked, **values)
        if poll.state(now=now) in (State.DRAFT, State.SCHEDULED):
            return lifecycle.set_period(poll=poll, opens_at=opens_at, closes_at=closes_at, who=who)
        if closes_at > poll.closes_at:
            return lifecycle.extend(poll=poll, closes_at=closes_at, who=who)
        return poll

    def values(self) -> dict[str, Any]:
        """The settings, an empty field standing for its default."""
        found = {}
        for name in self.saved:
            value = self.cleaned_data.get(name)
            found[name] = self.fields[name].initial if value is None or value == "" else value
        return {name: "" if value is None and name in TEXTS else value for name, value in found.items()}

    def _moved(self, name: str) -> bool:
        return name in self.changed_data


class PollPanel(SettingsFields, QuestionFields):
    """A whole poll of one question, for the form of an article."""

    def written(self) -> bool:
        """Whether the editor wrote anything that makes a poll; defaults alone are none."""
        return bool(self.cleaned_data.get("question") or self.cleaned_data.get("options"))

    def clean_panel(self, *, published_at: datetime | None, now: datetime) -> Asked | None:
        """The question, with every fault said at its field; None where there is none or it cannot change."""
        if self.poll is not None and drafting.has_votes(self.poll):
            # The page was opened before the first vote came in; nothing that was written there is lost unseen.
            for name in self.changed_data:
                if name in FIELDS:
                    self.add_error(name, _("Readers have since voted: this can no longer be changed here."))
            return None
        asked = self.asked()
        if asked is None and not {"question", "options"} & self.errors.keys():
            return None
        self.clean_dates(published_at=published_at, now=now)
        if asked is None:
            return None
        former = self.poll.questions.first() if self.poll else None
        return _keeping(asked, former) if former else asked


def _keeping(asked: Asked, former: Question) -> Asked:
    """The question with everything that the short form does not show, of the question and of the options that stay."""
    stays = Asked.of(former)
    known = {option.text: option for option in stays.options}
    options = tuple(known.get(option.text, option) for option in asked.options)
    short = {name: getattr(asked, name) for name in ("text", "kind", "min_choices", "max_choices")}
    return replace(stays, options=options, **short)


def initial(poll: Poll | None) -> dict[str, Any]:
    """What the panel shows of a poll; for a new one the closing date in fourteen days."""
    if poll is None:
        return {"closes_at": in_two_weeks()}
    shown: dict[str, Any] = {name: getattr(poll, name) for name in (*SETTINGS, "title", "intro")}
    for name in ("closes_at", "opens_at", "results_from"):
        value = getattr(poll, name)
        shown[name] = to_the_minute(value) if value else None
    if poll.opens_at == poll.published_at or (poll.published_at is None and poll.opens_at <= timezone.now()):
        shown["opens_at"] = None
    first = poll.questions.prefetch_related("options").first()
    return {**shown, **(initial_question(first) if first else {})}


def initial_question(question: Question) -> dict[str, Any]:
    """What the fields of one question show."""
    several = question.kind == MULTIPLE
    return {
        "question": question.text,
        "options": "\n".join(option.text for option in question.options.all()),
        "kind": question.kind,
        "min_choices": question.min_choices if several else None,
        "max_choices": question.max_choices if several else None,
        "help": question.help,
        "required": question.required,
    }
