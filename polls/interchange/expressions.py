"""Conditions as XLSForm and SurveyJS write them, to our rules and back, as far as rules can say the same.

XLSForm   ${age} >= 18 and (selected(${reads}, 'papers') or not(${party} = 'none'))
SurveyJS  {age} >= 18 and ({reads} contains 'papers' or {party} <> 'none')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from polls.interchange import Report

LONGEST = 4000
DEEPEST = 20

TOKEN = re.compile(
    r"""\s*(?:
    (?P<name>\$?\{[^{}]{1,200}\})
  | (?P<text>'[^']*'|"[^"]*"|‘[^’]*’|“[^”]*”)
  | (?P<number>-?\d{1,15}(?:\.\d{1,10})?(?![\w.]))
  | (?P<sign>&&|\|\||<>|!=|==|<=|>=|\*=|[=<>!()\[\],.])
  | (?P<word>[A-Za-z_][\w-]*)
  )""",
    re.VERBOSE,
)
SIGNS = {
    "=": "=", "==": "=", "equal": "=", "equals": "=",
    "!=": "!=", "<>": "!=", "notequal": "!=", "notequals": "!=",
    ">": ">", "greater": ">", ">=": ">=", "greaterorequal": ">=",
    "<": "<", "less": "<", "<=": "<=", "lessorequal": "<=",
    "contains": "has", "contain": "has", "*=": "has", "notcontains": "has not", "notcontain": "has not",
    "anyof": "any of", "allof": "all of", "noneof": "none of", "empty": "empty", "notempty": "not empty",
}  # fmt: skip
FLIPPED = {"=": "=", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}


class Unsupported(Exception):
    """A condition that our rules cannot say; the message says what of it."""


@dataclass(frozen=True)
class Known:
    """What a condition may ask of a question: its name and its options' names here, or that it is a number.

    `options` and `rows` go from the other program's values to our names, `points` from those of a scale to numbers;
    `whole` where only whole numbers come, `row` where what they call a question is a row of a battery here.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    numeric: bool = False
    whole: bool = True
    rows: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, int] = field(default_factory=dict)
    row: str | None = None


Look = Callable[[str], Known | None]


# --- reading ------------------------------------------------------------------------------------------------------


def read_or_report(text: str, look: Look, report: Report, place: str) -> dict[str, Any] | None:
    """The rule that a condition says; where it says none of ours it is left out, and the report says why."""
    try:
        return read(text, look)
    except Unsupported as unsupported:
        sentence = _("its condition is left out, because %(why)s: %(text)s")
        report.leave(place, sentence % {"why": unsupported, "text": text[:200]})
    return None


def read(text: str, look: Look) -> dict[str, Any]:
    """The rule that a condition says; raises `Unsupported`. `look` knows the questions by the other program's names."""
    if len(text) > LONGEST:
        raise Unsupported(_("it is too long"))
    reader = _Reader(list(_tokens(text)), look)
    rule = reader.either(0)
    if reader.at < len(reader.tokens):
        raise Unsupported(_("“%(word)s” is not understood") % {"word": reader.tokens[reader.at][1][:40]})
    return rule


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found or found.lastgroup is None:
            raise Unsupported(_("“%(word)s” is not understood") % {"word": text[at : at + 20].strip()})
        at = found.end()
        yield found.lastgroup, found[found.lastgroup]


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], look: Look) -> None:
        self.tokens, self.look, self.at = tokens, look, 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def next(self) -> tuple[str, str]:
        found = self.peek()
        self.at += 1
        return found

    def accept(self, *words: str) -> bool:
        kind, text = self.peek()
        if kind in ("word", "sign") and text.casefold() in words:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise Unsupported(_("“%(word)s” is missing") % {"word": word})

    def either(self, depth: int) -> dict[str, Any]:
        return self.chain(depth, "any", ("or", "||"), lambda: self.both(depth))

    def both(self, depth: int) -> dict[str, Any]:
        return self.chain(depth, "all", ("and", "&&"), lambda: self.one(depth))

    def chain(
        self, depth: int, word: str, signs: tuple[str, ...], part: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        if depth > DEEPEST:
            raise Unsupported(_("it is nested too deeply"))
        parts = [part()]
        while self.accept(*signs):
            parts.append(part())
        same = {part.get("question") for part in parts}
        if (
            word == "any"
            and len(parts) > 1
            and len(same) == 1
            and all("is" in part and "group" not in part for part in parts)
        ):
            return {"question": parts[0]["question"], "in": list(dict.fromkeys(part["is"] for part in parts))}
        return _join(word, parts)

    def one(self, depth: int) -> dict[str, Any]:
        if self.accept("!", "not", "negate"):
            if depth > DEEPEST:
                raise Unsupported(_("it is nested too deeply"))
            return {"not": self.one(depth + 1)}
        if self.accept("("):
            found = self.either(depth + 1)
            self.expect(")")
            return found
        if self.accept("selected"):
            self.expect("(")
            question = self.question(*self.next())
            self.expect(",")
            value = self.value()
            self.expect(")")
            return self.statement(question, "has", value)
        if self.peek()[0] == "name":
            question = self.question(*self.next())
            return self.compared(question)
        value = self.value()
        sign = SIGNS.get(self.next()[1].casefold(), "")
        if sign not in FLIPPED:
            raise Unsupported(_("a comparison is missing after “%(value)s”") % {"value": str(value)[:40]})
        return self.statement(self.question(*self.next()), FLIPPED[sign], value)

    def compared(self, question: tuple[Known, str | None]) -> dict[str, Any]:
        sign = SIGNS.get(self.peek()[1].casefold(), "")
        if not sign:
            raise Unsupported(_("a comparison is missing after a question"))
        self.at += 1
        if sign in ("empty", "not empty"):
            return {"question": question[0].name, "answered": sign == "not empty"}
        if self.accept("["):
            values = [self.value()]
            while self.accept(","):
                values.append(self.value())
            self.expect("]")
            return self.of_several(question, sign, values)
        return self.statement(question, sign, self.value())

    def question(self, kind: str, text: str) -> tuple[Known, str | None]:
        if kind != "name":
            raise Unsupported(_("“%(word)s” is not understood") % {"word": text[:40]})
        name = text.lstrip("$")[1:-1].strip()
        known, row = self.look(name), None
        if known is None and "." in name:
            name, _dot, row = name.partition(".")
            known = self.look(name)
            if known is not None and row not in known.rows:
                known = None
        if known is None:
            raise Unsupported(_("there is no question “%(name)s” before it") % {"name": name[:40]})
        return known, known.rows[row] if row is not None else known.row

    def value(self) -> str | Decimal:
        kind, text = self.next()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return Decimal(text)
        if kind == "word" and text.casefold() in ("true", "false"):
            if self.accept("("):
                self.expect(")")
            return text.casefold()
        raise Unsupported(_("“%(word)s” is not understood") % {"word": text[:40]})

    # --- what it says ---------------------------------------------------------------------------------------------

    def of_several(self, question: tuple[Known, str | None], sign: str, values: list[Any]) -> dict[str, Any]:
        parts = [self.statement(question, "=", value) for value in values]
        if sign in ("any of", "none of", "=", "has"):
            together = {"question": question[0].name, "in": [part["is"] for part in parts if "is" in part]}
            found = together if all("is" in part for part in parts) and len(parts) > 1 else _join("any", parts)
            return {"not": found} if sign == "none of" else found
        if sign == "all of":
            return _join("all", parts)
        raise Unsupported(_("a list cannot be compared like this"))

    def statement(self, question: tuple[Known, str | None], sign: str, value: str | Decimal) -> dict[str, Any]:
        known, row = question
        if value == "" and sign in ("=", "!="):
            return {"question": known.name, "answered": sign == "!="}
        if sign in ("!=", "has not"):
            return {"not": self.statement(question, "=", value)}
        if known.numeric or row is not None:
            return _of_number(known, row, sign, value)
        if sign not in ("=", "has"):
            raise Unsupported(_("“%(name)s” is answered by options, not by numbers") % {"name": known.name})
        option = known.options.get(_plain(value))
        if option is None:
            raise Unsupported(
                _("“%(name)s” has no option “%(value)s”") % {"name": known.name, "value": _plain(value)[:40]}
            )
        return {"question": known.name, "is": option}


def _of_number(known: Known, row: str | None, sign: str, value: str | Decimal) -> dict[str, Any]:
    number = value if isinstance(value, Decimal) else _decimal(known, value)
    about = {"question": known.name, **({"row": row} if row is not None else {})}
    least, most = {**about, "at_least": _json(number)}, {**about, "at_most": _json(number)}
    match sign:
        case ">=":
            return least
        case "<=":
            return most
        case "=" | "has":
            return {"all": [least, most]}
        case ">" if known.whole:
            return {**about, "at_least": int(number // 1) + 1}
        case "<" if known.whole:
            return {**about, "at_most": -int(-number // 1) - 1}
        case ">":
            return {"all": [{"question": known.name, "answered": True}, {"not": most}]}
        case "<":
            return {"all": [{"question": known.name, "answered": True}, {"not": least}]}
    raise Unsupported(_("“%(name)s” is a number and cannot be compared like this") % {"name": known.name})


def _decimal(known: Known, value: str) -> Decimal:
    if value in known.points:
        return Decimal(known.points[value])
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > 10**14:
        raise Unsupported(_("“%(value)s” is not a number") % {"value": value[:40]})
    return number


def _plain(value: str | Decimal) -> str:
    return value if isinstance(value, str) else str(_json(value))


def _json(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _join(word: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return parts[0] if len(parts) == 1 else {word: parts}


# --- writing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dialect:
    """How a program writes what our rules say; `kinds` are the questions' types by name."""

    question: str
    chosen: str
    either: str
    both: str
    negated: str
    answered: str
    unanswered: str


XLSFORM = Dialect(
    question="${{{name}}}",
    chosen="selected({question}, '{value}')",
    either=" or ",
    both=" and ",
    negated="not({rule})",
    answered="{question} != ''",
    unanswered="{question} = ''",
)
SURVEYJS = Dialect(
    question="{{{name}}}",
    chosen="{question} = '{value}'",
    either=" or ",
    both=" and ",
    negated="!({rule})",
    answered="{question} notempty",
    unanswered="{question} empty",
)


def write(
    rule: Mapping[str, Any], dialect: Dialect, several: Callable[[str], bool], row: Callable[[str, str], str]
) -> str:
    """A rule as a condition; raises `Unsupported` for what only we can say.

    `several` tells whether a question has several answers, `row` names a row of a battery in the other program.
    """
    if "all" in rule or "any" in rule:
        word = "all" if "all" in rule else "any"
        parts = [write(part, dialect, several, row) for part in rule[word]]
        joined = (dialect.both if word == "all" else dialect.either).join(parts)
        return joined if len(parts) == 1 else f"({joined})"
    if "not" in rule:
        return dialect.negated.format(rule=write(rule["not"], dialect, several, row))
    if "group" in rule:
        raise Unsupported(_("it asks for a half of a split survey"))
    question = dialect.question.format(name=rule["question"])
    if "answered" in rule:
        return (dialect.answered if rule["answered"] else dialect.unanswered).format(question=question)
    if "row" in rule:
        question = dialect.question.format(name=row(rule["question"], rule["row"]))
    if "at_least" in rule:
        return f"{question} >= {rule['at_least']}"
    if "at_most" in rule:
        return f"{question} <= {rule['at_most']}"
    chosen = dialect.chosen
    if dialect is SURVEYJS and several(rule["question"]):
        chosen = "{question} contains '{value}'"
    options = rule["in"] if "in" in rule else [rule["is"]]
    parts = [chosen.format(question=question, value=option) for option in options]
    return parts[0] if len(parts) == 1 else f"({dialect.either.join(parts)})"
