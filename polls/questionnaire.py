"""The questionnaire as JSON, `polls-questionnaire/1`: our format of files, of the question bank and of the templates.

`docs/questionnaires.md` describes it. What is read here is checked whole, and every fault is named by its place in a
sentence; what comes out is complete, with every default filled in. XLSForm and SurveyJS are read and written by way
of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from polls import flow, rules
from polls.drafting import Asked, Offered, one_line, translations_of
from polls.models import Poll
from polls.questions import TYPES

FORMAT = "polls-questionnaire/1"
LARGEST_FILE = 2 * 1024 * 1024
MOST_QUESTIONS = 200
MOST_PAGES = 100
MOST_LABELS = 11
MOST_FAULTS = 50
NAME = re.compile(r"[-A-Za-z0-9_]{1,40}", re.ASCII)
ORDERS = ("random", "rotate")
MARKS = ("fixed", "exclusive", "other", "dont_know")
LENGTHS = {"title": 200, "intro": 2000, "text": 500, "help": 500, "option": 300, "label": 200}


class Unreadable(Exception):
    """What was given is no questionnaire of ours; `faults` says why, each in a sentence with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = list(faults)


# --- what each type takes -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """What belongs to a question of a type beside its options: so many words of a scale, these settings."""

    labels: tuple[int, int] = (0, 0)
    settings: tuple[str, ...] = ()
    several: bool = False


class Shapes(Mapping[str, Shape]):
    """The shape of every type, as its module says it."""

    def __getitem__(self, kind: str) -> Shape:
        return Shape(TYPES[kind].LABELS, TYPES[kind].SETTINGS, TYPES[kind].SEVERAL)

    def __iter__(self) -> Iterator[str]:
        return iter(TYPES)

    def __len__(self) -> int:
        return len(TYPES)


SHAPES = Shapes()


def beside_only(kind: str) -> bool:
    """Whether a type has a scale, beside which only “don't know” and the like can stand as options."""
    return bool(TYPES[kind].OPTIONS[0] == 0 and TYPES[kind].OPTIONS[1])


def usual_most(kind: str, options: int) -> int:
    """How many options readers may choose unless something else is said."""
    return max(1, options) if SHAPES[kind].several and kind != "image" else 1


def _whole(least: int, most: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if fits else _("a whole number from %(least)d to %(most)d") % {"least": least, "most": most}

    return check


def _number(value: Any) -> str:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e14
    return "" if fits else _("a number")


def _yes(value: Any) -> str:
    return "" if isinstance(value, bool) else _("true or false")


def _day(value: Any) -> str:
    try:
        date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        return _("a date such as 2026-11-30")
    return ""


def _order(value: Any) -> str:
    return "" if value in ORDERS else _("“random” or “rotate”")


SETTINGS: Mapping[str, Callable[[Any], str]] = {
    "order": _order,
    "points": _whole(2, 11),
    "min": _number,
    "max": _number,
    "decimals": _whole(0, 6),
    "step": _number,
    "from": _day,
    "to": _day,
    "total": _whole(1, 1_000_000),
    "limit": _whole(1, 10_000),
    "panel": _yes,
    "dont_know": _yes,
}


# --- reading ------------------------------------------------------------------------------------------------------


def loads(content: bytes) -> dict[str, Any]:
    """The questionnaire in the bytes of a file; raises `Unreadable`."""
    if len(content) > LARGEST_FILE:
        raise Unreadable([_("The file is larger than a questionnaire can be: 2 MB at most.")])
    try:
        return read(json.loads(content, object_pairs_hook=_each_once, parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        raise Unreadable([_("The file is not JSON: %(error)s.") % {"error": _in_words(error)}]) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(_("a name appears twice in one object"))
    return found


def _no_number(name: str) -> None:
    raise ValueError(_("%(name)s is not a number") % {"name": name})


def _in_words(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return _("line %(line)d, column %(column)d cannot be read") % {"line": error.lineno, "column": error.colno}
    if isinstance(error, UnicodeDecodeError):
        return _("it is not text in UTF-8")
    if isinstance(error, RecursionError):
        return _("it is nested too deeply")
    return str(error)[:200]


def read(given: Any) -> dict[str, Any]:
    """The questionnaire that decoded JSON says, complete with its defaults; raises `Unreadable`."""
    reader = _Reader()
    found = reader.whole(given)
    if reader.faults:
        raise Unreadable(reader.faults[:MOST_FAULTS])
    return found


def read_question(given: Any) -> tuple[dict[str, Any], list[str]]:
    """One question by itself, complete with its defaults, and what is wrong with it."""
    reader = _Reader()
    return reader.question(given, None), reader.faults


class _Reader:
    """Goes through a questionnaire and collects what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def say(self, place: str, sentence: str) -> None:
        text = f"{place}: {sentence}" if place else sentence[:1].upper() + sentence[1:]
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)

    def whole(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise Unreadable([_("A questionnaire is a JSON object with “format”, “title” and “questions”.")])
        if given.get("format") != FORMAT:
            raise Unreadable(
                [_("This is not a questionnaire of this program: “format” is not “%(f)s”.") % {"f": FORMAT}]
            )
        self.known(given, "", ("format", "title", "intro", "flow", "questions", "translations"))
        listed = given.get("questions")
        if not isinstance(listed, list) or not listed:
            raise Unreadable([_("“questions” is a list with one question at least.")])
        if len(listed) > MOST_QUESTIONS:
            raise Unreadable(
                [
                    _("There are %(n)d questions; a survey may have %(most)d at most.")
                    % {"n": len(listed), "most": MOST_QUESTIONS}
                ]
            )
        questions = [self.question(one, position) for position, one in enumerate(listed)]
        self.names(questions)
        flow = given.get("flow", {})
        if not isinstance(flow, dict):
            self.say("", _("“flow” is an object with pages, groups and quotas."))
            flow = {}
        return {
            "format": FORMAT,
            "title": self.text(given, "title", "", "title"),
            "intro": self.text(given, "intro", "", "intro", lines=True),
            "flow": flow,
            "questions": questions,
            "translations": self.translations(given, "", {"title": LENGTHS["title"], "intro": LENGTHS["intro"]}),
        }

    def question(self, given: Any, position: int | None) -> dict[str, Any]:
        place = _("Question %(n)d") % {"n": position + 1} if position is not None else ""
        if not isinstance(given, dict):
            self.say(place, _("it is an object with “kind” and “text”."))
            given = {}
        elif position is not None and isinstance(given.get("name"), str) and NAME.fullmatch(given["name"]):
            place = _("Question %(n)d (%(name)s)") % {"n": position + 1, "name": given["name"]}
        self.known(given, place, (*QUESTION, "translations"))
        kind = given.get("kind", "single")
        if not isinstance(kind, str) or kind not in SHAPES:
            kinds = ", ".join(sorted(SHAPES))
            self.say(place, _("there is no type “%(kind)s”. The types are %(k)s.") % {"kind": _shown(kind), "k": kinds})
            kind = "single"
        shape = SHAPES[kind]
        text = self.text(given, "text", place, "text")
        if not text:
            self.say(place, _("it has no text."))
        options = self.options(given, place, kind)
        labels = self.labels(given, place, shape, kind)
        least, most = self.choices(given, place, kind, options)
        return {
            "name": self.name(given, place),
            "kind": kind,
            "page": self.whole_number(given, "page", place, 1, MOST_PAGES, 1),
            "text": text,
            "help": self.text(given, "help", place, "help"),
            "required": self.yes(given, "required", place, default=True),
            "min": least,
            "max": most,
            "labels": labels,
            "settings": self.settings(given, place, shape, kind),
            "show_if": self.rule(given, place),
            "about": self.yes(given, "about", place, default=False),
            "options": options,
            "translations": self.translations(
                given, place, {"text": LENGTHS["text"], "help": LENGTHS["help"]}, labels=len(labels)
            ),
        }

    def options(self, given: Mapping[str, Any], place: str, kind: str) -> list[dict[str, Any]]:
        listed = given.get("options", [])
        if not isinstance(listed, list):
            self.say(place, _("“options” is a list."))
            return []
        least, most = TYPES[kind].OPTIONS
        if not listed and TYPES[kind].GIVEN:
            listed = [str(text) for text in TYPES[kind].GIVEN]
        if not least <= len(listed) <= most:
            self.say(place, _amount(_("options"), kind, least, most, len(listed)))
            listed = listed[:most]
        found = [
            self.option(one, ", ".join(filter(None, (place, _("option %(n)d") % {"n": n}))))
            for n, one in enumerate(listed, 1)
        ]
        if beside_only(kind) and any(not one["settings"].get("dont_know") for one in found):
            self.say(place, _("only options marked “dont_know” can be added to this scale."))
        for key in ("text", "name"):
            seen: set[str] = set()
            for one in found:
                folded = one[key].casefold()
                if folded and folded in seen:
                    self.say(place, _("two options have the %(key)s “%(value)s”.") % {"key": key, "value": one[key]})
                seen.add(folded)
        return found

    def option(self, given: Any, place: str) -> dict[str, Any]:
        if isinstance(given, str):
            given = {"text": given}
        if not isinstance(given, dict):
            self.say(place, _("it is an object with “text”."))
            given = {}
        self.known(given, place, ("name", "text", "settings", "translations"))
        text = self.text(given, "text", place, "option")
        if not text:
            self.say(place, _("it has no text."))
        return {
            "name": self.name(given, place),
            "text": text,
            "settings": self.marks(given, place),
            "translations": self.translations(given, place, {"text": LENGTHS["option"]}),
        }

    def marks(self, given: Mapping[str, Any], place: str) -> dict[str, Any]:
        found = given.get("settings", {})
        if not isinstance(found, dict):
            self.say(place, _("“settings” is an object."))
            return {}
        self.known(found, place, (*MARKS, "picture"))
        for mark in MARKS:
            if mark in found and not isinstance(found[mark], bool):
                self.say(place, _("“%(name)s” must be %(wanted)s.") % {"name": mark, "wanted": _yes(None)})
        picture = found.get("picture", {})
        fits = isinstance(picture, dict) and all(
            isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= 1000
            for value in picture.values()
        )
        if not fits or len(picture) > 10:
            self.say(place, _("“picture” is an object of texts and numbers."))
        return {name: value for name, value in found.items() if value is not False}

    def labels(self, given: Mapping[str, Any], place: str, shape: Shape, kind: str) -> list[str]:
        listed = given.get("labels", [])
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            self.say(place, _("“labels” is a list of texts."))
            return []
        least, most = shape.labels
        if not least <= len(listed) <= most:
            self.say(place, _amount(_("labels"), kind, least, most, len(listed)))
            listed = listed[:most]
        found = [one_line(one) for one in listed]
        for one in found:
            if not one or len(one) > LENGTHS["label"]:
                self.say(place, _("a label has 1 to %(most)d characters.") % {"most": LENGTHS["label"]})
        if len({one.casefold() for one in found}) < len(found):
            self.say(place, _("two labels are the same."))
        return found

    def choices(
        self, given: Mapping[str, Any], place: str, kind: str, options: Sequence[Mapping[str, Any]]
    ) -> tuple[int, int]:
        """How many options a reader chooses; of types with one answer, one."""
        if not SHAPES[kind].several:
            for key in ("min", "max"):
                if given.get(key, 1) != 1:
                    self.say(place, _("“%(key)s” belongs to types with several answers only.") % {"key": key})
            return 1, 1
        n = max(1, len(options))
        least = self.whole_number(given, "min", place, 1, n, 1)
        most = self.whole_number(given, "max", place, 1, n, usual_most(kind, n))
        if least > most:
            self.say(place, _("“min” is larger than “max”."))
        return least, most

    def settings(self, given: Mapping[str, Any], place: str, shape: Shape, kind: str) -> dict[str, Any]:
        found = given.get("settings", {})
        if not isinstance(found, dict):
            self.say(place, _("“settings” is an object."))
            return {}
        self.known(found, place, shape.settings)
        for name, value in found.items():
            if name in shape.settings and (wanted := SETTINGS[name](value)):
                self.say(place, _("“%(name)s” must be %(wanted)s.") % {"name": name, "wanted": wanted})
        low, high = (found.get("from"), found.get("to")) if kind == "date" else (found.get("min"), found.get("max"))
        comparable = type(low) is type(high) or (not isinstance(low, str) and not isinstance(high, str))
        if low is not None and high is not None and comparable and not self.faults and low >= high:
            self.say(place, _("the smallest value is not smaller than the largest."))
        if kind == "slider" and not self.faults and found.get("step", 1) <= 0:
            self.say(place, _("“step” must be greater than zero."))
        return dict(found)

    def rule(self, given: Mapping[str, Any], place: str) -> dict[str, Any] | None:
        found = given.get("show_if")
        if found is None:
            return None
        try:
            return rules.dump(rules.parse(found))
        except rules.RuleFault as fault:
            self.say(place, fault.message)
        return None

    def names(self, questions: Sequence[Mapping[str, Any]]) -> None:
        """Names must tell questions apart, also from those that have none and are known by their place."""
        seen: dict[str, int] = {}
        for position, question in enumerate(questions):
            code = (question["name"] or f"q{position + 1}").casefold()
            if code in seen:
                self.say(
                    _("Question %(n)d") % {"n": position + 1},
                    _("it has the same name as question %(other)d: “%(name)s”.")
                    % {"other": seen[code] + 1, "name": question["name"] or code},
                )
            seen.setdefault(code, position)

    # --- values ---------------------------------------------------------------------------------------------------

    def known(self, given: Mapping[Any, Any], place: str, words: Sequence[str]) -> None:
        for word in given:
            if word not in words:
                self.say(place, _("there is nothing called “%(word)s” here.") % {"word": _shown(word)})

    def text(self, given: Mapping[str, Any], key: str, place: str, what: str, *, lines: bool = False) -> str:
        value = given.get(key, "")
        if not isinstance(value, str):
            self.say(place, _("“%(key)s” is a text.") % {"key": key})
            return ""
        return self.fitting(value, key, place, LENGTHS[what], lines=lines)

    def fitting(self, value: str, key: str, place: str, most: int, *, lines: bool = False) -> str:
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            self.say(place, _("“%(key)s” contains characters that are not text.") % {"key": key})
            return ""
        found = "\n".join(map(one_line, value.strip().splitlines())) if lines else one_line(value)
        if len(found) > most:
            self.say(
                place,
                _("“%(key)s” has %(n)d characters; at most %(most)d are allowed.")
                % {"key": key, "n": len(found), "most": most},
            )
        return found

    def name(self, given: Mapping[str, Any], place: str) -> str:
        value = given.get("name", "")
        if value == "":
            return ""
        if not isinstance(value, str) or not NAME.fullmatch(value):
            self.say(
                place, _("a name has 1 to 40 letters, digits, - and _; “%(n)s” is not one.") % {"n": _shown(value)}
            )
            return ""
        return value

    def whole_number(self, given: Mapping[str, Any], key: str, place: str, least: int, most: int, default: int) -> int:
        value = given.get(key, default)
        if wanted := _whole(least, most)(value):
            self.say(place, _("“%(name)s” must be %(wanted)s.") % {"name": key, "wanted": wanted})
            return default
        return int(value)

    def yes(self, given: Mapping[str, Any], key: str, place: str, *, default: bool) -> bool:
        value = given.get(key, default)
        if not isinstance(value, bool):
            self.say(place, _("“%(name)s” must be %(wanted)s.") % {"name": key, "wanted": _yes(None)})
            return default
        return value

    def translations(
        self, given: Mapping[str, Any], place: str, texts: Mapping[str, int], *, labels: int | None = None
    ) -> dict[str, dict[str, Any]]:
        """The same words in the other languages of the site: {"fr": {"text": "…"}}."""
        listed = given.get("translations", {})
        if not isinstance(listed, dict) or not all(isinstance(one, dict) for one in listed.values()):
            self.say(place, _('“translations” is an object by language, such as {"fr": {"text": "…"}}.'))
            return {}
        found: dict[str, dict[str, Any]] = {}
        for language, words in sorted(listed.items()):
            if language not in settings.MODELTRANS_AVAILABLE_LANGUAGES:
                self.say(
                    place, _("this site does not have the language “%(language)s”.") % {"language": _shown(language)}
                )
                continue
            self.known(words, place, (*texts, *(("labels",) if labels is not None else ())))
            kept: dict[str, Any] = {}
            for key, most in texts.items():
                if key in words:
                    if not isinstance(words[key], str):
                        self.say(place, _("“%(key)s” is a text.") % {"key": key})
                    elif value := self.fitting(words[key], key, place, most, lines=key == "intro"):
                        kept[key] = value
            translated = words.get("labels", []) if labels else []
            if translated:
                fits = isinstance(translated, list) and all(
                    isinstance(one, str) and one_line(one) for one in translated
                )
                if not fits or len(translated) != labels:
                    self.say(place, _("“labels” has a text for each label in every language."))
                else:
                    kept["labels"] = [self.fitting(one, "labels", place, LENGTHS["label"]) for one in translated]
            if kept:
                found[language] = kept
        return found


QUESTION = (
    "name",
    "kind",
    "page",
    "text",
    "help",
    "required",
    "min",
    "max",
    "labels",
    "settings",
    "show_if",
    "about",
    "options",
)


def _amount(what: str, kind: str, least: int, most: int, n: int) -> str:
    values = {"what": what, "kind": kind, "least": least, "most": most, "n": n}
    if most == 0:
        return _("the type “%(kind)s” has no %(what)s.") % values
    if least == most:
        return _("the type “%(kind)s” has %(most)d %(what)s; there are %(n)d here.") % values
    return _("the type “%(kind)s” has %(least)d to %(most)d %(what)s; there are %(n)d here.") % values


def _shown(value: Any) -> str:
    return str(value)[:40]


# --- writing ------------------------------------------------------------------------------------------------------


def compact(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The same questionnaire without what goes without saying, for a file that people read: `read(compact(x)) == x`."""
    return {
        "format": FORMAT,
        **_said(whole, ("title", "intro", "flow")),
        "questions": [_compact_question(question) for question in whole["questions"]],
        **_said(whole, ("translations",)),
    }


def _compact_question(question: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        "page": 1,
        "required": True,
        "min": 1,
        "max": usual_most(question["kind"], len(question["options"])),
        "about": False,
    }
    found = {name: question[name] for name in QUESTION if name != "options"}
    found = {name: value for name, value in found.items() if not (name in defaults and value == defaults[name])}
    found = {name: value for name, value in found.items() if value not in ("", None, [], {})}
    if question["options"]:
        found["options"] = [_compact_option(option) for option in question["options"]]
    return {**found, **_said(question, ("translations",))}


def _compact_option(option: Mapping[str, Any]) -> dict[str, Any] | str:
    found = _said(option, ("name", "text", "settings", "translations"))
    return found["text"] if set(found) == {"text"} else found


def _said(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if given[name] not in ("", None, [], {})}


def dumps(whole: Mapping[str, Any]) -> bytes:
    """The questionnaire as the bytes of a file."""
    return (json.dumps(compact(whole), ensure_ascii=False, indent=2) + "\n").encode()


def codes(whole: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each question with the name by which rules know it."""
    for position, question in enumerate(whole["questions"], 1):
        yield question["name"] or f"q{position}", question


def code_of(option: Mapping[str, Any], position: int) -> str:
    """The name by which rules know an option; `position` from 0."""
    return str(option["name"] or position + 1)


# --- to a poll and from one ---------------------------------------------------------------------------------------


def asked_of(whole: Mapping[str, Any]) -> tuple[Asked, ...]:
    """The questions of a questionnaire as `polls.drafting` takes them."""
    return tuple(
        Asked(
            text=question["text"],
            options=tuple(
                Offered(option["text"], option["name"], option["settings"], option["translations"])
                for option in question["options"]
            ),
            kind=question["kind"],
            min_choices=question["min"],
            max_choices=question["max"],
            help=question["help"],
            required=question["required"],
            name=question["name"],
            page=question["page"],
            labels=tuple(question["labels"]),
            settings=question["settings"],
            show_if=question["show_if"],
            about=question["about"],
            translations=question["translations"],
        )
        for question in whole["questions"]
    )


def of_poll(poll: Poll) -> dict[str, Any]:
    """The questionnaire of a poll loaded by `PollQuerySet.whole`."""
    return {
        "format": FORMAT,
        "title": poll.title,
        "intro": poll.intro,
        "flow": poll.flow,
        "questions": [_of_asked(Asked.of(question)) for question in poll.questions.all()],
        "translations": translations_of(poll, "title", "intro") or {},
    }


def _of_asked(one: Asked) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "page": one.page,
        "text": one.text,
        "help": one.help,
        "required": one.required,
        "min": one.min_choices,
        "max": one.max_choices,
        "labels": list(one.labels),
        "settings": dict(one.settings),
        "show_if": one.show_if,
        "about": one.about,
        "options": [
            {
                "name": offer.name,
                "text": offer.text,
                "settings": dict(offer.settings),
                "translations": offer.translations or {},
            }
            for offer in one.options
        ],
        "translations": one.translations or {},
    }


def faults(whole: Mapping[str, Any]) -> list[str]:
    """What makes no sense in a questionnaire that could be read: each in a sentence with its place."""
    found = []
    for position, (code, one) in enumerate(zip(dict(codes(whole)), asked_of(whole), strict=True), 1):
        place = _("Question %(n)d (%(name)s)") % {"n": position, "name": code}
        found += [f"{place}: {fault}" for fault in TYPES[one.kind].faults(one)]
    return found + flow.faults(course_of(whole), whole["flow"])


def course_of(whole: Mapping[str, Any]) -> list[flow.Question]:
    """The questions as the way through a survey knows them."""
    return [
        flow.Question(
            code=code,
            kind=question["kind"],
            page=question["page"],
            show_if=question["show_if"],
            options=tuple(code_of(option, n) for n, option in enumerate(question["options"])),
            wording=(question["text"], question["help"]),
            options_wording=tuple(option["text"] for option in question["options"]),
        )
        for code, question in codes(whole)
    ]
