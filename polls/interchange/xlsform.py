"""XLSForm workbooks, as far as they say the same as our questionnaire, read and written (`docs/questionnaires.md`).

A workbook comes from anywhere: its size is looked at before it is unpacked, nothing in it is evaluated, and a cell
that begins with = + - @ is text, when it is read and when it is written. What XLSForm has no word for is marked in
its column “appearance” by words beginning with “polls-”, which other programs ignore.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import openpyxl
from django.conf import settings
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.cell import WriteOnlyCell

from polls import questionnaire
from polls.drafting import one_line
from polls.interchange import Names, Refused, Report, expressions, plain_name
from polls.interchange.expressions import XLSFORM, Known, Unsupported
from polls.questionnaire import SHAPES
from polls.questions import TYPES

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_UNPACKED = 20 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 100
LONGEST_CELL = 5_000
SHEETS = ("survey", "choices", "settings")
SYNONYMS = {
    "int": "integer",
    "string": "text",
    "select one": "select_one",
    "select one from": "select_one",
    "select_one_from": "select_one",
    "select multiple": "select_multiple",
    "select multiple from": "select_multiple",
    "select all that apply from": "select_multiple",
    "select all that apply": "select_multiple",
    "begin group": "begin_group",
    "end group": "end_group",
    "begin repeat": "begin_repeat",
    "end repeat": "end_repeat",
    "trigger": "acknowledge",
}
# What a device notes by itself: nothing to ask, and nothing that this program would store.
NOTED = ("start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "simserial", "subscriberid")
OTHER = gettext_lazy("Other")
NUMBER = r"-?\d{1,12}(?:\.\d{1,6})?"


# --- the workbook -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """A row of a sheet by its headings, with its number for whoever looks for it."""

    number: int
    cells: Mapping[str, str]

    def get(self, *names: str) -> str:
        return next((self.cells[name] for name in names if self.cells.get(name)), "")


def _sheets(content: bytes) -> dict[str, list[_Line]]:
    """The rows of the three sheets, every cell as text; raises `Refused`."""
    if len(content) > LARGEST_FILE:
        raise Refused(_("The file is larger than a questionnaire can be: 2 MB at most."))
    _look_inside(content)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            return {
                sheet.title.strip().casefold(): list(_lines(sheet))
                for sheet in workbook.worksheets
                if sheet.title.strip().casefold() in SHEETS
            }
        finally:
            workbook.close()
    except Refused:
        raise
    except Exception as error:  # whatever a damaged workbook makes a library of file formats say
        raise Refused(_("The file cannot be read as an Excel workbook (.xlsx).")) from error


def _look_inside(content: bytes) -> None:
    """Refuse what would not fit into memory once unpacked, and what declares entities, before anything reads it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise Refused(_("Unpacked, this workbook is larger than a questionnaire can be."))
            for part in parts:
                with packed.open(part) as stream:  # a size that is a lie ends here, too
                    unpacked = stream.read(LARGEST_UNPACKED + 1)
                if len(unpacked) > LARGEST_UNPACKED:
                    raise Refused(_("Unpacked, this workbook is larger than a questionnaire can be."))
                if b"<!DOCTYPE" in unpacked or b"<!ENTITY" in unpacked:
                    raise Refused(_("The workbook declares entities of its own, which no questionnaire needs."))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error):
        raise Refused(_("The file is not an Excel workbook (.xlsx).")) from None


def _lines(sheet: Any) -> Iterator[_Line]:
    headings: list[str] = []
    rows = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
    for number, values in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise Refused(
                _("The sheet “%(sheet)s” has more than %(n)d rows.") % {"sheet": sheet.title[:40], "n": MOST_ROWS}
            )
        texts = [_cell(value) for value in values]
        if not headings:
            headings = [_heading(text) for text in texts] if any(texts) else []
        elif any(texts):
            yield _Line(number, {name: text for name, text in zip(headings, texts, strict=False) if name and text})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, datetime | date):
        value = value.date() if isinstance(value, datetime) else value
        return value.isoformat()
    return str(value).replace("\x00", "")[:LONGEST_CELL].strip()


def _heading(text: str) -> str:
    """A heading in one way of writing: small letters, but the language as it stands."""
    name, colons, language = re.sub(r"\s*::?\s*", "::", text.strip()).partition("::")
    name = name.casefold().replace(" ", "_")
    if name == "bind" and language.casefold() in ("required", "relevant", "constraint"):
        return language.casefold()
    return name + colons + language


# --- reading ------------------------------------------------------------------------------------------------------


def read(content: bytes) -> tuple[dict[str, Any], Report]:
    """A questionnaire of ours from the bytes of an XLSForm, and what became of it; raises `Refused`."""
    sheets = _sheets(content)
    if "survey" not in sheets:
        raise Refused(_("The workbook has no sheet called “survey”."))
    reader = _Reader(sheets)
    reader.go()
    found = reader.whole()
    if not found["questions"]:
        raise Refused(_("The workbook has no question that could be carried over."))
    reader.report.count(found["questions"])
    try:
        return questionnaire.read(found), reader.report
    except questionnaire.Unreadable as unreadable:
        raise Refused(" ".join(unreadable.faults[:10])) from None


@dataclass
class _Group:
    """A group under way: its own condition, and whether it is left out with all that is in it."""

    line: _Line
    rule: dict[str, Any] | None = None
    left_out: bool = False
    rows: list[_Line] = field(default_factory=list)
    table: bool = False


class _Reader:
    def __init__(self, sheets: Mapping[str, list[_Line]]) -> None:
        self.lines = sheets["survey"]
        self.settings = sheets["settings"][0] if sheets.get("settings") else _Line(0, {})
        self.report = Report()
        self.lists: dict[str, list[_Line]] = {}
        for line in sheets.get("choices", []):
            self.lists.setdefault(line.get("list_name", "list"), []).append(line)
        self.names = Names()
        self.known: dict[str, Known] = {}
        self.questions: list[dict[str, Any]] = []
        self.pages: list[dict[str, Any]] = []
        self.groups: list[_Group] = []
        self.loose = False
        self.note = self.intro = ""
        self.default, self.languages = self._languages(sheets)

    def whole(self) -> dict[str, Any]:
        plain = all(not page["title"] and page["show_if"] is None for page in self.pages)
        return {
            "format": questionnaire.FORMAT,
            "title": self.cut(self.settings.get("form_title", "title"), "title", _("The title")),
            "intro": self.intro,
            "flow": {} if plain else {"pages": self.pages},
            "questions": self.questions,
        }

    # --- languages ------------------------------------------------------------------------------------------------

    def _languages(self, sheets: Mapping[str, list[_Line]]) -> tuple[str, dict[str, list[str]]]:
        """The language in headings that is our own text, and those that are translations, by our codes."""
        found: dict[str, None] = {}
        for line in (*sheets["survey"], *sheets.get("choices", [])):
            for name in line.cells:
                if name.startswith(("label::", "hint::")):
                    found.setdefault(name.partition("::")[2])
        codes = {language: _language(language) for language in found}
        wanted = self.settings.get("default_language")
        plain = any("label" in line.cells for line in sheets["survey"])
        own = [language for language in found if codes[language] == settings.LANGUAGE_CODE]
        default = wanted if wanted in found else "" if plain else (own or list(found) or [""])[0]
        languages: dict[str, list[str]] = {}
        for language, code in codes.items():
            if language == default:
                continue
            if code in settings.MODELTRANS_AVAILABLE_LANGUAGES:
                languages.setdefault(code, []).append(language)
            else:
                self.report.leave(
                    "", _("the language “%(l)s” is left out: the site does not have it.") % {"l": language[:40]}
                )
        return default, languages

    def own(self, line: _Line, name: str) -> str:
        """A text in our own language."""
        return _plain(line.get(f"{name}::{self.default}", name) if self.default else line.get(name))

    def translated(self, line: _Line, column: str, code: str) -> str:
        """A text in one of the other languages."""
        return _plain(line.get(*(f"{column}::{language}" for language in self.languages[code])))

    def translations(self, line: _Line, **columns: str) -> dict[str, dict[str, Any]]:
        """The translations of a row, by our keys and its columns."""
        found: dict[str, dict[str, Any]] = {}
        for code in self.languages:
            for key, column in columns.items():
                text = self.translated(line, column, code)[: questionnaire.LENGTHS[key]].strip()
                if text:
                    found.setdefault(code, {})[key] = text
        return found

    def cut(self, text: str, what: str, place: str) -> str:
        most = questionnaire.LENGTHS[what]
        if len(text) > most:
            self.report.leave(place, _("a text is longer than %(n)d characters, and is cut.") % {"n": most})
        return one_line(text[:most])

    # --- rows -----------------------------------------------------------------------------------------------------

    def go(self) -> None:
        for line in self.lines:
            kind = self.kind(line)
            if not kind or line.get("disabled").casefold() in ("yes", "true"):
                continue
            if kind in ("begin_group", "begin_repeat"):
                self.begin(line, repeat=kind == "begin_repeat")
            elif kind in ("end_group", "end_repeat"):
                self.end()
            elif any(group.left_out for group in self.groups):
                continue
            elif self.groups and self.groups[-1].table:
                self.groups[-1].rows.append(line)
            else:
                self.row(line, kind)
        while self.groups:
            self.end()
        if self.note:
            self.report.leave("", _("the note at the end is left out: “%(text)s”") % {"text": self.note[:80]})

    def kind(self, line: _Line) -> str:
        """The type of a row, its list left off, in one way of writing."""
        written = " ".join(line.get("type").split()).casefold()
        for theirs in sorted(SYNONYMS, key=len, reverse=True):
            if written == theirs or written.startswith(f"{theirs} "):
                return SYNONYMS[theirs]
        return written.partition(" ")[0]

    def list_name(self, line: _Line) -> str:
        words = [word for word in line.get("type").split() if word.casefold() != "or_other"]
        return words[-1] if len(words) > 1 else ""

    def begin(self, line: _Line, *, repeat: bool) -> None:
        place = self.place(line)
        group = _Group(line, left_out=repeat, table=not repeat and self.is_table(line))
        if repeat:
            self.report.leave(place, _("repeated groups have no counterpart; it is left out with all that is in it."))
        elif not group.table and not any(one.left_out for one in self.groups):
            group.rule = self.rule(line, place)
            if not self.groups:
                self.turn(self.cut(self.own(line, "label"), "title", place), group.rule)
            elif self.own(line, "label"):
                self.report.leave(place, _("the heading of a group within a group is left out; its questions stay."))
        self.groups.append(group)

    def end(self) -> None:
        if not self.groups:
            return
        group = self.groups.pop()
        if group.table and not group.left_out and not any(one.left_out for one in self.groups):
            self.table(group)
        elif not self.groups:
            self.loose = False

    def turn(self, title: str = "", rule: dict[str, Any] | None = None) -> None:
        """The next page."""
        if self.pages and not any(question["page"] == len(self.pages) for question in self.questions):
            self.pages.pop()  # the one before holds nothing
        if len(self.pages) < questionnaire.MOST_PAGES:
            self.pages.append({"title": title, "show_if": rule})

    def place(self, line: _Line) -> str:
        return _("Row %(n)d (%(name)s)") % {"n": line.number, "name": (line.get("name") or line.get("type"))[:40]}

    def rule(self, line: _Line, place: str) -> dict[str, Any] | None:
        text = line.get("relevant", "relevance")
        if not text:
            return None
        return expressions.read_or_report(text, self.known.get, self.report, place)

    def row(self, line: _Line, kind: str) -> None:
        place = self.place(line)
        if kind in NOTED:
            self.report.leave(
                "", _("what a device notes by itself (start, end, deviceid and the like) is not stored here.")
            )
            return
        if kind == "note" and line.get("name") == "intro" and not self.questions and not self.intro:
            self.intro = self.cut(self.own(line, "label"), "intro", place)
            return
        if kind == "note":
            self.note = one_line(f"{self.note} {self.own(line, 'label')}")
            return
        make = getattr(self, f"make_{kind}", None)
        if make is None:
            self.report.leave(
                place, _("the type “%(type)s” has no counterpart, and is left out.") % {"type": kind[:40]}
            )
            return
        made = make(line, place)
        if made is not None:
            self.add(line, place, made)

    def add(self, line: _Line, place: str, made: dict[str, Any]) -> None:
        if len(self.questions) >= questionnaire.MOST_QUESTIONS:
            self.report.leave("", _("only the first %(n)d questions are read.") % {"n": questionnaire.MOST_QUESTIONS})
            return
        if not self.pages or (not self.groups and not self.loose):
            self.turn()
        self.loose = not self.groups
        for column in ("calculation", "default", "choice_filter", "trigger", "repeat_count", "read_only", "readonly"):
            if line.get(column):
                self.report.leave(place, _("its “%(column)s” is left out.") % {"column": column})
        text = self.cut(self.own(line, "label") or line.get("name"), "text", place)
        if not text:
            self.report.leave(place, _("it has neither words nor a name, and is left out."))
            return
        rule = self.rule(line, place)
        for group in self.groups[1:]:
            rule = {"all": [group.rule, rule]} if group.rule and rule else group.rule or rule
        known = made.pop("known", {})
        theirs = line.get("name")
        translations = self.translations(line, text="label", help="hint")
        for code, words in made.pop("label_words", {}).items():
            translations.setdefault(code, {})["labels"] = words
        question = {
            "name": self.names.take(theirs, otherwise=f"q{len(self.questions) + 1}"),
            "page": len(self.pages),
            "text": text,
            "help": self.help(line, place),
            "required": self.required(line, place),
            "show_if": rule,
            "about": "polls-about" in self.appearance(line),
            "translations": translations,
            **made,
        }
        if question["name"] == f"q{len(self.questions) + 1}":
            question["name"] = ""
        self.questions.append(question)
        self.known[theirs] = Known(name=question["name"] or f"q{len(self.questions)}", **known)

    def help(self, line: _Line, place: str) -> str:
        hint, note = self.own(line, "hint"), self.note
        self.note = ""
        if note and hint:
            self.report.leave(place, _("the note before it is left out: “%(text)s”") % {"text": note[:80]})
        return self.cut(hint or note, "help", place)

    def required(self, line: _Line, place: str) -> bool:
        written = line.get("required").casefold()
        if written in ("", "no", "false", "false()"):
            return False
        if written not in ("yes", "true", "true()"):
            self.report.leave(place, _("it is required under a condition there; here it is always required."))
        return True

    def appearance(self, line: _Line) -> list[str]:
        return line.get("appearance").casefold().split()

    # --- options --------------------------------------------------------------------------------------------------

    def options(self, line: _Line, place: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The options of a row's list, and our names by theirs."""
        listed = self.lists.get(self.list_name(line), [])
        names = Names()
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        for choice in listed:
            text = self.cut(self.own(choice, "label") or choice.get("name"), "option", place)
            if not text or text.casefold() in seen:
                self.report.leave(place, _("an option without words, or with those of another, is left out."))
                continue
            seen.add(text.casefold())
            marks = choice.get("marks", "polls_marks").casefold().split()
            name = names.take(choice.get("name"), otherwise=f"o{len(found) + 1}")
            found.append(
                {
                    "name": "" if name == str(len(found) + 1) else name,
                    "text": text,
                    "settings": {mark: True for mark in questionnaire.MARKS if mark in marks},
                    "translations": self.option_translations(choice),
                }
            )
        if "or_other" in line.get("type").casefold().split():
            found.append(
                {"text": str(OTHER), "name": names.take("other", otherwise="other"), "settings": {"other": True}}
            )
        return found, dict(names.ours)

    def option_translations(self, line: _Line) -> dict[str, dict[str, str]]:
        return {code: {"text": words["option"]} for code, words in self.translations(line, option="label").items()}

    def chosen(self, line: _Line, place: str, kind: str) -> dict[str, Any] | None:
        options, ours = self.options(line, place)
        least, most = TYPES[kind].OPTIONS
        if len(options) < least:
            self.report.leave(place, _("its list of choices has fewer than two, or is missing; it is left out."))
            return None
        if len(options) > most:
            self.report.leave(place, _("only the first %(n)d choices are read.") % {"n": most})
            options = options[:most]
        order: dict[str, Any] = {}
        if "randomize=true" in line.get("parameters").replace(" ", "").casefold() and "order" in SHAPES[kind].settings:
            order = {"order": "rotate" if "polls-rotate" in self.appearance(line) else "random"}
        return {"kind": kind, "options": options, "settings": order, "known": {"options": ours}}

    def make_select_one(self, line: _Line, place: str) -> dict[str, Any] | None:
        looks = self.appearance(line)
        if "likert" in looks:
            return self.likert(line, place)
        names = [choice.get("name").casefold() for choice in self.lists.get(self.list_name(line), [])]
        kind = "single"
        if "polls-yesno" in looks or names == ["yes", "no"]:
            kind = "yesno"
        elif {"minimal", "autocomplete", "search"} & set(looks):
            kind = "dropdown"
        self.constraint(line, place)
        return self.chosen(line, place, kind)

    def likert(self, line: _Line, place: str) -> dict[str, Any] | None:
        labels, points, words = self.scale(self.lists.get(self.list_name(line), []), place)
        if not 2 <= len(labels) <= questionnaire.MOST_LABELS:
            self.report.leave(place, _("its scale has too few or too many points, and is left out."))
            return None
        known = {"numeric": True, "points": points}
        return {"kind": "likert", "labels": labels, "known": known, "label_words": words}

    def scale(self, listed: Sequence[_Line], place: str) -> tuple[list[str], dict[str, int], dict[str, list[str]]]:
        """The points of a scale, their numbers by their names, and their words in other languages."""
        labels = [self.cut(self.own(choice, "label"), "label", place) for choice in listed]
        points = {choice.get("name"): n for n, choice in enumerate(listed, 1)}
        words: dict[str, list[str]] = {}
        for code in self.languages:
            found = [self.translated(choice, "label", code)[: questionnaire.LENGTHS["label"]] for choice in listed]
            if found and all(found):
                words[code] = found
        return [label for label in labels if label], points, words

    def make_select_multiple(self, line: _Line, place: str) -> dict[str, Any] | None:
        looks = self.appearance(line)
        kind = "approval" if "polls-approval" in looks else "consent" if "polls-consent" in looks else "multiple"
        made = self.chosen(line, place, kind)
        if made is None or kind == "consent":
            return made and {**made, "settings": {"panel": True} if "polls-panel" in looks else {}}
        n = len(made["options"])
        limits = self.constraint(line, place, r"count-selected\(\s*\.\s*\)")
        made["min"] = min(n, max(1, int(limits.get("min", 1))))
        made["max"] = min(n, max(made["min"], int(limits.get("max", n))))
        return made

    def make_rank(self, line: _Line, place: str) -> dict[str, Any] | None:
        return self.chosen(line, place, "ranking")

    def make_acknowledge(self, line: _Line, place: str) -> dict[str, Any] | None:
        return {"kind": "consent", "options": [_("I agree")], "known": {"options": {"OK": "1"}}}

    # --- numbers, dates, texts ------------------------------------------------------------------------------------

    def constraint(self, line: _Line, place: str, what: str = r"\.") -> dict[str, float]:
        """The least and the largest value of a constraint such as “. >= 0 and . <= 10”; anything else is reported."""
        found: dict[str, float] = {}
        text = line.get("constraint")
        for part in re.split(r"\s+and\s+", text.strip(" ()")) if text else []:
            match = re.fullmatch(
                rf"{what}\s*(>=|<=|>|<)\s*({NUMBER})", part.strip(" ()") if what == r"\." else part.strip()
            )
            if not match:
                self.report.leave(place, _("its constraint is left out: %(text)s") % {"text": text[:200]})
                return {}
            sign, value = match[1], _number(match[2])
            if sign in (">", "<") and not isinstance(value, int):
                self.report.leave(place, _("its constraint is left out: %(text)s") % {"text": text[:200]})
                return {}
            found["min" if sign[0] == ">" else "max"] = value + {">": 1, "<": -1}.get(sign, 0)
        return found

    def make_integer(self, line: _Line, place: str) -> dict[str, Any]:
        return {"kind": "number", "settings": self.constraint(line, place), "known": {"numeric": True}}

    def make_decimal(self, line: _Line, place: str) -> dict[str, Any]:
        found = re.search(r"polls-decimals-([1-6])(?!\d)", line.get("appearance"))
        setting = {**self.constraint(line, place), "decimals": int(found[1]) if found else 2}
        return {"kind": "number", "settings": setting, "known": {"numeric": True, "whole": False}}

    def make_range(self, line: _Line, place: str) -> dict[str, Any] | None:
        given = dict(re.findall(rf"(start|end|step)\s*=\s*({NUMBER})(?![\d.])", line.get("parameters")))
        least, most, step = (
            _number(given.get(key, usual)) for key, usual in (("start", "1"), ("end", "10"), ("step", "1"))
        )
        if least >= most or step <= 0:
            self.report.leave(place, _("its range is empty, and is left out."))
            return None
        looks = self.appearance(line)
        if (least, most, step) == (0, 10, 1) and "polls-recommend" in looks:
            return {"kind": "recommend", "known": {"numeric": True}}
        if (least, step) == (1, 1) and most in range(2, 12) and "rating" in looks:
            return {"kind": "rating", "settings": {"points": most}, "known": {"numeric": True}}
        whole = all(isinstance(value, int) for value in (least, most, step))
        numbers = {"min": least, "max": most, "step": step}
        return {"kind": "slider", "settings": numbers, "known": {"numeric": True, "whole": whole}}

    def make_date(self, line: _Line, place: str) -> dict[str, Any]:
        text, setting = line.get("constraint"), {}
        for part in re.split(r"\s+and\s+", text) if text else []:
            match = re.fullmatch(r"\(?\.\s*(>=|<=)\s*date\(\s*['\"](\d{4}-\d\d-\d\d)['\"]\s*\)\)?", part.strip())
            if not match:
                self.report.leave(place, _("its constraint is left out: %(text)s") % {"text": text[:200]})
                return {"kind": "date"}
            setting["from" if match[1] == ">=" else "to"] = match[2]
        return {"kind": "date", "settings": setting}

    def make_text(self, line: _Line, place: str) -> dict[str, Any]:
        limits = self.constraint(line, place, r"string-length\(\s*\.\s*\)")
        most = limits.get("max", 0)
        setting = {"limit": int(most)} if 1 <= most <= 10_000 else {}
        return {"kind": "longtext" if "multiline" in self.appearance(line) else "text", "settings": setting}

    # --- tables ---------------------------------------------------------------------------------------------------

    def is_table(self, line: _Line) -> bool:
        """Whether a group is one question in rows: its heading row says “label”, its rows “list-nolabel”."""
        if "polls-points" in self.appearance(line):
            return True
        after = [other for other in self.lines if other.number > line.number][:2]
        return len(after) == 2 and all(
            self.kind(other) == "select_one" and look in self.appearance(other)
            for other, look in zip(after, ("label", "list-nolabel"), strict=True)
        )

    def table(self, group: _Group) -> None:
        line, place = group.line, self.place(group.line)
        if "polls-points" in self.appearance(line):
            rows, made = group.rows, self.points(group)
        else:
            rows, made = group.rows[1:], self.matrix(group, place)
        names, ours = Names(), {}
        options: list[dict[str, Any]] = []
        seen: set[str] = set()
        for row in rows:
            text = self.cut(self.own(row, "label") or row.get("name"), "option", place)
            if not text or text.casefold() in seen:
                self.report.leave(place, _("an option without words, or with those of another, is left out."))
                continue
            seen.add(text.casefold())
            theirs = row.get("name")
            name = names.take(theirs.removeprefix(f"{line.get('name')}_"), otherwise=f"o{len(options) + 1}")
            ours[theirs] = name
            options.append(
                {
                    "name": "" if name == str(len(options) + 1) else name,
                    "text": text,
                    "translations": self.option_translations(row),
                }
            )
        least, most = TYPES[made["kind"]].OPTIONS if made else (1, 0)
        if made is None or not least <= len(options) <= most:
            self.report.leave(place, _("its table has no rows, or too few or too many columns, and is left out."))
            return
        made["options"] = options
        made["known"] = {"numeric": True, "rows": ours, **made.get("known", {})}
        known = made["known"]
        self.add(_Line(line.number, {**line.cells, "required": rows[0].get("required")}), place, made)
        if line.get("name") not in self.known:
            return
        code = self.known[line.get("name")].name
        for theirs, name in ours.items():  # a row is a question by itself there
            self.known[theirs] = Known(name=code, numeric=True, points=known.get("points", {}), row=name)

    def matrix(self, group: _Group, place: str) -> dict[str, Any] | None:
        heading = group.rows[0]
        if any(self.list_name(row) != self.list_name(heading) for row in group.rows):
            return None
        listed = list(self.lists.get(self.list_name(heading), []))
        setting: dict[str, Any] = {}
        if len(listed) > 2 and listed[-1].get("name") in ("0", "dont_know"):
            setting["dont_know"] = True
            listed.pop()
        labels, points, words = self.scale(listed, place)
        if not 2 <= len(labels) <= questionnaire.MOST_LABELS:
            return None
        return {
            "kind": "matrix",
            "labels": labels,
            "settings": setting,
            "known": {"points": points},
            "label_words": words,
        }

    def points(self, group: _Group) -> dict[str, Any] | None:
        found = re.search(r"polls-points-(\d{1,7})(?!\d)", group.line.get("appearance"))
        return (
            {"kind": "points", "settings": {"total": int(found[1])} if found else {}} if len(group.rows) > 1 else None
        )


def _language(text: str) -> str:
    """Our code of a language written as “French (fr)”, “French” or “fr”."""
    found = re.search(r"\(([A-Za-z-]{2,10})\)\s*$", text)
    code = (found[1] if found else text.strip()).casefold()
    if code == "zh":
        return "zh-hans"
    named = {_english(code_): code_ for code_, _name in settings.LANGUAGES}
    return named.get(code, code)


def _english(code: str) -> str:
    return LANGUAGE_NAMES.get(code, code).casefold()


LANGUAGE_NAMES = {
    "en": "English",
    "ru": "Russian",
    "fr": "French",
    "es": "Spanish",
    "de": "German",
    "ar": "Arabic",
    "zh-hans": "Chinese",
}


def _plain(text: str) -> str:
    return one_line(strip_tags(text))


def _number(text: str) -> int | float:
    return float(text) if "." in text and not float(text).is_integer() else int(float(text))


# --- writing ------------------------------------------------------------------------------------------------------


def write(whole: Mapping[str, Any]) -> tuple[bytes, Report]:
    """A questionnaire as the bytes of an XLSForm workbook, and what XLSForm cannot say of it."""
    writer = _Writer(whole)
    writer.go()
    writer.report.count(whole["questions"])
    return writer.workbook(), writer.report


class _Writer:
    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole, self.report = whole, Report()
        self.by_name = dict(questionnaire.codes(whole))
        languages = [language for question in whole["questions"] for language in _spoken(question)]
        self.languages = {code: f"{LANGUAGE_NAMES.get(code, code)} ({code})" for code in dict.fromkeys(languages)}
        own = settings.LANGUAGE_CODE
        self.own = f"{LANGUAGE_NAMES.get(own, own)} ({own})" if self.languages else ""
        self.names = {code: _xml_name(code) for code in self.by_name}
        self.survey: list[dict[str, Any]] = []
        self.choices: list[dict[str, Any]] = []

    def go(self) -> None:
        flow = self.whole["flow"]
        for key, sentence in FLOW_TELLING.items():
            if flow.get(key):
                self.report.leave("", str(sentence))
        if self.whole["intro"]:
            self.survey.append({"type": "note", "name": "intro", **self.labelled("label", self.whole["intro"])})
        described = flow.get("pages", [])
        numbers = sorted({question["page"] for question in self.whole["questions"]})
        grouped = len(numbers) > 1 or bool(described)
        for number in numbers:
            page = described[number - 1] if number <= len(described) else {}
            place = _("Page %(n)d") % {"n": number}
            for key, sentence in PAGE_TELLING.items():
                if page.get(key):
                    self.report.leave(place, str(sentence))
            if grouped:
                self.survey.append(
                    {
                        "type": "begin_group",
                        "name": f"page{number}",
                        **self.labelled("label", page.get("title", "")),
                        "appearance": "field-list",
                        "relevant": self.condition(page.get("show_if"), place),
                    }
                )
            for code, question in self.by_name.items():
                if question["page"] == number:
                    self.question(code, question)
            if grouped:
                self.survey.append({"type": "end_group"})

    def labelled(self, column: str, text: str, translations: Mapping[str, str] | None = None) -> dict[str, str]:
        found = {f"{column}::{self.own}" if self.own else column: text}
        for code, language in self.languages.items():
            found[f"{column}::{language}"] = (translations or {}).get(code, "")
        return found

    def condition(self, rule: Mapping[str, Any] | None, place: str) -> str:
        if rule is None:
            return ""
        try:
            return expressions.write(self.renamed(rule), XLSFORM, lambda _name: True, lambda name, row: f"{name}_{row}")
        except (Unsupported, KeyError) as unsupported:
            self.report.leave(place, _("its condition is left out, because %(why)s.") % {"why": unsupported})
        return ""

    def renamed(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """The rule in the names that the workbook has."""
        for word in ("all", "any"):
            if word in rule:
                return {word: [self.renamed(part) for part in rule[word]]}
        if "not" in rule:
            return {"not": self.renamed(rule["not"])}
        if "question" not in rule:
            return dict(rule)
        code = rule["question"]
        found = {**rule, "question": self.names[code]}
        options = self.by_name[code]["options"]
        if options and options[-1]["settings"].get("other"):
            last = questionnaire.code_of(options[-1], len(options) - 1)
            for word, value in rule.items():
                if word == "is" and value == last:
                    found[word] = "other"
                elif word == "in":
                    found[word] = ["other" if one == last else one for one in value]
        return found

    def question(self, code: str, question: Mapping[str, Any]) -> None:
        place = _("Question “%(name)s”") % {"name": code}
        kind, setting = question["kind"], question["settings"]
        words = question["translations"]
        row: dict[str, Any] = {
            "type": "",
            "name": self.names[code],
            **self.labelled("label", question["text"], {c: w.get("text", "") for c, w in words.items()}),
            **self.labelled("hint", question["help"], {c: w.get("help", "") for c, w in words.items()}),
            "required": "yes" if question["required"] else "",
            "relevant": self.condition(question["show_if"], place),
            "appearance": "",
        }
        looks = ["polls-about"] if question["about"] else []
        if kind in ("rating", "recommend", "slider", "number", "date", "likert") and question["options"]:
            self.report.leave(place, _("“don’t know” cannot be added to such a scale there."))
        if kind in ("rating", "recommend", "slider", "number", "points") and question["labels"]:
            self.report.leave(place, _("the words at the ends of the scale, or the unit, are left out."))
        if self.names[code] != code:
            self.report.leave(place, _("it is called “%(name)s” there.") % {"name": self.names[code]})
        match kind:
            case "matrix" | "points":
                self.table(code, question, row, looks, place)
                return
            case "likert":
                row["type"] = f"select_one {self.scale(code, question)}"
                looks.append("likert")
            case "number":
                row["type"] = "decimal" if setting.get("decimals") else "integer"
                row["constraint"] = _limits(".", setting.get("min"), setting.get("max"))
                if setting.get("decimals", 2) != 2 and setting["decimals"]:
                    looks.append(f"polls-decimals-{setting['decimals']}")
            case "rating":
                row |= {"type": "range", "parameters": f"start=1 end={setting.get('points', 5)} step=1"}
                looks.append("rating")
            case "recommend":
                row |= {"type": "range", "parameters": "start=0 end=10 step=1"}
                looks.append("polls-recommend")
            case "slider":
                ends = (setting.get("min", 0), setting.get("max", 100), setting.get("step", 1))
                row |= {"type": "range", "parameters": "start={} end={} step={}".format(*ends)}
            case "date":
                dates = [f"date('{day}')" if day else None for day in (setting.get("from"), setting.get("to"))]
                row |= {"type": "date", "constraint": _limits(".", *dates)}
            case "text" | "longtext":
                row |= {"type": "text", "constraint": _limits("string-length(.)", None, setting.get("limit"))}
                looks += ["multiline"] if kind == "longtext" else []
            case _:
                self.listed(code, question, row, looks, place)
        row["appearance"] = " ".join(looks)
        self.survey.append(row)

    def listed(self, code: str, question: Mapping[str, Any], row: dict[str, Any], looks: list[str], place: str) -> None:
        kind, setting = question["kind"], question["settings"]
        several = kind in ("multiple", "approval", "consent")
        type_ = "rank" if kind == "ranking" else "select_multiple" if several else "select_one"
        other = self.offer(code, question, place)
        row["type"] = f"{type_} {code}" + (" or_other" if other and kind != "ranking" else "")
        looks += {
            "dropdown": ["minimal"],
            "yesno": ["polls-yesno"],
            "approval": ["polls-approval"],
            "consent": ["polls-consent", *(["polls-panel"] if setting.get("panel") else [])],
        }.get(kind, [])
        if setting.get("order"):
            row["parameters"] = "randomize=true"
            looks += ["polls-rotate"] if setting["order"] == "rotate" else []
        n = len(question["options"])
        if kind in ("multiple", "approval") and (question["min"] > 1 or question["max"] < n):
            least = question["min"] if question["min"] > 1 else None
            row["constraint"] = _limits("count-selected(.)", least, question["max"] if question["max"] < n else None)
        if kind == "ranking" and (question["min"] > 1 or question["max"] < n):
            self.report.leave(place, _("all options are ranked there, not only some."))
        if kind == "image":
            self.report.leave(place, _("its pictures stay in the library and are not in the file."))

    def offer(self, code: str, question: Mapping[str, Any], place: str) -> bool:
        """The choices of a question; true where the last is “other”, which XLSForm adds by itself."""
        options = question["options"]
        other = bool(options) and options[-1]["settings"].get("other") and question["kind"] != "consent"
        for position, option in enumerate(options[:-1] if other else options):
            marks = [mark for mark in questionnaire.MARKS if option["settings"].get(mark)]
            words = {c: w.get("text", "") for c, w in option["translations"].items()}
            self.choices.append(
                {
                    "list_name": code,
                    "name": questionnaire.code_of(option, position),
                    **self.labelled("label", option["text"], words),
                    "marks": " ".join(marks),
                }
            )
        if other and options[-1]["text"] not in ("Other", str(OTHER)):
            self.report.leave(
                place, _("the option “%(option)s” is called “Other” there.") % {"option": options[-1]["text"]}
            )
        return bool(other)

    def scale(self, code: str, question: Mapping[str, Any]) -> str:
        """The points of a scale as a list of choices."""
        name = f"{code}_scale"
        for n, label in enumerate(question["labels"], 1):
            words = {c: w["labels"][n - 1] for c, w in question["translations"].items() if w.get("labels")}
            self.choices.append({"list_name": name, "name": str(n), **self.labelled("label", label, words)})
        if question["settings"].get("dont_know"):
            self.choices.append({"list_name": name, "name": "dont_know", **self.labelled("label", _("Don’t know"))})
        return name

    def table(self, code: str, question: Mapping[str, Any], row: dict[str, Any], looks: list[str], place: str) -> None:
        matrix, name = question["kind"] == "matrix", self.names[code]
        required = row.pop("required")
        total = question["settings"].get("total", 100)
        if not matrix:
            looks.append(f"polls-points polls-points-{total}")
            self.report.leave(place, _("nothing checks there that the points add up."))
        if question["settings"].get("order"):
            self.report.leave(place, _("its rows keep their order there."))
        self.survey.append({**row, "type": "begin_group", "appearance": " ".join(["field-list", *looks])})
        type_ = f"select_one {self.scale(code, question)}" if matrix else "integer"
        if matrix:
            heading = {"type": type_, "name": f"{name}_heading", **self.labelled("label", " "), "appearance": "label"}
            self.survey.append(heading)
        for position, option in enumerate(question["options"]):
            words = {c: w.get("text", "") for c, w in option["translations"].items()}
            self.survey.append(
                {
                    "type": type_,
                    "name": f"{name}_{questionnaire.code_of(option, position)}",
                    **self.labelled("label", option["text"], words),
                    "required": required,
                    "appearance": "list-nolabel" if matrix else "",
                    "constraint": "" if matrix else _limits(".", 0, total),
                }
            )
        self.survey.append({"type": "end_group"})

    # --- the file -------------------------------------------------------------------------------------------------

    def workbook(self) -> bytes:
        workbook = openpyxl.Workbook(write_only=True)
        title = {"form_title": self.whole["title"], "form_id": plain_name(self.whole["title"]) or "questionnaire"}
        settings_ = {**title, "default_language": self.own, "style": "pages"}
        for name, rows in (("survey", self.survey), ("choices", self.choices), ("settings", [settings_])):
            sheet = workbook.create_sheet(name)
            headings = list(dict.fromkeys(key for row in rows for key in row)) or ["list_name", "name", "label"]
            used = [
                key for key in headings if any(row.get(key) for row in rows) or key in ("type", "name", "list_name")
            ]
            sheet.append(_texts(sheet, used))
            for row in rows:
                sheet.append(_texts(sheet, [str(row.get(key, "")) for key in used]))
        out = io.BytesIO()
        workbook.save(out)
        return out.getvalue()


FLOW_TELLING = {
    "groups": gettext_lazy("the halves of a split survey are left out; everybody sees all questions."),
    "quotas": gettext_lazy("the quotas are left out."),
}
PAGE_TELLING = {
    "jumps": gettext_lazy("its jumps are left out."),
    "block": gettext_lazy("its block keeps its place."),
}


def _texts(sheet: Any, values: Sequence[str]) -> list[Any]:
    """Cells that are text whatever they begin with: no program takes them for a formula."""
    found: list[Any] = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value) or None)
        if value:
            cell.data_type = "s"
        found.append(cell)
    return found


def _limits(what: str, least: Any, most: Any) -> str:
    parts = [f"{what} >= {least}"] if least is not None else []
    parts += [f"{what} <= {most}"] if most is not None else []
    return " and ".join(parts)


def _spoken(question: Mapping[str, Any]) -> Iterator[str]:
    yield from question["translations"]
    for option in question["options"]:
        yield from option["translations"]


def _xml_name(code: str) -> str:
    """A name that may stand in XML, which begins with a letter or _."""
    return code if re.match(r"[A-Za-z_]", code) else f"q_{code}"
