"""The fields of a survey's questions, pages and course; each form says what stands in it as questionnaire JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drafting, questionnaire, rules
from polls.conditions import Conditional, Known, Menu, day, line, number, whole, wide
from polls.marks import options_from
from polls.questionnaire import SHAPES
from polls.questions import TYPES

JUMPS = 3
MOST_QUOTAS = 50
GROUPS = {
    "choosing": gettext_lazy("Choosing"),
    "scales": gettext_lazy("Scales"),
    "ordering": gettext_lazy("Ordering"),
    "writing": gettext_lazy("Writing"),
}


def grouped() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The types in their groups."""
    return [(label, [pair for pair in TYPES.items() if group == pair[1].GROUP]) for group, label in GROUPS.items()]


def kind_choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The types in their groups, as the field for the type offers them."""
    return [(label, [(name, kind.LABEL) for name, kind in kinds]) for label, kinds in grouped()]


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
        help_text=gettext_lazy("One per line. A line may end in [other], [none], [don't know] or [fixed]."),
    )
    labels = line(
        gettext_lazy("Words of the scale"),
        most=4000,
        rows=4,
        help_text=gettext_lazy("One per line: every point of a scale, or its two ends; for a number, its unit."),
    )
    min_choices = whole(gettext_lazy("at least"), 1, 100)
    max_choices = whole(gettext_lazy("at most"), 1, 100, gettext_lazy("Leave empty for as many as there are."))
    points = whole(gettext_lazy("Points of the scale"), 2, 11, gettext_lazy("Leave empty for 5."))
    least = number(gettext_lazy("Smallest number"))
    most = number(gettext_lazy("Largest number"))
    step = number(gettext_lazy("In steps of"))
    decimals = whole(gettext_lazy("Decimals"), 0, 6)
    total = whole(gettext_lazy("Points to share out"), 2, 1000, gettext_lazy("Leave empty for 100."))
    limit = whole(gettext_lazy("Maximum length"), 1, 10_000)
    first = day(gettext_lazy("First day"))
    last = day(gettext_lazy("Last day"))
    dont_know = forms.BooleanField(label=gettext_lazy("With a column “don’t know”"), required=False)
    panel = forms.BooleanField(label=gettext_lazy("Readers who agree join the reader panel"), required=False)
    order = forms.ChoiceField(
        label=gettext_lazy("Order of options"),
        required=False,
        choices=[
            ("", gettext_lazy("as written")),
            ("random", gettext_lazy("random, different for each reader")),
            ("rotate", gettext_lazy("rotating: each reader starts at a different place")),
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
        help_text=gettext_lazy("Letters, digits, - and _. Leave empty to use its position."),
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
                label=_("Goes to") + f", {words}", required=False, widget=Menu()
            )
        self.fields["jumps_json"] = line(
            _("Jumps as JSON"),
            most=20_000,
            rows=3,
            help_text=_(
                "In place of the lines above: for more jumps than there are lines, and conditions that need "
                "more than one line."
            ),
        )

    def pages(self, last: int, own: int) -> None:
        """Which pages a jump can lead to: those behind this one, and the end."""
        for n in range(1, JUMPS + 1):
            later = [(str(page), _("page %(n)d") % {"n": page}) for page in range(own + 1, last + 1)]
            choices = [("", "–"), *later, ("end", _("the end of the survey"))]
            chosen = str(self[f"jump{n}_to"].value() or "")
            if chosen and chosen not in dict(choices):
                choices.append((chosen, _("page %(n)s, which no longer exists") % {"n": chosen}))
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
        names = ("block", "jump1_to", "jumps_json")
        return bool(self.has_rule or any(self[name].value() for name in names))

    def clean_jumps_json(self) -> list[dict[str, Any]]:
        text = self.cleaned_data["jumps_json"]
        try:
            jumps = json.loads(text) if text.strip() else []
            rest = [dict(jump) for jump in jumps]
            if not all(set(jump) <= {"if", "to"} and (jump["to"] == "end" or int(jump["to"])) for jump in rest):
                raise ValueError
            return [{**jump, **({"if": rules.dump(rules.parse(jump["if"]))} if "if" in jump else {})} for jump in rest]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise forms.ValidationError(_("This is not a list of jumps in JSON.")) from None
        except rules.RuleFault as fault:
            raise forms.ValidationError(str(fault)) from None

    def json(self, known: Known, pages: Mapping[int, int]) -> dict[str, Any]:
        """The page as the flow has it; `pages` are the new numbers of pages that have closed up."""
        found = {
            "title": drafting.one_line(self.cleaned_data.get("title", "")),
            "show_if": self.rule(known),
            "jumps": [],
            "block": self.cleaned_data.get("block", "").strip(),
        }
        for jump in self.cleaned_data.get("jumps_json", []):
            to = jump["to"] if jump["to"] == "end" else pages.get(int(jump["to"]))
            if to is None:
                self.add_error("jumps_json", _("A page to which a jump leads no longer exists."))
            else:
                found["jumps"].append({**jump, "to": to})
        for n in range(1, JUMPS + 1):
            to = self.cleaned_data.get(f"jump{n}_to", "")
            if not to or self.cleaned_data.get("jumps_json"):
                continue
            rule = self.condition(f"jump{n}", known)
            target: Any = "end" if to == "end" else pages.get(int(to)) if to.isdigit() and len(to) < 5 else None
            if target is None:
                self.add_error(f"jump{n}_to", _("This page no longer exists. Please choose another."))
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
        help_text=gettext_lazy("One per line, such as “wording: A, B”. Each reader is put into one of them at random."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name != "groups"]:
            del self.fields[name]
        for n in range(1, MOST_QUOTAS + 1):
            words = _("quota %(n)d") % {"n": n}
            self.fields[f"quota{n}_question"] = forms.CharField(
                label=_("Question") + f", {words}", required=False, widget=Menu()
            )
            self.fields[f"quota{n}_value"] = line(_("Answer") + f", {words}", most=300)
            self.fields[f"quota{n}_value"].widget.attrs["class"] = "answer"
            self.fields[f"quota{n}_limit"] = whole(_("At most") + f", {words}", 1, 10**9)
            self.fields[f"quota{n}_message"] = line(_("What readers are told") + f", {words}", most=500)

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
