"""Every page and state of the site as a visitor meets it: what the gallery draws and what axe looks at.

A scene is a name and the way there. `arrive` takes a page of a new visitor and the address before every path ("" or
"/ar"), and leaves the page in the state that the scene is called after. Readers' scenes are met in every language that
the publication shows; those of the desk in the language of the desk.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, Route

from tests.stack import Stack

Arrive = Callable[[Page, str], None]
OPEN = "/articles/what-washington-wants/"
CARD = ".poll"

# What the demo does not have: a survey with every type of question, and articles and polls in their rarer states.
MORE = """
from django.utils import timezone
from articles.models import Article, Section
from tests.factories import cast_many, make_article, make_poll
from tests.polls.surveys import thirty
if not Article.objects.filter(slug="withdrawn").exists():
    thirty(slug="getting-about", title="Getting about")
    make_article("withdrawn", title="The harbour that never was", withdrawn_at=timezone.now(),
                 section=Section.objects.get(slug="economy"), authors=0,
                 withdrawal_notice="Its figures were those of another harbour.")
    long = "An option whose wording was not shortened by anybody, because the law that it quotes is as long as this"
    poll = make_poll("long-words", text="Donaudampfschifffahrtsgesellschaftskapitänskajüte: which of these applies?",
                     options=[long, "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz", "No"])
    cast_many(poll, [1, 0, 0])
    make_poll("nobody-yet", text="Who votes first?", options=["I do", "Somebody else"])
"""


@dataclass(frozen=True)
class Scene:
    """A page in one state; `desk` where an editor has signed in, `short` where the fast tests look at it, too."""

    name: str
    arrive: Arrive
    desk: bool = False
    short: bool = False


def at(path: str) -> Arrive:
    def arrive(page: Page, prefix: str) -> None:
        page.goto(prefix + path)

    return arrive


def first(path: str, links: str) -> Arrive:
    """Where the first of some links leads."""

    def arrive(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        address = page.locator(links).first.get_attribute("href")
        page.goto(str(address))

    return arrive


def _choose(page: Page, number: int = 1) -> None:
    page.locator(f"{CARD} label.text").nth(number).click()


def _press(page: Page) -> None:
    page.locator(f"{CARD} .actions button.button").click()


def chosen(path: str) -> Arrive:
    def arrive(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        _choose(page)

    return arrive


def voted(path: str) -> Arrive:
    def arrive(page: Page, prefix: str) -> None:
        chosen(path)(page, prefix)
        _press(page)
        page.locator(f"{CARD} .counted").wait_for()

    return arrive


def mine(page: Page, prefix: str) -> None:
    voted(OPEN)(page, prefix)
    page.goto("/polls/us-aims-open/mine/")


def empty_handed(page: Page, prefix: str) -> None:
    """Vote is pressed and nothing is chosen."""
    page.goto(prefix + "/polls/corridor-tests/")
    _press(page)
    page.locator(f"{CARD} .notice").wait_for()


def sending(page: Page, prefix: str) -> None:
    """The vote is under way and no answer has come."""
    page.route("**/vote/", lambda route: None)
    chosen(OPEN)(page, prefix)
    _press(page)


def unconfirmed(page: Page, prefix: str) -> None:
    """The site cannot be reached; the choice is kept."""
    page.route("**/vote/", lambda route: route.abort())
    chosen(OPEN)(page, prefix)
    _press(page)
    page.locator(f"{CARD} .notice").wait_for()


def refused(page: Page, prefix: str) -> None:
    def refuse(route: Route) -> None:
        said = {"error": "too_many", "message": "From this network too many votes have come. Please wait a minute."}
        route.fulfill(status=429, content_type="application/json", body=json.dumps(said))

    page.route("**/vote/", refuse)
    chosen(OPEN)(page, prefix)
    _press(page)
    page.locator(f"{CARD} .notice").wait_for()


def confirming(page: Page, prefix: str) -> None:
    """The first vote of a browser without scripts: the card's form, sent as it stands."""
    page.goto(prefix + OPEN)
    _choose(page)
    page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('.poll form.ask'))")
    page.wait_for_url("**/vote/")


# --- a survey, step by step -------------------------------------------------------------------------------------------

SURVEY = "/polls/reading-polls/answer/"  # of the demo
LONG_SURVEY = "/polls/getting-about/answer/"


def _next(page: Page) -> None:
    page.locator(".answer-steps button.button:not(.second)").last.click()
    page.wait_for_load_state()


def _asked(code: str) -> str:
    return f'fieldset[data-code="{code}"]'


def _begin(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("main form button.button").first.click()
    page.locator(".answer-steps").wait_for()


def survey_page(page: Page, prefix: str) -> None:
    _begin(page, prefix + LONG_SURVEY)


def survey_faults(page: Page, prefix: str) -> None:
    _begin(page, prefix + SURVEY)
    _next(page)
    page.locator(".answer-faults").wait_for()


def _answer_all(page: Page) -> None:
    """The first option of every question that asks for one."""
    for question in page.locator("fieldset.asked").all():
        question.locator("input[type=radio], input[type=checkbox]").first.check(force=True)


def survey_review(page: Page, prefix: str) -> None:
    """The last look before it is sent."""
    _begin(page, prefix + SURVEY)
    _answer_all(page)
    _next(page)
    page.locator(".answer-page").first.wait_for()


def survey_thanks(page: Page, prefix: str) -> None:
    survey_review(page, prefix)
    _next(page)
    page.wait_for_url("**/thanks/**")


def survey_types(page: Page, prefix: str) -> None:
    """Further on: a date, numbers and more than one choice."""
    survey_page(page, prefix)
    page.locator(_asked("agree")).locator("input[type=radio], input[type=checkbox]").first.check(force=True)
    page.locator(_asked("city")).locator("input.field, textarea").first.fill("Ghent")
    page.locator(_asked("lives")).locator("input[type=radio]").first.check(force=True)
    _next(page)
    page.locator(_asked("household")).wait_for()


SCENES = [
    Scene("home", at("/"), short=True),
    Scene("article-asking", at(OPEN), short=True),
    Scene("article-chosen", chosen(OPEN)),
    Scene("article-voted", voted(OPEN), short=True),
    Scene("article-closed", at("/articles/after-the-war-without-an-aftermath/")),
    Scene("article-paused", at("/articles/the-price-of-a-pipeline-is-paid-twice/")),
    Scene("article-hidden", at("/articles/a-corridor-is-not-yet-a-region/")),
    Scene("article-hidden-voted", voted("/articles/a-corridor-is-not-yet-a-region/")),
    Scene("article-survey", at("/articles/trust-in-polls-polled/")),
    Scene("article-withdrawn", at("/articles/withdrawn/")),
    Scene("poll-results", at("/polls/us-aims-closed/"), short=True),
    Scene("poll-open", at("/polls/us-aims-open/")),
    Scene("poll-several", at("/polls/corridor-tests/")),
    Scene("poll-nothing-chosen", empty_handed),
    Scene("poll-paused", at("/polls/pipeline-risk/")),
    Scene("poll-scheduled", at("/polls/voting-age/")),
    Scene("poll-nobody-yet", at("/polls/nobody-yet/")),
    Scene("poll-long-words", at("/polls/long-words/")),
    Scene("poll-survey", at("/polls/reading-polls/")),
    Scene("poll-sending", sending),
    Scene("poll-unconfirmed", unconfirmed),
    Scene("poll-refused", refused),
    Scene("poll-confirming", confirming, short=True),
    Scene("poll-mine", mine),
    Scene("polls", at("/polls/")),
    Scene("survey-start", at(SURVEY), short=True),
    Scene("survey-page", survey_page),
    Scene("survey-faults", survey_faults, short=True),
    Scene("survey-types", survey_types),
    Scene("survey-results", at("/polls/getting-about/")),
    Scene("survey-review", survey_review),
    Scene("survey-thanks", survey_thanks),
    Scene("section", at("/sections/world-affairs/")),
    Scene("audience", at("/for/researchers/")),
    Scene("topics", at("/topics/")),
    Scene("topic", first("/topics/", ".names a")),
    Scene("authors", at("/authors/")),
    Scene("author", at("/authors/world-affairs-desk/")),
    Scene("archive", at("/archive/")),
    Scene("month", first("/archive/", ".months a")),
    Scene("search", at("/search/")),
    Scene("search-found", at("/search/?q=pipeline"), short=True),
    Scene("search-nothing", at("/search/?q=zzzz")),
    Scene("page-privacy", at("/pages/privacy/")),
    Scene("page-accessibility", at("/pages/accessibility/")),
    Scene("page-about", at("/pages/about/")),
    Scene("error-404", at("/no-such-page/"), short=True),
    Scene("sign-in", at("/account/login/"), short=True),
    Scene("new-password", at("/account/password/reset/")),
    Scene("desk", at("/admin/"), desk=True),
    Scene("desk-articles", at("/admin/articles/article/"), desk=True),
    Scene("desk-article", at("/admin/articles/article/add/"), desk=True),
    Scene("desk-polls", at("/admin/polls/poll/"), desk=True),
    Scene("desk-poll", first("/admin/polls/poll/", "#result_list tbody th a"), desk=True),
    Scene("desk-publication", at("/admin/articles/publication/"), desk=True),
    Scene("styleguide", at("/styleguide/"), desk=True),
    Scene("mail", at("/styleguide/mail/"), desk=True),
    Scene("error-400", at("/styleguide/errors/400/"), desk=True),
    Scene("error-403", at("/styleguide/errors/403/"), desk=True),
    Scene("error-413", at("/styleguide/errors/413/"), desk=True),
    Scene("error-429", at("/styleguide/errors/429/"), desk=True),
    Scene("error-500", at("/styleguide/errors/500/"), desk=True),
    Scene("error-503", at("/styleguide/errors/503/"), desk=True),
]
# Pages that speak one language alone whatever the address says: there is no `/ar` before them.
ONE_LANGUAGE = {scene.name for scene in SCENES if scene.desk} | {"sign-in", "new-password", "poll-mine"}


def prepare(site: Stack) -> None:
    """Add what the demo does not have."""
    site.manage("shell", "--no-imports", "-c", MORE)


def sign_in(page: Page, site: Stack) -> None:
    """As the editor of `make run`."""
    page.goto("/admin/")
    page.locator("input[name=login], input[name=username]").fill("editor")
    page.locator("input[type=password]").fill((site.directory / "editor-password").read_text().strip())
    page.locator("main button[type=submit], #content-main [type=submit]").first.click()
    page.locator("#site-name").wait_for()


def languages(site: Stack, wanted: tuple[str, ...] = ("en", "ar")) -> list[str]:
    """Those of `wanted` that the publication shows, the first its own."""
    said = site.manage(
        "shell",
        "--no-imports",
        "-c",
        "from articles.publication import current as c; r = c(); print(r.default_language, *r.languages)",
    ).split()
    own, shown = said[0], said[1:]
    return [own, *(language for language in wanted if language in shown and language != own)]
