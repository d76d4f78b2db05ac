"""XLSForm workbooks: what they share with ours goes there and back; the rest is reported; hostile files are refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from polls import questionnaire
from polls.interchange import Refused, xlsform
from tests.polls.questionnaires import EVERYTHING, wild

CHOICES = [("list_name", "name", "label"), ("yn", "yes", "Yes"), ("yn", "no", "No"),
           ("read", "a lot", "A lot"), ("read", "never", "Never")]  # fmt: skip


def workbook(*survey: tuple[Any, ...], choices: Any = CHOICES, settings: Any = ()) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for title, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEAD = ("type", "name", "label", "required", "relevant", "constraint", "appearance", "parameters")
FIRST = ("select_one read", "reads", "Do you read?")


def read(*rows: tuple[Any, ...], **more: Any) -> tuple[dict[str, Any], list[str]]:
    whole, report = xlsform.read(workbook(HEAD, *rows, **more))
    return whole, report.left


def made(*row: Any) -> dict[str, Any]:
    whole, left = read(FIRST, row)
    assert left == []
    return whole["questions"][1]


def left(*rows: tuple[Any, ...]) -> list[str]:
    return read(FIRST, *rows)[1]


def test_everything_goes_there_and_back() -> None:
    whole = questionnaire.read(EVERYTHING)
    content, report = xlsform.write(whole)
    assert report.carried == "Carried over: 18 questions on 3 pages."
    assert report.left == [
        "Question “stars”: the words at the ends of the scale, or the unit, are left out.",
        "Question “age”: the words at the ends of the scale, or the unit, are left out.",
        "Question “share”: nothing checks there that the points add up.",
    ]
    again, back = xlsform.read(content)
    assert back.left == []
    for name, lost in (("stars", 4), ("age", 8)):
        assert whole["questions"][lost]["name"] == name
        whole["questions"][lost]["labels"] = []
        whole["questions"][lost]["translations"].get("fr", {}).pop("labels", None)
    assert again == questionnaire.read(whole)


@hypothesis_settings(max_examples=60)
@given(wild())
def test_what_is_not_reported_is_not_lost(whole: dict[str, Any]) -> None:
    content, report = xlsform.write(whole)
    again, back = xlsform.read(content)
    if not [sentence for sentence in report.left if "add up" not in sentence] and not back.left:
        again["flow"] = {}
        assert again == whole


def test_the_types_of_xlsform_become_ours() -> None:
    rows = [
        ("select_one yn", "a", "?"),
        ("select one read", "b", "?", "", "", "", "minimal"),
        ("select_multiple read", "c", "?"),
        ("select_one read or_other", "d", "?"),
        ("integer", "e", "?", "", "", ". >= 0 and . < 121"),
        ("decimal", "f", "?"),
        ("range", "g", "?", "", "", "", "", "start=0 end=20 step=5"),
        ("range", "h", "?", "", "", "", "rating", "start=1 end=5 step=1"),
        ("rank read", "i", "?"),
        ("date", "j", "?", "", "", ". >= date('2026-01-01')"),
        ("text", "k", "?"),
        ("text", "l", "?", "", "", "string-length(.) <= 200", "multiline"),
        ("select_one read", "m", "?", "", "", "", "likert"),
        ("acknowledge", "n", "?", "yes"),
        ("select_one read", "o", "?", "", "", "", "", "randomize=true"),
    ]
    whole, said = read(*rows)
    assert said == []
    assert {q["name"]: (q["kind"], q["settings"], len(q["options"]), q["labels"]) for q in whole["questions"]} == {
        "a": ("yesno", {}, 2, []),
        "b": ("dropdown", {}, 2, []),
        "c": ("multiple", {}, 2, []),
        "d": ("single", {}, 3, []),
        "e": ("number", {"min": 0, "max": 120}, 0, []),
        "f": ("number", {"decimals": 2}, 0, []),
        "g": ("slider", {"min": 0, "max": 20, "step": 5}, 0, []),
        "h": ("rating", {"points": 5}, 0, []),
        "i": ("ranking", {}, 2, []),
        "j": ("date", {"from": "2026-01-01"}, 0, []),
        "k": ("text", {}, 0, []),
        "l": ("longtext", {"limit": 200}, 0, []),
        "m": ("likert", {}, 0, ["A lot", "Never"]),
        "n": ("consent", {}, 1, []),
        "o": ("single", {"order": "random"}, 2, []),
    }


def test_groups_are_pages_with_their_title_and_condition() -> None:
    whole, said = read(
        FIRST,
        ("begin_group", "p", "More", "", "${reads} = 'never'"),
        ("text", "why", "Why?"),
        ("end_group",),
        ("text", "last", "Anything else?"),
        ("text", "very_last", "Really?"),
    )
    assert said == []
    assert [(q["name"], q["page"]) for q in whole["questions"]] == [
        ("reads", 1),
        ("why", 2),
        ("last", 3),
        ("very_last", 3),
    ]
    assert whole["flow"] == {
        "pages": [
            {"title": "", "show_if": None},
            {"title": "More", "show_if": {"question": "reads", "is": "never"}},
            {"title": "", "show_if": None},
        ]
    }


def test_a_group_in_a_group_lends_its_condition() -> None:
    whole, said = read(
        FIRST,
        ("begin_group", "p", "More"),
        ("begin_group", "inner", "", "", "${reads} = 'never'"),
        ("text", "why", "Why?", "", "${reads} != ''"),
        ("end_group",),
        ("end_group",),
    )
    assert said == []
    assert whole["questions"][1]["show_if"] == {
        "all": [{"question": "reads", "is": "never"}, {"question": "reads", "answered": True}]
    }


def test_rows_under_a_heading_row_are_one_table() -> None:
    whole, said = read(
        ("begin_group", "page", ""),
        ("begin_group", "trust", "How much?", "", "", "", "field-list"),
        ("select_one read", "head", " ", "", "", "", "label"),
        ("select_one read", "trust_press", "The press", "yes", "", "", "list-nolabel"),
        ("select_one read", "courts", "The courts", "yes", "", "", "list-nolabel"),
        ("end_group",),
        ("text", "why", "Why?", "", "${trust_press} = 'never'"),
        ("end_group",),
    )
    assert said == []
    (table, why) = whole["questions"]
    assert (table["kind"], table["labels"], table["required"]) == ("matrix", ["A lot", "Never"], True)
    assert [(one["name"], one["text"]) for one in table["options"]] == [
        ("press", "The press"),
        ("courts", "The courts"),
    ]
    about = {"question": "trust", "row": "press"}
    assert why["show_if"] == {"all": [{**about, "at_least": 2}, {**about, "at_most": 2}]}


def test_translations_come_by_their_columns() -> None:
    head = ("type", "name", "label::English (en)", "label::French (fr)", "hint::fr", "label::Klingon")
    choices = [
        ("list_name", "name", "label::English (en)", "label::French (fr)"),
        ("l", "a", "One", "Un"),
        ("l", "b", "Two", ""),
    ]
    content = workbook(head, ("select_one l", "q", "How many?", "Combien ?", "Un indice", "x"), choices=choices)
    whole, report = xlsform.read(content)
    (question,) = whole["questions"]
    assert question["text"] == "How many?"
    assert question["translations"] == {"fr": {"text": "Combien ?", "help": "Un indice"}}
    assert [one["translations"] for one in question["options"]] == [{"fr": {"text": "Un"}}, {}]
    assert report.left == ["The language “Klingon” is left out: the site does not have it."]


def test_another_default_language_is_our_own_text() -> None:
    head = ("type", "name", "label::English (en)", "label::German (de)")
    content = workbook(
        head, ("text", "q", "Why?", "Warum?"), settings=[("form_title", "default_language"), ("Fragen", "German (de)")]
    )
    whole, report = xlsform.read(content)
    assert (whole["title"], whole["questions"][0]["text"]) == ("Fragen", "Warum?")
    assert whole["questions"][0]["translations"] == {"en": {"text": "Why?"}}
    assert report.left == []


CONDITIONS = [
    ("${reads} = 'a lot'", {"question": "reads", "is": "a_lot"}),
    ("selected(${reads}, 'never')", {"question": "reads", "is": "never"}),
    ("not(selected(${reads}, 'never')) and ${reads} != ''",
     {"all": [{"not": {"question": "reads", "is": "never"}}, {"question": "reads", "answered": True}]}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), CONDITIONS)
def test_conditions_become_rules(text: str, rule: dict[str, Any]) -> None:
    assert made("text", "why", "Why?", "", text)["show_if"] == rule


def test_numbers_are_compared() -> None:
    whole, said = read(("integer", "age", "?"), ("decimal", "tall", "?"), ("text", "x", "?", "", "${age} > 17"),
                       ("text", "y", "?", "", "${tall} < 1.5"), ("text", "z", "?", "", "18 <= ${age}"))  # fmt: skip
    assert said == []
    assert [question["show_if"] for question in whole["questions"][2:]] == [
        {"question": "age", "at_least": 18},
        {"all": [{"question": "tall", "answered": True}, {"not": {"question": "tall", "at_least": 1.5}}]},
        {"question": "age", "at_least": 18},
    ]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("geopoint", "g", "?"), "Row 3 (g): the type “geopoint” has no counterpart, and is left out."),
        (("calculate", "g"), "Row 3 (g): the type “calculate” has no counterpart, and is left out."),
        (("start", "start"), "What a device notes by itself (start, end, deviceid and the like) is not stored here."),
        (("note", "n", "Thank you"), "The note at the end is left out: “Thank you”"),
        (("select_one missing", "g", "?"),
         "Row 3 (g): its list of choices has fewer than two, or is missing; it is left out."),
        (("text", "g", "?", "${reads} = 1"),
         "Row 3 (g): it is required under a condition there; here it is always required."),
        (("text", "g", "?", "", "${later} = 1"),
         "Row 3 (g): its condition is left out, because there is no question “later” before it: ${later} = 1"),
        (("text", "g", "?", "", "", "regex(., '^a')"), "Row 3 (g): its constraint is left out: regex(., '^a')"),
        (("text", "g", "x" * 600), "Row 3 (g): a text is longer than 500 characters, and is cut."),
        (("range", "g", "?", "", "", "", "", "start=5 end=1"),
         "Row 3 (g): its range is empty, and is left out."),
    ],
)  # fmt: skip
def test_whatever_is_left_out_is_named(row: tuple[Any, ...], sentence: str) -> None:
    assert left(row) == [sentence]


def test_a_repeated_group_is_left_out_whole() -> None:
    whole, said = read(FIRST, ("begin_repeat", "child", "Child"), ("text", "name", "Name?"), ("begin_group", "g", "x"),
                       ("text", "x", "?"), ("end_group",), ("end_repeat",), ("text", "after", "After?"))  # fmt: skip
    assert [question["name"] for question in whole["questions"]] == ["reads", "after"]
    assert said == ["Row 3 (child): repeated groups have no counterpart; it is left out with all that is in it."]


def test_a_note_is_the_help_of_the_next_question() -> None:
    whole, said = read(("note", "n", "Please think of last week."), ("text", "why", "Why?"))
    assert (whole["questions"][0]["help"], said) == ("Please think of last week.", [])


def test_nothing_is_evaluated_and_text_stays_text() -> None:
    whole, _said = read(("text", "a", "=1+1"), ("text", "b", "+1"), ("text", "c", "@now"), ("text", "d", "-x"),
                        ("text", "e", 7.0), ("text", "f", date(2026, 11, 30)), ("text", "g", True))  # fmt: skip
    texts = [question["text"] for question in whole["questions"]]
    assert texts == ["=1+1", "+1", "@now", "-x", "7", "2026-11-30", "yes"]
    content, _report = xlsform.write(whole)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["survey"]
    cells = [sheet.cell(row, 3) for row in range(2, 9)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in texts]
    assert [question["text"] for question in xlsform.read(content)[0]["questions"]] == texts


# --- hostile files ------------------------------------------------------------------------------------------------


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return out.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    """A good workbook in which one part is another."""
    with zipfile.ZipFile(io.BytesIO(workbook(HEAD, FIRST))) as good:
        return packed({**{part: good.read(part) for part in good.namelist()}, name: content})


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is not an Excel workbook (.xlsx)."),
        (b"PK\x03\x04" + b"x" * 100, "The file is not an Excel workbook (.xlsx)."),
        (b"type,name,label\ntext,a,b\n", "The file is not an Excel workbook (.xlsx)."),
        (b" " * 2_100_000, "The file is larger than a questionnaire can be: 2 MB at most."),
        (packed({"x": b"x"}), "The file cannot be read as an Excel workbook (.xlsx)."),
        (packed({"x": b"\x00" * 30_000_000}), "Unpacked, this workbook is larger than a questionnaire can be."),
        (packed({f"{n}": b"" for n in range(300)}), "Unpacked, this workbook is larger than a questionnaire can be."),
        (with_part("xl/sharedStrings.xml", BOMB),
         "The workbook declares entities of its own, which no questionnaire needs."),
        (with_part("xl/workbook.xml", b"<no"), "The file cannot be read as an Excel workbook (.xlsx)."),
        (workbook(), "The workbook has no question that could be carried over."),
        (workbook(HEAD), "The workbook has no question that could be carried over."),
        (workbook(HEAD, *[("text", f"q{n}", "?") for n in range(5_001)]),
         "The sheet “survey” has more than 5000 rows."),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_workbook_is_refused_in_a_sentence(content: bytes, message: str) -> None:
    with pytest.raises(Refused) as refused:
        xlsform.read(content)
    assert refused.value.message == message


def test_a_workbook_without_a_survey_is_refused() -> None:
    book = openpyxl.Workbook()
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(Refused) as refused:
        xlsform.read(out.getvalue())
    assert refused.value.message == "The workbook has no sheet called “survey”."


def test_a_row_far_away_is_not_waited_for() -> None:
    book = openpyxl.Workbook()
    book.active.title = "survey"
    book.active["A1"], book.active["B1"] = "type", "name"
    book.active["A1048576"] = "text"
    book.active["XFD2"] = "far"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(Refused):
        xlsform.read(out.getvalue())


CELL = st.text(st.characters(codec="utf-8", exclude_characters=[chr(n) for n in range(32)]), max_size=12)


NOTHING = ("", "", "", "", "", "", "")
UNNAMED = [("text", *NOTHING), ("begin_group", "", "0", "", "", "", "polls-points", ""), *2 * [("text", *NOTHING)]]


@example(rows=UNNAMED)
@hypothesis_settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["text", "select_one read", "select_multiple read or_other", "range", "integer",
                             "date", "rank read", "begin_group", "end_group",
                             "begin_repeat", "end_repeat", "note", "nonsense"]),
            CELL,
            CELL,
            CELL,
            st.sampled_from(["", "${reads} = 'never'", "${", "1 = 1"]),
            st.sampled_from(["", ". > 3", ". >", "count-selected(.) >= 2"]),
            st.sampled_from(["", "label", "list-nolabel", "polls-points", "likert"]),
            st.sampled_from(["", "start=1", "start=3 end=2", "randomize=true"]),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_wild_workbooks_are_read_or_refused_and_never_fail(rows: list[tuple[str, ...]]) -> None:
    whole, _said = read(FIRST, *rows)
    assert questionnaire.read(whole) == whole
