"""The form in which an editor writes an article and, in the same go, its poll."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import body
from articles.models import Article
from polls import drafting, lifecycle, panel
from polls.drafting import Asked, name_of
from polls.models import Poll, State
from polls.panel import DateAndTime, PollPanel

# A line of its own that stands for the poll of this very article, whose address is not known before it is stored.
OWN_LINE = re.compile(r"<p>\s*\[\[poll\]\]\s*</p>")
ANY_LINE = re.compile(r"\[\[\s*poll[^\]\n]{0,200}\]?\]?", re.IGNORECASE)
POLLS_OFFERED = 200


class PollChoice(forms.ModelChoiceField):
    def label_from_instance(self, poll: Any) -> str:
        return f"{name_of(poll)} ({State(poll.state_now).label})"


class ArticleForm(forms.ModelForm):
    """An article without the panel: where its poll has votes, or asks several questions."""

    publish = forms.ChoiceField(
        label=gettext_lazy("Publish"),
        widget=forms.RadioSelect,
        choices=[
            ("draft", gettext_lazy("Not yet: a draft, for the editors only")),
            ("now", gettext_lazy("Now")),
            ("at", gettext_lazy("At this date:")),
        ],
        initial="draft",
    )
    publish_at = DateAndTime(label=gettext_lazy("Date of publication"))

    class Meta:
        model = Article
        fields = ("section", "title", "slug", "standfirst", "body", "authors", "topics", "audiences", "poll")
        field_classes = {"poll": PollChoice}
        widgets = {
            "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "standfirst": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "audiences": forms.CheckboxSelectMultiple,
        }
        labels = {"standfirst": gettext_lazy("Summary"), "body": gettext_lazy("Text")}
        help_texts = {
            "slug": gettext_lazy("The last part of the article's address."),
            "body": gettext_lazy(
                "A line of its own, [[poll]], places the poll of this article there; [[poll:address]] another one."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.now = timezone.now()
        instance = kwargs.get("instance")
        kwargs["initial"] = self.initial_of(instance) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if "poll" in self.fields:
            self.offer_polls()

    def initial_of(self, article: Article | None) -> dict[str, Any]:
        at = article.published_at if article else None
        return {
            "publish": "at" if at else "draft",
            "publish_at": panel.to_the_minute(at) if at else None,
        }

    def offer_polls(self) -> None:
        """The newest polls and the present one; an older one is placed by a line in the body."""
        newest = list(Poll.objects.order_by("-pk").values_list("pk", flat=True)[:POLLS_OFFERED])
        known = [*newest, self.instance.poll_id] if self.instance.poll_id else newest
        offered = Poll.objects.filter(pk__in=known).order_by("-pk").with_state()
        field = cast(PollChoice, self.fields["poll"])
        field.queryset = offered.prefetch_related("questions")
        field.empty_label = _("No poll")
        field.label = _("Poll shown")
        field.help_text = _("It stands under the article, unless a line [[poll]] in the text places it there.")

    @property
    def published_at(self) -> datetime | None:
        """When the article is published by this form; None for a draft."""
        match self.cleaned_data.get("publish"):
            case "now":
                return self.now
            case "at" if "publish_at" not in self.changed_data:
                return self.instance.published_at
            case "at":
                at: datetime | None = self.cleaned_data.get("publish_at")
                return at
        return None

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if self.cleaned_data.get("publish") == "at" and not self.published_at and "publish_at" not in self.errors:
            self.add_error("publish_at", _("Please give the date of publication."))
        chosen = self.chosen_poll()
        if chosen is not None and self.published_at:
            self.check_publishable(chosen, "poll")
        if "body" in self.cleaned_data:
            self.check_poll_lines(self.cleaned_data["body"])
        return data

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
            self.add_error("body", _("A poll can stand only once in an article."))

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
        field.help_text = _("One that exists already; the panel above then stays empty.")
        if self.poll is not None:
            field.help_text = _("The poll above stands in this article; choose another one, or none, in its place.")

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
