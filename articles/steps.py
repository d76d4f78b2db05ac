"""What an editor can do to an article: each step with its form, the words that say what will happen, and who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from articles import lifecycle
from articles.models import Article, State
from polls import spoken
from polls.characters import apart, quoted
from polls.dates import moment
from polls.drafting import name_of
from polls.panel import DateAndTime, to_the_minute

Words = str | Promise


class StepForm(forms.Form):
    """A step that asks nothing but to be confirmed."""

    def __init__(self, *args: Any, article: Article, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.article = article

    def given(self) -> dict[str, Any]:
        """The arguments for the step."""
        return self.cleaned_data


class PublishForm(StepForm):
    at = DateAndTime(label=gettext_lazy("Publish at"))

    def __init__(self, *args: Any, article: Article, **kwargs: Any) -> None:
        super().__init__(*args, article=article, **kwargs)
        at = article.published_at or article.embargo_until
        self.fields["at"].initial = to_the_minute(at) if at else None
        self.fields["at"].help_text = _("Leave empty to publish now. A past date is shown as the publication date.") + (
            f" {self.fields['at'].help_text}"
        )

    def given(self) -> dict[str, Any]:
        if "at" not in self.changed_data and self.article.published_at:
            return {"at": self.article.published_at}  # to the second, as it was
        return self.cleaned_data


class EmbargoForm(StepForm):
    until = DateAndTime(label=gettext_lazy("Embargo until"))

    def __init__(self, *args: Any, article: Article, **kwargs: Any) -> None:
        super().__init__(*args, article=article, **kwargs)
        self.fields["until"].initial = to_the_minute(article.embargo_until) if article.embargo_until else None
        self.fields["until"].help_text = _("Leave empty for no embargo.") + f" {self.fields['until'].help_text}"


class NoticeForm(StepForm):
    notice = forms.CharField(
        label=gettext_lazy("Notice to readers"),
        max_length=lifecycle.LONGEST_NOTICE,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("It appears in place of the article: why it was withdrawn."),
        error_messages={
            "required": gettext_lazy("Please say why: readers find this notice in place of the article."),
            "max_length": gettext_lazy("This has %(show_value)d characters; at most %(limit_value)d are allowed."),
        },
    )

    def __init__(self, *args: Any, article: Article, **kwargs: Any) -> None:
        super().__init__(*args, article=article, **kwargs)
        self.fields["notice"].initial = article.withdrawal_notice


@dataclass(frozen=True)
class Step:
    """Something an editor can do to an article: its button, its page, what it will do, and who does it."""

    name: str
    label: Words
    states: tuple[State, ...]
    what: Callable[[Article], list[str]]
    do: Callable[..., Article]
    done: Callable[[Article], str]
    form: type[StepForm] = StepForm
    permission: str = "change"
    danger: bool = False


def polls_stay(article: Article) -> list[str]:
    """That a withdrawn article leaves its polls as they are, where it has any."""
    names = [quoted(name_of(poll)) for poll in lifecycle.polls_of(article)]
    if not names:
        return []
    return [
        _("Its polls stay as they are, with their pages and their votes: %(polls)s. They can be closed on their pages.")
        % {"polls": spoken.in_a_row(names)}
    ]


def _what_publishing_does(article: Article) -> list[str]:
    said = [
        _("Readers will find the article at %(address)s, on the home page, in its section and in the feeds.")
        % {"address": article.get_absolute_url()}
    ]
    for poll in lifecycle.polls_of(article):
        said.append(
            _("The poll “%(poll)s” is published with it and closes on %(closes)s.")
            % {"poll": apart(name_of(poll)), "closes": moment(poll.closes_at)}
        )
    if article.embargo_until:
        said.append(_("It is under embargo until %(until)s.") % {"until": moment(article.embargo_until)})
    return said


def _done_publishing(article: Article) -> str:
    if article.published_at and article.published_at > lifecycle.clock():
        return _("The article will be published on %(at)s.") % {"at": moment(article.published_at)}
    return _("The article has been published.")


STEPS = (
    Step(
        "publish",
        gettext_lazy("Publish or schedule"),
        lifecycle.UNSEEN,
        _what_publishing_does,
        lifecycle.publish,
        _done_publishing,
        form=PublishForm,
        permission="publish",
    ),
    Step(
        "review",
        gettext_lazy("Send for review"),
        (State.DRAFT,),
        lambda article: [
            _("The article is marked as ready for others to read. Readers do not see it; it can still be changed.")
        ],
        lifecycle.send_to_review,
        lambda article: _("The article is in review."),
    ),
    Step(
        "take-back",
        gettext_lazy("Take back from review"),
        (State.REVIEW,),
        lambda article: [_("The article is a draft again.")],
        lifecycle.take_back,
        lambda article: _("The article is a draft again."),
    ),
    Step(
        "unschedule",
        gettext_lazy("Do not publish then"),
        (State.SCHEDULED,),
        lambda article: [
            _("The article is a draft again and is not published on %(at)s.") % {"at": moment(article.published_at)}
            if article.published_at
            else "",
            _("Its polls that readers have not seen yet wait with it."),
        ],
        lifecycle.take_back,
        lambda article: _("The article is a draft again."),
        permission="publish",
    ),
    Step(
        "embargo",
        gettext_lazy("Embargo"),
        lifecycle.UNSEEN,
        lambda article: [_("Until then nobody can publish the article, whatever their role.")],
        lifecycle.set_embargo,
        lambda article: (
            _("The embargo has been saved.") if article.embargo_until else _("There is no longer an embargo.")
        ),
        form=EmbargoForm,
        permission="publish",
    ),
    Step(
        "archive",
        pgettext_lazy("button", "Archive"),
        (State.PUBLISHED,),
        lambda article: [
            _("The article leaves the home page, the lists and the feeds."),
            _("It stays readable at its address, marked as archived, and can be found by search."),
        ],
        lifecycle.archive,
        lambda article: _("The article has been archived."),
        permission="publish",
    ),
    Step(
        "unarchive",
        gettext_lazy("Take out of the archive"),
        (State.ARCHIVED,),
        lambda article: [_("The article appears in its lists and feeds again, with its original date.")],
        lifecycle.unarchive,
        lambda article: _("The article has been taken out of the archive."),
        permission="publish",
    ),
    Step(
        "withdraw",
        gettext_lazy("Withdraw"),
        (State.PUBLISHED, State.ARCHIVED),
        lambda article: [
            _("Readers no longer see the article. Its address shows its title, your notice and the date."),
            _("It disappears from every list, the feeds, search and the sitemap. It can be shown again later."),
            *polls_stay(article),
        ],
        lifecycle.withdraw,
        lambda article: _("The article has been withdrawn."),
        form=NoticeForm,
        permission="withdraw",
        danger=True,
    ),
    Step(
        "notice",
        gettext_lazy("Change the notice"),
        (State.WITHDRAWN,),
        lambda article: [_("Readers find the changed notice in place of the article; the date of withdrawal stays.")],
        lifecycle.withdraw,
        lambda article: _("The notice has been changed."),
        form=NoticeForm,
        permission="withdraw",
    ),
    Step(
        "restore",
        gettext_lazy("Show it to readers again"),
        (State.WITHDRAWN,),
        lambda article: [_("The article appears at its address again, with its original date; the notice is removed.")],
        lifecycle.restore,
        lambda article: _("Readers see the article again."),
        permission="withdraw",
    ),
)


def sentence(article: Article, state: State) -> str:
    """The state of an article in a sentence, for its editors."""
    if state in lifecycle.UNSEEN and article.embargo_until:
        embargo = " " + _("Under embargo until %(until)s.") % {"until": moment(article.embargo_until)}
    else:
        embargo = ""
    match state:
        case State.DRAFT:
            return _("Only editors can see it.") + embargo
        case State.REVIEW if article.in_review_at:
            return _("Ready for others to read since %(at)s.") % {"at": moment(article.in_review_at)} + embargo
        case State.SCHEDULED if article.published_at:
            return _("It will be published on %(at)s.") % {"at": moment(article.published_at)} + embargo
        case State.PUBLISHED if article.published_at:
            return _("Published since %(at)s. Changes go live when you save.") % {"at": moment(article.published_at)}
        case State.ARCHIVED if article.archived_at:
            return _("Archived on %(at)s: readable at its address, but in no list.") % {
                "at": moment(article.archived_at)
            }
        case State.WITHDRAWN if article.withdrawn_at:
            return _("Withdrawn on %(at)s. Readers see this notice: “%(notice)s”") % {
                "at": moment(article.withdrawn_at),
                "notice": article.withdrawal_notice,
            }
    return ""
