"""A reader reads, votes and watches the count: in a real browser, on the whole running site."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Reader, violations
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

FOUNDING = "/articles/after-the-war-without-an-aftermath/"
OPEN = "/articles/what-washington-wants/"
OPEN_POLL = "us-aims-open"
SEVERAL = "/polls/corridor-tests/"  # several answers, results after voting
CLOSED_POLL = "/polls/us-aims-closed/"
PAGES = ["/", FOUNDING, OPEN, "/polls/", CLOSED_POLL, SEVERAL, "/polls/reading-polls/", "/for/researchers/"]

ROWS = "rows => rows.map(row => { const r = row.getBoundingClientRect(); return [r.top + scrollY, r.height] })"


def choose(page: Page, *numbers: int) -> None:
    for number in numbers:
        page.locator(".poll label.text").nth(number).click()


def vote(page: Page, *numbers: int) -> None:
    choose(page, *numbers)
    page.get_by_role("button", name="Vote").click()


def arrive_at_poll(page: Page, path: str) -> None:
    page.goto(path)
    page.locator(".poll").scroll_into_view_if_needed()


def figures(page: Page) -> list[str]:
    return page.locator(".poll .count").all_inner_texts()


def ballots(page: Page, stack: Stack, slug: str = OPEN_POLL) -> int:
    """How many ballots are stored, once the site says so, too: votes of a page just closed have arrived by then."""

    def stored() -> int:
        with stack.database() as connection:
            question = "SELECT count(*) FROM polls_ballot b JOIN polls_poll p ON p.id = b.poll_id WHERE p.slug = %s"
            row = connection.execute(question, [slug]).fetchone()
        return int(row[0]) if row else 0

    def said() -> bool:
        before = stored()
        time.sleep(1.2)  # the document may be a second old in a cache
        return page.request.get(f"/polls/{slug}/results.json").json()["ballots"] == before == stored()

    until(said)
    return stored()


def stop_clock(page: Page) -> None:
    """From now on nothing happens in the page because time passes; `page.clock.install()` came before it was opened."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def requests(page: Page, part: str) -> list[str]:
    """The addresses with `part` in them that the page asks for from now on."""
    found: list[str] = []

    def asked(request: Request) -> None:
        if part in request.url:
            found.append(request.url)

    page.on("request", asked)
    return found


def geometry(page: Page) -> Any:
    return page.locator(".poll .option").evaluate_all(ROWS)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_the_founding_page_has_its_elements_in_their_order(reader: Reader) -> None:
    page = reader()
    page.goto(FOUNDING)
    wanted = [
        ".article > header .label a",
        ".article h1",
        ".article .byline time",
        ".article .byline .by",
        ".article header .standfirst",
        ".prose p",
        ".prose h2",
        ".share",
        ".poll",
        ".audiences",
    ]
    tops = [page.locator(selector).first.bounding_box() for selector in wanted]
    places = [(box["y"], box["x"]) for box in tops if box]
    assert len(places) == len(wanted)
    assert places == sorted(places)
    assert page.locator(wanted[0]).inner_text().upper() == "RUSSIA AND THE MIDDLE EAST: DIPLOMACY AND SECURITY"
    assert page.locator(".article > header time").inner_text() == "2 June 2016"
    assert page.locator(".prose h2").count() == 2
    assert page.get_by_role("heading", name="Share this article").is_visible()
    assert page.locator(".poll .label").inner_text().upper() == "POLL CONDUCTED"
    assert figures(page) == ["33 (31%)", "30 (28%)", "24 (22%)", "21 (19%)"]
    assert page.locator(".audiences b").all_inner_texts() == ["For business", "For researchers", "For students"]


def test_figures_say_who_took_part_without_being_asked(reader: Reader) -> None:
    page = reader()
    page.goto(FOUNDING)
    said = page.locator(".poll").inner_text()
    for words in ("108 readers chose to take part", "This is not a sample of the public.", "Base: 108", "Counted at"):
        assert words in said


def test_figures_are_read_out_in_words(reader: Reader) -> None:
    page = reader()
    page.goto(FOUNDING)
    first = page.locator(".poll .option").first
    expect(first).to_match_aria_snapshot("""
      - listitem: "It wants a working partnership, on terms that it sets . 33 votes, 31 per cent"
    """)


def test_the_page_prints_its_figures_and_no_controls(reader: Reader) -> None:
    page = reader()
    page.goto(OPEN)
    page.emulate_media(media="print")
    assert page.locator(".poll .count").first.is_visible()
    assert not page.get_by_role("button", name="Vote").is_visible()
    assert not page.locator(".poll input[type=radio]").first.is_visible()


@pytest.mark.parametrize("path", [*PAGES, f"/ar{OPEN}"])
def test_a_page_fits_320_pixels(reader: Reader, path: str) -> None:
    page = reader(width=320)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [320, 360, 390])
def test_the_languages_stand_beside_the_name_on_every_phone(reader: Reader, width: int) -> None:
    page = reader(width=width)
    page.goto(OPEN)
    name, languages = (page.locator(f".masthead {part}").bounding_box() for part in (".name", ".languages"))
    assert name
    assert languages
    assert languages["y"] < name["y"] + name["height"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_that_axe_knows(reader: Reader, path: str) -> None:
    page = reader()
    page.goto(path)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_late_fonts_move_nothing(reader: Reader) -> None:
    page = reader(width=430)  # where the line of date, names and minutes has room on every day of the year
    fonts: list[Route] = []
    held: list[bool] = [True]
    page.route("**/*.woff2", lambda route: fonts.append(route) if held else route.continue_())
    page.goto(OPEN, wait_until="commit")
    page.locator(".article h1").wait_for()

    def painted() -> bool:  # in the reader's own fonts
        page.wait_for_timeout(800)
        return bool(fonts)

    until(painted)
    held.clear()  # what is asked for from now on comes at once
    for font in fonts:
        font.continue_()
    page.evaluate("document.fonts.ready")
    shift = page.evaluate("""() => new Promise(done => {
        let sum = 0
        const watch = new PerformanceObserver(list => { for (const e of list.getEntries()) sum += e.value })
        watch.observe({ type: "layout-shift", buffered: true })
        setTimeout(() => done(sum), 500)
    })""")
    assert shift < 0.02  # 0.11 without the fitted fonts


# --- voting -----------------------------------------------------------------------------------------------------------


def test_one_readers_vote_moves_another_readers_bar_without_reload(reader: Reader) -> None:
    voter, watcher = reader(), reader(width=390)
    for page in (voter, watcher):
        arrive_at_poll(page, OPEN)
    watcher.wait_for_timeout(1500)
    watcher.evaluate("window.still = true")
    before, places = figures(watcher), geometry(watcher)
    width = watcher.locator(".poll .value").nth(4).get_attribute("width")
    for _ in range(3):  # three votes move a share of about seventy by more than a point
        page = reader()
        page.goto(OPEN)
        vote(page, 4)
        page.locator(".counted").wait_for()
    vote(voter, 4)
    voter.locator(".counted").wait_for()
    wanted = figures(voter)
    expect(watcher.locator(".poll .count").nth(4)).to_have_text(wanted[4], timeout=60_000)
    assert figures(watcher) == wanted
    assert wanted != before
    assert watcher.locator(".poll .value").nth(4).get_attribute("width") != width
    assert watcher.evaluate("window.still")
    assert geometry(watcher) == places


def test_after_voting_the_same_rows_become_bars_in_place(reader: Reader) -> None:
    for width in (390, 1280):
        page = reader(width=width)
        arrive_at_poll(page, OPEN)
        choose(page, 1)
        before = geometry(page)
        page.get_by_role("button", name="Vote").click()
        page.locator(".counted").wait_for()
        assert geometry(page) == before
        assert page.locator(".poll .option input:visible").count() == 0
        assert page.locator(".poll .own").inner_text().split("\n")[0] == "The security of its European allies"
        assert page.locator(".poll .own .mine").inner_text() == "Your vote"


def test_results_after_voting_appear_in_the_rows_of_the_question(reader: Reader) -> None:
    page = reader(width=390)
    arrive_at_poll(page, SEVERAL)
    assert figures(page) == [""] * 7
    expect(page.get_by_text("Results are shown after you vote.")).to_be_visible()
    choose(page, 0, 2)
    before = geometry(page)
    page.get_by_role("button", name="Vote").click()
    page.locator(".counted").wait_for()
    after = geometry(page)
    assert [round(top) for top, _ in after] == [round(top) for top, _ in before]
    assert all("%" in figure for figure in figures(page))
    expect(page.locator(".poll .base").first).to_contain_text("Each could choose several options")
    expect(page.get_by_text("This is not a sample of the public.")).to_be_visible()
    expect(page.get_by_text("Results are shown after you vote.")).to_be_hidden()


def test_voting_by_keyboard_alone_ends_with_the_focus_on_the_counted_sentence(reader: Reader) -> None:
    page = reader()
    page.goto(OPEN)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Vote")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".counted")).to_be_focused()
    expect(page.locator(".counted")).to_have_text("Your vote was counted: The security of its European allies.")


def test_a_first_vote_without_scripts_takes_one_confirmation(reader: Reader, stack: Stack) -> None:
    page = reader(java_script_enabled=False)
    page.goto(OPEN)
    before = ballots(page, stack)
    vote(page, 2)
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your vote")
    expect(page.locator("main")).to_contain_text("Its rivalry with China")
    assert ballots(page, stack) == before
    page.get_by_role("button", name="Confirm my vote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was counted: Its rivalry with China.")
    assert page.url.split("?")[0].endswith(f"/polls/{OPEN_POLL}/mine/")
    expect(page.locator(".own")).to_contain_text("Its rivalry with China")
    assert all("%" in figure for figure in figures(page))
    page.get_by_role("link", name="Back to the page you came from").click()
    assert page.url.endswith(OPEN)
    vote(page, 3)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was not counted")
    page.get_by_role("link", name="See the vote that was counted").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your vote was counted: Its rivalry with China.")
    assert ballots(page, stack) == before + 1


def test_coming_back_shows_the_own_choice(reader: Reader) -> None:
    page = reader()
    arrive_at_poll(page, OPEN)
    vote(page, 3)
    page.locator(".counted").wait_for()
    page.goto("/")
    page.goto(OPEN)
    expect(page.locator(".counted")).to_have_text("A vote from this browser was counted.")
    expect(page.locator(".poll .own .text")).to_have_text("Politics at home")
    assert page.locator(".poll .button:visible").count() == 0


def test_a_browser_that_never_voted_asks_for_nothing_personal(reader: Reader) -> None:
    page = reader()
    asked = requests(page, "/mine/")
    arrive_at_poll(page, OPEN)
    page.wait_for_timeout(500)
    assert asked == []
    assert page.context.cookies() == []


def test_a_second_person_at_the_same_browser_is_told_why_it_counts_once(reader: Reader) -> None:
    first = reader()
    first.goto(OPEN)
    second = first.context.new_page()
    # As in a browser that tells one page nothing of another.
    second.add_init_script("addEventListener('storage', event => event.stopImmediatePropagation(), true)")
    second.goto(OPEN)
    vote(first, 0)
    first.locator(".counted").wait_for()
    vote(second, 1)
    banner = second.locator(".counted")
    expect(banner).to_contain_text("A vote from this browser has already been counted: Limits on nuclear weapons.")
    expect(banner).to_contain_text("use your own browser")
    expect(banner).to_be_focused()
    expect(second.locator(".poll .own .text")).to_have_text("Limits on nuclear weapons")


def test_where_a_vote_may_be_changed_the_change_names_what_it_replaces(reader: Reader) -> None:
    page = reader()
    sent: list[dict[str, Any]] = []

    def changeable(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}"))
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json={**body, "may_change": True} if "receipt" in body else body)

    page.route("**/vote/", changeable)
    arrive_at_poll(page, OPEN)
    vote(page, 0)
    page.locator(".counted").wait_for()
    page.get_by_role("button", name="Change my vote").click()
    expect(page.locator(".poll .option input").first).to_be_focused()
    sent.clear()
    vote(page, 1)
    expect(page.locator(".counted")).to_be_visible()
    assert sent[0]["replaces"] == 1


def test_too_many_choices_are_said_before_anything_is_sent(reader: Reader) -> None:
    page = reader()
    sent = requests(page, "/vote/")
    arrive_at_poll(page, SEVERAL)
    page.get_by_role("button", name="Vote").click()
    expect(page.locator(".notice")).to_have_text("Nothing is chosen yet. Choose up to 3.")
    vote(page, 0, 1, 2, 3)
    expect(page.locator(".notice")).to_have_text("Choose up to 3.")
    assert sent == []
    assert page.locator(".poll .option input:checked").count() == 4


# --- when something is in the way -------------------------------------------------------------------------------------


def refuse_once(page: Page, status: int, *, code: str, retry_after: int = 0, message: str = "") -> list[dict[str, Any]]:
    """Answer the first vote in the server's place; the bodies of all votes sent."""
    sent: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}"))
        if len(sent) > 1:
            route.continue_()
            return
        error = {"code": code, "message": message, "retry_after": retry_after}
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        route.fulfill(status=status, json={"error": error}, headers=headers)

    page.route("**/vote/", answer)
    return sent


def test_an_unconfirmed_vote_keeps_the_choice_and_is_sent_again_by_itself(reader: Reader, stack: Stack) -> None:
    page = reader()
    page.clock.install()
    arrive_at_poll(page, OPEN)
    before = ballots(page, stack)
    sent = refuse_once(page, 503, code="unconfirmed", retry_after=1)
    stop_clock(page)
    vote(page, 1)
    expect(page.locator(".notice")).to_contain_text("Not confirmed yet")
    expect(page.get_by_role("button", name="Vote")).to_have_attribute("aria-disabled", "true")
    assert page.locator(".poll .option input").nth(1).is_checked()
    page.clock.resume()
    expect(page.locator(".counted")).to_contain_text("Your vote was counted: The security of its European allies.")
    assert sent[0] == sent[1]
    assert ballots(page, stack) == before + 1


def test_a_lost_connection_is_tried_again_as_soon_as_there_is_one(reader: Reader) -> None:
    page = reader()
    page.clock.install()
    arrive_at_poll(page, OPEN)
    page.context.set_offline(True)
    vote(page, 1)
    expect(page.locator(".notice")).to_contain_text("No connection.")
    stop_clock(page)  # it never comes to the next try by itself
    page.context.set_offline(False)
    expect(page.locator(".counted")).to_contain_text("Your vote was counted", timeout=60_000)


def test_an_unconfirmed_choice_is_still_selected_after_a_reload_and_not_sent(reader: Reader, stack: Stack) -> None:
    page = reader()
    arrive_at_poll(page, OPEN)
    before = ballots(page, stack)
    page.route("**/vote/", lambda route: route.abort())
    vote(page, 2)
    expect(page.locator(".notice")).to_contain_text("Not confirmed yet")
    page.reload()
    sent = requests(page, "/vote/")
    page.unroute("**/vote/")  # not before the reload: it is tried again every few seconds
    expect(page.locator(".poll .option input").nth(2)).to_be_checked()
    page.wait_for_timeout(2500)
    assert sent == []
    assert ballots(page, stack) == before
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".counted")).to_contain_text("Its rivalry with China")


def test_a_vote_over_the_limit_says_when_it_goes_and_sends_itself(reader: Reader) -> None:
    page = reader()
    page.clock.install()
    arrive_at_poll(page, OPEN)
    refuse_once(page, 429, code="too_many", retry_after=2)
    stop_clock(page)
    vote(page, 1)
    expect(page.locator(".notice")).to_contain_text("will be sent automatically at")
    assert page.locator(".poll .option input").nth(1).is_checked()
    page.clock.resume()
    expect(page.locator(".counted")).to_contain_text("Your vote was counted")


def test_a_refusal_is_said_at_the_form_and_the_choice_stays(reader: Reader) -> None:
    page = reader()
    arrive_at_poll(page, OPEN)
    refuse_once(page, 403, code="paused", message="Voting is paused.")
    vote(page, 1)
    expect(page.locator(".notice")).to_have_text("Voting is paused. Your choice: The security of its European allies")
    assert page.locator(".poll .option input").nth(1).is_checked()
    page.get_by_role("button", name="Vote").click()
    expect(page.locator(".counted")).to_be_visible()


# --- fresh figures ----------------------------------------------------------------------------------------------------


def test_without_a_stream_the_page_fetches(reader: Reader) -> None:
    watcher, voter = reader(), reader()
    watcher.clock.install()
    with watcher.expect_response("**/live/**"):
        watcher.route("**/live/**", lambda route: route.fulfill(status=503))
        arrive_at_poll(watcher, OPEN)
    with watcher.expect_request("**/results.json", timeout=60_000):
        watcher.clock.fast_forward(3_800)  # three seconds, a quarter more or less
    voter.goto(OPEN)
    vote(voter, 0)
    voter.locator(".counted").wait_for()
    watcher.clock.fast_forward(3_800)
    expect(watcher.locator(".poll .count").first).to_have_text(figures(voter)[0], timeout=60_000)


def test_a_stream_that_delivers_nothing_is_not_waited_for(reader: Reader) -> None:
    page = reader()
    page.clock.install()
    with page.expect_request("**/live/**"):
        page.route("**/live/**", lambda route: None)
        arrive_at_poll(page, OPEN)
    with page.expect_request("**/results.json", timeout=60_000):
        page.clock.fast_forward(7_600)


def test_figures_never_go_backwards(reader: Reader) -> None:
    page = reader()
    page.clock.install()
    document = page.request.get(f"/polls/{OPEN_POLL}/results.json").json()

    def later(steps: int, votes: int) -> str:
        document["questions"][0]["options"][0]["votes"] = votes
        return json.dumps({**document, "version": document["version"] + steps})

    answers = [later(9, 7777), later(1, 8888), later(5, 9999)]
    page.route("**/live/**", lambda route: route.fulfill(status=503))
    given: list[str] = []

    def answer(route: Route) -> None:  # the last one to whoever asks again
        given.append(answers[min(len(given), len(answers) - 1)])
        route.fulfill(body=given[-1], content_type="application/json")

    page.route("**/results.json", answer)
    with page.expect_response("**/live/**"):
        arrive_at_poll(page, OPEN)

    def asked_again() -> bool:
        page.clock.fast_forward(4_000)
        page.wait_for_timeout(200)
        return len(given) > len(answers)

    until(asked_again)
    expect(page.locator(".poll .count").first).to_contain_text("7,777")


def test_a_poll_that_closes_while_it_is_read_becomes_its_figures(reader: Reader) -> None:
    page = reader()
    page.clock.install()
    document = page.request.get(f"/polls/{OPEN_POLL}/results.json").json()
    closed = {**document, "version": document["version"] + 1, "state": "closed"}
    page.route("**/live/**", lambda route: route.fulfill(status=503))
    page.route("**/results.json", lambda route: route.fulfill(json=closed))
    with page.expect_response("**/live/**"):
        arrive_at_poll(page, OPEN)
    choose(page, 1)
    page.clock.fast_forward(4_000)
    expect(page.locator(".poll .head")).to_contain_text("Poll conducted", ignore_case=True)
    expect(page.locator(".poll .state")).to_contain_text("Closed on")
    assert page.locator(".poll .button:visible").count() == 0
    assert page.locator(".poll .option input:visible").count() == 0
    expect(page.locator(".poll .taken")).to_contain_text("readers chose to take part,")


def test_paused_updates_stay_paused_after_a_reload(reader: Reader) -> None:
    page = reader()
    streams = requests(page, "/live/")
    arrive_at_poll(page, OPEN)
    page.get_by_role("button", name="Pause updates").click()
    page.reload()
    streams.clear()
    page.locator(".poll").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Resume updates")).to_be_visible()
    page.wait_for_timeout(500)
    assert streams == []
    with page.expect_request("**/live/**"):
        page.get_by_role("button", name="Resume updates").click()


def test_with_save_data_nothing_streams_and_a_button_updates(reader: Reader) -> None:
    page = reader()
    page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    streams = requests(page, "/live/")
    arrive_at_poll(page, OPEN)
    voter = reader()
    voter.goto(OPEN)
    vote(voter, 5)
    voter.locator(".counted").wait_for()

    def updated() -> bool:  # what it is told may be a second old
        page.get_by_role("button", name="Update").click()
        page.wait_for_timeout(200)
        return figures(page)[5] == figures(voter)[5]

    until(updated)
    assert streams == []


def test_changes_are_announced_politely_and_not_one_by_one(reader: Reader) -> None:
    watcher = reader()
    watcher.clock.install()
    with watcher.expect_response("**/live/**"):
        arrive_at_poll(watcher, OPEN)
    status = watcher.locator(".poll [role=status]")

    def vote_is_seen(number: int) -> None:
        before = figures(watcher)[number]
        voter = reader()
        voter.goto(OPEN)
        vote(voter, number)
        voter.locator(".counted").wait_for()
        expect(watcher.locator(".poll .count").nth(number)).not_to_have_text(before)

    vote_is_seen(0)
    expect(status).to_have_text(re.compile(r"^\d+ (votes; first: |readers chose to take part)"))
    said = status.inner_text()
    stop_clock(watcher)  # its half minute takes as long as we like
    vote_is_seen(1)
    assert status.inner_text() == said
    watcher.clock.fast_forward(31_000)
    expect(status).not_to_have_text(said)


def test_a_card_after_voting_has_no_fault_that_axe_knows(reader: Reader) -> None:
    page = reader()
    arrive_at_poll(page, OPEN)
    vote(page, 1)
    page.locator(".counted").wait_for()
    assert violations(page) == []
