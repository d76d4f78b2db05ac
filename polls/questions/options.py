"""What the types answered by choosing options share: which may be chosen, how they stood, how votes count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.characters import storable
from polls.drawings import Drawn
from polls.paper import Given, InvalidAnswers, Mark, PaperQuestion
from polls.questions.counted import Column, QuestionCount, Row

TEXT_LIMIT = 300


def chosen(question: PaperQuestion, given: Given) -> list[int]:
    """The options chosen, each once; raises `InvalidAnswers` for one that is not of this question."""
    options = list(dict.fromkeys(given.options))
    known(question, options)
    return options


def known(question: PaperQuestion, options: Sequence[int]) -> None:
    """Raise `InvalidAnswers` where an option is not of this question."""
    if any(option not in question.options for option in options):
        raise InvalidAnswers(_("This poll has no such option. Please reload the page and choose again."), question.id)


def unanswered(question: PaperQuestion, sentence: str) -> list[Mark]:
    """The mark of a question left out; raises `InvalidAnswers` with the sentence where an answer is required."""
    if question.required:
        raise InvalidAnswers(sentence, question.id)
    return [Mark(question=question.id, missing="skipped")]


def within(question: PaperQuestion, options: Sequence[int]) -> None:
    """Raise `InvalidAnswers` where too few or too many options are chosen."""
    if len(options) < question.minimum and not alone(question, options):
        raise InvalidAnswers(
            ngettext("Please choose at least %(n)d option.", "Please choose at least %(n)d options.", question.minimum)
            % {"n": question.minimum},
            question.id,
        )
    if len(options) > question.maximum:
        raise InvalidAnswers(
            ngettext("Please choose at most %(n)d option.", "Please choose at most %(n)d options.", question.maximum)
            % {"n": question.maximum},
            question.id,
        )


def alone(question: PaperQuestion, options: Sequence[int]) -> bool:
    """Whether one option is chosen that stands for itself: none of these, don't know."""
    return len(options) == 1 and excludes(question, options[0])


def excludes(question: PaperQuestion, option: int) -> bool:
    """Whether an option cannot be chosen together with others."""
    settings = question.options[option].settings
    return bool(settings.get("exclusive") or settings.get("dont_know"))


def none_beside(question: PaperQuestion, options: Sequence[int]) -> None:
    """Raise `InvalidAnswers` where an option that stands for itself is chosen together with others."""
    if len(options) < 2:
        return
    for option in options:
        if excludes(question, option):
            sentence = _("“%(option)s” cannot be chosen together with another option.")
            raise InvalidAnswers(sentence % {"option": question.options[option].text}, question.id)


def marks(question: PaperQuestion, given: Given, options: Sequence[int]) -> list[Mark]:
    """One mark an option, with its place among those shown and, for “other”, the text."""
    own_words(question, given, options)
    places = positions(question, given.shown)
    return [
        Mark(
            question=question.id,
            option=option,
            position_shown=places.get(option),
            text=clean_text(given.values.get(option, ""), question=question, limit=TEXT_LIMIT) or None
            if option in question.marked("other")
            else None,
        )
        for option in options
    ]


def own_words(question: PaperQuestion, given: Given, options: Sequence[int]) -> None:
    """Raise `InvalidAnswers` where “other” is chosen without words, or words are there without it."""
    for option in question.marked("other"):
        written = bool(given.values.get(option, "").strip())
        name = question.options[option].text
        if option in options and not written:
            sentence = _("Please write your own answer beside “%(option)s”.")
        elif written and option not in options:
            sentence = _(
                "You wrote an answer beside “%(option)s” without choosing it: please choose it, or clear the text."
            )
        else:
            continue
        raise InvalidAnswers(sentence % {"option": name}, question.id)


def plain_text(value: str) -> str:
    """A text as it is stored: without what no keyboard writes, with one kind of line break."""
    return storable(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def clean_text(value: str, *, question: PaperQuestion, limit: int) -> str:
    """A text as it is stored; raises `InvalidAnswers` where it is too long."""
    written = plain_text(value)
    if len(written) > limit:
        sentence = _("This text has %(n)d characters; there is room for %(most)d.") % {"n": len(written), "most": limit}
        raise InvalidAnswers(sentence, question.id)
    return written


def positions(question: PaperQuestion, shown: Sequence[int]) -> dict[int, int]:
    """The place of each option as it was shown, from 1; empty where all readers see the same order.

    An order that this question cannot have had is no order: nothing is stored of it, and no vote is lost for it.
    """
    if not question.settings.get("order"):
        return {}
    listed = list(question.options)
    order = list(shown) or listed  # without scripts the options stand as listed
    return {option: place for place, option in enumerate(order, 1)} if possible(question, order) else {}


def possible(question: PaperQuestion, order: Sequence[int]) -> bool:
    """Whether the options may have stood in this order: the fixed ones in their places, the others as told."""
    listed = list(question.options)
    if sorted(order) != sorted(listed):
        return False
    fixed = {option for option in listed if holds_its_place(question, option)}
    if any((one in fixed or other in fixed) and one != other for one, other in zip(order, listed, strict=True)):
        return False
    if question.settings.get("order") == "random":
        return True
    free, free_listed = ([option for option in row if option not in fixed] for row in (order, listed))
    turns = [free_listed[i:] + free_listed[:i] for i in range(max(len(free_listed), 1))]
    return free in turns


def holds_its_place(question: PaperQuestion, option: int) -> bool:
    """Whether an option stays where it is listed when the others change their order."""
    settings = question.options[option].settings
    return any(settings.get(mark) for mark in ("fixed", "exclusive", "other", "dont_know"))


def control(question: PaperQuestion, given: Given) -> dict[str, Any]:
    """The rows to choose from, in the order in which they stand for this reader."""
    order = [option for option in given.shown if option in question.options] or list(question.options)
    several = question.maximum > 1
    return {"several": several, "rows": [choice_row(question, given, option, several=several) for option in order]}


def choice_row(question: PaperQuestion, given: Given, option: int, *, several: bool) -> dict[str, Any]:
    """One option with its field: `q12=34`, and `q12.34` for the words of “other”."""
    one = question.options[option]
    return {
        "id": option,
        "name": f"q{question.id}",
        "value": option,
        "type": "checkbox" if several else "radio",
        "text": one.text,
        "checked": option in given.options,
        "own_words": f"q{question.id}.{option}" if one.settings.get("other") else "",
        "written": given.values.get(option, ""),
        "alone": excludes(question, option),
        "fixed": holds_its_place(question, option),
        "picture": one.settings.get("picture"),
    }


def fields(question: PaperQuestion, given: Given) -> dict[str, Any]:
    """A row an option with a field of its own, `q12.34`, in the order in which they stand for this reader."""
    order = [option for option in given.shown if option in question.options] or list(question.options)
    rows = [
        {
            "id": option,
            "name": f"q{question.id}.{option}",
            "text": question.options[option].text,
            "value": given.values.get(option, ""),
            "fixed": holds_its_place(question, option),
        }
        for option in order
    ]
    return {"rows": rows}


def words(question: PaperQuestion, given: Given) -> list[str]:
    """The chosen options' texts, in the order of the paper, “other” with what was written."""
    found = []
    for option, one in question.options.items():
        if option in given.options:
            own = plain_text(given.values.get(option, "")) if one.settings.get("other") else ""
            found.append(f"{one.text}: {own}" if own else one.text)
    return found


def rows(question: PaperQuestion, counted: QuestionCount) -> list[Row]:
    """The options in the editor's order, whatever order readers saw."""
    return [Row(option, counted.votes.get(option, 0)) for option in question.options]


def row_text(question: PaperQuestion, row: Any) -> str:
    return question.options[row].text


def measures(question: PaperQuestion, counted: QuestionCount) -> dict[str, Any]:
    return {}


def sentences(question: PaperQuestion, figures: Mapping[str, Any]) -> list[str]:
    """Nothing beside the shares."""
    return []


def drawing(question: PaperQuestion, figures: Mapping[str, Any]) -> list[Drawn]:
    """None: the rows with their bars are the drawing."""
    return []


def one_column(question: PaperQuestion) -> list[Column]:
    """One column that holds the code of the chosen option, and one with the words of “other”."""
    codes = {one.code: one.text for one in question.options.values()}

    def chosen_code(marks: Sequence[Mark]) -> str | None:
        return next((question.options[mark.option].code for mark in marks if mark.option is not None), None)

    return [Column(question.code, question.text, chosen_code, codes), *other_columns(question)]


def a_column_each(question: PaperQuestion) -> list[Column]:
    """A column an option: 1 where it was chosen, 0 where not, empty where the question was not answered."""

    def of(option: int) -> Column:
        def is_chosen(marks: Sequence[Mark]) -> int | None:
            answered = [mark for mark in marks if mark.missing is None]
            return int(any(mark.option == option for mark in answered)) if answered else None

        one = question.options[option]
        codes = {"1": _("chosen"), "0": _("not chosen")}
        return Column(f"{question.code}_{one.code}", f"{question.text}: {one.text}", is_chosen, codes)

    return [*map(of, question.options), *other_columns(question)]


def other_columns(question: PaperQuestion) -> list[Column]:
    """The words written beside “other”."""

    def of(option: int) -> Column:
        def written(marks: Sequence[Mark]) -> str | None:
            return next((mark.text for mark in marks if mark.option == option), None)

        one = question.options[option]
        return Column(f"{question.code}_{one.code}_text", f"{question.text}: {one.text}", written, {})

    return [of(option) for option in question.marked("other")]


def no_faults(asked: Any) -> list[str]:
    return []
