"""The page on which a survey is written: what stands in its fields, what its buttons do, and what is stored."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from polls import arranging, bank, questionnaire
from polls.arranging import Rows
from polls.marks import options_as, options_from
from polls.models import Poll, Saved
from polls.survey_fields import PageFields, SurveyQuestionFields
from polls.writing import Sheet
from tests.factories import cast, make_picture, make_poll
from tests.polls.questionnaires import EVERYTHING

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    user = User.objects.create(username="ed", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("articles", "polls")))
    client.force_login(user)
    return client


ADD = "/admin/polls/poll/add/"
IMPORT = "/admin/polls/poll/import/"


def posted(rows: Rows, **more: Any) -> dict[str, str]:
    """What a browser sends of these rows."""
    sent = {"questions-TOTAL_FORMS": str(len(rows.questions)), "pages-TOTAL_FORMS": str(rows.last_page)}
    forms = [
        *((f"questions-{n}", row) for n, row in enumerate(rows.questions)),
        *((f"pages-{n}", row) for n, row in rows.pages.items()),
        ("course", rows.course),
    ]
    for prefix, row in forms:
        for name, value in row.items():
            if value is not None and value is not False:
                sent[f"{prefix}-{name}"] = "on" if value is True else str(value)
    return {**sent, "title": "A survey", "closes_at": "2099-12-01T12:00", **more}


def rows(**fields: Any) -> Rows:
    return Rows(questions=[{"uid": "1", "kind": "single", "question": "Which road?", "options": "North\nSouth",
                            "required": True, "page": 1, **fields}])  # fmt: skip


def shown(response: Any) -> Rows:
    """What stands in the fields of the page that came back."""
    sheet: Sheet = response.context["sheet"]
    return Rows(
        questions=[{name: form[name].value() for name in form.fields} for form in sheet.questions],
        pages={n: {name: form[name].value() for name in form.fields} for n, form in sheet.pages.items()},
        course={name: sheet.course[name].value() for name in sheet.course.fields},
    )


def errors(response: Any) -> list[str]:
    html = response.content.decode()
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', html, re.S)]


# --- options, one a line ------------------------------------------------------------------------------------------


def test_marks_stand_at_the_end_of_the_line() -> None:
    text = "Daily [=daily]\nSomething else [other]\nNeither [None]\nDon’t know [don’t know]\nRest [fixed] [=rest]\n"
    text += "A [b] c\nA [b]"
    assert options_from(text) == [
        {"text": "Daily", "name": "daily", "settings": {}},
        {"text": "Something else", "name": "", "settings": {"other": True}},
        {"text": "Neither", "name": "", "settings": {"exclusive": True}},
        {"text": "Don’t know", "name": "", "settings": {"dont_know": True}},
        {"text": "Rest", "name": "rest", "settings": {"fixed": True}},
        {"text": "A [b] c", "name": "", "settings": {}},
        {"text": "A [b]", "name": "", "settings": {}},
    ]


OPTION = st.fixed_dictionaries(
    {
        "text": st.from_regex(r"[A-Za-z][A-Za-z ,.?]{0,20}[a-z]", fullmatch=True).map(
            lambda text: " ".join(text.split())
        ),
        "name": st.from_regex(r"[a-z]{0,5}", fullmatch=True),
        "settings": st.dictionaries(st.sampled_from(questionnaire.MARKS), st.just(True)),
    }
)


@given(st.lists(OPTION, max_size=5))
def test_options_are_written_as_they_are_read(options: list[dict[str, Any]]) -> None:
    assert options_from(options_as(options)) == options


# --- between questionnaire and fields -----------------------------------------------------------------------------


def test_everything_survives_the_fields() -> None:
    whole = questionnaire.read(EVERYTHING)
    found = Sheet(posted(arranging.rows_of(whole))).whole(title=whole["title"], intro=whole["intro"])
    assert found is not None
    for one, other in zip(found["questions"], whole["questions"], strict=True):
        assert one == other
    pages = [{"title": "Reading"}, {"title": "Trust", "show_if": EVERYTHING["flow"]["pages"][1]["show_if"]}, {}]
    pages[1]["show_if"] = {"any": [{"question": "reads", "is": "papers"}, {"question": "reads", "is": "books"}]}
    assert found == {**whole, "flow": {"pages": pages}}


@pytest.mark.parametrize("name", sorted(bank.READY_MADE))
def test_ready_made_questionnaires_survive_the_fields(name: str) -> None:
    whole = bank.ready_made(name)
    found = Sheet(posted(arranging.rows_of(whole))).whole(title=whole["title"], intro=whole["intro"])
    assert found is not None
    assert [question["options"] for question in found["questions"]] == [q["options"] for q in whole["questions"]]
    assert questionnaire.faults(found) == []


def test_jumps_quotas_and_halves_survive_the_fields() -> None:
    flow = {
        "pages": [
            {
                "jumps": [
                    {"if": {"question": "a", "is": "no"}, "to": "end"},
                    {"if": {"question": "a", "answered": False}, "to": 3},
                ]
            },
            {"block": "x"},
            {},
        ],
        "groups": {"wording": ["A", "B"]},
        "quotas": [{"question": "a", "option": "yes", "limit": 10, "message": "Thank you, that is enough."}],
    }
    options = [{"name": "yes", "text": "Yes"}, {"name": "no", "text": "No"}]
    whole = questionnaire.read(
        {
            "format": questionnaire.FORMAT,
            "flow": flow,
            "questions": [
                {"name": "a", "text": "Go on?", "options": options},
                {"page": 2, "kind": "text", "text": "Why?", "show_if": {"not": {"group": "wording", "is": "A"}}},
                {"page": 3, "kind": "text", "text": "Last?"},
            ],
        }
    )
    assert Sheet(posted(arranging.rows_of(whole))).whole() == whole


def test_more_jumps_than_lines_and_conditions_of_several_parts_survive_the_fields() -> None:
    several = {"all": [{"question": "a", "is": "yes"}, {"not": {"question": "a", "is": "no"}}]}
    options = [{"name": "yes", "text": "Yes"}, {"name": "no", "text": "No"}]
    leads: list[tuple[str, Any]] = [("yes", 3), ("no", 3), ("yes", "end"), ("no", 4)]
    many: list[dict[str, Any]] = [{"if": {"question": "a", "is": one}, "to": to} for one, to in leads]
    sheets: list[list[dict[str, Any]]] = [[{"if": several, "to": 3}], many]
    for jumps in sheets:
        whole = questionnaire.read(
            {
                "format": questionnaire.FORMAT,
                "flow": {"pages": [{"jumps": jumps}]},
                "questions": [
                    {"name": "a", "text": "Go on?", "options": options},
                    *({"page": page, "kind": "text", "text": f"On page {page}?"} for page in (2, 3, 4)),
                ],
            }
        )
        rows = arranging.rows_of(whole)
        found = Sheet(posted(rows)).whole()
        assert found is not None
        assert found["flow"]["pages"][0] == whole["flow"]["pages"][0]
        rows.questions = [row for row in rows.questions if row["page"] != 2]
        rows.settle()
        found = Sheet(posted(rows)).whole()
        assert found is not None
        closed_up = [{**jump, "to": jump["to"] if jump["to"] == "end" else jump["to"] - 1} for jump in jumps]
        assert found["flow"]["pages"][0]["jumps"] == closed_up


@pytest.mark.parametrize("written", ["{", "7", '[{"to": "next"}]', '[{"if": {"is": 1}, "to": 2}]', '[{"go": 2}]'])
def test_jumps_that_are_none_are_refused_in_words(written: str) -> None:
    fields = PageFields({"jumps_json": written})
    assert not fields.is_valid()
    assert str(fields.errors["jumps_json"][0]).endswith(".")


def test_a_rule_with_no_lines_stands_as_json() -> None:
    rule = {
        "all": [
            {"any": [{"question": "a", "is": "1"}, {"question": "a", "is": "2"}]},
            {"not": {"question": "a", "answered": True}},
        ]
    }
    whole = questionnaire.read(
        {"format": questionnaire.FORMAT, "questions": [
            {"name": "a", "text": "Which?", "options": ["x", "y"]}, {"kind": "text", "text": "Why?", "show_if": rule}]}
    )  # fmt: skip
    fields = arranging.rows_of(whole).questions[1]
    assert json.loads(fields["if_json"]) == rule
    assert Sheet(posted(arranging.rows_of(whole))).whole() == whole


def test_a_question_that_a_rule_speaks_of_gets_a_name_and_keeps_it_wherever_it_moves() -> None:
    two = rows()
    two.add(kind="text", question="Why?", page=1, if1_question="1", if1_is="is", if1_value="south")
    found = Sheet(posted(two)).whole()
    assert found is not None
    assert found["questions"][0]["name"] == "Which_road"
    assert found["questions"][1]["show_if"] == {"question": "Which_road", "is": "2"}


FAULTS = [
    ({"question": ""}, ["Please write the question."]),
    ({"options": "North"}, ["Please write at least two options, one per line."]),
    ({"options": "North\nnorth"}, ["The option “north” stands here twice."]),
    ({"name": "a b"}, ["A name has 1 to 40 letters, digits, - and _; “a b” is none."]),
    ({"kind": "likert", "options": ""}, ["The type “likert” has 2 to 11 labels; here are 0."]),
    ({"kind": "rating", "options": "North\nSouth"}, ["Only options marked “dont_know” can be added to this scale."]),
    ({"kind": "multiple", "min_choices": 3}, ["“At most” must not be smaller than “at least”."]),
    ({"kind": "slider", "options": "", "least": 9, "most": 1},
     ["The smallest value is not smaller than the largest."]),
    ({"kind": "image"}, ["Each option needs its picture: write [picture 12] at the end of its line."]),
    ({"if1_question": "9", "if1_value": "x"}, ["This question no longer exists. Please choose another."]),
    ({"if_json": "{"}, ["This is not JSON."]),
    ({"if_json": '{"x": 1}'}, ["A condition says which “question” or which “group” it is about."]),
    ({"kind": "poem"}, ["Select a valid choice. poem is not one of the available choices."]),
    ({"page": 0}, ["Ensure this value is greater than or equal to 1."]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "said"), FAULTS)
def test_faults_are_said_at_the_question(fields: dict[str, Any], said: list[str], db: None) -> None:
    sheet = Sheet(posted(rows(**fields)))
    assert sheet.whole() is None
    found = [str(message) for messages in sheet.questions[0].errors.values() for message in messages]
    assert found == said


def test_faults_of_the_course_are_said_above() -> None:
    two = rows(if1_question="2", if1_is="answered")
    two.add(kind="text", question="Why?")
    sheet = Sheet(posted(two))
    assert sheet.whole() is None
    assert len(sheet.faults) == 1
    assert "Why" in sheet.faults[0]


WILD = st.text(max_size=20)


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(SurveyQuestionFields().fields)), WILD, max_size=8), max_size=3))
def test_wild_fields_are_refused_and_never_fail(wild: list[dict[str, str]]) -> None:
    given_ = Rows(questions=wild)
    sent = {f"questions-{n}-{name}": value for n, row in enumerate(wild) for name, value in row.items()}
    sheet = Sheet({**sent, "questions-TOTAL_FORMS": str(len(given_.questions)), "pages-TOTAL_FORMS": "2"})
    assert sheet.whole() is None or sheet.faults == []
    assert len(sheet.drafts()) <= len(wild)
    assert arranging.act(sheet.rows(), "up:1") in (None, 0, 1)


# --- buttons ------------------------------------------------------------------------------------------------------


def three() -> Rows:
    found = Rows()
    for n, page in ((1, 1), (2, 1), (3, 2)):
        found.add(question=f"Question {n}?", options="A\nB", page=page, name=f"n{n}")
    found.pages = {1: {"title": "One", "jump1_to": "2"}, 2: {"title": "Two"}}
    return found


@pytest.mark.parametrize(
    ("do", "order", "pages", "look"),
    [
        ("up:1", "213", [1, 1, 2], 0),
        ("up:0", "123", [1, 1, 2], 0),
        ("up:2", "123", [1, 1, 1], 2),
        ("down:0", "213", [1, 1, 2], 1),
        ("down:1", "123", [1, 2, 2], 1),
        ("down:2", "123", [1, 1, 2], 2),
        ("remove:0", "23", [1, 2], 0),
        ("remove:2", "12", [1, 1], 1),
        ("duplicate:0", "1123", [1, 1, 1, 2], 1),
        ("add", "123 ", [1, 1, 2, 2], 3),
        ("page", "123 ", [1, 1, 2, 3], 3),
        ("up:9", "123", [1, 1, 2], None),
        ("fly:1", "123", [1, 1, 2], None),
        ("", "123", [1, 1, 2], None),
    ],
)
def test_buttons_change_the_order_and_nothing_else(do: str, order: str, pages: list[int], look: int | None) -> None:
    found = three()
    assert arranging.act(found, do) == look
    assert [str(row.get("question", "  ?"))[-2] for row in found.questions] == list(order)
    assert [row["page"] for row in found.questions] == pages
    assert len({row["uid"] for row in found.questions}) == len(found.questions)


def test_the_last_question_goes_down_to_a_page_of_its_own() -> None:
    found = three()
    arranging.act(found, "up:2")
    assert [row["page"] for row in found.questions] == [1, 1, 1]
    assert arranging.act(found, "down:2") == 2
    assert [row["page"] for row in found.questions] == [1, 1, 2]


def test_when_a_page_is_gone_the_others_close_up_and_jumps_follow() -> None:
    found = three()
    found.add(question="Question 4?", options="A\nB", page=3)
    found.pages |= {1: {"title": "One", "jump1_to": "3"}, 3: {"title": "Three"}}
    arranging.act(found, "remove:2")
    assert {n: (row["title"], row.get("jump1_to")) for n, row in found.pages.items()} == {
        1: ("One", "2"),
        2: ("Three", None),
    }


def test_a_button_stores_nothing_and_keeps_what_was_typed(desk: Client) -> None:
    answer = desk.post(ADD, posted(three(), do="up:1", note="Typed before"))
    assert Poll.objects.count() == 0
    assert [row["question"] for row in shown(answer).questions] == ["Question 2?", "Question 1?", "Question 3?"]
    assert shown(answer).pages[1]["title"] == "One"
    assert answer.context["form"]["note"].value() == "Typed before"
    assert answer.context["look"] == 0


def test_a_ready_made_questionnaire_is_inserted_behind_what_is_there(desk: Client) -> None:
    answer = desk.post(ADD, posted(rows(name="age"), do="insert", **{"from": "ready:about-you"}))
    found = shown(answer)
    assert [row["question"] for row in found.questions][:2] == ["Which road?", "What brings you here most often?"]
    assert [row["page"] for row in found.questions] == [1, 2, 2, 2, 2]
    assert [row["name"] for row in found.questions] == ["age", "audience", "", "region", "gender"]
    stored = desk.post(ADD, posted(found))
    assert stored.status_code == 302, errors(stored)
    assert Poll.objects.get().questions.count() == 5


def test_a_poll_without_a_title_takes_that_of_what_is_inserted(desk: Client) -> None:
    def title(written: str) -> str:
        answer = desk.post(ADD, posted(Rows(), do="insert", title=written, **{"from": "ready:trust"}))
        return str(answer.context["form"]["title"].value())

    assert [title(""), title("Ours")] == ["Trust in institutions", "Ours"]


def test_what_is_chosen_and_gone_is_said(desk: Client) -> None:
    answer = desk.post(ADD, posted(rows(), do="insert", **{"from": "kept:99"}))
    assert [str(message) for message in answer.context["messages"]] == ["Please choose what to insert."]
    assert len(shown(answer).questions) == 1


# --- storing ------------------------------------------------------------------------------------------------------


def test_a_survey_of_every_type_is_stored_and_shown_again_the_same(desk: Client) -> None:
    whole = questionnaire.read(EVERYTHING)
    answer = desk.post(ADD, posted(arranging.rows_of(whole), title=whole["title"], intro=whole["intro"]))
    assert answer.status_code == 302, errors(answer)
    poll = Poll.objects.whole().get()
    stored = questionnaire.of_poll(poll)
    assert stored["questions"] == whole["questions"]
    page = desk.get(reverse("admin:polls_poll_write", args=[poll.pk]))
    again = desk.post(
        reverse("admin:polls_poll_write", args=[poll.pk]),
        posted(shown(page), title=whole["title"], intro=whole["intro"]),
    )
    assert again.status_code == 302, errors(again)
    assert questionnaire.of_poll(Poll.objects.whole().get()) == stored


def test_translations_move_with_their_question(desk: Client) -> None:
    whole = questionnaire.read(EVERYTHING)
    found = arranging.rows_of(
        {**whole, "flow": {}, "questions": [{**q, "page": 1, "show_if": None} for q in whole["questions"][:2]]}
    )
    desk.post(ADD, posted(found))
    poll = Poll.objects.get()
    first = poll.questions.get(name="often")
    assert first.i18n == {"text_fr": "Lisez-vous souvent ?", "help_fr": "Peu importe sur quoi."}
    page = shown(desk.get(reverse("admin:polls_poll_write", args=[poll.pk])))
    arranging.act(page, "down:0")
    desk.post(reverse("admin:polls_poll_write", args=[poll.pk]), posted(page))
    moved = poll.questions.get(name="often")
    assert (moved.position, moved.i18n) == (1, first.i18n)
    assert moved.options.get(name="daily").i18n == {"text_fr": "Tous les jours"}
    assert poll.questions.get(name="reads").i18n in (None, {})


def test_after_the_first_vote_nothing_can_be_written(desk: Client) -> None:
    poll = make_poll()
    cast(poll, "Yes")
    answer = desk.post(reverse("admin:polls_poll_write", args=[poll.pk]), posted(rows()))
    assert answer.status_code == 302
    assert poll.questions.get().text == "What is to be done?"


def test_a_picture_of_the_library_is_kept_with_its_option(desk: Client, media_folder: Any) -> None:
    one, other = make_picture(), make_picture()
    found = rows(kind="image", options=f"Harbour [picture {one.pk}]\nBridge [picture {other.pk}]")
    assert desk.post(ADD, posted(found)).status_code == 302
    option = Poll.objects.get().questions.get().options.get(position=0)
    assert option.settings == {"picture": {"id": one.pk, "src": one.file.url, "width": 1000, "height": 600}}
    assert options_as([{"text": option.text, "name": "", "settings": option.settings}]) == f"Harbour [picture {one.pk}]"
    answer = desk.post(ADD, posted(rows(kind="image", options="Harbour [picture 987654]\nBridge [picture 987655]")))
    assert "There is no picture 987654 in the library." in answer.content.decode()


def test_pictures_are_found_by_words(desk: Client, media_folder: Any) -> None:
    make_picture(name="a bridge", alt="A bridge at night.")
    wanted = make_picture(name="a harbour", alt="Ships in the harbour.")
    found = desk.get(reverse("admin:polls_poll_pictures"), {"q": "harbour"}).json()["pictures"]
    assert [(one["id"], one["alt"]) for one in found] == [(wanted.pk, "Ships in the harbour.")]


# --- advice -------------------------------------------------------------------------------------------------------


def test_advice_stands_beside_the_form_and_keeps_nobody_from_saving(desk: Client) -> None:
    leading = rows(
        question="Don't you think that the road should be closed?", options="Yes\nNo\nDon’t know [don't know]"
    )
    told = desk.post(reverse("admin:polls_poll_advice"), posted(leading)).json()
    assert told == {
        "minutes": "Under a minute.",
        "advice": ["Question 1: it suggests an answer. Ask so that every answer is as easy to give."],
    }
    answer = desk.post(ADD, posted(leading, do="check"))
    assert answer.context["advice"] == told
    assert desk.post(ADD, posted(leading)).status_code == 302


def test_advice_takes_whatever_is_there(desk: Client) -> None:
    assert desk.post(reverse("admin:polls_poll_advice"), {"questions-TOTAL_FORMS": "x"}).json() == {
        "minutes": "",
        "advice": [],
    }
    assert desk.post(reverse("admin:polls_poll_advice"), posted(rows(kind="poem"))).status_code == 200


# --- the bank -----------------------------------------------------------------------------------------------------


def test_a_question_is_kept_in_the_bank_and_inserted_elsewhere(desk: Client) -> None:
    answer = desk.post(ADD, posted(three(), do="keep:1"))
    assert [str(message) for message in answer.context["messages"]] == ["Saved in the question bank as “Question 2?”."]
    saved = Saved.objects.get()
    assert saved.questionnaire == {
        "format": "polls-questionnaire/1",
        "questions": [{"name": "n2", "kind": "single", "text": "Question 2?", "options": ["A", "B"]}],
    }
    answer = desk.post(ADD, posted(rows(), do="insert", **{"from": f"kept:{saved.pk}"}))
    assert [row["question"] for row in shown(answer).questions] == ["Which road?", "Question 2?"]
    assert "Question 2?" in desk.get(reverse("admin:polls_saved_changelist")).content.decode()
    assert desk.get(reverse("admin:polls_saved_change", args=[saved.pk])).status_code == 200


def test_a_whole_questionnaire_is_kept_under_its_title(desk: Client) -> None:
    desk.post(ADD, posted(three(), do="keep", title="Three questions"))
    desk.post(ADD, posted(three(), do="keep", title="Three questions"))
    assert Saved.objects.get().name == "Three questions"
    faulty = desk.post(ADD, posted(rows(options="North"), do="keep"))
    assert Saved.objects.count() == 1
    assert "Please write at least two options, one per line." in errors(faulty)


# --- files --------------------------------------------------------------------------------------------------------


def upload(desk: Client, content: bytes, name: str = "q.json") -> Any:
    return desk.post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def test_a_file_is_reported_on_before_anything_is_stored(desk: Client) -> None:
    survey = {
        "elements": [
            {"type": "radiogroup", "name": "a", "title": "Which?", "choices": ["x", "y"]},
            {"type": "file", "name": "b"},
        ]
    }
    answer = upload(desk, json.dumps(survey).encode())
    html = answer.content.decode()
    assert Poll.objects.count() == 0
    assert "Carried over: 1 question on 1 page." in html
    assert "Question “b”: the type “file” has no counterpart, and is left out." in html
    made = desk.post(IMPORT, {"found": answer.context["found"]})
    poll = Poll.objects.get()
    assert made["Location"] == reverse("admin:polls_poll_change", args=[poll.pk])
    assert (poll.published_at, [question.text for question in poll.questions.all()]) == (None, ["Which?"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Please choose a file."),
        (b"no", "The file is not JSON: line 1, column 1 cannot be read."),
        (b"PK no", "The file is not an Excel workbook (.xlsx)."),
        (b'{"format": "x"}', "This is not a questionnaire of this program: “format” is not “polls-questionnaire/1”."),
        (b" " * 2_100_000, "The file is larger than a questionnaire can be: 2 MB at most."),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(desk: Client, content: bytes, sentence: str) -> None:
    answer = upload(desk, content) if content else desk.post(IMPORT, {})
    assert errors(answer) == [sentence] if content else sentence in errors(answer)[0]
    assert Poll.objects.count() == 0


def test_what_comes_back_of_the_report_is_read_as_strictly_as_a_file(desk: Client) -> None:
    answer = desk.post(IMPORT, {"found": '{"format": "polls-questionnaire/1", "questions": [{"kind": "poem"}]}'})
    assert answer.status_code == 200
    assert Poll.objects.count() == 0


def test_a_poll_leaves_in_three_formats_and_comes_back(desk: Client) -> None:
    whole = questionnaire.read(EVERYTHING)
    desk.post(ADD, posted(arranging.rows_of(whole), title=whole["title"], intro=whole["intro"]))
    poll = Poll.objects.get()
    page = desk.get(reverse("admin:polls_poll_export", args=[poll.pk])).content.decode()
    assert "Everything is in the file." in page
    assert "Question “share”: nothing checks there that the points add up." in page
    types = {}
    for name in ("json", "xlsform", "surveyjs"):
        answer = desk.get(reverse("admin:polls_poll_download", args=[poll.pk, name]))
        types[name] = answer["Content-Disposition"]
        again = upload(desk, answer.content)
        assert [one["name"] for one in again.context["whole"]["questions"]] == [q["name"] for q in whole["questions"]]
    assert types["surveyjs"] == f'attachment; filename="{poll.slug}.surveyjs.json"'
    book = openpyxl.load_workbook(
        io.BytesIO(desk.get(reverse("admin:polls_poll_download", args=[poll.pk, "xlsform"])).content)
    )
    assert book.sheetnames == ["survey", "choices", "settings"]
    assert desk.get(reverse("admin:polls_poll_download", args=[poll.pk, "exe"])).status_code == 404


def test_the_page_holds_the_strict_policy(desk: Client) -> None:
    whole = questionnaire.read(EVERYTHING)
    desk.post(ADD, posted(arranging.rows_of(whole)))
    poll = Poll.objects.get()
    for address in (
        ADD,
        reverse("admin:polls_poll_write", args=[poll.pk]),
        IMPORT,
        reverse("admin:polls_poll_export", args=[poll.pk]),
    ):
        html = desk.get(address).content.decode()
        assert re.findall(r"<[^>]+\s(?:style|on[a-z]+)=[^>]*>", html) == []


def test_the_page_asks_the_database_as_often_for_many_questions_as_for_few(
    desk: Client, django_assert_num_queries: Any
) -> None:
    def address(n: int) -> str:
        poll = make_poll(questions=[{"text": f"Which road {one}?"} for one in range(n)], state="draft")
        return reverse("admin:polls_poll_write", args=[poll.pk])

    few, many = address(2), address(30)
    desk.get(few)

    with CaptureQueriesContext(connection) as first:
        desk.get(few)
    with django_assert_num_queries(len(first.captured_queries)):
        desk.get(many)
