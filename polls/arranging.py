"""What stands in the fields of a survey before anybody has checked it, and what the buttons do to it.

`rows_of` puts a questionnaire into fields; up, down, duplicate, remove and add change their order, and store nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from polls import questionnaire
from polls.conditions import Lines
from polls.marks import options_as
from polls.questionnaire import SHAPES
from polls.survey_fields import JUMPS, MOST_QUOTAS, SurveyQuestionFields


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
            _renumber(row, numbers)

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
            _renumber(row, {page: page + after for page in range(1, more.last_page + 1)})
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


def _renumber(row: dict[str, Any], numbers: Mapping[int, int]) -> None:
    """The pages to which jumps written as JSON lead, by their new numbers; what is no list stays as it is."""
    try:
        jumps = json.loads(row.get("jumps_json") or "[]")
        moved = [{**jump, "to": numbers.get(jump["to"], jump["to"])} for jump in jumps]
    except (ValueError, TypeError, KeyError):
        return
    if moved:
        row["jumps_json"] = json.dumps(moved, ensure_ascii=False)


def rows_of(whole: Mapping[str, Any]) -> Rows:
    """A questionnaire as it stands in the fields."""
    named = dict(questionnaire.codes(whole))
    words = Lines({code: str(n) for n, code in enumerate(named, 1)}, named)
    rows = Rows(questions=[_question_row(code, one, words) for code, one in named.items()])
    flow = whole["flow"]
    for n, page in enumerate(flow.get("pages", []), 1):
        row = {"title": page.get("title", ""), "block": page.get("block", ""), **words.fields(page.get("show_if"))}
        jumps = page.get("jumps", [])
        if len(jumps) > JUMPS or any(jump.get("if") and not words.line(jump["if"]) for jump in jumps):
            row["jumps_json"] = json.dumps(jumps, ensure_ascii=False)
            jumps = []
        for place, jump in enumerate(jumps, 1):
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


def _question_row(code: str, one: Mapping[str, Any], words: Lines) -> dict[str, Any]:
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


# --- what the buttons do ----------------------------------------------------------------------------------------------

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
