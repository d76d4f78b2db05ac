"""Conditions of a survey: one JSON format, read into frozen values, judged by what was answered earlier.

    {"all": [R, …]}  {"any": [R, …]}  {"not": R}
    {"question": "age", "is": "18-24"}           an option by its name; of several answers: it is among them
    {"question": "age", "in": ["18-24", "25-34"]}
    {"question": "trust", "at_least": 5}         a number; of a battery, points or ranking: "row": "press"
    {"question": "trust", "at_most": 5}
    {"question": "trust", "answered": true}
    {"group": "wording", "is": "A"}              the split half in which the respondent is

A question that was not shown or not answered makes every comparison false, so that `not` of it is true. The script of
the answering page judges the same JSON; `tests/browser/test_survey.py` holds the two together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.characters import quoted

DEPTH = 8
SIZE = 100
NAME = re.compile(r"[-A-Za-z0-9_]{1,40}", re.ASCII)
# What the column of numbers holds, and a double of the script still tells apart.
LARGEST = 10**14
DECIMALS = 6
COMPARISONS = ("is", "in", "at_least", "at_most", "answered")


class RuleFault(Exception):
    """What was written is no rule; the message tells an editor what to do about it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Answer:
    """What a respondent answered to one question, in the names that rules use; no `Answer` means not answered.

    `rows` are the points of a battery, the points given or the ranks, by option; what is outside the scale ("don't
    know") is left out of `number` and `rows`, so that no comparison takes it for a small number.
    """

    options: frozenset[str] = frozenset()
    number: Decimal | None = None
    rows: Mapping[str, Decimal] = field(default_factory=dict)


Answers = Mapping[str, Answer]
Groups = Mapping[str, str]


@dataclass(frozen=True)
class All:
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class AnyOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Not:
    rule: Rule


@dataclass(frozen=True)
class Chosen:
    """One of these options was chosen."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class AtLeast:
    question: str
    value: Decimal
    row: str | None = None


@dataclass(frozen=True)
class AtMost:
    question: str
    value: Decimal
    row: str | None = None


@dataclass(frozen=True)
class Answered:
    question: str
    answered: bool


@dataclass(frozen=True)
class InGroup:
    group: str
    value: str


Statement = Chosen | AtLeast | AtMost | Answered | InGroup
Rule = All | AnyOf | Not | Statement


# --- reading and writing ------------------------------------------------------------------------------------------


def parse(json: Any) -> Rule:
    """The rule that decoded JSON says; raises `RuleFault` with a sentence for an editor."""
    size = 0

    def read(json: Any, depth: int) -> Rule:
        nonlocal size
        size += 1
        if size > SIZE:
            raise RuleFault(
                ngettext(
                    "A rule may have %(most)d condition at most.", "A rule may have %(most)d conditions at most.", SIZE
                )
                % {"most": SIZE}
            )
        if depth > DEPTH:
            raise RuleFault(_("The conditions are nested too deeply: %(most)d levels at most.") % {"most": DEPTH})
        if not isinstance(json, dict):
            raise RuleFault(_('A condition is written in braces, such as {"question": "age", "is": "18-24"}.'))
        return _connective(json, lambda part: read(part, depth + 1)) or _statement(json)

    return read(json, 1)


def _connective(json: dict[Any, Any], read: Any) -> Rule | None:
    if "all" in json or "any" in json:
        word = "all" if "all" in json else "any"
        _only(json, word)
        parts = json[word]
        if not isinstance(parts, list) or not parts:
            raise RuleFault(_("“%(word)s” needs a list with one condition at least.") % {"word": word})
        rules = tuple(read(part) for part in parts)
        return All(rules) if word == "all" else AnyOf(rules)
    if "not" in json:
        _only(json, "not")
        return Not(read(json["not"]))
    return None


def _statement(json: dict[Any, Any]) -> Rule:
    if "group" in json:
        _only(json, "group", "is")
        return InGroup(_name(json["group"]), _name(json.get("is")))
    if "question" not in json:
        raise RuleFault(_("A condition says which “question” or which “group” it is about."))
    said = [word for word in COMPARISONS if word in json]
    if len(said) != 1:
        raise RuleFault(
            _("A condition about a question says one of these, and one only: %(words)s.")
            % {"words": ", ".join(COMPARISONS)}
        )
    word = said[0]
    question, value = _name(json["question"]), json[word]
    if word in ("at_least", "at_most"):
        _only(json, "question", word, "row")
        row = _name(json["row"]) if json.get("row") is not None else None
        return (AtLeast if word == "at_least" else AtMost)(question, _number(value), row)
    _only(json, "question", word)
    if word == "answered":
        if not isinstance(value, bool):
            raise RuleFault(_("“answered” is true or false."))
        return Answered(question, value)
    return Chosen(question, (_name(value),) if word == "is" else _names(value))


def dump(rule: Rule) -> dict[str, Any]:
    """The canonical JSON of a rule: `parse(dump(rule)) == rule`."""
    match rule:
        case All(rules):
            return {"all": [dump(part) for part in rules]}
        case AnyOf(rules):
            return {"any": [dump(part) for part in rules]}
        case Not(part):
            return {"not": dump(part)}
        case Chosen(question, (option,)):
            return {"question": question, "is": option}
        case Chosen(question, options):
            return {"question": question, "in": list(options)}
        case AtLeast(question, value, row):
            return {"question": question, "at_least": _plain(value), **({"row": row} if row is not None else {})}
        case AtMost(question, value, row):
            return {"question": question, "at_most": _plain(value), **({"row": row} if row is not None else {})}
        case Answered(question, answered):
            return {"question": question, "answered": answered}
        case InGroup(group, value):
            return {"group": group, "is": value}


def _only(json: Mapping[Any, Any], *words: str) -> None:
    unknown = [str(word)[:40] for word in json if word not in words]
    if unknown:
        raise RuleFault(
            _("A condition with “%(word)s” cannot also say %(unknown)s.")
            % {"word": words[-1] if len(words) == 1 else words[1], "unknown": ", ".join(map(quoted, unknown[:3]))}
        )


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise RuleFault(_('Questions, options and groups are named in quotation marks, such as "age".'))
    if not NAME.fullmatch(value):
        raise RuleFault(
            _("Questions, options and groups are named by letters, digits, - and _, 40 at most; “%(name)s” is not.")
            % {"name": value[:40]}
        )
    return value


def _names(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not values or len(values) > SIZE:
        raise RuleFault(_("“in” needs a list of one to %(most)d options.") % {"most": SIZE})
    return tuple(dict.fromkeys(map(_name, values)))


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or _endless(value):
        raise RuleFault(_("“at_least” and “at_most” need a number."))
    if abs(value) >= LARGEST:
        raise RuleFault(_("A number to compare with has at most 14 digits before the point."))
    number = Decimal(str(value))
    if number != round(number, DECIMALS):
        raise RuleFault(_("A number to compare with has at most %(n)d decimals.") % {"n": DECIMALS})
    return number


def _endless(value: int | float) -> bool:
    """An integer too large for a float is finite all the same, so `math.isfinite` is asked of floats alone."""
    return isinstance(value, float) and not math.isfinite(value)


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


# --- judging ------------------------------------------------------------------------------------------------------


def holds(rule: Rule, answers: Answers, groups: Groups) -> bool:
    """Whether the rule is true of these answers, by question, and of the groups a respondent is in."""
    match rule:
        case All(rules):
            return all(holds(part, answers, groups) for part in rules)
        case AnyOf(rules):
            return any(holds(part, answers, groups) for part in rules)
        case Not(part):
            return not holds(part, answers, groups)
        case Chosen(question, options):
            return question in answers and not answers[question].options.isdisjoint(options)
        case AtLeast(question, value, row):
            number = _number_of(answers, question, row)
            return number is not None and number >= value
        case AtMost(question, value, row):
            number = _number_of(answers, question, row)
            return number is not None and number <= value
        case Answered(question, answered):
            return (question in answers) == answered
        case InGroup(group, value):
            return groups.get(group) == value


def _number_of(answers: Answers, question: str, row: str | None) -> Decimal | None:
    answer = answers.get(question)
    if answer is None:
        return None
    return answer.number if row is None else answer.rows.get(row)


def statements(rule: Rule) -> Iterator[Statement]:
    """Everything that a rule says of one question or group, without what joins them."""
    match rule:
        case All(rules) | AnyOf(rules):
            for part in rules:
                yield from statements(part)
        case Not(part):
            yield from statements(part)
        case _:
            yield rule


@dataclass(frozen=True)
class Names:
    """What a rule speaks of: questions, (question, option) with rows among them, (group, value)."""

    questions: frozenset[str]
    options: frozenset[tuple[str, str]]
    groups: frozenset[tuple[str, str]]


def names(rule: Rule) -> Names:
    """The questions, options and groups that a rule speaks of."""
    said = list(statements(rule))
    options: set[tuple[str, str]] = set()
    for one in said:
        if isinstance(one, Chosen):
            options |= {(one.question, option) for option in one.options}
        elif isinstance(one, AtLeast | AtMost) and one.row is not None:
            options.add((one.question, one.row))
    return Names(
        questions=frozenset(one.question for one in said if not isinstance(one, InGroup)),
        options=frozenset(options),
        groups=frozenset((one.group, one.value) for one in said if isinstance(one, InGroup)),
    )
