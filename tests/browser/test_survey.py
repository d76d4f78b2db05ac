"""A survey of thirty questions is answered in a real browser: with and without scripts, interrupted and resumed."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Reader, accessible
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

THIRTY = """
from tests.polls.surveys import thirty
thirty(slug="{slug}", title="Getting about")
"""
MANY_RULES = """
import json
from polls.questionnaire import read
from tests.polls.surveys import asked_in, survey
survey(*asked_in(json.loads({questionnaire!r})), slug="many-rules", title="Many rules")
"""


@pytest.fixture(scope="module")
def survey(stack: Stack) -> str:
    stack.manage("shell", "--no-imports", "-c", THIRTY.format(slug="getting-about"))
    return "/polls/getting-about/answer/"


def asked(page: Page, code: str) -> Locator:
    return page.locator(f'fieldset[data-code="{code}"]')


def choose(page: Page, code: str, *labels: str) -> None:
    for label in labels:
        asked(page, code).get_by_label(label, exact=True).check(force=True)


def write(page: Page, code: str, text: str) -> None:
    asked(page, code).locator("input.field, textarea").first.fill(text)


def press(page: Page, button: str) -> None:
    page.locator(".answer-steps").get_by_role("button", name=button, exact=True).click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1, name=text)).to_be_attached()


def until_page_five(page: Page, *, scripts: bool) -> None:
    """Where you live, your household with children, and the car."""
    choose(page, "agree", "I agree")
    write(page, "city", "Ghent <b>")
    choose(page, "lives", "Something else")
    asked(page, "lives").locator(".own-words").fill("A boat")
    press(page, "Next")
    heading(page, "Your household")
    expect(asked(page, "moved").locator("legend")).to_contain_text("When did you come to Ghent <b>?")
    write(page, "moved", "2011-05-01")
    write(page, "household", "4")
    expect(asked(page, "ages")).to_be_hidden()
    choose(page, "children", "Yes")
    if not scripts:
        press(page, "Next")
        expect(page.get_by_text("Your answer adds a question to this page")).to_be_visible()
    expect(asked(page, "ages")).to_be_visible()
    choose(page, "ages", "Under 6", "6 to 17")
    press(page, "Next")
    heading(page, "How you travel")
    asked(page, "travel").locator("select").select_option(label="By car")
    press(page, "Next")
    heading(page, "Your car")
    write(page, "car_far", "120")
    write(page, "car_why", "It rains.\nAnd it is far.")
    choose(page, "car_next", "Electric", "Hybrid")
    press(page, "Next")
    heading(page, "Whom you trust")


def until_the_last_look(page: Page, *, age: str = "40 or older") -> None:
    """Trust, the two pages in random order, no newspaper, about you."""
    choose(page, "tell_a" if asked(page, "tell_a").count() else "tell_b", "7")
    for row in page.locator(".battery-row").all():
        row.locator("input").nth(2).check(force=True)
    press(page, "Next")
    for _page in range(2):
        if asked(page, "first").count():
            asked(page, "first").locator("select").nth(1).select_option("1")
            asked(page, "first").locator("select").nth(3).select_option("2")
            for place, points in enumerate(("50", "30", "20")):
                asked(page, "money").locator("input.field").nth(place).fill(points)
        else:
            choose(page, "picture", "Trees")
            choose(page, "seen", "A film", "A match")
        press(page, "Next")
    heading(page, "Reading")
    choose(page, "reads", "No")
    press(page, "Next")
    heading(page, "About you")
    choose(page, "gender", "neither")
    asked(page, "age").locator("select").select_option(label=age)
    choose(page, "happy", "I do not know")
    press(page, "Next")
    if age != "Under 16":
        heading(page, "A last look before you send it")


def stored(stack: Stack, slug: str = "getting-about") -> list[dict[str, str]]:
    """The ballots of a survey, each as the answers by question."""
    question = """
      SELECT a.ballot_id, q.name, coalesce(nullif(o.name, ''), (o.position + 1)::text, '')
        || coalesce(' #' || a.rank, '') || coalesce(' ' || trim_scale(a.number), '')
        || coalesce(' “' || v.text || '”', '') || coalesce(a.missing, '')
      FROM polls_answer a JOIN polls_question q ON q.id = a.question_id JOIN polls_poll p ON p.id = a.poll_id
        LEFT JOIN polls_option o ON o.id = a.option_id LEFT JOIN polls_verbatim v ON v.answer_id = a.id
      WHERE p.slug = %s ORDER BY a.ballot_id, q.position, a.rank, o.position"""
    found: dict[int, dict[str, str]] = {}
    with stack.database() as connection:
        for ballot, name, words in connection.execute(question, [slug]):
            answers = found.setdefault(ballot, {})
            answers[name] = f"{answers[name]}, {words.strip()}" if name in answers else words.strip()
    return list(found.values())


ANSWERS = {
    "agree": "yes",
    "city": "“Ghent <b>”",
    "lives": "else “A boat”",
    "moved": "20110501",
    "household": "4",
    "children": "yes",
    "ages": "small, school",
    "travel": "car",
    "car_far": "120",
    "car_why": "“It rains.\nAnd it is far.”",
    "car_next": "electric, hybrid",
    "tell": "7",
    "trust": "courts 3, press 3, council 3",
    "first": "parks #1, streets #2",
    "money": "health 50, roads 30, arts 20",
    "picture": "trees",
    "seen": "film, match",
    "reads": "2",
    "gender": "neither",
    "age": "older",
    "happy": "dk",
    "last": "skipped",
}


def until_counted(page: Page, slug: str) -> None:
    until(lambda: page.request.get(f"/polls/{slug}/results.json").json()["ballots"] == 1, seconds=30)


def with_one_wording(ballot: dict[str, str]) -> dict[str, str]:
    """The ballot with the question of either half under one name."""
    assert ("tell_a" in ballot) != ("tell_b" in ballot)
    return {"tell" if name.startswith("tell_") else name: words for name, words in ballot.items()}


@pytest.mark.parametrize("scripts", [True, False])
def test_thirty_questions_are_answered_interrupted_resumed_and_counted(
    reader: Reader, stack: Stack, survey: str, scripts: bool
) -> None:
    before = len(stored(stack))
    page = reader(width=390, java_script_enabled=scripts)
    page.goto(survey)
    page.get_by_role("button", name="Start").click()
    until_page_five(page, scripts=scripts)
    # Interrupted: another visit in the same browser, then another browser by the link.
    again = page.context.new_page()
    again.goto(survey)
    expect(again.get_by_text("You have begun")).to_be_visible()
    again.get_by_role("button", name="Continue").click()
    heading(again, "Whom you trust")
    press(again, "Stop here and continue later")
    link = again.get_by_label("Address for continuing").input_value()
    other = reader(width=390, java_script_enabled=scripts)
    other.goto(link)
    other.get_by_role("button", name="Move them here and continue").click()
    heading(other, "Whom you trust")
    again.goto(survey)
    expect(again.get_by_role("button", name="Start")).to_be_visible()
    until_the_last_look(other)
    expect(other.get_by_text("It rains.")).to_be_visible()
    assert len(stored(stack)) == before
    other.get_by_role("button", name="Send my answers").click()
    heading(other, "Thank you: your answers are counted")
    ballot = stored(stack)[-1]
    assert with_one_wording(ballot) == ANSWERS
    assert len(stored(stack)) == before + 1
    with stack.database() as connection:
        (row,) = connection.execute("SELECT with_scripts FROM polls_ballot ORDER BY id DESC LIMIT 1").fetchall()
    assert row[0] is scripts


def test_a_full_quota_ends_the_survey_in_the_editors_words(reader: Reader, stack: Stack) -> None:
    stack.manage("shell", "--no-imports", "-c", THIRTY.format(slug="with-a-quota"))
    for turn in range(2):
        page = reader(width=390)
        page.goto("/polls/with-a-quota/answer/")
        page.get_by_role("button", name="Start").click()
        until_page_five(page, scripts=True)
        until_the_last_look(page, age="Under 16")
        if turn == 0:
            page.get_by_role("button", name="Send my answers").click()
            heading(page, "Thank you: your answers are counted")
            until_counted(page, "with-a-quota")
        else:
            heading(page, "Thank you")
            expect(page.get_by_text("Enough readers of your age have answered. Thank you.")).to_be_visible()
    assert len(stored(stack, "with-a-quota")) == 1


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_every_page_is_accessible_and_fits_the_screen(reader: Reader, survey: str, width: int, scheme: str) -> None:
    page = reader(width=width, color_scheme=scheme)
    page.goto(survey)
    accessible(page)
    page.get_by_role("button", name="Start").click()
    press(page, "Next")
    expect(page.locator("#faults")).to_be_focused()
    accessible(page)
    page.locator("#faults a").first.click()
    expect(asked(page, "agree")).to_be_in_viewport()
    until_page_five(page, scripts=True)
    accessible(page)
    press(page, "Back")
    heading(page, "Your car")
    accessible(page)
    expect(asked(page, "car_why").locator("textarea")).to_have_value("It rains.\nAnd it is far.")
    press(page, "Next")
    choose(page, "tell_a" if asked(page, "tell_a").count() else "tell_b", "7")
    for row in page.locator(".battery-row").all():
        row.locator("input").nth(0).check(force=True)
    expect(asked(page, "why_press")).to_be_visible()
    press(page, "Next")
    accessible(page)
    press(page, "Stop here and continue later")
    accessible(page)
    page.get_by_role("link", name="Continue now").click()
    page.get_by_role("button", name="Back").click()
    heading(page, "Whom you trust")
    press(page, "Next")
    until_the_end_from_page_six(page)
    accessible(page)
    page.get_by_role("button", name="Send my answers").click()
    heading(page, "Thank you: your answers are counted")
    accessible(page)


def until_the_end_from_page_six(page: Page) -> None:
    for _page in range(2):
        if asked(page, "first").count():
            asked(page, "first").locator("select").nth(1).select_option("1")
            asked(page, "first").locator("select").nth(3).select_option("2")
            asked(page, "money").locator("input.field").first.fill("100")
        else:
            choose(page, "picture", "Trees")
            choose(page, "seen", "Nothing")
        press(page, "Next")
    choose(page, "reads", "Yes")
    press(page, "Next")
    heading(page, "Your paper")
    choose(page, "paper_how", "Both")
    write(page, "paper_pay", "12,50")
    press(page, "Next")
    choose(page, "gender", "a woman")
    asked(page, "age").locator("select").select_option(label="16 to 39")
    choose(page, "happy", "5")
    press(page, "Next")
    heading(page, "A last look before you send it")


def test_a_page_is_answered_by_the_keyboard_alone(reader: Reader, survey: str) -> None:
    page = reader(width=390)
    page.goto(survey)
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    heading(page, "Where you live")
    asked(page, "agree").locator("input[type=checkbox]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Ghent")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading(page, "Your household")


# --- the script and the server judge alike ------------------------------------------------------------------------


POINTS = ["Never", "Seldom", "Often"]
BASE: list[dict[str, Any]] = [
    {"name": "one", "kind": "single", "text": "One?", "options": [{"name": n, "text": n.upper()} for n in "abc"]},
    {"name": "some", "kind": "multiple", "text": "Some?", "max": 3, "options": [{"name": n, "text": n} for n in "def"]},
    {"name": "stars", "kind": "rating", "text": "Stars?", "settings": {"points": 5}},
    {"name": "count", "kind": "number", "text": "Count?", "settings": {"min": -10, "max": 100, "decimals": 2}},
    {"name": "day", "kind": "date", "text": "Day?"},
    {
        "name": "rows",
        "kind": "matrix",
        "text": "Rows?",
        "labels": POINTS,
        "settings": {"dont_know": True},
        "options": [{"name": "g", "text": "G"}, {"name": "h", "text": "H"}],
    },
    {"name": "order", "kind": "ranking", "text": "Order?", "options": [{"name": n, "text": n} for n in "ijk"]},
    {"name": "share", "kind": "points", "text": "Share?", "options": [{"name": n, "text": n} for n in "lmn"]},
    {"name": "said", "kind": "text", "text": "Said?"},
]


def condition(dice: random.Random) -> Any:
    """Any condition about the questions of the page, one in another."""
    depth = dice.random()
    if depth < 0.15:
        return {"not": condition(dice)}
    if depth < 0.35:
        return {dice.choice(["all", "any"]): [condition(dice), condition(dice)]}
    bound = dice.choice(["at_least", "at_most"])
    return dice.choice(
        [
            {"question": "one", "is": dice.choice("abc")},
            {"question": "some", "in": dice.sample("def", 2)},
            {"question": "stars", bound: dice.randint(1, 5)},
            {"question": "count", bound: dice.choice([0, 1.5, 20])},
            {"question": "day", bound: 20200101},
            {"question": "rows", "row": dice.choice("gh"), bound: dice.randint(1, 3)},
            {"question": "order", "is": dice.choice("ijk")},
            {"question": "order", "row": dice.choice("ijk"), "at_most": 1},
            {"question": "share", "row": dice.choice("lmn"), bound: dice.choice([0, 50])},
            {"question": dice.choice([one["name"] for one in BASE]), "answered": dice.random() < 0.5},
        ]
    )


def many_rules(dice: random.Random) -> dict[str, Any]:
    questions = [{**one, "required": False} for one in BASE]
    for place in range(30):
        rule = condition(dice)
        if place > 5 and dice.random() < 0.4:
            # About a question that itself comes and goes.
            rule = {"all": [rule, {"question": f"then{dice.randrange(place)}", "answered": False}]}
        questions.append(
            {"name": f"then{place}", "kind": "text", "text": f"{place}?", "required": False, "show_if": rule}
        )
    return {"format": "polls-questionnaire/1", "questions": questions}


def fill_in(page: Page, dice: random.Random) -> None:
    """Each question anew or not at all, now and then with what is no answer."""
    for name in ("one", "stars", "rows"):
        for box in asked(page, name).locator("input[type=radio]").all():
            if dice.random() < 0.3:
                box.check(force=True)
    for box in asked(page, "some").locator("input[type=checkbox]").all():
        box.set_checked(dice.random() < 0.4, force=True)
    write(page, "count", dice.choice(["", "0", "1,5", "20", "-3", "99.999", "many", "1e309", "NaN"]))
    write(page, "day", dice.choice(["", "2019-12-31", "2020-01-01", "2026-06-01"]))
    for select in asked(page, "order").locator("select").all():
        select.select_option(dice.choice(["", "1", "2", "3"]))
    for field in asked(page, "share").locator("input.field").all():
        field.fill(dice.choice(["", "0", "50", "100", "x"]))
    write(page, "said", dice.choice(["", " ", "words"]))
    for place in range(30):
        if asked(page, f"then{place}").is_visible() and dice.random() < 0.3:
            write(page, f"then{place}", dice.choice(["", "so"]))


def test_the_script_shows_what_the_server_would_show(reader: Reader, stack: Stack) -> None:
    dice = random.Random(20261127)
    questionnaire = json.dumps(many_rules(dice))
    stack.manage("shell", "--no-imports", "-c", MANY_RULES.format(questionnaire=questionnaire))
    page = reader(width=1280)
    page.goto("/polls/many-rules/answer/")
    page.get_by_role("button", name="Start").click()
    seen: set[frozenset[str]] = set()
    for _time in range(12):
        fill_in(page, dice)
        shown = page.locator("fieldset.asked:not([hidden])").evaluate_all("sets => sets.map(set => set.dataset.code)")
        press(page, "Stop here and continue later")
        page.get_by_role("link", name="Continue now").wait_for()
        body = page.request.get("/polls/many-rules/answer/1/").text()
        fieldsets = re.findall(r'<fieldset class="asked"[^>]*data-code="(\w+)"[^>]*>', body)
        hidden = re.findall(r'<fieldset class="asked"[^>]*data-code="(\w+)"[^>]* hidden disabled', body)
        assert shown == [code for code in fieldsets if code not in hidden]
        seen.add(frozenset(shown))
        page.goto("/polls/many-rules/answer/1/")
    assert len(seen) > 6, "the rules must have made a difference"
