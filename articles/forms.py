"""The form in which an editor writes an article and, in the same go, its poll."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import addresses, body, insets, revisions
from articles.models import Article, Picture, State
from articles.revisions import Compared
from polls import drafting, lifecycle, panel
from polls.characters import apart
from polls.dates import moment
from polls.drafting import Asked, name_of
from polls.models import Poll
from polls.models import State as PollState
from polls.panel import PollPanel

# A line of its own that stands for the poll of this very article, whose address is not known before it is stored.
OWN_LINE = re.compile(r"<p>\s*\[\[poll\]\]\s*</p>")
ANY_LINE = re.compile(r"\[\[\s*poll[^\]\n]{0,200}\]?\]?", re.IGNORECASE)
POLLS_OFFERED = 200
ID = re.compile(r"[0-9]{1,18}")
# Characters of HTML; PostgreSQL's index of words holds a megabyte, whatever the script.
LONGEST_BODY = 250_000


class PictureField(forms.ModelChoiceField):
    """A picture of the library by its number; the script beside it shows the picture and lets one choose."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Picture.objects.all())
        kwargs.setdefault("widget", forms.NumberInput(attrs={"data-picture": "", "min": 1}))
        super().__init__(**kwargs)
        self.error_messages["invalid_choice"] = gettext_lazy("There is no such picture in the library.")


class PollChoice(forms.ModelChoiceField):
    def label_from_instance(self, poll: Any) -> str:
        return f"{apart(name_of(poll))} ({PollState(poll.state_now).label})"


@dataclass(frozen=True)
class Conflict:
    """What somebody else saved meanwhile beside what was typed here."""

    sentence: str
    differs: Compared


def conflict(article: Article, *, typed: Mapping[str, Any]) -> Conflict:
    """The stored version beside the typed one; `article` as it is stored."""
    newest = revisions.kept(article)[:1][0]
    saved = revisions.kept(article).filter(version=article.version).last() or newest
    stored = revisions.content(newest) | {"slug": article.slug}
    mine = {
        name: sorted(row.pk for row in value) if name in revisions.SEVERAL else getattr(value, "pk", value)
        for name, value in typed.items()
        if name in stored
    }
    values = {"who": revisions.name_of(saved.history_user), "at": moment(saved.history_date)}
    sentence = _(
        "While you were writing, %(who)s saved this article (%(at)s). Nothing of yours has been saved yet. "
        "Both texts are below: put what should stay into the form, then save again; your text then replaces "
        "theirs."
    )
    return Conflict(sentence % values, revisions.compared(stored, mine))


class ArticleForm(forms.ModelForm):
    """An article without the panel: where its poll has votes, or asks several questions."""

    # Of which version the page was made: whoever saves an older one is shown both texts.
    of_version = forms.IntegerField(label="", required=False, widget=forms.HiddenInput)
    correction = forms.CharField(
        label=gettext_lazy("Correction"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=gettext_lazy("What was corrected. It appears under the article with today’s date."),
        error_messages=panel.too_long(),
    )
    untold = forms.BooleanField(label=gettext_lazy("Save without telling readers"), required=False)
    # The revision that is brought back, where the form was opened with one.
    revision = forms.IntegerField(label="", required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = (
            "section",
            "title",
            "slug",
            "standfirst",
            "lead_picture",
            "body",
            "authors",
            "topics",
            "audiences",
            "poll",
        )
        field_classes = {"poll": PollChoice, "lead_picture": PictureField}
        widgets = {
            "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "standfirst": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "audiences": forms.CheckboxSelectMultiple,
        }
        labels = {"standfirst": gettext_lazy("Summary"), "body": gettext_lazy("Text")}
        error_messages = {
            "slug": {"unique": gettext_lazy("Another article already has this address. Please choose a different one.")}
        }
        help_texts = {
            "slug": gettext_lazy("The last part of the article’s address."),
            "body": gettext_lazy(
                "[[poll]] on a line of its own places the poll of this article there; [[poll:address]] places "
                "another one."
            ),
        }

    # What is shown in place of what is stored: a former version, or what was typed and not saved.
    shown_instead: Mapping[str, Any] = {}
    typed: QueryDict | None = None
    conflict: Conflict | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.now = timezone.now()
        instance = kwargs.get("instance")
        given = kwargs.get("initial") or {}
        kwargs["initial"] = {**self.initial_of(instance), **given, **self.shown_instead}
        super().__init__(*args, **kwargs)
        if self.typed is not None:
            self.initial = {**self.initial, **self.shown_of(self.typed)}
        if "poll" in self.fields:
            self.offer_polls()
        if not self.seen_by_readers:
            for name in ("correction", "untold"):
                self.fields.pop(name, None)

    @property
    def seen_by_readers(self) -> bool:
        """Whether what is saved is what readers read at once."""
        return self.instance.state(now=self.now) in (State.PUBLISHED, State.ARCHIVED)

    def shown_of(self, typed: QueryDict) -> dict[str, Any]:
        """What was typed, as the fields show it; what names no row is left out where rows are chosen."""
        shown: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = field.widget.value_from_datadict(typed, MultiValueDict(), name)
            if isinstance(field, forms.ModelMultipleChoiceField):
                value = [one for one in value or [] if ID.fullmatch(one)]
            elif isinstance(field, forms.ModelChoiceField) and not ID.fullmatch(value or ""):
                value = None
            shown[name] = value
        return shown

    def initial_of(self, article: Article | None) -> dict[str, Any]:
        return {"of_version": article.version if article else None}

    def offer_polls(self) -> None:
        """The newest polls and the present one; an older one is placed by a line in the body."""
        newest = list(Poll.objects.order_by("-pk").values_list("pk", flat=True)[:POLLS_OFFERED])
        known = [*newest, self.instance.poll_id] if self.instance.poll_id else newest
        offered = Poll.objects.filter(pk__in=known).order_by("-pk").with_state()
        field = cast(PollChoice, self.fields["poll"])
        field.queryset = offered.prefetch_related("questions")
        field.empty_label = _("No poll")
        field.label = _("Poll shown")
        field.help_text = _("It appears under the article, unless a line [[poll]] in the text places it there.")

    @property
    def published_at(self) -> datetime | None:
        """When readers see what this form saves; None for a draft."""
        return self.instance.published_at

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if addresses.taken(slug, by=self.instance if self.instance.pk else None):
            raise ValidationError(
                _(
                    "Another article was once published at this address; old links lead there. Please choose a "
                    "different one."
                )
            )
        return slug

    def clean_body(self) -> str:
        text: str = self.cleaned_data["body"]
        if len(text) > LONGEST_BODY:
            values = {"show_value": len(text), "limit_value": LONGEST_BODY}
            raise ValidationError(panel.too_long()["max_length"], params=values)
        return body.stored(text)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        chosen = self.chosen_poll()
        if chosen is not None and self.published_at:
            self.check_publishable(chosen, "poll")
        text = self.cleaned_data.get("body", "")
        self.check_poll_lines(text)
        for fault in insets.faults(text):
            self.add_error("body", fault)
        self.ask_about_a_correction()
        self.compare_with_a_newer_version()
        return data

    def ask_about_a_correction(self) -> None:
        """A change that readers are not told of is possible, and never made unasked."""
        told = self.cleaned_data.get("correction") or self.cleaned_data.get("untold")
        if self.seen_by_readers and not told and {"title", "standfirst", "body"} & set(self.changed_data):
            self.add_error(
                "correction",
                _("Readers will not be told of this change. Please write what was corrected, or tick the box below."),
            )

    def compare_with_a_newer_version(self) -> None:
        """Where somebody saved this article after the page was opened: show both texts, and store neither unseen."""
        if self.instance.pk is None or self.cleaned_data.get("of_version") == self.instance.version:
            return
        if not self.changes_something:
            return  # the same form once more, or nothing of one's own
        self.conflict = conflict(self.instance, typed=self.cleaned_data)
        self.add_error(None, self.conflict.sentence)
        # What is sent after this was compared with the newer version, and may take its place.
        self.data = cast(QueryDict, self.data).copy()
        self.data["of_version"] = str(self.instance.version)

    @property
    def changes_something(self) -> bool:
        """Whether saving the form would store anything that is not stored already."""
        return bool(set(self.changed_data) - {"of_version", "untold", "revision"})

    def chosen_poll(self) -> Poll | None:
        """The poll picked from the list, where that decides."""
        poll: Poll | None = self.cleaned_data.get("poll")
        return poll

    def has_poll(self) -> bool:
        return self.cleaned_data.get("poll") is not None

    def check_poll_lines(self, text: str) -> None:
        """Every [[poll…]] in the body must be a line of its own that names a poll, each poll once."""
        placed, own = body.polls_placed(text), len(OWN_LINE.findall(text))
        written = [strip_tags(line) for line in ANY_LINE.findall(text)]
        if len(written) != len(placed) + own:
            self.add_error(
                "body",
                _(
                    "A poll is placed by a plain line of its own: [[poll:address]], or [[poll]] for the poll of this "
                    "article. Please check: %(lines)s"
                )
                % {"lines": " ".join(written)},
            )
        if own and not self.has_poll():
            self.add_error("body", _("The line [[poll]] places the poll of this article, but it has none."))
        polls = {poll.slug: poll for poll in Poll.objects.filter(slug__in=placed)}
        for slug in dict.fromkeys(placed):
            if slug not in polls:
                self.add_error("body", _("There is no poll with the address “%(slug)s”.") % {"slug": slug})
            elif self.published_at:
                self.check_publishable(polls[slug], "body")
        if own > 1 or len(placed) != len(set(placed)):
            self.add_error("body", _("A poll can appear only once in an article."))

    def check_publishable(self, poll: Poll, field: str) -> None:
        try:
            lifecycle.check_publishable(poll, at=self.published_at, now=self.now)
        except lifecycle.Refused as refused:
            self.add_error(field, refused.message)

    def save_polls(self, *, who: str) -> Poll | None:
        """Store what the form says of the article's poll; the poll of the article, or None."""
        return self.cleaned_data.get("poll")


class ArticleWithPanelForm(PollPanel, ArticleForm):
    """An article with the panel that writes its poll."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        self.poll = instance.poll if instance else None
        super().__init__(*args, **kwargs)

    def initial_of(self, article: Article | None) -> dict[str, Any]:
        shown = panel.initial(self.poll)
        return {**super().initial_of(article), **{name: shown[name] for name in panel.FIELDS if name in shown}}

    def offer_polls(self) -> None:
        super().offer_polls()
        field = self.fields["poll"]
        field.label = _("Or show another poll")
        field.help_text = _("One that already exists; the panel above then stays empty.")
        if self.poll is not None:
            field.help_text = _("The poll above appears in this article; to replace it, choose another one, or none.")

    def clean(self) -> dict[str, Any] | None:
        self.wording: Asked | None = None
        if self.poll is not None:
            # Held until the page is stored: no first vote slips in between this check and the change of wording.
            self.poll = Poll.objects.select_for_update(of=("self",)).get(pk=self.poll.pk)
        if self.other_chosen():
            if self.panel_changed():
                self.add_error("poll", _("Please either write a question above or choose a poll here, not both."))
        else:
            self.wording = self.clean_panel(published_at=self.published_at, now=self.now)
            if self.poll is not None and self.wording is None and not self.errors and not drafting.has_votes(self.poll):
                self.add_error("question", _("To take the poll out of the article, choose “No poll” further down."))
        return super().clean()

    def other_chosen(self) -> bool:
        """Whether another existing poll, or none in place of the present one, is chosen."""
        return self.cleaned_data.get("poll") != (self.poll or None)

    def chosen_poll(self) -> Poll | None:
        return super().chosen_poll() if self.other_chosen() else None

    def panel_changed(self) -> bool:
        written = self.written() if self.poll is None else True
        return written and any(name in self.changed_data for name in panel.FIELDS)

    def has_poll(self) -> bool:
        return self.written() or super().has_poll()

    def save_polls(self, *, who: str) -> Poll | None:
        if self.wording is None:
            return super().save_polls(who=who)
        return self.save_as([self.wording], published_at=self.published_at, who=who, now=self.now)


def place_own_poll(text: str, poll: Poll) -> str:
    """The body with its line [[poll]] naming the article's poll by its address."""
    return OWN_LINE.sub(f"<p>[[poll:{poll.slug}]]</p>", text)
