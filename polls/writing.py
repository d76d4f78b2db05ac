"""The page on which a survey is written: its questions of every type, its pages, rules, jumps, quotas and halves.

What stands in the fields is questionnaire JSON in another dress: `polls/arranging.py` puts a questionnaire into fields,
`Sheet.whole` reads one out of them, and `polls/questionnaire.py` says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from polls import drafting, questionnaire
from polls.arranging import Rows, page_of, rows_of
from polls.characters import apart
from polls.conditions import Known
from polls.drafting import Asked
from polls.marks import options_from
from polls.models import Poll
from polls.pictures import Picture, picture_of
from polls.questionnaire import SHAPES
from polls.questions import TYPES
from polls.survey_fields import CourseFields, PageFields, SurveyQuestionFields


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
    words = f"{n}. {apart(str(form['question'].value() or '')[:60])}"
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
