"""The part of SurveyJS's JSON that says the same as our questionnaire, read and written (`docs/questionnaires.md`).

What has no counterpart there is marked by properties of our own beginning with “polls”, which SurveyJS ignores.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls import questionnaire
from polls.drafting import one_line
from polls.interchange import Names, Refused, Report, expressions
from polls.interchange.expressions import SURVEYJS, Known, Unsupported
from polls.questions import TYPES
from polls.wording import NO_ANSWER

LARGEST_FILE = questionnaire.LARGEST_FILE
DEEPEST = 10
OWN_KIND = "pollsKind"
LIST_TYPES = {
    "radiogroup": "single",
    "buttongroup": "single",
    "dropdown": "dropdown",
    "checkbox": "multiple",
    "tagbox": "multiple",
    "ranking": "ranking",
    "imagepicker": "image",
}
# What readers choose from, and what changes how a question works; everything else is looks and is left out in silence.
TELLING = {
    "choicesByUrl": gettext_lazy("its options come from another server"),
    "choicesFromQuestion": gettext_lazy("its options come from another question"),
    "enableIf": gettext_lazy("“enableIf” is left out"),
    "requiredIf": gettext_lazy("“requiredIf” is left out: it is required or not"),
    "defaultValue": gettext_lazy("its default answer is left out: it would count for readers who do not look"),
    "defaultValueExpression": gettext_lazy(
        "its default answer is left out: it would count for readers who do not look"
    ),
    "validators": gettext_lazy("its validators are left out, except the smallest and the largest number"),
    "choicesVisibleIf": gettext_lazy("“choicesVisibleIf” is left out: all options show"),
    "setValueExpression": gettext_lazy("calculated values are left out"),
    "correctAnswer": gettext_lazy("the correct answer is left out: nothing is graded here"),
}
WHOLE_TELLING = {
    "triggers": gettext_lazy("its triggers are left out; use jumps between pages instead."),
    "calculatedValues": gettext_lazy("calculated values are left out."),
    "timeLimit": gettext_lazy("the time limit is left out."),
    "maxTimeToFinish": gettext_lazy("the time limit is left out."),
    "navigateToUrl": gettext_lazy("the address to go to after the last page is left out."),
    "completedHtml": gettext_lazy("the words after the last page are left out."),
    "completedHtmlOnCondition": gettext_lazy("the words after the last page are left out."),
}


# --- reading ------------------------------------------------------------------------------------------------------


def read(content: bytes) -> tuple[dict[str, Any], Report]:
    """A questionnaire of ours from the bytes of a SurveyJS file, and what became of it; raises `Refused`."""
    if len(content) > LARGEST_FILE:
        raise Refused(_("The file is larger than a questionnaire can be: 2 MB at most."))
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused(_("The file is not JSON.")) from None
    if not isinstance(given, dict) or not any(
        isinstance(given.get(key), list) for key in ("pages", "elements", "questions")
    ):
        raise Refused(_("The file is not a survey from SurveyJS: it has no “pages” and no “elements”."))
    reader = _Reader()
    found = reader.whole(given)
    if not found["questions"]:
        raise Refused(_("The file has no question that could be carried over."))
    reader.report.count(found["questions"])
    try:
        return questionnaire.read(found), reader.report
    except questionnaire.Unreadable as unreadable:
        raise Refused(" ".join(unreadable.faults[:10])) from None


class _Reader:
    def __init__(self) -> None:
        self.report = Report()
        self.names = Names()
        self.known: dict[str, Known] = {}
        self.questions: list[dict[str, Any]] = []
        self.pages: list[dict[str, Any]] = []

    def whole(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for key, sentence in WHOLE_TELLING.items():
            if given.get(key):
                self.report.leave("", str(sentence))
        pages = given.get("pages")
        if not isinstance(pages, list):
            elements = given.get("elements") or given.get("questions")
            pages = [{"elements": elements}]
        for page in pages[: questionnaire.MOST_PAGES]:
            self.page(page if isinstance(page, dict) else {})
        if len(pages) > questionnaire.MOST_PAGES:
            self.report.leave("", _("only the first %(n)d pages are read.") % {"n": questionnaire.MOST_PAGES})
        plain = all(not page["title"] and page["show_if"] is None for page in self.pages)
        return {
            "format": questionnaire.FORMAT,
            "title": self.words(given.get("title"), "title", _("The title")),
            "intro": self.words(given.get("description"), "intro", _("The introduction")),
            "flow": {} if plain else {"pages": self.pages},
            "questions": self.questions,
            "translations": self.translations(title=given.get("title"), intro=given.get("description")),
        }

    def page(self, given: Mapping[str, Any]) -> None:
        number, before = len(self.pages) + 1, len(self.questions)
        self.report_random(given, number)
        place = _("Page %(n)d") % {"n": number}
        rule = self.rule(given, place)
        self.pages.append({"title": self.words(given.get("title"), "title", place), "show_if": rule})
        elements = given.get("elements") or given.get("questions") or []
        self.elements(elements, number, None, 0)
        if len(self.questions) == before:
            self.pages.pop()
            self.report.leave(place, _("it contains no question that could be carried over, and is left out."))

    def report_random(self, given: Mapping[str, Any], number: int) -> None:
        if given.get("questionsOrder") == "random" or given.get("questionOrder") == "random":
            self.report.leave(_("Page %(n)d") % {"n": number}, _("its questions keep their order."))

    def elements(self, given: Any, page: int, rule: dict[str, Any] | None, depth: int) -> None:
        if not isinstance(given, list) or depth > DEEPEST:
            return
        for element in given:
            if not isinstance(element, dict):
                continue
            place = self.place(element)
            if len(self.questions) >= questionnaire.MOST_QUESTIONS:
                self.report.leave(
                    "", _("only the first %(n)d questions are read.") % {"n": questionnaire.MOST_QUESTIONS}
                )
                return
            if element.get("visible") is False:
                self.report.leave(place, _("it is never shown there, and is left out."))
                continue
            if element.get("type") == "panel":
                if self.text(element.get("title")):
                    self.report.leave(
                        place, _("the heading of the panel is left out; its questions stand on the page.")
                    )
                inner = self.rule(element, place)
                self.elements(element.get("elements"), page, _both(rule, inner), depth + 1)
                continue
            self.element(element, page, rule, place)

    def element(self, given: Mapping[str, Any], page: int, rule: dict[str, Any] | None, place: str) -> None:
        own = given.get(OWN_KIND)
        make = READERS.get(own if isinstance(own, str) and own in READERS else str(given.get("type")))
        if make is None:
            self.report.leave(
                place,
                _("the type “%(type)s” has no counterpart, and is left out.") % {"type": str(given.get("type"))[:40]},
            )
            return
        text = self.words(given.get("title") or given.get("labelTrue") or given.get("name"), "text", place)
        made = make(self, given, place)
        if made is None:
            return
        for key, sentence in TELLING.items():
            if given.get(key) and not (key == "validators" and made.get("_validated")):
                self.report.leave(place, f"{sentence}.")
        theirs = str(given.get("valueName") or given.get("name") or "")
        labels = made.pop("label_texts", [])
        question = {
            "name": self.names.take(theirs, otherwise=f"q{len(self.questions) + 1}"),
            "page": page,
            "text": text,
            "help": self.words(given.get("description"), "help", place),
            "required": given.get("isRequired") is True,
            "show_if": _both(rule, self.rule(given, place)),
            "about": given.get("pollsAbout") is True,
            "translations": self.translations(labels=labels, text=given.get("title"), help=given.get("description")),
            **{key: value for key, value in made.items() if not key.startswith("_")},
        }
        self.questions.append(question)
        ours = question["name"]
        known = Known(name=ours, **made.get("_known", {}))
        self.known[theirs] = known

    def place(self, element: Mapping[str, Any]) -> str:
        return _("Question “%(name)s”") % {"name": str(element.get("name", "?"))[:60]}

    def rule(self, given: Mapping[str, Any], place: str) -> dict[str, Any] | None:
        text = given.get("visibleIf")
        if not isinstance(text, str) or not text.strip():
            return None
        return expressions.read_or_report(text, self.known.get, self.report, place)

    # --- words ----------------------------------------------------------------------------------------------------

    def text(self, given: Any) -> str:
        """A text of SurveyJS, which may be one for each language."""
        if isinstance(given, dict):
            given = given.get("default") or given.get(settings.LANGUAGE_CODE) or next(iter(given.values()), "")
        return (
            ""
            if given is None or isinstance(given, dict | list)
            else one_line(strip_tags(str(given)).replace("\x00", ""))
        )

    def words(self, given: Any, what: str, place: str) -> str:
        text, most = self.text(given), questionnaire.LENGTHS[what]
        if len(text) > most:
            self.report.leave(place, _("a text is longer than %(n)d characters, and is cut.") % {"n": most})
        return text[:most].strip()

    def translations(self, labels: Sequence[Any] = (), **texts: Any) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for key, given in texts.items():
            for language, text in given.items() if isinstance(given, dict) else ():
                if language in ("default", settings.LANGUAGE_CODE):
                    continue
                if language.lower() not in settings.MODELTRANS_AVAILABLE_LANGUAGES:
                    self.report.leave(
                        "", _("the language “%(l)s” is left out: the site does not have it.") % {"l": language[:20]}
                    )
                    continue
                cut = self.text(text)[: questionnaire.LENGTHS[key]].strip()
                if cut:
                    found.setdefault(language.lower(), {})[key] = cut
        for language in list(found):
            translated = [self.text(one.get(language)) if isinstance(one, dict) else "" for one in labels]
            if translated and all(translated):
                found[language]["labels"] = translated
        return found

    # --- options --------------------------------------------------------------------------------------------------

    def choices(self, given: Any, place: str) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
        """Each choice: its value, its text, and the choice itself."""
        for one in given if isinstance(given, list) else []:
            if isinstance(one, dict):
                value = one.get("value", one.get("text", ""))
                if one.get("visibleIf"):
                    self.report.leave(place, _("an option that is shown only sometimes is always shown here."))
                yield str(value), one.get("text", value), one
            elif isinstance(one, str | int | float):
                yield str(one), one, {}

    def options(self, given: Mapping[str, Any], place: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The options of a list, and our names by their values."""
        rows = [(value, text, _own_marks(one)) for value, text, one in self.choices(given.get("choices"), place)]
        for keys, value, word, mark in SPECIAL:
            if any(given.get(key) is True for key in keys):
                rows.append(
                    (value, given.get(f"{value}Text") or given.get(f"{word}Text") or str(SPECIAL_TEXTS[value]), mark)
                )
        return self.offered(rows, place)

    def offered(
        self, rows: Sequence[tuple[str, Any, dict[str, Any]]], place: str
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        names = Names()
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        for value, text, marks in rows:
            words = self.words(text, "option", place)
            if not words or words.casefold() in seen:
                self.report.leave(place, _("an option without words, or with those of another, is left out."))
                continue
            seen.add(words.casefold())
            name = names.take(value, otherwise=f"o{len(found) + 1}")
            found.append(
                {
                    "name": "" if name == str(len(found) + 1) else name,
                    "text": words,
                    "settings": marks,
                    "translations": self.translations(text=text),
                }
            )
        return found, dict(names.ours)


# SurveyJS's special choices: what switches them on (in its newer and older versions), their value, and our mark.
Special = tuple[tuple[str, ...], str, str, dict[str, Any]]
SPECIAL: tuple[Special, ...] = (
    (("showNoneItem", "hasNone"), "none", "none", {"exclusive": True}),
    (("showOtherItem", "hasOther"), "other", "other", {"other": True}),
    (("showRefuseItem",), "refused", "refuse", {"exclusive": True, "dont_know": True}),
    (("showDontKnowItem",), "dontknow", "dontKnow", {"dont_know": True}),
)
SPECIAL_TEXTS = {
    "none": gettext_lazy("None of these"),
    "other": gettext_lazy("Other"),
    "refused": gettext_lazy("Prefer not to say"),
    "dontknow": gettext_lazy("Don’t know"),
}


def _own_marks(choice: Mapping[str, Any]) -> dict[str, Any]:
    marks = choice.get("pollsMarks")
    return {mark: True for mark in questionnaire.MARKS if isinstance(marks, list) and mark in marks}


def _both(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    return {"all": [one, other]} if one and other else one or other


Made = dict[str, Any] | None


def _list(kind: str) -> Callable[[_Reader, Mapping[str, Any], str], Made]:
    def make(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
        options, ours = reader.options(given, place)
        least, most = TYPES[kind].OPTIONS
        if len(options) < least:
            reader.report.leave(place, _("it has fewer than two options of its own, and is left out."))
            return None
        if len(options) > most:
            reader.report.leave(place, _("only the first %(n)d choices are read.") % {"n": most})
            del options[most:]
        made: dict[str, Any] = {"kind": kind, "options": options, "settings": {}, "_known": {"options": ours}}
        if given.get("choicesOrder") == "random" and kind not in ("consent",):
            made["settings"]["order"] = "rotate" if given.get("pollsOrder") == "rotate" else "random"
        elif given.get("choicesOrder") in ("asc", "desc"):
            reverse = given["choicesOrder"] == "desc"
            options.sort(key=lambda one: (bool(one["settings"]), one["text"].casefold()), reverse=False)
            if reverse:
                options.reverse()
        if kind == "image" and given.get("multiSelect") is not True:
            made["max"] = 1
        elif questionnaire.SHAPES[kind].several and kind != "ranking":
            least, most = given.get("minSelectedChoices"), given.get("maxSelectedChoices")
            n = len(options)
            made["min"] = least if _is_whole(least) and 1 <= least <= n else 1
            made["max"] = most if _is_whole(most) and made["min"] <= most <= n else n
        if kind == "image":
            reader.report.leave(place, _("its pictures are not in the file; choose them from the library."))
        if kind == "consent" and given.get("pollsPanel") is True:
            made["settings"]["panel"] = True
        return made

    return make


def _boolean(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    yes, no = given.get("labelTrue") or _("Yes"), given.get("labelFalse") or _("No")
    options, _ours = reader.offered([("yes", yes, {}), ("no", no, {})], place)
    ours = {"true": "yes", "false": "no", "yes": "yes", "no": "no"}
    for key, name in (("valueTrue", "yes"), ("valueFalse", "no")):
        if given.get(key) is not None:
            ours[str(given[key])] = name
    extra = given.get("pollsOptions")
    if isinstance(extra, list):  # don't know and the like, which SurveyJS has not
        options, own = reader.offered([(v, t, _own_marks(one)) for v, t, one in reader.choices(extra, place)], place)
        ours |= own
    return {"kind": "yesno", "options": options, "_known": {"options": ours}} if len(options) > 1 else None


def _rating(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    values = [(value, text) for value, text, _one in reader.choices(given.get("rateValues"), place)]
    ends = [given.get("minRateDescription"), given.get("maxRateDescription")]
    ends = ends if all(reader.text(end) for end in ends) else []
    if 2 <= len(values) <= questionnaire.MOST_LABELS and any(reader.text(text) != value for value, text in values):
        points = {value: n for n, (value, _text) in enumerate(values, 1)}
        labels = [reader.words(text, "label", place) for _value, text in values]
        return {
            "kind": "likert",
            "labels": labels,
            "label_texts": [text for _value, text in values],
            "_known": {"numeric": True, "points": points},
        }
    least, most = _whole_of(given.get("rateMin"), 1), _whole_of(given.get("rateMax"), 5)
    if _is_whole(given.get("rateCount")) and "rateMax" not in given:
        most = least + given["rateCount"] - 1
    if values:
        numbers = [int(value) for value, _text in values if re.fullmatch(r"\d{1,2}", value)]
        least, most = (min(numbers), max(numbers)) if len(numbers) == len(values) else (least, most)
    common = {"labels": [reader.words(end, "label", place) for end in ends], "label_texts": ends}
    if (least, most) == (0, 10):
        return {"kind": "recommend", **common, "_known": {"numeric": True}}
    if least == 1 and 2 <= most <= 11:
        return {"kind": "rating", "settings": {"points": most}, **common, "_known": {"numeric": True}}
    if least >= most:
        reader.report.leave(place, _("its scale has no points, and is left out."))
        return None
    return {"kind": "slider", "settings": {"min": least, "max": most, "step": 1}, **common, "_known": {"numeric": True}}


def _slider(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    least, most = _number_of(given.get("min"), 0), _number_of(given.get("max"), 100)
    step = _number_of(given.get("step"), 1)
    if least >= most or step <= 0 or given.get("sliderType") == "range":
        reader.report.leave(place, _("such a slider has no counterpart, and is left out."))
        return None
    whole = all(isinstance(value, int) for value in (least, most, step))
    ends = [given.get("pollsMinLabel"), given.get("pollsMaxLabel")]
    ends = ends if all(reader.text(end) for end in ends) else []
    labels = [reader.words(end, "label", place) for end in ends]
    numbers = {"min": least, "max": most, "step": step}
    return {
        "kind": "slider",
        "settings": numbers,
        "labels": labels,
        "label_texts": ends,
        "_known": {"numeric": True, "whole": whole},
    }


def _matrix(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    if given.get("cellType", "radio") != "radio":
        reader.report.leave(place, _("only one answer per row is possible here."))
    rows, ours = reader.offered(
        [(v, t, _own_marks(one)) for v, t, one in reader.choices(given.get("rows"), place)], place
    )
    columns = [(value, text) for value, text, _one in reader.choices(given.get("columns"), place)]
    setting: dict[str, Any] = {}
    if len(columns) > 2 and (columns[-1][0] in ("0", "dontknow") or NO_ANSWER.search(reader.text(columns[-1][1]))):
        setting["dont_know"] = True
        columns.pop()
    least, most = TYPES["matrix"].OPTIONS
    if not least <= len(rows) <= most or not 2 <= len(columns) <= questionnaire.MOST_LABELS:
        reader.report.leave(place, _("its table has no rows, or too few or too many columns, and is left out."))
        return None
    if given.get("rowsOrder", given.get("rowOrder")) == "random":
        setting["order"] = "random"
    points = {value: n for n, (value, _text) in enumerate(columns, 1)}
    return {
        "kind": "matrix",
        "options": rows,
        "labels": [reader.words(text, "label", place) for _value, text in columns],
        "label_texts": [text for _value, text in columns],
        "settings": setting,
        "_known": {"rows": ours, "numeric": True, "points": points},
    }


def _text(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    kind = str(given.get("inputType", "text"))
    if kind in ("number", "range"):
        return _number(reader, given, place)
    if kind == "date":
        found = {"from": given.get("min"), "to": given.get("max")}
        setting = {key: value for key, value in found.items() if isinstance(value, str) and _is_day(value)}
        return {"kind": "date", "settings": setting}
    if kind not in ("text", "email", "tel", "url", "password", "color"):
        reader.report.leave(place, _("the input “%(type)s” is asked as a line of text.") % {"type": kind[:20]})
    elif kind in ("email", "tel"):
        reader.report.leave(
            place, _("it asks who the reader is; consider whether you need that, as nothing here is anonymous then.")
        )
    return {"kind": "text", "settings": _limit(given)}


def _objects(given: Any) -> list[dict[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _number(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    setting = {key: given[key] for key in ("min", "max") if _is_number(given.get(key))}
    validators = _objects(given.get("validators"))
    for one in validators:
        if one.get("type") == "numeric":
            for key, theirs in (("min", "minValue"), ("max", "maxValue")):
                if _is_number(one.get(theirs)):
                    setting.setdefault(key, one[theirs])
    step = given.get("step")
    if isinstance(step, float) and 0 < step < 1:
        setting["decimals"] = min(6, len(f"{step:.6f}".rstrip("0").partition(".")[2]))
    unit = reader.words(given.get("pollsUnit"), "label", place)
    return {
        "kind": "number",
        "settings": setting,
        "labels": [unit] if unit else [],
        "label_texts": [given.get("pollsUnit")] if unit else [],
        "_validated": bool(validators) and all(one.get("type") == "numeric" for one in validators),
        "_known": {"numeric": True, "whole": not setting.get("decimals")},
    }


def _comment(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    return {"kind": "longtext", "settings": _limit(given)}


def _points(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    items = [
        (str(one.get("name", "")), one.get("title") or one.get("name", ""), _own_marks(one))
        for one in _objects(given.get("items"))
    ]
    options, ours = reader.offered(items, place)
    least, most = TYPES["points"].OPTIONS
    if not least <= len(options) <= most:
        reader.report.leave(place, _("it has too few or too many options, and is left out."))
        return None
    setting: dict[str, Any] = {"total": given["pollsTotal"]} if _is_whole(given.get("pollsTotal")) else {}
    return {"kind": "points", "options": options, "settings": setting, "_known": {"rows": ours, "numeric": True}}


def _html(reader: _Reader, given: Mapping[str, Any], place: str) -> Made:
    reader.report.leave(place, _("text between the questions is left out; put it into the help of the next question."))
    return None


def _limit(given: Mapping[str, Any]) -> dict[str, Any]:
    most = given.get("maxLength")
    return {"limit": most} if _is_whole(most) and 1 <= most <= 10_000 else {}


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < 10**12


def _whole_of(value: Any, otherwise: int) -> int:
    return value if _is_whole(value) else otherwise


def _number_of(value: Any, otherwise: float) -> int | float:
    return value if _is_number(value) else otherwise


def _is_day(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


READERS: Mapping[str, Callable[[_Reader, Mapping[str, Any], str], Made]] = {
    **{theirs: _list(ours) for theirs, ours in LIST_TYPES.items()},
    "approval": _list("approval"),
    "consent": _list("consent"),
    "boolean": _boolean,
    "rating": _rating,
    "slider": _slider,
    "matrix": _matrix,
    "text": _text,
    "comment": _comment,
    "points": _points,
    "html": _html,
}


# --- writing ------------------------------------------------------------------------------------------------------


def write(whole: Mapping[str, Any]) -> tuple[bytes, Report]:
    """A questionnaire as the bytes of a SurveyJS file, and what SurveyJS cannot say of it."""
    writer = _Writer(whole)
    survey = writer.survey()
    writer.report.count(whole["questions"])
    return (json.dumps(survey, ensure_ascii=False, indent=2) + "\n").encode(), writer.report


class _Writer:
    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole, self.report = whole, Report()
        self.by_name = dict(questionnaire.codes(whole))

    def survey(self) -> dict[str, Any]:
        whole, flow = self.whole, self.whole["flow"]
        for key, sentence in FLOW_TELLING.items():
            if flow.get(key):
                self.report.leave("", str(sentence))
        pages, described = [], flow.get("pages", [])
        for number in sorted({question["page"] for question in whole["questions"]}):
            page = described[number - 1] if number <= len(described) else {}
            place = _("Page %(n)d") % {"n": number}
            if page.get("jumps"):
                self.report.leave(place, _("its jumps are left out."))
            if page.get("block"):
                self.report.leave(place, _("its block keeps its place."))
            pages.append(
                _without_empty(
                    {
                        "name": f"page{number}",
                        "title": page.get("title", ""),
                        "visibleIf": self.condition(page.get("show_if"), place),
                        "elements": [self.element(c, q) for c, q in self.by_name.items() if q["page"] == number],
                    }
                )
            )
        texts = self.texts(whole, title=whole["title"], intro=whole["intro"])
        return _without_empty({"title": texts["title"], "description": texts["intro"], "pages": pages})

    def texts(self, owner: Mapping[str, Any], **texts: str) -> dict[str, Any]:
        """Texts, each with its translations where there are some."""
        found: dict[str, Any] = {}
        for key, text in texts.items():
            others = {language: words[key] for language, words in owner["translations"].items() if words.get(key)}
            found[key] = {"default": text, **others} if others else text
        return found

    def labels(self, question: Mapping[str, Any]) -> list[Any]:
        found: list[Any] = []
        for n, label in enumerate(question["labels"]):
            others = {
                language: words["labels"][n]
                for language, words in question["translations"].items()
                if words.get("labels")
            }
            found.append({"default": label, **others} if others else label)
        return found

    def condition(self, rule: Mapping[str, Any] | None, place: str) -> str:
        if rule is None:
            return ""
        try:
            return expressions.write(
                rule,
                SURVEYJS,
                lambda name: self.by_name[name]["kind"] in ("multiple", "approval", "image", "consent"),
                lambda name, row: f"{name}.{row}",
            )
        except (Unsupported, KeyError) as unsupported:
            self.report.leave(place, _("its condition is left out, because %(why)s.") % {"why": unsupported})
        return ""

    def element(self, code: str, question: Mapping[str, Any]) -> dict[str, Any]:
        place = _("Question “%(name)s”") % {"name": code}
        texts = self.texts(question, text=question["text"], help=question["help"])
        common = {
            "type": "",
            "name": code,
            "title": texts["text"],
            "description": texts["help"],
            "isRequired": question["required"],
            "visibleIf": self.condition(question["show_if"], place),
            "pollsAbout": question["about"],
        }
        return _without_empty({**common, **WRITERS[question["kind"]](self, question, place)})

    def choices(self, question: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
        found = []
        for position, option in enumerate(question["options"]):
            marks = [mark for mark in questionnaire.MARKS if option["settings"].get(mark)]
            if option["settings"].get("picture"):
                self.report.leave(place, _("its pictures stay in the library and are not in the file."))
            found.append(
                _without_empty(
                    {
                        "value": questionnaire.code_of(option, position),
                        "text": self.texts(option, text=option["text"])["text"],
                        "pollsMarks": marks,
                    }
                )
            )
        return found

    def beside(self, question: Mapping[str, Any], place: str) -> None:
        if question["options"]:
            self.report.leave(place, _("“don’t know” cannot be added to such a scale there."))


FLOW_TELLING = {
    "groups": gettext_lazy("the halves of a split survey are left out; everybody sees all questions."),
    "quotas": gettext_lazy("the quotas are left out."),
}


def _without_empty(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not False and value not in ("", [], {}, None)}


Parts = dict[str, Any]


def _write_list(theirs: str, own: str = "") -> Callable[[_Writer, Mapping[str, Any], str], Parts]:
    def write(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
        choices = writer.choices(question, place)
        special = _special_tail(choices) if theirs in ("radiogroup", "dropdown", "checkbox") else []
        choices = choices[: len(choices) - len(special)]
        if any(choice.get("pollsMarks") for choice in choices):
            writer.report.leave(
                place, _("the marks of an option (other, none, don’t know, fixed) are not known there.")
            )
        parts: Parts = {"type": theirs, OWN_KIND: own, "choices": choices}
        for text, (keys, _value, word, _marks) in special:
            parts |= {keys[0]: True, f"{word}Text": text}
        order = question["settings"].get("order")
        if order:
            parts["choicesOrder"] = "random"
            parts["pollsOrder"] = "rotate" if order == "rotate" else ""
        if question["kind"] == "image":
            parts["multiSelect"] = question["max"] > 1
        if question["kind"] in ("multiple", "approval", "image"):
            n = len(question["options"])
            parts["minSelectedChoices"] = question["min"] if question["min"] > 1 else ""
            parts["maxSelectedChoices"] = question["max"] if question["max"] < n else ""
        parts["pollsPanel"] = question["settings"].get("panel", "")
        return parts

    return write


def _special_tail(choices: Sequence[Mapping[str, Any]]) -> list[tuple[Any, Special]]:
    """The options at the end that SurveyJS has by itself, and always puts there in this order."""
    found: list[tuple[Any, Special]] = []
    left = list(SPECIAL)
    for choice in reversed(choices):
        while left and not (choice["value"] == left[-1][1] and set(choice.get("pollsMarks", ())) == set(left[-1][3])):
            left.pop()
        if not left:
            break
        found.append((choice["text"], left.pop()))
    return found[::-1]


def _write_yesno(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    choices = writer.choices(question, place)
    plain = [choice["value"] for choice in choices] == ["yes", "no"] and not any("pollsMarks" in one for one in choices)
    if len(choices) > 2:
        writer.report.leave(place, _("nothing can be added to yes and no there."))
    return {
        "type": "boolean",
        "labelTrue": choices[0]["text"],
        "labelFalse": choices[1]["text"],
        "valueTrue": choices[0]["value"],
        "valueFalse": choices[1]["value"],
        "pollsOptions": [] if plain else choices,
    }


def _write_rating(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    writer.beside(question, place)
    recommend = question["kind"] == "recommend"
    labels = writer.labels(question)
    if len(labels) not in (0, 2):
        writer.report.leave(place, _("a scale has words for its two ends there; the others are left out."))
    ends = {"minRateDescription": labels[0], "maxRateDescription": labels[1]} if len(labels) == 2 else {}
    return {
        "type": "rating",
        "rateMin": 0 if recommend else 1,
        "rateMax": 10 if recommend else question["settings"].get("points", 5),
        **ends,
    }


def _write_likert(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    writer.beside(question, place)
    values = [{"value": n, "text": label} for n, label in enumerate(writer.labels(question), 1)]
    return {"type": "rating", "displayMode": "buttons", "rateValues": values}


def _write_slider(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    writer.beside(question, place)
    labels = writer.labels(question)
    if len(labels) not in (0, 2):
        writer.report.leave(place, _("a scale has words for its two ends there; the others are left out."))
    numbers = {key: question["settings"].get(key, usual) for key, usual in (("min", 0), ("max", 100), ("step", 1))}
    ends = {"pollsMinLabel": labels[0], "pollsMaxLabel": labels[1]} if len(labels) == 2 else {}
    return {"type": "slider", **numbers, **ends}


def _write_number(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    writer.beside(question, place)
    setting, labels = question["settings"], writer.labels(question)
    decimals = setting.get("decimals", 0)
    return {
        "type": "text",
        "inputType": "number",
        **{key: setting[key] for key in ("min", "max") if key in setting},
        "step": 10**-decimals if decimals else "",
        "pollsUnit": labels[0] if labels else "",
    }


def _write_date(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    writer.beside(question, place)
    setting = question["settings"]
    return {"type": "text", "inputType": "date", "min": setting.get("from", ""), "max": setting.get("to", "")}


def _write_text(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    type_ = "text" if question["kind"] == "text" else "comment"
    return {"type": type_, "maxLength": question["settings"].get("limit", "")}


def _write_matrix(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    columns = [{"value": n, "text": label} for n, label in enumerate(writer.labels(question), 1)]
    if question["settings"].get("dont_know"):
        columns.append({"value": 0, "text": _("Don’t know")})
    order = question["settings"].get("order")
    if order == "rotate":
        writer.report.leave(place, _("its rows come in random order there, and do not rotate."))
    return {
        "type": "matrix",
        "columns": columns,
        "rows": writer.choices(question, place),
        "rowOrder": "random" if order else "",
        "isAllRowRequired": question["required"],
    }


def _write_points(writer: _Writer, question: Mapping[str, Any], place: str) -> Parts:
    writer.report.leave(place, _("nothing checks there that the points add up."))
    if question["settings"].get("order"):
        writer.report.leave(place, _("its options keep their order there."))
    items = [
        _without_empty(
            {"name": one["value"], "title": one["text"], "inputType": "number", "pollsMarks": one.get("pollsMarks", "")}
        )
        for one in writer.choices(question, place)
    ]
    return {
        "type": "multipletext",
        OWN_KIND: "points",
        "items": items,
        "pollsTotal": question["settings"].get("total", ""),
    }


WRITERS: Mapping[str, Callable[[_Writer, Mapping[str, Any], str], Parts]] = {
    "single": _write_list("radiogroup"),
    "dropdown": _write_list("dropdown"),
    "image": _write_list("imagepicker"),
    "multiple": _write_list("checkbox"),
    "approval": _write_list("checkbox", "approval"),
    "consent": _write_list("checkbox", "consent"),
    "ranking": _write_list("ranking"),
    "yesno": _write_yesno,
    "rating": _write_rating,
    "recommend": _write_rating,
    "likert": _write_likert,
    "slider": _write_slider,
    "number": _write_number,
    "date": _write_date,
    "text": _write_text,
    "longtext": _write_text,
    "matrix": _write_matrix,
    "points": _write_points,
}
