"""Scenes of who answers a survey: every page and every type of question, stopping, going on, and being stopped."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.scene import CLOSE, REOPEN, Arrive, Scene, Visit, at, followed, pressing, seeing

DEMO = "/polls/reading-polls/answer/"
LONG = "/polls/getting-about/answer/"  # thirty questions of every type
ALL = "/polls/every-type/answer/"  # each type once, on one page
QUOTA = "/polls/quota/answer/"
SHORT = "/polls/two-questions/answer/"

NEXT = ".answer-steps button[value=next], .answer-steps button.button:not(.second)"
Step = Callable[[Visit], None]
# What is answered on each page of the long survey, so that the next one is its car's, and no page is jumped over.
ANSWERS: list[dict[str, str | list[str]]] = [
    {"agree": "I agree", "city": "Ghent", "lives": "Town"},
    {"household": "4", "children": "Yes", "ages": "Under 6"},
    {"travel": "By car"},
    {"car_far": "120", "car_next": "Electric"},
]


def asked(code: str) -> str:
    return f'fieldset[data-code="{code}"]'


def begun(address: str) -> Arrive:
    def arrive(visit: Visit) -> None:
        visit.go(address)
        visit.press("main form button.button")
        visit.see(".answer-steps")

    return arrive


def onward(visit: Visit) -> None:
    visit.page.locator(NEXT).last.click()
    visit.page.wait_for_load_state()


def answer_page(visit: Visit) -> None:
    """Something for every question that stands on the page and must be answered, whatever its type."""
    page = visit.page
    for question in page.locator("fieldset.asked:not([hidden])").all():
        for group in question.locator(".battery-row").all() or [question]:
            marks = group.locator("input[type=radio], input[type=checkbox]")
            if marks.count():
                marks.first.check(force=True)
        for place, field in enumerate(question.locator("select").all()):
            field.select_option(index=1 + place)
        numbers = question.locator("input[inputmode]:visible, input[type=number]:visible").all()
        points = ("50", "30", "20") if len(numbers) > 1 else ("4",)
        for place, field in enumerate(numbers):
            field.fill(points[place])
        for field in question.locator("input[type=range]").all():
            field.evaluate("e => { e.value = 120; e.dispatchEvent(new Event('input', {bubbles: true})) }")
    for question in page.locator("fieldset.asked:visible").all():  # what has come with an answer
        marks = question.locator("input[type=radio], input[type=checkbox]")
        if marks.count() and not question.locator(":checked").count():
            marks.first.check(force=True)


def page_number(number: int) -> Arrive:
    """A page of the long survey, the ones before it answered."""

    def arrive(visit: Visit) -> None:
        begun(LONG)(visit)
        for _page in range(number - 1):
            answer_page(visit)
            onward(visit)
            assert not visit.page.locator(".answer-faults").count(), visit.page.locator(".answer-faults").inner_text()

    return arrive


review = followed(begun(DEMO), answer_page, onward, seeing(".answer-page"))
thanks = followed(review, onward, seeing(".counted, .page-head"))
later = followed(begun(LONG), answer_page, pressing(".answer-steps button[value=later]"), seeing("#answer-link"))


def again(address: str) -> Step:
    return lambda visit: visit.go(address)


def elsewhere(visit: Visit) -> None:
    """The link of an interrupted survey, in a browser that does not know it."""
    address = visit.page.locator("#answer-link").input_value()
    visit.page.context.clear_cookies()
    visit.page.goto(address)


def closed_meanwhile(visit: Visit) -> None:
    """It closes while its page is filled in; afterwards it is open again for the next visitor."""
    visit.carry_out(REOPEN)
    begun(SHORT)(visit)
    visit.carry_out(CLOSE)
    answer_page(visit)
    onward(visit)


SCENES = [
    Scene("survey-start", at(DEMO), short=True),
    Scene("survey-start-closed", at("/polls/over/answer/")),
    Scene("survey-start-paused", at("/polls/resting/answer/")),
    Scene("survey-page", begun(LONG)),
    Scene("survey-page-date-number", page_number(2)),
    Scene("survey-page-list", page_number(3)),
    Scene("survey-page-slider", page_number(4)),
    Scene("survey-page-matrix", page_number(5)),
    Scene("survey-page-sixth", page_number(6)),
    Scene("survey-page-seventh", page_number(7)),
    Scene("survey-page-last", page_number(10)),
    Scene("survey-all-types", begun(ALL)),
    Scene("survey-faults", followed(begun(DEMO), onward, seeing(".answer-faults")), short=True),
    Scene(
        "survey-faults-all-types", followed(begun("/polls/every-type-must/answer/"), onward, seeing(".answer-faults"))
    ),
    Scene("survey-review", review),
    Scene("survey-thanks", thanks),
    Scene("survey-answered-before", followed(thanks, again(DEMO))),
    Scene("survey-later", later),
    Scene("survey-resumed", followed(later, again(LONG))),
    Scene("survey-elsewhere", followed(later, elsewhere)),
    Scene(
        "survey-discarded",
        followed(later, pressing(".answer-discard summary"), pressing(".answer-discard button")),
    ),
    Scene("survey-quota-full", followed(begun(QUOTA), answer_page, onward)),
    Scene("survey-closed-meanwhile", closed_meanwhile),
    Scene("survey-results", at("/polls/every-type/")),
    Scene("survey-results-none", at("/polls/getting-about/")),
    Scene("survey-results-voted", followed(thanks, again("/polls/reading-polls/"))),
]
