"""The page on which a survey is written: its questions of every type, its pages, rules, jumps, quotas and halves.

What stands in the fields is questionnaire JSON in another dress: `rows_of` puts a questionnaire into fields,
`Sheet.whole` reads one out of them, and `polls/questionnaire.py` says what is wrong with it. Rules refer to questions
by a number that a question keeps on this page wherever it is moved (`uid`), and to options by their words.

Options are written one a line. What an option does is marked at the end of its line:

    Something else [other]      with room for words         Neither [none]      cannot be chosen with others
    Don't know [don't know]     outside scales and means    Nobody [fixed]      keeps its place in a random order
    The harbour [picture 12]    with a picture of the library                   Every day [=daily]  its name in exports
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drafting, questionnaire, rules
from polls.drafting import Asked
from polls.interchange import Names
from polls.models import Poll
from polls.pictures import Picture, picture_of
from polls.questionnaire import SHAPES
from polls.questions import TYPES

CONDITIONS = 3
JUMPS = 3
MOST_QUOTAS = 20
GROUPS = {
    "choosing": gettext_lazy("Choosing"),
    "scales": gettext_lazy("Scales"),
    "ordering": gettext_lazy("Ordering"),
    "writing": gettext_lazy("Writing"),
}
COMPARISONS = (
    ("is", gettext_lazy("is")),
    ("is_not", gettext_lazy("is not")),
    ("at_least", gettext_lazy("is at least")),
    ("at_most", gettext_lazy("is at most")),
    ("answered", gettext_lazy("was answered")),
    ("not_answered", gettext_lazy("was not answered")),
)
WITHOUT_VALUE = ("answered", "not_answered")


def grouped() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The types in their groups."""
    return [(label, [pair for pair in TYPES.items() if group == pair[1].GROUP]) for group, label in GROUPS.items()]


def kind_choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The types in their groups, as the field for the type offers them."""
    return [(label, [(name, kind.LABEL) for name, kind in kinds]) for label, kinds in grouped()]


# --- options, one a line ------------------------------------------------------------------------------------------

MARK = re.compile(r"\s*\[([^\[\]]{1,60})\]\s*$")
MARKS = {
    "other": "other",
    "none": "exclusive",
    "none of these": "exclusive",
    "don't know": "dont_know",
    "dont know": "dont_know",
    "fixed": "fixed",
}
WRITTEN = {"fixed": "fixed", "exclusive": "none", "other": "other", "dont_know": "don't know"}


def options_from(text: str) -> list[dict[str, Any]]:
    """The options written one a line, each with its name and marks."""
    return [_option_from(line) for line in map(drafting.one_line, text.splitlines()) if line]


def _option_from(line: str) -> dict[str, Any]:
    marks: dict[str, Any] = {}
    name = ""
    while found := MARK.search(line):
        mark = found[1].strip().replace("’", "'").casefold()
        if mark in MARKS:
            marks[MARKS[mark]] = True
        elif picture := re.fullmatch(r"picture (\d{1,9})", mark):
            marks["picture"] = int(picture[1])
        elif found[1].startswith("="):
            name = found[1][1:].strip()
        else:
            break  # square brackets of the text itself
        line = line[: found.start()]
    return {"text": line.strip(), "name": name, "settings": marks}


def options_as(options: Sequence[Mapping[str, Any]]) -> str:
    """Options as they are written, one a line."""
    return "\n".join(map(_option_as, options))


def _option_as(option: Mapping[str, Any]) -> str:
    marks = [WRITTEN[mark] for mark in questionnaire.MARKS if option["settings"].get(mark)]
    picture = option["settings"].get("picture", {}).get("id")
    marks += [f"picture {picture}"] if picture else []
    marks += [f"={option['name']}"] if option["name"] else []
    return " ".join([option["text"], *(f"[{mark}]" for mark in marks)])


# --- fields -------------------------------------------------------------------------------------------------------


class Menu(forms.Select):
    """A select drawn in one go: Django's own renders a template for each option, and here are tens of thousands."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        groups = [
            format_html('<optgroup label="{}">{}</optgroup>', group, _options(inner, chosen))
            if isinstance(inner, list | tuple)
            else _options([(group, inner)], chosen)
            for group, inner in self.choices
        ]
        written = flatatt({**self.attrs, **(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", written, SafeString("".join(groups)))


def _options(choices: Sequence[tuple[Any, Any]], chosen: str) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SafeString(" selected") if str(value) == chosen else "", text) for value, text in choices),
    )


def wide(rows: int = 0) -> forms.Widget:
    attrs = {"class": "vLargeTextField"}
    return forms.Textarea(attrs={**attrs, "rows": rows}) if rows else forms.TextInput(attrs=attrs)


def line(label: Any, *, most: int, help_text: Any = "", rows: int = 0) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=most,
        widget=wide(rows),
        help_text=help_text,
        error_messages={
            "max_length": gettext_lazy("This has %(show_value)d characters; %(limit_value)d at most are possible.")
        },
    )


def whole(label: Any, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most, help_text=help_text)


def number(label: Any) -> forms.FloatField:
    return forms.FloatField(label=label, required=False, min_value=-1e12, max_value=1e12, widget=_any_number())


def _any_number() -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": "any"})


def day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )


class Conditional(forms.Form):
    """Fields for a rule: up to three conditions that must all hold, or one of which must, and JSON for what is more."""

    # Conditions that are shown, at least; one empty line always stands ready.
    shown = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["if_match"] = forms.ChoiceField(
            label=_("Show only if"),
            required=False,
            choices=[("all", _("all of these hold")), ("any", _("one of these holds"))],
            widget=Menu(),
        )
        for n in range(1, CONDITIONS + 1):
            self.add_condition(f"if{n}", _("condition %(n)d") % {"n": n})
        self.fields["if_json"] = line(
            _("Rule as JSON"), most=4000, rows=2, help_text=_("What is written here counts instead of the lines above.")
        )

    def add_condition(self, name: str, words: str) -> None:
        labels = (_("Question"), _("Comparison"), _("Answer"))
        question, comparison, answer = (f"{label}, {words}" for label in labels)
        self.fields[f"{name}_question"] = forms.CharField(label=question, required=False, widget=Menu())
        self.fields[f"{name}_is"] = forms.ChoiceField(
            label=comparison, required=False, choices=COMPARISONS, widget=Menu()
        )
        self.fields[f"{name}_value"] = line(answer, most=300)
        self.fields[f"{name}_value"].widget.attrs["class"] = "answer"

    def know(self, questions: Sequence[tuple[str, str]]) -> None:
        """Which questions conditions can be about: those before, by their number on this page."""
        for name, field_ in self.fields.items():
            if name.endswith("_question"):
                chosen = str(self[name].value() or "")
                known = [("", "–"), *questions]
                if chosen and chosen not in dict(known):
                    known.append((chosen, _("a question that comes later, or is gone")))
                field_.widget.choices = known

    def lines(self, names: Sequence[str]) -> list[list[forms.BoundField]]:
        """The lines of conditions that are shown: those filled in, and one more."""
        filled = [bool(self[f"{name}_question"].value()) for name in names]
        last = max((n for n, is_filled in enumerate(filled, 1) if is_filled), default=0)
        return [[self[f"{name}_{part}"] for part in ("question", "is", "value")] for name in names[: last + 1]]

    @property
    def condition_lines(self) -> list[list[forms.BoundField]]:
        return self.lines([f"if{n}" for n in range(1, CONDITIONS + 1)])

    @property
    def has_rule(self) -> bool:
        return bool(self["if1_question"].value() or self["if_json"].value())

    def clean_if_json(self) -> Any:
        text = self.cleaned_data["if_json"]
        if not text.strip():
            return None
        try:
            return rules.dump(rules.parse(json.loads(text)))
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is not JSON.")) from None
        except rules.RuleFault as fault:
            raise forms.ValidationError(fault.message) from None

    def rule(self, known: Known) -> dict[str, Any] | None:
        """The rule as it is written; faults are said at their fields."""
        data = self.cleaned_data
        if data.get("if_json"):
            return dict(data["if_json"])
        parts = [self.condition(f"if{n}", known) for n in range(1, CONDITIONS + 1)]
        found = [part for part in parts if part]
        return found[0] if len(found) == 1 else {data.get("if_match") or "all": found} if found else None

    def condition(self, name: str, known: Known) -> dict[str, Any] | None:
        data = self.cleaned_data
        about = data.get(f"{name}_question", "")
        if not about:
            return None
        try:
            return known.statement(about, data.get(f"{name}_is") or "is", data.get(f"{name}_value", ""))
        except LookupError as error:
            self.add_error(f"{name}_value", str(error.args[0]))
        return None


class SurveyQuestionFields(Conditional):
    """A question of a survey, with the fields of every type; the page shows those that its type has."""

    uid = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput())
    translations = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput())
    kind = forms.ChoiceField(label=gettext_lazy("Type"), choices=kind_choices, initial="single", widget=Menu())
    question = line(gettext_lazy("Question"), most=500)
    options = forms.CharField(
        label=gettext_lazy("Options"),
        required=False,
        max_length=60_000,
        widget=wide(6),
        help_text=gettext_lazy("One a line. At the end of a line may stand [other], [none], [don't know] or [fixed]."),
    )
    labels = line(
        gettext_lazy("Words of the scale"),
        most=4000,
        rows=4,
        help_text=gettext_lazy("One a line: every point of a scale, or its two ends; of a number its unit."),
    )
    min_choices = whole(gettext_lazy("at least"), 1, 100)
    max_choices = whole(gettext_lazy("at most"), 1, 100, gettext_lazy("Empty: as many as there are."))
    points = whole(gettext_lazy("Points of the scale"), 2, 11, gettext_lazy("Empty: 5."))
    least = number(gettext_lazy("Smallest number"))
    most = number(gettext_lazy("Largest number"))
    step = number(gettext_lazy("In steps of"))
    decimals = whole(gettext_lazy("Decimals"), 0, 6)
    total = whole(gettext_lazy("Points to share out"), 2, 1000, gettext_lazy("Empty: 100."))
    limit = whole(gettext_lazy("Room for characters"), 1, 10_000)
    first = day(gettext_lazy("First day"))
    last = day(gettext_lazy("Last day"))
    dont_know = forms.BooleanField(label=gettext_lazy("With a column “don't know”"), required=False)
    panel = forms.BooleanField(label=gettext_lazy("Whoever agrees joins the reader panel"), required=False)
    order = forms.ChoiceField(
        label=gettext_lazy("Order of options"),
        required=False,
        choices=[
            ("", gettext_lazy("as written")),
            ("random", gettext_lazy("random, another one for each reader")),
            ("rotate", gettext_lazy("rotating: each reader begins at another place")),
        ],
        widget=Menu(),
    )
    page = whole(gettext_lazy("Page"), 1, questionnaire.MOST_PAGES)
    help = line(gettext_lazy("Help for the reader"), most=500)
    required = forms.BooleanField(label=gettext_lazy("An answer is required"), required=False, initial=True)
    about = forms.BooleanField(label=gettext_lazy("Belongs to “About you”"), required=False)
    name = line(
        gettext_lazy("Name in exports"),
        most=40,
        help_text=gettext_lazy("Letters, digits, - and _. Empty: by its place."),
    )

    # Which types show a field; all others belong to every type.
    KINDS: Mapping[str, tuple[str, ...]] = {
        "options": tuple(kind for kind in SHAPES if kind not in ("text", "longtext")),
        "labels": tuple(kind for kind, shape in SHAPES.items() if shape.labels[1]),
        "min_choices": tuple(kind for kind, shape in SHAPES.items() if shape.several),
        "max_choices": tuple(kind for kind, shape in SHAPES.items() if shape.several),
        "order": tuple(kind for kind, shape in SHAPES.items() if "order" in shape.settings),
        "points": ("rating",),
        "least": ("number", "slider"),
        "most": ("number", "slider"),
        "step": ("slider",),
        "decimals": ("number",),
        "total": ("points",),
        "limit": ("text", "longtext"),
        "first": ("date",),
        "last": ("date",),
        "dont_know": ("matrix",),
        "panel": ("consent",),
    }
    # The field in which a setting of the questionnaire is written.
    SETTING = {
        "order": "order", "points": "points", "min": "least", "max": "most", "step": "step", "decimals": "decimals",
        "total": "total", "limit": "limit", "from": "first", "to": "last", "dont_know": "dont_know", "panel": "panel",
    }  # fmt: skip
    MAIN = ("kind", "question", "options", "labels", "min_choices", "max_choices", "points", "least", "most", "step",
            "decimals", "total", "limit", "first", "last", "dont_know", "panel")  # fmt: skip
    MORE = ("help", "required", "order", "about", "page", "name")

    @property
    def main(self) -> list[forms.BoundField]:
        return self.told(self.MAIN)

    @property
    def more(self) -> list[forms.BoundField]:
        return self.told(self.MORE)

    def told(self, names: Sequence[str]) -> list[forms.BoundField]:
        """The fields, each knowing the types that have it."""
        found = [self[name] for name in names]
        for bound in found:
            bound.kinds = " ".join(self.KINDS.get(bound.name, ()))  # type: ignore[attr-defined]
        return found

    @property
    def more_has_errors(self) -> bool:
        return any(name in self.errors for name in self.MORE) if self.is_bound else False

    def clean_question(self) -> str:
        return drafting.one_line(self.cleaned_data["question"])

    def is_empty(self) -> bool:
        """Whether nothing is written here that makes a question."""
        return not any(str(self[name].data or "").strip() for name in ("question", "options", "labels"))

    def json(self) -> dict[str, Any]:
        """The question as it is written, its rule left out: that speaks of other questions."""
        data = self.cleaned_data
        kind = data.get("kind") or "single"
        shape = SHAPES[kind]
        found: dict[str, Any] = {
            "name": data.get("name", ""),
            "kind": kind,
            "page": data.get("page") or 1,
            "text": data.get("question", ""),
            "help": drafting.one_line(data.get("help", "")),
            "required": data.get("required", False),
            "labels": [one for one in map(drafting.one_line, data.get("labels", "").splitlines()) if one],
            "settings": self.type_settings(shape.settings),
            "about": data.get("about", False),
            "options": options_from(data.get("options", "")),
        }
        if not shape.labels[1]:
            found["labels"] = []
        if TYPES[kind].OPTIONS[1] == 0:
            found["options"] = []
        if shape.several:
            n = max(1, len(found["options"]))
            found["min"] = data.get("min_choices") or 1
            found["max"] = data.get("max_choices") or questionnaire.usual_most(kind, n)
        self.translate(found)
        return found

    def type_settings(self, names: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in names:
            value = self.cleaned_data.get(self.SETTING[name])
            if value is None or value is False or value == "":
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            found[name] = value.isoformat() if isinstance(value, date) else value
        return found

    def translate(self, found: dict[str, Any]) -> None:
        """Put back the translations that this page does not show; of an option by its words."""
        try:
            kept = json.loads(self.cleaned_data.get("translations") or "{}")
            own, options = kept.get("question", {}), kept.get("options", {})
            for words in own.values():
                if len(words.get("labels", [])) != len(found["labels"]):
                    words.pop("labels", None)
            found["translations"] = own
            for option in found["options"]:
                option["translations"] = options.get(option["text"], {})
        except (ValueError, AttributeError, TypeError, RecursionError):
            return


class PageFields(Conditional):
    """A page of a survey: its title, when it shows, and where it leads."""

    title = line(gettext_lazy("Title of the page"), most=200)
    block = line(
        gettext_lazy("Block"),
        most=81,
        help_text=gettext_lazy(
            "Pages of the same block stay together. Blocks such as “random.a” and “random.b” come in random order."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, JUMPS + 1):
            words = _("jump %(n)d") % {"n": n}
            self.add_condition(f"jump{n}", words)
            self.fields[f"jump{n}_to"] = forms.CharField(
                label=f"{_('Goes to')}, {words}", required=False, widget=Menu()
            )

    def pages(self, last: int, own: int) -> None:
        """Which pages a jump can lead to: those behind this one, and the end."""
        for n in range(1, JUMPS + 1):
            later = [(str(page), _("page %(n)d") % {"n": page}) for page in range(own + 1, last + 1)]
            choices = [("", "–"), *later, ("end", _("the end of the survey"))]
            chosen = str(self[f"jump{n}_to"].value() or "")
            if chosen and chosen not in dict(choices):
                choices.append((chosen, _("page %(n)s, which is gone") % {"n": chosen}))
            self.fields[f"jump{n}_to"].widget.choices = choices

    @property
    def jump_lines(self) -> list[list[forms.BoundField]]:
        names = [f"jump{n}" for n in range(1, JUMPS + 1)]
        filled = max((n for n, name in enumerate(names, 1) if self[f"{name}_to"].value()), default=0)
        parts = ("question", "is", "value", "to")
        return [[self[f"{name}_{part}"] for part in parts] for name in names[: filled + 1]]

    @property
    def is_told(self) -> bool:
        """Whether anything stands here that readers or other pages notice."""
        return bool(self.has_rule or self["block"].value() or self["jump1_to"].value())

    def json(self, known: Known, pages: Mapping[int, int]) -> dict[str, Any]:
        """The page as the flow has it; `pages` are the new numbers of pages that have closed up."""
        found = {
            "title": drafting.one_line(self.cleaned_data.get("title", "")),
            "show_if": self.rule(known),
            "jumps": [],
            "block": self.cleaned_data.get("block", "").strip(),
        }
        for n in range(1, JUMPS + 1):
            to = self.cleaned_data.get(f"jump{n}_to", "")
            if not to:
                continue
            rule = self.condition(f"jump{n}", known)
            target: Any = "end" if to == "end" else pages.get(int(to)) if to.isdigit() and len(to) < 5 else None
            if target is None:
                self.add_error(f"jump{n}_to", _("This page is gone. Please choose another."))
                continue
            found["jumps"].append({**({"if": rule} if rule else {}), "to": target})
        return {name: value for name, value in found.items() if value not in ("", None, [])}


class CourseFields(Conditional):
    """What concerns the whole course: halves of a split survey, and quotas."""

    groups = forms.CharField(
        label=gettext_lazy("Split halves"),
        required=False,
        max_length=2000,
        widget=wide(2),
        help_text=gettext_lazy("One a line, such as “wording: A, B”. Each reader is in one of them, by lot."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name != "groups"]:
            del self.fields[name]
        for n in range(1, MOST_QUOTAS + 1):
            words = _("quota %(n)d") % {"n": n}
            self.fields[f"quota{n}_question"] = forms.CharField(
                label=f"{_('Question')}, {words}", required=False, widget=Menu()
            )
            self.fields[f"quota{n}_value"] = line(f"{_('Answer')}, {words}", most=300)
            self.fields[f"quota{n}_value"].widget.attrs["class"] = "answer"
            self.fields[f"quota{n}_limit"] = whole(f"{_('At most')}, {words}", 1, 10**9)
            self.fields[f"quota{n}_message"] = line(f"{_('What readers are told')}, {words}", most=500)

    @property
    def quota_lines(self) -> list[list[forms.BoundField]]:
        names = [f"quota{n}" for n in range(1, MOST_QUOTAS + 1)]
        filled = max((n for n, name in enumerate(names, 1) if self[f"{name}_question"].value()), default=0)
        parts = ("question", "value", "limit", "message")
        return [[self[f"{name}_{part}"] for part in parts] for name in names[: filled + 1]]

    @property
    def is_told(self) -> bool:
        return bool(self["groups"].value() or self["quota1_question"].value())

    def clean_groups(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for written in self.cleaned_data["groups"].splitlines():
            if not written.strip():
                continue
            name, colon, values = written.partition(":")
            parts = [value.strip() for value in values.split(",") if value.strip()]
            if not colon or len(parts) < 2 or not all(rules.NAME.fullmatch(one) for one in (name.strip(), *parts)):
                raise forms.ValidationError(_("Please write halves as a name, a colon and two names: “wording: A, B”."))
            found[name.strip()] = parts
        return found

    def json(self, known: Known) -> dict[str, Any]:
        data = self.cleaned_data
        quotas = []
        for n in range(1, MOST_QUOTAS + 1):
            about = data.get(f"quota{n}_question", "")
            if not about:
                continue
            try:
                statement = known.statement(about, "is", data.get(f"quota{n}_value", ""))
            except LookupError as error:
                self.add_error(f"quota{n}_value", str(error.args[0]))
                continue
            if "is" not in statement:
                self.add_error(f"quota{n}_question", _("A quota is kept for an option, not for a number."))
                continue
            if not data.get(f"quota{n}_limit"):
                self.add_error(f"quota{n}_limit", _("Please say how many."))
                continue
            message = drafting.one_line(data.get(f"quota{n}_message", ""))
            quota = {"question": statement["question"], "option": statement["is"], "limit": data[f"quota{n}_limit"]}
            quotas.append({**quota, **({"message": message} if message else {})})
        found = {"groups": data.get("groups") or {}, "quotas": quotas}
        return {name: value for name, value in found.items() if value}


# --- rules, between fields and JSON -------------------------------------------------------------------------------


class Known:
    """The questions by their number on the page, for rules; a question that is spoken of gets a name."""

    def __init__(self, questions: Sequence[tuple[str, dict[str, Any]]]) -> None:
        self.by_uid = dict(questions)
        self.names = Names()
        for position, (_uid, question) in enumerate(questions, 1):
            self.names.take(question["name"] or f"q{position}", otherwise="q")

    def statement(self, about: str, comparison: str, value: str) -> dict[str, Any]:
        """What a line of fields says; raises `LookupError` with a sentence."""
        if about.startswith("half:"):
            group = {"group": about.removeprefix("half:"), "is": value.strip()}
            if not rules.NAME.fullmatch(value.strip()):
                raise LookupError(_("Please write the name of the half, such as A."))
            return {"not": group} if comparison == "is_not" else group
        uid, _bar, row = about.partition("|")
        question = self.by_uid.get(uid)
        if question is None:
            raise LookupError(_("This question is gone. Please choose another."))
        if not question["name"]:
            question["name"] = self.names.take(question["text"][:24].strip(), otherwise=f"question{uid}")
        found: dict[str, Any] = {"question": question["name"]}
        if comparison in WITHOUT_VALUE:
            return {**found, "answered": comparison == "answered"}
        if row:
            found["row"] = self.option(question, row)
        if row or comparison in ("at_least", "at_most") or questionnaire.beside_only(question["kind"]):
            return self.compared(found, question, comparison, value)
        statement = {**found, "is": self.option(question, value)}
        return {"not": statement} if comparison == "is_not" else statement

    def compared(
        self, found: dict[str, Any], question: Mapping[str, Any], comparison: str, value: str
    ) -> dict[str, Any]:
        point = self.number(question, value)
        if comparison in ("at_least", "at_most"):
            return {**found, comparison: point}
        same = {"all": [{**found, "at_least": point}, {**found, "at_most": point}]}
        return {"not": same} if comparison == "is_not" else same

    def option(self, question: Mapping[str, Any], value: str) -> str:
        """The name of the option that is meant, by its words or by its name."""
        wanted = drafting.one_line(value).casefold()
        for position, option in enumerate(question["options"]):
            if wanted in (option["text"].casefold(), questionnaire.code_of(option, position).casefold()):
                return questionnaire.code_of(option, position)
        words = "”, “".join(option["text"] for option in question["options"][:6])
        raise LookupError(_("Please write one of its options: “%(options)s”.") % {"options": words})

    def number(self, question: Mapping[str, Any], value: str) -> int | float:
        """The number that is meant: as written, a day as eight digits, or a point of a scale by its words."""
        wanted = drafting.one_line(value)
        if question["kind"] in ("likert", "matrix"):
            for point, label in enumerate(question["labels"], 1):
                if label.casefold() == wanted.casefold():
                    return point
        if question["kind"] == "date":
            wanted = wanted.replace("-", "")
        try:
            found = float(wanted)
        except ValueError:
            found = float("nan")
        if not abs(found) < 1e12:
            raise LookupError(_("Please write a number to compare with."))
        return int(found) if found.is_integer() else found


@dataclass
class _Words:
    """A questionnaire's rules put into lines of fields."""

    uids: Mapping[str, str]
    questions: Mapping[str, Mapping[str, Any]]

    def fields(self, rule: Mapping[str, Any] | None, *, most: int = CONDITIONS) -> dict[str, Any]:
        """The fields of a rule; one that has no lines stands as JSON."""
        if rule is None:
            return {}
        match, parts = self.parts(rule)
        lines = [self.line(part) for part in parts]
        if len(lines) > most or any(one is None for one in lines):
            return {"if_json": json.dumps(rule, ensure_ascii=False)}
        found: dict[str, Any] = {"if_match": match}
        for n, one in enumerate(lines, 1):
            found |= {f"if{n}_{part}": value for part, value in (one or {}).items()}
        return found

    def parts(self, rule: Mapping[str, Any]) -> tuple[str, Sequence[Mapping[str, Any]]]:
        if self.line(rule):
            return "all", [rule]
        if "in" in rule:
            return "any", [{"question": rule["question"], "is": option} for option in rule["in"]]
        if "any" in rule:
            return "any", rule["any"]
        return "all", rule.get("all", [rule, rule, rule, rule])

    def line(self, rule: Mapping[str, Any]) -> dict[str, str] | None:
        """One condition as question, comparison and answer; None where it takes more than a line."""
        turned = "not" in rule
        inner = rule["not"] if turned else rule
        if "group" in inner:
            return {"question": f"half:{inner['group']}", "is": "is_not" if turned else "is", "value": inner["is"]}
        if equal := _equal(inner):
            about = {name: equal[name] for name in ("question", "row") if name in equal}
            return self.told(about, "is_not" if turned else "is", str(equal["at_least"]))
        if "is" in inner:
            option = self.option(inner["question"], inner["is"])
            return self.told(inner, "is_not" if turned else "is", option)
        if turned or "question" not in inner or "in" in inner:
            return None
        if "answered" in inner:
            return self.told(inner, "answered" if inner["answered"] else "not_answered", "")
        word = "at_least" if "at_least" in inner else "at_most"
        return self.told(inner, word, str(inner[word]))

    def told(self, about: Mapping[str, Any], comparison: str, value: str) -> dict[str, str] | None:
        uid = self.uids.get(about["question"])
        if uid is None:
            return None
        row = f"|{self.option(about['question'], about['row'])}" if "row" in about else ""
        return {"question": uid + row, "is": comparison, "value": value}

    def option(self, question: str, code: str) -> str:
        options = self.questions.get(question, {}).get("options", [])
        return next(
            (option["text"] for n, option in enumerate(options) if questionnaire.code_of(option, n) == code), code
        )


def _equal(rule: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """“At least five and at most five”, which is “is five”."""
    parts = rule.get("all", [])
    if len(parts) != 2 or "at_least" not in parts[0] or "at_most" not in parts[1]:
        return None
    same = {**parts[1], "at_least": parts[1]["at_most"]}
    same.pop("at_most")
    return parts[0] if same == parts[0] else None


# --- rows: what stands in the fields ------------------------------------------------------------------------------


@dataclass
class Rows:
    """What stands in the fields of the page, form by form, before anybody has checked it."""

    questions: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[int, dict[str, Any]] = field(default_factory=dict)
    course: dict[str, Any] = field(default_factory=dict)

    @property
    def last_page(self) -> int:
        return max((page_of(row) for row in self.questions), default=1)

    def free_uid(self) -> str:
        taken = {row.get("uid") for row in self.questions}
        return next(str(n) for n in range(1, 10_000) if str(n) not in taken)

    def add(self, **row: Any) -> int:
        """A new question at the end; returns its place."""
        self.questions.append(
            {"required": True, "kind": "single", "page": self.last_page, **row, "uid": self.free_uid()}
        )
        return len(self.questions) - 1

    def settle(self) -> None:
        """The questions in the order of their pages, the pages numbered without gaps."""
        self.questions.sort(key=page_of)
        numbers = {page: n for n, page in enumerate(sorted({page_of(row) for row in self.questions}), 1)}
        for row in self.questions:
            row["page"] = numbers[page_of(row)]
        self.pages = {numbers[page]: row for page, row in self.pages.items() if page in numbers}
        for row in self.pages.values():
            for n in range(1, JUMPS + 1):
                to = str(row.get(f"jump{n}_to") or "")
                if to.isdigit():
                    row[f"jump{n}_to"] = str(numbers.get(int(to), ""))

    def append(self, whole: Mapping[str, Any]) -> int:
        """Put a questionnaire behind what is there, on pages of its own; returns the place of its first question."""
        more = rows_of(whole)
        first, after = len(self.questions), self.last_page if self.questions else 0
        taken = {str(row.get("name") or "").casefold() for row in self.questions}
        base = max((int(row["uid"]) for row in self.questions if str(row.get("uid")).isdigit()), default=0)
        for row in [*more.questions, *more.pages.values(), more.course]:
            for name in [name for name in row if name.endswith("_question")]:
                uid, bar, rest = str(row[name]).partition("|")
                if uid.isdigit():
                    row[name] = f"{int(uid) + base}{bar}{rest}"
            for name in [name for name in row if name.startswith("jump") and name.endswith("_to")]:
                if str(row[name]).isdigit():
                    row[name] = str(int(row[name]) + after)
        for row in more.questions:
            row |= {"uid": str(int(row["uid"]) + base), "page": row["page"] + after}
            if str(row["name"]).casefold() in taken:
                row["name"] = ""
        self.questions += more.questions
        self.pages |= {page + after: row for page, row in more.pages.items()}
        if not first:
            self.course = more.course
        return first


def page_of(row: Mapping[str, Any]) -> int:
    """The page on which a question is to stand, 1 where nothing sensible is written."""
    written = str(row.get("page") or "")
    return (
        min(int(written), questionnaire.MOST_PAGES)
        if written.isdigit() and 0 < len(written) < 5 and int(written)
        else 1
    )


def rows_of(whole: Mapping[str, Any]) -> Rows:
    """A questionnaire as it stands in the fields."""
    named = dict(questionnaire.codes(whole))
    words = _Words({code: str(n) for n, code in enumerate(named, 1)}, named)
    rows = Rows(questions=[_question_row(code, one, words) for code, one in named.items()])
    flow = whole["flow"]
    for n, page in enumerate(flow.get("pages", []), 1):
        row = {"title": page.get("title", ""), "block": page.get("block", ""), **words.fields(page.get("show_if"))}
        for place, jump in enumerate(page.get("jumps", [])[:JUMPS], 1):
            row[f"jump{place}_to"] = str(jump["to"])
            for part, value in (words.line(jump["if"]) or {} if jump.get("if") else {}).items():
                row[f"jump{place}_{part}"] = value
        rows.pages[n] = row
    rows.course["groups"] = "\n".join(f"{name}: {', '.join(values)}" for name, values in flow.get("groups", {}).items())
    for n, quota in enumerate(flow.get("quotas", [])[:MOST_QUOTAS], 1):
        rows.course |= {
            f"quota{n}_question": words.uids.get(quota["question"], ""),
            f"quota{n}_value": words.option(quota["question"], quota["option"]),
            f"quota{n}_limit": quota["limit"],
            f"quota{n}_message": quota.get("message", ""),
        }
    return rows


def _question_row(code: str, one: Mapping[str, Any], words: _Words) -> dict[str, Any]:
    several = SHAPES[one["kind"]].several
    usual = questionnaire.usual_most(one["kind"], len(one["options"]))
    translations = {
        "question": one["translations"],
        "options": {option["text"]: option["translations"] for option in one["options"] if option["translations"]},
    }
    return {
        "uid": words.uids[code],
        "translations": json.dumps(translations, ensure_ascii=False) if any(translations.values()) else "",
        "kind": one["kind"],
        "question": one["text"],
        "help": one["help"],
        "options": options_as(one["options"]),
        "labels": "\n".join(one["labels"]),
        "min_choices": one["min"] if several and one["min"] > 1 else None,
        "max_choices": one["max"] if several and one["max"] != usual else None,
        "page": one["page"],
        "required": one["required"],
        "about": one["about"],
        "name": one["name"],
        **{SurveyQuestionFields.SETTING[name]: value for name, value in one["settings"].items()},
        **words.fields(one["show_if"]),
    }


# --- the sheet ----------------------------------------------------------------------------------------------------


class Sheet:
    """All forms of the page: questions, pages, course; bound to what was posted, or showing rows."""

    def __init__(self, data: Any = None, *, rows: Rows | None = None) -> None:
        self.data = data
        if data is not None:
            self.questions = [
                SurveyQuestionFields(data, prefix=f"questions-{n}")
                for n in range(_total(data, "questions-TOTAL_FORMS"))
            ]
            numbers = range(1, min(_total(data, "pages-TOTAL_FORMS"), questionnaire.MOST_PAGES) + 1)
            self.pages = {n: PageFields(data, prefix=f"pages-{n}") for n in numbers}
            self.course = CourseFields(data, prefix="course")
        else:
            rows = rows or Rows()
            self.questions = [
                SurveyQuestionFields(initial=row, prefix=f"questions-{n}") for n, row in enumerate(rows.questions)
            ]
            self.pages = {
                n: PageFields(initial=rows.pages.get(n, {}), prefix=f"pages-{n}") for n in range(1, rows.last_page + 1)
            }
            self.course = CourseFields(initial=rows.course, prefix="course")
        self._introduce()

    def _introduce(self) -> None:
        """Tell every form which questions stand before it, and number questions that have no number yet."""
        taken = {str(form["uid"].value() or "") for form in self.questions}
        self.uids = []
        for form in self.questions:
            uid = str(form["uid"].value() or "") or next(str(n) for n in range(1, 10_000) if str(n) not in taken)
            taken.add(uid)
            self.uids.append(uid)
            if self.data is None:
                form.initial["uid"] = uid
        halves = [
            (f"half:{name.strip()}", _("half of “%(name)s”") % {"name": name.strip()})
            for name in (written.partition(":")[0] for written in str(self.course["groups"].value() or "").splitlines())
            if name.strip()
        ]
        known: list[tuple[int, list[tuple[str, str]]]] = []
        for n, (uid, form) in enumerate(zip(self.uids, self.questions, strict=True), 1):
            form.know([*halves, *(choice for _page, choices in known for choice in choices)])
            known.append((page_of({"page": form["page"].value()}), list(_choices(n, uid, form))))
        last = max([*self.pages, *(page for page, _choices_ in known)], default=1)
        for number_, page in self.pages.items():
            page.know([*halves, *(choice for at, choices in known if at <= number_ for choice in choices)])
            page.pages(last, number_)
        whole_ones = [choice for _page, choices in known for choice in choices if "|" not in choice[0]]
        for name, field_ in self.course.fields.items():
            if name.endswith("_question"):
                field_.widget.choices = [("", "–"), *whole_ones]

    @property
    def by_page(self) -> list[dict[str, Any]]:
        """The pages in order, each with its form and its questions, which know their place."""
        found: dict[int, list[Any]] = {}
        for place, form in enumerate(self.questions):
            found.setdefault(page_of({"page": form["page"].value()}), []).append({"form": form, "place": place})
        return [{"number": n, "form": self.pages.get(n), "questions": found[n]} for n in sorted(found)]

    @property
    def forms(self) -> list[forms.Form]:
        return [*self.questions, *self.pages.values(), self.course]

    @property
    def is_bound(self) -> bool:
        return self.data is not None

    def drafts(self) -> list[Draft]:
        """The questions as far as their wording goes, whether or not anything is right about them yet."""
        rows = [{name: form[name].value() for name in form.fields} for form in self.questions]
        return [_draft(row) for row in rows if str(row["question"] or row["options"] or row["labels"] or "").strip()]

    @property
    def faulty(self) -> bool:
        return self.is_bound and any(form.errors for form in self.forms)

    def rows(self) -> Rows:
        """What was posted, unchecked, for showing the page again in another order."""
        return Rows(
            questions=[{**_raw(form), "uid": uid} for uid, form in zip(self.uids, self.questions, strict=True)],
            pages={n: _raw(form) for n, form in self.pages.items()},
            course=_raw(self.course),
        )

    def whole(self, *, title: str = "", intro: str = "") -> dict[str, Any] | None:
        """The questionnaire that is written; None where there are faults, each said at its field or by `faults`."""
        self.faults: list[str] = []
        for form in self.forms:
            form.is_valid()
        written = [(uid, form) for uid, form in zip(self.uids, self.questions, strict=True) if not form.is_empty()]
        written.sort(key=lambda pair: page_of({"page": pair[1]["page"].value()}))
        questions = [(uid, form.json()) for uid, form in written]
        numbers = {page: n for n, page in enumerate(sorted({question["page"] for _uid, question in questions}), 1)}
        known = Known(questions)
        for (_uid, form), (_same, question) in zip(written, questions, strict=True):
            question["page"] = numbers[question["page"]]
            question["show_if"] = form.rule(known)
            _place_pictures(form, question)
        pages = [self.pages[page].json(known, numbers) if page in self.pages else {} for page in sorted(numbers)]
        flow = {**({"pages": pages} if any(pages) else {}), **self.course.json(known)}
        for (_uid, form), (_same, question) in zip(written, questions, strict=True):
            _check(form, question)
        if self.faulty or not questions:
            return None
        given = {"format": questionnaire.FORMAT, "title": title, "intro": intro, "flow": flow}
        try:
            found = questionnaire.read({**given, "questions": [question for _uid, question in questions]})
        except questionnaire.Unreadable as unreadable:
            self.faults = unreadable.faults
            return None
        self.faults = [] if len(found["questions"]) == 1 and not flow else questionnaire.faults(found)
        return None if self.faults else found

    def asked(self) -> list[Asked]:
        """The questions alone, for a corrected copy; empty where there are faults."""
        found = self.whole()
        return list(questionnaire.asked_of(found)) if found else []


def sheet_of(poll: Poll | None, data: Any = None) -> Sheet:
    """The forms for a poll's questions, or for a new poll's with an empty one; bound to `data` where there is some."""
    if data is not None:
        return Sheet(data)
    rows = rows_of(questionnaire.of_poll(poll)) if poll else Rows()
    if not rows.questions:
        rows.add()
    return Sheet(rows=rows)


@dataclass(frozen=True)
class _Offer:
    text: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Draft:
    """A question as `polls.wording` reads it, from fields that nobody has checked."""

    text: str
    kind: str
    options: tuple[_Offer, ...]
    labels: tuple[str, ...]
    help: str
    required: bool
    about: bool
    settings: Mapping[str, Any]


def _draft(row: Mapping[str, Any]) -> Draft:
    kind = str(row["kind"])
    options = options_from(str(row["options"] or "")) if kind in TYPES and TYPES[kind].OPTIONS[1] else []
    given = TYPES[kind].GIVEN if kind in TYPES and not options else ()
    return Draft(
        text=drafting.one_line(str(row["question"] or "")),
        kind=kind,
        options=(
            *(_Offer(one["text"], one["settings"]) for one in options),
            *(_Offer(str(text), {}) for text in given),
        ),
        labels=tuple(str(row["labels"] or "").splitlines()) if kind in SHAPES and SHAPES[kind].labels[1] else (),
        help=str(row["help"] or ""),
        required=bool(row["required"]),
        about=bool(row["about"]),
        settings={"order": row["order"]} if row["order"] else {},
    )


def _total(data: Any, name: str) -> int:
    written = str(data.get(name, "0"))
    return min(int(written), questionnaire.MOST_QUESTIONS + 1) if written.isdigit() and len(written) < 5 else 0


def _raw(form: forms.Form) -> dict[str, Any]:
    return {name: form[name].data for name in form.fields}


def _choices(n: int, uid: str, form: SurveyQuestionFields) -> Iterator[tuple[str, str]]:
    """A question as conditions offer it, and each row of a table."""
    words = f"{n}. {str(form['question'].value() or '')[:60]}"
    kind = form["kind"].value()
    if kind not in ("matrix", "points"):
        yield uid, words
        return
    yield uid, words
    for option in options_from(str(form["options"].value() or "")):
        yield f"{uid}|{option['text']}", f"{n}. → {option['text'][:60]}"


def _place_pictures(form: SurveyQuestionFields, question: dict[str, Any]) -> None:
    """Put what is known of a picture of the library where its number was written."""
    for option in question["options"]:
        wanted = option["settings"].pop("picture", None)
        if wanted is None:
            continue
        picture: Picture | None = picture_of(wanted)
        if picture is None:
            form.add_error("options", _("There is no picture %(number)d in the library.") % {"number": wanted})
        else:
            option["settings"]["picture"] = picture
    if question["kind"] == "image" and not all(option["settings"].get("picture") for option in question["options"]):
        form.add_error("options", _("Each option needs its picture: write [picture 12] at the end of its line."))


def _check(form: SurveyQuestionFields, question: dict[str, Any]) -> None:
    """Say at the form of a question what is wrong with it by itself."""
    if not question["text"]:
        form.add_error("question", _("Please write the question."))
    texts = [option["text"] for option in question["options"]]
    if TYPES[question["kind"]].OPTIONS[0] > 1 and not (TYPES[question["kind"]].GIVEN and not texts):
        try:
            drafting.options_of("\n".join(texts))
        except forms.ValidationError as error:
            form.add_error("options", error)
        if SHAPES[question["kind"]].several and not form.errors:
            try:
                drafting.check_choices(question["kind"], question["min"], question["max"], len(texts))
            except forms.ValidationError as error:
                form.add_error("max_choices", error)
    if form.errors:
        return
    found, faults = questionnaire.read_question(question)
    if not faults:
        (asked,) = questionnaire.asked_of({"questions": [found]})
        faults = TYPES[asked.kind].faults(asked)
    for fault in faults:
        form.add_error(_field_of(question), fault)


def _field_of(question: Mapping[str, Any]) -> str:
    return "question" if not question["text"] else "labels" if SHAPES[question["kind"]].labels[1] else "options"


# --- what the buttons do before anything is stored ----------------------------------------------------------------

Act = Callable[[Rows, int], int | None]


def up(rows: Rows, at: int) -> int:
    """A question one place up; the first of a page goes to the page before. Returns its new place."""
    if at == 0:
        rows.questions[at]["page"] = page_of(rows.questions[at])
        return at
    before, own = page_of(rows.questions[at - 1]), page_of(rows.questions[at])
    if before < own:
        rows.questions[at]["page"] = before
        return at
    rows.questions[at - 1], rows.questions[at] = rows.questions[at], rows.questions[at - 1]
    return at - 1


def down(rows: Rows, at: int) -> int:
    """A question one place down; the last of a page goes to the page after, which is a new one after the last."""
    if at == len(rows.questions) - 1:
        if at and page_of(rows.questions[at - 1]) == page_of(rows.questions[at]):
            rows.questions[at]["page"] = page_of(rows.questions[at]) + 1
        return at
    after, own = page_of(rows.questions[at + 1]), page_of(rows.questions[at])
    if after > own:
        rows.questions[at]["page"] = after
        return at
    rows.questions[at + 1], rows.questions[at] = rows.questions[at], rows.questions[at + 1]
    return at + 1


def duplicate(rows: Rows, at: int) -> int:
    """The same question once more, behind it, without its name."""
    rows.questions.insert(at + 1, {**rows.questions[at], "uid": rows.free_uid(), "name": ""})
    return at + 1


def remove(rows: Rows, at: int) -> int | None:
    del rows.questions[at]
    return min(at, len(rows.questions) - 1) if rows.questions else None


def add(rows: Rows, at: int) -> int:
    return rows.add()


def add_page(rows: Rows, at: int) -> int:
    return rows.add(page=rows.last_page + 1)


ACTS: Mapping[str, Act] = {
    "up": up,
    "down": down,
    "duplicate": duplicate,
    "remove": remove,
    "add": add,
    "page": add_page,
}


def act(rows: Rows, do: str) -> int | None:
    """What a button does (`up:3`, `add`); returns the question to look at then."""
    rows.settle()
    name, _colon, place = do.partition(":")
    at = int(place) if place.isdigit() and len(place) < 5 else -1
    if name not in ACTS or (name not in ("add", "page") and not 0 <= at < len(rows.questions)):
        return None
    found = ACTS[name](rows, at)
    rows.settle()
    return found
