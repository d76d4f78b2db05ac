"""Rules as an editor writes them: up to three lines of question, comparison and answer, or JSON for what is more.

Lines refer to questions by a number that a question keeps on the page wherever it is moved (`uid`), and to options by
their words; rules refer to both by name. `Known` makes rules of lines, `Lines` makes lines of rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import drafting, questionnaire, rules
from polls.characters import quoted
from polls.interchange import Names

CONDITIONS = 3
COMPARISONS = (
    ("is", gettext_lazy("is")),
    ("is_not", gettext_lazy("is not")),
    ("at_least", gettext_lazy("is at least")),
    ("at_most", gettext_lazy("is at most")),
    ("answered", gettext_lazy("was answered")),
    ("not_answered", gettext_lazy("was not answered")),
)
WITHOUT_VALUE = ("answered", "not_answered")


# --- fields -----------------------------------------------------------------------------------------------------------


class Menu(forms.Select):
    """A select drawn in one go: Django's own renders a template for each option, and here are tens of thousands."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        groups = [
            format_html('<optgroup label="{}">{}</optgroup>', group, _menu_options(inner, chosen))
            if isinstance(inner, list | tuple)
            else _menu_options([(group, inner)], chosen)
            for group, inner in self.choices
        ]
        written = flatatt({**self.attrs, **(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", written, SafeString("".join(groups)))


def _menu_options(choices: Sequence[tuple[Any, Any]], chosen: str) -> SafeString:
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
            "max_length": gettext_lazy("This has %(show_value)d characters; at most %(limit_value)d are allowed.")
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
            choices=[("all", _("all of these are true")), ("any", _("one of these is true"))],
            widget=Menu(),
        )
        for n in range(1, CONDITIONS + 1):
            self.add_condition(f"if{n}", _("condition %(n)d") % {"n": n})
        self.fields["if_json"] = line(
            _("Rule as JSON"), most=4000, rows=2, help_text=_("What you write here replaces the lines above.")
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
                    known.append((chosen, _("a question that comes later, or no longer exists")))
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


# --- between lines and rules ------------------------------------------------------------------------------------------


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
            raise LookupError(_("This question no longer exists. Please choose another."))
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
        words = ", ".join(quoted(option["text"]) for option in question["options"][:6])
        raise LookupError(_("Please write one of its options: %(options)s.") % {"options": words})

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
class Lines:
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
