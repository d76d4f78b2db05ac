"""In every language: figures that a script sets read as the server writes them, and the switcher keeps the place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from polls import dates
from tests.browser.conftest import Reader, accessible
from tests.stack import until

pytestmark = [pytest.mark.browser, pytest.mark.stack]
POLL = "us-aims-open"
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# What the script has set into the page, beside what the server writes into the same page at the same version.
COMPARED = """async () => {
  const version = (page) => page.querySelector('.poll').dataset.version;
  const said = (page) => Object.fromEntries(
    ['.count', '.spoken', '.base-sentence', '.taken strong', '.counted-at', '.state'].map(
      (name) => [name, [...page.querySelectorAll('.poll ' + name)].map((each) => each.textContent.trim())]));
  for (let tries = 0; tries < 20; tries++) {
    const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
    if (version(fresh) === version(document)) return [said(document), said(fresh)];
    await new Promise((done) => setTimeout(done, 500));
  }
  return ['never the same version', version(document)];
}"""
NUMBERS = """(numbers) => {
  const locale = document.documentElement.lang === 'en' ? 'en-GB' : document.documentElement.lang + '-u-nu-latn';
  return numbers.map((n) => new Intl.NumberFormat(locale, { useGrouping: 'always' }).format(n));
}"""


def address(language: str) -> str:
    return f"/polls/{POLL}/" if language == "en" else f"/{language}/polls/{POLL}/"


def vote(page: Page) -> None:
    page.goto(address("en"))
    page.locator(".poll label").first.click()
    page.locator(".poll form .button").click()
    expect(page.locator(".poll .counted")).to_be_visible()


def test_figures_that_move_read_as_the_server_writes_them_in_every_language(reader: Reader) -> None:
    pages = {}
    for language in LANGUAGES:
        pages[language] = reader()
        pages[language].goto(address(language))
    before = {language: page.locator(".poll").get_attribute("data-version") for language, page in pages.items()}
    vote(reader())
    for language, page in pages.items():
        expect(page.locator(".poll")).not_to_have_attribute("data-version", before[language] or "")
        by_script, by_server = page.evaluate(COMPARED)
        assert (language, by_script) == (language, by_server)


def test_numbers_are_written_alike_by_browser_and_server(reader: Reader) -> None:
    page = reader()
    sample = [0, 7, 999, 1000, 12345, 1234567]
    for language in LANGUAGES:
        page.goto(address(language))
        with translation.override(language):
            expected = [formats.number_format(n, force_grouping=True) for n in sample]
        assert (language, page.evaluate(NUMBERS, sample)) == (language, expected)


PERIODS = [
    ("2026-05-03", "2026-05-03"),
    ("2026-05-03", "2026-05-17"),
    ("2026-05-03", "2026-06-06"),
    ("2026-11-30", "2027-01-02"),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_days_of_a_poll_that_closes_are_written_alike_by_browser_and_server(reader: Reader, language: str) -> None:
    page = reader()
    page.clock.install()
    document = page.request.get(f"/polls/{POLL}/results.json").json()
    given: dict[str, Any] = {}
    page.route("**/live/**", lambda route: route.fulfill(status=503))
    page.route("**/results.json", lambda route: route.fulfill(json={**document, **given}))
    with page.expect_response("**/live/**"):
        page.goto(address(language))
        page.locator(".poll").scroll_into_view_if_needed()
    said = page.locator(".poll .taken strong")
    for n, days in enumerate(PERIODS, start=1):
        opened, closed = (datetime.fromisoformat(f"{day}T09:05:00+00:00") for day in days)
        times = {"opens_at": opened.isoformat(), "closes_at": closed.isoformat()}
        given |= {"version": document["version"] + n, "state": "closed", **times}
        with translation.override(language), timezone.override(UTC):
            sentence = gettext("%(who)s, %(period)s.") % {"who": "WHO", "period": dates.period(opened, closed)}
        expected = re.compile(re.escape(sentence).replace("WHO", ".+"))

        def asked_again(expected: re.Pattern[str] = expected) -> bool:
            if page.locator('[data-button="update"]:visible').count():
                page.locator('[data-button="update"]').click()
            page.clock.fast_forward(4_000)
            return bool(expected.fullmatch(said.text_content() or ""))

        until(asked_again)


def test_in_arabic_the_first_day_of_a_period_stands_right_of_its_last(reader: Reader) -> None:
    page = reader()
    page.goto(address("ar"))
    first, last = (page.locator("dl.method time").nth(n).bounding_box() for n in (0, 1))
    assert first
    assert last
    assert first["x"] >= last["x"] + last["width"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_switcher_leads_to_the_same_article_by_keyboard(reader: Reader, scripts: bool) -> None:
    page = reader(java_script_enabled=scripts)
    page.goto("/articles/what-washington-wants/")
    page.locator("details.languages summary").focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="العربية")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/ar/articles/what-washington-wants/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".original")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_that_is_not_translated_is_accessible_from_right_to_left(reader: Reader, width: int) -> None:
    page = reader(width=width)
    page.goto("/ar/articles/why-the-young-vote-late/")
    page.locator("details.languages summary").click()
    accessible(page)
