"""Scenes of a reader: articles, polls, lists, and what goes wrong."""

from __future__ import annotations

from playwright.sync_api import Route

from tests.browser.scene import (
    CLOSED_REVIEW,
    REVIEW,
    Arrive,
    Scene,
    Visit,
    as_json,
    at,
    filling,
    first,
    followed,
    own,
    pressing,
)

OPEN = "/articles/what-washington-wants/"
CARD = ".poll"
VOTE = f"{CARD} .actions button.button"
MINE = "/polls/us-aims-open/mine/"


def chosen(path: str, number: int = 1) -> Arrive:
    def arrive(visit: Visit) -> None:
        visit.go(path)
        visit.page.locator(f"{CARD} label.text").nth(number).click()

    return arrive


def voted(path: str) -> Arrive:
    def arrive(visit: Visit) -> None:
        chosen(path)(visit)
        visit.press(VOTE)
        visit.see(f"{CARD} .counted")

    return arrive


def hidden(visit: Visit) -> None:
    """Voted, and the choice hidden on this device."""
    voted(OPEN)(visit)
    visit.press(f"{CARD} [data-button=hide]")
    visit.see(f"{CARD} [data-button=show]")


def mine(path: str = MINE) -> Arrive:
    return followed(voted(OPEN), lambda visit: own(path)(visit))


def mine_hidden(visit: Visit) -> None:
    mine()(visit)
    visit.press(".hide-choice button")
    visit.page.wait_for_load_state()
    own(MINE)(visit)


def empty_handed(visit: Visit) -> None:
    """Vote is pressed and nothing is chosen."""
    visit.go("/polls/corridor-tests/")
    visit.press(VOTE)
    visit.see(f"{CARD} .notice")


def sending(visit: Visit) -> None:
    """The vote is under way and no answer has come."""
    visit.page.route("**/vote/", lambda route: None)
    chosen(OPEN)(visit)
    visit.press(VOTE)


def unconfirmed(visit: Visit) -> None:
    """The site cannot be reached; the choice is kept."""
    visit.page.route("**/vote/", lambda route: route.abort())
    chosen(OPEN)(visit)
    visit.press(VOTE)
    visit.see(f"{CARD} .notice")


def refused(visit: Visit) -> None:
    said = {"code": "too_many", "message": "From this network too many votes have come. Please wait a minute."}
    answer = as_json(error=said)

    def refuse(route: Route) -> None:
        route.fulfill(status=429, **answer)  # type: ignore[arg-type]

    visit.page.route("**/vote/", refuse)
    chosen(OPEN)(visit)
    visit.press(VOTE)
    visit.see(f"{CARD} .notice")


def sent_without_scripts(path: str, number: int = 1) -> Arrive:
    """The card's form, sent as it stands."""

    def arrive(visit: Visit) -> None:
        chosen(path, number)(visit)
        visit.page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('.poll form.ask'))")
        visit.page.wait_for_load_state()

    return arrive


def confirming(visit: Visit) -> None:
    """The first vote of a browser without scripts."""
    sent_without_scripts(OPEN)(visit)
    visit.page.wait_for_url("**/vote/")


def voted_before(visit: Visit) -> None:
    """Without scripts again, and for something else."""
    voted(OPEN)(visit)
    visit.page.evaluate("localStorage.clear()")
    visit.page.route("**/*.js", lambda route: route.abort())
    sent_without_scripts(OPEN, 2)(visit)
    visit.page.wait_for_url("**/vote/")


SCENES = [
    Scene("home", at("/"), short=True),
    Scene("article-asking", at(OPEN), short=True),
    Scene("article-chosen", chosen(OPEN)),
    Scene("article-voted", voted(OPEN), short=True),
    Scene("article-choice-hidden", hidden),
    Scene("article-closed", at("/articles/after-the-war-without-an-aftermath/")),
    Scene("article-paused", at("/articles/the-price-of-a-pipeline-is-paid-twice/")),
    Scene("article-hidden", at("/articles/a-corridor-is-not-yet-a-region/")),
    Scene("article-hidden-voted", voted("/articles/a-corridor-is-not-yet-a-region/")),
    Scene("article-survey", at("/articles/trust-in-polls-polled/")),
    Scene("article-everything", at("/articles/everything/")),
    Scene("article-archived", at("/articles/archived/")),
    Scene("article-withdrawn", at("/articles/withdrawn/")),
    Scene("poll-results", at("/polls/us-aims-closed/"), short=True),
    Scene("poll-over-time", at("/polls/over-time/")),
    Scene("poll-open", at("/polls/us-aims-open/")),
    Scene("poll-several", at("/polls/corridor-tests/")),
    Scene("poll-pictures", at("/polls/pictures/")),
    Scene("poll-pictures-voted", voted("/polls/pictures/")),
    Scene("poll-nothing-chosen", empty_handed),
    Scene("poll-paused", at("/polls/pipeline-risk/")),
    Scene("poll-scheduled", at("/polls/voting-age/")),
    Scene("poll-replaced", at("/polls/mistaken/")),
    Scene("poll-corrected", at("/polls/corrected/")),
    Scene("poll-nobody-yet", at("/polls/nobody-yet/")),
    Scene("poll-long-words", at("/polls/long-words/")),
    Scene("poll-survey", at("/polls/reading-polls/")),
    Scene("poll-sending", sending),
    Scene("poll-unconfirmed", unconfirmed),
    Scene("poll-refused", refused),
    Scene("poll-confirming", confirming, short=True),
    Scene("poll-voted-before", voted_before),
    Scene("poll-mine", mine()),
    Scene("poll-mine-hidden", mine_hidden),
    Scene(
        "poll-mine-wrong-receipt",
        followed(mine_hidden, filling("[name=receipt]", "NOT-MINE"), pressing("form:has([name=receipt]) button")),
    ),
    Scene("poll-mine-nothing", own(MINE)),
    Scene("polls", at("/polls/")),
    Scene("section", at("/sections/world-affairs/")),
    Scene("section-empty", at("/sections/empty/")),
    Scene("audience", at("/for/researchers/")),
    Scene("topics", at("/topics/")),
    Scene("topic", first("/topics/", ".names a")),
    Scene("authors", at("/authors/")),
    Scene("author", at("/authors/world-affairs-desk/")),
    Scene("author-empty", at("/authors/nobody-yet/")),
    Scene("archive", at("/archive/")),
    Scene("month", first("/archive/", ".months a")),
    Scene("search", at("/search/")),
    Scene("search-found", at("/search/?q=pipeline"), short=True),
    Scene("search-nothing", at("/search/?q=zzzz")),
    Scene("page-privacy", at("/pages/privacy/")),
    Scene("page-accessibility", at("/pages/accessibility/")),
    Scene("page-about", at("/pages/about/")),
    Scene("review", at(f"/review/{REVIEW}/")),
    Scene("review-faults", followed(at(f"/review/{REVIEW}/"), pressing("form [type=submit]"))),
    Scene("review-closed", at(f"/review/{CLOSED_REVIEW}/")),
    Scene("error-404", at("/no-such-page/"), short=True),
]
