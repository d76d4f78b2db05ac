"""A new type of question is one module and one line: one that exists in this test alone goes all the way."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from polls import tally, voting
from polls.drawings import Bar, Drawn, Table, bars
from polls.models import Answer
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.percentages import shares
from polls.questions import TYPES
from polls.questions.counted import Column, QuestionCount, Row
from tests import pages
from tests.factories import add_question, close, make_poll, paper_of, voter

pytestmark = pytest.mark.django_db


class Traffic(types.ModuleType):
    """A traffic light: a number from 1 to 3. What stands here is what the module of a new type would hold."""

    LABEL, HELP = "Traffic light", "Red, yellow or green."
    GROUP, LABELS, SETTINGS, SEVERAL = "scales", (0, 0), (), False
    OPTIONS, GIVEN, ADDS_UP, TEMPLATE = (0, 0), (), True, "text"
    COLOURS = ("Red", "Yellow", "Green")

    def control(self, question: PaperQuestion, given: Given) -> dict[str, Any]:
        return {"name": f"q{question.id}.0", "value": given.values.get(0, ""), "most": 1}

    def faults(self, asked: Any) -> list[str]:
        return []

    def limits(self, question: PaperQuestion) -> str:
        return "1, 2 or 3."

    def check(self, question: PaperQuestion, given: Given) -> list[Mark]:
        if given.values.get(0) not in ("1", "2", "3"):
            raise InvalidAnswers("Red, yellow or green, please.", question.id)
        return [Mark(question.id, number=Decimal(given.values[0]))]

    def words(self, question: PaperQuestion, given: Given) -> list[str]:
        return [self.COLOURS[int(given.values[0]) - 1]] if given.values.get(0) else []

    def rows(self, question: PaperQuestion, counted: QuestionCount) -> list[Row]:
        return [Row(f"l{n}", counted.numbers.get(0, {}).get(Decimal(n), 0)) for n in (1, 2, 3)]

    def row_text(self, question: PaperQuestion, row: Any) -> str:
        return self.COLOURS[int(row[1:]) - 1]

    def percentages(self, question: PaperQuestion, votes: Sequence[int], base: int) -> list[int]:
        return shares(votes)

    def measures(self, question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
        return {"stops": counted.numbers.get(0, {}).get(Decimal(1), 0)}

    def sentences(self, question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
        return [f"{figures['measures']['stops']} would stop."]

    def drawing(self, question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
        lines = [
            Bar(self.row_text(question, row["id"]), row["percent"], str(row["votes"])) for row in figures["options"]
        ]
        table = Table("Lights", ("Light", "Votes"), tuple((line.text, line.figure) for line in lines))
        return [Drawn("Lights", tuple(self.sentences(question, figures)), bars(lines), table)]

    def columns(self, question: PaperQuestion) -> list[Column]:
        def light(marks: Sequence[Mark]) -> Any:
            return next((mark.number for mark in marks if mark.number is not None), None)

        return [Column(question.code, question.text, light, dict(zip("123", self.COLOURS, strict=True)))]


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> str:
    """The one line."""
    monkeypatch.setitem(TYPES, "traffic", Traffic("traffic"))
    return "traffic"


def test_a_new_type_goes_through_paper_vote_count_document_card_page_export_and_the_list_of_types(traffic: str) -> None:
    poll = make_poll(questions=[{"text": "First?"}])
    question = add_question(poll, position=1, kind=traffic, text="Which light?", options=[], name="light")
    sheet = paper_of(poll)
    first, light = sheet.questions
    assert (light.kind, light.code) == (traffic, "light")
    receipts: list[voting.Receipt] = []
    for colour in ("1", "1", "3"):
        given = {first.id: Given((next(iter(first.options)),)), light.id: Given(values={0: colour})}
        receipts.append(voting.cast_ballot(paper=sheet, voter_key=voter(colour * 3 + str(len(receipts))), given=given))
    with pytest.raises(InvalidAnswers, match="Red, yellow or green, please"):
        voting.cast_ballot(paper=sheet, voter_key=voter(), given={**given, light.id: Given(values={0: "4"})})
    assert list(Answer.objects.filter(question=question).order_by("pk").values_list("number", flat=True)) == [1, 1, 3]

    close(poll)
    tally.recount(poll.pk)
    assert tally.verify(poll.pk) == []
    document = json.loads(Client().get(f"/polls/{poll.slug}/results.json").content)["questions"][1]
    assert [(row["text"], row["votes"], row["percent"]) for row in document["options"]] == [
        ("Red", 2, 67),
        ("Yellow", 0, 0),
        ("Green", 1, 33),
    ]
    assert (document["base"], document["measures"]) == (3, {"stops": 2})

    drawn = pages.read(Client().get(poll.get_absolute_url())).one("div", data_question=str(question.pk), class_="asked")
    assert drawn.one("p", class_="said").text == "2 would stop."
    assert [[cell.text for cell in row if cell.tag in ("th", "td")] for row in drawn.all("tr")] == [
        ["Light", "Votes"],
        ["Red", "2"],
        ["Yellow", "0"],
        ["Green", "1"],
    ]

    (column,) = TYPES[traffic].columns(light)
    marks = [mark for mark in receipts[-1].marks if mark.question == light.id]
    assert (column.name, column.value(marks), column.codes["3"]) == ("light", 3, "Green")

    desk = Client()
    desk.force_login(User.objects.create_superuser("ed", password="x"))
    form = pages.read(desk.get(reverse("admin:polls_poll_add")))
    assert "Traffic light" in {option.text for option in form.all("option")}
    page = desk.get(reverse("admin:polls_poll_change", args=[poll.pk])).content.decode()
    assert "Green" in page


def test_a_card_asks_with_a_new_type_as_with_any_other(traffic: str) -> None:
    poll = make_poll(questions=[{"text": "Which light?", "kind": traffic, "options": []}])
    (light,) = paper_of(poll).questions
    form = pages.read(Client().get(poll.get_absolute_url())).one("form", class_="ask")
    assert form.one("input", name=f"q{light.id}.0")["maxlength"] == "1"
