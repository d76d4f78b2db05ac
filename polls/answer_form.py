"""One page of a survey as a Django form: a field a question, whose `clean` is the check of the question's type."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.core.exceptions import BadRequest, SuspiciousOperation, ValidationError
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from polls import flow
from polls.answering import Survey, mirrored
from polls.forms import Malformed, read_given
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.questions import TYPES

# A page may ask for several long texts; what is longer than this is no page of a survey.
LARGEST_PAGE = 512 * 1024
STEPS = ("next", "back", "later")
GROUPED = ("choice", "scale", "image", "matrix", "ranking", "points")


@dataclass(frozen=True)
class Sent:
    """A page as it was sent: what was given, which questions stood on it, and where the reader wants to go."""

    given: Mapping[int, Given]
    asked: frozenset[int]
    seen: str
    step: str
    scripted: bool


@dataclass(frozen=True)
class Part:
    """A question in its place on a page; `mirror` is the rule under which the script shows it.

    It is `shown` for the answers as they are; `fresh` where it came only with an answer that was just sent.
    """

    question: PaperQuestion
    given: Given
    shown: bool = True
    fresh: bool = False
    mirror: Any = True


def check_length(request: HttpRequest) -> None:
    """Raise `Malformed` for a POST that is no page of a survey, before anything of it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()) or int(length) > LARGEST_PAGE:
        sentence = _(
            "That is too much for one page. Go back with your browser, shorten what you wrote, and send it again."
        )
        raise Malformed(sentence, 413)
    try:
        request.POST  # noqa: B018 - read for the faults that reading finds
    except (BadRequest, MultiPartParserError, SuspiciousOperation) as error:
        raise Malformed(_("This page could not be read: it contains more answers than any survey asks for.")) from error


def read_page(request: HttpRequest) -> Sent:
    """A page of answers from a POST that `check_length` has let through; raises `Malformed`."""
    data = request.POST
    asked = {int(value) for value in data.getlist("asked") if value.isascii() and value.isdigit() and len(value) < 20}
    step = data.get("step", "next")
    return Sent(
        given=read_given(data),
        asked=frozenset(asked),
        seen=data.get("seen", "")[:80],
        step=step if step in STEPS else "next",
        scripted=data.get("scripted") == "1",
    )


class QuestionWidget(forms.Widget):
    """The control of a question's type, from `templates/polls/questions/`."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Given:
        """What was sent for the question; the order of its options is ours, whatever was sent."""
        sent = read_given(data).get(self.part.question.id, Given())
        return replace(sent, shown=self.part.given.shown)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        question, kind = self.part.question, TYPES[self.part.question.kind]
        invalid = (attrs or {}).get("aria-invalid") == "true"
        context = {
            "question": {
                "id": question.id,
                "text": question.text,
                "type": question.kind,
                "control": kind.control(question, value if isinstance(value, Given) else self.part.given),
            },
            "prefix": "answer",
            # A group is described once, at its fieldset; a single field by itself.
            "described_by": "" if kind.TEMPLATE in GROUPED else described_by(self.part, invalid=invalid),
            "invalid": invalid,
        }
        return render_to_string(f"polls/questions/{kind.TEMPLATE}.html", context)


def described_by(part: Part, *, invalid: bool) -> str:
    """The ids of what is said about a question beside its wording."""
    name = f"q{part.question.id}"
    help_ = f"{name}-help " if part.question.help else ""
    return f"{name}-error {help_}{name}-limits" if invalid else f"{help_}{name}-limits"


class QuestionField(forms.Field):
    """One question; what it cleans to are the marks of a ballot, none where it is not asked now."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.question = part.question
        super().__init__(
            required=part.question.required,
            label=part.question.text,
            initial=part.given,
            widget=QuestionWidget(part),
        )

    def clean(self, value: Given) -> list[Mark]:
        if not self.part.shown or self.part.fresh:
            return []
        try:
            return list(TYPES[self.question.kind].check(self.question, value))
        except InvalidAnswers as error:
            raise ValidationError(error.message) from error

    @property
    def grouped(self) -> bool:
        return TYPES[self.question.kind].TEMPLATE in GROUPED

    @property
    def described_by(self) -> str:
        return described_by(self.part, invalid=False)

    @property
    def described_by_fault(self) -> str:
        return described_by(self.part, invalid=True)

    @property
    def limits(self) -> str:
        return str(TYPES[self.question.kind].limits(self.question))

    @property
    def mirror(self) -> str:
        """The rule for the script, or nothing where the question always shows."""
        return "" if self.part.mirror is True else json.dumps(self.part.mirror)

    @property
    def codes(self) -> str:
        """The names of the options by id, for the script."""
        return json.dumps({str(i): option.code for i, option in self.question.options.items()})

    @property
    def compares(self) -> str:
        return " ".join(flow.COMPARES.get(self.question.kind, ()))


class PageForm(forms.Form):
    """The questions of a page; those that wait for an answer on the same page are drawn, and never cleaned."""

    def __init__(self, parts: Sequence[Part], data: QueryDict | None = None) -> None:
        super().__init__(data)
        for part in parts:
            self.fields[f"q{part.question.id}"] = QuestionField(part)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        # The summary at the top of the page names each fault with a link.
        self.helper.form_show_errors = False
        self.helper.layout = Layout(*(Field(name, template="polls/answer/_field.html") for name in self.fields))

    @property
    def faults(self) -> list[dict[str, str]]:
        """What is to be mended, each with the place it stands at."""
        return [
            {"at": name, "label": str(self.fields[name].label), "sentence": str(errors[0])}
            for name, errors in self.errors.items()
        ]


def parts(survey: Survey, page: int, given: Mapping[int, Given], *, asked: Collection[int] | None = None) -> list[Part]:
    """The questions of a page for these answers, with those that an answer on the page itself may bring in.

    `asked` are those that stood on the page as it was sent, where it was.
    """
    way = survey.way(given)
    stop = way.stop(page)
    earlier = {code: answer for code, answer in survey.answers(given).items() if code in way.shown}
    here = {question.code for question in survey.on_page(page)}
    found = []
    for item in survey.plan.pages[page - 1].items:
        question = survey.by_code[item.code]
        shown = stop is not None and item.code in stop.questions
        mirror = mirrored(item.rule, here, earlier, survey.groups)
        if shown or not isinstance(mirror, bool):
            answer = survey.arranged(question, given.get(question.id, Given()))
            fresh = shown and asked is not None and question.id not in asked
            found.append(Part(survey.worded(question, given), answer, shown, fresh, mirror))
    return found
