"""What an editor can do to a poll: each step with its form, the words that say what will happen, and who does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from polls import lifecycle, membership, panel
from polls.cards import number
from polls.dates import moment
from polls.drafting import Asked, one_line
from polls.models import Poll, ResultsShown, State
from polls.panel import DateAndTime, SettingsFields

Words = str | Promise

# --- forms of the steps -------------------------------------------------------------------------------------------


class StepForm(forms.Form):
    """What every step asks: nothing but a reason, which readers see."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text=gettext_lazy("It appears on the poll’s page."),
    )

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        self.poll = poll
        super().__init__(*args, **kwargs)

    def given(self) -> dict[str, Any]:
        """The arguments for the step."""
        return self.cleaned_data


class WithoutReason(StepForm):
    reason = None  # type: ignore[assignment]


class PublishForm(WithoutReason):
    at = DateAndTime(label=gettext_lazy("Publish at"), help_text=gettext_lazy("Leave empty to publish now."))


class ExtendForm(StepForm):
    closes_at = DateAndTime(label=gettext_lazy("New closing date"), required=True)
    field_order = ("closes_at", "reason")

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, poll=poll, **kwargs)
        self.fields["closes_at"].initial = panel.to_the_minute(poll.closes_at)


class CorrectForm(StepForm):
    text = forms.ChoiceField(label=gettext_lazy("Which text"))
    corrected = forms.CharField(
        label=gettext_lazy("The corrected text, whole"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )
    field_order = ("text", "corrected", "reason")

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, poll=poll, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].label = _("What was wrong")
        self.targets: dict[str, dict[str, Any]] = {}
        choices: list[tuple[str, str]] = []
        for key, words, target in _texts(poll):
            self.targets[key] = target
            choices.append((key, words))
        field = self.fields["text"]
        field.choices = choices  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"corrected": data["corrected"], "reason": data["reason"], **self.targets[data["text"]]}


class VisibilityForm(StepForm):
    results_shown = forms.ChoiceField(label=gettext_lazy("Results shown"), choices=ResultsShown.choices)
    results_from = DateAndTime(
        label=gettext_lazy("Results shown from"), help_text=gettext_lazy("Only if results are shown from a date.")
    )
    note = forms.CharField(
        label=gettext_lazy("Note under the results"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )
    field_order = ("results_shown", "results_from", "note", "reason")

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, poll=poll, **kwargs)
        shown = panel.initial(poll)
        for name in ("results_shown", "results_from", "note"):
            self.fields[name].initial = shown[name]

    def given(self) -> dict[str, Any]:
        changed = [name for name in ("results_shown", "results_from", "note") if name in self.changed_data]
        return {"reason": self.cleaned_data["reason"], **{name: self.cleaned_data[name] for name in changed}}


class ReplaceForm(StepForm):
    closes_at = DateAndTime(label=gettext_lazy("The copy closes"), required=True)
    field_order = ("closes_at", "reason")

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, poll=poll, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].label = _("What was wrong")
        self.fields["closes_at"].initial = panel.to_the_minute(poll.closes_at)


class WriteForm(SettingsFields):
    """Title, dates and settings of a poll that nobody has voted in; its questions are a formset beside it."""

    saved = (*panel.SETTINGS, "title", "intro", "panel")
    title = forms.CharField(
        label=gettext_lazy("Title"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text=gettext_lazy("For a survey; a poll of one question is known by its question."),
    )
    intro = forms.CharField(
        label=gettext_lazy("Introduction"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )
    panel = forms.ModelChoiceField(
        label=gettext_lazy("Reader panel"),
        queryset=membership.panels(),
        required=False,
        empty_label=gettext_lazy("none"),
        help_text=gettext_lazy(
            "Votes of readers who agree are linked across the polls of a panel. Fixed by the first vote."
        ),
    )
    new_panel = forms.CharField(
        label=gettext_lazy("or a new panel, named"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Readers see this name. Ask them with a consent question that joins the panel."),
    )
    SHORT = ("title", "closes_at")

    def __init__(self, *args: Any, poll: Poll | None, **kwargs: Any) -> None:
        self.poll = poll
        initial = {**panel.initial(poll), "panel": poll.panel_id if poll else None}
        super().__init__(*args, **{"initial": initial, **kwargs})

    def clean_new_panel(self) -> str:
        return one_line(self.cleaned_data["new_panel"])

    def clean_consent(self, asked: Sequence[Asked]) -> None:
        """A panel needs a question that asks to join it."""
        asking = any(question.settings.get("panel") for question in asked)
        chosen, named = self.cleaned_data.get("panel"), self.cleaned_data.get("new_panel")
        if chosen and named:
            self.add_error("new_panel", _("Please choose a panel or name a new one, not both."))
        elif (chosen or named) and not asking:
            self.add_error("panel", _("Nobody would join it: please add a consent question that joins the panel."))

    def values(self) -> dict[str, Any]:
        """The settings, with a panel that is made as soon as they are stored."""
        named = self.cleaned_data.get("new_panel")
        found = super().values()
        return {**found, "panel": membership.panel_named(named)} if named else found

    @property
    def short(self) -> list[forms.BoundField]:
        return [self[name] for name in self.SHORT]

    @property
    def more(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.SHORT]


def _texts(poll: Poll) -> list[tuple[str, str, dict[str, Any]]]:
    """Every text of a poll that readers see: a key, the words, and how `correct_wording` names it."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    if poll.title:
        found.append(("title", _("Title: %(text)s") % {"text": poll.title}, {}))
    if poll.intro:
        found.append(("intro", _("Introduction: %(text)s") % {"text": poll.intro}, {"field": "intro"}))
    for question in poll.questions.all():
        found.append((f"q{question.pk}", _("Question: %(text)s") % {"text": question.text}, {"question": question}))
        if question.help:
            target = {"question": question, "field": "help"}
            found.append((f"h{question.pk}", _("Help: %(text)s") % {"text": question.help}, target))
        for option in question.options.all():
            found.append((f"o{option.pk}", _("Option: %(text)s") % {"text": option.text}, {"option": option}))
    return found


# --- the steps ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """Something an editor can do to a poll: its button, its page, what it will do, and who does it."""

    name: str
    label: Words
    states: tuple[State, ...]
    what: Callable[[Poll], list[str]]
    do: Callable[..., Poll]
    done: Words
    form: type[StepForm] = StepForm
    danger: bool = False


def votes_so_far(poll: Poll) -> str:
    votes = poll.ballots.count()
    return ngettext("%(n)s vote", "%(n)s votes", votes) % {"n": number(votes)}


RUNNING = (State.OPEN, State.PAUSED)
OVER = (State.CLOSED, State.FINAL)
STEPS = (
    Step(
        "publish",
        gettext_lazy("Publish"),
        (State.DRAFT,),
        lambda poll: [
            _("Readers see the poll at %(address)s, and in every article in which it appears.")
            % {"address": poll.get_absolute_url()},
            _("From the first vote on, its questions, options and rules can no longer be changed."),
        ],
        lifecycle.publish,
        gettext_lazy("The poll has been published."),
        form=PublishForm,
    ),
    Step(
        "pause",
        gettext_lazy("Pause"),
        (State.OPEN,),
        lambda poll: [
            _("Readers are told that voting is paused, and nobody can vote until you resume."),
            _("The %(votes)s so far stay and are counted. The closing date stays, too: %(date)s.")
            % {"votes": votes_so_far(poll), "date": moment(poll.closes_at)},
        ],
        lifecycle.pause,
        gettext_lazy("Voting is paused."),
    ),
    Step(
        "resume",
        gettext_lazy("Resume"),
        (State.PAUSED,),
        lambda poll: [_("Readers can vote again, until %(date)s.") % {"date": moment(poll.closes_at)}],
        lifecycle.resume,
        gettext_lazy("Readers can vote again."),
    ),
    Step(
        "extend",
        gettext_lazy("Extend"),
        (State.SCHEDULED, *RUNNING),
        lambda poll: [
            _("The poll was to close on %(date)s. It can be given a later date, never an earlier one.")
            % {"date": moment(poll.closes_at)},
            _("The poll’s page tells readers that the date was moved, from when to when."),
        ],
        lifecycle.extend,
        gettext_lazy("The closing date was moved."),
        form=ExtendForm,
    ),
    Step(
        "settings",
        gettext_lazy("Change when results are shown"),
        (State.SCHEDULED, *RUNNING, *OVER),
        lambda poll: [_("Readers are told on the poll’s page that this was changed, and when.")],
        lifecycle.change_settings,
        gettext_lazy("The change has been saved."),
        form=VisibilityForm,
    ),
    Step(
        "correct",
        gettext_lazy("Correct a typing error"),
        (State.SCHEDULED, *RUNNING, *OVER),
        lambda poll: [
            _("The corrected text replaces the former one; the votes stay with it."),
            _("The poll’s page will always say what the text was before. A change of meaning is not a typing error:")
            + " "
            + _("in that case, replace the poll with a corrected copy."),
        ],
        lifecycle.correct_wording,
        gettext_lazy("The text was corrected."),
        form=CorrectForm,
    ),
    Step(
        "duplicate",
        gettext_lazy("Duplicate"),
        (State.DRAFT, State.SCHEDULED, *RUNNING, *OVER),
        lambda poll: [
            _("A draft is made with the same questions, options and settings, without any votes."),
            _("This poll stays as it is."),
        ],
        lifecycle.duplicate,
        gettext_lazy("This is the copy. It is a draft."),
        form=WithoutReason,
    ),
    Step(
        "replace",
        gettext_lazy("Replace with a corrected copy"),
        RUNNING,
        lambda poll: [
            _("This poll closes now, permanently, and keeps its %(votes)s. They are not carried over.")
            % {"votes": votes_so_far(poll)},
            _("The corrected copy opens at once, without votes; everybody can vote in it."),
            _("Both pages say what happened and why."),
        ],
        lifecycle.replace,
        gettext_lazy("This is the corrected copy. It is open."),
        form=ReplaceForm,
        danger=True,
    ),
    Step(
        "close",
        gettext_lazy("Close now"),
        RUNNING,
        lambda poll: [
            _("Voting ends at once and permanently: a closed poll is never reopened."),
            _("The %(votes)s so far stay; the final count is taken a few seconds later.")
            % {"votes": votes_so_far(poll)},
            _("The poll’s page says that it was closed early; it was to end on %(date)s.")
            % {"date": moment(poll.closes_at)},
        ],
        lifecycle.close_now,
        gettext_lazy("The poll has been closed."),
        danger=True,
    ),
)
