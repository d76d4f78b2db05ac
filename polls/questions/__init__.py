"""The question types, one module each. A new type is a module and a line in `TYPES`.

A module answers, for its type (`options.py` and `numbers.py` hold what several of them share):

LABEL, HELP       what an editor picks it by, and one line on when to use it
GROUP             where the editor finds it: choosing, scales, ordering, writing
LABELS            the least and the greatest number of words of its scale
SETTINGS          the names of its settings
SEVERAL           whether readers may choose several options, so that least and most are asked for
OPTIONS           the least and the greatest number of options
GIVEN             options that stand there without being written, such as yes and no
ADDS_UP           whether the shares of its rows are made to add up to 100
TEMPLATE          the control in `templates/polls/questions/`
ONLY_OPTIONS      true where answers are options or texts alone: then no count looks for numbers and ranks
ONE_OPTION        true where a voter who may give one answer chooses an option, so that one of them can be first
control(question, given)     what that template needs: rows with their fields, values, ends, units
faults(asked)     what an editor has to mend, in sentences
limits(question)  what the reader is told about how to answer
check(question, given)       the marks of an answer; raises `InvalidAnswers` in the reader's words
words(question, given)       an answer in words, in parts
rows(question, counted)      row by row what the figures show: an id, and the votes
row_text(question, row)      the words of such a row
percentages(question, votes, base)  whole percentages for these rows
measures(question, counted)  what else the figures say, as JSON: means, net recommendation, rounds of a run-off
sentences(question, figures) what readers are told beside the shares; `figures` are those of the document
drawing(question, figures)   drawings with their tables in place of the bars; none where the bars say it all
columns(question)            the columns of its answers in an export
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

from polls.paper import Given, Mark, PaperQuestion
from polls.questions import (
    approval,
    consent,
    date,
    dropdown,
    image,
    likert,
    longtext,
    matrix,
    multiple,
    number,
    points,
    ranking,
    rating,
    recommend,
    single,
    slider,
    text,
    yesno,
)
from polls.questions.counted import QuestionCount

TYPES: dict[str, ModuleType] = {
    "single": single,
    "multiple": multiple,
    "dropdown": dropdown,
    "yesno": yesno,
    "rating": rating,
    "likert": likert,
    "matrix": matrix,
    "recommend": recommend,
    "number": number,
    "slider": slider,
    "ranking": ranking,
    "points": points,
    "approval": approval,
    "date": date,
    "text": text,
    "longtext": longtext,
    "image": image,
    "consent": consent,
}


def words(questions: Iterable[PaperQuestion], given: Mapping[int, Given]) -> str:
    """A whole ballot in words, in the order of the paper."""
    parts = [
        part
        for question in questions
        if question.id in given
        for part in TYPES[question.kind].words(question, given[question.id])
    ]
    return "; ".join(part.rstrip(".") for part in parts)


def own_rows(question: PaperQuestion, marks: Sequence[Mark]) -> list[int | str]:
    """The rows of the figures in which a voter's own answer to a question counts."""
    counted = QuestionCount.of([mark for mark in marks if mark.question == question.id])
    return [row.id for row in TYPES[question.kind].rows(question, counted) if row.votes]
